#include "unit.h"
#include "base/network.h"

void
test_network__of_an_address(void **state)
{
	static const char *const	 rows[][2] = {
		{"192.0.2.7", "192.0.2.7"}, {"192.0.2.8", "192.0.2.8"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"}, {"2001:db8:1:2::1", "2001:db8:1:2::/64"},
		{"2001:db8:1:3::1", "2001:db8:1:3::/64"}, {"::1", "::/64"},
		{"::ffff:192.0.2.7", "192.0.2.7"}, {"fe80::1%eth0", "fe80::/64"},
		{"", ""}, {"unknown", "unknown"}, {"1:2", "1:2"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::/64"},
	};
	char	text[NETWORK_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(network_of(rows[i][0], text), rows[i][1]);
	network_of("a very long word that nobody ever took for an address of any kind at all", text);
	assert_int_equal(strlen(text), NETWORK_TEXT - 1);
}
