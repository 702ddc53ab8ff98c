#include "base/base.h"
#include "hall/def/halldef.h"

#include "base/file.h"
#include "base/str.h"
#include "hall/certificate/recover.h"
#include "hall/certificate/unlock.h"
#include "hall/def/halldef_read.h"
#include "hall/digest.h"
#include "hall/medium/words.h"
#include "hall/notice.h"
#include "hall/ops.h"
#include "hall/steps.h"
#include "pki/profile.h"

#define HALLDEF_MEMORY		((size_t)16 * 1024 * 1024)
#define HALLDEF_AGREEMENT	(256 * 1024)

/* An agreement's text stands in a file beside the definition. */
static int
halldef_read_file(struct reader *r, const struct yaml *at, const char *file, const char **text,
    struct err *err)
{
	const char	*slash = strrchr(r->path, '/');
	char		*path = NULL;
	struct buf	 b = {0};
	int		 rc = -1;

	if (strstr(file, "..") != NULL || file[0] == '/')
		return yaml_err(r->doc, at, err, "\"%s\" must stand beside the definition",
		    file);
	path = xasprintf("%.*s%s", slash == NULL ? 0 : (int)(slash - r->path) + 1, r->path,
	    file);
	buf_init(&b, HALLDEF_AGREEMENT);
	if (file_read(path, &b, err) < 0) {
		yaml_err(r->doc, at, err, "cannot read %s", path);
		goto out;
	}
	if (!utf8_is_valid(b.p, b.len) || memchr(b.p, '\0', b.len) != NULL) {
		yaml_err(r->doc, at, err, "%s is not valid text", path);
		goto out;
	}
	*text = arena_strndup(r->arena, b.p, b.len);
	rc = 0;
 out:
	buf_free(&b);
	free(path);
	return rc;
}

static int
halldef_read_agreement(struct reader *r, const struct yaml *y, struct def_agreement *a,
    struct err *err)
{
	const char	*file = NULL;

	if (read_text(r, y, "id", NULL, &a->id, err) < 0 ||
	    read_text(r, y, "title", NULL, &a->title, err) < 0 ||
	    read_text(r, y, "version", NULL, &a->version, err) < 0 ||
	    yaml_bool(r->doc, y, "print", false, &a->print, err) < 0)
		return -1;
	if (yaml_get(y, "file") != NULL) {
		if (yaml_text(r->doc, y, "file", NULL, &file, err) < 0 ||
		    halldef_read_file(r, yaml_get(y, "file"), file, &a->text, err) < 0)
			return -1;
	} else if (read_text(r, y, "text", NULL, &a->text, err) < 0) {
		return -1;
	}
	digest_sm3_text(a->text, strlen(a->text), a->digest);
	return 0;
}

static int
halldef_read_agreements(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "id", "title", "version", "file", "text", "print",
	    NULL };
	const struct yaml	*list = NULL;
	struct def_agreement	*a = NULL;
	size_t			 i = 0;

	if (read_list(r, root, "agreements", known, &list, err) < 0)
		return -1;
	a = arena_alloc(r->arena, list->n * sizeof(*a) + 1);
	for (i = 0; i < list->n; i++)
		if (halldef_read_agreement(r, &list->child[i], &a[i], err) < 0)
			return -1;
	r->def->agreements = a;
	r->def->n_agreements = list->n;
	return 0;
}

static int
halldef_read_cps(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "id", "title", "version", "file", "text", NULL };
	const struct yaml	*y = NULL;
	struct def_agreement	*a = arena_alloc(r->arena, sizeof(*a));

	if (yaml_need(r->doc, root, "cps", YAML_MAP, &y, err) < 0 ||
	    yaml_keys(r->doc, y, known, err) < 0 || halldef_read_agreement(r, y, a, err) < 0)
		return -1;
	r->def->cps = a;
	return 0;
}

/* Where a step stands; way->n when it is none of this way's. */
static size_t
halldef_place(const struct def_steps *way, const char *name)
{
	size_t	i = 0;

	while (i < way->n && strcmp(way->names[i], name) != 0)
		i++;
	return i;
}

