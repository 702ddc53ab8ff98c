"""kill -9 of signer, kmc and va at random moments under load: nothing acknowledged is missing,
no serial number twice, the journals hold.  `make proof` does so two hundred times."""
import glob
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time

import hallsite
import identity
import test_l_va as va
import walk
from browser import Refused
from flow import need, refused, same, sentence, until_materials

ROUNDS = int(os.environ.get("YINXIN_PROOF_ROUNDS", "6"))
VICTIMS = ("signer", "kmc", "va")


def build():
    target = os.path.join(os.path.relpath(hallsite.BUILD, hallsite.TREE), "issuers")
    subprocess.run(["make", "-s", "-C", hallsite.TREE,
                    f"B={os.path.dirname(target)}", target], check=True)
    return os.path.join(hallsite.TREE, target)


def as_web(site):
    """The web process's user and environment: the signer asks for both."""
    pid = site.status()["web"]["pid"]
    with open(f"/proc/{pid}/environ", "rb") as f:
        env = dict(row.decode().split("=", 1) for row in f.read().split(b"\0") if b"=" in row)
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        ids = {row.split(":")[0]: row.split()[1:] for row in f if ":" in row}
    if os.geteuid() != 0:
        return {"env": env}
    return {"env": env, "user": int(ids["Uid"][0]), "group": int(ids["Gid"][0]),
            "extra_groups": [int(g) for g in ids["Groups"]]}


def start_issuers(site, threads=3):
    program, key = build(), site.path("proof.key")
    subprocess.run([program, "officer", key, site.path("proof.csr")], check=True,
                   cwd=site.root, env=site.environment())
    site.yinxin("staff", "add", "--name", "证明人", "--roles", "reviewer", "--csr",
                site.path("proof.csr"), "--cert", site.path("proof.crt"))
    serial = next(row.split()[-1] for row in site.yinxin(
        "cert", "show", site.path("proof.crt")).splitlines() if row.startswith("serial"))
    os.chmod(key, 0o644)
    ledger = site.path("ledger")
    # read by a file description of its own: one that both share moves where the issuers write
    with open(ledger, "w", encoding="ascii") as out:
        return subprocess.Popen([program, "run", key, serial, str(threads)], cwd=site.root,
                                stdin=subprocess.PIPE, stdout=out, **as_web(site)), ledger


def kill_one(site):
    """A service that runs just now; its name."""
    def running():
        return [n for n in VICTIMS if site.status()[n]["running"]]
    name = random.choice(walk.poll("a service to kill", running))
    try:
        os.kill(site.status()[name]["pid"], signal.SIGKILL)
    except ProcessLookupError:
        pass                    # gone already
    return name


def pairs(ledger):
    """(order, two serial numbers, digest) of every whole line."""
    with open(ledger, encoding="ascii") as f:
        rows = [row.split() for row in f if row.endswith("\n")]
    need(all(len(row) == 4 and len(row[0]) == 20 for row in rows), "a torn ledger")
    return rows


def select(site, ctx, text):
    """Rows of the ca store, read past the services."""
    if ctx.engine == "sqlite":
        db = sqlite3.connect(f"file:{site.path('data', 'ca', 'ca.db')}?mode=ro", uri=True)
        rows = db.execute(text).fetchall()
        db.close()
        return rows
    out = subprocess.run(["psql", os.environ["YINXIN_TEST_CA"], "-Atqc", text], check=True,
                         capture_output=True, text=True).stdout
    return [tuple(row.split("|")) for row in out.splitlines()]


