#include "made.h"
#include "hall/certificate/certificate.h"
#include "hall/certificate/certificate_own.h"
#include "hall/certificate/reminder.h"
#include "hall/ops.h"

#include <openssl/pkcs7.h>

/* What a certificate's page says: the bar, the chain, what happened, its files. */

void
test_certificate__the_bar_of_its_validity(void **state)
{
	const int64_t		from = 1000 * CLOCK_DAY, to = from + 365 * CLOCK_DAY;
	const int64_t		until = to + 365 * CLOCK_DAY, window = to - 90 * CLOCK_DAY;
	static const struct { int64_t days, ms; int today; } rows[] = {
		{ -1, 0, 0 }, { 0, 0, 0 }, { 365, 0, 500 }, { 730, -1, 999 }, { 730, 0, 1000 },
		{ 731, 0, 1000 },
	};
	struct validity_bar	bar;
	size_t			i = 0;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		validity_bar(from, to, 90, 365, from + rows[i].days * CLOCK_DAY + rows[i].ms, &bar);
		assert_int_equal(bar.today, rows[i].today);
		assert_int_equal(bar.end, 500);
		assert_int_equal(bar.from, 275 * 1000 / 730);
		assert_int_equal(bar.renew_from, window);
		assert_int_equal(bar.renew_until, until);
	}
	validity_bar(from, from + 30 * CLOCK_DAY, 90, 0, from, &bar);	/* shorter than the window */
	assert_int_equal(bar.from, 0);
	assert_int_equal(bar.end, 1000);
	validity_bar(from, to, 0, 365, to, &bar);			/* no renewals here */
	assert_int_equal(bar.from, -1);
	assert_int_equal(bar.end, 1000);
	assert_int_equal(bar.today, 1000);
	assert_int_equal(bar.renew_until, 0);
	validity_bar(from, from, 0, 0, from, &bar);			/* of no length */
	assert_int_equal(bar.end, 0);
}

static json_t *
page(struct world *w, const struct who *who, const char *serial)
{
	struct err	 err = {0};
	json_t		*m = NULL;

	assert_ok(certificate_view(w->h, who, serial, &m, &err));
	return m;
}

static void
assert_link(const json_t *m, size_t i, const struct cert *c, const char *status)
{
	const json_t	*l = json_array_get(json_object_get(m, "chain"), i);

	if (c != NULL)
		assert_string_equal(js_str(l, "serial"), cert_serial(c));
	assert_string_equal(js_str(l, "status"), status);
}

void
test_certificate__the_chain_and_how_each_link_stands(void **state)
{
	struct world	 w;
	struct made	 m;
	json_t		*j = NULL;
	char		*chain = NULL;

	(void)state;
	world_open(&w);
	m = certificate_of(&w, "cspg01", UKEY, "");
	j = page(&w, &w.me, m.serial);
	assert_int_equal(json_array_size(json_object_get(j, "chain")), 3);
	assert_true(js_bool(j, "chain_whole"));
	assert_link(j, 0, NULL, "good");
	assert_link(j, 1, w.issuing, "good");
	assert_link(j, 2, w.root, "good");
	assert_string_equal(js_str(j, "ocsp"), "good");
	assert_int_equal(strlen(js_str(j, "asked")), 19);
	json_decref(j);
	(void)snprintf(world_revoked, sizeof(world_revoked), "%s", cert_serial(w.issuing));
	j = page(&w, &w.me, m.serial);
	assert_link(j, 0, NULL, "good");
	assert_link(j, 1, w.issuing, "revoked");
	json_decref(j);
	(void)snprintf(world_revoked, sizeof(world_revoked), "%s", m.serial);
	(void)snprintf(world_pair_state, sizeof(world_pair_state), "held");
	j = page(&w, &w.me, m.serial);
	assert_link(j, 0, NULL, "held");
	assert_string_equal(js_str(j, "ocsp"), "held");
	json_decref(j);
	world_revoked[0] = '\0';
	(void)snprintf(world_pair_state, sizeof(world_pair_state), "good");
	world_status_down = true;			/* the page stands all the same */
	j = page(&w, &w.me, m.serial);
	assert_link(j, 0, NULL, "unknown");
	assert_string_equal(js_str(j, "ocsp"), "unknown");
	json_decref(j);
	world_status_down = false;
	chain = xasprintf("%s/pub/chain.pem", w.dir);
	assert_int_equal(unlink(chain), 0);
	j = page(&w, &w.me, m.serial);
	assert_int_equal(json_array_size(json_object_get(j, "chain")), 1);
	assert_false(js_bool(j, "chain_whole"));
	json_decref(j);
	free(chain);
	world_close(&w);
}

