#ifndef JOURNAL_WORK_H
#define JOURNAL_WORK_H
#include "journal/journal.h"
#include "journal/proof.h"
/* What the files of this floor share; private to it. */

/* The canonical text of a line; ERR_CRYPTO when `what` is no word of ours. */
NODISCARD int	line_write(const struct journal_line *line, struct buf *text, struct err *err);
/* The same as a leaf. */
NODISCARD int	line_leaf(const struct journal_line *line, tree_hash leaf, struct err *err);
/* Add a line as it is, seq and all, inside a transaction. */
NODISCARD int	line_add(struct db *db, const struct journal_line *line, struct err *err);
/* tree_get over the store; arg is the struct db.  ERR_CRYPTO: the line or its nodes are not there. */
int		nodes_get(void *db, int level, int64_t index, tree_hash node, struct err *err);
/* How many lines the store says it has. */
NODISCARD int	lines_count(struct db *db, int64_t *lines, struct err *err);

/* head.c: the file and the key. */
NODISCARD int	heads_open(struct journal *j, struct err *err);
NODISCARD int	key_open(struct journal *j, const struct secret *passphrase, struct err *err);
/* Make the key that could not be certified earlier, if there is one to make; j->lock is held. */
void		key_look(struct journal *j);
/* There is one, and its certificate has not ended; ERR_BUSY. */
NODISCARD int	key_check(const struct journal *j, struct err *err);
/* Append what the file lacks; j->lock is held. */
NODISCARD int	heads_file(struct journal *j, struct err *err);
/* The file's line of a head, '\n' and all. */
void		head_file_line(const char *text, const void *signature, size_t len, const char *key,
		    struct buf *out);

/* adopt.c */
NODISCARD int	adopt_chain(struct journal *j, struct err *err);

/* One head of the store. */
struct stored_head {
	struct buf	 text, signature;
	char		 key[CERT_PRINT_TEXT];	/* fingerprint of the certificate */
};
void		stored_head_init(struct stored_head *h);
void		stored_head_free(struct stored_head *h);
/* 1, 0: none, -1; inside a transaction. */
NODISCARD int	head_newest(struct db *db, struct stored_head *h, struct err *err);
#endif
