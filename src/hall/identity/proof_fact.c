#include "base/base.h"
#include "hall/identity/proof.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "gate/gate.h"
#include "hall/account/code.h"
#include "hall/act.h"
#include "hall/steps.h"

#define PROOF_ASK_LIFE	(10 * CLOCK_MINUTE)	/* of a question to a provider, or a face */
#define PROOF_CODE_LIFE	(30 * CLOCK_MINUTE)	/* in which the SMS code may be had again */

/* ---- questions ---- */

static int
proof_ask_provider(struct db *db, const struct hall *h, const struct proof *p,
    const struct order *o, const char *kind, struct err *err)
{
	bool	 person = o->def->person;
	char	 id[40], *key = NULL;
	json_t	*payload = NULL;
	int	 rc = 0;

	(void)snprintf(id, sizeof(id), "%c%" PRId64 "_%d", PROOF_REQUEST, p->id, p->stage);
	key = xasprintf("ident:%s", id);
	payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "request_id", id, "name",
	    person ? proof_subject_name(o) : js_str(p->data, "legal_name"), "id_no",
	    person ? proof_subject_no(o) : js_str(p->data, "legal_id_no"), "phone",
	    js_str(p->data, "phone"), "card", js_str(p->data, "card"), "company",
	    proof_subject_name(o), "code", proof_subject_no(o));
	rc = hall_outbox_put(db, h, kind, key, payload, err);
	json_decref(payload);
	free(key);
	return rc;
}

/* The code is drawn here and known to nobody but the payee's statement; kept as a digest. */
static int
proof_remit(struct db *db, const struct hall *h, struct proof *p, const struct order *o,
    struct err *err)
{
	bool			amount = hall_def(h)->identity.remit_amount;
	struct remittance_payee	to = { proof_subject_name(o), js_str(p->data, "account"),
		js_str(p->data, "bank") };
	char			code[24], remark[64];
	int64_t			fen = 1;

	if (amount) {
		fen = 1 + (int64_t)rand_below(REMIT_MOST);
		(void)snprintf(code, sizeof(code), "%" PRId64, fen);
		(void)snprintf(remark, sizeof(remark), "账户认证");
	} else {
		rand_digits(code, 6);
		(void)snprintf(remark, sizeof(remark), "账户认证验证码%s", code);
	}
	proof_code_digest(h, p, code, p->code);
	return remittance_put(db, h, o, "proof", &to, fen, remark, p->remit_no, err);
}

int
proof_ask(struct db *db, struct hall *h, struct proof *p, const struct order *o,
    struct err *err)
{
	static const char *const kinds[] = { [WAY_COMPANY] = "ident.company",
	    [WAY_MOBILE3] = "ident.mobile3", [WAY_CARD4] = "ident.card4" };
	enum way_stage	stage = p->way->stages[p->stage];

	switch (stage) {
	case WAY_CODE:
		proof_set(p, "code", "");
		p->expires = clock_now() + PROOF_CODE_LIFE;
		return code_put(db, h, CODE_PROOF, js_str(p->data, "phone"), err);
	case WAY_REMIT:
		proof_set(p, "remit", "");
		p->expires = clock_now() + hall_def(h)->identity.remit_days * CLOCK_DAY;
		return proof_remit(db, h, p, o, err);
	case WAY_FACE:
		proof_set(p, "face", "");
		p->expires = clock_now() + PROOF_ASK_LIFE;
		return 0;
	default:
		proof_set(p, "asking", "");
		p->expires = clock_now() + PROOF_ASK_LIFE;
		return proof_ask_provider(db, h, p, o, kinds[stage], err);
	}
}

/* ---- ends ---- */

int
proof_pass(struct db *db, struct hall *h, const struct who *who, struct proof *p,
    struct order *o, struct err *err)
{
	struct proof	now = { .id = 0 };

	proof_digests(h, o, &now);
	if (strcmp(now.proves, p->proves) != 0)
		return proof_fail(db, h, p, o, "认证期间申请信息有了修改，请重新认证。", err);
	proof_set(p, "passed", "");
	if (proof_save(db, p, err) < 0 ||
	    order_note(db, h, who, o, "proof", p->way->title, err) < 0)
		return -1;
	return order_may_edit(o) ? step_mark(db, h, who, o, "proof", err) : 0;
}

