#include "base/base.h"
#include "hall/certificate/unlock.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/code.h"
#include "hall/act.h"
#include "hall/medium/medium.h"
#include "hall/notice.h"
#include "hall/order/approval.h"
#include "hall/order/order_row.h"
#include "hall/sealed.h"
#include "hall/services.h"
#include "hall/steps.h"

#define LINK_TOKEN	32
#define LINK_LIFE	(30 * CLOCK_MINUTE)
#define LINK_HOUR	5

const char *
unlock_ukey(const struct order *o)
{
	return js_str(json_object_get(o->form, "unlock"), "ukey");
}

const char *
unlock_challenge(const struct order *o)
{
	return js_str(json_object_get(o->form, "unlock"), "challenge");
}

/* ---- proofs ---- */

static int
unlock_send_look(struct db *db, struct act *a, struct err *err)
{
	(void)db;
	return step_is_now(a->h, &a->o, "mail_link", err);
}

static int
unlock_send_link_run(struct db *db, struct act *a, struct err *err)
{
	char	 token[LINK_TOKEN + 1], digest[KEYED_TEXT], *url = NULL, *key = NULL;
	json_t	*v = NULL;
	int	 rc = -1;

	rand_token(token, LINK_TOKEN);
	keyed_pair(a->h, "proof.link", a->o.no, token, digest);
	if (db_run(db, SQL_PROOF_LINK_SET, NULL, err, DB_INT(a->o.id), DB_TEXT(digest),
	    DB_INT(clock_now())) < 0 || order_note(db, a->h, a->who, &a->o, "proof_link", NULL, err) < 0)
		return -1;
	url = xasprintf("%s/orders/%s/steps/mail_link?token=%s", conf_str("web.public_url"),
	    a->o.no, token);
	key = xasprintf("%s:link:%" PRIx64, a->o.no, (uint64_t)rand_id());
	v = json_pack("{s:s, s:s, s:s, s:s}", "no", a->o.no, "subject", a->o.subject, "agent",
	    js_str(a->o.form, "agent_name"), "url", url);
	rc = notice_to(db, a->h, "unlock_link", NULL, js_str(a->o.form, "agent_mail"), v, key,
	    err);
	json_decref(v);
	free(key);
	free(url);
	return rc;
}

int
unlock_send_link(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	look = { .h = h, .who = who, .no = no }, a = look;

	if (act_read(&look, unlock_send_look, err) < 0)
		return -1;
	if (limit_hit(h, "unlock.link", no, LINK_HOUR, CLOCK_HOUR, err) < 0)
		return err->kind != ERR_LIMIT ? -1 : err_set(err, ERR_LIMIT,
		    "邮件发送的次数太多，请一小时后再试或联系客服。");
	return act_write(&a, unlock_send_link_run, err);
}

int
unlock_take_link(struct db *db, const struct hall *h, const struct order *o, const char *token,
    struct err *err)
{
	struct rows	*rows = NULL;
	const char	*stored = NULL;
	char		 digest[KEYED_TEXT];
	bool		 right = false;
	int		 rc = 0;

	keyed_pair(h, "proof.link", o->no, token, digest);
	if (db_query(db, SQL_PROOF_LINK_GET, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0) {
		stored = rows_text(rows, 0);
		right = secret_equal(stored, strlen(stored), digest, strlen(digest)) &&
		    clock_now() <= rows_int(rows, 1) + LINK_LIFE &&
		    rows_int(rows, 1) <= clock_now() + CODE_AHEAD;
	}
	rows_free(rows);
	if (rc < 0)
		return -1;
	if (!right)
		return err_set(err, ERR_INPUT,
		    "链接不对、已用过或已过期（30分钟），请重新发送邮件，打开最新的一封。");
	return db_run(db, SQL_PROOF_LINK_DROP, NULL, err, DB_INT(o->id));
}

/* ---- the answer ---- */

int
unlock_check(struct db *db, const struct order *o, const char *ukey, struct err *err)
{
	struct rows	*rows = NULL;
	char		 serial[MEDIUM_SERIAL];
	bool		 good = false;
	int64_t		 issued_for = 0;

	if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(o->concerns)) < 0)
		return -1;
	issued_for = rows_int(rows, 1);
	good = strcmp(rows_text(rows, 7), "good") == 0;
	rows_free(rows);
	if (!good)
		return err_set(err, ERR_WRONG_STATE, "证书已冻结或撤销，不能解锁，请联系客服。");
	if (medium_of_order(db, issued_for, serial, err) < 0)
		return -1;
	if (serial[0] == '\0')
		return err_set(err, ERR_WRONG_STATE,
		    "没有登记这张证书写在哪一支UKey，不能在线解锁，请携带UKey到服务网点办理。");
	return strcmp(serial, ukey) == 0 ? 0 : err_set(err, ERR_CONFLICT,
	    "插入的不是这张证书所在的UKey，请换成原来的UKey后重新读取。");
}

