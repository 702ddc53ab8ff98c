#ifndef TEST_WORLD_H
#define TEST_WORLD_H
#include "unit.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/account.h"
#include "hall/account/code.h"
#include "hall/account/staff.h"
#include "hall/def/halldef.h"
#include "hall/order/material.h"
#include "hall/order/order.h"
#include "hall/payment/payment.h"
#include "hall/services.h"
#include "hall/sink.h"
#include "hall/steps.h"
#include "pki/cert.h"
#include "pki/csr.h"
#include "store/seal.h"
#include "store/store.h"

#include <libpq-fe.h>
/*
 * A hall in a directory of its own, with a small CA, services that answer at once, and a
 * world outside that is played by the test: what the hall put into the outbox is read with
 * world_pull, facts are delivered with world_fact.
 */
struct world {
	char		 dir[32];
	struct store	*store;
	struct seal	*seal;
	struct hall	*h;
	EVP_PKEY	*root_key, *issuing_key, *officer_key;
	struct cert	*root, *issuing, *officer;
	json_t		*out;		/* all that was put out: [{"kind","payload"}] */
	struct who	 me;		/* an applicant */
	struct who	 staff;		/* reviewer, maker and finance in one */
	char		 token[SESSION_TOKEN];
	char		 database[32];	/* of this world, "" on SQLite */
};

/*
 * Worlds stand on SQLite; test_postgres.c runs the tests again with world_on_postgres set, each
 * world in a database of its own beside the one that YINXIN_TEST_PG names.
 */
extern bool	world_on_postgres;

static inline void
world_pg(const char *command, const char *name)
{
	PGconn		*c = PQconnectdb(getenv("YINXIN_TEST_PG"));
	char		*text = xasprintf("%s %s", command, name);
	PGresult	*r = PQexec(c, text);

	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", text, PQerrorMessage(c));
	PQclear(r);
	PQfinish(c);
	free(text);
}

/* The address of the world's store. */
static inline char *
world_address(struct world *w)
{
	const char	*pg = getenv("YINXIN_TEST_PG"), *slash = NULL;
	char		 digits[13];

	if (!world_on_postgres)
		return xasprintf("sqlite:%s/hall.db", w->dir);
	rand_digits(digits, 12);
	(void)snprintf(w->database, sizeof(w->database), "hall_%s", digits);
	world_pg("CREATE DATABASE", w->database);
	slash = strrchr(pg, '/');
	return xasprintf("%.*s/%s", (int)(slash - pg), pg, w->database);
}

#define WORLD_PASSWORD	"Changsha-2026"
#define WORLD_MOBILE	"18807318888"
#define WORLD_CAPTCHA	"zp6b2"

static struct world	*world_now;	/* for the services */

static inline struct cert *
world_issue(struct world *w, const char *profile, const char *cn,
    const unsigned char point[SM2_POINT_LEN], bool root, bool by_root)
{
	struct err	 err = {0};
	struct name	 subject = {0};
	struct cert	*c = NULL;
	EVP_PKEY	*key = NULL;
	int64_t		 now = clock_now() / 1000 * 1000;
	struct cert_plan plan = {.profile = profile_find(profile), .subject = &subject,
	    .issuer = root ? NULL : by_root ? w->root : w->issuing,
	    .not_before = now - CLOCK_HOUR,
	    .not_after = now + (root ? 3000 : by_root ? 2500 : 700) * CLOCK_DAY,
	    .id_no = "91350100M000100Y43",
	    .pointers = {.ocsp = "http://va.test/ocsp", .ca_issuers = "http://va.test/ca.crt",
	    .crl = "http://va.test/ca.crl", .policy = "1.2.156.99999.1.1",
	    .cps = "http://va.test/cps"}};

	assert_ok(name_add(&subject, "C", "CN", &err));
	assert_ok(name_add(&subject, "O", "东方新诚信", &err));
	assert_ok(name_add(&subject, "CN", cn, &err));
	cert_new_serial(plan.serial);
	assert_ok(sm2_from_point(point, &key, &err));
	plan.key = key;
	assert_ok(cert_build(&plan, SIGNING(root || by_root ? w->root_key : w->issuing_key), &c,
	    &err));
	EVP_PKEY_free(key);
	name_free(&subject);
	return c;
}

