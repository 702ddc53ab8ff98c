#include "base/base.h"
#include "gate/aliyun.h"
#include "base/conf.h"
#include "base/str.h"
#include "gate/message.h"

/* Aliyun SendSms, dysmsapi 2017-05-25.  Not idempotent at the vendor. */
#define ALIYUN_SMS_TIMEOUT_MS	5000

static json_t *
aliyun_sms_params(const struct sms *m)
{
	json_t		*params = json_object();
	struct buf	 text;

	buf_init(&text, 8192);
	json_write(m->params, &text);
	js_set_str(params, "PhoneNumbers", m->phone);
	js_set_str(params, "SignName", conf_str("gate.sms_sign"));
	js_set_str(params, "TemplateCode", m->template);
	js_set_str(params, "TemplateParam", text.p);
	js_set_str(params, "OutId", m->out_id);
	buf_free(&text);
	return params;
}

/* Throttling is counted before anything is sent, so it may be tried again later. */
static enum verdict
aliyun_sms_verdict(const json_t *answer, struct reply *r)
{
	const char	*code = js_str(answer, "Code");
	enum verdict	 v = REPLY_REFUSED;

	if (strcmp(code, "OK") == 0) {
		snprintf(r->provider_no, sizeof(r->provider_no), "%s",
		    js_str(answer, "BizId"));
		return REPLY_DONE;
	}
	if (str_has_prefix(code, "Throttling") || strcmp(code, "InvalidTimeStamp.Expired") == 0)
		v = REPLY_RETRY;
	else if (strcmp(code, "isp.SYSTEM_ERROR") == 0 ||
	    code[0] == '\0')
		v = REPLY_UNKNOWN;
	return reply_set(r, v, code, "%s", js_str(answer, "Message"));
}

static enum verdict
aliyun_sms_send(const struct sms *m, struct reply *r)
{
	json_t		*params = aliyun_sms_params(m), *answer;
	enum verdict	 v;

	v = aliyun_call(&(struct aliyun_call){.url = conf_str("gate.aliyun_sms_url"),
	    .action = "SendSms", .version = "2017-05-25", .params = params,
	    .timeout_ms = ALIYUN_SMS_TIMEOUT_MS}, &answer, NULL, r);
	if (v == REPLY_DONE)
		v = aliyun_sms_verdict(answer, r);
	json_decref(answer);
	json_decref(params);
	return v;
}

/* SmsReport: an array; the same report may come again. */
static int
aliyun_sms_reports(const void *body, size_t len, json_t **list, struct err *err)
{
	json_t	*in = NULL, *out = json_array(), *row;
	size_t	 i;
	int64_t	 id;
	int	 rc = -1;

	if (json_parse(body, len, 0, &in, err) < 0)
		goto out;
	if (!json_is_array(in) || json_array_size(in) == 0) {
		err_set(err, ERR_INPUT, "reports are an array");
		goto out;
	}
	json_array_foreach(in, i, row) {
		if (!json_is_boolean(json_object_get(row, "success")) ||
		    str_to_i64(js_str(row, "out_id"), INT64_MAX, &id) < 0) {
			err_set(err, ERR_INPUT, "report %zu has no out_id or success", i);
			goto out;
		}
		json_array_append_new(out, json_pack("{s:I,s:b,s:s}", "id", (json_int_t)id,
		    "arrived", js_bool(row, "success"), "code", js_str(row, "err_code")));
	}
	rc = 0;
 out:
	json_decref(in);
	if (rc < 0)
		json_decref(out);
	else
		*list = out;
	return rc;
}

const struct sms_provider	 sms_aliyun = {.name = "aliyun", .send = aliyun_sms_send,
	.reports = aliyun_sms_reports,
	.report_taken = "{\"code\":0,\"msg\":\"接收成功\"}"};
