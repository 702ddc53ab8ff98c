#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "token/assistant.h"

#include <pthread.h>

/*
 * Which sites the user has allowed.  A browser tells the true origin of a request and a page
 * cannot forge it, so an allowed origin needs no further token.
 */
#define PENDING_MAX	8
#define ALLOWED_MAX	64
#define ORIGIN_MAX	200

static struct {
	char	 origin[ORIGIN_MAX];		/* "": a free place */
	char	 code[8];
	int64_t	 until;				/* clock_now() */
} pending[PENDING_MAX];
static pthread_mutex_t	 pairing_lock = PTHREAD_MUTEX_INITIALIZER;

bool
pairing_is_sound(const char *origin)
{
	static const char *const	schemes[] = {"https://", "http://127.0.0.1",
		"http://localhost"};

	if (strlen(origin) >= ORIGIN_MAX)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		const char	*rest = origin + strlen(schemes[i]);

		if (!str_has_prefix(origin, schemes[i]))
			continue;
		if (i > 0)		/* only a port may follow */
			return rest[0] == '\0' || (rest[0] == ':' && str_is_digits(rest + 1));
		return rest[0] != '\0' && rest[strspn(rest, "abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]")] == '\0';
	}
	return false;
}

/* The remembered list; an empty array when there is none. */
static json_t *
pairing_load(const struct assistant *a)
{
	char		*path = xasprintf("%s/allowed.json", a->state_dir);
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

static int
pairing_save(const struct assistant *a, const json_t *list, struct err *err)
{
	char		*path = xasprintf("%s/allowed.json", a->state_dir);
	struct buf	 b;
	int		 rc;

	buf_init(&b, 65536);
	json_write(list, &b);
	if ((rc = file_mkdirs(a->state_dir, 0700, err)) == 0)
		rc = file_write(path, b.p, b.len, 0600, err);
	buf_free(&b);
	free(path);
	return rc;
}

/* Where the origin stands in the list; its size when nowhere. */
static size_t
pairing_find(const json_t *list, const char *origin)
{
	size_t	 i;

	for (i = 0; i < json_array_size(list); i++) {
		const char	*s = json_string_value(json_array_get(list, i));

		if (s != NULL && strcmp(s, origin) == 0)
			break;
	}
	return i;
}

static bool
pairing_is_given(const struct assistant *a, const char *origin)
{
	for (size_t i = 0; i < a->n_origins; i++)
		if (strcmp(a->origins[i], origin) == 0)
			return true;
	return false;
}

bool
pairing_is_allowed(const struct assistant *a, const char *origin)
{
	json_t	*list;
	bool	 found;

	if (pairing_is_given(a, origin))
		return true;
	if (!pairing_is_sound(origin))
		return false;
	pthread_mutex_lock(&pairing_lock);
	list = pairing_load(a);
	found = pairing_find(list, origin) < json_array_size(list);
	json_decref(list);
	pthread_mutex_unlock(&pairing_lock);
	return found;
}

/* The place of this origin's request, else a free one, else the oldest. */
static size_t
pending_place(const char *origin)
{
	int64_t	 now = clock_now();
	size_t	 place = 0;

	for (size_t i = 0; i < PENDING_MAX; i++) {
		if (pending[i].until <= now)
			pending[i].origin[0] = '\0';
		if (strcmp(pending[i].origin, origin) == 0)
			return i;
		if (pending[place].origin[0] != '\0' && (pending[i].origin[0] == '\0' ||
		    pending[i].until < pending[place].until))
			place = i;
	}
	return place;
}

void
pairing_ask(const struct assistant *a, const char *origin, json_t *out)
{
	bool	 allowed = pairing_is_allowed(a, origin);
	size_t	 i;

	js_set_bool(out, "allowed", allowed);
	if (allowed)
		return;
	pthread_mutex_lock(&pairing_lock);
	i = pending_place(origin);
	if (strcmp(pending[i].origin, origin) != 0) {
		snprintf(pending[i].origin, ORIGIN_MAX, "%s", origin);
		rand_digits(pending[i].code, 6);
		pending[i].until = clock_now() + PAIRING_MINUTES * CLOCK_MINUTE;
		log_kv(LOG_INFO, "pairing.asked", LOG_S("origin", origin));
	}
	js_set_str(out, "code", pending[i].code);
	pthread_mutex_unlock(&pairing_lock);
}

static json_t *
pending_rows(void)
{
	json_t	*rows = json_array();
	int64_t	 now = clock_now();

	for (size_t i = 0; i < PENDING_MAX; i++)
		if (pending[i].origin[0] != '\0' && pending[i].until > now)
			json_array_append_new(rows, json_pack("{s:s,s:s,s:I}", "origin",
			    pending[i].origin, "code", pending[i].code, "seconds",
			    (json_int_t)((pending[i].until - now) / CLOCK_SECOND)));
	return rows;
}

void
pairing_state(const struct assistant *a, json_t *out)
{
	json_t	*allowed = json_array(), *list, *row;
	size_t	 i;

	for (i = 0; i < a->n_origins; i++)
		json_array_append_new(allowed, json_pack("{s:s,s:b}", "origin", a->origins[i],
		    "removable", 0));
	pthread_mutex_lock(&pairing_lock);
	list = pairing_load(a);
	json_array_foreach(list, i, row)
		if (json_is_string(row))
			json_array_append_new(allowed, json_pack("{s:O,s:b}", "origin", row,
			    "removable", 1));
	json_object_set_new(out, "pending", pending_rows());
	pthread_mutex_unlock(&pairing_lock);
	json_object_set_new(out, "allowed", allowed);
	json_decref(list);
}

static int
pairing_allow(const struct assistant *a, const char *origin, struct err *err)
{
	json_t	*list = pairing_load(a);
	int	 rc;

	if (pairing_find(list, origin) == json_array_size(list))
		json_array_append_new(list, json_string(origin));
	while (json_array_size(list) > ALLOWED_MAX)
		json_array_remove(list, 0);
	rc = pairing_save(a, list, err);
	json_decref(list);
	return rc;
}

int
pairing_decide(const struct assistant *a, const char *origin, bool allow, struct err *err)
{
	int	 rc = 0;
	size_t	 i;

	pthread_mutex_lock(&pairing_lock);
	i = pending_place(origin);
	if (origin[0] == '\0' || strcmp(pending[i].origin, origin) != 0) {
		rc = err_set(err, ERR_NOT_FOUND,
		    "配对请求已失效，请回到网页重新连接证书助手。");
	} else {
		pending[i].origin[0] = '\0';
		if (allow)
			rc = pairing_allow(a, origin, err);
	}
	pthread_mutex_unlock(&pairing_lock);
	return rc;
}

int
pairing_remove(const struct assistant *a, const char *origin, struct err *err)
{
	json_t	*list;
	size_t	 i;
	int	 rc = -1;

	if (pairing_is_given(a, origin))
		return err_set(err, ERR_WRONG_STATE, "这个网站是启动证书助手时指定的，不能在这里移除。");
	pthread_mutex_lock(&pairing_lock);
	list = pairing_load(a);
	if ((i = pairing_find(list, origin)) == json_array_size(list)) {
		err_set(err, ERR_NOT_FOUND, "没有这个网站的配对。");
	} else {
		json_array_remove(list, i);
		rc = pairing_save(a, list, err);
	}
	json_decref(list);
	pthread_mutex_unlock(&pairing_lock);
	return rc;
}
