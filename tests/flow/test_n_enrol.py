"""Machines enrolled by other systems: EST with curl, CMP with openssl cmp."""
import base64
import os
import re
import signal
import socket
import ssl
import subprocess
import threading

import test_l_va
import walk
from flow import need, same

SUFFIX = ".plant.example"


def openssl(*args, check=True):
    r = subprocess.run(["openssl", *args], capture_output=True, text=True)
    need(not check or r.returncode == 0, f"openssl {args}: {r.stderr}")
    return r.stdout


def make_ra(site, name, *args, profile="machine"):
    """A registration authority; its secret."""
    out = site.yinxin("ra", "add", name, "--profile", profile, *args)
    return re.search(r"secret \(shown this once\)\s+(\S+)", out).group(1)


def make_csr(site, name, cn, kind="ec"):
    """Key and request in files NAME.key, NAME.csr (DER); the path without ending."""
    path = site.path(name)
    if kind == "sm2":
        openssl("genpkey", "-algorithm", "SM2", "-out", path + ".key")
    how = {"ec": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
           "rsa": ("-newkey", "rsa:3072"),
           "sm2": ("-sm3", "-sigopt", "distid:1234567812345678")}[kind]
    where = "-key" if kind == "sm2" else "-keyout"
    openssl("req", "-new", *how, "-nodes", where, path + ".key", "-subj",
            f"/O=Changsha Water/CN={cn}", "-outform", "DER", "-out", path + ".csr")
    return path


def curl(site, path, *args):
    """Status, headers in lower case and body."""
    heads = site.path("est.headers")
    r = subprocess.run(["curl", "-sS", "--cacert", site.path("data", "pub", "site-root.crt"),
                        "-D", heads, "-H", "Expect:", *args, site.enrol_url + path],
                       capture_output=True)
    need(r.returncode == 0, r.stderr.decode())
    lines = open(heads, encoding="latin-1").read().splitlines()
    headers = dict(re.match(r"([^:]+):\s*(.*)", x.lower()).groups() for x in lines[1:] if x)
    return int(lines[0].split()[1]), headers, r.stdout


def enrol(site, user, csr, operation="simpleenroll", label="/machine"):
    """POST the request's base64 as libest and others do, in lines."""
    body = site.path("est.body")
    with open(csr + ".csr", "rb") as f, open(body, "wb") as out:
        out.write(base64.encodebytes(f.read()))
    return curl(site, f"/.well-known/est{label}/{operation}", "-u", user, "-H",
                "Content-Type: application/pkcs10", "--data-binary", "@" + body)


def certificates(site, answer):
    """The PEM certificates of a certs-only answer."""
    status, headers, body = answer
    need(status == 200, f"{status}: {body.decode()}")
    same(headers["content-type"], "application/pkcs7-mime; smime-type=certs-only", "type")
    path = site.path("est.p7")
    with open(path, "wb") as f:
        f.write(base64.b64decode(body))
    text = openssl("pkcs7", "-inform", "DER", "-in", path, "-print_certs")
    return re.findall(r"-----BEGIN.*?-----END CERTIFICATE-----\n", text, re.S)


def save(site, name, pem):
    with open(site.path(name), "w", encoding="ascii") as f:
        f.write(pem)
    return site.path(name)


