#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "signer/authority_make.h"

#define CROSS_YEARS_MAX	20

/* ---- key and certificate ---- */

static bool
authority_name_is_valid(const char *name)
{
	size_t	 n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	/* so that no address of a list (authority_list_url) is that of another CA */
	const char	*dash = strrchr(name, '-');
	bool		 list = dash != NULL && (strcmp(dash, "-delta") == 0 || (dash[1] == 'p' &&
	    dash[2] != '\0' && str_is_digits(dash + 2)));

	return name[0] != '\0' && name[n] == '\0' && !list &&
	    n < sizeof(((struct authority *)0)->name);
}

static int
authority_make_key(const struct authority_plan *plan, struct authority *a, struct err *err)
{
	const struct key_kind	*kind = key_kind_find(plan->kind);
	char			*path = NULL;
	EVP_PKEY		*key = NULL;
	int			 rc = -1;

	if (kind == NULL)
		return err_set(err, ERR_INPUT, "no key kind \"%.20s\" (sm2, rsa, ecdsa)", plan->kind);
	if (!str_has_prefix(a->address, "file:"))
		goto open;
	path = a->address[5] == '/' ? xstrdup(a->address + 5) :
	    xasprintf("%s/%s", conf_str("data.dir"), a->address + 5);
	if (file_exists(path))
		err_set(err, ERR_CONFLICT, "%s exists already", path);
	else if (key_generate(kind, &key, err) == 0)
		rc = key_write(path, key, plan->passphrase, err);
	EVP_PKEY_free(key);
	free(path);
	if (rc < 0)
		return -1;
 open:
	if (signing_key_open(a->address, plan->passphrase, &a->key, err) < 0)
		return -1;
	atomic_store(&a->has_key, true);
	return key_kind_of(a->key.key) == kind ? 0 :
	    err_set(err, ERR_INPUT, "%s is a key of another kind than %s", a->address, kind->name);
}

static int
authority_certify(const struct authority_plan *plan, struct authority *a, struct err *err)
{
	const struct authority	*up = plan->parent;
	int64_t			 now = clock_now() / 1000 * 1000;
	struct name		 subject = {0};
	struct cert_plan	 c = {.subject = &subject, .key = a->key.key, .not_before = now,
		.profile = profile_find(up == NULL ? "root" : "issuing-ca"),
		.issuer = up == NULL ? NULL : up->cert,
		.not_after = clock_add_years(now, plan->years) - CLOCK_SECOND};
	int			 rc = -1;

	cert_new_serial(c.serial);
	if (up != NULL) {
		authority_pointers(up, &c);
		c.not_after = MIN(c.not_after, cert_not_after(up->cert));
	}
	if (name_add(&subject, "C", "CN", err) == 0 &&
	    name_add(&subject, "O", plan->company, err) == 0 &&
	    name_add(&subject, "CN", plan->cn, err) == 0 &&
	    profile_check(c.profile, &subject, plan->years, err) == 0)
		rc = cert_build(&c, up == NULL ? &a->key : &up->key, &a->cert, err);
	name_free(&subject);
	return rc;
}

int
authority_make(const struct authority_plan *plan, struct authority **out, struct err *err)
{
	struct authority	*a = xcalloc(1, sizeof(*a));

	snprintf(a->name, sizeof(a->name), "%s", plan->name);
	snprintf(a->id, sizeof(a->id), "%s-%" PRId64, plan->name, plan->generation);
	snprintf(a->parent, sizeof(a->parent), "%s", plan->parent == NULL ? a->id :
	    plan->parent->id);
	a->generation = plan->generation;
	if (plan->address == NULL || plan->address[0] == '\0')
		snprintf(a->address, sizeof(a->address), "file:ca-keys/%s.key",
		    authority_slug(a));
	else
		snprintf(a->address, sizeof(a->address), "%s", plan->address);
	if (authority_name_is_valid(plan->name) && authority_make_key(plan, a, err) == 0 &&
	    authority_certify(plan, a, err) == 0) {
		*out = a;
		return 0;
	}
	authority_free(a);
	return err->kind != ERR_NONE ? -1 : err_set(err, ERR_INPUT,
	    "a CA is named in small letters, digits and -, not \"%.40s\"", plan->name);
}

/* ---- the administrator's requests ---- */

