#include "base/base.h"
#include "base/secret.h"
#include "base/str.h"
#include "pki/sdf.h"
#include "pki/signing_key.h"

#include <dlfcn.h>
#include <pthread.h>

/*
 * SM2 keys in a cryptographic device with the interface of GM/T 0018, by its library:
 *
 *	sdf:/usr/lib/libsdf_vendor.so?key=1
 *
 * Internal signature key N; the passphrase opens it.  We make the digest e (SM3, the default
 * ID), the device signs it.
 */
struct sdf {
	void		*lib;
	struct sdf_functions f;
	void		*device, *session;
	unsigned int	 index;
	struct secret	 pass;
	unsigned char	 point[SM2_POINT_LEN];
	pthread_mutex_t	 lock;		/* a session serves one call at a time */
};

static int
sdf_err(struct err *err, int rv, const char *what)
{
	return err_set(err, rv == SDR_PARDENY || rv == SDR_PRKRERR ? ERR_DENIED : ERR_GATEWAY,
	    "%s (SDF error %08x)", what, (unsigned)rv);
}

static int
sdf_bind(struct sdf *d, const char *path, struct err *err)
{
	static const char *const names[] = {
#define SDF(name, args)	"SDF_" #name,
#include "pki/sdf.def"
#undef SDF
	};
	void	**f = (void **)&d->f;

	if ((d->lib = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL)
		return err_set(err, ERR_NOT_FOUND, "the library does not load: %s", dlerror());
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if ((f[i] = dlsym(d->lib, names[i])) == NULL)
			return err_set(err, ERR_NOT_FOUND, "the library lacks %s", names[i]);
	return 0;
}

static int
sdf_login(struct sdf *d, struct err *err)
{
	int	 rv;

	if ((rv = d->f.OpenDevice(&d->device)) != 0)
		return sdf_err(err, rv, "the device does not open");
	if ((rv = d->f.OpenSession(d->device, &d->session)) != 0)
		return sdf_err(err, rv, "the device opens no session");
	rv = d->f.GetPrivateKeyAccessRight(d->session, d->index,
	    d->pass.p, (unsigned int)d->pass.len);
	return rv == 0 ? 0 : sdf_err(err, rv, "the device refuses the key's password");
}

static void
sdf_logout(struct sdf *d)
{
	if (d->session != NULL) {
		d->f.ReleasePrivateKeyAccessRight(d->session, d->index);
		d->f.CloseSession(d->session);
	}
	if (d->device != NULL)
		d->f.CloseDevice(d->device);
	d->session = d->device = NULL;
}

static int
sdf_public(struct sdf *d, EVP_PKEY **out, struct err *err)
{
	struct sdf_public_key	 k = {0};
	int			 rv = d->f.ExportSignPublicKey_ECC(d->session, d->index, &k);

	if (rv != 0)
		return sdf_err(err, rv, "the device does not give the public key");
	if (k.bits != 256)
		return err_set(err, ERR_CRYPTO, "the device's key has %u bits, not 256", k.bits);
	d->point[0] = 0x04;
	memcpy(d->point + 1, k.x + SDF_ECC_MAX - 32, 32);
	memcpy(d->point + 33, k.y + SDF_ECC_MAX - 32, 32);
	return sm2_from_point(d->point, out, err);
}

static int
signing_sdf_sign(const struct signing_key *k, const void *p, size_t len, struct buf *sig,
    struct err *err)
{
	struct sdf		*d = k->device;
	struct sdf_signature	 s = {.r = {0}};
	unsigned char		 e[SM2_DIGEST_LEN], rs[SM2_RAW_SIG_LEN];
	int			 rv = SDR_OPENSESSION, rc = -1;

	sm2_digest(d->point, p, len, e);
	pthread_mutex_lock(&d->lock);
	if (d->session != NULL)
		rv = d->f.InternalSign_ECC(d->session, d->index, e, sizeof(e), &s);
	if (rv != 0) {			/* the device was away? */
		sdf_logout(d);
		if (sdf_login(d, err) < 0)
			goto out;
		rv = d->f.InternalSign_ECC(d->session, d->index, e, sizeof(e), &s);
	}
	if (rv != 0) {
		sdf_err(err, rv, "the device does not sign");
		goto out;
	}
	memcpy(rs, s.r + SDF_ECC_MAX - 32, 32);
	memcpy(rs + 32, s.s + SDF_ECC_MAX - 32, 32);
	sm2_sig_to_der(rs, sig);
	rc = buf_check(sig, err);
 out:
	pthread_mutex_unlock(&d->lock);
	return rc;
}

static void
sdf_free(struct sdf *d)
{
	if (d->lib != NULL) {
		sdf_logout(d);
		dlclose(d->lib);
	}
	secret_free(&d->pass);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

static int
sdf_start(struct sdf *d, const char *address, const struct secret *pass, EVP_PKEY **key,
    struct err *err)
{
	size_t	 n = strcspn(address, "?");
	int64_t	 index = 0;
	char	*path;
	int	 rc;

	if (strncmp(address + n, "?key=", 5) != 0 ||
	    str_to_i64(address + n + 5, 4096, &index) < 0 || index < 1)
		return err_set(err, ERR_INPUT, "want sdf:LIBRARY?key=NUMBER");
	if (pass == NULL)
		return err_set(err, ERR_INPUT, "the device's key needs a password");
	d->index = (unsigned int)index;
	secret_set(&d->pass, pass->p, pass->len);
	path = xstrndup(address, n);
	rc = sdf_bind(d, path, err);
	free(path);
	return rc < 0 || sdf_login(d, err) < 0 ? -1 : sdf_public(d, key, err);
}

static int
signing_sdf_open(const char *address, const struct secret *pass, struct signing_key *out,
    struct err *err)
{
	struct sdf	*d = xcalloc(1, sizeof(*d));

	pthread_mutex_init(&d->lock, NULL);
	if (sdf_start(d, address, pass, &out->key, err) < 0) {
		sdf_free(d);
		return -1;
	}
	out->device = d;
	return 0;
}

static void
signing_sdf_close(struct signing_key *k)
{
	if (k->device != NULL)
		sdf_free(k->device);
}

const struct signing_provider	signing_sdf = {
	.scheme = "sdf", .open = signing_sdf_open, .sign = signing_sdf_sign,
	.close = signing_sdf_close,
};
