"""Key recovery: the old encryption key of a lost UKey into the new one, signed by two key officers."""
import base64
import json
import os
import threading
import time

import identity
import walk
from flow import count, need, refused, same, sentence
from test_g_kill import kill, restarted, steady
from test_l_status import colleague, holder, look


def reissued(ctx, kind="org"):
    """Somebody whose UKey was lost and re-issued: walker, old serial, the old key file's name."""
    w, old = holder(ctx, kind)
    lost, w.first_order = w.p.key, w.p.order
    w.p.order = w.browser.post(f"/certificates/{old}/reissue", {"cause": "lost"})["no"]
    w.browser.get(f"/orders/{w.p.order}/steps/agreement")
    w.agree()
    w.confirm()
    w.phone_code()
    w.prove_identity()
    w.pay("alipay")
    ctx.officer().approve(w.p.order)
    w.p.key = "again" + lost
    ctx.site.make_key(w.p.key, "新UKey", walk.BLANK_PIN)
    w.fetch()
    return w, old, lost


def apply(w, old, reason="lost"):
    """Up to review."""
    w.p.order = w.browser.post(f"/certificates/{old}/recover")["no"]
    same(look(w, old)["concerned_by"], w.p.order, "its order")
    model = w.browser.get(w.step_path("reason"))
    same([r["serial"] for r in model["receivers"]], [w.serial], "who may receive")
    w.browser.post(w.step_path("reason"), {"reason": reason, "text": "", "receiver": w.serial})
    kinds = [m["kind"] for m in w.browser.get(w.step_path("materials"))["materials"]]
    same(kinds, ["recovery_request"], "materials")
    w.upload("recovery_request", identity.png(seed=7))
    w.do_step("materials")
    w.prove_identity()
    same(w.order_model()["state"], "reviewing", "applied")


def officers(ctx):
    """Two key officers, the second at a desk of their own."""
    site, first = ctx.site, ctx.officer()
    if not hasattr(ctx, "second"):
        ctx.second = colleague(ctx)
    for name in ("staff", ctx.second["key"]):       # another test may have ended or narrowed it
        site.yinxin("kmc", "officer", "add", site.path("keys", name + ".crt"))
    for desk in (first, ctx.second["desk"]):
        desk.browser.connection = None      # web may have been killed meanwhile
    return first, ctx.second


def sign(desk, no, statement):
    signed = desk.sign(statement)
    return desk.browser.post(f"/staff/recoveries/{no}/sign", {
        "statement": statement, "signature": signed["signature"],
        "certificate": signed["certificate"]})


def sign_first(ctx, w):
    first, second = officers(ctx)
    ctx.site.plug("staff")
    version = first.browser.get(f"/staff/recoveries/{w.p.order}")["version"]
    asked = first.browser.post(f"/staff/recoveries/{w.p.order}/statement",
                               {"version": str(version), "second": second["id"]})
    sign(first, w.p.order, asked["statement"])
    return asked["statement"]


def sign_second(ctx, w):
    _, second = officers(ctx)
    ctx.site.plug(second["key"])
    statement = second["desk"].browser.get(f"/staff/recoveries/{w.p.order}")["statement"]
    sign(second["desk"], w.p.order, statement)


def ask_key(w, key=None):
    """The new UKey prepares, the site gives the enveloped key."""
    w.site.plug(key or w.p.key)
    asked = w.assistant.post("/recover/request", {"order": w.p.order, "receiver": w.serial,
                                                  "pin": walk.USER_PIN})
    return w.browser.post(f"/orders/{w.p.order}/recover/key", {
        "carrier": asked["carrier"], "signature": asked["signature"], "ukey": asked["serial"]})


def open_probe(w, given, key=None):
    w.site.plug(key or w.p.key)
    return w.assistant.post("/open", {"document": given["probe"], "pin": walk.USER_PIN})["plain"]


def install(w, given):
    w.site.plug(w.p.key)
    w.assistant.post("/recover/install", {"order": w.p.order, "pin": walk.USER_PIN,
                                          "enc_cert": given["enc_cert"],
                                          "envelope": given["envelope"]})


