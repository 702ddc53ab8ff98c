#include "base/base.h"
#include "hall/certificate/recover.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/medium/medium.h"
#include "hall/notice.h"
#include "hall/sealed.h"
#include "hall/services.h"
#include "pki/carrier.h"
#include "pki/cert.h"
#include "pki/enveloped.h"

#define PROBE		32		/* bytes, encrypted to the old certificate */
#define CARRIER_MAX	1024
#define ENVELOPE_MAX	4096

/* [1]: of a soft certificate. */
static const struct { const char *id, *text[2]; } reasons[] = {
	{ "lost", { "原UKey遗失，已补办", "原软证书文件丢失，已补办" } },
	{ "broken", { "原UKey损坏，已补办", "忘记原软证书的口令，已补办" } },
	{ "moved", { "证书已更换到新的UKey，要打开以前的文件", "证书已经换过，要打开以前的文件" } },
	{ "other", { "其他", "其他" } },
};

json_t *
recover_about(const struct order *o)
{
	return json_object_get(o->form, "recover");
}

const struct medium_words *
recover_words(const struct order *o)
{
	const char	*medium = js_str(recover_about(o), "medium");

	return *medium == '\0' ? medium_words(o->def) : medium_words_by_id(medium);
}

json_t *
recover_reasons(const struct order *o)
{
	json_t	*list = json_array();
	size_t	 i = 0;

	for (i = 0; i < ARRAY_LEN(reasons); i++)
		(void)json_array_append_new(list, json_pack("{s:s, s:s}", "id", reasons[i].id,
		    "text", reasons[i].text[o->def->soft]));
	return list;
}

const char *
recover_reason_text(const struct order *o, const char *id)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(reasons); i++)
		if (strcmp(reasons[i].id, id) == 0)
			return reasons[i].text[o->def->soft];
	return NULL;
}

/* ---- the certificates ---- */

/* Whose certificate it is: "uscc:9135…". */
static int
recover_identity(const void *der, size_t len, char *text, size_t size, struct err *err)
{
	struct cert	*c = NULL;
	const char	*type = "";
	char		 code[CERT_IDENTITY_TEXT] = "";

	if (cert_parse(der, len, &c, err) < 0)
		return -1;
	if (!cert_identity(c, &type, code))
		code[0] = '\0';
	(void)snprintf(text, size, "%s:%s", code[0] == '\0' ? "" : type, code);
	cert_free(c);
	return 0;
}

/* The ended certificate; its identity. */
static int
recover_old_identity(struct db *db, const struct order *o, char *text, size_t size,
    struct err *err)
{
	struct rows	*rows = NULL;
	const void	*der = NULL;
	size_t		 len = 0;
	int		 rc = db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(o->concerns));

	if (rc == 0) {
		der = rows_blob(rows, 6, &len);
		rc = recover_identity(der, len, text, size, err);
	}
	rows_free(rows);
	return rc;
}

/* A row of certificate_receivers: 1 it may receive, 0 it may not, -1. */
static int
recover_fits(struct rows *rows, const struct order *o, const char *wanted, struct err *err)
{
	const void	*der = NULL;
	size_t		 len = 0;
	char		 text[CERT_IDENTITY_TEXT + 32];

	/* a key that he made by his own means no assistant of ours can reach */
	if (strcmp(rows_text(rows, 0), o->concerns) == 0 ||
	    strcmp(rows_text(rows, 6), "request") == 0)
		return 0;
	der = rows_blob(rows, 4, &len);
	if (recover_identity(der, len, text, sizeof(text), err) < 0)
		return -1;
	return strcmp(text, ":") != 0 && strcmp(text, wanted) == 0;
}

int
recover_receivers(struct db *db, const struct hall *h, const struct order *o, json_t **list,
    struct err *err)
{
	const struct def_product	*p = NULL;
	struct rows	*rows = NULL;
	char		 wanted[CERT_IDENTITY_TEXT + 32], day[CLOCK_TEXT];
	int		 rc = 0, fits = 0;

	*list = json_array();
	if (recover_old_identity(db, o, wanted, sizeof(wanted), err) < 0 ||
	    db_query(db, SQL_CERTIFICATE_RECEIVERS, &rows, err, DB_INT(o->account),
	    DB_INT(clock_now())) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		if ((fits = recover_fits(rows, o, wanted, err)) < 0) {
			rc = -1;
			break;
		}
		if (fits > 0 && (p = halldef_product(hall_def(h), rows_text(rows, 5))) != NULL)
			(void)json_array_append_new(*list, json_pack("{s:s, s:s, s:s, s:s, s:s}",
			    "serial", rows_text(rows, 0), "subject", rows_text(rows, 2), "not_after",
			    clock_date(rows_int(rows, 3), day), "medium", product_medium(p),
			    "medium_text", product_medium_text(p)));
	}
	rows_free(rows);
	return rc;
}

