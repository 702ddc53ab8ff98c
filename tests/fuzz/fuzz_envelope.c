/* The enveloped encryption key, as a UKey's software reads it. */
#include "base/base.h"
#include "base/str.h"
#include "pki/envelope.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static EVP_PKEY		*key;
	struct err		 err = {0};
	unsigned char		 d[SM2_SCALAR_LEN];
	struct envelope_fields	 f;
	struct secret		 out = {0};
	struct buf		 der;

	/* the recipient of corpus/envelope/other */
	if (key == NULL && (hex_decode("5cbd96822bb1491ec835ae9c09d4d3825e30bd9955e3c7031fbbe0e"
	    "72d6fddf6", d, sizeof(d)) < 0 || sm2_from_scalar(d, &key, &err) < 0))
		BUG("%s", err.text);
	buf_init(&der, ENVELOPE_MAX);
	if (envelope_to_fields(p, len, &f, &err) == 0) {
		envelope_from_fields(&f, &der);
		assert(!der.over && der.len <= ENVELOPE_MAX);
	}
	if (envelope_open(key, p, len, &out, &err) == 0)
		assert(out.len == SM2_SCALAR_LEN);
	secret_free(&out);
	buf_free(&der);
	return 0;
}
