#include "unit.h"
#include "base/rand.h"
#include "pki/share.h"

/*
 * Shares against arithmetic of our own in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1, written from
 * Shamir's paper: the secret is the value at 0 of the polynomial through the shares.
 */
static unsigned char
gf_multiply(unsigned char a, unsigned char b)
{
	unsigned char	 r = 0;

	for (; b != 0; b >>= 1) {
		if ((b & 1) != 0)
			r ^= a;
		a = (unsigned char)(a << 1 ^ ((a & 0x80) != 0 ? 0x1d : 0));
	}
	return r;
}

static unsigned char
gf_invert(unsigned char a)
{
	unsigned char	 r = 1;

	for (int i = 0; i < 254; i++)
		r = gf_multiply(r, a);
	return r;
}

static unsigned char
at_zero(const struct share *s, const int *pick, int n, size_t byte)
{
	unsigned char	 sum = 0;

	for (int i = 0; i < n; i++) {
		unsigned char	 term = s[pick[i]].y[byte];

		for (int k = 0; k < n; k++)
			if (k != i)
				term = gf_multiply(term, gf_multiply((unsigned char)s[pick[k]].number,
				    gf_invert((unsigned char)(s[pick[k]].number ^
				    s[pick[i]].number))));
		sum ^= term;
	}
	return sum;
}

/* Known shares, of a line through the secret, before anything was split in this process. */
void
test_share__a_known_set(void **state)
{
	struct err	 err = {0};
	struct share	 s[2] = {{.number = 3, .need = 2, .of = 3}, {.number = 1, .need = 2, .of = 3}};
	unsigned char	 got[SHARE_SECRET];

	(void)state;
	for (int i = 0; i < 2; i++)
		for (int b = 0; b < SHARE_SECRET; b++)
			s[i].y[b] = (unsigned char)(b * 7) ^ gf_multiply((unsigned char)(b * 11 + 5),
			    (unsigned char)s[i].number);
	assert_ok(share_join(s, 2, got, &err));
	for (int b = 0; b < SHARE_SECRET; b++)
		assert_int_equal(got[b], (unsigned char)(b * 7));
}

/* The shares that the bits of `set` choose. */
static int
chosen(const struct share *all, int of, unsigned int set, struct share *some, int *pick)
{
	int	 n = 0;

	for (int i = 0; i < of; i++)
		if ((set >> i & 1) != 0) {
			some[n] = all[i];
			pick[n++] = i;
		}
	return n;
}

void
test_share__every_choice_of_custodians(void **state)
{
	struct err	 err = {0};
	struct share	 all[5], some[5];
	unsigned char	 secret[SHARE_SECRET], got[SHARE_SECRET];
	int		 pick[5], n;

	(void)state;
	for (int need = 2; need <= 5; need++) {
		rand_bytes(secret, sizeof(secret));
		assert_ok(share_split(secret, need, 5, all, &err));
		for (unsigned int set = 1; set < 32; set++) {
			n = chosen(all, 5, set, some, pick);
			if (n < need) {
				assert_err(share_join(some, (size_t)n, got, &err), ERR_INPUT);
				continue;
			}
			assert_ok(share_join(some, (size_t)n, got, &err));
			assert_memory_equal(got, secret, sizeof(secret));
			for (size_t b = 0; b < SHARE_SECRET; b++)
				assert_int_equal(at_zero(all, pick, n, b), secret[b]);
		}
	}
}

/* Too few give another value, also when somebody says that fewer are needed. */
void
test_share__fewer_learn_nothing(void **state)
{
	struct err	 err = {0};
	struct share	 all[3];
	unsigned char	 secret[SHARE_SECRET] = {0}, got[SHARE_SECRET];

	(void)state;
	assert_ok(share_split(secret, 3, 3, all, &err));
	for (int i = 0; i < 3; i++) {
		assert_memory_not_equal(all[i].y, secret, SHARE_SECRET);
		all[i].need = 2;
	}
	assert_ok(share_join(all, 2, got, &err));
	assert_memory_not_equal(got, secret, SHARE_SECRET);
	assert_ok(share_join(all, 3, got, &err));
	assert_memory_equal(got, secret, SHARE_SECRET);
}

void
test_share__wrong_sets(void **state)
{
	struct err	 err = {0};
	struct share	 a[2], b[2], mixed[2];
	unsigned char	 secret[SHARE_SECRET] = {1}, got[SHARE_SECRET];

	(void)state;
	assert_err(share_split(secret, 1, 3, a, &err), ERR_INPUT);
	assert_err(share_split(secret, 3, 2, a, &err), ERR_INPUT);
	assert_err(share_split(secret, 2, SHARES_MAX + 1, a, &err), ERR_INPUT);
	assert_ok(share_split(secret, 2, 2, a, &err));
	assert_ok(share_split(secret, 2, 2, b, &err));
	mixed[0] = a[0];
	mixed[1] = b[1];
	assert_err(share_join(mixed, 2, got, &err), ERR_INPUT);
	mixed[1] = a[0];
	assert_err(share_join(mixed, 2, got, &err), ERR_INPUT);
	assert_err(share_join(NULL, 0, got, &err), ERR_INPUT);
}

/* A file opens with its PIN; changed at any place it does not, or says the same. */
void
test_share__file(void **state)
{
	struct err	 err = {0};
	struct share	 s[3], back;
	struct secret	 pin = {0}, other = {0};
	unsigned char	 secret[SHARE_SECRET];
	struct buf	 text;

	(void)state;
	rand_bytes(secret, sizeof(secret));
	assert_ok(share_split(secret, 2, 3, s, &err));
	(void)snprintf(s[1].custodian, sizeof(s[1].custodian), "李四");
	(void)snprintf(s[1].what, sizeof(s[1].what), "root");
	secret_set(&pin, "24681012", 8);
	secret_set(&other, "24681013", 8);
	buf_init(&text, SHARE_FILE_MAX);
	assert_ok(share_seal(&s[1], &pin, &text, &err));
	assert_ok(share_open(text.p, text.len, &pin, &back, &err));
	assert_memory_equal(back.y, s[1].y, SHARE_SECRET);
	assert_int_equal(back.number, 2);
	assert_string_equal(back.custodian, "李四");
	assert_err(share_open(text.p, text.len, &other, &back, &err), ERR_DENIED);
	for (size_t i = 0; i < text.len; i += 5) {
		text.p[i] ^= 1;
		err_clear(&err);
		if (share_open(text.p, text.len, &pin, &back, &err) == 0)
			assert_memory_equal(&back, &s[1], sizeof(back));
		text.p[i] ^= 1;
	}
	buf_free(&text);
	secret_free(&pin);
	secret_free(&other);
}
