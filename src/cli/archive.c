#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/rand.h"
#include "base/str.h"
#include "cli/archive.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#define ARCHIVE_ROUNDS	210000
#define ARCHIVE_SALT	16
#define MANIFEST_MAX	(8 * 1024 * 1024)

const char *const	archive_stores[] = {"hall", "ca", "kmc", NULL};

char *
archive_path(const struct archive *a, const char *name)
{
	return xasprintf("%s/%s", a->dir, name);
}

static struct seal *
archive_seal(const struct secret *passphrase, const unsigned char salt[ARCHIVE_SALT])
{
	unsigned char	 key[32];
	struct seal	*s;

	if (PKCS5_PBKDF2_HMAC((const char *)passphrase->p, (int)passphrase->len, salt,
	    ARCHIVE_SALT, ARCHIVE_ROUNDS, EVP_sm3(), sizeof(key), key) != 1)
		BUG("PBKDF2 failed");
	s = seal_new(key);
	secret_wipe(key, sizeof(key));
	return s;
}

int
archive_create(struct archive *a, const char *dir, const struct secret *passphrase,
    struct err *err)
{
	static const char *const	below[] = {"stores", "files"};
	unsigned char			 salt[ARCHIVE_SALT];
	char				 hex[2 * ARCHIVE_SALT + 1], when[CLOCK_TEXT], *path;
	int				 rc;

	*a = (struct archive){0};
	if (mkdir(dir, 0700) < 0)
		return err_errno(err, errno == EEXIST ? ERR_CONFLICT : ERR_STORE,
		    "cannot create %s", dir);
	a->dir = xstrdup(dir);
	for (size_t i = 0; i < ARRAY_LEN(below); i++) {
		path = archive_path(a, below[i]);
		rc = mkdir(path, 0700);
		if (rc < 0)
			err_errno(err, ERR_STORE, "cannot create %s", path);
		free(path);
		if (rc < 0)
			return -1;
	}
	rand_bytes(salt, sizeof(salt));
	hex_encode(salt, sizeof(salt), hex);
	a->seal = archive_seal(passphrase, salt);
	a->manifest = json_pack("{s:i,s:s,s:s,s:[],s:[],s:[]}", "v", ARCHIVE_VERSION, "made",
	    clock_iso(clock_now(), when), "salt", hex, "stores", "files", "journals");
	return 0;
}

/* SM3 of a file of any size. */
static int
archive_digest(const char *path, int64_t *size, char hex[ARCHIVE_DIGEST], struct err *err)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	unsigned char	 chunk[65536], digest[32];
	int		 fd = open(path, O_RDONLY | O_CLOEXEC), rc = -1;
	ssize_t		 n = -1;

	*size = 0;
	if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sm3(), NULL) != 1)
		BUG("SM3 failed");
	while (fd >= 0 && (n = read(fd, chunk, sizeof(chunk))) > 0) {
		if (EVP_DigestUpdate(ctx, chunk, (size_t)n) != 1)
			BUG("SM3 failed");
		*size += n;
	}
	if (fd < 0 || n < 0) {
		err_errno(err, ERR_STORE, "cannot read %s", path);
	} else if (EVP_DigestFinal_ex(ctx, digest, NULL) == 1) {
		hex_encode(digest, sizeof(digest), hex);
		rc = 0;
	}
	if (fd >= 0)
		close(fd);
	EVP_MD_CTX_free(ctx);
	return rc;
}

int
archive_describe(const struct archive *a, const char *name, json_t *row, struct err *err)
{
	char	 hex[ARCHIVE_DIGEST], *path = archive_path(a, name);
	int64_t	 size = 0;
	int	 rc = archive_digest(path, &size, hex, err);

	if (rc == 0) {
		js_set_str(row, "file", name);
		js_set_int(row, "size", size);
		js_set_str(row, "sm3", hex);
	}
	free(path);
	return rc;
}

