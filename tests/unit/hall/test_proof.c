#include "world.h"
#include "hall/delivery/activation.h"
#include "hall/identity/proof.h"
#include "hall/identity/remittance.h"
#include "hall/order/order_row.h"
#include "hall/payment/reconcile.h"
#include "hall/sealed.h"

#define LEGAL_ID	"11010519491231002X"
#define LEGAL_PHONE	"13900000001"

/* A world whose hall is the platform, perhaps with one text of its definition replaced. */
static void
proof_world(struct world *w, const char *from, const char *to)
{
	struct err	 err = {0};
	struct buf	 b = {0};
	char		*path = NULL, *at = NULL, *text = NULL, *p = NULL;

	world_open(w);
	hall_close(w->h);
	path = xasprintf("%s/hall.yaml", w->dir);
	buf_init(&b, LIMIT_HALL_FILE);
	assert_ok(file_read("halls/hunan-platform.yaml", &b, &err));
	at = from == NULL ? NULL : strstr(b.p, from);
	assert_true(from == NULL || at != NULL);
	text = from == NULL ? xstrdup(b.p) :
	    xasprintf("%.*s%s%s", (int)(at - b.p), b.p, to, at + strlen(from));
	while ((p = strstr(text, "file: dfca")) != NULL)
		memcpy(p, "text: dfca", 10);
	assert_ok(file_write(path, text, strlen(text), 0644, &err));
	assert_ok(hall_open_with(&w->h, path, w->store, w->seal, &world_services, &err));
	hall_sink_use(w->h);
	(void)unlink(path);
	free(path);
	free(text);
	buf_free(&b);
}

/* An order at the step proof. */
static void
proof_order(struct world *w, const char *name, char no[ORDER_NO])
{
	world_order(w, name, "window", no);
	world_materials(w, no);
}

static json_t *
legal(void)
{
	return json_pack("{s:s, s:s, s:s}", "legal_name", "张三丰", "legal_id_no", LEGAL_ID,
	    "phone", LEGAL_PHONE);
}

static int
begin(struct world *w, const char *no, const char *way, json_t *in, struct err *err)
{
	json_t	*errors = json_array();
	int	 rc = proof_start(w->h, &w->me, no, way, in, errors, err);

	json_decref(errors);
	json_decref(in);
	return rc;
}

static int
begin_remit(struct world *w, const char *no, struct err *err)
{
	return begin(w, no, "remittance", json_pack("{s:s, s:s}", "bank", "建设银行", "account",
	    "4300 1500 6105 0001 111"), err);
}

static int
say(struct world *w, const char *no, const char *code, struct err *err)
{
	json_t	*in = json_pack("{s:s}", "code", code), *errors = json_array();
	int	 rc = proof_answer(w->h, &w->me, no, in, errors, err);

	json_decref(errors);
	json_decref(in);
	return rc;
}

static void
fact(struct world *w, const char *kind, enum ident_result result, const char *sentence)
{
	struct err		 err = {0};
	struct ident_fact	 f = {.method = IDENT_MOBILE3, .result = result, .code = "",
		.sentence = sentence, .certify_id = "", .url = "", .provider_no = "P1",
		.evidence = "ab", .request_id = js_str(world_newest(w, kind), "request_id")};

	assert_ok(store_write(w->store, world_identity_run, &f, &err));
}

static int
remit_run(struct db *db, void *arg, struct err *err)
{
	return hall_sink.remittance(db, arg, err);
}

static void
remitted(struct world *w, const char *no, enum remit_state state, const char *reason,
    enum fact_source source)
{
	struct err		 err = {0};
	struct remit_fact	 f = {.remit_no = no, .bank_no = "B1", .state = state,
		.reason = reason, .at = clock_now(), .source = source};

	assert_ok(store_write(w->store, remit_run, &f, &err));
}

static json_t *
shown(struct world *w, const char *no)
{
	struct err	 err = {0};
	json_t		*m = NULL;

	assert_ok(step_show(w->h, &w->me, no, "proof", &m, &err));
	return m;
}

static void
assert_proof(struct world *w, const char *no, const char *state, const char *says)
{
	json_t	*m = shown(w, no), *p = json_object_get(m, "proof");

	assert_string_equal(js_str(p, "state"), state);
	if (strstr(js_str(p, "reason"), says) == NULL)
		fail_msg("%s", js_str(p, "reason"));
	json_decref(m);
}

