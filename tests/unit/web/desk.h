#ifndef TEST_DESK_H
#define TEST_DESK_H
#include "../hall/world.h"
#include "base/url.h"
#include "web/guard.h"
#include "web/rate.h"
#include "web/site.h"
/*
 * A site without a network: requests are given to site_handle as the server would, and what
 * it answers is looked at.  Cookies that are set are kept, as a browser does.
 */
struct desk {
	struct world		 w;
	struct site		 site;
	char			*cookie[4];	/* "name=value", as the browser has them */
	/* the answer */
	struct http_response	 res;
	json_t			*json;		/* of a JSON answer, else NULL */
	struct arena		*arena;
};

static inline void
desk_open(struct desk *d)
{
	struct err	err = {0};

	memset(d, 0, sizeof(*d));
	world_open(&d->w);
	d->site.hall = d->w.h;
	d->site.strict = true;
	d->site.global = site_global(d->w.h, NULL);
	assert_ok(templates_open(NULL, &d->site.templates, &err));
	rate_forget();
}

static inline void
desk_clear(struct desk *d)
{
	if (d->arena != NULL) {
		buf_free(&d->res.head);
		buf_free(&d->res.body);
	}
	json_decref(d->json);
	d->json = NULL;
	arena_free(d->arena);
	d->arena = NULL;
}

static inline void
desk_forget(struct desk *d)
{
	for (size_t i = 0; i < ARRAY_LEN(d->cookie); i++) {
		free(d->cookie[i]);
		d->cookie[i] = NULL;
	}
}

static inline void
desk_close(struct desk *d)
{
	desk_clear(d);
	desk_forget(d);
	templates_close(d->site.templates);
	json_decref(d->site.global);
	world_close(&d->w);
}

static inline void
desk_set_cookie(struct desk *d, const char *name, const char *value)
{
	size_t	n = strlen(name), free_at = ARRAY_LEN(d->cookie);

	for (size_t i = 0; i < ARRAY_LEN(d->cookie); i++) {
		if (d->cookie[i] == NULL) {
			free_at = i < free_at ? i : free_at;
			continue;
		}
		if (strncmp(d->cookie[i], name, n) == 0 && d->cookie[i][n] == '=') {
			free(d->cookie[i]);
			d->cookie[i] = NULL;
			free_at = i;
			break;
		}
	}
	assert_true(free_at < ARRAY_LEN(d->cookie));
	if (*value != '\0')
		d->cookie[free_at] = xasprintf("%s=%s", name, value);
}

/* The answer's header, "" when absent; copied into text. */
static inline const char *
desk_header(const struct desk *d, const char *name, char text[1024])
{
	char		*want = xasprintf("%s: ", name);
	const char	*at = strstr(d->res.head.p, want);

	text[0] = '\0';
	if (at != NULL)
		(void)snprintf(text, 1024, "%.*s", (int)strcspn(at + strlen(want), "\r"),
		    at + strlen(want));
	free(want);
	return text;
}

static inline void
desk_keep_cookies(struct desk *d)
{
	const char	*at = d->res.head.p;
	char		 name[64], value[512];

	while ((at = strstr(at, "Set-Cookie: ")) != NULL) {
		at += strlen("Set-Cookie: ");
		value[0] = '\0';
		assert_true(sscanf(at, "%63[^=]=%511[^;]", name, value) >= 1);
		desk_set_cookie(d, name, value);
	}
}

