#include "base/base.h"
#include "base/clock.h"
#include "base/str.h"
#include "pki/csr.h"
#include "pki/envelope.h"
#include "token/ukey.h"

#define UKEY_LIST_MAX	65536

/* A list of the norm (each name NUL-ended, one more at the end) as lines. */
static int
list_to_lines(const char *list, size_t size, struct buf *lines)
{
	for (size_t i = 0; i < size && list[i] != '\0';) {
		size_t	 n = strnlen(list + i, size - i);

		buf_add(lines, list + i, n);
		buf_addch(lines, '\n');
		i += n + 1;
	}
	return 0;
}

int
ukey_names(struct driver *d, struct buf *list, struct err *err)
{
	ULONG	 size = 0, rc = d->EnumDev(1, NULL, &size);
	char	*text;

	if (rc != SAR_OK || size > UKEY_LIST_MAX)
		return driver_err(err, rc, "EnumDev");
	text = xcalloc(1, size + 1);
	if (size > 0 && (rc = d->EnumDev(1, text, &size)) == SAR_OK)
		list_to_lines(text, size, list);
	free(text);
	return rc == SAR_OK ? 0 : driver_err(err, rc, "EnumDev");
}

int
ukey_open(struct ukey *u, struct driver *d, const char *name, struct err *err)
{
	char	 copy[256], apps[1024] = "";
	ULONG	 size = sizeof(apps), rc;
	DEVINFO	 info;

	*u = (struct ukey){.driver = d};
	if (strlen(name) >= sizeof(u->name))
		return err_set(err, ERR_INPUT, "UKey 的名称太长。");
	snprintf(u->name, sizeof(u->name), "%s", name);
	memcpy(copy, u->name, sizeof(copy));
	if ((rc = d->ConnectDev(copy, &u->dev)) != SAR_OK)
		return driver_err(err, rc, "ConnectDev");
	if ((rc = d->GetDevInfo(u->dev, &info)) == SAR_OK) {
		snprintf(u->label, sizeof(u->label), "%.32s", info.Label);
		snprintf(u->serial, sizeof(u->serial), "%.32s", info.SerialNumber);
		if (!utf8_is_valid(u->label, strlen(u->label)))
			u->label[0] = '\0';	/* some vendors write GBK */
	}
	if ((rc = d->EnumApplication(u->dev, apps, &size)) != SAR_OK || apps[0] == '\0' ||
	    (rc = d->OpenApplication(u->dev, apps, &u->app)) != SAR_OK) {
		ukey_close(u);
		return rc == SAR_OK ? err_set(err, ERR_WRONG_STATE,
		    "这支 UKey 还没有初始化，请联系发放单位更换。") :
		    driver_err(err, rc, "OpenApplication");
	}
	return 0;
}

void
ukey_close(struct ukey *u)
{
	if (u->app != NULL) {
		u->driver->ClearSecureState(u->app);
		u->driver->CloseApplication(u->app);
	}
	if (u->dev != NULL)
		u->driver->DisConnectDev(u->dev);
	u->app = u->dev = NULL;
}

static int
tries_left(struct ukey *u)
{
	ULONG	 max = 0, left = 0;
	BOOL	 dflt = 0;

	return u->driver->GetPINInfo(u->app, USER_TYPE, &max, &left, &dflt) == SAR_OK ?
	    (int)left : -1;
}

/* The sentence about a PIN that was refused, with the tries left. */
static int
pin_err(struct ukey *u, ULONG rc, int *left, struct err *err)
{
	*left = tries_left(u);
	if (rc == SAR_PIN_INCORRECT && *left > 0)
		return err_set(err, ERR_DENIED, "PIN 码不对，还可以试 %d 次；用完后 UKey 会锁定。",
		    *left);
	if (rc == SAR_PIN_INCORRECT)
		rc = SAR_PIN_LOCKED;
	return driver_err(err, rc, "VerifyPIN");
}

