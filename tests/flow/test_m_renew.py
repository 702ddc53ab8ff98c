"""Renewal: from the certificate's page to a second pair in the same UKey."""
import json
import os
import re

import walk
from browser import Browser
from flow import captcha, count, need, refused, same, sentence, ukey
from test_j_race import at_once, twin
from test_l_status import holder, look, status


def renewing(ctx, days):
    """The same hall with another window; the server started anew."""
    site = ctx.site
    path = site.path("app", "share", "yinxin", "halls", "renewing.yaml")
    with open(site.path("app", "share", "yinxin", "halls", "dfca-construction.yaml"),
              encoding="utf-8") as f:
        text = f.read()
    need("before_days: 90" in text, "the hall offers no renewal")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace("before_days: 90", f"before_days: {days}")
                .replace("remind_before: [90,", f"remind_before: [{days}, 90,"))
    site.stop_one("server")
    site.extra["YINXIN_WEB_HALL_FILE"] = os.path.relpath(path, site.root)
    site.start_server()
    ctx.desk = None


def as_before(ctx):
    ctx.site.extra.pop("YINXIN_WEB_HALL_FILE", None)
    ctx.site.stop_one("server")
    ctx.site.start_server()
    ctx.desk = None


def fetch_again(w):
    """The new pair into the key that holds the old one; the PIN stays."""
    w.site.plug(w.p.key)
    token = w.open_fetch(w.authorisation_code())
    made = w.assistant.post("/key/make", {"order": w.p.order, "cn": w.p.name,
                                          "pin": walk.USER_PIN})
    issued = w.browser.post("/fetch/issue", {"token": token, "csr": made["csr"]})
    w.assistant.post("/key/install", {
        "order": w.p.order, "pin": walk.USER_PIN, "sign_cert": issued["sign_cert"],
        "enc_cert": issued["enc_cert"], "envelope": issued["enc_key"], "seal": issued["seal"]})
    w.browser.post("/fetch/done", {"token": token})
    return issued["serial"]


def test_too_early(ctx):
    """A year is left: the page says from when, asking all the same is refused."""
    w, serial = holder(ctx)
    model = look(w, serial)
    need(not model["may_renew"] and "起可以更新" in model["renew_text"], model["renew_text"])
    e = refused(409, w.browser.post, f"/certificates/{serial}/renew", {"years": "1"})
    need("起可以更新" in sentence(e), sentence(e))


def test_renew(ctx):
    """Two windows begin one renewal; paid, approved, fetched into the same key; the years count
    from the old end, the old pair stays good and both keys sign in."""
    w, serial = holder(ctx)
    first = w.p.order
    renewing(ctx, 366)
    try:
        w.browser.connection = None
        w.sign_in()
        old = look(w, serial)
        need(old["may_renew"], old["renew_text"])
        refused(422, w.browser.post, f"/certificates/{serial}/renew", {"years": "9"})
        tabs = [twin(w), twin(w)]
        got = at_once([lambda t=t: t.browser.post(f"/certificates/{serial}/renew",
                                                  {"years": "2"}) for t in tabs])
        same(len({g["no"] for g in got}), 1, "renewals")
        w.p.order = got[0]["no"]
        need(w.p.order != first, "no order of its own")
        w.browser.get(f"/orders/{w.p.order}/steps/agreement")
        w.agree()
        e = refused(422, w.browser.post, w.step_path("question"), {"answer": "别人不知道"})
        need("不对" in sentence(e), sentence(e))
        w.browser.post(w.step_path("question"), {"answer": "我的母亲"})
        w.confirm()
        w.pay("wechat")
        ctx.officer().approve(w.p.order)
        fresh = fetch_again(w)
        new = look(w, fresh)
        same(new["not_after"][:4], str(int(old["not_after"][:4]) + 2), "the year of its end")
        same(new["not_after"][4:], old["not_after"][4:], "the day of its end")
        same((status(ctx, serial), status(ctx, fresh)), ("good", "good"), "old and new")
        same(look(w, serial)["replaced_by"], w.p.order, "the old one's renewal")
        same(count(w.order_model(), "收到费用"), 1, "payments")
        keys = w.assistant.get("/keys")["keys"][0]
        same({c["serial"] for c in keys["certificates"]}, {serial, fresh}, "in the UKey")
        for one in (serial, fresh):
            w.sign_in_by_ukey(one)
        ctx.site.yinxin("journal", "verify")
    finally:
        as_before(ctx)


