#include "pki/spoiled.h"

struct findings {
	char	 names[2048];			/* each with a blank behind */
	size_t	 n;
};

static void
note(const struct lint_rule *rule, void *arg)
{
	struct findings	*f = arg;
	size_t		 len = strlen(f->names);

	snprintf(f->names + len, sizeof(f->names) - len, " %s ", rule->name);
	f->n++;
}

static void
encode(struct spoiled *s)
{
	unsigned char	*der = NULL;
	int		 n;

	i2d_re_X509_tbs(s->x, NULL);
	n = i2d_X509(s->x, &der);
	assert_true(n > 0);
	buf_clear(&s->der);
	buf_add(&s->der, der, (size_t)n);
	OPENSSL_free(der);
}

static void
spoil(const struct ca *ca, size_t i, struct findings *f)
{
	struct err	 err = {0};
	struct spoiled	 s = {.ca = ca, .x = X509_dup(cert_x509(ca->sign)),
	    .c = {.issuer = ca->issuing, .profile = profile_find("sm2-org-sign")}};
	struct cert	*c = NULL;

	*f = (struct findings){.n = 0};
	buf_init(&s.der, LIMIT_CERT);
	if (spoilers[i].spoil != NULL)
		spoilers[i].spoil(&s);
	encode(&s);
	if (spoilers[i].patch != NULL)
		spoilers[i].patch(&s);
	if (lint_read(s.der.p, s.der.len, &c, &err) < 0)
		fail_msg("%s: %s", spoilers[i].rule, err.text);
	s.c.cert = c;
	lint_run(&s.c, note, f);
	cert_free(c);
	buf_free(&s.der);
	X509_free(s.x);
}

void
test_lint__each_rule_finds_its_fault(void **state)
{
	struct ca	 ca;
	struct findings	 f;
	char		 name[64];
	size_t		 n = 0;

	(void)state;
	ca_make(&ca);
	for (size_t i = 0; i < ARRAY_LEN(spoilers); i++) {
		assert_string_equal(spoilers[i].rule, lint_rule_at(i)->name);
		spoil(&ca, i, &f);
		snprintf(name, sizeof(name), " %s ", spoilers[i].rule);
		if (strstr(f.names, name) == NULL)
			fail_msg("%s is not found, but %s", spoilers[i].rule, f.names);
	}
	while (lint_rule_at(n) != NULL)
		n++;
	assert_int_equal(n, ARRAY_LEN(spoilers));
	ca_free(&ca);
}

static void
assert_clean(const struct cert *c, const struct cert *issuer, const char *profile)
{
	const struct lint_case	 lc = {.cert = c, .issuer = issuer,
		.profile = profile_find(profile)};
	struct findings		 f = {.n = 0};

	assert_int_equal(lint_run(&lc, note, &f), 0);
	assert_string_equal(f.names, "");
}

void
test_lint__what_we_issue_is_clean(void **state)
{
	struct ca	 ca;

	(void)state;
	ca_make(&ca);
	assert_clean(ca.root, NULL, "root");
	assert_clean(ca.issuing, ca.root, "issuing-ca");
	assert_clean(ca.ocsp, ca.issuing, "ocsp");
	assert_clean(ca.sign, ca.issuing, "sm2-org-sign");
	assert_clean(ca.enc, ca.issuing, "sm2-org-enc");
	ca_free(&ca);
}

/* Roots that everybody's computers hold, and what is to be said against them. */
void
test_lint__certificates_of_others(void **state)
{
	static const struct {
		const char	*name, *broken;
	} rows[] = {
		{"amazon-1", ""}, {"amazon-3", ""}, {"cfca", " serial_entropy "},
		{"certum-2", " algorithm_known  validity_form "},	/* SHA-512; 2011 as GeneralizedTime */
		{"entrust", " serial_entropy  algorithm_known  name_string "},	/* T61String */
		{"epki", " algorithm_known  constraints_ca  usage_present  usage_ca "},
		{"isrg-x2", " algorithm_known  key_kind "},		/* P-384 */
		{"netlock", " serial_entropy  key_exponent "},		/* 43147 */
		{"twca", " serial_entropy  subject_key_id "},
	};
	struct err	 err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct findings	 f = {.n = 0};
		struct cert	*c = NULL;
		char		 path[64];

		snprintf(path, sizeof(path), "tests/data/foreign/%s.pem", rows[i].name);
		assert_ok(cert_read(path, &c, &err));
		lint_run(&(struct lint_case){.cert = c}, note, &f);
		if (strcmp(f.names, rows[i].broken) != 0)
			fail_msg("%s: %s", rows[i].name, f.names);
		cert_free(c);
	}
}

