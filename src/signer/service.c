#include "base/base.h"
#include "base/clock.h"
#include "pki/csr.h"
#include "signer/process.h"
#include "signer/work.h"

/*
 * Certificates for the keys of va and enrol: who answers OCSP (short-lived, RFC 6960 4.2.2.2.1), who
 * stamps (long-lived: stamps are looked at for years) and who answers CMP.  Subject, profile and life come from the
 * row, nothing from the request but the public key.
 */
static const struct service_row {
	const char	*use;			/* name of the profile too */
	const char	*cn;
	int64_t		 life;			/* ms */
} service_rows[] = {
	{"ocsp", "OCSP", 30 * CLOCK_DAY},
	{"tsa", "TSA", 3650 * CLOCK_DAY},
	{"cmp", "CMP", 30 * CLOCK_DAY},
};

struct service_keep {
	const struct cert		*cert;
	const struct service_row	*row;
	const struct authority		*authority;
};

static int
service_write(struct db *db, void *arg, struct err *err)
{
	struct service_keep	*k = arg;
	json_t			*detail = json_pack("{s:s,s:s,s:s}", "use", k->row->use, "authority",
	    k->authority->id, "serial", cert_serial(k->cert));
	int64_t			 line;
	int			 rc = journal_add(db, "service.issue", detail, &line, err);

	json_decref(detail);
	return rc < 0 ? -1 : certificate_add(db, k->cert, "service", k->row->use,
	    k->authority->id, line, err);
}

/* A CA that still answers for what it issued: retiring ones have responders too. */
static int
service_check(const struct authority *a, const struct service_row *row, EVP_PKEY *key,
    struct err *err)
{
	const struct key_kind	*kind = key_kind_of(key);

	if (row == NULL)
		return err_set(err, ERR_INPUT, "certificates of services are for ocsp, tsa and cmp");
	if (profile_find(row->use) == NULL)
		return err_set(err, ERR_WRONG_STATE, "there is no profile %s (setting ca.profiles)",
		    row->use);
	if (a == NULL || authority_is_root(a) || a->state == AUTHORITY_ENDED ||
	    !atomic_load(&a->has_key))
		return err_set(err, ERR_WRONG_STATE, "no issuing CA of this name has its key at hand");
	if (kind != key_kind_of(cert_key(a->cert)) ||
	    !profile_allows_key(profile_find(row->use), kind->name))
		return err_set(err, ERR_INPUT, "the key of %s is of another kind than its CA's",
		    row->cn);
	return 0;
}

static int
service_build(const struct authority *a, const struct service_row *row, EVP_PKEY *key,
    struct cert **out, struct err *err)
{
	int64_t			 now = clock_now() / 1000 * 1000;
	struct name		 subject = {0};
	struct cert_plan	 plan = {.profile = profile_find(row->use), .subject = &subject,
		.issuer = a->cert, .key = key, .not_before = now,
		.not_after = MIN(now + row->life, cert_not_after(a->cert))};
	int			 rc = -1;

	cert_new_serial(plan.serial);
	authority_pointers(a, &plan);
	if (name_add(&subject, "C", "CN", err) == 0 &&
	    name_add(&subject, "O", name_get(cert_name(a->cert), "O"), err) == 0 &&
	    name_add(&subject, "CN", row->cn, err) == 0)
		rc = cert_build(&plan, &a->key, out, err);
	name_free(&subject);
	return rc;
}

static void
service_refused(struct signer *s, const char *use, const char *id, const struct err *why)
{
	journal_note(s->store, "service.refused", json_pack("{s:s,s:s,s:s}", "use", use,
	    "authority", id, "why", why->text));
}

/* By id, or by name the newest that issues; NULL: none. */
static struct authority *
service_authority(struct signer *s, const char *which)
{
	struct authority	*a = authority_by_id(&s->authorities, which);
	struct err		 none = {0};

	return a != NULL || authority_for(&s->authorities, which, &a, &none) == 0 ? a : NULL;
}

int
service_issue(struct signer *s, const char *use, const char *id, const void *csr,
    size_t csr_len, struct cert **out, struct err *err)
{
	struct authority		*a = service_authority(s, id);
	const struct service_row	*row = NULL;
	struct service_keep		 keep;
	struct cert			*c = NULL;
	EVP_PKEY			*key = NULL;
	int				 rc = -1;

	for (size_t i = 0; i < ARRAY_LEN(service_rows); i++)
		if (strcmp(service_rows[i].use, use) == 0)
			row = &service_rows[i];
	if (csr_check_key(csr, csr_len, &key, err) < 0 || service_check(a, row, key, err) < 0) {
		service_refused(s, use, id, err);
		goto out;
	}
	if (service_build(a, row, key, &c, err) < 0)
		goto out;
	keep = (struct service_keep){c, row, a};
	if (store_write(s->store, service_write, &keep, err) < 0)
		goto out;
	*out = c;
	c = NULL;	/* transferred */
	rc = 0;
 out:
	cert_free(c);
	EVP_PKEY_free(key);
	return rc;
}

/* enrol answers CMP and nothing else; the va does the rest. */
static bool
service_is_of(const char *use, enum ipc_role caller)
{
	return (strcmp(use, "cmp") == 0) == (caller == IPC_ENROL);
}

int
answer_service_issue(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct cert		*c = NULL;
	const unsigned char	*der;
	struct buf		 csr;
	size_t			 len;
	int			 rc = -1;

	buf_init(&csr, LIMIT_CSR);
	if (!service_is_of(js_str(in->json, "use"), caller))
		err_set(err, ERR_DENIED, "%s has no such keys", ipc_role_name(caller));
	else if (js_need_bytes(in->json, "csr", &csr, err) == 0 &&
	    service_issue(arg, js_str(in->json, "use"), js_str(in->json, "authority"), csr.p,
	    csr.len, &c, err) == 0) {
		der = cert_der(c, &len);
		js_set_bytes(out->json, "cert", der, len);
		rc = 0;
	}
	buf_free(&csr);
	cert_free(c);
	return rc;
}
