#ifndef HALL_HALL_H
#define HALL_HALL_H
#include "base/json.h"
/*
 * One service hall at work: its definition (halls/x.yaml), its store and the services it
 * asks.  Everything a page, the gate or the command line needs is a function of this floor;
 * no HTML, no HTTP, no name of a company here.
 *
 * Conventions of the floor
 *  - `const struct who *who` says on whose behalf: the rights are checked here, again.
 *    An order that is not the account's own is ERR_NOT_FOUND, as one that does not exist.
 *  - Input from a form is a JSON object of strings {name: value}.  What is wrong with a field
 *    is appended to `errors` (a JSON array) as {"field","label","text"} and the function
 *    gives -1 with ERR_INPUT; nothing has been changed then.  Other failures (ERR_LIMIT,
 *    ERR_WRONG_STATE …) come as a Chinese sentence in err alone.
 *  - `json_t **model` is a new reference for the caller: the view model of a page.  Times in
 *    it are texts ("2026-11-21 09:05:07"), amounts are texts in yuan ("340.00") with the fen
 *    beside them (…_fen), states come as "state" (name) and "state_text" (Chinese).
 *  - Any thread may call; a struct hall is read-only after hall_open.
 */
struct hall;
struct halldef;
struct store;
struct seal;
struct services;

/* Roles of staff, or-ed. */
enum staff_role {
	ROLE_REVIEWER	= 1 << 0,	/* reviews and approves applications */
	ROLE_MAKER	= 1 << 1,	/* writes keys, ships, hands over */
	ROLE_FINANCE	= 1 << 2,	/* confirms transfers, looks after exceptions */
	ROLE_ADMIN	= 1 << 3,	/* staff list */
};

/* On whose behalf something is asked. All zero: a visitor. */
struct who {
	int64_t		 account;	/* applicant's account, 0: none */
	int64_t		 staff;		/* member of staff, 0: none */
	unsigned int	 roles;		/* enum staff_role or-ed, of staff */
	const char	*key;		/* certificate (serial) signed in with; NULL or "": none */
	const char	*way;		/* title of the platform that brought them; NULL none */
	bool		 system;	/* the gate or the command line */
	const char	*address;	/* peer address without port; "" unknown */
	const char	*agent;		/* User-Agent, cut; may be NULL */
};

/*
 * Open the definition, the hall store and the data key named by the settings
 * (web.hall_file, store.hall, store.data_key).  What the services are: services.h.
 */
NODISCARD int	 hall_open(struct hall **out, struct err *err);
/* The same from parts, for tests; the hall borrows the store and the seal. */
NODISCARD int	 hall_open_with(struct hall **out, const char *hall_file, struct store *store,
		    struct seal *seal, const struct services *services, struct err *err);
void		 hall_close(struct hall *h);		/* NULL: no-op */

const struct halldef	*hall_def(const struct hall *h);
struct store		*hall_store(const struct hall *h);
const struct seal	*hall_seal(const struct hall *h);
const struct services	*hall_services(const struct hall *h);
/* Load a definition, say what is wrong with it; for `yinxin hall check`. */
NODISCARD int	 hall_check(const char *path, struct err *err);

/* The CSRF token that belongs to a cookie value (session token or visitor cookie). */
#define CSRF_TEXT	65
void		 hall_csrf(const struct hall *h, const char *cookie, char token[CSRF_TEXT]);
bool		 hall_csrf_is(const struct hall *h, const char *cookie, const char *token);

/* Add {"field","label","text"} to errors and set err (ERR_INPUT, the sentence): gives -1. */
int		 hall_field_error(json_t *errors, const char *field, const char *label,
		    struct err *err, const char *fmt, ...) PRINTF(5, 6);
#endif
