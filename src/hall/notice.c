#include "base/base.h"
#include "hall/notice.h"

#include "base/rand.h"
#include "base/str.h"
#include "hall/account/account_own.h"
#include "hall/account/code.h"
#include "hall/act.h"
#include "hall/certificate/recover.h"
#include "hall/ops.h"
#include "hall/order/order_row.h"

#define NOTICE_MAIL	(32 * 1024)

const char *const	notice_events[] = { "code", "submitted", "paid", "reviewing", "returned",
	"owing", "approved", "approved_soft", "made", "shipped", "done", "cancelled", "refunded", "certificate_frozen",
	"certificate_released", "certificate_revoked", "expiring", "expired", "mobile_changed",
	"unlock_link", "unlock_begun", "unlock_ready", "unlocked", "activation",
	"petition_filed", "petition_refused", "petition_granted", "petition_warning",
	"petition_stopped", "petition_returned", "sign_in_new", "mail_proved", "mail_left",
	"password_changed", "recover_begun",
	"recover_signed", "recover_ready", "recover_ended", "recovered", "lost_entered",
	"delivering", "invoice_issued", "invoice_file", "invoice_failed", "invoice_reversed",
	"bundle_submitted", "batch_submitted", "bundle_paid", "expiring_many", "pin_remitted", "handover_offered",
	"handler_left", "handler_came", "platform_joined", NULL };

/* The parameters a template names: {"code": "123456"} for "…{code}…". */
static json_t *
notice_params(const char *text, const json_t *values)
{
	json_t		*params = json_object();
	const char	*end = NULL;
	char		 name[64];

	for (; (text = strchr(text, '{')) != NULL; text = end) {
		end = strchr(text, '}');
		if (end == NULL || (size_t)(end - text) > sizeof(name))
			break;
		(void)snprintf(name, sizeof(name), "%.*s", (int)(end - text) - 1, text + 1);
		js_set_str(params, name, js_str(values, name));
	}
	return params;
}

static int
notice_sms(struct db *db, const struct hall *h, const struct def_notice *n, const char *mobile,
    const json_t *values, const char *key, struct err *err)
{
	json_t	*payload = json_pack("{s:s, s:s, s:o}", "phone", mobile, "template", n->sms_code,
		    "params", notice_params(n->sms_text, values));
	char	*sms_key = xasprintf("sms:%s", key);
	int	 rc = 0;

	if (strstr(n->sms_text, "{code}") != NULL)	/* a late code only confuses */
		js_set_int(payload, "expires", clock_now() + CODE_LIFE);
	rc = hall_outbox_put(db, h, "sms", sms_key, payload, err);

	free(sms_key);
	json_decref(payload);
	return rc;
}

static void
notice_attach(json_t *payload, const struct notice_file *file)
{
	json_t	*a = json_pack("{s:s, s:s}", "name", file->name, "type", file->type);

	js_set_bytes(a, "bytes", file->p, file->len);
	(void)json_object_set_new(payload, "attachment", a);
}

static int
notice_mail(struct db *db, const struct hall *h, const struct def_notice *n, const char *mail,
    const json_t *values, const char *key, const struct notice_file *file, struct err *err)
{
	struct buf	 subject = {0}, body = {0};
	json_t		*payload = NULL;
	char		*mail_key = xasprintf("mail:%s", key);
	int		 rc = -1;

	buf_init(&subject, NOTICE_MAIL);
	buf_init(&body, NOTICE_MAIL);
	text_fill(n->mail_subject, values, &subject);
	text_fill(n->mail_body, values, &body);
	if (buf_check(&subject, err) == 0 && buf_check(&body, err) == 0) {
		payload = json_pack("{s:s, s:s, s:s}", "to", mail, "subject", subject.p, "text",
		    body.p);
		if (payload != NULL && file != NULL)
			notice_attach(payload, file);
		rc = payload == NULL ? err_set(err, ERR_BUG, "mail text is not UTF-8") :
		    hall_outbox_put(db, h, "mail", mail_key, payload, err);
	}
	json_decref(payload);
	free(mail_key);
	buf_free(&body);
	buf_free(&subject);
	return rc;
}

