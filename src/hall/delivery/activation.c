#include "base/base.h"
#include "hall/delivery/activation.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/secret.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/identity/remittance.h"
#include "hall/medium/medium.h"
#include "hall/notice.h"
#include "hall/order/order_row.h"
#include "hall/sealed.h"
#include "pki/sm2.h"

#define ACTIVATION_LEN		8		/* digits */
#define ACTIVATION_COLUMN	"activation.pin"
#define ACTIVATION_MAX		512		/* sealed, or encrypted */

/* What is noted of an order. */
struct activation {
	char	 pin[ACTIVATION_LEN + 1];	/* "" once it was sent */
	char	 serial[MEDIUM_SERIAL];		/* of the UKey it is for */
	char	 phone[200];			/* where it went, masked; "" before */
	int64_t	 sent;				/* 0 before */
	bool	 there;
};

static void
activation_wipe(struct activation *a)
{
	secret_wipe(a, sizeof(*a));
}

static int
activation_open(const struct hall *h, struct rows *rows, struct activation *a, struct err *err)
{
	struct buf	 plain = {0};
	const void	*p = NULL;
	size_t		 len = 0;
	int		 rc = 0;

	a->there = true;
	(void)snprintf(a->serial, sizeof(a->serial), "%s", rows_text(rows, 0));
	(void)snprintf(a->phone, sizeof(a->phone), "%s", rows_text(rows, 2));
	a->sent = rows_int(rows, 3);
	p = rows_blob(rows, 1, &len);
	if (len == 0)
		return 0;
	buf_init(&plain, ACTIVATION_MAX);
	rc = sealed_get(h, ACTIVATION_COLUMN, p, len, &plain, err);
	if (rc == 0)
		(void)snprintf(a->pin, sizeof(a->pin), "%s", plain.p);
	secret_wipe(plain.p, plain.len);
	buf_free(&plain);
	return rc;
}

