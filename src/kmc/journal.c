#include "base/base.h"
#include "base/log.h"
#include "base/str.h"
#include "kmc/work.h"

#define HASH_TEXT	65
#define HASH_FIRST	"0000000000000000000000000000000000000000000000000000000000000000"

/* Each field with its length, so that no two lines have the same bytes. */
static void
line_hash(int64_t seq, int64_t time, const char *what, const char *detail, const char *prev,
    char hex[HASH_TEXT])
{
	unsigned char	 digest[SM2_DIGEST_LEN];
	struct buf	 b;

	buf_init(&b, LIMIT_JSON * 2);
	buf_addf(&b, "%" PRId64 "|%" PRId64 "|%zu:%s|%zu:%s|%s", seq, time, strlen(what), what,
	    strlen(detail), detail, prev);
	sm3(b.p, b.len, digest);
	hex_encode(digest, sizeof(digest), hex);
	buf_free(&b);
}

int
kmc_journal_add(struct db *db, const char *what, const json_t *detail, struct err *err)
{
	char		 prev[HASH_TEXT] = HASH_FIRST, hash[HASH_TEXT];
	int64_t		 seq = 1, now = clock_now();
	struct rows	*r = NULL;
	struct buf	 text;
	int		 rc;

	if (db_query(db, SQL_KMC_JOURNAL_LAST, &r, err) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		seq = rows_int(r, 0) + 1;
		snprintf(prev, sizeof(prev), "%s", rows_text(r, 1));
	}
	rows_free(r);
	if (rc < 0)
		return -1;
	buf_init(&text, LIMIT_JSON);
	json_write_canonical(detail, &text);
	line_hash(seq, now, what, text.p, prev, hash);
	rc = db_run(db, SQL_KMC_JOURNAL_ADD, NULL, err, DB_INT(seq), DB_INT(now), DB_TEXT(what),
	    DB_TEXT(text.p), DB_TEXT(hash));
	buf_free(&text);
	return rc;
}

struct note {
	const char	*what;
	const json_t	*detail;
};

static int
note_write(struct db *db, void *arg, struct err *err)
{
	struct note	*n = arg;

	return kmc_journal_add(db, n->what, n->detail, err);
}

void
kmc_journal_note(struct kmc *k, const char *what, json_t *detail)
{
	struct note	 n = {what, detail == NULL ? detail = json_object() : detail};
	struct err	 err = {0};

	if (kmc_write(k, note_write, &n, &err) < 0)
		log_err("journal.lost", &err);
	json_decref(detail);
}

struct verify {
	int64_t	 seq;
	char	 hash[HASH_TEXT];
};

static int
verify_line(struct verify *v, struct rows *r, struct err *err)
{
	char	 want[HASH_TEXT];

	if (rows_int(r, 0) != v->seq + 1)
		return err_set(err, ERR_CRYPTO, "journal line %" PRId64 " is missing", v->seq + 1);
	line_hash(rows_int(r, 0), rows_int(r, 1), rows_text(r, 2), rows_text(r, 3), v->hash,
	    want);
	if (strcmp(want, rows_text(r, 4)) != 0)
		return err_set(err, ERR_CRYPTO, "journal line %" PRId64 " was changed",
		    v->seq + 1);
	memcpy(v->hash, want, sizeof(v->hash));
	v->seq++;
	return 0;
}

static int
verify_all(struct db *db, void *arg, struct err *err)
{
	struct verify	*v = arg;
	struct rows	*r;
	int64_t		 before;
	int		 rc;

	*v = (struct verify){.hash = HASH_FIRST};
	do {
		before = v->seq;
		if (db_query(db, SQL_KMC_JOURNAL_FROM, &r, err, DB_INT(v->seq)) < 0)
			return -1;
		while ((rc = rows_next(r, err)) > 0)
			if ((rc = verify_line(v, r, err)) < 0)
				break;
		rows_free(r);
	} while (rc == 0 && v->seq > before);
	return rc;
}

int
kmc_journal_check(struct kmc *k, json_t *out, struct err *err)
{
	struct verify	 v;

	if (store_read(k->store, verify_all, &v, err) < 0)
		return -1;
	js_set_int(out, "lines", v.seq);
	js_set_str(out, "head", v.hash);
	return 0;
}
