#include "base/base.h"
#include "base/rand.h"
#include "pki/csr.h"
#include "pki/enveloped.h"
#include "token/skf.h"
#include "token/ukey_own.h"

/* Pairs: making, writing, confirming, using. */

struct sign_in_key {
	struct ukey	*u;
	card_handle	 c;
};

static int
sign_in_key(void *arg, const unsigned char e[SM2_DIGEST_LEN],
    unsigned char rs[SM2_RAW_SIG_LEN], struct err *err)
{
	struct sign_in_key	*s = arg;
	uint32_t		 rc = s->u->driver->ops->sign(s->u->driver, s->c, e, rs);

	return rc == SAR_OK ? 0 : driver_err(err, rc, "ECCSignData");
}

int
ukey_point(struct ukey *u, card_handle c, bool sign, unsigned char point[SM2_POINT_LEN],
    struct err *err)
{
	uint32_t	 rc = u->driver->ops->point(u->driver, c, sign, point);

	return rc == SAR_OK ? 0 : driver_err(err, rc, "ExportPublicKey");
}

/* ---- making a request ---- */

/* Names of containers of ours that have no key, a line each. */
struct leftovers {
	struct ukey	*u;
	struct buf	 lines;
};

static int
see_keyless(void *arg, const struct ukey_seen *seen)
{
	struct leftovers	*s = arg;

	if (!seen->complete && ukey_container_order(seen->name) != NULL &&
	    !s->u->driver->ops->container_has_key(s->u->driver, seen->c))
		buf_addf(&s->lines, "%s\n", seen->name);
	return 0;
}

/* What interrupted makings left behind; one that can not be removed does no harm. */
int
ukey_clean_up(struct ukey *u, struct err *err)
{
	struct leftovers	 s = {.u = u};
	int			 rc;

	buf_init(&s.lines, UKEY_LIST_MAX);
	rc = ukey_each(u, see_keyless, &s, err);
	for (char *name = s.lines.p, *end; rc == 0 && (end = strchr(name, '\n')) != NULL;
	    name = end + 1) {
		*end = '\0';
		(void)u->driver->ops->container_delete(u->driver, u->app, name);
	}
	buf_free(&s.lines);
	return rc;
}

/* The container of the order, made with its key pair when it is not there. */
int
ukey_order_container(struct ukey *u, const char *order, card_handle *c, struct err *err)
{
	const struct card_ops	*ops = u->driver->ops;
	char			 name[UKEY_NAME];
	uint32_t		 rc;

	ukey_container_name(order, name);
	if (ops->container_open(u->driver, u->app, name, c) != SAR_OK &&
	    (rc = ops->container_new(u->driver, u->app, name, c)) != SAR_OK)
		return driver_err(err, rc, "CreateContainer");
	if (ops->container_has_key(u->driver, *c))
		return 0;
	if ((rc = ops->generate(u->driver, *c)) != SAR_OK) {
		ops->container_close(u->driver, *c);
		return driver_err(err, rc, "GenECCKeyPair");
	}
	return 0;
}

int
ukey_request(struct ukey *u, const char *order, const char *cn, struct buf *csr,
    struct err *err)
{
	struct sign_in_key	 s = {.u = u};
	unsigned char		 point[SM2_POINT_LEN];
	struct name		 subject = {0};
	int			 rc = -1;

	if (ukey_clean_up(u, err) < 0 || ukey_order_container(u, order, &s.c, err) < 0)
		return -1;
	if (ukey_point(u, s.c, true, point, err) == 0 &&
	    name_add(&subject, "C", "CN", err) == 0 && name_add(&subject, "CN", cn, err) == 0)
		rc = csr_build(&subject, point, sign_in_key, &s, csr, err);
	name_free(&subject);
	u->driver->ops->container_close(u->driver, s.c);
	return rc;
}

/* ---- writing what was issued ---- */

static int
install_cert(struct ukey *u, card_handle c, bool sign, const void *der, size_t len,
    struct err *err)
{
	struct buf	 back;
	uint32_t	 rc = u->driver->ops->cert_put(u->driver, c, sign, der, len);
	int		 ok;

	buf_init(&back, LIMIT_CERT);
	ok = rc == SAR_OK && u->driver->ops->cert(u->driver, c, sign, &back, err) == 1 &&
	    back.len == len && memcmp(back.p, der, len) == 0;
	if (!ok)
		driver_err(err, rc == SAR_OK ? SAR_FAIL : rc, "ImportCertificate");
	buf_free(&back);
	return ok ? 0 : -1;
}

