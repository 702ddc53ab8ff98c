#include "base/base.h"
#include "hall/certificate/eseal.h"

#include "base/clock.h"
#include "hall/act.h"
#include "seal/eseal.h"

/* How a seal stands follows its certificate; the first row that holds. */
static const char *
status_of(struct rows *r, const char **text)
{
	static const struct { const char *name, *text; } words[] = { { "superseded", "已换发" },
		{ "revoked", "已撤销" }, { "frozen", "已冻结" }, { "expired", "已过期" },
		{ "good", "有效" } };
	const char	*state = rows_text(r, 9);
	size_t		 i = rows_text(r, 7)[0] != '\0' ? 0 : strcmp(state, "revoked") == 0 ? 1 :
			    strcmp(state, "frozen") == 0 ? 2 : rows_int(r, 6) < clock_now() ? 3 : 4;

	*text = words[i].text;
	return words[i].name;
}

/* What everybody may know. */
static json_t *
public_row(const struct hall *h, struct rows *r)
{
	const struct def_product	*p = halldef_product(hall_def(h), rows_text(r, 13));
	const char	*text = NULL, *status = status_of(r, &text);
	char		 from[CLOCK_TEXT], to[CLOCK_TEXT];
	json_t		*j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", rows_text(r, 0),
	    "kind", rows_text(r, 12), "kind_text", eseal_kind_text(rows_text(r, 12), p != NULL &&
	    p->person), "status", status, "status_text", text, "digest", rows_text(r, 4), "not_before",
	    clock_date(rows_int(r, 5), from), "not_after", clock_date(rows_int(r, 6), to));

	js_set_time(j, "since", rows_int(r, 8));
	js_set_bool(j, "is_good", strcmp(status, "good") == 0);
	return j;
}

static json_t *
own_row(const struct hall *h, struct rows *r)
{
	json_t	*j = public_row(h, r);

	js_set_str(j, "order", rows_text(r, 1));
	js_set_str(j, "serial", rows_text(r, 2));
	js_set_str(j, "name", rows_text(r, 3));
	js_set_time(j, "made", rows_int(r, 11));
	return j;
}

int
eseal_told(struct db *db, const char *serial, json_t **out, struct err *err)
{
	struct rows	*rows = NULL;
	const char	*text = NULL;
	int		 rc;

	*out = NULL;
	if (db_query(db, SQL_ESEAL_OF_CERTIFICATE, &rows, err, DB_TEXT(serial)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0)
		*out = json_pack("{s:s, s:s, s:s, s:s}", "id", rows_text(rows, 0), "kind",
		    rows_text(rows, 12), "digest", rows_text(rows, 4), "status", status_of(rows, &text));
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

static int
certificate_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc;

	if (db_query(db, SQL_ESEAL_OF_CERTIFICATE, &rows, err, DB_TEXT(a->name)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0)
		a->model = own_row(a->h, rows);
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

int
eseal_of_certificate(struct hall *h, const struct who *who, const char *serial, json_t *model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = serial};
	json_t		*seal = NULL;

	if (act_model(&a, act_read(&a, certificate_run, err), &seal) < 0)
		return -1;
	js_set_bool(model, "has_seal", seal != NULL);
	(void)json_object_set_new(model, "seal", seal == NULL ? json_object() : seal);
	return 0;
}

static int
list_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array();
	int		 rc;

	a->model = json_pack("{s:o}", "rows", list);
	if (db_query(db, SQL_ESEAL_LIST, &rows, err, DB_INT(a->who->system ? 0 :
	    a->who->account)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0)
		(void)json_array_append_new(list, own_row(a->h, rows));
	rows_free(rows);
	js_set_int(a->model, "total", (int64_t)json_array_size(list));
	return rc;
}

int
eseal_list(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who};

	if (!who->system && who->account == 0)
		return err_set(err, ERR_DENIED, "请先登录。");
	return act_model(&a, act_read(&a, list_run, err), model);
}

static int
status_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc;

	if (db_query(db, SQL_ESEAL_ONE, &rows, err, DB_TEXT(a->name)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0)
		a->model = public_row(a->h, rows);
	rows_free(rows);
	return rc != 0 ? MIN(rc, 0) : err_set(err, ERR_NOT_FOUND,
	    "没有这个编码的印章，请核对印章编码；其他机构的印章请向制章机构查询。");
}

int
eseal_status(struct hall *h, const struct who *who, const char *id, json_t **model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = id};

	return act_model(&a, act_read(&a, status_run, err), model);
}

static int
file_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	const void	*der;
	size_t		 len;
	int		 rc;

	buf_clear(a->out);
	if (db_query(db, SQL_ESEAL_OF_ORDER, &rows, err, DB_INT(a->o.id)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		der = rows_blob(rows, 1, &len);
		buf_add(a->out, der, len);
	}
	rows_free(rows);
	return rc != 0 ? MIN(rc, 0) : err_set(err, ERR_NOT_FOUND, "这笔业务还没有电子印章。");
}

int
eseal_file(struct hall *h, const struct who *who, const char *no, struct buf *der,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no, .out = der};

	return act_read(&a, file_run, err);
}
