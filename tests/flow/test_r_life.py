"""Every operation on a certificate given up at every stage, raced for, and its end seen outside."""
import json
import time

import life
import walk
from browser import Browser, Refused
from flow import count, need, refused, same, sentence
from test_b_payment import trade_state
from test_j_race import at_once, twin
from test_l_status import at_desk, by_two, change, colleague, holder, look, status
from test_m_renew import fetch_again

STAGES = {"renew": ("draft", "submitted", "reviewing", "returned", "approved"),
          "reissue": ("draft", "submitted", "reviewing", "returned", "approved"),
          "change": ("draft", "submitted", "reviewing", "returned", "approved"),
          "unlock": ("draft", "reviewing", "returned", "unlocking")}


def give_up(ctx, w, serial, op, stage):
    """On the way up to the stage, then cancelled; what was paid comes back, once."""
    life.travel(ctx, w, serial, op, "reviewing" if stage == "returned" else stage)
    if stage == "returned":
        ctx.officer().send_back(w.p.order, "other", "", "请核对")
    same(w.order_model()["state"], stage, f"{op} on its way")
    paid = [t["no"] for t in w.order_model()["trades"] if t["state"] == "paid"]
    life.cancel(w)
    for no in paid:
        walk.poll("the refund", lambda n=no: trade_state(w, n) == "refunded")
    same(count(w.order_model(), "发起退款"), len(paid), f"refunds of {op} at {stage}")
    e = refused(409, w.browser.post, f"/orders/{w.p.order}/cancel", {})
    need("已不能取消" in sentence(e), sentence(e))
    if op == "change":
        ctx.site.plug(w.p.key)
        w.sign_in_by_ukey(serial)
    life.untouched(w, serial, op)
    same(status(ctx, serial), "good", f"at the responder, {op} at {stage}")


def give_up_everywhere(ctx, op):
    w = None
    for stage in STAGES[op]:
        if w is None or op != "renew":     # a phone gets one code a minute
            w, serial = holder(ctx, life.KINDS[op])
        give_up(ctx, w, serial, op, stage)
    ctx.site.yinxin("journal", "verify")


def test_renewal_given_up(ctx):
    """A renewal cancelled as a draft, submitted, paid, returned and approved: the money is back."""
    with life.renewable(ctx):
        give_up_everywhere(ctx, "renew")


def test_reissue_given_up(ctx):
    """A re-issue cancelled at each stage: the money is back, the old certificate stands."""
    give_up_everywhere(ctx, "reissue")


def test_change_given_up(ctx):
    """A change cancelled at each stage: the certificate stands as it was."""
    give_up_everywhere(ctx, "change")


def test_unlock_given_up(ctx):
    """An unlocking cancelled at each stage, the last when kmc was about to answer."""
    give_up_everywhere(ctx, "unlock")


# -- two at once -------------------------------------------------------------------------
def winners(answers):
    return [a for a in answers if not isinstance(a, Refused)]


def test_begun_twice(ctx):
    """Each operation begun in two windows and on another device at once: one order."""
    for op, kind in (("reissue", "person"), ("unlock", "person"), ("modify", "org")):
        w, serial = holder(ctx, kind)
        if op == "modify":
            w.sign_in_by_ukey(serial)
        tabs = [twin(w) for _ in range(4)]
        got = at_once([lambda t=t: t.browser.post(f"/certificates/{serial}/{op}",
                                                  {"cause": "broken"}) for t in tabs])
        same(len({g["no"] for g in winners(got)}), 1, f"orders of {op}: {got}")
        rows = json.dumps(w.browser.get("/user?tab=other"), ensure_ascii=False)
        need(winners(got)[0]["no"] in rows, "not in the list")


def test_one_operation_at_a_time(ctx):
    """Re-issue and change of one certificate at once, in two windows: one begins, the other hears
    which order is in its way."""
    w, serial = holder(ctx, "org")
    w.sign_in_by_ukey(serial)
    tabs = [twin(w) for _ in range(4)]
    got = at_once([lambda t=t, op=op: t.browser.post(f"/certificates/{serial}/{op}",
                                                     {"cause": "lost"})
                   for t, op in zip(tabs, ("reissue", "modify") * 2)])
    won = {g["no"] for g in winners(got)}
    same(len(won), 1, f"orders of {got}")
    for e in got:
        if isinstance(e, Refused):
            need(won.copy().pop() in sentence(e) and "正在办理" in sentence(e), sentence(e))
    need(len(winners(got)) < 4, "both operations began")


