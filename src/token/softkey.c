#include "base/base.h"
#include "token/softkey.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/seal.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sys/file.h>

#define SOFTKEY_MAGIC	"YXUKEY1\n"
#define MAGIC_LEN	8
#define PIN_ROUNDS	50000
#define HOLDS_MAX	8
#define HOLD_WAIT	(20 * 1000)	/* microseconds between two looks */

/* flock belongs to the open file, not to the thread: this orders the threads. */
static pthread_mutex_t	softkey_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct {
	char	*path;			/* NULL: a free place */
	pid_t	 pid;			/* a forked child does not hold what its parent holds */
	int	 fd;
} softkey_holds[HOLDS_MAX];

static struct seal *
outer_seal(const unsigned char salt[16])
{
	unsigned char	 key[32] = "yinxin software ukey";

	memcpy(key + 16, salt, 16);
	return seal_new(key);
}

static struct seal *
pin_seal(const char *pin, const unsigned char salt[16], int64_t rounds)
{
	unsigned char	 key[32];
	struct seal	*s;

	if (PKCS5_PBKDF2_HMAC(pin, (int)strlen(pin), salt, 16, (int)rounds, EVP_sm3(),
	    sizeof(key), key) != 1)
		BUG("PBKDF2 failed");
	s = seal_new(key);
	secret_wipe(key, sizeof(key));
	return s;
}

int
softkey_parse(const void *p, size_t len, unsigned char salt[16], json_t **state,
    struct err *err)
{
	const unsigned char	*b = p;
	struct seal		*seal;
	struct buf		 text;
	int			 rc = -1;

	if (len < MAGIC_LEN + 16 || memcmp(b, SOFTKEY_MAGIC, MAGIC_LEN) != 0)
		return err_set(err, ERR_INPUT, "no software UKey file");
	memcpy(salt, b + MAGIC_LEN, 16);
	seal = outer_seal(salt);
	buf_init(&text, SOFTKEY_FILE_MAX);
	if (seal_open(seal, "softkey", b + MAGIC_LEN + 16, len - MAGIC_LEN - 16, &text,
	    err) == 0)
		rc = json_parse(text.p, text.len, SOFTKEY_FILE_MAX, state, err);
	secret_wipe(text.p, text.len);
	buf_free(&text);
	seal_free(seal);
	return rc;
}

static int
lock_open(const char *path, int how, struct err *err)
{
	char	*lock = xasprintf("%s.lock", path);
	int	 fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || flock(fd, how) < 0) {
		err_errno(err, fd >= 0 && errno == EWOULDBLOCK ? ERR_BUSY : ERR_STORE,
		    "cannot lock %s", lock);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	free(lock);
	return fd;
}

/* The place of this path among the holds, or a free one for NULL; -1. */
static int
hold_find(const char *path)
{
	for (int i = 0; i < HOLDS_MAX; i++)
		if (path == NULL ? softkey_holds[i].path == NULL :
		    softkey_holds[i].path != NULL && softkey_holds[i].pid == getpid() &&
		    strcmp(softkey_holds[i].path, path) == 0)
			return i;
	return -1;
}

static int
hold_try(const char *path, struct err *err)
{
	int	 rc = -1, i;

	pthread_mutex_lock(&softkey_mutex);
	i = hold_find(NULL);
	if (i < 0 || hold_find(path) >= 0) {
		err_set(err, ERR_BUSY, "%s is held", path);
	} else if ((softkey_holds[i].fd = lock_open(path, LOCK_EX | LOCK_NB, err)) >= 0) {
		softkey_holds[i].path = xstrdup(path);
		softkey_holds[i].pid = getpid();
		rc = 0;
	}
	pthread_mutex_unlock(&softkey_mutex);
	return rc;
}

