"""Several certificates renewed in one go: one payment, each order its own way."""
import threading
import time

import identity
import test_r_invoice as invoices
import walk
from browser import Refused
from flow import count, need, refused, same, sentence
from test_b_payment import china_day, reconcile
from test_g_kill import kill, restarted
from test_j_race import at_once, twin
from test_l_status import holder, status
from test_m_renew import as_before, fetch_again, renewing


def one_more(ctx, w):
    """Another certificate of the same applicant, in a UKey of its own."""
    w.p.user_name = "q" + identity.mobile()[1:]
    ctx.keys += 1
    w.p.key = f"key{ctx.keys}"
    ctx.site.make_key(w.p.key, f"UKey{ctx.keys}", walk.BLANK_PIN)
    w.apply()
    ctx.officer().approve(w.p.order)
    w.fetch()
    return w.serial, w.p.key


def wanted(w, answer="我的母亲", years="1"):
    offer = w.browser.get("/user/renewals")
    return {**{f"agree_{a['id']}": "1" for a in offer["agreements"]},
            **{f"q_{q['key']}": answer for q in offer["questions"]},
            **{f"y_{r['serial']}": years for r in offer["rows"]}}


def bundle_qr(w, path, channel="alipay"):
    w.browser.get(path)
    w.browser.post(f"{path}/payment", {"channel": channel})
    return walk.poll("the QR code", lambda: next(
        (t for t in [w.browser.get(f"{path}/payment").get("trade")]
         if t and t["state"] == "waiting" and t["qr"]), None))


def owed(w, path):
    return w.browser.get(path)["due"]


def shares(w, path):
    """The shares of every order of the bundle: [(order's state, share's state, fen)]."""
    out = []
    for o in w.browser.get(path)["orders"]:
        model = w.browser.get(f"/orders/{o['no']}")
        out += [(model["state"], t["state"], t["received_fen"])
                for t in model["trades"] if t["shared"]]
    return out


def test_bundle(ctx):
    """Two certificates chosen, one agreement, one answer, one sum; two windows begin one; paid by
    one code, both in review; one is cancelled and only its share goes back, the bills agree; the
    other is fetched into its own UKey, the old pair stays."""
    w, first = holder(ctx)
    keys = {first: w.p.key}
    second, keys_second = one_more(ctx, w)
    keys[second] = keys_second
    same([r["why"] != "" for r in w.browser.get("/user/renewals")["others"]], [True, True],
         "too early")
    renewing(ctx, 366)
    try:
        w.browser.connection = None
        w.sign_in()
        e = refused(422, w.browser.post, "/user/renewals", wanted(w, "别人不知道"))
        need("不对" in sentence(e), sentence(e))
        e = refused(422, w.browser.post, "/user/renewals", {})
        need("年限" in sentence(e), sentence(e))
        fields = wanted(w)
        tabs = [twin(w), twin(w)]
        got = at_once([lambda t=t: t.browser.post("/user/renewals", fields) for t in tabs])
        begun = [g["no"] for g in got if isinstance(g, dict)]
        same(len(begun), 1, "bundles")
        path = f"/bundles/{begun[0]}"
        model = w.browser.get(path)
        same((model["n"], model["due"], model["may_pay"]), (2, "680.00", True), "the bundle")
        same({o["state"] for o in model["orders"]}, {"submitted"}, "states")
        trade = bundle_qr(w, path)
        same(trade["amount"], "680.00", "one sum")
        w.world.fault("alipay.notify", "duplicate", n=1, value=3)
        w.world.pay(trade["qr"])
        walk.poll("the payment", lambda: w.browser.get(f"{path}/payment")["paid"])
        same(sorted(shares(w, path)), [("reviewing", "paid", 34000)] * 2, "shares")
        refused(409, w.browser.post, f"{path}/payment", {"channel": "wechat"})
        told = walk.poll("one message", lambda: [m for m in w.world.sms(w.p.mobile)
                                                 if m["template"] == "SMS_BUNDLE_PAID"])
        same(len(told), 1, "messages")

        orders = {o["no"]: w.browser.get(f"/orders/{o['no']}") for o in model["orders"]}
        gone, stays = list(orders)
        w.browser.get(f"/orders/{gone}/cancel")
        w.browser.post(f"/orders/{gone}/cancel", {"reason": "不更新了"})
        walk.poll("the refund", lambda: w.browser.get(f"/orders/{gone}")["state"] == "cancelled")
        there = next(t for t in w.world.service.get("/control/trades")["trades"]
                     if t["no"] == trade["no"])
        same((there["paid_fen"], there["refunded_fen"]), (68000, 34000), "at the channel")
        rows = reconcile(ctx.officer(), china_day())["rows"]
        need(trade["no"] not in [r["trade"] for r in rows], f"the bill differs: {rows}")

        ctx.officer().approve(stays)
        w.p.order = stays
        model = w.order_model()
        for serial, key in keys.items():
            if model["subject"] and w.browser.get(f"/certificates/{serial}")["replaced_by"] == stays:
                w.p.key, old = key, serial
        fresh = fetch_again(w)
        same((status(ctx, old), status(ctx, fresh)), ("good", "good"), "old and new")
        same(count(w.order_model(), "收到费用"), 1, "payments")
        model = w.browser.get(path)
        same((model["n_done"], model["all_done"]), (1, True), "progress")
        ctx.site.yinxin("journal", "verify")
    finally:
        as_before(ctx)


