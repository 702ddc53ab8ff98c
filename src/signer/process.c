#include "base/base.h"
#include "base/log.h"
#include "base/passphrase.h"
#include "base/sandbox.h"
#include "kmc/kmc.h"
#include "pki/carrier.h"
#include "signer/process.h"
#include "signer/request.h"
#include "signer/work.h"

/* The service side of the permit table; stub.c is the other. */

static void
put_cert(json_t *out, const char *key, const struct cert *c)
{
	size_t			 len;
	const unsigned char	*der = cert_der(c, &len);

	js_set_bytes(out, key, der, len);
}

static int
answer_issue(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct signer_pair	 pair;
	struct statement_asked		 asked = {0};
	struct buf		 csr;
	int			 rc = -1;

	(void)caller;
	signer_pair_init(&pair);
	buf_init(&csr, LIMIT_CSR);
	if (statement_asked_read(&asked, in->json, err) == 0 &&
	    js_need_bytes(in->json, "csr", &csr, err) == 0 &&
	    issue_work(arg, &asked.of, csr.p, csr.len, &pair, err) == 0) {
		js_set_bytes(out->json, "sign_cert", pair.sign_cert.p, pair.sign_cert.len);
		js_set_bytes(out->json, "enc_cert", pair.enc_cert.p, pair.enc_cert.len);
		js_set_bytes(out->json, "envelope", pair.envelope.p, pair.envelope.len);
		js_set_str(out->json, "sign_serial", pair.sign_serial);
		js_set_str(out->json, "enc_serial", pair.enc_serial);
		rc = 0;
	}
	statement_asked_free(&asked);
	buf_free(&csr);
	signer_pair_free(&pair);
	return rc;
}

/* The command line brings what officers signed; a holder proves himself to the hall. */
static int
answer_change(const char *type, const struct ipc_msg *in, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct statement_asked	 asked = {0};
	int		 rc = statement_asked_read(&asked, in->json, err);

	if (rc == 0 && caller == IPC_ADMIN && !status_is_by_officer(&asked.of))
		rc = err_set(err, ERR_DENIED, "the command line brings officers' statements only");
	if (rc == 0)
		rc = status_change(arg, type, &asked.of, err);
	statement_asked_free(&asked);
	return rc;
}

static int
answer_hold(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	(void)out;
	return answer_change("hold", in, caller, arg, err);
}

static int
answer_release(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	(void)out;
	return answer_change("release", in, caller, arg, err);
}

static int
answer_revoke(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	(void)out;
	return answer_change("revocation", in, caller, arg, err);
}

static int
answer_recover(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct statement_asked	 asked = {0}, carrier = {0};
	struct buf	 csr, envelope, enc_cert;
	int		 rc = -1;

	(void)caller;
	buf_init(&csr, LIMIT_CSR);
	buf_init(&envelope, 4096);
	buf_init(&enc_cert, LIMIT_CERT);
	if (statement_asked_read(&asked, in->json, err) == 0 &&
	    js_need_bytes(in->json, "csr", &csr, err) == 0 &&
	    carrier_get(&carrier, in->json, err) == 0 &&
	    recover_work(arg, &(struct signer_recovery){js_str(in->json, "order"), asked.of,
	    {csr.p, csr.len}, carrier.of}, &envelope, &enc_cert, err) == 0) {
		js_set_bytes(out->json, "envelope", envelope.p, envelope.len);
		js_set_bytes(out->json, "enc_cert", enc_cert.p, enc_cert.len);
		rc = 0;
	}
	statement_asked_free(&asked);
	statement_asked_free(&carrier);
	buf_free(&csr);
	buf_free(&envelope);
	buf_free(&enc_cert);
	return rc;
}

static int
answer_status(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	(void)caller;
	return status_ask(arg, js_str(in->json, "serial"), out->json, err);
}

static int
answer_admin_revoke(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	(void)out;
	(void)caller;
	return admin_revoke(arg, js_str(in->json, "serial"), js_int(in->json, "reason", 0), err);
}