/* The digits the payee reads. */
static const char *
remark(struct world *w)
{
	const char	*text = js_str(world_newest(w, "bank.pay"), "remark");

	return text + strcspn(text, "0123456789");
}

/* "000000" unless that is right. */
static const char *
other(const char *code)
{
	return strcmp(code, "000000") == 0 ? "111111" : "000000";
}

void
test_proof__register_phone_and_code(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	json_t		*q = NULL;
	char		 no[ORDER_NO];

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way01", no);
	assert_err(begin(&w, no, "phone", json_object(), &err), ERR_NOT_FOUND);
	assert_ok(begin(&w, no, "legal_phone", legal(), &err));
	assert_err(begin(&w, no, "legal_phone", legal(), &err), ERR_CONFLICT);
	q = world_newest(&w, "ident.company");
	assert_string_equal(js_str(q, "company"), "测试勘察单位一");
	assert_string_equal(js_str(q, "code"), "91350100M000100Y43");
	assert_int_equal(world_count(&w, "ident.mobile3"), 0);
	fact(&w, "ident.company", IDENT_CONSISTENT, "");
	fact(&w, "ident.company", IDENT_CONSISTENT, "");		/* twice */
	assert_int_equal(world_count(&w, "ident.mobile3"), 1);
	assert_string_equal(js_str(world_newest(&w, "ident.mobile3"), "name"), "张三丰");
	fact(&w, "ident.mobile3", IDENT_CONSISTENT, "");
	fact(&w, "ident.company", IDENT_INCONSISTENT, "late");	/* changes nothing */
	assert_proof(&w, no, "code", "");
	assert_string_equal(js_str(world_newest(&w, "sms"), "phone"), LEGAL_PHONE);
	assert_err(say(&w, no, other(world_sms_code(&w)), &err), ERR_INPUT);
	assert_ok(say(&w, no, world_sms_code(&w), &err));
	assert_proof(&w, no, "passed", "");
	assert_err(say(&w, no, world_sms_code(&w), &err), ERR_WRONG_STATE);
	q = world_view(&w, no);
	assert_string_equal(js_str(q, "step"), "payment");
	json_decref(q);
	world_close(&w);
}

void
test_proof__a_refusal_says_what_differs(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO];

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way02", no);
	assert_ok(begin(&w, no, "legal_phone", legal(), &err));
	fact(&w, "ident.company", IDENT_INCONSISTENT, "法定代表人与工商登记不一致。");
	assert_proof(&w, no, "failed", "法定代表人与工商登记不一致");
	assert_ok(begin(&w, no, "legal_phone", legal(), &err));
	assert_ok(proof_leave(w.h, &w.me, no, &err));
	fact(&w, "ident.company", IDENT_CONSISTENT, "");		/* of what was left */
	assert_int_equal(world_count(&w, "ident.mobile3"), 0);
	/* Nobody answered: after ten minutes it is over, to the millisecond. */
	assert_ok(begin(&w, no, "legal_phone", legal(), &err));
	clock_shift(10 * CLOCK_MINUTE);
	assert_proof(&w, no, "expired", "");
	assert_ok(begin(&w, no, "legal_phone", legal(), &err));
	clock_shift(-10 * CLOCK_MINUTE);
	world_close(&w);
}

void
test_proof__five_tries_a_day(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO];

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way03", no);
	for (int i = 0; i < 5; i++) {
		assert_ok(begin(&w, no, "legal_phone", legal(), &err));
		fact(&w, "ident.company", IDENT_INCONSISTENT, "x");
	}
	assert_err(begin(&w, no, "legal_phone", legal(), &err), ERR_LIMIT);
	assert_err(begin_remit(&w, no, &err), ERR_LIMIT);
	clock_shift(CLOCK_DAY - CLOCK_MINUTE);
	assert_err(begin_remit(&w, no, &err), ERR_LIMIT);
	clock_shift(2 * CLOCK_MINUTE);
	assert_ok(begin_remit(&w, no, &err));
	clock_shift(-CLOCK_DAY - CLOCK_MINUTE);
	world_close(&w);
}

