#include "base/base.h"
#include "hall/certificate/selfcheck.h"
#include "hall/order/fetch.h"

#include "web/pages/common.h"

static const struct field	form_fetch[] = {
	{.name = "no", .label = "业务受理号", .type = FIELD_TEXT, .required = true, .max = 40,
	 .help = "20位数字，也叫参考码。"},
	{.name = "code", .label = "授权码", .type = FIELD_TEXT, .required = true, .max = 40,
	 .help = "20位字母和数字，在“数字证书下载通知”邮件中，区分大小写。"},
	{.name = "captcha", .label = "图片字符", .type = FIELD_HIDDEN, .max = 10},
	{.name = NULL},
};

static int
fetch_show(struct call *c, struct err *err)
{
	(void)err;
	js_set_str(c->model, "no", call_query(c, "no"));
	page_captcha(c);
	return 0;
}

/* The rest goes by the token, between the page's script and the assistant. */
static int
fetch_post(struct call *c, struct err *err)
{
	return call_take(c, fetch_open(c->hall, &c->who, c->in, c->errors, &c->got, err));
}

extern const struct page	page_fetch;
const struct page		page_fetch = {
	.name = "fetch", .path = "/fetch", .need = NEED_NOBODY, .title = "证书下载",
	.tmpl = "fetch", .back = "/", .menu = MENU_TOP, .form = form_fetch, .show = fetch_show,
	.post = fetch_post, .per_minute = 20,
};

static int
fetch_issue_post(struct call *c, struct err *err)
{
	return call_take(c, fetch_issue(c->hall, &c->who, c->in, &c->got, err));
}

extern const struct page	page_fetch_issue;
const struct page		page_fetch_issue = {
	.name = "fetch_issue", .path = "/fetch/issue", .need = NEED_TOKEN, .title = "签发证书",
	.back = "/fetch", .post = fetch_issue_post, .per_minute = 20,
};

static int
fetch_done_post(struct call *c, struct err *err)
{
	return fetch_confirm(c->hall, &c->who, c->in, err);
}

extern const struct page	page_fetch_done;
const struct page		page_fetch_done = {
	.name = "fetch_done", .path = "/fetch/done", .need = NEED_TOKEN, .title = "下载完成",
	.back = "/fetch", .post = fetch_done_post, .per_minute = 20,
};

/* Without session: whoever has just fetched sees whether his documents still open. */
static int
fetch_selfcheck_post(struct call *c, struct err *err)
{
	return call_take(c, selfcheck_fetch(c->hall, &c->who, c->in, &c->got, err));
}

extern const struct page	page_fetch_selfcheck;
const struct page		page_fetch_selfcheck = {
	.name = "fetch_selfcheck", .path = "/fetch/selfcheck", .need = NEED_TOKEN,
	.title = "加解密自检", .back = "/fetch", .post = fetch_selfcheck_post, .per_minute = 20,
};
