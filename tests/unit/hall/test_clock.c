#include "world.h"
#include "hall/account/lost.h"
#include "hall/act.h"
#include "hall/identity/proof.h"
#include "hall/petition/petition.h"

/*
 * The clock set forward and back by hand between two acts: what has a lifetime never lives longer for it,
 * and what waits is never carried out twice.
 */
#define BACK	(2 * CLOCK_HOUR)

static struct who	visitor = {.address = "192.0.2.70"};

/* Asked for with the clock `ahead` of what it is afterwards; usable then? */
static int
code_after(struct world *w, const char *mobile, int64_t ahead, struct err *why)
{
	struct err	 err = {0};
	json_t	*in = NULL, *errors = json_array();
	char	 code[8];
	int	 rc = 0;

	clock_shift(ahead);
	in = world_captcha(w, &visitor, json_object());
	assert_ok(code_send(w->h, &visitor, CODE_NUMBER, "mobile", mobile, in, errors, &err));
	(void)snprintf(code, sizeof(code), "%s", world_sms_code(w));
	clock_shift(-ahead);
	rc = code_use(w->h, CODE_NUMBER, mobile, code, why);
	json_decref(in);
	json_decref(errors);
	return rc;
}

void
test_clock__a_code_lives_no_longer(void **state)
{
	struct err	err = {0};
	struct world	w;

	(void)state;
	world_open(&w);
	assert_ok(code_after(&w, "13912340011", 0, &err));
	/* clocks of two machines: a little ahead is the same moment */
	assert_ok(code_after(&w, "13912340012", CODE_AHEAD - CLOCK_SECOND, &err));
	assert_err(code_after(&w, "13912340013", CODE_AHEAD + CLOCK_MINUTE, &err), ERR_INPUT);
	assert_err(code_after(&w, "13912340014", BACK, &err), ERR_INPUT);
	/* set forward: over, to the second */
	assert_ok(code_after(&w, "13912340015", -CODE_LIFE + 2 * CLOCK_SECOND, &err));
	assert_err(code_after(&w, "13912340016", -CODE_LIFE - CLOCK_SECOND, &err), ERR_INPUT);
	world_close(&w);
}

/* ---- a way that was passed, used again ---- */

struct passing { struct world *w; const char *no; int64_t id, ended; int found; };

static int
passed_run(struct db *db, void *arg, struct err *err)
{
	struct passing	*s = arg;
	struct order	 o = { .id = 0 };
	struct proof	 p = { .id = 0 };
	int		 rc = order_load(db, s->w->h, s->no, &o, err);

	if (rc == 0) {
		p.id = s->id;
		p.order_id = o.id;
		p.account = o.account;
		p.way = way_by_name("legal_phone");
		p.data = json_object();
		p.created = clock_now();
		proof_digests(s->w->h, &o, &p);
		proof_set(&p, "asking", "");
		rc = proof_insert(db, s->w->h, &p, err);
	}
	if (rc == 0) {
		(void)snprintf(p.was, sizeof(p.was), "asking");
		proof_set(&p, "passed", "");
		p.ended = s->ended;
		rc = proof_save(db, &p, err);
	}
	proof_release(&p);
	order_release(&o);
	return rc;
}

static int
reuse_run(struct db *db, void *arg, struct err *err)
{
	struct passing	*s = arg;
	struct order	 o = { .id = 0 };
	struct proof	 p = { .id = 0 };

	if (order_load(db, s->w->h, s->no, &o, err) < 0)
		return -1;
	(void)snprintf(o.op, sizeof(o.op), "unlock");
	s->found = proof_earlier(db, s->w->h, &o, &p, err);
	proof_release(&p);
	order_release(&o);
	return s->found < 0 ? -1 : 0;
}

static int
reused(struct world *w, const char *no, int64_t id, int64_t ended)
{
	struct passing	s = { .w = w, .no = no, .id = id, .ended = ended };
	struct err	err = {0};

	assert_ok(store_write(w->store, passed_run, &s, &err));
	assert_ok(store_read(w->store, reuse_run, &s, &err));
	return s.found;
}

