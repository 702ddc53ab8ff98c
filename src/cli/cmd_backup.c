#include "base/base.h"
#include "base/below.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/passphrase.h"
#include "base/str.h"
#include "cli/archive.h"
#include "cli/command.h"
#include "journal/proof.h"
#include "pki/key.h"
#include "store/copy.h"

#include <dirent.h>
#include <fcntl.h>

/*
 * The order is what makes the pieces fit, for the site goes on meanwhile.  The signed heads of the
 * journals come first, so that the stores hold what they say; then the stores, hall before ca before
 * kmc, so that what one tells of is in those after it; the files before and, those that came
 * meanwhile, after the stores, so that no key is missing that a store was sealed with.
 *
 * Each service writes in a directory of its own below data.dir; one that was taken over must not
 * lead root elsewhere by a link, see base/below.h.
 */
struct backup {
	struct archive	 archive;
	int		 root;		/* data.dir, open */
	int		 n;		/* files written, for their names */
	int64_t		 base;		/* run.user_base */
};

/* ---- files ---- */

/* A store's own files are copied as a store. */
static bool
backup_is_store(const char *path)
{
	static const char *const	tails[] = {"", "-wal", "-shm", "-journal"};
	char				 name[16];
	bool				 is = false;

	for (size_t i = 0; archive_stores[i] != NULL; i++) {
		const char	*address;
		char		*file;

		snprintf(name, sizeof(name), "store.%s", archive_stores[i]);
		address = conf_str(name);
		if (!str_has_prefix(address, "sqlite:"))
			continue;
		address += strlen("sqlite:");
		file = address[0] == '/' ? xstrdup(address) :
		    xasprintf("%s/%s", conf_str("data.dir"), address);
		for (size_t k = 0; k < ARRAY_LEN(tails); k++)
			is |= str_has_prefix(path, file) && strcmp(path + strlen(file), tails[k]) == 0;
		free(file);
	}
	return is;
}

/* Sockets and what a running site has there; the passphrase; half-written files. */
static bool
backup_skips(const char *path)
{
	const char	*run = conf_path("run.dir"), *pass = conf_path("key.passphrase_file");

	return (str_has_prefix(path, run) && path[strlen(run)] == '/') ||
	    strcmp(path, pass) == 0 || strstr(path, ".new-") != NULL || backup_is_store(path);
}

static bool
backup_has(const struct backup *b, const char *name)
{
	const json_t	*row;
	size_t		 i;

	json_array_foreach(json_object_get(b->archive.manifest, "files"), i, row)
		if (strcmp(js_str(row, "path"), name) == 0)
			return true;
	return false;
}

/* Users are kept as places after run.user_base, -1: whoever restores. */
static json_t *
backup_row(const struct backup *b, const char *name, const struct stat *st)
{
	int64_t	 user = (int64_t)st->st_uid - b->base, group = (int64_t)st->st_gid - b->base;

	return json_pack("{s:s,s:i,s:I,s:I}", "path", name, "mode", (int)(st->st_mode & 07777),
	    "user", (json_int_t)(user >= 0 && user < 1000 ? user : -1),
	    "group", (json_int_t)(group >= 0 && group < 1000 ? group : -1));
}

static int
backup_file(struct backup *b, int fd, const struct stat *st, json_t *row, struct err *err)
{
	bool		 sealed = (st->st_mode & 0004) == 0;
	char		 file[32], *to;
	struct buf	 plain, box;
	int		 rc = -1;

	buf_init(&plain, ARCHIVE_FILE_MAX);
	buf_init(&box, ARCHIVE_FILE_MAX + SEAL_OVERHEAD);
	snprintf(file, sizeof(file), "files/%d", b->n++);
	to = archive_path(&b->archive, file);
	if (file_fd_read(fd, js_str(row, "path"), &plain, err) < 0)
		goto out;
	if (sealed)
		seal_add(b->archive.seal, js_str(row, "path"), plain.p, plain.len, &box);
	js_set_bool(row, "sealed", sealed);
	if (file_write(to, sealed ? box.p : plain.p, sealed ? box.len : plain.len, 0600, err) == 0)
		rc = archive_describe(&b->archive, file, row, err);
 out:
	secret_wipe(plain.p, plain.len);
	buf_free(&plain);
	buf_free(&box);
	free(to);
	return rc;
}

static int	backup_walk(struct backup *b, const char *below, int fd, struct err *err);

