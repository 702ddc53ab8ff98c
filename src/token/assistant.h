#ifndef TOKEN_ASSISTANT_H
#define TOKEN_ASSISTANT_H
#include "base/json.h"
#include "http/server.h"
#include "token/ukey.h"
/*
 * The certificate assistant (证书助手): on the user's own PC, between the pages of a hall and
 * the UKeys.  It answers on loopback only, to origins the user has allowed.
 *
 * Its endpoints, and who may ask them, stand in one table in assistant_http.c.
 */
#define ASSISTANT_LIST	16
#define ASSISTANT_BODY	(64 * 1024)	/* largest request */

struct assistant {
	const char	*drivers[ASSISTANT_LIST];	/* paths of SKF libraries */
	size_t		 n_drivers;
	const char	*origins[ASSISTANT_LIST];	/* allowed by the command line */
	size_t		 n_origins;
	const char	*hall;			/* origin whose clock is compared; may be NULL */
	const char	*ca_file;		/* of the hall's TLS certificate; may be NULL */
	const char	*state_dir;		/* remembers what the user allowed and signed */
	const char	*soft_dir;		/* of soft certificates (token/soft.h); NULL: none */
	int		 port;			/* 0: any free; assistant_listen sets it */
};

/*
 * Listen on loopback; http_server_run serves.  `a` stays the caller's and must outlive the
 * server.  body_ms: see http_config; 0 as there.
 */
NODISCARD int	assistant_listen(struct assistant *a, int64_t body_ms, struct http_server **out,
		    struct err *err);

/* ---- keys (assistant_keys.c); the JSON of the endpoints ---- */

/* {"keys":[ukey_describe…],"drivers":[{"path","vendor","error"?}]} */
NODISCARD int	keys_list(const struct assistant *a, json_t **out, struct err *err);
/*
 * Run fn with one key open: `wanted` (a device name) or the only UKey plugged in; a soft
 * certificate only by its name.
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
int	keys_recover_request(struct ukey *u, const json_t *in, json_t *out, struct err *err);
int	keys_recover_install(struct ukey *u, const json_t *in, json_t *out, struct err *err);
int	keys_sign(struct ukey *u, const json_t *in, json_t *out, struct err *err);
int	keys_open(struct ukey *u, const json_t *in, json_t *out, struct err *err);
int	keys_unlock_challenge(struct ukey *u, const json_t *in, json_t *out, struct err *err);
int	keys_unlock_finish(struct ukey *u, const json_t *in, json_t *out, struct err *err);
/*
 * Activation PINs (assistant_activation.c): the site encrypts one to our point, so that the page
 * between carries what it can not read.  Already set by a try before: that is right, too.
 */
NODISCARD int	activation_point(json_t *out, struct err *err);
int	keys_activate(struct ukey *u, const json_t *in, json_t *out, struct err *err);
/* Soft certificates (assistant_soft.c). */
NODISCARD int	keys_soft_make(const struct assistant *a, const json_t *in, json_t *out,
		    struct err *err);
NODISCARD int	keys_soft_list(const struct assistant *a, json_t *out, struct err *err);
int	keys_soft_export(struct ukey *u, const json_t *in, json_t *out, struct err *err);
int	keys_soft_put_aside(struct ukey *u, const json_t *in, json_t *out, struct err *err);
/* {"checks":[{"name","ok","text"}]}: what is wrong, in plain sentences. */
NODISCARD int	keys_check(const struct assistant *a, json_t **out, struct err *err);

/* ---- who may ask (assistant_pairing.c) ---- */
#define PAIRING_MINUTES	2		/* a request that is not answered is forgotten */

/* An origin that may be allowed at all: https, or http on loopback; never "null". */
bool	pairing_is_sound(const char *origin);
bool	pairing_is_allowed(const struct assistant *a, const char *origin);
/* Note that an origin asks; the 6-digit code is shown on both pages: {"allowed","code"?}. */
void	pairing_ask(const struct assistant *a, const char *origin, json_t *out);
/* {"pending":[{"origin","code","seconds"}],"allowed":[{"origin","removable"}]} */
void	pairing_state(const struct assistant *a, json_t *out);
NODISCARD int	pairing_decide(const struct assistant *a, const char *origin, bool allow,
		    struct err *err);
/* ERR_NOT_FOUND; ERR_WRONG_STATE: allowed by the command line. */
NODISCARD int	pairing_remove(const struct assistant *a, const char *origin, struct err *err);

/* ---- what was signed (assistant_signed.c) ---- */
#define SIGNED_KEPT	200		/* the newest rows */

/*
 * Note a signature: time, origin, kind, SM3 of the text, serial of the certificate; not the
 * text.  Written durably before the signature is given out; -1: then it is not given out.
 */
NODISCARD int	signed_add(const struct assistant *a, const char *origin, const char *text,
		    const char *serial, struct err *err);
/* {"signed":[{"time","origin","kind","digest","serial"}]}, the newest first. */
void	signed_list(const struct assistant *a, json_t *out);
#endif
