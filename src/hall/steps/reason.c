#include "base/base.h"
#include "hall/steps.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/certificate/recover.h"
#include "hall/notice.h"

#define REASON_TEXT	100		/* characters */

static void
reason_select(json_t *list, const char *key, const char *chosen)
{
	json_t	*j = NULL;
	size_t	 i = 0;

	json_array_foreach(list, i, j)
		js_set_bool(j, "selected", *chosen == '\0' ? i == 0 :
		    strcmp(js_str(j, key), chosen) == 0);
}

static int
reason_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	const json_t	*about = recover_about(o);
	json_t		*reasons = recover_reasons(o), *receivers = NULL;

	(void)who;
	reason_select(reasons, "id", js_str(about, "reason"));
	(void)json_object_set_new(model, "reasons", reasons);
	if (recover_receivers(db, h, o, &receivers, err) < 0)
		return -1;
	reason_select(receivers, "serial", js_str(about, "receiver"));
	js_set_bool(model, "has_receivers", json_array_size(receivers) > 0);
	(void)json_object_set_new(model, "receivers", receivers);
	js_set_str(model, "text", js_str(about, "text"));
	return recovery_model(db, h, o, false, model, err);
}

static int
reason_check(struct hall *h, const struct order *o, const json_t *in, json_t **values,
    json_t *errors, struct err *err)
{
	const char	*text = js_str(in, "text");

	(void)h;
	if (recover_reason_text(o, js_str(in, "reason")) == NULL)
		return hall_field_error(errors, "reason", "恢复原因", err, "请选择恢复的原因。");
	if (utf8_count(text) > REASON_TEXT)
		return hall_field_error(errors, "text", "说明", err, "说明最多100个字。");
	if (strcmp(js_str(in, "reason"), "other") == 0 && *text == '\0')
		return hall_field_error(errors, "text", "说明", err, "选择“其他”时请写明原因。");
	*values = json_pack("{s:s, s:s, s:s}", "reason", js_str(in, "reason"), "text", text,
	    "receiver", js_str(in, "receiver"));
	return *values != NULL ? 0 : hall_field_error(errors, "text", "说明", err,
	    "说明中有不能识别的字符，请重新填写。");
}

/* The medium of the chosen one; NULL: it may not receive. */
static const char *
reason_receiver(json_t *receivers, const char *serial)
{
	json_t	*j = NULL;
	size_t	 i = 0;

	json_array_foreach(receivers, i, j)
		if (strcmp(js_str(j, "serial"), serial) == 0)
			return js_str(j, "medium");
	return NULL;
}

/* The receiver must qualify now; whether it still does is looked at again before a key leaves. */
static int
reason_set(struct db *db, struct hall *h, struct order *o, const json_t *values, struct err *err)
{
	const char	*receiver = js_str(values, "receiver"), *medium = NULL;
	json_t		*receivers = NULL, *about = NULL;
	char		 enc[48];
	int		 rc = -1;

	if (recover_receivers(db, h, o, &receivers, err) < 0 ||
	    recover_wanted(db, o, NULL, enc, err) < 0)
		goto out;
	if ((medium = reason_receiver(receivers, receiver)) == NULL) {
		err_set(err, ERR_WRONG_STATE, json_array_size(receivers) == 0 ?
		    "您名下还没有可以接收密钥的证书：请先为同一主体补办或申请证书，下载以后再来恢复。" :
		    "请选择接收密钥的证书：要与原证书是同一主体，并且有效。");
		goto out;
	}
	about = json_deep_copy(values);
	js_set_str(about, "reason_text", recover_reason_text(o, js_str(values, "reason")));
	js_set_str(about, "enc_serial", enc);
	js_set_str(about, "medium", medium);
	(void)json_object_set_new(o->form, "recover", about);
	rc = 0;
 out:
	json_decref(receivers);
	return rc;
}

static int
reason_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *values, json_t *errors, struct err *err)
{
	bool	first = o->submitted == 0;

	(void)errors;
	if (reason_set(db, h, o, values, err) < 0)
		return -1;
	js_set_int(o->steps, "reason", clock_now());
	if (o->state == ORDER_DRAFT && order_move(db, h, who, o, EVENT_SUBMIT, NULL, err) < 0)
		return -1;
	if (first && notice_owner(db, h, o, "recover_begun", NULL, err) < 0)
		return -1;
	if (order_note(db, h, who, o, "recover_reason",
	    js_str(recover_about(o), "reason_text"), err) < 0)
		return -1;
	return step_mark(db, h, who, o, "reason", err);
}

extern const struct step	step_reason;
const struct step		step_reason = {
	.name = "reason", .title = "恢复原因", .bar = "恢复原因",
	.next = "请说明为什么要恢复密钥，恢复到哪一张证书的UKey或软证书",
	.show = reason_show, .check = reason_check, .accept = reason_accept,
};
