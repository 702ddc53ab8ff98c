"""Another CA's side of the messages of GB/T 25056 (src/kmc/message.h), with nothing of ours: asn1crypto
for the structures, the openssl command for SM2, SM3 and SM4.

    Peer(folder)                    a CA with a key and certificate of its own
    peer.message([...])             a signed CARequest of asks: apply(…), restore(…), revoke(…)
    peer.answers(answer, kmc_pem)   the respondList of a KMRespond whose signature holds
    open_key(sealed, key_pem)       the private key out of a SignedAndEnvelopedData
"""
import datetime
import hashlib
import os
import subprocess

from asn1crypto import core, x509

ID = "distid:1234567812345678"
SM3, SM2_SIGN, SM2_ENC = ("1.2.156.10197.1.401", "1.2.156.10197.1.301.1",
                          "1.2.156.10197.1.301.3")
SM4_ECB, SIGNED = "1.2.156.10197.1.104.1", "1.2.156.10197.1.501"
DATA = "1.2.156.10197.6.1.4.2.1"


class Algorithm(core.Sequence):
    _fields = [("algorithm", core.ObjectIdentifier),
               ("parameters", core.Any, {"optional": True})]


class EntName(core.Sequence):
    _fields = [("hash_algorithm", Algorithm), ("ent_name", x509.GeneralName),
               ("ent_pub_key_hash", core.OctetString), ("serial_number", core.Integer)]


class AppUserInfo(core.Sequence):
    _fields = [("user_cert_no", core.Integer), ("user_pub_key", core.Any),
               ("not_before", core.GeneralizedTime), ("not_after", core.GeneralizedTime),
               ("user_name", core.Any, {"explicit": 0, "optional": True}),
               ("ds_code", core.Any, {"explicit": 1, "optional": True}),
               ("extend_info", core.Any, {"explicit": 2, "optional": True})]


class ApplyKeyReq(core.Sequence):
    _fields = [("app_key_type", Algorithm), ("app_key_len", core.Integer),
               ("ret_asym_alg", Algorithm), ("ret_sym_alg", Algorithm),
               ("ret_hash_alg", Algorithm), ("app_user_info", AppUserInfo)]


class RestoreKeyReq(core.Sequence):
    _fields = [("ret_asym_alg", Algorithm), ("ret_sym_alg", Algorithm),
               ("ret_hash_alg", Algorithm), ("user_cert_no", core.Integer),
               ("user_pub_key", core.Any)]


class RevokeKeyReq(core.Sequence):
    _fields = [("user_cert_no", core.Integer)]


class RetKeyRespond(core.Sequence):
    _fields = [("user_cert_no", core.Integer), ("ret_pub_key", core.Any),
               ("ret_pri_key", core.Any)]


class ErrorPkgRespond(core.Sequence):
    _fields = [("err_no", core.Integer),
               ("err_desc", core.UTF8String, {"explicit": 0, "optional": True})]


def choice(name, kinds, how):
    """A CHOICE whose tags are explicit or implicit; both are met in the field."""
    return type(name, (core.Choice,), {"_alternatives": [
        (what, kind, {how: n}) for n, (what, kind) in enumerate(kinds)]})


ASKS = (("apply", ApplyKeyReq), ("restore", RestoreKeyReq), ("revoke", RevokeKeyReq))
ANSWERS = (("apply", RetKeyRespond), ("restore", RetKeyRespond), ("revoke", RevokeKeyReq),
           ("error", ErrorPkgRespond))


def bodies(how):
    """The signed parts of question and answer in one of the two habits."""
    made = []
    for kinds in (ASKS, ANSWERS):
        one = choice("One", kinds, how)
        some = type("Some", (core.SequenceOf,), {"_child_spec": one})
        made.append((one, type("Body", (core.Sequence,), {"_fields": [
            ("version", core.Integer), ("name", EntName), ("list", some),
            ("time", core.GeneralizedTime), ("task_no", core.Integer)]})))
    return made


BODIES = {how: bodies(how) for how in ("explicit", "implicit")}


class Signed(core.Sequence):
    _fields = [("body", core.Any), ("algorithm", Algorithm), ("signature", core.OctetString)]


class IssuerAndSerial(core.Sequence):
    _fields = [("issuer", x509.Name), ("serial", core.Integer)]


class Recipient(core.Sequence):
    _fields = [("version", core.Integer), ("who", IssuerAndSerial), ("algorithm", Algorithm),
               ("cipher", core.OctetString)]


class Recipients(core.SetOf):
    _child_spec = Recipient


class Digests(core.SetOf):
    _child_spec = Algorithm


class Content(core.Sequence):
    _fields = [("type", core.ObjectIdentifier), ("algorithm", Algorithm),
               ("content", core.OctetString, {"implicit": 0})]


class Signer(core.Sequence):
    _fields = [("version", core.Integer), ("who", IssuerAndSerial), ("digest", Algorithm),
               ("algorithm", Algorithm), ("signature", core.OctetString)]


class Signers(core.SetOf):
    _child_spec = Signer


class SignedAndEnveloped(core.Sequence):
    _fields = [("version", core.Integer), ("recipients", Recipients), ("digests", Digests),
               ("content", Content), ("signers", Signers)]


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, check=True,
                          capture_output=True).stdout


