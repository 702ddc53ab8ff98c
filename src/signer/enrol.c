#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "pki/csr.h"
#include "signer/enrol.h"
#include "signer/process.h"

#define STRANGERS_A_MINUTE	30	/* refusals of strangers that are journaled */

void
enrolment_release(struct enrolment *e)
{
	name_free(&e->subject);
	EVP_PKEY_free(e->key);
	e->key = NULL;
}

void
enrol_digest(const struct enrol_part *parts, char hex[RA_REF])
{
	unsigned char	 digest[SM2_DIGEST_LEN];
	struct buf	 b;

	buf_init(&b, LIMIT_JSON);
	for (; parts->p != NULL; parts++) {
		buf_addf(&b, "%zu:", parts->len);
		buf_add(&b, parts->p, parts->len);
	}
	sm3(b.p, b.len, digest);
	hex_encode(digest, sizeof(digest), hex);
	buf_free(&b);
}

/* Anybody can be refused, and the journal never forgets: so it is not written full by them. */
static bool
stranger_is_noted(void)
{
	static _Atomic int64_t	 minute, n;
	int64_t			 now = clock_steady() / CLOCK_MINUTE;

	if (minute != now) {
		minute = now;
		n = 0;
	}
	return n++ < STRANGERS_A_MINUTE;
}

void
enrol_refused(struct signer *s, const struct ra *ra, const char *from, const struct err *why)
{
	if (why->kind == ERR_STORE || why->kind == ERR_BUSY)
		return;
	if (ra == NULL && !stranger_is_noted()) {
		log_err("enrol.refused", why);
		return;
	}
	journal_note(s->store, "enrol.refused", json_pack("{s:s,s:s,s:s}", "ra",
	    ra == NULL ? "" : ra->name, "from", from, "why", why->text));
}

/* What is found or made under one ref. */
struct enrol_row {
	struct signer		*signer;
	struct enrolment	*e;
	struct authority	*authority;
	char			 subject[RA_REF];	/* digest of the name */
	bool			 found;
	int64_t			 turn;			/* of the next one */
	char			 status[16];
	struct cert		*cert;
};

