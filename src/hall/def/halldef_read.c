#include "base/base.h"
#include "hall/def/halldef_read.h"

static const struct yaml	read_nothing = {.kind = YAML_LIST};

int
read_text(struct reader *r, const struct yaml *map, const char *key, const char *dflt,
    const char **out, struct err *err)
{
	const char	*text = NULL;

	if (yaml_text(r->doc, map, key, dflt, &text, err) < 0)
		return -1;
	*out = arena_strdup(r->arena, text);
	return 0;
}

int
read_texts(struct reader *r, const struct yaml *map, const char *key, const char *const **out,
    size_t *n, struct err *err)
{
	const struct yaml	 *y = NULL;
	const char		**list = NULL;
	size_t			  i = 0;

	*out = NULL;
	*n = 0;
	if (yaml_get(map, key) == NULL)
		return 0;
	if (yaml_need(r->doc, map, key, YAML_LIST, &y, err) < 0)
		return -1;
	list = arena_alloc(r->arena, y->n * sizeof(*list) + 1);
	for (i = 0; i < y->n; i++) {
		if (y->child[i].kind != YAML_TEXT)
			return yaml_err(r->doc, &y->child[i], err, "\"%s\" holds texts", key);
		list[i] = arena_strdup(r->arena, y->child[i].text);
	}
	*out = list;
	*n = y->n;
	return 0;
}

int
read_list(struct reader *r, const struct yaml *map, const char *key, const char *const *known,
    const struct yaml **list, struct err *err)
{
	size_t	i = 0;

	*list = &read_nothing;
	if (yaml_get(map, key) == NULL)
		return 0;
	if (yaml_need(r->doc, map, key, YAML_LIST, list, err) < 0)
		return -1;
	for (i = 0; i < (*list)->n; i++)
		if (yaml_keys(r->doc, &(*list)->child[i], known, err) < 0)
			return -1;
	return 0;
}

/* A list of {title, text, url}. */
static int
read_links(struct reader *r, const struct yaml *root, const char *key,
    const struct def_text **out, size_t *n, struct err *err)
{
	static const char *const	 known[] = { "title", "text", "url", NULL };
	const struct yaml		*list = NULL, *y = NULL;
	struct def_text			*t = NULL;
	size_t				 i = 0;

	if (read_list(r, root, key, known, &list, err) < 0)
		return -1;
	t = arena_alloc(r->arena, list->n * sizeof(*t) + 1);
	for (i = 0; i < list->n; i++) {
		y = &list->child[i];
		if (read_text(r, y, "title", NULL, &t[i].title, err) < 0 ||
		    read_text(r, y, "text", "", &t[i].text, err) < 0 ||
		    read_text(r, y, "url", "", &t[i].url, err) < 0)
			return -1;
	}
	*out = t;
	*n = list->n;
	return 0;
}

int
read_texts_of_site(struct reader *r, const struct yaml *root, struct err *err)
{
	struct halldef	*d = r->def;

	if (read_text(r, root, "hall", NULL, &d->id, err) < 0 ||
	    read_text(r, root, "title", NULL, &d->title, err) < 0 ||
	    read_text(r, root, "issuer", NULL, &d->issuer, err) < 0 ||
	    read_text(r, root, "voluntary", "", &d->voluntary, err) < 0 ||
	    read_text(r, root, "about", "", &d->about, err) < 0 ||
	    read_text(r, root, "paper_address", "", &d->paper_address, err) < 0 ||
	    read_texts(r, root, "phones", &d->phones, &d->n_phones, err) < 0 ||
	    read_texts(r, root, "contacts", &d->contacts, &d->n_contacts, err) < 0 ||
	    read_links(r, root, "downloads", &d->downloads, &d->n_downloads, err) < 0 ||
	    read_links(r, root, "guides", &d->guides, &d->n_guides, err) < 0 ||
	    read_links(r, root, "links", &d->links, &d->n_links, err) < 0)
		return -1;
	return read_links(r, root, "faq", &d->faq, &d->n_faq, err);
}
