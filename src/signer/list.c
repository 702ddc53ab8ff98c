#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/str.h"
#include "signer/work.h"

#define LIST_LIFE	(24 * CLOCK_HOUR)
#define LIST_ROOT_LIFE	(365 * CLOCK_DAY)	/* its key is away */
#define LIST_RENEW	(12 * CLOCK_HOUR)	/* a fresh one at least so often */
#define LIST_KEEP	20			/* old lists of a scope kept in the store */
/* A change has its time before its COMMIT: a list made in between lacks it. */
#define LIST_OVERLAP	(30 * CLOCK_SECOND)

/* One kind of list of one CA: what is in the store, and what is being made. */
struct list {
	struct signer		*signer;
	const struct authority	*authority;
	char			 scope[24];		/* "", "delta", "p7", "p7-delta" */
	int			 part;			/* 0: the whole CA */
	int64_t			 number, base, entry_count, this_update, next_update;
	int64_t			 changed;		/* newest change of a certificate */
	int64_t			 compromised;		/* the newest because of a lost key */
	int64_t			 since;			/* of the changes wanted */
	struct buf		 der;
	struct crl_entry	*entries;
	size_t			 n, cap;
};

bool
revocation_reason_is_valid(int64_t reason)
{
	return reason >= 0 && reason <= 10 && reason != 7 && reason != CRL_REASON_HOLD &&
	    reason != CRL_REASON_REMOVE;
}

/* ---- what is there ---- */

/* The number that a query gave; takes its rows. */
static int
list_take_int(int rc, struct rows *r, int64_t *out)
{
	if (rc == 0)
		*out = rows_int(r, 0);
	rows_free(r);
	return rc;
}

/* The newest change of what the list tells of, and the newest because of a lost key since it. */
static int
list_load_changes(struct db *db, struct list *l, struct err *err)
{
	int64_t		 since = MAX(l->this_update - LIST_OVERLAP, 0);
	const char	*id = l->authority->id;
	struct rows	*r = NULL;
	int		 rc;

	rc = l->part == 0 ? db_one(db, SQL_CA_CERTIFICATE_NEWEST_CHANGE, &r, err, DB_TEXT(id)) :
	    db_one(db, SQL_PART_NEWEST_CHANGE, &r, err, DB_TEXT(id), DB_INT(l->part));
	if (list_take_int(rc, r, &l->changed) < 0)
		return -1;
	r = NULL;
	rc = l->part == 0 ? db_one(db, SQL_CA_CERTIFICATE_COMPROMISED_SINCE, &r, err, DB_TEXT(id),
	    DB_INT(since)) : db_one(db, SQL_PART_COMPROMISED_SINCE, &r, err, DB_TEXT(id),
	    DB_INT(l->part), DB_INT(since));
	return list_take_int(rc, r, &l->compromised);
}

static int
list_load(struct db *db, void *arg, struct err *err)
{
	struct list	*l = arg;
	const char	*id = l->authority->id;
	struct rows	*r = NULL;
	int		 rc;

	l->number = l->base = l->entry_count = l->this_update = l->next_update = 0;
	if (db_query(db, SQL_REVOCATION_LIST_NEWEST, &r, err, DB_TEXT(id),
	    DB_TEXT(l->scope)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		l->number = rows_int(r, 0);
		l->base = rows_int(r, 1);
		l->entry_count = rows_int(r, 2);
		l->this_update = rows_int(r, 3);
		l->next_update = rows_int(r, 4);
	}
	rows_free(r);
	return rc < 0 ? -1 : list_load_changes(db, l, err);
}

/* ---- making one ---- */

static void
list_add_entry(struct list *l, struct rows *r)
{
	struct crl_entry	*e;

	if (l->since == 0 && strcmp(rows_text(r, 4), "good") == 0)
		return;		/* held once; a full list is silent about it */
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 64 : l->cap * 2;
		l->entries = xrealloc(l->entries, l->cap * sizeof(*l->entries));
	}
	e = &l->entries[l->n++];
	snprintf(e->serial, sizeof(e->serial), "%s", rows_text(r, 0));
	e->revoked = rows_int(r, 1);
	e->reason = (int)rows_int(r, 2);
	e->invalid_since = rows_int(r, 3);
	if (strcmp(rows_text(r, 4), "good") == 0) {	/* held under the full list, not now */
		e->revoked = clock_now();
		e->reason = CRL_REASON_REMOVE;
		e->invalid_since = 0;
	}
}

