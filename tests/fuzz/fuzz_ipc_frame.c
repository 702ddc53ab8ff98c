/* Frames between our processes: the head alone, and whole messages from a socket. */
#include "base/base.h"
#include "base/clock.h"
#include "ipc/frame.h"

#include <sys/socket.h>
#include <unistd.h>

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static void
fuzz_socket(const uint8_t *p, size_t len)
{
	struct err	 err = {0};
	struct ipc_msg	 m;
	int		 fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) < 0)
		return;
	if (write(fd[1], p, len) == (ssize_t)len) {
		shutdown(fd[1], SHUT_WR);
		ipc_msg_init(&m);
		if (frame_read(fd[0], &m, LIMIT_FRAME, clock_steady() + CLOCK_SECOND, &err) < 0)
			assert(err.kind != ERR_NONE);
		else
			assert(json_is_object(m.json));
		ipc_msg_free(&m);
	}
	close(fd[0]);
	close(fd[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err	 err = {0};
	size_t		 json_len, blob_len;

	if (len < 8)
		return 0;
	if (ipc_frame_head(p, &json_len, &blob_len, &err) < 0)
		assert(err.kind == ERR_LIMIT || err.kind == ERR_INPUT);
	else
		assert(json_len + blob_len <= LIMIT_FRAME + 8);
	fuzz_socket(p, len);
	return 0;
}
