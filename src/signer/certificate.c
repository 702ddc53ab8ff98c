#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "signer/eseal.h"

int
certificate_add(struct db *db, const struct cert *c, const char *ref, const char *profile,
    const char *authority, int64_t line, struct err *err)
{
	const char		*type;
	char			 code[CERT_IDENTITY_TEXT], identity[KMC_SUBJECT] = "";
	int			 part = authority_part(profile_find(profile), cert_serial(c));
	size_t			 len;
	const unsigned char	*der = cert_der(c, &len);

	if (cert_identity(c, &type, code))
		kmc_subject(type, code, identity);
	if (part > 0 && db_run(db, SQL_LIST_PART_ADD, NULL, err, DB_TEXT(authority),
	    DB_INT(part)) < 0)
		return -1;
	return db_run(db, SQL_CA_CERTIFICATE_ADD, NULL, err, DB_TEXT(cert_serial(c)),
	    DB_TEXT(ref), DB_TEXT(profile), DB_TEXT(cert_subject(c)), DB_BLOB(der, len),
	    DB_INT(cert_not_before(c)), DB_INT(cert_not_after(c)), DB_INT(clock_now()),
	    DB_TEXT(authority), DB_INT(line), DB_INT(part), DB_TEXT(identity));
}

int
signer_open(struct signer *s, const struct secret *passphrase, struct err *err)
{
	pthread_mutex_init(&s->officers.lock, NULL);
	pthread_mutex_init(&s->maker_lock, NULL);
	if (store_open(&s->store, STORE_CA, conf_str("store.ca"), false, err) == 0 &&
	    authorities_load(&s->authorities, s->store, passphrase, err) == 0 &&
	    signer_journal_open(s, passphrase, err) == 0 && eseal_maker_open(s, passphrase, err) == 0)
		return 0;
	signer_close(s);
	return -1;
}

void
signer_close(struct signer *s)
{
	journal_close(&s->journal);
	store_close(s->store);
	authorities_release(&s->authorities);
	eseal_maker_release(&s->maker);
	secret_free(&s->maker_passphrase);
	officers_kept_release(&s->officers);
	*s = (struct signer){0};
}
