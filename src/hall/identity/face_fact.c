#include "base/base.h"
#include "hall/identity/face_own.h"

#include "base/conf.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/identity/proof.h"
#include "hall/steps.h"

static int
face_ask_face(struct db *db, const struct hall *h, const struct face *f, const struct order *o,
    struct err *err)
{
	char	 id[40], key[48], *back = NULL;
	json_t	*payload = NULL;
	int	 rc = 0;

	(void)snprintf(id, sizeof(id), "F%" PRId64, f->id);
	(void)snprintf(key, sizeof(key), "ident:%s", id);
	back = xasprintf("%s/m/identity/%s?back=1", conf_str("web.public_url"), f->token);
	payload = json_pack("{s:s, s:s, s:s, s:s, s:s}", "request_id", id, "name", face_name(o),
	    "id_no", face_id_no(o), "return_url", back, "meta_info", f->meta);
	rc = hall_outbox_put(db, h, "ident.face_init", key, payload, err);
	json_decref(payload);
	free(back);
	return rc;
}

static int
face_pass(struct db *db, struct hall *h, struct face *f, struct order *o, struct err *err)
{
	struct who	who = {.system = true, .address = ""};
	char		now[KEYED_TEXT];

	face_digest(h, o, now);
	if (strcmp(now, f->proves) != 0) {
		face_set(f, "failed", "识别期间申请信息有了修改，请重新识别。");
		return face_save(db, f, err);
	}
	face_set(f, "passed", "");
	if (face_save(db, f, err) < 0 ||
	    order_note(db, h, &who, o, "identity", f->provider_no, err) < 0)
		return -1;
	if (!face_may(o))
		return 0;
	if (halldef_has_step(hall_def(h), o->op, "identity") &&
	    step_mark(db, h, &who, o, "identity", err) < 0)
		return -1;
	return proof_faced(db, h, o, "", err);
}

static int
face_fail(struct db *db, struct hall *h, struct face *f, struct order *o,
    const struct ident_fact *fact, struct err *err)
{
	struct who	who = {.system = true, .address = ""};

	face_set(f, "failed", *fact->sentence != '\0' ? fact->sentence :
	    "身份识别没有通过，请核对姓名、证件号码和手机号后再试。");
	if (face_save(db, f, err) < 0 || proof_faced(db, h, o, f->reason, err) < 0)
		return -1;
	return order_note(db, h, &who, o, "identity_failed", f->reason, err);
}

/* The answer to the three factors: go on to the face, or pass where the hall wants no face. */
static int
face_factors_answered(struct db *db, struct hall *h, struct face *f, struct order *o,
    const struct ident_fact *fact, struct err *err)
{
	if (fact->result != IDENT_CONSISTENT)
		return face_fail(db, h, f, o, fact, err);
	f->factors = 1;
	(void)snprintf(f->provider_no, sizeof(f->provider_no), "%s", fact->provider_no);
	if (!hall_def(h)->identity_face)
		return face_pass(db, h, f, o, err);
	(void)snprintf(f->stage, sizeof(f->stage), "face");
	if (face_save(db, f, err) < 0)
		return -1;
	return face_ask_face(db, h, f, o, err);
}

static int
face_answered(struct db *db, struct hall *h, struct face *f, struct order *o,
    const struct ident_fact *fact, struct err *err)
{
	if (fact->result == IDENT_PENDING)
		return 0;
	if (fact->result == IDENT_STARTED) {
		(void)snprintf(f->url, sizeof(f->url), "%s", fact->url);
		(void)snprintf(f->provider_no, sizeof(f->provider_no), "%s", fact->certify_id);
		return face_save(db, f, err);
	}
	if (*fact->provider_no != '\0' && f->provider_no[0] == '\0')
		(void)snprintf(f->provider_no, sizeof(f->provider_no), "%s", fact->provider_no);
	if (fact->result == IDENT_CONSISTENT)
		return face_pass(db, h, f, o, err);
	return face_fail(db, h, f, o, fact, err);
}

int
face_apply(struct db *db, struct hall *h, const struct ident_fact *fact, struct err *err)
{
	struct face	f = {0};
	struct order	o = {0};
	int64_t		id = 0;
	int		rc = 0;

	if (fact->request_id[0] == '\0' || str_to_i64(fact->request_id + 1, INT64_MAX, &id) < 0)
		return 0;
	rc = face_load(db, h, SQL_FACE_BY_ID, DB_INT(id), &f, err);
	if (rc < 0)
		return -1;
	/* Unknown, or known already: the fact came twice or late. */
	if (rc == 0 || !face_is(&f, "pending"))
		return 0;
	if (order_load_id(db, h, f.order_id, &o, err) < 0)
		return -1;
	rc = 0;
	if (fact->method == IDENT_MOBILE3 && strcmp(f.stage, "factors") == 0)
		rc = face_factors_answered(db, h, &f, &o, fact, err);
	else if (fact->method != IDENT_MOBILE3 && strcmp(f.stage, "face") == 0)
		rc = face_answered(db, h, &f, &o, fact, err);
	order_release(&o);
	return rc;
}
