"""The journals of signer and kmc: proofs for third parties, and what is found when spoiled."""
import hashlib
import json
import os
import sqlite3
import subprocess

import third_party
import walk
from flow import need, same


def sql(ctx, kind, statement):
    """Change a store behind the back of its process; the rows, each field as text."""
    if ctx.engine == "sqlite":
        db = sqlite3.connect(ctx.site.path("data", kind, kind + ".db"), timeout=20,
                             isolation_level=None)
        rows = [list(map(str, r)) for r in db.executescript(statement).fetchall()] \
            if not statement.startswith("SELECT") else \
            [list(map(str, r)) for r in db.execute(statement)]
        db.close()
        return rows
    out = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-v", "ON_ERROR_STOP=1",
                          "-d", ctx.site.store[kind], "-f", "-"], input=statement,
                         check=True, capture_output=True, text=True).stdout
    return [line.split("\x1f") for line in out.splitlines()]


def staff_serial(site):
    out = third_party.openssl("x509", "-in", site.path("keys", "staff.crt"), "-noout", "-serial")
    return out.strip().split("=")[1].upper()


def prove(site, *args):
    """The proof, and the file it is in."""
    text = site.yinxin("journal", "prove", *args)
    path = site.path("log", "proof.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return json.loads(text), path


def fails(site, *args):
    r = site.yinxin(*args, check=False)
    need(r.returncode != 0, f"{' '.join(args)} succeeded: {r.stdout}")
    return r.stderr


def test_journal_proof(ctx):
    """A third party checks with openssl that a certificate's issue stands in the journal."""
    site, serial = ctx.site, staff_serial(ctx.site)
    site.yinxin("journal", "verify")
    first, _ = prove(site, serial)
    size = json.loads(first["head"])["lines"]
    site.yinxin("staff", "list")
    proof, path = prove(site, serial, "--since", str(size))
    chain = site.path("data", "pub", "issuing.crt")
    told = third_party.check(proof, chain)
    same([told[0]["what"], told[0]["detail"]["serial"]], ["officer.add", serial], "line")
    same(proof["since_root"], json.loads(first["head"])["root"], "root of the earlier head")
    need(serial in site.yinxin("journal", "check", path), "our own check says the line")
    for spoiled in ("lines", "head"):
        other = json.loads(json.dumps(proof))
        if spoiled == "lines":
            other["lines"][0]["line"] = other["lines"][0]["line"].replace(serial, "AB" * 16)
        else:
            other["head"] = other["head"].replace('"lines":', '"lines":1')
        with open(path, "w", encoding="utf-8") as f:
            json.dump(other, f)
        fails(site, "journal", "check", path)
        try:
            third_party.check(other, chain)
            held = True
        except AssertionError:
            held = False
        need(not held, f"a proof with other {spoiled} held")
    numbers = site.metrics()
    need(numbers["yinxin_signer_journal_signed"] >= size, "the metrics tell of heads")
    need(numbers["yinxin_kmc_journal_lines"] > 0, "and of kmc's lines")
    kmc, path = prove(site, "--line", "1", "--of", "kmc")
    fails(site, "journal", "check", path)               # nobody certified kmc's key
    with open(path + ".pem", "w", encoding="ascii") as f:
        f.write(kmc["certificate"])
    need("journal of kmc" in site.yinxin("journal", "check", path, "--trust", path + ".pem"),
         "kmc's proof holds with its certificate given")


SPOILED = [     # (store, what somebody does, how it is undone, what verify says)
    ("ca", "UPDATE journal SET detail = replace(detail, 'may', 'nay') WHERE what = 'officer.add'",
     "UPDATE journal SET detail = replace(detail, 'nay', 'may') WHERE what = 'officer.add'",
     "was changed"),
    ("ca", "UPDATE journal SET seq = -3 WHERE seq = 3", "UPDATE journal SET seq = 3 WHERE seq = -3",
     "line 3 is missing"),
    ("ca", "UPDATE journal SET seq = -1 WHERE seq = 1; UPDATE journal SET seq = 1 WHERE seq = 2; "
     "UPDATE journal SET seq = 2 WHERE seq = -1",
     "UPDATE journal SET seq = -1 WHERE seq = 1; UPDATE journal SET seq = 1 WHERE seq = 2; "
     "UPDATE journal SET seq = 2 WHERE seq = -1", "line 1 was changed"),
    ("ca", "UPDATE certificate SET status = 'revoked', reason = 1 WHERE profile = 'staff'",
     "UPDATE certificate SET status = 'good', reason = 0 WHERE profile = 'staff'",
     "stands in the store"),
    ("ca", "UPDATE journal_head SET lines = -lines WHERE lines = (SELECT max(lines) FROM journal_head)",
     "UPDATE journal_head SET lines = -lines WHERE lines < 0", "journal.heads"),
    ("kmc", "UPDATE journal SET time = time + 1 WHERE seq = 1",
     "UPDATE journal SET time = time - 1 WHERE seq = 1", "line 1 was changed"),
]


def test_journal_spoiled(ctx):
    """A line edited, taken out or moved, a head or a status changed: each is found and named."""
    site = ctx.site
    site.yinxin("journal", "prove", staff_serial(site))      # signs a head
    for kind, spoil, mend, sentence in SPOILED:
        name = {"ca": "signer", "kmc": "kmc"}[kind]
        sql(ctx, kind, spoil)
        said = fails(site, "journal", "verify", name)
        sql(ctx, kind, mend)
        need(sentence in said, f"{spoil}: {said}")
        site.yinxin("journal", "verify", name)


def hall_rewrite(ctx, change):
    """Somebody who can write the hall's store changes a line and makes the whole chain fit again."""
    ctx.site.stop_one("server")
    rows = sql(ctx, "hall", "SELECT seq, at, actor, what, subject, detail FROM journal ORDER BY seq")
    before, out = bytes(32), []
    for seq, at, *fields in rows:
        fields = change(int(seq), fields)
        text = f"{seq} {at}" + "".join(f" {len(f.encode())}:{f}" for f in fields)
        before = hashlib.new("sm3", before + text.encode()).digest()
        literal = f"X'{before.hex()}'" if ctx.engine == "sqlite" else f"'\\x{before.hex()}'"
        out.append(f"UPDATE journal SET actor = '{fields[0]}', digest = {literal} WHERE seq = {seq}")
    out.append(f"UPDATE journal_head SET digest = {literal} WHERE id = 1")
    sql(ctx, "hall", "BEGIN; " + "; ".join(out) + "; COMMIT")
    ctx.site.start_server()


def test_hall_journal_rewritten(ctx):
    """The hall's chain written anew fits in itself; the anchor in the signer's journal finds it."""
    site, who = ctx.site, []
    ctx.walker("org"), ctx.walker("person")         # lines
    site.yinxin("journal", "anchor")
    said = site.yinxin("journal", "verify")
    need("anchors in the signer's journal" in said, said)

    def forge(seq, fields):
        if seq != 1:
            return fields
        who.append(fields[0])
        return ["staff:1", *fields[1:]]

    hall_rewrite(ctx, forge)
    try:
        said = fails(site, "journal", "verify", "hall")
        need("was written anew" in said, f"a rewritten chain: {said}")
        said = fails(site, "journal", "anchor")
        need("put back or written anew" in said, f"anchoring it: {said}")
        walk.poll("the web process to notice", lambda: site.metrics()[
            "yinxin_web_journal_anchor_failures_total"] > 0, 30)
    finally:
        hall_rewrite(ctx, lambda seq, fields: [who[0], *fields[1:]] if seq == 1 else fields)
    site.yinxin("journal", "verify", "hall")


def test_hall_journal_cut_off(ctx):
    """Lines cut off the hall's chain are missed; a restore that is wanted is said, and stays seen."""
    site = ctx.site
    ctx.walker("org"), ctx.walker("person")
    site.yinxin("journal", "anchor")
    site.stop_one("server")
    sql(ctx, "hall", "DELETE FROM journal WHERE seq = (SELECT seq FROM journal_head); "
        "UPDATE journal_head SET seq = seq - 1, digest = (SELECT digest FROM journal "
        "WHERE journal.seq = journal_head.seq - 1)")
    site.start_server()
    said = fails(site, "journal", "verify", "hall")
    need("are missing" in said, f"a shorter chain: {said}")
    said = site.yinxin("journal", "anchor", "--restored")
    need("anchored at" in said, said)
    said = site.yinxin("journal", "verify", "hall")
    need("put back to" in said, f"that it was put back: {said}")


def test_store_rolled_back(ctx):
    """The signer does not start on a store that is behind its last signed head."""
    site = ctx.site
    site.stop_one("server")
    sql(ctx, "ca", "UPDATE journal_end SET lines = lines - 2")
    for table, column in (("journal", "seq"), ("journal_head", "lines")):
        sql(ctx, "ca", f"UPDATE {table} SET {column} = -{column} "
            f"WHERE {column} > (SELECT lines FROM journal_end)")
    try:
        site.start_one("server", [site.bin("yinxin"), "serve"], site.environment())
        walk.poll("the signer to refuse", lambda: "rolled back" in site.tail("server", 200), 20)
        fails(site, "journal", "verify", "signer")
    finally:
        site.stop_one("server")
        sql(ctx, "ca", "UPDATE journal_end SET lines = lines + 2")
        for table, column in (("journal", "seq"), ("journal_head", "lines")):
            sql(ctx, "ca", f"UPDATE {table} SET {column} = -{column} WHERE {column} < 0")
        site.start_server()
    walk.poll("the signer to be back", lambda: site.yinxin(
        "journal", "verify", check=False).returncode == 0, 20)
    if os.geteuid() == 0:
        same(os.stat(site.path("data", "ca", "journal.heads")).st_mode & 0o777, 0o640,
             "mode of journal.heads")
