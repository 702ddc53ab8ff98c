#ifndef TOKEN_UKEY_OWN_H
#define TOKEN_UKEY_OWN_H
#include "token/ukey.h"
/* What the files of ukey share. */
#define UKEY_LIST_MAX	65536
#define UKEY_NAME	65		/* longest container name and a NUL */

/* One container, as it is visited. */
struct ukey_seen {
	const char		*name;
	card_handle		 c;
	bool			 complete;	/* its sign certificate is there */
	const struct cert	*cert;		/* sign certificate; NULL: none, or unreadable */
	const struct cert	*enc;		/* encryption certificate; NULL: none */
	bool			 history;
};
/* Visit each container until fn gives non-zero; that is given back, or 0; -1 with err. */
typedef int (*ukey_see_fn)(void *arg, const struct ukey_seen *seen);
NODISCARD int	ukey_each(struct ukey *u, ukey_see_fn fn, void *arg, struct err *err);

void		ukey_container_name(const char *order, char name[UKEY_NAME]);
/* The order of a container of ours; NULL: another program's. */
const char	*ukey_container_order(const char *name);
NODISCARD int	ukey_container_open(struct ukey *u, const char *name, card_handle *c,
		    struct err *err);

/* Names that are history, one a line, each followed by a newline. */
void		ukey_history_read(struct ukey *u, struct buf *lines);
NODISCARD int	ukey_history_add(struct ukey *u, const char *name, struct err *err);
#endif
