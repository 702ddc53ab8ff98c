#ifndef GATE_WORK_H
#define GATE_WORK_H
#include "base/clock.h"
#include "gate/bank.h"
#include "gate/express.h"
#include "gate/gate.h"
#include "gate/ident.h"
#include "gate/invoice.h"
#include "gate/message.h"
#include "gate/oidc.h"
#include "gate/pay.h"
#include <pthread.h>
#include <stdatomic.h>
/*
 * Inside the gate process: rows of the outbox, the kinds of request, the workers.
 *
 * A row is claimed with a lease, the provider is called outside any transaction, then one
 * transaction records the end and delivers the facts.  A crash between leaves the row to its
 * lease: repeatable kinds are asked again, an SMS becomes `unknown`.  The lease is short; while a
 * worker has the row in hand it is renewed, however slow the provider is.
 */
enum gate_counter { GATE_SENT, GATE_FAILED, GATE_UNKNOWN, GATE_DEAD, GATE_NOTIFY_OK,
	GATE_NOTIFY_DUPLICATE, GATE_NOTIFY_REFUSED, GATE_COUNTER__MAX };

/* What the reaper does besides: each part for itself, and how often it failed. */
#define GATE_PARTS	32
struct gate_part_count {
	char		 name[32];	/* "tick_petitions", "bill_alipay" */
	atomic_llong	 failed;
};

struct gate {
	struct store		*store;		/* borrowed */
	const struct seal	*seal;		/* borrowed */
	const struct gate_sink	*sink;		/* borrowed */
	atomic_llong		 counters[GATE_COUNTER__MAX];
	pthread_mutex_t		 lock;		/* of pokes and stop */
	pthread_cond_t		 wake;
	unsigned int		 pokes;		/* each waiter remembers what it has seen */
	bool			 stop;
	pthread_t		 threads[32];
	int			 n_threads;
	int64_t			 ticked;		/* when the next tick is due; reaper only */
	char			 billed[CLOCK_TEXT];	/* day whose bills were scheduled; reaper only */
	struct gate_part_count	 parts[GATE_PARTS];	/* filled by gate_init */
	size_t			 n_parts;
	pthread_mutex_t		 hands_lock;	/* of hands and the leases of what is in it */
	struct job		*hands;		/* what the workers have in hand */
};

/* A claimed row. */
struct job {
	int64_t			 id;
	int64_t			 lease_until;	/* proves that the claim is still ours */
	const struct kind	*kind;
	char			*idem_key;
	char			*ref;
	json_t			*payload;
	int64_t			 attempts;	/* with this one */
	int64_t			 created;
	int64_t			 since;		/* clock_steady when it was taken in hand */
	bool			 renewed;	/* just now; false: hangs, or the lease was lost */
	struct job		*next;		/* in hand */
	const struct gate_sink	*sink;		/* borrowed */
};

/* How a row ends. */
enum job_end { JOB_DONE, JOB_REFUSED, JOB_UNKNOWN, JOB_DEAD };

/* What the call brought; which member counts depends on the kind. */
struct job_result {
	struct pay_answer	 pay;
	struct ident_answer	 ident;
	struct bank_answer	 bank;
	struct bill		 bill;		/* freed by gate_work */
	struct invoice_answer	 invoice;	/* its file too */
	struct express_answer	 express;
	struct oidc_answer	 oidc;		/* freed by gate_work */
};

struct kind {
	const char	*name;
	const char	*ref;		/* field that becomes the row's ref, or NULL */
	const char	*need[8];	/* text fields that must be there and not empty */
	int		 max_attempts;	/* then dead */
	int64_t		 base, cap;	/* back-off: doubled from base to cap, with jitter */
	const int64_t	*steps;		/* or: the delay after each attempt, with jitter; NULL: none */
	size_t		 n_steps;
	int64_t		 life;		/* dead when older; a field "expires" comes before */
	bool		 repeatable;	/* may be asked again when the end is unknown */
	bool		 by_hand;	/* may be taken up again by a person when given up */
	/* Outside transactions; an answer DONE fills out. */
	enum verdict	(*call)(const struct job *job, struct job_result *out, struct reply *r);
	/* Inside: deliver facts and put further rows. NULL members of the sink: dropped. */
	int		(*deliver)(const struct gate *g, struct db *db, const struct job *job,
			    enum job_end end, const struct job_result *result,
			    const struct reply *r, struct err *err);
};
extern const struct kind	 kinds_message[], kinds_pay[], kinds_ident[],
				 kinds_bill[], kinds_invoice[], kinds_express[],
				 kinds_webhook[], kinds_bank[], kinds_platform[]; /* end: name NULL */
