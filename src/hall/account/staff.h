#ifndef HALL_STAFF_H
#define HALL_STAFF_H
#include "hall/hall.h"
/*
 * Members of staff: a name, the serial of their certificate (they sign in by UKey only), roles.
 * Changes are journaled.
 */
const char	*staff_role_text(enum staff_role role);		/* 审核员 */
unsigned int	 staff_roles_parse(const char *text);	/* "reviewer,maker" -> bits; 0 bad */
/* who: an ADMIN or the system.  serial: hex of the signing certificate. */
NODISCARD int	staff_add(struct hall *h, const struct who *who, const char *name,
		    const char *serial, unsigned int roles, int64_t *id, struct err *err);
NODISCARD int	staff_set(struct hall *h, const struct who *who, int64_t id,
		    unsigned int roles, bool active, struct err *err);
/* On whose behalf: the member of staff at work whose certificate this is.  ERR_NOT_FOUND. */
NODISCARD int	staff_by_serial(struct hall *h, const char *serial, struct who *who,
		    struct err *err);
/* {"rows":[{"id","name","serial","roles":[text],"active"}]} */
NODISCARD int	staff_list(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
#endif
