#include "desk.h"
#include "web/answer.h"

void
test_answer__headers(void **state)
{
	struct desk	d;
	char		text[1024];

	(void)state;
	desk_open(&d);
	assert_int_equal(desk_html(&d, "/"), 200);
	desk_header(&d, "Content-Security-Policy", text);
	assert_non_null(strstr(text, "default-src 'none'"));
	assert_non_null(strstr(text, "frame-ancestors 'none'"));
	assert_non_null(strstr(text, conf_str("assistant.origin")));
	assert_null(strstr(text, "unsafe"));
	assert_string_equal(desk_header(&d, "X-Content-Type-Options", text), "nosniff");
	assert_string_equal(desk_header(&d, "Cache-Control", text), "no-store");
	assert_string_not_equal(desk_header(&d, "Strict-Transport-Security", text), "");
	desk_header(&d, "Set-Cookie", text);
	assert_non_null(strstr(text, "__Host-visitor="));
	assert_non_null(strstr(text, "Secure"));
	assert_non_null(strstr(text, "HttpOnly"));
	assert_non_null(strstr(text, "SameSite=Lax"));
	desk_close(&d);
}

void
test_answer__two_faces(void **state)
{
	struct desk	d;

	(void)state;
	desk_open(&d);
	assert_int_equal(desk_get(&d, "/products/org"), 200);
	assert_string_equal(js_str(d.json, "id"), "org");
	assert_string_not_equal(js_str(d.json, "csrf"), "");
	assert_false(js_bool(d.json, "signed_in"));
	assert_int_equal(desk_html(&d, "/products/org"), 200);
	assert_true(desk_says(&d, "单位证书"));
	assert_int_equal(desk_get(&d, "/products/none"), 404);
	assert_string_equal(js_str(json_object_get(d.json, "error"), "kind"), "not_found");
	assert_int_equal(desk_html(&d, "/nothing/here"), 404);
	assert_true(desk_says(&d, "没有这个页面"));
	assert_int_equal(desk_ask(&d, "PUT", "/", "json", NULL, NULL, 0), 405);
	assert_int_equal(desk_ask(&d, "HEAD", "/", "html", NULL, NULL, 0), 200);
	desk_close(&d);
}

/* What is wrong stands on top and beside its field; what was typed stays; nothing happened. */
void
test_answer__mistakes_beside_fields(void **state)
{
	struct desk	d;
	char		csrf[CSRF_TEXT];

	(void)state;
	desk_open(&d);
	desk_csrf(&d, "/register", csrf);
	assert_int_equal(desk_post_as(&d, "/register", csrf, json_pack("{s:s, s:s, s:s}",
	    "mobile", "123", "mail", "\"><script>x</script>", "password", "Secret-2026"),
	    "html"), 422);
	assert_true(desk_says(&d, "role=\"alert\""));
	assert_true(desk_says(&d, "href=\"#f-mobile\""));
	assert_true(desk_says(&d, "id=\"e-mobile\""));
	assert_true(desk_says(&d, "value=\"123\""));
	assert_true(desk_says(&d, "aria-invalid=\"true\""));
	assert_false(desk_says(&d, "<script>x"));
	assert_true(desk_says(&d, "&lt;script&gt;x"));
	assert_false(desk_says(&d, "Secret-2026"));
	assert_int_equal(desk_post_as(&d, "/register", csrf, json_pack("{s:s}", "mobile",
	    "123"), "json"), 422);
	assert_string_equal(js_str(json_array_get(json_object_get(d.json, "errors"), 0),
	    "field"), "mobile");
	assert_string_not_equal(js_str(json_object_get(d.json, "error"), "text"), "");
	desk_close(&d);
}

