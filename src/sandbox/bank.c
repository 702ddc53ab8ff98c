#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"

/* A bank by CMB's corporate direct link (CDC): payouts, what became of them, the statement. */

#define BANK_TEXT	(1024 * 1024)
#define BANK_WINDOW	(15 * CLOCK_MINUTE)
#define BANK_PAGE	20		/* entries a page of the statement */
#define BANK_SIGDAT	"__signature_sigdat__"

json_t *
sb_account(const char *account)
{
	json_t	*e;
	size_t	 i;

	json_array_foreach(sb_list("accounts"), i, e)
		if (strcmp(js_str(e, "account"), account) == 0)
			return e;
	return NULL;
}

/* ---- envelope ---- */

/* The user id and six zeros: identifier of signatures, and IV. */
static const char *
bank_id(char id[17])
{
	snprintf(id, 17, "%s000000", conf_str("gate.bank_uid"));
	return id;
}

static bool
bank_cipher(int encrypt, const struct buf *in, struct buf *out)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	unsigned char	*text = xmalloc(in->len + 16);
	char		 iv[17];
	int		 n = 0, last = 0;
	bool		 ok;

	ok = EVP_CipherInit_ex(ctx, EVP_sm4_cbc(), NULL,
	    (const unsigned char *)conf_str("gate.bank_sm4"), (const unsigned char *)bank_id(iv),
	    encrypt) == 1 &&
	    EVP_CipherUpdate(ctx, text, &n, (unsigned char *)in->p, (int)in->len) == 1 &&
	    EVP_CipherFinal_ex(ctx, text + n, &last) == 1;
	if (ok)
		buf_add(out, text, (size_t)(n + last));
	free(text);
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* Errors of the front machine come in plain text. */
static void
bank_error(struct sb_call *c, const char *text)
{
	http_respond_header(c->res, "Content-Type", "text/plain; charset=utf-8");
	buf_addf(&c->res->body, "CDCServer:{\"ErrMsg\":\"%s\"}", text);
}

/* Signed over the sorted JSON with the placeholder in sigdat. */
static bool
bank_signature_fits(json_t *j)
{
	json_t		*signature = json_object_get(j, "signature");
	char		*sigdat = xstrdup(js_str(signature, "sigdat")), id[17];
	struct buf	 text;
	bool		 ok;

	js_set_str(signature, "sigdat", BANK_SIGDAT);
	buf_init(&text, BANK_TEXT);
	json_write_canonical(j, &text);
	ok = sb_sm2_verify(sb.bank_client, bank_id(id), &text, sigdat);
	buf_free(&text);
	free(sigdat);
	return ok;
}

/* The request in the form, or NULL after an error was answered. */
static json_t *
bank_open(struct sb_call *c)
{
	const char	*data = js_str(c->form, "DATA"), *at;
	struct buf	 sealed, text;
	struct err	 err = {0};
	json_t		*j = NULL;
	char		 early[CLOCK_TEXT], late[CLOCK_TEXT];

	buf_init(&sealed, BANK_TEXT);
	buf_init(&text, BANK_TEXT);
	clock_compact(clock_now() - BANK_WINDOW, early);
	clock_compact(clock_now() + BANK_WINDOW, late);
	if (strcmp(js_str(c->form, "UID"), conf_str("gate.bank_uid")) != 0 ||
	    strcmp(js_str(c->form, "ALG"), "SM") != 0) {
		bank_error(c, "unknown UID or ALG");
	} else if (base64_decode(data, strlen(data), &sealed) < 0 ||
	    !bank_cipher(0, &sealed, &text) ||
	    json_parse(text.p, text.len, BANK_TEXT, &j, &err) < 0) {
		bank_error(c, "DATA cannot be decrypted");
	} else {
		at = js_str(json_object_get(j, "signature"), "sigtim");
		if (!bank_signature_fits(j))
			bank_error(c, "signature does not fit");
		else if (strlen(at) != 14 || strcmp(at, early) < 0 || strcmp(at, late) > 0)
			bank_error(c, "sigtim is not of now");
		else
			goto out;
		json_decref(j);
		j = NULL;
	}
 out:
	buf_free(&sealed);
	buf_free(&text);
	return j;
}

