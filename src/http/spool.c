#include "base/base.h"
#include "http/spool.h"

#include <fcntl.h>
#include <sys/mman.h>

#define SPOOL_MEMORY	(64 * 1024)

void
spool_init(struct spool *s, size_t max)
{
	*s = (struct spool){.fd = -1, .max = max};
	buf_init(&s->memory, SPOOL_MEMORY);
}

void
spool_free(struct spool *s)
{
	if (s->memory.p == NULL)
		return;
	if (s->map != NULL)
		munmap(s->map, s->len);
	if (s->fd >= 0)
		close(s->fd);
	buf_free(&s->memory);
	*s = (struct spool){.fd = -1};
}

static int
spool_file(void)
{
	const char	*dir = getenv("TMPDIR");
	int		 fd = open(dir == NULL ? "/tmp" : dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char		 path[] = "/tmp/yinxin-spool-XXXXXX";

	if (fd < 0 && (fd = mkostemp(path, O_CLOEXEC)) >= 0)
		unlink(path);
	return fd;
}

static void
spool_write(struct spool *s, const char *p, size_t len)
{
	while (len > 0 && !s->broken) {
		ssize_t	 n = write(s->fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			s->broken = true;
		else {
			p += n;
			len -= (size_t)n;
		}
	}
}

void
spool_add(struct spool *s, const char *p, size_t len)
{
	if (len > s->max - s->len) {
		s->over = true;
		return;
	}
	s->len += len;
	if (s->fd < 0 && s->memory.len + len <= SPOOL_MEMORY) {
		buf_add(&s->memory, p, len);
		return;
	}
	if (s->fd < 0) {
		if ((s->fd = spool_file()) < 0) {
			s->broken = true;
			return;
		}
		spool_write(s, s->memory.p, s->memory.len);
	}
	spool_write(s, p, len);
}

const char *
spool_finish(struct spool *s)
{
	if (s->broken)
		return NULL;
	if (s->fd < 0)
		return s->memory.p;
	s->map = mmap(NULL, s->len, PROT_READ, MAP_PRIVATE, s->fd, 0);
	if (s->map == MAP_FAILED)
		s->map = NULL;
	return s->map;
}
