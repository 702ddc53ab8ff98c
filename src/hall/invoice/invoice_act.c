#include "base/base.h"
#include "hall/invoice/invoice_own.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/str.h"
#include "hall/journal.h"
#include "hall/notice.h"
#include "hall/order/order_row.h"

/* What happens to invoices: asked for, taken back, followed by another, told. */

int
invoice_ask(struct db *db, const struct hall *h, const struct invoice *v, bool again,
    struct err *err)
{
	json_t	*payload = json_object(), *buyer = json_deep_copy(v->buyer), *orders = NULL;
	char	*ref = xasprintf("%s_%" PRId64, v->no, v->attempt), *key = NULL;
	int	 rc = -1;

	key = again ? xasprintf("invoice.issue:%s:%" PRId64, ref, clock_now()) :
	    xasprintf("invoice.issue:%s", ref);
	(void)json_object_del(buyer, "mail");		/* the provider need not know it */
	js_set_str(buyer, "title", v->title);
	if (invoice_orders(db, v, &orders, err) < 0)
		goto out;
	js_set_str(payload, "ref", ref);
	js_set_str(payload, "kind", v->kind);
	(void)json_object_set(payload, "buyer", buyer);
	js_set_int(payload, "fen", v->amount);
	(void)json_object_set(payload, "items", v->items);
	js_set_str(payload, "remark", json_array_size(orders) == 1 ?
	    js_str(json_array_get(orders, 0), "no") : "");
	rc = hall_outbox_put(db, h, "invoice.issue", key, payload, err);
 out:
	json_decref(orders);
	json_decref(buyer);
	json_decref(payload);
	free(key);
	free(ref);
	return rc;
}

int
invoice_note(struct db *db, struct hall *h, const struct who *who, const struct invoice *v,
    const char *what, const char *note, struct err *err)
{
	struct order	 o = {0};
	json_t		*orders = NULL, *one = NULL;
	size_t		 i = 0;
	int		 rc = 0;

	if (invoice_orders(db, v, &orders, err) < 0)
		return -1;
	json_array_foreach(orders, i, one) {
		if ((rc = order_load_id(db, h, js_int(one, "id", 0), &o, err)) == 0)
			rc = order_note(db, h, who, &o, what, note, err);
		order_release(&o);
		if (rc < 0)
			break;
	}
	json_decref(orders);
	return rc < 0 ? -1 : hall_journal_add(db, who, what, v->no, note == NULL ? "" : note, err);
}

int
invoice_tell(struct db *db, struct hall *h, const struct invoice *v, const char *event,
    struct err *err)
{
	struct order	 o = {0};
	json_t		*orders = NULL, *values = NULL;
	char		 amount[32], *key = NULL, *url = NULL;
	int		 rc = -1;

	if (invoice_orders(db, v, &orders, err) < 0 || (json_array_size(orders) > 0 &&
	    order_load_id(db, h, js_int(json_array_get(orders, 0), "id", 0), &o, err) < 0))
		goto out;
	url = xasprintf("%s/invoices/%s", conf_str("web.public_url"), v->no);
	key = xasprintf("%s:%s:%" PRId64, v->no, event, v->version);
	values = json_pack("{s:s, s:s, s:s, s:s}", "amount", fen_text(v->amount, amount),
	    "number", v->number, "invoice_title", v->title, "url", url);
	rc = notice_to(db, h, event, o.id == 0 ? NULL : order_mobile(&o), NULL, values, key, err);
 out:
	json_decref(values);
	json_decref(orders);
	order_release(&o);
	free(key);
	free(url);
	return rc;
}

int
invoice_take_back(struct db *db, struct hall *h, const struct who *who, struct invoice *v,
    const char *reason, struct err *err)
{
	json_t	*payload = NULL;
	char	*ref = xasprintf("%s_%" PRId64, v->no, v->attempt);
	char	*key = xasprintf("invoice.reverse:%s:%" PRId64, ref, v->version);
	int	 rc = -1;

	if (v->red_reason[0] == '\0')
		(void)snprintf(v->red_reason, sizeof(v->red_reason), "%s", reason);
	payload = json_pack("{s:s, s:s, s:s, s:s}", "ref", ref, "code", v->code, "number",
	    v->number, "reason", v->red_reason);
	invoice_set(v, "reversing");
	v->reason[0] = '\0';
	v->undo = false;
	if (invoice_save(db, h, v, err) == 0 &&
	    invoice_note(db, h, who, v, "invoice_reverse", v->red_reason, err) == 0)
		rc = hall_outbox_put(db, h, "invoice.reverse", key, payload, err);
	json_decref(payload);
	free(key);
	free(ref);
	return rc;
}

int
invoice_succeed(struct db *db, struct hall *h, const struct who *who, const struct invoice *v,
    const struct invoice *as, const json_t *orders, struct err *err)
{
	struct invoice	 next = { .account = v->account, .replaces = v->id };
	json_t		*one = NULL;
	size_t		 i = 0;
	int		 rc = -1;

	invoice_set(&next, "waiting");
	(void)snprintf(next.kind, sizeof(next.kind), "%s", as->kind);
	(void)snprintf(next.title, sizeof(next.title), "%s", as->title);
	next.buyer = json_deep_copy(as->buyer);
	if (invoice_sum_up(db, h, orders, &next, err) < 0 ||
	    invoice_insert(db, h, &next, err) < 0)
		goto out;
	json_array_foreach(orders, i, one)
		if (db_run(db, SQL_INVOICE_ORDER_ADD, NULL, err, DB_INT(next.id),
		    DB_INT(js_int(one, "id", 0)), DB_INT(js_int(one, "amount_fen", 0))) < 0)
			goto out;
	rc = hall_journal_add(db, who, "invoice_request", next.no, v->no, err);
 out:
	invoice_release(&next);
	return rc;
}
