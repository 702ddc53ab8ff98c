#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "pki/sm2.h"
#include "va/directory.h"
#include "va/work.h"

#include <unistd.h>

/*
 * Publication to an LDAP directory (RFC 4523): CA certificates and full lists, and of the profiles
 * that va.ldap.profiles names every certificate that is not revoked.
 *
 * What changed is read off the signer's journal, line by line; how far it got stands in
 * va/ldap.cursor, written after the directory has taken it.  So each change arrives at least
 * once, whatever is killed or away meanwhile, and since an entry is always made to say what the
 * store says now, twice does no harm.  Another directory or another choice begins at the beginning.
 */
#define STEP_MS		1000	/* between two looks */
#define BACKOFF_MAX	10000	/* ms after a failure; doubles up to this */
#define SERIALS_MAX	4096	/* of one reading: two a line at most, 1000 lines */
#define DN_TEXT		512

/* A CA's entry as the directory has it. */
struct publish_mark {
	char	 id[VA_ISSUER_ID];
	int64_t	 this_update;			/* of the list there; 0: none */
};

struct va_publish {
	struct va		*va;
	pthread_t		 thread;
	struct directory	 directory;
	struct publish_mark	 mark[VA_ISSUERS];
	size_t			 n_mark;
	char			 choice[65];	/* digest of where to and what */
	_Atomic int64_t		 line;		/* of the journal: published up to here */
	_Atomic uint64_t	 failures, refused;
};

/* ---- how far it got ---- */

static char *
cursor_path(void)
{
	return xasprintf("%s/va/ldap.cursor", conf_str("data.dir"));
}

static void
cursor_load(struct va_publish *p)
{
	char		*path = cursor_path(), *space;
	unsigned char	 digest[SM2_DIGEST_LEN];
	struct err	 none = {0};
	struct buf	 b;
	int64_t		 line = 0;

	buf_init(&b, 4096);
	buf_addf(&b, "%s|%s|%s", conf_str("va.ldap.url"), conf_str("va.ldap.base"),
	    conf_str("va.ldap.profiles"));
	sm3(b.p, b.len, digest);
	hex_encode(digest, sizeof(digest), p->choice);
	buf_clear(&b);
	if (file_read(path, &b, &none) == 0 && (space = strchr(b.p, ' ')) != NULL) {
		*space = '\0';
		if (strcmp(space + 1, p->choice) != 0 || str_to_i64(b.p, INT64_MAX, &line) < 0)
			line = 0;
	}
	p->line = line;
	buf_free(&b);
	free(path);
}

static int
cursor_save(struct va_publish *p, int64_t line, struct err *err)
{
	char		*path = cursor_path();
	struct buf	 b;
	int		 rc;

	buf_init(&b, 256);
	buf_addf(&b, "%" PRId64 " %s", line, p->choice);
	if ((rc = file_write(path, b.p, b.len, 0600, err)) == 0)
		p->line = line;
	buf_free(&b);
	free(path);
	return rc;
}

/* ---- CAs ---- */

static struct publish_mark *
publish_mark(struct va_publish *p, const char *id)
{
	for (size_t i = 0; i < p->n_mark; i++)
		if (strcmp(p->mark[i].id, id) == 0)
			return &p->mark[i];
	if (p->n_mark == VA_ISSUERS)
		return NULL;
	snprintf(p->mark[p->n_mark].id, VA_ISSUER_ID, "%s", id);
	p->mark[p->n_mark].this_update = -1;	/* nothing there yet */
	return &p->mark[p->n_mark++];
}

/* An entry that cannot be taken is told once and does not hold up the others. */
static int
publish_result(struct va_publish *p, int rc, struct err *err)
{
	if (rc == 0 || err->kind != ERR_INPUT)
		return rc;
	p->refused++;
	log_err("ldap.refused", err);
	err_clear(err);
	return 0;
}

