#include "house.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "token/assistant.h"
#include "token/soft.h"

#include <openssl/pkcs12.h>
#include <pthread.h>
#include <sys/wait.h>

/* Soft certificates: the container file, its passphrase, what is exported. */
#define PASS	"correct horse 7"
#define OTHER	"battery staple 8"
#define NAME	SOFT_PREFIX ORDER

/* A folder that does not exist yet. */
static char *
folder(void)
{
	static char	 dir[] = "/tmp/yinxin-soft-XXXXXX";
	static int	 n;

	if (n == 0)
		assert_non_null(mkdtemp(dir));
	return xasprintf("%s/%d/soft", dir, n++);
}

static void
soft_file_open(struct ukey *u, struct driver **d, const char *dir)
{
	struct err	 err = {0};

	assert_ok(soft_driver(d, dir, &err));
	assert_ok(ukey_open(u, *d, NAME, &err));
}

static char *
file_of(const char *dir)
{
	struct err	 err = {0};
	char		*path = NULL;

	assert_ok(soft_path(dir, NAME, &path, &err));
	return path;
}

static void
made(const char *dir)
{
	struct err	 err = {0};
	char		 name[80];

	assert_ok(soft_make(dir, ORDER, PASS, name, &err));
	assert_string_equal(name, NAME);
}

void
test_soft__a_passphrase_is_long_and_of_two_sorts(void **state)
{
	static const char *const	 bad[] = {"", "short1!", "onlyletters", "1234567890",
		"________", "line\nbreak1", "0123456789012345678901234567890123456789"
		"012345678901234567890123x"};
	static const char *const	 good[] = {"letter1x", "12345678a", "----1234",
		"012345678901234567890123456789012345678901234567890123456789012x",
		"口令是中文的1"};
	struct err	 err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_err(soft_passphrase_check(bad[i], &err), ERR_INPUT);
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_ok(soft_passphrase_check(good[i], &err));
}

void
test_soft__names_stay_in_the_folder(void **state)
{
	static const char *const	 bad[] = {"", "soft:", "ukey:1", "soft:../x", "soft:a/b",
		"soft:.", "soft:12345678901234567890123456789012345678901"};
	struct err	 err = {0};
	char		*path = NULL, name[80];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_err(soft_path("/tmp", bad[i], &path, &err), ERR_INPUT);
	assert_err(soft_make("/tmp", "../../etc/passwd", PASS, name, &err), ERR_INPUT);
}

/* The PKCS#12 opens with its password only and holds that key and certificate. */
static void
check_export(struct ukey *u, const char *serial, bool enc, const struct buf *der)
{
	struct err		 err = {0};
	struct buf		 p12;
	const unsigned char	*at;
	PKCS12			*p;
	EVP_PKEY		*key = NULL;
	X509			*cert = NULL;
	unsigned char		*out = NULL;
	int			 len;

	buf_init(&p12, SOFT_P12_MAX);
	assert_ok(soft_export(u, serial, enc, OTHER, &p12, &err));
	at = (const unsigned char *)p12.p;
	assert_non_null(p = d2i_PKCS12(NULL, &at, (long)p12.len));
	assert_int_equal(PKCS12_parse(p, "wrong", &key, &cert, NULL), 0);
	assert_int_equal(PKCS12_parse(p, OTHER, &key, &cert, NULL), 1);
	assert_true(EVP_PKEY_is_a(key, "SM2"));
	assert_int_equal(X509_check_private_key(cert, key), 1);
	len = i2d_X509(cert, &out);
	assert_int_equal(len, der->len);
	assert_memory_equal(out, der->p, der->len);
	OPENSSL_free(out);
	X509_free(cert);
	EVP_PKEY_free(key);
	PKCS12_free(p);
	buf_free(&p12);
}

