#include "base/base.h"
#include "hall/face.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/digest.h"
#include "hall/face_own.h"
#include "hall/order_row.h"
#include "hall/sealed.h"
#include "hall/steps.h"

#define FACE_LIFE	(10 * CLOCK_MINUTE)
#define FACE_DAY	5
#define FACE_TOKEN	32

/* A row of the table. */
struct face {
	int64_t	 id, order_id;
	char	 token[FACE_TOKEN + 1];
	char	 state[16], was[16];
	char	 stage[16];
	int64_t	 factors;
	char	 url[1024], provider_no[128], reason[300];
	char	 proves[KEYED_TEXT];	/* of the data asked about */
	char	 meta[2048];
	int64_t	 created, ended;
};

static int
face_from_row(const struct hall *h, struct rows *r, struct face *f, struct err *err)
{
	struct buf	 token = {0};
	const void	*p = NULL;
	size_t		 len = 0;
	int		 rc = 0;

	memset(f, 0, sizeof(*f));
	buf_init(&token, 256);
	p = rows_blob(r, 2, &len);
	rc = sealed_get(h, "face.token", p, len, &token, err);
	f->id = rows_int(r, 0);
	f->order_id = rows_int(r, 1);
	(void)snprintf(f->token, sizeof(f->token), "%s", token.p);
	(void)snprintf(f->state, sizeof(f->state), "%s", rows_text(r, 3));
	(void)snprintf(f->was, sizeof(f->was), "%s", f->state);
	(void)snprintf(f->stage, sizeof(f->stage), "%s", rows_text(r, 4));
	f->factors = rows_int(r, 5);
	(void)snprintf(f->url, sizeof(f->url), "%s", rows_text(r, 6));
	(void)snprintf(f->provider_no, sizeof(f->provider_no), "%s", rows_text(r, 7));
	(void)snprintf(f->reason, sizeof(f->reason), "%s", rows_text(r, 8));
	f->created = rows_int(r, 9);
	f->ended = rows_int(r, 10);
	(void)snprintf(f->proves, sizeof(f->proves), "%s", rows_text(r, 11));
	(void)snprintf(f->meta, sizeof(f->meta), "%s", rows_text(r, 12));
	buf_free(&token);
	return rc;
}

/* 1 found, 0 none, -1. */
static int
face_take_row(const struct hall *h, struct rows *rows, struct face *f, struct err *err)
{
	int	rc = rows_next(rows, err);

	if (rc > 0 && face_from_row(h, rows, f, err) < 0)
		rc = -1;
	rows_free(rows);
	return rc;
}

static int
face_load(struct db *db, const struct hall *h, enum sql_id sql, struct db_arg key,
    struct face *f, struct err *err)
{
	struct rows	*rows = NULL;

	if (db_query(db, sql, &rows, err, key) < 0)
		return -1;
	return face_take_row(h, rows, f, err);
}

static int
face_save(struct db *db, struct face *f, struct err *err)
{
	int64_t	changed = 0;

	if (db_run(db, SQL_FACE_SET, &changed, err, DB_INT(f->id), DB_TEXT(f->was),
	    DB_TEXT(f->state), DB_TEXT(f->stage), DB_INT(f->factors), DB_TEXT(f->url),
	    DB_TEXT(f->provider_no), DB_TEXT(f->reason), DB_INT(f->ended),
	    DB_TEXT(f->proves), DB_TEXT(f->meta)) < 0)
		return -1;
	if (changed != 1)
		return err_set(err, ERR_CONFLICT, "身份识别刚刚有了变化，请刷新页面。");
	(void)snprintf(f->was, sizeof(f->was), "%s", f->state);
	return 0;
}

static bool
face_is(const struct face *f, const char *state)
{
	return strcmp(f->state, state) == 0;
}

static void
face_set(struct face *f, const char *state, const char *reason)
{
	(void)snprintf(f->state, sizeof(f->state), "%s", state);
	(void)snprintf(f->reason, sizeof(f->reason), "%s", reason);
	if (strcmp(state, "passed") == 0 || strcmp(state, "failed") == 0)
		f->ended = clock_now();
}

/* The state as people see it: an open session past its time is expired. */
static const char *
face_shown_state(const struct face *f)
{
	if (f->ended == 0 && clock_now() > f->created + FACE_LIFE)
		return "expired";
	return f->state;
}

