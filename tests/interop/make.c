/*
 * interop_make write DIR	a small PKI: certificates, CRL, OCSP, request, envelope …
 * interop_make read DIR	open what the other implementation left there
 *
 * Driven by tests/interop/run.  Keys lie open in DIR: they are worth nothing.
 */
#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "pki/cert.h"
#include "pki/crl.h"
#include "pki/csr.h"
#include "pki/envelope.h"
#include "pki/ocsp.h"
#include "pki/tsp.h"
#include "seal/eseal.h"

#include <openssl/evp.h>

static struct err	 err;
static const char	*dir;

#define must(call) do {									\
	if ((call) < 0) {								\
		fprintf(stderr, "%s: %s\n", #call, err.text);				\
		exit(1);								\
	}										\
} while (0)

struct party {
	EVP_PKEY	*key;
	struct cert	*cert;
	unsigned char	 point[SM2_POINT_LEN];
};
static const struct key_kind *kind;		/* of the keys being made */
static struct party	 root, issuing, ocsp, sign, enc, person;
static const char	 message[] = "印信 interop";

static void
put(const char *name, const void *p, size_t len)
{
	char	*path = xasprintf("%s/%s", dir, name);

	must(file_write(path, p, len, 0600, &err));
	free(path);
}

static void
put_hex(const char *name, const void *p, size_t len)
{
	char	*text = xmalloc(2 * len + 1);

	hex_encode(p, len, text);
	put(name, text, 2 * len);
	free(text);
}

static void
get(const char *name, struct buf *b)
{
	char	*path = xasprintf("%s/%s", dir, name);

	buf_init(b, 65536);
	must(file_read(path, b, &err));
	free(path);
}

static void
put_pem(const char *name, const char *what, const struct buf *der)
{
	struct buf	 pem;

	buf_init(&pem, LIMIT_CERT);
	buf_addf(&pem, "-----BEGIN %s-----\n", what);
	for (size_t i = 0; i < der->len; i += 48) {
		base64_add(&pem, der->p + i, der->len - i < 48 ? der->len - i : 48);
		buf_addch(&pem, '\n');
	}
	buf_addf(&pem, "-----END %s-----\n", what);
	put(name, pem.p, pem.len);
	buf_free(&pem);
}

/* Issue one certificate and leave NAME.crt, NAME.der and NAME.key (the scalar in hex). */
static void
issue(struct party *who, const char *name, const char *profile, const char *cn,
    const char *id_no, const struct party *by, int years)
{
	struct name	 subject = {0};
	unsigned char	 d[SM2_SCALAR_LEN];
	char		 file[32];
	struct buf	 pem;
	const unsigned char *der;
	size_t		 len;
	int64_t		 now = clock_now();
	struct cert_plan plan = {.profile = profile_find(profile), .subject = &subject,
	    .issuer = by == NULL ? NULL : by->cert, .not_before = now - CLOCK_HOUR,
	    .not_after = clock_add_years(now, years), .id_no = id_no,
	    .pointers = {.ocsp = "http://va.example/ocsp", .ca_issuers =
	    "http://va.example/issuing.crt", .crl = "http://va.example/issuing.crl",
	    .policy = "1.2.156.99999.1.1", .cps = "http://va.example/cps"}};

	must(key_generate(kind, &who->key, &err));
	plan.key = who->key;
	must(name_add(&subject, "C", "CN", &err));
	must(name_add(&subject, "ST", "湖南省", &err));
	must(name_add(&subject, "O", "长沙建工有限公司", &err));
	must(name_add(&subject, "CN", cn, &err));
	cert_new_serial(plan.serial);
	must(cert_build(&plan, SIGNING(by == NULL ? who->key : by->key), &who->cert, &err));
	buf_init(&pem, LIMIT_CERT);
	cert_pem_add(who->cert, &pem);
	snprintf(file, sizeof(file), "%s.crt", name);
	put(file, pem.p, pem.len);
	der = cert_der(who->cert, &len);
	snprintf(file, sizeof(file), "%s.der", name);
	put(file, der, len);
	if (strcmp(kind->name, "sm2") == 0) {
		must(sm2_point(who->key, who->point, &err));
		must(sm2_scalar(who->key, d, &err));
		snprintf(file, sizeof(file), "%s.key", name);
		put_hex(file, d, sizeof(d));
	}
	buf_free(&pem);
	name_free(&subject);
}

