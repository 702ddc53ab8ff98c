#include "base/base.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "doc/doc.h"
#include "doc/request.h"
#include "doc/watch.h"
#include "ipc/process.h"

#include <sys/resource.h>

#define DOC_MEMORY	((rlim_t)1536 * 1024 * 1024)
#define DOC_THREADS	2

static int
doc_answer_image(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct doc_image_rule	 rule = {
		.jpg = js_bool(in->json, "jpg"), .png = js_bool(in->json, "png"),
		.bmp = js_bool(in->json, "bmp"),
		.max_bytes = (size_t)js_int(in->json, "max_bytes", 0),
		.min_dpi = (int)js_int(in->json, "min_dpi", 0),
		.paper_mm = (int)js_int(in->json, "paper_mm", 0),
		.min_pixels = (int)js_int(in->json, "min_pixels", 0),
		.keep_bytes = (size_t)js_int(in->json, "keep_bytes", 0),
	};
	struct doc_image	 im;
	int			 rc, slot;

	(void)caller;
	(void)arg;
	doc_image_init(&im);
	slot = watch_begin();
	rc = doc_image_work(in->blob.p, in->blob.len, &rule, &im, err);
	watch_end(slot);
	if (rc == 0) {
		js_set_str(out->json, "type", im.type);
		js_set_str(out->json, "kept_type", im.kept_type);
		js_set_int(out->json, "width", im.width);
		js_set_int(out->json, "height", im.height);
		js_set_int(out->json, "dpi", im.dpi);
		js_set_int(out->json, "kept_width", im.kept_width);
		js_set_int(out->json, "kept_height", im.kept_height);
		js_set_int(out->json, "kept_len", (int64_t)im.kept.len);
		buf_add(&out->blob, im.kept.p, im.kept.len);
		buf_add(&out->blob, im.thumb.p, im.thumb.len);
	}
	doc_image_free(&im);
	return rc;
}

static int
doc_answer_form(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	int	 rc, slot = watch_begin();

	(void)caller;
	(void)arg;
	rc = doc_form_work(in->json, &out->blob, err);
	watch_end(slot);
	return rc;
}

static int
doc_answer_captcha(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	(void)caller;
	(void)arg;
	return doc_captcha_work(js_str(in->json, "text"), &out->blob, err);
}

/* Cut out of the blob when there is one, else drawn. */
static int
doc_answer_seal(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct doc_seal	 seal;
	int		 dpi = (int)MIN(js_int(in->json, "dpi", 0), 100000), rc, slot = watch_begin();
	int64_t		 kind = js_int(in->json, "kind", -1);

	(void)caller;
	(void)arg;
	doc_seal_init(&seal);
	if (in->blob.len == 0)
		rc = doc_seal_draw_work(js_str(in->json, "name"), js_bool(in->json, "person"), &seal,
		    err);
	else if (kind < 0 || kind >= DOC_SEAL__MAX)
		rc = err_set(err, ERR_INPUT, "no such kind of seal");
	else
		rc = doc_seal_cut_work(in->blob.p, in->blob.len, dpi, (enum doc_seal_kind)kind,
		    &seal, err);
	watch_end(slot);
	if (rc == 0) {
		js_set_int(out->json, "width", seal.width);
		js_set_int(out->json, "height", seal.height);
		buf_add(&out->blob, seal.png.p, seal.png.len);
	}
	doc_seal_free(&seal);
	return rc;
}

static int
doc_answer_pdf(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	int	 rc, slot = watch_begin();

	(void)caller;
	(void)arg;
	rc = doc_pdf_work(in->blob.p, in->blob.len, out->json, &out->blob, err);
	watch_end(slot);
	return rc;
}

static const struct ipc_request	 doc_requests[] = {
	{"image", IPC_WEB, doc_answer_image},
	{"form", IPC_WEB, doc_answer_form},
	{"captcha", IPC_WEB, doc_answer_captcha},
	{"seal", IPC_WEB, doc_answer_seal},
	{"pdf", IPC_WEB, doc_answer_pdf},
	{"stats", IPC_WEB | IPC_ADMIN, ipc_answer_stats},
	{0}
};

static int
doc_limit(struct err *err)
{
	const struct rlimit	 memory = {DOC_MEMORY, DOC_MEMORY}, core = {0, 0};

	if (setrlimit(RLIMIT_AS, &memory) < 0 || setrlimit(RLIMIT_CORE, &core) < 0)
		return err_errno(err, ERR_BUG, "cannot limit the doc process");
	return 0;
}

/* Fontconfig wants a whole path. */
static int
doc_fonts(struct err *err)
{
	char	*path = realpath(conf_str("doc.fontconfig"), NULL);

	if (path == NULL)
		return err_errno(err, ERR_NOT_FOUND, "no fonts at %s: run make fonts",
		    conf_str("doc.fontconfig"));
	setenv("FONTCONFIG_FILE", path, 1);
	free(path);
	return 0;
}

/* Load fonts before the first caller waits for them. */
static void
doc_warm_up(void)
{
	struct err	 err = {0};
	struct buf	 b;
	json_t		*d = json_pack("{s:s,s:[]}", "title", "数字证书", "blocks");

	buf_init(&b, LIMIT_UPLOAD);
	if (doc_form_work(d, &b, &err) < 0)
		log_err("doc.warm_up", &err);
	json_decref(d);
	buf_free(&b);
}

int
doc_main(struct err *err)
{
	const struct ipc_service	 service = {.name = "doc", .version = DOC_VERSION,
		.requests = doc_requests, .threads = DOC_THREADS};

	if (doc_fonts(err) < 0 || doc_limit(err) < 0)
		return -1;
	doc_warm_up();
	if (watch_start(conf_int("doc.deadline_ms"), err) < 0 ||
	    sandbox_enter(SANDBOX_DOC, err) < 0)
		return -1;
	return ipc_process_serve(&service, err);
}
