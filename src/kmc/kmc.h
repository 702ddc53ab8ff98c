#ifndef KMC_KMC_H
#define KMC_KMC_H
#include "base/buf.h"
#include "base/secret.h"
/*
 * The key management centre (GB/T 25056): makes the encryption key pair of a dual certificate,
 * keeps its private key in escrow, and gives it out only inside an SM2EnvelopedKey for the
 * holder of the sign key.  No network; its own store and wrapping key.
 */

/*
 * For the signer: the pair of this order, for this sign public key (65 bytes 04||X||Y).
 * Idempotent: asked again it is the same pair in a fresh envelope; another sign key for the
 * same order is ERR_CONFLICT.  point gets 65 bytes, envelope the DER.
 */
NODISCARD int	kmc_pair(const char *order, const unsigned char sign_point[65],
		    unsigned char enc_point[65], struct buf *envelope, struct err *err);

/* The process: serves the above over ipc until SIGTERM. */
NODISCARD int	kmc_main(struct err *err);

/* Make the wrapping key file (for yinxin init). */
NODISCARD int	kmc_init(const struct secret *passphrase, struct err *err);

/* The same work in this process, for kmc_main and tests. */
struct kmc;
NODISCARD int	kmc_open(struct kmc **out, const struct secret *passphrase, struct err *err);
void		kmc_close(struct kmc *k);
NODISCARD int	kmc_pair_work(struct kmc *k, const char *order,
		    const unsigned char sign_point[65], unsigned char enc_point[65],
		    struct buf *envelope, struct err *err);
#endif
