#ifndef GATE_CALL_H
#define GATE_CALL_H
#include "base/json.h"
#include "gate/reply.h"
/*
 * One HTTP request to a provider, behind a circuit breaker per provider and API: after five
 * failures in a row (no connection, time-out, 5xx; never a business "no") calls are refused
 * at once for 30 s, then one is let through to try.
 */
struct call {
	const char		*provider, *api;	/* names for breaker and log */
	const char		*method, *url;
	const char *const	*headers;	/* "Name: value", ends with NULL */
	const void		*body;
	size_t			 len;
	int64_t			 timeout_ms;	/* for all of it */
	size_t			 max_answer;	/* bytes; 0: LIMIT_JSON */
	bool			 public_only;	/* connects to no private address */
};

struct call_answer {
	int		 status;
	json_t		*headers;	/* lower-case names */
	struct buf	 body;
};
void	call_answer_init(struct call_answer *a);
void	call_answer_free(struct call_answer *a);

/*
 * DONE: an answer of 2xx to 4xx is in a (whatever it says).  RETRY: not sent, breaker open, or
 * 429.  UNKNOWN: time-out, broken connection or 5xx.
 */
enum verdict	call_http(const struct call *c, struct call_answer *a, struct reply *r);

/* For calls that are no HTTP (mail): ask before, tell after. */
bool		breaker_allows(const char *provider, const char *api, int64_t *open_until);
void		breaker_tell(const char *provider, const char *api, bool ok);
int		breaker_open_count(void);
void		breaker_reset(void);		/* for tests */
#endif
