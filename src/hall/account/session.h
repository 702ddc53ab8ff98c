#ifndef HALL_SESSION_H
#define HALL_SESSION_H
#include "hall/hall.h"
/*
 * Sessions in the store.  The token is 32 random bytes (hex) that only the browser has; the
 * store keeps its digest.  A session ends when idle too long, at its absolute end, at sign-out,
 * at a change of password.  A new token is made at each sign-in.  Staff sessions are another
 * kind: a token of one kind is never one of the other.
 */
#define SESSION_TOKEN	65
enum session_kind { SESSION_ACCOUNT, SESSION_STAFF };

struct session {
	enum session_kind kind;
	int64_t		 owner;			/* account or staff id */
	unsigned int	 roles;			/* of staff, as they are now */
	char		 name[128];		/* to greet: masked mobile, or the staff's name */
	char		 serial[65];		/* certificate signed in with, "" for password */
	char		 csrf[CSRF_TEXT];
	int64_t		 started, seen, ends;
};
NODISCARD int	session_start(struct hall *h, const struct who *who, enum session_kind kind,
		    int64_t owner, const char *serial, char token[SESSION_TOKEN],
		    struct err *err);
/* ERR_EXPIRED (sign in again) when unknown, ended or of the other kind. */
NODISCARD int	session_load(struct hall *h, const char *token, enum session_kind kind,
		    struct session *out, struct err *err);
NODISCARD int	session_end(struct hall *h, const char *token, struct err *err);
/* [{"started","seen","address","way","current"}], the newest first: where the owner is signed in;
 * token is the one that asks. */
NODISCARD int	session_list(struct hall *h, enum session_kind kind, int64_t owner,
		    const char *token, json_t **list, struct err *err);
/* All but the one with this token. */
NODISCARD int	session_end_others(struct hall *h, enum session_kind kind, int64_t owner,
		    const char *token, struct err *err);
/* The same inside a transaction. */
struct db;
NODISCARD int	session_drop_all(struct db *db, enum session_kind kind, int64_t owner,
		    struct err *err);
NODISCARD int	session_end_all(struct hall *h, enum session_kind kind, int64_t owner,
		    struct err *err);
#endif