def test_cancel_against_review(ctx):
    """The applicant cancels in the moment of the approval: one of them is first, and who is too late
    hears so."""
    officer = ctx.officer()
    for op in ("reissue", "unlock", "change"):
        w, serial = holder(ctx, life.KINDS[op])
        life.travel(ctx, w, serial, op, "reviewing")
        ctx.site.plug("staff")
        path = f"/staff/reviews/{w.p.order}"
        asked = officer.browser.post(f"{path}/statement",
                                     {"version": officer.look(w.p.order)["version"]})
        signed = officer.sign(asked["statement"])
        fields = {"version": asked["version"], "statement": asked["statement"],
                  "signature": signed["signature"], "certificate": signed["certificate"]}
        got = at_once([lambda: officer.browser.post(f"{path}/approve", fields),
                       lambda: w.browser.post(f"/orders/{w.p.order}/cancel", {})])
        need(winners(got), f"neither: {got}")
        approved = not isinstance(got[0], Refused)
        if isinstance(got[1], Refused):         # the approval came first
            life.cancel(w)
        walk.poll("the end", lambda: w.order_model()["state"] == "cancelled")
        same(count(w.order_model(), "审核通过"), int(approved), "approvals")
        e = refused(409, officer.browser.post, f"{path}/approve", fields)
        need("已" in sentence(e) or "当前" in sentence(e), sentence(e))
        life.untouched(w, serial, op)


def test_edited_against_review(ctx):
    """The applicant edits a change in the moment of the approval: either it is approved as it was, or
    it is open again and nobody approved it."""
    officer = ctx.officer()
    for _ in range(3):
        w, serial = holder(ctx, "org")
        life.travel(ctx, w, serial, "change", "reviewing")
        ctx.site.plug("staff")
        path = f"/staff/reviews/{w.p.order}"
        asked = officer.browser.post(f"{path}/statement",
                                     {"version": officer.look(w.p.order)["version"]})
        signed = officer.sign(asked["statement"])
        fields = {"version": asked["version"], "statement": asked["statement"],
                  "signature": signed["signature"], "certificate": signed["certificate"]}
        form = {f["name"]: f["value"] for g in w.browser.get(w.step_path("form"))["groups"]
                for f in g["fields"]}
        form["org_name"] = w.p.company + "股份"
        got = at_once([lambda: officer.browser.post(f"{path}/approve", fields),
                       lambda: w.browser.post(w.step_path("form"), form)])
        approved = not isinstance(got[0], Refused)
        same(approved, isinstance(got[1], Refused), f"one winner of {got}")
        model = w.order_model()
        same((model["state"], model["subject"]), ("approved", w.p.company + "集团") if approved
             else ("draft", w.p.company + "股份"), "what stands")
        same(count(model, "审核通过"), int(approved), "approvals")
        same(status(ctx, serial), "good", "the old one")
        if not approved:                # who edited is asked by phone again
            same(model["step"], "confirm", "to be confirmed anew")
    ctx.site.yinxin("journal", "verify")


def test_cancel_against_download(ctx):
    """Cancelled by the service in the moment of the download: either a pair and no refund, or none and
    the money back; never both."""
    for _ in range(3):
        w, serial = holder(ctx)
        life.travel(ctx, w, serial, "reissue", "approved")
        w.p.key = "late" + w.p.key
        ctx.site.make_key(w.p.key, "新UKey", walk.BLANK_PIN)
        ctx.site.plug(w.p.key)
        token = w.open_fetch(w.authorisation_code())
        made = w.assistant.post("/key/make", {"order": w.p.order, "cn": "X",
                                              "pin": walk.BLANK_PIN})
        other = twin(w)
        got = at_once([lambda: other.browser.post("/fetch/issue", {
            "token": token, "csr": made["csr"], "medium": made["serial"]}),
            lambda: ctx.site.yinxin("order", "cancel", w.p.order, "来电", check=False)])
        fetched = not isinstance(got[0], Refused)
        same((fetched, got[1].returncode == 0), (fetched, not fetched), f"winners of {got}")
        need(not fetched or "不能取消" in got[1].stderr, got[1].stderr)
        walk.poll("the end", lambda: w.order_model()["state"] in (
            ("fetched",) if fetched else ("cancelled",)))
        model = w.order_model()
        same((len(model["certificates"]), count(model, "发起退款")),
             (2, 0) if fetched else (0, 1), "pairs and refunds")
        same(status(ctx, serial), "revoked" if fetched else "good", "the old one")
    ctx.site.yinxin("journal", "verify")