def test_bundle_invoice(ctx):
    """What one payment paid is invoiced like anything else: both orders on one invoice, once; one of
    them cancelled is taken back, the other gets its own."""
    w, _ = holder(ctx)
    one_more(ctx, w)
    renewing(ctx, 366)
    try:
        w.browser.connection = None
        w.sign_in()
        path = f"/bundles/{w.browser.post('/user/renewals', wanted(w))['no']}"
        orders = sorted(o["no"] for o in w.browser.get(path)["orders"])
        need(not set(orders) & {o["no"] for o in w.browser.get("/invoices/new")["orders"]},
             "offered before it is paid")
        w.world.pay(bundle_qr(w, path)["qr"])
        walk.poll("the payment", lambda: w.browser.get(f"{path}/payment")["paid"])
        offer = {o["no"]: o["amount"] for o in w.browser.get("/invoices/new")["orders"]}
        same([offer.get(no) for no in orders], ["340.00"] * 2, "offered")
        both = invoices.ask(w, *orders)
        model = invoices.issued(w, both)
        same((model["amount"], sorted(o["no"] for o in model["orders"])), ("680.00", orders),
             "the invoice")
        need(w.browser.get_raw(f"/invoices/{both}/file")[1].startswith(b"%PDF-"), "no PDF")
        for no in orders:
            same([v["number"] for v in w.browser.get(f"/orders/{no}")["invoices"]],
                 [model["number"]], f"on the page of {no}")
            refused(409, invoices.ask, w, no)
        w.browser.get(f"/orders/{orders[0]}/cancel")
        w.browser.post(f"/orders/{orders[0]}/cancel", {"reason": "不更新了"})
        invoices.red(w, both)
        fresh = next(r["no"] for r in w.browser.get("/user/invoices")["rows"]
                     if r["no"] != both and r["state"] != "reversed")
        model = invoices.issued(w, fresh)
        same((model["amount"], [o["no"] for o in model["orders"]]), ("340.00", [orders[1]]),
             "of the other")
    finally:
        as_before(ctx)


