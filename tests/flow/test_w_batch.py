"""Persons of one organisation applied for together: a list, an order each, one payment."""
import copy
import itertools
import threading
import time

import identity
import walk
from browser import Refused
from flow import need, refused, same, sentence
from test_b_payment import ordered
from test_g_kill import kill, restarted
from test_j_race import at_once, twin
from test_s_bundle import bundle_qr, shares


NAMES = itertools.cycle("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥")


def colleague(ctx):
    """Somebody else, known to the registries."""
    p = ctx.person("person")
    p.name = p.name[0] + next(NAMES) + p.name[2]
    walk.World(ctx.site).register(p)
    return p


def line(p, **change):
    cells = {"name": p.name, "id_no": p.id_no, "mobile": p.mobile, "mail": p.mail,
             "user_name": p.user_name, **change}
    return ",".join(cells.values())


def ticks(w):
    return {f"agree_{a['id']}": "1" for a in w.browser.get(f"/orders/{w.p.order}/batch")
            ["agreements"]}


def hand_in(w, text, **more):
    """The list as a file; the bundle's path."""
    answer = w.browser.upload(f"/orders/{w.p.order}/batch", {**ticks(w), **more},
                              {"file": ("persons.csv", text.encode("utf-8-sig"))})
    return f"/bundles/{answer['no']}"


def persons(w, path):
    return sorted(o["subject"] for o in w.browser.get(path)["orders"])


def walker_of(w, p, no):
    """The handler's window, going on with the order of this person."""
    other = copy.copy(w)
    other.p = copy.copy(p)
    other.p.order = no
    return other


def test_batch(ctx):
    """A list with faults makes nothing and says what is wrong beside each line; mended it makes an
    order each; nobody twice; common papers once; the list as PDF; one payment for all."""
    w = ordered(ctx)
    here = f"/orders/{w.p.order}/batch"
    need(w.order_model()["may_batch"], "no way in from the order")
    one, two = colleague(ctx), colleague(ctx)
    need(w.browser.get_raw("/batch/template")[1].decode("utf-8-sig").startswith("姓名,"),
         "the template")
    bad = "\n".join(["姓名,身份证号码,手机,邮箱,用户名", line(one),
                     line(two, id_no=two.id_no[:-1] + ("1" if two.id_no[-1] == "0" else "0")),
                     line(one), "王五,1"]) + "\n"
    e = refused(422, hand_in, w, bad)
    same([bool(e.field(f"l_{i}")) for i in range(4)], [False, True, True, True], "faults")
    need("不能重复" in e.field("l_2") and "5项" in e.field("l_3"), str(e))
    need(not w.browser.get(here)["bundle"], "something was made")
    e = refused(422, w.browser.post, here, {"l_0": line(one), "l_1": line(two)})
    need("勾选" in sentence(e), sentence(e))
    answer = w.browser.post(here, {**ticks(w), "l_0": line(one), "l_1": line(two), "l_2": ""})
    path = f"/bundles/{answer['no']}"
    same(persons(w, path), sorted([w.p.name, one.name, two.name]), "persons")
    for p in (one, two, w.p):
        e = refused(422, hand_in, w, line(p, user_name="z" + p.user_name[1:]))
        need("不能重复" in e.field("l_0"), str(e))
    same(len(w.browser.get(path)["orders"]), 3, "nobody twice")
    need(w.browser.get_raw(path + "/list")[1].startswith(b"%PDF-"), "the list")
    walk.poll("the SMS", lambda: any(m["template"] == "SMS_BATCH_SUBMITTED"
                                     for m in w.world.sms(w.p.mobile)))
    others(ctx, w, path, [one, two])


def others(ctx, w, path, people):
    """Papers once, each his own identity, one payment, into review."""
    e = refused(409, w.browser.post, path + "/papers")
    need("先" in sentence(e), sentence(e))
    for i, kind in enumerate(("batch_list", "authorisation", "agent_id")):
        w.upload(kind, identity.png(seed=70 + i))
    same(w.browser.post(path + "/papers")["given"], 6, "papers given")
    same(w.browser.post(path + "/papers")["given"], 0, "papers given again")
    rows = {o["subject"]: o["no"] for o in w.browser.get(path)["orders"]}
    walkers = [w] + [walker_of(w, p, rows[p.name]) for p in people]
    for i, v in enumerate(walkers):
        v.print()
        has = {m["kind"] for m in v.browser.get(v.step_path("materials"))["materials"] if m["has"]}
        same(has, {"batch_list", "authorisation", "agent_id"}, f"papers of {v.p.name}")
        v.upload("application_form", identity.png(seed=80 + i))
        v.upload("person_id", identity.png(seed=90 + i))
        v.do_step("materials")
        v.prove_identity()
    model = w.browser.get(path)
    same((model["due"], model["may_pay"]), ("1020.00", True), "owed")
    w.world.pay(bundle_qr(w, path)["qr"])
    walk.poll("the payment", lambda: w.browser.get(path + "/payment")["paid"])
    same(sorted(shares(w, path)), [("reviewing", "paid", 34000)] * 3, "shares")
    stranger = ctx.walker("person")
    for p in (path, path + "/list"):
        refused(404, stranger.browser.get, p)
    refused(404, stranger.browser.post, path + "/papers")
    refused(404, stranger.browser.get, f"/orders/{w.p.order}/batch")


