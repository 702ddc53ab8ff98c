#include "base/base.h"
#include "token/skf.h"
#include "token/ukey_own.h"

/* Electronic seals in the UKey: one file an order, DER, as long as the seal. */
#define SEAL_FILE	"YXSEAL.%.20s"
#define SEAL_FILE_NAME	32
#define SEAL_HEAD	4		/* tag and length of a SEQUENCE of 256 bytes and more */

static void
seal_file_name(const char *order, char name[SEAL_FILE_NAME])
{
	(void)snprintf(name, SEAL_FILE_NAME, SEAL_FILE, order);
}

/* The seal may be used with the certificate that goes in beside it. */
static int
seal_check_holder(const struct ukey_bundle *b, struct err *err)
{
	struct cert	*holder = NULL;
	struct eseal	*s = NULL;
	int		 rc = -1;

	if (eseal_parse(b->seal, b->seal_len, &s, err) == 0 &&
	    cert_parse(b->sign_cert, b->sign_len, &holder, err) == 0)
		rc = eseal_is_for(s, holder) && eseal_verify_signature(s, err) == 0 ? 0 :
		    err_set(err, ERR_CONFLICT, "电子印章与证书不是一套，没有写入 UKey，请重试下载。");
	eseal_free(s);
	cert_free(holder);
	return rc;
}

int
ukey_seal_put(struct ukey *u, const char *order, const struct ukey_bundle *b, struct err *err)
{
	const struct card_ops	*ops = u->driver->ops;
	char			 name[SEAL_FILE_NAME];
	struct card_file	 f = {.name = name, .size = b->seal_len};
	struct buf		 back;
	uint32_t		 rc;
	bool			 same;

	seal_file_name(order, name);
	if (seal_check_holder(b, err) < 0)
		return -1;
	rc = ops->file_write(u->driver, u->app, &f, b->seal, b->seal_len);
	if (rc == SAR_NO_ROOM)
		return err_set(err, ERR_LIMIT, "这支 UKey 的空间不够写入电子印章，请换一支空白 UKey，"
		    "或联系客服。");
	buf_init(&back, ESEAL_MAX);
	same = rc == SAR_OK && ops->file_read(u->driver, u->app, &f, &back) == SAR_OK &&
	    back.len == b->seal_len && memcmp(back.p, b->seal, b->seal_len) == 0;
	buf_free(&back);
	return same ? 0 : driver_err(err, rc == SAR_OK ? SAR_FAIL : rc, "WriteFile");
}

/* The length stands in the first bytes: a file can only be read by its size. */
static size_t
seal_length(const struct buf *head)
{
	const unsigned char	*p = (const unsigned char *)head->p;

	return head->len == SEAL_HEAD && p[0] == 0x30 && p[1] == 0x82 ?
	    SEAL_HEAD + ((size_t)p[2] << 8 | p[3]) : 0;
}

int
ukey_seal_get(struct ukey *u, const char *order, struct buf *der, struct err *err)
{
	char			 name[SEAL_FILE_NAME];
	struct card_file	 f = {.name = name, .size = SEAL_HEAD};
	struct buf		 head;
	bool			 ok = false;

	seal_file_name(order, name);
	buf_init(&head, SEAL_HEAD);
	if (order[0] != '\0' &&
	    u->driver->ops->file_read(u->driver, u->app, &f, &head) == SAR_OK &&
	    (f.size = seal_length(&head)) > 0)
		ok = u->driver->ops->file_read(u->driver, u->app, &f, der) == SAR_OK;
	buf_free(&head);
	return ok ? 0 : err_set(err, ERR_NOT_FOUND, "这张证书没有电子印章。"
	    "请确认办理时选择了电子印章，或换一支 UKey。");
}

void
ukey_seal_id(struct ukey *u, const char *order, char id[ESEAL_ID_TEXT])
{
	struct eseal	*s = NULL;
	struct err	 none = {0};
	struct buf	 der;

	id[0] = '\0';
	buf_init(&der, ESEAL_MAX);
	if (ukey_seal_get(u, order, &der, &none) == 0 &&
	    eseal_parse(der.p, der.len, &s, &none) == 0)
		(void)snprintf(id, ESEAL_ID_TEXT, "%s", eseal_id(s));
	eseal_free(s);
	buf_free(&der);
}
