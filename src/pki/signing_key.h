#ifndef PKI_SIGNING_KEY_H
#define PKI_SIGNING_KEY_H
#include "pki/key.h"
/*
 * A key that signs certificates and lists, wherever its private half lives.  By address:
 *
 *	file:PATH	encrypted PKCS#8 (key.h), the passphrase opens it
 *	pkcs11:…	RFC 7512 URI: module-path, token, object; the passphrase is the PIN
 *	sdf:LIBRARY?key=N	GM/T 0018 device, internal key N; the passphrase is its password
 *
 * SIGNING(key) makes one of a key pair in memory:  cert_build(&plan, SIGNING(key), &c, err)
 */
struct signing_key {
	EVP_PKEY	*key;		/* the public half; the pair when provider is NULL */
	const struct signing_provider *provider;
	void		*device;	/* of the provider */
};
#define SIGNING(k)	(&(struct signing_key){.key = (k)})

/* One file key_<scheme>.c each, a row of signing.def. */
struct signing_provider {
	const char	*scheme;	/* "pkcs11" */
	/* What follows "scheme:"; fills key and device. */
	int	(*open)(const char *address, const struct secret *pass, struct signing_key *out,
		    struct err *err);
	/* Append the signature over the message, as key_sign does.  Any thread may call. */
	int	(*sign)(const struct signing_key *k, const void *p, size_t len, struct buf *sig,
		    struct err *err);
	void	(*close)(struct signing_key *k);	/* device only */
};

NODISCARD int	signing_key_open(const char *address, const struct secret *pass,
		    struct signing_key *out, struct err *err);
/* Of a zeroed struct: no-op. */
void		signing_key_close(struct signing_key *k);
NODISCARD int	signing_key_sign(const struct signing_key *k, const void *p, size_t len,
		    struct buf *sig, struct err *err);
/*
 * Put SEQUENCE { tbs, algorithm, BIT STRING } together: `tbs` is the whole DER of the part to
 * be signed and names the key's algorithm already.  Appends.
 */
NODISCARD int	signing_key_wrap(const struct signing_key *k, const void *tbs, size_t len,
		    struct buf *der, struct err *err);
#endif
