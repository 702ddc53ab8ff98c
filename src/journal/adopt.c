#include "base/base.h"
#include "base/log.h"
#include "base/str.h"
#include "journal/work.h"

/*
 * Journals were hash chains once: hash = SM3 of seq, time, what, detail and the hash before.
 * Their lines become the first leaves of the tree, in one transaction, when the service starts;
 * the chain is verified on the way for the last time, and what was found stands in a line.
 */
#define HASH_TEXT	(2 * TREE_HASH + 1)

struct adopt {
	struct journal	*journal;
	int64_t		 lines, broken;		/* broken: first line that does not fit, 0: none */
	char		 hash[HASH_TEXT];	/* of the line before */
};

/* Each field with its length, so that no two lines have the same bytes. */
static void
chain_hash(const struct journal_line *line, const char *before, char hex[HASH_TEXT])
{
	tree_hash	 digest;
	struct buf	 b;

	buf_init(&b, 2 * LIMIT_JSON);
	buf_addf(&b, "%" PRId64 "|%" PRId64 "|%zu:%s|%zu:%s|%s", line->seq, line->time,
	    strlen(line->what), line->what, strlen(line->detail), line->detail, before);
	sm3(b.p, b.len, digest);
	hex_encode(digest, sizeof(digest), hex);
	buf_free(&b);
}

static int
adopt_line(struct db *db, struct adopt *a, struct rows *r, struct err *err)
{
	struct journal_line	 line = {rows_int(r, 0), rows_int(r, 1), rows_text(r, 2),
		rows_text(r, 3)};
	journal_look		 tell = a->journal->owner->adopt;
	char			 hash[HASH_TEXT];

	chain_hash(&line, a->hash, hash);
	if (a->broken == 0 && (line.seq != a->lines + 1 || strcmp(hash, rows_text(r, 4)) != 0))
		a->broken = a->lines + 1;
	(void)snprintf(a->hash, sizeof(a->hash), "%s", rows_text(r, 4));
	line.seq = ++a->lines;
	if (line_add(db, &line, err) < 0)
		return -1;
	return tell == NULL ? 0 : tell(db, &line, a->journal->owner->arg, err);
}

static int
adopt_lines(struct db *db, struct adopt *a, struct err *err)
{
	struct rows	*r = NULL;
	int64_t		 from = 0, before;
	int		 rc;

	do {
		before = from;
		if (db_query(db, SQL_TREE_CHAIN_FROM, &r, err, DB_INT(from)) < 0)
			return -1;
		while ((rc = rows_next(r, err)) > 0) {
			from = rows_int(r, 0);
			if ((rc = adopt_line(db, a, r, err)) < 0)
				break;
		}
		rows_free(r);
	} while (rc == 0 && from > before);
	return rc;
}

static int
adopt_all(struct db *db, void *arg, struct err *err)
{
	struct adopt	*a = arg;
	json_t		*detail;
	int		 rc;

	*a = (struct adopt){.journal = a->journal};
	memset(a->hash, '0', sizeof(a->hash) - 1);
	if (adopt_lines(db, a, err) < 0)
		return -1;
	if (a->lines == 0)
		return 0;
	if (db_run(db, SQL_TREE_LINES_SET, NULL, err, DB_INT(1), DB_INT(a->lines)) < 0)
		return -1;
	detail = json_pack("{s:I,s:s,s:I}", "lines", (json_int_t)a->lines, "hash", a->hash,
	    "broken", (json_int_t)a->broken);
	rc = journal_add(db, "journal.adopt", detail, NULL, err);
	json_decref(detail);
	return rc < 0 ? -1 : db_run(db, SQL_TREE_CHAIN_CLEAR, NULL, err);
}

int
adopt_chain(struct journal *j, struct err *err)
{
	struct adopt	 a = {.journal = j};
	struct err	 why = {0};

	if (store_write(j->store, adopt_all, &a, err) < 0)
		return err_add(err, "adopting the former journal of %s", j->owner->name);
	if (a.broken != 0) {
		err_set(&why, ERR_CRYPTO, "line %" PRId64 " of the former journal of %s was "
		    "changed or is missing", a.broken, j->owner->name);
		log_err("journal.adopt", &why);
	}
	return 0;
}
