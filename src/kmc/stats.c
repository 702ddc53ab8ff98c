#include "base/base.h"
#include "base/conf.h"
#include "kmc/work.h"

/* Add a count under prefix + the row's word. */
static int
stats_group(struct db *db, enum sql_id id, const char *prefix, json_t *out, struct err *err)
{
	struct rows	*r = NULL;
	char		 key[64];
	int		 rc;

	if (db_query(db, id, &r, err) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0) {
		snprintf(key, sizeof(key), "%s%s", prefix, rows_text(r, 0));
		js_set_int(out, key, rows_int(r, 1));
	}
	rows_free(r);
	return rc;
}

static int
stats_read(struct db *db, void *arg, struct err *err)
{
	json_t		*out = arg;
	struct rows	*r = NULL;

	json_object_clear(out);
	js_set_int(out, "kept", 0);
	js_set_int(out, "destroyed", 0);
	js_set_int(out, "recovered_user", 0);
	js_set_int(out, "recovered_judicial", 0);
	if (stats_group(db, SQL_ESCROW_STATES, "", out, err) < 0 ||
	    stats_group(db, SQL_RECOVERY_KINDS, "recovered_", out, err) < 0 ||
	    db_one(db, SQL_POOL_COUNT, &r, err) < 0)
		return -1;
	js_set_int(out, "pool", rows_int(r, 0));
	rows_free(r);
	js_set_int(out, "pool_size", conf_int("kmc.pool_size"));
	js_set_int(out, "made", js_int(out, "pool", 0) + js_int(out, "kept", 0) +
	    js_int(out, "destroyed", 0));
	return 0;
}

int
kmc_stats_work(struct kmc *k, json_t *out, struct err *err)
{
	return store_read(k->store, stats_read, out, err);
}
