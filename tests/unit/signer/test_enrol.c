#include "base/base.h"
#include "signer/enrol.h"
#include "signer/process.h"
#include "signer/world.h"

#include <pthread.h>

/* Machines enrolled by registration authorities: what they get, and what they do not. */

struct plant {
	char		 name[RA_NAME];
	struct secret	 secret;
};

static void
plant_add(struct plant *p, const char *name, const char *suffix)
{
	struct err	 err = {0};
	struct ipc_msg	 in, out;

	ipc_msg_init(&in);
	ipc_msg_init(&out);
	js_set_str(in.json, "name", name);
	js_set_str(in.json, "profile", "machine");
	js_set_str(in.json, "suffix", suffix);
	js_set_int(in.json, "days", 90);
	assert_ok(answer_ra_add(&in, &out, IPC_ADMIN, &world_shared()->signer, &err));
	*p = (struct plant){0};
	snprintf(p->name, sizeof(p->name), "%s", name);
	secret_set(&p->secret, out.blob.p, out.blob.len);
	assert_int_equal(p->secret.len, RA_SECRET);
	ipc_msg_free(&in);
	ipc_msg_free(&out);
}

/* A request of a fresh key of this kind for this common name. */
static void
machine_csr(const char *kind, const char *cn, struct buf *der)
{
	struct err	 err = {0};
	struct name	 subject = {0};
	EVP_PKEY	*key = NULL;

	buf_init(der, LIMIT_CSR);
	assert_ok(key_generate(key_kind_find(kind), &key, &err));
	assert_ok(name_add(&subject, "O", "长沙水务", &err));
	assert_ok(name_add(&subject, "CN", cn, &err));
	assert_ok(csr_build_key(&subject, key, der, &err));
	name_free(&subject);
	EVP_PKEY_free(key);
}

static int
plant_enrol(const struct plant *p, const char *label, bool renewal, const struct buf *csr,
    struct cert **out, struct err *err)
{
	struct ipc_msg	 in, answer;
	struct buf	 der;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	buf_init(&der, LIMIT_CERT);
	js_set_str(in.json, "ra", p->name);
	js_set_str(in.json, "label", label);
	js_set_str(in.json, "from", "192.0.2.7");
	js_set_bool(in.json, "renewal", renewal);
	js_set_bytes(in.json, "csr", csr->p, csr->len);
	buf_add(&in.blob, p->secret.p, p->secret.len);
	if ((rc = answer_enrol(&in, &answer, IPC_ENROL, &world_shared()->signer, err)) == 0 &&
	    (rc = js_need_bytes(answer.json, "cert", &der, err)) == 0)
		rc = cert_parse(der.p, der.len, out, err);
	buf_free(&der);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

void
test_enrol__a_machine_of_each_kind(void **state)
{
	static const char *const kinds[] = {"ecdsa", "rsa", "sm2"};
	struct world	*w = world_shared();
	struct err	 err = {0};
	struct plant	 p;

	(void)state;
	plant_add(&p, "each-kind", ".plant.example");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct cert	*c = NULL, *again = NULL;
		struct buf	 csr;

		machine_csr(kinds[i], "pump-1.plant.example", &csr);
		assert_ok(plant_enrol(&p, "", false, &csr, &c, &err));
		assert_ok(cert_verify_signature(c, world_ca(w, "issuing-1"), &err));
		assert_string_equal(cert_cn(c), "pump-1.plant.example");
		assert_int_equal((cert_not_after(c) - cert_not_before(c)) / CLOCK_DAY, 90);
		assert_string_equal(world_journal(w).what, "certificate.enrol");
		assert_ok(plant_enrol(&p, "machine", false, &csr, &again, &err));
		assert_true(cert_is_same(c, again));
		cert_free(c);
		cert_free(again);
		buf_free(&csr);
	}
	secret_free(&p.secret);
}

struct eager {
	const struct plant	*plant;
	const struct buf	*csr;
	struct cert		*got;
};

static void *
eager_run(void *arg)
{
	struct eager	*e = arg;
	struct err	 err = {0};

	if (plant_enrol(e->plant, "", false, e->csr, &e->got, &err) < 0)
		e->got = NULL;
	return NULL;
}

