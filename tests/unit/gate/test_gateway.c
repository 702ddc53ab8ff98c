#include "unit.h"
#include "outside.h"
#include "gate/message.h"
#include "base/clock.h"
#include "base/conf.h"
#include "gate/call.h"

/* Messages and identity against the sandbox, over the real wire protocols. */

void
test_gateway__sms_arrives_once(void **state)
{
	json_t	*j, *m;
	char	 row[32];

	(void)state;
	outside_forget();
	for (int i = 0; i < 2; i++)	/* the second put changes nothing */
		outside_put("sms", "sms-1", "{'phone':'13800138001','template':'SMS_1',"
		    "'params':{'code':'123456','name':'张三'}}");
	outside_work();
	assert_int_equal(out.notices, 1);
	assert_int_equal(out.notice, NOTICE_SENT);
	outside_state("sms-1", row);
	assert_string_equal(row, "done");
	j = outside_control("/control/sms?phone=13800138001", NULL);
	assert_int_equal(json_array_size(json_object_get(j, "sms")), 1);
	m = json_array_get(json_object_get(j, "sms"), 0);
	assert_string_equal(js_str(json_object_get(m, "params"), "code"), "123456");
	assert_non_null(strstr(js_str(m, "text"), "张三"));
	json_decref(j);
}

/* The vendor sent it and failed to say so: nobody sends a second one. */
void
test_gateway__sms_unknown_is_not_repeated(void **state)
{
	json_t	*j;
	char	 row[32];

	(void)state;
	outside_forget();
	outside_fault("aliyun.SendSms", "http_500", 0);
	outside_put("sms", "sms-2", "{'phone':'13800138002','template':'SMS_1','params':{}}");
	outside_work();
	clock_shift(CLOCK_MINUTE);
	outside_work();
	assert_int_equal(out.notice, NOTICE_UNKNOWN);
	outside_state("sms-2", row);
	assert_string_equal(row, "unknown");
	j = outside_control("/control/sms?phone=13800138002", NULL);
	assert_int_equal(json_array_size(json_object_get(j, "sms")), 1);
	json_decref(j);
	clock_shift(-CLOCK_MINUTE);
}

/* Reports as Aliyun's manual shows them; what is none is refused whole. */
void
test_gateway__sms_reports_are_read(void **state)
{
	static const char *const	bad[] = {"", "{}", "[]", "[1]", "[{\"success\":true}]",
		"[{\"success\":\"true\",\"out_id\":\"7\"}]", "[{\"success\":true,\"out_id\":\"-7\"}]",
		"[{\"success\":true,\"out_id\":\"99999999999999999999\"}]",
		"[{\"success\":true,\"out_id\":\"7\"},{\"success\":true}]", "[{\"success\":true,"};
	const char	*good = "[{\"phone_number\":\"13900000001\",\"send_time\":"
	    "\"2017-01-01 11:12:13\",\"report_time\":\"2017-02-02 22:23:24\",\"success\":true,"
	    "\"err_code\":\"DELIVERED\",\"err_msg\":\"用户接收成功\",\"sms_size\":\"1\",\"biz_id\":"
	    "\"12345\",\"out_id\":\"67890\"},{\"success\":false,\"err_code\":\"UNDELIV\","
	    "\"out_id\":\"67891\"}]";
	struct err	 err = {0};
	json_t		*list = NULL, *row;

	(void)state;
	assert_ok(sms_provider()->reports(good, strlen(good), &list, &err));
	assert_int_equal(json_array_size(list), 2);
	row = json_array_get(list, 0);
	assert_int_equal(js_int(row, "id", 0), 67890);
	assert_true(js_bool(row, "arrived"));
	row = json_array_get(list, 1);
	assert_false(js_bool(row, "arrived"));
	assert_string_equal(js_str(row, "code"), "UNDELIV");
	json_decref(list);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_err(sms_provider()->reports(bad[i], strlen(bad[i]), &list, &err), ERR_INPUT);
}

void
test_gateway__sms_limit_is_told(void **state)
{
	(void)state;
	outside_forget();
	json_decref(outside_control("/control/fault",
	    "{'api':'aliyun.SendSms','what':'limit','n':2}"));
	outside_put("sms", "sms-3", "{'phone':'13800138003','template':'SMS_1','params':{}}");
	outside_put("sms", "sms-4", "{'phone':'13800138003','template':'SMS_1','params':{}}");
	outside_work();
	assert_int_equal(out.notices, 2);
	assert_int_equal(out.notice, NOTICE_FAILED);
	assert_string_equal(out.code, "isv.BUSINESS_LIMIT_CONTROL");
}

