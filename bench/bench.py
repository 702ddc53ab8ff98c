"""The benchmarks of `make bench`: prints rates with the ratio to a peer or a limit measured
in the same run.  Loopback only; every load is bounded in time and ends by itself.

Server on core 0, load on core 1 (taskset); three short rounds, the median counts.
"""
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TREE, "tests", "flow"))
import hallsite  # noqa: E402
import identity  # noqa: E402
import walk  # noqa: E402

ROUNDS, SECONDS, CONNECTIONS = 3, 3, 32


def wrk(url, headers=(), lua=None):
    """Median requests/s and share of answers that were not 2xx."""
    rates, bad = [], 0
    for _ in range(ROUNDS):
        argv = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
        for h in headers:
            argv += ["-H", h]
        if lua:
            argv += ["-s", lua]
        out = subprocess.run(argv + [url], capture_output=True, text=True, check=True).stdout
        rates.append(float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)))
        m = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        bad += int(m.group(1)) if m else 0
    return statistics.median(rates), bad


def pin(site, core):
    """All threads of the services to one core."""
    for p in site.status().values():
        subprocess.run(["taskset", "-acp", str(core), str(p["pid"])], check=False,
                       stdout=subprocess.DEVNULL)


class Nginx:
    """nginx serving one static file over HTTPS with the site's own certificate."""

    def __init__(self, site, body):
        self.dir = tempfile.mkdtemp(prefix="yinxin-nginx-")
        os.chmod(self.dir, 0o755)
        self.port = hallsite.free_ports(["nginx"])["nginx"]
        with open(os.path.join(self.dir, "page.html"), "wb") as f:
            f.write(body)
        tls = site.path("data", "tls")
        conf = f"""daemon off; worker_processes 1; pid {self.dir}/pid; error_log {self.dir}/err;
events {{ worker_connections 512; }}
http {{ access_log off; client_body_temp_path {self.dir}; proxy_temp_path {self.dir};
 fastcgi_temp_path {self.dir}; uwsgi_temp_path {self.dir}; scgi_temp_path {self.dir};
 keepalive_requests 1000000; types {{ text/html html; }}
 server {{ listen 127.0.0.1:{self.port} ssl; root {self.dir}; ssl_protocols TLSv1.3;
  ssl_certificate {tls}/server.crt; ssl_certificate_key {tls}/server.key; }} }}"""
        with open(os.path.join(self.dir, "conf"), "w", encoding="ascii") as f:
            f.write(conf)
        self.proc = subprocess.Popen(["taskset", "-c", "0", "nginx", "-c",
                                      os.path.join(self.dir, "conf"), "-p", self.dir],
                                     stderr=subprocess.DEVNULL)
        time.sleep(1)

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}/page.html"

    def stop(self):
        self.proc.terminate()
        self.proc.wait(10)
        shutil.rmtree(self.dir)


def bench_pages(site, walker):
    """Home page and a signed-in list against nginx with a file of the same size."""
    cookie = "; ".join(f"{k}={v}" for k, v in walker.browser.cookies.items())
    for name, path, headers in (("home page", "/", ()),
                                ("signed-in list", "/user", (f"Cookie: {cookie}",))):
        b = walk.Browser(site.url)
        b.cookies = dict(walker.browser.cookies) if headers else {}
        _, body = b.get_raw(path, "text/html")
        nginx = Nginx(site, body)
        try:
            peer, _ = wrk(nginx.url)
        finally:
            nginx.stop()
        ours, bad = wrk(site.url + path, headers)
        print(f"{name} ({len(body)} bytes, HTTPS): {ours:.0f}/s, nginx static {peer:.0f}/s, "
              f"ratio {ours / peer:.2f}" + (f", {bad} answers were refusals" if bad else ""))


def bench_ocsp(site, cert):
    """POST with the same request (cached for 5 s) and through openssl with a nonce."""
    pub = site.path("data", "pub", "issuing.crt")
    req = site.path("ocsp.req")
    subprocess.run(["openssl", "ocsp", "-issuer", pub, "-cert", cert, "-no_nonce", "-reqout",
                    req], check=True, capture_output=True)
    data = open(req, "rb").read()
    lua = site.path("ocsp.lua")
    with open(lua, "w", encoding="ascii") as f:
        f.write('wrk.method = "POST"\nwrk.headers["Content-Type"] = '
                '"application/ocsp-request"\nwrk.body = "'
                + "".join(f"\\{b:03}" for b in data) + '"\n')
    rate, bad = wrk(site.va_url + "/ocsp", lua=lua)
    print(f"OCSP without nonce, answer kept ready: {rate:.0f}/s"
          + (f", {bad} refused" if bad else ""))
    subprocess.run(["openssl", "ocsp", "-issuer", pub, "-cert", cert, "-reqout", req],
                   check=True, capture_output=True)
    base = open(req, "rb").read()
    with open(lua, "w", encoding="ascii") as f:     # a fresh nonce: its last 8 bytes change
        f.write('local n = 0\nlocal head = "' + "".join(f"\\{b:03}" for b in base[:-8])
                + '"\nrequest = function()\n n = n + 1\n return wrk.format("POST", "/ocsp", '
                '{["Content-Type"] = "application/ocsp-request"}, '
                'head .. string.format("%08d", n % 100000000))\nend\n')
    rate, bad = wrk(site.va_url + "/ocsp", lua=lua)
    print(f"OCSP with nonce, signed each time (SM2): {rate:.0f}/s"
          + (f", {bad} refused" if bad else ""))


def bench_walks(site, parallel, each):
    """Applications from registration to waiting for review, through the public interface."""
    def run(n):
        for i in range(each):
            p = identity.Person("person", "user")
            w = walk.Walker(site, p, lambda text: None)
            w.world.register(p)
            walk.Browser.source = (f"127.0.2.{n + 1}", 0)
            w.register()
            w.sign_in()
            w.apply()

    began = time.monotonic()
    threads = [threading.Thread(target=run, args=(n,)) for n in range(parallel)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    took = time.monotonic() - began
    print(f"applications, {parallel} at once: {parallel * each} in {took:.1f} s = "
          f"{parallel * each * 60 / took:.0f}/min (registration to review; a face check is "
          "asked for every few seconds, which is most of the time)")


def memory(site):
    rows = []
    for name, p in site.status().items():
        with open(f"/proc/{p['pid']}/status", encoding="ascii") as f:
            kib = int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1))
        rows.append(f"{name} {kib / 1024:.1f}")
    print("peak memory, MiB: " + ", ".join(rows))


def main():
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before\n")
    out = subprocess.run([os.path.join(TREE, "build", "bench_issue")], capture_output=True,
                         text=True, check=True).stdout
    directory = re.search(r"directory (\S+)", out).group(1)
    shutil.rmtree(directory)
    print(out.replace(f"directory {directory}\n", ""))
    root = hallsite.default_root("bench")
    hallsite.Site(root).stop()
    shutil.rmtree(root, ignore_errors=True)
    site = hallsite.Site(root, settings={"YINXIN_LOG_LEVEL": "warn"})
    try:
        site.install()
        site.init()
        site.make_key("user", "UKey", walk.BLANK_PIN)
        site.start()
        p = identity.Person("person", "user")
        walker = walk.Walker(site, p, lambda text: None)
        walker.world.register(p)
        walker.register()
        walker.sign_in()
        walker.begin()
        bench_walks(site, 1, 2)
        bench_walks(site, 4, 2)
        pin(site, 0)
        bench_pages(site, walker)
        bench_ocsp(site, site.path("keys", "staff.crt"))
        memory(site)
    finally:
        site.stop()


main()