static int
list_entries(struct db *db, void *arg, struct err *err)
{
	struct list	*l = arg;
	struct rows	*r = NULL;
	int		 rc;

	l->n = 0;
	rc = l->part > 0 ? db_query(db, SQL_PART_CHANGED_SINCE, &r, err,
	    DB_TEXT(l->authority->id), DB_INT(l->part), DB_INT(l->since), DB_INT(clock_now())) :
	    l->since > 0 ? db_query(db, SQL_CA_CERTIFICATE_CHANGED_SINCE, &r, err,
	    DB_TEXT(l->authority->id), DB_INT(l->since), DB_INT(clock_now())) :
	    db_query(db, SQL_CA_CERTIFICATE_REVOKED, &r, err, DB_TEXT(l->authority->id),
	    DB_INT(clock_now()));
	if (rc < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0)
		list_add_entry(l, r);
	rows_free(r);
	return rc;
}

static int
list_next_number(struct db *db, void *arg, struct err *err)
{
	struct list	*l = arg;
	struct rows	*r = NULL;
	int		 rc = db_one(db, SQL_REVOCATION_LIST_NUMBER, &r, err,
	    DB_TEXT(l->authority->id));

	if (list_take_int(rc, r, &l->number) < 0)
		return -1;
	l->number++;
	return 0;
}

static int
list_keep(struct db *db, void *arg, struct err *err)
{
	struct list	*l = arg;
	json_t		*detail = json_pack("{s:s,s:s,s:I,s:I}", "authority", l->authority->id,
	    "scope", l->scope, "number", (json_int_t)l->number, "entries", (json_int_t)l->n);
	int		 rc = journal_add(db, "list.make", detail, NULL, err);

	json_decref(detail);
	if (rc < 0 || db_run(db, SQL_REVOCATION_LIST_ADD, NULL, err, DB_TEXT(l->authority->id),
	    DB_TEXT(l->scope), DB_INT(l->number), DB_INT(l->base), DB_INT((int64_t)l->n),
	    DB_BLOB(l->der.p, l->der.len), DB_INT(l->this_update), DB_INT(l->next_update)) < 0)
		return -1;
	return db_run(db, SQL_REVOCATION_LIST_DROP_OLD, NULL, err, DB_TEXT(l->authority->id),
	    DB_TEXT(l->scope), DB_INT(l->number - LIST_KEEP));
}

/*
 * Its entries and number.  A delta of the second in which its full list was made has the number of
 * that one, and says the same (RFC 5280 5.2.3).
 */
static int
list_fill(struct list *l, const struct list *full, struct err *err)
{
	if (store_read(l->signer->store, list_entries, l, err) < 0 ||
	    store_read(l->signer->store, list_next_number, l, err) < 0)
		return -1;
	if (full != NULL && l->this_update / CLOCK_SECOND == full->this_update / CLOCK_SECOND &&
	    full->changed < full->this_update)
		l->number = full->number;
	return 0;
}

/* full: NULL, or the full list that this delta builds on. */
static int
list_make(struct list *l, const struct list *full, struct err *err)
{
	struct err	 first = {0};
	char		 delta[320], point[320];
	bool		 deltas = full == NULL && !authority_is_root(l->authority);
	int		 rc = -1;

	l->since = full == NULL ? 0 : full->this_update - LIST_OVERLAP;
	l->base = full == NULL ? 0 : full->number;
	l->this_update = clock_now();
	l->next_update = full == NULL ? l->this_update +
	    (authority_is_root(l->authority) ? LIST_ROOT_LIFE : LIST_LIFE) : full->next_update;
	authority_list_url(l->authority, l->part, true, delta, sizeof(delta));
	authority_list_url(l->authority, l->part, false, point, sizeof(point));
	buf_init(&l->der, CRL_MAX);
	if (list_fill(l, full, err) == 0 &&
	    crl_build(&(struct crl_plan){.issuer = l->authority->cert, .number = l->number,
	    .this_update = l->this_update, .next_update = l->next_update,
	    .entries = l->entries, .n = l->n, .base = l->base,
	    .freshest = deltas ? delta : NULL, .point = l->part > 0 ? point : NULL},
	    &l->authority->key, &l->der, err) == 0)
		rc = store_write(l->signer->store, list_keep, l, err);
	if (rc < 0 && err->kind == ERR_CONFLICT) {	/* another thread made one: take it */
		first = *err;
		err_clear(err);
		rc = store_read(l->signer->store, list_load, l, err);
		if (rc < 0)
			*err = first;
	}
	buf_free(&l->der);
	free(l->entries);
	l->entries = NULL;
	l->n = l->cap = 0;
	return rc;
}

