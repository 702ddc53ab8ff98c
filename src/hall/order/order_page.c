#include "base/base.h"
#include "hall/order/order.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/certificate/recover.h"
#include "hall/medium/medium.h"
#include "hall/notice.h"
#include "hall/order/order_row.h"
#include "hall/payment/payment.h"
#include "hall/steps.h"

void
order_fresh(struct order *o, const struct def_product *p)
{
	memset(o, 0, sizeof(*o));
	(void)snprintf(o->product, sizeof(o->product), "%s", p->id);
	(void)snprintf(o->op, sizeof(o->op), "new");
	o->def = p;
	o->state = o->was = ORDER_DRAFT;
	o->form = json_object();
	o->steps = json_object();
	o->collection = json_object();
}

static int
order_need_account(const struct who *who, struct err *err)
{
	return who->account != 0 ? 0 :
	    err_set(err, ERR_DENIED, "请先登录后再办理。");
}

/* Of some certificates an account has one (`once`): the account is held, so that two who ask at
 * the same moment do not both find none. */
static int
order_need_none(struct db *db, const struct who *who, const struct def_product *p,
    struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	if (!p->once)
		return 0;
	if (db_run(db, SQL_ACCOUNT_HOLD, NULL, err, DB_INT(who->account)) < 0 ||
	    db_query(db, SQL_ORDER_ONCE, &rows, err, DB_INT(who->account), DB_TEXT(p->id),
	    DB_INT(clock_now())) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0)
		rc = err_set(err, ERR_CONFLICT, "一个账户只能申请一份“%s”，您已有业务受理号%s：没有办完的请从用户中心"
		    "继续办理；已有证书的请更新、变更或补办。", p->title, rows_text(rows, 0));
	rows_free(rows);
	return rc;
}

static int
order_create_run(struct db *db, struct act *a, struct err *err)
{
	const struct def_product	*p = halldef_product(hall_def(a->h), a->name);
	char				*no = a->extra;
	struct order			 o = {0};
	int				 rc = -1;

	if (p == NULL)
		return err_set(err, ERR_NOT_FOUND, "没有这种证书，请从用户中心重新选择。");
	if (order_find_untouched(db, a->who, p->id, no, err) < 0)
		return -1;
	if (no[0] != '\0')
		return 0;
	if (order_need_none(db, a->who, p, err) < 0)
		return -1;
	order_fresh(&o, p);
	rc = order_insert(db, a->h, a->who, &o, "create", err);
	if (rc == 0)
		memcpy(no, o.no, ORDER_NO);
	order_release(&o);
	return rc;
}

int
order_create(struct hall *h, const struct who *who, const char *product, char no[ORDER_NO],
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = product, .extra = no};

	if (order_need_account(who, err) < 0)
		return -1;
	return act_write(&a, order_create_run, err);
}

/* What belongs to the one certificate alone is not copied. */
static void
order_drop_own(json_t *form)
{
	static const char *const own[] = { "user_name", "person_name", "person_id_no", "sex",
	    "mobile", "mail", "phone", "question", "answer" };
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(own); i++)
		(void)json_object_del(form, own[i]);
}

static int
order_copy_run(struct db *db, struct act *a, struct err *err)
{
	struct order	o = {0};
	int		rc = -1;

	if (order_need_none(db, a->who, a->o.def, err) < 0)
		return -1;
	order_fresh(&o, a->o.def);
	(void)json_object_update(o.form, a->o.form);
	(void)json_object_update(o.collection, a->o.collection);
	(void)json_object_del(o.collection, "paid_by");
	order_drop_own(o.form);
	(void)snprintf(o.subject, sizeof(o.subject), "%s", js_str(o.form, "org_name"));
	rc = order_insert(db, a->h, a->who, &o, "copy", err);
	if (rc == 0)
		memcpy(a->extra, o.no, ORDER_NO);
	order_release(&o);
	return rc;
}

int
order_copy(struct hall *h, const struct who *who, const char *from, char no[ORDER_NO],
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = from, .extra = no};

	if (order_need_account(who, err) < 0)
		return -1;
	return act_write(&a, order_copy_run, err);
}

static int
order_cancel_run(struct db *db, struct act *a, struct err *err)
{
	struct order	*o = &a->o;
	bool		 drafted = o->submitted == 0;

	if (!order_may_cancel(o) && !(a->who->system && o->state == ORDER_APPROVED))
		return err_set(err, ERR_WRONG_STATE, o->state == ORDER_APPROVED ?
		    "业务已经审核通过，不能自行取消；需要取消的，请联系客服。" :
		    "业务当前为“%s”，已不能取消；需要撤销证书请联系客服。",
		    order_state_text(o->state));
	if (js_bool(recover_about(o), "given"))
		return err_set(err, ERR_WRONG_STATE,
		    "恢复的密钥已经发出，不能取消；请在“写入恢复的密钥”一步完成。");
	if (medium_concerned_move(db, a->who, o, MEDIUM_UNLOCK, err) < 0)
		return -1;
	if (o->paid > 0)
		return payment_refund_order(db, a->h, a->who, o, err);
	if (order_move(db, a->h, a->who, o, EVENT_CANCEL, a->name, err) < 0)
		return -1;
	return drafted ? 0 : notice_order(db, a->h, o, "cancelled", NULL, err);
}

int
order_cancel(struct hall *h, const struct who *who, const char *no, const char *reason,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no, .name = reason};

	return act_write(&a, order_cancel_run, err);
}

static int
order_resubmit_run(struct db *db, struct act *a, struct err *err)
{
	const struct step	*s = NULL;

	if (a->o.state != ORDER_RETURNED)
		return err_set(err, ERR_WRONG_STATE, "业务当前为“%s”，不需要重新提交。",
		    order_state_text(a->o.state));
	s = step_current(a->h, &a->o);
	if (s != NULL && strcmp(s->name, "review") != 0)
		return err_set(err, ERR_WRONG_STATE, "还有未完成的步骤“%s”：%s。", s->title,
		    s->next);
	if (order_move(db, a->h, a->who, &a->o, EVENT_MEND, NULL, err) < 0)
		return -1;
	return notice_order(db, a->h, &a->o, "reviewing", NULL, err);
}

int
order_resubmit(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no};

	return act_write(&a, order_resubmit_run, err);
}

static int
order_received_run(struct db *db, struct act *a, struct err *err)
{
	if (order_move(db, a->h, a->who, &a->o, EVENT_RECEIVED, NULL, err) < 0)
		return -1;
	return notice_order(db, a->h, &a->o, "done", NULL, err);
}

int
order_received(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no};

	return act_write(&a, order_received_run, err);
}
