#include "base/base.h"
#include "hall/petition/petition_own.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/str.h"
#include "hall/account/account_own.h"
#include "hall/account/code.h"
#include "hall/act.h"
#include "hall/blob.h"
#include "hall/notice.h"
#include "hall/services.h"

/* The claimant's side: evidence, filing, taking back. */

#define PETITION_UPLOADS	30		/* a day and petition */
#define PETITION_FILED		3		/* a day and claimed account */
#define PETITION_KEEP		(2 * 1024 * 1024)

/* What was said, masked: whoever has the link sees no more than what helps to know it again. */
static json_t *
petition_masked(const json_t *facts)
{
	json_t		*list = json_array(), *f = NULL;
	const char	*value = NULL;
	char		 text[MASK_TEXT];
	size_t		 i = 0;

	json_array_foreach(facts, i, f) {
		if (js_bool(f, "desk"))
			continue;
		value = js_str(f, "value");
		if (strchr(value, '@') != NULL)
			value = mask_mail(value, text);
		else if (strlen(value) == 11 && strspn(value, "0123456789") == 11)
			value = mask_phone(value, text);
		else if (strlen(value) == 18 && strspn(value, "0123456789") >= 17)
			value = mask_idno(value, text);
		else if (strcmp(js_str(f, "label"), "姓名") == 0)
			value = mask_name(value, text);
		(void)json_array_append_new(list, json_pack("{s:s, s:s}", "label",
		    js_str(f, "label"), "value", value));
	}
	return list;
}

static bool
petition_may_cancel(const struct petition *p)
{
	return petition_is(p, "draft") || petition_is(p, "returned") || petition_is_open(p);
}

static int
petition_show_run(struct db *db, struct act *a, struct err *err)
{
	struct petition	*p = a->extra;
	json_t		*pictures = NULL, *facts = json_array();
	struct form_context	 c = {.hall = a->h};
	struct err	 why = {.kind = ERR_NONE};
	bool		 complete = false;
	int		 rc = -1;

	if (petition_load(db, a->h, a->who, a->name, p, err) < 0 ||
	    p->kind->facts(db, a->h, p, facts, err) < 0 ||
	    petition_pictures(db, p, &pictures, &complete, err) < 0)
		goto out;
	a->model = petition_model(p);
	js_set_str(a->model, "ref", a->name);
	(void)json_object_set_new(a->model, "facts", petition_masked(facts));
	(void)json_object_set_new(a->model, "pictures", pictures);
	js_set_bool(a->model, "complete", complete);
	js_set_bool(a->model, "may_file", complete &&
	    (petition_is(p, "draft") || petition_is(p, "returned")));
	js_set_bool(a->model, "may_cancel", petition_may_cancel(p));
	js_set_bool(a->model, "may_edit", petition_editable(p, &why) == 0);
	js_set_bool(a->model, "has_letter", p->kind->letter);
	(void)json_object_set_new(a->model, "groups", petition_is(p, "returned") ?
	    form_model(&c, p->kind->mend, NULL, NULL) : json_array());
	js_set_int(a->model, "wait_days", p->kind->rule(hall_def(a->h))->wait_days);
	js_set_int(a->model, "review_days", hall_def(a->h)->review_days);
	rc = 0;
 out:
	json_decref(facts);
	return rc;
}

static int
petition_act(struct act *a, int rc)
{
	petition_release(a->extra);
	return rc;
}

int
petition_show(struct hall *h, const struct who *who, const char *ref, json_t **model,
    struct err *err)
{
	struct petition	p = {0};
	struct act	a = {.h = h, .who = who, .name = ref, .extra = &p};

	return petition_act(&a, act_model(&a, act_read(&a, petition_show_run, err), model));
}

/* ---- pictures ---- */

int
petition_editable(const struct petition *p, struct err *err)
{
	return petition_is(p, "draft") || petition_is(p, "returned") ? 0 : err_set(err, ERR_WRONG_STATE,
	    "申请当前为“%s”，不能再修改；需要更改时请撤回后重新申请。", petition_state_text(p->state));
}

