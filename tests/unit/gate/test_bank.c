#include "unit.h"
#include "outside.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/str.h"
#include "gate/bank.h"
#include "gate/work.h"
#include "store/store.h"

/* Remittances and the checks of bank card and business register, over the real wire protocols. */

#define OWN		"755900000010001"
#define HOLDER		"湖南测试建设工程有限公司"
#define PAYEE		"43001500061050001111"

static char	 no[33];

static const char *
bank_fresh(void)
{
	outside_forget();
	json_decref(outside_control("/control/faults/clear", "{}"));
	outside_no(REMIT_PREFIX, no);
	snprintf(out.trade, sizeof(out.trade), "%s", no);
	return no;
}

static void
bank_put(const char *holder, const char *account)
{
	outside_put("bank.pay", no, "{'remit_no':'%s','holder':'%s','account':'%s','bank':"
	    "'建设银行长沙分行','fen':1,'remark':'验证码384756'}", no, holder, account);
}

/* How often the number stands on this statement as a credit or debit. */
static int
bank_entries(const char *account, const char *dc)
{
	char	 path[128];
	json_t	*j, *e;
	size_t	 i;
	int	 n = 0;

	snprintf(path, sizeof(path), "/control/entries?account=%s", account);
	j = outside_control(path, NULL);
	json_array_foreach(json_object_get(j, "entries"), i, e)
		n += strcmp(js_str(e, "no"), no) == 0 && strcmp(js_str(e, "dc"), dc) == 0;
	json_decref(j);
	return n;
}

/* Time passes here and at the bank. */
static void
bank_wait(int64_t ms)
{
	clock_shift(ms);
	json_decref(outside_control("/control/clock", "{'ms':%" PRId64 "}", ms));
}

/* Work until the remittance has an end, moving the clock as the outbox would wait. */
static void
bank_settle(void)
{
	int64_t	 moved = 0;

	for (int i = 0; i < 12 && (out.remittances == 0 || out.remit == REMIT_ACCEPTED); i++) {
		outside_work();
		clock_shift(30 * CLOCK_SECOND);
		moved += 30 * CLOCK_SECOND;
	}
	clock_shift(-moved);
}

struct payload { size_t len; };

static int
payload_read(struct db *db, void *arg, struct err *err)
{
	struct payload	*p = arg;
	struct rows	*rows = NULL;

	if (db_one(db, SQL_OUTBOX_BY_REF, &rows, err, DB_TEXT(no), DB_TEXT("bank.pay")) < 0)
		return -1;
	(void)rows_blob(rows, 2, &p->len);
	rows_free(rows);
	return 0;
}

void
test_bank__pays_once_with_remark(void **state)
{
	struct payload	 p = {.len = 1};
	struct err	 err = {0};
	json_t		*j, *e;

	(void)state;
	for (int engine = 0; engine < outside_engines(); engine++) {
		outside_engine(engine);
		bank_fresh();
		bank_put(HOLDER, PAYEE);
		bank_put(HOLDER, PAYEE);		/* changes nothing */
		outside_work();
		assert_int_equal(out.remit, REMIT_ACCEPTED);
		bank_settle();
		assert_int_equal(out.remit, REMIT_PAID);
		assert_true(out.bank_no[0] != '\0');
		assert_int_equal(bank_entries(OWN, "D"), 1);
		assert_int_equal(bank_entries(PAYEE, "C"), 1);
		j = outside_control("/control/entries?account=" PAYEE, NULL);
		e = json_array_get(json_object_get(j, "entries"), 0);
		assert_string_equal(js_str(e, "remark"), "验证码384756");
		assert_int_equal(js_int(e, "fen", 0), 1);
		json_decref(j);
		/* What stood on the statement is forgotten here. */
		assert_ok(store_read(out.store, payload_read, &p, &err));
		assert_int_equal(p.len, 0);
	}
	outside_engine(0);
}

