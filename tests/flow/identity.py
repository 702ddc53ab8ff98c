"""People and organisations for the walks: numbers with right check characters, pictures."""
import random
import struct
import zlib

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
USCC_SET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
RNG = random.SystemRandom()


def resident_id(male=True):
    """A resident ID number of Changsha (GB 11643)."""
    head = "430104" + f"{RNG.randint(1965, 2000)}{RNG.randint(1, 12):02}{RNG.randint(1, 28):02}"
    head += f"{RNG.randint(0, 99):02}{RNG.choice('13579' if male else '02468')}"
    return head + "10X98765432"[sum(int(c) * w for c, w in zip(head, ID_WEIGHTS)) % 11]


def uscc():
    """A unified social credit code of a company in Changsha (GB 32100, GB 11714)."""
    org = "".join(RNG.choice("0123456789") for _ in range(8))
    check = 11 - sum(int(c) * w for c, w in zip(org, ORG_WEIGHTS)) % 11
    org += {10: "X", 11: "0"}.get(check, str(check))
    head = "91430100" + org
    n = 31 - sum(USCC_SET.index(c) * w for c, w in zip(head, USCC_WEIGHTS)) % 31
    return head + USCC_SET[n % 31]


def mobile():
    return "1" + RNG.choice("35789") + "".join(RNG.choice("0123456789") for _ in range(9))


def png(width=1240, height=1754, dpi=150, seed=0):
    """A scan: grey paper with dark lines, and its resolution in a pHYs chunk."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + \
            struct.pack(">I", zlib.crc32(kind + data))

    paper = bytes((0,)) + bytes((250,)) * width
    line = bytes((0,)) + bytes((250,)) * (width // 10) + \
        bytes((40 + seed % 60,)) * (width * 8 // 10) + \
        bytes((250,)) * (width - width // 10 - width * 8 // 10)
    rows = b"".join(line if (y // 6) % 8 == seed % 8 else paper for y in range(height))
    per_metre = round(dpi / 0.0254)
    return b"\x89PNG\r\n\x1a\n" + \
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + \
        chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)) + \
        chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")


class Person:
    """Somebody with a phone and a mailbox who applies for a certificate."""

    def __init__(self, kind, key):
        tail = "".join(RNG.choice("0123456789") for _ in range(9))  # nobody else's on the site
        self.kind, self.key = kind, key             # "org", "person", "person-soft"; UKey file
        self.title = "单位经办人" if kind == "org" else "个人"
        self.name = RNG.choice("赵钱孙李周吴郑王冯陈") + RNG.choice("小大文志建国") + \
            RNG.choice("军华明丽强芳")
        self.mobile, self.id_no = mobile(), resident_id()
        self.mail = f"u{tail}@mail.example"
        self.password = "Walk-" + tail + "-Yx"
        self.company, self.uscc = f"长沙测试勘察设计{tail[:6]}有限公司", uscc()
        self.user_name = ("u" if kind == "org" else "p") + tail
        self.order = self.code = None

    def form(self):
        agent = {"agent_name": self.name, "agent_phone": self.mobile,
                 "agent_mail": self.mail, "agent_id_type": "resident-id",
                 "agent_id_no": self.id_no}
        common = {"user_name": self.user_name, "org_name": self.company,
                  "province": "湖南省", "city": "长沙市", "address": "五一大道8888号",
                  "postcode": "410000", "years": "1",
                  "medium": "soft" if self.kind.endswith("-soft") else "ukey", **agent}
        if self.kind == "org":
            return {**common, "org_phone": "0731-12345678", "org_mail": self.mail,
                    "org_fax": "0731-12345678", "org_id_type": "uscc",
                    "org_id_no": self.uscc}
        return {**common, "person_name": self.name, "sex": "男", "department": "设计部",
                "mail": self.mail, "person_id_type": "resident-id",
                "person_id_no": self.id_no, "phone": "0731-12345678",
                "mobile": self.mobile}
