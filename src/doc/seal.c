#include "base/base.h"
#include "base/str.h"
#include "doc/doc.h"
#include "doc/ink.h"
#include "doc/seal_own.h"

#include <math.h>
#include <pango/pangocairo.h>

#define SEAL_PX(mm)	((mm) * SEAL_DPI / 25.4)
#define SEAL_FONT	"Noto Serif CJK SC Bold"
#define SEAL_NAME_MAX	60		/* characters; what the form takes */

pthread_mutex_t	 seal_lock = PTHREAD_MUTEX_INITIALIZER;

/* Drawing ----------------------------------------------------------------------------- */

#define ROUND_MM	42.0		/* 企业印章: diameter, ring, star as stamps are cut */
#define ROUND_RING	1.2
#define ROUND_STAR	7.0
#define ROUND_TEXT	16.2		/* radius of the middle of the name */
#define ROUND_HIGH	5.6		/* of a character */
#define SQUARE_MM	18.0		/* 个人名章 */
#define SQUARE_FRAME	0.9

/* One character, stretched into a box around (0,0) by what of it is really inked. */
static void
seal_character(cairo_t *cr, PangoLayout *layout, const char *text, size_t len, double w, double h)
{
	PangoRectangle	 ink;
	double		 sx, sy;

	pango_layout_set_text(layout, text, (int)len);
	pango_layout_get_extents(layout, &ink, NULL);
	if (ink.width <= 0 || ink.height <= 0)
		return;
	sx = w * PANGO_SCALE / ink.width;
	sy = h * PANGO_SCALE / ink.height;
	/* a character as flat as 一 is not to fill its box */
	sx = sx > 1.6 * sy ? 1.6 * sy : sx;
	sy = sy > 1.6 * sx ? 1.6 * sx : sy;
	cairo_save(cr);
	cairo_scale(cr, sx, sy);
	cairo_move_to(cr, -(ink.x + ink.width / 2.0) / PANGO_SCALE,
	    -(ink.y + ink.height / 2.0) / PANGO_SCALE);
	pango_cairo_show_layout(cr, layout);
	cairo_restore(cr);
}

