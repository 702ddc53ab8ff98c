#include "base/base.h"
#include "cli/pdf.h"

#include "base/file.h"
#include "base/passphrase.h"
#include "base/rand.h"
#include "http/client.h"
#include "pki/tsp.h"
#include "token/ukey.h"

#include <openssl/obj_mac.h>
#include <openssl/pkcs12.h>

#define PIN_TEXT	128
#define P12_MAX		65536

/* A PIN or password as text; wiped by whoever asked. */
static int
signer_pin(const char *path, const char *what, char pin[PIN_TEXT], struct err *err)
{
	struct secret	 s = {0};

	if (passphrase_read(path, what, &s, err) < 0)
		return -1;
	if (s.len >= PIN_TEXT) {
		secret_free(&s);
		return err_set(err, ERR_INPUT, "the %s is too long", what);
	}
	memcpy(pin, s.p, s.len);
	pin[s.len] = '\0';
	secret_free(&s);
	return 0;
}

/* Files ------------------------------------------------------------------------------- */

static int
signer_key_sign(void *arg, const void *p, size_t len, struct buf *sig, struct err *err)
{
	struct pdf_signer	*s = arg;

	return sm2_sign_message(s->key, p, len, sig, err);
}

/* OpenSSL's parser gives the key as it is named in the file; SM2 it must be. */
static int
signer_p12_parse(struct pdf_signer *s, const struct buf *der, const char *pin, struct err *err)
{
	const unsigned char	*p = (const unsigned char *)der->p;
	PKCS12			*p12 = d2i_PKCS12(NULL, &p, (long)der->len);
	X509			*x = NULL;
	unsigned char		*cert = NULL;
	int			 n, rc = -1;

	if (p12 == NULL || PKCS12_parse(p12, pin, &s->key, &x, NULL) != 1 || x == NULL) {
		err_openssl(err, ERR_DENIED, "PKCS#12 文件打不开：密码不对，或文件已损坏");
	} else if ((n = i2d_X509(x, &cert)) > 0 &&
	    cert_parse(cert, (size_t)n, &s->cert, err) == 0) {
		rc = cert_key(s->cert) != NULL && s->key != NULL &&
		    key_is_same(s->key, cert_key(s->cert)) ? 0 :
		    err_set(err, ERR_INPUT, "PKCS#12 文件里的私钥与证书不是一对。");
	}
	OPENSSL_free(cert);
	X509_free(x);
	PKCS12_free(p12);
	return rc;
}

int
pdf_signer_file(struct pdf_signer *s, const char *p12, const char *seal, const char *pin_file,
    struct err *err)
{
	char		 pin[PIN_TEXT] = "";
	struct buf	 der;
	int		 rc = -1;

	*s = (struct pdf_signer){.sealer = {.sign = signer_key_sign, .arg = s}};
	buf_init(&s->seal, ESEAL_MAX);
	buf_init(&der, P12_MAX);
	if (file_read(seal, &s->seal, err) == 0 && file_read(p12, &der, err) == 0 &&
	    signer_pin(pin_file, "password", pin, err) == 0)
		rc = signer_p12_parse(s, &der, pin, err);
	secret_wipe(pin, sizeof(pin));
	buf_free(&der);
	s->sealer.seal = s->seal.p;
	s->sealer.seal_len = s->seal.len;
	s->sealer.signer = s->cert;
	return rc;
}

/* UKeys ------------------------------------------------------------------------------- */

static int
signer_ukey_sign(void *arg, const void *p, size_t len, struct buf *sig, struct err *err)
{
	struct pdf_signer	*s = arg;
	struct buf		 cert;
	int			 rc;

	buf_init(&cert, LIMIT_CERT);
	rc = ukey_sign(s->ukey, cert_serial(s->cert), p, len, sig, &cert, err);
	buf_free(&cert);
	return rc;
}

