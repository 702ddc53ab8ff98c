#include "base/base.h"
#include "hall/identity/face.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/digest.h"
#include "hall/identity/face_own.h"

const char *
face_name(const struct order *o)
{
	return js_str(o->form, o->def->identity_person ? "person_name" : "agent_name");
}

const char *
face_id_no(const struct order *o)
{
	return js_str(o->form, o->def->identity_person ? "person_id_no" : "agent_id_no");
}

const char *
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

static int
face_returned_run(struct db *db, struct act *a, struct err *err)
{
	struct face	 f = {0};
	char		 id[40], key[80];
	json_t		*payload = NULL;
	int		 rc = 0;

	if (face_by_token(db, a, &f, err) < 0)
		return -1;
	if (!face_is(&f, "pending") || f.url[0] == '\0' ||
	    strcmp(face_shown_state(&f), "expired") == 0)
		return 0;
	(void)snprintf(id, sizeof(id), "F%" PRId64, f.id);
	(void)snprintf(key, sizeof(key), "back:%s:%" PRId64, id,
	    clock_now() / (5 * CLOCK_SECOND));
	payload = json_pack("{s:s, s:s}", "request_id", id, "certify_id", f.provider_no);
	rc = hall_outbox_put(db, a->h, "ident.face_query", key, payload, err);
	json_decref(payload);
	return rc;
}

int
face_returned(struct hall *h, const struct who *who, const char *token, struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = token};

	return act_write(&a, face_returned_run, err);
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
void
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
