#include "base/base.h"
#include "doc/raster.h"

#include <png.h>
#include <turbojpeg.h>

#define RASTER_BROKEN	"图片内容已损坏，无法打开，请重新扫描或拍照后上传。"

static int
raster_new(int width, int height, cairo_surface_t **out, struct err *err)
{
	cairo_surface_t	*s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);

	if (cairo_surface_status(s) != CAIRO_STATUS_SUCCESS) {
		cairo_surface_destroy(s);
		return err_set(err, ERR_LIMIT, "图片太大，无法处理，请缩小后再上传。");
	}
	*out = s;
	return 0;
}

/* The smallest DCT fraction whose longer edge still reaches want_edge. */
static tjscalingfactor
raster_jpeg_scale(int edge, int want_edge)
{
	tjscalingfactor	 best = {1, 1};

	for (int den = 2; den <= 8; den *= 2) {
		tjscalingfactor	 f = {1, den};

		if (TJSCALED(edge, f) >= want_edge)
			best = f;
	}
	return best;
}

static int
raster_decode_jpg(const unsigned char *p, size_t len, int want_edge, cairo_surface_t **out,
    struct err *err)
{
	tjhandle	 tj = tjInitDecompress();
	tjscalingfactor	 f;
	int		 w, h, sub, space, rc = -1;

	if (tj == NULL)
		return err_set(err, ERR_BUG, "no JPEG decoder");
	if (tjDecompressHeader3(tj, p, len, &w, &h, &sub, &space) < 0) {
		err_set(err, ERR_INPUT, RASTER_BROKEN);
		goto out;
	}
	f = raster_jpeg_scale(w > h ? w : h, want_edge);
	w = TJSCALED(w, f);
	h = TJSCALED(h, f);
	if (raster_new(w, h, out, err) < 0)
		goto out;
	/* A cut-off scan gives a warning: half a document is no document. */
	if (tjDecompress2(tj, p, len, cairo_image_surface_get_data(*out), w,
	    cairo_image_surface_get_stride(*out), h, TJPF_BGRX, TJFLAG_LIMITSCANS) < 0) {
		cairo_surface_destroy(*out);
		*out = NULL;
		err_set(err, ERR_INPUT, RASTER_BROKEN);
		goto out;
	}
	cairo_surface_mark_dirty(*out);
	rc = 0;
 out:
	tjDestroy(tj);
	return rc;
}

static int
raster_decode_png(const unsigned char *p, size_t len, const struct sniff *sniff,
    cairo_surface_t **out, struct err *err)
{
	png_image	 im = {.version = PNG_IMAGE_VERSION};
	png_color	 white = {255, 255, 255};
	unsigned char	*rgb = NULL;
	int		 rc = -1;

	if (png_image_begin_read_from_memory(&im, p, len) == 0 ||
	    im.width != (unsigned int)sniff->width ||
	    im.height != (unsigned int)sniff->height) {
		err_set(err, ERR_INPUT, RASTER_BROKEN);
		goto out;
	}
	im.format = PNG_FORMAT_RGB;
	rgb = xmalloc(PNG_IMAGE_SIZE(im));
	if (png_image_finish_read(&im, &white, rgb, 0, NULL) == 0) {
		err_set(err, ERR_INPUT, RASTER_BROKEN);
		goto out;
	}
	if (raster_new(sniff->width, sniff->height, out, err) < 0)
		goto out;
	for (int y = 0; y < sniff->height; y++) {
		uint32_t		*to = (uint32_t *)(void *)(cairo_image_surface_get_data(*out) +
		    (size_t)y * (size_t)cairo_image_surface_get_stride(*out));
		const unsigned char	*from = rgb + (size_t)y * (size_t)sniff->width * 3;

		for (int x = 0; x < sniff->width; x++, from += 3)
			to[x] = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
	}
	cairo_surface_mark_dirty(*out);
	rc = 0;
 out:
	png_image_free(&im);
	free(rgb);
	return rc;
}

/* Uncompressed 24 and 32 bit, bottom-up or top-down: what scanners and Windows write. */
static int
raster_decode_bmp(const unsigned char *p, size_t len, const struct sniff *sniff,
    cairo_surface_t **out, struct err *err)
{
	uint32_t	 offset, bits, compression;
	int32_t		 height;
	size_t		 stride;

	memcpy(&offset, p + 10, 4);
	memcpy(&height, p + 22, 4);
	bits = (uint32_t)p[28] | (uint32_t)p[29] << 8;
	memcpy(&compression, p + 30, 4);
	if ((bits != 24 && bits != 32) || (compression != 0 && compression != 3))
		return err_set(err, ERR_INPUT,
		    "这种 bmp（压缩或调色板格式）无法处理，请另存为 jpg 或 png 再上传。");
	stride = ((size_t)sniff->width * bits / 8 + 3) & ~(size_t)3;
	if (offset < 54 || offset > len || stride * (size_t)sniff->height > len - offset)
		return err_set(err, ERR_INPUT, RASTER_BROKEN);
	if (raster_new(sniff->width, sniff->height, out, err) < 0)
		return -1;
	for (int y = 0; y < sniff->height; y++) {
		uint32_t		*to = (uint32_t *)(void *)(cairo_image_surface_get_data(*out) +
		    (size_t)y * (size_t)cairo_image_surface_get_stride(*out));
		int			 row = height < 0 ? y : sniff->height - 1 - y;
		const unsigned char	*from = p + offset + (size_t)row * stride;

		for (int x = 0; x < sniff->width; x++, from += bits / 8)
			to[x] = (uint32_t)from[2] << 16 | (uint32_t)from[1] << 8 | from[0];
	}
	cairo_surface_mark_dirty(*out);
	return 0;
}

