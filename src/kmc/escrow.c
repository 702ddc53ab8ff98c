#include "base/base.h"
#include "base/str.h"
#include "kmc/work.h"
#include "pki/envelope.h"

#define SEALED_MAX	(SM2_SCALAR_LEN + SEAL_OVERHEAD)

void
escrow_init(struct escrow *e)
{
	*e = (struct escrow){0};
	buf_init(&e->sealed, SEALED_MAX);
}

void
escrow_release(struct escrow *e)
{
	buf_free(&e->sealed);
}

static int
escrow_point(struct rows *r, int col, unsigned char point[SM2_POINT_LEN], struct err *err)
{
	size_t		 len;
	const void	*b = rows_blob(r, col, &len);

	if (len != SM2_POINT_LEN)
		return err_set(err, ERR_BUG, "escrow of %s is malformed", rows_text(r, 0));
	memcpy(point, b, len);
	return 0;
}

static int
escrow_read(struct rows *r, struct escrow *e, struct err *err)
{
	const void	*b;
	size_t		 len;
	int		 rc = rows_next(r, err);

	if (rc <= 0)
		return rc;
	if (escrow_point(r, 1, e->sign_point, err) < 0 || escrow_point(r, 2, e->enc_point, err) < 0)
		return -1;
	snprintf(e->ref, sizeof(e->ref), "%s", rows_text(r, 0));
	snprintf(e->subject, sizeof(e->subject), "%s", rows_text(r, 5));
	e->version = rows_int(r, 4);
	buf_clear(&e->sealed);
	b = rows_blob(r, 3, &len);
	buf_add(&e->sealed, b, len);
	return buf_check(&e->sealed, err) < 0 ? -1 : 1;
}

int
escrow_by_ref(struct db *db, const char *ref, struct escrow *e, struct err *err)
{
	struct rows	*r = NULL;
	int		 rc;

	if (db_query(db, SQL_ESCROW_BY_REF, &r, err, DB_TEXT(ref)) < 0)
		return -1;
	rc = escrow_read(r, e, err);
	rows_free(r);
	return rc;
}

int
escrow_by_point(struct db *db, const unsigned char point[SM2_POINT_LEN], struct escrow *e,
    struct err *err)
{
	struct rows	*r = NULL;
	int		 rc;

	if (db_query(db, SQL_ESCROW_BY_POINT, &r, err, DB_BLOB(point, SM2_POINT_LEN)) < 0)
		return -1;
	rc = escrow_read(r, e, err);
	rows_free(r);
	return rc;
}

int
escrow_open(struct kmc *k, const struct escrow *e, struct buf *scalar, struct err *err)
{
	if (e->sealed.len == 0)
		return err_set(err, ERR_EXPIRED, "这张证书的加密密钥已过保存期限并销毁，无法恢复。");
	if (wrap_open(&k->wraps, e->version, e->sealed.p, e->sealed.len, scalar, err) < 0)
		return -1;
	return scalar->len == SM2_SCALAR_LEN ? 0 :
	    err_set(err, ERR_CRYPTO, "escrow of %s encloses no key", e->ref);
}

int
escrow_check(struct kmc *k, const struct escrow *e, struct err *err)
{
	unsigned char	 point[SM2_POINT_LEN];
	EVP_PKEY	*key = NULL;
	struct buf	 scalar;
	int		 rc = -1;

	buf_init(&scalar, SM2_SCALAR_LEN);
	if (escrow_open(k, e, &scalar, err) == 0 &&
	    sm2_from_scalar((unsigned char *)scalar.p, &key, err) == 0 &&
	    sm2_point(key, point, err) == 0)
		rc = memcmp(point, e->enc_point, sizeof(point)) == 0 ? 0 : err_set(err,
		    ERR_CRYPTO, "escrow of %s encloses another key than it says", e->ref);
	secret_wipe(scalar.p, scalar.len);
	buf_free(&scalar);
	EVP_PKEY_free(key);
	return rc;
}

int
escrow_envelope(struct kmc *k, const struct escrow *e,
    const unsigned char sign_point[SM2_POINT_LEN], struct buf *envelope, struct err *err)
{
	struct buf	 scalar;
	int		 rc = -1;

	buf_init(&scalar, SM2_SCALAR_LEN);
	if (escrow_open(k, e, &scalar, err) == 0)
		rc = envelope_make(sign_point, (unsigned char *)scalar.p, e->enc_point, envelope,
		    err);
	secret_wipe(scalar.p, scalar.len);
	buf_free(&scalar);
	return rc;
}
