#ifndef HALL_UKEY_H
#define HALL_UKEY_H
#include "hall/hall.h"
struct cert;
/*
 * Check a signature made in a UKey: the certificate chains to our CA, is valid now and good,
 * is a signing certificate, and its key signed the text (SM2 with SM3, usual id).
 * *out is the caller's: cert_free.
 */
NODISCARD int	ukey_check(struct hall *h, const void *der, size_t der_len, const void *text,
		    size_t len, const void *sig, size_t sig_len, struct cert **out,
		    struct err *err);
#endif
