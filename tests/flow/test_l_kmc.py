"""The key management centre as a process: killed while it gives keys out, asked by its command."""
import base64
import json
import os
import sqlite3
import subprocess
import sys
import time

import hallsite
import walk
from flow import need, same
from test_g_kill import kill, restarted
from test_s_recover import officers

sys.path.insert(0, os.path.join(hallsite.TREE, "tests", "interop"))
import km_peer  # noqa: E402

SIGNER = 64201
# Speaks with kmc as the signer does: pairs for ever new orders, each asked until it is given.
CHILD = """
import base64, json, os, socket, struct, sys, threading, time
if os.geteuid() == 0:
    os.setgroups([SIGNER + 100, SIGNER + 101]); os.setresgid(SIGNER, SIGNER, SIGNER)
    os.setresuid(SIGNER, SIGNER, SIGNER)
G = bytes.fromhex("04" "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
                  "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0")
path, token, version, seconds, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), \\
    float(sys.argv[4]), int(sys.argv[5])
lock, ledger, until = threading.Lock(), {}, time.monotonic() + seconds
def frame(s, value):
    b = json.dumps(value).encode()
    s.sendall(struct.pack(">II", len(b), 0) + b)
    head = b""
    while len(head) < 8:
        more = s.recv(8 - len(head))
        if not more:
            raise OSError("closed")
        head += more
    n, m = struct.unpack(">II", head)
    body = b""
    while len(body) < n + m:
        more = s.recv(n + m - len(body))
        if not more:
            raise OSError("closed")
        body += more
    return json.loads(body[:n])
class Line:
    def __init__(self):
        self.s = None
    def pair(self, order):
        if self.s is None:
            self.s = socket.socket(socket.AF_UNIX)
            self.s.settimeout(20)
            try:
                self.s.connect(path)
                hello = frame(self.s, {"version": version, "role": "signer", "token": token})
                if "error" in hello:
                    raise RuntimeError(hello)
            except OSError:
                self.s = None
                raise
        try:
            a = frame(self.s, {"_ask": "pair", "_req": "x", "order": order, "subject": "",
                               "not_after": 0, "sign_point": base64.b64encode(G).decode()})
        except OSError:
            self.s = None
            raise
        if "error" in a:
            raise RuntimeError(a)
        return a["enc_point"]
def steady(line, order):
    while True:
        try:
            return line.pair(order)
        except OSError:
            time.sleep(0.02)
def work(t):
    line, n = Line(), 0
    while time.monotonic() < until:
        order = f"2027{t:06d}{n:010d}"
        point = steady(line, order)
        with lock:
            ledger[order] = point
        n += 1
pool = [threading.Thread(target=work, args=(t,)) for t in range(threads)]
[t.start() for t in pool]
[t.join() for t in pool]
line = Line()
changed = [o for o, p in ledger.items() if steady(line, o) != p]
print(json.dumps({"given": len(ledger), "different": len(set(ledger.values())),
                  "changed": changed}))
""".replace("SIGNER + 100", str(SIGNER - 1 + 101)).replace("SIGNER + 101", str(SIGNER - 1 + 102)) \
   .replace("SIGNER", str(SIGNER))


def token_of(site, name):
    with open(f"/proc/{site.status()[name]['pid']}/environ", "rb") as f:
        for row in f.read().split(b"\0"):
            if row.startswith(b"YINXIN_IPC_TOKEN="):
                return row.split(b"=", 1)[1].decode()
    raise RuntimeError(f"{name} has no token")


def kmc_version():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../../src/kmc/request.h"), encoding="utf-8") as f:
        return next(row.split()[2] for row in f if row.startswith("#define KMC_VERSION"))


def stats(site):
    words = site.yinxin("kmc", "stats").split("\n")
    return {row[:12].strip(): row[12:].split() for row in words if row}


def start_takers(site, seconds, threads=4):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, site.path("data", "run", "kmc.sock"),
         token_of(site, "signer"), kmc_version(), str(seconds), str(threads)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish_takers(takers):
    out, err = takers.communicate(timeout=120)
    need(takers.returncode == 0, err)
    return json.loads(out)


def rewrap(site):
    """Another wrapping key; kmc may just be on its way back."""
    return walk.poll("kmc rewrap", lambda: site.yinxin(
        "kmc", "rewrap", check=False).returncode == 0)


def wrapping_keys(folder):
    return {n for n in os.listdir(folder) if n.startswith("wrap")}


