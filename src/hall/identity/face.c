#include "base/base.h"
#include "hall/identity/face.h"

#include "base/clock.h"
#include "base/rand.h"
#include "hall/act.h"
#include "hall/digest.h"
#include "hall/identity/face_own.h"

int
face_newest(struct db *db, const struct hall *h, const struct order *o, json_t **model,
    struct err *err)
{
	struct face	f = {0};
	int64_t		used = 0;

	if (face_load(db, h, SQL_FACE_NEWEST, DB_INT(o->id), &f, err) < 0 ||
	    face_used(db, o, &used, err) < 0)
		return -1;
	*model = face_model(&f, used);
	return 0;
}

int
face_history(struct db *db, const struct hall *h, const struct order *o, json_t **out,
    struct err *err)
{
	struct rows	*rows = NULL;
	struct face	 f = {0};
	json_t		*list = json_array(), *j = NULL;
	int		 rc = 0;

	*out = list;
	if (db_query(db, SQL_FACE_LIST, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		if (face_from_row(h, rows, &f, err) < 0) {
			rc = -1;
			break;
		}
		j = json_pack("{s:s, s:s, s:s, s:s}", "method", f.factors == 1 ?
		    "手机三要素＋人脸" : "手机三要素", "result",
		    face_state_text(face_shown_state(&f)), "provider_no", f.provider_no,
		    "reason", f.reason);
		js_set_time(j, "time", f.ended != 0 ? f.ended : f.created);
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	return rc;
}

/* An unlocking proves first and is submitted then. */
bool
face_may(const struct order *o)
{
	return order_may_change_material(o) ||
	    (o->state == ORDER_DRAFT && o->concerns[0] != '\0');
}

static int
face_start_run(struct db *db, struct act *a, struct err *err)
{
	struct face	f = {.created = clock_now()};
	struct buf	sealed = {0};
	char		digest[SM3_TEXT];
	int64_t		used = 0;
	int		rc = -1;

	if (!face_may(&a->o))
		return err_set(err, ERR_WRONG_STATE, "业务当前为“%s”，不需要身份识别。",
		    order_state_text(a->o.state));
	if (face_used(db, &a->o, &used, err) < 0)
		return -1;
	if (used >= FACE_DAY)
		return err_set(err, ERR_LIMIT,
		    "今天已识别%d次，请明天再试，或携带原件到受理点核实。", FACE_DAY);
	f.id = rand_id();
	rand_token(f.token, FACE_TOKEN);
	(void)snprintf(f.state, sizeof(f.state), "created");
	digest_sm3_text(f.token, FACE_TOKEN, digest);
	buf_init(&sealed, 256);
	if (sealed_put(a->h, "face.token", f.token, FACE_TOKEN, &sealed, err) == 0)
		rc = db_run(db, SQL_FACE_INSERT, NULL, err, DB_INT(f.id), DB_INT(a->o.id),
		    DB_BLOB(sealed.p, sealed.len), DB_TEXT(digest), DB_INT(f.created));
	buf_free(&sealed);
	if (rc == 0)
		a->model = face_model(&f, used + 1);
	return rc;
}

int
face_start(struct hall *h, const struct who *who, const char *no, json_t **model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no};

	return act_model(&a, act_write(&a, face_start_run, err), model);
}

static int
face_state_run(struct db *db, struct act *a, struct err *err)
{
	return face_newest(db, a->h, &a->o, &a->model, err);
}

int
face_state(struct hall *h, const struct who *who, const char *no, json_t **model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no};

	return act_model(&a, act_read(&a, face_state_run, err), model);
}
