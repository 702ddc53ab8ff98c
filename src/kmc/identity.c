#include "base/base.h"
#include "kmc/work.h"

#define IDENTITY_YEARS	2

/* A certificate that kmc signs itself: other CAs get it by hand and trust it by hand. */
static int
identity_certify(EVP_PKEY *key, struct cert **out, struct err *err)
{
	struct name		 subject = {0};
	struct cert_plan	 plan = {.profile = profile_find("machine"), .subject = &subject,
		.key = key, .not_before = clock_now(),
		.not_after = clock_add_years(clock_now(), IDENTITY_YEARS) - CLOCK_SECOND};
	int			 rc = -1;

	if (plan.profile == NULL)
		return err_set(err, ERR_WRONG_STATE, "there is no certificate profile \"machine\"");
	cert_new_serial(plan.serial);
	if (name_add(&subject, "C", "CN", err) == 0 &&
	    name_add(&subject, "CN", "Key Management Centre", err) == 0)
		rc = cert_build(&plan, SIGNING(key), out, err);
	name_free(&subject);
	return rc;
}

int
identity_make(struct kmc *k, struct buf *pem, struct err *err)
{
	unsigned char	 d[SM2_SCALAR_LEN];
	struct cert	*c = NULL;
	EVP_PKEY	*key = NULL;
	int		 rc = -1;

	if (sm2_generate(&key, err) == 0 && sm2_scalar(key, d, err) == 0 &&
	    identity_certify(key, &c, err) == 0) {
		cert_pem_add(c, pem);
		rc = kmc_secret_add(k, "identity", d, pem->p, err);
	}
	secret_wipe(d, sizeof(d));
	cert_free(c);
	EVP_PKEY_free(key);
	return rc;
}

int
identity_load(struct kmc *k, struct cert **cert, EVP_PKEY **key, struct err *err)
{
	unsigned char	 d[SM2_SCALAR_LEN];
	struct buf	 pem;
	int		 rc = -1;

	buf_init(&pem, LIMIT_CERT * 2);
	if (kmc_secret_load(k, "identity", d, &pem, err) == 0 &&
	    cert_parse(pem.p, pem.len, cert, err) == 0)
		rc = sm2_from_scalar(d, key, err);
	secret_wipe(d, sizeof(d));
	buf_free(&pem);
	return rc;
}
