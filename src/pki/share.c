#include "base/base.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/str.h"
#include "pki/share.h"
#include "pki/sm2.h"

#include <libgfshare.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <pthread.h>

#define SHARE_ROUNDS	210000
#define SHARE_ROUNDS_MAX	(10 * SHARE_ROUNDS)
#define SHARE_SALT	16
#define SHARE_PLAIN	(SHARE_SECRET + SM2_DIGEST_LEN)

/* ---- splitting and joining ---- */

static void
share_fill_rand(unsigned char *p, unsigned int len)
{
	rand_bytes(p, len);
}

static void
share_library_set(void)
{
	gfshare_fill_rand = share_fill_rand;
}

/* It has no randomness of its own, and wants some even to wipe what it joined. */
static void
share_library_init(void)
{
	static pthread_once_t	 once = PTHREAD_ONCE_INIT;

	pthread_once(&once, share_library_set);
}

int
share_split(const unsigned char secret[SHARE_SECRET], int need, int of, struct share *out,
    struct err *err)
{
	unsigned char	 numbers[SHARES_MAX], copy[SHARE_SECRET], set[16];
	gfshare_ctx	*g;

	if (need < 2 || of < need || of > SHARES_MAX)
		return err_set(err, ERR_INPUT, "%d of %d custodians: at least 2 are needed, at most %d "
		    "there", need, of, SHARES_MAX);
	share_library_init();
	for (int i = 0; i < of; i++)
		numbers[i] = (unsigned char)(i + 1);
	g = gfshare_ctx_init_enc(numbers, (unsigned int)of, (unsigned char)need, SHARE_SECRET);
	if (g == NULL)
		BUG("libgfshare: no memory");
	memcpy(copy, secret, SHARE_SECRET);
	gfshare_ctx_enc_setsecret(g, copy);
	secret_wipe(copy, sizeof(copy));
	rand_bytes(set, sizeof(set));
	for (int i = 0; i < of; i++) {
		out[i] = (struct share){.number = i + 1, .need = need, .of = of};
		hex_encode(set, sizeof(set), out[i].set);
		gfshare_ctx_enc_getshare(g, (unsigned char)i, out[i].y);
	}
	gfshare_ctx_free(g);
	return 0;
}

static int
share_check_all(const struct share *s, size_t n, struct err *err)
{
	if (n == 0 || n > SHARES_MAX || (int)n < s[0].need)
		return err_set(err, ERR_INPUT, "%zu shares are there, %d are needed", n,
		    n == 0 ? 2 : s[0].need);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(s[i].set, s[0].set) != 0)
			return err_set(err, ERR_INPUT, "the share of %s is of another set than that of "
			    "%s", s[i].custodian, s[0].custodian);
		for (size_t k = 0; k < i; k++)
			if (s[k].number == s[i].number)
				return err_set(err, ERR_INPUT, "the share of %s is there twice",
				    s[i].custodian);
	}
	return 0;
}

