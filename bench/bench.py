"""The figures of `make bench`, each beside a peer or a limit measured in the same run.

Loopback only; about three minutes, never more than LONGEST seconds; starts what it needs in
a directory of its own, ends it and removes the directory.  It judges nothing.

Peers and limits alternate with ours, round by round: a noisy neighbour disturbs both.  The
table gives the median of the rounds (and the least); a ratio is the median of the ratios
of the rounds.  For the pages and OCSP the server has one core and wrk another.

No cap of the server is raised for this.  wrk keeps CONNECTIONS connections (the web allows
256 from one address) and asks for pages that have no rate limit; each walker comes from an
address of its own and walks twice, below every limit by address.
"""
import collections
import concurrent.futures
import http.client
import multiprocessing
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TREE, "tests", "flow"))
import hallsite  # noqa: E402
import identity  # noqa: E402
import walk  # noqa: E402

KINDS = ("sm2", "ecdsa", "rsa")
LONGEST, ROUNDS, SECONDS, CONNECTIONS = 360, 3, 2, 32
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
ORDERS = 5                  # lines of the signed-in list
SITE = None                 # for the walkers, which are processes forked from this one

# What wrk says at its end, for us to read.
WRK_DONE = """
done = function(s)
 io.write(string.format("YINXIN %d %d %d %d\\n", s.requests, s.duration, s.bytes,
  s.errors.status + s.errors.connect + s.errors.read + s.errors.write + s.errors.timeout))
end
"""


# -- the table -----------------------------------------------------------------------------
def row(what, unit, ours, peer_name="", peers=(), ratio=None, limit=""):
    """One figure: the rounds of ours, those of the peer, and what limits it."""
    if ratio is None and peers:
        ratio = statistics.median(o / p for o, p in zip(ours, peers))
    peer = f"{statistics.median(peers):.0f} {peer_name}" if peers else peer_name
    print(f"{what:<34} {statistics.median(ours):>7.0f} {unit:<7} (min {min(ours):.0f})  "
          f"{'' if ratio is None else f'ratio {ratio:.2f} to '}{peer}")
    if limit:
        print(f"{'':<34} limit: {limit}")


# -- issuances -----------------------------------------------------------------------------
def bench_issue(directory):
    """The rows of bench_issue, which alternates its rounds itself."""
    out = subprocess.run([os.path.join(hallsite.BUILD, "bench_issue"), directory],
                         capture_output=True, text=True, check=True).stdout
    rounds = {name: [float(v) for v in values]
              for name, *values in (line.split() for line in out.splitlines())}
    ms = {name: statistics.median(v) for name, v in rounds.items() if name.endswith("_ms")}
    print(f"bare crypto of one issuance: request verified {ms['csr_check_ms']:.2f} + approval "
          f"verified {ms['statement_verify_ms']:.2f} + key pair {ms['key_pair_ms']:.2f} + envelope "
          f"{ms['envelope_ms']:.2f} ms\n  + 2 x (certificate signed + verified again): " +
          "; ".join(f"{kind} {ms[f'sign_{kind}_ms']:.2f} + {ms[f'check_{kind}_ms']:.2f}, all "
                    f"{ms[f'sum_{kind}_ms']:.2f} ms" for kind in KINDS) +
          f"\n  a durable 4 KiB write takes {ms['flush_ms']:.2f} ms here\n")
    for kind in KINDS:
        bench_issue_kind(kind, rounds, ms)


