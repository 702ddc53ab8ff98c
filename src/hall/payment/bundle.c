#include "base/base.h"
#include "hall/payment/bundle.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/account_own.h"
#include "hall/account/code.h"
#include "hall/def/catalog.h"
#include "hall/journal.h"
#include "hall/notice.h"
#include "hall/ops.h"
#include "hall/order/order_row.h"
#include "hall/payment/trade.h"
#include "hall/sealed.h"
#include "hall/steps.h"

/* Choosing the certificates and beginning their renewals. */

#define BUNDLE_TRIES	5		/* of the security question, a day and certificate */
#define BUNDLE_KEY	9		/* eight hex digits */

/* ---- rows ---- */

static void
bundle_from_row(struct rows *rows, struct bundle *b)
{
	b->id = rows_int(rows, 0);
	(void)snprintf(b->no, sizeof(b->no), "%s", rows_text(rows, 1));
	b->account = rows_int(rows, 2);
	b->version = rows_int(rows, 3);
	b->created = rows_int(rows, 4);
}

int
bundle_load(struct db *db, const struct who *who, const char *no, struct bundle *b,
    struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_BUNDLE_BY_NO, &rows, err, DB_TEXT(no));

	if (rc == 0)
		bundle_from_row(rows, b);
	rows_free(rows);
	if (rc < 0 && err->kind != ERR_NOT_FOUND)
		return -1;
	if (rc < 0 || (!who->system && who->staff == 0 && b->account != who->account))
		return err_set(err, ERR_NOT_FOUND, "没有找到这笔批量业务，请从用户中心重新进入。");
	return 0;
}

static int
bundle_load_id(struct db *db, int64_t id, struct bundle *b, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_BUNDLE_BY_ID, &rows, err, DB_INT(id));

	if (rc == 0)
		bundle_from_row(rows, b);
	rows_free(rows);
	return rc;
}

int
bundle_account(struct db *db, int64_t id, int64_t *account, struct err *err)
{
	struct bundle	b;

	if (bundle_load_id(db, id, &b, err) < 0)
		return -1;
	*account = b.account;
	return 0;
}

int
bundle_name(struct db *db, int64_t id, json_t *trade, struct err *err)
{
	struct bundle	b;

	if (bundle_load_id(db, id, &b, err) < 0)
		return -1;
	js_set_str(trade, "order", b.no);
	return 0;
}

int
bundle_new(struct db *db, const struct who *who, struct bundle *b, struct err *err)
{
	char	day[CLOCK_TEXT];

	*b = (struct bundle){ .id = rand_id(), .account = who->account, .version = 1,
	    .created = clock_now() };
	(void)clock_compact(b->created, day);
	memcpy(b->no, day, 8);
	rand_digits(b->no + 8, ORDER_NO - 9);
	return db_run(db, SQL_BUNDLE_INSERT, NULL, err, DB_INT(b->id), DB_TEXT(b->no),
	    DB_INT(b->account), DB_INT(b->created));
}

int
bundle_join(struct db *db, const struct bundle *b, const struct order *o, struct err *err)
{
	return db_run(db, SQL_BUNDLE_ORDER_ADD, NULL, err, DB_INT(o->id), DB_INT(b->id));
}

