#include "base/base.h"
#include "base/clock.h"
#include "pki/cert_parts.h"
#include "pki/der.h"

#include <openssl/x509v3.h>

int
cert_verify_message(const struct cert *c, const void *p, size_t len, const void *sig,
    size_t sig_len, struct err *err)
{
	if (cert_key(c) == NULL)
		return err_set(err, ERR_CRYPTO, "%s: a key of no kind we use", c->subject);
	return c->verifier != NULL ?
	    sm2_verifier_check(c->verifier, p, len, sig, sig_len, err) :
	    key_verify(c->key, p, len, sig, sig_len, err);
}

int
cert_verify_signature(const struct cert *c, const struct cert *issuer, struct err *err)
{
	struct der_signed	 s;
	const X509_ALGOR	*outer;

	X509_get0_signature(NULL, &outer, c->x);
	if (der_signed_parse(c->der, c->der_len, &s) < 0 ||
	    X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(c->x)) != 0)
		return err_set(err, ERR_CRYPTO, "%s: two signature algorithms (RFC 5280 4.1.1.2)",
		    c->subject);
	if (key_check_algorithm(cert_key(issuer), &s, err) < 0 || cert_verify_message(issuer,
	    s.tbs.p, s.tbs.len, s.signature.p, s.signature.len, err) < 0)
		return err_add(err, "%s", c->subject);
	return 0;
}

/* What must hold for every certificate of the chain by itself. */
static int
cert_check_alone(const struct cert *c, int64_t now, struct err *err)
{
	char	 text[CLOCK_TEXT];

	if (now < c->not_before)
		return err_set(err, ERR_EXPIRED, "%s: not valid before %s", c->subject,
		    clock_datetime(c->not_before, text));
	if (now > c->not_after)
		return err_set(err, ERR_EXPIRED, "%s: expired on %s", c->subject,
		    clock_datetime(c->not_after, text));
	if ((c->flags & EXFLAG_INVALID) != 0)
		return err_set(err, ERR_CRYPTO, "%s: broken extensions", c->subject);
	if ((c->flags & EXFLAG_CRITICAL) != 0)
		return err_set(err, ERR_CRYPTO, "%s: unknown critical extension (RFC 5280 4.2)",
		    c->subject);
	return 0;
}

/* `below`: number of CA certificates between this issuer and the leaf. */
static int
cert_check_issuer(const struct cert *issuer, size_t below, struct err *err)
{
	long	 path = X509_get_pathlen(issuer->x);

	if (!cert_is_ca(issuer) || X509_get_version(issuer->x) != X509_VERSION_3)
		return err_set(err, ERR_CRYPTO, "%s: not a CA certificate", issuer->subject);
	if ((issuer->usage & KU_KEY_CERT_SIGN) == 0)
		return err_set(err, ERR_CRYPTO, "%s: may not sign certificates",
		    issuer->subject);
	if (path >= 0 && below > (size_t)path)
		return err_set(err, ERR_CRYPTO, "%s: path length %ld exceeded", issuer->subject,
		    path);
	return 0;
}

static int
cert_check_link(const struct cert *c, const struct cert *issuer, struct err *err)
{
	const ASN1_OCTET_STRING	*aki = X509_get0_authority_key_id(c->x);
	const ASN1_OCTET_STRING	*ski = X509_get0_subject_key_id(issuer->x);

	if (X509_NAME_cmp(X509_get_issuer_name(c->x), X509_get_subject_name(issuer->x)) != 0)
		return err_set(err, ERR_CRYPTO, "%s: not issued by %s", c->subject,
		    issuer->subject);
	if (aki != NULL && ski != NULL && ASN1_OCTET_STRING_cmp(aki, ski) != 0)
		return err_set(err, ERR_CRYPTO, "%s: issued by another key of %s", c->subject,
		    issuer->subject);
	return cert_verify_signature(c, issuer, err);
}

int
cert_verify_chain(const struct cert *const *chain, size_t n, int64_t now, struct err *err)
{
	const struct cert	*anchor;

	if (n == 0 || n > CERT_CHAIN_MAX)
		return err_set(err, ERR_INPUT, "a chain has 1 to %d certificates",
		    CERT_CHAIN_MAX);
	for (size_t i = 0; i < n; i++) {
		if (cert_check_alone(chain[i], now, err) < 0)
			return -1;
		if (i > 0 && (cert_check_issuer(chain[i], i - 1, err) < 0 ||
		    cert_check_link(chain[i - 1], chain[i], err) < 0))
			return -1;
	}
	anchor = chain[n - 1];
	if (X509_NAME_cmp(X509_get_issuer_name(anchor->x),
	    X509_get_subject_name(anchor->x)) == 0)
		return cert_verify_signature(anchor, anchor, err);
	return 0;
}
