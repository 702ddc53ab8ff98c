#ifndef PKI_SHARE_H
#define PKI_SHARE_H
#include "base/buf.h"
#include "base/secret.h"
/*
 * A secret in the hands of several custodians: any `need` of them give it, fewer learn nothing
 * (Shamir over GF(2^8), by libgfshare; randomness from base/rand.h).
 *
 * A custodian's file is JSON: who, of which set and how many are needed in clear; the share
 * encrypted with the custodian's own PIN (PBES2: PBKDF2, SM4-CBC), together with the SM3 of all the
 * rest, so that another PIN or an edited file is noticed.  Whoever has a struct share wipes it.
 */
#define SHARE_SECRET	32
#define SHARES_MAX	16
#define SHARE_FILE_MAX	8192

struct share {
	char		 set[33];		/* hex: shares of one set belong together */
	char		 what[128];		/* what it is for; for people */
	char		 custodian[128];
	int		 number;		/* 1 to of */
	int		 need, of;
	unsigned char	 y[SHARE_SECRET];
};

/*
 * Split into `of` shares of a new set; what and custodian are the caller's to fill in.
 * ERR_INPUT unless 2 <= need <= of <= SHARES_MAX.
 */
NODISCARD int	share_split(const unsigned char secret[SHARE_SECRET], int need, int of,
		    struct share *out, struct err *err);
/*
 * The secret from n shares.  ERR_INPUT: of several sets, one twice, or too few.  Not checked here:
 * that it is the right secret; what it opens says so.
 */
NODISCARD int	share_join(const struct share *s, size_t n, unsigned char secret[SHARE_SECRET],
		    struct err *err);

/* The custodian's file. */
NODISCARD int	share_seal(const struct share *s, const struct secret *pin, struct buf *text,
		    struct err *err);
/* ERR_DENIED: another PIN, or the file was changed. */
NODISCARD int	share_open(const char *text, size_t len, const struct secret *pin,
		    struct share *out, struct err *err);
#endif
