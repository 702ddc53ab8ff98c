"""Turn src/store/sql/*.sql and src/store/migrations/*/*.sql into C.

    sql.py header > sql.h       enum sql_id
    sql.py table  > sql_table.c the statements and the migrations

A statement file of another store than the hall's begins with `-- store: ca` (or kmc, every).
A block is `-- name: order_by_no`, optional further comments, then one statement.  Parameters are $1, $2 … without gaps.  Faults are told with file and line.
Text that stands in several statements is a block `-- part: order_columns`; they say @order_columns.
"""
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STORES = ["hall", "ca", "kmc"]
NAME = re.compile(r"^[a-z][a-z0-9_]*$")


def die(path, line, what):
    sys.exit(f"{os.path.relpath(path, ROOT)}:{line}: {what}")


def parts():
    """{name: text} of the parts of all files."""
    found, name = {}, None
    for path in sorted(glob.glob(os.path.join(ROOT, "src/store/sql/*.sql"))):
        name = None
        for number, line in enumerate(open(path, encoding="utf-8"), 1):
            bare = line.strip()
            if m := re.match(r"--\s*(part|name):\s*(\S+)$", bare):
                name = m.group(2) if m.group(1) == "part" else None
                if name in found:
                    die(path, number, f'part "{name}" stands twice')
                if name:
                    found[name] = ""
            elif name and bare and not bare.startswith("--"):
                found[name] = f"{found[name]} {bare}".strip()
    return found


PARTS = parts()


def statements(path):
    """Yield (line, name, store, sql, number of parameters) of one file."""
    store, name, text, start = "hall", None, [], 0

    def part(m):
        if m.group(1) not in PARTS:
            die(path, start, f'"{name}" wants a part "{m.group(1)}", which is nowhere')
        return PARTS[m.group(1)]

    def finish():
        sql = " ".join(text).rstrip(";").strip()
        sql = re.sub(r"@([a-z_]+)", part, sql)
        if not sql:
            die(path, start, f'"{name}" is empty')
        if ";" in sql:
            die(path, start, f'"{name}" is more than one statement')
        return start, name, store, sql, params(path, start, name, sql)

    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        bare = line.strip()
        if m := re.match(r"--\s*store:\s*(\w+)$", bare):
            store = m.group(1)
            if store not in STORES + ["every"]:
                die(path, number, f'no store "{store}"')
        elif m := re.match(r"--\s*name:\s*(\S+)$", bare):
            if name:
                yield finish()
            name, text, start = m.group(1), [], number
            if not NAME.match(name):
                die(path, number, f'bad name "{name}"')
        elif re.match(r"--\s*part:", bare):
            if name:
                yield finish()
            name, text = "", []
        elif bare and not bare.startswith("--") and name != "":
            if name is None:
                die(path, number, "a statement without -- name:")
            text.append(re.sub(r"\s--\s.*$", "", bare))
    if name:
        yield finish()


def params(path, line, name, sql):
    found = sorted({int(n) for n in re.findall(r"\$(\d+)", sql)})
    if found != list(range(1, len(found) + 1)):
        die(path, line, f'"{name}" uses parameters {found}: they must be $1, $2 … without gap')
    return len(found)


def all_statements():
    seen, rows = {}, []
    for path in sorted(glob.glob(os.path.join(ROOT, "src/store/sql/*.sql"))):
        for line, name, store, sql, n in statements(path):
            if name in seen:
                die(path, line, f'"{name}" stands already in {seen[name]}')
            seen[name] = os.path.relpath(path, ROOT)
            rows.append((name, store, sql, n))
    return rows


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", '\\n"\n\t    "') + '"'


def header():
    print("/* Made by tools/sql.py from src/store/sql: do not edit. */")
    print("#ifndef STORE_SQL_H\n#define STORE_SQL_H\nenum sql_id {")
    for name, *_ in all_statements():
        print(f"\tSQL_{name.upper()},")
    print("\tSQL__MAX\n};\n#endif")


def migration_parts(path):
    """Statements of a migration: split at ';' that ends a line, comments dropped."""
    text = "".join(re.sub(r"--.*$", "", line) for line in
                   open(path, encoding="utf-8").read().splitlines(True))
    return [" ".join(p.split()) for p in re.split(r";\s*(?:\n|$)", text) if p.strip()]


def table():
    print('/* Made by tools/sql.py: do not edit. */\n#include "base/base.h"')
    print('#include "store/statement.h"\n')
    print("const struct statement\tstatements[SQL__MAX] = {")
    for name, store, sql, n in all_statements():
        kind = -1 if store == "every" else STORES.index(store)
        print(f"\t[SQL_{name.upper()}] = {{{quote(name)}, {kind}, {n},\n\t    {quote(sql)}}},")
    print("};\n\nconst struct migration\tmigrations[] = {")
    for store in STORES:
        for path in sorted(glob.glob(os.path.join(ROOT, f"src/store/migrations/{store}/*.sql"))):
            name = os.path.basename(path)[:-4]
            if not re.match(r"^\d{4}-[a-z0-9-]+$", name):
                die(path, 1, "a migration is called NNNN-what.sql")
            for i, part in enumerate(migration_parts(path)):
                print(f"\t{{{STORES.index(store)}, {quote(name)}, {i}, {quote(part)}}},")
    print("\t{-1, NULL, 0, NULL}\n};")


{"header": header, "table": table}[sys.argv[1]]()
