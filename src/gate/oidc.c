#include "base/base.h"
#include "gate/oidc.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/url.h"
#include "gate/call.h"
#include "jose/jws.h"

#include <pthread.h>

#define OIDC_TIMEOUT_MS	5000
#define OIDC_FRESH	(10 * CLOCK_MINUTE)	/* a document is used so long */
#define OIDC_KEYS_AGE	(5 * CLOCK_SECOND)	/* keys are not fetched anew within that */
#define OIDC_PLATFORMS	16
#define OIDC_SECRET	512
#define OIDC_SUBJECT	255			/* Core 2: longest sub */

/* What was learned of a platform. */
struct oidc_known {
	char	*issuer;
	json_t	*document, *keys;
	int64_t	 document_at, keys_at;		/* by clock_steady */
};
static struct oidc_known	 oidc_known[OIDC_PLATFORMS];
static pthread_mutex_t		 oidc_lock = PTHREAD_MUTEX_INITIALIZER;

void
oidc_answer_free(struct oidc_answer *a)
{
	json_decref(a->claims);
	a->claims = NULL;
}

void
oidc_forget(void)
{
	pthread_mutex_lock(&oidc_lock);
	for (size_t i = 0; i < OIDC_PLATFORMS; i++) {
		free(oidc_known[i].issuer);
		json_decref(oidc_known[i].document);
		json_decref(oidc_known[i].keys);
	}
	memset(oidc_known, 0, sizeof(oidc_known));
	pthread_mutex_unlock(&oidc_lock);
}

/* Not the asker's mistake to be tried again by the outbox: an end with a reason. */
static enum verdict
oidc_no(struct oidc_answer *a, struct reply *r, const char *reason, const char *detail)
{
	a->ok = false;
	str_copy(a->reason, sizeof(a->reason), reason);
	return reply_set(r, REPLY_DONE, reason, "%s", detail);
}

/* ---- calls ---- */

bool
oidc_url_is_good(const char *issuer, const char *url)
{
	static const char	 loopback[] = "http://127.0.0.1";
	size_t			 n = strlen(loopback);

	if (strlen(url) > OIDC_URL || strpbrk(url, " \t\r\n\"<>\\^`{|}#@") != NULL)
		return false;
	if (str_has_prefix(url, "https://"))
		return url[strlen("https://")] != '\0' && url[strlen("https://")] != '/';
	return str_has_prefix(issuer, loopback) && str_has_prefix(url, loopback) &&
	    (url[n] == ':' || url[n] == '/');
}

/* An answer that is an object; -1 with the reason in a. */
static int
oidc_call(const struct call *c, const char *what, int64_t *status, json_t **out,
    struct oidc_answer *a, struct reply *r)
{
	struct call_answer	 got;
	struct err		 err = {0};
	int			 rc = -1;

	*out = NULL;
	call_answer_init(&got);
	if (call_http(c, &got, r) != REPLY_DONE)
		(void)oidc_no(a, r, "unreachable", what);
	else if (json_parse(got.body.p, got.body.len, 0, out, &err) < 0 || !json_is_object(*out))
		(void)oidc_no(a, r, "answer", what);
	else
		rc = 0;
	*status = got.status;
	call_answer_free(&got);
	if (rc < 0) {
		json_decref(*out);
		*out = NULL;
	}
	return rc;
}

static int
oidc_get(const struct gate_platform *p, const char *what, const char *url, const char *bearer,
    json_t **out, struct oidc_answer *a, struct reply *r)
{
	char			*line = bearer == NULL ? NULL :
				    xasprintf("Authorization: Bearer %s", bearer);
	const char *const	 headers[] = {"Accept: application/json", line, NULL};
	const struct call	 c = {.provider = "platform", .api = p->id, .method = "GET",
		.url = url, .headers = headers, .timeout_ms = OIDC_TIMEOUT_MS};
	int64_t			 status = 0;
	int			 rc = oidc_call(&c, what, &status, out, a, r);

	if (rc == 0 && status != 200) {
		json_decref(*out);
		*out = NULL;
		(void)oidc_no(a, r, "status", what);
		rc = -1;
	}
	if (line != NULL)
		secret_wipe(line, strlen(line));
	free(line);
	return rc;
}

/* ---- what a platform publishes ---- */

/* Its place among the known ones, the lock held; NULL when there are too many. */
static struct oidc_known *
oidc_place(const char *issuer)
{
	for (size_t i = 0; i < OIDC_PLATFORMS; i++) {
		if (oidc_known[i].issuer == NULL)
			oidc_known[i].issuer = xstrdup(issuer);
		if (strcmp(oidc_known[i].issuer, issuer) == 0)
			return &oidc_known[i];
	}
	return NULL;
}

