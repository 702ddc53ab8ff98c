"""Accounts: registering, signing in and what keeps others out."""
import re

import walk
from browser import Browser
from flow import captcha, count, need, refused, same, sentence, until_materials
from test_l_status import holder


def anonymous(ctx, kind="person"):
    return walk.Walker(ctx.site, ctx.person(kind), ctx.say)


def sign_up(w, code, **change):
    p = w.p
    w.browser.get("/register")
    return w.browser.post("/register", {
        "mobile": p.mobile, "mail": p.mail, "password": p.password, "password2": p.password,
        "code": code, **change})


def wrong_in(w, login, password):
    model = w.browser.get("/signin")
    fields = {"login": login, "password": password}
    w.browser.get_raw(f"/captcha/{model['captcha_id']}")
    return w.browser.post("/signin", {**fields, "captcha_id": model["captcha_id"],
                                      "captcha": "wkcap"})


def test_register(ctx):
    """Weak passwords, wrong codes (five burn it), registering twice."""
    w = anonymous(ctx)
    code = w.ask_code("/register", "register")
    for weak in ("abc1", "12345678", "abcdefgh", "password1", w.p.mobile + "a"):
        e = refused(422, sign_up, w, code, password=weak, password2=weak)
        need(e.field("password"), f"{weak}: {sentence(e)}")
    e = refused(422, sign_up, w, code, password2="Other-12345")
    need(e.field("password2"), sentence(e))
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        e = refused(422, sign_up, w, wrong)
        need(e.field("code"), sentence(e))
    e = refused(422, sign_up, w, code)
    need(e.field("code"), f"the burnt code: {sentence(e)}")
    e = refused(429, w.ask_code, "/register", "register")
    need("60" in sentence(e), sentence(e))
    v = anonymous(ctx)
    v.register()
    e = refused(422, sign_up, v, "123456")
    need(e.field("code"), sentence(e))


def test_register_goes_on(ctx):
    """What a newcomer had asked for follows the registration; places that are not ours do not."""
    for wanted, then in (("/orders/new?product=org", "/orders/new?product=org"), ("", "/user"),
                         ("//evil.example/", "/user")):
        w = anonymous(ctx)
        same(sign_up(w, w.ask_code("/register", "register"), next=wanted)["next"], then,
             f"after registering with next={wanted!r}")
    model = w.browser.get("/orders/new?product=org")
    same([p["id"] for p in model["products"]], ["org"], "what is offered there")


def test_register_twice(ctx):
    """A mobile that has an account: refused with the way to sign in."""
    w = anonymous(ctx)
    w.register()
    v = anonymous(ctx)
    code = v.ask_code("/register", "register")
    e = refused((409, 422), sign_up, v, code, mail=w.p.mail)
    need(e.field("mail"), f"the taken mail: {sentence(e)}")
    need("登录" in e.field("mail"), sentence(e))


def test_sign_in_names(ctx):
    """Sign in by mobile, mail and login name; a wrong captcha sends no code."""
    w = anonymous(ctx)
    code = w.ask_code("/register", "register")
    sign_up(w, code, login_name="u" + w.p.mobile)
    for login in (w.p.mobile, w.p.mail, "u" + w.p.mobile, "U" + w.p.mobile):
        w.browser = Browser(ctx.site.url)
        w.sign_in(login)
    before = len(w.world.sms(w.p.mobile))
    fields = {**captcha(w.browser, "/forgot"), "captcha": "nope"}
    e = refused(422, w.browser.post, "/codes", {"purpose": "reset", "target": w.p.mobile,
                                                **fields})
    need(e.field("captcha"), sentence(e))
    same(len(w.world.sms(w.p.mobile)), before, "SMS sent")


def test_forgotten(ctx):
    """Forgotten password: by code; all sessions end; the old password is dead."""
    w = anonymous(ctx)
    w.register()
    w.sign_in()
    old, signed_in = w.p.password, w.browser
    w.browser = Browser(ctx.site.url)
    code = w.ask_code("/forgot", "reset")
    w.p.password = "Newer-97531-x"
    w.browser.get("/forgot")
    w.browser.post("/forgot", {"target": w.p.mobile, "code": code,
                               "password": w.p.password, "password2": w.p.password})
    refused((401, 403), signed_in.get, "/user")
    refused(422, wrong_in, w, w.p.mobile, old)
    w.sign_in()
    e = refused(422, w.browser.post, "/forgot", {
        "target": w.p.mobile, "code": code, "password": old, "password2": old})
    need(e.field("code"), f"the code used twice: {sentence(e)}")
    stranger = captcha(w.browser, "/forgot")
    w.browser.post("/codes", {"purpose": "reset", "target": "13900000001", **stranger})
    same(w.world.sms("13900000001"), [], "SMS to an unknown mobile")


