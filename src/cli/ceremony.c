#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/passphrase.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/yaml.h"
#include "cli/ceremony.h"
#include "cli/custodian.h"
#include "pki/cert.h"
#include "signer/signer.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#define RECORD_MAX	(256 * 1024)

struct script {
	struct yaml_doc	*doc;
	const char	*title, *record;	/* record: path */
	char		 print[2 * SM2_DIGEST_LEN + 1];	/* SM3 of the script, hex */
	struct driver	*driver;		/* of the UKeys; NULL: nobody has one */
	bool		 make;			/* a new secret */
	int64_t		 need;
	struct custodian custodian[SHARES_MAX];
	size_t		 n;
	const struct yaml *witnesses, *steps;
	struct secret	 secret;		/* of the custodians, as a passphrase */
	struct secret	 service;		/* passphrase of the service's key files */
	struct buf	 text;			/* of the record */
};

static void
script_release(struct script *s)
{
	for (size_t i = 0; i < s->n; i++)
		custodian_release(&s->custodian[i]);
	driver_free(s->driver);
	secret_free(&s->secret);
	secret_free(&s->service);
	yaml_doc_free(s->doc);
	buf_free(&s->text);
}

/* ---- the record ---- */

/* One more line, on disk before the next step.  row is dropped here. */
static int
record_add(struct script *s, json_t *row, struct err *err)
{
	char	 when[CLOCK_TEXT];
	int	 rc;

	if (row == NULL)
		return err_set(err, ERR_INPUT, "something in the script is no text");
	js_set_str(row, "time", clock_iso(clock_now(), when));
	json_write_canonical(row, &s->text);
	buf_addch(&s->text, '\n');
	json_decref(row);
	if ((rc = buf_check(&s->text, err)) == 0)
		rc = file_write(s->record, s->text.p, s->text.len, 0644, err);
	return rc;
}

static json_t *
custodian_names(const struct script *s)
{
	json_t	*list = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(list, json_string(s->custodian[i].name));
	return list;
}

static json_t *
witness_names(const struct script *s)
{
	json_t	*list = json_array();

	for (size_t i = 0; s->witnesses != NULL && i < s->witnesses->n; i++)
		json_array_append_new(list, json_string(s->witnesses->child[i].text));
	return list;
}

/* A line of the journal: that it begins, or the digest of the record at its end. */
static int
record_tell(struct script *s, const char *stage, const char *print, bool done, int64_t *line,
    struct err *err)
{
	json_t	*answer = NULL;
	int	 rc = signer_ca("ca_ceremony", json_pack("{s:s,s:s,s:s,s:o,s:o,s:b}", "stage", stage,
	    "title", s->title, "record", print, "custodians", custodian_names(s), "witnesses",
	    witness_names(s), "done", done), NULL, NULL, &answer, err);

	*line = js_int(answer, "line", 0);
	json_decref(answer);
	return rc;
}

/* Before anything is done: one that is killed, or whose record is lost, is not forgotten either. */
static int
record_open(struct script *s, struct err *err)
{
	int64_t	 line;

	if (record_tell(s, "begin", s->print, false, &line, err) < 0)
		return -1;
	return record_add(s, json_pack("{s:s,s:s,s:s,s:I}", "step", "begin", "title", s->title,
	    "script", s->print, "line", (json_int_t)line), err);
}

/* The journal keeps the record's digest: nobody writes another one afterwards. */
static int
record_close(struct script *s, bool done, struct err *err)
{
	unsigned char	 digest[SM2_DIGEST_LEN];
	char		 hex[2 * SM2_DIGEST_LEN + 1];
	int64_t		 line;

	sm3(s->text.p, s->text.len, digest);
	hex_encode(digest, sizeof(digest), hex);
	if (record_tell(s, "end", hex, done, &line, err) < 0)
		return -1;
	printf("%s, SM3 %s, is told by line %" PRId64 " of the signer's journal\n", s->record, hex,
	    line);
	return 0;
}

/* ---- reading the script ---- */

