#include "base/base.h"
#include "web/answer.h"

#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "base/url.h"
#include "http/cookie.h"
#include "web/call_own.h"
#include "web/frame.h"
#include "web/guard.h"
#include "web/route.h"

/* What somebody can do about an error of this kind. */
static const struct { enum err_kind kind; const char *title, *hint; } answer_hints[] = {
	{ERR_INPUT, "填写的内容有误", "请返回上一页，按提示修改后重新提交。"},
	{ERR_DENIED, "不能进行这一步", "如果停留时间较长，请刷新页面后重试；仍不行请重新登录。"},
	{ERR_NOT_FOUND, "没有找到", "请核对网址或业务受理号，或从用户中心重新进入。"},
	{ERR_CONFLICT, "内容已被更新", "请刷新页面，查看最新内容后再操作。"},
	{ERR_WRONG_STATE, "现在还不能做这一步", "请到用户中心查看这笔业务的下一步。"},
	{ERR_LIMIT, "请稍后再试", "为了安全，我们限制了操作的次数和大小。"},
	{ERR_EXPIRED, "已过期", "请重新登录或重新获取后再试。"},
	{ERR_CRYPTO, "核对不通过", "请确认插入的是正确的UKey，再试一次。"},
	{ERR_STORE, "系统暂时繁忙", "已经保存的内容不会丢失，请过几分钟再试。"},
	{ERR_GATEWAY, "外部服务没有应答", "请过几分钟再试；已支付的费用不会丢失。"},
	{ERR_BUSY, "系统暂时繁忙", "请过几秒钟再试。"},
	{ERR_BUG, "系统内部错误", "我们已经记录。请过一会儿再试，或致电客服并告知下面的编号。"},
};

static bool
is_for_people(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return true;
	return false;
}

const char *
answer_sentence(const struct err *err)
{
	if (err->kind == ERR_BUG || err->kind == ERR_STORE || !is_for_people(err->text))
		return err_row(err->kind)->user_text;
	return err->text;
}

void
answer_headers(struct call *c)
{
	struct http_response	*res = c->res;

	http_respond_header(res, "X-Content-Type-Options", "nosniff");
	http_respond_header(res, "Referrer-Policy", "same-origin");
	http_respond_header(res, "Strict-Transport-Security", "max-age=31536000");
	http_respond_header(res, "Cross-Origin-Opener-Policy", "same-origin");
	http_respond_header(res, "Cross-Origin-Resource-Policy", "same-origin");
	http_respond_header(res, "Permissions-Policy",
	    "camera=(), microphone=(), geolocation=()");
	http_respond_header(res, "Cache-Control", "no-store");
	http_respond_header(res, "Vary", "Accept, Cookie");
	/* Browsers show PDF in a page of their own, which a stricter policy would blank. */
	if (c->bytes) {
		http_respond_header(res, "Content-Security-Policy", "frame-ancestors 'none'");
		return;
	}
	http_respond_header(res, "Content-Security-Policy", "default-src 'none'; "
	    "script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob:; "
	    "connect-src 'self' %s; form-action 'self'; base-uri 'none'; "
	    "frame-ancestors 'none'", conf_str("assistant.origin"));
}

static void
answer_json(struct call *c, const json_t *j)
{
	http_respond_header(c->res, "Content-Type", "application/json; charset=utf-8");
	buf_clear(&c->res->body);
	json_write(j, &c->res->body);
	c->sent = true;
}

/* The sentence left by the post before; shown once. */
static const char *
answer_take_flash(struct call *c)
{
	const char	*cookie = http_cookie(c->req, COOKIE_FLASH);
	struct buf	 b;
	const char	*text = "";

	if (cookie == NULL || c->json)
		return "";
	buf_init(&b, 512);
	if (url_decode(&b, cookie, strlen(cookie), false) == 0 && utf8_is_valid(b.p, b.len))
		text = arena_strdup(c->arena, b.p);
	buf_free(&b);
	http_set_cookie(c->res, COOKIE_FLASH, "", 0);
	return text;
}

void
answer_complete(struct call *c)
{
	if (json_object_get(c->model, "title") == NULL)
		js_set_str(c->model, "title", c->page == NULL ? "" : c->page->title);
	js_set_str(c->model, "csrf", c->csrf);
	js_set_bool(c->model, "signed_in", c->who.account != 0 || c->who.staff != 0);
	(void)json_object_set(c->model, "errors", c->errors);
	js_set_bool(c->model, "has_errors", json_array_size(c->errors) > 0);
	if (!c->json)
		js_set_str(c->model, "flash", answer_take_flash(c));
}