static void
ca_row(const struct authority *a, json_t *row)
{
	js_set_str(row, "id", a->id);
	js_set_str(row, "name", a->name);
	js_set_int(row, "generation", a->generation);
	js_set_str(row, "parent", authority_is_root(a) ? "" : a->parent);
	js_set_str(row, "kind", key_kind_of(cert_key(a->cert))->name);
	js_set_str(row, "subject", cert_subject(a->cert));
	js_set_str(row, "serial", cert_serial(a->cert));
	js_set_int(row, "not_after", cert_not_after(a->cert));
	js_set_str(row, "state", authority_state_name((enum authority_state)a->state));
	js_set_str(row, "key", authority_key_state(a));
	js_set_bool(row, "lacks_key", authority_lacks_key(a));
	js_set_str(row, "address", a->address);
}

void
ca_list(struct signer *s, json_t *out)
{
	json_t	*list = json_array();

	authorities_look(&s->authorities);
	for (size_t i = 0; i < s->authorities.n; i++) {
		json_t			*row = json_object();
		size_t			 len;
		const unsigned char	*der = cert_der(s->authorities.list[i]->cert, &len);

		ca_row(s->authorities.list[i], row);
		js_set_bytes(row, "der", der, len);
		json_array_append_new(list, row);
	}
	json_object_set_new(out, "authorities", list);
}

/* The newest generation of a name, NULL when there is none. */
static struct authority *
ca_newest(struct signer *s, const char *name)
{
	struct authority	*found = NULL;

	for (size_t i = 0; i < s->authorities.n; i++) {
		struct authority	*a = s->authorities.list[i];

		if (strcmp(a->name, name) == 0 &&
		    (found == NULL || found->generation < a->generation))
			found = a;
	}
	return found;
}

/*
 * A copy of the CA with its key open, for one act.  The key of an issuing CA is open already
 * and stays so; that of a root is opened here and closed by ca_close_key.
 */
static int
ca_open_key(const struct authority *a, const struct secret *pass, struct authority *copy,
    struct err *err)
{
	bool	 open = atomic_load(&a->has_key);

	memcpy(copy, a, sizeof(*copy));
	if (open)
		return 0;
	copy->key = (struct signing_key){0};
	if (signing_key_open(a->address, pass, &copy->key, err) < 0)
		return err_add(err, "the key of %s is needed for this", a->id);
	if (key_is_same(copy->key.key, cert_key(a->cert)))
		return 0;
	signing_key_close(&copy->key);
	return err_set(err, ERR_CRYPTO, "%s is not the key of %s", a->address, a->id);
}

static void
ca_close_key(const struct authority *a, struct authority *copy)
{
	if (copy->key.key != a->key.key)
		signing_key_close(&copy->key);
}

struct ca_change {
	const struct authority	*fresh, *former;	/* former NULL: the first */
};

static int
ca_keep(struct db *db, void *arg, struct err *err)
{
	struct ca_change	*c = arg;
	const struct authority	*a = c->fresh;
	json_t			*detail = json_pack("{s:s,s:s,s:s,s:s}", "authority", a->id,
	    "serial", cert_serial(a->cert), "subject", cert_subject(a->cert), "parent", a->parent);
	int64_t			 line;
	int			 rc = -1;

	if (journal_add(db, "ca.create", detail, &line, err) == 0 && authority_add(db, a, err) == 0 &&
	    (c->former == NULL || authority_is_root(a) || db_run(db, SQL_AUTHORITY_STATE_SET,
	    NULL, err, DB_TEXT(c->former->id), DB_TEXT("retiring")) == 0))
		rc = certificate_add(db, a->cert, "ca", authority_is_root(a) ? "root" :
		    "issuing-ca", a->parent, line, err);
	json_decref(detail);
	return rc;
}

/* The generation of that id; NULL. */
static struct authority *
ca_by_id(struct signer *s, const char *id, struct err *err)
{
	struct authority	*a = authority_by_id(&s->authorities, id);

	if (a == NULL)
		err_set(err, ERR_NOT_FOUND, "no CA has the id \"%.48s\", which is like issuing-1; see "
		    "yinxin ca list", id);
	return a;
}

static int
ca_check_asked(struct signer *s, const json_t *asked, struct authority **parent,
    struct err *err)
{
	const char	*up = js_str(asked, "parent");
	int64_t		 years = js_int(asked, "years", 0);

