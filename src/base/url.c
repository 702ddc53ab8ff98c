#include "base/base.h"
#include "base/url.h"
#include "base/str.h"

static bool
url_is_plain(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '.' || c == '_' || c == '~';
}

void
url_encode(struct buf *b, const void *p, size_t len)
{
	const unsigned char	*s = p;

	for (size_t i = 0; i < len; i++) {
		if (url_is_plain(s[i]))
			buf_addch(b, (char)s[i]);
		else
			buf_addf(b, "%%%02X", s[i]);
	}
}

void
url_encode_str(struct buf *b, const char *s)
{
	url_encode(b, s, strlen(s));
}

int
url_decode(struct buf *b, const char *p, size_t len, bool plus)
{
	char		 pair[3] = {0};
	unsigned char	 c;

	for (size_t i = 0; i < len; i++) {
		if (p[i] == '%') {
			if (len - i < 3)
				return -1;
			memcpy(pair, p + i + 1, 2);
			if (hex_decode(pair, &c, 1) < 0 || c == 0)
				return -1;
			buf_addch(b, (char)c);
			i += 2;
		} else if (p[i] == '\0') {
			return -1;
		} else {
			buf_addch(b, plus && p[i] == '+' ? ' ' : p[i]);
		}
	}
	return 0;
}

/* One "name=value" into fields. */
static int
url_form_field(const char *p, size_t len, json_t *fields, struct err *err)
{
	const char	*eq = memchr(p, '=', len);
	size_t		 name_len = eq == NULL ? len : (size_t)(eq - p);
	struct buf	 name, value;
	int		 rc = -1;

	buf_init(&name, len + 1);
	buf_init(&value, len + 1);
	if (url_decode(&name, p, name_len, true) < 0 ||
	    (eq != NULL && url_decode(&value, eq + 1, len - name_len - 1, true) < 0) ||
	    !utf8_is_valid(name.p, name.len) || !utf8_is_valid(value.p, value.len))
		err_set(err, ERR_INPUT, "form field: broken encoding");
	else if (json_object_get(fields, name.p) != NULL)
		err_set(err, ERR_INPUT, "form field %s: given twice", name.p);
	else {
		js_set_str(fields, name.p, value.p);
		rc = 0;
	}
	buf_free(&name);
	buf_free(&value);
	return rc;
}

int
url_form_parse(const char *p, size_t len, json_t **fields, struct err *err)
{
	json_t		*out = json_object();
	const char	*end = p + len, *amp;

	while (p < end) {
		if ((amp = memchr(p, '&', (size_t)(end - p))) == NULL)
			amp = end;
		if (json_object_size(out) >= LIMIT_FORM_FIELDS) {
			json_decref(out);
			return err_set(err, ERR_LIMIT, "form: more than %d fields",
			    LIMIT_FORM_FIELDS);
		}
		if (amp > p && url_form_field(p, (size_t)(amp - p), out, err) < 0) {
			json_decref(out);
			return -1;
		}
		p = amp + 1;
	}
	*fields = out;
	return 0;
}

void
url_form_write(const json_t *fields, struct buf *b)
{
	const char	*name, *sep = "";
	json_t		*value;
	json_t		*all = json_copy((json_t *)(uintptr_t)fields);

	json_object_foreach(all, name, value) {
		buf_addstr(b, sep);
		url_encode_str(b, name);
		buf_addch(b, '=');
		url_encode_str(b, json_string_value(value));
		sep = "&";
	}
	json_decref(all);
}
