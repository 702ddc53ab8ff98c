#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "kmc/work.h"
#include "pki/csr.h"
#include "pki/envelope.h"
#include "signer/authority_make.h"
#include "signer/ceremony.h"
#include "signer/work.h"

#include <fcntl.h>
#include <pthread.h>

/*
 * Complete issuances a second (request in, dual certificates durable in the store, journal
 * on, escrow durable in its own store), in one process, by a CA of each kind of key (the pair's
 * keys are SM2 as the UKey makes them), against the sum of their bare operations with the same
 * library in the same run; and once more with the journal switched off, for its share.  The
 * rounds alternate.  One line a figure, its rounds beside it; KIND is sm2, ecdsa or rsa:
 *
 *	issue_KIND_1 …		issuances a second on 1, 2, 4, 8 threads
 *	issue_KIND_1_off …	without the journal (the linker puts __wrap_journal_add in front)
 *	cpu_KIND_1_ms …		processor time of one issuance, which neighbours disturb less
 *	…_ms			the bare operations, of the processor; sum_KIND_ms: those of one issuance
 *	wall_KIND_ms		the same by the clock on the wall
 *	few_KIND_ms		those of them that every CA has, of the processor; least_KIND_ms: by the
 *				clock on the wall
 *
 * few: the request's signature verified, two certificates signed, the pool's key pair made, the
 * envelope (one SM2 encryption).  The sum has two more that this CA adds: the approval's
 * signature verified, and each of the two certificates verified after it is signed.
 *
 * Each bare operation is what a careful caller of the same library does: EVP_DigestSign and
 * EVP_DigestVerify, a context each time, with keys that are open.  The tables of
 * pki/sm2_verifier.h, by which the signer verifies with the keys of CAs and officers, are not
 * used for them: they are part of what is measured against the sum.
 */
#define ROUNDS		3
#define ORDERS		120
#define BARE_TIMES	60
#define PASSPHRASE	"benchmark passphrase"

struct order {
	char		*statement;
	size_t		 len;
	struct buf	 signature, csr;
};

static struct signer	 ca;
static struct kmc	*kmc;
static EVP_PKEY		*officer_key;
static char		 officer[CERT_SERIAL_TEXT];
static struct order	 orders[ORDERS];
static const char *const kinds[] = {"sm2", "ecdsa", "rsa"};
extern const char	 profile_builtin[];

/* The linker puts this in front of journal_add (tools/bench.mk). */
int	__real_journal_add(struct db *db, const char *what, const json_t *detail, int64_t *seq,
	    struct err *err);
int	__wrap_journal_add(struct db *db, const char *what, const json_t *detail, int64_t *seq,
	    struct err *err);
static bool	 journal_off;

int
__wrap_journal_add(struct db *db, const char *what, const json_t *detail, int64_t *seq,
    struct err *err)
{
	if (!journal_off)
		return __real_journal_add(db, what, detail, seq, err);
	if (seq != NULL)
		*seq = 0;
	return 0;
}

static void
need(int rc, const struct err *err)
{
	if (rc < 0)
		BUG("%s", err->text);
}

static int
pair_here(const struct kmc_order *order, unsigned char enc_point[65], struct buf *envelope,
    struct err *err)
{
	return kmc_pair_work(kmc, order, enc_point, envelope, err);
}

static void
make_csr(EVP_PKEY *key, struct buf *der)
{
	struct err	 err = {0};
	struct name	 subject = {0};

	buf_init(der, LIMIT_CSR);
	need(name_add(&subject, "CN", "bench", &err), &err);
	need(csr_build_key(&subject, key, der, &err), &err);
	name_free(&subject);
}

/* The profiles of organisations' pairs once more, issued by the CA of this kind. */
static void
add_profiles(struct buf *b, const char *kind)
{
	const char	*at = strstr(profile_builtin, "  - name: sm2-org-sign"),
			*end = strstr(profile_builtin, "  - name: sm2-person-sign");
	size_t		 n;

	for (; at < end; at += n) {
		n = strcspn(at, "\n") + 1;
		if (strncmp(at, "  - name: sm2-org", 17) == 0)
			buf_addf(b, "  - name: %s-org%.*s    authority: %s-ca\n", kind, (int)n - 17,
			    at + 17, kind);
		else
			buf_add(b, at, n);
	}
}

