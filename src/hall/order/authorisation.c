#include "base/base.h"
#include "hall/order/authorisation.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/notice.h"
#include "hall/sealed.h"

static json_t *
authorisation_values(const struct hall *h, const struct order *o, const char *code)
{
	const struct def_collection	*way = halldef_collection(hall_def(h),
					    js_str(o->collection, "way"));
	json_t				*v = json_object();
	char				*url = xasprintf("%s/fetch", conf_str("web.public_url"));

	js_set_str(v, "no", o->no);
	js_set_str(v, "subject", o->subject);
	js_set_str(v, "product", o->def->title);
	js_set_str(v, "agent", js_str(o->form, "agent_name"));
	js_set_str(v, "way", way == NULL ? "" : way->title);
	js_set_str(v, "insert", notice_insert(o));
	js_set_str(v, "code", code);
	js_set_str(v, "url", url);
	free(url);
	return v;
}

int
authorisation_send(struct db *db, const struct hall *h, const struct order *o, bool sms,
    struct err *err)
{
	char	 code[AUTHORISATION_LEN + 1], digest[KEYED_TEXT], *key = NULL;
	json_t	*v = NULL;
	int	 rc = 0;

	rand_token(code, AUTHORISATION_LEN);
	keyed_pair(h, "authorisation", o->no, code, digest);
	if (db_run(db, SQL_AUTHORISATION_SET, NULL, err, DB_INT(o->id), DB_TEXT(digest),
	    DB_INT(clock_now())) < 0)
		return -1;
	v = authorisation_values(h, o, code);
	key = xasprintf("%s:approved:%" PRIx64, o->no, (uint64_t)rand_id());
	rc = notice_to(db, h, o->def->soft ? "approved_soft" : "approved", sms ? js_str(o->form, "agent_phone") : NULL,
	    js_str(o->form, "agent_mail"), v, key, err);
	free(key);
	json_decref(v);
	return rc;
}

int
authorisation_is(struct db *db, const struct hall *h, const struct order *o, const char *code,
    bool *right, struct err *err)
{
	struct rows	*rows = NULL;
	char		 digest[KEYED_TEXT];
	const char	*stored = NULL;
	int		 rc = 0;

	*right = false;
	keyed_pair(h, "authorisation", o->no, code, digest);
	if (db_query(db, SQL_AUTHORISATION_GET, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0) {
		stored = rows_text(rows, 0);
		*right = secret_equal(stored, strlen(stored), digest, strlen(digest));
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}