def test_est(ctx):
    """EST: CA certificates, a machine of each kind of key, asked twice, renewed."""
    site = ctx.site
    user = "plant-1:" + make_ra(site, "plant-1", "--suffix", SUFFIX, "--days", "90")
    chain = certificates(site, curl(site, "/.well-known/est/machine/cacerts"))
    need(len(chain) >= 2 and len(certificates(site, curl(
        site, "/.well-known/est/cacerts"))) >= len(chain), "no chain")
    with open(site.path("data", "pub", "chain.pem"), encoding="ascii") as f:
        known = f.read()
    need(all(c in known for c in chain), "not our CA certificates")
    for kind in ("ec", "rsa", "sm2"):
        csr = make_csr(site, f"pump-{kind}", f"pump-{kind}{SUFFIX}", kind)
        cert = certificates(site, enrol(site, user, csr))
        same(cert, certificates(site, enrol(site, user, csr, label="")), "asked twice")
        path = save(site, f"pump-{kind}.pem", cert[0])
        same(openssl("x509", "-in", path, "-noout", "-pubkey"),
             openssl("pkey", "-in", csr + ".key", "-pubout"), "public key")
        need("TLS Web Client Authentication" in openssl("x509", "-in", path, "-noout", "-text"),
             "not of the profile")
        serial = openssl("x509", "-in", path, "-noout", "-serial").strip().split("=")[1]
        need("good" in site.yinxin("cert", "status", serial), "not known to the va")
    fresh = make_csr(site, "pump-again", f"pump-ec{SUFFIX}")
    again = certificates(site, enrol(site, user, fresh, "simplereenroll"))
    need(again != cert and len(again) == 1, "no new certificate")
    status, headers, body = curl(site, "/.well-known/est/machine/csrattrs")
    same((status, headers["content-type"]), (200, "application/csrattrs"), "csrattrs")
    need("id-ecPublicKey" in openssl("asn1parse", "-inform", "DER", "-in", save_der(
        site, "est.attrs", body)), "no key kinds")
    need("plant-1" in site.yinxin("ra", "list"), "not in the list")


def save_der(site, name, body):
    with open(site.path(name), "wb") as f:
        f.write(base64.b64decode(body))
    return site.path(name)


def machines_ca(site):
    """An ECDSA hierarchy, which OpenSSL can verify; profile machine-ecdsa is issued by it."""
    if "machines-1" not in site.yinxin("ca", "list"):
        site.yinxin("ca", "create", "machine-root", "--kind", "ecdsa", "--cn", "Machine Root")
        site.yinxin("ca", "create", "machines", "--parent", "machine-root-1", "--kind",
                    "ecdsa", "--cn", "Machine CA", "--years", "10")
    return site.path("data", "pub", "machines.crt"), site.path("data", "pub",
                                                               "machine-root.crt")


def verify(site, path):
    ca, root = machines_ca(site)
    r = openssl("verify", "-CAfile", root, "-untrusted", ca, "-purpose", "sslclient", path)
    need("OK" in r, r)


def test_est_verifies(ctx):
    """An authority of an ECDSA hierarchy: chain and certificate verify with OpenSSL."""
    site = ctx.site
    machines_ca(site)
    user = "plant-v:" + make_ra(site, "plant-v", profile="machine-ecdsa")
    csr = make_csr(site, "verify", "verify.machine", "rsa")
    cert = certificates(site, enrol(site, user, csr, label="/machine-ecdsa"))
    chain = certificates(site, curl(site, "/.well-known/est/machine-ecdsa/cacerts"))
    same(len(chain), 2, "length of the chain")
    verify(site, save(site, "verify.pem", cert[0]))
    same(enrol(site, user, make_csr(site, "v-sm2", "x", "sm2"), label="")[0], 400, "SM2 key")


def in_parts(site, user):
    """A certificate of each of the two parts of the list: {address of its list: path}."""
    found = {}
    for n in range(40):
        csr = make_csr(site, f"part-{n}", f"part-{n}.machine")
        path = save(site, f"part-{n}.pem", certificates(
            site, enrol(site, user, csr, label="/machine-parts"))[0])
        text = openssl("x509", "-in", path, "-noout", "-text")
        found[re.search(r"URI:(http://\S+\.crl)", text).group(1)] = path
        if len(found) == 2:
            return found
    raise AssertionError(f"forty certificates and only {list(found)}")


def crl_check(site, path, part):
    """What openssl verify says with this list."""
    ca, root = machines_ca(site)
    r = subprocess.run(["openssl", "verify", "-CAfile", root, "-untrusted", ca, "-crl_check",
                        "-CRLfile", part, path], capture_output=True, text=True)
    return r.stdout + r.stderr


