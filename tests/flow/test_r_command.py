"""Orders and certificates at the server's command line: what it may, and what only signatures do."""
import json
import os
import subprocess

import hallsite
import life
import walk
from flow import count, need, same
from test_l_status import colleague, holder, look, status


def refused(site, *args):
    """The command fails with a sentence; what it said."""
    r = site.yinxin(*args, check=False)
    need(r.returncode != 0 and r.stderr.strip(), f"taken: yinxin {' '.join(args)}: {r.stdout}")
    return r.stderr


def serial_of(site, name):
    """Of the certificate of a member of staff."""
    r = subprocess.run([site.bin("yinxin"), "cert", "show", site.path("keys", name + ".crt")],
                       cwd=site.root, env=site.environment(), capture_output=True, text=True,
                       check=True)
    return next(line.split()[1] for line in r.stdout.splitlines() if line.startswith("serial"))


def signed(site, key, pin, text, out):
    """The text of a file signed with an officer's UKey, by the assistant's own command."""
    with open(text, encoding="utf-8") as f:
        site.assistant_tool("sign", "--driver", site.path("app", "lib", "libyinxin_skf.so"), "--key",
                            site.path("keys", key + ".key"), "--pin", pin, "--text", f.read(),
                            "--out", out)
    return out


def test_orders_by_command(ctx):
    """Listed, shown, its events; begun for the holder who goes on with it; cancelled with the money back;
    what only the holder may is refused."""
    w, serial = holder(ctx)
    site, first = ctx.site, w.p.order
    may = site.yinxin("order", "may", serial)
    need("reissue   yes" in may and "change    no" in may and "UKey" in may, may)
    need("起可以更新" in may, may)
    refused(site, "order", "begin", "renew", serial, "--years", "1")
    refused(site, "order", "begin", "change", serial)
    refused(site, "order", "begin", "reissue", serial, "--cause", "eaten")
    refused(site, "order", "begin", "eat", serial)
    refused(site, "order", "begin", "unlock", "00" * 10)
    no = site.yinxin("order", "begin", "reissue", serial, "--cause", "lost").strip()
    same(site.yinxin("order", "begin", "reissue", serial, "--cause", "lost").strip(), no, "again")
    w.p.order = no
    w.agree()
    w.confirm()
    w.phone_code()
    w.prove_identity()
    life.pay_once(w)
    shown = site.yinxin("order", "show", no)
    need("reissue" in shown and "paid" in shown and serial in shown, shown)
    need(w.p.name not in shown, "the name stands there in full")
    need("system" in site.yinxin("order", "events", no).splitlines()[0], "who began it")
    need(no in site.yinxin("order", "list", "--op", "reissue", "--state", "reviewing"), "list")
    need(no not in site.yinxin("order", "list", "--op", "unlock"), "list of another operation")
    refused(site, "order", "cancel", first, "不能了")
    site.yinxin("order", "cancel", no, "申请人来电取消")
    walk.poll("the end", lambda: w.order_model()["state"] == "cancelled")
    same(count(w.order_model(), "发起退款"), 1, "refunds")
    refused(site, "order", "cancel", no, "再来一次")
    refused(site, "order", "show", "20261128000000000000")
    life.untouched(w, serial, "reissue")


