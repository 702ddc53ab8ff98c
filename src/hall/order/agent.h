#ifndef HALL_AGENT_H
#define HALL_AGENT_H
#include "hall/order/order.h"
/*
 * The agent (经办人) of orders, when the account's mobile number changes.  An order of the account
 * whose agent has the account's old number is handled by the account's owner: its agent's phone
 * becomes the new number, so that codes, notices, the order's parcel and years later the reminders
 * of its certificate still arrive.  Orders whose agent has another phone keep it, and so do
 * cancelled ones.
 *
 * Where the agent proved who he is together with the old number (step identity) and the order may
 * still be changed, he proves it again with the new one: what is in review goes back to him.
 */
struct agent_number { const char *was, *now; };
/* Inside the transaction that changes the account's number. */
NODISCARD int	agent_follow(struct db *db, struct hall *h, const struct who *who, int64_t account,
		    const struct agent_number *m, struct err *err);
#endif
