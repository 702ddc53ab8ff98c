"""kill -9 of every service in the middle of each operation on a certificate: the user only has to try
again, and nothing is doubled or lost."""
import itertools

import life
import walk
from flow import count, need, same
from test_g_kill import AFTER_MS, steady, under_fire
from test_l_status import holder, look, status
from test_n_unlock import NEW_PIN
from test_r_life import code_for

VICTIMS = ("web", "signer", "gate", "kmc")


class Fire:
    """The next shot hits another service at another moment."""

    def __init__(self, w, victims=VICTIMS):
        self.w, self.victims = w, itertools.cycle(victims)
        self.after = itertools.cycle(AFTER_MS)

    def __call__(self, fn, *args):
        return under_fire(self.w, next(self.victims), next(self.after), fn, *args)


def fetched_under_fire(ctx, w, pin, replaces=""):
    """The download, with signer, kmc and web killed under its requests: one pair."""
    fire = Fire(w, ("signer", "kmc", "web"))
    ctx.site.plug(w.p.key)
    token = w.open_fetch(w.authorisation_code())
    made = w.assistant.post("/key/make", {"order": w.p.order, "cn": w.p.name, "pin": pin})
    asked = {"token": token, "csr": made["csr"], "medium": made["serial"]}
    got = [fire(w.browser.post, "/fetch/issue", asked) for _ in range(3)]
    same(len({(g["sign_cert"], g["enc_cert"]) for g in got}), 1, "pairs")
    w.assistant.post("/key/install", {
        "order": w.p.order, "pin": pin, "sign_cert": got[0]["sign_cert"],
        "enc_cert": got[0]["enc_cert"], "envelope": got[0]["enc_key"], "replaces": replaces})
    fire(w.browser.post, "/fetch/done", {"token": token})
    return got[0]["serial"]


def verified(ctx):
    """The journals hold, as soon as both services run again."""
    def verify():
        r = ctx.site.yinxin("journal", "verify", check=False)
        need(r.returncode == 0 or "answer" in r.stderr, r.stderr)
        return r.returncode == 0
    walk.poll("the journals", verify)


def once(ctx, w, payments):
    """Of everything there is one."""
    w.browser.connection = None
    model = w.order_model()
    same(model["state"], "done", "state")
    same((count(model, "收到费用"), len(model["certificates"])), (payments, 2),
         "payments and certificates")
    same(len([t for t in model["trades"] if t["state"] == "paid"]), payments, "paid trades")
    for text in ("审核通过", "签发证书", "证书写入UKey"):
        same(count(model, text), 1, text)
    verified(ctx)


def test_kill_renewal(ctx):
    """Services killed all along a renewal: one order, one payment, one pair beside the old one."""
    w, serial = holder(ctx)
    with life.renewable(ctx, w):
        life.travel(ctx, w, serial, "renew", "approved", Fire(w))
        fresh = fetched_under_fire(ctx, w, walk.USER_PIN, serial)
        once(ctx, w, 1)
        same((status(ctx, serial), status(ctx, fresh)), ("good", "good"), "old and new")
        same(look(w, serial)["replaced_by"], w.p.order, "its renewal")


def test_kill_reissue(ctx):
    """Services killed all along a re-issue: the old pair is revoked once, with the new one's issue."""
    w, serial = holder(ctx)
    life.travel(ctx, w, serial, "reissue", "approved", Fire(w, ("web", "gate", "signer")))
    w.p.key = "killed" + w.p.key
    ctx.site.make_key(w.p.key, "新UKey", walk.BLANK_PIN)
    fresh = fetched_under_fire(ctx, w, walk.BLANK_PIN)
    once(ctx, w, 1)
    same(count(w.order_model(), "原证书已撤销"), 1, "the old one's end")
    same((status(ctx, serial), status(ctx, fresh)), ("revoked", "good"), "old and new")


def test_kill_change(ctx):
    """Services killed all along a change: one new pair with the new name, the old one superseded."""
    w, serial = holder(ctx, "org")
    life.travel(ctx, w, serial, "change", "approved", Fire(w, ("web", "doc", "gate", "signer")))
    fresh = fetched_under_fire(ctx, w, walk.USER_PIN, serial)
    once(ctx, w, 0)
    need("集团" in look(w, fresh)["subject"], "the new name")
    same((status(ctx, serial), status(ctx, fresh)), ("revoked", "good"), "old and new")


def test_kill_unlock(ctx):
    """Services killed all along an unlocking: one answer, which opens the UKey once."""
    w, serial = holder(ctx)
    fire = Fire(w, ("web", "kmc", "signer"))
    life.travel(ctx, w, serial, "unlock", "unlocking", fire)
    ctx.site.plug(w.p.key)
    path = f"/orders/{w.p.order}/unlock"
    got = [fire(w.browser.post, f"{path}/answer", {}) for _ in range(3)]
    same(len({(g["answer"], g["expires"]) for g in got}), 1, "answers")
    w.assistant.post("/unlock/finish", {"order": w.p.order, "expires": got[0]["expires"],
                                        "answer": got[0]["answer"], "new_pin": NEW_PIN})
    fire(w.browser.post, f"{path}/done", {})
    model = w.order_model()
    same((model["state"], count(model, "发出解锁授权"), count(model, "UKey已解锁")),
         ("done", 1, 1), "the end")
    same(status(ctx, serial), "good", "the certificate")
    w.sign_in_by_ukey(pin=NEW_PIN)


def changed(w, serial, kind, **more):
    """Signed once, sent until it is done; done already is done."""
    asked = w.browser.post(f"/certificates/{serial}/statement", {"kind": kind, **more})
    signed = w.assistant.post("/sign", {"text": asked["statement"], "pin": walk.USER_PIN})
    code = code_for(w, serial) if kind == "release" else ""

    def send():
        try:
            w.browser.post(f"/certificates/{serial}/change", {
                "id": asked["id"], "signature": signed["signature"], "code": code})
        except walk.Refused as e:
            if "办理过" not in str(e):
                raise
    return send


def test_kill_status(ctx):
    """Signer and web killed while a certificate is frozen and revoked: the hall, the signer and the
    responder agree in the end, with one line in the signer's journal each."""
    w, serial = holder(ctx)
    fire = Fire(w, ("signer", "web"))
    for kind, more, seen, said in (("hold", {}, "held", "证书已冻结"),
                                   ("revocation", {"reason": "5"}, "revoked", "证书已撤销")):
        send = changed(w, serial, kind, **more)
        fire(send)
        fire(send)
        walk.poll("the page to agree", lambda s=seen: steady(w, look, w, serial)["status"] == s)
        same(status(ctx, serial), "revoked", kind)
        same(count(w.order_model(), said), 1, f"told in the order: {said}")
    verified(ctx)


