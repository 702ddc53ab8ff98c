#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "signer/authority.h"

static const char *const authority_states[] = {[AUTHORITY_ACTIVE] = "active",
	[AUTHORITY_RETIRING] = "retiring", [AUTHORITY_ENDED] = "ended"};

const char *
authority_state_name(enum authority_state state)
{
	return authority_states[state];
}

bool
authority_is_root(const struct authority *a)
{
	return strcmp(a->id, a->parent) == 0;
}

const char *
authority_slug(const struct authority *a)
{
	return a->generation == 1 ? a->name : a->id;
}

int
authority_part(const struct profile *p, const char *serial)
{
	char	 some[9];

	if (p == NULL || p->list_parts == 0 || strlen(serial) < 10)
		return 0;
	/* random, unlike the first two bits (cert_new_serial) */
	snprintf(some, sizeof(some), "%.8s", serial + 2);
	return (int)(strtoul(some, NULL, 16) % (unsigned long)p->list_parts) + 1;
}

void
authority_list_url(const struct authority *a, int part, bool delta, char *url, size_t size)
{
	char	 which[20] = "";

	if (part > 0)
		snprintf(which, sizeof(which), "-p%d", part);
	snprintf(url, size, "%.*s%s%s.crl", (int)strlen(a->crl) - 4, a->crl, which,
	    delta ? "-delta" : "");
}

void
authority_pointers(const struct authority *a, struct cert_plan *plan)
{
	struct cert_pointers	*p = &plan->pointers;
	char			 serial[CERT_SERIAL_TEXT];
	int			 part;

	/* nobody answers for a root, whose key is away; its list says it all */
	*p = (struct cert_pointers){.ocsp = authority_is_root(a) ? NULL : a->ocsp, .crl = a->crl, .ca_issuers = a->ca_issuers,
		.policy = conf_str("ca.policy_oid"), .cps = conf_str("ca.cps_url")};
	cert_serial_text(plan->serial, serial);
	if ((part = authority_part(plan->profile, serial)) > 0) {
		authority_list_url(a, part, false, plan->crl_part, sizeof(plan->crl_part));
		p->crl = plan->crl_part;
	}
}

void
authority_free(struct authority *a)
{
	if (a == NULL)
		return;
	signing_key_close(&a->key);
	cert_free(a->cert);
	free(a);
}

int
authorities_take(struct authorities *all, struct authority *a, struct err *err)
{
	const char	*base = conf_str("va.public_url");

	if (all->n == AUTHORITY_MAX) {
		authority_free(a);
		return err_set(err, ERR_LIMIT, "more than %d authorities", AUTHORITY_MAX);
	}
	snprintf(a->ocsp, sizeof(a->ocsp), "%s/ocsp", base);
	snprintf(a->crl, sizeof(a->crl), "%s/crl/%s.crl", base, authority_slug(a));
	snprintf(a->ca_issuers, sizeof(a->ca_issuers), "%s/ca/%s.crt", base, authority_slug(a));
	atomic_store(&a->has_key, a->key.key != NULL);
	cert_expect_signatures(a->cert);	/* each certificate is verified once it is signed */
	all->list[all->n] = a;
	all->n++;		/* after the pointer: readers look without a lock */
	return 0;
}

void
authorities_release(struct authorities *all)
{
	for (size_t i = 0; i < all->n; i++)
		authority_free(all->list[i]);
	secret_free(&all->passphrase);
	*all = (struct authorities){0};
}

struct authority *
authority_by_id(struct authorities *all, const char *id)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->list[i]->id, id) == 0)
			return all->list[i];
	return NULL;
}

