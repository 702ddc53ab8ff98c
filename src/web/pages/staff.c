#include "base/base.h"
#include "hall/account/staff.h"

#include "hall/delivery/delivery.h"
#include "hall/order/review.h"
#include "hall/payment/payment.h"
#include "web/guard.h"
#include "web/pages/common.h"

/* n_<list>: how many each list of the model `key` has. */
static void
staff_count(struct call *c, const char *key)
{
	json_t		*m = json_object_get(c->model, key), *counts = json_object(), *v = NULL;
	const char	*name = NULL;
	char		 count[64];

	json_object_foreach(m, name, v) {
		if (!json_is_array(v))
			continue;
		(void)snprintf(count, sizeof(count), "n_%s", name);
		js_set_int(counts, count, (int64_t)json_array_size(v));
	}
	(void)json_object_update(m, counts);
	json_decref(counts);
}

/* The desk: what waits for somebody with these roles. */
static int
staff_show(struct call *c, struct err *err)
{
	bool	review = guard_may(NEED_REVIEWER, &c->who);
	bool	make = guard_may(NEED_MAKER, &c->who);
	bool	finance = guard_may(NEED_FINANCE, &c->who);

	js_set_bool(c->model, "may_review", review);
	js_set_bool(c->model, "may_make", make);
	js_set_bool(c->model, "may_finance", finance);
	if (review && call_take_as(c, "reviews", review_list(c->hall, &c->who, c->query,
	    &c->got, err)) < 0)
		return -1;
	if (make && call_take_as(c, "making", delivery_work(c->hall, &c->who, &c->got, err)) < 0)
		return -1;
	if (finance && call_take_as(c, "payments", payment_work(c->hall, &c->who, &c->got,
	    err)) < 0)
		return -1;
	staff_count(c, "making");
	staff_count(c, "payments");
	return 0;
}

extern const struct page	page_staff;
const struct page		page_staff = {
	.name = "staff", .path = "/staff", .need = NEED_STAFF, .title = "工作台",
	.tmpl = "staff", .menu = MENU_STAFF, .show = staff_show,
};

static int
staff_payments_show(struct call *c, struct err *err)
{
	return call_take(c, payment_work(c->hall, &c->who, &c->got, err));
}

extern const struct page	page_staff_payments;
const struct page		page_staff_payments = {
	.name = "staff_payments", .path = "/staff/payments", .need = NEED_FINANCE,
	.title = "转账核对", .tmpl = "staff_payments", .back = "/staff", .menu = MENU_STAFF,
	.show = staff_payments_show,
};

static int
staff_confirm_post(struct call *c, struct err *err)
{
	if (payment_confirm(c->hall, &c->who, call_param(c, "trade"), c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, *call_in(c, "reject") == '\0' ? "已确认到账。" :
	    "凭证已退回，申请人会收到通知。", "/staff/payments");
}

extern const struct page	page_staff_confirm;
const struct page		page_staff_confirm = {
	.name = "staff_confirm", .path = "/staff/payments/{trade}/confirm",
	.need = NEED_FINANCE, .title = "确认到账", .tmpl = "staff_payments",
	.back = "/staff/payments", .show = staff_payments_show, .post = staff_confirm_post,
};

static int
staff_refund_post(struct call *c, struct err *err)
{
	if (payment_refund(c->hall, &c->who, call_param(c, "trade"), err) < 0)
		return -1;
	return call_next(c, "已提交退款，将原路退回。", "/staff/payments");
}

extern const struct page	page_staff_refund;
const struct page		page_staff_refund = {
	.name = "staff_refund", .path = "/staff/payments/{trade}/refund", .need = NEED_FINANCE,
	.title = "退款", .back = "/staff/payments", .post = staff_refund_post,
};

/* A box for each role: posted as `field`, in the model as `flag`. */
static const struct { const char *field, *flag; enum staff_role role; } staff_boxes[] = {
	{"role_reviewer", "is_reviewer", ROLE_REVIEWER},
	{"role_maker", "is_maker", ROLE_MAKER},
	{"role_finance", "is_finance", ROLE_FINANCE},
	{"role_admin", "is_admin", ROLE_ADMIN},
};

static bool
staff_has_role(const json_t *row, const char *text)
{
	json_t	*roles = json_object_get(row, "roles"), *r = NULL;
	size_t	 i = 0;

	json_array_foreach(roles, i, r)
		if (strcmp(json_string_value(r), text) == 0)
			return true;
	return false;
}

static int
staff_members_show(struct call *c, struct err *err)
{
	json_t	*row = NULL;
	size_t	 i = 0, k = 0;

	if (call_take(c, staff_list(c->hall, &c->who, &c->got, err)) < 0)
		return -1;
	json_array_foreach(json_object_get(c->model, "rows"), i, row)
		for (k = 0; k < ARRAY_LEN(staff_boxes); k++)
			js_set_bool(row, staff_boxes[k].flag, staff_has_role(row,
			    staff_role_text(staff_boxes[k].role)));
	return 0;
}

static unsigned int
staff_members_roles(const struct call *c)
{
	unsigned int	roles = 0;
	size_t		i = 0;

	for (i = 0; i < ARRAY_LEN(staff_boxes); i++)
		if (*call_in(c, staff_boxes[i].field) != '\0')
			roles |= (unsigned int)staff_boxes[i].role;
	return roles;
}

static int
staff_members_post(struct call *c, struct err *err)
{
	int64_t	id = (int64_t)strtoll(call_in(c, "id"), NULL, 10);

	if (staff_set(c->hall, &c->who, id, staff_members_roles(c),
	    *call_in(c, "active") != '\0', err) < 0)
		return -1;
	return call_next(c, "已保存。", "/staff/members");
}

extern const struct page	page_staff_members;
const struct page		page_staff_members = {
	.name = "staff_members", .path = "/staff/members", .need = NEED_ADMIN,
	.title = "人员", .tmpl = "staff_members", .back = "/staff", .menu = MENU_STAFF,
	.show = staff_members_show, .post = staff_members_post,
};
