"""The va over its real socket: time stamps, and what HTTP caches are told."""
import base64
import glob
import http.client
import os
import re
import signal
import subprocess
import time
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


def two_machines(site, ra="ocsp"):
    """Two certificates of the issuing CA, as files."""
    user = f"{ra}:" + enrol.make_ra(site, ra)
    return [enrol.save(site, f"{name}.pem", enrol.certificates(site, enrol.enrol(
        site, user, enrol.make_csr(site, name, f"{name}.example", "sm2")))[0])
            for name in (f"{ra}-one", f"{ra}-two")]


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
    assert ask(url + path, If_None_Match=headers["ETag"])[0] == 304
    # a date counts once no other answer of the same second can come any more
    headers = walk.poll("a date", lambda: (lambda h: "Last-Modified" in h and h)(
        ask(url + path)[1]), 20)
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
    assert ask(url, b"\x30\x00", **kind)[2] == MALFORMED


def call(site, method, path, body=None, **headers):
    """Status, headers and body, whatever the method; a body that is a list goes in chunks."""
    host, port = site.va_url.partition("//")[2].split(":")
    c = http.client.HTTPConnection(host, int(port), timeout=20)
    try:
        c.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()},
                  encode_chunked=isinstance(body, list))
        r = c.getresponse()
        return r.status, r.headers, r.read()
    finally:
        c.close()


def test_methods(ctx):
    """Each address under another method: 405, and which it takes; HEAD wherever GET is."""
    takes = {"/ocsp": "POST", "/tsa": "POST", "/ocsp/MAA=": "GET, HEAD", "/crl/issuing.crl":
             "GET, HEAD", "/ca/issuing.crt": "GET, HEAD", "/ca/chain.pem": "GET, HEAD",
             "/healthz": "GET, HEAD", "/metrics": "GET, HEAD"}
    for path, allow in takes.items():
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
            status, headers, body = call(ctx.site, method, path)
            if method in allow.split(", "):
                assert status in (200, 415) and "Allow" not in headers, (method, path, status)
                assert int(headers["Content-Length"]) > 0 and (method != "HEAD" or body == b"")
            else:
                assert (status, headers["Allow"]) == (405, allow), (method, path, status)
    for method in ("GET", "POST", "PUT"):
        assert call(ctx.site, method, "/tsa/x")[0] == 404, method


MALFORMED, UNAUTHORIZED = (b"\x30\x03\x0a\x01" + bytes([n]) for n in (1, 6))


def by_serial(site, ca, *serials):
    path = site.path("ocsp.serial")
    argv = ["openssl", "ocsp", "-issuer", ca, "-no_nonce", "-reqout", path]
    for serial in serials:
        argv += ["-serial", str(serial)]
    subprocess.run(argv, check=True, capture_output=True)
    with open(path, "rb") as f:
        return f.read()


def test_ocsp_corners(ctx):
    """What clients send in fact: "//" within the base64, chunks, a media type in capitals; and what
    they should not: too many questions, other issuers, bytes behind, a cut request."""
    site, kind = ctx.site, {"Content_Type": "application/ocsp-request"}
    ca = issuer_of(site, site.path("keys", "staff.crt"))

    def post(der, **headers):
        status, _, body = call(site, "POST", "/ocsp", der, **{**kind, **headers})
        assert status == 200, status
        return body
    doubled = 0
    for n in range(1, 200):
        asked = by_serial(site, ca, int.from_bytes(b"\x7f\xff\xff" + n.to_bytes(2, "big") +
                                                   b"\xff\xff\xff", "big"))
        text = base64.b64encode(asked).decode()
        if "//" not in text:
            continue
        doubled += 1
        for sent in (text, urllib.parse.quote(text, safe="")):
            status, _, body = call(site, "GET", "/ocsp/" + sent)
            assert status == 200 and "Cert Status: unknown" in ocsp_text(site, body), (status, sent)
        if doubled == 3:
            break
    assert doubled == 3, "no request with // in it"
    asked = ocsp_request(site, site.path("keys", "staff.crt"))
    for headers in ({"Content_Type": "Application/OCSP-Request"},
                    {"Content_Type": "application/ocsp-request; charset=utf-8"}):
        assert "Cert Status: good" in ocsp_text(site, post(asked, **headers)), headers
    assert "Cert Status: good" in ocsp_text(site, post([asked[:9], asked[9:]],
                                                       Transfer_Encoding="chunked"))
    assert call(site, "POST", "/ocsp", asked, Content_Type="application/ocsp-requests")[0] == 415
    assert ocsp_text(site, post(by_serial(site, ca, *range(1, 33)))).count("unknown") == 32
    assert post(by_serial(site, ca, *range(1, 34))) == MALFORMED
    assert post(by_serial(site, ca, *range(1, 600))) == MALFORMED
    for bad in (asked + b"\0", asked[:-1], b"", asked[:40]):
        assert post(bad) == MALFORMED, bad
    assert call(site, "GET", "/ocsp/!!!")[2] == MALFORMED
    other = site.path("other.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", site.path("other.key"),
                    "-out", other, "-subj", "/CN=other"], check=True, capture_output=True)
    assert post(by_serial(site, other, 1)) == UNAUTHORIZED


