#include "base/base.h"
#include "base/file.h"
#include "base/str.h"
#include "pki/crl.h"
#include "signer/authority_make.h"
#include "signer/eseal.h"
#include "signer/world.h"

/* A signer without any issuing CA's key: it tells and keeps what it has, and goes on once it is back. */

static const unsigned char	 png[] = "\x89PNG\r\n\x1a\n the picture of a seal";

static void
world_move(const struct world *w, const char *from, const char *to)
{
	char	 a[128], b[128];

	snprintf(a, sizeof(a), "%s/%s", w->dir, from);
	snprintf(b, sizeof(b), "%s/%s", w->dir, to);
	assert_int_equal(rename(a, b), 0);
}

/* Closed and opened again, as a process that starts. */
static void
start_again(struct world *w)
{
	struct err	 err = {0};

	signer_close(&w->signer);
	assert_ok(signer_open(&w->signer, &w->passphrase, &err));
	w->signer.pair = world_pair;
}

/* The moment when keys are looked for again has come. */
static void
time_passes(struct world *w)
{
	w->signer.authorities.looked -= 5 * CLOCK_SECOND;
}

static int64_t
stat_of(struct world *w, const char *name)
{
	struct err	 err = {0};
	json_t		*out = json_object();
	int64_t		 n;

	assert_ok(ends_stats(&w->signer, out, &err));
	assert_ok(journal_stats(&w->signer.journal, out, &err));
	n = js_int(out, name, -1);
	json_decref(out);
	return n;
}


static int
verify(struct world *w, struct err *err)
{
	json_t	*out = json_object();
	int	 rc = journal_verify(&w->signer.journal, out, err);

	json_decref(out);
	return rc;
}

/* What the list of CAs says of this one's key. */
static const char *
key_of(const json_t *list, const char *id)
{
	json_t	*a;
	size_t	 i;

	json_array_foreach(json_object_get(list, "authorities"), i, a)
		if (strcmp(js_str(a, "id"), id) == 0)
			return js_str(a, "key");
	return "";
}

void
test_keyless__starts_and_goes_on(void **state)
{
	struct err		 err = {0};
	struct world		 w;
	struct signer_pair	 before, after;
	struct signed_text	 first, second;
	struct journal_end	 end;
	EVP_PKEY		*key = NULL;
	json_t			*list = json_object();
	struct buf		 der;

	(void)state;
	buf_init(&der, LIMIT_FRAME);
	world_make(&w);
	assert_ok(sm2_generate(&key, &err));
	first = world_sign(world_approval(&w, "20261128000000000701"), w.officer_key);
	second = world_sign(world_approval(&w, "20261128000000000702"), w.officer_key);
	signer_pair_init(&before);
	signer_pair_init(&after);
	assert_ok(world_issue(&w, &first, key, &before, &err));
	world_list(&w, "issuing-1", "", &der);
	world_move(&w, "ca-keys/issuing.key", "issuing.away");
	start_again(&w);
	assert_int_equal(stat_of(&w, "cas_issuing"), 0);
	assert_int_equal(stat_of(&w, "ca_keys_away"), 1);
	ca_list(&w.signer, list);
	assert_string_equal(key_of(list, "issuing-1"), "away");
	/* issuing says what is wrong and what to do, in the journal too */
	assert_err(world_issue(&w, &second, key, &after, &err), ERR_WRONG_STATE);
	assert_non_null(strstr(err.text, "密钥不在位"));
	assert_non_null(strstr(err.text, "放回后自动恢复"));
	end = world_journal(&w);
	assert_string_equal(end.what, "issue.refused");
	assert_non_null(strstr(end.detail, "密钥不在位"));
	/* what was issued is there, is revoked, stands in the last list's successor later */
	assert_ok(world_issue(&w, &first, key, &after, &err));
	assert_string_equal(after.sign_serial, before.sign_serial);
	assert_ok(world_change(&w, json_pack("{s:s,s:i,s:s,s:s,s:i,s:I}", "type", "revocation", "v",
	    1, "serial", before.sign_serial, "by", "holder", "reason", 4, "time",
	    (json_int_t)clock_now()), key, NULL, &err));
	world_list(&w, "issuing-1", "", &der);
	assert_ok(journal_sign_head(&w.signer.journal, NULL, &err));
	assert_ok(verify(&w, &err));
	/* back again, without a start */
	world_move(&w, "issuing.away", "ca-keys/issuing.key");
	time_passes(&w);
	signer_pair_free(&after);
	signer_pair_init(&after);
	assert_ok(world_issue(&w, &second, key, &after, &err));
	assert_int_equal(stat_of(&w, "cas_issuing"), 1);
	assert_int_equal(stat_of(&w, "ca_keys_away"), 0);
	signed_text_free(&first);
	signed_text_free(&second);
	signer_pair_free(&before);
	signer_pair_free(&after);
	EVP_PKEY_free(key);
	json_decref(list);
	buf_free(&der);
	world_free(&w);
}

static int
seal(struct world *w, const struct signed_text *t, struct buf *der, struct err *err)
{
	const struct signed_statement	 in = {t->bytes.p, t->bytes.len,
		{t->signature.p, t->signature.len}, {0}};

	buf_clear(der);
	return eseal_work(&w->signer, &in, png, sizeof(png), der, err);
}

