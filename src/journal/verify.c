#include "base/base.h"
#include "journal/work.h"

#include <sys/stat.h>

/* All of a journal anew: lines, nodes, heads, the file of heads, and what the lines tell of. */

struct verify {
	struct journal	*journal;
	struct db	*db;
	int64_t		 n;			/* lines looked at */
	tree_hash	 newest[TREE_DEPTH];	/* newest full node of each level */
	/* heads of the store, in order */
	struct rows	*heads;
	int64_t		 head_lines, n_heads;	/* of the one to come, 0: none */
	struct journal_head head;		/* the last that held */
	struct cert	*key;			/* that signed it */
	/* the file as long as it was when we began */
	FILE		*file;
	off_t		 left;
};

static int
newest_get(void *arg, int level, int64_t index, tree_hash node, struct err *err)
{
	struct verify	*v = arg;

	(void)index;
	(void)err;
	memcpy(node, v->newest[level], TREE_HASH);
	return 0;
}

/* Under the lock, so that file and store tell of the same heads. */
static int
verify_begin(struct verify *v, int64_t *lines, struct err *err)
{
	struct journal	*j = v->journal;
	struct stat	 st;
	int		 rc;

	pthread_mutex_lock(&j->lock);
	if ((rc = lines_count(v->db, lines, err)) == 0 && fstat(j->fd, &st) < 0)
		rc = err_errno(err, ERR_STORE, "%s", j->path);
	pthread_mutex_unlock(&j->lock);
	if (rc < 0)
		return -1;
	v->left = st.st_size;
	if ((v->file = fopen(j->path, "re")) == NULL)
		return err_errno(err, ERR_STORE, "cannot open %s", j->path);
	return 0;
}

/* ---- heads ---- */

/* Step to the next head of the store. */
static int
head_next(struct verify *v, struct err *err)
{
	int64_t	 from = v->head_lines;
	int	 rc;

	if (v->heads == NULL || (rc = rows_next(v->heads, err)) == 0) {
		rows_free(v->heads);
		v->heads = NULL;
		if (db_query(v->db, SQL_TREE_HEADS_FROM, &v->heads, err, DB_INT(from)) < 0)
			return -1;
		rc = rows_next(v->heads, err);
	}
	v->head_lines = rc > 0 ? rows_int(v->heads, 0) : 0;
	return rc < 0 ? -1 : 0;
}

/* The certificate of this fingerprint, kept for the heads that follow. */
static int
head_key(struct verify *v, const char *id, struct err *err)
{
	const struct journal_owner	*o = v->journal->owner;
	struct rows			*r = NULL;
	const void			*der;
	size_t				 len;
	int				 rc;

	if (v->key != NULL && strcmp(cert_fingerprint(v->key), id) == 0)
		return 0;
	cert_free(v->key);
	v->key = NULL;
	if (db_query(v->db, SQL_TREE_KEY_BY_ID, &r, err, DB_TEXT(id)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) == 0)
		rc = err_set(err, ERR_CRYPTO, "the key of the head of %" PRId64 " lines is missing",
		    v->n);
	if (rc > 0) {
		der = rows_blob(r, 0, &len);
		rc = cert_parse(der, len, &v->key, err);
	}
	rows_free(r);
	if (rc == 0 && strcmp(cert_fingerprint(v->key), id) != 0)
		rc = err_set(err, ERR_CRYPTO, "the key of the head of %" PRId64 " lines was changed",
		    v->n);
	if (rc == 0 && o->trust != NULL)
		rc = o->trust(v->key, o->arg, err);
	return rc;
}

/* The file's next line is this. */
static int
head_check_file(struct verify *v, const void *signature, size_t len, struct err *err)
{
	struct buf	 want;
	char		*line = NULL;
	size_t		 cap = 0;
	ssize_t		 n = -1;
	int		 rc = 0;

	buf_init(&want, 4096);
	head_file_line(rows_text(v->heads, 1), signature, len, rows_text(v->heads, 3), &want);
	if (v->left > 0)
		n = getline(&line, &cap, v->file);
	if (n < 0 || (size_t)n != want.len || memcmp(line, want.p, want.len) != 0)
		rc = err_set(err, ERR_CRYPTO, "%s does not show the head of %" PRId64
		    " lines as the store does", v->journal->path, v->n);
	v->left -= n;
	free(line);
	buf_free(&want);
	return rc;
}

