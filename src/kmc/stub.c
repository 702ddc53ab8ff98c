#include "base/base.h"
#include "ipc/ipc.h"
#include "kmc/kmc.h"
#include "kmc/request.h"
#include "pki/carrier.h"

/* Asking kmc from other processes. */
#define KMC_TIMEOUT_MS	15000
#define JOURNAL_TIMEOUT_MS	(3600 * 1000)	/* some microseconds a line */

static int
ask(const char *request, const struct ipc_msg *in, struct ipc_msg *out, struct err *err)
{
	return ipc_ask("kmc", KMC_VERSION, request, in, out, KMC_TIMEOUT_MS, err);
}

static int
ask_json(const char *request, json_t *question, json_t **out, struct err *err)
{
	return ipc_ask_json("kmc", KMC_VERSION, request, question, out, KMC_TIMEOUT_MS, err);
}

int
kmc_pair(const struct kmc_order *order, unsigned char enc_point[65], struct buf *envelope,
    struct err *err)
{
	struct ipc_msg	 in, out;
	struct buf	 point;
	int		 rc = -1;

	ipc_msg_init(&in);
	ipc_msg_init(&out);
	buf_init(&point, 128);
	js_set_str(in.json, "order", order->ref);
	js_set_str(in.json, "subject", order->subject);
	js_set_int(in.json, "not_after", order->not_after);
	js_set_bytes(in.json, "sign_point", order->sign_point, SM2_POINT_LEN);
	if (ask("pair", &in, &out, err) == 0 &&
	    js_need_bytes(out.json, "enc_point", &point, err) == 0 &&
	    js_need_bytes(out.json, "envelope", envelope, err) == 0) {
		if (point.len == SM2_POINT_LEN) {
			memcpy(enc_point, point.p, SM2_POINT_LEN);
			rc = 0;
		} else {
			err_set(err, ERR_BUG, "kmc answered a bad point");
		}
	}
	buf_free(&point);
	ipc_msg_free(&in);
	ipc_msg_free(&out);
	return rc;
}

static void
put_statement(json_t *question, const struct signed_statement *s)
{
	json_object_set_new(question, "statement", json_stringn(s->text, s->len));
	js_set_bytes(question, "signature", s->first.p, s->first.len);
	js_set_bytes(question, "second", s->second.p, s->second.len);
}

int
kmc_recover(const struct kmc_recovery *r, struct buf *envelope, struct err *err)
{
	json_t	*question = json_object(), *answer = NULL;
	int	 rc = -1;

	put_statement(question, &r->statement);
	js_set_bytes(question, "enc_cert", r->enc_cert.p, r->enc_cert.len);
	js_set_bytes(question, "sign_cert", r->sign_cert.p, r->sign_cert.len);
	carrier_put(question, &r->carrier);
	if (ask_json("recover", question, &answer, err) == 0)
		rc = js_need_bytes(answer, "envelope", envelope, err);
	json_decref(answer);
	return rc;
}

int
kmc_officers(json_t **out, struct err *err)
{
	return ask_json("officers", json_object(), out, err);
}

int
kmc_officer_add(const void *der, size_t len, unsigned int may, json_t **out, struct err *err)
{
	json_t	*question = json_pack("{s:i}", "may", (int)may);

	js_set_bytes(question, "cert", der, len);
	return ask_json("officer_add", question, out, err);
}

int
kmc_officer_remove(const char *serial, struct err *err)
{
	return ask_json("officer_remove", json_pack("{s:s}", "serial", serial), NULL, err);
}

int
kmc_stats(json_t **out, struct err *err)
{
	return ask_json("stats", json_object(), out, err);
}

int
kmc_history(const char *what, json_t **out, struct err *err)
{
	return ask_json("history", json_pack("{s:s}", "what", what), out, err);
}