static int
activation_load(struct db *db, const struct hall *h, const struct order *o,
    struct activation *a, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	memset(a, 0, sizeof(*a));
	if (db_query(db, SQL_ACTIVATION_GET, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0)
		rc = activation_open(h, rows, a, err);
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

static int
activation_save(struct db *db, const struct hall *h, const struct order *o,
    const struct activation *a, struct err *err)
{
	struct buf	sealed = {0};
	int		rc = -1;

	buf_init(&sealed, ACTIVATION_MAX);
	if (sealed_put(h, ACTIVATION_COLUMN, a->pin, strlen(a->pin), &sealed, err) == 0)
		rc = db_run(db, SQL_ACTIVATION_SET, NULL, err, DB_INT(o->id), DB_TEXT(a->serial),
		    DB_BLOB(sealed.p, sealed.len), DB_INT(clock_now()));
	buf_free(&sealed);
	return rc;
}

/* ---- handing out ---- */

/* "serial\nPIN", readable by the assistant that gave the point. */
static int
activation_encrypt(const json_t *in, const struct activation *a, json_t **model,
    struct err *err)
{
	char		 text[MEDIUM_SERIAL + ACTIVATION_LEN + 2];
	EVP_PKEY	*key = NULL;
	struct buf	 point = {0}, der = {0};
	int		 rc = -1;

	buf_init(&point, SM2_POINT_LEN);
	buf_init(&der, ACTIVATION_MAX);
	if (js_need_bytes(in, "point", &point, err) < 0)
		goto out;
	if (point.len != SM2_POINT_LEN ||
	    sm2_from_point((const unsigned char *)point.p, &key, err) < 0) {
		err_clear(err);
		err_set(err, ERR_INPUT, "证书助手的回答不完整，请更新证书助手后再试。");
		goto out;
	}
	(void)snprintf(text, sizeof(text), "%s\n%s", a->serial, a->pin);
	if (sm2_encrypt(key, text, strlen(text), &der, err) < 0)
		goto out;
	*model = json_object();
	js_set_bytes(*model, "activation", der.p, der.len);
	rc = 0;
 out:
	secret_wipe(text, sizeof(text));
	EVP_PKEY_free(key);
	buf_free(&point);
	buf_free(&der);
	return rc;
}

/* Written, and still at the desk. */
static int
activation_may(const struct act *a, struct err *err)
{
	if (!hall_def(a->h)->medium_activation)
		return err_set(err, ERR_WRONG_STATE, "本服务网不使用激活PIN码。");
	if (a->o.state == ORDER_READY)
		return 0;
	if (a->o.state != ORDER_MAKING)
		return err_set(err, ERR_WRONG_STATE, "业务当前为“%s”，不能设置激活PIN码。",
		    order_state_text(a->o.state));
	return a->o.maker == a->who->staff ? 0 :
	    err_set(err, ERR_DENIED, "这笔业务正由另一位制证员处理。");
}

static int
activation_hand_run(struct db *db, struct act *a, struct err *err)
{
	struct activation	pin;
	char			serial[MEDIUM_SERIAL], lasting[48];
	int			rc = -1;

	if (activation_may(a, err) < 0 || activation_load(db, a->h, &a->o, &pin, err) < 0)
		return -1;
	if (medium_of_order(db, a->o.id, serial, err) < 0 ||
	    medium_lasting(db, a->o.id, lasting, err) < 0)
		goto out;
	if (lasting[0] == '\0') {
		err_set(err, ERR_WRONG_STATE, "证书还没有写入UKey，请先签发。");
		goto out;
	}
	if (pin.pin[0] == '\0' || strcmp(pin.serial, serial) != 0) {
		rand_digits(pin.pin, ACTIVATION_LEN);
		(void)snprintf(pin.serial, sizeof(pin.serial), "%s", serial);
		if (activation_save(db, a->h, &a->o, &pin, err) < 0)
			goto out;
	}
	json_decref(a->model);
	a->model = NULL;
	rc = activation_encrypt(a->in, &pin, &a->model, err);
 out:
	activation_wipe(&pin);
	return rc;
}

int
activation_hand(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t **model, struct err *err)
{
	struct act	a = { .h = h, .who = who, .desk = true, .no = no, .in = in };

	if (hall_need_role(who, ROLE_MAKER, err) < 0)
		return -1;
	return act_model(&a, act_write(&a, activation_hand_run, err), model);
}

/* ---- sending ---- */

static const char *
activation_phone(const struct order *o)
{
	const char	*own = js_str(o->form, "mobile");

	return o->def->person && *own != '\0' ? own : order_mobile(o);
}

bool
activation_is_remitted(const struct hall *h, const struct order *o)
{
	const struct def_collection	*way = halldef_collection(hall_def(h),
					    js_str(o->collection, "way"));

	return remittance_has_bank() && hall_def(h)->medium_activation && way != NULL && way->made && !o->def->person &&
	    halldef_has_step(hall_def(h), o->op, "pin_account") &&
	    halldef_pin_remitted(hall_def(h), js_str(o->collection, "paid_by"));
}

/* What was sent is forgotten here; where it went stays. */
static int
activation_sent(struct db *db, const struct hall *h, const struct who *who,
    const struct order *o, const char *where, const char *remit_no, struct err *err)
{
	bool	remitted = *remit_no != '\0';

	if (db_run(db, SQL_ACTIVATION_SENT, NULL, err, DB_INT(o->id), DB_TEXT(where),
	    DB_INT(clock_now()), DB_TEXT(remitted ? "remittance" : "sms"),
	    DB_TEXT(remit_no)) < 0)
		return -1;
	return order_note(db, h, who, o, remitted ? "activation_remitted" : "activation", where,
	    err);
}

static int
activation_tell(struct db *db, const struct hall *h, const struct who *who,
    const struct order *o, const struct activation *a, struct err *err)
{
	const char	*mobile = activation_phone(o);
	char		*key = xasprintf("%s:activation:%" PRIx64, o->no, (uint64_t)rand_id());
	json_t		*v = json_pack("{s:s, s:s, s:s}", "no", o->no, "subject", o->subject,
			    "pin", a->pin);
	char		 masked[MASK_TEXT];
	int		 rc = notice_to(db, h, "activation", mobile, NULL, v, key, err);

	json_decref(v);
	free(key);
	return rc < 0 ? -1 : activation_sent(db, h, who, o, mask_phone(mobile, masked), "", err);
}

/* One fen to the organisation's account, the PIN in the remark; the agent is told where to look. */
static int
activation_remit(struct db *db, const struct hall *h, const struct who *who,
    const struct order *o, const struct activation *a, struct err *err)
{
	struct remittance_payee	to = { js_str(o->form, "org_name"), js_str(o->collection,
		"pin_account"), js_str(o->collection, "pin_bank") };
	char			remark[64], no[REMIT_NO], bank[101], masked[MASK_TEXT], *where = NULL;
	int			rc = 0;

	(void)snprintf(remark, sizeof(remark), "UKey激活PIN码%s", a->pin);
	rc = remittance_put(db, h, o, "pin", &to, 1, remark, no, err);
	secret_wipe(remark, sizeof(remark));
	if (rc < 0)
		return -1;
	str_copy(bank, sizeof(bank), to.bank);
	where = xasprintf("%s %s", bank, mask_idno(to.account, masked));
	rc = activation_sent(db, h, who, o, where, no, err);
	free(where);
	return rc < 0 ? -1 : notice_order(db, h, o, "pin_remitted", NULL, err);
}

static int
activation_send_by(struct db *db, const struct hall *h, const struct who *who,
    const struct order *o, bool sms, struct err *err)
{
	struct activation	a;
	int			rc = 0;

	if (!hall_def(h)->medium_activation)
		return 0;
	if (activation_load(db, h, o, &a, err) < 0)
		return -1;
	if (a.pin[0] == '\0')
		rc = err_set(err, ERR_WRONG_STATE, "还没有设置激活PIN码，请重新制证。");
	else if (!sms && activation_is_remitted(h, o) &&
	    *js_str(o->collection, "pin_account") != '\0')
		rc = activation_remit(db, h, who, o, &a, err);
	else
		rc = activation_tell(db, h, who, o, &a, err);
	activation_wipe(&a);
	return rc;
}

int
activation_send(struct db *db, const struct hall *h, const struct who *who,
    const struct order *o, struct err *err)
{
	return activation_send_by(db, h, who, o, false, err);
}

static int
activation_again_run(struct db *db, struct act *a, struct err *err)
{
	return activation_may(a, err) < 0 ? -1 : activation_send_by(db, a->h, a->who, &a->o,
	    strcmp(js_str(a->in, "by"), "sms") == 0, err);
}

int
activation_again(struct hall *h, const struct who *who, const char *no, const json_t *in,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .desk = true, .no = no, .in = in };

	if (hall_need_role(who, ROLE_MAKER, err) < 0)
		return -1;
	return act_write(&a, activation_again_run, err);
}

/* Its remittance, when it went by one. */
static int
activation_remittance(struct db *db, struct rows *rows, struct remittance *r, struct err *err)
{
	memset(r, 0, sizeof(*r));
	return strcmp(rows_text(rows, 4), "remittance") == 0 ?
	    remittance_load(db, rows_text(rows, 5), r, err) : 0;
}

int
activation_is_waiting(struct db *db, const struct order *o, bool *waiting, struct err *err)
{
	struct rows		*rows = NULL;
	struct remittance	 r = { .there = false };
	size_t			 len = 0;
	int			 rc = 0;

	*waiting = false;
	if (db_query(db, SQL_ACTIVATION_GET, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0) {
		(void)rows_blob(rows, 1, &len);
		rc = activation_remittance(db, rows, &r, err);
		*waiting = len > 0 || remittance_is_lost(&r);
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

/* ---- telling how ---- */

static const char *
activation_text(const struct hall *h, const struct order *o, bool sent, bool remitted)
{
	const struct def_collection	*way = halldef_collection(hall_def(h),
					    js_str(o->collection, "way"));

	if (sent && remitted)
		return "一次性的激活PIN码写在汇给单位对公账户的一分钱打款的附言里，请财务人员查看账户明细；"
		    "第一次使用时请换成您自己的PIN码。";
	if (sent)
		return "一次性的激活PIN码已用短信发出，不再显示；第一次使用时请换成您自己的PIN码。";
	if (way == NULL)
		return "";
	if (activation_is_remitted(h, o))
		return "制证后向单位对公账户汇一分钱，附言中是一次性的激活PIN码，第一次使用时换成您自己的PIN码。";
	if (way->made && hall_def(h)->medium_activation)
		return "制证后用短信发送一次性的激活PIN码，第一次使用时换成您自己的PIN码。";
	if (way->made)
		return "随UKey交付，第一次使用时请换成您自己的PIN码。";
	return "由您自己在UKey中设置，本网站不知道也不保存。";
}

int
activation_model(struct db *db, const struct hall *h, const struct order *o, json_t *model,
    struct err *err)
{
	struct rows		*rows = NULL;
	struct remittance	 r = { .there = false };
	json_t			*sent = json_object(), *m = NULL;
	int			 rc = 0;

	if (db_query(db, SQL_ACTIVATION_GET, &rows, err, DB_INT(o->id)) < 0) {
		json_decref(sent);
		return -1;
	}
	rc = rows_next(rows, err);
	js_set_str(sent, "phone", rc > 0 ? rows_text(rows, 2) : "");
	js_set_time(sent, "time", rc > 0 ? rows_int(rows, 3) : 0);
	js_set_bool(model, "has_pin_sent", rc > 0 && rows_int(rows, 3) != 0);
	if (rc > 0)
		rc = activation_remittance(db, rows, &r, err);
	rows_free(rows);
	m = r.there ? remittance_model(&r) : NULL;
	js_set_str(sent, "way_text", r.there ? "打款附言" : "短信");
	js_set_str(sent, "state_text", js_str(m, "state_text"));
	js_set_str(sent, "reason", r.reason);
	js_set_bool(sent, "lost", remittance_is_lost(&r));
	json_decref(m);
	(void)json_object_set_new(model, "pin_sent", sent);
	js_set_bool(model, "pin_remitted", activation_is_remitted(h, o));
	js_set_str(model, "pin_text", activation_text(h, o, js_bool(model, "has_pin_sent"),
	    r.there));
	return rc < 0 ? -1 : 0;
}