def test_parts_of_a_list(ctx):
    """A profile whose certificates spread over two lists: each certificate points to its own, which
    tells of its revocation; OpenSSL takes it for the certificates of that part and no others."""
    site = ctx.site
    machines_ca(site)
    user = "plant-p:" + make_ra(site, "plant-p", profile="machine-parts")
    found = in_parts(site, user)
    same(sorted(u.rsplit("/", 1)[1] for u in found), ["machines-p1.crl", "machines-p2.crl"],
         "addresses")
    (one, bad), (two, good) = found.items()
    text = openssl("x509", "-in", bad, "-noout", "-text")
    for want in ("Policy: 1.2.156.112000.9", "CPS: http://ca.example/cps", "OCSP - URI:http",
                 "CA Issuers - URI:http", "1.2.156.112000.10", "TLS Web Client Authentication"):
        need(want in text, f"no {want}: {text}")
    site.yinxin("cert", "revoke", serial_of(bad), "1")

    def told():
        fetch_list(site, one)
        return "revoked" in crl_check(site, bad, site.path("part.crl"))
    walk.poll("the list of the part", told, 10)
    text = openssl("crl", "-in", site.path("part.crl"), "-noout", "-text")
    for want in ("Issuing Distribution Point: critical", one, "Key Compromise", "-p1-delta.crl"
                 if "-p1" in one else "-p2-delta.crl"):
        need(want in text, f"no {want}: {text}")
    said = crl_check(site, good, site.path("part.crl"))
    need("ifferent CRL scope" in said, f"the list of one part speaks for another: {said}")
    fetch_list(site, two)
    need(f"{good}: OK" in crl_check(site, good, site.path("part.crl")), "a good one of part two")
    fetch_list(site, one.replace(".crl", "-delta.crl"))
    need("Delta CRL Indicator: critical" in openssl("crl", "-in", site.path("part.crl"),
                                                    "-noout", "-text"), "no delta")
    for name in ("machines-p3.crl", "machines-p01.crl", "machines-p.crl", "-p1.crl"):
        r = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                            f"{site.va_url}/crl/{name}"], capture_output=True, text=True)
        same(r.stdout, "404", name)


def fetch_list(site, url):
    """The list at this address, as the va gives it out, PEM in part.crl; a first one is there
    within va.fresh_seconds."""
    path = site.path("part.der")
    argv = ["curl", "-sf", "-o", path, site.va_url + "/crl/" + url.rsplit("/", 1)[1]]
    walk.poll(url, lambda: subprocess.run(argv).returncode == 0, 10)
    openssl("crl", "-inform", "DER", "-in", path, "-out", site.path("part.crl"))


def test_est_refused(ctx):
    """Wrong secret, profile, name, subject, bytes and size: refused in clear words."""
    site = ctx.site
    secret = make_ra(site, "plant-2", "--suffix", SUFFIX)
    user, good = "plant-2:" + secret, make_csr(site, "good", "good" + SUFFIX)
    status, headers, _ = enrol(site, "plant-2:wrong", good)
    need(status == 401 and "basic" in headers["www-authenticate"], f"wrong secret: {status}")
    same(enrol(site, "nobody:" + secret, good)[0], 401, "unknown authority")
    status, _, body = enrol(site, user, good, label="/staff")
    need(status == 403 and b"staff" in body, f"other profile: {status} {body}")
    status, _, body = enrol(site, user, make_csr(site, "foreign", "good.other.example"))
    need(status == 403 and SUFFIX.encode() in body, f"other name: {status} {body}")
    same(enrol(site, user, good, "simplereenroll")[0], 409, "nothing to renew")
    post = ("-u", user, "-H", "Content-Type: application/pkcs10", "--data-binary")
    same(curl(site, "/.well-known/est/simpleenroll", *post, "MAMCAQE=")[0], 400, "malformed")
    big = site.path("est.big")
    with open(big, "wb") as f:
        f.write(b"A" * 40000)
    same(curl(site, "/.well-known/est/simpleenroll", *post, "@" + big)[0], 413, "oversize")
    with open(good + ".csr", "rb") as f:
        broken = bytearray(f.read())
    broken[-3] ^= 1
    status, _, body = curl(site, "/.well-known/est/simpleenroll", *post,
                           base64.b64encode(bytes(broken)).decode())
    same(status, 400, "a request that proves nothing")
    fresh = site.yinxin("ra", "renew", "plant-2").split()[-1]
    same(enrol(site, user, good)[0], 401, "the former secret")
    same(enrol(site, "plant-2:" + fresh, good)[0], 200, "the new secret")
    site.yinxin("ra", "remove", "plant-2")
    same(enrol(site, "plant-2:" + fresh, good)[0], 401, "removed")
    r = site.yinxin("ra", "add", "plant-3", "--profile", "sm2-person-sign", check=False)
    need(r.returncode != 0 and "machines" in r.stderr, "an authority for people")
    site.yinxin("journal", "verify")


