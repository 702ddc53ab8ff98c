#include "base/base.h"
#include "web/page.h"

#include "base/str.h"
#include "base/url.h"
#include "http/cookie.h"
#include "web/call_own.h"
#include "web/guard.h"

static void
call_decref(void *j)
{
	json_decref(j);
}

json_t *
call_defer(struct call *c, json_t *j)
{
	arena_defer(c->arena, call_decref, j);
	return j;
}

const char *
call_param(const struct call *c, const char *name)
{
	return js_str(c->params, name);
}

const char *
call_query(const struct call *c, const char *name)
{
	return js_str(c->query, name);
}

const char *
call_in(const struct call *c, const char *name)
{
	return js_str(c->in, name);
}

int
call_take(struct call *c, int rc)
{
	json_t	*got = c->got;

	c->got = NULL;
	if (rc == 0 && got != NULL)
		(void)json_object_update(c->model, got);
	json_decref(got);
	return rc;
}

int
call_take_as(struct call *c, const char *key, int rc)
{
	json_t	*got = c->got;

	c->got = NULL;
	if (rc == 0 && got != NULL)
		(void)json_object_set(c->model, key, got);
	json_decref(got);
	return rc;
}

int
call_next(struct call *c, const char *flash, const char *fmt, ...)
{
	va_list	 ap;
	char	 path[512];

	va_start(ap, fmt);
	if (vsnprintf(path, sizeof(path), fmt, ap) >= (int)sizeof(path))
		BUG("path too long: %s", path);
	va_end(ap);
	c->next = arena_strdup(c->arena, path);
	c->flash = flash;
	return 0;
}

/* Only for names we made: letters, digits, '.', '-', '_' and other UTF-8. */
static void
call_disposition(struct call *c, const char *name)
{
	struct buf	b;

	buf_init(&b, 512);
	buf_addstr(&b, "attachment; filename*=UTF-8''");
	for (; *name != '\0'; name++)
		if ((*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z') ||
		    (*name >= 'A' && *name <= 'Z') || strchr(".-_", *name) != NULL)
			buf_addch(&b, *name);
		else
			buf_addf(&b, "%%%02X", (unsigned char)*name);
	http_respond_header(c->res, "Content-Disposition", "%s", b.p);
	buf_free(&b);
}

int
call_send(struct call *c, const char *type, const void *p, size_t len, const char *name)
{
	http_respond_header(c->res, "Content-Type", "%s", type);
	if (name != NULL)
		call_disposition(c, name);
	buf_clear(&c->res->body);
	buf_add(&c->res->body, p, len);
	c->sent = c->bytes = true;
	return 0;
}

void
call_flash(struct call *c, const char *text)
{
	struct buf	cookie;

	if (text == NULL)
		return;
	buf_init(&cookie, 2048);
	url_encode_str(&cookie, text);
	http_set_cookie(c->res, COOKIE_FLASH, cookie.p, 60);
	buf_free(&cookie);
}

int
call_redirect(struct call *c, const char *fmt, ...)
{
	va_list	 ap;
	char	 path[2600];

	va_start(ap, fmt);
	if (vsnprintf(path, sizeof(path), fmt, ap) >= (int)sizeof(path))
		BUG("path too long: %s", path);
	va_end(ap);
	c->res->status = 303;
	http_respond_header(c->res, "Location", "%s", path);
	c->sent = true;
	return 0;
}

void
call_set_session(struct call *c, enum session_kind kind, const char *token)
{
	http_set_cookie(c->res, kind == SESSION_STAFF ? COOKIE_STAFF : COOKIE_SESSION, token,
	    -1);
	hall_csrf(c->hall, token, c->csrf);
}

void
call_drop_session(struct call *c, enum session_kind kind)
{
	http_set_cookie(c->res, kind == SESSION_STAFF ? COOKIE_STAFF : COOKIE_SESSION, "", 0);
	c->token = NULL;
	c->who.account = c->who.staff = 0;
}
