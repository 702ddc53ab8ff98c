#include "base/base.h"
#include "hall/def/halldef_read.h"

/* The section "account": what its holder can do where the usual proof is missing. */

#define PETITION_DAYS	60
#define SIGN_IN_NOTICES	5		/* in 24 hours, where the definition does not say */
#define SIGN_IN_MOST	50

/* Whoever is asked for must hear of it: no petition without its warning by SMS and mail. */
static int
read_petition(struct reader *r, const struct yaml *account, const char *name,
    struct def_petition *p, struct err *err)
{
	static const char *const	 known[] = { "wait_days", "reviewers", "letter", NULL };
	const struct yaml		*y = yaml_get(account, name);
	const struct def_notice		*n = halldef_notice(r->def, "petition_warning");
	int64_t				 days = 0, reviewers = 0;

	p->letter = "";
	if (y == NULL)
		return 0;
	if (yaml_keys(r->doc, y, known, err) < 0 ||
	    yaml_int(r->doc, y, "wait_days", 1, PETITION_DAYS, 3, &days, err) < 0 ||
	    yaml_int(r->doc, y, "reviewers", 1, 2, 1, &reviewers, err) < 0 ||
	    read_text(r, y, "letter", "", &p->letter, err) < 0)
		return -1;
	if (n == NULL || *n->sms_code == '\0' || *n->mail_subject == '\0')
		return yaml_err(r->doc, y, err,
		    "\"%s\" needs notices.petition_warning with an SMS and a mail", name);
	p->wait_days = (int)days;
	p->reviewers = (int)reviewers;
	return 0;
}

int
read_account(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const	 known[] = { "mobile_petition", "handler_petition", "sign_in_notices",
	    NULL };
	const struct yaml		*y = yaml_get(root, "account");
	int64_t				 told = 0;

	r->def->sign_in_notices = SIGN_IN_NOTICES;
	if (y != NULL && (yaml_keys(r->doc, y, known, err) < 0 || yaml_int(r->doc, y,
	    "sign_in_notices", 0, SIGN_IN_MOST, SIGN_IN_NOTICES, &told, err) < 0))
		return -1;
	if (y != NULL)
		r->def->sign_in_notices = (int)told;
	if (read_petition(r, y, "mobile_petition", &r->def->petition_mobile, err) < 0 ||
	    read_petition(r, y, "handler_petition", &r->def->petition_handler, err) < 0)
		return -1;
	if (r->def->petition_handler.wait_days != 0 && *r->def->petition_handler.letter == '\0')
		return yaml_err(r->doc, y, err, "\"handler_petition\" needs a letter");
	return 0;
}
