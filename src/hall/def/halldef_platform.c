#include "base/base.h"
#include "hall/def/halldef_read.h"

#include "base/str.h"
#include "hall/form/form.h"

/* The section "platforms": whose users arrive signed in (hall/platform/platform.h). */

#define PLATFORMS	8
#define PLATFORM_ID	32
#define PLATFORM_TITLE	20			/* characters */
#define PLATFORM_CLAIM	64

/* https, or this very machine in tests. */
static bool
platform_is_address(const char *url)
{
	static const char	 loopback[] = "http://127.0.0.1";

	return strlen(url) <= 300 && strpbrk(url, " \t\"<>\\^`{|}#@") == NULL &&
	    ((str_has_prefix(url, "https://") && url[8] != '\0' && url[8] != '/') ||
	    (str_has_prefix(url, loopback) && strchr(":/", url[strlen(loopback)]) != NULL));
}

/* Fields that a person fills in and that mean the same everywhere; not choices of this order. */
static bool
platform_may_fill(const char *name)
{
	static const char *const	 never[] = {"user_name", "years", "question", "answer",
		"medium", "seal", "qualification_ends"};
	const struct field *const	 forms[] = {form_organisation, form_person};

	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		if (strcmp(never[i], name) == 0)
			return false;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		for (const struct field *f = forms[i]; f->name != NULL; f++)
			if (strcmp(f->name, name) == 0)
				return true;
	return false;
}

static int
platform_read_fields(struct reader *r, const struct yaml *y, struct def_platform *p,
    struct err *err)
{
	const struct yaml	*map = NULL, *f = NULL;
	struct def_pair		*pairs = NULL;

	if (yaml_need(r->doc, y, "fields", YAML_MAP, &map, err) < 0)
		return -1;
	pairs = arena_alloc(r->arena, map->n * sizeof(*pairs) + 1);
	for (size_t i = 0; i < map->n; i++) {
		f = &map->child[i];
		if (!platform_may_fill(f->key))
			return yaml_err(r->doc, f, err, "no platform fills the field \"%s\"", f->key);
		pairs[i].key = arena_strdup(r->arena, f->key);
		if (read_text(r, map, f->key, NULL, &pairs[i].value, err) < 0)
			return -1;
		if (strcmp(pairs[i].value, "=") == 0 || strlen(pairs[i].value) > PLATFORM_CLAIM)
			return yaml_err(r->doc, f, err,
			    "\"%s\": the name of a claim, or =VALUE", f->key);
	}
	p->fields = pairs;
	p->n_fields = map->n;
	return 0;
}

static int
platform_read_scopes(struct reader *r, const struct yaml *y, struct def_platform *p,
    struct err *err)
{
	const char *const	*scopes = NULL;
	struct buf		 text;
	size_t			 n = 0;
	bool			 openid = false;

	if (read_texts(r, y, "scopes", &scopes, &n, err) < 0)
		return -1;
	buf_init(&text, 1024);
	for (size_t i = 0; i < n; i++) {
		openid = openid || strcmp(scopes[i], "openid") == 0;
		buf_addf(&text, "%s%s", i == 0 ? "" : " ", scopes[i]);
	}
	p->scopes = arena_strdup(r->arena, text.p);
	buf_free(&text);
	return openid ? 0 : yaml_err(r->doc, y, err, "\"scopes\" must hold openid");
}

static int
platform_check(struct reader *r, const struct yaml *y, const struct def_platform *p,
    struct err *err)
{
	if (strlen(p->id) > PLATFORM_ID ||
	    strspn(p->id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(p->id))
		return yaml_err(r->doc, yaml_get(y, "id"), err,
		    "\"id\": up to %d small letters, digits and hyphens", PLATFORM_ID);
	if (halldef_platform(r->def, p->id) != NULL)
		return yaml_err(r->doc, yaml_get(y, "id"), err, "a second platform \"%s\"", p->id);
	if (utf8_count(p->title) > PLATFORM_TITLE)
		return yaml_err(r->doc, yaml_get(y, "title"), err,
		    "\"title\": up to %d characters", PLATFORM_TITLE);
	if (!platform_is_address(p->issuer) || strchr(p->issuer, '?') != NULL)
		return yaml_err(r->doc, yaml_get(y, "issuer"), err, "\"issuer\": https://…");
	if (!platform_is_address(p->home))
		return yaml_err(r->doc, yaml_get(y, "home"), err, "\"home\": https://…");
	if (halldef_notice(r->def, "platform_joined") == NULL)
		return yaml_err(r->doc, y, err, "a platform needs notices.platform_joined");
	return 0;
}

int
read_platforms(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const	 known[] = { "id", "title", "issuer", "client_id",
		"secret_file", "scopes", "home", "change", "fields", NULL };
	const struct yaml		*list = NULL, *y = NULL;
	struct def_platform		*p = NULL;

	if (read_list(r, root, "platforms", known, &list, err) < 0)
		return -1;
	if (list->n > PLATFORMS)
		return yaml_err(r->doc, list, err, "at most %d platforms", PLATFORMS);
	p = arena_alloc(r->arena, list->n * sizeof(*p) + 1);
	r->def->platforms = p;
	for (size_t i = 0; i < list->n; i++) {
		y = &list->child[i];
		if (read_text(r, y, "id", NULL, &p[i].id, err) < 0 ||
		    read_text(r, y, "title", NULL, &p[i].title, err) < 0 ||
		    read_text(r, y, "issuer", NULL, &p[i].issuer, err) < 0 ||
		    read_text(r, y, "client_id", NULL, &p[i].client_id, err) < 0 ||
		    read_text(r, y, "secret_file", NULL, &p[i].secret_file, err) < 0 ||
		    read_text(r, y, "home", NULL, &p[i].home, err) < 0 ||
		    read_text(r, y, "change", NULL, &p[i].change, err) < 0 ||
		    platform_read_scopes(r, y, &p[i], err) < 0 ||
		    platform_read_fields(r, y, &p[i], err) < 0 ||
		    platform_check(r, y, &p[i], err) < 0)
			return -1;
		r->def->n_platforms = i + 1;
	}
	return 0;
}

const struct def_platform *
halldef_platform(const struct halldef *d, const char *id)
{
	for (size_t i = 0; i < d->n_platforms; i++)
		if (strcmp(d->platforms[i].id, id) == 0)
			return &d->platforms[i];
	return NULL;
}