/* Nothing is given away: a certificate is fetched last, reviewed and, where it costs, paid for. */
static bool
halldef_pays(const struct def_steps *way)
{
	size_t	fetch = halldef_place(way, "fetch"), pay = halldef_place(way, "payment"),
		confirm = halldef_place(way, "confirm");

	if (pay < way->n && confirm < way->n && confirm > pay)
		return false;
	return fetch == way->n || (fetch == way->n - 1 && halldef_place(way, "review") < fetch);
}

/* Nobody gets an answer for a UKey by less than two proofs, or unseen. */
static bool
halldef_unlocks(const struct def_steps *way)
{
	static const char *const	end[] = { "challenge", "review", "unlock" };
	const size_t			n = ARRAY_LEN(end);
	size_t				i = 0, proofs = 0;

	for (i = 0; i + n < way->n; i++)
		proofs += step_by_name(way->names[i])->proves;
	for (i = 0; i < n && way->n > n; i++)
		if (strcmp(way->names[way->n - n + i], end[i]) != 0)
			return false;
	return proofs >= UNLOCK_PROOFS;
}

/* Each step that is about the key stands where it must: asked, proved, signed by two, written. */
static bool
halldef_recovers(const struct def_steps *way)
{
	size_t	i = 0, proofs = 0;

	for (i = 0; i < way->n; i++)
		proofs += step_by_name(way->names[i])->proves;
	return proofs >= RECOVER_PROOFS && way->n >= 4 && strcmp(way->names[0], "reason") == 0 &&
	    strcmp(way->names[way->n - 2], "review") == 0 &&
	    strcmp(way->names[way->n - 1], "recover") == 0;
}

static int
halldef_read_way(struct reader *r, const struct yaml *steps, struct def_steps *way,
    struct err *err)
{
	const struct yaml	*list = yaml_get(steps, way->op);
	size_t			 i = 0;

	if (read_texts(r, steps, way->op, &way->names, &way->n, err) < 0)
		return -1;
	for (i = 0; i < way->n; i++)
		if (step_by_name(way->names[i]) == NULL)
			return yaml_err(r->doc, &list->child[i], err, "unknown step \"%s\"",
			    way->names[i]);
	if (way->n == 0)
		return yaml_err(r->doc, list, err, "\"%s\" must not be empty", way->op);
	if (!halldef_pays(way))
		return yaml_err(r->doc, list, err, "\"%s\": confirm comes before payment, and fetch "
		    "comes last, after review", way->op);
	if (strcmp(way->op, "unlock") == 0 && !halldef_unlocks(way))
		return yaml_err(r->doc, list, err, "\"unlock\" needs two steps that prove the "
		    "applicant, then challenge, review, unlock");
	if (strcmp(way->op, "recover") == 0 && !halldef_recovers(way))
		return yaml_err(r->doc, list, err, "\"recover\" needs reason, a step that proves "
		    "the applicant, then review, recover");
	return 0;
}

/* Each operation has its way; "new" must be there. */
static int
halldef_read_steps(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "new",
#define OP(name)	#name,
#include "hall/ops.def"
#undef OP
	    NULL };
	const struct yaml	*steps = NULL, *list = NULL;
	struct def_steps	*ways = arena_alloc(r->arena, ARRAY_LEN(known) * sizeof(*ways));
	size_t			 i = 0, n = 0;

	if (yaml_need(r->doc, root, "steps", YAML_MAP, &steps, err) < 0 ||
	    yaml_keys(r->doc, steps, known, err) < 0 ||
	    yaml_need(r->doc, steps, "new", YAML_LIST, &list, err) < 0)
		return -1;
	for (i = 0; known[i] != NULL; i++) {
		if (yaml_get(steps, known[i]) == NULL)
			continue;
		ways[n].op = known[i];
		if (halldef_read_way(r, steps, &ways[n++], err) < 0)
			return -1;
	}
	r->def->steps = ways;
	r->def->n_steps = n;
	return 0;
}

