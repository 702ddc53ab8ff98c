#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/url.h"
#include "http/cookie.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

/*
 * A platform whose users go on to the hall signed in: an OpenID Connect provider (Core 1.0,
 * Discovery 1.0, PKCE, RFC 9207) with users, a page to sign in, and faults that make it lie.
 * Its one client is the hall.
 */
#define OP_CLIENT	"yinxin-hall"
#define OP_SECRET	"sandbox-platform-secret"	/* as written to the gate's directory */
#define OP_COOKIE	"op-session"
#define OP_CODE_LIFE	CLOCK_MINUTE

static EVP_PKEY	*op_ec, *op_rsa, *op_other;
static char	 op_kid[2][20];

static void
op_keys(void)
{
	if (op_ec != NULL)
		return;
	op_ec = EVP_EC_gen("P-256");
	op_rsa = EVP_RSA_gen(2048);
	op_other = EVP_EC_gen("P-256");
	rand_token(op_kid[0], 16);
	rand_token(op_kid[1], 16);
	if (op_ec == NULL || op_rsa == NULL || op_other == NULL)
		BUG("cannot make keys");
}

static const char *
op_issuer(char text[128])
{
	snprintf(text, 128, "%s/platform", sb.base);
	return text;
}

static void
op_error(struct sb_call *c, int status, const char *error)
{
	sb_json(c, status, json_pack("{s:s}", "error", error));
}

/* ---- published ---- */

static void
op_discovery(struct sb_call *c)
{
	char	 iss[128], at[5][192];
	static const char *const paths[] = {"authorize", "token", "userinfo", "jwks", "logout"};

	c->api = "platform.discovery";
	op_issuer(iss);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		snprintf(at[i], sizeof(at[i]), "%s/%s", iss, paths[i]);
	sb_json(c, 200, json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s], s:[s], s:[s,s], s:[s], s:[s], "
	    "s:b}", "issuer", sb_fault("platform", "document", NULL) ? "https://evil.example" : iss,
	    "authorization_endpoint", at[0], "token_endpoint", at[1], "userinfo_endpoint", at[2],
	    "jwks_uri", at[3], "response_types_supported", "code", "subject_types_supported",
	    "public", "id_token_signing_alg_values_supported", "ES256", "RS256",
	    "code_challenge_methods_supported", "S256", "token_endpoint_auth_methods_supported",
	    "client_secret_basic", "authorization_response_iss_parameter_supported", 1));
}

static json_t *
op_number(const BIGNUM *n, int size)
{
	unsigned char	 raw[1024];
	struct buf	 b;
	json_t		*j;

	buf_init(&b, 4096);
	size = size > 0 ? size : BN_num_bytes(n);
	BN_bn2binpad(n, raw, size);
	base64url_add(&b, raw, (size_t)size);
	j = json_string(b.p);
	buf_free(&b);
	return j;
}

static json_t *
op_param(EVP_PKEY *key, const char *name, int size)
{
	BIGNUM	*n = NULL;
	json_t	*j;

	if (EVP_PKEY_get_bn_param(key, name, &n) != 1)
		BUG("key without %s", name);
	j = op_number(n, size);
	BN_free(n);
	return j;
}

static void
op_jwks(struct sb_call *c)
{
	op_keys();
	c->api = "platform.jwks";
	sb_json(c, 200, json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:o, s:o}, {s:s, s:s, s:s, s:s, s:o, "
	    "s:o}]}", "keys", "kty", "EC", "crv", "P-256", "alg", "ES256", "use", "sig", "kid",
	    op_kid[0], "x", op_param(op_ec, OSSL_PKEY_PARAM_EC_PUB_X, 32), "y",
	    op_param(op_ec, OSSL_PKEY_PARAM_EC_PUB_Y, 32), "kty", "RSA", "alg", "RS256", "use",
	    "sig", "kid", op_kid[1], "n", op_param(op_rsa, OSSL_PKEY_PARAM_RSA_N, 0), "e",
	    op_param(op_rsa, OSSL_PKEY_PARAM_RSA_E, 0)));
}

/* ---- signing in ---- */

static json_t *
op_session_user(struct sb_call *c)
{
	const char	*cookie = http_cookie(c->req, OP_COOKIE);
	json_t		*s = cookie == NULL ? NULL : json_object_get(sb_map("op_sessions"), cookie);

	return s == NULL ? NULL : json_object_get(sb_map("op_users"), json_string_value(s));
}

