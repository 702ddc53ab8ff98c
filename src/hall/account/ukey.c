#include "base/base.h"
#include "hall/account/account.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/code.h"
#include "hall/account/ukey.h"
#include "hall/act.h"
#include "hall/def/halldef.h"
#include "hall/journal.h"
#include "hall/services.h"
#include "pki/cert_pool.h"
#include "pki/sm2.h"

#define UKEY_LIFE	(5 * CLOCK_MINUTE)
#define UKEY_ADDRESS	60			/* challenges an hour from one address */
#define UKEY_CHAIN	4

static int
ukey_challenge_run(struct db *db, struct act *a, struct err *err)
{
	if (db_run(db, SQL_CHALLENGE_EXPIRE, NULL, err, DB_INT(clock_now() - UKEY_LIFE)) < 0)
		return -1;
	return db_run(db, SQL_CHALLENGE_INSERT, NULL, err, DB_TEXT(a->name), DB_TEXT(a->p),
	    DB_INT(clock_now()));
}

int
ukey_challenge(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	char		id[33], at[CLOCK_TEXT], *text = NULL;
	struct act	a = {.h = h, .who = who, .name = id};
	int		rc = -1;

	if (limit_hit_from(h, "ukey.address", who, UKEY_ADDRESS, CLOCK_HOUR, err) < 0)
		return -1;
	rand_token(id, sizeof(id) - 1);
	/* Names the site, so that a signature given here is worth nothing elsewhere. */
	text = xasprintf("yinxin-sign-in\n%s\n%s\n%s\n%s\n", hall_def(h)->id,
	    conf_str("web.public_url"), id, clock_iso(clock_now(), at));
	a.p = text;
	rc = act_write(&a, ukey_challenge_run, err);
	if (rc == 0)
		*model = json_pack("{s:s, s:s}", "id", id, "text", text);
	free(text);
	return rc;
}

/* Take the challenge out of the store: it is good once, also for two who come at once. */
static int
ukey_take_run(struct db *db, struct act *a, struct err *err)
{
	struct buf	*text = a->extra;
	struct rows	*rows = NULL;
	int		 rc = 0;

	buf_clear(text);
	if (db_query(db, SQL_CHALLENGE_TAKE, &rows, err, DB_TEXT(a->name)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0 && rows_int(rows, 1) + UKEY_LIFE > clock_now())
		buf_addstr(text, rows_text(rows, 0));
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

/* The CA certificates in force, from the directory everybody may read. */
static int
ukey_authorities(struct cert_pool *pool, struct err *err)
{
	char	*path = xasprintf("%s/pub/chain.pem", conf_path("data.dir"));
	int	 rc = cert_pool_read(pool, path, err);

	free(path);
	return rc;
}

int
ukey_check(struct hall *h, const void *der, size_t der_len, const void *text, size_t len,
    const void *sig, size_t sig_len, struct cert **out, struct err *err)
{
	struct cert_pool	 pool = { .n = 0 };
	struct cert		*leaf = NULL;
	unsigned char		 point[SM2_POINT_LEN];
	enum cert_status	 status = CERT_UNKNOWN;
	int			 rc = -1;

	if (cert_parse(der, der_len, &leaf, err) < 0 || ukey_authorities(&pool, err) < 0)
		goto out;
	if (!cert_is_sign(leaf)) {
		err_set(err, ERR_INPUT, "请选择签名证书，而不是加密证书。");
		goto out;
	}
	if (cert_pool_verify(&pool, leaf, clock_now(), err) < 0)
		goto out;
	if (cert_point(leaf, point, err) < 0 ||
	    sm2_verify_point(point, text, len, sig, sig_len, err) < 0) {
		err_set(err, ERR_CRYPTO, "签名不正确，请刷新页面后再试；用UKey的，请重新插入。");
		goto out;
	}
	if (hall_services(h)->status(cert_serial(leaf), &status, err) < 0)
		goto out;
	if (status != CERT_GOOD) {
		err_set(err, ERR_DENIED, "证书已冻结或撤销，不能使用；请联系客服。");
		goto out;
	}
	*out = leaf;
	leaf = NULL;			/* transferred */
	rc = 0;
 out:
	cert_free(leaf);
	cert_pool_release(&pool);
	return rc;
}

/* The account or member of staff a certificate belongs to. */
static int
ukey_owner_run(struct db *db, struct act *a, struct err *err)
{
	bool		 staff = a->len != 0, good = false;
	struct rows	*rows = NULL;
	int		 rc = 0;

	a->number = 0;
	if (staff)
		rc = db_query(db, SQL_STAFF_BY_SERIAL, &rows, err, DB_TEXT(a->name));
	else
		rc = db_query(db, SQL_CERTIFICATE_BY_SERIAL, &rows, err, DB_TEXT(a->name));
	if (rc < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0) {
		good = staff ? rows_int(rows, 2) != 0 : strcmp(rows_text(rows, 2), "good") == 0;
		a->number = good ? rows_int(rows, 0) : 0;
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

static int
ukey_owner(struct hall *h, const struct who *who, enum session_kind kind, const char *serial,
    int64_t *owner, struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = serial,
			    .len = kind == SESSION_STAFF ? 1 : 0};

	if (act_read(&a, ukey_owner_run, err) < 0)
		return -1;
	if (a.number == 0)
		return err_set(err, ERR_DENIED, kind == SESSION_STAFF ?
		    "这支UKey不属于在岗的工作人员，请联系管理员。" :
		    "这张证书没有对应的账户，请用办理时的账户登录。");
	*owner = a.number;
	return 0;
}

int
ukey_sign_in(struct hall *h, const struct who *who, enum session_kind kind, const json_t *in,
    char token[SESSION_TOKEN], struct err *err)
{
	struct buf	 text = {0}, der = {0}, sig = {0};
	struct act	 a = {.h = h, .who = who, .name = js_str(in, "id"), .extra = &text};
	struct cert	*leaf = NULL;
	int64_t		 owner = 0;
	int		 rc = -1;

	buf_init(&text, 4096);
	buf_init(&der, LIMIT_CERT);
	buf_init(&sig, 256);
	if (js_need_bytes(in, "certificate", &der, err) < 0 ||
	    js_need_bytes(in, "signature", &sig, err) < 0)
		goto out;
	if (act_write(&a, ukey_take_run, err) < 0)
		goto out;
	if (text.len == 0) {
		err_set(err, ERR_EXPIRED, "登录请求已过期，请刷新页面后重新登录。");
		goto out;
	}
	if (ukey_check(h, der.p, der.len, text.p, text.len, sig.p, sig.len, &leaf, err) < 0)
		goto out;
	if (ukey_owner(h, who, kind, cert_serial(leaf), &owner, err) < 0)
		goto out;
	rc = session_start(h, who, kind, owner, cert_serial(leaf), token, err);
 out:
	cert_free(leaf);
	buf_free(&sig);
	buf_free(&der);
	buf_free(&text);
	return rc;
}
