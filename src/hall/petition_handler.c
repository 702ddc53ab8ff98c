#include "base/base.h"
#include "hall/petition_own.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/account_own.h"
#include "hall/code.h"
#include "hall/form.h"
#include "hall/handler.h"
#include "hall/print_own.h"
#include "hall/services.h"

/* 接管证书: another account of the same organisation takes a subject's certificates over. */

#define TAKEOVER_BEGUN	10		/* a day and account */

static const struct def_petition *
takeover_rule(const struct halldef *d)
{
	return &d->petition_handler;
}

struct takeover {
	struct petition	 p;
	char		*ref;
};

static int
takeover_begin_run(struct db *db, struct act *a, struct err *err)
{
	struct takeover	*b = a->extra;
	struct petition	*p = &b->p;
	json_t		*me = NULL, *old = NULL;
	int		 rc = -1;

	if (account_facts(db, a->h, a->who->account, &me, NULL, err) < 0)
		return -1;
	json_decref(p->body);
	p->body = json_deep_copy(a->in);
	js_set_str(p->body, "mobile", js_str(me, "mobile"));
	json_decref(me);
	p->claimant = a->who->account;
	(void)snprintf(p->subject, sizeof(p->subject), "%s", js_str(a->in, "subject"));
	if (handler_find(db, a->h, p->subject, js_str(a->in, "subject_id"), p->claimant, &p->account,
	    err) < 0)
		return -1;
	if (p->account != 0 && account_facts(db, a->h, p->account, &old, NULL, err) < 0)
		return -1;
	js_set_str(p->body, "old_mobile", js_str(old, "mobile"));
	js_set_str(p->body, "old_mail", js_str(old, "mail"));
	rc = petition_insert(db, a->h, a->who, p, b->ref, err);
	json_decref(old);
	return rc;
}

int
petition_begin_handler(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    char ref[PETITION_REF], struct err *err)
{
	struct form_context	 c = {.hall = h};
	struct takeover		 b = {.p = {.kind = &petition_handler}, .ref = ref};
	struct act		 a = {.h = h, .who = who, .errors = errors, .extra = &b};
	json_t			*v = NULL;
	char			 key[32];
	int			 rc = -1;

	if (takeover_rule(hall_def(h))->wait_days == 0)
		return err_set(err, ERR_WRONG_STATE, "本服务网不在线受理，请携带授权书到服务网点办理。");
	if (who->account == 0)
		return err_set(err, ERR_DENIED, "请先登录后再办理。");
	(void)snprintf(key, sizeof(key), "%" PRId64, who->account);
	if (form_check(&c, form_petition_handler, in, &v, errors, err) == 0 &&
	    limit_hit(h, "petition.handler", key, TAKEOVER_BEGUN, CLOCK_DAY, err) == 0) {
		a.in = v;
		rc = act_write(&a, takeover_begin_run, err);
	}
	petition_release(&b.p);
	json_decref(v);
	return rc;
}

static int
takeover_facts(struct db *db, struct hall *h, const struct petition *p, json_t *list,
    struct err *err)
{
	char	agent[128] = "", text[128];
	int64_t	orders = 0, certificates = 0;

	if (p->account != 0 && handler_count(db, h, p->account, p->subject,
	    js_str(p->body, "subject_id"), &orders, &certificates, agent, err) < 0)
		return -1;
	petition_fact(list, "主体名称", p->subject, p->account == 0 ? "没有别人办理过这个主体的证书" :
	    p->subject, p->account != 0);
	petition_fact(list, "主体证件号码", js_str(p->body, "subject_id"), p->account == 0 ? "" :
	    "与登记的一致", p->account != 0);
	petition_fact(list, "姓名", js_str(p->body, "name"), "", false);
	petition_fact(list, "身份证号", js_str(p->body, "id_no"), "", false);
	petition_fact(list, "手机号", js_str(p->body, "mobile"), "登录账户的手机号", true);
	petition_fact(list, "邮箱", js_str(p->body, "contact"), "", false);
	petition_fact(list, "原因", js_str(p->body, "note"), "", false);
	if (p->account != 0) {
		(void)snprintf(text, sizeof(text), "%s　%s", agent, js_str(p->body, "old_mobile"));
		petition_fact(list, "现经办人", NULL, text, true);
		(void)snprintf(text, sizeof(text), "%" PRId64 "张证书，%" PRId64 "笔在办业务",
		    certificates, orders);
		petition_fact(list, "将转移", NULL, text, certificates > 0);
	}
	return 0;
}