/* The byte length of the character at p. */
static size_t
seal_next(const char *p)
{
	size_t	 n = 1;

	while (((unsigned char)p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static PangoLayout *
seal_layout(cairo_t *cr)
{
	PangoLayout		*layout = pango_cairo_create_layout(cr);
	PangoFontDescription	*desc = pango_font_description_from_string(SEAL_FONT);

	pango_font_description_set_absolute_size(desc, 100.0 * PANGO_SCALE);
	pango_layout_set_font_description(layout, desc);
	pango_font_description_free(desc);
	return layout;
}

/* The name from left over the top to right; a long one is narrow and reaches further down. */
static void
seal_arc(cairo_t *cr, const char *name)
{
	PangoLayout	*layout = seal_layout(cr);
	size_t		 n = utf8_count(name), i = 0;
	double		 span = MIN(1.55 * M_PI, (double)n * 0.36), step = span / (double)n;
	double		 w = MIN(ROUND_HIGH * 0.86, step * (ROUND_TEXT - 1.2) * 0.86);

	for (const char *p = name; *p != '\0'; p += seal_next(p), i++) {
		cairo_save(cr);
		cairo_rotate(cr, ((double)i - (double)(n - 1) / 2.0) * step);
		cairo_translate(cr, 0, -SEAL_PX(ROUND_TEXT));
		seal_character(cr, layout, p, seal_next(p), SEAL_PX(w), SEAL_PX(ROUND_HIGH));
		cairo_restore(cr);
	}
	g_object_unref(layout);
}

static void
seal_star(cairo_t *cr, double radius)
{
	for (int i = 0; i < 10; i++) {
		double	 r = i % 2 == 0 ? radius : radius * 0.381966, a = M_PI * (i / 5.0 - 0.5);

		cairo_line_to(cr, r * cos(a), r * sin(a));
	}
	cairo_close_path(cr);
	cairo_fill(cr);
}

/* GB/T 33481-2016 has seals of offices so; those of companies look alike. */
static void
seal_round(cairo_t *cr, const char *name)
{
	cairo_translate(cr, SEAL_PX(ROUND_MM) / 2, SEAL_PX(ROUND_MM) / 2);
	cairo_set_line_width(cr, SEAL_PX(ROUND_RING));
	cairo_arc(cr, 0, 0, SEAL_PX((ROUND_MM - ROUND_RING) / 2), 0, 2 * M_PI);
	cairo_stroke(cr);
	seal_star(cr, SEAL_PX(ROUND_STAR));
	seal_arc(cr, name);
}

/* What is cut of a person's name: no dots; two or three characters get their 印. */
static char *
seal_square_text(const char *name)
{
	struct buf	 b;
	size_t		 n;

	buf_init(&b, 400);
	for (const char *p = name; *p != '\0'; p += seal_next(p))
		if (strncmp(p, "·", strlen("·")) != 0)
			buf_add(&b, p, seal_next(p));
	n = utf8_count(b.p);
	buf_addstr(&b, n == 2 ? "之印" : n == 3 ? "印" : "");
	return buf_take(&b, NULL);
}

/* Columns from right to left, each from above. */
static void
seal_square(cairo_t *cr, const char *name)
{
	PangoLayout	*layout = seal_layout(cr);
	char		*text = seal_square_text(name);
	size_t		 n = MAX(utf8_count(text), 1), i = 0, columns, rows;
	double		 inner = SQUARE_MM - 2 * SQUARE_FRAME - 1.2, w, h;

	columns = (size_t)ceil(sqrt((double)n));
	rows = (n + columns - 1) / columns;
	w = inner / (double)columns;
	h = inner / (double)rows;
	cairo_set_line_width(cr, SEAL_PX(SQUARE_FRAME));
	cairo_rectangle(cr, SEAL_PX(SQUARE_FRAME / 2), SEAL_PX(SQUARE_FRAME / 2),
	    SEAL_PX(SQUARE_MM - SQUARE_FRAME), SEAL_PX(SQUARE_MM - SQUARE_FRAME));
	cairo_stroke(cr);
	for (const char *p = text; *p != '\0'; p += seal_next(p), i++) {
		double	 x = (double)(columns - 1 - i / rows) + 0.5, y = (double)(i % rows) + 0.5;

		cairo_save(cr);
		cairo_translate(cr, SEAL_PX((SQUARE_MM - inner) / 2 + x * w),
		    SEAL_PX((SQUARE_MM - inner) / 2 + y * h));
		seal_character(cr, layout, p, seal_next(p), SEAL_PX(w * 0.9), SEAL_PX(h * 0.9));
		cairo_restore(cr);
	}
	g_object_unref(layout);
	free(text);
}

int
doc_seal_draw_work(const char *name, bool person, struct doc_seal *out, struct err *err)
{
	double		 mm = person ? SQUARE_MM : ROUND_MM;
	int		 edge = (int)ceil(SEAL_PX(mm)), rc;
	cairo_surface_t	*mask;
	cairo_t		*cr;
	struct ink	 k;

	if (!utf8_is_valid(name, strlen(name)) || utf8_count(name) < 2 ||
	    utf8_count(name) > SEAL_NAME_MAX)
		return err_set(err, ERR_INPUT, "印章上的名称要 2 到 %d 个字。", SEAL_NAME_MAX);
	pthread_mutex_lock(&seal_lock);
	mask = cairo_image_surface_create(CAIRO_FORMAT_A8, edge, edge);
	cr = cairo_create(mask);
	if (person)
		seal_square(cr, name);
	else
		seal_round(cr, name);
	cairo_destroy(cr);
	ink_init(&k, edge, edge);
	ink_from_mask(&k, mask);
	cairo_surface_destroy(mask);
	rc = ink_png(&k, DOC_SEAL_MAX, &out->png, err);
	ink_free(&k);
	pthread_mutex_unlock(&seal_lock);
	out->width = out->height = (int)mm;
	return rc;
}

void
doc_seal_init(struct doc_seal *s)
{
	*s = (struct doc_seal){0};
	buf_init(&s->png, LIMIT_UPLOAD);
}

void
doc_seal_free(struct doc_seal *s)
{
	buf_free(&s->png);
}