void
test_proof__three_codes_of_a_remittance(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	json_t		*q = NULL;
	char		 no[ORDER_NO], code[16];

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way04", no);
	assert_ok(begin_remit(&w, no, &err));
	q = world_newest(&w, "bank.pay");
	assert_string_equal(js_str(q, "holder"), "测试勘察单位一");
	assert_string_equal(js_str(q, "account"), "4300150061050001111");
	assert_int_equal(js_int(q, "fen", 0), 1);
	snprintf(code, sizeof(code), "%s", remark(&w));
	assert_int_equal(strlen(code), 6);
	assert_err(say(&w, no, other(code), &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "还可以再试2次"));
	assert_err(say(&w, no, "", &err), ERR_INPUT);		/* nothing is no try */
	assert_err(say(&w, no, other(code), &err), ERR_INPUT);
	assert_err(say(&w, no, other(code), &err), ERR_LIMIT);
	assert_err(say(&w, no, code, &err), ERR_WRONG_STATE);
	assert_ok(begin_remit(&w, no, &err));
	assert_err(say(&w, no, code, &err), ERR_INPUT);		/* of the other one */
	snprintf(code, sizeof(code), "%s", remark(&w));
	assert_err(say(&w, no, other(code), &err), ERR_INPUT);
	assert_ok(say(&w, no, code, &err));
	assert_proof(&w, no, "passed", "");
	assert_int_equal(world_count(&w, "bank.pay"), 2);
	world_close(&w);
}

/* Seven days: a millisecond before it holds, then not. */
void
test_proof__a_remittance_is_waited_for(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	int64_t		 begun = 0, moved = 0;
	char		 no[ORDER_NO];

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way05", no);
	assert_ok(begin_remit(&w, no, &err));
	begun = clock_now();
	moved = 7 * CLOCK_DAY - CLOCK_MINUTE;
	clock_shift(moved);
	assert_proof(&w, no, "remit", "");
	clock_shift(CLOCK_MINUTE);
	assert_true(clock_now() >= begun + 7 * CLOCK_DAY);
	assert_err(say(&w, no, remark(&w), &err), ERR_EXPIRED);
	assert_proof(&w, no, "expired", "");
	clock_shift(-moved - CLOCK_MINUTE);
	world_close(&w);
}

void
test_proof__an_amount_instead_of_a_remark(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	json_t		*q = NULL;
	char		 no[ORDER_NO], yuan[32], wrong[32];
	int64_t		 fen = 0;

	(void)state;
	proof_world(&w, "check: remark, days: 7, tries: 3", "check: amount, days: 7, tries: 1");
	proof_order(&w, "way06", no);
	assert_ok(begin_remit(&w, no, &err));
	q = world_newest(&w, "bank.pay");
	fen = js_int(q, "fen", 0);
	assert_true(fen >= 1 && fen <= 99);
	assert_null(strpbrk(js_str(q, "remark"), "0123456789"));
	fen_text(fen, yuan);
	fen_text(fen == 1 ? 2 : fen - 1, wrong);
	assert_err(say(&w, no, "十分", &err), ERR_INPUT);
	assert_err(say(&w, no, wrong, &err), ERR_LIMIT);	/* one guess of 99 */
	assert_err(say(&w, no, yuan, &err), ERR_WRONG_STATE);
	assert_ok(begin_remit(&w, no, &err));
	fen_text(js_int(world_newest(&w, "bank.pay"), "fen", 0), yuan);
	assert_ok(say(&w, no, yuan, &err));
	world_close(&w);
}

void
test_proof__lost_transfers_are_told(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO], remit[REMIT_NO];

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way07", no);
	assert_ok(begin_remit(&w, no, &err));
	snprintf(remit, sizeof(remit), "%s", js_str(world_newest(&w, "bank.pay"), "remit_no"));
	remitted(&w, remit, REMIT_ACCEPTED, "", FACT_ANSWER);
	remitted(&w, remit, REMIT_UNKNOWN, "", FACT_QUERY);
	assert_proof(&w, no, "remit", "");			/* it may have arrived */
	remitted(&w, remit, REMIT_FAILED, "收款人户名与账号不符", FACT_QUERY);
	assert_proof(&w, no, "failed", "户名须与申请的主体名称完全一致");
	remitted(&w, remit, REMIT_PAID, "", FACT_QUERY);	/* an end is an end … */
	assert_proof(&w, no, "failed", "");
	assert_ok(begin_remit(&w, no, &err));
	snprintf(remit, sizeof(remit), "%s", js_str(world_newest(&w, "bank.pay"), "remit_no"));
	remitted(&w, remit, REMIT_PAID, "", FACT_QUERY);
	remitted(&w, remit, REMIT_ACCEPTED, "", FACT_QUERY);
	remitted(&w, remit, REMIT_FAILED, "", FACT_QUERY);	/* … but for what comes back */
	assert_proof(&w, no, "remit", "");
	remitted(&w, remit, REMIT_RETURNED, "退票", FACT_QUERY);
	assert_proof(&w, no, "failed", "打款被退回");
	world_close(&w);
}

