#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "va/work.h"

int64_t
va_fresh_ms(void)
{
	return conf_int("va.fresh_seconds") * CLOCK_SECOND;
}

/* ---- the state of one certificate ---- */

struct lookup {
	const char	*serial, *authority;
	struct ocsp_answer	*out;
};

static void
lookup_row(struct rows *r, struct ocsp_answer *out)
{
	int64_t	 years = conf_int("va.archive_years"), now = clock_now();

	if (strcmp(rows_text(r, 6), "good") == 0)
		out->state = OCSP_GOOD;
	else
		*out = (struct ocsp_answer){.state = OCSP_REVOKED, .revoked = rows_int(r, 7),
			.reason = (int)rows_int(r, 8)};
	if (years > 0 && rows_int(r, 5) < now)
		out->archive = clock_add_years(now, -(int)years);
}

static int
lookup_read(struct db *db, void *arg, struct err *err)
{
	struct lookup	*l = arg;
	struct rows	*r = NULL;
	int		 rc;

	*l->out = (struct ocsp_answer){.state = OCSP_UNKNOWN};
	if (db_query(db, SQL_CA_CERTIFICATE_BY_SERIAL, &r, err, DB_TEXT(l->serial)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0 &&
	    (l->authority == NULL || strcmp(rows_text(r, 10), l->authority) == 0))
		lookup_row(r, l->out);
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

int
va_lookup(struct va *v, const char *serial, const char *authority, struct ocsp_answer *out,
    struct err *err)
{
	struct lookup	 l = {serial, authority, out};

	return store_read(v->store, lookup_read, &l, err);
}

/* ---- answering ---- */

/* Fill the answers; *first is the issuer of the first question that names one of ours. */
static int
ocsp_look(struct va *v, const struct ocsp_request *r, struct ocsp_answer *answers,
    const struct va_issuer **first, struct err *err)
{
	bool	 extended = strcmp(conf_str("va.ocsp_unissued"), "revoked") == 0;

	*first = NULL;
	for (size_t i = 0; i < ocsp_request_count(r); i++) {
		const struct va_issuer	*issuer = va_issuer_asked(v, r, i);

		answers[i] = (struct ocsp_answer){.state = OCSP_UNKNOWN};
		if (issuer == NULL)
			continue;
		if (va_lookup(v, ocsp_request_serial(r, i), issuer->id, &answers[i], err) < 0)
			return -1;
		if (extended && answers[i].state == OCSP_UNKNOWN)
			answers[i] = (struct ocsp_answer){.state = OCSP_REVOKED, .unissued = true};
		if (*first == NULL || (*first)->root)
			*first = issuer;
	}
	return 0;
}

static int
ocsp_sign(struct va *v, const struct ocsp_request *r, const struct ocsp_answer *answers,
    const struct va_issuer *issuer, struct va_answer *out, struct err *err)
{
	struct va_identity	*i = NULL;
	int			 rc;

	if (va_identity_take(v, issuer, VA_USE_OCSP, &i, err) < 0)
		return -1;
	out->made = clock_now() / 1000 * 1000;
	out->next = MIN(out->made + conf_int("va.ocsp_minutes") * CLOCK_MINUTE,
	    cert_not_after(i->cert));
	rc = ocsp_respond(r, answers, i->cert, i->key, out->made, out->next, &out->der, err);
	va_identity_free(i);
	return rc;
}

/* Look and sign, whatever is kept; an error answer when that fails. */
void
va_ocsp_make(struct va *v, const struct ocsp_request *r, struct va_answer *out)
{
	struct ocsp_answer	 answers[OCSP_QUESTIONS];
	const struct va_issuer	*issuer;
	struct err		 err = {0};

	out->next = 0;
	out->single = false;
	out->seen = clock_steady();
	if (ocsp_look(v, r, answers, &issuer, &err) < 0)
		goto bad;
	if (issuer == NULL || issuer->root) {
		/* RFC 5019 2.2.3: not ours to speak about */
		ocsp_error(OCSP_UNAUTHORIZED, &out->der);
		return;
	}
	if (ocsp_sign(v, r, answers, issuer, out, &err) == 0) {
		out->single = ocsp_request_count(r) == 1 && !ocsp_request_has_nonce(r);
		out->known = answers[0].state != OCSP_UNKNOWN && !answers[0].unissued;
		snprintf(out->serial, sizeof(out->serial), "%s", ocsp_request_serial(r, 0));
		return;
	}
 bad:
	log_err("ocsp.error", &err);
	buf_clear(&out->der);
	out->next = 0;
	ocsp_error(OCSP_TRY_LATER, &out->der);
}

void
va_ocsp(struct va *v, const void *request, size_t len, struct va_answer *out)
{
	struct ocsp_request	*r = NULL;
	struct err		 err = {0};

	if (va_cache_get(v, request, len, out))
		return;
	atomic_fetch_add(&v->asked, 1);
	if (ocsp_request_parse(request, len, &r, &err) < 0) {
		out->next = 0;
		ocsp_error(OCSP_MALFORMED, &out->der);
		return;
	}
	va_ocsp_make(v, r, out);
	if (out->next != 0 && out->single)
		va_cache_put(v, request, len, out);
	ocsp_request_free(r);
}
