"""The figures of `make bench-large`: a CA after years, with ten thousand, one million and ten
million certificates in its store: start and memory of the processes, looking a certificate up,
revoking one, making the list.  Each size beside the smallest in the same run.

The rows are put into the store at once, their certificates all the same bytes: what is measured
is looking up and changing, not issuing.  Needs 18 GB below the directory of the system for
temporary files and about ten minutes; `SIZES=10000,1000000 make bench-large` for less.
"""
import hashlib
import http.client
import os
import random
import secrets
import shutil
import signal
import sqlite3
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TREE, "tests", "flow"))
import hallsite  # noqa: E402
import walk  # noqa: E402

SIZES = [int(s) for s in os.environ.get("SIZES", "10000,1000000,10000000").split(",")]
REVOKED = int(os.environ.get("REVOKED", "1000000"))
LOOKUPS, CHANGES = 2000, 30
LONGEST = 3600


def store(site):
    db = sqlite3.connect(site.path("data", "ca", "ca.db"), isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -2000000")      # KiB; for the filling alone
    return db


def subject_of(subject, serial):
    return f"{subject} {serial[:12]}"


def identity_of(serial):
    """The digest of the identity uscc:SERIAL, as kmc_subject makes it."""
    return hashlib.new("sm3", f"uscc:{serial}".encode()).hexdigest()


def fill(site, size):
    """Up to so many certificates; the serial numbers of some of the new ones."""
    db = store(site)
    have = db.execute("SELECT count(*) FROM certificate").fetchone()[0]
    der, ref, subject, profile, start, end = db.execute(
        "SELECT der, ref, subject, profile, not_before, not_after FROM certificate "
        "WHERE profile = 'staff' LIMIT 1").fetchone()
    # In order, a million at a time: the store's trees are then filled from left to right.
    serials = sorted(f"4{secrets.token_hex(15)}A".upper() for _ in range(size - have))
    for at in range(0, len(serials), 1000000):
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO certificate (serial, ref, profile, subject, der, not_before, not_after, "
            "status, revoked_at, reason, created, authority, identity) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 'good', 0, 0, ?, 'issuing-1', ?)",
            ((serial, f"{ref} {serial[:8]}", profile, subject_of(subject, serial), der, start, end,
              start, identity_of(serial)) for serial in serials[at:at + 1000000]))
        db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return random.sample(serials, min(20000, len(serials)))


def memory(site, name):
    with open(f"/proc/{site.status()[name]['pid']}/status", encoding="ascii") as f:
        return next(int(row.split()[1]) / 1024 for row in f if row.startswith("VmHWM"))


def start(site):
    """Seconds from the command to the first answer of va."""
    began = time.monotonic()
    site.start_one("server", [site.bin("yinxin"), "serve"], site.environment())
    while True:
        try:
            c = http.client.HTTPConnection("127.0.0.1", site.ports["va"], timeout=2)
            c.request("GET", "/healthz")
            if c.getresponse().status == 200:
                break
        except OSError:
            time.sleep(0.005)
        if time.monotonic() > began + 600:
            raise RuntimeError("va does not start")
    took = time.monotonic() - began
    site.wait(site.url + "/healthz", "server")
    return took


def ocsp_template(site):
    """A request about one certificate, and where its serial number stands in it."""
    file = site.path("ocsp.req")
    cert = site.path("keys", "staff.crt")
    walk.openssl("ocsp", "-issuer", site.path("data", "pub", "issuing.crt"), "-cert", cert,
                 "-no_nonce", "-noverify", "-reqout", file)
    serial = bytes.fromhex(walk.openssl("x509", "-in", cert, "-noout", "-serial").stdout.decode()
                           .strip().partition("=")[2])
    with open(file, "rb") as f:
        request = f.read()
    return request, request.index(serial), len(serial)


def lookups(site, serials):
    """Median and 99th of a hundred, in ms: OCSP of certificates nobody asked about before."""
    request, at, n = ocsp_template(site)
    c = http.client.HTTPConnection("127.0.0.1", site.ports["va"], timeout=10)
    times = []
    for serial in random.sample(serials, min(LOOKUPS, len(serials))):
        body = request[:at] + bytes.fromhex(serial) + request[at + n:]
        began = time.monotonic()
        c.request("POST", "/ocsp", body, {"Content-Type": "application/ocsp-request"})
        answer = c.getresponse().read()
        times.append((time.monotonic() - began) * 1000)
        if len(answer) < 200:
            raise RuntimeError(f"{serial}: no answer")
    c.close()
    times.sort()
    return statistics.median(times), times[len(times) * 99 // 100]


def timed(fn):
    began = time.monotonic()
    fn()
    return (time.monotonic() - began) * 1000


def changes(site, serials):
    """Median in ms of one revocation, durable, and of a command that only asks."""
    some = random.sample(serials, 2 * CHANGES)
    asked = [timed(lambda s=s: site.yinxin("cert", "status", s)) for s in some[:CHANGES]]
    done = [timed(lambda s=s: site.yinxin("cert", "revoke", s, "5")) for s in some[CHANGES:]]
    return statistics.median(done), statistics.median(asked)


def finding(site, serials):
    """Median in ms of the administrator's command that finds a certificate, by each way."""
    db = store(site)
    some = {serial: db.execute("SELECT subject FROM certificate WHERE serial = ?",
                               (serial,)).fetchone()[0]
            for serial in random.sample(serials, CHANGES)}
    db.close()
    ways = {"serial": lambda s: s, "subject": some.get, "identity": lambda s: f"uscc:{s}"}
    took = {}
    for way, what in ways.items():
        times = []
        for serial in some:
            began = time.monotonic()
            said = site.yinxin("cert", "find", way, what(serial))
            times.append((time.monotonic() - began) * 1000)
            if said.count(serial) == 0 or len(said.splitlines()) != 1:
                raise RuntimeError(f"{serial} not found by {way}: {said}")
        took[way] = statistics.median(times)
    return took


def freshness(site, serial):
    """ms from the revocation's acknowledgement until OCSP says so."""
    request, at, n = ocsp_template(site)
    body = request[:at] + bytes.fromhex(serial) + request[at + n:]
    site.yinxin("cert", "revoke", serial, "5")
    began = time.monotonic()
    while True:
        c = http.client.HTTPConnection("127.0.0.1", site.ports["va"], timeout=10)
        c.request("POST", "/ocsp", body, {"Content-Type": "application/ocsp-request"})
        answer = c.getresponse().read()
        c.close()
        with open(site.path("ocsp.res"), "wb") as f:
            f.write(answer)
        said = walk.openssl("ocsp", "-respin", site.path("ocsp.res"), "-noverify",
                            "-resp_text").stdout
        if b"Cert Status: revoked" in said:
            return (time.monotonic() - began) * 1000
        time.sleep(0.02)


def at_size(site, size, first):
    serials = fill(site, size)
    began = start(site)
    at_once = memory(site, "va")
    half, late = lookups(site, serials)
    change, ask = changes(site, serials)
    found = finding(site, serials)
    fresh = freshness(site, random.choice(serials))
    mine = {"start": began, "lookup": half, "change": change}
    first = first or mine
    print(f"{size:>10} certificates: va answers after {began:.2f} s with {at_once:.0f} MiB; "
          f"OCSP of one not asked before {half:.2f} ms (p99 {late:.2f}), ratio "
          f"{half / first['lookup']:.2f} to {SIZES[0]}; a revocation {change:.0f} ms, asking "
          f"{ask:.0f} ms by the same command, ratio {change / first['change']:.2f}; OCSP says "
          f"it after {fresh:.0f} ms; va {memory(site, 'va'):.0f} MiB, signer "
          f"{memory(site, 'signer'):.0f} MiB; the command finds one by " + ", by ".join(
              f"{way} in {ms:.0f} ms" for way, ms in found.items()), flush=True)
    site.stop_one("server")
    return first


def revocation_list(site):
    db = store(site)
    now = int(time.time() * 1000)
    n = db.execute(
        "UPDATE certificate SET status = 'revoked', revoked_at = ?, reason = 5, changed = ? "
        "WHERE serial IN (SELECT serial FROM certificate WHERE authority = 'issuing-1' AND "
        "status = 'good' LIMIT ?)", (now, now, REVOKED)).rowcount
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    start(site)
    before = memory(site, "signer")
    took = timed(lambda: site.yinxin("ca", "crl", "issuing-1"))
    c = http.client.HTTPConnection("127.0.0.1", site.ports["va"], timeout=60)
    c.request("GET", "/crl/issuing.crl")
    r = c.getresponse()
    size = len(r.read())
    given = "given out by va" if r.status == 200 else \
        f"va answers {r.status}: it gives out lists up to 32 MiB"
    c.close()
    print(f"list of {n} revoked: {took / 1000:.2f} s, {size / 1e6:.1f} MB {given}, signer "
          f"{before:.0f} -> {memory(site, 'signer'):.0f} MiB, va {memory(site, 'va'):.0f} MiB",
          flush=True)
    site.stop_one("server")


def main():
    def ended(number, _):
        raise SystemExit(f"bench: ended by {signal.Signals(number).name}")

    for number in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, ended)
    signal.alarm(LONGEST)
    print(f"load average before {os.getloadavg()[0]:.1f}", flush=True)
    root = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"yinxin-large-{os.getpid()}")
    site = hallsite.Site(root, settings={"YINXIN_LOG_LEVEL": "warn"})
    first = None
    try:
        site.install()
        site.init()
        site.start_sandbox()
        for size in SIZES:
            first = at_size(site, size, first)
        revocation_list(site)
    finally:
        site.stop()
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
