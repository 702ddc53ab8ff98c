#ifndef HALL_STEPS_H
#define HALL_STEPS_H
#include "hall/order/order.h"
/*
 * The steps of an application.  The definition names them in order; each is a row
 * `const struct step step_<name>` in steps/<name>.c and a line in steps.def.  An order may be
 * left at any step and continued from any device.
 *
 * Models of step_show ("step","title","no","state","progress","words" (words.h) are always there):
 *  agreement  {"agreements":[{"id","title","version","digest","paragraphs":[…]}]}
 *             accept: {"agree_<id>": "1" for each}; "disagree" cancels the draft
 *  form       {"groups": form_model, "price": catalog_product, "fee_note"}
 *             accept: the fields of the product's form
 *  confirm    {"summary":[{"label","value"}],"ways":[{"id","title","help","address",
 *             "selected"}],"groups": form_model of form_collection,"amount","amounts","ends"} and
 *             what eseal_picture_model says
 *             accept: {"way","receiver","phone","province","city","address"}
 *  print      {"documents":[{"name":"form","title"},…]}; the PDF comes from print_pdf
 *             accept: {} (acknowledged)
 *  materials  {"materials":[…] as material_list, "complete"}; accept: {} when complete
 *  identity   face.h: {"session":{…},"attempts_left"}; accept: {} when passed
 *  proof      proof.h: {"ways":[{"name","title","needs","takes","groups"}],"proof": proof_model |
 *             null,"open","earlier":{"title","day","until"} | null,"subject_name","subject_no",
 *             "tries","session" (face)}; accept: {} when passed
 *  pin_account {"holder","groups"}; accept: {"bank","account"}
 *  payment    payment.h: {"amount","amounts","ways":[…],"bank":{…},"trade"?:{…},"paid"}; accept: {}
 *  question   {"question"}; accept: {"answer"}
 *  phone_code {"mobile_masked","of_account"}; accept: {"code"} (phone_code_send)
 *  mail_link  {"mail_masked","sent"}; accept: {"token"} (unlock_send_link)
 *  challenge  {"read","ukey"}; accept: {"ukey","challenge"} from the locked UKey
 *  unlock     {"ukey","may_unlock"}; nothing to accept: unlock.h
 *  reason     {"reasons":[{"id","text","selected"}],"text","receivers":[{"serial","subject",
 *             "not_after","selected"}],"old":{…}}; accept: {"reason","text","receiver"}
 *  recover    recover.h: {"may_recover","recovery":{…}}; nothing to accept
 *  review     {"review_days","state_text","return"?}; nothing to accept
 *  fetch      {"collection":{…},"may_fetch","delivery"?}; nothing to accept
 */
struct step {
	const char	*name;
	const char	*title;		/* in the progress bar: 材料提交 */
	const char	*next;		/* what the applicant has to do: 请上传材料 */
	const char	*bar;		/* steps with the same word share a place in the bar */
	bool		 proves;	/* shows who the applicant is; an unlocking needs two */
	/* Does this order need it? NULL: yes. */
	bool		(*applies)(const struct hall *h, const struct order *o);
	/* Fill the page's model.  Inside a read. */
	int		(*show)(struct db *db, struct hall *h, const struct who *who,
			    const struct order *o, json_t *model, struct err *err);
	/* Check the input before the write; *values is what accept gets. NULL: in itself. */
	int		(*check)(struct hall *h, const struct order *o, const json_t *in,
			    json_t **values, json_t *errors, struct err *err);
	/* Take the values; inside a write, o freshly loaded; marks itself done (step_mark).
	   NULL: this step takes nothing. */
	int		(*accept)(struct db *db, struct hall *h, const struct who *who,
			    struct order *o, const json_t *values, json_t *errors,
			    struct err *err);
	/* Is it done? NULL: when marked in order.steps. */
	bool		(*done)(const struct order *o);
};
extern const struct step *const steps_all[];	/* ends with NULL */
const struct step	*step_by_name(const char *name);

/* The first step not done, NULL after the last. */
const struct step	*step_current(const struct hall *h, const struct order *o);
/*
 * The six places of the bar: [{"name","title","state":"done"|"current"|"todo","done":bool,
 * "current":bool,"todo":bool}]
 */
json_t		*step_progress(const struct hall *h, const struct order *o,
		    const struct step *at);
/* "请上传 3 份材料" …: what is next, for lists. */
const char	*step_next_text(const struct hall *h, const struct order *o);
/* Mark done; when all the applicant's steps are done, move the order to review. */
NODISCARD int	step_mark(struct db *db, struct hall *h, const struct who *who,
		    struct order *o, const char *name, struct err *err);
/*
 * Move on when the applicant has done everything (after a fact from outside): to review, or
 * once that is over to approved, with the authorisation code.
 */
NODISCARD int	step_settle(struct db *db, struct hall *h, const struct who *who,
		    struct order *o, struct err *err);
/* Is something of the applicant's left that comes after review (payment)? */
bool		step_is_owed(const struct hall *h, const struct order *o);
void		step_unmark(struct order *o, const char *name);
/* How many steps that prove the applicant this order has; done: only those that are done. */
size_t		step_proofs(const struct hall *h, const struct order *o, bool done);

/* The phone that the code of the step phone_code goes to; inside a transaction. */
#define STEP_MOBILE	64
NODISCARD int	phone_code_mobile(struct db *db, const struct hall *h, const struct order *o,
		    char mobile[STEP_MOBILE], struct err *err);
/* ERR_WRONG_STATE unless this is what the applicant has to do next: nothing is sent for nothing. */
NODISCARD int	step_is_now(const struct hall *h, const struct order *o, const char *name,
		    struct err *err);

/* ---- for pages ---- */
/* Send the code of the step phone_code. in {"captcha_id","captcha"} */
NODISCARD int	phone_code_send(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, struct err *err);
/* name NULL: the current step.  A step whose predecessors are not done is ERR_WRONG_STATE. */
NODISCARD int	step_show(struct hall *h, const struct who *who, const char *no,
		    const char *name, json_t **model, struct err *err);
/* *next gets the name of the step to show now (static text). */
NODISCARD int	step_accept(struct hall *h, const struct who *who, const char *no,
		    const char *name, const json_t *in, json_t *errors,
		    const char **next, struct err *err);
#endif
