#include "base/base.h"
#include "base/str.h"
#include "doc/doc.h"
#include "doc/ink.h"
#include "doc/raster.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <pthread.h>

#define SEAL_DPI	300
#define SEAL_PX(mm)	((mm) * SEAL_DPI / 25.4)
#define SEAL_FONT	"Noto Serif CJK SC Bold"
#define SEAL_NAME_MAX	60		/* characters; what the form takes */

/* Pictures are large, and Pango's font map is not made for several threads. */
static pthread_mutex_t	 seal_lock = PTHREAD_MUTEX_INITIALIZER;

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

/* Cutting out ------------------------------------------------------------------------- */

#define CUT_WEAK	28		/* redness that is no more than the paper's colour */
#define CUT_INK		48		/* redness that is ink */
#define CUT_CELL_SHARE	12		/* one pixel in so many makes a square millimetre inked */
#define CUT_REACH	3		/* parts of a seal are not further apart, in millimetres */
#define CUT_LEAST_MM	8
#define CUT_ORGANISATION_MM	60
#define CUT_PERSON_MM	32
#define CUT_MARGIN_MM	1
#define CUT_PIECES	256

/* Square millimetres of the page, and the pieces of ink they belong to. */
struct cut {
	cairo_surface_t	*page;			/* RGB24, upright, SEAL_DPI at most */
	double		 cell;			/* pixels */
	int		 columns, rows;
	unsigned char	*inked;			/* columns * rows */
	int		*piece;			/* 0: none yet */
	int		 most;			/* millimetres that a side may have */
};
struct cut_box { int left, top, right, bottom, count; };	/* right and bottom included */

/* How red a pixel is: more than green and blue. */
static int
cut_redness(uint32_t px)
{
	int	 r = px >> 16 & 0xff, g = px >> 8 & 0xff, b = px & 0xff;

	return MAX(r - MAX(g, b), 0);
}

static const uint32_t *
cut_row(cairo_surface_t *s, int y)
{
	return (const uint32_t *)(const void *)(cairo_image_surface_get_data(s) +
	    (size_t)y * (size_t)cairo_image_surface_get_stride(s));
}

static void
cut_cells(struct cut *c)
{
	int	 w = cairo_image_surface_get_width(c->page);
	int	 h = cairo_image_surface_get_height(c->page), least;
	int	*count;

	c->columns = (int)(w / c->cell) + 1;
	c->rows = (int)(h / c->cell) + 1;
	c->inked = xcalloc((size_t)c->columns, (size_t)c->rows);
	c->piece = xcalloc((size_t)c->columns * (size_t)c->rows, sizeof(int));
	count = xcalloc((size_t)c->columns * (size_t)c->rows, sizeof(int));
	for (int y = 0; y < h; y++) {
		const uint32_t	*row = cut_row(c->page, y);
		int		*cells = count + (size_t)(int)(y / c->cell) * (size_t)c->columns;

		for (int x = 0; x < w; x++)
			if (cut_redness(row[x]) >= CUT_INK)
				cells[(int)(x / c->cell)]++;
	}
	least = MAX((int)(c->cell * c->cell / CUT_CELL_SHARE), 1);
	for (int i = 0; i < c->columns * c->rows; i++)
		c->inked[i] = count[i] >= least;
	free(count);
}

/* Everything that belongs together with the cell `from`: each cell is looked at once. */
static struct cut_box
cut_piece(struct cut *c, int from, int number, int *stack)
{
	struct cut_box	 b = {c->columns, c->rows, -1, -1, 0};
	int		 n = 0;

	stack[n++] = from;
	c->piece[from] = number;
	while (n > 0) {
		int	 at = stack[--n], x = at % c->columns, y = at / c->columns;

		b.left = MIN(b.left, x);
		b.right = MAX(b.right, x);
		b.top = MIN(b.top, y);
		b.bottom = MAX(b.bottom, y);
		b.count++;
		for (int j = MAX(y - CUT_REACH, 0); j <= MIN(y + CUT_REACH, c->rows - 1); j++)
			for (int i = MAX(x - CUT_REACH, 0); i <= MIN(x + CUT_REACH, c->columns - 1);
			    i++) {
				int	 next = j * c->columns + i;

				if (c->inked[next] && c->piece[next] == 0) {
					c->piece[next] = number;
					stack[n++] = next;
				}
			}
	}
	return b;
}