/* Days as numbers, rising or falling; those after the end become negative. */
static int
halldef_read_days(struct reader *r, const struct yaml *y, const char *key, int sign, int *days,
    size_t *n, struct err *err)
{
	const char *const	*texts = NULL;
	size_t			 i = 0, count = 0;
	int64_t			 v = 0;

	if (read_texts(r, y, key, &texts, &count, err) < 0)
		return -1;
	for (i = 0; i < count; i++) {
		if (*n == HALLDEF_REMINDERS || str_to_i64(texts[i], 366, &v) < 0 || v < 1 ||
		    (*n > 0 && sign * (int)v >= days[*n - 1]))
			return yaml_err(r->doc, &yaml_get(y, key)->child[i], err,
			    "%s: at most %d numbers of days, each later than the one before", key,
			    HALLDEF_REMINDERS);
		days[(*n)++] = sign * (int)v;
	}
	return 0;
}

static int
halldef_read_reminders(struct reader *r, const struct yaml *y, struct err *err)
{
	int	*days = arena_alloc(r->arena, HALLDEF_REMINDERS * sizeof(*days));
	size_t	 n = 0;

	if (halldef_read_days(r, y, "remind_before", 1, days, &n, err) < 0 ||
	    halldef_read_days(r, y, "remind_after", -1, days, &n, err) < 0)
		return -1;
	r->def->remind = days;
	r->def->n_remind = n;
	return 0;
}

static int
halldef_read_renewal(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "before_days", "after_days", "remind_before",
	    "remind_after", NULL };
	const struct yaml	*y = yaml_get(root, "renewal");
	int64_t			 before = 0, after = 0;

	if (y == NULL)
		return 0;
	if (yaml_keys(r->doc, y, known, err) < 0 ||
	    yaml_int(r->doc, y, "before_days", 1, 366, 0, &before, err) < 0 ||
	    yaml_int(r->doc, y, "after_days", 0, 3660, -1, &after, err) < 0)
		return -1;
	if (halldef_steps(r->def, "renew")->n == 0)
		return yaml_err(r->doc, y, err, "renewal needs steps.renew");
	r->def->renew_before = (int)before;
	r->def->renew_after = (int)after;
	return halldef_read_reminders(r, y, err);
}

static int
halldef_read_change(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "fee", NULL };
	const struct yaml	*y = yaml_get(root, "change");

	if (y == NULL)
		return 0;
	if (halldef_steps(r->def, "change")->n == 0)
		return yaml_err(r->doc, y, err, "change needs steps.change");
	if (yaml_keys(r->doc, y, known, err) < 0)
		return -1;
	return yaml_int(r->doc, y, "fee", 0, 1000000, 0, &r->def->change_fee, err);
}

/* An approval of key officers lasts; kmc itself takes none older than seven days. */
static int
halldef_read_recovery(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "days", NULL };
	const struct yaml	*y = yaml_get(root, "recovery");
	int64_t			 days = HALLDEF_RECOVERY_DAYS;

	if (y != NULL && halldef_steps(r->def, "recover")->n == 0)
		return yaml_err(r->doc, y, err, "recovery needs steps.recover");
	if (y != NULL && (yaml_keys(r->doc, y, known, err) < 0 ||
	    yaml_int(r->doc, y, "days", 1, 6, HALLDEF_RECOVERY_DAYS, &days, err) < 0))
		return -1;
	r->def->recover_days = (int)days;
	return 0;
}

static int
halldef_read_collections(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "id", "title", "help", "address", "made", NULL };
	const struct yaml	*list = NULL, *y = NULL;
	struct def_collection	*c = NULL;
	size_t			 i = 0;

	if (yaml_need(r->doc, root, "collection", YAML_LIST, &list, err) < 0 ||
	    read_list(r, root, "collection", known, &list, err) < 0)
		return -1;
	c = arena_alloc(r->arena, list->n * sizeof(*c) + 1);
	for (i = 0; i < list->n; i++) {
		y = &list->child[i];
		if (read_text(r, y, "id", NULL, &c[i].id, err) < 0 ||
		    read_text(r, y, "title", NULL, &c[i].title, err) < 0 ||
		    read_text(r, y, "help", "", &c[i].help, err) < 0 ||
		    yaml_bool(r->doc, y, "address", false, &c[i].address, err) < 0 ||
		    yaml_bool(r->doc, y, "made", false, &c[i].made, err) < 0)
			return -1;
	}
	r->def->collections = c;
	r->def->n_collections = list->n;
	return 0;
}

