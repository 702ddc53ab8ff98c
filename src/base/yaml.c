#include "base/base.h"
#include "base/yaml.h"

#include <yaml.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/str.h"

#define YAML_DEPTH_MAX	16
#define YAML_NODES_MAX	20000
#define YAML_MEMORY_MAX	((size_t)32 * 1024 * 1024)

struct yaml_doc {
	struct arena	*arena;
	const char	*name;
	struct yaml	 root;
};

/* What the reading of one document needs at hand. */
struct yaml_reader {
	yaml_parser_t	 parser;
	struct yaml_doc	*doc;
	size_t		 nodes;
};

static int	yaml_read_value(struct yaml_reader *r, yaml_event_t *ev, int depth,
		    struct yaml *out, struct err *err);

static int
yaml_err_line(const struct yaml_doc *d, size_t line, struct err *err, const char *text)
{
	return err_set(err, ERR_INPUT, "%s line %zu: %s", d->name, line, text);
}

static int
yaml_next(struct yaml_reader *r, yaml_event_t *ev, struct err *err)
{
	if (yaml_parser_parse(&r->parser, ev))
		return 0;
	memset(ev, 0, sizeof(*ev));
	return yaml_err_line(r->doc, r->parser.problem_mark.line + 1, err,
	    r->parser.problem == NULL ? "cannot be read" : r->parser.problem);
}

static int
yaml_read_scalar(struct yaml_reader *r, const yaml_event_t *ev, struct yaml *out,
    struct err *err)
{
	const char	*p = (const char *)ev->data.scalar.value;
	size_t		 len = ev->data.scalar.length;

	if (ev->data.scalar.anchor != NULL)
		return yaml_err_line(r->doc, out->line, err, "anchors are not allowed");
	if (memchr(p, '\0', len) != NULL || !utf8_is_valid(p, len))
		return yaml_err_line(r->doc, out->line, err, "not valid text");
	out->kind = YAML_TEXT;
	out->text = arena_strndup(r->doc->arena, p, len);
	return 0;
}

static bool
yaml_has_key(const struct yaml *list, size_t n, const char *key)
{
	size_t	i = 0;

	for (i = 0; i < n; i++)
		if (strcmp(list[i].key, key) == 0)
			return true;
	return false;
}

/* The key of the next pair, into *key. */
static int
yaml_read_key(struct yaml_reader *r, const yaml_event_t *ev, const struct yaml *list, size_t n,
    const char **key, struct err *err)
{
	size_t	line = ev->start_mark.line + 1;

	if (ev->type != YAML_SCALAR_EVENT)
		return yaml_err_line(r->doc, line, err, "a key must be plain text");
	*key = arena_strndup(r->doc->arena, (const char *)ev->data.scalar.value,
	    ev->data.scalar.length);
	if (yaml_has_key(list, n, *key))
		return err_set(err, ERR_INPUT, "%s line %zu: key \"%s\" stands here twice",
		    r->doc->name, line, *key);
	return 0;
}

/* The children of a list or map up to its end, collected and then laid side by side. */
static int
yaml_read_children(struct yaml_reader *r, bool map, int depth, struct yaml *out,
    struct err *err)
{
	yaml_event_t	 ev = {0};
	struct yaml	*list = NULL, *keep = NULL;
	const char	*key = NULL;
	size_t		 n = 0;
	int		 rc = -1, line = 0;

	for (;;) {
		if (yaml_next(r, &ev, err) < 0)
			goto out;
		if (ev.type == (map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT))
			break;
		if (map) {
			line = (int)ev.start_mark.line + 1;
			if (yaml_read_key(r, &ev, list, n, &key, err) < 0)
				goto out;
			yaml_event_delete(&ev);
			if (yaml_next(r, &ev, err) < 0)
				goto out;
		}
		list = xrealloc(list, (n + 1) * sizeof(*list));
		memset(&list[n], 0, sizeof(*list));
		list[n].key = key;
		if (yaml_read_value(r, &ev, depth + 1, &list[n], err) < 0)
			goto out;
		yaml_event_delete(&ev);
		if (map)
			list[n].line = line;	/* where its key stands */
		n++;
	}
	out->kind = map ? YAML_MAP : YAML_LIST;
	out->n = n;
	keep = arena_alloc(r->doc->arena, n * sizeof(*keep) + 1);
	if (n > 0)
		memcpy(keep, list, n * sizeof(*keep));
	out->child = keep;
	rc = 0;
 out:
	yaml_event_delete(&ev);
	free(list);
	return rc;
}

