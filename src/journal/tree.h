#ifndef JOURNAL_TREE_H
#define JOURNAL_TREE_H
#include "pki/sm2.h"
/*
 * The Merkle tree of RFC 6962 2.1 with SM3: leaf = SM3(0x00 || line), node = SM3(0x01 || left ||
 * right).  Arithmetic only; where nodes are kept is the caller's business.
 *
 * The full node (level, index) is the root over the 2^level lines from index * 2^level on.  It is
 * complete with the line of number (index + 1) * 2^level, counted from 1, and never changes after
 * that; so the line n completes the nodes of the levels 0 to (trailing zero bits of n), and these
 * are kept with it.  Adding a line needs on average one node of earlier lines, a proof O(log n).
 */
#define TREE_HASH	SM2_DIGEST_LEN
#define TREE_DEPTH	63			/* levels; lines are counted in int64_t */

typedef unsigned char	tree_hash[TREE_HASH];

/* Give the full node (level, index).  0, or -1 with err. */
typedef int	(*tree_get)(void *arg, int level, int64_t index, tree_hash node, struct err *err);

/* What proves something: hashes in the order of RFC 6962. */
struct tree_path {
	tree_hash	 hash[2 * TREE_DEPTH];
	size_t		 n;
};

void		tree_leaf(const void *line, size_t len, tree_hash leaf);
void		tree_node(const tree_hash left, const tree_hash right, tree_hash node);
/* How many nodes line number n (from 1) completes: 1 to TREE_DEPTH. */
size_t		tree_completes(int64_t n);
/*
 * The nodes that line number n completes, levels rising; [0] is its leaf.  get gives those of
 * earlier lines.
 */
NODISCARD int	tree_complete(int64_t n, const tree_hash leaf, tree_get get, void *arg,
		    tree_hash nodes[TREE_DEPTH], struct err *err);
/* The root over the first n lines; of none it is SM3 of nothing. */
NODISCARD int	tree_root(int64_t n, tree_get get, void *arg, tree_hash root, struct err *err);
/* RFC 6962 2.1.1: that line number `index` (from 0) is among the first n; index < n. */
NODISCARD int	tree_prove(int64_t index, int64_t n, tree_get get, void *arg,
		    struct tree_path *path, struct err *err);
/* RFC 6962 2.1.2: that the first m lines are the beginning of the first n; 0 < m <= n. */
NODISCARD int	tree_prove_prefix(int64_t m, int64_t n, tree_get get, void *arg,
		    struct tree_path *path, struct err *err);

/* The verifier's side (RFC 9162 2.1.3.2, 2.1.4.2); no node is asked for.  Can not fail. */
bool		tree_path_holds(const tree_hash leaf, int64_t index, int64_t n,
		    const struct tree_path *path, const tree_hash root);
bool		tree_prefix_holds(int64_t m, const tree_hash root_m, int64_t n,
		    const tree_hash root_n, const struct tree_path *path);
#endif
