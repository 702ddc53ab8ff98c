#include "base/base.h"
#include "hall/invoice/invoice_own.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/form/form_check.h"
#include "pki/idcode.h"

/* What is asked for an invoice, and how far an order answers it by itself. */

static json_t *
options_kind(const struct form_context *c)
{
	const struct def_invoice	*d = &hall_def(c->hall)->invoice;
	json_t				*list = json_array();

	if (d->common)
		(void)json_array_append_new(list, json_pack("{s:s, s:s}", "value", "common",
		    "text", "数电普票"));
	if (d->special)
		(void)json_array_append_new(list, json_pack("{s:s, s:s}", "value", "special",
		    "text", "数电专票"));
	return list;
}

static json_t *
options_who(const struct form_context *c)
{
	(void)c;
	return json_pack("[{s:s, s:s}, {s:s, s:s}]", "value", "unit", "text", "单位", "value",
	    "person", "text", "个人");
}

static bool
invoice_is_free(const struct form_context *c)
{
	return c->hall == NULL || !hall_def(c->hall)->invoice.fixed;
}

static bool
invoice_is_fixed(const struct form_context *c)
{
	return c->hall != NULL && hall_def(c->hall)->invoice.fixed;
}

static bool
invoice_has_special(const struct form_context *c)
{
	return c->hall == NULL || hall_def(c->hall)->invoice.special;
}

/* 15, 17, 18 or 20 letters and digits; 18 are a unified code. */
static FORM_CHECK(check_tax_no)
{
	char	code[32];
	size_t	n = 0;

	(void)c;
	(void)idcode_fold(value, code, sizeof(code));
	n = strlen(code);
	if (strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != n ||
	    (n != 15 && n != 17 && n != 18 && n != 20))
		return err_set(err, ERR_INPUT, "纳税人识别号为15、17、18或20位字母、数字，请核对。");
	return n != 18 || idcode_check_uscc(code, err) == 0 ? 0 :
	    err_set(err, ERR_INPUT, "纳税人识别号（统一社会信用代码）的校验位不对，请核对。");
}

static FORM_CHECK(check_bank_account)
{
	size_t	n = strspn(value, "0123456789- ");

	(void)c;
	return value[n] == '\0' && n >= 6 ? 0 :
	    err_set(err, ERR_INPUT, "银行账号由6位以上数字组成，请核对。");
}

#define FIELD_INVOICE_BUYER							\
	{ .name = "who", .label = "抬头类型", .type = FIELD_RADIO, .required = true, .max = 10,	\
	  .options = options_who, .applies = invoice_is_free },			\
	{ .name = "invoice_title", .label = "发票抬头", .type = FIELD_TEXT, .required = true, .max = 100, \
	  .help = "单位全称或个人姓名。", .check = check_text, .applies = invoice_is_free },	\
	{ .name = "tax_no", .label = "纳税人识别号", .type = FIELD_TEXT, .max = 20,		\
	  .help = "单位必填，一般为18位统一社会信用代码；个人不填。", .check = check_tax_no,	\
	  .applies = invoice_is_free },						\
	{ .name = "tax_no", .label = "单位纳税人识别号", .type = FIELD_TEXT, .required = true,	\
	  .max = 20, .help = "一般为18位统一社会信用代码。", .check = check_tax_no,		\
	  .applies = invoice_is_fixed },					\
	{ .name = "mail", .label = "接收邮箱", .type = FIELD_MAIL, .required = true, .max = 100,	\
	  .help = "发票开出后，PDF文件发到这个邮箱。", .check = check_mail },			\
	{ .name = "address", .label = "营业地址", .group = "专用发票还须填写", .type = FIELD_TEXT,	\
	  .max = 100, .check = check_text, .applies = invoice_has_special },		\
	{ .name = "phone", .label = "单位电话", .type = FIELD_TEL, .max = 20,			\
	  .help = "区号-号码，例如0731-12345678。", .check = check_phone,			\
	  .applies = invoice_has_special },					\
	{ .name = "bank", .label = "开户行", .type = FIELD_TEXT, .max = 60, .check = check_text,	\
	  .applies = invoice_has_special },					\
	{ .name = "account", .label = "银行账号", .type = FIELD_TEXT, .max = 30,		\
	  .check = check_bank_account, .applies = invoice_has_special },		\
	{ .name = NULL }

const struct field	form_invoice[] = {
	{ .name = "kind", .label = "发票种类", .group = "发票信息", .type = FIELD_RADIO,
	  .required = true, .max = 10, .options = options_kind },
	FIELD_INVOICE_BUYER,
};

/* The same to mend one; a fixed title stays. */
const struct field	form_invoice_mend[] = {
	{ .name = "kind", .label = "发票种类", .group = "更正开票信息", .type = FIELD_RADIO,
	  .required = true, .max = 10, .options = options_kind },
	FIELD_INVOICE_BUYER,
};

/* A 专票 names the buyer wholly, and is for units only. */
static int
invoice_check_special(const json_t *in, bool organisation, json_t *errors, struct err *err)
{
	static const char *const need[][2] = { { "address", "营业地址" }, { "phone", "单位电话" },
	    { "bank", "开户行" }, { "account", "银行账号" } };
	size_t	i = 0;
	int	rc = 0;

	if (!organisation)
		return hall_field_error(errors, "kind", "发票种类", err,
		    "个人只能开普票，请改选普票，或填写单位的抬头。");
	for (i = 0; i < ARRAY_LEN(need); i++)
		if (*js_str(in, need[i][0]) == '\0')
			rc = hall_field_error(errors, need[i][0], need[i][1], err,
			    "开专票须填写%s。", need[i][1]);
	return rc;
}

