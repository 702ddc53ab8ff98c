#include "unit.h"
#include "base/file.h"
#include "base/str.h"
#include "pki/key.h"

#include <sys/stat.h>

/* GM/T 0003.5 A.2, with the default ID. */
#define KAT_D	"3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
#define KAT_X	"09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
#define KAT_Y	"ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
#define KAT_E	"f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
#define KAT_RS	"f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3" \
		"b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"

static const char	 message[] = "message digest";

static EVP_PKEY *
kat_key(void)
{
	struct err	 err = {0};
	unsigned char	 d[SM2_SCALAR_LEN];
	EVP_PKEY	*key = NULL;

	assert_int_equal(hex_decode(KAT_D, d, sizeof(d)), 0);
	assert_ok(sm2_from_scalar(d, &key, &err));
	return key;
}

void
test_sm2__known_answer(void **state)
{
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN], e[SM2_DIGEST_LEN], rs[SM2_RAW_SIG_LEN];
	char		 text[2 * SM2_POINT_LEN + 1];
	EVP_PKEY	*key = kat_key();
	struct buf	 sig;

	(void)state;
	assert_ok(sm2_point(key, point, &err));
	hex_encode(point, sizeof(point), text);
	assert_string_equal(text, "04" KAT_X KAT_Y);
	sm2_digest(point, message, strlen(message), e);
	hex_encode(e, sizeof(e), text);
	assert_string_equal(text, KAT_E);
	assert_int_equal(hex_decode(KAT_RS, rs, sizeof(rs)), 0);
	assert_ok(sm2_verify_digest(key, e, rs, &err));
	buf_init(&sig, SM2_SIG_DER_MAX);
	sm2_sig_to_der(rs, &sig);
	assert_ok(sm2_verify_message(key, message, strlen(message), sig.p, sig.len, &err));
	assert_ok(sm2_verify_point(point, message, strlen(message), sig.p, sig.len, &err));
	buf_free(&sig);
	EVP_PKEY_free(key);
}

void
test_sm2__sign_round_trip(void **state)
{
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN], e[SM2_DIGEST_LEN], rs[SM2_RAW_SIG_LEN];
	EVP_PKEY	*key = NULL, *public = NULL;
	struct buf	 sig;

	(void)state;
	buf_init(&sig, SM2_SIG_DER_MAX);
	assert_ok(sm2_generate(&key, &err));
	assert_ok(sm2_point(key, point, &err));
	assert_ok(sm2_from_point(point, &public, &err));
	assert_ok(sm2_sign_message(key, message, strlen(message), &sig, &err));
	assert_ok(sm2_verify_message(public, message, strlen(message), sig.p, sig.len, &err));
	assert_err(sm2_verify_message(public, message, strlen(message) - 1, sig.p, sig.len,
	    &err), ERR_CRYPTO);
	/* signing over e is the same thing in two steps */
	sm2_digest(point, message, strlen(message), e);
	assert_ok(sm2_sign_digest(key, e, rs, &err));
	buf_clear(&sig);
	sm2_sig_to_der(rs, &sig);
	assert_ok(sm2_verify_point(point, message, strlen(message), sig.p, sig.len, &err));
	rs[40] ^= 1;
	assert_err(sm2_verify_digest(public, e, rs, &err), ERR_CRYPTO);
	memset(rs, 0, sizeof(rs));
	assert_err(sm2_verify_digest(public, e, rs, &err), ERR_CRYPTO);
	assert_err(sm2_scalar(public, e, &err), ERR_CRYPTO);
	EVP_PKEY_free(public);
	EVP_PKEY_free(key);
	buf_free(&sig);
}

/* OpenSSL's plain call hashes an empty ID: such signatures must not pass. */
void
test_sm2__empty_id_is_refused(void **state)
{
	struct err	 err = {0};
	EVP_PKEY	*key = kat_key();
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	unsigned char	 sig[SM2_SIG_DER_MAX];
	size_t		 len = sizeof(sig);

	(void)state;
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sm3(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, (const unsigned char *)message,
	    strlen(message)), 1);
	assert_err(sm2_verify_message(key, message, strlen(message), sig, len, &err),
	    ERR_CRYPTO);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

void
test_sm2__signature_der_is_strict(void **state)
{
	/* empty, wrong tag, trailing byte, negative, padded, long length, indefinite */
	static const char *const bad[] = {"", "3106020101020101", "300602010102010100",
	    "3006020181020101", "300702020001020101", "308106020101020101",
	    "30800201010201010000", "3003020101", "3009020101020101020101"};
	struct err	 err = {0};
	unsigned char	 raw[32], rs[SM2_RAW_SIG_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		size_t	 len = strlen(bad[i]) / 2;

		assert_int_equal(hex_decode(bad[i], raw, len), 0);
		assert_err(sm2_sig_from_der(raw, len, rs, &err), ERR_CRYPTO);
	}
	assert_int_equal(hex_decode("3007020200ff020101", raw, 9), 0);
	assert_ok(sm2_sig_from_der(raw, 9, rs, &err));
	assert_int_equal(rs[31], 0xff);
	assert_int_equal(rs[63], 1);
}

