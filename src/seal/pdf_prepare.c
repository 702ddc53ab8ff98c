#include "base/base.h"
#include "seal/pdf_update.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"

#define STAMPED_MAX	500		/* pages that get the picture */
#define MM		(72 / 25.4)
#define RANGE_PLACE	"[0 0000000000 0000000000 0000000000]"

/* May it be sealed -------------------------------------------------------------------- */

/* A signature of the author that allows no more, or a field that closes the file (12.8.2.2). */
static int
prepare_check_field(struct pdf *d, int64_t no, const struct pdf_value *field, void *arg,
    struct err *err)
{
	const struct pdf_value	*v = NULL, *list = NULL, *row = NULL, *lock = NULL;

	(void)no;
	(void)arg;
	if (pdf_get(d, field, "V", &v, err) < 0 || pdf_get(d, v, "Reference", &list, err) < 0 ||
	    pdf_get(d, field, "Lock", &lock, err) < 0)
		return -1;
	if (v->kind == PDF_DICT && pdf_key(lock, "P") != NULL)
		return err_set(err, ERR_DENIED, "这份 PDF 里的签名锁定了文件，不允许再加签章。");
	for (const struct pdf_value *r = list->kind == PDF_ARRAY ? list->first : NULL; r != NULL;
	    r = r->next) {
		if (pdf_resolve(d, r, &row, err) < 0)
			return -1;
		if (pdf_is_name(pdf_key(row, "TransformMethod"), "DocMDP"))
			return err_set(err, ERR_DENIED,
			    "这份 PDF 的作者用认证签名限制了修改，不允许再加签章。");
	}
	return 0;
}

static int
prepare_check(struct pdf *d, struct err *err)
{
	const struct pdf_value	*perms = NULL;

	if (pdf_get(d, d->root, "Perms", &perms, err) < 0)
		return -1;
	if (pdf_key(perms, "DocMDP") != NULL)
		return err_set(err, ERR_DENIED,
		    "这份 PDF 的作者用认证签名限制了修改，不允许再加签章。");
	return pdf_fields_each(d, prepare_check_field, NULL, err);
}

/* Where ------------------------------------------------------------------------------- */

/* A picture on a page: its rectangle there, and what part of the whole picture it is. */
struct prepare_spot {
	struct pdf_page	 page;
	double		 rect[4];
	double		 width, height;		/* of the whole picture, points */
	double		 from, to;		/* the part, across */
};

/* The middle (x, y from the upper left as shown, points) and size as the page has them. */
static void
spot_rect(struct prepare_spot *s, double x, double y, double w, double h)
{
	const double	*b = s->page.box;
	double		 px, py, t;

	switch (s->page.rotate) {
	case 90:
		px = b[0] + y;
		py = b[1] + x;
		break;
	case 180:
		px = b[2] - x;
		py = b[1] + y;
		break;
	case 270:
		px = b[2] - y;
		py = b[3] - x;
		break;
	default:
		px = b[0] + x;
		py = b[3] - y;
		break;
	}
	if (s->page.rotate % 180 != 0) {
		t = w;
		w = h;
		h = t;
	}
	s->rect[0] = px - w / 2;
	s->rect[1] = py - h / 2;
	s->rect[2] = px + w / 2;
	s->rect[3] = py + h / 2;
}

