#include "base/base.h"
#include "seal/pdf_own.h"

#include <math.h>
/*
 * Two versions of one file: does the later show what the earlier showed?
 *
 * All that can be reached from the earlier catalog must stand where it stood, and what was missing
 * must be missing still (an object defined later for a reference that waited for it is the shadow
 * attack).  What may differ: the catalog has a form now; the form has more signature
 * fields; a page has more annotations, each the picture of such a field or a stamp beside it, no
 * larger than a seal may be: it would cover what the page says.
 *
 * Not checked: what such a picture shows.  Who adds it has to seal the file, by his own name.
 */
struct compare {
	struct pdf	*a, *b;			/* earlier, later */
	unsigned char	*seen;			/* of a's objects */
	int64_t		*todo;			/* numbers that are still to be looked at */
	size_t		 n_seen, n_todo, cap_todo;
	size_t		 n_fields;		/* that came */
};

#define COMPARE_NO(err)	err_set((err), ERR_CONFLICT, "盖章之后内容被改动过。")

static bool
compare_is_same_entry(const struct compare *c, int64_t no)
{
	struct pdf_entry	 x = pdf_entry_of(c->a, no), y = pdf_entry_of(c->b, no);
	bool			 gone = x.kind == PDF_MISSING || x.kind == PDF_FREE;

	if (gone)
		return y.kind == PDF_MISSING || y.kind == PDF_FREE;
	if (x.kind != y.kind || x.at != y.at || x.generation != y.generation)
		return false;
	/* What holds it is never packed itself: a stream in itself has no end. */
	return x.kind == PDF_PLAIN || (pdf_entry_of(c->a, x.at).kind == PDF_PLAIN &&
	    compare_is_same_entry(c, x.at));
}

static void
compare_later(struct compare *c, int64_t no)
{
	if (c->n_todo == c->cap_todo) {
		c->cap_todo = 2 * c->cap_todo + 64;
		c->todo = xrealloc(c->todo, c->cap_todo * sizeof(*c->todo));
	}
	c->todo[c->n_todo++] = no;
}

/*
 * Not looked at yet; an object beyond the table is as good as one that is missing.  What it is packed
 * in is looked at too: that stream's dictionary refers to how its bytes are read (Length, DecodeParms).
 */
static bool
compare_is_new(struct compare *c, int64_t no)
{
	struct pdf_entry	 e = pdf_entry_of(c->a, no);

	if (no < 0 || (size_t)no >= c->n_seen || c->seen[no])
		return false;
	c->seen[no] = 1;
	if (e.kind == PDF_PACKED)
		compare_later(c, e.at);
	return true;
}

/* References inside of a value; depth is bounded by the reader. */
static void
compare_collect(struct compare *c, const struct pdf_value *v)
{
	if (v == NULL)
		return;
	if (v->kind == PDF_REF && v->n < PDF_OBJECTS_MAX)
		compare_later(c, v->n);
	if (v->kind == PDF_ARRAY || v->kind == PDF_DICT)
		for (v = v->first; v != NULL; v = v->next)
			compare_collect(c, v);
}

/* Everything below is unchanged. */
static int
compare_rest(struct compare *c, struct err *err)
{
	const struct pdf_object	*o = NULL;

	while (c->n_todo > 0) {
		int64_t	 no = c->todo[--c->n_todo];

		if (!compare_is_new(c, no))
			continue;
		if (!compare_is_same_entry(c, no))
			return COMPARE_NO(err);
		if (pdf_object(c->a, no, &o, err) < 0)
			return -1;
		compare_collect(c, o->value);
	}
	return 0;
}

