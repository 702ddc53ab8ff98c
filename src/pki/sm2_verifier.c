/* Many points are made affine at once by a function that OpenSSL 3.0 calls deprecated. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/base.h"
#include "pki/sm2_verifier.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <pthread.h>

/*
 * A point's multiples d * 256^place, for each place of a scalar in base 256 and each digit d
 * but zero: a product is then a sum of at most 32 of them, with no doubling.
 */
#define PLACES	SM2_SCALAR_LEN
#define DIGITS	255

struct multiples {
	EC_POINT	*at[PLACES * DIGITS];
};

struct sm2_verifier {
	unsigned char	 point[SM2_POINT_LEN];
	struct multiples key;
};

static EC_GROUP			*curve;
static struct multiples		 base_point;
static bool			 curve_ready;
static pthread_once_t		 curve_once = PTHREAD_ONCE_INIT;

static void
multiples_free(struct multiples *m)
{
	for (size_t i = 0; i < PLACES * DIGITS; i++)
		EC_POINT_free(m->at[i]);
}

/* One place: its unit once, twice and so on; the unit becomes that of the next place. */
static bool
multiples_make_place(EC_POINT **at, EC_POINT *unit, BN_CTX *ctx)
{
	for (size_t i = 0; i < DIGITS; i++)
		if ((at[i] = EC_POINT_dup(i == 0 ? unit : at[i - 1], curve)) == NULL ||
		    (i > 0 && EC_POINT_add(curve, at[i], at[i], unit, ctx) != 1))
			return false;
	return EC_POINT_add(curve, unit, unit, at[DIGITS - 1], ctx) == 1;
}

static bool
multiples_make(struct multiples *m, const EC_POINT *p)
{
	BN_CTX		*ctx = BN_CTX_new();
	EC_POINT	*unit = EC_POINT_dup(p, curve);
	bool		 made = ctx != NULL && unit != NULL;

	for (size_t i = 0; i < PLACES && made; i++)
		made = multiples_make_place(m->at + i * DIGITS, unit, ctx);
	made = made && EC_POINTs_make_affine(curve, PLACES * DIGITS, m->at, ctx) == 1;
	EC_POINT_free(unit);
	BN_CTX_free(ctx);
	return made;
}

/* Add k times the point, k in PLACES bytes, to sum. */
static bool
multiples_add(const struct multiples *m, const unsigned char k[PLACES], EC_POINT *sum,
    BN_CTX *ctx)
{
	for (size_t i = 0; i < PLACES; i++) {
		unsigned	 digit = k[PLACES - 1 - i];

		if (digit != 0 &&
		    EC_POINT_add(curve, sum, sum, m->at[i * DIGITS + digit - 1], ctx) != 1)
			return false;
	}
	return true;
}

static void
curve_make(void)
{
	curve = EC_GROUP_new_by_curve_name(NID_sm2);
	curve_ready = curve != NULL && multiples_make(&base_point, EC_GROUP_get0_generator(curve));
}

struct sm2_verifier *
sm2_verifier_new(const unsigned char point[SM2_POINT_LEN])
{
	struct sm2_verifier	*v = xcalloc(1, sizeof(*v));
	EC_POINT		*key = NULL;
	bool			 made;

	pthread_once(&curve_once, curve_make);
	memcpy(v->point, point, SM2_POINT_LEN);
	made = curve_ready && point[0] == 0x04 && (key = EC_POINT_new(curve)) != NULL &&
	    EC_POINT_oct2point(curve, key, point, SM2_POINT_LEN, NULL) == 1 &&
	    multiples_make(&v->key, key);
	EC_POINT_free(key);
	if (made)
		return v;
	sm2_verifier_free(v);
	return NULL;
}

void
sm2_verifier_free(struct sm2_verifier *v)
{
	if (v == NULL)
		return;
	multiples_free(&v->key);
	free(v);
}

/* What a verification calculates with. */
struct verify {
	BN_CTX		*ctx;
	BIGNUM		*r, *s, *e, *t, *x;
	EC_POINT	*sum;
};

/* x of sG + tP */
static bool
verify_multiply(const struct sm2_verifier *v, struct verify *w)
{
	unsigned char	 s[PLACES], t[PLACES];

	return BN_bn2binpad(w->s, s, PLACES) == PLACES &&
	    BN_bn2binpad(w->t, t, PLACES) == PLACES &&
	    EC_POINT_set_to_infinity(curve, w->sum) == 1 &&
	    multiples_add(&base_point, s, w->sum, w->ctx) &&
	    multiples_add(&v->key, t, w->sum, w->ctx) &&
	    EC_POINT_get_affine_coordinates(curve, w->sum, w->x, NULL, w->ctx) == 1;
}

/* GB/T 32918.2-2016 7.1, B1 to B7. */
static bool
verify_holds(const struct sm2_verifier *v, struct verify *w)
{
	const BIGNUM	*n = EC_GROUP_get0_order(curve);

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
	struct verify	 w = {.ctx = BN_CTX_new(), .sum = EC_POINT_new(curve)};
	bool		 holds = false;

	if (sm2_sig_from_der(sig, sig_len, rs, err) < 0)
		goto out;
	if (w.ctx == NULL || w.sum == NULL)
		BUG("out of memory");
	sm2_digest(v->point, p, len, e);
	BN_CTX_start(w.ctx);
	w.r = BN_CTX_get(w.ctx);
	w.s = BN_CTX_get(w.ctx);
	w.e = BN_CTX_get(w.ctx);
	w.t = BN_CTX_get(w.ctx);
	w.x = BN_CTX_get(w.ctx);
	if (w.x == NULL || BN_bin2bn(rs, 32, w.r) == NULL ||
	    BN_bin2bn(rs + 32, 32, w.s) == NULL || BN_bin2bn(e, sizeof(e), w.e) == NULL)
		BUG("out of memory");
	holds = verify_holds(v, &w);
	BN_CTX_end(w.ctx);
	if (!holds)
		err_openssl(err, ERR_CRYPTO, "the SM2 signature does not hold");
 out:
	EC_POINT_free(w.sum);
	BN_CTX_free(w.ctx);
	return holds ? 0 : -1;
}
