#include "base/base.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/passphrase.h"
#include "base/str.h"

#include <fcntl.h>
#include <termios.h>

#define PASSPHRASE_MAX	1024

static ssize_t
passphrase_from_fd(int fd, char *text)
{
	size_t	 len = 0;
	ssize_t	 n;

	while (len < PASSPHRASE_MAX && (n = read(fd, text + len, PASSPHRASE_MAX - len)) > 0)
		len += (size_t)n;
	return (ssize_t)len;
}

static ssize_t
passphrase_from_terminal(const char *what, char *text)
{
	struct termios	 old, quiet;
	ssize_t		 n;

	if (tcgetattr(STDIN_FILENO, &old) < 0)
		return 0;
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	fprintf(stderr, "%s: ", what);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	n = read(STDIN_FILENO, text, PASSPHRASE_MAX);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputc('\n', stderr);
	return n;
}

static int
passphrase_from_file(char *text, ssize_t *n, struct err *err)
{
	struct buf	 b;
	int		 rc;

	buf_init(&b, PASSPHRASE_MAX);
	if ((rc = file_read(conf_path("key.passphrase_file"), &b, err)) == 0) {
		memcpy(text, b.p, b.len);
		*n = (ssize_t)b.len;
	}
	secret_wipe(b.p, b.len);
	buf_free(&b);
	return rc;
}

int
passphrase_get(struct secret *out, struct err *err)
{
	const char	*fd_text = getenv("YINXIN_PASSPHRASE_FD");
	char		 text[PASSPHRASE_MAX];
	int64_t		 fd;
	ssize_t		 n = 0;
	int		 rc = 0;

	if (fd_text != NULL && str_to_i64(fd_text, 1 << 20, &fd) == 0) {
		n = passphrase_from_fd((int)fd, text);
		close((int)fd);
		unsetenv("YINXIN_PASSPHRASE_FD");
	} else if (conf_str("key.passphrase_file")[0] != '\0') {
		rc = passphrase_from_file(text, &n, err);
	} else {
		n = passphrase_from_terminal("passphrase of the key files", text);
	}
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (rc == 0 && n <= 0)
		rc = err_set(err, ERR_INPUT,
		    "no passphrase: set key.passphrase_file or run at a terminal");
	if (rc == 0)
		secret_set(out, text, (size_t)n);
	secret_wipe(text, sizeof(text));
	return rc;
}

int
passphrase_read(const char *path, const char *what, struct secret *out, struct err *err)
{
	char	 text[PASSPHRASE_MAX];
	ssize_t	 n = 0;
	int	 fd, rc = 0;

	if (path == NULL) {
		n = passphrase_from_terminal(what, text);
	} else if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		rc = err_errno(err, ERR_INPUT, "cannot read %s from %s", what, path);
	} else {
		n = passphrase_from_fd(fd, text);
		close(fd);
	}
	for (ssize_t i = 0; i < n; i++)
		if (text[i] == '\n' || text[i] == '\r')
			n = i;
	if (rc == 0 && n <= 0)
		rc = err_set(err, ERR_INPUT, "no %s", what);
	if (rc == 0)
		secret_set(out, text, (size_t)n);
	secret_wipe(text, sizeof(text));
	return rc;
}
