#include "base/base.h"
#include "hall/steps.h"

#include "base/str.h"
#include "hall/act.h"
#include "hall/certificate/unlock.h"

static bool
mail_link_applies(const struct hall *h, const struct order *o)
{
	(void)h;
	return *js_str(o->form, "agent_mail") != '\0';
}

static int
mail_link_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	struct rows	*rows = NULL;
	char		 text[MASK_TEXT];
	int		 rc = -1;

	(void)h;
	(void)who;
	js_set_str(model, "mail_masked", mask_mail(js_str(o->form, "agent_mail"), text));
	if (db_query(db, SQL_PROOF_LINK_GET, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	rc = rows_next(rows, err);
	js_set_bool(model, "sent", rc > 0);
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

/* Opening the link shows a page; the button there proves it, so that a mail scanner does not. */
static int
mail_link_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *values, json_t *errors, struct err *err)
{
	(void)errors;
	if (unlock_take_link(db, h, o, js_str(values, "token"), err) < 0 ||
	    order_note(db, h, who, o, "proof", "邮件链接", err) < 0)
		return -1;
	return step_mark(db, h, who, o, "mail_link", err);
}

extern const struct step	step_mail_link;
const struct step		step_mail_link = {
	.name = "mail_link", .title = "邮件验证", .bar = "身份核验",
	.next = "请打开发到登记邮箱的链接", .proves = true, .applies = mail_link_applies,
	.show = mail_link_show, .accept = mail_link_accept,
};
