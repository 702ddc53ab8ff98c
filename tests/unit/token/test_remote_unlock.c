#include "house.h"
#include "base/clock.h"

/* Remote unlock: what the centre answers goes once into the one key it is for. */
#define SERIAL	"YX0001"
#define NEW_PIN	"864209"

static const unsigned char	device[UNLOCK_KEY] = {1, 2, 3};

/* A personalised key, locked by nine wrong PINs. */
static char *
locked(struct ukey *u)
{
	struct err	 err = {0};
	char		*path = house_key();
	int		 left = 9;

	house_open();
	assert_err(softkey_personalise(path, "11111111", device, &err), ERR_DENIED);
	assert_ok(softkey_personalise(path, ADMIN, device, &err));
	assert_ok(ukey_open(u, driver, path, &err));
	while (left > 0)
		assert_int_equal(ukey_login(u, "000000", &left, &err), -1);
	assert_err(ukey_login(u, PIN, &left, &err), ERR_LIMIT);
	return path;
}

static struct unlock_message
answer(const unsigned char *key, const char *serial, const unsigned char *challenge,
    int64_t expires)
{
	struct unlock_message	 m = {.order = ORDER, .expires = expires, .new_pin = NEW_PIN};

	unlock_answer(key, serial, challenge, ORDER, expires, m.answer);
	return m;
}

void
test_remote_unlock__the_user_sets_the_new_pin(void **state)
{
	struct err		 err = {0};
	struct ukey		 u;
	unsigned char		 challenge[UNLOCK_CHALLENGE];
	struct unlock_message	 m;
	struct buf		 before, after;
	char			*path = house_key();
	int			 left;

	(void)state;
	house_open();
	buf_init(&before, LIMIT_CSR);
	buf_init(&after, LIMIT_CSR);
	assert_ok(softkey_personalise(path, ADMIN, device, &err));
	assert_ok(ukey_open(&u, driver, path, &err));
	assert_ok(ukey_login(&u, PIN, &left, &err));
	assert_ok(ukey_request(&u, ORDER, "张三", &before, &err));
	while (left > 0)
		assert_int_equal(ukey_login(&u, "000000", &left, &err), -1);
	assert_ok(ukey_unlock_challenge(&u, challenge, &err));
	m = answer(device, SERIAL, challenge, clock_now() + CLOCK_MINUTE);
	assert_ok(ukey_unlock_finish(&u, &m, &left, &err));
	assert_ok(ukey_login(&u, NEW_PIN, &left, &err));
	assert_int_equal(left, 9);
	assert_ok(ukey_request(&u, ORDER, "张三", &after, &err));	/* its keys are there */
	assert_err(ukey_unlock_finish(&u, &m, &left, &err), ERR_DENIED);	/* once */
	ukey_close(&u);
	buf_free(&before);
	buf_free(&after);
	free(path);
}

/* Of another key, for another challenge, expired: refused and counted; then it is over. */
void
test_remote_unlock__wrong_answers_are_counted(void **state)
{
	static const unsigned char	 other[UNLOCK_KEY] = {9};
	struct err			 err = {0};
	struct ukey			 u;
	unsigned char			 old[UNLOCK_CHALLENGE], challenge[UNLOCK_CHALLENGE];
	struct unlock_message		 m, late;
	char				*path = locked(&u);
	int64_t				 soon = clock_now() + CLOCK_MINUTE;
	int				 left;

	(void)state;
	m = answer(device, SERIAL, device, soon);		/* no challenge was given out */
	assert_err(ukey_unlock_finish(&u, &m, &left, &err), ERR_DENIED);
	assert_int_equal(left, SOFTKEY_UNLOCK_TRIES - 1);
	assert_ok(ukey_unlock_challenge(&u, old, &err));
	assert_ok(ukey_unlock_challenge(&u, challenge, &err));
	assert_memory_not_equal(old, challenge, sizeof(old));
	m = answer(device, SERIAL, old, soon);
	assert_err(ukey_unlock_finish(&u, &m, &left, &err), ERR_DENIED);
	m = answer(other, SERIAL, challenge, soon);
	assert_err(ukey_unlock_finish(&u, &m, &left, &err), ERR_DENIED);
	late = answer(device, SERIAL, challenge, clock_now() - CLOCK_DAY);
	assert_err(ukey_unlock_finish(&u, &late, &left, &err), ERR_DENIED);
	assert_int_equal(left, 1);
	assert_err(ukey_unlock_finish(&u, &late, &left, &err), ERR_LIMIT);
	m = answer(device, SERIAL, challenge, soon);		/* right, too late */
	assert_err(ukey_unlock_finish(&u, &m, &left, &err), ERR_LIMIT);
	assert_err(ukey_unlock_challenge(&u, challenge, &err), ERR_LIMIT);
	assert_err(ukey_login(&u, NEW_PIN, &left, &err), ERR_LIMIT);
	ukey_close(&u);
	free(path);
}