/* pub/chain.pem: both CAs, as the ceremony leaves it. */
static inline void
world_write_chain(struct world *w)
{
	struct err	 err = {0};
	struct buf	 pem = {0};
	char		*path = xasprintf("%s/pub/chain.pem", w->dir);

	buf_init(&pem, 32768);
	cert_pem_add(w->issuing, &pem);
	cert_pem_add(w->root, &pem);
	assert_ok(file_write(path, pem.p, pem.len, 0644, &err));
	buf_free(&pem);
	free(path);
}

static inline void
world_make_ca(struct world *w)
{
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN];
	char		*pub = xasprintf("%s/pub", w->dir);

	assert_ok(file_mkdirs(pub, 0755, &err));
	free(pub);
	assert_ok(sm2_generate(&w->root_key, &err));
	assert_ok(sm2_generate(&w->issuing_key, &err));
	assert_ok(sm2_generate(&w->officer_key, &err));
	assert_ok(sm2_point(w->root_key, point, &err));
	w->root = world_issue(w, "root", "测试根", point, true, false);
	assert_ok(sm2_point(w->issuing_key, point, &err));
	w->issuing = world_issue(w, "issuing-ca", "测试签发", point, false, true);
	assert_ok(sm2_point(w->officer_key, point, &err));
	w->officer = world_issue(w, "staff", "审核员甲", point, false, false);
	world_write_chain(w);
}

/* ---- services ---- */

static inline int
world_svc_issue(const char *statement, size_t statement_len, const void *signature,
    size_t signature_len, const void *csr, size_t csr_len, struct issued *out, struct err *err)
{
	unsigned char	 point[SM2_POINT_LEN];
	struct cert	*sign = NULL, *enc = NULL;
	const unsigned char *der = NULL;
	size_t		 len = 0;

	if (sm2_verify_message(world_now->officer_key, statement, statement_len, signature,
	    signature_len, err) < 0 || csr_check(csr, csr_len, point, err) < 0)
		return -1;
	sign = world_issue(world_now, "sm2-org-sign", "单位", point, false, false);
	enc = world_issue(world_now, "sm2-org-enc", "单位", point, false, false);
	der = cert_der(sign, &len);
	buf_add(&out->sign_cert, der, len);
	der = cert_der(enc, &len);
	buf_add(&out->enc_cert, der, len);
	buf_addstr(&out->enc_key, "envelope");
	(void)snprintf(out->sign_serial, sizeof(out->sign_serial), "%s", cert_serial(sign));
	cert_free(sign);
	cert_free(enc);
	return 0;
}

/* The one certificate that is revoked for the validation service; and whether that answers. */
static char	world_revoked[65];
static bool	world_status_down;

static inline int
world_svc_status(const char *serial, enum cert_status *status, struct err *err)
{
	if (world_status_down)
		return err_set(err, ERR_BUSY, "no validation service");
	*status = strcmp(serial, world_revoked) == 0 ? CERT_REVOKED : CERT_GOOD;
	return 0;
}

static inline int
world_svc_image(const void *p, size_t len, const struct doc_image_rule *rule,
    struct doc_image *out, struct err *err)
{
	(void)rule;
	if (len < 4 || memcmp(p, "JPEG", 4) != 0)
		return err_set(err, ERR_INPUT, "不是图片");
	(void)snprintf(out->kept_type, sizeof(out->kept_type), "jpg");
	out->kept_width = 800;
	out->kept_height = 600;
	buf_add(&out->kept, p, len);
	buf_addstr(&out->thumb, "thumb");
	return 0;
}

/* What was cut and drawn; "BAD" in a specimen: nothing to be cut out of it. */
static struct { int cuts, draws; enum doc_seal_kind kind; } world_seals UNUSED;

static inline int
world_svc_seal_cut(const void *p, size_t len, int dpi, enum doc_seal_kind kind,
    struct doc_seal *out, struct err *err)
{
	(void)dpi;
	if (len == 8 && memcmp(p, "JPEG-BAD", 8) == 0)
		return err_set(err, ERR_INPUT, "没有找到红色的印迹");
	world_seals.cuts++;
	world_seals.kind = kind;
	out->width = out->height = 40;
	buf_addstr(&out->png, "cut ");
	buf_add(&out->png, p, len);
	return 0;
}

