"""Copying, changing, cancelling, continuing elsewhere, asking without an account."""
import identity
import walk
from browser import Browser
from flow import captcha, need, refused, same, sentence, until_materials


def test_copy(ctx):
    """A similar application keeps the unit and the agent, not what is the certificate's own."""
    w = ctx.walker("org")
    until_materials(w)
    first = w.order_model()
    answer = w.browser.post(f"/orders/{w.p.order}/copy")
    no = answer["no"]
    need(no != w.p.order, "the same order")
    copy = w.browser.get(f"/orders/{no}")
    same(copy["state"], "draft", "state")
    for name in ("org_name", "org_id_no", "agent_name", "agent_id_no", "agent_mail"):
        same(copy["form"][name], first["form"][name], name)
    for name in ("user_name", "answer", "question"):
        need(name not in copy["form"], f"{name} was copied")
    need(not any(m["has"] for m in copy["materials"]), "materials were copied")
    w.p.order = no
    w.agree()
    e = refused((409, 422), w.fill)
    need(e.field("user_name"), f"the first order's name is taken: {e}")
    w.p.user_name += "c"
    w.fill()
    rows = w.browser.get("/user")
    need(no in str(rows), "not in the list")


def test_modify(ctx):
    """Changed before review: identity holds, what was printed must be printed again."""
    w = ctx.walker("person")
    until_materials(w)
    before = w.order_model()
    same(before["state"], "submitted", "state")
    w.fill(address="韶山北路1号")
    after = w.order_model()
    same((after["no"], after["form"]["address"]), (before["no"], "韶山北路1号"), "changed")
    refused(409, w.browser.get, w.step_path("materials"))
    w.confirm()
    w.print()
    w.browser.get(w.step_path("materials"))


def test_modify_in_review(ctx):
    """A material changed while the officer looks: his approval of the old one is refused."""
    w = ctx.walker("person")
    w.apply()
    desk = ctx.officer()
    ctx.site.plug("staff")
    model = desk.look(w.p.order)
    path = f"/staff/reviews/{w.p.order}"
    asked = desk.browser.post(f"{path}/statement", {"version": model["version"]})
    signed = desk.sign(asked["statement"])
    w.browser.get(f"/orders/{w.p.order}")
    w.upload("person_id", identity.png(seed=55))
    fields = {"version": asked["version"], "statement": asked["statement"],
              "signature": signed["signature"], "certificate": signed["certificate"]}
    refused(409, desk.browser.post, f"{path}/approve", fields)
    same(w.order_model()["state"], "reviewing", "state")
    refused(409, desk.browser.post, f"{path}/return", {
        "version": asked["version"], "reason_0": "other", "target_0": "person_id",
        "text_0": "旧的"})
    e = refused(422, desk.browser.post, f"{path}/return", {
        "version": desk.look(w.p.order)["version"]})
    need(e.model, "a sentence")
    desk.approve(w.p.order)
    refused(409, desk.browser.post, f"{path}/approve", fields)
    refused(409, w.upload, "person_id", identity.png(seed=56))
    refused(409, w.browser.post, f"/orders/{w.p.order}/cancel")


def test_cancel(ctx):
    """Cancelled: nothing can be done with it any more, its user name is free again."""
    w = ctx.walker("org")
    until_materials(w)
    w.browser.get(f"/orders/{w.p.order}")
    w.browser.post(f"/orders/{w.p.order}/cancel", {"reason": "填错了"})
    same(w.order_model()["state"], "cancelled", "state")
    refused((409, 422), w.fill)
    refused(409, w.upload, "licence", identity.png())
    refused(409, w.browser.post, f"/orders/{w.p.order}/payment", {"channel": "alipay"})
    walk.poll("the SMS", lambda: any(m["template"] == "SMS_CANCELLED"
                                     for m in w.world.sms(w.p.mobile)))
    rows = w.browser.get("/user?tab=cancelled")
    need(w.p.order in str(rows), "not among the cancelled")
    w.begin()
    w.agree()
    w.fill()


