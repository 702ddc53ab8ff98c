#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"

/* JSON for tests: look into mailboxes and phones, pay, pass a face check, make things fail. */

static void
control_bad(struct sb_call *c, int status, const char *text)
{
	sb_json(c, status, json_pack("{s:s}", "error", text));
}

/* The body as an object; an answer was given when NULL. */
static json_t *
control_body(struct sb_call *c)
{
	struct err	 err = {0};
	json_t		*in = NULL;

	if (json_parse(c->req->body, c->req->body_len, 0, &in, &err) < 0 ||
	    !json_is_object(in)) {
		json_decref(in);
		control_bad(c, 400, "the body must be a JSON object");
		return NULL;
	}
	return in;
}

/* {"<name>":[…]} newest first, those whose field equals the query's value (all when absent). */
static void
control_list(struct sb_call *c, const char *list, const char *name, const char *field)
{
	json_t		*out = json_array(), *e;
	const char	*want = js_str(c->query, field);
	size_t		 i;

	json_array_foreach(sb_list(list), i, e)
		if (want[0] == '\0' || strcasecmp(js_str(e, field), want) == 0)
			json_array_insert(out, 0, e);
	sb_json(c, 200, json_pack("{s:o}", name, out));
}

static void
control_map(struct sb_call *c, const char *map)
{
	json_t		*out = json_array(), *e;
	const char	*key;

	json_object_foreach(sb_map(map), key, e)
		json_array_insert(out, 0, e);
	sb_json(c, 200, json_pack("{s:o}", map, out));
}

static void
control_sms(struct sb_call *c)
{
	control_list(c, "sms", "sms", "phone");
}

static void
control_mail(struct sb_call *c)
{
	control_list(c, "mails", "mails", "to");
}

static void
control_notifications(struct sb_call *c)
{
	control_list(c, "notifications", "notifications", "trade");
}

static void
control_trades(struct sb_call *c)
{
	control_map(c, "trades");
}

static void
control_faces(struct sb_call *c)
{
	control_map(c, "faces");
}

static json_t *
control_trade(struct sb_call *c, json_t *in)
{
	json_t	*t = sb_trade_by_qr(js_str_or(in, "qr", js_str(in, "trade_no")));

	if (t == NULL)
		control_bad(c, 404, "no such trade");
	return t;
}

/* {"qr" | "trade_no", "fen"? (other than asked)} */
static void
control_pay(struct sb_call *c)
{
	json_t		*in = control_body(c), *t;
	const char	*why;

	if (in != NULL && (t = control_trade(c, in)) != NULL) {
		why = sb_trade_pay(t, js_int(in, "fen", js_int(t, "fen", 0)));
		if (why != NULL)
			control_bad(c, 409, why);
		else
			sb_json(c, 200, json_incref(t));
	}
	json_decref(in);
}

/* {"qr" | "trade_no", "what": "" | forged | amount | merchant | signtest, "refund_no"?} */
static void
control_notify(struct sb_call *c)
{
	json_t	*in = control_body(c), *t;

	if (in != NULL && (t = control_trade(c, in)) != NULL) {
		sb_notify_by_hand(t, sb_refund(js_str(t, "channel"), js_str(in, "refund_no")),
		    js_str(in, "what"));
		sb_json(c, 200, json_incref(t));
	}
	json_decref(in);
}

/* {"certify_id" | "id_no" (its newest), "result": pass | fail | expire} */
static void
control_face(struct sb_call *c)
{
	json_t		*in = control_body(c), *face = NULL, *f;
	const char	*key, *result = js_str(in, "result");

	json_object_foreach(sb_map("faces"), key, f)
		if (strcmp(js_str(in, "certify_id"), key) == 0 ||
		    (js_str(in, "id_no")[0] != '\0' &&
		    strcmp(js_str(in, "id_no"), js_str(f, "id_no")) == 0))
			face = f;
	if (in != NULL && face == NULL)
		control_bad(c, 404, "no such face check");
	else if (in != NULL) {
		js_set_str(face, "state", strcmp(result, "pass") == 0 ? "passed" :
		    strcmp(result, "expire") == 0 ? "expired" : "failed");
		sb_json(c, 200, json_incref(face));
	}
	json_decref(in);
}

/* {"api","what","n"? (-1: always),"value"?} */
static void
control_fault(struct sb_call *c)
{
	json_t	*in = control_body(c);

	if (in != NULL && (js_str(in, "api")[0] == '\0' || js_str(in, "what")[0] == '\0'))
		control_bad(c, 400, "api and what are needed");
	else if (in != NULL) {
		if (json_object_get(in, "n") == NULL)
			js_set_int(in, "n", 1);
		sb_push("faults", json_incref(in));
		sb_json(c, 200, json_incref(in));
	}
	json_decref(in);
}