int
ukey_login(struct ukey *u, const char *pin, int *left, struct err *err)
{
	ULONG	 retry = 0, rc;
	char	*copy = xstrdup(pin);

	rc = u->driver->VerifyPIN(u->app, USER_TYPE, copy, &retry);
	secret_wipe(copy, strlen(copy));
	free(copy);
	if (rc != SAR_OK)
		return pin_err(u, rc, left, err);
	*left = tries_left(u);
	return 0;
}

int
ukey_change_pin(struct ukey *u, const char *old_pin, const char *new_pin, int *left,
    struct err *err)
{
	ULONG	 retry = 0, rc;
	char	*old_copy = xstrdup(old_pin), *new_copy = xstrdup(new_pin);

	rc = u->driver->ChangePIN(u->app, USER_TYPE, old_copy, new_copy, &retry);
	secret_wipe(old_copy, strlen(old_copy));
	secret_wipe(new_copy, strlen(new_copy));
	free(old_copy);
	free(new_copy);
	if (rc != SAR_OK)
		return pin_err(u, rc, left, err);
	*left = tries_left(u);
	return 0;
}

/* ---- containers ---- */

static int
container_names(struct ukey *u, struct buf *lines, struct err *err)
{
	ULONG	 size = 0, rc = u->driver->EnumContainer(u->app, NULL, &size);
	char	*text;

	if (rc != SAR_OK || size > UKEY_LIST_MAX)
		return driver_err(err, rc, "EnumContainer");
	text = xcalloc(1, size + 1);
	if (size > 0 && (rc = u->driver->EnumContainer(u->app, text, &size)) == SAR_OK)
		list_to_lines(text, size, lines);
	free(text);
	return rc == SAR_OK ? 0 : driver_err(err, rc, "EnumContainer");
}

static int
container_open(struct ukey *u, const char *name, HCONTAINER *c, struct err *err)
{
	char	 copy[80];
	ULONG	 rc;

	snprintf(copy, sizeof(copy), "%s", name);
	rc = u->driver->OpenContainer(u->app, copy, c);
	return rc == SAR_OK ? 0 : driver_err(err, rc, "OpenContainer");
}

/* The certificate in a container: 1 there, 0 none, -1. */
static int
container_cert(struct ukey *u, HCONTAINER c, bool sign, struct buf *der, struct err *err)
{
	ULONG	 size = 0, rc = u->driver->ExportCertificate(c, sign, NULL, &size);
	BYTE	*bytes;

	if (rc == SAR_CERTNOTFOUNTERR || (rc == SAR_OK && size == 0))
		return 0;
	if (rc != SAR_OK || size > LIMIT_CERT)
		return driver_err(err, rc, "ExportCertificate");
	bytes = xcalloc(1, size);
	if ((rc = u->driver->ExportCertificate(c, sign, bytes, &size)) == SAR_OK)
		buf_add(der, bytes, size);
	free(bytes);
	return rc == SAR_OK ? 1 : driver_err(err, rc, "ExportCertificate");
}

static int
container_point(struct ukey *u, HCONTAINER c, bool sign, unsigned char point[SM2_POINT_LEN],
    struct err *err)
{
	ECCPUBLICKEYBLOB	 pub;
	ULONG			 size = sizeof(pub);
	ULONG			 rc = u->driver->ExportPublicKey(c, sign, (BYTE *)&pub, &size);

	if (rc != SAR_OK)
		return driver_err(err, rc, "ExportPublicKey");
	point[0] = 4;
	memcpy(point + 1, pub.XCoordinate + 32, 32);
	memcpy(point + 33, pub.YCoordinate + 32, 32);
	return 0;
}