	*parent = NULL;
	if (years < 1 || years > 50)
		return err_set(err, ERR_INPUT, "a CA lives 1 to 50 years");
	if (up[0] == '\0')
		return 0;
	return (*parent = ca_by_id(s, up, err)) == NULL ? -1 : 0;
}

/*
 * What it issues points to its list: there is one before its key goes.  The CA stands whatever
 * happens to the list, which `yinxin ca crl` makes too.
 */
static void
ca_put_away(struct signer *s, struct authority *root)
{
	struct err	 err = {0};
	int64_t		 number, next;

	if (list_make_now(s, root, &number, &next, &err) < 0)
		log_err("crl.first", &err);
	signing_key_close(&root->key);
}

int
ca_create(struct signer *s, const json_t *asked, const struct secret *pass,
    const struct secret *parent_pass, json_t *out, struct err *err)
{
	struct authority	*parent, *fresh = NULL, up = {0},
				*former = ca_newest(s, js_str(asked, "name"));
	struct authority_plan	 plan = {.name = js_str(asked, "name"),
		.generation = former == NULL ? 1 : former->generation + 1,
		.kind = js_str(asked, "kind"), .company = js_str(asked, "company"),
		.cn = js_str(asked, "cn"), .years = (int)js_int(asked, "years", 0),
		.address = js_str(asked, "address"), .passphrase = pass};
	struct ca_change	 change = {.former = former};
	int			 rc = -1;

	if (ca_check_asked(s, asked, &parent, err) < 0)
		return -1;
	if (parent != NULL) {
		if (ca_open_key(parent, parent_pass, &up, err) < 0)
			return -1;
		plan.parent = &up;
	}
	if (authority_make(&plan, &fresh, err) < 0)
		goto out;
	change.fresh = fresh;
	if (store_write(s->store, ca_keep, &change, err) < 0) {
		authority_free(fresh);
		goto out;
	}
	ca_row(fresh, out);
	if (authority_is_root(fresh))
		ca_put_away(s, fresh);
	if (authorities_take(&s->authorities, fresh, err) < 0)
		goto out;
	if (former != NULL && !authority_is_root(former))
		former->state = AUTHORITY_RETIRING;
	rc = 0;
 out:
	if (parent != NULL)
		ca_close_key(parent, &up);
	return rc;
}

struct ca_state_change {
	const char	*id, *state;
};

static int
ca_state_write(struct db *db, void *arg, struct err *err)
{
	struct ca_state_change	*c = arg;
	json_t			*detail = json_pack("{s:s,s:s}", "authority", c->id, "state",
	    c->state);
	int			 rc = db_run(db, SQL_AUTHORITY_STATE_SET, NULL, err,
	    DB_TEXT(c->id), DB_TEXT(c->state));

	if (rc == 0)
		rc = journal_add(db, "ca.state", detail, NULL, err);
	json_decref(detail);
	return rc;
}

int
ca_state(struct signer *s, const char *id, const char *state, struct err *err)
{
	struct authority	*a = ca_by_id(s, id, err);
	struct ca_state_change	 c = {id, state};

	if (a == NULL)
		return -1;
	for (int i = 0; i < AUTHORITY__MAX; i++) {
		if (strcmp(authority_state_name((enum authority_state)i), state) != 0)
			continue;
		if (store_write(s->store, ca_state_write, &c, err) < 0)
			return -1;
		a->state = i;
		return 0;
	}
	return err_set(err, ERR_INPUT, "a CA is active, retiring or ended, not \"%.20s\"", state);
}

struct ca_cross_keep {
	const struct cert	*cert;
	const char		*id, *profile;
};

static int
ca_cross_write(struct db *db, void *arg, struct err *err)
{
	struct ca_cross_keep	*k = arg;
	json_t			*detail = json_pack("{s:s,s:s,s:s}", "authority", k->id, "serial",
	    cert_serial(k->cert), "subject", cert_subject(k->cert));
	int64_t			 line;
	int			 rc = journal_add(db, "ca.cross", detail, &line, err);

	json_decref(detail);
	return rc < 0 ? -1 : certificate_add(db, k->cert, "cross", k->profile, k->id, line, err);
}

