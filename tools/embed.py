"""Templates and assets as C: prints embedded.c for the files below a directory.

Each file keeps its name below that directory ("html/home.html").  Texts are also kept
compressed.  The hash of all assets stands in their public address, so that browsers may
keep them for ever.
"""
import gzip
import hashlib
import os
import sys

TEXTS = (".css", ".js", ".svg")


def literal(name, data):
    print(f"static const unsigned char {name}[] = {{")
    for i in range(0, len(data), 20):
        print("".join(f"{b}," for b in data[i:i + 20]))
    print("0};")


def main(root):
    files = []
    for base, _, names in os.walk(root):
        files += [os.path.relpath(os.path.join(base, n), root) for n in names
                  if not n.startswith(".")]
    files = sorted(f for f in files if f.startswith(("html/", "assets/")))
    print('#include "base/base.h"\n#include "web/embedded.h"\n')
    digest, rows = hashlib.sha256(), []
    for i, name in enumerate(files):
        with open(os.path.join(root, name), "rb") as f:
            data = f.read()
        literal(f"file_{i}", data)
        packed, size = "NULL", 0
        if name.startswith("assets/"):
            digest.update(name.encode() + b"\0" + data)
            if name.endswith(TEXTS):
                small = gzip.compress(data, 9, mtime=0)
                literal(f"packed_{i}", small)
                packed, size = f"packed_{i}", len(small)
        rows.append(f'\t{{"{name}", file_{i}, {len(data)}, {packed}, {size}}},')
    print("const struct embedded_file embedded_files[] = {")
    print("\n".join(rows))
    print("\t{NULL, NULL, 0, NULL, 0},\n};")
    print(f'const char embedded_hash[] = "{digest.hexdigest()[:12]}";')


main(sys.argv[1])