/* i-th of n pages that get the picture. */
static int
spot_make(struct prepare_spot *s, const struct eseal_picture *picture,
    const struct pdf_place *place, int i, int n, struct err *err)
{
	double	 scale = MM / s->page.unit, x = place->x * scale, y = place->y * scale, w;
	bool	 turned = s->page.rotate % 180 != 0;
	double	 across = s->page.box[turned ? 3 : 2] - s->page.box[turned ? 1 : 0];
	double	 down = s->page.box[turned ? 2 : 3] - s->page.box[turned ? 0 : 1];

	s->width = (double)picture->width * scale;
	s->height = (double)picture->height * scale;
	s->from = place->is_edge ? s->width * i / n : 0;
	s->to = place->is_edge ? s->width * (i + 1) / n : s->width;
	w = s->to - s->from;
	if (place->is_edge)
		x = across - w / 2;
	if (!(x - w / 2 >= -0.01 && x + w / 2 <= across + 0.01 && y - s->height / 2 >= -0.01 &&
	    y + s->height / 2 <= down + 0.01))
		return err_set(err, ERR_INPUT, "印章超出了页面（页面 %.0f × %.0f 毫米，印章 %" PRId64
		    " × %" PRId64 " 毫米）。请换一个位置。", across / scale, down / scale,
		    picture->width, picture->height);
	spot_rect(s, x, y, w, s->height);
	return 0;
}

/* What is written --------------------------------------------------------------------- */

/* The appearance stands upright on a turned page; viewers fit it into the rectangle (12.5.5). */
static int64_t
add_form(struct pdf_update *u, const struct prepare_spot *s, int64_t image)
{
	static const char *const	 turned[] = {"1 0 0 1 0 0", "0 1 -1 0 0 0", "-1 0 0 -1 0 0",
		"0 -1 1 0 0 0"};
	int64_t	 no = pdf_update_number(u);
	char	 dict[320], content[128];
	int	 n;

	n = snprintf(content, sizeof(content), "q %.3f 0 0 %.3f 0 0 cm /Seal Do Q", s->width,
	    s->height);
	(void)snprintf(dict, sizeof(dict), "/Type/XObject/Subtype/Form/BBox[%.3f 0 %.3f %.3f]"
	    "/Matrix[%s]/Resources<</XObject<</Seal %" PRId64 " 0 R>>>>", s->from, s->to, s->height,
	    turned[s->page.rotate / 90], image);
	pdf_update_stream(u, no, dict, content, (size_t)n);
	return no;
}

/* The page as it was, with one more annotation. */
static int
add_to_page(struct pdf_update *u, const struct pdf_page *page, int64_t annotation,
    struct err *err)
{
	static const char *const	 but[] = {"Annots", NULL};
	const struct pdf_value		*old = NULL;

	for (size_t i = 0; i < u->n; i++)
		if (u->row[i].no == page->no)
			return err_set(err, ERR_INPUT, PDF_NO "同一页在文件里出现了两次。");
	if (pdf_get(u->pdf, page->dict, "Annots", &old, err) < 0)
		return -1;
	pdf_update_begin(u, page->no);
	buf_addstr(u->out, "<<\n");
	pdf_update_keys(u, page->dict, but);
	buf_addstr(u->out, "/Annots [");
	if (old->kind == PDF_ARRAY)
		pdf_update_items(u, old);
	pdf_update_ref(u, annotation);
	buf_addstr(u->out, "]>>");
	pdf_update_end(u);
	return 0;
}

/* The field and its widget in one, or a stamp without a field (is_field false). */
static void
add_annotation(struct pdf_update *u, const struct prepare_spot *s, int64_t no, int64_t form,
    int64_t signature, bool is_field)
{
	unsigned char	 fresh[8];
	char		 hex[2 * sizeof(fresh) + 1];

	rand_bytes(fresh, sizeof(fresh));
	hex_encode(fresh, sizeof(fresh), hex);
	pdf_update_begin(u, no);
	if (is_field)
		buf_addf(u->out, "<</Type/Annot/Subtype/Widget/FT/Sig/F 132/T(Seal-%s)/V %" PRId64
		    " 0 R", hex, signature);
	else
		buf_addf(u->out, "<</Type/Annot/Subtype/Stamp/F 196/NM(Seal-%s)", hex);
	buf_addf(u->out, "/Rect[%.3f %.3f %.3f %.3f]/AP<</N %" PRId64 " 0 R>>/P ", s->rect[0],
	    s->rect[1], s->rect[2], s->rect[3], form);
	pdf_update_ref(u, s->page.no);
	buf_addstr(u->out, ">>");
	pdf_update_end(u);
}

