"""Check what a compiler does not: floors, SQL and HTML fences, header shape, file size.

Prints one line a finding; exit status 1 when there is any.
"""
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
SQL = re.compile(r'"[^"\n]*\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b', re.I)
HTML = re.compile(r'"[^"\n]*<\s*(div|span|p|table|form|input|html|body|h[1-6]|ul|li|button)\b', re.I)
COMMENT = re.compile(r"/\*.*?\*/", re.S)
# The only places where the engines are spoken to, and pages that are not the hall's.
SQL_HOMES = ("src/store/",)
HTML_HOMES = ("src/sandbox/",)
# tables, generated lists and one-purpose parsers may be longer
LONG = 800


def floors():
    text = open(os.path.join(ROOT, "Makefile"), encoding="utf-8").read()
    return re.search(r"^FLOORS\s*:=\s*(.+)$", text, re.M).group(1).split() + ["main", "sandbox"]


# A trust service is reached from above through its stub only.
STUBS = {"signer": {"signer.h", "ceremony.h"}, "kmc": {"kmc.h"}, "va": {"va.h"},
         "doc": {"doc.h"}, "gate": {"gate.h", "fact.h"}}


def check_floor(path, text, order):
    mine = path.split("/")[1]
    for name in INCLUDE.findall(text):
        if "/" not in name:
            continue
        other = name.split("/")[0]
        if other not in order:
            continue
        if order.index(other) > order.index(mine):
            yield f"includes upward: {name}"
        if other in STUBS and mine != other and name.split("/")[1] not in STUBS[other]:
            yield f"reaches past the stub of {other}: {name}"
    yield from check_siblings(mine, text)


def check_siblings(mine, text):
    """doc, kmc, signer and va do not know one another except through stubs."""
    if mine in ("pki", "token") and re.search(r'#include "(store|http)/', text):
        if mine == "pki":
            yield "pki knows neither store nor http"


def check_c(path, text, order):
    bare = COMMENT.sub("", text)
    yield from check_floor(path, text, order)
    if path.endswith(".c") and '#include "base/base.h"' not in text.split("\n#include", 2)[0] \
            + text[:400]:
        yield "base/base.h must be included first"
    if path.endswith(".h") and "#ifndef" not in text[:80]:
        yield "no include guard"
    if not path.startswith(SQL_HOMES) and SQL.search(bare):
        yield "SQL outside src/store/sql"
    if not path.startswith(HTML_HOMES) and HTML.search(bare):
        yield "HTML outside src/web/html"
    if re.search(r"^\s*//|[;{}]\s*//", bare, re.M):
        yield "// comment"
    if bare.count("\n") > LONG:
        yield f"{bare.count(chr(10))} lines: look for the second noun"


def check_rows():
    """Every test that doc/rows.md names is there: a file, a function, or the noun of functions."""
    tests = ""
    for path in glob.glob(os.path.join(ROOT, "tests/unit/*/*.c")) + \
            glob.glob(os.path.join(ROOT, "tests/flow/test_*.py")):
        tests += f"file {os.path.basename(path).rsplit('.', 1)[0]}\n"
        with open(path, encoding="utf-8") as f:
            tests += f.read()
    with open(os.path.join(ROOT, "doc/rows.md"), encoding="utf-8") as f:
        rows = f.read()
    for name in sorted(set(re.findall(r"`(test_[a-z_0-9]+)`", rows))):
        if not re.search(rf"^(?:file |def |void\n)?{name}(?:__|\(|$)", tests, re.M):
            yield f"names no test: {name}"
    heads = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-")
             for h in re.findall(r"^### (.+)$", rows, re.M)}
    for anchor in sorted(set(re.findall(r"\]\(#([^)]+)\)", rows)) - heads):
        yield f"a link to no section: {anchor}"


def main():
    order, bad, files = floors(), 0, 0
    for base, _, names in sorted(os.walk(os.path.join(ROOT, "src"))):
        for name in sorted(names):
            if not name.endswith((".c", ".h")):
                continue
            path = os.path.relpath(os.path.join(base, name), ROOT)
            text = open(os.path.join(ROOT, path), encoding="utf-8").read()
            files += 1
            found = list(check_c(path, text, order))
            for line in found:
                print(f"{path}: {line}")
            bad += bool(found)
    rows = list(check_rows())
    for line in rows:
        print(f"doc/rows.md: {line}")
    files, bad = files + 1, bad + bool(rows)
    print(f"{files} files, {bad} with findings")
    sys.exit(1 if bad else 0)


main()
