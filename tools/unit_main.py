"""Write the main() of a unit-test program: one cmocka row for each test_<noun>__<case>.

A function group_setup/group_teardown in any of the files, when present, brackets the group.
"""
import re
import sys

NAME = re.compile(r"^(?:static\s+)?void\s*\n?(test_\w+__\w+)\(", re.M)


def main(paths):
    names, text = [], ""
    for path in paths:
        body = open(path, encoding="utf-8").read()
        text += body
        names += NAME.findall(body)
    if not names:
        sys.exit("no test_<noun>__<case> in " + " ".join(paths))
    if len(set(names)) != len(names):
        sys.exit("a test name stands twice in " + " ".join(paths))
    setup = "group_setup" if "int\ngroup_setup(" in text else "NULL"
    teardown = "group_teardown" if "int\ngroup_teardown(" in text else "NULL"
    print('#include "unit.h"')
    for name in names:
        print(f"void {name}(void **state);")
    for hook in (setup, teardown):
        if hook != "NULL":
            print(f"int {hook}(void **state);")
    print("int main(void)\n{\n\tconst struct CMUnitTest tests[] = {")
    for name in names:
        print(f"\t\tcmocka_unit_test({name}),")
    print("\t};\n\tunit_init();")
    print(f"\treturn cmocka_run_group_tests(tests, {setup}, {teardown});\n}}")


main(sys.argv[1:])
