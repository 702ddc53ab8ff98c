/* Certificates come from UKeys and from relying parties. */
#include "base/base.h"
#include "pki/cert.h"
#include "pki/crl.h"
#include "pki/lint.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static void
fuzz_broken(const struct lint_rule *rule, void *arg)
{
	size_t	*n = arg;

	assert(rule->name[0] != '\0');
	(*n)++;
}

static void
fuzz_lint(const struct cert *c)
{
	struct lint_case	 lc = {.cert = c, .issuer = c};
	size_t			 broken = 0, errors = lint_run(&lc, fuzz_broken, &broken);

	assert(errors <= broken);
}

static void
fuzz_read(const struct cert *c)
{
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN];
	char		 code[CERT_IDENTITY_TEXT];
	const char	*type = NULL;
	struct crl_facts facts;
	struct buf	 pem;
	size_t		 len;

	buf_init(&pem, 4 * LIMIT_CERT);
	cert_pem_add(c, &pem);
	assert(strlen(cert_serial(c)) < CERT_SERIAL_TEXT);
	assert(cert_cn(c) != NULL && cert_subject(c) != NULL);
	if (cert_identity(c, &type, code))
		assert(type != NULL && strlen(code) < sizeof(code));
	if (cert_point(c, point, &err) == 0)
		assert(point[0] == 0x04);
	if (cert_has_eku(c, "1.3.6.1.5.5.7.3.9") && cert_is_ca(c))
		err_clear(&err);
	if (cert_verify_chain((const struct cert *[]){c, c}, 2, cert_not_before(c), &err) < 0)
		assert(err.kind != ERR_NONE);
	if (crl_verify(cert_der(c, &len), len, c, &facts, &err) == 0)
		assert(facts.number >= -1);
	fuzz_lint(c);
	buf_free(&pem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err	 err = {0};
	struct cert	*c = NULL, *any = NULL;

	if (lint_read(p, len, &any, &err) == 0)
		fuzz_lint(any);
	err_clear(&err);
	cert_free(any);
	if (cert_parse(p, len, &c, &err) < 0)
		assert(err.kind != ERR_NONE && c == NULL);
	else
		fuzz_read(c);
	cert_free(c);
	return 0;
}
