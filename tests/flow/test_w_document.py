"""PDFs sealed with what the hall gave out, at the command line, and verified by us and by others."""
import hashlib
import os
import shutil
import subprocess
import time

import walk
from browser import Browser, Refused
from flow import need, refused, same, sentence
from test_l_status import change
from test_u_soft import EXPORT, PASS, approved, fetch_soft, write
from test_v_seal import sealed

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "pdf")
FILES = ("plain", "stream", "linear", "linstream", "turned")


def papers(site, folder):
    """The files to seal, copied to the site."""
    os.makedirs(site.path(folder), exist_ok=True)
    for name in FILES:
        shutil.copy(os.path.join(DATA, name + ".pdf"), site.path(folder, name + ".pdf"))
    return [site.path(folder, name + ".pdf") for name in FILES]


def command(ctx, *args, key=None):
    """yinxin seal …, with this software UKey: exit status, output."""
    site = ctx.site
    env = site.environment()
    if key is not None:
        env["YINXIN_SOFTKEY"] = key
    r = subprocess.run([site.bin("yinxin"), "seal", *args], cwd=site.root, env=env,
                       capture_output=True, text=True)
    return r.returncode, r.stdout + r.stderr


def pin_file(site, pin):
    path = site.path("pin")
    with open(path, "w") as f:
        f.write(pin + "\n")
    return path


def by_ukey(ctx, w, *args):
    site = ctx.site
    return command(ctx, "sign", "--skf", site.path("app", "lib", "libyinxin_skf.so"),
                   "--pin-file", pin_file(site, walk.USER_PIN), *args,
                   key=site.path("keys", w.p.key + ".key"))


def tool(*args, good=(0,)):
    r = subprocess.run(args, capture_output=True, text=True)
    need(r.returncode in good, f"{' '.join(args)}: {r.returncode} {r.stdout} {r.stderr}")
    return r.stdout + r.stderr


def others_accept(path, seals, size_before):
    """qpdf finds no fault, mutool reads it, poppler sees each signature field and its range."""
    need("No syntax or stream encoding errors" in tool("qpdf", "--check", path), path)
    tool("mutool", "info", path)
    fields = tool("mutool", "show", path, "trailer/Root/AcroForm/Fields")
    same(fields.count(" 0 R"), seals, fields)
    said = tool("pdfsig", "-nocert", path, good=(0, 2))
    same(said.count("Signature #"), seals, said)
    same(said.count("  - Total document signed"), 1, said)
    need(os.path.getsize(path) > size_before, "nothing was added")


