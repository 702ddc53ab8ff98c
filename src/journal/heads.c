#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "journal/work.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Signing heads, and the file that keeps them beside the store. */

#define FILE_LINE_MAX	2048		/* of journal.heads */

/* ---- the file's end ---- */

/* The last whole line; what a crash left of a half written one is cut off. */
static int
file_last_line(struct journal *j, struct buf *line, struct err *err)
{
	char		 tail[2 * FILE_LINE_MAX + 1];
	char		*end, *start;
	struct stat	 st;
	ssize_t		 n;
	off_t		 from;

	if (fstat(j->fd, &st) < 0)
		return err_errno(err, ERR_STORE, "%s", j->path);
	from = MAX(st.st_size - 2 * FILE_LINE_MAX, 0);
	if ((n = pread(j->fd, tail, sizeof(tail) - 1, from)) < 0)
		return err_errno(err, ERR_STORE, "cannot read %s", j->path);
	if ((end = memrchr(tail, '\n', (size_t)n)) == NULL && st.st_size > FILE_LINE_MAX)
		return err_set(err, ERR_WRONG_STATE, "%s is damaged", j->path);
	if (end != tail + n - 1 && n > 0 &&
	    ftruncate(j->fd, end == NULL ? 0 : from + (end + 1 - tail)) < 0)
		return err_errno(err, ERR_STORE, "cannot cut %s", j->path);
	if (end == NULL)
		return 0;
	start = memrchr(tail, '\n', (size_t)(end - tail));
	start = start == NULL ? tail : start + 1;
	buf_add(line, start, (size_t)(end - start));
	return 0;
}

/* 1 a head, 0 the file is empty, -1. */
static int
file_last_head(struct journal *j, struct journal_head *head, struct err *err)
{
	struct buf	 line;
	json_t		*row = NULL;
	const char	*text;
	int		 rc = 0;

	buf_init(&line, FILE_LINE_MAX);
	if ((rc = file_last_line(j, &line, err)) == 0 && line.len > 0) {
		rc = json_parse(line.p, line.len, FILE_LINE_MAX, &row, err);
		text = js_str(row, "head");
		rc = rc < 0 || journal_head_parse(text, strlen(text), head, err) < 0 ? -1 : 1;
		if (rc < 0)
			err_add(err, "the last line of %s", j->path);
	}
	json_decref(row);
	buf_free(&line);
	return rc;
}

/* ---- is the store behind? ---- */

struct compare {
	struct journal		*journal;
	struct journal_head	 filed;		/* last of the file */
	bool			 has_filed;
	int64_t			 stored;	/* lines of the store's newest head, 0: none */
};

static int
compare_head(struct db *db, const struct journal *j, const struct journal_head *head,
    struct err *err)
{
	struct err	 why = {0};
	tree_hash	 root = {0};
	int64_t		 lines;

	if (lines_count(db, &lines, err) < 0)
		return -1;
	if (strcmp(head->journal, j->owner->name) != 0)
		return err_set(err, ERR_WRONG_STATE, "%s is the journal of %s, not of %s", j->path,
		    head->journal, j->owner->name);
	if (lines >= head->lines && tree_root(head->lines, nodes_get, db, root, &why) == 0 &&
	    memcmp(root, head->root, TREE_HASH) == 0)
		return 0;
	if (why.kind != ERR_NONE && why.kind != ERR_CRYPTO) {
		*err = why;
		return -1;
	}
	return err_set(err, ERR_WRONG_STATE, "the store of %s does not hold what its last signed "
	    "head says (%" PRId64 " lines; the store has %" PRId64 "): it was rolled back, "
	    "exchanged or edited.  Put the right store back; after a deliberate restore move %s "
	    "away", j->owner->name, head->lines, lines, j->path);
}

static int
compare_store(struct db *db, void *arg, struct err *err)
{
	struct compare		*c = arg;
	struct stored_head	 h;
	struct journal_head	 newest;
	int			 rc;

	c->stored = 0;
	stored_head_init(&h);
	if ((rc = head_newest(db, &h, err)) > 0) {
		rc = journal_head_parse(h.text.p, h.text.len, &newest, err);
		if (rc == 0)
			rc = compare_head(db, c->journal, &newest, err);
		c->stored = newest.lines;
	}
	if (rc == 0 && c->has_filed)
		rc = compare_head(db, c->journal, &c->filed, err);
	stored_head_free(&h);
	return rc;
}

