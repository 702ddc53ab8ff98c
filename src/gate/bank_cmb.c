#include "base/base.h"
#include "gate/bank.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/str.h"
#include "gate/cmb.h"
#include "gate/wire.h"

/* CMB 银企直联: BB1PAYOP pays one, BB1PAYQR tells of one, DCTRSINF is the statement. */
#define CMB_BUSINESS	"N02030"	/* busCod: payments of a company */
#define CMB_CURRENCY	"10"		/* CNY */
#define CMB_PAGES	200		/* of a statement */

/* reqSts FIN has an end, told by rtnFlg; anything else is on its way. */
static enum remit_state
cmb_state(const json_t *row)
{
	const char	*flag = js_str(row, "rtnFlg");

	if (strcmp(js_str(row, "reqSts"), "FIN") != 0)
		return REMIT_ACCEPTED;
	if (strcmp(flag, "S") == 0)
		return REMIT_PAID;
	if (strcmp(flag, "B") == 0)
		return REMIT_RETURNED;
	return strcmp(flag, "F") == 0 || strcmp(flag, "R") == 0 || strcmp(flag, "D") == 0 ||
	    strcmp(flag, "C") == 0 ? REMIT_FAILED : REMIT_UNKNOWN;
}

static void
cmb_row(const json_t *row, struct bank_answer *a)
{
	a->found = true;
	a->state = cmb_state(row);
	str_copy(a->bank_no, sizeof(a->bank_no), js_str(row, "reqNbr"));
	str_copy(a->reason, sizeof(a->reason), js_str_or(row, "rtnNar",
	    js_str(row, "errTxt")));
}

static json_t *
cmb_pay_body(const struct bank_req *q)
{
	char	 yuan[32];

	return json_pack("{s:[{s:s, s:s}], s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, "
	    "s:s}]}", "bb1paybmx1", "busCod", CMB_BUSINESS, "busMod",
	    conf_str("gate.bank_mode"), "bb1payopx1", "dbtAcc", conf_str("gate.bank_account"),
	    "crtAcc", q->account, "crtNam", q->holder, "crtBnk", q->bank, "ccyNbr",
	    CMB_CURRENCY, "trsAmt", fen_text(q->fen, yuan), "bnkFlg", "N", "yurRef",
	    q->remit_no, "nusAge", q->remark, "rcvChk", "1");
}

static enum verdict
bank_cmb_pay(const struct bank_req *q, struct bank_answer *a, struct reply *r)
{
	json_t		*body = cmb_pay_body(q), *out = NULL, *row;
	enum verdict	 v;

	if (body == NULL)
		return reply_set(r, REPLY_REFUSED, "text", "holder, bank or remark is not UTF-8");
	v = cmb_call("BB1PAYOP", body, &out, r);
	row = json_array_get(json_object_get(out, "bb1payopz1"), 0);
	if (v == REPLY_DONE && row == NULL)
		v = reply_set(r, REPLY_UNKNOWN, "answer", "no bb1payopz1");
	if (v == REPLY_DONE)
		cmb_row(row, a);
	if (v == REPLY_DONE && strcmp(js_str_or(row, "errCod", "SUC0000"), "SUC0000") != 0)
		v = reply_set(r, REPLY_REFUSED, js_str(row, "errCod"), "%s",
		    js_str(row, "errTxt"));
	json_decref(out);
	json_decref(body);
	return v;
}

static enum verdict
bank_cmb_query(const struct bank_req *q, struct bank_answer *a, struct reply *r)
{
	json_t		*body = json_pack("{s:[{s:s, s:s}]}", "bb1payqrx1", "busCod",
			    CMB_BUSINESS, "yurRef", q->remit_no);
	json_t		*out = NULL, *list, *row;
	size_t		 i;
	enum verdict	 v = cmb_call("BB1PAYQR", body, &out, r);

	list = json_object_get(out, "bb1payqrz1");
	json_array_foreach(list, i, row)
		if (strcmp(js_str(row, "yurRef"), q->remit_no) == 0)
			cmb_row(row, a);
	json_decref(out);
	json_decref(body);
	return v;
}

/* One entry of the statement; of others' numbers nothing is kept. */
static int
cmb_entry(const json_t *row, struct bill *out, struct err *err)
{
	const char	*amount = js_str(row, "trsamt");
	struct bill_row	 r = {0};

	if (!remit_is_ours(js_str(row, "yurref")))
		return 0;
	str_copy(r.trade_no, sizeof(r.trade_no), js_str(row, "yurref"));
	str_copy(r.channel_trade_no, sizeof(r.channel_trade_no), js_str(row, "refnbr"));
	snprintf(r.refund_no, sizeof(r.refund_no), "%s",
	    strcmp(js_str(row, "amtcdr"), "C") == 0 ? "back" : "");
	if (wire_fen(amount + strspn(amount, "-"), &r.fen) < 0)
		return err_set(err, ERR_INPUT, "%.20s is no amount", amount);
	return bill_add(out, &r, err);
}

/* One page of the day; seq is where it begins, and gets where the next one does ("" none). */
static enum verdict
cmb_page(const char *day, char seq[32], struct bill *out, struct reply *r)
{
	json_t		*body = json_pack("{s:s, s:s, s:s, s:s}", "bbknbr",
			    conf_str("gate.bank_branch"), "accnbr",
			    conf_str("gate.bank_account"), "trsdat", day, "trsseq", seq);
	json_t		*answer = NULL, *list, *row, *more;
	struct err	 err = {0};
	size_t		 i;
	enum verdict	 v = cmb_call("DCTRSINF", body, &answer, r);

	list = json_object_get(answer, "ntqactrsz2");
	more = json_array_get(json_object_get(answer, "ntrbptrsz1"), 0);
	json_array_foreach(list, i, row)
		if (v == REPLY_DONE && cmb_entry(row, out, &err) < 0)
			v = reply_set(r, REPLY_REFUSED, "statement", "%s", err.text);
	snprintf(seq, 32, "%s", strcmp(js_str(more, "cotflg"), "Y") == 0 ?
	    js_str(more, "trsseq") : "");
	json_decref(answer);
	json_decref(body);
	return v;
}

static enum verdict
bank_cmb_statement(const struct bank_req *q, struct bill *out, struct reply *r)
{
	char		 day[9], seq[32] = "1";
	enum verdict	 v = REPLY_DONE;

	snprintf(day, sizeof(day), "%.4s%.2s%.2s", q->date, q->date + 5, q->date + 8);
	for (int page = 0; v == REPLY_DONE && seq[0] != '\0'; page++) {
		if (page == CMB_PAGES)
			return reply_set(r, REPLY_REFUSED, "statement", "more than %d pages",
			    CMB_PAGES);
		v = cmb_page(day, seq, out, r);
	}
	return v;
}

const struct bank_provider	 bank_cmb = {
	.name = "cmb",
	.pay = bank_cmb_pay,
	.query = bank_cmb_query,
	.statement = bank_cmb_statement,
};
