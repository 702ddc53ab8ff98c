#include "base/base.h"
#include "hall/identity/proof.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/account/code.h"
#include "hall/act.h"

#define PROOF_DATA	4096

void
proof_release(struct proof *p)
{
	json_decref(p->data);
	p->data = NULL;
}

bool
proof_is(const struct proof *p, const char *state)
{
	return strcmp(p->state, state) == 0;
}

void
proof_set(struct proof *p, const char *state, const char *reason)
{
	(void)snprintf(p->state, sizeof(p->state), "%s", state);
	str_copy(p->reason, sizeof(p->reason), reason);
	if (strcmp(state, "passed") == 0 || strcmp(state, "failed") == 0 ||
	    strcmp(state, "left") == 0)
		p->ended = clock_now();
}

int
proof_from_row(const struct hall *h, struct rows *r, struct proof *p, struct err *err)
{
	memset(p, 0, sizeof(*p));
	p->id = rows_int(r, 0);
	p->order_id = rows_int(r, 1);
	p->account = rows_int(r, 2);
	p->way = way_by_name(rows_text(r, 3));
	(void)snprintf(p->state, sizeof(p->state), "%s", rows_text(r, 4));
	(void)snprintf(p->was, sizeof(p->was), "%s", p->state);
	p->stage = (int)rows_int(r, 5);
	(void)snprintf(p->proves, sizeof(p->proves), "%s", rows_text(r, 7));
	(void)snprintf(p->handler, sizeof(p->handler), "%s", rows_text(r, 8));
	(void)snprintf(p->code, sizeof(p->code), "%s", rows_text(r, 9));
	p->tries = p->tries_was = (int)rows_int(r, 10);
	(void)snprintf(p->remit_no, sizeof(p->remit_no), "%s", rows_text(r, 11));
	(void)snprintf(p->provider_no, sizeof(p->provider_no), "%s", rows_text(r, 12));
	(void)snprintf(p->evidence, sizeof(p->evidence), "%s", rows_text(r, 13));
	(void)snprintf(p->reason, sizeof(p->reason), "%s", rows_text(r, 14));
	p->created = rows_int(r, 15);
	p->expires = rows_int(r, 16);
	p->ended = rows_int(r, 17);
	if (p->way == NULL)
		return err_set(err, ERR_BUG, "a proof by an unknown way");
	if (p->ended == 0 && clock_now() >= p->expires) {
		(void)snprintf(p->state, sizeof(p->state), "expired");
		p->ended = p->expires;
	}
	return sealed_get_json(h, "proof.data", r, 6, &p->data, err);
}

static int
proof_find(const struct hall *h, struct rows *rows, struct proof *p, struct err *err)
{
	int	rc = rows_next(rows, err);

	if (rc > 0 && proof_from_row(h, rows, p, err) < 0)
		rc = -1;
	rows_free(rows);
	return rc;
}

int
proof_newest(struct db *db, const struct hall *h, const struct order *o, struct proof *p,
    struct err *err)
{
	struct rows	*rows = NULL;