int
notice_to(struct db *db, const struct hall *h, const char *event, const char *mobile,
    const char *mail, const json_t *values, const char *key, struct err *err)
{
	const struct def_notice	*n = halldef_notice(hall_def(h), event);
	json_t			*all = json_object();
	int			 rc = 0;

	if (n == NULL) {
		json_decref(all);
		return 0;
	}
	js_set_str(all, "title", hall_def(h)->title);
	js_set_str(all, "issuer", hall_def(h)->issuer);
	js_update(all, values);
	if (mobile != NULL && *mobile != '\0' && *n->sms_code != '\0')
		rc = notice_sms(db, h, n, mobile, all, key, err);
	if (rc == 0 && mail != NULL && *mail != '\0' && *n->mail_subject != '\0')
		rc = notice_mail(db, h, n, mail, all, key, NULL, err);
	json_decref(all);
	return rc;
}

int
notice_mail_file(struct db *db, const struct hall *h, const char *event, const char *mail,
    const json_t *values, const char *key, const struct notice_file *file, struct err *err)
{
	const struct def_notice	*n = halldef_notice(hall_def(h), event);
	json_t			*all = NULL;
	int			 rc = 0;

	if (n == NULL || *n->mail_subject == '\0' || *mail == '\0')
		return 0;
	all = json_object();
	js_set_str(all, "title", hall_def(h)->title);
	js_update(all, values);
	rc = notice_mail(db, h, n, mail, all, key, file, err);
	json_decref(all);
	return rc;
}

const char *
notice_insert(const struct order *o)
{
	return op_keeps_key(o->op) ? medium_words(o->def)->old : "一支空白UKey";
}

static json_t *
notice_values(const struct hall *h, const struct order *o, const json_t *values)
{
	const struct def_collection	*way = halldef_collection(hall_def(h),
					    js_str(o->collection, "way"));
	const struct medium_words	*w = recover_words(o);
	json_t				*v = json_object();
	char				 amount[32];

	js_set_str(v, "no", o->no);
	js_set_str(v, "subject", o->subject);
	js_set_str(v, "product", o->def->title);
	js_set_str(v, "agent", js_str(o->form, "agent_name"));
	js_set_str(v, "amount", fen_text(o->amount, amount));
	js_set_str(v, "way", way == NULL ? "" : way->title);
	js_set_str(v, "insert", notice_insert(o));
	js_set_str(v, "medium", w->text);
	js_set_str(v, "secret", w->secret);
	js_set_str(v, "keep", w->keep);
	js_update(v, values);
	return v;
}

int
notice_order(struct db *db, const struct hall *h, const struct order *o, const char *event,
    const json_t *values, struct err *err)
{
	json_t	*v = NULL;
	char	*key = NULL;
	int	 rc = 0;

	if (o->quiet)
		return 0;
	v = notice_values(h, o, values);
	key = xasprintf("%s:%s:%" PRIx64, o->no, event, (uint64_t)rand_id());
	rc = notice_to(db, h, event, order_mobile(o), js_str(o->form, "agent_mail"), v, key, err);
	free(key);
	json_decref(v);
	return rc;
}

/* What stands in the order may be the thief's; what the account has was there before. */
int
notice_owner(struct db *db, const struct hall *h, const struct order *o, const char *event,
    const json_t *values, struct err *err)
{
	json_t		*me = NULL, *v = NULL;
	const char	*mobile = NULL, *mail = NULL;
	char		*key = NULL;
	int		 rc = -1;

	if (notice_order(db, h, o, event, values, err) < 0 ||
	    account_facts(db, h, o->account, &me, NULL, err) < 0)
		return -1;
	mobile = strcmp(js_str(me, "mobile"), order_mobile(o)) == 0 ? NULL : js_str(me, "mobile");
	mail = strcmp(js_str(me, "mail"), js_str(o->form, "agent_mail")) == 0 ? NULL :
	    js_str(me, "mail");
	v = notice_values(h, o, values);
	key = xasprintf("%s:%s:%" PRIx64, o->no, event, (uint64_t)rand_id());
	rc = notice_to(db, h, event, mobile, mail, v, key, err);
	free(key);
	json_decref(v);
	json_decref(me);
	return rc;
}
