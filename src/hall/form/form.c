#include "base/base.h"
#include "hall/form/form.h"

#include "base/str.h"
#include "hall/act.h"
#include "hall/def/halldef.h"
#include "hall/form/form_check.h"
#include "hall/ops.h"
#include "pki/idcode.h"

static bool
form_applies(const struct form_context *c, const struct field *f)
{
	return f->applies == NULL || f->applies(c);
}

bool
form_is_given(const struct form_context *c, const struct field *f)
{
	return c->given != NULL && (c->op == NULL || strcmp(c->op, "new") == 0) &&
	    *js_str(c->given, f->name) != '\0';
}

bool
form_is_fixed(const struct form_context *c, const struct field *f)
{
	const struct op			*op = c->op == NULL ? NULL : op_by_name(c->op);
	const struct def_product	*p = op == NULL || !op->same_facts || c->product == NULL ? NULL :
					    halldef_product(hall_def(c->hall), c->product);
	char				 name[64];
	size_t				 i = 0;

	if (form_is_given(c, f))
		return true;
	(void)snprintf(name, sizeof(name), "{%s}", f->name);
	for (i = 0; p != NULL && i < p->n_subject; i++)
		if (strstr(p->subject[i].value, name) != NULL)
			return true;
	return false;
}

/* Names and addresses keep their full-width brackets, as the register writes them. */
static bool
form_folds(const struct field *f)
{
	return f->options == NULL && f->check != check_text && f->check != check_answer;
}