static inline int
world_svc_seal_draw(const char *name, bool person, struct doc_seal *out, struct err *err)
{
	(void)err;
	world_seals.draws++;
	out->width = out->height = person ? 18 : 42;
	buf_addf(&out->png, "drawn %s", name);
	return 0;
}

static inline int
world_svc_form(const json_t *d, struct buf *pdf, struct err *err)
{
	(void)err;
	buf_addstr(pdf, "%PDF");
	json_write(d, pdf);
	return 0;
}

static inline int
world_svc_captcha(const char *text, struct buf *png, struct err *err)
{
	(void)err;
	buf_addstr(png, text);
	return 0;
}

/* The status of every pair of this world: one is enough for the tests. */
static char	world_pair_state[16] = "good";

static inline int
world_svc_change(const char *kind, const char *statement, size_t len, const void *signature,
    size_t signature_len, const void *second, size_t second_len, struct err *err)
{
	(void)statement;
	(void)len;
	(void)signature;
	(void)signature_len;
	(void)second;
	(void)second_len;
	(void)err;
	(void)snprintf(world_pair_state, sizeof(world_pair_state), "%s",
	    strcmp(kind, "hold") == 0 ? "held" : strcmp(kind, "release") == 0 ? "good" :
	    "revoked");
	return 0;
}

static inline int
world_svc_pair_status(const char *serial, json_t **out, struct err *err)
{
	(void)serial;
	(void)err;
	*out = json_pack("{s:s, s:i, s:i, s:b}", "status", world_pair_state, "reason", 0,
	    "revoked_at", 0, "by_holder", 1);
	return 0;
}

/* What the key management centre says to a statement: ERR_NONE, an answer. */
static enum err_kind	world_unlock_refuses;

static inline int
world_svc_unlock(const char *statement, size_t len, const void *signature,
    size_t signature_len, unsigned char answer[UNLOCK_ANSWER], int64_t *expires, struct err *err)
{
	if (sm2_verify_message(world_now->officer_key, statement, len, signature, signature_len,
	    err) < 0)
		return -1;
	if (world_unlock_refuses != ERR_NONE)
		return err_set(err, world_unlock_refuses, "refused");
	memset(answer, 7, UNLOCK_ANSWER);
	*expires = clock_now() + 30 * CLOCK_MINUTE;
	return 0;
}

static inline int
world_svc_device(const char *order, const char *serial, struct buf *out, struct err *err)
{
	(void)order;
	(void)err;
	if (strcmp(serial, "YX0001") == 0)
		buf_addstr(out, "device");
	return 0;
}

/* Who may sign for keys: everybody whose serial stands here. */
static char	world_key_officers[2][65];

static inline int
world_svc_key_officers(json_t **out, struct err *err)
{
	(void)err;
	*out = json_pack("{s:[{s:s, s:b, s:i}, {s:s, s:b, s:i}]}", "officers", "serial",
	    world_key_officers[0], "active", 1, "may", 1, "serial", world_key_officers[1],
	    "active", 1, "may", 1);
	return 0;
}

/* What the signer says to a recovery: ERR_NONE, the certificate that is set here. */
static enum err_kind	 world_recover_refuses;
static struct cert	*world_recovered;

static inline int
world_svc_recover(const char *order, const struct signed_statement *statement,
    const struct signed_statement *carrier, struct buf *envelope, struct buf *enc_cert,
    struct err *err)
{
	const unsigned char	*der = NULL;
	size_t			 len = 0;

	(void)order;
	(void)carrier;
	if (world_recover_refuses != ERR_NONE)
		return err_set(err, world_recover_refuses, "refused");
	if (statement->first.len == 0 || statement->second.len == 0)
		return err_set(err, ERR_DENIED, "two must sign");
	der = cert_der(world_recovered, &len);
	buf_add(enc_cert, der, len);
	buf_addstr(envelope, "envelope");
	return 0;
}

static const struct services	world_services = {
	.issue = world_svc_issue, .status = world_svc_status, .change = world_svc_change,
	.device = world_svc_device, .unlock = world_svc_unlock,
	.recover = world_svc_recover, .key_officers = world_svc_key_officers,
	.pair_status = world_svc_pair_status, .image = world_svc_image,
	.form = world_svc_form, .captcha = world_svc_captcha,
	.seal_cut = world_svc_seal_cut, .seal_draw = world_svc_seal_draw,
};

