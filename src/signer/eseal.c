#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "signer/eseal.h"
#include "signer/pair.h"
#include "signer/process.h"

#define MAKER_YEARS	10
#define MAKER_REST	(30 * CLOCK_DAY)
#define ESEAL_VENDOR	"YINXIN"
#define ESEAL_ID_BYTES	16

/* The maker --------------------------------------------------------------------------- */

void
eseal_maker_release(struct eseal_maker *m)
{
	cert_free(m->cert);
	EVP_PKEY_free(m->key);
	*m = (struct eseal_maker){0};
}

struct maker_keep {
	struct signer		*signer;
	const struct authority	*authority;
	struct cert		*cert;		/* found, or to be kept */
	bool			 good;
};

static int
maker_find(struct db *db, void *arg, struct err *err)
{
	struct maker_keep	*k = arg;
	struct rows		*r = NULL;
	const void		*der;
	size_t			 len;
	int			 rc;

	if (db_query(db, SQL_ESEAL_MAKER_NEWEST, &r, err) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		der = rows_blob(r, 0, &len);
		k->good = strcmp(rows_text(r, 1), "good") == 0;
		rc = cert_parse(der, len, &k->cert, err);
	}
	rows_free(r);
	return rc;
}

static int
maker_keep(struct db *db, void *arg, struct err *err)
{
	struct maker_keep	*k = arg;
	json_t			*detail = json_pack("{s:s,s:s}", "serial", cert_serial(k->cert),
	    "authority", k->authority->id);
	int64_t			 line;
	int			 rc = journal_add(db, "seal.maker", detail, &line, err);

	json_decref(detail);
	return rc < 0 ? -1 : certificate_add(db, k->cert, "seal", "seal", k->authority->id, line,
	    err);
}

static int
maker_certify(struct maker_keep *k, EVP_PKEY *key, struct err *err)
{
	const struct authority	*a = k->authority;
	struct name		 subject = {0};
	struct cert_plan	 plan = {.profile = profile_find("seal"), .subject = &subject,
		.issuer = a->cert, .key = key, .not_before = clock_now() / 1000 * 1000};
	int			 rc = -1;

	plan.not_after = MIN(clock_add_years(plan.not_before, MAKER_YEARS) - CLOCK_SECOND,
	    cert_not_after(a->cert));
	cert_new_serial(plan.serial);
	authority_pointers(a, &plan);
	if (name_add(&subject, "C", "CN", err) == 0 &&
	    name_add(&subject, "O", name_get(cert_name(a->cert), "O"), err) == 0 &&
	    name_add(&subject, "CN", "电子印章制章", err) == 0)
		rc = cert_build(&plan, &a->key, &k->cert, err);
	name_free(&subject);
	return rc;
}

/* The key goes to its file first: a certificate without its key would be of no use. */
static int
maker_make(struct signer *s, struct maker_keep *k, const char *path,
    const struct secret *passphrase, struct err *err)
{
	eseal_maker_release(&s->maker);
	cert_free(k->cert);
	k->cert = NULL;
	if (sm2_generate(&s->maker.key, err) < 0 || maker_certify(k, s->maker.key, err) < 0 ||
	    key_write(path, s->maker.key, passphrase, err) < 0 ||
	    store_write(s->store, maker_keep, k, err) < 0)
		return -1;
	s->maker.cert = cert_hold(k->cert);
	return 0;
}

/* The one that certifies it, when that is needed; its absence is said and awaited. */
static int
maker_open_new(struct signer *s, struct maker_keep *k, const char *path,
    const struct secret *passphrase, struct err *err)
{
	struct authority	*a = NULL;
	struct err		 why = {0};

	if (authority_for(&s->authorities, profile_find("seal")->authority, &a, &why) < 0) {
		if (s->maker_passphrase.len == 0)
			log_kv(LOG_WARN, "seal.no_maker", LOG_S("why", "the CA of the profile "
			    "\"seal\" has no key at hand; the maker is made once it has"));
		eseal_maker_release(&s->maker);
		if (passphrase != &s->maker_passphrase)
			secret_set(&s->maker_passphrase, passphrase->p, passphrase->len);
		return 0;
	}
	k->authority = a;
	return maker_make(s, k, path, passphrase, err);
}

int
eseal_maker_open(struct signer *s, const struct secret *passphrase, struct err *err)
{
	struct maker_keep	 k = {.signer = s};
	char			 path[512];
	int			 rc = -1;

	if (profile_find("seal") == NULL) {
		log_kv(LOG_WARN, "seal.no_maker", LOG_S("why",
		    "the file of ca.profiles has no profile \"seal\""));
		return 0;
	}
	eseal_maker_release(&s->maker);
	(void)snprintf(path, sizeof(path), "%s/ca-keys/seal.key", conf_str("data.dir"));
	if (store_read(s->store, maker_find, &k, err) < 0 ||
	    (file_exists(path) && key_read(path, passphrase, &s->maker.key, err) < 0))
		goto out;
	if (s->maker.key != NULL && k.cert != NULL && k.good &&
	    key_is_same(s->maker.key, cert_key(k.cert)) &&
	    cert_not_after(k.cert) > clock_now() + MAKER_REST) {
		s->maker.cert = cert_hold(k.cert);
		rc = 0;
	} else {
		rc = maker_open_new(s, &k, path, passphrase, err);
	}
	if (rc == 0 && s->maker.cert != NULL)
		atomic_store(&s->maker.ready, true);
 out:
	cert_free(k.cert);
	return rc;
}