/* A client that repeats itself because it heard nothing. */
void
test_enrol__eight_at_once_get_one(void **state)
{
	struct eager	 e[8];
	pthread_t	 thread[8];
	struct plant	 p;
	struct buf	 csr;

	(void)state;
	plant_add(&p, "eager", "");
	machine_csr("ecdsa", "eager", &csr);
	for (size_t i = 0; i < ARRAY_LEN(e); i++) {
		e[i] = (struct eager){&p, &csr, NULL};
		assert_int_equal(pthread_create(&thread[i], NULL, eager_run, &e[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(e); i++)
		pthread_join(thread[i], NULL);
	for (size_t i = 0; i < ARRAY_LEN(e); i++) {
		assert_non_null(e[i].got);
		assert_true(cert_is_same(e[0].got, e[i].got));
	}
	for (size_t i = 0; i < ARRAY_LEN(e); i++)
		cert_free(e[i].got);
	buf_free(&csr);
	secret_free(&p.secret);
}

static void
assert_not_enrolled(const struct plant *p, const char *label, bool renewal, const char *cn,
    enum err_kind kind)
{
	struct world		*w = world_shared();
	struct journal_end	 before = world_journal(w), after;
	struct err		 err = {0};
	struct cert		*c = NULL;
	struct buf		 csr;

	machine_csr("ecdsa", cn, &csr);
	assert_err(plant_enrol(p, label, renewal, &csr, &c, &err), kind);
	after = world_journal(w);
	assert_int_equal(after.seq, before.seq + 1);
	assert_string_equal(after.what, "enrol.refused");
	assert_non_null(strstr(after.detail, "192.0.2.7"));
	buf_free(&csr);
}

void
test_enrol__refused(void **state)
{
	struct world	*w = world_shared();
	struct err	 err = {0};
	struct plant	 p, wrong;
	struct ipc_msg	 in, out;

	(void)state;
	plant_add(&p, "refused", ".plant.example");
	assert_not_enrolled(&p, "staff", false, "a.plant.example", ERR_DENIED);
	assert_not_enrolled(&p, "", false, "a.other.example", ERR_DENIED);
	assert_not_enrolled(&p, "", false, ".plant.example", ERR_DENIED);
	assert_not_enrolled(&p, "", true, "never-seen.plant.example", ERR_WRONG_STATE);
	wrong = (struct plant){.name = "refused"};
	secret_set(&wrong.secret, "guess", 5);
	assert_not_enrolled(&wrong, "", false, "a.plant.example", ERR_NOT_FOUND);
	ipc_msg_init(&in);
	ipc_msg_init(&out);
	js_set_str(in.json, "name", "refused");
	js_set_bool(in.json, "active", false);
	assert_ok(answer_ra_set(&in, &out, IPC_ADMIN, &w->signer, &err));
	assert_not_enrolled(&p, "", false, "a.plant.example", ERR_NOT_FOUND);
	ipc_msg_free(&in);
	ipc_msg_free(&out);
	secret_free(&p.secret);
	secret_free(&wrong.secret);
}

/* A revoked key is not certified again by asking again; another key renews. */
void
test_enrol__revoked_and_renewed(void **state)
{
	struct world	*w = world_shared();
	struct err	 err = {0};
	struct cert	*c = NULL, *other = NULL;
	struct buf	 csr, fresh;
	struct plant	 p;

	(void)state;
	plant_add(&p, "renewer", "");
	machine_csr("ecdsa", "valve", &csr);
	machine_csr("ecdsa", "valve", &fresh);
	assert_ok(plant_enrol(&p, "", false, &csr, &c, &err));
	assert_ok(plant_enrol(&p, "", true, &fresh, &other, &err));
	assert_false(cert_is_same(c, other));
	assert_ok(admin_revoke(&w->signer, cert_serial(c), 1, &err));
	cert_free(c);
	c = NULL;
	assert_err(plant_enrol(&p, "", false, &csr, &c, &err), ERR_WRONG_STATE);
	cert_free(other);
	buf_free(&csr);
	buf_free(&fresh);
	secret_free(&p.secret);
}

void
test_enrol__authorities_that_are_not_made(void **state)
{
	static const struct {
		const char	*name, *profile;
		int		 days;
	} rows[] = {
		{"person", "sm2-person-sign", 90}, {"nothing", "no-such", 90},
		{"long", "machine", 9000}, {"never", "machine", 0}, {"", "machine", 90},
		{"a name", "machine", 90}, {"colon:", "machine", 90},
	};
	struct err	 err = {0};
	struct ipc_msg	 in, out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ipc_msg_init(&in);
		ipc_msg_init(&out);
		js_set_str(in.json, "name", rows[i].name);
		js_set_str(in.json, "profile", rows[i].profile);
		js_set_int(in.json, "days", rows[i].days);
		assert_err(answer_ra_add(&in, &out, IPC_ADMIN, &world_shared()->signer, &err),
		    ERR_INPUT);
		assert_int_equal(out.blob.len, 0);
		ipc_msg_free(&in);
		ipc_msg_free(&out);
	}
}
