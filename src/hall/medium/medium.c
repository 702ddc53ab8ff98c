#include "base/base.h"
#include "hall/medium/medium.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/ops.h"

static const struct { const char *name, *text; } medium_states[MEDIUM__MAX] = {
#define STATE(id, name, text)	[id] = { name, text },
#include "hall/medium/medium_state.def"
};

static const struct {
	enum medium_event	 event;
	enum medium_state	 from, to;
} medium_moves[] = {
#define MOVE(event, from, to)	{ event, from, to },
#include "hall/medium/medium_state.def"
};

static const struct { const char *name, *text; } medium_events[MEDIUM_EVENT__MAX] = {
	[MEDIUM_NONE] = { "none", "" }, [MEDIUM_WRITE] = { "write", "写入证书" },
	[MEDIUM_LOCK] = { "lock", "申请解锁" }, [MEDIUM_UNLOCK] = { "unlock", "解锁结束" },
	[MEDIUM_LOSE] = { "lose", "挂失，已补办" }, [MEDIUM_REPLACE] = { "replace", "损坏，已更换" },
	[MEDIUM_SCRAP] = { "scrap", "报废" },
};

const char *
medium_state_name(enum medium_state s)
{
	return s < MEDIUM__MAX ? medium_states[s].name : "";
}

const char *
medium_state_text(enum medium_state s)
{
	return s < MEDIUM__MAX ? medium_states[s].text : "";
}

const char *
medium_event_text(const char *what)
{
	size_t	i = 0;

	for (i = 0; i < MEDIUM_EVENT__MAX; i++)
		if (strcmp(medium_events[i].name, what) == 0)
			return medium_events[i].text;
	return strcmp(what, "received") == 0 ? "入库" :
	    strcmp(what, "released") == 0 ? "解除登记" :
	    strcmp(what, "handed") == 0 ? "更换经办人" :
	    strcmp(what, "bound") == 0 ? "用于业务" : what;
}

enum medium_state
medium_next(enum medium_state from, enum medium_event event)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(medium_moves); i++)
		if (medium_moves[i].event == event && medium_moves[i].from == from)
			return medium_moves[i].to;
	return MEDIUM__MAX;
}

bool
medium_is_serial(const char *serial)
{
	size_t	i = 0;

	for (i = 0; serial[i] != '\0'; i++)
		if (serial[i] <= ' ' || serial[i] > '~')
			return false;
	return i > 0 && i < MEDIUM_SERIAL;
}

/* ---- rows ---- */

void
medium_from_row(struct rows *rows, struct medium *m)
{
	size_t	i = 0;

	memset(m, 0, sizeof(*m));
	(void)snprintf(m->serial, sizeof(m->serial), "%s", rows_text(rows, 0));
	(void)snprintf(m->batch, sizeof(m->batch), "%s", rows_text(rows, 1));
	(void)snprintf(m->kind, sizeof(m->kind), "%s", rows_text(rows, 2));
	while (i < MEDIUM__MAX && strcmp(medium_states[i].name, rows_text(rows, 3)) != 0)
		i++;
	m->state = (enum medium_state)i;
	m->account = rows_int(rows, 4);
	m->order = rows_int(rows, 5);
	m->received = rows_int(rows, 6);
	m->issued = rows_int(rows, 7);
}

int
medium_load(struct db *db, const char *serial, struct medium *m, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_MEDIUM_GET, &rows, err, DB_TEXT(serial));

	if (rc == 0)
		medium_from_row(rows, m);
	rows_free(rows);
	return rc;
}

