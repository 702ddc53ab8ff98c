#include "base/base.h"
#include "doc/doc.h"
#include "doc/raster.h"

#include <pthread.h>

#define IMAGE_KEEP_EDGE		3508	/* A4 at 300 DPI */
#define IMAGE_THUMB_EDGE	360
#define IMAGE_KEEP_BYTES	(2 * 1024 * 1024)

/* One picture at a time: decoded pictures are large. */
static pthread_mutex_t	 image_lock = PTHREAD_MUTEX_INITIALIZER;

void
doc_image_init(struct doc_image *im)
{
	*im = (struct doc_image){0};
	buf_init(&im->kept, LIMIT_UPLOAD);
	buf_init(&im->thumb, LIMIT_UPLOAD);
}

void
doc_image_free(struct doc_image *im)
{
	buf_free(&im->kept);
	buf_free(&im->thumb);
}

static int
image_check_type(const struct doc_image_rule *rule, enum sniff_type type, struct err *err)
{
	const bool	 ok[] = {rule->jpg, rule->png, rule->bmp};

	if (ok[type])
		return 0;
	return err_set(err, ERR_INPUT, "这一项要 %s%s%s 图片，您选的是 %s，请另存为要求的格式再上传。",
	    rule->jpg ? "jpg" : "", rule->png ? (rule->jpg ? "、png" : "png") : "",
	    rule->bmp ? (rule->jpg || rule->png ? "、bmp" : "bmp") : "", sniff_name(type));
}

/*
 * Resolution: a scanner states it; a phone does not (or says 72), so there the pixels
 * along the paper's long edge decide.
 */
static int
image_check_dpi(const struct doc_image_rule *rule, const struct sniff *sn, struct err *err)
{
	int	 longer = sn->width > sn->height ? sn->width : sn->height, dpi;

	if (rule->min_dpi == 0 || sn->dpi >= rule->min_dpi)
		return 0;
	if (rule->paper_mm > 0) {
		dpi = (int)((double)longer * 25.4 / rule->paper_mm + 0.5);
		if (dpi >= rule->min_dpi)
			return 0;
		return err_set(err, ERR_INPUT, "图片只有 %d×%d 像素，约合 %d DPI，要求不低于 %d DPI。"
		    "请把扫描分辨率调到 %d DPI 以上重新扫描，或用手机靠近、铺平后重新拍照。",
		    sn->width, sn->height, dpi, rule->min_dpi, rule->min_dpi);
	}
	if (sn->dpi == 0)
		return err_set(err, ERR_INPUT, "图片没有写明扫描分辨率，要求 %d DPI。"
		    "请用扫描仪以 %d DPI 重新扫描后上传。", rule->min_dpi, rule->min_dpi);
	return err_set(err, ERR_INPUT, "扫描分辨率是 %d DPI，要求不低于 %d DPI，请调高后重新扫描。",
	    sn->dpi, rule->min_dpi);
}

static int
image_check_rule(const struct doc_image_rule *rule, size_t len, const struct sniff *sn,
    struct err *err)
{
	size_t	 max = rule->max_bytes == 0 ? LIMIT_UPLOAD : rule->max_bytes;
	int	 least = rule->min_pixels == 0 ? 300 : rule->min_pixels;
	int	 shorter = sn->width < sn->height ? sn->width : sn->height;

	if (len > max)
		return err_set(err, ERR_INPUT, "文件有 %.1f MB，最大 %.0f MB，请缩小后再上传。",
		    (double)len / 1048576, (double)max / 1048576);
	if (image_check_type(rule, sn->type, err) < 0)
		return -1;
	if ((int64_t)sn->width * sn->height > LIMIT_IMAGE_PIXELS)
		return err_set(err, ERR_INPUT,
		    "图片有 %d×%d 像素，太大了，请把短边缩到 4000 像素以内再上传。", sn->width,
		    sn->height);
	if (shorter < least)
		return err_set(err, ERR_INPUT, "图片只有 %d×%d 像素，看不清内容，"
		    "短边至少要 %d 像素，请重新扫描或拍照。", sn->width, sn->height, least);
	if (sn->width > 12 * sn->height || sn->height > 12 * sn->width)
		return err_set(err, ERR_INPUT, "图片过于狭长，请检查是否选错了文件。");
	return image_check_dpi(rule, sn, err);
}