int
bundle_of(struct db *db, const struct order *o, char no[ORDER_NO], struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	no[0] = '\0';
	if (db_query(db, SQL_BUNDLE_OF_ORDER, &rows, err, DB_INT(o->id), DB_INT(o->account)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0)
		(void)snprintf(no, ORDER_NO, "%s", rows_text(rows, 0));
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

int
bundle_each(struct db *db, struct hall *h, const struct bundle *b, bundle_fn fn, void *arg,
    struct err *err)
{
	struct rows	*rows = NULL;
	struct order	 o = { .id = 0 };
	int64_t		 ids[BUNDLE_MOST];
	size_t		 n = 0, i = 0;
	int		 rc = 0;

	if (db_query(db, SQL_BUNDLE_ORDERS, &rows, err, DB_INT(b->id)) < 0)
		return -1;
	while (n < BUNDLE_MOST && (rc = rows_next(rows, err)) > 0)
		ids[n++] = rows_int(rows, 0);
	rows_free(rows);
	for (i = 0; rc >= 0 && i < n; i++) {
		rc = order_load_id(db, h, ids[i], &o, err);
		if (rc == 0 && o.account == b->account)
			rc = fn(db, h, &o, arg, err);
		order_release(&o);
	}
	return rc < 0 ? -1 : 0;
}

/* ---- what may be renewed ---- */

/* Certificates with the same question and answer are asked together; the key tells nothing. */
static void
bundle_question(const struct hall *h, const json_t *form, char key[BUNDLE_KEY])
{
	char	digest[KEYED_TEXT];

	key[0] = '\0';
	if (*js_str(form, "question") == '\0' || *js_str(form, "answer") == '\0')
		return;
	keyed_pair(h, "bundle question", js_str(form, "question"), js_str(form, "answer"), digest);
	(void)snprintf(key, BUNDLE_KEY, "%.8s", digest);
}

static void
offer_question(json_t *list, const char *key, const char *question, const char *subject)
{
	json_t	*j = NULL;
	char	*names = NULL;
	size_t	 i = 0;

	if (*key == '\0')
		return;
	json_array_foreach(list, i, j) {
		if (strcmp(js_str(j, "key"), key) != 0)
			continue;
		if (strstr(js_str(j, "names"), subject) == NULL) {
			names = xasprintf("%s、%s", js_str(j, "names"), subject);
			js_set_str(j, "names", names);
			free(names);
		}
		return;
	}
	(void)json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "key", key, "question",
	    question, "names", subject));
}

static void
offer_row(struct act *a, const struct op_answer *w, const char *serial)
{
	char	 key[BUNDLE_KEY], day[CLOCK_TEXT];
	int64_t	 now = clock_now();
	json_t	*j = json_pack("{s:s, s:s, s:s, s:s, s:s}", "serial", serial, "subject",
		    w->old.subject, "user_name", w->old.user_name, "product_title",
		    w->old.def->title, "not_after", clock_date(w->not_after, day));

	js_set_int(j, "days_left", w->not_after > now ? (w->not_after - now) / CLOCK_DAY : 0);
	js_set_bool(j, "ended", w->not_after <= now);
	if (!w->may) {
		js_set_str(j, "why", w->begun[0] != '\0' ? "正在更新或已更新" : w->why);
		js_set_str(j, "begun", w->begun);
		(void)json_array_append_new(json_object_get(a->model, "others"), j);
		return;
	}
	bundle_question(a->h, w->old.form, key);
	js_set_str(j, "question_key", key);
	(void)json_object_set(j, "years", json_object_get(w->model, "renew_years"));
	offer_question(json_object_get(a->model, "questions"), key,
	    js_str(w->old.form, "question"), w->old.subject);
	(void)json_array_append_new(json_object_get(a->model, "rows"), j);
}

static int
offer_certificates(struct db *db, struct act *a, struct err *err)
{
	struct op_answer	 w = { .may = false };
	struct rows		*rows = NULL;
	char			(*serials)[48] = xcalloc(2 * BUNDLE_MOST, sizeof(*serials));
	size_t			 n = 0, i = 0;
	int			 rc = 0;

	if (db_query(db, SQL_BUNDLE_CERTIFICATES, &rows, err, DB_INT(a->who->account),
	    DB_INT(clock_now() - (hall_def(a->h)->renew_after + 1) * CLOCK_DAY),
	    DB_INT(2 * BUNDLE_MOST)) < 0)
		rc = -1;
	while (rc >= 0 && n < 2 * BUNDLE_MOST && (rc = rows_next(rows, err)) > 0)
		(void)snprintf(serials[n++], sizeof(*serials), "%s", rows_text(rows, 0));
	rows_free(rows);
	for (i = 0; rc >= 0 && i < n; i++) {
		rc = op_ask(db, a->h, a->who, "renew", serials[i], &w, err);
		if (rc == 0 && (!w.may || json_array_size(json_object_get(a->model, "rows")) <
		    BUNDLE_MOST))
			offer_row(a, &w, serials[i]);
		op_answer_release(&w);
	}
	free(serials);
	return rc < 0 ? -1 : 0;
}

