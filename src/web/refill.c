#include "base/base.h"
#include "web/refill.h"

static void
refill_options(json_t *field, const char *value)
{
	json_t	*list = json_object_get(field, "options"), *o = NULL;
	size_t	 i = 0;

	json_array_foreach(list, i, o)
		js_set_bool(o, "selected", strcmp(js_str(o, "value"), value) == 0);
}

static void
refill_field(json_t *field, const json_t *in, const json_t *errors)
{
	const char	*name = js_str(field, "name");
	const json_t	*value = json_object_get(in, name), *e = NULL;
	size_t		 i = 0;

	if (json_is_string(value) && !js_bool(field, "is_password")) {
		js_set_str(field, "value", json_string_value(value));
		refill_options(field, json_string_value(value));
	}
	json_array_foreach(errors, i, e)
		if (strcmp(js_str(e, "field"), name) == 0) {
			js_set_str(field, "error", js_str(e, "text"));
			break;
		}
}

void
refill(json_t *model, const json_t *in, const json_t *errors)
{
	json_t	*groups = json_object_get(model, "groups"), *group = NULL, *field = NULL;
	size_t	 i = 0, k = 0;

	json_array_foreach(groups, i, group)
		json_array_foreach(json_object_get(group, "fields"), k, field)
			refill_field(field, in, errors);
}
