#include "base/base.h"
#include "seal/pdf_update.h"

#include "base/rand.h"
#include "base/str.h"

void
pdf_update_init(struct pdf_update *u, struct pdf *d, struct buf *out)
{
	const struct pdf_value	*size = pdf_key(d->trailer, "Size");

	u->pdf = d;
	u->out = out;
	u->n = 0;
	u->next = size != NULL && size->is_integer && size->n > 0 ? size->n : 1;
	for (size_t i = 0; i < d->n_entries; i++)
		if (d->entry[i].kind != PDF_MISSING && (int64_t)i >= u->next)
			u->next = (int64_t)i + 1;
	buf_add(out, d->p, d->len);
	if (d->p[d->len - 1] != '\n')
		buf_addch(out, '\n');
}

int64_t
pdf_update_number(struct pdf_update *u)
{
	return u->next++;
}

static int64_t
update_generation(const struct pdf_update *u, int64_t no)
{
	struct pdf_entry	 e = pdf_entry_of(u->pdf, no);

	return e.kind == PDF_PLAIN ? e.generation : 0;
}

void
pdf_update_begin(struct pdf_update *u, int64_t no)
{
	if (u->n < PDF_UPDATE_MAX)
		u->row[u->n] = (struct pdf_written){no, update_generation(u, no), u->out->len};
	u->n++;
	buf_addf(u->out, "%" PRId64 " %" PRId64 " obj\n", no, update_generation(u, no));
}

void
pdf_update_end(struct pdf_update *u)
{
	buf_addstr(u->out, "\nendobj\n");
}

void
pdf_update_stream(struct pdf_update *u, int64_t no, const char *dict, const void *p, size_t len)
{
	pdf_update_begin(u, no);
	buf_addf(u->out, "<<%s/Length %zu>>\nstream\n", dict, len);
	buf_add(u->out, p, len);
	buf_addstr(u->out, "\nendstream");
	pdf_update_end(u);
}

void
pdf_update_ref(struct pdf_update *u, int64_t no)
{
	buf_addf(u->out, "%" PRId64 " %" PRId64 " R", no, update_generation(u, no));
}

void
pdf_update_keys(struct pdf_update *u, const struct pdf_value *dict, const char *const *but)
{
	for (const struct pdf_value *k = dict->first; k != NULL; k = k->next->next) {
		bool	 left_out = false;

		for (size_t i = 0; but[i] != NULL; i++)
			left_out = left_out || pdf_is_name(k, but[i]);
		if (left_out)
			continue;
		buf_add(u->out, k->at, k->len);
		buf_addch(u->out, ' ');
		buf_add(u->out, k->next->at, k->next->len);
		buf_addch(u->out, '\n');
	}
}

void
pdf_update_items(struct pdf_update *u, const struct pdf_value *array)
{
	for (const struct pdf_value *v = array->first; v != NULL; v = v->next) {
		buf_add(u->out, v->at, v->len);
		buf_addch(u->out, ' ');
	}
}

/* Both kinds of section say the same about the file. */
static void
update_trailer_keys(struct pdf_update *u, int64_t size)
{
	const struct pdf_value	*root = pdf_key(u->pdf->trailer, "Root");
	const struct pdf_value	*info = pdf_key(u->pdf->trailer, "Info");
	const struct pdf_value	*id = pdf_key(u->pdf->trailer, "ID");
	unsigned char		 fresh[16];
	char			 hex[2 * sizeof(fresh) + 1];

	rand_bytes(fresh, sizeof(fresh));
	hex_encode(fresh, sizeof(fresh), hex);
	buf_addf(u->out, "/Size %" PRId64 "/Prev %zu/Root %.*s", size, u->pdf->xref_at,
	    (int)root->len, root->at);
	if (info != NULL && info->kind == PDF_REF)
		buf_addf(u->out, "/Info %.*s", (int)info->len, info->at);
	buf_addstr(u->out, "/ID[");
	if (id != NULL && id->kind == PDF_ARRAY && id->first != NULL &&
	    id->first->kind == PDF_STRING)
		buf_add(u->out, id->first->at, id->first->len);
	else
		buf_addf(u->out, "<%s>", hex);
	buf_addf(u->out, "<%s>]", hex);
}

static void
update_table(struct pdf_update *u)
{
	buf_addstr(u->out, "xref\n");
	for (size_t i = 0; i < u->n; i++)
		buf_addf(u->out, "%" PRId64 " 1\n%010zu %05" PRId64 " n \n", u->row[i].no,
		    u->row[i].at, u->row[i].generation);
	buf_addstr(u->out, "trailer\n<<");
	update_trailer_keys(u, u->next);
	buf_addstr(u->out, ">>\n");
}

static void
update_stream(struct pdf_update *u)
{
	int64_t	 no = pdf_update_number(u);

	pdf_update_begin(u, no);
	buf_addf(u->out, "<</Type/XRef/W[1 5 2]/Length %zu/Index[", u->n * 8);
	for (size_t i = 0; i < u->n; i++)
		buf_addf(u->out, "%s%" PRId64 " 1", i == 0 ? "" : " ", u->row[i].no);
	buf_addstr(u->out, "]");
	update_trailer_keys(u, u->next);
	buf_addstr(u->out, ">>\nstream\n");
	for (size_t i = 0; i < u->n; i++) {
		buf_addch(u->out, 1);
		for (int shift = 32; shift >= 0; shift -= 8)
			buf_addch(u->out, (char)(u->row[i].at >> shift));
		buf_addch(u->out, (char)(u->row[i].generation >> 8));
		buf_addch(u->out, (char)u->row[i].generation);
	}
	buf_addstr(u->out, "\nendstream");
	pdf_update_end(u);
}

int
pdf_update_finish(struct pdf_update *u, struct err *err)
{
	size_t	 at = u->out->len;

	if (u->n >= PDF_UPDATE_MAX || u->next >= PDF_OBJECTS_MAX)
		return err_set(err, ERR_LIMIT, "这份 PDF 的页数或对象太多，不能盖章。请拆成几份再试。");
	if (u->pdf->xref_is_stream)
		update_stream(u);
	else
		update_table(u);
	buf_addf(u->out, "startxref\n%zu\n%%%%EOF\n", at);
	return buf_check(u->out, err) < 0 ? err_set(err, ERR_LIMIT,
	    "盖章后的 PDF 超过 %d MB，不能盖章。", PDF_MAX / 1024 / 1024) : 0;
}