def test_killed_under_load(ctx):
    """Signer, kmc and va killed at random while pairs are issued: what was acknowledged is in the
    store and known to OCSP, no serial number came twice, both journals verify."""
    site = ctx.site
    site.stop_one("server")
    site.extra["YINXIN_RUN_RESTART_MAX"] = "200"
    site.start_server()
    ctx.desk = None
    issuers, ledger = start_issuers(site)
    killed = dict.fromkeys(VICTIMS, 0)
    random.seed(20261121)
    try:
        for _ in range(ROUNDS):
            time.sleep(random.uniform(0.05, 1.2))
            need(issuers.poll() is None, "the issuers ended")
            killed[kill_one(site)] += 1
        before = len(pairs(ledger))
        walk.poll("issuing to go on", lambda: len(pairs(ledger)) > before + 3, 60)
    finally:
        issuers.stdin.close()
        need(issuers.wait(timeout=120) == 0, "an order had two pairs, or was refused")
    got = pairs(ledger)
    serials = [s for row in got for s in row[1:3]]
    same(len(set(serials)), len(serials), "different serial numbers")
    same(len({row[0] for row in got}), len(got), "different orders")
    pairs_held = {r[0]: r[1:] for r in select(
        site, ctx, "SELECT ref, sign_serial, enc_serial FROM issue")}
    same([row[0] for row in got if pairs_held.get(row[0]) != (row[1], row[2])], [],
         "orders whose pair is missing")
    held = [r[0] for r in select(site, ctx, "SELECT serial FROM certificate")]
    same(set(serials) - set(held), set(), "certificates that are missing")
    same(len(set(held)), len(held), "serial numbers in the store")
    for serial in random.sample(serials, min(20, len(serials))):
        walk.poll(f"{serial} good", lambda s=serial: "good" in site.yinxin(
            "cert", "status", s, check=False).stdout, 15)
    for which in ("signer", "kmc"):
        site.yinxin("journal", "verify", which)
    ctx.say(f"{ROUNDS} kills {killed}, {len(got)} pairs acknowledged, none missing, none twice")
    print(f"{ROUNDS} kills {killed}, {len(got)} pairs acknowledged", flush=True)


# -- a store that is full, or gone ---------------------------------------------------------
def fill(path):
    """Take all the room there is."""
    block = b"\0" * 4096
    with open(path, "ab", buffering=0) as f:
        try:
            while f.write(block) == len(block):
                pass
        except OSError:
            pass


class Full:
    """A folder of the data directory on a small file system of its own, filled to the last byte."""
    reads = True                # while broken

    def __init__(self, site, kind):
        self.site, self.folder = site, site.path("data", kind)
        self.aside = self.folder + ".aside"
        self.ballast = os.path.join(self.folder, "ballast")
        site.stop_one("server")
        os.rename(self.folder, self.aside)
        os.mkdir(self.folder)
        used = int(subprocess.run(["du", "-sk", self.aside], check=True, capture_output=True,
                                  text=True).stdout.split()[0])
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={used + 8192}k", "tmpfs",
                        self.folder], check=True)
        subprocess.run(["cp", "-a", self.aside + "/.", self.folder], check=True)
        shutil.copystat(self.aside, self.folder)
        of = os.stat(self.aside)
        os.chown(self.folder, of.st_uid, of.st_gid)
        site.start_server()

    def break_it(self):
        fill(self.ballast)

    def mend(self):
        os.unlink(self.ballast)

    def end(self):
        self.site.stop_one("server")
        shutil.rmtree(self.aside)
        os.mkdir(self.aside)
        subprocess.run(["cp", "-a", self.folder + "/.", self.aside], check=True)
        shutil.copystat(self.folder, self.aside)
        of = os.stat(self.folder)
        os.chown(self.aside, of.st_uid, of.st_gid)
        subprocess.run(["umount", self.folder], check=True)
        os.rmdir(self.folder)
        os.rename(self.aside, self.folder)
        self.site.start_server()


class Gone:
    """A PostgreSQL database that throws everybody out and lets nobody in."""
    reads = False

    def __init__(self, site, kind):
        self.address = os.environ["YINXIN_TEST_" + kind.upper()]
        self.name = self.address.rpartition("/")[2]

    def sql(self, text):
        subprocess.run(["psql", self.address.rpartition("/")[0] + "/postgres", "-qc", text],
                       check=True, stdout=subprocess.DEVNULL)

    def break_it(self):
        self.sql(f"ALTER DATABASE \"{self.name}\" ALLOW_CONNECTIONS false")
        self.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                 f"WHERE datname = '{self.name}'")

    def mend(self):
        self.sql(f"ALTER DATABASE \"{self.name}\" ALLOW_CONNECTIONS true")

    def end(self):
        pass