/* The bank did it and nobody heard: taken up again, the bank is asked first. */
void
test_bank__unheard_answer_never_pays_twice(void **state)
{
	static const char *const	 faults[] = {"http_500", "malformed"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		bank_fresh();
		outside_fault("bank.BB1PAYOP", faults[i], 0);
		bank_put(HOLDER, PAYEE);
		outside_work();
		assert_int_equal(out.remittances, 0);
		bank_settle();
		assert_int_equal(out.remit, REMIT_PAID);
		assert_int_equal(bank_entries(OWN, "D"), 1);
	}
}

/* As long as the bank does not tell whether it has the number, nothing is sent. */
void
test_bank__not_sent_unasked(void **state)
{
	json_t	*j;

	(void)state;
	bank_fresh();
	json_decref(outside_control("/control/fault",
	    "{'api':'bank.BB1PAYQR','what':'bad_signature','n':2}"));
	bank_put(HOLDER, PAYEE);
	outside_work();
	j = outside_control("/control/payouts", NULL);
	for (size_t i = 0; i < json_array_size(json_object_get(j, "payouts")); i++)
		assert_string_not_equal(js_str(json_array_get(json_object_get(j, "payouts"), i),
		    "no"), no);
	json_decref(j);
	bank_settle();
	assert_int_equal(out.remit, REMIT_PAID);
	assert_int_equal(bank_entries(OWN, "D"), 1);
}

/* The same number sent by hand twice: the bank itself takes it once, and what became of the
 * first is what we hear. */
void
test_bank__number_is_taken_once(void **state)
{
	struct bank_req		 q = {.holder = HOLDER, .account = PAYEE, .bank = "建设银行", .fen = 1,
		.remark = "验证码111111"};
	struct bank_answer	 a = {0};
	struct reply		 r = {0};

	(void)state;
	q.remit_no = bank_fresh();
	assert_int_equal(bank_provider()->pay(&q, &a, &r), REPLY_DONE);
	assert_int_equal(a.state, REMIT_ACCEPTED);
	assert_int_equal(bank_provider()->pay(&q, &a, &r), REPLY_REFUSED);
	assert_int_equal(bank_provider()->query(&q, &a, &r), REPLY_DONE);
	assert_true(a.found);
	assert_int_equal(a.state, REMIT_PAID);
	assert_int_equal(bank_entries(OWN, "D"), 1);
	q.remit_no = REMIT_PREFIX "0000000000000000";
	a = (struct bank_answer){0};
	assert_int_equal(bank_provider()->query(&q, &a, &r), REPLY_DONE);
	assert_false(a.found);
}

void
test_bank__mismatch_and_refusal_fail(void **state)
{
	(void)state;
	bank_fresh();
	bank_put("长沙别人的公司", PAYEE);
	bank_settle();
	assert_int_equal(out.remit, REMIT_FAILED);
	assert_string_equal(out.reason, "收款人户名与账号不符");
	bank_fresh();
	bank_put(HOLDER, "99990000111122223333");
	bank_settle();
	assert_int_equal(out.remit, REMIT_FAILED);
	bank_fresh();
	outside_fault("bank.BB1PAYOP", "reject", 0);
	bank_put(HOLDER, PAYEE);
	outside_work();
	assert_int_equal(out.remit, REMIT_FAILED);
	assert_non_null(strstr(out.reason, "限额不足"));
	assert_int_equal(bank_entries(OWN, "D"), 0);
}