/* Trimmed, folded to half width, codes in capitals; passwords as they are. */
static char *
form_normalise(const struct field *f, const json_t *in)
{
	char	*text = xstrdup(js_str(in, f->name)), *p = NULL;
	size_t	 len = strlen(f->name);

	if (f->type == FIELD_PASSWORD)
		return text;
	if (form_folds(f))
		str_fold(text);
	str_trim(text);
	if (len > 6 && strcmp(f->name + len - 6, "_id_no") == 0)
		for (p = text; *p != '\0'; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
	if (f->type == FIELD_MAIL)
		for (p = text; *p != '\0'; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p - 'A' + 'a');
	return text;
}

static json_t *
form_normalised(const struct form_context *c, const struct field *fields, const json_t *in)
{
	json_t	*out = json_object();
	char	*text = NULL;

	for (; fields->name != NULL; fields++) {
		if (!form_applies(c, fields))
			continue;
		text = form_is_given(c, fields) ? form_normalise(fields, c->given) :
		    form_is_fixed(c, fields) ? xstrdup(js_str(c->stands, fields->name)) :
		    form_normalise(fields, in);
		if (utf8_is_valid(text, strlen(text)))
			(void)json_object_set_new(out, fields->name, json_string(text));
		else
			(void)json_object_set_new(out, fields->name, json_string(""));
		free(text);
	}
	return out;
}

static bool
form_is_option(const struct form_context *c, const struct field *f, const char *value)
{
	json_t	*list = f->options(c), *o = NULL;
	size_t	 i = 0;
	bool	 found = false;

	json_array_foreach(list, i, o)
		found = found || strcmp(js_str(o, "value"), value) == 0;
	json_decref(list);
	return found;
}

static int
form_check_field(const struct form_context *c, const struct field *f, struct err *err)
{
	const char	*value = js_str(c->values, f->name);

	if (*value == '\0')
		return !f->required ? 0 : err_set(err, ERR_INPUT, "请%s%s。",
		    f->options != NULL ? "选择" : "填写", f->label);
	if (utf8_count(value) > f->max)
		return err_set(err, ERR_INPUT, "%s最多%zu个字，请缩短。", f->label, f->max);
	if (utf8_has_hidden(value))
		return err_set(err, ERR_INPUT, "%s中有不可见的字符，请删除后重新输入。",
		    f->label);
	if (f->options != NULL && !form_is_option(c, f, value)) {
		/* A city of another province deserves the better sentence. */
		if (f->check != NULL && f->check(c, value, err) < 0)
			return -1;
		return err_set(err, ERR_INPUT, "请从列表中选择%s。", f->label);
	}
	return f->check == NULL ? 0 : f->check(c, value, err);
}

int
hall_field_error(json_t *errors, const char *field, const char *label, struct err *err,
    const char *fmt, ...)
{
	char	text[LIMIT_ERR_TEXT];
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	utf8_mend(text);
	if (errors != NULL)
		(void)json_array_append_new(errors, json_pack("{s:s, s:s, s:s}", "field", field,
		    "label", label, "text", text));
	return err_set(err, ERR_INPUT, "%s", text);
}

/* Units without the merged code must give the two older numbers. */
static int
form_check_across(const struct field *fields, const json_t *values, json_t *errors,
    struct err *err)
{
	static const struct { const char *name, *label; } old[] = {
		{ "licence_no", "工商营业执照号" }, { "tax_no", "税务登记证号" } };
	size_t	i = 0;
	int	rc = 0;

	if (fields != form_organisation ||
	    strcmp(js_str(values, "org_id_type"), "org-code") != 0)
		return 0;
	for (i = 0; i < ARRAY_LEN(old); i++)
		if (*js_str(values, old[i].name) == '\0')
			rc = hall_field_error(errors, old[i].name, old[i].label, err,
			    "没有统一社会信用代码的单位须填写%s。", old[i].label);
	return rc;
}

int
form_check(const struct form_context *context, const struct field *fields, const json_t *in,
    json_t **values, json_t *errors, struct err *err)
{
	struct form_context	c = *context;
	struct err		first = {0}, one = {0};
	const struct field	*f = NULL;

	c.values = *values = form_normalised(context, fields, in);
	for (f = fields; f->name != NULL; f++) {
		if (!form_applies(&c, f) || (form_is_fixed(&c, f) && !form_is_given(&c, f)))
			continue;
		err_clear(&one);
		if (form_check_field(&c, f, &one) == 0)
			continue;
		/* A broken store is no mistake of the applicant. */
		if (one.kind != ERR_INPUT && one.kind != ERR_CONFLICT) {
			*err = one;
			return -1;
		}
		(void)hall_field_error(errors, f->name, f->label, &one, "%s%s", one.text,
		    form_is_given(&c, f) ? c.given_help : "");
		if (first.kind == ERR_NONE)
			first = one;
	}
	err_clear(&one);
	if (first.kind == ERR_NONE && form_check_across(fields, c.values, errors, &one) < 0)
		first = one;
	if (first.kind == ERR_NONE)
		return 0;
	*err = first;
	return -1;
}

int
form_check_one(const struct form_context *context, const struct field *fields, const char *name,
    const json_t *in, struct err *err)
{
	struct form_context	 c = *context;
	json_t			*values = form_normalised(context, fields, in);
	int			 rc = -1;

	c.values = values;
	for (; fields->name != NULL; fields++)
		if (strcmp(fields->name, name) == 0 && form_applies(&c, fields))
			break;
	if (fields->name == NULL)
		err_set(err, ERR_NOT_FOUND, "没有这一项。");
	else
		rc = form_check_field(&c, fields, err);
	json_decref(values);
	return rc;
}

static const char *
form_type_key(enum field_type type)
{
	static const char *const keys[] = {
		[FIELD_TEXT] = "is_text", [FIELD_TEL] = "is_tel", [FIELD_MAIL] = "is_mail",
		[FIELD_DATE] = "is_date", [FIELD_CHOICE] = "is_choice",
		[FIELD_RADIO] = "is_radio", [FIELD_PASSWORD] = "is_password",
		[FIELD_CODE] = "is_code", [FIELD_HIDDEN] = "is_hidden",
		[FIELD_TICK] = "is_tick",
	};

	return keys[type];
}

/* A choice's options with the chosen one marked; a single option is chosen by itself. */
static json_t *
form_options_model(const struct form_context *c, const struct field *f, const char *value)
{
	json_t	*list = f->options(c), *o = NULL;
	size_t	 i = 0, n = json_array_size(list);

	json_array_foreach(list, i, o)
		js_set_bool(o, "selected", strcmp(js_str(o, "value"), value) == 0 ||
		    (n == 1 && *value == '\0'));
	return list;
}

static json_t *
form_field_model(const struct form_context *c, const struct field *f, const json_t *errors)
{
	const char	*value = f->type == FIELD_PASSWORD ? "" : js_str(c->values, f->name);
	json_t		*j = json_object(), *e = NULL;
	int		 type = 0;
	size_t		 i = 0;

	js_set_str(j, "name", f->name);
	js_set_str(j, "label", f->label);
	js_set_bool(j, "required", f->required);
	js_set_int(j, "max", (int64_t)f->max);
	js_set_str(j, "help", form_is_given(c, f) ? c->given_help : f->help == NULL ||
	    form_is_fixed(c, f) ? "" : f->help);
	js_set_str(j, "value", value);
	for (type = FIELD_TEXT; type <= FIELD_TICK; type++)
		js_set_bool(j, form_type_key((enum field_type)type), f->type ==
		    (enum field_type)type);
	js_set_bool(j, "is_fixed", form_is_fixed(c, f));
	if (f->options != NULL)
		(void)json_object_set_new(j, "options", form_options_model(c, f, value));
	else
		(void)json_object_set_new(j, "options", json_array());
	js_set_str(j, "error", "");
	json_array_foreach(errors, i, e)
		if (strcmp(js_str(e, "field"), f->name) == 0) {
			js_set_str(j, "error", js_str(e, "text"));
			break;
		}
	return j;
}

json_t *
form_model(const struct form_context *context, const struct field *fields, const json_t *values,
    const json_t *errors)
{
	struct form_context	 c = *context;
	json_t			*groups = json_array(), *list = NULL, *none = json_array();

	c.values = values;
	for (; fields->name != NULL; fields++) {
		if (!form_applies(&c, fields))
			continue;
		if (fields->group != NULL || list == NULL) {
			list = json_array();
			(void)json_array_append_new(groups, json_pack("{s:s, s:o}", "group",
			    fields->group == NULL ? "" : fields->group, "fields", list));
		}
		(void)json_array_append_new(list, form_field_model(&c, fields,
		    errors == NULL ? none : errors));
	}
	json_decref(none);
	return groups;
}

static int
form_user_name_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	if (db_query(db, SQL_USER_NAME_OWNER, &rows, err, DB_TEXT(a->name)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0 && rows_int(rows, 0) != a->number)
		rc = err_set(err, ERR_CONFLICT, "用户名“%s”已被使用，请换一个。", a->name);
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

int
form_user_name_free(struct hall *h, const char *name, int64_t order, struct err *err)
{
	char		low[16];
	struct act	a = {.h = h, .name = low, .number = order};
	size_t		i = 0;

	for (i = 0; name[i] != '\0' && i < sizeof(low) - 1; i++)
		low[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
	low[i] = '\0';
	return act_read(&a, form_user_name_run, err);
}
