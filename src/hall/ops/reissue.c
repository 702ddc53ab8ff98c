#include "base/base.h"
#include "hall/ops.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"

/* What happened to the key: what it is called, and whether the warranty may pay. */
static const struct cause {
	const char		*id, *text;
	bool			 soft;		/* of a soft certificate, which costs nothing */
	bool			 broken;
	enum medium_event	 leaves;
	int			 reason;	/* of revoking (RFC 5280 5.3.1) */
} causes[] = {
	{ "lost", "UKey遗失", false, false, MEDIUM_LOSE, 4 },
	{ "broken", "UKey损坏", false, true, MEDIUM_REPLACE, 4 },
	{ "lost", "软证书文件丢失或损坏", true, false, MEDIUM_NONE, 4 },
	{ "forgotten", "忘记软证书口令", true, false, MEDIUM_NONE, 4 },
	{ "copied", "软证书文件或口令可能被他人得到", true, false, MEDIUM_NONE, 1 },
};

static int64_t
cause_fee(const struct cause *cause, const struct op_case *c)
{
	return cause->soft ? 0 : reissue_fee(c->medium_issued, c->now, c->def->warranty_days,
	    c->def->medium_fee, cause->broken);
}

/* The order keeps the cause as text. */
static const struct cause *
cause_of(const struct order *o)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(causes); i++)
		if (strcmp(causes[i].text, js_str(o->form, "reissue_cause")) == 0)
			return &causes[i];
	return NULL;
}

int
op_reason(const struct order *o)
{
	const struct cause	*cause = cause_of(o);

	return cause == NULL ? 4 : cause->reason;
}

int64_t
reissue_fee(int64_t issued, int64_t now, int days, int64_t fee, bool broken)
{
	return broken && now - issued <= days * CLOCK_DAY ? 0 : fee;
}

static int
reissue_may(const struct op_case *c, struct err *err)
{
	if (!c->good && !c->held)
		return err_set(err, ERR_WRONG_STATE, "证书已撤销，不能补办，请重新申请。");
	if (c->not_after <= c->now)
		return err_set(err, ERR_WRONG_STATE, "证书已过期，不能补办，请办理更新。");
	return halldef_steps(c->def, "reissue")->n > 0 ? 0 :
	    err_set(err, ERR_WRONG_STATE, "本服务网不办理补办，请重新申请。");
}

/* No years are bought: the new pair ends when the old one would have. */
static int
reissue_prepare(const struct op_case *c, struct order *o, struct err *err)
{
	const char	*cause = js_str(c->in, "cause");
	size_t		 i = 0;

	for (i = 0; i < ARRAY_LEN(causes) && (causes[i].soft != c->old->def->soft ||
	    strcmp(causes[i].id, cause) != 0); i++)
		;
	if (i == ARRAY_LEN(causes))
		return hall_field_error(c->errors, "cause", "补办原因", err, "请选择补办的原因。");
	o->years = 0;
	o->amount = cause_fee(&causes[i], c);
	js_set_str(o->form, "reissue_cause", causes[i].text);
	return 0;
}

static void
reissue_model(const struct op_case *c, json_t *model)
{
	json_t	*list = json_array();
	char	 fee[32];
	size_t	 i = 0;

	for (i = 0; i < ARRAY_LEN(causes); i++)
		if (causes[i].soft == c->old->def->soft)
			(void)json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "id",
			    causes[i].id, "text", causes[i].text, "fee",
			    fen_text(cause_fee(&causes[i], c), fee)));
	(void)json_object_set_new(model, "reissue_causes", list);
}

static enum medium_event
reissue_leaves(const struct order *o)
{
	const struct cause	*cause = cause_of(o);

	return cause == NULL ? MEDIUM_NONE : cause->leaves;
}

extern const struct op	op_reissue;
const struct op		op_reissue = {
	.name = "reissue", .text = "补办", .ends_old = true, .same_facts = true,
	.may = reissue_may, .prepare = reissue_prepare, .model = reissue_model, .leaves = reissue_leaves,
};