int
recover_wanted(struct db *db, const struct order *o, struct buf *der, char serial[48],
    struct err *err)
{
	struct rows	*rows = NULL;
	const void	*p = NULL;
	int64_t		 order = 0;
	size_t		 len = 0;
	int		 rc = 0;

	serial[0] = '\0';
	if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(o->concerns)) < 0)
		return -1;
	order = rows_int(rows, 1);
	rows_free(rows);
	rows = NULL;
	if (db_query(db, SQL_CERTIFICATE_OF_ORDER, &rows, err, DB_INT(order)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		if (strcmp(rows_text(rows, 0), "enc") != 0)
			continue;
		(void)snprintf(serial, 48, "%s", rows_text(rows, 1));
		p = rows_blob(rows, 5, &len);
		if (der != NULL)
			buf_add(der, p, len);
	}
	rows_free(rows);
	if (rc < 0)
		return -1;
	return serial[0] != '\0' ? 0 : err_set(err, ERR_WRONG_STATE,
	    "这张证书没有加密密钥，不需要恢复。");
}

/* ---- what was signed ---- */

void
recovery_init(struct recovery *r)
{
	memset(r, 0, sizeof(*r));
	buf_init(&r->statement, STATEMENT_MAX);
	buf_init(&r->first_sig, 256);
	buf_init(&r->second_sig, 256);
}

void
recovery_free(struct recovery *r)
{
	buf_free(&r->statement);
	buf_free(&r->first_sig);
	buf_free(&r->second_sig);
}

static void
recovery_from_row(struct rows *rows, struct recovery *r)
{
	const void	*p = NULL;
	size_t		 len = 0;

	r->there = true;
	r->version = rows_int(rows, 0);
	buf_addstr(&r->statement, rows_text(rows, 1));
	r->first = rows_int(rows, 2);
	r->second = rows_int(rows, 3);
	p = rows_blob(rows, 4, &len);
	buf_add(&r->first_sig, p, len);
	r->first_at = rows_int(rows, 5);
	p = rows_blob(rows, 6, &len);
	buf_add(&r->second_sig, p, len);
	r->second_at = rows_int(rows, 7);
	r->expires = rows_int(rows, 8);
	(void)snprintf(r->names[0], sizeof(r->names[0]), "%s", rows_text(rows, 9));
	(void)snprintf(r->names[1], sizeof(r->names[1]), "%s", rows_text(rows, 10));
}

