"""Freezing, restoring and revoking: by the holder, by phone, by the desk, by two."""
import walk
from flow import count, need, refused, same, sentence


def holder(ctx, kind="person"):
    """Somebody with a certificate in the UKey, signed in; the certificate's serial."""
    w = ctx.walker(kind)
    w.apply()
    ctx.officer().approve(w.p.order)
    w.fetch()
    serial = next(c for c in w.order_model()["certificates"] if c["kind"] == "sign")["serial"]
    return w, serial


def status(ctx, serial):
    return ctx.site.yinxin("cert", "status", serial).split()[1]


def look(w, serial):
    return w.browser.get(f"/certificates/{serial}")


def change(w, serial, kind, base="/certificates", pin=walk.USER_PIN, browser=None, which=None,
           **more):
    """Ask for the text, sign it in the UKey that is plugged in (which of its certificates), send it."""
    browser = browser or w.browser
    asked = browser.post(f"{base}/{serial}/statement", {"kind": kind, **more})
    signed = w.assistant.post("/sign", {"text": asked["statement"], "pin": pin,
                                        **({"serial": which} if which else {})})
    return browser.post(f"{base}/{serial}/change", {"id": asked["id"],
                                                    "signature": signed["signature"]})


def at_desk(ctx, serial, kind, **more):
    officer = ctx.officer()
    ctx.site.plug("staff")
    asked = officer.browser.post(f"/staff/certificates/{serial}/statement",
                                 {"kind": kind, **more})
    signed = officer.sign(asked["statement"])
    return officer.browser.post(f"/staff/certificates/{serial}/change", {
        "id": asked["id"], "signature": signed["signature"]})


def colleague(ctx):
    """A second reviewer with a UKey of their own, signed in at a desk of their own."""
    if getattr(ctx, "other_desk", None) is not None:
        ctx.other_desk["desk"].browser.connection = None
        return ctx.other_desk
    site, name = ctx.site, "colleague"
    key = site.make_key(name, "同事UKey", walk.USER_PIN)
    driver = site.path("app", "lib", "libyinxin_skf.so")
    csr, cert = site.path("keys", name + ".csr"), site.path("keys", name + ".crt")
    site.assistant_tool("csr", "--driver", driver, "--key", key, "--pin", walk.USER_PIN,
                        "--order", name, "--cn", "同事", "--out", csr)
    site.yinxin("staff", "add", "--name", "同事", "--roles", "reviewer", "--csr", csr,
                "--cert", cert)
    site.assistant_tool("install", "--driver", driver, "--key", key, "--pin", walk.USER_PIN,
                        "--order", name, "--sign-cert", cert)
    desk = Colleague(site, ctx.say)
    desk.key = name
    desk.sign_in()
    rows = ctx.officer().browser.get("/staff/members")["rows"]
    ctx.other_desk = {"id": str(next(r["id"] for r in rows if r["name"] == "同事")), "desk": desk,
                      "key": name}
    return ctx.other_desk


def by_two(ctx, serial, second):
    """The colleague signs what waits for it."""
    waiting = next(r for r in ctx.officer().browser.get("/staff/certificates")["waiting"]
                   if r["serial"] == serial)
    ctx.site.plug(second["key"])
    signed = second["desk"].sign(waiting["statement"])
    second["desk"].browser.post(f"/staff/certificates/{serial}/change", {
        "id": waiting["id"], "signature": signed["signature"]})


class Colleague(walk.Officer):
    """Signs with another UKey and another PIN."""

    def sign(self, text):
        return self.assistant.post("/sign", {"text": text, "pin": walk.USER_PIN})

    def sign_in(self):
        plug, self.site.plug = self.site.plug, lambda _: plug(self.key)
        try:
            super().sign_in()
        finally:
            self.site.plug = plug


def test_freeze_by_phone(ctx):
    """The key is lost: a code to the mobile freezes at once; two at the desk restore it."""
    w, serial = holder(ctx)
    model = look(w, serial)
    same((model["status"], model["may_freeze"], model["may_release"]), ("good", True, False),
         "before")
    need(len(model["chain"]) == 3, f"chain {model['chain']}")
    refused(422, w.browser.post, f"/certificates/{serial}/freeze", {"code": "000000"})
    same(status(ctx, serial), "good", "after a wrong code")
    fields = {"captcha_id": model["captcha_id"], "captcha": "wkcap"}
    w.browser.get_raw(f"/captcha/{model['captcha_id']}")
    w.browser.post(f"/certificates/{serial}/code", fields)
    w.browser.post(f"/certificates/{serial}/freeze", {"code": w.world.sms_code(w.p.mobile)})
    same((status(ctx, serial), look(w, serial)["status"]), ("revoked", "held"), "frozen")
    same(count(w.order_model(), "证书已冻结"), 1, "events")
    e = refused(403, at_desk, ctx, serial, "nonsense")
    second = colleague(ctx)
    at_desk(ctx, serial, "release", second=second["id"])
    by_two(ctx, serial, second)
    same((status(ctx, serial), look(w, serial)["status"]), ("good", "good"), "restored")
    need(sentence(e), "no sentence")


def test_revoke_by_holder(ctx):
    """With the UKey: frozen, then revoked for good; another's key and certificate are refused."""
    w, serial = holder(ctx)
    other, _ = holder(ctx)
    refused(404, look, other, serial)
    w.site.plug(other.p.key)
    e = refused(403, change, w, serial, "hold")
    need("UKey" in sentence(e), sentence(e))
    same(status(ctx, serial), "good", "signed with another's key")
    w.site.plug(w.p.key)
    change(w, serial, "hold")
    same(look(w, serial)["status"], "held", "frozen with the UKey")
    refused(422, change, w, serial, "revocation", reason="6")
    change(w, serial, "revocation", reason="1")
    model = look(w, serial)
    same((model["status"], model["reason_text"], model["may_freeze"], model["may_revoke"]),
         ("revoked", "私钥泄露或怀疑泄露", False, False), "revoked")
    e = refused(409, change, w, serial, "hold")
    need("重新申请" in sentence(e), sentence(e))
    need(any(r["serial"] == serial for r in w.browser.get("/user?certificates=ended")
             ["certificates"]["rows"]), "not among the ended ones")


def test_revoke_by_two(ctx):
    """The desk revokes by two: one signature does nothing, the same person twice neither."""
    w, serial = holder(ctx)
    site, officer = ctx.site, ctx.officer()
    me = officer.browser.get("/staff/members")["rows"][0]
    refused(422, at_desk, ctx, serial, "revocation", reason="5", second=str(me["id"]))
    refused(422, at_desk, ctx, serial, "revocation", reason="5")
    second = colleague(ctx)
    at_desk(ctx, serial, "revocation", reason="5", second=second["id"])
    same(status(ctx, serial), "good", "after one signature")
    waiting = next(r for r in officer.browser.get("/staff/certificates")["waiting"]
                   if r["serial"] == serial)
    need(not waiting["mine"], "the first one is asked again")
    same(waiting["plain"], "撤销这张证书，撤销后不能恢复。原因：不再使用。", "in words")
    signed = officer.sign(waiting["statement"])
    path = f"/staff/certificates/{serial}/change"
    refused(403, officer.browser.post, path, {"id": waiting["id"],
                                              "signature": signed["signature"]})
    desk = second["desk"]
    site.plug(second["key"])
    signed = desk.sign(waiting["statement"])
    desk.browser.post(path, {"id": waiting["id"], "signature": signed["signature"]})
    same((status(ctx, serial), look(w, serial)["status"]), ("revoked", "revoked"), "by two")
    site.yinxin("journal", "verify")