def test_elsewhere(ctx):
    """Left at the materials, continued at another browser the next day."""
    w = ctx.walker("person")
    until_materials(w)
    w.browser = Browser(ctx.site.url, "Mozilla/5.0 (another PC)")
    w.sign_in()
    status, headers, _ = w.browser.exchange("GET", f"/orders/{w.p.order}/continue",
                                            headers={"Accept": "text/html"})
    same(status, 303, "status")
    need(headers["Location"].endswith("/steps/materials"), headers["Location"])
    w.browser.get(w.step_path("materials"))
    w.materials()
    same(w.order_model()["state"], "submitted", "state")


def test_status(ctx):
    """The state without signing in: by number and a code to the agent's mobile."""
    w = ctx.walker("person")
    until_materials(w)
    w.browser = Browser(ctx.site.url)
    code = w.ask_code("/status", "query")
    w.browser.get("/status")
    found = w.browser.post("/status", {"no": w.p.order, "mobile": w.p.mobile, "code": code})
    result = found["result"]
    same((result["no"], result["state"]), (w.p.order, "submitted"), "result")
    need(w.p.id_no not in str(found) and w.p.name not in str(found), "personal data shown")
    e = refused(422, w.browser.post, "/status", {"no": w.p.order, "mobile": w.p.mobile,
                                                 "code": code})
    need(e.field("code"), f"the code used twice: {e}")
    other = ctx.walker("person")
    other.browser.post("/codes", {"purpose": "query", "target": other.p.mobile,
                                  **captcha(other.browser, "/status")})
    refused(422, other.browser.post, "/status", {"no": w.p.order, "mobile": other.p.mobile,
                                                 "code": "123456"})


def test_status_by_document(ctx):
    """All orders of a person by the identity number and a code to the agent's mobile; by another
    phone, or of another document, there is nothing to see."""
    w, other = ctx.walker("person"), ctx.walker("person")
    for one in (w, other):
        until_materials(one)
    first = w.p.order
    w.begin()

    def ask(who, document):
        who.browser = Browser(ctx.site.url)
        code = who.ask_code("/status", "query")
        who.browser.get("/status")
        return who.browser.post("/status", {"no": document, "mobile": who.p.mobile,
                                            "code": code})["result"]["orders"]
    found = ask(w, w.p.id_no.lower())
    same([(r["no"], r["state"]) for r in found], [(first, "submitted")], "orders")
    need(w.p.name not in str(found), "the name is shown")
    same(ask(other, w.p.id_no), [], "another phone")
    w.browser.get("/status")
    e = refused(422, w.browser.post, "/status", {"no": w.p.id_no[:-1] + "I", "code": "123456",
                                                 "mobile": w.p.mobile})
    need(e.field("no"), sentence(e))


def test_lists_filtered(ctx):
    """By operation and payment, kept on the next page and in JSON; what is no choice looks for any."""
    w = ctx.walker("person")
    until_materials(w)
    first = w.p.order
    for _ in range(21):
        w.browser.post(f"/orders/{first}/copy")

    def found(query, path="/user/orders"):
        return w.browser.get(f"{path}?{query}")
    same([found(q)["total"] for q in ("", "op=new", "op=renew", "pay=owed", "pay=paid", "pay=free",
                                      "op=x&pay=y", "op=new&pay=owed")],
         [22, 22, 0, 1, 0, 21, 22, 1], "how many")
    model = found("op=new&pay=free&subject=%E6%B5%8B&page=1")
    chosen = [c["value"] for k in ("ops", "pays") for c in model["search"][k] if c["selected"]]
    same(chosen, ["new", "free"], "marked")
    same(model["search"]["query"], "&subject=%E6%B5%8B&op=new&pay=free", "for the next page")
    page = w.browser.get_raw("/user/orders?op=new&pay=free", "text/html")[1].decode()
    need("?page=2&amp;op=new&amp;pay=free" in page, "the next page forgets")
    same(found("op=new&pay=free&page=2")["page"], 2, "page")
    same(found("pay=free", "/user/payments")["total"], 0, "on the list of what is to be paid")
    said = w.site.yinxin("order", "list", "--pay", "owed", "--op", "new")
    need(first in said, said)