def test_batch_file(ctx):
    """What is no list is told so: GBK, nothing, too many."""
    w = ordered(ctx)
    here = f"/orders/{w.p.order}/batch"
    gbk = {"file": ("p.csv", "张三,1,2,3,4".encode("gbk"))}
    e = refused(422, w.browser.upload, here, ticks(w), gbk)
    need("UTF-8" in (e.field("file") or ""), str(e))
    e = refused(422, w.browser.post, here, ticks(w))
    need("没有人员" in (e.field("list") or ""), str(e))
    e = refused(422, w.browser.post, here, {**ticks(w), "list": "a,b,c,d,e\n" * 100})
    need("99" in (e.field("list") or ""), str(e))
    p = colleague(ctx)
    odd = ("", "<script>alert(1)</script>", "' OR 1=1 --", "长" * 90, "a\u202eb", "=cmd|1")
    cells = ("name", "id_no", "mobile", "mail", "user_name")
    lines = [line(p, **{cell: value}) for cell in cells for value in odd]
    for fields in ({"list": "\n".join(lines)}, {f"l_{i}": t for i, t in enumerate(lines)}):
        e = refused(422, w.browser.post, here, {**ticks(w), **fields})
        same([i for i in range(len(lines)) if not e.field(f"l_{i}")], [], "lines taken")
    e = refused(422, w.browser.post, here, {**ticks(w), "l_98": lines[1], "l_99": line(p)})
    need(e.field("l_0") and not e.field("l_1"), str(e))
    for a in ticks(w):
        e = refused(422, w.browser.post, here, {**ticks(w), a: "0", "list": line(p)})
        need("勾选" in (e.field(a) or ""), str(e))
    need(not w.browser.get(here)["bundle"], "something was made")
    e = refused(422, w.browser.post, here, {"list": "a" * 90000})
    need("太长" in (e.field("list") or ""), str(e))
    fresh = ctx.walker("person")
    fresh.begin()
    need("先" in fresh.browser.get(f"/orders/{fresh.p.order}/batch")["why"], "a draft")
    refused(409, fresh.browser.post, f"/orders/{fresh.p.order}/batch", {"list": "a,b,c,d,e"})


def test_batch_twice(ctx):
    """The same list from two windows at once: each person once."""
    w = ordered(ctx)
    people = [colleague(ctx) for _ in range(3)]
    fields = {**ticks(w), "list": "\n".join(line(p) for p in people)}
    windows = [w, twin(w)]
    here = f"/orders/{w.p.order}/batch"
    answers = at_once([lambda b=b: b.browser.post(here, fields) for b in windows])
    won = [a for a in answers if not isinstance(a, Refused)]
    same(len(won), 1, f"winners ({answers})")
    same(persons(w, f"/bundles/{won[0]['no']}"),
         sorted([w.p.name] + [p.name for p in people]), "persons")


def test_batch_killed(ctx):
    """kill -9 of web while lists are handed in: each is there whole or not at all, and may be given
    in again; nobody twice."""
    w = ordered(ctx)
    here = f"/orders/{w.p.order}/batch"
    people, fields = [], ticks(w)
    for i in range(4):
        three = [colleague(ctx) for _ in range(3)]
        people += three
        data = {**fields, "list": "\n".join(line(p) for p in three)}

        def send(data=data):
            try:
                w.browser.post(here, data)
            except (OSError, Refused):
                pass
        sender = threading.Thread(target=send)
        sender.start()
        time.sleep((0, 0.01, 0.03, 0.08)[i])
        restarted(ctx.site, "web", kill(ctx.site, "web"))
        sender.join()
        w.browser.connection = None
        bundle = w.browser.get(here)["bundle"]
        there = persons(w, f"/bundles/{bundle}") if bundle else []
        n = sum(p.name in there for p in three)
        need(len(there) in (0, 1 + 3 * i, 4 + 3 * i), f"half a list: {len(there)} after {i}")
        if len(there) != 4 + 3 * i:
            w.browser.get(here)
            bundle = w.browser.post(here, data)["no"]
        same(len(w.browser.get(f"/bundles/{bundle}")["orders"]), 4 + 3 * i, f"whole ({n})")
    same(persons(w, f"/bundles/{bundle}"), sorted([w.p.name] + [p.name for p in people]),
         "persons")
    ctx.site.yinxin("journal", "verify")
