#include "base/base.h"
#include "hall/ops.h"

#include "base/clock.h"
#include "hall/act.h"
#include "hall/certificate/soft.h"
#include "hall/form/form.h"
#include "hall/order/order_row.h"
#include "hall/order/order_view.h"

#define OP(name)	extern const struct op op_##name;
#include "hall/ops.def"
#undef OP

static const struct op *const	ops_all[] = {
#define OP(name)	&op_##name,
#include "hall/ops.def"
#undef OP
};

const struct op *
op_by_name(const char *name)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(ops_all); i++)
		if (strcmp(ops_all[i]->name, name) == 0)
			return ops_all[i];
	return NULL;
}

const struct op *
op_row(size_t i)
{
	return i < ARRAY_LEN(ops_all) ? ops_all[i] : NULL;
}

bool
op_keeps_key(const char *name)
{
	const struct op	*op = op_by_name(name);

	return op != NULL && op->same_key;
}

enum medium_event
op_leaves_medium(const struct order *o)
{
	const struct op	*op = op_by_name(o->op);

	return op == NULL || op->leaves == NULL ? MEDIUM_NONE : op->leaves(o);
}

const char *
op_text(const char *name)
{
	const struct op	*op = op_by_name(name);

	return op == NULL ? "制作" : op->text;
}

/* A certificate and what is asked for it. */
struct op_job {
	const struct op	*op;			/* NULL: all are only asked about */
	struct op_begun {			/* no "": none */
		char	 no[ORDER_NO], op[16], state[16];
	}		 replacing;		/* an order that replaces it already */
	struct op_begun	 about;			/* an open one that it concerns */
	struct op_case	 c;
	struct order	 old;
	json_t		*page;			/* model of the certificate's page, borrowed; or NULL */
};

