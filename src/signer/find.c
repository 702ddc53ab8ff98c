#include "base/base.h"
#include "base/str.h"
#include "signer/work.h"

#define FIND_MAX	100		/* rows of one answer */

struct find {
	enum sql_id	 by;
	const char	*what;
	json_t		*rows;
};

static json_t *
find_row(struct rows *r)
{
	json_t	*row = json_object();

	js_set_str(row, "serial", rows_text(r, 0));
	js_set_str(row, "ref", rows_text(r, 1));
	js_set_str(row, "profile", rows_text(r, 2));
	js_set_str(row, "subject", rows_text(r, 3));
	js_set_int(row, "not_before", rows_int(r, 4));
	js_set_int(row, "not_after", rows_int(r, 5));
	js_set_str(row, "status", rows_text(r, 6));
	js_set_str(row, "authority", rows_text(r, 7));
	return row;
}

static int
find_read(struct db *db, void *arg, struct err *err)
{
	struct find	*f = arg;
	struct rows	*r = NULL;
	int		 rc;

	json_array_clear(f->rows);
	if (db_query(db, f->by, &r, err, DB_TEXT(f->what), DB_INT(FIND_MAX)) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0)
		json_array_append_new(f->rows, find_row(r));
	rows_free(r);
	return rc;
}

int
certificates_find(struct signer *s, const char *by, const char *what, json_t *out,
    struct err *err)
{
	static const struct {
		const char	*by;
		enum sql_id	 id;
	} ways[] = {
		{"serial", SQL_CERTIFICATES_BY_SERIAL}, {"subject", SQL_CERTIFICATES_BY_SUBJECT},
		{"identity", SQL_CERTIFICATES_BY_IDENTITY},
	};
	struct find	 f = {.what = what, .rows = json_array()};

	json_object_set_new(out, "certificates", f.rows);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (strcmp(ways[i].by, by) == 0 && what[0] != '\0') {
			f.by = ways[i].id;
			return store_read(s->store, find_read, &f, err);
		}
	return err_set(err, ERR_INPUT, "certificates are found by serial, subject or identity");
}
