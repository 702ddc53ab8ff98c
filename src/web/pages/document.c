#include "base/base.h"
#include "hall/certificate/document.h"

#include "web/pages/common.h"

#define DOCUMENT_BODY	(LIMIT_UPLOAD + 64 * 1024)	/* the file and its envelope */

static int
verify_show(struct call *c, struct err *err)
{
	(void)err;
	(void)json_object_set_new(c->model, "result", json_null());
	return 0;
}

static int
verify_post(struct call *c, struct err *err)
{
	if (c->file == NULL || c->file->len == 0)
		return hall_field_error(c->errors, "file", "文件", err, "请先选择要核验的 PDF 文件。");
	return call_take_as(c, "result", document_verify(c->hall, c->file->data, c->file->len,
	    &c->got, err));
}

extern const struct page	page_verify;
const struct page		page_verify = {
	.name = "verify", .path = "/verify", .need = NEED_NOBODY, .title = "核验电子签章",
	.tmpl = "verify", .back = "/", .menu = MENU_TOP, .show = verify_show, .post = verify_post,
	.body_max = DOCUMENT_BODY, .per_minute = 10,
};
