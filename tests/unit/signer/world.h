#ifndef TEST_SIGNER_WORLD_H
#define TEST_SIGNER_WORLD_H
#include "unit.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/str.h"
#include "kmc/kmc.h"
#include "pki/csr.h"
#include "signer/ceremony.h"
#include "signer/work.h"

#include <ftw.h>
#include <sqlite3.h>
#include <unistd.h>
/*
 * A whole CA in one process, made by the real ceremony in a directory of its own, for the tests
 * of kmc, signer and va.  world_make/world_free.  Public members may be used by tests.
 */
#define WORLD_PASSPHRASE	"correct horse battery"

struct world {
	char		 dir[64];
	struct secret	 passphrase;
	struct signer	 signer;
	EVP_PKEY	*officer_key, *second_key;
	char		 officer[CERT_SERIAL_TEXT], second[CERT_SERIAL_TEXT];
};

/* The world that the tests of one program share; made by its group_setup. */
struct world		*world_shared(void);

struct kmc		*world_kmc_shared(void);
static struct kmc	*world_kmc;	/* asked by world_pair */

/* kmc_pair and kmc_recover without a process between. */
static inline int
world_pair(const struct kmc_order *order, unsigned char enc_point[65], struct buf *envelope,
    struct err *err)
{
	return kmc_pair_work(world_kmc, order, enc_point, envelope, err);
}

static inline int
world_recover(const struct kmc_recovery *r, struct buf *envelope, struct err *err)
{
	return kmc_recover_work(world_kmc, r, envelope, err);
}

static inline void
world_csr(EVP_PKEY *key, struct buf *der)
{
	struct err	 err = {0};
	struct name	 subject = {0};

	buf_init(der, LIMIT_CSR);
	assert_ok(name_add(&subject, "CN", "request", &err));
	assert_ok(csr_build_key(&subject, key, der, &err));
	name_free(&subject);
}

struct world_list {
	const char	*id, *scope;
	struct buf	*der;
};

static inline int
world_list_read(struct db *db, void *arg, struct err *err)
{
	struct world_list	*l = arg;
	struct rows		*r = NULL;
	const void		*p;
	size_t			 len;

	if (db_one(db, SQL_REVOCATION_LIST_DER, &r, err, DB_TEXT(l->id), DB_TEXT(l->scope)) < 0)
		return -1;
	p = rows_blob(r, 0, &len);
	buf_clear(l->der);
	buf_add(l->der, p, len);
	rows_free(r);
	return 0;
}

