#include "base/base.h"
#include "gate/fact.h"

const char *
pay_state_name(enum pay_state state)
{
	static const char *const names[] = {"waiting", "paid", "differs", "closed",
		"not_found", "refunded"};

	return names[state];
}

const char *
ident_result_name(enum ident_result result)
{
	static const char *const names[] = {"CONSISTENT", "INCONSISTENT", "NO_RECORD",
		"INVALID_INPUT", "BUSY", "LIMITED", "STARTED", "PENDING", "EXPIRED"};

	return names[result];
}

const char *
remit_state_name(enum remit_state state)
{
	static const char *const names[] = {"accepted", "paid", "failed", "returned", "unknown"};

	return names[state];
}

const char *
fact_source_name(enum fact_source source)
{
	static const char *const names[] = {"answer", "notify", "query", "hand", "bill"};

	return names[source];
}
