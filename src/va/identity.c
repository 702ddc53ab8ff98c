#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "pki/csr.h"
#include "va/work.h"

#define IDENTITY_RETRY	(10 * CLOCK_SECOND)	/* between attempts while the signer is away */

/*
 * When the next one is made, as a part of the certificate's life: a responder's early enough to
 * bridge ten days without the signer; a stamping key after a tenth, so that each stamp can be
 * verified for nine of ten years.
 */
static const struct {
	const char	*name;
	int64_t		 part, of;
} identity_uses[] = {
	[VA_USE_OCSP] = {"ocsp", 2, 3},
	[VA_USE_TSA] = {"tsa", 1, 10},
};

void
va_identity_free(struct va_identity *i)
{
	if (i == NULL || atomic_fetch_sub(&i->users, 1) > 1)
		return;
	EVP_PKEY_free(i->key);
	cert_free(i->cert);
	free(i);
}

/* Takes key and certificate over, also when they do not belong together. */
static int
identity_new(EVP_PKEY *key, struct cert *cert, const struct va_place *p,
    struct va_identity **out, struct err *err)
{
	struct va_identity	*i = xcalloc(1, sizeof(*i));
	int64_t			 begin = cert_not_before(cert), end = cert_not_after(cert);

	*i = (struct va_identity){.key = key, .cert = cert, .users = 1,
		.renew = begin + (end - begin) / identity_uses[p->use].of *
		identity_uses[p->use].part};
	if (!key_is_same(key, cert_key(cert)))
		err_set(err, ERR_CRYPTO, "the certificate %s is for another key", cert_serial(cert));
	else if (cert_verify_signature(cert, p->issuer->cert, err) == 0) {
		*out = i;
		return 0;
	}
	va_identity_free(i);
	return -1;
}

static char *
identity_path(const struct va_place *p)
{
	return xasprintf("%s/va/%s-%s.pem", conf_str("data.dir"), identity_uses[p->use].name,
	    p->issuer->id);
}

/* The certificate behind the key. */
static const char *
identity_second(const struct buf *pem, struct err *err)
{
	const char	*at = strstr(pem->p, "-----BEGIN CERTIFICATE");

	if (at == NULL)
		err_set(err, ERR_STORE, "there is no certificate behind the key");
	return at;
}

static int
identity_read(struct va *v, const struct va_place *p, struct va_identity **out,
    struct err *err)
{
	char		*path = identity_path(p);
	EVP_PKEY	*key = NULL;
	struct cert	*cert = NULL;
	struct buf	 pem;
	const char	*second;
	int		 rc = -1;

	buf_init(&pem, (size_t)LIMIT_CERT * 2);
	if (file_read(path, &pem, err) == 0 &&
	    key_from_pem(pem.p, pem.len, &v->passphrase, &key, err) == 0 &&
	    (second = identity_second(&pem, err)) != NULL &&
	    cert_parse(second, strlen(second), &cert, err) == 0) {
		rc = identity_new(key, cert, p, out, err);
		key = NULL;	/* transferred */
	}
	EVP_PKEY_free(key);
	buf_free(&pem);
	free(path);
	return rc;
}

/* Key and certificate in one file, so that a crash leaves the old pair or the new one. */
static int
identity_write(struct va *v, const struct va_place *p, const struct va_identity *i,
    struct err *err)
{
	char		*path = identity_path(p);
	struct buf	 pem;
	int		 rc = -1;

	buf_init(&pem, (size_t)LIMIT_CERT * 2);
	if (key_to_pem(i->key, &v->passphrase, &pem, err) == 0) {
		cert_pem_add(i->cert, &pem);
		rc = file_write(path, pem.p, pem.len, 0600, err);
	}
	buf_free(&pem);
	free(path);
	return rc;
}

static int
identity_make(struct va *v, const struct va_place *p, struct va_identity **out,
    struct err *err)
{
	struct name	 subject = {0};
	EVP_PKEY	*key = NULL;
	struct cert	*cert = NULL;
	struct buf	 csr;
	int		 rc = -1;

	buf_init(&csr, LIMIT_CSR);
	if (key_generate(key_kind_of(cert_key(p->issuer->cert)), &key, err) == 0 &&
	    name_add(&subject, "CN", identity_uses[p->use].name, err) == 0 &&
	    csr_build_key(&subject, key, &csr, err) == 0 &&
	    v->certify(identity_uses[p->use].name, p->issuer->id, csr.p, csr.len, &cert,
	    err) == 0) {
		rc = identity_new(key, cert, p, out, err);
		key = NULL;	/* transferred */
	}
	EVP_PKEY_free(key);
	name_free(&subject);
	buf_free(&csr);
	return rc;
}

/* ---- places ---- */