void
test_answer__sign_in_and_out(void **state)
{
	struct desk	d;
	char		csrf[CSRF_TEXT], text[1024];

	(void)state;
	desk_open(&d);
	assert_int_equal(desk_html(&d, "/user/account"), 303);
	assert_string_equal(desk_header(&d, "Location", text), "/signin?next=%2Fuser%2Faccount");
	assert_int_equal(desk_html(&d, "/orders/new?product=org"), 303);
	assert_string_equal(desk_header(&d, "Location", text),
	    "/signin?next=%2Forders%2Fnew%3Fproduct%3Dorg");
	assert_int_equal(desk_get(&d, "/user/account"), 401);
	desk_csrf(&d, "/signin", csrf);
	assert_int_equal(desk_post_as(&d, "/signin", csrf, json_pack("{s:s, s:s, s:s}", "login",
	    WORLD_MOBILE, "password", "wrong-Password-1", "next", "/user/account"), "html"), 422);
	assert_true(desk_says(&d, WORLD_MOBILE));
	assert_int_equal(desk_post_as(&d, "/signin", csrf, json_pack("{s:s, s:s, s:s}", "login",
	    WORLD_MOBILE, "password", WORLD_PASSWORD, "next", "/user/account"), "html"), 303);
	assert_string_equal(desk_header(&d, "Location", text), "/user/account");
	assert_int_equal(desk_html(&d, "/user/account"), 200);
	/* The visitor's token is void now: the session has its own. */
	assert_int_equal(desk_post_as(&d, "/signout", csrf, json_object(), "json"), 403);
	desk_csrf(&d, "/user", csrf);
	assert_int_equal(desk_post_as(&d, "/signout", csrf, json_object(), "html"), 303);
	assert_int_equal(desk_get(&d, "/user"), 401);
	desk_close(&d);
}

/* Signing in leads to paths of ours only. */
void
test_answer__next_stays_here(void **state)
{
	static const char *const bad[] = {"//evil.example", "https://evil.example", "/\\evil",
	    "javascript:alert(1)", "/a b", ""};
	struct desk	d;
	char		csrf[CSRF_TEXT];

	(void)state;
	desk_open(&d);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		desk_forget(&d);
		desk_csrf(&d, "/signin", csrf);
		assert_int_equal(desk_post_as(&d, "/signin", csrf, json_pack("{s:s, s:s, s:s}",
		    "login", WORLD_MOBILE, "password", WORLD_PASSWORD, "next", bad[i]), "json"),
		    200);
		assert_string_equal(js_str(d.json, "next"), "/user");
	}
	desk_close(&d);
}

/* What a visitor wanted is kept on the way through every page that lets one in. */
void
test_answer__next_goes_along(void **state)
{
	static const char *const	 ways[] = {"/signin", "/signin/code", "/register"};
	static const char *const	 none[] = {"", "?next=%2Fuser", "?next=%2F%2Fevil.example"};
	char				 path[128];
	struct desk			 d;

	(void)state;
	desk_open(&d);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		(void)snprintf(path, sizeof(path), "%s?next=%%2Forders%%2Fnew%%3Fproduct%%3Dorg",
		    ways[i]);
		assert_int_equal(desk_html(&d, path), 200);
		assert_true(desk_says(&d, "name=\"next\" value=\"/orders/new?product=org\""));
		assert_true(desk_says(&d, i == 0 ?
		    "href=\"/register?next=%2Forders%2Fnew%3Fproduct%3Dorg\"" :
		    "href=\"/signin?next=%2Forders%2Fnew%3Fproduct%3Dorg\""));
		for (size_t k = 0; k < ARRAY_LEN(none); k++) {
			(void)snprintf(path, sizeof(path), "%s%s", ways[i], none[k]);
			assert_int_equal(desk_get(&d, path), 200);
			assert_string_equal(js_str(d.json, "next_query"), "");
			assert_false(desk_says(&d, "evil.example"));
		}
	}
	desk_close(&d);
}

/* A new token at each sign-in; the old session is over. */
void
test_answer__session_is_not_fixed(void **state)
{
	struct desk	d;
	char		csrf[CSRF_TEXT], *before = NULL, *after = NULL;

	(void)state;
	desk_open(&d);
	desk_sign_in(&d, 0);
	before = xstrdup(strchr(d.cookie[0], '=') + 1);
	desk_csrf(&d, "/signin", csrf);
	assert_int_equal(desk_post_as(&d, "/signin", csrf, json_pack("{s:s, s:s}", "login",
	    WORLD_MOBILE, "password", WORLD_PASSWORD), "json"), 200);
	after = xstrdup(strchr(d.cookie[0], '=') + 1);
	assert_string_not_equal(before, after);
	desk_set_cookie(&d, COOKIE_SESSION, before);
	assert_int_equal(desk_get(&d, "/user"), 401);
	free(before);
	free(after);
	desk_close(&d);
}

void
test_answer__sentences_for_the_public(void **state)
{
	struct err	err = {0};

	(void)state;
	err_set(&err, ERR_INPUT, "请填写手机号码。");
	assert_string_equal(answer_sentence(&err), "请填写手机号码。");
	err_set(&err, ERR_STORE, "数据库 /var/lib/hall.db: disk full");
	assert_string_equal(answer_sentence(&err), err_row(ERR_STORE)->user_text);
	err_set(&err, ERR_BUSY, "connect signer.sock: refused");
	assert_string_equal(answer_sentence(&err), err_row(ERR_BUSY)->user_text);
}

