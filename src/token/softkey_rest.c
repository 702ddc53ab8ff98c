#include "base/base.h"
#include "token/skf.h"

/* Functions of the norm that the software UKey does not have: RSA, key agreement, events. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define SKF_FUNCTION(name, params)	ULONG SKF_##name params { return SAR_NOTSUPPORTYETERR; }
SKF_UNSUPPORTED
#undef SKF_FUNCTION