/* Made, issued, installed, signed with, opened with, exported; again after each stage. */
void
test_soft__from_the_key_to_the_export(void **state)
{
	struct err		 err = {0};
	struct issued		 i = {0};
	struct ukey_bundle	 b;
	struct driver		*d;
	struct ukey		 u;
	struct buf		 csr, again, sig, cert;
	unsigned char		 point[SM2_POINT_LEN];
	struct cert		*c = NULL;
	json_t			*about;
	char			*dir = folder();
	bool			 marked;
	int			 left;

	(void)state;
	buf_init(&csr, LIMIT_CSR);
	buf_init(&again, LIMIT_CSR);
	buf_init(&sig, 256);
	buf_init(&cert, LIMIT_CERT);
	made(dir);
	made(dir);			/* it is there */
	soft_file_open(&u, &d, dir);
	assert_int_equal(u.info.pin_is_default, 0);
	assert_err(ukey_request(&u, ORDER, "张三", &csr, &err), ERR_DENIED);
	assert_ok(ukey_login(&u, PASS, &left, &err));
	assert_int_equal(left, -1);
	assert_ok(ukey_request(&u, ORDER, "张三", &csr, &err));
	assert_ok(ukey_request(&u, ORDER, "张三", &again, &err));
	assert_ok(csr_check(csr.p, csr.len, point, &err));
	assert_ok(csr_check(again.p, again.len, point, &err));
	issue(&csr, &i);
	b = bundle(&i);
	assert_ok(ukey_install(&u, ORDER, &b, &err));
	assert_ok(ukey_install(&u, ORDER, &b, &err));
	assert_ok(ukey_confirm(&u, ORDER, "", &marked, &err));
	assert_ok(ukey_sign(&u, "", "abc", 3, &sig, &cert, &err));
	assert_ok(cert_parse(cert.p, cert.len, &c, &err));
	assert_ok(cert_point(c, point, &err));
	assert_ok(sm2_verify_point(point, "abc", 3, sig.p, sig.len, &err));
	check_export(&u, cert_serial(c), false, &i.sign);
	check_export(&u, cert_serial(c), true, &i.enc);
	buf_clear(&again);
	assert_err(soft_export(&u, "00", false, OTHER, &again, &err), ERR_NOT_FOUND);
	assert_err(soft_export(&u, cert_serial(c), false, "weak", &again, &err), ERR_INPUT);
	assert_err(soft_put_aside(&u, &err), ERR_WRONG_STATE);
	assert_ok(ukey_describe(&u, &about, &err));
	assert_true(js_bool(about, "soft"));
	assert_int_equal(js_int(about, "tries_left", 0), -1);
	assert_int_equal(json_array_size(json_object_get(about, "certificates")), 1);
	json_decref(about);
	ukey_close(&u);
	assert_ok(ukey_open(&u, d, NAME, &err));	/* logged in no more */
	assert_err(soft_export(&u, cert_serial(c), false, OTHER, &again, &err), ERR_DENIED);
	ukey_close(&u);
	driver_free(d);
	cert_free(c);
	issued_free(&i);
	buf_free(&csr);
	buf_free(&again);
	buf_free(&sig);
	buf_free(&cert);
	free(dir);
}

/* A UKey's keys do not come out, and its file is nobody's to put aside. */
void
test_soft__a_ukey_exports_nothing(void **state)
{
	struct err	 err = {0};
	struct ukey	 u;
	struct buf	 p12;
	char		*path = blank(&u);

	(void)state;
	buf_init(&p12, SOFT_P12_MAX);
	assert_err(soft_export(&u, "01", false, OTHER, &p12, &err), ERR_WRONG_STATE);
	assert_err(soft_put_aside(&u, &err), ERR_WRONG_STATE);
	ukey_close(&u);
	free(path);
}

static void
shift(int64_t *sum, int64_t ms)
{
	clock_shift(ms);
	*sum += ms;
}

