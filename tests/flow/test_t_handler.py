"""Handlers: subjects of an account, handed over by both codes or taken over with evidence."""
import urllib.parse

import identity
import walk
from browser import Browser
from flow import captcha, count, need, refused, same, sentence
from test_j_race import at_once
from test_l_status import holder, look
from test_r_accounts import decide, later, stop_link


def subject_path(w):
    return "/user/subject?name=" + urllib.parse.quote(w.p.name)


def own_code(ctx, w, page):
    before = len(ctx.world.sms(w.p.mobile))
    w.browser.post("/user/handover-code", captcha(w.browser, page))
    return ctx.world.sms_code(w.p.mobile, before)


def offered(ctx, w, v):
    fields = {"subject": w.p.name, "mobile": v.p.mobile,
              "code": own_code(ctx, w, subject_path(w))}
    return "/user/handovers/" + w.browser.post("/user/subject", fields)["no"]


def accepting(ctx, v, path):
    return {"name": v.p.name, "id_no": v.p.id_no, "mail": v.p.mail,
            "code": own_code(ctx, v, path)}


def gone(w, serial, orders):
    """The old handler's account sees nothing of it any more."""
    refused(404, w.browser.get, f"/certificates/{serial}")
    for no in orders:
        refused(404, w.browser.get, f"/orders/{no}")
    refused(404, w.browser.get, subject_path(w))
    same(w.browser.get("/user/certificates")["certificates"]["rows"], [], "certificates")


def test_handover(ctx):
    """Offered with a code to the old number, accepted with one to the new: certificate, running
    order and UKey are the new handler's at once; the old one's pages, code and session are dead."""
    w, serial = holder(ctx)
    first, key = w.p.order, w.p.key
    w.p.user_name = "q" + identity.mobile()[1:]
    w.apply()
    second = w.p.order
    ctx.officer().approve(second)
    code = w.authorisation_code()
    v = ctx.walker("person")
    row = w.browser.get("/user/subjects?q=" + urllib.parse.quote(w.p.name))["rows"]
    same([(r["subject"], r["n_certificates"], r["n_open"]) for r in row], [(w.p.name, 1, 1)],
         "the subject's row")
    e = refused(422, w.browser.post, "/user/subject", {"subject": w.p.name, "code": "000000",
                                                       "mobile": v.p.mobile})
    need(e.field("code"), sentence(e))
    path = offered(ctx, w, v)
    walk.poll("the SMS", lambda: [m for m in ctx.world.sms(v.p.mobile)
                                  if m["template"] == "SMS_HANDOVER"])
    need(not w.browser.get(path)["may_accept"], "the old handler may accept it himself")
    refused(422, w.browser.post, path, {"name": w.p.name, "id_no": w.p.id_no, "mail": w.p.mail,
                                        "code": "123456"})
    stranger = ctx.walker("person")
    refused(404, stranger.browser.get, path)
    need(v.browser.get("/user/subjects")["offers"], "nothing told to the new handler")
    w.site.plug(key)
    by_key = walk.Walker(ctx.site, w.p, ctx.say)
    by_key.sign_in_by_ukey(serial)
    fields = accepting(ctx, v, path)
    v.browser.post(path, fields)
    refused((409, 422), v.browser.post, path, fields)
    refused(401, by_key.browser.get, "/user")
    gone(w, serial, (first, second))
    same(look(v, serial)["order"], first, "the certificate")
    model = v.browser.get(f"/orders/{first}")
    same(count(model, "更换经办人"), 1, "in the history")
    v.p.order = second
    refused((404, 409, 422), v.open_fetch, code)
    v.browser.get(f"/orders/{second}")
    v.browser.post(f"/orders/{second}/resend")
    need(v.authorisation_code() != code, "the old code is good still")
    w.site.plug(key)
    by_key.sign_in_by_ukey(serial)
    same(by_key.browser.get("/user/account")["mobile"], v.p.mobile, "whose UKey it is")
    for who, template in ((w, "SMS_HANDLER_LEFT"), (v, "SMS_HANDLER_CAME")):
        walk.poll(template, lambda a=who, t=template: [m for m in ctx.world.sms(a.p.mobile)
                                                       if m["template"] == t])
    ctx.site.yinxin("journal", "verify")


