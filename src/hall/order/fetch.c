#include "base/base.h"
#include "hall/order/fetch.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/code.h"
#include "hall/act.h"
#include "hall/certificate/issue.h"
#include "hall/certificate/soft.h"
#include "hall/digest.h"
#include "hall/medium/medium.h"
#include "hall/medium/words.h"
#include "hall/notice.h"
#include "hall/ops.h"
#include "hall/order/authorisation.h"
#include "pki/cert.h"
#include "pki/csr.h"

#define FETCH_LIFE	(30 * CLOCK_MINUTE)
#define FETCH_ORDER	10		/* tries an hour for one order */
#define FETCH_ADDRESS	60		/* tries an hour from one address */
#define FETCH_TOKEN	32

static int
fetch_state(const struct order *o, struct err *err)
{
	switch (o->state) {
	case ORDER_APPROVED:
	case ORDER_FETCHED:
	case ORDER_MAKING:
		return 0;
	case ORDER_DONE:
		return err_set(err, ERR_WRONG_STATE, "证书已经下载完成，密钥在%s；"
		    "%s的，请办理补办。", medium_words(o->def)->place, medium_words(o->def)->gone);
	default:
		return err_set(err, ERR_WRONG_STATE, "业务当前为“%s”，还不能下载证书。",
		    order_state_text(o->state));
	}
}

static json_t *
fetch_model(const struct order *o, const char *token, const char *ukey, int64_t ends)
{
	json_t	*j = json_object();
	char	 day[CLOCK_TEXT];

	js_set_bool(j, "soft", o->def->soft);
	js_set_bool(j, "same_key", op_keeps_key(o->op));
	js_set_str(j, "ukey", ukey);
	js_set_str(j, "op_text", op_text(o->op));
	js_set_str(j, "token", token);
	js_set_str(j, "no", o->no);
	js_set_str(j, "subject", o->subject);
	js_set_str(j, "replaces", o->replaces);
	js_set_str(j, "template", o->def->template_name);
	js_set_str(j, "product_title", o->def->title);
	js_set_str(j, "not_after_text", clock_date(ends, day));
	js_set_str(j, "state", order_state_name(o->state));
	js_set_str(j, "state_text", order_state_text(o->state));
	return j;
}

/* a->number tells how it ended: 1 right, 0 wrong. */
static int
fetch_open_run(struct db *db, struct act *a, struct err *err)
{
	char	token[FETCH_TOKEN + 1], digest[SM3_TEXT], ukey[MEDIUM_SERIAL];
	struct order	o = {0};
	bool	right = false;
	int64_t	ends = 0;
	int	rc = -1;

	a->number = 0;
	if (order_load(db, a->h, a->name, &o, err) < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		err_clear(err);
		return 0;
	}
	if (authorisation_is(db, a->h, &o, js_str(a->in, "code"), &right, err) < 0)
		goto out;
	if (!right) {
		rc = 0;
		goto out;
	}
	if (o.state == ORDER_MAKING) {
		err_set(err, ERR_WRONG_STATE, "工作人员正在为您制证，请等待领取。");
		goto out;
	}
	if (fetch_state(&o, err) < 0 || op_ends(db, &o, &ends, err) < 0 ||
	    medium_of_replaced(db, &o, ukey, err) < 0)
		goto out;
	rand_token(token, FETCH_TOKEN);
	digest_sm3_text(token, FETCH_TOKEN, digest);
	if (db_run(db, SQL_FETCH_SESSION_INSERT, NULL, err, DB_TEXT(digest), DB_INT(o.id),
	    DB_INT(clock_now() + FETCH_LIFE)) < 0)
		goto out;
	a->model = fetch_model(&o, token, ukey, ends);
	a->number = 1;
	rc = 0;
 out:
	order_release(&o);
	return rc;
}

