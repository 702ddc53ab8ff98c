"""A whole site for the demo and the flow tests: installed, initialised, started, stopped.

One Site is a directory with an installed copy (app/), the data (data/), logs (log/) and
the pid files of what it started (pid/).  It starts three programs: the sandbox (the
outside world), `yinxin serve` and the certificate assistant (the user's own PC).
"""
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zlib

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("YINXIN_BUILD", os.path.join(TREE, "build"))
ADMIN_PIN = "Admin-246810"
CAPTCHA = "wkcap"             # every captcha of these sites has this answer
PLATFORM = """
platforms:
  - id: zjy
    title: 住建云
    issuer: {sandbox}/platform
    client_id: yinxin-hall
    secret_file: gate/zjy.secret
    scopes: [openid, profile, phone, organisation]
    home: {sandbox}/platform/
    change: 由住建云提供，请在住建云“企业信息”中修改，保存后从住建云重新进入。
    fields:
      org_name: organisation_name
      org_id_type: =uscc
      org_id_no: organisation_code
      agent_name: name
      agent_phone: phone_number
"""
FIXED_PORTS = {"web": 8443, "va": 8081, "assistant": 18765, "sandbox": 18080, "smtp": 18025,
               "enrol": 8444}


def free_ports(names):
    """Free loopback ports, held together so that no two are the same."""
    socks = [socket.socket() for _ in names]
    for s in socks:
        s.bind(("127.0.0.1", 0))
    ports = {n: s.getsockname()[1] for n, s in zip(names, socks)}
    for s in socks:
        s.close()
    return ports


def reachable_by_all(path):
    """May every user walk to this directory?  The services run as users of their own."""
    while True:
        if os.path.exists(path) and not os.stat(path).st_mode & 0o001:
            return False
        parent = os.path.dirname(path)
        if parent == path:
            return True
        path = parent


def default_root(name):
    root = os.path.join(TREE, "var", name)
    if os.geteuid() == 0 and not reachable_by_all(root):
        root = f"/var/tmp/yinxin-{name}-{zlib.crc32(TREE.encode()):08x}"
    return root


