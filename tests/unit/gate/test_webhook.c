#include "unit.h"
#include "base/conf.h"
#include "base/str.h"
#include "gate/webhook.h"

/* Standard Webhooks' own example: its published secret, id, time and body. */
void
test_webhook__the_published_example(void **state)
{
	static const char	secret[] = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
	struct buf		key, out;
	unsigned char		padded[WEBHOOK_SECRET] = {0};

	(void)state;
	buf_init(&key, 64);
	buf_init(&out, 512);
	assert_int_equal(base64_decode(secret, strlen(secret), &key), 0);
	assert_int_equal(key.len, 24);
	memcpy(padded, key.p, key.len);		/* HMAC fills a key up with zeros */
	webhook_sign(padded, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}",
	    &out);
	assert_int_equal(strncmp(out.p, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1sm,",
	    strlen("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1sm,")), 0);
	buf_free(&key);
	buf_free(&out);
}

static bool
goes(const char *url)
{
	struct err	err = {0};

	return webhook_check_url(url, &err) == 0;
}

void
test_webhook__addresses(void **state)
{
	struct err	 err = {0};
	char		*longest = xasprintf("https://a.cn/%*s", WEBHOOK_URL - 13, ""), *more = NULL;

	(void)state;
	assert_ok(conf_load(NULL, &err));
	for (char *p = longest; *p != '\0'; p++)
		if (*p == ' ')
			*p = 'x';
	more = xasprintf("%sx", longest);
	assert_true(goes("https://biz.example.cn/hooks/ca?x=1"));
	assert_true(goes("https://biz.example.cn:8443"));
	assert_true(goes(longest));
	assert_false(goes(more));
	assert_false(goes(""));
	assert_false(goes("https://"));
	assert_false(goes("http://biz.example.cn/"));
	assert_false(goes("http://127.0.0.1/"));
	assert_false(goes("https://user@biz.example.cn/"));
	assert_false(goes("https://biz.example.cn/a b"));
	assert_false(goes("https://[::1]/"));
	assert_false(goes("file:///etc/passwd"));
	assert_false(goes("HTTPS://biz.example.cn/"));
	assert_false(webhook_is_private("https://intra.example.cn/"));
	assert_ok(conf_set("gate.webhook_private", "intra.example.cn, 127.0.0.1", &err));
	assert_true(webhook_is_private("https://intra.example.cn/x"));
	assert_true(webhook_is_private("https://INTRA.example.cn:444"));
	assert_false(webhook_is_private("https://tra.example.cn/"));
	assert_false(webhook_is_private("https://intra.example.cn.evil.cn/"));
	assert_true(goes("http://127.0.0.1:8080/hook"));
	assert_false(goes("http://intra.example.cn/"));
	assert_ok(conf_load(NULL, &err));
	free(longest);
	free(more);
}
