#include "world.h"
#include "base/secret.h"
#include "hall/certificate/reminder.h"
#include "hall/delivery/activation.h"
#include "hall/delivery/delivery.h"
#include "hall/identity/face.h"
#include "hall/journal.h"
#include "hall/order/fetch.h"
#include "hall/order/print.h"
#include "hall/order/review.h"

/* Prove the agent by phone: factors, then the face. */
static void
journey_identity(struct world *w, const char *no)
{
	struct err	 err = {0};
	json_t		*m = NULL, *phone = NULL, *in = json_pack("{s:s}", "consent", "1");
	struct who	 visitor = {.address = "192.0.2.7"};
	char		*token = NULL;
	struct ident_fact f = {.method = IDENT_MOBILE3, .result = IDENT_CONSISTENT, .code = "",
	    .sentence = "", .certify_id = "", .url = "", .provider_no = "P1", .evidence = ""};

	assert_ok(face_start(w->h, &w->me, no, &m, &err));
	token = xstrdup(js_str(m, "token"));
	json_decref(m);
	assert_ok(face_open(w->h, &visitor, token, &phone, &err));
	assert_string_equal(js_str(phone, "state"), "opened");
	assert_string_equal(js_str(phone, "name_masked"), "赵*孙");
	json_decref(phone);
	assert_ok(face_begin(w->h, &visitor, token, in, &phone, &err));
	json_decref(phone);
	f.request_id = js_str(world_newest(w, "ident.mobile3"), "request_id");
	assert_ok(store_write(w->store, world_identity_run, &f, &err));
	f.request_id = js_str(world_newest(w, "ident.face_init"), "request_id");
	f.method = IDENT_FACE_INIT;
	f.result = IDENT_STARTED;
	f.url = "https://face.example/x";
	f.certify_id = "C1";
	assert_ok(store_write(w->store, world_identity_run, &f, &err));
	assert_ok(face_open(w->h, &visitor, token, &phone, &err));
	assert_string_equal(js_str(phone, "provider_url"), "https://face.example/x");
	json_decref(phone);
	f.method = IDENT_FACE;
	f.result = IDENT_CONSISTENT;
	assert_ok(store_write(w->store, world_identity_run, &f, &err));
	assert_ok(store_write(w->store, world_identity_run, &f, &err));	/* twice */
	assert_ok(face_state(w->h, &w->me, no, &m, &err));
	assert_string_equal(js_str(m, "state"), "passed");
	json_decref(m);
	json_decref(in);
	free(token);
}

static void
journey_pay(struct world *w, const char *no)
{
	struct err	 err = {0};
	json_t		*t = NULL;
	struct pay_created_fact c = {.channel = "alipay", .ok = true, .qr = "https://qr/1",
	    .sentence = "", .code = ""};
	struct pay_fact	 f = {.channel = "alipay", .channel_trade_no = "2016", .fen = 34000,
	    .wanted = 34000, .state = PAY_PAID, .paid_at = clock_now()};
	char		*trade = NULL;

	assert_ok(payment_start(w->h, &w->me, no, "alipay", &t, &err));
	trade = xstrdup(js_str(t, "no"));
	json_decref(t);
	c.trade_no = f.trade_no = trade;
	assert_ok(store_write(w->store, world_created_run, &c, &err));
	assert_ok(payment_state(w->h, &w->me, no, &t, &err));
	assert_string_equal(js_str(json_object_get(t, "trade"), "qr"), "https://qr/1");
	assert_false(js_bool(t, "paid"));
	json_decref(t);
	assert_ok(store_write(w->store, world_payment_run, &f, &err));
	assert_ok(store_write(w->store, world_payment_run, &f, &err));	/* notified twice */
	assert_ok(payment_state(w->h, &w->me, no, &t, &err));
	assert_true(js_bool(t, "paid"));
	json_decref(t);
	free(trade);
}

static int64_t
journey_version(struct world *w, const char *no)
{
	struct err	 err = {0};
	json_t		*m = NULL;
	int64_t		 version = 0;

	assert_ok(review_claim(w->h, &w->staff, no, &err));
	assert_ok(review_view(w->h, &w->staff, no, &m, &err));
	version = js_int(m, "version", 0);
	assert_int_equal(json_array_size(json_object_get(m, "warnings")), 0);
	assert_int_equal(json_array_size(json_object_get(m, "consents")), 3);
	json_decref(m);
	return version;
}

