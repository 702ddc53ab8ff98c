#include "base/base.h"
#include "gate/invoice.h"
#include "base/buf.h"
#include "base/conf.h"
#include "base/str.h"
#include "gate/wechat.h"
#include "gate/wire.h"

/*
 * 电子发票 of WeChat Pay (API v3, new-tax-control-fapiao), not bound to a payment there.  The
 * buyer's mobile and mail, which it could take, are not told: the hall sends the invoice itself.
 */
#define FAPIAO_PATH	"/v3/new-tax-control-fapiao/fapiao-applications"
#define FAPIAO_ONE	INT64_C(100000000)	/* a quantity of 1 */

static void
fapiao_set(json_t *to, const char *key, const json_t *from, const char *name)
{
	if (js_str(from, name)[0] != '\0')
		js_set_str(to, key, js_str(from, name));
}

static json_t *
fapiao_buyer(const json_t *b)
{
	json_t	*out = json_object();

	js_set_str(out, "type", js_bool(b, "organisation") ? "ORGANIZATION" : "INDIVIDUAL");
	js_set_str(out, "name", js_str(b, "title"));
	fapiao_set(out, "taxpayer_id", b, "tax_no");
	fapiao_set(out, "address", b, "address");
	fapiao_set(out, "telephone", b, "phone");
	fapiao_set(out, "bank_name", b, "bank");
	fapiao_set(out, "bank_account", b, "account");
	return out;
}

static json_t *
fapiao_items(const json_t *items)
{
	json_t	*out = json_array(), *item;
	size_t	 i;

	json_array_foreach(items, i, item)
		json_array_append_new(out, json_pack("{s:s,s:s,s:I,s:I,s:I,s:s,s:b}",
		    "tax_code", js_str(item, "tax_code"), "goods_name", js_str(item, "name"),
		    "quantity", (json_int_t)FAPIAO_ONE, "total_amount",
		    (json_int_t)js_int(item, "fen", 0), "tax_rate",
		    (json_int_t)js_int(item, "rate", 0), "tax_prefer_mark", "NO_FAVORABLE",
		    "discount", false));
	return out;
}

static enum verdict
fapiao_issue(const struct invoice_req *q, struct invoice_answer *a, struct reply *r)
{
	json_t		*in = json_object(), *one = json_object(), *answer;
	enum verdict	 v;

	js_set_str(in, "scene", "WITHOUT_WECHATPAY");
	js_set_str(in, "fapiao_apply_id", q->ref);
	json_object_set_new(in, "buyer_information", fapiao_buyer(q->buyer));
	js_set_str(one, "fapiao_id", q->ref);
	js_set_int(one, "total_amount", q->fen);
	js_set_bool(one, "need_list", false);
	js_set_str(one, "fapiao_bill_type", q->special ? "VAT_FAPIAO" : "COMM_FAPIAO");
	js_set_str(one, "billing_person_id", conf_str("gate.invoice_drawer"));
	js_set_str(one, "remark", q->remark);
	json_object_set_new(one, "items", fapiao_items(q->items));
	json_object_set_new(in, "fapiao_information", json_pack("[o]", one));
	v = wechat_call("fapiao_issue", FAPIAO_PATH, in, &answer, r);
	a->state = INVOICE_ACCEPTED;
	json_decref(answer);
	json_decref(in);
	return v;
}

/* The one with our number; NULL when it is not there. */
static const json_t *
fapiao_find(const json_t *answer, const char *list, const char *ref)
{
	json_t	*f;
	size_t	 i;

	json_array_foreach(json_object_get(answer, list), i, f)
		if (strcmp(js_str(f, "fapiao_id"), ref) == 0)
			return f;
	return NULL;
}

static enum verdict
fapiao_read(const struct invoice_req *q, const json_t *f, struct invoice_answer *a,
    struct reply *r)
{
	const json_t	*blue = json_object_get(f, "blue_fapiao");
	const json_t	*red = json_object_get(f, "red_fapiao");
	const char	*status = js_str(f, "status");