int
archive_finish(struct archive *a, struct err *err)
{
	char		 mac[SEAL_DIGEST], *path = archive_path(a, "manifest.mac"),
			*manifest = archive_path(a, "manifest.json");
	struct buf	 text;
	int		 rc = -1;

	buf_init(&text, MANIFEST_MAX);
	json_write_canonical(a->manifest, &text);
	seal_digest(a->seal, "backup.manifest", text.p, mac);
	if (buf_check(&text, err) == 0 &&
	    file_write(path, mac, strlen(mac), 0600, err) == 0)
		rc = file_write(manifest, text.p, text.len, 0600, err);
	buf_free(&text);
	free(path);
	free(manifest);
	return rc;
}

/* One file of the archive is what the manifest says. */
static int
archive_check_one(const struct archive *a, const json_t *row, struct err *err)
{
	char		 hex[ARCHIVE_DIGEST], *path;
	const char	*name = js_str(row, "file");
	int64_t		 size = 0;
	int		 rc;

	if (name[0] == '\0')
		return 0;			/* a directory */
	path = archive_path(a, name);
	rc = archive_digest(path, &size, hex, err);
	if (rc == 0 && (size != js_int(row, "size", -1) || strcmp(hex, js_str(row, "sm3")) != 0))
		rc = err_set(err, ERR_CRYPTO, "%s is not the file that was written: the backup is "
		    "damaged", path);
	free(path);
	return rc;
}

static int
archive_check_all(const struct archive *a, struct err *err)
{
	static const char *const	lists[] = {"stores", "files"};
	const json_t			*row;
	size_t				 k;

	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		json_array_foreach(json_object_get(a->manifest, lists[i]), k, row)
			if (archive_check_one(a, row, err) < 0)
				return -1;
	return 0;
}

/* Of the manifest nothing is believed but the salt, until the code over it is right. */
static int
archive_authenticate(struct archive *a, const struct buf *text, const struct buf *mac,
    const struct secret *passphrase, struct err *err)
{
	unsigned char	 salt[ARCHIVE_SALT];
	char		 want[SEAL_DIGEST];

	if (hex_decode(js_str(a->manifest, "salt"), salt, sizeof(salt)) < 0)
		return err_set(err, ERR_INPUT, "%s/manifest.json is no manifest of a backup", a->dir);
	a->seal = archive_seal(passphrase, salt);
	seal_digest(a->seal, "backup.manifest", text->p, want);
	if (strlen(text->p) != text->len || !secret_equal(mac->p, mac->len, want, strlen(want)))
		return err_set(err, ERR_DENIED, "the passphrase is not that of this backup, or its "
		    "manifest was altered");
	if (js_int(a->manifest, "v", 0) != ARCHIVE_VERSION)
		return err_set(err, ERR_INPUT, "the backup is of another version of the program");
	return 0;
}

int
archive_open(struct archive *a, const char *dir, const struct secret *passphrase,
    struct err *err)
{
	char		*path = xasprintf("%s/manifest.json", dir),
			*mac_path = xasprintf("%s/manifest.mac", dir);
	struct buf	 text, mac;
	int		 rc = -1;

	*a = (struct archive){.dir = xstrdup(dir)};
	buf_init(&text, MANIFEST_MAX);
	buf_init(&mac, 256);
	if (file_read(path, &text, err) == 0 && file_read(mac_path, &mac, err) == 0 &&
	    json_parse(text.p, text.len, MANIFEST_MAX, &a->manifest, err) == 0 &&
	    archive_authenticate(a, &text, &mac, passphrase, err) == 0)
		rc = archive_check_all(a, err);
	buf_free(&mac);
	buf_free(&text);
	free(mac_path);
	free(path);
	return rc;
}

void
archive_close(struct archive *a)
{
	json_decref(a->manifest);
	seal_free(a->seal);
	free(a->dir);
	*a = (struct archive){0};
}
