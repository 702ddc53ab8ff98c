"""kill -9 of every service in the middle of each operation on a certificate: the user only has to try
again, and nothing is doubled or lost."""
import itertools

import identity
import life
import walk
from browser import Refused
from flow import count, need, same, sentence
from test_g_kill import AFTER_MS, steady, under_fire
from test_l_status import holder, look, status
from test_n_unlock import NEW_PIN
from test_q_medium import Maker, activation_pins, approved
from test_r_accounts import DAYS, filed
from test_r_life import code_for, journal_lines
from test_t_handler import accepting, gone, offered, taken

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
        "enc_cert": got[0]["enc_cert"], "envelope": got[0]["enc_key"], "replaces": replaces,
        "seal": got[0]["seal"]})
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
    for text in ("审核通过", "签发证书", "证书已写入"):
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




def patient_code(w, serial):
    """A code to the phone; one was sent a moment ago: as a user waits."""
    def ask():
        try:
            return code_for(w, serial)
        except Refused as e:
            if e.status != 429:
                raise
            return None
    return walk.poll("a code", lambda: steady(w, ask), 90)


def test_kill_thaw(ctx):
    """Signer and web killed while the holder thaws: thawed once, by one line of the signer's journal;
    a code that was used up in the moment of the kill is asked for again."""
    w, serial = holder(ctx)
    changed(w, serial, "hold")()
    fire = Fire(w, ("signer", "web"))
    for _ in range(2):
        asked = w.browser.post(f"/certificates/{serial}/statement", {"kind": "release"})
        signed = w.assistant.post("/sign", {"text": asked["statement"], "pin": walk.USER_PIN})
        code = patient_code(w, serial)

        def send(a=asked, s=signed, c=code):
            w.browser.post(f"/certificates/{serial}/change", {
                "id": a["id"], "signature": s["signature"], "code": c})
        try:
            fire(send)
        except Refused as e:            # the code is used up, or it is done
            need(any(t in sentence(e) for t in ("验证码", "办理过", "没有冻结", "有效")), sentence(e))
        if steady(w, look, w, serial)["status"] == "good":
            break
    walk.poll("the page to agree", lambda: steady(w, look, w, serial)["status"] == "good")
    same(status(ctx, serial), "good", "at the responder")
    same(count(w.order_model(), "证书已恢复"), 1, "told in the order")
    same(journal_lines(ctx, serial, "certificate.release"), 1, "lines of the signer")
    verified(ctx)


def moved(fire, browser, path, act, *fields):
    """Asked under fire; a refusal is the answer to a repetition, what counts is the state after it."""
    def send():
        browser.connection = None
        browser.get(path)
        try:
            browser.post(path + act, *fields)
        except Refused as e:
            if e.status not in (404, 409):
                raise
    fire(send)


def due(ctx, days):
    """The gate's minute, so many days later: by the command, as often as it takes."""
    ctx.site.extra["YINXIN_TEST_CLOCK_SHIFT"] = str(int(days * DAYS))
    try:
        walk.poll("what is due", lambda: ctx.site.yinxin("petition", "run", check=False)
                  .returncode == 0)
    finally:
        del ctx.site.extra["YINXIN_TEST_CLOCK_SHIFT"]


def test_kill_petition(ctx):
    """Web and gate killed while a petition is returned, mended, filed again, granted and carried out,
    and while another one is stopped: one state, one warning, one new number."""
    w = ctx.walker("person")
    browser, number, path = filed(ctx, w)
    fire = Fire(w, ("web", "gate"))
    no, desk = browser.get(path)["no"], ctx.officer().browser
    at = f"/staff/petitions/{no}"

    def version():
        desk.connection = None
        return {"version": str(steady(w, desk.get, at)["version"])}
    moved(fire, desk, at, "/return", {**version(), "reason": "照片不清楚"})
    same(steady(w, browser.get, path)["returns"], 1, "returned once")
    moved(fire, browser, path, "/mend", {"name": w.p.name})

    def upload():
        browser.connection = None
        browser.upload(f"{path}/pictures/id_front", {}, {"file": ("a.png", identity.png(seed=9))})
    fire(upload)
    moved(fire, browser, path, "")
    same(steady(w, browser.get, path)["state"], "reviewing", "filed again")
    moved(fire, desk, at, "/approve", version())
    same(steady(w, browser.get, path)["state"], "waiting", "granted")
    walk.poll("the warning", lambda: ctx.world.sms(w.p.mobile))
    due(ctx, 3.01)
    due(ctx, 3.01)
    browser.connection = None
    same(browser.get(path)["state"], "done", "carried out")
    told = [m["template"] for m in ctx.world.sms(w.p.mobile)]
    same(told.count("SMS_PETITION_WARNING"), 1, "warnings")
    w.browser, w.p.mobile = walk.Browser(ctx.site.url), number
    w.sign_in()
    browser, _, path = filed(ctx, w)
    no = browser.get(path)["no"]
    at = f"/staff/petitions/{no}"
    moved(fire, desk, at, "/approve", version())
    w.browser.connection = None
    moved(fire, w.browser, f"/petition-stop/{no}", "")
    same(steady(w, browser.get, path)["state"], "stopped", "stopped")
    verified(ctx)


