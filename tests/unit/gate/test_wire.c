#include "unit.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/str.h"
#include "base/url.h"
#include "gate/acs3.h"
#include "gate/message.h"
#include "gate/pay.h"
#include "gate/wire.h"

/* Known answers: published examples and a published real notification. */

/* help.aliyun.com/document_detail/2593177.html */
void
test_wire__acs3_known_answer(void **state)
{
	json_t		*params = json_pack("{s:s,s:s}", "RegionId", "cn-shanghai", "ImageId",
	    "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd");
	struct acs3	 q = {.uri = "/", .host = "ecs.cn-shanghai.aliyuncs.com",
		.action = "RunInstances", .version = "2014-05-26",
		.date = "2023-10-26T10:22:32Z", .nonce = "3156853299f313e23d1673dc12e1703d",
		.params = params, .key_id = "YourAccessKeyId",
		.key_secret = "YourAccessKeySecret"};
	struct buf	 b;
	char		 hex[WIRE_HEX];

	(void)state;
	buf_init(&b, 4096);
	acs3_canonical(&q, &b);
	assert_string_equal(wire_sha256(b.p, b.len, hex),
	    "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
	buf_clear(&b);
	acs3_authorization(&q, &b);
	assert_non_null(strstr(b.p, "Signature="
	    "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"));
	buf_free(&b);
	json_decref(params);
}

void
test_wire__aes_gcm_known_answer(void **state)
{
	static const char	 sealed[] =
	    "DUcclrHBE5NffFMk6pzEyhUIvFvgw9mRDQEbIiR1//j0KAMJg8Q8RtmWasbJnrMZOdPEyT1VpxHn4MCfKtiVWtM"
	    "oB4V+mi10OwF0TnwOBs9aoQcZSQvj+b3EoC7yCRjBoUE=";
	struct err	 err = {0};
	struct buf	 b;

	(void)state;
	buf_init(&b, 4096);
	assert_ok(wire_aes_open("0123456789abcdef0123456789abcdef", "fdasflkja484",
	    "transaction", sealed, &b, &err));
	assert_string_equal(b.p, "{\"out_trade_no\":\"RA202611200001\",\"trade_state\":"
	    "\"SUCCESS\",\"amount\":{\"total\":20000}}");
	assert_err(wire_aes_open("0123456789abcdef0123456789abcdef", "fdasflkja484",
	    "refund", sealed, &b, &err), ERR_CRYPTO);
	/* The vendor's SDK has a test with a 16-byte key: AES-128, not for us. */
	assert_err(wire_aes_open("testAPIv3Key0000", "wCq51qZv4Yfg",
	    "Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8",
	    "FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC", &b, &err), ERR_INPUT);
	buf_free(&b);
}

void
test_wire__mail_subject_known_answer(void **state)
{
	struct buf	 b;

	(void)state;
	buf_init(&b, 4096);
	mail_encode_word("【XX数字证书】您的证书即将到期", &b);
	assert_string_equal(b.p, "=?UTF-8?B?44CQWFjmlbDlrZfor4HkuabjgJHmgqjnmoTor4HkuabljbPlsIbliLDm"
	    "nJ8=?=");
	buf_clear(&b);
	mail_encode_word("长标题长标题长标题长标题长标题长标题长标题\r\nBcc: a@b.example", &b);
	assert_null(strstr(b.p, "Bcc"));
	for (char *line = b.p, *end; line != NULL; line = end == NULL ? NULL : end + 2) {
		end = strstr(line, "\r\n");
		assert_true((end == NULL ? strlen(line) : (size_t)(end - line)) <= 76);
	}
	buf_free(&b);
}

/* github.com/alipay/alipay-sdk-nodejs-all, test/alipay.test.ts (a notification of 2019). */
static const char	 k6_public[] = "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqObrdC7hrgAVM98tK0nv\n"
    "3hSQRGGKT4lBsQjHiGjeYZjOPIPHR5knm2jnnz/YGIXIofVHkA/tAlBAd5DrY7Yp\n"
    "vI4tP5EONLtZKC2ghBMx7McI2wRD0xiqzxOQr1FuhZGJ8/AUokBzJrzY+aGX2xcO\n"
    "rxFYRlFilvVLTXg4LWjR1tdPkO6+i7wQZAIVMClPkwVRZEbaERRHlKqTzv2gGv5r\n"
    "DU8gRoe1LeaN+6BlbTqHWkQcNCUNrA8C6l17XAXGKDsm/9TFWwO8EPHHHCaQdjtV\n"
    "5/FdcWIt+L8SR1ss7EXTjYDFtxcKVv9rEoY1lX8T4mX+GbXfZHraG5NCF1+XioL5\n"
    "JwIDAQAB\n-----END PUBLIC KEY-----\n";
static const char	 k6_sign[] =
    "QfTb8tqE1BMhS5qAnXtvsF3/jBkEvu9q9en0pdbBUDDjvKycZhQb7h8GDs4FKfi049PynaNuatxSgLb/nLWZpXyyh0LE"
    "WdK2S6Ri7nPwrVgOs08zugLO20vOQz44y3ti2Ncm8/wZts1Fr2gZ7pShnVX3d1B50hbsXnObT1r/U8ONNQjWXd0HIul4"
    "TG+Q3fm3svmSvFEy0WnzuhcyHPX5Gm4ELNctL6Qd5YniGJFNcc7kopHYtI/XD9YCKCH6Ct02rzUs9i11C9CsadtZn+Wh"
    "xF26Dqt9sGEFajkJ8cxUTLi8+VCpLHsgPE8P0y095uQcDdK0YjCh4x7wVSov+lrmOQ==";
static const char *const	 k6_fields[][2] = {
	{"gmt_create", "2019-08-15 15:56:22"}, {"charset", "utf-8"},
	{"seller_email", "z97-yuquerevenue@service.aliyun.com"},
	{"subject", "语雀空间 500人规模"}, {"sign", k6_sign},
	{"buyer_id", "2088102534368455"}, {"invoice_amount", "0.10"},
	{"notify_id", "2019081500222155624068450559358070"},
	{"fund_bill_list", "[{\"amount\":\"0.10\",\"fundChannel\":\"ALIPAYACCOUNT\"}]"},
	{"notify_type", "trade_status_sync"}, {"trade_status", "TRADE_SUCCESS"},
	{"receipt_amount", "0.10"}, {"buyer_pay_amount", "0.10"}, {"sign_type", "RSA2"},
	{"app_id", "2019073166072302"}, {"seller_id", "2088531891668739"},
	{"gmt_payment", "2019-08-15 15:56:24"}, {"notify_time", "2019-08-15 15:56:25"},
	{"version", "1.0"}, {"out_trade_no", "20190815155618536-564-57"},
	{"total_amount", "0.10"}, {"trade_no", "2019081522001468450512505578"},
	{"auth_app_id", "2019073166072302"}, {"buyer_logon_id", "xud***@126.com"},
	{"point_amount", "0.00"},
};

static int
k6_notice(const char *amount, struct pay_notice *n, struct err *err)
{
	json_t		*f = json_object(), *none = json_object();
	struct buf	 body;
	int		 rc;

	for (size_t i = 0; i < ARRAY_LEN(k6_fields); i++)
		js_set_str(f, k6_fields[i][0], k6_fields[i][1]);
	js_set_str(f, "total_amount", amount);
	buf_init(&body, 65536);
	url_form_write(f, &body);
	*n = (struct pay_notice){0};
	rc = pay_by_name("alipay")->notice(none, body.p, body.len, n, err);
	buf_free(&body);
	json_decref(f);
	json_decref(none);
	return rc;
}

void
test_wire__alipay_notification_known_answer(void **state)
{
	struct err		 err = {0};
	struct pay_notice	 n;
	char			 dir[] = "/tmp/unit-wire-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/alipay.pub", dir);
	assert_ok(file_write(path, k6_public, strlen(k6_public), 0600, &err));
	assert_ok(conf_set("gate.alipay_public", path, &err));
	assert_ok(conf_set("gate.alipay_app_id", "2019073166072302", &err));
	assert_ok(conf_set("gate.alipay_seller_id", "2088531891668739", &err));
	assert_ok(k6_notice("0.10", &n, &err));
	assert_int_equal(n.answer.state, PAY_PAID);
	assert_int_equal(n.answer.fen, 10);
	assert_int_equal(n.answer.at, INT64_C(1565855784000));
	assert_string_equal(n.answer.trade_no, "20190815155618536-564-57");
	assert_err(k6_notice("0.01", &n, &err), ERR_CRYPTO);
	assert_ok(conf_set("gate.alipay_seller_id", "2088000000000001", &err));
	assert_err(k6_notice("0.10", &n, &err), ERR_DENIED);
	assert_ok(conf_set("gate.alipay_app_id", "2026000000000001", &err));
	unlink(path);
	rmdir(dir);
}