def told(w, template):
    return len([m for m in w.world.sms(w.p.mobile) if m["template"] == template])


def test_recover(ctx):
    """From the lost key's certificate to old documents opening in the new UKey."""
    w, old, lost = reissued(ctx)
    stranger, _ = holder(ctx)
    need(not look(w, w.serial)["may_recover"], "offered for a certificate in use")
    refused(409, w.browser.post, f"/certificates/{w.serial}/recover")
    refused(404, stranger.browser.post, f"/certificates/{old}/recover")
    need(look(w, old)["may_recover"], "not offered")
    apply(w, old)
    walk.poll("the notice of the beginning", lambda: told(w, "SMS_RECOVER_BEGUN"))
    refused(409, w.browser.post, f"/orders/{w.p.order}/recover/done", {"plain": ""})
    first, second = officers(ctx)
    refused(409, first.browser.post, f"/staff/reviews/{w.p.order}/statement",
            {"version": str(w.order_model()["version"])})
    two_sign(ctx, w, first, second)
    given = once(ctx, w, stranger, lost)
    model = w.order_model()
    same((model["state"], count(model, "发出加密的密钥"), count(model, "密钥已恢复")),
         ("done", 1, 1), "the end")
    walk.poll("the notice of the end", lambda: told(w, "SMS_RECOVERED"))
    same((told(w, "SMS_RECOVER_SIGNED"), told(w, "SMS_RECOVER_READY")), (1, 1), "notices")
    refused(409, w.browser.post, f"/orders/{w.p.order}/recover/key",
            {"carrier": "x", "signature": "", "ukey": "YX1"})
    same(w.assistant.get("/keys")["keys"][0]["recovered"][0]["order"], w.p.order, "in the UKey")
    w.sign_in_by_ukey()
    history = ctx.site.yinxin("kmc", "history", w.first_order)
    need(w.p.order in history, "kmc's history")
    ctx.site.yinxin("journal", "verify")
    need(given["probe"], "no probe")


def two_sign(ctx, w, first, second):
    """Not the same person twice, not another UKey, not out of turn; each seen by the applicant."""
    no, path = w.p.order, f"/staff/recoveries/{w.p.order}"
    me = next(r for r in first.browser.get("/staff/members")["rows"] if r["name"] == "管理员")
    model = first.browser.get(path)
    need(model["may_first"] and not model["why_not"], model["why_not"])
    same([o["id"] for o in model["officers"]], [second["id"]], "who may sign second")
    need(any(w.serial in line for line in model["plain"]), model["plain"])
    asked = {"version": str(model["version"])}
    e = refused(422, first.browser.post, path + "/statement", {**asked, "second": str(me["id"])})
    need("两个人" in sentence(e), sentence(e))
    refused(422, first.browser.post, path + "/statement", {**asked, "second": "0"})
    refused(409, first.browser.post, path + "/statement",
            {"version": "1", "second": second["id"]})
    ctx.site.plug("staff")
    text = first.browser.post(path + "/statement", {**asked, "second": second["id"]})["statement"]
    same((json.loads(text)["receiver"], json.loads(text)["kind"]), (w.serial, "user"), "says")
    ctx.site.plug(second["key"])
    refused(403, sign, second["desk"], no, text)
    ctx.site.plug("staff")
    refused(409, sign, first, no, text.replace("user", "judicial"))
    sign(first, no, text)
    same((w.order_model()["state"], count(w.order_model(), "第一位密钥管理员签名")),
         ("countersigning", 1), "after the first")
    refused(409, w.browser.post, w.step_path("reason"),
            {"reason": "lost", "text": "", "receiver": w.serial})
    refused(403, sign, first, no, text)
    ctx.site.plug(w.p.key)
    refused(409, w.browser.post, f"/orders/{no}/recover/done", {"plain": ""})
    sign_second(ctx, w)
    approvals = w.browser.get(w.step_path("recover"))["recovery"]["approvals"]
    need(all(a["done"] and a["time"] for a in approvals), approvals)
    need("管理员" not in [a["name"] for a in approvals], "names are shown to the applicant")
    same(w.order_model()["state"], "recovering", "after the second")


