#include "base/base.h"
#include "base/log.h"
#include "base/passphrase.h"
#include "base/sandbox.h"
#include "ipc/process.h"
#include "kmc/request.h"
#include "kmc/work.h"
#include "pki/carrier.h"

/* The service side of the permit table; stub.c is the other. */

static int
answer_pair(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct kmc_order	 order = {.ref = js_str(in->json, "order"),
		.subject = js_str(in->json, "subject"),
		.not_after = js_int(in->json, "not_after", 0)};
	unsigned char		 enc_point[SM2_POINT_LEN];
	struct buf		 point, envelope;
	int			 rc = -1;

	(void)caller;
	buf_init(&point, 128);
	buf_init(&envelope, 4096);
	if (js_need_bytes(in->json, "sign_point", &point, err) < 0)
		goto out;
	if (point.len != SM2_POINT_LEN) {
		err_set(err, ERR_INPUT, "sign_point must be 65 bytes");
		goto out;
	}
	order.sign_point = (unsigned char *)point.p;
	if (kmc_pair_work(arg, &order, enc_point, &envelope, err) < 0)
		goto out;
	js_set_bytes(out->json, "enc_point", enc_point, sizeof(enc_point));
	js_set_bytes(out->json, "envelope", envelope.p, envelope.len);
	log_kv(LOG_INFO, "kmc.pair", LOG_S("order", order.ref));
	rc = 0;
 out:
	buf_free(&point);
	buf_free(&envelope);
	return rc;
}

static int
answer_recover(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct statement_asked	 asked = {0}, carrier = {0};
	struct buf	 enc, sign, envelope;
	int		 rc = -1;

	(void)caller;
	buf_init(&enc, LIMIT_CERT);
	buf_init(&sign, LIMIT_CERT);
	buf_init(&envelope, 4096);
	if (statement_asked_read(&asked, in->json, err) == 0 &&
	    js_need_bytes(in->json, "enc_cert", &enc, err) == 0 &&
	    js_need_bytes(in->json, "sign_cert", &sign, err) == 0 &&
	    carrier_get(&carrier, in->json, err) == 0 &&
	    kmc_recover_work(arg, &(struct kmc_recovery){asked.of, {enc.p, enc.len},
	    {sign.p, sign.len}, carrier.of}, &envelope, err) == 0) {
		js_set_bytes(out->json, "envelope", envelope.p, envelope.len);
		rc = 0;
	}
	statement_asked_free(&asked);
	statement_asked_free(&carrier);
	buf_free(&enc);
	buf_free(&sign);
	buf_free(&envelope);
	return rc;
}

static int
answer_officers(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	json_t	*list = json_array();

	(void)in;
	(void)caller;
	json_object_set_new(out->json, "officers", list);
	return key_officer_list(arg, list, err);
}

static int
answer_officer_add(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct buf	 cert;
	int		 rc = -1;

	(void)caller;
	buf_init(&cert, LIMIT_CERT);
	if (js_need_bytes(in->json, "cert", &cert, err) == 0)
		rc = key_officer_add(arg, cert.p, cert.len, (unsigned int)js_int(in->json,
		    "may", 0), out->json, err);
	buf_free(&cert);
	return rc;
}

static int
answer_officer_remove(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	(void)out;
	(void)caller;
	return key_officer_remove(arg, js_str(in->json, "serial"), err);
}

static int
answer_unlock(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct statement_asked	 asked = {0};
	unsigned char	 answer[UNLOCK_ANSWER];
	int64_t		 expires;
	int		 rc = -1;

	(void)caller;
	if (statement_asked_read(&asked, in->json, err) == 0 &&
	    kmc_unlock_work(arg, &asked.of, answer, &expires, err) == 0) {
		js_set_bytes(out->json, "answer", answer, sizeof(answer));
		js_set_int(out->json, "expires", expires);
		rc = 0;
	}
	statement_asked_free(&asked);
	return rc;
}

static int
answer_device_master(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	(void)in;
	(void)out;
	(void)caller;
	return device_master_make(arg, err);
}

static int
answer_device_give(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct buf	 sealed;
	int		 rc;

	(void)caller;
	buf_init(&sealed, SM2_CIPHER_MAX);
	rc = device_give(arg, js_str(in->json, "order"), js_str(in->json, "serial"), &sealed,
	    err);
	js_set_str(out->json, "key", "");
	if (rc == 0 && sealed.len > 0)
		js_set_bytes(out->json, "key", sealed.p, sealed.len);
	buf_free(&sealed);
	return rc;
}

static int
answer_device_key(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	unsigned char	 key[UNLOCK_KEY];

	(void)caller;
	if (device_key(arg, js_str(in->json, "serial"), key, err) < 0)
		return -1;
	js_set_bytes(out->json, "key", key, sizeof(key));
	secret_wipe(key, sizeof(key));
	return 0;
}

static int
answer_history(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	(void)caller;
	return history_work(arg, js_str(in->json, "what"), out->json, err);
}

/* blob: the passphrase of the key files. */
static int
answer_rewrap(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct secret	 passphrase = {0};
	int64_t		 version;
	int		 rc;

	(void)caller;
	secret_set(&passphrase, in->blob.p, in->blob.len);
	secret_wipe(in->blob.p, in->blob.len);
	if ((rc = rewrap_start(arg, &passphrase, &version, err)) == 0)
		js_set_int(out->json, "version", version);
	secret_free(&passphrase);
	return rc;
}

static int
answer_destroy_plan(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	(void)caller;
	return destroy_plan(arg, js_int(in->json, "before", 0), out->json, err);
}

