#include "base/base.h"
#include "base/arena.h"

#define ARENA_BLOCK	(16 * 1024)

struct arena_block {
	struct arena_block	*next;
	size_t			 len, cap;
	_Alignas(max_align_t) char data[];
};

struct arena_defer {
	struct arena_defer	*next;
	void			(*fn)(void *);
	void			*p;
};

struct arena {
	struct arena_block	*head;
	struct arena_defer	*defers;
	size_t			 total, max;
};

struct arena *
arena_new(size_t max)
{
	struct arena	*a = xcalloc(1, sizeof(*a));

	a->max = max;
	return a;
}

void
arena_free(struct arena *a)
{
	struct arena_block	*b, *next;

	if (a == NULL)
		return;
	for (struct arena_defer *d = a->defers; d != NULL; d = d->next)
		d->fn(d->p);
	for (b = a->head; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

void *
arena_alloc(struct arena *a, size_t len)
{
	struct arena_block	*b = a->head;
	size_t			 need = (len + 15) & ~(size_t)15, cap;
	void			*p;

	if (b == NULL || b->cap - b->len < need) {
		cap = need > ARENA_BLOCK ? need : ARENA_BLOCK;
		if (cap > a->max || a->total > a->max - cap)
			BUG("a request wants more than %zu bytes", a->max);
		b = xcalloc(1, sizeof(*b) + cap);
		b->cap = cap;
		b->next = a->head;
		a->head = b;
		a->total += cap;
	}
	p = b->data + b->len;
	b->len += need;
	return p;
}

char *
arena_strndup(struct arena *a, const char *s, size_t len)
{
	char	*p = arena_alloc(a, len + 1);

	memcpy(p, s, len);
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list	 ap;
	char	*p;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		BUG("bad format: %s", fmt);
	p = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void
arena_defer(struct arena *a, void (*fn)(void *), void *p)
{
	struct arena_defer	*d = arena_alloc(a, sizeof(*d));

	*d = (struct arena_defer){.next = a->defers, .fn = fn, .p = p};
	a->defers = d;
}
