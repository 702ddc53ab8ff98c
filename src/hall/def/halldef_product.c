#include "base/base.h"
#include "hall/def/halldef_read.h"

#include "base/str.h"
#include "hall/certificate/eseal.h"
#include "hall/form/form.h"
#include "pki/profile.h"

/* The largest kept picture a definition may ask for. */
#define PRODUCT_MATERIAL_MAX	(8 * 1024 * 1024)
#define PRODUCT_FEN_MAX		INT64_C(100000000)

static int
product_read_types(struct reader *r, const struct yaml *y, struct def_material *m,
    struct err *err)
{
	const struct yaml	*types = NULL;
	size_t			 i = 0;

	if (yaml_need(r->doc, y, "types", YAML_LIST, &types, err) < 0)
		return -1;
	for (i = 0; i < types->n; i++) {
		const char	*t = types->child[i].kind == YAML_TEXT ?
				    types->child[i].text : "";

		if (strcmp(t, "jpg") == 0)
			m->jpg = true;
		else if (strcmp(t, "png") == 0)
			m->png = true;
		else if (strcmp(t, "bmp") == 0)
			m->bmp = true;
		else
			return yaml_err(r->doc, &types->child[i], err,
			    "unknown type \"%s\": jpg, png or bmp", t);
	}
	if (types->n == 0)
		return yaml_err(r->doc, types, err, "\"types\" must not be empty");
	return 0;
}

static int
product_read_material(struct reader *r, const struct yaml *y, struct def_material *m,
    struct err *err)
{
	int64_t	max = 0, dpi = 0, paper = 0;

	if (read_text(r, y, "kind", NULL, &m->kind, err) < 0 ||
	    read_text(r, y, "title", NULL, &m->title, err) < 0 ||
	    read_text(r, y, "help", "", &m->help, err) < 0 ||
	    read_text(r, y, "op", "", &m->op, err) < 0 ||
	    yaml_bool(r->doc, y, "required", true, &m->required, err) < 0 ||
	    yaml_bool(r->doc, y, "stamp", false, &m->stamp, err) < 0 ||
	    yaml_bool(r->doc, y, "common", false, &m->common, err) < 0 ||
	    yaml_int(r->doc, y, "max_bytes", 10000, PRODUCT_MATERIAL_MAX, 2 * 1024 * 1024,
	    &max, err) < 0 ||
	    yaml_int(r->doc, y, "dpi", 0, 1200, 0, &dpi, err) < 0 ||
	    yaml_int(r->doc, y, "paper_mm", 0, 1200, 0, &paper, err) < 0)
		return -1;
	m->max_bytes = (size_t)max;
	m->dpi = (int)dpi;
	m->paper_mm = (int)paper;
	return product_read_types(r, y, m, err);
}

static int
product_read_materials(struct reader *r, const struct yaml *y, struct def_product *p,
    struct err *err)
{
	static const char *const known[] = { "kind", "title", "help", "op", "required",
	    "stamp", "common", "types", "max_bytes", "dpi", "paper_mm", NULL };
	const struct yaml	*list = NULL;
	struct def_material	*m = NULL;
	size_t			 i = 0, k = 0;

	if (read_list(r, y, "materials", known, &list, err) < 0)
		return -1;
	m = arena_alloc(r->arena, list->n * sizeof(*m) + 1);
	for (i = 0; i < list->n; i++) {
		if (product_read_material(r, &list->child[i], &m[i], err) < 0)
			return -1;
		for (k = 0; k < i; k++)
			if (strcmp(m[k].kind, m[i].kind) == 0)
				return yaml_err(r->doc, &list->child[i], err,
				    "material \"%s\" stands here twice", m[i].kind);
	}
	p->materials = m;
	p->n_materials = list->n;
	return 0;
}

static int
product_read_price(struct reader *r, const struct yaml *y, struct def_product *p,
    struct err *err)
{
	static const char *const years[HALLDEF_YEARS + 2] = { "0", "1", "2", "3", "4", "5",
	    NULL };
	const struct yaml	*price = NULL;
	int			 i = 0, sold = 0;

