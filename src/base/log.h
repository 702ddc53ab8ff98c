#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/err.h"
/*
 * The log: one JSON object a line on standard error (the supervisor collects it).
 * Phone numbers, ID numbers and mail addresses in any value are masked on the way out.
 * The request id set by log_request() appears in each line of the thread.  Long values are cut,
 * control characters replaced: no value can lose or break its line.
 */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void	log_init(const char *process, enum log_level min);	/* "web", "signer", … */
void	log_request(const char *id);		/* thread-local; copied; NULL or "" ends it */
const char *log_request_id(void);		/* "" outside a request */
void	log_to(int fd);				/* another descriptor, for tests */

/*
 * A line is an event name and typed fields:
 *   log_kv(LOG_INFO, "order.paid", LOG_S("order", no), LOG_I("fen", fen));
 */
struct log_field {
	const char	*key;
	const char	*text;		/* NULL: the number counts */
	int64_t		 number;
	bool		 whole;		/* never masked: digests and serials of ours, which an
					   auditor compares and no person is named by */
};
#define LOG_S(k, v)	((struct log_field){.key = (k), .text = (v)})
#define LOG_X(k, v)	((struct log_field){.key = (k), .text = (v), .whole = true})
#define LOG_I(k, v)	((struct log_field){.key = (k), .number = (v)})
#define log_kv(level, event, ...) \
	log_fields((level), (event), (struct log_field[]){__VA_ARGS__ __VA_OPT__(,) {0}})
void	log_fields(enum log_level level, const char *event, const struct log_field *fields);

/* The one line about an error at the top of a request or job; level from its kind. */
void	log_err(const char *event, const struct err *err);
#endif
