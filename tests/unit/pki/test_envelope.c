#include "unit.h"
#include "base/str.h"
#include "pki/envelope.h"

/*
 * An envelope made by another implementation for this recipient (the vector of emmansun/gmsm
 * with its algorithm set to sm4-ecb).
 */
#define OTHER_RECIPIENT "5cbd96822bb1491ec835ae9c09d4d3825e30bd9955e3c7031fbbe0e72d6fddf6"
#define OTHER_ENVELOPE \
	"3081ef300c06082a811ccf55016801050030780220760c5d4eb80f7ec4bb12026586e4badcd41c293b4166" \
	"18575894d9278214aa6c02203fea869801f94f1cf3839e9b666482703c86cef160af8a540daf9c6b9adff5" \
	"b20420685f05616055daf4948e44d76c366b16745f7a487614c0542d16871baa34be8704104abfcab6cea6" \
	"5caf2c130b222ebe519903420004944a5887f6fad9808516755e81c62f41566dab0f56ca55ad7909880acc" \
	"051ce157694b11557eba725291166508868e6988c596a30472bef32e03a3dcef6866270321003ec6b59fec" \
	"e00ca37336c12f6d529aa84be07597e315eda1b7b58b0bef2fead9"

void
test_envelope__round_trip(void **state)
{
	struct err	 err = {0};
	EVP_PKEY	*sign = NULL, *enc = NULL, *other = NULL;
	unsigned char	 point[SM2_POINT_LEN], enc_point[SM2_POINT_LEN], d[SM2_SCALAR_LEN];
	struct secret	 out = {0};
	struct buf	 der;

	(void)state;
	buf_init(&der, ENVELOPE_MAX);
	assert_ok(sm2_generate(&sign, &err));
	assert_ok(sm2_generate(&other, &err));
	assert_ok(sm2_generate(&enc, &err));
	assert_ok(sm2_point(sign, point, &err));
	assert_ok(sm2_scalar(enc, d, &err));
	assert_ok(sm2_point(enc, enc_point, &err));
	assert_ok(envelope_make(point, d, enc_point, &der, &err));
	assert_ok(envelope_open(sign, der.p, der.len, &out, &err));
	assert_int_equal(out.len, sizeof(d));
	assert_memory_equal(out.p, d, sizeof(d));
	assert_err(envelope_open(other, der.p, der.len, &out, &err), ERR_CRYPTO);
	assert_err(envelope_open(sign, der.p, der.len - 1, &out, &err), ERR_INPUT);
	der.p[der.len - 1] ^= 1;
	assert_err(envelope_open(sign, der.p, der.len, &out, &err), ERR_CRYPTO);
	secret_free(&out);
	buf_free(&der);
	EVP_PKEY_free(sign);
	EVP_PKEY_free(other);
	EVP_PKEY_free(enc);
}

void
test_envelope__opens_another_implementations(void **state)
{
	struct err	 err = {0};
	unsigned char	 d[SM2_SCALAR_LEN], der[sizeof(OTHER_ENVELOPE) / 2];
	EVP_PKEY	*key = NULL;
	struct secret	 out = {0};

	(void)state;
	assert_int_equal(hex_decode(OTHER_RECIPIENT, d, sizeof(d)), 0);
	assert_int_equal(hex_decode(OTHER_ENVELOPE, der, sizeof(der)), 0);
	assert_ok(sm2_from_scalar(d, &key, &err));
	assert_ok(envelope_open(key, der, sizeof(der), &out, &err));
	assert_int_equal(out.len, 32);
	der[14] = 0x02;			/* sm4-cbc is not in the standard's place */
	assert_err(envelope_open(key, der, sizeof(der), &out, &err), ERR_INPUT);
	secret_free(&out);
	EVP_PKEY_free(key);
}

void
test_envelope__skf_fields(void **state)
{
	struct err		 err = {0};
	EVP_PKEY		*sign = NULL, *enc = NULL;
	unsigned char		 point[SM2_POINT_LEN], enc_point[SM2_POINT_LEN], d[SM2_SCALAR_LEN];
	struct envelope_fields	 f;
	struct secret		 out = {0};
	struct buf		 der, again;

	(void)state;
	buf_init(&der, ENVELOPE_MAX);
	buf_init(&again, ENVELOPE_MAX);
	assert_ok(sm2_generate(&sign, &err));
	assert_ok(sm2_generate(&enc, &err));
	assert_ok(sm2_point(sign, point, &err));
	assert_ok(sm2_scalar(enc, d, &err));
	assert_ok(sm2_point(enc, enc_point, &err));
	assert_ok(envelope_make(point, d, enc_point, &der, &err));
	assert_ok(envelope_to_fields(der.p, der.len, &f, &err));
	assert_int_equal(f.cipher_len, 16);
	for (size_t i = 0; i < 32; i++)
		assert_int_equal(f.private_key[i] | f.x[i] | f.y[i] | f.cx[i] | f.cy[i], 0);
	envelope_from_fields(&f, &again);
	assert_int_equal(again.len, der.len);
	assert_memory_equal(again.p, der.p, der.len);
	assert_ok(envelope_open(sign, again.p, again.len, &out, &err));
	assert_err(envelope_to_fields("x", 1, &f, &err), ERR_INPUT);
	secret_free(&out);
	buf_free(&again);
	buf_free(&der);
	EVP_PKEY_free(sign);
	EVP_PKEY_free(enc);
}
