#include "base/base.h"
#include "base/url.h"
#include "hall/petition/handler.h"
#include "hall/petition/petition.h"

#include "hall/form/form.h"
#include "web/pages/common.h"

/* Handlers: the subjects of an account, handing one over, taking one over. */

/* Where a subject is looked at: its name may hold anything. */
static void
handler_href(json_t *row)
{
	struct buf	href = {0};

	buf_init(&href, 4096);
	buf_addstr(&href, "/user/subject?name=");
	url_encode_str(&href, js_str(row, "subject"));
	js_set_str(row, "href", href.p);
	buf_free(&href);
}

static int
user_subjects_show(struct call *c, struct err *err)
{
	json_t	*row = NULL;
	size_t	 i = 0;

	if (handler_subjects(c->hall, &c->who, c->query, &c->got, err) < 0)
		return -1;
	json_array_foreach(json_object_get(c->got, "rows"), i, row)
		handler_href(row);
	return call_take(c, 0);
}

extern const struct page	page_user_subjects, page_user_subject, page_handover_code,
				page_handover, page_handover_end,
				page_petition_handler, page_petition_letter;
const struct page		page_user_subjects = {
	.name = "user_subjects", .path = "/user/subjects", .need = NEED_ACCOUNT,
	.title = "办理的主体", .tmpl = "user_subjects", .back = "/user", .menu = MENU_SERVICE,
	.show = user_subjects_show,
};

static int
user_subject_show(struct call *c, struct err *err)
{
	const char	*name = call_query(c, "name");

	page_captcha(c);
	if (*name == '\0')
		name = call_in(c, "subject");
	return call_take(c, handler_subject(c->hall, &c->who, name, &c->got, err));
}

static int
user_subject_post(struct call *c, struct err *err)
{
	char	no[ORDER_NO];

	if (handover_offer(c->hall, &c->who, c->in, c->errors, no, err) < 0)
		return -1;
	js_set_str(c->model, "no", no);
	return call_next(c, "已通知新经办人，等待对方确认。", "/user/handovers/%s", no);
}

const struct page		page_user_subject = {
	.name = "user_subject", .path = "/user/subject", .need = NEED_ACCOUNT, .title = "主体",
	.tmpl = "user_subject", .back = "/user/subjects", .show = user_subject_show,
	.post = user_subject_post, .per_minute = 20,
};

static int
handover_code_post(struct call *c, struct err *err)
{
	if (handover_code(c->hall, &c->who, c->in, c->errors, err) < 0)
		return -1;
	js_set_str(c->model, "text", "验证码已发送到您的注册手机，5分钟内有效。");
	return 0;
}

const struct page		page_handover_code = {
	.name = "handover_code", .path = "/user/handover-code", .need = NEED_ACCOUNT,
	.title = "获取验证码", .back = "/user/subjects", .post = handover_code_post,
	.per_minute = 10,
};

static int
page_handover_show(struct call *c, struct err *err)
{
	page_captcha(c);
	return call_take(c, handover_view(c->hall, &c->who, call_param(c, "no"), &c->got, err));
}

static int
page_handover_post(struct call *c, struct err *err)
{
	if (handover_accept(c->hall, &c->who, call_param(c, "no"), c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "已接收，证书和在办业务都在您的账户中了。", "/user/subjects");
}

const struct page		page_handover = {
	.name = "handover", .path = "/user/handovers/{no}", .need = NEED_ACCOUNT,
	.title = "移交证书", .tmpl = "handover", .back = "/user/subjects", .form = form_handover,
	.show = page_handover_show, .post = page_handover_post, .per_minute = 20,
};

static int
handover_end_post(struct call *c, struct err *err)
{
	if (handover_end(c->hall, &c->who, call_param(c, "no"), err) < 0)
		return -1;
	return call_next(c, "移交已取消，什么都没有改变。", "/user/subjects");
}

const struct page		page_handover_end = {
	.name = "handover_end", .path = "/user/handovers/{no}/end", .need = NEED_ACCOUNT,
	.title = "取消移交", .back = "/user/handovers/{no}", .post = handover_end_post,
};

/* ---- taking over with evidence ---- */

static int
petition_handler_post(struct call *c, struct err *err)
{
	char	ref[PETITION_REF];

	if (petition_begin_handler(c->hall, &c->who, c->in, c->errors, ref, err) < 0)
		return -1;
	js_set_str(c->model, "ref", ref);
	return call_next(c, "请下载授权书盖章，连同身份证照片一起上传，然后提交。",
	    "/petitions/%s", ref);
}

const struct page		page_petition_handler = {
	.name = "petition_handler", .path = "/user/takeover", .need = NEED_ACCOUNT,
	.title = "接管证书", .tmpl = "petition_handler", .back = "/user/subjects",
	.form = form_petition_handler, .show = page_plain, .post = petition_handler_post,
	.per_minute = 20,
};

static int
petition_letter_show(struct call *c, struct err *err)
{
	struct buf	b;
	int		rc = 0;

	buf_init(&b, LIMIT_FRAME);
	rc = petition_letter(c->hall, &c->who, call_param(c, "ref"), &b, err);
	return page_send(c, rc, "application/pdf", &b, NULL);
}

const struct page		page_petition_letter = {
	.name = "petition_letter", .path = "/petitions/{ref}/letter", .need = NEED_TOKEN,
	.title = "授权书", .back = "/petitions/{ref}", .show = petition_letter_show,
	.per_minute = 30,
};