/* The first column of the first row; "" none. */
static int
medium_text(struct rows *rows, char *text, size_t size, struct err *err)
{
	int	rc = rows_next(rows, err);

	(void)snprintf(text, size, "%s", rc > 0 ? rows_text(rows, 0) : "");
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

int
medium_lasting(struct db *db, int64_t order, char serial[48], struct err *err)
{
	struct rows	*rows = NULL;

	serial[0] = '\0';
	if (db_query(db, SQL_MEDIUM_LASTING, &rows, err, DB_INT(order), DB_INT(clock_now())) < 0)
		return -1;
	return medium_text(rows, serial, 48, err);
}

int
medium_of_order(struct db *db, int64_t order, char serial[MEDIUM_SERIAL], struct err *err)
{
	struct rows	*rows = NULL;

	serial[0] = '\0';
	if (db_query(db, SQL_MEDIUM_OF_ORDER, &rows, err, DB_INT(order)) < 0)
		return -1;
	return medium_text(rows, serial, MEDIUM_SERIAL, err);
}

int
medium_issued(struct db *db, int64_t order, int64_t *issued, struct err *err)
{
	struct medium	m = { .issued = 0 };
	char		serial[MEDIUM_SERIAL];

	if (medium_of_order(db, order, serial, err) < 0 ||
	    (serial[0] != '\0' && medium_load(db, serial, &m, err) < 0))
		return -1;
	*issued = m.issued;
	return 0;
}

int
medium_note(struct db *db, const struct who *who, const struct medium *m, const char *what,
    int64_t order, const char *note, struct err *err)
{
	return db_run(db, SQL_MEDIUM_EVENT_ADD, NULL, err, DB_INT(rand_id()), DB_TEXT(m->serial),
	    DB_INT(clock_now()), DB_TEXT(what), DB_TEXT(medium_state_name(m->state)),
	    DB_INT(order), DB_INT(who->staff), DB_TEXT(note == NULL ? "" : note));
}

int
medium_move(struct db *db, const struct who *who, struct medium *m, enum medium_event event,
    int64_t order, const char *note, struct err *err)
{
	enum medium_state	to = medium_next(m->state, event);
	int64_t			changed = 0;

	if (to == MEDIUM__MAX)
		return 0;
	if (db_run(db, SQL_MEDIUM_STATE_SET, &changed, err, DB_TEXT(m->serial),
	    DB_TEXT(medium_state_name(to)), DB_TEXT(medium_state_name(m->state)),
	    DB_INT(event == MEDIUM_WRITE ? clock_now() : 0)) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_CONFLICT, "这支UKey的状态刚刚有了变化，请刷新后再试。");
	m->state = to;
	return medium_note(db, who, m, medium_events[event].name, order, note, err);
}

int
medium_of_order_move(struct db *db, const struct who *who, int64_t order,
    enum medium_event event, const char *note, struct err *err)
{
	struct medium	m;
	char		serial[MEDIUM_SERIAL];

	if (medium_of_order(db, order, serial, err) < 0)
		return -1;
	if (serial[0] == '\0')
		return 0;
	return medium_load(db, serial, &m, err) < 0 ? -1 :
	    medium_move(db, who, &m, event, order, note, err);
}

/* The order that a certificate was issued for. */
static int
medium_certificate_order(struct db *db, const char *certificate, int64_t *order, struct err *err)
{
	struct rows	*rows = NULL;

	if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(certificate)) < 0)
		return -1;
	*order = rows_int(rows, 1);
	rows_free(rows);
	return 0;
}

int
medium_of_replaced(struct db *db, const struct order *o, char serial[MEDIUM_SERIAL],
    struct err *err)
{
	int64_t	order = 0;

	serial[0] = '\0';
	if (o->replaces[0] == '\0' || !op_keeps_key(o->op))
		return 0;
	return medium_certificate_order(db, o->replaces, &order, err) < 0 ? -1 :
	    medium_of_order(db, order, serial, err);
}

int
medium_concerned_move(struct db *db, const struct who *who, const struct order *o,
    enum medium_event event, struct err *err)
{
	int64_t	order = 0;

	if (o->concerns[0] == '\0')
		return 0;
	return medium_certificate_order(db, o->concerns, &order, err) < 0 ? -1 :
	    medium_of_order_move(db, who, order, event, o->no, err);
}

/* ---- binding ---- */

/* What was written into one UKey is not moved to another. */
static int
medium_is_not_elsewhere(struct db *db, const struct order *o, const char *serial,
    struct err *err)
{
	char	bound[MEDIUM_SERIAL], lasting[48];

	if (medium_of_order(db, o->id, bound, err) < 0 ||
	    medium_lasting(db, o->id, lasting, err) < 0)
		return -1;
	if (lasting[0] == '\0' || bound[0] == '\0' || strcmp(bound, serial) == 0)
		return 0;
	return err_set(err, ERR_CONFLICT, "证书已签发到序列号为%s的UKey，请换成那一支。", bound);
}

/* A renewal or change stays in the UKey of the pair that it replaces. */
static int
medium_is_the_old_one(struct db *db, const struct order *o, const char *serial,
    struct err *err)
{
	char	old[MEDIUM_SERIAL];

	if (medium_of_replaced(db, o, old, err) < 0)
		return -1;
	return old[0] == '\0' || strcmp(old, serial) == 0 ? 0 : err_set(err, ERR_CONFLICT,
	    "新证书要写入原证书所在的UKey（序列号%s），请换成那一支；它丢失或损坏的，请联系客服取消这笔业务，再办理补办。",
	    old);
}

