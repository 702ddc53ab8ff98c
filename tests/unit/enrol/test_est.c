#include "unit.h"
#include "base/str.h"
#include "enrol/work.h"
#include "pki/csr.h"
#include "signer/signer.h"

/* EST as far as HTTP goes; the signer's part is played here. */

static enum err_kind	 est_verdict;	/* of the signer */
static char		 est_asked[256];	/* what it was asked */

static int
fake_enrol(const struct signer_enrolment *e, struct buf *cert, struct err *err)
{
	snprintf(est_asked, sizeof(est_asked), "%s|%.*s|%s|%s|%s", e->client != NULL ?
	    (const char *)e->client : e->ra, (int)e->secret.len,
	    (const char *)e->secret.p, e->label, e->from, e->renewal ? "again" : "new");
	if (est_verdict != ERR_NONE)
		return err_set(err, est_verdict, "the signer says no");
	buf_add(cert, "\x30\x03\x02\x01\x07", 5);
	return 0;
}

static int
fake_chain(const char *profile, const char *authority, json_t **out, struct err *err)
{
	(void)authority;
	if (strcmp(profile, "none") == 0)
		return err_set(err, ERR_NOT_FOUND, "no profile");
	*out = json_pack("{s:[s,s]}", "certs", "MAMCAQE=", "MAMCAQI=");
	return 0;
}

struct exchange {
	struct http_header	 header[2];
	struct http_request	 req;
	struct http_response	 res;
};

static const char	*est_client;	/* stands for the certificate of the connection */

static void
est_ask(struct exchange *x, const char *method, const char *path, const char *auth,
    const char *type, const char *body)
{
	static struct enrol	 e = {.enrol = fake_enrol, .chain = fake_chain};

	*x = (struct exchange){.header = {{"authorization", auth}, {"content-type", type}},
		.req = {.method = method, .path = path, .body = body, .body_len = strlen(body),
		.peer = "192.0.2.1", .n_headers = 2}};
	x->req.headers = x->header;
	x->req.client = est_client;
	x->req.client_len = est_client == NULL ? 0 : strlen(est_client);
	if (auth == NULL)
		x->header[0].name = "x";
	if (type == NULL)
		x->header[1].name = "x";
	x->res.status = 200;
	buf_init(&x->res.head, 4096);
	buf_init(&x->res.body, 65536);
	est_handle(&e, &x->req, &x->res);
}

static void
exchange_free(struct exchange *x)
{
	buf_free(&x->res.head);
	buf_free(&x->res.body);
}

/* The base64 of a good request, in lines. */
static const char *
good_csr(void)
{
	static char	 text[4096];
	struct err	 err = {0};
	struct name	 subject = {0};
	EVP_PKEY	*key = NULL;
	struct buf	 der, b64;
	size_t		 at = 0;

	buf_init(&der, LIMIT_CSR);
	buf_init(&b64, sizeof(text));
	assert_ok(key_generate(key_kind_find("ecdsa"), &key, &err));
	assert_ok(name_add(&subject, "CN", "pump", &err));
	assert_ok(csr_build_key(&subject, key, &der, &err));
	base64_add(&b64, der.p, der.len);
	for (size_t i = 0; i < b64.len; i++) {
		text[at++] = b64.p[i];
		if (i % 64 == 63)
			text[at++] = '\n';
	}
	text[at] = '\0';
	name_free(&subject);
	EVP_PKEY_free(key);
	buf_free(&der);
	buf_free(&b64);
	return text;
}

static void
assert_answer(const char *method, const char *path, const char *auth, const char *type,
    const char *body, int status)
{
	struct exchange	 x;

	est_ask(&x, method, path, auth, type, body);
	if (x.res.status != status)
		fail_msg("%s %s: %d, not %d: %s", method, path, x.res.status, status,
		    x.res.body.p);
	assert_int_equal(status == 401, strstr(x.res.head.p, "WWW-Authenticate: Basic") != NULL);
	exchange_free(&x);
}

#define EST	"/.well-known/est"
#define P10	"application/pkcs10"
#define ANNA	"Basic YW5uYTpzZWNyZXQ="		/* anna:secret */

