#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H
/*
 * Where somebody comes from, to count by: an IPv4 address itself; of IPv6 the network of 64 bits,
 * for a household has all its addresses and may take a new one each time.  An IPv4 address
 * written as IPv6 counts as what it is; what is no address, as it stands; NULL as "".
 */
#define NETWORK_TEXT	64
const char	*network_of(const char *address, char text[NETWORK_TEXT]);
#endif
