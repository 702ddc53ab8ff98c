#include "base/base.h"
#include "hall/platform/platform_own.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/url.h"
#include "hall/account/code.h"
#include "hall/sealed.h"
#include "jose/jws.h"

/* A sign-in on its way: to the platform, back from it, and what gate learned. */

#define ENTRY_LIFE	(15 * CLOCK_MINUTE)
#define PLATFORM_YOUNG	CLOCK_HOUR		/* older: asked for again meanwhile */
#define PLATFORM_OLD	(7 * CLOCK_DAY)		/* … and no longer used */
#define PLATFORM_AGAIN	(10 * CLOCK_SECOND)	/* between two questions */
#define PLATFORM_BEGIN	60			/* sign-ins an hour begun from one address */
#define PLATFORM_CODE	2048			/* longest code */
#define PLATFORM_AUTHORIZE 512			/* longest address, as gate lets it be */

/* ---- entries ---- */

void
platform_entry_release(struct platform_entry *e)
{
	json_decref(e->secrets);
	json_decref(e->claims);
	memset(e, 0, sizeof(*e));
}

int
platform_entry_load(struct db *db, const struct hall *h, const char *id, const char *cookie,
    struct platform_entry *e, struct err *err)
{
	struct rows	*rows = NULL;
	char		 digest[SM3_TEXT];
	int64_t		 now = clock_now();
	int		 rc = 0;

	platform_entry_release(e);
	digest_sm3_text(cookie, strlen(cookie), digest);
	if (db_query(db, SQL_PLATFORM_ENTRY_GET, &rows, err, DB_TEXT(digest)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		(void)snprintf(e->ref, sizeof(e->ref), "%s", rows_text(rows, 0));
		(void)snprintf(e->platform, sizeof(e->platform), "%s", rows_text(rows, 1));
		(void)snprintf(e->state, sizeof(e->state), "%s", rows_text(rows, 2));
		str_copy(e->reason, sizeof(e->reason), rows_text(rows, 5));
		e->created = rows_int(rows, 6);
		rc = sealed_get_json(h, "platform_entry.secrets", rows, 3, &e->secrets, err) < 0 ||
		    sealed_get_json(h, "platform_entry.claims", rows, 4, &e->claims, err) < 0 ?
		    -1 : 1;
	}
	rows_free(rows);
	if (rc < 0)
		return -1;
	if (rc == 0 || strcmp(e->platform, id) != 0 || strcmp(e->state, "used") == 0 ||
	    now > e->created + ENTRY_LIFE || now + CODE_AHEAD < e->created)
		return err_set(err, ERR_EXPIRED, "这次登录已经失效，请从平台或登录页重新进入。");
	return 0;
}

int
platform_entry_move(struct db *db, const struct platform_entry *e, const char *from,
    const char *to, struct err *err)
{
	int64_t	n = 0;

	if (db_run(db, SQL_PLATFORM_ENTRY_MOVE, &n, err, DB_TEXT(e->ref), DB_TEXT(from),
	    DB_TEXT(to), DB_TEXT(e->reason)) < 0)
		return -1;
	return n == 1 ? 0 : err_set(err, ERR_EXPIRED, "这次登录已经用过，请重新进入。");
}

/* ---- to the platform ---- */

struct platform_begin {
	const struct def_platform *p;
	const char		*next;
	struct platform_step	*s;
};

static int
platform_ask(struct db *db, const struct hall *h, const struct def_platform *p, int64_t now,
    struct err *err)
{
	json_t	*payload = json_pack("{s:s}", "platform", p->id);
	char	 key[96];
	int	 rc = -1;