int
softkey_hold(const char *path, uint32_t ms, struct err *err)
{
	int64_t	 end = clock_steady() + ms;
	int	 rc;

	while ((rc = hold_try(path, err)) < 0 && err->kind == ERR_BUSY &&
	    (ms == UINT32_MAX || clock_steady() < end)) {
		usleep(HOLD_WAIT);
		err_clear(err);
	}
	return rc;
}

void
softkey_release(const char *path)
{
	int	 i;

	pthread_mutex_lock(&softkey_mutex);
	if ((i = hold_find(path)) >= 0) {
		flock(softkey_holds[i].fd, LOCK_UN);	/* children may have the file open */
		close(softkey_holds[i].fd);
		free(softkey_holds[i].path);
		softkey_holds[i].path = NULL;
	}
	pthread_mutex_unlock(&softkey_mutex);
}

int
softkey_begin(struct softkey *k, const char *path, struct err *err)
{
	struct buf	 b;
	int		 rc = -1;

	*k = (struct softkey){.path = xstrdup(path), .lock_fd = -1, .begun = true};
	buf_init(&b, SOFTKEY_FILE_MAX);
	pthread_mutex_lock(&softkey_mutex);
	if (!file_exists(path))
		err_set(err, ERR_NOT_FOUND, "no UKey at %s", path);
	else if (hold_find(path) >= 0 || (k->lock_fd = lock_open(path, LOCK_EX, err)) >= 0)
		if (file_read(path, &b, err) == 0)
			rc = softkey_parse(b.p, b.len, k->salt, &k->state, err);
	buf_free(&b);
	if (rc < 0)
		softkey_end(k);
	return rc;
}

int
softkey_save(struct softkey *k, struct err *err)
{
	struct seal	*seal = outer_seal(k->salt);
	struct buf	 text, file;
	int		 rc;

	buf_init(&text, SOFTKEY_FILE_MAX);
	buf_init(&file, SOFTKEY_FILE_MAX);
	json_write(k->state, &text);
	buf_add(&file, SOFTKEY_MAGIC, MAGIC_LEN);
	buf_add(&file, k->salt, sizeof(k->salt));
	seal_add(seal, "softkey", text.p, text.len, &file);
	if ((rc = buf_check(&text, err)) == 0 && (rc = buf_check(&file, err)) == 0)
		rc = file_write(k->path, file.p, file.len, 0600, err);
	seal_free(seal);
	buf_free(&text);
	buf_free(&file);
	return rc;
}

void
softkey_end(struct softkey *k)
{
	if (k->lock_fd >= 0)
		close(k->lock_fd);
	if (k->begun)
		pthread_mutex_unlock(&softkey_mutex);
	json_decref(k->state);
	free(k->path);
	*k = (struct softkey){.lock_fd = -1};
}

static bool
is_soft(const struct softkey *k)
{
	return js_bool(k->state, "soft");
}

int
softkey_pin_fits(const struct softkey *k, const char *pin, struct err *err)
{
	size_t	 n = strlen(pin);
	int	 min = is_soft(k) ? SOFTKEY_SOFT_MIN : SOFTKEY_PIN_MIN;
	int	 max = is_soft(k) ? SOFTKEY_SOFT_MAX : SOFTKEY_PIN_MAX;

	return n >= (size_t)min && n <= (size_t)max ? 0 : err_set(err, ERR_INPUT,
	    "%s要 %d 到 %d 位。", is_soft(k) ? "口令" : "PIN 码", min, max);
}

/* How often a PIN of this row is stirred; bounded, for the row stands in a file. */
static int64_t
pin_rounds(const json_t *row)
{
	return MIN(MAX(js_int(row, "rounds", PIN_ROUNDS), 1), 10 * SOFTKEY_SOFT_ROUNDS);
}