def bench_issue_kind(kind, rounds, ms):
    """By a CA of this kind: on 1 to 8 threads (the signer has 8) beside all cores' bare crypto."""
    cores = min(len(CORES), 2)
    for n in (1, 2, 4, 8):
        bare = [min(n, cores) * 1000 / v for v in rounds[f"wall_{kind}_ms"]]
        row(f"{kind}: issuances, {n} thread{'s' * (n > 1)}", "/s", rounds[f"issue_{kind}_{n}"],
            f"/s bare crypto, {min(n, cores)} core{'s' * (min(n, cores) > 1)}", bare)
    best = rounds[f"issue_{kind}_8"]
    least = statistics.median(cores * 1000 / v for v in rounds[f"least_{kind}_ms"])
    row("  the same, journal off", "/s", rounds[f"issue_{kind}_8_off"], "/s with the journal", best)
    cpu, off = (statistics.median(rounds[f"cpu_{kind}_8{k}_ms"]) for k in ("", "_off"))
    print(f"{'':<34} one takes {cpu:.2f} ms of processor time, {ms[f'sum_{kind}_ms']:.2f} of it bare "
          f"crypto, {cpu - off:.2f} ({100 * (cpu - off) / cpu:.0f} %) the journals\n"
          f"{'':<34} by the processor's time alone: ratio {ms[f'sum_{kind}_ms'] / cpu:.2f}\n"
          f"{'':<34} without the approval's signature and the check of what was signed the bare\n"
          f"{'':<34} crypto is {ms[f'few_{kind}_ms']:.2f} ms, of {cores} cores {least:.0f} /s: ratio "
          f"{statistics.median(best) / least:.2f}, by the\n"
          f"{'':<34} processor's time alone {ms[f'few_{kind}_ms'] / cpu:.2f}\n"
          f"{'':<34} limit: five multiplications on SM2's curve (the envelope has two, the key\n"
          f"{'':<34} pair and each signature one), which take the time they take in OpenSSL;\n"
          f"{'':<34} then two durable transactions (kmc, ca), the lint, and reading what is\n"
          f"{'':<34} to be signed\n")


# -- walks ---------------------------------------------------------------------------------
def walk_twice(source):
    """An organisation and a person up to review; the seconds of each step."""
    took = collections.Counter()
    walk.Browser.source = (source, 0)
    for kind in ("org", "person"):
        w = walk.Walker(SITE, identity.Person(kind, "user"), lambda text: None)
        w.world.register(w.p)
        for step in (w.register, w.sign_in, w.begin, w.agree, w.fill, w.confirm, w.print,
                     w.materials, w.prove_identity, w.pay):
            began = time.monotonic()
            step()
            took[step.__name__] += time.monotonic() - began
    return took


def walk_round(pool, walkers, number):
    """Walks a minute of one round; the steps' seconds are added to the second value."""
    began = time.monotonic()
    jobs = [pool.submit(walk_twice, f"127.0.{walkers}.{number * walkers + n + 1}")
            for n in range(walkers)]
    steps = sum((j.result() for j in jobs), collections.Counter())
    return 2 * walkers * 60 / (time.monotonic() - began), steps


def bench_walks(walkers):
    fork = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(walkers, mp_context=fork) as pool:
        rounds = [walk_round(pool, walkers, n) for n in range(ROUNDS)]
    steps = sum((r[1] for r in rounds), collections.Counter())
    total = sum(steps.values())
    row(f"applications, {walkers} walker{'s' * (walkers > 1)}", "/min", [r[0] for r in rounds],
        "registration to waiting for review",
        limit=f"{total / (2 * walkers * ROUNDS):.2f} s each, of it " + ", ".join(
            f"{name} {100 * s / total:.0f} %" for name, s in steps.most_common(4)))


# -- pages and OCSP ------------------------------------------------------------------------
class Nginx:
    """nginx serving one static file, over HTTPS with the site's own certificate and over
    HTTP, by one worker on the server's core."""

    def __init__(self, site, body):
        self.dir = tempfile.mkdtemp(prefix="nginx-", dir=site.root)
        os.chmod(self.dir, 0o755)
        self.ports = hallsite.free_ports(["https", "http"])
        with open(os.path.join(self.dir, "page.html"), "wb") as f:
            f.write(body)
        conf = os.path.join(self.dir, "conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(self.conf(site.path("data", "tls")))
        self.proc = subprocess.Popen(["taskset", "-c", str(SERVER_CORE), "nginx", "-c", conf,
                                      "-e", f"{self.dir}/err", "-p", self.dir])
        site.wait(self.url("http"), "nginx", 10)

    def conf(self, tls):
        d = self.dir
        return f"""daemon off; worker_processes 1; pid {d}/pid; error_log {d}/err;
events {{ worker_connections 512; }}
http {{ access_log off; client_body_temp_path {d}; proxy_temp_path {d};
 fastcgi_temp_path {d}; uwsgi_temp_path {d}; scgi_temp_path {d};
 sendfile on; keepalive_requests 100000000; types {{ text/html html; }} root {d};
 server {{ listen 127.0.0.1:{self.ports['http']}; }}
 server {{ listen 127.0.0.1:{self.ports['https']} ssl; ssl_protocols TLSv1.3;
  ssl_certificate {tls}/server.crt; ssl_certificate_key {tls}/server.key; }} }}"""

    def url(self, scheme):
        return f"{scheme}://127.0.0.1:{self.ports[scheme]}/page.html"

    def stop(self):
        self.proc.terminate()
        self.proc.wait(10)


def wrk(site, url, size, headers=(), lua=""):
    """Answers a second.  Every answer must have had a good status and at least size bytes."""
    script = site.path("wrk.lua")
    with open(script, "w", encoding="ascii") as f:
        f.write(lua + WRK_DONE)
    argv = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{CONNECTIONS}",
            f"-d{SECONDS}s", "-s", script]
    for h in headers:
        argv += ["-H", h]
    out = subprocess.run(argv + [url], capture_output=True, text=True, check=True).stdout
    requests, micro, got, bad = map(int, re.search(
        r"YINXIN (\d+) (\d+) (\d+) (\d+)", out).groups())
    if bad or requests == 0 or got < requests * size:
        raise RuntimeError(f"{url}: {bad} of {requests} answers failed, "
                           f"{got // max(requests, 1)} bytes each instead of {size}")
    return requests * 1e6 / micro


