#include "base/base.h"
#include "hall/order/review.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/ukey.h"
#include "hall/act.h"
#include "hall/certificate/eseal.h"
#include "hall/notice.h"
#include "hall/order/approval.h"
#include "hall/order/authorisation.h"
#include "hall/order/order_row.h"
#include "hall/order/order_view.h"
#include "hall/steps.h"
#include "pki/cert.h"

#define REVIEW_CLAIM	(30 * CLOCK_MINUTE)
#define REVIEW_REASONS	10
#define REVIEW_LIST	200

static bool
review_is_claimed(const struct order *o)
{
	return o->reviewer != 0 && clock_now() < o->claimed + REVIEW_CLAIM;
}

/* When the last of what the applicant had to do was done. */
static int64_t
review_since(const struct order *o)
{
	const char	*step = NULL;
	json_t		*at = NULL;
	int64_t		 last = o->submitted;

	json_object_foreach(o->steps, step, at)
		last = MAX(last, json_integer_value(at));
	return last;
}

static void
review_clock(const struct act *a, const struct order *o, json_t *row)
{
	int64_t	 now = clock_now(), due = clock_working_days(review_since(o), hall_def(a->h)->review_days);
	char	 day[CLOCK_TEXT];

	js_set_int(row, "waiting", (now - review_since(o)) / CLOCK_HOUR);
	js_set_str(row, "due", clock_date(due, day));
	js_set_bool(row, "overdue", now > due);
	js_set_bool(row, "due_soon", now <= due && due - now < CLOCK_DAY);
}

static int
review_list_run(struct db *db, struct act *a, struct err *err)
{
	const char	*want = js_str_or(a->in, "state", "reviewing");
	struct rows	*rows = NULL;
	struct order	 o = {0};
	json_t		*list = json_array(), *j = NULL;
	int		 rc = 0;

	a->model = json_pack("{s:s, s:o}", "state", want, "rows", list);
	if (db_query(db, SQL_ORDER_WORK, &rows, err, DB_TEXT(want), DB_INT(REVIEW_LIST)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		if (order_from_row(a->h, rows, &o, err) < 0) {
			rc = -1;
			break;
		}
		j = order_row_model(a->h, &o);
		review_clock(a, &o, j);
		js_set_bool(j, "claimed", review_is_claimed(&o));
		js_set_bool(j, "mine", review_is_claimed(&o) && o.reviewer == a->who->staff);
		if ((*js_str(a->in, "no") == '\0' || strcmp(js_str(a->in, "no"), o.no) == 0) &&
		    strstr(o.subject, js_str(a->in, "subject")) != NULL)
			(void)json_array_append_new(list, j);
		else
			json_decref(j);
		order_release(&o);
	}
	rows_free(rows);
	js_set_int(a->model, "total", (int64_t)json_array_size(list));
	return rc;
}

int
review_list(struct hall *h, const struct who *who, const json_t *query, json_t **model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .in = query};

	if (hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, review_list_run, err), model);
}

static int
review_need(const struct who *who, const struct order *o, struct err *err)
{
	if (o->state != ORDER_REVIEWING)
		return err_set(err, ERR_WRONG_STATE, "业务当前为“%s”，不在待审核状态。",
		    order_state_text(o->state));
	if (review_is_claimed(o) && o->reviewer != who->staff)
		return err_set(err, ERR_CONFLICT, "这笔业务正由另一位审核员处理。");
	return 0;
}

static int
review_claim_run(struct db *db, struct act *a, struct err *err)
{
	if (review_need(a->who, &a->o, err) < 0)
		return -1;
	if (a->o.reviewer == a->who->staff && review_is_claimed(&a->o))
		return 0;
	a->o.reviewer = a->who->staff;
	a->o.claimed = clock_now();
	if (order_save(db, a->h, &a->o, err) < 0)
		return -1;
	return order_note(db, a->h, a->who, &a->o, "review_claim", NULL, err);
}

