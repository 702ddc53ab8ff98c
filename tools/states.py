"""doc/states.md from src/hall/order_state.def.  With --check: is the file what it would be?"""
import os
import re
import sys

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(TREE, "src", "hall", "order_state.def")
PAGE = os.path.join(TREE, "doc", "states.md")
HEAD = """# The life of an order

Made by `tools/states.py` from `src/hall/order_state.def`: the same table decides in the program which moves are possible;
everything else is refused.

```mermaid
stateDiagram-v2
"""


def page():
    with open(TABLE, encoding="utf-8") as f:
        text = f.read()
    states = re.findall(r'^STATE\((\w+),\s*"(\w+)",\s*"([^"]+)"\)', text, re.M)
    moves = re.findall(r'^MOVE\((\w+),\s*(\w+),\s*(\w+),\s*"([^"]+)"\)', text, re.M)
    name = {state: short for state, short, _ in states}
    rows = [f'    state "{text}" as {short}' for _, short, text in states]
    rows.append(f"    [*] --> {states[0][1]}")
    rows += [f"    {name[a]} --> {name[b]} : {text}" for _, a, b, text in moves]
    left = {a for _, a, _, _ in moves}
    rows += [f"    {short} --> [*]" for state, short, _ in states if state not in left]
    return HEAD + "\n".join(rows) + "\n```\n"


def main():
    if sys.argv[1:] == ["--check"]:
        with open(PAGE, encoding="utf-8") as f:
            if f.read() != page():
                sys.exit("doc/states.md is not what src/hall/order_state.def says: run tools/states.py")
        return
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(page())


if __name__ == "__main__":
    main()
