"""Users of another platform arrive signed in (OpenID Connect): accounts made and joined, fields
that the platform gives, what happens when they change, and what must not get anybody in."""
import os
import re
import urllib.parse

import hallsite
import walk
from browser import Browser, Refused
from flow import captcha, need, refused, same, sentence, until_materials
from test_r_fields import Tries

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def claims_of(p, **change):
    return {"name": p.name, "phone_number": "+86 " + p.mobile, "phone_number_verified": True,
            "organisation_name": p.company, "organisation_code": p.uscc, **change}


def user(ctx, p, sub=None, **change):
    """This person has an account at the platform."""
    ctx.world.service.post("/control/platform/user", {
        "sub": sub or "zjy-" + p.user_name, "login": sub or p.user_name, "password": "zjy-" + p.user_name,
        "claims": claims_of(p, **change)})


def place(headers):
    return headers["Location"]


class Traveller:
    """A browser that goes to the platform and back; the platform has cookies of its own."""

    def __init__(self, ctx, p, browser=None, login=None):
        self.ctx, self.p, self.login = ctx, p, login or p.user_name
        self.browser = browser or Browser(ctx.site.url)
        self.op = Browser(ctx.site.sandbox_url)
        self.pages = 0          # pages of sign-in that were shown

    def begin(self, query=""):
        """Where the hall sends the browser."""
        def sent():
            status, headers, data = self.browser.exchange("GET", "/sign-in/zjy" + query)
            need(status in (200, 303), f"{status} {data[:300]}")
            return status == 303 and place(headers)
        return walk.poll("the way to the platform", sent)

    def at_platform(self, url, **more):
        """Signs in there; where the platform sends the browser."""
        path = url.removeprefix(self.ctx.site.sandbox_url)
        status, headers, data = self.op.exchange("GET", path)
        if status == 303:
            return place(headers)
        same(status, 200, data[:300])
        self.pages += 1
        fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        fields.update({"op_login": self.login, "op_password": "zjy-" + self.p.user_name, **more})
        status, headers, data = self.op.exchange("POST", "/platform/authorize",
                                                 urllib.parse.urlencode(fields), FORM)
        same(status, 303, data[:300])
        return place(headers)

    def local(self, url):
        need(url.startswith(self.ctx.site.url + "/sign-in/zjy/back?"), f"back to {url}")
        return url.removeprefix(self.ctx.site.url)

    def back(self, url):
        """What the hall makes of it: a path that it sends on to, or the model of the failure."""
        status, headers, data = self.browser.exchange("GET", self.local(url))
        if status != 303:
            raise Refused("GET", "back", status, Browser.model_of(data))
        same(place(headers), "/sign-in/zjy/wait", "the code leaves the address bar")

        def end():
            status, headers, data = self.browser.exchange("GET", "/sign-in/zjy/wait")
            if status == 303:
                return place(headers)
            model = Browser.model_of(data)
            if status != 200:
                raise Refused("GET", "wait", status, model)
            return None if model["is_waiting"] else model
        return walk.poll("what came of it", end)

    def arrive(self, query=""):
        return self.back(self.at_platform(self.begin(query)))

    def signed_in(self):
        status, _, _ = self.browser.exchange("GET", "/user")
        return status == 200


def walker(ctx, kind="org"):
    w = walk.Walker(ctx.site, ctx.person(kind), ctx.say)
    return w, Traveller(ctx, w.p, w.browser)


def fields(w):
    groups = w.browser.get(w.step_path("form"))["groups"]
    return {f["name"]: f for g in groups for f in g["fields"]}


GIVEN = ("org_name", "org_id_type", "org_id_no", "agent_name", "agent_phone")


def test_platform_arrives(ctx):
    """From the platform straight to the choice of certificate: no registration, no form of
    sign-in; what the platform gives stands greyed, and other values sent for it change nothing."""
    w, t = walker(ctx)
    user(ctx, w.p)
    same(t.arrive("?next=/orders/new"), "/orders/new", "goes on to")
    account = w.browser.get("/user/account")
    same(account["mobile"], w.p.mobile, "the account made")
    same(account["sessions"][0]["way"], "住建云", "signed in by")
    row = account["platforms"][0]
    need(row["joined"] and {"label": "单位名称", "value": w.p.company} in row["fields"], row)
    w.begin()
    w.agree()
    form = fields(w)
    for name in GIVEN:
        need(form[name]["is_fixed"] and "住建云" in form[name]["help"], f"{name}: {form[name]}")
    same((form["org_name"]["value"], form["agent_phone"]["value"]), (w.p.company, w.p.mobile),
         "given")
    need(not form["address"]["is_fixed"], "what the platform does not give is free")
    w.fill(org_name="别的单位", agent_phone="13800000000", org_id_no="1")
    order = w.browser.get(f"/orders/{w.p.order}")
    same((order["form"]["org_name"], order["form"]["org_id_no"], order["form"]["agent_phone"]),
         (w.p.company, w.p.uscc, w.p.mobile), "kept")
    # Again, in another browser: the platform knows him, and so do we.
    other = Traveller(ctx, w.p)
    other.op = t.op
    same(other.arrive(), "/user", "second arrival")
    same(other.pages, 0, "pages of sign-in")
    same(other.browser.get("/user/account")["mobile"], w.p.mobile, "the same account")
    need(other.browser.get("/user")["platforms"][0]["home"].endswith("/platform/"), "the way back")
    other.browser.post("/user/platforms/zjy/leave")
    need(not other.browser.get("/user/account")["platforms"][0]["joined"], "left")
    refused(404, other.browser.post, "/user/platforms/zjy/leave")
    refused(404, other.browser.post, "/user/platforms/none/leave")
    need(not fields(w)["org_name"]["is_fixed"], "free after leaving")


