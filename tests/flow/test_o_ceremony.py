"""A key ceremony by script: the root's passphrase in the hands of custodians."""
import hashlib
import json
import os

from flow import need, same

NAMES = ["张三", "李四", "王五"]


class Ceremony:
    def __init__(self, site):
        self.site, self.dir = site, site.path("ceremony")
        os.makedirs(self.dir, exist_ok=True)
        for i, name in enumerate(NAMES):
            with open(self.path(f"{i}.pin"), "w", encoding="ascii") as f:
                f.write(f"4711{i}082\n")
        self.runs = 0

    def path(self, name):
        return os.path.join(self.dir, name)

    def script(self, secret, who, steps, pins=None):
        self.runs += 1
        pins = pins or {}
        lines = ["title: 持有人保管的根", f"secret: {secret}", "witnesses: [赵六]", "custodians:"]
        lines[2:2] = ["need: 2"] if secret == "make" else []
        lines += [f"  - {{name: {NAMES[i]}, file: {self.path(f'{i}.share')}, "
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
    same([row["step"] for row in record], ["split", "create", "create", "crl"], "record")
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
    same([row["step"] for row in record], ["join", "crl", "cross"], "record")
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
