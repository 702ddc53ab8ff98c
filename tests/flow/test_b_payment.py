"""Money: whatever the channels do, an order is paid once and nothing is kept that must go."""
import json
import time
import urllib.parse

import identity
import walk
from browser import Browser
from flow import count, need, refused, same, sentence

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def ordered(ctx):
    """Somebody with an order that may be paid."""
    w = ctx.walker("person")
    again(w)
    return w


def again(w):
    """One more order of the same person: the user name must be another."""
    w.p.user_name = "q" + identity.mobile()[1:]
    for step in (w.begin, w.agree, w.fill, w.confirm):
        step()


def qr(w, channel="alipay"):
    """The trade that waits to be paid."""
    path = f"/orders/{w.p.order}/payment"
    w.browser.get(f"/orders/{w.p.order}")
    w.browser.post(path, {"channel": channel})
    return walk.poll("the QR code", lambda: next(
        (t for t in w.browser.get(path)["trades"] if t["state"] == "waiting" and t["qr"]),
        None))


def page_url(w):
    """Pay by logging in at Alipay: the trade, with the address to go to."""
    path = f"/orders/{w.p.order}/payment"
    w.browser.get(f"/orders/{w.p.order}")
    w.browser.post(path, {"channel": "alipay_page"})
    return walk.poll("the address", lambda: next(
        (t for t in w.browser.get(path)["trades"] if t["page_url"]), None))


def at_alipay(url):
    """The payer's browser, logged in at Alipay's page: the browser and the page's path."""
    parts = urllib.parse.urlsplit(url)
    b = Browser(f"{parts.scheme}://{parts.netloc}")
    status, headers, _ = b.exchange("GET", f"{parts.path}?{parts.query}")
    same(status, 303, "the signed address")
    page = urllib.parse.urlsplit(headers["Location"]).path
    same(b.exchange("POST", page, "do=login", FORM)[0], 303, "logging in")
    return b, page


def paid(w):
    return w.browser.get(f"/orders/{w.p.order}/payment")["paid"]


def trade_state(w, no):
    return next(t["state"] for t in w.order_model()["trades"] if t["no"] == no)


def notified(w, no, n):
    """Wait for so many notifications to be answered; the answers."""
    def rows():
        got = w.world.service.get(f"/control/notifications?trade={no}")["notifications"]
        return got if len(got) >= n else None
    return walk.poll(f"{n} notifications", rows)


def test_paid_once(ctx):
    """Alipay notifies five times, then twice more: paid once, one event."""
    w = ordered(ctx)
    trade = qr(w)
    w.world.fault("alipay.notify", "duplicate", n=1, value=4)
    w.world.pay(trade["qr"])
    rows = notified(w, trade["no"], 5)
    for _ in range(2):
        w.world.service.post("/control/notify", {"trade_no": trade["no"], "what": ""})
    rows = notified(w, trade["no"], 7)
    need(all(r["ok"] for r in rows), f"not all answered success: {rows}")
    model = w.order_model()
    same(len([t for t in model["trades"] if t["state"] == "paid"]), 1, "paid trades")
    same(count(model, "收到费用"), 1, "events")
    refused(409, w.browser.post, f"/orders/{w.p.order}/payment", {"channel": "alipay"})


def test_alipay_page(ctx):
    """Paid by logging in to the account: nothing is paid before he pays, whatever the browser
    brings back; the notification is lost, the query finds it; paid once."""
    w = ordered(ctx)
    for step in (w.print, w.materials, w.prove_identity):
        step()
    trade = page_url(w)
    b, page = at_alipay(trade["page_url"])
    back = w.step_path("payment")
    forged = f"?out_trade_no={trade['no']}&trade_status=TRADE_SUCCESS&total_amount=340.00"
    need(not w.browser.get(back + forged)["paid"], "paid by coming back")
    need(not paid(w), "paid by coming back")
    w.world.fault("alipay.notify", "lost", n=1)
    status, headers, _ = b.exchange("POST", page, "do=pay", FORM)
    same(status, 303, "the way back")
    there = urllib.parse.urlsplit(headers["Location"])
    same(there.path, back, "return_url")
    need("sign=" in there.query, "a signed way back")
    w.browser.get(f"{there.path}?{there.query}")
    walk.poll("the payment by query", lambda: paid(w), 60)
    same(trade_state(w, trade["no"]), "paid", "trade")
    same(count(w.order_model(), "收到费用"), 1, "payments")
    refused(409, w.browser.post, f"/orders/{w.p.order}/payment", {"channel": "alipay_page"})