/* A plan with a fault that only the lint knows is not signed. */
void
test_lint__stands_before_the_signature(void **state)
{
	struct err	 err = {0};
	struct ca	 ca;
	struct cert	*c = NULL;
	struct name	 subject = {0};
	struct cert_plan plan = {.profile = profile_find("sm2-org-sign"), .subject = &subject,
	    .not_before = CA_NOW, .not_after = CA_NOW + CLOCK_DAY,
	    .id_no = "91350100M000100Y44", .pointers = CA_POINTERS};

	(void)state;
	ca_make(&ca);
	plan.issuer = ca.issuing;
	plan.key = ca.sign_key;
	cert_new_serial(plan.serial);
	assert_ok(name_add(&subject, "C", "CN", &err));
	assert_ok(name_add(&subject, "O", "某单位", &err));
	assert_ok(name_add(&subject, "CN", "某单位", &err));
	assert_err(cert_build(&plan, SIGNING(ca.issuing_key), &c, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "identity_code"));
	plan.id_no = "91350100M000100Y43";
	assert_ok(cert_build(&plan, SIGNING(ca.issuing_key), &c, &err));
	cert_free(c);
	name_free(&subject);
	ca_free(&ca);
}

/* The organisation's certificate with this serial number (bytes) and end (as it stands there). */
static void
border(const struct ca *ca, const void *serial, int len, int type, const char *end,
    struct findings *f)
{
	struct err	 err = {0};
	struct spoiled	 s = {.ca = ca, .x = X509_dup(cert_x509(ca->sign))};
	struct cert	*c = NULL;
	ASN1_STRING	*t = ASN1_STRING_type_new(type);

	*f = (struct findings){.n = 0};
	buf_init(&s.der, LIMIT_CERT);
	assert_int_equal(ASN1_STRING_set(X509_get_serialNumber(s.x), serial, len), 1);
	assert_int_equal(ASN1_STRING_set(t, end, -1), 1);
	assert_int_equal(X509_set1_notAfter(s.x, t), 1);
	encode(&s);
	assert_ok(lint_read(s.der.p, s.der.len, &c, &err));
	s.c.cert = c;
	lint_run(&s.c, note, f);
	cert_free(c);
	ASN1_STRING_free(t);
	buf_free(&s.der);
	X509_free(s.x);
}

/* 20 octets and 21; the last second of UTCTime and the first of GeneralizedTime (RFC 5280 4.1.2.5). */
void
test_lint__borders_of_serial_and_time(void **state)
{
	static const struct {
		unsigned char	 first;			/* of 20 bytes */
		int		 type;
		const char	*end, *broken;
	} rows[] = {
		{0x7f, V_ASN1_UTCTIME, "491231235959Z", ""},
		{0x80, V_ASN1_UTCTIME, "491231235959Z", " serial_length "},
		{0x7f, V_ASN1_GENERALIZEDTIME, "20500101000000Z", ""},
		{0x7f, V_ASN1_GENERALIZEDTIME, "20491231235959Z", " validity_form "},
		{0x7f, V_ASN1_UTCTIME, "500101000000Z", " validity_order "},	/* 1950 */
		{0x7f, V_ASN1_UTCTIME, "4912312359Z", " validity_form "},
		{0x7f, V_ASN1_UTCTIME, "491231235960Z", " validity_real  validity_order "},
		{0x7f, V_ASN1_GENERALIZEDTIME, "20501301000000Z", " validity_real  validity_order "},
		{0x7f, V_ASN1_GENERALIZEDTIME, "20500101000000.5Z", " validity_form "},
	};
	unsigned char	 serial[20] = {0};
	struct findings	 f;
	struct ca	 ca;

	(void)state;
	ca_make(&ca);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		serial[0] = rows[i].first;
		border(&ca, serial, sizeof(serial), rows[i].type, rows[i].end, &f);
		if (strcmp(f.names, rows[i].broken) != 0)
			fail_msg("%02x %s: %s", rows[i].first, rows[i].end, f.names);
	}
	ca_free(&ca);
}
