#include "unit.h"
#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static bool
is_public(const char *text)
{
	struct sockaddr_in	four = {.sin_family = AF_INET};
	struct sockaddr_in6	six = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return address_is_public((struct sockaddr *)&four);
	assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return address_is_public((struct sockaddr *)&six);
}

/* The first and the last of each network, and their neighbours. */
void
test_address__only_the_public_internet(void **state)
{
	static const char *const	inside[] = {"0.0.0.0", "0.255.255.255", "10.0.0.0",
	    "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255",
	    "169.254.0.0", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.1",
	    "192.0.2.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255",
	    "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::",
	    "::1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fc00::1", "fdff::1",
	    "fe80::1", "fec0::1", "ff02::1", "2001::1", "2001:1ff::1", "2001:db8::1",
	    "2002:7f00:1::", "100::1"};
	static const char *const	outside[] = {"1.0.0.0", "9.255.255.255", "11.0.0.0",
	    "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
	    "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
	    "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1", "2400:3200::1",
	    "2606:4700::1111", "3fff:ffff::1"};
	struct sockaddr		local = {.sa_family = AF_UNIX};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inside); i++)
		if (is_public(inside[i]))
			fail_msg("%s is taken for public", inside[i]);
	for (size_t i = 0; i < ARRAY_LEN(outside); i++)
		if (!is_public(outside[i]))
			fail_msg("%s is taken for private", outside[i]);
	assert_false(address_is_public(&local));
}
