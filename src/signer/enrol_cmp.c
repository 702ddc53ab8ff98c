#include "base/base.h"
#include "base/clock.h"
#include "base/str.h"
#include "pki/cmp.h"
#include "pki/crl.h"
#include "signer/enrol.h"
#include "signer/process.h"

/*
 * Requests over CMP.  The whole message comes here, and here its signature is checked: the
 * enrol process that took it cannot ask for what nobody has signed.
 */
struct cmp_work {
	struct signer		*signer;
	const char		*label, *from;
	struct cmp_message	 message;
	struct ra		 ra;		/* in whose name */
	bool			 known;		/* the RA is, and the signature holds */
	struct cert		*sender;
	bool			 machine;	/* the sender is a machine of the RA's, not the RA */
};

/*
 * By the digest of the certificate that the message carries, or by the key that it names.  Only
 * certificates of our own store are taken apart here, never a stranger's.
 */
static int
cmp_find_sender(struct cmp_work *w, struct err *err)
{
	const struct cmp_message	*m = &w->message;
	char				 kid[2 * KEY_ID_LEN + 1] = "", print[RA_REF];
	const unsigned char		*der;
	size_t				 len;
	int				 rc;

	ra_digest(m->sender.p, m->sender.len, print);
	if (m->sender.len > 0) {
		rc = ra_by_print(w->signer, print, &w->ra, err);
	} else {
		if (m->kid.len <= KEY_ID_LEN)
			hex_encode(m->kid.p, m->kid.len, kid);
		rc = ra_by_kid(w->signer, kid, &w->ra, err);
	}
	if (rc == 0) {
		der = cert_der(w->ra.cert, &len);
		return cert_parse(der, len, &w->sender, err);
	}
	if (m->sender.len == 0 || err->kind != ERR_NOT_FOUND)
		return -1;
	err_clear(err);
	if (enrol_machine(w->signer, print, &w->ra, &w->sender, err) < 0)
		return -1;
	w->machine = true;
	return 0;
}

/* Who signed it, and that they did. */
static int
cmp_check_sender(struct cmp_work *w, struct err *err)
{
	const struct cmp_message	*m = &w->message;
	struct err			 why = {0};

	if (m->signature.signature.len == 0 || m->signature.algorithm.len == 0)
		return err_set(err, ERR_DENIED,
		    "the message must be signed by a registration authority");
	if (cmp_find_sender(w, err) < 0)
		return -1;
	if (cert_key(w->sender) != NULL &&
	    key_check_algorithm(cert_key(w->sender), &m->signature, &why) < 0)
		return err_set(err, ERR_DENIED, "%s: %s", cert_subject(w->sender), why.text);
	if (cert_key(w->sender) == NULL ||
	    key_verify_signed(cert_key(w->sender), &m->signature, err) < 0)
		return err_set(err, ERR_DENIED, "the signature is not that of %s",
		    cert_subject(w->sender));
	w->known = true;
	if (w->label[0] != '\0' && (w->ra.profile == NULL ||
	    strcmp(w->label, w->ra.profile->name) != 0))
		return err_set(err, ERR_DENIED, "%s may not ask for certificates of \"%s\"",
		    w->ra.name, w->label);
	return 0;
}

/* By itself a machine gets a new key for the name it has, and nothing else. */
static int
cmp_check_machine(const struct cmp_work *w, const struct name *subject, struct err *err)
{
	char	 want[NAME_TEXT], have[NAME_TEXT];

	if (w->message.type != CMP_KUR || strcmp(name_text(subject, want),
	    name_text(cert_name(w->sender), have)) != 0)
		return err_set(err, ERR_DENIED, "a machine may only renew its own certificate");
	return 0;
}

static int
cmp_issue(struct cmp_work *w, struct cert **out, struct err *err)
{
	const struct cmp_message *m = &w->message;
	struct enrolment	 e = {.ra = &w->ra, .from = w->from};
	char			 text[NAME_TEXT];
	struct buf		 spki;
	int			 rc = -1;

	buf_init(&spki, LIMIT_CSR);
	if (m->transaction.len == 0)
		err_set(err, ERR_INPUT, "a transactionID is wanted (RFC 9483 3.1)");
	else if (cmp_wanted(m, &e.subject, &e.key, err) == 0 &&
	    (!w->machine || cmp_check_machine(w, &e.subject, err) == 0) &&
	    key_spki_add(e.key, &spki, err) == 0) {
		name_text(&e.subject, text);
		enrol_digest((struct enrol_part[]){{"cmp", 3}, {w->ra.name, strlen(w->ra.name)},
		    {m->transaction.p, m->transaction.len}, {0}}, e.ref);
		enrol_digest((struct enrol_part[]){{text, strlen(text)}, {spki.p, spki.len},
		    {0}}, e.request);
		rc = enrol_work(w->signer, &e, out, err);
	}
	buf_free(&spki);
	enrolment_release(&e);
	return rc;
}

