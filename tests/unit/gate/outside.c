#include "unit.h"
#include "outside.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/rand.h"
#include "gate/call.h"
#include "http/client.h"
#include "http/server.h"
#include "store/seal.h"
#include "store/store.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>

struct outside	 out = {.lock = PTHREAD_MUTEX_INITIALIZER};

static char			 outside_dir[64];
static pid_t			 outside_pid;
static struct http_server	*outside_server;
static pthread_t		 outside_thread;

int	group_setup(void **state);
int	group_teardown(void **state);

static int
hear_payment(struct db *db, const struct pay_fact *f, struct err *err)
{
	int	 rc = 0;

	(void)db;
	pthread_mutex_lock(&out.lock);
	if (strcmp(f->trade_no, out.trade) != 0) {
		rc = 0;		/* a sweep of an earlier test */
	} else if (out.refuse) {
		rc = err_set(err, ERR_BUG, "the hall fails");
	} else {
		out.payments++;
		out.paid += f->state == PAY_PAID;
		out.pay = f->state;
		out.fen = f->fen;
		out.wanted = f->wanted;
		out.source = f->source;
		snprintf(out.channel_trade_no, sizeof(out.channel_trade_no), "%s",
		    f->channel_trade_no);
	}
	pthread_mutex_unlock(&out.lock);
	return rc;
}

static int
hear_created(struct db *db, const struct pay_created_fact *f, struct err *err)
{
	(void)db;
	(void)err;
	out.created++;
	out.ok = f->ok;
	snprintf(out.qr, sizeof(out.qr), "%s", f->qr);
	snprintf(out.sentence, sizeof(out.sentence), "%s", f->sentence);
	return 0;
}

static int
hear_refund(struct db *db, const struct refund_fact *f, struct err *err)
{
	(void)db;
	(void)err;
	pthread_mutex_lock(&out.lock);
	out.refunds++;
	out.refund = f->state;
	out.fen = f->fen;
	pthread_mutex_unlock(&out.lock);
	return 0;
}

static int
hear_identity(struct db *db, const struct ident_fact *f, struct err *err)
{
	(void)db;
	(void)err;
	out.identities++;
	out.ident = f->result;
	snprintf(out.certify_id, sizeof(out.certify_id), "%s", f->certify_id);
	snprintf(out.url, sizeof(out.url), "%s", f->url);
	snprintf(out.code, sizeof(out.code), "%s", f->code);
	snprintf(out.sentence, sizeof(out.sentence), "%s", f->sentence);
	return 0;
}

static int
hear_notice(struct db *db, const struct notice_fact *f, struct err *err)
{
	(void)db;
	(void)err;
	out.notices++;
	out.notice = f->state;
	snprintf(out.code, sizeof(out.code), "%s", f->code);
	snprintf(out.sentence, sizeof(out.sentence), "%s", f->sentence);
	return 0;
}

static int
hear_invoice(struct db *db, const struct invoice_fact *f, struct err *err)
{
	(void)db;
	(void)err;
	if (f->state == INVOICE_FILE_READY) {
		out.files++;
		snprintf(out.file, sizeof(out.file), "%.*s", (int)MIN(f->file_len, (size_t)5),
		    (const char *)f->file);
		return 0;
	}
	out.invoices++;
	out.invoice = f->state;
	out.reversal = f->reversal;
	out.fen = f->fen;
	out.tax = f->tax;
	snprintf(out.number, sizeof(out.number), "%s", f->number);
	snprintf(out.red_number, sizeof(out.red_number), "%s", f->red_number);
	snprintf(out.code, sizeof(out.code), "%s", f->reason_code);
	snprintf(out.sentence, sizeof(out.sentence), "%s", f->reason);
	return 0;
}

static int
hear_express(struct db *db, const struct express_fact *f, struct err *err)
{
	(void)db;
	(void)err;
	out.parcels++;
	out.express = f->what;
	out.n_routes = f->n;
	out.signed_at = f->signed_at;
	snprintf(out.waybill, sizeof(out.waybill), "%s", f->waybill);
	snprintf(out.code, sizeof(out.code), "%s", f->reason_code);
	if (f->n > 0)
		snprintf(out.sentence, sizeof(out.sentence), "%s", f->route[f->n - 1].text);
	return 0;
}