int
recovery_load(struct db *db, const struct order *o, struct recovery *r, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	recovery_free(r);
	recovery_init(r);
	if (db_query(db, SQL_KEY_RECOVERY_GET, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		recovery_from_row(rows, r);
		rc = buf_check(&r->statement, err);
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

static void
recovery_add_approval(json_t *list, const char *role, int64_t at, const char *name)
{
	json_t	*j = json_pack("{s:s, s:b, s:s}", "role", role, "done", at != 0, "name", name);

	js_set_time(j, "time", at);
	(void)json_array_append_new(list, j);
}

int
recovery_model(struct db *db, const struct hall *h, const struct order *o, bool names,
    json_t *model, struct err *err)
{
	const json_t	*about = recover_about(o);
	json_t		*m = json_object(), *list = json_array();
	struct recovery	 r;
	int		 rc = -1;

	(void)h;
	recovery_init(&r);
	(void)json_object_set_new(model, "recovery", m);
	(void)json_object_set_new(m, "approvals", list);
	if (recovery_load(db, o, &r, err) < 0)
		goto out;
	js_set_str(m, "reason_text", js_str(about, "reason_text"));
	js_set_str(m, "text", js_str(about, "text"));
	js_set_str(m, "receiver", js_str(about, "receiver"));
	(void)json_object_set_new(m, "words", medium_words_model(recover_words(o)));
	js_set_str(m, "old", o->concerns);
	js_set_str(m, "enc_serial", js_str(about, "enc_serial"));
	js_set_time(m, "expires", r.first_at != 0 ? r.expires : 0);
	js_set_bool(m, "given", js_bool(about, "given"));
	recovery_add_approval(list, "第一位密钥管理员", r.first_at,
	    names && r.there ? r.names[0] : "");
	recovery_add_approval(list, "第二位密钥管理员", r.second_at,
	    names && r.there ? r.names[1] : "");
	rc = 0;
 out:
	recovery_free(&r);
	return rc;
}

/* ---- the key ---- */

/* What the applicant's medium sent, and what goes back to it. */
struct giving {
	struct recovery		 r;
	struct buf		 carrier_sig, receiver;	/* receiver: its certificate, DER */
	struct signed_statement	 carrier;
	struct buf		 envelope, enc_cert, probe;
	char			 digest[KEYED_TEXT];	/* of the probe */
	const char		*ukey;
	bool			 expired;
};

static void
giving_init(struct giving *g)
{
	memset(g, 0, sizeof(*g));
	recovery_init(&g->r);
	buf_init(&g->carrier_sig, 256);
	buf_init(&g->receiver, LIMIT_CERT);
	buf_init(&g->envelope, ENVELOPE_MAX);
	buf_init(&g->enc_cert, LIMIT_CERT);
	buf_init(&g->probe, ENVELOPE_MAX);
}

static void
giving_free(struct giving *g)
{
	recovery_free(&g->r);
	buf_free(&g->carrier_sig);
	buf_free(&g->receiver);
	buf_free(&g->envelope);
	buf_free(&g->enc_cert);
	buf_free(&g->probe);
}

static int
giving_need_state(const struct order *o, struct err *err)
{
	return o->state == ORDER_RECOVERING ? 0 : err_set(err, ERR_WRONG_STATE,
	    "业务当前为“%s”，还不能恢复密钥。", order_state_text(o->state));
}

/* The receiver as the hall has it: still the account's, still good. */
static int
giving_load_run(struct db *db, struct act *a, struct err *err)
{
	struct giving	*g = a->extra;
	struct rows	*rows = NULL;
	const void	*der = NULL;
	size_t		 len = 0;
	bool		 good = false;

	buf_clear(&g->receiver);
	if (giving_need_state(&a->o, err) < 0 || recovery_load(db, &a->o, &g->r, err) < 0)
		return -1;
	g->expired = g->r.expires <= clock_now();
	if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err,
	    DB_TEXT(js_str(recover_about(&a->o), "receiver"))) < 0)
		return -1;
	der = rows_blob(rows, 6, &len);
	buf_add(&g->receiver, der, len);
	good = rows_int(rows, 0) == a->o.account && strcmp(rows_text(rows, 7), "good") == 0;
	rows_free(rows);
	return good ? 0 : err_set(err, ERR_WRONG_STATE,
	    "接收密钥的证书已冻结或撤销，请取消这笔业务，换一张有效的证书重新申请。");
}

/* Without a right word of its medium nothing is asked of the signer. */
static int
giving_check_carrier(const struct giving *g, const char *no, struct err *err)
{
	struct cert	*by = NULL;
	unsigned char	 point[SM2_POINT_LEN];
	int		 rc = -1;

	if (cert_parse(g->receiver.p, g->receiver.len, &by, err) < 0)
		return -1;
	rc = carrier_check(&g->carrier, no, by, point, err);
	cert_free(by);
	return rc == 0 ? 0 : err_set(err, ERR_INPUT,
	    "用的不是接收密钥的UKey或软证书，或者它的应答不完整，请换成正确的一个后重试。");
}

/* The approval is over: the order ends, or is signed again when kmc refused it. */
static int
giving_end_run(struct db *db, struct act *a, struct err *err)
{
	const struct giving	*g = a->extra;

	if (a->o.state != ORDER_RECOVERING)
		return 0;
	if (db_run(db, SQL_KEY_RECOVERY_DROP, NULL, err, DB_INT(a->o.id)) < 0 ||
	    order_move(db, a->h, a->who, &a->o, g->expired ? EVENT_EXPIRE : EVENT_REFUSE, NULL,
	    err) < 0)
		return -1;
	return g->expired ? notice_owner(db, a->h, &a->o, "recover_ended", NULL, err) : 0;
}

static int
giving_end(struct act *a, struct err *err)
{
	const struct giving	*g = a->extra;

	err_clear(err);
	if (act_write(a, giving_end_run, err) < 0)
		return -1;
	return g->expired ? err_set(err, ERR_EXPIRED,
	    "恢复授权已过期，这笔业务已结束；仍然需要的，请重新申请。") :
	    err_set(err, ERR_WRONG_STATE, "密钥管理中心没有接受签名，业务已退回审核，"
	    "由密钥管理员重新签名，结果会通知您。");
}

/* Kind by kind: whose fault it is, and what to do. */
static int
giving_refused(struct act *a, struct err *err)
{
	if (err->kind == ERR_DENIED)
		return giving_end(a, err);
	if (err->kind == ERR_CONFLICT)
		return err_set(err, ERR_CONFLICT, "这笔业务的密钥已经发给另一个UKey、软证书或另一次准备，"
		    "一次授权只用一次，请重新申请恢复。");
	return -1;
}

/* Something random, encrypted to the old certificate: what opens it has the key. */
static int
giving_probe(const struct act *a, struct giving *g, struct err *err)
{
	unsigned char	 bytes[PROBE];
	char		 hex[2 * PROBE + 1];
	struct cert	*c = NULL;
	int		 rc = -1;

	rand_bytes(bytes, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), hex);
	keyed_pair(a->h, "recover.probe", a->no, hex, g->digest);
	if (cert_parse(g->enc_cert.p, g->enc_cert.len, &c, err) == 0)
		rc = enveloped_make(c, bytes, sizeof(bytes), &g->probe, err);
	cert_free(c);
	secret_wipe(bytes, sizeof(bytes));
	secret_wipe(hex, sizeof(hex));
	return rc;
}

