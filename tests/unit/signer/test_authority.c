#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "signer/world.h"
#include "pki/cert_pool.h"
#include "pki/crl.h"
#include "signer/authority_make.h"

#include <unistd.h>

extern const char	profile_builtin[];

/* Several CAs side by side, of each key kind; a new key for one; its root's key away. */

static json_t *
asked(const char *name, const char *parent, const char *kind, const char *cn)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:i}", "name", name, "parent", parent, "kind",
	    kind, "company", "测试认证有限公司", "cn", cn, "years", 10);
}

static int
create(const char *name, const char *parent, const char *kind, const char *cn, json_t *out,
    struct err *err)
{
	struct world	*w = world_shared();
	json_t		*j = asked(name, parent, kind, cn);
	int		 rc = ca_create(&w->signer, j, &w->passphrase, &w->passphrase, out, err);

	json_decref(j);
	return rc;
}

static void
assert_chain(const char *id)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct cert_pool	 pool = {.n = 0};

	for (size_t i = 0; i < w->signer.authorities.n; i++) {
		struct cert	*copy = NULL;
		size_t		 len;
		const unsigned char *der = cert_der(w->signer.authorities.list[i]->cert, &len);

		assert_ok(cert_parse(der, len, &copy, &err));
		assert_ok(cert_pool_take(&pool, copy, &err));
	}
	assert_ok(cert_pool_verify(&pool, world_ca(w, id), clock_now(), &err));
	cert_pool_release(&pool);
}

void
test_authority__hierarchy_of_each_kind(void **state)
{
	static const char *const kinds[] = {"rsa", "ecdsa"};
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct crl_facts	 facts;
	struct buf		 der;
	json_t			*out = json_object();

	(void)state;
	buf_init(&der, LIMIT_FRAME);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		char	 root[32], name[32], root_id[48], id[48];

		snprintf(root, sizeof(root), "root-%s", kinds[i]);
		snprintf(name, sizeof(name), "ca-%s", kinds[i]);
		snprintf(root_id, sizeof(root_id), "%s-1", root);
		snprintf(id, sizeof(id), "%s-1", name);
		assert_ok(create(root, "", kinds[i], root, out, &err));
		assert_ok(create(name, root_id, kinds[i], name, out, &err));
		assert_string_equal(js_str(out, "id"), id);
		assert_string_equal(world_journal(w).what, "ca.create");
		assert_chain(id);
		world_list(w, id, "", &der);
		assert_ok(crl_verify(der.p, der.len, world_ca(w, id), &facts, &err));
		assert_string_equal(world_journal(w).what, "list.make");
	}
	assert_err(create("Bad Name", "", "sm2", "x", out, &err), ERR_INPUT);
	assert_err(create("x", "nothing-1", "sm2", "x", out, &err), ERR_NOT_FOUND);
	assert_err(create("x", "", "dsa", "x", out, &err), ERR_INPUT);
	json_decref(out);
	buf_free(&der);
}

/* The new key issues, the old one signs its list; both are found after a restart. */
void
test_authority__new_key(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct authority	*a = NULL;
	struct authorities	 again = {0};
	json_t			*out = json_object();
	struct buf		 der;

	(void)state;
	buf_init(&der, LIMIT_FRAME);
	assert_ok(create("rolling", "root-1", "sm2", "旧", out, &err));
	assert_ok(authority_for(&w->signer.authorities, "rolling", &a, &err));
	assert_string_equal(a->id, "rolling-1");
	assert_ok(create("rolling", "root-1", "sm2", "新", out, &err));
	assert_ok(authority_for(&w->signer.authorities, "rolling", &a, &err));
	assert_string_equal(a->id, "rolling-2");
	assert_non_null(strstr(a->crl, "/crl/rolling-2.crl"));
	assert_int_equal(authority_by_id(&w->signer.authorities, "rolling-1")->state,
	    AUTHORITY_RETIRING);
	world_list(w, "rolling-1", "", &der);
	assert_ok(authorities_load(&again, w->signer.store, &w->passphrase, &err));
	assert_ok(authority_for(&again, "rolling", &a, &err));
	assert_string_equal(a->id, "rolling-2");
	assert_int_equal(authority_by_id(&again, "rolling-1")->state, AUTHORITY_RETIRING);
	authorities_release(&again);
	assert_ok(ca_state(&w->signer, "rolling-1", "ended", &err));
	assert_err(ca_state(&w->signer, "rolling-1", "asleep", &err), ERR_INPUT);
	assert_err(ca_state(&w->signer, "nobody-1", "ended", &err), ERR_NOT_FOUND);
	json_decref(out);
	buf_free(&der);
}

