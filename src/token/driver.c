#include "base/base.h"
#include "token/driver.h"
#include "token/skf.h"

#include <dlfcn.h>
#include <glob.h>

static const struct driver_row {
	const char	*linux_name, *windows_name, *mac_name, *title;
	int		 ulong_bits;
	bool		 unlock;
} driver_rows[] = {
#define DRIVER(linux_, windows_, mac_, title_, bits_, unlock_)			\
	{linux_, windows_, mac_, title_, bits_, unlock_},
#include "token/drivers.def"
#undef DRIVER
};

/* Where packages put their libraries; %s is a library's name. */
static const char	*const driver_places[] = {
	"/usr/lib/%s.*", "/usr/lib64/%s.*", "/usr/lib/*-linux-gnu/%s.*", "/usr/local/lib/%s.*",
	"/opt/*/lib/%s.*", "/opt/apps/*/files/lib/%s.*", "/opt/apps/*/files/lib/*/%s.*",
};

int
driver_err(struct err *err, uint32_t sar, const char *what)
{
	switch (sar) {
	case SAR_PIN_INCORRECT:
		return err_set(err, ERR_DENIED, "PIN 码不对。");
	case SAR_PIN_LOCKED:
		return err_set(err, ERR_LIMIT, "PIN 码已锁定，请在证书服务网申请解锁。");
	case SAR_PIN_LEN_RANGE:
	case SAR_PIN_INVALID:
		return err_set(err, ERR_INPUT, "PIN 码的长度不合要求，请用 6 到 16 位。");
	case SAR_USER_NOT_LOGGED_IN:
		return err_set(err, ERR_DENIED, "请先输入 PIN 码。");
	case SAR_USER_PIN_NOT_INITIALIZED:
		return err_set(err, ERR_EXPIRED,
		    "这是一次性的激活 PIN 码，请先改成自己的 PIN 码，再使用 UKey。");
	case SAR_DEVICE_REMOVED:
		return err_set(err, ERR_NOT_FOUND, "UKey 已拔出，请重新插入后再试。");
	case SAR_NO_ROOM:
	case SAR_REACH_MAX_CONTAINER_COUNT:
		return err_set(err, ERR_LIMIT, "UKey 已经装满，请换一支空白 UKey。");
	case SAR_INDATAERR:
		return err_set(err, ERR_CRYPTO,
		    "加密密钥与这支 UKey 不匹配，请插入申请时的那支 UKey。");
	case SAR_NOTSUPPORTYETERR:
		return err_set(err, ERR_WRONG_STATE, "这支 UKey 的驱动不支持此操作（%s）。", what);
	default:
		return err_set(err, ERR_STORE,
		    "UKey 没有完成操作（%s，代码 %08X），请拔出重插后再试。", what, sar);
	}
}

/* The row whose library this is: its name, then a dot. */
static const struct driver_row *
driver_row_of(const char *path)
{
	const char	*slash = strrchr(path, '/'), *file = slash == NULL ? path : slash + 1;

	for (size_t i = 0; i < ARRAY_LEN(driver_rows); i++) {
		size_t	 n = strlen(driver_rows[i].linux_name);

		if (strncmp(file, driver_rows[i].linux_name, n) == 0 &&
		    (file[n] == '.' || file[n] == '_'))
			return &driver_rows[i];
	}
	return NULL;
}

static void
driver_name(struct driver *d, const struct driver_row *row)
{
	const char	*slash = strrchr(d->path, '/');

	snprintf(d->vendor, sizeof(d->vendor), "%.60s", row != NULL ? row->title :
	    slash == NULL ? d->path : slash + 1);
}

/*
 * A library with 64 bits fills all eight bytes of a size, one with 32 the lower four.  Asked for a
 * size only, neither touches anything else.
 */
static const struct card_ops *
driver_ops(struct driver *d, const struct driver_row *row)
{
	uint64_t	 size = UINT64_MAX;
	void		*sym = dlsym(d->lib, "SKF_EnumDev");
	uint64_t	 (*names)(int32_t present, char *list, uint64_t *size) = NULL;

	if (row != NULL && row->ulong_bits != 0)
		return row->ulong_bits == 64 ? &card_ops_64 : &card_ops_32;
	if (sym == NULL)
		return &card_ops_32;
	memcpy(&names, &sym, sizeof(names));
	(void)names(1, NULL, &size);
	return size >> 32 == 0 ? &card_ops_64 : &card_ops_32;
}

int
driver_load(struct driver **out, const char *path, struct err *err)
{
	struct driver			*d = xcalloc(1, sizeof(*d));
	const struct driver_row		*row = driver_row_of(path);

	d->path = xstrdup(path);
	driver_name(d, row);
	d->unlock = row != NULL && row->unlock;
	if ((d->lib = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL) {
		err_set(err, ERR_NOT_FOUND, "UKey 驱动 %s 装不上（%s），请重新安装驱动程序。", path,
		    dlerror());
		driver_free(d);
		return -1;
	}
	d->ops = driver_ops(d, row);
	if (!d->ops->bind(d)) {
		err_set(err, ERR_NOT_FOUND, "%s 不是 UKey 驱动（没有 SKF 接口）。", path);
		driver_free(d);
		return -1;
	}
	*out = d;
	return 0;
}

void
driver_free(struct driver *d)
{
	if (d == NULL)
		return;
	if (d->lib != NULL)		/* NULL: soft certificates */
		dlclose(d->lib);
	free(d->functions);
	free(d->path);
	free(d);
}

/* The first library of this name below a pattern; NULL when there is none. */
static char *
driver_glob(const char *pattern)
{
	glob_t	 found = {0};
	char	*path = NULL;

	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && path == NULL; i++) {
			const char	*so = strstr(found.gl_pathv[i], ".so");

			if (so != NULL && (so[3] == '\0' || so[3] == '.'))
				path = xstrdup(found.gl_pathv[i]);
		}
	globfree(&found);
	return path;
}

size_t
driver_search(const char *root, const char *beside, char *paths[], size_t max)
{
	size_t	 n = 0;

	for (size_t i = 0; i < ARRAY_LEN(driver_rows) && n < max; i++) {
		const char	*name = driver_rows[i].linux_name;
		char		*pattern = xasprintf("%s/%s.*", beside, name);
		char		*path = beside[0] == '\0' ? NULL : driver_glob(pattern);

		free(pattern);
		for (size_t j = 0; path == NULL && j < ARRAY_LEN(driver_places); j++) {
			const char	*place = driver_places[j], *at = strstr(place, "%s");

			pattern = xasprintf("%s%.*s%s%s", root, (int)(at - place), place, name,
			    at + 2);
			path = driver_glob(pattern);
			free(pattern);
		}
		if (path != NULL)
			paths[n++] = path;
	}
	return n;
}
