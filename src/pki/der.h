#ifndef PKI_DER_H
#define PKI_DER_H
#include "base/buf.h"
/*
 * Small pieces of DER (X.690): a bounded reader and a writer, for the few structures we
 * take apart ourselves.  Reading is strict: definite minimal lengths, single-byte tags.
 */
struct der {
	const unsigned char *p;			/* what is still unread */
	size_t		 len;
};

/* The next element: its tag must be `tag`; *body is its content.  -1 when it is not. */
NODISCARD int	 der_get(struct der *d, unsigned tag, struct der *body);
/* As der_get with any tag; whole (may be NULL) spans tag, length and content. */
NODISCARD int	 der_next(struct der *d, unsigned *tag, struct der *body, struct der *whole);
/* A non-negative INTEGER of at most `size` bytes, right-aligned into out. */
NODISCARD int	 der_get_uint(struct der *d, unsigned char *out, size_t size);
/* The content of a GeneralizedTime, YYYYMMDDhhmmss[.f…]Z, a real moment; what is beyond the
 * millisecond is cut. */
NODISCARD int	 der_read_time(struct der t, int64_t *ms);
/* Append tag, length and content. */
void		 der_add(struct buf *b, unsigned tag, const void *p, size_t len);
/* Replace the content of b by tag, length and the old content. */
void		 der_wrap(struct buf *b, unsigned tag);
/* Append a dotted OID; ERR_INPUT when it is none. */
NODISCARD int	 der_add_oid(struct buf *b, const char *oid, struct err *err);
/* Append a Time: UTCTime until 2049, GeneralizedTime after (RFC 5280 4.1.2.5). */
void		 der_add_time(struct buf *b, int64_t ms);
/* Append a non-negative INTEGER from big-endian bytes. */
void		 der_add_uint(struct buf *b, const unsigned char *p, size_t len);

/*
 * Certificates, requests, CRLs and OCSP answers are SEQUENCE { tbs, algorithm, BIT STRING }:
 * slice the exact signed bytes.  -1 unless nothing follows.
 */
struct der_signed {
	struct der	 tbs;			/* with its header */
	struct der	 algorithm;		/* with its header */
	struct der	 signature;		/* inside the BIT STRING */
};
NODISCARD int	 der_signed_parse(const void *p, size_t len, struct der_signed *s);
/* As above where certificates may follow in [0] (BasicOCSPResponse); they are not looked at. */
NODISCARD int	 der_signed_parse_more(const void *p, size_t len, struct der_signed *s);
#endif
