#include "base/base.h"
#include "gate/cmb.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/url.h"
#include "gate/call.h"
#include "gate/wire.h"
#include "pki/sm2.h"

#define CMB_PLACEHOLDER	"__signature_sigdat__"
#define CMB_TEXT	LIMIT_JSON
#define CMB_BLOCK	16
#define CMB_TIMEOUT_MS	15000
#define CMB_WINDOW	(15 * CLOCK_MINUTE)

/* Identifier of signatures, and IV. */
static int
cmb_id(unsigned char id[CMB_BLOCK], struct err *err)
{
	const char	*uid = conf_str("gate.bank_uid");

	if (strlen(uid) != CMB_UID || strlen(conf_str("gate.bank_sm4")) != CMB_SM4_KEY)
		return err_set(err, ERR_INPUT, "gate.bank_uid needs %d bytes, gate.bank_sm4 %d",
		    CMB_UID, CMB_SM4_KEY);
	memset(id, '0', CMB_BLOCK);
	memcpy(id, uid, CMB_UID);
	return 0;
}

/* SM4-CBC with PKCS#7 padding, either way. */
static int
cmb_cipher(bool encrypt, const void *p, size_t len, struct buf *out, struct err *err)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	unsigned char	 iv[CMB_BLOCK], *text = xmalloc(len + CMB_BLOCK);
	const char	*key = conf_str("gate.bank_sm4");
	int		 n = 0, last = 0, rc = cmb_id(iv, err);

	if (rc < 0)
		;
	else if (EVP_CipherInit_ex2(ctx, EVP_sm4_cbc(), (const unsigned char *)key, iv, encrypt,
	    NULL) != 1 || EVP_CipherUpdate(ctx, text, &n, p, (int)len) != 1 ||
	    EVP_CipherFinal_ex(ctx, text + n, &last) != 1)
		rc = err_openssl(err, ERR_CRYPTO, "SM4-CBC: another key or a broken message");
	else
		buf_add(out, text, (size_t)(n + last));
	free(text);
	EVP_CIPHER_CTX_free(ctx);
	return rc < 0 ? -1 : buf_check(out, err);
}

static int
cmb_digest(const EVP_PKEY *key, const void *p, size_t len, unsigned char e[SM2_DIGEST_LEN],
    struct err *err)
{
	unsigned char	 point[SM2_POINT_LEN], id[CMB_BLOCK];
	struct buf	 text;
	int		 rc = -1;

	buf_init(&text, CMB_TEXT + SM2_DIGEST_LEN);
	if (cmb_id(id, err) == 0 && sm2_point(key, point, err) == 0) {
		sm2_za_id(point, id, sizeof(id), e);
		buf_add(&text, e, SM2_DIGEST_LEN);
		buf_add(&text, p, len);
		if ((rc = buf_check(&text, err)) == 0)
			sm3(text.p, text.len, e);
	}
	buf_free(&text);
	return rc;
}

/* Base64 of r||s over the text. */
static int
cmb_sign(const char *p, size_t len, struct buf *out, struct err *err)
{
	EVP_PKEY	*key = NULL;
	unsigned char	 e[SM2_DIGEST_LEN], rs[SM2_RAW_SIG_LEN];
	int		 rc = -1;

	if (wire_private_key(conf_path("gate.bank_key"), &key, err) == 0 &&
	    cmb_digest(key, p, len, e, err) == 0 && sm2_sign_digest(key, e, rs, err) == 0) {
		base64_add(out, rs, sizeof(rs));
		rc = 0;
	}
	EVP_PKEY_free(key);
	return rc;
}

