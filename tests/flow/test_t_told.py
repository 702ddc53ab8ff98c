"""What an applicant has to know stands where he needs it: rows of the halls' documents that are words
on a page."""
import re

from browser import Browser
from flow import need, until_materials

# Row of doc/rows.md, page, what must be read there.
PUBLIC = (
    ("LOG-03", "/register", "请牢记登录名和密码"), ("LOG-06", "/signin", "首次"),
    ("NAV-12", "/help", "数字证书在线申请教程"), ("NAV-12", "/help", "数字证书常见问题"),
    ("NAV-12", "/help", "敏感个人信息处理授权书"), ("CRT-04", "/help/faq", "请按实际业务需要选择"),
    ("CRT-08", "/products/org", "湘勘设协字〔2016〕19号"), ("CRT-09", "/help/about", "质保 365 天"),
    ("CRT-13", "/help/faq", "不能加载多个电子印章"), ("PRN-05", "/help/faq", "实际使用印章的人，或者经办人"),
    ("PRN-06", "/help/faq", "不需要法定代表人签名"), ("MAT-F-06", "/help/faq", "电子签名法"),
    ("MAT-P-01", "/help/faq", "单位签章印模一份"), ("MAT-P-02", "/help/faq", "申请人身份证原件和复印件"),
    ("MAT-P-03", "/help/faq", "纸质材料可以邮寄吗"), ("MAT-P-03", "/help", "麓龙路199号"),
    ("FAQ-04", "/help/faq", "核对电脑的日期和时间"), ("FAQ-08", "/help/faq", "可以为本单位申请多个单位证书"),
    ("DWN-01", "/help/assistant", "运行安装程序"), ("CLI-06", "/help/assistant", "已过期或未生效"),
    ("CLI-05", "/help/assistant", "不需要安装控件"), ("LIF-U-01", "/help/assistant", "连续输错 9 次"),
)
STEPS = (
    ("APP-C-02", "form", "接收业务办理状态的短信通知"), ("CRT-04", "form", "请按实际业务需要选择"),
    ("CRT-14", "form", "资质证书"), ("AGR-05", "print", "原件，一式两份"),
    ("PRN-01", "print", "电子认证服务协议"), ("MAT-F-05", "materials", "携带纸质材料到受理点办理"),
    ("MAT-L-04", "materials", "同图"),
)


def text_of(browser, path):
    """What a reader sees of a page."""
    _, page = browser.get_raw(path, "text/html")
    page = re.sub(r"<script.*?</script>|<style.*?</style>", "", page.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))


def told(browser, row, path, words):
    text = text_of(browser, path)
    need(words in text, f"{row}: {path} does not say “{words}”: {text[:600]}")


def test_told(ctx):
    """Help, advice and conditions on the pages where they are needed."""
    visitor = Browser(ctx.site.url)
    for row, path, words in PUBLIC:
        told(visitor, row, path, words)
    w = ctx.walker("org")
    until_materials(w)
    for row, step, words in STEPS:
        told(w.browser, row, w.step_path(step), words)
    w.materials()
    w.prove_identity()
    w.pay()
    told(w.browser, "MAT-P-03", w.step_path("review"), "麓龙路199号")
    told(w.browser, "REV-01", w.step_path("review"), "2 个工作日")
    told(w.browser, "PRN-08", f"/orders/{w.p.order}", "打印支付结果")
    for row, name in (("PRN-08", "receipt"), ("PRN-09", "form")):
        headers, pdf = w.browser.get_raw(f"/orders/{w.p.order}/print/{name}")
        need(pdf.startswith(b"%PDF-") and "pdf" in headers["Content-Type"], f"{row}: no PDF")
