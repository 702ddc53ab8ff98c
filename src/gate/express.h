#ifndef GATE_EXPRESS_H
#define GATE_EXPRESS_H
#include "base/json.h"
#include "gate/fact.h"
#include "gate/gate.h"
#include "gate/reply.h"
/*
 * Couriers: express_<name>.c with EXPRESS(name) in express.def.  An order of ours is known to the
 * courier by `ref`: ordered twice it is still one parcel with one waybill.
 */
struct express_req {
	const char	*ref;
	const json_t	*sender, *receiver;	/* {"company"?,"contact","phone","province","city",
						   "address"} */
	bool		 collect;		/* 到付: the receiver pays the freight */
	const char	*cargo;
	const char	*waybill;		/* routes */
	const char	*tail;			/* routes: last 4 digits of a party's phone */
};

struct express_answer {
	char			 waybill[EXPRESS_WAYBILL];
	struct express_route	 route[EXPRESS_ROUTES];	/* oldest first */
	size_t			 n;
	int64_t			 signed_at;		/* 0: not yet */
};

struct express_provider {
	const char	*name;		/* also of the channel it pushes to */
	/* MUST fill waybill; repeated with the same ref it gives the same one. */
	enum verdict	(*order)(const struct express_req *q, struct express_answer *a,
			    struct reply *r);
	/* Before it was collected. */
	enum verdict	(*cancel)(const struct express_req *q, struct express_answer *a,
			    struct reply *r);
	/* DONE with no route at all before the first scan. */
	enum verdict	(*routes)(const struct express_req *q, struct express_answer *a,
			    struct reply *r);
	/*
	 * A push bears no signature: of it only the waybills are believed (array of strings), and
	 * the courier is asked about those that are ours.  ERR_INPUT.
	 */
	int		(*push)(const void *body, size_t len, json_t **waybills,
			    struct err *err);
	void		(*answer)(bool ok, struct gate_answer *answer);
};
extern const struct express_provider *const express_providers[];	/* ends with NULL */
const struct express_provider	*express_by_name(const char *name);	/* NULL when unknown */
const struct express_provider	*express_provider(void);	/* by the setting gate.express */

/* msgDigest of SF, base64 or (sm3) hex; how: "md5", "md5-plain", "sm3". */
void	sf_digest(const char *how, const char *data, const char *timestamp, const char *check_word,
	    struct buf *out);
#endif
