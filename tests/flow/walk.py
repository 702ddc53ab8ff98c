"""The main job, walked through the public HTTP interface as a browser does: from
registration to signing in with the UKey, for an organisation and for a person.

Each step says its evidence through `say`.  Walker's methods are the steps; the flow tests
use them one by one.
"""
import base64
import glob
import json
import re
import subprocess
import time

import hallsite
import identity
from browser import Browser, Refused, Service

BLANK_PIN = "12345678"
USER_PIN = "Walk-86420"
DISTID = "distid:1234567812345678"


def poll(what, fn, seconds=30):
    """Call fn until it gives something true."""
    until = time.monotonic() + seconds
    while True:
        value = fn()
        if value:
            return value
        if time.monotonic() > until:
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(0.15)


class World:
    """The outside world by the sandbox's controls."""

    def __init__(self, site):
        self.service = Service(site.sandbox_url)

    def register(self, p):
        """Put the person and the company into the registries."""
        self.service.post("/control/person", {"name": p.name, "id_no": p.id_no,
                                              "phone": p.mobile})
        self.service.post("/control/company", {"name": p.company, "uscc": p.uscc,
                                               "legal_person": p.name})

    def sms(self, mobile):
        return self.service.get(f"/control/sms?phone={mobile}")["sms"]

    def sms_code(self, mobile, after=0):
        def newest():
            rows = self.sms(mobile)
            if len(rows) <= after:
                return None
            found = re.search(r"\b(\d{6})\b", json.dumps(rows[0], ensure_ascii=False))
            return found and found.group(1)
        return poll(f"an SMS code to {mobile}", newest)

    def mail(self, address):
        return self.service.get(f"/control/mail?to={address}")["mails"]

    def pay(self, qr, **more):
        return self.service.post("/control/pay", {"qr": qr, **more})

    def face(self, id_no, result="pass"):
        return self.service.post("/control/face", {"id_no": id_no, "result": result})

    def fault(self, api, what, **more):
        return self.service.post("/control/fault", {"api": api, "what": what, **more})


