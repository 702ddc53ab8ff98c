#include "base/base.h"
#include "hall/order/print.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/order/order_view.h"
#include "hall/order/print_own.h"
#include "hall/payment/payment.h"
#include "hall/services.h"
#include "hall/steps.h"

/* One group of the form as a table; long values take a row of their own. */
static void
print_group(json_t *doc, const json_t *group)
{
	json_t		*rows = json_array(), *f = NULL;
	const json_t	*held = NULL;
	size_t		 i = 0;

	json_array_foreach(json_object_get(group, "fields"), i, f) {
		const char	*value = js_str(f, "value");

		if (utf8_count(value) > 16) {
			print_row(rows, js_str(f, "label"), value, NULL, NULL);
		} else if (held == NULL) {
			held = f;
		} else {
			print_row(rows, js_str(held, "label"), js_str(held, "value"),
			    js_str(f, "label"), value);
			held = NULL;
		}
	}
	if (held != NULL)
		print_row(rows, js_str(held, "label"), js_str(held, "value"), NULL, NULL);
	print_heading(doc, js_str(group, "group"));
	print_table(doc, rows);
}

static void
print_form(json_t *doc, struct hall *h, const struct order *o)
{
	json_t	*groups = order_view_form(h, o), *g = NULL, *rows = json_array();
	char	 amount[32], yuan[48], day[CLOCK_TEXT];
	size_t	 i = 0;

	print_notes(doc);
	json_array_foreach(groups, i, g)
		if (strcmp(js_str(g, "group"), "验证问题提示") != 0 &&
		    strcmp(js_str(g, "group"), "证书介质") != 0 &&
		    strcmp(js_str(g, "group"), "证书价格") != 0)
			print_group(doc, g);
	(void)snprintf(yuan, sizeof(yuan), "%s元", fen_text(o->amount, amount));
	print_heading(doc, "证书信息");
	(void)snprintf(day, sizeof(day), "%d年", o->years);
	print_row(rows, "证书模板", o->def->template_name, "证书年限", day);
	print_row(rows, "证书介质", product_medium_text(o->def), "费用", yuan);
	print_row(rows, "申请时间", clock_datetime(o->created, day), "业务类型", "制作");
	print_table(doc, rows);
	print_para(doc, "申请人声明：以上信息真实、完整、准确，已阅读并同意电子认证服务协议，"
	    "愿意遵守电子认证业务规则。");
	print_sign(doc, "经办人签字", "单位（盖章）", "日期");
	json_decref(groups);
}

static void
print_agreements(json_t *doc, const struct halldef *d, bool first)
{
	size_t	i = 0;

	for (i = 0; i < d->n_agreements; i++) {
		if (!d->agreements[i].print)
			continue;
		if (!first)
			print_page(doc, d->agreements[i].title);
		print_text(doc, d->agreements[i].text);
		print_sign(doc, "经办人签字", "单位（盖章）", "日期");
		first = false;
	}
}

static void
print_letter(json_t *doc, const struct order *o)
{
	json_t		*values = json_deep_copy(o->form);
	struct buf	 text = {0};

	buf_init(&text, LIMIT_JSON);
	js_set_str(values, "no", o->no);
	text_fill(o->def->authorisation, values, &text);
	print_text(doc, text.p);
	print_sign(doc, "被授权人签字", "授权单位（盖章）", "日期");
	buf_free(&text);
	json_decref(values);
}

static json_t *
print_receipt(const struct halldef *d, const struct order *o, json_t *trades)
{
	json_t	*doc = print_document(d, "支付结果", o->no), *rows = json_array(), *t = NULL;
	size_t	 i = 0;

	json_array_foreach(trades, i, t) {
		if (strcmp(js_str(t, "state"), "paid") != 0)
			continue;
		print_row(rows, "支付方式", js_str(t, "channel_text"), "交易状态", "交易成功");
		print_row(rows, "交易号", js_str(t, "provider_no"), NULL, NULL);
		print_row(rows, "商户订单号", js_str(t, "no"), NULL, NULL);
		print_row(rows, "总金额（元）", js_str(t, "amount"), "支付时间",
		    js_str(t, "paid_time"));
	}
	print_row(rows, "业务受理号", o->no, NULL, NULL);
	print_row(rows, "订单名称", o->def->title, "主体名称", o->subject);
	print_table(doc, rows);
	return doc;
}

static json_t *
print_by_name(struct hall *h, const struct order *o, const char *name)
{
	const struct halldef	*d = hall_def(h);
	char			*title = xasprintf("%s业务受理表", o->def->title);
	json_t			*doc = NULL;

	if (strcmp(name, "form") == 0 || strcmp(name, "all") == 0) {
		doc = print_document(d, title, o->no);
		print_form(doc, h, o);
	}
	if (strcmp(name, "agreement") == 0)
		doc = print_document(d, d->n_agreements > 0 ? d->agreements[0].title :
		    "服务协议", o->no);
	if (strcmp(name, "agreement") == 0 || strcmp(name, "all") == 0)
		print_agreements(doc, d, strcmp(name, "agreement") == 0);
	if (strcmp(name, "letter") == 0)
		doc = print_document(d, "单位授权委托书", o->no);
	if (strcmp(name, "all") == 0)
		print_page(doc, "单位授权委托书");
	if (strcmp(name, "letter") == 0 || strcmp(name, "all") == 0)
		print_letter(doc, o);
	free(title);
	return doc;
}

static int
print_run(struct db *db, struct act *a, struct err *err)
{
	json_t	*trades = NULL;

	if (json_object_get(a->o.steps, "form") == NULL)
		return err_set(err, ERR_WRONG_STATE, "请先填写申请信息，再打印。");
	if (strcmp(a->name, "handover") == 0)
		return print_handover(db, a, err);
	if (strcmp(a->name, "waybill") == 0)
		return print_waybill(db, a, err);
	if (strcmp(a->name, "receipt") != 0) {
		a->model = print_by_name(a->h, &a->o, a->name);
		return a->model != NULL ? 0 : err_set(err, ERR_NOT_FOUND, "没有这份文件。");
	}
	if (a->o.paid == 0)
		return err_set(err, ERR_WRONG_STATE, "还没有收到费用，缴费后可打印支付结果。");
	if (payment_trades(db, a->h, &a->o, &trades, err) < 0)
		return -1;
	a->model = print_receipt(hall_def(a->h), &a->o, trades);
	json_decref(trades);
	return 0;
}

int
print_pdf(struct hall *h, const struct who *who, const char *no, const char *name,
    struct buf *pdf, struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no, .name = name};
	int		rc = act_read(&a, print_run, err);

	if (rc == 0)
		rc = hall_services(h)->form(a.model, pdf, err);
	json_decref(a.model);
	return rc;
}
