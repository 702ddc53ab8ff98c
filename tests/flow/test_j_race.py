"""Two or eight at once: one wins, the others hear so, nothing is doubled."""
import copy
import threading

import walk
from browser import Browser, Refused
from flow import count, need, same, sentence, CHINESE
from test_b_payment import FORM, at_alipay, ordered, page_url, paid, qr, trade_state
from test_c_fetch import ask, make_csr


def twin(w):
    """The same applicant at one more browser, signed in with the same session."""
    b = Browser(w.site.url)
    b.cookies, b.csrf = dict(w.browser.cookies), w.browser.csrf
    other = copy.copy(w)
    other.browser = b
    return other


def at_once(calls):
    """All at the same moment; each one's answer or refusal."""
    barrier, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(i, fn):
        barrier.wait()
        try:
            answers[i] = fn()
        except Exception as e:      # judged below, in the test's own thread
            answers[i] = e
    threads = [threading.Thread(target=run, args=(i, fn)) for i, fn in enumerate(calls)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for a in answers:
        if isinstance(a, Exception) and not isinstance(a, Refused):
            raise a
        if isinstance(a, Refused):
            need(a.status in (409, 422, 503) and CHINESE.search(sentence(a)), str(a))
    return answers


def test_issue_at_once(ctx):
    """Eight requests for the pair of one order at once: one pair."""
    w = ctx.walker("person")
    w.apply()
    ctx.officer().approve(w.p.order)
    token = ask(w, w.p.order, w.authorisation_code())["token"]
    csr = make_csr(w, w.p.key)
    twins = [twin(w) for _ in range(8)]
    answers = at_once([lambda t=t: t.browser.post("/fetch/issue", {
        "token": token, "csr": csr}) for t in twins])
    got = {a["sign_cert"] + a["enc_cert"] for a in answers if not isinstance(a, Refused)}
    same(len(got), 1, f"pairs ({answers})")
    w.browser.get(f"/orders/{w.p.order}")
    model = w.order_model()
    same(len(model["certificates"]), 2, "certificates")
    ctx.site.yinxin("journal", "verify")


def test_pay_at_once(ctx):
    """The payment page opened six times at once: one trade to pay."""
    w = ordered(ctx)
    w.browser.get(f"/orders/{w.p.order}")
    twins = [twin(w) for _ in range(6)]
    answers = at_once([lambda t=t: t.browser.post(f"/orders/{w.p.order}/payment", {
        "channel": "alipay"}) for t in twins])
    need(any(not isinstance(a, Refused) for a in answers), "nobody may pay")
    qr(w)
    same(len(w.order_model()["trades"]), 1, "trades")


def test_cancel_against_payment(ctx):
    """Cancelled in the moment of paying: cancelled, and the money is given back."""
    for _ in range(3):
        w = ordered(ctx)
        trade = qr(w)
        w.browser.get(f"/orders/{w.p.order}")
        at_once([lambda: w.world.pay(trade["qr"]),
                 lambda: w.browser.post(f"/orders/{w.p.order}/cancel", {})])
        model = w.order_model()
        if model["state"] in ("submitted", "reviewing"):    # the payment was first, try again
            w.browser.post(f"/orders/{w.p.order}/cancel", {})
        walk.poll("the refund", lambda: trade_state(w, trade["no"]) == "refunded")
        walk.poll("the end", lambda: w.order_model()["state"] == "cancelled")
        need(count(w.order_model(), "发起退款") == 1, "refunded more than once")
        same(paid(w), False, "paid")


def test_name_at_once(ctx):
    """Four applicants want one user name at once: one gets it."""
    walkers = [ctx.walker("person") for _ in range(4)]
    for w in walkers:
        w.begin()
        w.agree()
        w.p.user_name = "race" + walkers[0].p.mobile[-6:]
    answers = at_once([w.fill for w in walkers])
    same(len([a for a in answers if not isinstance(a, Refused)]), 1, f"winners ({answers})")


def test_both_channels(ctx):
    """Paid by Alipay and by WeChat at once: one pays the order, the other is given back."""
    w = ordered(ctx)
    first, second = qr(w, "alipay"), qr(w, "wechat")
    second = next(t for t in w.order_model()["trades"] if t["channel"] == "wechat")
    payers = [(walk.World(ctx.site), t["qr"]) for t in (first, second)]
    at_once([lambda p=p: p[0].pay(p[1]) for p in payers])
    walk.poll("one refund", lambda: sorted(t["state"] for t in w.order_model()["trades"]) ==
              ["paid", "refunded"])
    same(count(w.order_model(), "收到费用"), 1, "payments")


def test_code_and_page(ctx):
    """The code and Alipay's page are open, both are paid at once: one pays the order."""
    w = ordered(ctx)
    code = qr(w, "alipay")
    b, page = at_alipay(page_url(w)["page_url"])
    world = walk.World(ctx.site)
    at_once([lambda: world.pay(code["qr"]), lambda: b.exchange("POST", page, "do=pay", FORM)])
    walk.poll("one refund", lambda: sorted(t["state"] for t in w.order_model()["trades"]) ==
              ["paid", "refunded"])
    same(count(w.order_model(), "收到费用"), 1, "payments")