/* All keys but those of `but` are the same, in both directions. */
static int
compare_keys(struct compare *c, const struct pdf_value *a, const struct pdf_value *b,
    const char *const *but, struct err *err)
{
	const struct pdf_value	*pair[2] = {a, b};

	if (a->kind != PDF_DICT || b->kind != PDF_DICT)
		return COMPARE_NO(err);
	if (pdf_spend(c->a, (size_t)b->n * a->len + (size_t)a->n * b->len, err) < 0)
		return -1;
	for (int side = 0; side < 2; side++)
		for (const struct pdf_value *k = pair[side]->first; k != NULL; k = k->next->next) {
			const struct pdf_value	*o = pair[1 - side]->first;
			bool			 left_out = false;

			for (size_t i = 0; but[i] != NULL; i++)
				left_out = left_out || pdf_is_name(k, but[i]);
			while (o != NULL && !pdf_value_is_same(k, o))
				o = o->next->next;
			if (!left_out && (o == NULL || !pdf_value_is_same(k->next, o->next)))
				return COMPARE_NO(err);
			if (side == 0 && !left_out)
				compare_collect(c, k->next);
		}
	return 0;
}

/* Units of a page that the longest side of a seal takes, with a little for rounding. */
static int
compare_side(struct compare *c, const struct pdf_value *page, double *most, struct err *err)
{
	const struct pdf_value	*unit = NULL;

	if (pdf_get(c->a, page, "UserUnit", &unit, err) < 0)
		return -1;
	*most = (ESEAL_SIDE_MAX + 1) * 72 / 25.4;
	if (unit->kind == PDF_NUMBER && unit->real > 0)
		*most /= unit->real;
	return 0;
}

/* Viewers fit the appearance into the rectangle (12.5.5), so that alone says how much is covered. */
static int
compare_is_small(struct compare *c, const struct pdf_value *annotation, double most,
    struct err *err)
{
	const struct pdf_value	*rect = NULL, *v, *n = NULL;
	double			 x[4];

	if (pdf_get(c->b, annotation, "Rect", &rect, err) < 0)
		return -1;
	v = rect->kind == PDF_ARRAY ? rect->first : NULL;
	for (int i = 0; i < 4; i++, v = v->next) {
		if (v == NULL)
			return COMPARE_NO(err);
		if (pdf_resolve(c->b, v, &n, err) < 0)
			return -1;
		if (n->kind != PDF_NUMBER)
			return COMPARE_NO(err);
		x[i] = n->real;
	}
	return fabs(x[2] - x[0]) <= most && fabs(x[3] - x[1]) <= most ? 0 : COMPARE_NO(err);
}

/*
 * What a later version may add: a signature field (most 0), or the widget or stamp of one, its sides at
 * most so long.
 */
static int
compare_is_addition(struct compare *c, const struct pdf_value *v, double most, struct err *err)
{
	const struct pdf_object	*o = NULL;
	const struct pdf_value	*x;
	bool			 is_field = most <= 0, is_sig;

	if (v->kind != PDF_REF || pdf_entry_of(c->a, v->n).kind != PDF_MISSING)
		return COMPARE_NO(err);
	if (pdf_object(c->b, v->n, &o, err) < 0)
		return -1;
	x = o->value;
	is_sig = pdf_is_name(pdf_key(x, "FT"), "Sig") && pdf_key(x, "V") != NULL;
	/* It does nothing, and is no stream, which a page could show that has one array for both. */
	if (o->is_stream || pdf_key(x, "A") != NULL || pdf_key(x, "AA") != NULL ||
	    (is_field ? !is_sig : !pdf_is_name(pdf_key(x, "Subtype"), is_sig ? "Widget" : "Stamp")))
		return COMPARE_NO(err);
	return is_field ? 0 : compare_is_small(c, x, most, err);
}

/*
 * Fields or Annots: what was there first, in its order, then only additions; on a page no more than
 * fields came, or many small ones would cover it.
 */
static int
compare_list(struct compare *c, const struct pdf_value *a, const struct pdf_value *b,
    double most, struct err *err)
{
	const struct pdf_value	*x, *y;
	size_t			 more = 0;

	if (pdf_resolve(c->a, a, &x, err) < 0 || pdf_resolve(c->b, b, &y, err) < 0)
		return -1;
	if (a != NULL && a->kind == PDF_REF)
		(void)compare_is_new(c, a->n);	/* the array itself may be another now */
	if (y->kind != PDF_ARRAY)
		return x->kind == PDF_NULL && y->kind == PDF_NULL ? 0 : COMPARE_NO(err);
	y = y->first;
	for (x = x->kind == PDF_ARRAY ? x->first : NULL; x != NULL; x = x->next, y = y->next) {
		if (y == NULL || !pdf_value_is_same(x, y))
			return COMPARE_NO(err);
		compare_collect(c, x);
	}
	for (; y != NULL; y = y->next, more++)
		if (compare_is_addition(c, y, most, err) < 0)
			return -1;
	if (most <= 0)
		c->n_fields = more;
	return more <= c->n_fields ? 0 : COMPARE_NO(err);
}

