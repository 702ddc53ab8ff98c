#ifndef GATE_ALIYUN_H
#define GATE_ALIYUN_H
#include "base/json.h"
#include "gate/reply.h"
/*
 * Call an action of Aliyun's RPC APIs (SMS, identity), signed with ACS3.  DONE: *out is the
 * answer's object (json_decref), whatever its Code says; *raw (may be NULL) its bytes.
 */
struct aliyun_call {
	const char	*url;		/* endpoint */
	const char	*action, *version;
	const json_t	*params;	/* object of strings */
	int64_t		 timeout_ms;
};
enum verdict	aliyun_call(const struct aliyun_call *c, json_t **out, struct buf *raw,
		    struct reply *r);
#endif
