#include "base/base.h"
#include "base/str.h"
#include "kmc/work.h"
#include "pki/carrier.h"

#define DOCUMENT_MAX	128

struct recover {
	struct kmc			*kmc;
	const struct kmc_recovery	*in;
	json_t				*statement;
	const char			*order, *kind;
	bool				 judicial;
	struct cert			*enc, *sign, *officers[2];
	unsigned char			 point[SM2_POINT_LEN];	/* the envelope is for this key */
	struct escrow			 escrow;
};

static int
recover_parse(struct recover *v, struct err *err)
{
	const json_t	*j;

	if (statement_parse(v->in->statement.text, v->in->statement.len, "recovery",
	    &v->statement, err) < 0)
		return -1;
	j = v->statement;
	v->order = js_str(j, "order");
	v->kind = js_str(j, "kind");
	v->judicial = strcmp(v->kind, "judicial") == 0;
	if (strlen(v->order) != 20 || !str_is_digits(v->order))
		return err_set(err, ERR_DENIED, "the statement names no order");
	if (!v->judicial && strcmp(v->kind, "user") != 0)
		return err_set(err, ERR_DENIED, "no recovery of kind \"%.20s\"", v->kind);
	if (v->judicial && (js_str(j, "document")[0] == '\0' ||
	    strlen(js_str(j, "document")) > DOCUMENT_MAX))
		return err_set(err, ERR_DENIED,
		    "a judicial recovery needs the number of its document");
	return 0;
}

/* Back to its subject: the receiver's certificate and the escrow name the same identity. */
static int
recover_check_subject(const struct recover *v, struct err *err)
{
	const char	*type = NULL, *other = NULL;
	char		 code[CERT_IDENTITY_TEXT], same[CERT_IDENTITY_TEXT], digest[KMC_SUBJECT];

	if (!cert_identity(v->enc, &type, code) || !cert_identity(v->sign, &other, same) ||
	    strcmp(type, other) != 0 || strcmp(code, same) != 0)
		return err_set(err, ERR_DENIED,
		    "the key does not belong to the subject of the receiver's certificate");
	kmc_subject(type, code, digest);
	if (v->escrow.subject[0] != '\0' && strcmp(v->escrow.subject, digest) != 0)
		return err_set(err, ERR_DENIED, "the key was made for another subject");
	return 0;
}

static bool
recover_names(const struct recover *v, const char *what, const char *value)
{
	char		 digest[KMC_SUBJECT];
	const json_t	*people = json_object_get(v->statement, "people"), *j;
	size_t		 i;

	kmc_person(v->order, what, value, digest);
	json_array_foreach(people, i, j)
		if (json_is_string(j) && strcmp(json_string_value(j), digest) == 0)
			return true;
	return false;
}

/* Does this officer act in the order, or is he whom the wanted certificate names? */
static bool
recover_is_own(const struct recover *v, const struct cert *officer)
{
	const char	*type = NULL, *other = NULL, *name = cert_cn(officer);
	char		 code[CERT_IDENTITY_TEXT], same[CERT_IDENTITY_TEXT];

	if (recover_names(v, "name", name) || strcmp(cert_cn(v->enc), name) == 0)
		return true;
	if (!cert_identity(officer, &type, code))
		return false;
	return recover_names(v, type, code) || (cert_identity(v->enc, &other, same) &&
	    strcmp(type, other) == 0 && strcmp(code, same) == 0);
}

/* Nobody signs for a key of one's own, whatever the hall let through. */
static int
recover_check_people(const struct recover *v, struct err *err)
{
	size_t	i;

	if (v->judicial)
		return 0;
	if (json_array_size(json_object_get(v->statement, "people")) == 0)
		return err_set(err, ERR_DENIED, "the statement does not say who applied");
	for (i = 0; i < ARRAY_LEN(v->officers); i++)
		if (recover_is_own(v, v->officers[i]))
			return err_set(err, ERR_DENIED,
			    "key officer %s is an applicant: another one must sign",
			    cert_cn(v->officers[i]));
	return 0;
}

static int
recover_check_certs(struct recover *v, struct err *err)
{
	const struct kmc_recovery	*in = v->in;

	/* The wanted one may have ended long ago: that is what recovery is for. */
	if (trusted_cert_parse(in->enc_cert.p, in->enc_cert.len, 0, &v->enc, err) < 0 ||
	    trusted_cert_parse(in->sign_cert.p, in->sign_cert.len, clock_now(), &v->sign, err) < 0)
		return -1;
	if (strcmp(cert_serial(v->enc), js_str(v->statement, "serial")) != 0 ||
	    !cert_is_enc(v->enc))
		return err_set(err, ERR_DENIED,
		    "the encryption certificate is not the one of the statement");
	if (!cert_is_sign(v->sign) || cert_is_ca(v->sign))
		return err_set(err, ERR_DENIED, "the receiver's certificate is not for signing");
	if ((v->judicial || json_object_get(v->statement, "receiver") != NULL) &&
	    strcmp(cert_serial(v->sign), js_str(v->statement, "receiver")) != 0)
		return err_set(err, ERR_DENIED, "the receiver is not the one of the statement");
	if (in->carrier.text != NULL)
		return carrier_check(&in->carrier, v->order, v->sign, v->point, err);
	return cert_point(v->sign, v->point, err);
}

