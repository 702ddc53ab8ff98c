/* A proof of a journal comes from whoever shows it; here its own certificate is trusted. */
#include "base/base.h"
#include "journal/proof.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct cert_pool	 pool = {0};
	struct err		 err = {0};
	struct cert		*c = NULL;
	const char		*pem;
	json_t			*proof = NULL;

	if (json_parse((const char *)p, len, PROOF_MAX, &proof, &err) == 0) {
		pem = js_str(proof, "certificate");
		if (cert_parse(pem, strlen(pem), &c, &err) == 0 &&
		    cert_pool_take(&pool, c, &err) < 0)
			err_clear(&err);
		if (proof_check(proof, &pool, NULL, &err) < 0)
			assert(err.kind != ERR_NONE && err.text[0] != '\0');
	}
	json_decref(proof);
	cert_pool_release(&pool);
	return 0;
}
