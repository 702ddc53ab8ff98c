"""Everything continuous integration runs, in one go; ends with "N passed, N failed".

Stages run one after the other; each adds its own counts.  `tools/test.py STAGE …` runs
only the named ones.  Output of a stage that failed is shown; the rest is in build/test/.
"""
import os
import re
import subprocess
import sys
import time

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOGS = os.path.join(TREE, "build", "test")
PYTHON = "/usr/bin/python3"
DEV = "build/dev"
COUNTS = [
    # cmocka
    (re.compile(r"^\[  PASSED  \] (\d+) test\(s\)", re.M), 1),
    (re.compile(r"^\[  FAILED  \] (\d+) test\(s\)", re.M), -1),
    # our own closing line
    (re.compile(r"^(\d+) passed, \d+ failed\b", re.M), 1),
    (re.compile(r"^\d+ passed, (\d+) failed\b", re.M), -1),
]


def count(text):
    passed = failed = 0
    for pattern, sign in COUNTS:
        n = sum(int(x) for x in pattern.findall(text))
        if sign > 0:
            passed += n
        else:
            failed += n
    return passed, failed


def excerpt(lines):
    """Where something failed, and the end."""
    shown = set(range(max(0, len(lines) - 30), len(lines)))
    for i, line in enumerate(lines):
        if re.match(r"FAILED|\[  FAILED|not ok|\S+: error", line):
            shown.update(range(max(0, i - 2), min(len(lines), i + 30)))
    return [lines[i] for i in sorted(shown)][:400]


def run(name, command, env=None):
    """Run one stage; its counts.  A stage that dies without counting is one failure."""
    began = time.monotonic()
    log = os.path.join(LOGS, re.sub(r"\W+", "-", name) + ".log")
    with open(log, "wb") as f:
        status = subprocess.run(command, cwd=TREE, stdout=f, stderr=subprocess.STDOUT,
                                env={**os.environ, **(env or {})}, check=False).returncode
    with open(log, encoding="utf-8", errors="replace") as f:
        text = f.read()
    passed, failed = count(text)
    if status != 0 and failed == 0:
        failed = 1
    if status == 0 and passed == 0 and failed == 0:
        passed = 1
    print(f"{name:34} {passed:5} passed {failed:3} failed  "
          f"{time.monotonic() - began:6.1f} s", flush=True)
    if failed:
        print("\n".join("    " + line for line in excerpt(text.splitlines())), flush=True)
        print(f"    the whole of it: {os.path.relpath(log, TREE)}", flush=True)
    return passed, failed


class Postgres:
    """The private PostgreSQL cluster of tools/pg_start."""

    def __init__(self):
        self.dir = os.path.join(LOGS, "pg")
        if os.geteuid() == 0:       # the cluster runs as its own user: not below /root
            sys.path.insert(0, os.path.join(TREE, "tests", "flow"))
            import hallsite
            self.dir = hallsite.default_root("pg")
        self.address = {}

    def start(self, *databases):
        out = subprocess.run(["tools/pg_start", self.dir, *databases], cwd=TREE,
                             capture_output=True, text=True, check=True).stdout
        found = re.findall(r"postgresql://\S+", out)
        self.address = dict(zip(databases, found))
        return self.address

    def stop(self):
        subprocess.run(["tools/pg_stop", self.dir], cwd=TREE, check=False)


def make(*args):
    return ["make", "--no-print-directory", "-j2", *args]


def stage_build():
    yield run("build", make("all", "fonts"))
    yield run("build with sanitizers", make("DEV=1", f"B={DEV}", "unit-programs",
                                            f"{DEV}/libyinxin_skf.so"))


def stage_style():
    yield run("style", make("check-style"))
    yield run("headers compile alone", make("check-headers"))


def unit_programs():
    base = os.path.join(TREE, DEV)
    return sorted(n for n in os.listdir(base) if n.startswith("unit_"))


def stage_unit():
    pg = Postgres()
    fonts = os.path.join(TREE, "build", "fonts", "fonts.conf")
    env = {"FONTCONFIG_FILE": fonts, "ASAN_OPTIONS": "detect_leaks=0",
           "YINXIN_SKF": os.path.join(TREE, DEV, "libyinxin_skf.so")}
    try:
        env["YINXIN_TEST_PG"] = pg.start("unit")["unit"]
        for name in unit_programs():
            yield run("unit " + name.removeprefix("unit_"), [f"{DEV}/{name}"], env)
    finally:
        pg.stop()


def stage_interop():
    yield run("interop", ["tests/interop/run"])


def stage_flow():
    yield run("flow on SQLite", [PYTHON, "tests/flow/run.py", "sqlite"])
    pg = Postgres()
    try:
        address = pg.start("hall", "ca", "kmc")
        env = {f"YINXIN_TEST_{k.upper()}": v for k, v in address.items()}
        yield run("flow on PostgreSQL", [PYTHON, "tests/flow/run.py", "postgresql"], env)
    finally:
        pg.stop()


def stage_browser():
    yield run("browser", ["tests/browser/run"])


def stage_fuzz():
    yield run("fuzz", make("fuzz", "FUZZ_RUNS=4000"))


STAGES = {"build": stage_build, "style": stage_style, "unit": stage_unit,
          "interop": stage_interop, "flow": stage_flow, "browser": stage_browser,
          "fuzz": stage_fuzz}


def main():
    os.makedirs(LOGS, exist_ok=True)
    names = sys.argv[1:] or list(STAGES)
    passed = failed = 0
    for name in names:
        for p, f in STAGES[name]():
            passed += p
            failed += f
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