/* The maker that was waited for, once its CA has its key again. */
static int
maker_ready(struct signer *s, struct err *err)
{
	int	 rc = 0;

	if (atomic_load(&s->maker.ready))
		return 0;
	pthread_mutex_lock(&s->maker_lock);
	if (!atomic_load(&s->maker.ready) && s->maker_passphrase.len > 0)
		rc = eseal_maker_open(s, &s->maker_passphrase, err);
	if (atomic_load(&s->maker.ready))
		secret_free(&s->maker_passphrase);
	pthread_mutex_unlock(&s->maker_lock);
	if (rc < 0 || atomic_load(&s->maker.ready))
		return rc;
	return err_set(err, ERR_WRONG_STATE, "暂时不能制作印章：制章证书还没有签发。请稍后再试；请管理员查看日志 "
	    "seal.no_maker，用 yinxin ca list 核对签发 CA 的密钥，放回后自动恢复。");
}

/* Making ------------------------------------------------------------------------------ */

struct eseal_job {
	struct signer		*signer;
	const struct signed_statement *in;
	json_t			*statement;
	const char		*order, *kind;	/* kind: stamp, signature */
	bool			 person;
	struct officer		 officer;
	const void		*picture;
	size_t			 len;
	char			 digest[2 * SM2_DIGEST_LEN + 1];	/* of the picture */
	char			 id[2 * ESEAL_ID_BYTES + 1];
	struct pair		 pair;
	struct buf		*der;
	bool			 found;
};

/* The approval is about this picture. */
static int
eseal_check_picture(struct eseal_job *j, struct err *err)
{
	const json_t	*seal = json_object_get(j->statement, "seal");
	unsigned char	 digest[SM2_DIGEST_LEN];

	sm3(j->picture, j->len, digest);
	hex_encode(digest, sizeof(digest), j->digest);
	j->order = js_str(j->statement, "order");
	j->person = strcmp(js_str(json_object_get(j->statement, "subject"), "kind"), "person") == 0;
	j->kind = *js_str(seal, "kind") == '\0' ? "stamp" : js_str(seal, "kind");
	if (seal == NULL)
		return err_set(err, ERR_DENIED, "the approval grants no seal");
	if (strcmp(js_str(seal, "picture"), j->digest) != 0)
		return err_set(err, ERR_DENIED, "the approval is about another picture");
	if (strcmp(j->kind, "stamp") != 0 && (strcmp(j->kind, "signature") != 0 || !j->person))
		return err_set(err, ERR_DENIED, "the approval grants a %s: seals are a stamp, or the "
		    "signature of a person", j->kind);
	return 0;
}