class Walker:
    """One applicant at one browser."""

    def __init__(self, site, person, say):
        self.site, self.p, self.say = site, person, say
        self.world = World(site)
        self.browser = Browser(site.url)
        self.assistant = Service(site.assistant_url, {"Origin": site.url})

    # -- account -----------------------------------------------------------------------
    def ask_code(self, page, purpose):
        """A one-time code to the phone, with the page's captcha."""
        before = len(self.world.sms(self.p.mobile))
        model = self.browser.get(page)
        self.browser.get_raw(f"/captcha/{model['captcha_id']}")
        self.browser.post("/codes", {"purpose": purpose, "target": self.p.mobile,
                                     "captcha_id": model["captcha_id"],
                                     "captcha": hallsite.CAPTCHA})
        return self.world.sms_code(self.p.mobile, before)

    def register(self):
        code = self.ask_code("/register", "register")
        self.browser.post("/register", {
            "mobile": self.p.mobile, "mail": self.p.mail, "password": self.p.password,
            "password2": self.p.password, "code": code})
        self.say(f"registered {self.p.mobile}, code {code} by SMS")

    def sign_in(self, login=None, password=None):
        model = self.browser.get("/signin")
        fields = {"login": login or self.p.mobile, "password": password or self.p.password}
        if model.get("needs_captcha"):
            self.browser.get_raw(f"/captcha/{model['captcha_id']}")
            fields.update(captcha_id=model["captcha_id"], captcha=hallsite.CAPTCHA)
        self.browser.post("/signin", fields)
        self.browser.get("/user")

    # -- application --------------------------------------------------------------------
    def step_path(self, step):
        return f"/orders/{self.p.order}/steps/{step}"

    def do_step(self, step, fields=None):
        self.browser.get(self.step_path(step))
        return self.browser.post(self.step_path(step), fields)

    def begin(self):
        self.browser.get("/orders/new")
        answer = self.browser.post("/orders/new", {"product": self.p.kind})
        self.p.order = re.search(r"/orders/(\d{20})/", answer["next"]).group(1)
        self.say(f"order {self.p.order} begun")

    def agree(self):
        model = self.browser.get(self.step_path("agreement"))
        self.browser.post(self.step_path("agreement"),
                          {f"agree_{a['id']}": "1" for a in model["agreements"]})
        self.say("agreed: " + ", ".join(f"{a['title']} {a['version']}"
                                        for a in model["agreements"]))

    def fill(self, **change):
        form = {**self.p.form(), **change}
        model = self.browser.get(self.step_path("form"))
        for group in model["groups"]:
            for f in group["fields"]:
                if f["name"] not in form and f.get("options"):
                    form[f["name"]] = next(o["value"] for o in f["options"] if o["value"])
                elif f["name"] == "answer":
                    form.setdefault("answer", "我的母亲")
        self.browser.post(self.step_path("form"), form)

    def confirm(self, way="download"):
        self.browser.get(self.step_path("confirm"))
        self.browser.post(self.step_path("confirm"), {
            "way": way, "receiver": self.p.name, "phone": self.p.mobile,
            "province": "湖南省", "city": "长沙市", "address": "五一大道8888号"})

    def step_code(self):
        """The code of the step phone_code, asked for."""
        before = len(self.world.sms(self.p.mobile))
        model = self.browser.get(self.step_path("phone_code"))
        self.browser.get_raw(f"/captcha/{model['captcha_id']}")
        self.browser.post(f"/orders/{self.p.order}/code", {
            "captcha_id": model["captcha_id"], "captcha": hallsite.CAPTCHA})
        return self.world.sms_code(self.p.mobile, before)

    def phone_code(self):
        self.browser.post(self.step_path("phone_code"), {"code": self.step_code()})

    def print(self):
        model = self.browser.get(self.step_path("print"))
        sizes = []
        for d in model["documents"]:
            _, pdf = self.browser.get_raw(f"/orders/{self.p.order}/print/{d['name']}")
            if not pdf.startswith(b"%PDF-"):
                raise RuntimeError(f"{d['name']} is no PDF")
            sizes.append(f"{d['title']} {len(pdf) // 1024} KiB")
        self.browser.post(self.step_path("print"))
        self.say("printed: " + ", ".join(sizes))

    def materials(self):
        model = self.browser.get(self.step_path("materials"))
        kinds = [m["kind"] for m in model["materials"] if m["required"]]
        for i, kind in enumerate(kinds):
            self.upload(kind, identity.png(seed=i + 1))
        self.do_step("materials")
        self.say("materials: " + ", ".join(kinds))

    def upload(self, kind, data, name="scan.png"):
        return self.browser.upload(f"/orders/{self.p.order}/materials/{kind}", {},
                                   {"file": (name, data)})

    def prove_identity(self):
        """Scan the QR with the phone: consent, the provider's face page, back again."""
        path = f"/orders/{self.p.order}/identity"
        self.browser.get(self.step_path("identity"))
        self.scan(self.browser.post(path)["session"])
        poll("the identity to be proved",
             lambda: self.browser.get(path)["state"] == "passed")
        self.do_step("identity")
        self.say("identity proved by phone (three factors and face)")

    def scan(self, session):
        """What the phone does with the QR code."""
        phone = Browser(self.site.url, "Mozilla/5.0 (phone)")
        mobile_page = session["url"].removeprefix(self.site.url)
        phone.get(mobile_page)
        phone.post(mobile_page, {"consent": "1"})

        def provider_page():
            model = phone.get(mobile_page)
            if model["state"] in ("failed", "expired"):
                raise RuntimeError(f"identity: {model.get('reason') or model['state_text']}")
            return model["state"] == "pending" and model.get("url")

        poll("the provider's face page", provider_page)
        self.world.face(self.p.id_no)
        phone.get(mobile_page + "?back=1")      # where the provider's page leads back to

    def pay(self, channel="alipay"):
        path = f"/orders/{self.p.order}/payment"
        self.browser.get(self.step_path("payment"))
        self.browser.post(path, {"channel": channel})

        def waiting():
            trades = self.browser.get(path)["trades"]
            return next((t for t in trades if t["state"] == "waiting" and t.get("qr")), None)

        trade = poll("the QR code to pay", waiting)
        self.world.pay(trade["qr"])
        poll("the payment", lambda: self.browser.get(path).get("paid"))
        self.say(f"paid {trade['amount']} yuan by {channel}, trade {trade['no']}")

    def order_model(self):
        return self.browser.get(f"/orders/{self.p.order}")

    # -- collection ---------------------------------------------------------------------
    def authorisation_code(self):
        def newest():
            for m in self.world.mail(self.p.mail):
                text = json.dumps(m, ensure_ascii=False)
                found = re.search(r"授权码：\s*([A-Za-z0-9]{20})\b", text)
                if found and self.p.order in text:
                    return found.group(1)
            return None
        return poll("the mail with the authorisation code", newest)

    def open_fetch(self, code):
        model = self.browser.get("/fetch")
        self.browser.get_raw(f"/captcha/{model['captcha_id']}")
        return self.browser.post("/fetch", {
            "no": self.p.order, "code": code, "captcha_id": model["captcha_id"],
            "captcha": hallsite.CAPTCHA})["token"]

    def fetch(self):
        """Download the pair into the blank UKey."""
        self.site.plug(self.p.key)
        code = self.authorisation_code()
        token = self.open_fetch(code)
        made = self.assistant.post("/key/make", {"order": self.p.order, "cn": self.p.name,
                                                 "pin": BLANK_PIN})
        asked = {"token": token, "csr": made["csr"], "medium": made["serial"]}
        issued = self.browser.post("/fetch/issue", asked)
        again = self.browser.post("/fetch/issue", asked)
        if again["sign_cert"] != issued["sign_cert"]:
            raise RuntimeError("asked twice, another certificate came")
        self.assistant.post("/key/install", {
            "order": self.p.order, "pin": BLANK_PIN, "sign_cert": issued["sign_cert"],
            "enc_cert": issued["enc_cert"], "envelope": issued["enc_key"],
            "device": issued["device"], "seal": issued.get("seal", "")})
        self.browser.post("/fetch/done", {"token": token})
        self.assistant.post("/pin/change", {"pin": BLANK_PIN, "new_pin": USER_PIN})
        self.say(f"fetched with authorisation code {code[:4]}…, into UKey {self.p.key}.key; "
                 "PIN changed")
        self.verify(issued)

    def verify(self, issued):
        """Evidence: subject, serial, chain, OCSP."""
        keys = self.assistant.get("/keys")["keys"]
        cert = keys[0]["certificates"][0]
        self.say(f"  subject  {cert['subject']}")
        self.say(f"  serial   {cert['serial']}, valid to {cert['not_after']}")
        for kind in ("sign", "enc"):
            check_chain(self.site, base64.b64decode(issued[f"{kind}_cert"]))
        self.say("  chain    both certificates verified by openssl, link by link")
        status = self.site.yinxin("cert", "status", cert["serial"]).split()[-1]
        self.say(f"  OCSP     {ocsp(self.site, base64.b64decode(issued['sign_cert']))}; "
                 f"va says {status}")
        self.serial = cert["serial"]

    def sign_in_by_ukey(self, serial=None, pin=USER_PIN):
        """serial: of the certificate, where the key holds several."""
        self.browser = Browser(self.site.url)
        self.browser.get("/signin")
        challenge = self.browser.post("/signin/challenge")
        signed = self.assistant.post("/sign", {
            "text": challenge["text"], "pin": pin, **({"serial": serial} if serial else {})})
        self.browser.post("/signin/ukey", {"id": challenge["id"],
                                           "signature": signed["signature"],
                                           "certificate": signed["certificate"]})
        self.browser.get("/user")
        self.say("signed in by UKey")

    def apply(self, way="download", channel="alipay"):
        """Everything up to review."""
        for step in (self.begin, self.agree, self.fill, lambda: self.confirm(way), self.print,
                     self.materials, self.prove_identity, lambda: self.pay(channel)):
            step()


