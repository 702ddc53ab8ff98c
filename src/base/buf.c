#include "base/base.h"
#include "base/buf.h"

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max, .cap = 64};
	b->p = xmalloc(b->cap);
	b->p[0] = '\0';
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->over = false;
	if (b->p != NULL)
		b->p[0] = '\0';
}

/* Room for n more bytes and the NUL, or mark the buffer as over. */
static bool
buf_room(struct buf *b, size_t n)
{
	size_t	 cap = b->cap;

	if (b->over || n > b->max || b->len > b->max - n) {
		b->over = true;
		return false;
	}
	while (cap < b->len + n + 1)
		cap *= 2;
	if (cap != b->cap) {
		b->p = xrealloc(b->p, cap);
		b->cap = cap;
	}
	return true;
}

void
buf_add(struct buf *b, const void *p, size_t len)
{
	if (len == 0 || !buf_room(b, len))
		return;
	memcpy(b->p + b->len, p, len);
	b->len += len;
	b->p[b->len] = '\0';
}

void
buf_addstr(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addch(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		BUG("bad format: %s", fmt);
	if (!buf_room(b, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n > b->len)
		n = b->len;
	memmove(b->p, b->p + n, b->len - n + 1);
	b->len -= n;
}

char *
buf_take(struct buf *b, size_t *len)
{
	char	*p = b->p;
	size_t	 max = b->max;

	if (len != NULL)
		*len = b->len;
	buf_init(b, max);
	return p;
}

int
buf_check(const struct buf *b, struct err *err)
{
	if (b->over)
		return err_set(err, ERR_LIMIT, "more than %zu bytes", b->max);
	return 0;
}
