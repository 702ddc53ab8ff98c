#include "base/base.h"
#include "base/json.h"
#include "base/str.h"

/* jansson bounds recursion at 2048; our documents are flat, so refuse far earlier. */
static bool
json_too_deep(const char *p, size_t len)
{
	int	 depth = 0;
	bool	 text = false;

	for (size_t i = 0; i < len; i++) {
		if (text) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				text = false;
		} else if (p[i] == '"') {
			text = true;
		} else if (p[i] == '{' || p[i] == '[') {
			if (++depth > LIMIT_JSON_DEPTH)
				return true;
		} else if (p[i] == '}' || p[i] == ']') {
			depth--;
		}
	}
	return false;
}

int
json_parse(const char *p, size_t len, size_t max, json_t **out, struct err *err)
{
	json_error_t	 je;

	if (len > (max == 0 ? LIMIT_JSON : max))
		return err_set(err, ERR_LIMIT, "JSON of %zu bytes is too large", len);
	if (json_too_deep(p, len))
		return err_set(err, ERR_INPUT, "JSON nested deeper than %d", LIMIT_JSON_DEPTH);
	*out = json_loadb(p, len, JSON_REJECT_DUPLICATES, &je);
	if (*out == NULL)
		return err_set(err, ERR_INPUT, "bad JSON at byte %d: %s", je.position,
		    je.text);
	return 0;
}

static int
json_sink(const char *p, size_t len, void *b)
{
	buf_add(b, p, len);
	return 0;
}

void
json_write(const json_t *j, struct buf *b)
{
	if (json_dump_callback(j, json_sink, b, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
		BUG("JSON value cannot be written");
}

void
json_write_canonical(const json_t *j, struct buf *b)
{
	if (json_dump_callback(j, json_sink, b,
	    JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS) < 0)
		BUG("JSON value cannot be written");
}

const char *
js_str_or(const json_t *obj, const char *key, const char *dflt)
{
	const char	*s = json_string_value(json_object_get(obj, key));

	return s == NULL ? dflt : s;
}

const char *
js_str(const json_t *obj, const char *key)
{
	return js_str_or(obj, key, "");
}

int64_t
js_int(const json_t *obj, const char *key, int64_t dflt)
{
	const json_t	*v = json_object_get(obj, key);

	return json_is_integer(v) ? json_integer_value(v) : dflt;
}

bool
js_bool(const json_t *obj, const char *key)
{
	return json_is_true(json_object_get(obj, key));
}

int
js_need_str(const json_t *obj, const char *key, const char **out, struct err *err)
{
	const json_t	*v = json_object_get(obj, key);

	if (!json_is_string(v) || json_string_length(v) != strlen(json_string_value(v)))
		return err_set(err, ERR_INPUT, "\"%s\" must be a string", key);
	*out = json_string_value(v);
	return 0;
}

int
js_need_int(const json_t *obj, const char *key, int64_t *out, struct err *err)
{
	const json_t	*v = json_object_get(obj, key);

	if (!json_is_integer(v))
		return err_set(err, ERR_INPUT, "\"%s\" must be an integer", key);
	*out = json_integer_value(v);
	return 0;
}

void
js_set_bytes(json_t *obj, const char *key, const void *p, size_t len)
{
	struct buf	 b;

	buf_init(&b, LIMIT_FRAME * 2);
	base64_add(&b, p, len);
	json_object_set_new(obj, key, json_stringn_nocheck(b.p, b.len));
	buf_free(&b);
}

int
js_need_bytes(const json_t *obj, const char *key, struct buf *out, struct err *err)
{
	const json_t	*v = json_object_get(obj, key);

	if (!json_is_string(v) ||
	    base64_decode(json_string_value(v), json_string_length(v), out) < 0)
		return err_set(err, ERR_INPUT, "\"%s\" must be base64", key);
	return 0;
}

void
js_set_str(json_t *obj, const char *key, const char *value)
{
	json_object_set_new(obj, key, value == NULL ? json_null() : json_string(value));
}

void
js_set_int(json_t *obj, const char *key, int64_t value)
{
	json_object_set_new(obj, key, json_integer(value));
}

void
js_set_bool(json_t *obj, const char *key, bool value)
{
	json_object_set_new(obj, key, json_boolean(value));
}