static void
journey_approve(struct world *w, const char *no)
{
	struct err	 err = {0};
	json_t		*m = NULL, *in = json_object();
	struct buf	 sig = {0};
	const char	*text = NULL;
	const unsigned char *der = NULL;
	size_t		 len = 0;

	assert_ok(review_statement(w->h, &w->staff, no, journey_version(w, no), &m, &err));
	text = js_str(m, "statement");
	assert_non_null(strstr(text, "\"type\":\"approval\""));
	buf_init(&sig, 256);
	assert_ok(sm2_sign_message(w->officer_key, text, strlen(text), &sig, &err));
	der = cert_der(w->officer, &len);
	js_set_bytes(in, "certificate", der, len);
	js_set_str(in, "statement", text);
	sig.p[20] ^= 1;
	js_set_bytes(in, "signature", sig.p, sig.len);
	assert_err(review_approve(w->h, &w->staff, no, in, &err), ERR_CRYPTO);
	sig.p[20] ^= 1;
	js_set_bytes(in, "signature", sig.p, sig.len);
	assert_ok(review_approve(w->h, &w->staff, no, in, &err));
	buf_free(&sig);
	json_decref(in);
	json_decref(m);
}

/* The authorisation code out of the mail. */
static void
journey_code(struct world *w, char code[21])
{
	const char	*text = js_str(world_newest(w, "mail"), "text");
	const char	*at = strstr(text, "授权码：");

	assert_non_null(at);
	(void)snprintf(code, 21, "%s", at + strlen("授权码："));
}

static json_t *
journey_csr(struct world *w, EVP_PKEY **key)
{
	struct err	 err = {0};
	struct buf	 csr = {0};
	struct name	 none = {0};
	json_t		*in = json_object();

	(void)w;
	assert_ok(sm2_generate(key, &err));
	assert_ok(name_add(&none, "CN", "x", &err));
	buf_init(&csr, LIMIT_CSR);
	assert_ok(csr_build_key(&none, *key, &csr, &err));
	js_set_bytes(in, "csr", csr.p, csr.len);
	buf_free(&csr);
	name_free(&none);
	return in;
}

static void
journey_fetch(struct world *w, const char *no)
{
	struct err	 err = {0};
	struct who	 visitor = {.address = "192.0.2.8"};
	json_t		*in = NULL, *errors = json_array(), *m = NULL, *got = NULL, *again = NULL;
	EVP_PKEY	*key = NULL;
	char		 code[21];

	journey_code(w, code);
	in = world_captcha(w, &visitor, json_pack("{s:s, s:s}", "no", no, "code",
	    "AAAAAAAAAAAAAAAAAAAA"));
	assert_err(fetch_open(w->h, &visitor, in, errors, &m, &err), ERR_INPUT);
	js_set_str(in, "code", code);
	assert_err(fetch_open(w->h, &visitor, in, errors, &m, &err), ERR_INPUT); /* captcha used */
	(void)world_captcha(w, &visitor, in);
	assert_ok(fetch_open(w->h, &visitor, in, errors, &m, &err));
	json_decref(in);
	in = journey_csr(w, &key);
	js_set_str(in, "token", js_str(m, "token"));
	assert_err(fetch_confirm(w->h, &visitor, in, &err), ERR_WRONG_STATE);
	js_set_str(in, "medium", "YX0001");
	assert_ok(fetch_issue(w->h, &visitor, in, &got, &err));
	assert_string_equal(js_str(got, "device"), "ZGV2aWNl");
	assert_int_equal(json_array_size(json_object_get(got, "chain")), 2);
	assert_ok(fetch_issue(w->h, &visitor, in, &again, &err));
	assert_state(w, no, "fetched");
	assert_ok(fetch_confirm(w->h, &visitor, in, &err));
	assert_ok(fetch_confirm(w->h, &visitor, in, &err));
	assert_state(w, no, "done");
	json_decref(again);
	json_decref(got);
	json_decref(m);
	json_decref(in);
	json_decref(errors);
	EVP_PKEY_free(key);
}

static size_t
journey_remind(struct world *w, int64_t now)
{
	struct err	 err = {0};
	size_t		 n = 0;

	assert_ok(reminder_run(w->h, now, &n, &err));
	return n;
}

/* Told once when fewer than 90, 60, 30, 7 days are left and 1, 30 days after the end; stages
 * slept over are not made up for. */