/* A new reference to what is known and young enough, else NULL. */
static json_t *
oidc_recall(const char *issuer, bool keys, int64_t age)
{
	const struct oidc_known	*k = NULL;
	json_t			*j = NULL;
	int64_t			 at = 0;

	pthread_mutex_lock(&oidc_lock);
	if ((k = oidc_place(issuer)) != NULL) {
		at = keys ? k->keys_at : k->document_at;
		if (at != 0 && clock_steady() - at < age)
			j = json_deep_copy(keys ? k->keys : k->document);
	}
	pthread_mutex_unlock(&oidc_lock);
	return j;
}

static void
oidc_keep(const char *issuer, bool keys, const json_t *j)
{
	struct oidc_known	*k = NULL;

	pthread_mutex_lock(&oidc_lock);
	if ((k = oidc_place(issuer)) != NULL) {
		json_decref(keys ? k->keys : k->document);
		*(keys ? &k->keys : &k->document) = json_deep_copy(j);
		*(keys ? &k->keys_at : &k->document_at) = clock_steady();
	}
	pthread_mutex_unlock(&oidc_lock);
}

/* Discovery 1.0 4.3: the document is this issuer's, and each address may be called. */
static bool
oidc_document_is_good(const char *issuer, const json_t *d)
{
	static const char *const need[] = {"authorization_endpoint", "token_endpoint",
		"jwks_uri"};
	const char		*userinfo = js_str(d, "userinfo_endpoint");

	if (strcmp(js_str(d, "issuer"), issuer) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(need); i++)
		if (!oidc_url_is_good(issuer, js_str(d, need[i])))
			return false;
	return *userinfo == '\0' || oidc_url_is_good(issuer, userinfo);
}

static int
oidc_document(const struct gate_platform *p, bool anew, json_t **out, struct oidc_answer *a,
    struct reply *r)
{
	size_t	 n = strlen(p->issuer);
	char	*url = NULL;
	int	 rc = 0;

	*out = anew ? NULL : oidc_recall(p->issuer, false, OIDC_FRESH);
	if (*out != NULL)
		return 0;
	url = xasprintf("%.*s/.well-known/openid-configuration",
	    (int)(n > 0 && p->issuer[n - 1] == '/' ? n - 1 : n), p->issuer);
	rc = oidc_get(p, "discovery", url, NULL, out, a, r);
	free(url);
	if (rc < 0)
		return -1;
	if (!oidc_document_is_good(p->issuer, *out)) {
		json_decref(*out);
		*out = NULL;
		(void)oidc_no(a, r, "document", p->issuer);
		return -1;
	}
	oidc_keep(p->issuer, false, *out);
	return 0;
}

enum verdict
oidc_discover(const struct gate_platform *p, struct oidc_answer *a, struct reply *r)
{
	json_t	*d = NULL;

	if (oidc_document(p, true, &d, a, r) < 0)
		return REPLY_DONE;
	a->ok = true;
	str_copy(a->authorize, sizeof(a->authorize), js_str(d, "authorization_endpoint"));
	a->names_itself = js_bool(d, "authorization_response_iss_parameter_supported");
	json_decref(d);
	return REPLY_DONE;
}

/* ---- the ID token ---- */

static bool
oidc_is_for(const json_t *claims, const char *client)
{
	const json_t	*aud = json_object_get(claims, "aud"), *one = NULL;
	bool		 named = json_is_string(aud) && strcmp(json_string_value(aud), client) == 0;
	size_t		 i = 0;

	json_array_foreach(aud, i, one)
		named = named || (json_is_string(one) && strcmp(json_string_value(one), client) == 0);
	if (json_array_size(aud) > 1 && json_object_get(claims, "azp") == NULL)
		return false;
	return named && strcmp(js_str_or(claims, "azp", client), client) == 0;
}

static bool
oidc_hash_fits(const json_t *claims, const char *access_token)
{
	const char	*hash = js_str(claims, "at_hash");
	struct buf	 want;
	bool		 fits = true;

	if (json_object_get(claims, "at_hash") == NULL)
		return true;
	buf_init(&want, 128);
	jws_sha256(access_token, true, &want);
	fits = strcmp(hash, want.p) == 0;
	buf_free(&want);
	return fits;
}

