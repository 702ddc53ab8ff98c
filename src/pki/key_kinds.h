#ifndef PKI_KEY_KINDS_H
#define PKI_KEY_KINDS_H
#include "pki/key.h"
/* The rows of keys.def, for src/pki only. */
#define KEY(name)	extern const struct key_kind	key_ ## name;
#include "pki/keys.def"
#undef KEY
#endif
