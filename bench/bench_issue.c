#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "kmc/work.h"
#include "pki/csr.h"
#include "pki/envelope.h"
#include "signer/ceremony.h"
#include "signer/work.h"

#include <fcntl.h>
#include <pthread.h>

/*
 * Complete issuances a second (request in, dual certificates durable in the store, journal
 * on, escrow durable in its own store), in one process, against the sum of their bare SM2
 * operations with the same library in the same run.
 */
#define ORDERS		400
#define BARE_ROUNDS	400
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
	cert_free(cert);
	buf_free(&csr);
	buf_free(&pem);
	secret_free(&c.passphrase);
}

/* Approvals and requests beforehand: they are the officer's and the UKey's work. */
static void
make_orders(int round)
{
	struct err	 err = {0};

	for (int i = 0; i < ORDERS; i++) {
		struct order	*o = &orders[i];
		EVP_PKEY	*key = NULL;
		struct buf	 text;
		char		 no[24];
		json_t		*j;

		snprintf(no, sizeof(no), "20261121%06d%06d", round, i);
		j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:i,s:i,s:{s:s,s:s,s:s,s:s,s:s}}",
		    "medium", "ukey", "officer", officer, "op", "new", "order", no, "profile",
		    "sm2-org", "time", (json_int_t)clock_now(), "type", "approval", "v", 1,
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

static double
issue_all(int threads)
{
	pthread_t	 t[16];
	struct part	 parts[16];
	int64_t		 began = clock_steady();

	for (int i = 0; i < threads; i++) {
		parts[i] = (struct part){i, threads};
		if (pthread_create(&t[i], NULL, issue_part, &parts[i]) != 0)
			BUG("no thread");
	}
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	return ORDERS * 1000.0 / (double)(clock_steady() - began + 1);
}

/* Milliseconds for each: key pair, signature, verification, encryption of 16 bytes. */
static double
bare_ms(void)
{
	static const char	 text[300];
	double			 keygen, sign, verify, seal;
	struct err		 err = {0};
	EVP_PKEY		*key = NULL, *other = NULL;
	struct buf		 sig, cipher;
	int64_t			 t;

	need(sm2_generate(&key, &err), &err);
	t = clock_steady();
	for (int i = 0; i < BARE_ROUNDS; i++) {
		need(sm2_generate(&other, &err), &err);
		EVP_PKEY_free(other);
	}
	keygen = (double)(clock_steady() - t) / BARE_ROUNDS;
	buf_init(&sig, 256);
	t = clock_steady();
	for (int i = 0; i < BARE_ROUNDS; i++) {
		buf_clear(&sig);
		need(sm2_sign_message(key, text, sizeof(text), &sig, &err), &err);
	}
	sign = (double)(clock_steady() - t) / BARE_ROUNDS;
	t = clock_steady();
	for (int i = 0; i < BARE_ROUNDS; i++)
		need(sm2_verify_message(key, text, sizeof(text), sig.p, sig.len, &err), &err);
	verify = (double)(clock_steady() - t) / BARE_ROUNDS;
	buf_init(&cipher, SM2_CIPHER_MAX);
	t = clock_steady();
	for (int i = 0; i < BARE_ROUNDS; i++) {
		buf_clear(&cipher);
		need(sm2_encrypt(key, text, 16, &cipher, &err), &err);
	}
	seal = (double)(clock_steady() - t) / BARE_ROUNDS;
	printf("bare SM2, ms: key pair %.3f, sign %.3f, verify %.3f, encrypt %.3f\n", keygen, sign,
	    verify, seal);
	buf_free(&sig);
	buf_free(&cipher);
	EVP_PKEY_free(key);
	/* request and approval verified, pair made and enveloped, two certificates signed */
	return 2 * verify + keygen + seal + 2 * sign;
}

int
main(void)
{
	static const int	 threads[] = {1, 2, 4};
	char			 dir[] = "/tmp/yinxin-bench-XXXXXX";
	double			 bare, rate;

	log_to(open("/dev/null", O_WRONLY));
	if (mkdtemp(dir) == NULL)
		BUG("no temporary directory");
	make_ca(dir);
	bare = bare_ms();
	printf("their sum for one issuance (2 verify, 1 key pair, 1 encrypt, 2 sign): %.3f ms, "
	    "%.0f/s on one core\n", bare, 1000 / bare);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		make_orders((int)i + 1);
		rate = issue_all(threads[i]);
		printf("issuances, %d thread%s: %.0f/s = %.2f of the bare rate of one core\n",
		    threads[i], threads[i] == 1 ? "" : "s", rate, rate * bare / 1000);
		free_orders();
	}
	signer_close(&ca);
	kmc_close(kmc);
	EVP_PKEY_free(officer_key);
	printf("directory %s\n", dir);
	return 0;
}
