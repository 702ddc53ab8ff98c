#include "base/base.h"
#include "hall/invoice/invoice.h"
#include "web/pages/common.h"

static int
user_invoices_show(struct call *c, struct err *err)
{
	js_set_str(c->model, "path", c->page->path);
	page_search(c);
	return call_take(c, invoice_list(c->hall, &c->who, c->query, &c->got, err));
}

extern const struct page	page_user_invoices;
const struct page		page_user_invoices = {
	.name = "user_invoices", .path = "/user/invoices", .need = NEED_ACCOUNT,
	.title = "我的发票", .tmpl = "user_invoices", .back = "/user", .menu = MENU_QUERY,
	.show = user_invoices_show,
};

/* What was ticked is ticked again when the form comes back. */
static void
invoice_keep_ticks(struct call *c)
{
	json_t	*row = NULL;
	char	 key[40];
	size_t	 i = 0;

	json_array_foreach(json_object_get(c->model, "orders"), i, row) {
		(void)snprintf(key, sizeof(key), "order_%s", js_str(row, "no"));
		if (*call_in(c, key) != '\0')
			js_set_bool(row, "picked", true);
	}
}

static int
invoice_new_show(struct call *c, struct err *err)
{
	if (call_take(c, invoice_offer(c->hall, &c->who, c->query, &c->got, err)) < 0)
		return -1;
	invoice_keep_ticks(c);
	return 0;
}

static int
invoice_new_post(struct call *c, struct err *err)
{
	char	no[INVOICE_NO];

	if (invoice_request(c->hall, &c->who, c->in, c->errors, no, err) < 0)
		return -1;
	js_set_str(c->model, "no", no);
	return call_next(c, "开票申请已提交，开出后会用短信和邮件通知您。", "/invoices/%s", no);
}

extern const struct page	page_invoice_new;
const struct page		page_invoice_new = {
	.name = "invoice_new", .path = "/invoices/new", .need = NEED_ACCOUNT, .title = "申请开票",
	.tmpl = "invoice_new", .back = "/user/invoices", .form = form_invoice,
	.show = invoice_new_show, .post = invoice_new_post, .per_minute = 20,
};

static int
invoice_show(struct call *c, struct err *err)
{
	return call_take(c, invoice_view(c->hall, &c->who, call_param(c, "invoice"), &c->got, err));
}

extern const struct page	page_invoice;
const struct page		page_invoice = {
	.name = "invoice", .path = "/invoices/{invoice}", .need = NEED_ACCOUNT, .title = "发票",
	.tmpl = "invoice", .back = "/user/invoices", .show = invoice_show,
};

/* ?download=1 offers it as a file; else the browser shows it. */
static int
invoice_file_show(struct call *c, struct err *err)
{
	char		name[64];
	struct buf	pdf;
	int		rc = 0;

	(void)snprintf(name, sizeof(name), "%s.pdf", call_param(c, "invoice"));
	buf_init(&pdf, LIMIT_FRAME);
	rc = invoice_pdf(c->hall, &c->who, call_param(c, "invoice"), &pdf, err);
	return page_send(c, rc, "application/pdf", &pdf,
	    *call_query(c, "download") == '\0' ? NULL : name);
}

extern const struct page	page_invoice_file, page_staff_invoice_file;
const struct page		page_invoice_file = {
	.name = "invoice_file", .path = "/invoices/{invoice}/file", .need = NEED_ACCOUNT,
	.title = "发票文件", .back = "/invoices/{invoice}", .show = invoice_file_show, .per_minute = 60,
};
const struct page		page_staff_invoice_file = {
	.name = "staff_invoice_file", .path = "/staff/invoices/{invoice}/file", .need = NEED_FINANCE,
	.title = "发票文件", .back = "/staff/invoices/{invoice}", .show = invoice_file_show,
};

