"""What the flow tests share: a place to run, people, and how to expect a refusal."""
import re

import hallsite
import identity
import walk
from browser import Refused

CHINESE = re.compile("[一-鿿]")


class Context:
    """One running site and who walks in it."""

    def __init__(self, site, engine, say):
        self.site, self.engine, self.say = site, engine, say
        self.world = walk.World(site)
        self.keys = 0
        self.desk = None

    def person(self, kind="person"):
        """Somebody the registries know, with a blank UKey."""
        self.keys += 1
        p = identity.Person(kind, f"key{self.keys}")
        self.site.make_key(p.key, f"UKey{self.keys}", walk.BLANK_PIN)
        self.world.register(p)
        return p

    def walker(self, kind="person"):
        """An applicant with an account, signed in."""
        w = walk.Walker(self.site, self.person(kind), self.say)
        w.register()
        w.sign_in()
        return w

    def officer(self):
        if self.desk is None:
            self.desk = walk.Officer(self.site, self.say)
            self.desk.sign_in()
        return self.desk


def ukey(ctx, serial):
    """A UKey as the stock knows it."""
    return ctx.officer().browser.get(f"/staff/medium?serial={serial}")


def until_materials(w):
    for step in (w.begin, w.agree, w.fill, w.confirm, w.print):
        step()


def until_payment(w):
    until_materials(w)
    w.materials()
    w.prove_identity()


def refused(status, fn, *args, **kwargs):
    """fn must be refused with this status (or one of these) and a Chinese sentence."""
    wanted = status if isinstance(status, tuple) else (status,)
    try:
        answer = fn(*args, **kwargs)
    except Refused as e:
        need(e.status in wanted, f"refused with {e.status}, not {status}: {e}")
        need(CHINESE.search(sentence(e)), f"no Chinese sentence: {e}")
        return e
    raise AssertionError(f"taken, though it should be refused with {status}: {answer}")


def sentence(e):
    """All that the refusal says to the user."""
    error = e.model.get("error")
    parts = [error.get("text", "") if isinstance(error, dict) else str(error or "")]
    return " ".join(parts + [x.get("text", "") for x in e.model.get("errors", [])])


def need(truth, why):
    if not truth:
        raise AssertionError(why)


def same(got, wanted, what):
    need(got == wanted, f"{what}: {got!r}, not {wanted!r}")


def count(model, text):
    """How many events of the order say this."""
    return sum(1 for e in model["events"] if text in e["text"])


def captcha(browser, path):
    model = browser.get(path)
    browser.get_raw(f"/captcha/{model['captcha_id']}")
    return {"captcha_id": model["captcha_id"], "captcha": hallsite.CAPTCHA}


def large_post(browser, path, body, kind="application/x-www-form-urlencoded"):
    """The status for a body too large; None when the server closed before all was sent."""
    try:
        status, _, told = browser.exchange("POST", path, body, {
            "Content-Type": kind, "X-CSRF-Token": browser.csrf})
        need(status != 413 or "换一个小一些的" in told.decode(), f"a refusal says {told}")
        return status
    except OSError:
        browser.connection = None
        return None