static int
hear_remittance(struct db *db, const struct remit_fact *f, struct err *err)
{
	(void)db;
	(void)err;
	if (strcmp(f->remit_no, out.trade) != 0)
		return 0;		/* a question about an earlier test's */
	out.remittances++;
	out.remit = f->state;
	snprintf(out.reason, sizeof(out.reason), "%s", f->reason);
	snprintf(out.bank_no, sizeof(out.bank_no), "%s", f->bank_no);
	return 0;
}

static int
hear_bill(struct db *db, const struct bill_fact *f, struct err *err)
{
	(void)db;
	(void)err;
	if (strcmp(f->channel, "bank") != 0)
		return 0;
	out.bills++;
	out.ok = f->ok;
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->row[i].trade_no, out.trade) == 0) {
			out.bill_rows++;
			out.bill_back += f->row[i].refund_no[0] != '\0';
			out.fen = f->row[i].fen;
		}
	return 0;
}

static const struct gate_sink	 outside_sink = {.payment = hear_payment,
	.pay_created = hear_created, .refund = hear_refund, .identity = hear_identity,
	.notice = hear_notice, .invoice = hear_invoice, .express = hear_express,
	.remittance = hear_remittance, .bill = hear_bill};

/* What the web process does with /notify/<channel>. */
static void
outside_handle(struct http_request *req, struct http_response *res, void *arg)
{
	struct gate_answer	 answer = {0};
	json_t			*headers = json_object();

	(void)arg;
	for (size_t i = 0; i < req->n_headers; i++)
		js_set_str(headers, req->headers[i].name, req->headers[i].value);
	buf_init(&answer.body, 65536);
	notify_take(&out.gate, req->path + strlen(GATE_NOTIFY_PATH), headers, req->body,
	    req->body_len, &answer);
	res->status = answer.status;
	if (answer.type[0] != '\0')
		http_respond_header(res, "Content-Type", "%s", answer.type);
	buf_add(&res->body, answer.body.p, answer.body.len);
	buf_free(&answer.body);
	json_decref(headers);
}

static void *
outside_serve(void *arg)
{
	http_server_run(arg);
	return NULL;
}

static void
outside_exec(int fd)
{
	char	 self[4096], path[4200], state[128], gate[128], *slash;
	ssize_t	 n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		_exit(126);
	self[n] = '\0';
	slash = strrchr(self, '/');
	*slash = '\0';
	snprintf(path, sizeof(path), "%s/yinxin-sandbox", self);
	snprintf(state, sizeof(state), "%s/sandbox", outside_dir);
	snprintf(gate, sizeof(gate), "%s/gate", outside_dir);
	dup2(fd, 1);
	if (getenv("YINXIN_TEST_VERBOSE") == NULL)
		dup2(open("/dev/null", O_WRONLY), 2);
	execl(path, path, "--port", "0", "--smtp-port", "0", "--state", state, "--gate-dir", gate,
	    (char *)NULL);
	_exit(127);
}

static void PRINTF(2, 3)
outside_set(const char *name, const char *fmt, ...)
{
	struct err	 err = {0};
	char		 text[128];
	va_list		 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_ok(conf_set(name, text, &err));
}

static void
outside_start_sandbox(void)
{
	int	 fds[2], port = 0, smtp = 0;
	FILE	*f;

	assert_int_equal(pipe(fds), 0);
	if ((outside_pid = fork()) == 0)
		outside_exec(fds[1]);
	close(fds[1]);
	f = fdopen(fds[0], "r");
	assert_int_equal(fscanf(f, "{\"port\":%d,\"smtp_port\":%d}", &port, &smtp), 2);
	fclose(f);
	snprintf(out.sandbox, sizeof(out.sandbox), "http://127.0.0.1:%d", port);
	outside_set("gate.aliyun_sms_url", "http://127.0.0.1:%d/aliyun-sms/", port);
	outside_set("gate.aliyun_cloudauth_url", "http://127.0.0.1:%d/aliyun-cloudauth/", port);
	outside_set("gate.alipay_url", "http://127.0.0.1:%d/alipay/gateway.do", port);
	outside_set("gate.wechat_url", "http://127.0.0.1:%d/wechat", port);
	outside_set("gate.sf_url", "http://127.0.0.1:%d/sf/std/service", port);
	outside_set("gate.bank", "cmb");
	outside_set("gate.bank_url", "http://127.0.0.1:%d/bank/cdcserver/api/v2", port);
	outside_set("gate.smtp_url", "smtp://127.0.0.1:%d", smtp);
}

