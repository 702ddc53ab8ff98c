#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/passphrase.h"
#include "base/str.h"
#include "cli/archive.h"
#include "cli/command.h"
#include "store/copy.h"

#include <dirent.h>
#include <sys/stat.h>

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

/* Names come from an authenticated manifest; a careless hand may still have made it. */
static bool
restore_is_sound(const char *name)
{
	return name[0] != '\0' && name[0] != '/' && strstr(name, "..") == NULL;
}

static int
restore_own(const char *path, const json_t *row, struct err *err)
{
	int64_t	 base = conf_int("run.user_base"), user = js_int(row, "user", -1),
		 group = js_int(row, "group", -1);

	if (geteuid() == 0 && (user >= 0 || group >= 0) &&
	    chown(path, user < 0 ? 0 : (uid_t)(base + user), group < 0 ? 0 :
	    (gid_t)(base + group)) < 0)
		return err_errno(err, ERR_STORE, "chown %s", path);
	return chmod(path, (mode_t)js_int(row, "mode", 0700) & 07777) == 0 ? 0 :
	    err_errno(err, ERR_STORE, "chmod %s", path);
}

static int
restore_file(const struct archive *a, const json_t *row, const char *path, struct err *err)
{
	char		*from = archive_path(a, js_str(row, "file"));
	struct buf	 box, plain;
	int		 rc;

	buf_init(&box, ARCHIVE_FILE_MAX + SEAL_OVERHEAD);
	buf_init(&plain, ARCHIVE_FILE_MAX);
	rc = file_read(from, &box, err);
	if (rc == 0 && js_bool(row, "sealed"))
		rc = seal_open(a->seal, js_str(row, "path"), box.p, box.len, &plain, err);
	if (rc == 0)
		rc = js_bool(row, "sealed") ? file_write(path, plain.p, plain.len, 0600, err) :
		    file_write(path, box.p, box.len, 0600, err);
	secret_wipe(plain.p, plain.len);
	buf_free(&plain);
	buf_free(&box);
	free(from);
	return rc;
}

/* Directories stand before what is in them. */
static int
restore_files(const struct archive *a, struct err *err)
{
	const json_t	*row;
	size_t		 i;
	int		 rc = file_mkdirs(conf_str("data.dir"), 0755, err);

	json_array_foreach(json_object_get(a->manifest, "files"), i, row) {
		const char	*name = js_str(row, "path");
		char		*path, *slash;

		if (rc < 0)
			break;
		if (!restore_is_sound(name))
			return err_set(err, ERR_INPUT, "\"%s\" is no file of a data directory", name);
		path = xasprintf("%s/%s", conf_str("data.dir"), name);
		slash = strrchr(path, '/');
		*slash = '\0';
		rc = file_mkdirs(path, 0700, err);
		*slash = '/';
		if (rc == 0)
			rc = js_str(row, "file")[0] == '\0' ? file_mkdirs(path, 0700, err) :
			    restore_file(a, row, path, err);
		free(path);
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

/* Whose everything is, when it is all there; a store's file is its directory's owner's. */
static int
restore_owners(const struct archive *a, struct err *err)
{
	static const struct { const char *file, *dir; mode_t mode; } stores[] = {
		{"hall/hall.db", "hall", 0660}, {"ca/ca.db", "ca", 0640}, {"kmc/kmc.db", "kmc", 0600},
	};
	const json_t	*row;
	struct stat	 st;
	char		 path[512], dir[512];
	size_t		 i;

	json_array_foreach(json_object_get(a->manifest, "files"), i, row) {
		snprintf(path, sizeof(path), "%s/%s", conf_str("data.dir"), js_str(row, "path"));
		if (restore_own(path, row, err) < 0)
			return -1;
	}
	for (i = 0; i < ARRAY_LEN(stores); i++) {
		snprintf(path, sizeof(path), "%s/%s", conf_str("data.dir"), stores[i].file);
		snprintf(dir, sizeof(dir), "%s/%s", conf_str("data.dir"), stores[i].dir);
		if (!file_exists(path) || stat(dir, &st) < 0)
			continue;
		if ((geteuid() == 0 && chown(path, st.st_uid, st.st_gid) < 0) ||
		    chmod(path, stores[i].mode) < 0)
			return err_errno(err, ERR_STORE, "%s", path);
	}
	return 0;
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
	    "opens.\nNext: start it (yinxin serve), then `yinxin journal verify`.\n", stdout);
}

static int
cmd_restore(int argc, char **argv, struct err *err)
{
	struct archive	 a = {0};
	struct secret	 passphrase = {0};
	int		 rc = -1;

	if (argc != 2)
		return command_usage(command_by_name("restore"), err);
	if (restore_check_empty(err) == 0 && passphrase_get(&passphrase, err) == 0 &&
	    archive_open(&a, argv[1], &passphrase, err) == 0 &&
	    restore_check_stores(&a, err) == 0) {
		if (restore_files(&a, err) == 0 && restore_stores(&a, err) == 0)
			rc = restore_owners(&a, err);
		if (rc == 0)
			restore_say(&a);
		else
			err_add(err, "what stands in %s now is only a part, remove it",
			    conf_str("data.dir"));
	}
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
