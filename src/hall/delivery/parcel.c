#include "base/base.h"
#include "hall/delivery/parcel.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/journal.h"
#include "hall/notice.h"

#define PARCEL_FOLLOW	(30 * CLOCK_DAY)
#define PARCEL_REF	"E%s_%" PRId64

struct parcel {
	int64_t	 attempt;		/* 0: none was ever ordered */
	char	 state[16], waybill[EXPRESS_WAYBILL], reason[400];
};

static int
parcel_get(struct db *db, const struct order *o, struct parcel *p, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	memset(p, 0, sizeof(*p));
	if (db_query(db, SQL_PARCEL_GET, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		p->attempt = rows_int(rows, 0);
		(void)snprintf(p->state, sizeof(p->state), "%s", rows_text(rows, 1));
		(void)snprintf(p->waybill, sizeof(p->waybill), "%s", rows_text(rows, 2));
		(void)snprintf(p->reason, sizeof(p->reason), "%s", rows_text(rows, 3));
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

/* From one state to another; ERR_CONFLICT when somebody was first. */
static int
parcel_move(struct db *db, const struct order *o, const struct parcel *p, const char *from,
    const char *to, struct err *err)
{
	int64_t	 n = 0;

	if (db_run(db, SQL_PARCEL_SET, &n, err, DB_INT(o->id), DB_INT(p->attempt), DB_TEXT(to),
	    DB_TEXT(p->waybill), DB_TEXT(p->reason), DB_TEXT(from)) < 0)
		return -1;
	return n == 1 ? 0 : err_set(err, ERR_CONFLICT,
	    "这笔业务的快递单刚刚有了变化，请刷新页面后再试。");
}

/* ---- the desk ---- */

static json_t *
parcel_payload(const struct hall *h, const struct order *o, const char *ref)
{
	const struct def_express	*d = &hall_def(h)->express;
	json_t				*sender = NULL, *receiver = NULL;

	sender = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "company", d->company, "contact",
	    d->contact, "phone", d->phone, "province", d->province, "city", d->city, "address",
	    d->address);
	receiver = json_pack("{s:s, s:s, s:s, s:s, s:s}", "contact", js_str(o->collection,
	    "receiver"), "phone", js_str(o->collection, "phone"), "province",
	    js_str(o->collection, "province"), "city", js_str(o->collection, "city"), "address",
	    js_str(o->collection, "address"));
	return json_pack("{s:s, s:o, s:o, s:b, s:s}", "ref", ref, "sender", sender, "receiver",
	    receiver, "collect", d->collect, "cargo", "UKey");
}

static int
parcel_order_run(struct db *db, struct act *a, struct err *err)
{
	const struct def_collection	*way = halldef_collection(hall_def(a->h),
					    js_str(a->o.collection, "way"));
	struct parcel			 p;
	char				 ref[64], key[96];
	json_t				*payload = NULL;
	int64_t				 n = 0;
	int				 rc = -1;

	if (!hall_def(a->h)->express.on)
		return err_set(err, ERR_WRONG_STATE, "没有接入快递公司，请手工填写快递公司和运单号。");
	if (a->o.state != ORDER_READY || way == NULL || !way->address)
		return err_set(err, ERR_WRONG_STATE, "制证完成、选择快递邮寄的业务才能下单。");
	if (parcel_get(db, &a->o, &p, err) < 0 || db_run(db, SQL_PARCEL_BEGIN, &n, err,
	    DB_INT(a->o.id), DB_INT(p.attempt + 1), DB_INT(a->who->staff), DB_INT(clock_now())) < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_CONFLICT, "这笔业务已经下过快递单，请刷新页面查看运单号。");
	(void)snprintf(ref, sizeof(ref), PARCEL_REF, a->o.no, p.attempt + 1);
	(void)snprintf(key, sizeof(key), "express.order:%s", ref);
	payload = parcel_payload(a->h, &a->o, ref);
	if (order_note(db, a->h, a->who, &a->o, "parcel", NULL, err) == 0)
		rc = hall_outbox_put(db, a->h, "express.order", key, payload, err);
	json_decref(payload);
	return rc;
}

int
parcel_order(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = { .h = h, .who = who, .desk = true, .no = no };

	if (hall_need_role(who, ROLE_MAKER, err) < 0)
		return -1;
	return act_write(&a, parcel_order_run, err);
}

static int
parcel_cancel_run(struct db *db, struct act *a, struct err *err)
{
	struct parcel	 p;
	char		 ref[64], key[96];
	json_t		*payload = NULL;
	int		 rc = -1;

	if (parcel_get(db, &a->o, &p, err) < 0)
		return -1;
	if (strcmp(p.state, "ordered") != 0 || a->o.state != ORDER_READY)
		return err_set(err, ERR_WRONG_STATE, "没有可以取消的快递单，请刷新页面查看。");
	(void)snprintf(ref, sizeof(ref), PARCEL_REF, a->o.no, p.attempt);
	(void)snprintf(key, sizeof(key), "express.cancel:%s:%" PRId64, ref, clock_now());
	payload = json_pack("{s:s}", "ref", ref);
	if (parcel_move(db, &a->o, &p, "ordered", "cancelling", err) == 0 &&
	    order_note(db, a->h, a->who, &a->o, "parcel_cancel", p.waybill, err) == 0)
		rc = hall_outbox_put(db, a->h, "express.cancel", key, payload, err);
	json_decref(payload);
	return rc;
}

int
parcel_cancel(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = { .h = h, .who = who, .desk = true, .no = no };

	if (hall_need_role(who, ROLE_MAKER, err) < 0)
		return -1;
	return act_write(&a, parcel_cancel_run, err);
}

static const char *
parcel_state_text(const char *state)
{
	static const struct { const char *state, *text; } texts[] = {
		{ "asked", "正在下单" }, { "ordered", "已下单，等待揽收" }, { "refused", "下单没有成功" },
		{ "cancelling", "正在取消" }, { "cancelled", "已取消" },
	};
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].state, state) == 0)
			return texts[i].text;
	return "";
}

