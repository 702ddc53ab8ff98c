"""The demonstration: a whole site on this machine, one organisation and one person walked
from registration to signing in with their UKeys.

    demo.py up --walk    start (again), walk, leave the site up
    demo.py walk         start, walk, stop; exit status 0 only if every step held
    demo.py stop         stop what `up` started
"""
import os
import sys
import time

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TREE, "tests", "flow"))
import hallsite  # noqa: E402
import walk  # noqa: E402


def open_site(name):
    site = hallsite.Site(hallsite.default_root(name), dict(hallsite.FIXED_PORTS))
    site.stop()                     # left by an earlier run
    site.install()
    first = not site.initialised()
    site.init()
    for key in ("org", "person", "blank"):
        path = site.path("keys", key + ".key")
        if os.path.exists(path):
            os.rename(path, path + time.strftime(".%Y%m%d%H%M%S"))
        site.make_key(key, {"org": "单位UKey", "person": "个人UKey", "blank": "空白UKey"}[key],
                      walk.BLANK_PIN)
    print(f"data directory {site.path('data')} " + ("made" if first else "kept"))
    site.start(("org",))
    site.yinxin("kmc", "officer", "add", site.path("keys", "staff.crt"), "--may", "unlock")
    return site


def show(site, people):
    print("\nThe site is up:")
    print(f"  hall          {site.url}/            (self-made certificate: let the browser pass)")
    print(f"  staff desk    {site.url}/staff       UKey: {site.path('keys', 'staff.key')}"
          f"  PIN {hallsite.ADMIN_PIN}")
    print(f"  outside world {site.sandbox_url}/    phones, mail, cashiers, registries")
    print(f"  assistant     {site.assistant_url}/")
    print(f"  OCSP, CRL     {site.va_url}/")
    for p in people:
        print(f"  {p.title}: sign in as {p.mobile} with password {p.password},"
              f" UKey {site.path('keys', p.key + '.key')} PIN {walk.USER_PIN}")
    print(f"""
To walk yourself: register in the hall with a made-up number.  SMS codes and mails arrive in the
outside world, where you also enter your made-up person (人口登记, 企业登记), pass the face check
and pay.  Approve at the staff desk; then download into the blank UKey, PIN {walk.BLANK_PIN}.

make demo-stop ends it.""")


def main(mode):
    if mode == "stop":
        hallsite.Site(hallsite.default_root("demo"), dict(hallsite.FIXED_PORTS)).stop()
        return 0
    site = open_site("demo")
    try:
        people = walk.walk_all(site, print)
    except Exception as e:          # every failure: say it, show the log's end, stop
        print(f"\nFAILED: {e}\n{site.tail('server', 20)}")
        site.stop()
        return 1
    if mode == "walk":
        site.stop()
        print("every step held; everything stopped")
        return 0
    site.plug("org", "person", "blank", "staff")
    show(site, people)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "up"))
