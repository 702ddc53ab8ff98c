#include "base/base.h"
#include "hall/digest.h"

#include "base/str.h"

void
digest_sm3_text(const void *p, size_t len, char text[SM3_TEXT])
{
	unsigned char	md[SM3_LEN];

	sm3(p, len, md);
	hex_encode(md, sizeof(md), text);
}
