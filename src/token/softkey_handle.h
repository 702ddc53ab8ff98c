#ifndef TOKEN_SOFTKEY_HANDLE_H
#define TOKEN_SOFTKEY_HANDLE_H
#include "base/buf.h"
#include "pki/sm2.h"
#include "token/skf.h"
/*
 * What the files of the software UKey's SKF functions share: handles, and the values kept in
 * a container.  A handle is checked by its kind; a stale one is SAR_INVALIDHANDLEERR.
 */
#define CONTAINER_NAME	64

enum handle_kind { HANDLE_DEV = 0x59584456, HANDLE_APP = 0x59584150, HANDLE_CON = 0x5958434f,
	HANDLE_HASH = 0x59584853 };

struct handle {
	enum handle_kind	 kind;
	char			*path;			/* of the key file */
	char			 name[CONTAINER_NAME + 1];
	struct handle		*app;			/* of a container */
	bool			 open;			/* of an application: PIN given */
	unsigned char		 key[32];		/* opens the private keys */
	EVP_MD_CTX		*md;
};
struct handle	*handle_check(void *p, enum handle_kind kind);
struct handle	*handle_new(enum handle_kind kind, const char *path);
void		 handle_free(struct handle *h);

/* Give `len` bytes by the norm's convention of sizes (GM/T 0016 6.5). */
ULONG	skf_give(const void *p, size_t len, void *out, ULONG *out_len);

/* Bytes kept in a container under a name; SAR_OK and appended to out, or `none`. */
ULONG	container_get(struct handle *h, const char *key, ULONG none, struct buf *out);
/* Keep several values at once: all of them or none.  The PIN must have been given. */
struct put {
	const char	*key;
	const void	*p;
	size_t		 len;
};
ULONG	container_put(struct handle *h, const struct put *puts, size_t n);
#endif