/* The device key comes with the pair, for its sign key alone; one that is there stays. */
void
test_remote_unlock__the_device_key_comes_with_the_pair(void **state)
{
	struct err		 err = {0};
	struct ukey		 u;
	unsigned char		 challenge[UNLOCK_CHALLENGE], other[UNLOCK_KEY] = {9};
	struct unlock_message	 m;
	struct issued		 i = {0};
	struct ukey_bundle	 b;
	struct cert		*c = NULL;
	struct buf		 csr, sealed, wrong, late;
	char			*path = blank(&u);
	int			 left;

	(void)state;
	buf_init(&csr, LIMIT_CSR);
	buf_init(&sealed, 512);
	buf_init(&wrong, 512);
	buf_init(&late, 512);
	assert_ok(ukey_login(&u, PIN, &left, &err));
	assert_ok(ukey_request(&u, ORDER, "张三", &csr, &err));
	issue(&csr, &i);
	b = bundle(&i);
	assert_ok(cert_parse(i.sign.p, i.sign.len, &c, &err));
	assert_ok(sm2_encrypt(cert_key(c), device, sizeof(device), &sealed, &err));
	assert_ok(sm2_encrypt(cert_key(c), other, sizeof(other), &late, &err));
	assert_ok(sm2_encrypt(i.ca_key, device, sizeof(device), &wrong, &err));
	b.device = wrong.p;
	b.device_len = wrong.len;
	assert_int_equal(ukey_install(&u, ORDER, &b, &err), -1);	/* for somebody else */
	b.device = sealed.p;
	b.device_len = sealed.len;
	assert_ok(ukey_install(&u, ORDER, &b, &err));
	b.device = late.p;
	b.device_len = late.len;
	assert_ok(ukey_install(&u, ORDER, &b, &err));
	assert_ok(ukey_unlock_challenge(&u, challenge, &err));
	m = answer(device, SERIAL, challenge, clock_now() + CLOCK_MINUTE);
	assert_ok(ukey_unlock_finish(&u, &m, &left, &err));
	assert_ok(ukey_login(&u, NEW_PIN, &left, &err));
	ukey_close(&u);
	cert_free(c);
	issued_free(&i);
	buf_free(&csr);
	buf_free(&sealed);
	buf_free(&wrong);
	buf_free(&late);
	free(path);
}

void
test_remote_unlock__needs_a_device_key(void **state)
{
	struct err	 err = {0};
	struct ukey	 u;
	unsigned char	 challenge[UNLOCK_CHALLENGE];
	char		*path = blank(&u);

	(void)state;
	assert_err(ukey_unlock_challenge(&u, challenge, &err), ERR_WRONG_STATE);
	driver->unlock = false;				/* a vendor that has none */
	assert_err(ukey_unlock_challenge(&u, challenge, &err), ERR_WRONG_STATE);
	driver->unlock = true;
	ukey_close(&u);
	free(path);
}

void
test_remote_unlock__the_message_is_four_lines(void **state)
{
	struct unlock_message	 m = {.order = ORDER, .expires = 1795000000000,
		.new_pin = NEW_PIN}, back;
	struct buf		 text;

	(void)state;
	buf_init(&text, UNLOCK_MESSAGE);
	memset(m.answer, 7, sizeof(m.answer));
	unlock_message_add(&m, &text);
	assert_int_equal(unlock_message_parse(text.p, text.len, &back), 0);
	assert_string_equal(back.order, ORDER);
	assert_int_equal(back.expires, m.expires);
	assert_memory_equal(back.answer, m.answer, sizeof(m.answer));
	assert_string_equal(back.new_pin, NEW_PIN);
	for (size_t n = 0; n < text.len; n++)
		assert_int_equal(unlock_message_parse(text.p, n, &back), -1);
	buf_addch(&text, 'x');
	assert_int_equal(unlock_message_parse(text.p, text.len, &back), -1);
	buf_free(&text);
}

/* An activation PIN opens nothing until its holder has put another in its place. */
void
test_remote_unlock__an_activation_pin_must_be_changed(void **state)
{
	struct err	 err = {0};
	struct ukey	 u;
	struct buf	 csr;
	char		*path = blank(&u);
	int		 left;

	(void)state;
	buf_init(&csr, LIMIT_CSR);
	assert_ok(ukey_activation_pin(&u, PIN, "555123", &left, &err));
	assert_err(ukey_login(&u, "555123", &left, &err), ERR_EXPIRED);
	assert_err(ukey_request(&u, ORDER, "张三", &csr, &err), ERR_DENIED);
	assert_ok(ukey_change_pin(&u, "555123", NEW_PIN, &left, &err));
	assert_ok(ukey_login(&u, NEW_PIN, &left, &err));
	ukey_close(&u);
	buf_free(&csr);
	free(path);
}
