#include "base/base.h"
#include "seal/pdf_own.h"

bool
pdf_is(const void *p, size_t len)
{
	return len > 8 && memcmp(p, "%PDF-", 5) == 0;
}

/* Of the catalog: what we do not work with. */
static int
pdf_check_root(struct pdf *d, struct err *err)
{
	const struct pdf_value	*root = pdf_key(d->trailer, "Root"), *form = NULL;

	if (pdf_key(d->trailer, "Encrypt") != NULL)
		return err_set(err, ERR_INPUT,
		    "这份 PDF 是加密的（有打开密码或权限密码），不能处理。请先去掉密码再试。");
	if (root == NULL || root->kind != PDF_REF)
		return err_set(err, ERR_INPUT, PDF_NO "没有目录。");
	d->root_no = root->n;
	if (pdf_resolve(d, root, &d->root, err) < 0)
		return -1;
	if (d->root->kind != PDF_DICT || !pdf_is_name(pdf_key(d->root, "Type"), "Catalog"))
		return err_set(err, ERR_INPUT, PDF_NO "没有目录。");
	if (pdf_get(d, d->root, "AcroForm", &form, err) < 0)
		return -1;
	return pdf_key(form, "XFA") == NULL ? 0 : err_set(err, ERR_INPUT,
	    "这份 PDF 是 XFA 动态表单，显示的内容由程序决定，不能处理。请打印成普通 PDF 再试。");
}

static int
pdf_open_with(const void *p, size_t len, size_t *spent, struct pdf **out, struct err *err)
{
	struct pdf	*d;

	if (len > PDF_MAX)
		return err_set(err, ERR_LIMIT, "PDF 不超过 %d MB。", PDF_MAX / 1024 / 1024);
	if (!pdf_is(p, len))
		return err_set(err, ERR_INPUT, "这不是 PDF 文件。请选择扩展名为 .pdf 的文件。");
	d = xcalloc(1, sizeof(*d));
	d->arena = arena_new(PDF_ARENA_MAX);
	d->p = p;
	d->len = len;
	d->n_pages = -1;
	d->spent = spent != NULL ? spent : &d->work;
	if (pdf_xref_read(d, err) < 0 || pdf_check_root(d, err) < 0) {
		pdf_close(d);
		return -1;
	}
	*out = d;
	return 0;
}

int
pdf_open(const void *p, size_t len, struct pdf **out, struct err *err)
{
	return pdf_open_with(p, len, NULL, out, err);
}

int
pdf_open_version(struct pdf *d, size_t len, struct pdf **out, struct err *err)
{
	return pdf_open_with(d->p, len, d->spent, out, err);
}

void
pdf_close(struct pdf *d)
{
	if (d == NULL)
		return;
	arena_free(d->arena);
	free(d->entry);
	free(d);
}

/* The page tree (ISO 32000-1 7.7.3) --------------------------------------------------- */

struct page_walk {
	struct pdf	*pdf;
	int		 wanted, seen, nodes;
	struct pdf_page	*page;			/* the wanted one, when found */
	bool		 found;
};
/* What a node hands down. */
struct page_inherited {
	const struct pdf_value *media, *crop, *rotate;
};

static int
page_box(struct pdf *d, const struct pdf_value *box, double out[4], struct err *err)
{
	const struct pdf_value	*v, *n;
	double			 x[4];

	if (box->kind != PDF_ARRAY)
		return err_set(err, ERR_INPUT, PDF_NO "页面没有尺寸。");
	v = box->first;
	for (int i = 0; i < 4; i++, v = v->next) {
		if (v == NULL || pdf_resolve(d, v, &n, err) < 0 || n->kind != PDF_NUMBER ||
		    n->real < -1e6 || n->real > 1e6)
			return err_set(err, ERR_INPUT, PDF_NO "页面的尺寸不对。");
		x[i] = n->real;
	}
	out[0] = x[0] < x[2] ? x[0] : x[2];
	out[1] = x[1] < x[3] ? x[1] : x[3];
	out[2] = x[0] < x[2] ? x[2] : x[0];
	out[3] = x[1] < x[3] ? x[3] : x[1];
	return out[2] - out[0] >= 1 && out[3] - out[1] >= 1 ? 0 :
	    err_set(err, ERR_INPUT, PDF_NO "页面的尺寸不对。");
}

/* What is shown is the crop box within the media box (14.11.2). */
static int
page_fill(struct pdf *d, const struct page_inherited *in, struct pdf_page *page,
    struct err *err)
{
	const struct pdf_value	*unit = NULL;
	double			 media[4];

