"""A locked UKey is unlocked: two proofs at least, its challenge, review, the centre's answer once,
a new PIN that the site never sees."""
import json
import os
import re

import walk
from flow import count, need, refused, same, sentence, ukey as stock
from test_g_kill import kill, restarted, steady
from test_l_status import holder, look

NEW_PIN = "New-97531"


def lock(w):
    """Nine wrong PINs; the right one comes too late."""
    for left in range(8, 0, -1):
        e = refused(403, w.assistant.post, "/pin/verify", {"pin": "000000"})
        same(e.model["tries_left"], left, "tries left")
    refused(429, w.assistant.post, "/pin/verify", {"pin": "000000"})
    refused(429, w.assistant.post, "/pin/verify", {"pin": walk.USER_PIN})


def token_by_mail(w, old=None):
    w.browser.post(f"/orders/{w.p.order}/unlock/link")

    def newest():
        for m in w.world.mail(w.p.mail):
            found = re.search(w.p.order + r"/steps/mail_link\?token=([A-Za-z0-9]{32})",
                              json.dumps(m, ensure_ascii=False))
            if found and found.group(1) != old:
                return found.group(1)
        return None
    return walk.poll("the mail with the link", newest)


def prove(w):
    """Question, phone, mail; each refused first, and none can be left out."""
    refused(409, w.browser.post, w.step_path("challenge"), {"ukey": "X", "challenge": "00" * 16})
    model = w.browser.get(w.step_path("question"))
    need(model["question"], "no question")
    e = refused(422, w.browser.post, w.step_path("question"), {"answer": "不知道"})
    need("不对" in sentence(e), sentence(e))
    refused(409, w.browser.get, w.step_path("mail_link"))
    w.browser.post(w.step_path("question"), {"answer": w.p.form().get("answer", "我的母亲")})
    code = w.step_code()
    refused(422, w.browser.post, w.step_path("phone_code"),
            {"code": "000000" if code != "000000" else "111111"})
    w.browser.post(w.step_path("phone_code"), {"code": code})
    void = token_by_mail(w)
    token = token_by_mail(w, void)
    for bad in ("", void, "A" * 32):
        refused(422, w.browser.post, w.step_path("mail_link"), {"token": bad})
    same(w.browser.get(w.step_path("mail_link") + "?token=" + token)["token"], token, "the link")
    w.browser.post(w.step_path("mail_link"), {"token": token})


def read_challenge(w):
    asked = w.assistant.post("/unlock/challenge", {})
    return {"ukey": asked["serial"], "challenge": asked["challenge"]}


def files_with(root, text):
    """Files of the site in which the text stands."""
    found = []
    for place, _, names in os.walk(root):
        for name in names:
            path = os.path.join(place, name)
            if os.path.isfile(path) and not path.startswith(os.path.join(root, "app")):
                with open(path, "rb") as f:
                    if text.encode() in f.read():
                        found.append(path)
    return found


def unlocker(ctx):
    """The officer at the desk may sign for unlocking."""
    ctx.site.yinxin("kmc", "officer", "add", ctx.site.path("keys", "staff.crt"), "--may", "unlock")
    return ctx.officer()


def test_unlock(ctx):
    """From nine wrong PINs to signing in with the new one; others, other UKeys and second uses
    are refused."""
    w, serial = holder(ctx)
    stranger, _ = holder(ctx)
    ctx.site.plug(w.p.key)
    ukey = w.assistant.get("/keys")["keys"][0]["serial"]
    lock(w)
    need(look(w, serial)["may_unlock"], "not offered")
    refused(404, stranger.browser.post, f"/certificates/{serial}/unlock", {})
    w.p.order = w.browser.post(f"/certificates/{serial}/unlock", {})["no"]
    same(w.browser.post(f"/certificates/{serial}/unlock", {})["no"], w.p.order, "begun again")
    same(look(w, serial)["concerned_by"], w.p.order, "its order")
    prove(w)
    refused(404, stranger.browser.post, f"/orders/{w.p.order}/unlock/answer", {})
    need("answer" not in w.browser.get(f"/orders/{w.p.order}")["form"], "the answer is shown")
    ctx.site.plug(stranger.p.key)
    e = refused(409, w.browser.post, w.step_path("challenge"), read_challenge(w))
    need("不是这张证书所在的UKey" in sentence(e), sentence(e))
    ctx.site.plug(w.p.key)
    asked = read_challenge(w)
    same(asked["ukey"], ukey, "the UKey")
    w.browser.post(w.step_path("challenge"), asked)
    same(w.order_model()["state"], "reviewing", "after the challenge")
    same(stock(ctx, ukey)["state"], "locked", "the UKey, reported")
    refused(409, w.browser.post, f"/orders/{w.p.order}/unlock/answer", {})
    officer = unlocker(ctx)
    same(officer.look(w.p.order)["unlock"]["ukey"], ukey, "at the desk")
    officer.approve(w.p.order)
    same(w.order_model()["state"], "unlocking", "after the review")
    refused(409, w.browser.post, f"/orders/{w.p.order}/unlock/done", {})
    finish(ctx, w, serial, stranger)
    same(stock(ctx, ukey)["state"], "issued", "the UKey, unlocked")


