#ifndef HALL_SEALED_H
#define HALL_SEALED_H
#include "hall/hall.h"
#include "store/store.h"
/*
 * Personal data in the hall's columns: sealed under the data key, found by keyed digests.
 * `column` ("orders.form") is bound into both, so that a value can not be moved elsewhere.
 */
#define KEYED_TEXT	65
NODISCARD int	sealed_put(const struct hall *h, const char *column, const void *p, size_t len,
		    struct buf *out, struct err *err);
NODISCARD int	sealed_get(const struct hall *h, const char *column, const void *p, size_t len,
		    struct buf *out, struct err *err);
/* JSON objects: an empty column gives {}. */
NODISCARD int	sealed_put_json(const struct hall *h, const char *column, const json_t *j,
		    struct buf *out, struct err *err);
NODISCARD int	sealed_get_json(const struct hall *h, const char *column, struct rows *rows,
		    int col, json_t **out, struct err *err);
/* Keyed digest of a normalised text, hex. */
void		keyed(const struct hall *h, const char *column, const char *text,
		    char digest[KEYED_TEXT]);
/* The same over "a|b". */
void		keyed_pair(const struct hall *h, const char *column, const char *a,
		    const char *b, char digest[KEYED_TEXT]);
#endif
