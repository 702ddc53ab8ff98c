#include "base/base.h"
#include "seal/pdf_check.h"

#include "base/clock.h"
#include "base/str.h"
#include "pki/tsp.h"

#include <openssl/obj_mac.h>

/* What the rules want to know: the stamp and status first, for they settle the time. */
static int
question_fill(struct pdf_question *q, struct err *err)
{
	unsigned char		 hash[SM2_DIGEST_LEN];
	struct err		 none = {0};
	struct tsp_facts	 facts;
	struct eseal_question	 seal = {.pool = q->world->pool, .maker_use = q->world->maker_use};
	struct der		 value, stamp;

	if (q->esign == NULL)
		return 0;
	q->time = esign_time(q->esign);
	value = esign_value(q->esign);
	stamp = esign_stamp(q->esign);
	q->has_stamp = stamp.len > 0;
	if (q->has_stamp) {
		sm3(value.p, value.len, hash);
		q->stamp_holds = tsp_check_token(stamp, NID_sm3, hash, sizeof(hash),
		    q->world->pool, &facts, &none) == 0;
		if (q->stamp_holds)
			q->time = facts.time;
	}
	if (q->world->status != NULL && q->world->status(q->world->arg, esign_signer(q->esign),
	    &q->status_known, &q->is_revoked, &q->revoked_since, err) < 0)
		return -1;
	err_clear(&none);
	seal.seal = esign_seal(q->esign);
	seal.holder = esign_signer(q->esign);
	seal.now = q->time;
	if (eseal_check(&seal, &none) < 0)
		q->seal_err = none;
	return 0;
}

static bool
report_asks(const struct pdf_rule *r, const struct pdf_question *q)
{
	return r->asks != NULL ? r->asks(q) : q->esign != NULL;
}

/* Each rule that is asked; the sentence of the first that is broken, NULL when all hold. */
static const char *
report_rules(const struct pdf_question *q, json_t *rows)
{
	const struct pdf_rule	*r;
	const char		*first = NULL, *text;

	for (size_t i = 0; (r = pdf_rule_at(i)) != NULL; i++) {
		bool	 holds;

		if (!report_asks(r, q))
			continue;
		holds = r->holds != NULL ? r->holds(q) : q->signature->trouble != r->trouble;
		text = strcmp(r->name, "seal") == 0 && !holds ? q->seal_err.text : r->text;
		(void)json_array_append_new(rows, json_pack("{s:s,s:s,s:b,s:s}", "name", r->name,
		    "title", r->title, "ok", holds, "text", holds ? "" : text));
		if (!holds && first == NULL)
			first = text;
	}
	return first;
}

static void
report_facts(const struct pdf_question *q, json_t *row)
{
	const struct eseal	*seal = q->esign == NULL ? NULL : esign_seal(q->esign);
	char			 text[CLOCK_TEXT];

	js_set_str(row, "name", seal == NULL ? "" : eseal_name(seal));
	js_set_str(row, "id", seal == NULL ? "" : eseal_id(seal));
	js_set_str(row, "holder", seal == NULL ? "" : cert_cn(esign_signer(q->esign)));
	js_set_str(row, "serial", seal == NULL ? "" : cert_serial(esign_signer(q->esign)));
	js_set_str(row, "issuer", seal == NULL ? "" : cert_issuer(esign_signer(q->esign)));
	js_set_str(row, "time", seal == NULL ? "" : clock_datetime(q->time, text));
	js_set_bool(row, "is_stamped", q->stamp_holds);
}

static int
report_one(const struct pdf_signature *s, const struct pdf_world *w, size_t revision, json_t *rows,
    bool *ok, struct err *err)
{
	struct pdf_question	 q = {.signature = s, .world = w};
	struct esign		*esign = NULL;
	struct err		 none = {0};
	const char		*trouble;
	json_t			*row, *rules = json_array();
	int			 rc;

	if (s->der.len > 0 && !s->is_stamp && esign_parse(s->der.p, s->der.len, &esign, &none) == 0)
		q.esign = esign;
	rc = question_fill(&q, err);
	trouble = report_rules(&q, rules);
	*ok = *ok && trouble == NULL;
	row = json_pack("{s:s,s:b,s:s,s:s,s:I,s:b,s:o}", "field", s->field, "ok", trouble == NULL,
	    "text", trouble != NULL ? trouble :
	    "签章有效：盖章后内容没有改动，盖章人的证书有效。", "format", s->sub_filter,
	    "revision", (json_int_t)revision, "covers_all", s->is_whole, "rules", rules);
	report_facts(&q, row);
	(void)json_array_append_new(rows, row);
	esign_free(esign);
	return rc;
}

/* A changed one tells more than a broken one, so it is what the file is called. */
static bool
report_is_changed(const struct pdf_signatures *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->row[i].trouble == PDF_CHANGED)
			return true;
	return !all->is_whole;
}

static void
report_verdict(const struct pdf_signatures *all, bool ok, json_t *out)
{
	bool		 intact = ok && all->n > 0 && all->is_whole;
	bool		 changed = all->n > 0 && report_is_changed(all);

	js_set_bool(out, "ok", intact);
	js_set_str(out, "verdict", all->n == 0 ? "none" : intact ? "intact" :
	    changed ? "changed" : "broken");
	js_set_str(out, "text", all->n == 0 ? "这份文件里没有电子签章。" :
	    intact ? "全部签章有效，盖章之后文件没有改动。" :
	    changed ? "最后一次盖章之后，文件里又加了没有盖章的内容，或者被改动过。请不要直接采信。" :
	    "文件里有无效或不能核验的签章。请看下面每一枚签章的说明。");
}

int
pdf_report_of(const struct pdf_signatures *all, int pages, const struct pdf_world *w, json_t **out,
    struct err *err)
{
	json_t	*rows = json_array();
	bool	 ok = true;
	int	 rc = 0;

	for (size_t i = 0; i < all->n && rc == 0; i++)
		rc = report_one(&all->row[i], w, i + 1, rows, &ok, err);
	*out = json_pack("{s:i,s:o}", "pages", pages, "seals", rows);
	report_verdict(all, ok, *out);
	if (rc < 0) {
		json_decref(*out);
		*out = NULL;
	}
	return rc;
}

int
pdf_report(struct pdf *d, const struct pdf_world *w, json_t **out, struct err *err)
{
	struct pdf_signatures	 all = {.n = 0};
	int			 pages = 0, rc;

	if (pdf_page_count(d, &pages, err) < 0 || pdf_signatures_find(d, &all, err) < 0)
		return -1;
	rc = pdf_report_of(&all, pages, w, out, err);
	pdf_signatures_free(&all);
	return rc;
}
