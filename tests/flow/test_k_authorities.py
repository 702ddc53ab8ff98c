"""The CAs of the signer by the command line: another hierarchy, a new key, a root put away."""
import os
import subprocess
import urllib.error
import urllib.request

import hallsite
import walk
from browser import Refused
from flow import need


def openssl(*args):
    return subprocess.run(["openssl", *args], capture_output=True, text=True)


def va_get(site, path):
    """The va learns of a new CA, and of a first list, within va.fresh_seconds."""
    def get():
        try:
            with urllib.request.urlopen(site.va_url + path, timeout=10) as r:
                return r.read()
        except urllib.error.HTTPError as e:
            if e.code in (404, 503):        # a list that was looked for before it was there
                return None
            raise
    return walk.poll(path, get, 10)


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
    lists = site.path("web-lists.pem")
    with open(lists, "wb") as f:        # the root's list is there from the first day
        for name in ("web-root", "web-ca"):
            f.write(subprocess.run(["openssl", "crl", "-inform", "DER"], check=True,
                                   input=va_get(site, f"/crl/{name}.crl"),
                                   capture_output=True).stdout)
    r = openssl("verify", "-crl_check_all", "-CAfile", f"{pub}/web-root.crt", "-CRLfile", lists,
                f"{pub}/web-ca.crt")
    need(r.returncode == 0, r.stdout + r.stderr)
    text = openssl("crl", "-in", lists, "-noout", "-text").stdout
    need("CRL Number" in text and "Freshest" not in text, "a root's list has no delta")
    need("web-ca-1" in site.yinxin("ca", "list"), "the new CA is not in the list")
    need("BEGIN CERTIFICATE" in site.yinxin("ca", "show", "web-ca"), "no certificate shown")


def test_ca_slips(ctx):
    """What is asked wrongly at the command line hears what is wrong."""
    for args, said in ((("ca", "crl", "issuing"), 'no CA has the id "issuing"'),
                       (("ca", "create", "x", "--cn", "X", "--parent", "root"), "like issuing-1"),
                       (("ca", "create", "x", "--cn", "X", "--years", "100"), "--years is 1 to 50"),
                       (("ca", "renew", "issuing", "--years", "0"), "--years is 1 to 50"),
                       (("ca", "create", "x", "--cn", "X", "--kind", "dsa"), "sm2, rsa, ecdsa"),
                       (("ca", "state", "issuing-1", "gone"), "active, retiring or ended"),
                       (("cert", "show", "1234"), "yinxin cert find serial"),
                       (("cert", "lint", "nofile"), "nofile")):
        r = ctx.site.yinxin(*args, check=False)
        need(r.returncode != 0 and said in r.stderr, f"{args}: {r.stderr}")
    need("wanted whole" in ctx.site.yinxin("cert", "find", "subject", "X"), "no word about nobody")
    lint = ctx.site.yinxin("cert", "lint", ctx.site.path("data", "tls", "server.crt"))
    need(lint == "", f"the site's own certificate: {lint}")


