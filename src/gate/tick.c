#include "base/base.h"
#include "gate/work.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/store.h"

/*
 * What the gate does now and then, part by part.  A part that fails is logged, counted, and stops
 * no other: each has its transaction.
 */

static void
gate_part_add(struct gate *g, const char *prefix, const char *name)
{
	struct gate_part_count	*p = &g->parts[g->n_parts];

	if (g->n_parts == ARRAY_LEN(g->parts))
		BUG("more than %d parts", GATE_PARTS);
	snprintf(p->name, sizeof(p->name), "%s%s", prefix, name);
	g->n_parts++;
}

void
gate_parts(struct gate *g)
{
	gate_part_add(g, "", "reap");
	for (size_t i = 0; pay_providers[i] != NULL; i++)
		gate_part_add(g, "bill_", pay_providers[i]->name);
	gate_part_add(g, "bill_", "bank");
	for (const struct gate_part *p = g->sink->tick; p != NULL && p->name != NULL; p++)
		gate_part_add(g, "tick_", p->name);
}

void
gate_failed(struct gate *g, const char *prefix, const char *name, const struct err *err)
{
	char		 part[sizeof(g->parts[0].name)];
	struct err	 where = *err;

	snprintf(part, sizeof(part), "%s%s", prefix, name);
	for (size_t i = 0; i < g->n_parts; i++)
		if (strcmp(g->parts[i].name, part) == 0)
			atomic_fetch_add(&g->parts[i].failed, 1);
	err_add(&where, "%s", part);
	log_err("gate.part", &where);
}

void
gate_count_parts(struct gate *g, json_t *out)
{
	char	 key[64];

	for (size_t i = 0; i < g->n_parts; i++) {
		snprintf(key, sizeof(key), "%s_failed_total", g->parts[i].name);
		js_set_int(out, key, atomic_load(&g->parts[i].failed));
	}
}

static int
gate_part_write(struct db *db, void *arg, struct err *err)
{
	const struct gate_part	*p = arg;

	return p->run(db, clock_now(), err);
}

void
gate_tick(struct gate *g)
{
	struct err	 err;

	if (clock_steady() < g->ticked)
		return;
	g->ticked = clock_steady() + CLOCK_MINUTE;
	for (const struct gate_part *p = g->sink->tick; p != NULL && p->name != NULL; p++) {
		struct gate_part	 part = *p;

		err = (struct err){0};
		if (store_write(g->store, gate_part_write, &part, &err) < 0)
			gate_failed(g, "tick_", p->name, &err);
	}
}
