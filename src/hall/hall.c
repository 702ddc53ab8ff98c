#include "base/base.h"
#include "hall/hall.h"

#include <stdatomic.h>

#include "base/conf.h"
#include "base/str.h"
#include "gate/gate.h"
#include "hall/act.h"
#include "hall/def/halldef.h"
#include "hall/hall_own.h"
#include "hall/sealed.h"
#include "hall/services.h"
#include "store/seal.h"
#include "store/store.h"

struct hall {
	struct halldef		*def;
	struct store		*store;
	struct seal		*seal;
	const struct services	*services;
	bool			 own;		/* closes store and seal */
	_Atomic bool		*poke;		/* something was put into the outbox */
};

int
hall_open_with(struct hall **out, const char *hall_file, struct store *store, struct seal *seal,
    const struct services *services, struct err *err)
{
	struct hall	*h = xcalloc(1, sizeof(*h));

	if (halldef_load(hall_file, &h->def, err) < 0) {
		free(h);
		return -1;
	}
	h->poke = xcalloc(1, sizeof(*h->poke));
	h->store = store;
	h->seal = seal;
	h->services = services;
	*out = h;
	return 0;
}

int
hall_open(struct hall **out, struct err *err)
{
	struct store	*store = NULL;
	struct seal	*seal = NULL;

	if (store_open(&store, STORE_HALL, conf_str("store.hall"), false, err) < 0)
		goto fail;
	if (seal_load(&seal, conf_path("store.data_key"), err) < 0)
		goto fail;
	if (hall_open_with(out, conf_str("web.hall_file"), store, seal, services_real(), err) < 0)
		goto fail;
	(*out)->own = true;
	return 0;
 fail:
	seal_free(seal);
	store_close(store);
	return -1;
}

void
hall_close(struct hall *h)
{
	if (h == NULL)
		return;
	halldef_free(h->def);
	if (h->own) {
		seal_free(h->seal);
		store_close(h->store);
	}
	free(h->poke);
	free(h);
}

const struct halldef *
hall_def(const struct hall *h)
{
	return h->def;
}

struct store *
hall_store(const struct hall *h)
{
	return h->store;
}

const struct seal *
hall_seal(const struct hall *h)
{
	return h->seal;
}

const struct services *
hall_services(const struct hall *h)
{
	return h->services;
}

int
hall_check(const char *path, struct err *err)
{
	struct halldef	*d = NULL;

	if (halldef_load(path, &d, err) < 0)
		return -1;
	halldef_free(d);
	return 0;
}

void
hall_csrf(const struct hall *h, const char *cookie, char token[CSRF_TEXT])
{
	keyed(h, "csrf", cookie, token);
}

bool
hall_csrf_is(const struct hall *h, const char *cookie, const char *token)
{
	char	want[CSRF_TEXT];

	hall_csrf(h, cookie, want);
	return secret_equal(want, strlen(want), token, strlen(token));
}

void
hall_want_poke(const struct hall *h)
{
	atomic_store(h->poke, true);
}

void
hall_poke(struct hall *h)
{
	if (atomic_exchange(h->poke, false))
		gate_poke();
}

const char *
hall_fixed_captcha(void)
{
	return conf_str("test.captcha");
}
