#include "base/base.h"
#include "hall/payment/batch.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/def/catalog.h"
#include "hall/form/form.h"
#include "hall/journal.h"
#include "hall/order/order_row.h"
#include "hall/payment/batch_list.h"
#include "hall/payment/bundle.h"
#include "hall/steps.h"
#include "pki/idcode.h"

#define BATCH_OPEN	500		/* open applications of an account that are looked at */

/* ---- the first application, and who is applied for already ---- */

/* What stands in the way of adding persons to this one; "" nothing. */
static const char *
batch_why(const struct order *o)
{
	if (strcmp(o->op, "new") != 0 || !o->def->person)
		return "只有新办的个人证书可以批量办理。";
	if (o->def->once)
		return "这种证书每个账户只能有一份，不能批量办理。";
	if (o->submitted == 0)
		return "请先填写并确认这一份申请，再添加同单位的其他人员。";
	if (o->state == ORDER_CANCELLED || o->state == ORDER_REFUNDING)
		return "这份申请已取消，请另选一份。";
	return "";
}

struct batch {
	json_t	*known;			/* {identity number: name} of open applications */
	json_t	*values;		/* the checked form of each line */
	json_t	*first;			/* the form that is the pattern */
	char	 product[32];
	char	 bundle[ORDER_NO];
	size_t	 n;			/* orders in the bundle */
	int64_t	 total;			/* fen of the new ones */
};

static void
batch_release(struct batch *b)
{
	json_decref(b->known);
	json_decref(b->values);
	json_decref(b->first);
}

static void
batch_know(json_t *known, const json_t *form)
{
	char	id[32];

	(void)idcode_fold(js_str(form, "person_id_no"), id, sizeof(id));
	if (id[0] != '\0')
		js_set_str(known, id, js_str(form, "person_name"));
}

static int
batch_known(struct db *db, struct act *a, json_t *known, struct err *err)
{
	struct rows	*rows = NULL;
	struct order	 o = { .id = 0 };
	int64_t		*ids = xcalloc(BATCH_OPEN, sizeof(*ids));
	size_t		 n = 0, i = 0;
	int		 rc = db_query(db, SQL_BATCH_OPEN, &rows, err, DB_INT(a->o.account),
			    DB_TEXT(a->o.product), DB_INT(BATCH_OPEN));

	while (rc >= 0 && n < BATCH_OPEN && (rc = rows_next(rows, err)) > 0)
		ids[n++] = rows_int(rows, 0);
	rows_free(rows);
	for (i = 0; rc >= 0 && i < n; i++) {
		rc = order_load_id(db, a->h, ids[i], &o, err);
		if (rc == 0)
			batch_know(known, o.form);
		order_release(&o);
	}
	free(ids);
	return rc < 0 ? -1 : 0;
}

static int
batch_count(struct db *db, struct hall *h, struct order *o, void *arg, struct err *err)
{
	(void)db;
	(void)h;
	(void)o;
	(void)err;
	++*(size_t *)arg;
	return 0;
}

/* The pattern, its bundle and the persons, as they stand now. */
static int
batch_look_run(struct db *db, struct act *a, struct err *err)
{
	struct batch	*b = a->extra;
	struct bundle	 bundle;

	json_decref(b->known);
	json_decref(b->first);
	b->known = json_object();
	b->first = json_deep_copy(a->o.form);
	b->n = 0;
	(void)snprintf(b->product, sizeof(b->product), "%s", a->o.product);
	if (bundle_of(db, &a->o, b->bundle, err) < 0 || batch_known(db, a, b->known, err) < 0)
		return -1;
	a->model = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "no", a->o.no, "why",
	    batch_why(&a->o), "subject", a->o.subject, "org_name", js_str(a->o.form, "org_name"),
	    "product_title", a->o.def->title, "bundle", b->bundle, "years", a->o.years);
	if (b->bundle[0] == '\0')
		return 0;
	return bundle_load(db, a->who, b->bundle, &bundle, err) < 0 ||
	    bundle_each(db, a->h, &bundle, batch_count, &b->n, err) < 0 ? -1 : 0;
}

/* ---- the lines ---- */

