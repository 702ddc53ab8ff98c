#include "base/base.h"
#include "base/rand.h"
#include "base/str.h"
#include "token/softkey.h"
#include "token/softkey_handle.h"

#include <sys/stat.h>

/*
 * The SKF functions of the software UKey.  YINXIN_SOFTKEY names the key files that are
 * "plugged in", separated by ':'.  A device's name is its path.  One application, "YINXIN".
 */
#define APP_NAME	"YINXIN"
struct handle *
handle_check(void *p, enum handle_kind kind)
{
	struct handle	*h = p;

	return h != NULL && h->kind == kind ? h : NULL;
}

struct handle *
handle_new(enum handle_kind kind, const char *path)
{
	struct handle	*h = xcalloc(1, sizeof(*h));

	h->kind = kind;
	h->path = xstrdup(path);
	return h;
}

void
handle_free(struct handle *h)
{
	EVP_MD_CTX_free(h->md);
	free(h->path);
	secret_wipe(h, sizeof(*h));
	free(h);
}

/* What an error of ours is in the norm's numbers. */
static ULONG
sar_of(const struct err *err)
{
	switch (err->kind) {
	case ERR_DENIED:	return SAR_PIN_INCORRECT;
	case ERR_LIMIT:		return SAR_PIN_LOCKED;
	case ERR_NOT_FOUND:	return SAR_DEVICE_REMOVED;
	case ERR_INPUT:		return SAR_INVALIDPARAMERR;
	case ERR_CRYPTO:	return SAR_INDATAERR;
	case ERR_STORE:		return SAR_FILEERR;
	default:		return SAR_FAIL;
	}
}

ULONG
skf_give(const void *p, size_t len, void *out, ULONG *out_len)
{
	ULONG	 room;

	if (out_len == NULL)
		return SAR_INVALIDPARAMERR;
	room = *out_len;
	*out_len = (ULONG)len;
	if (out == NULL)
		return SAR_OK;
	if (room < len)
		return SAR_BUFFER_TOO_SMALL;
	memcpy(out, p, len);
	return SAR_OK;
}

static ULONG
give_list(struct buf *names, LPSTR list, ULONG *size)
{
	ULONG	 rc;

	buf_addch(names, '\0');
	rc = skf_give(names->p, names->len, list, size);
	buf_free(names);
	return rc;
}

/* ---- devices ---- */

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
	return give_list(&names, list, size);
}

ULONG
SKF_ConnectDev(LPSTR name, DEVHANDLE *dev)
{
	struct err	 err = {0};
	struct softkey	 k;

	if (name == NULL || dev == NULL)
		return SAR_INVALIDPARAMERR;
	if (softkey_begin(&k, name, &err) < 0)
		return sar_of(&err);
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
		return sar_of(&err);
	js_set_str(k.state, "label", label);
	rc = softkey_save(&k, &err);
	softkey_end(&k);
	return rc < 0 ? sar_of(&err) : SAR_OK;
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
		return sar_of(&err);
	memset(info, 0, sizeof(*info));
	info->Version = (VERSION){1, 0};
	info->HWVersion = info->FirmwareVersion = (VERSION){1, 0};
	snprintf(info->Manufacturer, sizeof(info->Manufacturer), "Yinxin");
	snprintf(info->Issuer, sizeof(info->Issuer), "Yinxin");
	snprintf(info->Label, sizeof(info->Label), "%s", js_str(k.state, "label"));
	snprintf(info->SerialNumber, sizeof(info->SerialNumber), "%s",
	    js_str(k.state, "serial"));
	info->AlgAsymCap = SGD_SM2_1;
	info->AlgHashCap = SGD_SM3;
	info->AlgSymCap = SGD_SM4_ECB;
	info->TotalSpace = info->FreeSpace = SOFTKEY_FILE_MAX;
	softkey_end(&k);
	return SAR_OK;
}

ULONG
SKF_LockDev(DEVHANDLE dev, ULONG ms)
{
	(void)ms;	/* each call locks the file for itself */
	return handle_check(dev, HANDLE_DEV) == NULL ? SAR_INVALIDHANDLEERR : SAR_OK;
}

