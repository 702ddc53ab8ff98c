#ifndef VA_DIRECTORY_H
#define VA_DIRECTORY_H
#include "base/err.h"

#include <ldap.h>
/*
 * An LDAP directory that certificates and lists are published to: connect, put an entry, drop
 * one.  All of it may be repeated.  Settings va.ldap.*.  For one thread.
 */
struct directory {
	LDAP	*ld;			/* NULL: not connected */
};
/* One value of an attribute. */
struct directory_value {
	const char	*attribute;	/* "userCertificate;binary" */
	const void	*p;
	size_t		 len;
};
#define DIRECTORY_VALUES	8
struct directory_entry {
	const char	*dn;
	const char	*classes[5];	/* ends with NULL */
	struct directory_value values[DIRECTORY_VALUES + 1]; /* end with attribute NULL */
};

/* Connected and bound, or ERR_GATEWAY.  Connected already: 0 at once. */
NODISCARD int	directory_open(struct directory *d, struct err *err);
void		directory_close(struct directory *d);	/* of a zeroed struct: no-op */
/*
 * Make the entry, or bring its values up to date.  ERR_GATEWAY: later again (the connection is
 * closed); ERR_INPUT: the directory does not take this entry.
 */
NODISCARD int	directory_put(struct directory *d, const struct directory_entry *e,
		    struct err *err);
/* Not there: 0. */
NODISCARD int	directory_drop(struct directory *d, const char *dn, struct err *err);
#endif
