#include "unit.h"
#include "outside.h"
#include "base/clock.h"
#include "base/conf.h"
#include "gate/call.h"

/* SF Express: signatures known from its documents, then the sandbox over the real protocol. */

static char	 ref[33];

void
test_express__known_digests(void **state)
{
	static const char	 data[] = "{\"language\":\"zh-CN\",\"orderId\":\"QIAO-20200618-004\"}";
	static const char *const how[][2] = {
		{"md5", "IIKJtuLVzoFTu4kHI8M8vA=="},
		{"md5-plain", "OwYXm3XG9fjHK7A+/t7Ckw=="},
		{"sm3", "b05d21124eb6aedb3c6c99b1a37f9fc9a23a9898cb6a4b5df00d4402bda9081f"},
	};
	struct buf	 b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(how); i++) {
		buf_init(&b, 128);
		sf_digest(how[i][0], data, "12312334453453", "fjcg5PGKaNpPSHFAZ4QsCOkV71R3zVci",
		    &b);
		assert_string_equal(b.p, how[i][1]);
		buf_free(&b);
	}
}

static void
express_put(bool collect, const char *key)
{
	outside_put("express.order", key, "{'ref':'%s','collect':%s,'cargo':'UKey','sender':{"
	    "'company':'东方新诚信','contact':'客服部','phone':'073188271748','province':'湖南省',"
	    "'city':'长沙市','address':'麓龙路199号'},'receiver':{'contact':'张三 收~','phone':"
	    "'13800138001','province':'湖南省','city':'长沙市','address':'岳麓大道*1号'}}", ref,
	    collect ? "true" : "false");
}

static void
express_begin(bool collect)
{
	outside_forget();
	json_decref(outside_control("/control/faults/clear", "{}"));
	outside_no("E", ref);
	express_put(collect, ref);
	outside_work();
	assert_int_equal(out.express, EXPRESS_ORDERED);
	assert_true(strncmp(out.waybill, "SF", 2) == 0);
}

static void
express_scan(const char *op)
{
	json_decref(outside_control("/control/parcel", "{'waybill':'%s','op':'%s','push_url':"
	    "'%s/notify/sf'}", out.waybill, op, conf_str("web.public_url")));
}

static void
express_follow(const char *tail)
{
	char	 key[64];

	snprintf(key, sizeof(key), "route:%s", out.waybill);
	outside_put("express.route", key, "{'waybill':'%s','tail':'%s','until':%" PRId64 "}",
	    out.waybill, tail, clock_now() + 30 * CLOCK_DAY);
	outside_work();
}

void
test_express__ordered_by_either_payer(void **state)
{
	(void)state;
	express_begin(true);
	express_begin(false);
	assert_int_equal(out.parcels, 1);
}

/* The courier took the order and did not say so: asked again, the same waybill. */
void
test_express__lost_answer_makes_no_second(void **state)
{
	json_t	*j, *p;
	size_t	 i, n = 0;

	(void)state;
	outside_forget();
	outside_no("E", ref);
	outside_fault("sf.EXP_RECE_CREATE_ORDER", "http_500", 0);
	express_put(true, ref);
	outside_work();
	assert_int_equal(out.parcels, 0);
	clock_shift(CLOCK_MINUTE);
	outside_work();
	clock_shift(-CLOCK_MINUTE);
	assert_int_equal(out.express, EXPRESS_ORDERED);
	j = outside_control("/control/parcels", NULL);
	json_array_foreach(json_object_get(j, "parcels"), i, p)
		if (strcmp(js_str(p, "id"), ref) == 0) {
			n++;
			assert_string_equal(js_str(p, "waybill"), out.waybill);
		}
	json_decref(j);
	assert_int_equal(n, 1);
}