int
parcel_model(struct db *db, const struct hall *h, const struct order *o, json_t *model,
    struct err *err)
{
	bool		on = hall_def(h)->express.on, none = false;
	struct parcel	p;

	if (parcel_get(db, o, &p, err) < 0)
		return -1;
	none = p.attempt == 0 || strcmp(p.state, "refused") == 0 || strcmp(p.state, "cancelled") == 0;
	js_set_bool(model, "express", on);
	js_set_bool(model, "has_parcel", p.attempt > 0);
	(void)json_object_set_new(model, "parcel", json_pack("{s:s, s:s, s:s, s:s, s:s}", "state",
	    p.state, "state_text", parcel_state_text(p.state), "waybill", p.waybill, "reason",
	    p.reason, "company", on ? hall_def(h)->express.courier : ""));
	js_set_bool(model, "has_waybill", strcmp(p.state, "ordered") == 0);
	js_set_bool(model, "may_order_parcel", on && none && o->state == ORDER_READY);
	js_set_bool(model, "may_cancel_parcel", strcmp(p.state, "ordered") == 0 &&
	    o->state == ORDER_READY);
	return 0;
}

/* ---- on its way ---- */

int
parcel_follow(struct db *db, struct hall *h, const struct order *o, const char *company,
    const char *waybill, struct err *err)
{
	const char	*phone = js_str(o->collection, "phone");
	size_t		 n = strlen(phone);
	json_t		*payload = NULL;
	char		 key[64];
	int		 rc = 0;

	if (!hall_def(h)->express.on || strstr(company, hall_def(h)->express.courier) == NULL ||
	    strchr(waybill, '-') != NULL || n < 4)
		return 0;
	if (db_run(db, SQL_TRACKING_ADD, NULL, err, DB_TEXT(waybill), DB_INT(o->id),
	    DB_INT(clock_now())) < 0)
		return -1;
	payload = json_pack("{s:s, s:s, s:I}", "waybill", waybill, "tail", phone + n - 4, "until",
	    (json_int_t)(clock_now() + PARCEL_FOLLOW));
	(void)snprintf(key, sizeof(key), "express.route:%s", waybill);
	rc = hall_outbox_put(db, h, "express.route", key, payload, err);
	json_decref(payload);
	return rc;
}

