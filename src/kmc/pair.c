#include "base/base.h"
#include "base/str.h"
#include "kmc/work.h"

struct pair {
	struct kmc		*kmc;
	const struct kmc_order	*order;
	struct escrow		 escrow;		/* what the order has in the end */
	unsigned char		 point[SM2_POINT_LEN];	/* a fresh pair, should it be needed */
	unsigned char		 scalar[SM2_SCALAR_LEN];
};

void
kmc_subject(const char *id_type, const char *id_no, char digest[KMC_SUBJECT])
{
	unsigned char	 d[SM2_DIGEST_LEN];
	struct buf	 text;

	buf_init(&text, 1024);
	buf_addf(&text, "%s:%s", id_type, id_no);
	sm3(text.p, text.len, d);
	hex_encode(d, sizeof(d), digest);
	buf_free(&text);
}

static int
pair_make(struct pair *p, struct err *err)
{
	EVP_PKEY	*key = NULL;
	int		 rc = -1;

	if (sm2_generate(&key, err) == 0 && sm2_point(key, p->point, err) == 0 &&
	    sm2_scalar(key, p->scalar, err) == 0)
		rc = 0;
	EVP_PKEY_free(key);
	return rc;
}

/* 1: the order has its pair already, 0: not yet, -1. */
static int
pair_find(struct db *db, void *arg, struct err *err)
{
	struct pair	*p = arg;
	int		 rc;

	p->escrow.ref[0] = '\0';
	if ((rc = escrow_by_ref(db, p->order->ref, &p->escrow, err)) <= 0)
		return rc;
	if (!secret_equal(p->escrow.sign_point, SM2_POINT_LEN, p->order->sign_point,
	    SM2_POINT_LEN))
		return err_set(err, ERR_CONFLICT, "order %s has a pair for another sign key",
		    p->order->ref);
	return 1;
}

/* Keep the fresh pair unless the order has one already: then that one is taken. */
static int
pair_keep(struct db *db, void *arg, struct err *err)
{
	struct pair	*p = arg;
	struct escrow	*e = &p->escrow;
	int		 rc = pair_find(db, p, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	buf_clear(&e->sealed);
	if (wrap_seal(&p->kmc->wraps, db, p->scalar, sizeof(p->scalar), &e->sealed, &e->version,
	    err) < 0)
		return -1;
	memcpy(e->enc_point, p->point, SM2_POINT_LEN);
	return db_run(db, SQL_ESCROW_ADD, NULL, err, DB_TEXT(p->order->ref),
	    DB_BLOB(p->order->sign_point, SM2_POINT_LEN), DB_BLOB(e->enc_point, SM2_POINT_LEN),
	    DB_BLOB(e->sealed.p, e->sealed.len), DB_INT(e->version), DB_TEXT(p->order->subject),
	    DB_INT(p->order->not_after), DB_INT(clock_now()));
}

int
kmc_pair_work(struct kmc *k, const struct kmc_order *order, unsigned char enc_point[65],
    struct buf *envelope, struct err *err)
{
	struct pair	 p = {.kmc = k, .order = order};
	EVP_PKEY	*sign = NULL;
	int		 rc = -1;

	if (order->ref[0] == '\0' || strlen(order->ref) > 64 || strlen(order->subject) >= KMC_SUBJECT)
		return err_set(err, ERR_INPUT, "a pair belongs to an order");
	if (sm2_from_point(order->sign_point, &sign, err) < 0)
		return -1;
	EVP_PKEY_free(sign);
	escrow_init(&p.escrow);
	if (pair_make(&p, err) < 0 ||
	    kmc_write(k, pair_keep, &p, err) < 0 ||
	    escrow_envelope(k, &p.escrow, order->sign_point, envelope, err) < 0)
		goto out;
	memcpy(enc_point, p.escrow.enc_point, SM2_POINT_LEN);
	rc = 0;
 out:
	secret_wipe(p.scalar, sizeof(p.scalar));
	escrow_release(&p.escrow);
	return rc;
}