/* ---- the outbox ---- */

static inline int
world_pull_one(struct db *db, void *arg, struct err *err)
{
	struct world	*w = arg;
	struct rows	*rows = NULL;
	struct buf	 plain = {0};
	json_t		*payload = NULL;
	const void	*p = NULL;
	size_t		 len = 0;
	int		 rc = 0;

	if (db_query(db, SQL_OUTBOX_CLAIM, &rows, err, DB_INT(clock_now()),
	    DB_INT(clock_now() + CLOCK_DAY)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc <= 0) {
		rows_free(rows);
		return rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "empty");
	}
	buf_init(&plain, LIMIT_JSON);
	p = rows_blob(rows, 4, &len);
	rc = seal_open(w->seal, "outbox.payload", p, len, &plain, err);
	if (rc == 0)
		rc = json_parse(plain.p, plain.len, 0, &payload, err);
	if (rc == 0)
		(void)json_array_append_new(w->out, json_pack("{s:s, s:o}", "kind",
		    rows_text(rows, 1), "payload", payload));
	buf_free(&plain);
	rows_free(rows);
	return rc;
}

/* Read everything that was put out since. */
static inline void
world_pull(struct world *w)
{
	struct err	err = {0};

	while (store_write(w->store, world_pull_one, w, &err) == 0)
		;
	assert_int_equal(err.kind, ERR_NOT_FOUND);
}

/* The newest payload of a kind; NULL when none was put out. */
static inline json_t *
world_newest(struct world *w, const char *kind)
{
	json_t	*j = NULL, *found = NULL;
	size_t	 i = 0;

	world_pull(w);
	json_array_foreach(w->out, i, j)
		if (strcmp(js_str(j, "kind"), kind) == 0)
			found = json_object_get(j, "payload");
	return found;
}

static inline int
world_count(struct world *w, const char *kind)
{
	json_t	*j = NULL;
	size_t	 i = 0;
	int	 n = 0;

	world_pull(w);
	json_array_foreach(w->out, i, j)
		n += strcmp(js_str(j, "kind"), kind) == 0;
	return n;
}

static inline const char *
world_sms_code(struct world *w)
{
	return js_str(json_object_get(world_newest(w, "sms"), "params"), "code");
}

/* ---- acts ---- */

static inline json_t *
world_captcha(struct world *w, const struct who *who, json_t *in)
{
	struct err	err = {0};
	struct buf	png = {0};
	char		id[CAPTCHA_ID];

	buf_init(&png, 1024);
	captcha_id(id);
	assert_ok(captcha_draw(w->h, who, id, &png, &err));
	js_set_str(in, "captcha_id", id);
	js_set_str(in, "captcha", png.p);
	buf_free(&png);
	return in;
}

static inline int64_t
world_register(struct world *w, const char *mobile, const char *mail)
{
	struct err	 err = {0};
	struct who	 who = {.address = "192.0.2.1"};
	json_t		*in = world_captcha(w, &who, json_object()), *errors = json_array();
	int64_t		 id = 0;

	assert_ok(code_send(w->h, &who, CODE_REGISTER, "mobile", mobile, in, errors, &err));
	js_set_str(in, "mobile", mobile);
	js_set_str(in, "mail", mail);
	js_set_str(in, "password", WORLD_PASSWORD);
	js_set_str(in, "password2", WORLD_PASSWORD);
	js_set_str(in, "code", world_sms_code(w));
	assert_ok(account_register(w->h, &who, in, errors, &id, &err));
	json_decref(errors);
	json_decref(in);
	return id;
}