static int
compare_form(struct compare *c, struct err *err)
{
	static const char *const	 but[] = {"Fields", "SigFlags", NULL};
	static const struct pdf_value	 nothing = {.kind = PDF_DICT};
	const struct pdf_value		*ref = pdf_key(c->a->root, "AcroForm"), *a = NULL, *b = NULL;

	if (pdf_resolve(c->a, ref, &a, err) < 0 ||
	    pdf_get(c->b, c->b->root, "AcroForm", &b, err) < 0)
		return -1;
	if (ref != NULL && ref->kind == PDF_REF)
		(void)compare_is_new(c, ref->n);
	if (b->kind == PDF_NULL)
		return a->kind == PDF_NULL ? 0 : COMPARE_NO(err);
	if (compare_keys(c, a->kind == PDF_NULL ? &nothing : a, b, but, err) < 0)
		return -1;
	return compare_list(c, pdf_key(a, "Fields"), pdf_key(b, "Fields"), 0, err);
}

/* A node of the page tree that was there before; depth and number are bounded by pdf_page_count. */
static int
compare_pages(struct compare *c, int64_t no, struct err *err)
{
	static const char *const	 but[] = {"Annots", NULL};
	const struct pdf_object		*a = NULL, *b = NULL;
	const struct pdf_value		*kids = NULL;
	double				 most = 0;

	if (!compare_is_new(c, no))
		return 0;
	if (pdf_object(c->a, no, &a, err) < 0 || pdf_object(c->b, no, &b, err) < 0)
		return -1;
	if (!pdf_is_name(pdf_key(a->value, "Type"), "Pages")) {
		if (compare_is_same_entry(c, no)) {
			compare_collect(c, a->value);
			return 0;
		}
		if (a->is_stream || b->is_stream ||
		    compare_keys(c, a->value, b->value, but, err) < 0)
			return COMPARE_NO(err);
		if (compare_side(c, a->value, &most, err) < 0)
			return -1;
		return compare_list(c, pdf_key(a->value, "Annots"), pdf_key(b->value, "Annots"),
		    most, err);
	}
	if (!compare_is_same_entry(c, no))
		return COMPARE_NO(err);
	if (pdf_get(c->a, a->value, "Kids", &kids, err) < 0)
		return -1;
	for (const struct pdf_value *k = kids->first; k != NULL; k = k->next)
		if (k->kind == PDF_REF && compare_pages(c, k->n, err) < 0)
			return -1;
	compare_collect(c, a->value);
	return 0;
}

/* The structure first, which may differ in its few ways; then the rest, which may not. */
static int
compare_all(struct compare *c, struct err *err)
{
	static const char *const	 but[] = {"AcroForm", NULL};
	const struct pdf_value		*pages = pdf_key(c->a->root, "Pages");
	int				 n, m;

	if (c->a->root_no != c->b->root_no || pages == NULL || pages->kind != PDF_REF)
		return COMPARE_NO(err);
	if (pdf_page_count(c->a, &n, err) < 0 || pdf_page_count(c->b, &m, err) < 0)
		return -1;
	(void)compare_is_new(c, c->a->root_no);
	if (n != m || compare_keys(c, c->a->root, c->b->root, but, err) < 0 ||
	    compare_form(c, err) < 0 || compare_pages(c, pages->n, err) < 0)
		return COMPARE_NO(err);
	return compare_rest(c, err);
}

int
pdf_compare(struct pdf *earlier, struct pdf *later, struct err *err)
{
	struct compare	 c = {.a = earlier, .b = later, .n_seen = PDF_OBJECTS_MAX};
	int		 rc;

	c.seen = xcalloc(1, c.n_seen);
	rc = compare_all(&c, err);
	free(c.seen);
	free(c.todo);
	return rc;
}
