#ifndef TEST_KMC_HOUSE_H
#define TEST_KMC_HOUSE_H
#include "unit.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "kmc/work.h"
#include "pki/envelope.h"

#include <ftw.h>
#include <sqlite3.h>
#include <sys/stat.h>
/*
 * A key management centre in a directory of its own, beside a small CA whose root stands in
 * pub/chain.pem, with three people who have certificates for signing.
 */
#define HOUSE_USCC	"91350100M000100Y43"
#define HOUSE_OTHER	"91440300708461136T"

struct house_person {
	EVP_PKEY	*key;
	struct cert	*cert;
	const char	*serial;
};
struct house {
	char		 dir[64];
	struct secret	 passphrase;
	struct kmc	*kmc;
	EVP_PKEY	*ca_key;
	struct cert	*ca;
	struct house_person person[3];		/* the first two are key officers */
};
/* The house that the tests of one program share; made by its group_setup. */
struct house	*house_shared(void);

static inline struct cert *
house_cert(const struct house *h, const char *profile, EVP_PKEY *key, const char *cn,
    const char *id_no, int64_t not_before, int years)
{
	struct err		 err = {0};
	struct name		 subject = {0};
	struct cert		*c = NULL;
	struct cert_plan	 plan = {.profile = profile_find(profile), .subject = &subject,
		.key = key, .issuer = h->ca, .not_before = not_before,
		.not_after = clock_add_years(not_before, years) - CLOCK_SECOND, .id_no = id_no,
		.pointers = {"http://va/ocsp", "http://va/ca.crt", "http://va/crl", "1.2.3.4",
		    "http://hall/cps"}};

	cert_new_serial(plan.serial);
	assert_ok(name_add(&subject, "C", "CN", &err));
	if (id_no != NULL)
		assert_ok(name_add(&subject, "O", cn, &err));
	assert_ok(name_add(&subject, "CN", cn, &err));
	assert_ok(cert_build(&plan, SIGNING(h->ca_key), &c, &err));
	name_free(&subject);
	return c;
}

static inline void
house_file(const struct house *h, const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", h->dir, name);
}

static inline void
house_make_ca(struct house *h)
{
	struct err	 err = {0};
	struct buf	 pem;
	char		 path[128];

	assert_ok(sm2_generate(&h->ca_key, &err));
	h->ca = house_cert(h, "root", h->ca_key, "测试根",
	    NULL, clock_add_years(clock_now(), -9), 25);
	buf_init(&pem, LIMIT_CERT * 2);
	cert_pem_add(h->ca, &pem);
	house_file(h, "pub/chain.pem", path);
	assert_ok(file_write(path, pem.p, pem.len, 0644, &err));
	buf_free(&pem);
}

static inline void
house_make_people(struct house *h)
{
	static const char *const names[] = {"甲", "乙", "丙"};
	struct err	 err = {0};

	for (size_t i = 0; i < ARRAY_LEN(h->person); i++) {
		struct house_person	*p = &h->person[i];

		assert_ok(sm2_generate(&p->key, &err));
		p->cert = house_cert(h, "staff", p->key, names[i], NULL, clock_now(), 3);
		p->serial = cert_serial(p->cert);
	}
}

static inline int
house_enlist(const struct house *h, const struct cert *c, struct err *err)
{
	size_t			 len;
	const unsigned char	*der = cert_der(c, &len);
	json_t			*out = json_object();
	int			 rc = key_officer_add(h->kmc, der, len, KEY_OFFICER_KEYS, out, err);

	json_decref(out);
	return rc;
}

