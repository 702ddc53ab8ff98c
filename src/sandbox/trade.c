#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/rand.h"

/* Trades and refunds of both channels, as the vendors keep them. */

static void
sb_key(const char *channel, const char *no, char key[128])
{
	snprintf(key, 128, "%s:%.64s", channel, no);
}

json_t *
sb_trade(const char *channel, const char *no)
{
	char	 key[128];

	sb_key(channel, no, key);
	return json_object_get(sb_map("trades"), key);
}

json_t *
sb_refund(const char *channel, const char *no)
{
	char	 key[128];

	sb_key(channel, no, key);
	return json_object_get(sb_map("refunds"), key);
}

/* By anything a tester may have at hand; newest first is not needed: all are unique. */
json_t *
sb_trade_by_qr(const char *text)
{
	const char	*key;
	json_t		*t, *found = NULL;

	json_object_foreach(sb_map("trades"), key, t)
		if (strcmp(js_str(t, "qr"), text) == 0 || strcmp(js_str(t, "code"), text) == 0 ||
		    strcmp(js_str(t, "page"), text) == 0 || strcmp(js_str(t, "no"), text) == 0)
			found = t;
	return found;
}

/* Alipay's code is the page itself; WeChat's has the vendor's scheme, /scan finds the page. */
json_t *
sb_trade_new(const char *channel, const char *no, int64_t fen, const char *subject,
    const char *notify_url, int64_t expires)
{
	bool	 alipay = strcmp(channel, "alipay") == 0;
	json_t	*t = json_object();
	char	 key[128], code[24], page[160], qr[160], channel_no[32];

	rand_token(code, 16);
	snprintf(page, sizeof(page), "%s/%s/qr/%s", sb.base, alipay ? "alipay" : "wxpay", code);
	snprintf(qr, sizeof(qr), "weixin://wxpay/bizpayurl?pr=%s", code);
	rand_digits(channel_no, 18);
	js_set_str(t, "channel", channel);
	js_set_str(t, "no", no);
	js_set_str(t, "channel_no", channel_no);
	js_set_str(t, "code", code);
	js_set_str(t, "page", page);
	js_set_str(t, "qr", alipay ? page : qr);
	js_set_int(t, "fen", fen);
	js_set_str(t, "subject", subject);
	js_set_str(t, "state", "waiting");
	js_set_bool(t, "scanned", !alipay);
	js_set_str(t, "notify_url", notify_url);
	js_set_int(t, "created", clock_now());
	js_set_int(t, "expires", expires);
	js_set_int(t, "paid_fen", 0);
	js_set_int(t, "paid_at", 0);
	js_set_int(t, "refunded_fen", 0);
	sb_key(channel, no, key);
	sb_put("trades", key, t);
	return t;
}

bool
sb_trade_is_open(json_t *trade)
{
	if (strcmp(js_str(trade, "state"), "waiting") == 0 &&
	    js_int(trade, "expires", 0) <= clock_now())
		js_set_str(trade, "state", "closed");
	return strcmp(js_str(trade, "state"), "waiting") == 0;
}

const char *
sb_trade_pay(json_t *trade, int64_t fen)
{
	if (!sb_trade_is_open(trade))
		return strcmp(js_str(trade, "state"), "closed") == 0 ?
		    "这笔交易已经关闭，请回到网页重新下单。" : "这笔交易已经付过款。";
	js_set_bool(trade, "scanned", true);
	js_set_str(trade, "state", "paid");
	js_set_int(trade, "paid_fen", fen);
	js_set_int(trade, "paid_at", clock_now());
	sb_notify(trade, NULL);
	return NULL;
}
