#include "base/base.h"
#include "hall/identity/face.h"

#include "web/pages/common.h"

/* The PC page follows along by asking for this. */
static int
identity_show(struct call *c, struct err *err)
{
	return call_take(c, face_state(c->hall, &c->who, call_param(c, "no"), &c->got, err));
}

static int
identity_post(struct call *c, struct err *err)
{
	json_t	*session = NULL, *qr = NULL;

	if (call_take_as(c, "session", face_start(c->hall, &c->who, call_param(c, "no"),
	    &c->got, err)) < 0)
		return -1;
	session = json_object_get(c->model, "session");
	qr = qr_model(js_str(session, "url"));
	(void)json_object_set_new(c->model, "qr", qr == NULL ? json_null() : qr);
	return call_next(c, NULL, "/orders/%s/steps/identity", call_param(c, "no"));
}

extern const struct page	page_identity;
const struct page		page_identity = {
	.name = "identity", .path = "/orders/{no}/identity", .need = NEED_ACCOUNT,
	.title = "身份识别", .back = "/orders/{no}", .show = identity_show,
	.post = identity_post, .per_minute = 30,
};

/* ---- the phone ---- */

static int
phone_identity_show(struct call *c, struct err *err)
{
	static const char *const states[] = {"created", "opened", "pending", "passed",
	    "failed", "expired"};
	char			 flag[32];
	size_t			 i = 0;

	if (call_query(c, "back")[0] != '\0' &&
	    face_returned(c->hall, &c->who, call_param(c, "token"), err) < 0)
		return -1;
	if (call_take(c, face_open(c->hall, &c->who, call_param(c, "token"), &c->got, err)) < 0)
		return -1;
	/* To the phone, "url" is where it has to go next. */
	js_set_str(c->model, "url", js_str(c->model, "provider_url"));
	for (i = 0; i < ARRAY_LEN(states); i++) {
		(void)snprintf(flag, sizeof(flag), "is_%s", states[i]);
		js_set_bool(c->model, flag, strcmp(js_str(c->model, "state"), states[i]) == 0);
	}
	js_set_bool(c->model, "asks_consent", js_bool(c->model, "is_created") ||
	    js_bool(c->model, "is_opened"));
	return 0;
}

static int
phone_identity_post(struct call *c, struct err *err)
{
	if (call_take(c, face_begin(c->hall, &c->who, call_param(c, "token"), c->in, &c->got,
	    err)) < 0) {
		if (err->kind == ERR_INPUT)
			hall_field_error(c->errors, "consent", "授权", err, "%s", err->text);
		return -1;
	}
	js_set_str(c->model, "url", js_str(c->model, "provider_url"));
	return call_next(c, NULL, "/m/identity/%s", call_param(c, "token"));
}

extern const struct page	page_phone_identity;
const struct page		page_phone_identity = {
	.name = "phone_identity", .path = "/m/identity/{token}", .need = NEED_TOKEN,
	.title = "身份识别", .tmpl = "phone_identity", .show = phone_identity_show,
	.post = phone_identity_post, .per_minute = 60, .phone = true,
};
