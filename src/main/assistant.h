#ifndef MAIN_ASSISTANT_H
#define MAIN_ASSISTANT_H
#include "base/json.h"
#include "token/ukey.h"
/*
 * The certificate assistant (证书助手): on the user's own PC, between the pages of a hall and
 * the UKeys.  It answers on loopback only, to origins the user has allowed.
 */
#define ASSISTANT_LIST	16

struct assistant {
	const char	*drivers[ASSISTANT_LIST];	/* paths of SKF libraries */
	size_t		 n_drivers;
	const char	*origins[ASSISTANT_LIST];	/* allowed by the command line */
	size_t		 n_origins;
	const char	*hall;			/* origin whose clock is compared; may be NULL */
	const char	*ca_file;		/* of the hall's TLS certificate; may be NULL */
	const char	*state_dir;		/* remembers what the user allowed */
	int		 port;
};

/* Command forms: make-key, list, csr, install, sign. */
NODISCARD int	assistant_command(int argc, char **argv, struct err *err);
/* Serve until SIGTERM. */
NODISCARD int	assistant_serve(const struct assistant *a, struct err *err);

/* ---- keys (assistant_keys.c); the JSON of the endpoints ---- */

/* {"keys":[ukey_describe…],"drivers":[{"path","vendor","error"?}]} */
NODISCARD int	keys_list(const struct assistant *a, json_t **out, struct err *err);
/*
 * Run fn with one key open: `wanted` (a device name) or the only one plugged in.
 * ERR_NOT_FOUND: none; ERR_INPUT: several.  Serialised over threads.
 */
typedef int (*keys_fn)(struct ukey *u, const json_t *in, json_t *out, struct err *err);
NODISCARD int	keys_with(const struct assistant *a, const char *wanted, keys_fn fn,
		    const json_t *in, json_t *out, struct err *err);
/* Endpoints: in and out as the table in assistant_http.c says. */
int	keys_verify_pin(struct ukey *u, const json_t *in, json_t *out, struct err *err);
int	keys_change_pin(struct ukey *u, const json_t *in, json_t *out, struct err *err);
int	keys_make(struct ukey *u, const json_t *in, json_t *out, struct err *err);
int	keys_install(struct ukey *u, const json_t *in, json_t *out, struct err *err);
int	keys_sign(struct ukey *u, const json_t *in, json_t *out, struct err *err);
/* {"checks":[{"name","ok","text"}]}: what is wrong, in plain sentences. */
NODISCARD int	keys_check(const struct assistant *a, json_t **out, struct err *err);

/* ---- who may ask (assistant_pairing.c) ---- */
bool	pairing_is_allowed(const struct assistant *a, const char *origin);
/* Note that an origin asks; the 6-digit code is shown on both pages. */
void	pairing_ask(const struct assistant *a, const char *origin, json_t *out);
/* {"pending":[{"origin","code"}],"allowed":[origin]} */
void	pairing_state(const struct assistant *a, json_t *out);
NODISCARD int	pairing_decide(const struct assistant *a, const char *origin, bool allow,
		    struct err *err);
#endif
