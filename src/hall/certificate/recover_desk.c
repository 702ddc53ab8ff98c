#include "base/base.h"
#include "hall/certificate/recover.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/account/ukey.h"
#include "hall/act.h"
#include "hall/notice.h"
#include "hall/order/order_row.h"
#include "hall/order/order_view.h"
#include "hall/services.h"
#include "hall/steps.h"
#include "kmc/kmc.h"
#include "pki/cert.h"

/* The desk: two key officers sign, each at a page of their own. */

#define KEPT_DAYS	30		/* that ended recoveries stay in the list */

/* ---- who may sign ---- */

/* A member of staff as a signer. */
struct signer_row {
	int64_t	 id;
	char	 name[128], serial[65];
	bool	 works;			/* active, a reviewer */
};

static int
desk_staff(struct db *db, int64_t id, struct signer_row *s, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_STAFF_BY_ID, &rows, err, DB_INT(id));

	if (rc == 0) {
		s->id = id;
		(void)snprintf(s->name, sizeof(s->name), "%s", rows_text(rows, 0));
		(void)snprintf(s->serial, sizeof(s->serial), "%s", rows_text(rows, 1));
		s->works = rows_int(rows, 3) != 0 && (rows_int(rows, 2) & ROLE_REVIEWER) != 0;
	}
	rows_free(rows);
	return rc;
}

/* On kmc's own list, for keys?  kmc decides again when it gives the key. */
static bool
desk_is_officer(const json_t *officers, const char *serial)
{
	const json_t	*o = NULL;
	size_t		 i = 0;

	json_array_foreach(json_object_get(officers, "officers"), i, o)
		if (strcmp(js_str(o, "serial"), serial) == 0)
			return js_bool(o, "active") &&
			    (js_int(o, "may", 0) & KEY_OFFICER_KEYS) != 0;
	return false;
}

/* Who is named in the application signs nothing of it; two of one name: another officer does. */
static bool
desk_is_applicant(const struct order *o, const char *name)
{
	static const char *const people[] = { "agent_name", "person_name", "receiver" };
	size_t			 i = 0;

	for (i = 0; i < ARRAY_LEN(people); i++)
		if (strcmp(js_str(o->form, people[i]), name) == 0)
			return true;
	return strcmp(o->subject, name) == 0;
}

/* Why this person may not sign this order; NULL: may. */
static const char *
desk_why_not(const struct order *o, const struct signer_row *s, const json_t *officers)
{
	if (!s->works)
		return "这位业务人员没有审核岗位或已停用，不能签名。";
	if (!desk_is_officer(officers, s->serial))
		return "不在密钥管理中心的密钥管理员名单中，不能为密钥恢复签名，请联系系统管理员。";
	if (desk_is_applicant(o, s->name))
		return "是这笔业务的申请人或经办人，不能审批自己的申请，请由其他密钥管理员签名。";
	return NULL;
}

/* ---- what a page shows ---- */

/* The text is taken over. */
static void
desk_line(json_t *list, char *text)
{
	(void)json_array_append_new(list, json_string(text));
	free(text);
}

/* The statement in plain words: what happens when both have signed. */
static json_t *
desk_plain(const struct order *o, const struct recovery *r)
{
	const json_t	*about = recover_about(o);
	json_t		*list = json_array();
	char		 at[CLOCK_TEXT];

	desk_line(list, xasprintf("从密钥托管中取出“%s”已停用的加密密钥，加密证书序列号 %s。",
	    o->subject, js_str(about, "enc_serial")));
	desk_line(list, xasprintf("密钥加密后只交给同一用户的%s，其签名证书序列号 %s。",
	    recover_words(o)->text, js_str(about, "receiver")));
	desk_line(list, xasprintf("业务受理号 %s，用户本人恢复，原因：%s。", o->no,
	    js_str(about, "reason_text")));
	if (r->there)
		desk_line(list, xasprintf("由 %s 和 %s 两人签名，有效至 %s，只能使用一次。",
		    r->names[0], r->names[1], clock_datetime(r->expires, at)));
	return list;
}

static const char *
desk_waiting_for(const struct order *o)
{
	switch (o->state) {
	case ORDER_REVIEWING:
		return "第一位密钥管理员签名";
	case ORDER_COUNTERSIGNING:
		return "第二位密钥管理员签名";
	case ORDER_RECOVERING:
		return "申请人写入密钥";
	case ORDER_SUBMITTED:
		return "申请人补齐材料";
	default:
		return "";
	}
}