/* What was handed in: a text, or lines that were mended one by one. */
static int
batch_lines(const json_t *in, json_t **list, struct err *err)
{
	const char	*text = js_str(in, "list");
	struct buf	 b;
	char		 field[16];
	int		 i = 0, rc = 0;

	if (*text != '\0')
		return batch_list_parse(text, strlen(text), list, err);
	buf_init(&b, BATCH_LINES * (BATCH_LINE + 1) + 1);
	for (i = 0; i < BATCH_LINES; i++) {
		(void)snprintf(field, sizeof(field), "l_%d", i);
		text = js_str(in, field);
		if (*text != '\0' && strpbrk(text, "\r\n") == NULL)
			buf_addf(&b, "%s\n", text);
	}
	rc = buf_check(&b, err) < 0 ? -1 : batch_list_parse(b.p == NULL ? "" : b.p, b.len, list, err);
	buf_free(&b);
	return rc;
}

/* The pattern's form with this person's own fields. */
static json_t *
line_form(const json_t *first, const json_t *line)
{
	static const struct { const char *field, *cell; } own[] = {
		{ "person_name", "name" }, { "person_id_no", "id_no" }, { "mobile", "mobile" },
		{ "phone", "mobile" }, { "mail", "mail" }, { "user_name", "user_name" } };
	struct idcode_resident	 r = { .male = false };
	struct err		 ignored = {0};
	json_t			*form = json_deep_copy(first);
	char			 id[32];
	size_t			 i = 0;

	for (i = 0; i < ARRAY_LEN(own); i++)
		js_set_str(form, own[i].field, js_str(line, own[i].cell));
	(void)idcode_fold(js_str(line, "id_no"), id, sizeof(id));
	js_set_str(form, "person_id_no", id);
	js_set_str(form, "person_id_type", "resident-id");
	js_set_str(form, "sex", "");
	if (idcode_check_resident(id, clock_now(), &ignored) == 0) {
		idcode_resident(id, &r);
		js_set_str(form, "sex", r.male ? "男" : "女");
	}
	return form;
}

/* A name that was taken by an earlier line, in small letters. */
static bool
line_name_is_new(json_t *names, const char *user_name)
{
	char	low[64];
	size_t	i = 0;

	for (i = 0; user_name[i] != '\0' && i < sizeof(low) - 1; i++)
		low[i] = (char)(user_name[i] >= 'A' && user_name[i] <= 'Z' ?
		    user_name[i] - 'A' + 'a' : user_name[i]);
	low[i] = '\0';
	if (json_object_get(names, low) != NULL)
		return false;
	js_set_bool(names, low, true);
	return true;
}

/* The first thing that is wrong with a line is said; 1 wrong, 0 right, -1. */
static int
line_check(struct hall *h, struct batch *b, const json_t *line, json_t *names, char fault[400],
    struct err *err)
{
	const struct def_product	*p = halldef_product(hall_def(h), b->product);
	struct form_context		 c = { .hall = h, .product = b->product, .op = "new" };
	json_t		*form = line_form(b->first, line), *values = NULL, *wrong = json_array();
	const char	*id = js_str(form, "person_id_no");
	int		 rc = form_check(&c, form_by_name(p->form), form, &values, wrong, err);

	fault[0] = '\0';
	if (*js_str(line, "fault") != '\0')
		(void)snprintf(fault, 400, "%s", js_str(line, "fault"));
	else if (json_object_get(b->known, id) != NULL)
		(void)snprintf(fault, 400, "%s已经在名单中，或已有一份没有办完的申请，不能重复办理。",
		    js_str(b->known, id));
	else if (rc < 0 && json_array_size(wrong) > 0)
		(void)snprintf(fault, 400, "%s", js_str(json_array_get(wrong, 0), "text"));
	else if (rc == 0 && !line_name_is_new(names, js_str(values, "user_name")))
		(void)snprintf(fault, 400, "用户名“%s”在名单中用了两次，请换一个。",
		    js_str(values, "user_name"));
	utf8_mend(fault);
	if (rc == 0)
		batch_know(b->known, form);
	if (fault[0] != '\0') {
		err_clear(err);
		rc = 1;
	} else if (rc == 0) {
		(void)json_array_append(b->values, values);
	}
	json_decref(form);
	json_decref(values);
	json_decref(wrong);
	return rc;
}