int
oidc_check(const struct gate_platform *p, const json_t *claims, const char *nonce,
    const char *access_token, int64_t now, struct err *err)
{
	const char	*sub = js_str(claims, "sub"), *got = js_str(claims, "nonce");
	int64_t		 s = now / CLOCK_SECOND, iat = js_int(claims, "iat", 0);

	if (strcmp(js_str(claims, "iss"), p->issuer) != 0)
		return err_set(err, ERR_INPUT, "iss is another issuer");
	if (!oidc_is_for(claims, p->client_id))
		return err_set(err, ERR_INPUT, "aud or azp is somebody else");
	if (js_int(claims, "exp", 0) + OIDC_LEEWAY <= s)
		return err_set(err, ERR_INPUT, "exp is over");
	if (iat > s + OIDC_LEEWAY || iat < s - CLOCK_HOUR / CLOCK_SECOND)
		return err_set(err, ERR_INPUT, "iat is not now");
	if (js_int(claims, "nbf", s) > s + OIDC_LEEWAY)
		return err_set(err, ERR_INPUT, "nbf is not yet");
	if (*nonce == '\0' || !secret_equal(got, strlen(got), nonce, strlen(nonce)))
		return err_set(err, ERR_INPUT, "nonce is of another sign-in");
	if (*sub == '\0' || strlen(sub) > OIDC_SUBJECT)
		return err_set(err, ERR_INPUT, "sub is missing or too long");
	if (!oidc_hash_fits(claims, access_token))
		return err_set(err, ERR_INPUT, "at_hash is of another access token");
	return 0;
}

/* A key that is not known may be a new one: the set is fetched once more, not too often. */
static int
oidc_read_token(const struct gate_platform *p, const json_t *d, const char *token,
    json_t **claims, struct oidc_answer *a, struct reply *r)
{
	struct err	 err = {0};
	json_t		*keys = oidc_recall(p->issuer, true, OIDC_FRESH), *young = NULL;
	int		 rc = keys == NULL ? err_set(&err, ERR_NOT_FOUND, "no keys yet") :
			    jws_read(token, strlen(token), keys, claims, &err);

	if (rc < 0 && err.kind == ERR_NOT_FOUND &&
	    (young = oidc_recall(p->issuer, true, OIDC_KEYS_AGE)) == NULL) {
		json_decref(keys);
		if (oidc_get(p, "keys", js_str(d, "jwks_uri"), NULL, &keys, a, r) < 0)
			return -1;
		oidc_keep(p->issuer, true, keys);
		err_clear(&err);
		rc = jws_read(token, strlen(token), keys, claims, &err);
	}
	json_decref(young);
	json_decref(keys);
	if (rc < 0)
		(void)oidc_no(a, r, "token", err.text);
	return rc;
}

/* ---- the exchange ---- */

static int
oidc_secret(const struct gate_platform *p, char secret[OIDC_SECRET], struct err *err)
{
	char		*path = *p->secret_file == '/' ? xstrdup(p->secret_file) :
			    xasprintf("%s/%s", conf_str("data.dir"), p->secret_file);
	struct buf	 text;
	int		 rc = -1;

	buf_init(&text, OIDC_SECRET - 1);
	if (file_read(path, &text, err) == 0) {
		(void)snprintf(secret, OIDC_SECRET, "%s", text.p);
		secret[strcspn(secret, "\r\n")] = '\0';
		rc = *secret != '\0' ? 0 : err_set(err, ERR_INPUT, "%s is empty", path);
	}
	secret_wipe(text.p, text.len);
	buf_free(&text);
	free(path);
	return rc;
}

static bool
oidc_has(const json_t *d, const char *list, const char *word)
{
	const json_t	*one = NULL;
	size_t		 i = 0;

	json_array_foreach(json_object_get(d, list), i, one)
		if (json_is_string(one) && strcmp(json_string_value(one), word) == 0)
			return true;
	return false;
}

/* client_secret_basic (RFC 6749 2.3.1): both encoded as in a form. */
static char *
oidc_basic(const char *client, const char *secret)
{
	struct buf	 plain, line;
	char		*text = NULL;

	buf_init(&plain, 8 * OIDC_SECRET);
	buf_init(&line, 16 * OIDC_SECRET);
	url_encode_str(&plain, client);
	buf_addch(&plain, ':');
	url_encode_str(&plain, secret);
	buf_addstr(&line, "Authorization: Basic ");
	base64_add(&line, plain.p, plain.len);
	text = xstrdup(line.p);
	secret_wipe(plain.p, plain.len);
	secret_wipe(line.p, line.len);
	buf_free(&plain);
	buf_free(&line);
	return text;
}

static void
oidc_ask_body(const struct gate_platform *p, const struct oidc_code *c, const char *secret,
    struct buf *body)
{
	json_t	*f = json_pack("{s:s, s:s, s:s, s:s, s:s}", "grant_type", "authorization_code",
		    "code", c->code, "redirect_uri", c->redirect, "code_verifier", c->verifier,
		    "client_id", p->client_id);

