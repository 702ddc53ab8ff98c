#ifndef GATE_REPLY_H
#define GATE_REPLY_H
#include "base/buf.h"
/* How a call outside ended, as the outbox needs to know it. */
enum verdict {
	REPLY_DONE,	/* a trustworthy answer: it happened, or what was asked is known */
	REPLY_PENDING,	/* accepted, the end is not known yet: ask again */
	REPLY_REFUSED,	/* a trustworthy no: asking again gives the same */
	REPLY_RETRY,	/* it certainly did not happen: asking again is safe for anything */
	REPLY_UNKNOWN,	/* nobody knows whether it happened: only repeatable calls go on */
};

struct reply {
	char	 code[96];		/* the provider's */
	char	 detail[400];		/* for operators: log and last_error */
	char	 provider_no[96];	/* the provider's number for what was done */
	int64_t	 not_before;		/* clock_now() from which a retry makes sense, or 0 */
};

/* Fill code and detail; gives verdict, so that `return reply_set(…)` reads well. */
enum verdict	reply_set(struct reply *r, enum verdict verdict, const char *code,
		    const char *fmt, ...) PRINTF(4, 5);
/* From an error of ours (a key that cannot be read …): RETRY, nothing was sent. */
enum verdict	reply_err(struct reply *r, const struct err *err);
const char	*verdict_name(enum verdict verdict);
#endif
