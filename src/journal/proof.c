#include "base/base.h"
#include "base/str.h"
#include "journal/proof.h"
#include "journal/tree.h"

static int
path_read(const json_t *list, struct tree_path *path, struct err *err)
{
	path->n = json_array_size(list);
	if (!json_is_array(list) || path->n > ARRAY_LEN(path->hash))
		return err_set(err, ERR_INPUT, "the proof has no path");
	for (size_t i = 0; i < path->n; i++) {
		const char	*hex = json_string_value(json_array_get(list, i));

		if (hex == NULL || hex_decode(hex, path->hash[i], TREE_HASH) < 0)
			return err_set(err, ERR_INPUT, "the proof's path is malformed");
	}
	return 0;
}

static int
check_line(const json_t *row, const struct journal_head *head, struct err *err)
{
	int64_t			 index = js_int(row, "index", -1);
	struct tree_path	 path;
	const char		*line;
	tree_hash		 leaf;

	if (js_need_str(row, "line", &line, err) < 0 ||
	    path_read(json_object_get(row, "path"), &path, err) < 0)
		return -1;
	tree_leaf(line, strlen(line), leaf);
	if (tree_path_holds(leaf, index, head->lines, &path, head->root))
		return 0;
	return err_set(err, ERR_CRYPTO, "line %" PRId64 " is not in the journal of this head",
	    index + 1);
}

static int
check_since(const json_t *proof, const struct journal_head *head, struct err *err)
{
	struct tree_path	 path;
	tree_hash		 root;

	if (path_read(json_object_get(proof, "consistency"), &path, err) < 0)
		return -1;
	if (hex_decode(js_str(proof, "since_root"), root, TREE_HASH) == 0 &&
	    tree_prefix_holds(js_int(proof, "since", 0), root, head->lines, head->root, &path))
		return 0;
	return err_set(err, ERR_CRYPTO, "the earlier lines are not the beginning of this head's");
}

/* Of a CA we trust, or one that we were given. */
static int
check_trust(const struct cert *c, const struct cert_pool *trusted, int64_t time, struct err *err)
{
	for (size_t i = 0; i < trusted->n; i++)
		if (cert_is_same(trusted->cert[i], c))
			return 0;
	if (cert_pool_issuer(trusted, c) == NULL)
		return err_set(err, ERR_CRYPTO, "the certificate of the journal's key is of no CA "
		    "that is trusted here, and none that was given");
	return cert_pool_verify(trusted, c, time, err);
}

static int
check_head(const json_t *proof, const struct cert_pool *trusted, struct journal_head *head,
    struct err *err)
{
	const char	*text, *pem;
	struct cert	*c = NULL;
	struct buf	 signature;
	int		 rc = -1;

	buf_init(&signature, SM2_SIG_DER_MAX);
	if (js_need_str(proof, "head", &text, err) == 0 &&
	    js_need_str(proof, "certificate", &pem, err) == 0 &&
	    js_need_bytes(proof, "signature", &signature, err) == 0 &&
	    cert_parse(pem, strlen(pem), &c, err) == 0 &&
	    journal_head_parse(text, strlen(text), head, err) == 0 &&
	    check_trust(c, trusted, head->time, err) == 0)
		rc = journal_head_check(text, strlen(text), signature.p, signature.len, c, err);
	cert_free(c);
	buf_free(&signature);
	return rc;
}

int
proof_check(const json_t *proof, const struct cert_pool *trusted, struct journal_head *head,
    struct err *err)
{
	const json_t		*lines = json_object_get(proof, "lines"), *row;
	struct journal_head	 own;
	size_t			 i;

	if (head == NULL)
		head = &own;
	if (strcmp(js_str(proof, "type"), "journal-proof") != 0 || js_int(proof, "v", 0) != 1 ||
	    !json_is_array(lines))
		return err_set(err, ERR_INPUT, "this is no proof of a journal");
	if (check_head(proof, trusted, head, err) < 0)
		return -1;
	json_array_foreach(lines, i, row)
		if (check_line(row, head, err) < 0)
			return -1;
	return json_object_get(proof, "since") == NULL ? 0 : check_since(proof, head, err);
}
