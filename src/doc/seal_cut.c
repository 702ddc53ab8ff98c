#include "base/base.h"
#include "doc/doc.h"
#include "doc/ink.h"
#include "doc/raster.h"
#include "doc/seal_own.h"

/*
 * Cutting out: the red impression of a seal, or a signature in dark ink.
 */

#define CUT_CELL_SHARE	12		/* one pixel in so many makes a square millimetre inked */
#define CUT_LEAST_MM	8
#define CUT_ORGANISATION_MM	60
#define CUT_PERSON_MM	32
#define CUT_MARGIN_MM	1
#define CUT_PIECES	512
#define CUT_FRAME_WIDE	60		/* the box on the form that is signed in, at least */
#define CUT_FRAME_HIGH	30
#define CUT_FRAME_CELLS	6		/* its line, skew and thick, for each millimetre round it */
#define CUT_FRAME_LINE	5		/* so far from its sides it has nothing of its own */
#define CUT_LABEL_WIDE	14		/* of the word in its corner */
#define CUT_LABEL_HIGH	9
#define CUT_SIGNATURE_WIDE	100
#define CUT_SIGNATURE_HIGH	50
#define CUT_SIGNATURE_LEAST	5

/* What is ink on the page. */
struct cut_ink {
	int		(*strength)(uint32_t px);
	int		 weak;			/* no more than the paper's colour */
	int		 ink;			/* ink */
	int		 reach;			/* parts of one piece are not further apart, in millimetres */
};

/* Square millimetres of the page, and the pieces of ink they belong to. */
struct cut {
	const struct cut_ink *of;
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

/* How dark: a pen of any colour on white paper. */
static int
cut_darkness(uint32_t px)
{
	int	 r = px >> 16 & 0xff, g = px >> 8 & 0xff, b = px & 0xff;

	return 255 - (2 * r + 5 * g + b) / 8;
}

static const struct cut_ink	 cut_of_seals = {cut_redness, 28, 48, 3};
static const struct cut_ink	 cut_of_pens = {cut_darkness, 48, 80, 1};

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
			if (c->of->strength(row[x]) >= c->of->ink)
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
	int		 n = 0, reach = c->of->reach;

