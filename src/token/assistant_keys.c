#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "http/client.h"
#include "seal/eseal.h"
#include "token/assistant.h"
#include "token/signable.h"
#include "token/soft.h"

#include <pthread.h>

#define CLOCK_GAP	(5 * CLOCK_MINUTE)

static pthread_mutex_t	keys_lock = PTHREAD_MUTEX_INITIALIZER;

/* Libraries are loaded once and stay. */
static struct driver *
keys_driver(const char *path, bool soft, struct err *err)
{
	static struct driver	*loaded[ASSISTANT_LIST + 1];

	for (size_t i = 0; i < ARRAY_LEN(loaded); i++) {
		if (loaded[i] == NULL && (soft ? soft_driver(&loaded[i], path, err) :
		    driver_load(&loaded[i], path, err)) < 0)
			return NULL;
		if (strcmp(loaded[i]->path, path) == 0)
			return loaded[i];
	}
	err_set(err, ERR_LIMIT, "驱动太多。");
	return NULL;
}

/* Visit each key of each driver. */
struct visit {
	int	(*fn)(struct visit *v, struct driver *d, const char *name, struct err *err);
	const char	*wanted;
	json_t		*keys, *drivers;
	struct driver	*driver;	/* of the last key seen */
	char		 name[256];
	int		 found;
};

static int
visit_names(struct visit *v, struct driver *d, struct err *err)
{
	struct buf	 names;
	int		 rc = 0;

	buf_init(&names, 65536);
	if (ukey_names(d, &names, err) < 0)
		rc = -1;
	for (char *p = names.p, *end; rc == 0 && (end = strchr(p, '\n')) != NULL; p = end + 1) {
		*end = '\0';
		rc = v->fn(v, d, p, err);
	}
	buf_free(&names);
	return rc;
}

static void
visit_soft(const struct assistant *a, struct visit *v)
{
	struct err	 err = {0};
	struct driver	*d = a->soft_dir == NULL ? NULL : keys_driver(a->soft_dir, true, &err);

	if (d != NULL && visit_names(v, d, &err) == 0)
		return;
	if (err.kind != ERR_NONE && v->drivers != NULL)
		json_array_append_new(v->drivers, json_pack("{s:s,s:s,s:s}", "path", a->soft_dir,
		    "vendor", "软证书", "error", err.text));
}

static void
visit_all(const struct assistant *a, struct visit *v)
{
	for (size_t i = 0; i < a->n_drivers; i++) {
		struct err	 err = {0};
		struct driver	*d = keys_driver(a->drivers[i], false, &err);
		json_t		*row = json_pack("{s:s}", "path", a->drivers[i]);

		if (d != NULL) {
			js_set_str(row, "vendor", d->vendor);
			if (visit_names(v, d, &err) < 0)
				js_set_str(row, "error", err.text);
		} else {
			js_set_str(row, "error", err.text);
		}
		if (v->drivers != NULL)
			json_array_append_new(v->drivers, row);
		else
			json_decref(row);
	}
	visit_soft(a, v);
}

static int
visit_describe(struct visit *v, struct driver *d, const char *name, struct err *err)
{
	struct ukey	 u;
	json_t		*row = NULL;

	if (ukey_open(&u, d, name, err) == 0) {
		if (ukey_describe(&u, &row, err) == 0)
			json_array_append_new(v->keys, row);
		ukey_close(&u);
	}
	if (row == NULL)
		json_array_append_new(v->keys, json_pack("{s:s,s:s,s:s,s:b,s:[]}", "key", name,
		    "vendor", d->vendor, "error", err->text, "soft", d->soft, "certificates"));
	err_clear(err);
	return 0;
}

int
keys_list(const struct assistant *a, json_t **out, struct err *err)
{
	struct visit	 v = {.fn = visit_describe, .keys = json_array(),
		.drivers = json_array()};

	(void)err;
	pthread_mutex_lock(&keys_lock);
	visit_all(a, &v);
	pthread_mutex_unlock(&keys_lock);
	*out = json_pack("{s:o,s:o}", "keys", v.keys, "drivers", v.drivers);
	return 0;
}

