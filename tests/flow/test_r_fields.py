"""Every field that a page of ours has, with values nobody should send: each gets its sentence and
changes nothing.  What fields there are is read off the templates and off the forms in the pages'
models, so a field that is new fails here until somebody says how it is refused."""
import glob
import os
import re

import fields_years
import hallsite
import identity
import walk
from browser import Browser
from flow import CHINESE, captcha, need, refused, same, sentence, until_materials
from test_d_accounts import anonymous
from test_e_form import HOSTILE, bad_values
from test_l_status import holder
from test_m_renew import as_before, renewing
from test_n_unlock import lock, token_by_mail
from test_r_accounts import filed, lost_number
from test_s_recover import apply, reissued

HUGE, NUL = "甲" * 10000, "x\x00y"
SCRIPT, SQL, TURNED = "<script>alert(1)</script>", "' OR '1'='1'; --", "甲‮乙"
# Where a choice or a number of ours must stand, nothing else may.
ODD = [None, "", HUGE, NUL, SCRIPT, SQL, TURNED, "-1", "99999999999999999999"]
# Free text that must be there; what is written in it is shown escaped.
TEXT = [None, "", HUGE, NUL]
# Free text that may be missing.
LOOSE = [HUGE, NUL]

# Fields of templates that another test tries with values nobody should send: which one.
ELSEWHERE = {
    "/register next": "test_register_goes_on",
    "/orders/{}/materials/{} file": "test_bad_pictures",
    "/verify file": "test_document_page",
    "fetch.html csr": "test_soft_by_request",
    "/orders/{}/proof code": "test_remittance_proves_the_account",      # wrong codes end it
    "/orders/{}/batch list": "test_batch_file",
    "/orders/{}/batch file": "test_batch_file",
    "/orders/{}/batch l_{}": "test_batch_file",
    "staff_making.html by": "test_pin_in_the_remark",                   # sms, or as before
}


def pattern(path):
    return re.sub(r"\{\{\w+\}\}", "{}", path)


def fields_of_templates():
    """{"path field"} of every form that posts."""
    found = set()
    for file in glob.glob(os.path.join(hallsite.TREE, "src/web/html/**/*.html"), recursive=True):
        with open(file, encoding="utf-8") as f:
            text = f.read()
        for head, body in re.findall(r"<form\b([^>]*)>(.*?)</form>", text, re.S):
            action = re.search(r'(?:action|data-post|data-statement)="([^"]+)"', head)
            if 'method="post"' not in head and "data-" not in head:
                continue
            for name in re.findall(r'<(?:input|select|textarea|button)\b[^>]*name="([^"]+)"', body):
                if name not in ("csrf", "captcha", "captcha_id"):
                    found.add(f"{pattern(action.group(1)) if action else os.path.basename(file)} "
                              f"{pattern(name)}")
    return found


class Tries:
    """What has been tried, and how."""

    def __init__(self, ctx):
        self.ctx, self.tried, self.n = ctx, set(), 0

    def another_address(self, browser):
        """Limits of an address are not what is tried here."""
        self.n += 1
        if self.n % 15 == 1:
            browser.connection = None
            browser.source = (f"127.0.{4 + self.n // 3000}.{self.n // 15 % 200 + 1}", 0)

    def one(self, browser, path, good, field, value, page=None, files=None):
        """This value must be refused with a sentence."""
        self.another_address(browser)
        form = {k: v for k, v in good.items() if k != field}
        if page is not None:
            form.update(captcha(browser, page))
        if value is not None:
            form[field] = value
        self.ctx.say(f"{path} {field}={str(value)[:40]!r}")
        if files is None:
            return refused((403, 404, 409, 410, 413, 422, 429), browser.post, path, form)
        return refused((409, 413, 422), browser.upload, path, form, files)

    def form(self, browser, path, good, bad, watch, page=None, shape=None, files=None):
        """Each field with each of its bad values; watch() tells what must not change."""
        before = watch()
        for field, values in bad.items():
            for value in values:
                e = self.one(browser, path, good, field, value, page, files)
                need(len(sentence(e)) < 2000, f"{field}: the value comes back: {e}")
                same(watch(), before, f"what stands, after {field}={str(value)[:40]!r}")
            self.tried.add(f"{shape or path} {field}")

    def rows(self, browser, page, path, good, watch, asks=False, query="", free=()):
        """The rows of a form that the page's model has; the sentence stands beside the field.
        free: text that is only compared, or shown escaped."""
        groups = browser.get(page + query)["groups"]
        before = watch()
        for f in [f for g in groups for f in g["fields"]]:
            for value in bad_values(f, good):
                if value is not None and f["name"].startswith(("password", "old")) and \
                        value not in ("", HUGE):
                    continue            # any text is a password
                if f["name"] in free and value in (SCRIPT, SQL, TURNED, *HOSTILE):
                    continue
                e = self.one(browser, path, good, f["name"], value, page + query if asks else None)
                text = e.field(f["name"]) or ("\x00" in (value or "") and sentence(e))
                need(text and CHINESE.search(text), f"{f['name']}={str(value)[:40]!r}: {e}")
            same(watch(), before, f"what stands, after {f['name']}")
            self.tried.add(f"{path} {f['name']}")


