#include "base/base.h"
#include "hall/petition/handler.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/account.h"
#include "hall/account/account_own.h"
#include "hall/account/code.h"
#include "hall/form/form.h"
#include "hall/journal.h"
#include "hall/notice.h"
#include "hall/order/order_row.h"
#include "hall/sealed.h"

/* The subjects of an account; and handing one over by oneself, with both sides' codes. */

#define SUBJECT_PAGE	20
#define HANDOVER_LISTED	100
#define HANDOVER_LIFE	(7 * CLOCK_DAY)
#define HANDOVER_DAY	20		/* offers a day and account */

static json_t *
subject_row(struct rows *rows)
{
	int64_t	 end = rows_int(rows, 4), now = clock_now();
	char	 day[CLOCK_TEXT];
	json_t	*j = json_pack("{s:s, s:I, s:I, s:I, s:s}", "subject", rows_text(rows, 0),
		    "n_orders", (json_int_t)rows_int(rows, 1), "n_open",
		    (json_int_t)rows_int(rows, 2), "n_certificates", (json_int_t)rows_int(rows, 3),
		    "ends", end == 0 ? "" : clock_date(end, day));

	js_set_bool(j, "expiring", end != 0 && end - now < 90 * CLOCK_DAY);
	return j;
}

static int
subject_offers(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *j = NULL;
	int		 rc = 0;

	(void)json_object_set_new(a->model, "offers", list);
	if (db_query(db, SQL_HANDOVER_LIST, &rows, err, DB_INT(a->who->account),
	    DB_INT(clock_now() - HANDOVER_LIFE)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		j = json_pack("{s:s, s:s, s:b}", "no", rows_text(rows, 0), "subject",
		    rows_text(rows, 1), "mine", rows_int(rows, 2) == a->who->account);
		js_set_time(j, "time", rows_int(rows, 3));
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	return rc;
}

static int
handler_subjects_run(struct db *db, struct act *a, struct err *err)
{
	const char	*q = js_str(a->in, "q");
	char		*like = *q == '\0' ? xstrdup("") : xasprintf("%%%s%%", q);
	struct rows	*rows = NULL;
	json_t		*list = json_array();
	int64_t		 page = page_number(a->in), total = 0;
	int		 rc = db_one(db, SQL_SUBJECT_COUNT, &rows, err, DB_INT(a->who->account),
			    DB_TEXT(like));

	a->model = json_pack("{s:o, s:s}", "rows", list, "q", q);
	if (rc == 0)
		total = rows_int(rows, 0);
	rows_free(rows);
	rows = NULL;
	if (rc == 0)
		rc = db_query(db, SQL_SUBJECT_LIST, &rows, err, DB_INT(a->who->account),
		    DB_TEXT(like), DB_INT(clock_now()), DB_INT(SUBJECT_PAGE),
		    DB_INT((page - 1) * SUBJECT_PAGE));
	while (rc >= 0 && (rc = rows_next(rows, err)) > 0)
		(void)json_array_append_new(list, subject_row(rows));
	rows_free(rows);
	free(like);
	page_numbers(a->model, total, page, SUBJECT_PAGE);
	js_set_bool(a->model, "has_rows", json_array_size(list) > 0);
	return rc < 0 ? -1 : subject_offers(db, a, err);
}

int
handler_subjects(struct hall *h, const struct who *who, const json_t *query, json_t **model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .in = query};

	return act_model(&a, act_read(&a, handler_subjects_run, err), model);
}

static int
handler_unit_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*form = NULL;
	int		 rc = 0;

	a->model = json_pack("{s:s, s:s}", "unit_name", "", "unit_code", "");
	if (db_query(db, SQL_PETITION_KNOWN, &rows, err, DB_INT(a->who->account)) < 0)
		return -1;
	while (*js_str(a->model, "unit_code") == '\0' && (rc = rows_next(rows, err)) > 0 &&
	    (rc = sealed_get_json(a->h, "orders.form", rows, 0, &form, err)) == 0) {
		if (*js_str(form, "org_id_no") != '\0') {
			js_set_str(a->model, "unit_name", js_str(form, "org_name"));
			js_set_str(a->model, "unit_code", js_str(form, "org_id_no"));
		}
		json_decref(form);
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

int
handler_unit(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who};

	return act_model(&a, act_read(&a, handler_unit_run, err), model);
}

/* ---- one subject ---- */

static int
subject_certificates(struct db *db, struct act *a, json_t *list, struct err *err)
{
	static const char *const	texts[][2] = { {"good", "有效"}, {"frozen", "已冻结"},
					    {"revoked", "已撤销"} };
	struct rows			*rows = NULL;
	json_t				*j = NULL;
	char				 day[CLOCK_TEXT];
	size_t				 i = 0;
	int				 rc = 0;

	if (db_query(db, SQL_SUBJECT_CERTIFICATES, &rows, err, DB_INT(a->who->account),
	    DB_TEXT(a->name)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		for (i = 0; i + 1 < ARRAY_LEN(texts); i++)
			if (strcmp(texts[i][0], rows_text(rows, 6)) == 0)
				break;
		j = json_pack("{s:s, s:s, s:s, s:s}", "order", rows_text(rows, 0), "user_name",
		    rows_text(rows, 2), "serial", rows_text(rows, 3), "state",
		    rows_text(rows, 6));
		js_set_str(j, "state_text", texts[i][1]);
		js_set_str(j, "not_after", clock_date(rows_int(rows, 5), day));
		js_set_bool(j, "ended", rows_int(rows, 5) <= clock_now());
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	return rc;
}

/* The newest order says the number of the subject's document. */
static int
subject_orders(struct db *db, struct act *a, json_t *list, char id[64], struct err *err)
{
	struct rows	*rows = NULL;
	struct order	 o = { .id = 0 };
	int64_t		 ids[1000];
	size_t		 n = 0, i = 0;
	int		 rc = 0;

	id[0] = '\0';
	if (db_query(db, SQL_HANDLER_ORDERS, &rows, err, DB_INT(a->who->account),
	    DB_TEXT(a->name)) < 0)
		return -1;
	while (n < ARRAY_LEN(ids) && (rc = rows_next(rows, err)) > 0)
		ids[n++] = rows_int(rows, 0);
	rows_free(rows);
	for (i = n; rc >= 0 && i > 0; i--) {
		rc = order_load_id(db, a->h, ids[i - 1], &o, err);
		if (rc == 0 && list != NULL && json_array_size(list) < 100)
			(void)json_array_append_new(list, order_row_model(a->h, &o));
		if (rc == 0 && id[0] == '\0')
			(void)snprintf(id, 64, "%s", js_str(o.form, o.def->person ?
			    "person_id_no" : "org_id_no"));
		order_release(&o);
	}
	if (rc >= 0 && n == 0)
		return err_set(err, ERR_NOT_FOUND, "您没有办理过这个主体的业务。");
	return rc < 0 ? -1 : 0;
}

static int
handler_subject_run(struct db *db, struct act *a, struct err *err)
{
	json_t	*certificates = json_array(), *orders = json_array(), *me = NULL;
	char	 id[64];

	a->model = json_pack("{s:s, s:o, s:o}", "subject", a->name, "certificates", certificates,
	    "orders", orders);
	if (subject_orders(db, a, orders, id, err) < 0 ||
	    subject_certificates(db, a, certificates, err) < 0 ||
	    account_facts(db, a->h, a->who->account, &me, NULL, err) < 0)
		return -1;
	js_set_str(a->model, "mobile_masked", js_str(me, "mobile_masked"));
	js_set_bool(a->model, "may_hand", json_array_size(certificates) > 0);
	json_decref(me);
	return 0;
}

int
handler_subject(struct hall *h, const struct who *who, const char *subject, json_t **model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = subject};

	return act_model(&a, act_read(&a, handler_subject_run, err), model);
}

/* ---- handing over ---- */

int
handover_code(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    struct err *err)
{
	json_t	*me = NULL;
	int	 rc = -1;

	if (account_model(h, who, &me, err) == 0)
		rc = code_send(h, who, CODE_HANDOVER, "code", js_str(me, "mobile"), in, errors, err);
	json_decref(me);
	return rc;
}

static int
handover_proved(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    struct err *err)
{
	json_t	*me = NULL;
	int	 rc = -1;

	if (account_model(h, who, &me, err) < 0)
		return -1;
	rc = code_use(h, CODE_HANDOVER, js_str(me, "mobile"), js_str(in, "code"), err);
	if (rc < 0 && err->kind == ERR_INPUT)
		hall_field_error(errors, "code", "短信验证码", err, "%s", err->text);
	json_decref(me);
	return rc;
}

struct handover {
	int64_t	 id, from, to, created;
	char	 no[ORDER_NO], subject[256], subject_id[64], state[16];
};

static int
handover_tell(struct db *db, const struct hall *h, int64_t account, const char *event,
    const struct handover *v, struct err *err)
{
	json_t	*me = NULL, *values = NULL;
	char	*key = xasprintf("%s:%s", v->no, event), *url = NULL;
	int	 rc = account_facts(db, h, account, &me, NULL, err);

	url = xasprintf("%s/user/handovers/%s", conf_str("web.public_url"), v->no);
	values = json_pack("{s:s, s:s, s:s}", "subject", v->subject, "no", v->no, "url", url);
	if (rc == 0)
		rc = notice_to(db, h, event, js_str(me, "mobile"), js_str(me, "mail"), values, key,
		    err);
	json_decref(values);
	json_decref(me);
	free(url);
	free(key);
	return rc;
}

static int
handover_offer_run(struct db *db, struct act *a, struct err *err)
{
	struct handover	*v = a->extra;
	struct buf	 id = {0};
	char		 day[CLOCK_TEXT], login[128];
	int64_t		 orders = 0, certificates = 0;
	int		 rc = -1;

	if (account_find(db, a->h, (account_login(js_str(a->in, "mobile"), login), login), &v->to,
	    err) < 0)
		return -1;
	if (v->to == 0 || v->to == a->who->account)
		return hall_field_error(a->errors, "mobile", "新经办人的手机号", err,
		    "这个手机号还没有注册账户（也不能是您自己），请新经办人先注册。");
	if (subject_orders(db, a, NULL, v->subject_id, err) < 0 || handler_count(db, a->h,
	    a->who->account, a->name, v->subject_id, &orders, &certificates, NULL, err) < 0)
		return -1;
	if (certificates == 0)
		return err_set(err, ERR_WRONG_STATE, "这个主体没有可以移交的证书。");
	v->id = rand_id();
	v->from = a->who->account;
	v->created = clock_now();
	(void)snprintf(v->subject, sizeof(v->subject), "%s", a->name);
	(void)clock_compact(v->created, day);
	memcpy(v->no, day, 8);
	rand_digits(v->no + 8, ORDER_NO - 9);
	buf_init(&id, 1024);
	if (sealed_put(a->h, "handover.subject_id", v->subject_id, strlen(v->subject_id), &id,
	    err) == 0)
		rc = db_run(db, SQL_HANDOVER_ADD, NULL, err, DB_INT(v->id), DB_TEXT(v->no),
		    DB_INT(v->from), DB_INT(v->to), DB_TEXT(v->subject), DB_BLOB(id.p, id.len),
		    DB_INT(v->created));
	buf_free(&id);
	if (rc < 0)
		return err->kind != ERR_CONFLICT ? -1 : err_set(err, ERR_CONFLICT,
		    "这个主体已经在移交，请先撤回那一次。");
	if (hall_journal_add(db, a->who, "handover.offer", v->no, v->subject, err) < 0)
		return -1;
	return handover_tell(db, a->h, v->to, "handover_offered", v, err);
}

int
handover_offer(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    char no[ORDER_NO], struct err *err)
{
	struct handover	v = { .id = 0 };
	struct act	a = {.h = h, .who = who, .name = js_str(in, "subject"), .in = in,
			    .errors = errors, .extra = &v};
	char		key[32];

	(void)snprintf(key, sizeof(key), "%" PRId64, who->account);
	if (limit_hit(h, "handover", key, HANDOVER_DAY, CLOCK_DAY, err) < 0 ||
	    handover_proved(h, who, in, errors, err) < 0 ||
	    act_write(&a, handover_offer_run, err) < 0)
		return -1;
	memcpy(no, v.no, ORDER_NO);
	return 0;
}

static int
handover_load(struct db *db, struct act *a, struct handover *v, struct err *err)
{
	struct rows	*rows = NULL;
	struct buf	 id = {0};
	const void	*p = NULL;
	size_t		 len = 0;
	int		 rc = a->who->system ? db_one(db, SQL_HANDOVER_ANY, &rows, err,
			    DB_TEXT(a->name)) : db_one(db, SQL_HANDOVER_GET, &rows, err,
			    DB_TEXT(a->name), DB_INT(a->who->account));

	buf_init(&id, 256);
	if (rc == 0) {
		v->id = rows_int(rows, 0);
		(void)snprintf(v->no, sizeof(v->no), "%s", rows_text(rows, 1));
		v->from = rows_int(rows, 2);
		v->to = rows_int(rows, 3);
		(void)snprintf(v->subject, sizeof(v->subject), "%s", rows_text(rows, 4));
		p = rows_blob(rows, 5, &len);
		rc = sealed_get(a->h, "handover.subject_id", p, len, &id, err);
		(void)snprintf(v->subject_id, sizeof(v->subject_id), "%s", rc == 0 ? id.p : "");
		v->created = rows_int(rows, 7);
		(void)snprintf(v->state, sizeof(v->state), "%s",
		    strcmp(rows_text(rows, 6), "offered") == 0 &&
		    clock_now() >= v->created + HANDOVER_LIFE ? "ended" : rows_text(rows, 6));
	} else if (err->kind == ERR_NOT_FOUND) {
		err_set(err, ERR_NOT_FOUND, "没有这次移交，请从用户中心重新进入。");
	}
	rows_free(rows);
	buf_free(&id);
	return rc;
}

static int
handover_view_run(struct db *db, struct act *a, struct err *err)
{
	struct handover	v = { .id = 0 };
	bool		offered = false, mine = false;

	if (handover_load(db, a, &v, err) < 0)
		return -1;
	offered = strcmp(v.state, "offered") == 0;
	mine = v.from == a->who->account;
	a->model = json_pack("{s:s, s:s, s:s}", "no", v.no, "subject", v.subject, "state", v.state);
	js_set_str(a->model, "state_text", offered ? "等待新经办人确认" :
	    strcmp(v.state, "accepted") == 0 ? "已移交" : "已结束");
	js_set_time(a->model, "created", v.created);
	js_set_bool(a->model, "mine", mine);
	js_set_bool(a->model, "may_accept", offered && !mine);
	js_set_bool(a->model, "may_end", offered);
	return 0;
}

int
handover_view(struct hall *h, const struct who *who, const char *no, json_t **model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = no};

	return act_model(&a, act_read(&a, handover_view_run, err), model);
}

static int
handover_close(struct db *db, struct act *a, const struct handover *v, const char *state,
    struct err *err)
{
	int64_t	changed = 0;

	if (strcmp(v->state, "offered") == 0 && db_run(db, SQL_HANDOVER_END, &changed, err,
	    DB_INT(v->id), DB_TEXT(state), DB_INT(clock_now())) < 0)
		return -1;
	if (changed != 1)
		return err_set(err, ERR_WRONG_STATE, "这次移交已经结束，请刷新页面。");
	return hall_journal_add(db, a->who, strcmp(state, "accepted") == 0 ? "handover.accept" :
	    "handover.end", v->no, v->subject, err);
}

static int
handover_accept_run(struct db *db, struct act *a, struct err *err)
{
	struct handover	 v = { .id = 0 };
	json_t		*me = NULL, *agent = NULL;
	char		 note[64];
	int		 rc = -1;

	if (handover_load(db, a, &v, err) < 0)
		return -1;
	if (v.to != a->who->account)
		return err_set(err, ERR_DENIED, "请由新经办人确认接收。");
	if (handover_close(db, a, &v, "accepted", err) < 0 ||
	    account_facts(db, a->h, v.to, &me, NULL, err) < 0)
		return -1;
	agent = json_pack("{s:s, s:s, s:s, s:s}", "name", js_str(a->in, "name"), "id_no",
	    js_str(a->in, "id_no"), "mobile", js_str(me, "mobile"), "contact",
	    js_str(a->in, "mail"));
	(void)snprintf(note, sizeof(note), "经办人移交（%s）", v.no);
	rc = handler_move(db, a->h, a->who, v.from, v.to, v.subject, v.subject_id, agent, note, err);
	json_decref(agent);
	json_decref(me);
	return rc;
}

int
handover_accept(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, struct err *err)
{
	struct form_context	 c = {.hall = h};
	struct act		 a = {.h = h, .who = who, .name = no};
	json_t			*v = NULL;
	int			 rc = -1;

	if (form_check(&c, form_handover, in, &v, errors, err) == 0 &&
	    handover_proved(h, who, v, errors, err) == 0) {
		a.in = v;
		rc = act_write(&a, handover_accept_run, err);
	}
	json_decref(v);
	return rc;
}

static int
handover_end_run(struct db *db, struct act *a, struct err *err)
{
	struct handover	v = { .id = 0 };

	return handover_load(db, a, &v, err) < 0 ? -1 : handover_close(db, a, &v, "ended", err);
}

int
handover_end(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = no};

	return act_write(&a, handover_end_run, err);
}

/* ---- the command line ---- */

static int
handover_list_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *j = NULL;
	int		 rc = 0;

	a->model = json_pack("{s:o}", "rows", list);
	if (db_query(db, SQL_HANDOVER_ALL, &rows, err, DB_TEXT(a->name), DB_INT(HANDOVER_LISTED)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		j = json_pack("{s:s, s:s, s:s}", "no", rows_text(rows, 0), "subject",
		    rows_text(rows, 1), "state", rows_text(rows, 2));
		js_set_time(j, "created", rows_int(rows, 3));
		js_set_time(j, "ended", rows_int(rows, 4));
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	return rc;
}

int
handover_list(struct hall *h, const struct who *who, const char *state, json_t **model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = state};

	if (!who->system)
		return err_set(err, ERR_DENIED, "只在服务器上查看。");
	return act_model(&a, act_read(&a, handover_list_run, err), model);
}

int
handover_tick(struct db *db, int64_t now, struct err *err)
{
	return db_run(db, SQL_HANDOVER_EXPIRE, NULL, err, DB_INT(now - HANDOVER_LIFE),
	    DB_INT(now));
}
