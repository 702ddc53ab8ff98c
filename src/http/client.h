#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H
#include "base/buf.h"
/*
 * Outgoing HTTP(S) and SMTP on libcurl.  Only these protocols, no redirects, no proxies from
 * the environment; bounded answers; certificates are verified.  Thread-safe.
 */
struct http_call {
	const char		*method;	/* "GET", "POST" … */
	const char		*url;
	const char *const	*headers;	/* "Name: value", ends with NULL; may be NULL */
	const void		*body;
	size_t			 body_len;
	int64_t			 connect_ms, timeout_ms;	/* 0: 3 s, 5 s */
	size_t			 max_answer;	/* 0: LIMIT_JSON */
	bool			 public_only;	/* connects to addresses of the public internet alone
						   (address.h), whatever the name resolves to */
	const char		*ca_file;	/* PEM; NULL: the system's */
	bool			 unverified;	/* any certificate will do; for the sandbox, which
						   talks to loopback only */
};

struct http_answer {
	int		 status;
	struct buf	 head;			/* raw header lines */
	struct buf	 body;
};
void	http_answer_init(struct http_answer *a);
void	http_answer_free(struct http_answer *a);
/* Value of the first header of this name (any case), copied into text; "" when absent. */
const char *http_answer_header(const struct http_answer *a, const char *name, char *text,
	    size_t size);

/*
 * 0: an answer of any status is in.  -1 ERR_GATEWAY: none; *unknown (may be NULL) tells
 * whether the request may have reached the other side all the same.
 */
NODISCARD int	http_call(const struct http_call *c, struct http_answer *a, bool *unknown,
		    struct err *err);

/* Send one message (RFC 5322 bytes) by SMTP; user "" sends without signing in. */
struct http_mail {
	const char	*url;			/* smtp://host:25, smtps://… */
	const char	*user, *password;
	const char	*from, *to;		/* bare addresses */
	const void	*message;
	size_t		 len;
	int64_t		 timeout_ms;		/* 0: 20 s */
};
/* *status (may be NULL) is the server's last reply code, 0 for none: 4xx later, 5xx never. */
NODISCARD int	http_mail_send(const struct http_mail *m, int *status, bool *unknown,
		    struct err *err);
#endif
