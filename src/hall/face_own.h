#ifndef HALL_FACE_OWN_H
#define HALL_FACE_OWN_H
#include "gate/fact.h"
#include "hall/face.h"
/* Between the files of the hall: identity checks inside a transaction. */

/* The newest session's model ({"state":"none", …} without one). */
NODISCARD int	face_newest(struct db *db, const struct hall *h, const struct order *o,
		    json_t **model, struct err *err);
/* All sessions for the reviewer: [{"method","result","time","provider_no","reason"}] */
NODISCARD int	face_history(struct db *db, const struct hall *h, const struct order *o,
		    json_t **rows, struct err *err);
/* A fact from gate. */
NODISCARD int	face_apply(struct db *db, struct hall *h, const struct ident_fact *f,
		    struct err *err);
#endif
