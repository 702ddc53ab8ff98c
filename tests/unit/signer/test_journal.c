#include "base/base.h"
#include "signer/world.h"

/* Each test here has a world of its own, for it spoils it. */
static void
one_more_line(struct world *w)
{
	json_t	*detail = json_pack("{s:s}", "why", "test");

	journal_note(&w->signer, "test.line", detail);
	json_decref(detail);
}

static void
own_world_make(struct world *w)
{
	struct err	 err = {0};

	world_prepare(w);
	world_ceremony(w);
	assert_ok(signer_open(&w->signer, &w->passphrase, &err));
	for (int i = 0; i < 4; i++)
		one_more_line(w);
}

static void
own_world_free(struct world *w)
{
	signer_close(&w->signer);
	world_drop(w);
}

static void
assert_line_found(struct world *w, const char *sql, const char *sentence)
{
	struct err	 err = {0};
	json_t		*j = NULL;

	world_sql(w, sql);
	assert_err(journal_verify(&w->signer, &j, &err), ERR_CRYPTO);
	if (strstr(err.text, sentence) == NULL)
		fail_msg("%s: %s", sql, err.text);
}

void
test_journal__holds_until_a_row_is_edited(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	json_t		*j = NULL;

	(void)state;
	own_world_make(&w);
	assert_ok(journal_verify(&w.signer, &j, &err));
	assert_int_equal(js_int(j, "lines", 0), world_journal(&w).seq);
	assert_true(js_int(j, "lines", 0) >= 7);
	json_decref(j);
	assert_line_found(&w, "UPDATE journal SET detail = '{\"why\":\"other\"}' WHERE seq = 6",
	    "line 6 was changed");
	assert_line_found(&w, "UPDATE journal SET time = time + 1 WHERE seq = 3",
	    "line 3 was changed");
	assert_line_found(&w, "DELETE FROM journal WHERE seq = 2", "line 2 is missing");
	own_world_free(&w);
}

/* ca_journal_from reads a thousand at a time. */
void
test_journal__longer_than_one_reading(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	json_t		*j = NULL;

	(void)state;
	own_world_make(&w);
	while (world_journal(&w).seq < 1000)
		for (int i = 0; i < 100; i++)
			one_more_line(&w);
	assert_ok(journal_verify(&w.signer, &j, &err));
	assert_true(js_int(j, "lines", 0) > 1000);
	json_decref(j);
	assert_line_found(&w, "UPDATE journal SET what = 'x' WHERE seq = 1001",
	    "line 1001 was changed");
	own_world_free(&w);
}
