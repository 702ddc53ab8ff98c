#include "base/base.h"
#include "house.h"

#include <openssl/x509v3.h>

/* Another CA asks by messages: a CA of its own, a user's certificate number and sign key. */
struct other {
	EVP_PKEY	*key, *user;
	struct cert	*cert;
	unsigned char	 number[8];
	struct km_request request;
};

static void
other_make(struct other *o)
{
	static unsigned char	 n;
	struct err		 err = {0};
	struct house		*h = house_shared();
	struct house		 foreign = {.ca = NULL};

	*o = (struct other){.number = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, ++n}};
	assert_ok(sm2_generate(&o->key, &err));
	assert_ok(sm2_generate(&o->user, &err));
	foreign.ca_key = o->key;
	o->cert = house_cert(&foreign, "root", o->key, "别家根", NULL, clock_now(), 20);
	(void)h;
	o->request = (struct km_request){.n = 1, .time = clock_now(),
		.task = {(const unsigned char *)"\x07", 1}};
	o->request.ask[0] = (struct km_ask){.kind = KM_APPLY, .serial = {o->number, 8},
		.not_before = clock_now(), .not_after = clock_add_years(clock_now(), 1)};
	assert_ok(sm2_point(o->user, o->request.ask[0].point, &err));
}

static void
other_free(struct other *o)
{
	EVP_PKEY_free(o->key);
	EVP_PKEY_free(o->user);
	cert_free(o->cert);
}

static void
enlist(const struct other *o)
{
	struct err		 err = {0};
	size_t			 len;
	const unsigned char	*der = cert_der(o->cert, &len);
	json_t			*out = json_object();

	assert_ok(client_add(house_shared()->kmc, der, len, "", out, &err));
	json_decref(out);
}

static int
ask(const struct other *o, struct buf *answer, struct err *err)
{
	struct buf	 message;
	int		 rc;

	buf_init(&message, KM_MESSAGE_MAX);
	buf_clear(answer);
	assert_int_equal(km_request_build(&o->request, o->cert, o->key, &message, err), 0);
	rc = gbt25056_work(house_shared()->kmc, message.p, message.len, answer, err);
	buf_free(&message);
	return rc;
}

static struct der
get(struct der *in, unsigned tag)
{
	struct der	 body;

	if (der_get(in, tag, &body) < 0)
		fail_msg("no element of tag %02x", tag);
	return body;
}

/* The list of a KMRespond whose signature holds. */
static struct der
respond_list(const struct buf *answer)
{
	struct err	 err = {0};
	struct der	 in = {(unsigned char *)answer->p, answer->len}, all, tbs, body;
	struct cert	*cert = NULL;
	EVP_PKEY	*key = NULL;
	unsigned	 tag;

	assert_ok(identity_load(house_shared()->kmc, &cert, &key, &err));
	all = get(&in, 0x30);
	assert_int_equal(in.len, 0);
	assert_int_equal(der_next(&all, &tag, &body, &tbs), 0);
	get(&all, 0x30);
	in = get(&all, 0x04);
	assert_ok(sm2_verify_message(key, tbs.p, tbs.len, in.p, in.len, &err));
	get(&body, 0x02);
	get(&body, 0x30);
	cert_free(cert);
	EVP_PKEY_free(key);
	return get(&body, 0x30);
}