struct cmp_revocation {
	const struct ra	*ra;
	const char	*serial, *from;
	int		 reason;
};

/* ERR_DENIED unless it was issued in the RA's name; *done: revoked already. */
static int
cmp_revoke_look(struct db *db, const struct cmp_revocation *v, bool *done, struct err *err)
{
	struct rows	*r = NULL;
	bool		 own = false;
	int		 rc;

	if (db_query(db, SQL_ENROLMENT_BY_SERIAL, &r, err, DB_TEXT(v->serial)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0)
		own = strcmp(rows_text(r, 0), v->ra->name) == 0;
	rows_free(r);
	if (rc < 0)
		return -1;
	if (!own)
		return err_set(err, ERR_DENIED, "%s is no certificate of %s's", v->serial,
		    v->ra->name);
	if (db_one(db, SQL_CA_CERTIFICATE_BY_SERIAL, &r, err, DB_TEXT(v->serial)) < 0)
		return -1;
	*done = strcmp(rows_text(r, 6), "revoked") == 0;
	rows_free(r);
	return 0;
}

static int
cmp_revoke_write(struct db *db, void *arg, struct err *err)
{
	struct cmp_revocation	*v = arg;
	json_t			*detail;
	bool			 done = false;
	int64_t			 n, line, now = clock_now();
	int			 rc;

	if (cmp_revoke_look(db, v, &done, err) < 0)
		return -1;
	if (done)
		return 0;
	detail = json_pack("{s:s,s:i,s:s,s:s}", "serial", v->serial, "reason", v->reason, "by",
	    v->ra->name, "from", v->from);
	rc = journal_add(db, "certificate.revoke", detail, &line, err);
	json_decref(detail);
	if (rc < 0 || db_run(db, SQL_CA_CERTIFICATE_STATUS_SET, &n, err, DB_TEXT(v->serial),
	    DB_TEXT("revoked"), DB_INT(now), DB_INT(v->reason), DB_INT(0), DB_INT(now),
	    DB_TEXT("good"), DB_INT(line)) < 0)
		return -1;
	return n == 1 ? 0 : err_set(err, ERR_CONFLICT, "%s is changed by somebody else just now",
	    v->serial);
}

static int
cmp_revoke(struct cmp_work *w, struct err *err)
{
	char			 serial[CMP_SERIAL_TEXT];
	struct cmp_revocation	 v = {.ra = &w->ra, .serial = serial, .from = w->from};

	if (cmp_revoked(&w->message, serial, &v.reason, err) < 0)
		return -1;
	if (!revocation_reason_is_valid(v.reason))
		return err_set(err, ERR_INPUT, "reason %d cannot be used to revoke", v.reason);
	if (w->machine && strcmp(serial, cert_serial(w->sender)) != 0)
		return err_set(err, ERR_DENIED, "a machine may only revoke its own certificate");
	return store_write(w->signer->store, cmp_revoke_write, &v, err);
}

int
answer_enrol_cmp(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct cmp_work	 w = {.signer = arg, .label = js_str(in->json, "label"),
		.from = js_str(in->json, "from")};
	struct cert	*c = NULL;
	size_t		 len;
	int		 rc = -1;

	(void)caller;
	if (cmp_parse(in->blob.p, in->blob.len, &w.message, err) == 0 &&
	    cmp_check_sender(&w, err) == 0)
		rc = w.message.type == CMP_RR ? cmp_revoke(&w, err) : cmp_issue(&w, &c, err);
	if (c != NULL) {
		const unsigned char	*der = cert_der(c, &len);

		js_set_bytes(out->json, "cert", der, len);
	}
	if (rc < 0)
		enrol_refused(w.signer, w.known ? &w.ra : NULL, w.from, err);
	cert_free(c);
	cert_free(w.sender);
	ra_release(&w.ra);
	cmp_message_free(&w.message);
	return rc;
}

/* The certificate of an RA, which its messages may leave out. */
int
answer_enrol_sender(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct ra	 ra = {0};
	size_t		 len;
	int		 rc = ra_by_kid(arg, js_str(in->json, "kid"), &ra, err);

	(void)caller;
	if (rc < 0)
		enrol_refused(arg, NULL, js_str(in->json, "from"), err);
	if (rc == 0) {
		const unsigned char	*der = cert_der(ra.cert, &len);

		js_set_bytes(out->json, "cert", der, len);
	}
	ra_release(&ra);
	return rc;
}
