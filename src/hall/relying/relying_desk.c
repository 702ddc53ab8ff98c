#include "base/base.h"
#include "hall/relying/relying.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/secret.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/hall_own.h"
#include "hall/journal.h"
#include "hall/relying/relying_own.h"
#include "hall/sealed.h"

/* Looking after relying systems. */

static const struct { const char *id, *text; } subjects[] = {
	{ "none", "只给证书序列号" }, { "digest", "序列号和主体证件号码的摘要" },
	{ "name", "序列号、摘要和主体名称" },
};

static const char *
subject_text(const char *id)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(subjects); i++)
		if (strcmp(subjects[i].id, id) == 0)
			return subjects[i].text;
	return NULL;
}

static int
desk_need(const struct who *who, struct err *err)
{
	return who->system ? 0 : hall_need_role(who, ROLE_ADMIN, err);
}

/* 32 random bytes, base64. */
static void
desk_random(char text[64])
{
	unsigned char	bytes[WEBHOOK_SECRET];
	struct buf	b;

	buf_init(&b, 64);
	rand_bytes(bytes, sizeof(bytes));
	base64_add(&b, bytes, sizeof(bytes));
	(void)snprintf(text, 64, "%s", b.p);
	secret_wipe(bytes, sizeof(bytes));
	secret_wipe(b.p, b.len);
	buf_free(&b);
}

/* ---- a new one ---- */

static bool
desk_is_event(const char *word)
{
	size_t	i = 0;

	for (i = 0; relying_events[i] != NULL; i++)
		if (strcmp(relying_events[i], word) == 0)
			return true;
	return false;
}

/* "a, b" into ",a,b,"; each must be known, "" stays "". */
static bool
desk_words(const struct hall *h, const char *text, bool events, char *out, size_t size)
{
	char	word[40];
	size_t	n = 0, used = 0;

	out[0] = '\0';
	for (text += strspn(text, ", "); *text != '\0'; text += strspn(text, ", ")) {
		n = strcspn(text, ", ");
		(void)snprintf(word, sizeof(word), "%.*s", (int)n, text);
		text += n;
		if (n >= sizeof(word) || used + n + 3 > size || (events ? !desk_is_event(word) :
		    halldef_product(hall_def(h), word) == NULL))
			return false;
		used += (size_t)snprintf(out + used, size - used, "%s%s,", used == 0 ? "," : "",
		    word);
	}
	return true;
}

static int
desk_read(const struct hall *h, const json_t *in, struct relying *r, json_t *errors,
    struct err *err)
{
	const char	*name = js_str(in, "name"), *url = js_str(in, "url"),
			*subject = js_str_or(in, "subject", "none");
	struct err	 why = { .kind = ERR_NONE };

	if (*name == '\0' || utf8_count(name) > RELYING_NAME || strlen(name) >= sizeof(r->name))
		return hall_field_error(errors, "name", "应用系统名称", err,
		    "请填写应用系统的名称，最多40个字。");
	if (webhook_check_url(url, &why) < 0)
		return hall_field_error(errors, "url", "接收地址", err, "%s", why.text);
	if (!desk_words(h, js_str(in, "events"), true, r->events, sizeof(r->events)) ||
	    r->events[0] == '\0')
		return hall_field_error(errors, "events", "通知的事件", err,
		    "请至少选择一种事件：issued renewed replaced changed frozen thawed revoked。");
	if (!desk_words(h, js_str(in, "products"), false, r->products, sizeof(r->products)))
		return hall_field_error(errors, "products", "证书种类", err,
		    "没有这种证书，请核对；不填表示全部。");
	if (subject_text(subject) == NULL)
		return hall_field_error(errors, "subject", "主体信息", err, "请选择给出哪些主体信息。");
	(void)snprintf(r->name, sizeof(r->name), "%s", name);
	(void)snprintf(r->url, sizeof(r->url), "%s", url);
	(void)snprintf(r->subject, sizeof(r->subject), "%s", subject);
	return 0;
}

/* The secrets of r, sealed, into two bufs. */
static int
desk_seal(const struct hall *h, const struct relying *r, struct buf *secret, struct buf *salt,
    struct err *err)
{
	json_t	*a = json_pack("{s:s, s:s}", "now", r->secret, "old", r->old);
	json_t	*b = json_pack("{s:s}", "salt", r->salt);
	int	 rc = sealed_put_json(h, "relying.secret", a, secret, err);

	if (rc == 0)
		rc = sealed_put_json(h, "relying.salt", b, salt, err);
	json_decref(a);
	json_decref(b);
	return rc;
}

