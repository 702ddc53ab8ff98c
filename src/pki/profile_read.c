#include "base/base.h"
#include "base/str.h"
#include "base/yaml.h"
#include "pki/der.h"
#include "pki/key.h"
#include "pki/profile_set.h"

#include <openssl/objects.h>

#define PROFILE_ARENA	(4 * 1024 * 1024)

/* The house itself issues by these. */
static const char *const profile_needed[] = {"root", "issuing-ca", "ocsp", "staff"};

/* The file being read and where its parts go. */
struct profile_reader {
	const struct yaml_doc	*doc;
	struct profile_set	*set;
};

struct profile_word {
	const char	*name;
	unsigned	 value;
};
static const struct profile_word	profile_kinds[] = {
	{"ca", PROFILE_CA}, {"ocsp", PROFILE_OCSP}, {"tsa", PROFILE_TSA}, {"sign", PROFILE_SIGN},
	{"enc", PROFILE_ENC}, {"tls", PROFILE_TLS}, {"cmp", PROFILE_CMP}, {0},
};
static const struct profile_word	profile_usages[] = {
	{"digitalSignature", 0x80}, {"nonRepudiation", 0x40}, {"keyEncipherment", 0x20},
	{"dataEncipherment", 0x10}, {"keyAgreement", 0x08}, {"keyCertSign", 0x04},
	{"cRLSign", 0x02}, {0},
};

static int
profile_word(const struct profile_reader *r, const struct yaml *y,
    const struct profile_word *words, const char *what, unsigned *out, struct err *err)
{
	for (; words->name != NULL; words++)
		if (y->kind == YAML_TEXT && strcmp(words->name, y->text) == 0) {
			*out = words->value;
			return 0;
		}
	return yaml_err(r->doc, y, err, "unknown %s \"%s\"", what,
	    y->kind == YAML_TEXT ? y->text : "");
}

/* An optional list of texts as a comma list; check says no with a sentence.  NULL: absent. */
static int
profile_list(const struct profile_reader *r, const struct yaml *map, const char *key,
    int (*check)(const struct profile_reader *r, const struct yaml *y, const char **out,
    struct err *err), const char **out, struct err *err)
{
	const struct yaml	*list = yaml_get(map, key);
	struct buf		 b;
	const char		*text;
	int			 rc = 0;

	*out = NULL;
	if (list == NULL)
		return 0;
	if (list->kind != YAML_LIST)
		return yaml_err(r->doc, list, err, "\"%s\" must be a list", key);
	buf_init(&b, 4096);
	for (size_t i = 0; i < list->n && rc == 0; i++)
		if ((rc = check(r, &list->child[i], &text, err)) == 0)
			buf_addf(&b, "%s%s", i == 0 ? "" : ",", text);
	if (rc == 0 && (rc = buf_check(&b, err)) == 0)
		*out = arena_strdup(r->set->arena, b.p == NULL ? "" : b.p);
	buf_free(&b);
	return rc;
}

static int
profile_check_key(const struct profile_reader *r, const struct yaml *y, const char **out,
    struct err *err)
{
	*out = y->kind == YAML_TEXT ? y->text : "";
	return key_kind_find(*out) != NULL ? 0 :
	    yaml_err(r->doc, y, err, "unknown key kind \"%s\"", *out);
}

/* A subject attribute that name_add knows. */
static int
profile_check_attribute(const struct profile_reader *r, const struct yaml *y,
    const char **out, struct err *err)
{
	struct name	 n = {0};
	struct err	 why = {0};
	int		 rc;

	*out = y->kind == YAML_TEXT ? y->text : "";
	rc = name_add(&n, *out, strcmp(*out, "C") == 0 ? "CN" : "x", &why);
	name_free(&n);
	return rc == 0 ? 0 : yaml_err(r->doc, y, err, "unknown attribute \"%s\"", *out);
}

