#ifndef BASE_URL_H
#define BASE_URL_H
#include "base/json.h"
/*
 * Percent-encoding (RFC 3986) and form fields (application/x-www-form-urlencoded).
 */
/* Append p, keeping A-Z a-z 0-9 - . _ ~ and writing the rest as %XX. */
void	url_encode(struct buf *b, const void *p, size_t len);
void	url_encode_str(struct buf *b, const char *s);
/* Append p decoded once; plus: '+' is a blank.  -1 for a broken %XX or a NUL. */
NODISCARD int url_decode(struct buf *b, const char *p, size_t len, bool plus);
/*
 * The fields of "a=1&b=2", decoded once, as an object of strings (to json_decref).
 * ERR_INPUT: broken encoding, bad UTF-8, a name twice; ERR_LIMIT: over LIMIT_FORM_FIELDS.
 */
NODISCARD int url_form_parse(const char *p, size_t len, json_t **fields, struct err *err);
/* Append an object of strings as a=1&b=2 in its order. */
void	url_form_write(const json_t *fields, struct buf *b);
#endif