/* The private key out of a SignedAndEnvelopedData belongs to the point. */
static void
assert_opens(struct der sealed, EVP_PKEY *user, const unsigned char *point)
{
	struct err	 err = {0};
	struct der	 one, body;
	struct secret	 sm4 = {0};
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	unsigned char	 plain[64], d[SM2_SCALAR_LEN], have[SM2_POINT_LEN];
	int		 n = 0, last = 0;
	EVP_PKEY	*key = NULL;

	get(&sealed, 0x02);
	one = get(&sealed, 0x31);
	one = get(&one, 0x30);
	get(&one, 0x02);
	get(&one, 0x30);
	get(&one, 0x30);
	body = get(&one, 0x04);
	assert_ok(sm2_decrypt(user, body.p, body.len, &sm4, &err));
	assert_int_equal(sm4.len, 16);
	get(&sealed, 0x31);
	body = get(&sealed, 0x30);
	get(&body, 0x06);
	get(&body, 0x30);
	one = get(&body, 0x80);
	assert_true(one.len <= sizeof(plain));
	assert_int_equal(EVP_CipherInit_ex2(ctx, EVP_sm4_ecb(), sm4.p, NULL, 0, NULL), 1);
	assert_int_equal(EVP_CipherUpdate(ctx, plain, &n, one.p, (int)one.len), 1);
	assert_int_equal(EVP_CipherFinal_ex(ctx, plain + n, &last), 1);
	one = (struct der){plain, (size_t)(n + last)};
	assert_int_equal(der_get_uint(&one, d, sizeof(d)), 0);
	assert_ok(sm2_from_scalar(d, &key, &err));
	assert_ok(sm2_point(key, have, &err));
	assert_memory_equal(have, point, sizeof(have));
	EVP_CIPHER_CTX_free(ctx);
	EVP_PKEY_free(key);
	secret_free(&sm4);
}

static void
need_identity(void)
{
	struct err	 err = {0};
	struct buf	 pem;

	buf_init(&pem, LIMIT_CERT * 2);
	if (identity_make(house_shared()->kmc, &pem, &err) < 0)
		assert_int_equal(err.kind, ERR_WRONG_STATE);
	buf_free(&pem);
}

/* The one answer is a key for `to`, whose public key comes with it. */
static void
assert_gets(struct other *o, enum km_kind kind, EVP_PKEY *to, unsigned char point[SM2_POINT_LEN])
{
	struct err	 err = {0};
	struct der	 list, one, spki;
	struct buf	 answer;
	unsigned	 tag;

	buf_init(&answer, KM_MESSAGE_MAX);
	assert_ok(ask(o, &answer, &err));
	list = respond_list(&answer);
	one = get(&list, 0xa0u + kind);
	assert_int_equal(list.len, 0);
	if (!o->request.implicit)
		one = get(&one, 0x30);
	assert_int_equal(get(&one, 0x02).len, 8);
	assert_int_equal(der_next(&one, &tag, &list, &spki), 0);
	assert_ok(sm2_spki_parse(spki.p, spki.len, point, &err));
	assert_opens(get(&one, 0x30), to, point);
	buf_free(&answer);
}

static void
assert_applied(struct other *o)
{
	unsigned char	 point[SM2_POINT_LEN];

	assert_gets(o, KM_APPLY, o->user, point);
}

/* The one answer is an error of this kind. */
static void
assert_error(struct other *o, enum err_kind kind)
{
	struct err	 err = {0};
	struct der	 list, one;
	struct buf	 answer;
	unsigned char	 number[2];

	buf_init(&answer, KM_MESSAGE_MAX);
	assert_ok(ask(o, &answer, &err));
	list = respond_list(&answer);
	one = get(&list, 0xa3);
	one = get(&one, 0x30);
	assert_int_equal(der_get_uint(&one, number, sizeof(number)), 0);
	assert_int_equal(number[0] * 256 + number[1], kind);
	buf_free(&answer);
}

void
test_message__another_ca_gets_a_pair(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct other	 o;
	struct buf	 answer;

	(void)state;
	buf_init(&answer, KM_MESSAGE_MAX);
	need_identity();
	other_make(&o);
	assert_err(ask(&o, &answer, &err), ERR_DENIED);
	enlist(&o);
	assert_applied(&o);
	o.request.implicit = true;		/* the other habit, and asked again */
	assert_applied(&o);
	assert_int_equal(house_count(h, "SELECT count(*) FROM escrow WHERE ref LIKE 'km:%'"), 1);
	o.request.time -= CLOCK_HOUR;
	assert_err(ask(&o, &answer, &err), ERR_DENIED);
	assert_int_equal(house_count(h,
	    "SELECT count(*) FROM journal WHERE what = 'message.refused'"), 2);
	other_free(&o);
	buf_free(&answer);
}

