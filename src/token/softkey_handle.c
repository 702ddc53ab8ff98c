#include "base/base.h"
#include "token/softkey_handle.h"

#include <pthread.h>

static struct handle	*handles;
static pthread_mutex_t	 handles_lock = PTHREAD_MUTEX_INITIALIZER;

struct handle *
handle_check(const void *p, enum handle_kind kind)
{
	struct handle	*h;

	pthread_mutex_lock(&handles_lock);
	for (h = handles; h != NULL && h != p;)
		h = h->next;
	pthread_mutex_unlock(&handles_lock);
	return h != NULL && h->kind == kind ? h : NULL;
}

struct handle *
handle_new(enum handle_kind kind, const char *path)
{
	struct handle	*h = xcalloc(1, sizeof(*h));

	h->kind = kind;
	h->path = xstrdup(path);
	pthread_mutex_lock(&handles_lock);
	h->next = handles;
	handles = h;
	pthread_mutex_unlock(&handles_lock);
	return h;
}

static void
handle_wipe(struct handle *h)
{
	if (h->held)
		softkey_release(h->path);
	EVP_MD_CTX_free(h->md);
	EVP_CIPHER_CTX_free(h->cipher);
	free(h->path);
	secret_wipe(h, sizeof(*h));
	free(h);
}

void
handle_free(struct handle *h)
{
	struct handle	**at, *gone = NULL;

	pthread_mutex_lock(&handles_lock);
	for (at = &handles; *at != NULL;) {
		struct handle	*it = *at;

		if (it != h && it->app != h) {
			at = &it->next;
			continue;
		}
		*at = it->next;
		it->next = gone;
		gone = it;
	}
	pthread_mutex_unlock(&handles_lock);
	while (gone != NULL) {
		struct handle	*next = gone->next;

		handle_wipe(gone);
		gone = next;
	}
}

ULONG
sar_state(const struct err *err)
{
	switch (err->kind) {
	case ERR_NOT_FOUND:	return SAR_DEVICE_REMOVED;
	case ERR_LIMIT:		return SAR_NO_ROOM;
	case ERR_BUSY:		return SAR_TIMEOUTERR;
	default:		return SAR_FILEERR;
	}
}

ULONG
sar_pin(const struct err *err)
{
	switch (err->kind) {
	case ERR_DENIED:	return SAR_PIN_INCORRECT;
	case ERR_LIMIT:		return SAR_PIN_LOCKED;
	case ERR_INPUT:		return SAR_PIN_LEN_RANGE;
	case ERR_BUSY:		return SAR_TIMEOUTERR;
	default:		return SAR_FILEERR;
	}
}

ULONG
skf_give(const void *p, size_t len, void *out, ULONG *out_len)
{
	ULONG	 room;

	if (out_len == NULL)
		return SAR_INVALIDPARAMERR;
	room = *out_len;
	*out_len = (ULONG)len;
	if (out == NULL)
		return SAR_OK;
	if (room < len)
		return SAR_BUFFER_TOO_SMALL;
	memcpy(out, p, len);
	return SAR_OK;
}

ULONG
skf_give_list(struct buf *names, LPSTR list, ULONG *size)
{
	ULONG	 rc;

	buf_addch(names, '\0');
	rc = skf_give(names->p, names->len, list, size);
	buf_free(names);
	return rc;
}

void
blob_from_point(const unsigned char point[SM2_POINT_LEN], ECCPUBLICKEYBLOB *blob)
{
	memset(blob, 0, sizeof(*blob));
	blob->BitLen = 256;
	memcpy(blob->XCoordinate + 32, point + 1, 32);
	memcpy(blob->YCoordinate + 32, point + 33, 32);
}

void
point_from_blob(const ECCPUBLICKEYBLOB *blob, unsigned char point[SM2_POINT_LEN])
{
	point[0] = 4;
	memcpy(point + 1, blob->XCoordinate + 32, 32);
	memcpy(point + 33, blob->YCoordinate + 32, 32);
}