class Site:
    def __init__(self, root, ports=None, store=None, settings=None, quiet=True):
        self.root = root
        self.ports = ports or free_ports(FIXED_PORTS)
        self.store = store or {}
        self.extra = settings or {}
        self.quiet = quiet
        self.processes = {}
        for d in ("", "pid", "log", "keys"):
            os.makedirs(os.path.join(root, d), exist_ok=True)
        os.chmod(root, 0o755)

    # -- places ---------------------------------------------------------------------
    def path(self, *parts):
        return os.path.join(self.root, *parts)

    @property
    def url(self):
        return f"https://127.0.0.1:{self.ports['web']}"

    @property
    def va_url(self):
        return f"http://127.0.0.1:{self.ports['va']}"

    @property
    def enrol_url(self):
        return f"https://127.0.0.1:{self.ports['enrol']}"

    @property
    def sandbox_url(self):
        return f"http://127.0.0.1:{self.ports['sandbox']}"

    @property
    def assistant_url(self):
        return f"http://127.0.0.1:{self.ports['assistant']}"

    def bin(self, name):
        return self.path("app", "bin", name)

    # -- making ---------------------------------------------------------------------
    def install(self):
        # A path relative to the tree: the dependency files name their targets so.
        build = os.path.relpath(BUILD, TREE) if BUILD.startswith(TREE + os.sep) else BUILD
        subprocess.run(["make", "-s", "-C", TREE, f"B={build}", "install",
                        f"PREFIX={self.path('app')}"], check=True,
                       stdout=subprocess.DEVNULL)
        self.define()

    def define(self):
        """The hall's definition with a platform of the sandbox, whose users arrive signed in."""
        halls = self.path("app", "share", "yinxin", "halls")
        with open(os.path.join(halls, "dfca-construction.yaml"), encoding="utf-8") as f:
            text = f.read()
        with open(os.path.join(halls, "site.yaml"), "w", encoding="utf-8") as f:
            f.write(text + PLATFORM.format(sandbox=self.sandbox_url))

    def environment(self):
        p, sandbox = self.ports, self.sandbox_url
        env = {k: v for k, v in os.environ.items() if not k.startswith("YINXIN_")}
        env.update({
            "YINXIN_DATA_DIR": "data",
            "YINXIN_KEY_PASSPHRASE_FILE": self.path("passphrase"),
            "YINXIN_TEST_CAPTCHA": CAPTCHA,
            "YINXIN_WEB_LISTEN": f"127.0.0.1:{p['web']}",
            "YINXIN_WEB_PUBLIC_URL": self.url,
            "YINXIN_WEB_HALL_FILE": "app/share/yinxin/halls/site.yaml",
            "YINXIN_DOC_FONTCONFIG": "app/share/yinxin/fonts/fonts.conf",
            "YINXIN_VA_LISTEN": f"127.0.0.1:{p['va']}",
            "YINXIN_VA_PUBLIC_URL": self.va_url,
            "YINXIN_ASSISTANT_ORIGIN": self.assistant_url,
            "YINXIN_GATE_ALIYUN_SMS_URL": f"{sandbox}/aliyun-sms/",
            "YINXIN_GATE_ALIYUN_CLOUDAUTH_URL": f"{sandbox}/aliyun-cloudauth/",
            "YINXIN_GATE_ALIPAY_URL": f"{sandbox}/alipay/gateway.do",
            "YINXIN_GATE_WECHAT_URL": f"{sandbox}/wechat",
            "YINXIN_GATE_SF_URL": f"{sandbox}/sf/std/service",
            "YINXIN_GATE_BANK": "cmb",
            "YINXIN_GATE_BANK_URL": f"{sandbox}/bank/cdcserver/api/v2",
            "YINXIN_GATE_SMTP_URL": f"smtp://127.0.0.1:{p['smtp']}",
        })
        if self.enrols():
            env["YINXIN_ENROL_LISTEN"] = f"127.0.0.1:{p['enrol']}"
        for kind, address in self.store.items():
            env[f"YINXIN_STORE_{kind.upper()}"] = address
        env.update(self.extra)
        return env

    def yinxin(self, *args, check=True):
        """Run a command of yinxin; its standard output."""
        r = subprocess.run([self.bin("yinxin"), *args], cwd=self.root,
                           env=self.environment(), capture_output=True, text=True)
        if check and r.returncode != 0:
            raise RuntimeError(f"yinxin {' '.join(args)}: {r.stderr.strip()}")
        return r.stdout if check else r

    def metrics(self):
        """The hall's /metrics: {"name{labels}": number}."""
        tls = ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        with urllib.request.urlopen(self.url + "/metrics", context=tls, timeout=10) as r:
            lines = r.read().decode().splitlines()
        return {name: float(n) for name, n in
                (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}

    def assistant_tool(self, *args):
        """A command of yinxin-assistant; the values of --pin and --admin-pin go through pipes,
        for a PIN never stands among arguments."""
        args, pipes = list(args), []
        for i, name in enumerate(args):
            if name in ("--pin", "--admin-pin"):
                out, into = os.pipe()
                os.write(into, args[i + 1].encode())
                os.close(into)
                pipes.append(out)
                args[i:i + 2] = [name + "-file", f"/dev/fd/{out}"]
        r = subprocess.run([self.bin("yinxin-assistant"), *args], cwd=self.root,
                           stdin=subprocess.DEVNULL, capture_output=True, text=True,
                           pass_fds=pipes)
        for out in pipes:
            os.close(out)
        if r.returncode != 0:
            raise RuntimeError(f"yinxin-assistant {args[0]}: {r.stderr.strip()}")
        return r.stdout

    def make_key(self, name, label, pin):
        """A blank software UKey in keys/NAME.key."""
        path = self.path("keys", name + ".key")
        if not os.path.exists(path):
            self.assistant_tool("make-key", path, "--label", label, "--pin", pin,
                                "--admin-pin", "87654321", "--tries", "9")
        return path

    def personalise(self, name):
        """Give keys/NAME.key the device key by which it can be unlocked remotely."""
        path, secret = self.path("keys", name + ".key"), self.path("keys", name + ".device")
        driver = self.path("app", "lib", "libyinxin_skf.so")
        env = {**os.environ, "YINXIN_SOFTKEY": path}
        r = subprocess.run([self.bin("yinxin-assistant"), "list", "--driver", driver], env=env,
                           capture_output=True, text=True, check=True)
        serial = json.loads(r.stdout)["keys"][0]["serial"]
        self.yinxin("kmc", "device-key", serial, secret)
        self.assistant_tool("personalise", path, "--device-key-file", secret, "--admin-pin",
                            "87654321")
        os.unlink(secret)
        return serial

    def initialised(self):
        return os.path.exists(self.path("data", "pub", "chain.pem"))

    def init(self):
        """The ceremony; then the first administrator's certificate into a UKey."""
        if self.initialised():
            return
        shutil.rmtree(self.path("data"), ignore_errors=True)
        with open(os.open(self.path("passphrase"), os.O_CREAT | os.O_WRONLY | os.O_TRUNC,
                          0o600), "w", encoding="ascii") as f:
            f.write(secrets.token_urlsafe(24) + "\n")
        for old in os.listdir(self.path("keys")):
            os.unlink(self.path("keys", old))
        key = self.make_key("staff", "管理员UKey", ADMIN_PIN)
        driver = self.path("app", "lib", "libyinxin_skf.so")
        self.assistant_tool("csr", "--driver", driver, "--key", key, "--pin", ADMIN_PIN,
                            "--order", "staff", "--cn", "管理员", "--out",
                            self.path("keys", "staff.csr"))
        self.yinxin("init", "--company", "东方新诚信数字认证中心有限公司", "--root-cn",
                    "DFCA Root CA", "--issuing-cn", "DFCA SM2 CA", "--admin-name", "管理员", "--admin-csr",
                    self.path("keys", "staff.csr"), "--admin-cert",
                    self.path("keys", "staff.crt"))
        self.assistant_tool("install", "--driver", driver, "--key", key, "--pin",
                            ADMIN_PIN, "--order", "staff", "--sign-cert",
                            self.path("keys", "staff.crt"))

    def enrols(self):
        """Made by a release that has the enrol process."""
        return os.path.exists(self.path("data", "enrol", "server.key"))

    # -- running ---------------------------------------------------------------------
    def start_one(self, name, argv, env=None):
        log = open(self.path("log", name + ".log"), "ab")
        proc = subprocess.Popen(argv, cwd=self.root, env=env, stdin=subprocess.DEVNULL,
                                stdout=log, stderr=log, start_new_session=True)
        log.close()
        self.processes[name] = proc
        with open(self.path("pid", name), "w", encoding="ascii") as f:
            f.write(f"{proc.pid}\n")

    def start(self, assistant_keys=("user",)):
        self.start_sandbox()
        self.start_server()
        self.start_assistant(assistant_keys)

    def start_sandbox(self):
        gate_dir = self.path("data", "gate")
        self.start_one("sandbox", [self.bin("yinxin-sandbox"), "--port",
                                   str(self.ports["sandbox"]), "--smtp-port",
                                   str(self.ports["smtp"]), "--state",
                                   self.path("sandbox"), "--gate-dir", gate_dir,
                                   "--hall-url", self.url])
        self.wait(self.sandbox_url + "/", "sandbox")
        with open(os.open(os.path.join(gate_dir, "zjy.secret"), os.O_CREAT | os.O_WRONLY |
                          os.O_TRUNC, 0o600), "w", encoding="ascii") as f:
            f.write("sandbox-platform-secret\n")
        owner = os.stat(gate_dir)       # the gate reads its keys as its own user
        for name in os.listdir(gate_dir):
            os.chown(os.path.join(gate_dir, name), owner.st_uid, owner.st_gid)

    def start_server(self):
        self.start_one("server", [self.bin("yinxin"), "serve"], self.environment())
        self.wait(self.url + "/healthz", "server")
        self.wait(self.va_url + "/healthz", "server")
        if self.enrols():
            self.wait(self.enrol_url + "/healthz", "server")

    def start_assistant(self, keys=("user",)):
        """The assistant on the user's PC with these keys plugged in."""
        env = dict(os.environ)
        env["YINXIN_SOFTKEY"] = ":".join(self.path("keys", k + ".key") for k in keys)
        self.start_one("assistant", [
            self.bin("yinxin-assistant"), "--port", str(self.ports["assistant"]),
            "--driver", self.path("app", "lib", "libyinxin_skf.so"),
            "--origin", self.url, "--allow-origin", self.url,
            "--ca", self.path("data", "pub", "site-root.crt"),
            "--state", self.path("assistant"), "--soft", self.path("soft")], env)
        self.wait(self.assistant_url + "/status", "assistant")

    def plug(self, *keys):
        """Other keys into the PC: the assistant starts anew with them."""
        self.stop_one("assistant")
        self.start_assistant(keys)

    def wait(self, url, name, seconds=40):
        import ssl
        context = ssl._create_unverified_context()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(url, timeout=3, context=context):
                    return
            except urllib.error.HTTPError:
                return
            except OSError:
                proc = self.processes.get(name)
                if proc is not None and proc.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError(f"{name} did not come up; see {self.path('log', name + '.log')}\n"
                           + self.tail(name))

    def tail(self, name, n=12):
        try:
            with open(self.path("log", name + ".log"), encoding="utf-8",
                      errors="replace") as f:
                return "".join(f.readlines()[-n:])
        except OSError:
            return ""

    def pid_of(self, name):
        """The pid this site started under that name, if it still runs our program."""
        try:
            with open(self.path("pid", name), encoding="ascii") as f:
                pid = int(f.read())
            exe = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
        except (OSError, ValueError):
            return None
        return pid if os.path.dirname(exe) == self.path("app", "bin") else None

    def stop_one(self, name):
        pid = self.pid_of(name)
        proc = self.processes.pop(name, None)
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            until = time.monotonic() + 30
            while time.monotonic() < until and self.alive(pid, proc):
                time.sleep(0.05)
            if self.alive(pid, proc):
                os.kill(pid, signal.SIGKILL)
        if proc is not None:
            proc.wait(10)

    @staticmethod
    def alive(pid, proc):
        if proc is not None:
            return proc.poll() is None
        return os.path.exists(f"/proc/{pid}")

    def stop(self):
        for name in ("assistant", "server", "sandbox"):
            self.stop_one(name)

    def status(self):
        with open(self.path("data", "run", "status.json"), encoding="utf-8") as f:
            return {p["name"]: p for p in json.load(f)["processes"]}


if __name__ == "__main__":
    sys.exit("this is a module of tools/demo.py and the flow tests")