void
test_message__restore_and_revoke(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct other	 o;
	struct der	 list;
	struct buf	 answer;

	(void)state;
	buf_init(&answer, KM_MESSAGE_MAX);
	need_identity();
	other_make(&o);
	enlist(&o);
	assert_applied(&o);
	o.request.n = 3;
	o.request.ask[1] = o.request.ask[2] = o.request.ask[0];
	o.request.ask[1].kind = KM_RESTORE;
	o.request.ask[2].kind = KM_REVOKE;
	assert_ok(ask(&o, &answer, &err));
	list = respond_list(&answer);
	get(&list, 0xa0);
	get(&list, 0xa3);			/* no key by a CA's word alone */
	get(&list, 0xa2);
	assert_int_equal(list.len, 0);
	assert_int_equal(house_count(h, "SELECT count(*) FROM journal WHERE what = 'key.end'"), 1);
	o.request.n = 1;
	o.request.ask[0] = o.request.ask[2];
	o.request.ask[0].serial.len = 7;	/* another number */
	assert_ok(ask(&o, &answer, &err));
	list = respond_list(&answer);
	get(&list, 0xa3);
	other_free(&o);
	buf_free(&answer);
}

/* ---- restoring, as GB/T 25056 asks and two key officers allow ---- */

/* The user of `o` has lost the UKey; the CA asks for the key again, for another sign key. */
static void
restore_make(struct other *o, EVP_PKEY **fresh, unsigned char point[SM2_POINT_LEN])
{
	struct err	 err = {0};

	need_identity();
	other_make(o);
	enlist(o);
	assert_gets(o, KM_APPLY, o->user, point);
	assert_ok(sm2_generate(fresh, &err));
	o->request.ask[0].kind = KM_RESTORE;
	assert_ok(sm2_point(*fresh, o->request.ask[0].point, &err));
}

/* What `yinxin kmc restore list` shows of it, as the statement that is to be signed. */
static json_t *
restore_asked(const struct other *o)
{
	struct house	*h = house_shared();
	struct err	 err = {0};
	json_t		*list = json_array(), *row, *out = NULL;
	char		 serial[2 * KM_SERIAL + 1];
	size_t		 i;

	km_serial_text(o->request.ask[0].serial, serial);
	assert_ok(restore_list(h->kmc, list, &err));
	json_array_foreach(list, i, row)
		if (strcmp(js_str(row, "serial"), serial) == 0)
			out = json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "type",
			    "restoration", "v", 1, "client", js_str(row, "client"), "serial", serial,
			    "key", js_str(row, "key"), "kind", "user", "officer", h->person[0].serial,
			    "second", h->person[1].serial, "time", (json_int_t)clock_now());
	json_decref(list);
	assert_non_null(out);
	return out;
}

/* The statement is dropped here. */
static int
restore_by(json_t *statement, EVP_PKEY *first, EVP_PKEY *second, struct err *err)
{
	struct house_signed	 t;
	int			 rc;

	house_sign(&t, statement, first, second);
	rc = restore_allow(house_shared()->kmc, &t.of, err);
	house_signed_free(&t);
	return rc;
}

static int
restore_by_both(json_t *statement, struct err *err)
{
	struct house	*h = house_shared();

	return restore_by(statement, h->person[0].key, h->person[1].key, err);
}

static json_t *
with(json_t *statement, const char *key, json_t *value)
{
	json_object_set_new(statement, key, value);
	return statement;
}