/* Beside the SM2 hierarchy of the ceremony one of each other kind. */
static void
make_kinds(const struct secret *passphrase)
{
	const char	*people = strstr(profile_builtin, "# What people apply for");
	struct err	 err = {0};
	struct buf	 b;

	buf_init(&b, 1 << 20);
	buf_add(&b, profile_builtin, (size_t)(people - profile_builtin));
	for (size_t i = 1; i < ARRAY_LEN(kinds); i++)
		add_profiles(&b, kinds[i]);
	buf_addstr(&b, people);
	for (size_t i = 1; i < ARRAY_LEN(kinds); i++)
		buf_addf(&b, "  - {name: %s-org, title: x, sign: %s-org-sign, enc: %s-org-enc}\n",
		    kinds[i], kinds[i], kinds[i]);
	need(profiles_parse(b.p, b.len, "bench", &err), &err);
	buf_free(&b);
	for (size_t i = 1; i < ARRAY_LEN(kinds); i++)
		for (int root = 1; root >= 0; root--) {
			char	 name[32], parent[32] = "";
			json_t	*out = json_object(), *asked;

			(void)snprintf(name, sizeof(name), "%s-%s", kinds[i], root ? "root" : "ca");
			if (!root)
				(void)snprintf(parent, sizeof(parent), "%s-root-1", kinds[i]);
			asked = json_pack("{s:s,s:s,s:s,s:s,s:s,s:i}", "name", name, "parent",
			    parent, "kind", kinds[i], "company", "Bench", "cn", name, "years",
			    root ? 20 : 10);
			need(ca_create(&ca, asked, passphrase, passphrase, out, &err), &err);
			json_decref(asked);
			json_decref(out);
		}
}

static void
make_ca(const char *dir)
{
	struct ceremony	 c = {.company = "Bench", .root_cn = "Bench Root", .issuing_cn = "Bench CA",
		.admin_name = "officer"};
	struct err	 err = {0};
	struct cert	*cert = NULL;
	struct buf	 csr, pem;

	need(conf_set("data.dir", dir, &err), &err);
	secret_set(&c.passphrase, PASSPHRASE, strlen(PASSPHRASE));
	need(sm2_generate(&officer_key, &err), &err);
	make_csr(officer_key, &csr);
	c.admin_csr = csr.p;
	c.admin_csr_len = csr.len;
	buf_init(&pem, LIMIT_CERT * 2);
	need(ceremony_run(&c, &pem, &err), &err);
	need(cert_parse(pem.p, pem.len, &cert, &err), &err);
	snprintf(officer, sizeof(officer), "%s", cert_serial(cert));
	need(kmc_open(&kmc, &c.passphrase, &err), &err);
	need(keeper_start(kmc, &err), &err);
	ca.pair = pair_here;
	need(signer_open(&ca, &c.passphrase, &err), &err);
	make_kinds(&c.passphrase);
	need(journal_start(&ca.journal, &err), &err);
	need(journal_start(&kmc->journal, &err), &err);
	cert_free(cert);
	buf_free(&csr);
	buf_free(&pem);
	secret_free(&c.passphrase);
}

/* Approvals and requests beforehand: they are the officer's and the UKey's work. */
static void
make_orders(int round, const char *kind)
{
	struct err	 err = {0};

	for (int i = 0; i < ORDERS; i++) {
		struct order	*o = &orders[i];
		EVP_PKEY	*key = NULL;
		struct buf	 text;
		char		 no[40], product[32];
		json_t		*j;

		snprintf(no, sizeof(no), "20261121%06d%06d", round, i);
		snprintf(product, sizeof(product), "%s-org", kind);
		j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:i,s:i,s:{s:s,s:s,s:s,s:s,s:s}}",
		    "medium", "ukey", "officer", officer, "op", "new", "order", no, "profile",
		    product, "time", (json_int_t)clock_now(), "type", "approval", "v", 1,
		    "years", 1, "subject", "kind", "organisation", "CN", "测试单位", "O",
		    "测试单位", "id_type", "uscc", "id_no", "91350100M000100Y43");
		buf_init(&text, LIMIT_JSON);
		json_write_canonical(j, &text);
		json_decref(j);
		o->statement = buf_take(&text, &o->len);
		buf_free(&text);
		buf_init(&o->signature, 256);
		need(sm2_sign_message(officer_key, o->statement, o->len, &o->signature, &err),
		    &err);
		need(sm2_generate(&key, &err), &err);
		make_csr(key, &o->csr);
		EVP_PKEY_free(key);
	}
}

