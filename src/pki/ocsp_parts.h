#ifndef PKI_OCSP_PARTS_H
#define PKI_OCSP_PARTS_H
#include "pki/ocsp.h"

#include <openssl/ocsp.h>
/*
 * Shared by ocsp.c (answering) and ocsp_check.c (asking), for src/pki only.
 */
/* The CertID names this CA, under SHA-1, SHA-256 or SM3. */
bool	ocsp_id_is_for(OCSP_CERTID *id, const struct cert *issuer);
#endif
