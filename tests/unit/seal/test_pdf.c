#include "seal/paper.h"

static const char *const	 fixtures[] = {"plain", "stream", "linear", "linstream", "turned"};

/* Sealing ----------------------------------------------------------------------------- */

void
test_pdf__sealed_file_holds(void **state)
{
	struct paper	 p;
	struct buf	 b, before;
	json_t		*report, *seal;

	(void)state;
	paper_make(&p);
	for (size_t i = 0; i < ARRAY_LEN(fixtures); i++) {
		paper_file(&b, fixtures[i]);
		paper_file(&before, fixtures[i]);
		paper_seal(&p, &b);
		assert_memory_equal(b.p, before.p, before.len);
		report = paper_report(&p, &b);
		assert_non_null(report);
		assert_true(js_bool(report, "ok"));
		assert_int_equal(js_int(report, "pages", 0), 3);
		assert_int_equal(json_array_size(json_object_get(report, "seals")), 1);
		seal = json_array_get(json_object_get(report, "seals"), 0);
		assert_string_equal(js_str(seal, "name"), "长沙建工有限公司");
		assert_string_equal(js_str(seal, "id"), "4A5B6C7D8E9F");
		assert_string_equal(js_str(seal, "serial"), cert_serial(p.w.ca.sign));
		assert_string_equal(js_str(seal, "format"), "GM.sm2seal");
		assert_true(js_bool(seal, "covers_all"));
		assert_false(js_bool(seal, "is_stamped"));
		json_decref(report);
		buf_free(&before);
		buf_free(&b);
	}
	paper_free(&p);
}

void
test_pdf__second_seal_keeps_the_first(void **state)
{
	struct paper	 p;
	struct buf	 b;
	json_t		*report, *seals;

	(void)state;
	paper_make(&p);
	for (size_t i = 0; i < ARRAY_LEN(fixtures); i++) {
		paper_file(&b, fixtures[i]);
		for (int n = 0; n < 3; n++)
			paper_seal(&p, &b);
		report = paper_report(&p, &b);
		assert_true(js_bool(report, "ok"));
		seals = json_object_get(report, "seals");
		assert_int_equal(json_array_size(seals), 3);
		for (size_t n = 0; n < 3; n++) {
			assert_true(js_bool(json_array_get(seals, n), "ok"));
			assert_int_equal(js_bool(json_array_get(seals, n), "covers_all"), n == 2);
		}
		json_decref(report);
		buf_free(&b);
	}
	paper_free(&p);
}

void
test_pdf__on_all_pages_and_across_edges(void **state)
{
	static const struct pdf_place	 places[] = {
		{.page = 3, .all_pages = true, .x = 60, .y = 60},
		{.page = 1, .is_edge = true, .y = 100}};
	struct paper		 p;
	struct pdf_sealer	 sealer;
	struct err		 err = {0};
	struct buf		 b, out;

	(void)state;
	paper_make(&p);
	sealer = paper_sealer(&p);
	for (size_t i = 0; i < ARRAY_LEN(fixtures); i++)
		for (size_t k = 0; k < ARRAY_LEN(places); k++) {
			paper_file(&b, fixtures[i]);
			buf_init(&out, PDF_MAX);
			assert_ok(pdf_seal(b.p, b.len, &sealer, &places[k], NULL, CA_NOW, &out, &err));
			assert_paper(&p, &out, 0, "", "intact");
			paper_seal(&p, &out);
			assert_paper(&p, &out, 0, "", "intact");
			buf_free(&b);
			buf_free(&out);
		}
	paper_free(&p);
}

