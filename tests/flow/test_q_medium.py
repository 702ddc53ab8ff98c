"""UKeys of the stock, written and handed over by staff; the PIN travels by SMS alone."""
import os
import re

import walk
from browser import Browser
from flow import need, refused, same, sentence, ukey
from test_j_race import at_once
from test_m_renew import as_before
from test_l_status import look
from test_n_unlock import NEW_PIN, files_with, prove, read_challenge, unlocker

ADMIN_PIN = "87654321"                  # of the UKeys that hallsite makes
OWN_PIN = "Own-97531"


class Maker:
    """A maker's page at the desk: what assets/js/make.js does."""

    def __init__(self, ctx, no):
        self.ctx, self.no, self.desk = ctx, no, ctx.officer()
        self.browser, self.assistant = Browser(ctx.site.url), self.desk.assistant
        self.browser.cookies = dict(self.desk.browser.cookies)
        self.browser.csrf = self.desk.browser.csrf

    def post(self, act, **fields):
        return self.browser.post(f"/staff/making/{self.no}/{act}", fields)

    def make(self):
        return self.assistant.post("/key/make", {"order": self.no, "cn": "X",
                                                 "pin": walk.BLANK_PIN})

    def issue(self, made):
        return self.post("issue", csr=made["csr"], medium=made["serial"])

    def install(self, pair):
        self.assistant.post("/key/install", {
            "order": self.no, "pin": walk.BLANK_PIN, "sign_cert": pair["sign_cert"],
            "enc_cert": pair["enc_cert"], "envelope": pair["enc_key"],
            "device": pair["device"]})

    def activate(self, pin=walk.BLANK_PIN, admin=False):
        given = self.post("activation", point=self.assistant.get("/pin/activation")["point"])
        self.assistant.post("/pin/activation", {"activation": given["activation"], "pin": pin,
                                                "admin": admin})

    def row(self, part):
        rows = self.browser.get("/staff/making")[part]
        return next((r for r in rows if r["no"] == self.no), None)


def approved(ctx, kind="person"):
    """An order that staff make, to be taken at the window."""
    w = ctx.walker(kind)
    w.apply("window")
    ctx.officer().approve(w.p.order)
    return w


def activation_pins(w):
    """Of the SMS to the applicant, the newest first."""
    return [re.search(r"\b(\d{8})\b", str(m["params"])).group(1)
            for m in w.world.sms(w.p.mobile) if m["template"] == "SMS_ACTIVATION"]


def told(w, n):
    return walk.poll("the SMS", lambda: len(activation_pins(w)) == n and activation_pins(w))[0]


def is_nowhere(ctx, pin):
    """The PIN stands in no file of the site; only the phone has it."""
    found = [f for f in files_with(ctx.site.root, pin)
             if os.sep + "sandbox" + os.sep not in f]
    same(found, [], "files with the PIN")


def test_made_by_staff(ctx):
    """Received in a batch, written at the desk, interrupted, made; the SMS lost, another PIN; handed
    over with a receipt; opens with the last PIN, once, for a PIN of the holder's own."""
    w = approved(ctx)
    ctx.site.plug(w.p.key)
    serial = w.assistant.get("/keys")["keys"][0]["serial"]
    ctx.site.yinxin("medium", "add", "--batch", "flow-" + serial, serial)
    need("blank" in ctx.site.yinxin("medium", "list", "--batch", "flow-" + serial), "in stock")
    m = Maker(ctx, w.p.order)
    m.post("claim")
    refused(409, m.post, "activation", point=m.assistant.get("/pin/activation")["point"])
    ctx.site.plug(w.p.key)
    made = m.make()
    m.install(m.issue(made))
    same((ukey(ctx, serial)["state"], ukey(ctx, serial)["order"]), ("issued", w.p.order), "stock")
    refused(409, m.post, "made")
    ctx.site.plug(w.p.key)
    m.activate()
    e = refused(403, m.make)            # the page was closed here: its PIN is another by now
    need("PIN" in sentence(e), sentence(e))
    m.activate()
    m.post("made")
    first = told(w, 1)
    is_nowhere(ctx, first)
    row = m.row("ready")
    same((row["ukey"], row["has_pin_sent"]), (serial, True), "at the desk")
    sent = w.order_model()
    same((sent["has_pin_sent"], sent["pin_sent"]["phone"]),
         (True, w.p.mobile[:3] + "****" + w.p.mobile[-4:]), "where the PIN went")
    need(first not in str(sent) and first not in str(row), "the PIN is shown")
    again(m, w, first)
    hand_over(ctx, m, w, serial)


def again(m, w, first):
    """Only with the UKey's administrator PIN; until the SMS is out the key does not leave."""
    refused(403, m.activate, "00000000", True)
    m.ctx.site.plug("staff")
    e = refused(409, m.activate, ADMIN_PIN, True)
    need("不是这笔业务" in sentence(e), sentence(e))
    m.ctx.site.plug(w.p.key)
    refused(409, m.post, "hand-over", receiver=w.p.name)
    m.activate(ADMIN_PIN, True)
    m.post("activation/sent")
    need(told(w, 2) != first, "the same PIN")
    e = refused(403, w.assistant.post, "/pin/verify", {"pin": first})
    need("不对" in sentence(e), sentence(e))


