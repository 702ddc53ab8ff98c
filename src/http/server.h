#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H
#include "base/arena.h"
#include "base/buf.h"
/*
 * Our HTTP/1.1 server (RFC 9110, RFC 9112) on libuv and OpenSSL.
 *
 * Strict: one loop thread parses; what RFC 9112 lets a recipient refuse is refused (bare LF,
 * obs-fold, blank before colon, two lengths, length with transfer-encoding, missing or double
 * Host, NUL or control bytes) with 400 and a closed connection.  Absolute deadlines: the whole
 * head, a minimum body rate, keep-alive idle.  Caps: connections in all and per address.
 * A body larger than 64 KiB is spooled to an unlinked temporary file while it arrives.
 * Handlers run on worker threads and may block; at most config.queue requests wait, more get
 * 503.  TLS 1.2 and 1.3 with ECDSA or RSA certificates.
 */
struct http_server;
#define HTTP_CHANNEL	64

struct http_header {
	const char	*name;		/* lower case */
	const char	*value;		/* trimmed */
};

struct http_request {
	struct arena		*arena;		/* lives until the answer is written */
	const char		*method;	/* "GET", "POST", "HEAD", "OPTIONS" … */
	const char		*target;	/* as sent */
	const char		*path;		/* percent-decoded once, valid UTF-8, no NUL, starts
						   with '/', no "." or ".." segments */
	const char		*query;		/* undecoded, "" when absent */
	const struct http_header *headers;
	size_t			 n_headers;
	const char		*body;		/* whole body; memory or mapped spool file */
	size_t			 body_len;
	char			 peer[64];	/* address without port */
	char			 id[24];	/* request id; also in the log and X-Request-Id */
	bool			 tls;
	/* Of TLS, with config.ask_client: the certificate that the caller proved to hold the key
	   of, DER (NULL: none; nobody has judged it), and what names this very connection (RFC
	   5929 tls-unique, with TLS 1.3 RFC 9266 tls-exporter). */
	const void		*client;
	size_t			 client_len;
	unsigned char		 channel[HTTP_CHANNEL];
	size_t			 channel_len;
	int64_t			 received;	/* clock_now() at the first byte */
	void			*user;		/* for the handler's own use */
};

struct http_response {
	int			 status;	/* 200 until set */
	struct buf		 head;		/* further header lines "Name: value\r\n": use
						   http_respond_header */
	struct buf		 body;
	const void		*fixed;		/* when set: sent instead of body, not copied
						   (TLS copies, up to LIMIT_FRAME) */
	size_t			 fixed_len;
	void			(*release)(void *arg);	/* when they are sent or dropped; NULL:
							   fixed is static */
	void			*release_arg;
	bool			 close;		/* close the connection afterwards */
	const char		*logged;	/* the path as the log may have it, of the request's
						   arena; NULL: as it came */
};

/* Header value by lower-case name, NULL when absent. */
const char *http_header(const struct http_request *req, const char *name);
/* Its Content-Type is this media type (lower case), whatever its case and parameters. */
bool	http_is_type(const struct http_request *req, const char *type);
/* Add a header; CR, LF and control bytes in the value are a BUG(). */
void	http_respond_header(struct http_response *res, const char *name, const char *fmt, ...)
	    PRINTF(3, 4);

/* Nothing is sent: body and fixed bytes are dropped. */
void	http_respond_clear(struct http_response *res);

struct http_config {
	const char	*listen;	/* "127.0.0.1:8443", "[::]:443", port 0: any free */
	int		 listen_fd;	/* inherited listening socket, used when > 0 */
	const char	*tls_cert;	/* PEM chain; NULL: plain HTTP */
	const char	*tls_key;
	bool		 ask_client;	/* for a TLS certificate; it may have none */
	int		 threads;	/* worker threads */
	int		 queue;		/* requests that may wait; 0: 1024 */
	int		 max_connections, max_per_address;	/* 0: 4096, 256 */
	/* Absolute deadlines, ms; 0: 10 s for a head, 30 s idle, 20 s and then a minimum of
	   8 KiB a second for a body. */
	int64_t		 head_ms, idle_ms, body_ms;
	bool		 slashes;	/* "//" may stand in a path: base64 does (RFC 6960 A.1) */
	/* Largest body for this request, asked on the loop after the head; NULL: LIMIT_HTTP_BODY. */
	size_t		(*body_max)(const struct http_request *req, void *arg);
	/* Answer on the loop thread, without blocking; false: leave it to handle. May be NULL. */
	bool		(*fast)(struct http_request *req, struct http_response *res, void *arg);
	/* Answer on a worker thread.  Must set res; may block. */
	void		(*handle)(struct http_request *req, struct http_response *res, void *arg);
	/* What people read whose request no handler saw (413, 503 …), a sentence; NULL, or NULL
	   given: the status's own words. */
	const char	*(*refusal)(int status);
	void		*arg;
};

NODISCARD int	http_server_new(struct http_server **out, const struct http_config *config,
		    struct err *err);
int		http_server_port(const struct http_server *s);
/* Serve until http_server_stop; answers in flight are finished (at most 10 s). */
void		http_server_run(struct http_server *s);
void		http_server_stop(struct http_server *s);	/* any thread, signal-safe */
void		http_server_free(struct http_server *s);

/* Counters since start, for /metrics. */
struct http_stats {
	uint64_t	 requests, refused, status[6];	/* status[k]: answers of class k00 */
	uint64_t	 connections_open, connections_total;
	int64_t		 tls_ends;	/* notAfter of the TLS certificate; 0: no TLS */
};
void		http_server_stats(const struct http_server *s, struct http_stats *out);
#endif
