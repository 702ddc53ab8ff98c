#ifndef HALL_FACE_OWN_H
#define HALL_FACE_OWN_H
#include "gate/fact.h"
#include "hall/identity/face.h"
#include "hall/sealed.h"
/* Between the files of the hall: identity checks inside a transaction. */
#define FACE_DAY	5		/* sessions a day for one order */
#define FACE_TOKEN	32

/* A row of the table. */
struct face {
	int64_t	 id, order_id;
	char	 token[FACE_TOKEN + 1];	/* in the QR code */
	char	 state[16], was[16];	/* face.h; was: as loaded */
	char	 stage[16];		/* what is being asked: "factors", "face" */
	int64_t	 factors;		/* 1: name, ID number and mobile agree */
	char	 url[1024];		/* the provider's page for the phone */
	char	 provider_no[128], reason[300];
	char	 proves[KEYED_TEXT];	/* of the data asked about */
	char	 meta[2048];
	int64_t	 created, ended;	/* ended: passed or failed, 0 before */
};

NODISCARD int	face_from_row(const struct hall *h, struct rows *r, struct face *f,
		    struct err *err);
/* By a statement with one parameter: 1 found, 0 none, -1. */
NODISCARD int	face_load(struct db *db, const struct hall *h, enum sql_id sql,
		    struct db_arg key, struct face *f, struct err *err);
/* By compare-and-set on the state as loaded. */
NODISCARD int	face_save(struct db *db, struct face *f, struct err *err);
NODISCARD int	face_used(struct db *db, const struct order *o, int64_t *used,
		    struct err *err);
bool		face_is(const struct face *f, const char *state);
void		face_set(struct face *f, const char *state, const char *reason);
/* As people see it: an open session past its time is "expired". */
const char	*face_shown_state(const struct face *f);
const char	*face_state_text(const char *state);
json_t		*face_model(const struct face *f, int64_t used);

/* Whose identity is asked about, by the definition of the product. */
const char	*face_name(const struct order *o);
const char	*face_id_no(const struct order *o);
const char	*face_phone(const struct order *o);
/* Of these three: a pass is good for exactly them. */
void		face_digest(const struct hall *h, const struct order *o,
		    char digest[KEYED_TEXT]);

/* May this order be proved by phone now? */
bool		face_may(const struct order *o);
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
