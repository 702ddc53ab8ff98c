#include "seal/paper.h"
/* What somebody may do to a sealed file so that it says something else. */

/* Every byte ------------------------------------------------------------------------- */

void
test_pdf__each_altered_byte_is_noticed(void **state)
{
	struct paper	 p;
	struct buf	 b;
	json_t		*report;

	(void)state;
	paper_make(&p);
	paper_plain(&b);
	paper_seal(&p, &b);
	for (size_t i = 0; i < b.len; i += i < 400 || i > b.len - 1500 ? 1 : 7) {
		b.p[i] ^= 1;
		report = paper_report(&p, &b);
		if (js_bool(report, "ok"))
			fail_msg("byte %zu of %zu may be altered", i, b.len);
		json_decref(report);
		b.p[i] ^= 1;
	}
	assert_paper(&p, &b, 0, "", "intact");
	buf_free(&b);
	paper_free(&p);
}

void
test_pdf__text_is_exchanged(void **state)
{
	struct paper	 p;
	struct buf	 b;

	(void)state;
	paper_make(&p);
	paper_plain(&b);
	paper_seal(&p, &b);
	memcpy(strstr(b.p, "Pay 100"), "Pay 900", 7);
	assert_paper(&p, &b, 0, "digest ", "broken");
	buf_free(&b);
	paper_free(&p);
}

/* Later versions ---------------------------------------------------------------------- */

/* Append a version that has this text for an object; gives its number, a new one for -1. */
static int64_t
append(struct buf *b, int64_t no, const char *text)
{
	struct pdf_update	*u = calloc(1, sizeof(*u));
	struct err		 err = {0};
	struct pdf		*d = NULL;
	struct buf		 out;

	assert_ok(pdf_open(b->p, b->len, &d, &err));
	buf_init(&out, PDF_MAX);
	pdf_update_init(u, d, &out);
	if (no < 0)
		no = pdf_update_number(u);
	pdf_update_begin(u, no);
	buf_addstr(&out, text);
	pdf_update_end(u);
	if (no >= u->next)
		u->next = no + 1;
	assert_ok(pdf_update_finish(u, &err));
	pdf_close(d);
	buf_free(b);
	*b = out;
	free(u);
	return no;
}

#define EXCHANGED	"<</Length 15>>\nstream\n(Pay 900) Tj    \nendstream"

void
test_pdf__incremental_saving(void **state)
{
	/* the text; the page with another one; the tree; the catalog; nothing at all */
	static const struct {
		int64_t		 no;
		const char	*text, *broken;
	} rows[] = {{4, EXCHANGED, "later "},
		{3, "<</Type/Page/Parent 2 0 R/Contents 6 0 R/Resources 6 0 R>>", "later "},
		{3, "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources 6 0 R/Annots[<</Subtype/FreeText>>]>>",
		    "later "},
		{2, "<</Type/Pages/Count 1/Kids[5 0 R]/MediaBox[0 0 595 842]>>", "later "},
		{6, "<</Font<<>>>>", "later "},
		{-1, "<<>>", ""}};
	struct paper	 p;
	struct buf	 b;

	(void)state;
	paper_make(&p);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		paper_plain(&b);
		paper_seal(&p, &b);
		append(&b, rows[i].no, rows[i].text);
		assert_paper(&p, &b, 0, rows[i].broken, "changed");
		/* a seal over it does not heal the first one */
		paper_seal(&p, &b);
		assert_paper(&p, &b, 0, rows[i].broken, *rows[i].broken == '\0' ? "intact" : "changed");
		assert_paper(&p, &b, 1, "", *rows[i].broken == '\0' ? "intact" : "changed");
		buf_free(&b);
	}
	paper_free(&p);
}