static json_t *
cert_row(const char *container, const struct cert *c, bool has_enc)
{
	char			 from[CLOCK_TEXT], to[CLOCK_TEXT];
	int64_t			 now = clock_now();
	size_t			 len;
	const unsigned char	*der = cert_der(c, &len);
	const char		*state = now > cert_not_after(c) ? "expired" :
	    now < cert_not_before(c) ? "not_yet" : "good";
	json_t			*row = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:b}",
	    "container", container, "cn", cert_cn(c), "subject", cert_subject(c), "issuer",
	    cert_issuer(c), "serial", cert_serial(c), "not_before",
	    clock_datetime(cert_not_before(c), from), "not_after",
	    clock_datetime(cert_not_after(c), to), "days_left",
	    (json_int_t)((cert_not_after(c) - now) / CLOCK_DAY), "state", state, "has_enc",
	    has_enc);

	js_set_bytes(row, "cert", der, len);
	return row;
}

/* Call fn for each complete container until it gives non-zero. */
static int
each_cert(struct ukey *u, int (*fn)(void *arg, const char *name, HCONTAINER c,
    const struct cert *cert, bool has_enc), void *arg, struct err *err)
{
	struct buf	 lines, der, enc;
	int		 rc = -1;

	buf_init(&lines, UKEY_LIST_MAX);
	buf_init(&der, LIMIT_CERT);
	buf_init(&enc, LIMIT_CERT);
	if (container_names(u, &lines, err) < 0)
		goto out;
	for (char *name = lines.p, *end; (end = strchr(name, '\n')) != NULL; name = end + 1) {
		struct cert	*cert = NULL;
		HCONTAINER	 c = NULL;
		int		 there, stop = 0;

		*end = '\0';
		buf_clear(&der);
		buf_clear(&enc);
		if (container_open(u, name, &c, err) < 0)
			goto out;
		there = container_cert(u, c, true, &der, err);
		if (there > 0 && cert_parse(der.p, der.len, &cert, err) == 0)
			stop = fn(arg, name, c, cert, container_cert(u, c, false, &enc, err) > 0);
		cert_free(cert);
		u->driver->CloseContainer(c);
		if (there < 0)
			goto out;
		if (stop != 0)
			break;
	}
	rc = 0;
 out:
	buf_free(&lines);
	buf_free(&der);
	buf_free(&enc);
	return rc;
}

static int
describe_cert(void *arg, const char *name, HCONTAINER c, const struct cert *cert, bool has_enc)
{
	(void)c;
	json_array_append_new(arg, cert_row(name, cert, has_enc));
	return 0;
}

int
ukey_describe(struct ukey *u, json_t **out, struct err *err)
{
	json_t	*certs = json_array();
	ULONG	 max = 0, left = 0;
	BOOL	 dflt = 0;

	u->driver->GetPINInfo(u->app, USER_TYPE, &max, &left, &dflt);
	*out = json_pack("{s:s,s:s,s:s,s:s,s:i,s:i,s:b,s:o}", "key", u->name, "vendor",
	    u->driver->vendor, "label", u->label, "serial", u->serial, "tries_left", (int)left,
	    "tries_max", (int)max, "pin_is_default", dflt != 0, "certificates", certs);
	if (*out == NULL)	/* jansson took certs and let go of it */
		return err_set(err, ERR_INPUT, "UKey 的标签不是文字。");
	if (each_cert(u, describe_cert, certs, err) < 0) {
		json_decref(*out);
		*out = NULL;
		return -1;
	}
	return 0;
}

/* ---- making a request ---- */

struct sign_in_key {
	struct ukey	*u;
	HCONTAINER	 c;
};

static int
sign_in_key(void *arg, const unsigned char e[SM2_DIGEST_LEN],
    unsigned char rs[SM2_RAW_SIG_LEN], struct err *err)
{
	struct sign_in_key	*s = arg;
	ECCSIGNATUREBLOB	 sig;
	BYTE			 digest[SM2_DIGEST_LEN];
	ULONG			 rc;

	memcpy(digest, e, sizeof(digest));
	if ((rc = s->u->driver->ECCSignData(s->c, digest, sizeof(digest), &sig)) != SAR_OK)
		return driver_err(err, rc, "ECCSignData");
	memcpy(rs, sig.r + 32, 32);
	memcpy(rs + 32, sig.s + 32, 32);
	return 0;
}