static int
head_check(struct verify *v, struct err *err)
{
	const char		*text = rows_text(v->heads, 1);
	const void		*signature;
	size_t			 len;
	tree_hash		 root;

	if (journal_head_parse(text, strlen(text), &v->head, err) < 0 ||
	    head_key(v, rows_text(v->heads, 3), err) < 0)
		return -1;
	signature = rows_blob(v->heads, 2, &len);
	if (journal_head_check(text, strlen(text), signature, len, v->key, err) < 0 ||
	    tree_root(v->n, newest_get, v, root, err) < 0)
		return -1;
	if (v->head.lines != v->n || strcmp(v->head.journal, v->journal->owner->name) != 0 ||
	    memcmp(root, v->head.root, TREE_HASH) != 0)
		return err_set(err, ERR_CRYPTO, "the first %" PRId64 " lines are not those of "
		    "their signed head", v->n);
	v->n_heads++;
	return head_check_file(v, signature, len, err);
}

/* ---- lines ---- */

static int
verify_line(struct verify *v, struct rows *r, struct err *err)
{
	const struct journal_owner	*o = v->journal->owner;
	struct journal_line		 line = {rows_int(r, 0), rows_int(r, 1), rows_text(r, 2),
		rows_text(r, 3)};
	tree_hash			 leaf, nodes[TREE_DEPTH];
	const void			*stored;
	size_t				 len, n;

	if (line.seq != v->n + 1)
		return err_set(err, ERR_CRYPTO, "journal line %" PRId64 " is missing", v->n + 1);
	n = tree_completes(line.seq);
	if (line_leaf(&line, leaf, err) < 0 ||
	    tree_complete(line.seq, leaf, newest_get, v, nodes, err) < 0)
		return -1;
	stored = rows_blob(r, 4, &len);
	if (len != n * TREE_HASH || memcmp(stored, nodes, len) != 0)
		return err_set(err, ERR_CRYPTO, "journal line %" PRId64 " was changed", line.seq);
	memcpy(v->newest, nodes, len);
	v->n++;
	if (o->look != NULL && o->look(v->db, &line, o->arg, err) < 0)
		return -1;
	if (v->head_lines != v->n)
		return 0;
	return head_check(v, err) < 0 ? -1 : head_next(v, err);
}

static int
verify_lines(struct verify *v, struct err *err)
{
	struct rows	*r = NULL;
	int64_t		 before;
	int		 rc;

	do {
		before = v->n;
		if (db_query(v->db, SQL_TREE_LINES_FROM, &r, err, DB_INT(v->n)) < 0)
			return -1;
		while ((rc = rows_next(r, err)) > 0)
			if ((rc = verify_line(v, r, err)) < 0)
				break;
		rows_free(r);
	} while (rc == 0 && v->n > before);
	return rc;
}

static int
verify_end(struct verify *v, int64_t lines, struct err *err)
{
	const struct journal_owner	*o = v->journal->owner;

	if (v->n < lines || v->head_lines != 0)
		return err_set(err, ERR_CRYPTO, "journal line %" PRId64 " and those after it are "
		    "missing", v->n + 1);
	if (v->n > lines)
		return err_set(err, ERR_CRYPTO, "the journal holds more than the %" PRId64
		    " lines that were written", lines);
	if (v->left > 0)
		return err_set(err, ERR_CRYPTO, "%s shows heads that are not in the store",
		    v->journal->path);
	return o->look_after == NULL ? 0 : o->look_after(v->db, o->arg, err);
}

static int
verify_all(struct db *db, void *arg, struct err *err)
{
	struct verify	*v = arg;
	int64_t		 lines = 0;
	int		 rc = -1;

	*v = (struct verify){.journal = v->journal, .db = db};
	if (verify_begin(v, &lines, err) == 0 && head_next(v, err) == 0 &&
	    verify_lines(v, err) == 0)
		rc = verify_end(v, lines, err);
	rows_free(v->heads);
	cert_free(v->key);
	if (v->file != NULL)
		(void)fclose(v->file);
	return rc;
}

int
journal_verify(struct journal *j, json_t *out, struct err *err)
{
	struct verify	 v = {.journal = j};

	if (store_read(j->store, verify_all, &v, err) < 0)
		return err_add(err, "%s", j->owner->name);
	js_set_int(out, "lines", v.n);
	js_set_int(out, "heads", v.n_heads);
	js_set_int(out, "signed", v.head.lines);
	js_set_int(out, "time", v.head.time);
	return 0;
}
