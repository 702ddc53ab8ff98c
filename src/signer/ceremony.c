#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "kmc/kmc.h"
#include "pki/csr.h"
#include "signer/authority_make.h"
#include "signer/ceremony.h"
#include "signer/site_cert.h"
#include "store/seal.h"

#include <sys/stat.h>

#define ROOT_YEARS	30
#define ISSUING_YEARS	20

/* Directories below data.dir: whose they are when services have users of their own. */
static const struct {
	const char	*name;
	int		 user;		/* place after run.user_base, -1: root */
	int		 group;		/* 100 web and gate, 101 signer and va, 102 all
					   services, -1: the user's */
	mode_t		 mode;
} ceremony_dirs[] = {
	{"hall", 0, 100, 02770}, {"ca", 1, 101, 02750}, {"ca-keys", 1, -1, 0700},
	{"kmc", 2, -1, 0700}, {"kmc-keys", 2, -1, 0700}, {"va", 3, -1, 0700},
	{"gate", 4, -1, 0700}, {"tls", 0, -1, 0700}, {"enrol", 7, -1, 0700},
	{"pub", -1, -1, 0755},
	/* Services make their sockets here; nobody else, and no service removes another's. */
	{"run", -1, 102, 01771},
};

static int
data_path(const char *name, char path[512])
{
	return snprintf(path, 512, "%s/%s", conf_str("data.dir"), name);
}

/* Give a path to its owner; without root everything stays with the caller. */
static int
ceremony_own(const char *path, int user, int group, mode_t mode, struct err *err)
{
	uid_t	 base = (uid_t)conf_int("run.user_base"), uid = user < 0 ? 0 : base + (uid_t)user;
	gid_t	 gid = group < 0 ? (gid_t)uid : (gid_t)base + (gid_t)group;

	if (geteuid() == 0 && (user >= 0 || group >= 0) && chown(path, uid, gid) < 0)
		return err_errno(err, ERR_STORE, "chown %s", path);
	if (chmod(path, mode) < 0)
		return err_errno(err, ERR_STORE, "chmod %s", path);
	return 0;
}

static int
ceremony_make_dirs(struct err *err)
{
	char	 path[512];

	if (file_mkdirs(conf_str("data.dir"), 0755, err) < 0 ||
	    ceremony_own(conf_str("data.dir"), -1, -1, 0755, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(ceremony_dirs); i++) {
		data_path(ceremony_dirs[i].name, path);
		if (file_mkdirs(path, 0755, err) < 0 ||
		    ceremony_own(path, ceremony_dirs[i].user, ceremony_dirs[i].group,
		    ceremony_dirs[i].mode, err) < 0)
			return -1;
	}
	return 0;
}

/* Everything written below a directory becomes its owner's. */
static int
ceremony_own_files(struct err *err)
{
	static const struct { const char *file; int user, group; mode_t mode; } rows[] = {
		{"hall/hall.db", 0, 100, 0660}, {"hall/hall.db-wal", 0, 100, 0660},
		{"hall/hall.db-shm", 0, 100, 0660}, {"hall/data.key", 0, 100, 0640},
		{"ca/ca.db", 1, 101, 0640}, {"ca/ca.db-wal", 1, 101, 0640},
		{"ca/ca.db-shm", 1, 101, 0640}, {"ca-keys/root.key", 1, -1, 0600},
		{"ca-keys/issuing.key", 1, -1, 0600}, {"kmc/kmc.db", 2, -1, 0600},
		{"kmc/kmc.db-wal", 2, -1, 0600}, {"kmc/kmc.db-shm", 2, -1, 0600},
		{"kmc-keys/wrap.key", 2, -1, 0600}, {"tls/server.key", 0, -1, 0600},
		{"tls/server.crt", 0, -1, 0644}, {"enrol/server.key", 7, -1, 0600},
		{"enrol/server.crt", 7, -1, 0644},
	};
	char	 path[512];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		data_path(rows[i].file, path);
		if (file_exists(path) &&
		    ceremony_own(path, rows[i].user, rows[i].group, rows[i].mode, err) < 0)
			return -1;
	}
	return 0;
}

