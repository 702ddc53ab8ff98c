#include "base/base.h"
#include "base/str.h"
#include "store/seal.h"
#include "token/softkey_handle.h"

/* Containers: a sign pair, an encryption pair, a certificate for each. */


static json_t *
container_find(const json_t *state, const char *name, size_t *index)
{
	json_t	*list = json_object_get(state, "containers"), *c;
	size_t	 i;

	json_array_foreach(list, i, c) {
		if (strcmp(js_str(c, "name"), name) == 0) {
			if (index != NULL)
				*index = i;
			return c;
		}
	}
	return NULL;
}

static HCONTAINER
container_handle(struct handle *app, const char *name)
{
	struct handle	*h = handle_new(HANDLE_CON, app->path);

	snprintf(h->name, sizeof(h->name), "%s", name);
	h->app = app;
	return h;
}

ULONG
SKF_CreateContainer(HAPPLICATION app, LPSTR name, HCONTAINER *c)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	struct softkey	 k;
	json_t		*list;
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (name == NULL || c == NULL || name[0] == '\0' || strlen(name) > CONTAINER_NAME ||
	    !utf8_is_valid(name, strlen(name)))
		return SAR_NAMELENERR;
	if (!h->user)
		return SAR_USER_NOT_LOGGED_IN;
	if ((rc = application_begin(h, &k)) != SAR_OK)
		return rc;
	list = json_object_get(k.state, "containers");
	if (container_find(k.state, name, NULL) != NULL)
		rc = SAR_INVALIDPARAMERR;
	else if (json_array_size(list) >= SOFTKEY_CONTAINERS)
		rc = SAR_REACH_MAX_CONTAINER_COUNT;
	else
		json_array_append_new(list, json_pack("{s:s}", "name", name));
	rc = application_end(&k, rc);
	if (rc == SAR_OK)
		*c = container_handle(h, name);
	return rc;
}

ULONG
SKF_DeleteContainer(HAPPLICATION app, LPSTR name)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	struct softkey	 k;
	size_t		 i;
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (name == NULL)
		return SAR_INVALIDPARAMERR;
	if (!h->user)
		return SAR_USER_NOT_LOGGED_IN;
	if ((rc = application_begin(h, &k)) != SAR_OK)
		return rc;
	if (container_find(k.state, name, &i) == NULL)
		rc = SAR_INVALIDPARAMERR;
	else
		json_array_remove(json_object_get(k.state, "containers"), i);
	return application_end(&k, rc);
}

ULONG
SKF_OpenContainer(HAPPLICATION app, LPSTR name, HCONTAINER *c)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	struct softkey	 k;
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (name == NULL || c == NULL)
		return SAR_INVALIDPARAMERR;
	if ((rc = application_begin(h, &k)) != SAR_OK)
		return rc;
	if (container_find(k.state, name, NULL) == NULL)
		rc = SAR_INVALIDPARAMERR;
	softkey_end(&k);
	if (rc == SAR_OK)
		*c = container_handle(h, name);
	return rc;
}

ULONG
SKF_CloseContainer(HCONTAINER c)
{
	struct handle	*h = handle_check(c, HANDLE_CON);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	handle_free(h);
	return SAR_OK;
}

ULONG
SKF_EnumContainer(HAPPLICATION app, LPSTR list, ULONG *size)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	struct softkey	 k;
	struct buf	 names;
	json_t		*c;
	size_t		 i;
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if ((rc = application_begin(h, &k)) != SAR_OK)
		return rc;
	buf_init(&names, 4096);
	json_array_foreach(json_object_get(k.state, "containers"), i, c)
		buf_add(&names, js_str(c, "name"), strlen(js_str(c, "name")) + 1);
	softkey_end(&k);
	return skf_give_list(&names, list, size);
}

ULONG
container_get(struct handle *h, const char *key, ULONG none, struct buf *out)
{
	struct err	 err = {0};
	struct softkey	 k;
	json_t		*c;
	ULONG		 rc = application_begin(h->app, &k);

	if (rc != SAR_OK)
		return rc;
	if ((c = container_find(k.state, h->name, NULL)) == NULL)
		rc = SAR_INVALIDHANDLEERR;
	else if (js_str(c, key)[0] == '\0')
		rc = none;
	else if (js_need_bytes(c, key, out, &err) < 0)
		rc = SAR_FILEERR;
	softkey_end(&k);
	return rc;
}

ULONG
container_put(struct handle *h, const struct put *puts, size_t n)
{
	struct softkey	 k;
	json_t		*c;
	ULONG		 rc;

	if (!h->app->user)
		return SAR_USER_NOT_LOGGED_IN;
	if ((rc = application_begin(h->app, &k)) != SAR_OK)
		return rc;
	if ((c = container_find(k.state, h->name, NULL)) == NULL)
		rc = SAR_INVALIDHANDLEERR;
	for (size_t i = 0; rc == SAR_OK && i < n; i++)
		if (puts[i].p == NULL)
			json_object_del(c, puts[i].key);
		else
			js_set_bytes(c, puts[i].key, puts[i].p, puts[i].len);
	return application_end(&k, rc);
}

ULONG
container_pair(struct handle *h, const char *key, EVP_PKEY **out)
{
	struct err	 err = {0};
	struct seal	*seal;
	struct buf	 box, d;
	ULONG		 rc;

	if (!h->app->user)
		return SAR_USER_NOT_LOGGED_IN;
	seal = seal_new(h->app->key);
	buf_init(&box, 256);
	buf_init(&d, 64);
	rc = container_get(h, key, SAR_KEYNOTFOUNTERR, &box);
	if (rc == SAR_OK && (seal_open(seal, key, box.p, box.len, &d, &err) < 0 ||
	    d.len != SM2_SCALAR_LEN ||
	    sm2_from_scalar((unsigned char *)d.p, out, &err) < 0))
		rc = SAR_FAIL;
	secret_wipe(d.p, d.len);
	buf_free(&box);
	buf_free(&d);
	seal_free(seal);
	return rc;
}

ULONG
SKF_GetContainerType(HCONTAINER c, ULONG *type)
{
	struct handle	*h = handle_check(c, HANDLE_CON);
	struct buf	 b;
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (type == NULL)
		return SAR_INVALIDPARAMERR;
	buf_init(&b, 128);
	rc = container_get(h, "sign_point", SAR_KEYNOTFOUNTERR, &b);
	buf_free(&b);
	*type = rc == SAR_OK ? CONTAINER_ECC : CONTAINER_EMPTY;
	return rc == SAR_KEYNOTFOUNTERR ? SAR_OK : rc;
}

ULONG
SKF_ImportCertificate(HCONTAINER c, BOOL sign, BYTE *cert, ULONG len)
{
	struct handle	*h = handle_check(c, HANDLE_CON);
	struct put	 put = {sign ? "sign_cert" : "enc_cert", cert, len};

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (cert == NULL || len == 0 || len > LIMIT_CERT)
		return SAR_INDATALENERR;
	return container_put(h, &put, 1);
}

ULONG
SKF_ExportCertificate(HCONTAINER c, BOOL sign, BYTE *cert, ULONG *len)
{
	struct handle	*h = handle_check(c, HANDLE_CON);
	struct buf	 b;
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	buf_init(&b, LIMIT_CERT);
	rc = container_get(h, sign ? "sign_cert" : "enc_cert", SAR_CERTNOTFOUNTERR, &b);
	if (rc == SAR_OK)
		rc = skf_give(b.p, b.len, cert, len);
	buf_free(&b);
	return rc;
}
