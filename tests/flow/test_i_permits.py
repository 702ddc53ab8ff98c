"""A taken-over web process: what it can open, and what it can ask of the signer and kmc."""
import json
import os
import re
import subprocess
import sys

from flow import need

WEB = 64200
CHILD = """
import json, os, re, socket, struct, sys
os.setgroups([WEB + 100]); os.setresgid(WEB, WEB, WEB); os.setresuid(WEB, WEB, WEB)
os.chdir(sys.argv[1])
out = {"open": [], "answers": {}}
for path in json.loads(sys.argv[2]):
    try:
        open(path, "rb").close()
        out["open"].append(path)
    except OSError:
        pass
def frame(s, value=None):
    if value is not None:
        b = json.dumps(value).encode()
        s.sendall(struct.pack(">II", len(b), 0) + b)
    head = b""
    while len(head) < 8:
        more = s.recv(8 - len(head))
        if not more:
            return {"error": {"kind": "closed"}}
        head += more
    n, m = struct.unpack(">II", head)
    body = b""
    while len(body) < n + m:
        body += s.recv(n + m - len(body))
    return json.loads(body[:n])
def ask(service, role, request, version):
    s = socket.socket(socket.AF_UNIX)
    s.connect(f"data/run/{service}.sock")
    answer = frame(s, {"version": version, "role": role, "token": sys.argv[4]})
    if "error" not in answer:
        answer = frame(s, {"_ask": request, "_req": "x"})
    s.close()
    return answer
for service, role, request in json.loads(sys.argv[3]):
    answer = ask(service, role, request, 1)
    other = re.search(r"speaks version (\\d+)", answer.get("error", {}).get("text", ""))
    if other:
        answer = ask(service, role, request, int(other.group(1)))
    out["answers"][f"{service} {role} {request}"] = answer
print(json.dumps(out))
""".replace("WEB", str(WEB))

SECRET = ["data/ca-keys/root.key", "data/ca-keys/issuing.key", "data/ca/ca.db",
          "data/kmc/kmc.db", "data/kmc-keys/wrap.key", "data/va/ocsp-issuing-1.pem",
          "data/gate/alipay-app.key", "passphrase"]
ASKED = [("signer", "web", "admin_revoke"), ("signer", "web", "staff_issue"),
         ("signer", "admin", "staff_issue"),
         ("signer", "web", "enrol"), ("signer", "web", "ra_add"), ("kmc", "web", "pair"),
         ("kmc", "signer", "pair")]


def web_token(site):
    with open(f"/proc/{site.status()['web']['pid']}/environ", "rb") as f:
        for row in f.read().split(b"\0"):
            if row.startswith(b"YINXIN_IPC_TOKEN="):
                return row.split(b"=", 1)[1].decode()
    raise RuntimeError("web has no token")


def lines(site):
    return int(re.match(r"signer +(\d+) lines", site.yinxin("journal", "verify", "signer")).group(1))


def test_taken_over_web(ctx):
    """Web's user opens no key and no foreign store; what the permit table does not grant
    is refused and journaled."""
    if os.geteuid() != 0:
        return      # one user for all: there is nothing to keep apart
    site, before = ctx.site, lines(ctx.site)
    run = subprocess.run([sys.executable, "-c", CHILD, site.root, json.dumps(SECRET),
                          json.dumps(ASKED), web_token(site)],
                         capture_output=True, text=True, check=True)
    out = json.loads(run.stdout)
    need(out["open"] == [], f"web's user may open {out['open']}")
    for asked, answer in out["answers"].items():
        need(answer.get("error", {}).get("kind") == "denied", f"{asked}: {answer}")
    need(lines(site) >= before + 3, "the signer journaled its refusals")