static inline void
house_make(struct house *h)
{
	static const char *const dirs[] = {"kmc-keys", "pub"};
	struct err	 err = {0};
	char		 path[128];

	snprintf(h->dir, sizeof(h->dir), "/tmp/yinxin-kmc-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	assert_ok(conf_set("data.dir", h->dir, &err));
	assert_ok(conf_set("store.kmc", "sqlite:kmc.db", &err));
	assert_ok(conf_set("kmc.pool_size", "0", &err));
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		house_file(h, dirs[i], path);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	secret_set(&h->passphrase, "passphrase of kmc", 17);
	house_make_ca(h);
	house_make_people(h);
	assert_ok(kmc_init(&h->passphrase, &err));
	assert_ok(store_migrate(STORE_KMC, conf_str("store.kmc"), &err));
	assert_ok(kmc_open(&h->kmc, &h->passphrase, &err));
	assert_ok(house_enlist(h, h->person[0].cert, &err));
	assert_ok(house_enlist(h, h->person[1].cert, &err));
}

static inline int
house_remove(const char *path, const struct stat *st, int flag, struct FTW *place)
{
	(void)st;
	(void)flag;
	(void)place;
	return remove(path);
}

static inline void
house_free(struct house *h)
{
	kmc_close(h->kmc);
	for (size_t i = 0; i < ARRAY_LEN(h->person); i++) {
		EVP_PKEY_free(h->person[i].key);
		cert_free(h->person[i].cert);
	}
	EVP_PKEY_free(h->ca_key);
	cert_free(h->ca);
	secret_free(&h->passphrase);
	assert_int_equal(nftw(h->dir, house_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* A pair for the order and sign key; the envelope is dropped when it is NULL. */
static inline int
house_pair(const struct house *h, const char *order, const char *id_no, EVP_PKEY *sign_key,
    unsigned char enc_point[65], struct buf *envelope, struct err *err)
{
	unsigned char	 point[SM2_POINT_LEN];
	char		 subject[KMC_SUBJECT] = "";
	struct buf	 dropped;
	struct kmc_order o = {.ref = order, .subject = subject, .not_after =
		clock_add_years(clock_now(), 1), .sign_point = point};
	int		 rc;

	buf_init(&dropped, ENVELOPE_MAX);
	if (id_no != NULL)
		kmc_subject("uscc", id_no, subject);
	assert_int_equal(sm2_point(sign_key, point, err), 0);
	rc = kmc_pair_work(h->kmc, &o, enc_point, envelope == NULL ? &dropped : envelope, err);
	buf_free(&dropped);
	return rc;
}

/* The enclosed key must be the one of the point. */
static inline void
house_assert_encloses(EVP_PKEY *sign_key, const struct buf *envelope,
    const unsigned char point[65])
{
	struct err	 err = {0};
	struct secret	 scalar = {0};
	EVP_PKEY	*key = NULL;
	unsigned char	 have[SM2_POINT_LEN];

	assert_ok(envelope_open(sign_key, envelope->p, envelope->len, &scalar, &err));
	assert_ok(sm2_from_scalar(scalar.p, &key, &err));
	assert_ok(sm2_point(key, have, &err));
	assert_memory_equal(have, point, sizeof(have));
	secret_free(&scalar);
	EVP_PKEY_free(key);
}

/* A statement (dropped here) signed by one or two of the people; NULL: not signed. */
struct house_signed {
	struct buf		 text, first, second;
	struct signed_statement	 of;		/* points into the above */
};

static inline void
house_sign(struct house_signed *s, json_t *statement, EVP_PKEY *first, EVP_PKEY *second)
{
	struct err	 err = {0};

	buf_init(&s->text, LIMIT_JSON);
	buf_init(&s->first, 256);
	buf_init(&s->second, 256);
	json_write_canonical(statement, &s->text);
	json_decref(statement);
	if (first != NULL)
		assert_ok(sm2_sign_message(first, s->text.p, s->text.len, &s->first, &err));
	if (second != NULL)
		assert_ok(sm2_sign_message(second, s->text.p, s->text.len, &s->second, &err));
	s->of = (struct signed_statement){s->text.p, s->text.len, {s->first.p, s->first.len},
	    {s->second.p, s->second.len}};
}

static inline void
house_signed_free(struct house_signed *s)
{
	buf_free(&s->text);
	buf_free(&s->first);
	buf_free(&s->second);
}

/* Run SQL on the kmc store behind its back; the number of rows changed. */
static inline int
house_sql(const struct house *h, const char *sql)
{
	char	 path[128], *text = NULL;
	sqlite3	*db = NULL;
	int	 n;

	house_file(h, "kmc.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
		fail_msg("%s: %s", sql, text);
	n = sqlite3_changes(db);
	sqlite3_close(db);
	return n;
}

/* One number out of the store. */
static inline int64_t
house_count(const struct house *h, const char *sql)
{
	char		 path[128];
	sqlite3		*db = NULL;
	sqlite3_stmt	*st = NULL;
	int64_t		 n;

	house_file(h, "kmc.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}
#endif
