#include "base/base.h"
#include "seal/pdf_own.h"

#include <zlib.h>

static const struct pdf_value	 pdf_null = {.kind = PDF_NULL, .at = "null", .len = 4};
static const struct pdf_object	 pdf_no_object = {.value = &pdf_null};

struct pdf_entry
pdf_entry_of(const struct pdf *d, int64_t no)
{
	return no >= 0 && (size_t)no < d->n_entries ? d->entry[no] : (struct pdf_entry){0};
}

/* Streams (ISO 32000-1 7.3.8) --------------------------------------------------------- */

/* Behind the word `stream`: exactly Length bytes, then endstream. */
static int
pdf_read_stream(struct pdf_source *s, struct pdf_object *o, struct err *err)
{
	const struct pdf_value	*length = NULL;

	if (s->p < s->end && *s->p == '\r')
		s->p++;
	if (s->p >= s->end || *s->p++ != '\n')
		return err_set(err, ERR_INPUT, PDF_NO "数据流的开头不对。");
	if (pdf_get(s->pdf, o->value, "Length", &length, err) < 0)
		return -1;
	if (length->kind != PDF_NUMBER || !length->is_integer || length->n < 0 ||
	    length->n > s->end - s->p)
		return err_set(err, ERR_INPUT, PDF_NO "数据流的长度不对。");
	o->is_stream = true;
	o->data = s->p;
	o->data_len = (size_t)length->n;
	s->p += length->n;
	return pdf_read_word(s, "endstream") == 0 ? 0 :
	    err_set(err, ERR_INPUT, PDF_NO "数据流的长度与内容不符。");
}

int
pdf_read_object_at(struct pdf *d, size_t at, int64_t no, struct pdf_object *out, struct err *err)
{
	struct pdf_source	 s = {d, d->p + at, d->p + d->len};
	struct pdf_value	*value = NULL;
	int64_t			 number, generation;

	*out = (struct pdf_object){0};
	if (at >= d->len || pdf_read_integer(&s, &number) < 0 ||
	    pdf_read_integer(&s, &generation) < 0 || pdf_read_word(&s, "obj") < 0 ||
	    (no >= 0 && number != no))
		return err_set(err, ERR_INPUT, PDF_NO "对象不在交叉引用所说的位置。");
	if (pdf_read_value(&s, &value, err) < 0)
		return -1;
	if (value->kind == PDF_WORD)
		return err_set(err, ERR_INPUT, PDF_NO "对象没有内容。");
	out->value = value;
	if (value->kind == PDF_DICT && pdf_read_word(&s, "stream") == 0 &&
	    pdf_read_stream(&s, out, err) < 0)
		return -1;
	if (pdf_read_word(&s, "endobj") < 0)
		return err_set(err, ERR_INPUT, PDF_NO "对象没有结束。");
	return pdf_spend(d, (size_t)(s.p - (d->p + at)) - out->data_len, err);
}

/* The PNG predictors (7.4.4.4), in place: `row` bytes and a filter before each. */
static int
pdf_unpredict(unsigned char *p, size_t len, size_t row, size_t *out, struct err *err)
{
	unsigned char	*to = p;

	for (size_t at = 0; at + 1 + row <= len; at += 1 + row, to += row) {
		const unsigned char	 filter = p[at];

		if (filter != 0 && filter != 1 && filter != 2)
			return err_set(err, ERR_INPUT, PDF_NO "交叉引用流的压缩方式不受支持。");
		for (size_t i = 0; i < row; i++) {
			unsigned	 add = filter == 1 && i > 0 ? to[i - 1] :
			    filter == 2 && at > 0 ? to[(ptrdiff_t)i - (ptrdiff_t)row] : 0;

			to[i] = (unsigned char)(p[at + 1 + i] + add);
		}
	}
	*out = (size_t)(to - p);
	return 0;
}

/* Into the arena; at most what is left of PDF_INFLATE_MAX. */
static int
pdf_inflate_bytes(struct pdf *d, const struct pdf_object *o, char **out, size_t *len,
    struct err *err)
{
	z_stream	 z = {.next_in = (Bytef *)(uintptr_t)o->data, .avail_in = (uInt)o->data_len};
	struct buf	 b;
	char		 piece[16384];
	int		 rc = Z_OK;