static void
journey_reminders(struct world *w, const char *no)
{
	struct err	 err = {0};
	json_t		*m = NULL;
	int64_t		 end = 0;
	const char	*day = NULL;

	assert_ok(order_view(w->h, &w->me, no, &m, &err));
	day = js_str(json_array_get(json_object_get(m, "certificates"), 0), "not_after");
	assert_int_equal(clock_parse_date(day, &end), 0);
	json_decref(m);
	assert_int_equal(journey_remind(w, end - 91 * CLOCK_DAY), 0);
	assert_int_equal(journey_remind(w, end - 89 * CLOCK_DAY), 1);
	assert_non_null(strstr(js_str(world_newest(w, "mail"), "text"), "/renewal/"));
	assert_int_equal(journey_remind(w, end - 89 * CLOCK_DAY), 0);
	assert_int_equal(journey_remind(w, end - 62 * CLOCK_DAY), 0);
	assert_int_equal(journey_remind(w, end - 29 * CLOCK_DAY), 1);	/* 60 was slept over */
	assert_int_equal(journey_remind(w, end - 6 * CLOCK_DAY), 1);
	assert_int_equal(journey_remind(w, end), 0);
	assert_int_equal(journey_remind(w, end + 3 * CLOCK_DAY), 1);
	assert_int_equal(journey_remind(w, end + 29 * CLOCK_DAY), 0);
	assert_int_equal(journey_remind(w, end + 32 * CLOCK_DAY), 1);
	assert_int_equal(journey_remind(w, end + 364 * CLOCK_DAY), 0);
}

void
test_journey__organisation_downloads(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO];
	struct buf	 pdf = {0};
	json_t		*m = NULL;
	int64_t		 lines = 0;

	(void)state;
	world_open(&w);
	world_order(&w, "cskc01", "download", no);
	buf_init(&pdf, LIMIT_JSON);
	assert_ok(print_pdf(w.h, &w.me, no, "all", &pdf, &err));
	assert_non_null(strstr(pdf.p, "测试勘察单位一"));
	buf_free(&pdf);
	world_materials(&w, no);
	journey_identity(&w, no);
	journey_pay(&w, no);
	assert_state(&w, no, "reviewing");
	journey_approve(&w, no);
	assert_state(&w, no, "approved");
	assert_ok(order_counters(w.h, &w.me, &m, &err));
	assert_int_equal(js_int(m, "fetch", 0), 1);
	json_decref(m);
	journey_fetch(&w, no);
	assert_ok(certificate_list(w.h, &w.me, "good", &m, &err));
	assert_int_equal(js_int(m, "total", 0), 1);
	json_decref(m);
	journey_reminders(&w, no);
	assert_ok(hall_journal_verify(w.h, NULL, &lines, NULL, &err));
	assert_true(lines > 15);
	world_close(&w);
}

/* The activation PIN as the assistant with this key reads it. */
static void
journey_activation(struct world *w, const char *no, EVP_PKEY *key, char pin[17])
{
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN];
	struct secret	 plain = {0};
	struct buf	 der = {0};
	json_t		*in = json_object(), *m = NULL;

	assert_err(activation_hand(w->h, &w->staff, no, in, &m, &err), ERR_INPUT);
	js_set_bytes(in, "point", "short", 5);
	assert_err(activation_hand(w->h, &w->staff, no, in, &m, &err), ERR_INPUT);
	assert_ok(sm2_point(key, point, &err));
	js_set_bytes(in, "point", point, sizeof(point));
	assert_err(activation_hand(w->h, &w->me, no, in, &m, &err), ERR_DENIED);
	assert_ok(activation_hand(w->h, &w->staff, no, in, &m, &err));
	buf_init(&der, 512);
	assert_ok(js_need_bytes(m, "activation", &der, &err));
	assert_ok(sm2_decrypt(key, der.p, der.len, &plain, &err));
	assert_int_equal(plain.len, strlen("YX-7001\n") + 8);
	assert_memory_equal(plain.p, "YX-7001\n", 8);
	(void)snprintf(pin, 17, "%.8s", (const char *)plain.p + 8);
	secret_free(&plain);
	buf_free(&der);
	json_decref(m);
	json_decref(in);
}