	(void)snprintf(key, sizeof(key), "platform:%s:%" PRId64, p->id, now);
	if (db_run(db, SQL_PLATFORM_TRY, NULL, err, DB_TEXT(p->id), DB_TEXT(p->issuer),
	    DB_INT(now)) == 0)
		rc = hall_outbox_put(db, h, "platform.discover", key, payload, err);
	json_decref(payload);
	return rc;
}

/* The request of OpenID Connect Core 3.1.2.1, with PKCE. */
static void
platform_url(const struct def_platform *p, const char *authorize, const json_t *secrets,
    char url[PLATFORM_URL])
{
	struct buf	 challenge, query;
	char		*redirect = xasprintf("%s/sign-in/%s/back", conf_str("web.public_url"), p->id);
	json_t		*f = NULL;

	buf_init(&challenge, 128);
	buf_init(&query, PLATFORM_URL);
	jws_sha256(js_str(secrets, "verifier"), false, &challenge);
	f = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "response_type", "code",
	    "client_id", p->client_id, "redirect_uri", redirect, "scope", p->scopes, "state",
	    js_str(secrets, "state"), "nonce", js_str(secrets, "nonce"), "code_challenge",
	    challenge.p, "code_challenge_method", "S256");
	url_form_write(f, &query);
	(void)snprintf(url, PLATFORM_URL, "%s%c%s", authorize,
	    strchr(authorize, '?') == NULL ? '?' : '&', query.p);
	json_decref(f);
	buf_free(&query);
	buf_free(&challenge);
	free(redirect);
}

static int
platform_entry_add(struct db *db, struct act *a, const char *authorize, int64_t now,
    struct err *err)
{
	struct platform_begin	*b = a->extra;
	char			 state[44], nonce[44], verifier[65], ref[33], digest[SM3_TEXT];
	struct buf		 sealed;
	json_t			*secrets = NULL;
	int			 rc = -1;

	rand_token(state, sizeof(state) - 1);
	rand_token(nonce, sizeof(nonce) - 1);
	rand_token(verifier, sizeof(verifier) - 1);
	rand_token(ref, sizeof(ref) - 1);
	rand_token(b->s->token, PLATFORM_TOKEN - 1);
	digest_sm3_text(b->s->token, PLATFORM_TOKEN - 1, digest);
	secrets = json_pack("{s:s, s:s, s:s, s:s}", "state", state, "nonce", nonce, "verifier",
	    verifier, "next", b->next);
	buf_init(&sealed, 4096);
	if (sealed_put_json(a->h, "platform_entry.secrets", secrets, &sealed, err) == 0)
		rc = db_run(db, SQL_PLATFORM_ENTRY_ADD, NULL, err, DB_TEXT(digest), DB_TEXT(ref),
		    DB_TEXT(b->p->id), DB_BLOB(sealed.p, sealed.len), DB_INT(now));
	platform_url(b->p, authorize, secrets, b->s->url);
	b->s->stand = PLATFORM_GO;
	buf_free(&sealed);
	json_decref(secrets);
	return rc;
}

