#ifndef HALL_SIGN_IN_H
#define HALL_SIGN_IN_H
#include "hall/hall.h"
#include "store/store.h"
/*
 * Sign-ins of accounts.  One from a device (its browser's name, version numbers left out) or a
 * network (IPv4: 16 bits, IPv6: 48) that the account has not used for 180 days is told by the
 * notice "sign_in_new", at most as often in 24 hours as the definition says (account.sign_in_notices)
 * and unless the account switched it off.  The very first sign-in is told to nobody.
 *
 * Not checked: what a browser calls itself.  Who imitates the owner's browser from the owner's
 * network is not noticed.
 */

/* Inside the transaction that begins the session. */
NODISCARD int	sign_in_record(struct db *db, const struct hall *h, const struct who *who,
		    int64_t account, const char *serial, struct err *err);
/* [{"time","way","device","address","fresh"}], the newest first. */
NODISCARD int	sign_in_list(struct hall *h, const struct who *who, json_t **list,
		    struct err *err);
NODISCARD int	sign_in_switch(struct hall *h, const struct who *who, bool on, struct err *err);

/* ---- the rules, for tests ---- */
#define SIGN_IN_PLACE	64
void		sign_in_place(const char *address, char place[SIGN_IN_PLACE]);
const char	*sign_in_device(const char *agent, char text[SIGN_IN_PLACE]);	/* "Windows Chrome" */
#endif
