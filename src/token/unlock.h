#ifndef TOKEN_UNLOCK_H
#define TOKEN_UNLOCK_H
#include "base/buf.h"
/*
 * Remote unlock of a UKey whose PIN is locked: the arithmetic, shared by the key management
 * centre, which answers, and by the UKey, which checks.
 *
 * Each UKey holds a device key, derived from the centre's master key and the UKey's serial
 * number: put in when it is made, or with its first pair.  Locked, it gives a fresh challenge; the centre answers with a MAC
 * under the device key over serial, challenge, order and the end of the answer's validity; so
 * an answer opens one UKey, once, until then.  HMAC-SM3 (GB/T 15852.2) throughout.
 *
 * Not done here: remembering that a challenge was used.  Can not fail.
 */
#define UNLOCK_KEY		32	/* bytes of master and device keys */
#define UNLOCK_CHALLENGE	16	/* bytes the UKey gives */
#define UNLOCK_ANSWER		32	/* bytes of the answer */
#define UNLOCK_SERIAL		65	/* longest serial number and a NUL */

/* The key that goes into the UKey of this serial number. */
void	unlock_device_key(const unsigned char master[UNLOCK_KEY], const char *serial,
	    unsigned char key[UNLOCK_KEY]);
/* expires: ms.  order: the unlocking order's number. */
void	unlock_answer(const unsigned char key[UNLOCK_KEY], const char *serial,
	    const unsigned char challenge[UNLOCK_CHALLENGE], const char *order, int64_t expires,
	    unsigned char answer[UNLOCK_ANSWER]);
/* For the UKey: the answer is that, and not past at `now`. */
bool	unlock_answer_fits(const unsigned char key[UNLOCK_KEY], const char *serial,
	    const unsigned char challenge[UNLOCK_CHALLENGE], const char *order, int64_t expires,
	    int64_t now, const unsigned char answer[UNLOCK_ANSWER]);

/*
 * What goes into the UKey (SKF_RemoteUnblockPIN): the answer, what it is bound to, and the PIN the
 * user chose, which the centre never sees.  Four lines: order, expires, answer in hex, PIN.
 */
#define UNLOCK_MESSAGE		256	/* longest message */
struct unlock_message {
	char		 order[65];
	int64_t		 expires;
	unsigned char	 answer[UNLOCK_ANSWER];
	char		 new_pin[33];
};
void		unlock_message_add(const struct unlock_message *m, struct buf *out);
/* -1 when it is none; the caller wipes m. */
NODISCARD int	unlock_message_parse(const void *p, size_t len, struct unlock_message *m);
#endif
