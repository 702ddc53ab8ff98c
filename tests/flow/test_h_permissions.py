"""Each process sees its own files only (the services have users of their own as root)."""
import os
import subprocess
import sys

from flow import need

PEEK = """
import os, sys
uid = int(sys.argv[1])
groups = [int(g) for g in sys.argv[2].split(",") if g]
os.setgroups(groups)
os.setresgid(uid, uid, uid)
os.setresuid(uid, uid, uid)
for path in sys.argv[3:]:
    try:
        open(path, "rb").close()
        print(path)
    except OSError:
        pass
"""
CA = ["ca-keys/issuing.key", "ca-keys/root.key", "ca-keys/journal.key"]
KMC = ["kmc-keys/wrap.key", "kmc-keys/journal.key"]
GATE = ["gate/alipay-app.key", "gate/wechat-merchant.key"]
VA = ["va/ocsp-issuing-1.pem"]
WEB = ["tls/server.key"]
ENROL = ["enrol/server.key"]
HALL = ["hall/data.key"]
FILES = {"ca": ["ca/ca.db"], "kmc": ["kmc/kmc.db"], "hall": ["hall/hall.db"]}
SECRETS = ["../passphrase", "run/admin.token", "../keys/staff.key"]


def user_of(site, name):
    """uid and groups of a running service."""
    with open(f"/proc/{site.status()[name]['pid']}/status", encoding="ascii") as f:
        lines = dict(line.split(":", 1) for line in f)
    return int(lines["Uid"].split()[0]), lines["Groups"].split()


def may_open(site, name, files):
    uid, groups = user_of(site, name)
    paths = [site.path("data", f) for f in files]
    for p in paths:
        need(os.path.exists(p), f"{p} is not there")
    r = subprocess.run([sys.executable, "-I", "-c", PEEK, str(uid), ",".join(groups), *paths],
                       capture_output=True, text=True, check=True)
    return [p for p in files if site.path("data", p) in r.stdout.splitlines()]


def test_files(ctx):
    """No service can open another's keys or stores; each can open its own."""
    if os.geteuid() != 0:
        ctx.say("not root: all services are one user")
        return
    local = FILES if ctx.engine == "sqlite" else {k: [] for k in FILES}
    ca, kmc, hall = CA + local["ca"], KMC + local["kmc"], HALL + local["hall"]
    closed = {
        "web": ca + kmc + GATE + VA + ENROL + SECRETS,
        "enrol": ca + kmc + hall + GATE + VA + WEB + SECRETS,
        "signer": kmc + hall + GATE + WEB + SECRETS,
        "kmc": ca + hall + GATE + VA + WEB + SECRETS,
        "va": CA + kmc + hall + GATE + WEB + SECRETS,
        "gate": ca + kmc + VA + WEB + SECRETS,
        "doc": ca + kmc + hall + GATE + VA + WEB + SECRETS,
    }
    own = {"web": WEB + hall, "signer": ca, "kmc": kmc, "va": VA + local["ca"],
           "gate": GATE + hall, "enrol": ENROL}
    for name, files in closed.items():
        got = may_open(ctx.site, name, files)
        need(got == [], f"{name} can open {got}")
    for name, files in own.items():
        need(may_open(ctx.site, name, files) == files, f"{name} cannot open its own files")
    users = {user_of(ctx.site, n)[0] for n in closed}
    need(len(users) == len(closed) and 0 not in users, f"users {users}")


def test_confined(ctx):
    """The processes that hold keys or open pictures may gain nothing and leave no core."""
    for name in ("signer", "kmc", "va", "doc", "gate", "web", "enrol"):
        pid = ctx.site.status()[name]["pid"]
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            lines = dict(line.split(":", 1) for line in f)
        if os.geteuid() == 0:
            need(int(lines["CapEff"], 16) == 0, f"{name} has capabilities")
        if name in ("signer", "kmc", "va", "doc", "enrol"):
            need(lines["NoNewPrivs"].strip() == "1", f"{name} may gain privileges")
            need(lines["Seccomp"].strip() == "2", f"{name} has no filter of system calls")
