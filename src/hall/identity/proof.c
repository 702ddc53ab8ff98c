#include "base/base.h"
#include "hall/identity/proof.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "gate/gate.h"
#include "hall/account/code.h"
#include "hall/act.h"
#include "hall/steps.h"

/* The step is the one to be done, and the order the applicant's to go on with. */
static int
proof_may(const struct act *a, struct err *err)
{
	const struct step	*s = step_current(a->h, &a->o);

	if (s == NULL || strcmp(s->name, "proof") != 0 || !order_may_edit(&a->o))
		return err_set(err, ERR_WRONG_STATE, "现在不需要身份认证，请刷新页面后继续。");
	return 0;
}

bool
proof_is_offered(const struct hall *h, const struct order *o, const struct way *way)
{
	const struct def_identity	*d = &hall_def(h)->identity;
	size_t				 i = 0;

	if (way != NULL && way->stages[0] == WAY_REMIT && !remittance_has_bank())
		return false;
	for (i = 0; way != NULL && i < d->n_ways[o->def->person]; i++)
		if (strcmp(d->ways[o->def->person][i], way->name) == 0)
			return true;
	return false;
}

/* ---- starting ---- */

struct proof_begin {
	const struct way	*way;
	char			 account[24], subject[KEYED_TEXT];	/* what is counted by */
};

static int
proof_look_run(struct db *db, struct act *a, struct err *err)
{
	struct proof_begin	*b = a->extra;
	struct proof		 p = { .id = 0 };
	int			 rc = 0;

	if (proof_may(a, err) < 0)
		return -1;
	if (!proof_is_offered(a->h, &a->o, b->way))
		return err_set(err, ERR_NOT_FOUND, "没有这种认证方式，请从页面上选择。");
	rc = proof_newest(db, a->h, &a->o, &p, err);
	if (rc > 0 && p.ended == 0)
		rc = err_set(err, ERR_CONFLICT,
		    "已有一次认证正在进行，请先完成它，或点“换一种方式”。");
	proof_release(&p);
	(void)snprintf(b->account, sizeof(b->account), "%" PRId64, a->o.account);
	keyed_pair(a->h, "proof.subject", a->o.def->person ? "person" : "organisation",
	    proof_subject_no(&a->o), b->subject);
	return rc < 0 ? -1 : 0;
}

/* Each try costs a provider's fee or a transfer, and guesses at somebody's data. */
static int
proof_limits(struct hall *h, const struct proof_begin *b, const json_t *values,
    struct err *err)
{
	int		 max = hall_def(h)->identity.tries;
	const char	*phone = js_str(values, "phone");

	if (limit_hit(h, "proof.account", b->account, max, CLOCK_DAY, err) == 0 &&
	    limit_hit(h, "proof.subject", b->subject, max, CLOCK_DAY, err) == 0 &&
	    (*phone == '\0' || limit_hit(h, "proof.phone", phone, max, CLOCK_DAY, err) == 0))
		return 0;
	return err->kind != ERR_LIMIT ? -1 : err_set(err, ERR_LIMIT,
	    "今天认证的次数太多（每天%d次），请明天再试，或携带证件原件到受理点核实。", max);
}

static int
proof_start_run(struct db *db, struct act *a, struct err *err)
{
	const struct proof_begin	*b = a->extra;
	struct proof			 p = { .id = rand_id(), .order_id = a->o.id,
		.account = a->o.account, .way = b->way, .created = clock_now() };
	int				 rc = -1;

	if (proof_may(a, err) < 0 || db_run(db, SQL_PROOF_END_EXPIRED, NULL, err,
	    DB_INT(a->o.id), DB_INT(p.created)) < 0)
		return -1;
	p.data = json_deep_copy(a->in);
	proof_digests(a->h, &a->o, &p);
	if (proof_ask(db, a->h, &p, &a->o, err) == 0 && proof_insert(db, a->h, &p, err) == 0)
		rc = order_note(db, a->h, a->who, &a->o, "proof_start", b->way->title, err);
	proof_release(&p);
	return rc;
}

