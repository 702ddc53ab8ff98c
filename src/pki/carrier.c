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

/* Written again it is the same: nothing else stands in it. */
static int
carrier_is_whole(const struct carrier *c, const char *text, size_t len, struct err *err)
{
	struct buf	again;
	int		rc = -1;

	buf_init(&again, STATEMENT_MAX);
	if (carrier_text(c->order, c->serial, c->point, &again, err) == 0)
		rc = again.len == len && memcmp(again.p, text, len) == 0 ? 0 :
		    err_set(err, ERR_DENIED, "the carrier says more than a carrier does");
	buf_free(&again);
	return rc;
}

int
carrier_parse(const char *text, size_t len, struct carrier *out, struct err *err)
{
	json_t		*j = NULL;
	const char	*order = NULL, *serial = NULL, *point = NULL;
	int		 rc = -1;

	if (statement_parse(text, len, "carrier", &j, err) < 0)
		return -1;
	order = js_str(j, "order");
	serial = js_str(j, "serial");
	point = js_str(j, "point");
	if (strlen(order) >= sizeof(out->order) || strlen(serial) >= sizeof(out->serial) ||
	    strlen(point) != 2 * SM2_POINT_LEN ||
	    hex_decode(point, out->point, SM2_POINT_LEN) < 0) {
		err_set(err, ERR_DENIED, "the carrier names no order, certificate or key");
	} else {
		(void)snprintf(out->order, sizeof(out->order), "%s", order);
		(void)snprintf(out->serial, sizeof(out->serial), "%s", serial);
		rc = carrier_is_whole(out, text, len, err);
	}
	json_decref(j);
	return rc;
}

int
carrier_check(const struct signed_statement *in, const char *order, const struct cert *by,
    unsigned char point[SM2_POINT_LEN], struct err *err)
{
	struct carrier	c;

	if (carrier_parse(in->text, in->len, &c, err) < 0)
		return -1;
	if (strcmp(c.order, order) != 0)
		return err_set(err, ERR_DENIED, "the carrier is for another order");
	if (strcmp(c.serial, cert_serial(by)) != 0)
		return err_set(err, ERR_DENIED, "the carrier is of another certificate");
	memcpy(point, c.point, SM2_POINT_LEN);
	return statement_verify(in, &in->first, by, err);
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
