#ifndef GATE_IDENT_H
#define GATE_IDENT_H
#include "gate/fact.h"
#include "gate/reply.h"
/*
 * Real-name verification: ident_<name>.c with IDENT(name) in ident.def.  Codes differ from
 * API to API even of one vendor: each function has its own table to ident_result.
 */
struct ident_req {
	const char	*request_id, *name, *id_no, *phone;
	const char	*return_url, *meta_info;	/* face_init */
	const char	*certify_id;			/* face_query */
	const char	*card;				/* card4 */
	const char	*company, *code;		/* company */
};
struct ident_answer {
	enum ident_result result;
	const char	*sentence;	/* Chinese, static */
	char		 certify_id[128];
	char		 url[1024];
	char		 evidence[65];	/* SM3 of the raw answer, hex */
};
struct ident_provider {
	const char	*name;
	/* DONE with a result; or RETRY, UNKNOWN (all may be repeated). */
	enum verdict	(*mobile3)(const struct ident_req *q, struct ident_answer *a,
			    struct reply *r);
	enum verdict	(*card4)(const struct ident_req *q, struct ident_answer *a,
			    struct reply *r);
	enum verdict	(*company)(const struct ident_req *q, struct ident_answer *a,
			    struct reply *r);
	enum verdict	(*face_init)(const struct ident_req *q, struct ident_answer *a,
			    struct reply *r);
	/* PENDING while the person is not finished. */
	enum verdict	(*face_query)(const struct ident_req *q, struct ident_answer *a,
			    struct reply *r);
};
extern const struct ident_provider *const ident_providers[];	/* ends with NULL */
const struct ident_provider	*ident_provider(void);	/* by the setting gate.ident */
/* What to tell the person when the provider says no more than the result. */
const char	*ident_sentence(enum ident_result result);
#endif
