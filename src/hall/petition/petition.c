#include "base/base.h"
#include "hall/petition/petition_own.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/journal.h"
#include "hall/notice.h"
#include "hall/sealed.h"

#define PETITION_BODY	(16 * 1024)

static const struct petition_kind *const	petition_kinds[] = { &petition_mobile,
	&petition_handler };

static const struct { const char *name, *text; } petition_states[] = {
	{ "draft", "待提交" }, { "reviewing", "待审核" }, { "second", "待第二人审核" },
	{ "returned", "待补正" }, { "waiting", "等待生效" }, { "done", "已生效" }, { "refused", "未通过" },
	{ "stopped", "已停止" }, { "cancelled", "已撤回" }, { "expired", "已过期" },
};

void
petition_release(struct petition *p)
{
	json_decref(p->body);
	memset(p, 0, sizeof(*p));
}

bool
petition_is(const struct petition *p, const char *state)
{
	return strcmp(p->state, state) == 0;
}

bool
petition_is_about(const struct petition *p, int64_t account)
{
	const json_t	*j = NULL;
	size_t		 i = 0;

	json_array_foreach(json_object_get(p->body, "others"), i, j)
		if (js_int(j, "account", 0) == account)
			return true;
	return p->account == account;
}

bool
petition_is_open(const struct petition *p)
{
	return petition_is(p, "reviewing") || petition_is(p, "second") || petition_is(p, "waiting");
}

const char *
petition_state_text(const char *state)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(petition_states); i++)
		if (strcmp(petition_states[i].name, state) == 0)
			return petition_states[i].text;
	return state;
}

static const struct petition_kind *
petition_kind(const char *name)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(petition_kinds); i++)
		if (strcmp(petition_kinds[i]->name, name) == 0)
			return petition_kinds[i];
	return NULL;
}

/* ---- rows ---- */

#define COPY(to, col)	(void)snprintf(to, sizeof(to), "%s", rows_text(rows, col))

int
petition_from_row(const struct hall *h, struct rows *rows, struct petition *p, struct err *err)
{
	petition_release(p);
	p->id = rows_int(rows, 0);
	COPY(p->no, 1);
	COPY(p->token, 2);
	COPY(p->stop, 3);
	p->kind = petition_kind(rows_text(rows, 4));
	COPY(p->state, 5);
	p->version = rows_int(rows, 6);
	p->account = rows_int(rows, 7);
	p->claimant = rows_int(rows, 8);
	COPY(p->subject, 9);
	COPY(p->reason, 11);
	p->reviewer = rows_int(rows, 12);
	p->second = rows_int(rows, 13);
	p->created = rows_int(rows, 14);
	p->filed = rows_int(rows, 15);
	p->decided = rows_int(rows, 16);
	p->effective = rows_int(rows, 17);
	p->ended = rows_int(rows, 18);
	if (p->kind == NULL)
		return err_set(err, ERR_STORE, "petition %s: kind %s is unknown", p->no,
		    rows_text(rows, 4));
	return sealed_get_json(h, "petition.body", rows, 10, &p->body, err);
}

void
petition_digest(const char *token, char digest[SM3_TEXT])
{
	digest_sm3_text(token, strlen(token), digest);
}

static int
petition_load_by(struct db *db, const struct hall *h, enum sql_id id, const char *key,
    struct petition *p, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, id, &rows, err, DB_TEXT(key));

	if (rc == 0)
		rc = petition_from_row(h, rows, p, err);
	else if (err->kind == ERR_NOT_FOUND)
		err_set(err, ERR_NOT_FOUND, "没有找到这个申请，请核对链接或受理号。");
	rows_free(rows);
	return rc;
}

int
petition_load_no(struct db *db, const struct hall *h, const char *no, struct petition *p,
    struct err *err)
{
	return petition_load_by(db, h, SQL_PETITION_BY_NO, no, p, err);
}

/* Somebody's own: by a token, or by the number of one that belongs to the account. */
static int
petition_load_own(struct db *db, const struct hall *h, enum sql_id by_token, const char *ref,
    int64_t account, bool about, struct petition *p, struct err *err)
{
	char	digest[SM3_TEXT];

	if (strlen(ref) != ORDER_NO - 1) {
		petition_digest(ref, digest);
		return petition_load_by(db, h, by_token, digest, p, err);
	}
	if (petition_load_no(db, h, ref, p, err) < 0)
		return -1;
	if (account != 0 && (about ? petition_is_about(p, account) : p->claimant == account))
		return 0;
	petition_release(p);
	return err_set(err, ERR_NOT_FOUND, "没有找到这个申请，请核对链接或受理号。");
}