int
proof_fail(struct db *db, struct hall *h, struct proof *p, const struct order *o,
    const char *sentence, struct err *err)
{
	struct who	who = { .system = true, .address = "" };
	char		note[400];

	proof_set(p, "failed", sentence);
	if (proof_save(db, p, err) < 0)
		return -1;
	(void)snprintf(note, sizeof(note), "%s：%s", p->way->title, sentence);
	return order_note(db, h, &who, o, "proof_failed", note, err);
}

/* ---- facts ---- */

static int
proof_load(struct db *db, const struct hall *h, enum sql_id sql, struct db_arg key,
    struct proof *p, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	memset(p, 0, sizeof(*p));
	if (db_query(db, sql, &rows, err, key) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0 && proof_from_row(h, rows, p, err) < 0)
		rc = -1;
	rows_free(rows);
	return rc;
}

/* "P<id>_<stage>" */
static int
proof_request(const char *request_id, int64_t *id, int64_t *stage)
{
	const char	*bar = strchr(request_id, '_');
	char		 digits[24];

	if (bar == NULL || bar - request_id >= (ptrdiff_t)sizeof(digits))
		return -1;
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)(bar - request_id - 1),
	    request_id + 1);
	return str_to_i64(digits, INT64_MAX, id) < 0 ||
	    str_to_i64(bar + 1, WAY_STAGES, stage) < 0 ? -1 : 0;
}

static int
proof_answered(struct db *db, struct hall *h, struct proof *p, struct order *o,
    const struct ident_fact *f, struct err *err)
{
	str_copy(p->provider_no, sizeof(p->provider_no), f->provider_no);
	(void)snprintf(p->evidence, sizeof(p->evidence), "%s", f->evidence);
	if (f->result != IDENT_CONSISTENT)
		return proof_fail(db, h, p, o, *f->sentence != '\0' ? f->sentence :
		    "核验没有通过，请核对填写的信息后再试，或换一种方式。", err);
	p->stage++;
	if (proof_ask(db, h, p, o, err) < 0)
		return -1;
	return proof_save(db, p, err);
}

int
proof_apply(struct db *db, struct hall *h, const struct ident_fact *f, struct err *err)
{
	struct proof	p = { .id = 0 };
	struct order	o = { .id = 0 };
	int64_t		id = 0, stage = 0;
	int		rc = 0;

	if (proof_request(f->request_id, &id, &stage) < 0)
		return 0;
	rc = proof_load(db, h, SQL_PROOF_BY_ID, DB_INT(id), &p, err);
	/* Unknown, or known already: the fact came twice or late. */
	if (rc > 0 && proof_is(&p, "asking") && p.stage == stage) {
		rc = order_load_id(db, h, p.order_id, &o, err);
		if (rc == 0)
			rc = proof_answered(db, h, &p, &o, f, err);
	}
	order_release(&o);
	proof_release(&p);
	return rc < 0 ? -1 : 0;
}

/* Why the money did not arrive, and what to do; the bank says which it is. */
static void
proof_lost_text(const struct remittance *r, char text[300])
{
	char		 reason[121];
	const char	*advice = strstr(r->reason, "户名") != NULL ?
	    "请核对：账户的户名须与申请的主体名称完全一致，账号不要填错。" :
	    "请核对开户银行和账号后再试，或换一种方式。";

	str_copy(reason, sizeof(reason), r->reason);
	(void)snprintf(text, 300, "%s%s%s。%s", remittance_is(r, "returned") ? "打款被退回" :
	    "打款没有成功", *reason == '\0' ? "" : "：", reason, advice);
}

int
proof_remitted(struct db *db, struct hall *h, struct order *o, const struct remittance *r,
    struct err *err)
{
	struct proof	p = { .id = 0 };
	char		text[300];
	int		rc = 0;

	if (!remittance_is_lost(r))
		return 0;
	rc = proof_load(db, h, SQL_PROOF_BY_REMITTANCE, DB_TEXT(r->no), &p, err);
	if (rc > 0 && proof_is(&p, "remit")) {
		proof_lost_text(r, text);
		rc = proof_fail(db, h, &p, o, text, err);
	}
	proof_release(&p);
	return rc < 0 ? -1 : 0;
}

int
proof_faced(struct db *db, struct hall *h, struct order *o, const char *sentence,
    struct err *err)
{
	struct who	who = { .system = true, .address = "" };
	struct proof	p = { .id = 0 };
	int		rc = proof_newest(db, h, o, &p, err);

	if (rc > 0 && proof_is(&p, "face"))
		rc = *sentence == '\0' ? proof_pass(db, h, &who, &p, o, err) :
		    proof_fail(db, h, &p, o, sentence, err);
	proof_release(&p);
	return rc < 0 ? -1 : 0;
}