/* Everything known of the CA's key in this set, a moment after it was last looked for. */
static int
look_again(struct authorities *all, const char *name, struct authority **a, struct err *err)
{
	all->looked = clock_steady() - 5 * CLOCK_SECOND;
	return authority_for(all, name, a, err);
}

/* A key that is away at the start is picked up when it returns; one that refuses is left alone. */
void
test_authority__key_comes_back(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct authority	*a = NULL;
	struct authorities	 again = {0};
	json_t			*out = json_object();
	const char		*dir = conf_str("data.dir");
	char			*path = xasprintf("%s/ca-keys/leaving.key", dir),
				*away = xasprintf("%s/leaving.away", dir);

	(void)state;
	assert_ok(create("leaving", "root-1", "ecdsa", "离开", out, &err));
	assert_int_equal(rename(path, away), 0);
	assert_ok(authorities_load(&again, w->signer.store, &w->passphrase, &err));
	assert_true(again.some_away);
	assert_err(look_again(&again, "leaving", &a, &err), ERR_WRONG_STATE);
	assert_ok(authority_for(&again, "issuing", &a, &err));		/* the others go on */
	assert_int_equal(rename(away, path), 0);
	again.looked = clock_steady();
	assert_err(authority_for(&again, "leaving", &a, &err), ERR_WRONG_STATE);	/* too soon */
	assert_ok(look_again(&again, "leaving", &a, &err));
	assert_string_equal(a->id, "leaving-1");
	assert_true(key_is_same(a->key.key, cert_key(a->cert)));
	assert_false(again.some_away);
	assert_int_equal(again.passphrase.len, 0);		/* not kept for longer */
	authorities_release(&again);

	assert_int_equal(rename(path, away), 0);
	assert_ok(file_write(path, "garbage", 7, 0600, &err));
	assert_ok(authorities_load(&again, w->signer.store, &w->passphrase, &err));
	assert_false(again.some_away);
	assert_int_equal(rename(away, path), 0);
	assert_err(look_again(&again, "leaving", &a, &err), ERR_WRONG_STATE);
	authorities_release(&again);
	assert_ok(ca_state(&w->signer, "leaving-1", "ended", &err));
	json_decref(out);
	free(path);
	free(away);
}

/* The root's key is needed for its own acts, and for nothing else. */
void
test_authority__root_key_away(void **state)
{
	struct err	 err = {0};
	struct world	*w = world_shared();
	json_t		*out = json_object();
	char		 here[128], away[128];
	struct buf	 der;

	(void)state;
	buf_init(&der, LIMIT_FRAME);
	snprintf(here, sizeof(here), "%s/ca-keys/root.key", w->dir);
	snprintf(away, sizeof(away), "%s/root.key.away", w->dir);
	assert_int_equal(rename(here, away), 0);
	assert_err(create("late", "root-1", "sm2", "迟", out, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "root-1"));
	assert_err(ca_crl(&w->signer, "root-1", &w->passphrase, out, &err), ERR_NOT_FOUND);
	world_list(w, "root-1", "", &der);		/* the ceremony's */
	world_list(w, "issuing-1", "", &der);
	assert_int_equal(rename(away, here), 0);
	assert_ok(create("late", "root-1", "sm2", "迟", out, &err));
	json_decref(out);
	buf_free(&der);
}

void
test_authority__cross_certificate(void **state)
{
	struct err	 err = {0};
	struct world	*w = world_shared();
	struct cert	*c = NULL;
	json_t		*out = json_object();
	struct buf	 der;

	(void)state;
	buf_init(&der, LIMIT_CERT);
	assert_ok(create("other-root", "", "ecdsa", "另一个根", out, &err));
	assert_ok(ca_cross(&w->signer, "other-root-1", world_ca(w, "issuing-1"), 3,
	    &w->passphrase, &der, &err));
	assert_ok(cert_parse(der.p, der.len, &c, &err));
	assert_ok(cert_verify_chain((const struct cert *[]){c, world_ca(w, "other-root-1")}, 2,
	    clock_now(), &err));
	assert_string_equal(cert_subject(c), cert_subject(world_ca(w, "issuing-1")));
	assert_true(key_is_same(cert_key(c), cert_key(world_ca(w, "issuing-1"))));
	assert_string_equal(world_journal(w).what, "ca.cross");
	json_decref(out);
	cert_free(c);
	buf_free(&der);
}

