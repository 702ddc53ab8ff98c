#include "base/base.h"
#include "base/secret.h"
#include "base/str.h"
#include "token/card.h"
#include "token/driver.h"
#include "token/skf.h"

#include <dlfcn.h>

/*
 * Compiled twice: SKF_ULONG is the type of the library's ULONG, CARD_OPS the table made here.
 * Here alone the functions of a driver are called.
 */
#define CARD_LIST_MAX	65536
#define CARD_CIPHER_MAX	128			/* wrapped keys */

/* What stands for a function that the library lacks. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define SKF_FUNCTION(name, params) \
	static ULONG missing_##name params { return SAR_NOTSUPPORTYETERR; }
SKF_FUNCTIONS
SKF_EXTENSIONS
#undef SKF_FUNCTION
#pragma GCC diagnostic pop

static const struct skf *
skf(const struct driver *d)
{
	return d->functions;
}

static bool
card_bind(struct driver *d)
{
	struct skf	*f = xcalloc(1, sizeof(*f));

#define SKF_FUNCTION(name, params)						\
	{									\
		void	*sym = dlsym(d->lib, "SKF_" #name);			\
										\
		f->name = missing_##name;					\
		if (sym != NULL)						\
			memcpy(&f->name, &sym, sizeof(sym));			\
	}
	SKF_FUNCTIONS
	SKF_EXTENSIONS
#undef SKF_FUNCTION
	d->functions = f;
	return f->EnumDev != missing_EnumDev;
}

/* The norm's functions want text they could write to. */
static char *
text_copy(const char *text)
{
	return xstrdup(text);
}

static void
text_wipe(char *text)
{
	secret_wipe(text, strlen(text));
	free(text);
}

/* ---- device and application ---- */

/* A list of the norm (each name NUL-ended, one more at the end) as lines. */
static void
list_to_lines(const char *list, size_t size, struct buf *lines)
{
	for (size_t i = 0; i < size && list[i] != '\0';) {
		size_t	 n = strnlen(list + i, size - i);

		buf_add(lines, list + i, n);
		buf_addch(lines, '\n');
		i += n + 1;
	}
}

static int
card_names(const struct driver *d, struct buf *lines, struct err *err)
{
	ULONG	 size = 0, rc = skf(d)->EnumDev(1, NULL, &size);
	char	*text;

	if (rc != SAR_OK || size > CARD_LIST_MAX)
		return driver_err(err, (uint32_t)rc, "EnumDev");
	text = xcalloc(1, size + 1);
	if (size > 0 && (rc = skf(d)->EnumDev(1, text, &size)) == SAR_OK)
		list_to_lines(text, size, lines);
	free(text);
	return rc == SAR_OK ? 0 : driver_err(err, (uint32_t)rc, "EnumDev");
}

static uint32_t
card_open(const struct driver *d, const char *name, card_handle *dev)
{
	char	*copy = text_copy(name);
	ULONG	 rc = skf(d)->ConnectDev(copy, dev);

	free(copy);
	return (uint32_t)rc;
}

static uint32_t
card_application(const struct driver *d, card_handle dev, card_handle *app)
{
	char	 names[1024] = "";
	ULONG	 size = sizeof(names), rc = skf(d)->EnumApplication(dev, names, &size);

	if (rc != SAR_OK)
		return (uint32_t)rc;
	if (names[0] == '\0')
		return SAR_APPLICATION_NOT_EXISTS;
	return (uint32_t)skf(d)->OpenApplication(dev, names, app);
}

static void
card_close(const struct driver *d, card_handle dev, card_handle app)
{
	if (app != NULL) {
		skf(d)->ClearSecureState(app);
		skf(d)->CloseApplication(app);
	}
	if (dev != NULL)
		skf(d)->DisConnectDev(dev);
}

static void
card_device_info(const struct driver *d, card_handle dev, struct card_info *info)
{
	DEVINFO	 dev_info;

	if (skf(d)->GetDevInfo(dev, &dev_info) != SAR_OK)
		return;
	snprintf(info->label, sizeof(info->label), "%.32s", dev_info.Label);
	snprintf(info->serial, sizeof(info->serial), "%.32s", dev_info.SerialNumber);
	if (!utf8_is_valid(info->label, strlen(info->label)))
		info->label[0] = '\0';	/* some vendors write GBK */
	if (!utf8_is_valid(info->serial, strlen(info->serial)))
		info->serial[0] = '\0';
}

