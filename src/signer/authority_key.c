#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "signer/authority.h"

#define LOOK_EVERY	(5 * CLOCK_SECOND)

/* What is wrong with it may end by itself: a token is put back, a disk is mounted. */
static bool
authority_key_is_away(const struct err *why)
{
	return why->kind == ERR_NOT_FOUND || why->kind == ERR_GATEWAY || why->kind == ERR_STORE;
}

/* A key that is not there stops its CA, not the others. */
static int
authority_open(struct authority *a, const struct secret *passphrase, struct err *err)
{
	struct signing_key	 key = {0};

	if (signing_key_open(a->address, passphrase, &key, err) < 0) {
		a->away = authority_key_is_away(err);
		return -1;
	}
	a->away = false;
	if (!key_is_same(key.key, cert_key(a->cert))) {
		signing_key_close(&key);
		return err_set(err, ERR_CRYPTO, "%s is not the key of %s", a->address, a->id);
	}
	a->key = key;
	atomic_store(&a->has_key, true);	/* last: whoever sees it may sign */
	return 0;
}

const char *
authority_key_state(const struct authority *a)
{
	if (atomic_load(&a->has_key))
		return "open";
	return a->away || !authority_lacks_key(a) ? "away" : "refused";
}

bool
authority_lacks_key(const struct authority *a)
{
	return !authority_is_root(a) && a->state != AUTHORITY_ENDED && !atomic_load(&a->has_key);
}

size_t
authorities_issuing(struct authorities *all)
{
	size_t	 n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += !authority_is_root(all->list[i]) && all->list[i]->state == AUTHORITY_ACTIVE &&
		    atomic_load(&all->list[i]->has_key);
	return n;
}

/* As an error whatever its kind: nobody else notices a CA that is mute. */
static void
authority_log_no_key(const struct authority *a, const struct err *why)
{
	log_kv(LOG_ERROR, "authority.no_key", LOG_S("authority", a->id), LOG_S("error", why->text));
}

void
authorities_open_keys(struct authorities *all, const struct secret *passphrase)
{
	struct err	 why = {0};

	for (size_t i = 0; i < all->n; i++) {
		struct authority	*a = all->list[i];

		if (authority_is_root(a) || a->state == AUTHORITY_ENDED)
			continue;
		if (authority_open(a, passphrase, &why) == 0)
			continue;
		authority_log_no_key(a, &why);
		all->some_away = all->some_away || a->away;
		err_clear(&why);
	}
	if (authorities_issuing(all) == 0)
		log_kv(LOG_ERROR, "authority.none_issues", LOG_S("why", all->n == 0 ?
		    "the ca store holds no CA yet: yinxin init, or yinxin ca create" :
		    "no active CA has its key at hand: yinxin ca list shows where each is looked for"));
	if (all->some_away)
		secret_set(&all->passphrase, passphrase->p, passphrase->len);
	all->looked = clock_steady();
}

/* One that is there but refuses is not tried again: a token counts wrong PINs. */
static void
look_for_one(struct authorities *all, struct authority *a)
{
	struct err	 why = {0};

	if (authority_open(a, &all->passphrase, &why) == 0)
		log_kv(LOG_INFO, "authority.key_back", LOG_S("authority", a->id));
	else if (!a->away)
		authority_log_no_key(a, &why);
}

void
authorities_look(struct authorities *all)
{
	bool	 some = false;

	if (!atomic_load(&all->some_away) || pthread_mutex_trylock(&all->looking) != 0)
		return;
	if (clock_steady() - all->looked >= LOOK_EVERY && all->passphrase.len > 0) {
		for (size_t i = 0; i < all->n; i++) {
			if (all->list[i]->away && all->list[i]->state != AUTHORITY_ENDED)
				look_for_one(all, all->list[i]);
			some = some || all->list[i]->away;
		}
		if (!some) {
			secret_free(&all->passphrase);
			atomic_store(&all->some_away, false);
		}
		all->looked = clock_steady();
	}
	pthread_mutex_unlock(&all->looking);
}
