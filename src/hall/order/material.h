#ifndef HALL_MATERIAL_H
#define HALL_MATERIAL_H
#include "hall/order/order.h"
/*
 * What applicants upload.  Bytes are checked and re-encoded by doc, sealed and kept by digest.
 * One kind holds one picture: adding replaces it.  Changes are possible until approval,
 * also after payment; each is an event of the order.
 *
 * A row of a model: {"kind","title","help","required","stamp","accept" (for <input accept>),
 * "types_text","max_text","dpi","has": bool, "id"?,"time"?,"width"?,"height"?,"size_text"?,
 * "type"?}
 */
NODISCARD int	material_add(struct hall *h, const struct who *who, const char *no,
		    const char *kind, const void *p, size_t len, json_t **row,
		    struct err *err);
NODISCARD int	material_delete(struct hall *h, const struct who *who, const char *no,
		    const char *kind, struct err *err);
/* Use the picture of one kind for another too (two-in-one licences). */
NODISCARD int	material_same(struct hall *h, const struct who *who, const char *no,
		    const char *kind, const char *as, json_t **row, struct err *err);
/* The kept picture, or its thumbnail; type "image/jpeg" or "image/png" (static text). */
NODISCARD int	material_read(struct hall *h, const struct who *who, const char *no,
		    const char *kind, bool thumb, struct buf *out, const char **type,
		    struct err *err);
NODISCARD int	material_list(struct db *db, const struct hall *h, const struct order *o,
		    json_t **rows, bool *complete, struct err *err);
/* How large may an upload be? */
/* What a kind asks for, without an upload: as a row without "has". */
json_t		*material_kind_model(const struct def_material *m);
size_t		material_upload_max(void);
#endif
