"""A text file as the C string profile_builtin."""
import json
import sys

print("extern const char profile_builtin[];\nconst char profile_builtin[] =")
for line in open(sys.argv[1], encoding="utf-8"):
    print(json.dumps(line, ensure_ascii=False))
print(";")
