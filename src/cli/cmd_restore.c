#include "base/base.h"
#include "base/below.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/passphrase.h"
#include "base/str.h"
#include "cli/archive.h"
#include "cli/command.h"
#include "store/copy.h"

#include <dirent.h>

/* Nothing is ever written over: data.dir must be missing or empty, and so must the databases. */
static int
restore_check_empty(struct err *err)
{
	const char	*dir = conf_str("data.dir");
	DIR		*d = opendir(dir);
	struct dirent	*e = NULL;

	if (d == NULL)
		return errno == ENOENT ? 0 : err_errno(err, ERR_STORE, "cannot read %s", dir);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			break;
	closedir(d);
	return e == NULL ? 0 : err_set(err, ERR_CONFLICT, "%s is not empty: a backup is restored "
	    "into an empty data directory only; move what is there away", dir);
}

/* A store goes back to an engine of its kind. */
static int
restore_check_stores(const struct archive *a, struct err *err)
{
	const json_t	*row;
	char		 name[32];
	size_t		 i;

	json_array_foreach(json_object_get(a->manifest, "stores"), i, row) {
		const char	*engine;

		snprintf(name, sizeof(name), "store.%.16s", js_str(row, "kind"));
		engine = store_copy_engine(conf_str(name));
		if (engine == NULL || strcmp(engine, js_str(row, "engine")) != 0)
			return err_set(err, ERR_INPUT, "the %s store was in %s; %s names another",
			    js_str(row, "kind"), js_str(row, "engine"), name);
	}
	return 0;
}

/*
 * data.dir, open.  While files are put back everything in it is ours; but who else may write in it
 * could put a directory of their own in the way, and read what is written there.
 */
static int
restore_open(int *root, struct err *err)
{
	const char	*dir = conf_str("data.dir");
	struct stat	 st;

	if (file_mkdirs(dir, 0755, err) < 0 || below_root(dir, root, err) < 0)
		return -1;
	if (fstat(*root, &st) < 0)
		return err_errno(err, ERR_STORE, "%s", dir);
	if (st.st_uid != geteuid() || (st.st_mode & 0022) != 0)
		return err_set(err, ERR_DENIED, "others may write in %s: restore as its owner, with "
		    "mode 0755 or less", dir);
	return 0;
}

static int
restore_file(const struct archive *a, int root, const json_t *row, struct err *err)
{
	char		*from = archive_path(a, js_str(row, "file"));
	const char	*name = js_str(row, "path");
	struct buf	 box, plain;
	int		 rc;

	buf_init(&box, ARCHIVE_FILE_MAX + SEAL_OVERHEAD);
	buf_init(&plain, ARCHIVE_FILE_MAX);
	rc = file_read(from, &box, err);
	if (rc == 0 && js_bool(row, "sealed"))
		rc = seal_open(a->seal, name, box.p, box.len, &plain, err);
	if (rc == 0)
		rc = js_bool(row, "sealed") ? below_write(root, name, plain.p, plain.len, 0600, err) :
		    below_write(root, name, box.p, box.len, 0600, err);
	secret_wipe(plain.p, plain.len);
	buf_free(&plain);
	buf_free(&box);
	free(from);
	return rc;
}

/* Directories stand before what is in them; journal.heads before its directory. */
static int
restore_files(const struct archive *a, int root, struct err *err)
{
	const json_t	*row;
	size_t		 i;
	int		 rc = 0;

	json_array_foreach(json_object_get(a->manifest, "files"), i, row) {
		const char	*name = js_str(row, "path"), *slash = strrchr(name, '/');
		char		*dir = slash == NULL ? xstrdup("") :
				    xstrndup(name, (size_t)(slash - name));

		rc = below_mkdirs(root, dir, 0700, err);
		free(dir);
		if (rc == 0)
			rc = js_str(row, "file")[0] == '\0' ? below_mkdirs(root, name, 0700, err) :
			    restore_file(a, root, row, err);
		if (rc < 0)
			break;
	}
	return rc;
}