/* What is shown once. */
static json_t *
desk_shown(const struct relying *r)
{
	char	 id[24], *secret = xasprintf("whsec_%s", r->secret);
	json_t	*m = NULL;

	(void)snprintf(id, sizeof(id), "%" PRId64, r->id);
	m = json_pack("{s:s, s:s, s:s, s:s}", "id", id, "name", r->name, "secret", secret, "salt",
	    r->salt);
	secret_wipe(secret, strlen(secret));
	free(secret);
	return m;
}

static int
desk_add_run(struct db *db, struct act *a, struct err *err)
{
	struct relying	*r = a->extra;
	struct buf	 secret, salt;
	int64_t		 n = 0;
	int		 rc = -1;

	buf_init(&secret, 1024);
	buf_init(&salt, 1024);
	if (desk_seal(a->h, r, &secret, &salt, err) < 0 ||
	    db_run(db, SQL_RELYING_ADD, &n, err, DB_INT(r->id), DB_TEXT(r->name),
	    DB_TEXT(r->url), DB_BLOB(secret.p, secret.len), DB_BLOB(salt.p, salt.len),
	    DB_TEXT(r->events), DB_TEXT(r->products), DB_TEXT(r->subject),
	    DB_INT(clock_now())) < 0)
		goto out;
	if (n == 0) {
		hall_field_error(a->errors, "name", "应用系统名称", err,
		    "已经有同名的应用系统，请换一个名称。");
		goto out;
	}
	a->model = desk_shown(r);
	rc = hall_journal_add(db, a->who, "relying.add", r->name, r->url, err);
 out:
	buf_free(&secret);
	buf_free(&salt);
	return rc;
}

int
relying_add(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    json_t **model, struct err *err)
{
	struct relying	r = { .id = rand_id() };
	struct act	a = { .h = h, .who = who, .errors = errors, .extra = &r };
	int		rc = -1;

	if (desk_need(who, err) < 0 || desk_read(h, in, &r, errors, err) < 0)
		return -1;
	desk_random(r.secret);
	desk_random(r.salt);
	rc = act_model(&a, act_write(&a, desk_add_run, err), model);
	relying_release(&r);
	return rc;
}

/* ---- looking ---- */

/* The titles of the products in ",a,b,": "" for all of them. */
static void
desk_products_text(const struct hall *h, const char *products, json_t *row)
{
	const struct halldef	*d = hall_def(h);
	struct buf		 text;
	char			 word[64];
	size_t			 i = 0;

	buf_init(&text, 1024);
	for (i = 0; i < d->n_products; i++) {
		(void)snprintf(word, sizeof(word), ",%s,", d->products[i].id);
		if (strstr(products, word) == NULL)
			continue;
		buf_addstr(&text, text.len == 0 ? "" : "、");
		buf_addstr(&text, d->products[i].title);
	}
	js_set_str(row, "products_text", text.len == 0 || buf_check(&text, NULL) < 0 ? "" :
	    text.p);
	buf_free(&text);
}

static json_t *
desk_row(const struct hall *h, const struct relying *r)
{
	json_t	*list = json_array(), *row = NULL;
	char	 id[24];
	size_t	 i = 0;

	for (i = 0; relying_events[i] != NULL; i++) {
		char	word[24];

		(void)snprintf(word, sizeof(word), ",%s,", relying_events[i]);
		if (strstr(r->events, word) != NULL)
			(void)json_array_append_new(list, json_pack("{s:s, s:s}", "event",
			    relying_events[i], "text", relying_event_text(relying_events[i])));
	}
	(void)snprintf(id, sizeof(id), "%" PRId64, r->id);
	row = json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:b, s:I}", "id", id, "name",
	    r->name, "url", r->url, "events", list, "products", r->products, "subject",
	    r->subject, "subject_text", subject_text(r->subject), "state", r->state, "is_gone",
	    strcmp(r->state, "gone") == 0, "deliveries", (json_int_t)r->deliveries);
	desk_products_text(h, r->products, row);
	js_set_str(row, "state_text", strcmp(r->state, "gone") == 0 ? "对方已停收（410）" : "启用");
	js_set_time(row, "created", r->created);
	js_set_time(row, "last_ok", r->last_ok);
	js_set_time(row, "old_until", r->old_until > clock_now() ? r->old_until : 0);
	return row;
}

