#ifndef KMC_MESSAGE_PARTS_H
#define KMC_MESSAGE_PARTS_H
#include "pki/cert.h"
/* Shared by message.c and message_seal.c. */
#define KM_OID_SM3	"1.2.156.10197.1.401"
#define KM_OID_SM2_SIGN	"1.2.156.10197.1.301.1"
#define KM_OID_SM2_ENC	"1.2.156.10197.1.301.3"
#define KM_OID_SM4_ECB	"1.2.156.10197.1.104.1"
#define KM_OID_SIGNED	"1.2.156.10197.1.501"		/* sm2sign-with-sm3 */
#define KM_OID_DATA	"1.2.156.10197.6.1.4.2.1"	/* GM/T 0010 */

void	km_add_oid(struct buf *b, const char *oid);
/* AlgorithmIdentifier without parameters. */
void	km_add_algorithm(struct buf *b, const char *oid);
/* An INTEGER from a small number. */
void	km_add_small(struct buf *b, unsigned v);
/* The certificate's subject or issuer; its serial number. */
void	km_add_name(struct buf *b, const struct cert *cert, bool issuer);
void	km_add_serial(struct buf *b, const struct cert *cert);
#endif