/* Why nothing of this name issues: no such CA, all of them put to rest, or no key at hand. */
static int
authority_none(const struct authorities *all, const char *name, struct err *err)
{
	const struct authority	*a = NULL;
	size_t			 named = 0;

	for (size_t i = 0; i < all->n; i++) {
		named += strcmp(all->list[i]->name, name) == 0;
		if (strcmp(all->list[i]->name, name) == 0 && all->list[i]->state == AUTHORITY_ACTIVE &&
		    (a == NULL || a->generation < all->list[i]->generation))
			a = all->list[i];
	}
	if (named == 0)
		return err_set(err, ERR_WRONG_STATE, "暂时不能签发证书：还没有名为“%s”的签发 CA。请管理员用 "
		    "yinxin ca create 建立，或在证书模板中写 yinxin ca list 列出的 CA。", name);
	if (a == NULL)
		return err_set(err, ERR_WRONG_STATE, "暂时不能签发证书：签发 CA“%s”已停用。请管理员用 yinxin ca "
		    "renew 换发新密钥，或用 yinxin ca state 重新启用。", name);
	if (a->away)
		return err_set(err, ERR_WRONG_STATE, "暂时不能签发证书：签发 CA“%s”的密钥不在位。您的申请和费用不受"
		    "影响，请稍后再试。请管理员用 yinxin ca list 查看并放回密钥，放回后自动恢复。", a->id);
	return err_set(err, ERR_WRONG_STATE, "暂时不能签发证书：签发 CA“%s”的密钥打不开。您的申请和费用不受影响，"
	    "请稍后再试。请管理员按日志 authority.no_key 排除原因，再重新启动 signer。", a->id);
}

int
authority_for(struct authorities *all, const char *name, struct authority **out,
    struct err *err)
{
	*out = NULL;
	authorities_look(all);
	for (size_t i = 0; i < all->n; i++) {
		struct authority	*a = all->list[i];

		if (strcmp(a->name, name) == 0 && a->state == AUTHORITY_ACTIVE &&
		    atomic_load(&a->has_key) && (*out == NULL || (*out)->generation < a->generation))
			*out = a;
	}
	return *out != NULL ? 0 : authority_none(all, name, err);
}

static int
authority_read(struct rows *r, struct authority *a, struct err *err)
{
	const void	*der;
	size_t		 len;

	snprintf(a->id, sizeof(a->id), "%s", rows_text(r, 0));
	snprintf(a->name, sizeof(a->name), "%s", rows_text(r, 1));
	a->generation = rows_int(r, 2);
	snprintf(a->parent, sizeof(a->parent), "%s", rows_text(r, 3));
	der = rows_blob(r, 4, &len);
	snprintf(a->address, sizeof(a->address), "%s", rows_text(r, 5));
	a->state = AUTHORITY_ENDED;
	for (int i = 0; i < AUTHORITY__MAX; i++)
		if (strcmp(rows_text(r, 6), authority_states[i]) == 0)
			a->state = i;
	return cert_parse(der, len, &a->cert, err);
}

static int
authorities_read(struct db *db, void *arg, struct err *err)
{
	struct authorities	*all = arg;
	struct rows		*r = NULL;
	struct authority	*a;
	int			 rc;

	authorities_release(all);
	if (db_query(db, SQL_AUTHORITY_LIST, &r, err) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0) {
		a = xcalloc(1, sizeof(*a));
		if ((rc = authority_read(r, a, err)) < 0) {
			authority_free(a);
			break;
		}
		if ((rc = authorities_take(all, a, err)) < 0)
			break;
	}
	rows_free(r);
	return rc;
}

int
authorities_load(struct authorities *all, struct store *store,
    const struct secret *passphrase, struct err *err)
{
	if (store_read(store, authorities_read, all, err) < 0)
		return -1;
	pthread_mutex_init(&all->looking, NULL);
	authorities_open_keys(all, passphrase);
	return 0;
}

int
authority_add(struct db *db, const struct authority *a, struct err *err)
{
	size_t			 len;
	const unsigned char	*der = cert_der(a->cert, &len);

	return db_run(db, SQL_AUTHORITY_ADD, NULL, err, DB_TEXT(a->id), DB_TEXT(a->name),
	    DB_INT(a->generation), DB_TEXT(a->parent), DB_TEXT(cert_serial(a->cert)),
	    DB_BLOB(der, len), DB_TEXT(a->address), DB_INT(clock_now()));
}