class Copy:
    """An answer as an HTTP cache keeps it: max-age long, then asked again by its tag."""

    def __init__(self, url):
        self.url, self.tag, self.until, self.body = url, None, 0.0, b""
        self.kept = self.same = 0

    def get(self):
        if time.monotonic() < self.until:
            self.kept += 1
            return self.body
        asked = time.monotonic()
        status, headers, body = ask(self.url, **({"If_None_Match": self.tag} if self.tag else {}))
        assert status in (200, 304), status
        age = re.search(r"max-age=(\d+)", headers["Cache-Control"] or "")
        self.until = asked + (int(age.group(1)) if age else 0)
        if status == 200:
            self.tag, self.body = headers["ETag"], body
        self.same += status == 304
        return self.body


def test_freshness(ctx):
    """A certificate that is asked about all the time is revoked: whoever asks, and whoever keeps the
    answer as the headers allow, knows within the stated 5 s; also when signer and va are killed."""
    site, took = ctx.site, {}
    one, two = two_machines(site, "fresh")
    for path, kill in ((one, ()), (two, ("signer", "va"))):
        url = site.va_url + "/ocsp/" + urllib.parse.quote(base64.b64encode(
            ocsp_request(site, path)).decode(), safe="")
        copy, plain = Copy(url), Copy(url)
        since = time.monotonic()
        while time.monotonic() - since < 8:     # warm, and long enough that the copy is renewed
            assert "good" in ocsp_text(site, copy.get())
            time.sleep(0.2)
        assert copy.same > 0 and copy.kept > 0, "the copy was never kept or never confirmed"
        site.yinxin("cert", "revoke", names(path)["serial"], "4")
        revoked = time.monotonic()
        for name in kill:
            os.kill(site.status()[name]["pid"], signal.SIGKILL)
        while not {"asked", "kept"} <= took.keys():
            for name, who in (("asked", plain), ("kept", copy)):
                plain.until = 0.0
                try:
                    if name not in took and "revoked" in ocsp_text(site, who.get()):
                        took[name] = time.monotonic() - revoked
                except OSError:                 # killed, and not back yet
                    pass
            assert time.monotonic() - revoked < 20, took
            time.sleep(0.1)
        print("revocation seen after", {k: round(v, 1) for k, v in took.items()}, kill, flush=True)
        assert max(took.values()) < (5.5 if not kill else 8), took
        took.clear()
        assert "superseded" in ocsp_text(site, ask(url)[2])


def test_downloads_are_cached(ctx):
    """Lists and certificates have a tag and a date, come in parts and are not sent twice."""
    for path in ("/crl/issuing.crl", "/ca/issuing.crt", "/ca/chain.pem"):
        url = ctx.site.va_url + path
        status, headers, whole = ask(url)
        assert status == 200 and headers["ETag"], path
        # a list may be younger than a date is worth, and so may the CA of a new site
        assert path.startswith("/crl/") or walk.poll(
            "a date", lambda at=url: ask(at)[1]["Last-Modified"]), path
        assert ask(url, If_None_Match=headers["ETag"])[0] == 304, path
        status, part, body = ask(url, Range="bytes=5-9", If_Range=headers["ETag"])
        assert status == 206 and body == whole[5:10], (path, status)
        assert part["Content-Range"] == f"bytes 5-9/{len(whole)}", part["Content-Range"]
    text = ask(ctx.site.va_url + "/metrics")[2].decode()
    for name in ("crl_next_update", "ocsp_certificate_ends", "ca_certificate_ends"):
        assert f'yinxin_{name}_seconds{{ca="issuing-1"}}' in text, text
    assert "yinxin_tsa_clock_trusted 1\n" in text, text
    names = ("tls_certificate_ends_seconds", "signer_officer_certificate_ends_seconds",
             "signer_journal_certificate_ends_seconds")
    ends = walk.poll("what ends", lambda: (lambda m: m if all(
        "yinxin_" + n in m for n in names) else None)(ctx.site.metrics()))
    for name in names:
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
