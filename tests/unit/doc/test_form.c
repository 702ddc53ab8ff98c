#include "unit.h"
#include "base/file.h"
#include "doc/doc.h"

static json_t *
sample(void)
{
	json_error_t	 je;
	json_t		*d = json_loads(
	    "{\"title\":\"单位数字证书业务受理表\",\"number\":\"20261121000541110696\","
	    "\"qr\":\"https://hall.example/q/20261121000541110696\","
	    "\"issuer\":\"东方新诚信数字认证中心\",\"blocks\":["
	    "{\"type\":\"heading\",\"text\":\"一、申请单位资料\"},"
	    "{\"type\":\"table\",\"rows\":[[\"单位名称\",\"测试勘察单位一\",\"单位电话\",\"0731-12345678\"],"
	    "[\"详细地址\",\"湖南省长沙市五一大道 8888 号，地址很长的时候也要能够自动换行显示完整而不超出边框\"]]},"
	    "{\"type\":\"heading\",\"text\":\"二、客户须知\"},"
	    "{\"type\":\"list\",\"items\":[\"请用钢笔或圆珠笔如实、准确、完整地填写，涂改无效。\",\"本表一式两份。\"]},"
	    "{\"type\":\"para\",\"text\":\"本单位保证所填内容真实、准确、完整。\"},"
	    "{\"type\":\"sign\",\"items\":[\"经办人签字\",\"单位（盖章）\",\"日期\"]},"
	    "{\"type\":\"page\",\"title\":\"单位授权委托书\"},"
	    "{\"type\":\"box\",\"text\":\"加盖单位公章处\",\"height_mm\":60}]}",
	    0, &je);

	if (d == NULL)
		fail_msg("%s", je.text);
	return d;
}

void
test_form__makes_a_small_pdf(void **state)
{
	struct err	 err = {0};
	json_t		*d = sample();
	struct buf	 pdf;
	const char	*keep = getenv("YINXIN_TEST_KEEP");

	(void)state;
	buf_init(&pdf, LIMIT_UPLOAD);
	assert_ok(doc_form_work(d, &pdf, &err));
	assert_memory_equal(pdf.p, "%PDF-", 5);
	assert_true(pdf.len > 5000 && pdf.len < 300000);
	if (keep != NULL)
		assert_ok(file_write(keep, pdf.p, pdf.len, 0644, &err));
	buf_free(&pdf);
	json_decref(d);
}

void
test_form__long_text_flows_over_pages(void **state)
{
	struct err	 err = {0};
	json_t		*d = json_pack("{s:s,s:[]}", "title", "长文", "blocks");
	struct buf	 pdf, text;

	(void)state;
	buf_init(&text, LIMIT_JSON);
	for (int i = 0; i < 400; i++)
		buf_addstr(&text, "用户在申请、接受证书及其相关服务前，需要了解与证书相关的法律责任及义务。");
	json_array_append_new(json_object_get(d, "blocks"),
	    json_pack("{s:s,s:s}", "type", "para", "text", text.p));
	buf_init(&pdf, LIMIT_UPLOAD);
	assert_ok(doc_form_work(d, &pdf, &err));
	assert_non_null(memmem(pdf.p, pdf.len, "/Count", 6));
	buf_free(&pdf);
	buf_free(&text);
	json_decref(d);
}

void
test_form__refuses_unknown_blocks(void **state)
{
	struct err	 err = {0};
	json_t		*d = json_pack("{s:[{s:s}]}", "blocks", "type", "script");
	struct buf	 pdf;

	(void)state;
	buf_init(&pdf, LIMIT_UPLOAD);
	assert_err(doc_form_work(d, &pdf, &err), ERR_INPUT);
	buf_free(&pdf);
	json_decref(d);
}

void
test_captcha__draws_png(void **state)
{
	struct err	 err = {0};
	struct buf	 png;
	const char	*keep = getenv("YINXIN_TEST_KEEP_CAPTCHA");

	(void)state;
	buf_init(&png, LIMIT_UPLOAD);
	assert_ok(doc_captcha_work("h7KpX", &png, &err));
	assert_memory_equal(png.p, "\x89PNG", 4);
	if (keep != NULL)
		assert_ok(file_write(keep, png.p, png.len, 0644, &err));
	assert_err(doc_captcha_work("abc", &png, &err), ERR_INPUT);
	buf_free(&png);
}