void
test_bank__late_then_returned(void **state)
{
	(void)state;
	bank_fresh();
	outside_fault("bank.BB1PAYOP", "late", 0);
	bank_put(HOLDER, PAYEE);
	outside_work();
	bank_wait(CLOCK_HOUR);
	outside_work();
	assert_int_equal(out.remittances, 1);
	assert_int_equal(out.remit, REMIT_ACCEPTED);
	json_decref(outside_control("/control/payout", "{'no':'%s','do':'settle'}", no));
	bank_wait(CLOCK_HOUR);
	outside_work();
	assert_int_equal(out.remit, REMIT_PAID);
	json_decref(outside_control("/control/payout", "{'no':'%s','do':'return'}", no));
	bank_wait(CLOCK_DAY + CLOCK_MINUTE);	/* asked again after a day */
	outside_work();
	bank_wait(-CLOCK_DAY - 2 * CLOCK_HOUR - CLOCK_MINUTE);
	assert_int_equal(out.remit, REMIT_RETURNED);
	assert_non_null(strstr(out.reason, "退票"));
	assert_int_equal(bank_entries(OWN, "C"), 1);
}

/* Given up: nobody knows, and nothing sends it again. */
void
test_bank__given_up_is_unknown(void **state)
{
	int64_t	 moved = 0;
	char	 row[32];

	(void)state;
	bank_fresh();
	json_decref(outside_control("/control/fault",
	    "{'api':'bank.BB1PAYQR','what':'http_500','n':-1}"));
	bank_put(HOLDER, PAYEE);
	for (int i = 0; i < 40 && out.remittances == 0; i++) {
		outside_work();
		bank_wait(CLOCK_HOUR);
		moved += CLOCK_HOUR;
	}
	json_decref(outside_control("/control/faults/clear", "{}"));
	assert_int_equal(out.remit, REMIT_UNKNOWN);
	outside_state(no, row);
	assert_string_equal(row, "dead");
	outside_forget();
	outside_put("bank.query", "hand", "{'remit_no':'%s'}", no);
	outside_work();
	bank_wait(-moved);
	assert_int_equal(out.remit, REMIT_FAILED);	/* the bank never got it */
}

void
test_bank__statement_has_ours(void **state)
{
	char	 date[CLOCK_TEXT];

	(void)state;
	for (int i = 0; i < 12; i++) {			/* more than a page */
		bank_fresh();
		bank_put(HOLDER, PAYEE);
		bank_settle();
		assert_int_equal(out.remit, REMIT_PAID);
	}
	json_decref(outside_control("/control/payout", "{'no':'%s','do':'return'}", no));
	out.bill_rows = out.bill_back = 0;
	outside_put("bank.statement", "statement-1", "{'date':'%s'}", clock_date(clock_now(), date));
	outside_work();
	assert_true(out.ok);
	assert_int_equal(out.bill_rows, 2);
	assert_int_equal(out.bill_back, 1);
	assert_int_equal(out.fen, 1);
}

/* A key that is not the bank's, and a wrong agreed key: nothing is believed, nothing sent. */
void
test_bank__wrong_keys(void **state)
{
	struct bank_req		 q = {.remit_no = REMIT_PREFIX "1"};
	struct bank_answer	 a = {0};
	struct reply		 r = {0};
	struct err		 err = {0};

	(void)state;
	bank_fresh();
	assert_ok(conf_set("gate.bank_sm4", "another-sm4-key0", &err));
	assert_int_equal(bank_provider()->query(&q, &a, &r), REPLY_UNKNOWN);
	assert_non_null(strstr(r.detail, "decrypted"));
	assert_ok(conf_set("gate.bank_sm4", "short", &err));
	assert_int_equal(bank_provider()->query(&q, &a, &r), REPLY_RETRY);
	assert_ok(conf_set("gate.bank_sm4", "sandbox-sm4-key0", &err));
	outside_fault("bank.BB1PAYQR", "bad_signature", 0);
	assert_int_equal(bank_provider()->query(&q, &a, &r), REPLY_UNKNOWN);
	assert_int_equal(bank_provider()->query(&q, &a, &r), REPLY_DONE);
}