def fetched_twice(ctx, w, serial):
    """The new pair of an approved order downloaded in two windows at once: one; both end well."""
    ctx.site.plug(w.p.key)
    code = w.authorisation_code()
    tabs = [twin(w), twin(w)]
    tokens = [t.open_fetch(code) for t in tabs]
    made = w.assistant.post("/key/make", {"order": w.p.order, "cn": "X", "pin": walk.USER_PIN})
    got = at_once([lambda t=t, k=k: t.browser.post("/fetch/issue", {
        "token": k, "csr": made["csr"], "medium": made["serial"]})
        for t, k in zip(tabs, tokens)])
    same(len({g["serial"] for g in winners(got)}), 1, f"pairs of {got}")
    again = tabs[0].browser.post("/fetch/issue", {
        "token": tokens[0], "csr": made["csr"], "medium": made["serial"]})
    same(again["serial"], winners(got)[0]["serial"], "asked again")
    w.assistant.post("/key/install", {
        "order": w.p.order, "pin": walk.USER_PIN, "sign_cert": again["sign_cert"],
        "enc_cert": again["enc_cert"], "envelope": again["enc_key"], "replaces": serial})
    at_once([lambda t=t, k=k: t.browser.post("/fetch/done", {"token": k})
             for t, k in zip(tabs, tokens)])
    same((w.order_model()["state"], count(w.order_model(), "证书已写入")), ("done", 1),
         "the end")
    return again["serial"]


def test_renewal_fetched_twice(ctx):
    """The renewal downloaded in two windows at once: one pair; both windows end well."""
    w, serial = holder(ctx)
    with life.renewable(ctx, w):
        life.travel(ctx, w, serial, "renew", "approved")
        fetched_twice(ctx, w, serial)


def test_change_fetched_twice(ctx):
    """The changed pair downloaded in two windows at once: one pair, the old one superseded once."""
    w, serial = holder(ctx, "org")
    life.travel(ctx, w, serial, "change", "approved")
    fresh = fetched_twice(ctx, w, serial)
    same((status(ctx, serial), status(ctx, fresh)), ("revoked", "good"), "old and new")
    same(count(w.order_model(), "原证书已撤销"), 1, "the old one's end")
    ctx.site.yinxin("journal", "verify")


def test_frozen_from_three_sides(ctx):
    """The holder freezes by phone, with the UKey, and the desk does, all at once: frozen, once;
    revoked and thawed at once: revoked."""
    w, serial = holder(ctx)
    ctx.officer()
    ctx.site.plug(w.p.key)
    model = look(w, serial)
    w.browser.get_raw(f"/captcha/{model['captcha_id']}")
    w.browser.post(f"/certificates/{serial}/code", {"captcha_id": model["captcha_id"],
                                                    "captcha": "wkcap"})
    code = w.world.sms_code(w.p.mobile)
    ctx.site.plug("staff")
    desk, base = ctx.officer(), f"/staff/certificates/{serial}"
    theirs = desk.browser.post(f"{base}/statement", {"kind": "hold"})
    brake = desk.sign(theirs["statement"])
    ctx.site.plug(w.p.key)
    asked = w.browser.post(f"/certificates/{serial}/statement", {"kind": "hold"})
    signed = w.assistant.post("/sign", {"text": asked["statement"], "pin": walk.USER_PIN})
    other = twin(w)
    got = at_once([
        lambda: w.browser.post(f"/certificates/{serial}/freeze", {"code": code}),
        lambda: other.browser.post(f"/certificates/{serial}/change", {
            "id": asked["id"], "signature": signed["signature"]}),
        lambda: desk.browser.post(f"{base}/change", {
            "id": theirs["id"], "signature": brake["signature"]})])
    need(winners(got), f"nobody could freeze it: {got}")
    same((look(w, serial)["status"], status(ctx, serial)), ("held", "revoked"), "frozen")
    same(journal_lines(ctx, serial, "certificate.hold"), 1, "lines of the signer")


