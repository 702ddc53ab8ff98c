#include "base/base.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/seal.h"
#include "token/softkey_handle.h"
#include "token/unlock.h"

/*
 * Remote unlock of the software UKey.  The application's key is sealed once more under the device
 * key, which a chip would keep to itself and this file has beside it: see softkey.h.
 */

/* The device key: 0, or -1 when the key was never personalised. */
static int
device_key(const struct softkey *k, unsigned char key[UNLOCK_KEY])
{
	struct err	 err = {0};
	struct buf	 b;
	int		 rc = -1;

	buf_init(&b, 64);
	if (js_need_bytes(k->state, "device", &b, &err) == 0 && b.len == UNLOCK_KEY) {
		memcpy(key, b.p, UNLOCK_KEY);
		rc = 0;
	}
	secret_wipe(b.p, b.len);
	buf_free(&b);
	return rc;
}

void
softkey_unlock_put(struct softkey *k, const unsigned char key[32])
{
	unsigned char	 device[UNLOCK_KEY];
	struct seal	*seal;
	struct buf	 box;
	json_t		*row;

	if (device_key(k, device) < 0)
		return;
	seal = seal_new(device);
	buf_init(&box, 256);
	seal_add(seal, "unlock", key, 32, &box);
	row = json_pack("{s:i}", "left", SOFTKEY_UNLOCK_TRIES);
	js_set_bytes(row, "box", box.p, box.len);
	json_object_set_new(k->state, "unlock", row);
	secret_wipe(device, sizeof(device));
	buf_free(&box);
	seal_free(seal);
}

int
softkey_personalise(const char *path, const char *admin_pin,
    const unsigned char device[UNLOCK_KEY], struct err *err)
{
	unsigned char	 key[32];
	struct softkey	 k;
	int		 left, rc = -1;

	if (softkey_begin(&k, path, err) < 0)
		return -1;
	if (softkey_pin_check(&k, "admin", admin_pin, key, &left, err) == 0) {
		js_set_bytes(k.state, "device", device, UNLOCK_KEY);
		softkey_unlock_put(&k, key);
		rc = softkey_save(&k, err);
	}
	softkey_end(&k);
	secret_wipe(key, sizeof(key));
	return rc;
}

/* What the box has, opened with the device key. */
static int
unlock_open(const struct softkey *k, const unsigned char device[UNLOCK_KEY],
    unsigned char key[32])
{
	struct seal	*seal = seal_new(device);
	struct err	 err = {0};
	struct buf	 box, plain;
	int		 rc = -1;

	buf_init(&box, 256);
	buf_init(&plain, 64);
	if (js_need_bytes(json_object_get(k->state, "unlock"), "box", &box, &err) == 0 &&
	    seal_open(seal, "unlock", box.p, box.len, &plain, &err) == 0 && plain.len == 32) {
		memcpy(key, plain.p, 32);
		rc = 0;
	}
	secret_wipe(plain.p, plain.len);
	buf_free(&box);
	buf_free(&plain);
	seal_free(seal);
	return rc;
}

/* Into the state, unless there is one. */
static ULONG
device_keep(const struct handle *app, const struct secret *device)
{
	unsigned char	 old[UNLOCK_KEY];
	struct softkey	 k;
	ULONG		 rc = application_begin(app, &k);

	if (rc != SAR_OK)
		return rc;
	if (device_key(&k, old) < 0) {
		js_set_bytes(k.state, "device", device->p, device->len);
		softkey_unlock_put(&k, app->key);
	}
	secret_wipe(old, sizeof(old));
	return application_end(&k, rc);
}

ULONG
SKF_YXImportDeviceKey(HCONTAINER c, BYTE *cipher, ULONG len)
{
	struct handle	*h = handle_check(c, HANDLE_CON);
	EVP_PKEY	*sign = NULL;
	struct secret	 device = {0};
	struct err	 err = {0};
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (cipher == NULL)
		return SAR_INVALIDPARAMERR;
	if (!h->app->user)
		return SAR_USER_NOT_LOGGED_IN;
	if ((rc = container_pair(h, "sign_key", &sign)) != SAR_OK)
		return rc;
	rc = sm2_decrypt(sign, cipher, len, &device, &err) < 0 || device.len != UNLOCK_KEY ?
	    SAR_INDATAERR : device_keep(h->app, &device);
	secret_free(&device);
	EVP_PKEY_free(sign);
	return rc;
}