def test_mail_proved(ctx):
    """A mail address that was only written down resets no password; proved by a code it does, and
    who proves it has it, whoever wrote it down first."""
    w, other = ctx.walker("person"), ctx.walker("person")
    b, p = w.browser, w.p

    def code_by_mail(browser, page, purpose, address):
        before = len(w.world.mail(address))
        browser.post("/codes", {"purpose": purpose, "target": address, **captcha(browser, page)})

        def newest():
            rows = w.world.mail(address)
            found = len(rows) > before and re.search(r"\b(\d{6})\b", str(rows[0]))
            return found and found.group(1)
        return newest

    def reset(mail):
        v = Browser(ctx.site.url)
        code = walk.poll("the code", code_by_mail(v, "/forgot", "reset", mail))
        v.post("/forgot", {"target": mail, "code": code, "password": "Fresh-97531",
                           "password2": "Fresh-97531"})
    v = Browser(ctx.site.url)
    none = code_by_mail(v, "/forgot", "reset", ctx.walker("person").p.mail)
    same(b.get("/user/account")["mail_proved"], False, "proved at registration")
    field = next(f for g in b.get("/user/mail")["groups"] for f in g["fields"])
    same(field["value"], p.mail, "what is offered")
    stranger = code_by_mail(other.browser, "/user/mail", "mail", p.mail)
    refused(422, b.post, "/user/mail", {"mail": p.mail, "code": "000000"})
    code = walk.poll("the code", stranger)
    other.browser.post("/user/mail", {"mail": p.mail, "code": code})
    same(b.get("/user/account")["mail"], "", "the mail of who had only written it down")
    same(other.browser.get("/user/account")["mail_proved"], True, "proved")
    need(not none(), "a code to an address nobody had proved")
    walk.poll("the notice", lambda: [m for m in w.world.sms(other.p.mobile)
                                     if m["template"] == "SMS_MAIL_PROVED"])
    e = refused(422, b.post, "/user/mail", {"mail": "no mail", "code": "123456"})
    need(e.field("mail"), sentence(e))
    def mine(who):
        code = walk.poll("the code", code_by_mail(who.browser, "/user/mail", "mail", who.p.mail))
        who.browser.post("/user/mail", {"mail": who.p.mail, "code": code})

    # Another address than the account had: whoever sits at somebody's browser gains no password.
    walk.poll("the old address to hear of it", lambda: [m for m in w.world.mail(other.p.mail)
                                                        if "账户邮箱已更换" in str(m)])
    none = code_by_mail(v, "/forgot", "reset", p.mail)
    # The address that stood there resets one at once.
    third = ctx.walker("person")
    mine(third)
    reset(third.p.mail)
    refused(401, third.browser.get, "/user/account")
    need(not none(), "a code to an address that was put there a moment ago")
    walk.poll("the owner to hear of the password", lambda: [
        m for m in w.world.sms(third.p.mobile) if m["template"] == "SMS_PASSWORD_CHANGED"])


def test_guessing(ctx):
    """After ten wrong passwords even the right one has to wait, by whatever name; the owner
    at another address does not."""
    w = anonymous(ctx)
    w.register()
    for i in range(10):
        refused(422, wrong_in, w, w.p.mobile, f"Wrong-{i}-pass")
    e = refused(429, wrong_in, w, w.p.mobile, w.p.password)
    need("再试" in sentence(e), sentence(e))
    refused(429, wrong_in, w, w.p.mail, w.p.password)
    here, Browser.source = Browser.source, ("127.0.9.9", 0)
    w.browser.connection = None
    try:
        wrong_in(w, w.p.mobile, w.p.password)
    finally:
        Browser.source = here
        w.browser.connection = None
    e = refused(422, wrong_in, w, "13900000002", "Wrong-1-pass")
    need("用户名或密码不正确" in sentence(e), sentence(e))