static int
recover_list_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	struct order	 o = { .id = 0 };
	json_t		*list = json_array(), *j = NULL;
	int		 rc = 0;

	a->model = json_pack("{s:o}", "rows", list);
	if (db_query(db, SQL_KEY_RECOVERY_ORDERS, &rows, err,
	    DB_INT(clock_now() - KEPT_DAYS * CLOCK_DAY)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		if ((rc = order_from_row(a->h, rows, &o, err)) < 0)
			break;
		j = order_row_model(a->h, &o);
		js_set_str(j, "waiting_for", desk_waiting_for(&o));
		js_set_str(j, "reason_text", js_str(recover_about(&o), "reason_text"));
		(void)json_array_append_new(list, j);
		order_release(&o);
	}
	rows_free(rows);
	js_set_bool(a->model, "has_rows", json_array_size(list) > 0);
	return rc;
}

int
recover_list(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	struct act	a = { .h = h, .who = who };

	if (hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, recover_list_run, err), model);
}

static void
desk_proofs(const struct order *o, json_t *model)
{
	json_t	*list = json_array(), *j = NULL;
	size_t	 i = 0;

	(void)json_object_set_new(model, "proofs", list);
	for (i = 0; steps_all[i] != NULL; i++)
		if (steps_all[i]->proves && json_object_get(o->steps, steps_all[i]->name) != NULL) {
			j = json_pack("{s:s}", "title", steps_all[i]->title);
			js_set_time(j, "time", js_int(o->steps, steps_all[i]->name, 0));
			(void)json_array_append_new(list, j);
		}
}

/* The others who may sign second. */
static int
desk_officers(struct db *db, const struct act *a, const json_t *officers, json_t *model,
    struct err *err)
{
	struct signer_row	 s = { .id = 0 };
	struct rows		*rows = NULL;
	json_t			*list = json_array();
	char			 id[24];
	int			 rc = 0;

	(void)json_object_set_new(model, "officers", list);
	if (db_query(db, SQL_STAFF_LIST, &rows, err) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		s.id = rows_int(rows, 0);
		(void)snprintf(s.name, sizeof(s.name), "%s", rows_text(rows, 1));
		(void)snprintf(s.serial, sizeof(s.serial), "%s", rows_text(rows, 2));
		s.works = rows_int(rows, 4) != 0 && (rows_int(rows, 3) & ROLE_REVIEWER) != 0;
		(void)snprintf(id, sizeof(id), "%" PRId64, s.id);
		if (s.id != a->who->staff && desk_why_not(&a->o, &s, officers) == NULL)
			(void)json_array_append_new(list, json_pack("{s:s, s:s}", "id", id,
			    "name", s.name));
	}
	rows_free(rows);
	return rc;
}

/* Whose turn it is, as far as this person is concerned. */
static void
desk_turn(const struct act *a, const struct recovery *r, const char *why, json_t *m)
{
	bool	first = a->o.state == ORDER_REVIEWING;
	bool	second = a->o.state == ORDER_COUNTERSIGNING;
	bool	mine = second && r->second == a->who->staff;

	if (second && !mine)
		why = r->first == a->who->staff ? "您已签名，等待第二位密钥管理员签名。" :
		    "等待指定的第二位密钥管理员签名。";
	js_set_bool(m, "may_first", first && why == NULL);
	js_set_bool(m, "may_second", mine && why == NULL);
	js_set_bool(m, "may_decline", mine);
	js_set_str(m, "why_not", (first || second) && why != NULL ? why : "");
	js_set_str(m, "statement", r->first_at != 0 ? r->statement.p : "");
}

static int
recover_view_run(struct db *db, struct act *a, struct err *err)
{
	const json_t		*officers = a->extra;
	struct signer_row	 me = { .id = 0 };
	struct recovery		 r;
	char			*why = NULL;
	const char		*text = NULL;
	int			 rc = -1;

	recovery_init(&r);
	a->model = json_object();
	if (strcmp(a->o.op, "recover") != 0) {
		err_set(err, ERR_NOT_FOUND, "没有这笔密钥恢复业务。");
		goto out;
	}
	(void)json_object_set_new(a->model, "groups", order_view_form(a->h, &a->o));
	if (order_view_fill(db, a->h, &a->o, a->model, err) < 0 ||
	    recovery_model(db, a->h, &a->o, true, a->model, err) < 0 ||
	    recovery_load(db, &a->o, &r, err) < 0 ||
	    desk_staff(db, a->who->staff, &me, err) < 0 ||
	    desk_officers(db, a, officers, a->model, err) < 0)
		goto out;
	text = desk_why_not(&a->o, &me, officers);
	why = text == NULL ? NULL : xasprintf("您%s", text);
	if (r.first_at == 0)
		r.there = false;		/* drafted only: not yet said to anybody */
	(void)json_object_set_new(a->model, "plain", desk_plain(&a->o, &r));
	desk_proofs(&a->o, a->model);
	desk_turn(a, &r, why, a->model);
	rc = 0;
 out:
	free(why);
	recovery_free(&r);
	return rc;
}

