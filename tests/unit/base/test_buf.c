#include "unit.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/rand.h"

/* Buffers with a maximum, arenas, randomness that can be replaced. */

void
test_buf__never_exceeds_its_maximum(void **state)
{
	struct err	 err = {0};
	struct buf	 b;
	size_t		 len = 0;
	char		*p;

	(void)state;
	buf_init(&b, 10);
	assert_non_null(b.p);
	buf_addstr(&b, "0123456789");
	assert_ok(buf_check(&b, &err));
	buf_addch(&b, 'x');
	assert_true(b.over);
	assert_int_equal(b.len, 10);
	assert_string_equal(b.p, "0123456789");
	buf_addstr(&b, "more");				/* dropped, too */
	assert_int_equal(b.len, 10);
	assert_err(buf_check(&b, &err), ERR_LIMIT);
	buf_clear(&b);
	buf_addf(&b, "%d-%s", 12, "ab");
	assert_ok(buf_check(&b, &err));
	buf_drop(&b, 3);
	assert_string_equal(b.p, "ab");
	buf_addf(&b, "%s", "a text that is too long");
	assert_err(buf_check(&b, &err), ERR_LIMIT);
	assert_true(b.len <= 10);
	p = buf_take(&b, &len);
	assert_int_equal(p[len], '\0');
	free(p);
	buf_free(&b);
	buf_free(&(struct buf){0});
}

static int	deferred[4], n_deferred;

static void
note(void *p)
{
	deferred[n_deferred++] = *(int *)p;
}

void
test_arena__frees_newest_first(void **state)
{
	struct arena	*a = arena_new(1024 * 1024);
	int		 one = 1, two = 2;
	char		*p = arena_alloc(a, 100000);

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(p[i], 0);
	assert_int_equal((uintptr_t)arena_alloc(a, 1) % 8, 0);
	assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
	assert_string_equal(arena_printf(a, "%s-%d", "x", 7), "x-7");
	arena_defer(a, note, &one);
	arena_defer(a, note, &two);
	arena_free(a);
	assert_int_equal(n_deferred, 2);
	assert_int_equal(deferred[0], 2);
	assert_int_equal(deferred[1], 1);
	arena_free(NULL);
}

static void
rand_ones(void *p, size_t len)
{
	memset(p, 1, len);
}

void
test_rand__can_be_replaced(void **state)
{
	unsigned char	 a[16], b[16];
	char		 token[33], digits[7];
	int64_t		 id, last = 0;

	(void)state;
	rand_bytes(a, sizeof(a));
	rand_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	rand_replace(rand_ones);
	rand_bytes(a, sizeof(a));
	rand_bytes(b, sizeof(b));
	assert_memory_equal(a, b, sizeof(a));
	rand_replace(NULL);
	rand_token(token, 32);
	assert_int_equal(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789"), 32);
	rand_digits(digits, 6);
	assert_int_equal(strspn(digits, "0123456789"), 6);
	for (int i = 0; i < 10000; i++) {
		assert_true(rand_below(7) < 7);
		id = rand_id();
		assert_true(id > 0 && id >> 21 >= last >> 21);	/* grows with time */
		last = id;
	}
	assert_int_equal(rand_below(1), 0);
}
