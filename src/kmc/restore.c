#include "base/base.h"
#include "base/str.h"
#include "kmc/work.h"

#define DOCUMENT_MAX	128
#define KEY_TEXT	65		/* hex SM3 of a point */

static void
key_text(const unsigned char point[SM2_POINT_LEN], char text[KEY_TEXT])
{
	unsigned char	 digest[SM2_DIGEST_LEN];

	sm3(point, SM2_POINT_LEN, digest);
	hex_encode(digest, sizeof(digest), text);
}

/* ---- the question of a CA ---- */

struct question {
	char			 client[KM_CLIENT_ID];
	const char		*serial;
	const unsigned char	*point;
	char			 ref[KM_REF_MAX];
	struct escrow		*escrow;
	bool			 allowed;
};

/* Allowed: by whom it was stands in the row of recovery, that it is given in the journal. */
static int
question_give(struct db *db, struct question *q, struct err *err)
{
	struct rows	*r = NULL;
	char		 order[KEY_TEXT + 16], key[KEY_TEXT];
	json_t		*detail;
	int		 rc;

	if (db_query(db, SQL_RESTORATION_ALLOWED, &r, err, DB_TEXT(q->ref),
	    DB_BLOB(q->point, SM2_POINT_LEN), DB_INT(clock_now() - KMC_STATEMENT_FRESH)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0)
		snprintf(order, sizeof(order), "%s", rows_text(r, 0));
	rows_free(r);
	if (rc <= 0)
		return rc;
	q->allowed = true;
	key_text(q->point, key);
	detail = json_pack("{s:s,s:s,s:s}", "ref", q->ref, "order", order, "receiver", key);
	rc = journal_add(db, "key.restore", detail, NULL, err);
	json_decref(detail);
	return rc;
}

static int
question_put(struct db *db, void *arg, struct err *err)
{
	struct question	*q = arg;
	int		 rc = escrow_by_ref(db, q->ref, q->escrow, err);

	q->allowed = false;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no key for this certificate");
	if (rc < 0 || question_give(db, q, err) < 0)
		return -1;
	return q->allowed ? 0 : db_run(db, SQL_RESTORATION_ASK, NULL, err, DB_TEXT(q->ref),
	    DB_TEXT(q->client), DB_TEXT(q->serial), DB_BLOB(q->point, SM2_POINT_LEN),
	    DB_INT(clock_now()));
}

int
restore_ask(struct kmc *k, const char *client, const char *serial,
    const unsigned char point[SM2_POINT_LEN], struct escrow *e, struct err *err)
{
	struct question	 q = {.serial = serial, .point = point, .escrow = e};

	snprintf(q.client, sizeof(q.client), "%.16s", client);
	km_ref(client, serial, q.ref);
	if (kmc_write(k, question_put, &q, err) < 0)
		return -1;
	if (!q.allowed)
		return err_set(err, ERR_DENIED,
		    "two key officers have to allow it first; the question is noted, ask again then");
	return escrow_check(k, e, err);
}

static int
restore_rows(struct db *db, void *arg, struct err *err)
{
	json_t		*list = arg;
	struct rows	*r = NULL;
	const void	*point;
	size_t		 len;
	char		 key[KEY_TEXT];
	int		 rc;

	json_array_clear(list);
	if (db_query(db, SQL_RESTORATION_LIST, &r, err) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0) {
		point = rows_blob(r, 3, &len);
		if (len != SM2_POINT_LEN) {
			rc = err_set(err, ERR_BUG, "a restoration of %s is malformed",
			    rows_text(r, 2));
			break;
		}
		key_text(point, key);
		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s,s:I}", "client",
		    rows_text(r, 0), "name", rows_text(r, 1), "serial", rows_text(r, 2), "key", key,
		    "asked", (json_int_t)rows_int(r, 4)));
	}
	rows_free(r);
	return rc;
}

int
restore_list(struct kmc *k, json_t *list, struct err *err)
{
	return store_read(k->store, restore_rows, list, err);
}

/* ---- the word of two officers ---- */

struct allow {
	const struct signed_statement	*in;
	json_t				*statement;
	struct cert			*officers[2];
	const char			*kind;
	char				 ref[KM_REF_MAX], order[KEY_TEXT + 16];
};

static int
allow_parse(struct allow *a, struct err *err)
{
	unsigned char	 digest[SM2_DIGEST_LEN];
	const json_t	*j;
	const char	*document;
	bool		 judicial;

	if (statement_parse(a->in->text, a->in->len, "restoration", &a->statement, err) < 0)
		return -1;
	j = a->statement;
	a->kind = js_str(j, "kind");
	judicial = strcmp(a->kind, "judicial") == 0;
	document = js_str(j, "document");
	if (!judicial && strcmp(a->kind, "user") != 0)
		return err_set(err, ERR_DENIED, "no recovery of kind \"%.20s\"", a->kind);
	if (judicial && (document[0] == '\0' || strlen(document) > DOCUMENT_MAX))
		return err_set(err, ERR_DENIED,
		    "a judicial recovery needs the number of its document");
	km_ref(js_str(j, "client"), js_str(j, "serial"), a->ref);
	sm3(a->in->text, a->in->len, digest);
	snprintf(a->order, sizeof(a->order), "restore:");
	hex_encode(digest, sizeof(digest), a->order + strlen(a->order));
	return 0;
}