	stack[n++] = from;
	c->piece[from] = number;
	while (n > 0) {
		int	 at = stack[--n], x = at % c->columns, y = at / c->columns;

		b.left = MIN(b.left, x);
		b.right = MAX(b.right, x);
		b.top = MIN(b.top, y);
		b.bottom = MAX(b.bottom, y);
		b.count++;
		for (int j = MAX(y - reach, 0); j <= MIN(y + reach, c->rows - 1); j++)
			for (int i = MAX(x - reach, 0); i <= MIN(x + reach, c->columns - 1);
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

/* All pieces, the i-th numbered i + 1; those beyond CUT_PIECES are forgotten. */
static int
cut_pieces(struct cut *c, struct cut_box *list)
{
	int	*stack = xcalloc((size_t)c->columns * (size_t)c->rows, sizeof(int));
	int	 n = 0;

	for (int i = 0; i < c->columns * c->rows; i++) {
		struct cut_box	 b;

		if (!c->inked[i] || c->piece[i] != 0)
			continue;
		b = cut_piece(c, i, n + 1, stack);
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

/* The box on the form that is signed in: large, nothing in it but what is written; the topmost. */
static const struct cut_box *
cut_frame(const struct cut *c, const struct cut_box *list, int n)
{
	const struct cut_box	*found = NULL;

	for (int i = 0; i < n; i++) {
		const struct cut_box	*b = &list[i];
		int			 w = b->right - b->left + 1, h = b->bottom - b->top + 1;

		if (w >= CUT_FRAME_WIDE && h >= CUT_FRAME_HIGH && b->count <= CUT_FRAME_CELLS * (w + h) &&
		    !cut_touches_edge(c, b) && (found == NULL || b->top < found->top))
			found = b;
	}
	return found;
}

static bool
cut_is_label(const struct cut_box *frame, int right, int bottom)
{
	return right <= frame->left + CUT_LABEL_WIDE && bottom <= frame->top + CUT_LABEL_HIGH;
}

/* Something hangs at the frame's line: it can not be told from it. */
static bool
cut_frame_is_crossed(const struct cut *c, const struct cut_box *f, int number)
{
	int	 n = 0;

	for (int y = f->top + CUT_FRAME_LINE; y <= f->bottom - CUT_FRAME_LINE; y++)
		for (int x = f->left + CUT_FRAME_LINE; x <= f->right - CUT_FRAME_LINE; x++)
			n += c->piece[y * c->columns + x] == number && !cut_is_label(f, x, y);
	return n > 1;
}

/* Part of the signature: in the frame, when there is one, and not the word in its corner. */
static bool
cut_is_written(const struct cut_box *b, const struct cut_box *frame)
{
	if (b->count < 2 || b == frame)
		return false;
	if (frame == NULL)
		return true;
	return b->left > frame->left && b->right < frame->right && b->top > frame->top &&
	    b->bottom < frame->bottom && !cut_is_label(frame, b->right, b->bottom);
}

static int
cut_check_signature(const struct cut *c, const struct cut_box *b, bool framed, struct err *err)
{
	int	 w = b->right - b->left + 1, h = b->bottom - b->top + 1;

	if (b->count == 0)
		return err_set(err, ERR_INPUT, framed ? "签名印模表的“签名”框里没有找到签名。"
		    "请用黑色或蓝色的笔签在框的中间，按300DPI彩色扫描后上传。" :
		    "签名印模图片里没有找到签名。请用黑色或蓝色的笔在白纸上签名，按300DPI彩色扫描后上传。");
	if (w > CUT_SIGNATURE_WIDE || h > CUT_SIGNATURE_HIGH)
		return err_set(err, ERR_INPUT, "图片里除了签名还有别的内容，或者签名碰到了边框（字迹共%d×%d毫米，"
		    "签名最大%d×%d毫米）。请签在印模表“签名”框的中间，或在白纸上签名，只扫描签名的部分。",
		    w, h, CUT_SIGNATURE_WIDE, CUT_SIGNATURE_HIGH);
	if (cut_touches_edge(c, b))
		return err_set(err, ERR_INPUT, "签名碰到了图片边缘，可能不完整。"
		    "请在签名四周留出空白，重新扫描后上传。");
	return w >= CUT_LEAST_MM && h >= CUT_SIGNATURE_LEAST ? 0 : err_set(err, ERR_INPUT,
	    "签名太小（%d×%d毫米），看不清楚。请写得大一些，按300DPI重新扫描后上传。", w, h);
}

/* A signature is not one piece: all that is written is. */
static int
cut_find_signature(struct cut *c, struct cut_box *all, struct err *err)
{
	struct cut_box		 list[CUT_PIECES];
	int			 n = cut_pieces(c, list);
	const struct cut_box	*frame = cut_frame(c, list, n);

	*all = (struct cut_box){c->columns, c->rows, -1, -1, 0};
	if (frame != NULL && cut_frame_is_crossed(c, frame, (int)(frame - list) + 1))
		return err_set(err, ERR_INPUT, "签名碰到了边框，或者有线穿过签名框。"
		    "请签在“签名”框的中间，四周留出空白，重新扫描后上传。");
	for (int i = 0; i < n; i++) {
		const struct cut_box	*b = &list[i];

		if (!cut_is_written(b, frame))
			continue;
		all->left = MIN(all->left, b->left);
		all->right = MAX(all->right, b->right);
		all->top = MIN(all->top, b->top);
		all->bottom = MAX(all->bottom, b->bottom);
		all->count += b->count;
	}
	return cut_check_signature(c, all, frame != NULL, err);
}

static int
cut_compare(const void *a, const void *b)
{
	return *(const unsigned char *)a - *(const unsigned char *)b;
}

/* The redness that three fifths of the ink stay below: full strength. */
static int
cut_full(const struct ink *k, int least)
{
	size_t		 n = (size_t)k->width * (size_t)k->height, m = 0;
	unsigned char	*ink = xmalloc(n);
	int		 full = 128;

	for (size_t i = 0; i < n; i++)
		if (k->strength[i] >= least)
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
cut_take_ink(const struct cut *c, struct ink *k, int left, int top)
{
	int		 weak = c->of->weak, full = cut_full(k, c->of->ink);
	uint64_t	 sum[3] = {0}, n = 0;

	for (int y = 0; y < k->height; y++) {
		const uint32_t	*row = cut_row(c->page, top + y) + left;
		unsigned char	*to = k->strength + (size_t)y * (size_t)k->width;

		for (int x = 0; x < k->width; x++) {
			int	 s = (to[x] - weak) * 255 / MAX(full - weak, 1);

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
			if (c->of->strength(cut_row(c->page, y)[x]) >= c->of->ink) {
				x0 = MIN(x0, x);
				x1 = MAX(x1, x);
				y0 = MIN(y0, y);
				y1 = MAX(y1, y);
			}
	ink_init(&k, x1 - x0 + 1, y1 - y0 + 1);
	for (int y = 0; y < k.height; y++)
		for (int x = 0; x < k.width; x++)
			k.strength[(size_t)y * (size_t)k.width + (size_t)x] =
			    (unsigned char)c->of->strength(cut_row(c->page, y0 + y)[x0 + x]);
	cut_take_ink(c, &k, x0, y0);
	out->width = (int)(k.width / c->cell + 0.5);
	out->height = (int)(k.height / c->cell + 0.5);
	if (c->of == &cut_of_pens && k.red - MAX(k.green, k.blue) >= cut_of_seals.ink)
		rc = err_set(err, ERR_INPUT, "签名印模图片里是红色的印迹，不像签名。"
		    "请用黑色或蓝色的笔签名后重新扫描；要用印章的，请在申请表里选择办理印章。");
	else
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
doc_seal_cut_work(const void *p, size_t len, int dpi, enum doc_seal_kind kind,
    struct doc_seal *out, struct err *err)
{
	bool		 pen = kind == DOC_SEAL_SIGNATURE;
	struct cut	 c = {.of = pen ? &cut_of_pens : &cut_of_seals,
		.most = kind == DOC_SEAL_PERSON ? CUT_PERSON_MM : CUT_ORGANISATION_MM};
	struct cut_box	 box;
	double		 real = dpi;
	int		 rc = -1;

	if (dpi < 50 || dpi > 2400)
		return err_set(err, ERR_INPUT, "印模图片没有写明扫描分辨率，请用扫描仪以300DPI重新扫描后上传。");
	pthread_mutex_lock(&seal_lock);
	if (cut_open(p, len, &real, &c.page, err) == 0) {
		c.cell = real / 25.4;
		cut_cells(&c);
		if ((pen ? cut_find_signature(&c, &box, err) : cut_find(&c, &box, err)) == 0)
			rc = cut_take(&c, &box, out, err);
	}
	pthread_mutex_unlock(&seal_lock);
	free(c.inked);
	free(c.piece);
	if (c.page != NULL)
		cairo_surface_destroy(c.page);
	return rc;
}