static int
platform_begin_run(struct db *db, struct act *a, struct err *err)
{
	struct platform_begin	*b = a->extra;
	struct rows		*rows = NULL;
	int64_t			 now = clock_now(), at = 0, tried = 0;
	char			 authorize[PLATFORM_AUTHORIZE] = "";
	bool			 failed = false, same = false;
	int			 rc = 0;

	if (db_query(db, SQL_PLATFORM_GET, &rows, err, DB_TEXT(b->p->id)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		same = strcmp(rows_text(rows, 0), b->p->issuer) == 0;
		(void)snprintf(authorize, sizeof(authorize), "%s", rows_text(rows, 1));
		at = same ? rows_int(rows, 3) : 0;
		tried = rows_int(rows, 4);
		failed = *rows_text(rows, 5) != '\0';
	}
	rows_free(rows);
	if (rc < 0)
		return -1;
	if ((now - at > PLATFORM_YOUNG || at > now) && (now - tried > PLATFORM_AGAIN || tried > now)) {
		if (platform_ask(db, a->h, b->p, now, err) < 0)
			return -1;
		failed = false;
	}
	if (at != 0 && at <= now + CODE_AHEAD && now - at < PLATFORM_OLD)
		return platform_entry_add(db, a, authorize, now, err);
	b->s->stand = failed ? PLATFORM_FAILED : PLATFORM_WAITING;
	b->s->sentence = "现在联系不上这个平台，请稍后再试，或用下面的其他方式登录。";
	return 0;
}

int
platform_begin(struct hall *h, const struct who *who, const char *id, const char *next,
    struct platform_step *s, struct err *err)
{
	struct platform_begin	b = {.p = halldef_platform(hall_def(h), id), .next = next, .s = s};
	struct act		a = {.h = h, .who = who, .extra = &b};

	memset(s, 0, sizeof(*s));
	if (b.p == NULL)
		return err_set(err, ERR_NOT_FOUND, "没有这个登录方式，请从登录页选择。");
	if (limit_hit_from(h, "platform.begin", who, PLATFORM_BEGIN, CLOCK_HOUR, err) < 0)
		return -1;
	return act_write(&a, platform_begin_run, err);
}

/* ---- back from it ---- */

struct platform_back {
	const struct def_platform *p;
	const char		*cookie;
	bool			 denied;		/* by whom signs in, or by the platform */
};

/* RFC 9207: what comes back says whose it is; without, a document that promised it is broken. */
static int
platform_back_issuer(struct db *db, const struct def_platform *p, const json_t *query,
    struct err *err)
{
	struct rows	*rows = NULL;
	const char	*iss = js_str(query, "iss");
	bool		 must = false;
	int		 rc = db_one(db, SQL_PLATFORM_GET, &rows, err, DB_TEXT(p->id));

	if (rc == 0)
		must = rows_int(rows, 2) != 0;
	rows_free(rows);
	if (rc < 0)
		return -1;
	if ((must || json_object_get(query, "iss") != NULL) && strcmp(iss, p->issuer) != 0)
		return err_set(err, ERR_DENIED, "返回的登录结果不是%s给出的，没有登录；请重新进入。",
		    p->title);
	return 0;
}

static int
platform_put_code(struct db *db, const struct hall *h, const struct def_platform *p,
    const struct platform_entry *e, const char *code, struct err *err)
{
	char	*redirect = xasprintf("%s/sign-in/%s/back", conf_str("web.public_url"), p->id);
	json_t	*payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "ref", e->ref, "platform",
		    p->id, "code", code, "verifier", js_str(e->secrets, "verifier"), "nonce",
		    js_str(e->secrets, "nonce"), "redirect", redirect);
	char	 key[64];
	int	 rc = 0;

	(void)snprintf(key, sizeof(key), "platform:%s", e->ref);
	rc = hall_outbox_put(db, h, "platform.code", key, payload, err);
	json_decref(payload);
	free(redirect);
	return rc;
}

static int
platform_back_run(struct db *db, struct act *a, struct err *err)
{
	struct platform_back	*b = a->extra;
	struct platform_entry	 e = {.created = 0};
	const char		*state = js_str(a->in, "state"), *code = js_str(a->in, "code");
	const char		*want = NULL;
	int			 rc = -1;

	if (platform_entry_load(db, a->h, b->p->id, b->cookie, &e, err) < 0)
		goto out;
	want = js_str(e.secrets, "state");
	if (*want == '\0' || !secret_equal(state, strlen(state), want, strlen(want))) {
		err_set(err, ERR_DENIED, "返回的登录结果不属于这个浏览器发起的登录，没有登录；请重新进入。");
		goto out;
	}
	if (platform_back_issuer(db, b->p, a->in, err) < 0)
		goto out;
	b->denied = json_object_get(a->in, "error") != NULL || *code == '\0' ||
	    strlen(code) > PLATFORM_CODE;
	if (b->denied) {
		(void)snprintf(e.reason, sizeof(e.reason), "denied");
		rc = platform_entry_move(db, &e, "begun", "failed", err);
	} else if (platform_entry_move(db, &e, "begun", "asked", err) == 0) {
		rc = platform_put_code(db, a->h, b->p, &e, code, err);
	}
 out:
	platform_entry_release(&e);
	return rc;
}

int
platform_back(struct hall *h, const struct who *who, const char *id, const char *cookie,
    const json_t *query, struct err *err)
{
	struct platform_back	b = {.p = halldef_platform(hall_def(h), id), .cookie = cookie};
	struct act		a = {.h = h, .who = who, .in = query, .extra = &b};

	if (b.p == NULL)
		return err_set(err, ERR_NOT_FOUND, "没有这个登录方式，请从登录页选择。");
	return act_write(&a, platform_back_run, err);
}