static int
cut_side(const struct cut_box *b)
{
	return MAX(b->right - b->left, b->bottom - b->top) + 1;
}

static bool
cut_touches_edge(const struct cut *c, const struct cut_box *b)
{
	return b->left == 0 || b->top == 0 || b->right >= c->columns - 2 ||
	    b->bottom >= c->rows - 2;
}

/* All pieces; specks beyond CUT_PIECES are forgotten. */
static int
cut_pieces(struct cut *c, struct cut_box *list)
{
	int	*stack = xcalloc((size_t)c->columns * (size_t)c->rows, sizeof(int));
	int	 n = 0;

	for (int i = 0; i < c->columns * c->rows; i++) {
		struct cut_box	 b;

		if (!c->inked[i] || c->piece[i] != 0)
			continue;
		b = cut_piece(c, i, 1, stack);
		if (n < CUT_PIECES)
			list[n++] = b;
	}
	free(stack);
	return n;
}

/* The star inside the ring is no seal of its own. */
static bool
cut_is_inside(const struct cut_box *b, const struct cut_box *list, int n)
{
	for (int i = 0; i < n; i++)
		if (&list[i] != b && list[i].left <= b->left && list[i].top <= b->top &&
		    list[i].right >= b->right && list[i].bottom >= b->bottom &&
		    (list[i].count > b->count || &list[i] < b))
			return true;
	return false;
}

/* The largest piece whose sides a seal may have. */
static int
cut_find(struct cut *c, struct cut_box *best, struct err *err)
{
	struct cut_box	 list[CUT_PIECES];
	int		 n = cut_pieces(c, list), large = 0, small = 0;

	*best = (struct cut_box){.count = 0};
	for (int i = 0; i < n; i++) {
		const struct cut_box	*b = &list[i];

		if (cut_side(b) > c->most + 1)
			large = MAX(large, cut_side(b));
		else if (MIN(b->right - b->left, b->bottom - b->top) + 1 < CUT_LEAST_MM)
			small += b->count >= 4;
		else if (b->count > best->count && !cut_is_inside(b, list, n))
			*best = *b;
	}
	if (best->count > 0 && cut_touches_edge(c, best))
		return err_set(err, ERR_INPUT, "印模图片里的印迹碰到了图片边缘，可能不完整。"
		    "请把印章盖在纸的中间，重新扫描后上传。");
	if (best->count > 0)
		return 0;
	if (large > 0)
		return err_set(err, ERR_INPUT, "印模图片里的印迹约 %d 毫米，超过 %d 毫米。"
		    "请按原尺寸（100%%）用300DPI重新扫描，只盖一枚印章。", large, c->most);
	return err_set(err, ERR_INPUT, small > 0 ?
	    "印模图片里的红色印迹太小或太淡，看不出是一枚印章。请用红色印泥重新盖章，按300DPI彩色扫描后上传。" :
	    "印模图片里没有找到红色的印迹。请用红色印泥在白纸上盖章，按300DPI彩色扫描后上传。");
}

static int
cut_compare(const void *a, const void *b)
{
	return *(const unsigned char *)a - *(const unsigned char *)b;
}

/* The redness that three fifths of the ink stay below: full strength. */
static int
cut_full(const struct ink *k)
{
	size_t		 n = (size_t)k->width * (size_t)k->height, m = 0;
	unsigned char	*ink = xmalloc(n);
	int		 full = 128;

	for (size_t i = 0; i < n; i++)
		if (k->strength[i] >= CUT_INK)
			ink[m++] = k->strength[i];
	if (m > 0) {
		qsort(ink, m, 1, cut_compare);
		full = ink[m * 6 / 10];
	}
	free(ink);
	return full;
}

/* The mean colour of what is inked fully, and strengths in place of redness. */
static void
cut_ink(struct ink *k, cairo_surface_t *page, int left, int top)
{
	int		 full = cut_full(k);
	uint64_t	 sum[3] = {0}, n = 0;

	for (int y = 0; y < k->height; y++) {
		const uint32_t	*row = cut_row(page, top + y) + left;
		unsigned char	*to = k->strength + (size_t)y * (size_t)k->width;

		for (int x = 0; x < k->width; x++) {
			int	 s = (to[x] - CUT_WEAK) * 255 / MAX(full - CUT_WEAK, 1);

			if (to[x] >= full) {
				sum[0] += row[x] >> 16 & 0xff;
				sum[1] += row[x] >> 8 & 0xff;
				sum[2] += row[x] & 0xff;
				n++;
			}
			to[x] = (unsigned char)MIN(MAX(s, 0), 255);
		}
	}
	if (n == 0)
		return;
	k->red = (unsigned char)(sum[0] / n);
	k->green = (unsigned char)(sum[1] / n);
	k->blue = (unsigned char)(sum[2] / n);
}