int
fetch_open(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    json_t **model, struct err *err)
{
	char		*no = xstrdup(js_str(in, "no"));
	struct act	 a = {.h = h, .who = who, .name = no, .in = in};
	int		 rc = -1;

	str_fold(no);
	str_trim(no);
	if (strlen(no) != ORDER_NO - 1 || !str_is_digits(no)) {
		hall_field_error(errors, "no", "业务受理号", err, "业务受理号是20位数字，请核对。");
		goto out;
	}
	if (strlen(js_str(in, "code")) != AUTHORISATION_LEN) {
		hall_field_error(errors, "code", "授权码", err,
		    "授权码是%d位字母和数字，请从邮件中复制。", AUTHORISATION_LEN);
		goto out;
	}
	if (captcha_use(h, js_str(in, "captcha_id"), js_str(in, "captcha"), err) < 0) {
		if (err->kind == ERR_INPUT)
			hall_field_error(errors, "captcha", "图片字符", err, "%s", err->text);
		goto out;
	}
	if (limit_hit_from(h, "fetch.address", who, FETCH_ADDRESS, CLOCK_HOUR, err) < 0 ||
	    limit_hit(h, "fetch.order", no, FETCH_ORDER, CLOCK_HOUR, err) < 0)
		goto out;
	if (act_write(&a, fetch_open_run, err) < 0)
		goto out;
	if (a.number == 0) {
		hall_field_error(errors, "code", "授权码", err,
		    "业务受理号或授权码不正确，请核对邮件；也可在用户中心重新发送邮件。");
		goto out;
	}
	rc = limit_forget(h, "fetch.order", no, err);
 out:
	free(no);
	return act_model(&a, rc, model);
}

/* The order a fetch token stands for; a->name the token, a->extra its number. */
static int
fetch_session_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	struct order	 o = {0};
	char		 digest[SM3_TEXT];
	int		 rc = 0;

	digest_sm3_text(a->name, strlen(a->name), digest);
	if (db_query(db, SQL_FETCH_SESSION_GET, &rows, err, DB_TEXT(digest)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0 && rows_int(rows, 1) > clock_now()) {
		rc = order_load_id(db, a->h, rows_int(rows, 0), &o, err);
		if (rc == 0)
			memcpy(a->extra, o.no, ORDER_NO);
	} else if (rc >= 0) {
		rc = err_set(err, ERR_EXPIRED, "下载已超时，请重新输入业务受理号和授权码。");
	}
	order_release(&o);
	rows_free(rows);
	return rc;
}

int
fetch_token_order(struct hall *h, const struct who *who, const char *token, char no[ORDER_NO],
    struct err *err)
{
	struct act	find = {.h = h, .who = who, .name = token, .extra = no};

	return act_read(&find, fetch_session_run, err);
}

/*
 * Before the signer is asked the order is kept for the applicant, so that no maker takes it
 * up at the same moment.  Repeating is harmless.
 */
static int
fetch_reserve_run(struct db *db, struct act *a, struct err *err)
{
	*(bool *)a->extra = a->o.def->soft;
	if (a->o.state == ORDER_DONE)
		return 0;
	if ((a->o.def->soft ? soft_bind(db, &a->o, a->in, err) :
	    medium_bind(db, a->h, a->who, &a->o, js_str(a->in, "medium"), err)) < 0)
		return -1;
	if (a->o.state == ORDER_FETCHED)
		return 0;
	return order_move(db, a->h, a->who, &a->o, EVENT_FETCH, NULL, err);
}

static int
fetch_need_request(const json_t *in, struct buf *csr, struct err *err)
{
	struct err	why = {0};

	return js_need_bytes(in, "csr", csr, &why) == 0 && csr->len > 0 ? 0 : err_set(err, ERR_INPUT,
	    "没有读到证书请求：请提交完整的PKCS#10（CSR），不超过%d字节。", LIMIT_CSR);
}

int
fetch_issue(struct hall *h, const struct who *who, const json_t *in, json_t **model,
    struct err *err)
{
	struct who	me = *who;
	char		no[ORDER_NO];
	unsigned char	point[SM2_POINT_LEN];
	struct buf	csr = {0};
	bool		soft = false;
	struct act	keep = {.h = h, .who = &me, .no = no, .in = in, .extra = &soft};
	int		rc = -1;