const struct kind		*kind_by_name(const char *name);

/* As outbox_put, at a time and perhaps by gate itself (automatic rows end with their trade). */
NODISCARD int	outbox_put_at(struct db *db, const struct seal *seal, const char *kind,
		    const char *idem_key, const json_t *payload, int64_t at, bool automatic,
		    struct err *err);
/* The payload of the newest row with this ref and kind.  ERR_NOT_FOUND. */
NODISCARD int	outbox_payload(struct db *db, const struct seal *seal, const char *ref,
		    const char *kind, json_t **payload, struct err *err);
/* The payload in this column, opened. */
struct rows;
NODISCARD int	outbox_open(const struct seal *seal, struct rows *rows, int col,
		    json_t **payload, struct err *err);
/* Claim the next due row; *job NULL when there is none. */
NODISCARD int	outbox_claim(struct gate *g, struct job **job, struct err *err);
/* Record the end (or another try) of a claimed row and deliver its facts. */
NODISCARD int	outbox_finish(struct gate *g, const struct job *job, enum verdict verdict,
		    const struct job_result *result, const struct reply *r, struct err *err);
/* The worker begins with a row and has done with it: between, outbox_reap renews its lease. */
void		outbox_take(struct gate *g, struct job *job);
void		outbox_leave(struct gate *g, struct job *job);
/* Rows whose worker died: asked again, or ended.  all: at the start, when every row under
 * lease is one (there is one gate process for a store).  Nothing is reaped when the leases of
 * what is in hand could not be renewed. */
NODISCARD int	outbox_reap(struct gate *g, bool all, struct err *err);
void		job_free(struct job *job);		/* NULL: no-op */

/* Queue the bills of the last days, once a day; to be called now and then. */
void		bill_schedule(struct gate *g);
/* The hall's own minute, each part in a transaction of its own. */
void		gate_tick(struct gate *g);
/* Make the parts' counters. */
void		gate_parts(struct gate *g);
/* A part failed: logged as gate.part and counted; the others go on. */
void		gate_failed(struct gate *g, const char *prefix, const char *name,
		    const struct err *err);
/* "tick_petitions_failed_total" and so on. */
void		gate_count_parts(struct gate *g, json_t *out);
/* Deliver what a channel booked on the day of the job, or that no bill was to be had. */
NODISCARD int	bill_deliver_as(const struct gate *g, struct db *db, const char *channel,
		    const struct job *job, enum job_end end, const struct job_result *result,
		    const struct reply *r, struct err *err);

/* Ask the courier about the waybills of a push that are ours. */
NODISCARD int	express_ask(const struct gate *g, struct db *db, const json_t *waybills,
		    struct err *err);

/* Deliver what is known of a trade, comparing the amount with the one asked for. */
NODISCARD int	pay_deliver(const struct gate *g, struct db *db, const char *channel,
		    const struct pay_answer *a, enum fact_source source, struct err *err);
NODISCARD int	refund_deliver(const struct gate *g, struct db *db, const char *channel,
		    const struct pay_answer *a, const struct reply *r, enum fact_source source,
		    struct err *err);

void		gate_init(struct gate *g, struct store *store, const struct seal *seal,
		    const struct gate_sink *sink);
void		gate_count(struct gate *g, enum gate_counter c);
/* Work one due row; *worked false when there was none.  For the threads, and for tests. */
NODISCARD int	gate_work(struct gate *g, bool *worked, struct err *err);
NODISCARD int	gate_start(struct gate *g, int threads, struct err *err);
void		gate_wake(struct gate *g);
void		gate_stop(struct gate *g);		/* waits for the threads */
/* Answer one notification: always fills answer. */
void		notify_take(struct gate *g, const char *channel, const json_t *headers,
		    const void *body, size_t len, struct gate_answer *answer);
/* Numbers of the counters and of waiting rows. */
NODISCARD int	gate_count_all(struct gate *g, json_t *out, struct err *err);
#endif
