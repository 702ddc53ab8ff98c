"""For test_every_field: the forms of the years after, of invoices, and of other systems."""
import identity
import test_b_payment as money
import test_r_invoice as invoices
import test_s_bundle as bundles
import walk
from browser import Browser
from flow import captcha, refused
from test_l_status import holder, look
from test_m_renew import as_before, renewing

HUGE, NUL, SCRIPT, SQL = "甲" * 10000, "x\x00y", "<script>alert(1)</script>", "' OR '1'='1'; --"
ODD = [None, "", HUGE, NUL, SCRIPT, SQL, "-1", "99999999999999999999"]
CODES = [None, "", HUGE, NUL, SCRIPT, "12345", "000000"]


def lost(t, w, serial):
    """The lost key from the home page: w has the certificate; its page when it is frozen."""
    b = Browser(t.ctx.site.url)
    t.rows(b, "/lost", "/lost", {"kind": "person", "no": w.p.id_no, "mobile": w.p.mobile,
                                 "code": "123456"}, lambda: look(w, serial)["status"])
    t.form(w.browser, "/lost/freeze", {"ticket": "1-2-3", "serial": serial},
           {"ticket": ODD, "serial": ODD}, lambda: look(w, serial)["status"])
    before = len(w.world.sms(w.p.mobile))
    w.browser.connection = None
    w.browser.post(f"/certificates/{serial}/code", captcha(w.browser, f"/certificates/{serial}"))
    code = w.world.sms_code(w.p.mobile, before)
    w.browser.post(f"/certificates/{serial}/freeze", {"code": code})
    w.site.plug(w.p.key)
    asked = w.browser.post(f"/certificates/{serial}/statement", {"kind": "release"})
    signed = w.assistant.post("/sign", {"text": asked["statement"], "pin": walk.USER_PIN})
    t.form(w.browser, f"/certificates/{serial}/change",
           {"id": asked["id"], "signature": signed["signature"]}, {"code": CODES},
           lambda: look(w, serial)["status"])
    t.tried.add("certificate.html code")


def renewals(t, w):
    """Several certificates renewed in one go, with one payment."""
    v, _ = holder(t.ctx)        # the answer has five tries a day
    renewing(t.ctx, 366)
    try:
        for one in (w, v):
            one.browser.connection = None
            one.sign_in()
        b, good = w.browser, bundles.wanted(w)

        def orders():
            return b.get("/user/orders")["total"]
        bad = {}
        for name in good:
            kind = name.split("_")[0]
            bad[name] = [None, "", HUGE, NUL, SCRIPT, "0"] if kind == "agree" else \
                [None, HUGE, NUL] if kind == "q" else [*ODD, "0", "6", "1.5"]
            t.tried.add(f"/user/renewals {kind}_{{}}")
        t.form(b, "/user/renewals", good, bad, orders)
        b = v.browser
        path = f"/bundles/{b.post('/user/renewals', bundles.wanted(v))['no']}"

        def stands():
            m = b.get(path)
            return m["due"], m["may_pay"], b.get(f"{path}/payment")["paid"]
        t.form(b, f"{path}/payment", {}, {"channel": [*ODD, "transfer"]}, stands,
               shape="/bundles/{}/payment")
        t.form(b, f"{path}/voucher", {}, {"remark": [HUGE, NUL]}, stands,
               shape="/bundles/{}/voucher", files={"file": ("v.png", identity.png(600, 400))})
        for data in (b"", b"no picture", identity.png()[:500]):
            refused(422, b.upload, f"{path}/voucher", {}, {"file": ("v.png", data)})
        t.tried.add("/bundles/{}/voucher file")
    finally:
        as_before(t.ctx)
        w.browser.connection = v.browser.connection = None


def invoice(t):
    """Asking for an invoice; finance takes it back."""
    w = money.ordered(t.ctx)
    no = invoices.paid_order(w)
    b, good = w.browser, {**invoices.FORM, "tax_no": w.p.uscc, "mail": w.p.mail,
                          f"order_{no}": "1"}

    def asked():
        return len(b.get("/user/invoices")["rows"])
    t.form(b, "/invoices/new", good, {f"order_{no}": [None, "", NUL],
                                      "kind": ODD, "mail": [None, "", HUGE, NUL, SCRIPT, "no-at"],
                                      "tax_no": [None, "", HUGE, NUL, SCRIPT, "12"]}, asked)
    t.form(b, "/invoices/new", {**good, f"order_{no}": ""},
           {f"order_{'1' * 20}": ["1"]}, asked)         # somebody else's, or nobody's
    t.tried.add("/invoices/new order_{}")
    ref = invoices.ask(w, no)
    invoices.issued(w, ref)
    t.form(t.ctx.officer().browser, f"/staff/invoices/{ref}/reverse", {},
           {"reason": [None, "", HUGE, NUL]}, lambda: invoices.invoice(w, ref)["state"],
           shape="/staff/invoices/{}/reverse")


def apps(t):
    """Other systems that are told of events."""
    desk = t.ctx.officer().browser
    good = {"name": "字段平台", "url": "https://127.0.0.2/fields", "event_frozen": "1",
            "subject": "none"}

    def rows():
        return len(desk.get("/staff/apps")["rows"])
    t.form(desk, "/staff/apps", good, {
        "name": [None, "", HUGE, NUL], "subject": ODD, "event_frozen": [None, ""],
        "url": [None, "", HUGE, NUL, SCRIPT, SQL, "http://a.example/", "https://"],
        "event_eaten": ["1"], "product_tank": ["1"]}, rows)
    t.tried |= {"/staff/apps event_{}", "/staff/apps product_{}"}
    app = desk.post("/staff/apps", good)["added"]["id"]
    t.form(desk, f"/staff/apps/{app}/resend", {}, {"delivery": ODD},
           lambda: len(desk.get(f"/staff/apps/{app}")["deliveries"]),
           shape="/staff/apps/{}/resend")
    desk.post(f"/staff/apps/{app}/remove")


def handover(t, w):
    """Giving a subject's certificates to another account."""

    def stands():
        return w.browser.get("/user/account")["mobile"], str(w.browser.get("/user/orders")["total"])
    t.form(w.browser, "/user/subject",
           {"subject": w.p.name, "mobile": identity.mobile(), "code": "123456"}, {
               "subject": [None, "", HUGE, NUL, SCRIPT], "code": CODES,
               "mobile": [None, "", HUGE, NUL, SCRIPT, "1380013800"]}, stands)


def years(t, w, serial):
    """w: who holds this certificate, good and nobody's concern yet."""
    handover(t, w)
    renewals(t, w)
    lost(t, w, serial)
    invoice(t)
    apps(t)