/* A name OpenSSL knows or a dotted OID; kept dotted. */
static int
profile_check_oid(const struct profile_reader *r, const struct yaml *y, const char **out,
    struct err *err)
{
	ASN1_OBJECT	*o = y->kind == YAML_TEXT ? OBJ_txt2obj(y->text, 0) : NULL;
	char		 dotted[80];
	int		 n = o == NULL ? 0 : OBJ_obj2txt(dotted, sizeof(dotted), o, 1);

	ASN1_OBJECT_free(o);
	if (n <= 0 || n >= (int)sizeof(dotted))
		return yaml_err(r->doc, y, err, "\"%s\" is no object identifier",
		    y->kind == YAML_TEXT ? y->text : "");
	*out = arena_strdup(r->set->arena, dotted);
	return 0;
}

static int
profile_read_usage(const struct profile_reader *r, const struct yaml *map, struct profile *p,
    struct err *err)
{
	const struct yaml	*list = NULL;
	unsigned		 bit = 0;

	if (yaml_need(r->doc, map, "usage", YAML_LIST, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list->n; i++) {
		if (profile_word(r, &list->child[i], profile_usages, "key usage", &bit, err) < 0)
			return -1;
		p->usage |= bit;
	}
	return p->usage != 0 ? 0 : yaml_err(r->doc, list, err, "\"usage\" must not be empty");
}

static int
profile_read_fixed(const struct profile_reader *r, const struct yaml *map, struct profile *p,
    struct err *err)
{
	const struct yaml	*fixed = yaml_get(map, "fixed");
	struct buf		 b;

	if (fixed == NULL)
		return 0;
	if (fixed->kind != YAML_MAP)
		return yaml_err(r->doc, fixed, err, "\"fixed\" must be a map");
	buf_init(&b, 4096);
	for (size_t i = 0; i < fixed->n; i++) {
		const struct yaml	*y = &fixed->child[i];

		if (y->kind != YAML_TEXT || y->text[0] == '\0' || strchr(y->text, '\n') != NULL) {
			buf_free(&b);
			return yaml_err(r->doc, y, err, "\"%s\" needs one line of text", y->key);
		}
		buf_addf(&b, "%s=%s\n", y->key, y->text);
	}
	p->fixed = arena_strdup(r->set->arena, b.p);
	buf_free(&b);
	return 0;
}

static int
profile_read_subject(const struct profile_reader *r, const struct yaml *map,
    struct profile *p, struct err *err)
{
	static const char *const known[] = {"required", "allowed", "fixed", NULL};
	const struct yaml	*subject = NULL;

	if (yaml_need(r->doc, map, "subject", YAML_MAP, &subject, err) < 0 ||
	    yaml_keys(r->doc, subject, known, err) < 0 ||
	    profile_list(r, subject, "required", profile_check_attribute, &p->required,
	    err) < 0 ||
	    profile_list(r, subject, "allowed", profile_check_attribute, &p->allowed, err) < 0)
		return -1;
	if (p->required == NULL || p->required[0] == '\0')
		return yaml_err(r->doc, subject, err, "a subject requires at least one attribute");
	return profile_read_fixed(r, subject, p, err);
}

/* The value: hex of one whole DER element, or a text that becomes a UTF8String. */
static int
profile_read_value(const struct profile_reader *r, const struct yaml *y,
    struct profile_extension *e, struct err *err)
{
	const char	*hex = NULL, *text = NULL;
	struct buf	 b;
	struct der	 in, body;
	unsigned	 tag;