void
test_message__two_officers_let_a_key_be_restored(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct other	 o;
	unsigned char	 point[SM2_POINT_LEN], again[SM2_POINT_LEN];
	EVP_PKEY	*fresh = NULL;
	int64_t		 waiting = house_count(h, "SELECT count(*) FROM restoration");
	json_t		*j;

	(void)state;
	restore_make(&o, &fresh, point);
	assert_error(&o, ERR_DENIED);
	assert_error(&o, ERR_DENIED);		/* by asking again it is not given */
	j = restore_asked(&o);
	assert_ok(restore_by_both(json_incref(j), &err));
	assert_gets(&o, KM_RESTORE, fresh, again);
	assert_memory_equal(again, point, sizeof(again));
	o.request.implicit = true;
	assert_gets(&o, KM_RESTORE, fresh, again);	/* the answer was lost */
	o.request.implicit = false;
	assert_ok(restore_by_both(json_incref(j), &err));
	assert_int_equal(house_count(h, "SELECT count(*) FROM recovery WHERE ref LIKE 'restore:%'"),
	    1);
	assert_int_equal(house_count(h,
	    "SELECT count(*) FROM journal WHERE what = 'key.restore'"), 2);
	assert_int_equal(house_count(h, "SELECT count(*) FROM restoration"), waiting);
	clock_shift(KMC_STATEMENT_FRESH + CLOCK_MINUTE);
	o.request.time = clock_now();
	assert_error(&o, ERR_DENIED);		/* seven days later it is over */
	clock_shift(0);
	json_decref(j);
	other_free(&o);
	EVP_PKEY_free(fresh);
}

void
test_message__what_the_officers_did_not_see_is_not_restored(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct house_person *a = &h->person[0], *c = &h->person[2];
	struct other	 o;
	unsigned char	 point[SM2_POINT_LEN];
	EVP_PKEY	*fresh = NULL, *thief = NULL;
	json_t		*j;

	(void)state;
	restore_make(&o, &fresh, point);
	assert_error(&o, ERR_DENIED);
	j = restore_asked(&o);
	assert_err(restore_by(json_incref(j), a->key, NULL, &err), ERR_DENIED);
	assert_err(restore_by(json_incref(j), a->key, a->key, &err), ERR_DENIED);
	assert_err(restore_by(json_incref(j), a->key, c->key, &err), ERR_DENIED);
	assert_err(restore_by(with(restore_asked(&o), "second", json_string(a->serial)), a->key,
	    a->key, &err), ERR_DENIED);
	assert_err(restore_by_both(with(restore_asked(&o), "kind", json_string("gift")), &err),
	    ERR_DENIED);
	assert_err(restore_by_both(with(restore_asked(&o), "kind", json_string("judicial")), &err),
	    ERR_DENIED);
	assert_err(restore_by_both(with(restore_asked(&o), "client", json_string("0123456789abcdef")),
	    &err), ERR_NOT_FOUND);
	assert_err(restore_by_both(with(restore_asked(&o), "time",
	    json_integer(clock_now() - KMC_STATEMENT_FRESH - CLOCK_SECOND)), &err), ERR_DENIED);
	/* for a key officer's own key */
	assert_ok(sm2_point(c->key, o.request.ask[0].point, &err));
	assert_error(&o, ERR_DENIED);
	assert_ok(house_enlist(h, c->cert, &err));
	assert_err(restore_by(with(restore_asked(&o), "second", json_string(c->serial)), a->key,
	    c->key, &err), ERR_DENIED);
	assert_ok(key_officer_remove(h->kmc, c->serial, &err));
	/* the CA, or who has its key, names another receiver meanwhile */
	assert_ok(sm2_generate(&thief, &err));
	assert_ok(sm2_point(thief, o.request.ask[0].point, &err));
	assert_error(&o, ERR_DENIED);
	assert_err(restore_by_both(json_incref(j), &err), ERR_CONFLICT);
	assert_ok(sm2_point(fresh, o.request.ask[0].point, &err));
	assert_error(&o, ERR_DENIED);
	assert_ok(restore_by_both(with(json_incref(j), "time", json_integer(clock_now())), &err));
	assert_ok(sm2_point(thief, o.request.ask[0].point, &err));
	assert_error(&o, ERR_DENIED);
	assert_true(house_count(h,
	    "SELECT count(*) FROM journal WHERE what = 'recover.refused'") >= 8);
	json_decref(j);
	other_free(&o);
	EVP_PKEY_free(fresh);
	EVP_PKEY_free(thief);
}