/* Told by SMS and shown masked, never the PIN. */
static void
journey_activation_sent(struct world *w, const char *no, const char *pin)
{
	json_t	*sms = world_newest(w, "sms"), *m = NULL, *o = NULL;
	char	*all = NULL;
	size_t	 i = 0;

	json_array_foreach(w->out, i, o)
		if (strcmp(js_str(json_object_get(o, "payload"), "template"), "SMS_ACTIVATION") == 0)
			sms = json_object_get(o, "payload");
	assert_string_equal(js_str(sms, "phone"), "18907311889");
	assert_string_equal(js_str(json_object_get(sms, "params"), "pin"), pin);
	m = world_view(w, no);
	assert_true(js_bool(m, "has_pin_sent"));
	assert_string_equal(js_str(json_object_get(m, "pin_sent"), "phone"), "189****1889");
	all = json_dumps(m, 0);
	assert_null(strstr(all, pin));
	free(all);
	json_decref(m);
}

/* Repeated until it is sent; another one at the desk, which must be sent before the key goes. */
static void
journey_made(struct world *w, const char *no, EVP_PKEY *key)
{
	struct err	 err = {0};
	char		 pin[17], again[17];
	json_t		*in = json_pack("{s:s, s:s}", "company", "顺丰", "waybill", "SF1234567890");

	assert_err(delivery_made(w->h, &w->staff, no, &err), ERR_WRONG_STATE);
	journey_activation(w, no, key, pin);
	journey_activation(w, no, key, again);
	assert_string_equal(pin, again);
	assert_ok(delivery_made(w->h, &w->staff, no, &err));
	assert_ok(delivery_made(w->h, &w->staff, no, &err));
	journey_activation_sent(w, no, pin);
	assert_err(activation_again(w->h, &w->staff, no, NULL, &err), ERR_WRONG_STATE);
	journey_activation(w, no, key, again);
	assert_string_not_equal(pin, again);
	assert_err(delivery_ship(w->h, &w->staff, no, in, NULL, &err), ERR_WRONG_STATE);
	assert_ok(activation_again(w->h, &w->staff, no, NULL, &err));
	journey_activation_sent(w, no, again);
	json_decref(in);
}

/* A check that fails stands in the order's history in words, as all that happened does. */
void
test_journey__identity_fails_in_words(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO];
	json_t		*m = NULL, *phone = NULL, *e = NULL, *in = json_pack("{s:s}", "consent", "1");
	struct who	 visitor = {.address = "192.0.2.7"};
	struct ident_fact f = {.method = IDENT_MOBILE3, .result = IDENT_INCONSISTENT, .code = "",
	    .sentence = "", .certify_id = "", .url = "", .provider_no = "P1", .evidence = ""};
	size_t		 i = 0;

	(void)state;
	world_open(&w);
	world_order(&w, "cskc03", "download", no);
	world_materials(&w, no);
	assert_ok(face_start(w.h, &w.me, no, &m, &err));
	assert_ok(face_begin(w.h, &visitor, js_str(m, "token"), in, &phone, &err));
	f.request_id = js_str(world_newest(&w, "ident.mobile3"), "request_id");
	assert_ok(store_write(w.store, world_identity_run, &f, &err));
	json_decref(m);
	m = world_view(&w, no);
	json_array_foreach(json_object_get(m, "events"), i, e)
		assert_true((unsigned char)js_str(e, "text")[0] >= 0x80);
	e = json_array_get(json_object_get(m, "events"), i - 1);
	assert_string_equal(js_str(e, "text"), "身份识别未通过");
	assert_non_null(strstr(js_str(e, "note"), "请核对姓名、证件号码和手机号"));
	json_decref(m);
	json_decref(phone);
	json_decref(in);
	world_close(&w);
}