static int
visit_find(struct visit *v, struct driver *d, const char *name, struct err *err)
{
	(void)err;
	if (v->wanted[0] == '\0' ? !d->soft : strcmp(v->wanted, name) == 0) {
		v->found++;
		v->driver = d;
		snprintf(v->name, sizeof(v->name), "%s", name);
	}
	return 0;
}

int
keys_with(const struct assistant *a, const char *wanted, keys_fn fn, const json_t *in,
    json_t *out, struct err *err)
{
	struct visit	 v = {.fn = visit_find, .wanted = wanted};
	struct ukey	 u;
	int		 rc = -1;

	pthread_mutex_lock(&keys_lock);
	visit_all(a, &v);
	if (v.found == 0 && wanted[0] != '\0') {
		err_set(err, ERR_NOT_FOUND, "所选的 UKey 已拔出，请重新插入后再试。");
	} else if (v.found != 1) {
		err_set(err, v.found == 0 ? ERR_NOT_FOUND : ERR_INPUT, "%s",
		    ukey_count_sentence((size_t)v.found));
	} else if (ukey_open(&u, v.driver, v.name, err) == 0) {
		rc = fn(&u, in, out, err);
		ukey_close(&u);
	}
	if (rc < 0 && str_has_prefix(wanted, SOFT_PREFIX))
		soft_reword(err);
	pthread_mutex_unlock(&keys_lock);
	return rc;
}

/* ---- endpoints ---- */

static int
login(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	const char	*pin;
	int		 left = -1, rc;

	if (js_need_str(in, "pin", &pin, err) < 0)
		return err_set(err, ERR_INPUT, "请输入 PIN 码。");
	rc = ukey_login(u, pin, &left, err);
	js_set_int(out, "tries_left", left);
	return rc;
}

int
keys_verify_pin(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	return login(u, in, out, err);
}

static int
new_pin_check(const char *pin, struct err *err)
{
	if (strlen(pin) < 6 || strlen(pin) > 16 || strchr(pin, '\n') != NULL ||
	    strspn(pin, (char[]){pin[0], '\0'}) == strlen(pin))
		return err_set(err, ERR_INPUT, "新 PIN 码要 6 到 16 位，不能全是同一个字符。");
	return 0;
}

int
keys_change_pin(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	const char	*old_pin, *new_pin;
	int		 left = -1, rc;

	if (js_need_str(in, "pin", &old_pin, err) < 0 ||
	    js_need_str(in, "new_pin", &new_pin, err) < 0)
		return err_set(err, ERR_INPUT, "请输入原 PIN 码和新 PIN 码。");
	if ((u->driver->soft ? soft_passphrase_check(new_pin, err) :
	    new_pin_check(new_pin, err)) < 0)
		return -1;
	rc = ukey_change_pin(u, old_pin, new_pin, &left, err);
	js_set_int(out, "tries_left", left);
	return rc;
}

int
keys_make(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	const char	*order;
	struct buf	 csr;
	int		 rc = -1;

	if (js_need_str(in, "order", &order, err) < 0 || order[0] == '\0' ||
	    strlen(order) > 40)
		return err_set(err, ERR_INPUT, "缺少业务受理号。");
	buf_init(&csr, LIMIT_CSR);
	if (login(u, in, out, err) == 0 &&
	    ukey_request(u, order, js_str_or(in, "cn", order), &csr, err) == 0) {
		js_set_bytes(out, "csr", csr.p, csr.len);
		js_set_str(out, "serial", u->info.serial);
		rc = 0;
	}
	buf_free(&csr);
	return rc;
}

