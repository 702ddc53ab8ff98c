#include "unit.h"
#include "pki/signing_key.h"

#include <openssl/pem.h>
#include <sys/wait.h>
#include <unistd.h>

/* Signing keys in devices: SoftHSM2 by PKCS#11, our software device by SDF. */

static unsigned char		 right_pin[] = "24681357", wrong_pin[] = "00000000";
static const struct secret	 pin = {right_pin, 8}, wrong = {wrong_pin, 8};

static const char *
signing_dir(void)
{
	static char	 dir[] = "/tmp/yinxin-signing-XXXXXX";
	static bool	 made;

	if (!made) {
		assert_non_null(mkdtemp(dir));
		made = true;
	}
	return dir;
}

static void
run(const char *fmt, ...)
{
	char	 command[1024];
	va_list	 ap;
	pid_t	 pid;
	int	 status;

	va_start(ap, fmt);
	(void)vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s", command);
}

static const char *
softhsm_library(void)
{
	static const char *const	paths[] = {"/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
		"/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (access(paths[i], R_OK) == 0)
			return paths[i];
	fail_msg("SoftHSM2 is not installed");
	return NULL;
}

/* A token "CA" with one key of each kind, made outside and imported. */
static void
softhsm_make(const char *kind, EVP_PKEY *key)
{
	static bool	 made;
	const char	*dir = signing_dir();
	char		 path[128];
	FILE		*f;

	(void)snprintf(path, sizeof(path), "%s/softhsm2.conf", dir);
	setenv("SOFTHSM2_CONF", path, 1);
	if (!made) {
		f = fopen(path, "w");
		fprintf(f, "directories.tokendir = %s/tokens\nobjectstore.backend = file\n"
		    "log.level = ERROR\n", dir);
		fclose(f);
		run("mkdir -p %s/tokens && softhsm2-util --init-token --free --label CA "
		    "--so-pin 87654321 --pin 24681357 >/dev/null", dir);
		made = true;
	}
	(void)snprintf(path, sizeof(path), "%s/%s.pem", dir, kind);
	f = fopen(path, "w");
	PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	run("softhsm2-util --import %s --token CA --label %s --id %s --pin 24681357 >/dev/null",
	    path, kind, *kind == 'r' ? "01" : *kind == 'e' ? "02" : "03");
}

static void
assert_signs(const struct signing_key *k, EVP_PKEY *want)
{
	struct err	 err = {0};
	struct buf	 sig;

	assert_true(key_is_same(k->key, want));
	for (int i = 0; i < 3; i++) {
		buf_init(&sig, KEY_SIG_MAX);
		assert_ok(signing_key_sign(k, "to be signed", 12, &sig, &err));
		assert_ok(key_verify(want, "to be signed", 12, sig.p, sig.len, &err));
		assert_err(key_verify(want, "to be signeD", 12, sig.p, sig.len, &err),
		    ERR_CRYPTO);
		buf_free(&sig);
	}
}

void
test_signing__pkcs11(void **state)
{
	static const char *const	kinds[] = {"rsa", "ecdsa"};
	struct err			err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct signing_key	 k = {0};
		EVP_PKEY		*key = NULL;
		char			*address;

		assert_ok(key_generate(key_kind_find(kinds[i]), &key, &err));
		softhsm_make(kinds[i], key);
		address = xasprintf("pkcs11:token=CA;object=%s?module-path=%s", kinds[i],
		    softhsm_library());
		assert_ok(signing_key_open(address, &pin, &k, &err));
		assert_signs(&k, key);
		signing_key_close(&k);
		free(address);
		EVP_PKEY_free(key);
	}
}

/* The PIN may stand in a file of its own; each way to be wrong says what is. */
void
test_signing__pkcs11_refuses(void **state)
{
	struct err		 err = {0};
	struct signing_key	 k = {0};
	EVP_PKEY		*key = NULL;
	const char		*lib = softhsm_library();
	char			*good, *file;

	(void)state;
	assert_ok(key_generate(key_kind_find("ecdsa"), &key, &err));
	softhsm_make("other", key);
	good = xasprintf("pkcs11:token=CA;object=other?module-path=%s", lib);
	file = xasprintf("%s&pin-source=file:%s/pin", good, signing_dir());
	run("umask 077; echo 24681357 > %s/pin", signing_dir());
	assert_err(signing_key_open(good, &wrong, &k, &err), ERR_DENIED);
	assert_ok(signing_key_open(file, NULL, &k, &err));
	assert_signs(&k, key);
	signing_key_close(&k);
	assert_err(signing_key_open("pkcs11:token=CA;object=other", &pin, &k, &err), ERR_INPUT);
	assert_err(signing_key_open("pkcs11:object=x?module-path=/nowhere.so", &pin, &k, &err),
	    ERR_NOT_FOUND);
	free(good);
	good = xasprintf("pkcs11:token=None;object=other?module-path=%s", lib);
	assert_err(signing_key_open(good, &pin, &k, &err), ERR_NOT_FOUND);
	free(good);
	good = xasprintf("pkcs11:token=CA;object=none?module-path=%s", lib);
	assert_err(signing_key_open(good, &pin, &k, &err), ERR_NOT_FOUND);
	free(good);
	free(file);
	EVP_PKEY_free(key);
}

static char *
sdf_address(unsigned int key)
{
	const char	*skf = getenv("YINXIN_SKF");
	char		*near = xstrdup(skf == NULL ? "build/libyinxin_skf.so" : skf);
	char		*slash = strrchr(near, '/'), *address;

	if (slash != NULL)
		*slash = '\0';
	address = xasprintf("sdf:%s/libyinxin_sdf.so?key=%u", slash == NULL ? "." : near, key);
	free(near);
	return address;
}

void
test_signing__sdf(void **state)
{
	struct err		 err = {0};
	struct signing_key	 k = {0};
	EVP_PKEY		*key = NULL;
	char			*address = sdf_address(3), *path, *other = sdf_address(4);

	(void)state;
	setenv("YINXIN_SDF_DIR", signing_dir(), 1);
	assert_ok(key_generate(key_kind_find("sm2"), &key, &err));
	path = xasprintf("%s/3.key", signing_dir());
	assert_ok(key_write(path, key, &pin, &err));
	assert_ok(signing_key_open(address, &pin, &k, &err));
	assert_signs(&k, key);
	signing_key_close(&k);
	assert_err(signing_key_open(address, &wrong, &k, &err), ERR_DENIED);
	assert_err(signing_key_open(other, &pin, &k, &err), ERR_GATEWAY);
	assert_err(signing_key_open("sdf:/nowhere.so?key=1", &pin, &k, &err), ERR_NOT_FOUND);
	assert_err(signing_key_open("sdf:/nowhere.so", &pin, &k, &err), ERR_INPUT);
	free(other);
	free(path);
	free(address);
	EVP_PKEY_free(key);
	run("rm -r %s", signing_dir());
}
