"""The assistant's page as C: prints assistant_assets[] for the files of a directory."""
import os
import sys

TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


def main(root):
    names = sorted(n for n in os.listdir(root) if os.path.splitext(n)[1] in TYPES)
    print('#include "base/base.h"\n#include "token/assistant_assets.h"\n')
    for i, name in enumerate(names):
        with open(os.path.join(root, name), "rb") as f:
            data = f.read()
        print(f"static const char file_{i}[] = {{"
              + ",".join(str(b if b < 128 else b - 256) for b in data) + ",0};")
    print("\nconst struct asset\tassistant_assets[] = {")
    for i, name in enumerate(names):
        kind = TYPES[os.path.splitext(name)[1]]
        print(f'\t{{"/{name}", "{kind}", file_{i}, sizeof(file_{i}) - 1}},')
    print("\t{NULL, NULL, NULL, 0}\n};")


main(sys.argv[1])
