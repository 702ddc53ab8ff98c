#ifndef HALL_HANDLER_H
#define HALL_HANDLER_H
#include "hall/order/order.h"
/*
 * Handlers (经办人): an account handles certificates of many subjects, and may be replaced.
 *
 * A subject is known by its name and the number of its document, as in the forms of its orders.
 * What moves to the other account: its orders in every state, their certificates, and the UKeys that
 * hold them (medium.h).  In running orders the new handler stands as agent, has to prove the own
 * identity where the agent must, and gets a download code of their own; the security question,
 * which only the old one can answer, goes.  From then on the old account sees nothing of it; what
 * it signed and paid stays in the history.
 */

/* {"rows":[{"subject","n_orders","n_open","n_certificates","ends","expiring","href"}],"q","total","page",
 * "pages","has_next","has_prev","offers":[{"no","subject","mine","time"}]}; query {"q","page"} */
NODISCARD int	handler_subjects(struct hall *h, const struct who *who, const json_t *query,
		    json_t **model, struct err *err);
/* {"unit_name","unit_code"} of the unit that was applied for last; "" none. */
NODISCARD int	handler_unit(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
/* {"subject","certificates":[…],"orders":[…],"mobile_masked"} */
NODISCARD int	handler_subject(struct hall *h, const struct who *who, const char *subject,
		    json_t **model, struct err *err);

/* ---- handing over by oneself: both confirm by a code to their own number ---- */
NODISCARD int	handover_code(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, struct err *err);
/* in {"subject","mobile" (of the other account),"code"} */
NODISCARD int	handover_offer(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, char no[ORDER_NO], struct err *err);
/* {"no","subject","is_<state>","state_text","mine","may_accept","may_end","created","groups"} */
NODISCARD int	handover_view(struct hall *h, const struct who *who, const char *no,
		    json_t **model, struct err *err);
/* in: form_handover: name, id_no, mail, code: the new handler's. */
NODISCARD int	handover_accept(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, struct err *err);
/* The command line: {"rows":[{"no","subject","state","created","ended"}]}, the newest; state "": all. */
NODISCARD int	handover_list(struct hall *h, const struct who *who, const char *state,
		    json_t **model, struct err *err);
/* Either side, or the service, before it was accepted. */
NODISCARD int	handover_end(struct hall *h, const struct who *who, const char *no,
		    struct err *err);

/* ---- inside a transaction ---- */

/* Which accounts have certificates of this subject, besides `but`; those of the newest first. */
#define HANDLER_HOLDERS	8
NODISCARD int	handler_find(struct db *db, const struct hall *h, const char *subject,
		    const char *subject_id, int64_t but, int64_t accounts[HANDLER_HOLDERS],
		    size_t *n, struct err *err);
/* How much would move; agent gets the name of the newest order's. */
NODISCARD int	handler_count(struct db *db, const struct hall *h, int64_t account,
		    const char *subject, const char *subject_id, int64_t *orders,
		    int64_t *certificates, char agent[128], struct err *err);
/*
 * Move everything of the subject.  agent: {"name","id_no","mobile","contact"}; note stands in the
 * orders' histories.  Both accounts are told.
 */
NODISCARD int	handler_move(struct db *db, struct hall *h, const struct who *who, int64_t from,
		    int64_t to, const char *subject, const char *subject_id, const json_t *agent,
		    const char *note, struct err *err);
/* Offers nobody accepted in time end. */
NODISCARD int	handover_tick(struct db *db, int64_t now, struct err *err);
#endif
