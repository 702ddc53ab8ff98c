#include "base/base.h"
#include "seal/pdf_own.h"
/* Cross-references (ISO 32000-1 7.5.4, 7.5.8), from the newest section to the oldest. */

#define XREF_TAIL	1024	/* startxref stands in the last bytes */

/* The first that is heard of an object is the newest. */
static int
xref_note(struct pdf *d, int64_t no, struct pdf_entry e, struct err *err)
{
	size_t	 n;

	if (no < 0 || no >= PDF_OBJECTS_MAX)
		return err_set(err, ERR_LIMIT, "这份 PDF 的对象太多，不能处理。请拆成几份再试。");
	if ((size_t)no >= d->n_entries) {
		n = (size_t)no + 1 > 2 * d->n_entries ? (size_t)no + 1 : 2 * d->n_entries;
		d->entry = xrealloc(d->entry, n * sizeof(*d->entry));
		memset(d->entry + d->n_entries, 0, (n - d->n_entries) * sizeof(*d->entry));
		d->n_entries = n;
	}
	if (d->entry[no].kind == PDF_MISSING)
		d->entry[no] = e;
	return 0;
}

/* `0000000017 00000 n`, twenty bytes by the standard; blanks around are not counted here. */
static int
xref_table_row(struct pdf_source *s, int64_t no, struct err *err)
{
	struct pdf_entry	 e = {.kind = PDF_PLAIN};

	if (pdf_read_integer(s, &e.at) < 0 || pdf_read_integer(s, &e.generation) < 0)
		return err_set(err, ERR_INPUT, PDF_NO "交叉引用表不对。");
	if (pdf_read_word(s, "f") == 0)
		e = (struct pdf_entry){.kind = PDF_FREE};
	else if (pdf_read_word(s, "n") < 0)
		return err_set(err, ERR_INPUT, PDF_NO "交叉引用表不对。");
	return xref_note(s->pdf, no, e, err);
}

static int
xref_table(struct pdf_source *s, const struct pdf_value **trailer, struct err *err)
{
	struct pdf_value	*v = NULL;
	const char		*from = s->p;
	int64_t			 first, n;

	while (pdf_read_word(s, "trailer") < 0) {
		if (pdf_read_integer(s, &first) < 0 || pdf_read_integer(s, &n) < 0 ||
		    n > PDF_OBJECTS_MAX)
			return err_set(err, ERR_INPUT, PDF_NO "交叉引用表不对。");
		for (int64_t i = 0; i < n; i++)
			if (xref_table_row(s, first + i, err) < 0)
				return -1;
	}
	if (pdf_read_value(s, &v, err) < 0)
		return -1;
	if (v->kind != PDF_DICT)
		return err_set(err, ERR_INPUT, PDF_NO "文件尾不对。");
	if (pdf_spend(s->pdf, (size_t)(s->p - from), err) < 0)
		return -1;
	*trailer = v;
	return pdf_key(v, "XRefStm") == NULL ? 0 : err_set(err, ERR_INPUT,
	    "这份 PDF 同时有两种交叉引用（混合格式），不同的软件会看到不同的内容，不能处理。"
	    "请用原来的软件另存为 PDF 再试。");
}

/* Up to eight bytes, big endian. */
static int64_t
xref_field(const unsigned char **p, int64_t width, int64_t dflt)
{
	uint64_t	 n = 0;

	if (width == 0)
		return dflt;
	for (; width > 0; width--)
		n = n << 8 | *(*p)++;
	return n > INT32_MAX ? -1 : (int64_t)n;
}

struct xref_columns {
	int64_t	 w[3];
};

/* 7.5.8.2: how the stream is read stands in its dictionary, or a later version would say it. */
static bool
xref_is_direct(const struct pdf_value *dict)
{
	static const char *const	 keys[] = {"Length", "Filter", "DecodeParms"};
	const struct pdf_value		*v;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if ((v = pdf_key(dict, keys[i])) != NULL && v->kind == PDF_REF)
			return false;
	return true;
}

static int
xref_stream_rows(struct pdf *d, const unsigned char **p, const struct xref_columns *c,
    int64_t first, int64_t n, struct err *err)
{
	static const enum pdf_entry_kind	 kinds[] = {PDF_FREE, PDF_PLAIN, PDF_PACKED};

	for (int64_t i = 0; i < n; i++) {
		int64_t			 kind = xref_field(p, c->w[0], 1);
		struct pdf_entry	 e = {.at = xref_field(p, c->w[1], 0)};

		e.generation = xref_field(p, c->w[2], 0);
		if (kind < 0 || kind > 2 || (kind > 0 && (e.at < 0 || e.generation < 0)))
			return err_set(err, ERR_INPUT, PDF_NO "交叉引用流不对。");
		e.kind = kinds[kind];
		if (xref_note(d, first + i, kind == 0 ? (struct pdf_entry){.kind = PDF_FREE} : e,
		    err) < 0)
			return -1;
	}
	return 0;
}

static int
xref_columns(const struct pdf_value *dict, struct xref_columns *c, struct err *err)
{
	const struct pdf_value	*w = pdf_key(dict, "W");

	w = w != NULL && w->kind == PDF_ARRAY ? w->first : NULL;
	for (int i = 0; i < 3; i++, w = w->next) {
		if (w == NULL || !w->is_integer || w->n < 0 || w->n > 8)
			return err_set(err, ERR_INPUT, PDF_NO "交叉引用流不对。");
		c->w[i] = w->n;
	}
	return w == NULL ? 0 : err_set(err, ERR_INPUT, PDF_NO "交叉引用流不对。");
}

