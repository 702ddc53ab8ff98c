#include "base/base.h"
#include "signer/world.h"

/* Each test here has a world of its own, for it spoils it. */
static void
own_world_make(struct world *w)
{
	struct err	 err = {0};

	world_prepare(w);
	world_ceremony(w);
	assert_ok(signer_open(&w->signer, &w->passphrase, &err));
	for (int i = 0; i < 4; i++)
		journal_note(w->signer.store, "test.line", json_pack("{s:i}", "i", i));
	assert_ok(journal_sign_head(&w->signer.journal, NULL, &err));
}

static void
own_world_free(struct world *w)
{
	signer_close(&w->signer);
	world_drop(w);
}

static int
verify(struct world *w, struct err *err)
{
	json_t	*out = json_object();
	int	 rc = journal_verify(&w->signer.journal, out, err);

	json_decref(out);
	return rc;
}

/* Spoiled by `sql` it is found with this sentence; mended by `mend` it holds again. */
static void
assert_found(struct world *w, const char *sql, const char *sentence, const char *mend)
{
	struct err	 err = {0};

	world_sql(w, sql);
	assert_err(verify(w, &err), ERR_CRYPTO);
	if (strstr(err.text, sentence) == NULL)
		fail_msg("%s: %s", sql, err.text);
	world_sql(w, mend);
	assert_ok(verify(w, &err));
}

void
test_journal__holds_until_a_row_is_edited(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	json_t		*j = json_object();

	(void)state;
	own_world_make(&w);
	assert_ok(journal_verify(&w.signer.journal, j, &err));
	assert_int_equal(js_int(j, "lines", 0), world_journal(&w).seq);
	assert_int_equal(js_int(j, "signed", 0), world_journal(&w).seq);
	assert_true(js_int(j, "lines", 0) >= 8);
	json_decref(j);
	assert_found(&w, "UPDATE journal SET detail = '{\"i\":7}' WHERE detail = '{\"i\":1}'",
	    "was changed", "UPDATE journal SET detail = '{\"i\":1}' WHERE detail = '{\"i\":7}'");
	assert_found(&w, "UPDATE journal SET time = time + 1 WHERE seq = 3", "line 3 was changed",
	    "UPDATE journal SET time = time - 1 WHERE seq = 3");
	assert_found(&w, "UPDATE journal SET what = 'test.\"' WHERE detail = '{\"i\":3}'",
	    "no word of ours", "UPDATE journal SET what = 'test.line' WHERE detail = '{\"i\":3}'");
	assert_found(&w, "UPDATE journal SET seq = -2 WHERE seq = 2", "line 2 is missing",
	    "UPDATE journal SET seq = 2 WHERE seq = -2");
	own_world_free(&w);
}

/* Two lines change places, nodes and all. */
void
test_journal__reordered(void **state)
{
	struct world	 w;

	(void)state;
	own_world_make(&w);
	world_sql(&w, "UPDATE journal SET seq = -6 WHERE seq = 6");
	world_sql(&w, "UPDATE journal SET seq = 6 WHERE seq = 7");
	assert_found(&w, "UPDATE journal SET seq = 7 WHERE seq = -6", "line 6 was changed",
	    "UPDATE journal SET seq = -6 WHERE seq = 7; UPDATE journal SET seq = 7 WHERE seq = 6; "
	    "UPDATE journal SET seq = 6 WHERE seq = -6");
	own_world_free(&w);
}

/* The last line goes, with the count and its nodes: the signed head still tells. */
void
test_journal__truncated(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 sql[128];
	int64_t		 last;

	(void)state;
	own_world_make(&w);
	last = world_journal(&w).seq;
	(void)snprintf(sql, sizeof(sql), "DELETE FROM journal WHERE seq = %" PRId64, last);
	world_sql(&w, sql);
	assert_err(verify(&w, &err), ERR_CRYPTO);
	world_sql(&w, "UPDATE journal_end SET lines = lines - 1");
	assert_err(verify(&w, &err), ERR_CRYPTO);
	(void)snprintf(sql, sizeof(sql), "DELETE FROM journal_head WHERE lines = %" PRId64, last);
	world_sql(&w, sql);
	assert_err(verify(&w, &err), ERR_CRYPTO);	/* the file still shows it */
	assert_non_null(strstr(err.text, "journal.heads"));
	own_world_free(&w);
}

/* What the store holds of certificates is what the journal tells. */
void
test_journal__certificates_and_lines(void **state)
{
	struct world	 w;

	(void)state;
	own_world_make(&w);
	assert_found(&w, "UPDATE certificate SET serial = 'X' || serial WHERE profile = 'staff'",
	    "does not hold it like this",
	    "UPDATE certificate SET serial = substr(serial, 2) WHERE profile = 'staff'");
	assert_found(&w, "UPDATE certificate SET status = 'revoked' WHERE profile = 'staff'",
	    "stands in the store", "UPDATE certificate SET status = 'good' WHERE profile = 'staff'");
	assert_found(&w, "INSERT INTO certificate SELECT 'AB', ref, profile, subject, der, not_before, "
	    "not_after, status, revoked_at, reason, created, changed, invalid_since, authority, line, "
	    "changed_line, part, identity FROM certificate WHERE profile = 'staff'", "certificate AB stands",
	    "DELETE FROM certificate WHERE serial = 'AB'");
	own_world_free(&w);
}

