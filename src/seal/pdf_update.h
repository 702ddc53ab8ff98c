#ifndef SEAL_PDF_UPDATE_H
#define SEAL_PDF_UPDATE_H
#include "seal/pdf_own.h"
/*
 * An incremental update (ISO 32000-1 7.5.6): objects appended behind a file, then the section of
 * cross-references of the kind the file has.  The bytes before stay as they are.
 */
#define PDF_UPDATE_MAX	2048		/* objects of one update */

struct pdf_update {
	struct pdf	*pdf;
	struct buf	*out;
	struct pdf_written {
		int64_t	 no, generation;
		size_t	 at;
	}		 row[PDF_UPDATE_MAX];
	size_t		 n;
	int64_t		 next;			/* number of the next new object */
};
void		pdf_update_init(struct pdf_update *u, struct pdf *d, struct buf *out);
int64_t		pdf_update_number(struct pdf_update *u);	/* of an object to come */
/* `no g obj`: of a new object, or of one that is there and is written anew. */
void		pdf_update_begin(struct pdf_update *u, int64_t no);
void		pdf_update_end(struct pdf_update *u);
/* A stream; `dict` are its further keys. */
void		pdf_update_stream(struct pdf_update *u, int64_t no, const char *dict, const void *p,
		    size_t len);
/* `no g R` of an object as it will be. */
void		pdf_update_ref(struct pdf_update *u, int64_t no);
/* Keys and values as they stand, but those of `but` (ends with NULL). */
void		pdf_update_keys(struct pdf_update *u, const struct pdf_value *dict,
		    const char *const *but);
/* The items of an array as they stand. */
void		pdf_update_items(struct pdf_update *u, const struct pdf_value *array);
/* Cross-references, trailer, end.  ERR_LIMIT: too much of anything. */
NODISCARD int	pdf_update_finish(struct pdf_update *u, struct err *err);

/* pdf_picture.c: the seal's picture as an image; its number.  Width and height do not matter:
 * the unit square is what is drawn. */
NODISCARD int	pdf_picture_add(struct pdf_update *u, const struct eseal_picture *picture,
		    int64_t *no, struct err *err);
#endif
