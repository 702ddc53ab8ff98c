#include "base/base.h"
#include "hall/certificate/certificate_own.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "hall/services.h"
#include "pki/cert_pool.h"

/* The way from a certificate to its root, and how each link stands now. */

static void
chain_read(struct cert_pool *pool)
{
	char		*path = xasprintf("%s/pub/chain.pem", conf_path("data.dir"));
	struct err	 err = { .kind = ERR_NONE };

	if (cert_pool_read(pool, path, &err) < 0)
		log_err("certificate.chain", &err);
	free(path);
}

/* The next one up; NULL after the last. */
static const struct cert *
chain_up(const struct cert_pool *pool, const struct cert *c)
{
	const struct cert	*up = cert_pool_issuer(pool, c);

	return up == NULL || cert_is_same(up, c) ? NULL : up;
}

static bool
chain_is_root(const struct cert_pool *pool, const struct cert *c)
{
	const struct cert	*up = cert_pool_issuer(pool, c);

	return up != NULL && cert_is_same(up, c);
}

void
certificate_above(const struct cert *c, struct buf *der)
{
	struct cert_pool	 pool = { .n = 0 };
	const unsigned char	*p = NULL;
	size_t			 n = 0, len = 0;

	chain_read(&pool);
	for (c = chain_up(&pool, c); c != NULL && n < CERT_CHAIN_MAX; c = chain_up(&pool, c), n++) {
		p = cert_der(c, &len);
		buf_add(der, p, len);
	}
	cert_pool_release(&pool);
}

/* ---- how they stand ---- */

static enum cert_status
chain_ask(struct hall *h, const char *serial)
{
	enum cert_status	 status = CERT_UNKNOWN;
	struct err		 err = { .kind = ERR_NONE };

	if (hall_services(h)->status(serial, &status, &err) < 0) {
		log_err("certificate.status", &err);
		return CERT_UNKNOWN;
	}
	return status;
}

/* Revoked stays revoked when its time is over; what only ended is told as ended. */
static const char *
chain_status(enum cert_status status, bool over, bool held)
{
	if (status == CERT_REVOKED)
		return held ? "held" : "revoked";
	if (over)
		return "expired";
	return status == CERT_GOOD ? "good" : "unknown";
}

static const char *
chain_text(const char *status)
{
	static const struct { const char *name, *text; } texts[] = {
		{ "good", "有效" }, { "held", "已冻结" }, { "revoked", "已撤销" },
		{ "expired", "已过期" },
	};
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].name, status) == 0)
			return texts[i].text;
	return "暂时查询不到";
}

static json_t *
chain_link(const struct cert *c, const char *status, const char *role)
{
	char	day[CLOCK_TEXT];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "subject", cert_subject(c), "serial",
	    cert_serial(c), "ends", clock_date(cert_not_after(c), day), "status", status,
	    "status_text", chain_text(status), "role_text", role);
}

static void
chain_ocsp(enum cert_status status, bool held, json_t *model)
{
	const char	*text = chain_status(status, false, held);

	js_set_str(model, "ocsp", text);
	js_set_str(model, "ocsp_text", chain_text(text));
	js_set_time(model, "asked", clock_now());
}

void
certificate_chain(struct hall *h, const struct certificate *c, bool held, json_t *model)
{
	json_t			*chain = json_array();
	const struct cert	*at = c->cert, *up = NULL;
	struct cert_pool	 pool = { .n = 0 };
	enum cert_status	 status = CERT_UNKNOWN;
	int64_t			 now = clock_now();
	bool			 root = false;
	size_t			 n = 0;

	chain_read(&pool);
	for (n = 0; n < CERT_CHAIN_MAX && at != NULL; n++, at = up) {
		status = chain_ask(h, cert_serial(at));
		up = chain_up(&pool, at);
		root = chain_is_root(&pool, at);
		if (n == 0)
			chain_ocsp(status, held, model);
		(void)json_array_append_new(chain, chain_link(at, chain_status(status,
		    cert_not_after(at) < now, n == 0 && held), n == 0 ? "本证书" : root ?
		    "根CA" : "签发CA"));
	}
	(void)json_object_set_new(model, "chain", chain);
	js_set_bool(model, "chain_whole", root);
	cert_pool_release(&pool);
}
