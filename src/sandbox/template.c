#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/yaml.h"

/*
 * Texts of the SMS templates, as the vendor has approved them: read from the hall's own
 * definition (notices: {event: {sms_code, sms_text}}), or set by /control/template.
 */
void
sb_templates_load(const char *path)
{
	struct err		 err = {0};
	struct yaml_doc		*doc = NULL;
	const struct yaml	*notices, *code, *text;

	if (!file_exists(path))
		return;
	if (yaml_load(path, &doc, &err) < 0) {
		log_err("sandbox.templates", &err);
		return;
	}
	notices = yaml_get(yaml_root(doc), "notices");
	for (size_t i = 0; notices != NULL && i < notices->n; i++) {
		code = yaml_get(&notices->child[i], "sms_code");
		text = yaml_get(&notices->child[i], "sms_text");
		if (code != NULL && text != NULL && code->kind == YAML_TEXT &&
		    text->kind == YAML_TEXT)
			sb_put("templates", code->text, json_string(text->text));
	}
	yaml_doc_free(doc);
}

/* {name} and ${name} are filled in; an unknown template shows its values. */
void
sb_template_fill(const char *code, json_t *params, struct buf *out)
{
	const char	*text = json_string_value(json_object_get(sb_map("templates"), code));
	const char	*name, *end;
	json_t		*value;
	char		 key[64];

	if (text == NULL) {
		buf_addf(out, "（模板 %s）", code);
		json_object_foreach(params, name, value)
			buf_addf(out, " %s：%s", name, json_string_value(value));
		return;
	}
	for (const char *p = text; *p != '\0'; p++) {
		if (p[0] == '$' && p[1] == '{')
			p++;
		if (*p == '{' && (end = strchr(p, '}')) != NULL) {
			snprintf(key, sizeof(key), "%.*s", (int)(end - p - 1), p + 1);
			buf_addstr(out, json_object_get(params, key) == NULL ? "" :
			    json_string_value(json_object_get(params, key)));
			p = end;
		} else {
			buf_addch(out, *p);
		}
	}
}