static int
answer_crl(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	int64_t	 number, next_update;

	(void)caller;
	if (list_work(arg, js_str(in->json, "authority"), js_str(in->json, "scope"), &number,
	    &next_update, err) < 0)
		return -1;
	js_set_int(out->json, "number", number);
	js_set_int(out->json, "next_update", next_update);
	return 0;
}

static int
answer_staff_issue(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct cert	*c = NULL;
	struct buf	 csr;
	const char	*name;
	int		 rc = -1;

	(void)caller;
	buf_init(&csr, LIMIT_CSR);
	if (js_need_str(in->json, "name", &name, err) == 0 &&
	    js_need_bytes(in->json, "csr", &csr, err) == 0 &&
	    officer_issue(arg, name, csr.p, csr.len,
	    (unsigned int)js_int(in->json, "may", 0), &c, err) == 0) {
		put_cert(out->json, "cert", c);
		rc = 0;
	}
	buf_free(&csr);
	cert_free(c);
	return rc;
}

struct officer_change {
	const char	*serial;
	int64_t		 may;
	bool		 active;
};

static int
officer_write(struct db *db, void *arg, struct err *err)
{
	struct officer_change	*c = arg;
	json_t			*detail;
	int64_t			 n;
	int			 rc;

	if (db_run(db, SQL_OFFICER_SET, &n, err, DB_TEXT(c->serial), DB_INT(c->may),
	    DB_INT(c->active)) < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_NOT_FOUND, "no officer %s", c->serial);
	detail = json_pack("{s:s,s:I,s:b}", "serial", c->serial, "may", (json_int_t)c->may,
	    "active", c->active);
	rc = journal_add(db, "officer.set", detail, NULL, err);
	json_decref(detail);
	return rc;
}

static int
answer_officer_set(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct signer		*s = arg;
	struct officer_change	 c = {js_str(in->json, "serial"), js_int(in->json, "may", 0),
		js_bool(in->json, "active")};

	(void)out;
	(void)caller;
	return store_write(s->store, officer_write, &c, err);
}

static int
officers_read(struct db *db, void *arg, struct err *err)
{
	json_t		*list = arg;
	struct rows	*r = NULL;
	int		 rc;

	json_array_clear(list);
	if (db_query(db, SQL_OFFICER_LIST, &r, err) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0)
		json_array_append_new(list, json_pack("{s:s,s:s,s:I,s:b,s:I}", "serial",
		    rows_text(r, 0), "name", rows_text(r, 1), "may",
		    (json_int_t)rows_int(r, 2), "active", rows_int(r, 3) == 1, "created",
		    (json_int_t)rows_int(r, 4)));
	rows_free(r);
	return rc;
}

static int
answer_officers(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct signer	*s = arg;
	json_t		*list = json_array();

	(void)in;
	(void)caller;
	json_object_set_new(out->json, "officers", list);
	return store_read(s->store, officers_read, list, err);
}

static int
answer_journal_verify(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct signer	*s = arg;

	(void)in;
	(void)caller;
	return journal_verify(&s->journal, out->json, err);
}

/* The lines of a certificate, or one line. */
static int
answer_journal_prove(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct signer	*s = arg;
	const char	*serial = js_str(in->json, "serial");
	int64_t		 line = js_int(in->json, "line", 0), since = js_int(in->json, "since", 0);

	(void)caller;
	return serial[0] != '\0' ? certificate_prove(s, serial, since, out->json, err) :
	    journal_prove(&s->journal, &line, 1, since, out->json, err);
}

static int
answer_anchor(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct anchor	 a = {.lines = js_int(in->json, "lines", 0),
		.restored = js_bool(in->json, "restored")};

	if (a.restored && caller != IPC_ADMIN)
		return err_set(err, ERR_DENIED, "only the administrator says that the hall's store "
		    "was put back");
	snprintf(a.head, sizeof(a.head), "%s", js_str(in->json, "head"));
	return anchor_take(arg, &a, out->json, err);
}

static int
answer_anchors(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	(void)caller;
	return anchors_list(arg, js_int(in->json, "after", 0), out->json, err);
}

