#include "base/base.h"
#include "pki/plain_context.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <pthread.h>

static OSSL_LIB_CTX	*plain;
static OSSL_PROVIDER	*plain_from;		/* whose digests are shown */
static pthread_once_t	 plain_once = PTHREAD_ONCE_INIT;

static const OSSL_ALGORITHM *
plain_query(void *arg, int operation, int *no_cache)
{
	(void)arg;
	return operation != OSSL_OP_DIGEST ? NULL :
	    OSSL_PROVIDER_query_operation(plain_from, operation, no_cache);
}

static const OSSL_DISPATCH	plain_functions[] = {
	{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))plain_query},
	{0, NULL},
};

/* A provider that shows another's digests. */
static int
plain_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
    void **arg)
{
	(void)handle;
	(void)in;
	*out = plain_functions;
	*arg = OSSL_PROVIDER_get0_provider_ctx(plain_from);
	return 1;
}

/* Whatever fails: the default context, where everything is slower but the same. */
static void
plain_make(void)
{
	OSSL_LIB_CTX	*ctx = OSSL_LIB_CTX_new();

	plain_from = OSSL_PROVIDER_try_load(NULL, "default", 1);
	if (ctx == NULL || plain_from == NULL ||
	    OSSL_PROVIDER_add_builtin(ctx, "digests", plain_init) != 1 ||
	    OSSL_PROVIDER_load(ctx, "digests") == NULL)
		OSSL_LIB_CTX_free(ctx);
	else
		plain = ctx;
}

OSSL_LIB_CTX *
plain_context(void)
{
	pthread_once(&plain_once, plain_make);
	return plain;
}