void
test_answer__hostile_bodies(void **state)
{
	static const struct { const char *type, *body; int status; } cases[] = {
		{"text/plain", "login=a", 422},
		{"application/x-www-form-urlencoded", "login=%zz", 422},
		{"application/x-www-form-urlencoded", "login=a&login=b", 422},
		{"application/x-www-form-urlencoded", "login=%ff%fe", 422},
		{"multipart/form-data", "x", 422},
		{"multipart/form-data; boundary=b", "--b\r\nrubbish", 422},
		{"application/json", "{\"login\":1}", 422},
	};
	struct desk	d;

	(void)state;
	desk_open(&d);
	assert_int_equal(desk_get(&d, "/signin"), 200);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(desk_ask(&d, "POST", "/signin", "json", cases[i].type,
		    cases[i].body, strlen(cases[i].body)), cases[i].status);
	assert_int_equal(desk_get(&d, "/signin?next=%zz"), 422);
	desk_close(&d);
}

/* An upload as a browser sends it. */
void
test_answer__upload(void **state)
{
	struct desk	 d;
	char		 no[ORDER_NO], path[128], csrf[CSRF_TEXT], *body = NULL;
	const char	*type = "multipart/form-data; boundary=mark";

	(void)state;
	desk_open(&d);
	desk_sign_in(&d, 0);
	world_order(&d.w, "u1", "download", no);
	(void)snprintf(path, sizeof(path), "/orders/%s/materials/licence", no);
	desk_csrf(&d, "/user", csrf);
	body = xasprintf("--mark\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n%s\r\n"
	    "--mark\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n"
	    "Content-Type: image/png\r\n\r\nJPEG bytes\r\n--mark--\r\n", csrf);
	assert_int_equal(desk_ask(&d, "POST", path, "json", type, body, strlen(body)), 200);
	assert_true(js_bool(json_object_get(d.json, "material"), "has"));
	free(body);
	body = xasprintf("--mark\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n%s\r\n"
	    "--mark--\r\n", csrf);
	assert_int_equal(desk_ask(&d, "POST", path, "json", type, body, strlen(body)), 422);
	free(body);
	assert_int_equal(desk_get(&d, path), 200);
	desk_close(&d);
}

void
test_answer__too_often(void **state)
{
	struct desk	d;
	int		status = 0;

	(void)state;
	desk_open(&d);
	for (int i = 0; i < 31; i++)
		status = desk_post_as(&d, "/codes", "x", json_object(), "json");
	assert_int_equal(status, 429);
	desk_close(&d);
}

/* A mistake at the desk comes back on its page; an error wears the desk's own frame. */
void
test_answer__desk(void **state)
{
	struct desk	d;
	char		csrf[CSRF_TEXT];

	(void)state;
	desk_open(&d);
	desk_sign_in(&d, ROLE_MAKER);
	desk_csrf(&d, "/staff", csrf);
	assert_int_equal(desk_post_as(&d, "/staff/making/20260829000541110696/ship", csrf,
	    json_object(), "html"), 422);
	assert_true(desk_says(&d, "请修改下面的内容"));
	assert_true(desk_says(&d, "制证与寄送"));
	assert_int_equal(desk_html(&d, "/staff/reviews"), 403);
	assert_true(desk_says(&d, "class=\"desk\""));
	desk_close(&d);
}

void
test_answer__assets(void **state)
{
	struct desk	 d;
	char		 text[1024], path[128];

	(void)state;
	desk_open(&d);
	(void)snprintf(path, sizeof(path), "%s/css/base.css", js_str(d.site.global, "asset"));
	assert_int_equal(desk_html(&d, path), 200);
	assert_non_null(d.res.fixed);
	assert_non_null(strstr(desk_header(&d, "Cache-Control", text), "immutable"));
	assert_string_equal(desk_header(&d, "Content-Type", text), "text/css; charset=utf-8");
	assert_int_equal(desk_html(&d, "/assets/000000000000/css/base.css"), 200);
	assert_string_equal(desk_header(&d, "Cache-Control", text), "no-store");
	assert_int_equal(desk_html(&d, "/assets/x/html/home.html"), 404);
	assert_int_equal(desk_html(&d, "/assets/"), 404);
	desk_close(&d);
}
