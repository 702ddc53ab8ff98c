#include "base/base.h"
#include "hall/def/halldef_read.h"

#include "base/str.h"

/* What a hall does with the help of others: invoices, parcels. */

#define TAX_CODE	19

static int
invoice_read_line(struct reader *r, const struct yaml *y, const char *key,
    struct def_invoice_line *line, struct err *err)
{
	static const char *const known[] = { "name", "tax_code", "rate", NULL };
	const struct yaml	*l = NULL;
	int64_t			 rate = 0;

	if (yaml_need(r->doc, y, key, YAML_MAP, &l, err) < 0 ||
	    yaml_keys(r->doc, l, known, err) < 0 ||
	    read_text(r, l, "name", NULL, &line->name, err) < 0 ||
	    read_text(r, l, "tax_code", NULL, &line->tax_code, err) < 0 ||
	    yaml_int(r->doc, l, "rate", 0, 1700, -1, &rate, err) < 0)
		return -1;
	line->rate = (int)rate;
	if (strlen(line->tax_code) != TAX_CODE || !str_is_digits(line->tax_code))
		return yaml_err(r->doc, l, err, "\"tax_code\" has %d digits", TAX_CODE);
	return 0;
}

static int
invoice_read_kinds(struct reader *r, const struct yaml *y, struct def_invoice *d,
    struct err *err)
{
	const char *const	*kinds = NULL;
	size_t			 n = 0, i = 0;

	if (read_texts(r, y, "kinds", &kinds, &n, err) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (strcmp(kinds[i], "common") == 0)
			d->common = true;
		else if (strcmp(kinds[i], "special") == 0)
			d->special = true;
		else
			return yaml_err(r->doc, yaml_get(y, "kinds"), err,
			    "kinds: common, special");
	}
	return n > 0 ? 0 : yaml_err(r->doc, yaml_get(y, "kinds"), err,
	    "\"kinds\" must not be empty");
}

int
read_invoice(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "kinds", "title", "days", "orders", "service",
	    "medium", "seal", NULL };
	const struct yaml	*y = yaml_get(root, "invoice");
	struct def_invoice	*d = &r->def->invoice;
	const char		*title = NULL;
	int64_t			 days = 0, orders = 0;

	d->seal.name = "";
	if (y == NULL)
		return 0;
	if (yaml_need(r->doc, root, "invoice", YAML_MAP, &y, err) < 0 ||
	    yaml_keys(r->doc, y, known, err) < 0 || invoice_read_kinds(r, y, d, err) < 0 ||
	    read_text(r, y, "title", NULL, &title, err) < 0 ||
	    yaml_int(r->doc, y, "days", 1, 3660, 360, &days, err) < 0 ||
	    yaml_int(r->doc, y, "orders", 1, 50, 20, &orders, err) < 0 ||
	    invoice_read_line(r, y, "service", &d->service, err) < 0 ||
	    invoice_read_line(r, y, "medium", &d->medium, err) < 0 ||
	    (yaml_get(y, "seal") != NULL && invoice_read_line(r, y, "seal", &d->seal, err) < 0))
		return -1;
	if (strcmp(title, "unit") != 0 && strcmp(title, "free") != 0)
		return yaml_err(r->doc, yaml_get(y, "title"), err, "title: unit or free");
	d->fixed = strcmp(title, "unit") == 0;
	d->days = (int)days;
	d->orders = (int)orders;
	d->on = true;
	return 0;
}

int
read_express(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "courier", "pay", "sender", NULL };
	static const char *const party[] = { "company", "contact", "phone", "province", "city",
	    "address", NULL };
	const struct yaml	*y = yaml_get(root, "express"), *s = NULL;
	struct def_express	*d = &r->def->express;
	const char		*pay = NULL;

	if (y == NULL)
		return 0;
	if (yaml_need(r->doc, root, "express", YAML_MAP, &y, err) < 0 ||
	    yaml_keys(r->doc, y, known, err) < 0 ||
	    read_text(r, y, "courier", NULL, &d->courier, err) < 0 ||
	    read_text(r, y, "pay", NULL, &pay, err) < 0 ||
	    yaml_need(r->doc, y, "sender", YAML_MAP, &s, err) < 0 ||
	    yaml_keys(r->doc, s, party, err) < 0 ||
	    read_text(r, s, "company", NULL, &d->company, err) < 0 ||
	    read_text(r, s, "contact", NULL, &d->contact, err) < 0 ||
	    read_text(r, s, "phone", NULL, &d->phone, err) < 0 ||
	    read_text(r, s, "province", NULL, &d->province, err) < 0 ||
	    read_text(r, s, "city", NULL, &d->city, err) < 0 ||
	    read_text(r, s, "address", NULL, &d->address, err) < 0)
		return -1;
	if (strcmp(pay, "receiver") != 0 && strcmp(pay, "month") != 0)
		return yaml_err(r->doc, yaml_get(y, "pay"), err, "pay: receiver (到付) or month (月结)");
	d->collect = strcmp(pay, "receiver") == 0;
	d->on = true;
	return 0;
}
