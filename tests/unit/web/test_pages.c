#include "desk.h"
#include "web/route.h"

bool	world_on_postgres = false;

/* Walk the table: every row is whole. */
void
test_pages__rows_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; pages_all[i] != NULL; i++) {
		const struct page	*p = pages_all[i];

		assert_non_null(p->name);
		assert_ptr_equal(page_by_name(p->name), p);
		assert_true(p->path[0] == '/');
		assert_true(p->need < NEED__MAX);
		assert_non_null(p->title);
		assert_true(p->show != NULL || p->post != NULL);
		if (p->menu != MENU_NONE) {
			assert_non_null(p->show);
			assert_null(strchr(p->path, '{'));
		}
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(pages_all[k]->path, p->path);
	}
}

void
test_pages__templates_and_ways_back_exist(void **state)
{
	struct templates	*t = NULL;
	struct err		 err = {0};

	(void)state;
	assert_ok(templates_open(NULL, &t, &err));
	for (size_t i = 0; pages_all[i] != NULL; i++) {
		const struct page	*p = pages_all[i];
		bool			 found = p->back == NULL;

		if (p->tmpl != NULL && templates_find(p->tmpl, t) == NULL)
			fail_msg("%s: no template %s", p->name, p->tmpl);
		for (size_t k = 0; pages_all[k] != NULL; k++)
			found = found || strcmp(pages_all[k]->path, p->back) == 0;
		if (!found)
			fail_msg("%s: back %s leads nowhere", p->name, p->back);
	}
	templates_close(t);
}

/* A path of this row with something in each {x}. */
static void
fill_path(const struct page *p, char path[256])
{
	json_t		*params = json_pack("{s:s}", "no", "20260829000541110696");
	struct buf	 b;
	const char	*at = p->path;
	char		 name[64];

	while ((at = strchr(at, '{')) != NULL) {
		(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + 1, "}"), at + 1);
		if (strcmp(name, "no") != 0)
			js_set_str(params, name, "form");
		at++;
	}
	buf_init(&b, 255);
	route_write(p->path, params, &b);
	(void)snprintf(path, 256, "%s", b.p);
	buf_free(&b);
	json_decref(params);
}

static const struct { const char *who; unsigned int roles; bool account; } people[] = {
	{"visitor", 0, false}, {"applicant", 0, true}, {"reviewer", ROLE_REVIEWER, false},
	{"maker", ROLE_MAKER, false}, {"finance", ROLE_FINANCE, false},
	{"admin", ROLE_ADMIN, false},
};

/* What the answer must be, by the row's need: 0 may pass, 401 sign in first, 403 not you. */
static int
verdict(enum need need, size_t who)
{
	bool		staff = people[who].roles != 0;
	unsigned int	want = need == NEED_REVIEWER ? ROLE_REVIEWER : need == NEED_MAKER ?
			    ROLE_MAKER : need == NEED_FINANCE ? ROLE_FINANCE :
			    need == NEED_ADMIN ? ROLE_ADMIN : 0;

	switch (need) {
	case NEED_NOBODY:
	case NEED_TOKEN:
	case NEED_MACHINE:
		return 0;
	case NEED_ACCOUNT:
		return people[who].account ? 0 : 401;
	case NEED_STAFF:
		return staff ? 0 : 401;
	default:
		return !staff ? 401 : (people[who].roles & want) != 0 ? 0 : 403;
	}
}

static void
become(struct desk *d, size_t who)
{
	desk_forget(d);
	if (people[who].account || people[who].roles != 0)
		desk_sign_in(d, people[who].roles);
}