def by_certificate(site, cert, csr, operation="simplereenroll", label="/machine", key=None):
    """Re-enrolment by the certificate of the TLS connection alone (RFC 7030 3.3.2)."""
    body = site.path("est.body")
    with open(csr + ".csr", "rb") as f, open(body, "wb") as out:
        out.write(base64.encodebytes(f.read()))
    return curl(site, f"/.well-known/est{label}/{operation}", "--cert", cert, "--key", key or
                csr + ".key", "-H", "Content-Type: application/pkcs10", "--data-binary", "@" + body)


def same_key_csr(site, name, key_path, cn, *config):
    """Another request by a key that is there."""
    path = site.path(name)
    openssl("req", "-new", "-key", key_path, "-subj", f"/O=Changsha Water/CN={cn}", "-outform",
            "DER", "-out", path + ".csr", *config)
    return path


def test_est_by_certificate(ctx):
    """A machine renews by TLS with its own certificate: the same key and name, or it is told what to
    do; without an authority nobody new is enrolled."""
    site = ctx.site
    user = "plant-t:" + make_ra(site, "plant-t", "--suffix", SUFFIX)
    for kind in ("ec", "rsa"):
        cn = f"valve-{kind}{SUFFIX}"
        csr = make_csr(site, f"valve-{kind}", cn, kind)
        old = save(site, f"valve-{kind}.pem", certificates(site, enrol(site, user, csr))[0])
        again = same_key_csr(site, f"valve-{kind}-2", csr + ".key", cn)
        status, _, body = by_certificate(site, old, again, key=csr + ".key")
        need(status == 200, f"{status} {body}")
        fresh = save(site, f"valve-{kind}-2.pem", certificates(site, (status, {
            "content-type": "application/pkcs7-mime; smime-type=certs-only"}, body))[0])
        need(serial_of(fresh) != serial_of(old), "not a new certificate")
        same(openssl("x509", "-in", fresh, "-noout", "-pubkey", "-subject"),
             openssl("x509", "-in", old, "-noout", "-pubkey", "-subject"), "key and name")
        rekey = make_csr(site, f"valve-{kind}-3", cn, kind)
        status, _, body = by_certificate(site, old, rekey, key=csr + ".key")
        need(status == 403 and b"kur" in body, f"another key: {status} {body}")
        other = same_key_csr(site, f"valve-{kind}-4", csr + ".key", f"other{SUFFIX}")
        status, _, body = by_certificate(site, old, other, key=csr + ".key")
        need(status == 403 and b"its own certificate" in body, f"another name: {status} {body}")
        status, _, body = by_certificate(site, old, again, label="/machine-ecdsa", key=csr + ".key")
        same(status, 403, f"another profile: {body}")
        same(by_certificate(site, old, again, "simpleenroll", key=csr + ".key")[0], 401, "new")
        same(enrol(site, user, rekey)[0], 200, "by the authority's secret")
        site.yinxin("cert", "revoke", serial_of(old), "4")
        last = same_key_csr(site, f"valve-{kind}-5", csr + ".key", cn)
        status, _, body = by_certificate(site, old, last, key=csr + ".key")
        need(status == 403 and b"not good any more" in body, f"revoked: {status} {body}")
    path = site.path("nobody")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", path + ".key", "-out", path + ".pem", "-subj", f"/CN=valve-ec{SUFFIX}")
    mine = same_key_csr(site, "nobody-2", path + ".key", f"valve-ec{SUFFIX}")
    same(by_certificate(site, path + ".pem", mine, key=path + ".key")[0], 401, "self-signed")
    site.yinxin("ra", "remove", "plant-t")
    need(by_certificate(site, fresh, again, key=site.path("valve-rsa.key"))[0] in (401, 403),
         "its authority is gone")
    site.yinxin("journal", "verify")


