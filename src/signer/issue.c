#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "pki/csr.h"
#include "signer/replace.h"

/* One application of an approval: what is checked, made and kept. */
struct issue {
	struct signer		*signer;
	json_t			*statement;
	const struct signed_statement *in;
	const char		*order;
	struct officer		 officer;
	const struct product	*product;
	int			 years;
	struct replacement	 replacement;
	struct authority	*authority;	/* that issues it */
	struct name		 subject;
	unsigned char		 point[SM2_POINT_LEN];
	struct cert		*sign, *enc;
	struct signer_pair	*out;
};

void
signer_pair_init(struct signer_pair *p)
{
	*p = (struct signer_pair){0};
	buf_init(&p->sign_cert, LIMIT_CERT);
	buf_init(&p->enc_cert, LIMIT_CERT);
	buf_init(&p->envelope, 4096);
}

void
signer_pair_free(struct signer_pair *p)
{
	buf_free(&p->sign_cert);
	buf_free(&p->enc_cert);
	buf_free(&p->envelope);
}

static void
issue_release(struct issue *i)
{
	json_decref(i->statement);
	officer_release(&i->officer);
	replacement_release(&i->replacement);
	name_free(&i->subject);
	cert_free(i->sign);
	cert_free(i->enc);
}

/* The identity code must be of the kind that the profile carries. */
static int
issue_check_identity(const struct issue *i, const json_t *subject, struct err *err)
{
	const char	*want = i->product->sign->identity, *type = js_str(subject, "id_type");

	if (!profile_names_by(i->product->sign, type) || js_str(subject, "id_no")[0] == '\0')
		return err_set(err, ERR_DENIED, "profile %s names its subject by %s, not by \"%s\"",
		    i->product->name, want == NULL ? "nothing" : want, type);
	return 0;
}

static int
issue_check_statement(struct issue *i, struct err *err)
{
	const json_t	*j = i->statement, *subject = json_object_get(j, "subject");
	int64_t		 years = js_int(j, "years", 0);

	i->order = js_str(j, "order");
	i->product = product_find(js_str(j, "profile"));
	i->years = years < 0 || years > 100 ? 0 : (int)years;	/* 0: no profile has it */
	if (strlen(i->order) != 20 || !str_is_digits(i->order))
		return err_set(err, ERR_DENIED, "the statement names no order");
	if (i->product == NULL || i->product->enc == NULL)
		return err_set(err, ERR_DENIED, "no product \"%s\"", js_str(j, "profile"));
	if (strcmp(js_str(j, "medium"), i->product->soft ? "soft" : "ukey") != 0)
		return err_set(err, ERR_DENIED, "product %s is not for the medium \"%s\"",
		    i->product->name, js_str(j, "medium"));
	if (replacement_parse(&i->replacement, j, err) < 0 ||
	    name_from_json(&i->subject, subject, err) < 0)
		return -1;
	if (!replacement_takes_years(&i->replacement) && years != 0)
		return err_set(err, ERR_DENIED, "this operation buys no years");
	if (profile_check(i->product->sign, &i->subject,
	    replacement_takes_years(&i->replacement) ? i->years : 1, err) < 0)
		return -1;
	return issue_check_identity(i, subject, err);
}

/* The pair already issued for this order: 1 taken over into out, 0 none, -1. */
static int
issue_load(struct db *db, void *arg, struct err *err)
{
	struct issue	*i = arg;
	struct rows	*r = NULL;
	const void	*b;
	size_t		 len;
	int		 rc;

	i->out->sign_serial[0] = '\0';
	if (db_query(db, SQL_ISSUE_BY_REF, &r, err, DB_TEXT(i->order)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) <= 0)
		goto out;
	rc = -1;
	b = rows_blob(r, 1, &len);
	if (!secret_equal(b, len, i->point, SM2_POINT_LEN)) {
		err_set(err, ERR_CONFLICT, i->product->soft ?
		    "这笔申请的证书已经签发给另一把密钥，请用当时的软证书文件或证书请求继续。" :
		    "这笔申请的证书已经签发给另一支 UKey，请插入当时的那支 UKey。");
		goto out;
	}
	if (strcmp(rows_text(r, 0), i->in->text) != 0) {
		err_set(err, ERR_CONFLICT, "这笔申请已按另一份审批签发过证书，请联系客服核对。");
		goto out;
	}
	snprintf(i->out->sign_serial, sizeof(i->out->sign_serial), "%s", rows_text(r, 2));
	snprintf(i->out->enc_serial, sizeof(i->out->enc_serial), "%s", rows_text(r, 3));
	buf_clear(&i->out->envelope);
	b = rows_blob(r, 4, &len);
	buf_add(&i->out->envelope, b, len);
	rc = 0;
 out:
	rows_free(r);
	return rc;
}

