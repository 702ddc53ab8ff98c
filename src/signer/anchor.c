#include "base/base.h"
#include "signer/work.h"

/*
 * Anchors of the hall's journal.  The hall has no key, its journal is a plain chain of digests:
 * whoever can write its store can write the chain anew.  So what its head was stands, every so
 * often, as a line of the signer's journal, where the hall can change nothing.
 */
#define ANCHOR_PAGE	500

static int
anchor_from(struct rows *r, struct anchor_last *a, struct err *err)
{
	json_t	*detail = NULL;

	if (json_parse(rows_text(r, 3), strlen(rows_text(r, 3)), 0, &detail, err) < 0)
		return -1;
	a->lines = js_int(detail, "lines", 0);
	snprintf(a->head, sizeof(a->head), "%s", js_str(detail, "head"));
	json_decref(detail);
	return 0;
}

static int
anchor_load(struct db *db, void *arg, struct err *err)
{
	struct anchor_last	*a = arg;
	struct rows		*r = NULL;
	int			 rc;

	if (db_query(db, SQL_CA_ANCHOR_LAST, &r, err) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0)
		rc = anchor_from(r, a, err);
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

static int
anchor_write(struct db *db, void *arg, struct err *err)
{
	const struct anchor	*a = arg;
	json_t			*detail = json_pack("{s:s,s:I}", "head", a->head, "lines",
				    (json_int_t)a->lines);
	int			 rc = journal_add(db, a->restored ? "hall.restored" : "hall.anchor",
				    detail, NULL, err);

	json_decref(detail);
	return rc;
}

/* The last one after this; a shorter head is only told what the last one is. */
static int
anchor_locked(struct signer *s, const struct anchor *a, json_t *out, struct err *err)
{
	struct anchor_last	*last = &s->anchor;

	if (!last->known && store_read(s->store, anchor_load, last, err) < 0)
		return -1;
	last->known = true;
	js_set_int(out, "before", a->restored ? 0 : last->lines);
	js_set_str(out, "before_head", last->head);
	if (a->restored || a->lines > last->lines) {
		if (store_write(s->store, anchor_write, (void *)(uintptr_t)a, err) < 0)
			return -1;
		last->lines = a->lines;
		snprintf(last->head, sizeof(last->head), "%s", a->head);
	}
	js_set_int(out, "lines", last->lines);
	js_set_str(out, "head", last->head);
	return 0;
}

int
anchor_take(struct signer *s, const struct anchor *a, json_t *out, struct err *err)
{
	int	 rc;

	if (a->lines <= 0 || strlen(a->head) != ANCHOR_HEAD - 1 ||
	    strspn(a->head, "0123456789abcdef") != ANCHOR_HEAD - 1)
		return err_set(err, ERR_INPUT, "an anchor is a number of lines and the SM3 of the "
		    "last one in hex");
	pthread_mutex_lock(&s->anchor_lock);
	rc = anchor_locked(s, a, out, err);
	pthread_mutex_unlock(&s->anchor_lock);
	return rc;
}

struct anchor_list { int64_t after; json_t *out; };

static int
anchor_page(struct db *db, void *arg, struct err *err)
{
	struct anchor_list	*l = arg;
	struct anchor_last	 a = {0};
	struct rows		*r = NULL;
	int			 rc;

	(void)json_array_clear(l->out);
	if (db_query(db, SQL_CA_ANCHORS_FROM, &r, err, DB_INT(l->after), DB_INT(ANCHOR_PAGE)) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0 && (rc = anchor_from(r, &a, err)) == 0)
		(void)json_array_append_new(l->out, json_pack("{s:I,s:I,s:b,s:I,s:s}", "line",
		    (json_int_t)rows_int(r, 0), "time", (json_int_t)rows_int(r, 1), "restored",
		    strcmp(rows_text(r, 2), "hall.restored") == 0, "lines", (json_int_t)a.lines,
		    "head", a.head));
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

int
anchors_list(struct signer *s, int64_t after, json_t *out, struct err *err)
{
	struct anchor_list	 l = {.after = after, .out = json_array()};
	int			 rc = store_read(s->store, anchor_page, &l, err);

	json_object_set_new(out, "anchors", l.out);
	return rc;
}
