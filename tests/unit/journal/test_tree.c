#include "unit.h"
#include "base/buf.h"
#include "base/str.h"
#include "journal/tree.h"

/*
 * The tree against the known answers of an independent program (tests/unit/journal/tree.py made
 * the table below from RFC 6962 2.1 alone), and every proof of every size up to 130 against
 * every single spoiled byte.
 */
#define SIZE_MAX_TRIED	130

struct forest {
	tree_hash	 node[8][SIZE_MAX_TRIED];	/* [level][index], full ones */
};

static int
forest_get(void *arg, int level, int64_t index, tree_hash node, struct err *err)
{
	struct forest	*f = arg;

	(void)err;
	assert_true(level < 8 && index < SIZE_MAX_TRIED >> level);
	memcpy(node, f->node[level][index], TREE_HASH);
	return 0;
}

static void
line_leaf(int64_t number, tree_hash leaf)
{
	char	 text[32];

	(void)snprintf(text, sizeof(text), "line %" PRId64, number);
	tree_leaf(text, strlen(text), leaf);
}

static void
forest_plant(struct forest *f)
{
	tree_hash	 leaf, nodes[TREE_DEPTH];
	struct err	 err = {0};

	memset(f, 0, sizeof(*f));
	for (int64_t n = 1; n <= SIZE_MAX_TRIED; n++) {
		line_leaf(n, leaf);
		assert_ok(tree_complete(n, leaf, forest_get, f, nodes, &err));
		for (size_t level = 0; level < tree_completes(n); level++)
			memcpy(f->node[level][(n >> level) - 1], nodes[level], TREE_HASH);
	}
}

static void
root_of(struct forest *f, int64_t n, tree_hash root)
{
	struct err	 err = {0};

	assert_ok(tree_root(n, forest_get, f, root, &err));
}

void
test_tree__known_answers(void **state)
{
	static const struct { int64_t n; const char *root; } known[] = {
#include "known_roots.inc"
	};
	struct forest	 f;
	tree_hash	 root;
	char		 hex[2 * TREE_HASH + 1];

	(void)state;
	forest_plant(&f);
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		root_of(&f, known[i].n, root);
		hex_encode(root, TREE_HASH, hex);
		assert_string_equal(hex, known[i].root);
	}
}

/* Any bit of the path, the leaf or the root changed: it does not hold. */
static void
assert_path_is_tight(const tree_hash leaf, int64_t i, int64_t n, struct tree_path *path,
    tree_hash root)
{
	tree_hash	 other;

	for (size_t b = 0; b < path->n * TREE_HASH; b++) {
		((unsigned char *)path->hash)[b] ^= 1;
		assert_false(tree_path_holds(leaf, i, n, path, root));
		((unsigned char *)path->hash)[b] ^= 1;
	}
	for (size_t b = 0; b < TREE_HASH; b++) {
		memcpy(other, leaf, TREE_HASH);
		other[b] ^= 0x80;
		assert_false(tree_path_holds(other, i, n, path, root));
		memcpy(other, root, TREE_HASH);
		other[b] ^= 0x80;
		assert_false(tree_path_holds(leaf, i, n, path, other));
	}
	path->n++;
	assert_false(tree_path_holds(leaf, i, n, path, root));
	path->n--;
	if (path->n > 0) {
		path->n--;
		assert_false(tree_path_holds(leaf, i, n, path, root));
		path->n++;
	}
}

void
test_tree__every_line_of_every_size(void **state)
{
	struct forest		 f;
	struct tree_path	 path;
	struct err		 err = {0};
	tree_hash		 root, leaf;

	(void)state;
	forest_plant(&f);
	memset(&path, 0, sizeof(path));
	for (int64_t n = 1; n <= SIZE_MAX_TRIED; n++) {
		root_of(&f, n, root);
		for (int64_t i = 0; i < n; i++) {
			line_leaf(i + 1, leaf);
			assert_ok(tree_prove(i, n, forest_get, &f, &path, &err));
			assert_true(tree_path_holds(leaf, i, n, &path, root));
			assert_false(tree_path_holds(leaf, n, n, &path, root));
			assert_false(tree_path_holds(leaf, -1, n, &path, root));
			if (n > 1)
				assert_false(tree_path_holds(leaf, i == 0 ? 1 : i - 1, n, &path,
				    root));
			if (n < 20 || n == SIZE_MAX_TRIED)
				assert_path_is_tight(leaf, i, n, &path, root);
		}
	}
}

static void
assert_prefix_is_tight(int64_t m, tree_hash before, int64_t n, tree_hash root,
    struct tree_path *path)
{
	for (size_t b = 0; b < path->n * TREE_HASH; b++) {
		((unsigned char *)path->hash)[b] ^= 1;
		assert_false(tree_prefix_holds(m, before, n, root, path));
		((unsigned char *)path->hash)[b] ^= 1;
	}
	for (size_t b = 0; b < TREE_HASH; b++) {
		before[b] ^= 1;
		assert_false(tree_prefix_holds(m, before, n, root, path));
		before[b] ^= 1;
		root[b] ^= 1;
		assert_false(tree_prefix_holds(m, before, n, root, path));
		root[b] ^= 1;
	}
}

void
test_tree__every_prefix_of_every_size(void **state)
{
	struct forest		 f;
	struct tree_path	 path;
	struct err		 err = {0};
	tree_hash		 root, before;

	(void)state;
	forest_plant(&f);
	memset(&path, 0, sizeof(path));
	for (int64_t n = 1; n <= SIZE_MAX_TRIED; n++) {
		root_of(&f, n, root);
		for (int64_t m = 1; m <= n; m++) {
			root_of(&f, m, before);
			assert_ok(tree_prove_prefix(m, n, forest_get, &f, &path, &err));
			assert_true(tree_prefix_holds(m, before, n, root, &path));
			assert_false(tree_prefix_holds(0, before, n, root, &path));
			assert_false(tree_prefix_holds(n + 1, before, n, root, &path));
			if (n < 20 || n == SIZE_MAX_TRIED)
				assert_prefix_is_tight(m, before, n, root, &path);
		}
	}
}
