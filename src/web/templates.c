#include "base/base.h"
#include "web/templates.h"

#include "base/file.h"
#include "web/embedded.h"

#include <glob.h>

#define TEMPLATE_MAX	(256 * 1024)
#define TEMPLATE_NAME	64

struct templates {
	struct { char name[TEMPLATE_NAME]; struct mustache *m; } *one;
	size_t	n;
};

/* "…/html/order.html" -> "order" */
static void
templates_name(const char *path, char name[TEMPLATE_NAME])
{
	const char	*base = strrchr(path, '/');
	size_t		 len = 0;

	base = base == NULL ? path : base + 1;
	len = strlen(base) - strlen(".html");
	if (len >= TEMPLATE_NAME)
		BUG("template name %s", base);
	(void)snprintf(name, TEMPLATE_NAME, "%.*s", (int)len, base);
}

static int
templates_add(struct templates *t, const char *path, const char *text, size_t len,
    struct err *err)
{
	t->one = xrealloc(t->one, (t->n + 1) * sizeof(*t->one));
	templates_name(path, t->one[t->n].name);
	if (mustache_new(&t->one[t->n].m, path, text, len, err) < 0)
		return -1;
	t->n++;
	return 0;
}

static int
templates_built_in(struct templates *t, struct err *err)
{
	const struct embedded_file	*f = NULL;

	for (f = embedded_files; f->name != NULL; f++)
		if (strncmp(f->name, "html/", 5) == 0 && templates_add(t, f->name,
		    (const char *)f->data, f->len, err) < 0)
			return -1;
	return 0;
}

static int
templates_from(struct templates *t, const char *dir, struct err *err)
{
	char		*pattern = xasprintf("%s/html/*.html", dir);
	glob_t		 g = {0};
	struct buf	 b;
	size_t		 i = 0;
	int		 rc = 0;

	if (glob(pattern, 0, NULL, &g) != 0)
		rc = err_set(err, ERR_NOT_FOUND, "web.dir: no templates %s", pattern);
	for (i = 0; rc == 0 && i < g.gl_pathc; i++) {
		buf_init(&b, TEMPLATE_MAX);
		rc = file_read(g.gl_pathv[i], &b, err);
		if (rc == 0)
			rc = templates_add(t, g.gl_pathv[i], b.p, b.len, err);
		buf_free(&b);
	}
	globfree(&g);
	free(pattern);
	return rc;
}

int
templates_open(const char *dir, struct templates **out, struct err *err)
{
	struct templates	*t = xcalloc(1, sizeof(*t));

	if ((dir == NULL ? templates_built_in(t, err) : templates_from(t, dir, err)) < 0) {
		templates_close(t);
		return -1;
	}
	*out = t;
	return 0;
}

void
templates_close(struct templates *t)
{
	size_t	i = 0;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++)
		mustache_free(t->one[i].m);
	free(t->one);
	free(t);
}

const struct mustache *
templates_find(const char *name, void *templates)
{
	const struct templates	*t = templates;
	size_t			 i = 0;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->one[i].name, name) == 0)
			return t->one[i].m;
	return NULL;
}