void
test_message__a_judicial_restoration(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct other	 o;
	unsigned char	 point[SM2_POINT_LEN];
	EVP_PKEY	*fresh = NULL;

	(void)state;
	restore_make(&o, &fresh, point);
	assert_error(&o, ERR_DENIED);
	assert_ok(restore_by_both(with(with(restore_asked(&o), "kind", json_string("judicial")),
	    "document", json_string("法字第1号")), &err));
	assert_gets(&o, KM_RESTORE, fresh, point);
	assert_int_equal(house_count(h, "SELECT count(*) FROM recovery WHERE kind = 'judicial' AND "
	    "document = '法字第1号' AND ref LIKE 'restore:%'"), 1);
	/* a number that has no key, and a key that was destroyed */
	o.request.ask[0].serial.len = 7;
	assert_error(&o, ERR_NOT_FOUND);
	o.request.ask[0].serial.len = 8;
	assert_int_equal(house_sql(h, "UPDATE escrow SET sealed = x'', state = 'destroyed' WHERE "
	    "ref IN (SELECT escrow FROM recovery WHERE document = '法字第1号')"), 1);
	assert_error(&o, ERR_EXPIRED);
	other_free(&o);
	EVP_PKEY_free(fresh);
}

/* What is cut, longer or changed in any byte is not answered. */
void
test_message__hostile_bytes(void **state)
{
	struct err	 err = {0};
	struct kmc	*k = house_shared()->kmc;
	struct km_request r;
	struct other	 o;
	struct buf	 message, answer;

	(void)state;
	buf_init(&message, KM_MESSAGE_MAX);
	buf_init(&answer, KM_MESSAGE_MAX);
	need_identity();
	other_make(&o);
	enlist(&o);
	assert_ok(km_request_build(&o.request, o.cert, o.key, &message, &err));
	assert_ok(km_request_parse(message.p, message.len, &r, &err));
	assert_int_equal(r.ask[0].not_after, o.request.ask[0].not_after / 1000 * 1000);
	for (size_t i = 0; i < message.len; i++)
		assert_true(km_request_parse(message.p, i, &r, &err) < 0);
	for (size_t i = 0; i < message.len; i += 7) {
		message.p[i] ^= 0x20;
		assert_true(gbt25056_work(k, message.p, message.len, &answer, &err) < 0);
		message.p[i] ^= 0x20;
	}
	assert_int_equal(answer.len, 0);
	buf_addch(&message, 0);
	assert_err(km_request_parse(message.p, message.len, &r, &err), ERR_INPUT);
	other_free(&o);
	buf_free(&message);
	buf_free(&answer);
}

/* What `kmc ca add` is given is the certificate of a CA that signs with SM2, and is valid now. */
static void
assert_not_enlisted(const struct cert *c, enum err_kind kind, const char *why)
{
	struct err		 err = {0};
	size_t			 len;
	const unsigned char	*der = cert_der(c, &len);
	json_t			*out = json_object();

	assert_err(client_add(house_shared()->kmc, der, len, "", out, &err), kind);
	if (strstr(err.text, why) == NULL)
		fail_msg("not about \"%s\": %s", why, err.text);
	json_decref(out);
}

/* Self-signed by openssl's hand, with these extensions (NULL: none) and this kind of key. */
static struct cert *
hand_made(const char *constraints, const char *usage, bool sm2, long from, long to)
{
	struct err	 err = {0};
	EVP_PKEY	*key = sm2 ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2") : EVP_EC_gen("P-256");
	X509		*x = X509_new();
	unsigned char	*der = NULL;
	struct cert	*c = NULL;
	int		 n;

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), UINT64_C(0x1122334455667788));
	ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(clock_now() / CLOCK_SECOND) + from);
	ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(clock_now() / CLOCK_SECOND) + to);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)"by hand", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	for (int i = 0; i < 2; i++) {
		const char	*text = i == 0 ? constraints : usage;
		X509_EXTENSION	*e = text == NULL ? NULL : X509V3_EXT_conf_nid(NULL, NULL, i == 0 ?
		    NID_basic_constraints : NID_key_usage, text);

		assert_true(e == NULL || X509_add_ext(x, e, -1) == 1);
		X509_EXTENSION_free(e);
	}
	assert_true(X509_sign(x, key, sm2 ? EVP_sm3() : EVP_sha256()) > 0);
	n = i2d_X509(x, &der);
	assert_ok(cert_parse(der, (size_t)n, &c, &err));
	OPENSSL_free(der);
	X509_free(x);
	EVP_PKEY_free(key);
	return c;
}