def against_nginx(site, scheme, url, body, headers=(), lua=""):
    """Rounds of ours and of nginx with a file of that size, alternating."""
    nginx = Nginx(site, body)
    ours, peers = [], []
    try:
        for _ in range(ROUNDS):
            ours.append(wrk(site, url, len(body), headers, lua))
            peers.append(wrk(site, nginx.url(scheme), len(body)))
    finally:
        nginx.stop()
    return ours, peers


def bench_pages(site, walker):
    cookie = "; ".join(f"{k}={v}" for k, v in walker.browser.cookies.items())
    anybody = walk.Browser(site.url)
    for name, path, browser, headers, limit in (
            ("home page", "/", anybody, (), "CPU of the core: page model and template, TLS"),
            (f"/user, {ORDERS} orders", "/user", walker.browser, (f"Cookie: {cookie}",),
             "CPU of the core: session and lists read anew, model, template, TLS")):
        _, body = browser.get_raw(path, "text/html")
        ours, peers = against_nginx(site, "https", site.url + path, body, headers)
        row(f"{name} ({len(body)} bytes)", "pages/s", ours, "/s nginx, static file, HTTPS",
            peers, limit=limit)


def lua_bytes(data):
    return '"' + "".join(f"\\{b:03}" for b in data) + '"'


def ocsp_request(site, cert, *options):
    """A request as openssl makes it, and the va's answer to it, seen to be good."""
    file = site.path("ocsp.req")
    argv = ["ocsp", "-issuer", site.path("data", "pub", "issuing.crt"), "-cert", cert, *options]
    said = walk.openssl(*argv, "-noverify", "-url", site.va_url + "/ocsp").stdout
    if b": good" not in said or walk.openssl(*argv, "-reqout", file).returncode != 0:
        raise RuntimeError(f"openssl ocsp: {said.decode()}")
    with open(file, "rb") as f:
        request = f.read()
    c = http.client.HTTPConnection("127.0.0.1", site.ports["va"], timeout=10)
    c.request("POST", "/ocsp", request, {"Content-Type": "application/ocsp-request"})
    answer = c.getresponse().read()
    c.close()
    return request, answer


def sm2_signatures():
    """Bare signatures a second, by openssl on the server's core for a second."""
    out = subprocess.run(["taskset", "-c", str(SERVER_CORE), "openssl", "speed", "-seconds",
                          "1", "sm2"], capture_output=True, text=True, check=True).stdout
    return float(out.split()[-2])


def bench_ocsp(site):
    cert, url = site.path("keys", "staff.crt"), site.va_url + "/ocsp"
    head = 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/ocsp-request"\n'
    request, answer = ocsp_request(site, cert, "-no_nonce")
    ours, peers = against_nginx(site, "http", url, answer,
                                lua=head + f"wrk.body = {lua_bytes(request)}\n")
    row(f"OCSP without nonce ({len(answer)} bytes)", "/s", ours, "/s nginx, static file, HTTP",
        peers, limit="HTTP on one core; answers are kept ready and sent by the loop")
    request, answer = ocsp_request(site, cert)
    # A nonce of its own for each request: the nonce ends the request.  An answer's signature
    # may be some bytes shorter than another's.
    lua = head + f"""local n, head = 0, {lua_bytes(request[:-8])}
request = function()
 n = n + 1
 return wrk.format(nil, nil, nil, head .. string.format("%08d", n))
end
"""
    ours, peers = zip(*((wrk(site, url, len(answer) - 8, lua=lua), sm2_signatures())
                        for _ in range(ROUNDS)))
    row("OCSP with nonce", "/s", ours, "/s openssl speed sm2, same core", peers,
        limit="one SM2 signature for each answer")