int
keys_install(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	struct buf	 sign, enc, envelope, device, seal;
	const char	*order;
	bool		 marked = false;
	int		 rc = -1;

	buf_init(&sign, LIMIT_CERT);
	buf_init(&enc, LIMIT_CERT);
	buf_init(&envelope, 4096);
	buf_init(&device, 512);
	buf_init(&seal, ESEAL_MAX);
	if (js_need_str(in, "order", &order, err) < 0 ||
	    (js_str(in, "device")[0] != '\0' && js_need_bytes(in, "device", &device, err) < 0) ||
	    (js_str(in, "seal")[0] != '\0' && js_need_bytes(in, "seal", &seal, err) < 0) ||
	    js_need_bytes(in, "sign_cert", &sign, err) < 0 ||
	    (js_str(in, "enc_cert")[0] != '\0' &&
	    (js_need_bytes(in, "enc_cert", &enc, err) < 0 ||
	    js_need_bytes(in, "envelope", &envelope, err) < 0)))
		goto out;
	if (login(u, in, out, err) == 0) {
		const struct ukey_bundle	 b = {.sign_cert = sign.p, .sign_len = sign.len,
			.enc_cert = enc.p, .enc_len = enc.len, .envelope = envelope.p,
			.envelope_len = envelope.len, .device = device.p,
			.device_len = device.len, .seal = seal.p, .seal_len = seal.len};

		rc = ukey_install(u, order, &b, err);
		if (rc == 0)
			rc = ukey_confirm(u, order, js_str(in, "replaces"), &marked, err);
	}
 out:
	buf_free(&sign);
	buf_free(&enc);
	buf_free(&envelope);
	buf_free(&device);
	buf_free(&seal);
	return rc;
}

/* ---- a recovered encryption pair ---- */

static int
recover_order(const json_t *in, const char **order, struct err *err)
{
	if (js_need_str(in, "order", order, err) < 0 || (*order)[0] == '\0' ||
	    strlen(*order) > 40)
		return err_set(err, ERR_INPUT, "缺少业务受理号。");
	return 0;
}

int
keys_recover_request(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	struct buf	 text, sig;
	const char	*order = NULL;
	int		 rc = -1;

	if (recover_order(in, &order, err) < 0)
		return -1;
	buf_init(&text, SIGNABLE_MAX);
	buf_init(&sig, 256);
	if (login(u, in, out, err) == 0 && ukey_recover_request(u, order, js_str(in, "receiver"),
	    &text, &sig, err) == 0) {
		js_set_str(out, "carrier", text.p);
		js_set_bytes(out, "signature", sig.p, sig.len);
		js_set_str(out, "serial", u->info.serial);
		rc = 0;
	}
	buf_free(&text);
	buf_free(&sig);
	return rc;
}

int
keys_recover_install(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	struct buf	 enc, envelope;
	const char	*order = NULL;
	int		 rc = -1;

	if (recover_order(in, &order, err) < 0)
		return -1;
	buf_init(&enc, LIMIT_CERT);
	buf_init(&envelope, 4096);
	if (js_need_bytes(in, "enc_cert", &enc, err) == 0 &&
	    js_need_bytes(in, "envelope", &envelope, err) == 0 && login(u, in, out, err) == 0) {
		const struct ukey_bundle	 b = {.enc_cert = enc.p, .enc_len = enc.len,
			.envelope = envelope.p, .envelope_len = envelope.len};

		rc = ukey_recover_install(u, order, &b, err);
	}
	buf_free(&enc);
	buf_free(&envelope);
	return rc;
}

int
keys_sign(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	struct buf	 sig, cert;
	struct cert	*by = NULL;
	const char	*text, *kind;
	int		 rc = -1;

	if (js_need_str(in, "text", &text, err) < 0 ||
	    signable_kind(text, strlen(text), &kind, err) < 0)
		return -1;
	buf_init(&sig, 256);
	buf_init(&cert, LIMIT_CERT);
	if (login(u, in, out, err) == 0 &&
	    ukey_sign(u, js_str(in, "serial"), text, strlen(text), &sig, &cert, err) == 0 &&
	    cert_parse(cert.p, cert.len, &by, err) == 0) {
		js_set_bytes(out, "signature", sig.p, sig.len);
		js_set_bytes(out, "certificate", cert.p, cert.len);
		js_set_str(out, "serial", cert_serial(by));
		rc = 0;
	}
	cert_free(by);
	buf_free(&sig);
	buf_free(&cert);
	return rc;
}

