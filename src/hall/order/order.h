#ifndef HALL_ORDER_H
#define HALL_ORDER_H
#include "hall/def/halldef.h"
#include "hall/hall.h"
#include "store/store.h"
/*
 * Orders (受理号): their life, lists and details.  States and the events that move them stand
 * in order_state.def.  Each change is one transaction: the order by compare-and-set on (state,
 * version), an order_event, a journal line and the outbox rows.
 */
enum order_state {
#define STATE(id, name, text)	id,
#include "hall/order/order_state.def"
	ORDER__MAX
};
enum order_event {
	EVENT_NONE, EVENT_SUBMIT, EVENT_COMPLETE, EVENT_LACK, EVENT_REOPEN, EVENT_RETURN, EVENT_MEND,
	EVENT_APPROVE, EVENT_CLAIM, EVENT_UNCLAIM, EVENT_MADE, EVENT_FETCH, EVENT_INSTALLED,
	EVENT_SHIP, EVENT_HAND_OVER, EVENT_RECEIVED, EVENT_CANCEL, EVENT_CANCEL_PAID,
	EVENT_REFUNDED, EVENT_PERMIT, EVENT_LAPSE, EVENT_UNLOCKED, EVENT_FIRST_SIGN,
	EVENT_SECOND_SIGN, EVENT_DECLINE, EVENT_OUTDATE, EVENT_REFUSE, EVENT_EXPIRE,
	EVENT_RECOVERED, EVENT_OWE, EVENT_SETTLE, EVENT__MAX
};
const char	*order_state_name(enum order_state s);		/* "draft" */
const char	*order_state_text(enum order_state s);		/* 填写中 */
enum order_state order_state_by_name(const char *name);		/* ORDER__MAX */
const char	*order_event_name(enum order_event event);	/* "submit" */
const char	*order_event_text(const char *what);	/* of an event or note, Chinese */
const char	*order_event_note(const char *what);	/* "交易号 ", "": before its note */
/* Where this event leads from here; ORDER__MAX when it may not happen. */
enum order_state order_next(enum order_state from, enum order_event event);

#define ORDER_NO	21			/* 20 digits and NUL */
struct order {
	int64_t		 id;
	char		 no[ORDER_NO];		/* YYYYMMDD and 12 random digits */
	int64_t		 account;
	char		 product[32], op[16];	/* op: new, or one of ops.def */
	char		 replaces[48];		/* serial of the certificate renewed, "" */
	char		 concerns[48];		/* … of the one that stays (unlock), "" */
	enum order_state state, was;		/* was: as loaded, for compare-and-set */
	int64_t		 version;		/* grows with each change */
	json_t		*form;			/* values of the product's form; {} before */
	json_t		*steps;			/* {"agreement": time done, …} */
	json_t		*collection;		/* {"way","receiver","phone","address"}, "paid_by"
						   (channel), "pin_bank","pin_account" */
	char		 user_name[16];		/* the certificate's user name, "" before */
	char		 subject[256];		/* unit or person, for lists */
	int		 years;			/* 0 before the form */
	int64_t		 amount;		/* fen, 0 before the form */
	int64_t		 seal_fen;		/* of it, for the electronic seal */
	int64_t		 paid;			/* fen received and kept */
	int64_t		 reviewer, maker;	/* staff ids, 0 none */
	int64_t		 claimed;		/* when the reviewer took it */
	int64_t		 created, updated, submitted, decided, done;	/* 0: not yet */
	bool		 quiet;			/* not stored: its notices are told for a whole bundle */
	const struct def_product *def;		/* borrowed from the definition */
};
void		order_release(struct order *o);		/* of a zeroed struct: no-op */

/* For other files of the hall: inside a transaction. */
NODISCARD int	order_load(struct db *db, const struct hall *h, const char *no,
		    struct order *o, struct err *err);
NODISCARD int	order_load_id(struct db *db, const struct hall *h, int64_t id,
		    struct order *o, struct err *err);
/* The account's own; desks that work on orders and the system may see all. */
bool		order_is_theirs(const struct who *who, const struct order *o);
/* ERR_NOT_FOUND unless it is theirs. */
NODISCARD int	order_load_mine(struct db *db, const struct hall *h, const struct who *who,
		    const char *no, struct order *o, struct err *err);
/* Save all fields by compare-and-set; ERR_CONFLICT when somebody was first. o is updated. */
NODISCARD int	order_save(struct db *db, const struct hall *h, struct order *o,
		    struct err *err);
