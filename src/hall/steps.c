#include "base/base.h"
#include "hall/steps.h"

#include "base/clock.h"
#include "hall/act.h"
#include "hall/medium/words.h"
#include "hall/notice.h"
#include "hall/ops.h"
#include "hall/order/authorisation.h"

#define STEP(name)	extern const struct step step_##name;
#include "hall/steps.def"
#undef STEP

const struct step *const	steps_all[] = {
#define STEP(name)	&step_##name,
#include "hall/steps.def"
#undef STEP
	NULL
};

const struct step *
step_by_name(const char *name)
{
	size_t	i = 0;

	for (i = 0; steps_all[i] != NULL; i++)
		if (strcmp(steps_all[i]->name, name) == 0)
			return steps_all[i];
	return NULL;
}

static bool
step_applies(const struct hall *h, const struct step *s, const struct order *o)
{
	return s->applies == NULL || s->applies(h, o);
}

static bool
step_is_done(const struct step *s, const struct order *o)
{
	if (s->done != NULL)
		return s->done(o);
	return json_object_get(o->steps, s->name) != NULL;
}

const struct step *
step_current(const struct hall *h, const struct order *o)
{
	const struct def_steps	*way = halldef_steps(hall_def(h), o->op);
	const struct step	*s = NULL;
	size_t			 i = 0;

	for (i = 0; i < way->n; i++) {
		s = step_by_name(way->names[i]);
		if (step_applies(h, s, o) && !step_is_done(s, o))
			return s;
	}
	return NULL;
}

/* Place `word` in the bar; -1 when not there yet. */
static int
step_bar_find(json_t *bar, const char *word)
{
	json_t	*j = NULL;
	size_t	 i = 0;

	json_array_foreach(bar, i, j)
		if (strcmp(js_str(j, "title"), word) == 0)
			return (int)i;
	return -1;
}

static void
step_bar_set(json_t *place, const char *state)
{
	js_set_str(place, "state", state);
	js_set_bool(place, "done", strcmp(state, "done") == 0);
	js_set_bool(place, "current", strcmp(state, "current") == 0);
	js_set_bool(place, "todo", strcmp(state, "todo") == 0);
}

json_t *
step_progress(const struct hall *h, const struct order *o, const struct step *at)
{
	const struct def_steps	*way = halldef_steps(hall_def(h), o->op);
	json_t			*bar = json_array(), *place = NULL;
	size_t			 i = 0;
	int			 k = 0;

	for (i = 0; i < way->n; i++) {
		const struct step	*s = step_by_name(way->names[i]);

		if (!step_applies(h, s, o))
			continue;
		k = step_bar_find(bar, s->bar);
		if (k < 0) {
			place = json_pack("{s:s, s:s}", "name", s->name, "title", s->bar);
			step_bar_set(place, "done");
			(void)json_array_append_new(bar, place);
		} else {
			place = json_array_get(bar, (size_t)k);
		}
		if (!step_is_done(s, o) && strcmp(js_str(place, "state"), "done") == 0)
			step_bar_set(place, "todo");
	}
	k = at == NULL ? -1 : step_bar_find(bar, at->bar);
	if (k >= 0)
		step_bar_set(json_array_get(bar, (size_t)k), "current");
	return bar;
}

const char *
step_next_text(const struct hall *h, const struct order *o)
{
	const struct step	*s = NULL;

	switch (o->state) {
	case ORDER_REVIEWING:
		return "等待审核，结果会以短信通知";
	case ORDER_RETURNED:
		s = step_current(h, o);
		if (s == NULL || strcmp(s->name, "review") == 0)
			return "请按退回原因修改后重新提交";
		break;
	case ORDER_APPROVED:
		return o->def->soft ? "请凭邮件中的授权码，把软证书下载到自己的电脑" :
		    js_str(o->collection, "way")[0] == 'd' ?
		    "请凭邮件中的授权码下载证书" : "等待制证；也可凭邮件中的授权码自行下载";
	case ORDER_UNLOCKING:
		return "请插入UKey，设置新的PIN码";
	case ORDER_COUNTERSIGNING:
		return "等待第二位密钥管理员签名";
	case ORDER_RECOVERING:
		return step_recover.next;
	case ORDER_MAKING:
		return "工作人员正在制证";
	case ORDER_READY:
		return "证书已制好，等待寄出或领取";
	case ORDER_FETCHED:
		return medium_words(o->def)->finish;
	case ORDER_SHIPPED:
		return "UKey已寄出，收到后请确认";
	case ORDER_REFUNDING:
		return "费用正在原路退回";
	case ORDER_DONE:
	case ORDER_CANCELLED:
		return "";
	default:
		s = step_current(h, o);
		break;
	}
	return s == NULL ? "" : s->next;
}

