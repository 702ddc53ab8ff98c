#include "base/base.h"
#include "hall/petition/petition_own.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/account/account_own.h"
#include "hall/account/code.h"
#include "hall/account/session.h"
#include "hall/form/form.h"
#include "hall/journal.h"
#include "hall/sealed.h"

/* 更换手机号: the old number is dead, and no UKey that could speak for the account. */

#define MOBILE_ADDRESS	10		/* begun a day from one address */
#define MOBILE_NUMBER	3		/* … for one new number */

static const struct def_petition *
mobile_rule(const struct halldef *d)
{
	return &d->petition_mobile;
}

/* ---- beginning ---- */

struct mobile_begin {
	struct petition	 p;
	char		*ref;
};

static int
mobile_begin_run(struct db *db, struct act *a, struct err *err)
{
	struct mobile_begin	*b = a->extra;
	struct petition		*p = &b->p;
	json_t			*me = NULL;
	char			 login[128];
	int64_t			 taken = 0;

	if (account_find(db, a->h, js_str(a->in, "mobile"), &taken, err) < 0)
		return -1;
	if (taken != 0)
		return hall_field_error(a->errors, "mobile", "新手机号", err,
		    "这个手机号已经注册过账户，请换一个号码。");
	account_login(js_str(a->in, "login"), login);
	if (account_find(db, a->h, login, &p->account, err) < 0)
		return -1;
	json_decref(p->body);
	p->body = json_deep_copy(a->in);
	(void)json_object_del(p->body, "code");
	if (p->account != 0) {
		if (account_facts(db, a->h, p->account, &me, NULL, err) < 0)
			return -1;
		js_set_str(p->body, "old_mobile", js_str(me, "mobile"));
		js_set_str(p->body, "old_mail", js_str(me, "mail"));
		json_decref(me);
	}
	return petition_insert(db, a->h, a->who, p, b->ref, err);
}

int
petition_begin_mobile(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    char ref[PETITION_REF], struct err *err)
{
	struct form_context	 c = {.hall = h};
	struct mobile_begin	 b = {.p = {.kind = &petition_mobile}, .ref = ref};
	struct act		 a = {.h = h, .who = who, .errors = errors, .extra = &b};
	json_t			*v = NULL;
	int			 rc = -1;

	if (mobile_rule(hall_def(h))->wait_days == 0)
		return err_set(err, ERR_WRONG_STATE,
		    "本服务网不在线受理，请携带证件到服务网点更换手机号。");
	if (form_check(&c, form_petition_mobile, in, &v, errors, err) < 0)
		goto out;
	a.in = v;
	if (limit_hit_from(h, "petition.address", who, MOBILE_ADDRESS, CLOCK_DAY, err) < 0 ||
	    limit_hit(h, "petition.mobile", js_str(v, "mobile"), MOBILE_NUMBER, CLOCK_DAY,
	    err) < 0)
		goto out;
	if (code_use(h, CODE_NUMBER, js_str(v, "mobile"), js_str(v, "code"), err) < 0) {
		if (err->kind == ERR_INPUT)
			hall_field_error(errors, "code", "短信验证码", err, "%s", err->text);
		goto out;
	}
	rc = act_write(&a, mobile_begin_run, err);
 out:
	petition_release(&b.p);
	json_decref(v);
	return rc;
}

/* ---- reviewing ---- */

/* What the account's applications say about who handles it. */
struct mobile_known {
	char	 names[256], subjects[400];
	bool	 name, id_no;			/* as the claimant says */
	int	 n;
};

static void
mobile_known_add(char *list, size_t size, const char *text)
{
	size_t	len = strlen(list);

	if (*text == '\0' || strstr(list, text) != NULL || len + strlen(text) + 4 > size)
		return;
	(void)snprintf(list + len, size - len, "%s%s", len == 0 ? "" : "、", text);
}