	if (yaml_need(r->doc, y, "price", YAML_MAP, &price, err) < 0 ||
	    yaml_keys(r->doc, price, years + 1, err) < 0)
		return -1;
	for (i = 0; i <= HALLDEF_YEARS; i++) {
		p->price[i] = -1;
		if (i == 0 || yaml_get(price, years[i]) == NULL)
			continue;
		if (yaml_int(r->doc, price, years[i], 0, PRODUCT_FEN_MAX, -1, &p->price[i],
		    err) < 0)
			return -1;
		sold++;
	}
	if (sold == 0)
		return yaml_err(r->doc, price, err, "\"price\" names no year");
	return 0;
}

/* medium: what the UKey costs, or the word soft, which has none to pay for. */
static int
product_read_medium(struct reader *r, const struct yaml *y, struct def_product *p,
    struct err *err)
{
	const struct yaml	*medium = yaml_get(y, "medium");

	p->soft = medium != NULL && medium->kind == YAML_TEXT &&
	    strcmp(medium->text, "soft") == 0;
	if (p->soft)
		return 0;
	if (medium != NULL && medium->kind == YAML_TEXT && !str_is_digits(medium->text))
		return yaml_err(r->doc, medium, err,
		    "\"medium\" is what the UKey costs, in fen, or soft");
	return yaml_int(r->doc, y, "medium", 0, PRODUCT_FEN_MAX, 0, &p->medium, err);
}

/* The signer keeps the two apart, and how long each lasts; here it is said before anybody pays. */
static int
product_check_profile(struct reader *r, const struct yaml *y, const struct def_product *p,
    struct err *err)
{
	const struct product	*is = product_find(p->profile);
	int			 i = 0;

	if (is->soft != p->soft)
		return yaml_err(r->doc, yaml_get(y, "profile"), err, p->soft ?
		    "product \"%s\" has the medium soft, but its profile \"%s\" is for UKeys" :
		    "product \"%s\" is in a UKey, but its profile \"%s\" is for soft certificates",
		    p->id, p->profile);
	for (i = is->sign->max_years + 1; i <= HALLDEF_YEARS; i++)
		if (p->price[i] >= 0)
			return yaml_err(r->doc, yaml_get(y, "price"), err,
			    "product \"%s\" sells %d years, but its profile \"%s\" lasts at most %d",
			    p->id, i, p->profile, is->sign->max_years);
	return 0;
}

static int
product_read_ways(struct reader *r, const struct yaml *y, struct def_product *p,
    struct err *err)
{
	const char *const	*list = NULL;
	size_t			 i = 0;

	if (yaml_get(y, "collection") == NULL)
		return 0;
	if (read_texts(r, y, "collection", &list, &p->n_ways, err) < 0)
		return -1;
	if (p->n_ways == 0 || p->n_ways > HALLDEF_WAYS)
		return yaml_err(r->doc, yaml_get(y, "collection"), err,
		    "\"collection\" names 1 to %d ways", HALLDEF_WAYS);
	for (i = 0; i < p->n_ways; i++)
		p->ways[i] = list[i];
	return 0;
}

/* The subject of the certificate: name parts filled from the form. */
static int
product_read_subject(struct reader *r, const struct yaml *y, struct def_product *p,
    struct err *err)
{
	static const char *const known[] = { "CN", "O", "OU", "ST", "L", "id_type", "id_no",
	    NULL };
	const struct yaml	*map = NULL;
	size_t			 i = 0;

	if (yaml_need(r->doc, y, "subject", YAML_MAP, &map, err) < 0 ||
	    yaml_keys(r->doc, map, known, err) < 0)
		return -1;
	for (i = 0; i < map->n && i < HALLDEF_SUBJECT; i++) {
		p->subject[i].key = arena_strdup(r->arena, map->child[i].key);
		if (read_text(r, map, map->child[i].key, NULL, &p->subject[i].value, err) < 0)
			return -1;
	}
	p->n_subject = i;
	for (i = 0; i < ARRAY_LEN(known) - 1; i++)
		if ((strcmp(known[i], "CN") == 0 || str_has_prefix(known[i], "id_")) &&
		    yaml_get(map, known[i]) == NULL)
			return yaml_err(r->doc, map, err, "key \"%s\" is missing", known[i]);
	return 0;
}

