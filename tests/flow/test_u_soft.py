"""Soft certificates: the key is a file of the applicant's, by the assistant or of his own making."""
import base64
import glob
import os
import subprocess

import hallsite
import walk
from browser import Browser, Service
from flow import need, refused, same, sentence
from test_g_kill import pay_once
from test_l_status import look, status
from test_m_renew import as_before, renewing
from test_r_life import code_for

PASS, EXPORT = "correct horse 7", "battery staple 8"
DISTID = "distid:1234567812345678"


def soft_walker(ctx):
    return ctx.walker("person-soft")


def approved(ctx):
    w = soft_walker(ctx)
    w.apply()
    ctx.officer().approve(w.p.order)
    return w


def fetch_soft(w, token=None, pin=PASS):
    """Into a file of this computer."""
    token = token or w.open_fetch(w.authorisation_code())
    made = w.assistant.post("/soft/make", {"order": w.p.order, "cn": w.p.name, "pin": pin})
    issued = w.browser.post("/fetch/issue", {"token": token, "csr": made["csr"],
                                             "medium": made["serial"]})
    install(w, made["key"], issued, pin)
    w.browser.post("/fetch/done", {"token": token})
    return issued


def install(w, key, issued, pin=PASS, replaces=""):
    w.assistant.post("/key/install", {
        "key": key, "order": w.p.order, "pin": pin, "sign_cert": issued["sign_cert"],
        "enc_cert": issued["enc_cert"], "envelope": issued["enc_key"], "replaces": replaces})


def sign_in(w, key, serial, pin=PASS):
    w.browser = Browser(w.site.url)
    w.browser.get("/signin")
    challenge = w.browser.post("/signin/challenge")
    signed = w.assistant.post("/sign", {"text": challenge["text"], "pin": pin, "key": key,
                                        "serial": serial})
    w.browser.post("/signin/ukey", {"id": challenge["id"], "signature": signed["signature"],
                                    "certificate": signed["certificate"]})
    w.browser.get("/user")


def own(ctx):
    """The assistant's own page."""
    return Service(ctx.site.assistant_url, {"Origin": ctx.site.assistant_url})


def openssl(*args, data=None, good=True):
    r = subprocess.run(["openssl", *args], input=data, capture_output=True, check=False)
    need((r.returncode == 0) == good, f"openssl {args}: {r.stderr.decode()}")
    return r.stdout


