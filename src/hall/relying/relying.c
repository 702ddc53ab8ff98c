#include "base/base.h"
#include "hall/relying/relying.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/secret.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/certificate/eseal.h"
#include "hall/journal.h"
#include "hall/relying/relying_own.h"
#include "hall/sealed.h"
#include "pki/cert.h"

#include <openssl/hmac.h>

/* Events as they happen: who hears of them, and what is said. */

static const struct { const char *name, *text; } events[] = {
	{ "issued", "签发" }, { "renewed", "更新" }, { "replaced", "补办" }, { "changed", "变更" },
	{ "frozen", "冻结" }, { "thawed", "恢复" }, { "revoked", "撤销" }, { "sealed", "制章" }, { "ping", "测试" },
};
const char *const	relying_events[] = { "issued", "renewed", "replaced", "changed", "frozen",
	"thawed", "revoked", "sealed", NULL };

const char *
relying_event_text(const char *event)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(events); i++)
		if (strcmp(events[i].name, event) == 0)
			return events[i].text;
	return event;
}

/* ---- rows ---- */

/* {"now","old"} or {"salt"}, sealed. */
static int
relying_open(const struct hall *h, struct rows *rows, struct relying *r, struct err *err)
{
	json_t	*secret = NULL, *salt = NULL;
	int	 rc = -1;

	if (sealed_get_json(h, "relying.secret", rows, 3, &secret, err) == 0 &&
	    sealed_get_json(h, "relying.salt", rows, 5, &salt, err) == 0) {
		(void)snprintf(r->secret, sizeof(r->secret), "%s", js_str(secret, "now"));
		(void)snprintf(r->old, sizeof(r->old), "%s", js_str(secret, "old"));
		(void)snprintf(r->salt, sizeof(r->salt), "%s", js_str(salt, "salt"));
		rc = 0;
	}
	json_decref(secret);
	json_decref(salt);
	return rc;
}

int
relying_from_row(const struct hall *h, struct rows *rows, struct relying *r, struct err *err)
{
	memset(r, 0, sizeof(*r));
	r->id = rows_int(rows, 0);
	(void)snprintf(r->name, sizeof(r->name), "%s", rows_text(rows, 1));
	(void)snprintf(r->url, sizeof(r->url), "%s", rows_text(rows, 2));
	r->old_until = rows_int(rows, 4);
	(void)snprintf(r->events, sizeof(r->events), "%s", rows_text(rows, 6));
	(void)snprintf(r->products, sizeof(r->products), "%s", rows_text(rows, 7));
	(void)snprintf(r->subject, sizeof(r->subject), "%s", rows_text(rows, 8));
	(void)snprintf(r->state, sizeof(r->state), "%s", rows_text(rows, 9));
	r->created = rows_int(rows, 10);
	r->deliveries = rows_int(rows, 11);
	r->last_ok = rows_int(rows, 12);
	return relying_open(h, rows, r, err);
}

void
relying_release(struct relying *r)
{
	secret_wipe(r, sizeof(*r));
}

/* ---- putting out ---- */

json_t *
relying_payload(const struct relying *r, const char *id, const char *body)
{
	json_t	*secrets = json_array(), *p = NULL;
	char	 app[24];

	(void)snprintf(app, sizeof(app), "%" PRId64, r->id);
	(void)json_array_append_new(secrets, json_string(r->secret));
	if (r->old[0] != '\0' && r->old_until > clock_now())
		(void)json_array_append_new(secrets, json_string(r->old));
	p = json_pack("{s:s, s:s, s:s, s:s, s:o}", "app", app, "id", id, "url", r->url, "body",
	    body, "secrets", secrets);
	return p;
}

static int
relying_put_body(struct db *db, const struct hall *h, const struct relying *r, const char *id,
    const char *event, const char *serial, const struct buf *body, struct err *err)
{
	struct buf	 sealed;
	json_t		*p = relying_payload(r, id, body->p);
	char		*key = xasprintf("hook:%s", id);
	int		 rc = -1;

	buf_init(&sealed, LIMIT_JSON);
	if (sealed_put(h, "relying.body", body->p, body->len, &sealed, err) == 0 &&
	    db_run(db, SQL_RELYING_DELIVERY_ADD, NULL, err, DB_TEXT(id), DB_INT(r->id),
	    DB_TEXT(event), DB_TEXT(serial), DB_BLOB(sealed.p, sealed.len),
	    DB_INT(clock_now())) == 0)
		rc = hall_outbox_put(db, h, "webhook", key, p, err);
	buf_free(&sealed);
	free(key);
	json_decref(p);
	return rc;
}

int
relying_put(struct db *db, const struct hall *h, const struct relying *r, const char *event,
    const char *serial, const json_t *data, struct err *err)
{
	char		 token[25], id[32], type[48], at[CLOCK_TEXT];
	json_t		*j = NULL;
	struct buf	 body;
	int		 rc = -1;

	rand_token(token, sizeof(token) - 1);
	(void)snprintf(id, sizeof(id), "evt_%s", token);
	(void)snprintf(type, sizeof(type), strcmp(event, "ping") == 0 ? "%s" : "certificate.%s",
	    event);
	j = json_pack("{s:s, s:s, s:i, s:s, s:O}", "id", id, "type", type, "version", 1, "created",
	    clock_iso(clock_now(), at), "data", data);
	buf_init(&body, LIMIT_JSON);
	json_write_canonical(j, &body);
	if (buf_check(&body, err) == 0)
		rc = relying_put_body(db, h, r, id, event, serial, &body, err);
	buf_free(&body);
	json_decref(j);
	return rc;
}