int
heads_open(struct journal *j, struct err *err)
{
	struct compare	 c = {.journal = j};
	int		 rc;

	j->fd = open(j->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (j->fd < 0)
		return err_errno(err, ERR_STORE, "cannot open %s", j->path);
	if ((rc = file_last_head(j, &c.filed, err)) < 0)
		return -1;
	c.has_filed = rc > 0;
	if (store_read(j->store, compare_store, &c, err) < 0)
		return -1;
	j->filed = c.has_filed ? c.filed.lines : 0;
	if (c.has_filed || c.stored == 0)
		return 0;
	log_kv(LOG_ERROR, "journal.heads_missing", LOG_S("file", j->path),
	    LOG_I("lines", c.stored));
	journal_note(j->store, "journal.heads_missing", json_pack("{s:I}", "lines",
	    (json_int_t)c.stored));
	return 0;
}

/* ---- appending to the file ---- */

struct gather {
	int64_t		 from, last;
	struct buf	 text;
};

static int
gather_heads(struct db *db, void *arg, struct err *err)
{
	struct gather	*g = arg;
	struct rows	*r = NULL;
	const void	*signature;
	size_t		 len;
	int		 rc;

	buf_clear(&g->text);
	g->last = g->from;
	if (db_query(db, SQL_TREE_HEADS_FROM, &r, err, DB_INT(g->from)) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0) {
		g->last = rows_int(r, 0);
		signature = rows_blob(r, 2, &len);
		head_file_line(rows_text(r, 1), signature, len, rows_text(r, 3), &g->text);
	}
	rows_free(r);
	return rc < 0 ? -1 : buf_check(&g->text, err);
}

/* All of it or nothing, durably. */
static int
file_append(struct journal *j, const struct buf *text, struct err *err)
{
	struct stat	 st;
	ssize_t		 n;

	if (fstat(j->fd, &st) < 0)
		return err_errno(err, ERR_STORE, "%s", j->path);
	n = write(j->fd, text->p, text->len);
	if (n == (ssize_t)text->len && fdatasync(j->fd) == 0)
		return 0;
	err_errno(err, ERR_STORE, "cannot append to %s", j->path);
	if (n > 0 && ftruncate(j->fd, st.st_size) < 0)
		log_kv(LOG_ERROR, "journal.heads_cut", LOG_S("file", j->path));
	return -1;
}

int
heads_file(struct journal *j, struct err *err)
{
	struct gather	 g = {.from = j->filed};
	int		 rc;

	buf_init(&g.text, 1000 * FILE_LINE_MAX);
	while ((rc = store_read(j->store, gather_heads, &g, err)) == 0 && g.text.len > 0) {
		if ((rc = file_append(j, &g.text, err)) < 0)
			break;
		j->filed = g.from = g.last;
	}
	buf_free(&g.text);
	return rc;
}

/* ---- signing ---- */

struct making {
	const struct journal	*journal;
	struct journal_head	 head;
	bool			 needed;	/* there are lines after the newest head */
	struct buf		 text, signature;
};

static int
making_read(struct db *db, void *arg, struct err *err)
{
	struct making		*m = arg;
	struct stored_head	 h;
	struct journal_head	 newest = {0};
	int			 rc;

	stored_head_init(&h);
	if ((rc = head_newest(db, &h, err)) > 0)
		rc = journal_head_parse(h.text.p, h.text.len, &newest, err);
	stored_head_free(&h);
	if (rc < 0 || lines_count(db, &m->head.lines, err) < 0)
		return -1;
	m->needed = m->head.lines > newest.lines;
	return m->needed ? tree_root(m->head.lines, nodes_get, db, m->head.root, err) : 0;
}

static int
making_write(struct db *db, void *arg, struct err *err)
{
	struct making	*m = arg;

	return db_run(db, SQL_TREE_HEAD_ADD, NULL, err, DB_INT(m->head.lines), DB_TEXT(m->text.p),
	    DB_BLOB(m->signature.p, m->signature.len),
	    DB_TEXT(cert_fingerprint(m->journal->cert)));
}

static int
making_sign(struct making *m, struct err *err)
{
	char	 hex[2 * TREE_HASH + 1];

	m->head.time = clock_now();
	(void)snprintf(m->head.journal, sizeof(m->head.journal), "%s", m->journal->owner->name);
	journal_head_write(&m->head, &m->text);
	if (sm2_sign_message(m->journal->key, m->text.p, m->text.len, &m->signature, err) < 0 ||
	    store_write(m->journal->store, making_write, m, err) < 0)
		return -1;
	hex_encode(m->head.root, TREE_HASH, hex);
	log_kv(LOG_INFO, "journal.head", LOG_I("lines", m->head.lines), LOG_X("root", hex));
	return 0;
}

int
journal_sign_head(struct journal *j, int64_t *lines, struct err *err)
{
	struct making	 m = {.journal = j};
	int		 rc;

	buf_init(&m.text, JOURNAL_HEAD_MAX);
	buf_init(&m.signature, SM2_SIG_DER_MAX);
	pthread_mutex_lock(&j->lock);
	key_look(j);
	rc = store_read(j->store, making_read, &m, err);
	if (rc == 0 && m.needed && (rc = key_check(j, err)) == 0)
		rc = making_sign(&m, err);
	if (rc == 0)
		rc = heads_file(j, err);
	pthread_mutex_unlock(&j->lock);
	if (rc == 0 && lines != NULL)
		*lines = m.head.lines;
	buf_free(&m.text);
	buf_free(&m.signature);
	return rc;
}