	if (inflateInit(&z) != Z_OK)
		return err_set(err, ERR_BUG, "no zlib");
	buf_init(&b, PDF_INFLATE_MAX - d->inflated);
	while (rc == Z_OK && !b.over) {
		z.next_out = (Bytef *)piece;
		z.avail_out = sizeof(piece);
		rc = inflate(&z, Z_NO_FLUSH);
		if (rc == Z_OK || rc == Z_STREAM_END)
			buf_add(&b, piece, sizeof(piece) - z.avail_out);
	}
	inflateEnd(&z);
	if (rc == Z_STREAM_END && !b.over) {
		d->inflated += b.len;
		*d->spent += b.len;		/* asked about with the next object */
		*out = arena_strndup(d->arena, b.p, b.len);
		*len = b.len;
	}
	rc = b.over ? err_set(err, ERR_LIMIT, PDF_NO "压缩的内容展开后太大。") :
	    rc != Z_STREAM_END ? err_set(err, ERR_INPUT, PDF_NO "压缩的内容坏了。") : 0;
	buf_free(&b);
	return rc;
}

int
pdf_inflate(struct pdf *d, const struct pdf_object *o, const char **out, size_t *len,
    struct err *err)
{
	const struct pdf_value	*filter = NULL, *parms = NULL, *predictor = NULL, *columns = NULL;
	char			*p = NULL;

	if (pdf_get(d, o->value, "Filter", &filter, err) < 0 ||
	    pdf_get(d, o->value, "DecodeParms", &parms, err) < 0)
		return -1;
	if (filter->kind == PDF_ARRAY && filter->first != NULL && filter->first->next == NULL)
		filter = filter->first;
	if (parms->kind == PDF_ARRAY && parms->first != NULL && parms->first->next == NULL)
		parms = parms->first;
	*out = o->data;
	*len = o->data_len;
	if (filter->kind == PDF_NULL)
		return 0;
	if (!pdf_is_name(filter, "FlateDecode"))
		return err_set(err, ERR_INPUT, PDF_NO "对象流的压缩方式不受支持。");
	if (pdf_inflate_bytes(d, o, &p, len, err) < 0)
		return -1;
	*out = p;
	predictor = pdf_key(parms, "Predictor");
	columns = pdf_key(parms, "Columns");
	if (predictor == NULL || (predictor->is_integer && predictor->n == 1))
		return 0;
	if (!predictor->is_integer || predictor->n < 10 || columns == NULL ||
	    !columns->is_integer || columns->n < 1 || columns->n > 64 ||
	    pdf_key(parms, "Colors") != NULL || pdf_key(parms, "BitsPerComponent") != NULL)
		return err_set(err, ERR_INPUT, PDF_NO "交叉引用流的压缩方式不受支持。");
	return pdf_unpredict((unsigned char *)p, *len, (size_t)columns->n, len, err);
}

/* Objects ----------------------------------------------------------------------------- */

/* N pairs of number and offset, then the values from First on (7.5.7). */
static int
pdf_unpack(struct pdf *d, struct pdf_object *o, struct err *err)
{
	const struct pdf_value	*n = pdf_key(o->value, "N"), *first = pdf_key(o->value, "First");
	struct pdf_source	 s;
	int64_t			 no, at;

	if (!o->is_stream || !pdf_is_name(pdf_key(o->value, "Type"), "ObjStm") || n == NULL ||
	    first == NULL || !n->is_integer || !first->is_integer || n->n < 0 ||
	    n->n > PDF_PACKED_MAX || first->n < 0)
		return err_set(err, ERR_INPUT, PDF_NO "对象流不对。");
	if (pdf_inflate(d, o, &o->flat, &o->flat_len, err) < 0)
		return -1;
	if ((size_t)first->n > o->flat_len || (size_t)n->n > o->flat_len)
		return err_set(err, ERR_INPUT, PDF_NO "对象流不对。");
	if ((d->values += (size_t)n->n) > PDF_VALUES_MAX)
		return err_set(err, ERR_LIMIT, PDF_TOO_MUCH);
	o->packed = arena_alloc(d->arena, (size_t)(n->n + 1) * sizeof(*o->packed));
	s = (struct pdf_source){d, o->flat, o->flat + first->n};
	for (int64_t i = 0; i < n->n; i++) {
		if (pdf_read_integer(&s, &no) < 0 || pdf_read_integer(&s, &at) < 0 ||
		    (size_t)at >= o->flat_len - (size_t)first->n)
			return err_set(err, ERR_INPUT, PDF_NO "对象流不对。");
		o->packed[i] = (struct pdf_packed){(int32_t)no, (int32_t)(first->n + at)};
	}
	o->n_packed = n->n;
	return pdf_spend(d, (size_t)(s.p - o->flat), err);
}