def test_bundle_killed(ctx):
    """kill -9 of web and gate while the payment of a bundle arrives, again and again: paid once,
    every order has its share, nothing is given back."""
    w, _ = holder(ctx)
    one_more(ctx, w)
    renewing(ctx, 366)
    try:
        w.browser.connection = None
        w.sign_in()
        path = f"/bundles/{w.browser.post('/user/renewals', wanted(w))['no']}"
        trade = bundle_qr(w, path)
        w.world.fault("alipay.notify", "duplicate", n=1, value=6)
        paying = threading.Thread(target=w.world.pay, args=(trade["qr"],))
        paying.start()
        for i, victim in enumerate(("web", "gate", "web", "gate", "web")):
            time.sleep((0, 0.02, 0.05, 0.01, 0.1)[i])
            restarted(ctx.site, victim, kill(ctx.site, victim))
        paying.join()

        def paid():
            w.browser.connection = None
            try:
                return w.browser.get(f"{path}/payment")["paid"]
            except (OSError, Refused):
                return False
        walk.poll("the payment", paid, 60)
        same(sorted(shares(w, path)), [("reviewing", "paid", 34000)] * 2, "shares")
        there = next(t for t in w.world.service.get("/control/trades")["trades"]
                     if t["no"] == trade["no"])
        same((there["paid_fen"], there["refunded_fen"]), (68000, 0), "at the channel")
        for o in w.browser.get(path)["orders"]:
            same(count(w.browser.get(f"/orders/{o['no']}"), "收到费用"), 1, "events")
        ctx.site.yinxin("journal", "verify")
    finally:
        as_before(ctx)


def test_bundle_by_command(ctx):
    """At the server: listed, shown without a name, cancelled whole with the money back, also what
    is approved; a second time there is nothing to cancel."""
    w, _ = holder(ctx)
    one_more(ctx, w)
    renewing(ctx, 366)
    try:
        w.browser.connection = None
        w.sign_in()
        no = w.browser.post("/user/renewals", wanted(w))["no"]
        path, site = f"/bundles/{no}", ctx.site
        w.world.pay(bundle_qr(w, path)["qr"])
        walk.poll("the payment", lambda: w.browser.get(f"{path}/payment")["paid"])
        line = next(x for x in site.yinxin("bundle", "list").splitlines() if x.startswith(no))
        need(" 2 orders" in line and " 2 paid" in line, line)
        shown = site.yinxin("bundle", "show", no)
        orders = [o["no"] for o in w.browser.get(path)["orders"]]
        need(all(o in shown for o in orders) and "total 680.00" in shown, shown)
        need(w.p.name not in shown, "the name stands there in full")
        need(site.yinxin("bundle", "cancel", no, "", check=False).returncode != 0, "no reason")
        need(site.yinxin("bundle", "show", "2" * 20, check=False).returncode != 0, "none such")
        ctx.officer().approve(orders[0])
        said = site.yinxin("bundle", "cancel", no, "申请人来电取消")
        same(said.count("cancelled"), 2, said)
        for o in orders:
            walk.poll("the end", lambda x=o: w.browser.get(f"/orders/{x}")["state"] == "cancelled")
            same(count(w.browser.get(f"/orders/{o}"), "发起退款"), 1, "refunds")
        same(site.yinxin("bundle", "cancel", no, "再来一次"), "", "nothing left to cancel")
        site.yinxin("journal", "verify")
    finally:
        as_before(ctx)


def test_reminded_together(ctx):
    """Two certificates of one applicant due on one day: one SMS and one mail, with the way to the
    page where both are renewed."""
    w, _ = holder(ctx)
    one_more(ctx, w)
    renewing(ctx, 366)
    try:
        ctx.site.yinxin("remind")
        told = walk.poll("the SMS", lambda: [m for m in w.world.sms(w.p.mobile)
                                            if m["template"].startswith("SMS_EXPIRING")])
        same([m["template"] for m in told], ["SMS_EXPIRING_MANY"], "messages")
        need("/user/renewals" in str(told[0]) and '"2"' in str(told[0]).replace("'", '"'),
             str(told[0]))
        mail = walk.poll("the mail", lambda: [m for m in w.world.mail(w.p.mail)
                                              if "到期" in str(m)])
        same(len(mail), 1, "mails")
    finally:
        as_before(ctx)