def test_handover_ended(ctx):
    """Accepted and taken back at the same moment: one of the two, told clearly."""
    w, serial = holder(ctx)
    v = ctx.walker("person")
    path = offered(ctx, w, v)
    fields = accepting(ctx, v, path)
    w.browser.get(path)
    at_once([lambda: v.browser.post(path, fields), lambda: w.browser.post(f"{path}/end")])
    state = v.browser.get(path)["state"]
    holder_now, other = (v, w) if state == "accepted" else (w, v)
    need(look(holder_now, serial)["serial"] == serial, state)
    refused(404, other.browser.get, f"/certificates/{serial}")


def test_handover_by_command(ctx):
    """At the server: listed, shown, ended before it was accepted; then it cannot be."""
    w, serial = holder(ctx)
    v = ctx.walker("person")
    path, site = offered(ctx, w, v), ctx.site
    no = path.rsplit("/", 1)[1]
    need(no in site.yinxin("handover", "list", "--state", "offered"), "not listed")
    shown = site.yinxin("handover", "show", no)
    need("offered" in shown and w.p.name not in shown, shown)
    fields = accepting(ctx, v, path)
    site.yinxin("handover", "end", no)
    refused((409, 422), v.browser.post, path, fields)
    need(site.yinxin("handover", "end", no, check=False).returncode != 0, "ended twice")
    need(site.yinxin("handover", "show", "2" * 20, check=False).returncode != 0, "none such")
    need(no in site.yinxin("handover", "list", "--state", "ended"), "not among the ended")
    same(look(w, serial)["serial"], serial, "nothing moved")
    site.yinxin("journal", "verify")


def test_takeover(ctx):
    """Sealed letter, identity pictures, review beside what is known; the old handler is told and has
    three days; then certificate and running order move, whose agent proves himself anew."""
    w, serial = holder(ctx)
    first = w.p.order
    w.p.user_name = "q" + identity.mobile()[1:]
    w.apply()
    second = w.p.order
    v = ctx.walker("person")
    asked = {"subject": w.p.name, "subject_id": w.p.id_no, "name": v.p.name, "id_no": v.p.id_no,
             "contact": v.p.mail, "note": "原经办人已离职"}
    v.browser.get("/user/takeover")
    e = refused(422, v.browser.post, "/user/takeover", {**asked, "id_no": "123"})
    need(e.field("id_no"), sentence(e))

    def file(fields):
        v.browser.get("/user/takeover")
        path = "/petitions/" + v.browser.post("/user/takeover", fields)["ref"]
        _, pdf = v.browser.get_raw(f"{path}/letter")
        need(pdf.startswith(b"%PDF-"), "the letter")
        for i, kind in enumerate(("letter", "id_front", "id_back")):
            v.browser.upload(f"{path}/pictures/{kind}", {},
                             {"file": ("a.png", identity.png(seed=i))})
        v.browser.get(path)
        v.browser.post(path)
        return path, v.browser.get(path)["no"]
    path, no = file({**asked, "subject_id": identity.resident_id()})
    need(not ctx.officer().browser.get(f"/staff/petitions/{no}")["possible"],
         "another document number")
    v.browser.post(f"{path}/cancel")
    path, no = file(asked)
    refused(404, w.browser.get, path)
    refused(404, Browser(ctx.site.url).get, path)
    seen = ctx.officer().browser.get(f"/staff/petitions/{no}")
    need(seen["possible"] and w.p.mobile in str(seen["facts"]), str(seen["facts"]))
    decide(ctx, no)
    stop_link(ctx, w.p.mobile)
    need([p for p in w.browser.get("/user/account")["petitions"]
          if p["no"] == no and p["may_stop"]], "the old handler cannot stop it")
    later(ctx, 2.99, "petition", "run")
    same(look(w, serial)["serial"], serial, "before the time")
    later(ctx, 3.01, "petition", "run")
    same(v.browser.get(path)["state"], "done", "state")
    gone(w, serial, (first, second))
    same(look(v, serial)["order"], first, "the certificate")
    need(second in str(v.browser.get("/user/orders")), "the running order")


