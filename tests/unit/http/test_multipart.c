#include "unit.h"
#include "http/multipart.h"

static struct multipart_part	*parts;
static size_t			 n_parts;

static int
parse(struct arena *a, const char *body, struct err *err)
{
	return multipart_parse(a, "multipart/form-data; boundary=XX", body, strlen(body), &parts,
	    &n_parts, err);
}

void
test_multipart__parts_point_into_the_body(void **state)
{
	struct arena	*a = arena_new(1 << 20);
	struct err	 err = {0};

	(void)state;
	assert_ok(parse(a, "--XX\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nlicence\r\n"
	    "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\a;b\\营业执照.jpg\"\r\n"
	    "Content-Type: image/jpeg\r\n\r\n\r\n--X\r\nbytes\r\n--XX--\r\n", &err));
	assert_int_equal(n_parts, 2);
	assert_string_equal(parts[0].name, "kind");
	assert_null(parts[0].filename);
	assert_memory_equal(parts[0].data, "licence", parts[0].len);
	assert_string_equal(parts[1].filename, "营业执照.jpg");
	assert_string_equal(parts[1].type, "image/jpeg");
	assert_int_equal(parts[1].len, 12);
	assert_memory_equal(parts[1].data, "\r\n--X\r\nbytes", 12);
	arena_free(a);
}

void
test_multipart__malformed_bodies_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "rubbish", "--XX", "--XX\r\n", "--XX\r\n\r\n\r\n--XX--",
		"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end",
		"--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--XX--",
		"--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--",
		"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--XX",
	};
	struct arena	*a = arena_new(1 << 20);
	struct err	 err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_err(parse(a, bad[i], &err), ERR_INPUT);
	arena_free(a);
}
