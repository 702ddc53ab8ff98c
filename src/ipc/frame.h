#ifndef IPC_FRAME_H
#define IPC_FRAME_H
#include "ipc/ipc.h"
/* Whole messages over a socket; private to the floor. */

#define FRAME_GREETING	4096		/* a greeting is not larger: it comes from anybody */

/*
 * deadline: clock_steady().  ERR_BUSY when the peer is gone or late; ERR_LIMIT when the
 * message is larger than max (at most LIMIT_FRAME), before room is made for it.
 */
NODISCARD int	frame_write(int fd, const struct ipc_msg *m, int64_t deadline, struct err *err);
NODISCARD int	frame_read(int fd, struct ipc_msg *m, size_t max, int64_t deadline,
		    struct err *err);

/* Who may speak: the tokens and the user ids. */
#define TOKEN_TEXT	65
const char	*identity_token(void);			/* of this process; "" none */
/* Is this the token of that role? */
bool		 identity_is(enum ipc_role role, const char *token);
/* The user at the other end of the socket is one of ours at all / may be that role. */
bool		 identity_is_ours(int fd);
bool		 identity_uid_fits(int fd, enum ipc_role role);
/*
 * The user who listens at the other end may be that service: else somebody sits on its socket,
 * and must not be told our token.
 */
bool		 identity_serves(int fd, const char *service);
#endif