static const struct petition_picture *
petition_picture(const struct petition *p, const char *kind, struct err *err)
{
	const struct petition_picture	*pic = p->kind->pictures;

	for (; pic->kind != NULL; pic++)
		if (strcmp(pic->kind, kind) == 0)
			return pic;
	err_set(err, ERR_NOT_FOUND, "本申请没有这种材料。");
	return NULL;
}

static int
petition_look_run(struct db *db, struct act *a, struct err *err)
{
	struct petition	*p = a->extra;

	if (petition_load(db, a->h, a->who, a->name, p, err) < 0)
		return -1;
	return petition_editable(p, err);
}

struct picture_job {
	struct petition			 p;	/* must stand first: petition_act */
	const char			*ref, *kind, *type;
	const struct doc_image		*im;
};

static int
petition_picture_run(struct db *db, struct act *a, struct err *err)
{
	struct picture_job	*j = a->extra;
	char			 blob[BLOB_NAME];
	int64_t			 held = 0;

	if (petition_look_run(db, a, err) < 0 || petition_picture(&j->p, j->kind, err) == NULL ||
	    db_run(db, SQL_PETITION_DRAFT_HOLD, &held, err, DB_INT(j->p.id),
	    DB_INT(j->p.version)) < 0)
		return -1;
	/* Filed at this very moment: the reviewer sees what was filed. */
	if (hall_was_first(held, "这个申请", err) < 0)
		return -1;
	if (db_run(db, SQL_PETITION_PICTURE_LEAVE, NULL, err, DB_INT(j->p.id), DB_TEXT(j->kind),
	    DB_INT(clock_now())) < 0 ||
	    blob_put(db, a->h, j->im->kept.p, j->im->kept.len, blob, err) < 0)
		return -1;
	return db_run(db, SQL_PETITION_PICTURE_SET, NULL, err, DB_INT(j->p.id), DB_TEXT(j->kind),
	    DB_TEXT(blob), DB_TEXT(j->im->kept_type), DB_INT(clock_now()));
}

int
petition_picture_add(struct hall *h, const struct who *who, const char *ref, const char *kind,
    const void *p, size_t len, struct err *err)
{
	struct doc_image_rule	 rule = {.jpg = true, .png = true, .bmp = true,
				    .keep_bytes = PETITION_KEEP};
	struct doc_image	 im;
	struct picture_job	 j = {.kind = kind, .im = &im};
	struct act		 a = {.h = h, .who = who, .name = ref, .extra = &j};
	int			 rc = -1;

	if (act_read(&a, petition_look_run, err) < 0)
		return petition_act(&a, -1);
	doc_image_init(&im);
	if (len == 0)
		err_set(err, ERR_INPUT, "请选择图片文件。");
	else if (petition_picture(&j.p, kind, err) != NULL &&
	    limit_hit(h, "petition.upload", j.p.no, PETITION_UPLOADS, CLOCK_DAY, err) == 0 &&
	    hall_services(h)->image(p, len, &rule, &im, err) == 0)
		rc = act_write(&a, petition_picture_run, err);
	doc_image_free(&im);
	return petition_act(&a, rc);
}

static int
petition_picture_read_run(struct db *db, struct act *a, struct err *err)
{
	struct picture_job	*j = a->extra;
	struct rows		*rows = NULL;
	int			 rc = 0;

	rc = a->who->staff != 0 ? petition_load_no(db, a->h, a->name, &j->p, err) :
	    petition_load(db, a->h, a->who, a->name, &j->p, err);
	if (rc == 0 && db_one(db, SQL_PETITION_PICTURE_GET, &rows, err, DB_INT(j->p.id),
	    DB_TEXT(j->kind)) < 0)
		rc = err->kind != ERR_NOT_FOUND ? -1 :
		    err_set(err, ERR_NOT_FOUND, "这份材料还没有上传。");
	if (rc == 0) {
		j->type = strcmp(rows_text(rows, 1), "png") == 0 ? "image/png" : "image/jpeg";
		rc = blob_get(db, a->h, rows_text(rows, 0), a->out, err);
	}
	rows_free(rows);
	return rc;
}

int
petition_picture_read(struct hall *h, const struct who *who, const char *ref, const char *kind,
    struct buf *out, const char **type, struct err *err)
{
	struct picture_job	j = {.kind = kind};
	struct act		a = {.h = h, .who = who, .name = ref, .extra = &j, .out = out};
	int			rc = -1;