def registered_phone(w):
    """The code goes to the account's phone, whatever the form says; without it nothing goes on."""
    e = refused(409, w.browser.post, w.step_path("identity"))
    need("手机验证" in sentence(e), sentence(e))
    model = w.browser.get(w.step_path("phone_code"))
    same((model["mobile_masked"], model["of_account"]),
         (w.p.mobile[:3] + "****" + w.p.mobile[-4:], True), "the phone")
    code = w.step_code()
    e = refused(429, w.browser.post, f"/orders/{w.p.order}/code",
                captcha(w.browser, w.step_path("phone_code")))
    need("60秒" in sentence(e), sentence(e))
    refused(422, w.browser.post, w.step_path("phone_code"),
            {"code": "000000" if code != "000000" else "111111"})
    w.browser.post(w.step_path("phone_code"), {"code": code})
    same(count(w.order_model(), "身份核验"), 1, "in the order's history")


def test_reissue(ctx):
    """The key is lost: frozen, then a new one for the medium fee, until the old end; the old
    pair is revoked with the new one's issue and signs in no more."""
    w, serial = holder(ctx)
    old, lost_key = look(w, serial), w.p.key
    path = f"/certificates/{serial}/reissue"
    refused(422, w.browser.post, path, {"cause": "eaten"})
    w.p.order = w.browser.post(path, {"cause": "lost"})["no"]
    w.browser.get(f"/orders/{w.p.order}/steps/agreement")
    w.agree()
    w.confirm()
    registered_phone(w)
    w.prove_identity()
    w.pay("alipay")
    same(next(t["amount"] for t in w.order_model()["trades"]), "50.00", "the medium fee")
    same(status(ctx, serial), "good", "before the new one")
    ctx.officer().approve(w.p.order)
    w.site.plug(lost_key)
    lost = w.assistant.get("/keys")["keys"][0]["serial"]
    same(ukey(ctx, lost)["state"], "issued", "the UKey, before the new one")
    w.p.key = "spare" + lost_key
    ctx.site.make_key(w.p.key, "新UKey", walk.BLANK_PIN)
    w.fetch()
    same(look(w, w.serial)["not_after"], old["not_after"], "its end")
    same((status(ctx, serial), look(w, serial)["status"]), ("revoked", "revoked"), "the old one")
    same((ukey(ctx, lost)["state"], ukey(ctx, lost)["may_scrap"]), ("lost", True), "the UKey")
    w.sign_in_by_ukey()
    w.site.plug(lost_key)
    e = refused((403, 409, 422), w.sign_in_by_ukey)
    need("撤销" in sentence(e) or "冻结" in sentence(e), sentence(e))


def test_broken_in_warranty(ctx):
    """Broken within the year: nothing to pay, the step is not even there."""
    w, serial = holder(ctx)
    w.p.order = w.browser.post(f"/certificates/{serial}/reissue", {"cause": "broken"})["no"]
    w.browser.get(f"/orders/{w.p.order}/steps/agreement")
    w.agree()
    w.confirm()
    w.phone_code()
    w.prove_identity()
    same(w.order_model()["state"], "reviewing", "state")
    same(w.order_model()["trades"], [], "trades")


