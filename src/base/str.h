#ifndef BASE_STR_H
#define BASE_STR_H
#include "base/buf.h"
/*
 * Text helpers: encodings, UTF-8, comparison of secrets, masking of personal data.
 * Nothing here keeps state.
 */
void	hex_encode(const void *p, size_t len, char *text);	/* 2*len+1, lower case */
/* Exactly len bytes from 2*len hex digits; -1 otherwise. */
NODISCARD int hex_decode(const char *text, void *p, size_t len);

void	base64_add(struct buf *b, const void *p, size_t len);	/* padded, one line */
void	base64url_add(struct buf *b, const void *p, size_t len); /* unpadded */
/* Strict: alphabet, padding, no spaces.  Appends to b; -1 when malformed. */
NODISCARD int base64_decode(const char *text, size_t len, struct buf *b);
/* The same of unpadded base64url (RFC 4648 5). */
NODISCARD int base64url_decode(const char *text, size_t len, struct buf *b);

bool	utf8_is_valid(const char *s, size_t len);	/* no overlong, no surrogates */
size_t	utf8_count(const char *s);			/* characters of valid UTF-8 */
/* Bytes that belong to no character are dropped, in place: what was cut anywhere is text again. */
void	utf8_mend(char *s);
/* As much of the text as fits, in whole characters: words of others, whose length nobody knows. */
void	str_copy(char *to, size_t size, const char *from);
/* Characters nobody sees: controls, blanks without width, marks that turn the direction. */
bool	utf8_has_hidden(const char *s);

/* Equality in time that depends on the lengths only. */
bool	secret_equal(const void *a, size_t alen, const void *b, size_t blen);

bool	str_has_prefix(const char *s, const char *prefix);
bool	str_has_suffix(const char *s, const char *suffix);
bool	str_is_digits(const char *s);			/* false for "" */
void	str_trim(char *s);				/* ASCII blanks and U+3000, both ends */
void	str_fold(char *s);				/* full-width ASCII to half-width, in place */
/* Decimal without sign, blank or leading rubbish, at most max; -1 otherwise. */
NODISCARD int str_to_i64(const char *s, int64_t max, int64_t *value);
/* 34000 -> "340.00" */
const char *fen_text(int64_t fen, char text[32]);

/*
 * Masks for pages and logs: 138****1234, 4304**********1234, w***g@qq.com, 张*丰.
 * The result is cut to fit and always NUL-terminated.
 */
#define MASK_TEXT	128
const char *mask_phone(const char *s, char text[MASK_TEXT]);
const char *mask_idno(const char *s, char text[MASK_TEXT]);
const char *mask_mail(const char *s, char text[MASK_TEXT]);
const char *mask_name(const char *s, char text[MASK_TEXT]);
/* Mask every phone number, ID number and mail address found inside s (for logs). */
void	mask_all(const char *s, struct buf *out);
#endif
