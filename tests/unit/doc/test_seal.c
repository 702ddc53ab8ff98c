#include "unit.h"
#include "doc/doc.h"
#include "doc/raster.h"

#include <math.h>

#define PX(mm)	((mm) * 300 / 25.4)

/* Put a picture where somebody may look at it: YINXIN_SEE names the folder. */
static void
see(const char *name, const struct buf *png)
{
	const char	*dir = getenv("YINXIN_SEE");
	char		 path[300];
	FILE		*f;

	if (dir == NULL)
		return;
	snprintf(path, sizeof(path), "%s/%s.png", dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(png->p, 1, png->len, f), png->len);
	fclose(f);
}

/* A decoded PNG on white. */
static cairo_surface_t *
decode(const struct buf *png)
{
	struct err	 err = {0};
	struct sniff	 sn;
	cairo_surface_t	*s = NULL;

	assert_ok(sniff_read((unsigned char *)png->p, png->len, &sn, &err));
	assert_int_equal(sn.type, SNIFF_PNG);
	assert_ok(raster_decode((unsigned char *)png->p, png->len, &sn, 4000, &s, &err));
	return s;
}

static uint32_t
pixel(cairo_surface_t *s, int x, int y)
{
	return ((uint32_t *)(void *)(cairo_image_surface_get_data(s) +
	    y * cairo_image_surface_get_stride(s)))[x] & 0xffffff;
}

static bool
is_red(uint32_t px)
{
	return (px >> 16) > 150 && (px >> 8 & 0xff) < 110 && (px & 0xff) < 110;
}

void
test_seal__drawn_for_an_organisation(void **state)
{
	static const char *const names[] = {"长沙建工有限公司", "湘工",
	    "湖南省住房和城乡建设工程造价咨询与招标代理服务集团股份有限责任公司长沙分公司"};
	struct err	 err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct doc_seal	 s;
		cairo_surface_t	*im;
		int		 edge;

		doc_seal_init(&s);
		assert_ok(doc_seal_draw_work(names[i], false, &s, &err));
		assert_int_equal(s.width, 42);
		assert_int_equal(s.height, 42);
		assert_true(s.png.len < DOC_SEAL_MAX);
		im = decode(&s.png);
		edge = cairo_image_surface_get_width(im);
		assert_int_equal(edge, (int)ceil(PX(42)));
		assert_true(is_red(pixel(im, edge / 2, edge / 2)));		/* star */
		assert_true(is_red(pixel(im, edge / 2, (int)PX(0.6))));		/* ring */
		assert_int_equal(pixel(im, 2, 2), 0xffffff);			/* corner */
		assert_int_equal(pixel(im, edge / 2, edge - (int)PX(4)), 0xffffff); /* open below */
		cairo_surface_destroy(im);
		see((char[]){'r', (char)('0' + i), '\0'}, &s.png);
		doc_seal_free(&s);
	}
}

void
test_seal__drawn_for_a_person(void **state)
{
	static const char *const names[] = {"王五", "王小二", "欧阳修文", "阿卜杜拉·买买提"};
	struct err	 err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct doc_seal	 s;
		cairo_surface_t	*im;

		doc_seal_init(&s);
		assert_ok(doc_seal_draw_work(names[i], true, &s, &err));
		assert_int_equal(s.width, 18);
		im = decode(&s.png);
		assert_true(is_red(pixel(im, (int)PX(9), (int)PX(0.4))));	/* frame */
		cairo_surface_destroy(im);
		see((char[]){'s', (char)('0' + i), '\0'}, &s.png);
		doc_seal_free(&s);
	}
}

void
test_seal__names_that_are_not_drawn(void **state)
{
	struct err	 err = {0};
	struct doc_seal	 s;
	char		 name[61 * 3 + 1] = "";

	(void)state;
	doc_seal_init(&s);
	for (int i = 0; i < 60; i++)
		memcpy(name + 3 * i, "字", 4);
	assert_err(doc_seal_draw_work("", false, &s, &err), ERR_INPUT);
	assert_err(doc_seal_draw_work("一", true, &s, &err), ERR_INPUT);
	assert_err(doc_seal_draw_work("\xff\xfe", true, &s, &err), ERR_INPUT);
	assert_ok(doc_seal_draw_work(name, false, &s, &err));
	memcpy(name + 180, "字", 4);
	assert_err(doc_seal_draw_work(name, false, &s, &err), ERR_INPUT);
	doc_seal_free(&s);
}