/* The certificate that was asked for, or the only current one with a seal. */
static int
signer_ukey_choose(struct pdf_signer *s, const char *serial, struct err *err)
{
	json_t		*all = NULL, *row, *found = NULL;
	struct buf	 der;
	size_t		 i, n = 0;
	int		 rc = -1;

	if (ukey_describe(s->ukey, &all, err) < 0)
		return -1;
	json_array_foreach(json_object_get(all, "certificates"), i, row)
		if (serial != NULL ? strcasecmp(js_str(row, "serial"), serial) == 0 :
		    !js_bool(row, "history") && *js_str(row, "seal") != '\0') {
			found = row;
			n++;
		}
	buf_init(&der, LIMIT_CERT);
	if (n != 1)
		err_set(err, n == 0 ? ERR_NOT_FOUND : ERR_INPUT, n == 0 ?
		    "UKey 里没有带电子印章的证书，或没有这个序列号的证书。" :
		    "UKey 里有几张带电子印章的证书，请用 --serial 指定序列号。");
	else if (js_need_bytes(found, "cert", &der, err) == 0 &&
	    cert_parse(der.p, der.len, &s->cert, err) == 0)
		rc = ukey_seal_get(s->ukey, js_str(found, "order"), &s->seal, err);
	buf_free(&der);
	json_decref(all);
	return rc;
}

/* The only device of the library. */
static int
signer_ukey_open(struct pdf_signer *s, const char *library, struct ukey *u, struct err *err)
{
	struct buf	 names;
	char		*end;
	int		 rc = -1;

	buf_init(&names, LIMIT_JSON);
	if (driver_load(&s->driver, library, err) == 0 && ukey_names(s->driver, &names, err) == 0) {
		end = strchr(names.p, '\n');
		if (names.len == 0 || (end != NULL && end[1] != '\0'))
			err_set(err, ERR_INPUT, "%s", ukey_count_sentence(names.len == 0 ? 0 : 2));
		else {
			if (end != NULL)
				*end = '\0';
			rc = ukey_open(u, s->driver, names.p, err);
		}
	}
	buf_free(&names);
	return rc;
}

int
pdf_signer_ukey(struct pdf_signer *s, const char *library, const char *serial,
    const char *pin_file, struct err *err)
{
	struct ukey	*u = xcalloc(1, sizeof(*u));
	char		 pin[PIN_TEXT] = "";
	int		 left, rc = -1;

	*s = (struct pdf_signer){.sealer = {.sign = signer_ukey_sign, .arg = s}};
	buf_init(&s->seal, ESEAL_MAX);
	if (signer_ukey_open(s, library, u, err) < 0) {
		free(u);
		return -1;
	}
	s->ukey = u;
	if (signer_ukey_choose(s, serial, err) == 0 && signer_pin(pin_file, "PIN", pin, err) == 0)
		rc = ukey_login(u, pin, &left, err);
	secret_wipe(pin, sizeof(pin));
	s->sealer.seal = s->seal.p;
	s->sealer.seal_len = s->seal.len;
	s->sealer.signer = s->cert;
	return rc;
}

/* Time stamps ------------------------------------------------------------------------- */

static int
signer_stamp(void *arg, const void *p, size_t len, struct buf *token, struct err *err)
{
	static const char *const headers[] = {"Content-Type: application/timestamp-query", NULL};
	const struct pdf_signer	*s = arg;
	unsigned char		 hash[SM2_DIGEST_LEN], nonce[16];
	struct http_answer	 answer;
	struct buf		 request;
	struct der		 stamp = {0};
	int			 rc = -1;

	sm3(p, len, hash);
	rand_bytes(nonce, sizeof(nonce));
	nonce[0] &= 0x7f;
	buf_init(&request, TSP_REQUEST_MAX);
	http_answer_init(&answer);
	if (tsp_request_build(NID_sm3, hash, sizeof(hash), nonce, sizeof(nonce), true, &request,
	    err) == 0 && http_call(&(struct http_call){.method = "POST", .url = s->tsa,
	    .headers = headers, .body = request.p, .body_len = request.len}, &answer, NULL, err) == 0) {
		if (answer.status != 200)
			err_set(err, ERR_GATEWAY, "时间戳服务 %s 回答 %d，请稍后再试。", s->tsa,
			    answer.status);
		else if (tsp_token(answer.body.p, answer.body.len, &stamp, err) == 0) {
			buf_add(token, stamp.p, stamp.len);
			rc = buf_check(token, err);
		}
	}
	http_answer_free(&answer);
	buf_free(&request);
	return rc;
}

void
pdf_signer_stamp(struct pdf_signer *s, const char *url)
{
	s->tsa = url;
	s->sealer.stamp = url == NULL ? NULL : signer_stamp;
}

void
pdf_signer_close(struct pdf_signer *s)
{
	if (s->ukey != NULL)
		ukey_close(s->ukey);
	free(s->ukey);
	driver_free(s->driver);
	cert_free(s->cert);
	EVP_PKEY_free(s->key);
	buf_free(&s->seal);
	*s = (struct pdf_signer){.tsa = NULL};
}