def test_kmc_killed(ctx):
    """kill -9 of kmc while it gives keys out, fills its pool and changes its wrapping key: no
    key is lost or given twice, and the old wrapping key goes in the end."""
    site = ctx.site
    keys = site.path("data", "kmc-keys")
    before = wrapping_keys(keys)
    takers = start_takers(site, 12)
    rounds = 0
    while takers.poll() is None and rounds < 8:
        if rounds % 3 == 1:
            rewrap(site)
        time.sleep(0.15 + 0.13 * (rounds * 7 % 5))
        restarted(site, "kmc", kill(site, "kmc"))
        rounds += 1
    ledger = finish_takers(takers)
    need(rounds >= 4, f"only {rounds} kills")
    need(ledger["given"] > 20, f"only {ledger['given']} pairs were given")
    same(ledger["changed"], [], "orders whose pair changed")
    same(ledger["different"], ledger["given"], "keys given")
    walk.poll("kmc's journal to verify", lambda: site.yinxin(
        "journal", "verify", "kmc", check=False).returncode == 0, 20)
    walk.poll("one wrapping key to be left", lambda: len(wrapping_keys(keys)) == 1, 20)
    need(not before & wrapping_keys(keys), "the old wrapping key is still there")
    if ctx.engine == "sqlite":
        db = sqlite3.connect(f"file:{site.path('data', 'kmc', 'kmc.db')}?mode=ro", uri=True)
        same(db.execute("SELECT count(*) FROM pool JOIN escrow USING (enc_point)").fetchone()[0],
             0, "keys both in the pool and in escrow")
        db.close()


def test_kmc_commands(ctx):
    """Key officers by the command line; statistics there and in the metrics."""
    site = ctx.site
    out = site.yinxin("kmc", "officer", "add", site.path("keys", "staff.crt"))
    serial = out.split()[0]
    need(f"{serial}  active" in site.yinxin("kmc", "officer", "list"), "not in the list")
    need("unlock" in site.yinxin("kmc", "officer", "add", site.path("keys", "staff.crt"),
                                 "--may", "keys,unlock"), "not for unlocking")
    site.yinxin("kmc", "device-key", "UKEY1", site.path("device.key"))
    need("BEGIN" in site.yinxin("kmc", "identity", "make"), "no identity")
    site.yinxin("kmc", "officer", "remove", serial)
    need(f"{serial}  removed" in site.yinxin("kmc", "officer", "list"), "still in the list")
    r = site.yinxin("kmc", "officer", "remove", serial, check=False)
    need(r.returncode != 0, "removed twice")
    need(int(stats(site)["made"][0]) > 0, stats(site))
    finish_takers(start_takers(site, 0.3, 1))
    r = site.yinxin("kmc", "history", "20260101000000000000", check=False)
    need(r.returncode != 0 and "no key of" in r.stderr, r.stderr)
    need("20270000000000000000" in site.yinxin("kmc", "history", "20270000000000000000"),
         "no history of an order")
    need(site.yinxin("kmc", "destroy", "--before", "2010-01-01").startswith("0 keys"),
         "keys to be destroyed")
    r = site.yinxin("kmc", "destroy", "--before", "2026-01-01", check=False)
    need(r.returncode != 0 and "still to be kept" in r.stderr, r.stderr)
    same(site.metrics()["yinxin_kmc_pool_size"], 256, "metrics of kmc")


class OtherCA(km_peer.Peer):
    """Asks our kmc as a key management centre is asked, by files."""

    def __init__(self, site, name):
        super().__init__(site.path("."), name)
        self.site, self.kmc = site, site.path("kmc-identity.crt")
        if site.yinxin("kmc", "identity", "show", check=False).returncode != 0:
            site.yinxin("kmc", "identity", "make")
        with open(self.kmc, "w", encoding="ascii") as f:
            f.write(site.yinxin("kmc", "identity", "show"))

    def ask(self, *asks, how="explicit", check=True):
        """The list of answers; check False: what the command says."""
        question, answer = self.site.path("km.question"), self.site.path("km.answer")
        with open(question, "wb") as f:
            f.write(self.message(asks, how))
        r = self.site.yinxin("kmc", "message", question, answer, check=False)
        if not check:
            return r
        need(r.returncode == 0, r.stderr)
        with open(answer, "rb") as f:
            return self.answers(f.read(), self.kmc, how)

    def enlist(self):
        return self.site.yinxin("kmc", "ca", "add", self.cert).split()[0]

    def user(self, name):
        path = self.site.path(name + ".user")
        km_peer.openssl("genpkey", "-algorithm", "SM2", "-out", path)
        return path

    def opened(self, answer, user):
        return km_peer.open_key(answer[1], user, self.kmc)