int
recover_view(struct hall *h, const struct who *who, const char *no, json_t **model,
    struct err *err)
{
	json_t		*officers = NULL;
	struct act	 a = { .h = h, .who = who, .no = no };
	int		 rc = -1;

	if (hall_need_role(who, ROLE_REVIEWER, err) < 0 ||
	    hall_services(h)->key_officers(&officers, err) < 0)
		return -1;
	a.extra = officers;
	rc = act_model(&a, act_read(&a, recover_view_run, err), model);
	json_decref(officers);
	return rc;
}

/* ---- what is signed ---- */

/* Both may sign, and are two. */
static int
desk_check_pair(const struct order *o, const struct signer_row *first,
    const struct signer_row *second, const json_t *officers, json_t *errors, struct err *err)
{
	const char	*why = desk_why_not(o, first, officers);

	if (why != NULL)
		return err_set(err, ERR_DENIED, "您%s", why);
	if (second->id == first->id || strcmp(second->serial, first->serial) == 0)
		return hall_field_error(errors, "second", "第二位签名人", err,
		    "密钥恢复要两个人签名，请另选一位。");
	why = desk_why_not(o, second, officers);
	return why == NULL ? 0 : hall_field_error(errors, "second", "第二位签名人", err,
	    "%s%s", second->name, why);
}

static void
desk_person(const struct order *o, const char *what, const char *value, json_t *list)
{
	char	digest[KMC_SUBJECT];

	if (*what == '\0' || *value == '\0')
		return;
	kmc_person(o->no, what, value, digest);
	(void)json_array_append_new(list, json_string(digest));
}

/* Everybody who acts in the order, as kmc compares them with the officers' certificates. */
static json_t *
desk_people(const struct order *o)
{
	json_t	*list = json_array();

	desk_person(o, "name", js_str(o->form, "agent_name"), list);
	desk_person(o, js_str(o->form, "agent_id_type"), js_str(o->form, "agent_id_no"), list);
	desk_person(o, "name", js_str(o->form, "person_name"), list);
	desk_person(o, js_str(o->form, "person_id_type"), js_str(o->form, "person_id_no"), list);
	return list;
}

static void
desk_write_statement(const struct order *o, const struct signer_row *first,
    const struct signer_row *second, int64_t now, struct buf *out)
{
	const json_t	*about = recover_about(o);
	json_t		*j = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "type",
	    "recovery", "v", 1, "order", o->no, "serial", js_str(about, "enc_serial"), "kind",
	    "user", "receiver", js_str(about, "receiver"), "officer", first->serial, "second",
	    second->serial, "time", (json_int_t)now);

	(void)json_object_set_new(j, "people", desk_people(o));
	json_write_canonical(j, out);
	json_decref(j);
}

static int
desk_need(const struct act *a, enum order_state state, struct err *err)
{
	if (strcmp(a->o.op, "recover") != 0)
		return err_set(err, ERR_NOT_FOUND, "没有这笔密钥恢复业务。");
	return a->o.state == state ? 0 : err_set(err, ERR_CONFLICT,
	    "业务当前为“%s”，现在不能签名，请刷新页面。", order_state_text(a->o.state));
}

