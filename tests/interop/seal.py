"""Seals that interop_make wrote, read by asn1crypto from the text of GB/T 38540-2020 7.1.

Leaves what is signed, the maker's certificate and the signature in files for the openssl command.
Prints "ok NAME" or "not ok NAME".
"""
import sys

from asn1crypto import core, x509


class Header(core.Sequence):
    _fields = [("id", core.IA5String), ("version", core.Integer), ("vid", core.IA5String)]


class Certificates(core.SequenceOf):
    _child_spec = core.OctetString


class Property(core.Sequence):
    _fields = [("type", core.Integer), ("name", core.UTF8String),
               ("cert_list_type", core.Integer), ("cert_list", Certificates),
               ("create_date", core.GeneralizedTime), ("valid_start", core.GeneralizedTime),
               ("valid_end", core.GeneralizedTime)]


class Picture(core.Sequence):
    _fields = [("type", core.IA5String), ("data", core.OctetString),
               ("width", core.Integer), ("height", core.Integer)]


class Info(core.Sequence):
    _fields = [("header", Header), ("es_id", core.IA5String), ("property", Property),
               ("picture", Picture)]


class Seal(core.Sequence):
    _fields = [("info", Info), ("cert", core.OctetString),
               ("algorithm", core.ObjectIdentifier), ("signature", core.OctetBitString)]


def check(name, good, why=""):
    print(f"ok {name}" if good else f"not ok {name}: {why}")


def one(folder, name, version):
    with open(f"{folder}/{name}.esl", "rb") as f:
        der = f.read()
    s = Seal.load(der, strict=True)
    info = s["info"]
    with open(f"{folder}/sign.der", "rb") as f:
        holder = f.read()
    check(f"{name}: header", info["header"].native ==
          {"id": "ES", "version": version, "vid": "YINXIN"}, info["header"].native)
    check(f"{name}: property", info["property"]["type"].native == 1 and
          info["property"]["name"].native == "长沙建工有限公司" and
          info["property"]["cert_list_type"].native == 1 and
          info["property"]["cert_list"].native == [holder])
    check(f"{name}: dates", info["property"]["valid_start"].native <
          info["property"]["valid_end"].native)
    check(f"{name}: picture", info["picture"]["type"].native == "PNG" and
          info["picture"]["width"].native == 42 and
          info["picture"]["data"].native.startswith(b"\x89PNG"))
    maker = x509.Certificate.load(s["cert"].native, strict=True)
    check(f"{name}: maker and algorithm", maker.subject.native["common_name"] == "电子印章制章"
          and s["algorithm"].dotted == "1.2.156.10197.1.501"
          and maker.extended_key_usage_value.native == ["1.2.156.999999.1.4"])
    check(f"{name}: written again it is the same", Seal.load(der).dump(force=True) == der)
    for end, data in (("tbs", info.dump()), ("maker", s["cert"].native),
                      ("sig", s["signature"].native)):
        with open(f"{folder}/{name}.{end}", "wb") as f:
            f.write(data)


one(sys.argv[1], "seal", 4)
one(sys.argv[1], "seal5", 5)