static void
free_orders(void)
{
	for (int i = 0; i < ORDERS; i++) {
		free(orders[i].statement);
		buf_free(&orders[i].signature);
		buf_free(&orders[i].csr);
	}
}

struct part {
	int	 from, step;
};

static void *
issue_part(void *arg)
{
	struct part	*p = arg;

	for (int i = p->from; i < ORDERS; i += p->step) {
		struct order		*o = &orders[i];
		struct signer_pair	 pair;
		struct err		 err = {0};

		signer_pair_init(&pair);
		need(issue_work(&ca, &(struct signed_statement){o->statement, o->len,
		    {o->signature.p, o->signature.len}, {0}}, o->csr.p, o->csr.len, &pair,
		    &err), &err);
		signer_pair_free(&pair);
	}
	return NULL;
}

/* ---- figures: a name and one value a round ---- */

#define FIGURES	128

static struct figure {
	char	 name[32];
	double	 value[ROUNDS];
} figures[FIGURES];

static void
figure_set(const char *name, int round, double value)
{
	struct figure	*f = figures;

	while (f->name[0] != '\0' && strcmp(f->name, name) != 0)
		f++;
	if (f == figures + FIGURES - 1)
		BUG("too many figures");
	(void)snprintf(f->name, sizeof(f->name), "%s", name);
	f->value[round] = value;
}

static void
figures_print(void)
{
	for (struct figure *f = figures; f->name[0] != '\0'; f++) {
		printf("%s", f->name);
		for (int i = 0; i < ROUNDS; i++)
			printf(" %.4f", f->value[i]);
		printf("\n");
	}
}

static double
now_ms(clockid_t which)
{
	struct timespec	 t;

	clock_gettime(which, &t);
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static void
issue_round(int round, const char *kind, int threads, bool off)
{
	static int	 batch;
	pthread_t	 t[16];
	struct part	 parts[16];
	char		 name[32];
	double		 began, cpu;

	make_orders(++batch, kind);
	journal_off = off;
	began = now_ms(CLOCK_MONOTONIC);
	cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < threads; i++) {
		parts[i] = (struct part){i, threads};
		if (pthread_create(&t[i], NULL, issue_part, &parts[i]) != 0)
			BUG("no thread");
	}
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	(void)snprintf(name, sizeof(name), "issue_%s_%d%s", kind, threads, off ? "_off" : "");
	figure_set(name, round, ORDERS * 1000.0 / (now_ms(CLOCK_MONOTONIC) - began));
	(void)snprintf(name, sizeof(name), "cpu_%s_%d%s_ms", kind, threads, off ? "_off" : "");
	figure_set(name, round, (now_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu) / ORDERS);
	journal_off = false;
	free_orders();
}

/* ---- bare operations ---- */

struct bare {
	EVP_PKEY	*key;			/* SM2 */
	EVP_PKEY	*of;			/* a CA's, of the kind measured */
	struct buf	 csr, sig, ca_sig;
	int		 fd;			/* for the flush */
};
static const char	 bare_text[700];	/* as long as a certificate to be signed */

static int
do_csr_check(struct bare *b, struct err *err)
{
	unsigned char	 point[SM2_POINT_LEN];

	return csr_check(b->csr.p, b->csr.len, point, err);
}

static int
do_verify(struct bare *b, struct err *err)
{
	return sm2_verify_message(b->key, bare_text, sizeof(bare_text), b->sig.p, b->sig.len, err);
}

static int
do_key_pair(struct bare *b, struct err *err)
{
	EVP_PKEY	*key = NULL;
	int		 rc = sm2_generate(&key, err);

	(void)b;
	EVP_PKEY_free(key);
	return rc;
}

static int
do_envelope(struct bare *b, struct err *err)
{
	struct buf	 cipher;
	int		 rc;

	buf_init(&cipher, SM2_CIPHER_MAX);
	rc = sm2_encrypt(b->key, bare_text, 16, &cipher, err);
	buf_free(&cipher);
	return rc;
}

static int
do_sign(struct bare *b, struct err *err)
{
	buf_clear(&b->ca_sig);
	return key_sign(b->of, bare_text, sizeof(bare_text), &b->ca_sig, err);
}

static int
do_check(struct bare *b, struct err *err)
{
	return key_verify(b->of, bare_text, sizeof(bare_text), b->ca_sig.p, b->ca_sig.len, err);
}

