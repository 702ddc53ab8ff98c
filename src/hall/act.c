#include "base/base.h"
#include "hall/act.h"

#include "base/clock.h"
#include "base/str.h"
#include "gate/gate.h"
#include "hall/hall_own.h"

struct act_run {
	struct act	*a;
	act_fn		 run;
	bool		 write;
};

static int
act_run(struct db *db, void *arg, struct err *err)
{
	struct act_run	*r = arg;
	struct act	*a = r->a;
	int		 rc = -1;

	json_decref(a->model);
	a->model = NULL;
	if (a->errors != NULL)
		(void)json_array_clear(a->errors);
	if (a->no != NULL && r->write && a->who->staff != 0 && !a->desk)
		return err_set(err, ERR_DENIED, "这项操作只能由申请人本人进行。");
	if (a->no != NULL && order_load_mine(db, a->h, a->who, a->no, &a->o, err) < 0)
		return -1;
	rc = r->run(db, a, err);
	order_release(&a->o);
	return rc;
}

int
act_write(struct act *a, act_fn run, struct err *err)
{
	struct act_run	r = {.a = a, .run = run, .write = true};
	int		rc = store_write(hall_store(a->h), act_run, &r, err);

	if (rc == 0)
		hall_poke(a->h);
	return rc;
}

int
act_read(struct act *a, act_fn run, struct err *err)
{
	struct act_run	r = {.a = a, .run = run};

	return store_read(hall_store(a->h), act_run, &r, err);
}

int
act_model(struct act *a, int rc, json_t **model)
{
	if (rc == 0 && model != NULL)
		*model = a->model;
	else
		json_decref(a->model);
	a->model = NULL;
	return rc;
}

int
hall_outbox_put(struct db *db, const struct hall *h, const char *kind, const char *key,
    const json_t *payload, struct err *err)
{
	hall_want_poke(h);
	return outbox_put(db, hall_seal(h), kind, key, payload, err);
}

int
hall_was_first(int64_t changed, const char *what, struct err *err)
{
	return changed == 1 ? 0 : err_set(err, ERR_CONFLICT, "%s刚刚有了变化，请刷新页面后再试。",
	    what);
}

int
hall_need_role(const struct who *who, unsigned int roles, struct err *err)
{
	if (who->staff == 0 || (who->roles & roles) == 0)
		return err_set(err, ERR_DENIED, "您没有进行此操作的权限，请联系管理员。");
	return 0;
}

void
js_set_time(json_t *obj, const char *key, int64_t ms)
{
	char	text[CLOCK_TEXT];

	js_set_str(obj, key, ms == 0 ? "" : clock_datetime(ms, text));
}

void
js_set_fen(json_t *obj, const char *key, int64_t fen)
{
	char	text[32], name[64];

	js_set_str(obj, key, fen_text(fen, text));
	(void)snprintf(name, sizeof(name), "%s_fen", key);
	js_set_int(obj, name, fen);
}

void
js_update(json_t *obj, const json_t *from)
{
	json_t		*copy = json_deep_copy(from);

	if (copy != NULL)
		(void)json_object_update(obj, copy);
	json_decref(copy);
}

int64_t
page_number(const json_t *query)
{
	int64_t	page = 1;

	return str_to_i64(js_str(query, "page"), 100000, &page) < 0 || page < 1 ? 1 : page;
}

void
page_numbers(json_t *model, int64_t total, int64_t page, int64_t size)
{
	int64_t	pages = MAX((total + size - 1) / size, 1);

	js_set_int(model, "total", total);
	js_set_int(model, "page", page);
	js_set_int(model, "pages", pages);
	js_set_bool(model, "has_prev", page > 1);
	js_set_bool(model, "has_next", page < pages);
	js_set_int(model, "prev", page - 1);
	js_set_int(model, "next_page", page + 1);
}
