#include "base/base.h"
#include "base/rand.h"
#include "pki/carrier.h"
#include "pki/enveloped.h"
#include "token/skf.h"
#include "token/ukey_own.h"

/* A recovered encryption pair: a container of its own, with a sign key that only carries it. */

#define PROBE	32

/* The container of the order and its sign key, made once; point gets that. */
static int
carrier_make(struct ukey *u, const char *order, unsigned char point[SM2_POINT_LEN],
    struct err *err)
{
	card_handle	c = NULL;
	int		rc = -1;

	if (ukey_clean_up(u, err) < 0 || ukey_order_container(u, order, &c, err) < 0)
		return -1;
	rc = ukey_point(u, c, true, point, err);
	u->driver->ops->container_close(u->driver, c);
	return rc;
}

int
ukey_recover_request(struct ukey *u, const char *order, const char *receiver, struct buf *text,
    struct buf *sig, struct err *err)
{
	unsigned char	 point[SM2_POINT_LEN];
	struct buf	 cert;
	int		 rc = -1;

	buf_init(&cert, LIMIT_CERT);
	/* Vouched for by a key that is there, before anything is made. */
	if (receiver[0] != '\0' && carrier_make(u, order, point, err) == 0 &&
	    carrier_text(order, receiver, point, text, err) == 0)
		rc = ukey_sign(u, receiver, text->p, text->len, sig, &cert, err);
	else if (receiver[0] == '\0')
		err_set(err, ERR_INPUT, "没有说明用哪一张证书接收密钥，请刷新页面重试。");
	buf_free(&cert);
	return rc;
}

/* What is encrypted to the certificate now opens in the UKey. */
static int
recover_prove(struct ukey *u, const void *enc_cert, size_t len, struct err *err)
{
	unsigned char	 probe[PROBE];
	struct buf	 document, plain;
	struct cert	*cert = NULL;
	int		 rc = -1;

	buf_init(&document, 4096);
	buf_init(&plain, 4096);
	rand_bytes(probe, sizeof(probe));
	if (cert_parse(enc_cert, len, &cert, err) == 0 &&
	    enveloped_make(cert, probe, sizeof(probe), &document, err) == 0 &&
	    ukey_decrypt(u, document.p, document.len, &plain, err) == 0)
		rc = plain.len == sizeof(probe) && memcmp(plain.p, probe, sizeof(probe)) == 0 ? 0 :
		    err_set(err, ERR_CRYPTO, "恢复的密钥打不开文件，请不要拔出UKey，再试一次。");
	cert_free(cert);
	buf_free(&plain);
	buf_free(&document);
	return rc;
}

int
ukey_recover_install(struct ukey *u, const char *order, const struct ukey_bundle *b,
    struct err *err)
{
	char		 name[UKEY_NAME];
	card_handle	 c = NULL;
	int		 rc = -1;

	ukey_container_name(order, name);
	if (ukey_container_open(u, name, &c, err) < 0)
		return err_set(err, ERR_CONFLICT,
		    "这支 UKey 里没有这次恢复的准备，请插入开始恢复时的那支 UKey。");
	rc = ukey_install_enc(u, c, b, err);
	u->driver->ops->container_close(u->driver, c);
	if (rc < 0 || recover_prove(u, b->enc_cert, b->enc_len, err) < 0)
		return -1;
	return ukey_history_add(u, name, err);
}
