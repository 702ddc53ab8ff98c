#include "base/base.h"
#include "kmc/work.h"

#define KEY_YEARS	10

/* Self-signed: nobody but an auditor asks for proofs of kmc, and gets the certificate by hand. */
static int
certify(EVP_PKEY *key, void *arg, struct cert **out, struct err *err)
{
	struct name		 subject = {0};
	struct cert_plan	 plan = {.profile = profile_find("journal"), .subject = &subject,
		.key = key, .not_before = clock_now(),
		.not_after = clock_add_years(clock_now(), KEY_YEARS) - CLOCK_SECOND};
	int			 rc = -1;

	(void)arg;
	if (plan.profile == NULL)
		return err_set(err, ERR_WRONG_STATE, "the file of ca.profiles has no profile "
		    "\"journal\": copy it from profiles/default.yaml");
	cert_new_serial(plan.serial);
	if (name_add(&subject, "C", "CN", err) == 0 &&
	    name_add(&subject, "CN", "Key Management Centre Journal", err) == 0)
		rc = cert_build(&plan, SIGNING(key), out, err);
	name_free(&subject);
	return rc;
}

static const struct journal_owner	kmc_owner = {
	.name = "kmc", .dir = "kmc", .key_file = "kmc-keys/journal.key", .certify = certify,
};

int
kmc_journal_open(struct kmc *k, const struct secret *passphrase, struct err *err)
{
	return journal_open(&k->journal, &kmc_owner, k->store, passphrase, err);
}
