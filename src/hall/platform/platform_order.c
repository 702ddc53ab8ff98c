#include "base/base.h"
#include "hall/platform/platform_own.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/form/form.h"
#include "hall/journal.h"
#include "hall/sealed.h"
#include "hall/steps.h"

/* What a platform's facts do to forms and applications; joined platforms of an account. */

#define REFRESH_MAX	500

/* ---- applications begun with other values ---- */

/* "单位名称、经办人手机": the fields that are otherwise now, "" none. */
static void
refresh_differences(const struct order *o, const json_t *facts, struct buf *out)
{
	const struct field	*f = form_by_name(o->def->form);

	for (; f != NULL && f->name != NULL; f++)
		if (*js_str(facts, f->name) != '\0' && *js_str(o->form, f->name) != '\0' &&
		    strcmp(js_str(facts, f->name), js_str(o->form, f->name)) != 0)
			buf_addf(out, "%s%s", out->len == 0 ? "" : "、", f->label);
}

/*
 * The values in the form are left: the applicant sees the new ones in it, greyed, and confirms
 * them.  A reviewer's work on the old ones ends, as when the applicant edits the form himself.
 */
static int
refresh_order(struct db *db, struct hall *h, const struct who *who, const struct def_platform *p,
    int64_t id, const json_t *facts, int *n, struct err *err)
{
	struct order	 o = {.id = 0};
	struct buf	 what, note;
	int		 rc = -1;

	buf_init(&what, 4096);
	buf_init(&note, 4096);
	if (order_load_id(db, h, id, &o, err) < 0)
		goto out;
	refresh_differences(&o, facts, &what);
	rc = 0;
	if (what.len == 0 || json_object_get(o.steps, "form") == NULL)
		goto out;
	rc = -1;
	buf_addf(&note, "%s：%s", p->title, what.p);
	step_unmark(&o, "form");
	step_unmark(&o, "confirm");
	step_unmark(&o, "print");
	if ((o.state == ORDER_SUBMITTED || o.state == ORDER_REVIEWING) &&
	    order_move(db, h, who, &o, EVENT_REOPEN, NULL, err) < 0)
		goto out;
	if (order_note(db, h, who, &o, "platform", note.p, err) < 0 ||
	    order_save(db, h, &o, err) < 0)
		goto out;
	++*n;
	rc = 0;
 out:
	buf_free(&note);
	buf_free(&what);
	order_release(&o);
	return rc;
}

int
platform_refresh(struct db *db, struct hall *h, const struct who *who,
    const struct def_platform *p, int64_t account, const json_t *facts, int *n, struct err *err)
{
	struct rows	*rows = NULL;
	int64_t		 ids[REFRESH_MAX];
	struct who	 owner = *who;
	size_t		 count = 0;
	int		 rc = 0;

	*n = 0;
	owner.account = account;
	if (db_query(db, SQL_ORDER_NEW_OPEN, &rows, err, DB_INT(account)) < 0)
		return -1;
	while (count < REFRESH_MAX && (rc = rows_next(rows, err)) > 0)
		ids[count++] = rows_int(rows, 0);
	rows_free(rows);
	for (size_t i = 0; i < count && rc >= 0; i++)
		rc = refresh_order(db, h, &owner, p, ids[i], facts, n, err);
	return rc < 0 ? -1 : 0;
}

/* ---- what an account's platform gives ---- */

int
platform_facts(struct db *db, const struct hall *h, int64_t account, json_t **facts,
    const struct def_platform **from, struct err *err)
{
	const struct def_platform	*p = NULL;
	struct rows			*rows = NULL;
	int				 rc = 0;

	*facts = NULL;
	*from = NULL;
	if (db_query(db, SQL_PLATFORM_USER_OF, &rows, err, DB_INT(account)) < 0)
		return -1;
	while (*from == NULL && (rc = rows_next(rows, err)) > 0) {
		p = halldef_platform(hall_def(h), rows_text(rows, 0));
		if (p == NULL)
			continue;		/* no longer in the definition: its fields are free */
		*from = p;
		rc = sealed_get_json(h, "platform_user.facts", rows, 1, facts, err);
	}
	rows_free(rows);
	if (*facts == NULL && rc >= 0)
		*facts = json_object();
	return rc < 0 ? -1 : 0;
}