static struct store	*outside_stores[2];
static struct seal	*outside_seal;

int
outside_engines(void)
{
	return outside_stores[1] == NULL ? 1 : 2;
}

void
outside_engine(int n)
{
	out.store = outside_stores[n];
	out.seal = outside_seal;
	gate_init(&out.gate, out.store, out.seal, &outside_sink);
}

/* A schema of our own: other units use the same database. */
static void
outside_schema(const char *pg, char address[512])
{
	PGconn	*c = PQconnectdb(pg);
	char	 sql[64];

	snprintf(sql, sizeof(sql), "CREATE SCHEMA gate_%ld", (long)getpid());
	PQclear(PQexec(c, sql));
	PQfinish(c);
	snprintf(address, 512, "%s%soptions=-c%%20search_path%%3Dgate_%ld", pg,
	    strchr(pg, '?') == NULL ? "?" : "&", (long)getpid());
}

static void
outside_start_store(void)
{
	static const unsigned char	 key[32] = {7};
	const char			*pg = getenv("YINXIN_TEST_PG");
	struct err			 err = {0};
	char				 addresses[2][512];

	snprintf(addresses[0], sizeof(addresses[0]), "sqlite:%s/hall.db", outside_dir);
	if (pg != NULL)
		outside_schema(pg, addresses[1]);
	for (int i = 0; i < (pg == NULL ? 1 : 2); i++) {
		assert_ok(store_migrate(STORE_HALL, addresses[i], &err));
		assert_ok(store_open(&outside_stores[i], STORE_HALL, addresses[i], false, &err));
	}
	outside_seal = seal_new(key);
	outside_engine(0);
}

static struct store	*outside_own;
static struct seal	*outside_own_seal;

void
outside_private(const char *name)
{
	struct err	 err = {0};
	char		 path[128];

	snprintf(path, sizeof(path), "%s/%s", outside_dir, name);
	assert_ok(file_mkdirs(path, 0700, &err));
	assert_ok(seal_create(conf_path("store.data_key"), &err));
	assert_ok(seal_load(&outside_own_seal, conf_path("store.data_key"), &err));
	assert_ok(store_migrate(STORE_HALL, conf_str("store.hall"), &err));
	assert_ok(store_open(&outside_own, STORE_HALL, conf_str("store.hall"), false, &err));
	out.store = outside_own;
	out.seal = outside_own_seal;
}

static void
outside_start_web(void)
{
	struct http_config	 config = {.listen = "127.0.0.1:0", .threads = 4,
		.handle = outside_handle};
	struct err		 err = {0};

	assert_ok(http_server_new(&outside_server, &config, &err));
	outside_set("web.public_url", "http://127.0.0.1:%d", http_server_port(outside_server));
	pthread_create(&outside_thread, NULL, outside_serve, outside_server);
}

int
group_setup(void **state)
{
	struct err	 err = {0};

	(void)state;
	snprintf(outside_dir, sizeof(outside_dir), "/tmp/unit-gate-XXXXXX");
	assert_non_null(mkdtemp(outside_dir));
	assert_ok(conf_load(NULL, &err));
	assert_ok(conf_set("data.dir", outside_dir, &err));
	if (getenv("YINXIN_TEST_VERBOSE") == NULL)
		log_to(open("/dev/null", O_WRONLY | O_CLOEXEC));
	outside_start_sandbox();
	outside_start_store();
	outside_start_web();
	return 0;
}