void
test_sm2__encrypt_round_trip(void **state)
{
	struct err		 err = {0};
	EVP_PKEY		*key = kat_key(), *other = NULL;
	struct sm2_cipher	 c = {0};
	struct secret		 plain = {0};
	struct buf		 der, again;

	(void)state;
	buf_init(&der, SM2_CIPHER_MAX);
	buf_init(&again, SM2_CIPHER_MAX);
	/* coordinates start with a zero byte in some of these */
	for (int i = 0; i < 40; i++) {
		buf_clear(&der);
		buf_clear(&again);
		assert_ok(sm2_encrypt(key, message, strlen(message), &der, &err));
		assert_ok(sm2_cipher_parse(der.p, der.len, &c, &err));
		sm2_cipher_add(&c, &again);
		sm2_cipher_free(&c);
		assert_int_equal(der.len, again.len);
		assert_memory_equal(der.p, again.p, der.len);
		assert_ok(sm2_decrypt(key, der.p, der.len, &plain, &err));
		assert_string_equal((char *)plain.p, message);
	}
	assert_ok(sm2_generate(&other, &err));
	assert_err(sm2_decrypt(other, der.p, der.len, &plain, &err), ERR_CRYPTO);
	der.p[der.len - 1] ^= 1;
	assert_err(sm2_decrypt(key, der.p, der.len, &plain, &err), ERR_CRYPTO);
	assert_err(sm2_decrypt(key, der.p, der.len - 1, &plain, &err), ERR_INPUT);
	secret_free(&plain);
	buf_free(&der);
	buf_free(&again);
	EVP_PKEY_free(other);
	EVP_PKEY_free(key);
}

void
test_sm2__bad_keys_are_refused(void **state)
{
	struct err	 err = {0};
	unsigned char	 d[SM2_SCALAR_LEN], point[SM2_POINT_LEN];
	EVP_PKEY	*key = NULL;

	(void)state;
	memset(d, 0, sizeof(d));
	assert_err(sm2_from_scalar(d, &key, &err), ERR_CRYPTO);
	/* n - 1 */
	assert_int_equal(hex_decode("fffffffeffffffffffffffffffffffff7203df6b21c6052b"
	    "53bbf40939d54122", d, sizeof(d)), 0);
	assert_err(sm2_from_scalar(d, &key, &err), ERR_CRYPTO);
	assert_int_equal(hex_decode("04" KAT_X KAT_Y, point, sizeof(point)), 0);
	point[64] ^= 1;
	assert_err(sm2_from_point(point, &key, &err), ERR_CRYPTO);
	point[64] ^= 1;
	point[0] = 0x06;
	assert_err(sm2_from_point(point, &key, &err), ERR_CRYPTO);
	assert_null(key);
}

void
test_sm2__spki(void **state)
{
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN], back[SM2_POINT_LEN];
	struct buf	 der;

	(void)state;
	assert_int_equal(hex_decode("04" KAT_X KAT_Y, point, sizeof(point)), 0);
	buf_init(&der, 128);
	sm2_spki_add(point, &der);
	assert_ok(sm2_spki_parse(der.p, der.len, back, &err));
	assert_memory_equal(point, back, sizeof(point));
	assert_err(sm2_spki_parse(der.p, der.len - 1, back, &err), ERR_INPUT);
	der.p[22] ^= 1;
	assert_err(sm2_spki_parse(der.p, der.len, back, &err), ERR_INPUT);
	buf_free(&der);
}

void
test_sm2__key_file(void **state)
{
	struct err	 err = {0};
	char		 dir[] = "/tmp/test-sm2-XXXXXX", path[64];
	struct secret	 pass = {0}, wrong = {0}, none = {0};
	unsigned char	 d[SM2_SCALAR_LEN], back[SM2_SCALAR_LEN];
	EVP_PKEY	*key = kat_key(), *again = NULL;
	struct stat	 st;
	struct buf	 text;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.key", dir);
	secret_set(&pass, "口令 one", 10);
	secret_set(&wrong, "two", 3);
	assert_err(key_write(path, key, &none, &err), ERR_INPUT);
	assert_ok(key_write(path, key, &pass, &err));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_err(key_read(path, &wrong, &again, &err), ERR_DENIED);
	assert_ok(key_read(path, &pass, &again, &err));
	assert_ok(sm2_scalar(key, d, &err));
	assert_ok(sm2_scalar(again, back, &err));
	assert_memory_equal(d, back, sizeof(d));
	buf_init(&text, 4096);
	assert_ok(file_read(path, &text, &err));
	assert_non_null(strstr(text.p, "BEGIN ENCRYPTED PRIVATE KEY"));
	assert_err(key_from_pem("rubbish", 7, &pass, &again, &err), ERR_INPUT);
	unlink(path);
	rmdir(dir);
	buf_free(&text);
	secret_free(&pass);
	secret_free(&wrong);
	EVP_PKEY_free(again);
	EVP_PKEY_free(key);
}
