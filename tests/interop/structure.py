"""What asn1crypto reads in the certificates, lists and OCSP answers of interop_make.

    structure.py DIR        one line a check: "ok …" or "not ok …"

It parses strictly and gives back the same bytes: so what we write is DER, and each part is
where its standard puts it.
"""
import glob
import os
import sys

from asn1crypto import crl, ocsp, tsp, x509

KINDS = {"rsa": "sha256_rsa", "ecdsa": "sha256_ecdsa"}


def check(name, truth, why=""):
    print(f"ok asn1crypto: {name}" if truth else f"not ok asn1crypto: {name}: {why}")


def whole(kind, path):
    """Parsed strictly, every part looked at, and written again: the same bytes."""
    with open(path, "rb") as f:
        data = f.read()
    value = kind.load(data, strict=True)
    _ = value.native
    check(f"{os.path.basename(path)} is DER", value.dump(force=True) == data)
    return value


def certificates(folder):
    for path in sorted(glob.glob(f"{folder}/*.der")):
        name = os.path.basename(path)[:-4]
        if name in ("envelope", "cipher", "request"):
            continue
        c = whole(x509.Certificate, path)
        check(f"{name} is version 3 with a positive serial number",
              c["tbs_certificate"]["version"].native == "v3" and c.serial_number > 0)
        for kind, algorithm in KINDS.items():
            if name.startswith(kind + "-"):
                check(f"{name} is signed with {algorithm}",
                      c["signature_algorithm"]["algorithm"].native == algorithm)
        if name.endswith("leaf"):
            check(f"{name} points to OCSP and CRL",
                  c.ocsp_urls == ["http://va.example/ocsp"] and not c.ca
                  and [p.url for p in c.crl_distribution_points]
                  == ["http://va.example/issuing.crl"])


def lists(folder):
    for kind in KINDS:
        full = whole(crl.CertificateList, f"{folder}/{kind}-full.crl")
        delta = whole(crl.CertificateList, f"{folder}/{kind}-delta.crl")
        row = full["tbs_cert_list"]["revoked_certificates"][0]
        check(f"{kind} list: number, hold and invalidity date",
              full.crl_number_value.native == 7 and row.crl_reason_value.native
              == "certificate_hold" and row.invalidity_date_value is not None)
        check(f"{kind} list points to its delta",
              full.freshest_crl_value[0]["distribution_point"].native
              == ["http://va.example/delta.crl"])
        check(f"{kind} delta builds on 7", delta.delta_crl_indicator_value.native == 7
              and "delta_crl_indicator" in delta.critical_extensions)


def answers(folder):
    for kind in KINDS:
        r = whole(ocsp.OCSPResponse, f"{folder}/{kind}-answer.ocsp")
        single = r.response_data["responses"][0]
        check(f"{kind} answer: revoked with its reason",
              single["cert_status"].name == "revoked"
              and single["cert_status"].chosen["revocation_reason"].native
              == "certificate_hold" and r.nonce_value is not None)


def sm2(folder):
    """Of what is signed with SM2, which asn1crypto has no names for, the structure."""
    full = whole(crl.CertificateList, f"{folder}/list.crl")
    check("SM2 list: number and signature algorithm", full.crl_number_value.native > 0 and
          full["signature_algorithm"]["algorithm"].dotted == "1.2.156.10197.1.501")
    r = whole(ocsp.OCSPResponse, f"{folder}/answer.ocsp")
    check("SM2 answer: one certificate, by the responder's certificate",
          len(r.response_data["responses"]) == 1 and
          len(r["response_bytes"]["response"].parsed["certs"]) == 1)


def stamps(folder):
    """SM2 stamps have OIDs that asn1crypto knows no names for: it reads their structure only."""
    for name in ("sm2", *KINDS):
        r = whole(tsp.TimeStampResp, f"{folder}/{name}-stamp.tsr")
        signed = r["time_stamp_token"]["content"]
        info = signed["encap_content_info"]["content"].parsed
        signer = signed["signer_infos"][0]
        kinds = {a["type"].native for a in signer["signed_attrs"]}
        check(f"{name} stamp: granted, accuracy, nonce, both certificates",
              r["status"]["status"].native == "granted"
              and info["accuracy"].native == {"seconds": 1, "millis": 500, "micros": None}
              and info["nonce"].native == int.from_bytes(b"12345678", "big")
              and info["serial_number"].native == 0x8001 and len(signed["certificates"]) == 2)
        check(f"{name} stamp: signed attributes", kinds == {"content_type", "signing_time",
              "message_digest", "signing_certificate_v2"}, kinds)
        with open(f"{folder}/{name}-tsa.der", "rb") as f:
            tsa = x509.Certificate.load(f.read())
        check(f"{name} TSA certificate is for time stamps alone",
              tsa.extended_key_usage_value.native == ["time_stamping"]
              and "extended_key_usage" in tsa.critical_extensions)
        check(f"{name} stamp names its signer",
              signer["sid"].chosen["serial_number"].native == tsa.serial_number
              and signed["version"].native == "v3")


certificates(sys.argv[1])
sm2(sys.argv[1])
lists(sys.argv[1])
answers(sys.argv[1])
stamps(sys.argv[1])