def test_reminders(ctx):
    """Told once by SMS and mail, with a link that leads to the renewal; a made-up link is none;
    who has renewed is not told."""
    w, serial = holder(ctx)
    need(ctx.site.yinxin("remind") == "0 reminded\n", "a year is left")
    renewing(ctx, 366)
    try:
        same(ctx.site.yinxin("remind").split()[0] != "0", True, "reminded")
        same(ctx.site.yinxin("remind"), "0 reminded\n", "the second time")
        told = walk.poll("the SMS", lambda: [m for m in w.world.sms(w.p.mobile)
                                            if m["template"] == "SMS_EXPIRING"])
        same(len(told), 1, "messages")
        mail = walk.poll("the mail", lambda: [m for m in w.world.mail(w.p.mail)
                                              if "即将到期" in str(m)])
        same(len(mail), 1, "mails")
        link = re.search(r"/renewal/([0-9A-Fa-f-]+)", str(mail[0])).group(1)
        need(link in str(told[0]), f"no link in the SMS: {told[0]}")
        stranger = Browser(ctx.site.url)
        model = stranger.get(f"/renewal/{link}")
        same((model["serial"], model["ended"], model["is_good"]), (serial, False, True), "link")
        need(w.p.name not in json.dumps(model, ensure_ascii=False), "the name stands there")
        refused(404, stranger.get, f"/renewal/{link[:-1]}{'0' if link[-1] != '0' else '1'}")
        w.browser.connection = None
        w.sign_in()
        need(look(w, serial)["may_renew"], "the link leads to no renewal")
    finally:
        as_before(ctx)


def test_change(ctx):
    """The company has a new name: only with its UKey; what changed stands beside what was; proved,
    reviewed, written into the same key; the old pair is superseded, the end stays."""
    w, serial = holder(ctx, "org")
    path, name = f"/certificates/{serial}/modify", w.p.company + "集团"
    old = look(w, serial)
    need(not old["may_change"] and "UKey" in old["change_text"], old["change_text"])
    refused(403, w.browser.post, path)
    w.sign_in_by_ukey()
    first, w.p.order = w.p.order, w.browser.post(path)["no"]
    w.agree()
    fields = [f for g in w.browser.get(w.step_path("form"))["groups"] for f in g["fields"]]
    same([f["value"] for f in fields if f["name"] == "org_name"], [w.p.company], "prefilled")
    same([f for f in fields if f["name"] in ("years", "user_name")], [], "what stays")
    w.fill()
    e = refused(422, w.confirm)
    need("没有需要变更的内容" in sentence(e), sentence(e))
    w.fill(org_name=name)
    changes = w.browser.get(w.step_path("confirm"))["changes"]
    same([(c["name"], c["was"], c["value"]) for c in changes],
         [("org_name", w.p.company, name)], "changes")
    w.confirm()
    registered_phone(w)
    w.print()
    kinds = [m["kind"] for m in w.browser.get(w.step_path("materials"))["materials"]]
    need("change_proof" in kinds, f"no evidence of the change among {kinds}")
    w.materials()
    w.prove_identity()
    same(w.order_model()["state"], "reviewing", "state: nothing to pay")
    desk = ctx.officer()
    same(desk.look(w.p.order)["changes"], changes, "at the desk")
    same(status(ctx, serial), "good", "before the new one")
    desk.approve(w.p.order)
    w.p.name = name
    fresh = fetch_again(w)
    new = look(w, fresh)
    need(f"CN={name}" in new["subject"] and f"O={name}" in new["subject"], new["subject"])
    same(new["not_after"], old["not_after"], "its end")
    same((status(ctx, serial), look(w, serial)["status"]), ("revoked", "revoked"), "the old one")
    same(look(w, serial)["replaced_by"], w.p.order, "what came after it")
    w.sign_in_by_ukey(fresh)
    refused((403, 409, 422), w.sign_in_by_ukey, serial)
    need(first != w.p.order, "no order of its own")
    ctx.site.yinxin("journal", "verify")
