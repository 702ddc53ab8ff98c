#include "base/base.h"
#include "web/page.h"

#include "hall/def/catalog.h"
#include "hall/order/fetch.h"
#include "hall/order/print.h"
#include "web/pages/common.h"

static int
order_new_show(struct call *c, struct err *err)
{
	const struct halldef	*d = hall_def(c->hall);
	const char		*want = call_query(c, "product"), *project = call_query(c, "project");
	json_t			*list = json_array();
	size_t			 i = 0;

	/* What is it for?  Until that is said there is nothing to offer. */
	js_set_bool(c->model, "choose", d->n_projects > 0);
	(void)json_object_set_new(c->model, "projects", catalog_projects(c->hall, project));
	(void)json_object_set_new(c->model, "products", list);
	for (i = 0; i < d->n_products; i++) {
		if (*want != '\0' ? strcmp(want, d->products[i].id) != 0 :
		    d->products[i].project != NULL && strcmp(project, d->products[i].project->id) != 0)
			continue;
		if (catalog_product(c->hall, d->products[i].id, &c->got, err) < 0)
			return -1;
		(void)json_array_append_new(list, c->got);
		c->got = NULL;		/* transferred */
	}
	return 0;
}

static int
order_new_post(struct call *c, struct err *err)
{
	char	no[ORDER_NO];

	if (order_create(c->hall, &c->who, call_in(c, "product"), no, err) < 0)
		return -1;
	js_set_str(c->model, "no", no);
	return call_next(c, NULL, "/orders/%s/continue", no);
}

extern const struct page	page_order_new;
const struct page		page_order_new = {
	.name = "order_new", .path = "/orders/new", .need = NEED_ACCOUNT, .title = "证书申请",
	.tmpl = "order_new", .back = "/user", .menu = MENU_TOP, .show = order_new_show,
	.post = order_new_post, .per_minute = 30,
};

static int
order_show(struct call *c, struct err *err)
{
	if (call_take(c, order_view(c->hall, &c->who, call_param(c, "no"), &c->got, err)) < 0)
		return -1;
	js_set_bool(c->model, "done", strcmp(js_str(c->model, "state"), "done") == 0);
	return 0;
}

extern const struct page	page_order, page_order_extended;
const struct page		page_order = {
	.name = "order", .path = "/orders/{no}", .need = NEED_ACCOUNT, .title = "申请详情",
	.tmpl = "order", .back = "/user", .show = order_show,
};
const struct page		page_order_extended = {
	.name = "order_extended", .path = "/orders/{no}/extended", .need = NEED_ACCOUNT,
	.title = "扩展信息", .tmpl = "order_extended", .back = "/orders/{no}",
	.show = order_show,
};

static int
order_copy_post(struct call *c, struct err *err)
{
	char	no[ORDER_NO];

	if (order_copy(c->hall, &c->who, call_param(c, "no"), no, err) < 0)
		return -1;
	js_set_str(c->model, "no", no);
	return call_next(c, "已按原申请填好单位和经办人信息，请核对并补充其余内容。",
	    "/orders/%s/continue", no);
}

extern const struct page	page_order_copy;
const struct page		page_order_copy = {
	.name = "order_copy", .path = "/orders/{no}/copy", .need = NEED_ACCOUNT,
	.title = "类似申请证书", .back = "/orders/{no}", .post = order_copy_post,
	.per_minute = 30,
};

static const struct field	form_cancel[] = {
	{.name = "reason", .label = "取消原因", .type = FIELD_TEXT, .max = 100,
	 .help = "可不填。"},
	{.name = NULL},
};

static int
order_cancel_post(struct call *c, struct err *err)
{
	if (order_cancel(c->hall, &c->who, call_param(c, "no"), call_in(c, "reason"), err) < 0)
		return -1;
	return call_next(c, "申请已取消。已支付的费用将原路退回。", "/orders/%s",
	    call_param(c, "no"));
}