int
raster_decode(const unsigned char *p, size_t len, const struct sniff *sniff, int want_edge,
    cairo_surface_t **out, struct err *err)
{
	switch (sniff->type) {
	case SNIFF_JPG:
		return raster_decode_jpg(p, len, want_edge, out, err);
	case SNIFF_PNG:
		return raster_decode_png(p, len, sniff, out, err);
	case SNIFF_BMP:
		return raster_decode_bmp(p, len, sniff, out, err);
	}
	return err_set(err, ERR_BUG, "no such picture type");
}

/* The matrix that turns a w by h picture upright (EXIF 2.3, tag 0x0112). */
static void
raster_turn(int orientation, double w, double h, cairo_matrix_t *m)
{
	static const double	 rows[9][4] = {		/* xx yx xy yy */
		{1, 0, 0, 1}, {1, 0, 0, 1}, {-1, 0, 0, 1}, {-1, 0, 0, -1}, {1, 0, 0, -1},
		{0, 1, 1, 0}, {0, 1, -1, 0}, {0, -1, -1, 0}, {0, -1, 1, 0},
	};
	const double		*r = rows[orientation];

	cairo_matrix_init(m, r[0], r[1], r[2], r[3],
	    (r[0] < 0 ? w : 0) + (r[2] < 0 ? h : 0), (r[1] < 0 ? w : 0) + (r[3] < 0 ? h : 0));
}

int
raster_fit(cairo_surface_t *in, int orientation, int edge, cairo_surface_t **out,
    struct err *err)
{
	int		 w = cairo_image_surface_get_width(in);
	int		 h = cairo_image_surface_get_height(in);
	int		 uw = orientation >= 5 ? h : w, uh = orientation >= 5 ? w : h;
	int		 longer = uw > uh ? uw : uh;
	double		 scale = longer > edge ? (double)edge / longer : 1.0;
	cairo_matrix_t	 turn;
	cairo_t		*cr;

	if (raster_new((int)(uw * scale + 0.5) > 0 ? (int)(uw * scale + 0.5) : 1,
	    (int)(uh * scale + 0.5) > 0 ? (int)(uh * scale + 0.5) : 1, out, err) < 0)
		return -1;
	cr = cairo_create(*out);
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	cairo_scale(cr, scale, scale);
	raster_turn(orientation, w, h, &turn);
	cairo_transform(cr, &turn);
	cairo_set_source_surface(cr, in, 0, 0);
	cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_GOOD);
	cairo_paint(cr);
	cairo_destroy(cr);
	cairo_surface_flush(*out);
	return 0;
}

int
raster_jpeg(cairo_surface_t *in, int quality, struct buf *out, struct err *err)
{
	tjhandle	 tj = tjInitCompress();
	unsigned char	*jpg = NULL;
	unsigned long	 n = 0;
	int		 rc = -1;

	if (tj == NULL || tjCompress2(tj, cairo_image_surface_get_data(in),
	    cairo_image_surface_get_width(in), cairo_image_surface_get_stride(in),
	    cairo_image_surface_get_height(in), TJPF_BGRX, &jpg, &n, TJSAMP_420, quality,
	    TJFLAG_ACCURATEDCT) < 0) {
		err_set(err, ERR_BUG, "cannot encode JPEG: %s", tjGetErrorStr());
	} else {
		buf_clear(out);
		buf_add(out, jpg, n);
		rc = buf_check(out, err);
	}
	tjFree(jpg);
	if (tj != NULL)
		tjDestroy(tj);
	return rc;
}

static cairo_status_t
raster_sink(void *b, const unsigned char *p, unsigned int len)
{
	buf_add(b, p, len);
	return CAIRO_STATUS_SUCCESS;
}

int
raster_png(cairo_surface_t *in, struct buf *out, struct err *err)
{
	buf_clear(out);
	if (cairo_surface_write_to_png_stream(in, raster_sink, out) != CAIRO_STATUS_SUCCESS)
		return err_set(err, ERR_BUG, "cannot encode PNG");
	return buf_check(out, err);
}