int
step_is_now(const struct hall *h, const struct order *o, const char *name, struct err *err)
{
	const struct step	*s = step_current(h, o);

	return s != NULL && strcmp(s->name, name) == 0 ? 0 : err_set(err, ERR_WRONG_STATE,
	    "现在不需要这一步，请刷新页面后继续。");
}

void
step_unmark(struct order *o, const char *name)
{
	(void)json_object_del(o->steps, name);
}

size_t
step_proofs(const struct hall *h, const struct order *o, bool done)
{
	const struct def_steps	*way = halldef_steps(hall_def(h), o->op);
	size_t			 i = 0, n = 0;

	for (i = 0; i < way->n; i++) {
		const struct step	*s = step_by_name(way->names[i]);

		n += s->proves && step_applies(h, s, o) && (!done || step_is_done(s, o));
	}
	return n;
}

/* Everything that is the applicant's is done: what is left waits for review. */
static bool
step_is_complete(const struct hall *h, const struct order *o)
{
	const struct step	*s = step_current(h, o);

	return s == NULL || strcmp(s->name, "review") == 0 || strcmp(s->name, "fetch") == 0;
}

bool
step_is_owed(const struct hall *h, const struct order *o)
{
	const struct def_steps	*way = halldef_steps(hall_def(h), o->op);
	bool			 reviewed = false;
	size_t			 i = 0;

	for (i = 0; i < way->n; i++) {
		const struct step	*s = step_by_name(way->names[i]);

		if (reviewed && s->accept != NULL && step_applies(h, s, o) && !step_is_done(s, o))
			return true;
		reviewed = reviewed || s == &step_review;
	}
	return false;
}

int
step_settle(struct db *db, struct hall *h, const struct who *who, struct order *o,
    struct err *err)
{
	json_t	*v = NULL;
	int	 rc = 0;

	if (o->state == ORDER_OWING && !step_is_owed(h, o))
		return order_move(db, h, who, o, EVENT_SETTLE, NULL, err) < 0 ? -1 :
		    authorisation_send(db, h, o, true, err);
	if (o->state != ORDER_SUBMITTED || !step_is_complete(h, o))
		return 0;
	if (order_move(db, h, who, o, EVENT_COMPLETE, NULL, err) < 0)
		return -1;
	v = json_pack("{s:i}", "days", hall_def(h)->review_days);
	rc = notice_order(db, h, o, "reviewing", v, err);
	json_decref(v);
	return rc;
}

int
step_mark(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const char *name, struct err *err)
{
	js_set_int(o->steps, name, clock_now());
	if (order_save(db, h, o, err) < 0)
		return -1;
	return step_settle(db, h, who, o, err);
}

/* May this step be shown now?  Everything before it must be done. */
static int
step_reachable(const struct hall *h, const struct step *s, const struct order *o,
    struct err *err)
{
	const struct def_steps	*way = halldef_steps(hall_def(h), o->op);
	size_t			 i = 0;

	for (i = 0; i < way->n; i++) {
		const struct step	*before = step_by_name(way->names[i]);

		if (before == s)
			return step_applies(h, s, o) ? 0 : err_set(err, ERR_NOT_FOUND,
			    "本业务不需要这一步。");
		if (step_applies(h, before, o) && !step_is_done(before, o))
			return err_set(err, ERR_WRONG_STATE, "请先完成“%s”：%s。",
			    before->title, before->next);
	}
	return err_set(err, ERR_NOT_FOUND, "本业务不需要这一步。");
}