def hand_over(ctx, m, w, serial):
    _, pdf = m.browser.get_raw(f"/staff/orders/{w.p.order}/print/handover")
    need(pdf.startswith(b"%PDF-"), "no receipt")
    m.post("hand-over", receiver=w.p.name)
    refused(409, m.post, "activation", point=m.assistant.get("/pin/activation")["point"])
    pin = told(w, 2)
    is_nowhere(ctx, pin)
    e = refused(410, w.sign_in_by_ukey, pin=pin)
    need("激活" in sentence(e), sentence(e))
    refused((403, 410), w.assistant.post, "/key/make", {"order": w.p.order, "cn": "X", "pin": pin})
    w.assistant.post("/pin/change", {"pin": pin, "new_pin": OWN_PIN})
    w.sign_in_by_ukey(pin=OWN_PIN)
    refused(403, w.assistant.post, "/pin/verify", {"pin": pin})
    same(ukey(ctx, serial)["state"], "issued", "the end")
    ctx.site.yinxin("journal", "verify")


def test_activation_lost_on_the_way(ctx):
    """The SMS is lost and the UKey has left: no PIN is sent again; the order's page leads to the
    unlocking, after which the holder's own PIN opens the UKey and the old one nothing."""
    w = approved(ctx)
    m = Maker(ctx, w.p.order)
    m.post("claim")
    ctx.site.plug(w.p.key)
    m.install(m.issue(m.make()))
    m.activate()
    m.post("made")
    lost = told(w, 1)
    model = w.order_model()
    same((model["pin_at_desk"], model["pin_left"]), (True, False), "at the desk")
    m.post("hand-over", receiver=w.p.name)
    refused(409, m.post, "activation", point=m.assistant.get("/pin/activation")["point"])
    refused(409, m.post, "activation/sent")
    model, first = w.order_model(), w.p.order
    serial = next(c["serial"] for c in model["certificates"] if c["kind"] == "sign")
    same((model["pin_at_desk"], model["pin_left"], model["pin_unlock"]), (False, True, serial),
         "where the page leads")
    need(look(w, serial)["may_unlock"], "no unlocking")
    w.p.order = w.browser.post(f"/certificates/{serial}/unlock", {})["no"]
    prove(w)
    ctx.site.plug(w.p.key)
    w.browser.post(w.step_path("challenge"), read_challenge(w))
    unlocker(ctx).approve(w.p.order)
    given = w.browser.post(f"/orders/{w.p.order}/unlock/answer", {})
    ctx.site.plug(w.p.key)
    w.assistant.post("/unlock/finish", {"order": given["order"], "expires": given["expires"],
                                        "answer": given["answer"], "new_pin": NEW_PIN})
    w.browser.post(f"/orders/{w.p.order}/unlock/done", {})
    refused(403, w.assistant.post, "/pin/verify", {"pin": lost})
    w.sign_in_by_ukey(pin=NEW_PIN)          # no first use is asked for any more
    same(len(activation_pins(w)), 1, "PINs sent")
    w.p.order = first
    need(lost not in str(w.order_model()), "the PIN is shown")
    is_nowhere(ctx, lost)


def test_one_ukey_for_two(ctx):
    """Two orders of one account and one UKey at once: one is written, the other is told to take
    another one; put back, the loser's order is made with that."""
    w = approved(ctx)
    first, key = w.p.order, w.p.key
    w.p.user_name += "b"
    w.apply("window")
    ctx.officer().approve(w.p.order)
    makers = [Maker(ctx, no) for no in (first, w.p.order)]
    ctx.site.plug(key)
    made = []
    for m in makers:
        m.post("claim")
        made.append(m.make())
    same(made[0]["serial"], made[1]["serial"], "one UKey")
    got = at_once([lambda m=m, d=d: m.issue(d) for m, d in zip(makers, made)])
    pairs = [g for g in got if isinstance(g, dict) and "sign_cert" in g]
    same(len(pairs), 1, f"winners of {got}")
    loser = makers[0 if pairs[0]["no"] == w.p.order else 1]
    e = refused(409, loser.issue, made[makers.index(loser)])
    need("另一" in sentence(e), sentence(e))
    loser.post("unclaim")
    same(ukey(ctx, made[0]["serial"])["order"], pairs[0]["no"], "whose it is")


def test_strict_stock(ctx):
    """The definition wants the stock: the desk writes no UKey that was not received."""
    w = approved(ctx)
    site = ctx.site
    path = site.path("app", "share", "yinxin", "halls", "strict.yaml")
    with open(site.path("app", "share", "yinxin", "halls", "dfca-construction.yaml"),
              encoding="utf-8") as f:
        text = f.read()
    need("strict: false" in text, "the hall says nothing of its stock")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace("strict: false", "strict: true"))
    site.stop_one("server")
    site.extra["YINXIN_WEB_HALL_FILE"] = os.path.relpath(path, site.root)
    site.start_server()
    ctx.desk = None
    try:
        m = Maker(ctx, w.p.order)
        m.post("claim")
        site.plug(w.p.key)
        made = m.make()
        e = refused(409, m.issue, made)
        need("没有入库" in sentence(e), sentence(e))
        refused(422, m.issue, {**made, "serial": ""})
        e = refused(422, m.browser.post, "/staff/media", {"batch": "x", "serials": "a/b"})
        need("序列号" in sentence(e), sentence(e))
        m.browser.post("/staff/media", {"batch": "strict", "serials": made["serial"] + "\r\n"})
        e = refused(422, m.browser.post, "/staff/media", {"batch": "x", "serials": made["serial"]})
        need("登记过" in sentence(e), sentence(e))
        m.issue(made)
        same(ukey(ctx, made["serial"])["batch"], "strict", "its batch")
        refused(409, m.browser.post, "/staff/medium/scrap",
                {"serial": made["serial"], "reason": "想想而已"})
    finally:
        as_before(ctx)