static int
script_custodians(struct script *s, const struct yaml *list, struct err *err)
{
	if (list->n < 2 || list->n > SHARES_MAX)
		return yaml_err(s->doc, list, err, "a ceremony has 2 to %d custodians", SHARES_MAX);
	for (size_t i = 0; i < list->n; i++) {
		struct custodian	*c = &s->custodian[i];

		if (custodian_read(s->doc, &list->child[i], c, err) < 0)
			return -1;
		if (c->ukey[0] != '\0' && s->driver == NULL)
			return yaml_err(s->doc, &list->child[i], err, "a custodian's ukey needs the "
			    "script's \"driver\", the library that opens it");
		if (s->make && c->file[0] != '\0' && file_exists(c->file))
			return yaml_err(s->doc, &list->child[i], err, "%s is there already", c->file);
		s->n++;
	}
	return 0;
}

/* Optional: the library of the custodians' UKeys. */
static int
script_driver(struct script *s, const struct yaml *root, struct err *err)
{
	const char	*path;

	if (yaml_text(s->doc, root, "driver", "", &path, err) < 0)
		return -1;
	return path[0] == '\0' ? 0 : driver_load(&s->driver, path, err);
}

/* What was read is what its digest is of. */
static int
script_print(struct script *s, const char *path, struct err *err)
{
	unsigned char	 digest[SM2_DIGEST_LEN];
	struct buf	 text;
	int		 rc;

	buf_init(&text, LIMIT_HALL_FILE);
	if ((rc = file_read(path, &text, err)) == 0 &&
	    (rc = yaml_parse(text.p, text.len, path, &s->doc, err)) == 0) {
		sm3(text.p, text.len, digest);
		hex_encode(digest, sizeof(digest), s->print);
	}
	buf_free(&text);
	return rc;
}

static const char *const step_keys[][8] = {
	{"create", "parent", "kind", "company", "cn", "years", "key", NULL},
	{"crl", NULL},
	{"cross", "cert", "out", "years", NULL},
};

static int
script_steps(struct script *s, struct err *err)
{
	const char	*ignored;

	for (size_t i = 0; i < s->steps->n; i++) {
		const struct yaml	*step = &s->steps->child[i];
		const char *const	*keys = NULL;

		for (size_t k = 0; k < ARRAY_LEN(step_keys); k++)
			if (yaml_get(step, step_keys[k][0]) != NULL)
				keys = step_keys[k];
		if (keys == NULL)
			return yaml_err(s->doc, step, err, "a step is create, crl or cross");
		if (yaml_keys(s->doc, step, keys, err) < 0)
			return -1;
		if (keys == step_keys[0] &&
		    yaml_text(s->doc, step, "cn", NULL, &ignored, err) < 0)
			return -1;
		if (keys == step_keys[2] &&
		    (yaml_text(s->doc, step, "cert", NULL, &ignored, err) < 0 ||
		    yaml_text(s->doc, step, "out", NULL, &ignored, err) < 0))
			return -1;
	}
	return 0;
}

static int
script_read(struct script *s, const char *path, struct err *err)
{
	static const char *const known[] = {"title", "secret", "need", "driver", "witnesses",
		"custodians", "steps", NULL};
	const struct yaml	*root, *list;
	const char		*secret;

	if (script_print(s, path, err) < 0)
		return -1;
	root = yaml_root(s->doc);
	if (yaml_keys(s->doc, root, known, err) < 0 ||
	    yaml_text(s->doc, root, "title", NULL, &s->title, err) < 0 ||
	    yaml_text(s->doc, root, "secret", NULL, &secret, err) < 0 ||
	    yaml_need(s->doc, root, "custodians", YAML_LIST, &list, err) < 0 ||
	    yaml_need(s->doc, root, "steps", YAML_LIST, &s->steps, err) < 0)
		return -1;
	s->witnesses = yaml_get(root, "witnesses");
	if (strlen(s->title) >= sizeof(s->custodian[0].share.what))
		return yaml_err(s->doc, yaml_get(root, "title"), err, "the title is too long");
	s->make = strcmp(secret, "make") == 0;
	if (!s->make && strcmp(secret, "join") != 0)
		return yaml_err(s->doc, yaml_get(root, "secret"), err, "secret is make or join");
	if (script_driver(s, root, err) < 0 || script_custodians(s, list, err) < 0 ||
	    script_steps(s, err) < 0)
		return -1;
	return !s->make ? 0 : yaml_int(s->doc, root, "need", 2, (int64_t)s->n, 1, &s->need, err);
}

