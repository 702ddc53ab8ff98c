#include "base/base.h"
#include "hall/certificate/reminder.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/def/halldef.h"
#include "hall/hall_own.h"
#include "hall/medium/words.h"
#include "hall/notice.h"
#include "hall/order/order_row.h"
#include "hall/sealed.h"
#include "store/seal.h"

#define REMINDER_BATCH	100
#define REMINDER_NAMED	20		/* certificates named in one mail */
#define REMINDER_LIST	(8 * 1024)
#define REMINDER_FROM	9		/* o'clock, China */
#define REMINDER_UNTIL	20
#define REMINDER_MARK	32		/* hex digits of the keyed digest */

void
reminder_token(const struct hall *h, const char *serial, char token[REMINDER_TOKEN])
{
	char	hex[SEAL_DIGEST];

	seal_digest(hall_seal(h), "renewal link", serial, hex);
	(void)snprintf(token, REMINDER_TOKEN, "%.40s-%.*s", serial, REMINDER_MARK, hex);
}

struct due {
	char	 serial[48], mobile[32], subject[256];
	int64_t	 order, not_after, account;
	int	 days;				/* the stage */
};

static int
reminder_tell(struct db *db, struct hall *h, const struct due *due, int64_t now, struct err *err)
{
	struct order	 o = { .id = 0 };
	json_t		*v = NULL;
	char		 token[REMINDER_TOKEN], day[CLOCK_TEXT], *url = NULL;
	int		 rc = order_load_id(db, h, due->order, &o, err);

	if (rc < 0)
		return -1;
	reminder_token(h, due->serial, token);
	url = xasprintf("%s/renewal/%s", conf_str("web.public_url"), token);
	v = json_pack("{s:s, s:s}", "url", url, "date", clock_date(due->not_after, day));
	rc = notice_order(db, h, &o, due->not_after > now ? "expiring" : "expired", v, err);
	free(url);
	json_decref(v);
	order_release(&o);
	return rc;
}

/* Several at once: one message that leads to the page where all are renewed together. */
static int
reminder_tell_many(struct db *db, struct hall *h, const struct due *due, size_t n, int64_t now,
    struct err *err)
{
	struct order	 o = { .id = 0 };
	struct buf	 list = {0};
	json_t		*v = NULL;
	char		 day[CLOCK_TEXT], mobile[KEYED_TEXT], count[24], *url = NULL;
	int64_t		 first = due[0].not_after, told = 0;
	size_t		 i = 0;
	int		 rc = -1;

	keyed(h, "mobile", due[0].mobile, mobile);
	if (db_run(db, SQL_REMINDER_DAY_ADD, &told, err, DB_INT(due[0].account), DB_TEXT(mobile),
	    DB_TEXT(clock_date(now, day))) < 0)
		return -1;
	if (told == 0)
		return 0;			/* the rest of them: the page shows all */
	buf_init(&list, REMINDER_LIST);
	for (i = 0; i < n; i++) {
		first = MIN(first, due[i].not_after);
		if (i < REMINDER_NAMED)
			buf_addf(&list, "%s%s　%s", i == 0 ? "" : "\n", due[i].subject,
			    clock_date(due[i].not_after, day));
	}
	if (n > REMINDER_NAMED)
		buf_addf(&list, "\n等%zu张", n);
	url = xasprintf("%s/user/renewals", conf_str("web.public_url"));
	(void)snprintf(count, sizeof(count), "%zu", n);
	v = json_pack("{s:s, s:s, s:s, s:s}", "url", url, "date", clock_date(first, day), "count",
	    count, "list", list.p);
	if (order_load_id(db, h, due[0].order, &o, err) == 0)
		rc = notice_order(db, h, &o, "expiring_many", v, err);
	order_release(&o);
	json_decref(v);
	free(url);
	buf_free(&list);
	return rc;
}