/* Client and address are checked before anything is sent there (RFC 6749 3.1.2.4). */
static bool
op_request_is_good(struct sb_call *c, json_t *f)
{
	const char	*to = js_str(f, "redirect_uri");
	size_t		 n = strlen(sb.hall_url);

	if (strcmp(js_str(f, "client_id"), OP_CLIENT) == 0 && strncmp(to, sb.hall_url, n) == 0 &&
	    strncmp(to + n, "/sign-in/", 9) == 0 && strpbrk(to, "?#") == NULL &&
	    strlen(to + n) > 14 && strcmp(to + strlen(to) - 5, "/back") == 0)
		return true;
	sb_error_page(c, 400, "这个系统没有在本平台登记。");
	return false;
}

static void
op_return(struct sb_call *c, json_t *f, const char *key, const char *value)
{
	char		 iss[128];
	struct buf	 to;
	json_t		*q = json_pack("{s:s, s:s, s:s}", key, value, "state",
			    sb_fault("platform", "state", NULL) ? "swapped" : js_str(f, "state"),
			    "iss", sb_fault("platform", "iss", NULL) ? "https://evil.example" :
			    op_issuer(iss));

	if (sb_fault("platform", "no_iss", NULL))
		json_object_del(q, "iss");
	buf_init(&to, 8192);
	buf_addf(&to, "%s?", js_str(f, "redirect_uri"));
	url_form_write(q, &to);
	sb_redirect(c, to.p);
	json_decref(q);
	buf_free(&to);
}

static void
op_give_code(struct sb_call *c, json_t *f, json_t *user)
{
	char	 code[41];

	if (strcmp(js_str(f, "response_type"), "code") != 0 ||
	    strcmp(js_str(f, "code_challenge_method"), "S256") != 0 ||
	    *js_str(f, "code_challenge") == '\0' || strstr(js_str(f, "scope"), "openid") == NULL) {
		op_return(c, f, "error", "invalid_request");
		return;
	}
	rand_token(code, 40);
	sb_put("op_codes", code, json_pack("{s:s, s:s, s:s, s:s, s:I}", "redirect_uri",
	    js_str(f, "redirect_uri"), "challenge", js_str(f, "code_challenge"), "nonce",
	    js_str(f, "nonce"), "sub", js_str(user, "sub"), "at", (json_int_t)clock_now()));
	op_return(c, f, "code", code);
}

static void
op_login_page(struct sb_call *c, json_t *f, const char *mistake)
{
	struct buf	*b = &c->res->body;
	const char	*key;
	json_t		*v;

	sb_page_begin(c, "住建云 统一登录");
	if (*mistake != '\0')
		buf_addf(b, "<p role=\"alert\"><strong>%s</strong></p>", mistake);
	buf_addstr(b, "<form method=\"post\" action=\"/platform/authorize\">");
	json_object_foreach(f, key, v) {
		if (strncmp(key, "op_", 3) == 0)
			continue;
		buf_addstr(b, "<input type=\"hidden\" name=\"");
		sb_html(b, key);
		buf_addstr(b, "\" value=\"");
		sb_html(b, json_string_value(v));
		buf_addstr(b, "\">");
	}
	buf_addstr(b, "<label>用户名<input name=\"op_login\"></label><label>密码<input "
	    "type=\"password\" name=\"op_password\"></label><button class=\"main\">登录</button>"
	    "<button name=\"op_cancel\" value=\"1\">不登录，返回</button></form>");
	sb_page_end(c);
}

static void
op_authorize(struct sb_call *c)
{
	json_t	*user = op_session_user(c);

	if (!op_request_is_good(c, c->query))
		return;
	if (user != NULL)
		op_give_code(c, c->query, user);
	else
		op_login_page(c, c->query, "");
}

static void
op_authorize_do(struct sb_call *c)
{
	const char	*login = js_str(c->form, "op_login"), *key;
	json_t		*user = NULL, *u;
	char		 session[41];

	if (!op_request_is_good(c, c->form))
		return;
	if (*js_str(c->form, "op_cancel") != '\0') {
		op_return(c, c->form, "error", "access_denied");
		return;
	}
	json_object_foreach(sb_map("op_users"), key, u)
		if (*login != '\0' && strcmp(js_str(u, "login"), login) == 0 &&
		    strcmp(js_str(u, "password"), js_str(c->form, "op_password")) == 0)
			user = u;
	if (user == NULL) {
		op_login_page(c, c->form, "用户名或密码不正确。");
		return;
	}
	rand_token(session, 40);
	sb_put("op_sessions", session, json_string(js_str(user, "sub")));
	http_respond_header(c->res, "Set-Cookie", "%s=%s; Path=/platform; HttpOnly; SameSite=Lax",
	    OP_COOKIE, session);
	op_give_code(c, c->form, user);
}