def visitor(t):
    """Signing up, signing in, asking: what may be sent by anybody."""
    ctx, w = t.ctx, anonymous(t.ctx)
    b, p = w.browser, w.p

    def sms():
        return len(w.world.sms(p.mobile)), len(b.cookies)
    b.get("/register")
    t.rows(b, "/register", "/register", {
        "mobile": p.mobile, "mail": p.mail, "password": p.password, "password2": p.password,
        "code": "123456", "login_name": "walker" + p.mobile}, sms)
    t.rows(b, "/forgot", "/forgot", {"target": p.mobile, "code": "123456",
                                     "password": p.password, "password2": p.password}, sms)
    t.rows(b, "/signin/code", "/signin/code", {"mobile": p.mobile, "code": "123456"}, sms)
    t.rows(b, "/status", "/status", {"no": "2" * 20, "mobile": p.mobile, "code": "123456"}, sms)
    t.form(b, "/status/enter", {"ticket": "1-2-3", "no": "2" * 20, "invoice": ""},
           {"ticket": ODD, "no": ODD, "invoice": ODD}, sms)
    t.form(b, "/fetch", {"no": "2" * 20, "code": "A" * 20}, {
        "no": ODD, "code": [None, "", HUGE, NUL, SCRIPT, "A" * 19, "A" * 21]}, sms, "/fetch")
    for purpose in ODD:
        t.one(b, "/codes", {"target": p.mobile}, "purpose", purpose, "/signin/code")
    for target in [None, "", HUGE, NUL, SCRIPT, "1380013800", p.mobile + "0"]:
        t.one(b, "/codes", {"purpose": "signin"}, "target", target, "/signin/code")
    for wrong in ("", "xxxxx", HUGE, NUL):
        t.one(b, "/codes", {"purpose": "signin", "target": p.mobile, "captcha_id": "A" * 20},
              "captcha", wrong)
    same(sms()[0], 0, "SMS sent")
    return w


def sign_in(t):
    """Wrong names and passwords; a place to go on to that is not ours is not gone to."""
    w = t.ctx.walker("person")
    b = Browser(t.ctx.site.url)
    good = {"login": w.p.mobile, "password": w.p.password}
    t.form(b, "/signin", good, {"login": [None, "", HUGE, NUL, SCRIPT, SQL],
                                "password": [None, "", HUGE, NUL, SQL]},
           lambda: "__Host-session" in b.cookies, "/signin")
    for path in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:1",
                 "/a b"):
        t.another_address(b)
        answer = b.post("/signin", {**good, **captcha(b, "/signin"), "next": path})
        same(answer["next"], "/user", f"next={path[:30]!r}")
        t.one(b, "/signin/code", {"mobile": w.p.mobile, "code": "000000"}, "next", path)
    t.one(b, "/signin", good, "next", HUGE, "/signin")
    t.tried |= {"/signin next", "/signin/code next", "/signin/ukey next", "/staff/signin next"}
    return w


