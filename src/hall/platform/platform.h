#ifndef HALL_PLATFORM_H
#define HALL_PLATFORM_H
#include "gate/fact.h"
#include "hall/account/session.h"
#include "hall/def/halldef.h"
#include "store/store.h"
/*
 * Users of another platform (住建云, a unified registration) who arrive signed in and need not
 * register.  The definition lists the platforms; OpenID Connect brings them (gate/oidc.h).
 *
 * A sign-in on its way is a row that one browser knows by a secret cookie.  What comes back must
 * carry the state of that row, once; the code goes to gate, and a waiting page looks for what gate
 * learned.  Then:
 *   - a user who was here before is signed in;
 *   - a new one whose mobile the platform has verified, and which is nobody's here, gets an
 *     account;
 *   - anybody else joins an account after a sign-in proof of that account: its session, or a code
 *     to its mobile.  Never because a number or an address is the same.
 *
 * Facts that the platform gives (name, code, handler) fill fields of a first application and can
 * be changed only there.  They are read again at each arrival.  An application that was begun
 * with others is not changed behind anybody's back: its form is to be confirmed anew, and what
 * was submitted is taken back into filling in.  What is approved stays as it was approved.
 */
#define PLATFORM_TOKEN	65		/* the browser's cookie */
#define PLATFORM_URL	2048
#define PLATFORM_FACT	100		/* characters of a value that fills a field */

enum platform_stand {
	PLATFORM_WAITING,		/* look again in a second */
	PLATFORM_GO,			/* the browser goes to url */
	PLATFORM_JOIN,			/* asks which account */
	PLATFORM_FAILED,		/* with a sentence */
	PLATFORM_IN,			/* signed in: token, next */
};
struct platform_step {
	enum platform_stand stand;
	char		 url[PLATFORM_URL];
	char		 token[PLATFORM_TOKEN];	/* of the session, or of the browser's cookie */
	char		 next[512];		/* page of ours to go to */
	int		 changed;		/* applications that are to be confirmed anew */
	bool		 fresh;			/* an account was made */
	const char	*sentence;		/* static */
};

/* Begin: PLATFORM_GO with token for the cookie, WAITING or FAILED.  ERR_NOT_FOUND: no such one. */
NODISCARD int	platform_begin(struct hall *h, const struct who *who, const char *id,
		    const char *next, struct platform_step *s, struct err *err);
/* The browser is back with query {"code","state","iss"?} or {"error","state"}: the code goes to
 * gate.  ERR_EXPIRED, ERR_DENIED with a sentence. */
NODISCARD int	platform_back(struct hall *h, const struct who *who, const char *id,
		    const char *cookie, const json_t *query, struct err *err);
/* Where it stands; WAITING, FAILED, JOIN or IN.  IN ends the entry. */
NODISCARD int	platform_arrive(struct hall *h, const struct who *who, const char *id,
		    const char *cookie, struct platform_step *s, struct err *err);
/* {"platform","platform_title","name" (masked),"mobile_masked","account" (masked mobile of who
 * is signed in, "")}: what the page says that asks which account. */
NODISCARD int	platform_join_model(struct hall *h, const struct who *who, const char *id,
		    const char *cookie, json_t **model, struct err *err);
/* Join the account of who (signed in), which is told; IN with next. */
NODISCARD int	platform_join(struct hall *h, const struct who *who, const char *id,
		    const char *cookie, struct platform_step *s, struct err *err);
/* Join the account of a mobile by a code to it (CODE_SIGNIN), in: form_mobile; one is made when
 * there is none.  IN with token and next. */
NODISCARD int	platform_join_code(struct hall *h, const struct who *who, const char *id,
		    const char *cookie, const json_t *in, json_t *errors,
		    struct platform_step *s, struct err *err);

/* [{"id","title","home"}] for the page of sign-in. */
json_t		*platform_choices(const struct hall *h);
/* [{"id","title","home","change","joined" (bool),"since","seen","fields":[{"label","value"}]}] */
NODISCARD int	platform_list(struct hall *h, const struct who *who, json_t **list,
		    struct err *err);
/* No longer joined: fields are free again. */
NODISCARD int	platform_leave(struct hall *h, const struct who *who, const char *id,
		    struct err *err);

/* ---- inside a transaction ---- */

/* What an account's platform gives to forms, {field: value}, {} none; *from: whose, NULL. */
NODISCARD int	platform_facts(struct db *db, const struct hall *h, int64_t account,
		    json_t **facts, const struct def_platform **from, struct err *err);
/* The same in a read of its own. */
NODISCARD int	platform_facts_read(struct hall *h, int64_t account, json_t **facts,
		    const struct def_platform **from, struct err *err);
/* A fact of gate's. */
NODISCARD int	platform_apply(struct db *db, struct hall *h, const struct platform_fact *fact,
		    struct err *err);
NODISCARD int	platform_tick(struct db *db, int64_t now, struct err *err);

/* ---- the rules, for tests ---- */

/* {field: value} out of claims, as the definition maps them; what is no text is left out. */
json_t		*platform_map(const struct def_platform *p, const json_t *claims);
/* The number of phone_number when the platform verified it and it is a mobile of ours, else "". */
void		 platform_mobile(const json_t *claims, char mobile[16]);
#endif
