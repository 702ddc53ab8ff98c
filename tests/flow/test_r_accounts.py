"""Accounts in need: a dead number without a UKey, reviewed, objected to, carried out."""
import re

import identity
import walk
from browser import Browser
from flow import captcha, need, refused, same, sentence
from test_j_race import at_once

DAYS = 24 * 3600 * 1000


def later(ctx, days, *command):
    """A command of yinxin as it would be so many days later."""
    ctx.site.extra["YINXIN_TEST_CLOCK_SHIFT"] = str(int(days * DAYS))
    try:
        return ctx.site.yinxin(*command)
    finally:
        del ctx.site.extra["YINXIN_TEST_CLOCK_SHIFT"]


def stop_link(ctx, mobile):
    """Of the newest SMS that warns this number."""
    told = walk.poll("the warning", lambda: [m for m in ctx.world.sms(mobile)
                                             if m["template"] == "SMS_PETITION_WARNING"])
    return re.search(r"/petition-stop/[A-Za-z0-9]+", str(told[0])).group(0)


def lost_number(ctx, w, **change):
    """A visitor asks for another number; its browser, the new number, the petition's address."""
    browser, number = Browser(ctx.site.url), identity.mobile()
    before = len(ctx.world.sms(number))
    browser.post("/codes", {"purpose": "number", "target": number,
                            **captcha(browser, "/petitions/mobile")})
    ref = browser.post("/petitions/mobile", {
        "login": w.p.mobile, "name": w.p.name, "id_no": w.p.id_no, "note": "原号码已停机销号",
        "mobile": number, "code": ctx.world.sms_code(number, before), **change})["ref"]
    return browser, number, f"/petitions/{ref}"


def filed(ctx, w, **change):
    browser, number, path = lost_number(ctx, w, **change)
    for i, kind in enumerate(("id_front", "id_back")):
        browser.upload(f"{path}/pictures/{kind}", {}, {"file": ("id.png", identity.png(seed=i))})
    browser.get(path)
    browser.post(path)
    return browser, number, path


def decide(ctx, no, what="approve", **fields):
    desk = ctx.officer().browser
    path = f"/staff/petitions/{no}"
    return desk.post(f"{path}/{what}", {"version": str(desk.get(path)["version"]), **fields})


def test_lost_number(ctx):
    """ID pictures, the new number by code, review beside what is known, three days in which the
    old channel hears of it; then the new number signs in and every session has ended."""
    w = ctx.walker("person")
    w.begin()
    w.agree()
    w.fill()
    w.confirm()
    browser, number, path = lost_number(ctx, w)
    e = refused(409, browser.post, path)
    need("上传" in sentence(e), sentence(e))
    browser, number, path = filed(ctx, w)
    model = browser.get(path)
    same((model["state"], model["is_reviewing"]), ("reviewing", True), "state")
    need(w.p.id_no not in str(model) and number not in str(model), f"not masked: {model}")
    need("办理过的业务" not in str(model), f"what only staff know: {model}")
    refused(409, browser.upload, f"{path}/pictures/more", {},
            {"file": ("id.png", identity.png(seed=3))})
    stranger = Browser(ctx.site.url)
    refused(404, stranger.get, f"/petitions/{model['no']}")
    no, desk = model["no"], ctx.officer().browser
    rows = desk.get("/staff/petitions")["rows"]
    need(no in [r["no"] for r in rows], "not in the work list")
    need(no in ctx.site.yinxin("petition", "list"), "not in the command's list")
    seen = desk.get(f"/staff/petitions/{no}")
    facts = {f["label"]: f for f in seen["facts"]}
    same((facts["姓名"]["same"], facts["身份证号"]["same"], seen["possible"]),
         (True, True, True), "compared with what is known")
    desk.get_raw(f"/staff/petitions/{no}/pictures/id_front")
    refused((401, 403), w.browser.get, f"/staff/petitions/{no}")
    decide(ctx, no)
    refused(409, decide, ctx, no)
    stop_link(ctx, w.p.mobile)
    walk.poll("the mail", lambda: [m for m in ctx.world.mail(w.p.mail) if "更换手机号" in str(m)])
    row = next(p for p in w.browser.get("/user/account")["petitions"] if p["no"] == no)
    need(row["may_stop"], "the account's page shows no way to stop it")
    later(ctx, 2.99, "petition", "run")
    same(w.browser.get("/user/account")["mobile"], w.p.mobile, "mobile before")
    later(ctx, 3.01, "petition", "run")
    same(browser.get(path)["state"], "done", "state")
    refused(401, w.browser.get, "/user/account")
    w.browser, w.p.mobile = Browser(ctx.site.url), number
    w.sign_in()
    same(w.browser.get("/user/account")["mobile"], number, "mobile")
    ctx.site.yinxin("journal", "verify")


def test_lost_number_stopped(ctx):
    """The link of the warning stops it at once, for anybody who has it; nothing changes.  Stopped
    and taken back at the same moment: one of the two."""
    w = ctx.walker("person")
    browser, _, path = filed(ctx, w)
    no = browser.get(path)["no"]
    decide(ctx, no)
    link, old = stop_link(ctx, w.p.mobile), Browser(ctx.site.url)
    need(old.get(link)["may_stop"], "the link offers nothing")
    refused(404, old.get, link[:-1] + ("0" if link[-1] != "0" else "1"))
    at_once([lambda: old.post(link), lambda: browser.post(f"{path}/cancel")])
    state = browser.get(path)["state"]
    need(state in ("stopped", "cancelled"), state)
    later(ctx, 4, "petition", "run")
    same(browser.get(path)["state"], state, "state later")
    same(w.browser.get("/user/account")["mobile"], w.p.mobile, "mobile")
    refused(404, browser.get, path + "/")
    with open(ctx.site.path("log", "server.log"), "rb") as f:
        log = f.read().decode(errors="replace")
    need("/petitions/{ref}" in log, "the log shows no petition at all")
    for secret in (path, link):
        need(secret.rsplit("/", 1)[1] not in log, "the token of a link stands in the log")