static int
xref_stream(struct pdf *d, size_t at, const struct pdf_value **trailer, struct err *err)
{
	struct pdf_object	 o;
	struct xref_columns	 c;
	const struct pdf_value	*index, *size;
	const char		*bytes;
	const unsigned char	*p;
	size_t			 len;
	int64_t			 width, first = 0, n, rows;

	if (pdf_read_object_at(d, at, -1, &o, err) < 0)
		return -1;
	size = pdf_key(o.value, "Size");
	index = pdf_key(o.value, "Index");
	if (!o.is_stream || !pdf_is_name(pdf_key(o.value, "Type"), "XRef") || size == NULL ||
	    !size->is_integer || (index != NULL && index->kind != PDF_ARRAY) ||
	    !xref_is_direct(o.value))
		return err_set(err, ERR_INPUT, PDF_NO "交叉引用流不对。");
	if (xref_columns(o.value, &c, err) < 0 || pdf_inflate(d, &o, &bytes, &len, err) < 0)
		return -1;
	p = (const unsigned char *)bytes;
	width = c.w[0] + c.w[1] + c.w[2];
	rows = width > 0 ? (int64_t)len / width : 0;
	n = size->n;
	index = index == NULL ? NULL : index->first;
	do {
		if (index != NULL) {
			if (!index->is_integer || index->next == NULL || !index->next->is_integer)
				return err_set(err, ERR_INPUT, PDF_NO "交叉引用流不对。");
			first = index->n;
			n = index->next->n;
			index = index->next->next;
		}
		if (n < 0 || n > rows || first < 0 || first > PDF_OBJECTS_MAX)
			return err_set(err, ERR_INPUT, PDF_NO "交叉引用流不对。");
		rows -= n;
		if (pdf_spend(d, (size_t)n, err) < 0 || xref_stream_rows(d, &p, &c, first, n, err) < 0)
			return -1;
	} while (index != NULL);
	*trailer = o.value;
	return 0;
}

static int
xref_section(struct pdf *d, size_t at, const struct pdf_value **trailer, bool *is_stream,
    struct err *err)
{
	struct pdf_source	 s = {d, d->p + at, d->p + d->len};

	if (at >= d->len)
		return err_set(err, ERR_INPUT, PDF_NO "交叉引用的位置不对。");
	*is_stream = pdf_read_word(&s, "xref") < 0;
	return *is_stream ? xref_stream(d, at, trailer, err) : xref_table(&s, trailer, err);
}

/* `startxref N %%EOF` and nothing behind it but one end of line. */
static int
xref_start(struct pdf *d, size_t *at, struct err *err)
{
	size_t			 tail = d->len < XREF_TAIL ? d->len : XREF_TAIL, n = d->len;
	const char		*from = d->p + d->len - tail, *p = NULL, *next;
	struct pdf_source	 s;
	int64_t			 value;

	while (n > 0 && (d->p[n - 1] == '\n' || d->p[n - 1] == '\r'))
		n--;
	for (next = from; (next = memmem(next, (size_t)(d->p + d->len - next), "startxref", 9))
	    != NULL; next++)
		p = next;
	s = (struct pdf_source){d, p == NULL ? p : p + 9, d->p + n};
	if (p == NULL || n < 5 || memcmp(d->p + n - 5, "%%EOF", 5) != 0 || d->len - n > 2 ||
	    pdf_read_integer(&s, &value) < 0)
		return err_set(err, ERR_INPUT, "这份 PDF 的结尾不完整，可能没有下载完，"
		    "或者结尾之后被加了内容。请重新取得文件再试。");
	pdf_skip_blank(&s);
	if (s.p != s.end)
		return err_set(err, ERR_INPUT, PDF_NO "结尾不对。");
	*at = (size_t)value;
	return 0;
}

int
pdf_xref_read(struct pdf *d, struct err *err)
{
	const struct pdf_value	*trailer = NULL, *previous;
	size_t			 seen[PDF_VERSIONS_MAX], n = 0, at = 0;
	bool			 is_stream = false;

	if (xref_start(d, &at, err) < 0)
		return -1;
	d->xref_at = at;
	for (;;) {
		for (size_t i = 0; i < n; i++)
			if (seen[i] == at)
				return err_set(err, ERR_INPUT, PDF_NO "交叉引用绕回了自己。");
		if (n == PDF_VERSIONS_MAX)
			return err_set(err, ERR_LIMIT, PDF_NO "修改的次数太多。");
		seen[n++] = at;
		if (xref_section(d, at, &trailer, &is_stream, err) < 0)
			return -1;
		if (d->trailer == NULL) {
			d->trailer = trailer;
			d->xref_is_stream = is_stream;
		}
		previous = pdf_key(trailer, "Prev");
		if (previous == NULL)
			return 0;
		if (!previous->is_integer || previous->n < 0)
			return err_set(err, ERR_INPUT, PDF_NO "交叉引用的位置不对。");
		at = (size_t)previous->n;
	}
}
