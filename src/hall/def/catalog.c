#include "base/base.h"
#include "hall/def/catalog.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/certificate/eseal.h"
#include "hall/def/halldef.h"
#include "hall/form/form.h"
#include "hall/order/material.h"
#include "hall/services.h"
#include "pki/region.h"

static json_t *
catalog_strings(const char *const *list, size_t n)
{
	json_t	*out = json_array();
	size_t	 i = 0;

	for (i = 0; i < n; i++)
		(void)json_array_append_new(out, json_string(list[i]));
	return out;
}

static json_t *
catalog_texts(const struct def_text *list, size_t n)
{
	json_t	*out = json_array();
	size_t	 i = 0;

	for (i = 0; i < n; i++)
		(void)json_array_append_new(out, json_pack("{s:s, s:s, s:s}", "title",
		    list[i].title, "text", list[i].text, "url", list[i].url));
	return out;
}

/* "from": what it costs at least, "" when nothing. */
static void
catalog_from(const struct def_product *p, json_t *j)
{
	int64_t	least = 0, amount = 0;
	int	i = 0;

	for (i = 1; i <= HALLDEF_YEARS; i++) {
		amount = product_amount(p, i);
		if (amount > 0 && (least == 0 || amount < least))
			least = amount;
	}
	js_set_str(j, "from", "");
	if (least > 0)
		js_set_fen(j, "from", least);
}

static json_t *
catalog_products(const struct halldef *d)
{
	json_t	*out = json_array(), *j = NULL;
	size_t	 i = 0;

	for (i = 0; i < d->n_products; i++) {
		j = json_pack("{s:s, s:s, s:s, s:b, s:b}", "id", d->products[i].id, "title",
		    d->products[i].title, "template", d->products[i].template_name, "person",
		    d->products[i].person, "soft", d->products[i].soft);
		catalog_from(&d->products[i], j);
		(void)json_array_append_new(out, j);
	}
	return out;
}

json_t *
catalog_projects(const struct hall *h, const char *chosen)
{
	const struct halldef	*d = hall_def(h);
	json_t			*out = json_array();
	size_t			 i = 0;

	for (i = 0; i < d->n_projects; i++)
		(void)json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:b}", "id",
		    d->projects[i].id, "title", d->projects[i].title, "text",
		    d->projects[i].text, "chosen", strcmp(d->projects[i].id, chosen) == 0));
	return out;
}

static json_t *
catalog_agreements(const struct halldef *d)
{
	json_t	*out = json_array();
	size_t	 i = 0;

	for (i = 0; i < d->n_agreements; i++)
		(void)json_array_append_new(out, json_pack("{s:s, s:s}", "id",
		    d->agreements[i].id, "title", d->agreements[i].title));
	return out;
}

void
catalog_site(const struct hall *h, json_t **model)
{
	const struct halldef	*d = hall_def(h);
	json_t			*m = json_object();

	js_set_str(m, "title", d->title);
	js_set_str(m, "issuer", d->issuer);
	js_set_str(m, "voluntary", d->voluntary);
	js_set_str(m, "about", d->about);
	js_set_str(m, "paper_address", d->paper_address);
	(void)json_object_set_new(m, "phones", catalog_strings(d->phones, d->n_phones));
	(void)json_object_set_new(m, "contacts", catalog_strings(d->contacts, d->n_contacts));
	(void)json_object_set_new(m, "downloads", catalog_texts(d->downloads, d->n_downloads));
	(void)json_object_set_new(m, "guides", catalog_texts(d->guides, d->n_guides));
	(void)json_object_set_new(m, "links", catalog_texts(d->links, d->n_links));
	(void)json_object_set_new(m, "faq", catalog_texts(d->faq, d->n_faq));
	(void)json_object_set_new(m, "products", catalog_products(d));
	js_set_bool(m, "has_projects", d->n_projects > 0);
	(void)json_object_set_new(m, "agreements", catalog_agreements(d));
	js_set_int(m, "review_days", d->review_days);
	js_set_int(m, "pin_tries", d->pin_tries);
	js_set_int(m, "warranty_days", d->warranty_days);
	js_set_fen(m, "medium_fee", d->medium_fee);
	*model = m;
}

static json_t *
catalog_years(const struct def_product *p)
{
	json_t	*out = json_array(), *j = NULL;
	char	 ends[CLOCK_TEXT];
	int	 i = 0;

	for (i = 1; i <= HALLDEF_YEARS; i++) {
		if (product_amount(p, i) < 0)
			continue;
		j = json_pack("{s:i}", "years", i);
		js_set_fen(j, "price", p->price[i]);
		js_set_fen(j, "total", product_amount(p, i));
		js_set_fen(j, "with_seal", product_amount(p, i) + p->seal.fee);
		js_set_str(j, "ends", clock_date(clock_add_years(clock_now(), i), ends));
		(void)json_array_append_new(out, j);
	}
	return out;
}

/* Nothing is ever paid for it: its project pays. */
static bool
catalog_is_free(const struct def_product *p)
{
	int	i = 0;

	for (i = 1; i <= HALLDEF_YEARS; i++)
		if (product_amount(p, i) > 0)
			return false;
	return !p->seal.on || p->seal.fee == 0;
}

