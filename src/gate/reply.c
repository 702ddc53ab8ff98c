#include "base/base.h"
#include "gate/reply.h"
#include "base/str.h"

enum verdict
reply_set(struct reply *r, enum verdict verdict, const char *code, const char *fmt, ...)
{
	va_list	 ap;

	str_copy(r->code, sizeof(r->code), code);
	va_start(ap, fmt);
	vsnprintf(r->detail, sizeof(r->detail), fmt, ap);
	va_end(ap);
	utf8_mend(r->detail);
	return verdict;
}

enum verdict
reply_err(struct reply *r, const struct err *err)
{
	return reply_set(r, REPLY_RETRY, err_row(err->kind)->name, "%s", err->text);
}

const char *
verdict_name(enum verdict verdict)
{
	static const char *const names[] = {"done", "pending", "refused", "retry", "unknown"};

	return names[verdict];
}
