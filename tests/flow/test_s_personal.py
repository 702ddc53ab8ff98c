"""Whatever is planted of a person stands nowhere in clear: stores, files, logs."""
import os
import re
import subprocess

import identity
import walk
from flow import need

# A certificate says who its holder is: an organisation's name and code, a person's name and
# identity code.  These stand in the certificates, in the approvals they were issued by, and as the
# order's subject.  Everything else that somebody told us of a person is looked for here, in an
# organisation's order: its handler is in no certificate.
ADDRESS = "芙蓉区八一路4711号"
ANSWER = "母亲的闺名是欧阳"


def planted(w):
    return {"name": w.p.name, "ID number": w.p.id_no, "mobile": w.p.mobile, "mail": w.p.mail,
            "address": ADDRESS, "receiver": "收件人欧阳", "answer": ANSWER,
            "password": w.p.password, "receiver's phone": "13907314711"}


def forms(text):
    """As it stands, and as programs may write it down."""
    raw = text.encode()
    yield raw
    yield raw.hex().encode()                                # bytea in a dump
    yield text.encode("gb18030")
    yield "".join(f"\\u{ord(c):04x}" if ord(c) > 126 else c for c in text).encode()
    yield b"".join(b"%%%02X" % b if b > 126 else bytes([b]) for b in raw)


def files(directory):
    for where, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as f:
                    yield path, f.read()


def dumps(site):
    """PostgreSQL's stores as SQL."""
    for kind, address in site.store.items():
        yield f"dump of {kind}", subprocess.run(
            ["pg_dump", "--dbname", address], capture_output=True, check=True).stdout


def whole(w, desk):
    for step in (w.begin, w.agree, lambda: w.fill(address=ADDRESS, answer=ANSWER)):
        step()
    w.browser.get(w.step_path("confirm"))
    w.browser.post(w.step_path("confirm"), {
        "way": "download", "receiver": "收件人欧阳", "phone": "13907314711",
        "province": "湖南省", "city": "长沙市", "address": ADDRESS})
    for step in (w.print, w.materials, w.prove_identity, w.pay):
        step()
    desk.send_back(w.p.order, "unclear", "agent_id", "看不清")
    w.upload("agent_id", identity.png(seed=5))
    w.browser.post(f"/orders/{w.p.order}/resubmit")
    desk.approve(w.p.order)
    w.fetch()
    w.sign_in_by_ukey()


def fail_outside(ctx, w):
    """What a provider that is down makes the gate write into the log."""
    server = os.path.getsize(ctx.site.path("log", "server.log"))
    ctx.world.fault("aliyun.SendSms", "http_500", n=1)
    w.ask_code("/signin/code", "signin")            # it was sent, and answered with 500

    def told():
        with open(ctx.site.path("log", "server.log"), "rb") as f:
            f.seek(server)
            return b"http-500" in f.read()

    walk.poll("the log to tell of a provider that was down", told)


def test_personal_data(ctx):
    """A handler's name, numbers, mail, address and answer: not in stores, files and logs."""
    site = ctx.site
    w = ctx.walker("org")
    w.p.name = "欧阳" + "".join(identity.RNG.choice("澜沁珩璟翊钰骁筠昀晗") for _ in range(2))
    w.world.register(w.p)               # a name that no certificate of another test says
    whole(w, ctx.officer())
    fail_outside(ctx, w)
    found = []
    places = [*files(site.path("data")), *files(site.path("log")), *dumps(site)]
    for place, data in places:
        if re.search(r"/log/(sandbox|assistant)\.log$", place):
            continue                    # the outside world, and the user's own PC
        for what, text in planted(w).items():
            if any(form in data for form in forms(text)):
                found.append(f"{what} in {place}")
    need(len(places) > 15 and any("server.log" in p for p, _ in places), f"{len(places)} places")
    need(not found, "in clear: " + "; ".join(found))
    # the search itself finds what is there: the company is in the certificate
    need(any(w.p.company.encode() in d or w.p.company.encode().hex().encode() in d
             for _, d in places), "the search finds nothing at all")
