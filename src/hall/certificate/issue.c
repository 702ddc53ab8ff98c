#include "base/base.h"
#include "hall/certificate/issue.h"
#include "hall/ops.h"

#include "base/clock.h"
#include "base/conf.h"
#include "hall/act.h"
#include "hall/certificate/eseal.h"
#include "hall/medium/medium.h"
#include "hall/notice.h"
#include "hall/order/approval.h"
#include "hall/relying/relying.h"
#include "hall/services.h"
#include "pki/cert_pool.h"

void
issued_init(struct issued *i)
{
	memset(i, 0, sizeof(*i));
	buf_init(&i->sign_cert, LIMIT_CERT);
	buf_init(&i->enc_cert, LIMIT_CERT);
	buf_init(&i->enc_key, 8192);
}

void
issued_free(struct issued *i)
{
	buf_free(&i->sign_cert);
	buf_free(&i->enc_cert);
	buf_free(&i->enc_key);
}

static int
issue_load_run(struct db *db, struct act *a, struct err *err)
{
	struct approval	*p = a->extra;

	if (approval_load(db, &a->o, p, err) < 0) {
		if (err->kind == ERR_NOT_FOUND)
			err_set(err, ERR_WRONG_STATE, "业务还没有审核通过，请稍后再试。");
		return -1;
	}
	if (p->signed_at == 0)
		return err_set(err, ERR_WRONG_STATE, "业务还没有审核通过，请稍后再试。");
	return 0;
}

/* n: 1, or 0 when another download was first: on PostgreSQL this one waited for its end. */
static int
issue_file_one(struct db *db, const struct order *o, const char *kind, const struct buf *der,
    int64_t *n, struct err *err)
{
	struct cert	*c = NULL;
	int		 rc = -1;

	if (cert_parse(der->p, der->len, &c, err) < 0)
		return -1;
	rc = db_run(db, SQL_CERTIFICATE_INSERT, n, err, DB_INT(o->id), DB_TEXT(kind),
	    DB_INT(o->account), DB_TEXT(cert_serial(c)), DB_TEXT(cert_subject(c)),
	    DB_INT(cert_not_before(c)), DB_INT(cert_not_after(c)), DB_BLOB(der->p, der->len),
	    DB_INT(clock_now()));
	cert_free(c);
	return rc;
}

/* Both orders show when; who had the old one is told. */
static int
issue_tell_old(struct db *db, const struct act *a, int64_t order, struct err *err)
{
	struct order	 old = { .id = 0 };
	int		 rc = -1;

	if (order_load_id(db, a->h, order, &old, err) == 0 &&
	    order_note(db, a->h, a->who, &old, "certificate_revoked", a->o.no, err) == 0 &&
	    order_note(db, a->h, a->who, &a->o, "old_revoked", a->o.replaces, err) == 0)
		rc = notice_order(db, a->h, &old, "certificate_revoked", NULL, err);
	order_release(&old);
	return rc;
}

/* The signer has revoked the pair that this one replaces. */
static int
issue_end_old(struct db *db, const struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	int64_t		 order = 0;

	if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(a->o.replaces)) < 0)
		return -1;
	order = rows_int(rows, 1);
	rows_free(rows);
	if (medium_of_order_move(db, a->who, order, op_leaves_medium(&a->o), a->o.no, err) < 0)
		return -1;
	if (db_run(db, SQL_CERTIFICATE_STATE_SET, NULL, err, DB_INT(order),
	    DB_TEXT("revoked")) < 0)
		return -1;
	return issue_tell_old(db, a, order, err);
}

/* Relying systems hear of the new one, and that the old one ended with it. */
static int
issue_tell(struct db *db, const struct act *a, const char *serial, struct err *err)
{
	static const struct { const char *op, *event; } told[] = { { "new", "issued" },
		{ "renew", "renewed" }, { "reissue", "replaced" }, { "change", "changed" } };
	const struct op	*op = op_by_name(a->o.op);
	size_t		 i = 0;

	for (i = 0; i < ARRAY_LEN(told); i++)
		if (strcmp(told[i].op, a->o.op) == 0 && relying_tell(db, a->h, told[i].event,
		    serial, a->o.replaces, err) < 0)
			return -1;
	return op == NULL || !op->ends_old ? 0 :
	    relying_tell(db, a->h, "revoked", a->o.replaces, "", err);
}