class Moved:
    """The folder of a SQLite store taken away under the running services, then put back."""
    reads = False

    def __init__(self, site, kind):
        self.folder = site.path("data", kind)

    def break_it(self):
        os.rename(self.folder, self.folder + ".gone")

    def mend(self):
        os.rename(self.folder + ".gone", self.folder)

    def end(self):
        if not os.path.exists(self.folder):
            self.mend()


def issue_broken(ctx, kind, how):
    """An approved order whose download meets the broken store; then the same goes on."""
    w = ctx.walker("person")
    w.apply()
    ctx.officer().approve(w.p.order)
    w.site.plug(w.p.key)
    code = w.authorisation_code()
    broken = how(ctx.site, kind)
    try:
        ctx.desk = None
        w.browser.connection = None
        w.assistant.connection = None
        token = w.open_fetch(code)
        csr = w.assistant.post("/key/make", {"order": w.p.order, "cn": w.p.name,
                                             "pin": walk.BLANK_PIN})["csr"]
        asked = {"token": token, "csr": csr}
        broken.break_it()
        e = refused((500, 502, 503), w.browser.post, "/fetch/issue", asked)
        need("再试" in sentence(e), sentence(e))
        if broken.reads:                # a full disk keeps nobody from reading
            need("good" in ctx.site.yinxin("cert", "status", staff_serial(ctx.site)), "the va")
        broken.mend()
        issued = walk.poll("the pair after the store came back", lambda: retry(
            w.browser.post, "/fetch/issue", asked), 30)
        same(w.browser.post("/fetch/issue", asked)["sign_cert"], issued["sign_cert"], "the pair")
        walk.poll("good", lambda: "good" in ctx.site.yinxin(
            "cert", "status", issued["serial"], check=False).stdout, 15)
        ctx.site.yinxin("journal", "verify")
    finally:
        broken.end()
        ctx.desk = None


def staff_serial(site):
    return next(row.split()[-1] for row in site.yinxin(
        "cert", "show", site.path("keys", "staff.crt")).splitlines() if row.startswith("serial"))


def retry(fn, *args):
    try:
        return fn(*args)
    except (Refused, OSError):
        return None


def test_store_broken(ctx):
    """The ca store, then the kmc store, full (SQLite) or gone (PostgreSQL) while a pair is asked
    for: a sentence that says to try again, nothing half done, and it works when it is back."""
    if ctx.engine == "sqlite" and os.geteuid() != 0:
        ctx.say("not root: no small file system can be mounted")
        return
    for kind in ("ca", "kmc"):
        issue_broken(ctx, kind, Full if ctx.engine == "sqlite" else Gone)


def test_store_moved(ctx):
    """The folder of the ca store, then of the kmc store, vanishes while a pair is asked for (SQLite):
    nothing is written into the file that is no longer there, OCSP does not go on saying "good"
    from it, and all goes on when it is back."""
    if ctx.engine != "sqlite":
        return
    site = ctx.site
    for kind in ("ca", "kmc"):
        issue_broken(ctx, kind, Moved)
    asked = va.ocsp_request(site, site.path("keys", "staff.crt"))
    folder = Moved(site, "ca")

    def said():
        return va.ask(site.va_url + "/ocsp", asked, Content_Type="application/ocsp-request")[2]
    need("good" in va.ocsp_text(site, said()), "before")
    try:
        folder.break_it()
        walk.poll("try later", lambda: said() == TRY_LATER, 8)
    finally:
        folder.end()
    walk.poll("OCSP", lambda: "good" in va.ocsp_text(site, said()), 8)