static struct va_place *
identity_place(struct va *v, const struct va_issuer *issuer, enum va_use use)
{
	struct va_place	*p = NULL;

	pthread_mutex_lock(&v->identity_lock);
	for (size_t i = 0; i < v->n_places && p == NULL; i++)
		if (v->places[i].issuer == issuer && v->places[i].use == use)
			p = &v->places[i];
	if (p == NULL && v->n_places < ARRAY_LEN(v->places)) {
		p = &v->places[v->n_places++];
		*p = (struct va_place){.issuer = issuer, .use = use};
	}
	pthread_mutex_unlock(&v->identity_lock);
	return p;
}

static struct va_identity *
identity_now(struct va *v, struct va_place *p)
{
	struct va_identity	*i;

	pthread_mutex_lock(&v->identity_lock);
	if ((i = p->now) != NULL)
		atomic_fetch_add(&i->users, 1);
	pthread_mutex_unlock(&v->identity_lock);
	return i;
}

/* Takes the identity over. */
static void
identity_put(struct va *v, struct va_place *p, struct va_identity *fresh)
{
	struct va_identity	*old;

	pthread_mutex_lock(&v->identity_lock);
	old = p->now;
	p->now = fresh;
	pthread_mutex_unlock(&v->identity_lock);
	va_identity_free(old);
}

/* A full disk keeps nobody from answering: the identity is used, and written when there is room. */
static void
identity_save(struct va *v, struct va_place *p)
{
	struct err	 err = {0};

	p->unsaved = identity_write(v, p, p->now, &err) < 0;
	if (p->unsaved)
		log_err("identity.write", &err);
}

/* Have one that is not due: from the file, else a new one.  Under certify_lock. */
static int
identity_refresh(struct va *v, struct va_place *p, struct err *err)
{
	struct va_identity	*i = NULL;
	struct err		 why = {0};

	if (p->now != NULL && p->unsaved)
		identity_save(v, p);
	if (p->now == NULL && identity_read(v, p, &i, &why) == 0)
		identity_put(v, p, i);
	else if (why.kind != ERR_NONE && why.kind != ERR_NOT_FOUND)
		log_err("identity.read", &why);
	if (p->now != NULL && p->now->renew > clock_now())
		return 0;
	if (p->tried != 0 && clock_steady() - p->tried < IDENTITY_RETRY)
		return err_set(err, ERR_BUSY, "no certificate for %s of %s yet; the signer was "
		    "asked", identity_uses[p->use].name, p->issuer->id);
	p->tried = clock_steady();
	if (identity_make(v, p, &i, err) < 0)
		return -1;
	identity_put(v, p, i);
	identity_save(v, p);
	log_kv(LOG_INFO, "identity.new", LOG_S("use", identity_uses[p->use].name),
	    LOG_S("authority", p->issuer->id), LOG_X("serial", cert_serial(i->cert)));
	return 0;
}

int
va_identity_take(struct va *v, const struct va_issuer *issuer, enum va_use use,
    struct va_identity **out, struct err *err)
{
	struct va_place	*p = issuer->root ? NULL : identity_place(v, issuer, use);

	if (p == NULL)
		return err_set(err, ERR_NOT_FOUND, "nobody answers for %s", issuer->id);
	if ((*out = identity_now(v, p)) == NULL) {
		pthread_mutex_lock(&v->certify_lock);
		if (identity_refresh(v, p, err) == 0 || p->now != NULL) {
			err_clear(err);
			*out = identity_now(v, p);
		}
		pthread_mutex_unlock(&v->certify_lock);
	}
	if (*out == NULL)
		return -1;
	if (cert_not_after((*out)->cert) > clock_now())
		return 0;
	va_identity_free(*out);
	return err_set(err, ERR_EXPIRED, "the certificate for %s of %s has ended",
	    identity_uses[use].name, issuer->id);
}

int64_t
va_identity_end(struct va *v, const struct va_issuer *issuer, enum va_use use)
{
	struct va_place		*p = identity_place(v, issuer, use);
	struct va_identity	*i = p == NULL ? NULL : identity_now(v, p);
	int64_t			 end = i == NULL ? 0 : cert_not_after(i->cert);

	va_identity_free(i);
	return end;
}

static void
identity_renew(struct va *v, struct va_place *p)
{
	struct err	 err = {0};

	if (p == NULL || cert_not_after(p->issuer->cert) < clock_now())
		return;
	pthread_mutex_lock(&v->certify_lock);
	if (identity_refresh(v, p, &err) < 0)
		log_err("identity.renew", &err);
	pthread_mutex_unlock(&v->certify_lock);
}

/* Responders are kept ready; a stamping key is made when the first stamp is asked for. */
void
va_identities_renew(struct va *v)
{
	for (size_t k = 0; k < v->n_issuers; k++)
		if (!v->issuers[k]->root)
			identity_renew(v, identity_place(v, v->issuers[k], VA_USE_OCSP));
	for (size_t i = 0; i < v->n_places; i++)
		if (v->places[i].use == VA_USE_TSA && v->places[i].now != NULL)
			identity_renew(v, &v->places[i]);
}

void
va_identities_release(struct va *v)
{
	for (size_t i = 0; i < v->n_places; i++)
		va_identity_free(v->places[i].now);
	v->n_places = 0;
	secret_free(&v->passphrase);
}
