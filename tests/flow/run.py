"""The flow tests: one whole site, driven from outside.

    run.py sqlite|postgresql [test_name …]

For postgresql the addresses of three databases are in YINXIN_TEST_HALL, YINXIN_TEST_CA and
YINXIN_TEST_KMC; they are emptied first.  Without them a cluster of our own is started for the
run.  With names only these tests run.
"""
import glob
import importlib
import inspect
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import flow  # noqa: E402
import hallsite  # noqa: E402
from browser import Browser  # noqa: E402


KINDS = ("hall", "ca", "kmc")


def own_cluster():
    """Start PostgreSQL for this run; its directory."""
    where = hallsite.default_root("flow-pg")
    out = subprocess.run([os.path.join(hallsite.TREE, "tools", "pg_start"), where, *KINDS],
                         check=True, capture_output=True, text=True).stdout
    for kind, address in zip(KINDS, out.split()):
        os.environ["YINXIN_TEST_" + kind.upper()] = address
    return where


def store_of(engine):
    """Addresses for the site's settings; the databases empty."""
    if engine == "sqlite":
        return {}
    store = {kind: os.environ["YINXIN_TEST_" + kind.upper()] for kind in KINDS}
    for address in store.values():
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", address, "-c",
                        "SET client_min_messages = error; "
                        "DROP SCHEMA public CASCADE; CREATE SCHEMA public"], check=True)
    return store


MACHINE = """  - name: machine-ecdsa
    title: 设备证书
    kind: tls
    authority: machines
    keys: [rsa, ecdsa]
    usage: [digitalSignature]
    eku: [clientAuth, serverAuth]
    max_years: 2
    subject: {required: [CN], allowed: [O]}
    pointers: true

  - name: machine-parts
    title: 设备证书
    kind: tls
    authority: machines
    keys: [ecdsa]
    usage: [digitalSignature]
    eku: [clientAuth]
    max_years: 2
    subject: {required: [CN], allowed: [O], fixed: {O: Changsha Water}}
    pointers: true
    list_parts: 2
    policy: {oid: 1.2.156.112000.9, cps: "http://ca.example/cps"}
    extensions: [{oid: 1.2.156.112000.10, utf8: 水泵}]

"""


def add_profile(site):
    """The built-in profiles and two more, of a CA that test_n_enrol makes."""
    with open(site.path("app", "share", "yinxin", "profiles", "default.yaml"),
              encoding="utf-8") as f:
        text = f.read()
    at = text.index("# What people apply for")
    with open(site.path("profiles.yaml"), "w", encoding="utf-8") as f:
        f.write(text[:at] + MACHINE + text[at:])
    site.extra["YINXIN_CA_PROFILES"] = site.path("profiles.yaml")


def add_settings(site):
    """Of CMP, whose CA test_n_enrol makes, and of the directory that test_o_ldap starts."""
    port = hallsite.free_ports(["ldap"])["ldap"]
    site.extra.update({
        "YINXIN_GATE_SMS_REPORT_SECRET": "report-address-97531",
        "YINXIN_ENROL_CMP_CA": "machines",
        "YINXIN_JOURNAL_ANCHOR_SECONDS": "5",
        "YINXIN_GATE_WEBHOOK_PRIVATE": "127.0.0.1",
        "YINXIN_VA_LDAP_URL": f"ldap://127.0.0.1:{port}",
        "YINXIN_VA_LDAP_BASE": "ou=pki,dc=example",
        "YINXIN_VA_LDAP_BIND_DN": "cn=publisher,dc=example",
        "YINXIN_VA_LDAP_PASSWORD": "ldap secret",
        "YINXIN_VA_LDAP_PROFILES": "sm2-org-enc, machine,machine-ecdsa"})


def make_site(engine):
    root = hallsite.default_root("flow-" + engine)
    if os.path.exists(root):
        hallsite.Site(root).stop()
        shutil.rmtree(root)
    site = hallsite.Site(root, store=store_of(engine))
    site.install()
    add_profile(site)
    add_settings(site)
    site.init()
    site.make_key("user", "UKey", "12345678")
    return site


def all_tests(names):
    """(name, function, module) of every test, in the order of the files and their lines."""
    here = os.path.dirname(os.path.abspath(__file__))
    found = []
    for path in sorted(glob.glob(os.path.join(here, "test_*.py"))):
        module = importlib.import_module(os.path.basename(path)[:-3])
        tests = [f for n, f in inspect.getmembers(module, inspect.isfunction)
                 if n.startswith("test_") and f.__module__ == module.__name__]
        found += sorted(tests, key=lambda f: f.__code__.co_firstlineno)
    return [f for f in found if not names or f.__name__ in names or f.__module__ in names]


def run_one(ctx, test, i):
    """Each test comes from an address of its own: limits an address are not shared."""
    lines = []
    ctx.say = lines.append
    Browser.source = (f"127.0.1.{i + 1}", 0)
    ctx.desk = None
    start = time.monotonic()
    try:
        test(ctx)
        failure = None
    except Exception:               # whatever it was, the next test has its turn
        failure = traceback.format_exc()
    ctx.world.service.post("/control/faults/clear", {})
    took = time.monotonic() - start
    what = (test.__doc__ or test.__name__).split("\n")[0]
    print(f"{'FAILED' if failure else 'ok'}  {test.__name__}: {what} [{took:.1f} s]",
          flush=True)
    if failure:
        print("".join(f"    {line}\n" for line in [*lines, *failure.splitlines()]),
              flush=True)
    return failure is None


def main(engine, names):
    start = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))   # stops the site all the same
    cluster = None
    if engine == "postgresql" and "YINXIN_TEST_HALL" not in os.environ:
        cluster = own_cluster()
    site = make_site(engine)
    try:
        site.start()
        ctx = flow.Context(site, engine, print)
        results = [run_one(ctx, t, i) for i, t in enumerate(all_tests(names))]
    except Exception:
        print(f"{traceback.format_exc()}\n{site.tail('server', 20)}")
        results = [False]
    finally:
        site.stop()
        if cluster:
            subprocess.run([os.path.join(hallsite.TREE, "tools", "pg_stop"), cluster],
                           check=False)
    print(f"{sum(results)} passed, {results.count(False)} failed "
          f"({engine}, {time.monotonic() - start:.0f} s)")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("sqlite", "postgresql"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
