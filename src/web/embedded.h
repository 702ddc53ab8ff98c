#ifndef WEB_EMBEDDED_H
#define WEB_EMBEDDED_H
#include "base/base.h"
/* Files built into the program by tools/embed.py: html/ and assets/. */
struct embedded_file {
	const char		*name;		/* "html/home.html" */
	const unsigned char	*data;		/* followed by a NUL */
	size_t			 len;
	const unsigned char	*packed;	/* gzip, NULL: only as it is */
	size_t			 packed_len;
};
extern const struct embedded_file	embedded_files[];	/* ends with name NULL */
extern const char			embedded_hash[];	/* of all assets */
#endif