void
test_bank__outbox_refuses_holes(void **state)
{
	static const char *const	 bad[] = {
		"{\"remit_no\":\"R1234567\",\"holder\":\"a\",\"account\":\"1\",\"bank\":\"b\","
		    "\"fen\":1,\"remark\":\"x\"}",
		"{\"remit_no\":\"YXR1\",\"holder\":\"a\",\"account\":\"1\",\"bank\":\"b\","
		    "\"remark\":\"x\"}",
		"{\"remit_no\":\"YXR1\",\"holder\":\"a\",\"bank\":\"b\",\"fen\":1,"
		    "\"remark\":\"x\"}",
		"{\"remit_no\":\"YXR1\",\"holder\":\"a\",\"account\":\"1\",\"bank\":\"b\","
		    "\"fen\":100,\"remark\":\"x\"}",
	};
	struct err			 err = {0};
	json_t				*j = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_ok(json_parse(bad[i], strlen(bad[i]), 0, &j, &err));
		assert_err(outbox_put(NULL, out.seal, "bank.pay", "x", j, &err), ERR_INPUT);
		json_decref(j);
	}
}

/* A row as a hall that was taken over would write it, past outbox_put. */
static enum verdict
bank_call_row(int64_t fen, struct reply *r)
{
	struct job		 job = {.kind = kind_by_name("bank.pay"), .ref = no};
	struct job_result	*res = xcalloc(1, sizeof(*res));
	enum verdict		 v;

	job.payload = json_pack("{s:s,s:s,s:s,s:s,s:I,s:s}", "remit_no", no, "holder", HOLDER,
	    "account", PAYEE, "bank", "建设银行", "fen", (json_int_t)fen, "remark", "x");
	v = job.kind->call(&job, res, r);
	json_decref(job.payload);
	free(res);
	return v;
}

/* What gate sends is small, whatever stands in the outbox. */
void
test_bank__no_great_sum_goes_out(void **state)
{
	static const int64_t	 sums[] = {REMIT_MOST + 1, 100000000, -1, 0, INT64_MAX};
	struct reply		 r = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sums); i++) {
		bank_fresh();
		assert_int_equal(bank_call_row(sums[i], &r), REPLY_REFUSED);
		assert_string_equal(r.code, "amount");
		assert_int_equal(bank_entries(OWN, "D"), 0);
	}
	bank_fresh();
	assert_int_equal(bank_call_row(REMIT_MOST, &r), REPLY_DONE);
}

/* So many a day, counted where the hall cannot reach; the others wait for tomorrow. */
void
test_bank__so_many_a_day(void **state)
{
	struct err	 err = {0};
	int64_t		 china = 8 * CLOCK_HOUR, day = (clock_now() + china) / CLOCK_DAY, moved = 0;
	char		 row[32];

	(void)state;
	bank_wait(CLOCK_DAY);
	moved += CLOCK_DAY;
	assert_ok(conf_set("gate.bank_day", "2", &err));
	for (int i = 0; i < 3; i++) {
		bank_fresh();
		bank_put(HOLDER, PAYEE);
		outside_work();
		assert_int_equal(out.remittances, i < 2 ? 1 : 0);
	}
	outside_state(no, row);
	assert_string_equal(row, "waiting");
	while (out.remittances == 0 && moved < 3 * CLOCK_DAY) {
		bank_wait(6 * CLOCK_HOUR);
		moved += 6 * CLOCK_HOUR;
		outside_work();
	}
	assert_int_equal(out.remit, REMIT_ACCEPTED);
	assert_true((clock_now() + china) / CLOCK_DAY > day + 1);
	assert_ok(conf_set("gate.bank_day", "500", &err));
	bank_wait(-moved);
}