/* Everything a request may have. type: of the body; accept: "json" or "html". */
static inline int
desk_ask(struct desk *d, const char *method, const char *path, const char *accept,
    const char *type, const char *body, size_t len)
{
	struct http_header	 headers[8];
	size_t			 n = 0, i = 0;
	char			*cookies = xstrdup(""), *more = NULL;
	const char		*query = strchr(path, '?');
	struct http_request	 req = {.method = method, .target = path, .headers = headers,
	    .body = body == NULL ? "" : body, .body_len = len, .tls = true, .id = "request-id"};
	struct err		 err = {0};

	desk_clear(d);
	d->arena = arena_new(LIMIT_ARENA);
	req.arena = d->arena;
	req.path = arena_strndup(d->arena, path, query == NULL ? strlen(path) :
	    (size_t)(query - path));
	req.query = query == NULL ? "" : query + 1;
	(void)snprintf(req.peer, sizeof(req.peer), "127.0.0.1");
	for (i = 0; i < ARRAY_LEN(d->cookie); i++)
		if (d->cookie[i] != NULL) {
			more = xasprintf("%s%s%s", cookies, *cookies == '\0' ? "" : "; ",
			    d->cookie[i]);
			free(cookies);
			cookies = more;
		}
	headers[n++] = (struct http_header){"accept", strcmp(accept, "json") == 0 ?
	    "application/json" : "text/html"};
	if (*cookies != '\0')
		headers[n++] = (struct http_header){"cookie", cookies};
	if (type != NULL)
		headers[n++] = (struct http_header){"content-type", type};
	req.n_headers = n;
	memset(&d->res, 0, sizeof(d->res));
	d->res.status = 200;
	buf_init(&d->res.head, LIMIT_HTTP_HEADER);
	buf_init(&d->res.body, LIMIT_FRAME);
	site_handle(&req, &d->res, &d->site);
	desk_keep_cookies(d);
	free(cookies);
	if (d->res.body.len > 0 && d->res.body.p[0] == '{')
		assert_ok(json_parse(d->res.body.p, d->res.body.len, LIMIT_FRAME, &d->json, &err));
	return d->res.status;
}

static inline int
desk_get(struct desk *d, const char *path)
{
	return desk_ask(d, "GET", path, "json", NULL, NULL, 0);
}

static inline int
desk_html(struct desk *d, const char *path)
{
	return desk_ask(d, "GET", path, "html", NULL, NULL, 0);
}

/* Post an object of texts (stolen); csrf NULL: without a token. */
static inline int
desk_post_as(struct desk *d, const char *path, const char *csrf, json_t *fields,
    const char *accept)
{
	struct buf	b;
	int		status = 0;

	if (csrf != NULL)
		js_set_str(fields, "csrf", csrf);
	buf_init(&b, LIMIT_HTTP_BODY);
	url_form_write(fields, &b);
	json_decref(fields);
	status = desk_ask(d, "POST", path, accept, "application/x-www-form-urlencoded", b.p,
	    b.len);
	buf_free(&b);
	return status;
}

/* The token that fits the cookies of now. */
static inline const char *
desk_csrf(struct desk *d, const char *page, char token[CSRF_TEXT])
{
	(void)desk_get(d, page);
	(void)snprintf(token, CSRF_TEXT, "%s", js_str(d->json, "csrf"));
	return token;
}

static inline bool
desk_says(const struct desk *d, const char *text)
{
	return memmem(d->res.body.p, d->res.body.len, text, strlen(text)) != NULL;
}

/* Become an applicant, or staff with these roles (0: applicant). */
static inline void
desk_sign_in(struct desk *d, unsigned int roles)
{
	struct err	 err = {0};
	struct who	 who = {.system = true, .address = "127.0.0.1"};
	char		 token[SESSION_TOKEN], serial[40], name[40];
	int64_t		 id = d->w.me.account;

	desk_forget(d);
	if (roles != 0) {
		rand_digits(serial, 20);
		(void)snprintf(name, sizeof(name), "员工%s", serial);
		assert_ok(staff_add(d->w.h, &who, name, serial, roles, &id, &err));
	}
	assert_ok(session_start(d->w.h, &who, roles == 0 ? SESSION_ACCOUNT : SESSION_STAFF, id,
	    roles == 0 ? NULL : serial, token, &err));
	desk_set_cookie(d, roles == 0 ? COOKIE_SESSION : COOKIE_STAFF, token);
}
#endif
