#include "world.h"
#include "base/str.h"
#include "hall/journal.h"

/* The hall's chain against the anchors that the signer keeps. */

static int
anchor_lines_run(struct db *db, void *arg, struct err *err)
{
	(void)arg;
	for (int i = 0; i < 5; i++)
		if (hall_journal_add(db, NULL, "test.line", "x", NULL, err) < 0)
			return -1;
	return 0;
}

/* As the signer tells it; wrong: the digest of another line. */
static void
anchor_add(struct world *w, json_t *list, int64_t lines, int64_t digest_of, bool restored)
{
	struct err	err = {0};
	unsigned char	md[SM3_LEN];
	char		head[2 * SM3_LEN + 1];

	assert_ok(hall_journal_line(w->h, digest_of, md, &err));
	hex_encode(md, sizeof(md), head);
	json_array_append_new(list, json_pack("{s:I,s:I,s:b,s:I,s:s}", "line", (json_int_t)90,
	    "time", (json_int_t)1, "restored", restored, "lines", (json_int_t)lines, "head", head));
}

void
test_anchor__the_chain_is_held_against_each(void **state)
{
	struct err	err = {0};
	struct world	w;
	json_t		*list = json_array();
	int64_t		lines = 0;
	size_t		held = 0;

	(void)state;
	world_open(&w);
	assert_ok(store_write(w.store, anchor_lines_run, NULL, &err));
	anchor_add(&w, list, 2, 2, false);
	anchor_add(&w, list, 5, 5, false);
	assert_ok(hall_journal_verify(w.h, list, &lines, &held, &err));
	assert_int_equal(held, 2);
	assert_true(lines >= 5);

	anchor_add(&w, list, lines + 1, 1, false);		/* lines were cut off */
	assert_err(hall_journal_verify(w.h, list, &lines, &held, &err), ERR_CRYPTO);
	assert_non_null(strstr(err.text, "are missing"));
	anchor_add(&w, list, lines, lines, true);		/* by a restore, says the administrator */
	assert_ok(hall_journal_verify(w.h, list, &lines, &held, &err));
	assert_int_equal(held, lines == 5 ? 2 : 3);

	json_array_clear(list);
	anchor_add(&w, list, 3, 4, false);			/* written anew */
	assert_err(hall_journal_verify(w.h, list, &lines, &held, &err), ERR_CRYPTO);
	assert_non_null(strstr(err.text, "written anew"));
	json_decref(list);
	world_close(&w);
}
