#include "base/base.h"
#include "hall/steps.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/certificate/unlock.h"
#include "hall/medium/medium.h"
#include "hall/notice.h"
#include "token/unlock.h"

static int
challenge_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	(void)db;
	(void)h;
	(void)who;
	(void)err;
	js_set_str(model, "ukey", unlock_ukey(o));
	js_set_bool(model, "read", json_object_get(o->steps, "challenge") != NULL);
	return 0;
}

static int
challenge_check(struct hall *h, const struct order *o, const json_t *in, json_t **values,
    json_t *errors, struct err *err)
{
	unsigned char	bytes[UNLOCK_CHALLENGE];

	(void)h;
	(void)o;
	if (!medium_is_serial(js_str(in, "ukey")) ||
	    hex_decode(js_str(in, "challenge"), bytes, sizeof(bytes)) < 0)
		return hall_field_error(errors, "challenge", "UKey", err,
		    "没有读到UKey的解锁请求，请在证书助手启动后重新读取。");
	*values = json_pack("{s:s, s:s}", "ukey", js_str(in, "ukey"), "challenge",
	    js_str(in, "challenge"));
	return 0;
}

static int
challenge_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *values, json_t *errors, struct err *err)
{
	bool	first = o->submitted == 0;

	(void)errors;
	if (step_proofs(h, o, true) < UNLOCK_PROOFS)
		return err_set(err, ERR_DENIED, "身份核验还不够，请先完成前面的步骤。");
	if (unlock_check(db, o, js_str(values, "ukey"), err) < 0)
		return -1;
	(void)json_object_set_new(o->form, "unlock", json_deep_copy(values));
	js_set_int(o->steps, "challenge", clock_now());
	if (o->state == ORDER_DRAFT) {
		if (order_move(db, h, who, o, EVENT_SUBMIT, NULL, err) < 0)
			return -1;
		if (medium_concerned_move(db, who, o, MEDIUM_LOCK, err) < 0)
			return -1;
		if (first && notice_order(db, h, o, "unlock_begun", NULL, err) < 0)
			return -1;
	}
	if (order_note(db, h, who, o, "challenge", js_str(values, "ukey"), err) < 0)
		return -1;
	return step_mark(db, h, who, o, "challenge", err);
}

extern const struct step	step_challenge;
const struct step		step_challenge = {
	.name = "challenge", .title = "读取UKey", .bar = "读取UKey",
	.next = "请插入要解锁的UKey",
	.show = challenge_show, .check = challenge_check, .accept = challenge_accept,
};