static int
restore_stores(const struct archive *a, struct err *err)
{
	const json_t	*row;
	char		 name[32];
	size_t		 i;

	json_array_foreach(json_object_get(a->manifest, "stores"), i, row) {
		char	*from = archive_path(a, js_str(row, "file"));
		int	 rc;

		snprintf(name, sizeof(name), "store.%.16s", js_str(row, "kind"));
		if ((rc = store_copy_in(conf_str(name), from, err)) < 0)
			err_add(err, "the %s store", js_str(row, "kind"));
		free(from);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* row: of whom; mode: of what is there with this name. */
static int
restore_own(int root, const char *name, const json_t *row, mode_t mode, struct err *err)
{
	int64_t		 base = conf_int("run.user_base"), user = js_int(row, "user", -1),
			 group = js_int(row, "group", -1);
	struct stat	 st;
	int		 fd = -1, rc = 0;

	if (below_open(root, name, &fd, &st, err) < 0)
		return -1;
	if ((geteuid() == 0 && (user >= 0 || group >= 0) && fchown(fd, user < 0 ? 0 :
	    (uid_t)(base + user), group < 0 ? 0 : (gid_t)(base + group)) < 0) ||
	    fchmod(fd, mode & 07777) < 0)
		rc = err_errno(err, ERR_STORE, "cannot give %s its owner and mode", name);
	close(fd);
	return rc;
}

/* A store's file is its directory's owner's. */
static int
restore_own_store(const struct archive *a, int root, const char *dir, mode_t mode,
    struct err *err)
{
	char		 name[32];
	const json_t	*row;
	struct err	 none = {0};
	struct stat	 st;
	size_t		 i;
	int		 fd = -1;

	snprintf(name, sizeof(name), "%s/%s.db", dir, dir);
	if (below_open(root, name, &fd, &st, &none) < 0 && none.kind == ERR_NOT_FOUND)
		return 0;		/* in PostgreSQL, or elsewhere */
	if (fd >= 0)
		close(fd);
	json_array_foreach(json_object_get(a->manifest, "files"), i, row)
		if (strcmp(js_str(row, "path"), dir) == 0)
			return restore_own(root, name, row, mode, err);
	return 0;
}

/*
 * Whose everything is, when it is all there; what is in a directory before the directory, so that
 * nobody but us can touch anything until it is done.
 */
static int
restore_owners(const struct archive *a, int root, struct err *err)
{
	static const struct { const char *dir; mode_t mode; } stores[] = {
		{"hall", 0660}, {"ca", 0640}, {"kmc", 0600},
	};
	const json_t	*files = json_object_get(a->manifest, "files"), *row;
	int		 rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(stores) && rc == 0; i++)
		rc = restore_own_store(a, root, stores[i].dir, stores[i].mode, err);
	for (int dirs = 0; dirs < 2; dirs++)
		for (size_t i = json_array_size(files); i-- > 0 && rc == 0;) {
			row = json_array_get(files, i);
			if ((js_str(row, "file")[0] == '\0') == (dirs == 1))
				rc = restore_own(root, js_str(row, "path"), row,
				    (mode_t)js_int(row, "mode", 0700), err);
		}
	return rc;
}

/* What is lost, and how somebody else's memory of the journals tells. */
static void
restore_say(const struct archive *a)
{
	const json_t	*row;
	char		 when[CLOCK_TEXT];
	size_t		 i;

	printf("restored into %s: the site as it was at %s\n", conf_str("data.dir"),
	    js_str(a->manifest, "made"));
	json_array_foreach(json_object_get(a->manifest, "journals"), i, row)
		printf("journal of %s: its last signed head here is of %" PRId64 " lines (%s)\n",
		    js_str(row, "journal"), js_int(row, "lines", 0),
		    clock_datetime(js_int(row, "time", 0), when));
	fputs("Acts after that are not here.  Compare with what is kept elsewhere (journal.head in "
	    "the log,\nproofs, copies of journal.heads): a head of more lines names what is lost - "
	    "certificates issued\nsince then (their serial numbers are in the directory and with "
	    "their holders), and above all\nrevocations, which must be made again before the site "
	    "opens.\nNext: start it (yinxin serve), `yinxin journal anchor --restored`, `yinxin "
	    "journal verify`.\n", stdout);
}

static int
cmd_restore(int argc, char **argv, struct err *err)
{
	struct archive	 a = {0};
	struct secret	 passphrase = {0};
	int		 root = -1, rc = -1;

	if (argc != 2)
		return command_usage(command_by_name("restore"), err);
	if (restore_check_empty(err) == 0 && passphrase_get(&passphrase, err) == 0 &&
	    archive_open(&a, argv[1], &passphrase, err) == 0 &&
	    restore_check_stores(&a, err) == 0 && restore_open(&root, err) == 0) {
		if (restore_files(&a, root, err) == 0 && restore_stores(&a, err) == 0)
			rc = restore_owners(&a, root, err);
		if (rc == 0)
			restore_say(&a);
		else
			err_add(err, "what stands in %s now is only a part, remove it",
			    conf_str("data.dir"));
	}
	if (root >= 0)
		close(root);
	secret_free(&passphrase);
	archive_close(&a);
	return rc;
}

const struct command	 command_restore = {
	.name = "restore",
	.args = "DIRECTORY",
	.help = "Put a backup back, into an empty data directory (and empty databases).",
	.run = cmd_restore,
};
