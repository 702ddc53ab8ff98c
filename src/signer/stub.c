#include "base/base.h"
#include "ipc/process.h"
#include "pki/carrier.h"
#include "pki/cert.h"
#include "signer/request.h"
#include "signer/signer.h"

/* Asking the signer from other processes. */
#define SIGNER_TIMEOUT_MS	20000
#define JOURNAL_TIMEOUT_MS	(3600 * 1000)	/* some microseconds a line */

static int
ask(const char *request, const struct ipc_msg *in, struct ipc_msg *out, struct err *err)
{
	return ipc_ask("signer", SIGNER_VERSION, request, in, out, SIGNER_TIMEOUT_MS, err);
}

int
signer_issue(const char *statement, size_t statement_len, const void *signature,
    size_t signature_len, const void *csr, size_t csr_len, struct signer_pair *out,
    struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc = -1;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	json_object_set_new(in.json, "statement", json_stringn(statement, statement_len));
	js_set_bytes(in.json, "signature", signature, signature_len);
	js_set_bytes(in.json, "csr", csr, csr_len);
	if (ask("issue", &in, &answer, err) == 0 &&
	    js_need_bytes(answer.json, "sign_cert", &out->sign_cert, err) == 0 &&
	    js_need_bytes(answer.json, "enc_cert", &out->enc_cert, err) == 0 &&
	    js_need_bytes(answer.json, "envelope", &out->envelope, err) == 0) {
		snprintf(out->sign_serial, sizeof(out->sign_serial), "%s",
		    js_str(answer.json, "sign_serial"));
		snprintf(out->enc_serial, sizeof(out->enc_serial), "%s",
		    js_str(answer.json, "enc_serial"));
		rc = 0;
	}
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

static int
ask_signed(const char *request, const char *statement, size_t statement_len,
    const struct signature *first, const struct signature *second, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	json_object_set_new(in.json, "statement", json_stringn(statement, statement_len));
	js_set_bytes(in.json, "signature", first->p, first->len);
	if (second->len > 0)
		js_set_bytes(in.json, "second", second->p, second->len);
	rc = ask(request, &in, &answer, err);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
signer_hold(const char *statement, size_t statement_len, const void *signature,
    size_t signature_len, struct err *err)
{
	return ask_signed("hold", statement, statement_len,
	    &(struct signature){signature, signature_len}, &(struct signature){0}, err);
}

int
signer_release(const char *statement, size_t statement_len, const void *signature,
    size_t signature_len, const void *second, size_t second_len, struct err *err)
{
	return ask_signed("release", statement, statement_len,
	    &(struct signature){signature, signature_len},
	    &(struct signature){second, second_len}, err);
}

int
signer_revoke(const char *statement, size_t statement_len, const void *signature,
    size_t signature_len, const void *second, size_t second_len, struct err *err)
{
	return ask_signed("revoke", statement, statement_len,
	    &(struct signature){signature, signature_len},
	    &(struct signature){second, second_len}, err);
}

int
signer_recover(const struct signer_recovery *r, struct buf *envelope, struct buf *enc_cert,
    struct err *err)
{
	const struct signed_statement	*s = &r->statement;
	struct ipc_msg			 in, answer;
	int				 rc = -1;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	js_set_str(in.json, "order", r->order);
	json_object_set_new(in.json, "statement", json_stringn(s->text, s->len));
	js_set_bytes(in.json, "signature", s->first.p, s->first.len);
	js_set_bytes(in.json, "second", s->second.p, s->second.len);
	js_set_bytes(in.json, "csr", r->csr.p, r->csr.len);
	carrier_put(in.json, &r->carrier);
	if (ask("recover", &in, &answer, err) == 0 &&
	    js_need_bytes(answer.json, "envelope", envelope, err) == 0)
		rc = js_need_bytes(answer.json, "enc_cert", enc_cert, err);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
signer_seal(const struct signed_statement *approval, const void *picture, size_t len,
    struct buf *der, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	json_object_set_new(in.json, "statement", json_stringn(approval->text, approval->len));
	js_set_bytes(in.json, "signature", approval->first.p, approval->first.len);
	buf_add(&in.blob, picture, len);
	if ((rc = ask("seal", &in, &answer, err)) == 0) {
		buf_add(der, answer.blob.p, answer.blob.len);
		rc = buf_check(der, err);
	}
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
signer_crl(const char *authority, const char *scope, int64_t *number, int64_t *next_update,
    struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	js_set_str(in.json, "authority", authority);
	js_set_str(in.json, "scope", scope);
	if ((rc = ask("crl", &in, &answer, err)) == 0) {
		*number = js_int(answer.json, "number", 0);
		*next_update = js_int(answer.json, "next_update", 0);
	}
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
signer_staff_issue(const char *name, const void *csr, size_t csr_len, unsigned int may,
    struct buf *cert, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc = -1;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	js_set_str(in.json, "name", name);
	js_set_bytes(in.json, "csr", csr, csr_len);
	js_set_int(in.json, "may", may);
	if (ask("staff_issue", &in, &answer, err) == 0)
		rc = js_need_bytes(answer.json, "cert", cert, err);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

static int
ask_json(const char *request, json_t *question, json_t **out, struct err *err)
{
	return ipc_ask_json("signer", SIGNER_VERSION, request, question, out, SIGNER_TIMEOUT_MS,
	    err);
}

int
signer_ca(const char *request, json_t *question, const struct secret *own,
    const struct secret *parent, json_t **out, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	if (question != NULL) {
		json_decref(in.json);
		in.json = question;
	}
	if (own != NULL)
		buf_add(&in.blob, own->p, own->len);
	if (parent != NULL) {
		buf_add(&in.blob, "", 1);
		buf_add(&in.blob, parent->p, parent->len);
	}
	if ((rc = ask(request, &in, &answer, err)) == 0 && out != NULL)
		*out = json_incref(answer.json);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
signer_status(const char *serial, json_t **out, struct err *err)
{
	return ask_json("status", json_pack("{s:s}", "serial", serial), out, err);
}

int
signer_officers(json_t **out, struct err *err)
{
	return ask_json("officers", json_object(), out, err);
}

int
signer_officer_set(const char *serial, unsigned int may, bool active, struct err *err)
{
	return ask_json("officer_set", json_pack("{s:s,s:i,s:b}", "serial", serial, "may",
	    (int)may, "active", active), NULL, err);
}

int
signer_admin_revoke(const char *serial, int reason, struct err *err)
{
	return ask_json("admin_revoke", json_pack("{s:s,s:i}", "serial", serial, "reason",
	    reason), NULL, err);
}

int
signer_journal_verify(json_t **out, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	if ((rc = ipc_ask("signer", SIGNER_VERSION, "journal_verify", &in, &answer,
	    JOURNAL_TIMEOUT_MS, err)) == 0)
		*out = json_incref(answer.json);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
signer_journal_prove(const char *serial, int64_t line, int64_t since, json_t **out,
    struct err *err)
{
	return ask_json("journal_prove", json_pack("{s:s,s:I,s:I}", "serial",
	    serial == NULL ? "" : serial, "line", (json_int_t)line, "since", (json_int_t)since),
	    out, err);
}

int
signer_anchor(struct anchor *a, struct err *err)
{
	json_t	*out = NULL;

	if (ask_json("anchor", json_pack("{s:I,s:s,s:b}", "lines", (json_int_t)a->lines, "head",
	    a->head, "restored", a->restored), &out, err) < 0)
		return -1;
	a->lines = js_int(out, "lines", 0);
	snprintf(a->head, sizeof(a->head), "%s", js_str(out, "head"));
	a->before = js_int(out, "before", 0);
	snprintf(a->before_head, sizeof(a->before_head), "%s", js_str(out, "before_head"));
	json_decref(out);
	return 0;
}

int
signer_anchors(json_t **out, struct err *err)
{
	json_t	*all = json_array(), *page, *list;
	int64_t	 after = 0;
	size_t	 n;

	do {
		page = NULL;
		if (ask_json("anchors", json_pack("{s:I}", "after", (json_int_t)after), &page,
		    err) < 0) {
			json_decref(all);
			return -1;
		}
		list = json_object_get(page, "anchors");
		n = json_array_size(list);
		if (n > 0)
			after = js_int(json_array_get(list, n - 1), "line", INT64_MAX);
		(void)json_array_extend(all, list);
		json_decref(page);
	} while (n > 0);
	*out = all;
	return 0;
}

int
signer_find(const char *by, const char *what, json_t **out, struct err *err)
{
	return ask_json("find", json_pack("{s:s,s:s}", "by", by, "what", what), out, err);
}

int
signer_stats(json_t **out, struct err *err)
{
	return ipc_ask_stats("signer", SIGNER_VERSION, out, err);
}

int
signer_service_issue(const char *use, const char *authority, const void *csr, size_t csr_len,
    struct cert **out, struct err *err)
{
	struct ipc_msg	 in, answer;
	struct buf	 der;
	int		 rc = -1;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	buf_init(&der, LIMIT_CERT);
	js_set_str(in.json, "use", use);
	js_set_str(in.json, "authority", authority);
	js_set_bytes(in.json, "csr", csr, csr_len);
	if (ask("service_issue", &in, &answer, err) == 0 &&
	    js_need_bytes(answer.json, "cert", &der, err) == 0)
		rc = cert_parse(der.p, der.len, out, err);
	buf_free(&der);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
signer_enrol(const struct signer_enrolment *e, struct buf *cert, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc = -1;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	if (e->client != NULL)
		js_set_bytes(in.json, "client", e->client, e->client_len);
	else
		js_set_str(in.json, "ra", e->ra);
	js_set_str(in.json, "label", e->label);
	js_set_str(in.json, "from", e->from);
	js_set_bool(in.json, "renewal", e->renewal);
	js_set_bytes(in.json, "csr", e->csr, e->csr_len);
	buf_add(&in.blob, e->secret.p, e->secret.len);
	if (ask("enrol", &in, &answer, err) == 0)
		rc = js_need_bytes(answer.json, "cert", cert, err);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
signer_enrol_cmp(const char *label, const char *from, const void *message, size_t len,
    struct buf *cert, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	js_set_str(in.json, "label", label);
	js_set_str(in.json, "from", from);
	buf_add(&in.blob, message, len);
	if ((rc = ask("enrol_cmp", &in, &answer, err)) == 0 &&
	    json_object_get(answer.json, "cert") != NULL)
		rc = js_need_bytes(answer.json, "cert", cert, err);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
signer_enrol_sender(const char *kid, const char *from, struct buf *cert, struct err *err)
{
	json_t	*answer = NULL;
	int	 rc = ask_json("enrol_sender", json_pack("{s:s,s:s}", "kid", kid, "from",
	    from), &answer, err);

	if (rc == 0)
		rc = js_need_bytes(answer, "cert", cert, err);
	json_decref(answer);
	return rc;
}

int
signer_enrol_chain(const char *profile, const char *authority, json_t **out, struct err *err)
{
	return ask_json("enrol_chain", json_pack("{s:s,s:s}", "profile", profile, "authority",
	    authority), out, err);
}

/* The question is taken over; what comes back in the blob is a secret, or nothing. */
static int
ask_ra(const char *request, json_t *question, const void *cert, size_t cert_len,
    struct secret *secret, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	json_decref(in.json);
	in.json = question;
	buf_add(&in.blob, cert, cert_len);
	if ((rc = ask(request, &in, &answer, err)) == 0)
		secret_set(secret, answer.blob.p, answer.blob.len);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
signer_ra_add(const struct signer_ra *ra, struct secret *secret, struct err *err)
{
	return ask_ra("ra_add", json_pack("{s:s,s:s,s:s,s:I}", "name", ra->name, "profile",
	    ra->profile, "suffix", ra->suffix, "days", (json_int_t)ra->days), ra->cert,
	    ra->cert_len, secret, err);
}

int
signer_ra_renew(const char *name, const void *cert, size_t cert_len, struct secret *secret,
    struct err *err)
{
	return ask_ra("ra_renew", json_pack("{s:s}", "name", name), cert, cert_len, secret, err);
}

int
signer_ra_list(json_t **out, struct err *err)
{
	return ask_json("ra_list", json_object(), out, err);
}

int
signer_ra_set(const char *name, bool active, struct err *err)
{
	return ask_json("ra_set", json_pack("{s:s,s:b}", "name", name, "active", active), NULL,
	    err);
}