static void
write_lists(void)
{
	struct crl_entry	 entry = {.revoked = clock_now() - CLOCK_MINUTE,
	    .reason = CRL_REASON_KEY_COMPROMISE};
	struct ocsp_answer	 answer = {.state = OCSP_GOOD};
	struct ocsp_request	*r = NULL;
	struct buf		 der, ask;

	buf_init(&der, OCSP_ANSWER_MAX);
	buf_init(&ask, OCSP_REQUEST_MAX);
	snprintf(entry.serial, sizeof(entry.serial), "%s", cert_serial(person.cert));
	must(crl_build(&(struct crl_plan){.issuer = issuing.cert, .number = 42,
	    .this_update = clock_now(), .next_update = clock_now() + CLOCK_DAY,
	    .entries = &entry, .n = 1}, SIGNING(issuing.key), &der, &err));
	put("list.crl", der.p, der.len);
	buf_clear(&der);
	must(ocsp_request_build(sign.cert, issuing.cert, "0123456789abcdef", 16, &ask, &err));
	must(ocsp_request_parse(ask.p, ask.len, &r, &err));
	must(ocsp_respond(r, &answer, ocsp.cert, ocsp.key, clock_now(), clock_now() + CLOCK_DAY,
	    &der, &err));
	put("ask.ocsp", ask.p, ask.len);
	put("answer.ocsp", der.p, der.len);
	ocsp_request_free(r);
	buf_free(&ask);
	buf_free(&der);
}

static void
write_request(void)
{
	struct name	 subject = {0};
	struct buf	 der;

	buf_init(&der, LIMIT_CSR);
	must(name_add(&subject, "CN", "证书助手", &err));
	must(csr_build_key(&subject, sign.key, &der, &err));
	put("request.der", der.p, der.len);
	put_pem("request.pem", "CERTIFICATE REQUEST", &der);
	buf_free(&der);
	name_free(&subject);
}

static void
write_secrets(void)
{
	unsigned char	 d[SM2_SCALAR_LEN];
	struct secret	 pass = {0};
	struct buf	 der;

	buf_init(&der, SM2_CIPHER_MAX);
	must(sm2_scalar(enc.key, d, &err));
	must(envelope_make(sign.point, d, enc.point, &der, &err));
	put("envelope.der", der.p, der.len);
	buf_clear(&der);
	must(sm2_encrypt(enc.key, message, strlen(message), &der, &err));
	put("cipher.der", der.p, der.len);
	buf_clear(&der);
	must(sm2_sign_message(sign.key, message, strlen(message), &der, &err));
	put("message.sig", der.p, der.len);
	put("message.txt", message, strlen(message));
	buf_clear(&der);
	secret_set(&pass, "interop", 7);
	must(key_to_pem(sign.key, &pass, &der, &err));
	put("sign.pem", der.p, der.len);
	secret_free(&pass);
	buf_free(&der);
}

