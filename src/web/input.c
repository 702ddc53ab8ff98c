#include "base/base.h"
#include "web/input.h"

#include "base/str.h"
#include "base/url.h"
#include "web/call_own.h"

#include <strings.h>

int
input_query(struct call *c, struct err *err)
{
	json_t	*q = NULL;

	if (*c->req->query == '\0')
		q = json_object();
	else if (url_form_parse(c->req->query, strlen(c->req->query), &q, err) < 0)
		return err_set(err, ERR_INPUT, "网址不完整，请从页面上的链接重新进入。");
	c->query = call_defer(c, q);
	return 0;
}

/* Plain parts are fields; the part "file" with a file name is the upload. */
static int
input_multipart(struct call *c, const char *type, struct err *err)
{
	struct multipart_part	*part = NULL;
	size_t			 n = 0, i = 0;

	if (multipart_parse(c->arena, type, c->req->body, c->req->body_len, &part, &n, err) < 0)
		return err_set(err, ERR_INPUT, "上传的内容不完整，请重新选择文件后再试。");
	for (i = 0; i < n; i++) {
		if (part[i].filename != NULL) {
			if (strcmp(part[i].name, "file") == 0 && c->file == NULL)
				c->file = &part[i];
			continue;
		}
		if (!utf8_is_valid(part[i].data, part[i].len) ||
		    memchr(part[i].data, '\0', part[i].len) != NULL)
			return err_set(err, ERR_INPUT, "填写的内容有误，请检查后重新提交。");
		(void)json_object_set_new(c->in, part[i].name,
		    json_stringn(part[i].data, part[i].len));
	}
	return 0;
}

int
input_body(struct call *c, struct err *err)
{
	const char	*type = http_header(c->req, "content-type");
	json_t		*fields = NULL;

	c->in = call_defer(c, json_object());
	if (c->page->need == NEED_MACHINE || c->req->body_len == 0)
		return 0;
	if (type != NULL && strncasecmp(type, "multipart/form-data", 19) == 0)
		return input_multipart(c, type, err);
	if (type == NULL || strncasecmp(type, "application/x-www-form-urlencoded", 33) != 0)
		return err_set(err, ERR_INPUT, "不支持这种提交方式，请通过页面提交。");
	if (url_form_parse(c->req->body, c->req->body_len, &fields, err) < 0)
		return err_set(err, err->kind, "填写的内容有误，请检查后重新提交。");
	(void)json_object_update(c->in, fields);
	json_decref(fields);
	return 0;
}

int
input_check(struct call *c, struct err *err)
{
	struct form_context	 f = {.hall = c->hall};
	json_t			*values = NULL;
	int			 rc = 0;

	if (c->page->form == NULL)
		return 0;
	rc = form_check(&f, c->page->form, c->in, &values, c->errors, err);
	if (values != NULL) {
		(void)json_object_update(c->in, values);
		json_decref(values);
	}
	return rc;
}
