#ifndef GATE_OIDC_H
#define GATE_OIDC_H
#include "gate/fact.h"
#include "gate/reply.h"
/*
 * Signing in at a platform by OpenID Connect Core 1.0, as the relying party: the authorization
 * code flow with PKCE (RFC 7636, S256), state and nonce.  Which platforms there are, and the file
 * of the secret we have at each, is asked of the sink alone; who puts a row only names one.
 *
 * The token endpoint and the keys are those of the platform's discovery document, whose issuer
 * must be the one agreed.  An ID token counts when jws.h says that it is signed by a key of the
 * platform and its claims are for us, for this very sign-in and for now (Core 3.1.3.7); what
 * userinfo adds counts when its subject is the same (Core 5.3.2).
 *
 * Not checked: whether a sign-in at the platform was a strong one (acr), and revocation of its
 * sessions: we end ours by our own rules.
 */
#define OIDC_URL	500		/* longest address of a platform */
#define OIDC_LEEWAY	60		/* seconds that its clock and ours may differ */

struct oidc_answer {
	bool	 ok;
	char	 reason[64];		/* when not */
	char	 authorize[OIDC_URL + 1];
	bool	 names_itself;		/* it adds iss to what it sends back (RFC 9207) */
	json_t	*claims;		/* of the ID token and of userinfo; NULL; oidc_answer_free */
};
void	oidc_answer_free(struct oidc_answer *a);

/* What the platform publishes: fills authorize and names_itself.  DONE whatever came of it. */
enum verdict	oidc_discover(const struct gate_platform *p, struct oidc_answer *a,
		    struct reply *r);
struct oidc_code {
	const char	*code, *verifier, *nonce, *redirect;
};
/* Exchange a code: fills claims.  DONE whatever came of it: a code is good for one try. */
enum verdict	oidc_exchange(const struct gate_platform *p, const struct oidc_code *c,
		    struct oidc_answer *a, struct reply *r);

/* ---- the rules, for tests ---- */

/* May an address of this issuer's document be called?  https, or loopback when the issuer is. */
bool		oidc_url_is_good(const char *issuer, const char *url);
/* The claims of a token whose signature holds. ERR_INPUT says which rule they break. */
NODISCARD int	oidc_check(const struct gate_platform *p, const json_t *claims,
		    const char *nonce, const char *access_token, int64_t now, struct err *err);
void		oidc_forget(void);	/* what was learned of platforms; for tests */
#endif