	if (who->staff != 0 && hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	rc = act_read(&a, petition_picture_read_run, err);
	*type = j.type;
	return petition_act(&a, rc);
}

/* ---- filing and taking back ---- */

static int
petition_ready_run(struct db *db, struct act *a, struct err *err)
{
	struct petition	*p = a->extra;
	json_t		*list = NULL;
	bool		 complete = false;

	if (petition_look_run(db, a, err) < 0 ||
	    petition_pictures(db, p, &list, &complete, err) < 0)
		return -1;
	json_decref(list);
	return complete ? 0 : err_set(err, ERR_WRONG_STATE,
	    "请先上传标有“*”的材料，再提交。");
}

static int
petition_file_run(struct db *db, struct act *a, struct err *err)
{
	struct petition	*p = a->extra;
	json_t		*v = NULL;
	char		*url = NULL;
	int		 rc = 0;

	if (petition_ready_run(db, a, err) < 0)
		return -1;
	p->filed = clock_now();
	p->decided = 0;
	if (petition_move(db, a->h, a->who, p, "reviewing", NULL, err) < 0)
		return -1;
	url = xasprintf("%s/petitions/%s", conf_str("web.public_url"), a->name);
	v = json_pack("{s:s}", "url", url);
	rc = petition_tell(db, a->h, p, "petition_filed", v, err);
	json_decref(v);
	free(url);
	return rc;
}

int
petition_file(struct hall *h, const struct who *who, const char *ref, struct err *err)
{
	struct petition	p = {0};
	struct act	a = {.h = h, .who = who, .name = ref, .extra = &p};
	char		key[450], login[128];
	int		rc = act_read(&a, petition_ready_run, err);

	/* Counted for nobody's account as well: where it stops tells nothing. */
	if (rc == 0 && petition_is(&p, "draft")) {
		account_login(js_str(p.body, "login"), login);
		(void)snprintf(key, sizeof(key), "%s|%" PRId64 "|%s%s", p.kind->name, p.account,
		    p.subject, p.account == 0 ? login : "");
		rc = limit_hit(h, "petition.filed", key, PETITION_FILED, CLOCK_DAY, err);
	}
	return petition_act(&a, rc < 0 ? -1 : act_write(&a, petition_file_run, err));
}

static int
petition_cancel_run(struct db *db, struct act *a, struct err *err)
{
	struct petition	*p = a->extra;

	if (petition_load(db, a->h, a->who, a->name, p, err) < 0)
		return -1;
	if (!petition_may_cancel(p))
		return err_set(err, ERR_WRONG_STATE, "申请当前为“%s”，不能撤回。",
		    petition_state_text(p->state));
	return petition_move(db, a->h, a->who, p, "cancelled", NULL, err);
}

int
petition_cancel(struct hall *h, const struct who *who, const char *ref, struct err *err)
{
	struct petition	p = {0};
	struct act	a = {.h = h, .who = who, .name = ref, .extra = &p};

	return petition_act(&a, act_write(&a, petition_cancel_run, err));
}

static int
petition_of_account_run(struct db *db, struct act *a, struct err *err)
{
	struct petition	*p = a->extra;
	struct rows	*rows = NULL;
	json_t		*j = NULL;
	bool		 mine = false;
	int		 rc = 0;

	a->model = json_array();
	if (db_query(db, SQL_PETITION_OF_ACCOUNT, &rows, err, DB_INT(a->who->account)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0 &&
	    (rc = petition_from_row(a->h, rows, p, err)) == 0) {
		mine = p->claimant == a->who->account;
		j = petition_model(p);
		js_set_bool(j, "mine", mine);
		js_set_bool(j, "may_stop", !mine && petition_is(p, "waiting"));
		(void)json_array_append_new(a->model, j);
	}
	rows_free(rows);
	return rc;
}

int
petition_of_account(struct hall *h, const struct who *who, json_t **list, struct err *err)
{
	struct petition	p = {0};
	struct act	a = {.h = h, .who = who, .extra = &p};

	return petition_act(&a, act_model(&a, act_read(&a, petition_of_account_run, err), list));
}