static int
answer_stats(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct signer	*s = arg;

	if (journal_stats(&s->journal, out->json, err) < 0 || ends_stats(s, out->json, err) < 0)
		return -1;
	return ipc_answer_stats(in, out, caller, arg, err);
}

static int
answer_find(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	(void)caller;
	return certificates_find(arg, js_str(in->json, "by"), js_str(in->json, "what"), out->json,
	    err);
}

/* Who may ask what. */
static const struct ipc_request	 signer_requests[] = {
	{"issue", IPC_WEB, answer_issue},
	{"seal", IPC_WEB, answer_seal},
	{"hold", IPC_WEB | IPC_ADMIN, answer_hold},
	{"release", IPC_WEB | IPC_ADMIN, answer_release},
	{"revoke", IPC_WEB | IPC_ADMIN, answer_revoke},
	{"recover", IPC_WEB | IPC_ADMIN, answer_recover},
	{"status", IPC_WEB | IPC_ADMIN, answer_status},
	{"crl", IPC_VA | IPC_ADMIN, answer_crl},
	{"service_issue", IPC_VA | IPC_ENROL, answer_service_issue},
	{"ca_list", IPC_ADMIN, answer_ca_list},
	{"ca_create", IPC_ADMIN, answer_ca_create},
	{"ca_state", IPC_ADMIN, answer_ca_state},
	{"ca_cross", IPC_ADMIN, answer_ca_cross},
	{"ca_crl", IPC_ADMIN, answer_ca_crl},
	{"ca_ceremony", IPC_ADMIN, answer_ca_ceremony},
	{"enrol", IPC_ENROL, answer_enrol},
	{"enrol_cmp", IPC_ENROL, answer_enrol_cmp},
	{"enrol_sender", IPC_ENROL, answer_enrol_sender},
	{"enrol_chain", IPC_ENROL, answer_enrol_chain},
	{"ra_add", IPC_ADMIN, answer_ra_add},
	{"ra_list", IPC_ADMIN, answer_ra_list},
	{"ra_set", IPC_ADMIN, answer_ra_set},
	{"ra_renew", IPC_ADMIN, answer_ra_renew},
	{"staff_issue", IPC_ADMIN, answer_staff_issue},
	{"officer_set", IPC_ADMIN, answer_officer_set},
	{"officers", IPC_ADMIN, answer_officers},
	{"find", IPC_ADMIN, answer_find},
	{"admin_revoke", IPC_ADMIN, answer_admin_revoke},
	{"journal_verify", IPC_ADMIN, answer_journal_verify},
	{"journal_prove", IPC_ADMIN, answer_journal_prove},
	{"anchor", IPC_WEB | IPC_ADMIN, answer_anchor},
	{"anchors", IPC_ADMIN, answer_anchors},
	{"stats", IPC_WEB | IPC_ADMIN, answer_stats},
	{0}
};

static void
on_refused(enum ipc_role caller, const char *request, void *arg)
{
	struct signer	*s = arg;
	json_t		*detail = json_pack("{s:s,s:s}", "caller", ipc_role_name(caller), "request",
	    request);

	if (detail == NULL)	/* a name that is no text */
		detail = json_pack("{s:s}", "caller", ipc_role_name(caller));
	journal_note(s->store, "request.refused", detail);
}

/* More than there are cores: those who wait for the store share one commit. */
#define SIGNER_THREADS	8

int
signer_main(struct err *err)
{
	struct ipc_service	 service = {.name = "signer", .version = SIGNER_VERSION,
		.requests = signer_requests, .threads = SIGNER_THREADS, .on_refused = on_refused};
	struct secret		 passphrase = {0};
	struct signer		 s = {.pair = kmc_pair, .recover = kmc_recover};
	int			 rc = -1;

	if (passphrase_get(&passphrase, err) == 0 &&
	    signer_open(&s, &passphrase, err) == 0 &&
	    sandbox_enter(SANDBOX_SIGNER, err) == 0 && journal_start(&s.journal, err) == 0) {
		service.arg = &s;
		rc = ipc_process_serve(&service, err);
	}
	secret_free(&passphrase);
	signer_close(&s);
	return rc;
}
