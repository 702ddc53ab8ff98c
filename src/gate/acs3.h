#ifndef GATE_ACS3_H
#define GATE_ACS3_H
#include "base/json.h"
/*
 * Aliyun's request signature, ACS3-HMAC-SHA256 (help.aliyun.com/document_detail/2593177.html).
 * The parameters of an RPC action travel in the query; the body is empty.
 */
struct acs3 {
	const char	*uri;		/* "/" */
	const char	*host;		/* as in the Host header */
	const char	*action, *version;
	const char	*date;		/* "2026-11-21T01:05:07Z" */
	const char	*nonce;
	const json_t	*params;	/* object of strings */
	const char	*key_id, *key_secret;
};
#define ACS3_EMPTY	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* The query: parameters sorted and percent-encoded. */
void	acs3_query(const json_t *params, struct buf *out);
/* The text whose digest is signed. */
void	acs3_canonical(const struct acs3 *q, struct buf *out);
/* The value of the Authorization header. */
void	acs3_authorization(const struct acs3 *q, struct buf *out);
#endif