void
test_express__refusals(void **state)
{
	struct err	 err = {0};

	(void)state;
	outside_forget();
	outside_no("E", ref);
	outside_fault("sf.EXP_RECE_CREATE_ORDER", "refuse", 0);
	express_put(true, ref);
	outside_work();
	assert_int_equal(out.express, EXPRESS_NOT_ORDERED);
	assert_string_equal(out.code, "filter");
	assert_ok(conf_set("gate.sf_check_word", "wrong", &err));
	/* Signed with another word: the sandbox signs with ours and sees it. */
	outside_no("E", ref);
	express_put(true, ref);
	outside_work();
	assert_ok(conf_set("gate.sf_check_word", "sandbox-sf-check-word", &err));
	assert_int_equal(out.express, EXPRESS_NOT_ORDERED);
	assert_string_equal(out.code, "A1006");
}

/* Nothing is pushed: gate asks by itself, and stops when the parcel is signed for. */
void
test_express__followed_by_polling_until_signed(void **state)
{
	struct err	 err = {0};

	(void)state;
	assert_ok(conf_set("gate.express_minutes", "1", &err));
	express_begin(true);
	json_decref(outside_control("/control/fault", "{'api':'sf.push','what':'lost','n':-1}"));
	express_follow("8001");
	assert_int_equal(out.express, EXPRESS_ROUTES_KNOWN);
	assert_int_equal(out.n_routes, 0);	/* before the first scan */
	express_scan("50");
	outside_work();
	assert_int_equal(out.n_routes, 0);
	clock_shift(61 * CLOCK_SECOND);
	outside_work();
	assert_int_equal(out.n_routes, 1);
	assert_non_null(strstr(out.sentence, "收取"));
	express_scan("80");
	clock_shift(61 * CLOCK_SECOND);
	outside_work();
	assert_int_equal(out.n_routes, 2);
	assert_true(out.signed_at > 0);
	outside_forget();
	clock_shift(61 * CLOCK_SECOND);
	outside_work();
	assert_int_equal(out.parcels, 0);
	clock_shift(-183 * CLOCK_SECOND);
	assert_ok(conf_set("gate.express_minutes", "120", &err));
}

void
test_express__a_push_makes_us_ask(void **state)
{
	char	 answer[128];

	(void)state;
	express_begin(true);
	express_follow("8001");
	outside_forget();
	express_scan("50");
	assert_int_equal(outside_notified(out.waybill, 1), 1);
	clock_shift(4 * CLOCK_SECOND);
	outside_work();
	assert_int_equal(out.n_routes, 1);
	assert_int_equal(out.signed_at, 0);
	outside_fault("sf.push", "duplicate", 3);
	express_scan("80");
	assert_int_equal(outside_notified(out.waybill, 5), 5);
	clock_shift(4 * CLOCK_SECOND);
	outside_work();
	assert_int_equal(out.n_routes, 2);
	assert_true(out.signed_at > 0);
	assert_int_equal(out.parcels, 2);	/* four pushes at once asked once */
	clock_shift(-8 * CLOCK_SECOND);
	/* A push is not believed: one about a stranger's parcel, or no push at all. */
	outside_forget();
	assert_int_equal(outside_deliver("sf", NULL, "{\"Body\":{\"WaybillRoute\":[{\"mailno\":"
	    "\"SF0000000000000\",\"opCode\":\"80\"}]}}", 63, answer), 200);
	assert_non_null(strstr(answer, "1000"));	/* cut off */
	assert_int_equal(outside_deliver("sf", NULL, "{}", 2, answer), 200);
	assert_non_null(strstr(answer, "1000"));
	outside_work();
	assert_int_equal(out.parcels, 0);
}

void
test_express__other_phone_sees_nothing(void **state)
{
	(void)state;
	express_begin(true);
	express_scan("50");
	express_follow("0000");
	assert_int_equal(out.n_routes, 0);
}

void
test_express__cancelled_before_collection_only(void **state)
{
	char	 key[64];

	(void)state;
	express_begin(true);
	snprintf(key, sizeof(key), "cancel:%s", ref);
	outside_put("express.cancel", key, "{'ref':'%s'}", ref);
	outside_work();
	assert_int_equal(out.express, EXPRESS_CANCELLED);
	express_begin(true);
	express_scan("50");
	snprintf(key, sizeof(key), "cancel:%s", ref);
	outside_put("express.cancel", key, "{'ref':'%s'}", ref);
	outside_work();
	assert_int_equal(out.express, EXPRESS_NOT_CANCELLED);
}
