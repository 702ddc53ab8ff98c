#include "base/base.h"
#include "pki/cert_parts.h"
#include "pki/der.h"

#include <openssl/x509v3.h>

#define CERT_EXTENSION_MAX	2048

/* Append Extension { oid, critical, value } to out; the value in b becomes empty. */
static int
cert_attach(struct buf *out, const char *oid, bool critical, struct buf *b, struct err *err)
{
	struct buf	 e;
	int		 rc = -1;

	buf_init(&e, CERT_EXTENSION_MAX + 64);
	if (buf_check(b, err) == 0 && der_add_oid(&e, oid, err) == 0) {
		if (critical)
			der_add(&e, 0x01, "\xff", 1);
		der_add(&e, 0x04, b->p, b->len);
		der_add(out, 0x30, e.p, e.len);
		rc = buf_check(out, err);
	}
	buf_free(&e);
	buf_clear(b);
	return rc;
}

static int
cert_add_constraints(struct buf *out, const struct profile *p, struct buf *b, struct err *err)
{
	unsigned char	 path = (unsigned char)p->path_len;

	if (p->kind != PROFILE_CA)
		return 0;
	der_add(b, 0x01, "\xff", 1);
	if (p->path_len >= 0)
		der_add_uint(b, &path, 1);
	der_wrap(b, 0x30);
	return cert_attach(out, "2.5.29.19", true, b, err);
}

static int
cert_add_usage(struct buf *out, const struct profile *p, struct buf *b, struct err *err)
{
	unsigned char	 bits[2] = {0, (unsigned char)p->usage};

	while (bits[0] < 7 && (p->usage >> bits[0] & 1) == 0)
		bits[0]++;
	der_add(b, 0x03, bits, 2);
	if (cert_attach(out, "2.5.29.15", true, b, err) < 0)
		return -1;
	if (p->eku == NULL)
		return 0;
	for (const char *at = p->eku; *at != '\0';) {
		size_t	 n = strcspn(at, ",");
		char	 oid[64];

		snprintf(oid, sizeof(oid), "%.*s", (int)n, at);
		if (der_add_oid(b, oid, err) < 0)
			return -1;
		at += n + (at[n] == ',');
	}
	der_wrap(b, 0x30);
	return cert_attach(out, "2.5.29.37", p->kind == PROFILE_TSA, b, err);
}