static int
op_find_begun(struct db *db, enum sql_id id, const char *serial, struct op_begun *b,
    struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	memset(b, 0, sizeof(*b));
	if (db_query(db, id, &rows, err, DB_TEXT(serial)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		(void)snprintf(b->no, sizeof(b->no), "%s", rows_text(rows, 0));
		(void)snprintf(b->op, sizeof(b->op), "%s", rows_text(rows, 1));
		(void)snprintf(b->state, sizeof(b->state), "%s", rows_text(rows, 2));
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

/* The account's own; staff see all. */
static int
op_load(struct db *db, struct act *a, struct op_job *j, struct err *err)
{
	struct rows	*rows = NULL;
	int64_t		 order = 0;
	int		 rc = -1;

	if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(a->name)) < 0 ||
	    (a->who->staff == 0 && !a->who->system && rows_int(rows, 0) != a->who->account)) {
		if (err->kind == ERR_NONE || err->kind == ERR_NOT_FOUND)
			err_set(err, ERR_NOT_FOUND, "没有这张证书，请从“我的证书”进入。");
		goto out;
	}
	order = rows_int(rows, 1);
	j->c.not_before = rows_int(rows, 4);
	j->c.not_after = rows_int(rows, 5);
	j->c.good = strcmp(rows_text(rows, 7), "good") == 0;
	j->c.held = strcmp(rows_text(rows, 7), "frozen") == 0;
	rc = medium_issued(db, order, &j->c.medium_issued, err);
	if (j->c.medium_issued == 0)
		j->c.medium_issued = j->c.not_before;
 out:
	rows_free(rows);
	if (rc < 0 || op_find_begun(db, SQL_ORDER_REPLACING, a->name, &j->replacing, err) < 0 ||
	    op_find_begun(db, SQL_ORDER_CONCERNING, a->name, &j->about, err) < 0)
		return -1;
	j->c.replaced = j->replacing.no[0] != '\0';
	order_release(&j->old);
	j->c.hall = a->h;
	j->c.def = hall_def(a->h);
	j->c.now = clock_now();
	j->c.by_key = a->who->key != NULL && strcmp(a->who->key, a->name) == 0;
	j->c.old = &j->old;
	j->c.in = a->in;
	j->c.errors = a->errors;
	return order_load_id(db, a->h, order, &j->old, err);
}

/* The order that is one already. */
static struct op_begun *
op_begun(struct op_job *j, const struct op *op)
{
	return op->keeps ? &j->about : &j->replacing;
}

/* Another operation holds the certificate: one at a time. */
static int
op_other(const struct op_begun *b, struct err *err)
{
	return err_set(err, ERR_CONFLICT, strcmp(b->state, "done") == 0 ?
	    "这张证书已经%s（业务受理号%s），请使用换发的证书办理。" :
	    "这张证书的%s正在办理（业务受理号%s），请先办完或取消那一笔。", op_text(b->op), b->no);
}

/* Everything as it was certified; what was filled in then stands. */
static int
op_insert(struct db *db, struct act *a, struct op_job *j, struct err *err)
{
	struct order	o = { .def = j->old.def };
	int		rc = -1;

	(void)snprintf(o.product, sizeof(o.product), "%s", j->old.product);
	(void)snprintf(o.op, sizeof(o.op), "%s", j->op->name);
	(void)snprintf(j->op->keeps ? o.concerns : o.replaces, sizeof(o.replaces), "%s", a->name);
	(void)snprintf(o.user_name, sizeof(o.user_name), "%s", j->old.user_name);
	(void)snprintf(o.subject, sizeof(o.subject), "%s", j->old.subject);
	o.account = j->old.account;
	o.state = o.was = ORDER_DRAFT;
	o.form = json_deep_copy(j->old.form);
	o.steps = json_object();
	if (j->op->same_facts)
		js_set_int(o.steps, "form", clock_now());
	o.collection = json_pack("{s:s}", "way", "download");
	if (j->op->prepare(&j->c, &o, err) == 0 &&
	    order_insert(db, a->h, a->who, &o, j->op->name, err) == 0) {
		(void)snprintf(op_begun(j, j->op)->no, ORDER_NO, "%s", o.no);
		rc = 0;
	}
	order_release(&o);
	return rc;
}

static int
op_begin_run(struct db *db, struct act *a, struct err *err)
{
	struct op_job		*j = a->extra;
	const struct op_begun	*begun = op_begun(j, j->op);

	if (op_load(db, a, j, err) < 0)
		return -1;
	if (begun->no[0] != '\0')		/* perhaps in another window */
		return strcmp(begun->op, j->op->name) == 0 ? 0 : op_other(begun, err);
	if (j->op->may(&j->c, err) < 0)
		return -1;
	return op_insert(db, a, j, err);
}

int
op_begin(struct hall *h, const struct who *who, const char *op, const char *serial,
    const json_t *in, json_t *errors, char no[ORDER_NO], struct err *err)
{
	struct op_job	j = { .op = op_by_name(op) };
	struct act	a = { .h = h, .who = who, .name = serial, .in = in, .errors = errors,
		.extra = &j };
	int		rc = -1;

	if (j.op == NULL)
		return err_set(err, ERR_NOT_FOUND, "没有这项业务，请从证书页面重新选择。");
	if (who->account == 0 && !who->system)
		return err_set(err, ERR_DENIED, "请先登录后再办理。");
	rc = act_write(&a, op_begin_run, err);
	if (rc < 0 && err->kind == ERR_CONFLICT && op_begun(&j, j.op)->no[0] == '\0') {
		/* the other window was first */
		err_clear(err);
		rc = act_write(&a, op_begin_run, err);
	}
	if (rc == 0)
		memcpy(no, op_begun(&j, j.op)->no, ORDER_NO);
	order_release(&j.old);
	return rc;
}

int
op_begin_in(struct db *db, struct hall *h, const struct who *who, const char *op,
    const char *serial, const json_t *in, json_t *errors, char no[ORDER_NO], bool *fresh,
    struct err *err)
{
	struct op_job	j = { .op = op_by_name(op) };
	struct act	a = { .h = h, .who = who, .name = serial, .in = in, .errors = errors,
		.extra = &j };
	int		rc = op_load(db, &a, &j, err);

	*fresh = rc == 0 && op_begun(&j, j.op)->no[0] == '\0';
	if (*fresh && (rc = j.op->may(&j.c, err)) == 0)
		rc = op_insert(db, &a, &j, err);
	if (rc == 0)
		memcpy(no, op_begun(&j, j.op)->no, ORDER_NO);
	order_release(&j.old);
	return rc;
}

void
op_answer_release(struct op_answer *w)
{
	json_decref(w->model);
	order_release(&w->old);
	memset(w, 0, sizeof(*w));
}

int
op_ask(struct db *db, struct hall *h, const struct who *who, const char *op, const char *serial,
    struct op_answer *w, struct err *err)
{
	struct op_job	j = { .op = op_by_name(op) };
	struct act	a = { .h = h, .who = who, .name = serial, .extra = &j };
	struct err	why = { .kind = ERR_NONE };

	op_answer_release(w);
	if (op_load(db, &a, &j, err) < 0) {
		order_release(&j.old);
		return -1;
	}
	w->may = j.op->may(&j.c, &why) == 0 && op_begun(&j, j.op)->no[0] == '\0';
	(void)snprintf(w->why, sizeof(w->why), "%s", why.text);
	memcpy(w->begun, op_begun(&j, j.op)->no, ORDER_NO);
	w->not_after = j.c.not_after;
	w->model = json_object();
	if (j.op->model != NULL)
		j.op->model(&j.c, w->model);
	w->old = j.old;				/* transferred */
	return 0;
}

/* ---- an order that replaces a certificate ---- */

int
op_prepare_free(const struct op_case *c, struct order *o, struct err *err)
{
	(void)c;
	(void)err;
	o->years = 0;
	o->amount = 0;
	json_decref(o->collection);
	o->collection = json_object();
	return 0;
}

int
op_ends(struct db *db, const struct order *o, int64_t *ends, struct err *err)
{
	struct rows	*rows = NULL;
	int64_t		 from = clock_now();

	if (o->replaces[0] != '\0') {
		if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(o->replaces)) < 0)
			return -1;
		from = MAX(from, rows_int(rows, 5));
		rows_free(rows);
	}
	*ends = clock_add_years(from, o->years);
	return 0;
}

