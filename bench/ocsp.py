"""The figures of `make bench-ocsp`: OCSP for SM2, ECDSA and RSA, beside what others use.

Without nonce: beside nginx serving the same bytes and, where it can read it, cfssl serving the same answer from its
file (no signature at either).  With a nonce: beside OpenSSL's own responder with a key of the
same kind and beside bare signatures on the same core.  p50 and p99 as wrk says
them at full load.  Rounds alternate; one core for the server, one for the load; about three
minutes.
"""
import base64
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench  # noqa: E402
from bench import ROUNDS, SERVER_CORE, hallsite, lua_bytes, row, walk, wrk  # noqa: E402
import test_n_enrol as enrol  # noqa: E402

LONGEST = 420
SPEED = {"sm2": ("sm2", -2), "ecdsa": ("ecdsap256", -2), "rsa": ("rsa3072", -2)}
SM2_ID = ["-sigopt", "distid:1234567812345678"]
HEAD = 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/ocsp-request"\n'


# -- certificates of each kind ---------------------------------------------------------------
def profiles(site):
    """The usual ones and one for machines below each CA of ours here."""
    with open(os.path.join(hallsite.TREE, "profiles", "default.yaml"), encoding="utf-8") as f:
        text = f.read()
    block = re.search(r"  - name: machine\n(?:    .*\n|\n)+", text).group(0)
    for kind in ("ecdsa", "rsa"):
        text = text.replace("\n# What people apply for", "\n" + block.replace(
            "name: machine", f"name: machine-{kind}\n    authority: {kind}-ca") +
            "\n# What people apply for", 1)
    path = site.path("profiles.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def certificate(site, kind):
    """A certificate of this kind and its issuer's, as files."""
    if kind == "sm2":
        return site.path("keys", "staff.crt"), site.path("data", "pub", "issuing.crt")
    site.yinxin("ca", "create", f"{kind}-root", "--kind", kind, "--cn", f"{kind} root")
    site.yinxin("ca", "create", f"{kind}-ca", "--parent", f"{kind}-root-1", "--kind", kind,
                "--cn", f"{kind} CA", "--years", "10")
    user = f"bench-{kind}:" + enrol.make_ra(site, f"bench-{kind}", profile=f"machine-{kind}")
    csr = enrol.make_csr(site, f"bench-{kind}", "bench.example",
                         "ec" if kind == "ecdsa" else "rsa")
    pem = enrol.certificates(site, enrol.enrol(site, user, csr, label=f"/machine-{kind}"))[0]
    return enrol.save(site, f"bench-{kind}.crt", pem), \
        site.path("data", "pub", f"{kind}-ca.crt")


def ask(site, cert, issuer, *options):
    """A request, as openssl makes it, and the va's answer."""
    argv = ["ocsp", "-issuer", issuer, "-cert", cert, *options]
    walk.poll("a good answer", lambda: (lambda s: s if b": good" in s else None)(
        walk.openssl(*argv, "-noverify", "-url", site.va_url + "/ocsp",
                     "-respout", site.path("ocsp.res")).stdout), 20)
    walk.openssl(*argv, "-reqout", site.path("ocsp.req"))
    with open(site.path("ocsp.req"), "rb") as req, open(site.path("ocsp.res"), "rb") as res:
        return req.read(), res.read()


# -- peers -----------------------------------------------------------------------------------
class Cfssl:
    """cfssl ocspserve with this one answer."""

    def __init__(self, site, answer):
        self.port = hallsite.free_ports(["cfssl"])["cfssl"]
        file = site.path("cfssl.responses")
        with open(file, "w", encoding="ascii") as f:
            f.write(base64.b64encode(answer).decode() + "\n")
        self.log = site.path("cfssl.log")
        with open(self.log, "w", encoding="ascii") as log:
            self.proc = subprocess.Popen(
                ["taskset", "-c", str(SERVER_CORE), "cfssl", "ocspserve", f"-port={self.port}",
                 f"-responses={file}", "-loglevel=3"], stdout=log, stderr=log,
                env={**os.environ, "GOMAXPROCS": "1"})
        self.url = f"http://127.0.0.1:{self.port}/"
        wait_port(self.port)

    def refuses(self, request, answer):
        """Why it gives another answer than this; "" when it gives it."""
        asked = urllib.request.Request(self.url, request,
                                       {"Content-Type": "application/ocsp-request"})
        with urllib.request.urlopen(asked, timeout=10) as r:
            got = r.read()
        if got == answer:
            return ""
        with open(self.log, encoding="utf-8") as f:
            said = re.search(r"OCSP decode error (.*?) on:", f.read())
        return said.group(1) if said else f"it says {got[:5].hex()}"

    def stop(self):
        self.proc.terminate()
        self.proc.wait(10)


class OpenSSL:
    """openssl ocsp with a CA of its own of this kind; one process, as it is."""

    def __init__(self, site, kind):
        self.took = []
        self.dir = tempfile.mkdtemp(prefix="openssl-", dir=site.root)
        self.port = hallsite.free_ports(["openssl"])["openssl"]
        new = {"sm2": ["SM2"], "ecdsa": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
               "rsa": ["RSA", "-pkeyopt", "rsa_keygen_bits:3072"]}[kind]
        for name, extra in (("ca", []), ("leaf", ["-CA", f"{self.dir}/ca.crt", "-CAkey",
                                                  f"{self.dir}/ca.key"])):
            key = f"{self.dir}/{name}.key"
            enrol.openssl("genpkey", "-algorithm", *new, "-out", key)
            enrol.openssl("req", "-x509", "-key", key, *(["-sm3", *SM2_ID] if kind == "sm2"
                                                         else []), "-out",
                          f"{self.dir}/{name}.crt", "-days", "30", "-subj", f"/CN={name}", *extra)
        serial = enrol.openssl("x509", "-in", f"{self.dir}/leaf.crt", "-noout",
                               "-serial").strip().partition("=")[2]
        with open(f"{self.dir}/index.txt", "w", encoding="ascii") as f:
            f.write(f"V\t300101000000Z\t\t{serial}\tunknown\t/CN=leaf\n")
        log = open(f"{self.dir}/log", "w+", encoding="ascii")
        self.proc = subprocess.Popen(
            ["taskset", "-c", str(SERVER_CORE), "openssl", "ocsp", "-index",
             f"{self.dir}/index.txt", "-port", str(self.port), "-rsigner",
             f"{self.dir}/ca.crt", "-rkey", f"{self.dir}/ca.key", "-CA", f"{self.dir}/ca.crt",
             *(["-rmd", "sm3", "-rsigopt", SM2_ID[1]] if kind == "sm2" else [])],
            stdout=log, stderr=log)
        # Not by connecting: a connection without a request keeps this responder for good.
        walk.poll("openssl ocsp", lambda: "waiting for" in open(log.name).read(), 15)

    def rate(self, seconds=2):
        """Answers a second, one connection after another as the responder wants it; each one's
        time, in ms, is added to self.took."""
        argv = ["ocsp", "-issuer", f"{self.dir}/ca.crt", "-cert", f"{self.dir}/leaf.crt"]
        walk.openssl(*argv, "-reqout", f"{self.dir}/req")
        with open(f"{self.dir}/req", "rb") as f:
            body = f.read()
        request = (b"POST / HTTP/1.0\r\nContent-Type: application/ocsp-request\r\n"
                   b"Content-Length: %d\r\n\r\n" % len(body)) + body
        n, until = 0, time.monotonic() + seconds
        while (start := time.monotonic()) < until:
            answer = exchange(self.port, request)
            self.took.append((time.monotonic() - start) * 1000)
            if b"200 OK" not in answer[:20] or len(answer) < 200:
                raise RuntimeError("openssl ocsp gives no answer")
            n += 1
        return n / seconds

    def stop(self):
        self.proc.terminate()
        self.proc.wait(10)


def exchange(port, request):
    """The answer by its length: openssl's responder leaves the connection open."""
    with socket.create_connection(("127.0.0.1", port), 10) as s:
        s.sendall(request)
        f = s.makefile("rb")
        head = f.readline()
        length = 0
        while (row := f.readline()) not in (b"\r\n", b""):
            if row.lower().startswith(b"content-length:"):
                length = int(row.split(b":")[1])
        return head + f.read(length)


def wait_port(port):
    def there():
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False
    walk.poll(f"port {port}", there, 15)


def signatures(kind):
    """Bare signatures a second by openssl on the server's core."""
    name, column = SPEED[kind]
    out = subprocess.run(["taskset", "-c", str(SERVER_CORE), "openssl", "speed", "-seconds", "1",
                          name], capture_output=True, text=True, check=True).stdout
    return float(out.split()[column])


def quantiles(took):
    cuts = statistics.quantiles(took, n=100)
    return f"p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms"


# -- figures ---------------------------------------------------------------------------------
def latency(site, url, lua):
    """p50 and p99 in ms, by wrk at full load."""
    script = site.path("latency.lua")
    with open(script, "w", encoding="ascii") as f:
        f.write(lua)
    out = subprocess.run(["taskset", "-c", str(bench.LOAD_CORE), "wrk", "-t1", "-c32", "-d2s",
                          "--latency", "-s", script, url], capture_output=True, text=True,
                         check=True).stdout
    def ms(percent):
        n, unit = re.search(percent + r"%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(n) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return f"p50 {ms('50'):.2f} ms, p99 {ms('99'):.2f} ms"


def without_nonce(site, kind, cert, issuer):
    url = site.va_url + "/ocsp"
    request, answer = ask(site, cert, issuer, "-no_nonce")
    lua = HEAD + f"wrk.body = {lua_bytes(request)}\n"
    ours, peers = bench.against_nginx(site, "http", url, answer, lua=lua)
    row(f"{kind}: without nonce ({len(answer)} bytes)", "/s", ours,
        "/s nginx, the same bytes", peers, limit=latency(site, url, lua))
    nginx = bench.Nginx(site, answer)
    try:
        print(f"{'':<34} nginx: {latency(site, nginx.url('http'), '')}")
    finally:
        nginx.stop()
    cfssl = Cfssl(site, answer)
    try:
        if (why := cfssl.refuses(request, answer)):
            print(f"{'  beside another':<34} no row for cfssl ocspserve: it does not give this "
                  f"answer ({why})")
            return
        theirs = []
        for _ in range(ROUNDS):
            theirs.append(wrk(site, cfssl.url, len(answer), lua=lua))
        row("  beside another", "/s", ours, "/s cfssl ocspserve, the same answer", theirs)
        print(f"{'':<34} cfssl: {latency(site, cfssl.url, lua)}")
    finally:
        cfssl.stop()


def with_nonce(site, kind, cert, issuer):
    url = site.va_url + "/ocsp"
    request, answer = ask(site, cert, issuer)
    lua = HEAD + f"""local n, head = 0, {lua_bytes(request[:-8])}
request = function()
 n = n + 1
 return wrk.format(nil, nil, nil, head .. string.format("%08d", n))
end
"""
    ours, bare = zip(*((wrk(site, url, len(answer) - 8, lua=lua), signatures(kind))
                       for _ in range(ROUNDS)))
    row(f"{kind}: with nonce", "/s", ours, "/s bare signatures, same core", bare,
        limit=latency(site, url, lua))
    peer = OpenSSL(site, kind)
    try:
        theirs = [peer.rate() for _ in range(ROUNDS)]
        row("  beside another", "/s", ours, "/s openssl ocsp", theirs)
        print(f"{'':<34} openssl, one request at a time: {quantiles(peer.took)}")
    finally:
        peer.stop()


def measure(site):
    site.install()
    site.extra["YINXIN_CA_PROFILES"] = profiles(site)
    site.init()
    site.start_sandbox()
    site.start_server()
    bench.pin(site)
    for kind in ("sm2", "ecdsa", "rsa"):
        cert, issuer = certificate(site, kind)
        bench.pin(site)
        without_nonce(site, kind, cert, issuer)
        with_nonce(site, kind, cert, issuer)


def main():
    signal.alarm(LONGEST)
    print(f"load average before {os.getloadavg()[0]:.1f}; server on core {SERVER_CORE}, wrk on "
          f"{bench.LOAD_CORE}", flush=True)
    sys.stdout.reconfigure(line_buffering=True)
    site = hallsite.Site(hallsite.default_root(f"ocsp-{os.getpid()}"),
                         settings={"YINXIN_LOG_LEVEL": "warn"})
    try:
        measure(site)
    finally:
        site.stop()
        shutil.rmtree(site.root)


if __name__ == "__main__":
    main()