static int
recover_statement_run(struct db *db, struct act *a, struct err *err)
{
	const json_t		*officers = a->extra;
	struct signer_row	 first = { .id = 0 }, second = { .id = 0 };
	struct recovery		 r = { .there = true };
	int64_t			 now = clock_now(), id = strtoll(js_str(a->in, "second"), NULL, 10);
	struct buf		 text;
	int			 rc = -1;

	buf_init(&text, STATEMENT_MAX);
	if (desk_need(a, ORDER_REVIEWING, err) < 0)
		goto out;
	if (a->o.version != strtoll(js_str(a->in, "version"), NULL, 10)) {
		err_set(err, ERR_CONFLICT, "申请人刚刚修改了申请或材料，请刷新页面，重新查看后再签名。");
		goto out;
	}
	if (desk_staff(db, a->who->staff, &first, err) < 0)
		goto out;
	if (desk_staff(db, id, &second, err) < 0) {
		if (err->kind == ERR_NOT_FOUND)
			hall_field_error(a->errors, "second", "第二位签名人", err,
			    "请选择第二位签名人。");
		goto out;
	}
	if (desk_check_pair(&a->o, &first, &second, officers, a->errors, err) < 0)
		goto out;
	desk_write_statement(&a->o, &first, &second, now, &text);
	r.expires = now + hall_def(a->h)->recover_days * CLOCK_DAY;
	if (db_run(db, SQL_KEY_RECOVERY_DRAFT, NULL, err, DB_INT(a->o.id), DB_INT(a->o.version),
	    DB_TEXT(text.p), DB_INT(first.id), DB_INT(second.id), DB_INT(r.expires)) < 0)
		goto out;
	memcpy(r.names[0], first.name, sizeof(r.names[0]));
	memcpy(r.names[1], second.name, sizeof(r.names[1]));
	a->model = json_pack("{s:s, s:o}", "statement", text.p, "plain", desk_plain(&a->o, &r));
	rc = 0;
 out:
	buf_free(&text);
	return rc;
}

int
recover_statement(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, json_t **model, struct err *err)
{
	json_t		*officers = NULL;
	struct act	 a = { .h = h, .who = who, .desk = true, .no = no, .in = in,
		.errors = errors };
	int		 rc = -1;

	if (hall_need_role(who, ROLE_REVIEWER, err) < 0 ||
	    hall_services(h)->key_officers(&officers, err) < 0)
		return -1;
	a.extra = officers;
	rc = act_model(&a, act_write(&a, recover_statement_run, err), model);
	json_decref(officers);
	return rc;
}

/* ---- signing ---- */

/* What the officer's browser sends, decoded and checked. */
struct signing {
	struct buf	 certificate, signature;
	char		 serial[65];
	json_t		*officers;
};

/* It is this person's turn, over this text, with the UKey that is registered for them. */
static int
signing_check(struct db *db, const struct act *a, const struct recovery *r, bool second,
    struct err *err)
{
	const struct signing	*s = a->extra;
	const char		*statement = js_str(a->in, "statement"), *why = NULL;
	struct signer_row	 me = { .id = 0 };

	if (!r->there || strlen(statement) != r->statement.len ||
	    memcmp(statement, r->statement.p, r->statement.len) != 0 ||
	    (!second && r->version != a->o.version))
		return err_set(err, ERR_CONFLICT,
		    "要签名的内容有了变化，请刷新页面，重新查看后再签名。");
	if (a->who->staff != (second ? r->second : r->first))
		return err_set(err, ERR_DENIED, second ? "要由指定的第二位密钥管理员签名。" :
		    "要签名的内容不是为您准备的，请刷新页面重新生成。");
	if (r->expires <= clock_now())
		return err_set(err, ERR_EXPIRED, "签名的期限已过，请刷新页面，重新从第一位开始签名。");
	if (desk_staff(db, a->who->staff, &me, err) < 0)
		return -1;
	if (strcmp(me.serial, s->serial) != 0)
		return err_set(err, ERR_DENIED, "签名的UKey不是您登记的UKey，请换用自己的UKey。");
	why = desk_why_not(&a->o, &me, s->officers);
	return why == NULL ? 0 : err_set(err, ERR_DENIED, "您%s", why);
}

/* The holder hears of each signature; of the second that the key can be had. */
static int
signing_tell(struct db *db, const struct act *a, bool second, int64_t expires, struct err *err)
{
	char	 at[CLOCK_TEXT];
	json_t	*v = json_pack("{s:s, s:s}", "who", second ? "第二位密钥管理员" :
	    "第一位密钥管理员", "until", clock_datetime(expires, at));
	int	 rc = notice_owner(db, a->h, &a->o, second ? "recover_ready" : "recover_signed", v,
		    err);

	json_decref(v);
	return rc;
}

static int
recover_sign_run(struct db *db, struct act *a, struct err *err)
{
	const struct signing	*s = a->extra;
	bool			 second = a->o.state == ORDER_COUNTERSIGNING;
	struct recovery		 r;
	int64_t			 n = 0;
	int			 rc = -1;

	recovery_init(&r);
	if ((!second && desk_need(a, ORDER_REVIEWING, err) < 0) ||
	    recovery_load(db, &a->o, &r, err) < 0 || signing_check(db, a, &r, second, err) < 0)
		goto out;
	if (db_run(db, second ? SQL_KEY_RECOVERY_SECOND : SQL_KEY_RECOVERY_FIRST, &n, err,
	    DB_INT(a->o.id), DB_BLOB(s->signature.p, s->signature.len),
	    DB_INT(clock_now())) < 0)
		goto out;
	if (n != 1) {
		err_set(err, ERR_CONFLICT, "这份内容已经签过名了，请刷新页面。");
		goto out;
	}
	if (order_move(db, a->h, a->who, &a->o, second ? EVENT_SECOND_SIGN : EVENT_FIRST_SIGN,
	    NULL, err) == 0)
		rc = signing_tell(db, a, second, r.expires, err);
 out:
	recovery_free(&r);
	return rc;
}

