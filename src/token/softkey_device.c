#include "base/base.h"
#include "base/rand.h"
#include "base/str.h"
#include "token/softkey_handle.h"

#include <sys/stat.h>

/*
 * Devices.  YINXIN_SOFTKEY names the key files that are "plugged in", separated by ':'.  A
 * device's name is its path.
 */
#define AUTH_KEY_LEN	16
/* What vendors deliver; ChangeDevAuthKey sets another. */
static const char	auth_key_factory[] = "1234567812345678";

ULONG
SKF_EnumDev(BOOL present, LPSTR list, ULONG *size)
{
	const char	*env = getenv("YINXIN_SOFTKEY");
	struct buf	 names;

	(void)present;
	buf_init(&names, 65536);
	while (env != NULL && *env != '\0') {
		size_t		 n = strcspn(env, ":");
		char		*path = xstrndup(env, n);
		struct stat	 st;

		if (n > 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode))
			buf_add(&names, path, n + 1);
		free(path);
		env += n + (env[n] == ':');
	}
	return skf_give_list(&names, list, size);
}

ULONG
SKF_ConnectDev(LPSTR name, DEVHANDLE *dev)
{
	struct err	 err = {0};
	struct softkey	 k;

	if (name == NULL || dev == NULL)
		return SAR_INVALIDPARAMERR;
	if (softkey_begin(&k, name, &err) < 0)
		return sar_state(&err);
	softkey_end(&k);
	*dev = handle_new(HANDLE_DEV, name);
	return SAR_OK;
}

ULONG
SKF_DisConnectDev(DEVHANDLE dev)
{
	struct handle	*h = handle_check(dev, HANDLE_DEV);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	handle_free(h);
	return SAR_OK;
}

ULONG
SKF_GetDevState(LPSTR name, ULONG *state)
{
	if (name == NULL || state == NULL)
		return SAR_INVALIDPARAMERR;
	*state = access(name, R_OK) == 0 ? DEV_PRESENT_STATE : DEV_ABSENT_STATE;
	return SAR_OK;
}

ULONG
SKF_SetLabel(DEVHANDLE dev, LPSTR label)
{
	struct handle	*h = handle_check(dev, HANDLE_DEV);
	struct err	 err = {0};
	struct softkey	 k;
	int		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (label == NULL || strlen(label) > 31 || !utf8_is_valid(label, strlen(label)))
		return SAR_NAMELENERR;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_state(&err);
	js_set_str(k.state, "label", label);
	rc = softkey_save(&k, &err);
	softkey_end(&k);
	return rc < 0 ? sar_state(&err) : SAR_OK;
}

ULONG
SKF_GetDevInfo(DEVHANDLE dev, DEVINFO *info)
{
	struct handle	*h = handle_check(dev, HANDLE_DEV);
	struct err	 err = {0};
	struct softkey	 k;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (info == NULL)
		return SAR_INVALIDPARAMERR;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_state(&err);
	memset(info, 0, sizeof(*info));
	info->Version = (VERSION){1, 0};
	info->HWVersion = info->FirmwareVersion = (VERSION){1, 0};
	snprintf(info->Manufacturer, sizeof(info->Manufacturer), "Yinxin");
	snprintf(info->Issuer, sizeof(info->Issuer), "Yinxin");
	snprintf(info->Label, sizeof(info->Label), "%s", js_str(k.state, "label"));
	snprintf(info->SerialNumber, sizeof(info->SerialNumber), "%s",
	    js_str(k.state, "serial"));
	info->AlgAsymCap = SGD_SM2_1 | SGD_SM2_3;
	info->AlgHashCap = SGD_SM3;
	info->AlgSymCap = SGD_SM4_ECB | SGD_SM4_CBC | SGD_SM4_MAC;
	info->DevAuthAlgId = SGD_SM4_ECB;
	info->TotalSpace = info->FreeSpace = SOFTKEY_FILE_MAX;
	info->MaxECCBufferSize = SM2_PLAIN_MAX;
	info->MaxBufferSize = SOFTKEY_FILE_MAX;
	softkey_end(&k);
	return SAR_OK;
}