static inline void
world_open(struct world *w)
{
	static const unsigned char	key[32] = { 7 };
	struct err	 err = {0};
	struct who	 system = {.system = true, .address = ""};
	char		*db = NULL;
	int64_t		 staff = 0;

	memset(w, 0, sizeof(*w));
	world_now = w;
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/hall-test-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	assert_ok(conf_load(NULL, &err));
	assert_ok(conf_set("data.dir", w->dir, &err));
	assert_ok(conf_set("run.dir", w->dir, &err));
	assert_ok(conf_set("gate.bank", "cmb", &err));
	db = world_address(w);
	assert_ok(store_migrate(STORE_HALL, db, &err));
	assert_ok(store_open(&w->store, STORE_HALL, db, false, &err));
	free(db);
	w->seal = seal_new(key);
	w->out = json_array();
	world_make_ca(w);
	assert_ok(hall_open_with(&w->h, "halls/dfca-construction.yaml", w->store, w->seal,
	    &world_services, &err));
	hall_sink_use(w->h);
	assert_ok(staff_add(w->h, &system, "审核员甲", cert_serial(w->officer),
	    ROLE_REVIEWER | ROLE_MAKER | ROLE_FINANCE, &staff, &err));
	w->staff = (struct who){.staff = staff, .roles = ROLE_REVIEWER | ROLE_MAKER |
	    ROLE_FINANCE, .address = "192.0.2.9"};
	w->me = (struct who){.account = world_register(w, WORLD_MOBILE, "wang@example.com"),
	    .address = "192.0.2.1", .agent = "test"};
}

static inline void
world_close(struct world *w)
{
	char	*rm[] = { NULL, NULL, NULL, NULL, NULL };
	int	 i = 0;

	hall_close(w->h);
	store_close(w->store);
	if (w->database[0] != '\0')
		world_pg("DROP DATABASE", w->database);
	seal_free(w->seal);
	cert_free(w->root);
	cert_free(w->issuing);
	cert_free(w->officer);
	EVP_PKEY_free(w->root_key);
	EVP_PKEY_free(w->issuing_key);
	EVP_PKEY_free(w->officer_key);
	json_decref(w->out);
	rm[0] = xasprintf("%s/hall.db", w->dir);
	rm[1] = xasprintf("%s/hall.db-wal", w->dir);
	rm[2] = xasprintf("%s/hall.db-shm", w->dir);
	rm[3] = xasprintf("%s/pub/chain.pem", w->dir);
	for (i = 0; i < 4; i++) {
		(void)unlink(rm[i]);
		free(rm[i]);
	}
	rm[0] = xasprintf("%s/pub", w->dir);
	(void)rmdir(rm[0]);
	free(rm[0]);
	(void)rmdir(w->dir);
}

/* A form that is right in every field. */
static inline json_t *
world_form_org(const char *user_name)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s,"
	    " s:s, s:s, s:s, s:s, s:s, s:s}",
	    "user_name", user_name, "org_name", "测试勘察单位一", "org_phone", "0731-12345678",
	    "org_mail", "120749808@QQ.COM", "org_fax", "0731-12345678", "province", "湖南省",
	    "city", "长沙市", "address", "五一大道8888号", "postcode", "410000",
	    "org_id_type", "uscc", "org_id_no", "91350100M000100Y43", "agent_name", "赵钱孙",
	    "agent_phone", "18907311889", "agent_mail", "agent@example.com",
	    "agent_id_type", "resident-id", "agent_id_no", "11010519491231002X",
	    "years", "1", "question", "您的出生地是哪里？", "answer", "长沙", "medium", "ukey");
}

/* Step: give `in` (stolen) to a step that must take it. */
static inline const char *
world_step(struct world *w, const char *no, const char *name, json_t *in)
{
	struct err	 err = {0};
	json_t		*errors = json_array();
	const char	*next = NULL;

	if (step_accept(w->h, &w->me, no, name, in, errors, &next, &err) < 0)
		fail_msg("step %s: %s (%s:%d)", name, err.text, err.file, err.line);
	json_decref(errors);
	json_decref(in);
	return next;
}

/* An order of an organisation up to the confirmation. */
static inline void
world_order(struct world *w, const char *user_name, const char *way, char no[ORDER_NO])
{
	struct err	err = {0};

	assert_ok(order_create(w->h, &w->me, "org", no, &err));
	(void)world_step(w, no, "agreement", json_pack("{s:s, s:s, s:s}", "agree_service", "1",
	    "agree_privacy", "1", "agree_sensitive", "1"));
	(void)world_step(w, no, "form", world_form_org(user_name));
	(void)world_step(w, no, "confirm", json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "way", way,
	    "receiver", "张三丰", "phone", "0731-88888888", "province", "湖南省", "city", "长沙市",
	    "address", "芙蓉路18888号"));
	(void)world_step(w, no, "print", json_object());
}