int
invoice_take_form(const struct hall *h, const json_t *in, struct invoice *v, json_t *errors,
    struct err *err)
{
	static const char *const copied[] = { "address", "phone", "bank", "account", "mail" };
	bool	fixed = hall_def(h)->invoice.fixed;
	bool	organisation = fixed ? js_bool(v->buyer, "organisation") :
		    strcmp(js_str(in, "who"), "unit") == 0;
	bool	special = strcmp(js_str(in, "kind"), "special") == 0;
	char	code[32];
	size_t	i = 0;

	if (organisation && *js_str(in, "tax_no") == '\0')
		return hall_field_error(errors, "tax_no", "纳税人识别号", err,
		    "单位须填写纳税人识别号。");
	if (special && invoice_check_special(in, organisation, errors, err) < 0)
		return -1;
	(void)snprintf(v->kind, sizeof(v->kind), "%s", special ? "special" : "common");
	if (!fixed)
		(void)snprintf(v->title, sizeof(v->title), "%s", js_str(in, "invoice_title"));
	json_decref(v->buyer);
	v->buyer = json_object();
	js_set_bool(v->buyer, "organisation", organisation);
	js_set_str(v->buyer, "tax_no", organisation ? idcode_fold(js_str(in, "tax_no"), code,
	    sizeof(code)) : "");
	for (i = 0; i < ARRAY_LEN(copied); i++)
		js_set_str(v->buyer, copied[i], js_str(in, copied[i]));
	return 0;
}

json_t *
invoice_form(struct hall *h, const struct field *fields, const struct invoice *v)
{
	struct form_context	 c = { .hall = h };
	json_t			*values = json_deep_copy(v->buyer), *groups = NULL;

	js_set_str(values, "kind", v->kind);
	js_set_str(values, "invoice_title", v->title);
	js_set_str(values, "who", js_bool(v->buyer, "organisation") ? "unit" : "person");
	groups = form_model(&c, fields, values, NULL);
	json_decref(values);
	return groups;
}

/* A unit's certificate and a person's of a unit alike go to the unit. */
void
invoice_order_title(const struct order *o, const char **title, const char **tax_no,
    bool *organisation)
{
	const char	*unit = js_str(o->form, "org_name");
	bool		 uscc = strcmp(js_str(o->form, "org_id_type"), "uscc") == 0;

	*organisation = *unit != '\0';
	*title = *organisation ? unit : js_str(o->form, "person_name");
	*tax_no = *organisation && uscc ? js_str(o->form, "org_id_no") : "";
}

int
invoice_order_may(const struct hall *h, const struct order *o, struct err *err)
{
	const struct def_invoice	*d = &hall_def(h)->invoice;

	if (!d->on)
		return err_set(err, ERR_WRONG_STATE, "本服务网不提供电子发票，请联系客服。");
	if (o->amount <= 0)
		return err_set(err, ERR_WRONG_STATE, "业务%s没有费用，不需要开票。", o->no);
	if (o->paid < o->amount || o->state == ORDER_DRAFT)
		return err_set(err, ERR_WRONG_STATE, "业务%s还没有缴费，缴费后再申请开票。", o->no);
	if (o->state == ORDER_CANCELLED || o->state == ORDER_REFUNDING)
		return err_set(err, ERR_WRONG_STATE, "业务%s已取消，不能开票。", o->no);
	if (o->created < clock_now() - d->days * CLOCK_DAY)
		return err_set(err, ERR_EXPIRED, "业务%s已超过%d天，不能在线开票，请联系客服。", o->no,
		    d->days);
	return 0;
}

/* How much of the order's price is the UKey. */
static int64_t
invoice_medium_part(const struct order *o)
{
	if (strcmp(o->op, "reissue") == 0)
		return o->amount;
	return strcmp(o->op, "new") == 0 ? MIN(o->def->medium, o->amount) : 0;
}

/* How much is the seal; without a line of its own it is service. */
static int64_t
invoice_seal_part(const struct def_invoice *d, const struct order *o)
{
	return *d->seal.name == '\0' ? 0 : MIN(o->seal_fen, o->amount - invoice_medium_part(o));
}

static void
invoice_line(json_t *items, const struct def_invoice_line *line, int64_t fen)
{
	if (fen > 0)
		(void)json_array_append_new(items, json_pack("{s:s, s:s, s:I, s:i}", "name",
		    line->name, "tax_code", line->tax_code, "fen", (json_int_t)fen, "rate",
		    line->rate));
}

int
invoice_sum_up(struct db *db, const struct hall *h, const json_t *orders, struct invoice *v,
    struct err *err)
{
	const struct def_invoice	*d = &hall_def(h)->invoice;
	struct order			 o = {0};
	json_t				*one = NULL;
	int64_t				 medium = 0, service = 0, seal = 0;
	size_t				 i = 0;

	json_array_foreach(orders, i, one) {
		if (order_load_id(db, h, js_int(one, "id", 0), &o, err) < 0)
			return -1;
		medium += invoice_medium_part(&o);
		seal += invoice_seal_part(d, &o);
		service += o.amount - invoice_medium_part(&o) - invoice_seal_part(d, &o);
		order_release(&o);
	}
	json_decref(v->items);
	v->items = json_array();
	v->amount = service + medium + seal;
	invoice_line(v->items, &d->service, service);
	invoice_line(v->items, &d->medium, medium);
	invoice_line(v->items, &d->seal, seal);
	return 0;
}