static int
answer_destroy(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct statement_asked	 asked = {0};
	int		 rc = statement_asked_read(&asked, in->json, err);

	(void)out;
	(void)caller;
	if (rc == 0)
		rc = destroy_work(arg, &asked.of, err);
	statement_asked_free(&asked);
	return rc;
}

/* Question and answer in the blobs. */
static int
answer_gbt25056(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	(void)caller;
	return gbt25056_work(arg, in->blob.p, in->blob.len, &out->blob, err);
}

static int
answer_restorations(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	json_t	*list = json_array();

	(void)in;
	(void)caller;
	json_object_set_new(out->json, "restorations", list);
	return restore_list(arg, list, err);
}

static int
answer_restore(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct statement_asked	 asked = {0};
	int		 rc = statement_asked_read(&asked, in->json, err);

	(void)out;
	(void)caller;
	if (rc == 0)
		rc = restore_allow(arg, &asked.of, err);
	statement_asked_free(&asked);
	return rc;
}

static int
answer_identity(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct cert	*c = NULL;
	EVP_PKEY	*key = NULL;
	struct buf	 pem;
	int		 rc;

	(void)caller;
	buf_init(&pem, LIMIT_CERT * 2);
	if (js_bool(in->json, "make"))
		rc = identity_make(arg, &pem, err);
	else if ((rc = identity_load(arg, &c, &key, err)) == 0)
		cert_pem_add(c, &pem);
	js_set_str(out->json, "pem", pem.p);
	cert_free(c);
	EVP_PKEY_free(key);
	buf_free(&pem);
	return rc;
}

static int
answer_clients(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	json_t	*list = json_array();

	(void)in;
	(void)caller;
	json_object_set_new(out->json, "clients", list);
	return client_list(arg, list, err);
}

static int
answer_client_add(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct buf	 cert;
	int		 rc = -1;

	(void)caller;
	buf_init(&cert, LIMIT_CERT);
	if (js_need_bytes(in->json, "cert", &cert, err) == 0)
		rc = client_add(arg, cert.p, cert.len, js_str(in->json, "renews"), out->json, err);
	buf_free(&cert);
	return rc;
}

static int
answer_client_remove(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	(void)out;
	(void)caller;
	return client_remove(arg, js_str(in->json, "id"), err);
}

static int
answer_stats(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct kmc	*k = arg;

	if (kmc_stats_work(k, out->json, err) < 0 ||
	    journal_stats(&k->journal, out->json, err) < 0)
		return -1;
	return ipc_answer_stats(in, out, caller, arg, err);
}

static int
answer_journal_verify(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct kmc	*k = arg;

	(void)in;
	(void)caller;
	return journal_verify(&k->journal, out->json, err);
}

static int
answer_journal_prove(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct kmc	*k = arg;
	int64_t		 line = js_int(in->json, "line", 0);

	(void)caller;
	return journal_prove(&k->journal, &line, 1, js_int(in->json, "since", 0), out->json, err);
}

/* Who may ask what. */
static const struct ipc_request	 kmc_requests[] = {
	{"pair", IPC_SIGNER, answer_pair},
	{"recover", IPC_SIGNER, answer_recover},
	{"unlock", IPC_WEB, answer_unlock},
	{"device_master", IPC_ADMIN, answer_device_master},
	{"device_key", IPC_ADMIN, answer_device_key},
	{"device_give", IPC_WEB, answer_device_give},
	{"officers", IPC_ADMIN | IPC_WEB, answer_officers},
	{"officer_add", IPC_ADMIN, answer_officer_add},
	{"officer_remove", IPC_ADMIN, answer_officer_remove},
	{"history", IPC_ADMIN, answer_history},
	{"rewrap", IPC_ADMIN, answer_rewrap},
	{"destroy_plan", IPC_ADMIN, answer_destroy_plan},
	{"destroy", IPC_ADMIN, answer_destroy},
	{"gbt25056", IPC_ADMIN, answer_gbt25056},
	{"restorations", IPC_ADMIN, answer_restorations},
	{"restore", IPC_ADMIN, answer_restore},
	{"identity", IPC_ADMIN, answer_identity},
	{"clients", IPC_ADMIN, answer_clients},
	{"client_add", IPC_ADMIN, answer_client_add},
	{"client_remove", IPC_ADMIN, answer_client_remove},
	{"stats", IPC_ADMIN | IPC_WEB, answer_stats},
	{"journal_verify", IPC_ADMIN, answer_journal_verify},
	{"journal_prove", IPC_ADMIN, answer_journal_prove},
	{0}
};

static void
on_refused(enum ipc_role caller, const char *request, void *arg)
{
	struct kmc	*k = arg;

	journal_note(k->store, "request.refused", json_pack("{s:s,s:s}", "caller",
	    ipc_role_name(caller), "request", request));
}

/* As many as the signer's: those who wait for the store share one commit. */
#define KMC_THREADS	8

int
kmc_main(struct err *err)
{
	struct ipc_service	 service = {.name = "kmc", .version = KMC_VERSION,
		.requests = kmc_requests, .threads = KMC_THREADS, .on_refused = on_refused};
	struct secret		 passphrase = {0};
	struct kmc		*k = NULL;
	int			 rc = -1;

	if (passphrase_get(&passphrase, err) < 0 || kmc_open(&k, &passphrase, err) < 0 ||
	    sandbox_enter(SANDBOX_KMC, err) < 0 || device_master_need(k, err) < 0 ||
	    keeper_start(k, err) < 0 || journal_start(&k->journal, err) < 0)
		goto out;
	service.arg = k;
	rc = ipc_process_serve(&service, err);
 out:
	secret_free(&passphrase);
	kmc_close(k);
	return rc;
}