static int
batch_check(struct hall *h, struct batch *b, const json_t *list, json_t *errors, struct err *err)
{
	json_t	*names = json_object(), *line = NULL;
	char	 field[32], label[64], fault[400];
	size_t	 i = 0, bad = 0;
	int	 rc = 0;

	b->values = json_array();
	json_array_foreach(list, i, line) {
		rc = line_check(h, b, line, names, fault, err);
		if (rc < 0)
			break;
		if (rc == 0)
			continue;
		bad++;
		(void)snprintf(field, sizeof(field), "l_%zu", i);
		(void)snprintf(label, sizeof(label), "名单第%zu行", i + 1);
		(void)hall_field_error(errors, field, label, err, "%s", fault);
		err_clear(err);
	}
	json_decref(names);
	if (rc < 0)
		return -1;
	return bad == 0 ? 0 : err_set(err, ERR_INPUT,
	    "名单中有%zu行需要修改，其余的没有问题；改好后一起提交。", bad);
}

/* ---- handing in ---- */

static int
batch_begin_one(struct db *db, struct act *a, const struct bundle *bundle, const json_t *values,
    struct err *err)
{
	static const char *const	 names[] = { "agreement", "form", "confirm" };
	static const char *const	 own[] = { "paid_by", "pin_bank", "pin_account" };
	struct batch	*b = a->extra;
	json_t		*way = json_deep_copy(a->o.collection);
	const json_t	*give[] = { a->in, values, way };
	struct order	 o = { .id = 0 };
	size_t		 i = 0;
	int		 rc = 0;

	for (i = 0; i < ARRAY_LEN(own); i++)
		(void)json_object_del(way, own[i]);
	order_fresh(&o, a->o.def);
	o.quiet = true;
	rc = order_insert(db, a->h, a->who, &o, "create", err);
	for (i = 0; rc == 0 && i < ARRAY_LEN(names); i++)
		rc = step_by_name(names[i])->accept(db, a->h, a->who, &o, give[i], a->errors,
		    err);
	if (rc == 0)
		rc = bundle_join(db, bundle, &o, err);
	b->total += o.amount;
	order_release(&o);
	json_decref(way);
	return rc;
}

/* The bundle of the pattern; made with it as the first one when there is none. */
static int
batch_bundle(struct db *db, struct act *a, struct bundle *bundle, struct err *err)
{
	struct batch	*b = a->extra;

	if (b->bundle[0] != '\0')
		return bundle_load(db, a->who, b->bundle, bundle, err);
	if (bundle_new(db, a->who, bundle, err) < 0 || bundle_join(db, bundle, &a->o, err) < 0)
		return -1;
	memcpy(b->bundle, bundle->no, ORDER_NO);
	b->n = 1;
	return 0;
}

/* Looked at once more inside the transaction: another window may have been faster. */
static int
batch_add_run(struct db *db, struct act *a, struct err *err)
{
	struct batch	*b = a->extra;
	struct bundle	 bundle;
	json_t		*values = NULL;
	char		 text[48];
	size_t		 i = 0;

	b->total = 0;
	/* Of two lists of one account the second waits, and sees the first. */
	if (db_run(db, SQL_ACCOUNT_HOLD, NULL, err, DB_INT(a->who->account)) < 0 ||
	    batch_look_run(db, a, err) < 0)
		return -1;
	if (*batch_why(&a->o) != '\0')
		return err_set(err, ERR_WRONG_STATE, "%s", batch_why(&a->o));
	json_array_foreach(b->values, i, values)
		if (json_object_get(b->known, js_str(values, "person_id_no")) != NULL)
			return err_set(err, ERR_CONFLICT,
			    "名单中有人刚刚在另一个窗口中提交，请刷新页面后再试。");
	/* Of two lists at once one is told of a conflict. */
	if (order_save(db, a->h, &a->o, err) < 0 || batch_bundle(db, a, &bundle, err) < 0)
		return -1;
	if (MAX(b->n, 1) + json_array_size(b->values) > BUNDLE_MOST)
		return err_set(err, ERR_LIMIT, "一批最多%d人，请另开一批。", BUNDLE_MOST);
	json_array_foreach(b->values, i, values)
		if (batch_begin_one(db, a, &bundle, values, err) < 0)
			return -1;
	(void)snprintf(text, sizeof(text), "%zu", json_array_size(b->values));
	if (hall_journal_add(db, a->who, "batch.add", bundle.no, text, err) < 0)
		return -1;
	return bundle_tell(db, a->h, &bundle, "batch_submitted", json_array_size(b->values),
	    b->total, err);
}

