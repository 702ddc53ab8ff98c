#include "world.h"
#include "hall/certificate/certificate.h"
#include "hall/relying/relying.h"

/* in is stolen. */
static json_t *
add(struct world *w, const char *name, const char *events, const char *products,
    const char *subject)
{
	struct err	 err = {0};
	struct who	 system = {.system = true, .address = ""};
	json_t		*in = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", name, "url",
	    "https://biz.example.cn/hooks", "events", events, "products", products, "subject",
	    subject), *errors = json_array(), *m = NULL;

	if (relying_add(w->h, &system, in, errors, &m, &err) < 0)
		m = NULL;
	json_decref(in);
	json_decref(errors);
	return m;
}

struct telling { struct world *w; const char *event, *serial; };

static int
tell_run(struct db *db, void *arg, struct err *err)
{
	const struct telling	*t = arg;

	return relying_tell(db, t->w->h, t->event, t->serial, "OLD", err);
}

static void
tell(struct world *w, const char *event, const struct cert *c)
{
	struct err	 err = {0};
	struct telling	 t = {w, event, cert_serial(c)};

	assert_ok(store_write(w->store, tell_run, &t, &err));
}

/* The newest event put out, parsed. */
static json_t *
newest(struct world *w)
{
	struct err	 err = {0};
	json_t		*j = NULL;
	const char	*body = js_str(world_newest(w, "webhook"), "body");

	assert_ok(json_parse(body, strlen(body), 0, &j, &err));
	return j;
}

/* Whether one of the rows has these titles of products. */
static bool
has_titles(const json_t *model, const char *titles)
{
	json_t	*row = NULL;
	size_t	 i = 0;

	json_array_foreach(json_object_get(model, "rows"), i, row)
		if (strcmp(js_str(row, "products_text"), titles) == 0)
			return true;
	return false;
}

void
test_relying__who_hears_what(void **state)
{
	struct who	 system = {.system = true, .address = ""};
	struct err	 err = {0};
	struct world	 w;
	struct cert	*c = NULL;
	json_t		*none = NULL, *digest = NULL, *name = NULL, *j = NULL;

	(void)state;
	world_open(&w);
	c = world_certificate(&w);
	assert_null(add(&w, "", "frozen", "", "none"));
	assert_null(add(&w, "甲", "", "", "none"));
	assert_null(add(&w, "甲", "frozen,eaten", "", "none"));
	assert_null(add(&w, "甲", "frozen", "tank", "none"));
	assert_null(add(&w, "甲", "frozen", "", "all"));
	none = add(&w, "甲", "frozen, revoked", "", "none");
	assert_non_null(none);
	assert_int_equal(strncmp(js_str(none, "secret"), "whsec_", 6), 0);
	assert_null(add(&w, "甲", "frozen", "", "none"));		/* the name is taken */
	tell(&w, "thawed", c);
	assert_int_equal(world_count(&w, "webhook"), 0);
	tell(&w, "frozen", c);
	assert_int_equal(world_count(&w, "webhook"), 1);
	j = newest(&w);
	assert_string_equal(js_str(j, "type"), "certificate.frozen");
	assert_string_equal(js_str(json_object_get(j, "data"), "serial"), cert_serial(c));
	assert_string_equal(js_str(json_object_get(j, "data"), "replaces"), "OLD");
	assert_null(json_object_get(json_object_get(j, "data"), "subject"));
	json_decref(j);
	digest = add(&w, "乙", "changed", "person", "digest");
	tell(&w, "changed", c);					/* it is an organisation's */
	assert_int_equal(world_count(&w, "webhook"), 1);
	name = add(&w, "丙", "issued", "org,person", "name");
	tell(&w, "issued", c);
	j = newest(&w);
	assert_string_equal(js_str(json_object_get(json_object_get(j, "data"), "subject"), "name"),
	    "单位");
	assert_int_equal(strlen(js_str(json_object_get(json_object_get(j, "data"), "subject"),
	    "digest")), 64);
	assert_null(strstr(js_str(world_newest(&w, "webhook"), "body"), "91350100M000100Y43"));
	json_decref(j);
	assert_ok(relying_list(w.h, &system, &j, &err));
	assert_true(has_titles(j, "单位证书、个人证书"));
	json_decref(j);
	json_decref(none);
	json_decref(digest);
	json_decref(name);
	cert_free(c);
	world_close(&w);
}

static size_t
secrets(struct world *w)
{
	return json_array_size(json_object_get(world_newest(w, "webhook"), "secrets"));
}

static int
gone_run(struct db *db, void *arg, struct err *err)
{
	return hall_sink.webhook(db, arg, err);
}

/* Both secrets for a week; 410 ends it, a ping begins it again. */
void
test_relying__secrets_and_ends(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct who	 system = {.system = true, .address = ""};
	struct webhook_fact fact = {.id = "evt_x", .gone = true};
	struct cert	*c = NULL;
	json_t		*m = NULL, *other = NULL, *view = NULL;
	char		*id = NULL;
	int		 before = 0;

	(void)state;
	world_open(&w);
	c = world_certificate(&w);
	m = add(&w, "甲", "frozen", "", "none");
	id = xstrdup(js_str(m, "id"));
	tell(&w, "frozen", c);
	assert_int_equal(secrets(&w), 1);
	assert_ok(relying_rotate(w.h, &system, id, &other, &err));
	assert_string_not_equal(js_str(m, "secret"), js_str(other, "secret"));
	assert_string_equal(js_str(m, "salt"), js_str(other, "salt"));
	tell(&w, "frozen", c);
	assert_int_equal(secrets(&w), 2);
	clock_shift(RELYING_OVERLAP);
	tell(&w, "frozen", c);
	assert_int_equal(secrets(&w), 1);
	clock_shift(-RELYING_OVERLAP);
	fact.app = id;
	assert_ok(store_write(w.store, gone_run, &fact, &err));
	before = world_count(&w, "webhook");
	tell(&w, "frozen", c);
	assert_int_equal(world_count(&w, "webhook"), before);
	assert_ok(relying_ping(w.h, &system, id, &err));
	tell(&w, "frozen", c);
	assert_int_equal(world_count(&w, "webhook"), before + 2);
	assert_err(relying_remove(w.h, &w.staff, id, &err), ERR_DENIED);
	assert_err(relying_resend(w.h, &system, id, "evt_none", &err), ERR_NOT_FOUND);
	assert_ok(relying_view(w.h, &system, id, &view, &err));
	assert_string_equal(js_str(view, "products_text"), "");
	assert_int_equal(json_array_size(json_object_get(view, "deliveries")), before + 2);
	assert_ok(relying_remove(w.h, &system, id, &err));
	assert_err(relying_ping(w.h, &system, id, &err), ERR_NOT_FOUND);
	free(id);
	json_decref(view);
	json_decref(other);
	json_decref(m);
	cert_free(c);
	world_close(&w);
}
