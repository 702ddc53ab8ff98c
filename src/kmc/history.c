#include "base/base.h"
#include "kmc/work.h"

struct history {
	const char	*what;
	json_t		*keys;			/* array */
};

static int
history_recoveries(struct db *db, const char *escrow, json_t *list, struct err *err)
{
	struct rows	*r = NULL;
	int		 rc;

	if (db_query(db, SQL_RECOVERY_BY_ESCROW, &r, err, DB_TEXT(escrow)) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0)
		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "order",
		    rows_text(r, 0), "kind", rows_text(r, 1), "serial", rows_text(r, 2), "officer",
		    rows_text(r, 3), "second", rows_text(r, 4), "document", rows_text(r, 5),
		    "receiver", rows_text(r, 6), "created", (json_int_t)rows_int(r, 7)));
	rows_free(r);
	return rc;
}

static int
history_read(struct db *db, void *arg, struct err *err)
{
	struct history	*h = arg;
	struct rows	*r = NULL;
	json_t		*row;
	size_t		 i;
	int		 rc;

	json_array_clear(h->keys);
	if (db_query(db, SQL_ESCROW_HISTORY, &r, err, DB_TEXT(h->what)) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0)
		json_array_append_new(h->keys, json_pack("{s:s,s:s,s:I,s:I,s:s,s:I,s:I,s:[]}",
		    "order", rows_text(r, 0), "subject", rows_text(r, 1), "created",
		    (json_int_t)rows_int(r, 2), "not_after", (json_int_t)rows_int(r, 3), "state",
		    rows_text(r, 4), "destroyed", (json_int_t)rows_int(r, 5), "version",
		    (json_int_t)rows_int(r, 6), "recoveries"));
	rows_free(r);
	json_array_foreach(h->keys, i, row)
		if (rc == 0)
			rc = history_recoveries(db, js_str(row, "order"),
			    json_object_get(row, "recoveries"), err);
	return rc;
}

int
history_work(struct kmc *k, const char *what, json_t *out, struct err *err)
{
	struct history	 h = {what, json_array()};

	json_object_set_new(out, "keys", h.keys);
	if (store_read(k->store, history_read, &h, err) < 0)
		return -1;
	return json_array_size(h.keys) > 0 ? 0 :
	    err_set(err, ERR_NOT_FOUND, "no key of \"%.64s\"", what);
}
