#ifndef HALL_PLATFORM_OWN_H
#define HALL_PLATFORM_OWN_H
#include "hall/act.h"
#include "hall/digest.h"
#include "hall/platform/platform.h"
/* Between the files of platforms. */
struct platform_entry {
	char	 ref[33], platform[40], state[8], reason[64];
	json_t	*secrets, *claims;		/* {} when there are none */
	int64_t	 created;
};
void		platform_entry_release(struct platform_entry *e);
/* The browser's entry at this platform; ERR_EXPIRED with a sentence. */
NODISCARD int	platform_entry_load(struct db *db, const struct hall *h, const char *id,
		    const char *cookie, struct platform_entry *e, struct err *err);
/* From one state to another; ERR_EXPIRED when somebody was first. */
NODISCARD int	platform_entry_move(struct db *db, const struct platform_entry *e,
		    const char *from, const char *to, struct err *err);
/* Applications of an account that are open and say otherwise than the facts are to be confirmed
 * anew; *n: how many. */
NODISCARD int	platform_refresh(struct db *db, struct hall *h, const struct who *who,
		    const struct def_platform *p, int64_t account, const json_t *facts, int *n,
		    struct err *err);
#endif
