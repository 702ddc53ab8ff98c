#include "seal/paper.h"
/* Files that are small and would take for ever, or all memory: anybody may hand one in. */

#define WORK_ROWS	32768		/* pairs of number and offset that the streams share */
#define WORK_STREAMS	2000
#define WORK_FIRST	20000		/* number of the first packed object */
#define WORK_HEAD	"%05zu 0 obj<</Type/ObjStm/N %d/First %08zu/Length %08zu>>stream\n"

/* Seven bytes an entry: kind, offset or number of the stream, index in it. */
static void
work_entry(struct buf *rows, unsigned kind, size_t at, size_t index)
{
	const unsigned char	 row[] = {(unsigned char)kind, (unsigned char)(at >> 24),
		(unsigned char)(at >> 16), (unsigned char)(at >> 8), (unsigned char)at,
		(unsigned char)(index >> 8), (unsigned char)index};

	buf_add(rows, row, sizeof(row));
}

static void
work_finish(struct buf *b, const struct buf *rows, size_t size)
{
	size_t	 at = b->len;

	buf_addf(b, "%zu 0 obj<</Type/XRef/Size %zu/W[1 4 2]/Root 1 0 R/Length %zu>>stream\n", size,
	    size, rows->len);
	buf_add(b, rows->p, rows->len);
	buf_addf(b, "\nendstream endobj\nstartxref\n%zu\n%%%%EOF\n", at);
}

static void
assert_too_much(const struct buf *b)
{
	struct err	 err = {0};
	struct pdf	*d = NULL;
	int		 n = 0;

	if (pdf_open(b->p, b->len, &d, &err) == 0)
		assert_int_equal(pdf_page_count(d, &n, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	pdf_close(d);
}

/*
 * Each object stream is a comment for the one before, so that all have the same pairs and the page
 * behind them; each page of the tree stands in another stream.
 */
void
test_pdf__object_streams_share_their_bytes(void **state)
{
	static const char	 page[] = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>> ";
	static const char	 tail[] = "\nendstream endobj ";
	size_t			 head = (size_t)snprintf(NULL, 0, WORK_HEAD, (size_t)0, WORK_ROWS,
				    (size_t)0, (size_t)0);
	size_t			 root, tree, from, value, end;
	struct buf		 b, pairs, rows;

	(void)state;
	buf_init(&b, PDF_MAX);
	buf_init(&pairs, PDF_MAX);
	buf_init(&rows, PDF_MAX);
	buf_addstr(&b, "%PDF-1.5\n");
	root = b.len;
	buf_addstr(&b, "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n");
	tree = b.len;
	buf_addf(&b, "2 0 obj<</Type/Pages/Count %d/Kids[", WORK_STREAMS);
	for (size_t i = 0; i < WORK_STREAMS; i++)
		buf_addf(&b, "%zu 0 R ", WORK_FIRST + i);
	buf_addstr(&b, "]>>endobj\n");
	from = b.len;
	for (size_t i = 0; i < WORK_ROWS; i++)
		buf_addf(&pairs, "%zu 0 ", WORK_FIRST + i);
	value = from + WORK_STREAMS * head + WORK_STREAMS - 1 + pairs.len;
	end = value + strlen(page);
	for (size_t i = 0; i < WORK_STREAMS; i++) {
		size_t	 data = from + i * (head + 1) + head;

		buf_addf(&b, i == 0 ? WORK_HEAD : "%%" WORK_HEAD, 100 + i, WORK_ROWS, value - data,
		    end + (WORK_STREAMS - 1 - i) * strlen(tail) - data);
	}
	buf_add(&b, pairs.p, pairs.len);
	buf_addstr(&b, page);
	for (size_t i = 0; i < WORK_STREAMS; i++)
		buf_addstr(&b, tail);
	for (size_t no = 0; no < WORK_FIRST + WORK_STREAMS; no++)
		if (no >= WORK_FIRST)
			work_entry(&rows, 2, 100 + no - WORK_FIRST, no - WORK_FIRST);
		else if (no >= 100 && no < 100 + WORK_STREAMS)
			work_entry(&rows, 1, from + (no - 100) * (head + 1), 0);
		else
			work_entry(&rows, no == 1 || no == 2, no == 1 ? root : no == 2 ? tree : 0, 0);
	work_finish(&b, &rows, WORK_FIRST + WORK_STREAMS);
	assert_too_much(&b);
	buf_free(&rows);
	buf_free(&pairs);
	buf_free(&b);
}

/* Keys that differ in their last letters are compared with each other to the end. */
void
test_pdf__keys_without_end(void **state)
{
	const char	*objects[] = {"<</Type/Catalog/Pages 2 0 R>>",
	    "<</Type/Pages/Count 1/Kids[3 0 R]>>", NULL, NULL};
	char		 key[8001];
	struct buf	 b, page;

	(void)state;
	buf_init(&b, PDF_MAX);
	buf_init(&page, PDF_MAX);
	memset(key, 'A', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	buf_addstr(&page, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]");
	for (int i = 0; i < 1000; i++)
		buf_addf(&page, "/%s%04d 1", key, i);
	buf_addstr(&page, ">>");
	objects[2] = page.p;
	paper_write(&b, objects, "");
	assert_too_much(&b);
	buf_free(&page);
	buf_free(&b);
}

/* An object that is said to stand in itself, out of the way of all that is read before the comparison. */
void
test_pdf__object_within_itself(void **state)
{
	static const char *const	 objects[] = {
		"1 0 obj<</Type/Catalog/Pages 2 0 R/X 4 0 R>>endobj\n",
		"2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n",
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"};
	struct paper			 p;
	struct buf			 b, rows;

	(void)state;
	paper_make(&p);
	buf_init(&b, PDF_MAX);
	buf_init(&rows, PDF_MAX);
	buf_addstr(&b, "%PDF-1.5\n");
	work_entry(&rows, 0, 0, 0);
	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		work_entry(&rows, 1, b.len, 0);
		buf_addstr(&b, objects[i]);
	}
	work_entry(&rows, 2, 4, 0);
	work_finish(&b, &rows, 5);
	paper_seal(&p, &b);
	paper_seal(&p, &b);
	assert_paper(&p, &b, 0, "later ", "changed");
	buf_free(&rows);
	buf_free(&b);
	paper_free(&p);
}
