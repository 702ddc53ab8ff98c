#include "base/base.h"
#include "signer/world.h"

static bool
has(const struct world *w, const char *name)
{
	char	 path[128];

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	return file_exists(path);
}

static int
run_with(const struct world *w, const char *name, const struct buf *csr, struct err *err)
{
	struct ceremony	 c = {.company = "测试认证有限公司", .root_cn = "测试根",
		.issuing_cn = "测试签发", .admin_name = name, .admin_csr = csr->p,
		.admin_csr_len = csr->len};
	struct buf	 pem;
	int		 rc;

	buf_init(&pem, LIMIT_CERT * 2);
	secret_set(&c.passphrase, w->passphrase.p, w->passphrase.len);
	rc = ceremony_run(&c, &pem, err);
	secret_free(&c.passphrase);
	buf_free(&pem);
	return rc;
}

/* The operator's slip costs nothing: mended, the same command works. */
void
test_ceremony__wrong_request_leaves_nothing(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct buf	 csr;

	(void)state;
	world_prepare(&w);
	buf_init(&csr, LIMIT_CSR);
	buf_addstr(&csr, "-----BEGIN NONSENSE-----");
	assert_true(run_with(&w, "张三", &csr, &err) < 0);
	assert_false(has(&w, "ca-keys/root.key"));
	buf_free(&csr);
	assert_ok(sm2_generate(&w.officer_key, &err));
	world_csr(w.officer_key, &csr);
	assert_true(run_with(&w, "", &csr, &err) < 0);
	assert_false(has(&w, "ca-keys/root.key"));
	assert_err(ceremony_is_done(&err), ERR_WRONG_STATE);
	assert_ok(run_with(&w, "张三", &csr, &err));
	assert_ok(ceremony_is_done(&err));
	buf_free(&csr);
	world_drop(&w);
}

void
test_ceremony__second_time_touches_nothing(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct buf	 csr, before, after;
	char		 path[128];

	(void)state;
	world_prepare(&w);
	world_ceremony(&w);
	snprintf(path, sizeof(path), "%s/ca-keys/root.key", w.dir);
	buf_init(&before, 8192);
	buf_init(&after, 8192);
	assert_ok(file_read(path, &before, &err));
	world_csr(w.officer_key, &csr);
	assert_err(run_with(&w, "张三", &csr, &err), ERR_WRONG_STATE);
	assert_ok(file_read(path, &after, &err));
	assert_string_equal(before.p, after.p);
	buf_free(&csr);
	buf_free(&before);
	buf_free(&after);
	world_drop(&w);
}
