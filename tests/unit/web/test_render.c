#include "desk.h"
#include "base/file.h"
#include "web/frame.h"

#include <glob.h>

/*
 * Every page rendered strictly: tests/data/models/<page>.json, and <page>.<variant>.json, are
 * models as the site gave them.
 */
static const struct page *
page_of(const char *path)
{
	const char	*base = strrchr(path, '/') + 1;
	char		 name[64];

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(base, "."), base);
	return page_by_name(name);
}

static void
render(struct templates *t, const json_t *global, const char *path)
{
	const struct page	*p = page_of(path);
	struct http_request	 req = {.path = "/here", .id = "request"};
	struct call		 c = {.page = p, .req = &req, .params = NULL};
	json_t			*model = NULL, *frame = NULL;
	struct err		 err = {0};
	struct buf		 file, out;
	const json_t		*contexts[3];
	struct mustache_view	 v = {.contexts = contexts, .n = 3, .strict = true,
				    .partial = templates_find, .arg = t};

	if (p == NULL || p->tmpl == NULL)
		fail_msg("%s: no such page", path);
	buf_init(&file, LIMIT_JSON);
	buf_init(&out, LIMIT_PAGE);
	assert_ok(file_read(path, &file, &err));
	assert_ok(json_parse(file.p, file.len, 0, &model, &err));
	js_set_str(model, "flash", "已保存<b>");
	if (p->need == NEED_ACCOUNT || strstr(path, "signed_in") != NULL)
		c.who.account = 1;
	if (guard_is_staff(p->need))
		c.who = (struct who){.staff = 1, .roles = ROLE_REVIEWER | ROLE_MAKER |
		    ROLE_FINANCE | ROLE_ADMIN};
	frame = frame_model(&c);
	contexts[0] = global;
	contexts[1] = frame;
	contexts[2] = model;
	if (mustache_render(templates_find(p->tmpl, t), &v, &out, &err) < 0)
		fail_msg("%s: %s", path, err.text);
	assert_memory_equal(out.p, "<!doctype html>", 15);
	assert_non_null(strstr(out.p, "</html>"));
	assert_null(strstr(out.p, "已保存<b>"));
	assert_null(strstr(out.p, " style="));
	assert_null(strstr(out.p, " onclick="));
	json_decref(model);
	json_decref(frame);
	buf_free(&file);
	buf_free(&out);
}

void
test_render__every_model(void **state)
{
	struct desk	d;
	glob_t		g = {0};

	(void)state;
	desk_open(&d);
	assert_int_equal(glob("tests/data/models/*.json", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++)
		render(d.site.templates, d.site.global, g.gl_pathv[i]);
	for (size_t i = 0; pages_all[i] != NULL; i++) {
		bool	found = pages_all[i]->tmpl == NULL;

		for (size_t k = 0; k < g.gl_pathc && !found; k++)
			found = strcmp(page_of(g.gl_pathv[k])->tmpl, pages_all[i]->tmpl) == 0;
		if (!found)
			fail_msg("no model of page %s in tests/data/models", pages_all[i]->name);
	}
	globfree(&g);
	desk_close(&d);
}

/* The pages that need no order, through the whole way, strictly. */
void
test_render__through_the_site(void **state)
{
	static const char *const visitor[] = {"/", "/register", "/signin", "/forgot", "/status",
	    "/fetch", "/help", "/help/apply", "/help/faq", "/help/assistant", "/help/about",
	    "/downloads", "/products/org", "/products/person", "/agreements/service",
	    "/staff/signin"};
	static const char *const mine[] = {"/", "/user", "/user/orders", "/user/payments",
	    "/user/materials", "/user/vouchers", "/user/fetch", "/user/account",
	    "/user/password", "/orders/new"};
	static const char *const desk[] = {"/staff", "/staff/reviews", "/staff/making",
	    "/staff/media", "/staff/payments"};
	struct desk	d;

	(void)state;
	desk_open(&d);
	for (size_t i = 0; i < ARRAY_LEN(visitor); i++)
		assert_int_equal(desk_html(&d, visitor[i]), 200);
	desk_sign_in(&d, 0);
	for (size_t i = 0; i < ARRAY_LEN(mine); i++)
		assert_int_equal(desk_html(&d, mine[i]), 200);
	desk_sign_in(&d, ROLE_REVIEWER | ROLE_MAKER | ROLE_FINANCE);
	for (size_t i = 0; i < ARRAY_LEN(desk); i++)
		assert_int_equal(desk_html(&d, desk[i]), 200);
	desk_sign_in(&d, ROLE_ADMIN);
	assert_int_equal(desk_html(&d, "/staff/members"), 200);
	assert_int_equal(desk_html(&d, "/staff"), 200);
	desk_close(&d);
}

/* An order at each of its steps, as a browser sees it. */
void
test_render__steps(void **state)
{
	static const char *const steps[] = {"agreement", "form", "confirm", "print", "materials"};
	struct desk	d;
	char		no[ORDER_NO], path[128];

	(void)state;
	desk_open(&d);
	desk_sign_in(&d, 0);
	world_order(&d.w, "u1", "courier", no);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		(void)snprintf(path, sizeof(path), "/orders/%s/steps/%s", no, steps[i]);
		if (desk_html(&d, path) != 200)
			fail_msg("%s: %d", path, d.res.status);
	}
	(void)snprintf(path, sizeof(path), "/orders/%s", no);
	assert_int_equal(desk_html(&d, path), 200);
	assert_true(desk_says(&d, no));
	desk_close(&d);
}