/* Cutting out ------------------------------------------------------------------------- */

/* A page of A4 at this resolution, yellowish, with black writing on it. */
static cairo_surface_t *
page(int dpi, cairo_t **cr)
{
	cairo_surface_t	*s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 210 * dpi * 10 / 254,
	    297 * dpi * 10 / 254);

	*cr = cairo_create(s);
	cairo_set_source_rgb(*cr, 0.98, 0.96, 0.91);
	cairo_paint(*cr);
	cairo_scale(*cr, dpi / 25.4, dpi / 25.4);	/* millimetres from here on */
	cairo_set_source_rgb(*cr, 0.1, 0.1, 0.1);
	for (int i = 0; i < 20; i++)
		cairo_rectangle(*cr, 20, 15 + 2 * i, 150, 0.5);
	cairo_fill(*cr);
	return s;
}

/* What a stamp leaves: ring, star and uneven ink. */
static void
stamp(cairo_t *cr, double x, double y, double mm, double strength)
{
	cairo_set_source_rgba(cr, 0.80, 0.10, 0.12, strength);
	cairo_set_line_width(cr, mm / 30);
	cairo_arc(cr, x, y, mm / 2 - mm / 60, 0, 2 * M_PI);
	cairo_stroke(cr);
	cairo_arc(cr, x, y, mm / 8, 0, 2 * M_PI);
	cairo_fill(cr);
	for (int i = 0; i < 9; i++) {
		double	 a = M_PI * (0.9 + 0.15 * i);

		cairo_rectangle(cr, x + mm * 0.37 * cos(a) - mm / 24, y + mm * 0.37 * sin(a) - mm / 24,
		    mm / 12, mm / 12);
	}
	cairo_fill(cr);
}

static int
cut_kind(cairo_surface_t *s, int dpi, enum doc_seal_kind kind, struct doc_seal *out,
    struct err *err)
{
	struct buf	 jpg;
	int		 rc;

	doc_seal_init(out);
	buf_init(&jpg, LIMIT_UPLOAD);
	assert_int_equal(raster_jpeg(s, 88, &jpg, err), 0);
	rc = doc_seal_cut_work(jpg.p, jpg.len, dpi, kind, out, err);
	buf_free(&jpg);
	return rc;
}

static int
cut(cairo_surface_t *s, int dpi, bool person, struct doc_seal *out, struct err *err)
{
	return cut_kind(s, dpi, person ? DOC_SEAL_PERSON : DOC_SEAL_ORGANISATION, out, err);
}

void
test_seal__cut_out_of_a_scan(void **state)
{
	static const int	 dpis[] = {150, 300, 400};
	struct err		 err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(dpis); i++)
		for (int faint = 0; faint < 2; faint++) {
			cairo_t		*cr;
			cairo_surface_t	*s = page(dpis[i], &cr), *im;
			struct doc_seal	 seal;
			int		 edge;
			char		 name[20];

			stamp(cr, 120, 180, 42, faint ? 0.55 : 0.95);
			cairo_destroy(cr);
			assert_ok(cut(s, dpis[i], false, &seal, &err));
			assert_in_range(seal.width, 41, 43);
			assert_in_range(seal.height, 41, 43);
			im = decode(&seal.png);
			edge = cairo_image_surface_get_width(im);
			assert_in_range(edge, (int)(PX(41) * MIN(dpis[i], 300) / 300),
			    (int)(PX(43) * MIN(dpis[i], 300) / 300));
			/* red in the middle, the paper is gone, though it was not white */
			assert_true((pixel(im, edge / 2, edge / 2) >> 16) >
			    (pixel(im, edge / 2, edge / 2) & 0xff) + 60);
			assert_int_equal(pixel(im, 3, 3), 0xffffff);
			assert_int_equal(pixel(im, edge / 2, edge / 4 * 3), 0xffffff);
			snprintf(name, sizeof(name), "cut-%d-%d", dpis[i], faint);
			see(name, &seal.png);
			cairo_surface_destroy(im);
			cairo_surface_destroy(s);
			doc_seal_free(&seal);
		}
}

