#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

#include <openssl/err.h>

static const struct err_row err_rows[ERR__MAX] = {
	[ERR_NONE]	= {"none",	200, 0,  ""},
	[ERR_INPUT]	= {"input",	422, 65, "填写的内容有误，请按提示修改。"},
	[ERR_DENIED]	= {"denied",	403, 77, "您没有权限做这一步。"},
	[ERR_NOT_FOUND]	= {"not_found",	404, 66, "没有找到您要的内容。"},
	[ERR_CONFLICT]	= {"conflict",	409, 73, "内容已被更新，请刷新后再试。"},
	[ERR_WRONG_STATE]	= {"state",	409, 73, "现在还不能做这一步。"},
	[ERR_LIMIT]	= {"limit",	429, 69, "操作过于频繁或内容过大，请稍后再试。"},
	[ERR_EXPIRED]	= {"expired",	410, 69, "已过期，请重新获取。"},
	[ERR_CRYPTO]	= {"crypto",	422, 76, "签名或密钥核对不通过。"},
	[ERR_STORE]	= {"store",	503, 74, "系统暂时无法保存，请稍后再试，已填内容不会丢失。"},
	[ERR_GATEWAY]	= {"gateway",	502, 75, "外部服务暂时没有应答，请稍后再试。"},
	[ERR_BUSY]	= {"busy",	503, 75, "系统繁忙，请稍后再试。"},
	[ERR_BUG]	= {"bug",	500, 70, "系统内部错误，我们已经记录，请稍后再试。"},
};

static int
err_vset(struct err *err, enum err_kind kind, const char *file, int line, const char *fmt,
    va_list ap)
{
	if (err == NULL)
		return -1;
	err->kind = kind;
	err->file = file;
	err->line = line;
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	utf8_mend(err->text);
	return -1;
}

/* Append ": reason" to the sentence; cut, never overrun. */
static void
err_append(struct err *err, const char *reason)
{
	size_t	 used;

	if (err == NULL)
		return;
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", reason);
	utf8_mend(err->text);
}

int
err_set_at(struct err *err, enum err_kind kind, const char *file, int line, const char *fmt,
    ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	err_vset(err, kind, file, line, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_add(struct err *err, const char *fmt, ...)
{
	char	 subject[LIMIT_ERR_TEXT / 2 - 9], old[LIMIT_ERR_TEXT / 2 + 1];
	va_list	 ap;

	if (err == NULL)
		return -1;
	va_start(ap, fmt);
	vsnprintf(subject, sizeof(subject), fmt, ap);
	va_end(ap);
	utf8_mend(subject);
	snprintf(old, sizeof(old), "%.*s", (int)sizeof(old) - 1, err->text);
	utf8_mend(old);
	snprintf(err->text, sizeof(err->text), "%s: %s", subject, old);
	return -1;
}

int
err_errno_at(struct err *err, enum err_kind kind, const char *file, int line,
    const char *fmt, ...)
{
	int	 saved = errno;
	char	 reason[128];
	va_list	 ap;

	va_start(ap, fmt);
	err_vset(err, kind, file, line, fmt, ap);
	va_end(ap);
	err_append(err, strerror_r(saved, reason, sizeof(reason)));
	return -1;
}

int
err_openssl_at(struct err *err, enum err_kind kind, const char *file, int line,
    const char *fmt, ...)
{
	char	 reason[256] = "no reason given";
	va_list	 ap;

	va_start(ap, fmt);
	err_vset(err, kind, file, line, fmt, ap);
	va_end(ap);
	if (ERR_peek_last_error() != 0)
		ERR_error_string_n(ERR_peek_last_error(), reason, sizeof(reason));
	ERR_clear_error();
	err_append(err, reason);
	return -1;
}

void
err_clear(struct err *err)
{
	memset(err, 0, sizeof(*err));
}

const struct err_row *
err_row(enum err_kind kind)
{
	if ((unsigned int)kind >= ERR__MAX)
		kind = ERR_BUG;
	return &err_rows[kind];
}

enum err_kind
err_kind_by_name(const char *name)
{
	for (unsigned int i = 0; name != NULL && i < ERR__MAX; i++)
		if (strcmp(err_rows[i].name, name) == 0)
			return i;
	return ERR_BUG;
}