static int
issue_load_cert(struct db *db, const char *serial, struct buf *out, struct err *err)
{
	struct rows	*r = NULL;
	const void	*b;
	size_t		 len;

	if (db_one(db, SQL_CA_CERTIFICATE_BY_SERIAL, &r, err, DB_TEXT(serial)) < 0)
		return -1;
	b = rows_blob(r, 3, &len);
	buf_clear(out);
	buf_add(out, b, len);
	rows_free(r);
	return 0;
}

/* Everything of an earlier issue, if there was one. */
static int
issue_find(struct db *db, void *arg, struct err *err)
{
	struct issue	*i = arg;

	if (issue_load(db, i, err) < 0)
		return -1;
	if (i->out->sign_serial[0] == '\0')
		return 0;
	if (issue_load_cert(db, i->out->sign_serial, &i->out->sign_cert, err) < 0 ||
	    issue_load_cert(db, i->out->enc_serial, &i->out->enc_cert, err) < 0)
		return -1;
	return 0;
}

static int
issue_build(struct issue *i, const struct profile *profile,
    const unsigned char point[SM2_POINT_LEN], int64_t now, struct cert **out, struct err *err)
{
	const json_t		*subject = json_object_get(i->statement, "subject");
	const struct cert	*old = i->replacement.old.sign;
	EVP_PKEY		*key = NULL;
	struct cert_plan	 plan = {.profile = profile, .subject = &i->subject,
		.issuer = i->authority->cert, .not_before = now,
		.not_after = replacement_not_after(&i->replacement, now, i->years),
		.carried = old == NULL ? 0 : MAX(cert_not_after(old) - now, 0),
		.id_no = js_str(subject, "id_no"), .id_form = IDENTITY_UTF8};
	int			 rc;

	if (sm2_from_point(point, &key, err) < 0)
		return -1;
	plan.key = key;
	cert_new_serial(plan.serial);
	authority_pointers(i->authority, &plan);
	rc = cert_build(&plan, &i->authority->key, out, err);
	EVP_PKEY_free(key);
	return rc;
}

/* Keep it all, or nothing: the issue, both certificates and the journal's line. */
static int
issue_keep(struct db *db, void *arg, struct err *err)
{
	struct issue	*i = arg;
	json_t		*detail = json_pack("{s:s,s:s,s:s,s:s,s:s}", "order", i->order,
	    "officer", i->officer.serial, "profile", i->product->name, "sign",
	    cert_serial(i->sign), "enc", cert_serial(i->enc));
	const char	*op = js_str(i->statement, "op"), *old = js_str(i->statement, "replaces");
	int64_t		 line;
	int		 rc = -1;

	if (old[0] != '\0')
		js_set_str(detail, "replaces", old);
	if (replacement_check(db, &i->replacement, i->statement, err) == 0 &&
	    db_run(db, SQL_ISSUE_ADD, NULL, err, DB_TEXT(i->order), DB_TEXT(i->in->text),
	    DB_BLOB(i->in->first.p, i->in->first.len), DB_TEXT(i->officer.serial),
	    DB_BLOB(i->point, SM2_POINT_LEN), DB_TEXT(cert_serial(i->sign)),
	    DB_TEXT(cert_serial(i->enc)), DB_BLOB(i->out->envelope.p, i->out->envelope.len),
	    DB_INT(clock_now()), DB_TEXT(op), DB_TEXT(old)) == 0 &&
	    replacement_keep(db, &i->replacement, i->statement, err) == 0 &&
	    journal_add(db, "certificate.issue", detail, &line, err) == 0 &&
	    certificate_add(db, i->sign, i->order, i->product->sign->name,
	    i->authority->id, line, err) == 0)
		rc = certificate_add(db, i->enc, i->order, i->product->enc->name,
		    i->authority->id, line, err);
	json_decref(detail);
	return rc;
}

