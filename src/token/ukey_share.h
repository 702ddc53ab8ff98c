#ifndef TOKEN_UKEY_SHARE_H
#define TOKEN_UKEY_SHARE_H
#include "token/ukey.h"
/*
 * A custodian's share (pki/share.h) in a UKey: the application's file YXSHARE, one in a UKey, which
 * the UKey gives out after its PIN only, and counts the tries.  It is sealed with that PIN besides.
 */
#define UKEY_SHARE_MAX	2048		/* size of the file */

/* The UKey of this serial number, among those plugged in; ERR_NOT_FOUND says which are. */
NODISCARD int	ukey_by_serial(struct driver *d, const char *serial, struct ukey *u,
		    struct err *err);
/* After login.  ERR_CONFLICT: it holds a share already, which is never overwritten. */
NODISCARD int	ukey_share_check(struct ukey *u, struct err *err);
NODISCARD int	ukey_share_put(struct ukey *u, const struct buf *text, struct err *err);
/* ERR_NOT_FOUND: it holds none. */
NODISCARD int	ukey_share_get(struct ukey *u, struct buf *text, struct err *err);
#endif