/*
 * The full list is made anew on schedule, at once when a key was lost, and after any change as
 * long as it is short; a long one is followed by deltas (RFC 5280 5.2.4).
 */
static bool
list_full_is_due(const struct list *l)
{
	int64_t	 seen = l->this_update - LIST_OVERLAP;

	return l->number == 0 || clock_now() - l->this_update > LIST_RENEW ||
	    l->compromised >= MAX(seen, 1) ||
	    (l->changed >= seen && l->entry_count < conf_int("ca.crl_eager"));
}

static bool
list_delta_is_due(const struct list *l, const struct list *full)
{
	return l->number == 0 || l->base != full->number ||
	    l->changed >= l->this_update - LIST_OVERLAP;
}

int
list_make_now(struct signer *s, const struct authority *a, int64_t *number,
    int64_t *next_update, struct err *err)
{
	struct list	 full = {.signer = s, .authority = a};

	if (list_make(&full, NULL, err) < 0)
		return -1;
	*number = full.number;
	*next_update = full.next_update;
	return 0;
}

/* "" and "delta" of the whole CA, "p7" and "p7-delta" of a part. */
static void
list_scope(int part, bool delta, char scope[24])
{
	char	 which[16] = "";

	if (part > 0)
		snprintf(which, sizeof(which), "p%d%s", part, delta ? "-" : "");
	snprintf(scope, 24, "%s%s", which, delta ? "delta" : "");
}

/* The same backwards; -1: it is none. */
static int
list_scope_parse(const char *scope, int *part, bool *delta)
{
	size_t	 digits = scope[0] == 'p' ? strspn(scope + 1, "0123456789") : 0;
	char	 number[4] = "0", again[24];
	int64_t	 n = 0;

	if (digits > 0 && digits < sizeof(number))
		snprintf(number, sizeof(number), "%.*s", (int)digits, scope + 1);
	if (str_to_i64(number, PROFILE_PARTS_MAX, &n) < 0)
		return -1;
	*part = (int)n;
	for (int d = 0; d < 2; d++) {
		*delta = d == 1;
		list_scope(*part, *delta, again);
		if (strcmp(again, scope) == 0)
			return 0;
	}
	return -1;
}

struct part_find {
	const char	*authority;
	int		 part;
	bool		 found;
};

static int
list_find_part(struct db *db, void *arg, struct err *err)
{
	struct part_find	*q = arg;
	struct rows		*r = NULL;
	int			 rc = db_query(db, SQL_LIST_PART_LIST, &r, err, DB_TEXT(q->authority));

	q->found = q->part == 0;
	while (rc == 0 && !q->found && (rc = rows_next(r, err)) > 0) {
		q->found = rows_int(r, 0) == q->part;
		rc = 0;
	}
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

int
list_work(struct signer *s, const char *authority, const char *scope, int64_t *number,
    int64_t *next_update, struct err *err)
{
	struct authority	*a = authority_by_id(&s->authorities, authority);
	struct list		 full = {.signer = s, .authority = a},
				 delta = {.signer = s, .authority = a};
	struct part_find	 parts = {.authority = authority};
	bool			 is_delta;

	if (a == NULL || list_scope_parse(scope, &parts.part, &is_delta) < 0)
		return err_set(err, ERR_NOT_FOUND, "no list \"%.32s\" of \"%.48s\"", scope,
		    authority);
	authorities_look(&s->authorities);
	if (store_read(s->store, list_find_part, &parts, err) < 0)
		return -1;
	if (!parts.found)
		return err_set(err, ERR_NOT_FOUND, "%s has no part %d of its list", a->id,
		    parts.part);
	full.part = delta.part = parts.part;
	list_scope(parts.part, false, full.scope);
	list_scope(parts.part, true, delta.scope);
	if (store_read(s->store, list_load, &full, err) < 0)
		return -1;
	if (!atomic_load(&a->has_key) && (full.number == 0 || is_delta))
		return err_set(err, ERR_WRONG_STATE, "the key of %s is not at hand", a->id);
	if (atomic_load(&a->has_key) && list_full_is_due(&full) && list_make(&full, NULL, err) < 0)
		return -1;
	if (is_delta && (store_read(s->store, list_load, &delta, err) < 0 ||
	    (list_delta_is_due(&delta, &full) && list_make(&delta, &full, err) < 0)))
		return -1;
	*number = is_delta ? delta.number : full.number;
	*next_update = is_delta ? delta.next_update : full.next_update;
	return 0;
}
