#include "base/base.h"
#include "hall/payment/batch.h"

#include "base/str.h"
#include "web/pages/common.h"

#define BATCH_BODY	(128 * 1024)	/* of a list */

static const char	batch_template[] =
	"\xef\xbb\xbf姓名,身份证号码,手机,邮箱,用户名\r\n";

static int
batch_show(struct call *c, struct err *err)
{
	return call_take(c, batch_offer(c->hall, &c->who, call_param(c, "no"), c->in, c->errors,
	    &c->got, err));
}

/* An uploaded file takes the place of what was pasted. */
static int
batch_take_file(struct call *c, struct err *err)
{
	if (c->file == NULL || c->file->len == 0)
		return 0;
	if (!utf8_is_valid(c->file->data, c->file->len) ||
	    memchr(c->file->data, '\0', c->file->len) != NULL)
		return hall_field_error(c->errors, "file", "名单文件", err,
		    "文件不是UTF-8编码的文本：请在Excel中另存为“CSV UTF-8”，或者复制后粘贴到下面的框里。");
	(void)json_object_set_new(c->in, "list", json_stringn(c->file->data, c->file->len));
	return 0;
}

static int
batch_post(struct call *c, struct err *err)
{
	char	bundle[ORDER_NO];

	if (batch_take_file(c, err) < 0 || batch_add(c->hall, &c->who, call_param(c, "no"), c->in,
	    c->errors, bundle, err) < 0)
		return -1;
	js_set_str(c->model, "no", bundle);
	return call_next(c, "名单已提交，每个人一份申请。", "/bundles/%s", bundle);
}

extern const struct page	page_batch, page_batch_template, page_batch_list,
				page_batch_papers;
const struct page		page_batch = {
	.name = "batch", .path = "/orders/{no}/batch", .need = NEED_ACCOUNT,
	.title = "人员批量办理", .tmpl = "batch", .back = "/orders/{no}", .show = batch_show,
	.post = batch_post, .body_max = BATCH_BODY, .per_minute = 60,
};

static int
batch_template_show(struct call *c, struct err *err)
{
	(void)err;
	return call_send(c, "text/csv; charset=utf-8", batch_template, strlen(batch_template),
	    "persons.csv");
}

const struct page		page_batch_template = {
	.name = "batch_template", .path = "/batch/template", .need = NEED_ACCOUNT,
	.title = "名单模板", .back = "/user", .show = batch_template_show,
};

static int
batch_list_show(struct call *c, struct err *err)
{
	struct buf	pdf;
	int		rc = 0;

	buf_init(&pdf, LIMIT_FRAME);
	rc = batch_print(c->hall, &c->who, call_param(c, "no"), &pdf, err);
	return page_send(c, rc, "application/pdf", &pdf, NULL);
}

const struct page		page_batch_list = {
	.name = "batch_list", .path = "/bundles/{no}/list", .need = NEED_ACCOUNT,
	.title = "人员批量办理清单", .back = "/bundles/{no}", .show = batch_list_show,
};

static int
batch_papers_post(struct call *c, struct err *err)
{
	size_t	n = 0;

	if (batch_share(c->hall, &c->who, call_param(c, "no"), &n, err) < 0)
		return -1;
	js_set_int(c->model, "given", (int64_t)n);
	return call_next(c, "公共材料已用于还缺少它们的全部申请。", "/bundles/%s",
	    call_param(c, "no"));
}

const struct page		page_batch_papers = {
	.name = "batch_papers", .path = "/bundles/{no}/papers", .need = NEED_ACCOUNT,
	.title = "公共材料用于全部人员", .back = "/bundles/{no}", .post = batch_papers_post,
	.per_minute = 20,
};