	memset(p, 0, sizeof(*p));
	if (db_query(db, SQL_PROOF_NEWEST, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	return proof_find(h, rows, p, err);
}

int
proof_earlier(struct db *db, const struct hall *h, const struct order *o, struct proof *p,
    struct err *err)
{
	const struct def_identity	*d = &hall_def(h)->identity;
	struct proof			 key = { .id = 0 };
	struct rows			*rows = NULL;

	memset(p, 0, sizeof(*p));
	if (d->reuse_days == 0 || strcmp(o->op, "unlock") != 0)
		return 0;
	proof_digests(h, o, &key);
	if (db_query(db, SQL_PROOF_EARLIER, &rows, err, DB_TEXT(key.proves),
	    DB_TEXT(key.handler), DB_INT(clock_now() - d->reuse_days * CLOCK_DAY),
	    DB_INT(clock_now() + CODE_AHEAD)) < 0)
		return -1;
	return proof_find(h, rows, p, err);
}

int
proof_insert(struct db *db, const struct hall *h, struct proof *p, struct err *err)
{
	struct buf	data = {0};
	int		rc = -1;

	buf_init(&data, PROOF_DATA);
	if (sealed_put_json(h, "proof.data", p->data, &data, err) == 0)
		rc = db_run(db, SQL_PROOF_INSERT, NULL, err, DB_INT(p->id), DB_INT(p->order_id),
		    DB_INT(p->account), DB_TEXT(p->way->name), DB_TEXT(p->state),
		    DB_BLOB(data.p, data.len), DB_TEXT(p->proves), DB_TEXT(p->handler),
		    DB_TEXT(p->code), DB_TEXT(p->remit_no), DB_INT(p->created),
		    DB_INT(p->expires));
	buf_free(&data);
	return rc;
}

int
proof_save(struct db *db, struct proof *p, struct err *err)
{
	int64_t	n = 0;

	if (db_run(db, SQL_PROOF_SAVE, &n, err, DB_INT(p->id), DB_TEXT(p->was),
	    DB_INT(p->tries_was), DB_TEXT(p->state), DB_INT(p->stage), DB_INT(p->tries),
	    DB_TEXT(p->provider_no), DB_TEXT(p->evidence), DB_TEXT(p->reason),
	    DB_INT(p->expires), DB_INT(p->ended)) < 0)
		return -1;
	if (hall_was_first(n, "身份认证", err) < 0)
		return -1;
	(void)snprintf(p->was, sizeof(p->was), "%s", p->state);
	p->tries_was = p->tries;
	return 0;
}

const char *
proof_subject_name(const struct order *o)
{
	return js_str(o->form, o->def->person ? "person_name" : "org_name");
}

const char *
proof_subject_no(const struct order *o)
{
	return js_str(o->form, o->def->person ? "person_id_no" : "org_id_no");
}

void
proof_digests(const struct hall *h, const struct order *o, struct proof *p)
{
	char	account[24];

	keyed_pair(h, o->def->person ? "proof.person" : "proof.organisation",
	    proof_subject_name(o), proof_subject_no(o), p->proves);
	(void)snprintf(account, sizeof(account), "%" PRId64, o->account);
	keyed_pair(h, "proof.handler", account, js_str(o->form, "agent_id_no"), p->handler);
}

void
proof_code_digest(const struct hall *h, const struct proof *p, const char *code,
    char digest[KEYED_TEXT])
{
	char	id[24];

	(void)snprintf(id, sizeof(id), "%" PRId64, p->id);
	keyed_pair(h, "proof.code", id, code, digest);
}

/* ---- models ---- */

static const char *
proof_state_text(const struct proof *p)
{
	static const struct { const char *state, *text; } texts[] = {
		{ "asking", "正在核验，请稍候" }, { "code", "请输入短信验证码" },
		{ "remit", "请查看账户明细，输入附言中的验证码" },
		{ "face", "请用手机扫码完成人脸识别" }, { "passed", "认证通过" },
		{ "failed", "认证未通过" }, { "left", "已放弃" }, { "expired", "已超时" },
	};
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		if (proof_is(p, texts[i].state))
			return texts[i].text;
	return p->state;
}

int
proof_model(struct db *db, const struct hall *h, const struct proof *p, json_t **model,
    struct err *err)
{
	const struct def_identity	*d = &hall_def(h)->identity;
	struct remittance		 r;
	json_t				*j = NULL, *transfer = NULL;
	char				 masked[MASK_TEXT];

	if (remittance_load(db, p->remit_no, &r, err) < 0)
		return -1;
	j = json_pack("{s:s, s:s, s:s, s:s, s:s}", "way", p->way->name, "title", p->way->title,
	    "state", p->state, "state_text", proof_state_text(p), "reason", p->reason);
	js_set_bool(j, "passed", proof_is(p, "passed"));
	js_set_bool(j, "over", p->ended != 0);
	js_set_bool(j, "open", p->ended == 0);
	js_set_bool(j, "asking", proof_is(p, "asking"));
	js_set_bool(j, "asks_code", proof_is(p, "code"));
	js_set_bool(j, "asks_remark", proof_is(p, "remit"));
	js_set_bool(j, "by_amount", d->remit_amount);
	js_set_bool(j, "is_face", proof_is(p, "face"));
	js_set_str(j, "phone_masked", mask_phone(js_str(p->data, "phone"), masked));
	js_set_int(j, "tries_left", d->remit_tries - p->tries);
	js_set_time(j, "expires", p->expires);
	js_set_time(j, "ended", p->ended);
	transfer = r.there ? remittance_model(&r) : json_null();
	(void)json_object_set_new(j, "remittance", transfer);
	*model = j;
	return 0;
}

int
proof_history(struct db *db, const struct hall *h, const struct order *o, json_t *list,
    struct err *err)
{
	struct rows	*rows = NULL;
	struct proof	 p = { .id = 0 };
	json_t		*j = NULL;
	int		 rc = 0;

	if (db_query(db, SQL_PROOF_LIST, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		if (proof_from_row(h, rows, &p, err) < 0) {
			rc = -1;
			break;
		}
		j = json_pack("{s:s, s:s, s:s, s:s}", "method", p.way->title, "result",
		    proof_state_text(&p), "provider_no", p.remit_no[0] != '\0' ? p.remit_no :
		    p.provider_no, "reason", p.reason);
		js_set_time(j, "time", p.ended != 0 ? p.ended : p.created);
		(void)json_array_append_new(list, j);
		proof_release(&p);
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}