def signed_by_officers(ctx, statement):
    """Options that name the statement and both signatures."""
    site = ctx.site
    first, second = officers(ctx)
    rows = {r["name"]: r["serial"] for r in first.browser.get("/staff/members")["rows"]}
    text = json.dumps({**statement, "officer": rows["管理员"], "second": rows["同事"]},
                      ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    files = {"--statement": text.encode()}
    for option, desk, key in (("--signature", first, "staff"),
                              ("--second", second["desk"], second["key"])):
        site.plug(key)
        files[option] = base64.b64decode(desk.sign(text)["signature"])
    options = []
    for option, data in files.items():
        path = site.path("restore" + option)
        with open(path, "wb") as f:
            f.write(data)
        options += [option, path]
    return options


def test_kmc_messages(ctx):
    """Another CA, written with asn1crypto and the openssl command alone: applies for keys, gets one
    back when two key officers allow it, ends one; in both habits of tagging."""
    site, other = ctx.site, OtherCA(ctx.site, "other-ca")
    user, fresh = other.user("user"), other.user("fresh")
    number = 0x3300112233445566
    r = other.ask(km_peer.apply(number, user), check=False)
    need(r.returncode != 0 and "not signed by a CA known" in r.stderr, r.stderr)
    client = other.enlist()
    key = other.opened(other.ask(km_peer.apply(number, user))[0], user)
    same(other.opened(other.ask(km_peer.apply(number, user), how="implicit")[0], user), key,
         "asked again")
    several = other.ask(*(km_peer.apply(number + n, user) for n in range(1, 5)),
                        km_peer.revoke(number + 1), km_peer.revoke(number + 99))
    same([a[0] for a in several], ["apply"] * 4 + ["revoke", "error"], "answers")
    same(several[4][1]["user_cert_no"].native, number + 1, "which was ended")
    same(len({other.opened(a, user) for a in several[:4]} | {key}), 5, "different keys")
    back = other.ask(km_peer.restore(number, fresh))
    need(back[0][0] == "error" and "two key officers" in back[0][1]["err_desc"].native, back)
    shown = next(json.loads(row) for row in site.yinxin("kmc", "restore", "list").splitlines()
                 if f'"serial":"{number:X}"' in row)
    need(shown["client"] == client and shown["kind"] == "user", shown)
    out = site.yinxin("kmc", "restore", *signed_by_officers(ctx, shown))
    need("when it asks again" in out, out)
    for how in ("explicit", "implicit"):
        back = other.ask(km_peer.restore(number, fresh), how=how)
        same((back[0][0], other.opened(back[0], fresh)), ("restore", key), "restored")
    same(other.ask(km_peer.restore(number, user))[0][0], "error", "for another key")
    need("(user) order restore:" in site.yinxin("kmc", "history", f"km:{client}:{number:X}"),
         "not in the history")
    r = site.yinxin("kmc", "restore", *signed_by_officers(ctx, {**shown, "key": "00" * 32}),
                    check=False)
    need(r.returncode != 0 and "another key meanwhile" in r.stderr, r.stderr)
    # the CA gets another certificate and key: its keys stay its own, the former may go
    renewed = OtherCA(site, "other-ca-2")
    r = site.yinxin("kmc", "ca", "add", renewed.cert, "--renews", "0011223344556677", check=False)
    need(r.returncode != 0 and "no CA 0011223344556677" in r.stderr, r.stderr)
    site.yinxin("kmc", "ca", "add", renewed.cert, "--renews", client)
    need(f"of {client}" in site.yinxin("kmc", "ca", "list"), "whose certificate it is")
    site.yinxin("kmc", "ca", "remove", client)
    r = other.ask(km_peer.restore(number, fresh), check=False)
    need(r.returncode != 0, "answered to a certificate that was removed")
    same(renewed.opened(renewed.ask(km_peer.restore(number, fresh))[0], fresh), key,
         "restored to the renewed certificate")
    same(renewed.ask(km_peer.revoke(number + 2))[0][0], "revoke", "ended by the renewed one")
    for path, said in ((site.path("data", "tls", "server.crt"), "is no CA certificate"),
                       (site.path("data", "pub", "site-root.crt"), "signed with SM2")):
        r = site.yinxin("kmc", "ca", "add", path, check=False)
        need(r.returncode != 0 and said in r.stderr, r.stderr)
    site.yinxin("journal", "verify", "kmc")
