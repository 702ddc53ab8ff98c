#include "unit.h"
#include "base/below.h"
#include "base/file.h"

#include <fcntl.h>
#include <ftw.h>

/* A link leads nowhere, as a file or on the way to one. */

struct place {
	char	 dir[64];
	int	 root;
};

static char *
place_path(const struct place *p, const char *name)
{
	return xasprintf("%s/%s", p->dir, name);
}

/* secret (outside), in: a directory with a file. */
static void
place_make(struct place *p)
{
	struct err	 err = {0};
	char		*path;

	snprintf(p->dir, sizeof(p->dir), "/tmp/yinxin-below-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	path = place_path(p, "secret");
	assert_ok(file_mkdirs(path, 0700, &err));
	free(path);
	path = place_path(p, "data");
	assert_ok(file_mkdirs(path, 0700, &err));
	assert_ok(below_root(path, &p->root, &err));
	free(path);
	assert_ok(below_mkdirs(p->root, "in/deep", 0700, &err));
	assert_ok(below_write(p->root, "in/deep/file", "mine", 4, 0600, &err));
	path = place_path(p, "secret/file");
	assert_ok(file_write(path, "theirs", 6, 0644, &err));
	free(path);
}

static int
place_remove(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static void
place_end(struct place *p)
{
	close(p->root);
	assert_int_equal(nftw(p->dir, place_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void
link_to(const struct place *p, const char *target, const char *name)
{
	char	*to = place_path(p, target), *at = place_path(p, name);

	assert_int_equal(symlink(to, at), 0);
	free(at);
	free(to);
}

static void
assert_reads(const struct place *p, const char *name, const char *want)
{
	struct err	 err = {0};
	struct stat	 st;
	struct buf	 b;
	int		 fd = -1;

	buf_init(&b, 64);
	assert_ok(below_open(p->root, name, &fd, &st, &err));
	assert_ok(file_fd_read(fd, name, &b, &err));
	assert_string_equal(b.p, want);
	assert_int_equal(st.st_size, strlen(want));
	buf_free(&b);
	close(fd);
}

void
test_below__opens_what_is_there(void **state)
{
	struct place	 p = {0};
	struct err	 err = {0};
	struct stat	 st;
	int		 fd = -1;

	(void)state;
	place_make(&p);
	assert_reads(&p, "in/deep/file", "mine");
	assert_ok(below_open(p.root, "in/deep", &fd, &st, &err));
	assert_true(S_ISDIR(st.st_mode));
	close(fd);
	assert_ok(below_open(p.root, "", &fd, &st, &err));
	close(fd);
	assert_err(below_open(p.root, "in/none", &fd, &st, &err), ERR_NOT_FOUND);
	assert_err(below_open(p.root, "none/file", &fd, &st, &err), ERR_NOT_FOUND);
	place_end(&p);
}

void
test_below__a_link_leads_nowhere(void **state)
{
	static const char *const	names[] = {"link", "in/dir", "in/dir/file", "link/file"};
	struct place			 p = {0};
	struct err			 err = {0};
	struct stat			 st;
	int				 fd = -1;

	(void)state;
	place_make(&p);
	link_to(&p, "secret/file", "data/link");
	link_to(&p, "secret", "data/in/dir");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_err(below_open(p.root, names[i], &fd, &st, &err), ERR_DENIED);
	assert_err(below_write(p.root, "in/dir/new", "x", 1, 0600, &err), ERR_DENIED);
	assert_err(below_write(p.root, "link", "x", 1, 0600, &err), ERR_CONFLICT);
	assert_err(below_mkdirs(p.root, "in/dir/new", 0700, &err), ERR_DENIED);
	place_end(&p);
}

void
test_below__waits_for_no_fifo(void **state)
{
	struct place	 p = {0};
	struct err	 err = {0};
	struct stat	 st;
	int		 fd = -1;

	(void)state;
	place_make(&p);
	assert_int_equal(mkfifoat(p.root, "fifo", 0600), 0);
	assert_err(below_open(p.root, "fifo", &fd, &st, &err), ERR_DENIED);
	assert_err(below_write(p.root, "in/deep/file", "x", 1, 0600, &err), ERR_CONFLICT);
	assert_reads(&p, "in/deep/file", "mine");
	place_end(&p);
}

void
test_below__names(void **state)
{
	static const char *const	good[] = {"", "a", "a/b", ".a", "a/..b", "a.b/c."};
	static const char *const	bad[] = {"/", "/a", "a/", "a//b", ".", "..", "a/..", "../a",
		"a/./b"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(below_is_name(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(below_is_name(bad[i]));
}
