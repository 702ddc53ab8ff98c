#include "base/base.h"
#include "base/str.h"
#include "pki/name.h"

#include <ctype.h>
#include <openssl/objects.h>

/* The attributes we write: X.520 upper bounds in characters (RFC 5280 A.1). */
static const struct name_attribute {
	const char	*name;
	int		 nid;
	size_t		 max;
	int		 type;			/* V_ASN1_… */
} name_attributes[] = {
	{"C", NID_countryName, 2, V_ASN1_PRINTABLESTRING},
	{"ST", NID_stateOrProvinceName, 128, V_ASN1_UTF8STRING},
	{"L", NID_localityName, 128, V_ASN1_UTF8STRING},
	{"O", NID_organizationName, 64, V_ASN1_UTF8STRING},
	{"OU", NID_organizationalUnitName, 64, V_ASN1_UTF8STRING},
	{"CN", NID_commonName, 64, V_ASN1_UTF8STRING},
	{"SN", NID_surname, 64, V_ASN1_UTF8STRING},
	{"GN", NID_givenName, 64, V_ASN1_UTF8STRING},
	{"T", NID_title, 64, V_ASN1_UTF8STRING},
	{"serialNumber", NID_serialNumber, 64, V_ASN1_PRINTABLESTRING},	/* RFC 5280 A.1 */
	{"emailAddress", NID_pkcs9_emailAddress, 128, V_ASN1_IA5STRING},
};

static const struct name_attribute *
name_find(const char *attribute)
{
	for (size_t i = 0; i < ARRAY_LEN(name_attributes); i++)
		if (strcmp(name_attributes[i].name, attribute) == 0)
			return &name_attributes[i];
	return NULL;
}

/* No hidden characters, and no bytes over ASCII where the type has none. */
static bool
name_has_bad_bytes(const struct name_attribute *a, const char *value)
{
	for (const char *p = value; *p != '\0'; p++) {
		unsigned char	 c = (unsigned char)*p;

		if (c >= 0x80 && a->type != V_ASN1_UTF8STRING)
			return true;
		if (a->type == V_ASN1_PRINTABLESTRING && !isalnum(c) &&
		    strchr(" '()+,-./:=?", c) == NULL)
			return true;
	}
	if (utf8_has_hidden(value))
		return true;
	return a->nid == NID_countryName && (strlen(value) != 2 || value[0] < 'A' ||
	    value[0] > 'Z' || value[1] < 'A' || value[1] > 'Z');
}

int
name_add(struct name *n, const char *attribute, const char *value, struct err *err)
{
	const struct name_attribute	*a = name_find(attribute);

	if (a == NULL)
		return err_set(err, ERR_INPUT, "证书主题中没有名为 %.32s 的项。", attribute);
	if (value == NULL || value[0] == '\0')
		return 0;
	if (strlen(value) > NAME_VALUE_MAX || !utf8_is_valid(value, strlen(value)) ||
	    utf8_count(value) > a->max)
		return err_set(err, ERR_INPUT, "证书主题的 %s 最多 %zu 个字，请缩短。", a->name,
		    a->max);
	if (name_has_bad_bytes(a, value))
		return err_set(err, ERR_INPUT, "证书主题的 %s 含有不能使用的字符。", a->name);
	if (n->n == NAME_ROWS)
		return err_set(err, ERR_INPUT, "证书主题最多 %d 项。", NAME_ROWS);
	n->row[n->n++] = (struct name_row){.attribute = a->name, .value = xstrdup(value)};
	return 0;
}

int
name_from_json(struct name *n, const json_t *subject, struct err *err)
{
	static const char *const order[] = {"ST", "L", "O", "OU", "CN"};

	if (name_add(n, "C", js_str_or(subject, "C", "CN"), err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (name_add(n, order[i], js_str(subject, order[i]), err) < 0)
			return -1;
	return 0;
}

const char *
name_get(const struct name *n, const char *attribute)
{
	for (size_t i = 0; i < n->n; i++)
		if (strcmp(n->row[i].attribute, attribute) == 0)
			return n->row[i].value;
	return "";
}

void
name_free(struct name *n)
{
	for (size_t i = 0; i < n->n; i++)
		free(n->row[i].value);
	*n = (struct name){0};
}

int
name_to_x509(const struct name *n, X509_NAME **out, struct err *err)
{
	X509_NAME	*x = X509_NAME_new();

	for (size_t i = 0; x != NULL && i < n->n; i++) {
		const struct name_attribute	*a = name_find(n->row[i].attribute);

		if (!X509_NAME_add_entry_by_NID(x, a->nid, a->type,
		    (const unsigned char *)n->row[i].value, -1, -1, 0)) {
			X509_NAME_free(x);
			x = NULL;
		}
	}
	if (x == NULL)
		return err_openssl(err, ERR_INPUT, "cannot build the distinguished name");
	*out = x;
	return 0;
}

static int
name_take_entry(struct name *n, const X509_NAME_ENTRY *entry, struct err *err)
{
	int		 nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
	unsigned char	*text = NULL;
	int		 len;

	for (size_t i = 0; i < ARRAY_LEN(name_attributes); i++) {
		if (name_attributes[i].nid != nid)
			continue;
		if (n->n == NAME_ROWS)
			return err_set(err, ERR_INPUT, "a name with more than %d rows", NAME_ROWS);
		len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
		if (len < 0)
			return err_openssl(err, ERR_INPUT, "a name with broken text");
		n->row[n->n++] = (struct name_row){.attribute = name_attributes[i].name,
		    .value = xstrndup((const char *)text, (size_t)len)};
		OPENSSL_free(text);
	}
	return 0;
}

int
name_from_x509(struct name *n, const X509_NAME *x, struct err *err)
{
	for (int i = 0; i < X509_NAME_entry_count(x); i++)
		if (name_take_entry(n, X509_NAME_get_entry(x, i), err) < 0)
			return -1;
	return 0;
}

int
name_from_der(struct name *n, const void *p, size_t len, struct err *err)
{
	const unsigned char	*at = p;
	X509_NAME		*x = d2i_X509_NAME(NULL, &at, (long)len);
	struct name		 raw = {0};
	int			 rc = -1;

	if (x == NULL || at != (const unsigned char *)p + len) {
		err_openssl(err, ERR_INPUT, "not a distinguished name");
		goto out;
	}
	if (name_from_x509(&raw, x, err) < 0)
		goto out;
	if (raw.n != (size_t)X509_NAME_entry_count(x)) {
		err_set(err, ERR_INPUT, "an attribute of the name is none of those we know");
		goto out;
	}
	rc = 0;
	for (size_t i = 0; rc == 0 && i < raw.n; i++)
		rc = name_add(n, raw.row[i].attribute, raw.row[i].value, err);
 out:
	name_free(&raw);
	X509_NAME_free(x);
	return rc;
}

const char *
name_text(const struct name *n, char text[NAME_TEXT])
{
	size_t	 used = 0;

	text[0] = '\0';
	for (size_t i = n->n; i-- > 0 && used < NAME_TEXT;)
		used += (size_t)snprintf(text + used, NAME_TEXT - used, "%s%s=%s",
		    used == 0 ? "" : ", ", n->row[i].attribute, n->row[i].value);
	return text;
}
