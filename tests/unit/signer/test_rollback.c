#include "base/base.h"
#include "journal/proof.h"
#include "signer/world.h"

/* A store that is not the one its heads tell of, a journal of an older release, and proofs. */

static void
world_path(const struct world *w, const char *name, char path[128])
{
	(void)snprintf(path, 128, "%s/%s", w->dir, name);
}

static void
copy_file(const struct world *w, const char *from, const char *to)
{
	struct err	 err = {0};
	char		 path[128];
	struct buf	 b;

	buf_init(&b, 64 * 1024 * 1024);
	world_path(w, from, path);
	assert_ok(file_read(path, &b, &err));
	world_path(w, to, path);
	assert_ok(file_write(path, b.p, b.len, 0600, &err));
	buf_free(&b);
}

static void
more_lines(struct world *w, int n)
{
	struct err	 err = {0};

	for (int i = 0; i < n; i++)
		journal_note(w->signer.store, "test.line", json_pack("{s:i}", "i", i));
	assert_ok(journal_sign_head(&w->signer.journal, NULL, &err));
}

static void
fresh_world(struct world *w)
{
	struct err	 err = {0};

	world_prepare(w);
	world_ceremony(w);
	assert_ok(signer_open(&w->signer, &w->passphrase, &err));
	more_lines(w, 3);
}

static int
open_again(struct world *w, struct err *err)
{
	signer_close(&w->signer);
	return signer_open(&w->signer, &w->passphrase, err);
}

void
test_rollback__older_store_does_not_open(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	json_t		*out = json_object();
	char		 path[128], away[128];

	(void)state;
	fresh_world(&w);
	signer_close(&w.signer);		/* the write-ahead log goes into the file */
	copy_file(&w, "ca/ca.db", "ca.db.old");
	assert_ok(signer_open(&w.signer, &w.passphrase, &err));
	more_lines(&w, 5);
	assert_ok(open_again(&w, &err));
	signer_close(&w.signer);
	copy_file(&w, "ca.db.old", "ca/ca.db");
	assert_err(signer_open(&w.signer, &w.passphrase, &err), ERR_WRONG_STATE);
	assert_non_null(strstr(err.text, "rolled back"));
	/* what the operator does after a deliberate restore; the journal says it for ever */
	world_path(&w, "ca/journal.heads", path);
	world_path(&w, "ca/journal.heads.before", away);
	assert_int_equal(rename(path, away), 0);
	assert_ok(signer_open(&w.signer, &w.passphrase, &err));
	assert_string_equal(world_journal(&w).what, "journal.heads_missing");
	assert_ok(journal_sign_head(&w.signer.journal, NULL, &err));
	assert_ok(journal_verify(&w.signer.journal, out, &err));
	json_decref(out);
	signer_close(&w.signer);
	world_drop(&w);
}

/* As many lines, but others: rolled back and written on. */
void
test_rollback__other_history_does_not_open(void **state)
{
	struct err	 err = {0};
	struct world	 w;

	(void)state;
	fresh_world(&w);
	signer_close(&w.signer);
	copy_file(&w, "ca/ca.db", "ca.db.old");
	copy_file(&w, "ca/journal.heads", "heads.old");
	assert_ok(signer_open(&w.signer, &w.passphrase, &err));
	more_lines(&w, 2);
	signer_close(&w.signer);
	copy_file(&w, "ca/journal.heads", "heads.new");
	copy_file(&w, "ca.db.old", "ca/ca.db");
	copy_file(&w, "heads.old", "ca/journal.heads");
	assert_ok(signer_open(&w.signer, &w.passphrase, &err));	/* put back together: not found */
	more_lines(&w, 9);
	signer_close(&w.signer);
	copy_file(&w, "heads.new", "ca/journal.heads");		/* unless a copy is elsewhere */
	assert_err(signer_open(&w.signer, &w.passphrase, &err), ERR_WRONG_STATE);
	world_drop(&w);
}

/* A crash in the middle of appending; a line of the file edited. */
void
test_rollback__file_of_heads(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	json_t		*out = json_object();
	struct buf	 b;
	char		 path[128], *digit;

	(void)state;
	fresh_world(&w);
	world_path(&w, "ca/journal.heads", path);
	buf_init(&b, 1024 * 1024);
	assert_ok(file_read(path, &b, &err));
	assert_ok(file_write(path, b.p, b.len - 40, 0600, &err));
	assert_ok(open_again(&w, &err));
	assert_ok(journal_sign_head(&w.signer.journal, NULL, &err));
	assert_ok(journal_verify(&w.signer.journal, out, &err));
	more_lines(&w, 1);
	buf_clear(&b);
	assert_ok(file_read(path, &b, &err));
	digit = strstr(b.p, "signature\":\"") + 30;
	*digit = *digit == 'A' ? 'B' : 'A';
	assert_ok(file_write(path, b.p, b.len, 0600, &err));
	assert_ok(open_again(&w, &err));
	assert_err(journal_verify(&w.signer.journal, out, &err), ERR_CRYPTO);
	assert_non_null(strstr(err.text, "journal.heads"));
	buf_free(&b);
	json_decref(out);
	signer_close(&w.signer);
	world_drop(&w);
}

/* ---- the journal of an older release ---- */