def journal_lines(ctx, serial, what):
    """How often the signer did this to the certificate, as its journal's proof tells."""
    proof = ctx.site.yinxin("journal", "prove", serial)
    return proof.count(what)


def test_prefilled(ctx):
    """A re-issue comes filled in: what the certificate says is fixed, whatever is sent; a new mail
    address stands beside the old one for applicant and officer, and gets the download mail."""
    w, serial = holder(ctx, "org")
    w.p.order = w.browser.post(f"/certificates/{serial}/reissue", {"cause": "lost"})["no"]
    w.agree()
    same(w.browser.get(w.step_path("confirm"))["changes"], [], "nothing was changed yet")
    fields = {f["name"]: f for g in w.browser.get(w.step_path("form"))["groups"]
              for f in g["fields"]}
    same({n for n, f in fields.items() if f["is_fixed"]},
         {"org_name", "org_id_type", "org_id_no", "province", "city"}, "what is fixed")
    same(fields["org_name"]["value"], w.p.company, "filled in")
    need("answer" not in fields and "years" not in fields, "what is not asked again")
    old, w.p.mail = w.p.mail, "new-" + w.p.mail
    form = {n: f["value"] for n, f in fields.items()}
    e = refused(422, w.browser.post, w.step_path("form"), {**form, "agent_mail": "nowhere"})
    need("邮" in sentence(e) or "E-Mail" in sentence(e), sentence(e))
    w.browser.post(w.step_path("form"), {**form, "agent_mail": w.p.mail, "org_name": "别人有限公司"})
    changes = w.browser.get(w.step_path("confirm"))["changes"]
    same([(c["name"], c["was"], c["value"]) for c in changes], [("agent_mail", old, w.p.mail)],
         "changes")
    w.confirm()
    w.phone_code()
    w.prove_identity()
    life.pay_once(w)
    same(ctx.officer().look(w.p.order)["changes"], changes, "at the desk")
    life.approve(ctx, w)
    need(w.authorisation_code(), "no mail to the new address")
    same(w.order_model()["subject"], w.p.company, "whose it is")


# -- lost and found ----------------------------------------------------------------------
def test_found_key(ctx):
    """The lost UKey turns up after the re-issue: it signs in nowhere, and nothing can be done with
    its certificate; the order and the old certificate's page say since when."""
    w, serial = holder(ctx)
    lost = w.p.key
    life.travel(ctx, w, serial, "reissue", "approved")
    same(look(w, serial)["status"], "good", "the old one, until the new one is issued")
    w.p.key = "found" + lost
    ctx.site.make_key(w.p.key, "新UKey", walk.BLANK_PIN)
    w.fetch()
    model = w.order_model()
    same(model["old"], serial, "the old one in the order")
    need("撤销" in model["old_text"] and count(model, "原证书已撤销") == 1, model["old_text"])
    need(any(m["template"] == "SMS_REVOKED" for m in w.world.sms(w.p.mobile)), "not told")
    ctx.site.plug(lost)
    before, browser = len(w.world.sms(w.p.mobile)), w.browser
    e = refused(403, w.sign_in_by_ukey)
    need("冻结或撤销" in sentence(e), sentence(e))
    w.browser = browser
    old = look(w, serial)
    same([old[f"may_{k}"] for k in ("renew", "reissue", "change", "unlock", "freeze", "revoke",
                                    "release")], [False] * 7, "what may be done")
    for op, fields in (("renew", {"years": "1"}), ("unlock", {})):
        refused(409, w.browser.post, f"/certificates/{serial}/{op}", fields)
    e = refused(409, change, w, serial, "hold")
    need("已撤销" in sentence(e), sentence(e))
    same(w.browser.post(f"/certificates/{serial}/reissue", {"cause": "lost"})["no"], w.p.order,
         "the re-issue that was")
    same(len(w.world.sms(w.p.mobile)), before, "messages for nothing")
    w.p.key = "found" + lost
    ctx.site.plug(w.p.key)
    w.sign_in_by_ukey()


