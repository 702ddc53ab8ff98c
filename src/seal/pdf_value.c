#include "base/base.h"
#include "seal/pdf_own.h"

#include <math.h>

/* Characters (ISO 32000-1 7.2.2) ------------------------------------------------------- */

static bool
pdf_is_blank(char c)
{
	return c == '\0' || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

static bool
pdf_is_delimiter(char c)
{
	return c != '\0' && strchr("()<>[]{}/%", c) != NULL;
}

static bool
pdf_is_regular(char c)
{
	return !pdf_is_blank(c) && !pdf_is_delimiter(c);
}

static int
pdf_hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void
pdf_skip_blank(struct pdf_source *s)
{
	while (s->p < s->end)
		if (pdf_is_blank(*s->p))
			s->p++;
		else if (*s->p == '%')
			while (s->p < s->end && *s->p != '\n' && *s->p != '\r')
				s->p++;
		else
			break;
}

int
pdf_read_word(struct pdf_source *s, const char *word)
{
	size_t	 n = strlen(word);

	pdf_skip_blank(s);
	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0 ||
	    (s->p + n < s->end && pdf_is_regular(s->p[n])))
		return -1;
	s->p += n;
	return 0;
}

int
pdf_read_integer(struct pdf_source *s, int64_t *n)
{
	const char	*p;

	pdf_skip_blank(s);
	for (p = s->p, *n = 0; p < s->end && *p >= '0' && *p <= '9'; p++)
		if ((*n = *n * 10 + (*p - '0')) > INT32_MAX)
			return -1;
	if (p == s->p || (p < s->end && pdf_is_regular(*p)))
		return -1;
	s->p = p;
	return 0;
}

int
pdf_spend(struct pdf *d, size_t n, struct err *err)
{
	*d->spent += n;
	return *d->spent <= PDF_WORK_MAX ? 0 : err_set(err, ERR_LIMIT, PDF_TOO_MUCH);
}

/* Values ------------------------------------------------------------------------------ */

static int
pdf_new_value(struct pdf_source *s, enum pdf_kind kind, struct pdf_value **out, struct err *err)
{
	if (++s->pdf->values > PDF_VALUES_MAX)
		return err_set(err, ERR_LIMIT, PDF_TOO_MUCH);
	*out = arena_alloc(s->pdf->arena, sizeof(**out));
	(*out)->kind = kind;
	(*out)->at = s->p;
	return 0;
}

/* (…) with balanced brackets, or <…>: s->p goes past the end. */
static int
pdf_read_string(struct pdf_source *s, struct pdf_value *v, struct err *err)
{
	int	 depth = 0;

	v->is_hex = *s->p == '<';
	if (v->is_hex) {
		for (s->p++; s->p < s->end && *s->p != '>'; s->p++)
			if (pdf_hex(*s->p) < 0 && !pdf_is_blank(*s->p))
				return err_set(err, ERR_INPUT, PDF_NO "十六进制字符串不对。");
		return s->p++ < s->end ? 0 : err_set(err, ERR_INPUT, PDF_NO "字符串没有结束。");
	}
	for (; s->p < s->end; s->p++) {
		if (*s->p == '\\')
			s->p++;
		else if (*s->p == '(')
			depth++;
		else if (*s->p == ')' && --depth == 0) {
			s->p++;
			return 0;
		}
	}
	return err_set(err, ERR_INPUT, PDF_NO "字符串没有结束。");
}

/* A number of 7.3.3; anything else regular is a word. */
static void
pdf_read_regular(struct pdf_source *s, struct pdf_value *v)
{
	const char	*p = s->p;
	double		 scale = 1;
	bool		 minus = false, point = false, digits = false;

	while (s->p < s->end && pdf_is_regular(*s->p))
		s->p++;
	if (*p == '+' || *p == '-')
		minus = *p++ == '-';
	for (; p < s->p; p++)
		if (*p == '.' && !point)
			point = true;
		else if (*p >= '0' && *p <= '9') {
			digits = true;
			v->real = v->real * 10 + (*p - '0');
			scale *= point ? 10 : 1;
		} else
			return;
	if (!digits || v->real > 1e15)
		return;
	v->kind = PDF_NUMBER;
	v->real = (minus ? -v->real : v->real) / scale;
	v->is_integer = !point;
	v->n = (int64_t)trunc(v->real);
}

static void
pdf_word_value(struct pdf_value *v, size_t len)
{
	if (len == 4 && memcmp(v->at, "null", 4) == 0)
		v->kind = PDF_NULL;
	else if (len == 4 && memcmp(v->at, "true", 4) == 0) {
		v->kind = PDF_BOOL;
		v->n = 1;
	} else if (len == 5 && memcmp(v->at, "false", 5) == 0)
		v->kind = PDF_BOOL;
}

