#ifndef HALL_PETITION_OWN_H
#define HALL_PETITION_OWN_H
#include "hall/act.h"
#include "hall/def/halldef.h"
#include "hall/digest.h"
#include "hall/form/form.h"
#include "hall/petition/petition.h"
/* Between the files of petitions. */
struct petition;

struct petition_picture {
	const char	*kind, *title, *help;
	bool		 required;
};
/* One row a kind, in a file petition_<kind>.c. */
struct petition_kind {
	const char	*name, *text;		/* "mobile", 更换手机号 */
	bool		 letter;		/* a letter is to be printed and sealed */
	const struct field *mend;		/* what may be said anew after a return */
	struct petition_picture pictures[5];	/* ends with kind NULL */
	const struct def_petition *(*rule)(const struct halldef *d);
	/* What was said beside what is known: [{"label","value","known","same"}]. */
	int		(*facts)(struct db *db, struct hall *h, const struct petition *p,
			    json_t *list, struct err *err);
	/* Is it possible (still)?  ERR_WRONG_STATE with a sentence otherwise.  Not asked where the
	   claimed account is unknown. */
	int		(*may)(struct db *db, struct hall *h, const struct petition *p,
			    struct err *err);
	int		(*apply)(struct db *db, struct hall *h, const struct who *who,
			    struct petition *p, struct err *err);
};
extern const struct petition_kind	petition_mobile, petition_handler;

struct petition {
	int64_t		 id, version, account, claimant, reviewer, second;
	char		 no[ORDER_NO], token[SM3_TEXT], stop[SM3_TEXT], state[16];
	char		 subject[256], reason[400];
	json_t		*body;
	int64_t		 created, filed, decided, effective, ended;
	const struct petition_kind *kind;
};
void		petition_release(struct petition *p);	/* of a zeroed one: no-op */
bool		petition_is(const struct petition *p, const char *state);
/* Is it this account's number or certificates that are asked for? */
bool		petition_is_about(const struct petition *p, int64_t account);
bool		petition_is_open(const struct petition *p);	/* filed and not ended */
const char	*petition_state_text(const char *state);

/* From a row of petition_by_no and its like. */
NODISCARD int	petition_from_row(const struct hall *h, struct rows *rows, struct petition *p,
		    struct err *err);
/* By the claimant's ref; ERR_NOT_FOUND with a sentence. */
NODISCARD int	petition_load(struct db *db, const struct hall *h, const struct who *who,
		    const char *ref, struct petition *p, struct err *err);
/* Any, by its number. */
NODISCARD int	petition_load_no(struct db *db, const struct hall *h, const char *no,
		    struct petition *p, struct err *err);
/* By the token of the old channel's link, or the number for the account it is about. */
NODISCARD int	petition_load_stop(struct db *db, const struct hall *h, const struct who *who,
		    const char *ref, struct petition *p, struct err *err);
/* A new draft: number and token are made; ref gets what the claimant has. */
NODISCARD int	petition_insert(struct db *db, const struct hall *h, const struct who *who,
		    struct petition *p, char ref[PETITION_REF], struct err *err);
/* As it is now, by compare-and-set, with this state; ERR_CONFLICT when somebody was first. */
NODISCARD int	petition_save(struct db *db, const struct hall *h, struct petition *p,
		    const char *state, struct err *err);
/* May the claimant say and upload anything (now)?  ERR_WRONG_STATE with a sentence. */
NODISCARD int	petition_editable(const struct petition *p, struct err *err);
/* To this state, with a journal line; ERR_CONFLICT when somebody was first. */
NODISCARD int	petition_move(struct db *db, const struct hall *h, const struct who *who,
		    struct petition *p, const char *state, const char *reason, struct err *err);
/* Tell the claimant. */
NODISCARD int	petition_tell(struct db *db, const struct hall *h, const struct petition *p,
		    const char *event, const json_t *more, struct err *err);
/* Tell the old channel: the account's number and mail as they were at the filing. */
NODISCARD int	petition_warn(struct db *db, const struct hall *h, const struct petition *p,
		    const char *event, const json_t *more, struct err *err);
/* The same "petition_warning" to each further account it is about, with a link of its own. */
NODISCARD int	petition_warn_others(struct db *db, const struct hall *h,
		    const struct petition *p, struct err *err);
/* The pictures of its kind, and whether all are there that must. */
NODISCARD int	petition_pictures(struct db *db, const struct petition *p, json_t **list,
		    bool *complete, struct err *err);
/* What every model has. */
json_t		*petition_model(const struct petition *p);
/* The digest under which a token is kept. */
void		petition_digest(const char *token, char digest[SM3_TEXT]);
/* A line of facts; value NULL: nothing the claimant said, for staff alone. */
void		petition_fact(json_t *list, const char *label, const char *value,
		    const char *known, bool same);
#endif