/* A stamp on message.txt (PREFIX-tsa.crt, PREFIX-stamp.tsr, PREFIX-query.tsq). */
static void
write_stamp(const char *prefix, const char *file, enum cms_form form, const struct party *by)
{
	struct party		 tsa = {0};
	struct tsp_stamp	 stamp = {.policy = "1.2.156.99999.3", .serial = 0x8001,
		.time = clock_now(), .accuracy = 1500, .form = form, .n_certs = 2};
	const struct cert	*certs[2] = {NULL, by->cert};
	struct tsp_request	 r;
	enum tsp_failure	 failure;
	unsigned char		 hash[EVP_MAX_MD_SIZE];
	unsigned		 n = 0;
	char			 name[64];
	struct buf		 der, answer;

	snprintf(name, sizeof(name), "%s-tsa", prefix);
	issue(&tsa, name, "tsa", name, NULL, by, 5);
	stamp.signer = certs[0] = tsa.cert;
	stamp.key = tsa.key;
	stamp.certs = certs;
	buf_init(&der, TSP_ANSWER_MAX);
	EVP_Digest(message, strlen(message), hash, &n, kind->digest(), NULL);
	must(tsp_request_build(EVP_MD_get_type(kind->digest()), hash, n, "12345678", 8, true,
	    &der, &err));
	must(tsp_request_parse(der.p, der.len, &r, &failure, &err));
	snprintf(name, sizeof(name), "%s-%s.tsq", prefix, file);
	put(name, der.p, der.len);
	buf_init(&answer, TSP_ANSWER_MAX);
	must(tsp_respond(&r, &stamp, &answer, &err));
	snprintf(name, sizeof(name), "%s-%s.tsr", prefix, file);
	put(name, answer.p, answer.len);
	buf_free(&answer);
	buf_free(&der);
}

/* An electronic seal for the certificate "sign"; in both versions we write. */
static void
write_seal(void)
{
	static const unsigned char png[] = "\x89PNG\r\n\x1a\n…";
	struct party		 maker = {0};
	struct eseal_plan	 plan = {.version = ESEAL_V4, .vendor = "YINXIN", .id = "4A5B6C7D8E9F",
		.type = ESEAL_OF_ORGANISATION, .name = "长沙建工有限公司", .holder = sign.cert,
		.made = clock_now(), .not_before = clock_now(),
		.not_after = clock_add_years(clock_now(), 1),
		.picture = {"PNG", png, sizeof(png) - 1, 42, 42},
		.maker_use = profile_find("seal")->eku};
	struct buf		 der;

	issue(&maker, "maker", "seal", "电子印章制章", NULL, &issuing, 5);
	plan.maker = maker.cert;
	for (int version = ESEAL_V4; version <= ESEAL_V5; version++) {
		buf_init(&der, ESEAL_MAX);
		plan.version = (enum eseal_version)version;
		must(eseal_build(&plan, SIGNING(maker.key), &der, &err));
		put(version == ESEAL_V4 ? "seal.esl" : "seal5.esl", der.p, der.len);
		buf_free(&der);
	}
}

/* The same hierarchy with another kind of key: for those who know no SM2. */
static void
write_kind(const char *name)
{
	struct party		 top = {0}, ca = {0}, responder = {0}, leaf = {0};
	struct crl_entry	 entry = {.revoked = clock_now() - CLOCK_MINUTE, .reason = 6,
	    .invalid_since = clock_now() - CLOCK_DAY};
	struct ocsp_answer	 answer = {.state = OCSP_REVOKED, .reason = 6,
	    .revoked = entry.revoked};
	struct crl_plan		 list = {.number = 7, .this_update = clock_now(),
	    .next_update = clock_now() + CLOCK_DAY, .entries = &entry, .n = 1,
	    .freshest = "http://va.example/delta.crl"};
	struct ocsp_request	*r = NULL;
	char			 file[32];
	struct buf		 der, ask;

#define NAMED(x)	(snprintf(file, sizeof(file), "%s-" x, name), file)
	buf_init(&der, OCSP_ANSWER_MAX);
	buf_init(&ask, OCSP_REQUEST_MAX);
	issue(&top, NAMED("root"), "root", NAMED("root"), NULL, NULL, 20);
	issue(&ca, NAMED("ca"), "issuing-ca", NAMED("ca"), NULL, &top, 10);
	issue(&responder, NAMED("ocsp"), "ocsp", NAMED("ocsp"), NULL, &ca, 2);
	issue(&leaf, NAMED("leaf"), "machine", NAMED("leaf"), NULL, &ca, 1);
	snprintf(entry.serial, sizeof(entry.serial), "%s", cert_serial(leaf.cert));
	list.issuer = ca.cert;
	must(crl_build(&list, SIGNING(ca.key), &der, &err));
	put(NAMED("full.crl"), der.p, der.len);
	buf_clear(&der);
	list.number = 8;
	list.base = 7;
	list.freshest = NULL;
	must(crl_build(&list, SIGNING(ca.key), &der, &err));
	put(NAMED("delta.crl"), der.p, der.len);
	buf_clear(&der);
	must(ocsp_request_build(leaf.cert, ca.cert, "0123456789abcdef", 16, &ask, &err));
	must(ocsp_request_parse(ask.p, ask.len, &r, &err));
	must(ocsp_respond(r, &answer, responder.cert, responder.key, clock_now(),
	    clock_now() + CLOCK_DAY, &der, &err));
	put(NAMED("answer.ocsp"), der.p, der.len);
	write_stamp(name, "stamp", CMS_STANDARD, &ca);
	ocsp_request_free(r);
	buf_free(&ask);
	buf_free(&der);
}

