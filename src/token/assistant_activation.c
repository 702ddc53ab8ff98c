#include "base/base.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "token/assistant.h"

#include <pthread.h>

#define ACTIVATION_PIN	17		/* longest PIN and a NUL */

/* The key that activation PINs are encrypted to: of this run of the assistant. */
static EVP_PKEY *
activation_key(struct err *err)
{
	static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;
	static EVP_PKEY		*key;

	pthread_mutex_lock(&lock);
	if (key == NULL && sm2_generate(&key, err) < 0)
		key = NULL;
	pthread_mutex_unlock(&lock);
	return key;
}

int
activation_point(json_t *out, struct err *err)
{
	unsigned char	 point[SM2_POINT_LEN];
	EVP_PKEY	*key = activation_key(err);

	if (key == NULL || sm2_point(key, point, err) < 0)
		return -1;
	js_set_bytes(out, "point", point, sizeof(point));
	return 0;
}

/* The PIN as a text of its own, to be wiped. */
static int
activation_read(const json_t *in, struct secret *pin, struct err *err)
{
	EVP_PKEY	*key = activation_key(err);
	struct buf	 der;
	int		 rc = -1;

	buf_init(&der, 512);
	if (key != NULL && js_need_bytes(in, "activation", &der, err) == 0 &&
	    (rc = sm2_decrypt(key, der.p, der.len, pin, err)) < 0) {
		err_clear(err);
		err_set(err, ERR_INPUT, "激活 PIN 码的授权已失效，请刷新页面后重新制证。");
	}
	buf_free(&der);
	return rc;
}

/*
 * Is it the UKey's PIN already?  Then an earlier try came this far.  A UKey that can not force
 * the change (a vendor's) lets it sign in.
 */
static bool
activation_is_set(struct ukey *u, const char *fresh, int *left, struct err *err)
{
	struct err	why = {0};
	int		rc = ukey_login(u, fresh, left, &why);

	if (rc == 0 || why.kind == ERR_EXPIRED)
		return true;
	if (err->kind == ERR_NONE)
		*err = why;
	return false;
}

static int
activation_set(struct ukey *u, const json_t *in, const char *fresh, int *left, struct err *err)
{
	const char	*pin = js_str(in, "pin");

	if (js_bool(in, "admin")) {
		if (ukey_unblock(u, pin, fresh, err) < 0)
			return -1;
		pin = fresh;
	}
	if (ukey_activation_pin(u, pin, fresh, left, err) == 0)
		return 0;
	if (err->kind == ERR_WRONG_STATE) {	/* not known to this library */
		err_clear(err);
		return ukey_change_pin(u, pin, fresh, left, err);
	}
	if (err->kind != ERR_DENIED || !activation_is_set(u, fresh, left, err))
		return -1;
	err_clear(err);
	return 0;
}

/* "serial\nPIN": only for the UKey that was written for it ("": not told). */
static int
activation_split(const struct ukey *u, const struct secret *text, char fresh[ACTIVATION_PIN],
    struct err *err)
{
	const unsigned char	*end = memchr(text->p, '\n', text->len);
	size_t			 serial = end == NULL ? 0 : (size_t)(end - text->p);
	size_t			 len = end == NULL ? 0 : text->len - serial - 1;

	if (len < 6 || len >= ACTIVATION_PIN)
		return err_set(err, ERR_INPUT, "激活 PIN 码不完整，请刷新页面后重新制证。");
	if (serial > 0 && (strlen(u->info.serial) != serial ||
	    memcmp(u->info.serial, text->p, serial) != 0))
		return err_set(err, ERR_CONFLICT, "插入的不是这笔业务的 UKey，请换成序列号为 %.*s 的那一支。",
		    (int)serial, (const char *)text->p);
	memcpy(fresh, end + 1, len);
	fresh[len] = '\0';
	return 0;
}

int
keys_activate(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	struct secret	 pin = {0};
	char		 fresh[ACTIVATION_PIN] = "";
	int		 left = -1, rc = -1;

	if (activation_read(in, &pin, err) < 0)
		return -1;
	if (activation_split(u, &pin, fresh, err) < 0)
		goto out;
	rc = activation_set(u, in, fresh, &left, err);
	js_set_int(out, "tries_left", left);
 out:
	secret_wipe(fresh, sizeof(fresh));
	secret_free(&pin);
	return rc;
}
