#include "base/base.h"
#include "hall/certificate/certificate.h"
#include "hall/certificate/selfcheck.h"
#include "hall/ops.h"

#include "web/pages/common.h"

static int
certificate_show(struct call *c, struct err *err)
{
	page_captcha(c);
	js_set_str(c->model, "orders", c->who.staff != 0 ? "/staff/orders" : "/orders");
	return call_take(c, certificate_view(c->hall, &c->who, call_param(c, "serial"),
	    &c->got, err));
}

extern const struct page	page_certificate_status;
const struct page		page_certificate_status = {
	.name = "certificate_status", .path = "/certificates/{serial}", .need = NEED_ACCOUNT,
	.title = "证书状态", .tmpl = "certificate", .back = "/user/certificates", .show = certificate_show,
};

static int
certificate_file_show(struct call *c, struct err *err)
{
	const char	*name = call_param(c, "name"), *type = "";
	char		 file[128];
	struct buf	 bytes;
	int		 rc = 0;

	(void)snprintf(file, sizeof(file), "%.48s-%.16s", call_param(c, "serial"), name);
	buf_init(&bytes, LIMIT_JSON);
	rc = certificate_file(c->hall, &c->who, call_param(c, "serial"), name, &bytes, &type, err);
	return page_send(c, rc, type, &bytes, file);
}

extern const struct page	page_certificate_file;
const struct page		page_certificate_file = {
	.name = "certificate_file", .path = "/certificates/{serial}/files/{name}",
	.need = NEED_ACCOUNT, .title = "证书文件", .back = "/certificates/{serial}",
	.show = certificate_file_show, .per_minute = 60,
};

static int
certificate_statement_post(struct call *c, struct err *err)
{
	return call_take(c, certificate_statement(c->hall, &c->who, call_param(c, "serial"),
	    c->in, c->errors, &c->got, err));
}

extern const struct page	page_certificate_statement;
const struct page		page_certificate_statement = {
	.name = "certificate_statement", .path = "/certificates/{serial}/statement",
	.need = NEED_ACCOUNT, .title = "待签名的内容", .back = "/certificates/{serial}",
	.post = certificate_statement_post, .per_minute = 20,
};

static int
certificate_change_post(struct call *c, struct err *err)
{
	bool	waiting = false;

	if (certificate_change(c->hall, &c->who, call_param(c, "serial"), c->in, &waiting,
	    err) < 0)
		return -1;
	return call_next(c, "已办理，最迟5秒后各业务系统查询到新的状态。", "/certificates/%s",
	    call_param(c, "serial"));
}

extern const struct page	page_certificate_change;
const struct page		page_certificate_change = {
	.name = "certificate_change", .path = "/certificates/{serial}/change",
	.need = NEED_ACCOUNT, .title = "办理", .back = "/certificates/{serial}",
	.post = certificate_change_post, .per_minute = 20,
};

static int
certificate_code_post(struct call *c, struct err *err)
{
	if (certificate_code(c->hall, &c->who, c->in, c->errors, err) < 0)
		return -1;
	js_set_str(c->model, "text", "验证码已发送到您的注册手机，5分钟内有效。");
	return 0;
}

extern const struct page	page_certificate_code;
const struct page		page_certificate_code = {
	.name = "certificate_code", .path = "/certificates/{serial}/code",
	.need = NEED_ACCOUNT, .title = "获取验证码", .back = "/certificates/{serial}",
	.post = certificate_code_post, .per_minute = 10,
};

static int
certificate_freeze_post(struct call *c, struct err *err)
{
	if (certificate_freeze(c->hall, &c->who, call_param(c, "serial"), c->in, c->errors,
	    err) < 0)
		return -1;
	return call_next(c, "证书已冻结。确认安全后可以在本页恢复；确认丢失的，请办理补办或撤销。",
	    "/certificates/%s", call_param(c, "serial"));
}

extern const struct page	page_certificate_freeze;
const struct page		page_certificate_freeze = {
	.name = "certificate_freeze", .path = "/certificates/{serial}/freeze",
	.need = NEED_ACCOUNT, .title = "冻结证书", .tmpl = "certificate",
	.back = "/certificates/{serial}", .show = certificate_show,
	.post = certificate_freeze_post, .per_minute = 10,
};

static int
certificate_selfcheck_post(struct call *c, struct err *err)
{
	return call_take(c, selfcheck_certificate(c->hall, &c->who, call_param(c, "serial"),
	    &c->got, err));
}

