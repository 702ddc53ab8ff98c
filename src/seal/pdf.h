#ifndef SEAL_PDF_H
#define SEAL_PDF_H
#include "base/buf.h"
#include "pki/sm2.h"
#include "seal/eseal.h"
/*
 * PDF files (ISO 32000-1) that are sealed, and the seals in them.
 *
 * The reader is strict: a file whose cross-references do not fit is refused with a Chinese
 * sentence, never repaired, for what one program repairs another shows differently.  Refused as well:
 * encrypted files, hybrid cross-references (7.5.8.4) and XFA forms (12.7.8).  It looks at structure alone: what a page shows is
 * never interpreted.  Reading takes bounded memory and time, whatever the bytes are.
 *
 * A seal is a signature field (12.7.4.5) added behind the file as it was (7.5.6): the bytes before are
 * not touched, so what was sealed before stays so.  Its dictionary holds an electronic signature of
 * GB/T 38540-2020 (esign.h), SubFilter GM.sm2seal as others in the field write it.
 */
#define PDF_MAX			(32 * 1024 * 1024)	/* bytes of a file */
#define PDF_OBJECTS_MAX		500000
#define PDF_PAGES_MAX		5000
#define PDF_SIGNATURES_MAX	32
#define PDF_FIELD_TEXT		64
#define PDF_SUB_FILTER		"GM.sm2seal"

struct pdf;
/* The bytes stay the caller's and must outlive it. */
NODISCARD int	pdf_open(const void *p, size_t len, struct pdf **out, struct err *err);
void		pdf_close(struct pdf *d);		/* NULL: no-op */
bool		pdf_is(const void *p, size_t len);	/* begins like one */
NODISCARD int	pdf_page_count(struct pdf *d, int *n, struct err *err);

/* Sealing ----------------------------------------------------------------------------- */

/* Where the seal's picture goes: its middle, seen from the upper left corner of the page as it
 * is shown (turned, cropped), millimetres. */
struct pdf_place {
	int		 page;				/* from 1; the seal's field is there */
	bool		 all_pages;			/* the picture on each page */
	bool		 is_edge;			/* 骑缝章: a slice at each page's right edge */
	double		 x, y;				/* is_edge: only y counts */
};
/* A file with room for the signature: what is signed is known, the signature is not. */
struct pdf_draft {
	struct buf	 file;
	size_t		 gap, gap_len;			/* of Contents, with its brackets */
	unsigned char	 digest[SM2_DIGEST_LEN];	/* SM3 of what stands around it */
	char		 property[64];			/* propertyInfo: the ByteRange */
};
/*
 * ERR_INPUT: the place lies outside of the page, the picture is no PNG or JPG; ERR_DENIED: the file
 * is certified against changes, or a seal in it locks it.
 */
NODISCARD int	pdf_prepare(struct pdf *d, const struct eseal *seal, const struct pdf_place *place,
		    int64_t time, size_t room, struct pdf_draft *out, struct err *err);
/* Put the signature where there is room for it.  ERR_LIMIT: it is too large. */
NODISCARD int	pdf_fill(struct pdf_draft *draft, const void *der, size_t len, struct err *err);
void		pdf_draft_free(struct pdf_draft *draft);	/* of a zeroed struct: no-op */

/* Signatures in a file ---------------------------------------------------------------- */

/* What is wrong with how a signature stands in the file, the first that is. */
enum pdf_trouble {
	PDF_FINE,
	PDF_INCOMPLETE,			/* no ByteRange or Contents */
	PDF_GAP,			/* what is not covered is more or less than its Contents */
	PDF_SHARED,			/* two fields, one signature */
	PDF_PADDED,			/* Contents hold more than one structure and zeros */
	PDF_VERSION,			/* what is covered is no whole version of the file */
	PDF_CHANGED,			/* later versions changed what was sealed */
};
struct pdf_signature {
	char		 field[PDF_FIELD_TEXT];
	char		 sub_filter[PDF_FIELD_TEXT];
	enum pdf_trouble trouble;
	size_t		 end;				/* where what it covers ends */
	bool		 is_whole;			/* that is the end of the file */
	bool		 is_stamp;			/* a document time stamp, no seal */
	struct buf	 der;				/* Contents */
	unsigned char	 digest[SM2_DIGEST_LEN];	/* SM3 of what is covered */
};
struct pdf_signatures {
	struct pdf_signature *row;			/* in the order they were made */
	size_t		 n;
	bool		 is_whole;			/* one of them covers the whole file */
};
/* An empty list is no error. */
NODISCARD int	pdf_signatures_find(struct pdf *d, struct pdf_signatures *out, struct err *err);
void		pdf_signatures_free(struct pdf_signatures *s);
#endif
