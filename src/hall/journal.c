#include "base/base.h"
#include "hall/journal.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"

#define JOURNAL_LINE	(16 * 1024)

/* Who did it, in a line: "account:12", "staff:3", "system", "visitor". */
static void
journal_actor(const struct who *who, char text[48])
{
	if (who != NULL && who->staff != 0)
		(void)snprintf(text, 48, "staff:%" PRId64, who->staff);
	else if (who != NULL && who->account != 0)
		(void)snprintf(text, 48, "account:%" PRId64, who->account);
	else
		(void)snprintf(text, 48, "%s", who == NULL || who->system ? "system" :
		    "visitor");
}

/* The digest of a line: over its neighbour's digest and its fields, lengths in between. */
static int
journal_digest(const void *before, size_t before_len, int64_t seq, int64_t at,
    const char *const field[4], unsigned char out[SM3_LEN], struct err *err)
{
	unsigned char	zero[SM3_LEN] = {0};
	struct buf	b = {0};
	int		i = 0, rc = 0;

	buf_init(&b, JOURNAL_LINE);
	buf_add(&b, before_len == SM3_LEN ? before : zero, SM3_LEN);
	buf_addf(&b, "%" PRId64 " %" PRId64, seq, at);
	for (i = 0; i < 4; i++)
		buf_addf(&b, " %zu:%s", strlen(field[i]), field[i]);
	rc = buf_check(&b, err);
	if (rc == 0)
		sm3(b.p, b.len, out);
	buf_free(&b);
	return rc;
}

int
hall_journal_add(struct db *db, const struct who *who, const char *what, const char *subject,
    const char *detail, struct err *err)
{
	char		 actor[48];
	const char	*field[4] = { actor, what, subject, detail == NULL ? "" : detail };
	unsigned char	 md[SM3_LEN];
	struct rows	*rows = NULL;
	const void	*before = NULL;
	size_t		 before_len = 0;
	int64_t		 seq = 0, at = clock_now();
	int		 rc = -1;

	journal_actor(who, actor);
	/* Locks the head: lines of several writers come one after the other. */
	if (db_one(db, SQL_JOURNAL_NEXT, &rows, err, DB_INT(1)) < 0)
		goto out;
	seq = rows_int(rows, 0);
	before = rows_blob(rows, 1, &before_len);
	if (journal_digest(before, before_len, seq, at, field, md, err) < 0)
		goto out;
	rows_free(rows);
	rows = NULL;
	if (db_run(db, SQL_JOURNAL_INSERT, NULL, err, DB_INT(seq), DB_INT(at),
	    DB_TEXT(field[0]), DB_TEXT(field[1]), DB_TEXT(field[2]), DB_TEXT(field[3]),
	    DB_BLOB(md, sizeof(md))) < 0)
		goto out;
	rc = db_run(db, SQL_JOURNAL_HEAD_SET, NULL, err, DB_INT(1), DB_BLOB(md, sizeof(md)));
 out:
	rows_free(rows);
	return rc;
}

/* ---- its head ---- */

struct journal_look {
	int64_t		 seq;
	unsigned char	*digest;
};

static int
journal_look_head(struct db *db, void *arg, struct err *err)
{
	struct journal_look	*l = arg;
	struct rows		*rows = NULL;
	const void		*p = NULL;
	size_t			 len = 0;
	int			 rc = db_one(db, SQL_JOURNAL_HEAD, &rows, err, DB_INT(1));

	if (rc == 0) {
		l->seq = rows_int(rows, 0);
		p = rows_blob(rows, 1, &len);
		memset(l->digest, 0, SM3_LEN);
		memcpy(l->digest, p, MIN(len, (size_t)SM3_LEN));
	}
	rows_free(rows);
	return rc;
}

int
hall_journal_head(struct hall *h, int64_t *lines, unsigned char digest[SM3_LEN],
    struct err *err)
{
	struct journal_look	l = {.digest = digest};

	if (store_read(hall_store(h), journal_look_head, &l, err) < 0)
		return -1;
	*lines = l.seq;
	return 0;
}

static int
journal_look_line(struct db *db, void *arg, struct err *err)
{
	struct journal_look	*l = arg;
	struct rows		*rows = NULL;
	const void		*p = NULL;
	size_t			 len = 0;
	int			 rc = db_one(db, SQL_JOURNAL_DIGEST, &rows, err, DB_INT(l->seq));

	if (rc == 0) {
		p = rows_blob(rows, 0, &len);
		memset(l->digest, 0, SM3_LEN);
		memcpy(l->digest, p, MIN(len, (size_t)SM3_LEN));
	}
	rows_free(rows);
	return rc;
}

int
hall_journal_line(struct hall *h, int64_t seq, unsigned char digest[SM3_LEN], struct err *err)
{
	struct journal_look	l = {.seq = seq, .digest = digest};

	return store_read(hall_store(h), journal_look_line, &l, err);
}