/* Every row, asked by everybody: let in or turned away as the row says. */
void
test_pages__permission_matrix(void **state)
{
	struct desk	d;
	char		path[256];
	int		status = 0, want = 0;

	(void)state;
	desk_open(&d);
	for (size_t who = 0; who < ARRAY_LEN(people); who++) {
		become(&d, who);
		for (size_t i = 0; pages_all[i] != NULL; i++) {
			const struct page	*p = pages_all[i];

			if (p->need == NEED_MACHINE)
				continue;
			fill_path(p, path);
			rate_forget();
			if (p->show == NULL)
				status = desk_ask(&d, "POST", path, "json",
				    "application/x-www-form-urlencoded", "", 0);
			else
				status = desk_get(&d, path);
			want = verdict(p->need, who);
			/* Past the guard a post without token is 403 by its own sentence. */
			if (want == 0 && status == 403 && p->show == NULL &&
			    desk_says(&d, "页面已过期"))
				status = 200;
			if (want == 0 ? (status == 401 || status == 403 || status >= 500) :
			    status != want)
				fail_msg("%s asks %s %s: %d, wanted %d: %s", people[who].who,
				    p->name, path, status, want, d.res.body.p);
		}
	}
	desk_close(&d);
}

/* Every post without a token, with one of another visitor, is refused and changes nothing. */
void
test_pages__posts_want_their_token(void **state)
{
	struct desk	d;
	char		path[256], foreign[CSRF_TEXT];

	(void)state;
	desk_open(&d);
	(void)desk_csrf(&d, "/signin", foreign);
	for (size_t i = 0; pages_all[i] != NULL; i++) {
		const struct page	*p = pages_all[i];
		size_t			 who = 0;

		if (p->post == NULL || p->need == NEED_MACHINE)
			continue;
		while (who < ARRAY_LEN(people) && verdict(p->need, who) != 0)
			who++;
		become(&d, who);
		fill_path(p, path);
		assert_int_equal(desk_post_as(&d, path, NULL, json_object(), "json"), 403);
		assert_true(desk_says(&d, "页面已过期"));
		assert_int_equal(desk_post_as(&d, path, "", json_object(), "json"), 403);
		assert_int_equal(desk_post_as(&d, path, foreign, json_object(), "json"), 403);
		if (p->show == NULL) {
			assert_int_equal(desk_get(&d, path), 405);
			assert_true(desk_says(&d, "不支持这种请求方式"));
		}
	}
	desk_close(&d);
}

/* A token of an applicant opens nothing at the desk, one of staff nothing of an applicant. */
void
test_pages__kinds_of_session_do_not_mix(void **state)
{
	struct desk	d;
	char		*stolen = NULL;

	(void)state;
	desk_open(&d);
	desk_sign_in(&d, 0);
	stolen = xstrdup(strchr(d.cookie[0], '=') + 1);
	desk_forget(&d);
	desk_set_cookie(&d, COOKIE_STAFF, stolen);
	assert_int_equal(desk_get(&d, "/staff"), 401);
	free(stolen);
	desk_sign_in(&d, ROLE_REVIEWER);
	stolen = xstrdup(strchr(d.cookie[0], '=') + 1);
	desk_forget(&d);
	desk_set_cookie(&d, COOKIE_SESSION, stolen);
	assert_int_equal(desk_get(&d, "/user"), 401);
	free(stolen);
	desk_close(&d);
}

/* Somebody else's order is as one that does not exist. */
void
test_pages__orders_of_others(void **state)
{
	struct desk	d;
	char		no[ORDER_NO], path[256];

	(void)state;
	desk_open(&d);
	world_order(&d.w, "u1", "download", no);
	desk_sign_in(&d, 0);
	(void)snprintf(path, sizeof(path), "/orders/%s", no);
	assert_int_equal(desk_get(&d, path), 200);
	d.w.me.account = world_register(&d.w, "18807318889", "other@example.com");
	desk_sign_in(&d, 0);
	assert_int_equal(desk_get(&d, path), 404);
	for (size_t i = 0; pages_all[i] != NULL; i++) {
		const struct page	*p = pages_all[i];
		struct buf		 b;
		json_t			*params = NULL;

		if (p->need != NEED_ACCOUNT || strstr(p->path, "{no}") == NULL ||
		    p->show == NULL)
			continue;
		fill_path(p, path);
		params = json_pack("{s:s, s:s, s:s, s:s}", "no", no, "step", "form", "kind",
		    "licence", "name", "form");
		buf_init(&b, 255);
		route_write(p->path, params, &b);
		if (desk_get(&d, b.p) != 404)
			fail_msg("%s shows somebody else's order: %d", b.p, d.res.status);
		buf_free(&b);
		json_decref(params);
	}
	desk_close(&d);
}
