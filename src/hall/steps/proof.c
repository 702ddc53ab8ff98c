#include "base/base.h"
#include "hall/identity/proof.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/identity/face_own.h"
#include "hall/steps.h"

static bool
proof_applies(const struct hall *h, const struct order *o)
{
	return hall_def(h)->identity.n_ways[o->def->person] > 0;
}

/* The cards to choose from. */
static json_t *
proof_ways(struct hall *h, const struct order *o)
{
	const struct def_identity	*d = &hall_def(h)->identity;
	struct form_context		 c = { .hall = h, .order = o->id, .product = o->product };
	json_t				*list = json_array(), *groups = NULL;
	size_t				 i = 0;

	for (i = 0; i < d->n_ways[o->def->person]; i++) {
		const struct way	*w = way_by_name(d->ways[o->def->person][i]);

		if (!proof_is_offered(h, o, w))
			continue;
		groups = w->form == NULL ? json_array() : form_model(&c, w->form, NULL, NULL);
		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}",
		    "name", w->name, "title", w->title, "needs", w->needs, "takes", w->takes,
		    "selected", 0, "groups", groups));
	}
	return list;
}

static json_t *
proof_earlier_model(const struct hall *h, const struct proof *p)
{
	json_t	*j = json_pack("{s:s}", "title", p->way->title);
	char	 text[CLOCK_TEXT];

	js_set_str(j, "day", clock_date(p->ended, text));
	js_set_str(j, "until", clock_date(p->ended +
	    hall_def(h)->identity.reuse_days * CLOCK_DAY, text));
	return j;
}

static int
proof_show_try(struct db *db, struct hall *h, const struct order *o, json_t *model,
    struct err *err)
{
	struct proof	 p = { .id = 0 };
	json_t		*j = NULL, *session = NULL;
	int		 rc = proof_newest(db, h, o, &p, err);

	if (rc > 0 && !proof_is(&p, "left"))
		rc = proof_model(db, h, &p, &j, err);
	if (rc >= 0 && p.id != 0 && proof_is(&p, "face")) {
		rc = face_newest(db, h, o, &session, err);
		js_set_int(model, "attempts_left", js_int(session, "attempts_left", 0));
	}
	(void)json_object_set_new(model, "session", session == NULL ? json_null() : session);
	(void)json_object_set_new(model, "proof", j == NULL ? json_null() : j);
	js_set_bool(model, "open", j != NULL && js_bool(j, "open"));
	proof_release(&p);
	return rc < 0 ? -1 : 0;
}

static int
proof_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	struct proof	p = { .id = 0 };
	char		masked[MASK_TEXT];
	int		rc = 0;

	(void)who;
	js_set_str(model, "subject_name", o->def->person ? mask_name(proof_subject_name(o), masked) :
	    proof_subject_name(o));
	js_set_str(model, "subject_no", o->def->person ? mask_idno(proof_subject_no(o), masked) :
	    proof_subject_no(o));
	js_set_int(model, "tries", hall_def(h)->identity.tries);
	js_set_int(model, "remit_days", hall_def(h)->identity.remit_days);
	js_set_str(model, "person_text", o->def->identity_person ? "申请人本人" : "经办人");
	(void)json_object_set_new(model, "ways", proof_ways(h, o));
	if (proof_show_try(db, h, o, model, err) < 0 ||
	    (rc = proof_earlier(db, h, o, &p, err)) < 0)
		return -1;
	(void)json_object_set_new(model, "earlier", rc > 0 ? proof_earlier_model(h, &p) :
	    json_null());
	proof_release(&p);
	return 0;
}

/* The proof comes from outside; here it is only looked at. */
static int
proof_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *in, json_t *errors, struct err *err)
{
	(void)db;
	(void)h;
	(void)who;
	(void)in;
	(void)errors;
	return json_object_get(o->steps, "proof") != NULL ? 0 : err_set(err, ERR_WRONG_STATE,
	    "身份认证还没有通过，请选择一种方式，按提示完成后再进行下一步。");
}

extern const struct step	step_proof;
const struct step		step_proof = {
	.name = "proof", .title = "主体身份认证", .bar = "身份识别",
	.next = "请选择一种方式完成身份认证", .proves = true, .applies = proof_applies,
	.show = proof_show, .accept = proof_accept,
};
