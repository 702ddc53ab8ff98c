#ifndef VA_CLOCK_TRUST_H
#define VA_CLOCK_TRUST_H
#include "base/err.h"
/*
 * Is the wall clock good enough for time stamps?  Not when it was set (it left the steady clock
 * by more than the allowed drift since we began), nor when it stands before a stamp that was
 * given, nor (when wanted) while the kernel calls it unsynchronised.  A clock that was set is
 * trusted again only after a new start: an operator has looked then.
 */
struct clock_trust {
	int64_t	 offset;		/* wall - steady, at the beginning; ms */
	int64_t	 drift;			/* allowed, ms */
	int64_t	 last;			/* latest time stamped, ms; 0: none */
	bool	 need_sync;
	bool	 jumped;
	/* Replaceable in tests: wall clock, steady clock, kernel's word (true: synchronised). */
	int64_t	 (*wall)(void), (*steady)(void);
	bool	 (*synchronised)(void);
};

void		clock_trust_begin(struct clock_trust *t, int64_t drift, bool need_sync,
		    int64_t last);
/* The same question alone: nothing is remembered. */
bool		clock_trust_is_good(const struct clock_trust *t);
/* The time to stamp, and remembers it; ERR_WRONG_STATE says why the clock is not trusted. */
NODISCARD int	clock_trust_now(struct clock_trust *t, int64_t *now, struct err *err);
#endif