static int
product_read_kind(struct reader *r, const struct yaml *y, struct def_product *p,
    struct err *err)
{
	const char	*kind = NULL, *identity = NULL;

	if (yaml_text(r->doc, y, "kind", NULL, &kind, err) < 0 ||
	    yaml_text(r->doc, y, "identity", "agent", &identity, err) < 0)
		return -1;
	p->identity_person = strcmp(identity, "person") == 0;
	if (!p->identity_person && strcmp(identity, "agent") != 0)
		return yaml_err(r->doc, yaml_get(y, "identity"), err,
		    "\"identity\" must be agent or person");
	p->person = strcmp(kind, "person") == 0;
	if (!p->person && strcmp(kind, "organisation") != 0)
		return yaml_err(r->doc, yaml_get(y, "kind"), err,
		    "\"kind\" must be organisation or person");
	if (form_by_name(p->form) == NULL)
		return yaml_err(r->doc, yaml_get(y, "form"), err, "unknown form \"%s\"",
		    p->form);
	if (!halldef_has_profile(p->profile))
		return yaml_err(r->doc, yaml_get(y, "profile"), err, "unknown profile \"%s\"",
		    p->profile);
	return 0;
}

static int
product_read_seal_kinds(struct reader *r, const struct yaml *seal, struct def_product *p,
    struct err *err)
{
	const char *const	*kinds = NULL;
	size_t			 n = 0, i = 0;

	p->seal.stamp = yaml_get(seal, "kinds") == NULL;
	if (p->seal.stamp)
		return 0;
	if (read_texts(r, seal, "kinds", &kinds, &n, err) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (strcmp(kinds[i], "stamp") == 0)
			p->seal.stamp = true;
		else if (strcmp(kinds[i], "signature") == 0)
			p->seal.signature = true;
		else
			return yaml_err(r->doc, yaml_get(seal, "kinds"), err,
			    "kinds of seals: stamp, signature");
	}
	if (p->seal.signature && !p->person)
		return yaml_err(r->doc, yaml_get(seal, "kinds"), err,
		    "product \"%s\" is an organisation's: only a person signs by hand", p->id);
	return n > 0 ? 0 : yaml_err(r->doc, yaml_get(seal, "kinds"), err,
	    "\"kinds\" must not be empty");
}

static int
product_read_seal(struct reader *r, const struct yaml *y, struct def_product *p,
    struct err *err)
{
	static const char *const known[] = { "fee", "kinds", "picture", NULL };
	static const char *const pictures[] = { "choice", "specimen", "drawn" };
	const struct yaml	*seal = yaml_get(y, "seal");
	const char		*picture = NULL;
	size_t			 i = 0;

	if (seal == NULL)
		return 0;
	if (p->soft)
		return yaml_err(r->doc, seal, err,
		    "product \"%s\" has the medium soft: a seal goes into a UKey only", p->id);
	if (yaml_need(r->doc, y, "seal", YAML_MAP, &seal, err) < 0 ||
	    yaml_keys(r->doc, seal, known, err) < 0 ||
	    yaml_int(r->doc, seal, "fee", 0, PRODUCT_FEN_MAX, 0, &p->seal.fee, err) < 0 ||
	    read_text(r, seal, "picture", "choice", &picture, err) < 0 ||
	    product_read_seal_kinds(r, seal, p, err) < 0)
		return -1;
	while (i < ARRAY_LEN(pictures) && strcmp(picture, pictures[i]) != 0)
		i++;
	if (i == ARRAY_LEN(pictures))
		return yaml_err(r->doc, yaml_get(seal, "picture"), err,
		    "\"picture\" of a seal: choice, specimen or drawn");
	p->seal.picture = (enum def_picture)i;
	p->seal.on = true;
	return 0;
}

/* What a seal's picture is cut out of must be asked for. */
static int
product_check_seal(struct reader *r, const struct yaml *y, const struct def_product *p,
    struct err *err)
{
	const struct def_seal	*s = &p->seal;

