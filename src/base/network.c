#include "base/base.h"
#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

const char *
network_of(const char *address, char text[NETWORK_TEXT])
{
	char		 plain[INET6_ADDRSTRLEN] = "";
	struct in6_addr	 a;

	if (address == NULL)
		address = "";
	/* A zone ("fe80::1%eth0") is the machine's own business. */
	snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(address, "%"), address);
	if (inet_pton(AF_INET6, plain, &a) != 1) {
		snprintf(text, NETWORK_TEXT, "%s", address);
	} else if (IN6_IS_ADDR_V4MAPPED(&a)) {
		inet_ntop(AF_INET, &a.s6_addr[12], text, NETWORK_TEXT);
	} else {
		memset(&a.s6_addr[8], 0, 8);
		inet_ntop(AF_INET6, &a, text, NETWORK_TEXT - 4);
		snprintf(text + strlen(text), 4, "/64");
	}
	return text;
}