# -- memory --------------------------------------------------------------------------------
def memory(site):
    pids = {"supervisor": site.processes["server"].pid}
    pids.update((name, p["pid"]) for name, p in site.status().items())
    peaks = []
    for name, pid in pids.items():
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            kib = int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1))
        peaks.append(f"{name} {kib / 1024:.1f}")
    print("\npeak memory after all this (VmHWM), MiB: " + ", ".join(peaks))


# -- the whole -----------------------------------------------------------------------------
def bench_whole(site):
    """One after another through every step: registration, review signed in the officer's UKey, the
    pair into the applicant's UKey and verified."""
    keys = [f"whole{n}" for n in range(2 * ROUNDS)]
    for key in keys:
        site.make_key(key, key, walk.BLANK_PIN)
    site.start_assistant((*keys, "staff"))
    walk.Browser.source = ("127.0.9.1", 0)
    desk = walk.Officer(site, lambda text: None)
    desk.sign_in()
    rounds, took = [], collections.Counter()
    for n in range(ROUNDS):
        began = time.monotonic()
        for k, kind in enumerate(("org", "person")):
            walk.Browser.source = (f"127.0.8.{2 * n + k + 1}", 0)
            w = walk.Walker(site, identity.Person(kind, keys[2 * n + k]), lambda text: None)
            w.world.register(w.p)
            for step in (w.register, w.sign_in, w.apply, lambda: desk.approve(w.p.order),
                         w.fetch):
                at = time.monotonic()
                step()
                took[getattr(step, "__name__", "")] += time.monotonic() - at
        rounds.append(2 * 60 / (time.monotonic() - began))
    took["approve"] = took.pop("<lambda>")
    total = sum(took.values())
    row("whole applications, 1 walker", "/min", rounds, "registration to the verified pair in "
        "the UKey", limit=f"{total / (2 * ROUNDS):.2f} s each, of it " + ", ".join(
            f"{name} {100 * s / total:.0f} %" for name, s in took.most_common(4)))


def pin(site):
    """All threads of the services to the server's core."""
    for p in site.status().values():
        subprocess.run(["taskset", "-acp", str(SERVER_CORE), str(p["pid"])], check=True,
                       stdout=subprocess.DEVNULL)


def applicant(site):
    """Somebody signed in, with a list to look at."""
    w = walk.Walker(site, identity.Person("person", "user"), lambda text: None)
    w.world.register(w.p)
    w.register()
    w.sign_in()
    for n in range(ORDERS):     # a draft without a form would be taken up again
        w.begin()
        w.agree()
        w.fill(user_name=f"bench{n}")
    rows = w.browser.get("/user")["orders"]["rows"]
    if len(rows) != ORDERS:
        raise RuntimeError(f"the list has {len(rows)} orders")
    return w


def measure(site):
    bench_issue(tempfile.mkdtemp(dir=site.root))
    site.install()
    site.init()
    site.start_sandbox()
    site.start_server()
    bench_walks(1)
    bench_walks(4)
    bench_whole(site)
    walker = applicant(site)
    pin(site)
    bench_pages(site, walker)
    bench_ocsp(site)
    memory(site)


def main():
    global SITE

    def end(number, _):
        raise SystemExit(f"bench: ended by {signal.Signals(number).name}")

    for number in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, end)
    signal.alarm(LONGEST)
    print(f"cores {CORES}, server on {SERVER_CORE}, wrk on {LOAD_CORE}; load average before "
          f"{os.getloadavg()[0]:.1f}; rounds of {SECONDS} s, medians\n", flush=True)
    sys.stdout.reconfigure(line_buffering=True)
    root = hallsite.default_root(f"bench-{os.getpid()}")
    SITE = hallsite.Site(root, settings={"YINXIN_LOG_LEVEL": "warn"})
    try:
        measure(SITE)
    finally:
        signal.alarm(0)
        SITE.stop()
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