static void
container_name(const char *order, char name[65])
{
	snprintf(name, 65, "YX-%.60s", order);
}

/* The container of the order, made with its key pair when it is not there. */
static int
order_container(struct ukey *u, const char *order, HCONTAINER *c, struct err *err)
{
	ECCPUBLICKEYBLOB	 pub;
	char			 name[65];
	ULONG			 rc, type = CONTAINER_EMPTY;

	container_name(order, name);
	if (u->driver->OpenContainer(u->app, name, c) != SAR_OK &&
	    (rc = u->driver->CreateContainer(u->app, name, c)) != SAR_OK)
		return driver_err(err, rc, "CreateContainer");
	u->driver->GetContainerType(*c, &type);
	if (type == CONTAINER_ECC)
		return 0;
	if ((rc = u->driver->GenECCKeyPair(*c, SGD_SM2_1, &pub)) != SAR_OK) {
		u->driver->CloseContainer(*c);
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

	if (order_container(u, order, &s.c, err) < 0)
		return -1;
	if (container_point(u, s.c, true, point, err) == 0 &&
	    name_add(&subject, "C", "CN", err) == 0 && name_add(&subject, "CN", cn, err) == 0)
		rc = csr_build(&subject, point, sign_in_key, &s, csr, err);
	name_free(&subject);
	u->driver->CloseContainer(s.c);
	return rc;
}

/* ---- writing what was issued ---- */

static int
install_cert(struct ukey *u, HCONTAINER c, bool sign, const void *der, size_t len,
    struct err *err)
{
	struct buf	 back, copy;
	ULONG		 rc;
	int		 ok;

	buf_init(&back, LIMIT_CERT);
	buf_init(&copy, LIMIT_CERT);
	buf_add(&copy, der, len);
	rc = u->driver->ImportCertificate(c, sign, (BYTE *)copy.p, (ULONG)len);
	ok = rc == SAR_OK && container_cert(u, c, sign, &back, err) == 1 && back.len == len &&
	    memcmp(back.p, der, len) == 0;
	if (!ok)
		driver_err(err, rc, "ImportCertificate");
	buf_free(&back);
	buf_free(&copy);
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
install_pair(struct ukey *u, HCONTAINER c, const struct envelope_fields *fields,
    struct err *err)
{
	const struct envelope_fields	 f = *fields;
	ENVELOPEDKEYBLOB		*e = xcalloc(1, sizeof(*e) + sizeof(f.cipher));
	ULONG				 rc;

	e->Version = 1;
	e->ulSymmAlgID = SGD_SM4_ECB;
	e->ulBits = 256;
	memcpy(e->cbEncryptedPriKey, f.private_key, sizeof(e->cbEncryptedPriKey));
	e->PubKey.BitLen = 256;
	memcpy(e->PubKey.XCoordinate, f.x, 64);
	memcpy(e->PubKey.YCoordinate, f.y, 64);
	memcpy(e->ECCCipherBlob.XCoordinate, f.cx, 64);
	memcpy(e->ECCCipherBlob.YCoordinate, f.cy, 64);
	memcpy(e->ECCCipherBlob.HASH, f.hash, 32);
	e->ECCCipherBlob.CipherLen = (ULONG)f.cipher_len;
	memcpy((unsigned char *)e + offsetof(ENVELOPEDKEYBLOB, ECCCipherBlob) +
	    offsetof(ECCCIPHERBLOB, Cipher), f.cipher, f.cipher_len);
	rc = u->driver->ImportECCKeyPair(c, e);
	free(e);
	return rc == SAR_OK ? 0 : driver_err(err, rc, "ImportECCKeyPair");
}

/* Is this certificate for that key of the container? */
static int
install_check(struct ukey *u, HCONTAINER c, bool sign, const void *der, size_t len,
    struct err *err)
{
	unsigned char	 have[SM2_POINT_LEN], want[SM2_POINT_LEN];
	struct cert	*cert = NULL;
	int		 rc = -1;

	if (cert_parse(der, len, &cert, err) < 0 || cert_point(cert, want, err) < 0 ||
	    container_point(u, c, sign, have, err) < 0)
		goto out;
	rc = memcmp(have, want, sizeof(want)) == 0 ? 0 : err_set(err, ERR_CONFLICT,
	    "证书不是为这支 UKey 签发的，请插入申请时的那支 UKey。");
 out:
	cert_free(cert);
	return rc;
}

int
ukey_install(struct ukey *u, const char *order, const struct ukey_bundle *b, struct err *err)
{
	struct envelope_fields	 f;
	char			 name[65];
	HCONTAINER		 c = NULL;
	int			 rc = -1;

	container_name(order, name);
	if (container_open(u, name, &c, err) < 0)
		return err_set(err, ERR_CONFLICT,
		    "这支 UKey 里没有这笔申请的密钥，请插入申请时的那支 UKey。");
	if (install_check(u, c, true, b->sign_cert, b->sign_len, err) == 0 &&
	    (b->envelope_len == 0 ||
	    (install_check_envelope(b, &f, err) == 0 && install_pair(u, c, &f, err) == 0 &&
	    install_check(u, c, false, b->enc_cert, b->enc_len, err) == 0 &&
	    install_cert(u, c, false, b->enc_cert, b->enc_len, err) == 0)))
		rc = install_cert(u, c, true, b->sign_cert, b->sign_len, err);
	u->driver->CloseContainer(c);
	return rc;
}

/* ---- signing ---- */

struct find_signer {
	const char	*serial;
	char		 container[80];
	unsigned char	 point[SM2_POINT_LEN];
	struct buf	*cert;
	int		 found;
	struct err	*err;
};

static int
find_signer(void *arg, const char *name, HCONTAINER c, const struct cert *cert, bool has_enc)
{
	struct find_signer	*f = arg;
	size_t			 len;
	const unsigned char	*der = cert_der(cert, &len);

	(void)c;
	(void)has_enc;
	if (f->serial[0] != '\0' && strcasecmp(f->serial, cert_serial(cert)) != 0)
		return 0;
	if (cert_point(cert, f->point, f->err) < 0)
		return 0;
	f->found++;
	snprintf(f->container, sizeof(f->container), "%s", name);
	buf_clear(f->cert);
	buf_add(f->cert, der, len);
	return 0;
}

int
ukey_sign(struct ukey *u, const char *serial, const void *p, size_t len, struct buf *sig,
    struct buf *cert, struct err *err)
{
	struct find_signer	 f = {.serial = serial, .cert = cert, .err = err};
	struct sign_in_key	 s = {.u = u};
	unsigned char		 e[SM2_DIGEST_LEN], rs[SM2_RAW_SIG_LEN];
	int			 rc = -1;

	if (each_cert(u, find_signer, &f, err) < 0)
		return -1;
	if (f.found == 0)
		return err_set(err, ERR_NOT_FOUND, "这支 UKey 里没有%s证书。",
		    serial[0] == '\0' ? "" : "所选的");
	if (f.found > 1 && serial[0] == '\0')
		return err_set(err, ERR_INPUT, "UKey 里有 %d 张证书，请选择用哪一张。", f.found);
	if (container_open(u, f.container, &s.c, err) < 0)
		return -1;
	sm2_digest(f.point, p, len, e);
	if (sign_in_key(&s, e, rs, err) == 0) {
		sm2_sig_to_der(rs, sig);
		rc = 0;
	}
	u->driver->CloseContainer(s.c);
	return rc;
}
