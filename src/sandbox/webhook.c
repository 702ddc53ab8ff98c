#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/str.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

/*
 * Relying systems: each path /webhook/NAME is a receiver that checks what it gets.  By the
 * controls it has a secret, answers with another status, and shows what came.
 */
#define FRESH	(5 * CLOCK_MINUTE)

static json_t *
webhook_find(const char *name)
{
	return json_object_get(sb_map("webhooks"), name);
}

/* Does one of the signatures in the header fit: "v1,<base64> v1sm,<base64> …". */
static bool
webhook_fits(const EVP_MD *md, const char *version, const struct buf *secret, const char *text,
    size_t len, const char *header)
{
	unsigned char	 mac[EVP_MAX_MD_SIZE];
	unsigned int	 n = 0;
	struct buf	 want;
	bool		 fits = false;

	buf_init(&want, 128);
	if (HMAC(md, secret->p, (int)secret->len, (const unsigned char *)text, len, mac,
	    &n) == NULL)
		BUG("hmac");
	buf_addf(&want, "%s,", version);
	base64_add(&want, mac, n);
	for (const char *p = header; *p != '\0'; p += strspn(p, " ")) {
		size_t	len_one = strcspn(p, " ");

		fits = fits || (len_one == want.len && CRYPTO_memcmp(p, want.p, len_one) == 0);
		p += len_one;
	}
	buf_free(&want);
	return fits;
}

static const char *
webhook_header(struct sb_call *c, const char *name)
{
	const char	*value = http_header(c->req, name);

	return value == NULL ? "" : value;
}

/* What came, judged. */
static json_t *
webhook_judge(struct sb_call *c, json_t *app)
{
	const char	*id = webhook_header(c, "webhook-id"),
			*at = webhook_header(c, "webhook-timestamp"),
			*signature = webhook_header(c, "webhook-signature"),
			*key = js_str(app, "secret");
	struct buf	 secret, text;
	int64_t		 seconds = strtoll(at, NULL, 10);
	json_t		*seen = json_object_get(app, "seen"), *out = NULL;

	buf_init(&secret, 256);
	buf_init(&text, LIMIT_HTTP_BODY);
	if (str_has_prefix(key, "whsec_"))
		key += strlen("whsec_");
	if (base64_decode(key, strlen(key), &secret) < 0)
		buf_clear(&secret);
	buf_addf(&text, "%s.%s.", id, at);
	buf_add(&text, c->req->body, c->req->body_len);
	out = json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:o}", "id", id, "timestamp", at,
	    "signature", signature, "sha256",
	    webhook_fits(EVP_sha256(), "v1", &secret, text.p, text.len, signature), "sm3",
	    webhook_fits(EVP_sm3(), "v1sm", &secret, text.p, text.len, signature), "fresh",
	    llabs((long long)(clock_now() - seconds * CLOCK_SECOND)) <= FRESH, "again",
	    json_object_get(seen, id) != NULL, "body",
	    json_stringn(c->req->body, c->req->body_len));
	(void)json_object_set_new(seen, id, json_true());
	buf_free(&secret);
	buf_free(&text);
	return out;
}

/* POST /webhook/NAME */
static void
webhook_take(struct sb_call *c)
{
	json_t	*app = webhook_find(c->rest), *got = NULL;
	int64_t	 status = 0, fails = 0;

	if (app == NULL) {
		sb_json(c, 404, json_pack("{s:s}", "error", "no such receiver"));
		return;
	}
	got = webhook_judge(c, app);
	status = js_int(app, "status", 200);
	fails = js_int(app, "fails", 0);
	if (status == 200 && fails > 0) {
		js_set_int(app, "fails", fails - 1);
		status = 503;
	}
	if (!js_bool(got, "sha256") || !js_bool(got, "sm3") || !js_bool(got, "fresh"))
		status = 400;
	js_set_int(got, "status", status);
	(void)json_array_append_new(json_object_get(app, "received"), got);
	if (status / 100 == 3)
		http_respond_header(c->res, "Location", "%s", js_str(app, "location"));
	sb_json(c, (int)status, json_pack("{s:b}", "taken", status == 200));
}

/* {"name","secret","status"?,"fails"? (that many 503 first),"location"?}: set up, keep what came. */
static void
webhook_set(struct sb_call *c)
{
	struct err	 err = {0};
	json_t		*in = NULL, *app = NULL;
	const char	*name = NULL;

	if (json_parse(c->req->body, c->req->body_len, 0, &in, &err) < 0 || !json_is_object(in) ||
	    js_str(in, "name")[0] == '\0') {
		sb_json(c, 400, json_pack("{s:s}", "error", "a name must be there"));
		json_decref(in);
		return;
	}
	name = js_str(in, "name");
	if (webhook_find(name) == NULL)
		sb_put("webhooks", name, json_pack("{s:[], s:{}}", "received", "seen"));
	app = webhook_find(name);
	(void)json_object_update(app, in);
	sb_json(c, 200, json_incref(app));
	json_decref(in);
}

/* ?name= */
static void
webhook_look(struct sb_call *c)
{
	json_t	*app = webhook_find(js_str(c->query, "name"));

	sb_json(c, app == NULL ? 404 : 200, app == NULL ? json_object() : json_incref(app));
}

const struct sb_route	 sb_routes_webhook[] = {
	{"POST", "/webhook/*", webhook_take},
	{"POST", "/control/webhook", webhook_set},
	{"GET", "/control/webhook", webhook_look},
	{0}
};
