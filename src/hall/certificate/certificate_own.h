#ifndef HALL_CERTIFICATE_OWN_H
#define HALL_CERTIFICATE_OWN_H
#include "hall/act.h"
#include "pki/cert.h"
/* Between the files of a certificate's page. */

/* The hall's row of a certificate. */
struct certificate {
	int64_t	 account, order_id, not_before, not_after;
	char	 serial[48], subject[256], state[16], no[ORDER_NO];
	struct cert *cert;			/* owned; NULL in a zeroed one */
};
/* a->name is its serial: the holder's own; reviewers and the system see all.  ERR_NOT_FOUND. */
NODISCARD int	certificate_load(struct db *db, const struct act *a, struct certificate *c,
		    struct err *err);

/*
 * "chain": [{"subject","serial","ends","status" (good|held|revoked|expired|unknown),"status_text",
 * "role_text"}] from the certificate up to the root, "chain_whole" (the root was reached), and
 * "ocsp","ocsp_text","asked": what the validation service said of the certificate, and when.  Each
 * link is asked there now; a service that does not answer leaves "unknown", never the page.
 */
void		certificate_chain(struct hall *h, const struct certificate *c, bool held,
		    json_t *model);
/* The certificates above c, DER one behind the other, c itself left out. */
void		certificate_above(const struct cert *c, struct buf *der);

/*
 * "acts": [{"time","what","text","by" (holder|service|system),"who","note","order"}], the newest
 * first, at most 200: what happened to it, from its own order, those that replaced it or were about
 * it, and the reminders.
 */
NODISCARD int	certificate_acts(struct db *db, const struct certificate *c, json_t *model,
		    struct err *err);

/* ---- the bar of its validity ---- */

/* Places on a bar of 1000 that begins with the certificate and ends with the renewal window. */
struct validity_bar {
	int	 end;			/* the certificate ends */
	int	 from;			/* it may be renewed from here to the end of the bar; -1: never */
	int	 today;
	int64_t	 renew_from, renew_until;	/* 0: never */
};
void		validity_bar(int64_t not_before, int64_t not_after, int before_days,
		    int after_days, int64_t now, struct validity_bar *bar);
#endif