int
softkey_pin_set(struct softkey *k, const char *who, const char *pin,
    const unsigned char key[32], struct err *err)
{
	json_t		*row = json_object_get(k->state, who);
	unsigned char	 salt[16];
	struct seal	*seal;
	struct buf	 box;

	if (softkey_pin_fits(k, pin, err) < 0)
		return -1;
	if (is_soft(k) && strcmp(who, "user") == 0)
		js_set_int(row, "rounds", SOFTKEY_SOFT_ROUNDS);
	rand_bytes(salt, sizeof(salt));
	seal = pin_seal(pin, salt, pin_rounds(row));
	buf_init(&box, 256);
	seal_add(seal, who, key, 32, &box);
	js_set_bytes(row, "salt", salt, sizeof(salt));
	js_set_bytes(row, "box", box.p, box.len);
	js_set_int(row, "left", js_int(row, "max", 9));
	buf_free(&box);
	seal_free(seal);
	return 0;
}

/* Does the PIN open the box? */
static int
pin_open(const json_t *row, const char *who, const char *pin, unsigned char key[32],
    struct err *err)
{
	struct buf	 salt, box, plain;
	struct seal	*seal = NULL;
	int		 rc = -1;

	buf_init(&salt, 64);
	buf_init(&box, 256);
	buf_init(&plain, 64);
	if (js_need_bytes(row, "salt", &salt, err) < 0 || salt.len != 16 ||
	    js_need_bytes(row, "box", &box, err) < 0)
		goto out;
	seal = pin_seal(pin, (unsigned char *)salt.p, pin_rounds(row));
	if (seal_open(seal, who, box.p, box.len, &plain, err) == 0 && plain.len == 32) {
		memcpy(key, plain.p, 32);
		rc = 0;
	}
 out:
	secret_wipe(plain.p, plain.len);
	seal_free(seal);
	buf_free(&salt);
	buf_free(&box);
	buf_free(&plain);
	return rc;
}

/* Milliseconds from the last of so many wrong tries to the next. */
static int64_t
soft_wait(int64_t wrong)
{
	return wrong < 3 ? 0 : wrong > 8 ? SOFTKEY_SOFT_WAIT * CLOCK_SECOND :
	    MIN(INT64_C(1) << (wrong - 2), SOFTKEY_SOFT_WAIT) * CLOCK_SECOND;
}

/* Never locked, but slow.  A clock that was put back waits for nothing. */
static int
soft_check(struct softkey *k, json_t *row, const char *pin, unsigned char key[32],
    struct err *err)
{
	int64_t		 wrong = js_int(row, "wrong", 0);
	int64_t		 since = clock_now() - js_int(row, "last", 0);
	struct err	 why = {0};

	if (since >= 0 && since < soft_wait(wrong))
		return err_set(err, ERR_BUSY, "口令连续输错，请过 %d 秒再试。",
		    (int)((soft_wait(wrong) - since + 999) / 1000));
	js_set_int(row, "wrong", MIN(MAX(wrong, 0), 1000) + 1);
	js_set_int(row, "last", clock_now());
	if (softkey_save(k, err) < 0)
		return -1;
	if (pin_open(row, "user", pin, key, &why) < 0) {
		js_set_int(row, "last", clock_now());	/* stirring took its time */
		return softkey_save(k, err) < 0 ? -1 : err_set(err, ERR_DENIED, "口令不对。");
	}
	js_set_int(row, "wrong", 0);
	return softkey_save(k, err);
}

int
softkey_pin_check(struct softkey *k, const char *who, const char *pin, unsigned char key[32],
    int *left, struct err *err)
{
	json_t		*row = json_object_get(k->state, who);
	struct err	 wrong = {0};
	int64_t		 n = js_int(row, "left", 0);

	*left = is_soft(k) ? -1 : (int)n;
	if (is_soft(k))
		return strcmp(who, "user") == 0 ? soft_check(k, row, pin, key, err) :
		    err_set(err, ERR_DENIED, "软证书没有管理员。");
	if (n <= 0)
		return err_set(err, ERR_LIMIT, "PIN 码已锁定，请申请解锁。");
	js_set_int(row, "left", n - 1);		/* counted first, durably */
	if (softkey_save(k, err) < 0)
		return -1;
	*left = (int)n - 1;
	if (pin_open(row, who, pin, key, &wrong) < 0) {
		if (*left == 0)
			return err_set(err, ERR_LIMIT, "PIN 码不对，已锁定，请申请解锁。");
		return err_set(err, ERR_DENIED, "PIN 码不对，还可以试 %d 次。", *left);
	}
	js_set_int(row, "left", js_int(row, "max", 9));
	*left = (int)js_int(row, "max", 9);
	return softkey_save(k, err);
}

