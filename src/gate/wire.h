#ifndef GATE_WIRE_H
#define GATE_WIRE_H
#include "base/buf.h"
#include <openssl/evp.h>
/*
 * What the providers' wire protocols share: RSA signatures, digests, AES-GCM, raw JSON.
 * Signatures are checked over the bytes as received, never over something written again.
 */
/* Load a PEM key; ERR_STORE, ERR_CRYPTO. EVP_PKEY_free it. */
NODISCARD int	wire_private_key(const char *path, EVP_PKEY **key, struct err *err);
NODISCARD int	wire_public_key(const char *path, EVP_PKEY **key, struct err *err);

/* RSASSA-PKCS1-v1_5 with SHA-256; the signature travels as base64 (appended to out). */
NODISCARD int	wire_rsa_sign(EVP_PKEY *key, const void *p, size_t len, struct buf *out,
		    struct err *err);
/* ERR_CRYPTO unless the signature fits. */
NODISCARD int	wire_rsa_check(EVP_PKEY *key, const void *p, size_t len, const char *signature,
		    struct err *err);

#define WIRE_HEX	65
const char	*wire_sha1(const void *p, size_t len, char hex[41]);	/* bills only */
const char	*wire_sha256(const void *p, size_t len, char hex[WIRE_HEX]);
const char	*wire_sm3(const void *p, size_t len, char hex[WIRE_HEX]);
const char	*wire_hmac_sha256(const char *key, const void *p, size_t len,
		    char hex[WIRE_HEX]);

/* AEAD_AES_256_GCM of WeChat Pay: sealed is base64 of ciphertext and 16 bytes of tag; the
 * key has 32 bytes, the nonce 12.  Appends the plain text to out.  ERR_CRYPTO, ERR_INPUT. */
NODISCARD int	wire_aes_open(const char *key, const char *nonce, const char *aad,
		    const char *sealed, struct buf *out, struct err *err);

/* Where the value of a member of the outermost object stands in the text; -1: not there. */
NODISCARD int	wire_json_raw(const char *p, size_t len, const char *member,
		    const char **value, size_t *value_len);

/* The parts of an address: "http://h:80/a?b" gives "h:80" and "/a?b". -1: no address. */
NODISCARD int	wire_url_split(const char *url, char host[256], const char **path);

/* Times as the providers write them, to ms; 0 when malformed.
 * "2026-11-21 09:05:07" (China) and RFC 3339 with any offset. */
int64_t		wire_time_china(const char *text);
int64_t		wire_time_rfc3339(const char *text);
/* "2026-11-21T09:05:07+08:00" */
const char	*wire_time_text(int64_t ms, char text[40]);
/* "340.00" to fen; -1 when malformed. */
NODISCARD int	wire_fen(const char *yuan, int64_t *fen);
#endif
