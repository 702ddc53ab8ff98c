#include "base/base.h"

void
bug_die(const char *file, int line, const char *fmt, ...)
{
	va_list	 ap;

	fprintf(stderr, "BUG at %s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

void *
xmalloc(size_t len)
{
	void	*p = malloc(len == 0 ? 1 : len);

	if (p == NULL)
		BUG("out of memory asking for %zu bytes", len);
	return p;
}

void *
xcalloc(size_t n, size_t len)
{
	void	*p = calloc(n == 0 ? 1 : n, len == 0 ? 1 : len);

	if (p == NULL)
		BUG("out of memory asking for %zu times %zu bytes", n, len);
	return p;
}

void *
xrealloc(void *old, size_t len)
{
	void	*p = realloc(old, len == 0 ? 1 : len);

	if (p == NULL)
		BUG("out of memory asking for %zu bytes", len);
	return p;
}

char *
xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *
xstrndup(const char *s, size_t len)
{
	char	*p = xmalloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *
xasprintf(const char *fmt, ...)
{
	char	*p = NULL;
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = vasprintf(&p, fmt, ap);
	va_end(ap);
	if (n < 0)
		BUG("out of memory formatting");
	return p;
}