void
test_wire__json_raw_finds_bytes(void **state)
{
	static const char	 text[] = "{ \"a\" : {\"s\":\"}\\\"{\",\"n\":[1,{}]} ,\"b\":1,\"c\":\"x\"}";
	const char		*v;
	size_t			 n;

	(void)state;
	assert_int_equal(wire_json_raw(text, strlen(text), "a", &v, &n), 0);
	assert_memory_equal(v, "{\"s\":\"}\\\"{\",\"n\":[1,{}]}", n);
	assert_int_equal(n, 23);
	assert_int_equal(wire_json_raw(text, strlen(text), "b", &v, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(wire_json_raw(text, strlen(text), "c", &v, &n), 0);
	assert_memory_equal(v, "\"x\"", n);
	assert_int_equal(wire_json_raw(text, strlen(text), "s", &v, &n), -1);
	for (size_t cut = 0; cut < strlen(text); cut++)
		(void)(wire_json_raw(text, cut, "c", &v, &n) == 0);
}

void
test_wire__amounts_and_times(void **state)
{
	char	 text[40];
	int64_t	 fen;

	(void)state;
	assert_int_equal(wire_fen("340.00", &fen), 0);
	assert_int_equal(fen, 34000);
	assert_int_equal(wire_fen("0.01", &fen), 0);
	assert_int_equal(fen, 1);
	assert_int_equal(wire_fen("1", &fen), -1);
	assert_int_equal(wire_fen("-1.00", &fen), -1);
	assert_int_equal(wire_fen("1.0", &fen), -1);
	assert_int_equal(wire_fen("99999999999999999999.00", &fen), -1);
	assert_int_equal(wire_time_rfc3339("2018-06-08T10:34:56+08:00"), INT64_C(1528425296000));
	assert_int_equal(wire_time_rfc3339("2018-06-08T02:34:56Z"), INT64_C(1528425296000));
	assert_int_equal(wire_time_rfc3339("2018-06-08"), 0);
	assert_string_equal(wire_time_text(INT64_C(1528425296000), text),
	    "2018-06-08T10:34:56+08:00");
}

void
test_wire__mail_refuses_bad_addresses(void **state)
{
	static const char *const bad[] = {"", "a", "a@", "@b", "a@b@c", "a b@c", "a@b\r\nX: y",
		"<a@b>", "a@b,c@d", "张@b"};
	struct err	 err = {0};
	struct mail	 m = {.to = "a@b.example\r\nBcc: c@d.example", .subject = "s",
		.text = "t", .id = "1"};
	struct buf	 b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(mail_address_is_plain(bad[i]));
	assert_true(mail_address_is_plain("w.g+x@mail.example"));
	buf_init(&b, 65536);
	assert_err(mail_compose(&m, "hall@yinxin.example", "", &b, &err), ERR_INPUT);
	buf_free(&b);
}