static int
write_cert(const char *name, const struct cert *c, struct err *err)
{
	struct buf	 pem;
	char		 path[512];
	int		 rc;

	buf_init(&pem, LIMIT_CERT * 2);
	cert_pem_add(c, &pem);
	data_path(name, path);
	rc = file_write(path, pem.p, pem.len, 0644, err);
	buf_free(&pem);
	return rc;
}

/* What is being made. */
struct making {
	const struct ceremony	*c;
	struct signer		 signer;		/* holds root and issuing CA */
	struct authority	*root, *issuing;	/* the signer's */
};

static int
ceremony_authority(struct making *m, const char *name, const char *cn, int years,
    const struct authority *parent, struct authority **out, struct err *err)
{
	struct authority_plan	 plan = {.name = name, .generation = 1, .kind = "sm2",
		.company = m->c->company, .cn = cn, .years = years, .parent = parent,
		.passphrase = &m->c->passphrase};
	char			 file[64];

	if (authority_make(&plan, out, err) < 0 ||
	    authorities_take(&m->signer.authorities, *out, err) < 0)
		return -1;
	snprintf(file, sizeof(file), "pub/%s.crt", name);
	return write_cert(file, (*out)->cert, err);
}

static int
ceremony_is_empty(struct db *db, void *arg, struct err *err)
{
	struct rows	*rows = NULL;
	int64_t		 n = 0;

	(void)arg;
	if (db_one(db, SQL_CA_CERTIFICATE_COUNT, &rows, err) < 0)
		return -1;
	n = rows_int(rows, 0);
	rows_free(rows);
	return n == 0 ? 0 : err_set(err, ERR_WRONG_STATE, "the ca store belongs to another CA");
}

/* Before any key is made: a store that does not answer, or has a CA in it, costs nothing. */
static int
ceremony_stores(struct making *m, struct err *err)
{
	if (store_migrate(STORE_CA, conf_str("store.ca"), err) < 0 ||
	    store_migrate(STORE_KMC, conf_str("store.kmc"), err) < 0 ||
	    store_migrate(STORE_HALL, conf_str("store.hall"), err) < 0 ||
	    store_open(&m->signer.store, STORE_CA, conf_str("store.ca"), false, err) < 0)
		return -1;
	return store_read(m->signer.store, ceremony_is_empty, NULL, err);
}

static int
ceremony_data_key(struct err *err)
{
	char	 path[512];

	data_path("hall/data.key", path);
	return seal_create(path, err);
}

static int
ceremony_record_one(struct db *db, const struct cert *c, const char *profile,
    const char *authority, struct err *err)
{
	json_t	*detail = json_pack("{s:s,s:s}", "serial", cert_serial(c), "subject",
	    cert_subject(c));
	int64_t	 line;
	int	 rc = journal_add(db, "ceremony.make", detail, &line, err);

	json_decref(detail);
	return rc < 0 ? -1 : certificate_add(db, c, "ceremony", profile, authority, line, err);
}

static int
ceremony_record(struct db *db, void *arg, struct err *err)
{
	struct making	*m = arg;

	if (ceremony_is_empty(db, NULL, err) < 0)
		return -1;
	if (authority_add(db, m->root, err) < 0 || authority_add(db, m->issuing, err) < 0 ||
	    ceremony_record_one(db, m->root->cert, "root", m->root->id, err) < 0)
		return -1;
	return ceremony_record_one(db, m->issuing->cert, "issuing-ca", m->root->id, err);
}