static inline void
world_materials(struct world *w, const char *no)
{
	static const char *const kinds[] = { "application_form", "licence", "authorisation",
	    "agent_id" };
	struct err	 err = {0};
	json_t		*row = NULL;
	size_t		 i = 0;

	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		assert_ok(material_add(w->h, &w->me, no, kinds[i], "JPEG-1", 6, &row, &err));
		json_decref(row);
	}
	(void)world_step(w, no, "materials", json_object());
}

/* Deliver a fact as gate does: inside a write. */
static inline int
world_payment_run(struct db *db, void *arg, struct err *err)
{
	return hall_sink.payment(db, arg, err);
}

static inline int
world_identity_run(struct db *db, void *arg, struct err *err)
{
	return hall_sink.identity(db, arg, err);
}

static inline int
world_created_run(struct db *db, void *arg, struct err *err)
{
	return hall_sink.pay_created(db, arg, err);
}

static inline int
world_refund_run(struct db *db, void *arg, struct err *err)
{
	return hall_sink.refund(db, arg, err);
}

static inline json_t *
world_view(struct world *w, const char *no)
{
	struct err	 err = {0};
	json_t		*m = NULL;

	assert_ok(order_view(w->h, &w->me, no, &m, &err));
	return m;
}

static inline void
assert_state(struct world *w, const char *no, const char *state)
{
	json_t	*m = world_view(w, no);

	assert_string_equal(js_str(m, "state"), state);
	json_decref(m);
}
/* ---- an order that is done, with these certificates ---- */

struct world_filing {
	struct world		*w;
	const char		*no, *state;
	const struct cert	*sign, *enc;		/* enc may be NULL */
};

static inline struct cert *
world_cert(struct world *w, const char *profile, EVP_PKEY *key)
{
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN];

	assert_ok(sm2_point(key, point, &err));
	return world_issue(w, profile, "单位", point, false, false);
}

static inline int
world_file_one(struct db *db, const struct order *o, const char *kind, const struct cert *c,
    struct err *err)
{
	size_t			 len = 0;
	const unsigned char	*der = cert_der(c, &len);

	return db_run(db, SQL_CERTIFICATE_INSERT, NULL, err, DB_INT(o->id), DB_TEXT(kind),
	    DB_INT(o->account), DB_TEXT(cert_serial(c)), DB_TEXT("单位"),
	    DB_INT(cert_not_before(c)), DB_INT(cert_not_after(c)), DB_BLOB(der, len),
	    DB_INT(clock_now()));
}

static inline int
world_file_run(struct db *db, void *arg, struct err *err)
{
	const struct world_filing	*f = arg;
	struct order			 o = {0};
	int				 rc = -1;

	if (order_load(db, f->w->h, f->no, &o, err) < 0)
		return -1;
	o.state = ORDER_DONE;
	if (order_save(db, f->w->h, &o, err) == 0 &&
	    world_file_one(db, &o, "sign", f->sign, err) == 0 &&
	    (f->enc == NULL || world_file_one(db, &o, "enc", f->enc, err) == 0))
		rc = db_run(db, SQL_CERTIFICATE_STATE_SET, NULL, err, DB_INT(o.id),
		    DB_TEXT(f->state));
	order_release(&o);
	return rc;
}

static inline void
world_certify(struct world *w, const char *no, const struct cert *sign, const struct cert *enc,
    const char *state)
{
	struct err		 err = {0};
	struct world_filing	 f = {w, no, state, sign, enc};

	assert_ok(store_write(w->store, world_file_run, &f, &err));
}

/* A good certificate of an organisation; its account is that of WORLD_MOBILE. */
static inline struct cert *
world_certificate(struct world *w)
{
	struct err	 err = {0};
	EVP_PKEY	*key = NULL;
	struct cert	*c = NULL;
	char		 no[ORDER_NO];

	assert_ok(sm2_generate(&key, &err));
	c = world_cert(w, "sm2-org-sign", key);
	world_order(w, "cskc01", "download", no);
	world_certify(w, no, c, NULL, "good");
	(void)snprintf(world_pair_state, sizeof(world_pair_state), "good");
	EVP_PKEY_free(key);
	return c;
}
#endif