static json_t *
desk_choices(const struct hall *h)
{
	const struct halldef	*d = hall_def(h);
	json_t			*e = json_array(), *p = json_array(), *s = json_array();
	size_t			 i = 0;

	for (i = 0; relying_events[i] != NULL; i++)
		(void)json_array_append_new(e, json_pack("{s:s, s:s}", "value", relying_events[i],
		    "text", relying_event_text(relying_events[i])));
	for (i = 0; i < d->n_products; i++)
		(void)json_array_append_new(p, json_pack("{s:s, s:s}", "value", d->products[i].id,
		    "text", d->products[i].title));
	for (i = 0; i < ARRAY_LEN(subjects); i++)
		(void)json_array_append_new(s, json_pack("{s:s, s:s}", "value", subjects[i].id,
		    "text", subjects[i].text));
	return json_pack("{s:o, s:o, s:o}", "events", e, "products", p, "subjects", s);
}

static int
desk_list_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	struct relying	 r;
	json_t		*list = json_array();
	int		 rc = 0;

	a->model = json_pack("{s:o, s:o}", "rows", list, "choices", desk_choices(a->h));
	if (db_query(db, SQL_RELYING_LIST, &rows, err) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0 &&
	    (rc = relying_from_row(a->h, rows, &r, err)) == 0)
		(void)json_array_append_new(list, desk_row(a->h, &r));
	relying_release(&r);
	rows_free(rows);
	js_set_bool(a->model, "has_rows", json_array_size(list) > 0);
	return rc;
}

int
relying_list(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	struct act	a = { .h = h, .who = who };

	if (desk_need(who, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, desk_list_run, err), model);
}

static int
desk_load(struct db *db, const struct act *a, struct relying *r, struct err *err)
{
	struct rows	*rows = NULL;
	int64_t		 id = 0;
	int		 rc = -1;

	if (str_to_i64(a->name, INT64_MAX, &id) < 0 ||
	    db_one(db, SQL_RELYING_GET, &rows, err, DB_INT(id)) < 0) {
		if (err->kind == ERR_NONE || err->kind == ERR_NOT_FOUND)
			err_set(err, ERR_NOT_FOUND, "没有这个应用系统，请刷新页面。");
	} else {
		rc = relying_from_row(a->h, rows, r, err);
	}
	rows_free(rows);
	return rc;
}

static const char *
desk_state_text(const char *state)
{
	static const struct { const char *state, *text; } texts[] = {
		{ "waiting", "等待发送" }, { "sending", "正在发送" }, { "done", "已送达" },
		{ "failed", "对方拒绝" }, { "unknown", "结果不明" }, { "dead", "多次未送达" },
		{ "dropped", "不再发送" },
	};
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].state, state) == 0)
			return texts[i].text;
	return "";
}

static int
desk_deliveries(struct db *db, int64_t app, json_t *model, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *j = NULL;
	int		 rc = 0;

	(void)json_object_set_new(model, "deliveries", list);
	if (db_query(db, SQL_RELYING_DELIVERIES, &rows, err, DB_INT(app)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		const char	*state = rows_text(rows, 4);

		j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:b}", "id",
		    rows_text(rows, 0), "event", rows_text(rows, 1), "event_text",
		    relying_event_text(rows_text(rows, 1)), "serial", rows_text(rows, 2), "state",
		    state, "state_text", desk_state_text(state), "attempts",
		    (json_int_t)rows_int(rows, 5), "error", rows_text(rows, 6), "may_resend",
		    strcmp(state, "waiting") != 0 && strcmp(state, "sending") != 0);
		js_set_str(j, "app", js_str(model, "id"));
		js_set_time(j, "created", rows_int(rows, 3));
		js_set_time(j, "ended", rows_int(rows, 7));
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	js_set_bool(model, "has_deliveries", json_array_size(list) > 0);
	return rc;
}

static int
desk_view_run(struct db *db, struct act *a, struct err *err)
{
	struct relying	r;
	int		rc = -1;

	if (desk_load(db, a, &r, err) < 0)
		return -1;
	a->model = desk_row(a->h, &r);
	rc = desk_deliveries(db, r.id, a->model, err);
	relying_release(&r);
	return rc;
}

int
relying_view(struct hall *h, const struct who *who, const char *id, json_t **model,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = id };

	if (desk_need(who, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, desk_view_run, err), model);
}

/* ---- changing ---- */

static int
desk_rotate_run(struct db *db, struct act *a, struct err *err)
{
	struct relying	r;
	struct buf	secret, salt;
	int		rc = -1;

	if (desk_load(db, a, &r, err) < 0)
		return -1;
	buf_init(&secret, 1024);
	buf_init(&salt, 1024);
	memcpy(r.old, r.secret, sizeof(r.old));
	desk_random(r.secret);
	if (desk_seal(a->h, &r, &secret, &salt, err) == 0 &&
	    db_run(db, SQL_RELYING_SECRET_SET, NULL, err, DB_INT(r.id),
	    DB_BLOB(secret.p, secret.len), DB_INT(clock_now() + RELYING_OVERLAP)) == 0)
		rc = hall_journal_add(db, a->who, "relying.rotate", r.name, NULL, err);
	if (rc == 0)
		a->model = desk_shown(&r);
	relying_release(&r);
	buf_free(&secret);
	buf_free(&salt);
	return rc;
}

