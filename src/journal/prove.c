#include "base/base.h"
#include "base/str.h"
#include "journal/work.h"

/* Making proofs; proof.c checks them. */

struct prove {
	const struct journal	*journal;
	const int64_t		*seq;
	size_t			 n;
	int64_t			 since;
	json_t			*out;
	struct journal_head	 head;
};

static json_t *
path_json(const struct tree_path *path)
{
	json_t	*list = json_array();
	char	 hex[2 * TREE_HASH + 1];

	for (size_t i = 0; i < path->n; i++) {
		hex_encode(path->hash[i], TREE_HASH, hex);
		json_array_append_new(list, json_string(hex));
	}
	return list;
}

static int
prove_line(struct db *db, const struct prove *p, int64_t seq, json_t *lines, struct err *err)
{
	struct journal_line	 line;
	struct tree_path	 path;
	struct rows		*r = NULL;
	struct buf		 text;
	int			 rc;

	if (seq < 1 || seq > p->head.lines)
		return err_set(err, ERR_NOT_FOUND, "the journal of %s has no line %" PRId64,
		    p->journal->owner->name, seq);
	if (db_one(db, SQL_TREE_LINE, &r, err, DB_INT(seq)) < 0)
		return err_set(err, ERR_CRYPTO, "journal line %" PRId64 " is missing", seq);
	line = (struct journal_line){rows_int(r, 0), rows_int(r, 1), rows_text(r, 2),
		rows_text(r, 3)};
	buf_init(&text, 2 * LIMIT_JSON);
	if ((rc = line_write(&line, &text, err)) == 0 &&
	    (rc = tree_prove(seq - 1, p->head.lines, nodes_get, db, &path, err)) == 0)
		json_array_append_new(lines, json_pack("{s:s,s:I,s:o}", "line", text.p, "index",
		    (json_int_t)(seq - 1), "path", path_json(&path)));
	buf_free(&text);
	rows_free(r);
	return rc;
}

static int
prove_since(struct db *db, const struct prove *p, struct err *err)
{
	struct tree_path	 path;
	tree_hash		 root;
	char			 hex[2 * TREE_HASH + 1];

	if (p->since > p->head.lines)
		return err_set(err, ERR_NOT_FOUND, "the journal of %s has only %" PRId64 " lines",
		    p->journal->owner->name, p->head.lines);
	if (tree_root(p->since, nodes_get, db, root, err) < 0 ||
	    tree_prove_prefix(p->since, p->head.lines, nodes_get, db, &path, err) < 0)
		return -1;
	hex_encode(root, TREE_HASH, hex);
	js_set_int(p->out, "since", p->since);
	js_set_str(p->out, "since_root", hex);
	json_object_set_new(p->out, "consistency", path_json(&path));
	return 0;
}

static int
prove_key(struct db *db, const struct prove *p, const char *id, struct err *err)
{
	struct cert	*c = NULL;
	struct rows	*r = NULL;
	struct buf	 pem;
	const void	*der;
	size_t		 len;
	int		 rc;

	if (db_one(db, SQL_TREE_KEY_BY_ID, &r, err, DB_TEXT(id)) < 0)
		return -1;
	buf_init(&pem, LIMIT_CERT * 2);
	der = rows_blob(r, 0, &len);
	if ((rc = cert_parse(der, len, &c, err)) == 0) {
		cert_pem_add(c, &pem);
		js_set_str(p->out, "certificate", pem.p);
	}
	rows_free(r);
	cert_free(c);
	buf_free(&pem);
	return rc;
}

static int
prove_read(struct db *db, void *arg, struct err *err)
{
	struct prove		*p = arg;
	json_t			*lines = json_array();
	struct stored_head	 h;
	int			 rc = -1;

	json_object_clear(p->out);
	js_set_str(p->out, "type", "journal-proof");
	js_set_int(p->out, "v", 1);
	json_object_set_new(p->out, "lines", lines);
	stored_head_init(&h);
	if (head_newest(db, &h, err) < 0 ||
	    journal_head_parse(h.text.p, h.text.len, &p->head, err) < 0)
		goto out;
	js_set_str(p->out, "head", h.text.p);
	js_set_bytes(p->out, "signature", h.signature.p, h.signature.len);
	if (prove_key(db, p, h.key, err) < 0 || (p->since > 0 && prove_since(db, p, err) < 0))
		goto out;
	for (size_t i = 0; i < p->n; i++)
		if (prove_line(db, p, p->seq[i], lines, err) < 0)
			goto out;
	rc = 0;
 out:
	stored_head_free(&h);
	return rc;
}

int
journal_prove(struct journal *j, const int64_t *seq, size_t n, int64_t since, json_t *out,
    struct err *err)
{
	struct prove	 p = {.journal = j, .seq = seq, .n = n, .since = since, .out = out};

	if (journal_sign_head(j, NULL, err) < 0)
		return -1;
	return store_read(j->store, prove_read, &p, err);
}