static const struct step *
step_wanted(const struct hall *h, const struct order *o, const char *name)
{
	const struct def_steps	*way = halldef_steps(hall_def(h), o->op);
	const struct step	*s = NULL;

	if (name != NULL && *name != '\0')
		return step_by_name(name);
	s = step_current(h, o);
	return s != NULL ? s : step_by_name(way->names[way->n - 1]);
}

static int
step_show_run(struct db *db, struct act *a, struct err *err)
{
	const struct step	*s = step_wanted(a->h, &a->o, a->name);

	if (s == NULL)
		return err_set(err, ERR_NOT_FOUND, "没有这一步。");
	if (step_reachable(a->h, s, &a->o, err) < 0)
		return -1;
	a->model = json_object();
	js_set_str(a->model, "step", s->name);
	js_set_str(a->model, "title", s->title);
	js_set_str(a->model, "no", a->o.no);
	js_set_str(a->model, "product", a->o.product);
	js_set_str(a->model, "product_title", a->o.def->title);
	js_set_bool(a->model, "person", a->o.def->person);
	js_set_str(a->model, "op_text", op_text(a->o.op));
	js_set_bool(a->model, "soft", a->o.def->soft);
	(void)json_object_set_new(a->model, "words", medium_words_model(medium_words(a->o.def)));
	js_set_str(a->model, "subject", a->o.subject);
	js_set_str(a->model, "state", order_state_name(a->o.state));
	js_set_str(a->model, "state_text", order_state_text(a->o.state));
	js_set_bool(a->model, "done", step_is_done(s, &a->o));
	js_set_str(a->model, "next", step_next_text(a->h, &a->o));
	(void)json_object_set_new(a->model, "progress", step_progress(a->h, &a->o, s));
	return s->show == NULL ? 0 : s->show(db, a->h, a->who, &a->o, a->model, err);
}

int
step_show(struct hall *h, const struct who *who, const char *no, const char *name,
    json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no, .name = name};

	return act_model(&a, act_read(&a, step_show_run, err), model);
}

/* The order as it is before the write, for the checks that need no transaction. */
static int
step_look_run(struct db *db, struct act *a, struct err *err)
{
	struct order	*out = a->extra;

	(void)db;
	(void)err;
	order_release(out);
	*out = a->o;
	memset(&a->o, 0, sizeof(a->o));		/* transferred */
	return 0;
}

static int
step_accept_run(struct db *db, struct act *a, struct err *err)
{
	const struct step	 *s = step_by_name(a->name), *now = NULL;
	const char		**next = a->extra;

	if (step_reachable(a->h, s, &a->o, err) < 0)
		return -1;
	if (!order_may_edit(&a->o) &&
	    (a->o.state != ORDER_OWING || s != step_current(a->h, &a->o)))
		return err_set(err, ERR_WRONG_STATE, "业务当前为“%s”，不能再修改。",
		    order_state_text(a->o.state));
	if (s->accept(db, a->h, a->who, &a->o, a->in, a->errors, err) < 0)
		return -1;
	now = step_wanted(a->h, &a->o, NULL);
	*next = now->name;
	return 0;
}

int
step_accept(struct hall *h, const struct who *who, const char *no, const char *name,
    const json_t *in, json_t *errors, const char **next, struct err *err)
{
	const struct step	*s = step_by_name(name);
	struct order		 o = {0};
	struct act		 look = {.h = h, .who = who, .no = no, .extra = &o};
	struct act		 a = {.h = h, .who = who, .no = no, .name = name, .in = in,
				    .errors = errors, .extra = next};
	json_t			*values = NULL;
	int			 rc = -1;

	if (s == NULL || s->accept == NULL)
		return err_set(err, ERR_NOT_FOUND, "这一步不需要提交。");
	if (s->check != NULL) {
		if (act_read(&look, step_look_run, err) < 0)
			goto out;
		if (s->check(h, &o, in, &values, errors, err) < 0)
			goto out;
		a.in = values;
		a.errors = NULL;	/* filled by the check: not to be reset */
	}
	rc = act_write(&a, step_accept_run, err);
 out:
	json_decref(values);
	order_release(&o);
	return rc;
}
