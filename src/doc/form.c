#include "base/base.h"
#include "doc/doc.h"

#include <pango/pangocairo.h>
#include <cairo-pdf.h>
#include <pthread.h>
#include <qrencode.h>

/*
 * Lengths in points (1/72 inch).  A document is laid out twice: once to count its pages,
 * once to draw them with "第 n 页 共 N 页".
 */
#define A4_WIDTH	595.28
#define A4_HEIGHT	841.89
#define MARGIN		54.0
#define BOTTOM		(A4_HEIGHT - 60.0)
#define INNER		(A4_WIDTH - 2 * MARGIN)
#define CELL_PAD	5.0
#define PT_PER_MM	(72.0 / 25.4)
#define FORM_PAGES_MAX	40
#define FORM_FONT	"Noto Sans CJK SC"

struct form_pen {
	cairo_t		*cr;
	PangoLayout	*layout;	/* one layout, its text and font set anew each time */
	const json_t	*doc;
	const char	*title;		/* of the current page */
	double		 y;
	int		 page, pages;	/* pages: 0 while counting */
};

/* Pango's font map is not made for several threads. */
static pthread_mutex_t	 form_lock = PTHREAD_MUTEX_INITIALIZER;

/* Set text and font; gives the height it will take in `width` points. */
static double
form_text(struct form_pen *pen, const char *text, const char *font, double width,
    PangoAlignment align)
{
	PangoFontDescription	*desc = pango_font_description_from_string(font);
	int			 w, h;

	pango_layout_set_font_description(pen->layout, desc);
	pango_font_description_free(desc);
	pango_layout_set_width(pen->layout, (int)(width * PANGO_SCALE));
	pango_layout_set_wrap(pen->layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_alignment(pen->layout, align);
	pango_layout_set_spacing(pen->layout, 3 * PANGO_SCALE);
	pango_layout_set_text(pen->layout, text, -1);
	pango_layout_get_size(pen->layout, &w, &h);
	return (double)h / PANGO_SCALE;
}

static void
form_show(struct form_pen *pen, double x, double y)
{
	cairo_move_to(pen->cr, x, y);
	pango_cairo_show_layout(pen->cr, pen->layout);
}

static void
form_line(struct form_pen *pen, double x1, double y1, double x2, double y2)
{
	cairo_move_to(pen->cr, x1, y1);
	cairo_line_to(pen->cr, x2, y2);
	cairo_stroke(pen->cr);
}

/* Vector squares, so the code stays sharp on any printer. */
static void
form_qr(struct form_pen *pen, const char *text, double x, double y, double size)
{
	QRcode	*qr = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	double	 cell;

	if (qr == NULL)
		return;
	cell = size / qr->width;
	for (int row = 0; row < qr->width; row++)
		for (int col = 0; col < qr->width; col++)
			if (qr->data[row * qr->width + col] & 1)
				cairo_rectangle(pen->cr, x + col * cell, y + row * cell, cell,
				    cell);
	cairo_fill(pen->cr);
	QRcode_free(qr);
}

static void
form_footer(struct form_pen *pen)
{
	char	 text[80];

	cairo_set_source_rgb(pen->cr, 0.35, 0.35, 0.35);
	snprintf(text, sizeof(text), "第 %d 页  共 %d 页", pen->page, pen->pages);
	form_text(pen, text, FORM_FONT " 8", INNER, PANGO_ALIGN_CENTER);
	form_show(pen, MARGIN, A4_HEIGHT - 40);
	form_text(pen, js_str(pen->doc, "number"), FORM_FONT " 8", INNER, PANGO_ALIGN_RIGHT);
	form_show(pen, MARGIN, A4_HEIGHT - 40);
	cairo_set_source_rgb(pen->cr, 0, 0, 0);
}

/* Issuer and number above, the page's title, the code in the corner of the first page. */
static void
form_header(struct form_pen *pen)
{
	const char	*qr = js_str(pen->doc, "qr");
	char		 text[200];
	double		 h;

	cairo_set_source_rgb(pen->cr, 0.35, 0.35, 0.35);
	form_text(pen, js_str(pen->doc, "issuer"), FORM_FONT " 9", INNER, PANGO_ALIGN_LEFT);
	form_show(pen, MARGIN, 34);
	cairo_set_line_width(pen->cr, 0.5);
	form_line(pen, MARGIN, 50, A4_WIDTH - MARGIN, 50);
	cairo_set_source_rgb(pen->cr, 0, 0, 0);
	pen->y = 66;
	if (pen->title[0] != '\0') {
		h = form_text(pen, pen->title, FORM_FONT " Bold 17", INNER - 130,
		    PANGO_ALIGN_CENTER);
		form_show(pen, MARGIN + 65, pen->y);
		pen->y += h + 6;
	}
	if (pen->page == 1 && js_str(pen->doc, "number")[0] != '\0') {
		snprintf(text, sizeof(text), "业务受理号：%s", js_str(pen->doc, "number"));
		h = form_text(pen, text, FORM_FONT " 9", INNER - 130, PANGO_ALIGN_CENTER);
		form_show(pen, MARGIN + 65, pen->y);
		pen->y += h + 6;
	}
	if (pen->page == 1 && qr[0] != '\0') {
		form_qr(pen, qr, A4_WIDTH - MARGIN - 56, 58, 56);
		pen->y = pen->y < 122 ? 122 : pen->y;
	}
	pen->y += 6;
}

static void
form_page(struct form_pen *pen, const char *title)
{
	if (pen->page > 0) {
		form_footer(pen);
		cairo_show_page(pen->cr);
	}
	pen->page++;
	pen->title = title;
	form_header(pen);
}

/* Room for h more points, or a fresh page. */
static void
form_room(struct form_pen *pen, double h)
{
	if (pen->y + h > BOTTOM)
		form_page(pen, "");
}

static int
form_heading(struct form_pen *pen, const json_t *b, struct err *err)
{
	double	 h;

	(void)err;
	h = form_text(pen, js_str(b, "text"), FORM_FONT " Bold 11.5", INNER, PANGO_ALIGN_LEFT);
	form_room(pen, h + 40);		/* never alone at the foot of a page */
	form_text(pen, js_str(b, "text"), FORM_FONT " Bold 11.5", INNER, PANGO_ALIGN_LEFT);
	pen->y += 8;
	form_show(pen, MARGIN, pen->y);
	pen->y += h + 5;
	return 0;
}

/* A paragraph may be longer than a page: it is drawn line by line. */
static void
form_flow(struct form_pen *pen, const char *text, double indent, double x)
{
	PangoLayoutIter	*it;
	PangoLayout	*para;

	form_text(pen, text, FORM_FONT " 10", INNER - x, PANGO_ALIGN_LEFT);
	para = pango_layout_copy(pen->layout);
	pango_layout_set_indent(para, (int)(indent * PANGO_SCALE));
	pango_layout_set_justify(para, true);
	it = pango_layout_get_iter(para);
	do {
		PangoLayoutLine	*line = pango_layout_iter_get_line_readonly(it);
		PangoRectangle	 ink, logical;

		pango_layout_iter_get_line_extents(it, &ink, &logical);
		form_room(pen, 16);
		cairo_move_to(pen->cr, MARGIN + x + (double)logical.x / PANGO_SCALE,
		    pen->y + 12);
		pango_cairo_show_layout_line(pen->cr, line);
		pen->y += 16;
	} while (pango_layout_iter_next_line(it));
	pango_layout_iter_free(it);
	g_object_unref(para);
	pen->y += 3;
}

static int
form_para(struct form_pen *pen, const json_t *b, struct err *err)
{
	(void)err;
	form_flow(pen, js_str(b, "text"), 20, 0);
	return 0;
}

static int
form_list(struct form_pen *pen, const json_t *b, struct err *err)
{
	const json_t	*items = json_object_get(b, "items"), *item;
	size_t		 i;

	(void)err;
	json_array_foreach(items, i, item) {
		char	*text = xasprintf("%zu．%s", i + 1,
		    json_string_value(item) == NULL ? "" : json_string_value(item));

		form_flow(pen, text, -18, 0);
		free(text);
	}
	return 0;
}

static double
form_cell(struct form_pen *pen, const char *text, bool label, double width)
{
	return form_text(pen, text, label ? FORM_FONT " Bold 9.5" : FORM_FONT " 10",
	    width - 2 * CELL_PAD, label ? PANGO_ALIGN_CENTER : PANGO_ALIGN_LEFT);
}

static void
form_row(struct form_pen *pen, const json_t *row, const double *widths, size_t cols)
{
	double	 h = 22, x = MARGIN;

	for (size_t c = 0; c < cols; c++) {
		const char	*text = json_string_value(json_array_get(row, c));
		double		 ch = form_cell(pen, text == NULL ? "" : text, c % 2 == 0,
		    widths[c]) + 2 * CELL_PAD;

		h = ch > h ? ch : h;
	}
	form_room(pen, h);
	cairo_set_line_width(pen->cr, 0.6);
	for (size_t c = 0; c < cols; c++) {
		const char	*text = json_string_value(json_array_get(row, c));
		double		 th;

		if (c % 2 == 0) {
			cairo_set_source_rgb(pen->cr, 0.945, 0.95, 0.955);
			cairo_rectangle(pen->cr, x, pen->y, widths[c], h);
			cairo_fill(pen->cr);
			cairo_set_source_rgb(pen->cr, 0, 0, 0);
		}
		cairo_rectangle(pen->cr, x, pen->y, widths[c], h);
		cairo_stroke(pen->cr);
		th = form_cell(pen, text == NULL ? "" : text, c % 2 == 0, widths[c]);
		form_show(pen, x + CELL_PAD, pen->y + (h - th) / 2);
		x += widths[c];
	}
	pen->y += h;
}

static int
form_table(struct form_pen *pen, const json_t *b, struct err *err)
{
	static const double	 two[] = {110, INNER - 110};
	static const double	 four[] = {92, INNER / 2 - 92, 92, INNER / 2 - 92};
	const json_t		*rows = json_object_get(b, "rows"), *row;
	size_t			 i;

	json_array_foreach(rows, i, row) {
		size_t	 cols = json_array_size(row);

		if (cols != 2 && cols != 4)
			return err_set(err, ERR_INPUT, "table row %zu has %zu cells", i, cols);
		form_row(pen, row, cols == 2 ? two : four, cols);
	}
	pen->y += 6;
	return 0;
}

static int
form_sign(struct form_pen *pen, const json_t *b, struct err *err)
{
	const json_t	*items = json_object_get(b, "items"), *item;
	size_t		 i, n = json_array_size(items);
	double		 w;

	if (n == 0 || n > 4)
		return err_set(err, ERR_INPUT, "a sign block has 1 to 4 items");
	w = INNER / (double)n;
	form_room(pen, 86);
	cairo_set_line_width(pen->cr, 0.6);
	json_array_foreach(items, i, item) {
		cairo_rectangle(pen->cr, MARGIN + (double)i * w, pen->y, w, 76);
		cairo_stroke(pen->cr);
		form_text(pen, json_string_value(item) == NULL ? "" : json_string_value(item),
		    FORM_FONT " 9.5", w - 2 * CELL_PAD, PANGO_ALIGN_LEFT);
		form_show(pen, MARGIN + (double)i * w + CELL_PAD, pen->y + CELL_PAD);
	}
	pen->y += 86;
	return 0;
}

static int
form_box(struct form_pen *pen, const json_t *b, struct err *err)
{
	double	 h = (double)js_int(b, "height_mm", 60) * PT_PER_MM;

	if (h < 10 || h > 600)
		return err_set(err, ERR_INPUT, "a box is 4 to 210 mm high");
	form_room(pen, h + 8);
	cairo_set_line_width(pen->cr, 0.6);
	cairo_rectangle(pen->cr, MARGIN, pen->y, INNER, h);
	cairo_stroke(pen->cr);
	cairo_set_source_rgb(pen->cr, 0.4, 0.4, 0.4);
	form_text(pen, js_str(b, "text"), FORM_FONT " 9", INNER - 2 * CELL_PAD,
	    PANGO_ALIGN_LEFT);
	form_show(pen, MARGIN + CELL_PAD, pen->y + CELL_PAD);
	cairo_set_source_rgb(pen->cr, 0, 0, 0);
	pen->y += h + 8;
	return 0;
}

static int
form_newpage(struct form_pen *pen, const json_t *b, struct err *err)
{
	(void)err;
	form_page(pen, js_str(b, "title"));
	return 0;
}

static const struct {
	const char	*type;
	int		(*draw)(struct form_pen *pen, const json_t *b, struct err *err);
} form_blocks[] = {
	{"heading", form_heading}, {"para", form_para}, {"list", form_list},
	{"table", form_table}, {"sign", form_sign}, {"box", form_box},
	{"page", form_newpage},
};

static int
form_block(struct form_pen *pen, const json_t *b, struct err *err)
{
	const char	*type = js_str(b, "type");

	if (pen->page > FORM_PAGES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d pages", FORM_PAGES_MAX);
	for (size_t i = 0; i < ARRAY_LEN(form_blocks); i++)
		if (strcmp(form_blocks[i].type, type) == 0)
			return form_blocks[i].draw(pen, b, err);
	return err_set(err, ERR_INPUT, "no block \"%s\"", type);
}

static cairo_status_t
form_sink(void *b, const unsigned char *p, unsigned int len)
{
	if (b != NULL)
		buf_add(b, p, len);
	return CAIRO_STATUS_SUCCESS;
}

/* Lay the document out once; pages 0: only to count. */
static int
form_draw(const json_t *d, int *pages, struct buf *pdf, struct err *err)
{
	cairo_surface_t	*surface = cairo_pdf_surface_create_for_stream(form_sink, pdf,
	    A4_WIDTH, A4_HEIGHT);
	struct form_pen	 pen = {.doc = d, .pages = *pages};
	const json_t	*b;
	size_t		 i;
	int		 rc = 0;

	pen.cr = cairo_create(surface);
	pen.layout = pango_cairo_create_layout(pen.cr);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, js_str(d, "title"));
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, js_str(d, "issuer"));
	cairo_set_source_rgb(pen.cr, 0, 0, 0);
	form_page(&pen, js_str(d, "title"));
	json_array_foreach(json_object_get(d, "blocks"), i, b)
		if ((rc = form_block(&pen, b, err)) < 0)
			break;
	form_footer(&pen);
	*pages = pen.page;
	g_object_unref(pen.layout);
	cairo_destroy(pen.cr);
	cairo_surface_finish(surface);
	if (rc == 0 && cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
		rc = err_set(err, ERR_BUG, "cairo: %s",
		    cairo_status_to_string(cairo_surface_status(surface)));
	cairo_surface_destroy(surface);
	return rc;
}

int
doc_form_work(const json_t *d, struct buf *pdf, struct err *err)
{
	int	 pages = 0, rc;

	pthread_mutex_lock(&form_lock);
	if ((rc = form_draw(d, &pages, NULL, err)) == 0)
		rc = form_draw(d, &pages, pdf, err);
	pthread_mutex_unlock(&form_lock);
	return rc < 0 ? -1 : buf_check(pdf, err);
}