static void
card_pin_info(const struct driver *d, card_handle app, struct card_info *info)
{
	ULONG	 max = 0, left = 0;
	BOOL	 is_default = 0;

	info->tries_max = info->tries_left = -1;
	if (skf(d)->GetPINInfo(app, USER_TYPE, &max, &left, &is_default) != SAR_OK)
		return;
	info->tries_max = (int)max;
	info->tries_left = (int)left;
	info->pin_is_default = is_default != 0;
}

/* ---- PINs ---- */

static uint32_t
card_verify_pin(const struct driver *d, card_handle app, const char *pin)
{
	char	*copy = text_copy(pin);
	ULONG	 retry = 0, rc = skf(d)->VerifyPIN(app, USER_TYPE, copy, &retry);

	text_wipe(copy);
	return (uint32_t)rc;
}

static uint32_t
card_change_pin(const struct driver *d, card_handle app, const char *old_pin,
    const char *new_pin)
{
	char	*from = text_copy(old_pin), *to = text_copy(new_pin);
	ULONG	 retry = 0, rc = skf(d)->ChangePIN(app, USER_TYPE, from, to, &retry);

	text_wipe(from);
	text_wipe(to);
	return (uint32_t)rc;
}

static uint32_t
card_activation_pin(const struct driver *d, card_handle app, const char *old_pin,
    const char *new_pin)
{
	char	*from = text_copy(old_pin), *to = text_copy(new_pin);
	ULONG	 retry = 0, rc = skf(d)->YXSetActivationPIN(app, from, to, &retry);

	text_wipe(from);
	text_wipe(to);
	return (uint32_t)rc;
}

static uint32_t
card_unblock(const struct driver *d, card_handle app, const char *admin_pin,
    const char *new_pin)
{
	char	*from = text_copy(admin_pin), *to = text_copy(new_pin);
	ULONG	 retry = 0, rc = skf(d)->UnblockPIN(app, from, to, &retry);

	text_wipe(from);
	text_wipe(to);
	return (uint32_t)rc;
}

static uint32_t
card_unlock_challenge(const struct driver *d, card_handle app,
    unsigned char challenge[UNLOCK_CHALLENGE])
{
	return (uint32_t)skf(d)->GenRemoteUnblockRequest(app, challenge, UNLOCK_CHALLENGE);
}

static uint32_t
card_unlock_finish(const struct driver *d, card_handle app, const void *message, size_t len,
    int *left)
{
	BYTE	*copy = xcalloc(1, len + 1);
	ULONG	 retry = 0, rc;

	memcpy(copy, message, len);
	rc = skf(d)->RemoteUnblockPIN(app, copy, (ULONG)len, &retry);
	*left = (int)retry;
	secret_wipe(copy, len);
	free(copy);
	return (uint32_t)rc;
}

/* ---- containers ---- */

static int
card_containers(const struct driver *d, card_handle app, struct buf *lines, struct err *err)
{
	ULONG	 size = 0, rc = skf(d)->EnumContainer(app, NULL, &size);
	char	*text;

	if (rc != SAR_OK || size > CARD_LIST_MAX)
		return driver_err(err, (uint32_t)rc, "EnumContainer");
	text = xcalloc(1, size + 1);
	if (size > 0 && (rc = skf(d)->EnumContainer(app, text, &size)) == SAR_OK)
		list_to_lines(text, size, lines);
	free(text);
	return rc == SAR_OK ? 0 : driver_err(err, (uint32_t)rc, "EnumContainer");
}

static uint32_t
card_container_open(const struct driver *d, card_handle app, const char *name, card_handle *c)
{
	char	*copy = text_copy(name);
	ULONG	 rc = skf(d)->OpenContainer(app, copy, c);

	free(copy);
	return (uint32_t)rc;
}

static uint32_t
card_container_new(const struct driver *d, card_handle app, const char *name, card_handle *c)
{
	char	*copy = text_copy(name);
	ULONG	 rc = skf(d)->CreateContainer(app, copy, c);

	free(copy);
	return (uint32_t)rc;
}

static uint32_t
card_container_delete(const struct driver *d, card_handle app, const char *name)
{
	char	*copy = text_copy(name);
	ULONG	 rc = skf(d)->DeleteContainer(app, copy);

	free(copy);
	return (uint32_t)rc;
}

static void
card_container_close(const struct driver *d, card_handle c)
{
	skf(d)->CloseContainer(c);
}

static bool
card_container_has_key(const struct driver *d, card_handle c)
{
	ULONG	 type = CONTAINER_EMPTY;

	return skf(d)->GetContainerType(c, &type) == SAR_OK && type == CONTAINER_ECC;
}