/* ---- tokens ---- */

static void
op_part(const json_t *j, struct buf *out)
{
	struct buf	 text;

	buf_init(&text, LIMIT_JSON);
	json_write(j, &text);
	base64url_add(out, text.p, text.len);
	buf_free(&text);
}

static void
op_sign(EVP_PKEY *key, bool ec, struct buf *token)
{
	EVP_MD_CTX		*md = EVP_MD_CTX_new();
	unsigned char		 sig[512], raw[64];
	const unsigned char	*p = sig;
	size_t			 n = sizeof(sig);
	ECDSA_SIG		*parts;

	if (EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) != 1 || EVP_DigestSign(md, sig, &n,
	    (const unsigned char *)token->p, token->len) != 1)
		BUG("cannot sign");
	buf_addch(token, '.');
	if (ec) {
		parts = d2i_ECDSA_SIG(NULL, &p, (long)n);
		BN_bn2binpad(ECDSA_SIG_get0_r(parts), raw, 32);
		BN_bn2binpad(ECDSA_SIG_get0_s(parts), raw + 32, 32);
		ECDSA_SIG_free(parts);
		base64url_add(token, raw, sizeof(raw));
	} else {
		base64url_add(token, sig, n);
	}
	EVP_MD_CTX_free(md);
}

/* Faults spoil one thing each. */
static void
op_id_token(json_t *claims, struct buf *token)
{
	bool	 rsa = sb_fault("platform", "rs256", NULL), none = sb_fault("platform", "none", NULL);
	bool	 other = sb_fault("platform", "key", NULL);
	json_t	*header = json_pack("{s:s, s:s, s:s}", "alg", none ? "none" : rsa ? "RS256" : "ES256",
		    "typ", "JWT", "kid", op_kid[rsa ? 1 : 0]);

	op_part(header, token);
	buf_addch(token, '.');
	op_part(claims, token);
	if (none)
		buf_addch(token, '.');
	else
		op_sign(rsa ? op_rsa : other ? op_other : op_ec, !rsa, token);
	json_decref(header);
}

static json_t *
op_claims(json_t *code, const char *access_token)
{
	int64_t		 now = clock_now() / CLOCK_SECOND;
	unsigned char	 digest[SHA256_DIGEST_LENGTH];
	struct buf	 hash;
	char		 iss[128];
	json_t		*j;

	SHA256((const unsigned char *)access_token, strlen(access_token), digest);
	buf_init(&hash, 128);
	base64url_add(&hash, digest, 16);
	j = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "iss",
	    sb_fault("platform", "issuer", NULL) ? "https://evil.example" : op_issuer(iss), "aud",
	    sb_fault("platform", "audience", NULL) ? "another-client" : OP_CLIENT, "sub",
	    js_str(code, "sub"), "nonce", sb_fault("platform", "nonce", NULL) ? "another" :
	    js_str(code, "nonce"), "iat", (json_int_t)now, "exp",
	    (json_int_t)(sb_fault("platform", "expired", NULL) ? now - 600 : now + 300), "at_hash",
	    sb_fault("platform", "at_hash", NULL) ? "AAAAAAAAAAAAAAAAAAAAAA" : hash.p);
	buf_free(&hash);
	return j;
}

static bool
op_client_is_good(struct sb_call *c)
{
	const char	*line = http_header(c->req, "authorization");
	struct buf	 plain;
	bool		 good = false;

	buf_init(&plain, 1024);
	if (line != NULL && strncmp(line, "Basic ", 6) == 0 &&
	    base64_decode(line + 6, strlen(line + 6), &plain) == 0)
		good = strcmp(plain.p, OP_CLIENT ":" OP_SECRET) == 0;
	buf_free(&plain);
	return good;
}

static bool
op_verifier_fits(json_t *code, const char *verifier)
{
	unsigned char	 digest[SHA256_DIGEST_LENGTH];
	struct buf	 want;
	bool		 fits;

	SHA256((const unsigned char *)verifier, strlen(verifier), digest);
	buf_init(&want, 128);
	base64url_add(&want, digest, sizeof(digest));
	fits = strlen(verifier) >= 43 && strcmp(want.p, js_str(code, "challenge")) == 0;
	buf_free(&want);
	return fits;
}