/* Takes body. */
static void
bank_answer(struct sb_call *c, const char *funcode, const char *reqid, const char *code,
    const char *message, json_t *body)
{
	struct buf	 text, signature, sealed;
	char		 now[CLOCK_TEXT], id[17], rspid[25];
	json_t		*j;

	clock_compact(clock_now(), now);
	rand_digits(rspid, 24);
	j = json_pack("{s:{s:o, s:{s:s, s:s, s:s, s:s, s:s, s:s}}, s:{s:s, s:s}}", "response",
	    "body", body == NULL ? json_object() : body, "head", "funcode", funcode, "reqid",
	    reqid, "rspid", rspid, "userid", conf_str("gate.bank_uid"), "resultcode", code,
	    "resultmsg", message, "signature", "sigdat", BANK_SIGDAT, "sigtim", now);
	buf_init(&text, BANK_TEXT);
	buf_init(&signature, 256);
	buf_init(&sealed, BANK_TEXT);
	json_write_canonical(j, &text);
	if (sb_fault(c->api, "bad_signature", NULL))
		buf_addch(&text, ' ');
	sb_sm2_sign(sb.bank, bank_id(id), &text, &signature);
	js_set_str(json_object_get(j, "signature"), "sigdat", signature.p);
	buf_clear(&text);
	json_write_canonical(j, &text);
	bank_cipher(1, &text, &sealed);
	http_respond_header(c->res, "Content-Type", "text/plain; charset=utf-8");
	base64_add(&c->res->body, sealed.p, sealed.len);
	json_decref(j);
	buf_free(&text);
	buf_free(&signature);
	buf_free(&sealed);
}

/* ---- what happens ---- */

static void
bank_entry(json_t *p, const char *account, const char *other, const char *name, const char *dc)
{
	sb_push("entries", json_pack("{s:s,s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:I}", "account", account,
	    "dc", dc, "fen", (json_int_t)js_int(p, "fen", 0), "other", other, "name", name,
	    "no", js_str(p, "no"), "bank_no", js_str(p, "bank_no"), "remark",
	    js_str(p, "remark"), "at", (json_int_t)clock_now()));
}

/* The money goes, or comes back: an entry on either statement. */
static void
bank_book(json_t *p, bool back)
{
	json_t		*payee = sb_account(js_str(p, "account"));
	const char	*ours = conf_str("gate.bank_account");

	bank_entry(p, ours, js_str(p, "account"), js_str(p, "holder"), back ? "C" : "D");
	if (payee != NULL)
		bank_entry(p, js_str(p, "account"), ours,
		    js_str(sb_account(ours), "holder"), back ? "D" : "C");
}

static void
bank_end(json_t *p, const char *state, const char *reason)
{
	js_set_str(p, "state", state);
	js_set_str(p, "reason", reason);
}

const char *
sb_payout_do(json_t *p, const char *what)
{
	json_t		*payee = sb_account(js_str(p, "account"));
	const char	*state = js_str(p, "state");

	if (strcmp(what, "return") == 0 && strcmp(state, "paid") == 0) {
		bank_book(p, true);
		bank_end(p, "returned", "收款行退票：账户已销户");
		return NULL;
	}
	if (strcmp(state, "bank") != 0)
		return "这笔打款已有结果。";
	if (strcmp(what, "fail") == 0)
		bank_end(p, "failed", "收款行拒绝入账");
	else if (payee == NULL)
		bank_end(p, "failed", "收款账号不存在");
	else if (strcmp(js_str(payee, "holder"), js_str(p, "holder")) != 0)
		bank_end(p, "failed", "收款人户名与账号不符");
	else {
		bank_book(p, false);
		bank_end(p, "paid", "");
		if (strcmp(what, "return") == 0)
			return sb_payout_do(p, "return");
	}
	return NULL;
}

static json_t *
bank_row(json_t *p)
{
	static const char *const	 states[][3] = {{"bank", "BNK", ""},
		{"paid", "FIN", "S"}, {"failed", "FIN", "F"}, {"returned", "FIN", "B"}};
	json_t				*row = json_object();
	char				 yuan[32];

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strcmp(states[i][0], js_str(p, "state")) == 0) {
			js_set_str(row, "reqSts", states[i][1]);
			js_set_str(row, "rtnFlg", states[i][2]);
		}
	js_set_str(row, "reqNbr", js_str(p, "bank_no"));
	js_set_str(row, "yurRef", js_str(p, "no"));
	js_set_str(row, "crtAcc", js_str(p, "account"));
	js_set_str(row, "crtNam", js_str(p, "holder"));
	js_set_str(row, "trsAmt", fen_text(js_int(p, "fen", 0), yuan));
	if (js_str(p, "reason")[0] != '\0')
		js_set_str(row, "rtnNar", js_str(p, "reason"));
	return row;
}