void
test_message__only_cas_are_enlisted(void **state)
{
	static const char	 ca[] = "critical,CA:TRUE", sign[] = "critical,keyCertSign";
	static const struct {
		const char	*constraints, *usage;
		bool		 sm2;
		long		 from, to;
		const char	*why;
	} rows[] = {
		{NULL, sign, true, -60, 3600, "is no CA certificate"},
		{"critical,CA:FALSE", sign, true, -60, 3600, "is no CA certificate"},
		{ca, NULL, true, -60, 3600, "keyCertSign"},
		{ca, "critical,cRLSign,digitalSignature", true, -60, 3600, "keyCertSign"},
		{ca, sign, false, -60, 3600, "are signed with SM2"},
		{ca, sign, true, 3600, 7200, "not valid before"},
		{ca, sign, true, -7200, -3600, "has ended"},
		/* signed with openssl's empty ID, not with that of GM/T 0009 */
		{ca, sign, true, -60, 3600, "names itself as issuer"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cert	*c = hand_made(rows[i].constraints, rows[i].usage, rows[i].sm2,
		    rows[i].from, rows[i].to);

		assert_not_enlisted(c, i + 1 < ARRAY_LEN(rows) ? ERR_INPUT : ERR_CRYPTO,
		    rows[i].why);
		cert_free(c);
	}
}

/* A CA with another certificate, another key too, is the same CA: its keys are still its own. */
void
test_message__a_renewed_certificate(void **state)
{
	struct err		 err = {0};
	struct kmc		*k = house_shared()->kmc;
	struct other		 first, second, third;
	char			 id[KM_CLIENT_ID];
	struct buf		 before, after;
	struct der		 in, a, b;
	json_t			*out = json_object();
	const unsigned char	*der;
	size_t			 len;

	(void)state;
	buf_init(&before, KM_MESSAGE_MAX);
	buf_init(&after, KM_MESSAGE_MAX);
	need_identity();
	other_make(&first);
	other_make(&second);
	other_make(&third);
	second.request.ask[0] = first.request.ask[0];
	enlist(&first);
	assert_ok(ask(&first, &before, &err));
	der = cert_der(second.cert, &len);
	assert_err(client_add(k, der, len, "nobody", out, &err), ERR_NOT_FOUND);
	assert_err(ask(&second, &after, &err), ERR_DENIED);
	snprintf(id, sizeof(id), "%.16s", cert_fingerprint(first.cert));
	assert_ok(client_add(k, der, len, id, out, &err));
	assert_string_equal(js_str(out, "client"), id);
	assert_ok(client_remove(k, id, &err));
	assert_ok(client_add(k, der, len, "", out, &err));	/* again: it stays of that CA */
	assert_ok(ask(&second, &after, &err));
	in = respond_list(&before);
	a = get(&in, 0xa0);
	in = respond_list(&after);
	b = get(&in, 0xa0);
	a = get(&a, 0x30);
	b = get(&b, 0x30);
	get(&a, 0x02);
	get(&b, 0x02);
	a = get(&a, 0x30);			/* retPubKey: the same key came */
	b = get(&b, 0x30);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.p, b.p, a.len);
	/* one that is a CA of its own does not become another's, for it would get its keys */
	enlist(&third);
	der = cert_der(third.cert, &len);
	assert_err(client_add(k, der, len, id, out, &err), ERR_CONFLICT);
	json_decref(out);
	other_free(&first);
	other_free(&second);
	other_free(&third);
	buf_free(&before);
	buf_free(&after);
}