static int
card_cert(const struct driver *d, card_handle c, bool sign, struct buf *der, struct err *err)
{
	ULONG	 size = 0, rc = skf(d)->ExportCertificate(c, sign, NULL, &size);
	BYTE	*bytes;

	if (rc == SAR_CERTNOTFOUNTERR || (rc == SAR_OK && size == 0))
		return 0;
	if (rc != SAR_OK || size > LIMIT_CERT)
		return driver_err(err, (uint32_t)rc, "ExportCertificate");
	bytes = xcalloc(1, size);
	if ((rc = skf(d)->ExportCertificate(c, sign, bytes, &size)) == SAR_OK)
		buf_add(der, bytes, size);
	free(bytes);
	return rc == SAR_OK ? 1 : driver_err(err, (uint32_t)rc, "ExportCertificate");
}

static uint32_t
card_cert_put(const struct driver *d, card_handle c, bool sign, const void *der, size_t len)
{
	BYTE	*copy = xcalloc(1, len + 1);
	ULONG	 rc;

	memcpy(copy, der, len);
	rc = skf(d)->ImportCertificate(c, sign, copy, (ULONG)len);
	free(copy);
	return (uint32_t)rc;
}

/* ---- keys ---- */

static uint32_t
card_point(const struct driver *d, card_handle c, bool sign, unsigned char point[SM2_POINT_LEN])
{
	ECCPUBLICKEYBLOB	 pub = {0};
	ULONG			 size = sizeof(pub);
	ULONG			 rc = skf(d)->ExportPublicKey(c, sign, (BYTE *)&pub, &size);

	point[0] = 4;
	memcpy(point + 1, pub.XCoordinate + 32, 32);
	memcpy(point + 33, pub.YCoordinate + 32, 32);
	return (uint32_t)rc;
}

static uint32_t
card_generate(const struct driver *d, card_handle c)
{
	ECCPUBLICKEYBLOB	 pub;

	return (uint32_t)skf(d)->GenECCKeyPair(c, SGD_SM2_1, &pub);
}

static uint32_t
card_pair_put(const struct driver *d, card_handle c, const struct envelope_fields *f)
{
	ENVELOPEDKEYBLOB	*e = xcalloc(1, sizeof(*e) + sizeof(f->cipher));
	ULONG			 rc;

	e->Version = 1;
	e->ulSymmAlgID = SGD_SM4_ECB;
	e->ulBits = 256;
	memcpy(e->cbEncryptedPriKey, f->private_key, sizeof(e->cbEncryptedPriKey));
	e->PubKey.BitLen = 256;
	memcpy(e->PubKey.XCoordinate, f->x, 64);
	memcpy(e->PubKey.YCoordinate, f->y, 64);
	memcpy(e->ECCCipherBlob.XCoordinate, f->cx, 64);
	memcpy(e->ECCCipherBlob.YCoordinate, f->cy, 64);
	memcpy(e->ECCCipherBlob.HASH, f->hash, 32);
	e->ECCCipherBlob.CipherLen = (ULONG)f->cipher_len;
	memcpy((unsigned char *)e + offsetof(ENVELOPEDKEYBLOB, ECCCipherBlob) +
	    offsetof(ECCCIPHERBLOB, Cipher), f->cipher, f->cipher_len);
	rc = skf(d)->ImportECCKeyPair(c, e);
	free(e);
	return (uint32_t)rc;
}

static uint32_t
card_device_put(const struct driver *d, card_handle c, const void *cipher, size_t len)
{
	BYTE	*copy = xcalloc(1, len + 1);
	ULONG	 rc;

	memcpy(copy, cipher, len);
	rc = skf(d)->YXImportDeviceKey(c, copy, (ULONG)len);
	free(copy);
	return (uint32_t)rc;
}

static uint32_t
card_sign(const struct driver *d, card_handle c, const unsigned char e[SM2_DIGEST_LEN],
    unsigned char rs[SM2_RAW_SIG_LEN])
{
	ECCSIGNATUREBLOB	 sig;
	BYTE			 digest[SM2_DIGEST_LEN];
	ULONG			 rc;

	memcpy(digest, e, sizeof(digest));
	if ((rc = skf(d)->ECCSignData(c, digest, sizeof(digest), &sig)) != SAR_OK)
		return (uint32_t)rc;
	memcpy(rs, sig.r + 32, 32);
	memcpy(rs + 32, sig.s + 32, 32);
	return SAR_OK;
}