static const char *
face_state_text(const char *state)
{
	static const struct { const char *state, *text; } texts[] = {
		{ "created", "等待手机扫码" }, { "opened", "手机已扫码，请在手机上同意授权" },
		{ "pending", "正在识别，请按手机上的提示操作" }, { "passed", "身份识别通过" },
		{ "failed", "身份识别未通过" }, { "expired", "二维码已过期，请重新获取" },
		{ "none", "尚未开始" },
	};
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].state, state) == 0)
			return texts[i].text;
	return state;
}

static json_t *
face_model(const struct face *f, int64_t used)
{
	const char	*state = f->id == 0 ? "none" : face_shown_state(f);
	json_t		*j = json_object();
	char		*url = NULL;

	js_set_str(j, "state", state);
	js_set_str(j, "state_text", face_state_text(state));
	js_set_str(j, "reason", f->reason);
	js_set_bool(j, "passed", strcmp(state, "passed") == 0);
	js_set_bool(j, "over", f->id == 0 || f->ended != 0 || strcmp(state, "expired") == 0);
	js_set_int(j, "attempts_left", used >= FACE_DAY ? 0 : FACE_DAY - used);
	js_set_time(j, "expires", f->id == 0 ? 0 : f->created + FACE_LIFE);
	url = xasprintf("%s/m/identity/%s", conf_str("web.public_url"), f->token);
	js_set_str(j, "token", f->token);
	js_set_str(j, "url", f->id == 0 ? "" : url);
	free(url);
	return j;
}

static int
face_used(struct db *db, const struct order *o, int64_t *used, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_FACE_COUNT, &rows, err, DB_INT(o->id),
			    DB_INT(clock_now() - CLOCK_DAY));

	if (rc == 0)
		*used = rows_int(rows, 0);
	rows_free(rows);
	return rc;
}

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

static int
face_start_run(struct db *db, struct act *a, struct err *err)
{
	struct face	f = {.created = clock_now()};
	struct buf	sealed = {0};
	char		digest[SM3_TEXT];
	int64_t		used = 0;
	int		rc = -1;

	if (!order_may_change_material(&a->o))
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

/* ---- the phone ---- */

static const char *
face_name(const struct order *o)
{
	return js_str(o->form, o->def->identity_person ? "person_name" : "agent_name");
}

static const char *
face_id_no(const struct order *o)
{
	return js_str(o->form, o->def->identity_person ? "person_id_no" : "agent_id_no");
}

static const char *
face_phone(const struct order *o)
{
	return js_str(o->form, o->def->identity_person ? "mobile" : "agent_phone");
}

static int
face_by_token(struct db *db, struct act *a, struct face *f, struct err *err)
{
	char	digest[SM3_TEXT];
	int	rc = 0;

	digest_sm3_text(a->name, strlen(a->name), digest);
	rc = face_load(db, a->h, SQL_FACE_BY_TOKEN, DB_TEXT(digest), f, err);
	if (rc == 0)
		rc = err_set(err, ERR_NOT_FOUND, "二维码无效，请在电脑上重新获取后再扫。");
	return rc < 0 ? -1 : 0;
}

static json_t *
face_phone_model(const struct hall *h, const struct face *f, const struct order *o)
{
	const struct halldef	*d = hall_def(h);
	json_t			*j = face_model(f, 0), *consents = json_array(), *paragraphs;
	char			 text[MASK_TEXT];
	size_t			 i = 0;

	js_set_str(j, "title", d->title);
	js_set_str(j, "no", o->no);
	js_set_str(j, "name_masked", mask_name(face_name(o), text));
	js_set_str(j, "id_masked", mask_idno(face_id_no(o), text));
	js_set_str(j, "url", f->url);		/* on the phone: where to go on */
	js_set_str(j, "provider_url", f->url);
	js_set_bool(j, "has_url", f->url[0] != '\0');
	for (i = 0; i < d->n_agreements; i++) {
		if (d->agreements[i].print)
			continue;
		paragraphs = text_paragraphs(d->agreements[i].text);
		(void)json_array_append_new(consents, json_pack("{s:s, s:s, s:s, s:o}", "id",
		    d->agreements[i].id, "title", d->agreements[i].title, "version",
		    d->agreements[i].version, "paragraphs", paragraphs));
	}
	(void)json_object_set_new(j, "consents", consents);
	return j;
}

static int
face_open_run(struct db *db, struct act *a, struct err *err)
{
	struct face	f = {0};
	struct order	o = {0};

	if (face_by_token(db, a, &f, err) < 0)
		return -1;
	if (face_is(&f, "created") && strcmp(face_shown_state(&f), "expired") != 0) {
		face_set(&f, "opened", "");
		if (face_save(db, &f, err) < 0)
			return -1;
	}
	if (order_load_id(db, a->h, f.order_id, &o, err) < 0)
		return -1;
	a->model = face_phone_model(a->h, &f, &o);
	order_release(&o);
	return 0;
}

int
face_open(struct hall *h, const struct who *who, const char *token, json_t **model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = token};

	return act_model(&a, act_write(&a, face_open_run, err), model);
}

