#ifndef PKI_NAME_H
#define PKI_NAME_H
#include "base/json.h"

#include <openssl/x509.h>
/*
 * Distinguished names from rows of attribute and value (GB/T 20518 5.2.3.6).
 * Values are written as UTF8String, C as PrintableString; the order of adding is the order
 * in the certificate.  Values are copied.
 */
#define NAME_ROWS	12
#define NAME_VALUE_MAX	256			/* bytes; characters are bounded per attribute */
#define NAME_TEXT	1024

struct name_row {
	const char	*attribute;		/* "CN" …; from the closed list in name.c */
	char		*value;
};
struct name {
	struct name_row	 row[NAME_ROWS];
	size_t		 n;
};

/*
 * Add one row.  Empty or NULL value: nothing is added.  Known: C ST L O OU CN SN GN T
 * serialNumber emailAddress.  ERR_INPUT: unknown attribute, too long for its X.520 bound,
 * control characters, bad UTF-8, C not two capital letters.
 */
NODISCARD int	name_add(struct name *n, const char *attribute, const char *value,
		    struct err *err);
/* C (CN when the object has none), then ST, L, O, OU, CN in this order from a JSON object;
 * its other members are not looked at. */
NODISCARD int	name_from_json(struct name *n, const json_t *subject, struct err *err);
/* First value of the attribute, "" when absent. */
const char	*name_get(const struct name *n, const char *attribute);
void		 name_free(struct name *n);		/* of a zeroed struct: no-op */

/* For OpenSSL; the caller frees with X509_NAME_free. */
NODISCARD int	name_to_x509(const struct name *n, X509_NAME **out, struct err *err);
/* Unknown attributes are skipped; ERR_INPUT when more rows than fit. */
NODISCARD int	name_from_x509(struct name *n, const X509_NAME *x, struct err *err);
/* From a stranger's DER Name: every row as name_add takes it, nothing unknown, one value each. */
NODISCARD int	name_from_der(struct name *n, const void *p, size_t len, struct err *err);
/* One line for people: "CN=…, O=…, L=…, ST=…, C=CN" (most specific first); cut to fit. */
const char	*name_text(const struct name *n, char text[NAME_TEXT]);
#endif
