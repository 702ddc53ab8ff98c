#include "base/base.h"
#include "base/log.h"
#include "base/passphrase.h"
#include "base/sandbox.h"
#include "ipc/process.h"
#include "kmc/kmc.h"
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
	struct buf		 signature, csr;
	const char		*statement;
	int			 rc = -1;

	(void)caller;
	signer_pair_init(&pair);
	buf_init(&signature, 256);
	buf_init(&csr, LIMIT_CSR);
	if (js_need_str(in->json, "statement", &statement, err) == 0 &&
	    js_need_bytes(in->json, "signature", &signature, err) == 0 &&
	    js_need_bytes(in->json, "csr", &csr, err) == 0 &&
	    issue_work(arg, statement, strlen(statement), signature.p, signature.len, csr.p,
	    csr.len, &pair, err) == 0) {
		js_set_bytes(out->json, "sign_cert", pair.sign_cert.p, pair.sign_cert.len);
		js_set_bytes(out->json, "enc_cert", pair.enc_cert.p, pair.enc_cert.len);
		js_set_bytes(out->json, "envelope", pair.envelope.p, pair.envelope.len);
		js_set_str(out->json, "sign_serial", pair.sign_serial);
		js_set_str(out->json, "enc_serial", pair.enc_serial);
		rc = 0;
	}
	buf_free(&signature);
	buf_free(&csr);
	signer_pair_free(&pair);
	return rc;
}

static int
answer_chain(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct signer	*s = arg;

	(void)in;
	(void)caller;
	(void)err;
	put_cert(out->json, "root", s->root);
	put_cert(out->json, "issuing", s->issuing);
	return 0;
}

static int
answer_revoke(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct buf	 signature;
	const char	*statement;
	int		 rc = -1;

	(void)out;
	(void)caller;
	buf_init(&signature, 256);
	if (js_need_str(in->json, "statement", &statement, err) == 0 &&
	    js_need_bytes(in->json, "signature", &signature, err) == 0)
		rc = revoke_signed(arg, statement, strlen(statement), signature.p,
		    signature.len, err);
	buf_free(&signature);
	return rc;
}

static int
answer_admin_revoke(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	(void)out;
	(void)caller;
	return revoke_work(arg, js_str(in->json, "serial"), js_int(in->json, "reason", 0),
	    "admin", err);
}

static int
answer_crl(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	int64_t	 next_update;

	(void)in;
	(void)caller;
	if (crl_work(arg, &out->blob, &next_update, err) < 0)
		return -1;
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
	rc = journal_add(db, "officer.set", detail, err);
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
	json_t	*j = NULL;

	(void)in;
	(void)caller;
	if (journal_verify(arg, &j, err) < 0)
		return -1;
	json_decref(out->json);
	out->json = j;
	return 0;
}

/* Who may ask what. */
static const struct ipc_request	 signer_requests[] = {
	{"issue", IPC_WEB, answer_issue},
	{"revoke", IPC_WEB, answer_revoke},
	{"chain", IPC_WEB | IPC_VA | IPC_GATE | IPC_ADMIN, answer_chain},
	{"crl", IPC_VA | IPC_ADMIN, answer_crl},
	{"staff_issue", IPC_ADMIN, answer_staff_issue},
	{"officer_set", IPC_ADMIN, answer_officer_set},
	{"officers", IPC_ADMIN, answer_officers},
	{"admin_revoke", IPC_ADMIN, answer_admin_revoke},
	{"journal_verify", IPC_ADMIN, answer_journal_verify},
	{0}
};

static void
on_refused(enum ipc_role caller, const char *request, void *arg)
{
	json_t	*detail = json_pack("{s:s,s:s}", "caller", ipc_role_name(caller), "request",
	    request);

	if (detail == NULL)	/* a name that is no text */
		detail = json_pack("{s:s}", "caller", ipc_role_name(caller));
	journal_note(arg, "request.refused", detail);
	json_decref(detail);
}

int
signer_main(struct err *err)
{
	struct ipc_service	 service = {.name = "signer", .version = SIGNER_VERSION,
		.requests = signer_requests, .threads = 4, .on_refused = on_refused};
	struct secret		 passphrase = {0};
	struct signer		 s = {.pair = kmc_pair};
	int			 rc = -1;

	if (passphrase_get(&passphrase, err) == 0 && signer_open(&s, &passphrase, err) == 0 &&
	    sandbox_enter(SANDBOX_SIGNER, err) == 0) {
		service.arg = &s;
		rc = ipc_process_serve(&service, err);
	}
	secret_free(&passphrase);
	signer_close(&s);
	return rc;
}
