#include "world.h"
#include "hall/account/lost.h"

#define USCC		"91350100M000100Y43"
#define OTHER_USCC	"91440300708461136T"
#define OTHER_MOBILE	"18807318889"

/* A code to this phone; "" when none was sent.  A minute passes. */
static const char *
code(struct world *w, const struct who *who, const char *mobile)
{
	struct err	 err = {0};
	json_t		*in = world_captcha(w, who, json_object()), *errors = json_array();
	int		 before = world_count(w, "sms");

	clock_shift(CLOCK_MINUTE + CLOCK_SECOND);
	assert_ok(code_send(w->h, who, CODE_LOST, "mobile", mobile, in, errors, &err));
	json_decref(in);
	json_decref(errors);
	return world_count(w, "sms") > before ? world_sms_code(w) : "";
}

static int
enter(struct world *w, const struct who *who, const char *kind, const char *no,
    const char *mobile, const char *with, char token[SESSION_TOKEN], char ticket[LOST_TICKET],
    struct err *err)
{
	json_t	*in = json_pack("{s:s, s:s, s:s, s:s}", "kind", kind, "no", no, "mobile", mobile,
	    "code", with), *errors = json_array();
	int	 rc = lost_enter(w->h, who, in, errors, token, ticket, err);

	json_decref(in);
	json_decref(errors);
	return rc;
}

static size_t
listed(struct world *w, const char *ticket)
{
	struct err	 err = {0};
	json_t		*m = NULL;
	size_t		 n = 0;

	assert_ok(lost_list(w->h, &w->me, ticket, &m, &err));
	n = json_array_size(json_object_get(m, "rows"));
	json_decref(m);
	return n;
}

void
test_lost__phone_and_number_together(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct who	 visitor = {.address = "192.0.2.7"};
	char		 token[SESSION_TOKEN], ticket[LOST_TICKET];
	struct cert	*c = NULL;
	int		 before = 0;

	(void)state;
	world_open(&w);
	c = world_certificate(&w);
	(void)world_register(&w, OTHER_MOBILE, "other@example.com");
	/* nobody's phone: the same answer, no message; and no code fits */
	assert_string_equal(code(&w, &visitor, "18807310000"), "");
	assert_err(enter(&w, &visitor, "organisation", USCC, "18807310000", "123456", token, ticket,
	    &err), ERR_INPUT);
	/* somebody else's phone with the right number; the right phone with another number */
	assert_err(enter(&w, &visitor, "organisation", USCC, OTHER_MOBILE,
	    code(&w, &visitor, OTHER_MOBILE), token, ticket, &err), ERR_INPUT);
	assert_err(enter(&w, &visitor, "organisation", OTHER_USCC, WORLD_MOBILE,
	    code(&w, &visitor, WORLD_MOBILE), token, ticket, &err), ERR_INPUT);
	assert_err(enter(&w, &visitor, "person", "11010519491231002X", WORLD_MOBILE,
	    code(&w, &visitor, WORLD_MOBILE), token, ticket, &err), ERR_INPUT);
	assert_err(enter(&w, &visitor, "club", USCC, WORLD_MOBILE, "123456", token, ticket, &err),
	    ERR_INPUT);
	before = world_count(&w, "sms") + world_count(&w, "mail");
	assert_ok(enter(&w, &visitor, "organisation", "91350100m000100y43", WORLD_MOBILE,
	    code(&w, &visitor, WORLD_MOBILE), token, ticket, &err));
	assert_true(world_count(&w, "sms") + world_count(&w, "mail") >= before + 3);
	assert_int_equal(listed(&w, ticket), 1);
	cert_free(c);
	world_close(&w);
}

void
test_lost__a_ticket_is_ones_own_for_ten_minutes(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct who	 visitor = {.address = "192.0.2.7"}, other = {.account = 77, .address = ""};
	char		 token[SESSION_TOKEN], ticket[LOST_TICKET], bad[LOST_TICKET];
	struct cert	*c = NULL;
	json_t		*in = NULL, *m = NULL;

	(void)state;
	world_open(&w);
	c = world_certificate(&w);
	assert_ok(enter(&w, &visitor, "organisation", USCC, WORLD_MOBILE,
	    code(&w, &visitor, WORLD_MOBILE), token, ticket, &err));
	assert_err(lost_list(w.h, &other, ticket, &m, &err), ERR_EXPIRED);
	(void)snprintf(bad, sizeof(bad), "9%s", ticket);
	assert_err(lost_list(w.h, &w.me, bad, &m, &err), ERR_EXPIRED);
	assert_err(lost_list(w.h, &w.me, "", &m, &err), ERR_EXPIRED);
	in = json_pack("{s:s, s:s}", "ticket", ticket, "serial", cert_serial(c));
	clock_shift(-CLOCK_HOUR);		/* the clock set back: it lives no longer for that */
	assert_err(lost_freeze(w.h, &w.me, in, &err), ERR_EXPIRED);
	clock_shift(CLOCK_HOUR);
	clock_shift(10 * CLOCK_MINUTE + CLOCK_SECOND);
	assert_err(lost_freeze(w.h, &w.me, in, &err), ERR_EXPIRED);
	clock_shift(-2 * CLOCK_SECOND);
	assert_ok(lost_freeze(w.h, &w.me, in, &err));
	assert_string_equal(world_pair_state, "held");
	json_decref(in);
	in = json_pack("{s:s, s:s}", "ticket", ticket, "serial", "00");
	assert_err(lost_freeze(w.h, &w.me, in, &err), ERR_NOT_FOUND);
	json_decref(in);
	cert_free(c);
	world_close(&w);
}
