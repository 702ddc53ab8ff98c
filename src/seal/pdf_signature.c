#include "base/base.h"
#include "seal/pdf_own.h"

#include "base/str.h"
#include "pki/der.h"
#include "seal/esign.h"

#define FIELDS_MAX	10000
#define CONTENTS_MAX	(1024 * 1024)		/* bytes of a signature, zeros behind it included */

void
pdf_digest(const char *p, size_t len, size_t gap, size_t after,
    unsigned char digest[SM2_DIGEST_LEN])
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();

	if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sm3(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, p, gap) != 1 ||
	    EVP_DigestUpdate(ctx, p + after, len - after) != 1 ||
	    EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
		BUG("SM3 is missing from OpenSSL");
	EVP_MD_CTX_free(ctx);
}

/* Fields (ISO 32000-1 12.7.3) --------------------------------------------------------- */

struct field_walk {
	pdf_field_fn	 fn;
	void		*arg;
	int		 seen;
};

static int field_walk(struct pdf *d, struct field_walk *w, const struct pdf_value *ref,
    const struct pdf_value *type, int depth, struct err *err);

static int
field_walk_list(struct pdf *d, struct field_walk *w, const struct pdf_value *list,
    const struct pdf_value *type, int depth, struct err *err)
{
	for (const struct pdf_value *f = list->first; f != NULL; f = f->next)
		if (field_walk(d, w, f, type, depth + 1, err) < 0)
			return -1;
	return 0;
}

/* Kids of a terminal field are its widgets: they have no name of their own. */
static int
field_walk(struct pdf *d, struct field_walk *w, const struct pdf_value *ref,
    const struct pdf_value *type, int depth, struct err *err)
{
	const struct pdf_value	*field = NULL, *kids = NULL, *own = NULL, *kid = NULL;

	if (depth > PDF_NEST_MAX || ++w->seen > FIELDS_MAX)
		return err_set(err, ERR_LIMIT, PDF_NO "表单的域太多。");
	if (ref->kind != PDF_REF)
		return err_set(err, ERR_INPUT, PDF_NO "表单的域不对。");
	if (pdf_resolve(d, ref, &field, err) < 0 || pdf_get(d, field, "FT", &own, err) < 0 ||
	    pdf_get(d, field, "Kids", &kids, err) < 0)
		return -1;
	if (field->kind == PDF_NULL)
		return 0;
	type = own->kind == PDF_NAME ? own : type;
	if (kids->kind == PDF_ARRAY && kids->first != NULL) {
		if (pdf_resolve(d, kids->first, &kid, err) < 0)
			return -1;
		if (pdf_key(kid, "T") != NULL)
			return field_walk_list(d, w, kids, type, depth, err);
	}
	return pdf_is_name(type, "Sig") ? w->fn(d, ref->n, field, w->arg, err) : 0;
}

int
pdf_fields_each(struct pdf *d, pdf_field_fn fn, void *arg, struct err *err)
{
	const struct pdf_value	*form = NULL, *fields = NULL;
	struct field_walk	 w = {fn, arg, 0};

	if (pdf_get(d, d->root, "AcroForm", &form, err) < 0 ||
	    pdf_get(d, form, "Fields", &fields, err) < 0)
		return -1;
	return fields->kind == PDF_ARRAY ? field_walk_list(d, &w, fields, NULL, 0, err) : 0;
}

/* One signature ----------------------------------------------------------------------- */

struct found {
	struct pdf_signature	 s;
	int64_t			 field_no, value_no;	/* value_no -1: inside the field */
	const struct pdf_value	*value, *contents;
	int64_t			 range[4];
};
struct finding {
	struct found		 row[PDF_SIGNATURES_MAX];
	size_t			 n;
};

/* ByteRange [0 gap after rest]: what it leaves out is Contents, bracket to bracket. */
static enum pdf_trouble
found_range(struct pdf *d, struct found *f)
{
	const struct pdf_value	*range = pdf_key(f->value, "ByteRange"), *v;
	const struct pdf_value	*contents = f->contents = pdf_key(f->value, "Contents");

	if (range == NULL || range->kind != PDF_ARRAY || contents == NULL ||
	    contents->kind != PDF_STRING || !contents->is_hex)
		return PDF_INCOMPLETE;
	v = range->first;
	for (int i = 0; i < 4; i++, v = v->next) {
		if (v == NULL || v->kind != PDF_NUMBER || !v->is_integer || v->n < 0)
			return PDF_INCOMPLETE;
		f->range[i] = v->n;
	}
	if (v != NULL)
		return PDF_GAP;
	if (f->range[0] != 0 || f->range[2] < f->range[1] || f->range[2] > (int64_t)d->len ||
	    f->range[3] > (int64_t)d->len - f->range[2] ||
	    contents->at != d->p + f->range[1] ||
	    (int64_t)contents->len != f->range[2] - f->range[1])
		return PDF_GAP;
	f->s.end = (size_t)(f->range[2] + f->range[3]);
	return PDF_FINE;
}

