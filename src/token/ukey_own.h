#ifndef TOKEN_UKEY_OWN_H
#define TOKEN_UKEY_OWN_H
#include "seal/eseal.h"
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

/* ---- ukey_pair.c ---- */
/* The public point of the container's sign or encryption key. */
NODISCARD int	ukey_point(struct ukey *u, card_handle c, bool sign,
		    unsigned char point[SM2_POINT_LEN], struct err *err);
/* Remove what interrupted makings left behind: containers of ours that have no key. */
NODISCARD int	ukey_clean_up(struct ukey *u, struct err *err);
/* The container of an order, made with its sign key when it is not there; close it. */
NODISCARD int	ukey_order_container(struct ukey *u, const char *order, card_handle *c,
		    struct err *err);
/* Pair and encryption certificate, each read back; nothing is written unless they fit. */
NODISCARD int	ukey_install_enc(struct ukey *u, card_handle c, const struct ukey_bundle *b,
		    struct err *err);

/* ---- ukey_seal.c ---- */
/* The seal of this order into the application, and read back. */
NODISCARD int	ukey_seal_put(struct ukey *u, const char *order, const struct ukey_bundle *b,
		    struct err *err);
/* The number of the order's seal in this UKey, "" when it has none. */
void		ukey_seal_id(struct ukey *u, const char *order, char id[ESEAL_ID_TEXT]);

/* Names that are history, one a line, each followed by a newline. */
void		ukey_history_read(struct ukey *u, struct buf *lines);
NODISCARD int	ukey_history_add(struct ukey *u, const char *name, struct err *err);
#endif