/* The seal that was made for the order already. */
static int
eseal_find(struct db *db, void *arg, struct err *err)
{
	struct eseal_job	*j = arg;
	struct rows		*r = NULL;
	const void		*der;
	size_t			 len;
	int			 rc;

	if (db_query(db, SQL_ESEAL_MADE_BY_REF, &r, err, DB_TEXT(j->order)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		der = rows_blob(r, 2, &len);
		buf_add(j->der, der, len);
		j->found = true;
		rc = 0;
	}
	rows_free(r);
	return rc;
}

/* The pair that this very approval got. */
static int
eseal_load(struct db *db, void *arg, struct err *err)
{
	struct eseal_job	*j = arg;
	struct rows		*r = NULL;
	char			 serial[CERT_SERIAL_TEXT] = "";
	int			 rc;

	if (db_query(db, SQL_ISSUE_BY_REF, &r, err, DB_TEXT(j->order)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		rc = strcmp(rows_text(r, 0), j->in->text) == 0 ? 0 :
		    err_set(err, ERR_CONFLICT, "这笔申请已按另一份审批签发过证书，请联系客服核对。");
		(void)snprintf(serial, sizeof(serial), "%s", rows_text(r, 2));
	} else if (rc == 0) {
		rc = err_set(err, ERR_WRONG_STATE, "证书还没有签发，不能制作印章。");
	}
	rows_free(r);
	if (rc < 0 || eseal_find(db, j, err) < 0)
		return -1;
	return j->found ? 0 : pair_load(db, serial, &j->pair, err);
}

/* Every CA of ours may stand above the maker. */
static int
eseal_pool(struct signer *s, struct cert_pool *pool, struct err *err)
{
	for (size_t i = 0; i < s->authorities.n; i++)
		if (cert_pool_take(pool, cert_hold(s->authorities.list[i]->cert), err) < 0)
			return -1;
	return 0;
}

static int
eseal_make(struct eseal_job *j, struct buf *der, struct err *err)
{
	const json_t		*seal = json_object_get(j->statement, "seal");
	const struct cert	*holder = j->pair.sign;
	struct cert_pool	 pool = {.n = 0};
	unsigned char		 id[ESEAL_ID_BYTES];
	struct eseal_plan	 plan = {.version = ESEAL_V4, .vendor = ESEAL_VENDOR, .id = j->id,
		.type = j->person ? ESEAL_OF_PERSON : ESEAL_OF_ORGANISATION,
		.name = cert_cn(holder), .holder = holder, .made = clock_now() / 1000 * 1000,
		.not_after = cert_not_after(holder),
		.picture = {"PNG", j->picture, j->len, js_int(seal, "width", 0),
		    js_int(seal, "height", 0)},
		.pool = &pool};
	int			 rc = -1;

	if (j->pair.status != PAIR_GOOD)
		return err_set(err, ERR_WRONG_STATE, "证书已冻结或撤销，不能制作印章。");
	if (maker_ready(j->signer, err) < 0)
		return -1;
	plan.maker = j->signer->maker.cert;
	rand_bytes(id, sizeof(id));
	hex_encode(id, sizeof(id), j->id);
	for (char *p = j->id; *p != '\0'; p++)
		*p = (char)(*p >= 'a' ? *p - 'a' + 'A' : *p);
	plan.not_before = MAX(plan.made, cert_not_before(holder));
	plan.maker_use = profile_find("seal")->eku;
	if (eseal_pool(j->signer, &pool, err) == 0)
		rc = eseal_build(&plan, SIGNING(j->signer->maker.key), der, err);
	cert_pool_release(&pool);
	return rc;
}

static int
eseal_keep(struct db *db, void *arg, struct err *err)
{
	struct eseal_job	*j = arg;
	json_t			*detail = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "order", j->order, "officer",
	    j->officer.serial, "seal", j->id, "certificate", cert_serial(j->pair.sign), "picture",
	    j->digest, "kind", j->kind);
	int64_t			 line;
	int			 rc = journal_add(db, "seal.make", detail, &line, err);

	json_decref(detail);
	return rc < 0 ? -1 : db_run(db, SQL_ESEAL_MADE_ADD, NULL, err, DB_TEXT(j->order),
	    DB_TEXT(j->id), DB_TEXT(cert_serial(j->pair.sign)),
	    DB_TEXT(cert_serial(j->signer->maker.cert)), DB_TEXT(j->digest),
	    DB_BLOB(j->der->p, j->der->len), DB_INT(line), DB_INT(clock_now()), DB_TEXT(j->kind));
}

/* Somebody may have been first with this order: then it is his. */
static int
eseal_make_once(struct eseal_job *j, struct err *err)
{
	struct err	 first = {0};

	if (eseal_make(j, j->der, err) < 0)
		return -1;
	if (store_write(j->signer->store, eseal_keep, j, err) == 0)
		return 0;
	buf_clear(j->der);
	if (err->kind != ERR_CONFLICT)
		return -1;
	if (store_read(j->signer->store, eseal_find, j, &first) < 0 || !j->found)
		return -1;
	err_clear(err);
	return 0;
}

int
eseal_work(struct signer *s, const struct signed_statement *in, const void *picture, size_t len,
    struct buf *der, struct err *err)
{
	struct eseal_job	 j = {.signer = s, .in = in, .picture = picture, .len = len, .der = der};
	int			 rc = -1;

	if (len > ESEAL_PICTURE_MAX)
		return err_set(err, ERR_LIMIT, "the picture of a seal is too large");
	if (statement_parse(in->text, in->len, "approval", &j.statement, err) == 0 &&
	    officer_check(s, j.statement, "officer", in, &in->first, OFFICER_APPROVE, &j.officer,
	    err) == 0 && eseal_check_picture(&j, err) == 0 &&
	    store_read(s->store, eseal_load, &j, err) == 0)
		rc = j.found ? 0 : eseal_make_once(&j, err);
	if (rc < 0 && err->kind != ERR_STORE && err->kind != ERR_BUSY)
		journal_note(s->store, "seal.refused", json_pack("{s:s,s:s}", "order",
		    j.order == NULL ? "" : j.order, "why", err->text));
	json_decref(j.statement);
	officer_release(&j.officer);
	pair_release(&j.pair);
	return rc;
}

int
answer_seal(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct statement_asked	 asked = {0};
	int			 rc = -1;

	(void)caller;
	if (statement_asked_read(&asked, in->json, err) == 0)
		rc = eseal_work(arg, &asked.of, in->blob.p, in->blob.len, &out->blob, err);
	statement_asked_free(&asked);
	return rc;
}