/* "what by" of each act, the newest first. */
static void
acts_text(const json_t *m, char text[512])
{
	size_t	n = 0, i = 0;
	json_t	*a = NULL;

	text[0] = '\0';
	json_array_foreach(json_object_get(m, "acts"), i, a)
		n += (size_t)snprintf(text + n, 512 - n, "%s%s %s", n == 0 ? "" : ", ",
		    js_str(a, "what"), js_str(a, "by"));
}

/* The signer did it: the hall writes it down. */
static void
assert_acts(struct world *w, const char *serial, const char *want)
{
	json_t	*j = page(w, &w->me, serial);
	char	 text[512];

	acts_text(j, text);
	assert_string_equal(text, want);
	json_decref(j);
}

void
test_certificate__what_happened_to_it(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct made	 m;
	char		 no[ORDER_NO];
	json_t		*in = json_pack("{s:s}", "cause", "lost");
	size_t		 told = 0;

	(void)state;
	world_open(&w);
	m = certificate_of(&w, "cspg02", UKEY, "");
	assert_acts(&w, m.serial, "");
	assert_ok(certificate_freeze_now(w.h, &w.me, m.serial, &err));
	assert_acts(&w, m.serial, "certificate_frozen holder");
	(void)snprintf(world_pair_state, sizeof(world_pair_state), "good");
	assert_ok(op_begin(w.h, &w.me, "reissue", m.serial, in, NULL, no, &err));
	assert_ok(reminder_run(w.h, clock_now() + 680 * CLOCK_DAY, &told, &err));
	assert_int_equal(told, 0);			/* it is being replaced */
	assert_acts(&w, m.serial, "begun holder, certificate_frozen holder");
	assert_ok(order_cancel(w.h, &w.me, no, "", &err));
	assert_ok(reminder_run(w.h, clock_now() + 680 * CLOCK_DAY, &told, &err));
	assert_int_equal(told, 1);
	assert_acts(&w, m.serial, "reminded system, certificate_frozen holder");
	json_decref(in);
	world_close(&w);
}

void
test_certificate__its_files(void **state)
{
	static const char *const bad[] = { "", "sign", "enc.pem", "enc.cer", "../sign.pem" };
	const unsigned char	*p = NULL;
	const char	*type = NULL;
	struct who	 other = {.address = "192.0.2.7"};
	struct err	 err = {0};
	struct world	 w;
	struct made	 m;
	struct buf	 out;
	struct cert	*c = NULL;
	PKCS7		*p7 = NULL;
	size_t		 i = 0;

	(void)state;
	world_open(&w);
	buf_init(&out, LIMIT_JSON);
	m = certificate_of(&w, "cspg03", UKEY, "");
	for (i = 0; i < 2; i++) {
		buf_clear(&out);
		assert_ok(certificate_file(w.h, &w.me, m.serial, i == 0 ? "sign.pem" : "sign.cer",
		    &out, &type, &err));
		assert_string_equal(type, i == 0 ? "application/x-pem-file" :
		    "application/pkix-cert");
		assert_int_equal(strncmp(out.p, "-----BEGIN CERTIFICATE-----", 27) == 0, i == 0);
		assert_ok(cert_parse(out.p, out.len, &c, &err));
		assert_string_equal(cert_serial(c), m.serial);
		cert_free(c);
		c = NULL;
	}
	buf_clear(&out);
	assert_ok(certificate_file(w.h, &w.me, m.serial, "chain.p7b", &out, &type, &err));
	assert_string_equal(type, "application/x-pkcs7-certificates");
	p = (const unsigned char *)out.p;
	p7 = d2i_PKCS7(NULL, &p, (long)out.len);
	assert_non_null(p7);
	assert_true(PKCS7_type_is_signed(p7));
	assert_int_equal(sk_X509_num(p7->d.sign->cert), 3);
	assert_int_equal(sk_PKCS7_SIGNER_INFO_num(p7->d.sign->signer_info), 0);
	PKCS7_free(p7);
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		buf_clear(&out);
		assert_err(certificate_file(w.h, &w.me, m.serial, bad[i], &out, &type, &err),
		    ERR_NOT_FOUND);
		err_clear(&err);
	}
	other.account = world_register(&w, "13900000071", "other@example.com");
	assert_err(certificate_file(w.h, &other, m.serial, "sign.pem", &out, &type, &err),
	    ERR_NOT_FOUND);
	err_clear(&err);
	buf_free(&out);
	world_close(&w);
}
