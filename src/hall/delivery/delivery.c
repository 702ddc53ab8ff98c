#include "base/base.h"
#include "hall/delivery/delivery.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/certificate/issue.h"
#include "hall/delivery/activation.h"
#include "hall/delivery/parcel.h"
#include "hall/medium/medium.h"
#include "hall/notice.h"
#include "hall/order/order_row.h"
#include "hall/order/order_view.h"
#include "pki/csr.h"

#define DELIVERY_LIST	200

/* What is known of the key in hand. */
static int
delivery_key(struct db *db, const struct act *a, const struct order *o, json_t *model,
    struct err *err)
{
	char	serial[MEDIUM_SERIAL];
	bool	issued = false;

	if (medium_of_order(db, o->id, serial, err) < 0 || issue_is_done(db, o, &issued, err) < 0)
		return -1;
	js_set_str(model, "ukey", serial);
	js_set_bool(model, "issued", issued);
	js_set_bool(model, "activation", hall_def(a->h)->medium_activation);
	return activation_model(db, a->h, o, model, err) < 0 ? -1 :
	    parcel_model(db, a->h, o, model, err);
}

static int
delivery_list(struct db *db, struct act *a, enum order_state state, const char *key,
    struct err *err)
{
	const struct def_collection	*way = NULL;
	struct rows			*rows = NULL;
	struct order			 o = {0};
	json_t				*list = json_array(), *j = NULL;
	int				 rc = 0;

	(void)json_object_set_new(a->model, key, list);
	if (db_query(db, SQL_ORDER_WORK, &rows, err, DB_TEXT(order_state_name(state)),
	    DB_INT(DELIVERY_LIST)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		if (order_from_row(a->h, rows, &o, err) < 0) {
			rc = -1;
			break;
		}
		way = halldef_collection(hall_def(a->h), js_str(o.collection, "way"));
		/* Who downloads himself needs no maker. */
		if (!o.def->soft && (state != ORDER_APPROVED || way == NULL || way->made)) {
			j = order_row_model(a->h, &o);
			order_view_collection(a->h, &o, j);
			js_set_bool(j, "by_courier", way != NULL && way->address);
			js_set_bool(j, "mine", o.maker == a->who->staff);
			(void)json_array_append_new(list, j);
			rc = delivery_key(db, a, &o, j, err);
		}
		order_release(&o);
		if (rc < 0)
			break;
	}
	rows_free(rows);
	return rc;
}

static int
delivery_work_run(struct db *db, struct act *a, struct err *err)
{
	a->model = json_object();
	if (delivery_list(db, a, ORDER_APPROVED, "to_make", err) < 0 ||
	    delivery_list(db, a, ORDER_MAKING, "making", err) < 0 ||
	    delivery_list(db, a, ORDER_READY, "ready", err) < 0)
		return -1;
	return delivery_list(db, a, ORDER_SHIPPED, "shipped", err);
}

int
delivery_work(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who};

	if (hall_need_role(who, ROLE_MAKER, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, delivery_work_run, err), model);
}

static int
delivery_claim_run(struct db *db, struct act *a, struct err *err)
{
	if (a->o.def->soft)
		return err_set(err, ERR_WRONG_STATE, "软证书由申请人自己下载，不用制证。");
	if (a->o.state == ORDER_MAKING && a->o.maker == a->who->staff)
		return 0;
	a->o.maker = a->who->staff;
	return order_move(db, a->h, a->who, &a->o, EVENT_CLAIM, NULL, err);
}

int
delivery_claim(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = {.h = h, .who = who, .desk = true, .no = no};

	if (hall_need_role(who, ROLE_MAKER, err) < 0)
		return -1;
	return act_write(&a, delivery_claim_run, err);
}

static int
delivery_is_mine(const struct act *a, struct err *err)
{
	if (a->o.state == ORDER_MAKING && a->o.maker != a->who->staff)
		return err_set(err, ERR_DENIED, "这笔业务正由另一位制证员处理。");
	return 0;
}

static int
delivery_unclaim_run(struct db *db, struct act *a, struct err *err)
{
	bool	issued = false;

	if (delivery_is_mine(a, err) < 0 || issue_is_done(db, &a->o, &issued, err) < 0)
		return -1;
	if (issued)
		return err_set(err, ERR_WRONG_STATE, "证书已签发到UKey，不能放弃，请完成制证。");
	a->o.maker = 0;
	if (medium_free(db, &a->o, err) < 0)
		return -1;
	return order_move(db, a->h, a->who, &a->o, EVENT_UNCLAIM, NULL, err);
}

int
delivery_unclaim(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = {.h = h, .who = who, .desk = true, .no = no};

	if (hall_need_role(who, ROLE_MAKER, err) < 0)
		return -1;
	return act_write(&a, delivery_unclaim_run, err);
}

static int
delivery_may_issue_run(struct db *db, struct act *a, struct err *err)
{
	if (a->o.state != ORDER_MAKING)
		return err_set(err, ERR_WRONG_STATE, "请先领取制证任务，再签发证书。");
	if (delivery_is_mine(a, err) < 0)
		return -1;
	return medium_bind(db, a->h, a->who, &a->o, js_str(a->in, "medium"), err);
}

int
delivery_issue(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who, .desk = true, .no = no, .in = in};
	unsigned char	point[SM2_POINT_LEN];
	struct buf	csr = {0};
	int		rc = -1;

	if (hall_need_role(who, ROLE_MAKER, err) < 0)
		return -1;
	buf_init(&csr, LIMIT_CSR);
	if (js_need_bytes(in, "csr", &csr, err) == 0 &&
	    csr_check(csr.p, csr.len, point, err) == 0 &&
	    act_write(&a, delivery_may_issue_run, err) == 0)
		rc = issue_pair(h, who, no, csr.p, csr.len, js_str(in, "medium"), model,
		    err);
	buf_free(&csr);
	return rc;
}