class Officer:
    """The reviewing officer at the staff desk, with a UKey."""

    def __init__(self, site, say):
        self.site, self.say = site, say
        self.browser = Browser(site.url, "Mozilla/5.0 (desk)")
        self.assistant = Service(site.assistant_url, {"Origin": site.url})

    def sign(self, text):
        return self.assistant.post("/sign", {"text": text, "pin": hallsite.ADMIN_PIN})

    def sign_in(self):
        self.site.plug("staff")
        self.browser.get("/staff/signin")
        challenge = self.browser.post("/staff/challenge")
        signed = self.sign(challenge["text"])
        self.browser.post("/staff/signin", {"id": challenge["id"],
                                            "signature": signed["signature"],
                                            "certificate": signed["certificate"]})
        self.browser.get("/staff")

    def look(self, no):
        model = self.browser.get(f"/staff/reviews/{no}")
        self.browser.post(f"/staff/reviews/{no}/claim")
        return self.browser.get(f"/staff/reviews/{no}") or model

    def approve(self, no):
        self.site.plug("staff")
        model = self.look(no)
        path = f"/staff/reviews/{no}"
        asked = self.browser.post(f"{path}/statement", {"version": model["version"]})
        signed = self.sign(asked["statement"])
        self.browser.post(f"{path}/approve", {
            "version": asked["version"], "statement": asked["statement"],
            "signature": signed["signature"], "certificate": signed["certificate"]})
        self.say(f"approved {no}: statement signed in the officer's UKey")

    def send_back(self, no, reason, target, text):
        model = self.look(no)
        self.browser.post(f"/staff/reviews/{no}/return", {
            "version": model["version"], "reason_0": reason, "target_0": target,
            "text_0": text})


