#ifndef HALL_ORDER_ENTER_H
#define HALL_ORDER_ENTER_H
#include "hall/account/session.h"
#include "hall/act.h"
/*
 * From a question that was asked without signing in (order_status) into the order.  The ticket says
 * that this phone was proved just now; it is bound to the phone, good for ten minutes and one
 * sign-in.  Not checked here: whether the order is the account's; the pages do that.
 */
#define ORDER_TICKET	192
#define ORDER_PATH	64

/*
 * The proved phone signs in to its account.  in {"ticket","no","invoice" (to this invoice instead)};
 * path: where to go on.  ERR_EXPIRED: ask again; ERR_DENIED: the order is another account's.
 */
NODISCARD int	order_enter(struct hall *h, const struct who *who, const json_t *in,
		    char token[SESSION_TOKEN], char path[ORDER_PATH], struct err *err);

/* ---- between the files of the hall ---- */
void		order_enter_ticket(const struct hall *h, const char *mobile,
		    char ticket[ORDER_TICKET]);
/* The active account whose phone has this keyed digest; 0 none. */
NODISCARD int	order_enter_account(struct db *db, const char *digest, int64_t *account,
		    struct err *err);
#endif
