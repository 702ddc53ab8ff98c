#include "base/base.h"
#include "hall/account/password.h"

#include <pthread.h>
#include <sodium.h>

#define PASSWORD_PASSES	2
#define PASSWORD_MEMORY	((size_t)19 * 1024 * 1024)
#define PASSWORD_AT_ONCE 2

static pthread_mutex_t	password_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t	password_free = PTHREAD_COND_INITIALIZER;
static int		password_busy;
static char		password_none[crypto_pwhash_STRBYTES];	/* of an unknown account */

static void
password_enter(void)
{
	pthread_mutex_lock(&password_lock);
	while (password_busy >= PASSWORD_AT_ONCE)
		pthread_cond_wait(&password_free, &password_lock);
	password_busy++;
	pthread_mutex_unlock(&password_lock);
}

static void
password_leave(void)
{
	pthread_mutex_lock(&password_lock);
	password_busy--;
	pthread_cond_signal(&password_free);
	pthread_mutex_unlock(&password_lock);
}

static void
password_once(void)
{
	if (sodium_init() < 0 || crypto_pwhash_str_alg(password_none, "nobody", 6,
	    PASSWORD_PASSES, PASSWORD_MEMORY, crypto_pwhash_ALG_ARGON2ID13) != 0)
		BUG("libsodium does not work");
}

static void
password_init(void)
{
	static pthread_once_t	once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, password_once);
}

int
password_hash(const char *password, char text[PASSWORD_TEXT], struct err *err)
{
	int	rc = 0;

	_Static_assert(crypto_pwhash_STRBYTES <= PASSWORD_TEXT, "argon2id text must fit");
	password_init();
	password_enter();
	rc = crypto_pwhash_str_alg(text, password, strlen(password), PASSWORD_PASSES,
	    PASSWORD_MEMORY, crypto_pwhash_ALG_ARGON2ID13);
	password_leave();
	return rc == 0 ? 0 : err_set(err, ERR_BUSY, "系统繁忙，请稍后再试。");
}

bool
password_is(const char *password, const char *stored)
{
	bool	known = stored != NULL && *stored != '\0', same = false;

	password_init();
	password_enter();
	same = crypto_pwhash_str_verify(known ? stored : password_none, password,
	    strlen(password)) == 0;
	password_leave();
	return known && same;
}
