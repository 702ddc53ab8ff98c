#include "base/base.h"
#include "hall/petition/handler.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/account_own.h"
#include "hall/journal.h"
#include "hall/medium/medium.h"
#include "hall/notice.h"
#include "hall/order/order_row.h"
#include "hall/sealed.h"
#include "hall/steps.h"

/* Moving a subject's orders, certificates and UKeys from one account to another. */

#define HANDLER_ORDERS	1000

static bool
handler_is_of(const struct order *o, const char *subject_id)
{
	const char	*id = js_str(o->form, o->def->person ? "person_id_no" : "org_id_no");

	return *subject_id != '\0' && strcmp(id, subject_id) == 0;
}

static bool
handler_has(const int64_t *accounts, size_t n, int64_t account)
{
	size_t	i = 0;

	for (i = 0; i < n; i++)
		if (accounts[i] == account)
			return true;
	return false;
}

int
handler_find(struct db *db, const struct hall *h, const char *subject, const char *subject_id,
    int64_t but, int64_t accounts[HANDLER_HOLDERS], size_t *n, struct err *err)
{
	struct holding { int64_t order, account; } *found = xcalloc(HANDLER_ORDERS,
			    sizeof(*found));
	struct rows	*rows = NULL;
	struct order	 o = { .id = 0 };
	size_t		 all = 0, i = 0;
	int		 rc = db_query(db, SQL_HANDLER_HOLDERS, &rows, err, DB_TEXT(subject),
			    DB_INT(but));

	*n = 0;
	while (rc >= 0 && all < HANDLER_ORDERS && (rc = rows_next(rows, err)) > 0) {
		found[all].order = rows_int(rows, 0);
		found[all++].account = rows_int(rows, 1);
	}
	rows_free(rows);
	for (i = 0; rc >= 0 && i < all && *n < HANDLER_HOLDERS; i++) {
		if (handler_has(accounts, *n, found[i].account))
			continue;
		rc = order_load_id(db, h, found[i].order, &o, err);
		if (rc == 0 && handler_is_of(&o, subject_id))
			accounts[(*n)++] = o.account;
		order_release(&o);
	}
	free(found);
	return rc < 0 ? -1 : 0;
}

/* fn for each order of the subject that the account has. */
typedef int (*handler_fn)(struct db *db, struct hall *h, struct order *o, void *arg,
    struct err *err);

static int
handler_each(struct db *db, struct hall *h, int64_t account, const char *subject,
    const char *subject_id, handler_fn fn, void *arg, struct err *err)
{
	struct rows	*rows = NULL;
	struct order	 o = { .id = 0 };
	int64_t		*ids = xcalloc(HANDLER_ORDERS, sizeof(*ids));
	size_t		 n = 0, i = 0;
	int		 rc = db_query(db, SQL_HANDLER_ORDERS, &rows, err, DB_INT(account),
			    DB_TEXT(subject));

	while (rc >= 0 && n < HANDLER_ORDERS && (rc = rows_next(rows, err)) > 0)
		ids[n++] = rows_int(rows, 0);
	rows_free(rows);
	for (i = 0; rc >= 0 && i < n; i++) {
		rc = order_load_id(db, h, ids[i], &o, err);
		if (rc == 0 && handler_is_of(&o, subject_id))
			rc = fn(db, h, &o, arg, err);
		order_release(&o);
	}
	free(ids);
	return rc < 0 ? -1 : 0;
}

struct counting { int64_t orders, certificates; char agent[128]; };

static int
handler_count_one(struct db *db, struct hall *h, struct order *o, void *arg, struct err *err)
{
	struct counting	*c = arg;
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_HANDLER_CERTIFICATES, &rows, err, DB_INT(o->id));

	(void)h;
	if (rc == 0)
		c->certificates += rows_int(rows, 0);
	rows_free(rows);
	c->orders += o->state != ORDER_DONE && o->state != ORDER_CANCELLED;
	(void)snprintf(c->agent, sizeof(c->agent), "%s", js_str(o->form, "agent_name"));
	return rc;
}

int
handler_count(struct db *db, const struct hall *h, int64_t account, const char *subject,
    const char *subject_id, int64_t *orders, int64_t *certificates, char agent[128],
    struct err *err)
{
	struct counting	c = { .orders = 0 };

	if (handler_each(db, (struct hall *)(uintptr_t)h, account, subject, subject_id,
	    handler_count_one, &c, err) < 0)
		return -1;
	*orders = c.orders;
	*certificates = c.certificates;
	if (agent != NULL)
		memcpy(agent, c.agent, sizeof(c.agent));
	return 0;
}

/* ---- moving ---- */

struct moving {
	const struct who	*who;
	int64_t			 from, to;
	const json_t		*agent;
	const char		*note;
	int64_t			 n;
};

/* Who acts for the subject from now on; what only the old one knew or proved is gone. */
static int
move_agent(struct db *db, struct hall *h, const struct moving *m, struct order *o,
    struct err *err)
{
	bool	proved = !o->def->identity_person && (json_object_get(o->steps, "identity") != NULL ||
		    json_object_get(o->steps, "proof") != NULL);
	bool	asked = o->concerns[0] == '\0' && json_object_get(o->steps, "phone_code") != NULL;

