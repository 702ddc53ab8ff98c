#include "base/base.h"
#include "hall/certificate/selfcheck.h"

#include "base/rand.h"
#include "hall/act.h"
#include "hall/ops.h"
#include "hall/order/fetch.h"
#include "pki/enveloped.h"

#define SELFCHECK_TEXT	32

/* One document for the encryption certificate of this order. */
static int
selfcheck_add(json_t *list, const char *title, const struct cert *c, struct err *err)
{
	struct buf	 der;
	char		 text[SELFCHECK_TEXT + 1];
	json_t		*j = NULL;
	int		 rc = -1;

	buf_init(&der, 8192);
	rand_token(text, SELFCHECK_TEXT);
	if (enveloped_make(c, text, SELFCHECK_TEXT, &der, err) == 0) {
		j = json_pack("{s:s, s:s, s:s}", "title", title, "serial", cert_serial(c),
		    "text", text);
		js_set_bytes(j, "document", der.p, der.len);
		(void)json_array_append_new(list, j);
		rc = 0;
	}
	buf_free(&der);
	return rc;
}

static int
selfcheck_order(struct db *db, const struct order *o, const char *title, json_t *list,
    struct err *err)
{
	struct rows	*rows = NULL;
	struct cert	*c = NULL;
	const void	*der = NULL;
	size_t		 len = 0;
	int		 rc = 0;

	if (db_query(db, SQL_CERTIFICATE_OF_ORDER, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	while (c == NULL && (rc = rows_next(rows, err)) > 0)
		if (strcmp(rows_text(rows, 0), "enc") == 0) {
			der = rows_blob(rows, 5, &len);
			if ((rc = cert_parse(der, len, &c, err)) < 0)
				break;
		}
	rows_free(rows);
	if (c == NULL)
		return rc < 0 ? -1 : err_set(err, ERR_WRONG_STATE, "证书还没有签发，请先下载。");
	rc = selfcheck_add(list, title, c, err);
	cert_free(c);
	return rc;
}

/* The pair of the order; and of the one before it, which stays in the same UKey. */
static int
selfcheck_fill(struct db *db, struct act *a, const struct order *o, struct err *err)
{
	struct order	 old = { .id = 0 };
	struct rows	*rows = NULL;
	json_t		*list = json_array();
	int64_t		 id = 0;
	int		 rc = -1;

	a->model = json_pack("{s:o}", "checks", list);
	if (selfcheck_order(db, o, "这张证书", list, err) < 0)
		return -1;
	if (o->replaces[0] == '\0' || !op_keeps_key(o->op))
		return 0;
	if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(o->replaces)) < 0)
		return -1;
	id = rows_int(rows, 1);
	rows_free(rows);
	if (order_load_id(db, a->h, id, &old, err) == 0)
		rc = selfcheck_order(db, &old, "原证书", list, err);
	order_release(&old);
	return rc;
}

static int
selfcheck_certificate_run(struct db *db, struct act *a, struct err *err)
{
	struct order	 o = { .id = 0 };
	struct rows	*rows = NULL;
	int64_t		 account = 0, id = 0;
	int		 rc = -1;

	if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(a->name)) == 0) {
		account = rows_int(rows, 0);
		id = rows_int(rows, 1);
	} else if (err->kind != ERR_NOT_FOUND) {
		return -1;
	}
	rows_free(rows);
	if (account == 0 || account != a->who->account)
		return err_set(err, ERR_NOT_FOUND, "没有这张证书，请从“我的证书”进入。");
	if (order_load_id(db, a->h, id, &o, err) == 0)
		rc = selfcheck_fill(db, a, &o, err);
	order_release(&o);
	return rc;
}

int
selfcheck_certificate(struct hall *h, const struct who *who, const char *serial,
    json_t **model, struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = serial };

	return act_model(&a, act_read(&a, selfcheck_certificate_run, err), model);
}

static int
selfcheck_fetch_run(struct db *db, struct act *a, struct err *err)
{
	return selfcheck_fill(db, a, &a->o, err);
}

int
selfcheck_fetch(struct hall *h, const struct who *who, const json_t *in, json_t **model,
    struct err *err)
{
	struct who	me = *who;
	char		no[ORDER_NO];
	struct act	a = { .h = h, .who = &me, .no = no };

	me.system = true;		/* the token is the right to this order */
	if (fetch_token_order(h, who, js_str(in, "token"), no, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, selfcheck_fetch_run, err), model);
}
