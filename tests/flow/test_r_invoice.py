"""Electronic invoices: asked for by the applicant, issued once, mailed, taken back."""
import re
import time

import test_b_payment as money
import test_g_kill as fire
import walk
from flow import need, refused, same

FORM = {"kind": "common", "mail": "tax@mail.example"}


def paid_order(w):
    trade = money.qr(w)
    w.world.pay(trade["qr"])
    walk.poll("the payment", lambda: money.paid(w))
    return w.p.order


def ask(w, *orders, **more):
    form = {**FORM, "tax_no": w.p.uscc, "mail": w.p.mail, **more,
            **{f"order_{no}": "1" for no in orders}}
    w.browser.get("/invoices/new")
    return w.browser.post("/invoices/new", form)["no"]


def invoice(w, no):
    return w.browser.get(f"/invoices/{no}")


def issued(w, no, seconds=30):
    return walk.poll("the invoice", lambda: next(
        (m for m in [invoice(w, no)] if m["state"] == "issued" and m["has_file"]), None), seconds)


def office(w, no):
    """What the tax office knows of this invoice."""
    rows = w.world.service.get("/control/fapiao")["fapiao"]
    return [r for r in rows if r["id"].startswith(no + "_")]


def red(w, no):
    return walk.poll("the red letter", lambda: invoice(w, no)["state"] == "reversed")


def test_invoice(ctx):
    """Two orders on one invoice: number, SMS, mail with the PDF, download; never a second."""
    w = money.ordered(ctx)
    first = paid_order(w)
    money.again(w)
    second = paid_order(w)
    model = w.browser.get(f"/invoices/new?order={first}")
    same([o["picked"] for o in model["orders"]], [False, True], "picked beforehand")
    e = refused(422, w.browser.post, "/invoices/new", {**FORM, f"order_{first}": "1"})
    need(e.field("tax_no"), "no sentence beside the tax number")
    e = refused(422, w.browser.post, "/invoices/new", {**FORM, "tax_no": w.p.uscc})
    need(e.field("orders"), "no sentence about the orders")
    no = ask(w, first, second)
    m = issued(w, no)
    need(re.fullmatch(r"\d{20}", m["number"]), f"number {m['number']}")
    same((m["amount"], m["invoice_title"]), ("680.00", w.p.company), "amount and title")
    same(m["tax_fen"], 68000 - round(68000 / 1.06), "tax")
    headers, pdf = w.browser.get_raw(f"/invoices/{no}/file?download=1")
    need(pdf.startswith(b"%PDF-"), "no PDF")
    walk.poll("the SMS", lambda: any(m["number"] in s["text"] for s in w.world.sms(w.p.mobile)))
    mail = walk.poll("the mail", lambda: next(
        (x for x in w.world.mail(w.p.mail) if m["number"] in x["subject"]), None))
    same((mail["file"]["name"], mail["file"]["type"]),
         (f"电子发票-{m['number']}.pdf", "application/pdf"), "the attachment")
    same(mail["file"]["bytes"], len(pdf), "bytes of the attachment")
    refused(409, ask, w, first)
    need(not w.order_model()["may_invoice"], "offered again")
    same(w.order_model()["invoices"][0]["number"], m["number"], "on the order's page")
    same(len(office(w, no)), 1, "invoices at the tax office")
    other = ctx.walker("person")
    for path in (f"/invoices/{no}", f"/invoices/{no}/file"):
        refused(404, other.browser.get, path)


def test_invoice_refund(ctx):
    """One of two is cancelled: a red letter, and another invoice for the one that stays."""
    w = money.ordered(ctx)
    first = paid_order(w)
    money.again(w)
    second = paid_order(w)
    no = ask(w, first, second)
    issued(w, no)
    w.browser.get(f"/orders/{second}/cancel")
    w.browser.post(f"/orders/{second}/cancel", {})
    red(w, no)
    rows = w.browser.get("/user/invoices")["rows"]
    fresh = next(r["no"] for r in rows if r["no"] != no)
    m = issued(w, fresh)
    same(m["amount"], "340.00", "the one that stays")
    same([o["no"] for o in m["orders"]], [first], "its orders")
    same([r["status"] for r in office(w, no)], ["REVERSED"], "at the tax office")


def test_invoice_failures(ctx):
    """Refused: mended by the applicant.  Lost answers: asked again, still one.  The clerk's
    authentication is waited for; finance takes one back and issues it anew."""
    w = money.ordered(ctx)
    first = paid_order(w)
    w.world.fault("fapiao.issue", "refuse", n=1)
    no = ask(w, first)
    walk.poll("the refusal", lambda: invoice(w, no)["state"] == "failed")
    same(invoice(w, no)["reason"], "", "the reason, which is for staff")
    desk = ctx.officer().browser
    row = next(r for r in desk.get("/staff/invoices")["rows"] if r["no"] == no)
    need("不一致" in row["reason"], f"the reason for staff: {row['reason']}")
    w.world.fault("fapiao.issue", "http_500", n=1)
    w.world.fault("fapiao.issue", "hold", n=1)
    w.browser.get(f"/invoices/{no}")
    w.browser.post(f"/invoices/{no}/mend", {**FORM, "tax_no": w.p.uscc})
    walk.poll("the application", lambda: office(w, no))
    same(invoice(w, no)["state"], "requested", "while the clerk is away")
    w.world.service.post("/control/fapiao", {"id": office(w, no)[0]["id"], "do": "issue"})
    old = issued(w, no, 60)
    same(len(office(w, no)), 1, "invoices at the tax office")
    desk.get(f"/staff/invoices/{no}")
    refused(422, desk.post, f"/staff/invoices/{no}/reverse", {"reason": ""})
    desk.post(f"/staff/invoices/{no}/mend", {**FORM, "tax_no": w.p.uscc, "mail": "b@mail.example"})
    red(w, no)
    fresh = next(r["no"] for r in w.browser.get("/user/invoices")["rows"] if r["no"] != no)
    m = issued(w, fresh)
    same(m["mail"], "b@mail.example", "the new address")
    need(m["number"] != old["number"], "the same number again")
    refused(409, desk.post, f"/staff/invoices/{no}/retry")


def test_invoice_kill(ctx):
    """gate killed while the office works: one invoice, whatever the moment."""
    w = money.ordered(ctx)
    orders = [paid_order(w)]
    for _ in range(3):
        money.again(w)
        orders.append(paid_order(w))
    asked = []
    for i, order in enumerate(orders):
        old = fire.pid_of(ctx.site, "gate")
        asked.append(ask(w, order))
        time.sleep(i * 0.02)
        fire.kill(ctx.site, "gate")
        fire.restarted(ctx.site, "gate", old)
    for no in asked:
        issued(w, no, 90)
        same([r["status"] for r in office(w, no)], ["ISSUED"], "at the tax office")
