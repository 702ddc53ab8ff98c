#include "house.h"
#include "pki/sm2.h"
#include "token/assistant.h"

#define FRESH	"48151623"

/* What the site sends: text encrypted to the assistant's point, with a PIN typed at the desk. */
static json_t *
asked(const char *text, const char *pin, bool admin)
{
	struct err	 err = {0};
	struct buf	 point, der;
	EVP_PKEY	*key = NULL;
	json_t		*out = json_object(), *in = json_object();

	buf_init(&point, SM2_POINT_LEN);
	buf_init(&der, 512);
	assert_ok(activation_point(out, &err));
	assert_ok(js_need_bytes(out, "point", &point, &err));
	assert_int_equal(point.len, SM2_POINT_LEN);
	assert_ok(sm2_from_point((const unsigned char *)point.p, &key, &err));
	assert_ok(sm2_encrypt(key, text, strlen(text), &der, &err));
	js_set_bytes(in, "activation", der.p, der.len);
	js_set_str(in, "pin", pin);
	js_set_bool(in, "admin", admin);
	EVP_PKEY_free(key);
	buf_free(&point);
	buf_free(&der);
	json_decref(out);
	return in;
}

/* in is stolen. */
static int
activate(struct ukey *u, json_t *in, struct err *err)
{
	json_t	*out = json_object();
	int	 rc = keys_activate(u, in, out, err);

	json_decref(out);
	json_decref(in);
	return rc;
}

static char *
opened(struct ukey *u)
{
	struct err	 err = {0};
	char		*path = house_key();

	house_open();
	assert_ok(ukey_open(u, driver, path, &err));
	return path;
}

/* Only for its own UKey; set once, the same again is right, a wrong PIN of the desk is not. */
void
test_activation__is_set_in_its_own_ukey(void **state)
{
	struct err	 err = {0};
	struct ukey	 u;
	char		*path = opened(&u), own[80];
	int		 left = 0;

	(void)state;
	(void)snprintf(own, sizeof(own), "%s\n" FRESH, u.info.serial);
	assert_err(activate(&u, asked("YX9999\n" FRESH, PIN, false), &err), ERR_CONFLICT);
	assert_err(activate(&u, asked(FRESH, PIN, false), &err), ERR_INPUT);
	assert_err(activate(&u, asked("\n123", PIN, false), &err), ERR_INPUT);
	assert_err(activate(&u, asked(own, "000000", false), &err), ERR_DENIED);
	assert_ok(ukey_login(&u, PIN, &left, &err));
	assert_ok(activate(&u, asked(own, PIN, false), &err));
	assert_ok(activate(&u, asked(own, PIN, false), &err));	/* interrupted before */
	assert_err(ukey_login(&u, FRESH, &left, &err), ERR_EXPIRED);
	assert_int_equal(left, 9);
	ukey_close(&u);
	free(path);
}

/* Lost: another one by the administrator's PIN, even of a locked UKey. */
void
test_activation__another_by_the_administrator(void **state)
{
	struct err	 err = {0};
	struct ukey	 u;
	char		*path = opened(&u);
	int		 left = 9;

	(void)state;
	while (left > 0)
		assert_int_equal(ukey_login(&u, "000000", &left, &err), -1);
	assert_err(activate(&u, asked("\n" FRESH, "00000000", true), &err), ERR_DENIED);
	assert_ok(activate(&u, asked("\n" FRESH, ADMIN, true), &err));
	assert_err(ukey_login(&u, FRESH, &left, &err), ERR_EXPIRED);
	assert_ok(ukey_change_pin(&u, FRESH, "864209", &left, &err));
	assert_ok(ukey_login(&u, "864209", &left, &err));
	ukey_close(&u);
	free(path);
}

/* Encrypted to somebody else: nothing happens. */
void
test_activation__of_another_assistant_is_refused(void **state)
{
	struct err	 err = {0};
	struct ukey	 u;
	struct buf	 der;
	EVP_PKEY	*key = NULL;
	char		*path = opened(&u);
	json_t		*in = json_pack("{s:s}", "pin", PIN);
	int		 left = 0;

	(void)state;
	buf_init(&der, 512);
	assert_ok(sm2_generate(&key, &err));
	assert_ok(sm2_encrypt(key, "\n" FRESH, strlen(FRESH) + 1, &der, &err));
	js_set_bytes(in, "activation", der.p, der.len);
	assert_err(activate(&u, in, &err), ERR_INPUT);
	assert_ok(ukey_login(&u, PIN, &left, &err));
	EVP_PKEY_free(key);
	buf_free(&der);
	ukey_close(&u);
	free(path);
}
