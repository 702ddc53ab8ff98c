#include "base/base.h"
#include "hall/def/halldef_read.h"

#include "hall/identity/way.h"

/* The ways of one kind of subject. */
static int
identity_read_ways(struct reader *r, const struct yaml *y, const char *key, bool person,
    struct err *err)
{
	struct def_identity	*d = &r->def->identity;
	const char *const	*names = NULL;
	const struct way	*way = NULL;
	size_t			 i = 0, k = 0, n = 0;

	if (read_texts(r, y, key, &names, &n, err) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		way = way_by_name(names[i]);
		if (way == NULL || !(person ? way->person : way->organisation))
			return yaml_err(r->doc, &yaml_get(y, key)->child[i], err,
			    "\"%s\" is no way to prove a%s", names[i], person ? " person" :
			    "n organisation");
		for (k = 0; k < i; k++)
			if (strcmp(names[k], names[i]) == 0)
				return yaml_err(r->doc, &yaml_get(y, key)->child[i], err,
				    "\"%s\" stands here twice", names[i]);
		if (i == HALLDEF_WAYS)
			return yaml_err(r->doc, yaml_get(y, key), err, "at most %d ways",
			    HALLDEF_WAYS);
		d->ways[person][i] = names[i];
	}
	d->n_ways[person] = n;
	return 0;
}

static int
identity_read_remittance(struct reader *r, const struct yaml *y, struct err *err)
{
	static const char *const known[] = { "check", "days", "tries", NULL };
	struct def_identity	*d = &r->def->identity;
	const struct yaml	*m = yaml_get(y, "remittance");
	const char		*check = NULL;
	int64_t			 days = 7, tries = 3;

	if (m != NULL) {
		if (yaml_need(r->doc, y, "remittance", YAML_MAP, &m, err) < 0 ||
		    yaml_keys(r->doc, m, known, err) < 0 ||
		    yaml_text(r->doc, m, "check", "remark", &check, err) < 0 ||
		    yaml_int(r->doc, m, "days", 1, 30, 7, &days, err) < 0 ||
		    yaml_int(r->doc, m, "tries", 1, 5, 3, &tries, err) < 0)
			return -1;
		d->remit_amount = strcmp(check, "amount") == 0;
		if (!d->remit_amount && strcmp(check, "remark") != 0)
			return yaml_err(r->doc, yaml_get(m, "check"), err,
			    "\"check\" must be remark or amount");
		if (d->remit_amount && tries > 1)	/* one of 99 sums is soon guessed */
			return yaml_err(r->doc, m, err, "\"tries\" must be 1 where the amount is "
			    "the answer");
	}
	d->remit_days = (int)days;
	d->remit_tries = (int)tries;
	return 0;
}

/* Does whoever walks these steps, by whichever way, have a code sent to a phone? */
static bool
identity_asks_phone(const struct halldef *d, const char *op)
{
	size_t	i = 0, kind = 0;

	if (halldef_has_step(d, op, "phone_code"))
		return true;
	if (!halldef_has_step(d, op, "proof"))
		return false;
	for (kind = 0; kind < 2; kind++)
		for (i = 0; i < d->identity.n_ways[kind]; i++)
			if (!way_has(way_by_name(d->identity.ways[kind][i]), WAY_CODE))
				return false;
	return true;
}

/* Who has a password alone gets no certificate in another's place: steps.h, phone_code. */
static int
identity_check_phone(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const	ops[] = { "reissue", "change" };
	const struct yaml		*steps = yaml_get(root, "steps");
	size_t				 i = 0;

	for (i = 0; i < ARRAY_LEN(ops); i++)
		if (halldef_steps(r->def, ops[i])->n > 0 && !identity_asks_phone(r->def, ops[i]))
			return yaml_err(r->doc, yaml_get(steps, ops[i]), err, "\"%s\" needs "
			    "phone_code, or proof by ways that each send a code to a phone", ops[i]);
	return 0;
}

