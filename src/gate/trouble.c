#include "base/base.h"
#include "gate/work.h"
#include "base/clock.h"
#include "store/store.h"

/* Rows that were given up, for the administrator. */

#define TROUBLE_MAX	200	/* the newest; there are counters for the rest */

static json_t *
trouble_row(struct rows *r)
{
	const struct kind	*kind = kind_by_name(rows_text(r, 1));
	json_t			*row = json_object();
	char			 no[24], at[CLOCK_TEXT];

	snprintf(no, sizeof(no), "%" PRId64, rows_int(r, 0));
	js_set_str(row, "no", no);
	js_set_str(row, "kind", rows_text(r, 1));
	js_set_str(row, "key", rows_text(r, 2));
	js_set_str(row, "state", rows_text(r, 3));
	js_set_int(row, "attempts", rows_int(r, 4));
	js_set_str(row, "error", rows_text(r, 5));
	js_set_str(row, "created", clock_datetime(rows_int(r, 6), at));
	js_set_str(row, "ended", clock_datetime(rows_int(r, 7), at));
	/* of a message that was reported lost later only the row is left */
	js_set_bool(row, "may_retry", kind != NULL && kind->by_hand && rows_int(r, 8) == 0);
	return row;
}

int
outbox_troubles(struct db *db, json_t **list, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc;

	if (db_query(db, SQL_OUTBOX_TROUBLES, &rows, err, DB_INT(TROUBLE_MAX),
	    DB_BLOB("", 0)) < 0)
		return -1;
	*list = json_array();
	while ((rc = rows_next(rows, err)) > 0)
		json_array_append_new(*list, trouble_row(rows));
	rows_free(rows);
	if (rc < 0) {
		json_decref(*list);
		*list = NULL;
	}
	return rc;
}

/* Is asking again of any use?  Some kinds only make sense while somebody waits for them. */
static int
trouble_check(struct db *db, const struct seal *seal, int64_t no, struct err *err)
{
	struct rows		*rows = NULL;
	const struct kind	*kind;
	json_t			*payload = NULL;
	int64_t			 expires;
	size_t			 len = 0;
	int			 rc = -1;

	if (db_one(db, SQL_OUTBOX_BY_ID, &rows, err, DB_INT(no)) < 0)
		goto out;
	kind = kind_by_name(rows_text(rows, 0));
	(void)rows_blob(rows, 1, &len);
	if (len == 0) {
		err_set(err, ERR_WRONG_STATE,
		    "内容在送出后已经删除，不能重发；请电话通知，或请申请人在页面上重新操作。");
		goto out;
	}
	if (outbox_open(seal, rows, 1, &payload, err) < 0)
		goto out;
	expires = js_int(payload, "expires", 0);
	if (kind == NULL || !kind->by_hand)
		err_set(err, ERR_WRONG_STATE, "这类请求不能重发，由申请人在页面上重新操作即可。");
	else if (strcmp(kind->name, "pay.close") != 0 && expires != 0 && expires < clock_now())
		err_set(err, ERR_EXPIRED, "内容已经过期，重发没有意义，请选择“不再处理”。");
	else
		rc = 0;
 out:
	rows_free(rows);
	json_decref(payload);
	return rc;
}

static int
trouble_changed(int64_t n, struct err *err)
{
	return n == 1 ? 0 : err_set(err, ERR_WRONG_STATE, "这一条已经处理过了，请刷新页面。");
}

int
outbox_retry(struct db *db, const struct seal *seal, int64_t no, struct err *err)
{
	int64_t	 n = 0;

	if (trouble_check(db, seal, no, err) < 0 ||
	    db_run(db, SQL_OUTBOX_AGAIN, &n, err, DB_INT(no), DB_INT(clock_now())) < 0)
		return -1;
	return trouble_changed(n, err);
}

int
outbox_drop(struct db *db, int64_t no, struct err *err)
{
	int64_t	 n = 0;

	if (db_run(db, SQL_OUTBOX_DROP, &n, err, DB_INT(no)) < 0)
		return -1;
	return trouble_changed(n, err);
}
