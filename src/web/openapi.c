#include "base/base.h"
#include "web/openapi.h"

#include "base/str.h"
#include "web/guard.h"
#include "web/page.h"

/* Who may ask: the name of a security scheme, NULL: everybody. */
static const struct { const char *scheme, *text; } needs[NEED__MAX] = {
	[NEED_NOBODY] = { NULL, "任何人" },
	[NEED_ACCOUNT] = { "account", "登录的申请人，只限自己的业务" },
	[NEED_STAFF] = { "staff", "工作人员" },
	[NEED_REVIEWER] = { "staff", "工作人员：审核" },
	[NEED_MAKER] = { "staff", "工作人员：制证" },
	[NEED_FINANCE] = { "staff", "工作人员：财务" },
	[NEED_ADMIN] = { "staff", "工作人员：管理" },
	[NEED_TOKEN] = { NULL, "持有路径或表单中的一次性凭据的人" },
	[NEED_MACHINE] = { NULL, "服务商，以自己的签名证明身份" },
};

static json_t *
reference(const char *where, const char *name)
{
	char	*path = xasprintf("#/components/%s/%s", where, name);
	json_t	*j = json_pack("{s:s}", "$ref", path);

	free(path);
	return j;
}

/* {x} of a path: each is one segment. */
static json_t *
path_parameters(const char *path)
{
	json_t	*list = json_array();
	size_t	 n = 0;

	for (path = strchr(path, '{'); path != NULL; path = strchr(path + n, '{')) {
		n = strcspn(path, "}");
		(void)json_array_append_new(list, json_pack("{s:s%, s:s, s:b, s:{s:s}}", "name",
		    path + 1, n - 1, "in", "path", "required", 1, "schema", "type", "string"));
	}
	return list;
}

/* A model: what it holds stands at the head of pages.def. */
static json_t *
answer_of(const char *schema, const char *text)
{
	return json_pack("{s:s, s:{s:{s:o}}}", "description", text, "content",
	    "application/json", "schema", reference("schemas", schema));
}

static json_t *
security_of(const struct page *p)
{
	const char	*scheme = needs[p->need].scheme;

	return scheme == NULL ? json_array() : json_pack("[{s:[]}]", scheme);
}

static json_t *
operation(const struct page *p, const char *method, const char *answer)
{
	char	*id = xasprintf("%s_%s", method, p->name);
	json_t	*op = json_pack("{s:s, s:s, s:s, s:o, s:o, s:{s:o, s:o}}", "operationId", id,
	    "summary", p->title == NULL ? p->name : p->title, "description",
	    needs[p->need].text, "parameters", path_parameters(p->path), "security",
	    security_of(p), "responses", "200", answer_of(answer, "办到"), "default",
	    answer_of("Refusal", "拒绝"));

	free(id);
	return op;
}

static json_t *
field_schema(const struct field *f)
{
	json_t	*j = json_pack("{s:s, s:s}", "type", "string", "title", f->label);

	if (f->max > 0)
		js_set_int(j, "maxLength", (int64_t)f->max);
	if (f->help != NULL)
		js_set_str(j, "description", f->help);
	return j;
}

/* What the row says of the fields; a row without a form takes the fields its page shows. */
static json_t *
posted(const struct page *p)
{
	json_t	*fields = json_pack("{s:{s:s, s:s}}", "csrf", "type", "string", "description",
	    "取自同一页的模型，也可以放在 X-CSRF-Token"), *required = json_array(), *schema;

	for (const struct field *f = p->form; f != NULL && f->name != NULL; f++) {
		(void)json_object_set_new(fields, f->name, field_schema(f));
		if (f->required && f->applies == NULL)
			(void)json_array_append_new(required, json_string(f->name));
	}
	schema = json_pack("{s:s, s:o}", "type", "object", "properties", fields);
	if (json_array_size(required) > 0)
		(void)json_object_set_new(schema, "required", required);
	else
		json_decref(required);
	return json_pack("{s:{s:{s:O}, s:{s:o}}}", "content", "application/x-www-form-urlencoded",
	    "schema", schema, "multipart/form-data", "schema", schema);
}

static json_t *
path_of(const struct page *p)
{
	json_t	*path = json_object(), *op = NULL;

	if (p->show != NULL)
		(void)json_object_set_new(path, "get", operation(p, "get", "Model"));
	if (p->post != NULL) {
		op = operation(p, "post", "Done");
		(void)json_object_set_new(op, "requestBody", posted(p));
		(void)json_object_set_new(path, "post", op);
	}
	return path;
}

static json_t *
schemas(void)
{
	return json_pack("{s:{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}}}, s:{s:s, s:{s:{s:s}, s:{s:s}}},"
	    "s:{s:s, s:{s:{s:s, s:{s:{s:s}, s:{s:s}}}, s:{s:s, s:{s:s}}}}}",
	    "Model", "type", "object", "properties", "title", "type", "string", "csrf", "type",
	    "string", "signed_in", "type", "boolean",
	    "Done", "type", "object", "properties", "ok", "type", "boolean", "next", "type",
	    "string",
	    "Refusal", "type", "object", "properties", "error", "type", "object", "properties",
	    "kind", "type", "string", "text", "type", "string", "errors", "type", "array",
	    "items", "type", "object");
}

json_t *
openapi_document(const char *url)
{
	json_t	*paths = json_object();

	for (size_t i = 0; pages_all[i] != NULL; i++) {
		json_t	*path = json_object_get(paths, pages_all[i]->path), *more = path_of(pages_all[i]);

		if (path == NULL) {
			(void)json_object_set_new(paths, pages_all[i]->path, more);
		} else {
			(void)json_object_update(path, more);
			json_decref(more);
		}
	}
	return json_pack("{s:s, s:{s:s, s:s, s:s}, s:[{s:s}], s:o, s:{s:o, s:{s:{s:s, s:s, s:s},"
	    "s:{s:s, s:s, s:s}}}}",
	    "openapi", "3.0.3", "info", "title", "印信网上办事大厅", "version", "1",
	    "description", "每一页都是接口：同一地址带 Accept: application/json 得到模型，POST 带上模型里的 "
	    "csrf 和收到的 cookie。", "servers", "url", url, "paths", paths, "components", "schemas",
	    schemas(), "securitySchemes", "account", "type", "apiKey", "in", "cookie", "name",
	    COOKIE_SESSION, "staff", "type", "apiKey", "in", "cookie", "name", COOKIE_STAFF);
}