int
proof_start(struct hall *h, const struct who *who, const char *no, const char *way,
    const json_t *in, json_t *errors, struct err *err)
{
	struct proof_begin	b = { .way = way_by_name(way) };
	struct act		look = { .h = h, .who = who, .no = no, .extra = &b };
	struct act		a = { .h = h, .who = who, .no = no, .extra = &b };
	struct form_context	c = { .hall = h };
	json_t			*values = NULL;
	int			 rc = -1;

	if (act_read(&look, proof_look_run, err) < 0)
		return -1;
	if (b.way->form == NULL)
		values = json_object();
	else if (form_check(&c, b.way->form, in, &values, errors, err) < 0)
		goto out;
	if (proof_limits(h, &b, values, err) < 0)
		goto out;
	a.in = values;
	rc = act_write(&a, proof_start_run, err);
	if (rc < 0 && err->kind == ERR_CONFLICT)	/* two windows at once */
		err_set(err, ERR_CONFLICT, "已有一次认证正在进行，请刷新页面。");
 out:
	json_decref(values);
	return rc;
}

/* ---- following ---- */

/* The open try; ERR_WRONG_STATE unless it is in one of these states. */
static int
proof_open(struct db *db, struct act *a, const char *first, const char *second,
    struct proof *p, struct err *err)
{
	int	rc = 0;

	if (proof_may(a, err) < 0 || (rc = proof_newest(db, a->h, &a->o, p, err)) < 0)
		return -1;
	if (rc > 0 && (proof_is(p, first) || (second != NULL && proof_is(p, second))))
		return 0;
	if (rc > 0 && proof_is(p, "expired"))
		return err_set(err, ERR_EXPIRED, "这次认证已超时，请重新选择认证方式。");
	return err_set(err, ERR_WRONG_STATE, "现在没有等待输入的验证码，请刷新页面。");
}

static int
proof_phone_run(struct db *db, struct act *a, struct err *err)
{
	struct proof	p = { .id = 0 };
	int		rc = proof_open(db, a, a->name, NULL, &p, err);

	if (rc == 0)
		(void)snprintf(a->extra, (size_t)a->number, "%s", js_str(p.data, "phone"));
	proof_release(&p);
	return rc;
}

int
proof_send_code(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, struct err *err)
{
	char		phone[32];
	struct act	a = { .h = h, .who = who, .no = no, .name = "code", .extra = phone,
		.number = sizeof(phone) };

	if (act_read(&a, proof_phone_run, err) < 0)
		return -1;
	return code_send(h, who, CODE_PROOF, "code", phone, in, errors, err);
}

/* ---- answering ---- */

struct proof_reply {
	char	 said[16];		/* digits, or the sum in fen */
	char	 state[12], phone[32];
	bool	 right;
	int	 left;			/* tries */
};

static int
proof_asked_run(struct db *db, struct act *a, struct err *err)
{
	struct proof_reply	*r = a->extra;
	struct proof		 p = { .id = 0 };
	int			 rc = proof_open(db, a, "code", "remit", &p, err);

	(void)snprintf(r->state, sizeof(r->state), "%s", p.state);
	(void)snprintf(r->phone, sizeof(r->phone), "%s", js_str(p.data, "phone"));
	proof_release(&p);
	return rc;
}

/* The SMS code was right. */
static int
proof_code_run(struct db *db, struct act *a, struct err *err)
{
	struct proof	p = { .id = 0 };
	int		rc = proof_open(db, a, "code", NULL, &p, err);

	if (rc == 0)
		rc = proof_pass(db, a->h, a->who, &p, &a->o, err);
	proof_release(&p);
	return rc;
}

/* A wrong answer stays counted, so it is no failure of the transaction. */
static int
proof_remark_run(struct db *db, struct act *a, struct err *err)
{
	struct proof_reply	*r = a->extra;
	struct proof		 p = { .id = 0 };
	char			 digest[KEYED_TEXT];
	int			 rc = proof_open(db, a, "remit", NULL, &p, err);

	r->right = false;
	if (rc == 0) {
		proof_code_digest(a->h, &p, r->said, digest);
		r->right = secret_equal(digest, strlen(digest), p.code, strlen(p.code));
		if (r->right) {
			rc = proof_pass(db, a->h, a->who, &p, &a->o, err);
		} else {
			p.tries++;
			r->left = hall_def(a->h)->identity.remit_tries - p.tries;
			rc = r->left > 0 ? proof_save(db, &p, err) : proof_fail(db, a->h, &p,
			    &a->o, "输错的次数太多，这次打款已作废，请重新认证或换一种方式。", err);
		}
	}
	proof_release(&p);
	return rc;
}

