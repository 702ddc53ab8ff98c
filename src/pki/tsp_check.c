#include "base/base.h"
#include "pki/tsp_parts.h"

struct tsp_wanted {
	int		 digest;
	const void	*hash, *nonce;
	size_t		 hash_len, nonce_len;
};

static bool
tsp_nonce_is(struct der rest, const struct tsp_wanted *w)
{
	unsigned char	 a[TSP_NONCE_MAX], b[TSP_NONCE_MAX] = {0};

	if (w->nonce_len == 0)
		return true;
	if (w->nonce_len > sizeof(b) || der_get_uint(&rest, a, sizeof(a)) < 0)
		return false;
	memcpy(b + sizeof(b) - w->nonce_len, w->nonce, w->nonce_len);
	return memcmp(a, b, sizeof(a)) == 0;
}

/* TSTInfo against what was asked. */
static int
tsp_check_info(struct der in, const struct tsp_wanted *w, struct tsp_facts *facts,
    struct err *err)
{
	struct der	 info, part, hash;
	unsigned char	 version;
	int		 digest;

	if (der_get(&in, 0x30, &info) < 0 || in.len != 0 ||
	    der_get_uint(&info, &version, 1) < 0 || version != 1 ||
	    der_get(&info, 0x06, &part) < 0 || der_get(&info, 0x30, &part) < 0 ||
	    tsp_imprint_parse(part, &hash, &digest) < 0 ||
	    der_get_uint(&info, facts->serial, sizeof(facts->serial)) < 0 ||
	    der_get(&info, 0x18, &part) < 0 || der_read_time(part, &facts->time) < 0)
		return err_set(err, ERR_INPUT, "the time stamp is malformed (RFC 3161 2.4.2)");
	if (info.len > 0 && info.p[0] == 0x30 && der_get(&info, 0x30, &part) < 0)
		return err_set(err, ERR_INPUT, "the time stamp's accuracy is malformed");
	if (info.len > 0 && info.p[0] == 0x01 && der_get(&info, 0x01, &part) < 0)
		return err_set(err, ERR_INPUT, "the time stamp's ordering is malformed");
	if (digest != w->digest || hash.len != w->hash_len ||
	    memcmp(hash.p, w->hash, hash.len) != 0)
		return err_set(err, ERR_CRYPTO, "the time stamp is of another document");
	if (!tsp_nonce_is(info, w))
		return err_set(err, ERR_CRYPTO, "the time stamp answers another request (nonce)");
	return 0;
}

/* To the token behind a granting status (0, or 1: with modifications). */
int
tsp_token(const void *der, size_t len, struct der *token, struct err *err)
{
	struct der	 in = {.p = der, .len = len}, body, status;
	unsigned char	 value;

	if (len > TSP_ANSWER_MAX || der_get(&in, 0x30, &body) < 0 || in.len != 0 ||
	    der_get(&body, 0x30, &status) < 0 || der_get_uint(&status, &value, 1) < 0)
		return err_set(err, ERR_INPUT, "not a time stamp response (RFC 3161 2.4.2)");
	if (value > 1)
		return err_set(err, ERR_GATEWAY, "the time stamp is refused, status %u", value);
	*token = body;
	return 0;
}

/* A token under this signer, whatever stood around it. */
static int
tsp_check_signed(struct der token, const struct tsp_wanted *w, const struct cert *signer,
    struct tsp_facts *facts, struct err *err)
{
	struct der	 info = {0};

	*facts = (struct tsp_facts){0};
	if (!cert_has_eku(signer, "1.3.6.1.5.5.7.3.8"))
		return err_set(err, ERR_CRYPTO, "%s may not stamp (RFC 3161 2.3)",
		    cert_subject(signer));
	if (cms_check(token.p, token.len, TSP_OID_INFO, signer, &info, err) < 0 ||
	    tsp_check_info(info, w, facts, err) < 0)
		return -1;
	if (facts->time < cert_not_before(signer) || facts->time > cert_not_after(signer))
		return err_set(err, ERR_EXPIRED, "the signer's certificate does not hold at the "
		    "time of the stamp");
	return 0;
}

int
tsp_check(const void *der, size_t len, int digest, const void *hash, size_t hash_len,
    const void *nonce, size_t nonce_len, const struct cert *signer, struct tsp_facts *facts,
    struct err *err)
{
	struct tsp_wanted	 w = {digest, hash, nonce, hash_len, nonce_len};
	struct der		 token = {0};

	*facts = (struct tsp_facts){0};
	if (tsp_token(der, len, &token, err) < 0)
		return -1;
	return tsp_check_signed(token, &w, signer, facts, err);
}

int
tsp_check_token(struct der token, int digest, const void *hash, size_t hash_len,
    const struct cert_pool *pool, struct tsp_facts *facts, struct err *err)
{
	struct tsp_wanted	 w = {digest, hash, NULL, hash_len, 0};
	struct cert		*signer = NULL;
	int			 rc = -1;

	for (size_t i = 0; i < CERT_CHAIN_MAX && rc < 0; i++) {
		if (cms_certificate(token.p, token.len, i, &signer, err) < 0)
			return -1;
		if (cert_has_eku(signer, "1.3.6.1.5.5.7.3.8") &&
		    tsp_check_signed(token, &w, signer, facts, err) == 0)
			rc = cert_pool_verify(pool, signer, facts->time, err);
		cert_free(signer);
		signer = NULL;
	}
	return rc;
}
