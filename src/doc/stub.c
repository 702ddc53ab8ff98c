#include "base/base.h"
#include "doc/doc.h"
#include "doc/request.h"
#include "ipc/process.h"

#define DOC_TIMEOUT_MS	30000
#define DOC_BACK_MS	5000		/* the supervisor needs 0.1 s, more when it dies often */

/* After a death: does it answer again, within a few seconds? */
static bool
doc_is_back(void)
{
	struct err	 err = {0};
	json_t		*stats = NULL;

	for (int i = 0; i < DOC_BACK_MS / 100; i++) {
		usleep(100 * 1000);
		err_clear(&err);
		if (doc_stats(&stats, &err) == 0) {
			json_decref(stats);
			return true;
		}
	}
	return false;
}

/*
 * Ask; when the worker died of the request, ask the fresh one once more, and if that dies
 * too the document is to blame (blame; NULL: nobody cares).
 */
static int
doc_ask(const char *request, const struct ipc_msg *in, struct ipc_msg *out, bool *blame,
    struct err *err)
{
	bool	 died = false;

	for (int tries = 0; tries < 2; tries++) {
		if (ipc_ask("doc", DOC_VERSION, request, in, out, DOC_TIMEOUT_MS, err) == 0)
			return 0;
		if (err->kind != ERR_BUSY)
			return -1;
		died = tries > 0;
		ipc_msg_free(out);
		ipc_msg_init(out);
		if (tries == 0 && !doc_is_back())
			break;
		err_clear(err);
	}
	if (blame != NULL)
		*blame = died;
	return err_set(err, ERR_BUSY, "文件没有处理完，请稍后再试；仍不成功时，请把图片缩小、另存为 jpg 后再上传。");
}

static json_t *
doc_rule_json(const struct doc_image_rule *rule)
{
	return json_pack("{s:b,s:b,s:b,s:I,s:i,s:i,s:i,s:I}", "jpg", rule->jpg, "png",
	    rule->png, "bmp", rule->bmp, "max_bytes", (json_int_t)rule->max_bytes, "min_dpi",
	    rule->min_dpi, "paper_mm", rule->paper_mm, "min_pixels", rule->min_pixels,
	    "keep_bytes", (json_int_t)rule->keep_bytes);
}

/* The answer's blob is the kept copy and then the thumbnail. */
static int
doc_image_from(const struct ipc_msg *m, struct doc_image *out, struct err *err)
{
	size_t	 kept = (size_t)js_int(m->json, "kept_len", -1);

	if (kept > m->blob.len)
		return err_set(err, ERR_BUG, "doc answered a bad length");
	snprintf(out->type, sizeof(out->type), "%s", js_str(m->json, "type"));
	snprintf(out->kept_type, sizeof(out->kept_type), "%s", js_str(m->json, "kept_type"));
	out->width = (int)js_int(m->json, "width", 0);
	out->height = (int)js_int(m->json, "height", 0);
	out->dpi = (int)js_int(m->json, "dpi", 0);
	out->kept_width = (int)js_int(m->json, "kept_width", 0);
	out->kept_height = (int)js_int(m->json, "kept_height", 0);
	buf_add(&out->kept, m->blob.p, kept);
	buf_add(&out->thumb, m->blob.p + kept, m->blob.len - kept);
	return 0;
}

int
doc_image_check(const void *p, size_t len, const struct doc_image_rule *rule,
    struct doc_image *out, struct err *err)
{
	struct ipc_msg	 in, answer;
	bool		 blame = false;
	int		 rc;

	if (len > LIMIT_UPLOAD)
		return err_set(err, ERR_INPUT, "文件超过 %d MB，请缩小后再上传。",
		    LIMIT_UPLOAD / 1048576);
	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	json_decref(in.json);
	in.json = doc_rule_json(rule);
	buf_add(&in.blob, p, len);
	rc = doc_ask("image", &in, &answer, &blame, err);
	if (rc == 0)
		rc = doc_image_from(&answer, out, err);
	else if (blame)
		err_set(err, ERR_INPUT, "这张图片打不开，请换一张重新扫描或拍照的图片。");
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
doc_form(const json_t *d, struct buf *pdf, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	json_decref(in.json);
	in.json = json_deep_copy(d);
	if ((rc = doc_ask("form", &in, &answer, NULL, err)) == 0)
		buf_add(pdf, answer.blob.p, answer.blob.len);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc < 0 ? -1 : buf_check(pdf, err);
}

int
doc_captcha(const char *text, struct buf *png, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	js_set_str(in.json, "text", text);
	if ((rc = doc_ask("captcha", &in, &answer, NULL, err)) == 0)
		buf_add(png, answer.blob.p, answer.blob.len);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc < 0 ? -1 : buf_check(png, err);
}

static int
doc_seal_ask(struct ipc_msg *in, struct doc_seal *out, struct err *err)
{
	struct ipc_msg	 answer;
	bool		 blame = false;
	int		 rc;

	ipc_msg_init(&answer);
	rc = doc_ask("seal", in, &answer, &blame, err);
	if (rc == 0) {
		out->width = (int)js_int(answer.json, "width", 0);
		out->height = (int)js_int(answer.json, "height", 0);
		buf_add(&out->png, answer.blob.p, answer.blob.len);
		rc = buf_check(&out->png, err);
	} else if (blame) {
		err_set(err, ERR_INPUT, "印模图片打不开，请换一张重新扫描的图片。");
	}
	ipc_msg_free(&answer);
	return rc;
}

int
doc_seal_cut(const void *p, size_t len, int dpi, enum doc_seal_kind kind,
    struct doc_seal *out, struct err *err)
{
	struct ipc_msg	 in;
	int		 rc;

	ipc_msg_init(&in);
	js_set_int(in.json, "dpi", dpi);
	js_set_int(in.json, "kind", kind);
	buf_add(&in.blob, p, len);
	rc = doc_seal_ask(&in, out, err);
	ipc_msg_free(&in);
	return rc;
}

int
doc_seal_draw(const char *name, bool person, struct doc_seal *out, struct err *err)
{
	struct ipc_msg	 in;
	int		 rc;

	ipc_msg_init(&in);
	js_set_str(in.json, "name", name);
	js_set_bool(in.json, "person", person);
	rc = doc_seal_ask(&in, out, err);
	ipc_msg_free(&in);
	return rc;
}

int
doc_pdf(const void *p, size_t len, struct pdf_signatures *out, int *pages, struct err *err)
{
	struct ipc_msg	 in, answer;
	bool		 blame = false;
	int		 rc;

	if (len > LIMIT_UPLOAD)
		return err_set(err, ERR_INPUT, "文件超过 %d MB，不能在网页上核验。"
		    "请用命令行或阅读器核验。", LIMIT_UPLOAD / 1048576);
	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	buf_add(&in.blob, p, len);
	rc = doc_ask("pdf", &in, &answer, &blame, err);
	if (rc == 0)
		rc = doc_pdf_from(answer.json, &answer.blob, out, pages, err);
	else if (blame)
		err_set(err, ERR_INPUT, "这份 PDF 太复杂，打不开。请用命令行或阅读器核验。");
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

int
doc_stats(json_t **stats, struct err *err)
{
	return ipc_ask_stats("doc", DOC_VERSION, stats, err);
}