def test_lost_number_refused(ctx):
    """Refused with its reason; staff and applicant at once end in one; an account nobody has is
    not told to who asks."""
    w = ctx.walker("person")
    browser, number, path = filed(ctx, w)
    no = browser.get(path)["no"]
    e = refused(422, decide, ctx, no, "refuse", reason="")
    need(e.field("reason"), sentence(e))
    desk = ctx.officer().browser
    version = str(desk.get(f"/staff/petitions/{no}")["version"])
    got = at_once([lambda: desk.post(f"/staff/petitions/{no}/approve", {"version": version}),
                   lambda: browser.post(f"{path}/cancel")])
    need(browser.get(path)["state"] in ("waiting", "cancelled"), browser.get(path)["state"])
    need([g for g in got if isinstance(g, dict)], "nobody won")
    browser, number, path = filed(ctx, w, login=identity.mobile())
    no = browser.get(path)["no"]
    need(not desk.get(f"/staff/petitions/{no}")["possible"], "an account that is not there")
    refused(409, decide, ctx, no)
    decide(ctx, no, "refuse", reason="没有这个账户")
    same(browser.get(path)["reason"], "没有这个账户", "reason")
    walk.poll("the SMS", lambda: [m for m in ctx.world.sms(number)
                                  if m["template"] == "SMS_PETITION_REFUSED"])


def test_petition_returned(ctx):
    """Sent back with a reason that is told by SMS; a picture and the ID number mended, filed again;
    once more from the command line; granted in the end."""
    w = ctx.walker("person")
    browser, number, path = filed(ctx, w, id_no=identity.resident_id())
    no, desk = browser.get(path)["no"], ctx.officer().browser
    e = refused(422, decide, ctx, no, "return", reason="短")
    need(e.field("reason"), sentence(e))
    decide(ctx, no, "return", reason="身份证号有误，照片不清楚")
    told = walk.poll("the SMS", lambda: [m for m in ctx.world.sms(number)
                                         if m["template"] == "SMS_PETITION_RETURNED"])
    need("照片不清楚" in str(told[0]), str(told[0]))
    need(no in [r["no"] for r in desk.get("/staff/petitions?state=returned")["rows"]], "the tab")
    need(no not in [r["no"] for r in desk.get("/staff/petitions")["rows"]], "still to be read")
    refused(409, decide, ctx, no)
    model = browser.get(path)
    same((model["is_returned"], model["may_file"], model["returns"]), (True, True, 1), "returned")
    e = refused(422, browser.post, f"{path}/mend", {"id_no": "123"})
    need(e.field("id_no"), sentence(e))
    e = refused(422, browser.post, f"{path}/mend", {"mobile": identity.mobile(), "code": "000000"})
    need(e.field("code"), sentence(e))
    browser.post(f"{path}/mend", {"id_no": w.p.id_no})
    browser.upload(f"{path}/pictures/id_front", {}, {"file": ("id.png", identity.png(seed=9))})
    browser.get(path)
    browser.post(path)
    refused(409, browser.post, f"{path}/mend", {"name": "别人"})
    facts = {f["label"]: f for f in desk.get(f"/staff/petitions/{no}")["facts"]}
    same(facts["身份证号"]["value"], w.p.id_no, "mended")
    ctx.site.yinxin("petition", "return", no, "请再补充单位说明")
    need("请再补充单位说明" in ctx.site.yinxin("petition", "show", no), "by the command")
    need(no in ctx.site.yinxin("petition", "list", "--state", "returned"), "in the list")
    other = Browser(ctx.site.url)
    other.get(path)
    at_once([lambda: browser.post(path), lambda: other.post(f"{path}/cancel")])
    state = browser.get(path)["state"]
    need(state in ("reviewing", "cancelled"), state)
    if state == "reviewing":
        decide(ctx, no)
        same(browser.get(path)["state"], "waiting", "granted")
    ctx.site.yinxin("journal", "verify")


def test_sign_in_notice(ctx):
    """A sign-in from another browser is told by mail and marked in the account; the known one and
    one after it was switched off are not."""
    w = ctx.walker("person")

    def told():
        return [m for m in ctx.world.mail(w.p.mail) if "新设备登录" in str(m)]
    same(told(), [], "mails of the first device")
    phone = walk.Walker(ctx.site, w.p, ctx.say)
    phone.browser = Browser(ctx.site.url, "Mozilla/5.0 (iPhone) Safari/604")
    phone.sign_in()
    walk.poll("the mail", told)
    need("iPhone Safari" in str(told()[0]) and "/user/account" in str(told()[0]), str(told()[0]))
    rows = w.browser.get("/user/account")["sign_ins"]
    same([(r["device"], r["fresh"]) for r in rows][:1], [("iPhone Safari", True)], "the list")
    phone.sign_in()
    w.browser.post("/user/sign-in-notice", {"on": "0"})
    same(w.browser.get("/user/account")["sign_in_notice"], False, "switch")
    phone.browser = Browser(ctx.site.url, "Mozilla/5.0 (Macintosh; Intel Mac OS X) Safari/604")
    phone.sign_in()
    same(w.browser.get("/user/account")["sign_ins"][0]["fresh"], True, "in the list all the same")
    same(len(told()), 1, "mails")
