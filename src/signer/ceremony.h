#ifndef SIGNER_CEREMONY_H
#define SIGNER_CEREMONY_H
#include "base/buf.h"
#include "base/secret.h"
/*
 * The beginning of a CA, run once by `yinxin init`: directories with their owners, root and
 * issuing CA, OCSP responder, wrapping key, the site's TLS certificate, the data key, the
 * three stores, the first officer.  Names, the officer's request and the stores are checked before
 * any key is made, so that a slip costs nothing.  The last thing written is pub/chain.pem: while it is missing nothing serves
 * (ceremony_is_done).  ERR_WRONG_STATE when a CA, or the remains of an interrupted
 * beginning, is there already; nothing is overwritten.
 */
struct ceremony {
	const char	*company;	/* O of the CA's names */
	const char	*root_cn, *issuing_cn;
	const char	*admin_name;	/* of the first officer */
	const void	*admin_csr;	/* DER or PEM from the officer's UKey */
	size_t		 admin_csr_len;
	struct secret	 passphrase;	/* of the key files */
	/* Makes the first member of staff in the hall store; set by the caller, may be NULL. */
	int		(*enrol)(const char *name, const char *serial, struct err *err);
};
/* admin_cert gets the first officer's certificate, PEM. */
NODISCARD int	ceremony_run(const struct ceremony *c, struct buf *admin_cert, struct err *err);
/* For the supervisor: ERR_WRONG_STATE unless it came to its end. */
NODISCARD int	ceremony_is_done(struct err *err);
#endif