def test_forged(ctx):
    """A forged notification is not believed; the true one after it is."""
    w = ordered(ctx)
    trade = qr(w)
    w.world.fault("alipay.notify", "forged", n=1)
    w.world.fault("alipay.notify", "late", n=1, value=2500)
    w.world.pay(trade["qr"])
    first = notified(w, trade["no"], 1)[0]
    same((first["what"], first["ok"]), ("forged", False), "the forged one")
    need(not paid(w), "paid by a forged notification")
    walk.poll("the true one", lambda: paid(w))
    same(count(w.order_model(), "收到费用"), 1, "events")


def test_wechat_probe(ctx):
    """WeChat's probing signature is refused; the true notification pays."""
    w = ordered(ctx)
    trade = qr(w, "wechat")
    w.world.fault("wechat.notify", "signtest", n=1)
    w.world.pay(trade["qr"])
    walk.poll("the payment", lambda: paid(w))
    rows = notified(w, trade["no"], 2)
    same([r["ok"] for r in rows if r["what"] == "signtest"], [False], "the probe's answer")
    same(count(w.order_model(), "收到费用"), 1, "events")


def test_wrong_amount(ctx):
    """Another amount than asked pays nothing; finance gives it back."""
    w = ordered(ctx)
    trade = qr(w)
    w.world.pay(trade["qr"], fen=33900)
    walk.poll("the exception", lambda: trade_state(w, trade["no"]) == "exception")
    need(not paid(w), "paid with a wrong amount")
    desk = ctx.officer().browser
    rows = desk.get("/staff/payments")["exceptions"]
    need(trade["no"] in [r["no"] for r in rows], "not in the finance list")
    desk.post(f"/staff/payments/{trade['no']}/refund")
    walk.poll("the refund", lambda: trade_state(w, trade["no"]) == "refunded")
    refused(409, desk.post, f"/staff/payments/{trade['no']}/refund")


def test_lost_notification(ctx):
    """A notification that never comes: the payment is found by asking."""
    w = ordered(ctx)
    trade = qr(w)
    w.world.fault("alipay.notify", "lost", n=1)
    w.world.pay(trade["qr"])
    walk.poll("the payment by query", lambda: paid(w), 40)
    same(count(w.order_model(), "收到费用"), 1, "events")


def test_cancel_paid(ctx):
    """Cancelled after payment: the money goes back, the order ends cancelled."""
    w = ordered(ctx)
    trade = qr(w)
    w.world.pay(trade["qr"])
    walk.poll("the payment", lambda: paid(w))
    w.browser.get(f"/orders/{w.p.order}/cancel")
    w.browser.post(f"/orders/{w.p.order}/cancel", {"reason": "不办了"})
    walk.poll("the refund", lambda: w.order_model()["state"] == "cancelled")
    same(trade_state(w, trade["no"]), "refunded", "trade")
    there = w.world.service.get("/control/trades")["trades"]
    kept = next(t for t in there if t["no"] == trade["no"])
    same(kept["refunded_fen"], kept["paid_fen"], "given back at the channel")
    refused(409, w.browser.post, f"/orders/{w.p.order}/cancel", {})


def test_pay_cancelled(ctx):
    """Paying a cancelled order: refunded by itself."""
    w = ordered(ctx)
    trade = qr(w, "wechat")
    w.browser.post(f"/orders/{w.p.order}/cancel", {})
    same(w.order_model()["state"], "cancelled", "state")
    w.world.pay(trade["qr"])
    walk.poll("the refund", lambda: trade_state(w, trade["no"]) == "refunded")
    same(w.order_model()["state"], "cancelled", "state")
    refused(409, w.browser.post, f"/orders/{w.p.order}/payment", {"channel": "alipay"})


def test_years_changed(ctx):
    """The years are changed while the code to pay is open: it is closed, a new one asks for the new
    amount; who pays the old one at that very moment gets it back and the order stays unpaid."""
    w = ordered(ctx)
    old = qr(w)
    w.fill(years="2")
    same(trade_state(w, old["no"]), "closed", "the old code")
    w.confirm()
    need(not w.browser.get(f"/orders/{w.p.order}/payment")["paid"], "paid")
    new = qr(w)
    need(new["no"] != old["no"] and new["amount"] != old["amount"], f"the new code {new}")
    # paid in the moment of the change: the closing comes too late
    w.world.fault("alipay.close", "http_500", n=50)
    w.fill(years="1")
    w.world.pay(new["qr"])
    walk.poll("the money to go back", lambda: trade_state(w, new["no"]) == "refunded")
    need(not paid(w), "paid by the old code")
    w.confirm()
    last = qr(w)
    same(last["amount"], old["amount"], "the amount")
    w.world.pay(last["qr"])
    walk.poll("paid", lambda: paid(w))
    same(count(w.order_model(), "收到费用"), 1, "events")


