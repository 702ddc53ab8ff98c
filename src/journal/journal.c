#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "journal/work.h"

#define THE_END		1		/* id of the one row of journal_end */

/*
 * A word of ours never holds a quote, so the bytes of a line can be read in one way only,
 * from their end: what, time and seq, and all before them is the detail.
 */
int
line_write(const struct journal_line *line, struct buf *text, struct err *err)
{
	if (line->what[0] == '\0' ||
	    line->what[strspn(line->what, "abcdefghijklmnopqrstuvwxyz._")] != '\0')
		return err_set(err, ERR_CRYPTO, "journal line %" PRId64 " has no word of ours",
		    line->seq);
	buf_addf(text, "{\"detail\":%s,\"seq\":%" PRId64 ",\"time\":%" PRId64 ",\"what\":\"%s\"}",
	    line->detail, line->seq, line->time, line->what);
	return buf_check(text, err);
}

int
line_leaf(const struct journal_line *line, tree_hash leaf, struct err *err)
{
	struct buf	 text;
	int		 rc;

	buf_init(&text, 2 * LIMIT_JSON);
	if ((rc = line_write(line, &text, err)) == 0)
		tree_leaf(text.p, text.len, leaf);
	buf_free(&text);
	return rc;
}

/* The full node (level, index) stands with the line that completed it. */
int
nodes_get(void *arg, int level, int64_t index, tree_hash node, struct err *err)
{
	int64_t		 seq = (index + 1) << level;
	struct rows	*r = NULL;
	const void	*nodes;
	size_t		 len;
	int		 rc;

	if (db_query(arg, SQL_TREE_NODES, &r, err, DB_INT(seq)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) == 0)
		rc = err_set(err, ERR_CRYPTO, "journal line %" PRId64 " is missing", seq);
	if (rc > 0) {
		nodes = rows_blob(r, 0, &len);
		if (len == tree_completes(seq) * TREE_HASH)
			memcpy(node, (const char *)nodes + level * TREE_HASH, TREE_HASH);
		else
			rc = err_set(err, ERR_CRYPTO, "journal line %" PRId64 " was changed", seq);
	}
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

int
lines_count(struct db *db, int64_t *lines, struct err *err)
{
	struct rows	*r = NULL;

	if (db_one(db, SQL_TREE_LINES, &r, err, DB_INT(THE_END)) < 0)
		return -1;
	*lines = rows_int(r, 0);
	rows_free(r);
	return 0;
}

int
line_add(struct db *db, const struct journal_line *line, struct err *err)
{
	tree_hash	 leaf, nodes[TREE_DEPTH];

	if (line_leaf(line, leaf, err) < 0 ||
	    tree_complete(line->seq, leaf, nodes_get, db, nodes, err) < 0)
		return -1;
	return db_run(db, SQL_TREE_LINE_ADD, NULL, err, DB_INT(line->seq), DB_INT(line->time),
	    DB_TEXT(line->what), DB_TEXT(line->detail),
	    DB_BLOB(nodes, tree_completes(line->seq) * TREE_HASH));
}

/* The row of journal_end is held until the transaction ends, so lines come one after another. */
int
journal_add(struct db *db, const char *what, const json_t *detail, int64_t *seq, struct err *err)
{
	struct journal_line	 line = {.time = clock_now(), .what = what};
	struct rows		*r = NULL;
	struct buf		 text;
	int			 rc = -1;

	if (db_one(db, SQL_TREE_NEXT, &r, err, DB_INT(THE_END)) < 0)
		return -1;
	line.seq = rows_int(r, 0);
	rows_free(r);
	buf_init(&text, LIMIT_JSON);
	json_write_canonical(detail, &text);
	line.detail = text.p;
	if (buf_check(&text, err) == 0)
		rc = line_add(db, &line, err);
	if (rc == 0 && seq != NULL)
		*seq = line.seq;
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

	return journal_add(db, n->what, n->detail, NULL, err);
}

void
journal_note(struct store *store, const char *what, json_t *detail)
{
	struct note	 n = {what, detail == NULL ? detail = json_object() : detail};
	struct err	 err = {0};

	if (store_write(store, note_write, &n, &err) < 0)
		log_err("journal.lost", &err);
	json_decref(detail);
}

static int
stats_read(struct db *db, void *arg, struct err *err)
{
	return lines_count(db, arg, err);
}

int
journal_stats(struct journal *j, json_t *out, struct err *err)
{
	int64_t	 lines = 0;

	if (store_read(j->store, stats_read, &lines, err) < 0)
		return -1;
	js_set_int(out, "journal_lines", lines);
	js_set_int(out, "journal_signed", j->filed);
	return 0;
}

int
journal_open(struct journal *j, const struct journal_owner *owner, struct store *store,
    const struct secret *passphrase, struct err *err)
{
	char	 dir[400];

	*j = (struct journal){.owner = owner, .store = store, .fd = -1};
	pthread_mutex_init(&j->lock, NULL);
	pthread_mutex_init(&j->rest_lock, NULL);
	pthread_cond_init(&j->wake, NULL);
	(void)snprintf(dir, sizeof(dir), "%s/%s", conf_str("data.dir"), owner->dir);
	(void)snprintf(j->path, sizeof(j->path), "%s/journal.heads", dir);
	if (file_mkdirs(dir, 0700, err) == 0 && adopt_chain(j, err) == 0 &&
	    heads_open(j, err) == 0 && key_open(j, passphrase, err) == 0)
		return 0;
	journal_close(j);
	return -1;
}