def test_certificates_by_command(ctx):
    """Frozen by one officer, thawed and revoked by two, each signed in their UKey; a forged, a single
    or a stranger's signature and the administrator alone change nothing."""
    w, serial = holder(ctx)
    site = ctx.site
    colleague(ctx)
    me, other = serial_of(site, "staff"), serial_of(site, "colleague")
    text, sig = site.path("statement.txt"), site.path("statement.sig")
    ctx.site.plug("staff")
    refused(site, "cert", "freeze", serial, "--officer", serial, "--out", text)
    number = site.yinxin("cert", "freeze", serial, "--officer", me, "--out", text).strip()
    signed(site, "colleague", walk.USER_PIN, text, sig)
    refused(site, "cert", "sign", serial, number, sig, "--officer", me)
    refused(site, "cert", "sign", serial, number, sig, "--officer", other)
    same(status(ctx, serial), "good", "after a colleague's signature in my name")
    signed(site, "staff", hallsite.ADMIN_PIN, text, sig)
    same(site.yinxin("cert", "sign", serial, number, sig, "--officer", me), "done\n", "frozen")
    same((look(w, serial)["status"], status(ctx, serial)), ("held", "revoked"), "frozen")
    need("held" in site.yinxin("cert", "show", serial), "shown")
    need(serial in site.yinxin("cert", "list", "--state", "frozen", serial), "listed")
    refused(site, "cert", "thaw", serial, "--officer", me, "--out", text)
    two(ctx, "thaw", serial, me, other)
    same(look(w, serial)["status"], "good", "thawed by two")
    e = refused(site, "cert", "revoke", serial, "5")
    need("two officers" in e, e)
    same(status(ctx, serial), "good", "after the administrator alone")
    two(ctx, "revoke", serial, me, other, "--reason", "5")
    same((look(w, serial)["status"], status(ctx, serial)), ("revoked", "revoked"), "by two")
    same(count(w.order_model(), "证书已撤销"), 1, "told in the order")
    need(any(m["template"] == "SMS_REVOKED" for m in w.world.sms(w.p.mobile)), "not told by SMS")
    os.unlink(text)
    os.unlink(sig)
    site.yinxin("journal", "verify")


def two(ctx, verb, serial, me, other, *more):
    """Drawn up by one officer, signed by both; the first alone does nothing."""
    site = ctx.site
    text, sig = site.path("statement.txt"), site.path("statement.sig")
    number = site.yinxin("cert", verb, serial, "--officer", me, "--second", other, "--out", text,
                         *more).strip()
    with open(text, encoding="utf-8") as f:
        same(json.load(f)["serial"], serial, "what is signed")
    signed(site, "staff", hallsite.ADMIN_PIN, text, sig)
    before = status(ctx, serial)
    need("second" in site.yinxin("cert", "sign", serial, number, sig, "--officer", me), "waits")
    same(status(ctx, serial), before, "after the first")
    need(number in site.yinxin("cert", "list"), "not among those that wait")
    refused(site, "cert", "sign", serial, number, sig, "--officer", me)
    signed(site, "colleague", walk.USER_PIN, text, sig)
    same(site.yinxin("cert", "sign", serial, number, sig, "--officer", other), "done\n", verb)


def test_command_seal(ctx):
    """A seal of another house: printed, and every rule said; an altered one, and the certificate of
    somebody who is no holder of it, are refused."""
    site = ctx.site
    path = os.path.join(os.path.dirname(os.path.dirname(__file__)), "fuzz", "corpus", "seal", "v4")
    shown = site.yinxin("seal", "show", path)
    need("4A5B6C7D8E9F" in shown and "42 x 42 mm" in shown, shown)
    chain = site.path("data", "pub", "chain.pem")
    staff = site.path("keys", "staff.crt")
    r = site.yinxin("seal", "verify", path, "--holder", staff, "--chain", chain, check=False)
    need(r.returncode != 0, "a seal of strangers was taken")
    need("ok     signature" in r.stdout and "broken maker-chain" in r.stdout
         and "broken holder " in r.stdout, r.stdout)
    with open(path, "rb") as f:
        der = bytearray(f.read())
    at = der.find(b"4A5B6C7D8E9F")
    der[at] ^= 1
    with open(site.path("altered.esl"), "wb") as f:
        f.write(der)
    r = site.yinxin("seal", "verify", site.path("altered.esl"), check=False)
    need(r.returncode != 0 and "broken signature" in r.stdout, r.stdout)
    with open(site.path("cut.esl"), "wb") as f:
        f.write(der[:-1])
    need("电子印章" in refused(site, "seal", "show", site.path("cut.esl")), "cut")
    refused(site, "seal", "verify", site.path("nothing.esl"))