int
parcel_track(struct db *db, const char *waybill, json_t *model, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *j = NULL;
	int		 rc = 0;

	(void)json_object_set_new(model, "track", list);
	if (db_query(db, SQL_TRACK_LIST, &rows, err, DB_TEXT(waybill)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		j = json_pack("{s:s, s:s}", "place", rows_text(rows, 1), "text",
		    rows_text(rows, 2));
		js_set_time(j, "time", rows_int(rows, 0));
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	js_set_bool(model, "has_track", json_array_size(list) > 0);
	return rc;
}

/* ---- facts ---- */

static const struct who	parcel_system = { .system = true, .address = "" };

/* "E<order>_<attempt>" */
static int64_t
parcel_ref(const char *ref, char no[ORDER_NO])
{
	int64_t	 attempt = 0;

	if (ref[0] != 'E' || strlen(ref) <= ORDER_NO || ref[ORDER_NO] != '_' ||
	    str_to_i64(ref + ORDER_NO + 1, 1000, &attempt) < 0)
		return 0;
	(void)snprintf(no, ORDER_NO, "%.*s", ORDER_NO - 1, ref + 1);
	return attempt;
}

static int
parcel_apply_order(struct db *db, struct hall *h, const struct order *o, struct parcel *p,
    const struct express_fact *f, struct err *err)
{
	const char	*from = "asked", *to = "ordered";

	(void)snprintf(p->reason, sizeof(p->reason), "%s%s%s", f->reason_code,
	    *f->reason == '\0' ? "" : "：", f->reason);
	utf8_mend(p->reason);
	if (f->what == EXPRESS_ORDERED)
		str_copy(p->waybill, sizeof(p->waybill), f->waybill);
	else if (f->what == EXPRESS_NOT_ORDERED)
		to = "refused";
	else {
		from = "cancelling";
		to = f->what == EXPRESS_CANCELLED ? "cancelled" : "ordered";
	}
	if (strcmp(p->state, from) != 0)
		return 0;			/* known already */
	if (parcel_move(db, o, p, from, to, err) < 0)
		return -1;
	return strcmp(to, "ordered") != 0 || f->what != EXPRESS_ORDERED ? 0 :
	    order_note(db, h, &parcel_system, o, "parcel_ordered", p->waybill, err);
}

static int
parcel_signed(struct db *db, struct hall *h, struct order *o, const struct express_fact *f,
    struct err *err)
{
	if (order_note(db, h, &parcel_system, o, "parcel_signed", f->waybill, err) < 0)
		return -1;
	if (o->state != ORDER_SHIPPED)
		return 0;			/* a blank key, or told by the receiver before */
	if (order_move(db, h, &parcel_system, o, EVENT_RECEIVED, f->waybill, err) < 0)
		return -1;
	return notice_order(db, h, o, "done", NULL, err);
}

static bool
parcel_is_delivering(const struct express_fact *f)
{
	return f->n > 0 && strcmp(f->route[f->n - 1].code, "44") == 0;
}

/* told and signed_at: as kept before this fact. */
static int
parcel_news(struct db *db, struct hall *h, struct order *o, const struct express_fact *f,
    bool told, bool is_signed, struct err *err)
{
	json_t	*v = NULL;
	int	 rc = 0;

	if (f->signed_at != 0 && !is_signed)
		return parcel_signed(db, h, o, f, err);
	if (told || is_signed || !parcel_is_delivering(f))
		return 0;
	v = json_pack("{s:s}", "waybill", f->waybill);
	rc = notice_order(db, h, o, "delivering", v, err);
	json_decref(v);
	return rc;
}

static int
parcel_apply_routes(struct db *db, struct hall *h, const struct express_fact *f, struct err *err)
{
	struct rows	*rows = NULL;
	struct order	 o = {0};
	bool		 told = false, is_signed = false;
	int64_t		 id = 0;
	size_t		 i = 0;
	int		 rc = 0;

	if (db_query(db, SQL_TRACKING_GET, &rows, err, DB_TEXT(f->waybill)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		id = rows_int(rows, 0);
		told = rows_int(rows, 1) != 0;
		is_signed = rows_int(rows, 2) != 0;
	}
	rows_free(rows);
	if (rc <= 0)
		return rc;
	for (i = 0; i < f->n; i++)
		if (db_run(db, SQL_TRACK_ADD, NULL, err, DB_TEXT(f->waybill),
		    DB_INT(f->route[i].at), DB_TEXT(f->route[i].code),
		    DB_TEXT(f->route[i].place), DB_TEXT(f->route[i].text)) < 0)
			return -1;
	rc = order_load_id(db, h, id, &o, err);
	if (rc == 0)
		rc = parcel_news(db, h, &o, f, told, is_signed, err);
	if (rc == 0)
		rc = db_run(db, SQL_TRACKING_SET, NULL, err, DB_TEXT(f->waybill),
		    DB_INT(told || parcel_is_delivering(f)),
		    DB_INT(is_signed || f->signed_at != 0 ? MAX(f->signed_at, 1) : 0));
	order_release(&o);
	return rc;
}

int
parcel_apply(struct db *db, struct hall *h, const struct express_fact *f, struct err *err)
{
	struct order	o = {0};
	struct parcel	p;
	char		no[ORDER_NO];
	int64_t		attempt = 0;
	int		rc = -1;

	if (f->what == EXPRESS_ROUTES_KNOWN)
		return parcel_apply_routes(db, h, f, err);
	if ((attempt = parcel_ref(f->ref, no)) == 0)
		return 0;
	if (order_load(db, h, no, &o, err) == 0 && (rc = parcel_get(db, &o, &p, err)) == 0 &&
	    p.attempt == attempt)
		rc = parcel_apply_order(db, h, &o, &p, f, err);
	order_release(&o);
	return rc;
}