/* A wrong secret: the sandbox answers with the text it verified. */
void
test_gateway__sms_wrong_secret_is_refused(void **state)
{
	struct err	 err = {0};

	(void)state;
	outside_forget();
	assert_ok(conf_set("gate.aliyun_key_secret", "wrong", &err));
	outside_put("sms", "sms-5", "{'phone':'13800138004','template':'SMS_1','params':{}}");
	outside_work();
	assert_ok(conf_set("gate.aliyun_key_secret", "sandbox-key-secret", &err));
	assert_int_equal(out.notice, NOTICE_FAILED);
	assert_string_equal(out.code, "SignatureDoesNotMatch");
	assert_non_null(strstr(out.sentence, "server string to sign is:POST"));
}

void
test_gateway__mail_arrives(void **state)
{
	json_t	*j, *m;

	(void)state;
	outside_forget();
	outside_put("mail", "mail-1", "{'to':'wang@mail.example','subject':'您的授权码——数字证书"
	    "服务大厅提醒您尽快下载证书','text':'授权码 ABCD\\n.点开头的行\\n请打开 "
	    "https://127.0.0.1:8443/x','html':'<p>授权码 ABCD</p>'}");
	outside_work();
	assert_int_equal(out.notice, NOTICE_SENT);
	j = outside_control("/control/mail?to=wang@mail.example", NULL);
	assert_int_equal(json_array_size(json_object_get(j, "mails")), 1);
	m = json_array_get(json_object_get(j, "mails"), 0);
	assert_string_equal(js_str(m, "subject"), "您的授权码——数字证书服务大厅提醒您尽快下载证书");
	assert_string_equal(js_str(m, "text"), "授权码 ABCD\r\n.点开头的行\r\n请打开 "
	    "https://127.0.0.1:8443/x");
	assert_string_equal(js_str(m, "html"), "<p>授权码 ABCD</p>");
	assert_non_null(strstr(js_str(m, "from"), "<hall@yinxin.example>"));
	json_decref(j);
}

void
test_gateway__mail_later_and_never(void **state)
{
	char	 row[32];

	(void)state;
	outside_forget();
	outside_fault("smtp", "later", 0);
	outside_put("mail", "mail-2", "{'to':'li@mail.example','subject':'s','text':'t'}");
	outside_work();
	outside_state("mail-2", row);
	assert_string_equal(row, "waiting");
	clock_shift(CLOCK_MINUTE);
	outside_work();
	outside_state("mail-2", row);
	assert_string_equal(row, "done");
	outside_fault("smtp", "reject", 0);
	outside_put("mail", "mail-3", "{'to':'li@mail.example','subject':'s','text':'t'}");
	outside_work();
	outside_state("mail-3", row);
	assert_string_equal(row, "failed");
	clock_shift(-CLOCK_MINUTE);
}

static const char *
ident_check(const char *request_id, const char *name, const char *id_no, const char *phone)
{
	outside_forget();
	outside_put("ident.mobile3", request_id, "{'request_id':'%s','name':'%s','id_no':'%s',"
	    "'phone':'%s'}", request_id, name, id_no, phone);
	outside_work();
	assert_int_equal(out.identities, 1);
	return ident_result_name(out.ident);
}

void
test_gateway__mobile3_all_results(void **state)
{
	json_t		*j = outside_control("/control/people", NULL);
	json_t		*p = json_array_get(json_object_get(j, "people"), 0);
	const char	*name = js_str(p, "name"), *id = js_str(p, "id_no");
	const char	*phone = js_str(p, "phone");

	(void)state;
	assert_string_equal(ident_check("m1", name, id, phone), "CONSISTENT");
	assert_string_equal(out.code, "1/101");
	assert_string_equal(ident_check("m2", "王五", id, phone), "INCONSISTENT");
	assert_string_equal(out.code, "2/203");
	assert_string_equal(ident_check("m3", name, id, "13999999999"), "INCONSISTENT");
	assert_true(out.sentence[0] != '\0');
	assert_string_equal(ident_check("m4", name, "43010219850307999X", phone), "NO_RECORD");
	assert_string_equal(ident_check("m5", name, "123", phone), "INVALID_INPUT");
	json_decref(j);
}

/* 500 three times is no verdict on the person. */
void
test_gateway__mobile3_busy_vendor(void **state)
{
	(void)state;
	outside_forget();
	json_decref(outside_control("/control/fault",
	    "{'api':'aliyun.Mobile3MetaDetailVerify','what':'http_500','n':-1}"));
	outside_put("ident.mobile3", "m6", "{'request_id':'m6','name':'张三',"
	    "'id_no':'430102198503070011','phone':'13800138001'}");
	for (int i = 0; i < 6; i++) {
		outside_work();
		clock_shift(15 * CLOCK_SECOND);
	}
	clock_shift(-90 * CLOCK_SECOND);
	json_decref(outside_control("/control/faults/clear", "{}"));
	assert_int_equal(out.identities, 1);
	assert_int_equal(out.ident, IDENT_BUSY);
}