static void
op_token(struct sb_call *c)
{
	json_t		*code = json_incref(json_object_get(sb_map("op_codes"),
			    js_str(c->form, "code"))), *claims;
	char		 access[41];
	struct buf	 token;

	op_keys();
	c->api = "platform.token";
	json_object_del(sb_map("op_codes"), js_str(c->form, "code"));	/* one try */
	if (!op_client_is_good(c)) {
		op_error(c, 401, "invalid_client");
	} else if (strcmp(js_str(c->form, "grant_type"), "authorization_code") != 0 || code == NULL ||
	    js_int(code, "at", 0) + OP_CODE_LIFE < clock_now() ||
	    strcmp(js_str(c->form, "redirect_uri"), js_str(code, "redirect_uri")) != 0 ||
	    !op_verifier_fits(code, js_str(c->form, "code_verifier"))) {
		op_error(c, 400, "invalid_grant");
	} else {
		rand_token(access, 40);
		sb_put("op_access", access, json_string(js_str(code, "sub")));
		buf_init(&token, LIMIT_JSON);
		claims = op_claims(code, access);
		op_id_token(claims, &token);
		sb_json(c, 200, json_pack("{s:s, s:s, s:i, s:s}", "access_token", access,
		    "token_type", "Bearer", "expires_in", 300, "id_token", token.p));
		json_decref(claims);
		buf_free(&token);
	}
	json_decref(code);
}

static void
op_userinfo(struct sb_call *c)
{
	const char	*line = http_header(c->req, "authorization");
	json_t		*sub = line == NULL || strncmp(line, "Bearer ", 7) != 0 ? NULL :
			    json_object_get(sb_map("op_access"), line + 7);
	json_t		*user = sub == NULL ? NULL : json_object_get(sb_map("op_users"),
			    json_string_value(sub)), *out;

	c->api = "platform.userinfo";
	if (user == NULL) {
		op_error(c, 401, "invalid_token");
		return;
	}
	out = json_deep_copy(json_object_get(user, "claims"));
	js_set_str(out, "sub", sb_fault("platform", "subject", NULL) ? "somebody-else" :
	    js_str(user, "sub"));
	sb_json(c, 200, out);
}

/* The platform's own page: what its users have, and the way to the hall. */
static void
op_home(struct sb_call *c)
{
	struct buf	*b = &c->res->body;
	json_t		*user = op_session_user(c);

	sb_page_begin(c, "住建云");
	buf_addf(b, "<p>%s</p><p><a class=\"button\" href=\"%s/sign-in/zjy?next=/orders/new\">"
	    "实体CA证书办理</a></p>", user == NULL ? "没有登录" : "已登录", sb.hall_url);
	sb_page_end(c);
}

static void
op_logout(struct sb_call *c)
{
	http_respond_header(c->res, "Set-Cookie", "%s=; Path=/platform; Max-Age=0", OP_COOKIE);
	sb_redirect(c, "/platform/");
}

/* ---- for tests ---- */

/* {"sub","login","password","claims":{…}}: a user, in place of one of the same sub. */
static void
op_control_user(struct sb_call *c)
{
	struct err	 err = {0};
	json_t		*in = NULL;

	if (json_parse(c->req->body, c->req->body_len, 0, &in, &err) < 0 ||
	    *js_str(in, "sub") == '\0' || !json_is_object(json_object_get(in, "claims")))
		op_error(c, 400, "sub and claims are needed");
	else {
		sb_put("op_users", js_str(in, "sub"), json_incref(in));
		sb_json(c, 200, json_incref(in));
	}
	json_decref(in);
}

/* Other keys from now on. */
static void
op_control_rotate(struct sb_call *c)
{
	EVP_PKEY_free(op_ec);
	EVP_PKEY_free(op_rsa);
	EVP_PKEY_free(op_other);
	op_ec = op_rsa = op_other = NULL;
	op_keys();
	sb_json(c, 200, json_object());
}

const struct sb_route	 sb_routes_platform[] = {
	{"GET", "/platform/.well-known/openid-configuration", op_discovery},
	{"GET", "/platform/jwks", op_jwks},
	{"GET", "/platform/authorize", op_authorize},
	{"POST", "/platform/authorize", op_authorize_do},
	{"POST", "/platform/token", op_token},
	{"GET", "/platform/userinfo", op_userinfo},
	{"GET", "/platform/logout", op_logout},
	{"GET", "/platform/", op_home},
	{"POST", "/control/platform/user", op_control_user},
	{"POST", "/control/platform/rotate", op_control_rotate},
	{0}
};