void
test_journey__returned_mended_made_and_shipped(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO], version[24];
	struct buf	 pdf = {0};
	json_t		*in = NULL, *errors = json_array(), *m = NULL;
	EVP_PKEY	*key = NULL;

	(void)state;
	world_open(&w);
	world_order(&w, "cskc02", "courier", no);
	world_materials(&w, no);
	journey_identity(&w, no);
	journey_pay(&w, no);
	(void)snprintf(version, sizeof(version), "%" PRId64, journey_version(&w, no));
	in = json_pack("{s:s, s:s, s:s, s:s}", "version", version, "reason_0", "no-stamp",
	    "target_0", "licence", "text_0", "身份证复印件未加盖公章");
	assert_ok(material_add(w.h, &w.me, no, "licence", "JPEG-2", 6, &m, &err));
	json_decref(m);
	assert_err(review_return(w.h, &w.staff, no, in, errors, &err), ERR_CONFLICT);
	(void)snprintf(version, sizeof(version), "%" PRId64, journey_version(&w, no));
	js_set_str(in, "version", version);
	assert_ok(review_return(w.h, &w.staff, no, in, errors, &err));
	json_decref(in);
	m = world_view(&w, no);
	assert_string_equal(js_str(m, "state"), "returned");
	assert_true(js_bool(m, "has_return"));
	assert_true(js_bool(m, "may_resubmit"));
	json_decref(m);
	assert_ok(material_add(w.h, &w.me, no, "licence", "JPEG-3", 6, &m, &err));
	json_decref(m);
	assert_ok(order_resubmit(w.h, &w.me, no, &err));
	assert_state(&w, no, "reviewing");
	journey_approve(&w, no);
	assert_ok(delivery_claim(w.h, &w.staff, no, &err));
	assert_err(delivery_made(w.h, &w.staff, no, &err), ERR_WRONG_STATE);
	in = journey_csr(&w, &key);
	js_set_str(in, "medium", "YX-7001");
	assert_ok(delivery_issue(w.h, &w.staff, no, in, &m, &err));
	json_decref(m);
	journey_made(&w, no, key);
	js_set_str(in, "company", "顺丰");
	js_set_str(in, "waybill", "??");
	assert_err(delivery_ship(w.h, &w.staff, no, in, errors, &err), ERR_INPUT);
	js_set_str(in, "waybill", "SF1234567890");
	assert_ok(delivery_ship(w.h, &w.staff, no, in, errors, &err));
	buf_init(&pdf, LIMIT_JSON);
	assert_err(print_pdf(w.h, &w.me, no, "handover", &pdf, &err), ERR_WRONG_STATE);
	assert_ok(print_pdf(w.h, &w.staff, no, "handover", &pdf, &err));
	assert_non_null(strstr(pdf.p, "YX-7001"));
	assert_non_null(strstr(pdf.p, "SF1234567890"));
	buf_free(&pdf);
	assert_ok(order_received(w.h, &w.me, no, &err));
	assert_state(&w, no, "done");
	EVP_PKEY_free(key);
	json_decref(in);
	json_decref(errors);
	world_close(&w);
}

void
test_journey__others_see_nothing(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO];
	struct who	 other = {.address = "192.0.2.3"}, none = {.address = "192.0.2.4"};
	json_t		*m = NULL;
	const char	*type = NULL;
	struct buf	 b = {0};

	(void)state;
	world_open(&w);
	other.account = world_register(&w, "13907310002", "other@example.com");
	world_order(&w, "cskc03", "window", no);
	world_materials(&w, no);
	buf_init(&b, 1000);
	assert_err(order_view(w.h, &other, no, &m, &err), ERR_NOT_FOUND);
	assert_err(order_view(w.h, &none, no, &m, &err), ERR_NOT_FOUND);
	assert_err(material_read(w.h, &other, no, "licence", true, &b, &type, &err),
	    ERR_NOT_FOUND);
	assert_err(order_cancel(w.h, &other, no, "", &err), ERR_NOT_FOUND);
	assert_err(material_delete(w.h, &other, no, "licence", &err), ERR_NOT_FOUND);
	assert_err(payment_start(w.h, &other, no, "alipay", &m, &err), ERR_NOT_FOUND);
	assert_err(order_cancel(w.h, &w.staff, no, "", &err), ERR_DENIED);
	assert_err(material_delete(w.h, &w.staff, no, "licence", &err), ERR_DENIED);
	none = (struct who){.staff = 1, .roles = ROLE_ADMIN, .address = ""};
	assert_err(order_view(w.h, &none, no, &m, &err), ERR_NOT_FOUND);
	assert_err(review_list(w.h, &w.me, NULL, &m, &err), ERR_DENIED);
	assert_err(delivery_work(w.h, &w.me, &m, &err), ERR_DENIED);
	assert_err(payment_work(w.h, &w.me, &m, &err), ERR_DENIED);
	assert_ok(material_read(w.h, &w.me, no, "licence", false, &b, &type, &err));
	assert_memory_equal(b.p, "JPEG-1", 6);
	buf_free(&b);
	world_close(&w);
}
