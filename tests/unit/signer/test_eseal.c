#include "base/base.h"
#include "signer/world.h"
#include "base/file.h"
#include "base/str.h"
#include "signer/eseal.h"

/* Seals are made under an officer's approval, for the pair it got, once. */

static const unsigned char	 png[] = "\x89PNG\r\n\x1a\n the picture of a seal";

/* What the approval says of the subject (NULL: the organisation) and the seal's kind (NULL: nothing). */
struct granted { const char *kind; json_t *subject; const char *profile; };

static struct signed_text
approve_as(const char *order, const unsigned char *picture, size_t len, EVP_PKEY *key,
    const struct granted *g)
{
	struct world	*w = world_shared();
	json_t		*j = world_approval(w, order);
	unsigned char	 digest[SM2_DIGEST_LEN];
	char		 hex[2 * SM2_DIGEST_LEN + 1];

	if (picture != NULL) {
		sm3(picture, len, digest);
		hex_encode(digest, sizeof(digest), hex);
		json_object_set_new(j, "seal", json_pack("{s:s,s:i,s:i}", "picture", hex, "width", 42,
		    "height", 40));
	}
	if (g->kind != NULL)
		js_set_str(json_object_get(j, "seal"), "kind", g->kind);
	if (g->subject != NULL) {
		json_object_set_new(j, "subject", g->subject);
		js_set_str(j, "profile", g->profile);
	}
	return world_sign(j, key);
}

/* An approval that grants a seal with this picture; NULL: with none. */
static struct signed_text
approve(const char *order, const unsigned char *picture, size_t len, EVP_PKEY *key)
{
	return approve_as(order, picture, len, key, &(const struct granted){.kind = NULL});
}

static void
issue(const struct signed_text *t, struct signer_pair *p)
{
	struct err	 err = {0};
	EVP_PKEY	*key = NULL;

	signer_pair_init(p);
	assert_ok(sm2_generate(&key, &err));
	assert_ok(world_issue(world_shared(), t, key, p, &err));
	EVP_PKEY_free(key);
}

static int
make(const struct signed_text *t, const unsigned char *picture, size_t len, struct buf *der,
    struct err *err)
{
	const struct signed_statement	 in = {t->bytes.p, t->bytes.len,
		{t->signature.p, t->signature.len}, {0}};

	buf_init(der, ESEAL_MAX);
	return eseal_work(&world_shared()->signer, &in, picture, len, der, err);
}

static void
assert_refused(const struct signed_text *t, const unsigned char *picture, size_t len,
    enum err_kind kind, const char *why)
{
	struct err	 err = {0};
	struct buf	 der;

	assert_err(make(t, picture, len, &der, &err), kind);
	assert_int_equal(der.len, 0);
	if (strstr(err.text, why) == NULL)
		fail_msg("not about \"%s\": %s", why, err.text);
	assert_string_equal(world_journal(world_shared()).what, "seal.refused");
	buf_free(&der);
}

void
test_eseal__made_once_for_the_pair(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signed_text	 t = approve("20261128000000000001", png, sizeof(png), w->officer_key);
	struct signer_pair	 p;
	struct eseal		*s = NULL;
	struct cert		*holder = NULL;
	struct cert_pool	 pool = {.n = 0};
	struct eseal_question	 q = {.now = clock_now() + CLOCK_SECOND, .pool = &pool,
		.maker_use = profile_find("seal")->eku};
	struct buf		 first, second;
	struct journal_end	 end;

	(void)state;
	assert_refused(&t, png, sizeof(png), ERR_WRONG_STATE, "还没有签发");
	issue(&t, &p);
	assert_ok(make(&t, png, sizeof(png), &first, &err));
	end = world_journal(w);
	assert_string_equal(end.what, "seal.make");
	assert_non_null(strstr(end.detail, p.sign_serial));
	assert_ok(make(&t, png, sizeof(png), &second, &err));
	assert_int_equal(world_journal(w).seq, end.seq);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.p, second.p, first.len);
	/* what came out keeps every rule, for this holder */
	assert_ok(eseal_parse(first.p, first.len, &s, &err));
	assert_ok(cert_parse(p.sign_cert.p, p.sign_cert.len, &holder, &err));
	assert_ok(cert_pool_take(&pool, cert_hold((struct cert *)(uintptr_t)
	    world_ca(w, "root-1")), &err));
	assert_ok(cert_pool_take(&pool, cert_hold((struct cert *)(uintptr_t)
	    world_ca(w, "issuing-1")), &err));
	q.seal = s;
	q.holder = holder;
	assert_ok(eseal_check(&q, &err));
	assert_string_equal(eseal_name(s), "长沙建工有限公司");
	assert_int_equal(eseal_type(s), ESEAL_OF_ORGANISATION);
	assert_int_equal(strlen(eseal_id(s)), 32);
	assert_non_null(strstr(end.detail, eseal_id(s)));
	assert_int_equal(eseal_picture(s)->width, 42);
	assert_int_equal(eseal_picture(s)->height, 40);
	assert_int_equal(eseal_not_after(s), cert_not_after(holder));
	eseal_free(s);
	cert_free(holder);
	cert_pool_release(&pool);
	buf_free(&first);
	buf_free(&second);
	signer_pair_free(&p);
	signed_text_free(&t);
}