static void
face_begin(const char *request_id)
{
	outside_forget();
	outside_put("ident.face_init", request_id, "{'request_id':'%s','name':'张建国','id_no':"
	    "'430102198503070015','return_url':'https://127.0.0.1:8443/m/back',"
	    "'meta_info':'{}'}", request_id);
	outside_work();
	assert_int_equal(out.ident, IDENT_STARTED);
	assert_non_null(strstr(out.url, "/face/"));
}

void
test_gateway__face_passes_and_fails(void **state)
{
	(void)state;
	face_begin("f1");
	clock_shift(11 * CLOCK_SECOND);		/* gate asks by itself */
	outside_work();
	assert_int_equal(out.identities, 1);	/* not finished: no fact */
	json_decref(outside_control("/control/face", "{'certify_id':'%s','result':'pass'}",
	    out.certify_id));
	clock_shift(15 * CLOCK_SECOND);
	outside_work();
	assert_int_equal(out.ident, IDENT_CONSISTENT);
	face_begin("f2");
	json_decref(outside_control("/control/face", "{'certify_id':'%s','result':'fail'}",
	    out.certify_id));
	outside_put("ident.face_query", "back-f2", "{'request_id':'f2','certify_id':'%s'}",
	    out.certify_id);
	outside_work();
	assert_int_equal(out.ident, IDENT_INCONSISTENT);
	assert_int_equal(out.identities, 2);
	clock_shift(CLOCK_MINUTE);
	outside_work();
	assert_int_equal(out.identities, 2);	/* the automatic question was settled */
	clock_shift(-CLOCK_MINUTE - 26 * CLOCK_SECOND);
}

void
test_gateway__face_never_finished_expires(void **state)
{
	(void)state;
	face_begin("f3");
	clock_shift(9 * CLOCK_MINUTE + 58 * CLOCK_SECOND);
	outside_work();
	clock_shift(CLOCK_MINUTE);
	outside_work();
	assert_int_equal(out.identities, 2);
	assert_int_equal(out.ident, IDENT_EXPIRED);
	clock_shift(-10 * CLOCK_MINUTE - 58 * CLOCK_SECOND);
}

void
test_gateway__breaker_opens_and_closes(void **state)
{
	int64_t	 until = 0;

	(void)state;
	outside_forget();
	for (int i = 0; i < 5; i++) {
		assert_true(breaker_allows("test", "api", &until));
		breaker_tell("test", "api", false);
	}
	assert_false(breaker_allows("test", "api", &until));
	assert_true(until > clock_now());
	assert_true(breaker_allows("test", "other", &until));
	assert_int_equal(breaker_open_count(), 1);
	breaker_tell("test", "api", true);
	assert_true(breaker_allows("test", "api", &until));
}

/* More names than places: the last asked for keep theirs, nobody ends the process. */
void
test_gateway__breakers_of_many(void **state)
{
	int64_t	 until = 0;
	char	 name[16];

	(void)state;
	breaker_reset();
	for (int i = 0; i < 5; i++)
		breaker_tell("test", "api", false);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "app%d", i);
		assert_true(breaker_allows("webhook", name, &until));
		assert_false(breaker_allows("test", "api", &until));
	}
	for (int i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "app%d", i);
		assert_true(breaker_allows("webhook", name, &until));
	}
	assert_true(breaker_allows("test", "api", &until));
	breaker_reset();
}

void
test_gateway__outbox_refuses_holes(void **state)
{
	struct err	 err = {0};
	static const struct { const char *kind, *json; } bad[] = {
		{"sms", "{\"phone\":\"13800138001\"}"},
		{"mail", "{\"to\":\"a@b\\r\\nX: y\",\"subject\":\"s\",\"text\":\"t\"}"},
		{"pay.create", "{\"channel\":\"cash\",\"trade_no\":\"T00001\",\"fen\":1,"
		    "\"subject\":\"s\"}"},
		{"pay.create", "{\"channel\":\"alipay\",\"trade_no\":\"T00001\",\"subject\":"
		    "\"s\"}"},
		{"pay.query", "{\"channel\":\"alipay\",\"trade_no\":\"T/../1\"}"},
	};
	json_t		*j = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_ok(json_parse(bad[i].json, strlen(bad[i].json), 0, &j, &err));
		assert_err(outbox_put(NULL, out.seal, bad[i].kind, "x", j, &err), ERR_INPUT);
		json_decref(j);
	}
}