/* Who has a seal of his own lays a stamp on a page that another has sealed, beside his seal. */
void
test_pdf__stamp_over_the_page(void **state)
{
	static const struct { const char *rect, *broken; } rows[] = {
		{"/Rect[0 0 595 842]", "later "}, {"/Rect[100 500 440 840]", "later "},
		{"/Rect[100 500 100 844]", "later "}, {"/Rect[595 700 0 600]", "later "},
		{"/Rect[0 0 10]", "later "}, {"", "later "}};
	char		 text[400];
	struct paper	 p;
	struct buf	 b;
	int64_t		 no = 0;

	(void)state;
	paper_make(&p);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char	*annots = NULL, *at;

		paper_plain(&b);
		paper_seal(&p, &b);
		(void)snprintf(text, sizeof(text), "<</Type/Annot/Subtype/Stamp/F 196%s/AP<</N 4 0 R>>>>",
		    rows[i].rect);
		no = append(&b, -1, text);
		for (at = b.p; (at = memmem(at, (size_t)(b.p + b.len - at), "/Annots [", 9)) != NULL; at++)
			annots = at;
		assert_non_null(annots);
		(void)snprintf(text, sizeof(text), "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources 6 0 R"
		    "%.*s %" PRId64 " 0 R]>>", (int)strcspn(annots, "]"), annots, no);
		(void)append(&b, 3, text);
		paper_seal(&p, &b);
		assert_paper(&p, &b, 0, rows[i].broken, *rows[i].broken == '\0' ? "intact" : "changed");
		buf_free(&b);
	}
	paper_free(&p);
}

/* Something waits in the file for an object that comes later (shadow attack). */
void
test_pdf__object_that_comes_later(void **state)
{
	static const char *const	 objects[] = {
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 595 842]>>",
		"<</Type/Page/Parent 2 0 R/Contents[4 0 R 5000 0 R]>>",
		"<</Length 15>>\nstream\n(Pay 100) Tj    \nendstream", NULL};
	struct paper	 p;
	struct buf	 b;

	(void)state;
	paper_make(&p);
	buf_init(&b, PDF_MAX);
	paper_write(&b, objects, "");
	paper_seal(&p, &b);
	append(&b, 5000, EXCHANGED);
	assert_paper(&p, &b, 0, "later ", "changed");
	paper_seal(&p, &b);
	assert_paper(&p, &b, 0, "later ", "changed");
	buf_free(&b);
	paper_free(&p);
}

/* How a stream of objects is read is said elsewhere, and later otherwise. */
void
test_pdf__packed_objects_are_read_otherwise(void **state)
{
	static const char *const	 objects[] = {
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 2/Kids[3 0 R 8 0 R]/MediaBox[0 0 595 842]>>",
		"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources 6 0 R>>",
		"<</Length 15>>\nstream\n(Pay 100) Tj    \nendstream",
		"<</Type/ObjStm/N 1/First 4/DecodeParms 5000 0 R/Length 46>>\nstream\n"
		"8 0 <</Type/Page/Parent 2 0 R/Contents 4 0 R>>\nendstream",
		"<<>>", NULL};
	struct paper	 p;
	struct buf	 b;
	size_t		 at[8] = {0}, n = 0;

	(void)state;
	paper_make(&p);
	buf_init(&b, PDF_MAX);
	buf_addstr(&b, "%PDF-1.7\n");
	for (; objects[n] != NULL; n++) {
		at[n + 1] = b.len;
		buf_addf(&b, "%zu 0 obj\n%s\nendobj\n", n + 1, objects[n]);
	}
	at[7] = b.len;
	buf_addstr(&b, "7 0 obj\n<</Type/XRef/Size 9/W[1 4 1]/Root 1 0 R/Length 54>>\nstream\n");
	for (size_t i = 0; i < 9; i++) {
		buf_addch(&b, i == 0 ? 0 : i == 8 ? 2 : 1);
		for (int shift = 24; shift >= 0; shift -= 8)
			buf_addch(&b, (char)((i == 8 ? 5 : at[i]) >> shift));
		buf_addch(&b, 0);
	}
	buf_addf(&b, "\nendstream\nendobj\nstartxref\n%zu\n%%%%EOF\n", at[7]);
	paper_seal(&p, &b);
	paper_seal(&p, &b);
	assert_paper(&p, &b, 0, "", "intact");
	append(&b, 5000, "<</Predictor 12/Columns 4>>");
	paper_seal(&p, &b);
	assert_paper(&p, &b, 0, "later ", "changed");
	assert_paper(&p, &b, 2, "", "changed");
	buf_free(&b);
	paper_free(&p);
}

