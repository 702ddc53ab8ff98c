#include "base/base.h"
#include "web/mustache.h"

#include "web/mustache_own.h"

/* One context; `up` is the one around it. */
struct frame {
	const json_t		*value;
	const struct frame	*up;
};

struct renderer {
	const struct mustache_view	*v;
	struct buf			*out;
	struct err			*err;
	int				 depth;
};

/* What is the same for all tokens of one template being rendered. */
struct place {
	const struct mustache	*m;
	const char		*indent;	/* put before each line of its text */
	bool			 line_start;
};

void
mustache_escape(struct buf *out, const char *text)
{
	const char	*from = text, *entity = NULL;

	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&': entity = "&amp;"; break;
		case '<': entity = "&lt;"; break;
		case '>': entity = "&gt;"; break;
		case '"': entity = "&quot;"; break;
		case '\'': entity = "&#39;"; break;
		default: continue;
		}
		buf_add(out, from, (size_t)(text - from));
		buf_addstr(out, entity);
		from = text + 1;
	}
	buf_add(out, from, (size_t)(text - from));
}

json_t *
mustache_html(const char *html)
{
	return json_pack("{s:s}", MUSTACHE_MARK, html);
}

static const json_t *
object_get(const json_t *obj, const char *key, size_t len)
{
	return json_is_object(obj) ? json_object_getn(obj, key, len) : NULL;
}

/* The value of a name, NULL when no context has it. */
static const json_t *
lookup(const struct frame *f, const char *name)
{
	size_t		 len = strcspn(name, ".");
	const json_t	*v = NULL;

	if (strcmp(name, ".") == 0)
		return f->value;
	for (; f != NULL && v == NULL; f = f->up)
		v = object_get(f->value, name, len);
	while (v != NULL && name[len] == '.') {
		name += len + 1;
		len = strcspn(name, ".");
		v = object_get(v, name, len);
	}
	return v;
}

static bool
is_empty(const json_t *v)
{
	switch (v == NULL ? JSON_NULL : json_typeof(v)) {
	case JSON_NULL:
	case JSON_FALSE:
		return true;
	case JSON_ARRAY:
		return json_array_size(v) == 0;
	case JSON_STRING:
		return *json_string_value(v) == '\0';
	case JSON_INTEGER:
		return json_integer_value(v) == 0;
	default:
		return false;
	}
}

static int
render_err(const struct renderer *r, const struct place *p, const struct mustache_token *t,
    const char *what)
{
	return err_set(r->err, ERR_BUG, "%s line %d: %s \"%s\"", p->m->name, t->line, what,
	    t->text);
}

static void
render_text(struct renderer *r, struct place *p, const struct mustache_token *t)
{
	const char	*s = t->text, *end = t->text + t->len, *nl = NULL;

	if (*p->indent == '\0') {
		buf_add(r->out, s, t->len);
		return;
	}
	for (; s < end; s = nl) {
		if (p->line_start)
			buf_addstr(r->out, p->indent);
		nl = memchr(s, '\n', (size_t)(end - s));
		nl = nl == NULL ? end : nl + 1;
		buf_add(r->out, s, (size_t)(nl - s));
		p->line_start = nl[-1] == '\n';
	}
}

static int
render_value(struct renderer *r, struct place *p, const struct mustache_token *t,
    const json_t *v)
{
	if (v == NULL)
		return r->v->strict ? render_err(r, p, t, "no value") : 0;
	if (p->line_start)
		buf_addstr(r->out, p->indent);
	p->line_start = false;
	switch (json_typeof(v)) {
	case JSON_STRING:
		mustache_escape(r->out, json_string_value(v));
		return 0;
	case JSON_INTEGER:
		buf_addf(r->out, "%lld", (long long)json_integer_value(v));
		return 0;
	case JSON_REAL:
		buf_addf(r->out, "%.15g", json_real_value(v));
		return 0;
	case JSON_TRUE:
		buf_addstr(r->out, "true");
		return 0;
	case JSON_FALSE:
		buf_addstr(r->out, "false");
		return 0;
	case JSON_NULL:
		return 0;
	default:
		return render_err(r, p, t, "neither text nor number:");
	}
}

