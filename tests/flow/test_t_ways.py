"""Identity by the ways of the platform's hall, and PINs in the remark of a transfer."""
import glob
import re
import time

import identity
import walk
from flow import need, refused, same, sentence
from test_g_kill import kill, restarted
from test_m_renew import as_before
from test_n_unlock import NEW_PIN, lock, read_challenge, unlocker
from test_q_medium import Maker, activation_pins

OWN = "755900000010001"                 # where the hall's money is at the sandbox's bank


def platform(ctx):
    """The site serves the platform's hall from here on (as_before ends that)."""
    site = ctx.site
    site.stop_one("server")
    site.extra["YINXIN_WEB_HALL_FILE"] = "app/share/yinxin/halls/hunan-platform.yaml"
    site.start_server()
    ctx.desk = None


def account(w, holder=None):
    """An account of the walker's company at the sandbox's bank."""
    number = "4300" + "".join(identity.RNG.choice("0123456789") for _ in range(15))
    w.world.service.post("/control/account", {"account": number, "holder": holder or w.p.company,
                                              "name": "建设银行长沙芙蓉支行"})
    return number


def card(w):
    """A bank card of the walker (Luhn)."""
    head = "622202" + "".join(identity.RNG.choice("0123456789") for _ in range(12))
    digits = [int(c) for c in reversed(head)]
    total = sum(sum(divmod(2 * d, 10)) if i % 2 == 0 else d for i, d in enumerate(digits))
    number = head + str(-total % 10)
    w.world.service.post("/control/card", {"card": number, "name": w.p.name, "id_no": w.p.id_no,
                                           "phone": w.p.mobile})
    return number


def entries(w, number):
    return w.world.service.get(f"/control/entries?account={number}")["entries"]


def remark(w, number):
    """What the finance clerk reads."""
    return walk.poll("the transfer on the statement", lambda: entries(w, number))[0]["remark"]


def proof(w):
    return w.browser.get(f"/orders/{w.p.order}/proof")["proof"]


def until(w, state):
    return walk.poll(f"the proof to be {state}",
                     lambda: proof(w)["state"] == state and proof(w))


def start(w, way, **fields):
    w.browser.get(w.step_path("proof") + f"?way={way}")
    w.browser.post(f"/orders/{w.p.order}/ways/{way}", fields)


def answer(w, code):
    return w.browser.post(f"/orders/{w.p.order}/proof", {"code": code})


def legal(w, **more):
    return {"legal_name": w.p.name, "legal_id_no": w.p.id_no, "phone": w.p.mobile, **more}


def until_proof(w):
    for step in (w.begin, w.agree, w.fill, lambda: w.confirm("window"), w.print, w.materials):
        step()


def by_remittance(w):
    number = account(w)
    start(w, "remittance", bank="建设银行长沙芙蓉支行", account=number)
    answer(w, re.search(r"\d{6}", remark(w, number)).group())
    return number


def by_phone(w, way, **fields):
    before = len(w.world.sms(w.p.mobile))
    start(w, way, **fields)
    until(w, "code")
    answer(w, w.world.sms_code(w.p.mobile, before))