def once(ctx, w, stranger, lost):
    """Only into the UKey that was named; the same again after a break; the key opens."""
    w.site.plug(stranger.p.key)
    refused(404, w.assistant.post, "/recover/request",
            {"order": w.p.order, "receiver": w.serial, "pin": walk.USER_PIN})
    w.site.plug(w.p.key)
    refused(422, w.browser.post, f"/orders/{w.p.order}/recover/key",
            {"carrier": "{}", "signature": "AAAA", "ukey": "YX1"})
    given = ask_key(w)
    refused(404, stranger.browser.post, f"/orders/{w.p.order}/recover/key",
            {"carrier": "{}", "signature": "AAAA", "ukey": "YX1"})
    refused(404, open_probe, w, given)
    again = ask_key(w)
    same(again["enc_cert"], given["enc_cert"], "asked again")
    refused(422, w.browser.post, f"/orders/{w.p.order}/recover/done", {"plain": "AAAA"})
    e = refused(409, w.browser.post, f"/orders/{w.p.order}/cancel", {"reason": "不要了"})
    need("不能取消" in sentence(e), sentence(e))
    install(w, again)
    plain = open_probe(w, again)
    same(open_probe(w, again, lost), plain, "what the lost UKey reads")
    w.site.plug(w.p.key)
    w.browser.post(f"/orders/{w.p.order}/recover/done", {"plain": plain})
    return again


def test_recover_killed(ctx):
    """The assistant killed at any moment of the installation, and the services between: the same
    calls finish it, and the pair in use is never touched."""
    w, old, _ = reissued(ctx, "person")
    apply(w, old)
    sign_first(ctx, w)
    sign_second(ctx, w)
    given = ask_key(w)
    for victim in ("kmc", "signer", "web"):
        pid = kill(ctx.site, victim)
        restarted(ctx.site, victim, pid)
        again = steady(w, ask_key, w)
        same(again["enc_cert"], given["enc_cert"], f"after {victim} was killed")
        given = again
    ended = [killed_after(w, given, ms) for ms in (0, 1, 2, 4, 8, 15, 30)]
    need(any(ended), "no installation was interrupted")
    w.say(f"{sum(ended)} of {len(ended)} installations interrupted by kill -9")
    plain = open_probe(w, given) if recovered(w) else (install(w, given), open_probe(w, given))[1]
    w.browser.post(f"/orders/{w.p.order}/recover/done", {"plain": plain})
    same(w.order_model()["state"], "done", "the end")
    keys = w.assistant.get("/keys")["keys"][0]
    same((len(keys["certificates"]), len(keys["recovered"]), keys["unfinished"]), (1, 1, []),
         "in the UKey")


def recovered(w):
    return bool(w.assistant.get("/keys")["keys"][0]["recovered"])


def killed_after(w, given, ms):
    """kill -9 of the assistant so long after the installation began; was it interrupted?"""
    broken = []

    def run():
        try:
            w.assistant.connection = None
            w.assistant.post("/recover/install", {"order": w.p.order, "pin": walk.USER_PIN,
                                                  "enc_cert": given["enc_cert"],
                                                  "envelope": given["envelope"]})
        except Exception:       # whatever the broken connection raises
            broken.append(True)

    w.site.plug(w.p.key)
    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(ms / 1000)
    w.site.processes["assistant"].kill()
    thread.join()
    w.assistant.connection = None
    w.site.plug(w.p.key)
    keys = w.assistant.get("/keys")["keys"][0]
    same([c["serial"] for c in keys["certificates"]], [w.serial], "the pair in use")
    return bool(broken)