def test_lint_command(ctx):
    """Certificates that no process of ours takes are still told what is wrong with them."""
    site, key, cert = ctx.site, ctx.site.path("lint.key"), ctx.site.path("lint.crt")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    for serial, rule in (("0", "serial_nonzero"), ("-5", "serial_positive"),
                         ("0x7f" + "11" * 20, "serial_length")):
        r = openssl("req", "-x509", "-new", "-key", key, "-subj", "/C=CN/CN=x", "-days", "30",
                    "-set_serial", serial, "-out", cert)
        need(r.returncode == 0, r.stderr)
        r = site.yinxin("cert", "lint", cert, check=False)
        need(r.returncode != 0 and f"error    {rule}:" in r.stdout, f"{serial}: {r.stdout}")
    with open(cert, "w", encoding="ascii") as f:
        f.write("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
    r = site.yinxin("cert", "lint", cert, check=False)
    need(r.returncode != 0 and "not a certificate" in r.stderr, r.stderr)


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


def test_cross_certificate(ctx):
    """Another company's hierarchy, made by openssl in its own habits (PrintableString, SHA-1 key
    identifiers), chains to a root of ours through a cross-certificate."""
    site = ctx.site
    conf, at = site.path("foreign.cnf"), lambda name: site.path("foreign-" + name)
    with open(conf, "w", encoding="ascii") as f:
        f.write("[req]\ndistinguished_name=dn\nstring_mask=default\n[dn]\n[root]\n"
                "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
                "subjectKeyIdentifier=hash\n[sub]\nbasicConstraints=critical,CA:TRUE,pathlen:0\n"
                "keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
                "authorityKeyIdentifier=keyid:always\n[leaf]\nkeyUsage=critical,digitalSignature\n"
                "authorityKeyIdentifier=keyid:always\n")

    def made(name, subject, extensions, by=None):
        args = ["-CA", at(by + ".crt"), "-CAkey", at(by + ".key")] if by else []
        r = openssl("req", "-x509", "-new", "-newkey", "rsa:2048", "-nodes", "-sha256", "-config",
                    conf, "-extensions", extensions, "-subj", subject, "-days", "3650", "-keyout",
                    at(name + ".key"), "-out", at(name + ".crt"), *args)
        need(r.returncode == 0, r.stderr)

    made("root", "/C=CN/O=Foreign CA/CN=Foreign Root", "root")
    for name, subject, section, by in (("sub", "/C=CN/CN=Foreign Sub", "sub", "root"),
                                       ("leaf", "/C=CN/CN=foreign leaf", "leaf", "sub")):
        r = openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-config", conf, "-subj",
                    subject, "-keyout", at(name + ".key"), "-out", at(name + ".csr"))
        need(r.returncode == 0, r.stderr)
        r = openssl("x509", "-req", "-in", at(name + ".csr"), "-CA", at(by + ".crt"), "-CAkey",
                    at(by + ".key"), "-CAcreateserial", "-days", "3000", "-extfile", conf,
                    "-extensions", section, "-sha256", "-out", at(name + ".crt"))
        need(r.returncode == 0, r.stderr)
    site.yinxin("ca", "create", "bridge-root", "--kind", "rsa", "--cn", "Bridge Root",
                "--company", "Test", "--years", "20")
    r = site.yinxin("ca", "cross", "bridge-root-1", "--cert", at("leaf.crt"), "--out", at("no.crt"),
                    check=False)
    need(r.returncode != 0 and "for a CA certificate" in r.stderr, r.stderr)
    site.yinxin("ca", "cross", "bridge-root-1", "--cert", at("root.crt"), "--out", at("cross.crt"),
                "--years", "5")
    with open(at("between.pem"), "w", encoding="ascii") as f:
        for name in ("cross", "sub"):
            with open(at(name + ".crt"), encoding="ascii") as part:
                f.write(part.read())
    trusted = site.path("data", "pub", "bridge-root.crt")
    r = openssl("verify", "-x509_strict", "-CAfile", trusted, "-untrusted", at("between.pem"),
                at("leaf.crt"))
    need(r.returncode == 0, r.stdout + r.stderr)

    def name_of(path):
        return openssl("x509", "-in", path, "-noout", "-subject", "-nameopt",
                       "RFC2253,show_type").stdout
    need(name_of(at("cross.crt")) == name_of(at("root.crt")), name_of(at("cross.crt")))
    need("PRINTABLESTRING" in name_of(at("cross.crt")), name_of(at("cross.crt")))
    # one that may have no CA below it gets no more by being crossed
    site.yinxin("ca", "cross", "bridge-root-1", "--cert", at("sub.crt"), "--out", at("cross2.crt"))
    text = openssl("x509", "-in", at("cross2.crt"), "-noout", "-text").stdout
    need("pathlen:0" in text, text)
    site.yinxin("journal", "verify")