/* A step that nobody could take. */
static int
identity_check(struct reader *r, const struct yaml *y, struct err *err)
{
	const struct halldef	*d = r->def;
	size_t			 i = 0, k = 0;

	for (i = 0; i < d->n_steps; i++)
		for (k = 0; halldef_has_step(d, d->steps[i].op, "proof") && k < d->n_products; k++)
			if (d->identity.n_ways[d->products[k].person] == 0)
				return yaml_err(r->doc, y, err, "steps.%s has \"proof\", but there "
				    "is no way for the product \"%s\"", d->steps[i].op,
				    d->products[k].id);
	return 0;
}

int
read_identity(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "face", "organisation", "person", "tries",
	    "reuse_days", "remittance", NULL };
	struct halldef		*d = r->def;
	const struct yaml	*y = NULL;
	int64_t			 tries = 0, reuse = 0;

	if (yaml_need(r->doc, root, "identity", YAML_MAP, &y, err) < 0 ||
	    yaml_keys(r->doc, y, known, err) < 0 ||
	    yaml_bool(r->doc, y, "face", true, &d->identity_face, err) < 0 ||
	    identity_read_ways(r, y, "organisation", false, err) < 0 ||
	    identity_read_ways(r, y, "person", true, err) < 0 ||
	    yaml_int(r->doc, y, "tries", 1, 20, 5, &tries, err) < 0 ||
	    yaml_int(r->doc, y, "reuse_days", 0, 1830, 0, &reuse, err) < 0 ||
	    identity_read_remittance(r, y, err) < 0)
		return -1;
	d->identity.tries = (int)tries;
	d->identity.reuse_days = (int)reuse;
	return identity_check(r, y, err) < 0 ? -1 : identity_check_phone(r, root, err);
}

/* ---- how the activation PIN travels ---- */

/* One channel of delivery: remittance or sms. */
static int
pin_read_channel(struct reader *r, const struct yaml *y, const char *channel, bool *remitted,
    struct err *err)
{
	const char	*way = NULL;

	if (yaml_text(r->doc, y, channel, "sms", &way, err) < 0)
		return -1;
	*remitted = strcmp(way, "remittance") == 0;
	return *remitted || strcmp(way, "sms") == 0 ? 0 : yaml_err(r->doc, yaml_get(y, channel),
	    err, "\"%s\" must be remittance or sms", channel);
}

int
read_pin(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "delivery", NULL };
	static const char *const channels[] = { "alipay", "wechat", "transfer", NULL };
	struct halldef		*d = r->def;
	const struct yaml	*pin = yaml_get(root, "pin"), *y = NULL;

	if (pin == NULL)
		return 0;
	if (yaml_need(r->doc, root, "pin", YAML_MAP, &pin, err) < 0 ||
	    yaml_keys(r->doc, pin, known, err) < 0 ||
	    yaml_need(r->doc, pin, "delivery", YAML_MAP, &y, err) < 0 ||
	    yaml_keys(r->doc, y, channels, err) < 0 ||
	    pin_read_channel(r, y, "alipay", &d->pin_alipay, err) < 0 ||
	    pin_read_channel(r, y, "wechat", &d->pin_wechat, err) < 0 ||
	    pin_read_channel(r, y, "transfer", &d->pin_transfer, err) < 0)
		return -1;
	if (!d->pin_alipay && !d->pin_wechat && !d->pin_transfer)
		return 0;
	if (!d->medium_activation)
		return yaml_err(r->doc, pin, err, "\"pin\" needs medium.activation");
	return halldef_has_step(d, "new", "pin_account") ? 0 : yaml_err(r->doc, pin, err,
	    "a remitted PIN needs the step \"pin_account\" after payment in steps.new");
}

bool
halldef_pin_remitted(const struct halldef *d, const char *channel)
{
	return (strcmp(channel, "alipay") == 0 && d->pin_alipay) ||
	    (strcmp(channel, "wechat") == 0 && d->pin_wechat) ||
	    (strcmp(channel, "transfer") == 0 && d->pin_transfer);
}