def test_csrf(ctx):
    """Without the page's token, or with another session's: refused, nothing changed."""
    w, v = ctx.walker(), ctx.walker()
    w.begin()
    v.browser.get("/user")
    path = f"/orders/{w.p.order}/cancel"
    for token in ("", "0" * 64, v.browser.csrf):
        refused(403, w.browser.post, path, {"csrf": token})
        same(w.order_model()["state"], "draft", "state")
    status, _, _ = w.browser.exchange("POST", path, "", {
        "Content-Type": "application/x-www-form-urlencoded"})
    same(status, 403, "status without a body")
    same(w.order_model()["state"], "draft", "state")
    w.browser.post(path)
    same(w.order_model()["state"], "cancelled", "state")


def test_sessions(ctx):
    """After signing out the session is dead, also for who kept the cookie."""
    w = ctx.walker()
    kept = dict(w.browser.cookies)
    w.browser.get("/user")
    w.browser.post("/signout")
    thief = Browser(ctx.site.url)
    thief.cookies = kept
    refused((401, 403), thief.get, "/user")
    refused((401, 403), w.browser.get, "/user/account")


def test_others(ctx):
    """Another account's order does not exist; desk and applicants keep apart."""
    w, v = ctx.walker(), ctx.walker()
    w.begin()
    no = w.p.order
    v.browser.get("/user")
    for path in (f"/orders/{no}", f"/orders/{no}/steps/agreement", f"/orders/{no}/extended",
                 f"/orders/{no}/payment", f"/orders/{no}/identity",
                 f"/orders/{no}/print/form", f"/orders/{no}/materials/person_id",
                 f"/orders/{no}/certificates/sign"):
        refused(404, v.browser.get, path)
    for path in (f"/orders/{no}/cancel", f"/orders/{no}/copy", f"/orders/{no}/resubmit",
                 f"/orders/{no}/payment", f"/orders/{no}/identity",
                 f"/orders/{no}/steps/agreement", f"/orders/{no}/resend",
                 f"/orders/{no}/materials/person_id/delete"):
        refused(404, v.browser.post, path, {"channel": "alipay"})
    same(w.order_model()["state"], "draft", "state")
    for path in ("/staff", "/staff/reviews", f"/staff/reviews/{no}", "/staff/payments",
                 "/staff/making", "/staff/members"):
        refused((401, 403), v.browser.get, path)
    refused((401, 403), v.browser.post, f"/staff/reviews/{no}/approve", {"version": "1"})
    desk = ctx.officer().browser
    for path in ("/user", f"/orders/{no}", "/orders/new"):
        refused((401, 403, 404), desk.get, path)
    refused((401, 403, 404), desk.post, f"/orders/{no}/cancel")
    same(w.order_model()["state"], "draft", "state")


def test_ukey_needed(ctx):
    """The desk opens for an answer to this very challenge, signed in the officer's UKey."""
    desk = Browser(ctx.site.url)
    desk.get("/staff/signin")
    challenge = desk.post("/staff/challenge")
    e = refused((401, 403, 409, 422), desk.post, "/staff/signin", {
        "id": challenge["id"], "signature": "AAAA", "certificate": "AAAA"})
    need(sentence(e), "a sentence")
    officer = walk.Officer(ctx.site, ctx.say)
    officer.site.plug("staff")
    refused(403, officer.sign, "something else than a challenge")
    signed = officer.sign(desk.post("/staff/challenge")["text"])
    refused((401, 403, 409, 410, 422), desk.post, "/staff/signin", {
        "id": challenge["id"], "signature": signed["signature"],
        "certificate": signed["certificate"]})
    refused((401, 403), desk.get, "/staff")
    applicant = walk.Walker(ctx.site, ctx.person(), ctx.say)
    ctx.site.plug("staff")
    officer.sign_in()
    refused((401, 403), applicant.browser.get, "/staff")


