/* The tables are deprecated in OpenSSL 3.0, as nothing in it needs them any more but this. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/base.h"
#include "pki/sm2_verifier.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <pthread.h>

struct sm2_verifier {
	unsigned char	 point[SM2_POINT_LEN];
	EC_GROUP	*group;			/* the curve with the key as its base point */
	EC_POINT	*key;
};

/* The curve with tables of its own base point. */
static EC_GROUP		*verifier_curve;
static pthread_once_t	 verifier_once = PTHREAD_ONCE_INIT;

static bool
verifier_make_tables(EC_GROUP *group)
{
	return EC_GROUP_precompute_mult(group, NULL) == 1 &&
	    EC_GROUP_have_precompute_mult(group) == 1;
}

static void
verifier_make_curve(void)
{
	verifier_curve = EC_GROUP_new_by_curve_name(NID_sm2);
	if (verifier_curve != NULL && verifier_make_tables(verifier_curve))
		return;
	EC_GROUP_free(verifier_curve);
	verifier_curve = NULL;
}

struct sm2_verifier *
sm2_verifier_new(const unsigned char point[SM2_POINT_LEN])
{
	struct sm2_verifier	*v = xcalloc(1, sizeof(*v));
	const EC_GROUP		*curve;

	pthread_once(&verifier_once, verifier_make_curve);
	curve = verifier_curve;
	memcpy(v->point, point, SM2_POINT_LEN);
	if (curve != NULL && (v->group = EC_GROUP_new_by_curve_name(NID_sm2)) != NULL &&
	    (v->key = EC_POINT_new(v->group)) != NULL && point[0] == 0x04 &&
	    EC_POINT_oct2point(v->group, v->key, point, SM2_POINT_LEN, NULL) == 1 &&
	    EC_GROUP_set_generator(v->group, v->key, EC_GROUP_get0_order(curve),
	    EC_GROUP_get0_cofactor(curve)) == 1 && verifier_make_tables(v->group))
		return v;
	sm2_verifier_free(v);
	return NULL;
}

void
sm2_verifier_free(struct sm2_verifier *v)
{
	if (v == NULL)
		return;
	EC_POINT_free(v->key);
	EC_GROUP_free(v->group);
	free(v);
}

/* What a verification calculates with. */
struct verify {
	BN_CTX		*ctx;
	BIGNUM		*r, *s, *e, *t, *x, *few;
	EC_POINT	*tp, *sum;
};

/*
 * x of sG + tP.  OpenSSL takes its tables only in a sum of two products, so t times the key
 * comes with zero times some point, and s times the base point with once the former.
 */
static bool
verify_multiply(const struct sm2_verifier *v, struct verify *w)
{
	return BN_set_word(w->few, 0) == 1 &&
	    EC_POINT_mul(v->group, w->tp, w->t, v->key, w->few, w->ctx) == 1 &&
	    BN_set_word(w->few, 1) == 1 &&
	    EC_POINT_mul(verifier_curve, w->sum, w->s, w->tp, w->few, w->ctx) == 1 &&
	    EC_POINT_get_affine_coordinates(verifier_curve, w->sum, w->x, NULL, w->ctx) == 1;
}

/* GB/T 32918.2-2016 7.1, B1 to B7. */
static bool
verify_holds(const struct sm2_verifier *v, struct verify *w)
{
	const BIGNUM	*n = EC_GROUP_get0_order(verifier_curve);

	return !BN_is_zero(w->r) && BN_cmp(w->r, n) < 0 && !BN_is_zero(w->s) &&
	    BN_cmp(w->s, n) < 0 && BN_mod_add(w->t, w->r, w->s, n, w->ctx) == 1 &&
	    !BN_is_zero(w->t) && verify_multiply(v, w) &&
	    BN_mod_add(w->t, w->e, w->x, n, w->ctx) == 1 && BN_cmp(w->t, w->r) == 0;
}

int
sm2_verifier_check(const struct sm2_verifier *v, const void *p, size_t len, const void *sig,
    size_t sig_len, struct err *err)
{
	unsigned char	 rs[SM2_RAW_SIG_LEN], e[SM2_DIGEST_LEN];
	struct verify	 w = {.ctx = BN_CTX_new(), .tp = EC_POINT_new(verifier_curve),
		.sum = EC_POINT_new(verifier_curve)};
	bool		 holds = false;

	if (sm2_sig_from_der(sig, sig_len, rs, err) < 0)
		goto out;
	if (w.ctx == NULL || w.tp == NULL || w.sum == NULL)
		BUG("out of memory");
	sm2_digest(v->point, p, len, e);
	BN_CTX_start(w.ctx);
	w.r = BN_CTX_get(w.ctx);
	w.s = BN_CTX_get(w.ctx);
	w.e = BN_CTX_get(w.ctx);
	w.t = BN_CTX_get(w.ctx);
	w.x = BN_CTX_get(w.ctx);
	w.few = BN_CTX_get(w.ctx);
	if (w.few == NULL || BN_bin2bn(rs, 32, w.r) == NULL ||
	    BN_bin2bn(rs + 32, 32, w.s) == NULL || BN_bin2bn(e, sizeof(e), w.e) == NULL)
		BUG("out of memory");
	holds = verify_holds(v, &w);
	BN_CTX_end(w.ctx);
	if (!holds)
		err_openssl(err, ERR_CRYPTO, "the SM2 signature does not hold");
 out:
	EC_POINT_free(w.sum);
	EC_POINT_free(w.tp);
	BN_CTX_free(w.ctx);
	return holds ? 0 : -1;
}
