#include "base/base.h"
#include "hall/order/review.h"

#include "hall/act.h"
#include "hall/certificate/eseal.h"
#include "hall/certificate/unlock.h"
#include "hall/form/form.h"
#include "hall/identity/face_own.h"
#include "hall/identity/proof.h"
#include "hall/ops.h"
#include "hall/order/order_view.h"
#include "hall/steps.h"

static int
review_consents(struct db *db, struct act *a, struct err *err)
{
	const struct def_agreement	*g = NULL;
	struct rows			*rows = NULL;
	json_t				*list = json_array(), *j = NULL;
	int				 rc = 0;

	(void)json_object_set_new(a->model, "consents", list);
	if (db_query(db, SQL_CONSENT_LIST, &rows, err, DB_INT(a->o.id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		g = halldef_agreement(hall_def(a->h), rows_text(rows, 0));
		j = json_pack("{s:s, s:s, s:s, s:s}", "title", g == NULL ? rows_text(rows, 0) :
		    g->title, "version", rows_text(rows, 1), "digest", rows_text(rows, 2),
		    "address", rows_text(rows, 4));
		js_set_time(j, "time", rows_int(rows, 3));
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	return rc;
}

static void
review_warn(json_t *list, const char *title, const char *text)
{
	char	*both = xasprintf("%s%s", title, text);

	(void)json_array_append_new(list, json_string(both));
	free(both);
}

/* What a careful reviewer would notice first. */
static json_t *
review_warnings(const struct hall *h, const struct order *o, json_t *materials)
{
	json_t	*list = json_array(), *m = NULL;
	int64_t	 formed = js_int(o->steps, "form", 0);
	size_t	 i = 0;

	if (strcmp(o->op, "unlock") == 0) {
		if (step_proofs(h, o, true) < UNLOCK_PROOFS)
			review_warn(list, "身份核验", "不够");
		return list;
	}

	json_array_foreach(materials, i, m) {
		if (js_bool(m, "required") && !js_bool(m, "has"))
			review_warn(list, js_str(m, "title"), "没有上传");
		if (js_bool(m, "has") && js_int(m, "at", 0) < formed)
			review_warn(list, js_str(m, "title"),
			    "在申请信息最后一次修改之前上传，请核对内容是否一致");
	}
	if (json_object_get(o->steps, "identity") == NULL)
		review_warn(list, "身份识别", "没有通过");
	if (o->paid < o->amount)
		review_warn(list, "费用", "没有缴清");
	return list;
}

/* An unlocking: which UKey, and what proved the applicant. */
static void
review_unlock(const struct order *o, json_t *model)
{
	json_t	*list = json_array(), *j = NULL;
	size_t	 i = 0;

	js_set_bool(model, "has_unlock", strcmp(o->op, "unlock") == 0);
	js_set_bool(model, "has_recovery", strcmp(o->op, "recover") == 0);
	(void)json_object_set_new(model, "unlock", json_pack("{s:s, s:s, s:o}", "ukey",
	    unlock_ukey(o), "certificate", o->concerns, "proofs", list));
	for (i = 0; steps_all[i] != NULL; i++)
		if (steps_all[i]->proves && json_object_get(o->steps, steps_all[i]->name) != NULL) {
			j = json_pack("{s:s}", "title", steps_all[i]->title);
			js_set_time(j, "time", js_int(o->steps, steps_all[i]->name, 0));
			(void)json_array_append_new(list, j);
		}
}

static json_t *
review_targets(const struct order *o)
{
	const struct field	*f = form_by_name(o->def->form);
	json_t			*list = json_array();
	size_t			 i = 0;

	for (i = 0; i < o->def->n_materials; i++)
		if (material_is_for(&o->def->materials[i], o->op))
			(void)json_array_append_new(list, json_pack("{s:s, s:s}", "id",
		    o->def->materials[i].kind, "text", o->def->materials[i].title));
	for (; f->name != NULL; f++)
		(void)json_array_append_new(list, json_pack("{s:s, s:s}", "id", f->name, "text",
		    f->label));
	return list;
}

static json_t *
review_reasons(const struct halldef *d)
{
	json_t	*list = json_array();
	size_t	 i = 0;

	for (i = 0; i < d->n_reasons; i++)
		(void)json_array_append_new(list, json_pack("{s:s, s:s}", "code",
		    d->reasons[i].code, "text", d->reasons[i].text));
	return list;
}

static int
review_view_run(struct db *db, struct act *a, struct err *err)
{
	json_t	*identity = NULL, *changes = NULL;

	a->model = json_object();
	(void)json_object_set_new(a->model, "groups", order_view_form(a->h, &a->o));
	if (op_changes(db, a->h, &a->o, &changes, err) < 0)
		return -1;
	js_set_bool(a->model, "has_changes", json_array_size(changes) > 0);
	(void)json_object_set_new(a->model, "changes", changes);
	if (order_view_fill(db, a->h, &a->o, a->model, err) < 0 ||
	    review_consents(db, a, err) < 0)
		return -1;
	if (face_history(db, a->h, &a->o, &identity, err) < 0 ||
	    proof_history(db, a->h, &a->o, identity, err) < 0) {
		json_decref(identity);
		return -1;
	}
	(void)json_object_set_new(a->model, "identity", identity);
	(void)json_object_set_new(a->model, "warnings", review_warnings(a->h, &a->o,
	    json_object_get(a->model, "materials")));
	(void)json_object_set_new(a->model, "targets", review_targets(&a->o));
	(void)json_object_set_new(a->model, "reasons", review_reasons(hall_def(a->h)));
	review_unlock(&a->o, a->model);
	js_set_bool(a->model, "may_decide", a->o.state == ORDER_REVIEWING);
	js_set_bool(a->model, "mine", a->o.reviewer == a->who->staff);
	return eseal_picture_model(db, &a->o, a->model, err);
}

/* The picture that the approval will name, or why there is none. */
static void
review_seal(struct hall *h, const struct who *who, const char *no, json_t *model)
{
	struct err	err = {0};
	bool		has = js_bool(model, "has_seal");

	js_set_str(model, "seal_fault", has && eseal_prepare(h, who, no, NULL, &err) < 0 ?
	    err.text : "");
}

int
review_view(struct hall *h, const struct who *who, const char *no, json_t **model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no};
	int		rc = 0;

	if (hall_need_role(who, ROLE_REVIEWER | ROLE_MAKER | ROLE_FINANCE, err) < 0)
		return -1;
	rc = act_model(&a, act_read(&a, review_view_run, err), model);
	if (rc == 0)
		review_seal(h, who, no, *model);
	return rc;
}
