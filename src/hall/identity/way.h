#ifndef HALL_WAY_H
#define HALL_WAY_H
#include "hall/form/form.h"
/*
 * A way to prove who the subject of a certificate is (rows RNV-U-01 to 03, RNV-I-01): what the
 * applicant fills in and which questions follow one another.  Each is a row of way.c and a
 * line in ways.def; the order of questions is all there is to a way, proof.h walks them.
 */
enum way_stage {
	WAY_COMPANY,		/* the register: is this person its legal representative? */
	WAY_MOBILE3,		/* name, ID number and phone belong together */
	WAY_CARD4,		/* … and the bank card, with the phone left at the bank */
	WAY_CODE,		/* a code by SMS to that phone */
	WAY_REMIT,		/* what stands on the statement of an account in the subject's name */
	WAY_FACE,		/* by phone: face.h */
};
#define WAY_STAGES	3
struct way {
	const char	*name;		/* "legal_phone" */
	const char	*title;		/* 法定代表人手机认证 */
	const char	*needs;		/* what to have at hand */
	const char	*takes;		/* how long it takes */
	bool		 organisation, person;	/* which subjects it is for */
	const struct field *form;	/* filled in; NULL: nothing */
	enum way_stage	 stages[WAY_STAGES];
	int		 n_stages;
};
extern const struct way *const ways_all[];	/* ends with NULL */
const struct way	*way_by_name(const char *name);	/* NULL */
bool		 way_has(const struct way *w, enum way_stage stage);
#endif
