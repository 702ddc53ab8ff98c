#ifndef PKI_PROFILE_SET_H
#define PKI_PROFILE_SET_H
#include "base/arena.h"
#include "pki/profile.h"
/* All profiles and products of one file; for src/pki only. */
struct profile_set {
	struct arena	*arena;			/* holds everything */
	struct profile	*profiles;
	size_t		 n_profiles;
	struct product	*products;
	size_t		 n_products;
	struct profile_set *older;		/* replaced by this one */
};
/* Parse and check the whole text; ERR_INPUT names line and fault. */
NODISCARD int	profile_set_parse(const char *p, size_t len, const char *name,
		    struct profile_set **out, struct err *err);
/* An http address of ASCII characters (RFC 3986), as an IA5String has it. */
bool		profile_is_address(const char *url);
#endif
