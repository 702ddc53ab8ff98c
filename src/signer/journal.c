#include "base/base.h"
#include "base/clock.h"
#include "signer/work.h"

/* Which lines tell of which certificates; where in the detail their serials stand. */
static const struct act {
	const char	*what;
	const char	*name[2];
	const char	*status;		/* it then has; NULL: it is issued */
} acts[] = {
	{"certificate.issue", {"sign", "enc"}, NULL},
	{"certificate.enrol", {"serial", NULL}, NULL},
	{"ceremony.make", {"serial", NULL}, NULL},
	{"ca.create", {"serial", NULL}, NULL},
	{"ca.cross", {"serial", NULL}, NULL},
	{"officer.add", {"serial", NULL}, NULL},
	{"service.issue", {"serial", NULL}, NULL},
	{"journal.key", {"serial", NULL}, NULL},
	{"seal.maker", {"serial", NULL}, NULL},
	{"certificate.hold", {"serial", "enc"}, "held"},
	{"certificate.release", {"serial", "enc"}, "good"},
	{"certificate.revoke", {"serial", "enc"}, "revoked"},
};

typedef int	(*act_fn)(struct db *db, const struct act *act, int64_t seq, const char *serial,
		    struct err *err);

/* Call fn for each certificate the line tells of. */
static int
act_each(struct db *db, const struct journal_line *line, act_fn fn, struct err *err)
{
	const struct act	*act = NULL;
	json_t			*detail = NULL;
	const char		*serial;
	int			 rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (strcmp(acts[i].what, line->what) == 0)
			act = &acts[i];
	if (act == NULL)
		return 0;
	if (json_parse(line->detail, strlen(line->detail), 0, &detail, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(act->name) && act->name[i] != NULL && rc == 0; i++) {
		serial = js_str(detail, act->name[i]);
		if (serial[0] != '\0')
			rc = fn(db, act, line->seq, serial, err);
	}
	json_decref(detail);
	return rc;
}

/* ---- verifying: what a line tells is so in the store ---- */

static int
act_check(struct db *db, const struct act *act, int64_t seq, const char *serial, struct err *err)
{
	struct rows	*r = NULL;
	bool		 good = false;
	int		 rc;

	if (db_query(db, SQL_CA_CERTIFICATE_LINES, &r, err, DB_TEXT(serial)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0)
		good = act->status == NULL ? rows_int(r, 0) == seq :
		    rows_int(r, 1) > seq || (rows_int(r, 1) == seq &&
		    strcmp(rows_text(r, 2), act->status) == 0);
	rows_free(r);
	if (rc < 0)
		return -1;
	return good ? 0 : err_set(err, ERR_CRYPTO, "journal line %" PRId64 " tells of certificate "
	    "%s: the store does not hold it like this", seq, serial);
}

static int
look(struct db *db, const struct journal_line *line, void *arg, struct err *err)
{
	(void)arg;
	return act_each(db, line, act_check, err);
}

static int
look_after(struct db *db, void *arg, struct err *err)
{
	struct rows	*r = NULL;
	int		 rc;

	(void)arg;
	if (db_query(db, SQL_CA_CERTIFICATE_UNTOLD, &r, err) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0)
		rc = err_set(err, ERR_CRYPTO, "certificate %s stands in the store, but its issue or "
		    "its status is not in the journal", rows_text(r, 0));
	rows_free(r);
	return rc;
}

/* ---- lines of the former journal ---- */

static int
act_adopt(struct db *db, const struct act *act, int64_t seq, const char *serial, struct err *err)
{
	return db_run(db, act->status == NULL ? SQL_CA_CERTIFICATE_LINE_SET :
	    SQL_CA_CERTIFICATE_CHANGED_LINE_SET, NULL, err, DB_TEXT(serial), DB_INT(seq));
}

static int
adopt(struct db *db, const struct journal_line *line, void *arg, struct err *err)
{
	(void)arg;
	return act_each(db, line, act_adopt, err);
}

/* ---- the key ---- */

#define KEY_YEARS	10

/* The CA of the profile; when it has none at hand, any that issues: there must be a journal. */
static struct authority *
certify_authority(struct signer *s, const struct profile *profile)
{
	struct err		 ignored = {0};
	struct authority	*a = NULL;

	if (authority_for(&s->authorities, profile->authority, &a, &ignored) == 0)
		return a;
	for (size_t i = 0; i < s->authorities.n; i++) {
		a = s->authorities.list[i];
		if (!authority_is_root(a) && a->state == AUTHORITY_ACTIVE && atomic_load(&a->has_key))
			return a;
	}
	return NULL;
}

static int
certify(EVP_PKEY *key, void *arg, struct cert **out, struct err *err)
{
	struct signer		*s = arg;
	struct authority	*a = NULL;
	struct name		 subject = {0};
	struct cert_plan	 plan = {.profile = profile_find("journal"), .subject = &subject,
		.key = key, .not_before = clock_now()};
	int			 rc = -1;

	if (plan.profile == NULL)
		return err_set(err, ERR_WRONG_STATE, "the file of ca.profiles has no profile "
		    "\"journal\": copy it from profiles/default.yaml");
	if ((a = certify_authority(s, plan.profile)) == NULL)
		return err_set(err, ERR_BUSY, "no active CA has its key at hand, to certify "
		    "the key of the journal");
	plan.issuer = a->cert;
	plan.not_after = MIN(clock_add_years(plan.not_before, KEY_YEARS) - CLOCK_SECOND,
	    cert_not_after(a->cert));
	cert_new_serial(plan.serial);
	authority_pointers(a, &plan);
	if (name_add(&subject, "C", "CN", err) == 0 &&
	    name_add(&subject, "O", name_get(cert_name(a->cert), "O"), err) == 0 &&
	    name_add(&subject, "CN", "Journal", err) == 0)
		rc = cert_build(&plan, &a->key, out, err);
	name_free(&subject);
	return rc;
}

static struct authority *
key_issuer(struct signer *s, const struct cert *c)
{
	struct err	 ignored = {0};

	for (size_t i = 0; i < s->authorities.n; i++)
		if (cert_verify_signature(c, s->authorities.list[i]->cert, &ignored) == 0)
			return s->authorities.list[i];
	return NULL;
}

static int
keep(struct db *db, const struct cert *c, int64_t line, void *arg, struct err *err)
{
	return certificate_add(db, c, "journal", "journal", key_issuer(arg, c)->id, line, err);
}

static int
trust(const struct cert *c, void *arg, struct err *err)
{
	return key_issuer(arg, c) != NULL ? 0 : err_set(err, ERR_CRYPTO,
	    "the certificate %s of a key that signed heads is of none of our CAs", cert_serial(c));
}

int
signer_journal_open(struct signer *s, const struct secret *passphrase, struct err *err)
{
	s->journal_owner = (struct journal_owner){.name = "signer", .dir = "ca",
		.key_file = "ca-keys/journal.key", .arg = s, .certify = certify, .keep = keep,
		.trust = trust, .look = look, .look_after = look_after, .adopt = adopt};
	return journal_open(&s->journal, &s->journal_owner, s->store, passphrase, err);
}

/* ---- asked ---- */

struct prove {
	const char	*serial;
	int64_t		 line[2];
};

static int
prove_find(struct db *db, void *arg, struct err *err)
{
	struct prove	*p = arg;
	struct rows	*r = NULL;

	if (db_query(db, SQL_CA_CERTIFICATE_LINES, &r, err, DB_TEXT(p->serial)) < 0)
		return -1;
	if (rows_next(r, err) <= 0) {
		rows_free(r);
		return err_set(err, ERR_NOT_FOUND, "no certificate %.48s", p->serial);
	}
	p->line[0] = rows_int(r, 0);
	p->line[1] = rows_int(r, 1);
	rows_free(r);
	return 0;
}

int
certificate_prove(struct signer *s, const char *serial, int64_t since, json_t *out,
    struct err *err)
{
	struct prove	 p = {.serial = serial};

	if (store_read(s->store, prove_find, &p, err) < 0)
		return -1;
	return journal_prove(&s->journal, p.line, p.line[1] == 0 ? 1 : 2, since, out, err);
}