/* ---- what gate learned ---- */

json_t *
platform_map(const struct def_platform *p, const json_t *claims)
{
	json_t		*facts = json_object();
	const char	*value = NULL;
	size_t		 i = 0;

	for (i = 0; i < p->n_fields; i++) {
		value = p->fields[i].value[0] == '=' ? p->fields[i].value + 1 :
		    js_str(claims, p->fields[i].value);
		if (str_has_prefix(value, "+86"))
			value += strlen("+86") + strspn(value + strlen("+86"), " -");
		if (*value != '\0' && utf8_count(value) <= PLATFORM_FACT)
			js_set_str(facts, p->fields[i].key, value);
	}
	return facts;
}

void
platform_mobile(const json_t *claims, char mobile[16])
{
	const char	*p = js_str(claims, "phone_number");
	size_t		 n = 0;

	if (str_has_prefix(p, "+86"))
		p += strlen("+86");
	for (; *p != '\0' && n < 15; p++)
		if (*p != ' ' && *p != '-')
			mobile[n++] = *p;
	mobile[n] = '\0';
	if (!js_bool(claims, "phone_number_verified") || *p != '\0' || n != 11 ||
	    mobile[0] != '1' || mobile[1] < '3' || !str_is_digits(mobile))
		mobile[0] = '\0';
}

static int
platform_learn(struct db *db, const struct def_platform *p, const struct platform_fact *fact,
    struct err *err)
{
	if (!fact->ok)
		return db_run(db, SQL_PLATFORM_FAIL, NULL, err, DB_TEXT(fact->platform),
		    DB_TEXT(*fact->reason != '\0' ? fact->reason : "unknown"));
	return db_run(db, SQL_PLATFORM_LEARN, NULL, err, DB_TEXT(p->id), DB_TEXT(p->issuer),
	    DB_TEXT(fact->authorize), DB_INT(fact->names_itself), DB_INT(clock_now()));
}

static int
platform_know(struct db *db, struct hall *h, const struct def_platform *p,
    const struct platform_fact *fact, struct err *err)
{
	char		 subject[KEYED_TEXT], mobile[16];
	struct buf	 sealed;
	json_t		*j = NULL;
	int		 rc = -1;

	keyed_pair(h, "platform_user", p->issuer, js_str(fact->claims, "sub"), subject);
	platform_mobile(fact->claims, mobile);
	j = json_pack("{s:s, s:s, s:o}", "subject", subject, "mobile", mobile, "facts",
	    platform_map(p, fact->claims));
	buf_init(&sealed, LIMIT_JSON);
	if (sealed_put_json(h, "platform_entry.claims", j, &sealed, err) == 0)
		rc = db_run(db, SQL_PLATFORM_ENTRY_KNOW, NULL, err, DB_TEXT(fact->ref),
		    DB_BLOB(sealed.p, sealed.len));
	buf_free(&sealed);
	json_decref(j);
	return rc;
}

int
platform_apply(struct db *db, struct hall *h, const struct platform_fact *fact, struct err *err)
{
	const struct def_platform	*p = halldef_platform(hall_def(h), fact->platform);

	if (!fact->ok)
		log_kv(LOG_WARN, "platform.failed", LOG_S("platform", fact->platform),
		    LOG_S("reason", fact->reason), LOG_S("detail", fact->detail));
	if (p == NULL)
		return 0;
	if (*fact->ref == '\0')
		return platform_learn(db, p, fact, err);
	if (!fact->ok)
		return db_run(db, SQL_PLATFORM_ENTRY_MOVE, NULL, err, DB_TEXT(fact->ref),
		    DB_TEXT("asked"), DB_TEXT("failed"), DB_TEXT(fact->reason));
	return platform_know(db, h, p, fact, err);
}

int
platform_tick(struct db *db, int64_t now, struct err *err)
{
	return db_run(db, SQL_PLATFORM_ENTRY_EXPIRE, NULL, err, DB_INT(now - CLOCK_DAY),
	    DB_INT(now + CLOCK_DAY));
}