static int
offer_bundles(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_object_get(a->model, "bundles"), *j = NULL;
	int		 rc = 0;

	if (db_query(db, SQL_BUNDLE_OF_ACCOUNT, &rows, err, DB_INT(a->who->account)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		j = json_pack("{s:s, s:I, s:I, s:I}", "no", rows_text(rows, 0), "n",
		    (json_int_t)rows_int(rows, 2), "n_done", (json_int_t)rows_int(rows, 3),
		    "n_cancelled", (json_int_t)rows_int(rows, 4));
		js_set_time(j, "created", rows_int(rows, 1));
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	return rc;
}

static int
bundle_offer_run(struct db *db, struct act *a, struct err *err)
{
	static const char *const	lists[] = { "rows", "others", "questions", "bundles" };
	const struct halldef		*d = hall_def(a->h);
	json_t				*texts = json_array(), *one = NULL;
	char				 flag[32];
	size_t				 i = 0;

	a->model = json_object();
	for (i = 0; i < ARRAY_LEN(lists); i++)
		(void)json_object_set_new(a->model, lists[i], json_array());
	(void)json_object_set_new(a->model, "agreements", texts);
	for (i = 0; i < d->n_agreements; i++) {
		if (catalog_agreement(a->h, d->agreements[i].id, &one, err) < 0)
			return -1;
		(void)json_array_append_new(texts, one);
	}
	if (offer_certificates(db, a, err) < 0 || offer_bundles(db, a, err) < 0)
		return -1;
	for (i = 0; i < ARRAY_LEN(lists); i++) {
		(void)snprintf(flag, sizeof(flag), "has_%s", lists[i]);
		js_set_bool(a->model, flag,
		    json_array_size(json_object_get(a->model, lists[i])) > 0);
	}
	js_set_int(a->model, "before_days", d->renew_before);
	return 0;
}

int
bundle_offer(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who};

	return act_model(&a, act_read(&a, bundle_offer_run, err), model);
}

/* ---- beginning ---- */

struct chosen {
	char		 serial[48], key[BUNDLE_KEY];
	const char	*years;				/* borrowed from the input */
};
struct bundle_job {
	struct chosen	*list;
	size_t		 n;
	struct bundle	 b;
	int64_t		 total;
};

static int
bundle_chosen(const json_t *in, json_t *errors, struct bundle_job *j, struct err *err)
{
	const char	*name = NULL;
	json_t		*value = NULL;

	j->list = xcalloc(BUNDLE_MOST, sizeof(*j->list));
	json_object_foreach((json_t *)(uintptr_t)in, name, value) {
		if (!str_has_prefix(name, "y_") || !json_is_string(value) ||
		    *json_string_value(value) == '\0')
			continue;
		if (j->n == BUNDLE_MOST)
			return err_set(err, ERR_INPUT, "一次最多更新%d张证书，请分几次办理。",
			    BUNDLE_MOST);
		(void)snprintf(j->list[j->n].serial, sizeof(j->list->serial), "%s", name + 2);
		j->list[j->n++].years = json_string_value(value);
	}
	return j->n > 0 ? 0 : hall_field_error(errors, "certificates", "要更新的证书", err,
	    "请在要更新的证书后面选择年限，至少一张。");
}

/* What stands in the way, with the questions of those that may. */
static int
bundle_judge_run(struct db *db, struct act *a, struct err *err)
{
	struct bundle_job	*j = a->extra;
	struct op_answer	 w = { .may = false };
	char			 field[64];
	size_t			 i = 0;
	int			 rc = 0;

	for (i = 0; rc == 0 && i < j->n; i++) {
		if (op_ask(db, a->h, a->who, "renew", j->list[i].serial, &w, err) < 0)
			return -1;
		(void)snprintf(field, sizeof(field), "y_%s", j->list[i].serial);
		if (!w.may)
			rc = hall_field_error(a->errors, field, w.old.subject, err, "%s",
			    w.begun[0] != '\0' ? "这张证书已经在更新，请刷新页面。" : w.why);
		bundle_question(a->h, w.old.form, j->list[i].key);
		op_answer_release(&w);
	}
	return rc;
}

/* A right answer gives the key of the group again, for the key was made from it. */
struct answer_job { const char *key, *said; bool right; const struct bundle_job *j; };

static int
bundle_answer_run(struct db *db, struct act *a, struct err *err)
{
	struct answer_job	*q = a->extra;
	struct op_answer	 w = { .may = false };
	const char		*want = NULL;
	size_t			 i = 0;

	while (i < q->j->n && strcmp(q->j->list[i].key, q->key) != 0)
		i++;
	if (op_ask(db, a->h, a->who, "renew", q->j->list[i].serial, &w, err) < 0)
		return -1;
	want = js_str(w.old.form, "answer");
	q->right = secret_equal(q->said, strlen(q->said), want, strlen(want));
	op_answer_release(&w);
	return 0;
}

static bool
bundle_is_first(const struct bundle_job *j, size_t at)
{
	size_t	i = 0;

	for (i = 0; i < at; i++)
		if (strcmp(j->list[i].key, j->list[at].key) == 0)
			return false;
	return true;
}

/* As steps/question.c: each certificate's try is counted before its answer is judged. */
static int
bundle_answered(struct hall *h, const struct who *who, const struct bundle_job *j,
    const json_t *in, json_t *errors, struct err *err)
{
	struct answer_job	 q = { .j = j };
	struct act		 a = { .h = h, .who = who, .extra = &q };
	char			 field[32], *said = NULL;
	size_t			 i = 0;
	int			 rc = 0;

	for (i = 0; i < j->n; i++)
		if (j->list[i].key[0] != '\0' &&
		    limit_hit(h, "question", j->list[i].serial, BUNDLE_TRIES, CLOCK_DAY, err) < 0)
			return err->kind != ERR_LIMIT ? -1 : err_set(err, ERR_LIMIT,
			    "今天试的次数太多，请明天再试，或到服务网点办理。");
	for (i = 0; rc == 0 && i < j->n; i++) {
		if (j->list[i].key[0] == '\0' || !bundle_is_first(j, i))
			continue;
		(void)snprintf(field, sizeof(field), "q_%s", j->list[i].key);
		said = xstrdup(js_str(in, field));
		str_fold(said);
		str_trim(said);
		q.key = j->list[i].key;
		q.said = said;
		rc = act_read(&a, bundle_answer_run, err);
		if (rc == 0 && !q.right)
			rc = hall_field_error(errors, field, "验证答案", err,
			    "验证答案不对，请按申请证书时填写的答案输入。");
		free(said);
	}
	return rc;
}

/* The steps that a bundle answers for all of its orders, as far as the hall's way leads. */
static int
bundle_walk(struct db *db, struct act *a, struct order *o, struct err *err)
{
	json_t			*way = json_pack("{s:s}", "way", "download"), *none = json_object();
	const struct step	*s = NULL;
	int			 rc = 0;

	while (rc == 0 && (s = step_current(a->h, o)) != NULL) {
		if (strcmp(s->name, "agreement") == 0)
			rc = s->accept(db, a->h, a->who, o, a->in, a->errors, err);
		else if (strcmp(s->name, "question") == 0)
			rc = s->accept(db, a->h, a->who, o, none, a->errors, err);
		else if (strcmp(s->name, "confirm") == 0)
			rc = s->accept(db, a->h, a->who, o, way, a->errors, err);
		else
			break;
	}
	json_decref(way);
	json_decref(none);
	return rc;
}

static int
bundle_begin_one(struct db *db, struct act *a, struct bundle_job *j, const struct chosen *c,
    struct err *err)
{
	struct order	 o = { .id = 0 };
	json_t		*years = json_pack("{s:s}", "years", c->years);
	char		 no[ORDER_NO];
	bool		 fresh = false;
	int		 rc = op_begin_in(db, a->h, a->who, "renew", c->serial, years, a->errors, no,
			    &fresh, err);

	json_decref(years);
	if (rc == 0 && !fresh)
		rc = err_set(err, ERR_CONFLICT, "有证书刚刚在另一个窗口中开始更新，请刷新页面。");
	if (rc == 0 && (rc = order_load(db, a->h, no, &o, err)) == 0) {
		o.quiet = true;
		rc = bundle_walk(db, a, &o, err);
	}
	if (rc == 0)
		rc = bundle_join(db, &j->b, &o, err);
	j->total += o.amount;
	order_release(&o);
	return rc;
}

/* One message for all of them. */
int
bundle_tell(struct db *db, const struct hall *h, const struct bundle *b, const char *event,
    size_t n, int64_t fen, struct err *err)
{
	json_t	*me = NULL, *v = NULL;
	char	 count[24], amount[32], *key = NULL;
	int	 rc = 0;

	if (account_facts(db, h, b->account, &me, NULL, err) < 0)
		return -1;
	(void)snprintf(count, sizeof(count), "%zu", n);
	v = json_pack("{s:s, s:s, s:s, s:i}", "no", b->no, "count", count, "amount",
	    fen_text(fen, amount), "days", hall_def(h)->review_days);
	key = xasprintf("%s:%s:%" PRIx64, b->no, event, (uint64_t)rand_id());
	rc = notice_to(db, h, event, js_str(me, "mobile"), js_str(me, "mail"), v, key, err);
	free(key);
	json_decref(v);
	json_decref(me);
	return rc;
}

static int
bundle_create_run(struct db *db, struct act *a, struct err *err)
{
	struct bundle_job	*j = a->extra;
	struct bundle		*b = &j->b;
	char			 text[48];
	size_t			 i = 0;

	j->total = 0;
	if (bundle_new(db, a->who, b, err) < 0)
		return -1;
	for (i = 0; i < j->n; i++)
		if (bundle_begin_one(db, a, j, &j->list[i], err) < 0)
			return -1;
	(void)snprintf(text, sizeof(text), "%zu", j->n);
	if (hall_journal_add(db, a->who, "bundle.create", b->no, text, err) < 0)
		return -1;
	return bundle_tell(db, a->h, b, "bundle_submitted", j->n, j->total, err);
}

int
bundle_create(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    char no[ORDER_NO], struct err *err)
{
	struct bundle_job	j = { .n = 0 };
	struct act		a = { .h = h, .who = who, .in = in, .errors = errors, .extra = &j };
	int			rc = -1;

	if (bundle_chosen(in, errors, &j, err) < 0 || act_read(&a, bundle_judge_run, err) < 0 ||
	    catalog_agreed(hall_def(h), in, errors, err) < 0 ||
	    bundle_answered(h, who, &j, in, errors, err) < 0)
		goto out;
	rc = act_write(&a, bundle_create_run, err);
	if (rc < 0 && err->kind == ERR_CONFLICT)
		err_set(err, ERR_CONFLICT, "有证书刚刚在另一个窗口中开始更新，请刷新页面。");
	if (rc == 0)
		memcpy(no, j.b.no, ORDER_NO);
 out:
	free(j.list);
	return rc;
}