	if (yaml_text(r->doc, y, "der", "", &hex, err) < 0 ||
	    yaml_text(r->doc, y, "utf8", "", &text, err) < 0)
		return -1;
	if ((hex[0] == '\0') == (text[0] == '\0') || strlen(hex) > 2000 || strlen(text) > 1000)
		return yaml_err(r->doc, y, err, "an extension has either \"der\" or \"utf8\"");
	buf_init(&b, 2048);
	if (text[0] != '\0') {
		der_add(&b, 0x0c, text, strlen(text));
	} else {
		e->len = strlen(hex) / 2;
		buf_addf(&b, "%*s", (int)e->len, "");
		if (strlen(hex) % 2 != 0 || hex_decode(hex, (unsigned char *)b.p, e->len) < 0)
			buf_clear(&b);
	}
	in = (struct der){.p = (unsigned char *)b.p, .len = b.len};
	if (b.len == 0 || der_next(&in, &tag, &body, NULL) < 0 || in.len != 0) {
		buf_free(&b);
		return yaml_err(r->doc, y, err, "\"der\" is not one DER element in hex");
	}
	e->value = memcpy(arena_alloc(r->set->arena, b.len), b.p, b.len);
	e->len = b.len;
	buf_free(&b);
	return 0;
}

static int
profile_read_extensions(const struct profile_reader *r, const struct yaml *map,
    struct profile *p, struct err *err)
{
	static const char *const	 known[] = {"oid", "critical", "der", "utf8", NULL};
	const struct yaml		*list = yaml_get(map, "extensions"), *y, *oid = NULL;
	struct profile_extension	*e;

	if (list == NULL)
		return 0;
	if (list->kind != YAML_LIST)
		return yaml_err(r->doc, list, err, "\"extensions\" must be a list");
	e = arena_alloc(r->set->arena, (list->n + 1) * sizeof(*e));
	for (size_t i = 0; i < list->n; i++) {
		y = &list->child[i];
		if (yaml_keys(r->doc, y, known, err) < 0 ||
		    yaml_need(r->doc, y, "oid", YAML_TEXT, &oid, err) < 0 ||
		    profile_check_oid(r, oid, &e[i].oid, err) < 0 ||
		    yaml_bool(r->doc, y, "critical", false, &e[i].critical, err) < 0 ||
		    profile_read_value(r, y, &e[i], err) < 0)
			return -1;
		if (str_has_prefix(e[i].oid, "2.5.29.") ||
		    strcmp(e[i].oid, "1.3.6.1.5.5.7.1.1") == 0)
			return yaml_err(r->doc, y, err, "%s is not written this way", e[i].oid);
	}
	p->extension = e;
	p->n_extension = list->n;
	return 0;
}

static int
profile_read_policy(const struct profile_reader *r, const struct yaml *map,
    struct profile *p, struct err *err)
{
	static const char *const known[] = {"oid", "cps", NULL};
	const struct yaml	*policy = yaml_get(map, "policy"), *oid = NULL;
	const char		*cps = NULL;

	if (policy == NULL)
		return 0;
	if (yaml_keys(r->doc, policy, known, err) < 0 ||
	    yaml_need(r->doc, policy, "oid", YAML_TEXT, &oid, err) < 0 ||
	    profile_check_oid(r, oid, &p->policy, err) < 0 ||
	    yaml_text(r->doc, policy, "cps", "", &cps, err) < 0)
		return -1;
	if (cps[0] != '\0' && !profile_is_address(cps))
		return yaml_err(r->doc, policy, err, "\"cps\" must be an http address");
	p->cps = cps[0] == '\0' ? NULL : arena_strdup(r->set->arena, cps);
	return 0;
}

/* What does not fit together, whatever each key says alone. */
static int
profile_check_whole(const struct profile_reader *r, const struct yaml *y,
    const struct profile *p, struct err *err)
{
	bool	 ca = p->kind == PROFILE_CA;

	if (ca != ((p->usage & PROFILE_CA_USAGE) != 0))
		return yaml_err(r->doc, y, err, "keyCertSign and cRLSign are for kind ca, and only for it");
	if (p->kind == PROFILE_SIGN && (p->usage & PROFILE_ENC_USAGE) != 0)
		return yaml_err(r->doc, y, err, "a signature certificate must not encipher "
		    "(GB/T 20518 5.2.4)");
	if (p->kind == PROFILE_ENC && (p->usage & ~PROFILE_ENC_USAGE) != 0)
		return yaml_err(r->doc, y, err, "an encryption certificate must not sign "
		    "(GB/T 20518 5.2.4)");
	if (p->list_parts > 0 && (ca || !p->pointers))
		return yaml_err(r->doc, y, err, "\"list_parts\" needs pointers, and is not for kind ca");
	if (!ca && p->path_len >= 0)
		return yaml_err(r->doc, y, err, "\"path_len\" is for kind ca");
	if (p->kind == PROFILE_TSA && (p->eku == NULL ||
	    strcmp(p->eku, "1.3.6.1.5.5.7.3.8") != 0))
		return yaml_err(r->doc, y, err, "kind tsa has eku timeStamping and nothing else "
		    "(RFC 3161 2.3)");
	if (p->identity != NULL && strcmp(p->identity, "uscc") != 0 &&
	    strcmp(p->identity, "resident-id") != 0)
		return yaml_err(r->doc, y, err, "unknown identity \"%s\"", p->identity);
	return 0;
}

static int
profile_read(const struct profile_reader *r, const struct yaml *y, struct profile *p,
    struct err *err)
{
	static const char *const known[] = {"name", "title", "kind", "authority", "keys", "usage",
		"eku", "path_len", "max_years", "subject", "identity", "pointers", "list_parts",
		"no_check", "policy", "extensions", NULL};
	struct arena		*a = r->set->arena;
	const struct yaml	*kind = NULL;
	const char		*name, *title, *authority, *identity;
	int64_t			 years = 0, path = 0, parts = 0;
	unsigned		 n = 0;

