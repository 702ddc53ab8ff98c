#include "base/base.h"
#include "seal/parts.h"

#include "base/clock.h"

#include <openssl/objects.h>

/* Fill the fields of a new structure of the template: 1 each, as OpenSSL says it. */
static int
eseal_fill_property(SES_PROPERTY *p, const struct eseal_plan *plan)
{
	ASN1_TYPE		*holder = ASN1_TYPE_new();
	ASN1_OCTET_STRING	*bytes = ASN1_OCTET_STRING_new();
	const unsigned char	*der;
	size_t			 len;

	der = cert_der(plan->holder, &len);
	if (holder == NULL || bytes == NULL ||
	    ASN1_OCTET_STRING_set(bytes, der, (int)len) != 1 ||
	    sk_ASN1_TYPE_push(p->list, holder) == 0) {
		ASN1_OCTET_STRING_free(bytes);
		ASN1_TYPE_free(holder);
		return 0;
	}
	ASN1_TYPE_set(holder, V_ASN1_OCTET_STRING, bytes);
	return ASN1_INTEGER_set(p->type, plan->type) == 1 &&
	    ASN1_STRING_set(p->name, plan->name, (int)strlen(plan->name)) == 1 &&
	    ASN1_INTEGER_set(p->list_type, 1) == 1 &&
	    ASN1_GENERALIZEDTIME_set(p->made, (time_t)(plan->made / CLOCK_SECOND)) != NULL &&
	    ASN1_GENERALIZEDTIME_set(p->from, (time_t)(plan->not_before / CLOCK_SECOND)) != NULL &&
	    ASN1_GENERALIZEDTIME_set(p->until, (time_t)(plan->not_after / CLOCK_SECOND)) != NULL;
}

static int
eseal_fill(SES_SEAL *ses, const struct eseal_plan *plan)
{
	SES_INFO			*info = ses->info;
	const struct eseal_picture	*picture = &plan->picture;
	const unsigned char		*maker;
	size_t				 len;

	maker = cert_der(plan->maker, &len);
	ASN1_OBJECT_free(ses->algorithm);
	ses->algorithm = OBJ_txt2obj("1.2.156.10197.1.501", 1);
	ses->signature->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	return ses->algorithm != NULL &&
	    ASN1_STRING_set(info->header->id, "ES", 2) == 1 &&
	    ASN1_INTEGER_set(info->header->version, plan->version) == 1 &&
	    ASN1_STRING_set(info->header->vendor, plan->vendor, (int)strlen(plan->vendor)) == 1 &&
	    ASN1_STRING_set(info->id, plan->id, (int)strlen(plan->id)) == 1 &&
	    eseal_fill_property(info->property, plan) == 1 &&
	    ASN1_STRING_set(info->picture->type, picture->type, (int)strlen(picture->type)) == 1 &&
	    ASN1_OCTET_STRING_set(info->picture->data, picture->p, (int)picture->len) == 1 &&
	    ASN1_INTEGER_set(info->picture->width, picture->width) == 1 &&
	    ASN1_INTEGER_set(info->picture->height, picture->height) == 1 &&
	    ASN1_OCTET_STRING_set(ses->maker, maker, (int)len) == 1;
}

static int
eseal_encode(const SES_SEAL *ses, struct buf *der, struct err *err)
{
	unsigned char	*p = NULL;
	int		 n = ASN1_item_i2d((const ASN1_VALUE *)ses, &p, ASN1_ITEM_rptr(SES_SEAL));

	if (n <= 0)
		return err_openssl(err, ERR_BUG, "cannot encode the seal");
	buf_add(der, p, (size_t)n);
	OPENSSL_free(p);
	return buf_check(der, err);
}

/* What stands in der keeps the rules; the signature too, when there is one. */
static int
eseal_lint(const struct eseal_plan *plan, const struct buf *der, bool unsigned_yet,
    struct err *err)
{
	struct eseal		*s = NULL;
	struct eseal_question	 q = {.now = plan->made, .pool = plan->pool,
		.maker_use = plan->maker_use, .holder = plan->holder,
		.unsigned_yet = unsigned_yet};
	int			 rc = -1;

	if (eseal_parse(der->p, der->len, &s, err) == 0) {
		q.seal = s;
		rc = eseal_check(&q, err);
	}
	eseal_free(s);
	return rc;
}

static int
eseal_sign(SES_SEAL *ses, const struct signing_key *key, struct err *err)
{
	unsigned char	*p = NULL;
	struct buf	 sig;
	int		 n, rc;

	n = ASN1_item_i2d((ASN1_VALUE *)ses->info, &p, ASN1_ITEM_rptr(SES_INFO));
	if (n <= 0)
		return err_openssl(err, ERR_BUG, "cannot encode what is signed of a seal");
	buf_init(&sig, KEY_SIG_MAX);
	rc = signing_key_sign(key, p, (size_t)n, &sig, err);
	if (rc == 0 && ASN1_BIT_STRING_set(ses->signature, (unsigned char *)sig.p,
	    (int)sig.len) != 1)
		rc = err_openssl(err, ERR_BUG, "no room for the signature");
	OPENSSL_free(p);
	buf_free(&sig);
	return rc;
}

int
eseal_build(const struct eseal_plan *plan, const struct signing_key *maker_key, struct buf *der,
    struct err *err)
{
	SES_SEAL	*ses;
	struct buf	 draft, done;
	int		 rc = -1;

	if (plan->picture.len > ESEAL_PICTURE_MAX)
		return err_set(err, ERR_LIMIT, "印章图像不超过 %d KB。", ESEAL_PICTURE_MAX / 1024);
	ses = (SES_SEAL *)ASN1_item_new(ASN1_ITEM_rptr(SES_SEAL));
	buf_init(&draft, ESEAL_MAX);
	buf_init(&done, ESEAL_MAX);
	if (ses == NULL || eseal_fill(ses, plan) != 1)
		err_openssl(err, ERR_INPUT, "the seal cannot be put together");
	else if (eseal_encode(ses, &draft, err) == 0 && eseal_lint(plan, &draft, true, err) == 0 &&
	    eseal_sign(ses, maker_key, err) == 0 && eseal_encode(ses, &done, err) == 0 &&
	    eseal_lint(plan, &done, false, err) == 0) {
		buf_add(der, done.p, done.len);
		rc = buf_check(der, err);
	}
	buf_free(&draft);
	buf_free(&done);
	ASN1_item_free((ASN1_VALUE *)ses, ASN1_ITEM_rptr(SES_SEAL));
	return rc;
}
