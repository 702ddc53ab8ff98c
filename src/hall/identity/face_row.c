#include "base/base.h"
#include "hall/identity/face_own.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/sealed.h"

#define FACE_LIFE	(10 * CLOCK_MINUTE)

int
face_from_row(const struct hall *h, struct rows *r, struct face *f, struct err *err)
{
	struct buf	 token = {0};
	const void	*p = NULL;
	size_t		 len = 0;
	int		 rc = 0;

	memset(f, 0, sizeof(*f));
	buf_init(&token, 256);
	p = rows_blob(r, 2, &len);
	rc = sealed_get(h, "face.token", p, len, &token, err);
	f->id = rows_int(r, 0);
	f->order_id = rows_int(r, 1);
	(void)snprintf(f->token, sizeof(f->token), "%s", token.p);
	(void)snprintf(f->state, sizeof(f->state), "%s", rows_text(r, 3));
	(void)snprintf(f->was, sizeof(f->was), "%s", f->state);
	(void)snprintf(f->stage, sizeof(f->stage), "%s", rows_text(r, 4));
	f->factors = rows_int(r, 5);
	(void)snprintf(f->url, sizeof(f->url), "%s", rows_text(r, 6));
	(void)snprintf(f->provider_no, sizeof(f->provider_no), "%s", rows_text(r, 7));
	(void)snprintf(f->reason, sizeof(f->reason), "%s", rows_text(r, 8));
	f->created = rows_int(r, 9);
	f->ended = rows_int(r, 10);
	(void)snprintf(f->proves, sizeof(f->proves), "%s", rows_text(r, 11));
	(void)snprintf(f->meta, sizeof(f->meta), "%s", rows_text(r, 12));
	buf_free(&token);
	return rc;
}

/* 1 found, 0 none, -1. */
static int
face_take_row(const struct hall *h, struct rows *rows, struct face *f, struct err *err)
{
	int	rc = rows_next(rows, err);

	if (rc > 0 && face_from_row(h, rows, f, err) < 0)
		rc = -1;
	rows_free(rows);
	return rc;
}

int
face_load(struct db *db, const struct hall *h, enum sql_id sql, struct db_arg key,
    struct face *f, struct err *err)
{
	struct rows	*rows = NULL;

	if (db_query(db, sql, &rows, err, key) < 0)
		return -1;
	return face_take_row(h, rows, f, err);
}

int
face_save(struct db *db, struct face *f, struct err *err)
{
	int64_t	changed = 0;

	if (db_run(db, SQL_FACE_SET, &changed, err, DB_INT(f->id), DB_TEXT(f->was),
	    DB_TEXT(f->state), DB_TEXT(f->stage), DB_INT(f->factors), DB_TEXT(f->url),
	    DB_TEXT(f->provider_no), DB_TEXT(f->reason), DB_INT(f->ended),
	    DB_TEXT(f->proves), DB_TEXT(f->meta)) < 0)
		return -1;
	if (hall_was_first(changed, "身份识别", err) < 0)
		return -1;
	(void)snprintf(f->was, sizeof(f->was), "%s", f->state);
	return 0;
}

bool
face_is(const struct face *f, const char *state)
{
	return strcmp(f->state, state) == 0;
}

void
face_set(struct face *f, const char *state, const char *reason)
{
	(void)snprintf(f->state, sizeof(f->state), "%s", state);
	(void)snprintf(f->reason, sizeof(f->reason), "%s", reason);
	utf8_mend(f->reason);
	if (strcmp(state, "passed") == 0 || strcmp(state, "failed") == 0)
		f->ended = clock_now();
}

/* The state as people see it: an open session past its time is expired. */
const char *
face_shown_state(const struct face *f)
{
	if (f->ended == 0 && clock_now() > f->created + FACE_LIFE)
		return "expired";
	return f->state;
}

const char *
face_state_text(const char *state)
{
	static const struct { const char *state, *text; } texts[] = {
		{ "created", "等待手机扫码" }, { "opened", "手机已扫码，请在手机上同意授权" },
		{ "pending", "正在识别，请按手机上的提示操作" }, { "passed", "身份识别通过" },
		{ "failed", "身份识别未通过" }, { "expired", "二维码已过期，请重新获取" },
		{ "none", "尚未开始" },
	};
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].state, state) == 0)
			return texts[i].text;
	return state;
}

json_t *
face_model(const struct face *f, int64_t used)
{
	const char	*state = f->id == 0 ? "none" : face_shown_state(f);
	json_t		*j = json_object();
	char		*url = NULL;

	js_set_str(j, "state", state);
	js_set_str(j, "state_text", face_state_text(state));
	js_set_str(j, "reason", f->reason);
	js_set_bool(j, "passed", strcmp(state, "passed") == 0);
	js_set_bool(j, "over", f->id == 0 || f->ended != 0 || strcmp(state, "expired") == 0);
	js_set_int(j, "attempts_left", used >= FACE_DAY ? 0 : FACE_DAY - used);
	js_set_time(j, "expires", f->id == 0 ? 0 : f->created + FACE_LIFE);
	url = xasprintf("%s/m/identity/%s", conf_str("web.public_url"), f->token);
	js_set_str(j, "token", f->token);
	js_set_str(j, "url", f->id == 0 ? "" : url);
	free(url);
	return j;
}

int
face_used(struct db *db, const struct order *o, int64_t *used, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_FACE_COUNT, &rows, err, DB_INT(o->id),
			    DB_INT(clock_now() - CLOCK_DAY));

	if (rc == 0)
		*used = rows_int(rows, 0);
	rows_free(rows);
	return rc;
}
