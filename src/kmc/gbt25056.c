#include "base/base.h"
#include "kmc/work.h"

/* A message of another CA being answered. */
struct exchange {
	struct kmc		*kmc;
	struct km_request	 request;
	struct cert		*client, *cert;		/* theirs, ours */
	char			 id[KM_CLIENT_ID];	/* of the CA, whichever certificate it has now */
	EVP_PKEY		*key;			/* ours */
	struct km_answer	 answer[KM_ASKS];
};

void
km_serial_text(struct der serial, char text[2 * KM_SERIAL + 1])
{
	if (serial.len > 1 && serial.p[0] == 0) {
		serial.p++;
		serial.len--;
	}
	text[0] = '\0';
	for (size_t i = 0; i < serial.len && i < KM_SERIAL; i++)
		snprintf(text + 2 * i, 3, "%02X", serial.p[i]);
}

void
km_ref(const char *client, const char *serial, char ref[KM_REF_MAX])
{
	snprintf(ref, KM_REF_MAX, "km:%.16s:%.40s", client, serial);
}

static void
exchange_ref(const struct exchange *x, const struct km_ask *a, char ref[KM_REF_MAX])
{
	char	 serial[2 * KM_SERIAL + 1];

	km_serial_text(a->serial, serial);
	km_ref(x->id, serial, ref);
}

/* The key of the escrow for the holder of the key that the request names. */
static int
exchange_seal(struct exchange *x, const struct escrow *e, const struct km_ask *a,
    struct km_answer *out, struct err *err)
{
	struct buf	 scalar;
	int		 rc = -1;

	buf_init(&scalar, SM2_SCALAR_LEN);
	if (escrow_open(x->kmc, e, &scalar, err) == 0)
		rc = km_seal((unsigned char *)scalar.p, a->point, x->client, x->cert, x->key,
		    &out->sealed, err);
	memcpy(out->point, e->enc_point, SM2_POINT_LEN);
	secret_wipe(scalar.p, scalar.len);
	buf_free(&scalar);
	return rc;
}

static int
answer_apply(struct exchange *x, const struct km_ask *a, struct km_answer *out,
    struct err *err)
{
	struct kmc		*k = x->kmc;
	char			 ref[KM_REF_MAX];
	struct kmc_order	 order = {.ref = ref, .subject = "", .not_after = a->not_after,
		.sign_point = a->point};
	struct escrow		 e;
	int			 rc = -1;

	exchange_ref(x, a, ref);
	escrow_init(&e);
	wraps_enter(&k->wraps);
	if (pair_obtain(k, &order, &e, err) == 0)
		rc = exchange_seal(x, &e, a, out, err);
	wraps_leave(&k->wraps);
	escrow_release(&e);
	return rc;
}

/* A CA alone gets no key back: two key officers of ours must want it (restore.c). */
static int
answer_restore(struct exchange *x, const struct km_ask *a, struct km_answer *out,
    struct err *err)
{
	struct kmc	*k = x->kmc;
	char		 serial[2 * KM_SERIAL + 1];
	struct escrow	 e;
	int		 rc = -1;

	km_serial_text(a->serial, serial);
	escrow_init(&e);
	wraps_enter(&k->wraps);
	if (restore_ask(k, x->id, serial, a->point, &e, err) == 0)
		rc = exchange_seal(x, &e, a, out, err);
	wraps_leave(&k->wraps);
	escrow_release(&e);
	return rc;
}

struct ending {
	char	 ref[KM_REF_MAX];
};

static int
escrow_end(struct db *db, void *arg, struct err *err)
{
	struct ending	*d = arg;
	struct escrow	 e;
	json_t		*detail = json_pack("{s:s}", "ref", d->ref);
	int64_t		 n;
	int		 rc;

	escrow_init(&e);
	if ((rc = escrow_by_ref(db, d->ref, &e, err)) == 0)
		err_set(err, ERR_NOT_FOUND, "there is no key for this certificate");
	rc = rc > 0 && db_run(db, SQL_ESCROW_END, &n, err, DB_TEXT(d->ref),
	    DB_INT(clock_now())) == 0 ? 0 : -1;
	if (rc == 0 && n > 0)
		rc = journal_add(db, "key.end", detail, NULL, err);
	escrow_release(&e);
	json_decref(detail);
	return rc;
}

/* The key stays in escrow; its retention time begins now. */
static int
answer_revoke(struct exchange *x, const struct km_ask *a, struct km_answer *out,
    struct err *err)
{
	struct ending	 d;

	(void)out;
	exchange_ref(x, a, d.ref);
	return kmc_write(x->kmc, escrow_end, &d, err);
}

static int	(*const answers[])(struct exchange *x, const struct km_ask *a,
		    struct km_answer *out, struct err *err) = {
	[KM_APPLY] = answer_apply, [KM_RESTORE] = answer_restore, [KM_REVOKE] = answer_revoke,
};

/* One request that fails is an error package in its place; the others are answered. */
static void
exchange_answer(struct exchange *x)
{
	for (size_t i = 0; i < x->request.n; i++) {
		const struct km_ask	*a = &x->request.ask[i];
		struct km_answer	*out = &x->answer[i];

		buf_init(&out->sealed, 4096);
		out->kind = a->kind;
		out->serial = a->serial;
		if (answers[a->kind](x, a, out, &out->err) < 0)
			out->kind = KM_ERROR;
	}
}

static int
exchange_check_time(const struct exchange *x, struct err *err)
{
	int64_t	 apart = x->request.time - clock_now();

	return apart > KMC_STATEMENT_AHEAD || apart < -KMC_STATEMENT_AHEAD ?
	    err_set(err, ERR_DENIED, "the message is not of these minutes") : 0;
}

static void
exchange_note(struct exchange *x, int rc, const struct err *err)
{
	json_t	*list;

	if (rc < 0) {
		if (err->kind != ERR_STORE && err->kind != ERR_BUSY)
			journal_note(x->kmc->store, "message.refused", json_pack("{s:s}", "why",
			    err->text));
		return;
	}
	list = json_array();
	for (size_t i = 0; i < x->request.n; i++) {
		char	 ref[KM_REF_MAX];

		exchange_ref(x, &x->request.ask[i], ref);
		json_array_append_new(list, json_pack("{s:s,s:i,s:b}", "ref", ref, "asked",
		    (int)x->request.ask[i].kind, "done", x->answer[i].kind != KM_ERROR));
	}
	journal_note(x->kmc->store, "message.answered", json_pack("{s:s,s:o}", "client",
	    cert_fingerprint(x->client), "list", list));
}

int
gbt25056_work(struct kmc *k, const void *p, size_t len, struct buf *out, struct err *err)
{
	struct exchange	 x = {.kmc = k};
	int		 rc = -1;

	if (km_request_parse(p, len, &x.request, err) == 0 &&
	    client_find(k, &x.request, &x.client, x.id, err) == 0 &&
	    exchange_check_time(&x, err) == 0 &&
	    identity_load(k, &x.cert, &x.key, err) == 0) {
		exchange_answer(&x);
		rc = km_respond_build(&x.request, x.answer, x.request.n, x.cert, x.key, out, err);
	}
	exchange_note(&x, rc, err);
	for (size_t i = 0; i < KM_ASKS; i++)
		buf_free(&x.answer[i].sealed);
	cert_free(x.client);
	cert_free(x.cert);
	EVP_PKEY_free(x.key);
	return rc;
}
