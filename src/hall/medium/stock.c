#include "base/base.h"
#include "hall/medium/stock.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/journal.h"

static int
stock_need(const struct who *who, struct err *err)
{
	return who->system ? 0 : hall_need_role(who, ROLE_MAKER, err);
}

/* ---- receiving ---- */

static bool
stock_is_serial(const char *s)
{
	size_t	n = strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.");

	return n > 0 && n < MEDIUM_SERIAL && s[n] == '\0';
}

static int
stock_add_one(struct db *db, struct act *a, const char *serial, struct err *err)
{
	struct medium	m;
	int64_t		changed = 0;

	if (!stock_is_serial(serial))
		return err_set(err, ERR_INPUT, "序列号“%.40s”不正确：只能是字母、数字和 - _ .，最多%d位。",
		    serial, MEDIUM_SERIAL - 1);
	if (++a->number > STOCK_BATCH)
		return err_set(err, ERR_INPUT, "一次最多入库%d支，请分批登记。", STOCK_BATCH);
	if (db_run(db, SQL_MEDIUM_ADD, &changed, err, DB_TEXT(serial), DB_INT(0),
	    DB_TEXT(js_str(a->in, "batch")), DB_TEXT(js_str(a->in, "kind")),
	    DB_INT(clock_now())) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_CONFLICT, "序列号%s已经登记过，整批没有入库，请核对。", serial);
	return medium_load(db, serial, &m, err) < 0 ? -1 :
	    medium_note(db, a->who, &m, "received", 0, js_str(a->in, "batch"), err);
}

static int
stock_add_run(struct db *db, struct act *a, struct err *err)
{
	char	*all = xstrdup(js_str(a->in, "serials")), *rest = all, *one = NULL;
	char	 count[24];
	int	 rc = 0;

	a->number = 0;
	while (rc == 0 && (one = strsep(&rest, " ,\t\r\n")) != NULL)
		if (*one != '\0')
			rc = stock_add_one(db, a, one, err);
	free(all);
	if (rc < 0)
		return -1;
	(void)snprintf(count, sizeof(count), "%" PRId64, a->number);
	return hall_journal_add(db, a->who, "medium_received", js_str(a->in, "batch"), count, err);
}

int
stock_add(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    int64_t *added, struct err *err)
{
	struct act	a = { .h = h, .who = who, .in = in };
	const char	*batch = js_str(in, "batch");
	int		 rc = 0;

	if (stock_need(who, err) < 0)
		return -1;
	if (*batch == '\0' || strlen(batch) >= MEDIUM_BATCH)
		rc = hall_field_error(errors, "batch", "批次", err, "请填写批次名称，最多%d个字节。",
		    MEDIUM_BATCH - 1);
	if (strlen(js_str(in, "kind")) >= MEDIUM_BATCH)
		rc = hall_field_error(errors, "kind", "型号", err, "型号最多%d个字节。", MEDIUM_BATCH - 1);
	if (js_str(in, "serials")[strspn(js_str(in, "serials"), " ,\t\r\n")] == '\0')
		rc = hall_field_error(errors, "serials", "序列号", err,
		    "请填写UKey的序列号，一行一个。");
	if (rc < 0)
		return -1;
	rc = act_write(&a, stock_add_run, err);
	*added = a.number;
	return rc < 0 && (err->kind == ERR_INPUT || err->kind == ERR_CONFLICT) ?
	    hall_field_error(errors, "serials", "序列号", err, "%s", err->text) : rc;
}

/* ---- looking ---- */

static const char *
stock_batch_text(const char *batch)
{
	return *batch == '\0' ? "用户自备" : batch;
}

static json_t *
stock_model(const struct act *a, const struct medium *m)
{
	json_t	*j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "serial", m->serial, "batch",
	    m->batch, "batch_text", stock_batch_text(m->batch), "kind", m->kind, "state",
	    medium_state_name(m->state), "state_text", medium_state_text(m->state));
	char	 day[CLOCK_TEXT];

	js_set_time(j, "received", m->received);
	js_set_time(j, "issued", m->issued);
	js_set_str(j, "warranty", m->issued == 0 ? "" : clock_date(m->issued +
	    hall_def(a->h)->warranty_days * CLOCK_DAY, day));
	return j;
}

