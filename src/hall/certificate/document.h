#ifndef HALL_DOCUMENT_H
#define HALL_DOCUMENT_H
#include "hall/services.h"
/*
 * Documents that others sealed (电子签章), for everybody who has one.  The file is opened by doc alone and
 * kept nowhere, not even its name or digest.
 */
struct hall;
/*
 * {"ok","verdict" (intact|changed|broken|none),"is_intact","is_none","text","pages","digest" (SM3 of the
 * file),"asked","seals":[…]} as pdf_report of seal/pdf_check.h, by the roots of this house, with each signer's
 * status as the signer knows it now.  ERR_BUSY when that does not answer: nothing is said then.
 */
NODISCARD int	document_verify(struct hall *h, const void *p, size_t len, json_t **model,
		    struct err *err);
#endif
