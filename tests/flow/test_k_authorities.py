"""The CAs of the signer by the command line: another hierarchy, a new key, a root put away."""
import os
import subprocess
import urllib.request

from flow import need


def openssl(*args):
    return subprocess.run(["openssl", *args], capture_output=True, text=True)


def va_get(site, path):
    with urllib.request.urlopen(site.va_url + path, timeout=10) as r:
        return r.read()


def test_rsa_hierarchy(ctx):
    """An RSA root and an issuing CA below it: made, published, its list verified by OpenSSL."""
    site = ctx.site
    out = site.yinxin("ca", "create", "web-root", "--kind", "rsa", "--cn", "Test RSA Root",
                      "--company", "Test", "--years", "20")
    need(out.startswith("web-root-1 "), out)
    site.yinxin("ca", "create", "web-ca", "--parent", "web-root-1", "--kind", "rsa",
                "--cn", "Test RSA CA", "--company", "Test", "--years", "10")
    pub = site.path("data", "pub")
    r = openssl("verify", "-CAfile", f"{pub}/web-root.crt", f"{pub}/web-ca.crt")
    need(r.returncode == 0, r.stdout + r.stderr)
    crl = site.path("web-ca.crl")
    with open(crl, "wb") as f:
        f.write(va_get(site, "/crl/web-ca.crl"))
    r = openssl("crl", "-inform", "DER", "-in", crl, "-CAfile", f"{pub}/web-ca.crt", "-noout")
    need(r.returncode == 0 and "verify OK" in r.stderr, r.stdout + r.stderr)
    need("web-ca-1" in site.yinxin("ca", "list"), "the new CA is not in the list")
    need("BEGIN CERTIFICATE" in site.yinxin("ca", "show", "web-ca"), "no certificate shown")


def test_root_away(ctx):
    """The root's key taken away: people are served; what needs it says so, then works again."""
    site = ctx.site
    key = site.path("data", "ca-keys", "root.key")
    os.rename(key, site.path("root.key"))
    try:
        r = site.yinxin("ca", "renew", "issuing", check=False)
        need(r.returncode != 0 and "root-1" in r.stderr, r.stdout + r.stderr)
        w = ctx.walker("person")
        w.apply()
        ctx.officer().approve(w.p.order)
        w.fetch()
    finally:
        os.rename(site.path("root.key"), key)


def test_new_key(ctx):
    """The issuing CA gets a new key: new certificates are of it, those of the old one hold."""
    site = ctx.site
    before = site.yinxin("ca", "show", "issuing")
    out = site.yinxin("ca", "renew", "issuing")
    need(out.startswith("issuing-2 "), out)
    need("retiring" in next(line for line in site.yinxin("ca", "list").splitlines()
                            if line.startswith("issuing-1")), "the old one still issues")
    need(before.split("-----BEGIN")[1] in open(site.path("data", "pub", "chain.pem")).read(),
         "the old certificate left the chain")
    w = ctx.walker("person")
    w.apply()
    ctx.officer().approve(w.p.order)        # signs with a key that the old one certified
    w.fetch()
    w.sign_in_by_ukey()
    serial = w.order_model()["certificates"][0]["serial"]
    need("good" in site.yinxin("cert", "status", serial), "the new certificate is not good")
    with open(site.path("leaf.pem"), "rb") as f:
        issuer = openssl("x509", "-in", f.name, "-noout", "-issuer", "-nameopt", "utf8").stdout
    need("G2" in issuer, issuer)
    for name in ("issuing", "issuing-2"):
        need(va_get(site, f"/crl/{name}.crl")[:1] == b"\x30", f"no list of {name}")