/* The first officer and the root's first list, with the keys still in hand. */
static int
ceremony_officer(struct making *m, struct buf *admin_cert, struct err *err)
{
	const struct ceremony	*c = m->c;
	struct cert		*officer = NULL;
	int64_t			 number, next;
	int			 rc = -1;

	if (store_write(m->signer.store, ceremony_record, m, err) == 0 &&
	    list_make_now(&m->signer, m->root, &number, &next, err) == 0 &&
	    officer_issue(&m->signer, c->admin_name, c->admin_csr, c->admin_csr_len,
	    OFFICER_APPROVE | OFFICER_REVOKE, &officer, err) == 0) {
		cert_pem_add(officer, admin_cert);
		rc = c->enrol == NULL ? 0 :
		    c->enrol(c->admin_name, cert_serial(officer), err);
	}
	cert_free(officer);
	return rc;
}

static int
ceremony_publish(const struct making *m, struct err *err)
{
	struct buf	 pem;
	char		 path[512];
	int		 rc;

	buf_init(&pem, LIMIT_CERT * 4);
	cert_pem_add(m->issuing->cert, &pem);
	cert_pem_add(m->root->cert, &pem);
	data_path("pub/chain.pem", path);
	rc = file_write(path, pem.p, pem.len, 0644, err);
	buf_free(&pem);
	return rc;
}

/* o NULL: none. */
static int
ceremony_check_name(const char *profile, const char *o, const char *cn, struct err *err)
{
	struct name	 subject = {0};
	int		 rc = -1;

	if (name_add(&subject, "C", "CN", err) == 0 &&
	    (o == NULL || name_add(&subject, "O", o, err) == 0) &&
	    name_add(&subject, "CN", cn, err) == 0)
		rc = profile_check(profile_find(profile), &subject, 1, err);
	name_free(&subject);
	return rc;
}

/* What a slip of the operator would spoil is looked at before anything is made. */
static int
ceremony_check(const struct ceremony *c, struct err *err)
{
	unsigned char	 point[SM2_POINT_LEN];

	if (ceremony_check_name("root", c->company, c->root_cn, err) < 0 ||
	    ceremony_check_name("issuing-ca", c->company, c->issuing_cn, err) < 0 ||
	    ceremony_check_name("staff", NULL, c->admin_name, err) < 0)
		return -1;
	return csr_check(c->admin_csr, c->admin_csr_len, point, err);
}

int
ceremony_is_done(struct err *err)
{
	char	 path[512];

	data_path("pub/chain.pem", path);
	if (!file_exists(path))
		return err_set(err, ERR_WRONG_STATE, "%s is missing: no CA was made there yet, "
		    "or its making was interrupted; run yinxin init", path);
	return 0;
}

static int
ceremony_is_first(struct err *err)
{
	char	 path[512];

	data_path("ca-keys/root.key", path);
	if (file_exists(path))
		return err_set(err, ERR_WRONG_STATE, "%s exists: this data directory has a CA "
		    "already, or an init was interrupted there; move it away to begin anew",
		    path);
	return 0;
}

int
ceremony_run(const struct ceremony *c, struct buf *admin_cert, struct err *err)
{
	struct making	 m = {.c = c};
	int		 rc = -1;

	umask(027);
	if (ceremony_check(c, err) < 0 || ceremony_is_first(err) < 0 ||
	    ceremony_make_dirs(err) < 0)
		return -1;
	if (ceremony_stores(&m, err) == 0 && ceremony_authority(&m, "root", c->root_cn, ROOT_YEARS, NULL, &m.root, err) == 0 &&
	    ceremony_authority(&m, "issuing", c->issuing_cn, ISSUING_YEARS, m.root, &m.issuing,
	    err) == 0 && kmc_init(&c->passphrase, err) == 0 &&
	    site_cert_make(err) == 0 && ceremony_data_key(err) == 0 &&
	    ceremony_officer(&m, admin_cert, err) == 0 && ceremony_own_files(err) == 0)
		rc = ceremony_publish(&m, err);
	signer_close(&m.signer);
	return rc;
}
