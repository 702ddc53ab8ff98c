#include "base/base.h"
#include "journal/tree.h"

void
tree_leaf(const void *line, size_t len, tree_hash leaf)
{
	char	*p = xmalloc(len + 1);

	p[0] = 0;
	memcpy(p + 1, line, len);
	sm3(p, len + 1, leaf);
	free(p);
}

void
tree_node(const tree_hash left, const tree_hash right, tree_hash node)
{
	unsigned char	 p[1 + 2 * TREE_HASH] = {1};

	memcpy(p + 1, left, TREE_HASH);
	memcpy(p + 1 + TREE_HASH, right, TREE_HASH);
	sm3(p, sizeof(p), node);
}

size_t
tree_completes(int64_t n)
{
	return (size_t)__builtin_ctzll((unsigned long long)n) + 1;
}

int
tree_complete(int64_t n, const tree_hash leaf, tree_get get, void *arg,
    tree_hash nodes[TREE_DEPTH], struct err *err)
{
	tree_hash	 left;

	memcpy(nodes[0], leaf, TREE_HASH);
	for (size_t level = 0; level + 1 < tree_completes(n); level++) {
		if (get(arg, (int)level, (n >> level) - 2, left, err) < 0)
			return -1;
		tree_node(left, nodes[level], nodes[level + 1]);
	}
	return 0;
}

/* The largest power of two below n, n > 1 (RFC 6962 2.1). */
static int64_t
tree_split(int64_t n)
{
	return INT64_C(1) << (63 - __builtin_clzll((unsigned long long)(n - 1)));
}

struct walk {
	tree_get		 get;
	void			*arg;
	struct tree_path	*path;
	struct err		*err;
};

/* MTH of the n lines from `from` on; n > 0, `from` a multiple of every full node inside. */
static int
walk_root(const struct walk *w, int64_t from, int64_t n, tree_hash root)
{
	int64_t		 k;
	tree_hash	 left, right;
	int		 level = __builtin_ctzll((unsigned long long)n);

	if ((n & (n - 1)) == 0)
		return w->get(w->arg, level, from >> level, root, w->err);
	k = tree_split(n);
	if (walk_root(w, from, k, left) < 0 || walk_root(w, from + k, n - k, right) < 0)
		return -1;
	tree_node(left, right, root);
	return 0;
}

static int
walk_add(const struct walk *w, int64_t from, int64_t n)
{
	return walk_root(w, from, n, w->path->hash[w->path->n++]);
}

int
tree_root(int64_t n, tree_get get, void *arg, tree_hash root, struct err *err)
{
	struct walk	 w = {get, arg, NULL, err};

	if (n > 0)
		return walk_root(&w, 0, n, root);
	sm3("", 0, root);
	return 0;
}

/* PATH(m, D[n]) */
static int
walk_path(const struct walk *w, int64_t m, int64_t from, int64_t n)
{
	int64_t	 k;

	if (n == 1)
		return 0;
	k = tree_split(n);
	if (m < k)
		return walk_path(w, m, from, k) < 0 ? -1 : walk_add(w, from + k, n - k);
	return walk_path(w, m - k, from + k, n - k) < 0 ? -1 : walk_add(w, from, k);
}

int
tree_prove(int64_t index, int64_t n, tree_get get, void *arg, struct tree_path *path,
    struct err *err)
{
	path->n = 0;
	return walk_path(&(struct walk){get, arg, path, err}, index, 0, n);
}

/* SUBPROOF(m, D[n], whole) */
static int
walk_prefix(const struct walk *w, int64_t m, int64_t from, int64_t n, bool whole)
{
	int64_t	 k;

	if (m == n)
		return whole ? 0 : walk_add(w, from, n);
	k = tree_split(n);
	if (m <= k)
		return walk_prefix(w, m, from, k, whole) < 0 ? -1 : walk_add(w, from + k, n - k);
	return walk_prefix(w, m - k, from + k, n - k, false) < 0 ? -1 : walk_add(w, from, k);
}

int
tree_prove_prefix(int64_t m, int64_t n, tree_get get, void *arg, struct tree_path *path,
    struct err *err)
{
	path->n = 0;
	return walk_prefix(&(struct walk){get, arg, path, err}, m, 0, n, true);
}

bool
tree_path_holds(const tree_hash leaf, int64_t index, int64_t n, const struct tree_path *path,
    const tree_hash root)
{
	int64_t		 at = index, last = n - 1;
	tree_hash	 r;

	if (index < 0 || index >= n)
		return false;
	memcpy(r, leaf, TREE_HASH);
	for (size_t i = 0; i < path->n; i++) {
		if (last == 0)
			return false;
		if ((at & 1) != 0 || at == last) {
			tree_node(path->hash[i], r, r);
			while ((at & 1) == 0 && at != 0) {
				at >>= 1;
				last >>= 1;
			}
		} else {
			tree_node(r, path->hash[i], r);
		}
		at >>= 1;
		last >>= 1;
	}
	return last == 0 && memcmp(r, root, TREE_HASH) == 0;
}

/* The way from the old root's last full node up to both roots at once. */
static bool
prefix_climb(int64_t at, int64_t last, const struct tree_path *path, size_t i, tree_hash old,
    tree_hash fresh)
{
	for (; i < path->n; i++) {
		if (last == 0)
			return false;
		if ((at & 1) != 0 || at == last) {
			tree_node(path->hash[i], old, old);
			tree_node(path->hash[i], fresh, fresh);
			while ((at & 1) == 0 && at != 0) {
				at >>= 1;
				last >>= 1;
			}
		} else {
			tree_node(fresh, path->hash[i], fresh);
		}
		at >>= 1;
		last >>= 1;
	}
	return last == 0;
}

bool
tree_prefix_holds(int64_t m, const tree_hash root_m, int64_t n, const tree_hash root_n,
    const struct tree_path *path)
{
	const unsigned char	*start = root_m;
	int64_t			 at = m - 1, last = n - 1;
	tree_hash		 old, fresh;
	size_t			 first = 0;

	if (m < 1 || m > n)
		return false;
	if (m == n)
		return path->n == 0 && memcmp(root_m, root_n, TREE_HASH) == 0;
	if (path->n == 0)
		return false;
	if ((m & (m - 1)) != 0)
		start = path->hash[first++];
	memcpy(old, start, TREE_HASH);
	memcpy(fresh, start, TREE_HASH);
	for (; (at & 1) != 0; at >>= 1)
		last >>= 1;
	return prefix_climb(at, last, path, first, old, fresh) &&
	    memcmp(old, root_m, TREE_HASH) == 0 && memcmp(fresh, root_n, TREE_HASH) == 0;
}