static int
cert_add_key_ids(struct buf *out, const struct cert_plan *plan, struct buf *b, struct err *err)
{
	const ASN1_OCTET_STRING	*id;
	unsigned char		 own[KEY_ID_LEN];

	/* what the other CA issued names its key by the identifier it gave itself */
	if (plan->as != NULL && (id = X509_get0_subject_key_id(plan->as->x)) != NULL) {
		der_add(b, 0x04, ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
	} else if (key_id(plan->key, own, err) == 0) {
		der_add(b, 0x04, own, sizeof(own));
	} else {
		return -1;
	}
	if (cert_attach(out, "2.5.29.14", false, b, err) < 0)
		return -1;
	if (plan->issuer == NULL)
		return 0;
	if ((id = X509_get0_subject_key_id(plan->issuer->x)) == NULL)
		return err_set(err, ERR_INPUT, "the issuer has no subject key identifier");
	der_add(b, 0x80, ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
	der_wrap(b, 0x30);
	return cert_attach(out, "2.5.29.35", false, b, err);
}

/* One AccessDescription: method and URL. */
static int
cert_add_access(struct buf *out, const char *method, const char *url, struct err *err)
{
	struct buf	 b;
	int		 rc;

	if (url == NULL)
		return 0;
	buf_init(&b, CERT_EXTENSION_MAX);
	if ((rc = der_add_oid(&b, method, err)) == 0) {
		der_add(&b, 0x86, url, strlen(url));
		der_add(out, 0x30, b.p, b.len);
	}
	buf_free(&b);
	return rc;
}

static int
cert_add_policy(struct buf *out, const struct cert_plan *plan, struct buf *b, struct err *err)
{
	bool		 own = plan->profile->policy != NULL;
	const char	*policy = own ? plan->profile->policy : plan->pointers.policy,
			*url = own ? plan->profile->cps : plan->pointers.cps;
	struct buf	 cps;
	int		 rc = -1;

	if (policy == NULL)
		return 0;
	buf_init(&cps, CERT_EXTENSION_MAX);
	if (url != NULL) {
		if (der_add_oid(&cps, "1.3.6.1.5.5.7.2.1", err) < 0)
			goto out;
		der_add(&cps, 0x16, url, strlen(url));
		der_wrap(&cps, 0x30);
		der_wrap(&cps, 0x30);
	}
	if (der_add_oid(b, policy, err) < 0)
		goto out;
	buf_add(b, cps.p, cps.len);
	der_wrap(b, 0x30);
	der_wrap(b, 0x30);
	rc = cert_attach(out, "2.5.29.32", false, b, err);
 out:
	buf_free(&cps);
	return rc;
}

static int
cert_add_pointers(struct buf *out, const struct cert_plan *plan, struct buf *b, struct err *err)
{
	const struct cert_pointers	*at = &plan->pointers;

	if (at->crl != NULL) {
		der_add(b, 0x86, at->crl, strlen(at->crl));
		der_wrap(b, 0xa0);		/* fullName */
		der_wrap(b, 0xa0);		/* distributionPoint */
		der_wrap(b, 0x30);
		der_wrap(b, 0x30);
		if (cert_attach(out, "2.5.29.31", false, b, err) < 0)
			return -1;
	}
	if (cert_add_access(b, "1.3.6.1.5.5.7.48.1", at->ocsp, err) < 0 ||
	    cert_add_access(b, "1.3.6.1.5.5.7.48.2", at->ca_issuers, err) < 0)
		return -1;
	if (b->len > 0) {
		der_wrap(b, 0x30);
		if (cert_attach(out, "1.3.6.1.5.5.7.1.1", false, b, err) < 0)
			return -1;
	}
	return cert_add_policy(out, plan, b, err);
}

/* GM/T 0015-2012: organizationCode (also carries the USCC) or identifyCode. */
static int
cert_add_identity(struct buf *out, const struct cert_plan *plan, struct buf *b, struct err *err)
{
	bool		 person;
	unsigned	 tag = 0x0c;

	if (plan->profile->identity == NULL || plan->id_no == NULL)
		return 0;
	person = strcmp(plan->profile->identity, "resident-id") == 0;
	if (plan->id_form == IDENTITY_PRINTABLE || (plan->id_form != IDENTITY_UTF8 && !person) ||
	    plan->id_form == IDENTITY_EXPLICIT)
		tag = 0x13;
	else if (plan->id_form == IDENTITY_IMPLICIT)
		tag = 0x80;
	der_add(b, tag, plan->id_no, strlen(plan->id_no));
	if (plan->id_form == IDENTITY_EXPLICIT && person)
		der_wrap(b, 0xa0);
	return cert_attach(out, cert_identity_oid(plan->profile->identity), false, b, err);
}

int
cert_add_extensions(struct buf *out, const struct cert_plan *plan, struct err *err)
{
	struct buf	 b;
	int		 rc = -1;

	buf_init(&b, CERT_EXTENSION_MAX);
	if (cert_add_constraints(out, plan->profile, &b, err) < 0 ||
	    cert_add_usage(out, plan->profile, &b, err) < 0 ||
	    cert_add_key_ids(out, plan, &b, err) < 0)
		goto out;
	if (plan->profile->pointers && cert_add_pointers(out, plan, &b, err) < 0)
		goto out;
	if (plan->profile->no_check) {
		buf_add(&b, "\x05\x00", 2);
		if (cert_attach(out, "1.3.6.1.5.5.7.48.1.5", false, &b, err) < 0)
			goto out;
	}
	for (size_t i = 0; i < plan->profile->n_extension; i++) {
		const struct profile_extension	*e = &plan->profile->extension[i];

		buf_add(&b, e->value, e->len);
		if (cert_attach(out, e->oid, e->critical, &b, err) < 0)
			goto out;
	}
	rc = cert_add_identity(out, plan, &b, err);
 out:
	buf_free(&b);
	return rc;
}