/* Look before anything is written: the envelope is for the encryption certificate's key. */
static int
install_check_envelope(const struct ukey_bundle *b, struct envelope_fields *f, struct err *err)
{
	unsigned char	 point[SM2_POINT_LEN];
	struct cert	*cert = NULL;
	int		 rc = -1;

	if (envelope_to_fields(b->envelope, b->envelope_len, f, err) < 0 ||
	    cert_parse(b->enc_cert, b->enc_len, &cert, err) < 0 ||
	    cert_point(cert, point, err) < 0)
		goto out;
	rc = memcmp(f->x + 32, point + 1, 32) == 0 && memcmp(f->y + 32, point + 33, 32) == 0 ?
	    0 : err_set(err, ERR_CONFLICT, "加密证书与加密密钥不是一对，没有写入 UKey，请重试下载。");
 out:
	cert_free(cert);
	return rc;
}

static int
install_pair(struct ukey *u, card_handle c, const struct envelope_fields *f, struct err *err)
{
	uint32_t	 rc = u->driver->ops->pair_put(u->driver, c, f);

	return rc == SAR_OK ? 0 : driver_err(err, rc, "ImportECCKeyPair");
}

/* Is this certificate for that key of the container? */
static int
check_key(struct ukey *u, card_handle c, bool sign, const struct cert *cert, struct err *err)
{
	unsigned char	 have[SM2_POINT_LEN], want[SM2_POINT_LEN];

	if (cert_point(cert, want, err) < 0 || ukey_point(u, c, sign, have, err) < 0)
		return -1;
	return memcmp(have, want, sizeof(want)) == 0 ? 0 : err_set(err, ERR_CONFLICT,
	    "证书不是为这支 UKey 签发的，请插入申请时的那支 UKey。");
}

static int
install_check(struct ukey *u, card_handle c, bool sign, const void *der, size_t len,
    struct err *err)
{
	struct cert	*cert = NULL;
	int		 rc = -1;

	if (cert_parse(der, len, &cert, err) == 0)
		rc = check_key(u, c, sign, cert, err);
	cert_free(cert);
	return rc;
}

static int
install_device(struct ukey *u, card_handle c, const struct ukey_bundle *b, struct err *err)
{
	uint32_t	 rc = b->device_len == 0 || !u->driver->unlock ? SAR_OK :
	    u->driver->ops->device_put(u->driver, c, b->device, b->device_len);

	return rc == SAR_OK ? 0 : driver_err(err, rc, "YXImportDeviceKey");
}

int
ukey_install_enc(struct ukey *u, card_handle c, const struct ukey_bundle *b, struct err *err)
{
	struct envelope_fields	f;

	return install_check_envelope(b, &f, err) == 0 && install_pair(u, c, &f, err) == 0 &&
	    install_check(u, c, false, b->enc_cert, b->enc_len, err) == 0 ?
	    install_cert(u, c, false, b->enc_cert, b->enc_len, err) : -1;
}

int
ukey_install(struct ukey *u, const char *order, const struct ukey_bundle *b, struct err *err)
{
	char		 name[UKEY_NAME];
	card_handle	 c = NULL;
	int		 rc = -1;

	ukey_container_name(order, name);
	if (ukey_container_open(u, name, &c, err) < 0)
		return err_set(err, ERR_CONFLICT,
		    "这支 UKey 里没有这笔申请的密钥，请插入申请时的那支 UKey。");
	if (install_check(u, c, true, b->sign_cert, b->sign_len, err) == 0 &&
	    install_device(u, c, b, err) == 0 &&
	    (b->envelope_len == 0 || ukey_install_enc(u, c, b, err) == 0) &&
	    (b->seal_len == 0 || ukey_seal_put(u, order, b, err) == 0))
		rc = install_cert(u, c, true, b->sign_cert, b->sign_len, err);
	u->driver->ops->container_close(u->driver, c);
	return rc;
}

/* ---- confirming ---- */

struct find {
	struct ukey	*u;
	const char	*container;	/* by its name; or NULL and by: */
	const char	*serial;	/* of the sign certificate, "": the current one */
	char		 name[80];
	unsigned char	 point[SM2_POINT_LEN];
	struct buf	*der;		/* gets the sign certificate; may be NULL */
	int		 found;
	struct err	*err;
};

static bool
find_fits(const struct find *f, const struct ukey_seen *seen)
{
	if (f->container != NULL)
		return strcmp(seen->name, f->container) == 0;
	if (f->serial[0] == '\0')
		return !seen->history;
	return strcasecmp(f->serial, cert_serial(seen->cert)) == 0;
}

static int
find_one(void *arg, const struct ukey_seen *seen)
{
	struct find		*f = arg;
	struct err		 other = {0};
	size_t			 len;
	const unsigned char	*der;

	if (seen->cert == NULL || !find_fits(f, seen) ||
	    cert_point(seen->cert, f->point, &other) < 0)
		return 0;
	f->found++;
	snprintf(f->name, sizeof(f->name), "%s", seen->name);
	der = cert_der(seen->cert, &len);
	if (f->der != NULL) {
		buf_clear(f->der);
		buf_add(f->der, der, len);
	}
	return 0;
}

