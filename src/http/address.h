#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H
#include <stdbool.h>
#include <sys/socket.h>
/*
 * Is this an address of the public internet?  Not: loopback, private (RFC 1918, RFC 4193),
 * link-local, shared (RFC 6598), "this network", multicast, reserved, documentation, and what
 * embeds one of these (IPv4-mapped, NAT64, 6to4, Teredo are refused whole).  IPv4 and IPv6 alone.
 * Can not fail.
 */
bool	address_is_public(const struct sockaddr *a);
#endif
