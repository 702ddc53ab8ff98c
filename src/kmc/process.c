#include "base/base.h"
#include "base/log.h"
#include "base/passphrase.h"
#include "base/sandbox.h"
#include "ipc/ipc.h"
#include "ipc/process.h"
#include "kmc/kmc.h"

/* Raised when a request or its answer changes. */
#define KMC_VERSION	1
#define KMC_TIMEOUT_MS	15000

/* ---- the stub: for the signer ---- */

int
kmc_pair(const char *order, const unsigned char sign_point[65], unsigned char enc_point[65],
    struct buf *envelope, struct err *err)
{
	struct ipc_msg	 in, out;
	struct buf	 point;
	int		 rc = -1;

	ipc_msg_init(&in);
	ipc_msg_init(&out);
	buf_init(&point, 128);
	js_set_str(in.json, "order", order);
	js_set_bytes(in.json, "sign_point", sign_point, 65);
	if (ipc_ask("kmc", KMC_VERSION, "pair", &in, &out, KMC_TIMEOUT_MS, err) == 0 &&
	    js_need_bytes(out.json, "enc_point", &point, err) == 0 &&
	    js_need_bytes(out.json, "envelope", envelope, err) == 0) {
		if (point.len == 65) {
			memcpy(enc_point, point.p, 65);
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

/* ---- the service ---- */

static int
answer_pair(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	unsigned char	 enc_point[65];
	struct buf	 point, envelope;
	const char	*order;
	int		 rc = -1;

	(void)caller;
	buf_init(&point, 128);
	buf_init(&envelope, 4096);
	if (js_need_str(in->json, "order", &order, err) < 0 ||
	    js_need_bytes(in->json, "sign_point", &point, err) < 0)
		goto out;
	if (point.len != 65) {
		err_set(err, ERR_INPUT, "sign_point must be 65 bytes");
		goto out;
	}
	if (kmc_pair_work(arg, order, (unsigned char *)point.p, enc_point, &envelope, err) < 0)
		goto out;
	js_set_bytes(out->json, "enc_point", enc_point, sizeof(enc_point));
	js_set_bytes(out->json, "envelope", envelope.p, envelope.len);
	log_kv(LOG_INFO, "kmc.pair", LOG_S("order", order));
	rc = 0;
 out:
	buf_free(&point);
	buf_free(&envelope);
	return rc;
}

static const struct ipc_request	 kmc_requests[] = {
	{"pair", IPC_SIGNER, answer_pair},
	{0}
};

int
kmc_main(struct err *err)
{
	struct ipc_service	 service = {.name = "kmc", .version = KMC_VERSION,
		.requests = kmc_requests, .threads = 2};
	struct secret		 passphrase = {0};
	struct kmc		*k = NULL;
	int			 rc = -1;

	if (passphrase_get(&passphrase, err) < 0 || kmc_open(&k, &passphrase, err) < 0 ||
	    sandbox_enter(SANDBOX_KMC, err) < 0)
		goto out;
	service.arg = k;
	rc = ipc_process_serve(&service, err);
 out:
	secret_free(&passphrase);
	kmc_close(k);
	return rc;
}