/* How many of each state: every state has its number. */
static json_t *
stock_counts(void)
{
	json_t	*list = json_array();
	size_t	 i = 0;

	for (i = 0; i < MEDIUM__MAX; i++)
		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:i}", "state",
		    medium_state_name((enum medium_state)i), "state_text",
		    medium_state_text((enum medium_state)i), "count", 0));
	return list;
}

static void
stock_count(json_t *counts, const char *state, int64_t n)
{
	json_t	*c = NULL;
	size_t	 i = 0;

	json_array_foreach(counts, i, c)
		if (strcmp(js_str(c, "state"), state) == 0)
			js_set_int(c, "count", js_int(c, "count", 0) + n);
}

/* The rows come by batch: one object a batch, its states counted in. */
static int
stock_batches(struct db *db, struct act *a, struct err *err)
{
	json_t		*list = json_array(), *all = stock_counts(), *b = NULL;
	struct rows	*rows = NULL;
	const char	*batch = NULL;
	int		 rc = 0;

	(void)json_object_set_new(a->model, "batches", list);
	(void)json_object_set_new(a->model, "states", all);
	if (db_query(db, SQL_MEDIUM_BATCHES, &rows, err) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		batch = rows_text(rows, 0);
		if (b == NULL || strcmp(js_str(b, "batch"), batch) != 0) {
			b = json_pack("{s:s, s:s, s:s, s:i, s:o}", "batch", batch, "batch_text",
			    stock_batch_text(batch), "kind", rows_text(rows, 4), "total", 0,
			    "counts", stock_counts());
			js_set_time(b, "received", rows_int(rows, 2));
			(void)json_array_append_new(list, b);
		}
		js_set_int(b, "total", js_int(b, "total", 0) + rows_int(rows, 3));
		stock_count(json_object_get(b, "counts"), rows_text(rows, 1), rows_int(rows, 3));
		stock_count(all, rows_text(rows, 1), rows_int(rows, 3));
	}
	rows_free(rows);
	js_set_bool(a->model, "has_batches", json_array_size(list) > 0);
	return rc;
}

static int
stock_search(struct db *db, struct act *a, json_t *list, struct err *err)
{
	struct rows	*rows = NULL;
	struct medium	 m;
	int		 rc = 0;

	if (db_query(db, SQL_MEDIUM_SEARCH, &rows, err, DB_TEXT(js_str(a->in, "q")),
	    DB_TEXT(js_str(a->in, "batch")), DB_TEXT(js_str(a->in, "state")),
	    DB_INT(STOCK_ROWS)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		medium_from_row(rows, &m);
		(void)json_array_append_new(list, stock_model(a, &m));
	}
	rows_free(rows);
	return rc;
}

static int
stock_list_run(struct db *db, struct act *a, struct err *err)
{
	json_t	*list = json_array();
	bool	 asked = *js_str(a->in, "q") != '\0' || *js_str(a->in, "batch") != '\0' ||
		     *js_str(a->in, "state") != '\0';

	a->model = json_pack("{s:s, s:b, s:o, s:b}", "q", js_str(a->in, "q"), "asked", asked,
	    "rows", list, "strict", hall_def(a->h)->medium_strict);
	if (stock_batches(db, a, err) < 0 || (asked && stock_search(db, a, list, err) < 0))
		return -1;
	js_set_bool(a->model, "has_rows", json_array_size(list) > 0);
	return 0;
}

int
stock_list(struct hall *h, const struct who *who, const json_t *query, json_t **model,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .in = query };

	if (stock_need(who, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, stock_list_run, err), model);
}

/* ---- one UKey ---- */

static int
stock_load(struct db *db, const char *serial, struct medium *m, struct err *err)
{
	if (medium_load(db, serial, m, err) == 0)
		return 0;
	return err->kind != ERR_NOT_FOUND ? -1 : err_set(err, ERR_NOT_FOUND,
	    "没有登记过这个序列号的UKey，请核对。");
}