ULONG
SKF_UnlockDev(DEVHANDLE dev)
{
	return handle_check(dev, HANDLE_DEV) == NULL ? SAR_INVALIDHANDLEERR : SAR_OK;
}

ULONG
SKF_GenRandom(DEVHANDLE dev, BYTE *out, ULONG len)
{
	if (handle_check(dev, HANDLE_DEV) == NULL)
		return SAR_INVALIDHANDLEERR;
	if (out == NULL)
		return SAR_INVALIDPARAMERR;
	rand_bytes(out, len);
	return SAR_OK;
}

/* ---- applications and PINs ---- */

ULONG
SKF_EnumApplication(DEVHANDLE dev, LPSTR list, ULONG *size)
{
	struct buf	 names;

	if (handle_check(dev, HANDLE_DEV) == NULL)
		return SAR_INVALIDHANDLEERR;
	buf_init(&names, 64);
	buf_add(&names, APP_NAME, sizeof(APP_NAME));
	return give_list(&names, list, size);
}

ULONG
SKF_OpenApplication(DEVHANDLE dev, LPSTR name, HAPPLICATION *app)
{
	struct handle	*h = handle_check(dev, HANDLE_DEV);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (name == NULL || app == NULL)
		return SAR_INVALIDPARAMERR;
	if (strcmp(name, APP_NAME) != 0)
		return SAR_APPLICATION_NOT_EXISTS;
	*app = handle_new(HANDLE_APP, h->path);
	return SAR_OK;
}

ULONG
SKF_CloseApplication(HAPPLICATION app)
{
	struct handle	*h = handle_check(app, HANDLE_APP);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	handle_free(h);
	return SAR_OK;
}

ULONG
SKF_ClearSecureState(HAPPLICATION app)
{
	struct handle	*h = handle_check(app, HANDLE_APP);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	h->open = false;
	secret_wipe(h->key, sizeof(h->key));
	return SAR_OK;
}

static const char *
who_of(ULONG type)
{
	return type == USER_TYPE ? "user" : type == ADMIN_TYPE ? "admin" : NULL;
}

ULONG
SKF_GetPINInfo(HAPPLICATION app, ULONG type, ULONG *max, ULONG *remain, BOOL *is_default)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	struct err	 err = {0};
	struct softkey	 k;
	json_t		*row;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (who_of(type) == NULL)
		return SAR_USER_TYPE_INVALID;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_of(&err);
	row = json_object_get(k.state, who_of(type));
	if (max != NULL)
		*max = (ULONG)js_int(row, "max", 0);
	if (remain != NULL)
		*remain = (ULONG)js_int(row, "left", 0);
	if (is_default != NULL)
		*is_default = js_bool(row, "fresh");
	softkey_end(&k);
	return SAR_OK;
}

ULONG
SKF_VerifyPIN(HAPPLICATION app, ULONG type, LPSTR pin, ULONG *retry)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	struct err	 err = {0};
	struct softkey	 k;
	int		 left = 0, rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (who_of(type) == NULL)
		return SAR_USER_TYPE_INVALID;
	if (pin == NULL)
		return SAR_INVALIDPARAMERR;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_of(&err);
	rc = softkey_pin_check(&k, who_of(type), pin, h->key, &left, &err);
	softkey_end(&k);
	if (retry != NULL)
		*retry = (ULONG)left;
	h->open = rc == 0;
	return rc < 0 ? sar_of(&err) : SAR_OK;
}