/* The form's dictionary with one more field; the catalog only when it did not point to one. */
static int
add_to_form(struct pdf_update *u, int64_t field, struct err *err)
{
	static const char *const	 but_form[] = {"Fields", "SigFlags", NULL};
	static const char *const	 but_root[] = {"AcroForm", NULL};
	const struct pdf_value		*ref = pdf_key(u->pdf->root, "AcroForm"), *form = NULL;
	const struct pdf_value		*fields = NULL;
	bool				 is_ref = ref != NULL && ref->kind == PDF_REF;
	int64_t				 no = is_ref ? ref->n : pdf_update_number(u);

	if (pdf_resolve(u->pdf, ref, &form, err) < 0 ||
	    pdf_get(u->pdf, form, "Fields", &fields, err) < 0)
		return -1;
	pdf_update_begin(u, no);
	buf_addstr(u->out, "<<\n");
	if (form->kind == PDF_DICT)
		pdf_update_keys(u, form, but_form);
	buf_addstr(u->out, "/SigFlags 3/Fields [");
	if (fields->kind == PDF_ARRAY)
		pdf_update_items(u, fields);
	buf_addf(u->out, "%" PRId64 " 0 R]>>", field);
	pdf_update_end(u);
	if (is_ref)
		return 0;
	pdf_update_begin(u, u->pdf->root_no);
	buf_addstr(u->out, "<<\n");
	pdf_update_keys(u, u->pdf->root, but_root);
	buf_addf(u->out, "/AcroForm %" PRId64 " 0 R>>", no);
	pdf_update_end(u);
	return 0;
}

/* Text as UTF-16 (7.9.2.2), in hex; the seal's name is valid UTF-8. */
static void
add_text(struct buf *out, const char *text)
{
	const unsigned char	*p = (const unsigned char *)text;
	uint32_t		 c;

	buf_addstr(out, "<FEFF");
	while (*p != '\0') {
		int	 more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;

		c = more == 0 ? *p : *p & (0x3fu >> more);
		for (p++; more > 0 && *p != '\0'; more--)
			c = c << 6 | (*p++ & 0x3f);
		if (c > 0xffff)
			buf_addf(out, "%04X%04X", 0xd800 + ((c - 0x10000) >> 10),
			    0xdc00 + ((c - 0x10000) & 0x3ff));
		else
			buf_addf(out, "%04X", c);
	}
	buf_addch(out, '>');
}

static void
add_signature(struct pdf_update *u, int64_t no, const struct eseal *seal, int64_t time,
    size_t room, struct pdf_draft *draft, size_t *range)
{
	char	 text[CLOCK_TEXT];

	pdf_update_begin(u, no);
	buf_addf(u->out, "<</Type/Sig/Filter/GM.PKILite/SubFilter/%s/M(D:%s+08'00')/Name",
	    PDF_SUB_FILTER, clock_compact(time, text));
	add_text(u->out, eseal_name(seal));
	buf_addstr(u->out, "/ByteRange");
	*range = u->out->len;
	buf_addstr(u->out, RANGE_PLACE "/Contents");
	draft->gap = u->out->len;
	buf_addch(u->out, '<');
	for (size_t i = 0; i < room; i++)
		buf_addstr(u->out, "00");
	buf_addch(u->out, '>');
	draft->gap_len = u->out->len - draft->gap;
	buf_addstr(u->out, ">>");
	pdf_update_end(u);
}

/* The places of ByteRange are as long as the numbers that come there now. */
static void
finish_range(struct pdf_draft *draft, size_t range)
{
	size_t	 after = draft->gap + draft->gap_len;
	char	 text[sizeof(RANGE_PLACE)];

	(void)snprintf(text, sizeof(text), "[0 %010zu %010zu %010zu]", draft->gap, after,
	    draft->file.len - after);
	memcpy(draft->file.p + range, text, sizeof(text) - 1);
	(void)snprintf(draft->property, sizeof(draft->property), "/ByteRange[0 %zu %zu %zu]",
	    draft->gap, after, draft->file.len - after);
	pdf_digest(draft->file.p, draft->file.len, draft->gap, after, draft->digest);
}

