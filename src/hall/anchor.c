#include "base/base.h"
#include "hall/anchor.h"

#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "hall/digest.h"
#include "hall/journal.h"
#include "hall/services.h"

#include <pthread.h>
#include <stdatomic.h>

static int
anchor_is_ours(struct hall *h, int64_t lines, const char *anchored, struct err *err)
{
	unsigned char	 head[SM3_LEN];
	char		 ours[ANCHOR_HEAD] = "";

	if (hall_journal_line(h, lines, head, err) == 0)
		hex_encode(head, sizeof(head), ours);
	else if (err->kind != ERR_NOT_FOUND)
		return -1;
	return strcmp(ours, anchored) == 0 ? 0 : err_set(err, ERR_CRYPTO, "the hall's journal does "
	    "not hold line %" PRId64 " as it was anchored in the signer's journal: the hall's store "
	    "was put back or written anew (yinxin journal verify)", lines);
}

int
hall_anchor(struct hall *h, bool restored, int64_t *lines, struct err *err)
{
	struct anchor	 a = {.restored = restored};
	unsigned char	 head[SM3_LEN];

	if (lines != NULL)
		*lines = 0;
	if (hall_journal_head(h, &a.lines, head, err) < 0)
		return -1;
	if (a.lines == 0)
		return 0;
	hex_encode(head, sizeof(head), a.head);
	if (hall_services(h)->anchor(&a, err) < 0)
		return -1;
	/* Another web process may have anchored a longer one: it must be ours by now. */
	if (anchor_is_ours(h, a.lines, a.head, err) < 0)
		return -1;
	/* A chain written anew is soon longer than what was anchored: it must hold that as well. */
	if (a.before != 0 && anchor_is_ours(h, a.before, a.before_head, err) < 0)
		return -1;
	if (lines != NULL)
		*lines = a.lines;
	return 0;
}

/* ---- by itself ---- */

static pthread_mutex_t	anchor_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t	anchor_wake = PTHREAD_COND_INITIALIZER;
static pthread_t	anchor_thread;
static bool		anchor_runs, anchor_stops;
static atomic_llong	anchor_failed;

/* Rest until the next one is due; true: stop. */
static bool
anchor_rest(void)
{
	struct timespec	until;
	bool		stop = false;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += conf_int("journal.anchor_seconds");
	(void)pthread_mutex_lock(&anchor_lock);
	while (!anchor_stops &&
	    pthread_cond_timedwait(&anchor_wake, &anchor_lock, &until) != ETIMEDOUT)
		continue;
	stop = anchor_stops;
	(void)pthread_mutex_unlock(&anchor_lock);
	return stop;
}

/* When nothing was added there is nothing to tell. */
static void
anchor_once(struct hall *h, int64_t *told)
{
	struct err	err = {0};
	unsigned char	head[SM3_LEN];
	int64_t		lines = 0;

	if (hall_journal_head(h, &lines, head, &err) == 0 && lines == *told)
		return;
	if (err.kind == ERR_NONE && hall_anchor(h, false, told, &err) == 0)
		return;
	(void)atomic_fetch_add(&anchor_failed, 1);
	log_err("journal.anchor", &err);
}

static void *
anchor_main(void *arg)
{
	int64_t	told = -1;

	while (!anchor_rest())
		anchor_once(arg, &told);
	return NULL;
}

int
hall_anchor_start(struct hall *h, struct err *err)
{
	if (pthread_create(&anchor_thread, NULL, anchor_main, h) != 0)
		return err_set(err, ERR_BUG, "no thread for the journal's anchors");
	anchor_runs = true;
	return 0;
}

void
hall_anchor_stop(void)
{
	if (!anchor_runs)
		return;
	(void)pthread_mutex_lock(&anchor_lock);
	anchor_stops = true;
	(void)pthread_cond_signal(&anchor_wake);
	(void)pthread_mutex_unlock(&anchor_lock);
	(void)pthread_join(anchor_thread, NULL);
	anchor_runs = false;
}

int64_t
hall_anchor_failures(void)
{
	return atomic_load(&anchor_failed);
}