static int
yaml_read_value(struct yaml_reader *r, yaml_event_t *ev, int depth, struct yaml *out,
    struct err *err)
{
	out->line = (int)ev->start_mark.line + 1;
	if (depth > YAML_DEPTH_MAX)
		return yaml_err_line(r->doc, out->line, err, "nested too deep");
	if (++r->nodes > YAML_NODES_MAX)
		return yaml_err_line(r->doc, out->line, err, "too many values");
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return yaml_read_scalar(r, ev, out, err);
	case YAML_SEQUENCE_START_EVENT:
		if (ev->data.sequence_start.anchor != NULL)
			break;
		return yaml_read_children(r, false, depth, out, err);
	case YAML_MAPPING_START_EVENT:
		if (ev->data.mapping_start.anchor != NULL)
			break;
		return yaml_read_children(r, true, depth, out, err);
	default:
		break;
	}
	return yaml_err_line(r->doc, out->line, err, "anchors and aliases are not allowed");
}

/* Skip an event that must be of this type. */
static int
yaml_expect(struct yaml_reader *r, yaml_event_type_t type, const char *what, struct err *err)
{
	yaml_event_t	ev = {0};
	size_t		line = 0;
	bool		same = false;

	if (yaml_next(r, &ev, err) < 0)
		return -1;
	line = ev.start_mark.line + 1;
	same = ev.type == type;
	yaml_event_delete(&ev);
	return same ? 0 : yaml_err_line(r->doc, line, err, what);
}

static int
yaml_read_document(struct yaml_reader *r, struct err *err)
{
	yaml_event_t	ev = {0};
	int		rc = -1;

	if (yaml_expect(r, YAML_STREAM_START_EVENT, "not YAML", err) < 0 ||
	    yaml_expect(r, YAML_DOCUMENT_START_EVENT, "the document is empty", err) < 0 ||
	    yaml_next(r, &ev, err) < 0)
		return -1;
	rc = yaml_read_value(r, &ev, 0, &r->doc->root, err);
	yaml_event_delete(&ev);
	if (rc < 0)
		return -1;
	if (yaml_expect(r, YAML_DOCUMENT_END_EVENT, "unexpected text", err) < 0)
		return -1;
	return yaml_expect(r, YAML_STREAM_END_EVENT, "only one document is allowed", err);
}

int
yaml_parse(const char *p, size_t len, const char *name, struct yaml_doc **out, struct err *err)
{
	struct yaml_reader	 r = {0};
	struct yaml_doc		*d = NULL;
	int			 rc = 0;

	if (len > LIMIT_HALL_FILE)
		return err_set(err, ERR_LIMIT, "%s is larger than %d bytes", name,
		    LIMIT_HALL_FILE);
	d = xcalloc(1, sizeof(*d));
	d->arena = arena_new(YAML_MEMORY_MAX);
	d->name = arena_strdup(d->arena, name);
	r.doc = d;
	if (!yaml_parser_initialize(&r.parser))
		BUG("libyaml is out of memory");
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)p, len);
	rc = yaml_read_document(&r, err);
	yaml_parser_delete(&r.parser);
	if (rc < 0) {
		yaml_doc_free(d);
		return -1;
	}
	*out = d;
	return 0;
}

int
yaml_load(const char *path, struct yaml_doc **out, struct err *err)
{
	struct buf	b = {0};
	int		rc = 0;

	buf_init(&b, LIMIT_HALL_FILE);
	rc = file_read(path, &b, err);
	if (rc == 0)
		rc = yaml_parse(b.p, b.len, path, out, err);
	buf_free(&b);
	return rc;
}

