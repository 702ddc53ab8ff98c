#ifndef DOC_SNIFF_H
#define DOC_SNIFF_H
#include "base/err.h"
/*
 * What a picture file says of itself, read from its first bytes without decoding.
 * Bounded reads only; fuzzed (tests/fuzz/fuzz_sniff.c).
 */
enum sniff_type { SNIFF_JPG, SNIFF_PNG, SNIFF_BMP };

struct sniff {
	enum sniff_type	 type;
	int		 width, height;		/* as stored, before any turning */
	int		 dpi;			/* stated density, 0: none */
	int		 orientation;		/* EXIF 1..8; 1: upright */
};

/* ERR_INPUT with a Chinese sentence when it is no JPEG, PNG or BMP or is cut short. */
NODISCARD int	sniff_read(const unsigned char *p, size_t len, struct sniff *out,
		    struct err *err);
const char	*sniff_name(enum sniff_type type);	/* "jpg" */
#endif
