#include "unit.h"
#include "gate/bill.h"

static const struct bill_columns	columns = {
	.trade_no = "商户订单号", .channel_trade_no = "渠道号", .refund_no = "退款单号",
	.kind = "状态", .payment = "SUCCESS", .refund = "REFUND", .paid = "金额",
	.refunded = "退款",
};
#define HEAD	"状态,渠道号,商户订单号,退款单号,金额,退款,名称\r\n"

static int
parse(const char *text, struct bill *b, struct err *err)
{
	bill_free(b);
	return bill_read_csv(text, strlen(text), &columns, b, err);
}

void
test_bill__both_layouts(void **state)
{
	struct err	 err = {0};
	struct bill	 b = {0};

	(void)state;
	/* WeChat: backquotes, a comma inside a name, totals behind */
	assert_ok(parse("\xef\xbb\xbf" HEAD
	    "`SUCCESS,`42,`T000001,`0,`340.00,`0.00,`证书,一年\r\n"
	    "`REFUND,`42,`T000001,`RT000001,`0.00,`340.00,`证书\r\n"
	    "`REVOKED,`43,`T000002,`0,`1.00,`0.00,`证书\r\n"
	    "总数,总额\r\n`3,`340.00\r\n", &b, &err));
	assert_int_equal(b.n, 2);
	assert_string_equal(b.row[0].trade_no, "T000001");
	assert_string_equal(b.row[0].channel_trade_no, "42");
	assert_string_equal(b.row[0].refund_no, "");
	assert_int_equal(b.row[0].fen, 34000);
	assert_string_equal(b.row[1].refund_no, "RT000001");
	/* Alipay: # lines, tabs, quotes, a negative refund */
	assert_ok(parse("#账号\n" HEAD "SUCCESS,42\t,T000001\t,,0.01,0.01,\"a,b\"\n"
	    "REFUND,42\t,T000001\t,R1,-0.01,-0.01,c\n#end\n", &b, &err));
	assert_int_equal(b.n, 2);
	assert_int_equal(b.row[0].fen, 1);
	assert_int_equal(b.row[1].fen, 1);
	/* a day without business */
	assert_ok(parse(HEAD, &b, &err));
	assert_int_equal(b.n, 0);
	bill_free(&b);
}

void
test_bill__faults_are_named(void **state)
{
	struct err	 err = {0};
	struct bill	 b = {0};

	(void)state;
	assert_err(parse("", &b, &err), ERR_INPUT);
	assert_err(parse("a,b,c\n1,2,3\n", &b, &err), ERR_INPUT);
	assert_err(parse(HEAD "SUCCESS,1,T000001,,x,0,n\n", &b, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "line 2"));
	assert_err(parse(HEAD "SUCCESS,1,,,1.00,0,n\n", &b, &err), ERR_INPUT);
	assert_err(parse(HEAD "REFUND,1,T000001,,1.00,1.00,n\n", &b, &err), ERR_INPUT);
	bill_free(&b);
}

void
test_bill__not_a_zip(void **state)
{
	struct err	 err = {0};
	struct buf	 text;

	(void)state;
	buf_init(&text, BILL_BYTES);
	assert_err(bill_unzip("PK\x03\x04 nothing", 12, &text, &err), ERR_INPUT);
	assert_err(bill_unzip("", 0, &text, &err), ERR_INPUT);
	assert_err(bill_unzip("{\"code\":1}", 10, &text, &err), ERR_INPUT);
	buf_free(&text);
}
