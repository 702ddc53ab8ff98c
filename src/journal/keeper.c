#include "base/base.h"
#include "base/conf.h"
#include "base/log.h"
#include "journal/work.h"

/* Rest until the next head is due; true: stop. */
static bool
keeper_rest(struct journal *j)
{
	struct timespec	 until;
	bool		 stop;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += conf_int("journal.head_seconds");
	pthread_mutex_lock(&j->rest_lock);
	while (!j->stop && pthread_cond_timedwait(&j->wake, &j->rest_lock, &until) != ETIMEDOUT)
		continue;
	stop = j->stop;
	pthread_mutex_unlock(&j->rest_lock);
	return stop;
}

/* Stopping, it signs once more: the head after a clean stop covers every line. */
static void *
keeper_main(void *arg)
{
	struct journal	*j = arg;
	struct err	 err = {0};
	bool		 stop = false;

	for (;;) {
		err_clear(&err);
		if (journal_sign_head(j, NULL, &err) < 0)
			log_err("journal.head", &err);
		if (stop)
			return NULL;
		stop = keeper_rest(j);
	}
}

int
journal_start(struct journal *j, struct err *err)
{
	if (pthread_create(&j->thread, NULL, keeper_main, j) != 0)
		return err_set(err, ERR_BUG, "no thread for the journal");
	j->running = true;
	return 0;
}

void
journal_close(struct journal *j)
{
	if (j->owner == NULL)
		return;
	if (j->running) {
		pthread_mutex_lock(&j->rest_lock);
		j->stop = true;
		pthread_cond_signal(&j->wake);
		pthread_mutex_unlock(&j->rest_lock);
		pthread_join(j->thread, NULL);
	}
	if (j->fd >= 0)
		close(j->fd);
	cert_free(j->cert);
	EVP_PKEY_free(j->key);
	secret_free(&j->passphrase);
	pthread_cond_destroy(&j->wake);
	pthread_mutex_destroy(&j->rest_lock);
	pthread_mutex_destroy(&j->lock);
	*j = (struct journal){0};
}
