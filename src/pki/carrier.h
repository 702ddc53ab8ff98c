#ifndef PKI_CARRIER_H
#define PKI_CARRIER_H
#include "pki/sm2.h"
#include "pki/statement.h"
/*
 * A carrier: the fresh sign key of an empty container that shall take a recovered encryption
 * pair.  SKF imports a pair only under the sign key of its own container (GM/T 0016-2012
 * 7.6.8), and the container of the current pair is taken; so the key that is certified vouches
 * for the one beside it in the same UKey:
 *
 *	{"order","point" (hex of 04||X||Y),"serial","type":"carrier","v":1}
 *	serial	of the sign certificate whose key signed this
 *
 * The assistant makes this text itself, over a key that it found in the UKey; no page can have
 * one signed.  Not checked: that both keys are in one UKey; its program says so.
 */
NODISCARD int	carrier_text(const char *order, const char *serial,
		    const unsigned char point[SM2_POINT_LEN], struct buf *out, struct err *err);
/* What it says; ERR_DENIED when it is anything but a text of carrier_text. */
#define CARRIER_ORDER	41
struct carrier {
	char		 order[CARRIER_ORDER], serial[CERT_SERIAL_TEXT];
	unsigned char	 point[SM2_POINT_LEN];
};
NODISCARD int	carrier_parse(const char *text, size_t len, struct carrier *out, struct err *err);
/* Signed by this certificate's key, for this order; point gets the carrier's.  ERR_DENIED. */
NODISCARD int	carrier_check(const struct signed_statement *in, const char *order,
		    const struct cert *by, unsigned char point[SM2_POINT_LEN], struct err *err);
/* As a request between processes carries it, "carrier": {"statement","signature"}; text NULL:
 * none.  What carrier_get gives points into the message; statement_asked_free it in any case. */
void		carrier_put(json_t *question, const struct signed_statement *carrier);
NODISCARD int	carrier_get(struct statement_asked *a, const json_t *question, struct err *err);
#endif