void
yaml_doc_free(struct yaml_doc *d)
{
	if (d == NULL)
		return;
	arena_free(d->arena);
	free(d);
}

const struct yaml *
yaml_root(const struct yaml_doc *d)
{
	return &d->root;
}

const char *
yaml_name(const struct yaml_doc *d)
{
	return d->name;
}

int
yaml_err(const struct yaml_doc *d, const struct yaml *at, struct err *err, const char *fmt, ...)
{
	char	text[LIMIT_ERR_TEXT];
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return yaml_err_line(d, (size_t)at->line, err, text);
}

const struct yaml *
yaml_get(const struct yaml *map, const char *key)
{
	size_t	i = 0;

	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (i = 0; i < map->n; i++)
		if (strcmp(map->child[i].key, key) == 0)
			return &map->child[i];
	return NULL;
}

static const char *
yaml_kind_text(enum yaml_kind kind)
{
	return kind == YAML_TEXT ? "a text" : kind == YAML_LIST ? "a list" : "a map";
}

int
yaml_need(const struct yaml_doc *d, const struct yaml *map, const char *key,
    enum yaml_kind kind, const struct yaml **out, struct err *err)
{
	const struct yaml	*y = NULL;

	if (map->kind != YAML_MAP)
		return yaml_err(d, map, err, "must be a map");
	y = yaml_get(map, key);
	if (y == NULL)
		return yaml_err(d, map, err, "key \"%s\" is missing", key);
	if (y->kind != kind)
		return yaml_err(d, y, err, "\"%s\" must be %s", key, yaml_kind_text(kind));
	*out = y;
	return 0;
}

int
yaml_text(const struct yaml_doc *d, const struct yaml *map, const char *key, const char *dflt,
    const char **out, struct err *err)
{
	const struct yaml	*y = NULL;

	if (dflt != NULL && yaml_get(map, key) == NULL) {
		*out = dflt;
		return 0;
	}
	if (yaml_need(d, map, key, YAML_TEXT, &y, err) < 0)
		return -1;
	if (dflt == NULL && *y->text == '\0')
		return yaml_err(d, y, err, "\"%s\" must not be empty", key);
	*out = y->text;
	return 0;
}

int
yaml_int(const struct yaml_doc *d, const struct yaml *map, const char *key, int64_t min,
    int64_t max, int64_t dflt, int64_t *out, struct err *err)
{
	const struct yaml	*y = NULL;

	if (dflt >= min && yaml_get(map, key) == NULL) {
		*out = dflt;
		return 0;
	}
	if (yaml_need(d, map, key, YAML_TEXT, &y, err) < 0)
		return -1;
	if (str_to_i64(y->text, max, out) < 0 || *out < min)
		return yaml_err(d, y, err, "\"%s\" must be a whole number from %" PRId64
		    " to %" PRId64, key, min, max);
	return 0;
}

int
yaml_bool(const struct yaml_doc *d, const struct yaml *map, const char *key, bool dflt,
    bool *out, struct err *err)
{
	const struct yaml	*y = yaml_get(map, key);

	*out = dflt;
	if (y == NULL)
		return 0;
	if (y->kind == YAML_TEXT && strcmp(y->text, "true") == 0)
		*out = true;
	else if (y->kind == YAML_TEXT && strcmp(y->text, "false") == 0)
		*out = false;
	else
		return yaml_err(d, y, err, "\"%s\" must be true or false", key);
	return 0;
}

int
yaml_keys(const struct yaml_doc *d, const struct yaml *map, const char *const *known,
    struct err *err)
{
	size_t	i = 0, k = 0;

	if (map->kind != YAML_MAP)
		return yaml_err(d, map, err, "must be a map");
	for (i = 0; i < map->n; i++) {
		for (k = 0; known[k] != NULL; k++)
			if (strcmp(known[k], map->child[i].key) == 0)
				break;
		if (known[k] == NULL)
			return yaml_err(d, &map->child[i], err, "unknown key \"%s\"",
			    map->child[i].key);
	}
	return 0;
}
