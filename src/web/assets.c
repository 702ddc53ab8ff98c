#include "base/base.h"
#include "web/assets.h"

#include "base/file.h"
#include "base/str.h"
#include "web/embedded.h"

#define ASSET_MAX	(4 * 1024 * 1024)

const char *
assets_root(const char *dir)
{
	static char	root[64];

	if (dir != NULL)
		return ASSETS_ROOT "design";
	if (root[0] == '\0')
		(void)snprintf(root, sizeof(root), ASSETS_ROOT "%s", embedded_hash);
	return root;
}

const char *
assets_type(const char *name)
{
	static const struct { const char *end, *type; } types[] = {
		{".css", "text/css; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
		{".svg", "image/svg+xml"}, {".png", "image/png"}, {".ico", "image/x-icon"},
		{".txt", "text/plain; charset=utf-8"}, {".woff2", "font/woff2"},
		{".jpg", "image/jpeg"},
	};
	size_t	i = 0, len = strlen(name), n = 0;

	for (i = 0; i < ARRAY_LEN(types); i++) {
		n = strlen(types[i].end);
		if (len > n && strcmp(name + len - n, types[i].end) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

static void
assets_missing(struct http_response *res)
{
	res->status = 404;
	http_respond_header(res, "Content-Type", "text/plain; charset=utf-8");
	http_respond_header(res, "Cache-Control", "no-store");
	buf_addstr(&res->body, "not found\n");
}

static bool
assets_accepts_gzip(const struct http_request *req)
{
	const char	*value = http_header(req, "accept-encoding");

	return value != NULL && strstr(value, "gzip") != NULL;
}

static void
assets_built_in(const struct http_request *req, struct http_response *res, const char *name,
    bool current)
{
	const struct embedded_file	*f = embedded_files;

	while (f->name != NULL && (strncmp(f->name, "assets/", 7) != 0 ||
	    strcmp(f->name + 7, name) != 0))
		f++;
	if (f->name == NULL) {
		assets_missing(res);
		return;
	}
	http_respond_header(res, "Content-Type", "%s", assets_type(name));
	http_respond_header(res, "Cache-Control", "%s", current ?
	    "public, max-age=31536000, immutable" : "no-store");
	if (f->packed != NULL) {
		http_respond_header(res, "Vary", "Accept-Encoding");
		if (assets_accepts_gzip(req)) {
			http_respond_header(res, "Content-Encoding", "gzip");
			res->fixed = f->packed;
			res->fixed_len = f->packed_len;
			return;
		}
	}
	res->fixed = f->data;
	res->fixed_len = f->len;
}

static void
assets_from(struct http_response *res, const char *dir, const char *name)
{
	char		*path = xasprintf("%s/assets/%s", dir, name);
	struct err	 err = {0};
	struct buf	 b;

	buf_init(&b, ASSET_MAX);
	if (file_read(path, &b, &err) < 0) {
		assets_missing(res);
	} else {
		http_respond_header(res, "Content-Type", "%s", assets_type(name));
		http_respond_header(res, "Cache-Control", "no-store");
		buf_add(&res->body, b.p, b.len);
	}
	buf_free(&b);
	free(path);
}

bool
assets_serve(const struct http_request *req, struct http_response *res, const char *dir)
{
	const char	*name = NULL;

	if (!str_has_prefix(req->path, ASSETS_ROOT))
		return false;
	http_respond_header(res, "X-Content-Type-Options", "nosniff");
	name = strchr(req->path + strlen(ASSETS_ROOT), '/');
	if (name == NULL || (strcmp(req->method, "GET") != 0 &&
	    strcmp(req->method, "HEAD") != 0)) {
		assets_missing(res);
		return true;
	}
	/* An old hash gets the new file: better than none for a page opened before. */
	if (dir == NULL)
		assets_built_in(req, res, name + 1, str_has_prefix(req->path,
		    assets_root(NULL)));
	else
		assets_from(res, dir, name + 1);
	return true;
}