/* Who seals after us lays something over what we sealed. */
void
test_pdf__picture_over_the_page(void **state)
{
	static const struct {
		const char	*annotation, *list, *broken;
	} rows[] = {{"<</Subtype/Stamp/Rect[0 0 340 340]>>", "[60 0 R]", ""},
		{"<</Subtype/Stamp/Rect[0 0 344 340]>>", "[60 0 R]", "later "},
		{"<</Subtype/Stamp/Rect[0 344 340 0]>>", "[60 0 R]", "later "},
		{"<</Subtype/Stamp>>", "[60 0 R]", "later "},
		{"<</Subtype/Stamp/Rect[0 0 9 9]>>", "[60 0 R 60 0 R]", "later "},
		{"<</Subtype/Stamp/Rect[0 0 9 9]/AA<<>>>>", "[60 0 R]", "later "},
		{"<</Subtype/FreeText/FT/Sig/V 1 0 R/Rect[0 0 9 9]>>", "[60 0 R]", "later "},
		{"<</Subtype/Stamp/Rect[0 0 9 9]/Length 0>>\nstream\n\nendstream", "[60 0 R]", "later "}};
	struct paper	 p;
	struct buf	 b;
	char		 page[160];

	(void)state;
	paper_make(&p);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		paper_plain(&b);
		paper_seal(&p, &b);
		(void)append(&b, 60, rows[i].annotation);
		(void)snprintf(page, sizeof(page), "<</Type/Page/Parent 2 0 R/Rotate 90/Annots%s>>",
		    rows[i].list);
		(void)append(&b, 5, page);
		paper_seal(&p, &b);
		assert_paper(&p, &b, 0, rows[i].broken, *rows[i].broken == '\0' ? "intact" : "changed");
		buf_free(&b);
	}
	paper_free(&p);
}

/* Signatures -------------------------------------------------------------------------- */

static char *
range_of(struct buf *b)
{
	char	*at = memmem(b->p, b->len, "/ByteRange[0 ", 13);

	assert_non_null(at);
	return at;
}

void
test_pdf__range_and_contents_do_not_fit(void **state)
{
	struct paper	 p;
	struct buf	 b;
	size_t		 gap, after, rest;
	char		 text[64], *at;
	static const int changes[][3] = {{-1, 0, 0}, {1, 0, 0}, {0, 1, -1}, {0, -1, 1}, {0, 0, -1},
		{-100, 0, 0}, {0, 100, -100}};

	(void)state;
	paper_make(&p);
	paper_plain(&b);
	paper_seal(&p, &b);
	at = range_of(&b) + 11;
	assert_int_equal(sscanf(at, "0 %zu %zu %zu", &gap, &after, &rest), 3);
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		(void)snprintf(text, sizeof(text), "0 %010zu %010zu %010zu",
		    gap + (size_t)changes[i][0], after + (size_t)changes[i][1],
		    rest + (size_t)changes[i][2]);
		memcpy(at, text, strlen(text));
		assert_paper(&p, &b, 0, i == 4 ? "digest " : "range ", "changed");
	}
	memcpy(at, "1", 1);			/* the first byte of the file is left out */
	assert_paper(&p, &b, 0, "range ", "changed");
	memcpy(at - 11, "/BiteRange", 10);
	assert_paper(&p, &b, 0, "complete ", "changed");
	buf_free(&b);
	paper_free(&p);
}

void
test_pdf__contents_are_padded(void **state)
{
	struct paper	 p;
	struct buf	 b;
	char		*end;

	(void)state;
	paper_make(&p);
	paper_plain(&b);
	paper_seal(&p, &b);
	end = memmem(range_of(&b), b.len - (size_t)(range_of(&b) - b.p), "00>", 3);
	assert_non_null(end);
	memcpy(end, "01", 2);
	assert_paper(&p, &b, 0, "padding ", "changed");
	memcpy(end, "0 ", 2);
	assert_paper(&p, &b, 0, "padding ", "changed");
	memcpy(end, "00", 2);
	assert_paper(&p, &b, 0, "", "intact");
	buf_free(&b);
	paper_free(&p);
}

/* The number of the object whose dictionary has this key. */
static int64_t
object_with(const struct buf *b, const char *key)
{
	char	*at = memmem(b->p, b->len, key, strlen(key));
	char	*from = b->p, *next;

	assert_non_null(at);
	while ((next = memmem(from + 1, (size_t)(at - from - 1), " 0 obj", 6)) != NULL)
		from = next;
	while (from[-1] >= '0' && from[-1] <= '9')
		from--;
	return strtoll(from, NULL, 10);
}