/* A long list is followed by deltas, and a lost key makes the full one anew at once. */
void
test_authority__delta_lists(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signed_text	 t;
	struct signer_pair	 p;
	struct crl_facts	 full, delta, later;
	struct crl_entry	 e;
	EVP_PKEY		*key = NULL;
	struct buf		 der;
	bool			 found;
	json_t			*hold;

	(void)state;
	buf_init(&der, LIMIT_FRAME);
	signer_pair_init(&p);
	assert_ok(conf_set("ca.crl_eager", "0", &err));
	assert_ok(sm2_generate(&key, &err));
	t = world_sign(world_approval(w, "20261121000000000401"), w->officer_key);
	assert_ok(world_issue(w, &t, key, &p, &err));
	clock_shift(CLOCK_MINUTE);
	world_list(w, "issuing-1", "", &der);
	assert_ok(crl_verify(der.p, der.len, world_ca(w, "issuing-1"), &full, &err));
	/* made in the same second both say the same, under one number (RFC 5280 5.2.3) */
	world_list(w, "issuing-1", "delta", &der);
	assert_ok(crl_verify(der.p, der.len, world_ca(w, "issuing-1"), &delta, &err));
	assert_true(delta.this_update == full.this_update ? delta.number == full.number :
	    delta.number > full.number);
	clock_shift(2 * CLOCK_MINUTE);
	hold = json_pack("{s:s,s:i,s:s,s:s,s:I}", "type", "hold", "v", 1, "serial",
	    p.sign_serial, "by", "holder", "time", (json_int_t)clock_now());
	assert_ok(world_change(w, hold, key, NULL, &err));
	world_list(w, "issuing-1", "", &der);
	assert_ok(crl_verify(der.p, der.len, world_ca(w, "issuing-1"), &later, &err));
	assert_int_equal(later.number, full.number);	/* a hold waits for the schedule */
	world_list(w, "issuing-1", "delta", &der);
	assert_ok(crl_verify(der.p, der.len, world_ca(w, "issuing-1"), &delta, &err));
	assert_true(delta.number > full.number);
	assert_ok(crl_find(der.p, der.len, p.enc_serial, &found, &e, &err));
	assert_true(found);
	assert_int_equal(e.reason, CRL_REASON_HOLD);
	clock_shift(3 * CLOCK_MINUTE);
	assert_ok(world_change(w, json_pack("{s:s,s:i,s:s,s:s,s:i,s:I}", "type", "revocation",
	    "v", 1, "serial", p.sign_serial, "by", "holder", "reason", 1, "time",
	    (json_int_t)clock_now()), key, NULL, &err));
	world_list(w, "issuing-1", "", &der);
	assert_ok(crl_verify(der.p, der.len, world_ca(w, "issuing-1"), &later, &err));
	assert_true(later.number > delta.number);
	assert_ok(crl_find(der.p, der.len, p.sign_serial, &found, &e, &err));
	assert_true(found);
	clock_shift(0);
	assert_ok(conf_set("ca.crl_eager", "10000", &err));
	EVP_PKEY_free(key);
	signed_text_free(&t);
	signer_pair_free(&p);
	buf_free(&der);
}

/* The URL of the list that a certificate points to, and the scope in it ("p3"). */
static void
part_of(const struct cert *c, char url[200], char scope[24])
{
	size_t			 len;
	const unsigned char	*der = cert_der(c, &len), *at = memmem(der, len, "/crl/", 5);
	const unsigned char	*end = memmem(at, len - (size_t)(at - der), ".crl", 4);
	const unsigned char	*begin = at;

	assert_non_null(end);
	while (*begin != 0x86)
		begin--;
	snprintf(url, 200, "%.*s", (int)(end + 4 - begin) - 2, begin + 2);
	snprintf(scope, 24, "%s", strrchr(url, '-') + 1);
	*strchr(scope, '.') = '\0';
}

/* Staff certificates over four lists. */
static void
parts_begin(void)
{
	struct err	 err = {0};
	const char	*at = strstr(profile_builtin, "    title: 业务人员证书\n");
	struct buf	 b;

	assert_non_null(at);
	buf_init(&b, 65536);
	buf_add(&b, profile_builtin, (size_t)(at - profile_builtin));
	buf_addf(&b, "    list_parts: 4\n%s", at);
	assert_ok(profiles_parse(b.p, b.len, "parts.yaml", &err));
	buf_free(&b);
}