/* ---- the custodians' secret ---- */

/* The passphrase is the secret in hex: text, as every passphrase. */
static int
secret_join(struct script *s, struct err *err)
{
	struct share	 all[SHARES_MAX];
	unsigned char	 secret[SHARE_SECRET];
	char		 hex[2 * SHARE_SECRET + 1];
	int		 rc;

	for (size_t i = 0; i < s->n; i++)
		all[i] = s->custodian[i].share;
	if ((rc = share_join(all, s->n, secret, err)) == 0) {
		hex_encode(secret, sizeof(secret), hex);
		secret_set(&s->secret, hex, strlen(hex));
	}
	secret_wipe(all, sizeof(all));
	secret_wipe(secret, sizeof(secret));
	secret_wipe(hex, sizeof(hex));
	return rc;
}

/* Split a fresh secret, each share to its custodian; what is used is read back from there. */
static int
secret_make(struct script *s, struct err *err)
{
	struct share	 all[SHARES_MAX];
	unsigned char	 secret[SHARE_SECRET];
	int		 rc = 0;

	for (size_t i = 0; i < s->n && rc == 0; i++)
		rc = custodian_check_empty(&s->custodian[i], s->driver, err);
	if (rc < 0)
		return -1;
	rand_bytes(secret, sizeof(secret));
	rc = share_split(secret, (int)s->need, (int)s->n, all, err);
	secret_wipe(secret, sizeof(secret));
	for (size_t i = 0; i < s->n && rc == 0; i++) {
		struct custodian	*c = &s->custodian[i];

		c->share = all[i];
		(void)snprintf(c->share.custodian, sizeof(c->share.custodian), "%s", c->name);
		(void)snprintf(c->share.what, sizeof(c->share.what), "%s", s->title);
		rc = custodian_keep(c, s->driver, err);
	}
	secret_wipe(all, sizeof(all));
	return rc;
}

static int
secret_get(struct script *s, struct err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (custodian_pin(&s->custodian[i], err) < 0)
			return -1;
	if (s->make && secret_make(s, err) < 0)
		return -1;
	for (size_t i = 0; i < s->n && !s->make; i++)
		if (custodian_open(&s->custodian[i], s->driver, err) < 0)
			return -1;
	if (secret_join(s, err) < 0)
		return -1;
	return record_add(s, json_pack("{s:s,s:s,s:s,s:o,s:i,s:o}", "step", s->make ? "split" :
	    "join", "title", s->title, "set", s->custodian[0].share.set, "custodians",
	    custodian_names(s), "need", s->custodian[0].share.need, "witnesses", witness_names(s)),
	    err);
}

/* ---- steps ---- */

static int
step_create(struct script *s, const struct yaml *step, struct err *err)
{
	const char	*name, *parent, *kind, *company, *cn, *key;
	json_t		*answer = NULL;
	int64_t		 years;
	int		 rc;

	if (yaml_text(s->doc, step, "create", NULL, &name, err) < 0 ||
	    yaml_text(s->doc, step, "parent", "", &parent, err) < 0 ||
	    yaml_text(s->doc, step, "kind", "sm2", &kind, err) < 0 ||
	    yaml_text(s->doc, step, "company", "", &company, err) < 0 ||
	    yaml_text(s->doc, step, "cn", NULL, &cn, err) < 0 ||
	    yaml_text(s->doc, step, "key", "", &key, err) < 0 ||
	    yaml_int(s->doc, step, "years", 1, 50, 20, &years, err) < 0)
		return -1;
	if (parent[0] != '\0' && s->service.len == 0 && passphrase_get(&s->service, err) < 0)
		return -1;
	rc = signer_ca("ca_create", json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:s}", "name", name, "parent",
	    parent, "kind", kind, "company", company, "cn", cn, "years", (json_int_t)years, "address",
	    key), parent[0] == '\0' ? &s->secret : &s->service, &s->secret, &answer, err);
	if (rc == 0 && (rc = ca_publish(err)) == 0)
		rc = record_add(s, json_pack("{s:s,s:s,s:s,s:s,s:s}", "step", "create", "ca",
		    js_str(answer, "id"), "parent", parent, "serial", js_str(answer, "serial"),
		    "subject", js_str(answer, "subject")), err);
	if (rc == 0)
		printf("%s  %s  %s\n", js_str(answer, "id"), js_str(answer, "serial"),
		    js_str(answer, "subject"));
	json_decref(answer);
	return rc;
}

