#include "base/base.h"
#include "web/pages/common.h"

#include "base/str.h"
#include "base/url.h"
#include "hall/account/code.h"
#include "hall/ops.h"

void
page_captcha(struct call *c)
{
	char		 id[CAPTCHA_ID];
	const char	*mistake = "";
	json_t		*e = NULL;
	size_t		 i = 0;

	captcha_id(id);
	js_set_str(c->model, "captcha_id", id);
	json_array_foreach(c->errors, i, e)
		if (strcmp(js_str(e, "field"), "captcha") == 0)
			mistake = js_str(e, "text");
	js_set_str(c->model, "captcha_error", mistake);
}

int
page_plain(struct call *c, struct err *err)
{
	(void)c;
	(void)err;
	return 0;
}

const char *
page_local_path(const char *next, const char *dflt)
{
	const char	*p = NULL;

	if (next[0] != '/' || next[1] == '/' || strlen(next) > 300)
		return dflt;
	for (p = next; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == '\\' || (unsigned char)*p >= 0x7f)
			return dflt;
	return next;
}

void
page_next(struct call *c, const char *dflt)
{
	const char	*next = page_local_path(call_query(c, "next"), "");
	struct buf	 query;

	if (*next == '\0')
		next = page_local_path(call_in(c, "next"), "");
	buf_init(&query, 1024);
	if (*next != '\0' && strcmp(next, "/user") != 0) {
		buf_addstr(&query, "?next=");
		url_encode_str(&query, next);
	}
	js_set_str(c->model, "next", *next == '\0' ? dflt : next);
	js_set_str(c->model, "next_query", buf_check(&query, NULL) < 0 || query.len == 0 ? "" :
	    query.p);
	buf_free(&query);
}

json_t *
page_tabs(const char *const pairs[][2], const char *current)
{
	json_t	*list = json_array();
	size_t	 i = 0;

	for (i = 0; pairs[i][0] != NULL; i++)
		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "id",
		    pairs[i][0], "title", pairs[i][1], "current",
		    strcmp(pairs[i][0], current) == 0));
	return list;
}

int
page_send(struct call *c, int rc, const char *type, struct buf *b, const char *name)
{
	if (rc == 0)
		rc = call_send(c, type, b->p, b->len, name);
	buf_free(b);
	return rc;
}

/* The states one can search for, the wanted one marked. */
static json_t *
page_states(const char *want)
{
	json_t	*list = json_array();
	int	 s = 0;

	for (s = 0; s < ORDER__MAX; s++)
		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "value",
		    order_state_name((enum order_state)s), "text",
		    order_state_text((enum order_state)s), "selected",
		    strcmp(want, order_state_name((enum order_state)s)) == 0));
	return list;
}

static json_t *
page_products(const struct halldef *d, const char *want)
{
	json_t	*list = json_array();
	size_t	 i = 0;

	for (i = 0; i < d->n_products; i++)
		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "value",
		    d->products[i].id, "text", d->products[i].title, "selected",
		    strcmp(want, d->products[i].id) == 0));
	return list;
}

static void
page_choice(json_t *list, const char *value, const char *text, const char *want)
{
	(void)json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "value", value, "text", text,
	    "selected", strcmp(want, value) == 0));
}

/* The kinds of operations, a first application among them. */
static json_t *
page_ops(const char *want)
{
	json_t	*list = json_array();
	size_t	 i = 0;

	page_choice(list, "new", op_text("new"), want);
	for (i = 0; op_row(i) != NULL; i++)
		page_choice(list, op_row(i)->name, op_row(i)->text, want);
	return list;
}

static json_t *
page_pays(const char *want)
{
	json_t	*list = json_array();

	page_choice(list, "paid", "缴费完成", want);
	page_choice(list, "owed", "等待缴费", want);
	page_choice(list, "free", "无需缴费", want);
	return list;
}

/* What is looked for, to be carried to the other pages of the list: "&subject=…&op=renew". */
static void
page_search_query(struct call *c, json_t *q)
{
	static const char *const	names[] = { "subject", "no", "product", "state", "op", "pay" };
	struct buf			text;
	size_t				i = 0;

	buf_init(&text, LIMIT_JSON);
	for (i = 0; i < ARRAY_LEN(names); i++)
		if (*call_query(c, names[i]) != '\0') {
			buf_addf(&text, "&%s=", names[i]);
			url_encode_str(&text, call_query(c, names[i]));
		}
	js_set_str(q, "query", text.len == 0 || text.over ? "" : text.p);
	buf_free(&text);
}

void
page_search(struct call *c)
{
	json_t	*q = json_object();

	js_set_str(q, "subject", call_query(c, "subject"));
	js_set_str(q, "no", call_query(c, "no"));
	(void)json_object_set_new(q, "states", page_states(call_query(c, "state")));
	(void)json_object_set_new(q, "products", page_products(hall_def(c->hall),
	    call_query(c, "product")));
	(void)json_object_set_new(q, "ops", page_ops(call_query(c, "op")));
	(void)json_object_set_new(q, "pays", page_pays(call_query(c, "pay")));
	page_search_query(c, q);
	(void)json_object_set_new(c->model, "search", q);
}

int
page_file(struct call *c, struct err *err)
{
	if (c->file == NULL || c->file->len == 0)
		return hall_field_error(c->errors, "file", "文件", err,
		    "请先选择要上传的图片文件。");
	return 0;
}