def finish(ctx, w, serial, stranger):
    """The answer into the UKey, with the new PIN."""
    given = w.browser.post(f"/orders/{w.p.order}/unlock/answer", {})
    same(w.browser.post(f"/orders/{w.p.order}/unlock/answer", {})["answer"], given["answer"],
         "asked again")
    message = {k: given[k] for k in ("order", "expires", "answer")}
    ctx.site.plug(stranger.p.key)
    refused(403, w.assistant.post, "/unlock/finish", {**message, "new_pin": NEW_PIN})
    ctx.site.plug(w.p.key)
    refused(422, w.assistant.post, "/unlock/finish", {**message, "new_pin": "111111"})
    w.assistant.post("/unlock/finish", {**message, "new_pin": NEW_PIN})
    refused(403, w.assistant.post, "/unlock/finish", {**message, "new_pin": "Other-97531"})
    w.browser.post(f"/orders/{w.p.order}/unlock/done", {})
    refused(409, w.browser.post, f"/orders/{w.p.order}/unlock/answer", {})
    refused(403, w.assistant.post, "/pin/verify", {"pin": walk.USER_PIN})
    model = w.order_model()
    same((model["state"], count(model, "发出解锁授权")), ("done", 1), "the end")
    same(look(w, serial)["status"], "good", "the certificate")
    need(any("已解锁" in json.dumps(m, ensure_ascii=False) or "SMS_UNLOCKED" in json.dumps(m)
             for m in w.world.sms(w.p.mobile)), "not told")
    w.sign_in_by_ukey(pin=NEW_PIN)
    same(files_with(ctx.site.root, NEW_PIN), [], "the PIN in a file")
    again = w.browser.post(f"/certificates/{serial}/unlock", {})["no"]
    need(again != w.p.order, "a second unlocking has no order of its own")
    w.browser.post(f"/orders/{again}/cancel", {"reason": "不需要了"})
    ctx.site.yinxin("journal", "verify")


def test_unlock_without_officer(ctx):
    """Who reviews without the right to unlock: no answer, the UKey is read and
    reviewed again; services killed meanwhile change nothing of the answer."""
    w = ctx.walker()
    ctx.site.personalise(w.p.key)       # when the UKey was made, not by its download
    w.apply()
    ctx.officer().approve(w.p.order)
    w.fetch()
    serial = w.serial
    ctx.site.plug(w.p.key)
    w.p.order = w.browser.post(f"/certificates/{serial}/unlock", {})["no"]
    prove(w)
    w.browser.post(w.step_path("challenge"), read_challenge(w))
    officer = ctx.officer()
    with open(ctx.site.path("keys", "staff.crt"), encoding="ascii") as f:
        need("CERTIFICATE" in f.read(), "the officer's certificate")
    rows = ctx.site.yinxin("kmc", "officer", "list")
    mine = re.search(r"\b([0-9A-Fa-f]{20,40})\b", rows)
    if mine:
        ctx.site.yinxin("kmc", "officer", "remove", mine.group(1))
    officer.approve(w.p.order)
    e = refused(409, w.browser.post, f"/orders/{w.p.order}/unlock/answer", {})
    need("重新读取UKey" in sentence(e), sentence(e))
    same((w.order_model()["state"], w.order_model()["step"]), ("submitted", "challenge"), "then")
    unlocker(ctx)
    ctx.site.plug(w.p.key)
    w.browser.post(w.step_path("challenge"), read_challenge(w))
    ctx.officer().approve(w.p.order)
    ctx.site.plug(w.p.key)
    given = w.browser.post(f"/orders/{w.p.order}/unlock/answer", {})
    for victim in ("kmc", "web"):
        restarted(ctx.site, victim, kill(ctx.site, victim))
        again = steady(w, w.browser.post, f"/orders/{w.p.order}/unlock/answer", {})
        same((again["answer"], again["expires"]), (given["answer"], given["expires"]),
             f"the answer after {victim} was killed")
    w.assistant.post("/unlock/finish", {"order": w.p.order, "expires": given["expires"],
                                        "answer": given["answer"], "new_pin": NEW_PIN})
    steady(w, w.browser.post, f"/orders/{w.p.order}/unlock/done", {})


def test_claimed_ukey(ctx):
    """A UKey that holds somebody's certificate takes no pair of another account."""
    w, _ = holder(ctx)
    thief = ctx.walker()
    thief.apply()
    ctx.officer().approve(thief.p.order)
    thief.site.plug(w.p.key)
    token = thief.open_fetch(thief.authorisation_code())
    made = thief.assistant.post("/key/make", {"order": thief.p.order, "cn": "X",
                                              "pin": walk.USER_PIN})
    e = refused(409, thief.browser.post, "/fetch/issue",
                {"token": token, "csr": made["csr"], "medium": made["serial"]})
    need("其他用户" in sentence(e), sentence(e))
    need(w.p.order in thief.site.yinxin("medium", "show", made["serial"]), "what is in it")
    thief.site.yinxin("medium", "release", made["serial"])
    thief.browser.post("/fetch/issue",
                       {"token": token, "csr": made["csr"], "medium": made["serial"]})
    thief.site.yinxin("journal", "verify")
