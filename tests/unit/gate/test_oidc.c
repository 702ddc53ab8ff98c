#include "unit.h"
#include "base/clock.h"
#include "gate/oidc.h"

#define NOW	INT64_C(1795000000)

static const struct gate_platform	us = {.id = "op", .issuer = "https://op.example.cn",
	.client_id = "hall", .secret_file = "none"};

/* Does this set of claims hold, with one of them replaced (NULL: taken out)? */
static bool
holds(const char *claim, json_t *value)
{
	struct err	 err = {0};
	json_t		*j = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "iss", us.issuer, "aud",
			    "hall", "sub", "u1", "nonce", "n1", "iat", (json_int_t)NOW, "exp",
			    (json_int_t)(NOW + 300));
	bool		 ok = false;

	if (value != NULL)
		(void)json_object_set_new(j, claim, value);
	else if (claim != NULL)
		(void)json_object_del(j, claim);
	ok = oidc_check(&us, j, "n1", "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
	    NOW * CLOCK_SECOND, &err) == 0;
	if (!ok)
		assert_int_equal(err.kind, ERR_INPUT);
	json_decref(j);
	return ok;
}

void
test_oidc__claims(void **state)
{
	static const char *const need[] = {"iss", "aud", "sub", "nonce", "iat", "exp"};
	char			 sub[257];

	(void)state;
	assert_true(holds(NULL, NULL));
	for (size_t i = 0; i < ARRAY_LEN(need); i++)
		assert_false(holds(need[i], NULL));
	assert_false(holds("iss", json_string("https://op.example.cn/")));
	assert_false(holds("aud", json_string("hall2")));
	assert_true(holds("aud", json_pack("[s]", "hall")));
	assert_false(holds("aud", json_pack("[s,s]", "hall", "other")));	/* without azp */
	assert_false(holds("aud", json_pack("[s]", "other")));
	assert_false(holds("azp", json_string("other")));
	assert_true(holds("azp", json_string("hall")));
	assert_false(holds("nonce", json_string("n2")));
	assert_false(holds("nonce", json_string("")));
	assert_false(holds("sub", json_string("")));
	memset(sub, 'a', 256);
	sub[256] = '\0';
	assert_false(holds("sub", json_string(sub)));
	sub[255] = '\0';
	assert_true(holds("sub", json_string(sub)));
	assert_true(holds("at_hash", json_string("77QmUPtjPfzWtF2AnpK9RQ")));
	assert_false(holds("at_hash", json_string("77QmUPtjPfzWtF2AnpK9RR")));
	assert_false(holds("at_hash", json_integer(7)));
}

/* The leeway is OIDC_LEEWAY seconds, to the second. */
void
test_oidc__times(void **state)
{
	(void)state;
	assert_true(holds("exp", json_integer(NOW - OIDC_LEEWAY + 1)));
	assert_false(holds("exp", json_integer(NOW - OIDC_LEEWAY)));
	assert_false(holds("exp", json_string("1895000000")));
	assert_true(holds("iat", json_integer(NOW + OIDC_LEEWAY)));
	assert_false(holds("iat", json_integer(NOW + OIDC_LEEWAY + 1)));
	assert_true(holds("iat", json_integer(NOW - 3600)));
	assert_false(holds("iat", json_integer(NOW - 3601)));
	assert_true(holds("nbf", json_integer(NOW + OIDC_LEEWAY)));
	assert_false(holds("nbf", json_integer(NOW + OIDC_LEEWAY + 1)));
}

void
test_oidc__no_nonce_of_ours_is_no_match(void **state)
{
	struct err	 err = {0};
	json_t		*j = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "iss", us.issuer, "aud",
			    "hall", "sub", "u1", "nonce", "", "iat", (json_int_t)NOW, "exp",
			    (json_int_t)(NOW + 300));

	(void)state;
	assert_err(oidc_check(&us, j, "", "a", NOW * CLOCK_SECOND, &err), ERR_INPUT);
	json_decref(j);
}

void
test_oidc__addresses(void **state)
{
	static const char	us_https[] = "https://op.example.cn", near[] = "http://127.0.0.1:18080";

	(void)state;
	assert_true(oidc_url_is_good(us_https, "https://login.example.cn/authorize?x=1"));
	assert_false(oidc_url_is_good(us_https, "http://op.example.cn/token"));
	assert_false(oidc_url_is_good(us_https, "http://127.0.0.1:18080/token"));
	assert_true(oidc_url_is_good(near, "http://127.0.0.1:18080/token"));
	assert_false(oidc_url_is_good(near, "http://127.0.0.1.evil.example/token"));
	assert_false(oidc_url_is_good(near, "http://127.0.0.1"));
	assert_false(oidc_url_is_good(us_https, "https://"));
	assert_false(oidc_url_is_good(us_https, "https:///token"));
	assert_false(oidc_url_is_good(us_https, "https://op.example.cn@evil.example/"));
	assert_false(oidc_url_is_good(us_https, "https://op.example.cn/#x"));
	assert_false(oidc_url_is_good(us_https, "https://op.example.cn/a b"));
	assert_false(oidc_url_is_good(us_https, "file:///etc/passwd"));
	assert_false(oidc_url_is_good(us_https, ""));
}
