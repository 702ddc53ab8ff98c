#include "base/base.h"
#include "hall/account/lost.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/secret.h"
#include "base/str.h"
#include "hall/account/account_own.h"
#include "hall/account/code.h"
#include "hall/certificate/certificate.h"
#include "hall/journal.h"
#include "hall/medium/words.h"
#include "hall/notice.h"
#include "hall/ops.h"
#include "hall/sealed.h"
#include "pki/idcode.h"

#define LOST_LIFE	(10 * CLOCK_MINUTE)
#define LOST_MAX	100			/* certificates of an account */
#define LOST_ADDRESS	20			/* tries an hour from one address */
#define LOST_MOBILE	10			/* … of one phone: numbers are not guessed */
#define DOCUMENT	20

/* Whose certificates: account, document and kind; as a ticket says it. */
struct lost {
	int64_t	 account;
	bool	 person;
	char	 document[DOCUMENT];
	char	 mark[KEYED_TEXT];		/* keyed digest of kind and document */
};

/* ---- the ticket ---- */

/* "expires-mark-digest": that this account's phone was proved for this document just now. */
static void
lost_ticket(const struct hall *h, int64_t account, int64_t expires, const char *mark,
    char ticket[LOST_TICKET])
{
	char	*text = xasprintf("%" PRId64 "|%" PRId64 "|%.32s", account, expires, mark);
	char	 digest[KEYED_TEXT];

	keyed(h, "lost ticket", text, digest);
	(void)snprintf(ticket, LOST_TICKET, "%" PRId64 "-%.32s-%.64s", expires, mark, digest);
	free(text);
}

/* The mark of a ticket that is good for this account. */
static int
lost_read_ticket(const struct hall *h, const struct who *who, const char *ticket,
    char mark[KEYED_TEXT], struct err *err)
{
	const char	*at = strchr(ticket, '-');
	int64_t		 expires = strtoll(ticket, NULL, 10);
	char		 want[LOST_TICKET];

	(void)snprintf(mark, KEYED_TEXT, "%.32s", at == NULL ? "" : at + 1);
	lost_ticket(h, who->account, expires, mark, want);
	if (expires > clock_now() && expires <= clock_now() + LOST_LIFE + CODE_AHEAD &&
	    secret_equal(ticket, strlen(ticket), want, strlen(want)))
		return 0;
	return err_set(err, ERR_EXPIRED, "手机验证已过10分钟，请重新验证手机号后办理。");
}

static void
lost_mark(const struct hall *h, bool person, const char *document, char mark[KEYED_TEXT])
{
	keyed_pair(h, "lost document", person ? "person" : "organisation", document, mark);
}

/* ---- the certificates ---- */

/* Is it this subject's? */
static bool
lost_is_of(const struct hall *h, const struct order *o, const char *mark)
{
	char	 text[DOCUMENT + 12], own[KEYED_TEXT];

	lost_mark(h, o->def->person, idcode_fold(js_str(o->form, o->def->person ?
	    "person_id_no" : "org_id_no"), text, sizeof(text)), own);
	return strncmp(own, mark, 32) == 0;
}

static void
lost_row_reissue(const struct hall *h, const struct order *o, int64_t not_after,
    const char *state, json_t *row)
{
	const struct op		*op = op_by_name("reissue");
	const struct op_case	 c = { .hall = h, .def = hall_def(h), .old = o,
		.not_after = not_after, .now = clock_now(), .good = strcmp(state, "good") == 0,
		.held = strcmp(state, "frozen") == 0 };
	struct err		 why = { .kind = ERR_NONE };

	js_set_bool(row, "may_reissue", op->may(&c, &why) == 0);
	js_set_str(row, "reissue_text", why.text);
}

static json_t *
lost_row(const struct hall *h, const struct order *o, const char *serial, int64_t not_after,
    const char *state)
{
	char	 name[MASK_TEXT], day[CLOCK_TEXT];
	size_t	 len = strlen(serial);
	bool	 good = strcmp(state, "good") == 0;
	json_t	*row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:o}", "serial", serial,
	    "serial_end", len > 8 ? serial + len - 8 : serial, "subject", o->def->person ?
	    mask_name(o->subject, name) : o->subject, "product_title", o->def->title,
	    "not_after", clock_date(not_after, day), "state", state, "state_text", good ?
	    "有效" : "已冻结", "may_freeze", good,
	    "soft", o->def->soft, "words", medium_words_model(medium_words(o->def)));

	lost_row_reissue(h, o, not_after, state, row);
	return row;
}

struct lost_found { char serial[48], state[16]; int64_t order, not_after; };