static int
pdf_read_scalar(struct pdf_source *s, struct pdf_value **out, struct err *err)
{
	struct pdf_value	*v;

	if (pdf_new_value(s, PDF_WORD, &v, err) < 0)
		return -1;
	if (*s->p == '(' || *s->p == '<') {
		v->kind = PDF_STRING;
		if (pdf_read_string(s, v, err) < 0)
			return -1;
	} else if (*s->p == '/') {
		v->kind = PDF_NAME;
		for (s->p++; s->p < s->end && pdf_is_regular(*s->p); s->p++)
			continue;
	} else if (pdf_is_delimiter(*s->p))
		return err_set(err, ERR_INPUT, PDF_NO "括号不成对。");
	else {
		pdf_read_regular(s, v);
		if (v->kind == PDF_WORD)
			pdf_word_value(v, (size_t)(s->p - v->at));
	}
	v->len = (size_t)(s->p - v->at);
	*out = v;
	return 0;
}

/* `12 0 R`: the last two of a list become one reference. */
static int
pdf_fold_reference(struct pdf_value **before, struct pdf_value *number,
    struct pdf_value *generation, const char *end, struct err *err)
{
	if (number == NULL || generation == NULL || !number->is_integer ||
	    !generation->is_integer || number->n < 0 || generation->n < 0 ||
	    generation->n > 65535)
		return err_set(err, ERR_INPUT, PDF_NO "引用不对。");
	number->kind = PDF_REF;
	number->is_integer = false;
	number->generation = generation->n;
	number->len = (size_t)(end - number->at);
	number->next = NULL;
	*before = number;
	return 0;
}

static int pdf_read_nested(struct pdf_source *s, int depth, struct pdf_value **out,
    struct err *err);

/* Values up to the closing bracket, as a list. */
static int
pdf_read_list(struct pdf_source *s, const char *close, int depth, struct pdf_value *in,
    struct err *err)
{
	struct pdf_value	**link = &in->first, **last = NULL, **before = NULL, *v;
	size_t			 n = strlen(close);

	for (;;) {
		pdf_skip_blank(s);
		if (s->p >= s->end)
			return err_set(err, ERR_INPUT, PDF_NO "括号不成对。");
		if ((size_t)(s->end - s->p) >= n && memcmp(s->p, close, n) == 0)
			break;
		if (pdf_read_nested(s, depth + 1, &v, err) < 0)
			return -1;
		if (v->kind != PDF_WORD) {
			*link = v;
			before = last;
			last = link;
			link = &v->next;
			continue;
		}
		if (v->len != 1 || *v->at != 'R' || last == NULL || before == NULL)
			return err_set(err, ERR_INPUT, PDF_NO "有不认识的内容。");
		if (pdf_fold_reference(before, *before, *last, s->p, err) < 0)
			return -1;
		link = &(*before)->next;
		last = before;
		before = NULL;	/* what stood before is no number that may be folded again */
	}
	s->p += n;
	in->len = (size_t)(s->p - in->at);
	return 0;
}

/* Keys are names, and each stands there once: readers differ in which of two they take. */
static int
pdf_check_dict(struct pdf *d, struct pdf_value *dict, struct err *err)
{
	size_t	 n = 0;

	for (const struct pdf_value *k = dict->first; k != NULL; k = k->next->next) {
		if (k->kind != PDF_NAME || k->next == NULL)
			return err_set(err, ERR_INPUT, PDF_NO "字典的键不对。");
		if (++n > PDF_KEYS_MAX)
			return err_set(err, ERR_LIMIT, PDF_NO "一个字典里的键太多。");
		if (pdf_spend(d, n * k->len, err) < 0)
			return -1;
		for (const struct pdf_value *o = dict->first; o != k; o = o->next->next)
			if (pdf_value_is_same(k, o))
				return err_set(err, ERR_INPUT, PDF_NO "字典里有重复的键。");
	}
	dict->n = (int64_t)n;
	return 0;
}

static int
pdf_read_nested(struct pdf_source *s, int depth, struct pdf_value **out, struct err *err)
{
	bool	 dict;

	if (depth > PDF_NEST_MAX)
		return err_set(err, ERR_LIMIT, PDF_NO "嵌套太深。");
	dict = s->end - s->p >= 2 && s->p[0] == '<' && s->p[1] == '<';
	if (!dict && *s->p != '[')
		return pdf_read_scalar(s, out, err);
	if (pdf_new_value(s, dict ? PDF_DICT : PDF_ARRAY, out, err) < 0)
		return -1;
	s->p += dict ? 2 : 1;
	if (pdf_read_list(s, dict ? ">>" : "]", depth, *out, err) < 0)
		return -1;
	return dict ? pdf_check_dict(s->pdf, *out, err) : 0;
}

