#include "base/base.h"
#include "hall/order/approval.h"

#include "hall/certificate/unlock.h"
#include "hall/ops.h"

#define APPROVAL_MAX	(16 * 1024)

void
approval_init(struct approval *a)
{
	memset(a, 0, sizeof(*a));
	buf_init(&a->statement, APPROVAL_MAX);
	buf_init(&a->certificate, LIMIT_CERT);
	buf_init(&a->signature, 256);
}

void
approval_free(struct approval *a)
{
	buf_free(&a->statement);
	buf_free(&a->certificate);
	buf_free(&a->signature);
}

int
approval_load(struct db *db, const struct order *o, struct approval *a, struct err *err)
{
	struct rows	*rows = NULL;
	const void	*p = NULL;
	size_t		 len = 0;
	int		 rc = db_one(db, SQL_APPROVAL_GET, &rows, err, DB_INT(o->id));

	buf_clear(&a->statement);
	buf_clear(&a->certificate);
	buf_clear(&a->signature);
	if (rc == 0) {
		a->version = rows_int(rows, 0);
		a->staff = rows_int(rows, 1);
		buf_addstr(&a->statement, rows_text(rows, 2));
		p = rows_blob(rows, 3, &len);
		buf_add(&a->certificate, p, len);
		p = rows_blob(rows, 4, &len);
		buf_add(&a->signature, p, len);
		a->signed_at = rows_int(rows, 5);
		rc = buf_check(&a->statement, err);
	}
	rows_free(rows);
	return rc;
}

/* The certificate's subject from the form, as the definition says. */
static json_t *
approval_subject(const struct order *o)
{
	json_t		*subject = json_object();
	struct buf	 value = {0};
	size_t		 i = 0;

	js_set_str(subject, "kind", o->def->person ? "person" : "organisation");
	buf_init(&value, 4096);
	for (i = 0; i < o->def->n_subject; i++) {
		buf_clear(&value);
		text_fill(o->def->subject[i].value, o->form, &value);
		js_set_str(subject, o->def->subject[i].key, value.p);
	}
	buf_free(&value);
	return subject;
}

/* What the key management centre answers (kmc/kmc.h). */
static void
approval_unlock(const struct order *o, json_t *j)
{
	js_set_str(j, "type", "unlock");
	js_set_str(j, "order", o->no);
	js_set_str(j, "serial", unlock_ukey(o));
	js_set_str(j, "challenge", unlock_challenge(o));
}

/* What the signer issues for. */
static void
approval_issue(const struct order *o, const json_t *seal, json_t *j)
{
	js_set_str(j, "type", "approval");
	js_set_str(j, "op", o->op);
	js_set_str(j, "order", o->no);
	js_set_str(j, "profile", o->def->profile);
	js_set_int(j, "years", o->years);
	js_set_str(j, "medium", product_medium(o->def));
	if (seal != NULL)
		(void)json_object_set(j, "seal", (json_t *)(uintptr_t)seal);
	if (o->replaces[0] != '\0')
		js_set_str(j, "replaces", o->replaces);
	if (op_by_name(o->op) != NULL && op_by_name(o->op)->ends_old)
		js_set_int(j, "reason", op_reason(o));
	(void)json_object_set_new(j, "subject", approval_subject(o));
}

int
approval_statement(const struct order *o, const char *officer, int64_t now,
    const json_t *seal, struct buf *out, struct err *err)
{
	json_t	*j = json_object();

	js_set_int(j, "v", 1);
	if (strcmp(o->op, "unlock") == 0)
		approval_unlock(o, j);
	else
		approval_issue(o, seal, j);
	js_set_str(j, "officer", officer);
	js_set_int(j, "time", now);
	json_write_canonical(j, out);
	json_decref(j);
	return buf_check(out, err);
}