int
keys_open(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	struct buf	 document, plain;
	int		 rc = -1;

	buf_init(&document, ASSISTANT_BODY);
	buf_init(&plain, ASSISTANT_BODY);
	if (js_need_bytes(in, "document", &document, err) == 0 && login(u, in, out, err) == 0 &&
	    ukey_decrypt(u, document.p, document.len, &plain, err) == 0) {
		js_set_bytes(out, "plain", plain.p, plain.len);
		rc = 0;
	}
	secret_wipe(plain.p, plain.len);
	buf_free(&document);
	buf_free(&plain);
	return rc;
}

/* ---- remote unlock: no PIN is known ---- */

int
keys_unlock_challenge(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	unsigned char	 challenge[UNLOCK_CHALLENGE];
	char		 hex[2 * UNLOCK_CHALLENGE + 1];
	json_t		*about = NULL;

	(void)in;
	if (ukey_unlock_challenge(u, challenge, err) < 0 || ukey_describe(u, &about, err) < 0)
		return -1;
	hex_encode(challenge, sizeof(challenge), hex);
	js_set_str(out, "serial", u->info.serial);
	js_set_str(out, "challenge", hex);
	json_object_set(out, "certificates", json_object_get(about, "certificates"));
	json_decref(about);
	return 0;
}

/* The new PIN goes from the user's fingers into the key, and nowhere else. */
int
keys_unlock_finish(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	const char		*new_pin = js_str(in, "new_pin"), *order = js_str(in, "order");
	struct unlock_message	 m = {.expires = js_int(in, "expires", 0)};
	int			 left = -1, rc;

	if (new_pin_check(new_pin, err) < 0)
		return -1;
	if (strlen(order) >= sizeof(m.order) || strchr(order, '\n') != NULL ||
	    hex_decode(js_str(in, "answer"), m.answer, sizeof(m.answer)) < 0)
		return err_set(err, ERR_INPUT, "解锁授权不完整，请在证书服务网重新获取。");
	snprintf(m.order, sizeof(m.order), "%s", order);
	snprintf(m.new_pin, sizeof(m.new_pin), "%s", new_pin);
	rc = ukey_unlock_finish(u, &m, &left, err);
	secret_wipe(&m, sizeof(m));
	js_set_int(out, "tries_left", left);
	return rc;
}

/* ---- self-check ---- */

/* Long names in a sentence may have been cut anywhere. */
static void
check_add(json_t *list, const char *name, bool ok, const char *sentence)
{
	char	*text = xstrdup(sentence);

	utf8_mend(text);
	json_array_append_new(list, json_pack("{s:s,s:b,s:s}", "name", name, "ok", ok, "text",
	    text));
	free(text);
}

static void
check_clock(const struct assistant *a, json_t *list)
{
	struct http_call	 call = {.method = "GET", .ca_file = a->ca_file,
		.timeout_ms = 3000};
	struct http_answer	 answer;
	struct err		 err = {0};
	struct tm		 tm = {0};
	char			*url, date[80], text[200];
	int64_t			 gap;

	if (a->hall == NULL)
		return;
	url = xasprintf("%s/healthz", a->hall);
	call.url = url;
	http_answer_init(&answer);
	if (http_call(&call, &answer, NULL, &err) < 0) {
		check_add(list, "服务器", false, "连不上证书服务网，无法核对时间，请检查网络。");
	} else if (strptime(http_answer_header(&answer, "date", date, sizeof(date)),
	    "%a, %d %b %Y %H:%M:%S GMT", &tm) != NULL) {
		gap = clock_now() - (int64_t)timegm(&tm) * 1000;
		if (gap > CLOCK_GAP || gap < -CLOCK_GAP) {
			snprintf(text, sizeof(text), "本机时间比服务器%s %" PRId64
			    " 分钟，请先校准本机时间，否则证书会显示已过期或未生效。",
			    gap > 0 ? "快" : "慢", (gap > 0 ? gap : -gap) / CLOCK_MINUTE);
			check_add(list, "本机时间", false, text);
		} else {
			check_add(list, "本机时间", true, "与服务器一致。");
		}
	}
	http_answer_free(&answer);
	free(url);
}

