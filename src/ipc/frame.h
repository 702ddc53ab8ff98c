#ifndef IPC_FRAME_H
#define IPC_FRAME_H
#include "ipc/ipc.h"
/* Whole messages over a socket; private to the floor. */

/* deadline: clock_steady().  ERR_BUSY when the peer is gone or late. */
NODISCARD int	frame_write(int fd, const struct ipc_msg *m, int64_t deadline, struct err *err);
NODISCARD int	frame_read(int fd, struct ipc_msg *m, int64_t deadline, struct err *err);

/* Who may speak: the tokens. */
#define TOKEN_TEXT	65
const char	*identity_token(void);			/* of this process; "" none */
/* Is this the token of that role? */
bool		 identity_is(enum ipc_role role, const char *token);
#endif
