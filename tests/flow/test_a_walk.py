"""The main job, and an application that goes back and forth."""
import identity
import walk
from flow import count, need, refused, same, until_payment


def walk_keys(ctx):
    for key in ("org", "person"):
        ctx.site.make_key(key, key, walk.BLANK_PIN)


def test_walk(ctx):
    """An organisation and a person from registration to signing in with the UKey."""
    walk_keys(ctx)
    people = walk.walk_all(ctx.site, ctx.say)
    same(len(people), 2, "people")


def test_returned(ctx):
    """Returned with a reason, told by SMS, mended, resubmitted, approved, fetched."""
    w = ctx.walker("person")
    w.apply()
    no, desk = w.p.order, ctx.officer()
    desk.send_back(no, "unclear", "person_id", "身份证反面看不清")
    text = walk.poll("the SMS of the return", lambda: next(
        (str(m) for m in w.world.sms(w.p.mobile) if m["template"] == "SMS_RETURNED"), None))
    need("图片不清晰" in text or "身份证反面看不清" in text, f"no reason in the SMS: {text}")
    model = w.order_model()
    same(model["state"], "returned", "state")
    reason = model["return"]["reasons"][0]
    same((reason["target"], reason["code"]), ("person_id", "unclear"), "reason")
    need("身份证反面看不清" in reason["text"], f"free text: {reason}")
    w.upload("person_id", identity.png(seed=31))
    w.browser.post(f"/orders/{no}/resubmit")
    same(w.order_model()["state"], "reviewing", "state")
    refused(409, w.browser.post, f"/orders/{no}/resubmit")
    desk.approve(no)
    w.fetch()
    model = w.order_model()
    same((model["no"], model["state"]), (no, "done"), "the same order")
    same(count(model, "审核退回"), 1, "returns")