/* "0.37" or "37" fen as typed: into fen; the remark's digits wherever they stand. */
static void
proof_said(const struct hall *h, const char *typed, char said[16])
{
	char	*text = xstrdup(typed);
	size_t	 n = 0;
	int64_t	 yuan = 0;

	str_fold(text);
	str_trim(text);
	said[0] = '\0';
	if (hall_def(h)->identity.remit_amount) {
		const char	*dot = strchr(text, '.');

		if (dot != NULL && strlen(dot) == 3 && str_is_digits(dot + 1) &&
		    (dot == text || text[0] == '0') && dot - text <= 1 &&
		    str_to_i64(dot + 1, 99, &yuan) == 0)
			(void)snprintf(said, 16, "%" PRId64, yuan);
	} else {
		for (const char *p = text; *p != '\0' && n < 15; p++)
			if (*p >= '0' && *p <= '9')
				said[n++] = *p;
		said[n] = '\0';
	}
	free(text);
}

static int
proof_wrong(const struct hall *h, const struct proof_reply *r, json_t *errors, struct err *err)
{
	const char	*what = hall_def(h)->identity.remit_amount ? "金额" : "附言中的验证码";

	if (r->left <= 0)
		return err_set(err, ERR_LIMIT,
		    "输错的次数太多，这次打款已作废，请重新认证或换一种方式。");
	return hall_field_error(errors, "code", "验证码", err,
	    "%s不对，请核对账户明细，还可以再试%d次。", what, r->left);
}

int
proof_answer(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, struct err *err)
{
	struct proof_reply	r = { .right = false };
	struct act		look = { .h = h, .who = who, .no = no, .extra = &r };
	struct act		a = { .h = h, .who = who, .no = no, .extra = &r };

	if (act_read(&look, proof_asked_run, err) < 0)
		return -1;
	if (strcmp(r.state, "code") == 0) {
		if (code_use(h, CODE_PROOF, r.phone, js_str(in, "code"), err) < 0)
			return err->kind != ERR_INPUT ? -1 :
			    hall_field_error(errors, "code", "短信验证码", err, "%s", err->text);
		return act_write(&a, proof_code_run, err);
	}
	proof_said(h, js_str(in, "code"), r.said);
	if (r.said[0] == '\0')
		return hall_field_error(errors, "code", "验证码", err,
		    hall_def(h)->identity.remit_amount ? "请输入收到的金额，例如0.37。" :
		    "请输入账户明细附言中的6位数字。");
	if (act_write(&a, proof_remark_run, err) < 0)
		return -1;
	return r.right ? 0 : proof_wrong(h, &r, errors, err);
}

/* ---- leaving, and using an earlier one ---- */

static int
proof_leave_run(struct db *db, struct act *a, struct err *err)
{
	struct proof	p = { .id = 0 };
	int		rc = 0;

	if (proof_may(a, err) < 0 || (rc = proof_newest(db, a->h, &a->o, &p, err)) < 0)
		return -1;
	if (rc > 0 && p.ended == 0) {
		proof_set(&p, "left", "");
		rc = proof_save(db, &p, err);
	}
	proof_release(&p);
	return rc < 0 ? -1 : 0;
}

int
proof_leave(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = { .h = h, .who = who, .no = no };

	return act_write(&a, proof_leave_run, err);
}

static int
proof_reuse_run(struct db *db, struct act *a, struct err *err)
{
	struct proof	p = { .id = 0 };
	char		day[CLOCK_TEXT], note[200];
	int		rc = 0;

	if (proof_may(a, err) < 0 || (rc = proof_earlier(db, a->h, &a->o, &p, err)) < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_WRONG_STATE, "没有可以沿用的认证，请选择一种方式重新认证。");
	(void)snprintf(note, sizeof(note), "沿用%s的%s", clock_date(p.ended, day), p.way->title);
	rc = order_note(db, a->h, a->who, &a->o, "proof", note, err);
	if (rc == 0)
		rc = step_mark(db, a->h, a->who, &a->o, "proof", err);
	proof_release(&p);
	return rc;
}

int
proof_reuse(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = { .h = h, .who = who, .no = no };

	return act_write(&a, proof_reuse_run, err);
}