void
test_pdf__place_must_lie_on_the_page(void **state)
{
	/* A4 is 210 by 297 millimetres, the seal 42 by 42 */
	static const struct {
		int	 page;
		double	 x, y;
		bool	 ok;
	} rows[] = {{1, 21, 21, true}, {1, 20, 21, false}, {1, 21, 20, false},
		{1, 188, 276, true}, {1, 190, 276, false}, {1, 188, 277, false},
		{2, 276, 188, true}, {2, 188, 276, false},	/* it lies on its side */
		{0, 100, 100, false}, {3, 100, 100, false}};
	struct paper		 p;
	struct pdf_sealer	 sealer;
	struct buf		 b, out;

	(void)state;
	paper_make(&p);
	sealer = paper_sealer(&p);
	paper_plain(&b);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pdf_place place = {.page = rows[i].page, .x = rows[i].x, .y = rows[i].y};
		struct err	 err = {0};

		buf_init(&out, PDF_MAX);
		if (rows[i].ok)
			assert_ok(pdf_seal(b.p, b.len, &sealer, &place, NULL, CA_NOW, &out, &err));
		else
			assert_err(pdf_seal(b.p, b.len, &sealer, &place, NULL, CA_NOW, &out, &err),
			    ERR_INPUT);
		buf_free(&out);
	}
	buf_free(&b);
	paper_free(&p);
}

/* Who may not seal with it, or not any more, gets nothing. */
void
test_pdf__only_with_a_seal_that_holds(void **state)
{
	struct paper		 p;
	struct pdf_sealer	 sealer;
	struct pdf_place	 place = {.page = 1, .x = 100, .y = 100};
	struct err		 err = {0};
	struct buf		 b, out;

	(void)state;
	paper_make(&p);
	paper_plain(&b);
	buf_init(&out, PDF_MAX);
	sealer = paper_sealer(&p);
	sealer.signer = p.w.ca.enc;
	assert_err(pdf_seal(b.p, b.len, &sealer, &place, NULL, CA_NOW, &out, &err), ERR_INPUT);
	sealer = paper_sealer(&p);
	assert_err(pdf_seal(b.p, b.len, &sealer, &place, NULL, p.w.plan.not_after + CLOCK_DAY, &out,
	    &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "过期"));
	p.w.ca.sign_key = (EVP_PKEY_free(p.w.ca.sign_key), EVP_PKEY_up_ref(p.w.ca.enc_key),
	    p.w.ca.enc_key);			/* another's key */
	assert_err(pdf_seal(b.p, b.len, &sealer, &place, NULL, CA_NOW, &out, &err), ERR_CRYPTO);
	assert_int_equal(out.len, 0);
	buf_free(&out);
	buf_free(&b);
	paper_free(&p);
}

/* Files that are refused -------------------------------------------------------------- */

static void
assert_refused(struct paper *p, const struct buf *b, enum err_kind kind, const char *word)
{
	struct pdf_sealer	 sealer = paper_sealer(p);
	struct pdf_place	 place = {.page = 1, .x = 100, .y = 100};
	struct err		 err = {0};
	struct buf		 out;

	buf_init(&out, PDF_MAX);
	assert_err(pdf_seal(b->p, b->len, &sealer, &place, NULL, CA_NOW, &out, &err), kind);
	if (strstr(err.text, word) == NULL)
		fail_msg("no %s: %s", word, err.text);
	buf_free(&out);
}