void
test_proof__a_changed_name_is_proved_again(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	json_t		*form = NULL, *m = NULL;
	char		 no[ORDER_NO];

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way08", no);
	assert_ok(begin_remit(&w, no, &err));
	form = world_form_org("way08");
	js_set_str(form, "org_name", "测试勘察单位二");
	(void)world_step(&w, no, "form", form);
	(void)world_step(&w, no, "confirm", json_pack("{s:s}", "way", "window"));
	(void)world_step(&w, no, "print", json_object());
	assert_ok(say(&w, no, remark(&w), &err));
	assert_proof(&w, no, "failed", "申请信息有了修改");
	assert_ok(begin_remit(&w, no, &err));
	assert_ok(say(&w, no, remark(&w), &err));
	m = world_view(&w, no);
	assert_string_equal(js_str(m, "step"), "payment");
	json_decref(m);
	(void)world_step(&w, no, "form", world_form_org("way08"));
	(void)world_step(&w, no, "confirm", json_pack("{s:s}", "way", "window"));
	(void)world_step(&w, no, "print", json_object());
	m = world_view(&w, no);
	assert_string_equal(js_str(m, "step"), "proof");
	json_decref(m);
	world_close(&w);
}

/* ---- an earlier proof, for unlocking ---- */

struct earlier { struct world *w; const char *no, *op, *agent, *name; int found; };

static int
earlier_run(struct db *db, void *arg, struct err *err)
{
	struct earlier	*e = arg;
	struct order	 o = {0};
	struct proof	 p = {0};

	if (order_load(db, e->w->h, e->no, &o, err) < 0)
		return -1;
	snprintf(o.op, sizeof(o.op), "%s", e->op);
	if (e->agent != NULL)
		js_set_str(o.form, "agent_id_no", e->agent);
	if (e->name != NULL)
		js_set_str(o.form, "org_name", e->name);
	e->found = proof_earlier(db, e->w->h, &o, &p, err);
	proof_release(&p);
	order_release(&o);
	return e->found < 0 ? -1 : 0;
}

static int
earlier(struct world *w, const char *no, const char *op, const char *agent, const char *name)
{
	struct earlier	 e = {.w = w, .no = no, .op = op, .agent = agent, .name = name};
	struct err	 err = {0};

	assert_ok(store_read(w->store, earlier_run, &e, &err));
	return e.found;
}

void
test_proof__an_unlocking_may_use_an_earlier_one(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO];

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way09", no);
	assert_int_equal(earlier(&w, no, "unlock", NULL, NULL), 0);
	assert_ok(begin_remit(&w, no, &err));
	assert_int_equal(earlier(&w, no, "unlock", NULL, NULL), 0);	/* not passed yet */
	assert_ok(say(&w, no, remark(&w), &err));
	assert_int_equal(earlier(&w, no, "unlock", NULL, NULL), 1);
	assert_int_equal(earlier(&w, no, "reissue", NULL, NULL), 0);
	assert_int_equal(earlier(&w, no, "unlock", "43010219850307001X", NULL), 0);
	assert_int_equal(earlier(&w, no, "unlock", NULL, "测试勘察单位二"), 0);
	clock_shift(365 * CLOCK_DAY - CLOCK_MINUTE);
	assert_int_equal(earlier(&w, no, "unlock", NULL, NULL), 1);
	clock_shift(CLOCK_MINUTE);
	assert_int_equal(earlier(&w, no, "unlock", NULL, NULL), 0);
	clock_shift(-365 * CLOCK_DAY);
	world_close(&w);
}

/* ---- the statement of the day ---- */

static int
bill_run(struct db *db, void *arg, struct err *err)
{
	return hall_sink.bill(db, arg, err);
}

static int
differences(struct world *w, const char *kind)
{
	struct err	 err = {0};
	json_t		*m = NULL, *r = NULL;
	size_t		 i = 0;
	int		 n = 0;

	assert_ok(reconcile_list(w->h, &w->staff, &m, &err));
	json_array_foreach(json_object_get(m, "rows"), i, r)
		n += strcmp(js_str(r, "kind"), kind) == 0;
	json_decref(m);
	return n;
}