	str_copy(a->code, sizeof(a->code), js_str(blue, "fapiao_code"));
	str_copy(a->number, sizeof(a->number), js_str(blue, "fapiao_number"));
	str_copy(a->red_number, sizeof(a->red_number), js_str(red, "fapiao_number"));
	a->fen = js_int(f, "total_amount", 0);
	a->tax = js_int(f, "tax_amount", 0);
	a->at = wire_time_rfc3339(js_str(q->reversed ? red : blue, "fapiao_time"));
	if (strcmp(status, "REVERSED") == 0)
		a->state = INVOICE_REVERSED;
	else if (strcmp(status, "ISSUED") == 0 && !q->reversed)
		a->state = INVOICE_ISSUED;
	else if (str_has_suffix(status, "_FAILED"))
		a->state = INVOICE_FAILED;
	else
		return reply_set(r, REPLY_PENDING, status, "not done yet");
	if (a->state == INVOICE_ISSUED && a->number[0] == '\0')
		return reply_set(r, REPLY_UNKNOWN, "answer", "issued without a number");
	if (a->state == INVOICE_FAILED)
		reply_set(r, REPLY_DONE, status, "%s", js_str(f, "fail_reason"));
	return REPLY_DONE;
}

static enum verdict
fapiao_query(const struct invoice_req *q, struct invoice_answer *a, struct reply *r)
{
	const json_t	*one;
	json_t		*answer;
	char		 path[256];
	enum verdict	 v;

	snprintf(path, sizeof(path), FAPIAO_PATH "/%s?fapiao_id=%s", q->ref, q->ref);
	v = wechat_call("fapiao_query", path, NULL, &answer, r);
	/* An application is found a moment after it was accepted. */
	if (v == REPLY_REFUSED && strcmp(r->code, "RESOURCE_NOT_EXISTS") == 0)
		v = reply_set(r, REPLY_RETRY, r->code, "not known yet");
	if (v == REPLY_DONE) {
		one = fapiao_find(answer, "fapiao_information", q->ref);
		v = one == NULL ? reply_set(r, REPLY_UNKNOWN, "answer", "no such fapiao_id") :
		    fapiao_read(q, one, a, r);
	}
	json_decref(answer);
	return v;
}

static enum verdict
fapiao_reverse(const struct invoice_req *q, struct invoice_answer *a, struct reply *r)
{
	json_t		*in, *answer;
	char		 path[256];
	enum verdict	 v;

	in = json_pack("{s:s,s:[{s:s,s:s,s:s}]}", "reverse_reason", q->reason,
	    "fapiao_information", "fapiao_id", q->ref, "fapiao_code", q->code, "fapiao_number",
	    q->number);
	snprintf(path, sizeof(path), FAPIAO_PATH "/%s/reverse", q->ref);
	v = wechat_call("fapiao_reverse", path, in, &answer, r);
	a->state = INVOICE_REVERSING;
	json_decref(answer);
	json_decref(in);
	return v;
}

static enum verdict
fapiao_file(const struct invoice_req *q, struct invoice_answer *a, struct reply *r)
{
	const json_t	*one;
	json_t		*answer;
	char		 path[256];
	enum verdict	 v;

	snprintf(path, sizeof(path), FAPIAO_PATH "/%s/fapiao-files?fapiao_id=%s", q->ref, q->ref);
	v = wechat_call("fapiao_files", path, NULL, &answer, r);
	if (v == REPLY_DONE) {
		one = fapiao_find(answer, "fapiao_download_info_list", q->ref);
		v = one == NULL ? reply_set(r, REPLY_RETRY, "answer", "no file yet") :
		    wechat_file("fapiao_file", js_str(one, "download_url"), INVOICE_FILE,
		    &a->file, r);
	}
	if (v == REPLY_DONE && !str_has_prefix(a->file.p, "%PDF-"))
		v = reply_set(r, REPLY_RETRY, "answer", "the file is no PDF");
	json_decref(answer);
	return v;
}

extern const struct invoice_provider	invoice_wechat;
const struct invoice_provider		invoice_wechat = {
	.name = "wechat",
	.issue = fapiao_issue,
	.query = fapiao_query,
	.reverse = fapiao_reverse,
	.file = fapiao_file,
};
