#ifndef PKI_PLAIN_CONTEXT_H
#define PKI_PLAIN_CONTEXT_H
#include <openssl/types.h>
/*
 * A library context of OpenSSL that knows digests and nothing else, so no kind of key.  A
 * certificate that is read in it keeps its public key as bytes: OpenSSL 3.0 otherwise gathers
 * all its decoders to read the key, which takes eight times as long as the rest.
 */
OSSL_LIB_CTX	*plain_context(void);		/* from any thread; lives as long as the process */
#endif