int
group_teardown(void **state)
{
	char	*argv[] = {(char[]){"rm"}, (char[]){"-rf"}, outside_dir, NULL};
	pid_t	 pid;

	(void)state;
	http_server_stop(outside_server);
	pthread_join(outside_thread, NULL);
	http_server_free(outside_server);
	kill(outside_pid, SIGTERM);
	waitpid(outside_pid, NULL, 0);
	store_close(outside_stores[0]);
	store_close(outside_stores[1]);
	store_close(outside_own);
	seal_free(outside_seal);
	seal_free(outside_own_seal);
	if ((pid = fork()) == 0) {
		execvp("rm", argv);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	return 0;
}

void
outside_forget(void)
{
	pthread_mutex_lock(&out.lock);
	out.payments = out.created = out.refunds = out.identities = out.notices = out.paid = 0;
	out.invoices = out.files = out.parcels = 0;
	out.remittances = out.bills = 0;
	out.bill_rows = out.bill_back = 0;
	out.refuse = false;
	pthread_mutex_unlock(&out.lock);
	breaker_reset();
}

/* Single quotes read as double ones, so that C strings stay readable. */
static char * PRINTF(1, 0)
outside_json(const char *fmt, va_list ap)
{
	char	*text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		BUG("memory");
	for (char *p = text; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	return text;
}

struct put { const char *kind, *key; json_t *payload; };

static int
outside_put_write(struct db *db, void *arg, struct err *err)
{
	struct put	*p = arg;

	return outbox_put(db, out.seal, p->kind, p->key, p->payload, err);
}

void
outside_put(const char *kind, const char *key, const char *json, ...)
{
	struct err	 err = {0};
	struct put	 p = {.kind = kind, .key = key};
	va_list		 ap;
	char		*text;

	va_start(ap, json);
	text = outside_json(json, ap);
	va_end(ap);
	assert_ok(json_parse(text, strlen(text), 0, &p.payload, &err));
	assert_ok(store_write(out.store, outside_put_write, &p, &err));
	json_decref(p.payload);
	free(text);
}

void
outside_work(void)
{
	struct err	 err = {0};
	bool		 worked = true;

	while (worked) {
		err_clear(&err);
		if (gate_work(&out.gate, &worked, &err) < 0 && !out.refuse)
			fail_msg("%s", err.text);
	}
}

json_t *
outside_control(const char *path, const char *body, ...)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	struct err		 err = {0};
	struct http_answer	 a;
	json_t			*j = NULL;
	char			 url[512], *text = NULL;
	va_list			 ap;

	snprintf(url, sizeof(url), "%s%s", out.sandbox, path);
	if (body != NULL) {
		va_start(ap, body);
		text = outside_json(body, ap);
		va_end(ap);
	}
	http_answer_init(&a);
	assert_ok(http_call(&(struct http_call){.method = text == NULL ? "GET" : "POST",
	    .url = url, .headers = headers, .body = text,
	    .body_len = text == NULL ? 0 : strlen(text)}, &a, NULL, &err));
	if (a.status != 200)
		fail_msg("%s: %d %s", path, a.status, a.body.p);
	assert_ok(json_parse(a.body.p, a.body.len, 0, &j, &err));
	http_answer_free(&a);
	free(text);
	return j;
}

void
outside_fault(const char *api, const char *what, int value)
{
	json_decref(outside_control("/control/fault", "{'api':'%s','what':'%s','value':%d}", api,
	    what, value));
}

int
outside_notified(const char *trade, int n)
{
	char	 path[128];
	json_t	*j, *list, *e;
	size_t	 i, have = 0;
	int	 ok = 0;

	snprintf(path, sizeof(path), "/control/notifications?trade=%s", trade);
	for (int tries = 0; tries < 500 && have < (size_t)n; tries++) {
		j = outside_control(path, NULL);
		list = json_object_get(j, "notifications");
		have = json_array_size(list);
		ok = 0;
		json_array_foreach(list, i, e)
			ok += js_bool(e, "ok");
		json_decref(j);
		usleep(10000);
	}
	assert_int_equal(have, n);
	return ok;
}

struct look { const char *key; char *state; };

static int
outside_state_read(struct db *db, void *arg, struct err *err)
{
	struct look	*l = arg;
	struct rows	*rows = NULL;
	int		 rc;

	if ((rc = db_one(db, SQL_OUTBOX_STATE, &rows, err, DB_TEXT(l->key))) == 0)
		snprintf(l->state, 32, "%s", rows_text(rows, 0));
	rows_free(rows);
	return rc;
}

void
outside_state(const char *key, char state[32])
{
	struct err	 err = {0};
	struct look	 l = {key, state};

	assert_ok(store_read(out.store, outside_state_read, &l, &err));
}

int
outside_deliver(const char *channel, const json_t *headers, const char *body, size_t len,
    char answer[128])
{
	struct gate_answer	 a = {0};

	buf_init(&a.body, 65536);
	notify_take(&out.gate, channel, headers, body, len, &a);
	snprintf(answer, 128, "%s", a.body.p);
	buf_free(&a.body);
	return a.status;
}

const char *
outside_no(const char *prefix, char no[33])
{
	char	 digits[17];

	rand_digits(digits, 16);
	snprintf(no, 33, "%s%s", prefix, digits);
	return no;
}