def test_no_key_at_start(ctx):
    """Started without the key of any issuing CA: the house serves, says what it lacks, refuses to
    issue in words for people, and issues by itself once the keys are back."""
    site = ctx.site
    keys, away = site.path("data", "ca-keys"), site.path("keys-away")
    w = ctx.walker("person")
    w.apply()
    ctx.officer().approve(w.p.order)
    site.stop_one("server")
    os.makedirs(away)
    taken = [n for n in os.listdir(keys) if n not in ("journal.key", "seal.key")]
    for name in taken:
        os.rename(os.path.join(keys, name), os.path.join(away, name))
    site.start_server()
    try:
        need("issuing-1" in site.yinxin("ca", "list"), "the CAs are not told")
        said = site.yinxin("status")
        need("issuing-1 has no key at hand (away" in said and "no CA can issue" in said, said)
        m = site.metrics()
        need(m["yinxin_signer_cas_issuing"] == 0 and m["yinxin_signer_ca_keys_away"] >= 1,
             "no alarm")
        site.yinxin("journal", "verify")
        need(va_get(site, "/crl/issuing.crl")[:1] == b"\x30", "the last list is not given out")
        try:
            w.fetch()
            need(False, "issued without a key")
        except Refused as e:
            need("密钥不在位" in str(e) and "请稍后再试" in str(e), str(e))
    finally:
        for name in taken:
            os.rename(os.path.join(away, name), os.path.join(keys, name))
    walk.poll("a CA that issues again, without a restart", lambda: True
              if site.metrics()["yinxin_signer_cas_issuing"] >= 1 else None, 20)
    w.fetch()
    said = site.yinxin("status")
    need("no key at hand" not in said and "no CA can issue" not in said, said)


def test_placeholders(ctx):
    """What of the shipped profiles is nobody's is said, where operators look."""
    for args in (("status",), ("ca", "profiles")):
        said = ctx.site.yinxin(*args)
        need("ca.policy_oid is the placeholder 1.2.156.999999" in said and
             "eku of profile seal is the placeholder" in said and "setting va.public_url" in said,
             said)
    own = ctx.site.path("own-profiles.yaml")
    with open(os.path.join(hallsite.TREE, "profiles", "default.yaml"), encoding="utf-8") as f:
        text = f.read().replace("1.2.156.999999", "1.2.156.112570")
    with open(own, "w", encoding="utf-8") as f:
        f.write(text)
    said = ctx.site.yinxin("ca", "profiles", own)
    need("sm2-org-sign" in said and "of profile" not in said, said)
    with open(own, "w", encoding="utf-8") as f:
        f.write(text.replace("usage: [keyCertSign, cRLSign]", "usage: [digitalSignature]", 1))
    r = ctx.site.yinxin("ca", "profiles", own, check=False)
    need(r.returncode != 0 and "keyCertSign" in r.stderr and "own-profiles.yaml line" in r.stderr,
         r.stderr)


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
    row = site.yinxin("cert", "find", "serial", serial)
    need(serial in row and "sm2-person-sign" in row and w.p.order in row, row)
    subject = row.split("issuing-2", 1)[1].rsplit(w.p.order, 1)[0].strip()
    need(serial in site.yinxin("cert", "find", "subject", subject), f"not found by {subject}")
    need(serial in site.yinxin("cert", "find", "identity", f"resident-id:{w.p.id_no}"),
         "not found by identity")
    with open(site.path("leaf.pem"), "rb") as f:
        issuer = openssl("x509", "-in", f.name, "-noout", "-issuer", "-nameopt", "utf8").stdout
    need("G2" in issuer, issuer)
    for name in ("issuing", "issuing-2"):
        need(va_get(site, f"/crl/{name}.crl")[:1] == b"\x30", f"no list of {name}")


def own_by_signer(site, *paths):
    """The signer's own user has these, as it has its key files."""
    of = os.stat(site.path("data", "ca-keys"))
    for top in paths:
        for base, dirs, files in os.walk(top):
            for name in [base] + [os.path.join(base, n) for n in dirs + files]:
                os.chown(name, of.st_uid, of.st_gid)


