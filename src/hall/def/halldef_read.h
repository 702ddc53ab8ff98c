#ifndef HALL_HALLDEF_READ_H
#define HALL_HALLDEF_READ_H
#include "base/arena.h"
#include "base/yaml.h"
#include "hall/def/halldef.h"
/* Shared by the files that read a definition; nobody else includes this. */
struct reader {
	const struct yaml_doc	*doc;
	struct arena		*arena;		/* of the definition */
	const char		*path;		/* of the file, for those beside it */
	struct halldef		*def;
};

/* A needed or optional (dflt) text, copied into the arena. */
NODISCARD int	read_text(struct reader *r, const struct yaml *map, const char *key,
		    const char *dflt, const char **out, struct err *err);
/* A list of texts under `key`; missing: none. */
NODISCARD int	read_texts(struct reader *r, const struct yaml *map, const char *key,
		    const char *const **out, size_t *n, struct err *err);
/* The list under `key`, each element an object with these keys; missing: empty. */
NODISCARD int	read_list(struct reader *r, const struct yaml *map, const char *key,
		    const char *const *known, const struct yaml **list, struct err *err);
NODISCARD int	read_account(struct reader *r, const struct yaml *root, struct err *err);
NODISCARD int	read_products(struct reader *r, const struct yaml *root, struct err *err);
/* What products and the rest of the definition must agree on. */
NODISCARD int	check_products(struct reader *r, const struct yaml *root, struct err *err);
NODISCARD int	read_invoice(struct reader *r, const struct yaml *root, struct err *err);
NODISCARD int	read_platforms(struct reader *r, const struct yaml *root, struct err *err);
NODISCARD int	read_express(struct reader *r, const struct yaml *root, struct err *err);
/* identity: and pin: (halldef_identity.c). */
NODISCARD int	read_identity(struct reader *r, const struct yaml *root, struct err *err);
NODISCARD int	read_pin(struct reader *r, const struct yaml *root, struct err *err);
NODISCARD int	read_texts_of_site(struct reader *r, const struct yaml *root, struct err *err);
#endif
