#include "base/base.h"
#include "web/mustache.h"

#include "web/mustache_own.h"

#define DELIMITER	8		/* longest delimiter and its NUL */

struct compiler {
	struct mustache	*m;
	const char	*p;		/* the template */
	size_t		 len, at;
	int		 line;
	char		 open[DELIMITER], close[DELIMITER];
	size_t		 section[MUSTACHE_DEPTH];	/* open sections, as token indexes */
	size_t		 depth;
	struct err	*err;
};

#define compile_err(c, ...) \
	(err_set((c)->err, ERR_INPUT, __VA_ARGS__), \
	 err_add((c)->err, "%s line %d", (c)->m->name, (c)->line))

static struct mustache_token *
compile_add(struct compiler *c, enum mustache_kind kind, const char *p, size_t len)
{
	struct mustache		*m = c->m;
	struct mustache_token	*t = NULL;

	if (m->n == m->cap) {
		m->cap = m->cap == 0 ? 32 : 2 * m->cap;
		m->token = xrealloc(m->token, m->cap * sizeof(*m->token));
	}
	t = &m->token[m->n++];
	*t = (struct mustache_token){.kind = kind, .text = xstrndup(p, len), .len = len,
	    .line = c->line};
	return t;
}

static void
compile_count_lines(struct compiler *c, size_t from, size_t to)
{
	for (; from < to; from++)
		if (c->p[from] == '\n')
			c->line++;
}

static bool
is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

/*
 * Does the tag [from, to) stand alone on its line?  Then *from moves to the beginning of the
 * line and *to past its end, so that the line vanishes.
 */
static bool
compile_alone(const struct compiler *c, size_t *from, size_t *to)
{
	size_t	a = *from, b = *to;

	while (a > 0 && is_blank(c->p[a - 1]))
		a--;
	if (a > 0 && c->p[a - 1] != '\n')
		return false;
	while (b < c->len && is_blank(c->p[b]))
		b++;
	if (b + 1 < c->len && c->p[b] == '\r' && c->p[b + 1] == '\n')
		b++;
	if (b < c->len && c->p[b] != '\n')
		return false;
	*from = a;
	*to = b < c->len ? b + 1 : b;
	return true;
}

static int
compile_open_section(struct compiler *c, enum mustache_kind kind, const char *name, size_t len)
{
	if (c->depth == MUSTACHE_DEPTH)
		return compile_err(c, "more than %d sections inside one another",
		    MUSTACHE_DEPTH);
	c->section[c->depth++] = c->m->n;
	(void)compile_add(c, kind, name, len);
	return 0;
}

static int
compile_close_section(struct compiler *c, const char *name, size_t len)
{
	struct mustache_token	*t = NULL;

	if (c->depth == 0)
		return compile_err(c, "{{/%.*s}} closes nothing", (int)len, name);
	t = &c->m->token[c->section[--c->depth]];
	if (t->len != len || memcmp(t->text, name, len) != 0)
		return compile_err(c, "{{/%.*s}} where {{/%s}} belongs", (int)len, name,
		    t->text);
	t->end = c->m->n;
	(void)compile_add(c, MUSTACHE_END, name, len);
	return 0;
}

/* {{=<% %>=}}: p is what stands between the equal signs. */
static int
compile_delimiters(struct compiler *c, const char *p, size_t len)
{
	size_t	a = 0, b = len;

	while (a < len && !is_blank(p[a]))
		a++;
	while (b > a && !is_blank(p[b - 1]))
		b--;
	if (a == 0 || b == len || a >= DELIMITER || len - b >= DELIMITER)
		return compile_err(c, "two delimiters of at most %d characters are needed",
		    DELIMITER - 1);
	(void)snprintf(c->open, sizeof(c->open), "%.*s", (int)a, p);
	(void)snprintf(c->close, sizeof(c->close), "%.*s", (int)(len - b), p + b);
	return 0;
}

/* Is text[0..len) a name: dotted, or "."? */
static bool
is_name(const char *p, size_t len)
{
	size_t	i = 0;

	for (i = 0; i < len; i++)
		if ((unsigned char)p[i] <= ' ' || strchr("{}&<>\"'=", p[i]) != NULL)
			return false;
	return len > 0;
}