static int
halldef_read_payment(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "alipay", "alipay_page", "wechat",
		"transfer", NULL };
	static const char *const bank[] = { "holder", "account", "bank", NULL };
	const struct yaml	*y = NULL, *b = NULL;
	struct halldef		*d = r->def;

	if (yaml_need(r->doc, root, "payment", YAML_MAP, &y, err) < 0 ||
	    yaml_keys(r->doc, y, known, err) < 0 ||
	    yaml_bool(r->doc, y, "alipay", false, &d->pay_alipay, err) < 0 ||
	    yaml_bool(r->doc, y, "alipay_page", false, &d->pay_alipay_page, err) < 0 ||
	    yaml_bool(r->doc, y, "wechat", false, &d->pay_wechat, err) < 0)
		return -1;
	if (yaml_get(y, "transfer") == NULL)
		return 0;
	d->pay_transfer = true;
	if (yaml_need(r->doc, y, "transfer", YAML_MAP, &b, err) < 0 ||
	    yaml_keys(r->doc, b, bank, err) < 0 ||
	    read_text(r, b, "holder", NULL, &d->bank.holder, err) < 0 ||
	    read_text(r, b, "account", NULL, &d->bank.account, err) < 0)
		return -1;
	return read_text(r, b, "bank", NULL, &d->bank.bank, err);
}

static int
halldef_read_review(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "working_days", "reasons", NULL };
	static const char *const reason[] = { "code", "text", NULL };
	const struct yaml	*y = NULL, *list = NULL;
	struct def_reason	*t = NULL;
	int64_t			 days = 0;
	size_t			 i = 0;

	if (yaml_need(r->doc, root, "review", YAML_MAP, &y, err) < 0 ||
	    yaml_keys(r->doc, y, known, err) < 0 ||
	    yaml_int(r->doc, y, "working_days", 1, 60, 0, &days, err) < 0 ||
	    read_list(r, y, "reasons", reason, &list, err) < 0)
		return -1;
	t = arena_alloc(r->arena, list->n * sizeof(*t) + 1);
	for (i = 0; i < list->n; i++)
		if (read_text(r, &list->child[i], "code", NULL, &t[i].code, err) < 0 ||
		    read_text(r, &list->child[i], "text", NULL, &t[i].text, err) < 0)
			return -1;
	r->def->review_days = (int)days;
	r->def->reasons = t;
	r->def->n_reasons = list->n;
	return 0;
}

static int
halldef_read_limits(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "user_name", "pin_tries", NULL };
	static const char *const warranty[] = { "days", "fee", NULL };
	const struct yaml	*y = NULL, *w = NULL;
	struct halldef		*d = r->def;
	int64_t			 name = 0, tries = 0, days = 0;

	if (yaml_need(r->doc, root, "limits", YAML_MAP, &y, err) < 0 ||
	    yaml_keys(r->doc, y, known, err) < 0 ||
	    yaml_int(r->doc, y, "user_name", 4, 15, 12, &name, err) < 0 ||
	    yaml_int(r->doc, y, "pin_tries", 3, 15, 9, &tries, err) < 0 ||
	    yaml_need(r->doc, root, "warranty", YAML_MAP, &w, err) < 0 ||
	    yaml_keys(r->doc, w, warranty, err) < 0 ||
	    yaml_int(r->doc, w, "days", 0, 3660, 0, &days, err) < 0 ||
	    yaml_int(r->doc, w, "fee", 0, 1000000, 0, &d->medium_fee, err) < 0)
		return -1;
	d->user_name_max = (int)name;
	d->pin_tries = (int)tries;
	d->warranty_days = (int)days;
	if (read_texts(r, root, "security_questions", &d->questions, &d->n_questions, err) < 0)
		return -1;
	d->security_question = d->n_questions > 0;
	return 0;
}

/* UKeys: {strict: bool, activation: bool}; neither when it is not there. */
static int
halldef_read_medium(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "strict", "activation", NULL };
	const struct yaml	*y = yaml_get(root, "medium");

	if (y == NULL)
		return 0;
	if (yaml_need(r->doc, root, "medium", YAML_MAP, &y, err) < 0 ||
	    yaml_keys(r->doc, y, known, err) < 0 ||
	    yaml_bool(r->doc, y, "strict", false, &r->def->medium_strict, err) < 0)
		return -1;
	return yaml_bool(r->doc, y, "activation", false, &r->def->medium_activation, err);
}

