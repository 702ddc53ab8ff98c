#include "base/base.h"
#include "hall/medium.h"

#include "base/clock.h"
#include "base/str.h"

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
		    "这支UKey登记在其他用户名下，不能写入，请换一支空白UKey。");
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