void
test_proof__the_statement_knows_better(void **state)
{
	struct err		 err = {0};
	struct world		 w;
	char			 no[ORDER_NO], remit[REMIT_NO], day[CLOCK_TEXT];
	struct bill_row		 rows[4] = {{.fen = 1}};
	struct bill_fact	 f = {.channel = "bank", .ok = true, .row = rows, .n = 1,
		.detail = ""};

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way10", no);
	f.date = clock_date(clock_now(), day);
	assert_ok(clock_parse_date(day, &f.from));
	f.to = f.from + CLOCK_DAY;
	assert_ok(begin_remit(&w, no, &err));
	snprintf(remit, sizeof(remit), "%s", js_str(world_newest(&w, "bank.pay"), "remit_no"));
	remitted(&w, remit, REMIT_UNKNOWN, "", FACT_ANSWER);
	snprintf(rows[0].trade_no, sizeof(rows[0].trade_no), "%s", remit);
	assert_ok(store_write(w.store, bill_run, &f, &err));	/* it left after all */
	rows[1] = rows[0];						/* twice */
	rows[2] = (struct bill_row){.trade_no = "YXR0000000000000001", .fen = 1};
	rows[3] = rows[0];
	snprintf(rows[3].refund_no, sizeof(rows[3].refund_no), "back");
	f.n = 3;
	assert_ok(store_write(w.store, bill_run, &f, &err));
	assert_int_equal(differences(&w, "doubled"), 1);
	assert_int_equal(differences(&w, "unknown"), 1);
	assert_int_equal(differences(&w, "missing"), 0);
	f.n = 0;
	assert_ok(store_write(w.store, bill_run, &f, &err));
	assert_int_equal(differences(&w, "missing"), 1);
	assert_int_equal(differences(&w, "doubled"), 0);		/* gone through anew */
	f.row = &rows[3];
	f.n = 1;
	assert_ok(store_write(w.store, bill_run, &f, &err));
	assert_proof(&w, no, "failed", "打款被退回");
	world_close(&w);
}

void
test_proof__remittances_are_for_finance(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct who	 reviewer;
	json_t		*m = NULL;
	char		 no[ORDER_NO], remit[REMIT_NO];

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way11", no);
	assert_ok(begin_remit(&w, no, &err));
	snprintf(remit, sizeof(remit), "%s", js_str(world_newest(&w, "bank.pay"), "remit_no"));
	reviewer = w.staff;
	reviewer.roles = ROLE_REVIEWER;
	assert_err(remittance_list(w.h, &reviewer, "", &m, &err), ERR_DENIED);
	assert_err(remittance_ask(w.h, &reviewer, remit, &err), ERR_DENIED);
	assert_err(remittance_ask(w.h, &w.staff, remit, &err), ERR_WRONG_STATE); /* waiting */
	assert_err(remittance_ask(w.h, &w.staff, "YXR1", &err), ERR_NOT_FOUND);
	remitted(&w, remit, REMIT_UNKNOWN, "", FACT_ANSWER);
	assert_ok(remittance_ask(w.h, &w.staff, remit, &err));
	assert_string_equal(js_str(world_newest(&w, "bank.query"), "remit_no"), remit);
	assert_ok(remittance_list(w.h, &w.staff, "unknown", &m, &err));
	assert_int_equal(json_array_size(json_object_get(m, "rows")), 1);
	assert_null(strstr(js_str(json_array_get(json_object_get(m, "rows"), 0), "payee"),
	    "4300150061050001111"));
	json_decref(m);
	world_close(&w);
}

/* ---- how the activation PIN travels ---- */

static bool
remitted_by(struct world *w, const char *product, const char *way, const char *channel,
    const char *op)
{
	struct order	o = {.def = halldef_product(hall_def(w->h), product),
		.collection = json_pack("{s:s, s:s}", "way", way, "paid_by", channel)};
	bool		is = false;

	snprintf(o.op, sizeof(o.op), "%s", op);
	is = activation_is_remitted(w->h, &o);
	json_decref(o.collection);
	return is;
}

