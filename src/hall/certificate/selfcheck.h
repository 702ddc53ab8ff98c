#ifndef HALL_SELFCHECK_H
#define HALL_SELFCHECK_H
#include "hall/hall.h"
/*
 * 加解密自检: small documents encrypted for the encryption certificates that a UKey should hold,
 * which the assistant then opens on the user's PC.  After a renewal or change the old pair's is
 * among them: what was encrypted to it (bids, documents) must still open.
 *
 * Nothing is noted and nothing proved to the hall: the text goes along with the document, and the
 * page compares.
 */

/*
 * The account's own certificate: {"checks":[{"title","serial","document" (base64 DER,
 * EnvelopedData),"text"}]}, the newest pair first.
 */
NODISCARD int	selfcheck_certificate(struct hall *h, const struct who *who, const char *serial,
		    json_t **model, struct err *err);
/* The same for the order that was just fetched: in {"token"}. */
NODISCARD int	selfcheck_fetch(struct hall *h, const struct who *who, const json_t *in,
		    json_t **model, struct err *err);
#endif
