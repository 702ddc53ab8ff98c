#include "base/base.h"
#include "base/secret.h"
#include "base/clock.h"
#include "ipc/frame.h"

#include <poll.h>
#include <sys/socket.h>

void
ipc_msg_init(struct ipc_msg *m)
{
	m->json = json_object();
	buf_init(&m->blob, LIMIT_FRAME);
}

void
ipc_msg_free(struct ipc_msg *m)
{
	json_decref(m->json);
	m->json = NULL;
	secret_wipe(m->blob.p, m->blob.len);	/* it may be a passphrase */
	buf_free(&m->blob);
}

int
ipc_frame_head(const unsigned char head[8], size_t *json_len, size_t *blob_len,
    struct err *err)
{
	uint32_t	 a, b;

	memcpy(&a, head, 4);
	memcpy(&b, head + 4, 4);
	*json_len = __builtin_bswap32(a);
	*blob_len = __builtin_bswap32(b);
	if (*json_len > LIMIT_FRAME || *blob_len > LIMIT_FRAME ||
	    *json_len + *blob_len > LIMIT_FRAME)
		return err_set(err, ERR_LIMIT, "a frame of %zu bytes", *json_len + *blob_len);
	if (*json_len < 2)
		return err_set(err, ERR_INPUT, "a frame without an object");
	return 0;
}

static int
frame_wait(int fd, short events, int64_t deadline, struct err *err)
{
	for (;;) {
		struct pollfd	 p = {.fd = fd, .events = events};
		int64_t		 left = deadline - clock_steady();
		int		 n;

		if (left <= 0)
			return err_set(err, ERR_BUSY, "no answer in time");
		n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_errno(err, ERR_BUSY, "poll");
	}
}

static int
frame_send(int fd, const char *p, size_t len, int64_t deadline, struct err *err)
{
	while (len > 0) {
		ssize_t	 n = send(fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			p += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			if (frame_wait(fd, POLLOUT, deadline, err) < 0)
				return -1;
		} else if (n == 0 || errno != EINTR) {
			return err_errno(err, ERR_BUSY, "the connection broke");
		}
	}
	return 0;
}

static int
frame_recv(int fd, char *p, size_t len, int64_t deadline, struct err *err)
{
	while (len > 0) {
		ssize_t	 n;

		if (frame_wait(fd, POLLIN, deadline, err) < 0)
			return -1;
		n = recv(fd, p, len, MSG_DONTWAIT);
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		} else if (n == 0) {
			return err_set(err, ERR_BUSY, "the connection was closed");
		} else if (errno != EINTR && errno != EAGAIN) {
			return err_errno(err, ERR_BUSY, "the connection broke");
		}
	}
	return 0;
}

int
frame_write(int fd, const struct ipc_msg *m, int64_t deadline, struct err *err)
{
	struct buf	 b;
	uint32_t	 head[2];
	int		 rc = -1;

	buf_init(&b, LIMIT_FRAME);
	json_write(m->json, &b);
	if (buf_check(&b, err) < 0 || b.len + m->blob.len > LIMIT_FRAME) {
		err_set(err, ERR_LIMIT, "a message is larger than %d bytes", LIMIT_FRAME);
		goto out;
	}
	head[0] = __builtin_bswap32((uint32_t)b.len);
	head[1] = __builtin_bswap32((uint32_t)m->blob.len);
	if (frame_send(fd, (const char *)head, sizeof(head), deadline, err) == 0 &&
	    frame_send(fd, b.p, b.len, deadline, err) == 0 &&
	    frame_send(fd, m->blob.p, m->blob.len, deadline, err) == 0)
		rc = 0;
 out:
	buf_free(&b);
	return rc;
}

int
frame_read(int fd, struct ipc_msg *m, size_t max, int64_t deadline, struct err *err)
{
	unsigned char	 head[8];
	size_t		 json_len, blob_len;
	char		*bytes = NULL;
	json_t		*j = NULL;
	int		 rc = -1;

	if (frame_recv(fd, (char *)head, sizeof(head), deadline, err) < 0 ||
	    ipc_frame_head(head, &json_len, &blob_len, err) < 0)
		return -1;
	if (json_len + blob_len > max)
		return err_set(err, ERR_LIMIT, "a frame of %zu bytes", json_len + blob_len);
	bytes = xmalloc(json_len + blob_len);
	if (frame_recv(fd, bytes, json_len + blob_len, deadline, err) < 0 ||
	    json_parse(bytes, json_len, LIMIT_FRAME, &j, err) < 0)
		goto out;
	if (!json_is_object(j)) {
		err_set(err, ERR_INPUT, "a frame without an object");
		json_decref(j);
		goto out;
	}
	json_decref(m->json);
	m->json = j;
	buf_clear(&m->blob);
	buf_add(&m->blob, bytes + json_len, blob_len);
	rc = 0;
 out:
	secret_wipe(bytes, json_len + blob_len);
	free(bytes);
	return rc;
}