void
test_pdf__what_is_not_worked_with(void **state)
{
	static const struct {
		const char	*objects[6], *trailer, *word;
		enum err_kind	 kind;
	} rows[] = {
		{{"<</Type/Catalog/Pages 2 0 R/AcroForm<</XFA 3 0 R/Fields[]>>>>",
		    "<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 595 842]>>",
		    "<</Type/Page>>", NULL}, "", "XFA", ERR_INPUT},
		{{"<</Type/Catalog/Pages 2 0 R>>",
		    "<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 595 842]>>",
		    "<</Type/Page>>", NULL}, "/XRefStm 9", "混合格式", ERR_INPUT},
		{{"<</Type/Catalog/Pages 2 0 R>>",
		    "<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 595 842]>>",
		    "<</Type/Page>>", NULL}, "/Encrypt 3 0 R", "密码", ERR_INPUT},
		{{"<</Type/Catalog/Pages 2 0 R/Perms<</DocMDP 4 0 R>>>>",
		    "<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 595 842]>>",
		    "<</Type/Page>>", "<</Type/Sig>>", NULL}, "", "认证签名", ERR_DENIED},
		{{"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
		    "<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 595 842]>>",
		    "<</Type/Page>>", "<</FT/Sig/T(a)/V<</Reference[<</TransformMethod/DocMDP>>]>>>>",
		    NULL}, "", "认证签名", ERR_DENIED},
		{{"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
		    "<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 595 842]>>",
		    "<</Type/Page>>", "<</FT/Sig/T(a)/Lock<</P 1>>/V<<>>>>", NULL}, "", "锁定",
		    ERR_DENIED},
		{{"<</Type/Catalog/Pages 2 0 R>>",
		    "<</Type/Pages/Count 1/Kids[2 0 R]/MediaBox[0 0 595 842]>>", NULL}, "",
		    "页面树", ERR_LIMIT},
		{{"<</Type/Catalog/Pages 2 0 R/Pages 3 0 R>>",
		    "<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 595 842]>>", "<</Type/Page>>",
		    NULL}, "", "重复", ERR_INPUT},
	};
	struct paper	 p;
	struct buf	 b;

	(void)state;
	paper_make(&p);
	buf_init(&b, PDF_MAX);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		paper_write(&b, rows[i].objects, rows[i].trailer);
		assert_refused(&p, &b, rows[i].kind, rows[i].word);
	}
	buf_free(&b);
	paper_file(&b, "encrypted");
	assert_refused(&p, &b, ERR_INPUT, "密码");
	buf_free(&b);
	paper_free(&p);
}

void
test_pdf__broken_files(void **state)
{
	struct paper	 p;
	struct buf	 b, cut;

	(void)state;
	paper_make(&p);
	for (size_t i = 0; i < ARRAY_LEN(fixtures); i++) {
		paper_file(&b, fixtures[i]);
		for (size_t n = 0; n + 2 < b.len; n += 31) {
			cut = (struct buf){.p = b.p, .len = n};
			assert_refused(&p, &cut, ERR_INPUT, "PDF");
		}
		buf_addstr(&b, "\nmore");
		assert_refused(&p, &b, ERR_INPUT, "结尾");
		buf_free(&b);
	}
	paper_plain(&b);		/* startxref to somewhere else */
	memcpy(strstr(b.p + b.len - 20, "\n%%EOF") - 1, "1", 1);
	assert_refused(&p, &b, ERR_INPUT, "结构");
	buf_free(&b);
	paper_free(&p);
}

/* A reference that leads back, an object that is not what it is said to be: an end is found. */
void
test_pdf__objects_that_go_round(void **state)
{
	static const char *const	 loop[] = {"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox 4 0 R>>", "<</Type/Page>>",
		"<</Length 4 0 R>>\nstream\nx\nendstream", NULL};
	struct paper	 p;
	struct buf	 b;

	(void)state;
	paper_make(&p);
	buf_init(&b, PDF_MAX);
	paper_write(&b, loop, "");
	assert_refused(&p, &b, ERR_INPUT, "自己");
	buf_clear(&b);
	buf_addstr(&b, "%PDF-1.7\n1 0 obj\n");
	for (int i = 0; i < 100000; i++)
		buf_addch(&b, '[');
	buf_addstr(&b, "\nxref\n0 1\n0000000000 65535 f \ntrailer\n");
	for (int i = 0; i < 100; i++)
		buf_addch(&b, '[');
	buf_addf(&b, "\nstartxref\n%d\n%%%%EOF\n", 100018);
	assert_refused(&p, &b, ERR_LIMIT, "嵌套");
	buf_free(&b);
	paper_free(&p);
}
