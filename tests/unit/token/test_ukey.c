#include "unit.h"
#include "base/file.h"
#include "base/rand.h"
#include "house.h"

#include <signal.h>
#include <sys/wait.h>

/*
 * The software UKey through its SKF functions, loaded as any vendor's library would be, and the
 * assistant's operations on top.
 */
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
	assert_int_equal(skf->UnblockPIN(u.app, (char[]){"wrong!"}, (char[]){"246802"},
	    &retry), SAR_PIN_INCORRECT);
	assert_int_equal(skf->UnblockPIN(u.app, (char[]){ADMIN}, (char[]){"246802"},
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

	assert_int_equal(skf->OpenContainer(u->app, name, &c), SAR_OK);
	rc = skf->ExportPublicKey(c, 0, (BYTE *)&pub, &size);
	skf->CloseContainer(c);
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
	b = bundle(&i);
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
				if (skf->SetLabel(u.dev, label) != SAR_OK)
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
	honest_info = skf->GetDevInfo;
	skf->GetDevInfo = gbk_info;
	assert_ok(ukey_open(&again, driver, path, &err));
	skf->GetDevInfo = honest_info;
	assert_ok(ukey_describe(&again, &j, &err));
	assert_string_equal(js_str(j, "label"), "");
	json_decref(j);
	j = NULL;
	snprintf(again.info.label, sizeof(again.info.label), "\xb2\xe2");
	assert_err(ukey_describe(&again, &j, &err), ERR_INPUT);
	assert_null(j);
	ukey_close(&again);
	ukey_close(&u);
	free(path);
}
