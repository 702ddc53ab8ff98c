"""A soft certificate's file is lost: frozen without signing in, re-issued, its encryption key
recovered into the new file; each sentence on the way speaks of a soft certificate."""
import walk
from browser import Browser
from flow import count, need, refused, same, sentence
from test_l_status import look, status
from test_s_recover import apply, officers, sign_first, sign_second
from test_t_lost import ask
from test_u_soft import PASS, approved, fetch_soft, sign_in


def freeze_as_lost(ctx, w, serial):
    """By document number and phone alone; the browser that has the ticket."""
    b = Browser(ctx.site.url)
    before, _ = ask(b, w, w.p.mobile)
    answer = b.post("/lost", {"kind": "person", "no": w.p.id_no, "mobile": w.p.mobile,
                              "code": w.world.sms_code(w.p.mobile, before)})
    model = b.get(answer["next"])
    same([(r["serial"], r["words"]["text"]) for r in model["rows"]], [(serial, "软证书")], "rows")
    page = b.get_raw(answer["next"])[1].decode()
    need("确认没有问题后可以恢复" in page and "找到UKey" not in page, "speaks of a UKey")
    b.post("/lost/freeze", {"ticket": model["ticket"], "serial": serial})
    same(status(ctx, serial), "revoked", "frozen: at the va")
    return b


def reissued(ctx):
    """Somebody who lost his file and has another: walker, the old serial, the old file's name."""
    w = approved(ctx)
    old, key = fetch_soft(w)["serial"], f"soft:{w.p.order}"
    w.first_order = w.p.order
    w.browser = freeze_as_lost(ctx, w, old)
    e = refused(409, w.browser.post, f"/certificates/{old}/recover")
    need("软证书文件丢失" in sentence(e) and "UKey" not in sentence(e), sentence(e))
    w.p.order = w.browser.post(f"/certificates/{old}/reissue", {"cause": "lost"})["no"]
    w.browser.get(w.step_path("agreement"))
    w.agree()
    w.confirm()
    w.phone_code()
    w.prove_identity()
    ctx.officer().approve(w.p.order)
    w.serial = fetch_soft(w)["serial"]
    sign_in(w, f"soft:{w.p.order}", w.serial)
    same(status(ctx, old), "revoked", "the old one")
    return w, old, key


def recover(w, old_key, new_key):
    """Into the new file only; what it opens is what the lost file opens."""
    ask_for = {"order": w.p.order, "receiver": w.serial, "pin": PASS}
    refused(404, w.assistant.post, "/recover/request", {**ask_for, "key": old_key})
    asked = w.assistant.post("/recover/request", {**ask_for, "key": new_key})
    given = w.browser.post(f"/orders/{w.p.order}/recover/key", {
        "carrier": asked["carrier"], "signature": asked["signature"], "ukey": asked["serial"]})
    document = {"document": given["probe"], "pin": PASS}
    refused(404, w.assistant.post, "/open", {**document, "key": new_key})
    w.assistant.post("/recover/install", {
        "order": w.p.order, "pin": PASS, "key": new_key, "enc_cert": given["enc_cert"],
        "envelope": given["envelope"]})
    plain = w.assistant.post("/open", {**document, "key": new_key})["plain"]
    same(w.assistant.post("/open", {**document, "key": old_key})["plain"], plain, "what it opens")
    w.browser.post(f"/orders/{w.p.order}/recover/done", {"plain": plain})


def test_soft_recover(ctx):
    """Lost, re-issued, the key recovered into the new file, under two key officers."""
    w, old, old_key = reissued(ctx)
    new_key = f"soft:{w.p.order}"
    apply(w, old)
    model = w.browser.get(w.step_path("reason"))
    same([(r["medium"], r["medium_text"]) for r in model["receivers"]], [("soft", "软证书")], "receiver")
    need("UKey" not in str(model["reasons"]), model["reasons"])
    officers(ctx)
    sign_first(ctx, w)
    sign_second(ctx, w)
    seen = w.browser.get(w.step_path("recover"))
    same(seen["recovery"]["words"]["id"], "soft", "whose words")
    page = w.browser.get_raw(w.step_path("recover"))[1].decode()
    main = page[page.index("data-recover="):page.index("data-recover-run")]
    need("在存放这张软证书的电脑上" in main and "UKey" not in main, main)
    ctx.site.plug("staff")
    plain = ctx.officer().browser.get(f"/staff/recoveries/{w.p.order}")["plain"]
    need("软证书" in str(plain) and "UKey" not in str(plain), plain)
    recover(w, old_key, new_key)
    model = w.order_model()
    same((model["state"], count(model, "密钥已恢复")), ("done", 1), "the end")

    def told():
        return [m for m in w.world.mail(w.p.mail) if "加密密钥已恢复" in str(m)]
    walk.poll("the mail of the end", told)
    need("软证书" in str(told()) and "新的UKey" not in str(told()), told())
    need(look(w, w.serial)["words"]["id"] == "soft", "the certificate's page")
    sessions = w.browser.get("/user/account")
    need("软证书" in str(sessions), sessions)
    ctx.site.yinxin("journal", "verify")
