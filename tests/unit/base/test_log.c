#include "unit.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"

#include <fcntl.h>
#include <unistd.h>

/* The log: one JSON object a line, whatever stands in its values; nobody's numbers in clear. */

static int	log_read = -1;

static void
log_begin(void)
{
	int	 fds[2];

	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	log_read = fds[0];
	log_to(fds[1]);
	log_init("unit", LOG_INFO);
}

/* The one line that was written, parsed; NULL when there is none. */
static json_t *
log_line(void)
{
	static char	 text[65536];
	struct err	 err = {0};
	json_t		*j = NULL;
	ssize_t		 n = read(log_read, text, sizeof(text));

	if (n <= 0)
		return NULL;
	assert_int_equal(text[n - 1], '\n');
	assert_null(memchr(text, '\n', (size_t)n - 1));
	assert_ok(json_parse(text, (size_t)n - 1, 0, &j, &err));
	return j;
}

void
test_log__a_line_is_an_object_with_the_request(void **state)
{
	json_t	*j;

	(void)state;
	log_begin();
	log_request("rq4711");
	log_kv(LOG_INFO, "order.paid", LOG_S("order", "20261128000000000001"), LOG_I("fen", 34000));
	log_request(NULL);
	assert_non_null(j = log_line());
	assert_string_equal(js_str(j, "level"), "info");
	assert_string_equal(js_str(j, "proc"), "unit");
	assert_string_equal(js_str(j, "req"), "rq4711");
	assert_string_equal(js_str(j, "event"), "order.paid");
	assert_int_equal(js_int(j, "fen", 0), 34000);
	json_decref(j);
	log_kv(LOG_DEBUG, "too.much");
	assert_null(log_line());
	log_kv(LOG_WARN, "later");
	assert_non_null(j = log_line());
	assert_null(json_object_get(j, "req"));
	json_decref(j);
	log_to(STDERR_FILENO);
}

void
test_log__personal_data_are_masked(void **state)
{
	static const char *const	clear[] = {"13873151189", "11010519491231002X",
		"120749808@qq.com"};
	json_t				*j;

	(void)state;
	log_begin();
	log_kv(LOG_INFO, "x", LOG_S("text", "tel 13873151189, id 11010519491231002X, "
	    "mail 120749808@qq.com."));
	assert_non_null(j = log_line());
	for (size_t i = 0; i < ARRAY_LEN(clear); i++)
		assert_null(strstr(js_str(j, "text"), clear[i]));
	assert_non_null(strstr(js_str(j, "text"), "138****1189"));
	json_decref(j);
	log_to(STDERR_FILENO);
}

/* Who sends a long address full of odd bytes does not vanish from the log by it. */
void
test_log__no_value_loses_the_line(void **state)
{
	static const char	odd[] = {'\x01', '"', '\\', '\n', '\x7f', '\xff', '\xe4', 'a'};
	char			*huge = xmalloc(40001);
	json_t			*j;

	(void)state;
	huge[40000] = '\0';
	for (size_t i = 0; i < sizeof(odd); i++) {
		memset(huge, odd[i], 40000);
		log_begin();
		log_kv(LOG_INFO, "http.request", LOG_S("method", huge), LOG_S("path", huge),
		    LOG_S("peer", huge), LOG_I("status", 404));
		if ((j = log_line()) == NULL)
			fail_msg("no line for values of 0x%02x", (unsigned char)odd[i]);
		assert_string_equal(js_str(j, "event"), "http.request");
		assert_int_equal(js_int(j, "status", 0), 404);
		if (js_str(j, "path")[0] == '\0')
			fail_msg("nothing of values of 0x%02x", (unsigned char)odd[i]);
		json_decref(j);
	}
	log_begin();
	memcpy(huge, "甲乙丙", 10);
	log_kv(LOG_INFO, "x", LOG_S("text", huge));
	assert_non_null(j = log_line());
	assert_string_equal(js_str(j, "text"), "甲乙丙");
	json_decref(j);
	free(huge);
	log_to(STDERR_FILENO);
}

/* A digest may look like numbers of people; an auditor needs every digit of it. */
void
test_log__a_digest_stays_whole(void **state)
{
	static const char	 root[] = "079a302513800138000ab430105199003071234c";
	json_t			*j;

	(void)state;
	log_begin();
	log_kv(LOG_INFO, "journal.head", LOG_X("root", root), LOG_S("other", "13800138000"));
	assert_non_null(j = log_line());
	assert_string_equal(js_str(j, "root"), root);
	assert_string_not_equal(js_str(j, "other"), "13800138000");
	json_decref(j);
	log_to(STDERR_FILENO);
}