static int
unlock_load_run(struct db *db, struct act *a, struct err *err)
{
	struct approval	*p = a->extra;

	if (a->o.state != ORDER_UNLOCKING)
		return err_set(err, ERR_WRONG_STATE, "业务当前为“%s”，还不能解锁。",
		    order_state_text(a->o.state));
	if (unlock_check(db, &a->o, unlock_ukey(&a->o), err) < 0)
		return -1;
	return approval_load(db, &a->o, p, err);
}

/* This challenge is used up: read another from the UKey, and have it reviewed again. */
static int
unlock_lapse_run(struct db *db, struct act *a, struct err *err)
{
	if (a->o.state != ORDER_UNLOCKING)
		return 0;
	step_unmark(&a->o, "challenge");
	if (db_run(db, SQL_APPROVAL_DROP, NULL, err, DB_INT(a->o.id)) < 0)
		return -1;
	return order_move(db, a->h, a->who, &a->o, EVENT_LAPSE, NULL, err);
}

static int
unlock_lapse(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = { .h = h, .who = who, .no = no };
	struct err	why = *err;

	err_clear(err);
	if (act_write(&a, unlock_lapse_run, err) < 0)
		return -1;
	return err_set(err, why.kind == ERR_DENIED ? ERR_WRONG_STATE : ERR_EXPIRED,
	    why.kind == ERR_DENIED ? "解锁授权没有通过密钥管理中心的检查，请重新读取UKey，由另一位审核人员审核。" :
	    "解锁授权已过期，请重新读取UKey，审核后再解锁。");
}

/* Noted before it is given out; a->name is the answer in hex, a->number when it expires. */
static int
unlock_note_run(struct db *db, struct act *a, struct err *err)
{
	json_t	*about = json_object_get(a->o.form, "unlock");

	if (a->o.state != ORDER_UNLOCKING)
		return err_set(err, ERR_CONFLICT, "业务刚刚有了变化，请刷新页面。");
	a->model = json_pack("{s:s, s:s, s:s, s:I}", "order", a->o.no, "ukey",
	    unlock_ukey(&a->o), "answer", a->name, "expires", (json_int_t)a->number);
	if (js_bool(about, "answered"))
		return 0;
	js_set_bool(about, "answered", true);
	if (order_save(db, a->h, &a->o, err) < 0)
		return -1;
	return order_note(db, a->h, a->who, &a->o, "unlock_answer", unlock_ukey(&a->o), err);
}

int
unlock_answer_get(struct hall *h, const struct who *who, const char *no, json_t **model,
    struct err *err)
{
	struct approval	p;
	struct act	load = { .h = h, .who = who, .no = no, .extra = &p };
	char		hex[2 * UNLOCK_ANSWER + 1];
	struct act	note = { .h = h, .who = who, .no = no, .name = hex };
	unsigned char	answer[UNLOCK_ANSWER];
	int		rc = -1;

	approval_init(&p);
	if (act_read(&load, unlock_load_run, err) < 0)
		goto out;
	if (hall_services(h)->unlock(p.statement.p, p.statement.len, p.signature.p,
	    p.signature.len, answer, &note.number, err) < 0) {
		if (err->kind == ERR_EXPIRED || err->kind == ERR_CONFLICT ||
		    err->kind == ERR_DENIED)
			rc = unlock_lapse(h, who, no, err);
		goto out;
	}
	hex_encode(answer, sizeof(answer), hex);
	rc = act_model(&note, act_write(&note, unlock_note_run, err), model);
 out:
	approval_free(&p);
	return rc;
}

static int
unlock_done_run(struct db *db, struct act *a, struct err *err)
{
	if (a->o.state == ORDER_DONE)
		return 0;
	if (!js_bool(json_object_get(a->o.form, "unlock"), "answered"))
		return err_set(err, ERR_WRONG_STATE, "还没有取得解锁授权，请先点“解锁”。");
	if (order_move(db, a->h, a->who, &a->o, EVENT_UNLOCKED, unlock_ukey(&a->o), err) < 0 ||
	    medium_concerned_move(db, a->who, &a->o, MEDIUM_UNLOCK, err) < 0)
		return -1;
	return notice_order(db, a->h, &a->o, "unlocked", NULL, err);
}

int
unlock_done(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = { .h = h, .who = who, .no = no };

	return act_write(&a, unlock_done_run, err);
}