def test_sign_in_by_code(ctx):
    """A code to the mobile signs in; a number nobody has becomes an account whose password can be
    set; the next time it is the same account; a wrong code opens nothing."""
    w = anonymous(ctx)
    code = w.ask_code("/signin/code", "signin")
    wrong = "000000" if code != "000000" else "111111"
    e = refused(422, w.browser.post, "/signin/code", {"mobile": w.p.mobile, "code": wrong})
    need(e.field("code"), sentence(e))
    w.browser.post("/signin/code", {"mobile": w.p.mobile, "code": code})
    me = w.browser.get("/user/account")
    same((me["mobile"], me["mail"]), (w.p.mobile, ""), "the account")
    v = anonymous(ctx)
    v.browser.get("/signin/code")
    refused(422, v.browser.post, "/signin/code", {"mobile": w.p.mobile, "code": code})
    v = walk.Walker(ctx.site, w.p, ctx.say)
    reset = v.ask_code("/forgot", "reset")
    v.browser.post("/forgot", {"target": w.p.mobile, "code": reset, "password": w.p.password,
                               "password2": w.p.password})
    v.sign_in()
    same(v.browser.get("/user/account")["created"], me["created"], "one account")


def test_devices(ctx):
    """Where one is signed in stands in the account; the others can be signed out."""
    w = ctx.walker("person")
    v = walk.Walker(ctx.site, w.p, ctx.say)
    v.browser.get("/signin")
    v.sign_in()
    rows = w.browser.get("/user/account")["sessions"]
    same(sorted(r["current"] for r in rows), [False, True], "sessions")
    w.browser.post("/user/sessions")
    same(len(w.browser.get("/user/account")["sessions"]), 1, "sessions left")
    refused(401, v.browser.get, "/user/account")


def test_mobile_changed(ctx):
    """A code to the old number, one to the new; both are told; the old one signs in no more.
    Without the first, with another account's ticket or to a number that is taken: refused."""
    w, other = ctx.walker("person"), ctx.walker("person")
    until_materials(w)
    same(w.order_model()["form"]["agent_phone"], w.p.mobile, "the agent's phone")
    refused(410, w.browser.post, "/user/mobile/new", {"ticket": "", "mobile": "13900000000",
                                                      "code": "123456"})
    before = len(w.world.sms(w.p.mobile))
    w.browser.post("/user/mobile/code", captcha(w.browser, "/user/mobile"))
    code = w.world.sms_code(w.p.mobile, before)
    ticket = w.browser.post("/user/mobile", {"code": code})["ticket"]
    fresh, old = ctx.person("person").mobile, w.p.mobile

    def change(who, number):
        who.p.mobile, mine = number, who.p.mobile
        try:
            got = who.ask_code("/user/mobile/new?ticket=" + ticket, "number")
            return who.browser.post("/user/mobile/new", {"ticket": ticket, "mobile": number,
                                                         "code": got})
        finally:
            who.p.mobile = mine
    refused(410, change, other, ctx.person("person").mobile)
    e = refused(422, change, w, other.p.mobile)
    need("已经注册" in e.field("mobile"), sentence(e))
    change(w, fresh)
    same(w.browser.get("/user/account")["mobile"], fresh, "mobile")
    model = w.order_model()
    same(model["form"]["agent_phone"], fresh, "the agent's phone, after")
    same(count(model, "经办人手机更换"), 1, "events")
    for number in (old, fresh):
        walk.poll("the notice", lambda n=number: [m for m in w.world.sms(n)
                                                  if m["template"] == "SMS_MOBILE_CHANGED"])
    v = anonymous(ctx)
    e = refused(422, wrong_in, v, old, w.p.password)
    need(e.field("login"), sentence(e))
    w.p.mobile = fresh
    v = walk.Walker(ctx.site, w.p, ctx.say)
    v.browser.get("/signin")
    v.sign_in()


def test_dead_mobile(ctx):
    """The old number is dead: with the UKey, and only so, the number is changed without it."""
    w, _ = holder(ctx)
    path = "/user/mobile"
    w.browser.get(path)
    e = refused(403, w.browser.post, path, {"by": "ukey"})
    need("UKey" in sentence(e), sentence(e))
    w.sign_in_by_ukey()
    need(w.browser.get(path)["by_ukey"], "the page does not offer it")
    ticket = w.browser.post(path, {"by": "ukey"})["ticket"]
    w.p.mobile = ctx.person("person").mobile
    code = w.ask_code("/user/mobile/new?ticket=" + ticket, "number")
    w.browser.post("/user/mobile/new", {"ticket": ticket, "mobile": w.p.mobile, "code": code})
    same(w.browser.get("/user/account")["mobile"], w.p.mobile, "mobile")
