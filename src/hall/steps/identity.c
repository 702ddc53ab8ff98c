#include "base/base.h"
#include "hall/identity/face.h"

#include "hall/identity/face_own.h"
#include "hall/steps.h"

static int
identity_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	json_t	*session = NULL;

	(void)who;
	if (face_newest(db, h, o, &session, err) < 0)
		return -1;
	(void)json_object_set_new(model, "session", session);
	js_set_int(model, "attempts_left", js_int(session, "attempts_left", 0));
	js_set_str(model, "person_text", o->def->identity_person ? "申请人本人" : "经办人");
	return 0;
}

/* The proof comes from outside; here it is only looked at. */
static int
identity_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *in, json_t *errors, struct err *err)
{
	(void)db;
	(void)h;
	(void)who;
	(void)in;
	(void)errors;
	if (json_object_get(o->steps, "identity") != NULL)
		return 0;
	return err_set(err, ERR_WRONG_STATE,
	    "身份识别还没有通过，请用手机扫描二维码，按提示完成后再进行下一步。");
}

extern const struct step	step_identity;
const struct step		step_identity = {
	.name = "identity", .title = "身份识别", .bar = "身份识别",
	.next = "请用手机扫码完成身份识别", .proves = true,
	.show = identity_show, .accept = identity_accept,
};