static int
mobile_known(struct db *db, struct hall *h, const struct petition *p, struct mobile_known *k,
    struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*form = NULL;
	int		 rc = 0;

	if (db_query(db, SQL_PETITION_KNOWN, &rows, err, DB_INT(p->account)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0 &&
	    (rc = sealed_get_json(h, "orders.form", rows, 0, &form, err)) == 0) {
		k->n++;
		mobile_known_add(k->names, sizeof(k->names), js_str(form, "agent_name"));
		mobile_known_add(k->subjects, sizeof(k->subjects), rows_text(rows, 1));
		k->name |= strcmp(js_str(form, "agent_name"), js_str(p->body, "name")) == 0;
		k->id_no |= strcmp(js_str(form, "agent_id_no"), js_str(p->body, "id_no")) == 0;
		json_decref(form);
	}
	rows_free(rows);
	return rc;
}

static int
mobile_facts(struct db *db, struct hall *h, const struct petition *p, json_t *list,
    struct err *err)
{
	struct mobile_known	 k = {.n = 0};
	char			 text[450];

	if (p->account != 0 && mobile_known(db, h, p, &k, err) < 0)
		return -1;
	petition_fact(list, "账户", js_str(p->body, "login"), p->account == 0 ? "没有这个账户" :
	    js_str(p->body, "old_mobile"), p->account != 0);
	petition_fact(list, "姓名", js_str(p->body, "name"), k.names, k.name);
	petition_fact(list, "身份证号", js_str(p->body, "id_no"), k.n == 0 ? "" : k.id_no ?
	    "与登记的经办人一致" : "与登记的经办人不一致", k.id_no);
	petition_fact(list, "新手机号", js_str(p->body, "mobile"), "已用短信验证码验证", true);
	petition_fact(list, "联系邮箱", js_str(p->body, "contact"), js_str(p->body, "old_mail"),
	    strcmp(js_str(p->body, "contact"), js_str(p->body, "old_mail")) == 0);
	petition_fact(list, "原因", js_str(p->body, "note"), "", false);
	if (p->account != 0) {
		(void)snprintf(text, sizeof(text), "%d笔　%s", k.n, k.subjects);
		petition_fact(list, "办理过的业务", NULL, text, k.n > 0);
	}
	return 0;
}

static int
mobile_may(struct db *db, struct hall *h, const struct petition *p, struct err *err)
{
	json_t	*me = NULL;
	int64_t	 taken = 0;
	int	 rc = 0;

	if (account_facts(db, h, p->account, &me, NULL, err) < 0)
		return -1;
	if (!js_bool(me, "active"))
		rc = err_set(err, ERR_WRONG_STATE, "这个账户已停用，不能更换手机号。");
	else if (strcmp(js_str(me, "mobile"), js_str(p->body, "old_mobile")) != 0)
		rc = err_set(err, ERR_WRONG_STATE, "账户的手机号已另行更换，这份申请不再有效。");
	else if (account_find(db, h, js_str(p->body, "mobile"), &taken, err) < 0)
		rc = -1;
	else if (taken != 0)
		rc = err_set(err, ERR_WRONG_STATE, "新手机号已经注册了别的账户，请换一个号码重新申请。");
	json_decref(me);
	return rc;
}

static int
mobile_apply(struct db *db, struct hall *h, const struct who *who, struct petition *p,
    struct err *err)
{
	json_t	*v = NULL;
	char	 text[MASK_TEXT], subject[32];
	int	 rc = -1;

	(void)snprintf(subject, sizeof(subject), "%" PRId64, p->account);
	if (account_mobile_store(db, h, who, p->account, js_str(p->body, "mobile"), err) < 0 ||
	    session_drop_all(db, SESSION_ACCOUNT, p->account, err) < 0 ||
	    hall_journal_add(db, who, "account.mobile", subject, p->no, err) < 0)
		return -1;
	v = json_pack("{s:s}", "mobile", mask_phone(js_str(p->body, "mobile"), text));
	if (petition_warn(db, h, p, "mobile_changed", v, err) == 0)
		rc = petition_tell(db, h, p, "mobile_changed", v, err);
	json_decref(v);
	return rc;
}

const struct petition_kind	petition_mobile = {
	.name = "mobile", .text = "更换手机号",
	.pictures = {
		{ "id_front", "身份证人像面", "本人身份证有照片的一面，四角完整、文字清楚。", true },
		{ "id_back", "身份证国徽面", "有签发机关和有效期限的一面。", true },
		{ "more", "其他证明", "例如本人手持身份证的照片，或单位出具并盖章的说明。", false },
		{ NULL, NULL, NULL, false },
	},
	.mend = form_mend_mobile, .rule = mobile_rule, .facts = mobile_facts, .may = mobile_may, .apply = mobile_apply,
};
