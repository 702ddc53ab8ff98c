#include "base/base.h"
#include "base/conf.h"
#include "kmc/work.h"

int
kmc_init(const struct secret *passphrase, struct err *err)
{
	return wrap_make(1, passphrase, err);
}

int
kmc_open(struct kmc **out, const struct secret *passphrase, struct err *err)
{
	struct kmc	*k = xcalloc(1, sizeof(*k));

	wraps_init(&k->wraps);
	pthread_mutex_init(&k->keeper.lock, NULL);
	pthread_cond_init(&k->keeper.wake, NULL);
	if (store_open(&k->store, STORE_KMC, conf_str("store.kmc"), false, err) < 0 ||
	    wraps_open(&k->wraps, k->store, passphrase, err) < 0 ||
	    kmc_journal_open(k, passphrase, err) < 0) {
		kmc_close(k);
		return -1;
	}
	*out = k;
	return 0;
}

void
kmc_close(struct kmc *k)
{
	if (k == NULL)
		return;
	keeper_stop(k);
	journal_close(&k->journal);
	store_close(k->store);
	pthread_cond_destroy(&k->keeper.wake);
	pthread_mutex_destroy(&k->keeper.lock);
	wraps_release(&k->wraps);
	free(k);
}

int
kmc_write(struct kmc *k, store_fn fn, void *arg, struct err *err)
{
	int	 rc = -1;

	for (int i = 0; i < 5; i++) {
		err_clear(err);
		if ((rc = store_write(k->store, fn, arg, err)) == 0 || err->kind != ERR_CONFLICT)
			break;
	}
	return rc;
}
