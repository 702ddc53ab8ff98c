#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "pki/tsp.h"
#include "va/clock_trust.h"
#include "va/work.h"

/*
 * Serial numbers and the last time are kept in data.dir/va/tsa.state ("serial time\n").  Numbers
 * are set aside a thousand at a time before the first of them is used, so none is given twice
 * whatever happens to the process; the time is written once a second at most.
 */
#define TSA_RESERVE	1000

struct va_tsa {
	pthread_mutex_t		 lock;
	struct clock_trust	 clock;
	uint64_t		 next, reserved;	/* serials: next to give; first not ours */
	int64_t			 kept;			/* the time in the file */
	_Atomic uint64_t	 granted, refused;
};

static char *
tsa_path(void)
{
	return xasprintf("%s/va/tsa.state", conf_str("data.dir"));
}

static int
tsa_load(struct va_tsa *t, struct err *err)
{
	char		*path = tsa_path(), *end;
	struct buf	 text;
	int		 rc;

	buf_init(&text, 256);
	rc = file_read(path, &text, err);
	if (rc < 0 && err->kind == ERR_NOT_FOUND) {
		err_clear(err);
		t->next = 1;
		rc = 0;
	} else if (rc == 0) {
		t->next = strtoull(text.p, &end, 10);
		t->kept = *end == ' ' ? strtoll(end, &end, 10) : 0;
		if (t->next == 0 || t->kept <= 0 || strcmp(end, "\n") != 0)
			rc = err_set(err, ERR_STORE, "%s is damaged: no serial number is safe; write "
			    "\"<serial> <ms>\" above all given ones", path);
	}
	t->reserved = t->next;
	buf_free(&text);
	free(path);
	return rc;
}

static int
tsa_save(struct va_tsa *t, uint64_t reserved, int64_t now, struct err *err)
{
	char	*path = tsa_path(), *text = xasprintf("%" PRIu64 " %" PRId64 "\n", reserved, now);
	int	 rc = file_write(path, text, strlen(text), 0600, err);

	if (rc == 0) {
		t->reserved = reserved;
		t->kept = now;
	}
	free(text);
	free(path);
	return rc;
}

int
va_tsa_open(struct va *v, struct err *err)
{
	struct va_tsa	*t;

	if (conf_str("va.tsa.ca")[0] == '\0')
		return 0;
	v->tsa = t = xcalloc(1, sizeof(*t));
	pthread_mutex_init(&t->lock, NULL);
	if (tsa_load(t, err) < 0)
		return -1;
	clock_trust_begin(&t->clock, conf_int("va.tsa.accuracy_ms"),
	    conf_bool("va.tsa.need_sync"), t->kept);
	return 0;
}

void
va_tsa_close(struct va *v)
{
	free(v->tsa);
	v->tsa = NULL;
}

/* Newest generation of the CA in the settings. */
const struct va_issuer *
va_tsa_issuer(struct va *v)
{
	const char		*name = conf_str("va.tsa.ca");
	const struct va_issuer	*found = NULL;
	size_t			 n = strlen(name);

	for (size_t i = 0; n > 0 && i < v->n_issuers; i++)
		if (strncmp(v->issuers[i]->id, name, n) == 0 && v->issuers[i]->id[n] == '-' &&
		    str_is_digits(v->issuers[i]->id + n + 1) && !v->issuers[i]->root)
			found = v->issuers[i];
	return found;
}

/* A trusted time and a number nobody else gets. */
static int
tsa_draw(struct va_tsa *t, struct tsp_stamp *stamp, struct err *err)
{
	int	 rc;

	pthread_mutex_lock(&t->lock);
	rc = clock_trust_now(&t->clock, &stamp->time, err);
	if (rc == 0 && (t->next >= t->reserved || stamp->time >= t->kept + CLOCK_SECOND))
		rc = tsa_save(t, MAX(t->reserved, t->next + TSA_RESERVE), stamp->time, err);
	if (rc == 0)
		stamp->serial = t->next++;
	pthread_mutex_unlock(&t->lock);
	return rc;
}

static enum tsp_failure
tsa_stamp(struct va *v, const struct tsp_request *r, struct buf *der, struct err *err)
{
	const struct va_issuer	*issuer = va_tsa_issuer(v);
	struct va_identity	*i = NULL;
	enum tsp_failure	 failure = TSP_SYSTEM;
	const struct cert	*certs[2];
	struct tsp_stamp	 stamp = {.policy = conf_str("va.tsa.policy"), .certs = certs,
		.n_certs = 2, .accuracy = conf_int("va.tsa.accuracy_ms"),
		.form = strcmp(conf_str("va.tsa.form"), "gm") == 0 ? CMS_GM : CMS_STANDARD};

	if (r->policy[0] != '\0' && strcmp(r->policy, stamp.policy) != 0) {
		err_set(err, ERR_INPUT, "the policy here is %s", stamp.policy);
		return TSP_BAD_POLICY;
	}
	if (issuer == NULL) {
		err_set(err, ERR_WRONG_STATE, "no CA \"%s\" (va.tsa.ca)", conf_str("va.tsa.ca"));
		return TSP_SYSTEM;
	}
	if (va_identity_take(v, issuer, VA_USE_TSA, &i, err) < 0)
		return TSP_SYSTEM;
	stamp.signer = certs[0] = i->cert;
	stamp.key = i->key;
	certs[1] = issuer->cert;
	if (tsa_draw(v->tsa, &stamp, err) < 0)
		failure = err->kind == ERR_WRONG_STATE ? TSP_NO_TIME : TSP_SYSTEM;
	else if (tsp_respond(r, &stamp, der, err) < 0)
		buf_clear(der);
	va_identity_free(i);
	return failure;
}

void
va_tsa(struct va *v, const void *request, size_t len, struct buf *der)
{
	struct tsp_request	 r;
	struct err		 err = {0};
	enum tsp_failure	 failure;

	if (tsp_request_parse(request, len, &r, &failure, &err) == 0)
		failure = tsa_stamp(v, &r, der, &err);
	if (err.kind == ERR_NONE) {
		atomic_fetch_add(&v->tsa->granted, 1);
		return;
	}
	atomic_fetch_add(&v->tsa->refused, 1);
	if (err.kind != ERR_INPUT)
		log_err("tsa.refused", &err);
	tsp_refuse(failure, failure == TSP_SYSTEM ? "no stamp can be made now" : err.text, der);
}

void
va_tsa_metrics(struct va *v, struct buf *out)
{
	bool	 good;

	if (v->tsa == NULL)
		return;
	pthread_mutex_lock(&v->tsa->lock);
	good = clock_trust_is_good(&v->tsa->clock);
	pthread_mutex_unlock(&v->tsa->lock);
	buf_addf(out, "# TYPE yinxin_tsa_clock_trusted gauge\nyinxin_tsa_clock_trusted %d\n", good);
	buf_addf(out, "# TYPE yinxin_tsa_granted_total counter\nyinxin_tsa_granted_total %" PRIu64
	    "\n# TYPE yinxin_tsa_refused_total counter\nyinxin_tsa_refused_total %" PRIu64 "\n",
	    v->tsa->granted, v->tsa->refused);
}
