"""Collecting the certificate: who may, how often, into which UKey."""
import re

import walk
from flow import captcha, need, refused, same, sentence

CODE = re.compile(r"授权码：\s*([A-Za-z0-9]{20})\b")


def codes_mailed(w):
    """All authorisation codes mailed for this order, newest first."""
    mails = [str(m) for m in w.world.mail(w.p.mail)]
    return [CODE.search(m).group(1) for m in mails if w.p.order in m and CODE.search(m)]


def ask(w, no, code, **change):
    fields = {"no": no, "code": code, **captcha(w.browser, "/fetch"), **change}
    return w.browser.post("/fetch", fields)


def make_csr(w, key, pin=walk.BLANK_PIN):
    w.site.plug(key)
    return w.assistant.post("/key/make", {"order": w.p.order, "cn": w.p.name,
                                          "pin": pin})["csr"]


def refuse_wrong(w, other, code):
    e = refused(422, ask, w, w.p.order, "A" * 20)
    need(e.field("code"), f"not beside the code: {sentence(e)}")
    e = refused(422, ask, w, w.p.order, code[:19])
    need(e.field("code"), f"not beside the code: {sentence(e)}")
    e = refused(422, ask, w, w.p.order, code, captcha="zzzzz")
    need(e.field("captcha"), f"not beside the captcha: {sentence(e)}")
    e = refused(422, ask, w, w.p.order, code, captcha="")
    e = refused(422, ask, w, other, code)
    need("不正确" in sentence(e), sentence(e))
    refused(422, ask, w, "20261121000000000000", code)
    refused(422, ask, w, "12345", code)


def test_fetch(ctx):
    """Wrong codes, codes of others and void codes are refused; one pair for one UKey."""
    w = ctx.walker("person")
    w.begin()
    other = w.p.order
    w.agree()
    w.fill()
    w.confirm()
    w.begin()
    w.p.user_name += "b"
    w.apply()
    refused((409, 422), ask, w, w.p.order, "A" * 20)
    refused(409, w.browser.post, f"/orders/{w.p.order}/resend")
    ctx.officer().approve(w.p.order)
    code = w.authorisation_code()
    refuse_wrong(w, other, code)
    w.browser.get(f"/orders/{w.p.order}")
    w.browser.post(f"/orders/{w.p.order}/resend")
    fresh = walk.poll("the second mail", lambda: next(
        (c for c in codes_mailed(w) if c != code), None))
    e = refused(422, ask, w, w.p.order, code)
    need(e.field("code"), f"the old code: {sentence(e)}")
    issue(ctx, w, ask(w, w.p.order, fresh)["token"], fresh)


def issue(ctx, w, token, code):
    csr = make_csr(w, w.p.key)
    refused((409, 422), w.browser.post, "/fetch/issue", {"token": token, "csr": "AAAA"})
    refused((403, 410), w.browser.post, "/fetch/issue",
            {"token": "0" * 32, "csr": csr})
    refused(409, w.browser.post, "/fetch/done", {"token": token})
    first = w.browser.post("/fetch/issue", {"token": token, "csr": csr})
    second_token = ask(w, w.p.order, code)["token"]
    again = w.browser.post("/fetch/issue", {"token": second_token, "csr": csr})
    for kind in ("sign_cert", "enc_cert", "serial"):
        same(again[kind], first[kind], f"{kind} asked twice")
    foreign = make_csr(w, ctx.person().key)
    e = refused((409, 422), w.browser.post, "/fetch/issue", {"token": token, "csr": foreign})
    need("UKey" in sentence(e) or "证书" in sentence(e), sentence(e))
    w.site.plug(w.p.key)
    w.assistant.post("/key/install", {
        "order": w.p.order, "pin": walk.BLANK_PIN, "sign_cert": first["sign_cert"],
        "enc_cert": first["enc_cert"], "envelope": first["enc_key"]})
    w.browser.post("/fetch/done", {"token": token})
    w.browser.post("/fetch/done", {"token": token})
    refused((409, 422), ask, w, w.p.order, code)
    w.browser.get(f"/orders/{w.p.order}")
    model = w.order_model()
    same(model["state"], "done", "state")
    same(len(model["certificates"]), 2, "certificates")
    for kind in ("sign", "enc"):
        _, pem = w.browser.get_raw(f"/orders/{w.p.order}/certificates/{kind}")
        need(pem.startswith(b"-----BEGIN CERTIFICATE"), f"{kind} is no PEM")


def test_fetch_guessing(ctx):
    """Ten wrong codes for one order: no more tries for a while, even with the right length."""
    w = ctx.walker("person")
    no = "20261121" + w.p.mobile + "0"
    for i in range(10):
        refused(422, ask, w, no, f"{i:020}")
    e = refused(429, ask, w, no, "A" * 20)
    need("再试" in sentence(e), sentence(e))


def test_organisation_code(ctx):
    """An organisation without a unified code is named by its organisation code (GB 11714); a code
    that does not fit its type is refused."""
    w = ctx.walker("org")
    w.begin()
    w.agree()
    e = refused(422, w.fill, org_id_type="org-code", org_id_no="12345678-9")
    need(e.field("org_id_no"), sentence(e))
    e = refused(422, w.fill, org_id_type="uscc", org_id_no="12345678-8")
    need(e.field("org_id_no"), sentence(e))
    w.fill(org_id_type="org-code", org_id_no="12345678-8", tax_no="430100123456788",
           licence_no="430100000012345")
    for step in (w.confirm, w.print, w.materials, w.prove_identity, w.pay):
        step()
    ctx.officer().approve(w.p.order)
    w.fetch()
    pem = ctx.site.path("org-code.pem")
    with open(pem, "wb") as f:
        f.write(w.browser.get_raw(f"/orders/{w.p.order}/certificates/sign")[1])
    need("12345678-8" in ctx.site.yinxin("cert", "show", pem), "no organisation code")