/* What is open and not there yet: a directory, or a file with its bytes. */
static int
backup_opened(struct backup *b, const char *name, int fd, const struct stat *st,
    struct err *err)
{
	bool	 is_dir = S_ISDIR(st->st_mode);
	json_t	*row;
	int	 rc = 0;

	if (!backup_has(b, name)) {
		row = backup_row(b, name, st);
		rc = is_dir ? 0 : backup_file(b, fd, st, row, err);
		json_array_append_new(json_object_get(b->archive.manifest, "files"), row);
	}
	return rc == 0 && is_dir ? backup_walk(b, name, fd, err) : rc;
}

/* One entry of data.dir.  Those that went meanwhile are left out, and so are links, aloud. */
static int
backup_entry(struct backup *b, const char *name, struct err *err)
{
	char		*path = xasprintf("%s/%s", conf_str("data.dir"), name);
	struct stat	 st;
	int		 fd = -1, rc = 0;

	if (!backup_skips(path))
		rc = below_open(b->root, name, &fd, &st, err);
	if (rc < 0 && (err->kind == ERR_NOT_FOUND || err->kind == ERR_DENIED)) {
		if (err->kind == ERR_DENIED)
			fprintf(stderr, "left out: %s\n", err->text);
		err_clear(err);
		rc = 0;
	}
	if (fd >= 0) {
		rc = backup_opened(b, name, fd, &st, err);
		close(fd);
	}
	free(path);
	return rc;
}

static int
backup_walk(struct backup *b, const char *below, int fd, struct err *err)
{
	int		 again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR		*d = again < 0 ? NULL : fdopendir(again);
	struct dirent	*e;
	char		*name;
	int		 rc = 0;

	if (d == NULL)
		rc = err_errno(err, ERR_STORE, "cannot read %s/%s", conf_str("data.dir"), below);
	while (rc == 0 && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		name = below[0] == '\0' ? xstrdup(e->d_name) : xasprintf("%s/%s", below, e->d_name);
		rc = backup_entry(b, name, err);
		free(name);
	}
	if (d != NULL)
		closedir(d);
	else if (again >= 0)
		close(again);
	return rc;
}

/* ---- journals ---- */

/* The last line of a journal.heads says how much of a journal this backup holds for certain. */
static void
backup_say_head(struct backup *b, struct buf *text)
{
	struct journal_head	 head;
	struct err		 err = {0};
	json_t			*row = NULL;
	char			*line;

	while (text->len > 0 && text->p[text->len - 1] == '\n')
		text->p[--text->len] = '\0';
	line = text->len == 0 ? NULL : strrchr(text->p, '\n');
	line = line == NULL ? text->p : line + 1;
	if (text->len == 0 || json_parse(line, strlen(line), 0, &row, &err) < 0 ||
	    journal_head_parse(js_str(row, "head"), strlen(js_str(row, "head")), &head, &err) < 0)
		goto out;		/* half written by a crash: the stores tell */
	json_array_append_new(json_object_get(b->archive.manifest, "journals"),
	    json_pack("{s:s,s:I,s:I}", "journal", head.journal, "lines", (json_int_t)head.lines,
	    "time", (json_int_t)head.time));
 out:
	json_decref(row);
}

static int
backup_head(struct backup *b, const char *dir, struct err *err)
{
	char		*name = xasprintf("%s/journal.heads", dir);
	struct buf	 text;
	struct stat	 st;
	int		 fd = -1, rc;

	buf_init(&text, ARCHIVE_FILE_MAX);
	rc = below_open(b->root, name, &fd, &st, err);
	if (rc == 0 && (rc = file_fd_read(fd, name, &text, err)) == 0) {
		backup_say_head(b, &text);
		rc = lseek(fd, 0, SEEK_SET) < 0 ? err_errno(err, ERR_STORE, "%s", name) :
		    backup_opened(b, name, fd, &st, err);
	} else if (rc < 0 && err->kind == ERR_NOT_FOUND) {
		err_clear(err);
		rc = 0;
	}
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	free(name);
	return rc;
}

/* ---- stores ---- */

