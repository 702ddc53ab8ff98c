#include "base/base.h"
#include "hall/medium.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/journal.h"

bool
medium_is_serial(const char *serial)
{
	size_t	i = 0;

	for (i = 0; serial[i] != '\0'; i++)
		if (serial[i] <= ' ' || serial[i] > '~')
			return false;
	return i > 0 && i < MEDIUM_SERIAL;
}

int
medium_bind(struct db *db, const struct order *o, const char *serial, struct err *err)
{
	struct rows	*rows = NULL;
	int64_t		 account = 0, now = clock_now();

	if (*serial == '\0')
		return 0;
	if (!medium_is_serial(serial))
		return err_set(err, ERR_INPUT, "UKey的序列号不正确，请换一支UKey。");
	if (db_run(db, SQL_MEDIUM_ADD, NULL, err, DB_TEXT(serial), DB_INT(o->account),
	    DB_INT(now)) < 0 || db_one(db, SQL_MEDIUM_ACCOUNT, &rows, err, DB_TEXT(serial)) < 0)
		return -1;
	account = rows_int(rows, 0);
	rows_free(rows);
	if (account != o->account)
		return err_set(err, ERR_CONFLICT,
		    "这支UKey登记在其他用户名下，不能写入，请换一支空白UKey；确实已转给您使用的，请联系客服解除登记。");
	return db_run(db, SQL_MEDIUM_PAIR_SET, NULL, err, DB_INT(o->id), DB_TEXT(serial),
	    DB_INT(now));
}

int
medium_of_order(struct db *db, int64_t order, char serial[MEDIUM_SERIAL], struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	serial[0] = '\0';
	if (db_query(db, SQL_MEDIUM_OF_ORDER, &rows, err, DB_INT(order)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0)
		(void)snprintf(serial, MEDIUM_SERIAL, "%s", rows_text(rows, 0));
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

static int
medium_view_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *j = NULL;
	int		 rc = 0;

	a->model = json_pack("{s:o}", "rows", list);
	if (db_query(db, SQL_MEDIUM_ACCOUNT, &rows, err, DB_TEXT(a->name)) < 0)
		return -1;
	rc = rows_next(rows, err);
	js_set_bool(a->model, "held", rc > 0);
	rows_free(rows);
	if (rc < 0 || db_query(db, SQL_MEDIUM_ORDERS, &rows, err, DB_TEXT(a->name)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		j = json_pack("{s:s, s:s}", "no", rows_text(rows, 0), "subject",
		    rows_text(rows, 1));
		js_set_time(j, "time", rows_int(rows, 2));
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	return rc;
}

/* The command line and administrators. */
static int
medium_allowed(const struct who *who, struct err *err)
{
	return who->system ? 0 : hall_need_role(who, ROLE_ADMIN, err);
}

int
medium_view(struct hall *h, const struct who *who, const char *serial, json_t **model,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = serial };

	if (medium_allowed(who, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, medium_view_run, err), model);
}

static int
medium_release_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	if (db_query(db, SQL_MEDIUM_ACCOUNT, &rows, err, DB_TEXT(a->name)) < 0)
		return -1;
	rc = rows_next(rows, err);
	rows_free(rows);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no account holds the UKey %s", a->name);
	if (rc < 0 || db_run(db, SQL_MEDIUM_RELEASE, NULL, err, DB_TEXT(a->name)) < 0)
		return -1;
	return hall_journal_add(db, a->who, "ukey.release", a->name, "", err);
}

int
medium_release(struct hall *h, const struct who *who, const char *serial, struct err *err)
{
	struct act	a = { .h = h, .who = who, .desk = true, .name = serial };

	if (medium_allowed(who, err) < 0)
		return -1;
	return act_write(&a, medium_release_run, err);
}
