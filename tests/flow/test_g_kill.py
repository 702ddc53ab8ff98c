"""Any process killed at any moment: the applicant only has to try again."""
import http.client
import os
import signal
import threading
import time

import walk
from flow import count, need, same
from browser import Refused

VICTIMS = ("web", "signer", "kmc", "va", "gate", "doc")
AFTER_MS = (0, 3, 12, 40)       # between the kill's order and the request's beginning


def pid_of(site, name):
    return site.status()[name]["pid"]


def alive(pid):
    """Runs still: neither gone nor waiting to be reaped."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(site, name):
    """kill -9 a service; its pid."""
    pid = walk.poll(f"{name} to run", lambda: pid_of(site, name))
    os.kill(pid, signal.SIGKILL)
    return pid


def restarted(site, name, old):
    def other():
        p = site.status()[name]
        return p["running"] and p["pid"] not in (0, old)
    walk.poll(f"{name} to be started again", other, 15)


def steady(w, fn, *args, seconds=40):
    """As a patient user: again, until it works; a refusal is no reason to go on."""
    until, pause = time.monotonic() + seconds, 0.2
    while True:
        try:
            return fn(*args)
        except Refused as e:
            if e.status < 500 or time.monotonic() > until:
                raise
        except (OSError, http.client.HTTPException):
            if time.monotonic() > until:
                raise
        w.browser.connection = None
        time.sleep(pause)
        pause = min(2 * pause, 2)       # a process killed often is kept waiting


def under_fire(w, victim, after_ms, fn, *args):
    """fn, with the victim killed a moment later."""
    killed = []

    def shoot():
        time.sleep(after_ms / 1000)
        killed.append(kill(w.site, victim))
    thread = threading.Thread(target=shoot)
    thread.start()
    try:
        return steady(w, fn, *args)
    finally:
        thread.join()
        if killed:
            restarted(w.site, victim, killed[0])
            w.say(f"{victim} killed after {after_ms} ms of {fn.__name__}: done")


def pay_once(w):
    """Pay at the cashier once, however often the page has to be opened."""
    path = f"/orders/{w.p.order}/payment"
    state = w.browser.get(path)
    if not state["paid"] and not state.get("trades"):
        w.browser.post(path, {"channel": "alipay"})

    def pay_it():
        state = w.browser.get(path)
        for t in state["trades"]:
            if t["state"] == "waiting" and t["qr"]:
                try:
                    w.world.pay(t["qr"])
                except Refused:
                    pass            # paid already, the news is on its way
        return state["paid"]
    walk.poll("the payment", pay_it)


def approve(w, desk):
    if w.order_model()["state"] == "reviewing":
        desk.browser.connection = None
        desk.approve(w.p.order)
    same(w.order_model()["state"], "approved", "state")


def fetch(w, fire):
    """The download, each request of it under fire."""
    w.site.plug(w.p.key)
    code = steady(w, w.authorisation_code)
    token = fire("web", w.open_fetch, code)
    csr = w.assistant.post("/key/make", {"order": w.p.order, "cn": w.p.name,
                                         "pin": walk.BLANK_PIN})["csr"]
    asked = {"token": token, "csr": csr}
    issued = None
    for victim in ("signer", "kmc", "web"):
        got = fire(victim, w.browser.post, "/fetch/issue", asked)
        issued = issued or got
        same((got["sign_cert"], got["enc_cert"]), (issued["sign_cert"], issued["enc_cert"]),
             f"the pair after {victim} was killed")
    w.assistant.post("/key/install", {
        "order": w.p.order, "pin": walk.BLANK_PIN, "sign_cert": issued["sign_cert"],
        "enc_cert": issued["enc_cert"], "envelope": issued["enc_key"]})
    fire("web", w.browser.post, "/fetch/done", {"token": token})
    return issued


def test_kill(ctx):
    """kill -9 of every service during every step: the walk completes, nothing is doubled."""
    desk, w = ctx.officer(), ctx.walker("person")
    shots = iter(range(1000))

    def fire(victim, fn, *args):
        return under_fire(w, victim, AFTER_MS[next(shots) % len(AFTER_MS)], fn, *args)

    w.begin()
    fire("web", w.agree)
    fire("web", w.fill)
    fire("gate", w.confirm)
    fire("doc", w.print)
    fire("doc", w.materials)
    fire("gate", w.prove_identity)
    fire("gate", pay_once, w)
    fire("signer", approve, w, desk)
    issued = fetch(w, fire)
    pid = kill(ctx.site, "va")
    restarted(ctx.site, "va", pid)
    steady(w, w.verify, issued)
    model = steady(w, w.order_model)
    same(model["state"], "done", "state")
    same(count(model, "收到费用"), 1, "payments")
    same(len(model["certificates"]), 2, "certificates")
    same(len([t for t in model["trades"] if t["state"] == "paid"]), 1, "paid trades")
    ctx.site.yinxin("journal", "verify")
    status = ctx.site.status()
    for name in VICTIMS:
        need(status[name]["restarts"] > 0, f"{name} was never started again")


def test_clean_stop(ctx):
    """SIGTERM: what is being answered is finished, every process ends by itself and is gone, and
    the exit status is 0; a second server for the same data is refused."""
    site, w = ctx.site, ctx.walker("person")
    w.begin()
    w.agree()
    w.fill()
    w.confirm()
    r = site.yinxin("serve", check=False)
    need(r.returncode != 0 and "already serves" in r.stderr, r.stderr)
    pids = [p["pid"] for p in site.status().values()]
    with open(site.path("log", "server.log"), "rb") as f:
        before = len(f.read())
    drawn, cut = [], []

    def draw():
        try:
            while True:
                drawn.append(w.browser.get_raw(f"/orders/{w.p.order}/print/all")[1])
        except http.client.IncompleteRead as e:
            cut.append(e)
        except (OSError, http.client.HTTPException, Refused):
            pass                        # not begun any more
    thread = threading.Thread(target=draw)
    thread.start()
    walk.poll("the first drawing", lambda: drawn)
    server = site.processes.pop("server")
    server.send_signal(signal.SIGTERM)
    thread.join(30)
    same(server.wait(30), 0, "exit status")
    need(not cut and all(b"%%EOF" in pdf[-10:] for pdf in drawn), "an answer was cut off")
    need(not any(map(alive, pids)), "a process is left")
    with open(site.path("log", "server.log"), "rb") as f:
        log = f.read()[before:]
    need(b"supervisor.stopped" in log and b"process.killed" not in log, "not by themselves")
    site.start_server()
    ctx.desk, w.browser.connection = None, None
    same(w.order_model()["state"], "submitted", "state")


def test_kill_supervisor(ctx):
    """kill -9 of the supervisor: everything ends; started again, everything is there."""
    w = ctx.walker("person")
    w.begin()
    w.agree()
    w.fill()
    pids = {n: p["pid"] for n, p in ctx.site.status().items()}
    server = ctx.site.processes.pop("server")
    os.kill(server.pid, signal.SIGKILL)
    server.wait(10)
    walk.poll("the services to end", lambda: not any(map(alive, pids.values())), 20)
    ctx.site.start_server()
    same(sorted(ctx.site.status()), sorted(pids), "services")
    walk.poll("all services to run", lambda: all(
        p["running"] for p in ctx.site.status().values()))
    steady(w, w.confirm)
    steady(w, w.print)
    same(w.order_model()["state"], "submitted", "state")
    ctx.site.yinxin("journal", "verify")