/* A revocation is told by a line; a certificate made good again behind its back is found. */
void
test_journal__revocation_undone(void **state)
{
	struct err	 err = {0};
	struct world	 w;

	(void)state;
	own_world_make(&w);
	assert_ok(admin_revoke(&w.signer, w.officer, 4, &err));
	assert_ok(verify(&w, &err));
	world_sql(&w, "UPDATE certificate SET status = 'good', revoked_at = 0, changed_line = 0 "
	    "WHERE profile = 'staff'");
	assert_err(verify(&w, &err), ERR_CRYPTO);
	assert_non_null(strstr(err.text, w.officer));
	own_world_free(&w);
}

/* Heads: another root, another time, another signature, none at all. */
void
test_journal__heads_are_signed(void **state)
{
	struct err	 err = {0};
	struct world	 w;

	(void)state;
	own_world_make(&w);
	assert_found(&w, "UPDATE journal_head SET text = replace(text, '\"time\":1', '\"time\":2')",
	    "head", "UPDATE journal_head SET text = replace(text, '\"time\":2', '\"time\":1')");
	assert_found(&w, "UPDATE journal_head SET key = 'x' || key", "key",
	    "UPDATE journal_head SET key = substr(key, 2)");
	world_sql(&w, "DELETE FROM journal_head");
	assert_err(verify(&w, &err), ERR_CRYPTO);
	own_world_free(&w);
}

/* tree_lines_from reads a thousand at a time. */
void
test_journal__longer_than_one_reading(void **state)
{
	struct err	 err = {0};
	struct world	 w;

	(void)state;
	own_world_make(&w);
	while (world_journal(&w).seq <= 1000)
		for (int i = 0; i < 100; i++)
			journal_note(w.signer.store, "test.more", NULL);
	assert_ok(verify(&w, &err));
	assert_found(&w, "UPDATE journal SET what = 'x' WHERE seq = 1001", "line 1001 was changed",
	    "UPDATE journal SET what = 'test.more' WHERE seq = 1001");
	own_world_free(&w);
}

static struct anchor
anchor_of(int64_t lines, char digit, bool restored)
{
	struct anchor	 a = {.lines = lines, .restored = restored};

	memset(a.head, digit, sizeof(a.head) - 1);
	return a;
}

/* The anchors before and after this one: of so many lines, and the head begins with this digit. */
static void
assert_anchored(struct world *w, struct anchor a, int64_t before, int64_t lines, char digit)
{
	struct err	 err = {0};
	json_t		*out = json_object();

	assert_ok(anchor_take(&w->signer, &a, out, &err));
	assert_int_equal(js_int(out, "lines", 0), lines);
	assert_int_equal(js_str(out, "head")[0], digit);
	assert_int_equal(js_int(out, "before", -1), before);
	json_decref(out);
}

/* A line for each longer head; a shorter one is told the newest; a restore is for ever seen. */
void
test_journal__anchors_of_the_hall(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct anchor	 bad = anchor_of(7, 'x', false);
	json_t		*out = json_object(), *list;

	(void)state;
	own_world_make(&w);
	assert_anchored(&w, anchor_of(5, 'a', false), 0, 5, 'a');
	assert_anchored(&w, anchor_of(5, 'b', false), 5, 5, 'a');
	assert_anchored(&w, anchor_of(4, 'b', false), 5, 5, 'a');
	assert_anchored(&w, anchor_of(6, 'c', false), 5, 6, 'c');
	w.signer.anchor = (struct anchor_last){0};	/* as after a start */
	assert_anchored(&w, anchor_of(6, 'd', false), 6, 6, 'c');
	assert_anchored(&w, anchor_of(3, 'e', true), 0, 3, 'e');
	assert_anchored(&w, anchor_of(4, 'f', false), 3, 4, 'f');
	assert_err(anchor_take(&w.signer, &bad, out, &err), ERR_INPUT);
	bad = anchor_of(0, 'a', false);
	assert_err(anchor_take(&w.signer, &bad, out, &err), ERR_INPUT);
	assert_ok(anchors_list(&w.signer, 0, out, &err));
	list = json_object_get(out, "anchors");
	assert_int_equal(json_array_size(list), 4);
	assert_true(js_bool(json_array_get(list, 2), "restored"));
	assert_ok(anchors_list(&w.signer, js_int(json_array_get(list, 2), "line", 0), out, &err));
	list = json_object_get(out, "anchors");
	assert_int_equal(json_array_size(list), 1);
	assert_int_equal(js_int(json_array_get(list, 0), "lines", 0), 4);
	assert_ok(verify(&w, &err));
	json_decref(out);
	own_world_free(&w);
}