# -- evidence ----------------------------------------------------------------------------
def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, capture_output=True, check=False)


def issuer_of(site, cert):
    """The file of the CA that signed it, among those published."""
    for ca in sorted(glob.glob(site.path("data", "pub", "*.crt"))):
        # each link by itself: the command line sets the identifier on the leaf only
        r = openssl("verify", "-vfyopt", DISTID, "-partial_chain", "-CAfile", ca, cert)
        if r.returncode == 0 and ca != cert:
            return ca
    raise RuntimeError(f"{cert} was issued by none of our CAs: {r.stdout + r.stderr}")


def leaf_file(site, der):
    path = site.path("leaf.pem")
    with open(path, "wb") as f:
        f.write(openssl("x509", "-inform", "DER", data=der).stdout)
    return path


def check_chain(site, der):
    """Up to a root; gives the issuing CA's file."""
    ca = issuer_of(site, leaf_file(site, der))
    issuer_of(site, ca)
    return ca


def ocsp(site, der):
    """The responder's answer as openssl reads it."""
    leaf = leaf_file(site, der)
    r = openssl("ocsp", "-issuer", issuer_of(site, leaf), "-cert", leaf,
                "-url", site.va_url + "/ocsp", "-noverify", "-no_nonce")
    found = re.search(rb": (good|revoked|unknown)", r.stdout)
    if not found:
        raise RuntimeError(f"openssl ocsp: {(r.stdout + r.stderr).decode()}")
    return found.group(1).decode()


# -- the whole ---------------------------------------------------------------------------
def walk_all(site, say):
    """One organisation (Alipay) and one person (WeChat Pay); the people, for the logins."""
    officer = Officer(site, say)
    officer.sign_in()
    people = []
    for kind, channel in (("org", "alipay"), ("person", "wechat")):
        p = identity.Person(kind, kind)
        w = Walker(site, p, say)
        say(f"== {p.title} {p.name} ==")
        w.world.register(p)
        w.register()
        w.sign_in()
        w.apply("download", channel)
        officer.approve(p.order)
        w.fetch()
        w.sign_in_by_ukey()
        people.append(p)
    say("the journals verify: " + site.yinxin("journal", "verify").strip())
    return people


__all__ = ["Refused", "Walker", "Officer", "World", "walk_all", "poll"]
