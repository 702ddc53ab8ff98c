#include "base/base.h"
#include "hall/steps.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/def/catalog.h"

static int
agreement_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	const struct halldef	*d = hall_def(h);
	json_t			*list = json_array(), *one = NULL;
	size_t			 i = 0;

	(void)db;
	(void)who;
	(void)o;
	(void)json_object_set_new(model, "agreements", list);
	for (i = 0; i < d->n_agreements; i++) {
		if (catalog_agreement(h, d->agreements[i].id, &one, err) < 0)
			return -1;
		(void)json_array_append_new(list, one);
	}
	return 0;
}

static int
agreement_record(struct db *db, const struct who *who, const struct order *o,
    const struct def_agreement *a, struct err *err)
{
	const char	*agent = who->agent == NULL ? "" : who->agent;

	/* A browser may call itself anything. */
	if (!utf8_is_valid(agent, strlen(agent)))
		agent = "?";
	return db_run(db, SQL_CONSENT_INSERT, NULL, err, DB_INT(rand_id()), DB_INT(o->id),
	    DB_INT(who->account), DB_TEXT(a->id), DB_TEXT(a->version), DB_TEXT(a->digest),
	    DB_INT(clock_now()), DB_TEXT(who->address == NULL ? "" : who->address),
	    DB_TEXT(agent));
}

/* Every text needs its own tick; each is recorded with version, digest, time and address. */
static int
agreement_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *in, json_t *errors, struct err *err)
{
	const struct halldef	*d = hall_def(h);
	char			 field[64];
	int			 missing = 0;
	size_t			 i = 0;

	if (*js_str(in, "disagree") != '\0')
		return order_move(db, h, who, o, EVENT_CANCEL, "不同意协议", err);
	for (i = 0; i < d->n_agreements; i++) {
		(void)snprintf(field, sizeof(field), "agree_%s", d->agreements[i].id);
		if (strcmp(js_str(in, field), "1") == 0)
			continue;
		missing = hall_field_error(errors, field, d->agreements[i].title, err,
		    "请阅读《%s》并勾选同意。", d->agreements[i].title);
	}
	if (missing < 0)
		return -1;
	for (i = 0; i < d->n_agreements; i++)
		if (agreement_record(db, who, o, &d->agreements[i], err) < 0)
			return -1;
	if (order_note(db, h, who, o, "agree", NULL, err) < 0)
		return -1;
	return step_mark(db, h, who, o, "agreement", err);
}

extern const struct step	step_agreement;
const struct step		step_agreement = {
	.name = "agreement", .title = "服务协议", .bar = "在线申请",
	.next = "请阅读并同意服务协议",
	.show = agreement_show, .accept = agreement_accept,
};