def est_linked(site, user, challenge, version):
    """Over one TLS connection: enrol with a challengePassword made from it; status and words."""
    tls = ssl.create_default_context(cafile=site.path("data", "pub", "site-root.crt"))
    tls.minimum_version = tls.maximum_version = version
    with socket.create_connection(("127.0.0.1", site.ports["enrol"]), 20) as plain, \
            tls.wrap_socket(plain, server_hostname="127.0.0.1") as s:
        text = challenge(s)
        conf = site.path("linked.cnf")
        with open(conf, "w", encoding="ascii") as f:
            f.write("[req]\ndistinguished_name=dn\nattributes=at\nprompt=no\n[dn]\nO=Changsha "
                    f"Water\nCN=linked{SUFFIX}\n[at]\nchallengePassword={text}\n")
        der = site.path("linked.csr")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", site.path("linked.key"), "-config", conf, "-outform", "DER", "-out", der)
        with open(der, "rb") as f:
            body = base64.encodebytes(f.read())
        s.sendall(b"POST /.well-known/est/machine/simpleenroll HTTP/1.1\r\nHost: x\r\n"
                  b"Authorization: Basic %s\r\nContent-Type: application/pkcs10\r\n"
                  b"Connection: close\r\nContent-Length: %d\r\n\r\n" %
                  (base64.b64encode(user.encode()), len(body)) + body)
        answer = b"".join(iter(lambda: s.recv(65536), b""))
    return int(answer.split()[1]), answer


def test_est_linked(ctx):
    """A challengePassword must be the tls-unique of the connection it comes by (RFC 7030 3.5): a
    request carried over from another connection is refused, also under TLS 1.3."""
    site = ctx.site
    user = "plant-u:" + make_ra(site, "plant-u", "--suffix", SUFFIX)

    def unique(s):
        return base64.b64encode(s.get_channel_binding("tls-unique")).decode()
    old, new = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    same(est_linked(site, user, unique, old)[0], 200, "linked")
    for challenge in (lambda s: "MTIzNDU2Nzg5MDEy", lambda s: unique(s)[:-4] + "AAAA"):
        for version in (old, new):
            status, answer = est_linked(site, user, challenge, version)
            need(status == 400 and b"challengePassword" in answer, f"{status} {answer}")


def test_enrol_counts(ctx):
    """What was given out and refused is counted."""
    site = ctx.site
    user = "plant-c:" + make_ra(site, "plant-c")
    csr = make_csr(site, "count", "count")

    def counted():
        text = curl(site, "/metrics")[2].decode()
        return [int(re.search(rf'{n}_total{{protocol="est"}} (\d+)', text).group(1))
                for n in ("issued", "refused")]
    issued, failed = counted()
    certificates(site, enrol(site, user, csr))
    same(enrol(site, "plant-c:x", csr)[0], 401, "wrong secret")
    same(counted(), [issued + 1, failed + 1], "issued and refused")
    need(ends(site, "tls_certificate_ends") > 86400, "when the TLS certificate ends")


def ends(site, what):
    """Seconds left, as the enrol process counts them."""
    return int(re.search(rf"^yinxin_{what}_seconds (-?\d+)$", curl(site, "/metrics")[2].decode(),
                         re.M).group(1))


def test_est_killed(ctx):
    """enrol or the signer killed: the client asks again and has one certificate."""
    site = ctx.site
    user = "plant-k:" + make_ra(site, "plant-k")
    for victim in ("enrol", "signer", "enrol"):
        csr, got = make_csr(site, "killed", f"killed-{victim}"), []
        asking = threading.Thread(target=lambda: got.append(enrol_steadily(site, user, csr)))
        asking.start()
        os.kill(walk.poll(victim, lambda: site.status()[victim]["pid"]), signal.SIGKILL)
        asking.join(60)
        same(got, [enrol_steadily(site, user, csr)], f"{victim} killed")
    site.yinxin("journal", "verify")


