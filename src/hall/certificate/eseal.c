#include "base/base.h"
#include "hall/certificate/eseal.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/blob.h"
#include "hall/digest.h"
#include "hall/relying/relying.h"
#include "seal/eseal.h"

#define SOURCE_TEXT	400
#define SPECIMEN_DPI	300		/* what the definition asks for; when the file says nothing */
#define A4_LONG_MM	297.0

bool
order_has_seal(const struct order *o)
{
	return *eseal_kind(o) != '\0';
}

const char *
eseal_kind_wanted(const json_t *form)
{
	const char	*seal = js_str(form, "seal");

	return strcmp(seal, "yes") == 0 ? "stamp" : strcmp(seal, "signature") == 0 ? "signature" : "";
}

const char *
eseal_kind(const struct order *o)
{
	return o->def->seal.on && strcmp(o->op, "unlock") != 0 && strcmp(o->op, "recover") != 0 ?
	    eseal_kind_wanted(o->form) : "";
}

const char *
eseal_kind_text(const char *kind, bool person)
{
	return strcmp(kind, "signature") == 0 ? "手写签名" : person ? "个人名章" : "单位公章";
}

static bool
eseal_is_signature(const struct order *o)
{
	return strcmp(eseal_kind(o), "signature") == 0;
}

int64_t
eseal_fee(const struct order *o)
{
	return order_has_seal(o) ? o->def->seal.fee : 0;
}

/* The picture ------------------------------------------------------------------------- */

/* A picture on its way: what it is to be made of, and what came of it. */
struct picture {
	bool		 wanted, ready;
	const char	*kind;			/* eseal_kind */
	bool		 person;
	char		 source[SOURCE_TEXT];	/* "specimen:BLOB", "old:ORDER ID", "drawn:NAME";
						   "" there is nothing yet */
	char		 name[256];
	struct buf	 specimen;
	int		 dpi;
	struct doc_seal	 made;
};

static void
picture_init(struct picture *p)
{
	*p = (struct picture){0};
	buf_init(&p->specimen, LIMIT_UPLOAD);
	doc_seal_init(&p->made);
}

static void
picture_free(struct picture *p)
{
	buf_free(&p->specimen);
	doc_seal_free(&p->made);
}

/* The kept copy may be smaller than the scan was: A4, unless the file said its resolution. */
static int
specimen_dpi(int64_t width, int64_t height, int64_t stated)
{
	int	 by_paper = (int)((double)MAX(width, height) * 25.4 / A4_LONG_MM + 0.5);

	return stated >= SPECIMEN_DPI && by_paper > SPECIMEN_DPI ? (int)stated :
	    by_paper < SPECIMEN_DPI && stated == SPECIMEN_DPI ? SPECIMEN_DPI : by_paper;
}

static const char *
specimen_kind(const struct order *o)
{
	return eseal_is_signature(o) ? ESEAL_SIGNATURE : ESEAL_SPECIMEN;
}

/* 1: the order has a specimen, and this is what the picture is made of. */
static int
source_specimen(struct db *db, const struct order *o, struct picture *p, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc;

	if (!eseal_is_signature(o) && o->def->seal.picture == PICTURE_DRAWN)
		return 0;
	if (db_query(db, SQL_SEAL_SPECIMEN, &rows, err, DB_INT(o->id),
	    DB_TEXT(specimen_kind(o))) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		(void)snprintf(p->source, sizeof(p->source), "specimen:%s", rows_text(rows, 0));
		p->dpi = specimen_dpi(rows_int(rows, 1), rows_int(rows, 2), rows_int(rows, 3));
	}
	rows_free(rows);
	return rc;
}