/* "0.01": at least one fen, two decimals. */
static int64_t
bank_fen(const char *yuan)
{
	const char	*dot = strchr(yuan, '.');
	int64_t		 y = 0, f = 0;
	char		 whole[16];

	if (dot == NULL || strlen(dot) != 3 || dot - yuan > 12)
		return -1;
	snprintf(whole, sizeof(whole), "%.*s", (int)(dot - yuan), yuan);
	if (str_to_i64(whole, 1000000000, &y) < 0 || str_to_i64(dot + 1, 99, &f) < 0)
		return -1;
	return y * 100 + f;
}

static const char *
bank_pay_fault(const json_t *pay)
{
	static const char *const need[] = {"dbtAcc", "crtAcc", "crtNam", "crtBnk", "ccyNbr",
		"trsAmt", "yurRef", "nusAge", "bnkFlg"};

	for (size_t i = 0; i < ARRAY_LEN(need); i++)
		if (js_str(pay, need[i])[0] == '\0')
			return need[i];
	if (strcmp(js_str(pay, "dbtAcc"), conf_str("gate.bank_account")) != 0)
		return "dbtAcc";
	if (strcmp(js_str(pay, "ccyNbr"), "10") != 0)
		return "ccyNbr";
	if (strlen(js_str(pay, "yurRef")) > 30)
		return "yurRef";
	if (utf8_count(js_str(pay, "nusAge")) > 31)
		return "nusAge";
	return bank_fen(js_str(pay, "trsAmt")) <= 0 ? "trsAmt" : NULL;
}

/* Longer than anybody expects, and cut in the middle of a character wherever it is cut. */
static const char	bank_wordy[] = "E1收款行拒绝入账，请联系收款人的开户行。收款行拒绝入账，请联系收款人的开户行。"
	"收款行拒绝入账，请联系收款人的开户行。收款行拒绝入账，请联系收款人的开户行。收款行拒绝入账。";

/* A reference is taken once, for ever. */
static const char *
bank_pay(struct sb_call *c, const json_t *body, json_t **out)
{
	const json_t	*mode = json_array_get(json_object_get(body, "bb1paybmx1"), 0);
	const json_t	*pay = json_array_get(json_object_get(body, "bb1payopx1"), 0);
	const char	*fault = bank_pay_fault(pay), *no = js_str(pay, "yurRef");
	char		 bank_no[17];
	json_t		*p;

	if (strcmp(js_str(mode, "busCod"), "N02030") != 0 || js_str(mode, "busMod")[0] == '\0')
		return "busCod";
	if (fault != NULL)
		return fault;
	if (sb_fault(c->api, "reject", NULL))
		return "客户经办限额不足";
	if (json_object_get(sb_map("payouts"), no) != NULL)
		return "业务参考号重复";
	rand_digits(bank_no, 16);
	p = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:I}", "no", no, "bank_no", bank_no,
	    "account", js_str(pay, "crtAcc"), "holder", js_str(pay, "crtNam"), "bank",
	    js_str(pay, "crtBnk"), "fen", (json_int_t)bank_fen(js_str(pay, "trsAmt")),
	    "remark", js_str(pay, "nusAge"), "state", "bank", "reason", "", "at",
	    (json_int_t)clock_now());
	sb_put("payouts", no, p);
	*out = json_pack("{s:[o]}", "bb1payopz1", bank_row(p));
	js_set_bool(p, "late", sb_fault(c->api, "late", NULL));
	js_set_bool(p, "returns", sb_fault(c->api, "returned", NULL));
	if (sb_fault(c->api, "wordy", NULL))
		bank_end(p, "failed", bank_wordy);
	return NULL;
}

/* Asked for, what the bank has in hand is settled, unless it is to be late. */
static const char *
bank_query(struct sb_call *c, const json_t *body, json_t **out)
{
	const json_t	*ask = json_array_get(json_object_get(body, "bb1payqrx1"), 0);
	json_t		*p = json_object_get(sb_map("payouts"), js_str(ask, "yurRef"));
	json_t		*list = json_array();

	(void)c;
	if (p != NULL && strcmp(js_str(p, "state"), "bank") == 0 && !js_bool(p, "late"))
		sb_payout_do(p, js_bool(p, "returns") ? "return" : "settle");
	if (p != NULL)
		json_array_append_new(list, bank_row(p));
	*out = json_pack("{s:o}", "bb1payqrz1", list);
	return NULL;
}

