#include "base/base.h"
#include "hall/petition/petition_own.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "hall/account/code.h"
#include "hall/hall_own.h"

/* How a granted petition ends: stopped by the old channel, or carried out. */

#define PETITION_DRAFT		CLOCK_DAY
#define PETITION_BATCH		20		/* at a tick */
#define PETITION_GUESSES	60		/* links tried an hour from one address */

static int
petition_stop_show_run(struct db *db, struct act *a, struct err *err)
{
	struct petition	*p = a->extra;
	char		 text[MASK_TEXT];

	if (petition_load_stop(db, a->h, a->who, a->name, p, err) < 0)
		return -1;
	a->model = petition_model(p);
	js_set_str(a->model, "ref", a->name);
	js_set_str(a->model, "mobile_masked", mask_phone(js_str(p->body, "mobile"), text));
	js_set_bool(a->model, "may_stop", petition_is(p, "waiting"));
	return 0;
}

int
petition_stop_show(struct hall *h, const struct who *who, const char *ref, json_t **model,
    struct err *err)
{
	struct petition	p = {0};
	struct act	a = {.h = h, .who = who, .name = ref, .extra = &p};
	int		rc = -1;

	if (limit_hit_from(h, "petition.stop", who, PETITION_GUESSES, CLOCK_HOUR, err) == 0)
		rc = act_model(&a, act_read(&a, petition_stop_show_run, err), model);
	petition_release(&p);
	return rc;
}

static int
petition_stop_run(struct db *db, struct act *a, struct err *err)
{
	struct petition	*p = a->extra;

	if (petition_load_stop(db, a->h, a->who, a->name, p, err) < 0)
		return -1;
	if (petition_is(p, "stopped"))
		return 0;			/* by another window, or another channel */
	if (!petition_is(p, "waiting"))
		return err_set(err, ERR_WRONG_STATE,
		    "申请当前为“%s”，不能停止；如非本人操作，请立即联系客服。",
		    petition_state_text(p->state));
	if (petition_move(db, a->h, a->who, p, "stopped", "原登记人停止了申请", err) < 0)
		return -1;
	return petition_tell(db, a->h, p, "petition_stopped", NULL, err);
}

int
petition_stop(struct hall *h, const struct who *who, const char *ref, struct err *err)
{
	struct petition	p = {0};
	struct act	a = {.h = h, .who = who, .name = ref, .extra = &p};
	int		rc = act_write(&a, petition_stop_run, err);

	petition_release(&p);
	return rc;
}

/* ---- carrying out ---- */

struct end_job {
	struct hall	*h;
	struct petition	*p;
	struct who	 who;
};

static int
petition_apply_run(struct db *db, void *arg, struct err *err)
{
	struct end_job	*j = arg;

	if (j->p->kind->may(db, j->h, j->p, err) < 0 ||
	    petition_move(db, j->h, &j->who, j->p, "done", NULL, err) < 0)
		return -1;
	return j->p->kind->apply(db, j->h, &j->who, j->p, err);
}

/* What is impossible by now ends refused, with the sentence that says why. */
static int
petition_end_one(struct db *db, struct hall *h, struct petition *p, struct err *err)
{
	struct end_job	j = {.h = h, .p = p, .who = {.system = true, .address = ""}};
	struct err	why = { .kind = ERR_NONE };
	int64_t		version = p->version;

	if (db_nested(db, petition_apply_run, &j, &why) == 0)
		return 0;
	if (why.kind != ERR_WRONG_STATE && why.kind != ERR_CONFLICT && why.kind != ERR_NOT_FOUND) {
		*err = why;
		return -1;
	}
	p->version = version;
	p->ended = 0;
	if (petition_move(db, h, &j.who, p, "refused", why.text, err) < 0)
		return -1;
	return petition_tell(db, h, p, "petition_refused", NULL, err);
}

static int
petition_end_due(struct db *db, struct hall *h, int64_t now, size_t *n, struct err *err)
{
	struct petition	 p = {0};
	struct rows	*rows = NULL;
	int		 rc = 0;

	for (*n = 0; *n < PETITION_BATCH; ++*n) {
		if (db_query(db, SQL_PETITION_DUE, &rows, err, DB_INT(now)) < 0)
			return -1;
		rc = rows_next(rows, err);
		if (rc > 0 && petition_from_row(h, rows, &p, err) < 0)
			rc = -1;
		rows_free(rows);
		rows = NULL;
		if (rc > 0)
			rc = petition_end_one(db, h, &p, err) < 0 ? -1 : 1;
		petition_release(&p);
		if (rc <= 0)
			break;
	}
	return rc < 0 ? -1 : 0;
}

int
petition_tick(struct db *db, struct hall *h, int64_t now, struct err *err)
{
	size_t	n = 0;

	if (db_run(db, SQL_PETITION_EXPIRE, NULL, err, DB_INT(now - PETITION_DRAFT),
	    DB_INT(now), DB_INT(now - PETITION_MEND_DAYS * CLOCK_DAY)) < 0)
		return -1;
	/* Of what was never filed nothing is kept. */
	if (db_run(db, SQL_PETITION_PICTURE_LEAVE_DRAFTS, NULL, err, DB_INT(now)) < 0 ||
	    db_run(db, SQL_PETITION_PICTURE_DROP_DRAFTS, NULL, err) < 0)
		return -1;
	return petition_end_due(db, h, now, &n, err);
}

static int
petition_run_batch(struct db *db, struct act *a, struct err *err)
{
	return petition_end_due(db, a->h, a->number, a->extra, err);
}

int
petition_run(struct hall *h, int64_t now, size_t *n, struct err *err)
{
	const struct who	who = { .system = true, .address = "" };
	size_t			ended = 0;
	struct act		a = { .h = h, .who = &who, .number = now, .extra = &ended };

	*n = 0;
	do {
		if (act_write(&a, petition_run_batch, err) < 0)
			return -1;
		*n += ended;
	} while (ended == PETITION_BATCH);
	return 0;
}
