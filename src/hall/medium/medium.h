#ifndef HALL_MEDIUM_H
#define HALL_MEDIUM_H
#include "hall/order/order.h"
/*
 * UKeys: which pair went into which one, by the device's own serial number, told by the
 * assistant when the pair is made.  States and the events that move them stand in
 * medium_state.def; each move is a line of the UKey's history.  One that never was in stock
 * (stock.h) is the applicant's own: taken, unless the hall's stock is strict and staff write it.
 *
 * A UKey belongs to the account whose pair was written into it first, until it is released
 * (stock.h); this is what keeps somebody else from having it unlocked.  It holds the lasting certificate of one order, and of
 * those that this one renews or changes, which are written into no other one.
 *
 * Not checked: that the serial number is true.  Nobody gains by a false one: a UKey that is
 * known already is refused, of an unknown one only the own unlocking fails.
 */
#define MEDIUM_SERIAL	33		/* longest serial number and a NUL */
#define MEDIUM_BATCH	41		/* longest name of a batch, or of a kind, and a NUL */

enum medium_state {
#define STATE(id, name, text)	id,
#include "hall/medium/medium_state.def"
	MEDIUM__MAX
};
enum medium_event {
	MEDIUM_NONE, MEDIUM_WRITE, MEDIUM_LOCK, MEDIUM_UNLOCK, MEDIUM_LOSE, MEDIUM_REPLACE,
	MEDIUM_SCRAP, MEDIUM_EVENT__MAX
};
struct medium {
	char			 serial[MEDIUM_SERIAL];
	char			 batch[MEDIUM_BATCH];	/* "": the applicant's own */
	char			 kind[MEDIUM_BATCH];	/* maker and model, "" unknown */
	enum medium_state	 state;
	int64_t			 account;		/* whose, 0: nobody's yet */
	int64_t			 order;			/* whose pair is in it, the newest; 0 */
	int64_t			 received, issued;	/* issued: 0 not yet */
};

const char	*medium_state_name(enum medium_state s);
const char	*medium_state_text(enum medium_state s);
/* Of an event's name, "received", "bound" or "released", Chinese. */
const char	*medium_event_text(const char *what);
/* Where this event leads from here; MEDIUM__MAX when nowhere. */
enum medium_state medium_next(enum medium_state from, enum medium_event event);

bool		medium_is_serial(const char *serial);
/* ERR_NOT_FOUND.  Inside a read. */
NODISCARD int	medium_load(struct db *db, const char *serial, struct medium *m, struct err *err);
void		medium_from_row(struct rows *rows, struct medium *m);	/* of medium_get */
/* The certificate of an order lasts: serial gets it, else "". */
NODISCARD int	medium_lasting(struct db *db, int64_t order, char serial[48], struct err *err);

/* ---- inside a write ---- */

/*
 * The order's pair goes into this UKey (of two orders at once one finds it free; "": not told, nothing is noted).  A UKey taken for it
 * before, with nothing written, is free again.  ERR_CONFLICT with a sentence when it is
 * somebody else's or holds another lasting certificate, ERR_WRONG_STATE when it is out of use.
 */
NODISCARD int	medium_bind(struct db *db, const struct hall *h, const struct who *who,
		    const struct order *o, const char *serial, struct err *err);
/* The order is given up before anything was written: its UKey is free. */
NODISCARD int	medium_free(struct db *db, const struct order *o, struct err *err);
/* Something happened to the UKey that holds the pair of this order; where the event does not
 * lead anywhere from its state, or no UKey is known, nothing does. */
NODISCARD int	medium_of_order_move(struct db *db, const struct who *who, int64_t order,
		    enum medium_event event, const char *note, struct err *err);
/* … to the UKey of the certificate that this order concerns (unlock), if it does one. */
NODISCARD int	medium_concerned_move(struct db *db, const struct who *who, const struct order *o,
		    enum medium_event event, struct err *err);
NODISCARD int	medium_move(struct db *db, const struct who *who, struct medium *m,
		    enum medium_event event, int64_t order, const char *note, struct err *err);
NODISCARD int	medium_note(struct db *db, const struct who *who, const struct medium *m,
		    const char *what, int64_t order, const char *note, struct err *err);

/* Where the pair of an order is; "" when that was never told, or the UKey is another
 * account's by now.  Inside a read. */
NODISCARD int	medium_of_order(struct db *db, int64_t order, char serial[MEDIUM_SERIAL],
		    struct err *err);
/* The UKey that a renewal or change must go into; "" any.  Inside a read. */
NODISCARD int	medium_of_replaced(struct db *db, const struct order *o,
		    char serial[MEDIUM_SERIAL], struct err *err);
/* When the UKey that holds the pair of an order was issued; 0 unknown.  Inside a read. */
NODISCARD int	medium_issued(struct db *db, int64_t order, int64_t *issued, struct err *err);
#endif
