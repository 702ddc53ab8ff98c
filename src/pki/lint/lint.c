#include "base/base.h"
#include "pki/lint/rules.h"

static const struct lint_row {
	struct lint_rule  rule;
	bool		(*holds)(const struct lint_case *c);
} lint_rows[] = {
#define LINT(rule, level, source, text)	{ { #rule, LINT_##level, source, text }, lint_##rule },
#include "pki/lint/lint.def"
#undef LINT
};

const struct lint_rule *
lint_rule_at(size_t i)
{
	return i < ARRAY_LEN(lint_rows) ? &lint_rows[i].rule : NULL;
}

int
lint_read(const void *p, size_t len, struct cert **out, struct err *err)
{
	return cert_parse_any(p, len, out, err);
}

size_t
lint_run(const struct lint_case *c, void (*found)(const struct lint_rule *rule, void *arg),
    void *arg)
{
	size_t	 errors = 0;

	for (size_t i = 0; i < ARRAY_LEN(lint_rows); i++) {
		if (lint_rows[i].holds(c))
			continue;
		errors += lint_rows[i].rule.level == LINT_ERROR;
		found(&lint_rows[i].rule, arg);
	}
	return errors;
}

static void
lint_keep_first(const struct lint_rule *rule, void *arg)
{
	const struct lint_rule	**first = arg;

	if (*first == NULL && rule->level == LINT_ERROR)
		*first = rule;
}

int
lint_check(const struct lint_case *c, struct err *err)
{
	const struct lint_rule	*first = NULL;

	if (lint_run(c, lint_keep_first, &first) == 0)
		return 0;
	return err_set(err, ERR_INPUT, "the certificate breaks rule %s: %s (%s)", first->name,
	    first->text, first->source);
}

/* What several rules ask --------------------------------------------------------------- */

X509_EXTENSION *
lint_extension(const struct lint_case *c, int nid)
{
	return X509_get_ext(c->cert->x, X509_get_ext_by_NID(c->cert->x, nid, -1));
}

bool
lint_is_critical(const struct lint_case *c, int nid)
{
	X509_EXTENSION	*e = lint_extension(c, nid);

	return e != NULL && X509_EXTENSION_get_critical(e) == 1;
}

struct der
lint_value(const X509_EXTENSION *e)
{
	const ASN1_OCTET_STRING	*s;

	if (e == NULL)
		return (struct der){NULL, 0};
	s = X509_EXTENSION_get_data((X509_EXTENSION *)(uintptr_t)e);
	return (struct der){ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
}

bool
lint_is_ca(const struct lint_case *c)
{
	BASIC_CONSTRAINTS	*b = X509_get_ext_d2i(c->cert->x, NID_basic_constraints, NULL,
	    NULL);
	bool			 is = b != NULL && b->ca != 0;

	BASIC_CONSTRAINTS_free(b);
	return is;
}

bool
lint_is_self_issued(const struct lint_case *c)
{
	return X509_NAME_cmp(X509_get_subject_name(c->cert->x),
	    X509_get_issuer_name(c->cert->x)) == 0;
}

bool
lint_has_eku(const struct lint_case *c, int nid)
{
	EXTENDED_KEY_USAGE	*u = X509_get_ext_d2i(c->cert->x, NID_ext_key_usage, NULL, NULL);
	bool			 has = false;

	for (int i = 0; i < sk_ASN1_OBJECT_num(u) && !has; i++)
		has = OBJ_obj2nid(sk_ASN1_OBJECT_value(u, i)) == nid;
	EXTENDED_KEY_USAGE_free(u);
	return has;
}

size_t
lint_eku_count(const struct lint_case *c)
{
	EXTENDED_KEY_USAGE	*u = X509_get_ext_d2i(c->cert->x, NID_ext_key_usage, NULL, NULL);
	int			 n = sk_ASN1_OBJECT_num(u);

	EXTENDED_KEY_USAGE_free(u);
	return n < 0 ? 0 : (size_t)n;
}