static void
check_cert(json_t *list, const json_t *cert)
{
	const char	*state = js_str(cert, "state");
	char		 text[600];

	if (js_bool(cert, "history")) {
		snprintf(text, sizeof(text), "“%.120s”更换前的旧证书，留着用来打开以前加密的文件。",
		    js_str(cert, "cn"));
		check_add(list, "旧证书", true, text);
		return;
	}
	snprintf(text, sizeof(text), "“%.120s”，有效期 %.10s 至 %.10s，%s%s", js_str(cert, "cn"),
	    js_str(cert, "not_before"), js_str(cert, "not_after"),
	    js_str(cert, "seal")[0] == '\0' ? "" : "配有电子印章，",
	    strcmp(state, "good") == 0 ? js_int(cert, "days_left", 0) < 90 ?
	    "快到期了，请尽快办理更新。" : "可以正常使用。" :
	    strcmp(state, "expired") == 0 ? "已过期，请办理更新。" :
	    "还没有生效，请核对本机时间。");
	check_add(list, "证书", strcmp(state, "good") == 0, text);
}

static void
check_key(json_t *list, const json_t *key)
{
	const json_t	*certs = json_object_get(key, "certificates"), *cert;
	int		 left = (int)js_int(key, "tries_left", 0);
	char		 text[600];
	size_t		 i;

	if (js_str(key, "error")[0] != '\0') {
		check_add(list, js_bool(key, "soft") ? "软证书" : "UKey", false,
		    js_str(key, "error"));
		return;
	}
	if (js_bool(key, "soft"))
		snprintf(text, sizeof(text), "编号 %.40s，密钥在这台电脑的文件里，由口令保护。",
		    js_str(key, "serial"));
	else if (left > 0)
		snprintf(text, sizeof(text), "%.60s（%.60s），PIN 码还可试 %d 次。",
		    js_str(key, "label"), js_str(key, "vendor"), left);
	else
		snprintf(text, sizeof(text), "%.60s（%.60s）的 PIN 码已锁定，请在证书服务网申请解锁。",
		    js_str(key, "label"), js_str(key, "vendor"));
	check_add(list, js_bool(key, "soft") ? "软证书" : "UKey", left != 0, text);
	if (json_array_size(certs) == 0)
		check_add(list, "证书", true, js_bool(key, "soft") ?
		    "这份软证书还没有下载完，请回到证书下载页面继续。" :
		    "空白 UKey，可以用来下载证书。");
	json_array_foreach(certs, i, cert)
		check_cert(list, cert);
}

int
keys_check(const struct assistant *a, json_t **out, struct err *err)
{
	json_t	*all = NULL, *list = json_array(), *row;
	size_t	 i, n = 0, soft = 0;
	char	 text[200];

	if (keys_list(a, &all, err) < 0)
		return -1;
	json_array_foreach(json_object_get(all, "keys"), i, row)
		*(js_bool(row, "soft") ? &soft : &n) += 1;
	if (a->n_drivers == 0 && soft == 0)
		check_add(list, "驱动", false, "这台电脑上没有找到 UKey 的驱动，"
		    "请安装 UKey 自带的驱动程序，再重新打开证书助手。");
	json_array_foreach(json_object_get(all, "drivers"), i, row)
		check_add(list, "驱动", js_str(row, "error")[0] == '\0',
		    js_str(row, "error")[0] == '\0' ? js_str(row, "vendor") :
		    js_str(row, "error"));
	if (n == 0 && soft == 0)
		check_add(list, "UKey", false, "没有检测到 UKey，请插入 UKey；已插入的请换一个 USB 口。");
	if (n > 1) {
		snprintf(text, sizeof(text), "检测到 %zu 支 UKey，办理业务时请只保留一支。", n);
		check_add(list, "UKey 数量", false, text);
	}
	json_array_foreach(json_object_get(all, "keys"), i, row)
		check_key(list, row);
	check_clock(a, list);
	json_decref(all);
	*out = json_pack("{s:o}", "checks", list);
	return 0;
}
