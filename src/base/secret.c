#include "base/base.h"
#include "base/secret.h"

#include <openssl/crypto.h>

void
secret_wipe(void *p, size_t len)
{
	if (p != NULL)
		OPENSSL_cleanse(p, len);
}

void
secret_free(struct secret *s)
{
	secret_wipe(s->p, s->len);
	free(s->p);
	*s = (struct secret){0};
}

void
secret_set(struct secret *s, const void *p, size_t len)
{
	unsigned char	*copy = xmalloc(len + 1);

	memcpy(copy, p, len);
	copy[len] = '\0';
	secret_free(s);
	s->p = copy;
	s->len = len;
}