/* 1: the certificate that is replaced has a seal with this name. */
static int
source_old(struct db *db, const struct order *o, struct picture *p, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc;

	if (o->replaces[0] == '\0')
		return 0;
	if (db_query(db, SQL_ESEAL_OF_CERTIFICATE, &rows, err, DB_TEXT(o->replaces)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		rc = strcmp(rows_text(rows, 3), o->subject) == 0 &&
		    strcmp(rows_text(rows, 12), eseal_kind(o)) == 0;
		(void)snprintf(p->source, sizeof(p->source), "old:%" PRId64, rows_int(rows, 10));
	}
	rows_free(rows);
	return rc;
}

/* A stamp may be drawn by the name, unless the hall cuts all out of specimens. */
static bool
may_draw(const struct order *o)
{
	return !eseal_is_signature(o) && o->def->seal.picture != PICTURE_SPECIMEN;
}

static int
picture_source(struct db *db, const struct order *o, struct picture *p, struct err *err)
{
	int	rc;

	p->kind = eseal_kind(o);
	p->wanted = *p->kind != '\0';
	p->person = o->def->person;
	(void)snprintf(p->name, sizeof(p->name), "%s", o->subject);
	if (!p->wanted)
		return 0;
	if ((rc = source_specimen(db, o, p, err)) == 0)
		rc = source_old(db, o, p, err);
	if (rc == 0)
		(void)snprintf(p->source, sizeof(p->source), "%s%s", may_draw(o) ? "drawn:" : "",
		    may_draw(o) ? o->subject : "");
	return rc < 0 ? -1 : 0;
}

int
eseal_material(struct db *db, const struct order *o, const char *kind, bool *wanted,
    bool *required, struct err *err)
{
	struct picture	old = {0};
	bool		specimen = strcmp(kind, ESEAL_SPECIMEN) == 0 ||
	    strcmp(kind, ESEAL_SIGNATURE) == 0;
	int		rc;

	*wanted = true;
	if (!specimen)
		return 0;
	*wanted = order_has_seal(o) && strcmp(kind, specimen_kind(o)) == 0 &&
	    (eseal_is_signature(o) || o->def->seal.picture != PICTURE_DRAWN);
	if (!*wanted || may_draw(o)) {
		*required = *required && *wanted;
		return 0;
	}
	if ((rc = source_old(db, o, &old, err)) < 0)
		return -1;
	*required = rc == 0;
	return 0;
}

/* Whence it comes, in words. */
static const char *
picture_source_text(const struct order *o, const char *source)
{
	if (str_has_prefix(source, "specimen:"))
		return eseal_is_signature(o) ? "签名由上传的签名印模截取。" : "印章由上传的印模截取。";
	if (str_has_prefix(source, "old:"))
		return "沿用原证书的图像；要换的，请上传新的印模。";
	if (*source == '\0')
		return eseal_is_signature(o) ? "请在“材料提交”里上传签名印模，上传后可以在这里看到。" :
		    "请在“材料提交”里上传印模，上传后可以在这里看到。";
	if (o->def->seal.picture == PICTURE_DRAWN)
		return o->def->person ? "按姓名画个人名章。" : "按单位名称画标准印章。";
	return "还没有上传印模，按名称画标准印章；与备案的样子不一致时，请在“材料提交”里上传印模。";
}

int
eseal_picture_model(struct db *db, const struct order *o, json_t *model, struct err *err)
{
	struct picture	p = {0};

	if (picture_source(db, o, &p, err) < 0)
		return -1;
	js_set_bool(model, "has_seal", p.wanted);
	js_set_str(model, "seal_kind_text", p.wanted ? eseal_kind_text(p.kind, p.person) : "");
	js_set_str(model, "seal_source_text", p.wanted ? picture_source_text(o, p.source) : "");
	js_set_bool(model, "seal_shown", p.wanted && p.source[0] != '\0');
	return 0;
}

/* What is kept for this order: 1 it is still what it should be made of. */
static int
picture_kept(struct db *db, int64_t order, const char *source, struct doc_seal *out,
    struct err *err)
{
	struct rows	*rows = NULL;
	const void	*png;
	size_t		 len;
	int		 rc;

	if (db_query(db, SQL_SEAL_PICTURE_GET, &rows, err, DB_INT(order)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0 &&
	    (rc = source == NULL || strcmp(rows_text(rows, 0), source) == 0) > 0) {
		out->width = (int)rows_int(rows, 2);
		out->height = (int)rows_int(rows, 3);
		png = rows_blob(rows, 4, &len);
		buf_clear(&out->png);
		buf_add(&out->png, png, len);
	}
	rows_free(rows);
	return rc;
}

static int
picture_missing(const struct order *o, struct err *err)
{
	return err_set(err, ERR_WRONG_STATE, eseal_is_signature(o) ?
	    "还没有上传签名印模，不能制作签名；请在“材料提交”里上传。" :
	    "还没有上传签章印模，不能制作印章；请在“材料提交”里上传。");
}

/* Everything it takes to make it, while the store is at hand. */
static int
picture_look_run(struct db *db, struct act *a, struct err *err)
{
	struct picture	*p = a->extra;
	int		 rc;

	p->ready = false;
	buf_clear(&p->specimen);
	buf_clear(&p->made.png);
	if (picture_source(db, &a->o, p, err) < 0)
		return -1;
	if (!p->wanted)
		return 0;
	if (p->source[0] == '\0')
		return picture_missing(&a->o, err);
	if ((rc = picture_kept(db, a->o.id, p->source, &p->made, err)) != 0) {
		p->ready = rc > 0;
		return rc < 0 ? -1 : 0;
	}
	if (strncmp(p->source, "specimen:", 9) == 0)
		return blob_get(db, a->h, p->source + 9, &p->specimen, err);
	if (strncmp(p->source, "old:", 4) == 0)
		return picture_kept(db, strtoll(p->source + 4, NULL, 10), NULL, &p->made, err) < 0 ?
		    -1 : 0;
	return 0;
}

static int
picture_keep_run(struct db *db, struct act *a, struct err *err)
{
	struct picture	*p = a->extra, now = {0};
	char		 digest[SM3_TEXT];

	if (picture_source(db, &a->o, &now, err) < 0)
		return -1;
	if (strcmp(now.source, p->source) != 0)
		return err_set(err, ERR_CONFLICT, "印模刚刚有了变化，请刷新页面后再看。");
	digest_sm3_text(p->made.png.p, p->made.png.len, digest);
	return db_run(db, SQL_SEAL_PICTURE_SET, NULL, err, DB_INT(a->o.id), DB_TEXT(p->source),
	    DB_TEXT(digest), DB_INT(p->made.width), DB_INT(p->made.height),
	    DB_BLOB(p->made.png.p, p->made.png.len), DB_INT(clock_now()));
}

static enum doc_seal_kind
doc_kind(bool signature, bool person)
{
	return signature ? DOC_SEAL_SIGNATURE : person ? DOC_SEAL_PERSON : DOC_SEAL_ORGANISATION;
}

static int
picture_make(struct hall *h, struct picture *p, struct err *err)
{
	if (p->specimen.len > 0)
		return hall_services(h)->seal_cut(p->specimen.p, p->specimen.len, p->dpi,
		    doc_kind(strcmp(p->kind, "signature") == 0, p->person), &p->made, err);
	if (p->made.png.len > 0)	/* of the seal before */
		return 0;
	return hall_services(h)->seal_draw(p->name, p->person, &p->made, err);
}

int
eseal_prepare(struct hall *h, const struct who *who, const char *no, struct buf *png,
    struct err *err)
{
	struct picture	p;
	struct act	look = {.h = h, .who = who, .no = no, .extra = &p};
	struct act	keep = {.h = h, .who = who, .no = no, .desk = true, .extra = &p};
	int		rc = -1;

	picture_init(&p);
	if (act_read(&look, picture_look_run, err) < 0)
		goto out;
	if (p.wanted && !p.ready && (picture_make(h, &p, err) < 0 ||
	    act_write(&keep, picture_keep_run, err) < 0))
		goto out;
	if (png != NULL)
		buf_add(png, p.made.png.p, p.made.png.len);
	rc = 0;
 out:
	picture_free(&p);
	return rc;
}

int
eseal_order_picture(struct hall *h, const struct who *who, const char *no, struct buf *png,
    struct err *err)
{
	if (eseal_prepare(h, who, no, png, err) < 0)
		return -1;
	return png->len > 0 ? buf_check(png, err) :
	    err_set(err, ERR_NOT_FOUND, "这笔业务不办理电子印章。");
}

int
eseal_specimen_check(struct hall *h, const struct doc_image *im, const char *material, bool person,
    struct err *err)
{
	struct doc_seal	seal;
	int		rc;

	doc_seal_init(&seal);
	rc = hall_services(h)->seal_cut(im->kept.p, im->kept.len, specimen_dpi(im->kept_width,
	    im->kept_height, im->dpi), doc_kind(strcmp(material, ESEAL_SIGNATURE) == 0,
	    person), &seal, err);
	doc_seal_free(&seal);
	return rc;
}

int
eseal_statement(struct db *db, const struct order *o, json_t **seal, struct err *err)
{
	struct picture	p;
	char		digest[SM3_TEXT];
	int		rc = -1;

	*seal = NULL;
	picture_init(&p);
	if (picture_source(db, o, &p, err) == 0)
		rc = !p.wanted ? 1 : p.source[0] == '\0' ? picture_missing(o, err) : picture_kept(db, o->id, p.source, &p.made, err);
	if (rc == 0)
		rc = err_set(err, ERR_CONFLICT, "印章图像有了变化，请刷新页面，重新查看后再处理。");
	if (rc > 0 && p.wanted) {
		digest_sm3_text(p.made.png.p, p.made.png.len, digest);
		*seal = json_pack("{s:s, s:s, s:i, s:i}", "kind", p.kind, "picture", digest, "width", p.made.width,
		    "height", p.made.height);
	}
	picture_free(&p);
	return rc < 0 ? -1 : 0;
}

/* Making ------------------------------------------------------------------------------ */

struct making {
	struct doc_seal	 picture;
	struct buf	 der;
	bool		 done;
};

static int
making_look_run(struct db *db, struct act *a, struct err *err)
{
	struct making	*m = a->extra;
	struct rows	*rows = NULL;
	const void	*der;
	size_t		 len;
	int		 rc;

	buf_clear(&m->der);
	m->done = false;
	if (db_query(db, SQL_ESEAL_OF_ORDER, &rows, err, DB_INT(a->o.id)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		der = rows_blob(rows, 1, &len);
		buf_add(&m->der, der, len);
		m->done = true;
	}
	rows_free(rows);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	rc = picture_kept(db, a->o.id, NULL, &m->picture, err);
	return rc != 0 ? MIN(rc, 0) : err_set(err, ERR_BUG, "the picture of the seal is not there");
}

/* The row, and the end of the one before, once. */
static int
making_file(struct db *db, struct act *a, const struct eseal *s, struct err *err)
{
	const struct making		*m = a->extra;
	const struct eseal_picture	*picture = eseal_picture(s);
	char				 digest[SM3_TEXT];
	int64_t				 n = 0;
	struct rows			*rows = NULL;
	char				 serial[48] = "";
	int				 rc;

	digest_sm3_text((const char *)picture->p, picture->len, digest);
	if (db_query(db, SQL_CERTIFICATE_OF_ORDER, &rows, err, DB_INT(a->o.id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0)
		if (strcmp(rows_text(rows, 0), "sign") == 0)
			(void)snprintf(serial, sizeof(serial), "%s", rows_text(rows, 1));
	rows_free(rows);
	if (rc < 0 || db_run(db, SQL_ESEAL_INSERT, &n, err, DB_TEXT(eseal_id(s)), DB_INT(a->o.id),
	    DB_TEXT(serial), DB_TEXT(eseal_name(s)), DB_TEXT(digest),
	    DB_INT(eseal_not_before(s)), DB_INT(eseal_not_after(s)),
	    DB_BLOB(m->der.p, m->der.len), DB_INT(clock_now()), DB_TEXT(eseal_kind(&a->o))) < 0)
		return -1;
	if (n == 0)
		return 0;
	if (a->o.replaces[0] != '\0' && db_run(db, SQL_ESEAL_SUPERSEDE, NULL, err,
	    DB_TEXT(a->o.replaces), DB_TEXT(eseal_id(s)), DB_INT(clock_now())) < 0)
		return -1;
	if (relying_tell(db, a->h, "sealed", serial, a->o.replaces, err) < 0)
		return -1;
	return order_note(db, a->h, a->who, &a->o, "seal", eseal_id(s), err);
}

static int
making_file_run(struct db *db, struct act *a, struct err *err)
{
	const struct making	*m = a->extra;
	struct eseal		*s = NULL;
	int			 rc = -1;

	if (eseal_parse(m->der.p, m->der.len, &s, err) == 0)
		rc = making_file(db, a, s, err);
	eseal_free(s);
	return rc;
}

static bool
making_is_granted(const struct approval *p)
{
	struct err	 none = {0};
	json_t		*j = NULL;
	bool		 granted;

	granted = json_parse(p->statement.p, p->statement.len, 0, &j, &none) == 0 &&
	    json_object_get(j, "seal") != NULL;
	json_decref(j);
	return granted;
}

int
eseal_make(struct hall *h, const struct who *who, const char *no, const struct approval *p,
    json_t *model, struct err *err)
{
	const struct signed_statement	statement = {p->statement.p, p->statement.len,
		{p->signature.p, p->signature.len}, {0}};
	struct making	m = {.done = false};
	struct act	look = {.h = h, .who = who, .no = no, .extra = &m};
	struct act	file = {.h = h, .who = who, .no = no, .desk = true, .extra = &m};
	int		rc = -1;

	js_set_str(model, "seal", "");
	if (!making_is_granted(p))
		return 0;
	buf_init(&m.der, ESEAL_MAX);
	doc_seal_init(&m.picture);
	if (act_read(&look, making_look_run, err) == 0 &&
	    (m.done || (hall_services(h)->seal(&statement, m.picture.png.p, m.picture.png.len,
	    &m.der, err) == 0 && act_write(&file, making_file_run, err) == 0))) {
		js_set_bytes(model, "seal", m.der.p, m.der.len);
		rc = 0;
	}
	doc_seal_free(&m.picture);
	buf_free(&m.der);
	return rc;
}