static void
control_faults(struct sb_call *c)
{
	sb_json(c, 200, json_pack("{s:O}", "faults", sb_list("faults")));
}

static void
control_faults_clear(struct sb_call *c)
{
	json_array_clear(sb_list("faults"));
	sb_json(c, 200, json_object());
}

/* Add to a registry, in place of an entry with the same key. */
static void
control_register(struct sb_call *c, const char *list, const char *key)
{
	json_t	*in = control_body(c), *e;
	size_t	 i;

	if (in != NULL && (js_str(in, "name")[0] == '\0' || js_str(in, key)[0] == '\0')) {
		control_bad(c, 400, "name or number missing");
	} else if (in != NULL) {
		json_array_foreach(sb_list(list), i, e)
			if (strcasecmp(js_str(e, key), js_str(in, key)) == 0) {
				json_array_remove(sb_list(list), i);
				break;
			}
		sb_push(list, json_incref(in));
		sb_json(c, 200, json_incref(in));
	}
	json_decref(in);
}

/* {"name","id_no","phone"} */
static void
control_person(struct sb_call *c)
{
	control_register(c, "people", "id_no");
}

/* {"name","uscc","legal_person"?} */
static void
control_company(struct sb_call *c)
{
	control_register(c, "companies", "uscc");
}

/* {"name","id_no","phone","card"} */
static void
control_card(struct sb_call *c)
{
	control_register(c, "cards", "card");
}

/* {"name" (of the bank),"account","holder"} */
static void
control_account(struct sb_call *c)
{
	control_register(c, "accounts", "account");
}

/* The statement of ?account= */
static void
control_entries(struct sb_call *c)
{
	control_list(c, "entries", "entries", "account");
}

static void
control_payouts(struct sb_call *c)
{
	control_map(c, "payouts");
}

/* {"no","do": settle | fail | return} */
static void
control_payout(struct sb_call *c)
{
	json_t		*in = control_body(c);
	json_t		*payout = json_object_get(sb_map("payouts"), js_str(in, "no"));
	const char	*why;

	if (in != NULL && payout == NULL)
		control_bad(c, 404, "no such payout");
	else if (in != NULL && (why = sb_payout_do(payout, js_str(in, "do"))) != NULL)
		control_bad(c, 409, why);
	else if (in != NULL)
		sb_json(c, 200, json_incref(payout));
	json_decref(in);
}

static void
control_people(struct sb_call *c)
{
	control_list(c, "people", "people", "id_no");
}

static void
control_companies(struct sb_call *c)
{
	control_list(c, "companies", "companies", "uscc");
}

/* {"code","text" with ${name}}: the text of an SMS template, as approved by the vendor. */
static void
control_template(struct sb_call *c)
{
	json_t	*in = control_body(c);

	if (in != NULL && js_str(in, "code")[0] != '\0') {
		sb_put("templates", js_str(in, "code"), json_string(js_str(in, "text")));
		sb_json(c, 200, json_incref(in));
	} else if (in != NULL) {
		control_bad(c, 400, "code missing");
	}
	json_decref(in);
}

/* {"ms"}: this world's clock moves with that of a test. */
static void
control_clock(struct sb_call *c)
{
	json_t	*in = control_body(c);

	if (in != NULL) {
		clock_shift(js_int(in, "ms", 0));
		sb_json(c, 200, json_incref(in));
	}
	json_decref(in);
}

/* Forget everything but the registries. */
static void
control_reset(struct sb_call *c)
{
	static const char *const names[] = {"sms", "mails", "trades", "refunds", "faces", "faults",
		"notifications", "queue", "nonces", "fapiao", "parcels", "payouts", "entries"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		json_object_del(sb.state, names[i]);
	sb_json(c, 200, json_object());
}

const struct sb_route	 sb_routes_control[] = {
	{"GET", "/control/sms", control_sms},
	{"GET", "/control/mail", control_mail},
	{"GET", "/control/trades", control_trades},
	{"GET", "/control/notifications", control_notifications},
	{"GET", "/control/faces", control_faces},
	{"GET", "/control/faults", control_faults},
	{"GET", "/control/people", control_people},
	{"GET", "/control/companies", control_companies},
	{"POST", "/control/pay", control_pay},
	{"POST", "/control/notify", control_notify},
	{"POST", "/control/face", control_face},
	{"POST", "/control/fault", control_fault},
	{"POST", "/control/faults/clear", control_faults_clear},
	{"POST", "/control/person", control_person},
	{"POST", "/control/company", control_company},
	{"POST", "/control/card", control_card},
	{"POST", "/control/account", control_account},
	{"GET", "/control/entries", control_entries},
	{"GET", "/control/payouts", control_payouts},
	{"POST", "/control/payout", control_payout},
	{"POST", "/control/template", control_template},
	{"POST", "/control/clock", control_clock},
	{"POST", "/control/reset", control_reset},
	{0}
};