	if (page_box(d, in->media, media, err) < 0 ||
	    pdf_get(d, page->dict, "UserUnit", &unit, err) < 0)
		return -1;
	memcpy(page->box, media, sizeof(media));
	if (in->crop->kind == PDF_ARRAY && page_box(d, in->crop, page->box, err) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		page->box[i] = page->box[i] > media[i] ? page->box[i] : media[i];
		page->box[i + 2] = page->box[i + 2] < media[i + 2] ? page->box[i + 2] : media[i + 2];
		if (page->box[i + 2] - page->box[i] < 1)
			memcpy(page->box, media, sizeof(media));
	}
	page->unit = unit->kind == PDF_NUMBER ? unit->real : 1;
	if ((in->rotate->kind != PDF_NULL && in->rotate->kind != PDF_NUMBER) ||
	    in->rotate->n % 90 != 0 || page->unit < 0.01 || page->unit > 1000)
		return err_set(err, ERR_INPUT, PDF_NO "页面的方向或单位不对。");
	page->rotate = (int)((in->rotate->n % 360 + 360) % 360);
	return 0;
}

static int
page_inherit(struct pdf *d, const struct pdf_value *node, struct page_inherited *in,
    struct err *err)
{
	static const char *const	 keys[] = {"MediaBox", "CropBox", "Rotate"};
	const struct pdf_value		**to[] = {&in->media, &in->crop, &in->rotate}, *v = NULL;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (pdf_get(d, node, keys[i], &v, err) < 0)
			return -1;
		if (v->kind != PDF_NULL || *to[i] == NULL)
			*to[i] = v;
	}
	return 0;
}

static int page_walk(struct page_walk *w, const struct pdf_value *ref, struct page_inherited in,
    int depth, struct err *err);

static int
page_walk_kids(struct page_walk *w, const struct pdf_value *kids, struct page_inherited in,
    int depth, struct err *err)
{
	for (const struct pdf_value *k = kids->first; k != NULL && !w->found; k = k->next)
		if (page_walk(w, k, in, depth + 1, err) < 0)
			return -1;
	return 0;
}

/* Of a tree that goes round, the number of nodes is bounded as well as the depth. */
static int
page_walk(struct page_walk *w, const struct pdf_value *ref, struct page_inherited in, int depth,
    struct err *err)
{
	const struct pdf_value	*node = NULL, *kids = NULL;

	if (depth > PDF_NEST_MAX || ++w->nodes > 4 * PDF_PAGES_MAX)
		return err_set(err, ERR_LIMIT, PDF_NO "页面树太大。");
	if (ref == NULL || ref->kind != PDF_REF)
		return err_set(err, ERR_INPUT, PDF_NO "页面树不对。");
	if (pdf_resolve(w->pdf, ref, &node, err) < 0 ||
	    pdf_get(w->pdf, node, "Kids", &kids, err) < 0 ||
	    page_inherit(w->pdf, node, &in, err) < 0)
		return -1;
	if (kids->kind == PDF_ARRAY && pdf_is_name(pdf_key(node, "Type"), "Pages"))
		return page_walk_kids(w, kids, in, depth, err);
	if (!pdf_is_name(pdf_key(node, "Type"), "Page"))
		return err_set(err, ERR_INPUT, PDF_NO "页面树不对。");
	if (++w->seen > PDF_PAGES_MAX)
		return err_set(err, ERR_LIMIT, "这份 PDF 超过 %d 页，不能处理。请拆成几份再试。",
		    PDF_PAGES_MAX);
	if (w->seen != w->wanted)
		return 0;
	w->found = true;
	w->page->no = ref->n;
	w->page->dict = node;
	return page_fill(w->pdf, &in, w->page, err);
}

int
pdf_page(struct pdf *d, int number, struct pdf_page *page, struct err *err)
{
	struct page_walk	 w = {.pdf = d, .wanted = number, .page = page};

	*page = (struct pdf_page){0};
	if (page_walk(&w, pdf_key(d->root, "Pages"), (struct page_inherited){0}, 0, err) < 0)
		return -1;
	return w.found ? 0 : err_set(err, ERR_INPUT, "这份 PDF 没有第 %d 页，一共 %d 页。", number,
	    w.seen);
}

int
pdf_page_count(struct pdf *d, int *n, struct err *err)
{
	struct page_walk	 w = {.pdf = d, .wanted = -1};

	if (d->n_pages < 0) {
		if (page_walk(&w, pdf_key(d->root, "Pages"), (struct page_inherited){0}, 0, err) < 0)
			return -1;
		d->n_pages = w.seen;
	}
	*n = d->n_pages;
	return 0;
}