def enrol_steadily(site, user, csr):
    """Again until there is an answer, as a machine would."""
    def ask():
        try:
            answer = enrol(site, user, csr)
        except AssertionError:          # curl found nobody
            return None
        return answer[0] != 503 and certificates(site, answer)
    return walk.poll("an answer", ask)


def cmp(site, cmd, *args, check=True, path="/.well-known/cmp"):
    """One run of openssl's CMP client; its words."""
    ca, root = machines_ca(site)
    r = subprocess.run(
        ["openssl", "cmp", "-cmd", cmd, "-server", f"127.0.0.1:{site.ports['enrol']}", "-path",
         path, "-tls_used", "-tls_trusted", site.path("data", "pub", "site-root.crt"),
         "-trusted", root, "-recipient", "/CN=CMP", *args], capture_output=True, text=True,
        cwd=site.root, timeout=60)
    need((r.returncode == 0) == check, f"openssl cmp {cmd} {args}: {r.stdout}{r.stderr}")
    return r.stdout + r.stderr


def cmp_ra(site, name, *args, kind="ec", profile="machine-ecdsa"):
    """A registration authority with a key of its own; the options that sign with it."""
    path = site.path(name)
    how = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256") if kind == "ec" else ("rsa:3072",)
    openssl("req", "-x509", "-newkey", *how, "-nodes", "-days", "30", "-keyout",
            path + ".key", "-out", path + ".pem", "-subj", f"/CN={name}")
    machines_ca(site)
    make_ra(site, name, "--cert", path + ".pem", *args, profile=profile)
    return "-cert", path + ".pem", "-key", path + ".key"


def key(site, name, kind="ec"):
    how = {"ec": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
           "rsa": ("RSA", "-pkeyopt", "rsa_keygen_bits:3072")}[kind]
    openssl("genpkey", "-algorithm", *how, "-out", site.path(name))
    return site.path(name)


def serial_of(path):
    return openssl("x509", "-in", path, "-noout", "-serial").strip().split("=")[1]


def test_cmp(ctx):
    """CMP by openssl cmp: ir, cr and p10cr signed by an RA, kur by the machine, rr by both."""
    site = ctx.site
    for kind in ("ec", "rsa"):
        ra = cmp_ra(site, f"cmp-{kind}", "--suffix", SUFFIX, kind=kind)
        certs = {}
        for cmd in ("ir", "cr"):
            certs[cmd] = site.path(f"{cmd}-{kind}.pem")
            cmp(site, cmd, *ra, "-newkey", key(site, f"{cmd}.key", kind), "-subject",
                f"/O=Changsha Water/CN={cmd}{SUFFIX}", "-certout", certs[cmd],
                *(["-implicit_confirm"] if cmd == "cr" else []))
            verify(site, certs[cmd])
        csr = make_csr(site, f"p10-{kind}", f"p10{SUFFIX}", "ec" if kind == "ec" else "rsa")
        certs["p10cr"] = site.path(f"p10cr-{kind}.pem")
        openssl("req", "-inform", "DER", "-in", csr + ".csr", "-out", csr + ".pem")
        cmp(site, "p10cr", *ra, "-csr", csr + ".pem", "-certout", certs["p10cr"],
            path="/.well-known/cmp/p/machine-ecdsa")
        verify(site, certs["p10cr"])
        fresh = site.path("kur.pem")
        cmp(site, "kur", "-cert", certs["ir"], "-key", site.path("ir.key"), "-newkey",
            key(site, "kur.key", kind), "-certout", fresh)
        verify(site, fresh)
        need(serial_of(fresh) != serial_of(certs["ir"]), "not a new certificate")
        cmp(site, "rr", *ra, "-oldcert", certs["cr"], "-revreason", "4")
        cmp(site, "rr", "-cert", fresh, "-key", site.path("kur.key"), "-oldcert", fresh)
        for path in (certs["cr"], fresh):
            need("revoked" in site.yinxin("cert", "status", serial_of(path)), path)
        cmp(site, "kur", "-cert", fresh, "-key", site.path("kur.key"), "-newkey",
            key(site, "late.key", kind), "-certout", site.path("late.pem"), check=False)
    need(0 < ends(site, "cmp_certificate_ends") <= 30 * 86400, "when the CMP certificate ends")
    need(site.metrics()["yinxin_signer_ra_certificate_ends_seconds"] > 0, "when an RA's ends")