struct facts { json_t **facts; const struct def_platform **from; };

static int
facts_run(struct db *db, struct act *a, struct err *err)
{
	struct facts	*f = a->extra;

	return platform_facts(db, a->h, a->number, f->facts, f->from, err);
}

int
platform_facts_read(struct hall *h, int64_t account, json_t **facts,
    const struct def_platform **from, struct err *err)
{
	struct facts	f = {.facts = facts, .from = from};
	struct act	a = {.h = h, .number = account, .extra = &f};

	return act_read(&a, facts_run, err);
}

/* ---- the account's page ---- */

json_t *
platform_choices(const struct hall *h)
{
	const struct halldef	*d = hall_def(h);
	json_t			*list = json_array();

	for (size_t i = 0; i < d->n_platforms; i++)
		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "id",
		    d->platforms[i].id, "title", d->platforms[i].title, "home",
		    d->platforms[i].home));
	return list;
}

/* What the platform gives, by the labels of the forms. */
static json_t *
list_fields(const json_t *facts)
{
	const struct field *const	 forms[] = { form_organisation, form_person };
	json_t				*list = json_array(), *seen = json_object();

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		for (const struct field *f = forms[i]; f->name != NULL; f++) {
			if (*js_str(facts, f->name) == '\0' || f->options != NULL ||
			    json_object_get(seen, f->name) != NULL)
				continue;
			js_set_bool(seen, f->name, true);
			(void)json_array_append_new(list, json_pack("{s:s, s:s}", "label", f->label,
			    "value", js_str(facts, f->name)));
		}
	json_decref(seen);
	return list;
}

static json_t *
list_row(const struct def_platform *p)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:[]}", "id", p->id, "title",
	    p->title, "home", p->home, "change", p->change, "joined", false, "since", "", "seen",
	    "", "fields");
}

static int
list_run(struct db *db, struct act *a, struct err *err)
{
	const struct halldef	*d = hall_def(a->h);
	struct rows		*rows = NULL;
	json_t			*row = NULL, *facts = NULL;
	size_t			 i = 0;
	int			 rc = 0;

	a->model = json_array();
	for (i = 0; i < d->n_platforms; i++)
		(void)json_array_append_new(a->model, list_row(&d->platforms[i]));
	if (db_query(db, SQL_PLATFORM_USER_OF, &rows, err, DB_INT(a->who->account)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0)
		json_array_foreach(a->model, i, row) {
			if (strcmp(js_str(row, "id"), rows_text(rows, 0)) != 0)
				continue;
			if (sealed_get_json(a->h, "platform_user.facts", rows, 1, &facts, err) < 0) {
				rows_free(rows);
				return -1;
			}
			js_set_bool(row, "joined", true);
			js_set_time(row, "since", rows_int(rows, 2));
			js_set_time(row, "seen", rows_int(rows, 3));
			(void)json_object_set_new(row, "fields", list_fields(facts));
			json_decref(facts);
			facts = NULL;
		}
	rows_free(rows);
	return rc;
}

int
platform_list(struct hall *h, const struct who *who, json_t **list, struct err *err)
{
	struct act	a = {.h = h, .who = who};

	return act_model(&a, act_read(&a, list_run, err), list);
}

static int
leave_run(struct db *db, struct act *a, struct err *err)
{
	char	subject[32];
	int64_t	n = 0;

	if (db_run(db, SQL_PLATFORM_USER_DROP, &n, err, DB_INT(a->who->account),
	    DB_TEXT(a->name)) < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_NOT_FOUND, "您的账户没有绑定这个平台。");
	(void)snprintf(subject, sizeof(subject), "%" PRId64, a->who->account);
	return hall_journal_add(db, a->who, "account.left", subject, a->name, err);
}

int
platform_leave(struct hall *h, const struct who *who, const char *id, struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = id};

	return act_write(&a, leave_run, err);
}
