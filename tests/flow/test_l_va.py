"""The va over its real socket: time stamps, and what HTTP caches are told."""
import base64
import glob
import os
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import test_l_status as held
import test_n_enrol as enrol
import walk


def ask(url, data=None, **headers):
    """Status, headers and body; an error status is an answer too."""
    request = urllib.request.Request(url, data, {k.replace("_", "-"): v
                                                 for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=20) as r:
            return r.status, r.headers, r.read()
    except urllib.error.HTTPError as e:
        return e.code, e.headers, e.read()


def query(site):
    path = site.path("stamp.tsq")
    subprocess.run(["openssl", "ts", "-query", "-data", __file__, "-sm3", "-cert", "-out", path],
                   check=True, capture_output=True)
    with open(path, "rb") as f:
        return f.read()


def stamp_text(site, answer):
    path = site.path("stamp.tsr")
    with open(path, "wb") as f:
        f.write(answer)
    return subprocess.run(["openssl", "ts", "-reply", "-in", path, "-text"], check=True,
                          capture_output=True, text=True).stdout


def serial_of(text):
    return int(text.split("Serial number: ")[1].split()[0], 16)


def test_time_stamp(ctx):
    """openssl's query gets a stamp; each has a number of its own."""
    url = ctx.site.va_url + "/tsa"
    asked = query(ctx.site)
    texts = []
    for _ in range(2):
        status, headers, body = ask(url, asked, Content_Type="application/timestamp-query")
        assert status == 200 and headers["Content-Type"] == "application/timestamp-reply", status
        texts.append(stamp_text(ctx.site, body))
        assert "Status: Granted." in texts[-1], texts[-1]
        assert "Hash Algorithm: sm3" in texts[-1], texts[-1]
    assert serial_of(texts[1]) > serial_of(texts[0]), texts
    status, _, body = ask(url, b"\x30\x00", Content_Type="application/timestamp-query")
    assert status == 200 and "wrong format" in stamp_text(ctx.site, body)
    assert ask(url, asked, Content_Type="text/plain")[0] == 415


def ocsp_request(site, *certs, nonce=False):
    """As openssl makes it, about certificates of one CA."""
    path = site.path("ocsp.req")
    argv = ["openssl", "ocsp", "-issuer", issuer_of(site, certs[0])]
    for cert in certs:
        argv += ["-cert", cert]
    subprocess.run([*argv, "-nonce" if nonce else "-no_nonce", "-reqout", path], check=True,
                   capture_output=True)
    with open(path, "rb") as f:
        return f.read()


def ocsp_text(site, answer):
    path = site.path("ocsp.res")
    with open(path, "wb") as f:
        f.write(answer)
    return subprocess.run(["openssl", "ocsp", "-respin", path, "-noverify", "-resp_text"],
                          check=True, capture_output=True, text=True).stdout


def names(path):
    return dict(line.split("=", 1) for line in subprocess.run(
        ["openssl", "x509", "-in", path, "-noout", "-subject", "-issuer", "-serial"], check=True,
        capture_output=True, text=True).stdout.splitlines())


def issuer_of(site, cert):
    """The file of the CA that issued it, whatever its generation."""
    return next(p for p in glob.glob(site.path("data", "pub", "issuing*.crt"))
                if names(p)["subject"] == names(cert)["issuer"])


def two_machines(site):
    """Two certificates of the issuing CA, as files."""
    user = "ocsp:" + enrol.make_ra(site, "ocsp")
    return [enrol.save(site, f"{name}.pem", enrol.certificates(site, enrol.enrol(
        site, user, enrol.make_csr(site, name, f"{name}.example", "sm2")))[0])
            for name in ("ocsp-one", "ocsp-two")]


def test_ocsp_over_http(ctx):
    """OCSP by GET and POST (RFC 6960 A.1, RFC 5019): the same answer, kept by caches no longer than
    promised and than it says itself; one with a nonce not at all; two certificates at once."""
    site, url = ctx.site, ctx.site.va_url + "/ocsp"
    one, two = two_machines(site)
    asked = ocsp_request(site, one)
    kind = {"Content_Type": "application/ocsp-request"}
    status, headers, posted = ask(url, asked, **kind)
    assert status == 200 and headers["Content-Type"] == "application/ocsp-response", status
    assert "Cert Status: good" in ocsp_text(site, posted)
    # a nonce is what openssl sends by default; RFC 5019 clients send none and use GET
    path = "/" + urllib.parse.quote(base64.b64encode(asked).decode(), safe="")
    status, headers, got = ask(url + path)
    if got != posted:       # the kept one was renewed in between
        got, posted = ask(url + path)[2], ask(url, asked, **kind)[2]
    assert status == 200 and got == posted, ocsp_text(site, got)
    age = int(re.search(r"max-age=(\d+)", headers["Cache-Control"]).group(1))
    assert 0 < age <= 5 and "public" in headers["Cache-Control"], headers["Cache-Control"]
    assert headers["Last-Modified"] and ask(url + path, If_None_Match=headers["ETag"])[0] == 304
    assert ask(url + path, If_Modified_Since=headers["Last-Modified"])[0] == 304
    fresh = ocsp_request(site, one, nonce=True)
    status, headers, body = ask(url + "/" + urllib.parse.quote(base64.b64encode(fresh).decode(),
                                                               safe=""))
    assert status == 200 and headers["Cache-Control"] == "no-store", headers
    assert "OCSP Nonce" in ocsp_text(site, body)
    site.yinxin("cert", "revoke", names(two)["serial"], "4")
    text = ocsp_text(site, ask(url, ocsp_request(site, one, two), **kind)[2])
    assert text.count("Cert Status: good") == 1 and "Reason: superseded" in text, text
    assert re.findall(r"Cert Status: (\w+)", text) == ["good", "revoked"], text
    assert ask(url, asked, Content_Type="text/plain")[0] == 415
    assert ask(url, b"\x30\x00", **kind)[2] == b"\x30\x03\x0a\x01\x01"     # malformedRequest


def test_downloads_are_cached(ctx):
    """Lists and certificates have a tag and a date, come in parts and are not sent twice."""
    for path in ("/crl/issuing.crl", "/ca/issuing.crt", "/ca/chain.pem"):
        url = ctx.site.va_url + path
        status, headers, whole = ask(url)
        assert status == 200 and headers["ETag"] and headers["Last-Modified"], path
        assert ask(url, If_None_Match=headers["ETag"])[0] == 304, path
        status, part, body = ask(url, Range="bytes=5-9", If_Range=headers["ETag"])
        assert status == 206 and body == whole[5:10], (path, status)
        assert part["Content-Range"] == f"bytes 5-9/{len(whole)}", part["Content-Range"]
    text = ask(ctx.site.va_url + "/metrics")[2].decode()
    for name in ("crl_next_update", "ocsp_certificate_ends", "ca_certificate_ends"):
        assert f'yinxin_{name}_seconds{{ca="issuing-1"}}' in text, text
    assert "yinxin_tsa_clock_trusted 1\n" in text, text
    ends = ctx.site.metrics()
    for name in ("tls_certificate_ends_seconds", "signer_officer_certificate_ends_seconds",
                 "signer_journal_certificate_ends_seconds"):
        assert 86400 < ends["yinxin_" + name] < 12 * 366 * 86400, (name, ends["yinxin_" + name])


def ocsp_says(site, path):
    """What the openssl client hears about it over HTTP: status, and reason where there is one."""
    r = subprocess.run(["openssl", "ocsp", "-issuer", issuer_of(site, path), "-cert", path, "-url",
                        site.va_url + "/ocsp", "-noverify"], check=True, capture_output=True,
                       text=True)
    reason = re.search(r"Reason: (\w+)", r.stdout)
    return re.search(re.escape(path) + r": (\w+)", r.stdout).group(1), \
        reason.group(1) if reason else ""


def list_entry(site, serial, name):
    """The reason of the entry in a list that is given out; "" when there is none."""
    path = site.path("hold.crl")
    status, _, body = ask(f"{site.va_url}/crl/{name}.crl")
    assert status == 200, (name, status)
    with open(path, "wb") as f:
        f.write(body)
    text = subprocess.run(["openssl", "crl", "-inform", "DER", "-in", path, "-noout", "-text"],
                          check=True, capture_output=True, text=True).stdout
    for entry in text.split("Serial Number: ")[1:]:
        if entry.split()[0] == serial:
            reason = re.search(r"Reason Code: ?\s*(.*)", entry)
            return reason.group(1).strip() if reason else "revoked"
    return ""


def test_hold_and_release(ctx):
    """Frozen by its holder: OCSP over HTTP and the delta list say hold; a full list keeps it; thawed:
    good again at once, and the delta takes it off the full list."""
    try:
        list_deltas(ctx, "0")           # as with a long list: deltas in between
        hold_and_release(ctx)
    finally:
        list_deltas(ctx, "10000")


def list_deltas(ctx, eager):
    ctx.site.stop_one("server")
    ctx.site.extra["YINXIN_CA_CRL_EAGER"] = eager
    ctx.site.start_server()
    ctx.desk = None


def hold_and_release(ctx):
    site = ctx.site
    w, serial = held.holder(ctx)
    path = site.path("hold.pem")
    with open(path, "wb") as f:
        f.write(w.browser.get_raw(f"/orders/{w.p.order}/certificates/sign")[1])
    slug = os.path.basename(issuer_of(site, path))[:-4]
    ca = "issuing-1" if slug == "issuing" else slug
    site.yinxin("ca", "crl", ca)
    assert ocsp_says(site, path) == ("good", "")
    held.change(w, serial, "hold")
    walk.poll("OCSP to say so", lambda: ocsp_says(site, path) == ("revoked", "certificateHold"), 5)
    walk.poll("the delta list", lambda: list_entry(
        site, serial, slug + "-delta") == "Certificate Hold", 15)
    assert list_entry(site, serial, slug) == ""
    site.yinxin("ca", "crl", ca)
    walk.poll("the full list", lambda: list_entry(site, serial, slug) == "Certificate Hold", 15)
    second = held.colleague(ctx)
    held.at_desk(ctx, serial, "release", second=second["id"])
    held.by_two(ctx, serial, second)
    walk.poll("OCSP good again", lambda: ocsp_says(site, path) == ("good", ""), 5)
    walk.poll("the delta list to take it off", lambda: list_entry(
        site, serial, slug + "-delta") == "Remove From CRL", 15)
    site.yinxin("ca", "crl", ca)
    walk.poll("a full list without it", lambda: list_entry(site, serial, slug) == "", 15)
    site.yinxin("journal", "verify", "signer")