/* Not in stock: the applicant's own, from now on known. */
static int
medium_own(struct db *db, const struct hall *h, const struct who *who, const struct order *o,
    const char *serial, struct medium *m, struct err *err)
{
	if (medium_load(db, serial, m, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND)
		return -1;
	err_clear(err);
	if (who->staff != 0 && hall_def(h)->medium_strict)
		return err_set(err, ERR_WRONG_STATE,
		    "这支UKey（%s）没有入库，请换一支库存的UKey，或先登记入库。", serial);
	if (db_run(db, SQL_MEDIUM_ADD, NULL, err, DB_TEXT(serial), DB_INT(o->account),
	    DB_TEXT(""), DB_TEXT(""), DB_INT(clock_now())) < 0)
		return -1;
	return medium_load(db, serial, m, err);
}

/* Is this UKey free for the order? */
static int
medium_fits(struct db *db, const struct order *o, const struct medium *m, struct err *err)
{
	struct rows	*rows = NULL;
	char		 lasting[48], writing[ORDER_NO];

	if (m->account != 0 && m->account != o->account)
		return err_set(err, ERR_CONFLICT,
		    "这支UKey登记在其他用户名下，不能写入，请换一支空白UKey；确实已转给您使用的，请联系客服解除登记。");
	if (medium_next(m->state, MEDIUM_WRITE) == MEDIUM__MAX)
		return err_set(err, ERR_WRONG_STATE, "这支UKey%s，不能写入证书，请换一支空白UKey。",
		    medium_state_text(m->state));
	if (m->order == 0 || m->order == o->id)
		return 0;
	if (medium_lasting(db, m->order, lasting, err) < 0 ||
	    db_query(db, SQL_MEDIUM_WRITING, &rows, err, DB_INT(m->order)) < 0 ||
	    medium_text(rows, writing, sizeof(writing), err) < 0)
		return -1;
	if (writing[0] != '\0')
		return err_set(err, ERR_CONFLICT,
		    "这支UKey正用于另一笔业务（%s），请换一支空白UKey。", writing);
	if (lasting[0] == '\0' ||
	    (strcmp(lasting, o->replaces) == 0 && op_leaves_medium(o) == MEDIUM_NONE))
		return 0;
	return err_set(err, ERR_CONFLICT, "这支UKey中已有另一张有效的证书，请换一支空白UKey。");
}

static int
medium_take(struct db *db, const struct who *who, const struct order *o, struct medium *m,
    struct err *err)
{
	int64_t	changed = 0;

	if (m->order == o->id)
		return 0;
	if (db_run(db, SQL_MEDIUM_TAKE, &changed, err, DB_TEXT(m->serial), DB_INT(o->id),
	    DB_INT(o->account), DB_INT(m->order), DB_TEXT(medium_state_name(m->state))) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_CONFLICT,
		    "这支UKey刚刚用于另一笔业务，请换一支空白UKey。");
	return medium_note(db, who, m, "bound", o->id, NULL, err);
}

int
medium_bind(struct db *db, const struct hall *h, const struct who *who, const struct order *o,
    const char *serial, struct err *err)
{
	struct medium	m;

	if (*serial == '\0' && who->staff != 0 && hall_def(h)->medium_strict)
		return err_set(err, ERR_INPUT, "没有读到UKey的序列号，请更新证书助手后再制证。");
	if (*serial == '\0')
		return 0;
	if (!medium_is_serial(serial))
		return err_set(err, ERR_INPUT, "UKey的序列号不正确，请换一支UKey。");
	if (medium_is_not_elsewhere(db, o, serial, err) < 0 ||
	    medium_is_the_old_one(db, o, serial, err) < 0 ||
	    medium_own(db, h, who, o, serial, &m, err) < 0 ||
	    medium_fits(db, o, &m, err) < 0 || medium_take(db, who, o, &m, err) < 0 ||
	    db_run(db, SQL_MEDIUM_UNTAKE, NULL, err, DB_INT(o->id), DB_TEXT(serial)) < 0)
		return -1;
	return db_run(db, SQL_MEDIUM_PAIR_SET, NULL, err, DB_INT(o->id), DB_TEXT(serial),
	    DB_INT(clock_now()));
}

int
medium_free(struct db *db, const struct order *o, struct err *err)
{
	if (db_run(db, SQL_MEDIUM_UNTAKE, NULL, err, DB_INT(o->id), DB_TEXT("")) < 0)
		return -1;
	return db_run(db, SQL_MEDIUM_PAIR_DROP, NULL, err, DB_INT(o->id));
}
