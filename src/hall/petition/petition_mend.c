#include "base/base.h"
#include "hall/petition/petition_own.h"

#include "base/str.h"
#include "hall/account/account_own.h"
#include "hall/account/code.h"
#include "hall/journal.h"

/* A petition that came back: said anew, before it is filed again. */

struct mend {
	struct petition	 p;
	json_t		*values;
};

static int
mend_load_run(struct db *db, struct act *a, struct err *err)
{
	struct mend	*m = a->extra;

	if (petition_load(db, a->h, a->who, a->name, &m->p, err) < 0)
		return -1;
	return petition_is(&m->p, "returned") ? 0 : err_set(err, ERR_WRONG_STATE,
	    "申请当前为“%s”，不能修改内容。", petition_state_text(m->p.state));
}

static int
mend_run(struct db *db, struct act *a, struct err *err)
{
	struct mend	*m = a->extra;
	struct petition	*p = &m->p;
	const char	*key = NULL, *mobile = js_str(m->values, "mobile");
	json_t		*v = NULL;
	int64_t		 taken = 0;

	if (mend_load_run(db, a, err) < 0)
		return -1;
	if (*mobile != '\0' && account_find(db, a->h, mobile, &taken, err) < 0)
		return -1;
	if (taken != 0)
		return hall_field_error(a->errors, "mobile", "新手机号", err,
		    "这个手机号已经注册过账户，请换一个号码。");
	json_object_foreach(m->values, key, v)
		if (*js_str(m->values, key) != '\0' && strcmp(key, "code") != 0)
			js_set_str(p->body, key, js_str(m->values, key));
	if (petition_save(db, a->h, p, p->state, err) < 0)
		return -1;
	return hall_journal_add(db, a->who, "petition.mended", p->no, "", err);
}

/* Another number is proved as the first one was. */
static int
mend_code(struct hall *h, const struct mend *m, json_t *errors, struct err *err)
{
	const char	*mobile = js_str(m->values, "mobile");

	if (*mobile == '\0')
		return 0;
	if (code_use(h, CODE_NUMBER, mobile, js_str(m->values, "code"), err) == 0)
		return 0;
	return err->kind != ERR_INPUT ? -1 :
	    hall_field_error(errors, "code", "短信验证码", err, "%s", err->text);
}

int
petition_mend(struct hall *h, const struct who *who, const char *ref, const json_t *in,
    json_t *errors, struct err *err)
{
	struct form_context	c = {.hall = h};
	struct mend		m = {.values = NULL};
	struct act		a = {.h = h, .who = who, .name = ref, .extra = &m};
	int			rc = -1;

	if (act_read(&a, mend_load_run, err) == 0 &&
	    form_check(&c, m.p.kind->mend, in, &m.values, errors, err) == 0 &&
	    mend_code(h, &m, errors, err) == 0) {
		a.errors = errors;
		rc = act_write(&a, mend_run, err);
	}
	petition_release(&m.p);
	json_decref(m.values);
	return rc;
}