def test_keys_in_devices(ctx):
    """A root whose key lives in a PKCS#11 token and a CA below whose key lives in an SDF device:
    made, their lists signed by the devices, also after a restart; a device that is away at the
    start is said, and used again once it is back."""
    site = ctx.site
    hsm, sdf = site.path("hsm"), site.path("sdf")
    os.makedirs(os.path.join(hsm, "tokens"))
    os.makedirs(sdf)
    conf = os.path.join(hsm, "softhsm2.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write(f"directories.tokendir = {hsm}/tokens\nobjectstore.backend = file\n")
    with open(os.path.join(hsm, "pin"), "w", encoding="utf-8") as f:
        f.write("24681357\n")
    env = {**os.environ, "SOFTHSM2_CONF": conf}
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-out", site.path("root.pem")], check=True,
                   stderr=subprocess.DEVNULL)
    for args in (["--init-token", "--free", "--label", "CA", "--so-pin", "87654321"],
                 ["--import", site.path("root.pem"), "--token", "CA", "--label", "root",
                  "--id", "01"]):
        subprocess.run(["softhsm2-util", *args, "--pin", "24681357"], check=True, env=env,
                       stdout=subprocess.DEVNULL)
    os.unlink(site.path("root.pem"))
    subprocess.run(["openssl", "genpkey", "-algorithm", "SM2", "-aes256", "-pass",
                    f"file:{site.path('passphrase')}", "-out", os.path.join(sdf, "1.key")],
                   check=True, stderr=subprocess.DEVNULL)
    own_by_signer(site, hsm, sdf)
    site.stop_one("server")
    site.extra.update({"SOFTHSM2_CONF": conf, "YINXIN_SDF_DIR": sdf})
    site.start_server()
    ctx.desk = None
    library = next(p for p in ("/usr/lib/softhsm/libsofthsm2.so",
                               "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
                   if os.path.exists(p))
    site.yinxin("ca", "create", "hsm-root", "--kind", "ecdsa", "--cn", "Root in a token",
                "--company", "Test", "--key",
                f"pkcs11:token=CA;object=root?module-path={library}&pin-source=file:{hsm}/pin")
    site.yinxin("ca", "create", "sdf-ca", "--parent", "hsm-root-1", "--kind", "sm2",
                "--cn", "CA in a device", "--company", "Test", "--years", "10", "--key",
                f"sdf:{site.path('app', 'lib', 'libyinxin_sdf.so')}?key=1")
    pub = site.path("data", "pub")
    r = openssl("verify", "-CAfile", f"{pub}/hsm-root.crt", f"{pub}/sdf-ca.crt")
    need(r.returncode == 0, r.stdout + r.stderr)
    need(not [n for n in os.listdir(site.path("data", "ca-keys")) if "hsm" in n or "sdf" in n],
         "a key file of a device's key")
    site.stop_one("server")
    site.start_server()
    for name in ("hsm-root", "sdf-ca"):
        site.yinxin("ca", "crl", name + "-1")
        need(va_get(site, f"/crl/{name}.crl")[:1] == b"\x30", f"no list of {name}")
    os.rename(os.path.join(sdf, "1.key"), os.path.join(sdf, "away"))
    site.stop_one("server")
    site.start_server()
    r = site.yinxin("ca", "crl", "sdf-ca-1", check=False)
    need(r.returncode != 0 and "sdf" in r.stderr, r.stdout + r.stderr)
    need(site.metrics()["yinxin_signer_ca_keys_away"] == 1, "the alarm of a device that is away")
    os.rename(os.path.join(sdf, "away"), os.path.join(sdf, "1.key"))
    site.yinxin("ca", "crl", "sdf-ca-1")
    walk.poll("the device is back, without a restart", lambda: True
              if site.metrics()["yinxin_signer_ca_keys_away"] == 0 else None, 20)
    site.yinxin("ca", "crl", "sdf-ca-1")
    need(va_get(site, "/crl/sdf-ca.crl")[:1] == b"\x30", "no list of the CA that is back")