int
pdf_read_value(struct pdf_source *s, struct pdf_value **out, struct err *err)
{
	pdf_skip_blank(s);
	if (s->p >= s->end)
		return err_set(err, ERR_INPUT, PDF_NO "内容不完整。");
	return pdf_read_nested(s, 0, out, err);
}

/* Looking ----------------------------------------------------------------------------- */

/* The next character of a name, #xx decoded; -1 at its end. */
static int
pdf_name_next(const char **p, const char *end)
{
	int	 c;

	if (*p >= end)
		return -1;
	c = (unsigned char)*(*p)++;
	if (c == '#' && end - *p >= 2 && pdf_hex((*p)[0]) >= 0 && pdf_hex((*p)[1]) >= 0) {
		c = pdf_hex((*p)[0]) << 4 | pdf_hex((*p)[1]);
		*p += 2;
	}
	return c;
}

bool
pdf_is_name(const struct pdf_value *v, const char *name)
{
	const char	*p, *end;
	int		 c;

	if (v == NULL || v->kind != PDF_NAME)
		return false;
	p = v->at + 1;
	end = v->at + v->len;
	while ((c = pdf_name_next(&p, end)) >= 0)
		if (c != (unsigned char)*name++ || c == '\0')
			return false;
	return *name == '\0';
}

void
pdf_text(const struct pdf_value *v, char *text, size_t size)
{
	const char	*p, *end;
	size_t		 n = 0;
	int		 c;

	text[0] = '\0';
	if (v == NULL || v->len < 2 || (v->kind != PDF_NAME && v->kind != PDF_STRING))
		return;
	p = v->at + 1;
	end = v->at + v->len - (v->kind == PDF_STRING ? 1 : 0);
	while (p < end && n + 1 < size) {
		c = v->kind == PDF_NAME ? pdf_name_next(&p, end) : (unsigned char)*p++;
		if (c >= 0x20 && c < 0x7f)
			text[n++] = (char)c;
	}
	text[n] = '\0';
}

const struct pdf_value *
pdf_key(const struct pdf_value *dict, const char *key)
{
	if (dict == NULL || dict->kind != PDF_DICT)
		return NULL;
	for (const struct pdf_value *k = dict->first; k != NULL; k = k->next->next)
		if (pdf_is_name(k, key))
			return k->next;
	return NULL;
}

static bool
pdf_name_is_same(const struct pdf_value *a, const struct pdf_value *b)
{
	const char	*p = a->at + 1, *q = b->at + 1;
	int		 c;

	do {
		c = pdf_name_next(&p, a->at + a->len);
		if (c != pdf_name_next(&q, b->at + b->len))
			return false;
	} while (c >= 0);
	return true;
}

static bool
pdf_list_is_same(const struct pdf_value *a, const struct pdf_value *b)
{
	for (a = a->first, b = b->first; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!pdf_value_is_same(a, b))
			return false;
	return a == NULL && b == NULL;
}

/* Dictionaries in whatever order. */
static bool
pdf_dict_is_same(const struct pdf_value *a, const struct pdf_value *b)
{
	size_t	 n = 0, m = 0;

	for (const struct pdf_value *o = b->first; o != NULL; o = o->next->next)
		m++;
	for (const struct pdf_value *k = a->first; k != NULL; k = k->next->next, n++) {
		const struct pdf_value	*o = b->first;

		while (o != NULL && !pdf_name_is_same(k, o))
			o = o->next->next;
		if (o == NULL || !pdf_value_is_same(k->next, o->next))
			return false;
	}
	return n == m;
}

bool
pdf_value_is_same(const struct pdf_value *a, const struct pdf_value *b)
{
	if (a == b)
		return true;
	if (a == NULL || b == NULL || a->kind != b->kind)
		return false;
	switch (a->kind) {
	case PDF_NULL:
		return true;
	case PDF_BOOL:
		return a->n == b->n;
	case PDF_REF:
		return a->n == b->n && a->generation == b->generation;
	case PDF_NUMBER:
		return fabs(a->real - b->real) < 1e-9;
	case PDF_NAME:
		return pdf_name_is_same(a, b);
	case PDF_ARRAY:
		return pdf_list_is_same(a, b);
	case PDF_DICT:
		return pdf_dict_is_same(a, b);
	default:
		return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
	}
}