def write(ctx, name, data):
    path = ctx.site.path(name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def signs_for(ctx, key, cert_pem):
    """A signature by this key verifies with that certificate."""
    text, sig = write(ctx, "soft.txt", b"text"), ctx.site.path("soft.sig")
    pub = write(ctx, "soft.pub", openssl("x509", "-in", cert_pem, "-noout", "-pubkey"))
    openssl("pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-pkeyopt", DISTID, "-inkey", key,
            "-in", text, "-out", sig)
    openssl("pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt", DISTID, "-pubin",
            "-inkey", pub, "-in", text, "-sigfile", sig)


def p12_opens(ctx, p12, password, cert_der):
    """openssl takes key and certificate out, which belong together; with no other password."""
    path = write(ctx, "out.p12", p12)
    openssl("pkcs12", "-in", path, "-passin", "pass:wrong", "-nodes", good=False)
    both = write(ctx, "out.pem", openssl("pkcs12", "-in", path, "-passin", f"pass:{password}",
                                         "-nodes"))
    same(openssl("x509", "-in", both, "-outform", "DER"), cert_der, "certificate in the file")
    signs_for(ctx, both, both)


def test_soft(ctx):
    """Applied for, approved, the key made by the assistant in a file; seen, signed in with, exported."""
    w = soft_walker(ctx)
    w.begin()
    w.agree()
    w.fill()
    same([o["id"] for o in w.browser.get(w.step_path("confirm"))["ways"]], ["download"], "ways")
    refused(422, w.confirm, "courier")
    w.confirm()
    w.print()
    w.materials()
    w.prove_identity()
    w.pay()
    same(w.browser.get("/user")["counters"]["soft"], 0, "soft certificates to download")
    media = ctx.site.yinxin("medium", "list")
    ctx.officer().approve(w.p.order)
    counters = w.browser.get("/user?tab=soft")
    same((counters["counters"]["soft"], counters["counters"]["fetch"]), (1, 1), "counters")
    same([r["no"] for r in counters["orders"]["rows"]], [w.p.order], "their list")
    same(w.browser.get("/user?tab=soft")["orders"]["rows"][0]["medium"], "soft", "medium")
    w.authorisation_code()
    mail = next(str(m) for m in w.world.mail(w.p.mail) if w.p.order in str(m) and "授权码" in str(m))
    need("软证书文件" in mail and "UKey" not in mail, mail)
    issued = make_and_fetch(ctx, w)
    serial = issued["serial"]
    same(ctx.site.yinxin("medium", "list"), media, "UKeys")
    key = f"soft:{w.p.order}"
    seen(ctx, w, serial)
    sign_in(w, key, serial)
    same(w.browser.get("/user")["counters"]["soft"], 0, "soft certificates to download")
    for check in w.browser.post(f"/certificates/{serial}/selfcheck")["checks"]:
        plain = w.assistant.post("/open", {"key": key, "document": check["document"], "pin": PASS})
        same(base64.b64decode(plain["plain"]).decode(), check["text"], "opened")
    exported(ctx, w, key, issued)
    need("medium  soft" in ctx.site.yinxin("order", "show", w.p.order), "order show")
    need("medium  soft" in ctx.site.yinxin("cert", "show", serial), "cert show")


def make_and_fetch(ctx, w):
    """Interrupted at each point: the same file, the same key, the same pair."""
    token = w.open_fetch(w.authorisation_code())
    asked = {"order": w.p.order, "cn": w.p.name, "pin": PASS}
    e = refused(422, w.assistant.post, "/soft/make", {**asked, "pin": "12345678"})
    need("太简单" in str(e), str(e))
    refused(422, w.assistant.post, "/soft/make", {**asked, "order": "../../x"})
    made = w.assistant.post("/soft/make", asked)
    e = refused(403, w.assistant.post, "/soft/make", {**asked, "pin": "wrong horse 7"})
    need("口令不对" in str(e) and "UKey" not in str(e), str(e))
    ctx.site.plug(w.p.key)                          # the assistant dies and comes back
    again = w.assistant.post("/soft/make", asked)
    same(again["serial"], made["serial"], "container")
    refused(409, w.browser.post, "/fetch/done", {"token": token})
    issue = {"token": token, "csr": again["csr"], "medium": again["serial"]}
    issued = w.browser.post("/fetch/issue", issue)
    need(issued["device"] == "" and "p7b" not in issued, "a UKey's things")
    ctx.site.stop_one("server")
    ctx.site.start_server()
    ctx.desk = w.browser.connection = None
    twice = w.browser.post("/fetch/issue", {**issue, "csr": w.assistant.post(
        "/soft/make", asked)["csr"]})
    same(twice["sign_cert"], issued["sign_cert"], "asked twice")
    install(w, made["key"], issued)
    w.browser.post("/fetch/done", {"token": token})
    w.browser.post("/fetch/done", {"token": token})
    return issued


def seen(ctx, w, serial):
    """The page says what it is and where the key is; unlocking is no way, and says so."""
    model = look(w, serial)
    need(model["soft"] and model["medium_text"] == "软证书", model["medium_text"])
    need("口令保护" in model["key_place"] and "编号 SC" in model["key_place"], model["key_place"])
    need(not model["may_unlock"] and "不能解锁" in model["unlock_text"] and
         "补办" in model["unlock_text"], model["unlock_text"])
    e = refused(409, w.browser.post, f"/certificates/{serial}/unlock")
    need("补办" in sentence(e), sentence(e))
    same({c["fee"] for c in model["reissue_causes"]}, {"0.00"}, "fees")
    pem = w.browser.get_raw(f"/orders/{w.p.order}/certificates/sign")[1]
    text = openssl("x509", "-noout", "-text", data=pem).decode()
    need("1.2.156.999999.1.2" in text, "no policy of its own")
    refused((409, 422), w.browser.post, "/fetch", {
        "no": w.p.order, "code": w.authorisation_code(), **open_captcha(w)})


def open_captcha(w):
    model = w.browser.get("/fetch")
    w.browser.get_raw(f"/captcha/{model['captcha_id']}")
    return {"captcha_id": model["captcha_id"], "captcha": hallsite.CAPTCHA}


def exported(ctx, w, key, issued):
    """PKCS#12 for the assistant's own page and the command line only; openssl opens it."""
    asked = {"key": key, "pin": PASS, "serial": issued["serial"], "kind": "sign",
             "password": EXPORT}
    refused(403, w.assistant.post, "/soft/export", asked)
    refused(403, w.assistant.get, "/soft")
    page = own(ctx)
    same([f["key"] for f in page.get("/soft")["files"] if f["key"] == key], [key], "files")
    refused(403, page.post, "/soft/export", {**asked, "pin": "wrong horse 7"})
    refused(422, page.post, "/soft/export", {**asked, "password": "short1"})
    refused(422, page.post, "/soft/export", {**asked, "kind": "both"})
    refused(409, page.post, "/soft/aside", {"key": key})
    for kind in ("sign", "enc"):
        got = page.post("/soft/export", {**asked, "kind": kind})
        p12_opens(ctx, base64.b64decode(got["p12"]), EXPORT,
                  base64.b64decode(issued[f"{kind}_cert"]))
    out = ctx.site.path("tool.p12")
    ctx.site.assistant_tool(
        "export", "--soft", ctx.site.path("soft"), "--key", key, "--serial", issued["serial"],
        "--out", out, "--pin-file", write(ctx, "p1", PASS.encode()),
        "--password-file", write(ctx, "p2", EXPORT.encode()))
    with open(out, "rb") as f:
        p12_opens(ctx, f.read(), EXPORT, base64.b64decode(issued["sign_cert"]))


def test_soft_years(ctx):
    """Renewed into the same file, whose old pair stays; then lost: another key, the old one ended."""
    w = approved(ctx)
    first = fetch_soft(w)
    key = f"soft:{w.p.order}"
    renewing(ctx, 366)
    try:
        w.browser.connection = None
        w.p.order = w.browser.post(f"/certificates/{first['serial']}/renew", {"years": "1"})["no"]
        w.browser.get(w.step_path("agreement"))
        w.agree()
        w.browser.post(w.step_path("question"), {"answer": "我的母亲"})
        w.confirm()
        pay_once(w)
        ctx.officer().approve(w.p.order)
        token = w.open_fetch(w.authorisation_code())
        made = w.assistant.post("/key/make", {"key": key, "order": w.p.order, "cn": w.p.name,
                                              "pin": PASS})
        second = w.browser.post("/fetch/issue", {"token": token, "csr": made["csr"],
                                                 "medium": made["serial"]})
        install(w, key, second, replaces=first["serial"])
        w.browser.post("/fetch/done", {"token": token})
    finally:
        as_before(ctx)
        w.browser.connection = None
    k = next(k for k in w.assistant.get("/keys")["keys"] if k["key"] == key)
    same([(c["serial"], c["history"]) for c in k["certificates"]],
         [(second["serial"], False), (first["serial"], True)], "in the file")
    sign_in(w, key, second["serial"])
    same(len(w.browser.post(f"/certificates/{second['serial']}/selfcheck")["checks"]), 2, "checks")
    reissued(ctx, w, second["serial"])


def reissued(ctx, w, old):
    """The file may be in other hands: re-issued free of charge, revoked as compromised."""
    refused(422, w.browser.post, f"/certificates/{old}/reissue", {"cause": "broken"})
    w.p.order = w.browser.post(f"/certificates/{old}/reissue", {"cause": "copied"})["no"]
    w.browser.get(w.step_path("agreement"))
    w.agree()
    w.confirm()
    w.phone_code()
    w.prove_identity()
    ctx.officer().approve(w.p.order)
    fresh = fetch_soft(w)
    same(status(ctx, old), "revoked", "the old one")
    need("泄露" in look(w, old)["reason_text"], look(w, old)["reason_text"])
    sign_in(w, f"soft:{w.p.order}", fresh["serial"])


def signed_change(w, serial, kind, **more):
    """The statement signed with the file, sent."""
    code = code_for(w, serial) if kind == "release" else ""
    asked = w.browser.post(f"/certificates/{serial}/statement", {"kind": kind, **more})
    signed = w.assistant.post("/sign", {"text": asked["statement"], "pin": PASS, "serial": serial,
                                        "key": f"soft:{w.p.order}"})
    w.browser.post(f"/certificates/{serial}/change", {
        "id": asked["id"], "signature": signed["signature"], "code": code})
    return look(w, serial)["status"]


def test_soft_frozen(ctx):
    """Frozen, thawed and revoked with the file; a frozen or revoked one signs in nowhere."""
    w = approved(ctx)
    serial = fetch_soft(w)["serial"]
    key = f"soft:{w.p.order}"
    same((signed_change(w, serial, "hold"), status(ctx, serial)), ("held", "revoked"), "frozen")
    mine = w.browser
    refused((401, 403, 409), sign_in, w, key, serial)
    w.browser = mine
    same((signed_change(w, serial, "release"), status(ctx, serial)), ("good", "good"), "thawed")
    sign_in(w, key, serial)
    same(signed_change(w, serial, "revocation", reason="1"), "revoked", "revoked")
    same(status(ctx, serial), "revoked", "for others")
    e = refused((401, 403, 409), sign_in, w, key, serial)
    need("UKey" not in sentence(e), sentence(e))


def request(ctx, name, *more, alg="SM2", sign=("-sm3", "-sigopt", DISTID)):
    key = ctx.site.path(f"{name}.key")
    openssl("genpkey", "-algorithm", alg, *more, "-out", key)
    openssl("req", "-new", "-key", key, *sign, "-subj", "/CN=me", "-out",
            ctx.site.path(f"{name}.csr"), "-outform", "DER")
    with open(ctx.site.path(f"{name}.csr"), "rb") as f:
        return key, f.read()


def refuse_requests(ctx, w, token):
    """What is no request of a usable SM2 key gets no certificate."""
    _, good = request(ctx, "good")
    turned = good[:-3] + bytes([good[-3] ^ 1]) + good[-2:]
    bad = {
        "RSA": request(ctx, "rsa", "-pkeyopt", "rsa_keygen_bits:2048", alg="RSA",
                       sign=("-sha256",))[1],
        "P-256": request(ctx, "p256", "-pkeyopt", "ec_paramgen_curve:P-256", alg="EC",
                         sign=("-sha256",))[1],
        "without identifier": request(ctx, "noid", sign=("-sm3",))[1],
        "cut": good[:-20], "turned": turned, "more behind": good + b"\0",
        "a certificate": openssl("x509", "-in", ctx.site.path("data", "pub", "root.crt"),
                                 "-outform", "DER"),
        "nothing": b"", "text": b"hello", "much": b"0" * 70000,
    }
    for what, der in bad.items():
        e = refused((409, 413, 422), w.browser.post, "/fetch/issue", {
            "token": token, "way": "request", "csr": base64.b64encode(der).decode()})
        need(e.status == 413 or sentence(e), f"{what}: no sentence")
    same(w.order_model()["certificates"], [], "certificates")


def test_soft_by_request(ctx):
    """PKCS#10 by openssl; the pair and the enveloped key opened by openssl; signed in with it."""
    w = approved(ctx)
    token = w.open_fetch(w.authorisation_code())
    refuse_requests(ctx, w, token)
    key, der = request(ctx, "mine")
    asked = {"token": token, "way": "request", "csr": base64.b64encode(der).decode()}
    issued = w.browser.post("/fetch/issue", asked)
    same(w.browser.post("/fetch/issue", asked)["sign_cert"], issued["sign_cert"], "asked twice")
    _, other = request(ctx, "other")
    e = refused(409, w.browser.post, "/fetch/issue", {
        **asked, "csr": base64.b64encode(other).decode()})
    need("另一把密钥" in sentence(e), sentence(e))
    w.browser.post("/fetch/done", {"token": token})
    opened(ctx, key, issued)
    model = look(w, issued["serial"])
    need("自己生成" in model["key_place"], model["key_place"])
    w.browser = Browser(w.site.url)
    w.browser.get("/signin")
    challenge = w.browser.post("/signin/challenge")
    sig = openssl("pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-pkeyopt", DISTID, "-inkey",
                  key, "-in", write(ctx, "challenge", challenge["text"].encode()))
    w.browser.post("/signin/ukey", {"id": challenge["id"], "certificate": issued["sign_cert"],
                                    "signature": base64.b64encode(sig).decode()})
    w.browser.get("/user")


def opened(ctx, key, issued):
    """As the help page says it: scalar out of the envelope, a key of it, PKCS#12 of both."""
    for name in ("sm2", "sm4"):
        write(ctx, f"enc-key.{name}", base64.b64decode(issued[f"enc_key_{name}"]))
    for kind in ("sign", "enc"):
        write(ctx, f"{kind}.pem", openssl("x509", "-inform", "DER", data=base64.b64decode(
            issued[f"{kind}_cert"])))
    os.replace(key, ctx.site.path("sign.key"))
    page = "".join(open(f, encoding="utf-8").read() for f in glob.glob(
        os.path.join(hallsite.TREE, "src/web/html/help_soft.html")))
    lines = [line for line in page.replace("</pre>", "\n").replace(
        '<pre class="statement" tabindex="0">', "\n").splitlines()
        if line.startswith(("openssl pkeyutl", "openssl enc", "(printf", "openssl pkcs12"))]
    same(len(lines), 5, "lines of the help page")
    script = "\n".join(lines).replace(" -aes256", "").replace(
        "pkcs12 -export", f"pkcs12 -export -passout 'pass:{EXPORT}'")
    r = subprocess.run(["bash", "-e", "-c", script], cwd=ctx.site.root, capture_output=True,
                       check=False)
    need(r.returncode == 0, r.stderr.decode())
    os.replace(ctx.site.path("sign.key"), key)
    signs_for(ctx, ctx.site.path("enc.key"), ctx.site.path("enc.pem"))
    for kind in ("sign", "enc"):
        with open(ctx.site.path(f"{kind}.p12"), "rb") as f:
            p12_opens(ctx, f.read(), EXPORT, base64.b64decode(issued[f"{kind}_cert"]))
    certs = openssl("pkcs7", "-inform", "DER", "-print_certs", data=base64.b64decode(
        issued["p7b"])).count(b"BEGIN CERTIFICATE")
    need(certs >= 4, f"{certs} certificates in the PKCS#7")