extern const struct page	page_order_cancel;
const struct page		page_order_cancel = {
	.name = "order_cancel", .path = "/orders/{no}/cancel", .need = NEED_ACCOUNT,
	.title = "取消申请", .tmpl = "order_cancel", .back = "/orders/{no}",
	.form = form_cancel, .show = order_show, .post = order_cancel_post,
};

static int
order_resubmit_post(struct call *c, struct err *err)
{
	if (order_resubmit(c->hall, &c->who, call_param(c, "no"), err) < 0)
		return -1;
	return call_next(c, "已重新提交，等待审核。", "/orders/%s", call_param(c, "no"));
}

extern const struct page	page_order_resubmit;
const struct page		page_order_resubmit = {
	.name = "order_resubmit", .path = "/orders/{no}/resubmit", .need = NEED_ACCOUNT,
	.title = "重新提交", .back = "/orders/{no}", .post = order_resubmit_post,
};

static int
order_received_post(struct call *c, struct err *err)
{
	if (order_received(c->hall, &c->who, call_param(c, "no"), err) < 0)
		return -1;
	return call_next(c, "已确认收到UKey，业务办理完成。", "/orders/%s", call_param(c, "no"));
}

extern const struct page	page_order_received;
const struct page		page_order_received = {
	.name = "order_received", .path = "/orders/{no}/received", .need = NEED_ACCOUNT,
	.title = "确认收到", .back = "/orders/{no}", .post = order_received_post,
};

static int
order_resend_post(struct call *c, struct err *err)
{
	if (fetch_resend(c->hall, &c->who, call_param(c, "no"), err) < 0)
		return -1;
	return call_next(c, "证书下载邮件已重新发送，原授权码已失效。", "/orders/%s",
	    call_param(c, "no"));
}

extern const struct page	page_order_resend;
const struct page		page_order_resend = {
	.name = "order_resend", .path = "/orders/{no}/resend", .need = NEED_ACCOUNT,
	.title = "重新发送证书下载邮件", .back = "/orders/{no}", .post = order_resend_post,
	.per_minute = 10,
};

/* ?download=1 offers it as a file; else the browser shows and prints it. */
static int
order_print_show(struct call *c, struct err *err)
{
	char		file[128];
	struct buf	pdf;
	int		rc = 0;

	(void)snprintf(file, sizeof(file), "%s-%s.pdf", call_param(c, "no"),
	    call_param(c, "name"));
	buf_init(&pdf, LIMIT_FRAME);
	rc = print_pdf(c->hall, &c->who, call_param(c, "no"), call_param(c, "name"), &pdf, err);
	return page_send(c, rc, "application/pdf", &pdf,
	    *call_query(c, "download") == '\0' ? NULL : file);
}

extern const struct page	page_order_print, page_staff_print;
const struct page		page_order_print = {
	.name = "order_print", .path = "/orders/{no}/print/{name}", .need = NEED_ACCOUNT,
	.title = "打印申请表", .back = "/orders/{no}", .show = order_print_show,
	.per_minute = 60,
};
const struct page		page_staff_print = {
	.name = "staff_print", .path = "/staff/orders/{no}/print/{name}", .need = NEED_STAFF,
	.title = "打印申请表", .back = "/staff", .show = order_print_show,
};

static int
certificate_show(struct call *c, struct err *err)
{
	char		file[128];
	struct buf	pem;
	int		rc = 0;

	(void)snprintf(file, sizeof(file), "%s-%s.pem", call_param(c, "no"),
	    call_param(c, "kind"));
	buf_init(&pem, LIMIT_JSON);
	rc = certificate_pem(c->hall, &c->who, call_param(c, "no"), call_param(c, "kind"), &pem,
	    err);
	return page_send(c, rc, "application/x-pem-file", &pem, file);
}

extern const struct page	page_certificate;
const struct page		page_certificate = {
	.name = "certificate", .path = "/orders/{no}/certificates/{kind}",
	.need = NEED_ACCOUNT, .title = "证书文件", .back = "/orders/{no}",
	.show = certificate_show,
};
