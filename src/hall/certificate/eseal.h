#ifndef HALL_ESEAL_H
#define HALL_ESEAL_H
#include "hall/order/approval.h"
#include "hall/order/order.h"
#include "hall/services.h"
/*
 * Electronic seals of orders (电子印章, 一证一章).  Where the product sells them (`seal:` in the
 * definition) the form asks: none, "yes" a stamp (a unit's seal, a person's name seal), or
 * "signature" (a person's own hand).  What the first order chose goes on with renewal, re-issue and
 * change.
 *
 * The picture comes from the uploaded specimen, else from the seal of the certificate that is
 * replaced (when the name is the same), else a stamp is drawn; the definition may say that stamps
 * are always drawn, or never.  A signature is never drawn.  It is made when somebody looks at it,
 * and again when what it was made of changed; the officer's approval names kind and digest, and the
 * signer makes the seal of that picture alone (signer/signer.h).  The seal comes with the pair at
 * the download.
 *
 * How a seal stands follows its certificate: superseded by the next one, revoked, frozen, expired.
 *
 * A row: {"id","order","serial","kind","kind_text","name","digest","width"?,"not_before","not_after","status" (good|
 * superseded|revoked|frozen|expired),"status_text","since","is_good","made"}
 */
#define ESEAL_SPECIMEN	"seal_specimen"		/* kinds of materials */
#define ESEAL_SIGNATURE	"signature_specimen"

bool		order_has_seal(const struct order *o);
/* "stamp", "signature"; "" none.  What the values of a form ask for; and an order. */
const char	*eseal_kind_wanted(const json_t *form);
const char	*eseal_kind(const struct order *o);
/* 单位公章, 个人名章, 手写签名 */
const char	*eseal_kind_text(const char *kind, bool person);
/* What it costs more, fen. */
int64_t		eseal_fee(const struct order *o);

/*
 * Make the picture unless it is there already; png (NULL: nobody wants it) gets it.  Calls doc, so
 * not inside a transaction.  An order without seal: 0, nothing is done.
 */
NODISCARD int	eseal_prepare(struct hall *h, const struct who *who, const char *no,
		    struct buf *png, struct err *err);
/*
 * Is this kind of material of use to the order's seal?  required: nothing can take its place.  Of
 * materials that are no specimens: wanted, and required as given.  Inside a read.
 */
NODISCARD int	eseal_material(struct db *db, const struct order *o, const char *kind,
		    bool *wanted, bool *required, struct err *err);
/* For the steps and the reviewer, inside a read: "has_seal","seal_kind_text","seal_source_text" (where
 * its picture comes from), "seal_shown" (there is one to look at). */
NODISCARD int	eseal_picture_model(struct db *db, const struct order *o, json_t *model,
		    struct err *err);
/* For the page: as above; ERR_NOT_FOUND without a seal. */
NODISCARD int	eseal_order_picture(struct hall *h, const struct who *who, const char *no,
		    struct buf *png, struct err *err);
/* An uploaded specimen of this kind of material: can the seal be cut out? */
NODISCARD int	eseal_specimen_check(struct hall *h, const struct doc_image *im,
		    const char *material, bool person, struct err *err);
/* Inside a transaction: {"height","kind","picture","width"} of the picture as it is to be approved; NULL for
 * an order without seal. */
NODISCARD int	eseal_statement(struct db *db, const struct order *o, json_t **seal,
		    struct err *err);
/*
 * After the pair was issued: have the seal made, once, and file it; the one it comes after is
 * superseded.  model "seal": base64 DER, "" none.
 */
NODISCARD int	eseal_make(struct hall *h, const struct who *who, const char *no,
		    const struct approval *p, json_t *model, struct err *err);
/* Inside a transaction, for relying systems: {"id","kind","digest","status"}; NULL none. */
NODISCARD int	eseal_told(struct db *db, const char *serial, json_t **out, struct err *err);

/* ---- for pages ---- */

/* The newest of a certificate that was loaded for whom it concerns: model "has_seal","seal". */
NODISCARD int	eseal_of_certificate(struct hall *h, const struct who *who, const char *serial,
		    json_t *model, struct err *err);
/* The account's own, the system sees all: {"rows":[…],"total"} */
NODISCARD int	eseal_list(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
/* For everybody who has the number: {"id","kind","kind_text","status","status_text","since","digest","not_before",
 * "not_after","is_good"}, nothing of whose it is. */
NODISCARD int	eseal_status(struct hall *h, const struct who *who, const char *id,
		    json_t **model, struct err *err);
/* DER, for its holder and staff. */
NODISCARD int	eseal_file(struct hall *h, const struct who *who, const char *no,
		    struct buf *der, struct err *err);
#endif
