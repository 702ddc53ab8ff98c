#include "base/base.h"
#include "token/driver.h"

#include <dlfcn.h>

/* File names by which vendors ship their libraries on Linux. */
static const struct { const char *part, *vendor; } driver_vendors[] = {
	{"libyinxin_skf", "印信软件UKey"}, {"libgm3000", "龙脉 mToken"},
	{"libSKF_HT", "海泰方圆"}, {"libskf_ft", "飞天诚信"}, {"libes_3000gm", "飞天诚信"},
	{"libwdskf", "握奇"}, {"libWatchDataSKF", "握奇"}, {"libjit_skf", "吉大正元"},
};

int
driver_err(struct err *err, ULONG sar, const char *what)
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

#define SKF_FUNCTION(name, params) \
	static ULONG missing_##name params;
SKF_FUNCTIONS
#undef SKF_FUNCTION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define SKF_FUNCTION(name, params) \
	static ULONG missing_##name params { return SAR_NOTSUPPORTYETERR; }
SKF_FUNCTIONS
#undef SKF_FUNCTION
#pragma GCC diagnostic pop

static void
driver_name(struct driver *d)
{
	const char	*slash = strrchr(d->path, '/');

	for (size_t i = 0; i < ARRAY_LEN(driver_vendors); i++)
		if (strstr(d->path, driver_vendors[i].part) != NULL) {
			snprintf(d->vendor, sizeof(d->vendor), "%s", driver_vendors[i].vendor);
			return;
		}
	snprintf(d->vendor, sizeof(d->vendor), "%.60s", slash == NULL ? d->path : slash + 1);
}

int
driver_load(struct driver **out, const char *path, struct err *err)
{
	struct driver	*d = xcalloc(1, sizeof(*d));

	d->path = xstrdup(path);
	driver_name(d);
	if ((d->lib = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL) {
		err_set(err, ERR_NOT_FOUND, "UKey 驱动 %s 装不上（%s），请重新安装驱动程序。", path,
		    dlerror());
		driver_free(d);
		return -1;
	}
#define SKF_FUNCTION(name, params)						\
	{									\
		void	*sym = dlsym(d->lib, "SKF_" #name);			\
										\
		d->name = missing_##name;					\
		if (sym != NULL)						\
			memcpy(&d->name, &sym, sizeof(sym));			\
	}
	SKF_FUNCTIONS
#undef SKF_FUNCTION
	if (d->EnumDev == missing_EnumDev) {
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
	if (d->lib != NULL)
		dlclose(d->lib);
	free(d->path);
	free(d);
}
