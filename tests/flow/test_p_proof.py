"""kill -9 of signer, kmc and va at random moments under load: nothing acknowledged is missing,
no serial number twice, the journals hold.  `make proof` does so two hundred times."""
import os
import random
import signal
import sqlite3
import subprocess
import time

import hallsite
import walk
from flow import need, same

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
    ledger = open(site.path("ledger"), "w+", encoding="ascii")
    return subprocess.Popen([program, "run", key, serial, str(threads)], cwd=site.root,
                            stdin=subprocess.PIPE, stdout=ledger, **as_web(site)), ledger


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
    ledger.seek(0)
    return [row.split() for row in ledger]


def stored(site, ctx):
    """Serial numbers in the ca store; None on an engine we do not read here."""
    if ctx.engine != "sqlite":
        return None
    db = sqlite3.connect(f"file:{site.path('data', 'ca', 'ca.db')}?mode=ro", uri=True)
    with db:
        rows = db.execute("SELECT ref, sign_serial, enc_serial FROM issue").fetchall()
        serials = {r[0] for r in db.execute("SELECT serial FROM certificate")}
    db.close()
    return {r[0]: (r[1], r[2]) for r in rows}, serials


def test_killed_under_load(ctx):
    """Signer, kmc and va killed at random while pairs are issued: what was acknowledged is in the
    store and known to OCSP, no serial number came twice, both journals verify."""
    site = ctx.site
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
    held = stored(site, ctx)
    if held is not None:
        same([row[0] for row in got if held[0].get(row[0]) != (row[1], row[2])], [],
             "orders whose pair is missing")
        same(set(serials) - held[1], set(), "certificates that are missing")
    for serial in random.sample(serials, min(20, len(serials))):
        walk.poll(f"{serial} good", lambda s=serial: "good" in site.yinxin(
            "cert", "status", s, check=False).stdout, 15)
    for which in ("signer", "kmc"):
        site.yinxin("journal", "verify", which)
    ctx.say(f"{ROUNDS} kills {killed}, {len(got)} pairs acknowledged, none missing, none twice")
    print(f"{ROUNDS} kills {killed}, {len(got)} pairs acknowledged", flush=True)