const char *
softkey_application_name(const struct softkey *k)
{
	/* keys made before there was a choice do not say it */
	return js_str_or(k->state, "application", SOFTKEY_APPLICATION);
}

int
softkey_application_put(struct softkey *k, const struct softkey_application *a,
    struct err *err)
{
	unsigned char	 key[32];
	json_t		*rows = json_pack("{s:s,s:I,s:{s:i,s:b},s:{s:i,s:b},s:[],s:[]}",
	    "application", a->name, "rights", (json_int_t)a->rights, "user", "max",
	    a->user_tries, "fresh", 1, "admin", "max", a->admin_tries, "fresh", 1, "containers",
	    "files");
	int		 rc = -1;

	if (rows == NULL)
		return err_set(err, ERR_INPUT, "the application's name must be UTF-8");
	json_object_update(k->state, rows);
	json_decref(rows);
	rand_bytes(key, sizeof(key));
	if (softkey_pin_set(k, "user", a->user_pin, key, err) == 0 &&
	    softkey_pin_set(k, "admin", a->admin_pin, key, err) == 0) {
		softkey_unlock_put(k, key);
		rc = 0;
	}
	secret_wipe(key, sizeof(key));
	return rc;
}

/* Under the file's lock: of two at once one makes it. */
static int
format(const char *path, const char *label, const char *serial, bool soft,
    const struct softkey_application *a, struct err *err)
{
	struct softkey	 k = {.path = xstrdup(path), .lock_fd = -1, .begun = true};
	int		 rc = -1;

	rand_bytes(k.salt, sizeof(k.salt));
	k.state = json_pack("{s:s,s:s,s:b}", "label", label, "serial", serial, "soft", soft);
	pthread_mutex_lock(&softkey_mutex);
	if ((k.lock_fd = lock_open(path, LOCK_EX, err)) < 0)
		goto out;
	if (file_exists(path))
		err_set(err, ERR_CONFLICT, "%s exists already", path);
	else if (k.state == NULL || strlen(label) > 31 || strlen(serial) > 31)
		err_set(err, ERR_INPUT, "label and serial are UTF-8 of at most 31 bytes");
	else if (softkey_application_put(&k, a, err) == 0) {
		if (soft)		/* the passphrase is the user's own from the first */
			js_set_bool(json_object_get(k.state, "user"), "fresh", false);
		rc = softkey_save(&k, err);
	}
 out:
	softkey_end(&k);
	return rc;
}

int
softkey_format(const char *path, const char *label, const char *serial, const char *user_pin,
    const char *admin_pin, int tries, struct err *err)
{
	const struct softkey_application	 a = {SOFTKEY_APPLICATION, user_pin, admin_pin,
		tries, 6, 0x11};

	return format(path, label, serial, false, &a, err);
}

int
softkey_format_soft(const char *path, const char *label, const char *serial,
    const char *passphrase, struct err *err)
{
	char					 nobody[SOFTKEY_PIN_MAX + 1];
	const struct softkey_application	 a = {SOFTKEY_APPLICATION, passphrase, nobody,
		SOFTKEY_TRIES_MAX, 6, 0x11};
	int					 rc;

	rand_token(nobody, SOFTKEY_PIN_MAX);
	rc = format(path, label, serial, true, &a, err);
	secret_wipe(nobody, sizeof(nobody));
	return rc;
}