def outside(ctx, cert, wanted):
    """Seconds until the responder says so to openssl; the stated time is five."""
    start = time.monotonic()
    while walk.ocsp(ctx.site, cert) != wanted:
        need(time.monotonic() - start < 5, f"not {wanted} within 5 s")
        time.sleep(0.05)
    return time.monotonic() - start


def test_outside_within_five_seconds(ctx):
    """Frozen, thawed and revoked: OCSP answers so within the stated five seconds, though it has
    answered otherwise a moment before; a thawed UKey signs in again."""
    w, serial = holder(ctx)
    _, pem = w.browser.get_raw(f"/orders/{w.p.order}/certificates/sign")
    cert = walk.openssl("x509", "-outform", "DER", data=pem).stdout
    same(walk.ocsp(ctx.site, cert), "good", "before")
    change(w, serial, "hold")
    times = [outside(ctx, cert, "revoked")]
    browser = w.browser
    refused(403, w.sign_in_by_ukey)
    w.browser = browser
    thaw(w, serial)
    times.append(outside(ctx, cert, "good"))
    w.sign_in_by_ukey()
    change(w, serial, "revocation", reason="1")
    times.append(outside(ctx, cert, "revoked"))
    ctx.say(f"seen outside after {', '.join(f'{t:.2f}' for t in times)} s")


def code_for(w, serial):
    before, model = len(w.world.sms(w.p.mobile)), look(w, serial)
    w.browser.get_raw(f"/captcha/{model['captcha_id']}")
    w.browser.post(f"/certificates/{serial}/code", {"captcha_id": model["captcha_id"],
                                                    "captcha": "wkcap"})
    return w.world.sms_code(w.p.mobile, before)


def thaw(w, serial, **more):
    """The holder's own: the UKey and a code to the phone."""
    code = more.pop("code", None) or code_for(w, serial)
    asked = w.browser.post(f"/certificates/{serial}/statement", {"kind": "release"})
    signed = w.assistant.post("/sign", {"text": asked["statement"], "pin": walk.USER_PIN})
    return w.browser.post(f"/certificates/{serial}/change", {
        "id": asked["id"], "signature": signed["signature"], "code": code, **more})


def test_thaw(ctx):
    """What the holder froze the holder thaws, with UKey and code; what the desk froze two at the
    desk thaw, one alone does not."""
    w, serial = holder(ctx)
    change(w, serial, "hold")
    refused(422, thaw, w, serial, code="000000")
    same(look(w, serial)["status"], "held", "with a wrong code")
    thaw(w, serial)
    same(look(w, serial)["status"], "good", "thawed by the holder")
    at_desk(ctx, serial, "hold")
    same((look(w, serial)["status"], look(w, serial)["may_release"]), ("held", False), "by the desk")
    ctx.site.plug(w.p.key)
    e = refused(403, thaw, w, serial, code="000000")
    need("业务人员" in sentence(e), sentence(e))
    refused(422, at_desk, ctx, serial, "release")
    second = colleague(ctx)
    at_desk(ctx, serial, "release", second=second["id"])
    same(look(w, serial)["status"], "held", "after one signature")
    by_two(ctx, serial, second)
    same((look(w, serial)["status"], status(ctx, serial)), ("good", "good"), "by two")
    ctx.site.yinxin("journal", "verify")


# -- the renewal in the UKey -------------------------------------------------------------
def opened(w, checks, pin=walk.USER_PIN):
    """What the UKey makes of the documents of a self-check."""
    return [w.assistant.post("/open", {"document": c["document"], "pin": pin}) for c in checks]


def test_interrupted_renewal(ctx):
    """The download stopped after each request, and the assistant killed while it writes: the old pair
    signs in all the while, the same pair comes again, old documents open before and after."""
    w, serial = holder(ctx)
    with life.renewable(ctx, w):
        bid = w.browser.post(f"/certificates/{serial}/selfcheck")["checks"]
        life.travel(ctx, w, serial, "renew", "approved")
        ctx.site.plug("user")
        wrong = w.assistant.post("/key/make", {"order": w.p.order, "cn": "X",
                                               "pin": walk.BLANK_PIN})
        code = w.authorisation_code()
        e = refused(409, w.browser.post, "/fetch/issue", {
            "token": w.open_fetch(code), "csr": wrong["csr"], "medium": wrong["serial"]})
        need("原证书所在的UKey" in sentence(e), sentence(e))
        same(w.order_model()["state"], "approved", "after another UKey")
        ctx.site.plug(w.p.key)
        issued = interrupted(ctx, w, serial, code)
        same(w.order_model()["state"], "done", "the end")
        keys = w.assistant.get("/keys")["keys"][0]
        same({c["serial"]: c["history"] for c in keys["certificates"]},
             {serial: True, issued["serial"]: False}, "in the UKey")
        same(keys["unfinished"], [], "unfinished")
        opened(w, bid)
        checks = w.browser.post(f"/certificates/{issued['serial']}/selfcheck")["checks"]
        same(len(checks), 2, "the new pair's and the old one's")
        opened(w, checks)
        w.sign_in_by_ukey()