	if (s->signature && product_material(p, ESEAL_SIGNATURE) == NULL)
		return yaml_err(r->doc, yaml_get(y, "seal"), err, "product \"%s\" has signatures as "
		    "seals: it needs the material \"" ESEAL_SIGNATURE "\"", p->id);
	if (s->on && s->stamp && s->picture != PICTURE_DRAWN &&
	    product_material(p, ESEAL_SPECIMEN) == NULL)
		return yaml_err(r->doc, yaml_get(y, "seal"), err, "product \"%s\" cuts seals out of "
		    "specimens: it needs the material \"" ESEAL_SPECIMEN "\"", p->id);
	return 0;
}

/* A hall with projects has no product beside them: applicants choose by what they need it for. */
static int
product_read_project(struct reader *r, const struct yaml *y, struct def_product *p,
    struct err *err)
{
	const char	*id = NULL;

	if (read_text(r, y, "project", "", &id, err) < 0 ||
	    yaml_bool(r->doc, y, "once", false, &p->once, err) < 0)
		return -1;
	p->project = halldef_project(r->def, id);
	if ((r->def->n_projects > 0 || *id != '\0') && p->project == NULL)
		return yaml_err(r->doc, *id == '\0' ? y : yaml_get(y, "project"), err,
		    "product \"%s\": \"project\" names one of \"projects\"", p->id);
	return 0;
}

static int
product_read(struct reader *r, const struct yaml *y, struct def_product *p, struct err *err)
{
	if (read_text(r, y, "id", NULL, &p->id, err) < 0 ||
	    read_text(r, y, "title", NULL, &p->title, err) < 0 ||
	    read_text(r, y, "template", NULL, &p->template_name, err) < 0 ||
	    read_text(r, y, "profile", NULL, &p->profile, err) < 0 ||
	    read_text(r, y, "form", NULL, &p->form, err) < 0 ||
	    product_read_project(r, y, p, err) < 0 ||
	    product_read_kind(r, y, p, err) < 0 ||
	    product_read_price(r, y, p, err) < 0 ||
	    product_read_medium(r, y, p, err) < 0 ||
	    product_read_seal(r, y, p, err) < 0 ||
	    product_check_profile(r, y, p, err) < 0 ||
	    product_read_ways(r, y, p, err) < 0 ||
	    yaml_int(r->doc, y, "discount", 0, PRODUCT_FEN_MAX, 0, &p->discount, err) < 0 ||
	    read_text(r, y, "discount_text", "", &p->discount_text, err) < 0 ||
	    read_text(r, y, "fee_note", "", &p->fee_note, err) < 0 ||
	    read_text(r, y, "authorisation", "", &p->authorisation, err) < 0 ||
	    product_read_subject(r, y, p, err) < 0)
		return -1;
	return product_read_materials(r, y, p, err) < 0 ? -1 : product_check_seal(r, y, p, err);
}

static int
read_projects(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "id", "title", "text", NULL };
	const struct yaml	*list = NULL;
	struct def_project	*p = NULL;
	size_t			 i = 0;

	if (yaml_get(root, "projects") == NULL)
		return 0;
	if (read_list(r, root, "projects", known, &list, err) < 0)
		return -1;
	p = arena_alloc(r->arena, list->n * sizeof(*p) + 1);
	r->def->projects = p;
	for (i = 0; i < list->n; i++) {
		if (read_text(r, &list->child[i], "id", NULL, &p[i].id, err) < 0 ||
		    read_text(r, &list->child[i], "title", NULL, &p[i].title, err) < 0 ||
		    read_text(r, &list->child[i], "text", "", &p[i].text, err) < 0)
			return -1;
		if (halldef_project(r->def, p[i].id) != NULL)
			return yaml_err(r->doc, &list->child[i], err,
			    "project \"%s\" stands here twice", p[i].id);
		r->def->n_projects = i + 1;
	}
	return 0;
}

int
read_products(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "id", "title", "template", "profile", "kind",
	    "form", "identity", "price", "medium", "seal", "discount", "discount_text",
	    "fee_note", "authorisation", "subject", "materials", "collection", "project", "once",
	    NULL };
	const struct yaml	*list = NULL;
	struct def_product	*p = NULL;
	size_t			 i = 0;

	if (read_projects(r, root, err) < 0 ||
	    yaml_need(r->doc, root, "products", YAML_LIST, &list, err) < 0 ||
	    read_list(r, root, "products", known, &list, err) < 0)
		return -1;
	if (list->n == 0)
		return yaml_err(r->doc, list, err, "\"products\" must not be empty");
	p = arena_alloc(r->arena, list->n * sizeof(*p));
	r->def->products = p;
	for (i = 0; i < list->n; i++) {
		if (product_read(r, &list->child[i], &p[i], err) < 0)
			return -1;
		if (halldef_product(r->def, p[i].id) != NULL)
			return yaml_err(r->doc, &list->child[i], err,
			    "product \"%s\" stands here twice", p[i].id);
		r->def->n_products = i + 1;
	}
	return 0;
}

