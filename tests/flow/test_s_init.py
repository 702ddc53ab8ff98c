"""`yinxin init` by somebody in a hurry: each slip is told, leaves nothing behind, and the same
command works once it is mended."""
import os
import subprocess

import hallsite
from flow import need, same


class Beginning:
    """A directory of its own beside the site, with the administrator's request in it."""

    def __init__(self, site):
        self.site, self.dir = site, site.path("beginning")
        os.makedirs(self.dir)
        with open(os.open(self.path("passphrase"), os.O_CREAT | os.O_WRONLY, 0o600), "w",
                  encoding="ascii") as f:
            f.write("correct horse battery\n")
        key = site.make_key("beginner", "管理员UKey", hallsite.ADMIN_PIN)
        site.assistant_tool("csr", "--driver", site.path("app", "lib", "libyinxin_skf.so"),
                            "--key", key, "--pin", hallsite.ADMIN_PIN, "--order", "staff", "--cn",
                            "管理员", "--out", self.path("admin.csr"))

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def init(self, settings=None, **change):
        """(exit status, what it said on standard error)"""
        halls = self.site.path("app", "share", "yinxin", "halls", "dfca-construction.yaml")
        env = {k: v for k, v in os.environ.items() if not k.startswith("YINXIN_")}
        env.update({"YINXIN_DATA_DIR": "data", "YINXIN_WEB_HALL_FILE": halls,
                    "YINXIN_KEY_PASSPHRASE_FILE": self.path("passphrase"), **(settings or {})})
        options = {"admin-name": "管理员", "admin-csr": "admin.csr", "admin-cert": "admin.crt",
                   **{k.replace("_", "-"): v for k, v in change.items()}}
        args = [x for k, v in options.items() for x in ("--" + k, v)]
        r = subprocess.run([self.site.bin("yinxin"), "init", *args], cwd=self.dir, env=env,
                           capture_output=True, text=True, check=False)
        return r.returncode, r.stderr

    def keys(self):
        """Private keys below the data directory."""
        return [os.path.join(d, n) for d, _, names in os.walk(self.path("data")) for n in names
                if n.endswith(".key")]


def test_init_slips(ctx):
    """No hall definition, no place for the certificate, no database, a wrong request, no
    passphrase: nothing is made; mended it is, and a second time refused."""
    b = Beginning(ctx.site)
    with open(b.path("bad.csr"), "w", encoding="ascii") as f:
        f.write("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")
    with open(b.path("there.crt"), "w", encoding="ascii") as f:
        f.write("mine\n")
    slips = [
        ({"YINXIN_WEB_HALL_FILE": "nowhere.yaml"}, {}, "nowhere.yaml"),
        ({}, {"admin_cert": "/nowhere/admin.crt"}, "/nowhere/admin.crt"),
        ({}, {"admin_cert": "there.crt"}, "there.crt"),
        ({"YINXIN_STORE_HALL": "postgresql://127.0.0.1:1/hall"}, {}, "PostgreSQL"),
        ({"YINXIN_STORE_CA": "postgresql://127.0.0.1:1/ca"}, {}, "PostgreSQL"),
        ({"YINXIN_KEY_PASSPHRASE_FILE": b.path("none")}, {}, "none"),
        ({}, {"admin_csr": "bad.csr"}, ""),
        ({}, {"admin_name": ""}, ""),
        ({}, {"root_cn": "x" * 200}, ""),
    ]
    for settings, change, says in slips:
        status, said = b.init(settings, **change)
        need(status != 0 and said.strip() and says in said, f"{settings} {change}: {said!r}")
        same(b.keys(), [], f"keys after {settings} {change}")
        need(not os.path.exists(b.path("admin.crt")), "a certificate is there")
    with open(b.path("there.crt"), encoding="ascii") as f:
        same(f.read(), "mine\n", "the file that was there")
    same(b.init(), (0, ""), "mended")
    need(b.keys() and os.path.getsize(b.path("admin.crt")) > 300, "nothing was made")
    os.rename(b.path("admin.crt"), b.path("kept.crt"))
    status, said = b.init()
    need(status != 0 and "has a CA" in said, said)