def test_takeover_stopped(ctx):
    """The old handler objects: nothing moves."""
    w, serial = holder(ctx)
    v = ctx.walker("person")
    v.browser.get("/user/takeover")
    path = "/petitions/" + v.browser.post("/user/takeover", {
        "subject": w.p.name, "subject_id": w.p.id_no, "name": v.p.name, "id_no": v.p.id_no,
        "contact": v.p.mail, "note": "接手"})["ref"]
    for i, kind in enumerate(("letter", "id_front", "id_back")):
        v.browser.upload(f"{path}/pictures/{kind}", {}, {"file": ("a.png", identity.png(seed=i))})
    v.browser.get(path)
    v.browser.post(path)
    no = v.browser.get(path)["no"]
    decide(ctx, no)
    w.browser.get("/user/account")
    w.browser.post(f"/petition-stop/{no}")
    later(ctx, 4, "petition", "run")
    same(v.browser.get(path)["state"], "stopped", "state")
    same(look(w, serial)["serial"], serial, "the certificate")


def taken(ctx, v, w):
    """A takeover of w's subject, filed and granted."""
    v.browser.get("/user/takeover")
    path = "/petitions/" + v.browser.post("/user/takeover", {
        "subject": w.p.name, "subject_id": w.p.id_no, "name": v.p.name, "id_no": v.p.id_no,
        "contact": v.p.mail, "note": "原经办人已离职"})["ref"]
    for i, kind in enumerate(("letter", "id_front", "id_back")):
        v.browser.upload(f"{path}/pictures/{kind}", {}, {"file": ("a.png", identity.png(seed=i))})
    v.browser.get(path)
    v.browser.post(path)
    no = v.browser.get(path)["no"]
    decide(ctx, no)
    return path, no


def test_takeover_of_two(ctx):
    """Certificates of one subject under two accounts: both are told, each with a link of its own, the
    second one's stops it; granted again and nobody objects, the certificates of both move."""
    w, first = holder(ctx)
    u = ctx.walker("person")
    u.p.name, u.p.id_no = w.p.name, w.p.id_no
    ctx.world.register(u.p)                 # the same person, another phone and another account
    u.apply()
    ctx.officer().approve(u.p.order)
    u.fetch()
    v = ctx.walker("person")
    path, no = taken(ctx, v, w)
    facts = [f["known"] for f in ctx.officer().browser.get(f"/staff/petitions/{no}")["facts"]
             if f["label"] == "现经办人"]
    need(len(facts) == 2 and w.p.mobile in str(facts) and u.p.mobile in str(facts), str(facts))
    links = [stop_link(ctx, a.p.mobile) for a in (w, u)]
    need(links[0] != links[1], "one link for both")
    old = Browser(ctx.site.url)
    need(all(old.get(link)["may_stop"] for link in links), "a link stops nothing")
    old.get(links[1])
    old.post(links[1])
    same(v.browser.get(path)["state"], "stopped", "objected")
    same(old.get(links[0])["may_stop"], False, "the other link")
    path, no = taken(ctx, v, w)
    need([p for p in u.browser.get("/user/account")["petitions"] if p["no"] == no],
         "not in the other account's page")
    later(ctx, 3.01, "petition", "run")
    same(v.browser.get(path)["state"], "done", "state")
    for serial, was in ((first, w), (u.serial, u)):
        same(look(v, serial)["serial"], serial, "moved")
        refused(404, was.browser.get, f"/certificates/{serial}")
    ctx.site.yinxin("journal", "verify")


def test_basic_data(ctx):
    """LOG-13: the unit's name and code stand beside login and phone."""
    w = ctx.walker("org")
    for step in (w.begin, w.agree, w.fill, w.confirm):
        step()
    me = w.browser.get("/user/account")
    same((me["unit_name"], me["unit_code"], me["mobile"]), (w.p.company, w.p.uscc, w.p.mobile),
         "basic data")
