#include "house.h"
#include "base/file.h"

#include <sys/stat.h>

/* Libraries: found by their names, spoken with in their width. */

static char *
place(const char *root, const char *below)
{
	struct err	 err = {0};
	char		*path = xasprintf("%s/%s", root, below), *slash = path + strlen(root);

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	assert_ok(file_write(path, "", 0, 0600, &err));
	return path;
}

void
test_driver__search_finds_what_packages_installed(void **state)
{
	char	 root[] = "/tmp/yinxin-driver-XXXXXX", *here, *paths[8], *a, *b, *c;
	size_t	 n;

	(void)state;
	assert_non_null(mkdtemp(root));
	here = xasprintf("%s/here", root);
	assert_int_equal(driver_search(root, here, paths, 8), 0);
	a = place(root, "usr/lib/x86_64-linux-gnu/libgm3000.1.0.so");
	b = place(root, "opt/apps/cn.vendor/files/lib/libes_3000gm.so.1");
	c = place(root, "usr/lib/libgm3000.conf");	/* no library */
	n = driver_search(root, here, paths, 8);
	assert_int_equal(n, 2);
	assert_string_equal(paths[0], a);
	assert_string_equal(paths[1], b);
	while (n > 0)
		free(paths[--n]);
	free(a);
	a = place(root, "here/libgm3000.so");		/* what stands beside comes first */
	assert_int_equal(driver_search(root, here, paths, 1), 1);
	assert_string_equal(paths[0], a);
	free(paths[0]);
	free(a);
	free(b);
	free(c);
	free(here);
}

void
test_driver__what_is_no_library_is_named(void **state)
{
	struct err	 err = {0};
	struct driver	*d = NULL;

	(void)state;
	assert_err(driver_load(&d, "/nowhere/libgm3000.so", &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "/nowhere/libgm3000.so"));
	assert_err(driver_load(&d, "libdl.so.2", &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "SKF"));
}

/* The same work through a library whose ULONG has 64 bits; its width is seen, not told. */
void
test_driver__both_widths_do_the_same(void **state)
{
	static const char *const	library[] = {"libyinxin_skf.so", "libwide_skf.so"};
	const struct card_ops		*ops[] = {&card_ops_32, &card_ops_64};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(library); i++) {
		struct driver	*d = house_driver(library[i]);
		char		*path = house_key();
		struct err	 err = {0};
		struct issued	 made = {0};
		struct ukey_bundle b;
		struct ukey	 u;
		struct buf	 csr, sig, cert;
		int		 left = 0;

		buf_init(&csr, LIMIT_CSR);
		buf_init(&sig, 256);
		buf_init(&cert, LIMIT_CERT);
		assert_ptr_equal(d->ops, ops[i]);
		assert_ok(ukey_open(&u, d, path, &err));
		assert_string_equal(u.info.serial, "YX0001");
		assert_err(ukey_login(&u, "000000", &left, &err), ERR_DENIED);
		assert_int_equal(left, 8);
		assert_ok(ukey_login(&u, PIN, &left, &err));
		assert_ok(ukey_request(&u, ORDER, "张三", &csr, &err));
		issue(&csr, &made);
		b = bundle(&made);
		assert_ok(ukey_install(&u, ORDER, &b, &err));
		assert_ok(ukey_sign(&u, "", "text", 4, &sig, &cert, &err));
		assert_int_equal(cert.len, made.sign.len);
		issued_free(&made);
		ukey_close(&u);
		driver_free(d);
		buf_free(&csr);
		buf_free(&sig);
		buf_free(&cert);
		free(path);
	}
}
