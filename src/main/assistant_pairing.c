#include "base/base.h"
#include "base/file.h"
#include "base/log.h"
#include "base/rand.h"
#include "main/assistant.h"

#include <pthread.h>

/*
 * Which sites the user has allowed.  A browser tells the true origin of a request and a page
 * cannot forge it, so an allowed origin needs no further token.
 */
#define PENDING_MAX	8
#define ORIGIN_MAX	200

static struct {
	char	 origin[ORIGIN_MAX];
	char	 code[8];
} pending[PENDING_MAX];
static size_t		 n_pending;
static pthread_mutex_t	 pairing_lock = PTHREAD_MUTEX_INITIALIZER;

static char *
pairing_path(const struct assistant *a)
{
	return xasprintf("%s/allowed.json", a->state_dir);
}

/* The remembered list; an empty array when there is none. */
static json_t *
pairing_load(const struct assistant *a)
{
	char		*path = pairing_path(a);
	struct err	 err = {0};
	struct buf	 b;
	json_t		*list = NULL;

	buf_init(&b, 65536);
	if (file_read(path, &b, &err) < 0 || json_parse(b.p, b.len, 0, &list, &err) < 0 ||
	    !json_is_array(list)) {
		json_decref(list);
		list = json_array();
	}
	buf_free(&b);
	free(path);
	return list;
}

bool
pairing_is_allowed(const struct assistant *a, const char *origin)
{
	json_t	*list, *row;
	bool	 found = false;
	size_t	 i;

	for (i = 0; i < a->n_origins; i++)
		if (strcmp(a->origins[i], origin) == 0)
			return true;
	pthread_mutex_lock(&pairing_lock);
	list = pairing_load(a);
	json_array_foreach(list, i, row)
		found |= json_is_string(row) && strcmp(json_string_value(row), origin) == 0;
	json_decref(list);
	pthread_mutex_unlock(&pairing_lock);
	return found;
}

void
pairing_ask(const struct assistant *a, const char *origin, json_t *out)
{
	size_t	 i;

	if (pairing_is_allowed(a, origin)) {
		js_set_bool(out, "allowed", true);
		return;
	}
	js_set_bool(out, "allowed", false);
	pthread_mutex_lock(&pairing_lock);
	for (i = 0; i < n_pending && strcmp(pending[i].origin, origin) != 0;)
		i++;
	if (i == n_pending) {
		if (n_pending == PENDING_MAX)
			i = 0;		/* the oldest makes room */
		else
			n_pending++;
		snprintf(pending[i].origin, ORIGIN_MAX, "%s", origin);
		rand_digits(pending[i].code, 6);
		log_kv(LOG_INFO, "pairing.asked", LOG_S("origin", origin),
		    LOG_S("code", pending[i].code));
	}
	js_set_str(out, "code", pending[i].code);
	pthread_mutex_unlock(&pairing_lock);
}

void
pairing_state(const struct assistant *a, json_t *out)
{
	json_t	*list = json_array();

	pthread_mutex_lock(&pairing_lock);
	for (size_t i = 0; i < n_pending; i++)
		json_array_append_new(list, json_pack("{s:s,s:s}", "origin", pending[i].origin,
		    "code", pending[i].code));
	json_object_set_new(out, "pending", list);
	json_object_set_new(out, "allowed", pairing_load(a));
	pthread_mutex_unlock(&pairing_lock);
}

int
pairing_decide(const struct assistant *a, const char *origin, bool allow, struct err *err)
{
	char		*path = pairing_path(a);
	struct buf	 b;
	json_t		*list;
	bool		 found = false;
	int		 rc = 0;

	pthread_mutex_lock(&pairing_lock);
	for (size_t i = 0; i < n_pending && !found; i++) {
		if (strcmp(pending[i].origin, origin) != 0)
			continue;
		found = true;
		pending[i] = pending[--n_pending];
		if (!allow)
			break;
		list = pairing_load(a);
		json_array_append_new(list, json_string(origin));
		buf_init(&b, 65536);
		json_write(list, &b);
		rc = file_mkdirs(a->state_dir, 0700, err);
		if (rc == 0)
			rc = file_write(path, b.p, b.len, 0600, err);
		buf_free(&b);
		json_decref(list);
		break;
	}
	pthread_mutex_unlock(&pairing_lock);
	free(path);
	return found || !allow ? rc : err_set(err, ERR_NOT_FOUND,
	    "配对请求已失效，请回到网页重新连接证书助手。");
}
