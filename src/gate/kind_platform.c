#include "base/base.h"
#include "gate/work.h"

/* Signing in at a platform: what it publishes, and the code that came back (oidc.h). */

static int
platform_of(const struct job *job, struct gate_platform *p)
{
	return job->sink->platform == NULL ? -1 :
	    job->sink->platform(js_str(job->payload, "platform"), p);
}

static enum verdict
platform_call_discover(const struct job *job, struct job_result *out, struct reply *r)
{
	struct gate_platform	p = {0};

	if (platform_of(job, &p) < 0)
		return reply_set(r, REPLY_DONE, "unknown", "no such platform");
	return oidc_discover(&p, &out->oidc, r);
}

static enum verdict
platform_call_code(const struct job *job, struct job_result *out, struct reply *r)
{
	const struct oidc_code	 c = {.code = js_str(job->payload, "code"),
		.verifier = js_str(job->payload, "verifier"),
		.nonce = js_str(job->payload, "nonce"),
		.redirect = js_str(job->payload, "redirect")};
	struct gate_platform	 p = {0};

	if (platform_of(job, &p) < 0)
		return reply_set(r, REPLY_DONE, "unknown", "no such platform");
	return oidc_exchange(&p, &c, &out->oidc, r);
}

static int
platform_deliver(const struct gate *g, struct db *db, const struct job *job, enum job_end end,
    const struct job_result *result, const struct reply *r, struct err *err)
{
	const struct oidc_answer	*a = &result->oidc;
	const struct platform_fact	 fact = {.platform = js_str(job->payload, "platform"),
		.ref = js_str(job->payload, "ref"), .ok = end == JOB_DONE && a->ok,
		.reason = *a->reason != '\0' ? a->reason : r->code, .detail = r->detail,
		.authorize = a->authorize, .names_itself = a->names_itself,
		.claims = a->claims};

	return g->sink->platform_told == NULL ? 0 : g->sink->platform_told(db, &fact, err);
}

/* Nothing is repeated: a person waits, and begins again. */
const struct kind	 kinds_platform[] = {
	{
		.name = "platform.discover", .ref = "platform", .need = {"platform"},
		.max_attempts = 1, .base = CLOCK_SECOND, .cap = CLOCK_SECOND,
		.life = CLOCK_MINUTE, .repeatable = true,
		.call = platform_call_discover, .deliver = platform_deliver,
	}, {
		.name = "platform.code", .ref = "ref",
		.need = {"ref", "platform", "code", "verifier", "nonce", "redirect"},
		.max_attempts = 1, .base = CLOCK_SECOND, .cap = CLOCK_SECOND,
		.life = CLOCK_MINUTE,
		.call = platform_call_code, .deliver = platform_deliver,
	},
	{0}
};