/* Name, ID number and mobile first; the face only when they belong together. */
static int
face_ask_factors(struct db *db, const struct hall *h, const struct face *f,
    const struct order *o, struct err *err)
{
	char	 id[40], key[48];
	json_t	*payload = NULL;
	int	 rc = 0;

	(void)snprintf(id, sizeof(id), "M%" PRId64, f->id);
	(void)snprintf(key, sizeof(key), "ident:%s", id);
	payload = json_pack("{s:s, s:s, s:s, s:s}", "request_id", id, "name", face_name(o),
	    "id_no", face_id_no(o), "phone", face_phone(o));
	rc = hall_outbox_put(db, h, "ident.mobile3", key, payload, err);
	json_decref(payload);
	return rc;
}

/* What the pass will be good for: exactly these data. */
static void
face_digest(const struct hall *h, const struct order *o, char digest[KEYED_TEXT])
{
	char	*both = xasprintf("%s|%s", face_id_no(o), face_phone(o));

	keyed_pair(h, "face.proves", face_name(o), both, digest);
	free(both);
}

/* The provider's script describes the phone as JSON; without it an empty object will do. */
static const char *
face_meta(const json_t *in)
{
	const char	*meta = js_str(in, "meta_info");

	return meta[0] == '{' && strlen(meta) < 2000 && utf8_is_valid(meta, strlen(meta)) ?
	    meta : "{}";
}

static int
face_begin_run(struct db *db, struct act *a, struct err *err)
{
	struct face	f = {0};
	struct order	o = {0};
	int		rc = -1;

	if (face_by_token(db, a, &f, err) < 0)
		return -1;
	if (strcmp(face_shown_state(&f), "expired") == 0)
		return err_set(err, ERR_EXPIRED, "二维码已过期，请在电脑上重新获取后再扫。");
	if (order_load_id(db, a->h, f.order_id, &o, err) < 0)
		return -1;
	if (face_is(&f, "created") || face_is(&f, "opened")) {
		face_set(&f, "pending", "");
		(void)snprintf(f.stage, sizeof(f.stage), "factors");
		face_digest(a->h, &o, f.proves);
		/* Handed on with the face request. */
		(void)snprintf(f.meta, sizeof(f.meta), "%s", face_meta(a->in));
		if (order_note(db, a->h, a->who, &o, "consent", "手机授权身份识别", err) < 0 ||
		    face_save(db, &f, err) < 0 ||
		    face_ask_factors(db, a->h, &f, &o, err) < 0)
			goto out;
	}
	a->model = face_phone_model(a->h, &f, &o);
	rc = 0;
 out:
	order_release(&o);
	return rc;
}

int
face_begin(struct hall *h, const struct who *who, const char *token, const json_t *in,
    json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = token, .in = in};

	if (strcmp(js_str(in, "consent"), "1") != 0)
		return err_set(err, ERR_INPUT, "请阅读授权书并勾选同意，再开始识别。");
	return act_model(&a, act_write(&a, face_begin_run, err), model);
}

/* ---- facts from gate ---- */

static int
face_ask_face(struct db *db, const struct hall *h, const struct face *f, const struct order *o,
    struct err *err)
{
	char	 id[40], key[48], *back = NULL;
	json_t	*payload = NULL;
	int	 rc = 0;