static int
cmb_check(const char *p, size_t len, const char *signature, struct err *err)
{
	EVP_PKEY	*key = NULL;
	unsigned char	 e[SM2_DIGEST_LEN];
	struct buf	 rs;
	int		 rc = -1;

	buf_init(&rs, SM2_RAW_SIG_LEN);
	if (base64_decode(signature, strlen(signature), &rs) < 0 || rs.over ||
	    rs.len != SM2_RAW_SIG_LEN)
		err_set(err, ERR_CRYPTO, "the bank's signature is not one");
	else if (wire_public_key(conf_path("gate.bank_public"), &key, err) == 0 &&
	    cmb_digest(key, p, len, e, err) == 0)
		rc = sm2_verify_digest(key, e, (const unsigned char *)rs.p, err);
	EVP_PKEY_free(key);
	buf_free(&rs);
	return rc;
}

static json_t *
cmb_request(const char *funcode, const json_t *body)
{
	char	 now[CLOCK_TEXT], nonce[13], reqid[CLOCK_TEXT + 16];

	clock_compact(clock_now(), now);
	rand_digits(nonce, 12);
	snprintf(reqid, sizeof(reqid), "%s%s", now, nonce);
	return json_pack("{s:{s:O, s:{s:s, s:s, s:s}}, s:{s:s, s:s}}", "request", "body", body,
	    "head", "funcode", funcode, "reqid", reqid, "userid", conf_str("gate.bank_uid"),
	    "signature", "sigdat", CMB_PLACEHOLDER, "sigtim", now);
}

int
cmb_seal(const char *funcode, const json_t *body, struct buf *data, struct err *err)
{
	json_t		*j = cmb_request(funcode, body);
	struct buf	 text, signature, sealed;
	int		 rc = -1;

	buf_init(&text, CMB_TEXT);
	buf_init(&signature, 256);
	buf_init(&sealed, CMB_TEXT + CMB_BLOCK);
	json_write_canonical(j, &text);
	if (buf_check(&text, err) < 0 || cmb_sign(text.p, text.len, &signature, err) < 0)
		goto out;
	js_set_str(json_object_get(j, "signature"), "sigdat", signature.p);
	buf_clear(&text);
	json_write_canonical(j, &text);
	if (cmb_cipher(true, text.p, text.len, &sealed, err) < 0)
		goto out;
	base64_add(data, sealed.p, sealed.len);
	rc = buf_check(data, err);
 out:
	json_decref(j);
	buf_free(&text);
	buf_free(&signature);
	buf_free(&sealed);
	return rc;
}

/* The text as it was signed: with the placeholder where the signature stands. */
static int
cmb_unsigned(const struct buf *text, const char *signature, struct buf *out, struct err *err)
{
	char		*member = xasprintf("\"sigdat\":\"%s\"", signature);
	const char	*at = strstr(text->p, member);
	int		 rc = -1;

	if (at == NULL || strstr(at + 1, member) != NULL) {
		err_set(err, ERR_CRYPTO, "the bank's answer is not signed once");
	} else {
		buf_add(out, text->p, (size_t)(at - text->p));
		buf_addstr(out, "\"sigdat\":\"" CMB_PLACEHOLDER "\"");
		buf_addstr(out, at + strlen(member));
		rc = buf_check(out, err);
	}
	free(member);
	return rc;
}

/* Whose answer it is and when it was signed stand in the signed text. */
static int
cmb_is_of_now(const json_t *j, struct err *err)
{
	const char	*at = js_str(json_object_get(j, "signature"), "sigtim");
	char		 early[CLOCK_TEXT], late[CLOCK_TEXT];

	clock_compact(clock_now() - CMB_WINDOW, early);
	clock_compact(clock_now() + CMB_WINDOW, late);
	return strlen(at) == 14 && strcmp(at, early) >= 0 && strcmp(at, late) <= 0 ? 0 :
	    err_set(err, ERR_CRYPTO, "the bank's answer of %.20s is not of now", at);
}