extern const struct page	page_certificate_selfcheck;
const struct page		page_certificate_selfcheck = {
	.name = "certificate_selfcheck", .path = "/certificates/{serial}/selfcheck",
	.need = NEED_ACCOUNT, .title = "加解密自检", .back = "/certificates/{serial}",
	.post = certificate_selfcheck_post, .per_minute = 20,
};

/* Begin the operation that the row names. */
static int
certificate_op_post(struct call *c, struct err *err)
{
	char	no[ORDER_NO];

	if (op_begin(c->hall, &c->who, c->page->arg, call_param(c, "serial"), c->in, c->errors,
	    no, err) < 0)
		return -1;
	js_set_str(c->model, "no", no);
	return call_next(c, NULL, "/orders/%s/continue", no);
}

extern const struct page	page_certificate_renew, page_certificate_reissue,
    page_certificate_modify;
const struct page		page_certificate_renew = {
	.name = "certificate_renew", .path = "/certificates/{serial}/renew",
	.need = NEED_ACCOUNT, .title = "证书更新", .tmpl = "certificate", .arg = "renew",
	.back = "/certificates/{serial}", .show = certificate_show,
	.post = certificate_op_post, .per_minute = 20,
};
const struct page		page_certificate_reissue = {
	.name = "certificate_reissue", .path = "/certificates/{serial}/reissue",
	.need = NEED_ACCOUNT, .title = "证书补办", .tmpl = "certificate", .arg = "reissue",
	.back = "/certificates/{serial}", .show = certificate_show,
	.post = certificate_op_post, .per_minute = 20,
};
const struct page		page_certificate_modify = {
	.name = "certificate_modify", .path = "/certificates/{serial}/modify",
	.need = NEED_ACCOUNT, .title = "证书变更", .tmpl = "certificate", .arg = "change",
	.back = "/certificates/{serial}", .show = certificate_show,
	.post = certificate_op_post, .per_minute = 20,
};

extern const struct page	page_certificate_unlock;
const struct page		page_certificate_unlock = {
	.name = "certificate_unlock", .path = "/certificates/{serial}/unlock",
	.need = NEED_ACCOUNT, .title = "解锁UKey", .tmpl = "certificate", .arg = "unlock",
	.back = "/certificates/{serial}", .show = certificate_show,
	.post = certificate_op_post, .per_minute = 20,
};

extern const struct page	page_certificate_recover;
const struct page		page_certificate_recover = {
	.name = "certificate_recover", .path = "/certificates/{serial}/recover",
	.need = NEED_ACCOUNT, .title = "密钥恢复", .tmpl = "certificate", .arg = "recover",
	.back = "/certificates/{serial}", .show = certificate_show,
	.post = certificate_op_post, .per_minute = 20,
};

/* ---- the desk ---- */

static int
staff_certificates_show(struct call *c, struct err *err)
{
	return call_take(c, certificate_search(c->hall, &c->who, c->query, &c->got, err));
}

extern const struct page	page_staff_certificates, page_staff_certificate;
const struct page		page_staff_certificates = {
	.name = "staff_certificates", .path = "/staff/certificates", .need = NEED_REVIEWER,
	.title = "证书", .tmpl = "staff_certificates", .back = "/staff", .menu = MENU_STAFF,
	.show = staff_certificates_show,
};
const struct page		page_staff_certificate = {
	.name = "staff_certificate", .path = "/staff/certificates/{serial}",
	.need = NEED_REVIEWER, .title = "证书状态", .tmpl = "staff_certificate",
	.back = "/staff/certificates", .show = certificate_show,
};

extern const struct page	page_staff_certificate_statement;
const struct page		page_staff_certificate_statement = {
	.name = "staff_certificate_statement",
	.path = "/staff/certificates/{serial}/statement", .need = NEED_REVIEWER,
	.title = "待签名的内容", .back = "/staff/certificates/{serial}",
	.post = certificate_statement_post,
};

static int
staff_certificate_change_post(struct call *c, struct err *err)
{
	bool	waiting = false;

	if (certificate_change(c->hall, &c->who, call_param(c, "serial"), c->in, &waiting,
	    err) < 0)
		return -1;
	return call_next(c, waiting ? "已签名，请第二位业务人员在“证书”页面签名后生效。" : "已办理。",
	    "/staff/certificates");
}

extern const struct page	page_staff_certificate_change;
const struct page		page_staff_certificate_change = {
	.name = "staff_certificate_change", .path = "/staff/certificates/{serial}/change",
	.need = NEED_REVIEWER, .title = "办理", .back = "/staff/certificates/{serial}",
	.post = staff_certificate_change_post,
};
