#include "base/base.h"
#include "hall/steps.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/account/code.h"
#include "hall/act.h"

#define QUESTION_TRIES	5		/* a day and certificate */

/* The question was chosen and answered when the certificate was applied for. */
static bool
question_applies(const struct hall *h, const struct order *o)
{
	(void)h;
	return *js_str(o->form, "question") != '\0' && *js_str(o->form, "answer") != '\0';
}

static int
question_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	(void)db;
	(void)h;
	(void)who;
	(void)err;
	js_set_str(model, "question", js_str(o->form, "question"));
	return 0;
}

/* A try is counted before it is judged, for all orders of the certificate together. */
static int
question_check(struct hall *h, const struct order *o, const json_t *in, json_t **values,
    json_t *errors, struct err *err)
{
	const char	*want = js_str(o->form, "answer");
	char		*said = xstrdup(js_str(in, "answer"));
	bool		 right = false;

	str_fold(said);
	str_trim(said);
	right = *want != '\0' && secret_equal(said, strlen(said), want, strlen(want));
	free(said);
	if (limit_hit(h, "question", o->concerns[0] != '\0' ? o->concerns : o->replaces,
	    QUESTION_TRIES, CLOCK_DAY, err) < 0)
		return err->kind != ERR_LIMIT ? -1 : err_set(err, ERR_LIMIT,
		    "今天试的次数太多，请明天再试，或到服务网点办理。");
	if (!right)
		return hall_field_error(errors, "answer", "验证答案", err,
		    "验证答案不对，请按申请证书时填写的答案输入。");
	*values = json_object();
	return 0;
}

static int
question_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *values, json_t *errors, struct err *err)
{
	(void)values;
	(void)errors;
	if (order_note(db, h, who, o, "proof", "验证问题", err) < 0)
		return -1;
	return step_mark(db, h, who, o, "question", err);
}

extern const struct step	step_question;
const struct step		step_question = {
	.name = "question", .title = "验证问题", .bar = "身份核验",
	.next = "请回答申请证书时设置的验证问题", .proves = true, .applies = question_applies,
	.show = question_show, .check = question_check, .accept = question_accept,
};
