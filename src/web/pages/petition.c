#include "base/base.h"
#include "hall/petition/petition.h"

#include "web/pages/common.h"

/* Petitions: of visitors and applicants, by the token or the number; of the old channel, by its link. */

#define PETITION_BODY	(LIMIT_UPLOAD + 64 * 1024)

static int
petition_mobile_show(struct call *c, struct err *err)
{
	(void)err;
	page_captcha(c);
	return 0;
}

static int
petition_mobile_post(struct call *c, struct err *err)
{
	char	ref[PETITION_REF];

	if (petition_begin_mobile(c->hall, &c->who, c->in, c->errors, ref, err) < 0)
		return -1;
	js_set_str(c->model, "ref", ref);
	return call_next(c, "新手机号已验证。请上传证明材料，然后提交。", "/petitions/%s", ref);
}

extern const struct page	page_petition_mobile, page_petition, page_petition_picture,
				page_petition_mend, page_petition_cancel, page_petition_stop;
const struct page		page_petition_mobile = {
	.name = "petition_mobile", .path = "/petitions/mobile", .need = NEED_NOBODY,
	.title = "变更手机号", .tmpl = "petition_mobile", .back = "/signin",
	.form = form_petition_mobile, .show = petition_mobile_show,
	.post = petition_mobile_post, .per_minute = 20,
};

static int
page_petition_show(struct call *c, struct err *err)
{
	page_captcha(c);			/* a returned one may get another number */
	return call_take(c, petition_show(c->hall, &c->who, call_param(c, "ref"), &c->got, err));
}

static int
page_petition_post(struct call *c, struct err *err)
{
	if (petition_file(c->hall, &c->who, call_param(c, "ref"), err) < 0)
		return -1;
	return call_next(c, "申请已提交，审核结果会以短信通知。", "/petitions/%s",
	    call_param(c, "ref"));
}

const struct page		page_petition = {
	.name = "petition", .path = "/petitions/{ref}", .need = NEED_TOKEN, .title = "申请",
	.tmpl = "petition", .back = "/", .show = page_petition_show,
	.post = page_petition_post, .per_minute = 30,
};