def sm2_csr(site, name, *how):
    """An SM2 key and its request, as openssl makes it; paths of both."""
    out = site.path(name + ".sm2csr")
    openssl("genpkey", "-algorithm", "SM2", "-out", site.path(name + ".key"))
    openssl("req", "-new", "-sm3", *how, "-key", site.path(name + ".key"), "-subj",
            f"/O=Changsha Water/CN={name}{SUFFIX}", "-out", out)
    return site.path(name + ".key"), out


def test_cmp_sm2(ctx):
    """CMP for SM2 keys, as far as openssl cmp can: p10cr and rr signed by an RA with an RSA or ECDSA
    key; it can sign neither a request (ir) nor a message with SM2."""
    site, distid = ctx.site, ("-sigopt", "distid:1234567812345678")
    for kind in ("ec", "rsa"):
        ra = cmp_ra(site, f"cmp-sm2-{kind}", "--suffix", SUFFIX, kind=kind, profile="machine")
        for confirm in ((), ("-implicit_confirm",)):
            sm2_key, csr = sm2_csr(site, "sm2-pump", *distid)
            got = site.path(f"sm2-pump-{kind}.pem")
            cmp(site, "p10cr", *ra, "-csr", csr, "-certout", got, *confirm,
                path="/.well-known/cmp/p/machine")
            same(openssl("x509", "-in", got, "-noout", "-pubkey"),
                 openssl("pkey", "-in", sm2_key, "-pubout"), "public key")
            need("OK" in openssl("verify", "-partial_chain", "-vfyopt", distid[1], "-CAfile",
                                 test_l_va.issuer_of(site, got), got), "not by our SM2 CA")
        cmp(site, "rr", *ra, "-oldcert", got, "-revreason", "5")
        need("revoked" in site.yinxin("cert", "status", serial_of(got)), "revoked")
    _, csr = sm2_csr(site, "sm2-empty")
    text = cmp(site, "p10cr", *ra, "-csr", csr, "-certout", site.path("no"), check=False)
    need("badPOP" in text, text)
    # what the client itself can not
    new = ("-newkey", sm2_key, "-subject", f"/CN=sm2{SUFFIX}", "-certout", site.path("no"))
    text = cmp(site, "ir", *ra, *new, check=False)
    need("invalid digest" in text and "error creating certreq" in text, text)
    text = cmp(site, "ir", *ra, *new, "-digest", "sm3", check=False)
    need("unsupported key type" in text and "error protecting message" in text, text)
    text = cmp(site, "kur", "-cert", got, "-key", sm2_key, *new, "-digest", "sm3", check=False)
    need("unsupported key type" in text and "error protecting message" in text, text)


def test_cmp_again(ctx):
    """A transaction asked again gives the same certificate."""
    site = ctx.site
    ra = cmp_ra(site, "cmp-again")
    asked, answers = site.path("again.req"), []
    cmp(site, "ir", *ra, "-newkey", key(site, "again.key"), "-subject", "/CN=again",
        "-certout", site.path("again.pem"), "-reqout", asked, "-implicit_confirm")
    for _ in range(2):
        status, headers, body = curl(site, "/.well-known/cmp", "-H",
                                     "Content-Type: application/pkixcmp", "--data-binary",
                                     "@" + asked)
        same((status, headers["content-type"]), (200, "application/pkixcmp"), "answer")
        answers.append(body)
    with open(site.path("again.pem"), encoding="ascii") as f:
        der = base64.b64decode("".join(f.read().splitlines()[1:-1]))
    need(all(der in a for a in answers), "another certificate for the same transaction")