int
review_claim(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = {.h = h, .who = who, .desk = true, .no = no};

	if (hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	return act_write(&a, review_claim_run, err);
}

/* What the reviewer saw must be what is there now. */
static int
review_same(const struct order *o, int64_t version, struct err *err)
{
	if (o->version == version)
		return 0;
	return err_set(err, ERR_CONFLICT, "申请人刚刚修改了申请或材料，请刷新页面，重新查看后再处理。");
}

/* ---- return ---- */

static const char *
review_reason_text(const struct halldef *d, const char *code)
{
	size_t	i = 0;

	for (i = 0; i < d->n_reasons; i++)
		if (strcmp(d->reasons[i].code, code) == 0)
			return d->reasons[i].text;
	return NULL;
}

static int
review_read_reasons(const struct hall *h, const struct order *o, const json_t *in,
    json_t *errors, json_t **out, struct err *err)
{
	json_t		*list = json_array();
	const char	*code = NULL, *text = NULL, *free_text = NULL;
	char		 field[3][24];
	int		 i = 0, rc = 0;

	for (i = 0; i < REVIEW_REASONS; i++) {
		(void)snprintf(field[0], sizeof(field[0]), "reason_%d", i);
		(void)snprintf(field[1], sizeof(field[1]), "target_%d", i);
		(void)snprintf(field[2], sizeof(field[2]), "text_%d", i);
		code = js_str(in, field[0]);
		if (*code == '\0')
			continue;
		text = review_reason_text(hall_def(h), code);
		free_text = js_str(in, field[2]);
		if (text == NULL)
			rc = hall_field_error(errors, field[0], "退回原因", err,
			    "请从列表中选择退回原因。");
		else if (order_view_target(o, js_str(in, field[1])) == NULL)
			rc = hall_field_error(errors, field[1], "哪一项", err,
			    "请从列表中选择要修改的是哪一项。");
		else if (utf8_count(free_text) > 200)
			rc = hall_field_error(errors, field[2], "说明", err, "说明最多200个字。");
		else if (strcmp(code, "other") == 0 && *free_text == '\0')
			rc = hall_field_error(errors, field[2], "说明", err,
			    "选择“其他”时请写明原因，申请人会看到。");
		else
			(void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}",
			    "target", js_str(in, field[1]), "code", code, "reason", text, "text",
			    free_text));
	}
	if (rc == 0 && json_array_size(list) == 0)
		rc = hall_field_error(errors, "reason_0", "退回原因", err,
		    "请至少选择一条退回原因。");
	*out = list;
	return rc;
}

static int
review_return_run(struct db *db, struct act *a, struct err *err)
{
	json_t		*list = NULL, *first = NULL, *v = NULL;
	struct buf	 text = {0};
	int64_t		 version = 0;
	int		 rc = -1;

	buf_init(&text, LIMIT_JSON);
	if (str_to_i64(js_str(a->in, "version"), INT64_MAX, &version) < 0)
		version = -1;
	if (review_need(a->who, &a->o, err) < 0 ||
	    review_same(&a->o, version, err) < 0 ||
	    review_read_reasons(a->h, &a->o, a->in, a->errors, &list, err) < 0)
		goto out;
	json_write(list, &text);
	if (db_run(db, SQL_RETURN_INSERT, NULL, err, DB_INT(rand_id()), DB_INT(a->o.id),
	    DB_INT(a->who->staff), DB_TEXT(text.p), DB_INT(clock_now())) < 0)
		goto out;
	a->o.reviewer = 0;
	first = json_array_get(list, 0);
	if (order_move(db, a->h, a->who, &a->o, EVENT_RETURN, js_str(first, "reason"), err) < 0)
		goto out;
	v = json_pack("{s:s}", "reason", *js_str(first, "text") != '\0' ? js_str(first, "text") :
	    js_str(first, "reason"));
	rc = notice_order(db, a->h, &a->o, "returned", v, err);
 out:
	json_decref(v);
	json_decref(list);
	buf_free(&text);
	return rc;
}

int
review_return(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, struct err *err)
{
	struct act	a = {.h = h, .who = who, .desk = true, .no = no, .in = in, .errors = errors};

	if (hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	return act_write(&a, review_return_run, err);
}

/* ---- approve ---- */

static int
review_officer(struct db *db, const struct who *who, char serial[65], struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_STAFF_BY_ID, &rows, err, DB_INT(who->staff));

	if (rc == 0 && rows_int(rows, 3) == 0)
		rc = err_set(err, ERR_DENIED, "您的岗位已停用，请联系管理员。");
	if (rc == 0)
		(void)snprintf(serial, 65, "%s", rows_text(rows, 1));
	rows_free(rows);
	return rc;
}

static int
review_statement_run(struct db *db, struct act *a, struct err *err)
{
	struct buf	text = {0};
	char		serial[65];
	json_t		*seal = NULL;
	int64_t		now = clock_now();
	int		rc = -1;

	if (strcmp(a->o.op, "recover") == 0)
		return err_set(err, ERR_WRONG_STATE,
		    "密钥恢复要由两位密钥管理员签名，请在“密钥恢复”页面办理。");
	buf_init(&text, LIMIT_JSON);
	if (review_need(a->who, &a->o, err) < 0 || review_same(&a->o, a->number, err) < 0 ||
	    review_officer(db, a->who, serial, err) < 0 ||
	    eseal_statement(db, &a->o, &seal, err) < 0 ||
	    approval_statement(&a->o, serial, now, seal, &text, err) < 0)
		goto out;
	if (db_run(db, SQL_APPROVAL_SET, NULL, err, DB_INT(a->o.id), DB_INT(a->o.version),
	    DB_INT(a->who->staff), DB_TEXT(text.p), DB_INT(now)) < 0)
		goto out;
	a->model = json_pack("{s:s, s:I}", "statement", text.p, "version",
	    (json_int_t)a->o.version);
	rc = 0;
 out:
	json_decref(seal);
	buf_free(&text);
	return rc;
}

