#include "base/base.h"
#include "pki/carrier.h"

#include "base/str.h"

int
carrier_text(const char *order, const char *serial, const unsigned char point[SM2_POINT_LEN],
    struct buf *out, struct err *err)
{
	char	 hex[2 * SM2_POINT_LEN + 1];
	json_t	*j = NULL;

	hex_encode(point, SM2_POINT_LEN, hex);
	j = json_pack("{s:s, s:s, s:s, s:s, s:i}", "order", order, "point", hex, "serial", serial,
	    "type", "carrier", "v", 1);
	if (j == NULL)
		return err_set(err, ERR_INPUT, "order or serial of a carrier is not UTF-8");
	json_write_canonical(j, out);
	json_decref(j);
	return buf_check(out, err);
}

int
carrier_check(const struct signed_statement *in, const char *order, const struct cert *by,
    unsigned char point[SM2_POINT_LEN], struct err *err)
{
	json_t	*j = NULL;
	int	 rc = -1;

	if (statement_parse(in->text, in->len, "carrier", &j, err) < 0)
		return -1;
	if (strcmp(js_str(j, "order"), order) != 0)
		err_set(err, ERR_DENIED, "the carrier is for another order");
	else if (strcmp(js_str(j, "serial"), cert_serial(by)) != 0)
		err_set(err, ERR_DENIED, "the carrier is of another certificate");
	else if (strlen(js_str(j, "point")) != 2 * SM2_POINT_LEN ||
	    hex_decode(js_str(j, "point"), point, SM2_POINT_LEN) < 0)
		err_set(err, ERR_DENIED, "the carrier names no key");
	else
		rc = statement_verify(in, &in->first, by, err);
	json_decref(j);
	return rc;
}

void
carrier_put(json_t *question, const struct signed_statement *carrier)
{
	json_t	*j = NULL;

	if (carrier->text == NULL)
		return;
	j = json_object();
	(void)json_object_set_new(j, "statement", json_stringn(carrier->text, carrier->len));
	js_set_bytes(j, "signature", carrier->first.p, carrier->first.len);
	(void)json_object_set_new(question, "carrier", j);
}

int
carrier_get(struct statement_asked *a, const json_t *question, struct err *err)
{
	const json_t	*j = json_object_get(question, "carrier");

	return j == NULL ? 0 : statement_asked_read(a, j, err);
}
