#include "base/base.h"
#include "http/tls.h"

#include <openssl/err.h>

struct tls {
	SSL	*ssl;
	BIO	*from_net, *to_net;	/* owned by ssl */
};

/* Whoever it is: that the key is held TLS itself sees to. */
static int
tls_take_any(X509_STORE_CTX *chain, void *arg)
{
	(void)chain;
	(void)arg;
	return 1;
}

/* Without resumption each connection has its own proof, and tls-unique means it. */
static void
tls_ask_client(SSL_CTX *ctx)
{
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, tls_take_any, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(ctx, 0);
}

int
tls_context_new(SSL_CTX **out, const char *cert, const char *key, bool ask_client,
    struct err *err)
{
	SSL_CTX	*ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL)
		return err_openssl(err, ERR_BUG, "no TLS");
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	if (ask_client)
		tls_ask_client(ctx);
	if (SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
	    SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1) {
		SSL_CTX_free(ctx);
		return err_openssl(err, ERR_CRYPTO, "TLS certificate %s with key %s", cert, key);
	}
	*out = ctx;
	return 0;
}

int64_t
tls_certificate_ends(const SSL_CTX *ctx)
{
	const X509	*x = SSL_CTX_get0_certificate(ctx);
	struct tm	 tm = {0};

	return x == NULL || ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) != 1 ? 0 :
	    (int64_t)timegm(&tm) * 1000;
}

struct tls *
tls_new(SSL_CTX *ctx)
{
	struct tls	*t = xcalloc(1, sizeof(*t));

	t->ssl = SSL_new(ctx);
	t->from_net = BIO_new(BIO_s_mem());
	t->to_net = BIO_new(BIO_s_mem());
	if (t->ssl == NULL || t->from_net == NULL || t->to_net == NULL)
		BUG("out of memory for TLS");
	BIO_set_mem_eof_return(t->from_net, -1);
	SSL_set_bio(t->ssl, t->from_net, t->to_net);
	SSL_set_accept_state(t->ssl);
	return t;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	free(t);
}

int
tls_feed(struct tls *t, const char *p, size_t len, struct buf *in)
{
	char	 plain[16384];
	int	 n;

	if (len > 0 && BIO_write(t->from_net, p, (int)len) != (int)len)
		return -1;
	ERR_clear_error();
	while ((n = SSL_read(t->ssl, plain, sizeof(plain))) > 0)
		buf_add(in, plain, (size_t)n);
	n = SSL_get_error(t->ssl, n);
	ERR_clear_error();
	return n == SSL_ERROR_WANT_READ || n == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

int
tls_write(struct tls *t, const void *p, size_t len)
{
	size_t	 done = 0;

	ERR_clear_error();
	return len == 0 || (SSL_write_ex(t->ssl, p, len, &done) == 1 && done == len) ? 0 : -1;
}

void
tls_drain(struct tls *t, struct buf *out)
{
	char	 cipher[16384];
	int	 n;

	while ((n = BIO_read(t->to_net, cipher, sizeof(cipher))) > 0)
		buf_add(out, cipher, (size_t)n);
}

void
tls_peer(struct tls *t, struct buf *der)
{
	X509		*x = SSL_get0_peer_certificate(t->ssl);
	unsigned char	*p = NULL;
	int		 len = x == NULL ? 0 : i2d_X509(x, &p);

	if (len > 0)
		buf_add(der, p, (size_t)len);
	OPENSSL_free(p);
}

size_t
tls_channel(struct tls *t, unsigned char *out, size_t max)
{
	static const char	 label[] = "EXPORTER-Channel-Binding";

	if (SSL_version(t->ssl) < TLS1_3_VERSION)	/* the first Finished is the client's */
		return MIN(SSL_get_peer_finished(t->ssl, out, max), max);
	return max >= 32 && SSL_export_keying_material(t->ssl, out, 32, label,
	    sizeof(label) - 1, (const unsigned char *)"", 0, 1) == 1 ? 32 : 0;
}

void
tls_close(struct tls *t)
{
	ERR_clear_error();
	if (SSL_is_init_finished(t->ssl))
		SSL_shutdown(t->ssl);
	ERR_clear_error();
}
