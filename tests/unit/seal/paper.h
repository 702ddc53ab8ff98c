#ifndef TEST_SEAL_PAPER_H
#define TEST_SEAL_PAPER_H
#include "base/file.h"
#include "base/str.h"
#include "seal/pdf_check.h"
#include "seal/pdf_update.h"
#include "seal/world.h"

#include <png.h>
/*
 * PDFs for tests: written object by object, sealed by the world's organisation, and the report that
 * follows.
 */
#define PAPER_OBJECTS	12

struct paper {
	struct world	 w;
	struct buf	 seal;				/* DER, with a picture that is one */
	unsigned char	 png[4096];
	struct pdf_world ask;
};

static inline void
paper_picture(struct paper *p)
{
	unsigned char	 rgba[16 * 16 * 4];
	png_image	 im = {.version = PNG_IMAGE_VERSION, .width = 16, .height = 16,
	    .format = PNG_FORMAT_RGBA};
	png_alloc_size_t n = sizeof(p->png);

	for (size_t i = 0; i < sizeof(rgba); i += 4) {
		rgba[i] = 220;
		rgba[i + 1] = rgba[i + 2] = 20;
		rgba[i + 3] = (unsigned char)(i / 4);
	}
	assert_int_equal(png_image_write_to_memory(&im, p->png, &n, 0, rgba, 0, NULL), 1);
	p->w.plan.picture.p = p->png;
	p->w.plan.picture.len = n;
}

static inline void
paper_make(struct paper *p)
{
	struct err	 err = {0};

	world_make(&p->w);
	paper_picture(p);
	buf_init(&p->seal, ESEAL_MAX);
	assert_ok(eseal_build(&p->w.plan, SIGNING(p->w.key), &p->seal, &err));
	p->ask = (struct pdf_world){.pool = &p->w.pool, .maker_use = MAKER_USE,
	    .now = CA_NOW + CLOCK_DAY};
}

static inline void
paper_free(struct paper *p)
{
	buf_free(&p->seal);
	world_free(&p->w);
}

static inline int
paper_sign(void *arg, const void *m, size_t len, struct buf *sig, struct err *err)
{
	struct paper	*p = arg;

	return sm2_sign_message(p->w.ca.sign_key, m, len, sig, err);
}

static inline struct pdf_sealer
paper_sealer(struct paper *p)
{
	return (struct pdf_sealer){.seal = p->seal.p, .seal_len = p->seal.len,
	    .signer = p->w.ca.sign, .sign = paper_sign, .arg = p};
}

/* Numbered from 1; NULL ends. */
static inline void
paper_write(struct buf *b, const char *const *objects, const char *trailer)
{
	size_t	 at[PAPER_OBJECTS], n = 0, xref;

	buf_clear(b);
	buf_addstr(b, "%PDF-1.7\n");
	for (; objects[n] != NULL; n++) {
		at[n] = b->len;
		buf_addf(b, "%zu 0 obj\n%s\nendobj\n", n + 1, objects[n]);
	}
	xref = b->len;
	buf_addf(b, "xref\n0 %zu\n0000000000 65535 f \n", n + 1);
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%010zu 00000 n \n", at[i]);
	buf_addf(b, "trailer\n<</Size %zu/Root 1 0 R%s>>\nstartxref\n%zu\n%%%%EOF\n", n + 1, trailer,
	    xref);
}

/* Two A4 pages, the first with a text that may be exchanged. */
static inline void
paper_plain(struct buf *b)
{
	static const char *const	 objects[] = {
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 2/Kids[3 0 R 5 0 R]/MediaBox[0 0 595 842]>>",
		"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources 6 0 R>>",
		"<</Length 15>>\nstream\n(Pay 100) Tj    \nendstream",
		"<</Type/Page/Parent 2 0 R/Rotate 90>>",
		"<<>>", NULL};

	buf_init(b, PDF_MAX);
	paper_write(b, objects, "");
}

static inline void
paper_file(struct buf *b, const char *name)
{
	struct err	 err = {0};
	char		 path[80];

	buf_init(b, PDF_MAX);
	(void)snprintf(path, sizeof(path), "tests/data/pdf/%s.pdf", name);
	assert_ok(file_read(path, b, &err));
}

/* b is sealed once more. */
static inline void
paper_seal(struct paper *p, struct buf *b)
{
	struct pdf_sealer	 sealer = paper_sealer(p);
	struct pdf_place	 place = {.page = 1, .x = 100, .y = 150};
	struct err		 err = {0};
	struct buf		 out;

	buf_init(&out, PDF_MAX);
	assert_ok(pdf_seal(b->p, b->len, &sealer, &place, &p->w.pool, CA_NOW, &out, &err));
	buf_free(b);
	*b = out;
}

/* The report; NULL when the file is refused altogether. */
static inline json_t *
paper_report(struct paper *p, const struct buf *b)
{
	struct err	 err = {0};
	struct pdf	*d = NULL;
	json_t		*report = NULL;

	if (pdf_open(b->p, b->len, &d, &err) < 0)
		return NULL;
	if (pdf_report(d, &p->ask, &report, &err) < 0)
		report = NULL;
	pdf_close(d);
	return report;
}

/* Names of the broken rules of the i-th seal, each with a blank; "refused". */
static inline void
paper_broken(struct paper *p, const struct buf *b, size_t i, char names[256], char verdict[16])
{
	json_t	*report = paper_report(p, b), *rule;
	size_t	 k;

	names[0] = '\0';
	(void)snprintf(verdict, 16, "%s", report == NULL ? "refused" : js_str(report, "verdict"));
	json_array_foreach(json_object_get(json_array_get(json_object_get(report, "seals"), i),
	    "rules"), k, rule)
		if (!js_bool(rule, "ok")) {
			assert_true(strlen(js_str(rule, "text")) > 0);
			(void)strncat(names, js_str(rule, "name"), 255 - strlen(names));
			(void)strncat(names, " ", 255 - strlen(names));
		}
	json_decref(report);
}

#define assert_paper(p, b, i, want_names, want_verdict) do {		\
	char	 names_[256], verdict_[16];				\
	paper_broken((p), (b), (i), names_, verdict_);			\
	assert_string_equal(verdict_, (want_verdict));			\
	assert_string_equal(names_, (want_names));			\
} while (0)
#endif
