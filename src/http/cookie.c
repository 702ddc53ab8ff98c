#include "base/base.h"
#include "http/cookie.h"

const char *
http_cookie(const struct http_request *req, const char *name)
{
	size_t		 n = strlen(name);

	for (size_t i = 0; i < req->n_headers; i++) {
		const char	*p = req->headers[i].value;

		if (strcmp(req->headers[i].name, "cookie") != 0)
			continue;
		for (; p != NULL; p = strchr(p, ';')) {
			p += strspn(p, "; \t");
			if (strncmp(p, name, n) == 0 && p[n] == '=')
				return arena_strndup(req->arena, p + n + 1,
				    strcspn(p + n + 1, "; \t"));
		}
	}
	return NULL;
}

void
http_set_cookie(struct http_response *res, const char *name, const char *value,
    int64_t max_age)
{
	char	 age[40] = "";

	if (max_age >= 0)
		snprintf(age, sizeof(age), "; Max-Age=%" PRId64, max_age);
	http_respond_header(res, "Set-Cookie", "%s=%s; Path=/; Secure; HttpOnly; SameSite=Lax%s",
	    name, value, age);
}
