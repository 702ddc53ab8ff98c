#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "enrol/work.h"
#include "pki/cert.h"
#include "pki/csr.h"
#include "signer/signer.h"

#define RENEW_BEFORE	(10 * CLOCK_DAY)

void
enrol_identity_release(struct enrol *e)
{
	EVP_PKEY_free(e->key);
	cert_free(e->cert);
	sk_X509_pop_free(e->chain_above, X509_free);
	e->key = NULL;
	e->cert = NULL;
	e->chain_above = NULL;
}

/* The certificates of a CA and those above it, and the kind of its key. */
static int
identity_chain(struct enrol *e, STACK_OF(X509) **out, const struct key_kind **kind,
    struct err *err)
{
	const unsigned char	*p, *end;
	json_t			*answer = NULL;
	struct buf		 der;
	X509			*x;

	if (e->chain("", conf_str("enrol.cmp.ca"), &answer, err) < 0)
		return -1;
	buf_init(&der, CERT_CHAIN_MAX * LIMIT_CERT);
	enrol_chain_der(answer, &der);
	json_decref(answer);
	*out = sk_X509_new_null();
	p = (const unsigned char *)der.p;
	end = p + der.len;
	while (p < end && (x = d2i_X509(NULL, &p, end - p)) != NULL)
		sk_X509_push(*out, x);
	*kind = sk_X509_num(*out) == 0 ? NULL :
	    key_kind_of(X509_get0_pubkey(sk_X509_value(*out, 0)));
	buf_free(&der);
	if (*kind == NULL || strcmp((*kind)->name, "sm2") == 0)
		return err_set(err, ERR_WRONG_STATE,
		    "CMP needs an RSA or ECDSA CA (setting enrol.cmp.ca)");
	return 0;
}

/* A fresh key, certified by the signer. */
static int
identity_make(struct enrol *e, struct err *err)
{
	const struct key_kind	*kind = NULL;
	STACK_OF(X509)		*above = NULL;
	struct name		 subject = {0};
	struct cert		*cert = NULL;
	EVP_PKEY		*key = NULL;
	struct buf		 csr;
	int			 rc = -1;

	buf_init(&csr, LIMIT_CSR);
	if (identity_chain(e, &above, &kind, err) < 0 || key_generate(kind, &key, err) < 0 ||
	    name_add(&subject, "CN", "CMP", err) < 0 ||
	    csr_build_key(&subject, key, &csr, err) < 0 ||
	    e->certify("cmp", conf_str("enrol.cmp.ca"), csr.p, csr.len, &cert, err) < 0)
		goto out;
	enrol_identity_release(e);
	e->key = key;
	e->cert = cert;
	e->chain_above = above;
	e->renew = cert_not_after(cert) - RENEW_BEFORE;
	key = NULL;	/* transferred */
	cert = NULL;
	above = NULL;
	rc = 0;
 out:
	EVP_PKEY_free(key);
	cert_free(cert);
	sk_X509_pop_free(above, X509_free);
	name_free(&subject);
	buf_free(&csr);
	return rc;
}

int
enrol_identity_use(struct enrol *e, OSSL_CMP_CTX *ctx, struct err *err)
{
	int	 rc = 0;

	pthread_mutex_lock(&e->lock);
	if (e->cert == NULL || clock_now() >= e->renew)
		rc = identity_make(e, err);
	if (rc == 0 && (OSSL_CMP_CTX_set1_cert(ctx, cert_x509(e->cert)) != 1 ||
	    OSSL_CMP_CTX_set1_pkey(ctx, e->key) != 1 ||
	    OSSL_CMP_CTX_set1_untrusted(ctx, e->chain_above) != 1))
		rc = err_openssl(err, ERR_BUG, "cannot use our key for CMP");
	pthread_mutex_unlock(&e->lock);
	return rc;
}
