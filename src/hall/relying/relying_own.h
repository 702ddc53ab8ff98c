#ifndef HALL_RELYING_OWN_H
#define HALL_RELYING_OWN_H
#include "gate/gate.h"
#include "hall/relying/relying.h"
/* Between the files of relying systems. */
struct relying {
	int64_t		 id, old_until, created, deliveries, last_ok;
	char		 name[RELYING_NAME * 4 + 1], url[WEBHOOK_URL + 1];
	char		 events[120], products[200], subject[12], state[8];
	char		 secret[64], old[64], salt[64];		/* base64; wiped by release */
};
/* From a row of relying_list and its like. */
NODISCARD int	relying_from_row(const struct hall *h, struct rows *rows, struct relying *r,
		    struct err *err);
void		relying_release(struct relying *r);
/* Put an event out for this one. */
NODISCARD int	relying_put(struct db *db, const struct hall *h, const struct relying *r,
		    const char *event, const char *serial, const json_t *data, struct err *err);
/* The row of the outbox for a body that has this id. */
json_t		*relying_payload(const struct relying *r, const char *id, const char *body);
#endif