static int
takeover_may(struct db *db, struct hall *h, const struct petition *p, struct err *err)
{
	json_t	*me = NULL;
	int64_t	 orders = 0, certificates = 0;
	bool	 active = false;

	if (account_facts(db, h, p->claimant, &me, NULL, err) < 0)
		return -1;
	active = js_bool(me, "active");
	json_decref(me);
	if (!active)
		return err_set(err, ERR_WRONG_STATE, "申请人的账户已停用。");
	if (handler_count(db, h, p->account, p->subject, js_str(p->body, "subject_id"), &orders,
	    &certificates, NULL, err) < 0)
		return -1;
	return certificates > 0 ? 0 : err_set(err, ERR_WRONG_STATE,
	    "原经办人名下已经没有这个主体的证书。");
}

static int
takeover_apply(struct db *db, struct hall *h, const struct who *who, struct petition *p,
    struct err *err)
{
	char	note[64];

	(void)snprintf(note, sizeof(note), "经办人变更（%s）", p->no);
	return handler_move(db, h, who, p->account, p->claimant, p->subject,
	    js_str(p->body, "subject_id"), p->body, note, err);
}

const struct petition_kind	petition_handler = {
	.name = "handler", .text = "接管证书", .letter = true,
	.pictures = {
		{ "letter", "单位授权书", "下载本页的授权书，打印后加盖单位公章，扫描或拍照。", true },
		{ "id_front", "身份证人像面", "您本人身份证有照片的一面，四角完整、文字清楚。", true },
		{ "id_back", "身份证国徽面", "有签发机关和有效期限的一面。", true },
		{ "more", "单位证件", "营业执照等单位有效证件，复印后加盖单位公章。", false },
		{ NULL, NULL, NULL, false },
	},
	.rule = takeover_rule, .facts = takeover_facts, .may = takeover_may,
	.apply = takeover_apply,
};

/* ---- the letter ---- */

static int
takeover_letter_run(struct db *db, struct act *a, struct err *err)
{
	struct petition	*p = a->extra;
	struct buf	 text = {0};
	json_t		*v = NULL;

	if (petition_load(db, a->h, a->who, a->name, p, err) < 0)
		return -1;
	if (!p->kind->letter)
		return err_set(err, ERR_NOT_FOUND, "没有这份文件。");
	buf_init(&text, LIMIT_JSON);
	v = json_deep_copy(p->body);
	js_set_str(v, "no", p->no);
	js_set_str(v, "issuer", hall_def(a->h)->issuer);
	text_fill(takeover_rule(hall_def(a->h))->letter, v, &text);
	a->model = print_document(hall_def(a->h), "更换经办人授权书", p->no);
	print_text(a->model, text.p);
	print_sign(a->model, "新经办人签字", "授权单位（盖章）", "日期");
	json_decref(v);
	buf_free(&text);
	return 0;
}

int
petition_letter(struct hall *h, const struct who *who, const char *ref, struct buf *pdf,
    struct err *err)
{
	struct petition	p = {0};
	struct act	a = {.h = h, .who = who, .name = ref, .extra = &p};
	int		rc = act_read(&a, takeover_letter_run, err);

	if (rc == 0)
		rc = hall_services(h)->form(a.model, pdf, err);
	json_decref(a.model);
	petition_release(&p);
	return rc;
}
