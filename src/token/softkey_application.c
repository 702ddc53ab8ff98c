#include "base/base.h"
#include "base/str.h"
#include "token/softkey_handle.h"

/*
 * Applications and PINs.  A software UKey has room for one application; making and deleting
 * it needs the device key.
 */
ULONG
application_begin(const struct handle *app, struct softkey *k)
{
	struct err	 err = {0};

	if (softkey_begin(k, app->path, &err) < 0)
		return sar_state(&err);
	if (strcmp(softkey_application_name(k), app->name) == 0)
		return SAR_OK;
	softkey_end(k);
	return SAR_APPLICATION_NOT_EXISTS;
}

ULONG
application_end(struct softkey *k, ULONG rc)
{
	struct err	 err = {0};

	if (rc == SAR_OK && softkey_save(k, &err) < 0)
		rc = sar_state(&err);
	softkey_end(k);
	return rc;
}

ULONG
SKF_EnumApplication(DEVHANDLE dev, LPSTR list, ULONG *size)
{
	struct handle	*h = handle_check(dev, HANDLE_DEV);
	const char	*name;
	struct err	 err = {0};
	struct softkey	 k;
	struct buf	 names;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_state(&err);
	buf_init(&names, 256);
	name = softkey_application_name(&k);
	if (name[0] != '\0')
		buf_add(&names, name, strlen(name) + 1);
	softkey_end(&k);
	return skf_give_list(&names, list, size);
}

static HAPPLICATION
application_handle(const char *path, const char *name)
{
	struct handle	*h = handle_new(HANDLE_APP, path);

	snprintf(h->name, sizeof(h->name), "%s", name);
	return h;
}

static bool
pin_fits(const char *pin)
{
	return strlen(pin) >= SOFTKEY_PIN_MIN && strlen(pin) <= SOFTKEY_PIN_MAX;
}

ULONG
SKF_CreateApplication(DEVHANDLE dev, LPSTR name, LPSTR admin_pin, ULONG admin_tries,
    LPSTR user_pin, ULONG user_tries, ULONG file_rights, HAPPLICATION *app)
{
	struct handle			*h = handle_check(dev, HANDLE_DEV);
	struct softkey_application	 a = {name, user_pin, admin_pin, (int)user_tries,
		(int)admin_tries, file_rights};
	struct err			 err = {0};
	struct softkey			 k;
	ULONG				 rc = SAR_OK;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (name == NULL || user_pin == NULL || admin_pin == NULL || app == NULL ||
	    user_tries < 1 || user_tries > SOFTKEY_TRIES_MAX || admin_tries < 1 ||
	    admin_tries > SOFTKEY_TRIES_MAX)
		return SAR_INVALIDPARAMERR;
	if (name[0] == '\0' || strlen(name) > CONTAINER_NAME ||
	    !utf8_is_valid(name, strlen(name)))
		return SAR_APPLICATION_NAME_INVALID;
	if (!pin_fits(user_pin) || !pin_fits(admin_pin))
		return SAR_PIN_LEN_RANGE;
	if (!h->trusted)
		return SAR_USER_NOT_LOGGED_IN;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_state(&err);
	if (strcmp(softkey_application_name(&k), name) == 0)
		rc = SAR_APPLICATION_EXISTS;
	else if (softkey_application_name(&k)[0] != '\0')
		rc = SAR_NO_ROOM;
	else if (softkey_application_put(&k, &a, &err) < 0)
		rc = sar_pin(&err);
	rc = application_end(&k, rc);
	if (rc == SAR_OK)
		*app = application_handle(h->path, name);
	return rc;
}

/* All of it goes: containers, keys, certificates, files, PINs. */
ULONG
SKF_DeleteApplication(DEVHANDLE dev, LPSTR name)
{
	static const char *const	parts[] = {"user", "admin", "containers", "files",
		"unlock"};
	struct handle			*h = handle_check(dev, HANDLE_DEV);
	struct err			 err = {0};
	struct softkey			 k;
	ULONG				 rc = SAR_OK;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (name == NULL || name[0] == '\0')
		return SAR_APPLICATION_NAME_INVALID;
	if (!h->trusted)
		return SAR_USER_NOT_LOGGED_IN;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_state(&err);
	if (strcmp(softkey_application_name(&k), name) != 0)
		rc = SAR_APPLICATION_NOT_EXISTS;
	else
		js_set_str(k.state, "application", "");
	for (size_t i = 0; rc == SAR_OK && i < ARRAY_LEN(parts); i++)
		json_object_del(k.state, parts[i]);
	return application_end(&k, rc);
}