	if (yaml_keys(r->doc, y, known, err) < 0 ||
	    yaml_text(r->doc, y, "name", NULL, &name, err) < 0 ||
	    yaml_text(r->doc, y, "title", NULL, &title, err) < 0 ||
	    yaml_text(r->doc, y, "authority", "issuing", &authority, err) < 0 ||
	    yaml_text(r->doc, y, "identity", "", &identity, err) < 0 ||
	    yaml_need(r->doc, y, "kind", YAML_TEXT, &kind, err) < 0 ||
	    profile_word(r, kind, profile_kinds, "kind", &n, err) < 0 ||
	    yaml_int(r->doc, y, "max_years", 1, 50, 0, &years, err) < 0 ||
	    yaml_int(r->doc, y, "path_len", -1, 10, -1, &path, err) < 0 ||
	    yaml_bool(r->doc, y, "pointers", false, &p->pointers, err) < 0 ||
	    yaml_int(r->doc, y, "list_parts", 0, PROFILE_PARTS_MAX, 0, &parts, err) < 0 ||
	    yaml_bool(r->doc, y, "no_check", false, &p->no_check, err) < 0 ||
	    profile_list(r, y, "keys", profile_check_key, &p->keys, err) < 0 ||
	    profile_list(r, y, "eku", profile_check_oid, &p->eku, err) < 0 ||
	    profile_read_usage(r, y, p, err) < 0 || profile_read_subject(r, y, p, err) < 0 ||
	    profile_read_policy(r, y, p, err) < 0 || profile_read_extensions(r, y, p, err) < 0)
		return -1;
	p->name = arena_strdup(a, name);
	p->title = arena_strdup(a, title);
	p->authority = arena_strdup(a, authority);
	p->identity = identity[0] == '\0' ? NULL : arena_strdup(a, identity);
	p->kind = (enum profile_kind)n;
	p->max_years = (int)years;
	p->path_len = (int)path;
	p->list_parts = (int)parts;
	if (p->keys == NULL || p->keys[0] == '\0')
		return yaml_err(r->doc, y, err, "\"keys\" must name at least one key kind");
	return profile_check_whole(r, y, p, err);
}

static const struct profile *
profile_in(const struct profile_set *set, const char *name)
{
	for (size_t i = 0; i < set->n_profiles; i++)
		if (strcmp(set->profiles[i].name, name) == 0)
			return &set->profiles[i];
	return NULL;
}

static int
product_read(const struct profile_reader *r, const struct yaml *y, struct product *p,
    struct err *err)
{
	static const char *const known[] = {"name", "title", "sign", "enc", "medium", NULL};
	const char	*name, *title, *sign, *enc, *medium;