static int
enrol_find(struct db *db, void *arg, struct err *err)
{
	struct enrol_row	*w = arg;
	struct rows		*r = NULL;
	const void		*der;
	size_t			 len;
	int			 rc;

	w->found = false;
	w->turn = 0;
	cert_free(w->cert);
	w->cert = NULL;
	if (db_query(db, SQL_ENROLMENT_NEWEST, &r, err, DB_TEXT(w->e->ref)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		w->found = true;
		w->turn = rows_int(r, 0) + 1;
		snprintf(w->status, sizeof(w->status), "%s", rows_text(r, 4));
		der = rows_blob(r, 3, &len);
		rc = strcmp(rows_text(r, 1), w->e->request) == 0 ?
		    cert_parse(der, len, &w->cert, err) :
		    err_set(err, ERR_CONFLICT,
		    "another request was made in this transaction before");
	}
	rows_free(r);
	return rc;
}

/* 1: the one that was found is the answer, 0: make one, -1. */
static int
enrol_judge(const struct enrol_row *w, struct err *err)
{
	int64_t	 from, to;

	if (!w->found)
		return 0;
	if (strcmp(w->status, "good") != 0)
		return err_set(err, ERR_WRONG_STATE,
		    "the certificate of this request is revoked; make a new key");
	from = cert_not_before(w->cert);
	to = cert_not_after(w->cert);
	return !w->e->again || clock_now() < from + (to - from) / 2;
}

static int
enrol_check_renewal(struct db *db, void *arg, struct err *err)
{
	struct enrol_row	*w = arg;
	struct rows		*r = NULL;
	int			 rc = db_query(db, SQL_ENROLMENT_OF_SUBJECT, &r, err,
	    DB_TEXT(w->e->ra->name), DB_TEXT(w->subject), DB_INT(clock_now()));

	if (rc == 0 && (rc = rows_next(r, err)) == 0)
		rc = err_set(err, ERR_WRONG_STATE,
		    "no good certificate of this subject is there to be renewed");
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

static int
enrol_check(const struct enrolment *e, struct err *err)
{
	const char	*cn = name_get(&e->subject, "CN"), *suffix = e->ra->suffix;

	if (e->ra->profile == NULL || e->ra->profile->kind != PROFILE_TLS)
		return err_set(err, ERR_WRONG_STATE, "the profile of %s is not there any more",
		    e->ra->name);
	if (strlen(cn) <= strlen(suffix) ||
	    strcmp(cn + strlen(cn) - strlen(suffix), suffix) != 0)
		return err_set(err, ERR_DENIED, "%s may only name machines that end in \"%s\"",
		    e->ra->name, suffix);
	return profile_check(e->ra->profile, &e->subject, 1, err);
}

static int
enrol_build(struct enrol_row *w, struct err *err)
{
	const struct ra		*ra = w->e->ra;
	int64_t			 now = clock_now() / 1000 * 1000;
	struct cert_plan	 plan = {.profile = ra->profile, .subject = &w->e->subject,
		.key = w->e->key, .not_before = now};

	cert_free(w->cert);
	w->cert = NULL;
	if (authority_for(&w->signer->authorities, ra->profile->authority, &w->authority,
	    err) < 0)
		return -1;
	plan.issuer = w->authority->cert;
	plan.not_after = MIN(now + ra->days * CLOCK_DAY, cert_not_after(plan.issuer));
	cert_new_serial(plan.serial);
	authority_pointers(w->authority, &plan);
	return cert_build(&plan, &w->authority->key, &w->cert, err);
}

static int
enrol_keep(struct db *db, void *arg, struct err *err)
{
	struct enrol_row	*w = arg;
	const struct enrolment	*e = w->e;
	const char		*serial = cert_serial(w->cert);
	char			 ref[RA_NAME + 4];
	json_t			*detail = json_pack("{s:s,s:s,s:s,s:s,s:s}", "ra", e->ra->name,
	    "from", e->from, "profile", e->ra->profile->name, "serial", serial, "request",
	    e->request);
	int64_t			 line;
	int			 rc = -1;

	snprintf(ref, sizeof(ref), "ra %s", e->ra->name);
	if (journal_add(db, "certificate.enrol", detail, &line, err) == 0 &&
	    db_run(db, SQL_ENROLMENT_ADD, NULL, err, DB_TEXT(e->ref), DB_INT(w->turn),
	    DB_TEXT(e->ra->name), DB_TEXT(e->request), DB_TEXT(w->subject), DB_TEXT(serial),
	    DB_INT(clock_now()), DB_TEXT(cert_fingerprint(w->cert))) == 0)
		rc = certificate_add(db, w->cert, ref, e->ra->profile->name, w->authority->id,
		    line, err);
	json_decref(detail);
	return rc;
}

/* Somebody may be first with this request: then look again. */
static int
enrol_make(struct enrol_row *w, struct err *err)
{
	int	 rc;

	for (int tries = 0; tries < 8; tries++) {
		err_clear(err);
		if (store_read(w->signer->store, enrol_find, w, err) < 0)
			return -1;
		if ((rc = enrol_judge(w, err)) != 0)
			return MIN(rc, 0);
		if (w->e->renewal &&
		    store_read(w->signer->store, enrol_check_renewal, w, err) < 0)
			return -1;
		if (enrol_build(w, err) < 0)
			return -1;
		if (store_write(w->signer->store, enrol_keep, w, err) == 0)
			return 0;
		if (err->kind != ERR_CONFLICT)
			return -1;
	}
	return -1;
}

int
enrol_work(struct signer *s, struct enrolment *e, struct cert **out, struct err *err)
{
	struct enrol_row	 w = {.signer = s, .e = e};
	char			 text[NAME_TEXT];
	int			 rc;

	name_text(&e->subject, text);
	enrol_digest((struct enrol_part[]){{text, strlen(text)}, {0}}, w.subject);
	if ((rc = enrol_check(e, err)) == 0)
		rc = enrol_make(&w, err);
	if (rc == 0) {
		*out = w.cert;
		w.cert = NULL;	/* transferred */
	}
	cert_free(w.cert);
	return rc;
}

/* ---- a machine for itself ---- */

struct machine_find {
	const char	*print;
	char		 ra[RA_NAME];
	bool		 good;
	struct cert	*cert;		/* NULL: none of ours */
};

static int
machine_load(struct db *db, void *arg, struct err *err)
{
	struct machine_find	*f = arg;
	struct rows		*r = NULL;
	const void		*der;
	size_t			 len;
	int			 rc;

	cert_free(f->cert);
	*f = (struct machine_find){.print = f->print};
	if (db_query(db, SQL_ENROLMENT_BY_PRINT, &r, err, DB_TEXT(f->print)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		snprintf(f->ra, sizeof(f->ra), "%s", rows_text(r, 0));
		f->good = strcmp(rows_text(r, 2), "good") == 0 &&
		    rows_int(r, 3) > clock_now();
		der = rows_blob(r, 1, &len);
		rc = cert_parse(der, len, &f->cert, err);
	}
	rows_free(r);
	return rc;
}

int
enrol_machine(struct signer *s, const char *print, struct ra *ra, struct cert **cert,
    struct err *err)
{
	struct machine_find	 f = {.print = print};
	int			 rc = store_read(s->store, machine_load, &f, err);

	if (rc == 0 && f.cert == NULL)
		rc = err_set(err, ERR_NOT_FOUND,
		    "the sender is neither a registration authority nor a machine of one");
	if (rc == 0 && !f.good)
		rc = err_set(err, ERR_DENIED, "the sender's certificate is not good any more");
	if (rc == 0)
		rc = ra_by_name(s, f.ra, ra, err);
	if (rc == 0) {
		*cert = f.cert;
		f.cert = NULL;	/* transferred */
	}
	cert_free(f.cert);
	return rc;
}

/* ---- asked ---- */

/* The request proved, its profile the RA's own: issue. */
static int
enrol_csr(struct signer *s, const struct ipc_msg *in, struct enrolment *e,
    const struct cert *client, struct cert **out, struct err *err)
{
	const char	*label = js_str(in->json, "label");
	char		 want[NAME_TEXT], have[NAME_TEXT];
	struct buf	 csr;
	int		 rc = -1;

	buf_init(&csr, LIMIT_CSR);
	if (label[0] != '\0' &&
	    (e->ra->profile == NULL || strcmp(label, e->ra->profile->name) != 0))
		err_set(err, ERR_DENIED, "%s may not ask for certificates of \"%s\"",
		    e->ra->name, label);
	else if (js_need_bytes(in->json, "csr", &csr, err) < 0 ||
	    csr_check_key(csr.p, csr.len, &e->key, err) < 0 ||
	    csr_subject(csr.p, csr.len, &e->subject, err) < 0)
		goto out;
	else if (client != NULL && !key_is_same(e->key, cert_key(client)))
		err_set(err, ERR_DENIED, "by its certificate a machine renews with the key it has; "
		    "for another key: CMP (kur), or the registration authority's secret");
	else if (client != NULL && strcmp(name_text(&e->subject, want),
	    name_text(cert_name(client), have)) != 0)
		err_set(err, ERR_DENIED, "a machine may only renew its own certificate");
	else {
		/* the same request by another certificate is another renewal */
		const char	*print = client == NULL ? NULL : cert_fingerprint(client);

		enrol_digest((struct enrol_part[]){{"est", 3}, {e->ra->name, strlen(e->ra->name)},
		    {csr.p, csr.len}, {print, print == NULL ? 0 : strlen(print)}, {0}}, e->ref);
		memcpy(e->request, e->ref, sizeof(e->request));
		rc = enrol_work(s, e, out, err);
	}
 out:
	buf_free(&csr);
	return rc;
}

/*
 * RFC 7030 3.3.2: by the certificate of the TLS connection.  That we have not seen; what we see is
 * the request, which the very key of that certificate has signed.
 */
static int
enrol_by_certificate(struct signer *s, const struct ipc_msg *in, struct ra *ra,
    struct cert **client, struct err *err)
{
	char		 print[RA_REF];
	struct buf	 der;
	int		 rc;

	buf_init(&der, LIMIT_CERT);
	rc = js_need_bytes(in->json, "client", &der, err);
	if (rc == 0) {
		ra_digest((const unsigned char *)der.p, der.len, print);
		rc = enrol_machine(s, print, ra, client, err);
	}
	buf_free(&der);
	return rc;
}

int
answer_enrol(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct signer	*s = arg;
	struct ra	 ra = {0};
	struct enrolment e = {.ra = &ra, .from = js_str(in->json, "from"), .again = true,
		.renewal = js_bool(in->json, "renewal")};
	struct cert	*c = NULL, *client = NULL;
	size_t		 len;
	bool		 known;
	int		 rc = -1;

	(void)caller;
	known = json_object_get(in->json, "client") != NULL ?
	    enrol_by_certificate(s, in, &ra, &client, err) == 0 :
	    ra_by_secret(s, js_str(in->json, "ra"), in->blob.p, in->blob.len, &ra, err) == 0;
	if (known)
		rc = enrol_csr(s, in, &e, client, &c, err);
	if (rc == 0) {
		const unsigned char	*der = cert_der(c, &len);

		js_set_bytes(out->json, "cert", der, len);
	} else {
		enrol_refused(s, known ? &ra : NULL, e.from, err);
	}
	enrolment_release(&e);
	cert_free(client);
	cert_free(c);
	ra_release(&ra);
	return rc;
}

static void
chain_add(json_t *list, const struct authority *a)
{
	size_t			 len;
	const unsigned char	*der = cert_der(a->cert, &len);
	struct buf		 b;

	buf_init(&b, LIMIT_CERT * 2);
	base64_add(&b, der, len);
	json_array_append_new(list, json_stringn(b.p, b.len));
	buf_free(&b);
}

/* One CA and those above it. */
static void
chain_of(struct signer *s, const struct authority *a, json_t *list)
{
	for (int i = 0; a != NULL && i < CERT_CHAIN_MAX; i++) {
		chain_add(list, a);
		a = authority_is_root(a) ? NULL : authority_by_id(&s->authorities, a->parent);
	}
}

int
answer_enrol_chain(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct signer		*s = arg;
	const char		*of = js_str(in->json, "profile"), *name;
	const struct profile	*profile = profile_find(of);
	json_t			*list = json_array();
	struct authority	*a = NULL;

	(void)caller;
	json_object_set_new(out->json, "certs", list);
	name = js_str(in->json, "authority");
	if (of[0] != '\0') {
		if (profile == NULL || profile->kind != PROFILE_TLS)
			return err_set(err, ERR_NOT_FOUND, "no profile for machines \"%s\"", of);
		name = profile->authority;
	}
	if (name[0] == '\0') {
		for (size_t i = 0; i < s->authorities.n; i++)
			if (s->authorities.list[i]->state != AUTHORITY_ENDED)
				chain_add(list, s->authorities.list[i]);
	} else {
		if (authority_for(&s->authorities, name, &a, err) < 0)
			return -1;
		chain_of(s, a, list);
	}
	return 0;
}