def test_ways_of_an_organisation(ctx):
    """Each of three ways; what differs is told; another way can be taken."""
    platform(ctx)
    try:
        w = ctx.walker("org")
        until_proof(w)
        cards = w.browser.get(w.step_path("proof"))["ways"]
        same([c["name"] for c in cards], ["legal_phone", "remittance", "legal_card"], "ways")
        need(all(c["needs"] and c["takes"] for c in cards), "a card says nothing")
        refused(404, w.browser.post, f"/orders/{w.p.order}/ways/phone", {"phone": w.p.mobile})
        e = refused(422, w.browser.post, f"/orders/{w.p.order}/ways/legal_phone",
                    legal(w, legal_id_no="430102198503070010"))
        need("身份证" in sentence(e), sentence(e))
        refused(409, w.browser.post, w.step_path("proof"))
        start(w, "legal_phone", **legal(w, legal_name="王小二"))
        need("法定代表人与工商登记不一致" in until(w, "failed")["reason"], proof(w)["reason"])
        stranger = ctx.walker("org")
        start(w, "legal_phone", **legal(w, phone=stranger.p.mobile))
        need("手机号" in until(w, "failed")["reason"], proof(w)["reason"])
        refused(404, stranger.browser.post, f"/orders/{w.p.order}/proof", {"code": "123456"})
        before = len(w.world.sms(w.p.mobile))
        start(w, "legal_phone", **legal(w))
        until(w, "code")
        refused(409, w.browser.post, f"/orders/{w.p.order}/ways/legal_phone", legal(w))
        refused(422, answer, w, "000000")
        w.browser.post(f"/orders/{w.p.order}/proof/leave", {})
        refused(409, answer, w, w.world.sms_code(w.p.mobile, before))
        by_phone(w, "legal_card", **legal(w, card=card(w)))
        same(w.order_model()["step"], "payment", "after the card")
        desk = ctx.officer().browser.get(f"/staff/reviews/{w.p.order}")
        same([r["result"] for r in desk["identity"]],
             ["认证未通过", "认证未通过", "已放弃", "认证通过"], "what the reviewer sees")
        ctx.site.yinxin("journal", "verify")
    finally:
        as_before(ctx)


def test_ways_are_limited(ctx):
    """Five tries a day, for the account and for the subject, whoever asks."""
    platform(ctx)
    try:
        w = ctx.walker("org")
        until_proof(w)
        for _ in range(5):
            start(w, "legal_phone", **legal(w, legal_name="王小二"))
            until(w, "failed")
        e = refused(429, w.browser.post, f"/orders/{w.p.order}/ways/legal_phone", legal(w))
        need("次数太多" in sentence(e), sentence(e))
        other = ctx.walker("org")
        other.p.company, other.p.uscc = w.p.company, w.p.uscc
        until_proof(other)
        refused(429, other.browser.post, f"/orders/{other.p.order}/ways/legal_phone", legal(other))
    finally:
        as_before(ctx)


def test_remittance_proves_the_account(ctx):
    """One cent with a code: another's account and a returned one are told; wrong codes end it."""
    platform(ctx)
    try:
        w = ctx.walker("org")
        until_proof(w)
        start(w, "remittance", bank="建设银行", account=account(w, "长沙别人的公司"))
        need("户名" in until(w, "failed")["reason"], proof(w)["reason"])
        w.world.fault("bank.BB1PAYOP", "returned", n=1)
        start(w, "remittance", bank="建设银行", account=account(w))
        need("退" in until(w, "failed")["reason"], proof(w)["reason"])
        number = account(w)
        start(w, "remittance", bank="建设银行", account=number)
        code = re.search(r"\d{6}", remark(w, number)).group()
        wrong = f"{(int(code) + 1) % 1000000:06}"
        for left in (2, 1):
            e = refused(422, answer, w, wrong)
            need(f"还可以再试{left}次" in sentence(e), sentence(e))
        refused(429, answer, w, wrong)
        refused(409, answer, w, code)
        number = by_remittance(w)
        same(len([x for x in entries(w, number) if x["dc"] == "C"]), 1, "transfers")
        same(w.order_model()["step"], "payment", "afterwards")
        rows = ctx.officer().browser.get("/staff/remittances")["rows"]
        mine = [r for r in rows if r["order"] == w.p.order]
        same(sorted(r["state"] for r in mine), ["failed", "paid", "paid", "returned"], "the desk's list")
        need(number not in str(rows) and code not in str(rows), "the desk sees too much")
        need(code not in str(w.order_model()), "the order shows the code")
        need(w.p.order in ctx.site.yinxin("remittance", "list"), "the operator's list")
    finally:
        as_before(ctx)


