#ifndef CLI_CUSTODIAN_H
#define CLI_CUSTODIAN_H
#include "base/yaml.h"
#include "pki/share.h"
#include "token/driver.h"
/*
 * A custodian at a ceremony, and where the share is kept: a file, or the custodian's UKey (the file
 * YXSHARE in it).  PINs and shares are wiped by custodian_release.
 */
struct custodian {
	const char	*name;
	const char	*file;			/* path; "" : in the UKey */
	const char	*ukey;			/* its serial number; "": in the file */
	const char	*pin_file;		/* "": asked at the terminal */
	struct secret	 pin;
	struct share	 share;
};
/* A row of the script; it borrows the document. */
NODISCARD int	custodian_read(const struct yaml_doc *doc, const struct yaml *row,
		    struct custodian *c, struct err *err);
/*
 * Before a secret is made: the place is there and holds no share yet.  PINs are read by then; d may be
 * NULL where nobody has a UKey.
 */
NODISCARD int	custodian_check_empty(struct custodian *c, struct driver *d, struct err *err);
NODISCARD int	custodian_pin(struct custodian *c, struct err *err);
/* Seal and keep the share that c has; what is used afterwards is read back from there. */
NODISCARD int	custodian_keep(struct custodian *c, struct driver *d, struct err *err);
/* Read the share. */
NODISCARD int	custodian_open(struct custodian *c, struct driver *d, struct err *err);
void		custodian_release(struct custodian *c);
#endif
