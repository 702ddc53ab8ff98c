#include "base/base.h"
#include "hall/order/material.h"

#include "hall/certificate/eseal.h"
#include "hall/steps.h"

static int
materials_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	json_t	*rows = NULL;
	bool	 complete = false;

	(void)who;
	if (material_list(db, h, o, &rows, &complete, err) < 0)
		return -1;
	(void)json_object_set_new(model, "materials", rows);
	js_set_bool(model, "complete", complete);
	js_set_bool(model, "may_change", order_may_change_material(o));
	return eseal_picture_model(db, o, model, err);
}

static int
materials_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *in, json_t *errors, struct err *err)
{
	json_t	*rows = NULL, *row = NULL;
	bool	 complete = false;
	size_t	 i = 0;
	int	 rc = 0;

	(void)in;
	if (material_list(db, h, o, &rows, &complete, err) < 0)
		return -1;
	json_array_foreach(rows, i, row)
		if (js_bool(row, "required") && !js_bool(row, "has"))
			rc = hall_field_error(errors, js_str(row, "kind"),
			    js_str(row, "title"), err, "请上传%s。", js_str(row, "title"));
	json_decref(rows);
	return rc < 0 ? -1 : step_mark(db, h, who, o, "materials", err);
}

extern const struct step	step_materials;
const struct step		step_materials = {
	.name = "materials", .title = "材料提交", .bar = "材料提交",
	.next = "请上传材料扫描件",
	.show = materials_show, .accept = materials_accept,
};