def test_cmp_refused(ctx):
    """Strangers, other profiles and names, foreign certificates, MAC, broken and big messages."""
    site = ctx.site
    ra = cmp_ra(site, "cmp-no", "--suffix", SUFFIX)
    new = ("-newkey", key(site, "no.key"), "-certout", site.path("no.pem"))
    path = site.path("stranger")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", path + ".key", "-out", path + ".pem", "-subj", "/CN=cmp-no")
    text = cmp(site, "ir", "-cert", path + ".pem", "-key", path + ".key", *new, "-subject",
               f"/CN=a{SUFFIX}", check=False)
    need("no suitable sender cert" in text, text)
    text = cmp(site, "ir", "-cert", path + ".pem", "-key", path + ".key", "-extracerts",
               path + ".pem", *new, "-subject", f"/CN=a{SUFFIX}", check=False)
    need("neither a registration authority" in text, text)
    text = cmp(site, "ir", *ra, *new, "-subject", "/CN=a.other.example", check=False)
    need(SUFFIX in text, text)
    text = cmp(site, "cr", *ra, *new, "-subject", f"/CN=a{SUFFIX}", check=False,
               path="/.well-known/cmp/p/machine")
    need("may not ask for certificates of" in text, text)
    other, foreign = cmp_ra(site, "cmp-other"), site.path("foreign.pem")
    cmp(site, "ir", *other, "-newkey", key(site, "foreign.key"), "-subject", "/CN=foreign",
        "-certout", foreign)
    text = cmp(site, "rr", *ra, "-oldcert", foreign, check=False)
    need("no certificate of cmp-no" in text, text)
    text = cmp(site, "ir", "-secret", "pass:12345", "-ref", "cmp-no", *new, "-subject",
               f"/CN=a{SUFFIX}", check=False)
    need("missing secret" in text, text)
    text = cmp(site, "ir", *ra, "-unprotected_requests", *new, "-subject", f"/CN=a{SUFFIX}",
               check=False)
    need("missing protection" in text, text)
    text = cmp(site, "ir", *ra, "-digest", "sha512", *new, "-subject", f"/CN=a{SUFFIX}",
               check=False)
    need("not signed with ECDSA P-256/SHA-256" in text, text)
    text = cmp(site, "genm", *ra, "-infotype", "signKeyPairTypes", check=False)
    need("unexpected pkibody" in text, text)
    need(not os.path.exists(site.path("no.pem")), "somebody got a certificate")
    good = site.path("no.req")
    cmp(site, "ir", *ra, *new, "-subject", f"/CN=good{SUFFIX}", "-reqout", good)
    with open(good, "rb") as f:
        sent = f.read()
    post = ("-H", "Content-Type: application/pkixcmp", "--data-binary")
    for what, body, status in (("cut", sent[:-7], 400), ("big", sent + bytes(40000), 413),
                               ("text", b"hello", 400)):
        with open(site.path("no.sent"), "wb") as f:
            f.write(body)
        same(curl(site, "/.well-known/cmp", *post, "@" + site.path("no.sent"))[0], status, what)
    same(curl(site, "/.well-known/cmp", "-H", "Content-Type: text/plain", "--data-binary",
              "x")[0], 415, "another type")
    site.yinxin("ra", "renew", "cmp-no", "--cert", path + ".pem")
    cmp(site, "ir", *ra, *new, "-subject", f"/CN=b{SUFFIX}", check=False)
    cmp(site, "ir", "-cert", path + ".pem", "-key", path + ".key", *new, "-subject",
        f"/CN=b{SUFFIX}")
    r = site.yinxin("ra", "renew", "cmp-no", "--cert", other[1], check=False)
    need(r.returncode != 0, "a certificate of two authorities")
    ra = "-cert", path + ".pem", "-key", path + ".key"
    site.yinxin("ra", "remove", "cmp-no")
    cmp(site, "ir", *ra, *new, "-subject", f"/CN=b{SUFFIX}", check=False)
    site.yinxin("journal", "verify")
