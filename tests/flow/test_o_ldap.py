"""Certificates and lists in an LDAP directory: a slapd of the test's own."""
import base64
import os
import re
import shutil
import signal
import subprocess
import urllib.request

import walk
from flow import need, same
from test_n_enrol import certificates, enrol, make_csr, make_ra, openssl, save, serial_of

CONF = """
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload constraint
pidfile {dir}/slapd.pid
database mdb
suffix "dc=example"
directory {dir}/db
maxsize 67108864
rootdn "cn=publisher,dc=example"
rootpw "ldap secret"
access to * by * read
overlay constraint
constraint_attribute cn regex ^[^!]*$
"""
TOP = """dn: dc=example
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=pki,dc=example
objectClass: organizationalUnit
ou: pki
"""


class Directory:
    def __init__(self, site):
        self.url = site.extra["YINXIN_VA_LDAP_URL"]
        self.dir = site.path("slapd")
        self.process = None
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(os.path.join(self.dir, "db"))
        with open(os.path.join(self.dir, "slapd.conf"), "w", encoding="ascii") as f:
            f.write(CONF.format(dir=self.dir))

    def start(self):
        slapd = shutil.which("slapd", path="/usr/sbin:" + os.environ["PATH"])
        self.process = subprocess.Popen(
            [slapd, "-h", self.url, "-f", os.path.join(self.dir, "slapd.conf"), "-d", "0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        walk.poll("slapd", lambda: self.search("(objectClass=*)", "", "base") is not None, 20)

    def fill(self):
        subprocess.run(["ldapadd", "-x", "-H", self.url, "-D", "cn=publisher,dc=example", "-w",
                        "ldap secret"], input=TOP.encode(), check=True, capture_output=True)

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        self.process = None

    def search(self, what, base="ou=pki,dc=example", scope="one"):
        """Entries as {attribute: [bytes]}; None when there is no answer."""
        r = subprocess.run(["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", self.url,
                            "-b", base, "-s", scope, what], capture_output=True, text=True)
        if r.returncode != 0:
            return None
        found = []
        for block in filter(None, r.stdout.split("\n\n")):
            entry = {}
            for name, b64, value in re.findall(r"^([^:\n]+):(:?) ?(.*)$", block, re.M):
                entry.setdefault(name, []).append(base64.b64decode(value) if b64
                                                  else value.encode())
            found.append(entry)
        return found

    def entry(self, serial):
        found = self.search(f"(serialNumber={serial})")
        return found[0] if found else None


def der_of(site, path, kind="x509"):
    return subprocess.run(["openssl", kind, "-in", path, "-outform", "DER"], check=True,
                          capture_output=True).stdout


def machine(site, user, name):
    """A machine enrolled; path of its certificate and serial."""
    path = save(site, f"{name}.pem", certificates(site, enrol(site, user, make_csr(
        site, name, name)))[0])
    return path, serial_of(path)


def arrived(directory, serial):
    return walk.poll(f"{serial} in the directory", lambda: directory.entry(serial), 30)


def revoked_serials(site, der):
    path = site.path("ldap.crl")
    with open(path, "wb") as f:
        f.write(der)
    return openssl("crl", "-inform", "DER", "-in", path, "-noout", "-text")


def metrics(site):
    with urllib.request.urlopen(site.va_url + "/metrics", timeout=10) as r:
        return r.read().decode()


def metric(site, name):
    return int(re.search(rf"^yinxin_ldap_{name} (\d+)$", metrics(site), re.M).group(1))


def test_ldap(ctx):
    """CAs, lists, machines are published; revoked ones go; outages and refusals lose nothing."""
    site, directory = ctx.site, Directory(ctx.site)
    user = "plant-ldap:" + make_ra(site, "plant-ldap")
    early, early_serial = machine(site, user, "early")      # no directory is there yet
    try:
        directory.start()
        directory.fill()
        published(site, directory, user, early, early_serial)
        outage(site, directory, user)
    finally:
        directory.stop()


def published(site, directory, user, early, early_serial):
    entry = arrived(directory, early_serial)
    same(entry["userCertificate;binary"], [der_of(site, early)], "certificate")
    same((entry["cn"], entry["o"]), ([b"early"], [b"Changsha Water"]), "names")
    ca = walk.poll("the CA", lambda: directory.search("(&(objectClass=pkiCA)(cn=issuing))"))[0]
    same(ca["cACertificate;binary"], [der_of(site, site.path("data", "pub", "issuing.crt"))],
         "certificate of the CA")
    need("Certificate Revocation List" in revoked_serials(
        site, ca["certificateRevocationList;binary"][0]), "no list")
    staff = serial_of(site.path("keys", "staff.crt"))
    need(directory.entry(staff) is None, "a certificate that was not chosen is there")
    _, poison = machine(site, user, "poison!")
    _, serial = machine(site, user, "late")
    arrived(directory, serial)
    need(directory.entry(poison) is None, "the directory's constraint does not hold")
    same(metric(site, "refused_total"), 1, "entries refused")
    site.yinxin("cert", "revoke", serial, "4")
    walk.poll("the revoked one to go", lambda: directory.entry(serial) is None, 30)
    walk.poll("the list", lambda: any(
        serial in revoked_serials(site, e["certificateRevocationList;binary"][0])
        for e in directory.search("(objectClass=pkiCA)")
        if "certificateRevocationList;binary" in e), 30)


def outage(site, directory, user):
    """The directory away, va killed, then its notes lost: everything arrives."""
    directory.stop()
    missed, serial = machine(site, user, "missed")
    old = site.status()["va"]["pid"]
    os.kill(old, signal.SIGKILL)
    directory.start()
    entry = arrived(directory, serial)
    same(entry["userCertificate;binary"], [der_of(site, missed)], "certificate")
    before = directory.search("(objectClass=*)")
    old = walk.poll("va", lambda: site.status()["va"]["running"] and site.status()["va"]["pid"])
    line = walk.poll("the journal's end", lambda: metric(site, "journal_line"))
    os.unlink(site.path("data", "va", "ldap.cursor"))
    os.kill(old, signal.SIGKILL)
    walk.poll("all of it again", lambda: again(site, old, line), 40)
    same(metric(site, "refused_total"), 1, "entries refused")
    same(len(directory.search("(objectClass=*)")), len(before), "entries")


def again(site, old, line):
    try:
        return site.status()["va"]["pid"] != old and metric(site, "journal_line") >= line
    except OSError:
        return False