	me.system = true;		/* the token is the right to this order */
	buf_init(&csr, LIMIT_CSR);
	if (fetch_token_order(h, who, js_str(in, "token"), no, err) < 0 ||
	    fetch_need_request(in, &csr, err) < 0 ||
	    csr_check(csr.p, csr.len, point, err) < 0)
		goto out;
	if (act_write(&keep, fetch_reserve_run, err) < 0)
		goto out;
	/* only a UKey has a device key */
	rc = issue_pair(h, &me, no, csr.p, csr.len, soft ? "" : js_str(in, "medium"), model, err);
	if (rc == 0 && soft && strcmp(js_str(in, "way"), "request") == 0)
		rc = soft_files(*model, err);
 out:
	buf_free(&csr);
	return rc;
}

static int
fetch_confirm_run(struct db *db, struct act *a, struct err *err)
{
	bool	issued = false;

	if (a->o.state == ORDER_DONE)
		return 0;
	if (issue_is_done(db, &a->o, &issued, err) < 0)
		return -1;
	if (!issued)
		return err_set(err, ERR_WRONG_STATE, "证书还没有签发，请重新下载。");
	if (order_move(db, a->h, a->who, &a->o, EVENT_INSTALLED, NULL, err) < 0 ||
	    db_run(db, SQL_AUTHORISATION_DROP, NULL, err, DB_INT(a->o.id)) < 0)
		return -1;
	return notice_order(db, a->h, &a->o, "done", NULL, err);
}

int
fetch_confirm(struct hall *h, const struct who *who, const json_t *in, struct err *err)
{
	struct who	me = *who;
	char		no[ORDER_NO];
	struct act	done = {.h = h, .who = &me, .no = no};

	me.system = true;
	if (fetch_token_order(h, who, js_str(in, "token"), no, err) < 0)
		return -1;
	return act_write(&done, fetch_confirm_run, err);
}

static int
fetch_resend_look(struct db *db, struct act *a, struct err *err)
{
	(void)db;
	return fetch_state(&a->o, err);
}

static int
fetch_resend_run(struct db *db, struct act *a, struct err *err)
{
	if (fetch_state(&a->o, err) < 0)
		return -1;
	if (order_note(db, a->h, a->who, &a->o, "resend", NULL, err) < 0)
		return -1;
	return authorisation_send(db, a->h, &a->o, false, err);
}

int
fetch_resend(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = {.h = h, .who = who, .desk = true, .no = no};

	/* whose order it is comes first: a stranger must not use up the day's tries */
	if (act_read(&a, fetch_resend_look, err) < 0)
		return -1;
	if (limit_hit(h, "fetch.resend", no, 5, CLOCK_DAY, err) < 0)
		return err->kind != ERR_LIMIT ? -1 : err_set(err, ERR_LIMIT,
		    "今天重发的次数太多，请明天再试或联系客服。");
	return act_write(&a, fetch_resend_run, err);
}

static int
certificate_pem_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	struct cert	*c = NULL;
	const void	*der = NULL;
	size_t		 len = 0;
	int		 rc = 0;
	bool		 found = false;

	buf_clear(a->extra);
	if (db_query(db, SQL_CERTIFICATE_OF_ORDER, &rows, err, DB_INT(a->o.id)) < 0)
		return -1;
	while (!found && (rc = rows_next(rows, err)) > 0) {
		if (strcmp(rows_text(rows, 0), a->name) != 0)
			continue;
		der = rows_blob(rows, 5, &len);
		rc = cert_parse(der, len, &c, err);
		if (rc < 0)
			break;
		cert_pem_add(c, a->extra);
		cert_free(c);
		found = true;
	}
	rows_free(rows);
	if (rc < 0)
		return -1;
	return found ? 0 : err_set(err, ERR_NOT_FOUND, "这笔业务还没有证书。");
}

int
certificate_pem(struct hall *h, const struct who *who, const char *no, const char *kind,
    struct buf *pem, struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no, .name = kind, .extra = pem};

	return act_read(&a, certificate_pem_run, err);
}
