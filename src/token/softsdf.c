#include "base/base.h"
#include "pki/key.h"
#include "pki/sdf.h"

/*
 * A device with the interface of GM/T 0018, in software: key N is the encrypted key file N.key
 * (key.h) in the directory YINXIN_SDF_DIR, its password opens it for the session.  For tests and
 * for trying out; what a real device promises about its keys, this does not.
 */
#define SOFTSDF_KEYS	8		/* whose keys a session may have open */

struct softsdf {
	struct { unsigned int index; EVP_PKEY *key; } open[SOFTSDF_KEYS];
};

#define SDF(name, args)	int SDF_##name args;
#include "pki/sdf.def"
#undef SDF

static EVP_PKEY **
softsdf_key(struct softsdf *s, unsigned int index)
{
	for (size_t i = 0; i < SOFTSDF_KEYS; i++)
		if (s->open[i].key != NULL && s->open[i].index == index)
			return &s->open[i].key;
	return NULL;
}

int
SDF_OpenDevice(void **device)
{
	const char	*dir = getenv("YINXIN_SDF_DIR");

	if (dir == NULL)
		return SDR_OPENDEVICE;
	*device = xstrdup(dir);
	return 0;
}

int
SDF_CloseDevice(void *device)
{
	free(device);
	return 0;
}

int
SDF_OpenSession(void *device, void **session)
{
	(void)device;
	*session = xcalloc(1, sizeof(struct softsdf));
	return 0;
}

int
SDF_CloseSession(void *session)
{
	struct softsdf	*s = session;

	for (size_t i = 0; i < SOFTSDF_KEYS; i++)
		EVP_PKEY_free(s->open[i].key);
	free(s);
	return 0;
}

int
SDF_GetPrivateKeyAccessRight(void *session, unsigned int key, unsigned char *password,
    unsigned int password_len)
{
	struct softsdf		*s = session;
	const struct secret	 pass = {password, password_len};
	const char		*dir = getenv("YINXIN_SDF_DIR");
	struct err		 err = {0};
	EVP_PKEY		*k = NULL;
	size_t			 i = 0;
	char			*path = xasprintf("%s/%u.key", dir == NULL ? "." : dir, key);
	int			 rc = key_read(path, &pass, &k, &err);

	free(path);
	if (rc < 0)
		return err.kind == ERR_DENIED ? SDR_PARDENY : SDR_KEYNOTEXIST;
	while (i < SOFTSDF_KEYS && s->open[i].key != NULL)
		i++;
	if (i == SOFTSDF_KEYS || softsdf_key(s, key) != NULL) {
		EVP_PKEY_free(k);
		return i == SOFTSDF_KEYS ? SDR_INARGERR : 0;
	}
	s->open[i].index = key;
	s->open[i].key = k;
	return 0;
}

int
SDF_ReleasePrivateKeyAccessRight(void *session, unsigned int key)
{
	EVP_PKEY	**k = softsdf_key(session, key);

	if (k == NULL)
		return SDR_PRKRERR;
	EVP_PKEY_free(*k);
	*k = NULL;
	return 0;
}

int
SDF_ExportSignPublicKey_ECC(void *session, unsigned int key, struct sdf_public_key *out)
{
	EVP_PKEY	**k = softsdf_key(session, key);
	unsigned char	  point[SM2_POINT_LEN];
	struct err	  err = {0};

	if (k == NULL || sm2_point(*k, point, &err) < 0)
		return SDR_KEYNOTEXIST;
	*out = (struct sdf_public_key){.bits = 256};
	memcpy(out->x + SDF_ECC_MAX - 32, point + 1, 32);
	memcpy(out->y + SDF_ECC_MAX - 32, point + 33, 32);
	return 0;
}

int
SDF_InternalSign_ECC(void *session, unsigned int key, unsigned char *data,
    unsigned int data_len, struct sdf_signature *out)
{
	EVP_PKEY	**k = softsdf_key(session, key);
	unsigned char	  rs[SM2_RAW_SIG_LEN];
	struct err	  err = {0};

	if (k == NULL)
		return SDR_PRKRERR;
	if (data_len != SM2_DIGEST_LEN || sm2_sign_digest(*k, data, rs, &err) < 0)
		return SDR_INARGERR;
	*out = (struct sdf_signature){.r = {0}};
	memcpy(out->r + SDF_ECC_MAX - 32, rs, 32);
	memcpy(out->s + SDF_ECC_MAX - 32, rs + 32, 32);
	return 0;
}