def interrupted(ctx, w, serial, code):
    """Each piece, then from the front again."""
    made = issued = None
    for stop in ("make", "issue", "install", "kill", "done"):
        token = w.open_fetch(code)
        made = w.assistant.post("/key/make", {"order": w.p.order, "cn": "X",
                                              "pin": walk.USER_PIN})
        if stop == "make":
            unplugged(ctx, w, serial)
            continue
        got = w.browser.post("/fetch/issue", {"token": token, "csr": made["csr"],
                                              "medium": made["serial"]})
        same(got["serial"], (issued or got)["serial"], f"the pair, after {stop}")
        issued = got
        if stop == "issue":
            unplugged(ctx, w, serial)
            continue
        pair = {"order": w.p.order, "pin": walk.USER_PIN, "sign_cert": issued["sign_cert"],
                "enc_cert": issued["enc_cert"], "envelope": issued["enc_key"],
                "replaces": serial}
        if stop == "kill":
            killed_writing(ctx, w, pair)
            continue
        w.assistant.post("/key/install", pair)
        if stop == "install":
            continue
        e = refused(410, w.browser.post, "/fetch/selfcheck", {"token": "x" * 32})
        need(sentence(e), "no sentence")
        same(len(w.browser.post("/fetch/selfcheck", {"token": token})["checks"]), 2, "checks")
        w.browser.post("/fetch/done", {"token": token})
    return issued


def unplugged(ctx, w, serial):
    """Pulled out and put back: the pair that was there works as before."""
    ctx.site.plug(w.p.key)
    same(w.assistant.get("/keys")["keys"][0]["unfinished"], [w.p.order], "unfinished")
    browser = w.browser
    w.sign_in_by_ukey(serial)
    w.browser = browser


def killed_writing(ctx, w, pair):
    """kill -9 of the assistant at several moments of the writing."""
    for ms in (1, 4, 9, 20):
        proc = ctx.site.processes["assistant"]
        try:
            at_once([lambda: w.assistant.post("/key/install", pair),
                     lambda m=ms: (time.sleep(m / 1000), proc.kill())])
        except (OSError, http_error()):
            pass
        proc.wait(10)
        ctx.site.start_assistant((w.p.key,))
        certificates = w.assistant.get("/keys")["keys"][0]["certificates"]
        need(any(not c["history"] for c in certificates), "no usable pair in the UKey")


def http_error():
    import http.client
    return http.client.HTTPException


def test_how_many_ukeys(ctx):
    """No UKey, two: the assistant says the sentence the user needs."""
    w, _ = holder(ctx)
    other = ctx.person()
    ctx.site.plug(w.p.key, other.key)
    e = refused(422, w.assistant.post, "/pin/verify", {"pin": walk.USER_PIN})
    need("2" in sentence(e) and "一支" in sentence(e), sentence(e))
    ctx.site.plug()
    e = refused(404, w.assistant.post, "/pin/verify", {"pin": walk.USER_PIN})
    need("插入" in sentence(e), sentence(e))


def test_stranger(ctx):
    """Another account sees none of it: certificate, self-check, thawing, operations."""
    w, serial = holder(ctx)
    stranger = ctx.walker()
    for path in ("selfcheck", "renew", "reissue", "modify", "unlock", "freeze", "statement"):
        refused((404, 422), stranger.browser.post, f"/certificates/{serial}/{path}",
                {"kind": "hold", "years": "1", "cause": "lost"})
    nobody = Browser(ctx.site.url)
    nobody.get("/signin")
    refused(401, nobody.post, f"/certificates/{serial}/selfcheck")
    same(look(w, serial)["status"], "good", "after all that")