def applicant(t):
    """The steps of an application, its materials, its payment."""
    w = t.ctx.walker("person")
    b = w.browser
    t.form(b, "/orders/new", {}, {"product": ODD},
           lambda: b.get("/user/orders")["total"])
    w.begin()
    base = f"/orders/{w.p.order}"

    def stands():
        m = w.order_model()
        return m["state"], m["version"], m["form"], len(m["events"])
    model = b.get(w.step_path("agreement"))
    good = {f"agree_{a['id']}": "1" for a in model["agreements"]}
    t.form(b, w.step_path("agreement"), good, {name: [None, "", "0", HUGE, NUL, SCRIPT]
                                               for name in good}, stands)
    t.tried |= {"/orders/{}/steps/agreement agree_{}", "/orders/{}/steps/agreement disagree"}
    w.agree()
    w.fill()
    good = {"way": "courier", "receiver": w.p.name, "phone": w.p.mobile, "province": "湖南省",
            "city": "长沙市", "address": "五一大道8888号"}
    t.form(b, w.step_path("confirm"), good, {"way": ODD}, stands,
           shape="/orders/{}/steps/confirm")
    t.rows(b, w.step_path("confirm"), w.step_path("confirm"), good, stands)
    w.confirm()
    w.print()
    w.upload("person_id", identity.png(seed=1))
    t.form(b, f"{base}/materials/agent_id/same", {}, {"as": ODD}, stands,
           shape="/orders/{}/materials/{}/same")
    t.form(b, f"{base}/voucher", {}, {"remark": LOOSE}, stands, shape="/orders/{}/voucher",
           files={"file": ("v.png", identity.png(600, 400))})
    for data in (b"", b"no picture", identity.png()[:500]):
        refused(422, b.upload, f"{base}/voucher", {}, {"file": ("v.png", data)})
    t.tried.add("/orders/{}/voucher file")
    t.form(b, f"{base}/payment", {}, {"channel": ODD + ["transfer"]}, stands,
           shape="/orders/{}/payment")
    t.tried |= {"{}/payment channel", "{}/voucher file", "{}/voucher remark"}   # and of bundles
    phone(t, w, stands)
    t.form(b, f"{base}/cancel", {}, {"reason": LOOSE}, stands, shape="/orders/{}/cancel")


def phone(t, w, stands):
    """The page on the phone that the QR leads to."""
    w.materials()
    b = Browser(t.ctx.site.url, "Mozilla/5.0 (phone)")
    path = f"/orders/{w.p.order}/identity"
    w.browser.get(w.step_path("identity"))
    url = w.browser.post(path)["session"]["url"].removeprefix(t.ctx.site.url)
    b.get(url)
    t.form(b, url, {}, {"consent": [None, "", "0", HUGE, NUL, SCRIPT]},
           lambda: (w.browser.get(path)["state"], stands()[:3]), shape="/m/identity/{}")
    t.form(b, url, {"consent": "1"}, {"meta_info": [NUL]},
           lambda: w.browser.get(path)["state"], shape="/m/identity/{}")
    t.another_address(b)
    b.post(url, {"consent": "1", "meta_info": HUGE})    # the phone's own words: not kept


def account(t, w):
    """The account's own pages."""
    b, p = w.browser, w.p

    def stands():
        return b.get("/user/account")["mobile"]
    t.rows(b, "/user/password", "/user/password", {
        "old": p.password, "password": "Other-97531-x", "password2": "Other-97531-x"}, stands)
    t.form(b, "/user/mobile", {}, {"code": [None, "", HUGE, NUL, SCRIPT, "12345", "1234567"],
                                   "by": [None, "", HUGE, NUL, SCRIPT, "ukey"]}, stands)
    t.rows(b, "/user/mobile/new", "/user/mobile/new", {
        "mobile": identity.mobile(), "code": "123456", "ticket": "A" * 32}, stands)
    t.rows(b, "/user/mail", "/user/mail", {"mail": p.mail, "code": "123456"},
           lambda: (stands(), b.get("/user/account")["mail_proved"]))
    t.tried.add("/user/sign-in-notice on")          # a switch
    t.form(b, "/user/mobile/new", {"mobile": identity.mobile(), "code": "123456"},
           {"ticket": ODD}, stands)


