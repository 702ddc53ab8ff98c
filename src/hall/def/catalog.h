#ifndef HALL_CATALOG_H
#define HALL_CATALOG_H
#include "hall/hall.h"
/*
 * What the site shows without asking the store.
 *
 * catalog_site: {"title","issuer","voluntary","about","phones":[…],"contacts":[…],
 *   "paper_address","downloads":[{"title","text","url"}],"guides":[…],"links":[…],"faq":[…],
 *   "products":[{"id","title","template","person"}],"has_projects","review_days","pin_tries","warranty_days",
 *   "medium_fee"}
 * catalog_product: {"id","title","template","person","project_title","free" (nothing to pay),"years":[{"years","price","price_fen",
 *   "total","total_fen","with_seal","ends"}],"medium","has_seal","seal" (fee),"seal_kinds":[{"kind","text"}],
 *   "seal_picture_text","discount","discount_text","fee_note","materials":[…]}
 *   (ends: the last day when it began today).
 * catalog_agreement: {"id","title","version","digest","paragraphs":[text]}
 * catalog_regions: {"provinces":[{"name","cities":[name]}]}
 */
void		catalog_site(const struct hall *h, json_t **model);
/* What certificates may be for: [{"id","title","text","chosen"}]; chosen: an id or "". */
json_t		*catalog_projects(const struct hall *h, const char *chosen);
NODISCARD int	catalog_product(const struct hall *h, const char *id, json_t **model,
		    struct err *err);
/* The certification practice statement (RFC 3647): {"title","version","digest",
 * "sections":[{"heading","paragraphs":[text]}]} */
void		catalog_cps(const struct hall *h, json_t **model);
NODISCARD int	catalog_agreement(const struct hall *h, const char *id, json_t **model,
		    struct err *err);
struct halldef;
/* Is each agreement ticked in `in` ("agree_<id>": "1")?  What is missing goes to errors. */
NODISCARD int	catalog_agreed(const struct halldef *d, const json_t *in, json_t *errors,
		    struct err *err);
void		catalog_regions(json_t **model);
/* Blank forms as PDF: "form-org", "form-person", "agreement", "seal-org", "seal-person". */
NODISCARD int	catalog_form(const struct hall *h, const char *name, struct buf *pdf,
		    struct err *err);
#endif
