/* CMP messages, as the signer takes them apart. */
#include "base/base.h"
#include "pki/cmp.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	char			 serial[CMP_SERIAL_TEXT];
	struct cmp_message	 m;
	struct name		 subject = {0};
	EVP_PKEY		*key = NULL;
	struct err		 err = {0};
	int			 reason;

	if (cmp_parse(p, len, &m, &err) < 0)
		assert(err.text[0] != '\0');
	else if (m.type == CMP_RR && cmp_revoked(&m, serial, &reason, &err) == 0)
		assert(serial[0] != '\0' && reason >= 0 && reason <= 10);
	else if (m.type != CMP_RR && cmp_wanted(&m, &subject, &key, &err) == 0)
		assert(key != NULL);
	name_free(&subject);
	EVP_PKEY_free(key);
	cmp_message_free(&m);
	return 0;
}
