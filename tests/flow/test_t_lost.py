"""The lost key from the home page: nothing but a document's number and the registered phone."""
import walk
from browser import Browser
from flow import captcha, need, refused, same, sentence
from test_l_status import holder, look, status


def ask(browser, w, mobile):
    before = len(w.world.sms(mobile))
    answer = browser.post("/codes", {"purpose": "lost", "target": mobile,
                                     **captcha(browser, "/lost")})
    return before, answer["text"]


def test_lost(ctx):
    """A stranger's number and phone answer alike; the holder freezes at once and has the key
    re-issued in the same session."""
    w, serial = holder(ctx)
    stranger = ctx.person()
    b = Browser(ctx.site.url)
    need("/lost" in b.get_raw("/")[1].decode(), "the home page does not lead there")
    refused((303, 401, 403, 410), b.get, "/lost/certificates?ticket=1-2-3")
    _, unknown = ask(b, w, stranger.mobile)
    before, known = ask(b, w, w.p.mobile)
    same(unknown, known, "to an unknown phone")
    code = w.world.sms_code(w.p.mobile, before)
    same(w.world.sms(stranger.mobile), [], "messages to the stranger")
    e1 = refused(422, b.post, "/lost", {"kind": "person", "no": w.p.id_no,
                                        "mobile": stranger.mobile, "code": "000000"})
    e2 = refused(422, b.post, "/lost", {"kind": "person", "no": stranger.id_no,
                                        "mobile": stranger.mobile, "code": "000000"})
    same(sentence(e1), sentence(e2), "for a number that is there and one that is not")
    answer = b.post("/lost", {"kind": "person", "no": w.p.id_no, "mobile": w.p.mobile,
                              "code": code})
    again = Browser(ctx.site.url)
    again.get("/lost")
    refused(422, again.post, "/lost",
            {"kind": "person", "no": w.p.id_no, "mobile": w.p.mobile, "code": code})
    model = b.get(answer["next"])
    same([(r["serial"], r["may_freeze"], r["may_reissue"]) for r in model["rows"]],
         [(serial, True, True)], "the certificates")
    need(w.p.name not in str(model), "the name stands there whole")
    refused((403, 410), b.post, "/lost/freeze", {"ticket": "1-2-3", "serial": serial})
    b.post("/lost/freeze", {"ticket": model["ticket"], "serial": serial})
    same(status(ctx, serial), "revoked", "frozen: at the va")
    same([(r["state"], r["may_freeze"]) for r in b.get(answer["next"])["rows"]],
         [("frozen", False)], "frozen")
    walk.poll("the notices", lambda: {m["template"] for m in w.world.sms(w.p.mobile)} >=
              {"SMS_LOST_ENTERED", "SMS_FROZEN"})
    walk.poll("the mail", lambda: [m for m in w.world.mail(w.p.mail) if "挂失" in str(m)])
    no = b.post(f"/certificates/{serial}/reissue", {"cause": "lost"})["no"]
    same(b.get(f"/orders/{no}/continue")["step"], "agreement", "goes on")
    same(look(w, serial)["status"], "held", "in the account")
    w.browser.post(f"/orders/{no}/cancel", {"reason": "找到了"})
    ctx.site.yinxin("journal", "verify")
