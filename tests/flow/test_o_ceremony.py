"""A key ceremony by script: the root's passphrase in the hands of custodians."""
import hashlib
import json
import os
import signal
import subprocess
import time

from flow import need, same

NAMES = ["张三", "李四", "王五"]


class Ceremony:
    def __init__(self, site, name="ceremony"):
        self.site, self.dir = site, site.path(name)
        os.makedirs(self.dir, exist_ok=True)
        for i, name in enumerate(NAMES):
            with open(self.path(f"{i}.pin"), "w", encoding="ascii") as f:
                f.write(f"4711{i}082\n")
        self.runs = 0

    def path(self, name):
        return os.path.join(self.dir, name)

    def script(self, secret, who, steps, pins=None, need=2, places=None):
        """places: where custodians keep their shares, {number: "file: PATH" or "ukey: SERIAL"}"""
        self.runs += 1
        pins, places = pins or {}, places or {}
        lines = ["title: 持有人保管的根", f"secret: {secret}", "witnesses: [赵六]",
                 f"driver: {self.site.path('app', 'lib', 'libyinxin_skf.so')}", "custodians:"]
        lines[2:2] = [f"need: {need}"] if secret == "make" else []
        lines += [f"  - {{name: {NAMES[i]}, {places.get(i, 'file: ' + self.path(f'{i}.share'))}, "
                  f"pin: {self.path(f'{pins.get(i, i)}.pin')}}}" for i in who]
        lines += ["steps:"] + [f"  - {{{s}}}" for s in steps]
        path = self.path(f"{self.runs}.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        return path

    def run(self, *args, **kwargs):
        """(result of the command, lines of the record)"""
        script = self.script(*args, **kwargs)
        record = self.path(f"{self.runs}.record")
        r = self.site.yinxin("ca", "ceremony", script, "--record", record, check=False)
        if not os.path.exists(record):
            return r, []
        with open(record, encoding="utf-8") as f:
            return r, [json.loads(line) for line in f]

    def told(self, r):
        """The journal's line about the record, which is the record as it stands."""
        line = int(r.stdout.split("by line ")[1].split()[0])
        proof = json.loads(self.site.yinxin("journal", "prove", "--line", str(line)))
        told = json.loads(proof["lines"][0]["line"])
        with open(self.path(f"{self.runs}.record"), "rb") as f:
            same(told["detail"]["record"], hashlib.new("sm3", f.read()).hexdigest(), "record")
        return told


def test_ceremony(ctx):
    """Two of three custodians: a root whose key one of them, or the service, cannot use."""
    site, c = ctx.site, Ceremony(ctx.site)
    r, record = c.run("make", [0, 1, 2], [
        "create: held-root, cn: Held Root, company: Test, years: 20",
        "create: held-ca, parent: held-root-1, cn: Held CA, company: Test, years: 10",
        "crl: held-root-1"])
    need(r.returncode == 0, f"{r.returncode}: {r.stderr}{r.stdout}")
    same([row["step"] for row in record], ["begin", "split", "create", "create", "crl"],
         "record")
    with open(c.path("1.yaml"), "rb") as f:
        same(record[0]["script"], hashlib.new("sm3", f.read()).hexdigest(), "script")
    begun = json.loads(site.yinxin("journal", "prove", "--line", str(record[0]["line"])))
    begun = json.loads(begun["lines"][0]["line"])
    same([begun["what"], begun["detail"]["script"]], ["ca.ceremony_begin", record[0]["script"]],
         "the line that it begins")
    told = c.told(r)
    same([told["what"], told["detail"]["custodians"], told["detail"]["done"]],
         ["ca.ceremony", NAMES, True], "line")
    same(os.stat(c.path("0.share")).st_mode & 0o777, 0o600, "mode of a share")
    need("held-ca-1" in site.yinxin("ca", "list"), "the new CA is in the list")

    r = site.yinxin("ca", "crl", "held-root-1", check=False)
    need(r.returncode != 0, "the service's passphrase opened the root's key")
    r, record = c.run("make", [0, 1, 2], ["crl: held-root-1"])
    need(r.returncode != 0 and "already" in r.stderr and not record, "shares were overwritten")

    r, record = c.run("join", [2, 0], ["crl: held-root-1",
                                       f"cross: held-root-1, cert: "
                                       f"{site.path('data', 'pub', 'issuing.crt')}, "
                                       f"out: {c.path('cross.crt')}"])
    need(r.returncode == 0, f"{r.returncode}: {r.stderr}{r.stdout}")
    same([row["step"] for row in record], ["begin", "join", "crl", "cross"], "record")
    c.told(r)
    r, record = c.run("join", [0, 1], ["crl: held-root-1"], pins={1: 2})
    need(r.returncode != 0 and "PIN" in r.stderr, f"another's PIN opened a share: {r.stderr}")
    same(record[-1]["step"], "failed", "record of a failure")
    need(c.told(r)["detail"]["done"] is False, "the journal tells of the failure")
    site.yinxin("journal", "verify")

    site.stop_one("server")             # the issuing CA's key opens with the service's passphrase
    site.start_server()
    row = next(line for line in site.yinxin("ca", "list").splitlines() if "held-ca-1" in line)
    need("key open" in row, row)


def test_ceremony_refused(ctx):
    """Too few shares, one of another ceremony, one twice, an edited one: refused, recorded and told."""
    site, c = ctx.site, Ceremony(ctx.site, "ceremony-refused")
    two = {i: f"file: {c.path(f'two{i}.share')}" for i in range(3)}
    three = {i: f"file: {c.path(f'three{i}.share')}" for i in range(3)}
    make = ["create: refused-root, cn: Refused Root, company: Test, years: 20"]
    r, _ = c.run("make", [0, 1, 2], make, places=two)
    need(r.returncode == 0, r.stderr)
    r, _ = c.run("make", [0, 1, 2], ["create: other-held, cn: Other, company: Test, years: 20"],
                 need=3, places=three)
    need(r.returncode == 0, r.stderr)
    with open(c.path("two2.share"), encoding="utf-8") as f:
        share = json.load(f)
    with open(c.path("edited.share"), "w", encoding="utf-8") as f:
        json.dump({**share, "custodian": "别人"}, f, ensure_ascii=False)
    crl = ["crl: refused-root-1"]
    for who, places, said in (([0, 1], three, "2 shares are there, 3 are needed"),
                              ([0, 1], {0: two[0], 1: three[1]}, "of another set"),
                              ([0, 2], {0: two[0], 2: f"file: {c.path('edited.share')}"},
                               "changed"),
                              ([0, 2], {0: two[0], 2: two[0]}, "PIN")):
        r, record = c.run("join", who, crl, places=places)
        need(r.returncode != 0 and said in r.stderr, f"{said}: {r.stderr}")
        same([row["step"] for row in record], ["begin", "failed"], "record")
        need(c.told(r)["detail"]["done"] is False, "told as done")
    r, record = c.run("join", [0, 1, 2], crl, places=three)      # enough, of the other root
    need(r.returncode != 0 and record[-1]["step"] == "failed", "another root's secret")
    r, _ = c.run("join", [0], crl, places=two)
    need(r.returncode != 0 and "2 to 16 custodians" in r.stderr, r.stderr)
    r, _ = c.run("join", [1, 2], crl, places=two)
    need(r.returncode == 0, r.stderr)


def test_ceremony_ukeys(ctx):
    """Shares in the custodians' UKeys and one in a file; what a UKey holds it gives for its PIN only."""
    site, c = ctx.site, Ceremony(ctx.site, "ceremony-ukeys")
    driver, paths, places = site.path("app", "lib", "libyinxin_skf.so"), [], {}
    for i in (0, 1):
        with open(c.path(f"{i}.pin"), encoding="ascii") as f:
            paths.append(site.make_key(f"held{i}", NAMES[i], f.read().strip()))
        r = subprocess.run([site.bin("yinxin-assistant"), "list", "--driver", driver], check=True,
                           env={**os.environ, "YINXIN_SOFTKEY": paths[-1]}, capture_output=True,
                           text=True)
        places[i] = "ukey: " + json.loads(r.stdout)["keys"][0]["serial"]
    places[2] = f"file: {c.path('beside.share')}"
    steps = ["create: ukey-root, cn: UKey Root, company: Test, years: 20"]
    site.extra["YINXIN_SOFTKEY"] = paths[0]
    try:
        r, record = c.run("make", [0, 1, 2], steps, places=places)
        need(r.returncode != 0 and "is not plugged in" in r.stderr, r.stderr)
        need(not os.path.exists(c.path("beside.share")), "a share before all were looked at")
        site.extra["YINXIN_SOFTKEY"] = ":".join(paths)
        r, record = c.run("make", [0, 1, 2], steps, places=places)
        need(r.returncode == 0, r.stderr)
        same([row["step"] for row in record], ["begin", "split", "create"], "record")
        r, record = c.run("make", [0, 1, 2], steps, places={**places,
                          2: f"file: {c.path('beside2.share')}"})
        need(r.returncode != 0 and "holds a share already" in r.stderr, r.stderr)
        need(not os.path.exists(c.path("beside2.share")), "a share of a set that never was")
        for who in ([0, 1], [1, 2]):
            r, record = c.run("join", who, ["crl: ukey-root-1"], places=places)
            need(r.returncode == 0, r.stderr)
            c.told(r)
        r, record = c.run("join", [0, 1], ["crl: ukey-root-1"], places=places, pins={1: 0})
        need(r.returncode != 0 and record[-1]["step"] == "failed" and "8" in r.stderr, r.stderr)
    finally:
        del site.extra["YINXIN_SOFTKEY"]


def test_ceremony_killed(ctx):
    """Killed in the middle: the journal tells that it began, the shares open what it made, and a
    second script goes on with the steps that are left."""
    site, c = ctx.site, Ceremony(ctx.site, "ceremony-killed")
    places = {i: f"file: {c.path(f'killed{i}.share')}" for i in range(3)}
    names = [f"killed-{n}" for n in range(12)]
    steps = [f"create: {n}, cn: {n}, company: Test, years: 20" for n in names]
    script = c.script("make", [0, 1, 2], steps, places=places)
    record = c.path("killed.record")
    p = subprocess.Popen([site.bin("yinxin"), "ca", "ceremony", script, "--record", record],
                         cwd=site.root, env=site.environment(), stdout=subprocess.DEVNULL)
    until = time.monotonic() + 30
    rows = []
    while time.monotonic() < until and "create" not in [r["step"] for r in rows]:
        time.sleep(0.01)
        if os.path.exists(record):
            with open(record, encoding="utf-8") as f:
                rows = [json.loads(line) for line in f]
    p.send_signal(signal.SIGKILL)
    p.wait(10)
    with open(record, encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]      # whole lines only
    same([r["step"] for r in rows[:3]], ["begin", "split", "create"], "record")
    proof = json.loads(site.yinxin("journal", "prove", "--line", str(rows[0]["line"])))
    need("ca.ceremony_begin" in proof["lines"][0]["line"], "not told that it began")
    made = [line.split()[0] for line in site.yinxin("ca", "list").splitlines()
            if line.startswith("killed-")]
    need(0 < len(made) < len(names), f"{made}: it was not killed in the middle")
    left = names[len(made):]
    need(made == [f"{n}-1" for n in names[:len(made)]], made)
    r, record = c.run("join", [0, 2], [f"crl: {made[0]}", f"create: {left[0]}, cn: {left[0]}, "
                                       "company: Test, years: 20"], places=places)
    need(r.returncode == 0, r.stderr)
    c.told(r)
    need(f"{left[0]}-1" in site.yinxin("ca", "list"), "it did not go on")
    leavings = [n for n in os.listdir(site.root) if n.startswith("core")]
    need(not leavings, leavings)
    site.yinxin("journal", "verify")
