#ifndef PKI_TSP_PARTS_H
#define PKI_TSP_PARTS_H
#include "pki/tsp.h"
/* Shared by tsp.c (stamping) and tsp_check.c, for src/pki only. */
#define TSP_OID_INFO	"1.2.840.113549.1.9.16.1.4"

/* The content of a MessageImprint; an unknown algorithm gives NID_undef and 0. */
NODISCARD int	tsp_imprint_parse(struct der body, struct der *hash, int *digest);
#endif