static int
pdf_read_packed(struct pdf *d, const struct pdf_entry *e, int64_t no, struct pdf_object *out,
    struct err *err)
{
	struct pdf_source	 s = {.pdf = d};
	struct pdf_object	*stream;
	struct pdf_value	*value = NULL;
	const struct pdf_object	*got = NULL;

	if (pdf_entry_of(d, e->at).kind != PDF_PLAIN)
		return err_set(err, ERR_INPUT, PDF_NO "对象流不在。");
	if (pdf_object(d, e->at, &got, err) < 0)
		return -1;
	stream = d->entry[e->at].object;
	if (stream->packed == NULL && pdf_unpack(d, stream, err) < 0)
		return -1;
	if (e->generation >= stream->n_packed || stream->packed[e->generation].no != no)
		return err_set(err, ERR_INPUT, PDF_NO "对象流与交叉引用不符。");
	s.p = stream->flat + stream->packed[e->generation].at;
	s.end = stream->flat + stream->flat_len;
	if (pdf_read_value(&s, &value, err) < 0)
		return -1;
	out->value = value;
	if (value->kind == PDF_WORD)
		return err_set(err, ERR_INPUT, PDF_NO "对象没有内容。");
	return pdf_spend(d, (size_t)(s.p - stream->flat) - (size_t)stream->packed[e->generation].at,
	    err);
}

int
pdf_object(struct pdf *d, int64_t no, const struct pdf_object **out, struct err *err)
{
	struct pdf_entry	*e;
	struct pdf_object	*o;
	int			 rc;

	*out = &pdf_no_object;
	if (no < 0 || (size_t)no >= d->n_entries)
		return 0;
	e = &d->entry[no];
	if (e->kind == PDF_MISSING || e->kind == PDF_FREE)
		return 0;
	if (e->object != NULL) {
		*out = e->object;
		return 0;
	}
	if (e->busy || d->depth == PDF_OBJECT_NEST)
		return err_set(err, ERR_INPUT, PDF_NO "对象引用了自己。");
	e->busy = true;
	d->depth++;
	o = arena_alloc(d->arena, sizeof(*o));
	rc = e->kind == PDF_PLAIN ? pdf_read_object_at(d, (size_t)e->at, no, o, err) :
	    pdf_read_packed(d, e, no, o, err);
	d->depth--;
	e->busy = false;
	if (rc < 0)
		return -1;
	*out = e->object = o;
	return 0;
}

int
pdf_resolve(struct pdf *d, const struct pdf_value *v, const struct pdf_value **out,
    struct err *err)
{
	const struct pdf_object	*o = NULL;

	*out = v == NULL ? &pdf_null : v;
	if (v == NULL || v->kind != PDF_REF)
		return 0;
	if (pdf_object(d, v->n, &o, err) < 0)
		return -1;
	*out = o->value;
	return o->value->kind != PDF_REF ? 0 :
	    err_set(err, ERR_INPUT, PDF_NO "引用指向另一个引用。");
}

int
pdf_get(struct pdf *d, const struct pdf_value *dict, const char *key,
    const struct pdf_value **out, struct err *err)
{
	if (pdf_spend(d, dict != NULL && dict->kind == PDF_DICT ? (size_t)dict->n + 1 : 1, err) < 0)
		return -1;
	return pdf_resolve(d, pdf_key(dict, key), out, err);
}
