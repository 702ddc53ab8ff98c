#include "world.h"
#include "hall/account/sign_in.h"

#define HOME	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0.0.0 Safari/537.36"
#define HOME2	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.2.7.9 Safari/537.36"
#define PHONE	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1"

static void
enter(struct world *w, const char *address, const char *agent)
{
	struct err	err = {0};
	struct who	who = {.address = address, .agent = agent};
	char		token[SESSION_TOKEN];

	clock_shift(1);			/* the list is by time */
	assert_ok(session_start(w->h, &who, SESSION_ACCOUNT, w->me.account, NULL, token, &err));
}

static int
mails(struct world *w)
{
	json_t	*j = NULL;
	size_t	 i = 0;
	int	 n = 0;

	world_pull(w);
	json_array_foreach(w->out, i, j)
		n += strstr(js_str(json_object_get(j, "payload"), "subject"), "新设备") != NULL;
	return n;
}

void
test_sign_in__networks_and_devices(void **state)
{
	static const struct { const char *address, *place; } places[] = {
		{ "192.0.2.7", "192.0" }, { "10.1.2.3", "10.1" }, { "2001:db8:1:2::7", "2001:db8:1" },
		{ "::1", "::1" }, { "", "" },
	};
	static const struct { const char *agent, *text; } devices[] = {
		{ HOME, "Windows Chrome" }, { PHONE, "iPhone Safari" }, { "", "其他系统 其他浏览器" },
		{ "Mozilla/5.0 (Linux; Android 14) Chrome/1 MicroMessenger/8", "安卓 微信" },
		{ "Mozilla/5.0 (Windows NT 10.0) Chrome/1 Safari/1 Edg/1", "Windows Edge" },
	};
	char	text[SIGN_IN_PLACE];
	size_t	i = 0;

	(void)state;
	for (i = 0; i < ARRAY_LEN(places); i++) {
		sign_in_place(places[i].address, text);
		assert_string_equal(text, places[i].place);
	}
	for (i = 0; i < ARRAY_LEN(devices); i++)
		assert_string_equal(sign_in_device(devices[i].agent, text), devices[i].text);
}

void
test_sign_in__told_of_what_is_new_and_not_too_often(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	json_t		*list = NULL;
	char		 agent[64];
	int		 i = 0;

	(void)state;
	world_open(&w);
	enter(&w, "192.0.2.7", HOME);
	assert_int_equal(mails(&w), 0);		/* the first one: nothing to compare with */
	enter(&w, "192.0.9.9", HOME2);
	assert_int_equal(mails(&w), 0);		/* the same network, the same browser, newer */
	enter(&w, "192.0.2.7", PHONE);
	assert_int_equal(mails(&w), 1);
	enter(&w, "198.51.100.1", HOME);
	assert_int_equal(mails(&w), 2);
	enter(&w, "198.51.100.1", PHONE);
	assert_int_equal(mails(&w), 2);		/* each was seen, if not together */
	assert_ok(sign_in_list(w.h, &w.me, &list, &err));
	assert_int_equal(json_array_size(list), 5);
	assert_true(js_bool(json_array_get(list, 1), "fresh"));
	assert_false(js_bool(json_array_get(list, 0), "fresh"));
	json_decref(list);
	for (i = 0; i < 6; i++) {
		(void)snprintf(agent, sizeof(agent), "Browser%c", 'a' + i);
		enter(&w, "192.0.2.7", agent);
	}
	assert_int_equal(mails(&w), 5);		/* five in 24 hours */
	clock_shift(CLOCK_DAY - CLOCK_MINUTE);
	enter(&w, "192.0.2.7", "Browserx");
	assert_int_equal(mails(&w), 5);
	clock_shift(2 * CLOCK_MINUTE);
	enter(&w, "192.0.2.7", "Browsery");
	assert_int_equal(mails(&w), 6);
	/* after half a year nobody knows it any more; then it is the first again */
	clock_shift(181 * CLOCK_DAY);
	enter(&w, "203.0.113.1", PHONE);
	assert_int_equal(mails(&w), 6);
	clock_shift(-182 * CLOCK_DAY - CLOCK_MINUTE);
	world_close(&w);
}

void
test_sign_in__switched_off(void **state)
{
	struct err	err = {0};
	struct world	w;

	(void)state;
	world_open(&w);
	enter(&w, "192.0.2.7", HOME);
	assert_ok(sign_in_switch(w.h, &w.me, false, &err));
	enter(&w, "192.0.2.7", PHONE);
	assert_int_equal(mails(&w), 0);
	assert_ok(sign_in_switch(w.h, &w.me, true, &err));
	enter(&w, "198.51.100.1", PHONE);
	assert_int_equal(mails(&w), 1);
	world_close(&w);
}
