#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#include <jansson.h>

#define LOG_LINE_MAX	32768
#define LOG_VALUE_MAX	1024		/* bytes of one value; longer ones are cut */

static char			 log_process[16] = "-";
static enum log_level		 log_min = LOG_INFO;
static int			 log_fd = STDERR_FILENO;
static _Thread_local char	 log_id[40];

void
log_init(const char *process, enum log_level min)
{
	snprintf(log_process, sizeof(log_process), "%s", process);
	log_min = min;
}

void
log_request(const char *id)
{
	snprintf(log_id, sizeof(log_id), "%s", id == NULL ? "" : id);
}

const char *
log_request_id(void)
{
	return log_id;
}

void
log_to(int fd)
{
	log_fd = fd;
}

/* Text, whatever bytes it was: a character cut at the end goes, others than text become '?'. */
static void
log_clean(char *value)
{
	char	*mended = xstrdup(value);
	size_t	 n = strlen(value);

	utf8_mend(mended);
	if (n - strlen(mended) < 4)
		memcpy(value, mended, strlen(mended) + 1);
	else
		for (char *p = value; *p != '\0'; p++)
			if ((unsigned char)*p >= 0x80)
				*p = '?';
	for (char *p = value; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';		/* six bytes each as JSON writes them */
	free(mended);
}

static void
log_set_masked(json_t *line, const char *key, const char *text)
{
	struct buf	 b;
	char		 value[LOG_VALUE_MAX + 1], *head = xstrndup(text,
			    strnlen(text, 4 * (size_t)LOG_VALUE_MAX));

	buf_init(&b, LOG_LINE_MAX);
	mask_all(head, &b);
	snprintf(value, sizeof(value), "%s", b.p);
	log_clean(value);
	json_object_set_new(line, key, json_string(value));
	buf_free(&b);
	free(head);
}

static int
log_sink(const char *p, size_t len, void *b)
{
	buf_add(b, p, len);
	return 0;
}

void
log_fields(enum log_level level, const char *event, const struct log_field *fields)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	char		 when[CLOCK_TEXT];
	struct buf	 b;
	json_t		*line;

	if (level < log_min)
		return;
	line = json_object();
	json_object_set_new(line, "t", json_string(clock_iso(clock_now(), when)));
	json_object_set_new(line, "level", json_string(names[level]));
	json_object_set_new(line, "proc", json_string(log_process));
	if (log_id[0] != '\0')
		json_object_set_new(line, "req", json_string(log_id));
	json_object_set_new(line, "event", json_string(event));
	for (; fields->key != NULL; fields++) {
		if (fields->text == NULL)
			json_object_set_new(line, fields->key, json_integer(fields->number));
		else if (fields->whole)
			json_object_set_new(line, fields->key, json_string(fields->text));
		else
			log_set_masked(line, fields->key, fields->text);
	}
	buf_init(&b, LOG_LINE_MAX);
	json_dump_callback(line, log_sink, &b, JSON_COMPACT);
	buf_addch(&b, '\n');
	if (!b.over && write(log_fd, b.p, b.len) < 0)
		errno = 0;	/* nowhere left to say so */
	buf_free(&b);
	json_decref(line);
}

void
log_err(const char *event, const struct err *err)
{
	enum log_level	 level = err->kind == ERR_BUG || err->kind == ERR_STORE ? LOG_ERROR :
	    err->kind == ERR_GATEWAY || err->kind == ERR_CRYPTO ? LOG_WARN : LOG_INFO;
	char		 place[160];

	snprintf(place, sizeof(place), "%s:%d", err->file == NULL ? "?" : err->file, err->line);
	log_kv(level, event, LOG_S("kind", err_row(err->kind)->name),
	    LOG_S("error", err->text), LOG_S("at", place));
}