int
petition_load(struct db *db, const struct hall *h, const struct who *who, const char *ref,
    struct petition *p, struct err *err)
{
	return petition_load_own(db, h, SQL_PETITION_BY_TOKEN, ref, who->account, false, p, err);
}

int
petition_load_stop(struct db *db, const struct hall *h, const struct who *who, const char *ref,
    struct petition *p, struct err *err)
{
	return petition_load_own(db, h, SQL_PETITION_BY_STOP, ref, who->account, true, p, err);
}

int
petition_insert(struct db *db, const struct hall *h, const struct who *who, struct petition *p,
    char ref[PETITION_REF], struct err *err)
{
	struct buf	 body = {0};
	char		 day[CLOCK_TEXT], none[32], stop[SM3_TEXT];
	int		 rc = -1;

	p->id = rand_id();
	p->created = clock_now();
	rand_token(ref, PETITION_REF - 1);
	petition_digest(ref, p->token);
	(void)snprintf(none, sizeof(none), "none:%" PRId64, p->id);
	petition_digest(none, stop);
	(void)clock_compact(p->created, day);
	memcpy(p->no, day, 8);
	rand_digits(p->no + 8, ORDER_NO - 9);
	buf_init(&body, PETITION_BODY);
	if (sealed_put_json(h, "petition.body", p->body, &body, err) == 0 &&
	    db_run(db, SQL_PETITION_INSERT, NULL, err, DB_INT(p->id), DB_TEXT(p->no),
	    DB_TEXT(p->token), DB_TEXT(stop), DB_TEXT(p->kind->name), DB_INT(p->account),
	    DB_INT(p->claimant), DB_TEXT(p->subject), DB_BLOB(body.p, body.len),
	    DB_INT(p->created)) == 0)
		rc = hall_journal_add(db, who, "petition.draft", p->no, p->kind->name, err);
	if (rc == 0 && p->claimant != 0)
		(void)snprintf(ref, PETITION_REF, "%s", p->no);
	buf_free(&body);
	return rc;
}

int
petition_save(struct db *db, const struct hall *h, struct petition *p, const char *state,
    struct err *err)
{
	struct buf	 body = {0};
	int64_t		 changed = 0;
	int		 rc = -1;

	buf_init(&body, PETITION_BODY);
	if (sealed_put_json(h, "petition.body", p->body, &body, err) == 0)
		rc = db_run(db, SQL_PETITION_SAVE, &changed, err, DB_INT(p->id), DB_INT(p->version),
		    DB_TEXT(state), DB_TEXT(p->stop), DB_BLOB(body.p, body.len),
		    DB_TEXT(p->reason), DB_INT(p->reviewer), DB_INT(p->second), DB_INT(p->filed),
		    DB_INT(p->decided), DB_INT(p->effective), DB_INT(p->ended), DB_INT(p->account));
	buf_free(&body);
	if (rc < 0)
		return -1;
	if (hall_was_first(changed, "这个申请", err) < 0)
		return -1;
	p->version++;
	(void)snprintf(p->state, sizeof(p->state), "%s", state);
	return 0;
}

int
petition_move(struct db *db, const struct hall *h, const struct who *who, struct petition *p,
    const char *state, const char *reason, struct err *err)
{
	char	what[32];

	str_copy(p->reason, sizeof(p->reason), reason == NULL ? "" : reason);
	if (strcmp(state, "done") == 0 || strcmp(state, "refused") == 0 ||
	    strcmp(state, "stopped") == 0 || strcmp(state, "cancelled") == 0)
		p->ended = clock_now();
	if (petition_save(db, h, p, state, err) < 0) {
		if (err->kind == ERR_CONFLICT && strcmp(state, "waiting") == 0)
			err_set(err, ERR_CONFLICT,
			    "已有另一份同样的申请正在等待生效，或这份申请刚刚有了变化，请刷新页面。");
		return -1;
	}
	(void)snprintf(what, sizeof(what), "petition.%s", state);
	return hall_journal_add(db, who, what, p->no, p->reason, err);
}

/* ---- telling ---- */

static int
petition_notice(struct db *db, const struct hall *h, const struct petition *p, const char *event,
    const char *mobile, const char *mail, const json_t *more, struct err *err)
{
	char	 day[CLOCK_TEXT] = "";
	char	*key = xasprintf("%s:%s:%" PRIx64, p->no, event, (uint64_t)rand_id());
	char	*what = xasprintf("%s%s%s%s", p->kind->text, *p->subject == '\0' ? "" : "（",
		    p->subject, *p->subject == '\0' ? "" : "）");
	json_t	*v = json_pack("{s:s, s:s, s:s, s:s}", "no", p->no, "what", what, "reason",
		    p->reason, "date", p->effective == 0 ? "" : clock_datetime(p->effective, day));
	int	 rc = 0;

	if (more != NULL)
		js_update(v, more);
	rc = notice_to(db, h, event, mobile, mail, v, key, err);
	json_decref(v);
	free(what);
	free(key);
	return rc;
}

