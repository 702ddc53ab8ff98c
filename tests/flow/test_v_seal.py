"""Electronic seals: asked for on the form, looked at, approved, made, in the UKey, and after that."""
import contextlib
import hashlib
import json
import os

import identity
import life
import walk
from browser import Browser
from flow import count, need, refused, same, sentence
from test_l_status import change, look
from test_m_renew import as_before, fetch_again
from test_r_kill import fetched_under_fire
from test_u_webhook import received, register, types, verifier

SPECIMEN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "specimen")


def specimen(name):
    with open(os.path.join(SPECIMEN, name), "rb") as f:
        return f.read()


def picture(w):
    kind, png = w.browser.get_raw(f"/orders/{w.p.order}/seal")
    need(png.startswith(b"\x89PNG"), kind)
    return png


def sm3(data):
    return hashlib.new("sm3", data).hexdigest()


def in_ukey(w, serial):
    """The number of the seal that lies in the UKey beside this certificate; "" none."""
    w.site.plug(w.p.key)
    certs = w.assistant.get("/keys")["keys"][0]["certificates"]
    return next(c for c in certs if c["serial"] == serial)["seal"]


def verified(ctx, w, status="good"):
    """The seal of the order holds by our command, for its certificate; its number."""
    site = ctx.site
    seals = [r for r in w.browser.get("/user/seals")["rows"] if r["order"] == w.p.order]
    same(len(seals), 1, "seals of the order")
    _, der = w.browser.get_raw(f"/orders/{w.p.order}/seal/file")
    _, pem = w.browser.get_raw(f"/orders/{w.p.order}/certificates/sign")
    files = {}
    for name, data in (("seal.esl", der), ("holder.pem", pem)):
        files[name] = site.path(name)
        with open(files[name], "wb") as f:
            f.write(data)
    said = site.yinxin("seal", "verify", files["seal.esl"], "--holder", files["holder.pem"])
    need("broken" not in said and "ok     holder " in said, said)
    shown = site.yinxin("seal", "show", files["seal.esl"])
    need(seals[0]["id"] in shown and sm3(picture(w)) in shown, shown)
    same(seals[0]["status"], status, "status")
    listed = site.yinxin("seal", "list")
    need(seals[0]["id"] in listed, listed)
    return seals[0]["id"]


def public(ctx, seal):
    return Browser(ctx.site.url).get(f"/seals/{seal}")


def sealed(ctx, kind="org", image=None):
    """Up to the approval, with a seal."""
    w = ctx.walker(kind)
    w.begin()
    w.agree()
    w.fill(seal="yes")
    w.confirm()
    w.print()
    if image is not None:
        w.upload("seal_specimen", image, "specimen.jpg")
    w.materials()
    w.prove_identity()
    w.pay()
    return w


def test_seal(ctx):
    """From the form to the UKey: fee, specimen cut out, approved by its digest, verified by others."""
    w = ctx.walker("org")
    w.begin()
    w.agree()
    need(w.browser.get(w.step_path("form"))["price"]["has_seal"], "not offered")
    refused(422, w.fill, seal="maybe")
    w.fill(seal="yes")
    same(w.order_model()["amount"], "390.00", "340 and 50")
    need(w.browser.get(w.step_path("confirm"))["has_seal"], "not shown at the confirmation")
    drawn = picture(w)
    w.confirm()
    w.print()
    e = refused(422, w.upload, "seal_specimen", specimen("empty.jpg"), "empty.jpg")
    need("没有找到红色的印迹" in sentence(e), sentence(e))
    same(picture(w), drawn, "nothing was uploaded")
    w.upload("seal_specimen", specimen("round.jpg"), "round.jpg")
    cut = picture(w)
    need(cut != drawn, "still the drawn one")
    w.materials()
    w.prove_identity()
    w.pay()
    desk = ctx.officer()
    model = desk.look(w.p.order)
    need(model["has_seal"] and model["seal_fault"] == "", model["seal_fault"])
    _, seen = desk.browser.get_raw(f"/staff/orders/{w.p.order}/seal")
    same(seen, cut, "the reviewer's picture")
    asked = desk.browser.post(f"/staff/reviews/{w.p.order}/statement", {"version": model["version"]})
    need(f'"picture":"{sm3(cut)}"' in asked["statement"], asked["statement"])
    desk.approve(w.p.order)
    w.fetch()
    same(count(w.order_model(), "电子印章已制作"), 1, "seals made")
    seal = verified(ctx, w)
    same(in_ukey(w, w.serial), seal, "in the UKey")
    same(look(w, w.serial)["seal"]["id"], seal, "on the certificate's page")
    told = public(ctx, seal)
    same((told["status"], told["digest"]), ("good", sm3(cut)), "for everybody")
    need(w.p.company not in str(told) and w.serial not in str(told), "says whose it is")
    refused(404, public, ctx, "0" * 32)
    other = ctx.walker("person")
    for path in ("seal", "seal/file"):
        refused(404, other.browser.get, f"/orders/{w.p.order}/{path}")
    walk.poll("the journals", lambda: ctx.site.yinxin("journal", "verify", check=False)
              .returncode == 0)


