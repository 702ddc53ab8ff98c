#include "base/base.h"
#include "token/soft.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/rand.h"
#include "base/str.h"
#include "token/skf.h"
#include "token/softkey_handle.h"
#include "token/ukey_own.h"

#include <ctype.h>
#include <dirent.h>
#include <openssl/pkcs12.h>

/* ---- files ---- */

static bool
is_order(const char *text, size_t n)
{
	return n > 0 && n <= 40 && strspn(text, "0123456789"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-") >= n;
}

int
soft_path(const char *dir, const char *name, char **path, struct err *err)
{
	const char	*order = name + strlen(SOFT_PREFIX);

	if (!str_has_prefix(name, SOFT_PREFIX) || !is_order(order, strlen(order)))
		return err_set(err, ERR_INPUT, "没有这份软证书。");
	*path = xasprintf("%s/%s" SOFT_SUFFIX, dir, order);
	return 0;
}

int
soft_passphrase_check(const char *passphrase, struct err *err)
{
	size_t	 n = strlen(passphrase), letters = 0, digits = 0, i;

	if (n < SOFTKEY_SOFT_MIN || n > SOFTKEY_SOFT_MAX)
		return err_set(err, ERR_INPUT, "口令要 %d 到 %d 位。", SOFTKEY_SOFT_MIN,
		    SOFTKEY_SOFT_MAX);
	for (i = 0; i < n; i++) {
		unsigned char	 ch = (unsigned char)passphrase[i];

		if (ch < ' ' || ch == 0x7f)
			return err_set(err, ERR_INPUT, "口令里不能有换行等控制字符。");
		letters += isalpha(ch) != 0;
		digits += isdigit(ch) != 0;
	}
	if (letters == n || digits == n ||
	    strspn(passphrase, (char[]){passphrase[0], '\0'}) == n)
		return err_set(err, ERR_INPUT,
		    "口令太简单：请至少用字母、数字、符号中的两种。文件被别人复制时，只有口令保护它。");
	return 0;
}

int
soft_make(const char *dir, const char *order, const char *passphrase, char name[80],
    struct err *err)
{
	char	 serial[20] = "SC", *path = NULL;
	int	 rc = -1;

	snprintf(name, 80, SOFT_PREFIX "%.60s", order);
	if (soft_path(dir, name, &path, err) < 0)
		return -1;
	if (file_exists(path)) {
		rc = 0;
	} else if (soft_passphrase_check(passphrase, err) == 0 &&
	    file_mkdirs(dir, 0700, err) == 0) {
		rand_digits(serial + 2, 14);
		rc = softkey_format_soft(path, "软证书", serial, passphrase, err);
		if (rc < 0 && err->kind == ERR_CONFLICT) {	/* another made it meanwhile */
			err_clear(err);
			rc = 0;
		}
	}
	free(path);
	return rc;
}

int
soft_put_aside(struct ukey *u, struct err *err)
{
	json_t	*about = NULL;
	char	*path = NULL, *aside = NULL;
	int	 rc = -1;

	if (!u->driver->soft)
		return err_set(err, ERR_WRONG_STATE, "UKey 里的密钥不在这里清除。");
	if (ukey_describe(u, &about, err) < 0)
		return -1;
	if (json_array_size(json_object_get(about, "certificates")) > 0) {
		err_set(err, ERR_WRONG_STATE, "这份软证书里有证书，不能移走；不用的请先撤销证书。");
	} else if (soft_path(u->driver->path, u->name, &path, err) == 0) {
		aside = xasprintf("%s.aside-%" PRId64, path, clock_now());
		rc = rename(path, aside) == 0 ? 0 :
		    err_errno(err, ERR_STORE, "软证书文件没有移走");
	}
	free(path);
	free(aside);
	json_decref(about);
	return rc;
}

/* ---- the driver ---- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
soft_names(const struct driver *d, struct buf *lines, struct err *err)
{
	char		*names[SOFT_MAX];
	size_t		 n = 0, len;
	const size_t	 tail = strlen(SOFT_SUFFIX);
	struct dirent	*e;
	DIR		*dir = opendir(d->path);

	if (dir == NULL)
		return errno == ENOENT ? 0 : err_errno(err, ERR_STORE, "软证书文件夹打不开");
	while (n < SOFT_MAX && (e = readdir(dir)) != NULL) {
		len = strlen(e->d_name);
		if (len > tail && strcmp(e->d_name + len - tail, SOFT_SUFFIX) == 0 &&
		    is_order(e->d_name, len - tail))
			names[n++] = xstrndup(e->d_name, len - tail);
	}
	closedir(dir);
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		buf_addf(lines, SOFT_PREFIX "%s\n", names[i]);
		free(names[i]);
	}
	return 0;
}

static uint32_t
soft_open(const struct driver *d, const char *name, card_handle *dev)
{
	struct err	 err = {0};
	char		*path = NULL;
	uint32_t	 rc = SAR_DEVICE_REMOVED;

	if (soft_path(d->path, name, &path, &err) == 0)
		rc = SKF_ConnectDev(path, dev);
	free(path);
	return rc;
}

int
soft_driver(struct driver **out, const char *dir, struct err *err)
{
	static struct card_ops	 ops;
	struct driver		*d = xcalloc(1, sizeof(*d));
	struct skf		*f = xcalloc(1, sizeof(*f));

	(void)err;
#define SKF_FUNCTION(name, params)	f->name = SKF_##name;
	SKF_FUNCTIONS
	SKF_EXTENSIONS
#undef SKF_FUNCTION
	ops = card_ops_32;
	ops.names = soft_names;
	ops.open = soft_open;
	d->path = xstrdup(dir);
	d->soft = true;
	d->ops = &ops;
	d->functions = f;
	snprintf(d->vendor, sizeof(d->vendor), "软证书");
	*out = d;
	return 0;
}

/* ---- PKCS#12 ---- */

struct wanted {
	struct ukey	*u;
	const char	*serial;
	bool		 enc;
	EVP_PKEY	*key;
	X509		*cert;
	char		 cn[200];
	struct err	*err;
};

static X509 *
x509_of(const struct cert *c)
{
	size_t			 len;
	const unsigned char	*der = cert_der(c, &len);

	return d2i_X509(NULL, &der, (long)len);
}

static int
export_one(void *arg, const struct ukey_seen *seen)
{
	struct wanted		*w = arg;
	const struct cert	*cert = w->enc ? seen->enc : seen->cert;
	struct handle		*h = seen->c;
	ULONG			 rc;

	if (seen->cert == NULL || strcasecmp(cert_serial(seen->cert), w->serial) != 0 ||
	    cert == NULL)
		return 0;
	rc = container_pair(h, w->enc ? "enc_key" : "sign_key", &w->key);
	if (rc != SAR_OK)
		return driver_err(w->err, rc, "ExportKey");
	w->cert = x509_of(cert);
	snprintf(w->cn, sizeof(w->cn), "%s%s", cert_cn(cert), w->enc ? "（加密）" : "（签名）");
	return 1;
}

static int
export_write(const struct wanted *w, const char *password, struct buf *out, struct err *err)
{
	PKCS12		*p = PKCS12_create(password, w->cn, w->key, w->cert, NULL, 0, 0,
			    SOFT_P12_ROUNDS, SOFT_P12_ROUNDS, 0);
	unsigned char	*der = NULL;
	int		 len = p == NULL ? -1 : i2d_PKCS12(p, &der);

	PKCS12_free(p);
	if (len <= 0)
		return err_set(err, ERR_CRYPTO, "PKCS#12 文件没有生成，请再试一次。");
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	return buf_check(out, err);
}

int
soft_export(struct ukey *u, const char *serial, bool enc, const char *password,
    struct buf *p12, struct err *err)
{
	struct wanted	 w = {.u = u, .serial = serial, .enc = enc, .err = err};
	int		 rc;

	if (!u->driver->soft)
		return err_set(err, ERR_WRONG_STATE, "UKey 里的密钥不能导出。");
	if (soft_passphrase_check(password, err) < 0)
		return -1;
	rc = ukey_each(u, export_one, &w, err);
	if (rc == 0)
		rc = err_set(err, ERR_NOT_FOUND, "这份软证书里没有所选的%s证书。",
		    enc ? "加密" : "签名");
	else if (rc > 0)
		rc = export_write(&w, password, p12, err);
	EVP_PKEY_free(w.key);
	X509_free(w.cert);
	return rc;
}

/* ---- words ---- */

int
soft_pin_err(uint32_t sar, struct err *err)
{
	switch (sar) {
	case SAR_PIN_INCORRECT:
		return err_set(err, ERR_DENIED,
		    "口令不对，请再试；连续输错，要等待的时间会加长。忘记口令没有办法解锁，只能补办证书。");
	case SAR_TIMEOUTERR:
		return err_set(err, ERR_BUSY, "口令连续输错，请过一会儿再试（最长等 %d 秒）。",
		    SOFTKEY_SOFT_WAIT);
	case SAR_PIN_LEN_RANGE:
		return err_set(err, ERR_INPUT, "口令要 %d 到 %d 位。", SOFTKEY_SOFT_MIN,
		    SOFTKEY_SOFT_MAX);
	case SAR_FILEERR:
		return err_set(err, ERR_STORE,
		    "软证书文件已损坏，打不开。有备份的请用备份换下它；没有的请办理补办。");
	default:
		(void)driver_err(err, sar, "VerifyPIN");
		soft_reword(err);
		return -1;
	}
}

void
soft_reword(struct err *err)
{
	static const struct { const char *was, *is; } words[] = {
		{"请拔出重插后再试", "请重新打开证书助手后再试"},
		{"请插入申请时的那支 UKey", "请换用申请时的那份软证书"},
		{"已拔出，请重新插入后再试", "的文件不见了，请放回原处后再试"},
		{"已经装满，请换一支空白 UKey", "已经装满"},
		{"这支 UKey 不能在线解锁，请携带 UKey 到服务网点办理，或申请补办。",
		    "软证书的口令不能解锁，请办理补办。"},
		{"这支 UKey", "这份软证书"}, {"所选的 UKey", "所选的软证书"}, {"UKey", "软证书"},
		{"PIN 码", "口令"},
	};
	struct buf	 text;

	buf_init(&text, 4 * sizeof(err->text));
	for (const char *p = err->text; *p != '\0';) {
		size_t	 i = 0;

		while (i < ARRAY_LEN(words) && !str_has_prefix(p, words[i].was))
			i++;
		if (i < ARRAY_LEN(words)) {
			buf_addstr(&text, words[i].is);
			p += strlen(words[i].was);
		} else {
			buf_addch(&text, *p++);
		}
	}
	snprintf(err->text, sizeof(err->text), "%s", text.p);
	utf8_mend(err->text);
	buf_free(&text);
}
