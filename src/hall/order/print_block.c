#include "base/base.h"
#include "hall/order/print_own.h"

json_t *
print_document(const struct halldef *d, const char *title, const char *no)
{
	json_t	*doc = json_object();

	js_set_str(doc, "title", title);
	js_set_str(doc, "issuer", d->issuer);
	if (no != NULL) {
		js_set_str(doc, "number", no);
		js_set_str(doc, "qr", no);
	}
	(void)json_object_set_new(doc, "blocks", json_array());
	return doc;
}

void
print_block(json_t *doc, json_t *block)
{
	(void)json_array_append_new(json_object_get(doc, "blocks"), block);
}

void
print_para(json_t *doc, const char *text)
{
	print_block(doc, json_pack("{s:s, s:s}", "type", "para", "text", text));
}

void
print_heading(json_t *doc, const char *text)
{
	print_block(doc, json_pack("{s:s, s:s}", "type", "heading", "text", text));
}

void
print_sign(json_t *doc, const char *a, const char *b, const char *c)
{
	print_block(doc, json_pack("{s:s, s:[s, s, s]}", "type", "sign", "items", a, b, c));
}

void
print_page(json_t *doc, const char *title)
{
	print_block(doc, json_pack("{s:s, s:s}", "type", "page", "title", title));
}

void
print_row(json_t *rows, const char *l1, const char *v1, const char *l2, const char *v2)
{
	if (l2 == NULL)
		(void)json_array_append_new(rows, json_pack("[s, s]", l1, v1));
	else
		(void)json_array_append_new(rows, json_pack("[s, s, s, s]", l1, v1, l2, v2));
}

void
print_table(json_t *doc, json_t *rows)
{
	print_block(doc, json_pack("{s:s, s:o}", "type", "table", "rows", rows));
}

void
print_text(json_t *doc, const char *text)
{
	json_t	*list = text_paragraphs(text), *p = NULL;
	size_t	 i = 0;

	json_array_foreach(list, i, p)
		print_para(doc, json_string_value(p));
	json_decref(list);
}

void
print_notes(json_t *doc)
{
	print_block(doc, json_pack("{s:s, s:[s, s, s]}", "type", "list", "items",
	    "请核对打印的内容，如实、准确、完整；涂改无效。",
	    "经办人签字并加盖单位公章后，扫描上传。",
	    "本表一式两份，客户及证书受理点各执一份。"));
}