def test_recover_refused(ctx):
    """Returned, declined, cancelled at each stage: one sentence for whoever comes too late, and a
    new application afterwards."""
    w, old, _ = reissued(ctx, "person")
    apply(w, old, "moved")
    no, (first, second) = w.p.order, officers(ctx)
    first.send_back(no, "unclear", "recovery_request", "看不清")
    same(w.order_model()["state"], "returned", "returned")
    w.upload("recovery_request", identity.png(seed=8))
    w.browser.post(f"/orders/{no}/resubmit")
    sign_first(ctx, w)
    path = f"/staff/recoveries/{no}/decline"
    refused(422, second["desk"].browser.post, path, {"reason": ""})
    refused(403, first.browser.post, path, {"reason": "我改主意了"})
    second["desk"].browser.post(path, {"reason": "申请书没有盖章"})
    model = w.order_model()
    same((model["state"], count(model, "没有同意")), ("reviewing", 1), "declined")
    refused(409, second["desk"].browser.post, path, {"reason": "再来一次"})
    sign_first(ctx, w)
    sign_second(ctx, w)
    w.browser.post(f"/orders/{no}/cancel", {"reason": "找到旧UKey了"})
    same(w.order_model()["state"], "cancelled", "cancelled")
    e = refused(409, ask_key, w)
    need("已取消" in sentence(e), sentence(e))
    walk.poll("the notice", lambda: told(w, "SMS_CANCELLED"))
    need(look(w, old)["may_recover"], "no second application")
    again = w.browser.post(f"/certificates/{old}/recover")["no"]
    need(again != no, "the cancelled order is gone on with")
    rows = first.browser.get("/staff/recoveries")["rows"]
    same([r["state"] for r in rows if r["no"] == no], ["cancelled"], "in the desk's list")
    w.browser.post(f"/orders/{again}/cancel", {"reason": "不需要"})


def test_recover_judicial(ctx):
    """By the command line alone, with a document's number; not through the hall, not for a user."""
    officers(ctx)
    w, serial = holder(ctx)
    receiver, named = holder(ctx)
    enc = next(c for c in w.order_model()["certificates"] if c["kind"] == "enc")["serial"]
    site = ctx.site
    shown = site.yinxin("kmc", "recover", "--serial", enc, "--document", "(2026)法调字第12号",
                        "--receiver", named)
    statement = json.loads(shown.splitlines()[-1])
    rows = {r["name"]: r["serial"] for r in ctx.officer().browser.get("/staff/members")["rows"]}
    statement.update(officer=rows["管理员"], second=rows["同事"])
    site.plug(receiver.p.key)
    made = receiver.assistant.post("/key/make", {"order": receiver.p.order, "cn": "X",
                                                 "pin": walk.USER_PIN})
    with open(site.path("csr.der"), "wb") as f:
        f.write(base64.b64decode(made["csr"]))
    out = judicial(ctx, statement)
    need(out.returncode == 0, out.stderr)
    for name in ("out.key", "out.crt"):
        need(os.path.getsize(site.path(name)) > 100, f"{name} is empty")
    need("(2026)法调字第12号" in site.yinxin("kmc", "history", w.p.order), "kmc's history")
    for bad in ({"document": ""}, {"receiver": serial}, {"kind": "user"}):
        statement["order"] = statement["order"][:-1] + str((int(statement["order"][-1]) + 1) % 10)
        r = judicial(ctx, {**statement, **bad})
        need(r.returncode != 0, f"taken with {bad}")
    site.yinxin("journal", "verify")


def judicial(ctx, statement):
    """Both sign it; the command is asked."""
    site = ctx.site
    text = json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    with open(site.path("statement"), "w", encoding="utf-8") as f:
        f.write(text)
    for name, desk, key in (("first", ctx.officer(), "staff"),
                            ("second", ctx.second["desk"], ctx.second["key"])):
        site.plug(key)
        with open(site.path(name), "wb") as f:
            f.write(base64.b64decode(desk.sign(text)["signature"]))
    return site.yinxin("kmc", "recover", "--statement", site.path("statement"), "--signature",
                       site.path("first"), "--second", site.path("second"), "--csr",
                       site.path("csr.der"), site.path("out"), check=False)