/* Prove one PIN, set another (or the same). */
static ULONG
pin_change(struct handle *h, const char *prove, const char *old, const char *set,
    const char *fresh, ULONG *retry)
{
	unsigned char	 key[32];
	struct err	 err = {0};
	struct softkey	 k;
	int		 left = 0, rc;

	if (strlen(fresh) < SOFTKEY_PIN_MIN || strlen(fresh) > SOFTKEY_PIN_MAX)
		return SAR_PIN_LEN_RANGE;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_of(&err);
	if ((rc = softkey_pin_check(&k, prove, old, key, &left, &err)) == 0 &&
	    (rc = softkey_pin_set(&k, set, fresh, key, &err)) == 0) {
		js_set_bool(json_object_get(k.state, set), "fresh", false);
		rc = softkey_save(&k, &err);
	}
	softkey_end(&k);
	secret_wipe(key, sizeof(key));
	if (retry != NULL)
		*retry = (ULONG)left;
	return rc < 0 ? sar_of(&err) : SAR_OK;
}

ULONG
SKF_ChangePIN(HAPPLICATION app, ULONG type, LPSTR old_pin, LPSTR new_pin, ULONG *retry)
{
	struct handle	*h = handle_check(app, HANDLE_APP);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (who_of(type) == NULL)
		return SAR_USER_TYPE_INVALID;
	if (old_pin == NULL || new_pin == NULL)
		return SAR_INVALIDPARAMERR;
	return pin_change(h, who_of(type), old_pin, who_of(type), new_pin, retry);
}

ULONG
SKF_UnblockPIN(HAPPLICATION app, LPSTR admin_pin, LPSTR new_pin, ULONG *retry)
{
	struct handle	*h = handle_check(app, HANDLE_APP);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (admin_pin == NULL || new_pin == NULL)
		return SAR_INVALIDPARAMERR;
	return pin_change(h, "admin", admin_pin, "user", new_pin, retry);
}

/* ---- containers ---- */

static json_t *
container_find(const json_t *state, const char *name, size_t *index)
{
	json_t	*list = json_object_get(state, "containers"), *c;
	size_t	 i;

	json_array_foreach(list, i, c) {
		if (strcmp(js_str(c, "name"), name) == 0) {
			if (index != NULL)
				*index = i;
			return c;
		}
	}
	return NULL;
}

static HCONTAINER
container_handle(struct handle *app, const char *name)
{
	struct handle	*h = handle_new(HANDLE_CON, app->path);

	snprintf(h->name, sizeof(h->name), "%s", name);
	h->app = app;
	return h;
}

ULONG
SKF_CreateContainer(HAPPLICATION app, LPSTR name, HCONTAINER *c)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	struct err	 err = {0};
	struct softkey	 k;
	ULONG		 rc = SAR_OK;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (name == NULL || c == NULL || name[0] == '\0' || strlen(name) > CONTAINER_NAME ||
	    !utf8_is_valid(name, strlen(name)))
		return SAR_NAMELENERR;
	if (!h->open)
		return SAR_USER_NOT_LOGGED_IN;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_of(&err);
	if (container_find(k.state, name, NULL) != NULL)
		rc = SAR_INVALIDPARAMERR;
	else if (json_array_size(json_object_get(k.state, "containers")) >= SOFTKEY_CONTAINERS)
		rc = SAR_REACH_MAX_CONTAINER_COUNT;
	else {
		json_array_append_new(json_object_get(k.state, "containers"),
		    json_pack("{s:s}", "name", name));
		if (softkey_save(&k, &err) < 0)
			rc = sar_of(&err);
	}
	softkey_end(&k);
	if (rc == SAR_OK)
		*c = container_handle(h, name);
	return rc;
}

ULONG
SKF_DeleteContainer(HAPPLICATION app, LPSTR name)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	struct err	 err = {0};
	struct softkey	 k;
	size_t		 i;
	ULONG		 rc = SAR_OK;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (!h->open)
		return SAR_USER_NOT_LOGGED_IN;
	if (name == NULL)
		return SAR_INVALIDPARAMERR;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_of(&err);
	if (container_find(k.state, name, &i) == NULL)
		rc = SAR_INVALIDPARAMERR;
	else {
		json_array_remove(json_object_get(k.state, "containers"), i);
		if (softkey_save(&k, &err) < 0)
			rc = sar_of(&err);
	}
	softkey_end(&k);
	return rc;
}