struct prepare {
	struct pdf_update	 u;
	const struct eseal	*seal;
	const struct pdf_place	*place;
	int64_t			 image, signature, field;
};

/* One page's picture; the field stands where the place says, or on the first page. */
static int
prepare_page(struct prepare *p, int number, int i, int n, struct err *err)
{
	struct prepare_spot	 s = {.width = 0};
	int64_t			 form, no;
	bool			 is_field = number == (p->place->is_edge ? 1 : p->place->page);

	if (pdf_page(p->u.pdf, number, &s.page, err) < 0 ||
	    spot_make(&s, eseal_picture(p->seal), p->place, i, n, err) < 0)
		return -1;
	form = add_form(&p->u, &s, p->image);
	no = is_field ? p->field : pdf_update_number(&p->u);
	add_annotation(&p->u, &s, no, form, p->signature, is_field);
	return add_to_page(&p->u, &s.page, no, err);
}

static int
prepare_pages(struct prepare *p, struct err *err)
{
	int	 n = 0;

	if (pdf_page_count(p->u.pdf, &n, err) < 0)
		return -1;
	if (p->place->page < 1 || p->place->page > n)
		return err_set(err, ERR_INPUT, "这份 PDF 没有第 %d 页，一共 %d 页。", p->place->page, n);
	if (!p->place->all_pages && !p->place->is_edge)
		return prepare_page(p, p->place->page, 0, 1, err);
	if (n > STAMPED_MAX)
		return err_set(err, ERR_LIMIT, "每页盖章和骑缝章不超过 %d 页，这份有 %d 页。",
		    STAMPED_MAX, n);
	if (p->place->is_edge && n < 2)
		return err_set(err, ERR_INPUT, "只有一页的文件不能盖骑缝章。");
	for (int i = 0; i < n; i++)
		if (prepare_page(p, i + 1, i, n, err) < 0)
			return -1;
	return 0;
}

int
pdf_prepare(struct pdf *d, const struct eseal *seal, const struct pdf_place *place, int64_t time,
    size_t room, struct pdf_draft *out, struct err *err)
{
	struct prepare	*p = xcalloc(1, sizeof(*p));
	size_t		 range = 0;
	int		 rc = -1;

	*out = (struct pdf_draft){.gap = 0};
	buf_init(&out->file, PDF_MAX);
	pdf_update_init(&p->u, d, &out->file);
	p->seal = seal;
	p->place = place;
	p->signature = pdf_update_number(&p->u);
	p->field = pdf_update_number(&p->u);
	if (prepare_check(d, err) == 0 &&
	    pdf_picture_add(&p->u, eseal_picture(seal), &p->image, err) == 0) {
		add_signature(&p->u, p->signature, seal, time, room, out, &range);
		if (prepare_pages(p, err) == 0 && add_to_form(&p->u, p->field, err) == 0)
			rc = pdf_update_finish(&p->u, err);
	}
	if (rc == 0)
		finish_range(out, range);
	else
		pdf_draft_free(out);
	free(p);
	return rc;
}

int
pdf_fill(struct pdf_draft *draft, const void *der, size_t len, struct err *err)
{
	char	*hex;

	if (2 * len + 2 > draft->gap_len)
		return err_set(err, ERR_LIMIT, "电子签章比预留的位置大，请重试。");
	hex = xmalloc(2 * len + 1);
	hex_encode(der, len, hex);
	memcpy(draft->file.p + draft->gap + 1, hex, 2 * len);
	free(hex);
	return 0;
}

void
pdf_draft_free(struct pdf_draft *draft)
{
	buf_free(&draft->file);
	*draft = (struct pdf_draft){.gap = 0};
}