/* What may be had as a seal, and whence its picture comes. */
static void
catalog_seal(const struct def_product *p, json_t *m)
{
	static const char *const	pictures[] = {
		"上传印模的用印模的图像，不上传的按名称画标准印章。", "印章从上传的印模截取。",
		"印章按名称画标准印章。" };
	json_t	*kinds = json_array();

	js_set_bool(m, "has_seal", p->seal.on);
	js_set_fen(m, "seal", p->seal.fee);
	if (p->seal.stamp)
		(void)json_array_append_new(kinds, json_pack("{s:s, s:s}", "kind", "stamp", "text",
		    eseal_kind_text("stamp", p->person)));
	if (p->seal.signature)
		(void)json_array_append_new(kinds, json_pack("{s:s, s:s}", "kind", "signature", "text",
		    eseal_kind_text("signature", p->person)));
	(void)json_object_set_new(m, "seal_kinds", kinds);
	js_set_str(m, "seal_picture_text", p->seal.on && p->seal.stamp ?
	    pictures[p->seal.picture] : "");
}

int
catalog_product(const struct hall *h, const char *id, json_t **model, struct err *err)
{
	const struct def_product	*p = halldef_product(hall_def(h), id);
	json_t				*m = NULL, *materials = json_array();
	size_t				 i = 0;

	if (p == NULL) {
		json_decref(materials);
		return err_set(err, ERR_NOT_FOUND, "没有这种证书，请重新选择。");
	}
	m = json_pack("{s:s, s:s, s:s, s:b, s:b, s:s}", "id", p->id, "title", p->title, "template",
	    p->template_name, "person", p->person, "soft", p->soft, "medium_text",
	    product_medium_text(p));
	js_set_str(m, "project_title", p->project == NULL ? "" : p->project->title);
	(void)json_object_set_new(m, "years", catalog_years(p));
	js_set_fen(m, "medium", p->medium);
	catalog_seal(p, m);
	js_set_fen(m, "discount", p->discount);
	js_set_str(m, "discount_text", p->discount_text);
	js_set_str(m, "fee_note", p->fee_note);
	js_set_bool(m, "free", catalog_is_free(p));
	for (i = 0; i < p->n_materials; i++)
		if (material_is_for(&p->materials[i], "new"))
			(void)json_array_append_new(materials,
			    material_kind_model(&p->materials[i]));
	(void)json_object_set_new(m, "materials", materials);
	*model = m;
	return 0;
}

json_t *
text_paragraphs(const char *text)
{
	json_t		*out = json_array();
	const char	*end = NULL;

	for (; *text != '\0'; text = *end == '\0' ? end : end + 1) {
		end = strchr(text, '\n');
		if (end == NULL)
			end = text + strlen(text);
		if (end > text)
			(void)json_array_append_new(out, json_stringn(text,
			    (size_t)(end - text)));
	}
	return out;
}

int
catalog_agreement(const struct hall *h, const char *id, json_t **model, struct err *err)
{
	const struct def_agreement	*a = halldef_agreement(hall_def(h), id);

	if (a == NULL)
		return err_set(err, ERR_NOT_FOUND, "没有这份协议。");
	*model = json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", a->id, "title", a->title,
	    "version", a->version, "digest", a->digest, "paragraphs",
	    text_paragraphs(a->text));
	return 0;
}

void
catalog_cps(const struct hall *h, json_t **model)
{
	const struct def_agreement	*a = hall_def(h)->cps;
	json_t	*lines = text_paragraphs(a->text), *sections = json_array(), *line = NULL;
	json_t	*paragraphs = NULL;
	size_t	 i = 0;

	json_array_foreach(lines, i, line) {
		const char	*text = json_string_value(line);
		bool		 heading = str_has_prefix(text, "# ");

		if (heading || paragraphs == NULL) {
			paragraphs = json_array();
			(void)json_array_append_new(sections, json_pack("{s:s, s:o}",
			    "heading", heading ? text + 2 : "", "paragraphs", paragraphs));
		}
		if (!heading)
			(void)json_array_append(paragraphs, line);
	}
	json_decref(lines);
	*model = json_pack("{s:s, s:s, s:s, s:o}", "title", a->title, "version", a->version,
	    "digest", a->digest, "sections", sections);
}

void
catalog_regions(json_t **model)
{
	json_t	*provinces = json_array(), *cities = NULL;
	size_t	 i = 0, k = 0;

	for (i = 0; regions[i].code != NULL; i++) {
		cities = json_array();
		for (k = 0; regions[i].cities[k] != NULL; k++)
			(void)json_array_append_new(cities, json_string(regions[i].cities[k]));
		(void)json_array_append_new(provinces, json_pack("{s:s, s:o}", "name",
		    regions[i].name, "cities", cities));
	}
	*model = json_pack("{s:o}", "provinces", provinces);
}

int
catalog_agreed(const struct halldef *d, const json_t *in, json_t *errors, struct err *err)
{
	char	field[64];
	int	rc = 0;
	size_t	i = 0;

	for (i = 0; i < d->n_agreements; i++) {
		(void)snprintf(field, sizeof(field), "agree_%s", d->agreements[i].id);
		if (strcmp(js_str(in, field), "1") != 0)
			rc = hall_field_error(errors, field, d->agreements[i].title, err,
			    "请阅读《%s》并勾选同意。", d->agreements[i].title);
	}
	return rc;
}
