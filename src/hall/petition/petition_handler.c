#include "base/base.h"
#include "hall/petition/petition_own.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/account/account_own.h"
#include "hall/account/code.h"
#include "hall/form/form.h"
#include "hall/order/print_own.h"
#include "hall/petition/handler.h"
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

/* The old channels as they are now: the first is the petition's own, the others stand beside. */
static int
takeover_holders(struct db *db, struct hall *h, struct petition *p, struct err *err)
{
	int64_t	 accounts[HANDLER_HOLDERS];
	json_t	*me = NULL, *others = json_array();
	size_t	 n = 0, i = 0;

	(void)json_object_set_new(p->body, "others", others);
	if (handler_find(db, h, p->subject, js_str(p->body, "subject_id"), p->claimant, accounts, &n,
	    err) < 0)
		return -1;
	p->account = n == 0 ? 0 : accounts[0];
	js_set_bool(p->body, "more", n == HANDLER_HOLDERS);
	for (i = 0; i < n; i++) {
		if (account_facts(db, h, accounts[i], &me, NULL, err) < 0)
			return -1;
		if (i == 0) {
			js_set_str(p->body, "old_mobile", js_str(me, "mobile"));
			js_set_str(p->body, "old_mail", js_str(me, "mail"));
		} else {
			(void)json_array_append_new(others, json_pack("{s:I, s:s, s:s}", "account",
			    (json_int_t)accounts[i], "mobile", js_str(me, "mobile"), "mail",
			    js_str(me, "mail")));
		}
		json_decref(me);
	}
	return 0;
}

/* A row for each further account; the link comes when the petition is granted. */
static int
takeover_keep_others(struct db *db, const struct petition *p, struct err *err)
{
	char	 none[64], digest[SM3_TEXT];
	json_t	*j = NULL;
	size_t	 i = 0;

	json_array_foreach(json_object_get(p->body, "others"), i, j) {
		(void)snprintf(none, sizeof(none), "none:%" PRId64 ":%zu", p->id, i);
		petition_digest(none, digest);
		if (db_run(db, SQL_PETITION_OTHER_ADD, NULL, err, DB_INT(p->id),
		    DB_INT(js_int(j, "account", 0)), DB_TEXT(digest)) < 0)
			return -1;
	}
	return 0;
}

static int
takeover_begin_run(struct db *db, struct act *a, struct err *err)
{
	struct takeover	*b = a->extra;
	struct petition	*p = &b->p;
	json_t		*me = NULL;

	if (account_facts(db, a->h, a->who->account, &me, NULL, err) < 0)
		return -1;
	json_decref(p->body);
	p->body = json_deep_copy(a->in);
	js_set_str(p->body, "mobile", js_str(me, "mobile"));
	json_decref(me);
	p->claimant = a->who->account;
	(void)snprintf(p->subject, sizeof(p->subject), "%s", js_str(a->in, "subject"));
	if (takeover_holders(db, a->h, p, err) < 0 ||
	    petition_insert(db, a->h, a->who, p, b->ref, err) < 0)
		return -1;
	return takeover_keep_others(db, p, err);
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

/* ---- the accounts it is about ---- */

struct takeover_holder {
	int64_t		 account, orders, certificates;
	const char	*mobile;
	char		 agent[128];
};

/* Holder i of the petition with what stands under it now; false after the last. */
static bool
takeover_holder(const struct petition *p, size_t i, struct takeover_holder *w)
{
	const json_t	*j = i == 0 ? NULL : json_array_get(json_object_get(p->body, "others"), i - 1);

	*w = (struct takeover_holder){ .account = i == 0 ? p->account : js_int(j, "account", 0),
	    .mobile = i == 0 ? js_str(p->body, "old_mobile") : js_str(j, "mobile") };
	return w->account != 0;
}

static int
takeover_count(struct db *db, struct hall *h, const struct petition *p,
    struct takeover_holder *w, struct err *err)
{
	return handler_count(db, h, w->account, p->subject, js_str(p->body, "subject_id"),
	    &w->orders, &w->certificates, w->agent, err);
}

static int
takeover_facts(struct db *db, struct hall *h, const struct petition *p, json_t *list,
    struct err *err)
{
	struct takeover_holder	w;
	char			text[200];
	bool			found = p->account != 0;
	size_t			i = 0;

	petition_fact(list, "主体名称", p->subject, found ? p->subject : "没有别人办理过这个主体的证书", found);
	petition_fact(list, "主体证件号码", js_str(p->body, "subject_id"), found ? "与登记的一致" : "", found);
	petition_fact(list, "姓名", js_str(p->body, "name"), "", false);
	petition_fact(list, "身份证号", js_str(p->body, "id_no"), "", false);
	petition_fact(list, "手机号", js_str(p->body, "mobile"), "登录账户的手机号", true);
	petition_fact(list, "邮箱", js_str(p->body, "contact"), "", false);
	petition_fact(list, "原因", js_str(p->body, "note"), "", false);
	for (i = 0; takeover_holder(p, i, &w); i++) {
		if (takeover_count(db, h, p, &w, err) < 0)
			return -1;
		(void)snprintf(text, sizeof(text), "%s　%s", w.agent, w.mobile);
		petition_fact(list, "现经办人", NULL, text, true);
		(void)snprintf(text, sizeof(text), "%" PRId64 "张证书，%" PRId64 "笔在办业务",
		    w.certificates, w.orders);
		petition_fact(list, "将转移", NULL, text, w.certificates > 0);
	}
	if (js_bool(p->body, "more"))
		petition_fact(list, "注意", NULL, "可能还有别的经办人，这一次只转移以上各位名下的证书", false);
	return 0;
}

static int
takeover_may(struct db *db, struct hall *h, const struct petition *p, struct err *err)
{
	struct takeover_holder	 w;
	json_t			*me = NULL;
	int64_t			 certificates = 0;
	bool			 active = false;
	size_t			 i = 0;

	if (account_facts(db, h, p->claimant, &me, NULL, err) < 0)
		return -1;
	active = js_bool(me, "active");
	json_decref(me);
	if (!active)
		return err_set(err, ERR_WRONG_STATE, "申请人的账户已停用。");
	for (i = 0; takeover_holder(p, i, &w); i++) {
		if (takeover_count(db, h, p, &w, err) < 0)
			return -1;
		certificates += w.certificates;
	}
	return certificates > 0 ? 0 : err_set(err, ERR_WRONG_STATE,
	    "原经办人名下已经没有这个主体的证书。");
}

static int
takeover_apply(struct db *db, struct hall *h, const struct who *who, struct petition *p,
    struct err *err)
{
	struct takeover_holder	w;
	char			note[64];
	size_t			i = 0;

	(void)snprintf(note, sizeof(note), "经办人变更（%s）", p->no);
	for (i = 0; takeover_holder(p, i, &w); i++) {
		if (takeover_count(db, h, p, &w, err) < 0)
			return -1;
		if (w.certificates + w.orders > 0 && handler_move(db, h, who, w.account,
		    p->claimant, p->subject, js_str(p->body, "subject_id"), p->body, note, err) < 0)
			return -1;
	}
	return 0;
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
	.mend = form_mend_handler, .rule = takeover_rule, .facts = takeover_facts, .may = takeover_may,
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
