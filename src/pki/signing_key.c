#include "base/base.h"
#include "base/conf.h"
#include "base/str.h"
#include "pki/der.h"
#include "pki/signing_key.h"

/* ---- file: ---- */

static int
signing_file_open(const char *path, const struct secret *pass, struct signing_key *out,
    struct err *err)
{
	char	*whole = path[0] == '/' ? xstrdup(path) :
	    xasprintf("%s/%s", conf_str("data.dir"), path);
	int	 rc = key_read(whole, pass, &out->key, err);

	free(whole);
	return rc;
}

static int
signing_file_sign(const struct signing_key *k, const void *p, size_t len, struct buf *sig,
    struct err *err)
{
	return key_sign(k->key, p, len, sig, err);
}

static const struct signing_provider	signing_file = {
	.scheme = "file", .open = signing_file_open, .sign = signing_file_sign,
};

/* ---- all of them ---- */

#define SIGNING_PROVIDER(name)	extern const struct signing_provider signing_ ## name;
#include "pki/signing.def"
#undef SIGNING_PROVIDER
static const struct signing_provider *const signing_providers[] = {
	&signing_file,
#define SIGNING_PROVIDER(name)	&signing_ ## name,
#include "pki/signing.def"
#undef SIGNING_PROVIDER
};

int
signing_key_open(const char *address, const struct secret *pass, struct signing_key *out,
    struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(signing_providers); i++) {
		const struct signing_provider	*p = signing_providers[i];
		size_t				 n = strlen(p->scheme);

		if (!str_has_prefix(address, p->scheme) || address[n] != ':')
			continue;
		*out = (struct signing_key){.provider = p};
		if (p->open(address + n + 1, pass, out, err) < 0)
			return err_add(err, "%.100s", address);
		if (key_kind_of(out->key) != NULL)
			return 0;
		signing_key_close(out);
		return err_set(err, ERR_CRYPTO, "%.100s: the key is of no kind we use", address);
	}
	return err_set(err, ERR_INPUT, "%.100s is no address of a key (file:, pkcs11:, sdf:)",
	    address);
}

void
signing_key_close(struct signing_key *k)
{
	if (k->provider != NULL && k->provider->close != NULL)
		k->provider->close(k);
	EVP_PKEY_free(k->key);
	*k = (struct signing_key){0};
}

int
signing_key_sign(const struct signing_key *k, const void *p, size_t len, struct buf *sig,
    struct err *err)
{
	return k->provider == NULL ? key_sign(k->key, p, len, sig, err) :
	    k->provider->sign(k, p, len, sig, err);
}

int
signing_key_wrap(const struct signing_key *k, const void *tbs, size_t len, struct buf *der,
    struct err *err)
{
	const struct key_kind	*kind = key_kind_of(k->key);
	struct buf		 body, sig;
	int			 rc = -1;

	buf_init(&sig, KEY_SIG_MAX + 1);
	buf_init(&body, len + KEY_SIG_MAX + 64);
	buf_add(&sig, "", 1);		/* no unused bits */
	if (kind == NULL)
		err_set(err, ERR_CRYPTO, "the key is of no kind we use");
	else if (signing_key_sign(k, tbs, len, &sig, err) == 0) {
		buf_add(&body, tbs, len);
		buf_add(&body, kind->algorithm, kind->algorithm_len);
		der_add(&body, 0x03, sig.p, sig.len);
		der_add(der, 0x30, body.p, body.len);
		rc = buf_check(der, err);
	}
	buf_free(&body);
	buf_free(&sig);
	return rc;
}