/* A personal seal beside that of the unit, as such forms have them: the small one is meant. */
void
test_seal__of_a_person_beside_the_units(void **state)
{
	struct err	 err = {0};
	cairo_t		*cr;
	cairo_surface_t	*s = page(300, &cr);
	struct doc_seal	 seal;

	(void)state;
	stamp(cr, 60, 180, 42, 0.9);
	cairo_set_source_rgb(cr, 0.80, 0.10, 0.12);
	cairo_set_line_width(cr, 1);
	cairo_rectangle(cr, 130, 180, 18, 18);
	cairo_stroke(cr);
	cairo_rectangle(cr, 134, 184, 10, 10);
	cairo_fill(cr);
	cairo_destroy(cr);
	assert_ok(cut(s, 300, true, &seal, &err));
	assert_in_range(seal.width, 18, 20);
	doc_seal_free(&seal);
	assert_ok(cut(s, 300, false, &seal, &err));
	assert_in_range(seal.width, 41, 43);
	doc_seal_free(&seal);
	cairo_surface_destroy(s);
}

static void
assert_refused(double x, double y, double mm, bool person, const char *why)
{
	struct err	 err = {0};
	cairo_t		*cr;
	cairo_surface_t	*s = page(300, &cr);
	struct doc_seal	 seal;

	if (mm > 0)
		stamp(cr, x, y, mm, 0.95);
	cairo_destroy(cr);
	assert_err(cut(s, 300, person, &seal, &err), ERR_INPUT);
	if (strstr(err.text, why) == NULL)
		fail_msg("not \"%s\": %s", why, err.text);
	assert_int_equal(seal.png.len, 0);
	doc_seal_free(&seal);
	cairo_surface_destroy(s);
}

void
test_seal__impressions_that_are_refused(void **state)
{
	struct err	 err = {0};
	cairo_t		*cr;
	cairo_surface_t	*s = page(300, &cr);
	struct doc_seal	 seal;

	(void)state;
	assert_refused(0, 0, 0, false, "没有找到红色");
	assert_refused(100, 150, 6, false, "太小");
	assert_refused(100, 150, 65, false, "超过 60 毫米");
	assert_refused(100, 150, 42, true, "超过 32 毫米");
	assert_refused(5, 150, 42, false, "边缘");
	assert_refused(100, 290, 42, false, "边缘");
	cairo_set_source_rgb(cr, 0.1, 0.2, 0.8);	/* blue ink is no seal */
	cairo_arc(cr, 100, 150, 20, 0, 2 * M_PI);
	cairo_fill(cr);
	cairo_destroy(cr);
	assert_err(cut(s, 300, false, &seal, &err), ERR_INPUT);
	doc_seal_free(&seal);
	assert_err(cut(s, 0, false, &seal, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "分辨率"));
	doc_seal_free(&seal);
	assert_err(doc_seal_cut_work("no picture", 10, 300, DOC_SEAL_PERSON, &seal, &err), ERR_INPUT);
	cairo_surface_destroy(s);
}

/* Signatures -------------------------------------------------------------------------- */

/* Three characters that hang together loosely, w x 20 millimetres, in this colour. */
static void
sign(cairo_t *cr, double x, double y, double w, double red, double blue)
{
	cairo_set_source_rgb(cr, red, 0.12, blue);
	cairo_set_line_width(cr, 0.6);
	for (int i = 0; i < 3; i++) {
		double	 at = x + i * w / 3;

		cairo_move_to(cr, at, y + 4);
		cairo_curve_to(cr, at + w / 9, y, at + w / 5, y + 2, at + w / 4, y + 4);
		cairo_move_to(cr, at + w / 8, y);
		cairo_curve_to(cr, at + w / 7, y + 8, at + w / 10, y + 15, at, y + 20);
		cairo_move_to(cr, at + w / 9, y + 9);
		cairo_curve_to(cr, at + w / 7, y + 15, at + w / 5, y + 18, at + w / 4, y + 20);
	}
	cairo_stroke(cr);
}

/* The two boxes of the form, each with its word, close to each other and to the text above. */
static void
boxes(cairo_t *cr)
{
	cairo_set_source_rgb(cr, 0, 0, 0);
	cairo_set_line_width(cr, 0.2);
	cairo_rectangle(cr, 20, 56, 170, 60);
	cairo_rectangle(cr, 20, 118.8, 170, 60);
	cairo_stroke(cr);
	cairo_rectangle(cr, 21.5, 57.5, 3, 3);
	cairo_rectangle(cr, 25, 57.5, 3, 3);
	cairo_fill(cr);
}