void
test_clock__a_passed_way_is_not_used_longer(void **state)
{
	struct world	w;
	char		no[4][ORDER_NO];
	struct halldef	*d = NULL;
	int		i = 0;

	(void)state;
	world_open(&w);
	d = (struct halldef *)(uintptr_t)hall_def(w.h);
	d->identity.reuse_days = 365;
	for (i = 0; i < 4; i++) {
		char	name[8];

		(void)snprintf(name, sizeof(name), "clk%d", i);
		world_order(&w, name, "download", no[i]);
	}
	assert_int_equal(reused(&w, no[0], 1, clock_now() + BACK), 0);	/* passed "tomorrow" */
	assert_int_equal(reused(&w, no[1], 2, clock_now() - 366 * CLOCK_DAY), 0);
	assert_int_equal(reused(&w, no[2], 3, clock_now() - 365 * CLOCK_DAY), 0);
	assert_int_equal(reused(&w, no[3], 4, clock_now() - 365 * CLOCK_DAY + CLOCK_MINUTE), 1);
	world_close(&w);
}

/* ---- petitions ---- */

/* Filed by a visitor and granted; its number. */
static void
granted(struct world *w, char ref[PETITION_REF], char no[ORDER_NO])
{
	struct err	 err = {0};
	json_t		*in = world_captcha(w, &visitor, json_object()), *errors = json_array(), *m = NULL;
	bool		 waiting = false;

	assert_ok(code_send(w->h, &visitor, CODE_NUMBER, "mobile", "13912340001", in, errors, &err));
	js_set_str(in, "login", WORLD_MOBILE);
	js_set_str(in, "name", "赵钱孙");
	js_set_str(in, "id_no", "11010519491231002X");
	js_set_str(in, "note", "原号码已销号");
	js_set_str(in, "mobile", "13912340001");
	js_set_str(in, "code", world_sms_code(w));
	assert_ok(petition_begin_mobile(w->h, &visitor, in, errors, ref, &err));
	assert_ok(petition_picture_add(w->h, &visitor, ref, "id_front", "JPEG-1", 6, &err));
	assert_ok(petition_picture_add(w->h, &visitor, ref, "id_back", "JPEG-2", 6, &err));
	assert_ok(petition_file(w->h, &visitor, ref, &err));
	json_decref(in);
	assert_ok(petition_show(w->h, &visitor, ref, &m, &err));
	(void)snprintf(no, ORDER_NO, "%s", js_str(m, "no"));
	in = json_pack("{s:o}", "version", json_sprintf("%d", (int)js_int(m, "version", 0)));
	assert_ok(petition_approve(w->h, &w->staff, no, in, &waiting, &err));
	json_decref(m);
	json_decref(in);
	json_decref(errors);
}

static size_t
carried_out(struct world *w)
{
	struct err	err = {0};
	size_t		n = 0;

	assert_ok(petition_run(w->h, clock_now(), &n, &err));
	return n;
}

void
test_clock__a_petition_is_carried_out_once(void **state)
{
	struct world	w;
	char		ref[PETITION_REF], no[ORDER_NO];

	(void)state;
	world_open(&w);
	granted(&w, ref, no);
	clock_shift(-BACK);
	assert_int_equal(carried_out(&w), 0);
	clock_shift(BACK + 3 * CLOCK_DAY - CLOCK_MINUTE);
	assert_int_equal(carried_out(&w), 0);
	clock_shift(-CLOCK_DAY);			/* set back in the middle of the waiting */
	assert_int_equal(carried_out(&w), 0);
	clock_shift(CLOCK_DAY + CLOCK_MINUTE);
	assert_int_equal(carried_out(&w), 1);
	clock_shift(-3 * CLOCK_DAY);			/* and after it */
	assert_int_equal(carried_out(&w), 0);
	clock_shift(3 * CLOCK_DAY);
	assert_int_equal(carried_out(&w), 0);
	clock_shift(-3 * CLOCK_DAY);
	world_close(&w);
}
