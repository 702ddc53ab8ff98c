"""Disks that are full: the va's own folder, and those of PostgreSQL: the tables' and the log's."""
import glob
import os
import shutil
import signal
import subprocess
import time

import test_l_va as va
import test_n_enrol as enrol
import walk
from flow import need, same
from test_p_proof import Full, Gone, Stopped, fill, staff_serial


def stamp(site, asked):
    """A time stamp's text, or why there is none."""
    status, _, body = va.ask(site.va_url + "/tsa", asked,
                             Content_Type="application/timestamp-query")
    same(status, 200, "status")
    return va.stamp_text(site, body)


def test_va_folder_full(ctx):
    """The va's own folder full: no time stamp, for its number could not be kept, and OCSP goes on, also
    with a key that has to be made just then; by itself all is well when there is room."""
    site = ctx.site
    if os.geteuid() != 0:
        ctx.say("not root: no small file system can be mounted")
        return
    asked, staff = va.query(site), site.path("keys", "staff.crt")
    need("Granted" in stamp(site, asked), "before")
    number = va.serial_of(stamp(site, asked))
    broken = Full(site, "va")
    try:
        broken.break_it()
        time.sleep(1.1)                 # the time of the last stamp is written once a second
        text = stamp(site, asked)
        need("Rejected" in text and "no stamp can be made now" in text and
             "system failure" in text, text)
        same(va.ocsp_says(site, staff), ("good", ""), "OCSP")
        for path in glob.glob(site.path("data", "va", "ocsp-*.pem")):
            os.unlink(path)
        broken.break_it()               # what they left
        old = site.status()["va"]["pid"]
        os.kill(old, signal.SIGKILL)
        walk.poll("another va", lambda: site.status()["va"]["running"] and
                  site.status()["va"]["pid"] != old)
        walk.poll("OCSP with a new key", lambda: quiet(va.ocsp_says, site, staff) ==
                  ("good", ""), 20)
        need("Rejected" in stamp(site, asked), "a stamp without room for its number")
        same(glob.glob(site.path("data", "va", "*.new-*")), [], "files left behind")
        broken.mend()
        walk.poll("a stamp", lambda: "Granted" in stamp(site, asked), 20)
        need(va.serial_of(stamp(site, asked)) > number, "a number twice")
        walk.poll("the key in its file", lambda: glob.glob(
            site.path("data", "va", "ocsp-*.pem")), 30)
    finally:
        broken.end()
        ctx.desk = None


def quiet(fn, *args):
    try:
        return fn(*args)
    except (subprocess.CalledProcessError, AttributeError):
        return None


class SmallTables(Gone):
    """A database whose tables lie on a small file system, filled to the last byte."""

    def __init__(self, site, kind):
        super().__init__(site, kind)
        self.site = site
        self.folder = os.path.join(os.path.dirname(Stopped().data), "small")
        os.makedirs(self.folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=700", "tmpfs",
                        self.folder], check=True)
        shutil.chown(self.folder, "postgres", "postgres")
        site.stop_one("server")
        self.sql(f"CREATE TABLESPACE small LOCATION '{self.folder}'")
        self.sql(f'ALTER DATABASE "{self.name}" SET TABLESPACE small')
        site.start_server()

    def break_it(self):
        fill(os.path.join(self.folder, "ballast"))

    def mend(self):
        os.unlink(os.path.join(self.folder, "ballast"))

    def end(self):
        self.site.stop_one("server")
        if os.path.exists(os.path.join(self.folder, "ballast")):
            self.mend()
        self.sql(f'ALTER DATABASE "{self.name}" SET TABLESPACE pg_default')
        self.sql("DROP TABLESPACE small")
        subprocess.run(["umount", self.folder], check=True)
        os.rmdir(self.folder)
        self.site.start_server()