/* The pair signs and its certificate agrees; its encryption key is that of its certificate. */
static int
prove_one(void *arg, const struct ukey_seen *seen)
{
	struct find		*f = arg;
	struct sign_in_key	 s = {.u = f->u, .c = seen->c};
	unsigned char		 text[32], e[SM2_DIGEST_LEN], rs[SM2_RAW_SIG_LEN];
	struct buf		 sig;
	int			 rc = -1;

	if (seen->cert == NULL || !find_fits(f, seen))
		return 0;
	buf_init(&sig, 256);
	rand_bytes(text, sizeof(text));
	if (cert_point(seen->cert, f->point, f->err) == 0) {
		sm2_digest(f->point, text, sizeof(text), e);
		if (sign_in_key(&s, e, rs, f->err) == 0) {
			sm2_sig_to_der(rs, &sig);
			rc = sm2_verify_point(f->point, text, sizeof(text), sig.p, sig.len,
			    f->err);
		}
	}
	if (rc == 0 && seen->enc != NULL)
		rc = check_key(f->u, seen->c, false, seen->enc, f->err);
	buf_free(&sig);
	f->found += rc == 0;
	return rc;
}

int
ukey_confirm(struct ukey *u, const char *order, const char *replaces, bool *marked,
    struct err *err)
{
	struct find	 f = {.u = u, .err = err}, old = {.u = u, .serial = replaces,
		.err = err};
	char		 name[UKEY_NAME];

	*marked = false;
	ukey_container_name(order, name);
	f.container = name;
	if (ukey_each(u, prove_one, &f, err) < 0)
		return -1;
	if (f.found == 0)
		return err_set(err, ERR_WRONG_STATE, "新证书还没有写入这支 UKey，请继续下载。");
	if (replaces[0] == '\0')
		return 0;
	if (ukey_each(u, find_one, &old, err) < 0)
		return -1;
	if (old.found == 0 || strcmp(old.name, name) == 0)
		return 0;
	if (ukey_history_add(u, old.name, err) < 0)
		return -1;
	*marked = true;
	return 0;
}

/* ---- using a pair ---- */

int
ukey_sign(struct ukey *u, const char *serial, const void *p, size_t len, struct buf *sig,
    struct buf *cert, struct err *err)
{
	struct find		 f = {.u = u, .serial = serial, .der = cert, .err = err};
	struct sign_in_key	 s = {.u = u};
	unsigned char		 e[SM2_DIGEST_LEN], rs[SM2_RAW_SIG_LEN];
	int			 rc = -1;

	if (ukey_each(u, find_one, &f, err) < 0)
		return -1;
	if (f.found == 0)
		return err_set(err, ERR_NOT_FOUND, "这支 UKey 里没有%s证书。",
		    serial[0] == '\0' ? "" : "所选的");
	if (f.found > 1 && serial[0] == '\0')
		return err_set(err, ERR_INPUT, "UKey 里有 %d 张证书，请选择用哪一张。", f.found);
	if (ukey_container_open(u, f.name, &s.c, err) < 0)
		return -1;
	sm2_digest(f.point, p, len, e);
	if (sign_in_key(&s, e, rs, err) == 0) {
		sm2_sig_to_der(rs, sig);
		rc = 0;
	}
	u->driver->ops->container_close(u->driver, s.c);
	return rc;
}

struct opening {
	struct ukey		*u;
	const struct enveloped	*message;
	struct buf		*plain;
	struct err		*err;
};

static int
open_with(void *arg, const struct ukey_seen *seen)
{
	struct opening		*o = arg;
	struct sm2_cipher	 wrapped = {0};
	uint32_t		 rc;

	if (seen->enc == NULL || enveloped_for(o->message, seen->enc, &wrapped, o->err) <= 0)
		return 0;
	rc = o->u->driver->ops->decrypt(o->u->driver, seen->c, &wrapped, o->message->iv,
	    o->message->content.p, o->message->content.len, o->plain);
	sm2_cipher_free(&wrapped);
	return rc == SAR_OK ? 1 : driver_err(o->err, rc, "ImportSessionKey");
}

int
ukey_decrypt(struct ukey *u, const void *der, size_t len, struct buf *plain, struct err *err)
{
	struct enveloped	 message;
	struct opening		 o = {.u = u, .message = &message, .plain = plain, .err = err};
	int			 rc;

	if (enveloped_parse(der, len, &message, err) < 0)
		return -1;
	if ((rc = ukey_each(u, open_with, &o, err)) < 0)
		return -1;
	if (rc > 0)
		return buf_check(plain, err);
	return err_set(err, ERR_NOT_FOUND, "这支 UKey 里没有能打开这份文件的加密密钥。");
}