static int
publish_ca(struct va_publish *p, const struct va_issuer *issuer, struct err *err)
{
	struct publish_mark	*mark = publish_mark(p, issuer->id);
	struct err		 none = {0};
	struct va_list_out	 out = {0};
	const struct buf	*list;
	char			 dn[DN_TEXT];
	size_t			 len;
	const unsigned char	*der = cert_der(issuer->cert, &len);
	int64_t			 from, next;
	int			 rc;

	va_crl_times(p->va, issuer, &from, &next);
	if (mark == NULL || mark->this_update == from)
		return 0;
	/* a failure is logged where lists are kept ready */
	from = va_crl(p->va, issuer, "", &out, &none) < 0 ? 0 : out.this_update;
	list = out.der == NULL ? NULL : &out.der->der;
	snprintf(dn, sizeof(dn), "cn=%s,%s", issuer->slug, conf_str("va.ldap.base"));
	rc = publish_result(p, directory_put(&p->directory, &(struct directory_entry){
	    .dn = dn, .classes = {"applicationProcess", "pkiCA"},
	    .values = {{"cn", issuer->slug, strlen(issuer->slug)},
	    {"cACertificate;binary", der, len},
	    {list == NULL ? NULL : "certificateRevocationList;binary", list == NULL ? NULL :
	    list->p, list == NULL ? 0 : list->len}}},
	    err), err);
	if (rc == 0)
		mark->this_update = from;
	va_bytes_drop(out.der);
	return rc;
}

/* ---- certificates ---- */

/* What one reading of the journal gave. */
struct publish_batch {
	int64_t		 from, last, lines;
	size_t		 n;
	char		 serial[SERIALS_MAX][CERT_SERIAL_TEXT];
};

