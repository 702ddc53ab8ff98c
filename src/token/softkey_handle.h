#ifndef TOKEN_SOFTKEY_HANDLE_H
#define TOKEN_SOFTKEY_HANDLE_H
#include "base/buf.h"
#include "pki/sm2.h"
#include "token/skf.h"
#include "token/softkey.h"
/*
 * What the files of the software UKey's SKF functions share: handles, and access to what is
 * kept in an application or container.
 *
 * Handles stand in one list and are looked up there, so a closed or foreign one is answered
 * as SAR_INVALIDHANDLEERR.  Closing an application closes its containers.  One handle is used
 * by one thread at a time; different ones by any.
 */
#define CONTAINER_NAME	64

enum handle_kind { HANDLE_DEV = 1, HANDLE_APP, HANDLE_CON, HANDLE_HASH, HANDLE_KEY, HANDLE_MAC };

struct handle {
	struct handle		*next;
	enum handle_kind	 kind;
	char			*path;			/* of the key file */
	char			 name[CONTAINER_NAME + 1]; /* of application or container */
	struct handle		*app;			/* of a container */
	/* of a device */
	bool			 trusted;		/* device key proved */
	bool			 held;			/* SKF_LockDev */
	unsigned char		 challenge[16];		/* the last random bytes given out */
	size_t			 challenge_len;		/* 0: none */
	/* of an application: whose PIN was given */
	bool			 user, admin;
	unsigned char		 key[32];		/* opens the private keys; user's only */
	/* of a digest, session key, MAC */
	EVP_MD_CTX		*md;
	EVP_CIPHER_CTX		*cipher;
	ULONG			 alg;
	unsigned char		 bytes[16];		/* the session key; the MAC so far */
	bool			 padded;
};
struct handle	*handle_check(const void *p, enum handle_kind kind);	/* NULL: it is none */
struct handle	*handle_new(enum handle_kind kind, const char *path);
void		 handle_free(struct handle *h);

/* What an error is in the norm's numbers: of the state file, of a PIN. */
ULONG	sar_state(const struct err *err);
ULONG	sar_pin(const struct err *err);

/* Give `len` bytes by the norm's convention of sizes (GM/T 0016 6.5). */
ULONG	skf_give(const void *p, size_t len, void *out, ULONG *out_len);
/* Give a list of NUL-ended names, ended by one more NUL; frees it. */
ULONG	skf_give_list(struct buf *names, LPSTR list, ULONG *size);

void	blob_from_point(const unsigned char point[SM2_POINT_LEN], ECCPUBLICKEYBLOB *blob);
void	point_from_blob(const ECCPUBLICKEYBLOB *blob, unsigned char point[SM2_POINT_LEN]);

/* Begin an access to the application the handle stands for (it may be deleted by now). */
ULONG	application_begin(const struct handle *app, struct softkey *k);
/* Save when rc is SAR_OK, end the access; the outcome. */
ULONG	application_end(struct softkey *k, ULONG rc);

/* A session key's handle; SAR_NOTSUPPORTYETERR unless the algorithm is one of SM4's. */
ULONG	session_key(const char *path, ULONG alg, const unsigned char bytes[16], HANDLE *key);

/* Bytes kept in a container under a name; SAR_OK and appended to out, or `none`. */
ULONG	container_get(struct handle *h, const char *key, ULONG none, struct buf *out);
/* Keep several values at once: all of them or none.  The user's PIN must have been given. */
struct put {
	const char	*key;
	const void	*p;			/* NULL: take it away */
	size_t		 len;
};
ULONG	container_put(struct handle *h, const struct put *puts, size_t n);
/* The pair of a container, "sign_key" or "enc_key".  The user's PIN must have been given. */
ULONG	container_pair(struct handle *h, const char *key, EVP_PKEY **out);
#endif