ULONG
SKF_OpenContainer(HAPPLICATION app, LPSTR name, HCONTAINER *c)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	struct err	 err = {0};
	struct softkey	 k;
	bool		 there;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (name == NULL || c == NULL)
		return SAR_INVALIDPARAMERR;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_of(&err);
	there = container_find(k.state, name, NULL) != NULL;
	softkey_end(&k);
	if (!there)
		return SAR_INVALIDPARAMERR;
	*c = container_handle(h, name);
	return SAR_OK;
}

ULONG
SKF_CloseContainer(HCONTAINER c)
{
	struct handle	*h = handle_check(c, HANDLE_CON);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	handle_free(h);
	return SAR_OK;
}

ULONG
SKF_EnumContainer(HAPPLICATION app, LPSTR list, ULONG *size)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	struct err	 err = {0};
	struct softkey	 k;
	struct buf	 names;
	json_t		*c;
	size_t		 i;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_of(&err);
	buf_init(&names, 4096);
	json_array_foreach(json_object_get(k.state, "containers"), i, c)
		buf_add(&names, js_str(c, "name"), strlen(js_str(c, "name")) + 1);
	softkey_end(&k);
	return give_list(&names, list, size);
}

ULONG
container_get(struct handle *h, const char *key, ULONG none, struct buf *out)
{
	struct err	 err = {0};
	struct softkey	 k;
	json_t		*c;
	ULONG		 rc = none;

	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_of(&err);
	if ((c = container_find(k.state, h->name, NULL)) == NULL)
		rc = SAR_INVALIDHANDLEERR;
	else if (js_str(c, key)[0] != '\0')
		rc = js_need_bytes(c, key, out, &err) < 0 ? SAR_FILEERR : SAR_OK;
	softkey_end(&k);
	return rc;
}

ULONG
container_put(struct handle *h, const struct put *puts, size_t n)
{
	struct err	 err = {0};
	struct softkey	 k;
	json_t		*c;
	ULONG		 rc = SAR_OK;

	if (!h->app->open)
		return SAR_USER_NOT_LOGGED_IN;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_of(&err);
	if ((c = container_find(k.state, h->name, NULL)) == NULL) {
		rc = SAR_INVALIDHANDLEERR;
	} else {
		for (size_t i = 0; i < n; i++)
			js_set_bytes(c, puts[i].key, puts[i].p, puts[i].len);
		if (softkey_save(&k, &err) < 0)
			rc = sar_of(&err);
	}
	softkey_end(&k);
	return rc;
}

ULONG
SKF_GetContainerType(HCONTAINER c, ULONG *type)
{
	struct handle	*h = handle_check(c, HANDLE_CON);
	struct buf	 b;
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (type == NULL)
		return SAR_INVALIDPARAMERR;
	buf_init(&b, 128);
	rc = container_get(h, "sign_point", SAR_KEYNOTFOUNTERR, &b);
	buf_free(&b);
	*type = rc == SAR_OK ? CONTAINER_ECC : CONTAINER_EMPTY;
	return rc == SAR_KEYNOTFOUNTERR ? SAR_OK : rc;
}

ULONG
SKF_ImportCertificate(HCONTAINER c, BOOL sign, BYTE *cert, ULONG len)
{
	struct handle	*h = handle_check(c, HANDLE_CON);
	struct put	 put = {sign ? "sign_cert" : "enc_cert", cert, len};

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (cert == NULL || len == 0 || len > LIMIT_CERT)
		return SAR_INDATALENERR;
	return container_put(h, &put, 1);
}

ULONG
SKF_ExportCertificate(HCONTAINER c, BOOL sign, BYTE *cert, ULONG *len)
{
	struct handle	*h = handle_check(c, HANDLE_CON);
	struct buf	 b;
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	buf_init(&b, LIMIT_CERT);
	rc = container_get(h, sign ? "sign_cert" : "enc_cert", SAR_CERTNOTFOUNTERR, &b);
	if (rc == SAR_OK)
		rc = skf_give(b.p, b.len, cert, len);
	buf_free(&b);
	return rc;
}