ULONG
SKF_GenRemoteUnblockRequest(HAPPLICATION app, BYTE *random, ULONG len)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	char		 hex[2 * UNLOCK_CHALLENGE + 1];
	struct softkey	 k;
	json_t		*row;
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (random == NULL || len != UNLOCK_CHALLENGE)
		return SAR_INVALIDPARAMERR;
	if ((rc = application_begin(h, &k)) != SAR_OK)
		return rc;
	if ((row = json_object_get(k.state, "unlock")) == NULL) {
		rc = SAR_NOTINITIALIZEERR;
	} else if (js_int(row, "left", 0) <= 0) {
		rc = SAR_PIN_LOCKED;
	} else {
		rand_bytes(random, len);
		hex_encode(random, len, hex);
		js_set_str(row, "challenge", hex);
	}
	return application_end(&k, rc);
}

/* Does the answer fit the challenge given out last? */
static bool
unlock_fits(const struct softkey *k, const unsigned char device[UNLOCK_KEY],
    const struct unlock_message *m)
{
	const char	*hex = js_str(json_object_get(k->state, "unlock"), "challenge");
	unsigned char	 challenge[UNLOCK_CHALLENGE];

	return hex_decode(hex, challenge, sizeof(challenge)) == 0 &&
	    unlock_answer_fits(device, js_str(k->state, "serial"), challenge, m->order,
	    m->expires, clock_now(), m->answer);
}

/* The answer was right: the new PIN, the counters full, the challenge gone, all in one save. */
static ULONG
unlock_set(struct softkey *k, const unsigned char device[UNLOCK_KEY], const char *new_pin)
{
	json_t		*row = json_object_get(k->state, "unlock");
	json_t		*user = json_object_get(k->state, "user");
	unsigned char	 key[32];
	struct err	 err = {0};
	ULONG		 rc = SAR_FAIL;

	if (unlock_open(k, device, key) == 0 &&
	    softkey_pin_set(k, "user", new_pin, key, &err) == 0) {
		js_set_bool(user, "fresh", false);
		js_set_bool(user, "must_change", false);
		json_object_del(row, "challenge");
		js_set_int(row, "left", SOFTKEY_UNLOCK_TRIES);
		rc = SAR_OK;
	}
	secret_wipe(key, sizeof(key));
	return rc;
}

/* Judge an answer; it was counted before. */
static ULONG
unlock_try(struct softkey *k, const struct unlock_message *m)
{
	unsigned char	 device[UNLOCK_KEY];
	ULONG		 rc = SAR_PIN_INCORRECT;

	if (device_key(k, device) < 0)
		return SAR_NOTINITIALIZEERR;
	if (unlock_fits(k, device, m))
		rc = unlock_set(k, device, m->new_pin);
	secret_wipe(device, sizeof(device));
	return rc;
}

ULONG
SKF_RemoteUnblockPIN(HAPPLICATION app, BYTE *message, ULONG len, ULONG *retry)
{
	struct handle		*h = handle_check(app, HANDLE_APP);
	struct unlock_message	 m;
	struct err		 err = {0};
	struct softkey		 k;
	json_t			*row;
	int64_t			 left;
	ULONG			 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (message == NULL || retry == NULL || unlock_message_parse(message, len, &m) < 0)
		return SAR_INDATAERR;
	if (strlen(m.new_pin) < SOFTKEY_PIN_MIN || strlen(m.new_pin) > SOFTKEY_PIN_MAX)
		return SAR_PIN_LEN_RANGE;
	if ((rc = application_begin(h, &k)) != SAR_OK)
		return rc;
	row = json_object_get(k.state, "unlock");
	left = js_int(row, "left", 0);
	*retry = (ULONG)(left > 0 ? left - 1 : 0);
	if (row == NULL) {
		rc = SAR_NOTINITIALIZEERR;
	} else if (left <= 0) {
		rc = SAR_PIN_LOCKED;
	} else {
		js_set_int(row, "left", left - 1);	/* counted first, durably */
		rc = softkey_save(&k, &err) < 0 ? sar_state(&err) : unlock_try(&k, &m);
	}
	rc = application_end(&k, rc);
	if (rc == SAR_OK)
		*retry = SOFTKEY_UNLOCK_TRIES;
	secret_wipe(&m, sizeof(m));
	return rc;
}
