#include "base/base.h"
#include "hall/account/sign_in.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/account_own.h"
#include "hall/journal.h"
#include "hall/medium/words.h"
#include "hall/notice.h"
#include "hall/sealed.h"

#define SIGN_IN_KEPT	(180 * CLOCK_DAY)
#define SIGN_IN_AGENT	256

/* ---- what is the same device, the same network ---- */

void
sign_in_place(const char *address, char place[SIGN_IN_PLACE])
{
	const char	*p = address == NULL ? "" : address, *sep = strchr(p, ':');
	int		 parts = sep != NULL ? 3 : 2;
	size_t		 n = 0;

	for (; p[n] != '\0' && n < SIGN_IN_PLACE - 1; n++)
		if (p[n] == (sep != NULL ? ':' : '.') && --parts == 0)
			break;
	(void)snprintf(place, SIGN_IN_PLACE, "%.*s", (int)n, p);
}

/* The first of these words that the browser's name has; the order is that of who imitates whom. */
static const char *
sign_in_word(const char *agent, const char *const words[][2])
{
	size_t	i = 0;

	for (i = 0; words[i][0] != NULL; i++)
		if (strstr(agent, words[i][0]) != NULL)
			break;
	return words[i][1];
}

const char *
sign_in_device(const char *agent, char text[SIGN_IN_PLACE])
{
	static const char *const systems[][2] = { {"Windows", "Windows"}, {"Android", "安卓"},
	    {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Mac OS", "Mac"}, {"Linux", "Linux"},
	    {NULL, "其他系统"} };
	static const char *const browsers[][2] = { {"MicroMessenger", "微信"}, {"Edg", "Edge"},
	    {"Firefox", "Firefox"}, {"Chrome", "Chrome"}, {"Safari", "Safari"},
	    {NULL, "其他浏览器"} };

	(void)snprintf(text, SIGN_IN_PLACE, "%s %s", sign_in_word(agent, systems),
	    sign_in_word(agent, browsers));
	return text;
}

/* A browser that was updated is the same device. */
static void
sign_in_digest(const struct hall *h, const char *agent, char digest[KEYED_TEXT])
{
	char	name[SIGN_IN_AGENT];
	size_t	i = 0, n = 0;

	for (i = 0; agent[i] != '\0' && n < sizeof(name) - 1; i++)
		if (strchr("0123456789._", agent[i]) == NULL)
			name[n++] = agent[i];
	name[n] = '\0';
	keyed(h, "sign in device", name, digest);
}

/* ---- recording and telling ---- */

struct sign_in {
	char		 place[SIGN_IN_PLACE], text[SIGN_IN_PLACE], device[KEYED_TEXT];
	const char	*address;
	int64_t		 now;
	bool		 fresh, may_tell;
};

static int
sign_in_look(struct db *db, const struct hall *h, int64_t account, struct sign_in *s,
    struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_SIGN_IN_SEEN, &rows, err, DB_INT(account),
			    DB_TEXT(s->device), DB_TEXT(s->place), DB_INT(s->now - CLOCK_DAY));

	if (rc == 0) {
		s->fresh = rows_int(rows, 0) > 0 &&
		    (rows_int(rows, 1) == 0 || rows_int(rows, 2) == 0);
		s->may_tell = s->fresh && rows_int(rows, 3) < hall_def(h)->sign_in_notices;
	}
	rows_free(rows);
	return rc;
}

static int
sign_in_tell(struct db *db, const struct hall *h, int64_t account, struct sign_in *s,
    struct err *err)
{
	json_t	*me = NULL, *v = NULL;
	char	 at[CLOCK_TEXT], *url = NULL, *key = NULL;
	int	 rc = 0;

	if (account_facts(db, h, account, &me, NULL, err) < 0)
		return -1;
	s->may_tell = js_bool(me, "sign_in_notice");
	if (s->may_tell) {
		url = xasprintf("%s/user/account", conf_str("web.public_url"));
		key = xasprintf("signin:%" PRIx64, (uint64_t)rand_id());
		v = json_pack("{s:s, s:s, s:s, s:s, s:s}", "time", clock_datetime(s->now, at),
		    "device", s->text, "address", s->address, "url", url, "mobile",
		    js_str(me, "mobile_masked"));
		rc = notice_to(db, h, "sign_in_new", js_str(me, "mobile"), js_str(me, "mail"), v,
		    key, err);
	}
	json_decref(v);
	free(key);
	free(url);
	json_decref(me);
	return rc;
}

int
sign_in_record(struct db *db, const struct hall *h, const struct who *who, int64_t account,
    const char *serial, struct err *err)
{
	struct sign_in	 s = { .address = who->address == NULL ? "" : who->address,
			    .now = clock_now() };
	const char	*agent = who->agent == NULL ? "" : who->agent;

	sign_in_place(s.address, s.place);
	(void)sign_in_device(agent, s.text);
	sign_in_digest(h, agent, s.device);
	if (db_run(db, SQL_SIGN_IN_FORGET, NULL, err, DB_INT(account),
	    DB_INT(s.now - SIGN_IN_KEPT)) < 0 || sign_in_look(db, h, account, &s, err) < 0 ||
	    (s.may_tell && sign_in_tell(db, h, account, &s, err) < 0))
		return -1;
	return db_run(db, SQL_SIGN_IN_ADD, NULL, err, DB_INT(rand_id()), DB_INT(account),
	    DB_INT(s.now), DB_TEXT(serial == NULL ? "" : serial), DB_TEXT(s.address),
	    DB_TEXT(s.place), DB_TEXT(s.device), DB_TEXT(s.text), DB_INT(s.fresh),
	    DB_INT(s.may_tell), DB_TEXT(who->way == NULL ? "" : who->way));
}

/* ---- the account's page ---- */

static int
sign_in_list_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*j = NULL;
	int		 rc = 0;

	a->model = json_array();
	if (db_query(db, SQL_SIGN_IN_LIST, &rows, err, DB_INT(a->who->account)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		j = json_pack("{s:s, s:s, s:s, s:b}", "way", *rows_text(rows, 6) != '\0' ?
		    rows_text(rows, 6) : *rows_text(rows, 1) == '\0' ? "密码或短信" : medium_words_sold(hall_def(a->h), rows_text(rows, 5))->text, "address", rows_text(rows, 2), "device",
		    rows_text(rows, 3), "fresh", rows_int(rows, 4) != 0);
		js_set_time(j, "time", rows_int(rows, 0));
		(void)json_array_append_new(a->model, j);
	}
	rows_free(rows);
	return rc;
}

int
sign_in_list(struct hall *h, const struct who *who, json_t **list, struct err *err)
{
	struct act	a = {.h = h, .who = who};

	return act_model(&a, act_read(&a, sign_in_list_run, err), list);
}

static int
sign_in_switch_run(struct db *db, struct act *a, struct err *err)
{
	char	subject[32];

	if (db_run(db, SQL_SIGN_IN_NOTICE_SET, NULL, err, DB_INT(a->who->account),
	    DB_INT(a->number)) < 0)
		return -1;
	(void)snprintf(subject, sizeof(subject), "%" PRId64, a->who->account);
	return hall_journal_add(db, a->who, "account.sign_in_notice", subject,
	    a->number != 0 ? "on" : "off", err);
}

int
sign_in_switch(struct hall *h, const struct who *who, bool on, struct err *err)
{
	struct act	a = {.h = h, .who = who, .number = on};

	return act_write(&a, sign_in_switch_run, err);
}
