#ifndef BASE_ERR_H
#define BASE_ERR_H
#include "base/base.h"
#include "base/limits.h"
/*
 * One error: a kind from a closed list, a sentence for people, and the place that noticed.
 *
 * The function that notices writes the sentence; callers add a subject with err_add() or
 * pass it on; it is logged once, at the top.  A struct err is untouched on success, so the
 * caller starts with `struct err err = {0}`.  Functions return 0, or -1 with err set.
 * User-facing sentences are Chinese and say what to do next; sentences for operators and
 * integrators are English.
 */
enum err_kind {
	ERR_NONE,
	ERR_INPUT,	/* what was given is wrong: the giver can mend it */
	ERR_DENIED,	/* not allowed to this caller */
	ERR_NOT_FOUND,
	ERR_CONFLICT,	/* somebody or something was first (unique, version) */
	ERR_WRONG_STATE,	/* right request, wrong moment */
	ERR_LIMIT,	/* too much, too often, too large */
	ERR_EXPIRED,
	ERR_CRYPTO,	/* a signature, MAC or key does not fit */
	ERR_STORE,	/* database or file system */
	ERR_GATEWAY,	/* somebody outside failed or is unreachable */
	ERR_BUSY,	/* try again soon */
	ERR_BUG,	/* our own mistake */
	ERR__MAX
};

struct err {
	enum err_kind	 kind;
	const char	*file;			/* where it was noticed */
	int		 line;
	char		 text[LIMIT_ERR_TEXT];
};

/* What a kind means outside: one row each. */
struct err_row {
	const char	*name;			/* "input": in logs, JSON and between processes */
	int		 http_status;
	int		 exit_status;
	const char	*user_text;		/* Chinese, when no better sentence exists */
};

/* Set *err and give -1, so that `return err_set(…)` reads well.  Can not fail. */
#define err_set(err, kind, ...) \
	err_set_at((err), (kind), __FILE__, __LINE__, __VA_ARGS__)
int	err_set_at(struct err *err, enum err_kind kind, const char *file, int line,
	    const char *fmt, ...) PRINTF(5, 6);

/* Put a subject before the sentence: "order 12: ".  Gives -1. */
int	err_add(struct err *err, const char *fmt, ...) PRINTF(2, 3);

/* As err_set, with errno's text behind the sentence. */
#define err_errno(err, kind, ...) \
	err_errno_at((err), (kind), __FILE__, __LINE__, __VA_ARGS__)
int	err_errno_at(struct err *err, enum err_kind kind, const char *file, int line,
	    const char *fmt, ...) PRINTF(5, 6);

/* As err_set, with the newest OpenSSL error behind the sentence; empties its queue. */
#define err_openssl(err, kind, ...) \
	err_openssl_at((err), (kind), __FILE__, __LINE__, __VA_ARGS__)
int	err_openssl_at(struct err *err, enum err_kind kind, const char *file, int line,
	    const char *fmt, ...) PRINTF(5, 6);

void			 err_clear(struct err *err);
const struct err_row	*err_row(enum err_kind kind);
enum err_kind		 err_kind_by_name(const char *name);	/* ERR_BUG when unknown */
#endif
