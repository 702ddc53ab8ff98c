#include "base/base.h"
#include "base/str.h"
#include "pki/carrier.h"
#include "pki/csr.h"
#include "signer/pair.h"

/* What the signer knows about a recovery and kmc does not: whose certificates these are. */
struct recover {
	struct signer		*signer;
	const struct signer_recovery *in;
	json_t			*statement;
	bool			 carried;		/* a carrier came along */
	unsigned char		 point[SM2_POINT_LEN];	/* the key it is for */
	struct pair		 old, receiver;
	struct buf		 enc_cert;		/* DER */
};

static int
recover_parse(struct recover *v, struct err *err)
{
	const struct signed_statement	*s = &v->in->statement;

	if (statement_parse(s->text, s->len, "recovery", &v->statement, err) < 0)
		return -1;
	if (v->in->order[0] == '\0' || strcmp(js_str(v->statement, "order"), v->in->order) != 0)
		return err_set(err, ERR_DENIED, "the statement is about another order");
	v->carried = v->in->carrier.text != NULL;
	return v->carried ? 0 : csr_check(v->in->csr.p, v->in->csr.len, v->point, err);
}

/* The pair whose encryption certificate the statement names, and that certificate. */
static int
recover_load_old(struct db *db, struct recover *v, struct err *err)
{
	const char	*serial = js_str(v->statement, "serial");
	struct rows	*r = NULL;
	char		 sign[CERT_SERIAL_TEXT] = "";
	const void	*der;
	size_t		 len;
	int		 rc;

	if (db_query(db, SQL_ISSUE_BY_ENC, &r, err, DB_TEXT(serial)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0)
		snprintf(sign, sizeof(sign), "%s", rows_text(r, 0));
	rows_free(r);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "certificate %.48s is not the encryption certificate of an order", serial);
	if (pair_load(db, sign, &v->old, err) < 0 ||
	    db_one(db, SQL_CA_CERTIFICATE_BY_SERIAL, &r, err, DB_TEXT(serial)) < 0)
		return -1;
	der = rows_blob(r, 3, &len);
	buf_clear(&v->enc_cert);
	buf_add(&v->enc_cert, der, len);
	rows_free(r);
	return 0;
}

/* The pair that was issued for the new UKey's sign key; "" none. */
static int
recover_find_receiver(struct db *db, const struct recover *v, char sign[CERT_SERIAL_TEXT],
    struct err *err)
{
	struct rows	*r = NULL;
	int		 rc;

	if (v->carried) {
		snprintf(sign, CERT_SERIAL_TEXT, "%s", js_str(v->statement, "receiver"));
		return 0;
	}
	if (db_query(db, SQL_ISSUE_BY_POINT, &r, err, DB_BLOB(v->point, SM2_POINT_LEN)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0)
		snprintf(sign, CERT_SERIAL_TEXT, "%s", rows_text(r, 0));
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

static int
recover_load_receiver(struct db *db, struct recover *v, struct err *err)
{
	char	 sign[CERT_SERIAL_TEXT] = "";

	if (recover_find_receiver(db, v, sign, err) < 0)
		return -1;
	if (sign[0] == '\0')
		return err_set(err, ERR_DENIED, "这支 UKey 里还没有本机构签发的证书，请先办好证书再恢复密钥。");
	if (pair_load(db, sign, &v->receiver, err) < 0)
		return -1;
	if (v->receiver.status != PAIR_GOOD)
		return err_set(err, ERR_WRONG_STATE, "接收密钥的证书已冻结或撤销，请换用有效的证书。");
	return 0;
}

static int
recover_load(struct db *db, void *arg, struct err *err)
{
	struct recover	*v = arg;

	if (recover_load_old(db, v, err) < 0)
		return -1;
	return recover_load_receiver(db, v, err);
}

/* Back to its subject: both approvals name the same identity.  Judicial: to whom it says. */
static int
recover_check(const struct recover *v, struct err *err)
{
	const json_t	*a = json_object_get(v->old.statement, "subject"),
			*b = json_object_get(v->receiver.statement, "subject");
	unsigned char	 point[SM2_POINT_LEN];

	if (v->carried && carrier_check(&v->in->carrier, v->in->order, v->receiver.sign, point,
	    err) < 0)
		return -1;
	if (strcmp(js_str(v->statement, "kind"), "judicial") == 0) {
		if (strcmp(js_str(v->statement, "receiver"), cert_serial(v->receiver.sign)) != 0)
			return err_set(err, ERR_DENIED, "the receiver is not the one of the statement");
		return 0;
	}
	if (strcmp(js_str(a, "id_type"), js_str(b, "id_type")) != 0 ||
	    strcmp(js_str(a, "id_no"), js_str(b, "id_no")) != 0)
		return err_set(err, ERR_DENIED, "要恢复的密钥不属于这支 UKey 的证书持有人。");
	return 0;
}

static void
recover_journal(struct recover *v, const struct err *why)
{
	json_t	*detail = json_pack("{s:s,s:s}", "order", v->in->order, "serial",
	    js_str(v->statement, "serial"));

	if (detail != NULL && why != NULL)
		js_set_str(detail, "why", why->text);
	else if (detail != NULL)
		js_set_str(detail, "receiver", cert_serial(v->receiver.sign));
	journal_note(v->signer->store, why == NULL ? "key.recover" : "recover.refused", detail);
}

static int
recover_ask(struct recover *v, struct buf *envelope, struct err *err)
{
	struct kmc_recovery	 r = {.statement = v->in->statement, .carrier = v->in->carrier,
		.enc_cert = {v->enc_cert.p, v->enc_cert.len}};

	r.sign_cert.p = cert_der(v->receiver.sign, &r.sign_cert.len);
	return v->signer->recover(&r, envelope, err);
}

int
recover_work(struct signer *s, const struct signer_recovery *in, struct buf *envelope,
    struct buf *enc_cert, struct err *err)
{
	struct recover	 v = {.signer = s, .in = in};
	int		 rc = -1;

	buf_init(&v.enc_cert, LIMIT_CERT);
	if (recover_parse(&v, err) == 0 && store_read(s->store, recover_load, &v, err) == 0 &&
	    recover_check(&v, err) == 0 && recover_ask(&v, envelope, err) == 0) {
		buf_add(enc_cert, v.enc_cert.p, v.enc_cert.len);
		rc = buf_check(enc_cert, err);
	}
	if (rc == 0 || (err->kind != ERR_STORE && err->kind != ERR_BUSY))
		recover_journal(&v, rc == 0 ? NULL : err);
	buf_free(&v.enc_cert);
	pair_release(&v.old);
	pair_release(&v.receiver);
	json_decref(v.statement);
	return rc;
}
