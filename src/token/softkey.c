#include "base/base.h"
#include "base/file.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/seal.h"
#include "token/softkey.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>

#define SOFTKEY_MAGIC	"YXUKEY1\n"
#define MAGIC_LEN	8
#define PIN_ROUNDS	50000

static struct seal *
outer_seal(const unsigned char salt[16])
{
	unsigned char	 key[32] = "yinxin software ukey";

	memcpy(key + 16, salt, 16);
	return seal_new(key);
}

static struct seal *
pin_seal(const char *pin, const unsigned char salt[16])
{
	unsigned char	 key[32];
	struct seal	*s;

	if (PKCS5_PBKDF2_HMAC(pin, (int)strlen(pin), salt, 16, PIN_ROUNDS, EVP_sm3(),
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

int
softkey_begin(struct softkey *k, const char *path, struct err *err)
{
	char		*lock = xasprintf("%s.lock", path);
	struct buf	 b;
	int		 rc = -1;

	*k = (struct softkey){.path = xstrdup(path), .lock_fd = -1};
	buf_init(&b, SOFTKEY_FILE_MAX);
	if (!file_exists(path)) {
		err_set(err, ERR_NOT_FOUND, "no UKey at %s", path);
		goto out;
	}
	k->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (k->lock_fd < 0 || flock(k->lock_fd, LOCK_EX) < 0) {
		err_errno(err, ERR_STORE, "cannot lock %s", lock);
		goto out;
	}
	if (file_read(path, &b, err) == 0)
		rc = softkey_parse(b.p, b.len, k->salt, &k->state, err);
 out:
	buf_free(&b);
	free(lock);
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
	json_decref(k->state);
	free(k->path);
	*k = (struct softkey){.lock_fd = -1};
}

static int
pin_check_form(const char *pin, struct err *err)
{
	size_t	 n = strlen(pin);

	if (n < SOFTKEY_PIN_MIN || n > SOFTKEY_PIN_MAX)
		return err_set(err, ERR_INPUT, "PIN 码要 %d 到 %d 位。", SOFTKEY_PIN_MIN,
		    SOFTKEY_PIN_MAX);
	return 0;
}

int
softkey_pin_set(struct softkey *k, const char *who, const char *pin,
    const unsigned char key[32], struct err *err)
{
	json_t		*row = json_object_get(k->state, who);
	unsigned char	 salt[16];
	struct seal	*seal;
	struct buf	 box;

	if (pin_check_form(pin, err) < 0)
		return -1;
	rand_bytes(salt, sizeof(salt));
	seal = pin_seal(pin, salt);
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
	seal = pin_seal(pin, (unsigned char *)salt.p);
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

int
softkey_pin_check(struct softkey *k, const char *who, const char *pin, unsigned char key[32],
    int *left, struct err *err)
{
	json_t		*row = json_object_get(k->state, who);
	struct err	 wrong = {0};
	int64_t		 n = js_int(row, "left", 0);

	*left = (int)n;
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

int
softkey_format(const char *path, const char *label, const char *serial, const char *user_pin,
    const char *admin_pin, int tries, struct err *err)
{
	struct softkey	 k = {.path = xstrdup(path), .lock_fd = -1};
	unsigned char	 key[32];
	int		 rc = -1;

	if (file_exists(path)) {
		err_set(err, ERR_CONFLICT, "%s exists already", path);
		goto out;
	}
	rand_bytes(k.salt, sizeof(k.salt));
	rand_bytes(key, sizeof(key));
	k.state = json_pack("{s:s,s:s,s:{s:i,s:i},s:{s:i,s:i},s:[]}", "label", label, "serial",
	    serial, "user", "max", tries, "left", tries, "admin", "max", 6, "left", 6,
	    "containers");
	if (k.state == NULL)
		err_set(err, ERR_INPUT, "label and serial must be UTF-8");
	else if (softkey_pin_set(&k, "user", user_pin, key, err) == 0 &&
	    softkey_pin_set(&k, "admin", admin_pin, key, err) == 0) {
		js_set_bool(json_object_get(k.state, "user"), "fresh", true);
		rc = softkey_save(&k, err);
	}
 out:
	secret_wipe(key, sizeof(key));
	softkey_end(&k);
	return rc;
}
