#ifndef IPC_IPC_H
#define IPC_IPC_H
#include "base/json.h"
/*
 * Requests between our own processes over Unix sockets (<run.dir>/<service>.sock).
 *
 * A frame is two 32-bit big-endian lengths, a JSON object and a blob (may be empty), bounded
 * by LIMIT_FRAME.  The first frame on a connection is a greeting: the version of the
 * service's request table and who is calling.  Who is calling is believed only when proved:
 * by the peer's user id (SO_PEERCRED) and by the token that the supervisor handed to that
 * process alone.  Users who are none of ours are not even listened to; and a token is told
 * only to a socket whose user may be that service.
 * A service's table says who may ask what; anything else is refused with ERR_DENIED, logged
 * and told to on_refused (the signer and kmc journal it).
 */
enum ipc_role {
	IPC_WEB		= 1 << 0,
	IPC_SIGNER	= 1 << 1,
	IPC_KMC		= 1 << 2,
	IPC_VA		= 1 << 3,
	IPC_GATE	= 1 << 4,
	IPC_DOC		= 1 << 5,
	IPC_ENROL	= 1 << 7,
	IPC_ADMIN	= 1 << 6,	/* the command line, run by root or the data's owner */
};
const char	*ipc_role_name(enum ipc_role role);		/* "web" … */
enum ipc_role	 ipc_role_by_name(const char *name);		/* 0 when unknown */

struct ipc_msg {
	json_t		*json;		/* an object */
	struct buf	 blob;		/* bytes too large for JSON (images, PDF) */
};
void	ipc_msg_init(struct ipc_msg *m);	/* empty object, empty blob */
void	ipc_msg_free(struct ipc_msg *m);

/* One row of a service's permit table. */
struct ipc_request {
	const char	*name;		/* "issue" */
	unsigned int	 who;		/* enum ipc_role or-ed: who may ask */
	int		(*answer)(const struct ipc_msg *in, struct ipc_msg *out,
			    enum ipc_role caller, void *arg, struct err *err);
};

struct ipc_service {
	const char			*name;		/* "signer" */
	int				 version;	/* of the table; a client of another
							   version is refused */
	const struct ipc_request	*requests;	/* ends with name NULL */
	int				 threads;	/* answers at once */
	void				*arg;
	void				(*on_refused)(enum ipc_role caller, const char *request,
					    void *arg);	/* may be NULL */
};
struct ipc_server;
NODISCARD int	ipc_server_new(struct ipc_server **out, const struct ipc_service *service,
		    struct err *err);
void		ipc_server_run(struct ipc_server *s);		/* until stopped */
void		ipc_server_stop(struct ipc_server *s);		/* any thread, signal-safe */
void		ipc_server_free(struct ipc_server *s);

/*
 * Ask a service and wait for its answer.  Connections are pooled per thread and service and
 * made again when broken.  An error of the service comes back as it was (kind and sentence);
 * an unreachable service gives ERR_BUSY.  `in` is borrowed, `out` must be initialised.
 * Asked once; only when a kept connection turns out to be dead it is asked once more over a fresh
 * one, so a request may be answered twice: requests are idempotent.
 */
NODISCARD int	ipc_ask(const char *service, int version, const char *request,
		    const struct ipc_msg *in, struct ipc_msg *out, int64_t timeout_ms,
		    struct err *err);
/* The same for a JSON object (dropped here) and the whole answer (a new reference; NULL: not
 * wanted). */
NODISCARD int	ipc_ask_json(const char *service, int version, const char *request,
		    json_t *question, json_t **out, int64_t timeout_ms, struct err *err);
/* As who this process speaks; set once at start (the token is read from YINXIN_IPC_TOKEN). */
void		ipc_speak_as(enum ipc_role role);

/*
 * For the supervisor: make a fresh token for each role and write the administrator's to
 * <run.dir>/admin.token (0600).  ipc_export_identity, in the child, puts into the environment the
 * child's own token and, for those who serve, the SM3 digests of all tokens (a digest lets one
 * recognise a token, not speak with it).
 */
void		ipc_make_tokens(void);
void		ipc_export_identity(enum ipc_role role);

/* The frame, for tests and the fuzzer: parse the 8-byte head. ERR_LIMIT, ERR_INPUT. */
NODISCARD int	ipc_frame_head(const unsigned char head[8], size_t *json_len, size_t *blob_len,
		    struct err *err);
#endif