int
cmb_open(const char *data, size_t len, json_t **out, struct err *err)
{
	struct buf	 sealed, text, plain;
	json_t		*j = NULL;
	const char	*signature;
	int		 rc = -1;

	if (memmem(data, len, "ErrMsg", 6) != NULL)
		return err_set(err, ERR_GATEWAY, "the bank says %.*s", (int)MIN(len, 200), data);
	buf_init(&sealed, CMB_TEXT);
	buf_init(&text, CMB_TEXT);
	buf_init(&plain, CMB_TEXT);
	if (base64_decode(data, len, &sealed) < 0 || sealed.over) {
		err_set(err, ERR_INPUT, "the bank's answer is not base64");
		goto out;
	}
	if (cmb_cipher(false, sealed.p, sealed.len, &text, err) < 0 ||
	    json_parse(text.p, text.len, CMB_TEXT, &j, err) < 0)
		goto out;
	signature = js_str(json_object_get(j, "signature"), "sigdat");
	if (cmb_unsigned(&text, signature, &plain, err) < 0 ||
	    cmb_check(plain.p, plain.len, signature, err) < 0 || cmb_is_of_now(j, err) < 0)
		goto out;
	*out = json_incref(j);
	rc = 0;
 out:
	json_decref(j);
	buf_free(&sealed);
	buf_free(&text);
	buf_free(&plain);
	return rc;
}

static void
cmb_form(const char *funcode, const struct buf *data, struct buf *out)
{
	json_t	*fields = json_pack("{s:s, s:s, s:s, s:s, s:s}", "UID",
		    conf_str("gate.bank_uid"), "FUNCODE", funcode, "ALG", "SM", "DATA", data->p,
		    "INSPLAT", conf_str("gate.bank_platform"));

	url_form_write(fields, out);
	json_decref(fields);
}

/* head.resultcode SUC0000 is success; anything else is the bank's no, in its words. */
static enum verdict
cmb_judge(const json_t *j, const char *funcode, json_t **out, struct reply *r)
{
	const json_t	*response = json_object_get(j, "response");
	const json_t	*head = json_object_get(response, "head");
	const char	*code = js_str(head, "resultcode");

	str_copy(r->provider_no, sizeof(r->provider_no), js_str(head, "rspid"));
	if (strcmp(js_str(head, "funcode"), funcode) != 0)
		return reply_set(r, REPLY_UNKNOWN, "answer", "an answer to %.40s",
		    js_str(head, "funcode"));
	if (strcmp(code, "SUC0000") != 0)
		return reply_set(r, REPLY_REFUSED, code, "%s: %s", funcode,
		    js_str(head, "resultmsg"));
	*out = json_incref(json_object_get(response, "body"));
	return REPLY_DONE;
}

enum verdict
cmb_call(const char *funcode, const json_t *body, json_t **out, struct reply *r)
{
	static const char *const	 headers[] = {
		"Content-Type: application/x-www-form-urlencoded", NULL};
	struct call_answer		 a;
	struct buf			 data, form;
	struct err			 err = {0};
	json_t				*j = NULL;
	enum verdict			 v;

	*out = NULL;
	buf_init(&data, 2 * CMB_TEXT);
	buf_init(&form, 4 * CMB_TEXT);
	call_answer_init(&a);
	if (cmb_seal(funcode, body, &data, &err) < 0) {
		v = reply_err(r, &err);
		goto out;
	}
	cmb_form(funcode, &data, &form);
	v = call_http(&(struct call){.provider = "cmb", .api = funcode, .method = "POST",
	    .url = conf_str("gate.bank_url"), .headers = headers, .body = form.p,
	    .len = form.len, .timeout_ms = CMB_TIMEOUT_MS}, &a, r);
	if (v == REPLY_DONE && cmb_open(a.body.p, a.body.len, &j, &err) < 0)
		v = reply_set(r, REPLY_UNKNOWN, "answer", "%s: %s", funcode, err.text);
	if (v == REPLY_DONE)
		v = cmb_judge(j, funcode, out, r);
 out:
	json_decref(j);
	call_answer_free(&a);
	buf_free(&data);
	buf_free(&form);
	return v;
}