static int
lost_find_all(struct db *db, int64_t account, struct lost_found *f, size_t *n, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	*n = 0;
	if (db_query(db, SQL_CERTIFICATE_LOST, &rows, err, DB_INT(account),
	    DB_INT(clock_now())) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0 && *n < LOST_MAX) {
		(void)snprintf(f[*n].serial, sizeof(f->serial), "%s", rows_text(rows, 0));
		f[*n].order = rows_int(rows, 1);
		f[*n].not_after = rows_int(rows, 2);
		(void)snprintf(f[(*n)++].state, sizeof(f->state), "%s", rows_text(rows, 3));
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

/* Into list what is of this subject. */
static int
lost_rows(struct db *db, const struct hall *h, int64_t account, const char *mark, json_t *list,
    struct err *err)
{
	struct lost_found	*f = xcalloc(LOST_MAX, sizeof(*f));
	struct order		 o = { .id = 0 };
	size_t			 n = 0, i = 0;
	int			 rc = lost_find_all(db, account, f, &n, err);

	for (i = 0; rc == 0 && i < n; i++) {
		if ((rc = order_load_id(db, h, f[i].order, &o, err)) == 0 &&
		    lost_is_of(h, &o, mark))
			(void)json_array_append_new(list, lost_row(h, &o, f[i].serial,
			    f[i].not_after, f[i].state));
		order_release(&o);
	}
	free(f);
	return rc;
}

/* ---- coming in ---- */

/* The number as it is kept, and which kind it is. */
static int
lost_read(const json_t *in, struct lost *l, json_t *errors, struct err *err)
{
	const char	*kind = js_str(in, "kind");
	char		 text[DOCUMENT + 12];
	struct err	 why = { .kind = ERR_NONE };
	int		 rc = -1;

	l->person = strcmp(kind, "person") == 0;
	if (!l->person && strcmp(kind, "organisation") != 0)
		return hall_field_error(errors, "kind", "证书种类", err, "请选择单位证书或个人证书。");
	(void)idcode_fold(js_str(in, "no"), text, sizeof(text));
	rc = strlen(text) != 18 ? -1 : l->person ?
	    idcode_check_resident(text, clock_now(), &why) : idcode_check_uscc(text, &why);
	if (rc < 0)
		return hall_field_error(errors, "no", "证件号码", err, l->person ?
		    "请填写18位居民身份证号码，请核对。" : "请填写18位统一社会信用代码，请核对。");
	(void)snprintf(l->document, sizeof(l->document), "%s", text);
	return 0;
}

/* The account of the phone, which has such a certificate; account 0: there is none. */
static int
lost_match_run(struct db *db, struct act *a, struct err *err)
{
	struct lost	*l = a->extra;
	json_t		*list = json_array(), *facts = NULL;
	int		 rc = -1;

	if (account_find(db, a->h, a->name, &l->account, err) < 0)
		goto out;
	if (l->account != 0) {
		if (account_facts(db, a->h, l->account, &facts, NULL, err) < 0 ||
		    lost_rows(db, a->h, l->account, l->mark, list, err) < 0)
			goto out;
		if (!js_bool(facts, "active") || json_array_size(list) == 0)
			l->account = 0;
	}
	rc = 0;
 out:
	json_decref(facts);
	json_decref(list);
	return rc;
}

/* Journaled, and told to phone and mail: perhaps it was not the holder who asked. */
static int
lost_tell_run(struct db *db, struct act *a, struct err *err)
{
	const struct lost	*l = a->extra;
	struct who		 who = *a->who;
	json_t			*me = NULL;
	char			*key = xasprintf("lost:%" PRIx64, (uint64_t)rand_id());
	int			 rc = -1;

	who.account = l->account;
	if (hall_journal_add(db, &who, "lost.enter", "", "phone", err) == 0 &&
	    account_facts(db, a->h, l->account, &me, NULL, err) == 0)
		rc = notice_to(db, a->h, "lost_entered", js_str(me, "mobile"), js_str(me, "mail"),
		    NULL, key, err);
	json_decref(me);
	free(key);
	return rc;
}

int
lost_enter(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    char token[SESSION_TOKEN], char ticket[LOST_TICKET], struct err *err)
{
	struct lost	 l = { .account = 0 };
	const char	*mobile = js_str(in, "mobile");
	struct act	 a = { .h = h, .who = who, .name = mobile, .extra = &l };

	if (lost_read(in, &l, errors, err) < 0 ||
	    limit_hit_from(h, "lost.address", who, LOST_ADDRESS, CLOCK_HOUR, err) < 0)
		return -1;
	if (code_use(h, CODE_LOST, mobile, js_str(in, "code"), err) < 0)
		return err->kind != ERR_INPUT ? -1 :
		    hall_field_error(errors, "code", "短信验证码", err, "%s", err->text);
	if (limit_hit(h, "lost.mobile", mobile, LOST_MOBILE, CLOCK_DAY, err) < 0)
		return -1;
	lost_mark(h, l.person, l.document, l.mark);
	if (act_read(&a, lost_match_run, err) < 0)
		return -1;
	if (l.account == 0)
		return hall_field_error(errors, "no", "证件号码", err,
		    "没有找到这个手机号登记的、这个证件号码的有效证书，请核对；手机号已更换的，请联系客服。");
	if (act_write(&a, lost_tell_run, err) < 0 ||
	    session_start(h, who, SESSION_ACCOUNT, l.account, NULL, token, err) < 0)
		return -1;
	lost_ticket(h, l.account, clock_now() + LOST_LIFE, l.mark, ticket);
	return 0;
}

/* ---- then ---- */

static int
lost_list_run(struct db *db, struct act *a, struct err *err)
{
	json_t	*list = json_array();

	a->model = json_pack("{s:o}", "rows", list);
	return lost_rows(db, a->h, a->who->account, a->name, list, err);
}

int
lost_list(struct hall *h, const struct who *who, const char *ticket, json_t **model,
    struct err *err)
{
	char		mark[KEYED_TEXT];
	struct act	a = { .h = h, .who = who, .name = mark };

	if (lost_read_ticket(h, who, ticket, mark, err) < 0 ||
	    act_model(&a, act_read(&a, lost_list_run, err), model) < 0)
		return -1;
	js_set_str(*model, "ticket", ticket);
	js_set_bool(*model, "has_rows", json_array_size(json_object_get(*model, "rows")) > 0);
	return 0;
}

int
lost_freeze(struct hall *h, const struct who *who, const json_t *in, struct err *err)
{
	char	mark[KEYED_TEXT];

	if (lost_read_ticket(h, who, js_str(in, "ticket"), mark, err) < 0)
		return -1;
	return certificate_freeze_now(h, who, js_str(in, "serial"), err);
}