	(void)snprintf(id, sizeof(id), "F%" PRId64, f->id);
	(void)snprintf(key, sizeof(key), "ident:%s", id);
	back = xasprintf("%s/m/identity/%s", conf_str("web.public_url"), f->token);
	payload = json_pack("{s:s, s:s, s:s, s:s, s:s}", "request_id", id, "name", face_name(o),
	    "id_no", face_id_no(o), "return_url", back, "meta_info", f->meta);
	rc = hall_outbox_put(db, h, "ident.face_init", key, payload, err);
	json_decref(payload);
	free(back);
	return rc;
}

static int
face_pass(struct db *db, struct hall *h, struct face *f, struct order *o, struct err *err)
{
	struct who	who = {.system = true, .address = ""};
	char		now[KEYED_TEXT];

	face_digest(h, o, now);
	if (strcmp(now, f->proves) != 0) {
		face_set(f, "failed", "识别期间申请信息有了修改，请重新识别。");
		return face_save(db, f, err);
	}
	face_set(f, "passed", "");
	if (face_save(db, f, err) < 0 ||
	    order_note(db, h, &who, o, "identity", f->provider_no, err) < 0)
		return -1;
	if (!order_may_change_material(o))
		return 0;
	return step_mark(db, h, &who, o, "identity", err);
}

static int
face_fail(struct db *db, struct hall *h, struct face *f, const struct order *o,
    const struct ident_fact *fact, struct err *err)
{
	struct who	who = {.system = true, .address = ""};

	face_set(f, "failed", *fact->sentence != '\0' ? fact->sentence :
	    "身份识别没有通过，请核对姓名、证件号码和手机号后再试。");
	if (face_save(db, f, err) < 0)
		return -1;
	return order_note(db, h, &who, o, "identity_failed", ident_result_name(fact->result),
	    err);
}

/* The answer to the three factors: go on to the face, or pass where the hall wants no face. */
static int
face_factors_answered(struct db *db, struct hall *h, struct face *f, struct order *o,
    const struct ident_fact *fact, struct err *err)
{
	if (fact->result != IDENT_CONSISTENT)
		return face_fail(db, h, f, o, fact, err);
	f->factors = 1;
	(void)snprintf(f->provider_no, sizeof(f->provider_no), "%s", fact->provider_no);
	if (!hall_def(h)->identity_face)
		return face_pass(db, h, f, o, err);
	(void)snprintf(f->stage, sizeof(f->stage), "face");
	if (face_save(db, f, err) < 0)
		return -1;
	return face_ask_face(db, h, f, o, err);
}

static int
face_answered(struct db *db, struct hall *h, struct face *f, struct order *o,
    const struct ident_fact *fact, struct err *err)
{
	if (fact->result == IDENT_PENDING)
		return 0;
	if (fact->result == IDENT_STARTED) {
		(void)snprintf(f->url, sizeof(f->url), "%s", fact->url);
		(void)snprintf(f->provider_no, sizeof(f->provider_no), "%s", fact->certify_id);
		return face_save(db, f, err);
	}
	if (*fact->provider_no != '\0' && f->provider_no[0] == '\0')
		(void)snprintf(f->provider_no, sizeof(f->provider_no), "%s", fact->provider_no);
	if (fact->result == IDENT_CONSISTENT)
		return face_pass(db, h, f, o, err);
	return face_fail(db, h, f, o, fact, err);
}

int
face_apply(struct db *db, struct hall *h, const struct ident_fact *fact, struct err *err)
{
	struct face	f = {0};
	struct order	o = {0};
	int64_t		id = 0;
	int		rc = 0;

	if (fact->request_id[0] == '\0' || str_to_i64(fact->request_id + 1, INT64_MAX, &id) < 0)
		return 0;
	rc = face_load(db, h, SQL_FACE_BY_ID, DB_INT(id), &f, err);
	if (rc < 0)
		return -1;
	/* Unknown, or known already: the fact came twice or late. */
	if (rc == 0 || !face_is(&f, "pending"))
		return 0;
	if (order_load_id(db, h, f.order_id, &o, err) < 0)
		return -1;
	rc = 0;
	if (fact->method == IDENT_MOBILE3 && strcmp(f.stage, "factors") == 0)
		rc = face_factors_answered(db, h, &f, &o, fact, err);
	else if (fact->method != IDENT_MOBILE3 && strcmp(f.stage, "face") == 0)
		rc = face_answered(db, h, &f, &o, fact, err);
	order_release(&o);
	return rc;
}
