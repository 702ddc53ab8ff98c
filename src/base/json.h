#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "base/buf.h"
#include <jansson.h>
/*
 * Strict JSON on jansson: duplicate keys, trailing bytes, bad UTF-8 and excess depth are
 * refused.  Values are reference-counted: json_decref().
 */

/* Parse exactly len bytes (at most LIMIT_JSON unless max says otherwise; 0 = LIMIT_JSON). */
NODISCARD int json_parse(const char *p, size_t len, size_t max, json_t **out, struct err *err);
/* Compact, keys in insertion order.  Appends to b. */
void	json_write(const json_t *j, struct buf *b);
/* Compact with sorted keys: one spelling for one value, for signing and digests. */
void	json_write_canonical(const json_t *j, struct buf *b);

/* Lenient getters: NULL object, missing key or other type give the default. */
const char	*js_str(const json_t *obj, const char *key);		/* "" when missing */
const char	*js_str_or(const json_t *obj, const char *key, const char *dflt);
int64_t		 js_int(const json_t *obj, const char *key, int64_t dflt);
bool		 js_bool(const json_t *obj, const char *key);
/* Strict getters: -1 with ERR_INPUT naming the key. */
NODISCARD int js_need_str(const json_t *obj, const char *key, const char **out,
    struct err *err);
NODISCARD int js_need_int(const json_t *obj, const char *key, int64_t *out, struct err *err);
/* Bytes travel as base64 strings. */
void	js_set_bytes(json_t *obj, const char *key, const void *p, size_t len);
NODISCARD int js_need_bytes(const json_t *obj, const char *key, struct buf *out,
    struct err *err);
void	js_set_str(json_t *obj, const char *key, const char *value);	/* NULL: sets null */
void	js_set_int(json_t *obj, const char *key, int64_t value);
void	js_set_bool(json_t *obj, const char *key, bool value);
#endif