int
batch_add(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, char bundle[ORDER_NO], struct err *err)
{
	struct batch	 b = { .n = 0 };
	struct act	 a = { .h = h, .who = who, .no = no, .in = in, .extra = &b };
	json_t		*list = NULL, *seen = NULL;
	int		 rc = -1;

	if (who->account == 0)
		return err_set(err, ERR_DENIED, "请先登录后再办理。");
	if (act_model(&a, act_read(&a, batch_look_run, err), &seen) < 0)
		goto out;
	if (*js_str(seen, "why") != '\0') {
		err_set(err, ERR_WRONG_STATE, "%s", js_str(seen, "why"));
		goto out;
	}
	if (batch_lines(in, &list, err) < 0) {
		rc = hall_field_error(errors, "list", "名单", err, "%s", err->text);
		goto out;
	}
	if (batch_check(h, &b, list, errors, err) < 0 ||
	    catalog_agreed(hall_def(h), in, errors, err) < 0)
		goto out;
	a.errors = errors;
	rc = act_model(&a, act_write(&a, batch_add_run, err), NULL);
	if (rc == 0)
		memcpy(bundle, b.bundle, ORDER_NO);
 out:
	batch_release(&b);
	json_decref(seen);
	json_decref(list);
	return rc;
}

/* ---- the page ---- */

static json_t *
batch_model_lines(const json_t *list, const json_t *errors, size_t *bad)
{
	json_t	*out = json_array(), *line = NULL, *j = NULL, *e = NULL;
	char	 field[32];
	size_t	 i = 0, k = 0;

	json_array_foreach(list, i, line) {
		(void)snprintf(field, sizeof(field), "l_%zu", i);
		j = json_pack("{s:i, s:i, s:s, s:s}", "i", (int)i, "n", (int)i + 1, "text",
		    js_str(line, "text"), "error", "");
		json_array_foreach(errors, k, e)
			if (strcmp(js_str(e, "field"), field) == 0) {
				js_set_str(j, "error", js_str(e, "text"));
				++*bad;
			}
		(void)json_array_append_new(out, j);
	}
	return out;
}

static int
batch_agreements(struct hall *h, const json_t *in, json_t *model, struct err *err)
{
	const struct halldef	*d = hall_def(h);
	json_t			*list = json_array(), *one = NULL;
	char			 field[64];
	size_t			 i = 0;

	(void)json_object_set_new(model, "agreements", list);
	for (i = 0; i < d->n_agreements; i++) {
		if (catalog_agreement(h, d->agreements[i].id, &one, err) < 0)
			return -1;
		(void)snprintf(field, sizeof(field), "agree_%s", d->agreements[i].id);
		js_set_bool(one, "ticked", strcmp(js_str(in, field), "1") == 0);
		(void)json_array_append_new(list, one);
	}
	return 0;
}

int
batch_offer(struct hall *h, const struct who *who, const char *no, const json_t *in,
    const json_t *errors, json_t **model, struct err *err)
{
	struct batch	 b = { .n = 0 };
	struct act	 a = { .h = h, .who = who, .no = no, .extra = &b };
	struct err	 ignored = {0};
	json_t		*m = NULL, *list = NULL;
	size_t		 bad = 0;
	int		 rc = act_model(&a, act_read(&a, batch_look_run, err), &m);

	if (rc == 0)
		rc = batch_agreements(h, in, m, err);
	if (rc == 0) {
		if (json_object_size(in) == 0 || batch_lines(in, &list, &ignored) < 0)
			list = json_array();
		js_set_bool(m, "may", *js_str(m, "why") == '\0');
		js_set_int(m, "room", BUNDLE_MOST - (int64_t)MAX(b.n, 1));
		js_set_str(m, "list", json_array_size(list) == 0 ? js_str(in, "list") : "");
		(void)json_object_set_new(m, "lines", batch_model_lines(list, errors, &bad));
		js_set_bool(m, "has_lines", json_array_size(list) > 0);
		js_set_int(m, "n_bad", (int64_t)bad);
	}
	json_decref(list);
	batch_release(&b);
	if (rc == 0)
		*model = m;
	else
		json_decref(m);
	return rc;
}