static json_t *
bank_statement_row(const json_t *e)
{
	bool	 credit = strcmp(js_str(e, "dc"), "C") == 0;
	char	 day[CLOCK_TEXT], yuan[32], amount[40];

	clock_compact(js_int(e, "at", 0), day);
	fen_text(js_int(e, "fen", 0), yuan);
	snprintf(amount, sizeof(amount), "%s%s", credit ? "" : "-", yuan);
	day[8] = '\0';
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "etydat", day, "amtcdr",
	    js_str(e, "dc"), "trsamt", amount, "refnbr", js_str(e, "bank_no"), "yurref",
	    js_str(e, "no"), "naryur", js_str(e, "remark"), "rpynam", js_str(e, "name"),
	    "rpyacc", js_str(e, "other"));
}

static const char *
bank_statement(struct sb_call *c, const json_t *body, json_t **out)
{
	const char	*account = js_str(body, "accnbr"), *want = js_str(body, "trsdat");
	json_t		*rows = json_array(), *e;
	char		 day[CLOCK_TEXT], seq[32];
	size_t		 i, n = 0, from = strtoul(js_str(body, "trsseq"), NULL, 10);

	(void)c;
	json_array_foreach(sb_list("entries"), i, e) {
		clock_compact(js_int(e, "at", 0), day);
		if (strcmp(js_str(e, "account"), account) != 0 || strncmp(day, want, 8) != 0)
			continue;
		n++;
		if (n >= from && json_array_size(rows) < BANK_PAGE)
			json_array_append_new(rows, bank_statement_row(e));
	}
	snprintf(seq, sizeof(seq), "%zu", from + BANK_PAGE);
	*out = json_pack("{s:o, s:[{s:s, s:s}]}", "ntqactrsz2", rows, "ntrbptrsz1", "cotflg",
	    n >= from + BANK_PAGE ? "Y" : "N", "trsseq", seq);
	return NULL;
}

static void
bank_call(struct sb_call *c)
{
	static const struct {
		const char	*funcode, *api;
		const char	*(*run)(struct sb_call *c, const json_t *body, json_t **out);
	} rows[] = {
		{"BB1PAYOP", "bank.BB1PAYOP", bank_pay}, {"BB1PAYQR", "bank.BB1PAYQR", bank_query},
		{"DCTRSINF", "bank.DCTRSINF", bank_statement},
	};
	json_t		*j = bank_open(c), *request = json_object_get(j, "request"), *out = NULL;
	const char	*funcode = js_str(json_object_get(request, "head"), "funcode"), *why;
	size_t		 i = 0;

	if (j == NULL)
		return;
	while (i < ARRAY_LEN(rows) && strcmp(rows[i].funcode, funcode) != 0)
		i++;
	if (i == ARRAY_LEN(rows) || strcmp(js_str(c->form, "FUNCODE"), funcode) != 0) {
		bank_error(c, "unknown FUNCODE");
	} else {
		c->api = rows[i].api;
		why = rows[i].run(c, json_object_get(request, "body"), &out);
		bank_answer(c, funcode, js_str(json_object_get(request, "head"), "reqid"),
		    why == NULL ? "SUC0000" : "CSAC054", why == NULL ? "" : why, out);
	}
	json_decref(j);
}

/* ---- the bank's own pages ---- */

static void
bank_page_accounts(struct sb_call *c)
{
	struct buf	*b = &c->res->body;
	json_t		*e;
	size_t		 i;

	sb_page_begin(c, "银行");
	json_array_foreach(sb_list("accounts"), i, e) {
		buf_addstr(b, "<a class=\"button\" href=\"/bank?account=");
		sb_html(b, js_str(e, "account"));
		buf_addstr(b, "\">");
		sb_html(b, js_str(e, "holder"));
		buf_addstr(b, "<br><span class=\"dim\">");
		sb_html(b, js_str(e, "name"));
		buf_addstr(b, "　");
		sb_html(b, js_str(e, "account"));
		buf_addstr(b, "</span></a>");
	}
	buf_addstr(b, "<h2>开户</h2><form method=\"post\" action=\"/bank\"><label>户名<input "
	    "name=\"holder\" required></label><label>账号<input name=\"account\" "
	    "inputmode=\"numeric\" required></label><label>开户银行<input name=\"name\" "
	    "required></label><button class=\"main\">开户</button></form>"
	    "<a class=\"button\" href=\"/bank/payouts\">大厅发出的打款</a>");
	sb_page_end(c);
}

