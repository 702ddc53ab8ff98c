#include "base/base.h"
#include "hall/payment/batch.h"

#include "base/clock.h"
#include "hall/act.h"
#include "hall/order/print_own.h"
#include "hall/payment/bundle.h"
#include "hall/services.h"

/* The papers of a batch: common ones are handed in once; the list of persons is printed. */

#define PAPER_MOST	16		/* common kinds of a product */

/* The newest picture of each common kind: of which order. */
struct papers {
	struct { const struct def_material *m; int64_t order, at; } list[PAPER_MOST];
	size_t			 n, given;
	const struct who	*who;
};

static void
papers_offer(struct papers *p, const struct def_material *m, int64_t order, int64_t at)
{
	size_t	i = 0;

	while (i < p->n && p->list[i].m != m)
		i++;
	if (i == PAPER_MOST || (i < p->n && p->list[i].at >= at))
		return;
	p->n = MAX(p->n, i + 1);
	p->list[i].m = m;
	p->list[i].order = order;
	p->list[i].at = at;
}

static int
papers_find(struct db *db, struct hall *h, struct order *o, void *arg, struct err *err)
{
	const struct def_material	*m = NULL;
	struct papers			*p = arg;
	struct rows			*rows = NULL;
	int				 rc = 0;

	(void)h;
	if (db_query(db, SQL_MATERIAL_LIST, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		m = product_material(o->def, rows_text(rows, 0));
		if (m != NULL && m->common)
			papers_offer(p, m, o->id, rows_int(rows, 6));
	}
	rows_free(rows);
	return rc;
}

static int
papers_give(struct db *db, struct hall *h, struct order *o, void *arg, struct err *err)
{
	struct papers	*p = arg;
	int64_t		 changed = 0, given = 0;
	size_t		 i = 0;

	if (!order_may_change_material(o))
		return 0;
	for (i = 0; i < p->n; i++) {
		if (product_material(o->def, p->list[i].m->kind) != p->list[i].m)
			continue;
		if (db_run(db, SQL_MATERIAL_COPY, &changed, err, DB_INT(p->list[i].order),
		    DB_TEXT(p->list[i].m->kind), DB_INT(o->id), DB_INT(clock_now())) < 0)
			return -1;
		given += changed;
		if (changed > 0 && order_note(db, h, p->who, o, "material", p->list[i].m->title,
		    err) < 0)
			return -1;
	}
	p->given += (size_t)given;
	return given == 0 ? 0 : order_save(db, h, o, err);
}

static int
batch_share_run(struct db *db, struct act *a, struct err *err)
{
	struct papers	*p = a->extra;
	struct bundle	 b;

	memset(p, 0, sizeof(*p));
	p->who = a->who;
	if (bundle_load(db, a->who, a->name, &b, err) < 0 ||
	    bundle_each(db, a->h, &b, papers_find, p, err) < 0)
		return -1;
	if (p->n == 0)
		return err_set(err, ERR_WRONG_STATE, "还没有上传公共材料：请先在其中一份申请中上传"
		    "盖章的清单、授权委托书和经办人证件，再用于全部。");
	return bundle_each(db, a->h, &b, papers_give, p, err);
}

int
batch_share(struct hall *h, const struct who *who, const char *bundle, size_t *n, struct err *err)
{
	struct papers	p = { .n = 0 };
	struct act	a = { .h = h, .who = who, .name = bundle, .extra = &p };
	int		rc = 0;

	if (who->account == 0)
		return err_set(err, ERR_DENIED, "请先登录后再办理。");
	rc = act_write(&a, batch_share_run, err);
	*n = p.given;
	return rc;
}

/* ---- the list ---- */

static int
list_row(struct db *db, struct hall *h, struct order *o, void *arg, struct err *err)
{
	json_t	*rows = arg;
	char	 n[16];

	(void)db;
	(void)h;
	(void)err;
	if (o->state == ORDER_CANCELLED || o->state == ORDER_REFUNDING)
		return 0;
	(void)snprintf(n, sizeof(n), "%zu", json_array_size(rows));
	print_row(rows, n, o->subject, o->def->title, js_str(o->form, "org_name"));
	return 0;
}

static int
batch_print_run(struct db *db, struct act *a, struct err *err)
{
	struct bundle	 b;
	json_t		*rows = json_array();

	print_row(rows, "序号", "主体名", "证书类型", "单位名");
	if (bundle_load(db, a->who, a->name, &b, err) < 0 ||
	    bundle_each(db, a->h, &b, list_row, rows, err) < 0) {
		json_decref(rows);
		return -1;
	}
	a->model = print_document(hall_def(a->h), "人员批量办理清单", b.no);
	print_table(a->model, rows);
	print_para(a->model, "以上人员的数字证书由我单位统一办理，所附授权委托书、经办人证件对清单中的每个人有效。");
	print_sign(a->model, "经办人签字", "单位（盖章）", "日期");
	return 0;
}

int
batch_print(struct hall *h, const struct who *who, const char *bundle, struct buf *pdf,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = bundle };
	int		rc = act_read(&a, batch_print_run, err);

	if (rc == 0)
		rc = hall_services(h)->form(a.model, pdf, err);
	json_decref(a.model);
	return rc;
}
