#include "base/base.h"
#include "web/route.h"

#include "hall/order/order.h"

#define SEGMENT_MAX	80
#define SEGMENT_LOGGED	24		/* of a path without a page; tokens have 32 */

static bool
segment_is_word(const char *p, size_t len)
{
	size_t	i = 0;

	if (len == 0 || len > SEGMENT_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'z') ||
		    (p[i] >= 'A' && p[i] <= 'Z') || p[i] == '.' || p[i] == '_' || p[i] == '-'))
			return false;
	return true;
}

static bool
segment_is_number(const char *p, size_t len)
{
	size_t	i = 0;

	for (i = 0; i < len; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return len == ORDER_NO - 1;
}

/* One {x} against one segment. */
static bool
segment_take(const char *name, size_t name_len, const char *p, size_t len, json_t *params)
{
	if (!segment_is_word(p, len))
		return false;
	if (name_len == 2 && memcmp(name, "no", 2) == 0 && !segment_is_number(p, len))
		return false;
	if (params != NULL)
		(void)json_object_setn_new(params, name, name_len, json_stringn(p, len));
	return true;
}

bool
route_fits(const char *pattern, const char *path, json_t *params)
{
	size_t	want = 0, have = 0;

	while (*pattern == '/' && *path == '/') {
		pattern++;
		path++;
		want = strcspn(pattern, "/");
		have = strcspn(path, "/");
		if (*pattern == '{') {
			if (!segment_take(pattern + 1, want - 2, path, have, params))
				return false;
		} else if (want != have || memcmp(pattern, path, want) != 0) {
			return false;
		}
		pattern += want;
		path += have;
	}
	return *pattern == '\0' && *path == '\0';
}

/* Is a more literal than b?  Both fit the same path, so they differ where one has {x}. */
static bool
route_is_closer(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0' && *a == *b; a++, b++)
		;
	return *a != '{';
}

const struct page *
route_find(const char *path, json_t **params)
{
	const struct page	*best = NULL;
	size_t			 i = 0;

	for (i = 0; pages_all[i] != NULL; i++)
		if (route_fits(pages_all[i]->path, path, NULL) &&
		    (best == NULL || route_is_closer(pages_all[i]->path, best->path)))
			best = pages_all[i];
	if (params != NULL) {
		*params = json_object();
		if (best != NULL)
			(void)route_fits(best->path, path, *params);
	}
	return best;
}

const char *
route_log(struct arena *a, const struct page *p, const char *path)
{
	struct buf	 b;
	const char	*text = NULL;
	size_t		 n = 0;

	if (p != NULL)
		return p->need == NEED_TOKEN || strstr(p->path, "{token}") != NULL ? p->path : path;
	buf_init(&b, LIMIT_HTTP_HEADER);
	for (; *path != '\0'; path += n) {
		n = *path == '/' ? 1 : strcspn(path, "/");
		if (n > SEGMENT_LOGGED)
			buf_addch(&b, '*');
		else
			buf_add(&b, path, n);
	}
	text = arena_strdup(a, b.p);
	buf_free(&b);
	return text;
}

void
route_write(const char *pattern, const json_t *params, struct buf *out)
{
	char	name[SEGMENT_MAX];
	size_t	len = 0;

	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '{') {
			buf_addch(out, *pattern);
			continue;
		}
		len = strcspn(++pattern, "}");
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, pattern);
		buf_addstr(out, js_str(params, name));
		pattern += len;
	}
}