/* 1: this very recovery was done before, 0: not, -1. */
static int
recover_find(struct db *db, const struct recover *v, struct err *err)
{
	struct rows	*r = NULL;
	const void	*point;
	size_t		 len;
	int		 rc;

	if (db_query(db, SQL_RECOVERY_BY_REF, &r, err, DB_TEXT(v->order)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		point = rows_blob(r, 1, &len);
		if (strcmp(rows_text(r, 0), v->in->statement.text) != 0 ||
		    !secret_equal(point, len, v->point, SM2_POINT_LEN))
			rc = err_set(err, ERR_CONFLICT,
			    "order %s has recovered something else already", v->order);
	}
	rows_free(r);
	return rc;
}

static int
recover_note(struct db *db, const struct recover *v, struct err *err)
{
	const json_t	*j = v->statement;
	json_t		*detail = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "order", v->order,
	    "kind", v->kind, "serial", cert_serial(v->enc), "escrow", v->escrow.ref,
	    "officer", js_str(j, "officer"), "second", js_str(j, "second"), "receiver",
	    cert_serial(v->sign));
	int		 rc;

	if (v->judicial)
		js_set_str(detail, "document", js_str(j, "document"));
	rc = journal_add(db, "key.recover", detail, NULL, err);
	json_decref(detail);
	return rc;
}

/* It is written down before the key leaves. */
static int
recover_keep(struct db *db, void *arg, struct err *err)
{
	struct recover			*v = arg;
	const struct signed_statement	*in = &v->in->statement;
	const json_t			*j = v->statement;
	unsigned char			 point[SM2_POINT_LEN];
	int				 rc;

	if (cert_point(v->enc, point, err) < 0 ||
	    (rc = escrow_by_point(db, point, &v->escrow, err)) < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "the key of %s is not in escrow here",
		    cert_serial(v->enc));
	if ((!v->judicial && recover_check_subject(v, err) < 0) ||
	    escrow_check(v->kmc, &v->escrow, err) < 0)
		return -1;
	if ((rc = recover_find(db, v, err)) != 0)
		return rc < 0 ? -1 : 0;
	if (db_run(db, SQL_RECOVERY_ADD, NULL, err, DB_TEXT(v->order), DB_TEXT(v->kind),
	    DB_TEXT(cert_serial(v->enc)), DB_TEXT(v->escrow.ref), DB_TEXT(js_str(j, "officer")),
	    DB_TEXT(js_str(j, "second")), DB_TEXT(v->judicial ? js_str(j, "document") : ""),
	    DB_TEXT(cert_serial(v->sign)), DB_BLOB(v->point, SM2_POINT_LEN),
	    DB_TEXT(in->text), DB_BLOB(in->first.p, in->first.len),
	    DB_BLOB(in->second.p, in->second.len), DB_INT(clock_now())) < 0)
		return -1;
	return recover_note(db, v, err);
}

static void
recover_refused(struct recover *v, const struct err *why)
{
	if (why->kind == ERR_STORE || why->kind == ERR_BUSY)
		return;
	journal_note(v->kmc->store, "recover.refused", json_pack("{s:s,s:s,s:s,s:s}", "order",
	    v->order, "officer", js_str(v->statement, "officer"), "second",
	    js_str(v->statement, "second"), "why", why->text));
}

int
kmc_recover_work(struct kmc *k, const struct kmc_recovery *in, struct buf *envelope,
    struct err *err)
{
	struct recover	 v = {.kmc = k, .in = in, .order = ""};
	int		 rc = -1;

	escrow_init(&v.escrow);
	wraps_enter(&k->wraps);
	if (recover_parse(&v, err) == 0 &&
	    key_officers_check(k, v.statement, &in->statement, v.officers, err) == 0 &&
	    recover_check_certs(&v, err) == 0 && recover_check_people(&v, err) == 0 &&
	    kmc_write(k, recover_keep, &v, err) == 0)
		rc = escrow_envelope(k, &v.escrow, v.point, envelope, err);
	wraps_leave(&k->wraps);
	if (rc < 0)
		recover_refused(&v, err);
	escrow_release(&v.escrow);
	cert_free(v.enc);
	cert_free(v.sign);
	cert_free(v.officers[0]);
	cert_free(v.officers[1]);
	json_decref(v.statement);
	return rc;
}