int
review_statement(struct hall *h, const struct who *who, const char *no, int64_t version,
    json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who, .desk = true, .no = no, .number = version};

	if (hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	if (eseal_prepare(h, who, no, NULL, err) < 0)
		return -1;
	return act_model(&a, act_write(&a, review_statement_run, err), model);
}

/* What the reviewer's browser sends, decoded. */
struct review_signed {
	struct buf	 certificate, signature;
	char		 serial[65];		/* of the certificate, checked */
};

static int
review_approve_check(struct db *db, struct act *a, const struct approval *p,
    const struct review_signed *s, struct err *err)
{
	const char	*statement = js_str(a->in, "statement");
	char		 officer[65];

	if (review_officer(db, a->who, officer, err) < 0)
		return -1;
	if (strcmp(officer, s->serial) != 0)
		return err_set(err, ERR_DENIED, "签名的UKey不是您登记的UKey，请换用自己的UKey。");
	if (p->staff != a->who->staff || p->version != a->o.version ||
	    strlen(statement) != p->statement.len ||
	    memcmp(statement, p->statement.p, p->statement.len) != 0)
		return err_set(err, ERR_CONFLICT, "审核内容有了变化，请刷新页面，重新查看后再签名。");
	return 0;
}

/*
 * A certificate may be fetched with a code by mail; a UKey may be unlocked by its order; who
 * pays after the review is asked to.
 */
static int
review_permit(struct db *db, struct act *a, const char *officer, struct err *err)
{
	bool			 unlock = strcmp(a->o.op, "unlock") == 0, owes = step_is_owed(a->h, &a->o);
	enum order_event	 event = unlock ? EVENT_PERMIT : owes ? EVENT_OWE : EVENT_APPROVE;

	if (order_move(db, a->h, a->who, &a->o, event, officer, err) < 0)
		return -1;
	return event == EVENT_APPROVE ? authorisation_send(db, a->h, &a->o, true, err) :
	    notice_order(db, a->h, &a->o, unlock ? "unlock_ready" : "owing", NULL, err);
}

static int
review_approve_run(struct db *db, struct act *a, struct err *err)
{
	const struct review_signed	*s = a->extra;
	struct approval			 p;
	int				 rc = -1;

	approval_init(&p);
	if (review_need(a->who, &a->o, err) < 0)
		goto out;
	if (approval_load(db, &a->o, &p, err) < 0) {
		if (err->kind == ERR_NOT_FOUND)
			err_set(err, ERR_WRONG_STATE, "请先打开审核页面，再签名通过。");
		goto out;
	}
	if (review_approve_check(db, a, &p, s, err) < 0)
		goto out;
	if (db_run(db, SQL_APPROVAL_SIGN, NULL, err, DB_INT(a->o.id),
	    DB_BLOB(s->certificate.p, s->certificate.len),
	    DB_BLOB(s->signature.p, s->signature.len), DB_INT(clock_now())) < 0)
		goto out;
	rc = review_permit(db, a, s->serial, err);
 out:
	approval_free(&p);
	return rc;
}

int
review_approve(struct hall *h, const struct who *who, const char *no, const json_t *in,
    struct err *err)
{
	struct review_signed	 s = {.serial = ""};
	struct act		 a = {.h = h, .who = who, .desk = true, .no = no, .in = in, .extra = &s};
	const char		*statement = js_str(in, "statement");
	struct cert		*cert = NULL;
	int			 rc = -1;

	if (hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	buf_init(&s.certificate, LIMIT_CERT);
	buf_init(&s.signature, 256);
	if (js_need_bytes(in, "certificate", &s.certificate, err) < 0 ||
	    js_need_bytes(in, "signature", &s.signature, err) < 0)
		goto out;
	if (ukey_check(h, s.certificate.p, s.certificate.len, statement, strlen(statement),
	    s.signature.p, s.signature.len, &cert, err) < 0)
		goto out;
	(void)snprintf(s.serial, sizeof(s.serial), "%s", cert_serial(cert));
	rc = act_write(&a, review_approve_run, err);
 out:
	cert_free(cert);
	buf_free(&s.signature);
	buf_free(&s.certificate);
	return rc;
}
