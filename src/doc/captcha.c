#include "base/base.h"
#include "base/rand.h"
#include "doc/doc.h"
#include "doc/raster.h"

#include <math.h>

#define CAPTCHA_WIDTH	168
#define CAPTCHA_HEIGHT	56

static double
captcha_between(double lo, double hi)
{
	return lo + (hi - lo) * rand_below(10001) / 10000.0;
}

static void
captcha_ink(cairo_t *cr)
{
	cairo_set_source_rgb(cr, captcha_between(0, .35), captcha_between(.1, .4),
	    captcha_between(.2, .55));
}

/* Outlines as a path, bent by two waves, so that letters touch and lean. */
static void
captcha_letters(cairo_t *cr, const char *text)
{
	double	 step = (CAPTCHA_WIDTH - 24.0) / (double)strlen(text);

	cairo_select_font_face(cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
	    CAIRO_FONT_WEIGHT_BOLD);
	for (size_t i = 0; text[i] != '\0'; i++) {
		const char	 one[2] = {text[i], '\0'};

		cairo_save(cr);
		cairo_translate(cr, 14 + (double)i * step + captcha_between(-2, 3),
		    40 + captcha_between(-5, 5));
		cairo_rotate(cr, captcha_between(-.38, .38));
		cairo_transform(cr, &(cairo_matrix_t){1, captcha_between(-.15, .15),
		    captcha_between(-.25, .25), 1, 0, 0});
		cairo_set_font_size(cr, captcha_between(30, 37));
		captcha_ink(cr);
		cairo_move_to(cr, 0, 0);
		cairo_show_text(cr, one);
		cairo_restore(cr);
	}
}

static void
captcha_noise(cairo_t *cr)
{
	for (int i = 0; i < 4; i++) {
		captcha_ink(cr);
		cairo_set_line_width(cr, captcha_between(1, 2.2));
		cairo_move_to(cr, captcha_between(-10, 20), captcha_between(0, CAPTCHA_HEIGHT));
		cairo_curve_to(cr, captcha_between(30, 70), captcha_between(-20, 76),
		    captcha_between(80, 120), captcha_between(-20, 76),
		    captcha_between(CAPTCHA_WIDTH - 20, CAPTCHA_WIDTH + 10),
		    captcha_between(0, CAPTCHA_HEIGHT));
		cairo_stroke(cr);
	}
	for (int i = 0; i < 60; i++) {
		captcha_ink(cr);
		cairo_arc(cr, captcha_between(0, CAPTCHA_WIDTH),
		    captcha_between(0, CAPTCHA_HEIGHT), captcha_between(.4, 1.1), 0, 2 * M_PI);
		cairo_fill(cr);
	}
}

int
doc_captcha_work(const char *text, struct buf *png, struct err *err)
{
	cairo_surface_t	*s;
	cairo_t		*cr;
	int		 rc;

	if (strlen(text) < 4 || strlen(text) > 6)
		return err_set(err, ERR_INPUT, "a captcha has 4 to 6 characters");
	s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, CAPTCHA_WIDTH, CAPTCHA_HEIGHT);
	cr = cairo_create(s);
	cairo_set_source_rgb(cr, .96, .97, .97);
	cairo_paint(cr);
	captcha_letters(cr, text);
	captcha_noise(cr);
	cairo_destroy(cr);
	rc = raster_png(s, png, err);
	cairo_surface_destroy(s);
	return rc;
}