	if (secret != NULL)
		js_set_str(f, "client_secret", secret);
	url_form_write(f, body);
	json_decref(f);
}

/* The token endpoint's answer, an object with ID token and access token. */
static int
oidc_ask(const struct gate_platform *p, const json_t *d, const struct oidc_code *c,
    const char *secret, json_t **out, struct oidc_answer *a, struct reply *r)
{
	static const char	 methods[] = "token_endpoint_auth_methods_supported";
	bool			 post = json_object_get(d, methods) != NULL &&
				    !oidc_has(d, methods, "client_secret_basic");
	char			*basic = post ? NULL : oidc_basic(p->client_id, secret);
	const char *const	 headers[] = {"Content-Type: application/x-www-form-urlencoded",
		"Accept: application/json", basic, NULL};
	struct buf		 body;
	int64_t			 status = 0;
	int			 rc = -1;

	buf_init(&body, LIMIT_JSON);
	oidc_ask_body(p, c, post ? secret : NULL, &body);
	rc = oidc_call(&(struct call){.provider = "platform", .api = p->id, .method = "POST",
	    .url = js_str(d, "token_endpoint"), .headers = headers, .body = body.p,
	    .len = body.len, .timeout_ms = OIDC_TIMEOUT_MS}, "token", &status, out, a, r);
	if (rc == 0 && (status != 200 || *js_str(*out, "id_token") == '\0' ||
	    *js_str(*out, "access_token") == '\0' ||
	    strcasecmp(js_str(*out, "token_type"), "bearer") != 0)) {
		(void)oidc_no(a, r, "refused", js_str_or(*out, "error", "no tokens"));
		rc = -1;
	}
	secret_wipe(body.p, body.len);
	buf_free(&body);
	if (basic != NULL)
		secret_wipe(basic, strlen(basic));
	free(basic);
	return rc;
}

/* What userinfo says more, of the same subject. */
static int
oidc_userinfo(const struct gate_platform *p, const json_t *d, const char *access_token,
    json_t *claims, struct oidc_answer *a, struct reply *r)
{
	const char	*url = js_str(d, "userinfo_endpoint");
	json_t		*more = NULL;
	int		 rc = 0;

	if (*url == '\0')
		return 0;
	if (oidc_get(p, "userinfo", url, access_token, &more, a, r) < 0)
		return -1;
	if (strcmp(js_str(more, "sub"), js_str(claims, "sub")) != 0) {
		(void)oidc_no(a, r, "userinfo", "of another subject");
		rc = -1;
	} else {
		(void)json_object_update(claims, more);
	}
	json_decref(more);
	return rc;
}

static int
oidc_tokens(const struct gate_platform *p, const json_t *d, const struct oidc_code *c,
    const char *secret, struct oidc_answer *a, struct reply *r)
{
	struct err	 err = {0};
	json_t		*tokens = NULL, *claims = NULL;
	const char	*access = NULL;
	int		 rc = -1;

	if (oidc_ask(p, d, c, secret, &tokens, a, r) < 0)
		goto out;
	access = js_str(tokens, "access_token");
	if (strpbrk(access, " \r\n") != NULL) {
		(void)oidc_no(a, r, "refused", "the access token is malformed");
		goto out;
	}
	if (oidc_read_token(p, d, js_str(tokens, "id_token"), &claims, a, r) < 0)
		goto out;
	if (oidc_check(p, claims, c->nonce, access, clock_now(), &err) < 0) {
		(void)oidc_no(a, r, "claims", err.text);
		goto out;
	}
	if (oidc_userinfo(p, d, access, claims, a, r) < 0)
		goto out;
	a->ok = true;
	a->claims = claims;
	claims = NULL;		/* transferred */
	rc = 0;
 out:
	json_decref(claims);
	json_decref(tokens);
	return rc;
}

enum verdict
oidc_exchange(const struct gate_platform *p, const struct oidc_code *c, struct oidc_answer *a,
    struct reply *r)
{
	char		 secret[OIDC_SECRET] = "";
	struct err	 err = {0};
	json_t		*d = NULL;

	if (oidc_secret(p, secret, &err) < 0)
		(void)oidc_no(a, r, "secret", err.text);
	else if (oidc_document(p, false, &d, a, r) == 0)
		(void)(oidc_tokens(p, d, c, secret, a, r) == 0);
	secret_wipe(secret, sizeof(secret));
	json_decref(d);
	return REPLY_DONE;
}
