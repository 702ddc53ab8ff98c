/* PDFs come from anybody: read, judged, and sealed as far as they go. */
#include "base/base.h"
#include "seal/pdf_check.h"

#define FUZZ_NOW	INT64_C(1795000000000)

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static void
fuzz_report(struct pdf *d)
{
	struct cert_pool	 nobody = {.n = 0};
	struct pdf_world	 w = {.pool = &nobody, .now = FUZZ_NOW};
	struct err		 err = {0};
	json_t			*report = NULL;

	if (pdf_report(d, &w, &report, &err) == 0 && js_bool(report, "ok"))
		BUG("a seal holds without any root");
	json_decref(report);
}

/* Sealed again with a seal it brought: the digest is over what is written. */
static void
fuzz_prepare(struct pdf *d, const struct pdf_signature *s)
{
	static const struct pdf_place	 places[] = {{.page = 1, .x = 50, .y = 50},
		{.page = 1, .is_edge = true, .y = 60}};
	struct esign			*e = NULL;
	struct err			 err = {0};
	struct pdf_draft		 draft;

	if (esign_parse(s->der.p, s->der.len, &e, &err) < 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (pdf_prepare(d, esign_seal(e), &places[i], FUZZ_NOW, 4096, &draft, &err) == 0) {
			if (draft.gap + draft.gap_len > draft.file.len || draft.file.p[draft.gap] != '<')
				BUG("the gap is not where it is said to be");
			pdf_draft_free(&draft);
		}
	esign_free(e);
}

static void
fuzz_signatures(struct pdf *d, size_t len)
{
	struct pdf_signatures	 all = {.n = 0};
	struct err		 err = {0};

	if (pdf_signatures_find(d, &all, &err) == 0)
		for (size_t i = 0; i < all.n; i++) {
			if (all.row[i].end > len || (all.row[i].trouble == PDF_FINE &&
			    all.row[i].der.len == 0))
				BUG("signature %zu of %zu", i, all.n);
			fuzz_prepare(d, &all.row[i]);
		}
	pdf_signatures_free(&all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct pdf	*d = NULL;
	struct err	 err = {0};

	if (pdf_open(p, len, &d, &err) < 0)
		return 0;
	fuzz_signatures(d, len);
	fuzz_report(d);
	pdf_close(d);
	return 0;
}
