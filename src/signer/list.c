#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
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
	const char		*scope;
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

static int
list_read_one(struct db *db, enum sql_id id, const char *authority, int64_t since, int64_t *out,
    struct err *err)
{
	struct rows	*r = NULL;
	int		 rc = since < 0 ? db_one(db, id, &r, err, DB_TEXT(authority)) :
	    db_one(db, id, &r, err, DB_TEXT(authority), DB_INT(since));

	if (rc == 0)
		*out = rows_int(r, 0);
	rows_free(r);
	return rc;
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
	if (rc < 0 || list_read_one(db, SQL_CA_CERTIFICATE_NEWEST_CHANGE, id, -1, &l->changed,
	    err) < 0)
		return -1;
	return list_read_one(db, SQL_CA_CERTIFICATE_COMPROMISED_SINCE, id,
	    MAX(l->this_update - LIST_OVERLAP, 0), &l->compromised, err);
}

/* ---- making one ---- */

static void
list_add_entry(struct list *l, struct rows *r)
{
	struct crl_entry	*e;

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
	rc = l->since > 0 ? db_query(db, SQL_CA_CERTIFICATE_CHANGED_SINCE, &r, err,
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

	if (list_read_one(db, SQL_REVOCATION_LIST_NUMBER, l->authority->id, -1, &l->number,
	    err) < 0)
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

/* full: NULL, or the full list that this delta builds on. */
static int
list_make(struct list *l, const struct list *full, struct err *err)
{
	struct err	 first = {0};
	char		 delta[320];
	int		 rc = -1;

	l->since = full == NULL ? 0 : full->this_update - LIST_OVERLAP;
	l->base = full == NULL ? 0 : full->number;
	l->this_update = clock_now();
	l->next_update = full == NULL ? l->this_update +
	    (authority_is_root(l->authority) ? LIST_ROOT_LIFE : LIST_LIFE) : full->next_update;
	snprintf(delta, sizeof(delta), "%.*s-delta.crl", (int)strlen(l->authority->crl) - 4,
	    l->authority->crl);
	buf_init(&l->der, CRL_MAX);
	if (store_read(l->signer->store, list_entries, l, err) == 0 &&
	    store_read(l->signer->store, list_next_number, l, err) == 0 &&
	    crl_build(&(struct crl_plan){.issuer = l->authority->cert, .number = l->number,
	    .this_update = l->this_update, .next_update = l->next_update,
	    .entries = l->entries, .n = l->n, .base = l->base,
	    .freshest = full == NULL ? delta : NULL}, &l->authority->key, &l->der, err) == 0)
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
	struct list	 full = {.signer = s, .authority = a, .scope = ""};

	if (list_make(&full, NULL, err) < 0)
		return -1;
	*number = full.number;
	*next_update = full.next_update;
	return 0;
}

int
list_work(struct signer *s, const char *authority, const char *scope, int64_t *number,
    int64_t *next_update, struct err *err)
{
	struct authority	*a = authority_by_id(&s->authorities, authority);
	struct list		 full = {.signer = s, .authority = a, .scope = ""},
				 delta = {.signer = s, .authority = a, .scope = "delta"};
	bool			 is_delta = strcmp(scope, "delta") == 0;

	if (a == NULL || (!is_delta && scope[0] != '\0'))
		return err_set(err, ERR_NOT_FOUND, "no list \"%.32s\" of \"%.48s\"", scope,
		    authority);
	if (store_read(s->store, list_load, &full, err) < 0)
		return -1;
	if (a->key.key == NULL && (full.number == 0 || is_delta))
		return err_set(err, ERR_WRONG_STATE, "the key of %s is not at hand", a->id);
	if (a->key.key != NULL && list_full_is_due(&full) && list_make(&full, NULL, err) < 0)
		return -1;
	if (is_delta && (store_read(s->store, list_load, &delta, err) < 0 ||
	    (list_delta_is_due(&delta, &full) && list_make(&delta, &full, err) < 0)))
		return -1;
	*number = is_delta ? delta.number : full.number;
	*next_update = is_delta ? delta.next_update : full.next_update;
	return 0;
}