def test_platform_changes(ctx):
    """The platform's facts change: what was begun is told, and confirmed anew; what was submitted
    is taken back into filling in.  A broken value is refused with where to mend it."""
    w, t = walker(ctx)
    user(ctx, w.p)
    t.arrive()
    until_materials(w)
    submitted = w.p.order
    w.materials()
    same(w.browser.get(f"/orders/{submitted}")["state"], "submitted", "before")
    w.begin()
    w.agree()
    w.p.user_name += "b"
    w.fill()
    draft, w.p.user_name = w.p.order, w.p.user_name[:-1]
    t.arrive()
    same(w.browser.get(f"/orders/{submitted}")["state"], "submitted", "nothing has changed")
    renamed = w.p.company.replace("有限公司", "股份有限公司")
    user(ctx, w.p, organisation_name=renamed)
    t.arrive()
    need("重新确认" in urllib.parse.unquote(w.browser.cookies.get("__Host-flash", "")), "told")
    for no in (submitted, draft):
        order = w.browser.get(f"/orders/{no}")
        same((order["state"], order["step"]), ("draft", "form"), f"{no} is to be confirmed anew")
        need(any("住建云：单位名称" in e["note"] for e in order["events"]), order["events"])
        same(order["form"]["org_name"], w.p.company, "changed behind nobody's back")
        w.p.order = no
        same(fields(w)["org_name"]["value"], renamed, "shown")
    w.p.order = submitted
    w.fill()
    same(w.browser.get(f"/orders/{submitted}")["form"]["org_name"], renamed, "confirmed")
    user(ctx, w.p, organisation_name=renamed, organisation_code="91430100000000000X")
    t.arrive()
    e = refused(422, w.fill)
    need("住建云" in e.field("org_id_no"), sentence(e))


def test_platform_joins(ctx):
    """A number that has an account here joins it by that account's own proof alone."""
    w = ctx.walker("org")
    user(ctx, w.p)
    t = Traveller(ctx, w.p)
    same(t.arrive("?next=/user/account"), "/sign-in/zjy/join", "asks which account")
    need(not t.signed_in(), "the number alone signs nobody in")
    model = t.browser.get("/sign-in/zjy/join")
    same((model["name"], model["account"]), (w.p.company, ""), "the page")
    refused((401, 403), t.browser.post, "/sign-in/zjy/join/account")
    e = refused(422, t.browser.post, "/sign-in/zjy/join", {"mobile": w.p.mobile, "code": "000000"})
    need(e.field("code") and not t.signed_in(), sentence(e))
    home, w.browser = w.browser, t.browser
    w.sign_in()
    t.browser.get("/sign-in/zjy/join")
    before = len(ctx.world.sms(w.p.mobile))
    answer = t.browser.post("/sign-in/zjy/join/account")
    same(answer["next"], "/user/account", "on to where it was going")
    walk.poll("the owner to be told", lambda: len(ctx.world.sms(w.p.mobile)) > before)
    need(t.browser.get("/user/account")["platforms"][0]["joined"], "joined")
    refused((401, 403, 410), t.browser.get, "/sign-in/zjy/join")
    same(Traveller(ctx, w.p).arrive(), "/user", "from now on")
    # Another user of the platform does not get into the same account.
    user(ctx, w.p, sub="second-" + w.p.user_name)
    second = Traveller(ctx, w.p, home, "second-" + w.p.user_name)
    same(second.arrive(), "/sign-in/zjy/join", "signed in, and another user")
    home.get("/sign-in/zjy/join")
    e = refused(409, home.post, "/sign-in/zjy/join/account")
    need("解除" in sentence(e), sentence(e))