void
test_seal__a_signature_on_the_form(void **state)
{
	static const int	 dpis[] = {150, 300, 400};
	struct err		 err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(dpis); i++) {
		cairo_t		*cr;
		cairo_surface_t	*s = page(dpis[i], &cr), *im;
		struct doc_seal	 seal;
		char		 name[20];

		boxes(cr);
		sign(cr, 70, 76, 60, 0.1, 0.45);
		stamp(cr, 100, 150, 30, 0.9);		/* in the other box */
		cairo_destroy(cr);
		assert_ok(cut_kind(s, dpis[i], DOC_SEAL_SIGNATURE, &seal, &err));
		assert_in_range(seal.width, 54, 58);
		assert_in_range(seal.height, 19, 22);
		assert_true(seal.png.len < DOC_SEAL_MAX);
		im = decode(&seal.png);
		assert_int_equal(pixel(im, 2, cairo_image_surface_get_height(im) / 2), 0xffffff);
		snprintf(name, sizeof(name), "signature-%d", dpis[i]);
		see(name, &seal.png);
		cairo_surface_destroy(im);
		cairo_surface_destroy(s);
		doc_seal_free(&seal);
	}
}

/* Nothing else on the picture: then it needs no form. */
static cairo_surface_t *
slip(int w, int h, cairo_t **cr)
{
	cairo_surface_t	*s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)PX(w), (int)PX(h));

	*cr = cairo_create(s);
	cairo_set_source_rgb(*cr, 0.97, 0.97, 0.95);
	cairo_paint(*cr);
	cairo_scale(*cr, PX(1), PX(1));
	return s;
}

static void
assert_signature(int x, int y, int w, double red, double blue, const char *why)
{
	struct err	 err = {0};
	cairo_t		*cr;
	cairo_surface_t	*s = slip(150, 60, &cr);
	struct doc_seal	 seal;

	if (w > 0)
		sign(cr, x, y, w, red, blue);
	cairo_destroy(cr);
	if (why == NULL) {
		assert_ok(cut_kind(s, 300, DOC_SEAL_SIGNATURE, &seal, &err));
		assert_true(seal.png.len > 0);
	} else {
		assert_err(cut_kind(s, 300, DOC_SEAL_SIGNATURE, &seal, &err), ERR_INPUT);
		if (strstr(err.text, why) == NULL)
			fail_msg("not \"%s\": %s", why, err.text);
		assert_int_equal(seal.png.len, 0);
	}
	doc_seal_free(&seal);
	cairo_surface_destroy(s);
}

void
test_seal__a_signature_alone(void **state)
{
	(void)state;
	assert_signature(20, 20, 60, 0.1, 0.1, NULL);		/* black */
	assert_signature(20, 20, 60, 0.1, 0.7, NULL);		/* blue */
	assert_signature(20, 20, 100, 0.1, 0.1, NULL);
	assert_signature(20, 20, 120, 0.1, 0.1, "除了签名还有别的内容");
	assert_signature(20, 20, 6, 0.1, 0.1, "太小");
	assert_signature(0, 20, 60, 0.1, 0.1, "边缘");
	assert_signature(20, 20, 60, 0.85, 0.12, "红色");
	assert_signature(0, 0, 0, 0, 0, "没有找到签名");
}

/* The form without a signature, and one that runs into the box. */
void
test_seal__signatures_that_are_refused(void **state)
{
	for (int over = 0; over < 2; over++) {
		struct err	 err = {0};
		cairo_t		*cr;
		cairo_surface_t	*s = page(300, &cr);
		struct doc_seal	 seal;

		(void)state;
		boxes(cr);
		if (over)
			sign(cr, 70, 55.3, 60, 0.1, 0.1);
		cairo_destroy(cr);
		assert_err(cut_kind(s, 300, DOC_SEAL_SIGNATURE, &seal, &err), ERR_INPUT);
		assert_non_null(strstr(err.text, over ? "碰到了边框" : "没有找到签名"));
		doc_seal_free(&seal);
		cairo_surface_destroy(s);
	}
}
