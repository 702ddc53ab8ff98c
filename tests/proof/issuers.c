#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "ipc/ipc.h"
#include "pki/csr.h"
#include "signer/signer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/*
 * Dual certificates without end, for the proof that none is lost: asks the signer as the web
 * process does, each order again until it is answered, some once more to see the same pair.
 *
 *	issuers officer KEY CSR		a key for an officer, in clear, and its request
 *	issuers run KEY SERIAL THREADS	until standard input ends; a line for each acknowledged
 *					pair: order, both serial numbers, SM3 of both certificates
 */
#define ISSUERS_KEY	"proof"		/* passphrase of a key that lives minutes */

static EVP_PKEY		*officer_key;
static const char	*officer;
static atomic_bool	 stop;
static pthread_mutex_t	 out_lock = PTHREAD_MUTEX_INITIALIZER;

static void
need(int rc, const struct err *err)
{
	if (rc < 0)
		BUG("%s", err->text);
}

static void
make_csr(EVP_PKEY *key, struct buf *der)
{
	struct err	 err = {0};
	struct name	 subject = {0};

	buf_init(der, LIMIT_CSR);
	need(name_add(&subject, "CN", "proof", &err), &err);
	need(csr_build_key(&subject, key, der, &err), &err);
	name_free(&subject);
}

static void
make_statement(const char *no, struct buf *text, struct buf *signature)
{
	struct err	 err = {0};
	json_t		*j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:i,s:i,s:{s:s,s:s,s:s,s:s,s:s}}",
	    "medium", "ukey", "officer", officer, "op", "new", "order", no, "profile",
	    "sm2-org", "time", (json_int_t)clock_now(), "type", "approval", "v", 1,
	    "years", 1, "subject", "kind", "organisation", "CN", "测试单位", "O",
	    "测试单位", "id_type", "uscc", "id_no", "91350100M000100Y43");

	buf_init(text, LIMIT_JSON);
	buf_init(signature, 256);
	json_write_canonical(j, text);
	json_decref(j);
	need(sm2_sign_message(officer_key, text->p, text->len, signature, &err), &err);
}

/* Asked until answered: what is refused for good would be a fault of the proof itself. */
static void
issue(const struct buf *text, const struct buf *signature, const struct buf *csr,
    struct signer_pair *pair)
{
	for (;;) {
		struct err	 err = {0};

		signer_pair_init(pair);
		if (signer_issue(text->p, text->len, signature->p, signature->len, csr->p,
		    csr->len, pair, &err) == 0)
			return;
		signer_pair_free(pair);
		if (err.kind != ERR_BUSY && err.kind != ERR_GATEWAY && err.kind != ERR_STORE)
			BUG("%s", err.text);
		usleep(20000);
	}
}

static void
digest_text(const struct signer_pair *pair, char hex[2 * SM2_DIGEST_LEN + 1])
{
	unsigned char	 digest[SM2_DIGEST_LEN];
	struct buf	 both;

	buf_init(&both, 2 * LIMIT_CERT);
	buf_add(&both, pair->sign_cert.p, pair->sign_cert.len);
	buf_add(&both, pair->enc_cert.p, pair->enc_cert.len);
	sm3(both.p, both.len, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	buf_free(&both);
}

static void
one(const char *no, bool twice)
{
	struct err		 err = {0};
	struct buf		 text, signature, csr;
	struct signer_pair	 pair, again;
	EVP_PKEY		*key = NULL;
	char			 hex[2 * SM2_DIGEST_LEN + 1], other[2 * SM2_DIGEST_LEN + 1];

	need(sm2_generate(&key, &err), &err);
	make_csr(key, &csr);
	EVP_PKEY_free(key);
	make_statement(no, &text, &signature);
	issue(&text, &signature, &csr, &pair);
	digest_text(&pair, hex);
	pthread_mutex_lock(&out_lock);
	printf("%s %s %s %s\n", no, pair.sign_serial, pair.enc_serial, hex);
	fflush(stdout);
	pthread_mutex_unlock(&out_lock);
	if (twice) {
		issue(&text, &signature, &csr, &again);
		digest_text(&again, other);
		if (strcmp(hex, other) != 0)
			BUG("order %s has two pairs", no);
		signer_pair_free(&again);
	}
	signer_pair_free(&pair);
	buf_free(&text);
	buf_free(&signature);
	buf_free(&csr);
}

static void *
work(void *arg)
{
	int	 thread = *(int *)arg;
	char	 no[32];

	for (int i = 0; !atomic_load(&stop); i++) {
		(void)snprintf(no, sizeof(no), "2028%08d%08d", thread, i);
		one(no, i % 5 == 0);
	}
	return NULL;
}

static void
run(int threads)
{
	pthread_t	 t[16];
	int		 number[16];
	char		 c;

	for (int i = 0; i < threads; i++) {
		number[i] = i;
		if (pthread_create(&t[i], NULL, work, &number[i]) != 0)
			BUG("no thread");
	}
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	atomic_store(&stop, true);
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
}

static void
make_officer(const char *key_path, const char *csr_path, const struct secret *pass)
{
	struct err	 err = {0};
	struct buf	 csr;
	EVP_PKEY	*key = NULL;

	need(sm2_generate(&key, &err), &err);
	need(key_write(key_path, key, pass, &err), &err);
	make_csr(key, &csr);
	need(file_write(csr_path, csr.p, csr.len, 0644, &err), &err);
	EVP_PKEY_free(key);
}

int
main(int argc, char **argv)
{
	struct err	 err = {0};
	struct secret	 pass = {0};
	int64_t		 threads = 0;

	secret_set(&pass, ISSUERS_KEY, strlen(ISSUERS_KEY));
	need(conf_load(NULL, &err), &err);
	if (argc == 4 && strcmp(argv[1], "officer") == 0) {
		make_officer(argv[2], argv[3], &pass);
	} else if (argc == 5 && strcmp(argv[1], "run") == 0) {
		need(key_read(argv[2], &pass, &officer_key, &err), &err);
		officer = argv[3];
		ipc_speak_as(IPC_WEB);
		need(str_to_i64(argv[4], 16, &threads), &err);
		run((int)threads);
	} else {
		return 64;
	}
	secret_free(&pass);
	return 0;
}