static int
compile_tag(struct compiler *c, char sigil, const char *p, size_t len, const char *indent,
    size_t indent_len)
{
	struct mustache_token	*t = NULL;

	if (sigil == '!')
		return 0;
	if (sigil == '=')
		return compile_delimiters(c, p, len);
	if (!is_name(p, len))
		return compile_err(c, "\"%.*s\" is no name", (int)len, p);
	switch (sigil) {
	case '#':
		return compile_open_section(c, MUSTACHE_SECTION, p, len);
	case '^':
		return compile_open_section(c, MUSTACHE_INVERTED, p, len);
	case '/':
		return compile_close_section(c, p, len);
	case '>':
		t = compile_add(c, MUSTACHE_PARTIAL, p, len);
		t->indent = xstrndup(indent, indent_len);
		return 0;
	case '&':
	case '{':
		(void)compile_add(c, MUSTACHE_RAW, p, len);
		return 0;
	default:
		(void)compile_add(c, MUSTACHE_VALUE, p, len);
		return 0;
	}
}

static void
trim(const char **p, size_t *len)
{
	while (*len > 0 && (is_blank(**p) || **p == '\n' || **p == '\r')) {
		(*p)++;
		(*len)--;
	}
	while (*len > 0 && (is_blank((*p)[*len - 1]) || (*p)[*len - 1] == '\n' ||
	    (*p)[*len - 1] == '\r'))
		(*len)--;
}

/* One tag that begins at `from`; the text before it is already known to be literal. */
static int
compile_one(struct compiler *c, size_t from)
{
	const char	*inner = c->p + from + strlen(c->open), *end = NULL;
	char		 sigil = from + strlen(c->open) < c->len ? *inner : '\0', stop[DELIMITER + 2];
	size_t		 a = from, b = 0, len = 0;
	bool		 has_sigil = sigil != '\0' && strchr("#^/>!&={", sigil) != NULL;

	(void)snprintf(stop, sizeof(stop), "%s%s", sigil == '{' ? "}" : sigil == '=' ? "=" : "",
	    c->close);
	if (has_sigil)
		inner++;
	else
		sigil = '\0';
	end = memmem(inner, c->len - (size_t)(inner - c->p), stop, strlen(stop));
	compile_count_lines(c, c->at, from);
	if (end == NULL)
		return compile_err(c, "a tag is not closed");
	b = (size_t)(end - c->p) + strlen(stop);
	len = (size_t)(end - inner);
	trim(&inner, &len);
	if (sigil == '\0' || sigil == '&' || sigil == '{' || !compile_alone(c, &a, &b))
		a = from;
	if (a > c->at)
		(void)compile_add(c, MUSTACHE_TEXT, c->p + c->at, a - c->at);
	if (compile_tag(c, sigil, inner, len, c->p + a, from - a) < 0)
		return -1;
	compile_count_lines(c, from, b);
	c->at = b;
	return 0;
}

static int
compile(struct compiler *c)
{
	const char	*tag = NULL;

	while (c->at < c->len) {
		tag = memmem(c->p + c->at, c->len - c->at, c->open, strlen(c->open));
		if (tag == NULL) {
			(void)compile_add(c, MUSTACHE_TEXT, c->p + c->at, c->len - c->at);
			break;
		}
		if (compile_one(c, (size_t)(tag - c->p)) < 0)
			return -1;
	}
	if (c->depth > 0) {
		c->line = c->m->token[c->section[c->depth - 1]].line;
		return compile_err(c, "{{#%s}} is not closed",
		    c->m->token[c->section[c->depth - 1]].text);
	}
	return 0;
}

int
mustache_new(struct mustache **out, const char *name, const char *text, size_t len,
    struct err *err)
{
	struct mustache	*m = xcalloc(1, sizeof(*m));
	struct compiler	 c = {.m = m, .p = text, .len = len, .line = 1, .open = "{{",
			    .close = "}}", .err = err};

	m->name = xstrdup(name);
	if (memchr(text, '\0', len) != NULL) {
		mustache_free(m);
		return err_set(err, ERR_INPUT, "%s: contains a NUL byte", name);
	}
	if (compile(&c) < 0) {
		mustache_free(m);
		return -1;
	}
	*out = m;
	return 0;
}

void
mustache_free(struct mustache *m)
{
	size_t	i = 0;

	if (m == NULL)
		return;
	for (i = 0; i < m->n; i++) {
		free(m->token[i].text);
		free(m->token[i].indent);
	}
	free(m->token);
	free(m->name);
	free(m);
}
