#include "unit.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/str.h"
#include "store/copy.h"
#include "store/store.h"

#include <fcntl.h>
#include <sys/stat.h>

/* A store is copied while it is written to, and put back where nothing is. */

static char	copy_dir[] = "/tmp/yinxin-copy-XXXXXX";

static char *
copy_place(const char *name)
{
	struct err	err = {0};

	if (strstr(copy_dir, "XXXXXX") != NULL) {
		assert_non_null(mkdtemp(copy_dir));
		assert_ok(conf_load(NULL, &err));
		assert_ok(conf_set("data.dir", copy_dir, &err));
	}
	return xasprintf("%s/%s", copy_dir, name);
}

static int
copy_write(struct db *db, void *arg, struct err *err)
{
	return db_run(db, SQL_CAPTCHA_SET, NULL, err, DB_TEXT(arg), DB_TEXT("digest"), DB_INT(1));
}

static int
copy_read(struct db *db, void *arg, struct err *err)
{
	struct rows	*r = NULL;
	int		 rc = db_one(db, SQL_CAPTCHA_TAKE, &r, err, DB_TEXT(arg));

	rows_free(r);
	return rc;
}

void
test_copy__out_and_in_again(void **state)
{
	struct err	 err = {0};
	struct store	*s = NULL, *t = NULL;
	struct stat	 st;
	char		 before[] = "before", after[] = "after", *copy = copy_place("copy"),
			*none = copy_place("none");

	(void)state;
	assert_ok(store_migrate(STORE_HALL, "sqlite:one.db", &err));
	assert_ok(store_open(&s, STORE_HALL, "sqlite:one.db", false, &err));
	assert_ok(store_write(s, copy_write, before, &err));
	assert_ok(store_copy_out("sqlite:one.db", copy, &err));		/* it is open, its log full */
	assert_ok(store_write(s, copy_write, after, &err));
	assert_err(store_copy_out("sqlite:one.db", copy, &err), ERR_CONFLICT);
	assert_err(store_copy_in("sqlite:one.db", copy, &err), ERR_CONFLICT);
	assert_err(store_copy_out("sqlite:never.db", none, &err), ERR_STORE);
	assert_err(store_copy_out("mysql:x", none, &err), ERR_INPUT);
	assert_ok(store_copy_in("sqlite:two.db", copy, &err));
	assert_ok(store_open(&t, STORE_HALL, "sqlite:two.db", false, &err));
	assert_ok(store_write(t, copy_read, before, &err));
	assert_err(store_write(t, copy_read, after, &err), ERR_NOT_FOUND);
	store_close(t);
	store_close(s);
	free(none);
	none = copy_place("two.db");
	assert_int_equal(stat(none, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	free(none);
	free(copy);
}

/* A damaged store is no backup. */
void
test_copy__a_damaged_store_is_named(void **state)
{
	struct err	 err = {0};
	char		*store = copy_place("bad.db"), *copy = copy_place("bad.copy");
	char		 junk[3000];
	int		 fd;

	(void)state;
	assert_ok(store_migrate(STORE_HALL, "sqlite:bad.db", &err));
	fd = open(store, O_WRONLY);
	memset(junk, 0x5a, sizeof(junk));
	assert_int_equal(pwrite(fd, junk, sizeof(junk), 2 * 4096), (ssize_t)sizeof(junk));
	assert_int_equal(pwrite(fd, junk, sizeof(junk), 5 * 4096), (ssize_t)sizeof(junk));
	close(fd);
	assert_err(store_copy_out("sqlite:bad.db", copy, &err), ERR_STORE);
	free(copy);
	free(store);
}

/* A service that was taken over puts a link in place of its store: root copies nothing else. */
void
test_copy__a_store_is_no_link(void **state)
{
	struct err	 err = {0};
	char		*copy = copy_place("linked"), *at = copy_place("link.db"),
			*target = copy_place("target.db");

	(void)state;
	assert_ok(store_migrate(STORE_HALL, "sqlite:target.db", &err));
	assert_int_equal(symlink(target, at), 0);
	assert_err(store_copy_out("sqlite:link.db", copy, &err), ERR_STORE);
	assert_false(file_exists(copy));
	assert_ok(store_copy_out("sqlite:target.db", copy, &err));
	free(target);
	free(at);
	free(copy);
}