/* To the pixel, with a margin; millimetres of what is inked, rounded. */
static int
cut_take(struct cut *c, const struct cut_box *b, struct doc_seal *out, struct err *err)
{
	int		 w = cairo_image_surface_get_width(c->page);
	int		 h = cairo_image_surface_get_height(c->page), rc;
	int		 margin = (int)(CUT_MARGIN_MM * c->cell);
	int		 left = MAX((int)(b->left * c->cell) - margin, 0);
	int		 top = MAX((int)(b->top * c->cell) - margin, 0);
	int		 right = MIN((int)((b->right + 1) * c->cell) + margin, w);
	int		 bottom = MIN((int)((b->bottom + 1) * c->cell) + margin, h);
	int		 x0 = right, y0 = bottom, x1 = left, y1 = top;
	struct ink	 k;

	for (int y = top; y < bottom; y++)
		for (int x = left; x < right; x++)
			if (cut_redness(cut_row(c->page, y)[x]) >= CUT_INK) {
				x0 = MIN(x0, x);
				x1 = MAX(x1, x);
				y0 = MIN(y0, y);
				y1 = MAX(y1, y);
			}
	ink_init(&k, x1 - x0 + 1, y1 - y0 + 1);
	for (int y = 0; y < k.height; y++)
		for (int x = 0; x < k.width; x++)
			k.strength[(size_t)y * (size_t)k.width + (size_t)x] =
			    (unsigned char)cut_redness(cut_row(c->page, y0 + y)[x0 + x]);
	cut_ink(&k, c->page, x0, y0);
	out->width = (int)(k.width / c->cell + 0.5);
	out->height = (int)(k.height / c->cell + 0.5);
	rc = ink_png(&k, DOC_SEAL_MAX, &out->png, err);
	ink_free(&k);
	return rc;
}

/* The page upright, at SEAL_DPI or less; what it really has goes to *dpi. */
static int
cut_open(const void *p, size_t len, double *dpi, cairo_surface_t **out, struct err *err)
{
	cairo_surface_t	*raw = NULL;
	struct sniff	 sn;
	int		 edge, longer, rc = -1;

	if (sniff_read(p, len, &sn, err) < 0)
		return -1;
	if ((int64_t)sn.width * sn.height > LIMIT_IMAGE_PIXELS)
		return err_set(err, ERR_INPUT, "印模图片太大，请按300DPI重新扫描。");
	edge = MAX(sn.width, sn.height);
	if (*dpi > SEAL_DPI)
		edge = (int)(edge * SEAL_DPI / *dpi);
	if (raster_decode(p, len, &sn, edge, &raw, err) == 0 &&
	    raster_fit(raw, sn.orientation, edge, out, err) == 0) {
		longer = MAX(cairo_image_surface_get_width(*out),
		    cairo_image_surface_get_height(*out));
		*dpi = *dpi * longer / MAX(sn.width, sn.height);
		rc = 0;
	}
	if (raw != NULL)
		cairo_surface_destroy(raw);
	return rc;
}

int
doc_seal_cut_work(const void *p, size_t len, int dpi, bool person, struct doc_seal *out,
    struct err *err)
{
	struct cut	 c = {.most = person ? CUT_PERSON_MM : CUT_ORGANISATION_MM};
	struct cut_box	 box;
	double		 real = dpi;
	int		 rc = -1;

	if (dpi < 50 || dpi > 2400)
		return err_set(err, ERR_INPUT, "印模图片没有写明扫描分辨率，请用扫描仪以300DPI重新扫描后上传。");
	pthread_mutex_lock(&seal_lock);
	if (cut_open(p, len, &real, &c.page, err) == 0) {
		c.cell = real / 25.4;
		cut_cells(&c);
		if (cut_find(&c, &box, err) == 0)
			rc = cut_take(&c, &box, out, err);
	}
	pthread_mutex_unlock(&seal_lock);
	free(c.inked);
	free(c.piece);
	if (c.page != NULL)
		cairo_surface_destroy(c.page);
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
