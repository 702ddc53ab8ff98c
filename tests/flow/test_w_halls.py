"""The hall of Inner Mongolia: projects with rules of their own, payment after the review."""
import atexit
import os
import re
import shutil

import flow
import hallsite
import walk
from flow import need, refused, same, sentence
from test_q_medium import Maker
from test_r_backup import databases
from test_t_ways import by_phone, legal

PAID, FREE = "org-procurement", "org-insurance"


def neimenggu(ctx):
    """A site of its own with this hall: its products are not those of the others'."""
    if not hasattr(ctx, "neimenggu"):
        root = hallsite.default_root("flow-neimenggu-" + ctx.engine)
        if os.path.exists(root):
            hallsite.Site(root).stop()
            shutil.rmtree(root)
        site = hallsite.Site(root, store=databases(ctx, "neimenggu"), settings={
            "YINXIN_WEB_HALL_FILE": "app/share/yinxin/halls/neimenggu.yaml"})
        atexit.register(site.stop)
        site.install()
        site.init()
        site.make_key("user", "UKey", "12345678")
        site.start()
        ctx.neimenggu = flow.Context(site, ctx.engine, ctx.say)
    ctx.neimenggu.say, ctx.neimenggu.desk = ctx.say, None
    return ctx.neimenggu


def begin(w, product):
    answer = w.browser.post("/orders/new", {"product": product})
    w.p.order = re.search(r"/orders/(\d{20})/", answer["next"]).group(1)


def up_to_review(w, product, way="window"):
    begin(w, product)
    w.agree()
    w.fill()
    w.confirm(way)
    w.prove_identity()
    by_phone(w, "legal_phone", **legal(w))
    w.print()
    w.materials()
    same(w.order_model()["state"], "reviewing", "nothing is paid before the review")


def to_make(ctx, no):
    rows = ctx.officer().browser.get("/staff/making")["to_make"]
    return [r for r in rows if r["no"] == no]


def test_project_first(ctx):
    """What it is for comes first; each project has products, materials and prices of its own."""
    ctx = neimenggu(ctx)
    w = ctx.walker("org")
    first = w.browser.get("/orders/new")
    same([p["id"] for p in first["projects"]], ["procurement", "resources", "insurance"], "projects")
    same(first["products"], [], "before one is chosen")
    kinds = {}
    for project in ("procurement", "insurance"):
        page = w.browser.get(f"/orders/new?project={project}")
        same([p["id"] for p in page["projects"] if p["chosen"]], [project], "chosen")
        kinds[project] = {m["kind"] for m in page["products"][0]["materials"]}
        same(page["products"][0]["free"], project == "insurance", "free")
    same(kinds["procurement"] - kinds["insurance"], {"legal_stamp", "legal_signature"},
         "what procurement wants more")
    same(w.browser.get("/orders/new?project=none")["products"], [], "no such project")
    need("证书用在哪里" in w.browser.get_raw("/orders/new")[1].decode(), "the page asks")


def test_paid_after_review(ctx):
    """Approved by signature, nothing is made or fetched until it is paid; then it goes on by itself."""
    ctx = neimenggu(ctx)
    w = ctx.walker("org")
    up_to_review(w, PAID, "download")
    refused(409, w.browser.post, f"/orders/{w.p.order}/payment", {"channel": "alipay"})
    ctx.officer().approve(w.p.order)
    model = w.order_model()
    same((model["state"], model["state_text"], model["may_pay"], model["may_fetch"]),
         ("owing", "等待缴费", True, False), "after the review")
    walk.poll("the SMS that says what to pay", lambda: any(
        m["template"] == "SMS_OWING" and m["params"] == {"no": w.p.order, "amount": "350.00"}
        for m in w.world.sms(w.p.mobile)))
    same(to_make(ctx, w.p.order), [], "the maker's list")
    need(not any("授权码" in str(m) and w.p.order in str(m) for m in w.world.mail(w.p.mail)),
         "a code came before the money")
    refused(409, w.fill)
    refused(409, w.browser.upload, f"/orders/{w.p.order}/materials/spare", {},
            {"file": ("a.png", b"\x89PNG")})
    w.pay("wechat")
    same(w.order_model()["state"], "approved", "once it is paid")
    refused(409, w.browser.post, f"/orders/{w.p.order}/payment", {"channel": "alipay"})
    w.fetch()
    w.sign_in_by_ukey()
    ctx.site.yinxin("journal", "verify")


def test_owed_and_given_up(ctx):
    """Approved, not paid, cancelled by the applicant; and made by staff once a transfer is confirmed."""
    ctx = neimenggu(ctx)
    w = ctx.walker("org")
    up_to_review(w, PAID)
    ctx.officer().approve(w.p.order)
    w.browser.post(f"/orders/{w.p.order}/cancel", {"reason": "不办了"})
    same(w.order_model()["state"], "cancelled", "given up")
    refused(409, w.browser.post, f"/orders/{w.p.order}/payment", {"channel": "alipay"})
    w.p.user_name += "x"
    up_to_review(w, PAID)
    ctx.officer().approve(w.p.order)
    w.pay()
    need(to_make(ctx, w.p.order), "the maker's list")
    Maker(ctx, w.p.order).post("claim")
    same(w.order_model()["state"], "making", "claimed")


def test_project_pays(ctx):
    """A project that pays for its users: no payment step, no invoice, from the review to the key."""
    ctx = neimenggu(ctx)
    w = ctx.walker("org")
    up_to_review(w, FREE, "download")
    bar = [p["title"] for p in w.order_model()["progress"]]
    need("费用支付" not in bar, str(bar))
    refused((404, 409), w.browser.get, w.step_path("payment"))
    ctx.officer().approve(w.p.order)
    same(w.order_model()["state"], "approved", "nothing to pay")
    w.fetch()


def test_one_application(ctx):
    """One certificate of the unit an account and project: under way or valid, not once it is given up."""
    ctx = neimenggu(ctx)
    w = ctx.walker("org")
    begin(w, FREE)
    first = w.p.order
    begin(w, FREE)
    same(w.p.order, first, "an untouched draft is gone on with")
    w.agree()
    w.fill()
    e = refused(409, begin, w, FREE)
    need(first in sentence(e) and "只能申请一份" in sentence(e), sentence(e))
    refused(409, w.browser.post, f"/orders/{first}/copy")
    begin(w, PAID)
    w.browser.post(f"/orders/{first}/cancel", {"reason": ""})
    w.p.user_name += "x"
    up_to_review(w, FREE, "download")
    ctx.officer().approve(w.p.order)
    w.fetch()
    refused(409, begin, w, FREE)
