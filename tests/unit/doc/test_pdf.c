#include "unit.h"
#include "base/file.h"
#include "doc/doc.h"

static void
sealed_file(struct buf *b)
{
	struct err	 err = {0};

	buf_init(b, PDF_MAX);
	assert_ok(file_read("tests/fuzz/corpus/pdf/twice-plain", b, &err));
}

/* What doc answers is what was found. */
void
test_pdf__signatures_travel(void **state)
{
	struct pdf_signatures	 here = {.n = 0}, there = {.n = 0};
	struct err		 err = {0};
	struct pdf		*d = NULL;
	struct buf		 file, contents;
	json_t			*answer = json_object();
	int			 pages = 0;

	(void)state;
	sealed_file(&file);
	buf_init(&contents, PDF_MAX);
	assert_ok(pdf_open(file.p, file.len, &d, &err));
	assert_ok(pdf_signatures_find(d, &here, &err));
	assert_ok(doc_pdf_work(file.p, file.len, answer, &contents, &err));
	assert_ok(doc_pdf_from(answer, &contents, &there, &pages, &err));
	assert_int_equal(pages, 3);
	assert_int_equal(there.n, 2);
	assert_true(there.is_whole);
	for (size_t i = 0; i < here.n; i++) {
		const struct pdf_signature	*a = &here.row[i], *b = &there.row[i];

		assert_string_equal(a->field, b->field);
		assert_string_equal(a->sub_filter, b->sub_filter);
		assert_int_equal(a->trouble, b->trouble);
		assert_int_equal(a->end, b->end);
		assert_int_equal(a->is_whole, b->is_whole);
		assert_memory_equal(a->digest, b->digest, sizeof(a->digest));
		assert_int_equal(a->der.len, b->der.len);
		assert_memory_equal(a->der.p, b->der.p, a->der.len);
	}
	pdf_signatures_free(&there);
	/* fewer bytes than the rows say; a trouble that nobody knows; too many */
	contents.len--;
	assert_err(doc_pdf_from(answer, &contents, &there, &pages, &err), ERR_BUG);
	contents.len++;
	js_set_int(json_array_get(json_object_get(answer, "rows"), 0), "trouble", PDF_CHANGED + 1);
	assert_err(doc_pdf_from(answer, &contents, &there, &pages, &err), ERR_BUG);
	for (int i = 0; i < PDF_SIGNATURES_MAX; i++)
		(void)json_array_append_new(json_object_get(answer, "rows"), json_object());
	assert_err(doc_pdf_from(answer, &contents, &there, &pages, &err), ERR_BUG);
	json_decref(answer);
	pdf_signatures_free(&here);
	pdf_close(d);
	buf_free(&contents);
	buf_free(&file);
}

void
test_pdf__what_is_none_is_said(void **state)
{
	struct err	 err = {0};
	struct buf	 contents;
	json_t		*answer = json_object();

	(void)state;
	buf_init(&contents, PDF_MAX);
	assert_err(doc_pdf_work("no picture", 10, answer, &contents, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "PDF"));
	json_decref(answer);
	buf_free(&contents);
}