/* The ways a product names are there; a soft certificate can be downloaded, and only that. */
static int
check_ways(struct reader *r, const struct yaml *y, const struct def_product *p, struct err *err)
{
	const struct def_collection	*way = halldef_collection(r->def, "download");
	size_t				 i = 0;

	if (p->soft && (way == NULL || way->made || !product_collects(p, way)))
		return yaml_err(r->doc, y, err, "product \"%s\" has the medium soft: it needs the "
		    "collection \"download\", not made by staff", p->id);
	for (i = 0; i < p->n_ways; i++) {
		way = halldef_collection(r->def, p->ways[i]);
		if (way == NULL)
			return yaml_err(r->doc, yaml_get(y, "collection"), err,
			    "unknown collection \"%s\"", p->ways[i]);
		if (p->soft && way->made)
			return yaml_err(r->doc, yaml_get(y, "collection"), err, "product \"%s\" has "
			    "the medium soft: nobody makes it, so \"%s\" (made: true) can not "
			    "be", p->id, p->ways[i]);
	}
	return 0;
}

/* Where seals cost something and invoices are made, the accountant has said how they are taxed. */
static int
check_seal_invoices(struct reader *r, const struct yaml *root, struct err *err)
{
	const struct def_invoice	*d = &r->def->invoice;
	size_t				 i = 0;

	for (i = 0; d->on && *d->seal.name == '\0' && i < r->def->n_products; i++)
		if (r->def->products[i].seal.fee > 0)
			return yaml_err(r->doc, yaml_get(root, "invoice"), err, "product \"%s\" has a "
			    "fee for seals: \"invoice\" needs the line \"seal\"",
			    r->def->products[i].id);
	return 0;
}

/* What costs money is asked for: a definition without the step would give it away. */
static int
check_paid(struct reader *r, const struct yaml *root, const struct def_product *p,
    struct err *err)
{
	static const char *const	ops[] = { "new", "renew" };
	int64_t				most = p->seal.fee;
	size_t				i = 0;

	for (int years = 1; years <= HALLDEF_YEARS; years++)
		most = MAX(most, product_amount(p, years));
	for (i = 0; i < ARRAY_LEN(ops) && most > 0; i++)
		if (halldef_steps(r->def, ops[i])->n > 0 &&
		    !halldef_has_step(r->def, ops[i], "payment"))
			return yaml_err(r->doc, yaml_get(yaml_get(root, "steps"), ops[i]), err,
			    "\"%s\" needs payment: product \"%s\" costs money", ops[i], p->id);
	return 0;
}

int
check_products(struct reader *r, const struct yaml *root, struct err *err)
{
	const struct yaml	*list = yaml_get(root, "products");
	const struct def_notice	*mail = halldef_notice(r->def, "approved_soft");
	size_t			 i = 0, soft = 0;

	for (i = 0; i < r->def->n_products; i++) {
		if (check_ways(r, &list->child[i], &r->def->products[i], err) < 0 ||
		    check_paid(r, root, &r->def->products[i], err) < 0)
			return -1;
		soft += r->def->products[i].soft;
	}
	if (check_seal_invoices(r, root, err) < 0)
		return -1;
	if (soft > 0 && (mail == NULL || *mail->mail_body == '\0'))
		return yaml_err(r->doc, yaml_get(root, "notices"), err, "a product of the medium soft "
		    "needs notices.approved_soft with a mail: it brings the authorisation code");
	if (soft == r->def->n_products && (r->def->medium_strict || r->def->medium_activation))
		return yaml_err(r->doc, yaml_get(root, "medium"), err,
		    "\"medium\" is about UKeys that staff write, but every product is soft");
	return 0;
}