/* It is as it was read, and stays so until the transaction ends; ERR_CONFLICT else.  For what is
 * decided by its state and written elsewhere. */
NODISCARD int	order_hold(struct db *db, const struct order *o, struct err *err);
/* Move by an event, with order_event and journal; ERR_WRONG_STATE with a sentence. */
NODISCARD int	order_move(struct db *db, const struct hall *h, const struct who *who,
		    struct order *o, enum order_event event, const char *note,
		    struct err *err);
/* An event that moves nothing ("material", "paid"). */
NODISCARD int	order_note(struct db *db, const struct hall *h, const struct who *who,
		    const struct order *o, const char *what, const char *note,
		    struct err *err);
/* May the applicant still change the form, the materials, cancel?  What is approved and not yet
 * issued only the system cancels (yinxin order cancel). */
bool		order_may_edit(const struct order *o);
bool		order_may_change_material(const struct order *o);
bool		order_may_cancel(const struct order *o);
/* It is the applicant's turn: steps of the application are open. */
bool		order_may_continue(const struct order *o);
/* Money may come for it: before review, to be mended, or reviewed and not paid yet. */
bool		order_may_pay(const struct order *o);

/* ---- for pages ---- */

/* Begin an application; an untouched draft of the same product is given again. */
NODISCARD int	order_create(struct hall *h, const struct who *who, const char *product,
		    char no[ORDER_NO], struct err *err);
/* 类似申请: a new draft with the unit's and agent's data of another order of one's own. */
NODISCARD int	order_copy(struct hall *h, const struct who *who, const char *from,
		    char no[ORDER_NO], struct err *err);
NODISCARD int	order_cancel(struct hall *h, const struct who *who, const char *no,
		    const char *reason, struct err *err);
/* After a return: everything mended, back to review. */
NODISCARD int	order_resubmit(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
/* The applicant has the key that was shipped. */
NODISCARD int	order_received(struct hall *h, const struct who *who, const char *no,
		    struct err *err);

/*
 * Lists. tab: "open" (正在办理的制作申请) "other" "fetch" (可下载) "done" "cancelled" "pay"
 * "material" "voucher" "all"; query: {"subject","no","product","state","op" (new, or one of
 * ops.def),"pay" (paid|owed|free),"page"} all optional; values that are none look for any.
 * {"tab","rows":[{"no","subject","user_name","op","op_text","product","product_title","mail",
 *  "template","created","state","state_text","step","next","amount","paid"(bool)}],
 *  "total","page","pages","has_next","has_prev"}; the account's own, the system sees all
 */
NODISCARD int	order_list(struct hall *h, const struct who *who, const char *tab,
		    const json_t *query, json_t **model, struct err *err);
/* NAV-04: {"open","returned","fetch","soft" (of those in fetch),"certificates","expiring"} numbers. */
NODISCARD int	order_counters(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
/*
 * One order: the list row's fields and {"version","years","ends","form":{…} (own data in
 * clear), "collection":{…},"progress":[…] (steps.h),"events":[{"time","text","note"}],
 * "materials":[…],"trades":[…],"deliveries":[…],"certificates":[…],
 * "old" (serial of the certificate it replaces or concerns),"old_text","pin_text","has_pin_sent","pin_sent":{"phone","time"},"return"?:{"time","reasons":
 * [{"target","target_text","code","text"}]},"may_edit","may_cancel","may_copy","may_batch","may_print",
 * "may_materials","may_pay","may_fetch","may_resubmit","may_receive"}
 */
NODISCARD int	order_view(struct hall *h, const struct who *who, const char *no,
		    json_t **model, struct err *err);
/*
 * Status without signing in: in {"no","mobile","code"} (CODE_QUERY sent to the mobile).  "no" is
 * the order's number: then that order; or the unified code or identity number: {"by_document":
 * true}.  "orders": all (others) of that subject that this phone handles, masked.  Each order: the
 * list row's fields and "events","pin_text","has_pin_sent","pin_sent","deliveries","invoices",
 * "may_enter" (the order's account has this phone),"may_continue".  "ticket": for order_enter.h.
 */
NODISCARD int	order_status(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, json_t **model, struct err *err);
/*
 * Certificates of an account. tab: "good" "frozen" "ended".
 * {"rows":[{"order","subject","user_name","template","serial","not_before","not_after",
 *  "state_text","expiring"}]}
 */
NODISCARD int	certificate_list(struct hall *h, const struct who *who, const char *tab,
		    json_t **model, struct err *err);
#endif
