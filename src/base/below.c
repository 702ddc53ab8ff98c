#include "base/base.h"
#include "base/below.h"
#include "base/file.h"

#include <fcntl.h>

#define BELOW_DIRECTORY	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
/* NONBLOCK: opening a FIFO or a device waits for nobody. */
#define BELOW_READ	(O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

bool
below_is_name(const char *name)
{
	const char	*end;

	for (const char *p = name; *p != '\0'; p = *end == '\0' ? end : end + 1) {
		end = strchrnul(p, '/');
		if (end == p || (end == p + 1 && p[0] == '.') ||
		    (end == p + 2 && p[0] == '.' && p[1] == '.') || strcmp(end, "/") == 0)
			return false;
	}
	return true;
}

int
below_root(const char *dir, int *root, struct err *err)
{
	if ((*root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE,
		    "cannot open %s", dir);
	return 0;
}

static int
below_failed(const char *name, struct err *err)
{
	if (errno == ELOOP || errno == ENOTDIR || errno == ENXIO)
		return err_set(err, ERR_DENIED, "%s is a link, or neither file nor directory", name);
	return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : errno == EEXIST ? ERR_CONFLICT :
	    ERR_STORE, "%s", name);
}

/* The directory that holds the last part of the name, and that part; made on the way if wanted. */
static int
below_parent(int root, const char *name, const mode_t *make, const char **last, int *dir,
    struct err *err)
{
	const char	*p = name, *end;
	int		 next = -1;

	if (!below_is_name(name))
		return err_set(err, ERR_INPUT, "\"%s\" is no name below a directory", name);
	if ((*dir = openat(root, ".", BELOW_DIRECTORY)) < 0)
		return err_errno(err, ERR_STORE, "%s", name);
	for (; (end = strchr(p, '/')) != NULL; p = end + 1) {
		char	*part = xstrndup(p, (size_t)(end - p));

		if (make == NULL || mkdirat(*dir, part, *make) == 0 || errno == EEXIST)
			next = openat(*dir, part, BELOW_DIRECTORY);
		else
			next = -1;
		free(part);
		if (next < 0) {
			below_failed(name, err);
			close(*dir);
			return -1;
		}
		close(*dir);
		*dir = next;
	}
	*last = p[0] == '\0' ? "." : p;
	return 0;
}

int
below_open(int root, const char *name, int *fd, struct stat *st, struct err *err)
{
	const char	*last = NULL;
	int		 dir = -1;

	if (below_parent(root, name, NULL, &last, &dir, err) < 0)
		return -1;
	if ((*fd = openat(dir, last, BELOW_READ)) < 0) {
		below_failed(name, err);
	} else if (fstat(*fd, st) < 0 || !(S_ISDIR(st->st_mode) || S_ISREG(st->st_mode))) {
		errno = ELOOP;
		below_failed(name, err);
		close(*fd);
		*fd = -1;
	}
	close(dir);
	return *fd < 0 ? -1 : 0;
}

int
below_mkdirs(int root, const char *name, mode_t mode, struct err *err)
{
	const char	*last = NULL;
	int		 dir = -1, rc = 0;

	if (below_parent(root, name, &mode, &last, &dir, err) < 0)
		return -1;
	if (mkdirat(dir, last, mode) < 0 && errno != EEXIST)
		rc = below_failed(name, err);
	close(dir);
	return rc;
}

int
below_write(int root, const char *name, const void *p, size_t len, mode_t mode,
    struct err *err)
{
	const char	*last = NULL;
	int		 dir = -1, fd, rc = -1;

	if (below_parent(root, name, NULL, &last, &dir, err) < 0)
		return -1;
	fd = openat(dir, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		below_failed(name, err);
	else if (file_fd_write(fd, p, len) < 0 || fsync(fd) < 0 || fsync(dir) < 0)
		err_errno(err, ERR_STORE, "cannot write %s", name);
	else
		rc = 0;
	if (fd >= 0)
		close(fd);
	close(dir);
	return rc;
}
