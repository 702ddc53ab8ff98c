#include "base/base.h"
#include "hall/sink.h"

#include "base/log.h"
#include "hall/account/code.h"
#include "hall/blob.h"
#include "hall/certificate/recover.h"
#include "hall/certificate/reminder.h"
#include "hall/delivery/parcel.h"
#include "hall/identity/face_own.h"
#include "hall/identity/proof.h"
#include "hall/identity/remittance.h"
#include "hall/invoice/invoice.h"
#include "hall/payment/reconcile.h"
#include "hall/payment/trade.h"
#include "hall/petition/handler.h"
#include "hall/petition/petition.h"
#include "hall/platform/platform.h"
#include "hall/relying/relying.h"

static struct hall	*sink_hall;

void
hall_sink_use(struct hall *h)
{
	sink_hall = h;
}

static int
sink_payment(struct db *db, const struct pay_fact *fact, struct err *err)
{
	return payment_apply(db, sink_hall, fact, err);
}

static int
sink_pay_created(struct db *db, const struct pay_created_fact *fact, struct err *err)
{
	return payment_apply_created(db, sink_hall, fact, err);
}

static int
sink_refund(struct db *db, const struct refund_fact *fact, struct err *err)
{
	return payment_apply_refund(db, sink_hall, fact, err);
}

static int
sink_identity(struct db *db, const struct ident_fact *fact, struct err *err)
{
	return fact->request_id[0] == PROOF_REQUEST ? proof_apply(db, sink_hall, fact, err) :
	    face_apply(db, sink_hall, fact, err);
}

/* Nothing waits for a message to arrive; an operator may want to know that it did not. */
static int
sink_notice(struct db *db, const struct notice_fact *fact, struct err *err)
{
	(void)db;
	(void)err;
	if (fact->state == NOTICE_FAILED)
		log_kv(LOG_WARN, "notice.failed", LOG_S("kind", fact->kind),
		    LOG_S("key", fact->idem_key), LOG_S("code", fact->code));
	return 0;
}

static int
sink_bill(struct db *db, const struct bill_fact *fact, struct err *err)
{
	return strcmp(fact->channel, "bank") == 0 ?
	    remittance_reconcile(db, sink_hall, fact, err) :
	    reconcile_apply(db, sink_hall, fact, err);
}

static int
sink_remittance(struct db *db, const struct remit_fact *fact, struct err *err)
{
	return remittance_apply(db, sink_hall, fact, err);
}

static int
sink_invoice(struct db *db, const struct invoice_fact *fact, struct err *err)
{
	return invoice_apply(db, sink_hall, fact, err);
}

static int
sink_express(struct db *db, const struct express_fact *fact, struct err *err)
{
	return parcel_apply(db, sink_hall, fact, err);
}

static int
sink_webhook(struct db *db, const struct webhook_fact *fact, struct err *err)
{
	if (!fact->sent)
		log_kv(LOG_WARN, "webhook.failed", LOG_S("app", fact->app), LOG_S("id", fact->id));
	return fact->gone ? relying_gone(db, sink_hall, fact->app, err) : 0;
}

static int
sink_platform_told(struct db *db, const struct platform_fact *fact, struct err *err)
{
	return platform_apply(db, sink_hall, fact, err);
}

/* Only what the definition says: who puts a row names a platform and nothing else. */
static int
sink_platform(const char *id, struct gate_platform *out)
{
	const struct def_platform	*p = halldef_platform(hall_def(sink_hall), id);

	if (p == NULL)
		return -1;
	*out = (struct gate_platform){.id = p->id, .issuer = p->issuer,
	    .client_id = p->client_id, .secret_file = p->secret_file};
	return 0;
}

static int
sink_petitions(struct db *db, int64_t now, struct err *err)
{
	return petition_tick(db, sink_hall, now, err);
}

static int
sink_recoveries(struct db *db, int64_t now, struct err *err)
{
	return recover_tick(db, sink_hall, now, err);
}

static int
sink_reminders(struct db *db, int64_t now, struct err *err)
{
	return reminder_tick(db, sink_hall, now, err);
}

static const struct gate_part	 sink_tick[] = {
	{"limits", limit_tick},
	{"petitions", sink_petitions},
	{"handovers", handover_tick},
	{"recoveries", sink_recoveries},
	{"deliveries", relying_tick},
	{"blobs", blob_tick},
	{"platforms", platform_tick},
	{"reminders", sink_reminders},
	{0}
};

const struct gate_sink	hall_sink = {
	.payment = sink_payment,
	.pay_created = sink_pay_created,
	.refund = sink_refund,
	.identity = sink_identity,
	.remittance = sink_remittance,
	.notice = sink_notice,
	.bill = sink_bill,
	.invoice = sink_invoice,
	.express = sink_express,
	.webhook = sink_webhook,
	.platform_told = sink_platform_told,
	.platform = sink_platform,
	.tick = sink_tick,
};