/* Noted before it is given out. */
static int
giving_note_run(struct db *db, struct act *a, struct err *err)
{
	struct giving	*g = a->extra;
	json_t		*about = recover_about(&a->o);
	bool		 first = !js_bool(about, "given");

	if (giving_need_state(&a->o, err) < 0)
		return -1;
	js_set_bool(about, "given", true);
	js_set_str(about, "ukey", g->ukey);
	js_set_str(about, "probe", g->digest);
	if (order_save(db, a->h, &a->o, err) < 0)
		return -1;
	a->model = json_object();
	js_set_str(a->model, "order", a->o.no);
	js_set_bytes(a->model, "enc_cert", g->enc_cert.p, g->enc_cert.len);
	js_set_bytes(a->model, "envelope", g->envelope.p, g->envelope.len);
	js_set_bytes(a->model, "probe", g->probe.p, g->probe.len);
	return first ? order_note(db, a->h, a->who, &a->o, "recover_given", g->ukey, err) : 0;
}

static int
giving_read(struct giving *g, const json_t *in, struct err *err)
{
	g->carrier.text = js_str(in, "carrier");
	g->carrier.len = strlen(g->carrier.text);
	g->ukey = js_str(in, "ukey");
	if (g->carrier.len > CARRIER_MAX || !medium_is_serial(g->ukey) ||
	    js_need_bytes(in, "signature", &g->carrier_sig, err) < 0)
		return err_set(err, ERR_INPUT, "没有读到UKey或软证书的应答，请确认证书助手已启动，再试一次。");
	g->carrier.first = (struct signature){ g->carrier_sig.p, g->carrier_sig.len };
	return 0;
}

int
recover_key_get(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t **model, struct err *err)
{
	struct giving			 g;
	struct act			 a = { .h = h, .who = who, .no = no, .extra = &g };
	struct signed_statement		 s = { .text = NULL };
	int				 rc = -1;

	giving_init(&g);
	if (giving_read(&g, in, err) < 0 || act_read(&a, giving_load_run, err) < 0)
		goto out;
	if (g.expired) {
		rc = giving_end(&a, err);
		goto out;
	}
	if (giving_check_carrier(&g, no, err) < 0)
		goto out;
	s = (struct signed_statement){ g.r.statement.p, g.r.statement.len,
	    { g.r.first_sig.p, g.r.first_sig.len }, { g.r.second_sig.p, g.r.second_sig.len } };
	if (hall_services(h)->recover(no, &s, &g.carrier, &g.envelope, &g.enc_cert, err) < 0)
		rc = giving_refused(&a, err);
	else if (giving_probe(&a, &g, err) == 0)
		rc = act_model(&a, act_write(&a, giving_note_run, err), model);
 out:
	giving_free(&g);
	return rc;
}

/* ---- it opens ---- */

static int
recover_done_run(struct db *db, struct act *a, struct err *err)
{
	const json_t	*about = recover_about(&a->o);
	const char	*digest = js_str(about, "probe");

	if (a->o.state == ORDER_DONE)
		return 0;
	if (giving_need_state(&a->o, err) < 0)
		return -1;
	if (*digest == '\0' || !secret_equal(digest, strlen(digest), a->name, strlen(a->name)))
		return err_set(err, ERR_INPUT,
		    "恢复的密钥没有打开核对用的文件，请%s，点“写入%s”再试一次。",
		    recover_words(&a->o)->keep, recover_words(&a->o)->text);
	if (order_move(db, a->h, a->who, &a->o, EVENT_RECOVERED, js_str(about, "ukey"), err) < 0)
		return -1;
	return notice_owner(db, a->h, &a->o, "recovered", NULL, err);
}

int
recover_done(struct hall *h, const struct who *who, const char *no, const json_t *in,
    struct err *err)
{
	struct buf	 plain;
	char		 hex[2 * PROBE + 1] = "", digest[KEYED_TEXT];
	struct act	 a = { .h = h, .who = who, .no = no, .name = digest };
	int		 rc = -1;

	buf_init(&plain, PROBE);
	if (js_need_bytes(in, "plain", &plain, err) == 0) {
		if (plain.len == PROBE)
			hex_encode((const unsigned char *)plain.p, PROBE, hex);
		keyed_pair(h, "recover.probe", no, hex, digest);
		rc = act_write(&a, recover_done_run, err);
	}
	buf_free(&plain);
	return rc;
}
