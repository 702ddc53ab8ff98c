"""The va over its real socket: time stamps, and what HTTP caches are told."""
import subprocess
import urllib.error
import urllib.request


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