static void
write_all(void)
{
	kind = key_kind_find("sm2");
	issue(&root, "root", "root", "印信测试根", NULL, NULL, 20);
	issue(&issuing, "issuing", "issuing-ca", "印信测试签发", NULL, &root, 10);
	issue(&ocsp, "ocsp", "ocsp", "印信测试查询", NULL, &issuing, 2);
	issue(&sign, "sign", "sm2-org-sign", "长沙建工有限公司", "91350100M000100Y43", &issuing, 3);
	issue(&enc, "enc", "sm2-org-enc", "长沙建工有限公司", "91350100M000100Y43", &issuing, 3);
	issue(&person, "person", "sm2-person-sign", "王小二", "11010519491231002X", &issuing, 1);
	write_lists();
	write_request();
	write_secrets();
	write_seal();
	write_stamp("sm2", "stamp", CMS_STANDARD, &issuing);
	write_stamp("sm2gm", "stamp", CMS_GM, &issuing);
	for (size_t i = 1; (kind = key_kind_at(i)) != NULL; i++)
		write_kind(kind->name);
}

/* ------------------------------------------------------------------------------------- */

static EVP_PKEY *
read_key(const char *name)
{
	unsigned char	 d[SM2_SCALAR_LEN];
	EVP_PKEY	*key = NULL;
	struct buf	 b;

	get(name, &b);
	if (hex_decode(b.p, d, sizeof(d)) < 0)
		exit(1);
	must(sm2_from_scalar(d, &key, &err));
	buf_free(&b);
	return key;
}

/* The other side signed and encrypted message.txt and made an envelope of enc.key. */
static void
read_all(void)
{
	EVP_PKEY	*signer = read_key("sign.key"), *reader = read_key("enc.key");
	unsigned char	 d[SM2_SCALAR_LEN];
	struct secret	 plain = {0};
	struct buf	 b;

	get("other.sig", &b);
	must(sm2_verify_message(signer, message, strlen(message), b.p, b.len, &err));
	buf_free(&b);
	get("other.cipher", &b);
	must(sm2_decrypt(reader, b.p, b.len, &plain, &err));
	if (plain.len != strlen(message) || memcmp(plain.p, message, plain.len) != 0)
		exit(1);
	buf_free(&b);
	get("other.envelope", &b);
	must(envelope_open(signer, b.p, b.len, &plain, &err));
	must(sm2_scalar(reader, d, &err));
	if (plain.len != sizeof(d) || memcmp(plain.p, d, sizeof(d)) != 0)
		exit(1);
	buf_free(&b);
	secret_free(&plain);
	EVP_PKEY_free(reader);
	EVP_PKEY_free(signer);
}

int
main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: interop_make write|read DIR\n");
		return 64;
	}
	dir = argv[2];
	if (strcmp(argv[1], "write") == 0)
		write_all();
	else
		read_all();
	return 0;
}
