"""Backup of a running site, and the same site put back elsewhere."""
import ctypes
import os
import shutil
import subprocess
import threading

import hallsite
import walk
from browser import Browser
from flow import need, refused, same

KINDS = ("hall", "ca", "kmc")


class Load:
    """Visitors who keep the hall store busy."""

    def __init__(self, site, n=3):
        self.site, self.done, self.stop = site, 0, threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(n)]

    def run(self, i):
        b = Browser(self.site.url)
        b.source = (f"127.0.9.{i + 1}", 0)
        b.get("/signin")
        while not self.stop.is_set():
            b.get_raw(f"/captcha/load{i}aaaaaaaaaaaaaaaa{self.done % 7}")
            self.done += 1
            self.stop.wait(0.05)

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for t in self.threads:
            t.join()


def databases(ctx, prefix):
    """Empty databases beside the site's own; {} on SQLite."""
    found = {}
    for kind, address in ctx.site.store.items():
        name = f"{prefix}_{kind}"
        for text in (f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}"):
            subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", address, "-c",
                            "SET client_min_messages = error", "-c", text], check=True)
        found[kind] = address[:address.rindex("/") + 1] + name
    return found


def elsewhere(ctx):
    """A machine with the program and the passphrase, and nothing else."""
    root = hallsite.default_root("flow-restored-" + ctx.engine)
    if os.path.exists(root):
        hallsite.Site(root).stop()
        shutil.rmtree(root)
    settings = {k: v for k, v in ctx.site.extra.items() if k == "YINXIN_CA_PROFILES"}
    other = hallsite.Site(root, store=databases(ctx, "restored"), settings=settings)
    other.install()
    shutil.copy2(ctx.site.path("passphrase"), other.path("passphrase"))
    return other


def fails(site, *args):
    r = site.yinxin(*args, check=False)
    need(r.returncode != 0, f"yinxin {' '.join(args)} held: {r.stdout}")
    return r.stderr


class Swap:
    """A service that was taken over: data/hall/mine is now a directory, now a link out of it."""

    FILES = 40

    def __init__(self, site):
        self.stop = threading.Event()
        self.mine, self.link = site.path("data", "hall", "mine"), site.path("data", "hall", "link")
        self.secret = site.path("secret")
        for where, text in ((self.mine, "of the service"), (self.secret, "of nobody else")):
            os.makedirs(where)
            for i in range(self.FILES):
                with open(os.path.join(where, f"f{i}"), "w", encoding="ascii") as f:
                    f.write(text)
        os.symlink(self.secret, self.link)
        self.exchange = ctypes.CDLL(None, use_errno=True).renameat2
        self.thread = threading.Thread(target=self.run)

    def run(self):
        here, exchange = -100, 2
        while not self.stop.is_set():
            need(self.exchange(here, self.mine.encode(), here, self.link.encode(),
                               exchange) == 0, "renameat2")

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        for at in (self.mine, self.link):
            os.unlink(at) if os.path.islink(at) else shutil.rmtree(at)
        shutil.rmtree(self.secret)


def test_backup_led_elsewhere(ctx):
    """Links put in the way while a backup walks: what they lead to is in none."""
    place = ctx.site.path("backup-swapped")
    with Swap(ctx.site):
        for _ in range(3):
            ctx.site.yinxin("backup", place)
            kept = [data for _, data in everything(place)]
            need(b"of nobody else" not in kept, "the backup was led out of data.dir")
            shutil.rmtree(place)


def everything(directory):
    for where, _, names in os.walk(directory):
        for name in names:
            with open(os.path.join(where, name), "rb") as f:
                yield name, f.read()


def lines(site, journal):
    """How many lines the journal has, all of them verified."""
    said = site.yinxin("journal", "verify", journal)
    return int(said.split()[1])


def backup_refusals(ctx, place):
    site = ctx.site
    need("cannot create" in fails(site, "backup", place), "into a directory that is there")
    need("inside data.dir" in fails(site, "backup", site.path("data", "b")), "inside data.dir")
    with open(site.path("wrong"), "w", encoding="ascii") as f:
        f.write("not the passphrase\n")
    site.extra["YINXIN_KEY_PASSPHRASE_FILE"] = site.path("wrong")
    try:
        need("passphrase" in fails(site, "backup", site.path("never")), "a wrong passphrase")
    finally:
        del site.extra["YINXIN_KEY_PASSPHRASE_FILE"]
    need(not os.path.exists(site.path("never")), "a backup under a wrong passphrase")


