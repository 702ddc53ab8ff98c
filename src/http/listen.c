#include "base/base.h"
#include "http/listen.h"

#include <netdb.h>
#include <sys/socket.h>

static int
listen_bind(const struct addrinfo *ai, int *fd, struct err *err)
{
	int	 one = 1, s = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, 0);

	if (s < 0)
		return err_errno(err, ERR_STORE, "no socket");
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, ai->ai_addr, ai->ai_addrlen) < 0 || listen(s, 1024) < 0) {
		err_errno(err, ERR_CONFLICT, "cannot listen");
		close(s);
		return -1;
	}
	*fd = s;
	return 0;
}

int
listen_open(const char *address, int *fd, struct err *err)
{
	const struct addrinfo	 hints = {.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	const char		*colon = strrchr(address, ':'), *host = address;
	struct addrinfo		*ai = NULL;
	size_t			 len;
	char			*name;
	int			 rc;

	if (colon == NULL || colon == address)
		return err_set(err, ERR_INPUT, "\"%s\" is not ADDRESS:PORT", address);
	len = (size_t)(colon - address);
	if (host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	name = xstrndup(host, len);
	rc = getaddrinfo(name, colon + 1, &hints, &ai);
	free(name);
	if (rc != 0)
		return err_set(err, ERR_INPUT, "\"%s\": %s", address, gai_strerror(rc));
	if ((rc = listen_bind(ai, fd, err)) < 0)
		err_add(err, "%s", address);
	freeaddrinfo(ai);
	return rc;
}