static int
issue_look(struct db *db, void *arg, struct err *err)
{
	struct issue	*i = arg;

	return replacement_check(db, &i->replacement, i->statement, err);
}

/* What was just kept; an issue that was found comes from the store (issue_find). */
static int
issue_give(struct issue *i, struct err *err)
{
	struct signer_pair	*out = i->out;
	const unsigned char	*der;
	size_t			 len;

	snprintf(out->sign_serial, sizeof(out->sign_serial), "%s", cert_serial(i->sign));
	snprintf(out->enc_serial, sizeof(out->enc_serial), "%s", cert_serial(i->enc));
	der = cert_der(i->sign, &len);
	buf_clear(&out->sign_cert);
	buf_add(&out->sign_cert, der, len);
	der = cert_der(i->enc, &len);
	buf_clear(&out->enc_cert);
	buf_add(&out->enc_cert, der, len);
	return buf_check(&out->sign_cert, err) < 0 ? -1 : buf_check(&out->enc_cert, err);
}

static int
issue_make(struct issue *i, struct err *err)
{
	const json_t	*subject = json_object_get(i->statement, "subject");
	unsigned char	 enc_point[SM2_POINT_LEN];
	char		 digest[KMC_SUBJECT];
	int64_t		 now = clock_now() / 1000 * 1000;
	struct kmc_order order = {.ref = i->order, .subject = digest, .sign_point = i->point};
	struct err	 again = {0};

	buf_clear(&i->out->envelope);
	kmc_subject(js_str(subject, "id_type"), js_str(subject, "id_no"), digest);
	if (authority_for(&i->signer->authorities, i->product->sign->authority, &i->authority,
	    err) < 0 || store_read(i->signer->store, issue_look, i, err) < 0)
		return -1;
	order.not_after = replacement_not_after(&i->replacement, now, i->years);
	if (i->signer->pair(&order, enc_point, &i->out->envelope, err) < 0 ||
	    issue_build(i, i->product->sign, i->point, now, &i->sign, err) < 0 ||
	    issue_build(i, i->product->enc, enc_point, now, &i->enc, err) < 0)
		return -1;
	for (int tries = 0; tries < 8; tries++) {
		err_clear(err);
		if (store_write(i->signer->store, issue_keep, i, err) == 0)
			return issue_give(i, err);
		if (err->kind != ERR_CONFLICT)
			return -1;
		/* Somebody was first with this order. */
		if (store_read(i->signer->store, issue_find, i, &again) < 0) {
			*err = again;
			return -1;
		}
		if (i->out->sign_serial[0] != '\0')
			return 0;
	}
	return err_set(err, ERR_BUG, "order %s: a serial number came twice: %s", i->order,
	    err->text);
}

int
issue_work(struct signer *s, const struct signed_statement *in, const void *csr,
    size_t csr_len, struct signer_pair *out, struct err *err)
{
	struct issue	 i = {.signer = s, .in = in, .out = out};
	int		 rc = -1;

	if (statement_parse(in->text, in->len, "approval", &i.statement, err) == 0 &&
	    officer_check(s, i.statement, "officer", in, &in->first, OFFICER_APPROVE,
	    &i.officer, err) == 0 &&
	    issue_check_statement(&i, err) == 0 &&
	    csr_check(csr, csr_len, i.point, err) == 0 &&
	    store_read(s->store, issue_find, &i, err) == 0)
		rc = out->sign_serial[0] != '\0' ? 0 : issue_make(&i, err);
	if (rc < 0 && err->kind != ERR_STORE && err->kind != ERR_BUSY)
		journal_note(s->store, "issue.refused", json_pack("{s:s,s:s}", "order",
		    i.order == NULL ? "" : i.order, "why", err->text));
	issue_release(&i);
	return rc;
}
