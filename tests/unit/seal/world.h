#ifndef TEST_SEAL_WORLD_H
#define TEST_SEAL_WORLD_H
#include "pki/ca.h"
#include "seal/eseal.h"
/* A maker of seals of the test's CA, and what a seal is made of.  world_make/world_free. */
#define MAKER_USE	"1.2.156.999999.1.4"

/* A PNG's beginning is all that the seal looks at. */
static const unsigned char	 png[] = "\x89PNG\r\n\x1a\n with a picture behind it";

struct world {
	struct ca		 ca;
	EVP_PKEY		*key;
	struct cert		*maker;
	struct cert_pool	 pool;
	struct eseal_plan	 plan;
};

static inline void
world_make(struct world *w)
{
	struct err	 err = {0};

	*w = (struct world){0};
	ca_make(&w->ca);
	assert_ok(sm2_generate(&w->key, &err));
	w->maker = ca_issue("seal", "电子印章制章", w->key, w->ca.issuing, w->ca.issuing_key, 5);
	assert_ok(cert_pool_take(&w->pool, cert_hold(w->ca.root), &err));
	assert_ok(cert_pool_take(&w->pool, cert_hold(w->ca.issuing), &err));
	w->plan = (struct eseal_plan){.version = ESEAL_V4, .vendor = "YINXIN", .id = "4A5B6C7D8E9F",
	    .type = ESEAL_OF_ORGANISATION, .name = "长沙建工有限公司", .holder = w->ca.sign,
	    .made = CA_NOW, .not_before = CA_NOW, .not_after = CA_NOW + 365 * CLOCK_DAY,
	    .picture = {"PNG", png, sizeof(png) - 1, 42, 42}, .maker = w->maker,
	    .pool = &w->pool, .maker_use = MAKER_USE};
}

static inline void
world_free(struct world *w)
{
	cert_pool_release(&w->pool);
	cert_free(w->maker);
	EVP_PKEY_free(w->key);
	ca_free(&w->ca);
}

static inline void
build(struct world *w, struct buf *der)
{
	struct err	 err = {0};

	buf_init(der, ESEAL_MAX);
	assert_ok(eseal_build(&w->plan, SIGNING(w->key), der, &err));
}
#endif