def red_middle(path, page):
    """Middle of what is red on a page as poppler shows it, millimetres, and its size."""
    ppm = subprocess.run(["pdftoppm", "-r", "50.8", "-f", str(page), "-l", str(page), path],
                         capture_output=True, check=True).stdout
    _, size, _, pixels = ppm.split(b"\n", 3)
    width = int(size.split()[0])
    hits = [i // 3 for i in range(0, len(pixels) - 2, 3)
            if pixels[i] > 150 and pixels[i + 1] < 120 and pixels[i + 2] < 120]
    if not hits:
        return None
    xs, ys = [i % width for i in hits], [i // width for i in hits]
    return ((min(xs) + max(xs)) / 4, (min(ys) + max(ys)) / 4,
            (max(xs) - min(xs)) / 2, (max(ys) - min(ys)) / 2)


def near(got, want, what):
    need(got is not None and all(abs(a - b) < 2 for a, b in zip(got, want)), f"{what}: {got}, {want}")


def test_document_sealed(ctx):
    """Several files at once with the UKey, a second seal over them; va's time stamp inside; revoked later."""
    site = ctx.site
    w = sealed(ctx, "org")
    ctx.officer().approve(w.p.order)
    w.fetch()
    ocsp, tsa = site.va_url + "/ocsp", site.va_url + "/tsa"
    files = papers(site, "papers")
    before = {p: open(p, "rb").read() for p in files}
    status, said = by_ukey(ctx, w, "--out", site.path("papers"), *files)
    need(status != 0 and said.count("已经存在") == len(files), said)
    os.makedirs(site.path("once"), exist_ok=True)
    os.makedirs(site.path("twice"), exist_ok=True)
    status, said = by_ukey(ctx, w, "--at", "100,100", "--page", "1", "--out", site.path("once"),
                           *files, os.path.join(DATA, "encrypted.pdf"))
    need(status != 0 and said.count("sealed  ") == len(files) and "加密" in said, said)
    once = [site.path("once", os.path.basename(p)) for p in files]
    for path, old in zip(once, files):
        data = open(path, "rb").read()
        need(data.startswith(before[old]), "what was there is not there any more")
        others_accept(path, 1, len(before[old]))
        status, said = command(ctx, "verify", path, "--ocsp", ocsp)
        need(status == 0 and "ok     status" in said and "the signer's clock" in said, said)
        need(w.serial in said and w.p.company in said, said)
    for page in (1, 2, 3):
        placed(ctx, w, page)
    status, said = by_ukey(ctx, w, "--page", "edge", "--at", "0,150", "--tsa", tsa, "--out",
                           site.path("twice"), *once)
    same(status, 0, said)
    twice = [site.path("twice", os.path.basename(p)) for p in files]
    for path in twice:
        others_accept(path, 2, 0)
        status, said = command(ctx, "verify", path, "--ocsp", ocsp)
        need(status == 0 and said.count("  holds  ") == 2 and "ok     stamp" in said, said)
    revoked(ctx, w, once[0], twice[0], ocsp)


def placed(ctx, w, page):
    """On pages turned by 90, 180 and 270 the seal stands where it was put, upright."""
    site = ctx.site
    out = site.path("turned")
    os.makedirs(out, exist_ok=True)
    path = os.path.join(out, "turned.pdf")
    if os.path.exists(path):
        os.unlink(path)
    status, said = by_ukey(ctx, w, "--at", "60,140", "--page", str(page), "--out", out,
                           site.path("papers", "turned.pdf"))
    same(status, 0, said)
    near(red_middle(path, page)[:2], (60, 140), f"page {page}")


def revoked(ctx, w, plain, stamped, ocsp):
    """Sealed before, but only the time stamp proves it."""
    time.sleep(1.1)
    change(w, w.serial, "revocation", reason="5", which=w.serial)
    walk.poll("the answer", lambda: "broken status" in command(ctx, "verify", plain, "--ocsp", ocsp)[1])
    status, said = command(ctx, "verify", plain, "--ocsp", ocsp)
    need(status != 0 and "没有时间戳能证明" in said, said)
    status, said = command(ctx, "verify", stamped, "--ocsp", ocsp)
    need(status != 0 and said.count("broken status") == 1 and said.count("  holds  ") == 1, said)


def test_document_attacked(ctx):
    """A byte, something behind it, another seal's picture: said in words, and by the exit status."""
    site = ctx.site
    w = sealed(ctx, "person")
    ctx.officer().approve(w.p.order)
    w.fetch()
    source = papers(site, "attacked")[0]
    status, said = by_ukey(ctx, w, source)
    same(status, 0, said)
    path = source[:-4] + ".sealed.pdf"
    good = open(path, "rb").read()
    for what, data, words in (
            ("a byte", good.replace(b"Ghostscript", b"Ghostwriter", 1), "文件内容与盖章时不同"),
            ("behind it", good + b"%more", "结尾"),
            ("cut", good[:-9], "结尾")):
        need(data != good, what)
        with open(path, "wb") as f:
            f.write(data)
        status, said = command(ctx, "verify", path)
        need(status != 0 and words in said, f"{what}: {said}")
    with open(path, "wb") as f:
        f.write(good)
    rewritten = site.path("attacked", "rewritten.pdf")
    tool("qpdf", path, rewritten)
    status, said = command(ctx, "verify", rewritten)
    need(status != 0 and "BROKEN" in said, said)
    status, said = command(ctx, "verify", source)
    need(status != 0 and "没有电子签章" in said, said)


def test_document_p12(ctx):
    """Key and seal in files: an openssl-made PKCS#12 of a soft certificate; a seal not its own is refused."""
    site = ctx.site
    w = sealed(ctx, "person")
    ctx.officer().approve(w.p.order)
    w.fetch()
    _, der = w.browser.get_raw(f"/orders/{w.p.order}/seal/file")
    seal = write(ctx, "not-its-own.esl", der)
    soft = approved(ctx)
    issued = fetch_soft(soft)
    p12, pin = site.path("soft.p12"), write(ctx, "p1", PASS.encode())
    password = write(ctx, "p2", EXPORT.encode())
    site.assistant_tool("export", "--soft", site.path("soft"), "--key", f"soft:{soft.p.order}",
                        "--serial", issued["serial"], "--out", p12, "--pin-file", pin,
                        "--password-file", password)
    source = papers(site, "p12")[0]
    status, said = command(ctx, "sign", "--p12", p12, "--seal", seal, "--pin-file", pin, source)
    need(status != 0 and "密码不对" in said, said)
    status, said = command(ctx, "sign", "--p12", p12, "--seal", seal, "--pin-file", password, source)
    need(status != 0 and "不是给这张证书用的" in said, said)
    need(not os.path.exists(source[:-4] + ".sealed.pdf"), "a file all the same")


def verify_page(site, name, data):
    """The public page, as somebody who never was here."""
    browser = Browser(site.url)
    same(browser.get("/verify")["result"], None, "a result of nothing")
    return browser.upload("/verify", {}, {"file": (name, data)})["result"]


def test_document_page(ctx):
    """Everybody sees who sealed a file, when, and whether it was altered; it is the same as the command says."""
    site = ctx.site
    w = sealed(ctx, "org")
    ctx.officer().approve(w.p.order)
    w.fetch()
    source = papers(site, "page")[1]
    status, said = by_ukey(ctx, w, "--tsa", site.va_url + "/tsa", source)
    same(status, 0, said)
    good = open(source[:-4] + ".sealed.pdf", "rb").read()
    got = verify_page(site, "合同.pdf", good)
    same((got["verdict"], got["ok"], got["pages"], len(got["seals"])), ("intact", True, 3, 1), "good")
    seal = got["seals"][0]
    same((seal["ok"], seal["serial"], seal["name"], seal["is_stamped"]),
         (True, w.serial, w.p.company, True), "its seal")
    need({r["name"] for r in seal["rules"]} >= {"digest", "signature", "seal", "chain", "stamp",
                                                "status"}, seal["rules"])
    same(got["digest"], hashlib.new("sm3", good).hexdigest(), "digest")
    at = good.index(b"/ByteRange")
    for what, data, verdict, rule in (
            ("altered", good[:200] + bytes([good[200] ^ 1]) + good[201:], None, None),
            ("contents", good[:at - 30].replace(b"%PDF-1.5", b"%PDF-1.6") + good[at - 30:],
             "broken", "digest"),
            ("range", good.replace(b"/ByteRange[0 0", b"/ByteRange[1 0"), "changed", "range")):
        try:
            got = verify_page(site, "a.pdf", data)
        except Refused as e:
            need(verdict is None and e.status == 422, f"{what}: {e.model}")
            continue
        need(not got["ok"], what)
        need(verdict is None or (got["verdict"] == verdict and rule in
             [r["name"] for r in got["seals"][0]["rules"] if not r["ok"]]), f"{what}: {got}")
    same(verify_page(site, "plain.pdf", open(source, "rb").read())["verdict"], "none", "no seal")
    encrypted = open(os.path.join(DATA, "encrypted.pdf"), "rb").read()
    for data, words in ((b"no pdf", "不是 PDF"), (encrypted, "加密"), (good[:-9], "结尾")):
        e = refused(422, verify_page, site, "a.pdf", data)
        need(words in sentence(e), sentence(e))
    time.sleep(1.1)
    change(w, w.serial, "revocation", reason="5", which=w.serial)
    same(verify_page(site, "合同.pdf", good)["verdict"], "intact", "stamped before it was revoked")
    os.makedirs(site.path("late"), exist_ok=True)
    status, said = by_ukey(ctx, w, "--out", site.path("late"), source)
    same(status, 0, said)
    late = open(site.path("late", "stream.pdf"), "rb").read()
    got = verify_page(site, "late.pdf", late)
    same((got["verdict"], [r["name"] for r in got["seals"][0]["rules"] if not r["ok"]]),
         ("broken", ["status"]), "sealed with a revoked certificate")
    for _ in range(12):
        try:
            verify_page(site, "late.pdf", late)
        except Refused as e:
            same(e.status, 429, str(e.model))
            return
    raise AssertionError("nobody stops who asks without end")