def ask_status(w, number):
    """The status without signing in, from a browser of its own: (browser, result)."""
    b = w.browser = Browser(w.site.url)
    code = w.ask_code("/status", "query")
    b.get("/status")
    return b, b.post("/status", {"no": number, "mobile": w.p.mobile, "code": code})["result"]


def test_status_enter(ctx):
    """From the answer into the order by the same code: once, only where the phone is the
    account's; nobody else's order, no names; the sign-in is told."""
    w = ctx.walker("org")
    until_materials(w)
    again = w.browser.post(f"/orders/{w.p.order}/copy")["no"]
    b, found = ask_status(w, w.p.order)
    same((found["may_enter"], found["may_continue"]), (True, True), "offered")
    same([(r["no"], r["may_enter"]) for r in found["orders"]], [(again, True)], "of the same unit")
    need(w.p.name not in str(found) and w.p.id_no not in str(found), "personal data")
    need([e["text"] for e in found["events"]][0] == "开始填写", f"history {found['events']}")
    need(set(found["events"][0]) == {"time", "text"}, "notes are shown")
    need(found["pin_text"] and not found["has_pin_sent"], "the way of the PIN")
    refused(401, b.get, f"/orders/{w.p.order}")
    stranger = ctx.walker("person")
    until_materials(stranger)
    other = stranger.p.order
    refused(403, b.post, "/status/enter", {"ticket": found["ticket"], "no": other})
    bad = found["ticket"][:-1] + ("0" if found["ticket"][-1] != "0" else "1")
    refused(410, b.post, "/status/enter", {"ticket": bad, "no": w.p.order})
    into = b.post("/status/enter", {"ticket": found["ticket"], "no": w.p.order})
    same(into["next"], f"/orders/{w.p.order}/continue", "goes on where it stopped")
    need(b.get(into["next"])["step"], "no step")
    late = Browser(ctx.site.url)
    late.get("/status")
    e = refused(410, late.post, "/status/enter", {"ticket": found["ticket"], "no": w.p.order})
    need("重新查询" in sentence(e), sentence(e))
    refused(404, b.get, f"/orders/{other}")
    need(any(s["current"] for s in b.get("/user/account")["sessions"]), "no session")


def test_downloads(ctx):
    """Root, chain, CRL, blank forms and every public page answer."""
    b = Browser(ctx.site.url)
    for name in ("root.crt", "issuing.crt"):
        _, data = b.get_raw(f"/downloads/{name}")
        r = walk.openssl("x509", "-noout", "-subject", data=data)
        need(r.returncode == 0, f"{name}: {r.stderr}")
    _, data = b.get_raw("/downloads/chain.pem")
    same(data.count(b"BEGIN CERTIFICATE"), 2, "certificates in the chain")
    status, headers, _ = b.exchange("GET", "/downloads/ca.crl")
    same(status, 303, "status of the CRL")
    crl = Browser(ctx.site.va_url)
    _, data = crl.get_raw(headers["Location"].removeprefix(ctx.site.va_url))
    r = walk.openssl("crl", "-inform", "DER", "-noout", "-nextupdate", data=data)
    need(r.returncode == 0 and b"nextUpdate" in r.stdout, f"CRL: {r.stderr}")
    for name in ("agreement", "form-org", "form-person", "seal-org", "seal-person"):
        _, pdf = b.get_raw(f"/downloads/{name}.pdf")
        need(pdf.startswith(b"%PDF-"), f"{name} is no PDF")
    for path in ("..%2f..%2fpassphrase", "%2e%2e/passphrase", "../data/run/admin.token"):
        status, _, _ = b.exchange("GET", f"/downloads/{path}")
        need(status in (400, 404), f"{path}: {status}")
    refused(404, b.get, "/downloads/issuing.key")
    for path in ("/", "/register", "/signin", "/forgot", "/status", "/fetch", "/help",
                 "/help/apply", "/help/faq", "/help/assistant", "/downloads", "/regions",
                 "/products/org", "/products/person", "/agreements/service", "/cps"):
        _, page = b.get_raw(path, "text/html")
        need(page, f"{path} is empty")
    refused(404, b.get, "/no-such-page")