/* The directory and its settings, with nothing in it yet but the passphrase. */
static inline void
world_prepare(struct world *w)
{
	struct err	 err = {0};
	char		 path[128];

	*w = (struct world){0};
	snprintf(w->dir, sizeof(w->dir), "/tmp/yinxin-ca-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(path, sizeof(path), "%s/passphrase", w->dir);
	assert_ok(file_write(path, WORLD_PASSPHRASE "\n", sizeof(WORLD_PASSPHRASE), 0600, &err));
	assert_ok(conf_set("data.dir", w->dir, &err));
	assert_ok(conf_set("key.passphrase_file", path, &err));
	secret_set(&w->passphrase, WORLD_PASSPHRASE, sizeof(WORLD_PASSPHRASE) - 1);
}

static inline void
world_ceremony(struct world *w)
{
	struct err	 err = {0};
	struct ceremony	 c = {.company = "测试认证有限公司", .root_cn = "测试根",
		.issuing_cn = "测试签发", .admin_name = "张三"};
	struct cert	*officer = NULL;
	struct buf	 csr, pem;

	assert_ok(sm2_generate(&w->officer_key, &err));
	world_csr(w->officer_key, &csr);
	buf_init(&pem, LIMIT_CERT * 2);
	c.admin_csr = csr.p;
	c.admin_csr_len = csr.len;
	secret_set(&c.passphrase, w->passphrase.p, w->passphrase.len);
	assert_ok(ceremony_run(&c, &pem, &err));
	assert_ok(cert_parse(pem.p, pem.len, &officer, &err));
	snprintf(w->officer, sizeof(w->officer), "%s", cert_serial(officer));
	cert_free(officer);
	secret_free(&c.passphrase);
	buf_free(&csr);
	buf_free(&pem);
}

/* The certificate of a CA by its id. */
static inline const struct cert *
world_ca(struct world *w, const char *id)
{
	struct authority	*a = authority_by_id(&w->signer.authorities, id);

	assert_non_null(a);
	return a->cert;
}

/* The newest list of a CA, made anew when due; a copy. */
static inline void
world_list(struct world *w, const char *id, const char *scope, struct buf *der)
{
	struct err	 err = {0};
	int64_t		 number, next;

	assert_ok(list_work(&w->signer, id, scope, &number, &next, &err));
	assert_true(next > clock_now());
	buf_clear(der);
	assert_ok(store_read(w->signer.store, world_list_read,
	    &(struct world_list){id, scope, der}, &err));
}

/* A second officer, who may do all. */
static inline void
world_second(struct world *w)
{
	struct err	 err = {0};
	struct buf	 csr;
	struct cert	*c = NULL;

	assert_ok(sm2_generate(&w->second_key, &err));
	world_csr(w->second_key, &csr);
	assert_ok(officer_issue(&w->signer, "李四", csr.p, csr.len,
	    OFFICER_APPROVE | OFFICER_REVOKE | OFFICER_RECOVER, &c, &err));
	snprintf(w->second, sizeof(w->second), "%s", cert_serial(c));
	cert_free(c);
	buf_free(&csr);
}

static inline void
world_make(struct world *w)
{
	struct err	 err = {0};

	world_prepare(w);
	world_ceremony(w);
	assert_ok(signer_open(&w->signer, &w->passphrase, &err));
	world_second(w);
	assert_ok(kmc_open(&world_kmc, &w->passphrase, &err));
	w->signer.pair = world_pair;
	w->signer.recover = world_recover;
}

static inline int
world_remove(const char *path, const struct stat *st, int flag, struct FTW *place)
{
	(void)st;
	(void)flag;
	(void)place;
	return remove(path);
}

/* Everything but signer and kmc. */
static inline void
world_drop(struct world *w)
{
	secret_free(&w->passphrase);
	EVP_PKEY_free(w->officer_key);
	EVP_PKEY_free(w->second_key);
	assert_int_equal(nftw(w->dir, world_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void
world_free(struct world *w)
{
	signer_close(&w->signer);
	kmc_close(world_kmc);
	world_kmc = NULL;
	world_drop(w);
}

/* ---- what the officer signs ---- */

static inline json_t *
world_approval(const struct world *w, const char *order)
{
	return json_pack("{s:s,s:i,s:s,s:s,s:s,s:i,s:s,s:s,s:I,s:{s:s,s:s,s:s,s:s,s:s,s:s,s:s}}",
	    "type", "approval", "v", 1, "order", order, "op", "new", "profile", "sm2-org",
	    "years", 1, "medium", "ukey", "officer", w->officer, "time",
	    (json_int_t)clock_now(), "subject", "kind", "organisation", "CN",
	    "长沙建工有限公司", "O", "长沙建工有限公司", "ST", "湖南省", "L", "长沙市", "id_type", "uscc",
	    "id_no", "91350100M000100Y43");
}

struct signed_text {
	struct buf	 bytes, signature;
};

/* Canonical bytes of the statement (dropped here) and a signature over them. */
static inline struct signed_text
world_sign(json_t *statement, EVP_PKEY *key)
{
	struct err		 err = {0};
	struct signed_text	 t;

	buf_init(&t.bytes, LIMIT_JSON);
	buf_init(&t.signature, 256);
	json_write_canonical(statement, &t.bytes);
	json_decref(statement);
	assert_ok(sm2_sign_message(key, t.bytes.p, t.bytes.len, &t.signature, &err));
	return t;
}

static inline void
signed_text_free(struct signed_text *t)
{
	buf_free(&t->bytes);
	buf_free(&t->signature);
}

/* issue_work for a signed text and a fresh request of the key. */
static inline int
world_issue(struct world *w, const struct signed_text *t, EVP_PKEY *key,
    struct signer_pair *out, struct err *err)
{
	struct buf	 csr;
	int		 rc;

	world_csr(key, &csr);
	rc = issue_work(&w->signer, &(struct signed_statement){t->bytes.p, t->bytes.len,
	    {t->signature.p, t->signature.len}, {0}}, csr.p, csr.len, out, err);
	buf_free(&csr);
	return rc;
}

/* status_change for a statement (dropped here), signed by one or two keys or by nobody. */
static inline int
world_change(struct world *w, json_t *statement, EVP_PKEY *first, EVP_PKEY *second,
    struct err *err)
{
	char			*type = xstrdup(js_str(statement, "type"));
	struct signed_text	 a = world_sign(json_incref(statement),
	    first == NULL ? w->officer_key : first), b = world_sign(statement,
	    second == NULL ? w->second_key : second);
	int			 rc;

	rc = status_change(&w->signer, type, &(struct signed_statement){a.bytes.p, a.bytes.len,
	    {a.signature.p, first == NULL ? 0 : a.signature.len},
	    {b.signature.p, second == NULL ? 0 : b.signature.len}}, err);
	signed_text_free(&a);
	signed_text_free(&b);
	free(type);
	return rc;
}

/* Change the ca store behind the signer's back. */
static inline void
world_sql(struct world *w, const char *sql)
{
	char	 path[128], *text = NULL;
	sqlite3	*db = NULL;

	snprintf(path, sizeof(path), "%s/ca/ca.db", w->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
		fail_msg("%s: %s", sql, text);
	assert_int_equal(sqlite3_changes(db), 1);
	sqlite3_close(db);
}

/* The journal's length and the last line's subject. */
struct journal_end {
	int64_t	 seq;
	char	 what[64], detail[1024];
};

static inline int
journal_end_read(struct db *db, void *arg, struct err *err)
{
	struct journal_end	*e = arg;
	struct rows		*r = NULL;
	int			 rc;

	*e = (struct journal_end){0};
	if (db_one(db, SQL_TREE_LINES, &r, err, DB_INT(1)) < 0)
		return -1;
	e->seq = rows_int(r, 0);
	rows_free(r);
	if (db_query(db, SQL_TREE_LINE, &r, err, DB_INT(e->seq)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		snprintf(e->what, sizeof(e->what), "%s", rows_text(r, 2));
		snprintf(e->detail, sizeof(e->detail), "%s", rows_text(r, 3));
	}
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

static inline struct journal_end
world_journal(struct world *w)
{
	struct err		 err = {0};
	struct journal_end	 e;

	assert_ok(store_read(w->signer.store, journal_end_read, &e, &err));
	return e;
}
#endif
