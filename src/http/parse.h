#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H
#include "http/server.h"
/*
 * Request heads and chunked bodies, without any I/O.  Fuzzed: tests/fuzz/fuzz_http_head.c.
 *
 * What RFC 9112 lets a recipient refuse is refused: bare LF, obs-fold (5.2), blanks before the
 * colon (5.1), control bytes and NUL in values (RFC 9110 5.5), no or two Host (3.2), two lengths
 * or a length with transfer-encoding (6.1, 6.3), any transfer coding but a single "chunked".
 */
struct http_head {
	char			*method, *target;	/* into the caller's bytes */
	struct http_header	 headers[LIMIT_HTTP_HEADERS];
	size_t			 n_headers;
	int			 minor;			/* HTTP/1.minor */
	bool			 chunked, close, expect_continue;
	bool			 has_length;
	uint64_t		 length;
};

/*
 * Parse the head at p (NUL-terminated at p[len], changed in place: the results point into
 * it).  Gives its length with the blank line, 0 when more is needed, or minus the status to
 * answer (400, 414, 431, 501, 505).
 */
int	http_head_parse(char *p, size_t len, struct http_head *out);

/* Chunked coding (RFC 9112 7.1), byte by byte; trailers are dropped, extensions refused. */
struct http_chunk {
	int		 state;
	uint64_t	 left;		/* of the current chunk */
	int		 digits;
	size_t		 trailer;	/* bytes of trailers seen */
};
/*
 * Decode from p; data goes to `data`.  Gives the bytes consumed, or -1 when malformed.
 * *done: the last chunk and its trailers have been read.
 */
ssize_t	http_chunk_feed(struct http_chunk *c, const char *p, size_t len, bool *done,
	    void (*data)(void *arg, const char *p, size_t len), void *arg);

/*
 * Decode a target's path: percent-decoded once, valid UTF-8, no NUL, no control byte, no
 * "." or ".." segment, no empty one (unless slashes; a final "/" may stay).  NULL when refused.
 */
char	*http_path_decode(struct arena *a, const char *target, bool slashes,
	    const char **query);
#endif
