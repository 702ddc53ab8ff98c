#ifndef PKI_IDCODE_H
#define PKI_IDCODE_H
#include "base/err.h"
/*
 * Codes and numbers people type in: each check gives 0, or -1 with ERR_INPUT and a Chinese
 * sentence that says exactly what is wrong.  Input is expected trimmed and folded to half
 * width (str_trim, str_fold); lower-case letters are accepted where the code has letters,
 * idcode_fold gives the spelling to store.  A code that passes may still not exist.
 */
NODISCARD int	idcode_check_uscc(const char *s, struct err *err);	/* GB 32100-2015 */
NODISCARD int	idcode_check_orgcode(const char *s, struct err *err);	/* GB 11714: 8-C or 9 */
/* GB 11643-1999, 18 characters: region, birth date up to `today` (ms), check character. */
NODISCARD int	idcode_check_resident(const char *s, int64_t today, struct err *err);
NODISCARD int	idcode_check_passport(const char *s, struct err *err);	/* 5-17 letters, digits */
NODISCARD int	idcode_check_mobile(const char *s, struct err *err);	/* 11 digits from 13 to 19 */
NODISCARD int	idcode_check_phone(const char *s, struct err *err);	/* 0731-88888888[-123], 400… or mobile */
NODISCARD int	idcode_check_email(const char *s, struct err *err);
NODISCARD int	idcode_check_postcode(const char *s, struct err *err);	/* 6 digits */
NODISCARD int	idcode_check_bankcard(const char *s, struct err *err);	/* Luhn, 16-19 digits; blanks allowed */

/* Upper case, blanks and (for codes) nothing else changed; cut to size. */
const char	*idcode_fold(const char *s, char *text, size_t size);

/* Facts inside a resident id that passed its check. */
struct idcode_resident {
	int	 year, month, day;		/* of birth */
	bool	 male;
	char	 region[7];			/* GB/T 2260, six digits */
};
void	idcode_resident(const char *s, struct idcode_resident *r);
/* Whole years lived at `today` (ms, China). */
int	idcode_resident_age(const struct idcode_resident *r, int64_t today);
#endif
