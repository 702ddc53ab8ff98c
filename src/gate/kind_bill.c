#include "base/base.h"
#include "gate/work.h"
#include "base/clock.h"
#include "base/conf.h"
#include "store/store.h"

/* Yesterday's bills of the payment channels, for reconciliation. */

#define BILL_DAYS	3	/* so many days back are still asked for */

static enum verdict
bill_call(const struct job *job, struct job_result *out, struct reply *r)
{
	const struct pay_provider	*p = pay_by_name(js_str(job->payload, "channel"));

	return p->bill(js_str(job->payload, "date"), &out->bill, r);
}

int
bill_deliver_as(const struct gate *g, struct db *db, const char *channel, const struct job *job,
    enum job_end end, const struct job_result *result, const struct reply *r, struct err *err)
{
	struct bill_fact	 fact = {.channel = channel,
		.date = js_str(job->payload, "date"), .ok = end == JOB_DONE,
		.row = result->bill.row, .n = end == JOB_DONE ? result->bill.n : 0,
		.detail = end == JOB_DONE ? "" : r->detail};

	if (clock_parse_date(fact.date, &fact.from) < 0)
		return err_set(err, ERR_INPUT, "%.20s is no day", fact.date);
	fact.to = fact.from + CLOCK_DAY;
	return g->sink->bill == NULL ? 0 : g->sink->bill(db, &fact, err);
}

static int
bill_deliver(const struct gate *g, struct db *db, const struct job *job, enum job_end end,
    const struct job_result *result, const struct reply *r, struct err *err)
{
	return bill_deliver_as(g, db, js_str(job->payload, "channel"), job, end, result, r, err);
}

const struct kind	 kinds_bill[] = {
	{
		.name = "pay.bill", .need = {"channel", "date"},
		.max_attempts = 12, .base = CLOCK_MINUTE, .cap = CLOCK_HOUR,
		.life = 2 * CLOCK_DAY, .repeatable = true, .by_hand = true,
		.call = bill_call, .deliver = bill_deliver,
	},
	{0}
};

struct schedule {
	const struct gate	*gate;
	const char		*channel;	/* "bank": the statement of our account */
	int64_t			 now;
};

static int
bill_schedule_day(struct schedule *s, struct db *db, int day, struct err *err)
{
	bool	 bank = strcmp(s->channel, "bank") == 0;
	char	 date[CLOCK_TEXT], key[96];
	json_t	*payload;
	int64_t	 from, at;
	int	 rc;

	clock_date(s->now - day * CLOCK_DAY, date);
	if (clock_parse_date(date, &from) < 0)
		return 0;
	at = MAX(from + CLOCK_DAY + conf_int("gate.bill_hour") * CLOCK_HOUR, s->now);
	snprintf(key, sizeof(key), "auto:bill:%s:%s", s->channel, date);
	payload = json_pack("{s:s,s:s}", "channel", s->channel, "date", date);
	rc = outbox_put_at(db, s->gate->seal, bank ? "bank.statement" : "pay.bill", key, payload,
	    at, false, err);
	json_decref(payload);
	return rc;
}

static int
bill_schedule_write(struct db *db, void *arg, struct err *err)
{
	int	 rc = 0;

	for (int day = 1; day <= BILL_DAYS && rc == 0; day++)
		rc = bill_schedule_day(arg, db, day, err);
	return rc;
}

/* Each channel for itself. */
static bool
bill_schedule_channel(struct gate *g, const char *channel, int64_t now)
{
	struct schedule	 s = {.gate = g, .channel = channel, .now = now};
	struct err	 err = {0};

	if (store_write(g->store, bill_schedule_write, &s, &err) == 0)
		return true;
	gate_failed(g, "bill_", channel, &err);
	return false;
}

/* Rows that are there already are not put twice: when one channel failed all are tried again. */
void
bill_schedule(struct gate *g)
{
	int64_t	 now = clock_now();
	char	 today[CLOCK_TEXT];
	bool	 all = true;

	clock_date(now, today);
	if (strcmp(today, g->billed) == 0)
		return;
	for (size_t i = 0; pay_providers[i] != NULL; i++)
		all &= bill_schedule_channel(g, pay_providers[i]->name, now);
	if (bank_provider() != NULL)
		all &= bill_schedule_channel(g, "bank", now);
	if (all)
		snprintf(g->billed, sizeof(g->billed), "%s", today);
}