	if (yaml_keys(r->doc, y, known, err) < 0 ||
	    yaml_text(r->doc, y, "name", NULL, &name, err) < 0 ||
	    yaml_text(r->doc, y, "title", NULL, &title, err) < 0 ||
	    yaml_text(r->doc, y, "sign", NULL, &sign, err) < 0 ||
	    yaml_text(r->doc, y, "enc", "", &enc, err) < 0 ||
	    yaml_text(r->doc, y, "medium", "ukey", &medium, err) < 0)
		return -1;
	p->soft = strcmp(medium, "soft") == 0;
	if (!p->soft && strcmp(medium, "ukey") != 0)
		return yaml_err(r->doc, yaml_get(y, "medium"), err,
		    "\"medium\" must be ukey or soft");
	p->name = arena_strdup(r->set->arena, name);
	p->title = arena_strdup(r->set->arena, title);
	p->sign = profile_in(r->set, sign);
	p->enc = enc[0] == '\0' ? NULL : profile_in(r->set, enc);
	if (p->sign == NULL || p->sign->kind != PROFILE_SIGN)
		return yaml_err(r->doc, y, err, "\"%s\" is no profile of kind sign", sign);
	if (enc[0] != '\0' && (p->enc == NULL || p->enc->kind != PROFILE_ENC))
		return yaml_err(r->doc, y, err, "\"%s\" is no profile of kind enc", enc);
	if (p->enc != NULL && strcmp(p->enc->authority, p->sign->authority) != 0)
		return yaml_err(r->doc, y, err, "both halves of a pair come from one authority");
	return 0;
}

static int
profile_read_all(struct profile_reader *r, struct err *err)
{
	static const char *const known[] = {"profiles", "products", NULL};
	const struct yaml	*root = yaml_root(r->doc), *profiles = NULL, *products = NULL;
	struct profile_set	*set = r->set;

	if (yaml_keys(r->doc, root, known, err) < 0 ||
	    yaml_need(r->doc, root, "profiles", YAML_LIST, &profiles, err) < 0 ||
	    yaml_need(r->doc, root, "products", YAML_LIST, &products, err) < 0)
		return -1;
	set->profiles = arena_alloc(set->arena, (profiles->n + 1) * sizeof(*set->profiles));
	for (; set->n_profiles < profiles->n; set->n_profiles++) {
		struct profile	*p = &set->profiles[set->n_profiles];

		if (profile_read(r, &profiles->child[set->n_profiles], p, err) < 0)
			return -1;
		if (profile_in(set, p->name) != NULL)
			return yaml_err(r->doc, &profiles->child[set->n_profiles], err,
			    "profile \"%s\" stands here twice", p->name);
	}
	set->products = arena_alloc(set->arena, (products->n + 1) * sizeof(*set->products));
	for (; set->n_products < products->n; set->n_products++)
		if (product_read(r, &products->child[set->n_products],
		    &set->products[set->n_products], err) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_LEN(profile_needed); i++)
		if (profile_in(set, profile_needed[i]) == NULL)
			return yaml_err(r->doc, profiles, err, "profile \"%s\" is missing",
			    profile_needed[i]);
	return 0;
}

int
profile_set_parse(const char *p, size_t len, const char *name, struct profile_set **out,
    struct err *err)
{
	struct yaml_doc		*doc = NULL;
	struct arena		*arena = arena_new(PROFILE_ARENA);
	struct profile_set	*set = arena_alloc(arena, sizeof(*set));
	struct profile_reader	 r = {.set = set};
	int			 rc = -1;

	set->arena = arena;
	if (yaml_parse(p, len, name, &doc, err) == 0) {
		r.doc = doc;
		rc = profile_read_all(&r, err);
	}
	yaml_doc_free(doc);
	if (rc < 0)
		arena_free(arena);
	else
		*out = set;
	return rc;
}