void
test_est__certificates_only(void **state)
{
	struct exchange	 x;

	(void)state;
	est_verdict = ERR_NONE;
	est_ask(&x, "GET", EST "/machine/cacerts", NULL, NULL, "");
	assert_int_equal(x.res.status, 200);
	assert_non_null(strstr(x.res.head.p, "application/pkcs7-mime; smime-type=certs-only"));
	assert_non_null(strstr(x.res.body.p, "MAMCAQ"));
	exchange_free(&x);
	est_ask(&x, "POST", EST "/machine/simplereenroll", ANNA, P10, good_csr());
	assert_int_equal(x.res.status, 200);
	assert_string_equal(est_asked, "anna|secret|machine|192.0.2.1|again");
	exchange_free(&x);
	est_ask(&x, "POST", EST "/simpleenroll", ANNA, P10, good_csr());
	assert_string_equal(est_asked, "anna|secret||192.0.2.1|new");
	exchange_free(&x);
}

/* By a certificate a machine may renew; a name and a secret outrank it; new ones need those. */
void
test_est__by_certificate(void **state)
{
	struct exchange	 x;

	(void)state;
	est_verdict = ERR_NONE;
	est_client = "CERT";
	est_ask(&x, "POST", EST "/simplereenroll", NULL, P10, good_csr());
	assert_int_equal(x.res.status, 200);
	assert_string_equal(est_asked, "CERT|||192.0.2.1|again");
	exchange_free(&x);
	est_ask(&x, "POST", EST "/simplereenroll", ANNA, P10, good_csr());
	assert_string_equal(est_asked, "anna|secret||192.0.2.1|again");
	exchange_free(&x);
	assert_answer("POST", EST "/simpleenroll", NULL, P10, good_csr(), 401);
	est_client = NULL;
	assert_answer("POST", EST "/simplereenroll", NULL, P10, good_csr(), 401);
}

void
test_est__refused(void **state)
{
	static const struct {
		enum err_kind	 verdict;
		int		 status;
	} rows[] = {
		{ERR_NOT_FOUND, 401}, {ERR_DENIED, 403}, {ERR_INPUT, 400}, {ERR_CRYPTO, 400},
		{ERR_WRONG_STATE, 409}, {ERR_BUSY, 503},
	};

	(void)state;
	est_verdict = ERR_NONE;
	est_asked[0] = '\0';
	assert_answer("POST", EST "/simpleenroll", NULL, P10, good_csr(), 401);
	assert_answer("POST", EST "/simpleenroll", "Bearer x", P10, good_csr(), 401);
	assert_answer("POST", EST "/simpleenroll", "Basic YW5uYQ==", P10, good_csr(), 401);
	assert_answer("POST", EST "/simpleenroll", ANNA, "text/plain", good_csr(), 415);
	assert_answer("POST", EST "/simpleenroll", ANNA, P10, "MAMCAQE=", 400);
	assert_answer("POST", EST "/simpleenroll", ANNA, P10, "!", 400);
	assert_answer("POST", EST "/simpleenroll", ANNA, P10, "", 400);
	assert_answer("GET", EST "/simpleenroll", ANNA, P10, "", 405);
	assert_answer("POST", EST "/cacerts", NULL, NULL, "", 405);
	assert_answer("HEAD", EST "/csrattrs", NULL, NULL, "", 204);
	assert_answer("POST", EST "/serverkeygen", ANNA, P10, good_csr(), 501);
	assert_answer("POST", EST "/fullcmc", ANNA, P10, good_csr(), 501);
	assert_answer("POST", EST "/other", ANNA, P10, good_csr(), 404);
	assert_answer("GET", EST "/a/b/cacerts", NULL, NULL, "", 404);
	assert_answer("GET", EST "//cacerts", NULL, NULL, "", 404);
	assert_answer("GET", EST "/none/cacerts", NULL, NULL, "", 404);
	assert_string_equal(est_asked, "");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		est_verdict = rows[i].verdict;
		assert_answer("POST", EST "/simpleenroll", ANNA, P10, good_csr(),
		    rows[i].status);
	}
	est_verdict = ERR_NONE;
}

void
test_est__request_attributes(void **state)
{
	struct exchange	 x;

	(void)state;
	assert_answer("GET", EST "/csrattrs", NULL, NULL, "", 204);
	assert_answer("GET", EST "/sm2-org-sign/csrattrs", NULL, NULL, "", 404);
	est_ask(&x, "GET", EST "/machine/csrattrs", NULL, NULL, "");
	assert_int_equal(x.res.status, 200);
	assert_non_null(strstr(x.res.head.p, "application/csrattrs"));
	assert_int_equal(strncmp(x.res.body.p, "M", 1), 0);
	exchange_free(&x);
}