static int
step_crl(struct script *s, const struct yaml *step, struct err *err)
{
	const char	*id;
	json_t		*answer = NULL;
	int		 rc;

	if (yaml_text(s->doc, step, "crl", NULL, &id, err) < 0)
		return -1;
	rc = signer_ca("ca_crl", json_pack("{s:s}", "id", id), &s->secret, NULL, &answer, err);
	if (rc == 0)
		rc = record_add(s, json_pack("{s:s,s:s,s:I}", "step", "crl", "ca", id, "number",
		    (json_int_t)js_int(answer, "number", 0)), err);
	json_decref(answer);
	return rc;
}

static int
step_cross(struct script *s, const struct yaml *step, struct err *err)
{
	const char		*id, *cert, *out;
	const unsigned char	*der;
	struct cert		*c = NULL, *cross = NULL;
	json_t			*question, *answer = NULL;
	struct buf		 b;
	int64_t			 years;
	size_t			 len;
	int			 rc = -1;

	buf_init(&b, 2 * LIMIT_CERT);
	if (yaml_text(s->doc, step, "cross", NULL, &id, err) < 0 ||
	    yaml_text(s->doc, step, "cert", NULL, &cert, err) < 0 ||
	    yaml_text(s->doc, step, "out", NULL, &out, err) < 0 ||
	    yaml_int(s->doc, step, "years", 1, 20, 5, &years, err) < 0 ||
	    cert_read(cert, &c, err) < 0)
		goto out;
	question = json_pack("{s:s,s:I}", "id", id, "years", (json_int_t)years);
	der = cert_der(c, &len);
	js_set_bytes(question, "cert", der, len);
	if (signer_ca("ca_cross", question, &s->secret, NULL, &answer, err) < 0 ||
	    js_need_bytes(answer, "cert", &b, err) < 0 || cert_parse(b.p, b.len, &cross, err) < 0)
		goto out;
	buf_clear(&b);
	cert_pem_add(cross, &b);
	if (file_write(out, b.p, b.len, 0644, err) == 0)
		rc = record_add(s, json_pack("{s:s,s:s,s:s,s:s}", "step", "cross", "ca", id, "serial",
		    cert_serial(cross), "subject", cert_subject(cross)), err);
 out:
	json_decref(answer);
	cert_free(c);
	cert_free(cross);
	buf_free(&b);
	return rc;
}

static int
script_steps_run(struct script *s, struct err *err)
{
	static const struct {
		const char	*name;
		int		(*run)(struct script *s, const struct yaml *step, struct err *err);
	} steps[] = {{"create", step_create}, {"crl", step_crl}, {"cross", step_cross}};

	for (size_t i = 0; i < s->steps->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(steps); k++)
			if (yaml_get(&s->steps->child[i], steps[k].name) != NULL &&
			    steps[k].run(s, &s->steps->child[i], err) < 0)
				return -1;
	return 0;
}

/* The secret is in no core file, and no other process of this user reads it here. */
static int
ceremony_close_doors(struct err *err)
{
	const struct rlimit	 none = {0, 0};

	return setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ?
	    err_errno(err, ERR_BUG, "cannot forbid core files") : 0;
}

int
ceremony_script_run(const char *script, const char *record, struct err *err)
{
	struct script	 s = {.record = record};
	struct err	 second = {0};
	int		 rc = -1;

	buf_init(&s.text, RECORD_MAX);
	if (file_exists(record)) {
		err_set(err, ERR_CONFLICT, "%s is there already: a record is never overwritten", record);
		goto out;
	}
	if (ceremony_close_doors(err) < 0 || script_read(&s, script, err) < 0 ||
	    record_open(&s, err) < 0)
		goto out;
	if (secret_get(&s, err) == 0)
		rc = script_steps_run(&s, err);
	if (rc < 0 && record_add(&s, json_pack("{s:s,s:s}", "step", "failed", "why", err->text),
	    &second) < 0)
		goto out;
	if (record_close(&s, rc == 0, rc == 0 ? err : &second) < 0)
		rc = -1;
 out:
	script_release(&s);
	return rc;
}
