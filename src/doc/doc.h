#ifndef DOC_DOC_H
#define DOC_DOC_H
#include "base/json.h"
#include "seal/pdf.h"
/*
 * The document worker, asked from other processes.
 *
 * It opens what strangers upload and draws what we print, in a process without network,
 * stores or keys, with hard limits on memory and time.  A file that kills it kills nothing
 * else: the supervisor restarts it, the asker tries once more and then says that the file
 * cannot be read.  Nothing is kept between requests.
 */

/* What is asked of an uploaded picture. */
struct doc_image_rule {
	bool	 jpg, png, bmp;		/* accepted kinds, judged by content, never by name */
	size_t	 max_bytes;		/* of the upload itself; 0: LIMIT_UPLOAD */
	int	 min_dpi;		/* 0: any */
	int	 paper_mm;		/* long edge of what is depicted (A4: 297), to judge the
					   resolution by pixels when the file states none or a
					   phone's meaningless 72; 0: only a stated DPI counts */
	int	 min_pixels;		/* shorter edge at least; 0: 300 */
	size_t	 keep_bytes;		/* the kept copy is reduced until it is no larger; 0: 2 MiB */
};

struct doc_image {
	char		 type[8];	/* of the upload: "jpg", "png", "bmp" */
	int		 width, height;	/* of the upload, as a viewer shows it (EXIF turned) */
	int		 dpi;		/* as stated in the file, 0: unknown */
	int		 kept_width, kept_height;
	char		 kept_type[8];	/* "jpg", or "png" for line art and transparency */
	struct buf	 kept;		/* re-encoded copy: no metadata, no appended bytes */
	struct buf	 thumb;		/* JPEG, long edge at most 360 pixels */
};
void	doc_image_init(struct doc_image *im);
void	doc_image_free(struct doc_image *im);

/* ERR_INPUT with a Chinese sentence that says what to do when the picture breaks the rule. */
NODISCARD int doc_image_check(const void *p, size_t len, const struct doc_image_rule *rule,
    struct doc_image *out, struct err *err);

/*
 * Draw a document as PDF, A4, Chinese text in a small embedded font, page numbers, QR code.
 *
 * `d`: {"title": "单位数字证书业务受理表", "subtitle": "…"?, "number": "2026…", "qr": "text"?,
 *       "issuer": "东方新诚信数字认证中心", "blocks": [ … ]}; a block is one of
 *	{"type":"heading","text":…}
 *	{"type":"para","text":…}                     wrapped, first line indented two characters
 *	{"type":"list","items":[…]}                  numbered
 *	{"type":"table","rows":[[label,value,label,value], …]}   two or four columns
 *	{"type":"sign","items":["经办人签字","单位（盖章）","日期"]}  boxes to sign and seal
 *	{"type":"box","text":…,"height_mm":60}       an empty frame, e.g. for a seal impression
 *	{"type":"page","title":…?}                   a new page; with its own title
 * Unknown types are ERR_INPUT.  At most 40 pages (ERR_LIMIT).
 */
NODISCARD int doc_form(const json_t *d, struct buf *pdf, struct err *err);

/* A PNG of 4 to 6 distorted characters. */
NODISCARD int doc_captcha(const char *text, struct buf *png, struct err *err);

/*
 * The picture of an electronic seal: PNG, transparent, and its sides in millimetres.
 * Cut out of a scanned specimen (one page, its resolution in dpi): the largest red impression
 * whose sides a seal may have, or the signature, in dark ink, that stands in the first box of the
 * form or alone on the picture; ERR_INPUT with a Chinese sentence when there is none.  Or drawn: an
 * organisation's round one with the star, a person's square one.
 */
enum doc_seal_kind { DOC_SEAL_ORGANISATION, DOC_SEAL_PERSON, DOC_SEAL_SIGNATURE, DOC_SEAL__MAX };
#define DOC_SEAL_MAX	(28 * 1024)	/* bytes of the PNG: it has to fit into a UKey */
struct doc_seal {
	struct buf	 png;
	int		 width, height;	/* millimetres */
};
void	doc_seal_init(struct doc_seal *s);
void	doc_seal_free(struct doc_seal *s);
NODISCARD int doc_seal_cut(const void *p, size_t len, int dpi, enum doc_seal_kind kind,
    struct doc_seal *out, struct err *err);
NODISCARD int doc_seal_draw(const char *name, bool person, struct doc_seal *out,
    struct err *err);

/*
 * The signatures in a PDF of at most LIMIT_UPLOAD bytes, and its pages; pdf_signatures_free.  What one
 * that is no seal holds is cut: it is only known to be there.
 */
NODISCARD int doc_pdf(const void *p, size_t len, struct pdf_signatures *out, int *pages,
    struct err *err);

/* Numbers for the metrics: ipc_answer_stats. */
NODISCARD int doc_stats(json_t **stats, struct err *err);

/* The process: serves the above over ipc until SIGTERM. */
NODISCARD int doc_main(struct err *err);

/* The same work in this process, for doc_main and its tests. */
NODISCARD int doc_image_work(const void *p, size_t len, const struct doc_image_rule *rule,
    struct doc_image *out, struct err *err);
NODISCARD int doc_form_work(const json_t *d, struct buf *pdf, struct err *err);
NODISCARD int doc_captcha_work(const char *text, struct buf *png, struct err *err);
NODISCARD int doc_seal_cut_work(const void *p, size_t len, int dpi, enum doc_seal_kind kind,
    struct doc_seal *out, struct err *err);
/* An answer's {"pages","is_whole","rows"} and the Contents, one behind the other. */
NODISCARD int doc_pdf_work(const void *p, size_t len, json_t *out, struct buf *contents,
    struct err *err);
NODISCARD int doc_pdf_from(const json_t *answer, const struct buf *contents,
    struct pdf_signatures *out, int *pages, struct err *err);
NODISCARD int doc_seal_draw_work(const char *name, bool person, struct doc_seal *out,
    struct err *err);
#endif
