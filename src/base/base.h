#ifndef BASE_BASE_H
#define BASE_BASE_H
/*
 * What every source file sees first: the standard headers in use everywhere, the
 * attribute macros and the list of banned functions.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NODISCARD	__attribute__((warn_unused_result))
#define PRINTF(a, b)	__attribute__((format(printf, a, b)))
#define UNUSED		__attribute__((unused))
#define NORETURN	__attribute__((noreturn))

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))
/* Evaluate an argument twice. */
#define MIN(a, b)	((a) < (b) ? (a) : (b))
#define MAX(a, b)	((a) > (b) ? (a) : (b))

/* Our own mistake, never bad input: says where and ends the process.  Can not return. */
#define BUG(...)	bug_die(__FILE__, __LINE__, __VA_ARGS__)
void	bug_die(const char *file, int line, const char *fmt, ...) PRINTF(3, 4) NORETURN;

/* Allocation that ends the process when memory is out: the supervisor restarts it. */
void	*xmalloc(size_t len);
void	*xcalloc(size_t n, size_t len);
void	*xrealloc(void *p, size_t len);
char	*xstrdup(const char *s);
char	*xstrndup(const char *s, size_t len);
char	*xasprintf(const char *fmt, ...) PRINTF(1, 2);

#include "base/banned.h"
#endif
