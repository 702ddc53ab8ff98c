#include "unit.h"
#include "base/str.h"
#include "jose/jws.h"

/* The examples of RFC 7515, appendices A.2 and A.3: payload, signatures, keys. */
#define PAYLOAD	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt" \
		"cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define ES	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA" \
		"pmWQxfKTUJqPP3-Kg6NU1Q"
#define ES_KEY	"\"kty\":\"EC\",\"crv\":\"P-256\"," \
		"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
		"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define RS	"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7" \
		"AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4" \
		"BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K" \
		"0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv" \
		"hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB" \
		"p0igcN_IoypGlUPQGe77Rw"
#define RS_N	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp" \
		"-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW" \
		"vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs" \
		"LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k" \
		"G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2" \
		"PAcDTW9gb54h4FRWyuXpoQ"
#define RS_KEY	"\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RS_N "\""

static enum err_kind
reads(const char *header, const char *payload, const char *signature, const char *keys)
{
	struct err	 err = {0};
	json_t		*set = NULL, *claims = NULL;
	struct buf	 token;

	assert_ok(json_parse(keys, strlen(keys), 0, &set, &err));
	buf_init(&token, 65536);
	base64url_add(&token, header, strlen(header));
	buf_addf(&token, ".%s.%s", payload, signature);
	err_clear(&err);
	if (jws_read(token.p, token.len, set, &claims, &err) == 0)
		assert_string_equal(js_str(claims, "iss"), "joe");
	else
		assert_null(claims);
	json_decref(claims);
	json_decref(set);
	buf_free(&token);
	return err.kind;
}

static enum err_kind
es(const char *header, const char *signature, const char *keys)
{
	return reads(header, PAYLOAD, signature, keys);
}

void
test_jws__the_published_examples(void **state)
{
	(void)state;
	assert_int_equal(es("{\"alg\":\"ES256\"}", ES, "{\"keys\":[{" ES_KEY "}]}"), ERR_NONE);
	assert_int_equal(es("{\"alg\":\"RS256\"}", RS, "{\"keys\":[{" RS_KEY "}]}"), ERR_NONE);
	/* Both side by side: the kind tells which. */
	assert_int_equal(es("{\"alg\":\"RS256\"}", RS, "{\"keys\":[{" ES_KEY "},{" RS_KEY "}]}"),
	    ERR_NONE);
}

void
test_jws__another_algorithm_than_the_keys(void **state)
{
	static const char *const bad[] = {"{\"alg\":\"none\"}", "{\"alg\":\"HS256\"}",
		"{\"alg\":\"ES384\"}", "{\"alg\":\"es256\"}", "{}", "{\"alg\":1}", "[]", "",
		"{\"alg\":\"ES256\",\"crit\":[\"exp\"]}", "{\"alg\":\"ES256\",\"alg\":\"ES256\"}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(es(bad[i], ES, "{\"keys\":[{" ES_KEY "}]}"), ERR_INPUT);
	/* An RSA key does not verify an ES256 token, nor the other way round. */
	assert_int_equal(es("{\"alg\":\"ES256\"}", ES, "{\"keys\":[{" RS_KEY "}]}"), ERR_NOT_FOUND);
	assert_int_equal(es("{\"alg\":\"RS256\"}", RS, "{\"keys\":[{" ES_KEY "}]}"), ERR_NOT_FOUND);
}

void
test_jws__a_signature_that_does_not_hold(void **state)
{
	static const char	 keys[] = "{\"keys\":[{" ES_KEY "}]}", h[] = "{\"alg\":\"ES256\"}";
	char			 zero[87];

	(void)state;
	memset(zero, 'A', 86);
	zero[86] = '\0';
	assert_int_equal(es("{\"alg\": \"ES256\"}", ES, keys), ERR_CRYPTO);	/* one blank more */
	assert_int_equal(es(h, zero, keys), ERR_CRYPTO);			/* r = s = 0 */
	assert_int_equal(es(h, "AAAA", keys), ERR_CRYPTO);
	assert_int_equal(es(h, RS, keys), ERR_CRYPTO);
	assert_int_equal(es(h, ES "=", keys), ERR_CRYPTO);
	assert_int_equal(es(h, "", keys), ERR_INPUT);
	assert_int_equal(es(h, ES ".AAAA", keys), ERR_INPUT);	/* a fourth part */
	assert_int_equal(reads(h, "eyJpc3MiOiJldmlsIn0", ES, keys), ERR_CRYPTO);
}