static int
delivery_made_run(struct db *db, struct act *a, struct err *err)
{
	bool	issued = false;

	if (a->o.state == ORDER_READY)
		return 0;
	if (delivery_is_mine(a, err) < 0 || issue_is_done(db, &a->o, &issued, err) < 0)
		return -1;
	if (!issued)
		return err_set(err, ERR_WRONG_STATE, "证书还没有写入UKey，请先签发。");
	if (activation_send(db, a->h, a->who, &a->o, err) < 0 ||
	    order_move(db, a->h, a->who, &a->o, EVENT_MADE, NULL, err) < 0 ||
	    db_run(db, SQL_AUTHORISATION_DROP, NULL, err, DB_INT(a->o.id)) < 0)
		return -1;
	return notice_order(db, a->h, &a->o, "made", NULL, err);
}

int
delivery_made(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = {.h = h, .who = who, .desk = true, .no = no};

	if (hall_need_role(who, ROLE_MAKER, err) < 0)
		return -1;
	return act_write(&a, delivery_made_run, err);
}

static int
delivery_record(struct db *db, struct act *a, bool blank, struct err *err)
{
	return db_run(db, SQL_DELIVERY_INSERT, NULL, err, DB_INT(rand_id()), DB_INT(a->o.id),
	    DB_TEXT(js_str(a->in, "company")), DB_TEXT(js_str(a->in, "waybill")),
	    DB_TEXT(js_str(a->in, "receiver")), DB_INT(blank), DB_INT(a->who->staff),
	    DB_INT(clock_now()));
}

/* A key whose PIN nobody was told stays. */
static int
delivery_may_leave(struct db *db, const struct act *a, struct err *err)
{
	bool	waiting = false;

	if (activation_is_waiting(db, &a->o, &waiting, err) < 0)
		return -1;
	return !waiting ? 0 : err_set(err, ERR_WRONG_STATE,
	    "激活PIN码还没有送到（新的还没有发出，或打款没有成功），请先完成“重发激活PIN码”。");
}

static int
delivery_ship_run(struct db *db, struct act *a, struct err *err)
{
	bool	 blank = strcmp(js_str(a->in, "blank"), "1") == 0;
	json_t	*v = NULL;
	int	 rc = 0;

	if (a->o.def->soft)
		return err_set(err, ERR_WRONG_STATE, "软证书由申请人自己下载，没有UKey要寄。");
	if (blank && a->o.state != ORDER_APPROVED)
		return err_set(err, ERR_WRONG_STATE, "业务当前为“%s”，不能寄出空白UKey。",
		    order_state_text(a->o.state));
	if (delivery_may_leave(db, a, err) < 0)
		return -1;
	rc = blank ? order_note(db, a->h, a->who, &a->o, "blank", js_str(a->in, "waybill"), err) :
	    order_move(db, a->h, a->who, &a->o, EVENT_SHIP, js_str(a->in, "waybill"), err);
	if (rc < 0 || delivery_record(db, a, blank, err) < 0 ||
	    parcel_follow(db, a->h, &a->o, js_str(a->in, "company"), js_str(a->in, "waybill"),
	    err) < 0)
		return -1;
	v = json_pack("{s:s, s:s}", "company", js_str(a->in, "company"), "waybill",
	    js_str(a->in, "waybill"));
	rc = notice_order(db, a->h, &a->o, "shipped", v, err);
	json_decref(v);
	return rc;
}

/* A waybill as couriers print it. */
static bool
delivery_is_waybill(const char *s)
{
	size_t	n = 0;

	for (n = 0; s[n] != '\0'; n++)
		if (!((s[n] >= '0' && s[n] <= '9') || (s[n] >= 'A' && s[n] <= 'Z') ||
		    (s[n] >= 'a' && s[n] <= 'z') || s[n] == '-'))
			return false;
	return n >= 6 && n <= 32;
}

int
delivery_ship(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, struct err *err)
{
	struct act	a = {.h = h, .who = who, .desk = true, .no = no, .in = in};
	int		rc = 0;

	if (hall_need_role(who, ROLE_MAKER, err) < 0)
		return -1;
	if (*js_str(in, "company") == '\0' || utf8_count(js_str(in, "company")) > 20)
		rc = hall_field_error(errors, "company", "快递公司", err, "请填写快递公司。");
	if (!delivery_is_waybill(js_str(in, "waybill")))
		rc = hall_field_error(errors, "waybill", "运单号", err,
		    "运单号由6至32位字母、数字组成，请核对。");
	return rc < 0 ? -1 : act_write(&a, delivery_ship_run, err);
}

static int
delivery_hand_over_run(struct db *db, struct act *a, struct err *err)
{
	if (delivery_may_leave(db, a, err) < 0 ||
	    order_move(db, a->h, a->who, &a->o, EVENT_HAND_OVER, js_str(a->in, "receiver"),
	    err) < 0 || delivery_record(db, a, false, err) < 0)
		return -1;
	return notice_order(db, a->h, &a->o, "done", NULL, err);
}

int
delivery_hand_over(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, struct err *err)
{
	struct act	a = {.h = h, .who = who, .desk = true, .no = no, .in = in};

	if (hall_need_role(who, ROLE_MAKER, err) < 0)
		return -1;
	if (utf8_count(js_str(in, "receiver")) < 2 || utf8_count(js_str(in, "receiver")) > 30)
		return hall_field_error(errors, "receiver", "领取人", err, "请填写领取人的姓名。");
	return act_write(&a, delivery_hand_over_run, err);
}