def certificates(t):
    """The pages of a certificate, and those of unlocking its UKey."""
    w, serial = holder(t.ctx)
    b, base = w.browser, f"/certificates/{serial}"

    def stands():
        m = b.get(base)
        return m["status"], m["not_after"], b.get("/user/orders")["total"]
    t.form(b, f"{base}/statement", {"kind": "hold"}, {"kind": ODD}, stands,
           shape="certificate.html")
    t.form(b, f"{base}/statement", {"kind": "revocation"},
           {"reason": [None, "", HUGE, NUL, SCRIPT, SQL]}, stands, shape="certificate.html")
    t.form(b, f"{base}/change", {"id": "1", "signature": "AAAA"},
           {"id": ODD, "signature": [None, "", HUGE, NUL, SCRIPT, "AAAA"]}, stands)
    t.form(b, f"{base}/freeze", {}, {"code": [None, "", HUGE, NUL, SCRIPT, "000000"]}, stands,
           shape="/certificates/{}/freeze")
    t.form(b, f"{base}/reissue", {}, {"cause": ODD}, stands, shape="/certificates/{}/reissue")
    renewing(t.ctx, 366)
    b.connection = None
    t.form(b, f"{base}/renew", {}, {"years": ODD + ["0", "6", "1.5"]}, stands,
           shape="/certificates/{}/renew")
    as_before(t.ctx)
    b.connection = None
    t.ctx.site.plug(w.p.key)
    lock(w)
    w.p.order = b.post(f"{base}/unlock", {})["no"]
    unlocking(t, w)


def unlocking(t, w):
    def stands():
        m = w.order_model()
        return m["state"], m["version"]
    # the answer has five tries a day
    t.form(w.browser, w.step_path("question"), {}, {"answer": [None, HUGE, NUL, SCRIPT]}, stands,
           shape="/orders/{}/steps/question")
    w.browser.post(w.step_path("question"), {"answer": "我的母亲"})
    w.step_code()
    t.form(w.browser, w.step_path("phone_code"), {},
           {"code": [None, HUGE, NUL, SCRIPT, "12345"]}, stands,
           shape="/orders/{}/steps/phone_code")
    w.browser.post(w.step_path("phone_code"), {"code": code_again(w)})
    token_by_mail(w)
    t.form(w.browser, w.step_path("mail_link"), {}, {"token": [None, "", HUGE, NUL, SQL, "A" * 32]},
           stands, shape="/orders/{}/steps/mail_link")
    t.form(w.browser, w.step_path("challenge"), {"ukey": "YX1", "challenge": "00" * 16},
           {"ukey": ODD, "challenge": ODD}, stands)


def code_again(w):
    """The code that was sent stands as long as it has tries."""
    return re.search(r"\b(\d{6})\b", str(w.world.sms(w.p.mobile)[0])).group(1)


def review(t):
    """The reviewer's pages."""
    w, desk = t.ctx.walker("person"), t.ctx.officer()
    w.apply("courier")
    model, path = desk.look(w.p.order), f"/staff/reviews/{w.p.order}"
    b, version = desk.browser, str(model["version"])

    def stands():
        m = w.order_model()
        return m["state"], m["version"]
    reason = model["return_reasons"][0] if "return_reasons" in model else None
    good = {"version": version, "reason_0": reason["id"] if reason else "unclear",
            "target_0": "person_id", "text_0": "请重新上传"}
    t.form(b, f"{path}/return", good, {
        "version": ODD, "reason_0": [None, "", HUGE, NUL], "target_0": [HUGE, NUL, SCRIPT],
        "text_0": LOOSE}, stands, shape="/staff/reviews/{}/return")
    t.form(b, f"{path}/statement", {}, {"version": ODD}, stands)
    asked = b.post(f"{path}/statement", {"version": version})
    signed = {"version": asked["version"], "statement": asked["statement"], "signature": "AAAA",
              "certificate": "AAAA"}
    t.form(b, f"{path}/approve", signed, {n: [None, "", HUGE, NUL, SCRIPT, "AAAA"]
                                          for n in signed}, stands)
    return w


