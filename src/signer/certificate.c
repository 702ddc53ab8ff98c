#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "signer/work.h"

#include <pthread.h>

int
certificate_add(struct db *db, const struct cert *c, const char *ref, const char *profile,
    struct err *err)
{
	size_t			 len;
	const unsigned char	*der = cert_der(c, &len);

	return db_run(db, SQL_CA_CERTIFICATE_ADD, NULL, err, DB_TEXT(cert_serial(c)),
	    DB_TEXT(ref), DB_TEXT(profile), DB_TEXT(cert_subject(c)), DB_BLOB(der, len),
	    DB_INT(cert_not_before(c)), DB_INT(cert_not_after(c)), DB_INT(clock_now()));
}

/* The URLs live as long as the settings: made once, by whichever thread is first. */
static char		pointers_ocsp[300], pointers_crl[300], pointers_ca[300];
static pthread_once_t	pointers_once = PTHREAD_ONCE_INIT;

static void
pointers_make(void)
{
	const char	*base = conf_str("va.public_url");

	snprintf(pointers_ocsp, sizeof(pointers_ocsp), "%s/ocsp", base);
	snprintf(pointers_crl, sizeof(pointers_crl), "%s/crl/issuing.crl", base);
	snprintf(pointers_ca, sizeof(pointers_ca), "%s/ca/issuing.crt", base);
}

void
certificate_pointers(struct cert_pointers *p)
{
	pthread_once(&pointers_once, pointers_make);
	*p = (struct cert_pointers){.ocsp = pointers_ocsp, .crl = pointers_crl,
		.ca_issuers = pointers_ca, .policy = conf_str("ca.policy_oid"),
		.cps = conf_str("ca.cps_url")};
}

static int
signer_read_cert(const char *name, struct cert **out, struct err *err)
{
	char	*path = xasprintf("%s/pub/%s", conf_str("data.dir"), name);
	int	 rc = cert_read(path, out, err);

	free(path);
	return rc;
}

int
signer_open(struct signer *s, const struct secret *passphrase, struct err *err)
{
	int	 rc = -1;

	if (signer_read_cert("root.crt", &s->root, err) == 0 &&
	    signer_read_cert("issuing.crt", &s->issuing, err) == 0 &&
	    signing_key_open(conf_str("ca.key"), passphrase, &s->key, err) == 0 &&
	    store_open(&s->store, STORE_CA, conf_str("store.ca"), false, err) == 0)
		rc = 0;
	if (rc < 0)
		signer_close(s);
	return rc;
}

void
signer_close(struct signer *s)
{
	store_close(s->store);
	cert_free(s->root);
	cert_free(s->issuing);
	signing_key_close(&s->key);
	*s = (struct signer){0};
}
