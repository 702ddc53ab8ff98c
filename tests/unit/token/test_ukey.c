#include "unit.h"
#include "base/file.h"
#include "base/rand.h"
#include "pki/csr.h"
#include "pki/envelope.h"
#include "token/softkey.h"
#include "token/ukey.h"

#include <signal.h>
#include <sys/wait.h>

/*
 * The software UKey through its SKF functions, loaded as any vendor's library would be
 * (YINXIN_SKF names the built library), and the assistant's operations on top.
 */
#define PIN	"135790"
#define ADMIN	"87654321"
#define ORDER	"20261121000000000001"

static char		 ukey_dir[] = "/tmp/yinxin-ukey-XXXXXX";
static struct driver	*driver;

int	group_setup(void **state);
int
group_setup(void **state)
{
	const char	*path = getenv("YINXIN_SKF");
	struct err	 err = {0};

	(void)state;
	if (mkdtemp(ukey_dir) == NULL ||
	    driver_load(&driver, path == NULL ? "build/libyinxin_skf.so" : path, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	return 0;
}

/* A blank key, "plugged in" alone. */
static char *
blank(struct ukey *u)
{
	static int	 n;
	struct err	 err = {0};
	char		*path = xasprintf("%s/%d.key", ukey_dir, n++);

	assert_ok(softkey_format(path, "测试", "YX0001", PIN, ADMIN, 9, &err));
	setenv("YINXIN_SOFTKEY", path, 1);
	assert_ok(ukey_open(u, driver, path, &err));
	return path;
}

void
test_ukey__nine_wrong_pins_lock_it(void **state)
{
	struct err	 err = {0};
	struct ukey	 u;
	char		*path = blank(&u);
	ULONG		 retry;
	int		 left = 0;

	(void)state;
	for (int i = 8; i > 0; i--) {
		assert_err(ukey_login(&u, "000000", &left, &err), ERR_DENIED);
		assert_int_equal(left, i);
	}
	assert_err(ukey_login(&u, "000000", &left, &err), ERR_LIMIT);
	assert_err(ukey_login(&u, PIN, &left, &err), ERR_LIMIT);	/* right, too late */
	assert_int_equal(driver->UnblockPIN(u.app, (char[]){"wrong!"}, (char[]){"246802"},
	    &retry), SAR_PIN_INCORRECT);
	assert_int_equal(driver->UnblockPIN(u.app, (char[]){ADMIN}, (char[]){"246802"},
	    &retry), SAR_OK);
	assert_ok(ukey_login(&u, "246802", &left, &err));
	assert_int_equal(left, 9);
	ukey_close(&u);
	free(path);
}

void
test_ukey__a_try_is_counted_before_it_is_judged(void **state)
{
	struct err	 err = {0};
	struct ukey	 u;
	char		*path = blank(&u);
	int		 left;

	(void)state;
	ukey_close(&u);
	for (int i = 0; i < 4; i++) {
		pid_t	 pid = fork();

		if (pid == 0) {		/* killed somewhere within the try */
			alarm(0);
			if (ukey_open(&u, driver, path, &err) == 0 &&
			    ukey_login(&u, "000000", &left, &err) < 0)
				kill(getpid(), SIGKILL);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	assert_ok(ukey_open(&u, driver, path, &err));
	assert_err(ukey_login(&u, "000000", &left, &err), ERR_DENIED);
	assert_int_equal(left, 4);
	ukey_close(&u);
	free(path);
}

void
test_ukey__change_of_pin_keeps_the_keys(void **state)
{
	struct err	 err = {0};
	struct ukey	 u;
	char		*path = blank(&u);
	struct buf	 a, b;
	int		 left;

	(void)state;
	buf_init(&a, LIMIT_CSR);
	buf_init(&b, LIMIT_CSR);
	assert_err(ukey_request(&u, ORDER, "张三", &a, &err), ERR_DENIED);	/* no PIN yet */
	assert_ok(ukey_login(&u, PIN, &left, &err));
	assert_ok(ukey_request(&u, ORDER, "张三", &a, &err));
	assert_ok(ukey_change_pin(&u, PIN, "new-Pin-9", &left, &err));
	ukey_close(&u);
	assert_ok(ukey_open(&u, driver, path, &err));
	assert_err(ukey_login(&u, PIN, &left, &err), ERR_DENIED);
	assert_ok(ukey_login(&u, "new-Pin-9", &left, &err));
	assert_ok(ukey_request(&u, ORDER, "张三", &b, &err));
	{
		unsigned char	 p1[SM2_POINT_LEN], p2[SM2_POINT_LEN];

		assert_ok(csr_check(a.p, a.len, p1, &err));
		assert_ok(csr_check(b.p, b.len, p2, &err));
		assert_memory_equal(p1, p2, sizeof(p1));	/* one key an order */
	}
	buf_free(&a);
	buf_free(&b);
	ukey_close(&u);
	free(path);
}

/* ---- issuing, as the CA does it ---- */

struct issued {
	struct buf	 sign, enc, envelope;
	EVP_PKEY	*ca_key;
	struct cert	*ca;
};

static struct cert *
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
		.id_no = root ? NULL : "430104199001010016"};

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

static void
keep(struct cert *c, struct buf *out)
{
	size_t			 len;
	const unsigned char	*der = cert_der(c, &len);

	buf_init(out, LIMIT_CERT);
	buf_add(out, der, len);
	cert_free(c);
}

static void
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

static void
issued_free(struct issued *i)
{
	EVP_PKEY_free(i->ca_key);
	cert_free(i->ca);
	buf_free(&i->sign);
	buf_free(&i->enc);
	buf_free(&i->envelope);
}

static size_t
certificates(struct ukey *u)
{
	struct err	 err = {0};
	json_t		*j = NULL;
	size_t		 n;

	assert_ok(ukey_describe(u, &j, &err));
	n = json_array_size(json_object_get(j, "certificates"));
	json_decref(j);
	return n;
}

static bool
has_enc_key(struct ukey *u, const char *order)
{
	char			*name = xasprintf("YX-%s", order);
	ECCPUBLICKEYBLOB	 pub;
	ULONG			 size = sizeof(pub), rc;
	HCONTAINER		 c;

	assert_int_equal(u->driver->OpenContainer(u->app, name, &c), SAR_OK);
	rc = u->driver->ExportPublicKey(c, 0, (BYTE *)&pub, &size);
	u->driver->CloseContainer(c);
	free(name);
	return rc == SAR_OK;
}

void
test_ukey__a_pair_is_written_whole_or_not_at_all(void **state)
{
	struct err		 err = {0};
	struct issued		 i = {0};
	struct ukey_bundle	 b;
	struct ukey		 u;
	struct buf		 csr, sig, cert;
	struct cert		*c = NULL;
	unsigned char		 point[SM2_POINT_LEN];
	char			*path = blank(&u);
	int			 left;

	(void)state;
	buf_init(&csr, LIMIT_CSR);
	buf_init(&sig, 256);
	buf_init(&cert, LIMIT_CERT);
	assert_ok(ukey_login(&u, PIN, &left, &err));
	assert_ok(ukey_request(&u, ORDER, "张三", &csr, &err));
	issue(&csr, &i);
	b = (struct ukey_bundle){.sign_cert = i.sign.p, .sign_len = i.sign.len,
		.enc_cert = i.enc.p, .enc_len = i.enc.len, .envelope = i.envelope.p,
		.envelope_len = i.envelope.len};
	i.envelope.p[i.envelope.len - 3] ^= 1;		/* a damaged envelope */
	assert_int_equal(ukey_install(&u, ORDER, &b, &err), -1);
	assert_int_equal(certificates(&u), 0);
	i.envelope.p[i.envelope.len - 3] ^= 1;
	b.enc_cert = i.sign.p;				/* a certificate for another key */
	b.enc_len = i.sign.len;
	assert_err(ukey_install(&u, ORDER, &b, &err), ERR_CONFLICT);
	assert_int_equal(certificates(&u), 0);
	assert_false(has_enc_key(&u, ORDER));		/* nothing was imported */
	b.enc_cert = i.enc.p;
	b.enc_len = i.enc.len;
	assert_err(ukey_install(&u, "20261121000000000002", &b, &err), ERR_CONFLICT);
	assert_ok(ukey_install(&u, ORDER, &b, &err));
	assert_ok(ukey_install(&u, ORDER, &b, &err));	/* and again */
	assert_int_equal(certificates(&u), 1);
	assert_ok(ukey_sign(&u, "", "yinxin-sign-in", 14, &sig, &cert, &err));
	assert_ok(cert_parse(cert.p, cert.len, &c, &err));
	assert_ok(cert_point(c, point, &err));
	assert_ok(sm2_verify_point(point, "yinxin-sign-in", 14, sig.p, sig.len, &err));
	cert_free(c);
	issued_free(&i);
	buf_free(&csr);
	buf_free(&sig);
	buf_free(&cert);
	ukey_close(&u);
	free(path);
}

/* Killed at any moment of writing, the key file is whole: the old state or the new. */
void
test_ukey__survives_being_killed(void **state)
{
	struct err	 err = {0};
	struct ukey	 u;
	char		*path = blank(&u);
	int		 left;

	(void)state;
	ukey_close(&u);
	for (int round = 0; round < 30; round++) {
		pid_t	 pid = fork();

		if (pid == 0) {
			if (ukey_open(&u, driver, path, &err) < 0)
				_exit(1);
			for (int i = 0;; i++) {
				char	 label[16];

				snprintf(label, sizeof(label), "标签%d", i);
				if (driver->SetLabel(u.dev, label) != SAR_OK)
					_exit(2);
			}
		}
		usleep(20000 + rand_below(60000));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_ok(ukey_open(&u, driver, path, &err));
		ukey_close(&u);
	}
	assert_ok(ukey_open(&u, driver, path, &err));
	assert_ok(ukey_login(&u, PIN, &left, &err));
	ukey_close(&u);
	free(path);
}

void
test_ukey__damaged_files_are_refused(void **state)
{
	struct err	 err = {0};
	struct ukey	 u;
	char		*path = blank(&u);
	struct buf	 b;

	(void)state;
	ukey_close(&u);
	buf_init(&b, SOFTKEY_FILE_MAX);
	assert_ok(file_read(path, &b, &err));
	for (size_t i = 0; i < b.len; i += 37) {
		b.p[i] ^= 0x20;
		assert_ok(file_write(path, b.p, b.len, 0600, &err));
		assert_int_equal(ukey_open(&u, driver, path, &err), -1);
		b.p[i] ^= 0x20;
	}
	buf_free(&b);
	free(path);
}

static ULONG	(DEVAPI *honest_info)(DEVHANDLE dev, DEVINFO *info);

static ULONG DEVAPI
gbk_info(DEVHANDLE dev, DEVINFO *info)
{
	ULONG	 rc = honest_info(dev, info);

	snprintf(info->Label, sizeof(info->Label), "\xb2\xe2\xca\xd4");
	return rc;
}

/* Vendors write GBK: such a key is used without its label. */
void
test_ukey__a_label_that_is_no_utf8_does_no_harm(void **state)
{
	struct err	 err = {0};
	struct ukey	 u, again;
	char		*path = blank(&u);
	json_t		*j = NULL;

	(void)state;
	honest_info = driver->GetDevInfo;
	driver->GetDevInfo = gbk_info;
	assert_ok(ukey_open(&again, driver, path, &err));
	driver->GetDevInfo = honest_info;
	assert_ok(ukey_describe(&again, &j, &err));
	assert_string_equal(js_str(j, "label"), "");
	json_decref(j);
	j = NULL;
	snprintf(again.label, sizeof(again.label), "\xb2\xe2");
	assert_err(ukey_describe(&again, &j, &err), ERR_INPUT);
	assert_null(j);
	ukey_close(&again);
	ukey_close(&u);
	free(path);
}