def algorithm(oid):
    return Algorithm({"algorithm": oid})


def public_key(pem):
    """DER SubjectPublicKeyInfo of a private key's file."""
    return core.Any.load(openssl("pkey", "-in", pem, "-pubout", "-outform", "DER"))


def returned():
    """In what the key is to come back."""
    return {"ret_asym_alg": algorithm(SM2_ENC), "ret_sym_alg": algorithm(SM4_ECB),
            "ret_hash_alg": algorithm(SM3)}


def apply(number, key, years=1):
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    return ("apply", ApplyKeyReq({
        "app_key_type": algorithm(SM2_SIGN), "app_key_len": 256, **returned(), "app_user_info": {
            "user_cert_no": number, "user_pub_key": public_key(key), "not_before": now,
            "not_after": now + datetime.timedelta(days=365 * years)}}))


def restore(number, key):
    return ("restore", RestoreKeyReq({**returned(), "user_cert_no": number,
                                      "user_pub_key": public_key(key)}))


def revoke(number):
    return ("revoke", RevokeKeyReq({"user_cert_no": number}))


class Peer:
    def __init__(self, folder, name):
        self.folder, self.key = folder, os.path.join(folder, name + ".key")
        self.cert = os.path.join(folder, name + ".crt")
        openssl("genpkey", "-algorithm", "SM2", "-out", self.key)
        openssl("req", "-x509", "-new", "-sm3", "-sigopt", ID, "-key", self.key, "-days", "30",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-subj", f"/C=CN/O={name}/CN={name}", "-out", self.cert)

    def message(self, asks, how="explicit", task=7):
        """DER of a CARequest."""
        certificate = x509.Certificate.load(openssl("x509", "-in", self.cert, "-outform", "DER"))
        one, body = BODIES[how][0]
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        inner = body({
            "version": 1, "list": [one(name=n, value=v) for n, v in asks], "time": now,
            "task_no": task, "name": {
                "hash_algorithm": algorithm(SM3),
                "ent_name": x509.GeneralName("directory_name", certificate.subject),
                "ent_pub_key_hash": hashlib.new("sm3", openssl(
                    "pkey", "-in", self.key, "-pubout", "-outform", "DER")).digest(),
                "serial_number": certificate.serial_number}}).dump()
        path = os.path.join(self.folder, "km.tbs")
        with open(path, "wb") as f:
            f.write(inner)
        signature = openssl("pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-pkeyopt", ID,
                            "-inkey", self.key, "-in", path)
        return Signed({"body": core.Any.load(inner), "algorithm": algorithm(SIGNED),
                       "signature": signature}).dump()

    def answers(self, answer, kmc_cert, how="explicit", task=7):
        """[(kind, value)] of a KMRespond: strict DER, signed by kmc, of this task."""
        signed = Signed.load(answer, strict=True)
        assert signed["algorithm"]["algorithm"].dotted == SIGNED
        inner = signed["body"].dump()
        assert verified(inner, signed["signature"].native, kmc_cert), "kmc's signature"
        body = BODIES[how][1][1].load(inner, strict=True)
        assert body.dump(force=True) == inner, "not DER"
        assert body["version"].native == 1 and body["task_no"].native == task
        certificate = x509.Certificate.load(openssl("x509", "-in", kmc_cert, "-outform", "DER"))
        assert body["name"]["serial_number"].native == certificate.serial_number
        assert body["name"]["ent_name"].chosen == certificate.subject
        return [(one.name, one.chosen) for one in body["list"]]


def verified(data, signature, cert):
    base = cert + ".verify"
    for name, what in ((".data", data), (".sig", signature),
                       (".pub", openssl("x509", "-in", cert, "-noout", "-pubkey"))):
        with open(base + name, "wb") as f:
            f.write(what)
    return subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt", ID, "-pubin",
         "-inkey", base + ".pub", "-in", base + ".data", "-sigfile", base + ".sig"], check=False,
        capture_output=True).returncode == 0


def open_key(respond, key, kmc_cert):
    """The private number out of a RetKeyRespond, with the key it was sealed for; it must be that of
    the public key beside it, and signed by kmc."""
    sealed = SignedAndEnveloped.load(respond["ret_pri_key"].dump(), strict=True)
    assert sealed["content"]["type"].dotted == DATA
    assert sealed["content"]["algorithm"]["algorithm"].dotted == SM4_ECB
    sm4 = openssl("pkeyutl", "-decrypt", "-inkey", key,
                  data=sealed["recipients"][0]["cipher"].native)
    assert len(sm4) == 16
    plain = openssl("enc", "-d", "-sm4-ecb", "-K", sm4.hex(),
                    data=sealed["content"]["content"].native)
    assert verified(plain, sealed["signers"][0]["signature"].native, kmc_cert), "the inner one"
    number = core.Integer.load(plain, strict=True).native
    assert point_of(number) == respond["ret_pub_key"].dump()[-65:], "another key"
    return number


# The curve of GB/T 32918.5, for the public key of a private one.
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def point_of(number):
    """04 || X || Y."""
    at, step = None, G
    while number:
        if number & 1:
            at = add(at, step)
        step, number = add(step, step), number >> 1
    return b"\4" + at[0].to_bytes(32, "big") + at[1].to_bytes(32, "big")