/* ---- what is said ---- */

/* The subject as this app may hear of it. */
static void
relying_subject(const struct relying *r, const struct cert *c, json_t *data)
{
	const char	*type = NULL;
	char		 code[CERT_IDENTITY_TEXT], text[CERT_IDENTITY_TEXT + 32], hex[65];
	unsigned char	 mac[EVP_MAX_MD_SIZE];
	unsigned int	 n = 0;
	json_t		*subject = NULL;

	if (strcmp(r->subject, "none") == 0)
		return;
	subject = json_object();
	if (cert_identity(c, &type, code)) {
		(void)snprintf(text, sizeof(text), "%s:%s", type, code);
		if (HMAC(EVP_sm3(), r->salt, (int)strlen(r->salt), (const unsigned char *)text,
		    strlen(text), mac, &n) == NULL)
			BUG("hmac");
		hex_encode(mac, 32, hex);
		js_set_str(subject, "digest", hex);
	}
	if (strcmp(r->subject, "name") == 0)
		js_set_str(subject, "name", cert_cn(c));
	(void)json_object_set_new(data, "subject", subject);
}

/* A certificate that something happened to. */
struct told {
	struct cert	*cert;
	char		 product[32], state[16];
	int64_t		 not_before, not_after;
	json_t		*seal;			/* {"id","digest","status"}; NULL: it has none */
};

static int
told_load(struct db *db, const char *serial, struct told *t, struct err *err)
{
	struct rows	*rows = NULL;
	const void	*der = NULL;
	size_t		 len = 0;
	int		 rc = db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(serial));

	if (rc == 0) {
		t->not_before = rows_int(rows, 4);
		t->not_after = rows_int(rows, 5);
		(void)snprintf(t->state, sizeof(t->state), "%s", rows_text(rows, 7));
		(void)snprintf(t->product, sizeof(t->product), "%s", rows_text(rows, 9));
		der = rows_blob(rows, 6, &len);
		rc = cert_parse(der, len, &t->cert, err);
	}
	rows_free(rows);
	return rc;
}

static json_t *
told_data(const struct told *t, const struct relying *r, const char *serial, const char *replaces)
{
	char	 from[CLOCK_TEXT], to[CLOCK_TEXT];
	json_t	*data = json_pack("{s:s, s:s, s:s, s:s, s:s}", "serial", serial, "product",
	    t->product, "status", t->state, "not_before", clock_iso(t->not_before, from),
	    "not_after", clock_iso(t->not_after, to));

	if (replaces != NULL && *replaces != '\0')
		js_set_str(data, "replaces", replaces);
	if (t->seal != NULL)
		(void)json_object_set(data, "seal", t->seal);
	relying_subject(r, t->cert, data);
	return data;
}

#define HEARERS	64

static int
relying_hearers(struct db *db, const struct hall *h, const char *event, const char *product,
    struct relying *list, size_t *n, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	*n = 0;
	if (db_query(db, SQL_RELYING_HEARERS, &rows, err, DB_TEXT(event), DB_TEXT(product)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0 && *n < HEARERS) {
		if ((rc = relying_from_row(h, rows, &list[*n], err)) < 0)
			break;
		(*n)++;
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

int
relying_tell(struct db *db, const struct hall *h, const char *event, const char *serial,
    const char *replaces, struct err *err)
{
	struct relying	*list = xcalloc(HEARERS, sizeof(*list));
	struct told	 t = { .cert = NULL };
	json_t		*data = NULL;
	size_t		 n = 0, i = 0;
	int		 rc = told_load(db, serial, &t, err);

	if (rc == 0)
		rc = eseal_told(db, serial, &t.seal, err);
	if (rc == 0)
		rc = relying_hearers(db, h, event, t.product, list, &n, err);
	for (i = 0; rc == 0 && i < n; i++) {
		data = told_data(&t, &list[i], serial, replaces);
		rc = relying_put(db, h, &list[i], event, serial, data, err);
		json_decref(data);
	}
	secret_wipe(list, HEARERS * sizeof(*list));
	free(list);
	json_decref(t.seal);
	cert_free(t.cert);
	return rc;
}

int
relying_gone(struct db *db, const struct hall *h, const char *app, struct err *err)
{
	const struct who	system = { .system = true, .address = "" };
	int64_t			n = 0;

	(void)h;
	if (db_run(db, SQL_RELYING_STATE_SET, &n, err, DB_INT(strtoll(app, NULL, 10)),
	    DB_TEXT("gone")) < 0)
		return -1;
	return n == 0 ? 0 : hall_journal_add(db, &system, "relying.gone", app, "410", err);
}

int
relying_tick(struct db *db, int64_t now, struct err *err)
{
	return db_run(db, SQL_RELYING_DELIVERY_PRUNE, NULL, err, DB_INT(now - 90 * CLOCK_DAY));
}