/* Never locked; from the third wrong one on in a row each must wait longer, the right one too. */
void
test_soft__wrong_passphrases_wait(void **state)
{
	static const int	 wait[] = {2, 4, 8, 16, 32, 60, 60};
	struct err	 err = {0};
	struct driver	*d;
	struct ukey	 u;
	char		*dir = folder();
	int64_t		 shifted = 0;
	int		 left;

	(void)state;
	made(dir);
	soft_file_open(&u, &d, dir);
	assert_err(ukey_login(&u, "wrong 1x", &left, &err), ERR_DENIED);
	assert_err(ukey_login(&u, "wrong 2x", &left, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "补办"));
	assert_err(ukey_login(&u, "wrong 3x", &left, &err), ERR_DENIED);
	for (size_t i = 0; i < ARRAY_LEN(wait); i++) {
		assert_err(ukey_login(&u, PASS, &left, &err), ERR_BUSY);
		shift(&shifted, wait[i] * CLOCK_SECOND - 1500);
		assert_err(ukey_login(&u, PASS, &left, &err), ERR_BUSY);
		shift(&shifted, 1500);
		assert_err(ukey_login(&u, "wrong 4x", &left, &err), ERR_DENIED);
	}
	shift(&shifted, 60 * CLOCK_SECOND);
	assert_ok(ukey_login(&u, PASS, &left, &err));
	assert_err(ukey_login(&u, "wrong 5x", &left, &err), ERR_DENIED);
	assert_ok(ukey_login(&u, PASS, &left, &err));	/* counted anew */
	clock_shift(-shifted);
	ukey_close(&u);
	driver_free(d);
	free(dir);
}

void
test_soft__a_passphrase_is_changed_by_the_old_one(void **state)
{
	struct err	 err = {0};
	struct driver	*d;
	struct ukey	 u;
	char		*dir = folder();
	int		 left;

	(void)state;
	made(dir);
	soft_file_open(&u, &d, dir);
	assert_err(ukey_change_pin(&u, OTHER, PASS, &left, &err), ERR_DENIED);
	assert_err(ukey_change_pin(&u, PASS, "short1", &left, &err), ERR_INPUT);
	assert_ok(ukey_change_pin(&u, PASS, OTHER, &left, &err));
	assert_err(ukey_login(&u, PASS, &left, &err), ERR_DENIED);
	assert_ok(ukey_login(&u, OTHER, &left, &err));
	/* there is no administrator who could set another */
	assert_true(ukey_unblock(&u, "12345678", PASS, &err) < 0);
	ukey_close(&u);
	driver_free(d);
	free(dir);
}

/* Cut anywhere, or with a byte turned, the file is told to be damaged and nothing else breaks. */
void
test_soft__a_torn_file(void **state)
{
	struct assistant	 a = {.n_drivers = 0};
	struct err	 err = {0};
	struct driver	*d;
	struct ukey	 u;
	struct buf	 whole;
	char		*dir = folder(), *path, *cut;
	json_t		*list;

	(void)state;
	buf_init(&whole, SOFTKEY_FILE_MAX);
	made(dir);
	path = file_of(dir);
	assert_ok(file_read(path, &whole, &err));
	assert_ok(soft_driver(&d, dir, &err));
	for (size_t n = 0; n < whole.len; n += whole.len / 7) {
		assert_ok(file_write(path, whole.p, n, 0600, &err));
		assert_err(ukey_open(&u, d, NAME, &err), ERR_STORE);
		assert_non_null(strstr(err.text, "备份"));
	}
	cut = xcalloc(1, whole.len);
	memcpy(cut, whole.p, whole.len);
	cut[whole.len / 2] ^= 1;
	assert_ok(file_write(path, cut, whole.len, 0600, &err));
	assert_err(ukey_open(&u, d, NAME, &err), ERR_STORE);
	a.soft_dir = dir;
	assert_ok(keys_list(&a, &list, &err));
	assert_int_equal(json_array_size(json_object_get(list, "keys")), 1);
	assert_non_null(strstr(js_str(json_array_get(json_object_get(list, "keys"), 0), "error"),
	    "损坏"));
	json_decref(list);
	assert_ok(file_write(path, whole.p, whole.len, 0600, &err));
	assert_ok(ukey_open(&u, d, NAME, &err));
	ukey_close(&u);
	driver_free(d);
	buf_free(&whole);
	free(cut);
	free(path);
	free(dir);
}

