#ifndef CLI_PDF_H
#define CLI_PDF_H
#include "seal/pdf_check.h"
/*
 * `yinxin seal sign` and `yinxin seal verify FILE.pdf`: what somebody with files and a key does at his
 * own machine.  A file is opened in this process, by our strict reader alone.
 */
/* Print what the file's seals are worth; ERR_CONFLICT unless all is well.  crl: of the signers'
 * issuer, ocsp: URL to ask; either may be NULL. */
NODISCARD int	pdf_command_verify(const char *path, const struct pdf_world *world, const char *crl,
		    const char *ocsp, struct err *err);
/* argv: "sign", then options and files. */
NODISCARD int	pdf_command_sign(int argc, char **argv, struct err *err);

/* Who seals, opened by the options; all of it stays until pdf_signer_close. */
struct pdf_signer {
	struct pdf_sealer	 sealer;
	struct buf		 seal;		/* DER */
	struct cert		*cert;
	EVP_PKEY		*key;		/* of a PKCS#12 … */
	struct driver		*driver;	/* … or in a UKey */
	void			*ukey;
	const char		*tsa;		/* URL; NULL: no time stamps */
};
/* --p12 FILE with --seal FILE. */
NODISCARD int	pdf_signer_file(struct pdf_signer *s, const char *p12, const char *seal,
		    const char *pin_file, struct err *err);
/* --skf LIBRARY: the seal is in the UKey; serial NULL: the only current one that has a seal. */
NODISCARD int	pdf_signer_ukey(struct pdf_signer *s, const char *library, const char *serial,
		    const char *pin_file, struct err *err);
/* Seals are stamped by this authority (RFC 3161 over HTTP). */
void		pdf_signer_stamp(struct pdf_signer *s, const char *url);
void		pdf_signer_close(struct pdf_signer *s);		/* of a zeroed struct: no-op */
#endif
