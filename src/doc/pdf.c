#include "base/base.h"
#include "doc/doc.h"

#include "base/str.h"
#include "seal/esign.h"

/* Signatures travel as rows and one blob of what they hold. */

static json_t *
pdf_row(const struct pdf_signature *s, size_t len)
{
	char	 hex[2 * SM2_DIGEST_LEN + 1];

	hex_encode(s->digest, sizeof(s->digest), hex);
	return json_pack("{s:s,s:s,s:i,s:I,s:b,s:b,s:I,s:s}", "field", s->field, "sub_filter",
	    s->sub_filter, "trouble", (int)s->trouble, "end", (json_int_t)s->end, "is_whole",
	    s->is_whole, "is_stamp", s->is_stamp, "len", (json_int_t)len, "digest", hex);
}

int
doc_pdf_work(const void *p, size_t len, json_t *out, struct buf *contents, struct err *err)
{
	struct pdf_signatures	 all = {.n = 0};
	struct pdf		*d = NULL;
	json_t			*rows = json_array();
	int			 pages = 0, rc = -1;

	if (pdf_open(p, len, &d, err) == 0 && pdf_page_count(d, &pages, err) == 0 &&
	    pdf_signatures_find(d, &all, err) == 0) {
		for (size_t i = 0; i < all.n; i++) {
			size_t	 n = all.row[i].der.len > ESIGN_MAX ? 1 : all.row[i].der.len;

			buf_add(contents, all.row[i].der.p, n);
			(void)json_array_append_new(rows, pdf_row(&all.row[i], n));
		}
		rc = buf_check(contents, err);
	}
	js_set_int(out, "pages", pages);
	js_set_bool(out, "is_whole", all.is_whole);
	(void)json_object_set_new(out, "rows", rows);
	pdf_signatures_free(&all);
	pdf_close(d);
	return rc;
}

static int
pdf_row_from(const json_t *row, const struct buf *contents, size_t *at, struct pdf_signature *s)
{
	int64_t	 n = js_int(row, "len", -1), trouble = js_int(row, "trouble", -1);

	buf_init(&s->der, ESIGN_MAX);
	if (n < 0 || (size_t)n > contents->len - *at || trouble < 0 || trouble > PDF_CHANGED ||
	    hex_decode(js_str(row, "digest"), s->digest, sizeof(s->digest)) < 0)
		return -1;
	buf_add(&s->der, contents->p + *at, (size_t)n);
	*at += (size_t)n;
	(void)snprintf(s->field, sizeof(s->field), "%s", js_str(row, "field"));
	(void)snprintf(s->sub_filter, sizeof(s->sub_filter), "%s", js_str(row, "sub_filter"));
	s->trouble = (enum pdf_trouble)trouble;
	s->end = (size_t)js_int(row, "end", 0);
	s->is_whole = js_bool(row, "is_whole");
	s->is_stamp = js_bool(row, "is_stamp");
	return 0;
}

int
doc_pdf_from(const json_t *answer, const struct buf *contents, struct pdf_signatures *out,
    int *pages, struct err *err)
{
	json_t	*rows = json_object_get(answer, "rows"), *row;
	size_t	 i, at = 0, n = json_array_size(rows);

	*out = (struct pdf_signatures){.n = 0};
	if (n > PDF_SIGNATURES_MAX)
		return err_set(err, ERR_BUG, "doc answered %zu signatures", n);
	out->row = xcalloc(n + 1, sizeof(*out->row));
	out->n = n;
	out->is_whole = js_bool(answer, "is_whole");
	*pages = (int)js_int(answer, "pages", 0);
	json_array_foreach(rows, i, row)
		if (pdf_row_from(row, contents, &at, &out->row[i]) < 0) {
			pdf_signatures_free(out);
			return err_set(err, ERR_BUG, "doc answered a bad signature");
		}
	return 0;
}