/* The bank's words may be longer than what is kept of them. */
void
test_bank__long_words_are_cut_between_characters(void **state)
{
	struct bank_req		 q = {.holder = HOLDER, .account = PAYEE, .bank = "建设银行", .fen = 1,
		.remark = "验证码111111"};
	struct bank_answer	 a = {0};
	struct reply		 r = {0};

	(void)state;
	q.remit_no = bank_fresh();
	outside_fault("bank.BB1PAYOP", "wordy", 0);
	assert_int_equal(bank_provider()->pay(&q, &a, &r), REPLY_DONE);
	assert_int_equal(bank_provider()->query(&q, &a, &r), REPLY_DONE);
	assert_int_equal(a.state, REMIT_FAILED);
	assert_true(strlen(a.reason) > 150);
	assert_true(utf8_is_valid(a.reason, strlen(a.reason)));
	reply_set(&r, REPLY_REFUSED, "x", "a%s%s%s", a.reason, a.reason, a.reason);
	assert_true(utf8_is_valid(r.detail, strlen(r.detail)));
}

/* ---- the card and the register ---- */

static const char *
card_check(const char *id, const char *name, const char *card, const char *phone)
{
	outside_forget();
	outside_put("ident.card4", id, "{'request_id':'%s','name':'%s','id_no':"
	    "'430102198503070015','card':'%s','phone':'%s'}", id, name, card, phone);
	outside_work();
	assert_int_equal(out.identities, 1);
	return ident_result_name(out.ident);
}

void
test_bank__card4_all_results(void **state)
{
	(void)state;
	json_decref(outside_control("/control/card", "{'card':'6222020000000000017','name':'张三',"
	    "'id_no':'430102198503070015','phone':'13900000001'}"));
	assert_string_equal(card_check("c1", "张三", "6222020000000000017", "13900000001"),
	    "CONSISTENT");
	assert_string_equal(out.code, "1/101");
	assert_string_equal(card_check("c2", "李四", "6222020000000000017", "13900000001"),
	    "INCONSISTENT");
	assert_string_equal(card_check("c3", "张三", "6222020000000000017", "13900000002"),
	    "INCONSISTENT");
	assert_non_null(strstr(out.sentence, "预留手机号"));
	assert_string_equal(card_check("c4", "张三", "6222020000000000025", "13900000001"),
	    "NO_RECORD");
	assert_string_equal(card_check("c5", "张三", "x", "13900000001"), "INVALID_INPUT");
	outside_fault("aliyun.BankMetaVerify", "limit", 0);
	assert_string_equal(card_check("c6", "张三", "6222020000000000017", "13900000001"),
	    "LIMITED");
}

static const char *
company_check(const char *id, const char *company, const char *code, const char *name,
    const char *id_no)
{
	outside_forget();
	outside_put("ident.company", id, "{'request_id':'%s','company':'%s','code':'%s',"
	    "'name':'%s','id_no':'%s'}", id, company, code, name, id_no);
	outside_work();
	assert_int_equal(out.identities, 1);
	return ident_result_name(out.ident);
}

void
test_bank__company_names_what_differs(void **state)
{
	(void)state;
	json_decref(outside_control("/control/company", "{'name':'甲公司','uscc':"
	    "'91430100MA4L000018','legal_person':'张三','legal_id':'430102198503070015'}"));
	assert_string_equal(company_check("e1", "甲公司", "91430100MA4L000018", "张三",
	    "430102198503070015"), "CONSISTENT");
	assert_string_equal(company_check("e2", "乙公司", "91430100MA4L000018", "张三",
	    "430102198503070015"), "INCONSISTENT");
	assert_non_null(strstr(out.sentence, "单位名称与工商登记不一致"));
	assert_string_equal(company_check("e3", "甲公司", "91430100MA4L000018", "李四",
	    "430102198503070015"), "INCONSISTENT");
	assert_non_null(strstr(out.sentence, "法定代表人"));
	assert_string_equal(company_check("e4", "甲公司", "91430100MA4L000018", "张三",
	    "430103199011120024"), "INCONSISTENT");
	assert_non_null(strstr(out.sentence, "身份证号"));
	assert_string_equal(company_check("e5", "甲公司", "91430100MA4L999999", "张三",
	    "430102198503070015"), "NO_RECORD");
	assert_non_null(strstr(out.sentence, "对公账户"));
}
