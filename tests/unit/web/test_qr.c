#include "unit.h"
#include "web/page.h"

void
test_qr__is_a_path(void **state)
{
	json_t	*qr = qr_model("https://127.0.0.1:8443/m/identity/0123456789abcdef");

	(void)state;
	assert_non_null(qr);
	assert_true(js_int(qr, "size", 0) >= 21 + 8);
	/* The finder pattern begins at the quiet zone's corner: seven dark modules. */
	assert_memory_equal(js_str(qr, "path"), "M4 4h7v1H4z", 11);
	assert_int_equal(strspn(js_str(qr, "path"), "MhvHz0123456789 "),
	    strlen(js_str(qr, "path")));
	json_decref(qr);
}

void
test_qr__too_long(void **state)
{
	char	text[4000];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_null(qr_model(text));
}