static int
stock_events(struct db *db, const char *serial, json_t *model, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *j = NULL;
	int		 rc = 0;

	(void)json_object_set_new(model, "events", list);
	if (db_query(db, SQL_MEDIUM_EVENT_LIST, &rows, err, DB_TEXT(serial)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		j = json_pack("{s:s, s:s, s:s, s:s, s:s}", "what", rows_text(rows, 1), "text",
		    medium_event_text(rows_text(rows, 1)), "note", rows_text(rows, 3), "order",
		    rows_text(rows, 4), "staff", rows_text(rows, 5));
		js_set_time(j, "time", rows_int(rows, 0));
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	return rc;
}

static int
stock_view_run(struct db *db, struct act *a, struct err *err)
{
	struct medium	m;
	struct order	o = { .id = 0 };
	char		lasting[48] = "";
	int		rc = -1;

	if (stock_load(db, a->name, &m, err) < 0)
		return -1;
	a->model = stock_model(a, &m);
	if (m.order != 0 && (order_load_id(db, a->h, m.order, &o, err) < 0 ||
	    medium_lasting(db, m.order, lasting, err) < 0))
		goto out;
	js_set_str(a->model, "order", o.no);
	js_set_str(a->model, "subject", o.subject);
	js_set_str(a->model, "certificate", lasting);
	js_set_bool(a->model, "may_scrap", lasting[0] == '\0' &&
	    medium_next(m.state, MEDIUM_SCRAP) != MEDIUM__MAX &&
	    (m.state != MEDIUM_BLANK || m.order == 0));
	rc = stock_events(db, m.serial, a->model, err);
 out:
	order_release(&o);
	return rc;
}

int
stock_view(struct hall *h, const struct who *who, const char *serial, json_t **model,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = serial };

	if (stock_need(who, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, stock_view_run, err), model);
}

static int
stock_scrap_run(struct db *db, struct act *a, struct err *err)
{
	struct medium	m;
	char		lasting[48] = "";

	if (stock_load(db, js_str(a->in, "serial"), &m, err) < 0 ||
	    (m.state == MEDIUM_ISSUED && medium_lasting(db, m.order, lasting, err) < 0))
		return -1;
	if (medium_next(m.state, MEDIUM_SCRAP) == MEDIUM__MAX)
		return err_set(err, ERR_WRONG_STATE, "这支UKey%s，不能报废。",
		    medium_state_text(m.state));
	if (m.state == MEDIUM_BLANK && m.order != 0)
		return err_set(err, ERR_WRONG_STATE, "这支UKey正用于制证，请先在制证页面放回。");
	if (lasting[0] != '\0')
		return err_set(err, ERR_WRONG_STATE,
		    "这支UKey中的证书还有效，请先为用户补办或撤销，再报废。");
	if (medium_move(db, a->who, &m, MEDIUM_SCRAP, m.order, js_str(a->in, "reason"), err) < 0)
		return -1;
	return hall_journal_add(db, a->who, "medium_scrapped", m.serial,
	    js_str(a->in, "reason"), err);
}

int
stock_scrap(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .in = in };
	size_t		n = utf8_count(js_str(in, "reason"));

	if (stock_need(who, err) < 0)
		return -1;
	if (n < 2 || n > 100)
		return hall_field_error(errors, "reason", "报废原因", err,
		    "请写明报废的原因，2至100个字。");
	return act_write(&a, stock_scrap_run, err);
}

/* ---- to another owner ---- */

static int
stock_release_run(struct db *db, struct act *a, struct err *err)
{
	struct medium	m;
	int64_t		changed = 0;

	if (db_run(db, SQL_MEDIUM_RELEASE, &changed, err, DB_TEXT(a->name)) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_NOT_FOUND, "no account holds the UKey %s", a->name);
	if (medium_load(db, a->name, &m, err) < 0 ||
	    medium_note(db, a->who, &m, "released", 0, NULL, err) < 0)
		return -1;
	return hall_journal_add(db, a->who, "medium_released", a->name, "", err);
}

int
stock_release(struct hall *h, const struct who *who, const char *serial, struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = serial };

	if (!who->system && hall_need_role(who, ROLE_ADMIN, err) < 0)
		return -1;
	return act_write(&a, stock_release_run, err);
}
