#ifndef HALL_ACCOUNT_OWN_H
#define HALL_ACCOUNT_OWN_H
#include "hall/act.h"
/* Accounts as rows, between the files of the hall.  Inside a transaction. */

/* Whose login name this is (mobile, mail or name, in the spelling of account_login); 0: nobody's. */
NODISCARD int	account_find(struct db *db, const struct hall *h, const char *login, int64_t *id,
		    struct err *err);
/* The spelling under which a login name is counted and sought. */
void		account_login(const char *typed, char low[128]);
/* As account_model, and "active"; password (PASSWORD_TEXT bytes) may be NULL. */
NODISCARD int	account_facts(struct db *db, const struct hall *h, int64_t id, json_t **model,
		    char *password, struct err *err);
/* An account of a mobile that was proved (how: "sms", or a platform's id); no mail, and a password
 * (argon2id) that nobody knows. */
NODISCARD int	account_make(struct db *db, const struct hall *h, const struct who *who,
		    const char *mobile, const char *password, const char *how, int64_t *id,
		    struct err *err);
/* The number becomes the account's, and its orders follow (agent.h); ERR_CONFLICT when it is
 * somebody's. */
NODISCARD int	account_mobile_store(struct db *db, struct hall *h, const struct who *who,
		    int64_t account, const char *number, struct err *err);
#endif
