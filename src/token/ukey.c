#include "base/base.h"
#include "base/clock.h"
#include "base/str.h"
#include "token/skf.h"
#include "token/soft.h"
#include "token/ukey_own.h"

static const struct card_file	ukey_history = {.name = "YXHISTORY", .size = 2048};

int
ukey_names(struct driver *d, struct buf *list, struct err *err)
{
	return d->ops->names(d, list, err);
}

int
ukey_open(struct ukey *u, struct driver *d, const char *name, struct err *err)
{
	uint32_t	 rc;

	*u = (struct ukey){.driver = d};
	if (strlen(name) >= sizeof(u->name))
		return err_set(err, ERR_INPUT, "UKey 的名称太长。");
	snprintf(u->name, sizeof(u->name), "%s", name);
	if ((rc = d->ops->open(d, name, &u->dev)) != SAR_OK)
		return d->soft ? soft_pin_err(rc, err) : driver_err(err, rc, "ConnectDev");
	d->ops->device_info(d, u->dev, &u->info);
	if ((rc = d->ops->application(d, u->dev, &u->app)) != SAR_OK) {
		ukey_close(u);
		return rc == SAR_APPLICATION_NOT_EXISTS ? err_set(err, ERR_WRONG_STATE,
		    "这支 UKey 还没有初始化，请联系发放单位更换。") :
		    driver_err(err, rc, "OpenApplication");
	}
	d->ops->pin_info(d, u->app, &u->info);
	return 0;
}

void
ukey_close(struct ukey *u)
{
	u->driver->ops->close(u->driver, u->dev, u->app);
	u->app = u->dev = NULL;
}

const char *
ukey_count_sentence(size_t n)
{
	static _Thread_local char	 text[200];

	if (n == 0)
		return "没有检测到 UKey，请插入 UKey 后再试；已插入的请换一个 USB 口。";
	if (n == 1)
		return NULL;
	snprintf(text, sizeof(text), "检测到 %zu 支 UKey，请只保留要用的一支，拔下其余的再试。", n);
	return text;
}

/* ---- PINs ---- */

static int
tries_left(struct ukey *u)
{
	struct card_info	 now = {.tries_left = -1};

	u->driver->ops->pin_info(u->driver, u->app, &now);
	return now.tries_left;
}

/* What came of a PIN: nothing when it was right, else the sentence with the tries left. */
static int
pin_result(struct ukey *u, uint32_t rc, int *left, struct err *err)
{
	*left = u->driver->soft ? -1 : tries_left(u);
	if (rc == SAR_OK)
		return 0;
	if (u->driver->soft)
		return soft_pin_err(rc, err);
	if (rc == SAR_PIN_INCORRECT && *left > 0)
		return err_set(err, ERR_DENIED, "PIN 码不对，还可以试 %d 次；用完后 UKey 会锁定。",
		    *left);
	if (rc == SAR_PIN_INCORRECT)
		rc = SAR_PIN_LOCKED;
	return driver_err(err, rc, "VerifyPIN");
}

int
ukey_login(struct ukey *u, const char *pin, int *left, struct err *err)
{
	return pin_result(u, u->driver->ops->verify_pin(u->driver, u->app, pin), left, err);
}

int
ukey_change_pin(struct ukey *u, const char *old_pin, const char *new_pin, int *left,
    struct err *err)
{
	return pin_result(u, u->driver->ops->change_pin(u->driver, u->app, old_pin, new_pin),
	    left, err);
}

int
ukey_activation_pin(struct ukey *u, const char *old_pin, const char *new_pin, int *left,
    struct err *err)
{
	return pin_result(u, u->driver->ops->activation_pin(u->driver, u->app, old_pin,
	    new_pin), left, err);
}

int
ukey_unblock(struct ukey *u, const char *admin_pin, const char *new_pin, struct err *err)
{
	uint32_t	rc = u->driver->ops->unblock(u->driver, u->app, admin_pin, new_pin);

	if (rc == SAR_PIN_INCORRECT)
		return err_set(err, ERR_DENIED, "UKey 的管理员 PIN 码不对。");
	if (rc == SAR_PIN_LOCKED)
		return err_set(err, ERR_LIMIT, "UKey 的管理员 PIN 码已锁定，请为用户补办。");
	return rc == SAR_OK ? 0 : driver_err(err, rc, "UnblockPIN");
}

static int
unlock_is_possible(struct ukey *u, struct err *err)
{
	return u->driver->unlock ? 0 : err_set(err, ERR_WRONG_STATE,
	    "这支 UKey 不能在线解锁，请携带 UKey 到服务网点办理，或申请补办。");
}

int
ukey_unlock_challenge(struct ukey *u, unsigned char challenge[UNLOCK_CHALLENGE],
    struct err *err)
{
	uint32_t	 rc;

