#include "unit.h"
#include "base/json.h"
#include "web/openapi.h"
#include "web/page.h"

/* Each row is there, with its methods, who may ask, and each field of its form. */
void
test_openapi__every_row(void **state)
{
	json_t	*doc = openapi_document("https://hall.example"), *paths = json_object_get(doc, "paths");

	(void)state;
	assert_string_equal(js_str(doc, "openapi"), "3.0.3");
	for (size_t i = 0; pages_all[i] != NULL; i++) {
		const struct page	*p = pages_all[i];
		json_t			*path = json_object_get(paths, p->path);
		json_t			*post = json_object_get(path, "post");
		json_t			*any = post == NULL ? json_object_get(path, "get") : post;
		bool			 free_for_all = p->need == NEED_NOBODY ||
		    p->need == NEED_TOKEN || p->need == NEED_MACHINE;
		json_t			*schema = NULL;

		assert_non_null(path);
		assert_true((p->show == NULL) || json_object_get(path, "get") != NULL);
		assert_true((p->post == NULL) || post != NULL);
		assert_int_equal(json_array_size(json_object_get(any, "security")) == 0, free_for_all);
		if (p->post == NULL || p->form == NULL)
			continue;
		schema = json_object_get(json_object_get(json_object_get(json_object_get(post,
		    "requestBody"), "content"), "application/x-www-form-urlencoded"), "schema");
		for (const struct field *f = p->form; f->name != NULL; f++)
			assert_non_null(json_object_get(json_object_get(schema, "properties"), f->name));
	}
	json_decref(doc);
}