def test_seal_none(ctx):
    """Who asks for none has none: no fee, no picture, nothing in approval, answer or UKey."""
    w = ctx.walker("org")
    w.apply()
    same(w.order_model()["amount"], "340.00", "fee")
    refused(404, w.browser.get, f"/orders/{w.p.order}/seal")
    desk = ctx.officer()
    model = desk.look(w.p.order)
    need(not model["has_seal"], "the desk has one")
    asked = desk.browser.post(f"/staff/reviews/{w.p.order}/statement", {"version": model["version"]})
    need('"seal"' not in asked["statement"], asked["statement"])
    desk.approve(w.p.order)
    w.fetch()
    same(in_ukey(w, w.serial), "", "in the UKey")
    refused(404, w.browser.get, f"/orders/{w.p.order}/seal/file")
    need(not look(w, w.serial)["has_seal"], "on the certificate's page")


def test_seal_changed_while_reviewed(ctx):
    """Another specimen while the officer looks: the signed statement is about the old picture."""
    w = sealed(ctx)
    desk = ctx.officer()
    ctx.site.plug("staff")
    model = desk.look(w.p.order)
    path = f"/staff/reviews/{w.p.order}"
    asked = desk.browser.post(f"{path}/statement", {"version": model["version"]})
    signed = desk.sign(asked["statement"])
    w.upload("seal_specimen", specimen("round.jpg"), "round.jpg")
    refused(409, desk.browser.post, f"{path}/approve", {
        "version": asked["version"], "statement": asked["statement"],
        "signature": signed["signature"], "certificate": signed["certificate"]})
    desk.approve(w.p.order)
    w.fetch()
    verified(ctx, w)


def test_seal_paid(ctx):
    """Once paid, whether there is a seal stands."""
    w = sealed(ctx, "person")
    e = refused(422, w.fill, seal="no")
    need("已经缴费" in sentence(e), sentence(e))


def test_seal_renew_change(ctx):
    """A renewal has the same picture, a change of name a new one; each time the old seal is superseded,
    and it ends with its certificate."""
    w = sealed(ctx, "org", specimen("round.jpg"))
    ctx.officer().approve(w.p.order)
    w.fetch()
    first, serial, before = verified(ctx, w), w.serial, picture(w)
    with life.renewable(ctx, w):
        w.sign_in()
        life.travel(ctx, w, serial, "renew", "approved")
        same(picture(w), before, "the picture of the renewal")
        serial = fetch_again(w)
    w.sign_in()
    second = verified(ctx, w)
    need(second != first, "the same seal")
    same(public(ctx, first)["status"], "superseded", "the first")
    same(in_ukey(w, serial), second, "in the UKey")
    same(in_ukey(w, w.serial), first, "still there with the old pair")
    life.travel(ctx, w, serial, "change", "approved")
    need(picture(w) != before, "the old name in the picture")
    fetch_again(w)
    third = verified(ctx, w)
    same(public(ctx, second)["status"], "superseded", "the second")
    model = [r for r in w.browser.get("/user/seals")["rows"] if r["id"] == third][0]
    need(model["name"].endswith("集团"), model["name"])
    frozen = look(w, model["serial"])
    desk = ctx.officer()
    need(frozen["has_seal"], "no seal on the page")
    text = desk.browser.post(f"/staff/certificates/{model['serial']}/statement", {"kind": "hold"})
    ctx.site.plug("staff")
    signed = desk.sign(text["statement"])
    desk.browser.post(f"/staff/certificates/{model['serial']}/change",
                      {"id": text["id"], "signature": signed["signature"]})
    same(public(ctx, third)["status"], "frozen", "the third")
    ctx.site.plug(w.p.key)
    change(w, model["serial"], "revocation", reason="5", which=model["serial"])
    same(public(ctx, third)["status"], "revoked", "with its certificate")


def test_seal_killed(ctx):
    """Signer, kmc and web killed under the download: one seal, whole in the UKey."""
    w = sealed(ctx, "person")
    ctx.officer().approve(w.p.order)
    serial = fetched_under_fire(ctx, w, walk.BLANK_PIN)
    w.browser.connection = None
    w.serial = serial
    same(count(w.order_model(), "电子印章已制作"), 1, "seals made")
    same(in_ukey(w, serial), verified(ctx, w), "in the UKey")


@contextlib.contextmanager
def hall_with(ctx, was, now):
    """The same hall with another setting; the server started anew."""
    site, halls = ctx.site, ctx.site.path("app", "share", "yinxin", "halls")
    with open(os.path.join(halls, "dfca-construction.yaml"), encoding="utf-8") as f:
        text = f.read()
    need(was in text, was)
    with open(os.path.join(halls, "sealing.yaml"), "w", encoding="utf-8") as f:
        f.write(text.replace(was, now))
    site.stop_one("server")
    site.extra["YINXIN_WEB_HALL_FILE"] = os.path.relpath(os.path.join(halls, "sealing.yaml"),
                                                         site.root)
    try:
        site.start_server()
        ctx.desk = None
        yield
    finally:
        as_before(ctx)


