#ifndef UNIT_H
#define UNIT_H
/*
 * What every unit test includes.  Tests are non-static functions
 *	void test_<noun>__<case>(void **state)
 * found by name.  A failing err is printed with its place.
 */
#include "base/base.h"
#include "base/err.h"
#include <setjmp.h>
#include <cmocka.h>

static inline void
unit_init(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* The call must succeed. */
#define assert_ok(call) do {								\
	err_clear(&err);								\
	if ((call) < 0)									\
		fail_msg("%s: %s (%s:%d)", #call, err.text,				\
		    err.file == NULL ? "?" : err.file, err.line);			\
} while (0)
/* The call must fail with this kind. */
#define assert_err(call, want) do {							\
	err_clear(&err);								\
	if ((call) >= 0)								\
		fail_msg("%s succeeded", #call);					\
	if (err.kind != (want))								\
		fail_msg("%s: kind %s: %s", #call, err_row(err.kind)->name, err.text);	\
} while (0)
#endif