/* What a finance clerk reads in the online bank. */
static void
bank_page_statement(struct sb_call *c)
{
	const char	*account = js_str(c->query, "account");
	struct buf	*b = &c->res->body;
	char		 yuan[32];
	json_t		*e;

	if (account[0] == '\0') {
		bank_page_accounts(c);
		return;
	}
	sb_page_begin(c, js_str_or(sb_account(account), "holder", "没有这个账户"));
	buf_addstr(b, "<p class=\"dim\">");
	sb_html(b, account);
	buf_addstr(b, "　账户明细</p>");
	for (size_t i = json_array_size(sb_list("entries")); i-- > 0;) {
		e = json_array_get(sb_list("entries"), i);
		if (strcmp(js_str(e, "account"), account) != 0)
			continue;
		buf_addf(b, "<div class=\"card\"><div class=\"dim\">%s　%s</div>"
		    "<div class=\"sum\">%s%s</div>", sb_time(js_int(e, "at", 0)),
		    strcmp(js_str(e, "dc"), "C") == 0 ? "收入" : "支出",
		    strcmp(js_str(e, "dc"), "C") == 0 ? "+" : "-",
		    fen_text(js_int(e, "fen", 0), yuan));
		buf_addstr(b, "<div>附言：<strong>");
		sb_html(b, js_str(e, "remark"));
		buf_addstr(b, "</strong></div><div class=\"dim\">对方：");
		sb_html(b, js_str(e, "name"));
		buf_addstr(b, "　");
		sb_html(b, js_str(e, "other"));
		buf_addstr(b, "</div></div>");
	}
	sb_page_end(c);
}

static void
bank_page_open(struct sb_call *c)
{
	if (js_str(c->form, "account")[0] == '\0' || sb_account(js_str(c->form, "account")) != NULL)
		sb_error_page(c, 409, "账号为空或已经有了。");
	else {
		sb_push("accounts", json_pack("{s:s,s:s,s:s}", "account",
		    js_str(c->form, "account"), "holder", js_str(c->form, "holder"), "name",
		    js_str(c->form, "name")));
		sb_redirect(c, "/bank");
	}
}

static void
bank_page_payouts(struct sb_call *c)
{
	struct buf	*b = &c->res->body;
	const char	*no;
	json_t		*p;

	sb_page_begin(c, "大厅发出的打款");
	json_object_foreach(sb_map("payouts"), no, p) {
		buf_addstr(b, "<div class=\"card\">");
		sb_html(b, js_str(p, "holder"));
		buf_addf(b, "　%s<br><span class=\"dim\">", js_str(p, "state"));
		sb_html(b, no);
		buf_addstr(b, "　");
		sb_html(b, js_str(p, "reason"));
		buf_addstr(b, "</span><form method=\"post\"><input type=\"hidden\" name=\"no\" "
		    "value=\"");
		sb_html(b, no);
		buf_addstr(b, "\"><button name=\"do\" value=\"settle\">入账</button>"
		    "<button name=\"do\" value=\"fail\">拒绝入账</button>"
		    "<button name=\"do\" value=\"return\">退票</button></form></div>");
	}
	sb_page_end(c);
}

static void
bank_page_payout(struct sb_call *c)
{
	json_t		*p = json_object_get(sb_map("payouts"), js_str(c->form, "no"));
	const char	*why = p == NULL ? "没有这笔打款。" :
			    sb_payout_do(p, js_str(c->form, "do"));

	if (why != NULL)
		sb_error_page(c, 409, why);
	else
		sb_redirect(c, "/bank/payouts");
}

const struct sb_route	 sb_routes_bank[] = {
	{"POST", "/bank/cdcserver/api/v2", bank_call},
	{"GET", "/bank", bank_page_statement},
	{"POST", "/bank", bank_page_open},
	{"GET", "/bank/payouts", bank_page_payouts},
	{"POST", "/bank/payouts", bank_page_payout},
	{0}
};
