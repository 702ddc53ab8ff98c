"""doc/states.md from the tables of states.  With --check: is the file what it would be?"""
import os
import re
import sys

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = os.path.join(TREE, "doc", "states.md")
TABLES = [("order/order_state.def", "order/order.c", "The life of an order"),
          ("medium/medium_state.def", "medium/medium.c", "The life of a UKey")]
HEAD = """# States

Made by `tools/states.py` from `src/hall/order/order_state.def` and `src/hall/medium/medium_state.def`: the
same tables decide in the program which moves are possible; everything else is refused. What an operation does
on its way stands in `src/hall/ops/`.
"""


def read(name):
    with open(os.path.join(TREE, "src", "hall", name), encoding="utf-8") as f:
        return f.read()


def diagram(table, program):
    """The table as a diagram; where its moves have no sentence, the program's name of the event."""
    text = read(table)
    event = dict(re.findall(r'\[(\w+)\] = \{ "\w+", "([^"]+)" \}', read(program)))
    states = re.findall(r'^STATE\((\w+),\s*"(\w+)",\s*"([^"]+)"\)', text, re.M)
    moves = re.findall(r'^MOVE\((\w+),\s*(\w+),\s*(\w+)(?:,\s*"([^"]+)")?\)', text, re.M)
    name = {state: short for state, short, _ in states}
    rows = ["```mermaid", "stateDiagram-v2"]
    rows += [f'    state "{text}" as {short}' for _, short, text in states]
    rows.append(f"    [*] --> {states[0][1]}")
    rows += [f"    {name[a]} --> {name[b]} : {text or event[e]}" for e, a, b, text in moves]
    left = {a for _, a, _, _ in moves}
    rows += [f"    {short} --> [*]" for state, short, _ in states if state not in left]
    return "\n".join(rows) + "\n```\n"


def page():
    return HEAD + "".join(f"\n## {title}\n\n{diagram(table, program)}"
                          for table, program, title in TABLES)


def main():
    if sys.argv[1:] == ["--check"]:
        with open(PAGE, encoding="utf-8") as f:
            if f.read() != page():
                sys.exit("doc/states.md is not what the tables say: run tools/states.py")
        return
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(page())


if __name__ == "__main__":
    main()