static bool
part_has(struct world *w, const char *scope, const char *serial, struct crl_facts *facts)
{
	struct err		 err = {0};
	struct crl_entry	 e;
	struct buf		 der;
	bool			 found;

	buf_init(&der, LIMIT_FRAME);
	world_list(w, "issuing-1", scope, &der);
	assert_ok(crl_verify(der.p, der.len, world_ca(w, "issuing-1"), facts, &err));
	assert_ok(crl_find(der.p, der.len, serial, &found, &e, &err));
	buf_free(&der);
	return found;
}

/* A part's list is told of by its certificates, says so critically and holds nobody else's. */
void
test_authority__parts_of_a_list(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct cert		*c[8];
	char			 url[200], scope[8][24], delta[32];
	struct crl_facts	 before, after;
	EVP_PKEY		*key = NULL;
	struct buf		 csr, der;
	int64_t			 number, next;

	(void)state;
	parts_begin();
	buf_init(&der, LIMIT_FRAME);
	assert_ok(sm2_generate(&key, &err));
	world_csr(key, &csr);
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		assert_ok(officer_issue(&w->signer, "李四", csr.p, csr.len, OFFICER_APPROVE, &c[i],
		    &err));
		part_of(c[i], url, scope[i]);
		assert_true(scope[i][0] == 'p' && scope[i][1] >= '1' && scope[i][1] <= '4');
	}
	clock_shift(CLOCK_MINUTE);
	assert_ok(admin_revoke(&w->signer, cert_serial(c[0]), CRL_REASON_SUPERSEDED, &err));
	clock_shift(2 * CLOCK_MINUTE);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		assert_int_equal(part_has(w, scope[i], cert_serial(c[0]), &before),
		    strcmp(scope[i], scope[0]) == 0);
	assert_true(part_has(w, "", cert_serial(c[0]), &before));
	/* issuingDistributionPoint, critical, with the address of the certificate */
	part_of(c[0], url, scope[0]);
	world_list(w, "issuing-1", scope[0], &der);
	assert_non_null(memmem(der.p, der.len, "\x06\x03\x55\x1d\x1c\x01\x01\xff", 8));
	assert_non_null(memmem(der.p, der.len, url, strlen(url)));
	/* a long one is followed by its delta, and is made anew at once for a lost key */
	assert_ok(conf_set("ca.crl_eager", "0", &err));
	assert_true(part_has(w, scope[0], cert_serial(c[0]), &before));
	clock_shift(3 * CLOCK_MINUTE);
	assert_ok(admin_revoke(&w->signer, cert_serial(c[1]), CRL_REASON_SUPERSEDED, &err));
	clock_shift(4 * CLOCK_MINUTE);
	assert_false(part_has(w, scope[1], cert_serial(c[1]), &after));
	snprintf(delta, sizeof(delta), "%s-delta", scope[1]);
	assert_true(part_has(w, delta, cert_serial(c[1]), &before));
	assert_true(before.number > after.number);
	clock_shift(5 * CLOCK_MINUTE);
	assert_ok(admin_revoke(&w->signer, cert_serial(c[2]), CRL_REASON_KEY_COMPROMISE, &err));
	assert_true(part_has(w, scope[2], cert_serial(c[2]), &after));
	for (size_t i = 0; i < 6; i++)
		assert_err(list_work(&w->signer, "issuing-1", (const char *[]){"p0", "p5", "p01", "p",
		    "p1-", "px-delta"}[i], &number, &next, &err), ERR_NOT_FOUND);
	clock_shift(0);
	assert_ok(conf_set("ca.crl_eager", "10000", &err));
	assert_ok(profiles_parse(profile_builtin, strlen(profile_builtin), "built-in", &err));
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		cert_free(c[i]);
	EVP_PKEY_free(key);
	buf_free(&csr);
	buf_free(&der);
}

/* No CA is called like the part or the delta of another's list. */
void
test_authority__names_of_lists(void **state)
{
	struct err	 err = {0};
	json_t		*out = json_object();

	(void)state;
	assert_err(create("issuing-delta", "", "sm2", "x", out, &err), ERR_INPUT);
	assert_err(create("issuing-p7", "", "sm2", "x", out, &err), ERR_INPUT);
	json_decref(out);
}