def making(t, w):
    """The maker's and the stock's pages."""
    desk = t.ctx.officer()
    desk.approve(w.p.order)
    b, base = desk.browser, f"/staff/making/{w.p.order}"

    def stands():
        return w.order_model()["state"], len(b.get("/staff/media")["rows"])
    good = {"company": "顺丰速运", "waybill": "SF1234567890", "blank": "1"}
    t.form(b, f"{base}/ship", good, {
        "company": TEXT, "waybill": [None, "", HUGE, NUL, SCRIPT, "12345", "a b c d e f"]},
        stands, shape="/staff/making/{}/ship")
    t.form(b, f"{base}/hand-over", {}, {"receiver": TEXT + ["张"]}, stands,
           shape="/staff/making/{}/hand-over")
    b.post(f"{base}/claim")
    t.form(b, f"{base}/issue", {"csr": "AAAA", "medium": "YX1"},
           {"csr": [None, "", HUGE, NUL, SCRIPT, "AAAA"]}, stands)
    b.post(f"{base}/unclaim")
    t.form(b, "/staff/media", {"batch": "字段", "kind": "", "serials": "YXFIELD1"}, {
        "batch": TEXT, "kind": LOOSE, "serials": [None, "", HUGE, NUL, SCRIPT, SQL,
                                                  "YXA YXA", "Y" * 200]}, stands)
    b.post("/staff/media", {"batch": "字段", "kind": "", "serials": "YXFIELD-" + w.p.order})
    t.form(b, "/staff/medium/scrap", {"serial": "YXFIELD-" + w.p.order, "reason": "坏了"}, {
        "serial": ODD, "reason": TEXT + ["x"]},
        lambda: b.get("/staff/medium?serial=YXFIELD-" + w.p.order)["state"])


def money(t):
    """Finance, the day's bills, the members of staff."""
    w, b = t.ctx.walker("person"), t.ctx.officer().browser
    for step in (w.begin, w.agree, w.fill, w.confirm):
        step()
    w.browser.upload(f"/orders/{w.p.order}/voucher", {"remark": "x"},
                     {"file": ("v.png", identity.png(seed=5))})
    trade = next(x for x in w.order_model()["trades"] if x["channel"] == "transfer")
    path = f"/staff/payments/{trade['no']}/confirm"

    def stands():
        return w.browser.get(f"/orders/{w.p.order}/payment")["trades"]
    shape = "/staff/payments/{}/confirm"
    t.form(b, path, {"amount": "340.00", "bank_no": "B1"}, {
        "amount": ODD + ["340.001", "3e2", ".", "340."], "bank_no": TEXT}, stands, shape=shape)
    t.form(b, path, {"reject": "1"}, {"reason": TEXT}, stands, shape=shape)
    t.tried.add(shape + " reject")          # present or not, that is all it says
    t.form(b, "/staff/reconciliation", {}, {"day": ODD[2:] + ["2026-02-30", "2999-01-01"]},
           lambda: len(b.get("/staff/reconciliation")["days"]))
    t.form(b, "/staff/reconciliation/1/close", {"note": "看过"}, {"note": TEXT + ["看过"]},
           lambda: len(b.get("/staff/reconciliation")["rows"]),
           shape="/staff/reconciliation/{}/close")
    rows = b.get("/staff/members")["rows"]
    t.form(b, "/staff/members", {"role_maker": "1", "active": "1"}, {"id": ODD},
           lambda: b.get("/staff/members")["rows"])
    me = next(r for r in rows if r["is_admin"])
    refused((403, 409, 422), b.post, "/staff/members", {"id": me["id"]})    # nobody is left
    same(b.get("/staff/members")["rows"], rows, "members")
    t.tried |= {f"/staff/members {n}" for n in ("role_reviewer", "role_maker", "role_finance",
                                                "role_admin", "active")}   # ticks