int
petition_tell(struct db *db, const struct hall *h, const struct petition *p, const char *event,
    const json_t *more, struct err *err)
{
	return petition_notice(db, h, p, event, js_str(p->body, "mobile"),
	    js_str(p->body, "contact"), more, err);
}

int
petition_warn(struct db *db, const struct hall *h, const struct petition *p, const char *event,
    const json_t *more, struct err *err)
{
	return petition_notice(db, h, p, event, js_str(p->body, "old_mobile"),
	    js_str(p->body, "old_mail"), more, err);
}

int
petition_warn_others(struct db *db, const struct hall *h, const struct petition *p,
    struct err *err)
{
	char	 token[PETITION_REF], digest[SM3_TEXT], *url = NULL;
	json_t	*j = NULL, *v = NULL;
	size_t	 i = 0;
	int	 rc = 0;

	json_array_foreach(json_object_get(p->body, "others"), i, j) {
		if (rc < 0)
			break;
		rand_token(token, sizeof(token) - 1);
		petition_digest(token, digest);
		url = xasprintf("%s/petition-stop/%s", conf_str("web.public_url"), token);
		v = json_pack("{s:s}", "url", url);
		rc = db_run(db, SQL_PETITION_OTHER_SET, NULL, err, DB_INT(p->id),
		    DB_INT(js_int(j, "account", 0)), DB_TEXT(digest));
		if (rc == 0)
			rc = petition_notice(db, h, p, "petition_warning", js_str(j, "mobile"),
			    js_str(j, "mail"), v, err);
		json_decref(v);
		free(url);
	}
	return rc;
}

/* ---- models ---- */

void
petition_fact(json_t *list, const char *label, const char *value, const char *known, bool same)
{
	(void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b, s:b, s:b}", "label", label,
	    "value", value == NULL ? "" : value, "known", known, "has_known", *known != '\0', "same",
	    same, "desk", value == NULL));
}

int
petition_pictures(struct db *db, const struct petition *p, json_t **out, bool *complete,
    struct err *err)
{
	const struct petition_picture	*pic = p->kind->pictures;
	struct rows			*rows = NULL;
	json_t				*list = json_array(), *j = NULL;
	size_t				 i = 0;
	int				 rc = 0;

	for (; pic->kind != NULL; pic++)
		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b, s:b}", "kind",
		    pic->kind, "title", pic->title, "help", pic->help, "required", pic->required,
		    "has", false));
	if (db_query(db, SQL_PETITION_PICTURE_LIST, &rows, err, DB_INT(p->id)) < 0) {
		json_decref(list);
		return -1;
	}
	while ((rc = rows_next(rows, err)) > 0)
		json_array_foreach(list, i, j)
			if (strcmp(js_str(j, "kind"), rows_text(rows, 0)) == 0) {
				js_set_bool(j, "has", true);
				js_set_int(j, "at", rows_int(rows, 1));
			}
	rows_free(rows);
	*complete = true;
	json_array_foreach(list, i, j)
		if (js_bool(j, "required") && !js_bool(j, "has"))
			*complete = false;
	*out = list;
	return rc;
}

json_t *
petition_model(const struct petition *p)
{
	json_t	*j = json_object();
	char	 flag[32];
	size_t	 i = 0;

	js_set_str(j, "no", p->no);
	js_set_str(j, "kind", p->kind->name);
	js_set_str(j, "kind_text", p->kind->text);
	js_set_str(j, "state", p->state);
	js_set_str(j, "state_text", petition_state_text(p->state));
	js_set_str(j, "subject", p->subject);
	js_set_str(j, "reason", p->reason);
	js_set_int(j, "version", p->version);
	js_set_time(j, "created", p->created);
	js_set_time(j, "filed", p->filed);
	js_set_time(j, "decided", p->decided);
	js_set_time(j, "effective", p->effective);
	js_set_time(j, "ended", p->ended);
	for (i = 0; i < ARRAY_LEN(petition_states); i++) {
		(void)snprintf(flag, sizeof(flag), "is_%s", petition_states[i].name);
		js_set_bool(j, flag, petition_is(p, petition_states[i].name));
	}
	js_set_bool(j, "is_open", petition_is_open(p));
	js_set_int(j, "returns", js_int(p->body, "returns", 0));
	js_set_str(j, "returned_for", js_str(p->body, "returned_for"));
	return j;
}