void
test_eseal__only_what_was_approved(void **state)
{
	static const unsigned char other[] = "\x89PNG\r\n\x1a\n another picture";
	struct world		*w = world_shared();
	struct signed_text	 t = approve("20261128000000000002", png, sizeof(png), w->officer_key),
		forged = approve("20261128000000000002", other, sizeof(other), w->officer_key),
		none, stranger;
	struct signer_pair	 p, q;
	EVP_PKEY		*key = NULL;
	struct err		 err = {0};

	(void)state;
	issue(&t, &p);
	assert_refused(&t, other, sizeof(other), ERR_DENIED, "another picture");
	/* another approval of the same order, though an officer signed it */
	assert_refused(&forged, other, sizeof(other), ERR_CONFLICT, "另一份审批");
	none = approve("20261128000000000003", NULL, 0, w->officer_key);
	issue(&none, &q);
	assert_refused(&none, png, sizeof(png), ERR_DENIED, "grants no seal");
	assert_ok(sm2_generate(&key, &err));
	stranger = approve("20261128000000000002", png, sizeof(png), key);
	assert_refused(&stranger, png, sizeof(png), ERR_DENIED, "");
	EVP_PKEY_free(key);
	signer_pair_free(&p);
	signer_pair_free(&q);
	signed_text_free(&t);
	signed_text_free(&forged);
	signed_text_free(&none);
	signed_text_free(&stranger);
}

/* Nothing is signed that a rule forbids; a revoked certificate gets no seal. */
void
test_eseal__linted_before_it_is_signed(void **state)
{
	static const unsigned char gif[] = "GIF89a is no PNG";
	struct world		*w = world_shared();
	struct signed_text	 t = approve("20261128000000000004", gif, sizeof(gif), w->officer_key),
		u = approve("20261128000000000005", png, sizeof(png), w->officer_key);
	struct signer_pair	 p, q;
	struct err		 err = {0};

	(void)state;
	issue(&t, &p);
	assert_refused(&t, gif, sizeof(gif), ERR_INPUT, "格式");
	issue(&u, &q);
	assert_ok(world_change(w, json_pack("{s:s,s:i,s:s,s:I,s:s,s:s}", "type", "hold", "v", 1,
	    "serial", q.sign_serial, "time", (json_int_t)clock_now(), "by", "officer", "officer",
	    w->officer), w->officer_key, NULL, &err));
	assert_refused(&u, png, sizeof(png), ERR_WRONG_STATE, "冻结");
	signer_pair_free(&p);
	signer_pair_free(&q);
	signed_text_free(&t);
	signed_text_free(&u);
}

/* The maker's key stays; without its file there is another, and the journal tells of it. */
void
test_eseal__the_maker_is_kept(void **state)
{
	struct world	 own, *w = &own;
	struct err	 err = {0};
	char		 path[512], serial[CERT_SERIAL_TEXT];

	(void)state;
	world_make(w);
	snprintf(path, sizeof(path), "%s/ca-keys/seal.key", w->dir);
	assert_true(file_exists(path));
	snprintf(serial, sizeof(serial), "%s", cert_serial(w->signer.maker.cert));
	eseal_maker_release(&w->signer.maker);
	assert_ok(eseal_maker_open(&w->signer, &w->passphrase, &err));
	assert_string_equal(cert_serial(w->signer.maker.cert), serial);
	eseal_maker_release(&w->signer.maker);
	assert_int_equal(unlink(path), 0);
	assert_ok(eseal_maker_open(&w->signer, &w->passphrase, &err));
	assert_string_not_equal(cert_serial(w->signer.maker.cert), serial);
	assert_string_equal(world_journal(w).what, "seal.maker");
	assert_true(cert_has_eku(w->signer.maker.cert, "1.2.156.999999.1.4"));
	world_free(w);
}

/* Of kinds there are two; a signature is a person's, and its seal says so. */
void
test_eseal__a_signature_is_a_persons(void **state)
{
	static const char *const kinds[] = {"signature", "emblem"};
	struct world		*w = world_shared();
	struct err		 err = {0};
	struct eseal		*s = NULL;
	struct signed_text	 t;
	struct signer_pair	 p;
	struct buf		 der;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		t = approve_as(i == 0 ? "20261128000000000021" : "20261128000000000022", png,
		    sizeof(png), w->officer_key, &(const struct granted){.kind = kinds[i]});
		issue(&t, &p);
		assert_refused(&t, png, sizeof(png), ERR_DENIED, kinds[i]);
		signer_pair_free(&p);
		signed_text_free(&t);
	}
	t = approve_as("20261128000000000023", png, sizeof(png), w->officer_key,
	    &(const struct granted){.kind = "signature", .profile = "sm2-person",
	    .subject = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kind", "person", "CN",
	    "王小二", "O", "长沙建工有限公司", "OU", "wang2", "ST", "湖南省", "L", "长沙市", "id_type",
	    "resident-id", "id_no", "11010519491231002X")});
	issue(&t, &p);
	assert_ok(make(&t, png, sizeof(png), &der, &err));
	assert_non_null(strstr(world_journal(w).detail, "signature"));
	assert_ok(eseal_parse(der.p, der.len, &s, &err));
	assert_int_equal(eseal_type(s), ESEAL_OF_PERSON);
	assert_string_equal(eseal_name(s), "王小二");
	eseal_free(s);
	buf_free(&der);
	signer_pair_free(&p);
	signed_text_free(&t);
}