/* Encode the kept copy, giving up quality first and size then, until it fits. */
static int
image_keep(cairo_surface_t *upright, const struct sniff *sn, size_t keep,
    struct doc_image *out, struct err *err)
{
	cairo_surface_t	*small = NULL;
	int		 edge = IMAGE_KEEP_EDGE, quality = 88, rc = -1;

	if (sn->type == SNIFF_PNG) {
		if (raster_png(upright, &out->kept, err) == 0 && out->kept.len <= keep) {
			snprintf(out->kept_type, sizeof(out->kept_type), "png");
			out->kept_width = cairo_image_surface_get_width(upright);
			out->kept_height = cairo_image_surface_get_height(upright);
			return 0;
		}
		err_clear(err);
		buf_clear(&out->kept);
	}
	snprintf(out->kept_type, sizeof(out->kept_type), "jpg");
	for (;;) {
		if (small == NULL && raster_fit(upright, 1, edge, &small, err) < 0)
			goto out;
		if (raster_jpeg(small, quality, &out->kept, err) < 0)
			goto out;
		if (out->kept.len <= keep || edge < 800)
			break;
		if (quality > 64) {
			quality -= 12;
			continue;
		}
		edge = edge * 3 / 4;
		cairo_surface_destroy(small);
		small = NULL;
	}
	out->kept_width = cairo_image_surface_get_width(small);
	out->kept_height = cairo_image_surface_get_height(small);
	rc = 0;
 out:
	if (small != NULL)
		cairo_surface_destroy(small);
	return rc;
}

static int
image_convert(const void *p, size_t len, const struct sniff *sn, size_t keep,
    struct doc_image *out, struct err *err)
{
	cairo_surface_t	*raw = NULL, *upright = NULL, *thumb = NULL;
	int		 rc = -1;

	if (raster_decode(p, len, sn, IMAGE_KEEP_EDGE, &raw, err) < 0 ||
	    raster_fit(raw, sn->orientation, IMAGE_KEEP_EDGE, &upright, err) < 0)
		goto out;
	if (image_keep(upright, sn, keep, out, err) < 0 ||
	    raster_fit(upright, 1, IMAGE_THUMB_EDGE, &thumb, err) < 0 ||
	    raster_jpeg(thumb, 80, &out->thumb, err) < 0)
		goto out;
	rc = 0;
 out:
	if (raw != NULL)
		cairo_surface_destroy(raw);
	if (upright != NULL)
		cairo_surface_destroy(upright);
	if (thumb != NULL)
		cairo_surface_destroy(thumb);
	return rc;
}

int
doc_image_work(const void *p, size_t len, const struct doc_image_rule *rule,
    struct doc_image *out, struct err *err)
{
	struct sniff	 sn;
	bool		 sideways;
	int		 rc;

	if (sniff_read(p, len, &sn, err) < 0 || image_check_rule(rule, len, &sn, err) < 0)
		return -1;
	sideways = sn.orientation >= 5;
	snprintf(out->type, sizeof(out->type), "%s", sniff_name(sn.type));
	out->width = sideways ? sn.height : sn.width;
	out->height = sideways ? sn.width : sn.height;
	out->dpi = sn.dpi;
	pthread_mutex_lock(&image_lock);
	rc = image_convert(p, len, &sn, rule->keep_bytes == 0 ? IMAGE_KEEP_BYTES :
	    rule->keep_bytes, out, err);
	pthread_mutex_unlock(&image_lock);
	return rc;
}