void
test_proof__the_payment_decides_how_the_pin_travels(void **state)
{
	struct world	 w;

	(void)state;
	proof_world(&w, NULL, NULL);
	assert_true(remitted_by(&w, "org", "window", "alipay", "new"));
	assert_true(remitted_by(&w, "org", "courier", "wechat", "reissue"));
	assert_false(remitted_by(&w, "org", "window", "transfer", "new"));
	assert_false(remitted_by(&w, "org", "window", "", "new"));	/* free of charge */
	assert_false(remitted_by(&w, "org", "download", "alipay", "new"));
	assert_false(remitted_by(&w, "person", "window", "alipay", "new"));
	assert_false(remitted_by(&w, "org", "window", "alipay", "change"));
	world_close(&w);
	world_open(&w);
	assert_false(remitted_by(&w, "org", "window", "alipay", "new"));
	world_close(&w);
}

/* What the bank says may be long, and is cut: between characters, or nothing is filed at all. */
void
test_proof__long_words_of_the_bank_are_cut_between_characters(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct buf	 words;
	char		 no[ORDER_NO], remit[REMIT_NO];
	int		 first = 0, i = 0;

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way20", no);
	for (first = 0; first < 3; first++) {
		buf_init(&words, 4096);
		buf_addf(&words, "%.*s", first, "E1");
		for (i = 0; i < 120; i++)
			buf_addstr(&words, "行");
		assert_ok(begin_remit(&w, no, &err));
		(void)snprintf(remit, sizeof(remit), "%s", js_str(world_newest(&w, "bank.pay"),
		    "remit_no"));
		remitted(&w, remit, REMIT_FAILED, words.p, FACT_QUERY);
		assert_proof(&w, no, "failed", "行行行");
		buf_free(&words);
	}
	world_close(&w);
}

/* A bank's name of any length that its field allows. */
void
test_proof__a_bank_with_a_long_name_is_paid(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct buf	 name;
	char		 no[ORDER_NO];
	int		 i = 0;

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way21", no);
	buf_init(&name, 4096);
	for (i = 0; i < 40; i++)
		buf_addstr(&name, "𠮷");		/* four bytes each */
	assert_ok(begin(&w, no, "remittance", json_pack("{s:s, s:s}", "bank", name.p, "account",
	    "4300 1500 6105 0001 111"), &err));
	assert_string_equal(js_str(world_newest(&w, "bank.pay"), "bank"), name.p);
	buf_free(&name);
	world_close(&w);
}

/* The other account's remittance of a PIN: where it went is noted, whatever the bank is called. */
static int
pin_run(struct db *db, void *arg, struct err *err)
{
	struct world	*w = world_now;
	struct who	 system = { .system = true, .address = "" };
	struct order	 o = {0};
	struct buf	 name, sealed;
	int		 rc = -1, i = 0;

	buf_init(&name, 1024);
	buf_init(&sealed, 512);
	for (i = 0; i < 39; i++)
		buf_addstr(&name, "行");
	if (order_load(db, w->h, arg, &o, err) == 0) {
		js_set_str(o.collection, "paid_by", "alipay");
		js_set_str(o.collection, "pin_account", "43001500061050001111");
		js_set_str(o.collection, "pin_bank", name.p);
		if (sealed_put(w->h, "activation.pin", "12345678", 8, &sealed, err) == 0 &&
		    db_run(db, SQL_ACTIVATION_SET, NULL, err, DB_INT(o.id), DB_TEXT("YX1"),
		    DB_BLOB(sealed.p, sealed.len), DB_INT(clock_now())) == 0)
			rc = activation_send(db, w->h, &system, &o, err);
	}
	order_release(&o);
	buf_free(&sealed);
	buf_free(&name);
	return rc;
}

void
test_proof__a_pin_goes_to_a_bank_with_a_long_name(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO];

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way22", no);
	assert_ok(store_write(w.store, pin_run, no, &err));
	assert_non_null(strstr(js_str(world_newest(&w, "bank.pay"), "remark"), "12345678"));
	world_close(&w);
}

/* Without a bank the way is not offered, and a PIN goes by SMS. */
void
test_proof__no_bank_no_remittance(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO];
	json_t		*m = NULL, *way = NULL;
	size_t		 i = 0;

	(void)state;
	proof_world(&w, NULL, NULL);
	proof_order(&w, "way23", no);
	assert_ok(conf_set("gate.bank", "none", &err));
	assert_err(begin_remit(&w, no, &err), ERR_NOT_FOUND);
	m = shown(&w, no);
	json_array_foreach(json_object_get(m, "ways"), i, way)
		assert_string_not_equal(js_str(way, "name"), "remittance");
	assert_true(i > 0);
	assert_false(remitted_by(&w, "org", "window", "alipay", "new"));
	json_decref(m);
	world_close(&w);
}