	js_set_str(o->form, "agent_name", js_str(m->agent, "name"));
	js_set_str(o->form, "agent_id_no", js_str(m->agent, "id_no"));
	js_set_str(o->form, "agent_phone", js_str(m->agent, "mobile"));
	js_set_str(o->form, "agent_mail", js_str(m->agent, "contact"));
	(void)json_object_del(o->form, "question");
	(void)json_object_del(o->form, "answer");
	if (!order_may_edit(o) || (!proved && !asked))
		return order_save(db, h, o, err);
	if (proved) {
		step_unmark(o, "identity");
		step_unmark(o, "proof");
	}
	if (asked)				/* another account, another phone */
		step_unmark(o, "phone_code");
	return o->state == ORDER_REVIEWING ? order_move(db, h, m->who, o, EVENT_LACK,
	    "更换经办人", err) : order_save(db, h, o, err);
}

/* Links and codes that the old handler has open nothing any more. */
static int
move_keys(struct db *db, const struct moving *m, const struct order *o, struct err *err)
{
	struct medium	um;
	char		serial[MEDIUM_SERIAL];
	int64_t		changed = 0;

	if (medium_of_order(db, o->id, serial, err) < 0 ||
	    db_run(db, SQL_SESSION_DROP_KEY, NULL, err, DB_INT(m->from), DB_INT(o->id)) < 0 ||
	    db_run(db, SQL_CERTIFICATE_ACCOUNT_SET, NULL, err, DB_INT(o->id), DB_INT(m->to)) < 0 ||
	    db_run(db, SQL_MEDIUM_ACCOUNT_MOVE, &changed, err, DB_INT(o->id), DB_INT(m->to),
	    DB_INT(m->from)) < 0 ||
	    db_run(db, SQL_AUTHORISATION_DROP, NULL, err, DB_INT(o->id)) < 0 ||
	    db_run(db, SQL_FETCH_SESSION_DROP_ORDER, NULL, err, DB_INT(o->id)) < 0 ||
	    db_run(db, SQL_PROOF_LINK_DROP, NULL, err, DB_INT(o->id)) < 0)
		return -1;
	if (changed == 0 || serial[0] == '\0')
		return 0;
	return medium_load(db, serial, &um, err) < 0 ? -1 :
	    medium_note(db, m->who, &um, "handed", o->id, m->note, err);
}

static int
move_one(struct db *db, struct hall *h, struct order *o, void *arg, struct err *err)
{
	struct moving	*m = arg;
	int64_t		 changed = 0;

	if (move_agent(db, h, m, o, err) < 0 || move_keys(db, m, o, err) < 0 ||
	    db_run(db, SQL_ORDER_ACCOUNT_SET, &changed, err, DB_INT(o->id), DB_INT(m->to),
	    DB_INT(m->from)) < 0)
		return -1;
	if (changed != 1)
		return err_set(err, ERR_CONFLICT, "业务%s刚刚有了变化，请刷新页面后再试。", o->no);
	m->n++;
	return order_note(db, h, m->who, o, "handler", m->note, err);
}

static int
move_tell(struct db *db, struct hall *h, const struct moving *m, const char *subject,
    struct err *err)
{
	const int64_t	 whom[] = { m->from, m->to };
	json_t		*me = NULL, *v = json_pack("{s:s, s:s}", "subject", subject, "what", m->note);
	char		*key = NULL;
	size_t		 i = 0;
	int		 rc = 0;

	for (i = 0; rc == 0 && i < ARRAY_LEN(whom); i++) {
		if (account_facts(db, h, whom[i], &me, NULL, err) < 0)
			return -1;
		key = xasprintf("handler:%" PRIx64, (uint64_t)rand_id());
		rc = notice_to(db, h, i == 0 ? "handler_left" : "handler_came",
		    js_str(me, "mobile"), js_str(me, "mail"), v, key, err);
		free(key);
		json_decref(me);
	}
	json_decref(v);
	return rc;
}

int
handler_move(struct db *db, struct hall *h, const struct who *who, int64_t from, int64_t to,
    const char *subject, const char *subject_id, const json_t *agent, const char *note,
    struct err *err)
{
	struct moving	m = { .who = who, .from = from, .to = to, .agent = agent, .note = note };
	char		detail[64];

	if (handler_each(db, h, from, subject, subject_id, move_one, &m, err) < 0)
		return -1;
	if (m.n == 0)
		return err_set(err, ERR_WRONG_STATE, "原经办人名下已经没有这个主体的证书。");
	(void)snprintf(detail, sizeof(detail), "%" PRId64 " orders from %" PRId64 " to %" PRId64, m.n,
	    from, to);
	if (hall_journal_add(db, who, "handler.move", subject, detail, err) < 0)
		return -1;
	return move_tell(db, h, &m, subject, err);
}
