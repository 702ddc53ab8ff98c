#ifndef TOKEN_HOUSE_H
#define TOKEN_HOUSE_H
#include "unit.h"
#include "pki/csr.h"
#include "pki/envelope.h"
#include "token/skf.h"
#include "token/softkey.h"
#include "token/ukey.h"

#include <libgen.h>
/*
 * A blank software UKey, and a CA that issues for it.  YINXIN_SKF names the built library; its
 * sibling with a 64-bit ULONG stands beside it.
 */
#define PIN	"135790"
#define ADMIN	"87654321"
#define ORDER	"20261121000000000001"

static struct driver	*driver;
static struct skf	*skf;			/* its functions, when its ULONG is ours */

static inline struct driver *
house_driver(const char *library)
{
	const char	*env = getenv("YINXIN_SKF");
	char		*near = xstrdup(env == NULL ? "build/libyinxin_skf.so" : env);
	char		*path = xasprintf("%s/%s", dirname(near), library);
	struct driver	*d = NULL;
	struct err	 err = {0};

	assert_ok(driver_load(&d, path, &err));
	free(path);
	free(near);
	return d;
}

static inline void
house_open(void)
{
	if (driver == NULL) {
		driver = house_driver("libyinxin_skf.so");
		skf = driver->functions;
	}
}

/* The path of a fresh key file. */
static inline char *
house_key(void)
{
	static char	 dir[] = "/tmp/yinxin-ukey-XXXXXX";
	static int	 n;
	struct err	 err = {0};
	char		*path;

	if (n == 0)
		assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/%d.key", dir, n++);
	assert_ok(softkey_format(path, "测试", "YX0001", PIN, ADMIN, 9, &err));
	setenv("YINXIN_SOFTKEY", path, 1);
	return path;
}

/* A blank key, "plugged in" alone. */
static inline char *
blank(struct ukey *u)
{
	struct err	 err = {0};
	char		*path = house_key();

	house_open();
	assert_ok(ukey_open(u, driver, path, &err));
	return path;
}

/* ---- issuing, as the CA does it ---- */

struct issued {
	struct buf	 sign, enc, envelope;
	EVP_PKEY	*ca_key;
	struct cert	*ca;
};

static inline struct cert *
certify(struct issued *i, const char *profile, const unsigned char *point)
{
	struct err		 err = {0};
	struct name		 subject = {0};
	struct cert		*c = NULL;
	EVP_PKEY		*key = NULL;
	int64_t			 now = INT64_C(1795000000000);
	bool			 root = strcmp(profile, "root") == 0;
	struct cert_plan	 plan = {.profile = profile_find(profile),
		.subject = &subject, .issuer = root ? NULL : i->ca, .not_before = now,
		.not_after = now + (root ? 20 : 1) * INT64_C(31000000000),
		.id_no = root ? NULL : "11010519491231002X"};

	assert_ok(name_add(&subject, "C", "CN", &err));
	assert_ok(name_add(&subject, "CN", "张三", &err));
	assert_ok(sm2_from_point(point, &key, &err));
	plan.key = key;
	cert_new_serial(plan.serial);
	assert_ok(cert_build(&plan, SIGNING(i->ca_key), &c, &err));
	EVP_PKEY_free(key);
	name_free(&subject);
	return c;
}

static inline void
keep(struct cert *c, struct buf *out)
{
	size_t			 len;
	const unsigned char	*der = cert_der(c, &len);

	buf_init(out, LIMIT_CERT);
	buf_add(out, der, len);
	cert_free(c);
}

static inline void
issue(const struct buf *csr, struct issued *i)
{
	unsigned char	 point[SM2_POINT_LEN], enc_point[SM2_POINT_LEN], d[32];
	struct err	 err = {0};
	EVP_PKEY	*pair = NULL;

	assert_ok(sm2_generate(&i->ca_key, &err));
	assert_ok(sm2_point(i->ca_key, point, &err));
	i->ca = certify(i, "root", point);
	assert_ok(csr_check(csr->p, csr->len, point, &err));
	assert_ok(sm2_generate(&pair, &err));
	assert_ok(sm2_point(pair, enc_point, &err));
	assert_ok(sm2_scalar(pair, d, &err));
	buf_init(&i->envelope, 4096);
	assert_ok(envelope_make(point, d, enc_point, &i->envelope, &err));
	keep(certify(i, "sm2-person-sign", point), &i->sign);
	keep(certify(i, "sm2-person-enc", enc_point), &i->enc);
	EVP_PKEY_free(pair);
}

static inline void
issued_free(struct issued *i)
{
	EVP_PKEY_free(i->ca_key);
	cert_free(i->ca);
	buf_free(&i->sign);
	buf_free(&i->enc);
	buf_free(&i->envelope);
}

static inline struct ukey_bundle
bundle(const struct issued *i)
{
	return (struct ukey_bundle){.sign_cert = i->sign.p, .sign_len = i->sign.len,
		.enc_cert = i->enc.p, .enc_len = i->enc.len, .envelope = i->envelope.p,
		.envelope_len = i->envelope.len};
}
#endif
