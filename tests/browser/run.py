"""Start a site and run the browser tests (*.test.mjs) against it; stop it in any case."""
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "flow"))
import hallsite  # noqa: E402
import identity  # noqa: E402
import walk  # noqa: E402


KEYS = ("org", "person", "spare", "other", "again", "pair", "pair2", "due", "way",
        "staff", "colleague")


def person(world, kind):
    p = identity.Person(kind, kind)
    world.register(p)
    return {"kind": kind, "name": p.name, "mobile": p.mobile, "mail": p.mail,
            "idNo": p.id_no, "password": p.password, "userName": p.user_name,
            "company": p.company, "form": p.form()}


def holds(site, *keys):
    """Somebody who holds a certificate in each of these UKeys."""
    p = identity.Person("person", keys[0])
    first = p.user_name
    officer, w = walk.Officer(site, lambda _: None), walk.Walker(site, p, lambda _: None)
    w.world.register(p)
    w.register()
    w.sign_in()
    for key in keys:
        p.key = key
        w.apply()
        officer.sign_in()
        officer.approve(p.order)
        w.fetch()
        p.user_name = "q" + identity.mobile()[1:]
    return {"kind": keys[0], "name": p.name, "mobile": p.mobile, "mail": p.mail,
            "password": p.password, "userName": first, "form": p.form()}


def renewing(site):
    """The same hall, where a certificate may be renewed at once."""
    halls = site.path("app", "share", "yinxin", "halls")
    with open(os.path.join(halls, "dfca-construction.yaml"), encoding="utf-8") as f:
        text = f.read().replace("before_days: 90", "before_days: 366") \
            .replace("remind_before: [90,", "remind_before: [366, 90,")
    with open(os.path.join(halls, "renewing.yaml"), "w", encoding="utf-8") as f:
        f.write(text)


def colleague(site):
    """A second officer, with a UKey of their own."""
    driver, name = site.path("app", "lib", "libyinxin_skf.so"), "colleague"
    key, csr, cert = (site.path("keys", name + end) for end in (".key", ".csr", ".crt"))
    site.assistant_tool("csr", "--driver", driver, "--key", key, "--pin", walk.USER_PIN,
                        "--order", name, "--cn", "同事", "--out", csr)
    site.yinxin("staff", "add", "--name", "同事", "--roles", "reviewer", "--csr", csr, "--cert", cert)
    site.assistant_tool("install", "--driver", driver, "--key", key, "--pin", walk.USER_PIN,
                        "--order", name, "--sign-cert", cert)


def platform(site):
    """The same site with the platform's hall, which has other ways to prove who somebody is."""
    site.stop_one("server")
    site.extra["YINXIN_WEB_HALL_FILE"] = "app/share/yinxin/halls/hunan-platform.yaml"
    site.start_server()


def node(about, site):
    env = {**os.environ, "TEST_SITE": json.dumps(about)}
    status = subprocess.run(["node", "main.mjs", *sys.argv[1:]], cwd=HERE, env=env,
                            check=False).returncode
    if status != 0:
        print(site.tail("server", 15))
    return status


def main():
    root = hallsite.default_root("browser")
    old = hallsite.Site(root)
    old.stop()
    shutil.rmtree(root, ignore_errors=True)
    site = hallsite.Site(root, settings={
        "YINXIN_WEB_HALL_FILE": "app/share/yinxin/halls/renewing.yaml",
        "YINXIN_GATE_WEBHOOK_PRIVATE": "127.0.0.1"})
    try:
        site.install()
        renewing(site)
        site.init()
        for key in ("org", "person", "spare", "other", "again", "pair", "pair2", "due",
                    "way"):
            site.make_key(key, key, walk.BLANK_PIN)
        site.make_key("colleague", "colleague", walk.USER_PIN)
        site.start(KEYS)
        colleague(site)
        for officer in ("staff", "colleague"):
            site.yinxin("kmc", "officer", "add", site.path("keys", officer + ".crt"), "--may",
                        "keys,unlock")
        world = walk.World(site)
        pair, due = holds(site, "pair", "pair2"), holds(site, "due")
        site.yinxin("remind")
        site.plug(*KEYS)
        scans = []
        for i in range(4):
            scans.append(site.path(f"scan{i}.png"))
            with open(scans[i], "wb") as f:
                f.write(identity.png(seed=i))
        small = site.path("small.png")
        with open(small, "wb") as f:
            f.write(identity.png(320, 320, 72))
        about = {
            "url": site.url, "sandbox": site.sandbox_url, "assistant": site.assistant_url,
            "captcha": hallsite.CAPTCHA, "adminPin": hallsite.ADMIN_PIN,
            "blankPin": walk.BLANK_PIN, "userPin": walk.USER_PIN, "scans": scans, "small": small,
            "keys": {k: site.path("keys", k + ".key")
                     for k in KEYS},
            "people": [person(world, "org"), person(world, "person"), pair, due,
                       person(world, "person-soft")],
            "shots": os.environ.get("SHOTS", site.path("shots"))}
        os.makedirs(about["shots"], exist_ok=True)
        status = node(about, site)
        platform(site)
        return node({**about, "hall": "platform", "person": person(world, "person"),
                     "stranger": person(world, "person")["mobile"]}, site) or status
    finally:
        site.stop()


sys.exit(main())
