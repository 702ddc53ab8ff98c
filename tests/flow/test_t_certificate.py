"""The certificate's page: its chain, the bar of its validity, what happened to it, its files."""
import walk
from flow import need, refused, same
from test_l_status import at_desk, by_two, colleague, holder, look


def acts(model):
    return [(a["what"], a["by"]) for a in model["acts"]]


def test_certificate_page(ctx):
    """Every link of the chain is asked for; freezing by the holder and thawing by two of the desk
    stand in the history, here, on the desk's page and on the command line."""
    w, serial = holder(ctx)
    model = look(w, serial)
    same([(c["status"], c["role_text"]) for c in model["chain"]],
         [("good", "本证书"), ("good", "签发CA"), ("good", "根CA")], "the chain")
    same((model["chain_whole"], model["ocsp"], len(model["asked"])), (True, "good", 19), "asked")
    bar = model["bar"]  # 365 days and 365 after; renewals 90 days before the end
    need(bar["end"] in (499, 500) and bar["from"] in (376, 377), f"the bar: {bar}")
    same((bar["today"], bar["from"] + bar["width"]), (0, 1000), "the bar")
    same(acts(model), [("installed", "holder"), ("certificates", "service")], "at first")
    w.browser.get_raw(f"/captcha/{model['captcha_id']}")
    w.browser.post(f"/certificates/{serial}/code",
                   {"captcha_id": model["captcha_id"], "captcha": "wkcap"})
    w.browser.post(f"/certificates/{serial}/freeze", {"code": w.world.sms_code(w.p.mobile)})
    model = look(w, serial)
    same((model["chain"][0]["status"], model["ocsp"]), ("held", "held"), "frozen")
    second = colleague(ctx)
    at_desk(ctx, serial, "release", second=second["id"])
    by_two(ctx, serial, second)
    no = w.browser.post(f"/certificates/{serial}/reissue", {"cause": "lost"})["no"]
    model = look(w, serial)
    same(acts(model)[:3], [("begun", "holder"), ("certificate_released", "service"),
                           ("certificate_frozen", "holder")], "the newest three")
    same(model["acts"][0]["order"], no, "the order of the re-issue")
    same(acts(ctx.officer().browser.get(f"/staff/certificates/{serial}")), acts(model), "at the desk")
    said = ctx.site.yinxin("cert", "show", serial)
    same(sum(line.startswith("    chain") for line in said.splitlines()), 3, said)
    same(sum(line.startswith("    act") for line in said.splitlines()), len(model["acts"]), said)
    need("certificate_frozen" in said and "by holder" in said, said)
    w.browser.post(f"/orders/{no}/cancel", {})


def test_certificate_files(ctx):
    """PEM and DER of both halves are the same certificates; the PKCS#7 has them and the way up to
    the root; nobody else gets them."""
    w, serial = holder(ctx)
    base = f"/certificates/{serial}/files"
    for kind in ("sign", "enc"):
        headers, pem = w.browser.get_raw(f"{base}/{kind}.pem")
        same(headers["Content-Type"], "application/x-pem-file", "type of PEM")
        need(f'{serial}-{kind}.pem' in headers["Content-Disposition"], headers["Content-Disposition"])
        headers, der = w.browser.get_raw(f"{base}/{kind}.cer")
        same(headers["Content-Type"], "application/pkix-cert", "type of DER")
        r = walk.openssl("x509", "-outform", "DER", data=pem)
        same(r.stdout, der, f"{kind}: PEM and DER")
        need(("Digital Signature" if kind == "sign" else "Key Encipherment") in
             walk.openssl("x509", "-noout", "-text", data=pem).stdout.decode(), f"use of {kind}")
    headers, p7 = w.browser.get_raw(f"{base}/chain.p7b")
    same(headers["Content-Type"], "application/x-pkcs7-certificates", "type of PKCS#7")
    need(f"{serial}-chain.p7b" in headers["Content-Disposition"], headers["Content-Disposition"])
    r = walk.openssl("pkcs7", "-inform", "DER", "-print_certs", "-noout", data=p7)
    same(r.stdout.count(b"subject="), 4, f"certificates: {r.stdout!r} {r.stderr!r}")
    refused(404, w.browser.get, f"{base}/key.pem")
    other = ctx.walker("person")
    refused(404, other.browser.get, f"{base}/sign.pem")