def test_kill_handover(ctx):
    """Web and signer killed while a subject is handed over, and taken over by a petition: everything
    moves once, nothing is left with the old account."""
    w, serial = holder(ctx)
    v, u = ctx.walker("person"), ctx.walker("person")
    first = w.p.order
    path = offered(ctx, w, v)
    fields = accepting(ctx, v, path)
    fire = Fire(v, ("web", "signer", "web"))

    def accept():
        v.browser.connection = None
        try:
            v.browser.post(path, fields)
        except Refused as e:            # the code was used up when it was killed, or it is done
            if e.status not in (409, 422):
                raise
    fire(accept)
    if steady(v, v.browser.get, path)["state"] == "offered":
        walk.poll("another code", lambda: accepted_later(ctx, v, path), 90)
    w.browser.connection = None
    gone(w, serial, (first,))
    same(count(v.browser.get(f"/orders/{first}"), "更换经办人"), 1, "moved once")
    same(look(v, serial)["serial"], serial, "the certificate")
    v.p.name, v.p.id_no, asked = w.p.name, w.p.id_no, (v.p.name, v.p.id_no)
    path, no = taken(ctx, u, v)
    v.p.name, v.p.id_no = asked
    for _ in range(2):
        fire(due, ctx, 3.01)
    u.browser.connection = v.browser.connection = None
    same(steady(u, u.browser.get, path)["state"], "done", f"the takeover {no}")
    same((steady(u, look, u, serial)["serial"], count(u.browser.get(f"/orders/{first}"), "更换经办人")),
         (serial, 2), "moved once more")
    verified(ctx)


def accepted_later(ctx, v, path):
    """With a fresh code, when a minute has passed."""
    try:
        v.browser.post(path, accepting(ctx, v, path))
    except Refused as e:
        if e.status != 429:
            raise
    return v.browser.get(path)["state"] == "accepted"


def test_kill_making(ctx):
    """Signer, kmc and web killed while staff write a UKey: one pair, the stock knows it, one activation
    PIN on its way, which opens it."""
    w = approved(ctx)
    m = Maker(ctx, w.p.order)

    def stands(act, state):
        """Once done, a repetition is refused."""
        def post():
            m.browser.connection = None
            try:
                m.post(act)
            except Refused as e:
                if e.status != 409:
                    raise
        fire(post)
        w.browser.connection = None
        same(steady(w, w.order_model)["state"], state, act)
    fire = Fire(w, ("web", "signer", "kmc", "web"))
    stands("claim", "making")
    ctx.site.plug(w.p.key)
    made = m.make()

    def issue():
        m.browser.connection = None
        return m.issue(made)
    pairs = [fire(issue) for _ in range(3)]
    same(len({(p["sign_cert"], p["enc_cert"]) for p in pairs}), 1, "pairs")
    m.install(next(p for p in pairs if p["device"]))
    m.browser.connection = None
    steady(w, m.activate)
    stands("made", "ready")
    pin = walk.poll("the PIN", lambda: activation_pins(w))[0]
    model = w.order_model()
    same((len(model["certificates"]), count(model, "制证完成")), (2, 1), "made once")
    w.assistant.post("/pin/change", {"pin": pin, "new_pin": NEW_PIN})
    w.sign_in_by_ukey(pin=NEW_PIN)
    verified(ctx)


def test_kill_reminders(ctx):
    """The gate killed while reminders leave: each one is sent, and nobody is reminded again."""
    w, _ = holder(ctx)
    with life.renewable(ctx, w):
        fire = Fire(w, ("gate",))
        for _ in range(3):
            fire(ctx.site.yinxin, "remind")
        walk.poll("the SMS", lambda: "SMS_EXPIRING" in str(ctx.world.sms(w.p.mobile)))
        walk.poll("the mail", lambda: [m for m in ctx.world.mail(w.p.mail) if "即将到期" in str(m)])
        same(ctx.site.yinxin("remind"), "0 reminded\n", "once more")
        same([m["template"] for m in ctx.world.sms(w.p.mobile)].count("SMS_EXPIRING"), 1, "messages")