	if (unlock_is_possible(u, err) < 0)
		return -1;
	rc = u->driver->ops->unlock_challenge(u->driver, u->app, challenge);
	if (rc == SAR_NOTINITIALIZEERR)
		return err_set(err, ERR_WRONG_STATE,
		    "这支 UKey 没有在线解锁密钥，请携带 UKey 到服务网点办理，或申请补办。");
	if (rc == SAR_PIN_LOCKED)
		return err_set(err, ERR_LIMIT,
		    "在线解锁失败的次数已用完，请携带 UKey 到服务网点办理，或申请补办。");
	return rc == SAR_OK ? 0 : driver_err(err, rc, "GenRemoteUnblockRequest");
}

int
ukey_unlock_finish(struct ukey *u, const struct unlock_message *m, int *left, struct err *err)
{
	struct buf	 text;
	uint32_t	 rc;

	if (unlock_is_possible(u, err) < 0)
		return -1;
	buf_init(&text, UNLOCK_MESSAGE);
	unlock_message_add(m, &text);
	rc = u->driver->ops->unlock_finish(u->driver, u->app, text.p, text.len, left);
	secret_wipe(text.p, text.len);
	buf_free(&text);
	if (rc == SAR_PIN_INCORRECT && *left > 0)
		return err_set(err, ERR_DENIED, "解锁授权不适用于这支 UKey，或已过期、已用过，"
		    "请在证书服务网重新获取（还可以试 %d 次）。", *left);
	if (rc == SAR_PIN_INCORRECT || rc == SAR_PIN_LOCKED)
		return err_set(err, ERR_LIMIT,
		    "在线解锁失败的次数已用完，请携带 UKey 到服务网点办理，或申请补办。");
	return rc == SAR_OK ? 0 : driver_err(err, rc, "RemoteUnblockPIN");
}

/* ---- containers ---- */

void
ukey_container_name(const char *order, char name[UKEY_NAME])
{
	snprintf(name, UKEY_NAME, "YX-%.60s", order);
}

const char *
ukey_container_order(const char *name)
{
	return str_has_prefix(name, "YX-") ? name + 3 : NULL;
}

int
ukey_container_open(struct ukey *u, const char *name, card_handle *c, struct err *err)
{
	uint32_t	 rc = u->driver->ops->container_open(u->driver, u->app, name, c);

	return rc == SAR_OK ? 0 : driver_err(err, rc, "OpenContainer");
}

/* The certificate of a container, NULL when we can not read it: 1 there, 0 none, -1. */
static int
container_cert(struct ukey *u, card_handle c, bool sign, struct cert **out, struct err *err)
{
	struct err	 bad = {0};
	struct buf	 der;
	int		 there;

	buf_init(&der, LIMIT_CERT);
	there = u->driver->ops->cert(u->driver, c, sign, &der, err);
	if (there > 0 && cert_parse(der.p, der.len, out, &bad) < 0)
		*out = NULL;
	buf_free(&der);
	return there;
}

static bool
lines_have(const struct buf *lines, const char *name)
{
	size_t	 n = strlen(name);

	for (const char *p = lines->p, *end; (end = strchr(p, '\n')) != NULL; p = end + 1)
		if ((size_t)(end - p) == n && memcmp(p, name, n) == 0)
			return true;
	return false;
}

static int
see_one(struct ukey *u, const char *name, const struct buf *history, ukey_see_fn fn, void *arg,
    struct err *err)
{
	struct ukey_seen	 seen = {.name = name};
	struct cert		*sign = NULL, *enc = NULL;
	int			 rc = -1, there;

	if (ukey_container_open(u, name, &seen.c, err) < 0)
		return -1;
	if ((there = container_cert(u, seen.c, true, &sign, err)) >= 0 &&
	    container_cert(u, seen.c, false, &enc, err) >= 0) {
		seen.complete = there > 0;
		seen.cert = sign;
		seen.enc = enc;
		seen.history = lines_have(history, name);
		rc = fn(arg, &seen);
	}
	cert_free(sign);
	cert_free(enc);
	u->driver->ops->container_close(u->driver, seen.c);
	return rc;
}

int
ukey_each(struct ukey *u, ukey_see_fn fn, void *arg, struct err *err)
{
	struct buf	 lines, history;
	int		 rc;

	buf_init(&lines, UKEY_LIST_MAX);
	buf_init(&history, UKEY_LIST_MAX);
	ukey_history_read(u, &history);
	rc = u->driver->ops->containers(u->driver, u->app, &lines, err);
	for (char *name = lines.p, *end; rc == 0 && (end = strchr(name, '\n')) != NULL;
	    name = end + 1) {
		*end = '\0';
		rc = see_one(u, name, &history, fn, arg, err);
	}
	buf_free(&lines);
	buf_free(&history);
	return rc;
}