int
relying_rotate(struct hall *h, const struct who *who, const char *id, json_t **model,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = id };

	if (desk_need(who, err) < 0)
		return -1;
	return act_model(&a, act_write(&a, desk_rotate_run, err), model);
}

static int
desk_remove_run(struct db *db, struct act *a, struct err *err)
{
	struct relying	r;
	int		rc = -1;

	if (desk_load(db, a, &r, err) < 0)
		return -1;
	if (db_run(db, SQL_RELYING_OUTBOX_DROP, NULL, err, DB_TEXT(a->name)) == 0 &&
	    db_run(db, SQL_RELYING_DELIVERY_DROP_ALL, NULL, err, DB_INT(r.id)) == 0 &&
	    db_run(db, SQL_RELYING_REMOVE, NULL, err, DB_INT(r.id)) == 0)
		rc = hall_journal_add(db, a->who, "relying.remove", r.name, NULL, err);
	relying_release(&r);
	return rc;
}

int
relying_remove(struct hall *h, const struct who *who, const char *id, struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = id };

	return desk_need(who, err) < 0 ? -1 : act_write(&a, desk_remove_run, err);
}

static int
desk_ping_run(struct db *db, struct act *a, struct err *err)
{
	struct relying	r;
	json_t		*data = NULL;
	int		rc = -1;

	if (desk_load(db, a, &r, err) < 0)
		return -1;
	data = json_pack("{s:s}", "hall", hall_def(a->h)->id);
	if (db_run(db, SQL_RELYING_STATE_SET, NULL, err, DB_INT(r.id), DB_TEXT("on")) == 0 &&
	    relying_put(db, a->h, &r, "ping", "", data, err) == 0)
		rc = hall_journal_add(db, a->who, "relying.ping", r.name, NULL, err);
	json_decref(data);
	relying_release(&r);
	return rc;
}

int
relying_ping(struct hall *h, const struct who *who, const char *id, struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = id };

	return desk_need(who, err) < 0 ? -1 : act_write(&a, desk_ping_run, err);
}

/* The body as it was, in an outbox row as it would be made now. */
static int
desk_again(struct db *db, const struct act *a, const struct relying *r, struct err *err)
{
	const char	*delivery = a->p;
	struct rows	*rows = NULL;
	struct buf	 body, sealed;
	json_t		*p = NULL;
	const void	*bytes = NULL;
	size_t		 len = 0;
	int64_t		 n = 0, no = 0;
	int		 rc = -1;

	buf_init(&body, LIMIT_JSON);
	buf_init(&sealed, LIMIT_JSON);
	if (db_one(db, SQL_RELYING_DELIVERY_GET, &rows, err, DB_INT(r->id),
	    DB_TEXT(delivery)) < 0) {
		if (err->kind == ERR_NOT_FOUND)
			err_set(err, ERR_NOT_FOUND, "没有这条通知，请刷新页面。");
		goto out;
	}
	bytes = rows_blob(rows, 1, &len);
	no = rows_int(rows, 2);
	if (sealed_get(a->h, "relying.body", bytes, len, &body, err) < 0)
		goto out;
	p = relying_payload(r, delivery, body.p);
	if (sealed_put_json(a->h, "outbox.payload", p, &sealed, err) < 0 ||
	    db_run(db, SQL_RELYING_OUTBOX_AGAIN, &n, err, DB_INT(no),
	    DB_BLOB(sealed.p, sealed.len), DB_INT(clock_now())) < 0)
		goto out;
	rc = n == 1 ? 0 : err_set(err, ERR_WRONG_STATE, "这条通知正在发送，请稍后刷新查看结果。");
 out:
	rows_free(rows);
	json_decref(p);
	buf_free(&body);
	buf_free(&sealed);
	return rc;
}

static int
desk_resend_run(struct db *db, struct act *a, struct err *err)
{
	struct relying	r;
	int		rc = -1;

	if (desk_load(db, a, &r, err) < 0)
		return -1;
	if (desk_again(db, a, &r, err) == 0)
		rc = hall_journal_add(db, a->who, "relying.resend", r.name, a->p, err);
	hall_want_poke(a->h);
	relying_release(&r);
	return rc;
}

int
relying_resend(struct hall *h, const struct who *who, const char *id, const char *delivery,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = id, .p = delivery };

	return desk_need(who, err) < 0 ? -1 : act_write(&a, desk_resend_run, err);
}
