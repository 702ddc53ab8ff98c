#include "base/base.h"
#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* Networks that are nobody's on the public internet (IANA special-purpose registries). */
static const struct { uint32_t net; int bits; } address_v4[] = {
	{ 0x00000000, 8 }, { 0x0a000000, 8 }, { 0x64400000, 10 }, { 0x7f000000, 8 },
	{ 0xa9fe0000, 16 }, { 0xac100000, 12 }, { 0xc0000000, 24 }, { 0xc0000200, 24 },
	{ 0xc0586300, 24 }, { 0xc0a80000, 16 }, { 0xc6120000, 15 }, { 0xc6336400, 24 },
	{ 0xcb007100, 24 }, { 0xe0000000, 3 },
};

static bool
address_v4_is_public(uint32_t a)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(address_v4); i++)
		if ((a ^ address_v4[i].net) >> (32 - address_v4[i].bits) == 0)
			return false;
	return true;
}

/* Global unicast 2000::/3 alone, without documentation, Teredo and 6to4. */
static bool
address_v6_is_public(const unsigned char a[16])
{
	if ((a[0] & 0xe0) != 0x20)
		return false;
	if (a[0] == 0x20 && a[1] == 0x02)
		return false;
	return !(a[0] == 0x20 && a[1] == 0x01 && (a[2] < 0x02 || (a[2] == 0x0d && a[3] == 0xb8)));
}

bool
address_is_public(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return address_v4_is_public(ntohl(
		    ((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr));
	if (a->sa_family == AF_INET6)
		return address_v6_is_public(
		    ((const struct sockaddr_in6 *)(const void *)a)->sin6_addr.s6_addr);
	return false;
}