int
recover_sign(struct hall *h, const struct who *who, const char *no, const json_t *in,
    struct err *err)
{
	struct signing	 s = { .officers = NULL };
	struct act	 a = { .h = h, .who = who, .desk = true, .no = no, .in = in, .extra = &s };
	const char	*statement = js_str(in, "statement");
	struct cert	*cert = NULL;
	int		 rc = -1;

	if (hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	buf_init(&s.certificate, LIMIT_CERT);
	buf_init(&s.signature, 256);
	if (js_need_bytes(in, "certificate", &s.certificate, err) < 0 ||
	    js_need_bytes(in, "signature", &s.signature, err) < 0 ||
	    ukey_check(h, s.certificate.p, s.certificate.len, statement, strlen(statement),
	    s.signature.p, s.signature.len, &cert, err) < 0 ||
	    hall_services(h)->key_officers(&s.officers, err) < 0)
		goto out;
	(void)snprintf(s.serial, sizeof(s.serial), "%s", cert_serial(cert));
	rc = act_write(&a, recover_sign_run, err);
 out:
	json_decref(s.officers);
	cert_free(cert);
	buf_free(&s.signature);
	buf_free(&s.certificate);
	return rc;
}

static int
recover_decline_run(struct db *db, struct act *a, struct err *err)
{
	struct recovery	r;
	int		rc = -1;

	recovery_init(&r);
	if (desk_need(a, ORDER_COUNTERSIGNING, err) == 0 &&
	    recovery_load(db, &a->o, &r, err) == 0) {
		if (r.second != a->who->staff)
			err_set(err, ERR_DENIED, "要由指定的第二位密钥管理员处理。");
		else if (db_run(db, SQL_KEY_RECOVERY_DROP, NULL, err, DB_INT(a->o.id)) == 0)
			rc = order_move(db, a->h, a->who, &a->o, EVENT_DECLINE, a->name, err);
	}
	recovery_free(&r);
	return rc;
}

int
recover_decline(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, struct err *err)
{
	const char	*reason = js_str(in, "reason");
	struct act	 a = { .h = h, .who = who, .desk = true, .no = no, .name = reason };

	if (hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	if (*reason == '\0' || utf8_count(reason) > 100)
		return hall_field_error(errors, "reason", "原因", err,
		    "请写明不同意的原因，最多100个字，同事会看到。");
	return act_write(&a, recover_decline_run, err);
}

/* ---- what was left lying ---- */

/* Only once signed may it lapse: before the second's signature it is signed again, after it
 * the approval is over. */
static int
tick_one(struct db *db, struct hall *h, int64_t id, struct err *err)
{
	const struct who	system = { .system = true, .address = "" };
	struct order		o = { .id = 0 };
	bool			signing = false;
	int			rc = order_load_id(db, h, id, &o, err);

	if (rc < 0)
		return -1;
	signing = o.state == ORDER_COUNTERSIGNING;
	if (db_run(db, SQL_KEY_RECOVERY_DROP, NULL, err, DB_INT(id)) < 0 ||
	    order_move(db, h, &system, &o, signing ? EVENT_OUTDATE : EVENT_EXPIRE, NULL, err) < 0)
		rc = -1;
	else if (!signing)
		rc = notice_owner(db, h, &o, "recover_ended", NULL, err);
	order_release(&o);
	return rc;
}

int
recover_tick(struct db *db, struct hall *h, int64_t now, struct err *err)
{
	struct rows	*rows = NULL;
	int64_t		 ids[20];
	size_t		 n = 0, i = 0;
	int		 rc = 0;

	if (db_query(db, SQL_KEY_RECOVERY_OVERDUE, &rows, err, DB_INT(now)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0 && n < ARRAY_LEN(ids))
		ids[n++] = rows_int(rows, 0);
	rows_free(rows);
	for (i = 0; rc >= 0 && i < n; i++)
		rc = tick_one(db, h, ids[i], err);
	return rc < 0 ? -1 : 0;
}
