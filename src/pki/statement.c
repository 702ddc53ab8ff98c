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
	if (cert_key(by) == NULL)
		return err_set(err, ERR_CRYPTO, "%s: a key of no kind we use", cert_cn(by));
	if (key_kind_of(cert_key(by)) != key_kind_find("sm2") || cert_verify_message(by, in->text,
	    in->len, signature->p, signature->len, err) < 0)
		return err_set(err, ERR_DENIED, "the signature is not that of %s", cert_cn(by));
	return 0;
}

void
statement_asked_free(struct statement_asked *a)
{
	buf_free(&a->first);
	buf_free(&a->second);
}

int
statement_asked_read(struct statement_asked *a, const json_t *in, struct err *err)
{
	buf_init(&a->first, 256);
	buf_init(&a->second, 256);
	if (js_need_str(in, "statement", &a->of.text, err) < 0 ||
	    js_need_bytes(in, "signature", &a->first, err) < 0 ||
	    (json_object_get(in, "second") != NULL &&
	    js_need_bytes(in, "second", &a->second, err) < 0))
		return -1;
	a->of.len = strlen(a->of.text);
	a->of.first = (struct signature){a->first.p, a->first.len};
	a->of.second = (struct signature){a->second.p, a->second.len};
	return 0;
}