/* A reader stays open no longer than it must: rows first, then the messages. */
static int
reminder_due(struct db *db, const struct halldef *d, size_t stage, int64_t now, struct due *due,
    size_t room, size_t *n, struct err *err)
{
	int64_t		 from = stage + 1 < d->n_remind ? d->remind[stage + 1] : -d->renew_after;
	struct rows	*rows = NULL;
	int		 rc = 0;

	*n = 0;
	if (db_query(db, SQL_REMINDER_DUE, &rows, err, DB_INT(now + from * CLOCK_DAY),
	    DB_INT(now + d->remind[stage] * CLOCK_DAY), DB_INT(d->remind[stage]),
	    DB_INT((int64_t)room)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		(void)snprintf(due[*n].serial, sizeof(due->serial), "%s", rows_text(rows, 0));
		due[*n].order = rows_int(rows, 1);
		due[*n].not_after = rows_int(rows, 2);
		due[*n].account = rows_int(rows, 3);
		due[(*n)++].days = d->remind[stage];
	}
	rows_free(rows);
	return rc;
}

/* Whom to tell of it; and that it is told. */
static int
reminder_mark(struct db *db, struct hall *h, struct due *due, int64_t now, struct err *err)
{
	struct order	o = { .id = 0 };

	if (db_run(db, SQL_REMINDER_ADD, NULL, err, DB_TEXT(due->serial), DB_INT(due->days),
	    DB_INT(now)) < 0 || order_load_id(db, h, due->order, &o, err) < 0)
		return -1;
	(void)snprintf(due->mobile, sizeof(due->mobile), "%s", order_mobile(&o));
	(void)snprintf(due->subject, sizeof(due->subject), "%s", o.subject);
	order_release(&o);
	return 0;
}

static int
reminder_by_whom(const void *a, const void *b)
{
	const struct due	*x = a, *y = b;

	if (x->account != y->account)
		return x->account < y->account ? -1 : 1;
	return strcmp(x->mobile, y->mobile);
}

static int
reminder_send(struct db *db, struct hall *h, const struct due *due, size_t n, int64_t now,
    struct err *err)
{
	bool	many = halldef_notice(hall_def(h), "expiring_many") != NULL;
	size_t	i = 0, k = 0;
	int	rc = 0;

	for (i = 0; rc == 0 && i < n; i = k) {
		for (k = i + 1; k < n && many && reminder_by_whom(&due[i], &due[k]) == 0; k++)
			;
		rc = k - i > 1 ? reminder_tell_many(db, h, &due[i], k - i, now, err) :
		    reminder_tell(db, h, &due[i], now, err);
	}
	return rc;
}

/* All stages together, so that who has several to renew hears once; n gets how many were due. */
static int
reminder_batch(struct db *db, struct hall *h, int64_t now, size_t *n, struct err *err)
{
	struct due	*due = xcalloc(REMINDER_BATCH, sizeof(*due));
	size_t		 stage = 0, got = 0, i = 0;
	int		 rc = 0;

	*n = 0;
	for (stage = 0; rc == 0 && stage < hall_def(h)->n_remind && *n < REMINDER_BATCH; stage++) {
		rc = reminder_due(db, hall_def(h), stage, now, due + *n, REMINDER_BATCH - *n,
		    &got, err);
		for (i = 0; rc == 0 && i < got; i++)
			rc = reminder_mark(db, h, &due[*n + i], now, err);
		*n += got;
	}
	if (rc == 0) {
		qsort(due, *n, sizeof(*due), reminder_by_whom);
		rc = reminder_send(db, h, due, *n, now, err);
	}
	free(due);
	return rc;
}

int
reminder_tick(struct db *db, struct hall *h, int64_t now, struct err *err)
{
	char	 text[CLOCK_TEXT];
	int64_t	 day = 0;
	size_t	 n = 0;

	if (clock_parse_date(clock_date(now, text), &day) < 0)
		return err_set(err, ERR_BUG, "no date of today");
	if (now < day + REMINDER_FROM * CLOCK_HOUR || now >= day + REMINDER_UNTIL * CLOCK_HOUR)
		return 0;
	/* What becomes due later today is told tomorrow, with the rest. */
	return reminder_batch(db, h, day + REMINDER_FROM * CLOCK_HOUR, &n, err);
}

static int
reminder_run_batch(struct db *db, struct act *a, struct err *err)
{
	size_t	*n = a->extra;

	return reminder_batch(db, a->h, a->number, n, err);
}

int
reminder_run(struct hall *h, int64_t now, size_t *n, struct err *err)
{
	const struct who	 who = { .system = true, .address = "" };
	size_t			 told = 0;
	struct act		 a = { .h = h, .who = &who, .number = now, .extra = &told };

	*n = 0;
	do {
		if (act_write(&a, reminder_run_batch, err) < 0)
			return -1;
		hall_want_poke(h);
		*n += told;
	} while (told > 0);
	return 0;
}

/* ---- the link ---- */

static int
reminder_view_run(struct db *db, struct act *a, struct err *err)
{
	const struct def_product	*p = NULL;
	struct rows			*rows = NULL;
	struct order			 o = { .id = 0 };
	char				 text[MASK_TEXT], day[CLOCK_TEXT];
	int64_t				 end = 0, now = clock_now();

	if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(a->name)) < 0)
		return -1;
	end = rows_int(rows, 5);
	a->model = json_pack("{s:s, s:s, s:s}", "serial", a->name, "status", rows_text(rows, 7),
	    "not_after", clock_date(end, day));
	js_set_int(a->model, "days_left", end > now ? (end - now) / CLOCK_DAY : 0);
	js_set_bool(a->model, "ended", end <= now);
	js_set_bool(a->model, "is_good", strcmp(rows_text(rows, 7), "good") == 0);
	js_set_bool(a->model, "mine", a->who->account != 0 && a->who->account == rows_int(rows, 0));
	p = halldef_product(hall_def(a->h), rows_text(rows, 9));
	js_set_str(a->model, "product_title", p == NULL ? "" : p->title);
	(void)json_object_set_new(a->model, "words", medium_words_model(
	    medium_words_sold(hall_def(a->h), rows_text(rows, 9))));
	if (order_load_id(db, a->h, rows_int(rows, 1), &o, err) == 0)
		js_set_str(a->model, "subject_masked", o.def->person ? mask_name(o.subject, text) :
		    o.subject);
	rows_free(rows);
	order_release(&o);
	return err->kind == ERR_NONE ? 0 : -1;
}

int
reminder_view(struct hall *h, const struct who *who, const char *token, json_t **model,
    struct err *err)
{
	char		 serial[48], want[REMINDER_TOKEN];
	struct act	 a = { .h = h, .who = who, .name = serial };
	size_t		 len = strcspn(token, "-");

	(void)snprintf(serial, sizeof(serial), "%.*s", len < sizeof(serial) ? (int)len : 0, token);
	reminder_token(h, serial, want);
	if (!secret_equal(token, strlen(token), want, strlen(want)))
		return err_set(err, ERR_NOT_FOUND, "链接不完整或不是本服务网发出的，请登录后从“我的证书”办理更新。");
	return act_model(&a, act_read(&a, reminder_view_run, err), model);
}
