#include "base/base.h"
#include "hall/certificate/certificate_own.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/ops.h"

/* What happened to a certificate. */

#define ACTS_MOST	200

struct certificate_act {
	int64_t		 at;
	char		 what[24], text[160], note[80], no[ORDER_NO];
	const char	*by;
};
struct acts {
	struct certificate_act	 row[ACTS_MOST];
	size_t			 n;
};

static struct certificate_act *
act_add(struct acts *l, int64_t at, const char *what, const char *by)
{
	struct certificate_act	*a = &l->row[MIN(l->n, (size_t)ACTS_MOST - 1)];

	l->n = MIN(l->n + 1, (size_t)ACTS_MOST);
	memset(a, 0, sizeof(*a));
	a->at = at;
	a->by = by;
	(void)snprintf(a->what, sizeof(a->what), "%s", what);
	return a;
}

static const char *
act_by(const char *actor)
{
	return strcmp(actor, "account") == 0 || strcmp(actor, "visitor") == 0 ? "holder" :
	    strcmp(actor, "staff") == 0 ? "service" : "system";
}

static const char *
act_who(const char *by)
{
	return strcmp(by, "holder") == 0 ? "持有人" : strcmp(by, "service") == 0 ? "服务机构" :
	    "系统";
}

/* An event of the order that the certificate was issued for. */
static void
acts_own(struct acts *l, struct rows *r)
{
	const char		*what = rows_text(r, 1), *replaces = rows_text(r, 6);
	bool			 issued = strcmp(what, "certificates") == 0;
	bool			 written = strcmp(what, "installed") == 0;	/* by a code, not a session */
	struct certificate_act	*a = act_add(l, rows_int(r, 0), what, issued ? "service" :
				    written ? "holder" : act_by(rows_text(r, 2)));

	(void)snprintf(a->no, sizeof(a->no), "%s", rows_text(r, 4));
	if (issued && *replaces != '\0') {
		(void)snprintf(a->text, sizeof(a->text), "签发（%s自原证书）", op_text(rows_text(r, 5)));
		(void)snprintf(a->note, sizeof(a->note), "%s", replaces);
	} else {
		(void)snprintf(a->text, sizeof(a->text), "%s", issued ? "签发" :
		    order_event_text(what));
	}
}

/* … of one that replaces it: begun, issued, and the end of this one. */
static void
acts_next(struct acts *l, struct rows *r)
{
	const char		*what = rows_text(r, 1), *op = op_text(rows_text(r, 5));
	struct certificate_act	*a = NULL;

	if (strcmp(what, "certificates") == 0) {
		a = act_add(l, rows_int(r, 0), "replaced", "service");
		(void)snprintf(a->text, sizeof(a->text), "%s，签发了新证书", op);
		(void)snprintf(a->note, sizeof(a->note), "%s", rows_text(r, 3));
	} else if (strcmp(what, "old_revoked") == 0) {
		a = act_add(l, rows_int(r, 0), "superseded", "service");
		(void)snprintf(a->text, sizeof(a->text), "%s，本证书撤销", op);
	} else if (strcmp(what, rows_text(r, 5)) == 0) {
		a = act_add(l, rows_int(r, 0), "begun", act_by(rows_text(r, 2)));
		(void)snprintf(a->text, sizeof(a->text), "申请%s", op);
	} else {
		return;
	}
	(void)snprintf(a->no, sizeof(a->no), "%s", rows_text(r, 4));
}

/* … of one that is about it: unlocking, recovering its key. */
static void
acts_about(struct acts *l, struct rows *r)
{
	const char		*what = rows_text(r, 1);
	struct certificate_act	*a = NULL;

	if (strcmp(what, "unlocked") != 0 && strcmp(what, "recovered") != 0)
		return;
	a = act_add(l, rows_int(r, 0), what, act_by(rows_text(r, 2)));
	(void)snprintf(a->text, sizeof(a->text), "%s", order_event_text(what));
	(void)snprintf(a->no, sizeof(a->no), "%s", rows_text(r, 4));
}

static int
acts_events(struct db *db, const struct certificate *c, struct acts *l, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	if (db_query(db, SQL_CERTIFICATE_ACTS, &rows, err, DB_INT(c->order_id),
	    DB_TEXT(c->serial)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		if (strcmp(rows_text(rows, 4), c->no) == 0)
			acts_own(l, rows);
		else if (strcmp(rows_text(rows, 6), c->serial) == 0)
			acts_next(l, rows);
		else
			acts_about(l, rows);
	}
	rows_free(rows);
	return rc;
}

static int
acts_reminders(struct db *db, const struct certificate *c, struct acts *l, struct err *err)
{
	struct rows		*rows = NULL;
	struct certificate_act	*a = NULL;
	int			 rc = 0, days = 0;

	if (db_query(db, SQL_REMINDER_LIST, &rows, err, DB_TEXT(c->serial)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		days = (int)rows_int(rows, 0);
		a = act_add(l, rows_int(rows, 1), "reminded", "system");
		(void)snprintf(a->text, sizeof(a->text), days > 0 ? "发出到期提醒（到期前%d天内）" :
		    days == 0 ? "发出到期提醒（到期）" : "发出过期提醒（到期后%d天）", abs(days));
	}
	rows_free(rows);
	return rc;
}

static int
acts_newest(const void *a, const void *b)
{
	const struct certificate_act	*x = a, *y = b;

	return x->at == y->at ? 0 : x->at > y->at ? -1 : 1;
}

int
certificate_acts(struct db *db, const struct certificate *c, json_t *model, struct err *err)
{
	struct acts	*l = xcalloc(1, sizeof(*l));
	json_t		*list = json_array(), *j = NULL;
	size_t		 i = 0;
	int		 rc = -1;

	(void)json_object_set_new(model, "acts", list);
	if (acts_events(db, c, l, err) == 0 && acts_reminders(db, c, l, err) == 0)
		rc = 0;
	qsort(l->row, l->n, sizeof(*l->row), acts_newest);
	for (i = 0; rc == 0 && i < l->n; i++) {
		j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "what", l->row[i].what, "text",
		    l->row[i].text, "by", l->row[i].by, "who", act_who(l->row[i].by), "note",
		    l->row[i].note, "order", l->row[i].no);
		js_set_time(j, "time", l->row[i].at);
		(void)json_array_append_new(list, j);
	}
	free(l);
	return rc;
}