int
share_join(const struct share *s, size_t n, unsigned char secret[SHARE_SECRET], struct err *err)
{
	unsigned char	 numbers[SHARES_MAX], y[SHARE_SECRET];
	gfshare_ctx	*g;

	share_library_init();
	if (share_check_all(s, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		numbers[i] = (unsigned char)s[i].number;
	if ((g = gfshare_ctx_init_dec(numbers, (unsigned int)n, SHARE_SECRET)) == NULL)
		BUG("libgfshare: no memory");
	for (size_t i = 0; i < n; i++) {
		memcpy(y, s[i].y, sizeof(y));
		gfshare_ctx_dec_giveshare(g, (unsigned char)i, y);
	}
	gfshare_ctx_dec_extract(g, secret);
	gfshare_ctx_free(g);
	secret_wipe(y, sizeof(y));
	return 0;
}

/* ---- files ---- */

static json_t *
share_public(const struct share *s)
{
	return json_pack("{s:s,s:i,s:s,s:s,s:i,s:i,s:i,s:s}", "type", "key-share", "v", 1, "set",
	    s->set, "what", s->what, "number", s->number, "need", s->need, "of", s->of,
	    "custodian", s->custodian);
}

/* The share and the SM3 of what stands beside it in clear. */
static int
share_plain(const struct share *s, unsigned char plain[SHARE_PLAIN], struct err *err)
{
	json_t		*j = share_public(s);
	struct buf	 b;
	int		 rc;

	buf_init(&b, SHARE_FILE_MAX);
	if (j != NULL)
		json_write_canonical(j, &b);
	buf_add(&b, s->y, SHARE_SECRET);
	if ((rc = buf_check(&b, err)) == 0 && j == NULL)
		rc = err_set(err, ERR_INPUT, "the name of a custodian is no text");
	memcpy(plain, s->y, SHARE_SECRET);
	sm3(b.p, b.len, plain + SHARE_SECRET);
	secret_wipe(b.p, b.len);
	json_decref(j);
	buf_free(&b);
	return rc;
}

/* PBES2 around an OCTET STRING, as around a private key in PKCS#8. */
static int
share_encrypt(const unsigned char plain[SHARE_PLAIN], const struct secret *pin, json_t *out,
    struct err *err)
{
	ASN1_OCTET_STRING	*octets = ASN1_OCTET_STRING_new(), *cipher = NULL;
	X509_ALGOR		*how = NULL;
	unsigned char		 salt[SHARE_SALT], *der = NULL;
	int			 rc = -1, n;

	rand_bytes(salt, sizeof(salt));
	if (octets == NULL || !ASN1_OCTET_STRING_set(octets, plain, SHARE_PLAIN) ||
	    (how = PKCS5_pbe2_set(EVP_sm4_cbc(), SHARE_ROUNDS, salt, sizeof(salt))) == NULL ||
	    (cipher = PKCS12_item_i2d_encrypt(how, ASN1_ITEM_rptr(ASN1_OCTET_STRING),
	    (const char *)pin->p, (int)pin->len, octets, 1)) == NULL ||
	    (n = i2d_X509_ALGOR(how, &der)) < 0) {
		err_openssl(err, ERR_CRYPTO, "cannot encrypt a share");
		goto out;
	}
	js_set_bytes(out, "how", der, (size_t)n);
	js_set_bytes(out, "sealed", ASN1_STRING_get0_data(cipher),
	    (size_t)ASN1_STRING_length(cipher));
	rc = 0;
 out:
	OPENSSL_free(der);
	X509_ALGOR_free(how);
	ASN1_OCTET_STRING_free(cipher);
	ASN1_OCTET_STRING_free(octets);
	return rc;
}

/* PBES2 with PBKDF2 as we write it: a file must not say how long, or with how much memory, we try. */
static int
share_check_cost(const X509_ALGOR *how, struct err *err)
{
	const ASN1_OBJECT	*oid = NULL;
	const void		*parameter = NULL;
	PBE2PARAM		*pbe = NULL;
	PBKDF2PARAM		*kdf = NULL;
	int64_t			 rounds = -1;
	int			 type;

	X509_ALGOR_get0(&oid, &type, &parameter, how);
	if (OBJ_obj2nid(oid) == NID_pbes2 && type == V_ASN1_SEQUENCE)
		pbe = ASN1_item_unpack(parameter, ASN1_ITEM_rptr(PBE2PARAM));
	if (pbe != NULL) {
		X509_ALGOR_get0(&oid, &type, &parameter, pbe->keyfunc);
		if (OBJ_obj2nid(oid) == NID_id_pbkdf2 && type == V_ASN1_SEQUENCE)
			kdf = ASN1_item_unpack(parameter, ASN1_ITEM_rptr(PBKDF2PARAM));
	}
	if (kdf == NULL || ASN1_INTEGER_get_int64(&rounds, kdf->iter) != 1)
		rounds = -1;
	PBKDF2PARAM_free(kdf);
	PBE2PARAM_free(pbe);
	return rounds >= 1 && rounds <= SHARE_ROUNDS_MAX ? 0 :
	    err_set(err, ERR_INPUT, "a share is not encrypted like that (PBES2, PBKDF2)");
}

static int
share_decrypt(const json_t *in, const struct secret *pin, unsigned char plain[SHARE_PLAIN],
    struct err *err)
{
	ASN1_OCTET_STRING	*octets = NULL, *cipher = ASN1_OCTET_STRING_new();
	X509_ALGOR		*how = NULL;
	const unsigned char	*p;
	struct buf		 der, sealed;
	int			 rc = -1;

	buf_init(&der, 1024);
	buf_init(&sealed, 1024);
	if (js_need_bytes(in, "how", &der, err) < 0 || js_need_bytes(in, "sealed", &sealed, err) < 0)
		goto out;
	p = (const unsigned char *)der.p;
	if ((how = d2i_X509_ALGOR(NULL, &p, (long)der.len)) != NULL &&
	    share_check_cost(how, err) < 0)
		goto out;
	if (cipher == NULL || how == NULL ||
	    !ASN1_OCTET_STRING_set(cipher, (const unsigned char *)sealed.p, (int)sealed.len) ||
	    (octets = PKCS12_item_decrypt_d2i(how, ASN1_ITEM_rptr(ASN1_OCTET_STRING),
	    (const char *)pin->p, (int)pin->len, cipher, 1)) == NULL ||
	    ASN1_STRING_length(octets) != SHARE_PLAIN) {
		err_openssl(err, ERR_DENIED, "the PIN does not open the share");
		goto out;
	}
	memcpy(plain, ASN1_STRING_get0_data(octets), SHARE_PLAIN);
	rc = 0;
 out:
	if (octets != NULL)
		secret_wipe(octets->data, (size_t)octets->length);
	ASN1_OCTET_STRING_free(octets);
	ASN1_OCTET_STRING_free(cipher);
	X509_ALGOR_free(how);
	buf_free(&der);
	buf_free(&sealed);
	return rc;
}

int
share_seal(const struct share *s, const struct secret *pin, struct buf *text, struct err *err)
{
	unsigned char	 plain[SHARE_PLAIN];
	json_t		*j = share_public(s);
	int		 rc = -1;

	if (pin->len == 0)
		err_set(err, ERR_INPUT, "an empty PIN protects no share");
	else if (share_plain(s, plain, err) == 0 && share_encrypt(plain, pin, j, err) == 0) {
		json_write_canonical(j, text);
		buf_addch(text, '\n');
		rc = buf_check(text, err);
	}
	secret_wipe(plain, sizeof(plain));
	json_decref(j);
	return rc;
}

static void
share_read_public(const json_t *j, struct share *s)
{
	*s = (struct share){.number = (int)js_int(j, "number", 0), .need = (int)js_int(j, "need", 0),
		.of = (int)js_int(j, "of", 0)};
	(void)snprintf(s->set, sizeof(s->set), "%s", js_str(j, "set"));
	(void)snprintf(s->what, sizeof(s->what), "%s", js_str(j, "what"));
	(void)snprintf(s->custodian, sizeof(s->custodian), "%s", js_str(j, "custodian"));
}

int
share_open(const char *text, size_t len, const struct secret *pin, struct share *out,
    struct err *err)
{
	unsigned char	 plain[SHARE_PLAIN], again[SHARE_PLAIN];
	json_t		*j = NULL;
	int		 rc = -1;

	*out = (struct share){0};
	if (json_parse(text, len, SHARE_FILE_MAX, &j, err) < 0)
		return -1;
	share_read_public(j, out);
	if (strcmp(js_str(j, "type"), "key-share") != 0 || out->number < 1 ||
	    out->number > SHARES_MAX || out->need < 2 || out->need > SHARES_MAX)
		err_set(err, ERR_INPUT, "this is no custodian's file");
	else if (share_decrypt(j, pin, plain, err) == 0) {
		memcpy(out->y, plain, SHARE_SECRET);
		if ((rc = share_plain(out, again, err)) == 0 &&
		    memcmp(plain, again, SHARE_PLAIN) != 0)
			rc = err_set(err, ERR_DENIED, "the PIN does not open the share of %s, or its "
			    "file was changed", out->custodian);
	}
	if (rc < 0)
		secret_wipe(out->y, sizeof(out->y));
	secret_wipe(plain, sizeof(plain));
	secret_wipe(again, sizeof(again));
	json_decref(j);
	return rc;
}