def test_hall_store_broken(ctx):
    """The hall's store full (SQLite) or gone (PostgreSQL): a page that writes says so, and it writes
    again by itself; a full one is still read."""
    if ctx.engine == "sqlite" and os.geteuid() != 0:
        return
    w = ctx.walker("person")
    until_materials(w)
    kind = w.browser.get(w.step_path("materials"))["materials"][0]["kind"]
    broken = (Full if ctx.engine == "sqlite" else Gone)(ctx.site, "hall")
    try:
        w.browser.connection = None
        broken.break_it()
        e = refused((500, 503), w.upload, kind, identity.png(seed=7))
        need("再试" in sentence(e), sentence(e))
        if ctx.engine == "sqlite":
            same(w.browser.get("/user/account")["mobile"], w.p.mobile, "reading")
            same(w.browser.get(w.step_path("materials"))["materials"][0]["has"], False, "kept")
        broken.mend()
        walk.poll("the page", lambda: retry(w.browser.get, w.step_path("materials")), 20)
        w.materials()
        ctx.site.yinxin("journal", "verify")
    finally:
        broken.end()
        ctx.desk = None


TRY_LATER = b"\x30\x03\x0a\x01\x03"


class Stopped:
    """The PostgreSQL server itself, stopped and started as it was."""

    def __init__(self):
        address = os.environ["YINXIN_TEST_CA"]
        self.data = subprocess.run(["psql", address, "-Atqc", "SHOW data_directory"], check=True,
                                   capture_output=True, text=True).stdout.strip()
        self.port = address.rpartition("/")[0].rpartition(":")[2]
        self.running = True

    def control(self, *args, check=True):
        find = sorted(glob.glob("/usr/lib/postgresql/*/bin/pg_ctl"))[-1]
        run = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"] \
            if os.geteuid() == 0 else []
        subprocess.run([*run, find, "-D", self.data, "-w", *args], check=check, cwd="/",
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self, how="immediate", check=True):
        self.control("-m", how, "stop", check=check)
        self.running = False

    def start(self):
        if self.running:
            return
        self.control("-l", os.path.join(self.data, "log"), "-o",
                     f"-p {self.port} -c listen_addresses=127.0.0.1 "
                     "-c unix_socket_directories=''", "start")
        self.running = True


def test_database_stopped(ctx):
    """PostgreSQL is killed and comes back: meanwhile every service says so and goes on living, then
    all work again by themselves: pages, issuing, OCSP, kmc, journals."""
    if ctx.engine != "postgresql":
        return
    site, w = ctx.site, ctx.walker("person")
    w.apply()
    ctx.officer().approve(w.p.order)
    staff = staff_serial(site)
    pids = {n: p["pid"] for n, p in site.status().items()}
    asked = va.ocsp_request(site, site.path("keys", "staff.crt"))
    server = Stopped()
    try:
        server.stop()
        e = refused((500, 503), w.browser.get, f"/orders/{w.p.order}")
        need("再试" in sentence(e), sentence(e))
        for command in (("ra", "list"), ("kmc", "stats"), ("journal", "verify", "kmc"),
                        ("cert", "find", "serial", staff)):
            r = site.yinxin(*command, check=False)
            need(r.returncode != 0 and "PostgreSQL" in r.stderr and "\n" not in r.stderr.strip(),
                 f"{command}: {r.stderr}")
        status = site.yinxin("cert", "status", staff, check=False)
        need("good" in status.stdout or "PostgreSQL" in status.stderr, status)
        answer = va.ask(site.va_url + "/ocsp", asked, Content_Type="application/ocsp-request")
        need(answer[2] == TRY_LATER or b"\x80\x00" in answer[2], answer)
        time.sleep(3)
        same({n: p["pid"] for n, p in site.status().items()}, pids, "processes that live on")
    finally:
        server.start()
    walk.poll("the order's page", lambda: retry(w.browser.get, f"/orders/{w.p.order}"), 20)
    walk.poll("kmc", lambda: site.yinxin("kmc", "stats", check=False).returncode == 0, 20)
    walk.poll("OCSP", lambda: "good" in site.yinxin("cert", "status", staff,
                                                    check=False).stdout, 20)
    w.fetch()
    site.yinxin("journal", "verify")
    same({n: p["pid"] for n, p in site.status().items()}, pids, "processes that live on")