def restore_refusals(other, place):
    """Nothing is written for who should not, or over something."""
    data = other.path("data")
    shutil.move(other.path("passphrase"), other.path("kept"))
    with open(other.path("passphrase"), "w", encoding="ascii") as f:
        f.write("not the passphrase\n")
    need("passphrase" in fails(other, "restore", place), "a wrong passphrase")
    shutil.move(other.path("kept"), other.path("passphrase"))
    spoiled = os.path.join(place, "files", "3")
    with open(spoiled, "r+b") as f:
        first = f.read(1)
        f.seek(0)
        f.write(bytes([first[0] ^ 1]))
    said = fails(other, "restore", place)
    need("files/3" in said and "damaged" in said, f"a damaged file: {said}")
    with open(spoiled, "r+b") as f:
        f.write(first)
    manifest = os.path.join(place, "manifest.json")
    with open(manifest, encoding="utf-8") as f:
        text = f.read()
    with open(manifest, "w", encoding="utf-8") as f:
        f.write(text.replace("root.key", "rood.key"))
    need("altered" in fails(other, "restore", place), "an altered manifest")
    with open(manifest, "w", encoding="utf-8") as f:
        f.write(text)
    need(not os.path.exists(data), "something was written all the same")
    os.makedirs(data)
    open(os.path.join(data, "something"), "w", encoding="ascii").close()
    need("not empty" in fails(other, "restore", place), "over something")
    shutil.rmtree(data)
    os.makedirs(data)
    os.chmod(data, 0o777)
    need("others may write" in fails(other, "restore", place), "where others may write")
    need(not os.listdir(data), "something was written all the same")
    shutil.rmtree(data)


def owners(site):
    """{path: (user, group, mode)} of what a site keeps."""
    found = {}
    for where, dirs, names in os.walk(site.path("data")):
        dirs[:] = [d for d in dirs if d != "run"]
        for name in [*dirs, *names]:
            path = os.path.join(where, name)
            st = os.stat(path)
            if not name.endswith(("-wal", "-shm")):
                found[os.path.relpath(path, site.path("data"))] = (
                    st.st_uid, st.st_gid, oct(st.st_mode & 0o7777))
    return found


def test_backup(ctx):
    """Backed up under load, put back elsewhere: accounts, orders, certificates, journals, OCSP."""
    site = ctx.site
    w = ctx.walker("org")
    w.apply()
    ctx.officer().approve(w.p.order)
    w.fetch()
    serial, before = w.serial, {j: lines(site, j) for j in ("signer", "kmc")}
    pem = w.browser.get_raw(f"/orders/{w.p.order}/certificates/sign")[1]
    place = site.path("backup")
    shutil.rmtree(place, ignore_errors=True)
    with Load(site) as load:
        walk.poll("the load to run", lambda: load.done > 20)
        began = load.done
        said = site.yinxin("backup", place)
        ctx.say(said.strip())
        walk.poll("the load to go on", lambda: load.done > began + 5)
    need(load.done > began, "the site stood still while it was backed up")
    later = ctx.walker("person")                    # not in the backup
    with open(site.path("data", "hall", "data.key"), "rb") as f:
        data_key = f.read().strip()
    for name, data in everything(place):
        need(data_key not in data, f"the data key lies in {name} in clear")
        need(b"PRIVATE KEY" not in data, f"{name} holds a key in clear")
        need(w.p.id_no.encode() not in data and w.p.mobile.encode() not in data,
             f"{name} tells who somebody is")
    backup_refusals(ctx, place)
    other = elsewhere(ctx)
    restore_refusals(other, place)
    said = other.yinxin("restore", place)
    ctx.say(said.strip())
    need("journal of signer" in said and "revocations" in said, f"what is lost: {said}")
    theirs, ours = owners(site), owners(other)
    for path, is_ in ours.items():
        same(is_, theirs[path], f"owner and mode of {path}")
    for path in theirs:
        need(path in ours or "ldap" in path, f"{path} was not put back")
    try:
        other.start_server()
        for j, n in before.items():
            need(lines(other, j) >= n, f"the journal of {j} has fewer lines than before")
        other.yinxin("journal", "anchor", "--restored")
        need("put back to" in other.yinxin("journal", "verify"), "that the hall was put back")
        there = walk.Walker(other, w.p, ctx.say)
        there.sign_in()
        same(there.browser.get_raw(f"/orders/{w.p.order}/certificates/sign")[1], pem,
             "the certificate")
        same(there.order_model()["state"], "done", "the order")
        need("good" in other.yinxin("cert", "status", serial), "the va's word")
        refused((403, 422), walk.Walker(other, later.p, ctx.say).sign_in)
    finally:
        other.stop()
        shutil.rmtree(other.root)
        shutil.rmtree(place)