/* Render; a template that fails is a bug: said so, without looking broken. */
static int
answer_render(struct call *c, const struct site *site, const char *tmpl, struct err *err)
{
	struct templates	*fresh = NULL;
	json_t			*frame = call_defer(c, frame_model(c));
	const json_t		*contexts[] = {site->global, frame, c->model};
	struct mustache_view	 v = {.contexts = contexts, .n = ARRAY_LEN(contexts),
				    .strict = site->strict, .partial = templates_find,
				    .arg = site->templates};
	const struct mustache	*m = NULL;
	int			 rc = -1;

	if (site->templates == NULL) {
		if (templates_open(site->dir, &fresh, err) < 0)
			return -1;
		v.arg = fresh;
	}
	m = templates_find(tmpl, v.arg);
	buf_clear(&c->res->body);
	if (m == NULL)
		err_set(err, ERR_BUG, "no template html/%s.html", tmpl);
	else
		rc = mustache_render(m, &v, &c->res->body, err);
	templates_close(fresh);
	return rc;
}

void
answer_model(struct call *c, const struct site *site)
{
	struct err	err = {0};

	answer_complete(c);
	if (c->json || c->page->tmpl == NULL) {
		answer_json(c, c->model);
		return;
	}
	if (answer_render(c, site, c->page->tmpl, &err) < 0) {
		log_err("page.render", &err);
		c->res->status = 500;
		http_respond_header(c->res, "Content-Type", "text/plain; charset=utf-8");
		buf_clear(&c->res->body);
		buf_addstr(&c->res->body, err_row(ERR_BUG)->user_text);
		c->sent = true;
		return;
	}
	http_respond_header(c->res, "Content-Type", "text/html; charset=utf-8");
	c->sent = true;
}

void
answer_next(struct call *c)
{
	if (c->json || c->next == NULL) {
		js_set_bool(c->model, "ok", true);
		if (c->next != NULL)
			js_set_str(c->model, "next", c->next);
		js_set_str(c->model, "csrf", c->csrf);
		answer_json(c, c->model);
		return;
	}
	call_flash(c, c->flash);
	(void)call_redirect(c, "%s", c->next);
}

static void
answer_error_json(struct call *c, const struct err *err)
{
	json_t	*j = json_pack("{s:{s:s, s:s}, s:O, s:s}", "error", "kind",
		    err_row(err->kind)->name, "text", answer_sentence(err), "errors", c->errors,
		    "csrf", c->csrf);

	answer_json(c, call_defer(c, j));
}

/* The page above the one that failed, "/" when there is none. */
static const char *
answer_above(struct call *c)
{
	struct buf	 b;
	const char	*path = "/";

	if (c->page == NULL || c->page->back == NULL)
		return path;
	buf_init(&b, 512);
	route_write(c->page->back, c->params, &b);
	path = arena_strdup(c->arena, b.p);
	buf_free(&b);
	return path;
}

void
answer_error(struct call *c, const struct site *site, const struct err *err)
{
	static const struct page	page_error = {.name = "error", .path = "/error",
					    .title = "提示", .tmpl = "error", .back = "/"};
	struct call			 e = *c;
	size_t				 i = 0;

	if (err->kind == ERR_BUG || err->kind == ERR_STORE || err->kind == ERR_GATEWAY ||
	    err->kind == ERR_BUSY)
		log_err("page.error", err);
	c->res->status = err_row(err->kind)->http_status;
	c->sent = true;
	if (c->json) {
		answer_error_json(c, err);
		return;
	}
	e.page = &page_error;
	e.model = call_defer(c, json_object());
	e.errors = call_defer(c, json_array());	/* the sentence stands there once */
	js_set_str(e.model, "text", answer_sentence(err));
	js_set_str(e.model, "kind", err_row(err->kind)->name);
	js_set_str(e.model, "request", c->req->id);
	js_set_str(e.model, "up", answer_above(c));
	js_set_bool(e.model, "desk", guard_is_desk(c->page));
	js_set_bool(e.model, "phone", c->page != NULL && c->page->phone);
	js_set_bool(e.model, "plain", !js_bool(e.model, "phone") && !js_bool(e.model, "desk"));
	for (i = 0; i < ARRAY_LEN(answer_hints); i++)
		if (answer_hints[i].kind == err->kind) {
			js_set_str(e.model, "title", answer_hints[i].title);
			js_set_str(e.model, "hint", answer_hints[i].hint);
		}
	answer_model(&e, site);
}

void
answer_sign_in(struct call *c, const struct site *site, const struct err *err)
{
	bool		desk = guard_is_staff(c->page->need);
	struct buf	here;

	if (c->json || strcmp(c->req->method, "POST") == 0) {
		answer_error(c, site, err);
		c->res->status = 401;
		return;
	}
	buf_init(&here, 1024);
	url_encode_str(&here, c->req->path);
	if (*c->req->query != '\0') {
		url_encode_str(&here, "?");
		url_encode_str(&here, c->req->query);
	}
	(void)call_redirect(c, "%s?next=%s", desk ? "/staff/signin" : "/signin",
	    buf_check(&here, NULL) < 0 || here.len > 400 ? "/" : here.p);
	buf_free(&here);
}