/* Of another CA's user kmc knows the public key alone: it is no officer's. */
static int
allow_check_own(const struct allow *a, const unsigned char point[SM2_POINT_LEN], struct err *err)
{
	unsigned char	 own[SM2_POINT_LEN];

	for (size_t i = 0; i < ARRAY_LEN(a->officers); i++) {
		if (cert_point(a->officers[i], own, err) < 0)
			return -1;
		if (memcmp(own, point, sizeof(own)) == 0)
			return err_set(err, ERR_DENIED,
			    "key officer %s would get the key: another one must sign",
			    cert_cn(a->officers[i]));
	}
	return 0;
}

/* The key that is asked for must be the one that the officers saw. */
static int
allow_find(struct db *db, const struct allow *a, unsigned char point[SM2_POINT_LEN],
    struct err *err)
{
	struct rows	*r = NULL;
	const void	*b;
	char		 key[KEY_TEXT];
	size_t		 len;
	int		 rc;

	if (db_query(db, SQL_RESTORATION_GET, &r, err, DB_TEXT(a->ref)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) == 0)
		rc = err_set(err, ERR_NOT_FOUND, "no CA asks for this key");
	if (rc > 0) {
		b = rows_blob(r, 0, &len);
		if (len == SM2_POINT_LEN) {
			memcpy(point, b, len);
			key_text(point, key);
		}
		rc = len == SM2_POINT_LEN && strcmp(key, js_str(a->statement, "key")) == 0 ? 0 :
		    err_set(err, ERR_CONFLICT, "the CA asks for it for another key meanwhile");
	}
	rows_free(r);
	return rc;
}

static int
allow_note(struct db *db, const struct allow *a, struct err *err)
{
	const json_t	*j = a->statement;
	json_t		*detail = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "order", a->order,
	    "kind", a->kind, "serial", js_str(j, "serial"), "escrow", a->ref, "officer",
	    js_str(j, "officer"), "second", js_str(j, "second"), "receiver", js_str(j, "key"));
	int		 rc;

	if (strcmp(a->kind, "judicial") == 0)
		js_set_str(detail, "document", js_str(j, "document"));
	rc = journal_add(db, "key.recover", detail, NULL, err);
	json_decref(detail);
	return rc;
}

static int
allow_keep(struct db *db, void *arg, struct err *err)
{
	const struct allow		*a = arg;
	const struct signed_statement	*in = a->in;
	const json_t			*j = a->statement;
	unsigned char			 point[SM2_POINT_LEN];
	struct rows			*r = NULL;
	int				 rc;

	if (db_query(db, SQL_RECOVERY_BY_REF, &r, err, DB_TEXT(a->order)) < 0)
		return -1;
	rc = rows_next(r, err);
	rows_free(r);
	if (rc != 0)			/* this very statement was given before */
		return rc < 0 ? -1 : 0;
	if (allow_find(db, a, point, err) < 0 || allow_check_own(a, point, err) < 0 ||
	    db_run(db, SQL_RECOVERY_ADD, NULL, err, DB_TEXT(a->order), DB_TEXT(a->kind),
	    DB_TEXT(js_str(j, "serial")), DB_TEXT(a->ref), DB_TEXT(js_str(j, "officer")),
	    DB_TEXT(js_str(j, "second")), DB_TEXT(js_str(j, "document")),
	    DB_TEXT(js_str(j, "key")), DB_BLOB(point, sizeof(point)), DB_TEXT(in->text),
	    DB_BLOB(in->first.p, in->first.len), DB_BLOB(in->second.p, in->second.len),
	    DB_INT(clock_now())) < 0 ||
	    db_run(db, SQL_RESTORATION_END, NULL, err, DB_TEXT(a->ref)) < 0)
		return -1;
	return allow_note(db, a, err);
}

int
restore_allow(struct kmc *k, const struct signed_statement *in, struct err *err)
{
	struct allow	 a = {.in = in};
	int		 rc = -1;

	if (allow_parse(&a, err) == 0 && key_officers_check(k, a.statement, in,
	    a.officers, err) == 0)
		rc = kmc_write(k, allow_keep, &a, err);
	if (rc < 0 && err->kind != ERR_STORE && err->kind != ERR_BUSY)
		journal_note(k->store, "recover.refused", json_pack("{s:s,s:s,s:s,s:s}", "order",
		    a.order, "officer", js_str(a.statement, "officer"), "second",
		    js_str(a.statement, "second"), "why", err->text));
	cert_free(a.officers[0]);
	cert_free(a.officers[1]);
	json_decref(a.statement);
	return rc;
}
