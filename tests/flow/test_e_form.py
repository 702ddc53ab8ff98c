"""Every field of both forms against missing, too long, hostile and wrong values."""
from flow import CHINESE, large_post, need, refused, same, sentence

HOSTILE = ("<script>alert(1)</script>", "x\x00y", "甲‮乙", "甲" * 10000,
           "' OR '1'='1'; DROP TABLE orders;--")
WRONG = {
    "user_name": ("含 空格", "中文名", "a" * 13), "org_phone": ("123", "abc"),
    "org_fax": ("123",), "phone": ("12",), "mail": ("no-at", "a@b", "a b@c.cn"),
    "org_mail": ("no-at",), "agent_mail": ("no-at", "a@@b.cn"), "postcode": ("12", "ABCDEF"),
    "province": ("火星省",), "city": ("广州市", "火星市"), "years": ("0", "9", "-1", "1.5"),
    "sex": ("无",), "medium": ("软盘",), "org_id_type": ("passport",),
    "agent_id_type": ("passport",), "person_id_type": ("passport",),
    "agent_phone": ("1380013800", "23800138000"), "mobile": ("138001380001",),
    "agent_name": ("张", "张三1", "<b>张三</b>"), "person_name": ("张", "张三1"),
    "qualification_ends": ("2020-01-01", "明年", "2027-02-30"),
    "licence_no": ("12", "中文号码"), "tax_no": ("1 2 3 4 5 6<",),
}


def flip_last(text, alphabet="0123456789"):
    """The same number with a wrong check character."""
    return text[:-1] + next(c for c in alphabet if c != text[-1])


def draft(ctx, kind):
    w = ctx.walker(kind)
    w.begin()
    w.agree()
    return w


def fields_of(w):
    model = w.browser.get(w.step_path("form"))
    return [f for g in model["groups"] for f in g["fields"]]


def snapshot(w):
    model = w.order_model()
    return model["state"], model["version"], model["form"]


def try_bad(w, good, name, value, before):
    """This value in this field: 422, a sentence beside the field, nothing kept."""
    form = {k: v for k, v in good.items() if k != name or value is not None}
    if value is not None:
        form[name] = value
    e = refused(422, w.browser.post, w.step_path("form"), form)
    text = e.field(name)
    if "\x00" in (value or ""):      # no browser sends it: the whole body is refused
        text = sentence(e)
    need(text and CHINESE.search(text), f"{name}={str(value)[:40]!r}: {e}")
    same(snapshot(w), before, f"the order after {name}={str(value)[:40]!r}")


def bad_values(f, good):
    """What must be refused for this field."""
    out = list(WRONG.get(f["name"], ()))
    if f["required"]:
        out += [None, "", "   "]
    out.append("甲" * (f["max"] + 1) if f["name"] != "user_name" else "a" * (f["max"] + 1))
    out += HOSTILE[1:4]
    if f["name"] != "answer":           # free text, shown escaped
        out.append(HOSTILE[0])
    if f["name"].endswith("id_no"):
        out += [flip_last(good[f["name"]]), "1" * 18, "43010419880615003"]
    return out


def every_field(ctx, kind):
    w = draft(ctx, kind)
    good = {**w.p.form(), "answer": "我的母亲"}
    fields = fields_of(w)
    for f in fields:
        if f["name"] not in good and f.get("options"):
            good[f["name"]] = next(o["value"] for o in f["options"] if o["value"])
    before, n = snapshot(w), 0
    for f in fields:
        for value in bad_values(f, good):
            if n % 200 == 0:        # a minute's posts of one address are limited
                w.browser.connection = None
                w.browser.source = (f"127.0.2.{n // 200 + (kind == 'org') * 10 + 1}", 0)
            ctx.say(f"{f['name']} = {str(value)[:30]!r}")
            try_bad(w, good, f["name"], value, before)
            n += 1
    need(n > 150, f"only {n} values tried")
    w.browser.post(w.step_path("form"), good)
    return w


def test_form_organisation(ctx):
    """The organisation's form, every field: refused beside the field, order unchanged."""
    every_field(ctx, "org")


def test_form_person(ctx):
    """The person's form, every field: refused beside the field, order unchanged."""
    w = every_field(ctx, "person")
    # Sex and ID number must agree.
    form = {**w.p.form(), "answer": "我的母亲", "sex": "女"}
    question = next(f for f in fields_of(w) if f["name"] == "question")
    form["question"] = next(o["value"] for o in question["options"] if o["value"])
    e = refused(422, w.browser.post, w.step_path("form"), form)
    need(e.field("person_id_no"), str(e))


def test_form_kept(ctx):
    """Full-width digits are folded, blanks trimmed, quotes kept as text and shown escaped."""
    w = draft(ctx, "org")
    quoted = "长沙“引号”'公司'&分公司"
    w.fill(agent_phone="".join(chr(ord(c) + 0xfee0) for c in w.p.mobile),
           org_name=f"  {quoted}  ", address=HOSTILE[4])
    form = w.order_model()["form"]
    same(form["agent_phone"], w.p.mobile, "folded")
    same(form["org_name"], quoted, "trimmed")
    same(form["address"], HOSTILE[4], "as text")
    _, page = w.browser.get_raw(w.step_path("form"), "text/html")
    need("&分公司".encode() not in page and "&amp;分公司".encode() in page, "not escaped")


def test_user_name_taken(ctx):
    """A certificate user name of somebody else is refused, in any case of letters."""
    w, v = draft(ctx, "org"), draft(ctx, "org")
    w.fill()
    v.p.user_name = w.p.user_name.upper()
    e = refused((409, 422), v.fill)
    need(e.field("user_name"), str(e))
    answer = v.browser.get(f"/check/user-name?u={w.p.user_name}&no={v.p.order}")
    same(answer["free"], False, "free")


def test_form_many(ctx):
    """More fields than a form can have, a body that is no form, an unknown step."""
    w = draft(ctx, "person")
    before = snapshot(w)
    refused((413, 422, 429), w.browser.post, w.step_path("form"),
            {f"f{i}": "1" for i in range(300)})
    need(large_post(w.browser, w.step_path("form"), b"x=" + b"y" * 300000) in (413, None),
         "a body of 300 000 bytes was read")
    refused(404, w.browser.post, w.step_path("nothing"), {})
    refused(409, w.browser.post, w.step_path("print"), {})
    status, _, _ = w.browser.exchange("POST", w.step_path("form"), b"\xff\xfe%zz&&==",
                                      {"Content-Type": "text/plain",
                                       "X-CSRF-Token": w.browser.csrf})
    need(400 <= status < 500, f"status {status} for no form")
    same(snapshot(w), before, "the order")
