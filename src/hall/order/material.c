#include "base/base.h"
#include "hall/order/material.h"

#include "base/clock.h"
#include "hall/act.h"
#include "hall/blob.h"
#include "hall/certificate/eseal.h"
#include "hall/order/order_row.h"
#include "hall/services.h"
#include "hall/steps.h"

/* One upload on its way into the store. */
struct material_job {
	const struct def_material	*m;
	const struct doc_image		*im;
	const char			*kind, *as;
	bool				 thumb;
	bool				 seal, person;	/* the order's seal is cut out of it; whose */
	struct buf			*out;
	const char			*type;
};

size_t
material_upload_max(void)
{
	return LIMIT_UPLOAD;
}

static void
material_types_text(const struct def_material *m, char text[64])
{
	(void)snprintf(text, 64, "%s%s%s", m->jpg ? "JPG、" : "", m->png ? "PNG、" : "",
	    m->bmp ? "BMP、" : "");
	text[strlen(text) - strlen("、")] = '\0';
}

json_t *
material_kind_model(const struct def_material *m)
{
	json_t	*j = json_pack("{s:s, s:s, s:s, s:b, s:b}", "kind", m->kind, "title", m->title,
		    "help", m->help, "required", m->required, "stamp", m->stamp);
	char	 text[64];

	material_types_text(m, text);
	js_set_str(j, "types_text", text);
	(void)snprintf(text, sizeof(text), "%s%s%s", m->jpg ? ".jpg,.jpeg," : "",
	    m->png ? ".png," : "", m->bmp ? ".bmp," : "");
	text[strlen(text) - 1] = '\0';
	js_set_str(j, "accept", text);
	(void)snprintf(text, sizeof(text), "%zuMB", m->max_bytes / (1024 * 1024));
	js_set_str(j, "max_text", text);
	js_set_int(j, "dpi", m->dpi);
	js_set_bool(j, "has", false);
	return j;
}

static void
material_fill(json_t *j, struct rows *rows)
{
	char	text[64];

	js_set_bool(j, "has", true);
	js_set_str(j, "id", rows_text(rows, 0));
	js_set_str(j, "type", rows_text(rows, 1));
	js_set_int(j, "width", rows_int(rows, 2));
	js_set_int(j, "height", rows_int(rows, 3));
	js_set_int(j, "stated_dpi", rows_int(rows, 4));
	(void)snprintf(text, sizeof(text), "%" PRId64 "KB", (rows_int(rows, 5) + 1023) / 1024);
	js_set_str(j, "size_text", text);
	js_set_time(j, "time", rows_int(rows, 6));
	js_set_int(j, "at", rows_int(rows, 6));
}

/* Specimens as the order's seal needs them; of no use to it, only what was handed in is shown. */
static int
material_list_seal(struct db *db, const struct order *o, json_t *list, struct err *err)
{
	bool	wanted = false, required = false;
	size_t	i = 0;

	while (i < json_array_size(list)) {
		json_t	*j = json_array_get(list, i);

		required = js_bool(j, "required");
		if (eseal_material(db, o, js_str(j, "kind"), &wanted, &required, err) < 0)
			return -1;
		js_set_bool(j, "required", required);
		if (wanted || js_bool(j, "has"))
			i++;
		else
			(void)json_array_remove(list, i);
	}
	return 0;
}

int
material_list(struct db *db, const struct hall *h, const struct order *o, json_t **out,
    bool *complete, struct err *err)
{
	json_t		*list = json_array(), *j = NULL;
	struct rows	*rows = NULL;
	size_t		 i = 0;
	int		 rc = 0;

	(void)h;
	for (i = 0; i < o->def->n_materials; i++)
		if (material_is_for(&o->def->materials[i], o->op))
			(void)json_array_append_new(list,
			    material_kind_model(&o->def->materials[i]));
	if (db_query(db, SQL_MATERIAL_LIST, &rows, err, DB_INT(o->id)) < 0) {
		json_decref(list);
		return -1;
	}
	while ((rc = rows_next(rows, err)) > 0)
		json_array_foreach(list, i, j)
			if (strcmp(js_str(j, "kind"), rows_text(rows, 0)) == 0)
				material_fill(j, rows);
	rows_free(rows);
	if (rc < 0 || material_list_seal(db, o, list, err) < 0) {
		json_decref(list);
		return -1;
	}
	*complete = true;
	json_array_foreach(list, i, j)
		if (js_bool(j, "required") && !js_bool(j, "has"))
			*complete = false;
	*out = list;
	return 0;
}

