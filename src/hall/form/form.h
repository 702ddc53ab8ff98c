#ifndef HALL_FORM_H
#define HALL_FORM_H
#include "hall/hall.h"
/*
 * Forms as tables: one row a field.  Values are trimmed and full-width characters folded
 * before they are checked; the kept value is the normalised one.  A missing optional field
 * is kept as "".  Fields not in the table are ignored.
 */
enum field_type {
	FIELD_TEXT, FIELD_TEL, FIELD_MAIL, FIELD_DATE, FIELD_CHOICE, FIELD_RADIO,
	FIELD_PASSWORD,		/* neither trimmed nor folded, never given back in a model */
	FIELD_CODE, FIELD_HIDDEN, FIELD_TICK
};

struct form_context {
	struct hall		*hall;
	const json_t		*values;	/* all normalised values, for cross-checks */
	int64_t			 order;		/* whose form it is, 0: new */
	const char		*product;	/* NULL outside an application */
	const char		*op;		/* of the order; NULL: a first application */
	const json_t		*given;		/* what a platform gives (platform.h); NULL none */
	const char		*given_help;	/* where it can be changed */
	const json_t		*stands;	/* the order's own values: those of fixed fields */
};

struct field {
	const char	*name;		/* "org_name"; NULL ends a table */
	const char	*label;		/* 单位名称 */
	const char	*group;		/* heading it stands under; NULL: as before */
	enum field_type	 type;
	bool		 required;
	size_t		 max;		/* characters */
	const char	*help;		/* one sentence beside the field; may be NULL */
	/* 0, or -1 with the sentence (ERR_INPUT); called for non-empty values. May be NULL. */
	int		(*check)(const struct form_context *c, const char *value,
			    struct err *err);
	/* The choices as [{"value","text"}]; any other value is refused. May be NULL. */
	json_t		*(*options)(const struct form_context *c);
	/* Does the field exist here? NULL: always. */
	bool		(*applies)(const struct form_context *c);
};

/*
 * A renewal or re-issue certifies what stood: a field that the product puts into the certificate is
 * shown and keeps its value, whatever is sent.
 */
bool	form_is_fixed(const struct form_context *c, const struct field *f);
/* A field of a first application that a platform fills: fixed too, but still checked. */
bool	form_is_given(const struct form_context *c, const struct field *f);

extern const struct field form_organisation[], form_person[], form_register[],
    form_password[], form_reset[], form_mobile[], form_mail[], form_collection[],
    form_petition_mobile[], form_petition_handler[], form_mend_mobile[], form_mend_handler[],
    form_handover[], form_account[];
/* By the name a product gives; NULL when unknown. */
const struct field	*form_by_name(const char *name);

/*
 * Check `in` against the table: *values gets the normalised object (also on ERR_INPUT, to
 * show it again), `errors` what is wrong.
 */
NODISCARD int	form_check(const struct form_context *c, const struct field *fields,
		    const json_t *in, json_t **values, json_t *errors, struct err *err);
/* One field alone, for checking while typing. */
NODISCARD int	form_check_one(const struct form_context *c, const struct field *fields,
		    const char *name, const json_t *in, struct err *err);
/*
 * [{"group":text,"fields":[{"name","label","required","max","help","value","options"?,
 *   "is_text"|"is_tel"|"is_mail"|"is_date"|"is_choice"|"is_radio"|"is_password"|"is_tick"|
 *   "is_hidden"|"is_code"|"is_fixed": true, "error"?}]}] ; options carry "selected".
 * errors (may be NULL) puts each sentence beside its field.
 */
json_t	*form_model(const struct form_context *c, const struct field *fields,
	    const json_t *values, const json_t *errors);
/* Is a certificate user name free? ERR_CONFLICT with a sentence otherwise. */
NODISCARD int	form_user_name_free(struct hall *h, const char *name, int64_t order,
		    struct err *err);
#endif
