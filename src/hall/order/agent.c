#include "base/base.h"
#include "hall/order/agent.h"

#include "base/str.h"
#include "hall/order/order_row.h"
#include "hall/sealed.h"
#include "hall/steps.h"

#define AGENT_BATCH	100

/* Orders that still name the old number; those that were done are not found again. */
static int
agent_find(struct db *db, int64_t account, const char *digest, int64_t ids[AGENT_BATCH], size_t *n,
    struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_query(db, SQL_ORDER_OF_AGENT, &rows, err, DB_INT(account),
			    DB_TEXT(digest), DB_INT(AGENT_BATCH));

	*n = 0;
	while (rc >= 0 && *n < AGENT_BATCH && (rc = rows_next(rows, err)) > 0)
		ids[(*n)++] = rows_int(rows, 0);
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

/*
 * As if it had been changed in the form: where the agent's phone was part of who he proved to be,
 * he proves it with the new one.
 */
static int
agent_follow_one(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const struct agent_number *m, struct err *err)
{
	bool	anew = order_may_edit(o) && json_object_get(o->steps, "identity") != NULL;
	char	was[MASK_TEXT], now[MASK_TEXT], note[2 * MASK_TEXT + 8];
	int	rc = 0;

	js_set_str(o->form, "agent_phone", m->now);
	if (strcmp(js_str(o->form, "mobile"), m->was) == 0)	/* a person who acts for himself */
		js_set_str(o->form, "mobile", m->now);
	(void)snprintf(note, sizeof(note), "%s → %s", mask_phone(m->was, was),
	    mask_phone(m->now, now));
	if (anew)
		step_unmark(o, "identity");
	rc = anew && o->state == ORDER_REVIEWING ?
	    order_move(db, h, who, o, EVENT_LACK, "经办人手机更换", err) :
	    order_save(db, h, o, err);
	return rc < 0 ? -1 : order_note(db, h, who, o, "agent_phone", note, err);
}

int
agent_follow(struct db *db, struct hall *h, const struct who *who, int64_t account,
    const struct agent_number *m, struct err *err)
{
	struct order	o = { .id = 0 };
	int64_t		ids[AGENT_BATCH];
	char		digest[KEYED_TEXT];
	size_t		n = 0, i = 0;
	int		rc = 0;

	keyed(h, "mobile", m->was, digest);
	do {
		rc = agent_find(db, account, digest, ids, &n, err);
		for (i = 0; rc == 0 && i < n; i++) {
			if ((rc = order_load_id(db, h, ids[i], &o, err)) == 0)
				rc = agent_follow_one(db, h, who, &o, m, err);
			order_release(&o);
		}
	} while (rc == 0 && n == AGENT_BATCH);
	return rc;
}
