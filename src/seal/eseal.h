#ifndef SEAL_ESEAL_H
#define SEAL_ESEAL_H
#include "pki/cert_pool.h"
/*
 * Electronic seals: SESeal of GB/T 38540-2020 (header version 4), and to be read those of GM/T
 * 0031-2014 (version 1) and GM/T 0031-2025 (version 5).  A seal binds a picture to the sign
 * certificates of its holder under the signature of a seal maker (制章者); it holds no key.
 *
 * A struct eseal is immutable and parsed within bounds: strict DER, at most ESEAL_MAX bytes.  That
 * it parses says nothing of whether it holds: eseal_check does.  Not looked at here: whether the
 * maker's or holder's certificate is revoked (ask the va), the time stamp of version 5, what the
 * picture shows.
 */
#define ESEAL_MAX		(256 * 1024)	/* bytes of one seal */
#define ESEAL_PICTURE_MAX	(192 * 1024)	/* bytes of its picture */
#define ESEAL_HOLDERS_MAX	16		/* certificates or digests */
#define ESEAL_EXTENSIONS_MAX	16
#define ESEAL_ID_TEXT		65		/* esID and a NUL */
#define ESEAL_NAME_TEXT		385		/* name and a NUL */
#define ESEAL_SIDE_MIN		5		/* millimetres: the smallest seal of a person … */
#define ESEAL_SIDE_MAX		120		/* … and more than the largest of an office */

enum eseal_version { ESEAL_V1 = 1, ESEAL_V4 = 4, ESEAL_V5 = 5 };
/* SES_ESPropertyInfo.type (GB/T 38540-2020 7.1.2.3). */
enum eseal_type { ESEAL_OF_ORGANISATION = 1, ESEAL_OF_PERSON = 2 };

struct eseal_picture {
	const char	*type;			/* "PNG", "GIF", "BMP", "JPG", "SVG" */
	const unsigned char *p;
	size_t		 len;
	int64_t		 width, height;		/* millimetres */
};
/* One of the certificates that may use the seal: whole, or its SM3 digest. */
struct eseal_holder {
	bool		 is_digest;
	const unsigned char *p;			/* DER, or the digest */
	size_t		 len;
};

struct eseal;
NODISCARD int	eseal_parse(const void *der, size_t len, struct eseal **out, struct err *err);
void		eseal_free(struct eseal *s);		/* NULL: no-op */
/* A file that holds one, as it is. */
NODISCARD int	eseal_read(const char *path, struct eseal **out, struct err *err);

/* Borrowed, live as long as the seal. */
int		 eseal_version(const struct eseal *s);	/* an enum eseal_version */
const char	*eseal_id(const struct eseal *s);		/* esID */
const char	*eseal_vendor(const struct eseal *s);	/* header.Vid */
int64_t		 eseal_type(const struct eseal *s);	/* an enum eseal_type, when it is known */
const char	*eseal_name(const struct eseal *s);
int64_t		 eseal_made(const struct eseal *s);	/* ms; createDate */
int64_t		 eseal_not_before(const struct eseal *s);
int64_t		 eseal_not_after(const struct eseal *s);
const struct eseal_picture *eseal_picture(const struct eseal *s);
/* i-th holder, NULL at the end. */
const struct eseal_holder *eseal_holder_at(const struct eseal *s, size_t i);
const struct cert *eseal_maker(const struct eseal *s);
/* The seal may be used with this certificate: it stands in certList, whole or by digest. */
bool		 eseal_is_for(const struct eseal *s, const struct cert *holder);

/* Making ------------------------------------------------------------------------------ */

struct eseal_plan {
	enum eseal_version version;		/* ESEAL_V4 or ESEAL_V5 */
	const char	*vendor;		/* Vid, ASCII */
	const char	*id;			/* esID, ASCII */
	enum eseal_type	 type;
	const char	*name;
	const struct cert *holder;		/* stands in certList whole */
	int64_t		 made, not_before, not_after;	/* ms; cut to seconds */
	struct eseal_picture picture;
	const struct cert *maker;
	const struct cert_pool *pool;		/* ways to a root; NULL: the maker's is not asked */
	const char	*maker_use;		/* as in eseal_question */
};
/*
 * Append the DER of the seal, signed with the maker's key: only when every rule of eseal_check
 * but the signature holds before, and the signature after.  ERR_INPUT names the rule.
 */
NODISCARD int	eseal_build(const struct eseal_plan *plan, const struct signing_key *maker_key,
		    struct buf *der, struct err *err);

/* Checking ---------------------------------------------------------------------------- */

/* The signature alone: SM2 with SM3 and the default ID, over the very bytes. */
NODISCARD int	eseal_verify_signature(const struct eseal *s, struct err *err);

struct eseal_question {
	const struct eseal *seal;
	int64_t		 now;
	const struct cert_pool *pool;		/* NULL: the maker's chain is not asked about */
	const char	*maker_use;		/* extended key usage (OID) of seal makers; NULL: a
						   maker is whoever may sign */
	const struct cert *holder;		/* NULL: holders are not asked about */
	bool		 unsigned_yet;		/* it is about to be signed */
};
/* GB/T 38540-2020 7.2.3, one row a rule. */
struct eseal_rule {
	const char	*name;			/* "maker-chain" */
	const char	*title;			/* Chinese, what is asked */
	const char	*text;			/* Chinese: what a broken one means, and what to do */
	bool		 (*asks)(const struct eseal_question *q);	/* NULL: always */
	bool		 (*holds)(const struct eseal_question *q);
};
/* i-th, NULL at the end. */
const struct eseal_rule *eseal_rule_at(size_t i);
/* Every rule that is asked, in order; each tells whether it held.  The number that did not. */
size_t		eseal_check_each(const struct eseal_question *q,
		    void (*each)(const struct eseal_rule *rule, bool holds, void *arg), void *arg);
/* 0, or -1 with the sentence of the first that does not hold. */
NODISCARD int	eseal_check(const struct eseal_question *q, struct err *err);
#endif
