#include "base/base.h"
#include "base/str.h"
#include "token/softkey_handle.h"

/*
 * Files of an application (GM/T 0016 7.5): named bytes with rights for reading and writing.
 * Their size is fixed when they are made.
 */
#define FILE_NAME	32		/* longest */
#define FILE_BYTES	(64 * 1024)	/* largest */

static bool
may(const struct handle *app, int64_t rights)
{
	return rights == SECURE_ANYONE_ACCOUNT ||
	    ((rights & SECURE_ADM_ACCOUNT) != 0 && app->admin) ||
	    ((rights & SECURE_USER_ACCOUNT) != 0 && app->user);
}

static json_t *
file_find(const struct softkey *k, const char *name, size_t *index)
{
	json_t	*list = json_object_get(k->state, "files"), *f;
	size_t	 i;

	json_array_foreach(list, i, f) {
		if (strcmp(js_str(f, "name"), name) == 0) {
			*index = i;
			return f;
		}
	}
	return NULL;
}

/* Begin an access to one file: rights is the member that must allow it, NULL for none. */
static ULONG
file_begin(struct handle *app, const char *name, const char *rights, struct softkey *k,
    json_t **file, size_t *index)
{
	ULONG	 rc;

	if (app == NULL)
		return SAR_INVALIDHANDLEERR;
	if (name == NULL)
		return SAR_INVALIDPARAMERR;
	if ((rc = application_begin(app, k)) != SAR_OK)
		return rc;
	if ((*file = file_find(k, name, index)) == NULL)
		rc = SAR_FILE_NOT_EXIST;
	else if (rights != NULL && !may(app, js_int(*file, rights, 0)))
		rc = SAR_USER_NOT_LOGGED_IN;
	if (rc != SAR_OK)
		softkey_end(k);
	return rc;
}

ULONG
SKF_CreateFile(HAPPLICATION app, LPSTR name, ULONG size, ULONG read_rights, ULONG write_rights)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	struct softkey	 k;
	json_t		*list, *f;
	size_t		 i;
	ULONG		 rc;
	char		*zeros;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (name == NULL || name[0] == '\0' || strlen(name) > FILE_NAME ||
	    !utf8_is_valid(name, strlen(name)))
		return SAR_NAMELENERR;
	if (size > FILE_BYTES)
		return SAR_NO_ROOM;
	if ((rc = application_begin(h, &k)) != SAR_OK)
		return rc;
	if ((list = json_object_get(k.state, "files")) == NULL)
		json_object_set_new(k.state, "files", list = json_array());
	if (!may(h, js_int(k.state, "rights", SECURE_USER_ACCOUNT | SECURE_ADM_ACCOUNT)))
		rc = SAR_USER_NOT_LOGGED_IN;
	else if (file_find(&k, name, &i) != NULL)
		rc = SAR_FILE_ALREADY_EXIST;
	else if (json_array_size(list) >= SOFTKEY_FILES)
		rc = SAR_NO_ROOM;
	else {
		f = json_pack("{s:s,s:I,s:I,s:I}", "name", name, "size", (json_int_t)size,
		    "read", (json_int_t)read_rights, "write", (json_int_t)write_rights);
		zeros = xcalloc(1, (size_t)size + 1);
		js_set_bytes(f, "data", zeros, size);
		free(zeros);
		json_array_append_new(list, f);
	}
	return application_end(&k, rc);
}

ULONG
SKF_DeleteFile(HAPPLICATION app, LPSTR name)
{
	struct softkey	 k;
	json_t		*f;
	size_t		 i;
	ULONG		 rc = file_begin(handle_check(app, HANDLE_APP), name, "write", &k, &f, &i);

	if (rc != SAR_OK)
		return rc;
	json_array_remove(json_object_get(k.state, "files"), i);
	return application_end(&k, SAR_OK);
}

ULONG
SKF_EnumFiles(HAPPLICATION app, LPSTR list, ULONG *size)
{
	struct handle	*h = handle_check(app, HANDLE_APP);
	struct softkey	 k;
	struct buf	 names;
	json_t		*f;
	size_t		 i;
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if ((rc = application_begin(h, &k)) != SAR_OK)
		return rc;
	buf_init(&names, 4096);
	json_array_foreach(json_object_get(k.state, "files"), i, f)
		buf_add(&names, js_str(f, "name"), strlen(js_str(f, "name")) + 1);
	softkey_end(&k);
	return skf_give_list(&names, list, size);
}

ULONG
SKF_GetFileInfo(HAPPLICATION app, LPSTR name, FILEATTRIBUTE *info)
{
	struct softkey	 k;
	json_t		*f;
	size_t		 i;
	ULONG		 rc;

	if (info == NULL)
		return SAR_INVALIDPARAMERR;
	rc = file_begin(handle_check(app, HANDLE_APP), name, NULL, &k, &f, &i);
	if (rc != SAR_OK)
		return rc;
	memset(info, 0, sizeof(*info));
	memcpy(info->FileName, js_str(f, "name"),
	    strnlen(js_str(f, "name"), sizeof(info->FileName)));
	info->FileSize = (ULONG)js_int(f, "size", 0);
	info->ReadRights = (ULONG)js_int(f, "read", 0);
	info->WriteRights = (ULONG)js_int(f, "write", 0);
	softkey_end(&k);
	return SAR_OK;
}

/* At most `size` bytes from the offset; *out_len tells how many, and before, the room. */
ULONG
SKF_ReadFile(HAPPLICATION app, LPSTR name, ULONG offset, ULONG size, BYTE *out, ULONG *out_len)
{
	struct err	 err = {0};
	struct softkey	 k;
	struct buf	 b;
	json_t		*f;
	size_t		 i;
	ULONG		 rc = file_begin(handle_check(app, HANDLE_APP), name, "read", &k, &f, &i);

	if (rc != SAR_OK)
		return rc;
	buf_init(&b, FILE_BYTES);
	if (js_need_bytes(f, "data", &b, &err) < 0)
		rc = SAR_FILEERR;
	else if (offset > b.len)
		rc = SAR_INVALIDPARAMERR;
	else
		rc = skf_give(b.p + offset, size < b.len - offset ? size : b.len - offset, out,
		    out_len);
	buf_free(&b);
	softkey_end(&k);
	return rc;
}

ULONG
SKF_WriteFile(HAPPLICATION app, LPSTR name, ULONG offset, BYTE *p, ULONG len)
{
	struct err	 err = {0};
	struct softkey	 k;
	struct buf	 b;
	json_t		*f;
	size_t		 i;
	ULONG		 rc;

	if (p == NULL)
		return SAR_INVALIDPARAMERR;
	rc = file_begin(handle_check(app, HANDLE_APP), name, "write", &k, &f, &i);
	if (rc != SAR_OK)
		return rc;
	buf_init(&b, FILE_BYTES);
	if (js_need_bytes(f, "data", &b, &err) < 0) {
		rc = SAR_FILEERR;
	} else if (offset > b.len || len > b.len - offset) {
		rc = SAR_NO_ROOM;
	} else {
		memcpy(b.p + offset, p, len);
		js_set_bytes(f, "data", b.p, b.len);
	}
	buf_free(&b);
	return application_end(&k, rc);
}