def person_sealed(ctx, seal, *uploads):
    """A person's application with this kind of seal, up to the approval."""
    w = ctx.walker("person")
    w.begin()
    w.agree()
    w.fill(seal=seal)
    w.confirm()
    w.print()
    for kind, image in uploads:
        w.upload(kind, image, "specimen.jpg")
    return w


def test_seal_signature(ctx):
    """A person signs on the printed form: it is asked for, cut out, approved and sealed as his own
    signature; the fee stands beside the certificate's."""
    w = person_sealed(ctx, "signature")
    model = w.browser.get(w.step_path("materials"))
    need(model["seal_kind_text"] == "手写签名" and not model["seal_shown"], model["seal_source_text"])
    kinds = {m["kind"]: m["required"] for m in model["materials"]}
    need(kinds["signature_specimen"] and "seal_specimen" not in kinds, kinds)
    e = refused(409, w.browser.get, f"/orders/{w.p.order}/seal")
    need("还没有上传签名印模" in sentence(e), sentence(e))
    e = refused(409, w.upload, "seal_specimen", specimen("round.jpg"), "round.jpg")
    need("不用签章印模" in sentence(e), sentence(e))
    for kind in (k for k, must in kinds.items() if must and k != "signature_specimen"):
        w.upload(kind, identity.png(seed=len(kind)))
    e = refused(422, w.upload, "signature_specimen", specimen("empty.jpg"), "empty.jpg")
    need("签名" in sentence(e), sentence(e))
    refused(422, w.browser.post, w.step_path("materials"), {})
    w.upload("signature_specimen", specimen("signature.jpg"), "signature.jpg")
    w.do_step("materials")
    w.prove_identity()
    model = w.browser.get(w.step_path("payment"))
    same([(a["label"], a["amount"]) for a in model["amounts"]],
         [("个人证书", "340.00"), ("电子印章", "50.00")], "what it costs")
    w.pay()
    png = picture(w)
    desk = ctx.officer()
    model = desk.look(w.p.order)
    same((model["seal_kind_text"], model["seal_fault"]), ("手写签名", ""), "the reviewer")
    asked = desk.browser.post(f"/staff/reviews/{w.p.order}/statement", {"version": model["version"]})
    need(f'"kind":"signature","picture":"{sm3(png)}"' in asked["statement"], asked["statement"])
    desk.approve(w.p.order)
    w.fetch()
    seal = verified(ctx, w)
    same(in_ukey(w, w.serial), seal, "in the UKey")
    same(public(ctx, seal)["kind_text"], "手写签名", "for everybody")
    said = ctx.site.yinxin("seal", "show", ctx.site.path("seal.esl"))
    need("type         person" in said, said)


def test_seal_specimen_only(ctx):
    """Where the hall draws none, the specimen is asked for; where it draws all, it is not."""
    for picture_from, wanted in (("specimen", True), ("drawn", False)):
        with hall_with(ctx, "{fee: 5000, kinds: [stamp], picture: choice}",
                       f"{{fee: 7000, kinds: [stamp], picture: {picture_from}}}"):
            w = ctx.walker("org")
            w.begin()
            w.agree()
            w.fill(seal="yes")
            same(w.order_model()["amount"], "410.00", "340 and 70")
            w.confirm()
            w.print()
            model = w.browser.get(w.step_path("materials"))
            kinds = {m["kind"]: m["required"] for m in model["materials"]}
            same(kinds.get("seal_specimen", False), wanted, f"required when {picture_from}")
            same(model["seal_shown"], not wanted, f"a picture when {picture_from}")
            if not wanted:
                need(picture(w), "no picture")
                continue
            w.upload("seal_specimen", specimen("round.jpg"), "round.jpg")
            need(picture(w), "no picture")
            price = w.browser.get("/products/org")
            same((price["seal"], price["years"][0]["with_seal"]), ("70.00", "410.00"), "price")


def test_seal_webhook(ctx):
    """A relying system hears that a seal was made: signed with its secret, with the seal's number,
    kind and digest, and nothing of the picture."""
    app, secret, _ = register(ctx, "sealing", "sealed")
    w = sealed(ctx, "org", specimen("round.jpg"))
    digest = sm3(picture(w))
    ctx.officer().approve(w.p.order)
    w.fetch()
    walk.poll("the event", lambda: types(ctx, "sealing"))
    got = received(ctx, "sealing")
    same(types(ctx, "sealing"), ["certificate.sealed"], "heard")
    need(got[0]["sha256"] and got[0]["sm3"] and got[0]["fresh"], got[0])
    data = json.loads(got[0]["body"])["data"]
    same(data["serial"], w.serial, "whose")
    same(data["seal"], {"id": verified(ctx, w), "kind": "stamp", "digest": digest, "status": "good"},
         "the seal")
    verify, now = verifier(), int(got[0]["timestamp"])
    headers = {"webhook-id": got[0]["id"], "webhook-timestamp": str(now),
               "webhook-signature": got[0]["signature"]}
    same(verify(secret, headers, got[0]["body"].encode(), now), got[0]["id"], "our example's word")
    ctx.site.yinxin("app", "remove", app)