def test_ways_of_a_person(ctx):
    """Phone and card; the name and number are those of the application."""
    platform(ctx)
    try:
        w = ctx.walker()
        until_proof(w)
        w.world.fault("aliyun.BankMetaVerify", "no_record", n=1)
        start(w, "card", card=card(w), phone=w.p.mobile)
        need("换一张" in until(w, "failed")["reason"], proof(w)["reason"])
        by_phone(w, "phone", phone=w.p.mobile)
        same(w.order_model()["step"], "payment", "afterwards")
        w.p.user_name += "x"
        until_proof(w)
        start(w, "face")
        w.scan(w.browser.post(f"/orders/{w.p.order}/identity")["session"])
        until(w, "passed")
        same(w.order_model()["step"], "payment", "after the face")
    finally:
        as_before(ctx)


def test_gate_killed_in_a_remittance(ctx):
    """kill -9 of gate while the bank works on a transfer, again and again: it is sent once."""
    platform(ctx)
    try:
        w = ctx.walker("org")
        until_proof(w)
        number = account(w)
        w.world.fault("bank.BB1PAYOP", "timeout", n=1, value=2500)
        w.world.fault("bank.BB1PAYQR", "latency", n=4, value=400)
        start(w, "remittance", bank="建设银行", account=number)
        walk.poll("the bank to have it", lambda: payouts(w, number))
        for _ in range(3):
            restarted(ctx.site, "gate", kill(ctx.site, "gate"))
            time.sleep(0.3)
        code = re.search(r"\d{6}", remark(w, number)).group()
        walk.poll("the remittance to be known as paid",
                  lambda: (proof(w)["remittance"] or {}).get("state") == "paid")
        same(len(payouts(w, number)), 1, "orders at the bank")
        same(len([x for x in entries(w, number) if x["dc"] == "C"]), 1, "credits")
        same(len([x for x in entries(w, OWN) if x["other"] == number]), 1, "debits")
        answer(w, code)
        need(code.encode() not in outbox_bytes(ctx), "the code stands in the store")
    finally:
        as_before(ctx)


def payouts(w, number):
    return [p for p in w.world.service.get("/control/payouts")["payouts"]
            if p["account"] == number]


def outbox_bytes(ctx):
    found = b""
    for path in glob.glob(ctx.site.path("data", "hall", "*")):
        with open(path, "rb") as f:
            found += f.read()
    return found


def made(ctx, w, number):
    """Approved, written at the desk, made."""
    w.pay()
    w.do_step("pin_account", {"bank": "建设银行", "account": number})
    ctx.officer().approve(w.p.order)
    m = Maker(ctx, w.p.order)
    m.post("claim")
    ctx.site.plug(w.p.key)
    m.install(m.issue(m.make()))
    m.activate()
    m.post("made")
    return m


def test_pin_in_the_remark(ctx):
    """Paid online: the activation PIN stands on the company's statement and nowhere else; a
    returned one is seen at the desk, another one is sent; it opens the key."""
    platform(ctx)
    try:
        w = ctx.walker("org")
        until_proof(w)
        number = by_remittance(w)
        w.world.fault("bank.BB1PAYOP", "returned", n=1)
        m = made(ctx, w, number)
        walk.poll("the return", lambda: m.row("ready")["pin_sent"]["lost"])
        need("打款附言" in m.row("ready")["pin_sent"]["way_text"], str(m.row("ready")))
        e = refused(409, m.post, "hand-over", receiver=w.p.name)
        need("重发" in sentence(e), sentence(e))
        first = re.search(r"\d{8}", remark(w, number)).group()
        ctx.site.plug(w.p.key)
        m.activate("87654321", True)
        m.post("activation/sent")
        walk.poll("the second", lambda: remark(w, number) and first not in remark(w, number))
        pin = re.search(r"\d{8}", remark(w, number)).group()
        same(activation_pins(w), [], "PINs by SMS")
        walk.poll("paid", lambda: m.row("ready")["pin_sent"]["state_text"] == "已汇出")
        sent = w.order_model()
        need(number[-4:] in sent["pin_sent"]["phone"] and "附言" in sent["pin_text"], str(sent["pin_sent"]))
        need(pin not in str(sent) and pin not in str(m.row("ready")), "the PIN is shown")
        m.post("hand-over", receiver=w.p.name)
        refused((403, 410), w.assistant.post, "/pin/verify", {"pin": first})
        w.assistant.post("/pin/change", {"pin": pin, "new_pin": NEW_PIN})
        w.sign_in_by_ukey(pin=NEW_PIN)
        ctx.site.yinxin("journal", "verify")
    finally:
        as_before(ctx)