static int
render_raw(struct renderer *r, struct place *p, const struct mustache_token *t,
    const json_t *v)
{
	const char	*html = json_string_value(object_get(v, MUSTACHE_MARK,
			    strlen(MUSTACHE_MARK)));

	if (v == NULL && !r->v->strict)
		return 0;
	if (html == NULL)
		return render_err(r, p, t, "not marked as HTML:");
	if (p->line_start)
		buf_addstr(r->out, p->indent);
	p->line_start = false;
	buf_addstr(r->out, html);
	return 0;
}

static int	render(struct renderer *r, struct place *p, const struct frame *f, size_t from,
		    size_t to);

static int
render_section(struct renderer *r, struct place *p, const struct frame *f,
    const struct mustache_token *t, size_t from)
{
	const json_t	*v = lookup(f, t->text);
	struct frame	 inner = {.value = v, .up = f};
	size_t		 i = 0;
	int		 rc = 0;

	if (v == NULL && r->v->strict)
		return render_err(r, p, t, "no value");
	if (t->kind == MUSTACHE_INVERTED)
		return is_empty(v) ? render(r, p, f, from, t->end) : 0;
	if (is_empty(v))
		return 0;
	if (!json_is_array(v))
		return render(r, p, &inner, from, t->end);
	for (i = 0; rc == 0 && i < json_array_size(v) && !r->out->over; i++) {
		inner.value = json_array_get(v, i);
		rc = render(r, p, &inner, from, t->end);
	}
	return rc;
}

static int
render_partial(struct renderer *r, struct place *p, const struct frame *f,
    const struct mustache_token *t)
{
	const struct mustache	*m = r->v->partial == NULL ? NULL :
				    r->v->partial(t->text, r->v->arg);
	char			*indent = NULL;
	struct place		 inner = {.m = m, .line_start = true};
	int			 rc = 0;

	if (m == NULL)
		return r->v->strict ? render_err(r, p, t, "no template") : 0;
	indent = xasprintf("%s%s", p->indent, t->indent);
	inner.indent = indent;
	rc = render(r, &inner, f, 0, m->n);
	free(indent);
	return rc;
}

/* The tokens [from, to) of one template. */
static int
render(struct renderer *r, struct place *p, const struct frame *f, size_t from, size_t to)
{
	const struct mustache_token	*t = NULL;
	int				 rc = 0;

	if (++r->depth > MUSTACHE_DEPTH)
		return err_set(r->err, ERR_LIMIT, "%s: more than %d levels", p->m->name,
		    MUSTACHE_DEPTH);
	for (; rc == 0 && from < to && !r->out->over; from++) {
		t = &p->m->token[from];
		switch (t->kind) {
		case MUSTACHE_TEXT:
			render_text(r, p, t);
			break;
		case MUSTACHE_VALUE:
			rc = render_value(r, p, t, lookup(f, t->text));
			break;
		case MUSTACHE_RAW:
			rc = render_raw(r, p, t, lookup(f, t->text));
			break;
		case MUSTACHE_SECTION:
		case MUSTACHE_INVERTED:
			rc = render_section(r, p, f, t, from + 1);
			from = t->end;
			break;
		case MUSTACHE_PARTIAL:
			rc = render_partial(r, p, f, t);
			break;
		case MUSTACHE_END:
			break;
		}
	}
	r->depth--;
	return rc;
}

int
mustache_render(const struct mustache *m, const struct mustache_view *v, struct buf *out,
    struct err *err)
{
	struct renderer	 r = {.v = v, .out = out, .err = err};
	struct place	 p = {.m = m, .indent = "", .line_start = true};
	struct frame	 frames[8] = {{0}};
	size_t		 i = 0;

	if (v->n == 0 || v->n > ARRAY_LEN(frames))
		BUG("%zu contexts", v->n);
	for (i = 0; i < v->n; i++)
		frames[i] = (struct frame){.value = v->contexts[i],
		    .up = i == 0 ? NULL : &frames[i - 1]};
	if (render(&r, &p, &frames[v->n - 1], 0, m->n) < 0)
		return -1;
	return buf_check(out, err);
}