/* One structure in hex without blanks, and zeros behind it. */
static enum pdf_trouble
found_contents(struct found *f)
{
	size_t		 n = (f->contents->len - 2) / 2;
	char		*hex = NULL;
	unsigned char	*bytes = NULL;
	struct der	 d, body, whole;
	unsigned	 tag;
	enum pdf_trouble trouble = PDF_PADDED;

	if (f->contents->len % 2 != 0 || n == 0 || n > CONTENTS_MAX)
		return PDF_PADDED;
	hex = xmalloc(2 * n + 1);
	memcpy(hex, f->contents->at + 1, 2 * n);
	hex[2 * n] = '\0';
	bytes = xmalloc(n);
	d = (struct der){bytes, n};
	if (hex_decode(hex, bytes, n) == 0 && der_next(&d, &tag, &body, &whole) == 0) {
		while (d.len > 0 && *d.p == 0) {
			d.p++;
			d.len--;
		}
		if (d.len == 0) {
			buf_add(&f->s.der, whole.p, whole.len);
			trouble = PDF_FINE;
		}
	}
	free(hex);
	free(bytes);
	return trouble;
}

static int
found_add(struct pdf *d, int64_t no, const struct pdf_value *field, void *arg, struct err *err)
{
	struct finding		*all = arg;
	const struct pdf_value	*v = pdf_key(field, "V");
	struct found		*f;

	if (v == NULL || v->kind == PDF_NULL)
		return 0;			/* nobody has signed here yet */
	if (all->n == PDF_SIGNATURES_MAX)
		return err_set(err, ERR_LIMIT, "这份 PDF 的签章超过 %d 枚，不能处理。",
		    PDF_SIGNATURES_MAX);
	f = &all->row[all->n++];
	*f = (struct found){.field_no = no, .value_no = v->kind == PDF_REF ? v->n : -1};
	buf_init(&f->s.der, CONTENTS_MAX);
	pdf_text(pdf_key(field, "T"), f->s.field, sizeof(f->s.field));
	if (pdf_resolve(d, v, &f->value, err) < 0)
		return -1;
	pdf_text(pdf_key(f->value, "SubFilter"), f->s.sub_filter, sizeof(f->s.sub_filter));
	f->s.is_stamp = pdf_is_name(pdf_key(f->value, "Type"), "DocTimeStamp");
	f->s.trouble = f->value->kind != PDF_DICT ? PDF_INCOMPLETE : found_range(d, f);
	if (f->s.trouble == PDF_FINE)
		f->s.trouble = found_contents(f);
	if (f->s.trouble == PDF_FINE)
		pdf_digest(d->p, f->s.end, (size_t)f->range[1], (size_t)f->range[2], f->s.digest);
	return 0;
}

/* Versions ---------------------------------------------------------------------------- */

static bool
entry_is_same(const struct pdf *a, const struct pdf *b, int64_t no)
{
	struct pdf_entry	 x = pdf_entry_of(a, no), y = pdf_entry_of(b, no);

	return x.kind == y.kind && x.at == y.at && x.generation == y.generation;
}

/*
 * What it covers is a version of the file that has this very signature, and the file shows still
 * what that version showed.  The sentence of what is wrong is the trouble's own.
 */
static enum pdf_trouble
found_version(struct pdf *d, const struct found *f)
{
	struct pdf		*version = NULL;
	struct err		 none = {0};
	enum pdf_trouble	 trouble = PDF_VERSION;

	if (f->s.end == d->len)
		return PDF_FINE;
	if (pdf_open_version(d, f->s.end, &version, &none) == 0 &&
	    entry_is_same(version, d, f->field_no) &&
	    (f->value_no < 0 || entry_is_same(version, d, f->value_no)))
		trouble = pdf_compare(version, d, &none) == 0 ? PDF_FINE : PDF_CHANGED;
	pdf_close(version);
	return trouble;
}

static void
found_shared(struct finding *all)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t j = 0; j < i; j++) {
			struct found	*a = &all->row[i], *b = &all->row[j];

			if ((a->value_no >= 0 && a->value_no == b->value_no) ||
			    (a->s.end > 0 && b->s.end > 0 && (a->range[1] == b->range[1] ||
			    a->s.end == b->s.end)))
				a->s.trouble = b->s.trouble = PDF_SHARED;
		}
}

static int
found_order(const void *a, const void *b)
{
	const struct pdf_signature	*x = a, *y = b;

	return x->end < y->end ? -1 : x->end > y->end;
}

int
pdf_signatures_find(struct pdf *d, struct pdf_signatures *out, struct err *err)
{
	struct finding	*all = xcalloc(1, sizeof(*all));
	int		 rc = pdf_fields_each(d, found_add, all, err);

	*out = (struct pdf_signatures){.row = xcalloc(all->n + 1, sizeof(*out->row)), .n = all->n};
	found_shared(all);
	for (size_t i = 0; i < all->n; i++) {
		struct found	*f = &all->row[i];

		if (rc == 0 && f->s.trouble == PDF_FINE)
			f->s.trouble = found_version(d, f);
		f->s.is_whole = f->s.end == d->len;
		out->is_whole = out->is_whole || (f->s.is_whole && f->s.trouble == PDF_FINE);
		out->row[i] = f->s;		/* with its buffer */
	}
	/* A version that was given up is no judgement of its signature. */
	if (rc == 0)
		rc = pdf_spend(d, 0, err);
	qsort(out->row, out->n, sizeof(*out->row), found_order);
	free(all);
	if (rc < 0)
		pdf_signatures_free(out);
	return rc;
}

void
pdf_signatures_free(struct pdf_signatures *s)
{
	for (size_t i = 0; i < s->n; i++)
		buf_free(&s->row[i].der);
	free(s->row);
	*s = (struct pdf_signatures){.n = 0};
}