/* A CA, valid now, whose certificate is what it says when it signed it itself. */
static int
ca_cross_check(const struct cert *subject, int years, struct err *err)
{
	if (!cert_is_ca(subject) || years < 1 || years > CROSS_YEARS_MAX)
		return err_set(err, ERR_INPUT, "a cross-certificate is for a CA certificate, 1 to "
		    "%d years", CROSS_YEARS_MAX);
	if (clock_now() < cert_not_before(subject) || clock_now() > cert_not_after(subject))
		return err_set(err, ERR_INPUT, "the certificate of %s is not valid now",
		    cert_subject(subject));
	if (strcmp(cert_subject(subject), cert_issuer(subject)) == 0 &&
	    cert_verify_signature(subject, subject, err) < 0)
		return err_add(err, "the certificate names itself as issuer");
	return 0;
}

/* One that may have CAs below it keeps one level of them, where there is a profile for that. */
static const struct profile *
ca_cross_profile(const struct cert *subject)
{
	const struct profile	*deep = profile_find("cross-ca");

	return deep != NULL && cert_path_len(subject) != 0 ? deep : profile_find("issuing-ca");
}

int
ca_cross(struct signer *s, const char *id, const struct cert *subject, int years,
    const struct secret *pass, struct buf *der, struct err *err)
{
	const struct authority	*a = ca_by_id(s, id, err);
	struct authority	 up = {0};
	int64_t			 now = clock_now() / 1000 * 1000;
	struct cert_plan	 plan = {.profile = ca_cross_profile(subject), .as = subject,
		.subject = cert_name(subject), .key = cert_key(subject), .not_before = now,
		.not_after = clock_add_years(now, years) - CLOCK_SECOND};
	struct cert		*c = NULL;
	struct ca_cross_keep	 keep;
	const unsigned char	*p;
	size_t			 len;
	int			 rc = -1;

	if (a == NULL || ca_cross_check(subject, years, err) < 0 ||
	    ca_open_key(a, pass, &up, err) < 0)
		return -1;
	plan.issuer = a->cert;
	plan.not_after = MIN(plan.not_after, MIN(cert_not_after(a->cert), cert_not_after(subject)));
	cert_new_serial(plan.serial);
	authority_pointers(a, &plan);
	if (cert_build(&plan, &up.key, &c, err) == 0) {
		keep = (struct ca_cross_keep){c, a->id, plan.profile->name};
		if ((rc = store_write(s->store, ca_cross_write, &keep, err)) == 0) {
			p = cert_der(c, &len);
			buf_add(der, p, len);
		}
	}
	cert_free(c);
	ca_close_key(a, &up);
	return rc;
}

int
ca_crl(struct signer *s, const char *id, const struct secret *pass, json_t *out,
    struct err *err)
{
	struct authority	*a = ca_by_id(s, id, err), up = {0};
	int64_t			 number, next;
	int			 rc;

	if (a == NULL)
		return -1;
	if (ca_open_key(a, pass, &up, err) < 0)
		return -1;
	rc = list_make_now(s, &up, &number, &next, err);
	if (rc == 0) {
		js_set_int(out, "number", number);
		js_set_int(out, "next_update", next);
	}
	ca_close_key(a, &up);
	return rc;
}

struct ceremony_line {
	const char	*what;
	const json_t	*detail;
	int64_t		 line;
};

static int
ceremony_line_write(struct db *db, void *arg, struct err *err)
{
	struct ceremony_line	*c = arg;

	return journal_add(db, c->what, c->detail, &c->line, err);
}

int
ca_ceremony(struct signer *s, const json_t *asked, int64_t *line, struct err *err)
{
	const char		*record = js_str(asked, "record");
	bool			 begin = strcmp(js_str(asked, "stage"), "begin") == 0;
	unsigned char		 digest[SM2_DIGEST_LEN];
	json_t			*detail;
	struct ceremony_line	 c = {.what = begin ? "ca.ceremony_begin" : "ca.ceremony"};
	int			 rc;

	if (hex_decode(record, digest, sizeof(digest)) < 0)
		return err_set(err, ERR_INPUT, "the record of a ceremony is named by its SM3 in hex");
	c.detail = detail = json_pack("{s:s,s:s,s:O?,s:O?,s:b}", "title", js_str(asked, "title"),
	    begin ? "script" : "record", record, "custodians", json_object_get(asked, "custodians"), "witnesses",
	    json_object_get(asked, "witnesses"), "done", js_bool(asked, "done"));
	rc = store_write(s->store, ceremony_line_write, &c, err);
	json_decref(detail);
	*line = c.line;
	return rc;
}
