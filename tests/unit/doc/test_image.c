#include "unit.h"
#include "doc/doc.h"
#include "doc/raster.h"

static const struct doc_image_rule	paper = {.jpg = true, .png = true, .bmp = true,
	.min_dpi = 100, .paper_mm = 297};

/* A white picture with a black square in the top left corner, as JPEG or PNG. */
static void
picture(int w, int h, bool png, struct buf *out)
{
	cairo_surface_t	*s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
	cairo_t		*cr = cairo_create(s);
	struct err	 err = {0};

	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	cairo_set_source_rgb(cr, 0, 0, 0);
	cairo_rectangle(cr, 0, 0, w / 4, h / 4);
	cairo_fill(cr);
	cairo_destroy(cr);
	buf_init(out, LIMIT_UPLOAD);
	if (png)
		assert_ok(raster_png(s, out, &err));
	else
		assert_ok(raster_jpeg(s, 90, out, &err));
	cairo_surface_destroy(s);
}

static int
check(const struct buf *b, const struct doc_image_rule *rule, struct doc_image *im,
    struct err *err)
{
	doc_image_init(im);
	return doc_image_work(b->p, b->len, rule, im, err);
}

void
test_image__good_pictures_are_reencoded(void **state)
{
	struct err		 err = {0};
	struct doc_image	 im;
	struct buf		 b;

	(void)state;
	for (int png = 0; png < 2; png++) {
		picture(1240, 1754, png, &b);
		buf_addstr(&b, "<?php evil(); ?>");	/* appended bytes must not survive */
		assert_ok(check(&b, &paper, &im, &err));
		assert_string_equal(im.type, png ? "png" : "jpg");
		assert_int_equal(im.width, 1240);
		assert_int_equal(im.kept_height, 1754);
		assert_null(memmem(im.kept.p, im.kept.len, "evil", 4));
		assert_true(im.thumb.len > 100 && im.thumb.len < 60000);
		doc_image_free(&im);
		buf_free(&b);
	}
}

void
test_image__low_resolution_is_explained(void **state)
{
	struct err		 err = {0};
	struct doc_image	 im;
	struct buf		 b;

	(void)state;
	picture(640, 480, false, &b);
	assert_err(check(&b, &paper, &im, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "640×480"));
	assert_non_null(strstr(err.text, "55 DPI"));
	doc_image_free(&im);
	buf_free(&b);
}

void
test_image__large_photos_are_reduced(void **state)
{
	struct doc_image_rule	 rule = paper;
	struct err		 err = {0};
	struct doc_image	 im;
	struct buf		 b;

	(void)state;
	rule.keep_bytes = 60000;
	picture(4000, 3000, false, &b);
	assert_ok(check(&b, &rule, &im, &err));
	assert_int_equal(im.width, 4000);
	assert_true(im.kept.len <= 60000);
	assert_true(im.kept_width <= 3508);
	doc_image_free(&im);
	buf_free(&b);
}

/* The EXIF turn must put the black corner where a viewer shows it. */
void
test_image__orientation_is_applied(void **state)
{
	static const struct { int o; bool right, bottom; } rows[] = {
		{1, false, false}, {2, true, false}, {3, true, true}, {4, false, true},
		{5, false, false}, {6, true, false}, {7, true, true}, {8, false, true},
	};
	struct err	 err = {0};
	struct sniff	 sn;
	struct buf	 b;

	(void)state;
	picture(400, 300, true, &b);
	assert_ok(sniff_read((unsigned char *)b.p, b.len, &sn, &err));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cairo_surface_t	*raw, *up;
		int		 w, h, x, y;
		uint32_t	 px;

		assert_ok(raster_decode((unsigned char *)b.p, b.len, &sn, 400, &raw, &err));
		assert_ok(raster_fit(raw, rows[i].o, 4000, &up, &err));
		w = cairo_image_surface_get_width(up);
		h = cairo_image_surface_get_height(up);
		assert_int_equal(w, rows[i].o >= 5 ? 300 : 400);
		x = rows[i].right ? w - 10 : 10;
		y = rows[i].bottom ? h - 10 : 10;
		memcpy(&px, cairo_image_surface_get_data(up) +
		    y * cairo_image_surface_get_stride(up) + x * 4, 4);
		assert_int_equal(px & 0xffffff, 0);
		cairo_surface_destroy(raw);
		cairo_surface_destroy(up);
	}
	buf_free(&b);
}

void
test_image__hostile_files_are_refused(void **state)
{
	static const struct { const char *p; size_t len; } bad[] = {
		{"", 0}, {"GIF89a.......", 13}, {"%PDF-1.7 ....", 13}, {"\xff\xd8\xff", 3},
		{"\xff\xd8\xff\xe0\x00\x10JFIF", 10}, {"BM......", 8},
		{"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\10\2\0\0\0....", 37},
		{"<svg onload=alert(1)>", 21}, {"MZ\x90\0", 4},
	};
	struct err		 err = {0};
	struct doc_image	 im;
	struct buf		 b, cut;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		doc_image_init(&im);
		assert_err(doc_image_work(bad[i].p, bad[i].len, &paper, &im, &err), ERR_INPUT);
		doc_image_free(&im);
	}
	for (int png = 0; png < 2; png++) {	/* cut off at every tenth */
		picture(1240, 1754, png, &b);
		for (size_t n = b.len / 10; n < b.len - 20; n += b.len / 10) {
			buf_init(&cut, LIMIT_UPLOAD);
			buf_add(&cut, b.p, n);
			assert_err(check(&cut, &paper, &im, &err), ERR_INPUT);
			doc_image_free(&im);
			buf_free(&cut);
		}
		buf_free(&b);
	}
}

void
test_image__bombs_stop_at_the_header(void **state)
{
	/* A PNG that claims 30000 x 30000 pixels in a few bytes. */
	static const char	 bomb[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x75\x30\0\0\x75\x30"
		"\10\2\0\0\0\x00\x00\x00\x00\0\0\0\0IDAT....";
	struct err		 err = {0};
	struct doc_image	 im;

	(void)state;
	doc_image_init(&im);
	assert_err(doc_image_work(bomb, sizeof(bomb) - 1, &paper, &im, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "30000×30000"));
	doc_image_free(&im);
}