static int
batch_line(struct publish_batch *b, const char *what, const char *text, struct err *err)
{
	static const char *const members[] = {"serial", "sign", "enc"};
	json_t			*detail = NULL;
	const char		*serial;

	if (!str_has_prefix(what, "certificate."))
		return 0;
	if (json_parse(text, strlen(text), 0, &detail, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		serial = js_str(detail, members[i]);
		if (serial[0] != '\0' && b->n < SERIALS_MAX)
			snprintf(b->serial[b->n++], CERT_SERIAL_TEXT, "%s", serial);
	}
	json_decref(detail);
	return 0;
}

static int
batch_read(struct db *db, void *arg, struct err *err)
{
	struct publish_batch	*b = arg;
	struct rows		*r = NULL;
	int			 rc;

	b->n = 0;
	b->last = b->from;
	b->lines = 0;
	if (db_one(db, SQL_TREE_LINES, &r, err, DB_INT(1)) < 0)
		return -1;
	b->lines = rows_int(r, 0);
	rows_free(r);
	if (db_query(db, SQL_TREE_LINES_FROM, &r, err, DB_INT(b->from)) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0) {
		if ((rc = batch_line(b, rows_text(r, 2), rows_text(r, 3), err)) < 0)
			break;
		b->last = rows_int(r, 0);
	}
	rows_free(r);
	return rc;
}

struct publish_row {
	const char	*serial;
	char		 profile[64];
	bool		 found, revoked;
	struct cert	*cert;
};

static int
row_read(struct db *db, void *arg, struct err *err)
{
	struct publish_row	*w = arg;
	struct rows		*r = NULL;
	const void		*der;
	size_t			 len;
	int			 rc;

	cert_free(w->cert);
	*w = (struct publish_row){.serial = w->serial};
	if (db_query(db, SQL_CA_CERTIFICATE_BY_SERIAL, &r, err, DB_TEXT(w->serial)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		w->found = true;
		snprintf(w->profile, sizeof(w->profile), "%s", rows_text(r, 1));
		w->revoked = strcmp(rows_text(r, 6), "revoked") == 0;
		der = rows_blob(r, 3, &len);
		rc = cert_parse(der, len, &w->cert, err);
	}
	rows_free(r);
	return rc;
}

/* Is the word in the comma list? */
static bool
list_has(const char *list, const char *word)
{
	size_t	 n = strlen(word);

	for (; list != NULL; list = strchr(list, ',')) {
		list += *list == ',';
		list += strspn(list, " ");
		if (n > 0 && strncmp(list, word, n) == 0 && strchr(", ", list[n]) != NULL)
			return true;
	}
	return false;
}

static int
publish_certificate(struct va_publish *p, const struct publish_row *w, struct err *err)
{
	const char		*o = name_get(cert_name(w->cert), "O"), *cn = cert_cn(w->cert);
	size_t			 len;
	const unsigned char	*der = cert_der(w->cert, &len);
	char			 dn[DN_TEXT];

	snprintf(dn, sizeof(dn), "serialNumber=%s,%s", w->serial, conf_str("va.ldap.base"));
	if (w->revoked)
		return directory_drop(&p->directory, dn, err);
	if (cn[0] == '\0')
		cn = w->serial;
	return directory_put(&p->directory, &(struct directory_entry){.dn = dn,
	    .classes = {"device", "pkiUser"}, .values = {{"cn", cn, strlen(cn)},
	    {"serialNumber", w->serial, strlen(w->serial)},
	    {"userCertificate;binary", der, len},
	    {o[0] == '\0' ? NULL : "o", o, strlen(o)}}}, err);
}

static int
publish_serial(struct va_publish *p, const char *serial, struct err *err)
{
	struct publish_row	 w = {.serial = serial};
	int			 rc = store_read(p->va->store, row_read, &w, err);

	if (rc == 0 && w.found && list_has(conf_str("va.ldap.profiles"), w.profile))
		rc = publish_result(p, publish_certificate(p, &w, err), err);
	cert_free(w.cert);
	return rc;
}

/* 1: there is more, 0: all is there, -1. */
static int
publish_changes(struct va_publish *p, struct err *err)
{
	struct publish_batch	*b = xcalloc(1, sizeof(*b));
	bool			 more;
	int			 rc = -1;

	b->from = p->line;
	if (store_read(p->va->store, batch_read, b, err) < 0)
		goto out;
	if (b->lines < b->from) {	/* another store than before */
		rc = cursor_save(p, 0, err) < 0 ? -1 : 1;
		goto out;
	}
	for (size_t i = 0; i < b->n && !p->va->stopping; i++)
		if (publish_serial(p, b->serial[i], err) < 0)
			goto out;
	more = b->last < b->lines;
	if (p->va->stopping || b->last == b->from || cursor_save(p, b->last, err) == 0)
		rc = more;
 out:
	free(b);
	return rc;
}

/* ---- the thread ---- */

static int
publish_step(struct va_publish *p, struct err *err)
{
	struct va	*v = p->va;

	if (va_issuers_load(v, err) < 0 || directory_open(&p->directory, err) < 0)
		return -1;
	for (size_t i = 0; i < v->n_issuers; i++)
		if (publish_ca(p, v->issuers[i], err) < 0)
			return -1;
	return publish_changes(p, err);
}

static void
publish_sleep(const struct va_publish *p, int64_t ms)
{
	for (; ms > 0 && !p->va->stopping; ms -= 100)
		usleep(100 * 1000);
}

static void *
publish_thread(void *arg)
{
	struct va_publish	*p = arg;
	int64_t			 backoff = STEP_MS;

	while (!p->va->stopping) {
		struct err	 err = {0};
		int		 rc = publish_step(p, &err);

		if (rc < 0) {
			p->failures++;
			log_err("ldap", &err);
			publish_sleep(p, backoff);
			backoff = MIN(backoff * 2, BACKOFF_MAX);
		} else {
			backoff = STEP_MS;
			publish_sleep(p, rc > 0 ? 0 : STEP_MS);
		}
	}
	directory_close(&p->directory);
	return NULL;
}

int
va_publish_start(struct va *v, struct err *err)
{
	struct va_publish	*p;

	if (conf_str("va.ldap.url")[0] == '\0')
		return 0;
	p = xcalloc(1, sizeof(*p));
	p->va = v;
	cursor_load(p);
	if (pthread_create(&p->thread, NULL, publish_thread, p) != 0) {
		free(p);
		return err_set(err, ERR_BUG, "no thread for LDAP");
	}
	v->publish = p;
	return 0;
}

void
va_publish_stop(struct va *v)
{
	if (v->publish == NULL)
		return;
	pthread_join(v->publish->thread, NULL);
	free(v->publish);
	v->publish = NULL;
}

void
va_publish_metrics(const struct va *v, struct buf *out)
{
	if (v->publish == NULL)
		return;
	buf_addf(out, "# TYPE yinxin_ldap_journal_line gauge\nyinxin_ldap_journal_line %" PRId64
	    "\n# TYPE yinxin_ldap_failures_total counter\nyinxin_ldap_failures_total %" PRIu64
	    "\n# TYPE yinxin_ldap_refused_total counter\nyinxin_ldap_refused_total %" PRIu64 "\n",
	    v->publish->line, v->publish->failures, v->publish->refused);
}
