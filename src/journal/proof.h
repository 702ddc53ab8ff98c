#ifndef JOURNAL_PROOF_H
#define JOURNAL_PROOF_H
#include "base/json.h"
#include "pki/cert_pool.h"
/*
 * A proof that lines stand in a journal, for people who trust nobody's store:
 *
 *	{"type":"journal-proof","v":1,
 *	 "head":"<the signed text>","signature":"<base64 DER>","certificate":"<PEM>",
 *	 "lines":[{"line":"<its text>","index":6,"path":["<hex>",...]},...],
 *	 "since":4,"since_root":"<hex>","consistency":["<hex>",...]}	the last three on request
 *
 * It holds when the certificate is trusted and was good at the head's time, the signature
 * (SM2/SM3, ID 1234567812345678) over the head's bytes is that of its key, and RFC 9162 2.1.3.2
 * leads from SM3(0x00 || line) at index by path to the head's root.
 */
#define PROOF_MAX	(1024 * 1024)
#define JOURNAL_HEAD_MAX 512			/* text of a head */

struct journal_head {
	char		 journal[32];
	int64_t		 lines, time;
	unsigned char	 root[SM2_DIGEST_LEN];
};
/* Only what we write ourselves: canonical, nothing more and nothing less.  ERR_CRYPTO. */
NODISCARD int	journal_head_parse(const char *text, size_t len, struct journal_head *head,
		    struct err *err);
/* The text, into a buffer. */
void		journal_head_write(const struct journal_head *head, struct buf *text);
/* The signature over the text is of this certificate, and it was good at the head's time. */
NODISCARD int	journal_head_check(const char *text, size_t len, const void *signature,
		    size_t signature_len, const struct cert *by, struct err *err);

/*
 * All of the proof holds.  trusted: the CA of the certificate is among these, or (self-signed, as
 * kmc's) it is one of these itself.  ERR_CRYPTO, ERR_INPUT.  head may be NULL.
 */
NODISCARD int	proof_check(const json_t *proof, const struct cert_pool *trusted,
		    struct journal_head *head, struct err *err);
#endif
