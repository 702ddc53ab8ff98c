#include "base/base.h"
#include "base/str.h"
#include "kmc/work.h"

struct pair {
	struct kmc		*kmc;
	const struct kmc_order	*order;
	struct escrow		*escrow;		/* what the order has in the end */
	const struct fresh	*fresh;			/* NULL: one of the pool is wanted */
	bool			 empty;			/* the pool was */
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

void
kmc_person(const char *order, const char *what, const char *value, char digest[KMC_SUBJECT])
{
	char	*type = xasprintf("%s:%s", order, what);

	kmc_subject(type, value, digest);
	free(type);
}

/* 1: the order has its pair already, 0: not yet, -1. */
static int
pair_find(struct db *db, void *arg, struct err *err)
{
	struct pair	*p = arg;
	int		 rc;

	p->escrow->ref[0] = '\0';
	if ((rc = escrow_by_ref(db, p->order->ref, p->escrow, err)) <= 0)
		return rc;
	if (!secret_equal(p->escrow->sign_point, SM2_POINT_LEN, p->order->sign_point,
	    SM2_POINT_LEN))
		return err_set(err, ERR_CONFLICT, "order %s has a pair for another sign key",
		    p->order->ref);
	return 1;
}

/* 1: e has a key that is nobody's yet, 0: the pool is empty, -1. */
static int
pair_choose(struct db *db, struct pair *p, struct err *err)
{
	struct escrow	*e = p->escrow;

	if (p->fresh == NULL)
		return pool_take(db, e, err);
	buf_clear(&e->sealed);
	memcpy(e->enc_point, p->fresh->point, SM2_POINT_LEN);
	return wrap_seal(&p->kmc->wraps, db, p->fresh->scalar, SM2_SCALAR_LEN, &e->sealed,
	    &e->version, err) < 0 ? -1 : 1;
}

/* The pair the order has already, or one taken for it, in one transaction. */
static int
pair_keep(struct db *db, void *arg, struct err *err)
{
	struct pair	*p = arg;
	struct escrow	*e = p->escrow;
	json_t		*detail;
	int		 rc;

	p->empty = false;
	if ((rc = pair_find(db, p, err)) != 0)
		return rc < 0 ? -1 : 0;
	if ((rc = pair_choose(db, p, err)) <= 0) {
		p->empty = rc == 0;
		return rc;
	}
	if (db_run(db, SQL_ESCROW_ADD, NULL, err, DB_TEXT(p->order->ref),
	    DB_BLOB(p->order->sign_point, SM2_POINT_LEN), DB_BLOB(e->enc_point, SM2_POINT_LEN),
	    DB_BLOB(e->sealed.p, e->sealed.len), DB_INT(e->version), DB_TEXT(p->order->subject),
	    DB_INT(p->order->not_after), DB_INT(clock_now())) < 0)
		return -1;
	detail = json_pack("{s:s,s:s}", "order", p->order->ref, "subject", p->order->subject);
	rc = journal_add(db, "key.give", detail, NULL, err);
	json_decref(detail);
	return rc;
}

/* The pool is empty: a key of its own, made now. */
static int
pair_keep_fresh(struct pair *p, struct err *err)
{
	struct fresh	 fresh;
	int		 rc = -1;

	p->fresh = &fresh;
	if (fresh_make(&fresh, err) == 0)
		rc = kmc_write(p->kmc, pair_keep, p, err);
	p->fresh = NULL;
	secret_wipe(&fresh, sizeof(fresh));
	return rc;
}

int
pair_obtain(struct kmc *k, const struct kmc_order *order, struct escrow *e, struct err *err)
{
	struct pair	 p = {.kmc = k, .order = order, .escrow = e};
	EVP_PKEY	*sign = NULL;

	if (order->ref[0] == '\0' || strlen(order->ref) > 64 || strlen(order->subject) >= KMC_SUBJECT)
		return err_set(err, ERR_INPUT, "a pair belongs to an order");
	if (sm2_from_point(order->sign_point, &sign, err) < 0)
		return -1;
	EVP_PKEY_free(sign);
	if (kmc_write(k, pair_keep, &p, err) < 0 || (p.empty && pair_keep_fresh(&p, err) < 0))
		return -1;
	keeper_wake(k);
	return 0;
}

int
kmc_pair_work(struct kmc *k, const struct kmc_order *order, unsigned char enc_point[65],
    struct buf *envelope, struct err *err)
{
	struct escrow	 e;
	int		 rc = -1;

	escrow_init(&e);
	wraps_enter(&k->wraps);
	if (pair_obtain(k, order, &e, err) == 0)
		rc = escrow_envelope(k, &e, order->sign_point, envelope, err);
	wraps_leave(&k->wraps);
	if (rc == 0)
		memcpy(enc_point, e.enc_point, SM2_POINT_LEN);
	escrow_release(&e);
	return rc;
}