/* ---- verifying ---- */

struct journal_walk {
	const json_t	*anchors;		/* those that count, by their lines */
	size_t		 held;			/* so many of them fitted */
	unsigned char	 digest[SM3_LEN];	/* of the line before */
	int64_t		 seq;
};

/* The anchors that count: what was said before the store was put back ends there. */
static json_t *
journal_anchors(const json_t *all)
{
	json_t		*kept = json_array();
	const json_t	*a = NULL;
	int64_t		 lines = 0;
	size_t		 i = 0, n = 0;

	json_array_foreach(all, i, a) {
		lines = js_int(a, "lines", 0);
		while (js_bool(a, "restored") && (n = json_array_size(kept)) > 0 &&
		    js_int(json_array_get(kept, n - 1), "lines", 0) >= lines)
			(void)json_array_remove(kept, n - 1);
		(void)json_array_append(kept, (json_t *)(uintptr_t)a);
	}
	return kept;
}

static int
journal_walk_anchor(struct journal_walk *w, struct err *err)
{
	const json_t	*a = json_array_get(w->anchors, w->held);
	char		 head[2 * SM3_LEN + 1], when[CLOCK_TEXT];

	if (a == NULL || js_int(a, "lines", 0) != w->seq)
		return 0;
	hex_encode(w->digest, SM3_LEN, head);
	if (strcmp(head, js_str(a, "head")) != 0)
		return err_set(err, ERR_CRYPTO, "journal: line %" PRId64 " is not the one that was "
		    "anchored in the signer's journal on %s (its line %" PRId64 "): the journal was "
		    "written anew", w->seq, clock_datetime(js_int(a, "time", 0), when),
		    js_int(a, "line", 0));
	w->held++;
	return 0;
}

static int
journal_walk_line(struct rows *rows, struct journal_walk *w, struct err *err)
{
	const char	*field[4] = { rows_text(rows, 2), rows_text(rows, 3),
			    rows_text(rows, 4), rows_text(rows, 5) };
	unsigned char	 md[SM3_LEN];
	const void	*stored = NULL;
	size_t		 len = 0;

	if (rows_int(rows, 0) != w->seq + 1)
		return err_set(err, ERR_CRYPTO, "journal: line %" PRId64 " is missing",
		    w->seq + 1);
	if (journal_digest(w->digest, SM3_LEN, w->seq + 1, rows_int(rows, 1), field, md, err) < 0)
		return -1;
	stored = rows_blob(rows, 6, &len);
	if (len != SM3_LEN || memcmp(stored, md, SM3_LEN) != 0)
		return err_set(err, ERR_CRYPTO, "journal: line %" PRId64 " was changed",
		    w->seq + 1);
	memcpy(w->digest, md, SM3_LEN);
	w->seq++;
	return journal_walk_anchor(w, err);
}

/* After the last line: it is the head, and nothing more was anchored. */
static int
journal_walk_end(struct db *db, struct journal_walk *w, struct err *err)
{
	unsigned char		 digest[SM3_LEN];
	struct journal_look	 l = {.digest = digest};
	const json_t		*a = json_array_get(w->anchors, w->held);
	char			 when[CLOCK_TEXT];

	if (journal_look_head(db, &l, err) < 0)
		return -1;
	if (l.seq != w->seq || (w->seq > 0 && memcmp(digest, w->digest, SM3_LEN) != 0))
		return err_set(err, ERR_CRYPTO, "journal: lines after %" PRId64 " are missing",
		    w->seq);
	return a == NULL ? 0 : err_set(err, ERR_CRYPTO, "journal: lines after %" PRId64 " are "
	    "missing: %" PRId64 " were anchored in the signer's journal on %s (its line %" PRId64
	    "); after a restore that you want: yinxin journal anchor --restored", w->seq,
	    js_int(a, "lines", 0), clock_datetime(js_int(a, "time", 0), when),
	    js_int(a, "line", 0));
}

static int
journal_walk(struct db *db, void *arg, struct err *err)
{
	struct journal_walk	*w = arg;
	struct rows		*rows = NULL;
	int			 rc = -1;

	*w = (struct journal_walk){.anchors = w->anchors};
	if (db_query(db, SQL_JOURNAL_ALL, &rows, err) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0)
		if (journal_walk_line(rows, w, err) < 0) {
			rc = -1;
			break;
		}
	rows_free(rows);
	return rc < 0 ? -1 : journal_walk_end(db, w, err);
}

int
hall_journal_verify(struct hall *h, const json_t *anchors, int64_t *lines, size_t *held,
    struct err *err)
{
	json_t			*kept = journal_anchors(anchors);
	struct journal_walk	 w = {.anchors = kept};
	int			 rc = store_read(hall_store(h), journal_walk, &w, err);

	json_decref(kept);
	if (rc < 0)
		return -1;
	*lines = w.seq;
	if (held != NULL)
		*held = w.held;
	return 0;
}