ULONG
SKF_LockDev(DEVHANDLE dev, ULONG ms)
{
	struct handle	*h = handle_check(dev, HANDLE_DEV);
	struct err	 err = {0};

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (!h->held && softkey_hold(h->path, ms, &err) < 0)
		return sar_state(&err);
	h->held = true;
	return SAR_OK;
}

ULONG
SKF_UnlockDev(DEVHANDLE dev)
{
	struct handle	*h = handle_check(dev, HANDLE_DEV);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (h->held)
		softkey_release(h->path);
	h->held = false;
	return SAR_OK;
}

ULONG
SKF_GenRandom(DEVHANDLE dev, BYTE *out, ULONG len)
{
	struct handle	*h = handle_check(dev, HANDLE_DEV);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (out == NULL)
		return SAR_INVALIDPARAMERR;
	rand_bytes(out, len);
	h->challenge_len = len == 8 || len == 16 ? len : 0;
	memset(h->challenge, 0, sizeof(h->challenge));
	memcpy(h->challenge, out, h->challenge_len);
	return SAR_OK;
}

/* ---- the device key ---- */

static int
auth_key(const struct softkey *k, struct buf *key, struct err *err)
{
	if (js_str(k->state, "auth")[0] != '\0')
		return js_need_bytes(k->state, "auth", key, err);
	buf_add(key, auth_key_factory, AUTH_KEY_LEN);
	return 0;
}

/* One block of SM4. */
static bool
sm4_block(const unsigned char key[16], const unsigned char in[16], unsigned char out[16])
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	int		 n = 0;
	bool		 ok;

	ok = EVP_EncryptInit_ex(ctx, EVP_sm4_ecb(), NULL, key, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	    EVP_EncryptUpdate(ctx, out, &n, in, 16) == 1 && n == 16;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/*
 * GM/T 0016 7.2.3: the random bytes given out last, filled up with zeros to 16, under the device
 * key.  Eight bytes as the norm's examples have it, or the sixteen some programs ask for.
 */
ULONG
SKF_DevAuth(DEVHANDLE dev, BYTE *data, ULONG len)
{
	struct handle	*h = handle_check(dev, HANDLE_DEV);
	unsigned char	 want[16];
	struct err	 err = {0};
	struct softkey	 k;
	struct buf	 key;
	ULONG		 rc = SAR_FAIL;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (data == NULL || len != sizeof(want) || h->challenge_len == 0)
		return SAR_INVALIDPARAMERR;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_state(&err);
	buf_init(&key, 64);
	h->trusted = auth_key(&k, &key, &err) == 0 && key.len == AUTH_KEY_LEN &&
	    sm4_block((unsigned char *)key.p, h->challenge, want) &&
	    secret_equal(want, sizeof(want), data, len);
	if (h->trusted)
		rc = SAR_OK;
	h->challenge_len = 0;		/* good once */
	secret_wipe(key.p, key.len);
	buf_free(&key);
	softkey_end(&k);
	return rc;
}

ULONG
SKF_ChangeDevAuthKey(DEVHANDLE dev, BYTE *key, ULONG len)
{
	struct handle	*h = handle_check(dev, HANDLE_DEV);
	struct err	 err = {0};
	struct softkey	 k;
	int		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (key == NULL || len != AUTH_KEY_LEN)
		return SAR_INVALIDPARAMERR;
	if (!h->trusted)
		return SAR_USER_NOT_LOGGED_IN;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_state(&err);
	js_set_bytes(k.state, "auth", key, len);
	rc = softkey_save(&k, &err);
	softkey_end(&k);
	return rc < 0 ? sar_state(&err) : SAR_OK;
}
