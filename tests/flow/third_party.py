"""Checks a journal's proof with nothing of ours: hashlib's SM3 and the openssl command.

    third_party.py PROOF ISSUING.crt

Gives the lines that are proved; AssertionError says what does not hold.  Written from RFC 9162
2.1.3.2 and src/journal/proof.h.
"""
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

ID = "distid:1234567812345678"


def sm3(data):
    return hashlib.new("sm3", data).digest()


def node(left, right):
    return sm3(b"\1" + left + right)


def root_of(leaf, index, size, path):
    """The root that the path leads to."""
    fn, sn, r = index, size - 1, leaf
    assert 0 <= index < size, "the index is outside the journal"
    for p in path:
        assert sn != 0, "the path is too long"
        if fn & 1 or fn == sn:
            r = node(p, r)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0, "the path is too short"
    return r


def openssl(*args):
    r = subprocess.run(["openssl", *args], capture_output=True, text=True)
    assert r.returncode == 0, f"openssl {args[0]}: {r.stdout}{r.stderr}"
    return r.stdout


def check_signature(proof, trusted):
    """The certificate is of the CA we trust, the signature of its key.  (openssl verify knows the
    GM identifier for one certificate only, so the way ends at the issuing CA.)"""
    with tempfile.TemporaryDirectory() as d:
        files = {"cert": proof["certificate"].encode(), "head": proof["head"].encode(),
                 "sig": base64.b64decode(proof["signature"])}
        for name, data in files.items():
            with open(os.path.join(d, name), "wb") as f:
                f.write(data)
        cert, head, sig = (os.path.join(d, n) for n in files)
        openssl("verify", "-partial_chain", "-vfyopt", ID, "-trusted", trusted, cert)
        with open(os.path.join(d, "key"), "w", encoding="ascii") as f:
            f.write(openssl("x509", "-in", cert, "-noout", "-pubkey"))
        openssl("pkeyutl", "-verify", "-pubin", "-inkey", os.path.join(d, "key"), "-rawin",
                "-digest", "sm3", "-pkeyopt", ID, "-in", head, "-sigfile", sig)


def check(proof, trusted):
    check_signature(proof, trusted)
    head = json.loads(proof["head"])
    assert head["type"] == "journal-head" and head["v"] == 1, "no head of a journal"
    for row in proof["lines"]:
        leaf = sm3(b"\0" + row["line"].encode())
        path = [bytes.fromhex(h) for h in row["path"]]
        assert root_of(leaf, row["index"], head["lines"], path).hex() == head["root"], \
            "the line is not in the journal"
        assert json.loads(row["line"])["seq"] == row["index"] + 1, "another line's number"
    return [json.loads(row["line"]) for row in proof["lines"]]


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as f_proof:
        for told in check(json.load(f_proof), sys.argv[2]):
            print(told)