static int
backup_store(struct backup *b, const char *kind, struct err *err)
{
	char		 name[32], file[32], *path;
	const char	*address, *engine;
	json_t		*row;
	int		 rc;

	snprintf(name, sizeof(name), "store.%s", kind);
	snprintf(file, sizeof(file), "stores/%s", kind);
	address = conf_str(name);
	if ((engine = store_copy_engine(address)) == NULL)
		return err_set(err, ERR_INPUT, "%s is no address of a store", name);
	path = archive_path(&b->archive, file);
	row = json_pack("{s:s,s:s}", "kind", kind, "engine", engine);
	rc = store_copy_out(address, path, err);
	if (rc == 0)
		rc = archive_describe(&b->archive, file, row, err);
	if (rc < 0)
		err_add(err, "the %s store", kind);
	json_array_append_new(json_object_get(b->archive.manifest, "stores"), row);
	free(path);
	return rc;
}

static int
backup_all(struct backup *b, struct err *err)
{
	if (backup_head(b, "ca", err) < 0 || backup_head(b, "kmc", err) < 0 ||
	    backup_walk(b, "", b->root, err) < 0)
		return -1;
	for (size_t i = 0; archive_stores[i] != NULL; i++)
		if (backup_store(b, archive_stores[i], err) < 0)
			return -1;
	return backup_walk(b, "", b->root, err) < 0 ? -1 : archive_finish(&b->archive, err);
}

/* ---- command ---- */

/* One typed wrongly would seal a backup that nobody opens again. */
static int
backup_check_passphrase(const struct secret *passphrase, struct err *err)
{
	static const char *const	files[] = {"ca-keys/journal.key", "ca-keys/root.key",
		"kmc-keys/journal.key", "kmc-keys/wrap.key"};
	EVP_PKEY			*key = NULL;
	char				*path;
	int				 rc;

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		path = xasprintf("%s/%s", conf_str("data.dir"), files[i]);
		rc = file_exists(path) ? key_read(path, passphrase, &key, err) : 1;
		free(path);
		if (rc <= 0) {
			EVP_PKEY_free(key);
			return rc;
		}
	}
	return err_set(err, ERR_WRONG_STATE, "%s holds no key of a CA that the passphrase could "
	    "be tried on", conf_str("data.dir"));
}

/* Inside data.dir it would copy itself, and be lost with it. */
static int
backup_check_place(const char *dir, struct err *err)
{
	char	*copy = xstrdup(dir), *slash = strrchr(copy, '/'), *place, *data;
	int	 rc = 0;

	if (slash != NULL && slash != copy)
		*slash = '\0';
	place = realpath(slash == NULL ? "." : slash == copy ? "/" : copy, NULL);
	data = realpath(conf_str("data.dir"), NULL);
	if (place == NULL || data == NULL)
		rc = err_errno(err, ERR_NOT_FOUND, "%s", place == NULL ? dir : conf_str("data.dir"));
	else if (str_has_prefix(place, data) && strchr("/", place[strlen(data)]) != NULL)
		rc = err_set(err, ERR_INPUT, "%s is inside data.dir; choose another place", dir);
	free(data);
	free(place);
	free(copy);
	return rc;
}

static void
backup_say(const struct backup *b)
{
	const json_t	*row;
	size_t		 i;

	json_array_foreach(json_object_get(b->archive.manifest, "stores"), i, row)
		printf("store %-5s %s, %" PRId64 " bytes\n", js_str(row, "kind"),
		    js_str(row, "engine"), js_int(row, "size", 0));
	json_array_foreach(json_object_get(b->archive.manifest, "journals"), i, row)
		printf("journal of %s: at least %" PRId64 " lines\n", js_str(row, "journal"),
		    js_int(row, "lines", 0));
	printf("%d files; %s is complete and opens with the passphrase of the key files only\n",
	    b->n, b->archive.dir);
}

static int
cmd_backup(int argc, char **argv, struct err *err)
{
	struct backup	 b = {.base = conf_int("run.user_base"), .root = -1};
	struct secret	 passphrase = {0};
	int		 rc = -1;

	if (argc != 2)
		return command_usage(command_by_name("backup"), err);
	if (backup_check_place(argv[1], err) == 0 && passphrase_get(&passphrase, err) == 0 &&
	    below_root(conf_str("data.dir"), &b.root, err) == 0 && backup_check_passphrase(&passphrase, err) == 0 &&
	    archive_create(&b.archive, argv[1], &passphrase, err) == 0 &&
	    (rc = backup_all(&b, err)) == 0)
		backup_say(&b);
	if (b.root >= 0)
		close(b.root);
	secret_free(&passphrase);
	archive_close(&b.archive);
	return rc;
}

const struct command	 command_backup = {
	.name = "backup",
	.args = "DIRECTORY",
	.help = "Copy stores and keys of the running site into a new directory.",
	.run = cmd_backup,
};