def test_transfer(ctx):
    """Bank transfer: voucher, wrong figures refused, finance confirms, paid."""
    w = ordered(ctx)
    no = w.p.order
    w.browser.upload(f"/orders/{no}/voucher", {"remark": "对公转账"},
                     {"file": ("voucher.png", identity.png(seed=5))})
    trade = next(t for t in w.order_model()["trades"] if t["channel"] == "transfer")
    w.browser.get_raw(f"/vouchers/{trade['no']}")
    desk = ctx.officer().browser
    row = next(r for r in desk.get("/staff/payments")["transfers"] if r["no"] == trade["no"])
    same(row["order"], no, "the order in the finance list")
    path = f"/staff/payments/{trade['no']}/confirm"
    e = refused(422, desk.post, path, {"amount": "很多", "bank_no": "B1"})
    need(e.field("amount"), f"no sentence beside the amount: {sentence(e)}")
    e = refused(422, desk.post, path, {"amount": "340.00", "bank_no": ""})
    need(e.field("bank_no"), "no sentence beside the bank's number")
    need(not paid(w), "paid before finance confirmed")
    desk.post(path, {"amount": "340.00", "bank_no": "BOC20261121001"})
    need(paid(w), "not paid after finance confirmed")
    refused(409, desk.post, path, {"amount": "340.00", "bank_no": "BOC20261121001"})


def china_day():
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))


def reconcile(officer, day):
    """Fetch the bills of the day once more; the finance page when both are in."""
    def at(model):
        return {r["channel"]: r["at"] for r in model["days"]
                if r["day"] == day and r["ok"] and r["channel"] != "bank"}
    before = at(officer.browser.get("/staff/reconciliation"))
    time.sleep(1.1)         # the page shows seconds
    for channel in ("alipay", "wechat"):
        walk.World(officer.site).fault(f"{channel}.bill", "today", n=1)
    officer.browser.post("/staff/reconciliation", {"day": day})

    def both():
        model = officer.browser.get("/staff/reconciliation")
        now = at(model)
        return model if len(now) == 2 and all(now[c] != before.get(c) for c in now) else None
    return walk.poll("both bills", both, 20)


def test_reconciliation(ctx):
    """The bills of the day: what agrees is counted, what does not is listed, closed with a
    note and stays closed; a payment whose notification was lost is credited from the bill."""
    officer, day, w = ctx.officer(), china_day(), ordered(ctx)
    trade = qr(w, "wechat")
    w.world.pay(trade["qr"])
    walk.poll("paid", lambda: paid(w))
    again(w)
    trade = qr(w)
    w.world.pay(trade["qr"])
    walk.poll("paid", lambda: paid(w))
    known = {r["id"] for r in reconcile(officer, day)["rows"]}

    again(w)
    lost = qr(w)
    w.world.fault("alipay.notify", "lost", n=1)
    w.world.fault("alipay.query", "http_500", n=20)
    w.world.pay(lost["qr"])
    w.world.fault("wechat.bill", "drop", n=1)
    w.world.fault("alipay.bill", "extra", n=1)
    model = reconcile(officer, day)
    need(paid(w), "the lost payment was not credited from the bill")
    same(count(w.order_model(), "收到费用"), 1, "events")
    rows = [r for r in model["rows"] if r["id"] not in known]
    need({"missing", "unknown"} <= {r["kind"] for r in rows}, f"differences {rows}")
    unknown = next(r for r in rows if r["trade"] == "ELSEWHERE0001")
    same((unknown["kind"], unknown["theirs"]), ("unknown", "123.45"), "the payment elsewhere")
    out = ctx.site.yinxin("reconcile")
    need("missing" in out and "ELSEWHERE0001" in out, out)

    path = f"/staff/reconciliation/{unknown['id']}/close"
    refused(422, officer.browser.post, path, {"note": ""})
    officer.browser.post(path, {"note": "别的门店的收款"})
    refused(409, officer.browser.post, path, {"note": "再来一次"})
    w.world.fault("alipay.bill", "extra", n=1)
    model = reconcile(officer, day)
    need(not [r for r in model["rows"] if r["kind"] in ("missing", "unknown")
              and r["trade"] in (unknown["trade"], rows[0]["trade"])],
         f"what was closed came back, or what was missing is there now: {model['rows']}")