/* The keys of journal and seals are lost too: both are made when the CA can certify them. */
void
test_keyless__journal_and_maker_wait(void **state)
{
	struct err		 err = {0};
	struct world		 w;
	struct signer_pair	 p;
	struct signed_text	 t;
	unsigned char		 digest[SM2_DIGEST_LEN];
	char			 hex[2 * SM2_DIGEST_LEN + 1];
	EVP_PKEY		*key = NULL;
	json_t			*j, *proof = json_object();
	struct buf		 der;
	int64_t			 line = 1;

	(void)state;
	buf_init(&der, ESEAL_MAX);
	world_make(&w);
	assert_ok(sm2_generate(&key, &err));
	j = world_approval(&w, "20261128000000000711");
	sm3(png, sizeof(png), digest);
	hex_encode(digest, sizeof(digest), hex);
	json_object_set_new(j, "seal", json_pack("{s:s,s:i,s:i}", "picture", hex, "width", 42,
	    "height", 40));
	t = world_sign(j, w.officer_key);
	signer_pair_init(&p);
	assert_ok(world_issue(&w, &t, key, &p, &err));
	signer_close(&w.signer);
	world_move(&w, "ca-keys/issuing.key", "issuing.away");
	world_move(&w, "ca-keys/journal.key", "journal.lost");
	world_move(&w, "ca-keys/seal.key", "seal.lost");
	start_again(&w);
	journal_note(w.signer.store, "test.line", json_pack("{s:i}", "i", 1));
	assert_err(journal_sign_head(&w.signer.journal, NULL, &err), ERR_BUSY);
	assert_err(journal_prove(&w.signer.journal, &line, 1, 0, proof, &err), ERR_BUSY);
	assert_true(stat_of(&w, "journal_lines") > stat_of(&w, "journal_signed"));
	assert_ok(verify(&w, &err));
	assert_err(seal(&w, &t, &der, &err), ERR_WRONG_STATE);
	assert_non_null(strstr(err.text, "制章证书还没有签发"));
	world_move(&w, "issuing.away", "ca-keys/issuing.key");
	time_passes(&w);
	assert_ok(journal_sign_head(&w.signer.journal, NULL, &err));
	assert_ok(journal_sign_head(&w.signer.journal, NULL, &err));	/* the line of the key too */
	assert_int_equal(stat_of(&w, "journal_lines"), stat_of(&w, "journal_signed"));
	assert_int_equal(w.signer.journal.passphrase.len, 0);
	assert_ok(seal(&w, &t, &der, &err));
	assert_int_equal(w.signer.maker_passphrase.len, 0);
	assert_ok(verify(&w, &err));
	start_again(&w);			/* what was made meanwhile is what is found */
	assert_ok(seal(&w, &t, &der, &err));
	assert_ok(verify(&w, &err));
	signed_text_free(&t);
	signer_pair_free(&p);
	EVP_PKEY_free(key);
	json_decref(proof);
	buf_free(&der);
	world_free(&w);
}

static int
create(struct world *w, const char *name, const char *parent, struct err *err)
{
	json_t	*j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:i}", "name", name, "parent", parent, "kind",
	    "sm2", "company", "测试认证有限公司", "cn", name, "years", 10), *out = json_object();
	int	 rc = ca_create(&w->signer, j, &w->passphrase, &w->passphrase, out, err);

	json_decref(j);
	json_decref(out);
	return rc;
}

/* A store with nothing in it: CAs are made in the running signer, and then everything works. */
void
test_keyless__fresh_store(void **state)
{
	struct err		 err = {0};
	struct world		 w;
	struct authority	*a = NULL;
	struct cert		*officer = NULL;
	struct buf		 csr;
	EVP_PKEY		*key = NULL;
	char			 path[128];

	(void)state;
	world_prepare(&w);
	snprintf(path, sizeof(path), "%s/ca-keys", w.dir);
	assert_ok(file_mkdirs(path, 0700, &err));
	snprintf(path, sizeof(path), "%s/ca", w.dir);
	assert_ok(file_mkdirs(path, 0700, &err));
	assert_ok(store_migrate(STORE_CA, conf_str("store.ca"), &err));
	assert_ok(signer_open(&w.signer, &w.passphrase, &err));
	assert_int_equal(stat_of(&w, "cas_issuing"), 0);
	assert_int_equal(stat_of(&w, "ca_keys_away"), 0);
	assert_err(authority_for(&w.signer.authorities, "issuing", &a, &err), ERR_WRONG_STATE);
	assert_non_null(strstr(err.text, "yinxin ca create"));
	assert_ok(verify(&w, &err));
	assert_ok(create(&w, "root", "", &err));
	assert_ok(create(&w, "issuing", "root-1", &err));
	assert_int_equal(stat_of(&w, "cas_issuing"), 1);
	assert_ok(journal_sign_head(&w.signer.journal, NULL, &err));
	assert_ok(sm2_generate(&key, &err));
	world_csr(key, &csr);
	assert_ok(officer_issue(&w.signer, "张三", csr.p, csr.len, OFFICER_APPROVE, &officer, &err));
	assert_ok(verify(&w, &err));
	assert_ok(ca_state(&w.signer, "issuing-1", "ended", &err));
	assert_err(authority_for(&w.signer.authorities, "issuing", &a, &err), ERR_WRONG_STATE);
	assert_non_null(strstr(err.text, "已停用"));
	cert_free(officer);
	EVP_PKEY_free(key);
	buf_free(&csr);
	signer_close(&w.signer);
	world_drop(&w);
}