class SmallLog:
    """A database server whose write-ahead log lies on a small file system: it ends itself when that
    is full, and whoever watches over it starts it again when there is room."""

    def __init__(self, site, kind):
        self.server = Stopped()
        self.address = os.environ["YINXIN_TEST_" + kind.upper()]
        self.log = os.path.join(self.server.data, "pg_wal")
        self.small = os.path.join(os.path.dirname(self.server.data), "small-log")
        site.stop_one("server")
        self.server.stop("fast")
        os.makedirs(self.small)
        used = int(subprocess.run(["du", "-sk", self.log], check=True, capture_output=True,
                                  text=True).stdout.split()[0])
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={used + 40960}k,mode=700", "tmpfs",
                        self.small], check=True)
        subprocess.run(["cp", "-a", self.log + "/.", self.small], check=True)
        shutil.chown(self.small, "postgres", "postgres")
        os.rename(self.log, self.log + ".aside")
        os.symlink(self.small, self.log)
        self.server.start()
        site.start_server()
        self.site = site

    def break_it(self):
        fill(os.path.join(self.small, "ballast"))
        # the segments that are there already are used up first
        for _ in range(64):
            r = subprocess.run(["psql", self.address, "-qc", "SELECT pg_switch_wal(); CREATE TEMP "
                                "TABLE t AS SELECT 1"], capture_output=True, text=True)
            if r.returncode != 0:
                return
        raise AssertionError("the log never filled its disk")

    def mend(self):
        os.unlink(os.path.join(self.small, "ballast"))
        self.server.running = subprocess.run(
            ["psql", self.address, "-Atqc", "SELECT 1"], capture_output=True).returncode == 0
        if not self.server.running:
            self.server.stop("immediate", check=False)
            self.server.start()

    def end(self):
        self.site.stop_one("server")
        if os.path.exists(os.path.join(self.small, "ballast")):
            self.mend()
        self.server.stop("fast")
        os.unlink(self.log)
        os.rename(self.log + ".aside", self.log)
        for old in glob.glob(self.log + "/*"):
            if os.path.isfile(old):
                os.unlink(old)
        subprocess.run(["cp", "-a", self.small + "/.", self.log], check=True)
        subprocess.run(["umount", self.small], check=True)
        os.rmdir(self.small)
        self.server.start()
        self.site.start_server()


def enrol_until_full(site, user, name, broken):
    """Machines enrolled until the database takes no more; the certificates that were given out,
    the request that was refused and how."""
    got = []
    broken.break_it()
    for n in range(400):
        csr = enrol.make_csr(site, f"{name}-{n}", f"{name}-{n}.example")
        answer = enrol.enrol(site, user, csr)
        if answer[0] != 200:
            return got, csr, answer
        got.append(enrol.certificates(site, answer)[0])
    raise AssertionError("four hundred certificates and still room")


def database_full(ctx, name, how):
    site = ctx.site
    user = f"{name}:" + enrol.make_ra(site, name)
    pids = {n: p["pid"] for n, p in site.status().items()}
    broken = how(site, "ca")
    try:
        pids = {n: p["pid"] for n, p in site.status().items()}
        got, csr, answer = enrol_until_full(site, user, name, broken)
        need(answer[0] in (500, 503) and b"not possible now" in answer[2], answer)
        need(enrol.enrol(site, user, csr)[0] in (500, 503), "again")
        broken.mend()
        again = walk.poll("room again", lambda: (lambda a: a[0] == 200 and a)(
            enrol.enrol(site, user, csr)), 40)
        got.append(enrol.certificates(site, again)[0])
        for n, pem in enumerate(got):
            serial = enrol.serial_of(enrol.save(site, f"{name}.pem", pem))
            walk.poll(f"certificate {n} in the store", lambda s=serial: "good" in site.yinxin(
                "cert", "status", s, check=False).stdout, 15)
        site.yinxin("journal", "verify")
        same({n: p["pid"] for n, p in site.status().items()}, pids, "processes that live on")
        walk.poll("OCSP", lambda: quiet(va.ocsp_says, site, site.path("keys", "staff.crt")) ==
                  ("good", ""), 20)
    finally:
        broken.end()
        ctx.desk = None
    need("good" in site.yinxin("cert", "status", staff_serial(site)), "after all")
    print(f"{len(got) - 1} certificates before the disk was full, all there", flush=True)


def test_database_full(ctx):
    """PostgreSQL without room, for the tables, then for its log (which ends it): whoever asks is told
    to come again, what was given out is there, and all goes on when there is room."""
    if ctx.engine != "postgresql":
        return
    if os.geteuid() != 0:
        ctx.say("not root: no small file system can be mounted")
        return
    database_full(ctx, "small-tables", SmallTables)
    database_full(ctx, "small-log", SmallLog)
