#include "base/base.h"
#include "pki/statement.h"

int
statement_parse(const char *bytes, size_t len, const char *type, json_t **out,
    struct err *err)
{
	json_t		*j = NULL;
	struct buf	 again;
	int		 rc = -1;

	if (json_parse(bytes, len, STATEMENT_MAX, &j, err) < 0)
		return err_add(err, "statement");
	buf_init(&again, LIMIT_JSON);
	json_write_canonical(j, &again);
	if (again.len != len || memcmp(again.p, bytes, len) != 0)
		err_set(err, ERR_DENIED, "the statement is not in canonical form");
	else if (strcmp(js_str(j, "type"), type) != 0 || js_int(j, "v", 0) != 1)
		err_set(err, ERR_DENIED, "the statement is no %s of version 1", type);
	else
		rc = 0;
	buf_free(&again);
	if (rc < 0)
		json_decref(j);
	else
		*out = j;
	return rc;
}

int
statement_verify(const struct signed_statement *in, const struct signature *signature,
    const struct cert *by, struct err *err)
{
	unsigned char	 point[SM2_POINT_LEN];

	if (cert_point(by, point, err) < 0)
		return -1;
	if (sm2_verify_point(point, in->text, in->len, signature->p, signature->len, err) < 0)
		return err_set(err, ERR_DENIED, "the signature is not that of %s", cert_cn(by));
	return 0;
}