def test_undelivered(ctx):
    """An SMS the provider refuses stands on the administrator's page; sent again it arrives;
    metrics of every process count it."""
    desk, w = ctx.officer().browser, ctx.walker("person")
    w.world.fault("aliyun.SendSms", "limit", n=1)
    again(w)

    def row():
        return next((r for r in desk.get("/staff/outbox")["rows"] if r["kind"] == "sms"
                     and w.p.order in r["key"]), None)
    bad = walk.poll("the SMS on the list", row)
    before = len(w.world.sms(w.p.mobile))
    same((bad["state"], bad["may_retry"]), ("failed", True), "the row")
    need(bad["no"] in ctx.site.yinxin("outbox", "list"), "not in the command's list")
    m = ctx.site.metrics()
    need(m["yinxin_gate_outbox_failed"] >= 1, "no gauge of what failed")
    for process in ("signer", "kmc", "va", "gate", "doc", "web"):
        same(m[f'yinxin_up{{process="{process}"}}'], 1, f"{process} up")
        need(m[f'yinxin_process_cpu_ms_total{{process="{process}"}}'] > 0, process)
    for process, at in ctx.site.status().items():
        same(m[f'yinxin_process_running{{process="{process}"}}'], 1, f"{process} runs")
        same(m[f'yinxin_process_restarts_total{{process="{process}"}}'], at["restarts"], process)
    need(m["yinxin_tls_certificate_ends_seconds"] > 86400, "the site's certificate ends")
    refused((401, 403, 404), w.browser.get, "/staff/outbox")
    desk.post(f"/staff/outbox/{bad['no']}/retry")
    refused(409, desk.post, f"/staff/outbox/{bad['no']}/retry")
    walk.poll("the SMS", lambda: len(w.world.sms(w.p.mobile)) > before)
    need(row() is None, "still on the list")
    r = ctx.site.yinxin("outbox", "drop", bad["no"], check=False)
    need(r.returncode != 0, "dropped though it was delivered")


def test_sms_reports(ctx):
    """A delivery report says that an SMS did not arrive: it stands on the administrator's page,
    once, and cannot be sent again, for its content is gone; strangers' reports are not taken."""
    desk, w = ctx.officer().browser, ctx.walker("person")
    again(w)
    sent = walk.poll("the SMS of the order", lambda: next(
        (m for m in w.world.sms(w.p.mobile) if w.p.order in str(m["params"])), None))

    def report(success, channel="sms-report-address-97531", out_id=None):
        body = json.dumps([{
            "phone_number": w.p.mobile, "send_time": "2026-11-28 10:00:00",
            "report_time": "2026-11-28 10:00:09", "success": success, "sms_size": "1",
            "err_code": "DELIVERED" if success else "MOBILE_NOT_ON_SERVICE",
            "err_msg": "", "biz_id": sent["biz_id"], "out_id": out_id or sent["out_id"]}])
        status, _, data = Browser(ctx.site.url).exchange(
            "POST", f"/notify/{channel}", body.encode(), {"Content-Type": "application/json"})
        return status, data

    def rows():
        return [r for r in desk.get("/staff/outbox")["rows"] if r["no"] == sent["out_id"]]
    for channel in ("sms-", "sms-wrong", "sms-report-address-9753"):
        same(report(False, channel)[0], 404, channel)
    same(report(False, out_id="x")[0], 422, "no id")
    same(rows(), [], "before")
    same(report(True), (200, b'{"code":0,"msg":"\xe6\x8e\xa5\xe6\x94\xb6\xe6\x88\x90\xe5\x8a\x9f"}'),
         "the answer to the provider")
    same(rows(), [], "after it arrived")
    for _ in range(2):
        same(report(False)[0], 200, "answer")
        same([(r["state"], r["may_retry"]) for r in rows()], [("failed", False)], "the row")
    need("MOBILE_NOT_ON_SERVICE" in str(rows()), f"no cause: {rows()}")
    e = refused(409, desk.post, f"/staff/outbox/{sent['out_id']}/retry")
    need("电话" in sentence(e), sentence(e))
    desk.post(f"/staff/outbox/{sent['out_id']}/drop")
    same(report(False)[0], 200, "a late repetition")
    same(rows(), [], "dropped")
