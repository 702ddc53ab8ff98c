#include "base/base.h"
#include "hall/form/form.h"

#include "base/clock.h"
#include "hall/act.h"
#include "hall/certificate/eseal.h"
#include "hall/notice.h"
#include "hall/ops.h"
#include "hall/order/order_view.h"
#include "hall/steps.h"

static void
confirm_line(json_t *list, const char *label, const char *value)
{
	(void)json_array_append_new(list, json_pack("{s:s, s:s}", "label", label, "value",
	    value));
}

static json_t *
confirm_summary(const struct order *o, char ends[CLOCK_TEXT])
{
	json_t	*list = json_array();
	char	*address = xasprintf("%s%s%s", js_str(o->form, "province"),
		    js_str(o->form, "city"), js_str(o->form, "address"));
	char	 years[16];

	(void)snprintf(years, sizeof(years), "%d年", o->years);
	confirm_line(list, "证书类型", o->def->title);
	confirm_line(list, "主体名称", o->subject);
	confirm_line(list, "用户名", o->user_name);
	confirm_line(list, "电子邮件", js_str(o->form, o->def->person ? "mail" : "org_mail"));
	confirm_line(list, "联系地址", address);
	if (o->years > 0)
		confirm_line(list, "证书年限", years);
	if (*js_str(o->form, "reissue_cause") != '\0')
		confirm_line(list, "补办原因", js_str(o->form, "reissue_cause"));
	confirm_line(list, "有效日期至（约）", ends);
	free(address);
	return list;
}

/* What replaces a certificate is fetched by the applicant: nothing is made or sent. */
static bool
confirm_offers(const struct order *o, const struct def_collection *way)
{
	return product_collects(o->def, way) &&
	    (o->replaces[0] == '\0' || strcmp(way->id, "download") == 0);
}

static const char *
confirm_help(const struct order *o, const struct def_collection *way)
{
	if (o->def->soft)
		return "审核通过后，凭邮件中的授权码下载到自己的电脑；密钥在您的电脑上生成，由您设置的口令保护。";
	return op_keeps_key(o->op) ? "审核通过后，凭邮件中的授权码写入原来的UKey，PIN码不变。" : way->help;
}

static json_t *
confirm_ways(const struct halldef *d, const struct order *o, const char *chosen)
{
	json_t	*list = json_array(), *j = NULL;
	size_t	 i = 0;

	for (i = 0; i < d->n_collections; i++) {
		if (!confirm_offers(o, &d->collections[i]))
			continue;
		j = json_pack("{s:s, s:s, s:s}", "id", d->collections[i].id, "title",
		    d->collections[i].title, "help", confirm_help(o, &d->collections[i]));
		js_set_bool(j, "address", d->collections[i].address);
		js_set_bool(j, "selected", *chosen == '\0' ? json_array_size(list) == 0 :
		    strcmp(chosen, d->collections[i].id) == 0);
		(void)json_array_append_new(list, j);
	}
	return list;
}

/* The parcel usually goes where the applicant is: what is known is filled in. */
static json_t *
confirm_address(const struct order *o)
{
	static const char *const	names[] = { "province", "city", "address" };
	json_t				*v = json_copy(o->collection);
	size_t				 i = 0;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (*js_str(v, names[i]) == '\0')
			js_set_str(v, names[i], js_str(o->form, names[i]));
	if (*js_str(v, "receiver") == '\0')
		js_set_str(v, "receiver", js_str(o->form, "agent_name"));
	if (*js_str(v, "phone") == '\0')
		js_set_str(v, "phone", js_str(o->form, "agent_phone"));
	return v;
}

/* Does this operation fill the form in? */
static bool
confirm_may_edit(const struct hall *h, const struct order *o)
{
	const struct def_steps	*way = halldef_steps(hall_def(h), o->op);
	size_t			 i = 0;

	for (i = 0; i < way->n; i++)
		if (strcmp(way->names[i], "form") == 0)
			return true;
	return false;
}

