#include "unit.h"
#include "base/file.h"
#include "pki/cert.h"
#include "pki/cmp.h"

/* Messages of openssl cmp, kept as the fuzzer's corpus. */

static struct buf
message(const char *name)
{
	struct err	 err = {0};
	struct buf	 b;
	char		 path[128];

	snprintf(path, sizeof(path), "tests/fuzz/corpus/cmp/%s", name);
	buf_init(&b, CMP_MAX);
	assert_ok(file_read(path, &b, &err));
	return b;
}

/* The signature against the certificate that came with it. */
static bool
is_signed(const struct cmp_message *m)
{
	struct err	 err = {0};
	struct cert	*c = NULL;
	bool		 good;

	if (m->sender.len == 0 || cert_parse(m->sender.p, m->sender.len, &c, &err) < 0)
		return false;
	good = cert_key(c) != NULL && key_verify_signed(cert_key(c), &m->signature, &err) == 0;
	cert_free(c);
	return good;
}

void
test_cmp__requests_of_openssl(void **state)
{
	static const struct {
		const char	*name, *subject, *kind;
		unsigned	 type;
	} rows[] = {
		{"ir", "CN=ir.plant.example, O=Water", "ecdsa", CMP_IR},
		{"cr", "CN=cr.plant.example", "rsa", CMP_CR},
		{"p10cr", "CN=pump.plant.example", "ecdsa", CMP_P10CR},
		{"p10cr-sm2", "CN=sm2.plant.example, O=Water", "sm2", CMP_P10CR},
		{"kur", "CN=pump.plant.example", "rsa", CMP_KUR},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf		 b = message(rows[i].name);
		struct name		 subject = {0};
		struct cmp_message	 m;
		struct err		 err = {0};
		EVP_PKEY		*key = NULL;
		char			 text[NAME_TEXT];

		assert_ok(cmp_parse(b.p, b.len, &m, &err));
		assert_int_equal(m.type, rows[i].type);
		assert_int_equal(m.transaction.len, 16);
		assert_true(m.kid.len == 20 || m.sender.len > 0);
		assert_int_equal(is_signed(&m), m.sender.len > 0);
		assert_ok(cmp_wanted(&m, &subject, &key, &err));
		assert_string_equal(name_text(&subject, text), rows[i].subject);
		assert_string_equal(key_kind_of(key)->name, rows[i].kind);
		name_free(&subject);
		EVP_PKEY_free(key);
		cmp_message_free(&m);
		buf_free(&b);
	}
}

void
test_cmp__revocation(void **state)
{
	struct buf		 b = message("rr");
	struct cmp_message	 m;
	struct err		 err = {0};
	struct cert		*c = NULL;
	char			 serial[CMP_SERIAL_TEXT];
	int			 reason = -1;

	(void)state;
	assert_ok(cmp_parse(b.p, b.len, &m, &err));
	assert_ok(cmp_revoked(&m, serial, &reason, &err));
	assert_ok(cert_parse(m.sender.p, m.sender.len, &c, &err));
	assert_string_equal(serial, cert_serial(c));
	assert_int_equal(reason, 4);
	assert_true(is_signed(&m));
	cert_free(c);
	cmp_message_free(&m);
	buf_free(&b);
}

/* Whatever bit of a request is turned: it is no longer what was signed. */
void
test_cmp__every_flipped_byte(void **state)
{
	static const char *const names[] = {"ir", "p10cr", "rr"};

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(names); n++) {
		struct buf	 b = message(names[n]);

		for (size_t i = 0; i < b.len; i++) {
			struct cmp_message	 m;
			struct err		 err = {0};

			b.p[i] ^= 0x01;
			if (cmp_parse(b.p, b.len, &m, &err) == 0 && is_signed(&m)) {
				size_t	 at = (size_t)(m.sender.p - (unsigned char *)b.p);

				/* extraCerts and what follows are nobody's word */
				if (i + 8 < at)
					fail_msg("%s: byte %zu may change", names[n], i);
			}
			cmp_message_free(&m);
			b.p[i] ^= 0x01;
		}
		buf_free(&b);
	}
}

void
test_cmp__not_ours(void **state)
{
	struct buf		 b = message("mac"), big;
	struct cmp_message	 m;
	struct err		 err = {0};

	(void)state;
	assert_ok(cmp_parse(b.p, b.len, &m, &err));
	assert_false(is_signed(&m));
	cmp_message_free(&m);
	assert_err(cmp_parse(b.p, b.len - 1, &m, &err), ERR_INPUT);
	cmp_message_free(&m);
	buf_init(&big, 2 * CMP_MAX);
	while (big.len <= CMP_MAX)
		buf_add(&big, b.p, b.len);
	assert_err(cmp_parse(big.p, big.len, &m, &err), ERR_INPUT);
	cmp_message_free(&m);
	buf_free(&big);
	buf_free(&b);
}
