#include "base/base.h"
#include "gate/work.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
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
	int64_t			 now;
};

/* Of one channel and day; channel "bank" is the statement of our account. */
static int
bill_schedule_one(struct schedule *s, struct db *db, const char *channel, int day,
    struct err *err)
{
	bool	 bank = strcmp(channel, "bank") == 0;
	char	 date[CLOCK_TEXT], key[96];
	json_t	*payload;
	int64_t	 from, at;
	int	 rc;

	clock_date(s->now - day * CLOCK_DAY, date);
	if (clock_parse_date(date, &from) < 0)
		return 0;
	at = MAX(from + CLOCK_DAY + conf_int("gate.bill_hour") * CLOCK_HOUR, s->now);
	snprintf(key, sizeof(key), "auto:bill:%s:%s", channel, date);
	payload = json_pack("{s:s,s:s}", "channel", channel, "date", date);
	rc = outbox_put_at(db, s->gate->seal, bank ? "bank.statement" : "pay.bill", key, payload,
	    at, false, err);
	json_decref(payload);
	return rc;
}

static int
bill_schedule_write(struct db *db, void *arg, struct err *err)
{
	struct schedule	*s = arg;
	int		 rc = 0;

	for (int day = 1; day <= BILL_DAYS && rc == 0; day++) {
		for (size_t i = 0; pay_providers[i] != NULL && rc == 0; i++)
			rc = bill_schedule_one(s, db, pay_providers[i]->name, day, err);
		if (rc == 0 && bank_provider() != NULL)
			rc = bill_schedule_one(s, db, "bank", day, err);
	}
	return rc;
}

void
bill_schedule(struct gate *g)
{
	struct schedule	 s = {g, clock_now()};
	struct err	 err = {0};
	char		 today[CLOCK_TEXT];

	clock_date(s.now, today);
	if (strcmp(today, g->billed) == 0)
		return;
	if (store_write(g->store, bill_schedule_write, &s, &err) < 0)
		log_err("gate.bill", &err);
	else
		snprintf(g->billed, sizeof(g->billed), "%s", today);
}
