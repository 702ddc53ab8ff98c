"""The operations on a certificate, stage by stage, for the tests that stop, race or kill them."""
import contextlib

import walk
from flow import need, refused, sentence
from test_g_kill import pay_once
from test_l_status import look
from test_m_renew import as_before, renewing
from test_n_unlock import prove, read_challenge, unlocker


@contextlib.contextmanager
def renewable(ctx, *walkers):
    """The hall where a year before the end is time enough."""
    renewing(ctx, 366)
    try:
        for w in walkers:
            w.browser.connection = None
        yield
    finally:
        as_before(ctx)
        for w in walkers:
            w.browser.connection = None


def renew(ctx, w, serial, run):
    w.p.order = run(w.browser.post, f"/certificates/{serial}/renew", {"years": "1"})["no"]
    yield "draft"
    run(w.agree)
    run(w.browser.post, w.step_path("question"), {"answer": "我的母亲"})
    run(w.confirm)
    yield "submitted"
    run(pay_once, w)
    yield "reviewing"
    run(approve, ctx, w)
    yield "approved"


def reissue(ctx, w, serial, run):
    w.p.order = run(w.browser.post, f"/certificates/{serial}/reissue", {"cause": "lost"})["no"]
    yield "draft"
    run(w.agree)
    run(w.confirm)
    yield "submitted"
    w.phone_code()
    run(w.prove_identity)
    run(pay_once, w)
    yield "reviewing"
    run(approve, ctx, w)
    yield "approved"


def change(ctx, w, serial, run):
    w.site.plug(w.p.key)
    w.sign_in_by_ukey(serial)
    w.p.order = run(w.browser.post, f"/certificates/{serial}/modify")["no"]
    yield "draft"
    run(w.agree)
    run(fill_changed, w)
    run(w.confirm)
    yield "submitted"
    w.phone_code()
    run(w.print)
    run(w.materials)
    run(w.prove_identity)
    yield "reviewing"
    run(approve, ctx, w)
    yield "approved"


def fill_changed(w):
    w.fill(org_name=w.p.company + "集团")


def unlock(ctx, w, serial, run):
    unlocker(ctx)
    w.p.order = run(w.browser.post, f"/certificates/{serial}/unlock", {})["no"]
    yield "draft"
    prove(w)
    w.site.plug(w.p.key)
    run(w.browser.post, w.step_path("challenge"), read_challenge(w))
    yield "reviewing"
    run(approve, ctx, w)
    yield "unlocking"


JOURNEYS = {"renew": renew, "reissue": reissue, "change": change, "unlock": unlock}
KINDS = {"renew": "person", "reissue": "person", "change": "org", "unlock": "person"}


def plainly(fn, *args):
    return fn(*args)


def travel(ctx, w, serial, op, to, run=plainly):
    """On the way of this operation up to a stage."""
    for stage in JOURNEYS[op](ctx, w, serial, run):
        if stage == to:
            return
    raise AssertionError(f"{op} has no stage {to}")


def approve(ctx, w):
    if w.order_model()["state"] == "reviewing":
        desk = ctx.officer()
        desk.browser.connection = None
        desk.approve(w.p.order)


def cancel(w):
    """By the applicant until the approval, by the service after it."""
    if w.order_model()["state"] == "approved":
        e = refused(409, w.browser.post, f"/orders/{w.p.order}/cancel", {"reason": "不办了"})
        need("联系客服" in sentence(e), sentence(e))
        w.site.yinxin("order", "cancel", w.p.order, "申请人来电")
    else:
        w.browser.post(f"/orders/{w.p.order}/cancel", {"reason": "不办了"})
    walk.poll("the end", lambda: w.order_model()["state"] == "cancelled")


def untouched(w, serial, op):
    """Given up: the certificate stands as before, and the operation is open again."""
    model = look(w, serial)
    need(model["status"] == "good", f"after a cancelled {op}: {model['status']}")
    need(model[f"may_{op}"], f"{op} is closed: {model[op + '_text']}")


