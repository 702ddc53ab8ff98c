#include "base/base.h"
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

int
file_fd_read(int fd, const char *path, struct buf *b, struct err *err)
{
	char	 chunk[16384];
	ssize_t	 n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_STORE, "cannot read %s", path);
		buf_add(b, chunk, (size_t)n);
		if (b->over)
			break;
	}
	return buf_check(b, err) < 0 ? err_add(err, "%s", path) : 0;
}

int
file_read(const char *path, struct buf *b, struct err *err)
{
	int	 fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE,
		    "cannot open %s", path);
	rc = file_fd_read(fd, path, b, err);
	close(fd);
	return rc;
}

int
file_fd_write(int fd, const void *bytes, size_t len)
{
	const char	*p = bytes;

	while (len > 0) {
		ssize_t	 n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The rename itself is durable only when the directory is synced. */
static int
file_sync_dir(const char *path)
{
	const char	*slash = strrchr(path, '/');
	char		*dir = slash == NULL ? xstrdup(".") :
	    xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	int		 fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	free(dir);
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

int
file_write(const char *path, const void *p, size_t len, mode_t mode, struct err *err)
{
	char	*tmp = xasprintf("%s.new-%ld", path, (long)getpid());
	int	 fd, rc = -1;

	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0) {
		err_errno(err, ERR_STORE, "cannot create %s", tmp);
		goto out;
	}
	if (fchmod(fd, mode) < 0 || file_fd_write(fd, p, len) < 0 || fsync(fd) < 0) {
		err_errno(err, ERR_STORE, "cannot write %s", tmp);
		close(fd);
		unlink(tmp);
		goto out;
	}
	close(fd);
	if (rename(tmp, path) < 0 || file_sync_dir(path) < 0) {
		err_errno(err, ERR_STORE, "cannot replace %s", path);
		unlink(tmp);
		goto out;
	}
	rc = 0;
 out:
	free(tmp);
	return rc;
}

static int
file_pour(int in, int out)
{
	char	 chunk[65536];
	ssize_t	 n;

	while ((n = read(in, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || file_fd_write(out, chunk, (size_t)n) < 0)
			return -1;
	}
	return fsync(out);
}

int
file_copy(const char *from, const char *to, mode_t mode, struct err *err)
{
	int	 in = open(from, O_RDONLY | O_CLOEXEC), out, rc = -1;

	if (in < 0)
		return err_errno(err, ERR_STORE, "cannot open %s", from);
	if ((out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)) < 0) {
		err_errno(err, errno == EEXIST ? ERR_CONFLICT : ERR_STORE, "cannot create %s", to);
	} else if (file_pour(in, out) < 0 || file_sync_dir(to) < 0) {
		err_errno(err, ERR_STORE, "cannot write %s", to);
		unlink(to);
	} else {
		rc = 0;
	}
	if (out >= 0)
		close(out);
	close(in);
	return rc;
}

int
file_sync(const char *path, struct err *err)
{
	int	 fd = open(path, O_RDONLY | O_CLOEXEC), rc = -1;

	if (fd >= 0 && fsync(fd) == 0 && file_sync_dir(path) == 0)
		rc = 0;
	else
		err_errno(err, ERR_STORE, "%s", path);
	if (fd >= 0)
		close(fd);
	return rc;
}

int
file_shred(const char *path, struct err *err)
{
	static const char	 zeros[4096];
	struct stat		 st;
	int			 fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW), rc = -1;

	if (fd < 0)
		return err_errno(err, ERR_STORE, "cannot open %s", path);
	if (fstat(fd, &st) < 0)
		goto out;
	for (off_t at = 0; at < st.st_size; at += (off_t)sizeof(zeros))
		if (file_fd_write(fd, zeros, (size_t)MIN(st.st_size - at,
		    (off_t)sizeof(zeros))) < 0)
			goto out;
	if (fsync(fd) == 0 && unlink(path) == 0)
		rc = file_sync_dir(path);
 out:
	if (rc < 0)
		err_errno(err, ERR_STORE, "cannot destroy %s", path);
	close(fd);
	return rc;
}

int
file_mkdirs(const char *path, mode_t mode, struct err *err)
{
	char	*copy = xstrdup(path);
	int	 rc = 0;

	for (char *p = copy + 1; rc == 0; p++) {
		char	 c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			rc = err_errno(err, ERR_STORE, "cannot create directory %s", copy);
		*p = c;
		if (c == '\0')
			break;
	}
	free(copy);
	return rc;
}

bool
file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}