static int
petition_mend_post(struct call *c, struct err *err)
{
	if (petition_mend(c->hall, &c->who, call_param(c, "ref"), c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "修改已保存，请核对后重新提交。", "/petitions/%s", call_param(c, "ref"));
}

const struct page		page_petition_mend = {
	.name = "petition_mend", .path = "/petitions/{ref}/mend", .need = NEED_TOKEN,
	.title = "修改申请", .tmpl = "petition", .back = "/petitions/{ref}",
	.show = page_petition_show, .post = petition_mend_post, .per_minute = 20,
};

static int
petition_picture_show(struct call *c, struct err *err)
{
	const char	*type = "", *ref = call_param(c, "ref");
	struct buf	 b;
	int		 rc = 0;

	buf_init(&b, LIMIT_FRAME);
	rc = petition_picture_read(c->hall, &c->who, *ref == '\0' ? call_param(c, "no") : ref,
	    call_param(c, "kind"), &b, &type, err);
	return page_send(c, rc, type, &b, NULL);
}

static int
petition_picture_post(struct call *c, struct err *err)
{
	if (page_file(c, err) < 0 || petition_picture_add(c->hall, &c->who, call_param(c, "ref"),
	    call_param(c, "kind"), c->file->data, c->file->len, err) < 0)
		return -1;
	return call_next(c, "材料已上传。", "/petitions/%s", call_param(c, "ref"));
}

const struct page		page_petition_picture = {
	.name = "petition_picture", .path = "/petitions/{ref}/pictures/{kind}",
	.need = NEED_TOKEN, .title = "材料", .back = "/petitions/{ref}",
	.show = petition_picture_show, .post = petition_picture_post,
	.body_max = PETITION_BODY, .per_minute = 30,
};

static int
petition_cancel_post(struct call *c, struct err *err)
{
	if (petition_cancel(c->hall, &c->who, call_param(c, "ref"), err) < 0)
		return -1;
	return call_next(c, "申请已撤回。", "/petitions/%s", call_param(c, "ref"));
}

const struct page		page_petition_cancel = {
	.name = "petition_cancel", .path = "/petitions/{ref}/cancel", .need = NEED_TOKEN,
	.title = "撤回申请", .back = "/petitions/{ref}", .post = petition_cancel_post,
	.per_minute = 20,
};

/* ---- of the old channel ---- */

static int
page_petition_stop_show(struct call *c, struct err *err)
{
	return call_take(c, petition_stop_show(c->hall, &c->who, call_param(c, "ref"), &c->got,
	    err));
}

static int
page_petition_stop_post(struct call *c, struct err *err)
{
	if (petition_stop(c->hall, &c->who, call_param(c, "ref"), err) < 0)
		return -1;
	return call_next(c, "申请已停止，什么都没有改变。请检查账户的密码是否安全。",
	    "/petition-stop/%s", call_param(c, "ref"));
}

const struct page		page_petition_stop = {
	.name = "petition_stop", .path = "/petition-stop/{ref}", .need = NEED_TOKEN,
	.title = "停止申请", .tmpl = "petition_stop", .back = "/",
	.show = page_petition_stop_show, .post = page_petition_stop_post, .per_minute = 20,
};

/* ---- reviewers ---- */

static int
staff_petitions_show(struct call *c, struct err *err)
{
	static const char *const tabs[][2] = { {"open", "待审核"}, {"returned", "待补正"}, {"waiting", "等待生效"},
				    {"ended", "已结束"}, {NULL, NULL} };

	if (petition_list(c->hall, &c->who, c->query, &c->got, err) < 0)
		return -1;
	(void)json_object_set_new(c->model, "tabs", page_tabs(tabs, js_str(c->got, "tab")));
	return call_take(c, 0);
}

extern const struct page	page_staff_petitions, page_staff_petition,
				page_staff_petition_picture, page_staff_petition_approve,
				page_staff_petition_refuse, page_staff_petition_return;
const struct page		page_staff_petitions = {
	.name = "staff_petitions", .path = "/staff/petitions", .need = NEED_REVIEWER,
	.title = "账户申请", .tmpl = "staff_petitions", .back = "/staff", .menu = MENU_STAFF,
	.show = staff_petitions_show,
};

static int
staff_petition_show(struct call *c, struct err *err)
{
	return call_take(c, petition_view(c->hall, &c->who, call_param(c, "no"), &c->got, err));
}

const struct page		page_staff_petition = {
	.name = "staff_petition", .path = "/staff/petitions/{no}", .need = NEED_REVIEWER,
	.title = "审核账户申请", .tmpl = "staff_petition", .back = "/staff/petitions",
	.show = staff_petition_show,
};
const struct page		page_staff_petition_picture = {
	.name = "staff_petition_picture", .path = "/staff/petitions/{no}/pictures/{kind}",
	.need = NEED_REVIEWER, .title = "材料", .back = "/staff/petitions/{no}",
	.show = petition_picture_show,
};

static int
staff_petition_approve_post(struct call *c, struct err *err)
{
	bool	waiting = false;

	if (petition_approve(c->hall, &c->who, call_param(c, "no"), c->in, &waiting, err) < 0)
		return -1;
	js_set_bool(c->model, "waiting", waiting);
	return call_next(c, waiting ? "已同意，还需要另一位审核员复核。" :
	    "已同意，原登记人会收到短信和邮件，等待期过后自动生效。", "/staff/petitions");
}

const struct page		page_staff_petition_approve = {
	.name = "staff_petition_approve", .path = "/staff/petitions/{no}/approve",
	.need = NEED_REVIEWER, .title = "同意", .back = "/staff/petitions/{no}",
	.post = staff_petition_approve_post,
};

static int
staff_petition_refuse_post(struct call *c, struct err *err)
{
	if (petition_refuse(c->hall, &c->who, call_param(c, "no"), c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "已拒绝，申请人会收到短信。", "/staff/petitions");
}

const struct page		page_staff_petition_refuse = {
	.name = "staff_petition_refuse", .path = "/staff/petitions/{no}/refuse",
	.need = NEED_REVIEWER, .title = "不同意", .tmpl = "staff_petition",
	.back = "/staff/petitions/{no}", .show = staff_petition_show,
	.post = staff_petition_refuse_post,
};

static int
staff_petition_return_post(struct call *c, struct err *err)
{
	if (petition_return(c->hall, &c->who, call_param(c, "no"), c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "已退回，申请人会收到短信，补正后重新提交。", "/staff/petitions");
}

const struct page		page_staff_petition_return = {
	.name = "staff_petition_return", .path = "/staff/petitions/{no}/return",
	.need = NEED_REVIEWER, .title = "退回补正", .tmpl = "staff_petition",
	.back = "/staff/petitions/{no}", .show = staff_petition_show,
	.post = staff_petition_return_post,
};
