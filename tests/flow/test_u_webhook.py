"""Relying systems are told: subscribed events alone, signed, at least once, and no more than agreed."""
import hashlib
import hmac
import json
import os
import re

import walk
from flow import need, refused, same, sentence
from test_l_status import change, holder


def verifier():
    """The integrator's example, as it stands in doc/webhook.md."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    with open(os.path.join(root, "doc", "webhook.md"), encoding="utf-8") as f:
        code = re.search(r"```python\n(.*?)```", f.read(), re.S).group(1)
    space = {}
    exec(code, space)       # our own documentation
    return space["verify"]


def receiver(ctx, name, secret, **more):
    ctx.world.service.post("/control/webhook", {"name": name, "secret": secret, **more})


def received(ctx, name):
    return ctx.world.service.get(f"/control/webhook?name={name}")["received"]


def url(ctx, name):
    return f"{ctx.site.sandbox_url}/webhook/{name}"


def register(ctx, name, events, *options):
    """By the command line; id, secret, salt."""
    out = ctx.site.yinxin("app", "add", name, url(ctx, name), "--events", events, *options)
    found = re.match(r"(\d+)  \S+\nsecret  (\S+)\nsalt    (\S+)\n", out)
    receiver(ctx, name, found.group(2))
    return found.groups()


def types(ctx, name):
    return [json.loads(r["body"])["type"] for r in received(ctx, name) if r["status"] == 200]


def test_webhook(ctx):
    """Frozen, restored, revoked: each heard by who subscribed it, as little as agreed, with both
    signatures; the example of the documentation verifies them."""
    app, secret, salt = register(ctx, "all", "issued,frozen,revoked", "--subject", "digest")
    few, _, _ = register(ctx, "few", "revoked", "--products", "org")
    w, serial = holder(ctx)
    w.site.plug(w.p.key)
    change(w, serial, "hold")
    change(w, serial, "revocation", reason="1")
    walk.poll("the events", lambda: len(types(ctx, "all")) == 3)
    same(types(ctx, "all"), ["certificate.issued", "certificate.frozen", "certificate.revoked"],
         "heard")
    same(received(ctx, "few"), [], "of another product")
    for r in received(ctx, "all"):
        need(r["sha256"] and r["sm3"] and r["fresh"] and not r["again"], r)
        need(w.p.id_no not in r["body"] and w.p.name not in r["body"] and
             w.p.mobile not in r["body"], "personal data in an event")
    event = json.loads(received(ctx, "all")[2]["body"])
    same((event["data"]["serial"], event["data"]["status"], event["version"]),
         (serial, "revoked", 1), "the event")
    want = hmac.new(salt.encode(), f"resident-id:{w.p.id_no}".encode(), "sm3").hexdigest()
    same(event["data"]["subject"], {"digest": want}, "the subject")
    check_example(secret, received(ctx, "all")[0])
    rows = ctx.officer().browser.get(f"/staff/apps/{app}")["deliveries"]
    same({(r["event"], r["state"]) for r in rows},
         {("issued", "done"), ("frozen", "done"), ("revoked", "done")}, "at the desk")
    for one in (app, few):
        ctx.site.yinxin("app", "remove", one)


def check_example(secret, got):
    """Made by us, so that the example is refused where it must be."""
    verify, body = verifier(), got["body"].encode()
    import base64
    key = base64.b64decode(secret.removeprefix("whsec_"))
    for digest, version in ((hashlib.sha256, "v1"), ("sm3", "v1sm")):
        mac = hmac.new(key, f"{got['id']}.1795242697.".encode() + body, digest).digest()
        headers = {"webhook-id": got["id"], "webhook-timestamp": "1795242697",
                   "webhook-signature": f"v0,x {version},{base64.b64encode(mac).decode()}"}
        same(verify(secret, headers, body, 1795242697), got["id"], "the example")
        for bad in ((body + b" ", 1795242697), (body, 1795242697 + 301)):
            try:
                verify(secret, headers, *bad)
            except ValueError:
                continue
            raise AssertionError("the example takes what it must refuse")


def test_webhook_troubles(ctx):
    """A receiver that fails, redirects, wants no more; another secret; sent again by hand."""
    desk = ctx.officer().browser
    app, secret, _ = register(ctx, "ill", "frozen,thawed")
    receiver(ctx, "ill", secret, fails=1)
    ctx.site.yinxin("app", "ping", app)
    walk.poll("the second attempt", lambda: types(ctx, "ill") == ["ping"], 50)
    first, second = received(ctx, "ill")
    same((first["id"], first["status"], second["again"]), (second["id"], 503, True), "again")
    row = desk.get(f"/staff/apps/{app}")["deliveries"][0]
    same((row["state"], row["attempts"]), ("done", 2), "at the desk")
    # another secret: the receiver that has the older one still understands
    answer = desk.post(f"/staff/apps/{app}/rotate")
    fresh = answer["added"]["secret"]
    need(fresh != secret and fresh not in json.dumps(desk.get(f"/staff/apps/{app}")),
         "the secret is shown again")
    for known in (secret, fresh):
        receiver(ctx, "ill", known)
        before = len(types(ctx, "ill"))
        desk.post(f"/staff/apps/{app}/ping")
        walk.poll("the ping", lambda n=before: len(types(ctx, "ill")) == n + 1)
    # the same event again, by hand
    desk.post(f"/staff/apps/{app}/resend", {"delivery": row["id"]})
    walk.poll("the event again", lambda: [r for r in received(ctx, "ill")
                                         if r["id"] == row["id"]][-1]["again"] and
              len([r for r in received(ctx, "ill") if r["id"] == row["id"]]) == 3)
    # redirects lead nowhere
    receiver(ctx, "ill", fresh, status=302, location=url(ctx, "all"))
    desk.post(f"/staff/apps/{app}/ping")
    walk.poll("the redirect", lambda: desk.get(f"/staff/apps/{app}")["deliveries"][0]["error"])
    need("302" in desk.get(f"/staff/apps/{app}")["deliveries"][0]["error"], "no reason")
    # 410: no more
    receiver(ctx, "ill", fresh, status=410)
    desk.post(f"/staff/apps/{app}/ping")
    walk.poll("the end", lambda: desk.get(f"/staff/apps/{app}")["is_gone"])
    need([r for r in desk.get("/staff/outbox")["rows"] if r["kind"] == "webhook"], "no dead letter")
    desk.post(f"/staff/apps/{app}/remove")
    refused(404, desk.get, f"/staff/apps/{app}")
    ctx.site.yinxin("journal", "verify")


def test_webhook_addresses(ctx):
    """Only https to the public internet; what the administrator typed wrong is said."""
    desk = ctx.officer().browser
    good = {"name": "甲平台", "url": "https://biz.example.cn/hooks", "event_frozen": "1",
            "subject": "none"}
    for change_, word in (({"url": "http://biz.example.cn/"}, "https"),
                          ({"url": "http://localhost/"}, "https"),
                          ({"url": "https://a@b.cn/"}, "用户名"), ({"url": "ftp://x/"}, "https"),
                          ({"url": "https://[::1]/"}, "https"), ({"event_frozen": ""}, "事件"),
                          ({"event_eaten": "1"}, "事件"), ({"product_tank": "1"}, "证书"),
                          ({"subject": "all"}, "主体"), ({"name": ""}, "名称")):
        e = refused(422, desk.post, "/staff/apps", {**good, **change_})
        need(word in sentence(e), f"{change_}: {sentence(e)}")
    app = desk.post("/staff/apps", {**good, "url": "https://127.0.0.2/hooks"})["added"]["id"]
    refused(422, desk.post, "/staff/apps", {**good, "url": "https://127.0.0.2/hooks"})
    desk.post(f"/staff/apps/{app}/ping")
    row = walk.poll("the refusal", lambda: next(
        (d for d in desk.get(f"/staff/apps/{app}")["deliveries"] if d["error"]), None))
    need("not reached" in row["error"], row["error"])
    desk.post(f"/staff/apps/{app}/remove")