static int
confirm_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	struct form_context	 c = {.hall = h, .order = o->id, .product = o->product};
	json_t			*address = NULL, *changes = NULL;
	int64_t			 end = 0;
	char			 ends[CLOCK_TEXT];

	(void)who;
	if (op_ends(db, o, &end, err) < 0 || op_changes(db, h, o, &changes, err) < 0 ||
	    eseal_picture_model(db, o, model, err) < 0)
		return -1;
	address = confirm_address(o);
	(void)clock_date(end, ends);
	js_set_bool(model, "may_edit", confirm_may_edit(h, o));
	js_set_bool(model, "renewing", strcmp(o->op, "renew") == 0);
	js_set_bool(model, "has_changes", json_array_size(changes) > 0);
	js_set_bool(model, "changing", strcmp(o->op, "change") == 0);
	js_set_str(model, "fee_label", o->years > 0 ? "证书价格" : "应缴费用");
	js_set_bool(model, "replacing", o->replaces[0] != '\0');
	(void)json_object_set_new(model, "changes", changes);
	(void)json_object_set_new(model, "summary", confirm_summary(o, ends));
	(void)json_object_set_new(model, "ways", confirm_ways(hall_def(h), o,
	    js_str(o->collection, "way")));
	(void)json_object_set_new(model, "groups", form_model(&c, form_collection, address,
	    NULL));
	js_set_fen(model, "amount", o->amount);
	order_view_amounts(o, model);
	js_set_str(model, "ends", ends);
	json_decref(address);
	return 0;
}

static int
confirm_check(struct hall *h, const struct order *o, const json_t *in, json_t **values,
    json_t *errors, struct err *err)
{
	struct form_context		 c = {.hall = h, .order = o->id, .product = o->product};
	const struct def_collection	*way = halldef_collection(hall_def(h),
					    js_str(in, "way"));

	if (way == NULL || !confirm_offers(o, way))
		return hall_field_error(errors, "way", "领取方式", err, "请选择证书领取方式。");
	if (!way->address)
		*values = json_object();
	else if (form_check(&c, form_collection, in, values, errors, err) < 0)
		return -1;
	js_set_str(*values, "way", way->id);
	return 0;
}

/* A change that changes nothing is a mistake. */
static int
confirm_changed(struct db *db, struct hall *h, const struct order *o, struct err *err)
{
	json_t	*changes = NULL;
	bool	 any = false;

	if (strcmp(o->op, "change") != 0)
		return 0;
	if (op_changes(db, h, o, &changes, err) < 0)
		return -1;
	any = json_array_size(changes) > 0;
	json_decref(changes);
	return any ? 0 : err_set(err, ERR_INPUT,
	    "申请信息与原证书完全一样，没有需要变更的内容；请返回修改，或取消这笔业务。");
}

static int
confirm_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *values, json_t *errors, struct err *err)
{
	static const char *const	kept[] = { "paid_by", "pin_bank", "pin_account" };
	bool				first = o->submitted == 0;
	json_t				*collection = NULL;
	size_t				 i = 0;

	(void)errors;
	if (confirm_changed(db, h, o, err) < 0)
		return -1;
	collection = json_deep_copy(values);
	for (i = 0; i < ARRAY_LEN(kept); i++)
		if (*js_str(o->collection, kept[i]) != '\0')
			js_set_str(collection, kept[i], js_str(o->collection, kept[i]));
	json_decref(o->collection);
	o->collection = collection;
	js_set_int(o->steps, "confirm", clock_now());
	if (o->state == ORDER_DRAFT) {
		if (order_move(db, h, who, o, EVENT_SUBMIT, NULL, err) < 0)
			return -1;
		if (first && notice_order(db, h, o, "submitted", NULL, err) < 0)
			return -1;
	} else if (order_note(db, h, who, o, "confirm", NULL, err) < 0) {
		return -1;
	}
	return step_mark(db, h, who, o, "confirm", err);
}

extern const struct step	step_confirm;
const struct step		step_confirm = {
	.name = "confirm", .title = "申请确认", .bar = "在线申请",
	.next = "请确认申请信息和领取方式",
	.show = confirm_show, .check = confirm_check, .accept = confirm_accept,
};
