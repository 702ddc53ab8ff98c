#include "base/base.h"
#include "web/page.h"

#include "base/conf.h"
#include "base/file.h"
#include "hall/def/catalog.h"
#include "web/pages/common.h"

extern const struct page	page_downloads;
const struct page		page_downloads = {
	.name = "downloads", .path = "/downloads", .need = NEED_NOBODY,
	.title = "根证书/CRL下载", .tmpl = "downloads", .back = "/", .menu = MENU_SERVICE,
	.show = page_plain,
};

/* The CA's certificates, which everybody may have. */
static int
download_public(struct call *c, const char *file, const char *type, struct err *err)
{
	char		*path = xasprintf("%s/pub/%s", conf_path("data.dir"), file);
	struct buf	 b;
	int		 rc = 0;

	buf_init(&b, LIMIT_JSON);
	rc = file_read(path, &b, err);
	if (rc < 0)
		err_set(err, ERR_NOT_FOUND, "证书还没有发布，请稍后再试。");
	free(path);
	return page_send(c, rc, type, &b, file);
}

static int
download_form(struct call *c, const char *file, struct err *err)
{
	char		name[64];
	struct buf	pdf;
	int		rc = 0;

	(void)snprintf(name, sizeof(name), "%.*s", (int)(strlen(file) - strlen(".pdf")), file);
	buf_init(&pdf, LIMIT_FRAME);
	rc = catalog_form(c->hall, name, &pdf, err);
	return page_send(c, rc, "application/pdf", &pdf,
	    *call_query(c, "download") == '\0' ? NULL : file);
}

static int
download_show(struct call *c, struct err *err)
{
	const char	*file = call_param(c, "file");
	size_t		 len = strlen(file);

	if (strcmp(file, "root.crt") == 0 || strcmp(file, "issuing.crt") == 0)
		return download_public(c, file, "application/x-x509-ca-cert", err);
	if (strcmp(file, "chain.pem") == 0)
		return download_public(c, file, "application/x-pem-file", err);
	if (strcmp(file, "ca.crl") == 0)
		return call_redirect(c, "%s/crl/issuing.crl", conf_str("va.public_url"));
	if (len > 4 && strcmp(file + len - 4, ".pdf") == 0)
		return download_form(c, file, err);
	return err_set(err, ERR_NOT_FOUND, "没有这个文件，请从下载页面选择。");
}

extern const struct page	page_download;
const struct page		page_download = {
	.name = "download", .path = "/downloads/{file}", .need = NEED_NOBODY, .title = "下载",
	.back = "/downloads", .show = download_show, .per_minute = 60,
};
