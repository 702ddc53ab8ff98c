#ifndef TOKEN_ASSISTANT_ASSETS_H
#define TOKEN_ASSISTANT_ASSETS_H
#include <stddef.h>
/* The files of src/token/assets, made by tools/assistant.mk. */
struct asset {
	const char	*path;		/* "/index.html"; NULL ends the table */
	const char	*type;
	const char	*bytes;
	size_t		 len;
};
extern const struct asset	assistant_assets[];
#endif