def petitions(t):
    """Asking for another number without the old one and without a UKey; who decides."""
    ctx, w = t.ctx, t.ctx.walker("person")
    b = Browser(ctx.site.url)
    t.rows(b, "/petitions/mobile", "/petitions/mobile", {
        "login": w.p.mobile, "name": w.p.name, "id_no": w.p.id_no, "note": "原号码已停机销号",
        "mobile": identity.mobile(), "code": "123456"}, lambda: None, asks=True,
        free=("login", "note"))
    b, _, path = lost_number(ctx, w)
    for data in (b"", b"no picture", identity.png()[:500]):
        refused(422, b.upload, f"{path}/pictures/id_front", {}, {"file": ("v.png", data)})
    t.tried.add("/petitions/{}/pictures/{} file")
    b, _, path = filed(ctx, w)
    no, desk = b.get(path)["no"], ctx.officer().browser

    def stands():
        m = desk.get(f"/staff/petitions/{no}")
        return m["state"], m["version"]
    version = str(stands()[1])
    t.form(desk, f"/staff/petitions/{no}/approve", {}, {"version": ODD}, stands,
           shape="/staff/petitions/{}/approve")
    t.form(desk, f"/staff/petitions/{no}/return", {"version": version, "reason": "不清楚"},
           {"version": ODD, "reason": TEXT}, stands, shape="/staff/petitions/{}/return")
    desk.post(f"/staff/petitions/{no}/return", {"version": version, "reason": "照片不清楚"})
    t.rows(b, path, f"{path}/mend", {"mobile": identity.mobile(), "code": "123456",
                                       "id_no": w.p.id_no}, stands,
           free=("note",))
    t.tried |= {f"/petitions/{{}}/mend {n}" for n in ("name", "id_no", "contact", "note", "mobile",
                                                      "code")}
    b.get(path)
    b.post(path)
    version = str(stands()[1])
    t.form(desk, f"/staff/petitions/{no}/refuse", {"version": version, "reason": "不清楚"},
           {"version": ODD, "reason": TEXT}, stands, shape="/staff/petitions/{}/refuse")


def recovery(t):
    """Asking for an old encryption key; the desk's page of it."""
    w, old, _ = reissued(t.ctx, "person")
    w.p.order = w.browser.post(f"/certificates/{old}/recover")["no"]

    def stands():
        m = w.order_model()
        return m["state"], m["version"]
    t.form(w.browser, w.step_path("reason"),
           {"reason": "lost", "text": "", "receiver": w.serial},
           {"reason": ODD, "text": LOOSE, "receiver": ODD}, stands,
           shape="/orders/{}/steps/reason")
    apply(w, old)
    desk, path = t.ctx.officer().browser, f"/staff/recoveries/{w.p.order}"
    version = str(desk.get(path)["version"])
    t.form(desk, f"{path}/statement", {"version": version, "second": "1"},
           {"version": ODD, "second": ODD}, stands)
    t.tried.add("staff_recovery.html second")
    t.form(desk, f"{path}/decline", {}, {"reason": TEXT}, stands,
           shape="/staff/recoveries/{}/decline")


def desk_certificate(t):
    """The desk's page of a certificate."""
    w, serial = holder(t.ctx)
    b, base = t.ctx.officer().browser, f"/staff/certificates/{serial}"

    def stands():
        return w.browser.get(f"/certificates/{serial}")["status"]
    t.form(b, f"{base}/statement", {"kind": "hold"}, {"kind": ODD}, stands,
           shape="staff_certificate.html")
    t.form(b, f"{base}/statement", {"kind": "revocation", "second": "1"}, {
        "reason": [None, "", HUGE, NUL, SCRIPT], "second": ODD[2:]}, stands,
        shape="staff_certificate.html")


def test_every_field(ctx):
    """Wrong, missing, huge and hostile values in every field of every form."""
    t = Tries(ctx)
    visitor(t)
    account(t, sign_in(t))
    applicant(t)
    making(t, review(t))
    money(t)
    certificates(t)
    desk_certificate(t)
    petitions(t)
    recovery(t)
    fields_years.years(t, *holder(t.ctx))
    forgotten = fields_of_templates() - t.tried - set(ELSEWHERE)
    same(sorted(forgotten), [], "fields that are not tried, here or in what ELSEWHERE names")
    for where in ELSEWHERE.values():
        need(any(f"def {where}(" in open(f, encoding="utf-8").read() for f in glob.glob(
            os.path.join(hallsite.TREE, "tests/flow/test_*.py"))), f"no test {where}")
    need(t.n > 500, f"only {t.n} values tried")