/* ---- history ---- */

/* A UKey without files has no history; so has one whose file was never made. */
void
ukey_history_read(struct ukey *u, struct buf *lines)
{
	if (u->driver->ops->file_read(u->driver, u->app, &ukey_history, lines) != SAR_OK)
		buf_clear(lines);
	lines->len = strlen(lines->p);		/* zeros fill the file up */
}

int
ukey_history_add(struct ukey *u, const char *name, struct err *err)
{
	struct buf	 lines;
	uint32_t	 rc = SAR_OK;

	buf_init(&lines, UKEY_LIST_MAX);
	ukey_history_read(u, &lines);
	if (!lines_have(&lines, name)) {
		buf_addf(&lines, "%s\n", name);
		rc = u->driver->ops->file_write(u->driver, u->app, &ukey_history, lines.p,
		    lines.len);
	}
	buf_free(&lines);
	return rc == SAR_OK ? 0 : driver_err(err, rc, "WriteFile");
}

/* ---- what is there ---- */

static json_t *
cert_row(struct ukey *u, const struct ukey_seen *seen)
{
	const struct cert	*c = seen->cert;
	const char		*order = ukey_container_order(seen->name);
	char			 from[CLOCK_TEXT], to[CLOCK_TEXT], seal[ESEAL_ID_TEXT];
	int64_t			 now = clock_now();
	size_t			 len;
	const unsigned char	*der = cert_der(c, &len);
	const char		*state = now > cert_not_after(c) ? "expired" :
	    now < cert_not_before(c) ? "not_yet" : "good";
	json_t			*row = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:b,s:b}",
	    "container", seen->name, "order", order == NULL ? "" : order, "cn", cert_cn(c),
	    "subject", cert_subject(c), "issuer", cert_issuer(c), "serial", cert_serial(c),
	    "not_before", clock_datetime(cert_not_before(c), from), "not_after",
	    clock_datetime(cert_not_after(c), to), "days_left",
	    (json_int_t)((cert_not_after(c) - now) / CLOCK_DAY), "state", state, "has_enc",
	    seen->enc != NULL, "history", seen->history);

	js_set_bytes(row, "cert", der, len);
	ukey_seal_id(u, order == NULL ? "" : order, seal);
	js_set_str(row, "seal", seal);
	return row;
}

static json_t *
recovered_row(const char *order, const struct cert *enc)
{
	char	to[CLOCK_TEXT];

	return json_pack("{s:s,s:s,s:s,s:s}", "order", order, "cn", cert_cn(enc), "serial",
	    cert_serial(enc), "not_after", clock_datetime(cert_not_after(enc), to));
}

struct describe {
	struct ukey	*u;
	json_t	*certs, *unfinished, *recovered;
	size_t	 current;		/* rows of certs that are no history */
};

static int
describe_one(void *arg, const struct ukey_seen *seen)
{
	struct describe	*d = arg;
	const char	*order = ukey_container_order(seen->name);

	if (!seen->complete && seen->history && seen->enc != NULL && order != NULL)
		json_array_append_new(d->recovered, recovered_row(order, seen->enc));
	else if (!seen->complete && order != NULL)
		json_array_append_new(d->unfinished, json_string(order));
	else if (seen->cert != NULL && seen->history)
		json_array_append_new(d->certs, cert_row(d->u, seen));
	else if (seen->cert != NULL)
		json_array_insert_new(d->certs, d->current++, cert_row(d->u, seen));
	return 0;
}

int
ukey_describe(struct ukey *u, json_t **out, struct err *err)
{
	struct describe	 d = {.u = u, .certs = json_array(), .unfinished = json_array(),
		.recovered = json_array()};

	u->driver->ops->pin_info(u->driver, u->app, &u->info);
	if (u->driver->soft)		/* it is slow, not counted */
		u->info.tries_left = u->info.tries_max = -1;
	*out = json_pack("{s:s,s:s,s:s,s:s,s:i,s:i,s:b,s:b,s:b,s:o,s:o,s:o}", "key", u->name,
	    "vendor", u->driver->vendor, "label", u->info.label, "serial", u->info.serial,
	    "tries_left", u->info.tries_left, "tries_max", u->info.tries_max, "pin_is_default",
	    u->info.pin_is_default, "soft", u->driver->soft, "unlock", u->driver->unlock,
	    "unfinished", d.unfinished, "certificates", d.certs, "recovered", d.recovered);
	if (*out == NULL)	/* jansson took the lists and let go of them */
		return err_set(err, ERR_INPUT, "UKey 的标签不是文字。");
	if (ukey_each(u, describe_one, &d, err) < 0) {
		json_decref(*out);
		*out = NULL;
		return -1;
	}
	return 0;
}
