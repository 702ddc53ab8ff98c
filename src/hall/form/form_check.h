#ifndef HALL_FORM_CHECK_H
#define HALL_FORM_CHECK_H
#include "hall/form/form.h"
/* The checks and choices that the tables of form_fields.c name. */
#define FORM_CHECK(name) \
	int	name(const struct form_context *c, const char *value, struct err *err)
FORM_CHECK(check_user_name);	/* letters and digits, short enough, free */
FORM_CHECK(check_name);		/* of a person: 2 characters or more, no digits */
FORM_CHECK(check_text);		/* no control characters */
FORM_CHECK(check_mobile);
FORM_CHECK(check_phone);
FORM_CHECK(check_mail);
FORM_CHECK(check_postcode);
FORM_CHECK(check_city);		/* lies in the province of the same form */
FORM_CHECK(check_unit_code);	/* by org_id_type */
FORM_CHECK(check_code_text);	/* letters, digits, hyphens */
FORM_CHECK(check_resident);
FORM_CHECK(check_person_id);	/* and agrees with the sex */
FORM_CHECK(check_adult);	/* resident id of somebody of age */
FORM_CHECK(check_future_date);
FORM_CHECK(check_years);	/* sold, and unchanged once paid */
FORM_CHECK(check_answer);
FORM_CHECK(check_password);
FORM_CHECK(check_password_again);
FORM_CHECK(check_login_name);
FORM_CHECK(check_code);		/* six digits */
FORM_CHECK(check_target);	/* mobile or mail */

json_t	*options_province(const struct form_context *c);
json_t	*options_city(const struct form_context *c);
json_t	*options_unit_code(const struct form_context *c);
json_t	*options_resident(const struct form_context *c);
json_t	*options_sex(const struct form_context *c);
json_t	*options_years(const struct form_context *c);
json_t	*options_seal(const struct form_context *c);
json_t	*options_question(const struct form_context *c);
json_t	*options_medium(const struct form_context *c);
bool	 form_has_question(const struct form_context *c);
bool	 form_has_seal(const struct form_context *c);
bool	 form_is_first(const struct form_context *c);	/* what later operations keep */
#endif
