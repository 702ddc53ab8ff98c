#include "base/base.h"
#include "hall/order/order_enter.h"

#include "base/clock.h"
#include "base/secret.h"
#include "base/str.h"
#include "hall/account/code.h"
#include "hall/invoice/invoice.h"
#include "hall/journal.h"
#include "hall/sealed.h"

#define ENTER_LIFE	(10 * CLOCK_MINUTE)
#define ENTER_ADDRESS	60			/* tries an hour from one address */

struct enter {
	char		 mobile[KEYED_TEXT];	/* keyed digest of the phone that was proved */
	int64_t		 account;
	char		*path;			/* ORDER_PATH bytes */
};

/* "expires-phone-digest" */
static void
enter_write(const struct hall *h, int64_t expires, const char *mobile, char ticket[ORDER_TICKET])
{
	char	*text = xasprintf("%" PRId64 "|%.64s", expires, mobile), digest[KEYED_TEXT];

	keyed(h, "status ticket", text, digest);
	(void)snprintf(ticket, ORDER_TICKET, "%" PRId64 "-%.64s-%.64s", expires, mobile, digest);
	free(text);
}

void
order_enter_ticket(const struct hall *h, const char *mobile, char ticket[ORDER_TICKET])
{
	char	digest[KEYED_TEXT];

	keyed(h, "mobile", mobile, digest);
	enter_write(h, clock_now() + ENTER_LIFE, digest, ticket);
}

static int
enter_read(const struct hall *h, const char *ticket, char mobile[KEYED_TEXT], struct err *err)
{
	const char	*at = strchr(ticket, '-');
	int64_t		 expires = strtoll(ticket, NULL, 10);
	char		 want[ORDER_TICKET];

	(void)snprintf(mobile, KEYED_TEXT, "%.64s", at == NULL ? "" : at + 1);
	enter_write(h, expires, mobile, want);
	if (expires > clock_now() && expires <= clock_now() + ENTER_LIFE + CODE_AHEAD &&
	    secret_equal(ticket, strlen(ticket), want, strlen(want)))
		return 0;
	return err_set(err, ERR_EXPIRED, "手机验证已过10分钟，请重新查询后办理。");
}

int
order_enter_account(struct db *db, const char *digest, int64_t *account, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	*account = 0;
	if (db_query(db, SQL_ACCOUNT_BY_MOBILE, &rows, err, DB_TEXT(digest)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0 && rows_int(rows, 2) != 0)
		*account = rows_int(rows, 0);
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

/* Where it stopped, or to the order; an invoice's page sees for itself whose it is. */
static int
enter_where(struct db *db, const struct act *a, const struct enter *e, struct err *err)
{
	const char	*invoice = js_str(a->in, "invoice"), *no = js_str(a->in, "no");
	struct order	 o = {0};
	int		 rc = 0;

	if (strlen(invoice) == INVOICE_NO - 1 && str_is_digits(invoice + 1) && *invoice == 'F') {
		(void)snprintf(e->path, ORDER_PATH, "/invoices/%s", invoice);
		return 0;
	}
	if (order_load(db, a->h, no, &o, err) < 0)
		return -1;
	if (o.account != e->account)
		rc = err_set(err, ERR_DENIED, "这笔业务由别的账户办理，请用办理时的账户登录后继续。");
	else
		(void)snprintf(e->path, ORDER_PATH, "/orders/%s%s", o.no,
		    order_may_continue(&o) ? "/continue" : "");
	order_release(&o);
	return rc;
}

static int
enter_read_run(struct db *db, struct act *a, struct err *err)
{
	struct enter	*e = a->extra;

	if (order_enter_account(db, e->mobile, &e->account, err) < 0)
		return -1;
	if (e->account == 0)
		return err_set(err, ERR_DENIED,
		    "这个手机号没有注册账户，或账户已停用，请用办理时的账户登录，或联系客服。");
	return enter_where(db, a, e, err);
}

static int
enter_note_run(struct db *db, struct act *a, struct err *err)
{
	const struct enter	*e = a->extra;
	struct who		 who = *a->who;

	who.account = e->account;
	return hall_journal_add(db, &who, "status.enter", js_str(a->in, "no"), "phone", err);
}

int
order_enter(struct hall *h, const struct who *who, const json_t *in, char token[SESSION_TOKEN],
    char path[ORDER_PATH], struct err *err)
{
	const char	*ticket = js_str(in, "ticket");
	struct enter	 e = { .path = path };
	struct act	 a = { .h = h, .who = who, .in = in, .extra = &e };

	if (limit_hit(h, "status.enter.address", who->address, ENTER_ADDRESS, CLOCK_HOUR, err) < 0 ||
	    enter_read(h, ticket, e.mobile, err) < 0 || act_read(&a, enter_read_run, err) < 0)
		return -1;
	if (limit_hit(h, "status.enter", ticket, 1, 2 * ENTER_LIFE, err) < 0)
		return err->kind != ERR_LIMIT ? -1 : err_set(err, ERR_EXPIRED,
		    "这次验证已经用过，请重新查询，或登录后办理。");
	if (act_write(&a, enter_note_run, err) < 0)
		return -1;
	return session_start(h, who, SESSION_ACCOUNT, e.account, NULL, token, err);
}