static int
invoice_mend_post(struct call *c, struct err *err)
{
	if (invoice_mend(c->hall, &c->who, call_param(c, "invoice"), c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "已按新的开票信息重新提交。", "%s/%s",
	    c->who.staff != 0 ? "/staff/invoices" : "/invoices", call_param(c, "invoice"));
}

extern const struct page	page_invoice_mend, page_staff_invoice_mend;
const struct page		page_invoice_mend = {
	.name = "invoice_mend", .path = "/invoices/{invoice}/mend", .need = NEED_ACCOUNT,
	.title = "修改开票信息", .tmpl = "invoice", .back = "/invoices/{invoice}",
	.form = form_invoice_mend, .show = invoice_show, .post = invoice_mend_post,
	.per_minute = 20,
};
const struct page		page_staff_invoice_mend = {
	.name = "staff_invoice_mend", .path = "/staff/invoices/{invoice}/mend", .need = NEED_FINANCE,
	.title = "更正开票信息", .tmpl = "staff_invoice", .back = "/staff/invoices/{invoice}",
	.form = form_invoice_mend, .show = invoice_show, .post = invoice_mend_post,
};

static int
invoice_drop_post(struct call *c, struct err *err)
{
	if (invoice_drop(c->hall, &c->who, call_param(c, "invoice"), err) < 0)
		return -1;
	return call_next(c, "开票申请已撤回，需要时可以重新申请。", "/user/invoices");
}

extern const struct page	page_invoice_drop;
const struct page		page_invoice_drop = {
	.name = "invoice_drop", .path = "/invoices/{invoice}/drop", .need = NEED_ACCOUNT,
	.title = "撤回开票申请", .back = "/invoices/{invoice}", .post = invoice_drop_post,
};

/* ---- finance ---- */

static int
staff_invoices_show(struct call *c, struct err *err)
{
	static const char *const tabs[][2] = {
		{"trouble", "待处理"}, {"open", "开具中"}, {"issued", "已开具"},
		{"reversed", "已红冲、撤回"}, {"all", "全部"}, {NULL, NULL},
	};
	const char	*tab = call_query(c, "tab");

	(void)json_object_set_new(c->model, "tabs", page_tabs(tabs, *tab == '\0' ? "trouble" :
	    tab));
	return call_take(c, invoice_work(c->hall, &c->who, c->query, &c->got, err));
}

extern const struct page	page_staff_invoices, page_staff_invoice;
const struct page		page_staff_invoices = {
	.name = "staff_invoices", .path = "/staff/invoices", .need = NEED_FINANCE,
	.title = "发票", .tmpl = "staff_invoices", .back = "/staff", .menu = MENU_STAFF,
	.show = staff_invoices_show,
};
const struct page		page_staff_invoice = {
	.name = "staff_invoice", .path = "/staff/invoices/{invoice}", .need = NEED_FINANCE,
	.title = "发票详情", .tmpl = "staff_invoice", .back = "/staff/invoices",
	.show = invoice_show,
};

static int
staff_invoice_retry_post(struct call *c, struct err *err)
{
	if (invoice_retry(c->hall, &c->who, call_param(c, "invoice"), err) < 0)
		return -1;
	return call_next(c, "已重新提交，请稍后刷新查看。", "/staff/invoices/%s",
	    call_param(c, "invoice"));
}

extern const struct page	page_staff_invoice_retry;
const struct page		page_staff_invoice_retry = {
	.name = "staff_invoice_retry", .path = "/staff/invoices/{invoice}/retry",
	.need = NEED_FINANCE, .title = "重新提交", .back = "/staff/invoices/{invoice}",
	.post = staff_invoice_retry_post,
};

static int
staff_invoice_reverse_post(struct call *c, struct err *err)
{
	if (invoice_reverse(c->hall, &c->who, call_param(c, "invoice"), c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "红冲申请已提交，请稍后刷新查看。", "/staff/invoices/%s",
	    call_param(c, "invoice"));
}

extern const struct page	page_staff_invoice_reverse;
const struct page		page_staff_invoice_reverse = {
	.name = "staff_invoice_reverse", .path = "/staff/invoices/{invoice}/reverse",
	.need = NEED_FINANCE, .title = "红冲", .tmpl = "staff_invoice",
	.back = "/staff/invoices/{invoice}", .show = invoice_show, .post = staff_invoice_reverse_post,
};
