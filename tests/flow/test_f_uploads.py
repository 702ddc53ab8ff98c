"""Pictures that are none, or too large, or half there."""
import struct
import zlib

import identity
from flow import CHINESE, large_post, need, refused, same, sentence, until_materials

KIND = "person_id"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width=60000, height=60000):
    """A header that promises 3.6 thousand million pixels."""
    return b"\x89PNG\r\n\x1a\n" + \
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + \
        chunk(b"IDAT", zlib.compress(b"\0" * 100000, 9)) + chunk(b"IEND", b"")


def wrong_crc():
    data = bytearray(identity.png())
    data[30] ^= 0x55                # in the checksum of IHDR
    return bytes(data)


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
POLYGLOT = b"GIF89a/*" + b"\xff\xd8\xff\xe0\x00\x10JFIF\0<script>alert(1)</script>" + b"*/=1"
BAD = {
    "a renamed text": b"Hello, this is no picture.\r\n" * 40,
    "a cut PNG": identity.png()[:900],
    "a PNG without its end": identity.png()[:-3000],
    "0 bytes": b"",
    "a bomb": bomb(),
    "a tiny picture": identity.png(40, 40),
    "a strip": identity.png(6000, 310),
    "a PDF": PDF,
    "a GIF that says it is a JPEG": POLYGLOT,
    "a JPEG's head only": b"\xff\xd8\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9",
    "a BMP's head only": b"BM" + b"\0" * 60,
    "a program": b"\x7fELF" + b"\0" * 5000,
    "a ZIP": b"PK\x03\x04" + b"\0" * 5000,
    "a wrong checksum": wrong_crc(),
}


def row(w, kind=KIND):
    return next(m for m in w.order_model()["materials"] if m["kind"] == kind)


def test_bad_pictures(ctx):
    """What is no whole picture is refused with a sentence, nothing is stored."""
    w = ctx.walker("person")
    for step in (w.begin, w.agree, lambda: w.fill(seal="yes"), w.confirm, w.print):
        step()
    doc = ctx.site.status()["doc"]["pid"]
    for what, data in BAD.items():
        ctx.say(what)
        e = refused(422, w.upload, KIND, data, "身份证.png")
        need(CHINESE.search(sentence(e)), sentence(e))
        same(row(w)["has"], False, f"stored after {what}")
    refused(404, w.upload, "no_such_kind", identity.png())
    refused(422, w.upload, "seal_specimen", identity.png(2480, 3508, 300), "seal.jpg")
    refused((409, 422), w.browser.post, w.step_path("materials"))
    w.upload(KIND, identity.png(seed=3), "../../etc/passwd")
    same(row(w)["has"], True, "stored")
    same(ctx.site.status()["doc"]["pid"], doc, "the doc process")
    w.browser.post(f"/orders/{w.p.order}/materials/{KIND}/delete")
    same(row(w)["has"], False, "stored after deleting")
    refused(404, w.browser.get, f"/orders/{w.p.order}/materials/{KIND}")


def test_large_pictures(ctx):
    """More than 20 MB is not read; 4000×3000 pixels are taken and reduced."""
    w = ctx.walker("person")
    until_materials(w)
    path = f"/orders/{w.p.order}/materials/{KIND}"
    body = b"--x\r\n" + b"y" * (22 * 1024 * 1024)
    need(large_post(w.browser, path, body, "multipart/form-data; boundary=x") in
         (413, 422, None), "22 MB were taken")
    w.browser.get(f"/orders/{w.p.order}")
    same(row(w)["has"], False, "stored")
    w.upload(KIND, identity.png(4000, 3000, 300, seed=4))
    got = row(w)
    same(got["has"], True, "stored")
    need(int(got["width"]) <= 4000 and int(got["height"]) <= 3000, f"size: {got}")
    headers, picture = w.browser.get_raw(path)
    need(headers["Content-Type"] in ("image/jpeg", "image/png"), headers["Content-Type"])
    need(len(picture) <= 2 * 1024 * 1024, f"{len(picture)} bytes kept")
    headers, thumb = w.browser.get_raw(path + "?thumb=1")
    need(len(thumb) < 100000, f"a thumbnail of {len(thumb)} bytes")


def test_same_picture(ctx):
    """One picture for two kinds; nothing hidden in a picture is kept."""
    w = ctx.walker("person")
    until_materials(w)
    mark = b"<?php secret_in_a_chunk ?>"
    png = identity.png(seed=6)
    at = png.index(b"IDAT") - 4
    w.upload(KIND, png[:at] + chunk(b"tEXt", b"Comment\0" + mark) + png[at:] + mark)
    _, kept = w.browser.get_raw(f"/orders/{w.p.order}/materials/{KIND}")
    need(mark not in kept, "what was hidden in the picture was kept")
    base = f"/orders/{w.p.order}/materials"
    refused((404, 409), w.browser.post, f"{base}/agent_id/same", {"as": "authorisation"})
    w.browser.post(f"{base}/agent_id/same", {"as": KIND})
    same(w.browser.get_raw(f"{base}/agent_id")[1], kept, "the same picture")


def slow_png():
    """39 million pixels in a file of some hundred kilobytes: long to decode and to reduce."""
    width, height = 6500, 6000
    z = zlib.compressobj(6)
    line = b"\4" + b"\1\0\0" * width
    data = b"".join(z.compress(line) for _ in range(height)) + z.flush()
    return b"\x89PNG\r\n\x1a\n" + \
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + \
        chunk(b"pHYs", struct.pack(">IIB", 11811, 11811, 1)) + \
        chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_doc_dies(ctx):
    """A picture that takes too long ends doc, twice; the applicant hears what to do, the other
    processes and the next upload do not notice."""
    site = ctx.site
    w = ctx.walker("person")
    until_materials(w)
    site.stop_one("server")
    site.extra["YINXIN_DOC_DEADLINE_MS"] = "150"
    try:
        site.start_server()
        w.browser.connection = None     # the old one ended with the server
        before = site.status()
        e = refused(422, w.upload, KIND, slow_png())
        need(CHINESE.search(sentence(e)), sentence(e))
        same(row(w)["has"], False, "stored")
        w.upload(KIND, identity.png(600, 400, 300, seed=9))
        same(row(w)["has"], True, "the next one")
        after = site.status()
        need(after["doc"]["pid"] != before["doc"]["pid"], "doc did not die")
        for name in ("web", "signer", "kmc", "va", "gate"):
            same(after[name]["pid"], before[name]["pid"], name)
    finally:
        del site.extra["YINXIN_DOC_DEADLINE_MS"]
        site.stop_one("server")
        site.start_server()
        ctx.desk = None
