#ifndef HALL_DIGEST_H
#define HALL_DIGEST_H
#include "pki/sm2.h"
/* SM3 as hex text.  The keyed digest for look-ups is that of sealed.h.  Can not fail. */
#define SM3_LEN		SM2_DIGEST_LEN
#define SM3_TEXT	(2 * SM3_LEN + 1)
void	digest_sm3_text(const void *p, size_t len, char text[SM3_TEXT]);
#endif