static int
material_may(const struct order *o, struct err *err)
{
	if (order_may_change_material(o))
		return 0;
	if (o->state == ORDER_DRAFT)
		return err_set(err, ERR_WRONG_STATE, "请先填写并确认申请信息，再提交材料。");
	return err_set(err, ERR_WRONG_STATE, "业务当前为“%s”，材料不能再修改。",
	    order_state_text(o->state));
}

static const struct def_material *
material_kind(const struct order *o, const char *kind, struct err *err)
{
	const struct def_material	*m = product_material(o->def, kind);

	if (m == NULL)
		err_set(err, ERR_NOT_FOUND, "本业务没有这种材料。");
	return m;
}

/* The kind's row, after the change, for the answer. */
static int
material_row(struct db *db, struct act *a, const char *kind, struct err *err)
{
	json_t	*list = NULL, *j = NULL;
	bool	 complete = false;
	size_t	 i = 0;

	if (material_list(db, a->h, &a->o, &list, &complete, err) < 0)
		return -1;
	json_array_foreach(list, i, j)
		if (strcmp(js_str(j, "kind"), kind) == 0)
			a->model = json_incref(j);
	js_set_bool(a->model, "complete", complete);
	json_decref(list);
	return 0;
}

/* A change is an event; a reviewer who looked at the old picture must look again. */
static int
material_changed(struct db *db, struct act *a, const char *what, const char *title,
    struct err *err)
{
	if (order_save(db, a->h, &a->o, err) < 0)
		return -1;
	return order_note(db, a->h, a->who, &a->o, what, title, err);
}

/* What stands there is replaced or taken away (blob.h). */
static int
material_leave(struct db *db, const struct order *o, const char *kind, struct err *err)
{
	int64_t	now = clock_now();

	if (db_run(db, SQL_BLOB_LEAVE_MATERIAL, NULL, err, DB_INT(o->id), DB_TEXT(kind),
	    DB_INT(now)) < 0)
		return -1;
	return db_run(db, SQL_BLOB_LEAVE_THUMB, NULL, err, DB_INT(o->id), DB_TEXT(kind),
	    DB_INT(now));
}

static int
material_add_run(struct db *db, struct act *a, struct err *err)
{
	struct material_job	*j = a->extra;
	const struct doc_image	*im = j->im;
	char			 blob[BLOB_NAME], thumb[BLOB_NAME];

	if (material_may(&a->o, err) < 0)
		return -1;
	if (material_leave(db, &a->o, j->m->kind, err) < 0 ||
	    blob_put(db, a->h, im->kept.p, im->kept.len, blob, err) < 0 ||
	    blob_put(db, a->h, im->thumb.p, im->thumb.len, thumb, err) < 0)
		return -1;
	if (db_run(db, SQL_MATERIAL_SET, NULL, err, DB_INT(a->o.id), DB_TEXT(j->m->kind),
	    DB_TEXT(blob), DB_TEXT(thumb), DB_TEXT(im->kept_type), DB_INT(im->kept_width),
	    DB_INT(im->kept_height), DB_INT(im->dpi), DB_INT((int64_t)im->kept.len),
	    DB_INT(clock_now())) < 0)
		return -1;
	if (material_changed(db, a, "material", j->m->title, err) < 0)
		return -1;
	return material_row(db, a, j->m->kind, err);
}

/* Before the picture is opened: is it ours, and may it still change? */
static int
material_look_run(struct db *db, struct act *a, struct err *err)
{
	struct material_job	*j = a->extra;
	bool			 wanted = false, required = false;

	j->m = material_kind(&a->o, j->kind, err);
	if (j->m == NULL)
		return -1;
	j->person = a->o.def->person;
	if (material_may(&a->o, err) < 0 ||
	    eseal_material(db, &a->o, j->kind, &wanted, &required, err) < 0)
		return -1;
	if (!wanted)
		return err_set(err, ERR_WRONG_STATE, "这笔业务的电子印章不用%s，不需要上传。", j->m->title);
	j->seal = strcmp(j->kind, ESEAL_SPECIMEN) == 0 || strcmp(j->kind, ESEAL_SIGNATURE) == 0;
	return 0;
}