ULONG
SKF_OpenApplication(DEVHANDLE dev, LPSTR name, HAPPLICATION *app)
{
	struct handle	*h = handle_check(dev, HANDLE_DEV);
	struct err	 err = {0};
	struct softkey	 k;
	bool		 there;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (name == NULL || app == NULL)
		return SAR_INVALIDPARAMERR;
	if (softkey_begin(&k, h->path, &err) < 0)
		return sar_state(&err);
	there = name[0] != '\0' && strcmp(softkey_application_name(&k), name) == 0;
	softkey_end(&k);
	if (!there)
		return SAR_APPLICATION_NOT_EXISTS;
	*app = application_handle(h->path, name);
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

/* ---- PINs ---- */

static void
forget(struct handle *h)
{
	h->user = h->admin = false;
	secret_wipe(h->key, sizeof(h->key));
}

ULONG
SKF_ClearSecureState(HAPPLICATION app)
{
	struct handle	*h = handle_check(app, HANDLE_APP);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	forget(h);
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
	struct softkey	 k;
	json_t		*row;
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (who_of(type) == NULL)
		return SAR_USER_TYPE_INVALID;
	if ((rc = application_begin(h, &k)) != SAR_OK)
		return rc;
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

/*
 * The user's PIN opens the private keys; the administrator's only lets PINs be set.  One that
 * must be changed opens nothing.
 */
ULONG
SKF_VerifyPIN(HAPPLICATION app, ULONG type, LPSTR pin, ULONG *retry)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	unsigned char	 key[32] = {0};
	struct err	 err = {0};
	struct softkey	 k;
	ULONG		 rc;
	int		 left = 0;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (who_of(type) == NULL)
		return SAR_USER_TYPE_INVALID;
	if (pin == NULL)
		return SAR_INVALIDPARAMERR;
	if ((rc = application_begin(h, &k)) != SAR_OK)
		return rc;
	forget(h);
	if (softkey_pin_check(&k, who_of(type), pin, key, &left, &err) < 0)
		rc = sar_pin(&err);
	else if (js_bool(json_object_get(k.state, who_of(type)), "must_change"))
		rc = SAR_USER_PIN_NOT_INITIALIZED;
	else if (type == ADMIN_TYPE)
		h->admin = true;
	else
		h->user = true;
	if (h->user)
		memcpy(h->key, key, sizeof(h->key));
	softkey_end(&k);
	secret_wipe(key, sizeof(key));
	if (retry != NULL)
		*retry = (ULONG)left;
	return rc;
}

/* Prove one PIN, set another (or the same); must_change: for an activation PIN. */
static ULONG
pin_change(struct handle *h, const char *prove, const char *old, const char *set,
    const char *fresh, bool must_change, ULONG *retry)
{
	json_t		*row;
	unsigned char	 key[32];
	struct err	 err = {0};
	struct softkey	 k;
	ULONG		 rc;
	int		 left = 0;

	if ((rc = application_begin(h, &k)) != SAR_OK)
		return rc;
	if (softkey_pin_fits(&k, fresh, &err) < 0)	/* before a try is counted */
		rc = sar_pin(&err);
	else if (softkey_pin_check(&k, prove, old, key, &left, &err) < 0 ||
	    softkey_pin_set(&k, set, fresh, key, &err) < 0)
		rc = sar_pin(&err);
	else if ((row = json_object_get(k.state, set)) != NULL) {
		js_set_bool(row, "fresh", false);
		js_set_bool(row, "must_change", must_change);
	}
	rc = application_end(&k, rc);
	secret_wipe(key, sizeof(key));
	if (retry != NULL)
		*retry = (ULONG)left;
	return rc;
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
	return pin_change(h, who_of(type), old_pin, who_of(type), new_pin, false, retry);
}

ULONG
SKF_UnblockPIN(HAPPLICATION app, LPSTR admin_pin, LPSTR new_pin, ULONG *retry)
{
	struct handle	*h = handle_check(app, HANDLE_APP);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (admin_pin == NULL || new_pin == NULL)
		return SAR_INVALIDPARAMERR;
	return pin_change(h, "admin", admin_pin, "user", new_pin, false, retry);
}

ULONG
SKF_YXSetActivationPIN(HAPPLICATION app, LPSTR old_pin, LPSTR new_pin, ULONG *retry)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (old_pin == NULL || new_pin == NULL)
		return SAR_INVALIDPARAMERR;
	if ((rc = pin_change(h, "user", old_pin, "user", new_pin, true, retry)) == SAR_OK)
		forget(h);
	return rc;
}