/* The value of a field in the groups of order_view_form; NULL: not filled in. */
static const char *
op_value(const json_t *groups, const char *name)
{
	json_t	*group = NULL, *field = NULL;
	size_t	 i = 0, k = 0;

	json_array_foreach(groups, i, group)
		json_array_foreach(json_object_get(group, "fields"), k, field)
			if (strcmp(js_str(field, "name"), name) == 0)
				return js_str(field, "value");
	return NULL;
}

static json_t *
op_compare(const struct order *o, const json_t *old, const json_t *fresh)
{
	const struct field	*f = form_by_name(o->def->form);
	json_t			*list = json_array();
	const char		*was = NULL, *value = NULL;

	for (; f->name != NULL; f++) {
		was = op_value(old, f->name);
		value = op_value(fresh, f->name);
		if ((was == NULL && value == NULL) ||
		    (was != NULL && value != NULL && strcmp(was, value) == 0))
			continue;
		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name",
		    f->name, "label", f->label, "was", was == NULL ? "（未填）" : was, "value",
		    value == NULL ? "（未填）" : value));
	}
	return list;
}

int
op_changes(struct db *db, struct hall *h, const struct order *o, json_t **list, struct err *err)
{
	struct order	 old = { .id = 0 };
	struct rows	*rows = NULL;
	json_t		*was = NULL, *now = NULL;
	int64_t		 id = 0;

	*list = NULL;
	if (o->replaces[0] == '\0') {
		*list = json_array();
		return 0;
	}
	if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(o->replaces)) < 0)
		return -1;
	id = rows_int(rows, 1);
	rows_free(rows);
	if (order_load_id(db, h, id, &old, err) < 0)
		return -1;
	was = order_view_form(h, &old);
	now = order_view_form(h, o);
	*list = op_compare(o, was, now);
	json_decref(was);
	json_decref(now);
	order_release(&old);
	return 0;
}

/* ---- the certificate's page ---- */

static int
ops_look_run(struct db *db, struct act *a, struct err *err)
{
	struct op_job	*j = a->extra;

	return op_load(db, a, j, err) < 0 ? -1 : soft_model(db, &j->old, j->page, err);
}

int
ops_model(struct hall *h, const struct who *who, const char *serial, json_t *model,
    struct err *err)
{
	struct op_job	j = { .op = NULL, .page = model };
	struct act	a = { .h = h, .who = who, .name = serial, .extra = &j };
	size_t		i = 0;
	int		rc = act_read(&a, ops_look_run, err);

	for (i = 0; rc == 0 && i < ARRAY_LEN(ops_all); i++) {
		struct err	 why = { .kind = ERR_NONE };
		bool		 idle = op_begun(&j, ops_all[i])->no[0] == '\0';
		bool		 may = ops_all[i]->may(&j.c, &why) == 0 && idle;
		char		 name[32];

		(void)snprintf(name, sizeof(name), "may_%s", ops_all[i]->name);
		js_set_bool(model, name, may);
		(void)snprintf(name, sizeof(name), "%s_text", ops_all[i]->name);
		js_set_str(model, name, idle ? why.text : "");
		if (ops_all[i]->model != NULL)
			ops_all[i]->model(&j.c, model);
	}
	js_set_str(model, "replaced_by", j.replacing.no);
	js_set_str(model, "concerned_by", j.about.no);
	order_release(&j.old);
	return rc;
}