def test_platform_joins_by_code(ctx):
    """A number that the platform has not verified is proved here, by a code."""
    w, t = walker(ctx)
    user(ctx, w.p, phone_number_verified=False)
    same(t.arrive(), "/sign-in/zjy/join", "not verified")
    before = len(ctx.world.sms(w.p.mobile))
    t.browser.post("/codes", {"purpose": "signin", "target": w.p.mobile,
                              **captcha(t.browser, "/sign-in/zjy/join")})
    code = ctx.world.sms_code(w.p.mobile, before)
    tries = Tries(ctx)
    tries.rows(t.browser, "/sign-in/zjy/join", "/sign-in/zjy/join",
               {"mobile": w.p.mobile, "code": "123456"}, t.signed_in)
    t.browser.get("/sign-in/zjy/join")
    t.browser.post("/sign-in/zjy/join", {"mobile": w.p.mobile, "code": code})
    same(t.browser.get("/user/account")["mobile"], w.p.mobile, "an account was made")
    need(t.browser.get("/user/account")["platforms"][0]["joined"], "and joined")


def test_platform_lies(ctx):
    """Whatever is wrong with what comes back: nobody is signed in, with a sentence and other ways."""
    w, _ = walker(ctx)
    user(ctx, w.p)
    for fault in ("none", "key", "issuer", "audience", "nonce", "expired", "at_hash", "subject"):
        t = Traveller(ctx, w.p)
        url = t.at_platform(t.begin())
        ctx.world.fault("platform", fault)
        model = t.back(url)
        need(isinstance(model, dict) and "不能确认" in model["sentence"], f"{fault}: {model}")
        need(not t.signed_in(), fault)
    for fault in ("state", "iss", "no_iss"):
        t = Traveller(ctx, w.p)
        url = t.begin()
        ctx.world.fault("platform", fault)
        e = refused(403, t.back, t.at_platform(url))
        need("没有登录" in sentence(e) and not t.signed_in(), f"{fault}: {sentence(e)}")
    t = Traveller(ctx, w.p)
    model = t.back(t.at_platform(t.begin(), op_cancel="1"))
    need("没有完成" in model["sentence"] and not t.signed_in(), model)
    ctx.world.fault("platform.token", "http_500")
    model = Traveller(ctx, w.p).arrive()
    need("联系不上" in model["sentence"], model)
    ctx.world.fault("platform", "rs256")
    same(Traveller(ctx, w.p).arrive(), "/user", "RS256")
    ctx.world.service.post("/control/platform/rotate", {})
    walk.poll("the new keys", lambda: Traveller(ctx, w.p).arrive() == "/user")


def test_platform_codes(ctx):
    """A code is of one browser, one sign-in, one use; where it goes on to is ours."""
    w, _ = walker(ctx)
    user(ctx, w.p)
    victim, thief = Traveller(ctx, w.p), Traveller(ctx, w.p)
    url = victim.at_platform(victim.begin())
    refused((401, 403, 410), thief.back, url)                  # no sign-in of his own
    own = thief.begin()
    refused(403, thief.back, url)                              # another's state
    state = re.search(r"[?&]state=([^&]+)", own).group(1)
    swapped = re.sub(r"state=[^&]+", "state=" + state, url)
    model = thief.back(swapped)                                # another's code: PKCE
    need("没有认可" in model["sentence"] and not thief.signed_in(), f"a stolen code: {model}")
    need(isinstance(victim.back(url), dict), "the platform gives nothing for it twice")
    t = Traveller(ctx, w.p)
    url = t.at_platform(t.begin())
    same(t.back(url), "/user", "once")
    refused((401, 403, 410), t.back, url)
    for evil in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        t = Traveller(ctx, w.p)
        same(t.arrive("?next=" + urllib.parse.quote(evil, safe="")), "/user", evil)
    b = Browser(ctx.site.url)
    for path in ("/sign-in/none", "/sign-in/none/back?code=1&state=2", "/sign-in/none/join"):
        refused((404, 410, 401), b.get, path)
    for query in ("", "?code=1", "?state=", "?code=" + "x" * 5000, "?error=access_denied&state=x"):
        t = Traveller(ctx, w.p)
        t.begin()
        refused((400, 403, 413, 414, 422), t.browser.get, "/sign-in/zjy/back" + query)


def test_platform_documented(ctx):
    """The example of doc/platform.md is a definition that holds; one that is spoilt is named."""
    with open(os.path.join(hallsite.TREE, "doc", "platform.md"), encoding="utf-8") as f:
        example = re.search(r"```yaml\n(.*?)```", f.read(), re.S).group(1)
    halls = ctx.site.path("app", "share", "yinxin", "halls")
    with open(os.path.join(halls, "dfca-construction.yaml"), encoding="utf-8") as f:
        text = f.read()
    path = os.path.join(halls, "example.yaml")
    for section, says in ((example, "good"),
                          (example.replace("[openid, ", "["), "must hold openid")):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text + section)
        r = ctx.site.yinxin("hall", "check", path, check=False)
        need(says in r.stdout + r.stderr, r.stdout + r.stderr)
    os.unlink(path)