def test_unlock_by_a_way(ctx):
    """First a way and the phone; later the recorded proof is used again, for this handler."""
    platform(ctx)
    try:
        w = ctx.walker()
        ctx.site.personalise(w.p.key)
        for step in (w.begin, w.agree, w.fill, w.confirm, w.print, w.materials):
            step()
        by_phone(w, "phone", phone=w.p.mobile)
        w.pay()
        ctx.officer().approve(w.p.order)
        w.fetch()
        ctx.site.plug(w.p.key)
        lock(w)
        w.p.order = w.browser.post(f"/certificates/{w.serial}/unlock", {})["no"]
        refused(409, w.browser.post, f"/orders/{w.p.order}/proof/reuse", {})
        refused(409, w.browser.post, w.step_path("challenge"), read_challenge(w))
        w.phone_code()
        earlier = w.browser.get(w.step_path("proof"))["earlier"]
        need(earlier and earlier["title"] == "手机实名认证", str(earlier))
        w.browser.post(f"/orders/{w.p.order}/proof/reuse", {})
        w.browser.post(w.step_path("challenge"), read_challenge(w))
        unlocker(ctx).approve(w.p.order)
        same(w.order_model()["state"], "unlocking", "after the review")
    finally:
        as_before(ctx)


def test_reissue_by_a_way(ctx):
    """On the platform's hall: the account's phone by code, then a way of the hall; no form is filled
    in again; paid, reviewed, the pair into a new UKey, the old one revoked."""
    platform(ctx)
    try:
        w = ctx.walker()
        for step in (w.begin, w.agree, w.fill, w.confirm, w.print, w.materials):
            step()
        by_phone(w, "phone", phone=w.p.mobile)
        w.pay()
        ctx.officer().approve(w.p.order)
        w.fetch()
        old, lost = w.serial, w.p.key
        w.p.order = w.browser.post(f"/certificates/{old}/reissue", {"cause": "lost"})["no"]
        w.agree()
        w.confirm()
        refused(409, w.browser.post, f"/orders/{w.p.order}/ways/phone", {"phone": w.p.mobile})
        w.phone_code()
        same(w.browser.get(w.step_path("proof"))["earlier"], None, "an earlier proof is not enough")
        stranger = ctx.person()
        start(w, "phone", phone=stranger.mobile)
        need("手机号" in until(w, "failed")["reason"], proof(w)["reason"])
        by_phone(w, "card", card=card(w), phone=w.p.mobile)
        w.pay()
        same(w.order_model()["state"], "reviewing", "after the payment")
        same([r["result"] for r in ctx.officer().look(w.p.order)["identity"]],
             ["认证未通过", "认证通过"], "what the reviewer sees")
        ctx.officer().approve(w.p.order)
        same(ctx.site.yinxin("cert", "status", old).split()[1], "good", "before the new one")
        w.p.key = "way" + lost
        ctx.site.make_key(w.p.key, "新UKey", walk.BLANK_PIN)
        w.fetch()
        same(ctx.site.yinxin("cert", "status", old).split()[1], "revoked", "the old one")
        w.sign_in_by_ukey()
        ctx.site.yinxin("journal", "verify")
    finally:
        as_before(ctx)
