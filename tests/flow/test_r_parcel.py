"""Keys sent by the courier: ordered by wire, followed, signed for."""
import walk
from flow import count, need, refused, same, sentence
from test_q_medium import Maker


def ready(ctx):
    """A key that staff made, to be sent."""
    w = ctx.walker("person")
    w.apply("courier")
    ctx.officer().approve(w.p.order)
    ctx.site.plug(w.p.key)
    m = Maker(ctx, w.p.order)
    m.post("claim")
    m.install(m.issue(m.make()))
    m.activate()
    m.post("made")
    return w, m


def ordered(m, state="ordered"):
    return walk.poll("the waybill", lambda: next(
        (r["parcel"] for r in [m.row("ready")] if r["parcel"]["state"] == state), None))


def scan(w, waybill, op):
    w.world.service.post("/control/parcel", {"waybill": waybill, "op": op})


def track(w):
    return w.order_model()["deliveries"][0]["track"]


def test_parcel(ctx):
    """Ordered once though the answer is lost, printed, shipped; the courier's pushes become the
    order's time line; signed for, the order is done, once."""
    w, m = ready(ctx)
    same(m.row("ready")["has_waybill"], False, "before")
    refused(409, m.browser.get, f"/staff/orders/{m.no}/print/waybill")
    w.world.fault("sf.EXP_RECE_CREATE_ORDER", "http_500", n=1)
    m.post("parcel")
    e = refused(409, m.post, "parcel")
    need("已经下过" in sentence(e), sentence(e))
    waybill = ordered(m)["waybill"]
    there = [p for p in w.world.service.get("/control/parcels")["parcels"]
             if m.no in p["id"]]
    same([(p["waybill"], p["collect"]) for p in there], [(waybill, True)], "at the courier")
    _, pdf = m.browser.get_raw(f"/staff/orders/{m.no}/print/waybill")
    need(pdf.startswith(b"%PDF-"), "no waybill to print")
    m.post("ship", company="顺丰", waybill=waybill)
    refused(409, m.post, "parcel/cancel")
    scan(w, waybill, "50")
    walk.poll("the first scan", lambda: len(track(w)) == 1)
    w.world.fault("sf.push", "duplicate", n=1, value=3)
    scan(w, waybill, "44")
    walk.poll("it comes today", lambda: len(track(w)) == 2)
    same(sum(s["template"] == "SMS_DELIVERING" for s in w.world.sms(w.p.mobile)), 1, "told once")
    same(w.order_model()["state"], "shipped", "on its way")
    w.world.fault("sf.push", "duplicate", n=1, value=3)
    scan(w, waybill, "80")
    model = walk.poll("the end", lambda: next(
        (o for o in [w.order_model()] if o["state"] == "done"), None))
    same((count(model, "快递已签收"), count(model, "确认收到")), (1, 1), "events")
    refused(409, w.browser.post, f"/orders/{w.p.order}/received")
    same([t["place"] for t in track(w)][-1], "长沙市岳麓区", "the last place")


def test_parcel_refused_and_by_hand(ctx):
    """Refused by the courier: another try, given up before it was collected; then by hand with a
    waybill of another company, which nobody follows.  A forged push changes nothing."""
    w, m = ready(ctx)
    w.world.fault("sf.EXP_RECE_CREATE_ORDER", "refuse", n=1)
    m.post("parcel")
    need("not served" in ordered(m, "refused")["reason"], "no reason for staff")
    m.post("parcel")
    waybill = ordered(m)["waybill"]
    m.post("parcel/cancel")
    ordered(m, "cancelled")
    refused(409, m.post, "parcel/cancel")
    m.post("ship", company="中国邮政", waybill="1234567890123")
    w.world.service.post("/control/parcel", {"waybill": waybill, "op": "80"})
    status, _, data = m.browser.exchange(
        "POST", "/notify/sf", b'{"Body":{"WaybillRoute":[{"mailno":"1234567890123","opCode":"80"}]}}',
        {"Content-Type": "application/json"})
    same((status, b"0000" in data), (200, True), "the answer to a stranger's push")
    same(w.order_model()["state"], "shipped", "after a forged push")
    w.browser.post(f"/orders/{w.p.order}/received")
    same(w.order_model()["state"], "done", "received")