/* A field of the attacker shows a picture, and lends itself another's signature. */
void
test_pdf__two_fields_one_signature(void **state)
{
	struct paper	 p;
	struct buf	 b;
	int64_t		 signature, field, form;
	char		 text[160];

	(void)state;
	paper_make(&p);
	paper_plain(&b);
	paper_seal(&p, &b);
	signature = object_with(&b, "/Type/Sig");
	field = object_with(&b, "/FT/Sig");
	form = object_with(&b, "/SigFlags");
	(void)snprintf(text, sizeof(text), "<</FT/Sig/T(b)/V %" PRId64 " 0 R>>", signature);
	append(&b, 50, text);
	(void)snprintf(text, sizeof(text), "<</SigFlags 3/Fields[%" PRId64 " 0 R 50 0 R]>>", field);
	append(&b, form, text);
	assert_paper(&p, &b, 0, "own ", "changed");
	assert_paper(&p, &b, 1, "own ", "changed");
	buf_free(&b);
	paper_free(&p);
}

/* The signature is moved into a dictionary that names the old range (wrapping). */
void
test_pdf__wrapped(void **state)
{
	struct paper	 p;
	struct buf	 b, text;
	int64_t		 signature;
	char		*from, *end;

	(void)state;
	paper_make(&p);
	paper_plain(&b);
	paper_seal(&p, &b);
	signature = object_with(&b, "/Type/Sig");
	from = (char *)memmem(b.p, b.len, "<</Type/Sig/", 12);
	end = strstr(from, ">>\nendobj");
	buf_init(&text, PDF_MAX);
	buf_add(&text, from, (size_t)(end + 2 - from));
	append(&b, signature, text.p);
	append(&b, 4, EXCHANGED);
	assert_paper(&p, &b, 0, "range ", "changed");
	buf_free(&text);
	buf_free(&b);
	paper_free(&p);
}

/* One file's signature in another: the digest is the other's. */
void
test_pdf__signature_of_another_file(void **state)
{
	struct paper	 p;
	struct buf	 a, b;
	char		*from, *to;
	size_t		 n;

	(void)state;
	paper_make(&p);
	paper_plain(&a);
	paper_plain(&b);
	memcpy(strstr(b.p, "Pay 100"), "Pay 900", 7);
	paper_seal(&p, &a);
	paper_seal(&p, &b);
	from = strstr(range_of(&a), "/Contents<");
	to = strstr(range_of(&b), "/Contents<");
	n = (size_t)(strchr(from, '>') - from);
	memcpy(to, from, n);
	assert_paper(&p, &b, 0, "digest ", "broken");
	buf_free(&a);
	buf_free(&b);
	paper_free(&p);
}

/* Rules beside the file --------------------------------------------------------------- */

struct told {
	bool	 known, revoked;
	int64_t	 since;
};

static int
tell(void *arg, const struct cert *c, bool *known, bool *revoked, int64_t *since, struct err *err)
{
	const struct told	*t = arg;

	(void)c;
	(void)err;
	*known = t->known;
	*revoked = t->revoked;
	*since = t->since;
	return 0;
}

void
test_pdf__status_and_trust(void **state)
{
	struct told		 told = {.known = true};
	struct cert_pool	 nobody = {.n = 0};
	struct paper		 p;
	struct buf		 b;

	(void)state;
	paper_make(&p);
	paper_plain(&b);
	paper_seal(&p, &b);
	p.ask.status = tell;
	p.ask.arg = &told;
	assert_paper(&p, &b, 0, "", "intact");
	told.revoked = true;			/* later: but nobody proves when it was sealed */
	told.since = CA_NOW + CLOCK_HOUR;
	assert_paper(&p, &b, 0, "status ", "broken");
	told.known = false;
	told.revoked = false;
	assert_paper(&p, &b, 0, "", "intact");
	p.ask.now = CA_NOW - 6 * CLOCK_MINUTE;
	assert_paper(&p, &b, 0, "time ", "broken");
	p.ask.now = CA_NOW - 4 * CLOCK_MINUTE;
	assert_paper(&p, &b, 0, "", "intact");
	p.ask.pool = &nobody;
	assert_paper(&p, &b, 0, "seal chain ", "broken");
	buf_free(&b);
	paper_free(&p);
}

void
test_pdf__each_rule_has_its_words(void **state)
{
	const struct pdf_rule	*r;

	(void)state;
	for (size_t i = 0; (r = pdf_rule_at(i)) != NULL; i++) {
		assert_true(*r->title != '\0' && *r->text != '\0');
		assert_true((r->holds == NULL) == (r->trouble != PDF_FINE));
	}
}