void
test_jws__which_key(void **state)
{
	static const char	h[] = "{\"alg\":\"ES256\",\"kid\":\"1\"}";

	(void)state;
	/* Named: only that one, and then its signature is of another header. */
	assert_int_equal(es(h, ES, "{\"keys\":[{" ES_KEY "}]}"), ERR_NOT_FOUND);
	assert_int_equal(es(h, ES, "{\"keys\":[{\"kid\":\"2\"," ES_KEY "}]}"), ERR_NOT_FOUND);
	assert_int_equal(es(h, ES, "{\"keys\":[{\"kid\":\"1\"," ES_KEY "}]}"), ERR_CRYPTO);
	/* Not named, and two that fit: nobody guesses. */
	assert_int_equal(es("{\"alg\":\"ES256\"}", ES, "{\"keys\":[{" ES_KEY "},{" ES_KEY "}]}"),
	    ERR_NOT_FOUND);
	assert_int_equal(es("{\"alg\":\"ES256\"}", ES, "{\"keys\":[{\"use\":\"enc\"," ES_KEY "}]}"),
	    ERR_NOT_FOUND);
	assert_int_equal(es("{\"alg\":\"ES256\"}", ES, "{\"keys\":[{\"alg\":\"ES384\"," ES_KEY "}]}"),
	    ERR_NOT_FOUND);
	assert_int_equal(es("{\"alg\":\"ES256\"}", ES, "{}"), ERR_NOT_FOUND);
}

void
test_jws__broken_keys(void **state)
{
	static const char *const ec[] = {
		"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}]}",
		"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\","
		    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}",
		/* not on the curve */
		"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
		    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		    "\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}]}"};
	static const char *const rsa[] = {
		"{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AQAB\"}]}",	/* 17 bits */
		"{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQ\",\"n\":\"" RS_N "\"}]}",	/* e = 1 */
		"{\"keys\":[{\"kty\":\"RSA\",\"e\":\"Ag\",\"n\":\"" RS_N "\"}]}",	/* e = 2 */
		"{\"keys\":[{\"kty\":\"RSA\",\"e\":\"\",\"n\":\"" RS_N "\"}]}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ec); i++)
		assert_int_equal(es("{\"alg\":\"ES256\"}", ES, ec[i]), ERR_NOT_FOUND);
	for (size_t i = 0; i < ARRAY_LEN(rsa); i++)
		assert_int_equal(es("{\"alg\":\"RS256\"}", RS, rsa[i]), ERR_NOT_FOUND);
}

void
test_jws__too_long(void **state)
{
	struct err	 err = {0};
	json_t		*set = json_object(), *claims = NULL;
	char		*token = malloc(JWS_TOKEN + 2);

	(void)state;
	memset(token, 'A', JWS_TOKEN + 1);
	token[10] = token[20] = '.';
	token[JWS_TOKEN + 1] = '\0';
	assert_err(jws_read(token, JWS_TOKEN + 1, set, &claims, &err), ERR_INPUT);
	free(token);
	json_decref(set);
}

/* RFC 7636, appendix B: the verifier and its challenge; OpenID Connect Core A.3: at_hash. */
void
test_jws__digests(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 128);
	jws_sha256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", false, &b);
	assert_string_equal(b.p, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
	buf_clear(&b);
	jws_sha256("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", true, &b);
	assert_string_equal(b.p, "77QmUPtjPfzWtF2AnpK9RQ");
	buf_free(&b);
}