static bool
halldef_is_event(const char *name)
{
	size_t	i = 0;

	for (i = 0; notice_events[i] != NULL; i++)
		if (strcmp(notice_events[i], name) == 0)
			return true;
	return false;
}

static int
halldef_read_notices(struct reader *r, const struct yaml *root, struct err *err)
{
	static const char *const known[] = { "sms_code", "sms_text", "mail_subject",
	    "mail_body", NULL };
	const struct yaml	*map = NULL, *y = NULL;
	struct def_notice	*n = NULL;
	size_t			 i = 0;

	if (yaml_need(r->doc, root, "notices", YAML_MAP, &map, err) < 0)
		return -1;
	n = arena_alloc(r->arena, map->n * sizeof(*n) + 1);
	for (i = 0; i < map->n; i++) {
		y = &map->child[i];
		if (!halldef_is_event(y->key))
			return yaml_err(r->doc, y, err, "unknown event \"%s\"", y->key);
		n[i].event = arena_strdup(r->arena, y->key);
		if (yaml_keys(r->doc, y, known, err) < 0 ||
		    read_text(r, y, "sms_code", "", &n[i].sms_code, err) < 0 ||
		    read_text(r, y, "sms_text", "", &n[i].sms_text, err) < 0 ||
		    read_text(r, y, "mail_subject", "", &n[i].mail_subject, err) < 0 ||
		    read_text(r, y, "mail_body", "", &n[i].mail_body, err) < 0)
			return -1;
	}
	r->def->notices = n;
	r->def->n_notices = map->n;
	return 0;
}

static int
halldef_read(struct reader *r, struct err *err)
{
	static const char *const known[] = { "hall", "title", "issuer", "voluntary", "about",
	    "paper_address", "phones", "contacts", "agreements", "cps", "projects", "products",
	    "steps",
	    "renewal", "change", "recovery", "collection", "identity", "payment", "limits", "review", "security_questions",
	    "warranty", "medium", "pin", "account", "invoice", "express", "platforms", "notices", "downloads",
	    "guides", "links", "faq", NULL };
	const struct yaml	*root = yaml_root(r->doc);

	if (yaml_keys(r->doc, root, known, err) < 0 ||
	    read_texts_of_site(r, root, err) < 0 ||
	    halldef_read_agreements(r, root, err) < 0 ||
	    halldef_read_cps(r, root, err) < 0 ||
	    read_products(r, root, err) < 0 ||
	    halldef_read_steps(r, root, err) < 0 ||
	    halldef_read_renewal(r, root, err) < 0 ||
	    halldef_read_change(r, root, err) < 0 ||
	    halldef_read_recovery(r, root, err) < 0 ||
	    halldef_read_collections(r, root, err) < 0 ||
	    halldef_read_payment(r, root, err) < 0 ||
	    halldef_read_review(r, root, err) < 0 ||
	    halldef_read_limits(r, root, err) < 0 ||
	    read_identity(r, root, err) < 0 ||
	    halldef_read_medium(r, root, err) < 0 ||
	    read_pin(r, root, err) < 0 ||
	    read_invoice(r, root, err) < 0 ||
	    read_express(r, root, err) < 0)
		return -1;
	if (halldef_read_notices(r, root, err) < 0 || check_products(r, root, err) < 0 ||
	    read_account(r, root, err) < 0 || read_platforms(r, root, err) < 0)
		return -1;
	if (r->def->medium_activation && (halldef_notice(r->def, "activation") == NULL ||
	    *halldef_notice(r->def, "activation")->sms_code == '\0'))
		return yaml_err(r->doc, yaml_get(root, "medium"), err,
		    "\"activation\" needs notices.activation with an SMS");
	return 0;
}