static int
issue_file_run(struct db *db, struct act *a, struct err *err)
{
	const struct issued	*i = a->extra;
	int64_t			 n = 0;
	bool			 had = false;

	if (issue_is_done(db, &a->o, &had, err) < 0)
		return -1;
	if (had)
		return 0;
	if (issue_file_one(db, &a->o, "sign", &i->sign_cert, &n, err) < 0)
		return -1;
	if (n == 0)
		return 0;
	if (issue_file_one(db, &a->o, "enc", &i->enc_cert, &n, err) < 0)
		return -1;
	if (op_by_name(a->o.op) != NULL && op_by_name(a->o.op)->ends_old &&
	    issue_end_old(db, a, err) < 0)
		return -1;
	if (medium_of_order_move(db, a->who, a->o.id, MEDIUM_WRITE, i->sign_serial, err) < 0)
		return -1;
	if (issue_tell(db, a, i->sign_serial, err) < 0)
		return -1;
	return order_note(db, a->h, a->who, &a->o, "certificates", i->sign_serial, err);
}

/* The issuing and root certificates that go into the key with the pair. */
static int
issue_chain(json_t **out, struct err *err)
{
	char			*path = xasprintf("%s/pub/chain.pem", conf_path("data.dir"));
	json_t			*list = json_array(), *holder = json_object();
	struct cert_pool	 pool = { .n = 0 };
	const unsigned char	*der = NULL;
	size_t			 i = 0, len = 0;
	int			 rc = cert_pool_read(&pool, path, err);

	for (i = 0; rc == 0 && i < pool.n; i++) {
		der = cert_der(pool.cert[i], &len);
		js_set_bytes(holder, "der", der, len);
		(void)json_array_append(list, json_object_get(holder, "der"));
	}
	json_decref(holder);
	cert_pool_release(&pool);
	free(path);
	if (rc < 0)
		json_decref(list);
	else
		*out = list;
	return rc;
}

/* By which the UKey can be unlocked later; "" when it has one, or its CA is not ours. */
static int
issue_device(struct hall *h, const char *no, const char *medium, json_t *model, struct err *err)
{
	struct err	why = { .kind = ERR_NONE };
	struct buf	key = { 0 };
	int		rc = 0;

	js_set_str(model, "device", "");
	if (*medium == '\0')
		return 0;
	buf_init(&key, 512);
	rc = hall_services(h)->device(no, medium, &key, &why);
	if (rc == 0 && key.len > 0)
		js_set_bytes(model, "device", key.p, key.len);
	buf_free(&key);
	if (rc == 0 || why.kind == ERR_NOT_FOUND)
		return 0;
	*err = why;
	return -1;
}

int
issue_pair(struct hall *h, const struct who *who, const char *no, const void *csr, size_t len,
    const char *medium, json_t **model, struct err *err)
{
	struct approval	 p;
	struct issued	 i;
	struct act	 load = {.h = h, .who = who, .no = no, .extra = &p};
	struct act	 file = {.h = h, .who = who, .desk = true, .no = no, .extra = &i};
	json_t		*chain = NULL, *j = NULL;
	int		 rc = -1;

	approval_init(&p);
	issued_init(&i);
	if (issue_chain(&chain, err) < 0 || act_read(&load, issue_load_run, err) < 0)
		goto out;
	if (hall_services(h)->issue(p.statement.p, p.statement.len, p.signature.p,
	    p.signature.len, csr, len, &i, err) < 0)
		goto out;
	if (act_write(&file, issue_file_run, err) < 0)
		goto out;
	j = json_object();
	if (issue_device(h, no, medium, j, err) < 0)
		goto out;
	js_set_bytes(j, "sign_cert", i.sign_cert.p, i.sign_cert.len);
	js_set_bytes(j, "enc_cert", i.enc_cert.p, i.enc_cert.len);
	js_set_bytes(j, "enc_key", i.enc_key.p, i.enc_key.len);
	(void)json_object_set(j, "chain", chain);
	if (eseal_make(h, who, no, &p, j, err) < 0)
		goto out;
	js_set_str(j, "serial", i.sign_serial);
	js_set_str(j, "no", no);
	*model = j;
	j = NULL;			/* transferred */
	rc = 0;
 out:
	json_decref(j);
	json_decref(chain);
	issued_free(&i);
	approval_free(&p);
	return rc;
}

int
issue_is_done(struct db *db, const struct order *o, bool *done, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0, n = 0;

	if (db_query(db, SQL_CERTIFICATE_OF_ORDER, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0)
		n++;
	rows_free(rows);
	*done = n >= 2;
	return rc;
}