/* Killed while it is made: no file, or one that its passphrase opens; the same call goes on. */
void
test_soft__killed_while_it_is_made(void **state)
{
	static const useconds_t	 after[] = {1000, 100000, 250000, 400000, 550000, 800000};
	struct err	 err = {0};
	struct driver	*d;
	struct ukey	 u;
	struct buf	 csr;
	unsigned char	 point[SM2_POINT_LEN];
	int		 left, status;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(after); i++) {
		char	*dir = folder();
		pid_t	 pid = fork();

		buf_init(&csr, LIMIT_CSR);
		if (pid == 0) {
			char	 name[80];

			if (soft_make(dir, ORDER, PASS, name, &err) == 0 &&
			    soft_driver(&d, dir, &err) == 0 && ukey_open(&u, d, NAME, &err) == 0 &&
			    ukey_login(&u, PASS, &left, &err) == 0)
				(void)!ukey_request(&u, ORDER, "张三", &csr, &err);
			pause();
		}
		usleep(after[i]);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		made(dir);
		soft_file_open(&u, &d, dir);
		assert_ok(ukey_login(&u, PASS, &left, &err));
		assert_ok(ukey_request(&u, ORDER, "张三", &csr, &err));
		assert_ok(csr_check(csr.p, csr.len, point, &err));
		ukey_close(&u);
		driver_free(d);
		buf_free(&csr);
		free(dir);
	}
}

static void *
make_in_thread(void *arg)
{
	struct err	 err = {0};
	char		 name[80];

	assert_ok(soft_make(arg, ORDER, PASS, name, &err));
	return NULL;
}

/* Two windows at once: one file, one key; neither takes the other's away. */
void
test_soft__made_by_two_at_once(void **state)
{
	pthread_t	 thread[4];
	struct err	 err = {0};
	struct driver	*d;
	struct ukey	 u;
	struct buf	 before, after;
	char		*dir = folder(), *path;
	int		 left;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, make_in_thread, dir), 0);
	for (size_t i = 0; i < ARRAY_LEN(thread); i++)
		pthread_join(thread[i], NULL);
	buf_init(&before, SOFTKEY_FILE_MAX);
	buf_init(&after, SOFTKEY_FILE_MAX);
	path = file_of(dir);
	assert_ok(file_read(path, &before, &err));
	made(dir);
	assert_ok(file_read(path, &after, &err));
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.p, after.p, before.len);
	soft_file_open(&u, &d, dir);
	assert_ok(ukey_login(&u, PASS, &left, &err));
	assert_ok(soft_put_aside(&u, &err));
	assert_false(file_exists(path));
	ukey_close(&u);
	driver_free(d);
	buf_free(&before);
	buf_free(&after);
	free(path);
	free(dir);
}

static int
never(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	(void)u;
	(void)in;
	(void)out;
	return err_set(err, ERR_BUG, "asked");
}

/* Who names no key means a UKey: a soft certificate is not taken for one. */
void
test_soft__is_not_taken_for_a_ukey(void **state)
{
	struct err		 err = {0};
	char			*dir = folder();
	struct assistant	 a = {.soft_dir = dir};

	(void)state;
	made(dir);
	assert_err(keys_with(&a, "", never, NULL, NULL, &err), ERR_NOT_FOUND);
	assert_err(keys_with(&a, NAME, never, NULL, NULL, &err), ERR_BUG);
	assert_err(keys_with(&a, SOFT_PREFIX "1", never, NULL, NULL, &err), ERR_NOT_FOUND);
	assert_null(strstr(err.text, "UKey"));
	free(dir);
}

/* No sentence of the drivers speaks of UKeys, PINs or plugging to who has a soft certificate. */
void
test_soft__words(void **state)
{
	static const uint32_t	 codes[] = {SAR_FAIL, SAR_PIN_INCORRECT, SAR_PIN_LOCKED,
		SAR_PIN_LEN_RANGE, SAR_PIN_INVALID, SAR_USER_NOT_LOGGED_IN, SAR_DEVICE_REMOVED,
		SAR_NO_ROOM, SAR_INDATAERR, SAR_NOTSUPPORTYETERR, SAR_FILEERR, SAR_TIMEOUTERR};
	static const char *const	 never_said[] = {"UKey", "PIN", "插", "拔", "支"};
	struct err	 err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		(void)driver_err(&err, codes[i], "x");
		soft_reword(&err);
		for (size_t k = 0; k < ARRAY_LEN(never_said); k++)
			if (strstr(err.text, never_said[k]) != NULL && !(k == 4 &&
			    strstr(err.text, "支持") != NULL))
				fail_msg("%08X: %s", codes[i], err.text);
		err_clear(&err);
	}
}
