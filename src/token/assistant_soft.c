#include "base/base.h"
#include "token/assistant.h"

#include "base/str.h"
#include "token/soft.h"

/*
 * The key of a soft certificate is made: file and key, once for an order; the passphrase of a file
 * that is there must be right.  Killed anywhere, the same call goes on.
 */
int
keys_soft_make(const struct assistant *a, const json_t *in, json_t *out, struct err *err)
{
	const char	*pin = NULL;
	char		 name[80];

	if (a->soft_dir == NULL)
		return err_set(err, ERR_WRONG_STATE, "这台电脑的证书助手没有打开软证书功能。");
	if (js_need_str(in, "pin", &pin, err) < 0 || *pin == '\0')
		return err_set(err, ERR_INPUT, "请输入软证书的口令。");
	if (soft_make(a->soft_dir, js_str(in, "order"), pin, name, err) < 0 ||
	    keys_with(a, name, keys_make, in, out, err) < 0)
		return -1;
	js_set_str(out, "key", name);
	return 0;
}

/* Where the files are, for the user's own copy of them. */
int
keys_soft_list(const struct assistant *a, json_t *out, struct err *err)
{
	json_t	*all = NULL, *files = json_array(), *row = NULL;
	char	*path = NULL;
	size_t	 i = 0;

	js_set_str(out, "dir", a->soft_dir == NULL ? "" : a->soft_dir);
	(void)json_object_set_new(out, "files", files);
	if (keys_list(a, &all, err) < 0)
		return -1;
	json_array_foreach(json_object_get(all, "keys"), i, row) {
		if (!js_bool(row, "soft"))
			continue;
		if (soft_path(a->soft_dir, js_str(row, "key"), &path, err) < 0)
			break;
		js_set_str(row, "file", path);
		(void)json_array_append(files, row);
		free(path);
	}
	json_decref(all);
	return err->kind == ERR_NONE ? 0 : -1;
}

int
keys_soft_export(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	const char	*kind = js_str(in, "kind");
	struct buf	 p12;
	int		 left = 0, rc = -1;

	if (strcmp(kind, "sign") != 0 && strcmp(kind, "enc") != 0)
		return err_set(err, ERR_INPUT, "请选择导出签名证书还是加密证书。");
	buf_init(&p12, SOFT_P12_MAX);
	if (ukey_login(u, js_str(in, "pin"), &left, err) == 0 &&
	    soft_export(u, js_str(in, "serial"), strcmp(kind, "enc") == 0,
	    js_str(in, "password"), &p12, err) == 0) {
		js_set_bytes(out, "p12", p12.p, p12.len);
		rc = 0;
	}
	secret_wipe(p12.p, p12.len);
	buf_free(&p12);
	return rc;
}

int
keys_soft_put_aside(struct ukey *u, const json_t *in, json_t *out, struct err *err)
{
	(void)in;
	(void)out;
	return soft_put_aside(u, err);
}
