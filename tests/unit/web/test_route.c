#include "unit.h"
#include "web/route.h"

#define NO	"20260829000541110696"

static void
check(const char *path, const char *name)
{
	const struct page	*p = route_find(path, NULL);

	if (name == NULL)
		assert_null(p);
	else {
		assert_non_null(p);
		assert_string_equal(p->name, name);
	}
}

void
test_route__finds(void **state)
{
	(void)state;
	check("/", "home");
	check("/orders/new", "order_new");
	check("/orders/" NO, "order");
	check("/orders/" NO "/steps/form", "order_step");
	check("/orders/" NO "/materials/licence/delete", "material_delete");
	check("/staff/reviews", "staff_reviews");
	check("/m/identity/abcDEF123", "phone_identity");
	check("/downloads/root.crt", "download");
}

void
test_route__refuses(void **state)
{
	(void)state;
	check("", NULL);
	check("/orders/123", NULL);
	check("/orders/2026082900054111069x", NULL);
	check("/orders/" NO "/", NULL);
	check("/orders/" NO "/steps/", NULL);
	check("/orders/" NO "/steps/a b", NULL);
	check("/orders/" NO "/steps/form/more", NULL);
	check("/help/<script>", NULL);
	check("/help/" "0123456789012345678901234567890123456789"
	    "01234567890123456789012345678901234567890", NULL);
	check("/helpme", NULL);
	check("//", NULL);
}

void
test_route__params(void **state)
{
	json_t		*params = NULL;
	struct buf	 b;

	(void)state;
	assert_non_null(route_find("/orders/" NO "/materials/licence", &params));
	assert_string_equal(js_str(params, "no"), NO);
	assert_string_equal(js_str(params, "kind"), "licence");
	buf_init(&b, 200);
	route_write("/orders/{no}/steps/{kind}", params, &b);
	assert_string_equal(b.p, "/orders/" NO "/steps/licence");
	buf_free(&b);
	json_decref(params);
}

/* A token in the address opens what it is the address of: it stands in no log. */
void
test_route__secrets_are_not_logged(void **state)
{
	static const char	 token[] = "Zk3mPq8rTw2xYb6nVc4dFg7hJk9lMn1s";
	const struct page	*p = NULL;
	struct arena		*a = arena_new(65536);
	json_t			*params = json_pack("{s:s, s:s, s:s, s:s}", "token", token, "ref",
	    token, "kind", "id_front", "no", NO);
	struct buf		 path;
	size_t			 i = 0, n = 0;

	(void)state;
	for (i = 0; pages_all[i] != NULL; i++) {
		buf_init(&path, 4096);
		route_write(pages_all[i]->path, params, &path);
		if (strstr(path.p, token) != NULL) {
			p = route_find(path.p, NULL);
			assert_ptr_equal(p, pages_all[i]);
			assert_null(strstr(route_log(a, p, path.p), token));
			buf_addch(&path, '/');		/* mistyped: no page */
			assert_null(strstr(route_log(a, route_find(path.p, NULL), path.p), token));
			n++;
		}
		buf_free(&path);
	}
	assert_true(n >= 6);
	assert_string_equal(route_log(a, route_find("/orders/" NO, NULL), "/orders/" NO),
	    "/orders/" NO);
	assert_string_equal(route_log(a, NULL, "/orders//abc"), "/orders//abc");
	json_decref(params);
	arena_free(a);
}