int
material_add(struct hall *h, const struct who *who, const char *no, const char *kind,
    const void *p, size_t len, json_t **row, struct err *err)
{
	struct doc_image	 im;
	struct material_job	 j = {.im = &im, .kind = kind};
	struct act		 a = {.h = h, .who = who, .no = no, .extra = &j};
	struct doc_image_rule	 rule = {0};
	int			 rc = -1;

	if (act_read(&a, material_look_run, err) < 0)
		return -1;
	if (len == 0)
		return err_set(err, ERR_INPUT, "请选择%s的图片文件。", j.m->title);
	rule.jpg = j.m->jpg;
	rule.png = j.m->png;
	rule.bmp = j.m->bmp;
	rule.min_dpi = j.m->dpi;
	rule.paper_mm = j.m->paper_mm;
	rule.keep_bytes = j.m->max_bytes;
	doc_image_init(&im);
	if (hall_services(h)->image(p, len, &rule, &im, err) == 0 &&
	    (!j.seal || eseal_specimen_check(h, &im, kind, j.person, err) == 0))
		rc = act_model(&a, act_write(&a, material_add_run, err), row);
	doc_image_free(&im);
	return rc;
}

static int
material_delete_run(struct db *db, struct act *a, struct err *err)
{
	const struct def_material	*m = material_kind(&a->o, a->name, err);
	int64_t				 changed = 0;
	bool				 wanted = false, required = m != NULL && m->required;

	if (m == NULL || material_may(&a->o, err) < 0 ||
	    eseal_material(db, &a->o, m->kind, &wanted, &required, err) < 0)
		return -1;
	if (material_leave(db, &a->o, m->kind, err) < 0 ||
	    db_run(db, SQL_MATERIAL_DROP, &changed, err, DB_INT(a->o.id), DB_TEXT(m->kind)) < 0)
		return -1;
	if (changed == 0)
		return 0;
	if (required) {
		step_unmark(&a->o, "materials");
		if (a->o.state == ORDER_REVIEWING)
			return order_move(db, a->h, a->who, &a->o, EVENT_LACK, m->title, err);
	}
	return material_changed(db, a, "material_delete", m->title, err);
}

int
material_delete(struct hall *h, const struct who *who, const char *no, const char *kind,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no, .name = kind};

	return act_write(&a, material_delete_run, err);
}

static int
material_same_run(struct db *db, struct act *a, struct err *err)
{
	struct material_job		*j = a->extra;
	const struct def_material	*from = material_kind(&a->o, j->kind, err);
	const struct def_material	*to = from == NULL ? NULL :
					    material_kind(&a->o, j->as, err);
	int64_t				 changed = 0;

	if (from == NULL || to == NULL || material_may(&a->o, err) < 0)
		return -1;
	if (to->dpi > from->dpi)
		return err_set(err, ERR_INPUT, "%s要求%dDPI，请单独上传。", to->title, to->dpi);
	if (material_leave(db, &a->o, to->kind, err) < 0 ||
	    db_run(db, SQL_MATERIAL_SAME, &changed, err, DB_INT(a->o.id), DB_TEXT(from->kind),
	    DB_TEXT(to->kind), DB_INT(clock_now())) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_NOT_FOUND, "请先上传%s。", from->title);
	if (material_changed(db, a, "material", to->title, err) < 0)
		return -1;
	return material_row(db, a, to->kind, err);
}

int
material_same(struct hall *h, const struct who *who, const char *no, const char *kind,
    const char *as, json_t **row, struct err *err)
{
	struct material_job	j = {.kind = kind, .as = as};
	struct act		a = {.h = h, .who = who, .no = no, .extra = &j};

	return act_model(&a, act_write(&a, material_same_run, err), row);
}

static int
material_read_run(struct db *db, struct act *a, struct err *err)
{
	struct material_job	*j = a->extra;
	struct rows		*rows = NULL;
	int			 rc = -1;

	if (db_one(db, SQL_MATERIAL_GET, &rows, err, DB_INT(a->o.id), DB_TEXT(j->kind)) < 0) {
		if (err->kind == ERR_NOT_FOUND)
			err_set(err, ERR_NOT_FOUND, "这份材料还没有上传。");
	} else {
		j->type = j->thumb || strcmp(rows_text(rows, 2), "jpg") == 0 ? "image/jpeg" :
		    "image/png";
		rc = blob_get(db, a->h, rows_text(rows, j->thumb ? 1 : 0), j->out, err);
	}
	rows_free(rows);
	return rc;
}

int
material_read(struct hall *h, const struct who *who, const char *no, const char *kind,
    bool thumb, struct buf *out, const char **type, struct err *err)
{
	struct material_job	j = {.kind = kind, .thumb = thumb, .out = out};
	struct act		a = {.h = h, .who = who, .no = no, .extra = &j};

	if (act_read(&a, material_read_run, err) < 0)
		return -1;
	*type = j.type;
	return 0;
}