static int
do_flush(struct bare *b, struct err *err)
{
	static const char	 block[4096];

	if (pwrite(b->fd, block, sizeof(block), 0) < 0 || fdatasync(b->fd) < 0)
		return err_errno(err, ERR_STORE, "flush");
	return 0;
}

/* Milliseconds once: of the wall, for rates, and of the processor, which neighbours disturb less. */
struct took {
	double	 wall, cpu;
};

static struct took
bare_time(struct bare *b, int (*run)(struct bare *b, struct err *err))
{
	struct err	 err = {0};
	double		 wall = now_ms(CLOCK_MONOTONIC), cpu = now_ms(CLOCK_THREAD_CPUTIME_ID);

	for (int n = 0; n < BARE_TIMES; n++)
		need(run(b, &err), &err);
	return (struct took){(now_ms(CLOCK_MONOTONIC) - wall) / BARE_TIMES,
	    (now_ms(CLOCK_THREAD_CPUTIME_ID) - cpu) / BARE_TIMES};
}

static void
took_add(struct took *sum, struct took t, int times)
{
	sum->wall += times * t.wall;
	sum->cpu += times * t.cpu;
}

static void
took_set(const char *what, const char *kind, int round, double value)
{
	char	 name[32];

	(void)snprintf(name, sizeof(name), "%s_%s_ms", what, kind);
	figure_set(name, round, value);
}

/* What the UKey's side and kmc need, whatever the CA's kind. */
static const struct {
	const char	*name;
	bool		 least;			/* also when nothing is checked twice */
	int		(*run)(struct bare *b, struct err *err);
} bare_rows[] = {
	{"csr_check_ms", true, do_csr_check}, {"statement_verify_ms", false, do_verify},
	{"key_pair_ms", true, do_key_pair}, {"envelope_ms", true, do_envelope},
};

static void
bare_round(struct bare *b, int round)
{
	struct took	 all = {0}, least = {0}, t;

	for (size_t i = 0; i < ARRAY_LEN(bare_rows); i++) {
		t = bare_time(b, bare_rows[i].run);
		figure_set(bare_rows[i].name, round, t.cpu);
		took_add(&all, t, 1);
		took_add(&least, t, bare_rows[i].least);
	}
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct err	 err = {0};
		struct took	 sign, check, sum = all, few = least;

		EVP_PKEY_free(b->of);
		b->of = NULL;
		need(key_generate(key_kind_find(kinds[i]), &b->of, &err), &err);
		sign = bare_time(b, do_sign);
		check = bare_time(b, do_check);
		took_add(&sum, sign, 2);
		took_add(&sum, check, 2);
		took_add(&few, sign, 2);
		took_set("sign", kinds[i], round, sign.cpu);
		took_set("check", kinds[i], round, check.cpu);
		took_set("sum", kinds[i], round, sum.cpu);
		took_set("wall", kinds[i], round, sum.wall);
		took_set("few", kinds[i], round, few.cpu);
		took_set("least", kinds[i], round, few.wall);
	}
	figure_set("flush_ms", round, bare_time(b, do_flush).wall);
}

static void
bare_make(struct bare *b, const char *dir)
{
	char		 path[512];
	struct err	 err = {0};

	need(sm2_generate(&b->key, &err), &err);
	make_csr(b->key, &b->csr);
	buf_init(&b->sig, 256);
	buf_init(&b->ca_sig, KEY_SIG_MAX);
	need(sm2_sign_message(b->key, bare_text, sizeof(bare_text), &b->sig, &err), &err);
	(void)snprintf(path, sizeof(path), "%s/flush", dir);
	if ((b->fd = open(path, O_RDWR | O_CREAT, 0600)) < 0)
		BUG("%s", path);
}

int
main(int argc, char **argv)
{
	struct bare	 b = {0};

	if (argc != 2 && argc != 3)
		BUG("usage: bench_issue DIRECTORY [KIND]");
	log_to(open("/dev/null", O_WRONLY));
	make_ca(argv[1]);
	bare_make(&b, argv[1]);
	for (int round = 0; round < ROUNDS; round++) {
		bare_round(&b, round);
		for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
			for (int threads = 1; threads <= 8; threads *= 2) {
				if (argc == 3 && strcmp(argv[2], kinds[i]) != 0)
					break;
				issue_round(round, kinds[i], threads, round % 2 == 0);
				issue_round(round, kinds[i], threads, round % 2 != 0);
			}
	}
	figures_print();
	signer_close(&ca);
	kmc_close(kmc);
	EVP_PKEY_free(officer_key);
	return 0;
}