static void
chain_add(struct world *w, int seq, const char *what, const char *detail, char hash[65])
{
	unsigned char	 digest[TREE_HASH];
	struct buf	 b;

	buf_init(&b, 8192);
	buf_addf(&b, "%d|%d|%zu:%s|%zu:%s|%s", seq, 1000 + seq, strlen(what), what, strlen(detail),
	    detail, hash);
	sm3(b.p, b.len, digest);
	hex_encode(digest, TREE_HASH, hash);
	buf_clear(&b);
	buf_addf(&b, "INSERT INTO journal_chain (seq, time, what, detail, hash) VALUES (%d, %d, "
	    "'%s', '%s', '%s')", seq, 1000 + seq, what, detail, hash);
	world_sql(w, b.p);
	buf_free(&b);
}

/* A store as the release before left it: lines in the chain, certificates without their lines. */
static void
make_old(struct world *w, bool broken)
{
	char	 hash[65], detail[200];
	int	 n = 0;

	memset(hash, '0', 64);
	hash[64] = '\0';
	world_prepare(w);
	world_ceremony(w);
	world_sql(w, "DELETE FROM journal WHERE seq = 1");
	world_sql(w, "DELETE FROM journal WHERE seq = 2");
	world_sql(w, "DELETE FROM journal WHERE seq = 3");
	world_sql(w, "DELETE FROM journal WHERE seq = 4");
	world_sql(w, "UPDATE journal_end SET lines = 0");
	world_sql(w, "DELETE FROM certificate WHERE profile = 'root'");
	world_sql(w, "DELETE FROM certificate WHERE profile = 'issuing-ca'");
	world_sql(w, "UPDATE certificate SET line = 0");
	(void)snprintf(detail, sizeof(detail), "{\"may\":3,\"name\":\"n\",\"serial\":\"%s\"}",
	    w->officer);
	chain_add(w, ++n, "officer.add", detail, hash);
	for (int i = 0; i < 5; i++)
		chain_add(w, ++n, "test.line", "{}", hash);
	if (broken)
		world_sql(w, "UPDATE journal_chain SET time = 1 WHERE seq = 4");
}

static void
assert_adopted(bool broken)
{
	struct err	 err = {0};
	struct world	 w;
	json_t		*out = json_object();
	char		*key;

	make_old(&w, broken);
	assert_ok(signer_open(&w.signer, &w.passphrase, &err));
	assert_ok(journal_sign_head(&w.signer.journal, NULL, &err));
	assert_ok(journal_verify(&w.signer.journal, out, &err));
	assert_int_equal(js_int(out, "lines", 0), 9);	/* and "journal.adopt", "journal.key", "seal.maker" */
	json_object_clear(out);
	assert_ok(journal_prove(&w.signer.journal, &(int64_t){7}, 1, 0, out, &err));
	key = xstrdup(js_str(json_array_get(json_object_get(out, "lines"), 0), "line"));
	assert_non_null(strstr(key, broken ? "\"broken\":4" : "\"broken\":0"));
	free(key);
	json_object_clear(out);
	assert_ok(certificate_prove(&w.signer, w.officer, 0, out, &err));
	json_decref(out);
	signer_close(&w.signer);
	world_drop(&w);
}

void
test_rollback__chain_of_the_former_release(void **state)
{
	(void)state;
	assert_adopted(false);
	assert_adopted(true);
}

/* ---- proofs ---- */

/* Every character of what is proved matters. */
static void
assert_tight(json_t *object, const char *key, const json_t *proof, const struct cert_pool *pool)
{
	char	*text = xstrdup(js_str(object, key));
	size_t	 len = strlen(text), step = len > 200 ? 7 : 1;

	for (size_t i = 0; i < len; i += step) {
		struct err	 err = {0};
		char		 was = text[i];

		text[i] = was == '1' ? '2' : '1';
		js_set_str(object, key, text);
		if (proof_check(proof, pool, NULL, &err) == 0)
			fail_msg("%s: character %zu does not matter", key, i);
		text[i] = was;
	}
	js_set_str(object, key, text);
	free(text);
}

void
test_rollback__proof_of_a_certificate(void **state)
{
	struct err		 err = {0};
	struct world		 w;
	struct cert_pool	 pool = {0}, nobody = {0};
	struct journal_head	 head;
	json_t			*proof = json_object(), *line;
	char			 path[128];

	(void)state;
	fresh_world(&w);
	world_path(&w, "pub/chain.pem", path);
	assert_ok(cert_pool_read(&pool, path, &err));
	assert_err(certificate_prove(&w.signer, "AB", 0, proof, &err), ERR_NOT_FOUND);
	assert_ok(admin_revoke(&w.signer, w.officer, 4, &err));
	assert_ok(certificate_prove(&w.signer, w.officer, 5, proof, &err));
	assert_ok(proof_check(proof, &pool, &head, &err));
	assert_int_equal(head.lines, world_journal(&w).seq);
	assert_int_equal(json_array_size(json_object_get(proof, "lines")), 2);
	assert_err(proof_check(proof, &nobody, NULL, &err), ERR_CRYPTO);
	assert_tight(proof, "head", proof, &pool);
	assert_tight(proof, "signature", proof, &pool);
	assert_tight(proof, "since_root", proof, &pool);
	for (size_t i = 0; i < 2; i++) {
		line = json_array_get(json_object_get(proof, "lines"), i);
		assert_tight(line, "line", proof, &pool);
		assert_non_null(strstr(js_str(line, "line"), w.officer));
	}
	assert_ok(proof_check(proof, &pool, NULL, &err));
	json_decref(proof);
	cert_pool_release(&pool);
	signer_close(&w.signer);
	world_drop(&w);
}