int
kmc_rewrap(const struct secret *passphrase, int64_t *version, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	buf_add(&in.blob, passphrase->p, passphrase->len);
	if ((rc = ask("rewrap", &in, &answer, err)) == 0)
		*version = js_int(answer.json, "version", 0);
	secret_wipe(in.blob.p, in.blob.len);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
kmc_destroy_plan(int64_t before, json_t **out, struct err *err)
{
	return ask_json("destroy_plan", json_pack("{s:I}", "before", (json_int_t)before), out,
	    err);
}

int
kmc_destroy(const struct signed_statement *statement, struct err *err)
{
	json_t	*question = json_object();

	put_statement(question, statement);
	return ask_json("destroy", question, NULL, err);
}

int
kmc_restorations(json_t **out, struct err *err)
{
	return ask_json("restorations", json_object(), out, err);
}

int
kmc_restore(const struct signed_statement *statement, struct err *err)
{
	json_t	*question = json_object();

	put_statement(question, statement);
	return ask_json("restore", question, NULL, err);
}

int
kmc_message(const void *p, size_t len, struct buf *out, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	buf_add(&in.blob, p, len);
	if ((rc = ask("gbt25056", &in, &answer, err)) == 0)
		buf_add(out, answer.blob.p, answer.blob.len);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
kmc_identity(bool make, struct buf *pem, struct err *err)
{
	json_t	*answer = NULL;

	if (ask_json("identity", json_pack("{s:b}", "make", make), &answer, err) < 0)
		return -1;
	buf_addstr(pem, js_str(answer, "pem"));
	json_decref(answer);
	return 0;
}

int
kmc_clients(json_t **out, struct err *err)
{
	return ask_json("clients", json_object(), out, err);
}

int
kmc_client_add(const void *der, size_t len, const char *renews, json_t **out,
    struct err *err)
{
	json_t	*question = json_pack("{s:s}", "renews", renews);

	js_set_bytes(question, "cert", der, len);
	return ask_json("client_add", question, out, err);
}

int
kmc_client_remove(const char *id, struct err *err)
{
	return ask_json("client_remove", json_pack("{s:s}", "id", id), NULL, err);
}

/* Exactly n bytes of the answer's member. */
static int
take_bytes(const json_t *answer, const char *key, unsigned char *out, size_t n,
    struct err *err)
{
	struct buf	 b;
	int		 rc;

	buf_init(&b, 256);
	rc = js_need_bytes(answer, key, &b, err);
	if (rc == 0 && b.len != n)
		rc = err_set(err, ERR_BUG, "kmc answered %zu bytes of %s", b.len, key);
	if (rc == 0)
		memcpy(out, b.p, n);
	secret_wipe(b.p, b.len);
	buf_free(&b);
	return rc;
}

int
kmc_unlock_answer(const struct signed_statement *statement,
    unsigned char answer[UNLOCK_ANSWER], int64_t *expires, struct err *err)
{
	json_t	*question = json_object(), *out = NULL;
	int	 rc = -1;

	put_statement(question, statement);
	if (ask_json("unlock", question, &out, err) == 0 &&
	    js_need_int(out, "expires", expires, err) == 0)
		rc = take_bytes(out, "answer", answer, UNLOCK_ANSWER, err);
	json_decref(out);
	return rc;
}

int
kmc_device_master_make(struct err *err)
{
	return ask_json("device_master", json_object(), NULL, err);
}

int
kmc_device_key(const char *serial, unsigned char key[UNLOCK_KEY], struct err *err)
{
	json_t	*out = NULL;
	int	 rc = -1;

	if (ask_json("device_key", json_pack("{s:s}", "serial", serial), &out, err) == 0)
		rc = take_bytes(out, "key", key, UNLOCK_KEY, err);
	json_decref(out);
	return rc;
}

int
kmc_device_give(const char *order, const char *serial, struct buf *out, struct err *err)
{
	json_t	*answer = NULL;
	int	 rc = -1;

	if (ask_json("device_give", json_pack("{s:s,s:s}", "order", order, "serial", serial),
	    &answer, err) == 0)
		rc = js_need_bytes(answer, "key", out, err);
	json_decref(answer);
	return rc;
}

int
kmc_journal_verify(json_t **out, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	if ((rc = ipc_ask("kmc", KMC_VERSION, "journal_verify", &in, &answer, JOURNAL_TIMEOUT_MS,
	    err)) == 0)
		*out = json_incref(answer.json);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
kmc_journal_prove(int64_t line, int64_t since, json_t **out, struct err *err)
{
	return ask_json("journal_prove", json_pack("{s:I,s:I}", "line", (json_int_t)line, "since",
	    (json_int_t)since), out, err);
}
