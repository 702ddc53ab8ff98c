"""A business system of somebody else's: signing its users in with their UKeys, as doc/integrating.md
says, with openssl alone on its side."""
import base64
import os
import secrets

import walk
from browser import Service
from flow import need, refused, same
from test_l_status import change, holder

THERE, ELSEWHERE = "https://biz.example.cn", "https://shop.example.cn"


def challenge(origin):
    return f"yinxin-sign-in\nbiz\n{origin}\n{secrets.token_hex(16)}\n"


def allow(ctx, origin):
    """The user opens the assistant's own page and allows the site whose code stands on it."""
    asked = Service(ctx.site.assistant_url, {"Origin": origin}).post("/pair", {})
    own = Service(ctx.site.assistant_url, {"Origin": ctx.site.assistant_url})
    need({"origin": origin, "code": asked["code"]}.items() <=
         own.get("/pairing")["pending"][0].items(), "the assistant's page names the site")
    own.post("/pairing", {"origin": origin, "allow": True})


def believes(ctx, text, answer):
    """What openssl says of the signature over the text: that of the certificate?"""
    der, cert, sig, pub, data = (ctx.site.path("biz." + end)
                                 for end in ("der", "pem", "sig", "pub", "txt"))
    for path, value in ((der, base64.b64decode(answer["certificate"])), (data, text.encode()),
                        (sig, base64.b64decode(answer["signature"]))):
        with open(path, "wb") as f:
            f.write(value)
    walk.openssl("x509", "-inform", "DER", "-in", der, "-out", cert)
    with open(pub, "wb") as f:
        f.write(walk.openssl("x509", "-in", cert, "-noout", "-pubkey").stdout)
    done = walk.openssl("pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt",
                        "distid:1234567812345678", "-pubin", "-inkey", pub, "-in", data,
                        "-sigfile", sig)
    os.unlink(cert)
    return done.returncode == 0


def test_another_system_signs_in(ctx):
    """Only when its user allowed it, only its own challenge; then certificate and status hold."""
    w, serial = holder(ctx)
    there = Service(ctx.site.assistant_url, {"Origin": THERE})
    text = challenge(THERE)
    refused(403, there.post, "/sign", {"text": text, "pin": walk.USER_PIN})
    allow(ctx, THERE)
    for other in ("我同意支付一万元", challenge(ELSEWHERE), challenge(ctx.site.url)):
        refused(403, there.post, "/sign", {"text": other, "pin": walk.USER_PIN})
    answer = there.post("/sign", {"text": text, "pin": walk.USER_PIN})
    same(answer["serial"], serial, "the certificate that signed")
    need(believes(ctx, text, answer), "the signature over the challenge")
    need(not believes(ctx, challenge(THERE), answer), "it is no signature over another challenge")
    der = base64.b64decode(answer["certificate"])
    walk.check_chain(ctx.site, der)
    same(walk.ocsp(ctx.site, der), "good", "what OCSP says")
    change(w, serial, "hold")
    walk.poll("OCSP to say that its holder froze it",
              lambda: walk.ocsp(ctx.site, der) == "revoked")