/* The wrapped key becomes a key of the card; it never comes out. */
static uint32_t
session_import(const struct driver *d, card_handle c, const struct sm2_cipher *w, HANDLE *key)
{
	union {
		ECCCIPHERBLOB	 blob;
		BYTE		 room[sizeof(ECCCIPHERBLOB) + CARD_CIPHER_MAX];
	} u = {0};

	if (w->len > CARD_CIPHER_MAX)
		return SAR_INDATALENERR;
	memcpy(u.blob.XCoordinate + 32, w->x, 32);
	memcpy(u.blob.YCoordinate + 32, w->y, 32);
	memcpy(u.blob.HASH, w->hash, 32);
	u.blob.CipherLen = (ULONG)w->len;
	memcpy(u.room + offsetof(ECCCIPHERBLOB, Cipher), w->text, w->len);
	return (uint32_t)skf(d)->ImportSessionKey(c, SGD_SM4_CBC, u.room,
	    (ULONG)(offsetof(ECCCIPHERBLOB, Cipher) + w->len), key);
}

static uint32_t
card_decrypt(const struct driver *d, card_handle c, const struct sm2_cipher *wrapped,
    const unsigned char iv[16], const void *p, size_t len, struct buf *out)
{
	BLOCKCIPHERPARAM	 param = {.IVLen = 16, .PaddingType = 1};
	BYTE			*in = xcalloc(1, len + 1), *plain = xcalloc(1, len + 32);
	ULONG			 plain_len = (ULONG)len + 32, rc;
	HANDLE			 key = NULL;

	memcpy(param.IV, iv, 16);
	memcpy(in, p, len);
	if ((rc = session_import(d, c, wrapped, &key)) == SAR_OK &&
	    (rc = skf(d)->DecryptInit(key, param)) == SAR_OK &&
	    (rc = skf(d)->Decrypt(key, in, (ULONG)len, plain, &plain_len)) == SAR_OK)
		buf_add(out, plain, plain_len);
	if (key != NULL)
		skf(d)->CloseHandle(key);
	secret_wipe(plain, len + 32);
	free(plain);
	free(in);
	return (uint32_t)rc;
}

/* ---- files ---- */

static uint32_t
card_file_read(const struct driver *d, card_handle app, const struct card_file *f,
    struct buf *out)
{
	char	*name = text_copy(f->name);
	BYTE	*bytes = xcalloc(1, f->size);
	ULONG	 len = (ULONG)f->size, rc = skf(d)->ReadFile(app, name, 0, (ULONG)f->size, bytes,
	    &len);

	if (rc == SAR_OK)
		buf_add(out, bytes, len);
	free(bytes);
	free(name);
	return (uint32_t)rc;
}

static uint32_t
card_file_write(const struct driver *d, card_handle app, const struct card_file *f,
    const void *p, size_t len)
{
	char		*name = text_copy(f->name);
	BYTE		*bytes = xcalloc(1, f->size);
	FILEATTRIBUTE	 info;
	ULONG		 rc = SAR_INDATALENERR;

	if (len > f->size)
		goto out;
	memcpy(bytes, p, len);
	rc = skf(d)->GetFileInfo(app, name, &info);
	if (rc == SAR_FILE_NOT_EXIST)
		rc = skf(d)->CreateFile(app, name, (ULONG)f->size, f->secret ?
		    SECURE_USER_ACCOUNT : SECURE_ANYONE_ACCOUNT, SECURE_USER_ACCOUNT);
	if (rc == SAR_OK)
		rc = skf(d)->WriteFile(app, name, 0, bytes, (ULONG)f->size);
 out:
	free(bytes);
	free(name);
	return (uint32_t)rc;
}

const struct card_ops	CARD_OPS = {
	.bind = card_bind, .names = card_names, .open = card_open,
	.application = card_application, .close = card_close, .device_info = card_device_info,
	.pin_info = card_pin_info, .verify_pin = card_verify_pin,
	.change_pin = card_change_pin, .activation_pin = card_activation_pin, .unblock = card_unblock,
	.unlock_challenge = card_unlock_challenge, .unlock_finish = card_unlock_finish,
	.containers = card_containers, .container_open = card_container_open,
	.container_new = card_container_new, .container_delete = card_container_delete,
	.container_close = card_container_close, .container_has_key = card_container_has_key,
	.cert = card_cert, .cert_put = card_cert_put, .point = card_point,
	.generate = card_generate, .pair_put = card_pair_put, .device_put = card_device_put, .sign = card_sign,
	.decrypt = card_decrypt, .file_read = card_file_read, .file_write = card_file_write,
};
