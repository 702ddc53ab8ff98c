/* What a stranger sends to EST: path, Authorization and body, one line each. */
#include "base/base.h"
#include "enrol/work.h"
#include "pki/csr.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	char		*text = xstrndup((const char *)p, len), *rest = text, *path, *header;
	char		 label[EST_NAME], operation[EST_NAME], name[EST_NAME];
	struct secret	 secret = {0};
	struct name	 subject = {0};
	struct err	 err = {0};
	struct buf	 der;

	buf_init(&der, LIMIT_CSR);
	path = strsep(&rest, "\n");
	header = rest == NULL ? NULL : strsep(&rest, "\n");
	if (est_path(path, label, operation) == 0)
		assert(operation[0] != '\0' && strchr(operation, '/') == NULL);
	if (est_basic(header, name, &secret, &err) == 0)
		assert(name[0] != '\0' && strchr(name, ':') == NULL);
	err_clear(&err);
	if (rest != NULL && est_csr(rest, strlen(rest), &der, &err) == 0) {
		if (csr_subject(der.p, der.len, &subject, &err) < 0)
			assert(err.text[0] != '\0');
	}
	name_free(&subject);
	secret_free(&secret);
	buf_free(&der);
	free(text);
	return 0;
}