int
halldef_load(const char *path, struct halldef **out, struct err *err)
{
	struct yaml_doc	*doc = NULL;
	struct halldef	*d = NULL;
	struct reader	 r = {.path = path};

	if (yaml_load(path, &doc, err) < 0)
		return -1;
	d = xcalloc(1, sizeof(*d));
	d->arena = arena_new(HALLDEF_MEMORY);
	r.doc = doc;
	r.arena = d->arena;
	r.def = d;
	if (halldef_read(&r, err) < 0) {
		halldef_free(d);
		d = NULL;
	}
	yaml_doc_free(doc);
	*out = d;
	return d == NULL ? -1 : 0;
}

void
halldef_free(struct halldef *d)
{
	if (d == NULL)
		return;
	arena_free(d->arena);
	free(d);
}

bool
halldef_has_profile(const char *name)
{
	return product_find(name) != NULL;
}

/* The element of a definition's list whose first member (a name) is the one wanted. */
#define HALLDEF_FIND(list, n, member, name) do {				\
	size_t	find_i = 0;							\
	for (find_i = 0; find_i < (n); find_i++)				\
		if (strcmp((list)[find_i].member, (name)) == 0)			\
			return &(list)[find_i];					\
	return NULL;								\
} while (0)

const struct def_project *
halldef_project(const struct halldef *d, const char *id)
{
	HALLDEF_FIND(d->projects, d->n_projects, id, id);
}

const struct def_product *
halldef_product(const struct halldef *d, const char *id)
{
	HALLDEF_FIND(d->products, d->n_products, id, id);
}

const struct def_collection *
halldef_collection(const struct halldef *d, const char *id)
{
	HALLDEF_FIND(d->collections, d->n_collections, id, id);
}

const struct def_steps *
halldef_steps(const struct halldef *d, const char *op)
{
	static const struct def_steps	none = { .op = "" };
	size_t				i = 0;

	for (i = 0; i < d->n_steps; i++)
		if (strcmp(d->steps[i].op, op) == 0)
			return &d->steps[i];
	return &none;
}

bool
halldef_has_step(const struct halldef *d, const char *op, const char *step)
{
	const struct def_steps	*way = halldef_steps(d, op);
	size_t			 i = 0;

	for (i = 0; i < way->n; i++)
		if (strcmp(way->names[i], step) == 0)
			return true;
	return false;
}

const struct def_agreement *
halldef_agreement(const struct halldef *d, const char *id)
{
	HALLDEF_FIND(d->agreements, d->n_agreements, id, id);
}

const struct def_notice *
halldef_notice(const struct halldef *d, const char *event)
{
	HALLDEF_FIND(d->notices, d->n_notices, event, event);
}

bool
material_is_for(const struct def_material *m, const char *op)
{
	const struct op	*row = op_by_name(op);

	/* What keeps the certificate asks only for what is its own. */
	if (*m->op == '\0')
		return row == NULL || !row->keeps;
	return strcmp(m->op, op) == 0;
}

const struct def_material *
product_material(const struct def_product *p, const char *kind)
{
	HALLDEF_FIND(p->materials, p->n_materials, kind, kind);
}

const char *
product_medium(const struct def_product *p)
{
	return medium_words(p)->id;
}

const char *
product_medium_text(const struct def_product *p)
{
	return medium_words(p)->text;
}

bool
product_collects(const struct def_product *p, const struct def_collection *way)
{
	size_t	i = 0;

	for (i = 0; i < p->n_ways; i++)
		if (strcmp(p->ways[i], way->id) == 0)
			return true;
	return p->n_ways == 0 && !(p->soft && way->made);
}

int64_t
product_amount(const struct def_product *p, int years)
{
	int64_t	fen = 0;

	if (years < 1 || years > HALLDEF_YEARS || p->price[years] < 0)
		return -1;
	fen = p->price[years] + p->medium - p->discount;
	return fen < 0 ? 0 : fen;
}

void
text_fill(const char *text, const json_t *values, struct buf *out)
{
	const char	*end = NULL;
	char		 name[64];

	for (; *text != '\0'; text++) {
		end = *text == '{' ? strchr(text, '}') : NULL;
		if (end == NULL || (size_t)(end - text) > sizeof(name)) {
			buf_addch(out, *text);
			continue;
		}
		(void)snprintf(name, sizeof(name), "%.*s", (int)(end - text) - 1, text + 1);
		buf_addstr(out, js_str(values, name));
		text = end;
	}
}
