#include "base/base.h"
#include "web/page.h"

#include "base/str.h"
#include "hall/steps.h"
#include "web/pages/common.h"

/* is_form, is_print …: which part of the template is this step's. */
static void
step_flags(struct call *c)
{
	char	flag[48];
	size_t	i = 0;

	for (i = 0; steps_all[i] != NULL; i++) {
		(void)snprintf(flag, sizeof(flag), "is_%s", steps_all[i]->name);
		js_set_bool(c->model, flag, strcmp(steps_all[i]->name,
		    js_str(c->model, "step")) == 0);
	}
}

/* The code to scan, as long as there is something to scan. */
static void
step_qr(struct call *c, const char *text)
{
	json_t	*qr = *text == '\0' ? NULL : qr_model(text);

	(void)json_object_set_new(c->model, "qr", qr == NULL ? json_null() : qr);
}

/* On the phone itself a code is opened, not scanned: only what is an ordinary address. */
static void
step_pay_link(json_t *trade)
{
	const char	*qr = js_str(trade, "qr");

	js_set_str(trade, "pay_link", str_has_prefix(qr, "https://") ||
	    str_has_prefix(qr, "http://") ? qr : "");
}

/* The price list stands with the choice of years. */
static void
step_price_group(struct call *c)
{
	json_t	*groups = json_object_get(c->model, "groups"), *g = NULL, *f = NULL;
	size_t	 i = 0, k = 0;
	bool	 years = false;

	json_array_foreach(groups, i, g) {
		years = false;
		json_array_foreach(json_object_get(g, "fields"), k, f)
			years = years || strcmp(js_str(f, "name"), "years") == 0;
		js_set_bool(g, "has_price", years);
	}
}

/* Where this order is paid, and the newest online trade that waits for its payer. */
static void
step_trade(struct call *c)
{
	json_t	*trades = json_object_get(c->model, "trades"), *t = NULL;
	char	 base[64];
	size_t	 i = 0;

	(void)snprintf(base, sizeof(base), "/orders/%s", js_str(c->model, "no"));
	js_set_str(c->model, "base", base);
	(void)json_object_set_new(c->model, "trade", json_null());
	json_array_foreach(trades, i, t) {
		if (strcmp(js_str(t, "channel"), "transfer") == 0 ||
		    (strcmp(js_str(t, "state"), "waiting") != 0 &&
		    strcmp(js_str(t, "state"), "creating") != 0))
			continue;
		step_pay_link(t);
		(void)json_object_set(c->model, "trade", t);
		step_qr(c, js_str(t, "qr"));
	}
}

/* Ticks and radio buttons of a form that was refused stay as they were. */
static void
step_keep_choices(struct call *c)
{
	json_t	*list = NULL, *j = NULL;
	char	 field[64];
	size_t	 i = 0;

	list = json_object_get(c->model, "agreements");
	json_array_foreach(list, i, j) {
		(void)snprintf(field, sizeof(field), "agree_%s", js_str(j, "id"));
		js_set_bool(j, "ticked", strcmp(call_in(c, field), "1") == 0);
	}
	list = json_object_get(c->model, "ways");
	if (*call_in(c, "way") != '\0')
		json_array_foreach(list, i, j)
			js_set_bool(j, "selected", strcmp(call_in(c, "way"),
			    js_str(j, "id")) == 0);
}

/* The way that was picked, with its fields; where there is but one, that. */
static void
step_way(struct call *c)
{
	json_t		*ways = json_object_get(c->model, "ways"), *w = NULL;
	const char	*picked = *call_param(c, "way") != '\0' ? call_param(c, "way") :
			    call_query(c, "way");
	size_t		 i = 0;

	if (strcmp(js_str(c->model, "step"), "proof") != 0)
		return;
	(void)json_object_set_new(c->model, "way", json_null());
	json_array_foreach(ways, i, w) {
		if (strcmp(js_str(w, "name"), picked) != 0 && json_array_size(ways) > 1)
			continue;
		js_set_bool(w, "selected", true);
		(void)json_object_set(c->model, "way", w);
		(void)json_object_set(c->model, "groups", json_object_get(w, "groups"));
	}
}

int
page_step(struct call *c, const char *step, struct err *err)
{
	const json_t	*session = NULL;

	if (call_take(c, step_show(c->hall, &c->who, call_param(c, "no"), step, &c->got,
	    err)) < 0)
		return -1;
	step_flags(c);
	step_keep_choices(c);
	step_price_group(c);
	session = json_object_get(c->model, "session");
	step_qr(c, session == NULL ? "" : js_str(session, "url"));
	step_trade(c);
	step_way(c);
	js_set_str(c->model, "token", call_query(c, "token"));
	page_captcha(c);
	return 0;
}

static int
order_step_show(struct call *c, struct err *err)
{
	return page_step(c, call_param(c, "step"), err);
}

static int
order_step_post(struct call *c, struct err *err)
{
	const char	*step = call_param(c, "step"), *next = "";

	if (step_accept(c->hall, &c->who, call_param(c, "no"), step, c->in, c->errors, &next,
	    err) < 0)
		return -1;
	if (strcmp(step, "agreement") == 0 && *call_in(c, "disagree") != '\0')
		return call_next(c, "您没有同意服务协议，本次申请已取消。", "/user");
	js_set_str(c->model, "step", next);
	return call_next(c, NULL, "/orders/%s/steps/%s", call_param(c, "no"), next);
}

extern const struct page	page_order_step;
const struct page		page_order_step = {
	.name = "order_step", .path = "/orders/{no}/steps/{step}", .need = NEED_ACCOUNT,
	.title = "办理", .tmpl = "order_step", .back = "/orders/{no}",
	.show = order_step_show, .post = order_step_post,
};

static int
order_code_post(struct call *c, struct err *err)
{
	if (phone_code_send(c->hall, &c->who, call_param(c, "no"), c->in, c->errors, err) < 0)
		return -1;
	js_set_str(c->model, "text", "验证码已发送到登记的手机，5分钟内有效。");
	return 0;
}

extern const struct page	page_order_code;
const struct page		page_order_code = {
	.name = "order_code", .path = "/orders/{no}/code", .need = NEED_ACCOUNT,
	.title = "获取验证码", .back = "/orders/{no}", .post = order_code_post,
	.per_minute = 10,
};

static int
order_continue_show(struct call *c, struct err *err)
{
	if (call_take(c, step_show(c->hall, &c->who, call_param(c, "no"), NULL, &c->got,
	    err)) < 0)
		return -1;
	if (c->json) {
		step_flags(c);
		return 0;
	}
	return call_redirect(c, "/orders/%s/steps/%s", call_param(c, "no"),
	    js_str(c->model, "step"));
}

extern const struct page	page_order_continue;
const struct page		page_order_continue = {
	.name = "order_continue", .path = "/orders/{no}/continue", .need = NEED_ACCOUNT,
	.title = "继续办理", .back = "/orders/{no}", .show = order_continue_show,
};
