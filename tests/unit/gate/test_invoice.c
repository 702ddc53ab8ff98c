#include "unit.h"
#include "outside.h"
#include "base/clock.h"
#include "base/conf.h"
#include "gate/call.h"

/* Invoices over the real wire protocol, against the sandbox's tax office. */

static char	 ref[33];

#define BUYER	"{'title':'湖南测试建设工程有限公司','tax_no':'91430100MA4L000015'," \
		"'organisation':true,'address':'','phone':'','bank':'','account':''}"

static void
invoice_ask_kind(const char *kind, const char *buyer)
{
	outside_forget();
	json_decref(outside_control("/control/faults/clear", "{}"));
	outside_no("F", ref);
	outside_put("invoice.issue", ref, "{'ref':'%s','kind':'%s','buyer':%s,'fen':39000,"
	    "'remark':'业务受理号','items':[{'name':'数字证书服务','tax_code':"
	    "'3040203000000000000','fen':34000,'rate':600},{'name':'智能密码钥匙','tax_code':"
	    "'1090512000000000000','fen':5000,'rate':1300}]}", ref, kind, buyer);
}

/* The sandbox issues half a second after it was asked, by its own clock. */
static void
invoice_wait(void)
{
	usleep(600 * 1000);
	clock_shift(5 * CLOCK_SECOND);
	outside_work();
	clock_shift(5 * CLOCK_SECOND);
	outside_work();
	clock_shift(-10 * CLOCK_SECOND);
}

static int64_t
invoice_count(const char *state)
{
	json_t	*j = outside_control("/control/fapiao", NULL), *f;
	int64_t	 n = 0;
	size_t	 i;

	json_array_foreach(json_object_get(j, "fapiao"), i, f)
		n += strcmp(js_str(f, "id"), ref) == 0 && strcmp(js_str(f, "status"), state) == 0;
	json_decref(j);
	return n;
}

void
test_invoice__issued_with_number_tax_and_file(void **state)
{
	(void)state;
	invoice_ask_kind("common", BUYER);
	outside_work();
	assert_int_equal(out.invoice, INVOICE_ACCEPTED);
	invoice_wait();
	assert_int_equal(out.invoice, INVOICE_ISSUED);
	assert_int_equal(strlen(out.number), 20);
	assert_int_equal(out.fen, 39000);
	/* 34000 at 6 %: net 32075, tax 1925; 5000 at 13 %: net 4425, tax 575 */
	assert_int_equal(out.tax, 1925 + 575);
	assert_int_equal(out.files, 1);
	assert_string_equal(out.file, "%PDF-");
	assert_int_equal(out.invoices, 2);
	assert_int_equal(invoice_count("ISSUED"), 1);
}

/* The office took it and did not say so: asked again, there is still one invoice. */
void
test_invoice__lost_answer_makes_no_second(void **state)
{
	(void)state;
	invoice_ask_kind("common", BUYER);
	outside_fault("fapiao.issue", "http_500", 0);
	outside_work();
	assert_int_equal(out.invoices, 0);
	clock_shift(10 * CLOCK_SECOND);
	outside_work();
	invoice_wait();
	clock_shift(-10 * CLOCK_SECOND);
	assert_int_equal(out.invoice, INVOICE_ISSUED);
	assert_int_equal(invoice_count("ISSUED"), 1);
}

void
test_invoice__refused_and_failed_are_told(void **state)
{
	(void)state;
	invoice_ask_kind("common", BUYER);
	outside_fault("fapiao.issue", "refuse", 0);
	outside_work();
	assert_int_equal(out.invoice, INVOICE_FAILED);
	assert_string_equal(out.code, "PARAM_ERROR");
	assert_non_null(strstr(out.sentence, "纳税人识别号不一致"));
	invoice_ask_kind("common", BUYER);
	outside_fault("fapiao.issue", "fail", 0);
	outside_work();
	invoice_wait();
	assert_int_equal(out.invoice, INVOICE_FAILED);
	assert_string_equal(out.code, "ISSUE_FAILED");
	/* A special one (专票) needs address, phone, bank and account. */
	invoice_ask_kind("special", BUYER);
	outside_work();
	assert_int_equal(out.invoice, INVOICE_FAILED);
}

void
test_invoice__waits_for_the_clerk(void **state)
{
	(void)state;
	invoice_ask_kind("common", BUYER);
	outside_fault("fapiao.issue", "hold", 0);
	outside_work();
	invoice_wait();
	assert_int_equal(out.invoice, INVOICE_ACCEPTED);
	assert_int_equal(out.invoices, 1);
}

void
test_invoice__red_letter(void **state)
{
	char	 key[64];

	(void)state;
	invoice_ask_kind("common", BUYER);
	outside_work();
	invoice_wait();
	for (int i = 0; i < 2; i++) {	/* asked for twice, the second as after a crash */
		outside_forget();
		if (i == 0)
			outside_fault("fapiao.reverse", "http_500", 0);
		snprintf(key, sizeof(key), "red:%s:%d", ref, i);
		outside_put("invoice.reverse", key, "{'ref':'%s','code':'','number':'%s',"
		    "'reason':'退款'}", ref, out.number);
		outside_work();
		clock_shift(10 * CLOCK_SECOND);
		outside_work();
		invoice_wait();
		clock_shift(-10 * CLOCK_SECOND);
		assert_int_equal(out.invoice, INVOICE_REVERSED);
		assert_true(out.reversal);
		assert_int_equal(strlen(out.red_number), 20);
	}
	assert_int_equal(invoice_count("REVERSED"), 1);
}

void
test_invoice__forged_answer_is_not_believed(void **state)
{
	(void)state;
	invoice_ask_kind("common", BUYER);
	outside_work();
	outside_fault("fapiao.query", "bad_signature", 0);
	usleep(600 * 1000);
	clock_shift(5 * CLOCK_SECOND);
	outside_work();
	assert_int_equal(out.invoice, INVOICE_ACCEPTED);
	clock_shift(20 * CLOCK_SECOND);
	outside_work();
	assert_int_equal(out.invoice, INVOICE_ISSUED);
	clock_shift(-25 * CLOCK_SECOND);
}

void
test_invoice__tax_is_rounded_once(void **state)
{
	(void)state;
	assert_int_equal(invoice_tax(34000, 600), 1925);
	assert_int_equal(invoice_tax(5000, 1300), 575);
	assert_int_equal(invoice_tax(106, 600), 6);
	assert_int_equal(invoice_tax(1, 600), 0);
	assert_int_equal(invoice_tax(0, 600), 0);
	assert_int_equal(invoice_tax(100, 0), 0);
	/* exactly half a fen of net amount is rounded up: 3 / 1.2 = 2.5 */
	assert_int_equal(invoice_tax(3, 2000), 0);
}
